"""Signs payout files."""

from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

HEADER = "-----BEGIN PRIVATE KEY-----"


def load(path: Path):
    text = path.read_text()
    if not text.startswith(HEADER):
        raise ValueError(f"{path}: no PKCS#8 key")
    return serialization.load_pem_private_key(text.encode(), None)


def sign(key, payload: bytes) -> bytes:
    return key.sign(payload, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
