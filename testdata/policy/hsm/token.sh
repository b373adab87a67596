#!/bin/sh
set -e
softhsm2-util --init-token --free --label payments \
  --so-pin 90817263 --pin 73519026
pkcs11-tool --module /usr/lib/softhsm/libsofthsm2.so --login --pin 73519026 \
  --keygen --key-type AES:32 --label dek --sensitive
