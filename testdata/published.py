#!/usr/bin/env python3
"""Writes src/published.tsv: identities of private keys that the whole world has.

    python3 testdata/published.py FOLDER|ARCHIVE ... > src/published.tsv

Reads source packages (tar, zip, wheel, crate, npm) and folders, takes every private key that it
finds in them, and prints `key_id<TAB>project file`, sorted, one line a key. Needs
pyca/cryptography. Where a key is in several projects, the one that is named first is credited. The
table holds digests of public halves and no key.
"""
import base64, hashlib, os, re, sys, tarfile, time, warnings, zipfile
from cryptography.hazmat.primitives import serialization as ser
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x448, x25519

warnings.simplefilter("ignore")
MOST = 4 << 20
PASSWORDS = [None, b"password", b"test", b"foobar", b"123456", b"testing", b"secret", b"1234",
             b"changeit", b"passphrase", b"somepass", b"television", b"abc123", b"PolarSSLTest",
             b"yassl123", b"server", b"client", b"sample", b"hello", b"asdf", b"tr0ub4dor&3", b"pass"]
NAMES = {"openssl": "OpenSSL", "golang": "Go", "nodejs": "Node.js", "python": "cpython",
         "cryptography_vectors": "pyca/cryptography vectors", "nss": "NSS", "gnutls28": "GnuTLS",
         "mbedtls": "Mbed TLS", "wolfssl": "wolfSSL", "bind9": "BIND", "vagrant": "Vagrant",
         "erlang": "Erlang/OTP", "ruby": "Ruby", "postgresql": "PostgreSQL", "curl": "curl", "openssh": "OpenSSH", "bouncycastle": "Bouncy Castle"}
# Credited first where projects share a key.
FIRST = ["RFC", "OpenSSL", "cpython", "Vagrant", "Go", "Node.js", "OpenSSH", "paramiko",
         "pyca/cryptography vectors", "jsonwebtoken", "PyJWT", "Erlang/OTP", "Ruby", "GnuTLS",
         "Mbed TLS", "wolfSSL", "curl", "NSS"]

