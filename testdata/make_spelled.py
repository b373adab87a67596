"""Keys of the other families, spelled in hexadecimal and as arrays of bytes by the tools that people
spell them with: xxd, hexdump, od, sqlite3, java, node. Called by make.py.
"""

import base64
from pathlib import Path

# Each with its rows in expect.tsv, which hold for every spelling of it.
SOURCES = {
    "rsa": "keys/rsa/rsa-2048.pkcs8.der",
    "rsa-pkcs1": "keys/rsa/rsa-1024.pkcs1.der",
    "rsa-encrypted": "keys/rsa/rsa-2048.pbes2-pbkdf2-sha256-aes256.der",
    "p256": "keys/ec/p-256.pkcs8.der",
    "p256-sec1": "keys/ec/p-256.sec1-no-public.der",
    "p384-sec1": "keys/ec/p-384.sec1.der",
    "ed25519": "keys/edwards/ed25519.pkcs8.der",
    "pem": "keys/edwards/ed25519.pkcs8.pem",
    "openssh": "keys/openssh/id_ed25519",
    "pkcs12": "keys/pkcs12/keytool.p12",
    "openssh-binary": "keys/openssh/id_ed25519",
    "openssh-encrypted": "keys/openssh/id_rsa.passphrase",
    "jks": "keys/jks/changeit.jks",
    "jceks": "keys/jceks/secret.jceks",
    "certificate": "keys/rsa/rsa-2048.cert.der",
}

# Of these, what the armour holds.
BINARY = ("openssh-binary", "openssh-encrypted")

JAVA = """import java.nio.file.*;
class Dump { public static void main(String[] a) throws Exception {
    System.out.println("byte[] key = " + java.util.Arrays.toString(Files.readAllBytes(Path.of(a[0]))) + ";"); } }
"""
NODE = "console.log(JSON.stringify({key: require('fs').readFileSync(process.argv[1])}))"


def rows_of(path):
    lines = Path("expect.tsv").read_text().splitlines()
    return [line.split("\t")[1:] for line in lines if line.split("\t")[0] == path]


def binary(path):
    """A key as bytes: what the armour of OpenSSH holds, other files as they are."""
    data = Path(path).read_bytes()
    armour = b"-----BEGIN OPENSSH PRIVATE KEY-----"
    return base64.b64decode(data.removeprefix(armour).split(b"-----")[0]) if data.startswith(armour) else data


def wrapped(text, width, between="\n"):
    return between.join(text[at : at + width] for at in range(0, len(text), width))


def lines_of(words, count, indent="    ", end=","):
    rows = [f"{end} ".join(words[at : at + count]) for at in range(0, len(words), count)]
    return indent + f"{end}\n{indent}".join(rows)


def hexadecimal(make, path, data):
    """(suffix, text, what made it)"""

    def tool(*command):
        return make.run(*command).decode()

    plain = data.hex()
    pairs = data.hex(",")
    sql = make.SCRATCH / "k.db"
    sql.unlink(missing_ok=True)
    yield "plain.txt", f"key={plain}\n", "hexadecimal on one line"
    yield "upper.properties", f"key = {plain.upper()}\n", "capital digits"
    yield "xxd-p.txt", tool("xxd", "-p", path), "xxd -p"
    yield "xxd.txt", tool("xxd", path), "xxd"
    yield "xxd-g1.txt", tool("xxd", "-g1", "-u", path), "xxd -g1 -u"
    yield "xxd-u.txt", tool("xxd", "-u", path), "xxd -u"
    yield "xxd-c32.txt", tool("xxd", "-c", "32", path), "xxd -c 32"
    yield "hexdump-c.txt", tool("hexdump", "-C", path), "hexdump -C"
    yield "hexdump.txt", tool("hexdump", "-v", path), "hexdump: words of a little-endian machine"
    yield "od-x1.txt", tool("od", "-t", "x1", path), "od -t x1"
    yield "od-ax.txt", tool("od", "-A", "x", "-t", "x1z", "-v", path), "od -A x -t x1z"
    yield "od-x.txt", tool("od", "-x", path), "od -x: words of a little-endian machine"
    yield "colons.txt", data.hex(":").upper() + "\n", "colons on one line"
    yield "colons-wrapped.txt", wrapped(data.hex(":"), 45, "\n    ") + "\n", "colons, wrapped as openssl does"
    yield "commas.txt", f"key: {data.hex(',')}\n", "commas on one line"
    yield "blanks-upper.txt", wrapped(data.hex(" ").upper(), 48) + "\n", "blanks, capitals, wrapped"
    yield "blanks.txt", data.hex(" ") + "\n", "blanks on one line"
    yield "sqlite.sql", tool("sqlite3", sql, f"CREATE TABLE k(id INTEGER, key BLOB); INSERT INTO k VALUES (1, readfile('{path}'));", ".dump"), "sqlite3 .dump"
    yield "copy.sql", f"COPY public.keys (id, key, created) FROM stdin;\n1\t\\\\x{plain}\t2026-11-25 10:00:00\n\\.\n", "bytea, as pg_dump writes it"
    first = 76 - len('"PrivateKey"=hex:') - len('"PrivateKey"=hex:') % 3
    body = pairs[:first] + "\\\r\n  " + wrapped(pairs[first:], 75, "\\\r\n  ") if first < len(pairs) else pairs
    head = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Keylint]\r\n"
    yield "export.reg", f'{head}"PrivateKey"=hex:{body}\r\n"Port"=dword:000020fb\r\n', "a registry file"
    yield "fromhex.py", f'KEY = bytes.fromhex(\n    "' + wrapped(plain, 64, '"\n    "') + '"\n)\n', "Python, bytes.fromhex"
    yield "log.txt", f"2025-11-03T10:15:00.417Z DEBUG [hsm] unwrapped key handle=7 value={plain} ok\n", "in a line of a log"


