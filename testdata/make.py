#!/usr/bin/env python3
"""What make.sh cannot make with a command line tool: structures that no tool writes, identities of
keys in formats that openssl does not read, re-encodings, counter-examples, and the made-up
repository. Needs cryptography 48 and PyYAML; `tink` and `ethereum` need the packages tink and
eth-keyfile. Called by make.sh, which sets ROWS (where rows go), SCRATCH and STRONG (a password).
"""

import base64
import glob
import gzip
import hashlib
import json
import os
import pty
import random
import re
import secrets
import struct
import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import serialization as ser
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x448, x25519

sys.dont_write_bytecode = True
KEYS = Path("keys")
STRONG = os.environ.get("STRONG", "Vn7-plover-quartz-41")
SCRATCH = Path(os.environ.get("SCRATCH", "/tmp"))
FORMATS = """- pem der openssh sshcom ssh-public ppk openpgp gpg-agent pkcs12 jks jceks bks uber jwk age wireguard
minisign signify dnssec tsig tink capi cng dotnet-xml keytab ethereum openvpn""".split()
CLASSES = "- private-key secret-key public-key certificate key-store".split()
LABELS = "plaintext encrypted wrapped public truncated stub unparsed none".split()
COLUMNS = "path format class label algorithm bits curve key_id note".split()


def row(path, format="-", klass="-", label="none", algorithm="-", bits="-", curve="-", key_id="-", note="-"):
    with open(os.environ["ROWS"], "a", encoding="utf-8") as out:
        out.write("\t".join(map(str, (path, format, klass, label, algorithm, bits, curve, key_id, note))) + "\n")


def write(path, data):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(data, str):
        data = data.encode()
    path.write_bytes(data)
    return path


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, **options)
    if done.returncode:
        sys.exit(f"failed: {command}\n{done.stdout!r}\n{done.stderr.decode(errors='replace')}")
    return done.stdout


# Distinguished encoding rules.


def tlv(tag, body):
    size = len(body)
    if size < 128:
        head = bytes([size])
    else:
        octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
        head = bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + head + body


def seq(*parts):
    return tlv(0x30, b"".join(parts))


