"""Keys as source text, shells, mail and encodings of text spell them: escapes of binary keys, several
levels of quoting, quoted-printable, UTF-16 and UTF-32. Called by make.py, after the families that the
keys come from.
"""

import base64
import html
import json
import quopri
import random
from pathlib import Path
from urllib.parse import quote

from make_spelled import binary, rows_of, wrapped

# Each with its rows in expect.tsv, which hold for every spelling of it.
BINARY = {
    "rsa": "keys/rsa/rsa-2048.pkcs8.der",
    "rsa-pkcs1": "keys/rsa/rsa-1024.pkcs1.der",
    "rsa-encrypted": "keys/rsa/rsa-2048.pbes2-pbkdf2-sha256-aes256.der",
    "p256": "keys/ec/p-256.pkcs8.der",
    "p256-sec1": "keys/ec/p-256.sec1-no-public.der",
    "ed25519": "keys/edwards/ed25519.pkcs8.der",
    "openssh": "keys/openssh/id_ed25519",
    "openssh-encrypted": "keys/openssh/id_rsa.passphrase",
    "pkcs12": "keys/pkcs12/keytool.p12",
    "jks": "keys/jks/changeit.jks",
    "jceks": "keys/jceks/secret.jceks",
}
TEXT = {
    "rsa": "keys/rsa/rsa-2048.pkcs8.pem",
    "ed25519": "keys/edwards/ed25519.pkcs8.pem",
    "encrypted": "keys/rsa/rsa-2048.pbes2-pbkdf2-sha256-aes256.pem",
    "openssh": "keys/openssh/id_ed25519",
}
JWK = "keys/jwk/ec-p256.json"


def literals(data, width, escape, before='    "', between='"\n', after='";\n'):
    """Adjacent string literals of `width` bytes each."""
    rows = ["".join(map(escape, data[at : at + width])) for at in range(0, len(data), width)]
    return f"{between}{before}".join(["", *rows]).removeprefix(between) + after


def hexadecimal(byte):
    return f"\\x{byte:02x}"


def octal(byte):
    return f"\\{byte:03o}"


def escapes(make, path, data):
    """(suffix, text, what made it)"""
    whole = make.run("hexdump", "-v", "-e", r'"\\" "x" 1/1 "%02x" ""', path).decode()
    bytes_in_octal = make.run("od", "-An", "-v", "-to1", path).decode()
    yield "line.txt", f"{whole}\n", "hexdump -e, one line"
    yield "shell.sh", f"printf '{whole}' >key.der\n", "shell, printf"
    yield "octal.sh", "printf '" + bytes_in_octal.replace("\n", "").replace(" ", "\\") + "' >key.der\n", "shell, printf, octal by od -to1"
    yield "adjacent.c", "static const unsigned char key[] =\n" + literals(data, 16, hexadecimal), "C, adjacent strings"
    yield "upper.h", "#define KEY \\\n" + literals(data, 12, lambda byte: f"\\x{byte:02X}", between='" \\\n', after='"\n'), "C macro, capital digits, continued lines"
    yield "narrow.c", "const char *key =\n" + literals(data, 4, hexadecimal, before='  "'), "C, four bytes a line"
    yield "octal.c", "static const char key[] =\n" + literals(data, 16, octal), "C, octal"
    yield "bytes.py", f"KEY = {data!r}\n", "Python, repr of bytes"
    yield "implicit.py", "KEY = (\n" + literals(data, 20, hexadecimal, before='    b"', after='"\n)\n'), "Python, implicit concatenation"
    yield "plus.js", "const key =\n" + literals(data, 16, hexadecimal, before="  '", between="' +\n", after="';\n"), "JavaScript, +"
    yield "dots.php", "<?php\n$key = \"\"\n" + literals(data, 16, hexadecimal, before='    . "', between='"\n'), "PHP, . in front"
    yield "continued.rs", 'const KEY: &[u8] = b"\\\n' + "".join("    " + "".join(map(hexadecimal, data[at : at + 16])) + "\\\n" for at in range(0, len(data), 16)) + '";\n', "Rust, continued lines"
    yield "comments.c", "static const char key[] =\n" + "".join(f'  "{"".join(map(hexadecimal, data[at : at + 8]))}" /* 0x{at:04x} */\n' for at in range(0, len(data), 8)) + "  ;\n", "C, a comment behind each line"
    yield "json.json", make.run("node", "-e", "console.log(JSON.stringify({n: 1, key: require('fs').readFileSync(process.argv[1], 'latin1')}))", path).decode(), "JSON of a string with a character for each byte"
    yield "ascii.json", json.dumps({"key": data.decode("latin-1"), "n": 1}) + "\n", "the same in ASCII"
    yield "bytea.sql", "INSERT INTO keys VALUES (1, E'" + "".join(f"\\\\{byte:03o}" if byte < 32 or 126 < byte else {39: "''", 92: "\\\\\\\\"}.get(byte, chr(byte)) for byte in data) + "'::bytea);\n", "bytea of PostgreSQL, in the format escape"
    yield "in-json.json", json.dumps({"source": f"KEY = b'{whole}'\n"}) + "\n", "Python in JSON: two backslashes"
    yield "log.txt", f"2025-11-03T10:15:00.417Z DEBUG [hsm] unwrapped key={data!r} handle=7\n", "repr in a line of a log"