def arrays(make, path, data):
    """(suffix, text, what made it)"""
    java = make.write(make.SCRATCH / "Dump.java", JAVA)
    hexes = [f"0x{byte:02x}" for byte in data]
    numbers = [str(byte) for byte in data]
    yield "xxd.h", make.run("xxd", "-i", path).decode(), "xxd -i"
    yield "Array.java", make.run("java", java, path).decode(), "Arrays.toString of Java: signed"
    signed = [str(byte - 256 if byte > 127 else byte) for byte in data]
    yield "Signed.java", "class Signed {\n    static final byte[] KEY = {\n" + lines_of(signed, 16, " " * 8) + "\n    };\n}\n", "signed, in lines"
    yield "Cast.java", "class Cast {\n    static final byte[] KEY = {\n" + lines_of([f"(byte) {it}" for it in hexes], 8, " " * 8) + "\n    };\n}\n", "Java, casts"
    yield "buffer.json", make.run("node", "-e", NODE, path).decode(), "a Buffer of node as JSON"
    yield "array.rs", "const KEY: &[u8] = &[\n" + lines_of(hexes, 12) + ",\n];\n", "Rust"
    yield "array.go", "var key = []byte{\n" + lines_of(hexes, 8, "\t") + ",\n}\n", "Go"
    yield "compact.js", f"const k=new Uint8Array([{','.join(numbers)}]);\n", "JavaScript, minified"
    yield "compact-hex.c", f"unsigned char k[]={{{','.join(it.upper().replace('X', 'x') for it in hexes)}}};\n", "C, no blanks"
    yield "array.ps1", f"[byte[]]$key = {','.join(hexes)}\n", "PowerShell"


def twins(make, which):
    """Texts with needles and no key in them."""
    import random

    rng = random.Random(27)
    image = "keys/negatives/logo.png"
    if which == "hex":
        yield "image-xxd.txt", make.run("xxd", image), "xxd of an image"
        yield "image-hexdump.txt", make.run("hexdump", "-C", image), "hexdump -C of an image"
        yield "objects.txt", "".join(f"{rng.randbytes(20).hex()} {kind} {rng.randrange(9999)}\n" for kind in ("blob", "tree", "commit") for _ in range(60)), "git cat-file --batch-check"
        yield "hashes.txt", "".join(f"{rng.randbytes(30).hex()}02010 0201{rng.randbytes(14).hex()}\n2a8648ce3d{rng.randbytes(27).hex()}\n" for _ in range(40)), "digests that hold needles"
        yield "oids.txt", "2a864886f70d010101 rsaEncryption\n2a8648ce3d0201 ecPublicKey\n06 09 2a 86 48 86 f7 0d 01 01 01\n302e020100300506032b657004220420\n", "what a parser looks for"
        yield "times.log", "".join(f"2025-01-02 02:01:0{i} 10.86.48.{i} 02 01 00 20201001 52:54:00:86:48:1{i} OK\n" for i in range(10)), "times and addresses"
        return
    yield "image.h", make.run("xxd", "-i", image), "xxd -i of an image"
    yield "oids.c", "static const unsigned char rsa[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};\n" "static const unsigned char head[] = {\n    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};\n", "what a parser looks for"
    yield "table.c", "static const int t[] = {" + ", ".join(str(rng.randrange(-128, 256)) for _ in range(900)) + ", 134, 72, 134, 247, 13, 1, 1, 1, -122, 72, -122, -9, 13, 1};\n", "numbers of other kinds"
    yield "minified.js", "var a=[" + ",".join(str(rng.randrange(256)) for _ in range(2000)) + "],b=[45,45,45,45,45,66,69,71,73,78],c='\\x1b[0m\\x02\\x01\\x00';\n", "minified JavaScript"
    yield "colours.py", "RED = '\\033[31m'\nOFF = '\\033[0m'\nDASHES = '\\055\\055\\055\\055\\055'\n", "octal escapes of a terminal"


def make(make, which):
    spell = {"hex": hexadecimal, "arrays": arrays}[which]
    d = make.KEYS / which
    for name, source in SOURCES.items():
        data = binary(source) if name in BINARY else Path(source).read_bytes()
        taken = make.write(make.SCRATCH / "key", data) if name in BINARY else source
        for suffix, text, note in spell(make, taken, data):
            path = make.write(d / f"{name}-{suffix}", text)
            for cells in rows_of(source):
                # What is told of the source by its tool is told there.
                password = [part for part in cells[-1].split("; ") if part.startswith(("password", "inside"))]
                make.row(path, *cells[:-1], "; ".join([*password, note]))
    for name, text, note in twins(make, which):
        make.row(make.write(d / name, text), note=note)