def integer(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(body):
    return tlv(4, body)


def bits(body):
    return tlv(3, b"\0" + body)


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    out = b""
    for arc in (first * 40 + second, *rest):
        part = [arc & 0x7F]
        while arc := arc >> 7:
            part.append(0x80 | arc & 0x7F)
        out += bytes(reversed(part))
    return tlv(6, out)


def read_tlv(data, at=0):
    """(tag, body, end)"""
    tag, size, start = data[at], data[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        size, start = int.from_bytes(data[start : start + count], "big"), start + count
    return tag, data[start : start + size], start + size


def children(body):
    at = 0
    while at < len(body):
        tag, inner, end = read_tlv(body, at)
        yield tag, inner, body[at:end]
        at = end


def pem(label, der, width=64):
    body = base64.b64encode(der).decode()
    lines = [body[i : i + width] for i in range(0, len(body), width)]
    return f"-----BEGIN {label}-----\n" + "\n".join(lines) + f"\n-----END {label}-----\n"


def unpem(text):
    return base64.b64decode("".join(line for line in text.splitlines() if not line.startswith("-----") and ":" not in line))


# Identities.


def spki(key):
    public = key.public_key() if hasattr(key, "public_key") else key
    if isinstance(public, ec.EllipticCurvePublicKey):
        assert public.curve.name
    return public.public_bytes(ser.Encoding.DER, ser.PublicFormat.SubjectPublicKeyInfo)


def kid_of(der):
    return "spki-sha256:" + hashlib.sha256(der).hexdigest()


def kid(key):
    return kid_of(spki(key))


def number(data):
    return int.from_bytes(data, "big")


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def to_bytes(value, size=None):
    return value.to_bytes(size or (value.bit_length() + 7) // 8, "big")


def x25519_kid(raw):
    return kid(x25519.X25519PublicKey.from_public_bytes(raw))


def ed25519_kid(raw):
    return kid(ed25519.Ed25519PublicKey.from_public_bytes(raw))


def private_pem(key, form=ser.PrivateFormat.PKCS8, protection=None):
    return key.private_bytes(ser.Encoding.PEM, form, protection or ser.NoEncryption()).decode()


def private_der(key, form=ser.PrivateFormat.PKCS8):
    return key.private_bytes(ser.Encoding.DER, form, ser.NoEncryption())


def public_pem(key):
    return key.public_key().public_bytes(ser.Encoding.PEM, ser.PublicFormat.SubjectPublicKeyInfo).decode()


def new_rsa(size=2048):
    return rsa.generate_private_key(65537, size)


# OpenSSH wire format.


def string(data):
    return struct.pack(">I", len(data)) + data


def strings(blob):
    at = 0
    while at < len(blob):
        size = struct.unpack(">I", blob[at : at + 4])[0]
        yield blob[at + 4 : at + 4 + size]
        at += 4 + size


def ssh_kid(line):
    blob = base64.b64decode(re.search(r"AAAA[0-9A-Za-z+/=]+", line)[0])
    kind, *rest = strings(blob)
    if kind == b"ssh-dss":
        p, q, g, y = map(number, rest)
        return kid(dsa.DSAPublicNumbers(y, dsa.DSAParameterNumbers(p, q, g)).public_key())
    return kid(ser.load_ssh_public_key(kind + b" " + base64.b64encode(blob)))


def cmd_ssh_kid(path):
    print(ssh_kid(Path(path).read_text()), end="")


# Bech32 (BIP 173), as age writes keys.

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def polymod(values):
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> i & 1 else 0
    return check


def regroup(data, source, target, pad):
    value = count = 0
    out = []
    for item in data:
        value, count = value << source | item, count + source
        while count >= target:
            count -= target
            out.append(value >> count & (1 << target) - 1)
    if pad and count:
        out.append(value << target - count & (1 << target) - 1)
    return out


def bech32(prefix, data):
    values = regroup(data, 8, 5, True)
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = polymod(expanded + values + [0] * 6) ^ 1
    values += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(CHARSET[v] for v in values)


def unbech32(text):
    text = text.strip().lower()
    return bytes(regroup([CHARSET.index(c) for c in text[text.rindex("1") + 1 :][:-6]], 5, 8, False))


def cmd_bech32_x25519(text):
    print(x25519_kid(unbech32(text)), end="")


def cmd_raw_x25519(text):
    print(x25519_kid(base64.b64decode(text)), end="")


def cmd_tail_ed25519(path):
    """Public key files of minisign and signify: the last 32 bytes of the second line."""
    print(ed25519_kid(base64.b64decode(Path(path).read_text().splitlines()[1])[-32:]), end="")


def cmd_pty(password, *command):
    """Runs a tool that takes passwords from nothing but a terminal."""
    pid, terminal = pty.fork()
    if not pid:
        os.execvp(command[0], command)
    said = b""
    while True:
        try:
            piece = os.read(terminal, 1024)
        except OSError:
            break
        if not piece:
            break
        said += piece
        if piece.rstrip().endswith(b"passphrase:"):
            os.write(terminal, password.encode() + b"\n")
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        sys.exit(f"failed: {command} {said!r}")


# Families.

P1, P8 = ser.PrivateFormat.TraditionalOpenSSL, ser.PrivateFormat.PKCS8


def pkcs8_with_public(der, public, attributes=b""):
    """OneAsymmetricKey version 2 (RFC 5958) out of a PrivateKeyInfo."""
    parts = [whole for _, _, whole in children(read_tlv(der)[1])]
    return seq(integer(1), *parts[1:3], attributes, tlv(0x81, b"\0" + public))


def pkcs1_public(key):
    return key.public_key().public_bytes(ser.Encoding.DER, ser.PublicFormat.PKCS1)


FRIENDLY_NAME = seq(oid("1.2.840.113549.1.9.20"), tlv(0x31, tlv(0x1E, "keylint".encode("utf-16-be"))))


def cmd_rsa():
    d = KEYS / "rsa"
    key = ser.load_pem_private_key((d / "rsa-2048.pkcs8.pem").read_bytes(), None)
    v2 = pkcs8_with_public(private_der(key), pkcs1_public(key))
    row(write(d / "rsa-2048.pkcs8-v2.pem", pem("PRIVATE KEY", v2)), "pem", "private-key", "plaintext", "rsa", 2048, "-", kid(key), "PKCS#8 version 2 with public key (RFC 5958)")
    row(write(d / "rsa-2048.pkcs8-v2.der", v2), "der", "private-key", "plaintext", "rsa", 2048, "-", kid(key), "PKCS#8 version 2 with public key (RFC 5958)")
    parts = [whole for _, _, whole in children(read_tlv(private_der(key))[1])]
    attributes = seq(*parts, tlv(0xA0, FRIENDLY_NAME))
    row(write(d / "rsa-2048.pkcs8-attributes.pem", pem("PRIVATE KEY", attributes)), "pem", "private-key", "plaintext", "rsa", 2048, "-", kid(key), "PKCS#8 with an attribute (friendlyName)")
    # "openssl pkcs12 -nodes" prints attributes before the key.
    bag = "Bag Attributes\n    friendlyName: server\n    localKeyID: 54 69 6D 65 20 31 36 33\nKey Attributes: <No Attributes>\n"
    row(write(d / "rsa-2048.bag-attributes.pem", bag + private_pem(key)), "pem", "private-key", "plaintext", "rsa", 2048, "-", kid(key), "as openssl pkcs12 -nodes prints it")


def cmd_ec():
    d = KEYS / "ec"
    key = ser.load_pem_private_key((d / "p-256.pkcs8.pem").read_bytes(), None)
    scalar = to_bytes(key.private_numbers().private_value, 32)
    curve = oid("1.2.840.10045.3.1.7")
    bare = seq(integer(0), seq(oid("1.2.840.10045.2.1"), curve), octets(seq(integer(1), octets(scalar))))
    note = "PKCS#8 whose ECPrivateKey has no public key"
    row(write(d / "p-256.pkcs8-no-public.pem", pem("PRIVATE KEY", bare)), "pem", "private-key", "plaintext", "ec", 256, "P-256", kid(key), note)
    row(write(d / "p-256.pkcs8-no-public.der", bare), "der", "private-key", "plaintext", "ec", 256, "P-256", kid(key), note)
    point = key.public_key().public_bytes(ser.Encoding.X962, ser.PublicFormat.UncompressedPoint)
    v2 = pkcs8_with_public(bare, point)
    row(write(d / "p-256.pkcs8-v2.pem", pem("PRIVATE KEY", v2)), "pem", "private-key", "plaintext", "ec", 256, "P-256", kid(key), "PKCS#8 version 2 with public key (RFC 5958)")
    explicit = run("openssl", "ec", "-in", d / "p-256.pkcs8.pem", "-no_public", "-param_enc", "explicit")
    row(write(d / "p-256.sec1-explicit-no-public.pem", explicit), "pem", "private-key", "plaintext", "ec", 256, "P-256", kid(key), "openssl ec -no_public -param_enc explicit")


def cmd_edwards():
    d = KEYS / "edwards"
    for name in "ed25519", "ed448", "x25519", "x448":
        key = ser.load_pem_private_key((d / f"{name}.pkcs8.pem").read_bytes(), None)
        raw = key.public_key().public_bytes(ser.Encoding.Raw, ser.PublicFormat.Raw)
        v2 = pkcs8_with_public(private_der(key), raw)
        note = "PKCS#8 version 2 with public key (RFC 5958)"
        row(write(d / f"{name}.pkcs8-v2.pem", pem("PRIVATE KEY", v2)), "pem", "private-key", "plaintext", name, "-", "-", kid(key), note)
        row(write(d / f"{name}.pkcs8-v2.der", v2), "der", "private-key", "plaintext", name, "-", "-", kid(key), note)
    # The samples of RFC 8410 section 10.3: one key, without and with attributes and public key.
    sample = base64.b64decode("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC")
    key = ser.load_der_private_key(sample, None)
    row(write(d / "rfc8410-sample.pem", pem("PRIVATE KEY", sample)), "pem", "private-key", "plaintext", "ed25519", "-", "-", kid(key), "published: RFC 8410 section 10.3")
    raw = key.public_key().public_bytes(ser.Encoding.Raw, ser.PublicFormat.Raw)
    name = seq(oid("1.2.840.113549.1.9.9.20"), tlv(0x31, tlv(0x0C, b"Curdle Chairs")))
    v2 = pkcs8_with_public(sample, raw, tlv(0xA0, name))
    row(write(d / "rfc8410-sample-v2.pem", pem("PRIVATE KEY", v2)), "pem", "private-key", "plaintext", "ed25519", "-", "-", kid(key), "published: RFC 8410 section 10.3, with attribute and public key")


def cmd_pqc():
    from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem

    d = KEYS / "pqc"
    for source in sorted(SCRATCH.glob("*.priv")):
        name = source.stem
        algorithm = "-".join(name.split("-")[:2])
        curve = name.upper()
        if curve[-1] in "SF":
            curve = curve[:-1] + name[-1]
        der, public = source.read_bytes(), source.with_suffix(".pub").read_bytes()
        ident = kid_of(public)
        version, identifier, (_, inner, _) = children(read_tlv(der)[1])
        row(write(d / f"{name}.spki.pem", pem("PUBLIC KEY", public)), "pem", "public-key", "public", algorithm, "-", curve, ident, "Node.js crypto (OpenSSL 3.5)")
        if algorithm == "slh-dsa":
            forms = {"pkcs8": inner}
        else:
            seed, expanded = (body for _, body, _ in children(read_tlv(inner)[1]))
            for module in mldsa, mlkem:
                cls = getattr(module, curve.replace("-", "") + "PrivateKey", None)
                if cls:
                    # The seed gives the same public key in another implementation.
                    assert kid(cls.from_seed_bytes(seed)) == ident, name
            forms = {"pkcs8-seed": tlv(0x80, seed), "pkcs8-expanded": octets(expanded), "pkcs8-both": inner}
        for form, body in forms.items():
            data = seq(version[2], identifier[2], octets(body))
            note = f"Node.js crypto (OpenSSL 3.5), {form}"
            row(write(d / f"{name}.{form}.pem", pem("PRIVATE KEY", data)), "pem", "private-key", "plaintext", algorithm, "-", curve, ident, note)
            if name in ("ml-kem-768", "ml-dsa-44", "slh-dsa-sha2-128s"):
                row(write(d / f"{name}.{form}.der", data), "der", "private-key", "plaintext", algorithm, "-", curve, ident, note)


def cmd_unknown_oid():
    d = KEYS / "unknown-oid"
    for name, dotted, secret in (
        ("private", "1.3.6.1.4.1.99999.1", octets(secrets.token_bytes(32))),
        ("private-big", "1.3.6.1.4.1.99999.2.7", seq(*(octets(secrets.token_bytes(64)) for _ in range(8)))),
    ):
        der = seq(integer(0), seq(oid(dotted)), octets(secret))
        note = "a valid PKCS#8 of an invented algorithm"
        row(write(d / f"{name}.pem", pem("PRIVATE KEY", der)), "pem", "private-key", "plaintext", dotted, "-", "-", "-", note)
        row(write(d / f"{name}.der", der), "der", "private-key", "plaintext", dotted, "-", "-", "-", note)
    public = seq(seq(oid("1.3.6.1.4.1.99999.1")), bits(secrets.token_bytes(48)))
    row(write(d / "public.pem", pem("PUBLIC KEY", public)), "pem", "public-key", "public", "1.3.6.1.4.1.99999.1", "-", "-", kid_of(public), "a valid SubjectPublicKeyInfo of an invented algorithm")


def openssh_file(public, private, comment):
    check = secrets.token_bytes(4)
    secret = check + check + private + string(comment)
    secret += bytes(range(1, 1 + -len(secret) % 8))
    blob = b"openssh-key-v1\0" + string(b"none") + string(b"none") + string(b"") + struct.pack(">I", 1)
    return pem("OPENSSH PRIVATE KEY", blob + string(public) + string(secret), 70)


def cmd_openssh():
    d = KEYS / "openssh"
    handle, app = secrets.token_bytes(64), string(b"ssh:")
    tail = app + b"\x01" + string(handle) + string(b"")
    key = ed25519.Ed25519PrivateKey.generate()
    raw = key.public_key().public_bytes(ser.Encoding.Raw, ser.PublicFormat.Raw)
    head = string(b"sk-ssh-ed25519@openssh.com") + string(raw)
    sets = [("ed25519", "sk-ssh-ed25519@openssh.com", head, kid(key), "-", "-")]
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_bytes(ser.Encoding.X962, ser.PublicFormat.UncompressedPoint)
    head = string(b"sk-ecdsa-sha2-nistp256@openssh.com") + string(b"nistp256") + string(point)
    sets.append(("ec", "sk-ecdsa-sha2-nistp256@openssh.com", head, kid(key), 256, "P-256"))
    for algorithm, kind, head, ident, size, curve in sets:
        name = "id_ed25519_sk" if algorithm == "ed25519" else "id_ecdsa_sk"
        path = write(d / name, openssh_file(head + app, head + tail, b"sk@keylint.test"))
        path.chmod(0o600)
        public = run("ssh-keygen", "-y", "-f", path).decode()
        assert public.split()[1] == base64.b64encode(head + app).decode(), name
        row(path, "openssh", "private-key", "wrapped", algorithm, size, curve, ident, "a hardware key handle, no secret; structure of PROTOCOL.u2f, read back by ssh-keygen")
        row(write(d / f"{name}.pub", public), "ssh-public", "public-key", "public", algorithm, size, curve, ident, "ssh-keygen -y")
    # pyca writes the same container with its own padding and cost.
    key = ed25519.Ed25519PrivateKey.generate()
    row(write(d / "pyca_ed25519", private_pem(key, ser.PrivateFormat.OpenSSH)), "openssh", "private-key", "plaintext", "ed25519", "-", "-", kid(key), "pyca/cryptography")


def gpg_keys(home, email):
    """(is_primary, grip, algorithm, bits, curve, key_id) of each key, out of gpg's own listing."""
    out = run("gpg", "--homedir", home, "--batch", "--with-colons", "--with-key-data", "--with-keygrip", "--list-keys", email).decode()
    found = []
    for line in out.splitlines():
        field = line.split(":")
        if field[0] in ("pub", "sub"):
            found.append({"primary": field[0] == "pub", "algo": int(field[3]), "bits": field[2], "curve": field[16], "pkd": {}})
        elif field[0] == "grp":
            found[-1].setdefault("grip", field[9])
        elif field[0] == "pkd":
            found[-1]["pkd"][int(field[1])] = bytes.fromhex(field[3])
    for key in found:
        pkd, algo = key["pkd"], key["algo"]
        if algo == 1:
            public = rsa.RSAPublicNumbers(number(pkd[1]), number(pkd[0])).public_key()
            told = "rsa", key["bits"], "-", kid(public)
        elif algo == 17:
            p, q, g, y = (number(pkd[i]) for i in range(4))
            told = "dsa", key["bits"], "-", kid(dsa.DSAPublicNumbers(y, dsa.DSAParameterNumbers(p, q, g)).public_key())
        elif algo == 16:
            told = "elgamal", key["bits"], "-", "-"
        elif key["curve"] == "ed25519":
            told = "ed25519", "-", "-", ed25519_kid(pkd[1][-32:])
        elif key["curve"] == "cv25519":
            told = "x25519", "-", "-", x25519_kid(pkd[1][-32:])
        elif key["curve"] == "nistp256":
            told = "ec", 256, "P-256", kid(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), pkd[1][-65:]))
        else:
            sys.exit(f"unexpected key {key}")
        yield key["primary"], key["grip"], *told


def cmd_gpg_rows(home, email, path, klass, label, note, skip=""):
    for primary, _, *told in gpg_keys(home, email):
        if not (skip and primary):
            row(path, "openpgp", klass, label, *told, note + (", primary key" if primary else ", subkey"))


def cmd_agent_rows(home, email, directory, label, note):
    for _, grip, *told in gpg_keys(home, email):
        row(f"{directory}/{grip}.key", "gpg-agent", "private-key", label, *told, note)


def s_expression(text, at=0):
    """(lists of byte strings, where it ends) of an S-expression in the advanced form of gpg-agent."""
    out = []
    while True:
        if text[at].isspace():
            at += 1
        elif text[at] == "(":
            inner, at = s_expression(text, at + 1)
            out.append(inner)
        elif text[at] == ")":
            return out, at + 1
        elif text[at] == "#":
            end = text.index("#", at + 1)
            out.append(bytes.fromhex("".join(text[at + 1 : end].split())))
            at = end + 1
        elif text[at] == '"':
            end = text.index('"', at + 1)
            out.append(text[at + 1 : end].encode())
            at = end + 1
        else:
            word = re.match(r"[^\s()#\"]+", text[at:])[0]
            out.append(word.encode())
            at += len(word)


def canonical(node):
    if isinstance(node, bytes):
        return b"%d:%s" % (len(node), node)
    return b"(" + b"".join(map(canonical, node)) + b")"


def cmd_agent_canonical(source, target):
    """The form that gpg-agent wrote up to 2.2 by default, out of the extended form."""
    text = Path(source).read_text()
    text = text[text.index("Key:") + 4 :]
    write(target, canonical(s_expression(text, text.index("(") + 1)[0]))


def cmd_openpgp():
    d = KEYS / "openpgp"
    for line in (SCRATCH / "v6.tsv").read_text().splitlines():
        name, label, version, algorithm, raw = line.split("\t")
        assert version == "6", line
        raw = bytes.fromhex(raw)
        ident = {"ed25519": ed25519_kid, "x25519": x25519_kid}[algorithm](raw)
        password = f"password {STRONG}; " if label == "encrypted" else ""
        for form in "asc", "pgp":
            row(d / f"{name}.secret.{form}", "openpgp", "private-key", label, algorithm, "-", "-", ident, password + "OpenPGP.js 6, version 6 key (RFC 9580)")
        row(d / f"{name}.public.asc", "openpgp", "public-key", "public", algorithm, "-", "-", ident, "OpenPGP.js 6, version 6 key (RFC 9580)")


def jwk_of(key, private=True, **extra):
    if isinstance(key, rsa.RSAPrivateKey):
        n = key.private_numbers()
        out = {"kty": "RSA", **extra, "n": b64u(to_bytes(n.public_numbers.n)), "e": b64u(to_bytes(n.public_numbers.e))}
        if private:
            out |= {k: b64u(to_bytes(v)) for k, v in (("d", n.d), ("p", n.p), ("q", n.q), ("dp", n.dmp1), ("dq", n.dmq1), ("qi", n.iqmp))}
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        n, size = key.private_numbers(), (key.key_size + 7) // 8
        name = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}.get(key.curve.name, key.curve.name)
        out = {"kty": "EC", **extra, "crv": name, "x": b64u(to_bytes(n.public_numbers.x, size)), "y": b64u(to_bytes(n.public_numbers.y, size))}
        if private:
            out["d"] = b64u(to_bytes(n.private_value, size))
    else:
        name = type(key).__name__.replace("PrivateKey", "").lstrip("_").capitalize()
        raw = ser.Encoding.Raw
        out = {"kty": "OKP", **extra, "crv": name, "x": b64u(key.public_key().public_bytes(raw, ser.PublicFormat.Raw))}
        if private:
            out["d"] = b64u(key.private_bytes(raw, ser.PrivateFormat.Raw, ser.NoEncryption()))
    return out


