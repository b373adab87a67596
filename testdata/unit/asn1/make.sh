#!/usr/bin/env bash
# Makes the DER fixtures of the unit tests and expect.tsv beside them, with OpenSSL 3.0, Python
# cryptography 48 and keytool 17. The keys are made for tests and new at each run; post-quantum
# keys in forms that these tools do not write (expanded, both, SLH-DSA) are taken over from the
# directory given, where OpenSSL 3.5 made them (keys/pqc/*.pem of the integration tests).
set -euo pipefail
cd "$(dirname "$0")"
pqc=${1:?directory of post-quantum PEM files}
rm -f -- *.der *.p12 expect.tsv
scratch=$(mktemp -d); trap 'rm -rf "$scratch"' EXIT
q() { "$@" 2>/dev/null; }
digest() { printf 'spki-sha256:%s' "$(sha256sum | cut -d' ' -f1)"; }
# kid KEY: identity of a private key that openssl reads.
kid() { q openssl pkey -in "$1" -pubout -outform DER | digest; }
# row FILE ENVELOPE CLASS LABEL ALGORITHM BITS CURVE KEY_ID [KDF ITERATIONS CIPHER PASSWORD]
row() { (IFS=$'\t'; printf '%s\n' "$*") >>expect.tsv; }

# Every private key as PKCS#8, and its public key.
key() { # NAME ALGORITHM BITS CURVE openssl-genpkey-arguments
  local name=$1 algorithm=$2 bits=$3 curve=$4; shift 4
  q openssl genpkey "$@" -out "$scratch/$name.pem"
  local id; id=$(kid "$scratch/$name.pem")
  q openssl pkcs8 -topk8 -nocrypt -in "$scratch/$name.pem" -outform DER -out "$name.pkcs8.der"
  row "$name.pkcs8.der" pkcs8 private-key plaintext "$algorithm" "$bits" "$curve" "$id"
  q openssl pkey -in "$scratch/$name.pem" -pubout -outform DER -out "$name.spki.der"
  row "$name.spki.der" spki public-key public "$algorithm" "$bits" "$curve" "$id"
}
key rsa rsa 1024 - -algorithm RSA -pkeyopt rsa_keygen_bits:1024
key rsa-512 rsa 512 - -algorithm RSA -pkeyopt rsa_keygen_bits:512
key rsa-multi rsa 1536 - -algorithm RSA -pkeyopt rsa_keygen_bits:1536 -pkeyopt rsa_keygen_primes:3
key rsa-pss rsa-pss 1024 - -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:1024
key rsa-pss-sha256 rsa-pss 1024 - -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:1024 \
  -pkeyopt rsa_pss_keygen_md:sha256 -pkeyopt rsa_pss_keygen_mgf1_md:sha256
q openssl genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:1024 -out "$scratch/dsap.pem"
key dsa dsa 1024 - -paramfile "$scratch/dsap.pem"
key dh dh 2048 - -algorithm DH -pkeyopt group:ffdhe2048
key dhx dh 1024 - -algorithm DHX -pkeyopt dh_rfc5114:1
for curve in P-192:prime192v1:192 P-224:secp224r1:224 P-256:prime256v1:256 P-384:secp384r1:384 \
  P-521:secp521r1:521 secp256k1:secp256k1:256 brainpoolP256r1:brainpoolP256r1:256 \
  brainpoolP384t1:brainpoolP384t1:384 sect233k1:sect233k1:233; do
  IFS=: read -r name openssl bits <<<"$curve"
  key "$name" ec "$bits" "$name" -algorithm EC -pkeyopt "ec_paramgen_curve:$openssl" -pkeyopt ec_param_enc:named_curve
  id=$(kid "$scratch/$name.pem")
  sec1() { q openssl ec -in "$scratch/$name.pem" -outform DER -out "$1" "${@:2}"; row "$1" sec1 private-key plaintext ec "$bits" "$name" "$id"; }
  sec1 "$name.sec1.der"
  case $name in P-256 | secp256k1)
    sec1 "$name.sec1-explicit.der" -param_enc explicit
    sec1 "$name.sec1-bare.der" -no_public
    sec1 "$name.sec1-compressed.der" -conv_form compressed
    sec1 "$name.sec1-explicit-bare.der" -param_enc explicit -no_public
  esac
done
key ed25519 ed25519 256 - -algorithm ED25519
key x25519 x25519 256 - -algorithm X25519
key ed448 ed448 448 - -algorithm ED448
key x448 x448 448 - -algorithm X448

