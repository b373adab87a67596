"""Judges what the SARIF Multitool says of a SARIF file: check_sarif.py SARIF VALIDATION

No error, no warning, and no note but those waived here.
"""

import json
import sys

WAIVED = {
    "SARIF2002": "messages are text: code scanning shows it as it is",
    "SARIF2003": "a scan needs no version control, and asks none",
    "SARIF2006": "addresses are not fetched",
    "SARIF2009": "ids of rules are words",
    "SARIF2010": "snippets: a place inside of binary data has no line to quote",
    "SARIF2011": "context regions: the lines around a key are not copied into a report",
}


def main(sarif, validation):
    with open(sarif, encoding="utf-8") as file:
        results = json.load(file)["runs"][0]["results"]
    if not results:
        sys.exit(f"{sarif}: no results, so nothing was proved")
    with open(validation, encoding="utf-8-sig") as file:
        log = json.load(file)
    if not log["runs"]:
        sys.exit(f"{validation}: the Multitool did not run")

    problems = []
    waived = set()
    for run in log["runs"]:
        rules = run["tool"]["driver"].get("rules", [])
        for result in run.get("results", []):
            index = result.get("ruleIndex", -1)
            rule = result.get("ruleId") or rules[index]["id"]
            rule = rule.split("/")[0]
            level = result.get("level", "warning")
            if level == "note" and rule in WAIVED:
                waived.add(rule)
            else:
                problems.append(f"{level} {rule}: {text(result, rules, index)}")
        for invocation in run.get("invocations", []):
            for kind in ("toolExecutionNotifications", "toolConfigurationNotifications"):
                for notification in invocation.get(kind, []):
                    if notification.get("level") == "error":
                        problems.append(f"Multitool: {notification['message'].get('text', notification)}")
    for problem in problems[:50]:
        print(problem)
    if problems:
        sys.exit(f"{len(problems)} problems in {sarif}")
    notes = ", ".join(f"{rule} ({WAIVED[rule]})" for rule in sorted(waived)) or "none"
    print(f"   {len(results)} results, no error, no warning; notes waived: {notes}")


def text(result, rules, index):
    message = result["message"]
    if "text" in message:
        return message["text"]
    template = rules[index]["messageStrings"][message["id"]]["text"]
    for position, argument in enumerate(message.get("arguments", [])):
        template = template.replace("{%d}" % position, argument)
    return template


if __name__ == "__main__":
    main(*sys.argv[1:])