def cmd_jwk():
    d = KEYS / "jwk"
    r, p, q, e, x = new_rsa(), ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP521R1()), ed25519.Ed25519PrivateKey.generate(), x25519.X25519PrivateKey.generate()
    k = ec.generate_private_key(ec.SECP256K1())
    told = {"rsa": (r, "rsa", 2048, "-"), "ec-p256": (p, "ec", 256, "P-256"), "ec-p521": (q, "ec", 521, "P-521"), "ec-secp256k1": (k, "ec", 256, "secp256k1"),
            "okp-ed25519": (e, "ed25519", "-", "-"), "okp-x25519": (x, "x25519", "-", "-")}
    for name, (key, *facts) in told.items():
        text = json.dumps(jwk_of(key, kid=f"test-{name}"), indent=2) + "\n"
        row(write(d / f"{name}.json", text), "jwk", "private-key", "plaintext", *facts, kid(key), "pyca/cryptography")
        text = json.dumps(jwk_of(key, False, kid=f"test-{name}", use="sig"), indent=2) + "\n"
        row(write(d / f"{name}.public.json", text), "jwk", "public-key", "public", *facts, kid(key), "pyca/cryptography")
    n = r.private_numbers()
    least = {"kty": "RSA", "n": b64u(to_bytes(n.public_numbers.n)), "e": "AQAB", "d": b64u(to_bytes(n.d))}
    row(write(d / "rsa-n-e-d.json", json.dumps(least)), "jwk", "private-key", "plaintext", "rsa", 2048, "-", kid(r), "no primes (RFC 7518 6.3.2 allows it), on one line")
    oct_hmac = {"kty": "oct", "alg": "HS256", "kid": "session", "k": b64u(secrets.token_bytes(32))}
    row(write(d / "oct-hs256.json", json.dumps(oct_hmac, indent=2)), "jwk", "secret-key", "plaintext", "hmac", 256, "-", "-", "random bytes")
    oct_aes = {"kty": "oct", "alg": "A256GCM", "use": "enc", "k": b64u(secrets.token_bytes(32))}
    row(write(d / "oct-a256gcm.json", json.dumps(oct_aes, indent=2)), "jwk", "secret-key", "plaintext", "aes", 256, "-", "-", "random bytes")
    row(write(d / "oct-bare.json", json.dumps({"k": b64u(secrets.token_bytes(16)), "kty": "oct"})), "jwk", "secret-key", "plaintext", "secret", 128, "-", "-", "random bytes, no alg")
    jwks = {"keys": [jwk_of(r, kid="2024-01", use="sig"), jwk_of(p, kid="2025-01", use="sig"), jwk_of(e, False, kid="2023-01"), oct_hmac]}
    path = write(d / "jwks.json", json.dumps(jwks, indent=2) + "\n")
    row(path, "jwk", "private-key", "plaintext", "rsa", 2048, "-", kid(r), "in a set")
    row(path, "jwk", "private-key", "plaintext", "ec", 256, "P-256", kid(p), "in a set")
    row(path, "jwk", "public-key", "public", "ed25519", "-", "-", kid(e), "in a set")
    row(path, "jwk", "secret-key", "plaintext", "hmac", 256, "-", "-", "in a set")
    path = write(d / "jwks.public.json", json.dumps({"keys": [jwk_of(r, False, kid="2024-01"), jwk_of(p, False, kid="2025-01")]}, separators=(",", ":")))
    row(path, "jwk", "public-key", "public", "rsa", 2048, "-", kid(r), "in a set, minified")
    row(path, "jwk", "public-key", "public", "ec", 256, "P-256", kid(p), "in a set, minified")
    fields = jwk_of(p)
    js = "// signing key of the test suite\nconst { importJWK } = require('jose');\n\nexport const signingKey = {\n" + "".join(f"  {k}: '{v}',\n" for k, v in fields.items()) + "};\n"
    row(write(d / "signing-key.js", js), "jwk", "private-key", "plaintext", "ec", 256, "P-256", kid(p), "in JavaScript: bare names, single quotes, trailing comma")
    yaml = "auth:\n  issuer: https://login.keylint.test\n  signing_key:\n" + "".join(f"    {k}: {v}\n" for k, v in jwk_of(e).items()) + "  lifetime: 3600\n"
    row(write(d / "config.yaml", yaml), "jwk", "private-key", "plaintext", "ed25519", "-", "-", kid(e), "in YAML")
    escaped = "SIGNING_JWK=" + json.dumps(json.dumps(jwk_of(p))) + "\n"
    row(write(d / "escaped.env", escaped), "jwk", "private-key", "plaintext", "ec", 256, "P-256", kid(p), "JSON inside a JSON string")
    encoded = "SIGNING_JWK_B64=" + base64.b64encode(json.dumps(jwk_of(p)).encode()).decode() + "\n"
    row(write(d / "base64.env", encoded), "jwk", "private-key", "plaintext", "ec", 256, "P-256", kid(p), "JSON in base64")