q openssl rsa -in "$scratch/rsa.pem" -traditional -outform DER -out rsa.pkcs1.der
row rsa.pkcs1.der pkcs1 private-key plaintext rsa 1024 - "$(kid "$scratch/rsa.pem")"
q openssl rsa -in "$scratch/rsa-512.pem" -traditional -outform DER -out rsa-512.pkcs1.der
row rsa-512.pkcs1.der pkcs1 private-key plaintext rsa 512 - "$(kid "$scratch/rsa-512.pem")"
q openssl rsa -in "$scratch/rsa-multi.pem" -traditional -outform DER -out rsa-multi.pkcs1.der
row rsa-multi.pkcs1.der pkcs1 private-key plaintext rsa 1536 - "$(kid "$scratch/rsa-multi.pem")"
q openssl rsa -in "$scratch/rsa.pem" -RSAPublicKey_out -outform DER -out rsa.pkcs1-public.der
row rsa.pkcs1-public.der pkcs1-public public-key public rsa 1024 - "$(kid "$scratch/rsa.pem")"
q openssl pkey -in "$scratch/dsa.pem" -traditional -outform DER -out dsa.traditional.der
row dsa.traditional.der dsa-traditional private-key plaintext dsa 1024 - "$(kid "$scratch/dsa.pem")"

# Post-quantum keys.
for set in ml-dsa-44 ml-dsa-65 ml-dsa-87 ml-kem-512 ml-kem-768 ml-kem-1024; do
  for form in seed expanded both; do
    case $set-$form in ml-dsa-65-both | ml-dsa-87-both | ml-kem-512-both | ml-kem-1024-both) continue ;; esac
    q openssl asn1parse -in "$pqc/$set.pkcs8-$form.pem" -noout -out "$set.$form.der"
    id=$(q openssl asn1parse -in "$pqc/$set.spki.pem" -noout -out /dev/stdout | digest)
    row "$set.$form.der" pkcs8 private-key plaintext "${set%-*}" - "$(tr a-z A-Z <<<"$set")" "$id"
  done
done
for set in sha2-128s shake-192s; do
  q openssl asn1parse -in "$pqc/slh-dsa-$set.pkcs8.pem" -noout -out "slh-dsa-$set.der"
  id=$(q openssl asn1parse -in "$pqc/slh-dsa-$set.spki.pem" -noout -out /dev/stdout | digest)
  name=$(tr a-z A-Z <<<"slh-dsa-$set"); name=${name%S}s
  row "slh-dsa-$set.der" pkcs8 private-key plaintext slh-dsa - "$name" "$id"
done

# Encrypted private keys.
sealed() { # NAME PASSWORD KDF ITERATIONS CIPHER openssl-pkcs8-options
  local file=$1.sealed.der password=$2 kdf=$3 iterations=$4 cipher=$5; shift 5
  q openssl pkcs8 -topk8 -in "$scratch/P-256.pem" -provider legacy -provider default \
    -passout "pass:$password" -outform DER -out "$file" "$@"
  if [[ $password == changeit ]]; then
    row "$file" encrypted-pkcs8 private-key encrypted ec 256 P-256 "$(kid "$scratch/P-256.pem")" "$kdf" "$iterations" "$cipher" changeit
  else
    row "$file" encrypted-pkcs8 private-key encrypted - - - - "$kdf" "$iterations" "$cipher"
  fi
}
sealed aes256 changeit pbkdf2-hmac-sha256 2048 aes-256-cbc -v2 aes-256-cbc
sealed aes192-sha512 changeit pbkdf2-hmac-sha512 1000 aes-192-cbc -v2 aes-192-cbc -v2prf hmacWithSHA512 -iter 1000
sealed 3des changeit pbkdf2-hmac-sha1 2048 des-ede3-cbc -v2 des3 -v2prf hmacWithSHA1
sealed rc2 changeit pbkdf2-hmac-sha1 2048 rc2-128-cbc -v2 rc2-cbc -v2prf hmacWithSHA1
sealed scrypt changeit scrypt 1024 aes-256-cbc -scrypt -scrypt_N 1024
sealed md5-des changeit pbkdf1-md5 2048 des-cbc -v1 PBE-MD5-DES
sealed sha1-rc2-64 changeit pbkdf1-sha1 2048 rc2-64-cbc -v1 PBE-SHA1-RC2-64
sealed sha1-3des changeit pkcs12-sha1 2048 des-ede3-cbc -v1 PBE-SHA1-3DES
sealed sha1-2des changeit pkcs12-sha1 2048 des-ede-cbc -v1 PBE-SHA1-2DES
sealed sha1-rc2-40 changeit pkcs12-sha1 2048 rc2-40-cbc -v1 PBE-SHA1-RC2-40
sealed sha1-rc4-128 changeit pkcs12-sha1 2048 rc4-128 -v1 PBE-SHA1-RC4-128
sealed strong Vn7-plover-quartz-41 pbkdf2-hmac-sha256 2048 aes-256-cbc -v2 aes-256-cbc
sealed costly changeit-not pbkdf2-hmac-sha256 2000000 aes-256-cbc -v2 aes-256-cbc -iter 2000000