# RFC 6979 A.2, RFC 8032 7.1, RFC 7748 6.1, RFC 8410 10.3.
SPECIFIED = [
    ("RFC 6979 A.2.3", ec.SECP192R1(), "6FAB034934E4C0FC9AE67F5B5659A9D7D1FEFD187EE09FD4"),
    ("RFC 6979 A.2.4", ec.SECP224R1(), "F220266E1105BFE3083E03EC7A3A654651F45E37167E88600BF257C1"),
    ("RFC 6979 A.2.5", ec.SECP256R1(),
     "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"),
    ("RFC 6979 A.2.6", ec.SECP384R1(),
     "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5"),
    ("RFC 6979 A.2.7", ec.SECP521R1(),
     "00FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75CAA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83538"),
    ("RFC 8032 7.1 test 1", "ed25519", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
    ("RFC 8032 7.1 test 2", "ed25519", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
    ("RFC 8032 7.1 test 3", "ed25519", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"),
    ("RFC 8032 7.1 test 1024", "ed25519", "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5"),
    ("RFC 8032 7.1 test SHA(abc)", "ed25519", "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42"),
    ("RFC 8410 10.3", "ed25519", "D4EE72DBF913584AD5B6D8F1F769F8AD3AFE7C28CBF1D4FBE097A88F44755842"),
    ("RFC 7748 6.1 Alice", "x25519", "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
    ("RFC 7748 6.1 Bob", "x25519", "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"),
]

# Public halves of keys that Vagrant installs in every box.
PUBLIC = [
    ("Vagrant keys/vagrant.key.ed25519",
     "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN1YdxBpNlzxDqfJyw/QKow1F+wvG9hXGoqiysfJOn5Y"),
    ("Vagrant keys/vagrant.key.rsa",
     "ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+"
     "v1I2YJ6oXevct1YeS0o9HZyN1Q9qgCgzUFtdOKLv6IedplqoPkcmF0aYet2PkEDo3MlTBckFXPITAMzF8dJSIFo9D8HfdOV0IAdx"
     "4O7PtixWKn5y2hMNG0zQPyUecp4pzC6kivAIhyfHilFR61RGL+GPXQ2MWZWFYbAGjyiYJnAmCP3NOTd0jMZEnDkbUvxhMmBYSdETk"
     "1rRgm+R4LOzFUGaHqHDLKLX+FIPKcF96hrucXzcWyLbIbEgE98OHlnVYCzRdK8jlqm8tehUc9c9WhQ=="),
]


def spki_id(public):
    spki = public.public_bytes(ser.Encoding.DER, ser.PublicFormat.SubjectPublicKeyInfo)
    return "spki-sha256:" + hashlib.sha256(spki).hexdigest()


def separated(domain, data):
    return domain + ":" + hashlib.sha256(b"keylint " + domain.encode() + b"\0" + data).hexdigest()


def ids(private):
    yield spki_id(private.public_key())
    # Formats without the public half give these another identity.
    if isinstance(private, (ed448.Ed448PrivateKey, x448.X448PrivateKey)):
        yield separated("private-sha256", private.private_bytes_raw())


def secret_ids(key):
    steps = {(b - a) % 256 for a, b in zip(key, key[1:])}
    if len(key) >= 14 and len(set(key)) >= (min(len(key), 16) + 1) // 2 and len(steps) > 1:
        yield separated("sym-sha256", key)


def b64(text):
    text = re.sub(rb"[^A-Za-z0-9+/_-]", b"", text).translate(bytes.maketrans(b"-_", b"+/"))
    return base64.b64decode(text + b"=" * (-len(text) % 4))


def load(loader, data):
    started = time.monotonic()
    for password in PASSWORDS:
        try:
            return loader(data, password)
        except Exception as problem:
            if "assword" not in str(problem) and "decrypt" not in str(problem):
                return None
        # A costly key derivation is not worth every guess.
        if time.monotonic() - started > 1:
            return None
    return None


PEM = re.compile(rb"-----BEGIN ((?:[A-Z0-9]+ )*(?:PRIVATE|TESTING) KEY)-----(.{40,20000}?)-----END \1-----", re.S)


def pems(data):
    if b" KEY-----" not in data:
        return
    for label, body in PEM.findall(data):
        # RFC 9500 labels its keys so that nobody takes them for others.
        label = label.replace(b"TESTING", b"PRIVATE")
        body = body.replace(b"\\r", b"").replace(b"\\n", b"\n")
        lines = [re.sub(rb"^[\s\"'+#/*|>.,$]*|[\s\"'+\\,;.]*$", b"", line) for line in body.splitlines()]
        # The base64 of a line may begin or end with what was taken off.
        lines = [line if b":" in line else re.sub(rb"[^A-Za-z0-9+/=]", b"", raw.strip(b" \t\r\n\"'\\,;"))
                 for line, raw in zip(lines, body.splitlines())]
        heads = [line for line in lines if b":" in line]
        text = b"".join(line for line in lines if line and b":" not in line)
        wrapped = b"\n".join(text[i:i + 64] for i in range(0, len(text), 64))
        if label == b"OPENSSH PRIVATE KEY":
            yield from openssh(text)
            continue
        head = b"\n".join(heads) + b"\n\n" if heads else b""
        pem = b"-----BEGIN %s-----\n%s%s\n-----END %s-----\n" % (label, head, wrapped, label)
        private = load(ser.load_pem_private_key, pem)
        if private is not None:
            yield from ids(private)


def openssh(text):
    """The public half stands in the clear, whatever the password is."""
    try:
        data = b64(text)
        at = data.index(b"openssh-key-v1\0") + 15
        fields = []
        for count in range(5):
            if count == 3:
                at += 4
                continue
            size = int.from_bytes(data[at:at + 4], "big")
            fields.append(data[at + 4:at + 4 + size])
            at += 4 + size
        yield from ssh_public(fields[3])
    except Exception:
        return


def ssh_public(blob):
    kind = blob[4:4 + int.from_bytes(blob[:4], "big")]
    try:
        yield spki_id(ser.load_ssh_public_key(kind + b" " + base64.b64encode(blob)))
    except Exception:
        return


def ppks(data):
    for match in re.finditer(rb"PuTTY-User-Key-File-\d.{0,600}?Public-Lines: \d+\s+([A-Za-z0-9+/=\s]+?)Private-Lines",
                             data, re.S):
        yield from ssh_public(b64(match[1]))


def jwks(data):
    if b"kty" not in data:
        return
    text = data.replace(b'\\"', b'"').replace(b"\\n", b"\n")
    text = re.sub(rb"[\"']\s*\+?\s*\n\s*[\"']", b"", text)
    for match in re.finditer(rb"\{[^{}]{0,9000}?\bkty\b[^{}]{0,9000}\}|dict\([^()]*\bkty\b[^()]*\)", text):
        members = {}
        for name, value in re.findall(rb"[\"']?\b(\w+)[\"']?\s*(?:[:=]>?)\s*[\"']([^\"']*)[\"']", match[0]):
            members.setdefault(name.decode(), value)
        try:
            yield from jwk(members)
        except Exception:
            continue


def jwk(members):
    number = lambda name: int.from_bytes(b64(members[name]), "big")
    kty = members.get("kty")
    if kty == b"RSA" and "d" in members:
        public = rsa.RSAPublicNumbers(number("e"), number("n")).public_key()
        yield spki_id(public)
    elif kty == b"EC" and "d" in members:
        curve = {b"P-256": ec.SECP256R1(), b"P-384": ec.SECP384R1(), b"P-521": ec.SECP521R1(),
                 b"secp256k1": ec.SECP256K1()}[members["crv"]]
        yield from ids(ec.derive_private_key(number("d"), curve))
    elif kty == b"OKP" and "d" in members:
        kinds = {b"Ed25519": ed25519.Ed25519PrivateKey, b"Ed448": ed448.Ed448PrivateKey,
                 b"X25519": x25519.X25519PrivateKey, b"X448": x448.X448PrivateKey}
        yield from ids(kinds[members["crv"]].from_private_bytes(b64(members["d"])))
    elif kty == b"oct" and "k" in members:
        yield from secret_ids(b64(members["k"]))


def lines(data):
    """WireGuard, age, BIND and TSIG, and the Ed448 vectors of RFC 8032."""
    for text in re.findall(rb"SECRET = ([0-9a-f]{114})\n", data):
        yield from ids(ed448.Ed448PrivateKey.from_private_bytes(bytes.fromhex(text.decode())))
    for text in re.findall(rb"PrivateKey\s*=\s*([A-Za-z0-9+/]{43}=)", data):
        yield from ids(x25519.X25519PrivateKey.from_private_bytes(b64(text)))
    for text in re.findall(rb"AGE-SECRET-KEY-1([QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58})", data):
        digits = ["QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".index(chr(c)) for c in text[:52]]
        value = sum(digit << 5 * (51 - place) for place, digit in enumerate(digits)) >> 4
        yield from ids(x25519.X25519PrivateKey.from_private_bytes(value.to_bytes(32, "big")))
    for text in re.findall(rb"secret\s+\"?([A-Za-z0-9+/]{20,}={0,2})\"?\s*;", data):
        yield from secret_ids(b64(text))
    for match in re.finditer(rb"Private-key-format: v1\.\d\s+((?:[\w()]+: ?[^\n]*\n)+)", data):
        fields = dict(re.findall(rb"([\w()]+): ?([^\n]*)", match[1]))
        try:
            number = int(fields[b"Algorithm"].split()[0])
            get = lambda name: int.from_bytes(b64(fields[name]), "big")
            if number in (1, 5, 7, 8, 10):
                yield spki_id(rsa.RSAPublicNumbers(get(b"PublicExponent"), get(b"Modulus")).public_key())
            elif number in (13, 14):
                curve = ec.SECP256R1() if number == 13 else ec.SECP384R1()
                yield from ids(ec.derive_private_key(get(b"PrivateKey"), curve))
            elif number in (15, 16):
                kind = ed25519.Ed25519PrivateKey if number == 15 else ed448.Ed448PrivateKey
                yield from ids(kind.from_private_bytes(b64(fields[b"PrivateKey"])))
            elif number >= 157:
                yield from secret_ids(b64(fields[b"Key"]))
        except Exception:
            continue


def ders(name, data):
    if not data.startswith(b"0") or len(data) > 20000 or not re.search(r"\.(der|key|p8|pk8|pkcs8|bin|priv)$", name):
        return
    private = load(ser.load_der_private_key, data)
    if private is not None:
        yield from ids(private)


def keys(name, data):
    if len(data) <= MOST:
        for finder in (pems, ppks, jwks, lines):
            try:
                yield from finder(data)
            except Exception:
                pass
        yield from ders(name, data)


def files(path):
    """Names, without the folder that a package puts around them, and contents."""
    if os.path.isdir(path):
        for folder, _, names in os.walk(path):
            for name in names:
                full = os.path.join(folder, name)
                if os.path.isfile(full) and os.path.getsize(full) <= MOST:
                    yield os.path.relpath(full, path), open(full, "rb").read()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.file_size <= MOST:
                    yield entry.filename, archive.read(entry)
    else:
        with tarfile.open(path) as archive:
            for entry in archive:
                if entry.isfile() and entry.size <= MOST:
                    yield entry.name.split("/", 1)[-1], archive.extractfile(entry).read()


def project(path):
    name = re.split(r"[-_.]v?\d", os.path.basename(path.rstrip("/")))[0]
    if path.endswith(".crate"):
        return f"{name} crate"
    name = re.sub(r"^(python|rust|ruby)-(?=.)", "", name)
    return NAMES.get(re.sub(r"\d+$", "", name), NAMES.get(name, name))


def specified():
    kinds = {"ed25519": ed25519.Ed25519PrivateKey, "x25519": x25519.X25519PrivateKey}
    for place, kind, text in SPECIFIED:
        if isinstance(kind, str):
            private = kinds[kind].from_private_bytes(bytes.fromhex(text))
        else:
            private = ec.derive_private_key(int(text, 16), kind)
        for key_id in ids(private):
            yield key_id, place
    for place, text in PUBLIC:
        yield spki_id(ser.load_ssh_public_key(text.encode())), place


def short(place):
    """A long path by its last two parts: the table is compiled in."""
    name, _, path = place.partition(" ")
    return f"{name} {'/'.join(path.split('/')[-2:])}" if len(place) > 60 else place


def main():
    table = {}

    def add(key_id, place):
        rank = next((i for i, first in enumerate(FIRST) if place.startswith(first)), len(FIRST))
        table.setdefault(key_id, (rank, place))
        table[key_id] = min(table[key_id], (rank, place))

    for key_id, place in specified():
        add(key_id, place)
    for path in sys.argv[1:]:
        before, name = len(table), project(path)
        try:
            for file, data in files(path):
                if re.search("fuzz|corpora|/bsi/", file):
                    continue
                for key_id in keys(file, data):
                    add(key_id, f"{name} {file}")
        except Exception as problem:
            print(f"{path}: {problem}", file=sys.stderr)
        print(f"{name}: {len(table) - before}", file=sys.stderr, flush=True)
    for key_id, (_, place) in sorted(table.items()):
        print(f"{key_id}\t{short(place)}")


main()