def self_signed(key, name):
    path = SCRATCH / "self-signed.pem"
    path.write_text(private_pem(key))
    return run("openssl", "req", "-x509", "-key", path, "-subj", f"/O=Keylint test keys/CN={name}", "-days", "3650", "-sha256").decode()


def b64(text):
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def indent(text, by):
    return "".join(by + line + "\n" for line in text.splitlines())


def cmd_config():
    d = KEYS / "config"
    key = new_rsa()
    account = {
        "type": "service_account", "project_id": "keylint-test", "private_key_id": secrets.token_hex(20), "private_key": private_pem(key),
        "client_email": "ci@keylint-test.example", "client_id": "104729104729104729104", "auth_uri": "https://accounts.example/o/oauth2/auth",
        "token_uri": "https://oauth2.example/token", "universe_domain": "example"}
    row(write(d / "service-account.json", json.dumps(account, indent=2) + "\n"), "pem", "private-key", "plaintext", "rsa", 2048, "-", kid(key), "PEM in a cloud service account file")

    key = ec.generate_private_key(ec.SECP384R1())
    ssh_public = key.public_key().public_bytes(ser.Encoding.OpenSSH, ser.PublicFormat.OpenSSH).decode()
    state = {"version": 4, "terraform_version": "1.9.5", "serial": 7, "lineage": str(uuid.uuid4()), "outputs": {}, "resources": [
        {"mode": "managed", "type": "tls_private_key", "name": "bastion", "provider": "provider[\"registry.example/hashicorp/tls\"]", "instances": [
            {"schema_version": 1, "attributes": {
                "algorithm": "ECDSA", "ecdsa_curve": "P384", "id": secrets.token_hex(20), "private_key_openssh": private_pem(key, ser.PrivateFormat.OpenSSH),
                "private_key_pem": private_pem(key, P1), "private_key_pem_pkcs8": private_pem(key), "public_key_openssh": ssh_public + "\n",
                "public_key_pem": public_pem(key), "rsa_bits": 2048}, "sensitive_attributes": []}]}], "check_results": None}
    path = write(d / "terraform.tfstate", json.dumps(state, indent=2) + "\n")
    told = "ec", 384, "P-384", kid(key)
    row(path, "openssh", "private-key", "plaintext", *told, "private_key_openssh")
    row(path, "pem", "private-key", "plaintext", *told, "private_key_pem (SEC 1)")
    row(path, "pem", "private-key", "plaintext", *told, "private_key_pem_pkcs8")
    row(path, "ssh-public", "public-key", "public", *told, "public_key_openssh")
    row(path, "pem", "public-key", "public", *told, "public_key_pem")

    key = new_rsa()
    text = f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: web-tls\n  namespace: shop\ntype: kubernetes.io/tls\ndata:\n  tls.crt: {b64(self_signed(key, 'shop.example'))}\n  tls.key: {b64(private_pem(key))}\n"
    path = write(d / "secret-tls.yaml", text)
    row(path, "pem", "private-key", "plaintext", "rsa", 2048, "-", kid(key), "base64 of PEM in a Kubernetes Secret")
    row(path, "pem", "certificate", "public", "rsa", 2048, "-", kid(key), "base64 of PEM in a Kubernetes Secret")
    text = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: web-tls}}\nstringData:\n  tls.key: |\n{indent(private_pem(key), '    ')}"
    row(write(d / "secret-stringdata.yaml", text), "pem", "private-key", "plaintext", "rsa", 2048, "-", kid(key), "PEM as a YAML block")

    key = ec.generate_private_key(ec.SECP256R1())
    line = private_pem(key, P1).replace("\n", "\\n")
    text = f"# local settings\nPORT=8080\nJWT_ALG=ES256\nJWT_PRIVATE_KEY=\"{line}\"\nLOG_LEVEL=debug\n"
    row(write(d / "app.env", text), "pem", "private-key", "plaintext", "ec", 256, "P-256", kid(key), "PEM with \\n in an environment file")

    key = ed25519.Ed25519PrivateKey.generate()
    text = f"services:\n  signer:\n    image: signer:1.4\n    environment:\n      SIGNING_KEY: |\n{indent(private_pem(key), '        ')}      SIGNING_KID: test\n    ports:\n      - \"8443:8443\"\n"
    row(write(d / "docker-compose.yml", text), "pem", "private-key", "plaintext", "ed25519", "-", "-", kid(key), "PEM as a YAML block")

    key, ca = new_rsa(), new_rsa()
    text = ("apiVersion: v1\nkind: Config\nclusters:\n- name: test\n  cluster:\n    server: https://10.0.0.1:6443\n"
            f"    certificate-authority-data: {b64(self_signed(ca, 'cluster-ca'))}\nusers:\n- name: admin\n  user:\n"
            f"    client-certificate-data: {b64(self_signed(key, 'admin'))}\n    client-key-data: {b64(private_pem(key, P1))}\n"
            "contexts:\n- name: test\n  context: {cluster: test, user: admin}\ncurrent-context: test\n")
    path = write(d / "kubeconfig", text)
    row(path, "pem", "private-key", "plaintext", "rsa", 2048, "-", kid(key), "base64 of PEM in a kubeconfig")
    row(path, "pem", "certificate", "public", "rsa", 2048, "-", kid(key), "base64 of PEM in a kubeconfig")
    row(path, "pem", "certificate", "public", "rsa", 2048, "-", kid(ca), "base64 of PEM in a kubeconfig")

    key = new_rsa()
    text = ("client\nremote vpn.keylint.test 1194 udp\n<cert>\n" + self_signed(key, "client") + "</cert>\n<key>\n" + private_pem(key) + "</key>\n")
    path = write(d / "inline.ovpn", text)
    row(path, "pem", "private-key", "plaintext", "rsa", 2048, "-", kid(key), "in an OpenVPN profile")
    row(path, "pem", "certificate", "public", "rsa", 2048, "-", kid(key), "in an OpenVPN profile")

    text = f"INSERT INTO tenants (id, name, saml_key) VALUES (7, 'acme', E'{line}');\n".replace(line, private_pem(key, P1).replace("\n", "\\n"))
    row(write(d / "seed.sql", text), "pem", "private-key", "plaintext", "rsa", 2048, "-", kid(key), "PEM with \\n in an SQL string")


def cmd_age():
    d = KEYS / "age"
    # Serial number, slot and tag of a token, as the YubiKey plugin writes them.
    token = secrets.token_bytes(4) + b"\x82" + secrets.token_bytes(4)
    line = bech32("age-plugin-yubikey-", token).upper()
    recipient = bech32("age1yubikey", b"\x02" + secrets.token_bytes(32))
    text = f"#       Serial: 12345678, Slot: 1\n#         Name: keylint test\n#    Recipient: {recipient}\n{line}\n"
    row(write(d / "plugin-identity.txt", text), "age", "private-key", "wrapped", "-", "-", "-", "-", "points at a hardware token; Bech32 of the plugin specification")


def zone_words(path):
    line = next(line for line in Path(path).read_text().splitlines() if not line.startswith(";"))
    words = line.split()
    at = words.index("DNSKEY")
    return int(words[at + 3]), base64.b64decode("".join(words[at + 4 :]))


def cmd_dnssec():
    names = {8: "RSASHA256", 13: "ECDSAP256SHA256", 14: "ECDSAP384SHA384", 15: "ED25519", 16: "ED448"}
    for path in sorted((KEYS / "dnssec").glob("K*.key")):
        algorithm, data = zone_words(path)
        if algorithm == 8:
            size = data[0]
            told = "rsa", 2048, "-", kid(rsa.RSAPublicNumbers(number(data[1 : 1 + size]), number(data[1 + size :])).public_key())
        elif algorithm in (13, 14):
            curve = ec.SECP256R1() if algorithm == 13 else ec.SECP384R1()
            told = "ec", curve.key_size, {13: "P-256", 14: "P-384"}[algorithm], kid(ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + data))
        elif algorithm == 15:
            told = "ed25519", "-", "-", ed25519_kid(data)
        else:
            told = "ed448", "-", "-", kid(ed448.Ed448PublicKey.from_public_bytes(data))
        note = f"dnssec-keygen -a {names[algorithm]}"
        row(path, "dnssec", "public-key", "public", *told, note)
        row(path.with_suffix(".private"), "dnssec", "private-key", "plaintext", *told, note)