def quoting(make, path, text):
    """(suffix, text, what made it)"""
    one = json.dumps({"key": text})
    two = json.dumps({"env": one})
    three = json.dumps({"event": two, "n": 1})
    body = "".join(text.splitlines()[1:-1])
    slashed = json.dumps({"key": text}).replace("/", "\\/")
    pairs = "".join(f"\\x{byte:02x}" for byte in text.encode())
    yield "json-1.json", one + "\n", "JSON"
    yield "json-2.json", two + "\n", "JSON in JSON"
    yield "json-3.json", three + "\n", "JSON in JSON in JSON"
    yield "json-4.json", json.dumps([three]) + "\n", "JSON, four levels"
    yield "crlf-3.json", json.dumps({"a": json.dumps({"b": json.dumps({"key": text.replace("\n", "\r\n")})})}) + "\n", "CR LF, three levels"
    yield "slashes-2.json", json.dumps({"env": slashed}) + "\n", "\\/ in two levels"
    yield "php-3.json", json.dumps({"a": json.dumps({"b": slashed}).replace("/", "\\/")}).replace("/", "\\/") + "\n", "\\/ in three levels"
    yield "body-2.json", json.dumps({"a": json.dumps({"privateKey": body})}) + "\n", "the body alone, JSON in JSON"
    yield "percent-1.txt", f"key={quote(text, safe='')}\n", "percent-encoded"
    yield "percent-2.txt", f"next={quote('/import?key=' + quote(text, safe=''), safe='')}\n", "percent-encoded twice"
    yield "percent-3.txt", f"u={quote('/a?next=' + quote('/import?key=' + quote(text, safe=''), safe=''), safe='')}\n", "percent-encoded three times"
    yield "percent-json.txt", f"state={quote(one, safe='')}\n", "JSON, percent-encoded"
    yield "percent-json-2.txt", f"state={quote(quote(one, safe=''), safe='')}\n", "JSON, percent-encoded twice"
    yield "json-percent.json", json.dumps({"url": f"https://api.keylint.test/?key={quote(text)}"}) + "\n", "percent-encoded in JSON"
    yield "entities.html", "<p>" + html.escape(text).replace("\n", "&#10;") + "</p>\n", "&#10;"
    yield "entities-0.html", "<p>" + html.escape(text).replace("\n", "&#x0A;").replace("/", "&#x2F;").replace("=", "&#x3D;") + "</p>\n", "&#x0A; &#x2F; &#x3D;"
    yield "entities-crlf.xml", '<key v="' + text.replace("\n", "&#13;&#10;") + '"/>\n', "&#13;&#10;"
    yield "entities-all.html", "<p>" + "".join(f"&#{ord(c)};" for c in text) + "</p>\n", "every character an entity"
    yield "entities-2.xml", "<a>" + html.escape(html.escape(text).replace("\n", "&#10;")) + "</a>\n", "&amp;#10;"
    yield "entities-3.xml", "<a>" + html.escape(html.escape(html.escape(text).replace("\n", "&#xA;"))) + "</a>\n", "&amp;amp;#xA;"
    yield "entities-json.html", f'<div data-state="{html.escape(one)}"></div>\n', "JSON in an attribute"
    yield "entities-json-2.html", f'<div data-state="{html.escape(two)}"></div>\n', "JSON in JSON in an attribute"
    yield "json-entities.json", json.dumps({"html": "<p>" + text.replace("\n", "&#10;") + "</p>"}) + "\n", "entities in JSON"
    yield "hex.py", f"KEY = '{pairs}'\n", "every character as \\x2d"
    yield "octal.c", 'char key[] = "' + "".join(map(octal, text.encode())) + '";\n', "every character in octal"
    yield "unicode.json", '{"key": "' + "".join(f"\\u{ord(c):04x}" for c in text) + '"}\n', "every character as \\u002d"
    yield "hex-2.json", json.dumps({"py": f"KEY = '{pairs}'"}) + "\n", "every character as \\\\x2d"
    soft = quopri.encodestring(("Hi Ann,\nthe key for the gateway:\n\n" + text + "\nGrüße\n").encode())
    yield "printable.txt", soft, "quoted-printable without a header, by quopri of Python"
    yield "printable-line.txt", quopri.encodestring(f"key={text.splitlines()[0]}{body}{text.splitlines()[-1]}\n".encode()), "quoted-printable, a body on one line"
    yield "printable-json.txt", quopri.encodestring((one + "\n").encode()), "quoted-printable of JSON"
    yield "printable-76.txt", quopri.encodestring((text.splitlines()[0] + "\n" + wrapped(body, 76) + "\n" + text.splitlines()[-1] + "\n").encode()), "quoted-printable, a body in lines of 76"
    yield "printable-crlf.txt", quopri.encodestring(("> " + text.replace("\n", "\n> ")).encode()).replace(b"\n", b"\r\n"), "quoted-printable of a quotation, CR LF"
    perl = make.run("perl", "-MMIME::QuotedPrint", "-0777", "-ne", "print encode_qp('{\"k\":\"' . join('\\n', split(/\\n/, $_)) . '\"}')", path).decode()
    yield "printable-perl.txt", perl, "quoted-printable of JSON, by MIME::QuotedPrint of Perl"
    yield "printable-base64.txt", quopri.encodestring(f"data: {base64.b64encode(text.encode()).decode()}\n".encode()), "quoted-printable of base64"


