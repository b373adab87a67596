#!/usr/bin/env python3
"""Prints a register of as many keys as are asked for: many.py COUNT [CHANGED]

One key in a hundred wraps the others, and says so in `wraps`. With CHANGED, so many keys are another
one than without: for the difference of two registers.
"""

import hashlib
import sys

count = int(sys.argv[1])
changed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
keks = max(1, count // 100)
print("keylint: key-register\nversion: 1\nkeys:")
for number in range(count):
    is_kek = number < keks
    seed = f"{number} changed" if number >= count - changed else f"{number}"
    digest = hashlib.sha256(seed.encode()).hexdigest()
    print(
        f"""  - id: key-{number}
    kind: secret-key
    name: Key number {number}
    purpose: {"wraps data keys" if is_kek else "encrypts records"}
    protects: part {number}
    system: card vault
    environments: [production]
    fingerprint: {{alg: hmac-sha256, of: keylint, value: "sym-sha256:{digest}"}}
    aliases: [{{name: "alias/key-{number}", target: "arn:aws:kms:eu-west-1:111122223333:key/{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"}}]
    algorithm: {{family: aes}}
    size_bits: 256
    usage: [{"KEK" if is_kek else "DEK"}]
    state: active
    created: 2026-01-01
    activated: 2026-01-02
    cryptoperiod: 365d
    store: {{type: {"hsm" if is_kek else "file"}, location: place {number}}}
    storage_form: {"scd" if is_kek else "wrapped"}
    origin: {{how: generated, place: HSM}}
    owner: Head of Payments
    custodians:
      - {{name: Ana Ruiz, acknowledged_at: 2026-01-03}}
      - {{name: Ben Okoro, acknowledged_at: 2026-01-03}}
    reviewed_at: 2026-02-01"""
    )
    if is_kek:
        wrapped = ", ".join(f"key-{other}" for other in range(keks, count) if other % keks == number)
        print(f"    wraps: [{wrapped}]")
    else:
        print(f"    wrapped_by: key-{number % keks}")