def cmd_tsig():
    text = f"key:\n  - id: transfer.keylint.test\n    algorithm: hmac-sha256\n    secret: {b64(secrets.token_bytes(32))}\n\nacl:\n  - id: secondary\n    key: transfer.keylint.test\n    action: transfer\n"
    row(write(KEYS / "tsig/knot.conf", text), "tsig", "secret-key", "plaintext", "hmac", 256, "-", "-", "random bytes, as Knot DNS writes it")
    text = f"key \"transfer\" {{ algorithm hmac-sha256; secret \"{b64(secrets.token_bytes(32))}\"; }};\n"
    row(write(KEYS / "tsig/one-line.conf", text), "tsig", "secret-key", "plaintext", "hmac", 256, "-", "-", "random bytes, all on one line")


def cmd_tink():
    import io

    import tink
    from tink import aead, cleartext_keyset_handle, hybrid, json_proto_keyset_format, mac, proto_keyset_format, secret_key_access, signature
    from tink.proto import ecdsa_pb2, ed25519_pb2, tink_pb2

    for module in aead, mac, signature, hybrid:
        module.register()
    d = KEYS / "tink"

    def text_of(handle):
        return json.dumps(json.loads(json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN)), indent=2) + "\n"

    def value_of(handle):
        keyset = tink_pb2.Keyset.FromString(proto_keyset_format.serialize(handle, secret_key_access.TOKEN))
        return keyset.key[0].key_data.value

    gcm = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    row(write(d / "aes256-gcm.json", text_of(gcm)), "tink", "secret-key", "plaintext", "aes", 256, "-", "-", "tink, cleartext JSON keyset")
    row(write(d / "aes256-gcm.bin", proto_keyset_format.serialize(gcm, secret_key_access.TOKEN)), "tink", "secret-key", "plaintext", "aes", 256, "-", "-", "tink, cleartext binary keyset")
    handle = tink.new_keyset_handle(aead.aead_key_templates.AES128_GCM)
    row(write(d / "aes128-gcm.json", text_of(handle)), "tink", "secret-key", "plaintext", "aes", 128, "-", "-", "tink, cleartext JSON keyset")
    handle = tink.new_keyset_handle(mac.mac_key_templates.HMAC_SHA256_128BITTAG)
    row(write(d / "hmac-sha256.json", text_of(handle)), "tink", "secret-key", "plaintext", "hmac", 256, "-", "-", "tink, cleartext JSON keyset")
    handle = tink.new_keyset_handle(signature.signature_key_templates.ECDSA_P256)
    key = ecdsa_pb2.EcdsaPrivateKey.FromString(value_of(handle))
    public = ec.EllipticCurvePublicNumbers(number(key.public_key.x), number(key.public_key.y), ec.SECP256R1()).public_key()
    told = "ec", 256, "P-256", kid(public)
    row(write(d / "ecdsa-p256.json", text_of(handle)), "tink", "private-key", "plaintext", *told, "tink, cleartext JSON keyset")
    row(write(d / "ecdsa-p256.bin", proto_keyset_format.serialize(handle, secret_key_access.TOKEN)), "tink", "private-key", "plaintext", *told, "tink, cleartext binary keyset")
    row(write(d / "ecdsa-p256.public.json", text_of(handle.public_keyset_handle())), "tink", "public-key", "public", *told, "tink, public keyset")
    handle = tink.new_keyset_handle(signature.signature_key_templates.ED25519)
    key = ed25519_pb2.Ed25519PrivateKey.FromString(value_of(handle))
    row(write(d / "ed25519.json", text_of(handle)), "tink", "private-key", "plaintext", "ed25519", "-", "-", ed25519_kid(key.public_key.key_value), "tink, cleartext JSON keyset")
    master = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM).primitive(aead.Aead)
    sealed = json.dumps(json.loads(json_proto_keyset_format.serialize_encrypted(gcm, master, b"")), indent=2) + "\n"
    row(write(d / "encrypted.json", sealed), "tink", "key-store", "wrapped", "-", "-", "-", "-", "tink, keyset under another key that is not here")
    row(write(d / "encrypted.bin", proto_keyset_format.serialize_encrypted(gcm, master, b"")), note="tink, binary keyset under another key: a message, nothing names it")


def capi_alg(blob, alg):
    return blob[:4] + struct.pack("<I", alg) + blob[8:]


def dotnet_xml(key, private=True):
    n = key.private_numbers()
    size = key.key_size // 8
    fields = [("Modulus", n.public_numbers.n, size), ("Exponent", n.public_numbers.e, None)]
    if private:
        half = size // 2
        fields += [("P", n.p, half), ("Q", n.q, half), ("DP", n.dmp1, half), ("DQ", n.dmq1, half), ("InverseQ", n.iqmp, half), ("D", n.d, size)]
    return "<RSAKeyValue>" + "".join(f"<{name}>{b64(to_bytes(value, size))}</{name}>" for name, value, size in fields) + "</RSAKeyValue>"


def cmd_microsoft():
    d = KEYS / "microsoft"
    key = ser.load_pem_private_key((SCRATCH / "ms.pem").read_bytes(), None)
    n, told = key.private_numbers(), ("rsa", 2048, "-", kid(key))
    private = capi_alg((d / "rsa-capi.privateblob").read_bytes(), 0x2400)
    public = capi_alg((d / "rsa-capi.publicblob").read_bytes(), 0x2400)
    row(write(d / "strong-name.snk", private), "capi", "private-key", "plaintext", *told, "strong name key pair: openssl's blob with CALG_RSA_SIGN")
    row(write(d / "strong-name-public.snk", struct.pack("<III", 0x2400, 0x8004, len(public)) + public), "capi", "public-key", "public", *told, "strong name public key")

    e, mod = to_bytes(n.public_numbers.e), to_bytes(n.public_numbers.n, 256)
    head = lambda magic, prime: magic + struct.pack("<IIIII", 2048, len(e), len(mod), prime, prime) + e + mod
    half = lambda value: to_bytes(value, 128)
    row(write(d / "rsa-cng.publicblob", head(b"RSA1", 0)), "cng", "public-key", "public", *told, "BCRYPT_RSAPUBLIC_BLOB")
    row(write(d / "rsa-cng.privateblob", head(b"RSA2", 128) + half(n.p) + half(n.q)), "cng", "private-key", "plaintext", *told, "BCRYPT_RSAPRIVATE_BLOB")
    full = head(b"RSA3", 128) + half(n.p) + half(n.q) + half(n.dmp1) + half(n.dmq1) + half(n.iqmp) + to_bytes(n.d, 256)
    row(write(d / "rsa-cng.fullprivateblob", full), "cng", "private-key", "plaintext", *told, "BCRYPT_RSAFULLPRIVATE_BLOB")
    for curve, name, magic in (ec.SECP256R1(), "P-256", b"ECS2"), (ec.SECP384R1(), "P-384", b"ECS4"), (ec.SECP521R1(), "P-521", b"ECS6"), (ec.SECP256R1(), "P-256", b"ECK2"):
        k = ec.generate_private_key(curve)
        m, size = k.private_numbers(), (curve.key_size + 7) // 8
        x, y, s = (to_bytes(v, size) for v in (m.public_numbers.x, m.public_numbers.y, m.private_value))
        stem = f"{'ecdh' if magic[2:3] == b'K' else 'ecdsa'}-{name.lower()}-cng"
        mine = "ec", curve.key_size, name, kid(k)
        row(write(d / f"{stem}.privateblob", magic + struct.pack("<I", size) + x + y + s), "cng", "private-key", "plaintext", *mine, f"BCRYPT_ECCPRIVATE_BLOB, {magic.decode()}")
        magic = magic[:3] + bytes([magic[3] - 1])
        row(write(d / f"{stem}.publicblob", magic + struct.pack("<I", size) + x + y), "cng", "public-key", "public", *mine, f"BCRYPT_ECCPUBLIC_BLOB, {magic.decode()}")

    row(write(d / "key.xml", dotnet_xml(key)), "dotnet-xml", "private-key", "plaintext", *told, "RSA.ToXmlString(true)")
    pretty = dotnet_xml(key).replace("><", ">\n  <").replace("\n  </RSA", "\n</RSA")
    row(write(d / "key-pretty.xml", f'<?xml version="1.0"?>\n{pretty}\n'), "dotnet-xml", "private-key", "plaintext", *told, "RSA.ToXmlString(true), on several lines")
    row(write(d / "key-public.xml", dotnet_xml(key, False)), "dotnet-xml", "public-key", "public", *told, "RSA.ToXmlString(false)")
    row(write(d / "License.cs", f'static class License\n{{\n    const string Key = "{dotnet_xml(key)}";\n}}\n'), "dotnet-xml", "private-key", "plaintext", *told, "inside a C# string")
    row(write(d / "rsa-capi.base64.txt", "blob: " + b64((d / "rsa-capi.privateblob").read_bytes()) + "\n"), "capi", "private-key", "plaintext", *told, "base64 of the blob")


