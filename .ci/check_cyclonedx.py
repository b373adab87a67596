"""Checks files against the schema of CycloneDX that they name, strictly: check_cyclonedx.py FILE…"""

import json
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


def main(paths):
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        document = json.loads(text)
        if not document.get("components"):
            sys.exit(f"{path}: no components, so nothing was proved")
        version = SchemaVersion.from_version(document["specVersion"])
        problem = JsonStrictValidator(version).validate_str(text)
        if problem is not None:
            sys.exit(f"{path}: not CycloneDX {document['specVersion']}: {problem}")


if __name__ == "__main__":
    main(sys.argv[1:])