def charsets(make, path, text):
    """(suffix, text, what made it)"""

    def iconv(to, source):
        return make.run("iconv", "-f", "UTF-8", "-t", to, input=source.encode())

    noted = f"Schlüssel für das Gateway — geheim:\n\n{text}\nEnde\n"
    for name, charset in ("32le", "UTF-32LE"), ("32be", "UTF-32BE"):
        yield f"utf-{name}.txt", iconv(charset, noted), f"iconv -t {charset}"
        yield f"utf-{name}-bom.txt", iconv(charset, "\ufeff" + noted), f"iconv -t {charset}, with byte order mark"
        yield f"utf-{name}-json.json", iconv(charset, "\ufeff" + json.dumps({"key": text})), f"JSON in {charset}"
        yield f"utf-{name}-base64.txt", iconv(charset, "\ufeff" + f"data: {base64.b64encode(text.encode()).decode()}\n"), f"base64 in {charset}"
        yield f"utf-{name}-amid.bin", b"\x07\xff\x13" + iconv(charset, text) + b"\xff\xff\xff\xff\x07", f"{charset} amid other bytes"
    for name, charset in ("le", "UTF-16LE"), ("be", "UTF-16BE"):
        wide = iconv(charset, text)
        marked = iconv(charset, "\ufeff" + text.replace("\n", "\r\n"))
        yield f"base64-16{name}.txt", f"data: {base64.b64encode(wide).decode()}\n", f"base64 of {charset}"
        yield f"base64-16{name}-bom.yaml", f"kind: Secret\ndata:\n  tls.key: {base64.b64encode(marked).decode()}\n", f"base64 of {charset} with byte order mark, CR LF"
        yield f"base64-16{name}-wrapped.txt", wrapped(base64.b64encode(marked).decode(), 64) + "\n", f"base64 of {charset}, wrapped (certutil -encode)"
        yield f"hex-16{name}.txt", f"key={wide.hex()}\n", f"hexadecimal of {charset}"
        yield f"hex-16{name}-upper.sql", f"INSERT INTO k VALUES (0x{wide.hex().upper()});\n", f"hexadecimal of {charset}, capitals"
        yield f"hex-16{name}-xxd.txt", make.run("xxd", input=wide).decode(), f"xxd of {charset}"
        yield f"hex-16{name}-hexdump.txt", make.run("hexdump", "-C", input=marked).decode(), f"hexdump -C of {charset}"
        yield f"hex-in-16{name}.txt", iconv(charset, "\ufeff" + f"key = {text.encode().hex()}\r\n"), f"hexadecimal in {charset}"
        yield f"xxd-in-16{name}.txt", iconv(charset, make.run("xxd", input=text.encode()).decode()), f"xxd in {charset}"
    for shift in range(3):
        command = "#" * shift + f"$key = @'\r\n{text}'@; Set-Content key.pem $key\r\n"
        encoded = base64.b64encode(iconv("UTF-16LE", command)).decode()
        yield f"command-{shift}.ps1", f"powershell.exe -NoProfile -EncodedCommand {encoded}\r\n", "powershell -EncodedCommand"
    reg = "".join(f"{byte:02x}," for byte in iconv("UTF-16LE", text)).rstrip(",")
    yield "hex1.reg", f'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Keylint]\r\n"Key"=hex(1):{wrapped(reg, 75, chr(92) + chr(13) + chr(10) + "  ")}\r\n', "a registry file, REG_SZ"