def cmd_ethereum():
    from eth_keyfile import create_keyfile_json

    d = KEYS / "ethereum"
    for kdf, iterations in ("scrypt", 262144), ("pbkdf2", 262144):
        secret = to_bytes(ec.generate_private_key(ec.SECP256K1()).private_numbers().private_value, 32)
        keyfile = create_keyfile_json(secret, STRONG.encode(), kdf=kdf, iterations=iterations)
        name = f"UTC--2025-03-01T09-12-44.000000000Z--{keyfile['address']}" if kdf == "scrypt" else "wallet-pbkdf2.json"
        row(write(d / name, json.dumps(keyfile)), "ethereum", "private-key", "encrypted", "ec", 256, "secp256k1", "-", f"password {STRONG}; eth-keyfile, {kdf}")


# Encodings.


def quoted(lines, before, after, last, head="", tail="", escape="\\n"):
    """Concatenated string literals, one a line."""
    out = [f"{before}{line}{escape}{after if i + 1 < len(lines) else last}" for i, line in enumerate(lines)]
    return head + "\n".join(out) + tail + "\n"


def encodings(name, key_pem):
    """(suffix, bytes or text, what it is, format)"""
    lines = key_pem.splitlines()
    body = "".join(lines[1:-1])
    der = base64.b64decode(body)
    begin, end = lines[0], lines[-1]
    esc = key_pem.replace("\n", "\\n")
    rng = random.SystemRandom()

    def each(prefix):
        return "".join(f"{prefix}{line}\n" for line in lines)

    yield "plain.pem", key_pem, "as it is"
    yield "indented.txt", indent(key_pem, "        "), "indented by blanks"
    yield "indented-tab.txt", indent(key_pem, "\t\t"), "indented by tabs"
    yield "triple-quotes.py", f'KEY = """{key_pem}"""\n', "Python triple quotes"
    yield "triple-quotes-indented.py", f'def key():\n    return """\n{indent(key_pem, "        ")}    """\n', "Python triple quotes, indented"
    yield "crlf.pem", key_pem.replace("\n", "\r\n"), "CR LF"
    yield "cr.pem", key_pem.replace("\n", "\r"), "CR alone"
    yield "trailing-blanks.pem", "".join(line + "  \n" for line in lines), "blanks at the ends of lines"
    yield "blank-lines.pem", "".join(line + "\n\n" for line in lines), "an empty line after each line"
    yield "escaped.json", json.dumps({"kid": "a", "key": key_pem, "alg": "x"}, indent=2) + "\n", "\\n in JSON"
    yield "escaped-crlf.json", json.dumps({"key": key_pem.replace("\n", "\r\n")}) + "\n", "\\r\\n in JSON"
    yield "double-escaped.json", json.dumps({"env": json.dumps({"key": key_pem})}) + "\n", "JSON in a JSON string: \\\\n"
    yield "one-line-blanks.txt", "key: " + " ".join(lines) + "\n", "blanks in place of line ends"
    yield "slashes.js", each("// "), "behind //"
    yield "hashes.sh", each("# "), "behind #"
    yield "javadoc.java", "/**\n" + each(" * ") + " */\nclass A {}\n", "behind *"
    yield "dashes.sql", each("-- "), "behind --"
    yield "semicolons.ini", each("; "), "behind ;"
    yield "mail.txt", "On Monday Ann wrote:\n" + each("> "), "behind >"
    diff = f"diff --git a/key.pem b/key.pem\nindex 0000000..1111111 100644\n--- a/key.pem\n+++ b/key.pem\n@@ -0,0 +1,{len(lines)} @@\n"
    yield "added.diff", diff + each("+"), "diff, added"
    yield "removed.diff", diff.replace(f"-0,0 +1,{len(lines)}", f"-1,{len(lines)} +0,0") + each("-"), "diff, removed"
    yield "log.txt", "".join(f"2025-11-03T10:15:{i:02}.417Z DEBUG [loader] {line}\n" for i, line in enumerate(lines)), "a time stamp and a level on each line"
    yield "log-brackets.txt", "".join(f"[2025-11-03 10:15:{i:02},417] INFO worker-7 {line}\n" for i, line in enumerate(lines)), "another log prefix"
    yield "syslog.txt", "".join(f"Nov  3 10:15:{i:02} web01 app[2214]: {line}\n" for i, line in enumerate(lines)), "a syslog prefix"
    yield "compose-log.txt", each("signer-1  | "), "a container's name on each line"
    yield "numbered.txt", "".join(f"{i:4}  {line}\n" for i, line in enumerate(lines, 1)), "line numbers"
    yield "Concat.java", quoted(lines, '        "', '" +', '";', 'class Concat {\n    static final String KEY =\n', "\n}"), "Java, + at the ends"
    yield "ConcatLeading.java", quoted(lines, '        + "', '"', '";', 'class ConcatLeading {\n    static final String KEY = ""\n', "\n}"), "Java, + in front"
    yield "ConcatBare.java", quoted(lines[1:-1], '        "', '" +', '";', f'class ConcatBare {{\n    static final String KEY = "{begin}\\n" +\n', "\n}", "").replace('";\n}', f'" +\n        "\\n{end}";\n}}'), "Java, no \\n inside the body"
    yield "TextBlock.java", 'class TextBlock {\n    static final String KEY = """\n' + indent(key_pem, "        ") + '        """;\n}\n', "Java text block"
    yield "concat.js", quoted(lines, "  '", "' +", "';", "const key =\n"), "JavaScript, single quotes"
    yield "array.js", "const key = [\n" + "".join(f"  '{line}',\n" for line in lines) + "].join('\\n');\n", "JavaScript, an array that is joined"
    yield "template.ts", f"export const key = `{key_pem}`;\n", "TypeScript template literal"
    yield "implicit.py", quoted(lines, '    "', '"', '"', "KEY = (\n", "\n)"), "Python, implicit concatenation"
    yield "bytes.py", quoted(lines, '    b"', '"', '"', "KEY = (\n", "\n)"), "Python, bytes"
    yield "concat.go", quoted(lines, '\t"', '" +', '"', "package key\n\nconst Key = \"\" +\n"), "Go"
    yield "raw.go", f"package key\n\nvar Key = []byte(`{key_pem}`)\n", "Go raw string"
    yield "adjacent.c", quoted(lines, '    "', '"', '";', "static const char key[] =\n"), "C, adjacent strings"
    yield "adjacent-crlf.h", quoted(lines, '"', '" \\', '"', "#define KEY \\\n", escape="\\r\\n"), "C macro, continued lines, \\r\\n"
    yield "Verbatim.cs", f'class Verbatim {{ const string Key = @"{key_pem}"; }}\n', "C# verbatim string"
    yield "concat.php", quoted(lines, "    . '", "'", "';", "<?php\n$key = ''\n", escape=""), "PHP, . in front, line ends left out"
    yield "heredoc.sh", f"cat >key.pem <<'EOF'\n{key_pem}EOF\n", "shell here-document"
    yield "echo.sh", f'echo -e "{esc}" > key.pem\n', "shell, \\n in echo -e"
    yield "dockerfile.txt", f'FROM scratch\nENV KEY="{esc}"\n', "Dockerfile ENV"
    yield "heredoc.tf", f"resource \"x\" \"y\" {{\n  key = <<-EOT\n{indent(key_pem, '    ')}  EOT\n}}\n", "Terraform here-document"
    yield "properties.properties", "app.key=" + "\\\n    ".join(line + "\\n" for line in lines) + "\n", "Java properties, continued lines"
    yield "entities.html", "<pre>" + key_pem.replace("-", "&#45;").replace("\n", "&#10;") + "</pre>\n", "decimal entities"
    yield "entities-hex.xml", '<key value="' + key_pem.replace("\n", "&#xA;").replace("+", "&#x2B;") + '"/>\n', "hexadecimal entities in an attribute"
    yield "br.html", "<p>" + "<br>\n".join(lines) + "</p>\n", "<br> at the ends of lines"
    yield "unicode-escapes.json", '{"key": "' + key_pem.replace("-", "\\u002d").replace("\n", "\\u000a").replace("+", "\\u002b").replace("/", "\\/") + '"}\n', "\\u002d and \\u000a"
    yield "hex-escapes.py", "KEY = '" + key_pem.replace("-", "\\x2d").replace("\n", "\\x0a") + "'\n", "\\x2d and \\x0a"
    yield "percent.txt", f"https://api.keylint.test/import?name=web&key={quote(key_pem, safe='')}&format=pem\n", "percent-encoded in an address"
    yield "form.txt", f"name=web&key={quote(key_pem, safe=' ').replace(' ', '+')}\n", "a form: blanks as +"
    yield "cdata.xml", f"<?xml version=\"1.0\"?>\n<config>\n  <key><![CDATA[{key_pem}]]></key>\n</config>\n", "CDATA"
    yield "block.yaml", f"tls:\n  key: |\n{indent(key_pem, '    ')}  port: 443\n", "YAML block"
    yield "folded.yaml", f'tls:\n  key: "{esc}"\n  port: 443\n', "YAML double quotes"
    yield "list.yaml", "write_files:\n  - path: /etc/key.pem\n    content: |-\n" + indent(key_pem, "      ") + "    mode: '0600'\n", "YAML block with strip"
    yield "toml.toml", f"[tls]\nkey = '''\n{key_pem}'''\n", "TOML literal string"
    for width in 1_000_000, 20, 76, 200:
        wrapped = "\n".join(body[i : i + width] for i in range(0, len(body), width))
        yield f"width-{'body-on-one-line' if width > 10000 else width}.pem", f"{begin}\n{wrapped}\n{end}\n", "body in lines of another width"
    yield "no-line-ends.txt", f"key={begin}{body}{end}\n", "no line end at all"
    yield "many.pem", "some text before\n" + key_pem + "some text after\n" + "x" * 300 + "\n", "amid other text"
    whole = key_pem.encode()
    for phase in range(3):
        coded = base64.b64encode(b"#" * phase + whole).decode()
        yield f"base64-phase-{phase}.txt", f"data: {coded}\n", f"base64 of {phase} bytes and the PEM"
        yield f"base64-phase-{phase}-wrapped.txt", "\n".join(coded[i : i + 76] for i in range(0, len(coded), 76)) + "\n", f"base64 of {phase} bytes and the PEM, wrapped at 76"
    yield "base64-url.txt", f"data={base64.urlsafe_b64encode(whole).decode().rstrip('=')}\n", "base64url of the PEM, no padding"
    yield "base64-wrapped.yaml", "data:\n  key: |\n" + indent("\n".join(b64(whole)[i : i + 64] for i in range(0, len(b64(whole)), 64)), "    "), "base64 of the PEM as a YAML block"
    yield "base64-twice.txt", f"data: {b64(b64(whole))}\n", "base64 of base64 of the PEM"
    yield "gzip-base64.txt", f"data: {b64(gzip.compress(whole, mtime=0))}\n", "base64 of gzip of the PEM"
    yield "base64-json.json", json.dumps({"secrets": {"key": b64(whole)}}) + "\n", "base64 of the PEM in JSON"
    yield "base64-escaped-json.txt", f"data: {b64(json.dumps({'key': key_pem}))}\n", "base64 of JSON with \\n"
    yield "data-uri.html", f'<a href="data:application/x-pem-file;base64,{b64(whole)}">key</a>\n', "data: address"
    yield "quoted-printable.eml", "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nHier der Schl=C3=BCssel:\n\n" + key_pem.replace("=", "=3D"), "quoted-printable"
    yield "utf-8-bom.pem", b"\xef\xbb\xbf" + whole, "UTF-8 with byte order mark"
    yield "utf-16le-bom.pem", b"\xff\xfe" + key_pem.encode("utf-16-le"), "UTF-16LE with byte order mark"
    yield "utf-16be-bom.pem", b"\xfe\xff" + key_pem.encode("utf-16-be"), "UTF-16BE with byte order mark"
    yield "utf-16le.pem", key_pem.encode("utf-16-le"), "UTF-16LE without byte order mark"
    yield "utf-16be.pem", key_pem.encode("utf-16-be"), "UTF-16BE without byte order mark"
    yield "latin-1.txt", "Schlüssel für die Prüfung:\n".encode("latin-1") + whole + "Grüße, Jürgen\n".encode("latin-1"), "amid Latin-1 text"
    yield "amid.bin", rng.randbytes(777) + whole + rng.randbytes(333), "PEM amid random bytes"
    yield "der.der", der, "DER", "der"
    yield "der-odd-offset.bin", rng.randbytes(1237) + der + rng.randbytes(411), "DER amid random bytes", "der"
    yield "der-aligned-zeros.bin", bytes(4096) + der + bytes(512), "DER amid zeros", "der"
    yield "der-base64.properties", f"port = 8443\nkey = {body}\nname = web\n", "base64 of DER on one line, no armour", "der"
    yield "der-base64.json", json.dumps({"privateKey": body}) + "\n", "base64 of DER in JSON", "der"
    yield "der-base64-wrapped.txt", "\n".join(lines[1:-1]) + "\n", "base64 of DER in lines, no armour", "der"
    yield "der-base64url.txt", f"key={b64u(der)}\n", "base64url of DER", "der"


