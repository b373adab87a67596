"""Webhooks are signed with the shop's own key."""

from cryptography.hazmat.primitives import serialization

from payouts import webhooks

# keylint: allow plaintext-private-key until 2027-06-30 -- integration test key, rotated quarterly
SHOP_KEY = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIL6mONJ9vidUnrWcy2BSBYvj9kjmqSmoRi2L25nOUpmQ
-----END PRIVATE KEY-----
"""


def test_signature_is_checked():
    key = serialization.load_pem_private_key(SHOP_KEY, None)
    body = b'{"payout": 7}'
    assert webhooks.verify(key.public_key(), body, key.sign(body))
    assert not webhooks.verify(key.public_key(), body + b" ", key.sign(body))
