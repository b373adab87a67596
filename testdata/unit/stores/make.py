#!/usr/bin/env python3
"""Makes the blobs of CryptoAPI and CNG, .NET XML keys and their SubjectPublicKeyInfo here, with
openssl and pyca/cryptography."""
import base64, os, struct, subprocess
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from cryptography.hazmat.primitives.serialization import (
    Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key)

os.chdir(os.path.dirname(os.path.abspath(__file__)))
big = lambda n, size: n.to_bytes(size, "big")
little = lambda n, size: n.to_bytes(size, "little")
def spki(name, key):
    open(name, "wb").write(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
def write(name, *parts):
    open(name, "wb").write(b"".join(parts))
def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)

openssl("genrsa", "-traditional", "-out", "/tmp/rsa.pem", "1024")
rsa = load_pem_private_key(open("/tmp/rsa.pem", "rb").read(), None)
spki("rsa.spki", rsa)
n = rsa.private_numbers()
m, e = n.public_numbers.n, n.public_numbers.e
openssl("rsa", "-in", "/tmp/rsa.pem", "-outform", "MSBLOB", "-out", "rsa.capi")
openssl("rsa", "-in", "/tmp/rsa.pem", "-pubout", "-outform", "MSBLOB", "-out", "rsa-public.capi")
legacy = ["-provider", "legacy", "-provider", "default"]
openssl("rsa", "-in", "/tmp/rsa.pem", "-outform", "PVK", "-pvk-none", *legacy, "-out", "rsa.pvk")
for name, level, word in [("strong", "-pvk-strong", "changeit"), ("weak", "-pvk-weak", "changeit"),
                          ("closed", "-pvk-strong", "Vn7-plover-quartz-41")]:
    openssl("rsa", "-in", "/tmp/rsa.pem", "-outform", "PVK", level, "-passout", "pass:" + word, *legacy, "-out", f"rsa-{name}.pvk")
public = bytearray(open("rsa-public.capi", "rb").read())
public[4:8] = struct.pack("<I", 0x2400)
write("public.snk", struct.pack("<III", 0x2400, 0x8004, len(public)), public)
head = lambda letters, p: letters + struct.pack("<IIIII", 1024, 3, 128, p, p) + big(e, 3) + big(m, 128)
write("rsa-public.cng", head(b"RSA1", 0))
write("rsa.cng", head(b"RSA2", 64), big(n.p, 64), big(n.q, 64))
write("rsa-full.cng", head(b"RSA3", 64), big(n.p, 64), big(n.q, 64), big(n.dmp1, 64), big(n.dmq1, 64), big(n.iqmp, 64), big(n.d, 128))

for letters, curve, size in [(b"ECS2", ec.SECP256R1(), 32), (b"ECK4", ec.SECP384R1(), 48), (b"ECS6", ec.SECP521R1(), 66)]:
    key = ec.generate_private_key(curve)
    k = key.private_numbers()
    point = big(k.public_numbers.x, size) + big(k.public_numbers.y, size)
    name = letters.decode().lower()
    spki(name + ".spki", key)
    write(name + ".cng", letters, struct.pack("<I", size), point, big(k.private_value, size))
    write(name + "-public.cng", letters[:3], bytes([letters[3] - 1]), struct.pack("<I", size), point)

key = dsa.generate_private_key(1024)
spki("dsa.spki", key)
k = key.private_numbers(); pub = k.public_numbers; par = pub.parameter_numbers
write("dsa.capi", bytes.fromhex("0702000000220000"), b"DSS2", struct.pack("<I", 1024), little(par.p, 128), little(par.q, 20), little(par.g, 128), little(k.x, 20), b"\xff" * 24)
write("dsa.cng", b"DSPV", struct.pack("<I", 128), b"\xff" * 24, big(par.q, 20), big(par.p, 128), big(par.g, 128), big(pub.y, 128), big(k.x, 20))
write("aes.capi", bytes.fromhex("0802000010660000"), struct.pack("<I", 32), os.urandom(32))

b = lambda x: base64.b64encode(big(x, (x.bit_length() + 7) // 8)).decode()
element = lambda tag, x: f"<{tag}>{b(x)}</{tag}>"
public = element("Modulus", m) + element("Exponent", e)
private = public + "".join(element(t, x) for t, x in [("P", n.p), ("Q", n.q), ("DP", n.dmp1), ("DQ", n.dmq1), ("InverseQ", n.iqmp), ("D", n.d)])
write("rsa.xml", f"<RSAKeyValue>{private}</RSAKeyValue>".encode())
write("rsa-public.xml", f"<RSAKeyValue>{public}</RSAKeyValue>".encode())
dsaxml = "".join(element(t, x) for t, x in [("P", par.p), ("Q", par.q), ("G", par.g), ("Y", pub.y)])
write("dsa.xml", f"<DSAKeyValue>{dsaxml}{element('X', k.x)}</DSAKeyValue>".encode())