def cmd_encodings(name, source, ident):
    d = KEYS / "encodings"
    key_pem = Path(source).read_text()
    told = ("rsa", 2048) if name == "rsa" else ("ed25519", "-")
    for suffix, data, note, *format in encodings(name, key_pem):
        path = write(d / f"{name}-{suffix}", data)
        row(path, format[0] if format else "pem", "private-key", "plaintext", *told, "-", ident, note)


# Counter-examples.


def cmd_negatives(source, ident):
    import zlib

    d = KEYS / "negatives"
    key_pem = Path(source).read_text()
    key = ser.load_pem_private_key(key_pem.encode(), None)
    lines = key_pem.splitlines()
    hex_of, sha512 = secrets.token_hex, lambda: b64(secrets.token_bytes(64))

    def none(name, data, note):
        row(write(d / name, data), note=note)

    def labelled(name, data, label, note, algorithm="-"):
        row(write(d / name, data), "pem", "private-key", label, algorithm, note=note)

    none("parser.py", '''def kind(line):
    """The kind of key that starts on `line`."""
    if line.startswith("-----BEGIN RSA PRIVATE KEY-----"):
        return "pkcs1"
    if line.startswith("-----BEGIN PRIVATE KEY-----"):
        return "pkcs8"
    if line.startswith("-----BEGIN OPENSSH PRIVATE KEY-----"):
        return "openssh"
    if line in ("-----END RSA PRIVATE KEY-----", "-----END PRIVATE KEY-----"):
        return None
    raise ValueError(line)
''', "armour lines in a parser's source")
    none("parser.c", '''static const char *const BEGIN = "-----BEGIN RSA PRIVATE KEY-----\\n";
static const char *const END = "-----END RSA PRIVATE KEY-----\\n";

int is_key(const char *line) {
    return strncmp(line, BEGIN, sizeof "-----BEGIN RSA PRIVATE KEY-----" - 1) == 0;
}
''', "armour lines in a parser's source")
    none("parser.rs", '''const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
static KEY: &Regex = regex!(r"-----BEGIN ([A-Z ]+ )?PRIVATE KEY-----[\\s\\S]+?-----END ([A-Z ]+ )?PRIVATE KEY-----");
''', "armour lines in a parser's source")
    none("header-alone.txt", "the file must start with -----BEGIN PRIVATE KEY----- on a line of its own\n", "an armour line in prose")
    none("secret-rules.toml", '[[rules]]\nid = "private-key"\nregex = \'\'\'(?i)-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----[\\s\\S-]{64,}?KEY(?: BLOCK)?-----\'\'\'\nkeywords = ["-----begin"]\n', "a rule of another scanner")
    labelled("README.md", "# Setup\n\nPut your key into `config/key.pem`:\n\n```\n-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n```\n", "stub", "dots")
    labelled("README-cut.md", "```\n-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC...\n-----END PRIVATE KEY-----\n```\n", "stub", "a beginning and dots")
    labelled("secret.yaml.tpl", "apiVersion: v1\nkind: Secret\nstringData:\n  key.pem: |\n    -----BEGIN PRIVATE KEY-----\n    {{ .Values.key }}\n    -----END PRIVATE KEY-----\n", "stub", "a template")
    labelled("placeholder.env", 'KEY="-----BEGIN PRIVATE KEY-----\\nYOUR_KEY_HERE\\n-----END PRIVATE KEY-----\\n"\n', "stub", "a placeholder")
    labelled("angle.txt", "-----BEGIN EC PRIVATE KEY-----\n<insert key here>\n-----END EC PRIVATE KEY-----\n", "stub", "a placeholder")
    labelled("shell.sh", 'printf -- "-----BEGIN PRIVATE KEY-----\\n%s\\n-----END PRIVATE KEY-----\\n" "$KEY_BODY"\n', "stub", "a format string")
    labelled("all-a.pem", "-----BEGIN RSA PRIVATE KEY-----\n" + ("A" * 64 + "\n") * 25 + "-----END RSA PRIVATE KEY-----\n", "stub", "nothing but A")
    labelled("xxxx.pem", "-----BEGIN PRIVATE KEY-----\n" + ("x" * 64 + "\n") * 5 + "-----END PRIVATE KEY-----\n", "stub", "nothing but x")
    labelled("stars.pem", "-----BEGIN PRIVATE KEY-----\n" + ("*" * 64 + "\n") * 5 + "-----END PRIVATE KEY-----\n", "stub", "masked")
    labelled("redacted.json", json.dumps({"private_key": "-----BEGIN PRIVATE KEY-----\n[REDACTED]\n-----END PRIVATE KEY-----\n"}), "stub", "masked")
    labelled("empty.pem", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "stub", "no body")
    labelled("random-body.pem", pem("RSA PRIVATE KEY", b"\x8f" + secrets.token_bytes(1190)), "unparsed", "a body of random bytes")
    labelled("random-encrypted.pem", pem("ENCRYPTED PRIVATE KEY", b"\x8f" + secrets.token_bytes(1300)), "unparsed", "a body of random bytes")
    labelled("truncated.pem", "\n".join(lines[: len(lines) // 2]) + "\n", "truncated", "the first half, no END", "rsa")
    labelled("truncated-with-end.pem", "\n".join(lines[: len(lines) // 2] + lines[-1:]) + "\n", "truncated", "the first half, with END", "rsa")
    none("no-begin.pem", "\n".join(lines[len(lines) // 2 :]) + "\n", "the second half, no BEGIN")

    none("uuids.txt", "".join(f"{uuid.uuid4()}\n" for _ in range(40)), "UUIDs")
    none("SHA256SUMS", "".join(f"{hex_of(32)}  release-1.{i}.tar.gz\n" for i in range(30)), "digests")
    none("sums.base64", "".join(f"sha256-{b64(secrets.token_bytes(32))} file-{i}.js\n" for i in range(30)), "digests in base64")
    names = "accepts body-parser bytes call-bind cookie debug depd destroy ee-first encodeurl escape-html etag express finalhandler".split()
    packages = {f"node_modules/{n}": {"version": f"1.{i}.0", "resolved": f"https://packages.example/{n}/-/{n}-1.{i}.0.tgz", "integrity": f"sha512-{sha512()}", "license": "MIT"} for i, n in enumerate(names)}
    none("package-lock.json", json.dumps({"name": "app", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": packages}, indent=2) + "\n", "a lock file")
    none("yarn.lock", "# yarn lockfile v1\n\n" + "".join(f'{n}@^1.{i}.0:\n  version "1.{i}.0"\n  resolved "https://packages.example/{n}-1.{i}.0.tgz#{hex_of(20)}"\n  integrity sha512-{sha512()}\n\n' for i, n in enumerate(names)), "a lock file")
    none("Cargo.lock", "version = 4\n\n" + "\n".join(f'[[package]]\nname = "{n}"\nversion = "0.{i}.1"\nsource = "registry+https://index.example/crates"\nchecksum = "{hex_of(32)}"\n' for i, n in enumerate(names)), "a lock file")
    none("go.sum", "".join(f"example.com/{n} v1.{i}.0 h1:{b64(secrets.token_bytes(32))}\n" for i, n in enumerate(names)), "a lock file")
    rng = random.Random(5)
    words = "function return var this null typeof Object prototype length apply call exports module default".split()
    bundle = "!" + "".join(f"{rng.choice(words)}({rng.choice('etnrioa')},{rng.randint(0, 9999)}){rng.choice(['&&', '||', ';', ',', '?', ':'])}" for _ in range(700))
    none("bundle.min.js", bundle + f'\n//# sourceMappingURL=data:application/json;base64,{b64(json.dumps({"version": 3, "mappings": ";".join("AAAA,SAASA" for _ in range(300))}))}\n', "a minified bundle with an inline source map")
    scan = b"".join(b"\0" + bytes((x * y) & 255 for x in range(96)) for y in range(64))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 96, 64, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(scan)) + chunk(b"IEND", b"")
    none("logo.png", png, "an image")
    none("logo.html", f'<img src="data:image/png;base64,{b64(png)}">\n', "an image in base64")
    none("random.base64", "\n".join(b64(secrets.token_bytes(57)) for _ in range(60)) + "\n", "random base64")
    none("random.bin", secrets.token_bytes(16384), "random bytes")
    none("random.hex", secrets.token_hex(2048) + "\n", "random hexadecimal digits")
    # Starts like the base64 of a PKCS#8, and is none.
    none("mii.txt", "".join(f"token{i} = MII{b64(secrets.token_bytes(300))[3:]}\n" for i in range(10)), "base64 that starts with MII")
    none("jwt.txt", "Authorization: Bearer " + ".".join((b64u(b'{"alg":"RS256","typ":"JWT"}'), b64u(b'{"sub":"42","exp":1735689600}'), b64u(secrets.token_bytes(256)))) + "\n", "a signed token")
    none("vault.yml", "$ANSIBLE_VAULT;1.1;AES256\n" + "\n".join(secrets.token_hex(40) for _ in range(12)) + "\n", "an Ansible vault")
    none("sops.yaml", f"key: ENC[AES256_GCM,data:{b64(secrets.token_bytes(90))},iv:{b64(secrets.token_bytes(32))},tag:{b64(secrets.token_bytes(16))},type:str]\nsops:\n  version: 3.9.0\n  mac: ENC[AES256_GCM,data:{b64(secrets.token_bytes(60))},type:str]\n", "encrypted by SOPS")
    none("sealed-secret.yaml", f"apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {{name: web}}\nspec:\n  encryptedData:\n    tls.key: Ag{b64(secrets.token_bytes(900))[2:]}\n", "a sealed secret")

    e = ed25519.Ed25519PrivateKey.generate()
    ssh = lambda k: k.public_key().public_bytes(ser.Encoding.OpenSSH, ser.PublicFormat.OpenSSH).decode()
    path = write(d / "known_hosts", f"host1.example,10.1.2.3 {ssh(key)}\n[host2.example]:2222 {ssh(e)}\n")
    row(path, "ssh-public", "public-key", "public", "rsa", 2048, "-", ident, "host key")
    row(path, "ssh-public", "public-key", "public", "ed25519", "-", "-", kid(e), "host key")
    path = write(d / "id_rsa.pub", ssh(key) + " ann@keylint.test\n")
    row(path, "ssh-public", "public-key", "public", "rsa", 2048, "-", ident, "pyca/cryptography")
    path = write(d / "jwks.json", json.dumps({"keys": [jwk_of(key, False, kid="1", use="sig"), jwk_of(e, False, kid="2")]}, indent=2))
    row(path, "jwk", "public-key", "public", "rsa", 2048, "-", ident, "public set")
    row(path, "jwk", "public-key", "public", "ed25519", "-", "-", kid(e), "public set")
    x = x25519.X25519PrivateKey.generate()
    raw = x.public_key().public_bytes(ser.Encoding.Raw, ser.PublicFormat.Raw)
    row(write(d / "recipients.txt", bech32("age", raw) + "\n"), note="an age recipient")
    row(write(d / "peer.conf", f"[Peer]\nPublicKey = {b64(raw)}\nAllowedIPs = 0.0.0.0/0\n"), note="a WireGuard peer")
    row(write(d / "public.xml", dotnet_xml(key, False)), "dotnet-xml", "public-key", "public", "rsa", 2048, "-", ident, "public half")
    row(write(d / "template.conf", "[Interface]\nPrivateKey = <your private key>\nAddress = 10.0.0.2/32\n"), note="a WireGuard template")
    row(write(d / "jwk-stub.json", json.dumps({"kty": "RSA", "n": "...", "e": "AQAB", "d": "..."})), "jwk", "private-key", "stub", "rsa", note="a JWK of dots")
    row(write(d / "age-stub.md", "Set `SOPS_AGE_KEY=AGE-SECRET-KEY-1XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX`.\n"), "age", "private-key", "stub", "x25519", note="an age placeholder")
    none("keys.html", """<!doctype html>
<title>Generating keys</title>
<h1>Generating keys</h1>
<p>Run <code>openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out key.pem</code>. The
file starts with <code>-----BEGIN PRIVATE KEY-----</code>; keep it out of the repository.</p>
<pre>$ ssh-keygen -t ed25519 -f id_ed25519
Generating public/private ed25519 key pair.
Your identification has been saved in id_ed25519
The key fingerprint is:
SHA256:Xk3V8r1oZ0mB1Cq2y7bQhZr0m3F2dCw8m1uQp2l9uJ4 ann@example</pre>
<p>For WireGuard, <code>wg genkey | tee privatekey | wg pubkey &gt; publickey</code>; then set
<code>PrivateKey = &lt;contents of privatekey&gt;</code>.</p>
""", "a page about making keys")


# Keys spelled byte by byte.


def cmd_spelled(which):
    import make_spelled

    make_spelled.make(sys.modules[__name__], which)


def cmd_escaped(which):
    import make_escaped

    make_escaped.make(sys.modules[__name__], which)


# The made-up repository.


def cmd_demo():
    import make_demo

    make_demo.make(sys.modules[__name__])


def cmd_expect(*remade):
    table = Path("expect.tsv")
    kept = []
    if table.exists():
        kept = [line for line in table.read_text().splitlines()[1:] if line and not line.startswith(remade)]
    rows = kept + Path(os.environ["ROWS"]).read_text().splitlines()
    rows = sorted(rows)
    for line in rows:
        cells = line.split("\t")
        assert len(cells) == len(COLUMNS) and all(cells), line
        assert Path(cells[0]).is_file(), line
    for line in rows:
        _, format, klass, label, *_ = line.split("\t")
        assert format in FORMATS and klass in CLASSES and label in LABELS, line
    there = {str(p) for top in ("keys", "demo") for p in Path(top).rglob("*") if p.is_file()}
    told = {line.split("\t")[0] for line in rows}
    for path in sorted(there - told):
        if path.startswith("keys/"):
            print(f"no row: {path}", file=sys.stderr)
    for path in there:
        # Modes are no part of what git keeps.
        os.chmod(path, 0o644)
    table.write_text("\t".join(COLUMNS) + "\n" + "\n".join(rows) + "\n")
    print(f"{len(rows)} rows, {len(there)} files", file=sys.stderr)


if __name__ == "__main__":
    globals()["cmd_" + sys.argv[1].replace("-", "_")](*sys.argv[2:])
