#!/bin/sh
set -e
pkcs11-tool --module "$PKCS11_MODULE" --login --pin "$(cat /run/secrets/pin)" \
  --keygen --key-type AES:32 --label dek --sensitive