def twins(make, which):
    """Texts with needles and no key in them."""
    rng = random.Random(31)
    image = "keys/negatives/logo.png"
    if which == "escapes":
        picture = Path(image).read_bytes()
        yield "image.py", f"LOGO = {picture!r}\n", "an image, repr of bytes"
        yield "image.c", "static const char logo[] =\n" + literals(picture, 16, hexadecimal), "an image, adjacent strings"
        yield "image-octal.c", "static const char logo[] =\n" + literals(picture, 16, octal), "an image in octal"
        noise = rng.randbytes(2000)
        yield "corpus.txt", "".join(f'kw{at}="{"".join(map(hexadecimal, noise[at : at + 8]))}\\x02\\x01\\x00\\x02\\xfe\\xed\\xfe\\xed"\n' for at in range(0, 2000, 8)), "a dictionary of a fuzzer"
        yield "oids.c", 'const char rsa[] = "\\x30\\x0d\\x06\\x09\\x2a\\x86\\x48\\x86\\xf7\\x0d\\x01\\x01\\x01\\x05\\x00";\nconst char head[] = "\\x30\\x2e\\x02\\x01\\x00\\x30\\x05\\x06\\x03\\x2b\\x65\\x70\\x04\\x22\\x04\\x20";\n', "what a parser looks for"
        yield "magic.py", "MAGICS = [b'openssh-key-v1\\x00', b'\\xfe\\xed\\xfe\\xed', b'\\xce\\xce\\xce\\xce', b'\\x42\\x45\\x47\\x49\\x4e']\n", "what a parser looks for"
        yield "colours.sh", "printf '\\033[31m\\002\\001\\000%s\\033[0m\\n' \"$1\"\n", "escapes of a terminal"
    if which == "quoting":
        yield "page.html", "<p>&#10;&#x0A;-----&#10;BEGIN&#32;PRIVATE&#32;KEY ... END</p>\n", "entities and no key"
        yield "json.json", json.dumps({"a": json.dumps({"b": json.dumps({"cert": "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n"})})}) + "\n", "JSON in JSON, a request"
        yield "printable.txt", quopri.encodestring(("A line that is long enough to be broken, with a = in it and a few words more than that. " * 9 + "\n").encode()), "quoted-printable text"
    if which == "charsets":
        plain = "Where a message says BEGIN and has no key, nothing is found.\n----- BEGIN of the minutes -----\n"
        for charset in ("UTF-32LE", "UTF-32BE", "UTF-16LE"):
            wide = make.run("iconv", "-f", "UTF-8", "-t", charset, input=("\ufeff" + plain * 4).encode())
            yield f"minutes-{charset}.txt", wide, f"{charset} without a key"
            yield f"minutes-{charset}-base64.txt", base64.b64encode(wide).decode() + "\n", f"base64 of {charset} without a key"
            yield f"minutes-{charset}-hex.txt", wide.hex() + "\n", f"hexadecimal of {charset} without a key"


def make(make, which):
    sources, read, spell = {
        "escapes": (BINARY, binary, escapes),
        "quoting": (TEXT, lambda path: Path(path).read_text(), quoting),
        "charsets": (TEXT, lambda path: Path(path).read_text(), charsets),
    }[which]
    d = make.KEYS / which
    for name, source in sources.items():
        data = read(source)
        path = make.write(make.SCRATCH / "source", data)
        for suffix, text, note in spell(make, path, data):
            told = rows_of(source)
            for cells in told:
                form = "der" if suffix == "body-2.json" and cells[0] == "pem" else cells[0]
                # What is told of the source by its tool is told there.
                password = [part for part in cells[-1].split("; ") if part.startswith(("password", "inside"))]
                make.row(make.write(d / f"{name}-{suffix}", text), form, *cells[1:-1], "; ".join([*password, note]))
    if which == "quoting":
        text = Path(JWK).read_text()
        cells = rows_of(JWK)[0]
        one = json.dumps({"jwk": text})
        for suffix, spelled, note in [
            ("1.json", one, "JSON"),
            ("2.json", json.dumps({"env": one}), "JSON in JSON"),
            ("3.json", json.dumps({"event": json.dumps({"env": one})}), "JSON in JSON in JSON"),
            ("percent.txt", f"jwk={quote(text, safe='')}", "percent-encoded"),
            ("entities.html", f'<div data-jwk="{html.escape(text)}"></div>', "entities"),
        ]:
            make.row(make.write(d / f"jwk-{suffix}", spelled + "\n"), *cells[:-1], note)
    for name, text, note in twins(make, which):
        make.row(make.write(d / name, text), note=note)