# Certificates, requests, stores.
for name in rsa P-256 ed25519; do
  q openssl req -x509 -key "$scratch/$name.pem" -subj "/C=DE/O=Keylint tests/CN=$name.example" -days 36500 \
    -outform DER -out "$name.cert.der"
  q openssl req -new -key "$scratch/$name.pem" -subj "/C=DE/O=Keylint tests/CN=$name.example" -outform DER -out "$name.csr.der"
  case $name in rsa) kind='rsa 1024 -' ;; P-256) kind='ec 256 P-256' ;; *) kind='ed25519 256 -' ;; esac
  read -r algorithm bits curve <<<"$kind"
  row "$name.cert.der" x509 certificate public "$algorithm" "$bits" "$curve" "$(kid "$scratch/$name.pem")"
  row "$name.csr.der" pkcs10 public-key public "$algorithm" "$bits" "$curve" "$(kid "$scratch/$name.pem")"
done
q openssl x509 -inform DER -in P-256.cert.der -out "$scratch/cert.pem"
store() { # NAME PASSWORD openssl-pkcs12-options
  local name=$1 password=$2; shift 2
  q openssl pkcs12 -export -inkey "$scratch/P-256.pem" -in "$scratch/cert.pem" -name server \
    -passout "pass:$password" -out "$name.p12" "$@"
}
store modern changeit
store strong Vn7-plover-quartz-41
store legacy changeit -legacy
store legacy-empty '' -legacy
store empty ''
store nomac changeit -nomac
store plain Vn7-plover-quartz-41 -keypbe NONE -certpbe NONE
store plain-nomac '' -keypbe NONE -certpbe NONE -nomac
store certs-plain Vn7-plover-quartz-41 -certpbe NONE
store truststore changeit -nokeys
store truststore-plain Vn7-plover-quartz-41 -nokeys -certpbe NONE
q keytool -genseckey -keyalg AES -keysize 256 -alias data -storetype PKCS12 -keystore secret.p12 -storepass changeit
# OpenSSL 3.0 writes no PBMAC1 (RFC 9579): the store without a MAC gets one, under changeit.
python3 - plain-nomac.p12 pbmac1.p12 <<'END'
import hashlib, hmac, sys
def der(tag, *parts):
    body = b"".join(parts)
    long = b"\x81" if len(body) < 256 else b"\x82"
    size = len(body).to_bytes(1 if len(body) < 256 else 2, "big")
    return bytes([tag]) + (b"" if len(body) < 128 else long) + size + body
def oid(hexadecimal): return der(6, bytes.fromhex("2a864886f70d" + hexadecimal))
pfx = open(sys.argv[1], "rb").read()
assert pfx[:2] == b"\x30\x82"
content = pfx[4:]
info = content[content.index(b"\x06\x09"):]
safe = info[11 + 4 + 4:]  # after the identifier, [0] and OCTET STRING
salt = bytes(range(16))
key = hashlib.pbkdf2_hmac("sha512", b"changeit", salt, 1500, 64)
digest = hmac.new(key, safe, "sha256").digest()
kdf = der(0x30, oid("01050c"), der(0x30, der(4, salt), b"\x02\x02\x05\xdc\x02\x01\x40", der(0x30, oid("020b"), b"\5\0")))
algorithm = der(0x30, oid("01050e"), der(0x30, kdf, der(0x30, oid("0209"), b"\5\0")))
mac = der(0x30, der(0x30, algorithm, der(4, digest)), der(4, b"NOT USED"))
open(sys.argv[2], "wb").write(der(0x30, content, mac))
END
openssl ecparam -name secp256k1 -param_enc explicit -outform DER -out secp256k1.parameters.der
