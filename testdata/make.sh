#!/usr/bin/env bash
# Makes every test key under keys/ and the made-up repository under demo/ anew, and writes what is
# expected of them to expect.tsv.
#
#   ./make.sh              everything
#   ./make.sh rsa pkcs12   only these families; the rows of the others stay
#
# Tools: openssl 3.0 with its legacy provider, ssh-keygen 9.2 (the last releases that still write
# DSA keys), puttygen 0.78, keytool (JDK 17), bcprov.jar (Debian: libbcprov-java), gpg 2.2,
# age-keygen and age, minisign, signify-openbsd, wg, dnssec-keygen, tsig-keygen and rndc-confgen
# (Debian: bind9), ktutil (MIT Kerberos), openvpn, python3 with cryptography 48 and PyYAML.
# Into $TOOLS, when it lacks them: the Python packages tink and eth-keyfile in a virtual
# environment, and the Node packages node@24 (post-quantum keys) and openpgp@6 (version 6 keys).
set -euo pipefail
shopt -s nullglob

cd "$(dirname "${BASH_SOURCE[0]}")"
export LC_ALL=C TZ=UTC
PATH="$PATH:/usr/sbin"
TOOLS="${TOOLS:-${TMPDIR:-/tmp}/keylint-fixture-tools}"
BCPROV="${BCPROV:-/usr/share/java/bcprov.jar}"
SCRATCH="$(mktemp -d)"
export ROWS="$SCRATCH/rows.tsv" SCRATCH
trap 'for home in "$SCRATCH"/gpg*/; do gpgconf --homedir "$home" --kill all || true; done; rm -rf "$SCRATCH"' EXIT
: >"$ROWS"

# A password that no list of well-known passwords has.
STRONG='Vn7-plover-quartz-41'
export STRONG

FAMILIES=(rsa dsa dh ec edwards pqc unknown-oid openssh sshcom ppk openpgp gpg-agent pkcs12 jks
  jceks bks jwk config age wireguard minisign signify dnssec tsig tink microsoft keytab ethereum
  openvpn encodings negatives hex arrays escapes quoting charsets)

# row PATH FORMAT CLASS LABEL ALGORITHM BITS CURVE KEY_ID NOTE
row() {
  (($# == 9)) || { echo "row: $# columns: $*" >&2; exit 1; }
  local IFS=$'\t'
  printf '%s\n' "$*" >>"$ROWS"
}

quiet() {
  "$@" >"$SCRATCH/log" 2>&1 || { cat "$SCRATCH/log" >&2; echo "failed: $*" >&2; exit 1; }
}

digest() { printf 'spki-sha256:%s' "$(openssl dgst -sha256 -r | cut -d' ' -f1)"; }

# kid FILE [PASSWORD]: identity of a private key that openssl reads
kid() {
  openssl pkey -in "$1" -passin "pass:${2-}" -pubout -outform DER 2>/dev/null | digest
}
# kid_pub FILE: identity of a public key that openssl reads
kid_pub() { openssl pkey -pubin -in "$1" -pubout -outform DER | digest; }
kid_cert() { openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -pubout -outform DER | digest; }
kid_ssh() { python3 make.py ssh-kid "$1"; }

certificate() { # KEY CN OUT [openssl req options]
  local key=$1 cn=$2 out=$3
  shift 3
  quiet openssl req -x509 -key "$key" -subj "/O=Keylint test keys/CN=$cn" -days 3650 -sha256 -out "$out" "$@"
}

need_tools() {
  mkdir -p "$TOOLS"
  if [[ ! -x $TOOLS/venv/bin/python ]]; then
    python3 -m venv --system-site-packages "$TOOLS/venv"
    "$TOOLS/venv/bin/pip" install -q tink eth-keyfile pycryptodome
  fi
  if [[ ! -x $TOOLS/node_modules/.bin/node || ! -d $TOOLS/node_modules/openpgp ]]; then
    (cd "$TOOLS" && npm install --silent --no-fund --no-audit node@24 openpgp@6)
  fi
}

family_rsa() {
  local d=keys/rsa bits id f b=$SCRATCH
  for bits in 512 1024 2048 3072 4096; do
    quiet openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:$bits" -out "$d/rsa-$bits.pkcs8.pem"
    id=$(kid "$d/rsa-$bits.pkcs8.pem")
    f=$d/rsa-$bits
    row "$f.pkcs8.pem" pem private-key plaintext rsa "$bits" - "$id" 'openssl genpkey'
    quiet openssl rsa -in "$f.pkcs8.pem" -traditional -out "$f.pkcs1.pem"
    row "$f.pkcs1.pem" pem private-key plaintext rsa "$bits" - "$id" 'openssl rsa -traditional'
    quiet openssl pkcs8 -topk8 -nocrypt -in "$f.pkcs8.pem" -outform DER -out "$f.pkcs8.der"
    row "$f.pkcs8.der" der private-key plaintext rsa "$bits" - "$id" 'openssl pkcs8'
    quiet openssl rsa -in "$f.pkcs8.pem" -traditional -outform DER -out "$f.pkcs1.der"
    row "$f.pkcs1.der" der private-key plaintext rsa "$bits" - "$id" 'openssl rsa -traditional'
  done
  f=$d/rsa-2048
  id=$(kid "$f.pkcs8.pem")
  quiet openssl pkey -in "$f.pkcs8.pem" -pubout -out "$f.spki.pem"
  row "$f.spki.pem" pem public-key public rsa 2048 - "$id" 'openssl pkey -pubout'
  quiet openssl pkey -in "$f.pkcs8.pem" -pubout -outform DER -out "$f.spki.der"
  row "$f.spki.der" der public-key public rsa 2048 - "$id" 'openssl pkey -pubout'
  quiet openssl rsa -in "$f.pkcs8.pem" -RSAPublicKey_out -out "$f.pkcs1-public.pem"
  row "$f.pkcs1-public.pem" pem public-key public rsa 2048 - "$id" 'openssl rsa -RSAPublicKey_out'
  certificate "$f.pkcs8.pem" rsa.example "$f.cert.pem"
  row "$f.cert.pem" pem certificate public rsa 2048 - "$id" 'openssl req -x509'
  quiet openssl x509 -in "$f.cert.pem" -outform DER -out "$f.cert.der"
  row "$f.cert.der" der certificate public rsa 2048 - "$id" 'openssl x509'
  # Private key and certificate in one file.
  cat "$f.pkcs8.pem" "$f.cert.pem" >"$f.bundle.pem"
  row "$f.bundle.pem" pem private-key plaintext rsa 2048 - "$id" 'key and certificate in one file'
  row "$f.bundle.pem" pem certificate public rsa 2048 - "$id" 'key and certificate in one file'

  local name opts
  while IFS='|' read -r name opts; do
    for form in pem der; do
      # shellcheck disable=SC2086
      quiet openssl pkcs8 -topk8 -in "$f.pkcs8.pem" -provider legacy -provider default \
        -passout "pass:$STRONG" $opts -outform "${form^^}" -out "$f.$name.$form"
      row "$f.$name.$form" "$form" private-key encrypted - - - - "password $STRONG; openssl pkcs8 -topk8 $opts"
    done
  done <<'END'
pbes2-pbkdf2-sha256-aes256|-v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000
pbes2-pbkdf2-sha256-aes128-iter1000|-v2 aes-128-cbc -v2prf hmacWithSHA256 -iter 1000
pbes2-pbkdf2-sha1-3des|-v2 des3 -v2prf hmacWithSHA1
pbes2-pbkdf2-sha512-aes256|-v2 aes-256-cbc -v2prf hmacWithSHA512
pbes2-scrypt-aes256|-v2 aes-256-cbc -scrypt -scrypt_N 16384 -scrypt_r 8 -scrypt_p 1
pbes1-md5-des|-v1 PBE-MD5-DES
pbes1-sha1-3des|-v1 PBE-SHA1-3DES
pbes1-sha1-rc2-40|-v1 PBE-SHA1-RC2-40
END
  quiet openssl pkcs8 -topk8 -in "$f.pkcs8.pem" -passout pass:changeit -out "$f.pbes2-changeit.pem"
  row "$f.pbes2-changeit.pem" pem private-key encrypted - - - - 'password changeit; openssl pkcs8 -topk8'
  local cipher
  for cipher in aes-128-cbc des-ede3-cbc aes-256-cbc; do
    quiet openssl rsa -in "$f.pkcs8.pem" -traditional "-$cipher" -passout "pass:$STRONG" -out "$f.dek-$cipher.pem"
    row "$f.dek-$cipher.pem" pem private-key encrypted rsa - - - "password $STRONG; openssl rsa -traditional -$cipher"
  done
  quiet openssl rsa -in "$f.pkcs8.pem" -traditional -aes-128-cbc -passout pass:changeit -out "$f.dek-changeit.pem"
  row "$f.dek-changeit.pem" pem private-key encrypted rsa - - - 'password changeit; openssl rsa -traditional -aes-128-cbc'

  f=$d/rsa-pss-2048
  quiet openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out "$f.pkcs8.pem"
  row "$f.pkcs8.pem" pem private-key plaintext rsa-pss 2048 - "$(kid "$f.pkcs8.pem")" 'openssl genpkey'
  f=$d/rsa-pss-2048-sha256
  quiet openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha256 \
    -pkeyopt rsa_pss_keygen_mgf1_md:sha256 -pkeyopt rsa_pss_keygen_saltlen:32 -out "$f.pkcs8.pem"
  id=$(kid "$f.pkcs8.pem")
  row "$f.pkcs8.pem" pem private-key plaintext rsa-pss 2048 - "$id" 'openssl genpkey; the identity holds the parameters'
  quiet openssl pkcs8 -topk8 -nocrypt -in "$f.pkcs8.pem" -outform DER -out "$f.pkcs8.der"
  row "$f.pkcs8.der" der private-key plaintext rsa-pss 2048 - "$id" 'openssl pkcs8'
  f=$d/rsa-multiprime-2048
  quiet openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_primes:3 -out "$f.pkcs8.pem"
  row "$f.pkcs8.pem" pem private-key plaintext rsa 2048 - "$(kid "$f.pkcs8.pem")" 'openssl genpkey, three primes'
  python3 make.py rsa
}

family_dsa() {
  local d=keys/dsa size p q id f
  for size in 1024:160 2048:256; do
    p=${size%:*} q=${size#*:}
    quiet openssl genpkey -genparam -algorithm DSA -pkeyopt "dsa_paramgen_bits:$p" -pkeyopt "dsa_paramgen_q_bits:$q" -out "$SCRATCH/dsap.pem"
    f=$d/dsa-$p
    quiet openssl genpkey -paramfile "$SCRATCH/dsap.pem" -out "$f.pkcs8.pem"
    id=$(kid "$f.pkcs8.pem")
    row "$f.pkcs8.pem" pem private-key plaintext dsa "$p" - "$id" 'openssl genpkey'
    quiet openssl pkcs8 -topk8 -nocrypt -in "$f.pkcs8.pem" -outform DER -out "$f.pkcs8.der"
    row "$f.pkcs8.der" der private-key plaintext dsa "$p" - "$id" 'openssl pkcs8'
    quiet openssl pkey -in "$f.pkcs8.pem" -traditional -out "$f.traditional.pem"
    row "$f.traditional.pem" pem private-key plaintext dsa "$p" - "$id" 'openssl pkey -traditional'
    quiet openssl pkey -in "$f.pkcs8.pem" -traditional -outform DER -out "$f.traditional.der"
    row "$f.traditional.der" der private-key plaintext dsa "$p" - "$id" 'openssl pkey -traditional'
  done
  quiet openssl pkey -in "$f.pkcs8.pem" -traditional -aes-128-cbc -passout "pass:$STRONG" -out "$f.dek-aes-128-cbc.pem"
  row "$f.dek-aes-128-cbc.pem" pem private-key encrypted dsa - - - "password $STRONG; openssl pkey -traditional"
  quiet openssl pkey -in "$f.pkcs8.pem" -pubout -out "$f.spki.pem"
  row "$f.spki.pem" pem public-key public dsa 2048 - "$id" 'openssl pkey -pubout'
  cp "$SCRATCH/dsap.pem" "$d/dsa-2048.parameters.pem"
  row "$d/dsa-2048.parameters.pem" - - none - - - - 'openssl genpkey -genparam; parameters hold no key'
}

family_dh() {
  local d=keys/dh f id
  f=$d/dh-2048-rfc7919
  quiet openssl genpkey -algorithm DH -pkeyopt group:ffdhe2048 -out "$f.pkcs8.pem"
  id=$(kid "$f.pkcs8.pem")
  row "$f.pkcs8.pem" pem private-key plaintext dh 2048 - "$id" 'openssl genpkey'
  quiet openssl pkcs8 -topk8 -nocrypt -in "$f.pkcs8.pem" -outform DER -out "$f.pkcs8.der"
  row "$f.pkcs8.der" der private-key plaintext dh 2048 - "$id" 'openssl pkcs8'
  quiet openssl pkey -in "$f.pkcs8.pem" -pubout -out "$f.spki.pem"
  row "$f.spki.pem" pem public-key public dh 2048 - "$id" 'openssl pkey -pubout'
  f=$d/dhx-2048-rfc5114
  quiet openssl genpkey -algorithm DHX -pkeyopt group:dh_2048_256 -out "$f.pkcs8.pem"
  row "$f.pkcs8.pem" pem private-key plaintext dh 2048 - "$(kid "$f.pkcs8.pem")" 'openssl genpkey (X9.42)'
  quiet openssl dhparam -out "$d/dh-512.parameters.pem" 512
  row "$d/dh-512.parameters.pem" - - none - - - - 'openssl dhparam; parameters hold no key'
}

family_ec() {
  local d=keys/ec pair name curve bits f id form
  for pair in prime192v1:P-192:192 secp224r1:P-224:224 prime256v1:P-256:256 secp384r1:P-384:384 \
    secp521r1:P-521:521 secp256k1:secp256k1:256 brainpoolP256r1:brainpoolP256r1:256 \
    brainpoolP384r1:brainpoolP384r1:384 brainpoolP512r1:brainpoolP512r1:512 sect233k1:sect233k1:233; do
    IFS=: read -r name curve bits <<<"$pair"
    f=$d/${curve,,}
    quiet openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$name" -out "$f.pkcs8.pem"
    id=$(kid "$f.pkcs8.pem")
    for form in pem der; do
      quiet openssl pkcs8 -topk8 -nocrypt -in "$f.pkcs8.pem" -outform "${form^^}" -out "$SCRATCH/x"
      cp "$SCRATCH/x" "$f.pkcs8.$form"
      row "$f.pkcs8.$form" "$form" private-key plaintext ec "$bits" "$curve" "$id" 'openssl genpkey'
      quiet openssl ec -in "$f.pkcs8.pem" -outform "${form^^}" -out "$f.sec1.$form"
      row "$f.sec1.$form" "$form" private-key plaintext ec "$bits" "$curve" "$id" 'openssl ec'
    done
  done
  for pair in p-256:P-256:256 p-384:P-384:384 secp256k1:secp256k1:256; do
    IFS=: read -r name curve bits <<<"$pair"
    f=$d/$name
    id=$(kid "$f.pkcs8.pem")
    for form in pem der; do
      quiet openssl ec -in "$f.pkcs8.pem" -no_public -outform "${form^^}" -out "$f.sec1-no-public.$form"
      row "$f.sec1-no-public.$form" "$form" private-key plaintext ec "$bits" "$curve" "$id" 'openssl ec -no_public; the identity needs a point multiplication'
      quiet openssl ec -in "$f.pkcs8.pem" -conv_form compressed -outform "${form^^}" -out "$f.sec1-compressed.$form"
      row "$f.sec1-compressed.$form" "$form" private-key plaintext ec "$bits" "$curve" "$id" 'openssl ec -conv_form compressed'
      quiet openssl ec -in "$f.pkcs8.pem" -param_enc explicit -outform "${form^^}" -out "$f.sec1-explicit.$form"
      row "$f.sec1-explicit.$form" "$form" private-key plaintext ec "$bits" "$curve" "$id" "openssl ec -param_enc explicit; the parameters are those of $curve, and the identity is that of the named curve"
    done
    quiet openssl pkcs8 -topk8 -nocrypt -in "$f.sec1-explicit.pem" -out "$f.pkcs8-explicit.pem"
    row "$f.pkcs8-explicit.pem" pem private-key plaintext ec "$bits" "$curve" "$id" "openssl pkcs8; the parameters are those of $curve"
  done
  f=$d/p-256
  id=$(kid "$f.pkcs8.pem")
  quiet openssl pkey -in "$f.pkcs8.pem" -pubout -out "$f.spki.pem"
  row "$f.spki.pem" pem public-key public ec 256 P-256 "$id" 'openssl pkey -pubout'
  quiet openssl ec -in "$f.pkcs8.pem" -pubout -conv_form compressed -out "$f.spki-compressed.pem"
  row "$f.spki-compressed.pem" pem public-key public ec 256 P-256 "$id" 'openssl ec -pubout -conv_form compressed'
  quiet openssl ec -in "$f.pkcs8.pem" -aes-128-cbc -passout "pass:$STRONG" -out "$f.dek-aes-128-cbc.pem"
  row "$f.dek-aes-128-cbc.pem" pem private-key encrypted ec - - - "password $STRONG; openssl ec -aes-128-cbc"
  quiet openssl pkcs8 -topk8 -in "$f.pkcs8.pem" -passout "pass:$STRONG" -out "$f.pbes2.pem"
  row "$f.pbes2.pem" pem private-key encrypted - - - - "password $STRONG; openssl pkcs8 -topk8"
  { openssl ecparam -name prime256v1; cat "$f.sec1.pem"; } >"$f.sec1-with-parameters.pem"
  row "$f.sec1-with-parameters.pem" pem private-key plaintext ec 256 P-256 "$id" 'openssl ecparam -genkey prints it so: EC PARAMETERS before the key'
  certificate "$f.pkcs8.pem" ec.example "$f.cert.pem"
  row "$f.cert.pem" pem certificate public ec 256 P-256 "$id" 'openssl req -x509'
  python3 make.py ec
}

family_edwards() {
  local d=keys/edwards name f id
  for name in ed25519 ed448 x25519 x448; do
    f=$d/$name
    quiet openssl genpkey -algorithm "$name" -out "$f.pkcs8.pem"
    id=$(kid "$f.pkcs8.pem")
    row "$f.pkcs8.pem" pem private-key plaintext "$name" - - "$id" 'openssl genpkey'
    quiet openssl pkcs8 -topk8 -nocrypt -in "$f.pkcs8.pem" -outform DER -out "$f.pkcs8.der"
    row "$f.pkcs8.der" der private-key plaintext "$name" - - "$id" 'openssl pkcs8'
    quiet openssl pkcs8 -topk8 -in "$f.pkcs8.pem" -passout "pass:$STRONG" -out "$f.pbes2.pem"
    row "$f.pbes2.pem" pem private-key encrypted - - - - "password $STRONG; openssl pkcs8 -topk8"
    quiet openssl pkey -in "$f.pkcs8.pem" -pubout -out "$f.spki.pem"
    row "$f.spki.pem" pem public-key public "$name" - - "$id" 'openssl pkey -pubout'
  done
  certificate "$d/ed25519.pkcs8.pem" ed.example "$d/ed25519.cert.pem"
  row "$d/ed25519.cert.pem" pem certificate public ed25519 - - "$(kid "$d/ed25519.pkcs8.pem")" 'openssl req -x509'
  python3 make.py edwards
}

family_pqc() {
  need_tools
  "$TOOLS/node_modules/.bin/node" - "$SCRATCH" <<'END'
const { generateKeyPairSync } = require('node:crypto');
const { writeFileSync } = require('node:fs');
for (const name of ['ml-kem-512', 'ml-kem-768', 'ml-kem-1024', 'ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87',
  'slh-dsa-sha2-128s', 'slh-dsa-sha2-128f', 'slh-dsa-sha2-256s', 'slh-dsa-shake-128f', 'slh-dsa-shake-192s']) {
  const pair = generateKeyPairSync(name);
  writeFileSync(`${process.argv[2]}/${name}.priv`, pair.privateKey.export({ format: 'der', type: 'pkcs8' }));
  writeFileSync(`${process.argv[2]}/${name}.pub`, pair.publicKey.export({ format: 'der', type: 'spki' }));
}
END
  python3 make.py pqc
  # Every form must be one that a real implementation reads, and reads as the same key.
  "$TOOLS/node_modules/.bin/node" - "$SCRATCH" keys/pqc/*.pkcs8*.pem <<'END'
const { createPrivateKey, createPublicKey } = require('node:crypto');
const { readFileSync } = require('node:fs');
const [scratch, ...files] = process.argv.slice(2);
for (const file of files) {
  const name = file.replace(/^.*\//, '').replace(/\.pkcs8.*/, '');
  const spki = createPublicKey(createPrivateKey(readFileSync(file))).export({ format: 'der', type: 'spki' });
  if (!spki.equals(readFileSync(`${scratch}/${name}.pub`))) throw new Error(file);
}
END
}

family_unknown-oid() { python3 make.py unknown-oid; }

family_openssh() {
  local d=keys/openssh name type bits algorithm size curve f id
  while read -r name type bits algorithm size curve; do
    f=$d/id_$name
    quiet ssh-keygen -q -t "$type" -b "$bits" -N '' -C "$name@keylint.test" -f "$f"
    id=$(kid_ssh "$f.pub")
    row "$f" openssh private-key plaintext "$algorithm" "$size" "$curve" "$id" ssh-keygen
    row "$f.pub" ssh-public public-key public "$algorithm" "$size" "$curve" "$id" ssh-keygen
    cp "$f" "$f.passphrase"
    chmod 600 "$f" "$f.passphrase"
    quiet ssh-keygen -q -p -P '' -N "$STRONG" -f "$f.passphrase"
    row "$f.passphrase" openssh private-key encrypted "$algorithm" "$size" "$curve" "$id" "password $STRONG; ssh-keygen -p"
  done <<'END'
rsa rsa 2048 rsa 2048 -
dsa dsa 1024 dsa 1024 -
ecdsa256 ecdsa 256 ec 256 P-256
ecdsa384 ecdsa 384 ec 384 P-384
ecdsa521 ecdsa 521 ec 521 P-521
ed25519 ed25519 256 ed25519 - -
END
  cp "$d/id_ed25519" "$d/id_ed25519.chacha20"
  quiet ssh-keygen -q -p -Z chacha20-poly1305@openssh.com -a 4 -P '' -N changeit -f "$d/id_ed25519.chacha20"
  row "$d/id_ed25519.chacha20" openssh private-key encrypted ed25519 - - "$(kid_ssh "$d/id_ed25519.pub")" 'password changeit; ssh-keygen -p -Z chacha20-poly1305 -a 4'
  # What ssh-keygen writes with -m PEM.
  cp "$d/id_rsa" "$d/id_rsa.pem"
  quiet ssh-keygen -q -p -m PEM -P '' -N '' -f "$d/id_rsa.pem"
  row "$d/id_rsa.pem" pem private-key plaintext rsa 2048 - "$(kid_ssh "$d/id_rsa.pub")" 'ssh-keygen -p -m PEM'
  { echo '# deploy hosts'
    echo "no-pty,command=\"/usr/bin/backup --all\" $(cat "$d/id_rsa.pub")"
    cat "$d/id_ed25519.pub"
    echo "@cert-authority *.keylint.test $(cat "$d/id_ecdsa256.pub")"; } >"$d/authorized_keys"
  row "$d/authorized_keys" ssh-public public-key public rsa 2048 - "$(kid_ssh "$d/id_rsa.pub")" 'with options in front'
  row "$d/authorized_keys" ssh-public public-key public ed25519 - - "$(kid_ssh "$d/id_ed25519.pub")" 'plain line'
  row "$d/authorized_keys" ssh-public public-key public ec 256 P-256 "$(kid_ssh "$d/id_ecdsa256.pub")" 'with a known_hosts marker in front'
  quiet ssh-keygen -q -s "$d/id_ed25519" -I test -n alice -f "$d/id_rsa" "$d/id_rsa.pub"
  row "$d/id_rsa-cert.pub" ssh-public certificate public rsa 2048 - "$(kid_ssh "$d/id_rsa.pub")" 'ssh-keygen -s; identity of the certified key'
  python3 make.py openssh
}

puttygen_key() { # IN OUT TYPE PASSWORD [options]
  local in=$1 out=$2 type=$3
  printf '%s' "$4" >"$SCRATCH/pw"
  shift 4
  quiet puttygen "$in" -O "$type" -o "$out" --new-passphrase "$SCRATCH/pw" "$@"
}

family_sshcom() {
  local d=keys/sshcom name id bits
  for name in rsa:2048 dsa:1024; do
    bits=${name#*:} name=${name%:*}
    quiet ssh-keygen -q -t "$name" -b "$bits" -N '' -C "$name@keylint.test" -f "$SCRATCH/sshcom_$name"
    id=$(kid_ssh "$SCRATCH/sshcom_$name.pub")
    puttygen_key "$SCRATCH/sshcom_$name" "$d/$name.sshcom" private-sshcom ''
    row "$d/$name.sshcom" sshcom private-key plaintext "$name" "$bits" - "$id" 'puttygen -O private-sshcom'
    puttygen_key "$SCRATCH/sshcom_$name" "$d/$name.passphrase.sshcom" private-sshcom "$STRONG"
    row "$d/$name.passphrase.sshcom" sshcom private-key encrypted "$name" - - - "password $STRONG; puttygen -O private-sshcom"
    quiet puttygen "$SCRATCH/sshcom_$name" -O public -o "$d/$name.ssh2.pub"
    row "$d/$name.ssh2.pub" ssh-public public-key public "$name" "$bits" - "$id" 'puttygen -O public (RFC 4716)'
  done
}

family_ppk() {
  local d=keys/ppk name type bits algorithm size curve id v
  while read -r name type bits algorithm size curve; do
    quiet ssh-keygen -q -t "$type" -b "$bits" -N '' -C "$name@keylint.test" -f "$SCRATCH/ppk_$name"
    id=$(kid_ssh "$SCRATCH/ppk_$name.pub")
    for v in 2 3; do
      puttygen_key "$SCRATCH/ppk_$name" "$d/$name.v$v.ppk" private '' --ppk-param "version=$v"
      row "$d/$name.v$v.ppk" ppk private-key plaintext "$algorithm" "$size" "$curve" "$id" "puttygen, version $v"
      puttygen_key "$SCRATCH/ppk_$name" "$d/$name.v$v.passphrase.ppk" private "$STRONG" --ppk-param "version=$v,time=20"
      row "$d/$name.v$v.passphrase.ppk" ppk private-key encrypted "$algorithm" "$size" "$curve" "$id" "password $STRONG; puttygen, version $v"
    done
  done <<'END'
rsa rsa 2048 rsa 2048 -
dsa dsa 1024 dsa 1024 -
ecdsa256 ecdsa 256 ec 256 P-256
ed25519 ed25519 256 ed25519 - -
END
}

gpg_key() { # HOME EMAIL PASSWORD ALGORITHM SUBKEY-ALGORITHM
  local fpr
  quiet gpg --homedir "$1" --batch --pinentry-mode loopback --passphrase "$3" --quick-gen-key "Keylint test <$2>" "$4" default never
  fpr=$(gpg --homedir "$1" --with-colons --list-keys "$2" 2>/dev/null | awk -F: '/^fpr/{print $10; exit}')
  quiet gpg --homedir "$1" --batch --pinentry-mode loopback --passphrase "$3" --quick-add-key "$fpr" "$5" encr never
}

family_openpgp() {
  local d=keys/openpgp home=$SCRATCH/gpg name password
  need_tools
  mkdir -p "$home"
  chmod 700 "$home"
  gpg_key "$home" rsa@keylint.test '' rsa2048 rsa2048
  gpg_key "$home" rsa-pass@keylint.test "$STRONG" rsa2048 rsa2048
  gpg_key "$home" curve@keylint.test '' ed25519 cv25519
  gpg_key "$home" curve-pass@keylint.test "$STRONG" ed25519 cv25519
  gpg_key "$home" nistp@keylint.test '' nistp256 nistp256
  gpg_key "$home" dsa@keylint.test '' dsa2048 elg2048
  for name in rsa rsa-pass curve curve-pass nistp dsa; do
    password='' label=plaintext note='gpg --export-secret-keys'
    case $name in *-pass) password=$STRONG label=encrypted note="password $STRONG; $note" ;; esac
    for form in asc pgp; do
      armor=--armor
      [[ $form == pgp ]] && armor=--no-armor
      quiet gpg --homedir "$home" --batch --yes --pinentry-mode loopback --passphrase "$password" $armor \
        --output "$d/$name.secret.$form" --export-secret-keys "$name@keylint.test"
      python3 make.py gpg-rows "$home" "$name@keylint.test" "$d/$name.secret.$form" private-key "$label" "$note"
    done
    quiet gpg --homedir "$home" --batch --yes --armor --output "$d/$name.public.asc" --export "$name@keylint.test"
    python3 make.py gpg-rows "$home" "$name@keylint.test" "$d/$name.public.asc" public-key public 'gpg --export'
  done
  quiet gpg --homedir "$home" --batch --yes --pinentry-mode loopback --passphrase '' --armor \
    --output "$d/curve.subkeys-only.asc" --export-secret-subkeys curve@keylint.test
  python3 make.py gpg-rows "$home" curve@keylint.test "$d/curve.subkeys-only.asc" private-key plaintext \
    'gpg --export-secret-subkeys; the primary key is a GNU dummy without secret' skip-primary
  NODE_PATH=$TOOLS/node_modules "$TOOLS/node_modules/.bin/node" - "$d" "$STRONG" >"$SCRATCH/v6.tsv" <<'END'
const openpgp = require('openpgp');
const { writeFileSync } = require('node:fs');
const [dir, strong] = process.argv.slice(2);
const hex = bytes => Buffer.from(bytes).toString('hex');
(async () => {
  for (const [name, passphrase, extra] of [['v6', undefined, {}], ['v6-pass', strong, {}],
    ['v6-argon2', strong, { aeadProtect: true, s2kType: openpgp.enums.s2k.argon2,
      s2kArgon2Params: { passes: 1, parallelism: 4, memoryExponent: 16 } }]]) {
    const config = { ...openpgp.config, v6Keys: true, ...extra };
    const { privateKey } = await openpgp.generateKey({ type: 'curve25519', passphrase, format: 'object', config,
      userIDs: [{ name: 'Keylint test', email: 'v6@keylint.test' }] });
    writeFileSync(`${dir}/${name}.secret.asc`, privateKey.armor(config));
    writeFileSync(`${dir}/${name}.secret.pgp`, privateKey.write());
    writeFileSync(`${dir}/${name}.public.asc`, privateKey.toPublic().armor(config));
    for (const key of privateKey.getKeys())
      console.log([name, passphrase ? 'encrypted' : 'plaintext', key.keyPacket.version, key.getAlgorithmInfo().algorithm, hex(key.keyPacket.publicParams.A)].join('\t'));
  }
})();
END
  python3 make.py openpgp
}

family_gpg-agent() {
  local d=keys/gpg-agent home=$SCRATCH/gpg-agent name kind note
  mkdir -p "$home" "$d/canonical" "$d/extended"
  chmod 700 "$home"
  echo enable-extended-key-format >"$home/gpg-agent.conf"
  gpg_key "$home" plain@keylint.test '' rsa2048 cv25519
  gpg_key "$home" pass@keylint.test "$STRONG" ed25519 rsa2048
  cp "$home"/private-keys-v1.d/*.key "$d/extended/"
  for name in "$d"/extended/*.key; do
    python3 make.py agent-canonical "$name" "$d/canonical/${name##*/}"
  done
  # An agent must still read the canonical form.
  gpgconf --homedir "$home" --kill all
  cp "$d"/canonical/*.key "$home/private-keys-v1.d/"
  for name in "$d"/canonical/*.key; do
    name=${name##*/}
    gpg-connect-agent --homedir "$home" "readkey ${name%.key}" /bye | tail -n 1 | grep -qx OK
  done
  for kind in canonical extended; do
    note="gpg-agent, $kind format"
    python3 make.py agent-rows "$home" plain@keylint.test "$d/$kind" plaintext "$note"
    python3 make.py agent-rows "$home" pass@keylint.test "$d/$kind" encrypted "password $STRONG; $note"
  done
  gpgconf --homedir "$home" --kill all || true
}

# store_rows PATH FORMAT LABEL ALGORITHM BITS CURVE KEY_ID NOTE: a store with one key and its certificate
store_rows() {
  row "$1" "$2" key-store "$3" - - - - "$8"
  row "$1" "$2" private-key "$3" "$4" "$5" "$6" "$7" "inside; $8"
  row "$1" "$2" certificate public "$4" "$5" "$6" "$7" "inside; $8"
}

family_pkcs12() {
  local d=keys/pkcs12 k=$SCRATCH/p12.key c=$SCRATCH/p12.crt id f
  quiet openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$k"
  certificate "$k" p12.example "$c"
  id=$(kid "$k")
  p12() { # NAME PASSWORD [options]
    f=$d/$1.p12
    local password=$2
    shift 2
    quiet openssl pkcs12 -export -inkey "$k" -in "$c" -name server -passout "pass:$password" -out "$f" "$@"
  }
  p12 modern-changeit changeit
  store_rows "$f" pkcs12 encrypted rsa 2048 - "$id" 'password changeit; openssl pkcs12 -export'
  p12 legacy-changeit changeit -legacy
  store_rows "$f" pkcs12 encrypted rsa 2048 - "$id" 'password changeit; openssl pkcs12 -export -legacy (RC2-40, 3DES, SHA-1 MAC)'
  p12 modern-3des-changeit changeit -certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1
  store_rows "$f" pkcs12 encrypted rsa 2048 - "$id" 'password changeit; openssl pkcs12 -export with PBE-SHA1-3DES'
  p12 empty-password ''
  store_rows "$f" pkcs12 encrypted rsa 2048 - "$id" 'empty password; openssl pkcs12 -export'
  p12 legacy-empty-password '' -legacy
  store_rows "$f" pkcs12 encrypted rsa 2048 - "$id" 'empty password; openssl pkcs12 -export -legacy'
  p12 unencrypted changeit -keypbe NONE -certpbe NONE
  store_rows "$f" pkcs12 plaintext rsa 2048 - "$id" 'only a MAC under changeit; openssl pkcs12 -export -keypbe NONE -certpbe NONE'
  p12 unencrypted-nomac '' -keypbe NONE -certpbe NONE -nomac
  store_rows "$f" pkcs12 plaintext rsa 2048 - "$id" 'no MAC; openssl pkcs12 -export -keypbe NONE -certpbe NONE -nomac'
  p12 modern-strong "$STRONG" -iter 100000
  row "$f" pkcs12 key-store encrypted - - - - "password $STRONG; openssl pkcs12 -export"
  p12 key-encrypted-cert-plain "$STRONG" -certpbe NONE
  row "$f" pkcs12 key-store encrypted - - - - "password $STRONG; openssl pkcs12 -export -certpbe NONE"
  row "$f" pkcs12 certificate public rsa 2048 - "$id" "inside, in plaintext"
  f=$d/truststore-changeit.p12
  quiet openssl pkcs12 -export -nokeys -in "$c" -passout pass:changeit -out "$f"
  row "$f" pkcs12 key-store public - - - - 'password changeit; openssl pkcs12 -export -nokeys; certificates only'
  row "$f" pkcs12 certificate public rsa 2048 - "$id" 'inside; certificates only'
  f=$d/keytool.p12
  quiet keytool -genkeypair -alias app -keyalg EC -groupname secp256r1 -dname CN=keytool.example -validity 3650 \
    -storetype PKCS12 -storepass changeit -keystore "$f"
  quiet keytool -exportcert -rfc -alias app -storepass changeit -keystore "$f" -file "$SCRATCH/x.crt"
  store_rows "$f" pkcs12 encrypted ec 256 P-256 "$(kid_cert "$SCRATCH/x.crt")" 'password changeit; keytool -genkeypair -storetype PKCS12'
  f=$d/keytool-secret.p12
  quiet keytool -genseckey -alias data -keyalg AES -keysize 256 -storetype PKCS12 -storepass changeit -keystore "$f"
  row "$f" pkcs12 key-store encrypted - - - - 'password changeit; keytool -genseckey -storetype PKCS12'
  row "$f" pkcs12 secret-key encrypted aes 256 - - 'inside; password changeit; keytool -genseckey'
  f=$d/keytool-truststore.p12
  quiet keytool -importcert -noprompt -alias ca -file "$c" -storetype PKCS12 -storepass changeit -keystore "$f"
  row "$f" pkcs12 key-store public - - - - 'password changeit; keytool -importcert; certificates only'
  row "$f" pkcs12 certificate public rsa 2048 - "$id" 'inside; certificates only'
}

# java_store STORETYPE FORMAT DIR EXTENSION [keytool options]
java_store() {
  local type=$1 format=$2 d=$3 ext=$4 f id password name
  shift 4
  for name in changeit strong; do
    password=changeit
    [[ $name == strong ]] && password=$STRONG
    f=$d/$name.$ext
    quiet keytool -genkeypair -alias app -keyalg RSA -keysize 2048 -dname "CN=$name.example" -validity 3650 \
      -storetype "$type" -storepass "$password" -keypass "$password" -keystore "$f" "$@"
    quiet keytool -exportcert -rfc -alias app -storetype "$type" -storepass "$password" -keystore "$f" -file "$SCRATCH/x.crt" "$@"
    id=$(kid_cert "$SCRATCH/x.crt")
    if [[ $type == UBER && $name == strong ]]; then
      row "$f" "$format" key-store encrypted - - - - "password $password; keytool -storetype $type"
    else
      store_rows "$f" "$format" encrypted rsa 2048 - "$id" "password $password; keytool -storetype $type"
    fi
  done
  f=$d/truststore.$ext
  quiet keytool -importcert -noprompt -alias ca -file "$SCRATCH/x.crt" -storetype "$type" -storepass changeit -keystore "$f" "$@"
  if [[ $type == UBER ]]; then
    row "$f" "$format" key-store encrypted - - - - "password changeit; keytool -importcert -storetype $type; certificates only"
  else
    row "$f" "$format" key-store public - - - - "integrity password changeit; keytool -importcert -storetype $type; certificates only"
  fi
  row "$f" "$format" certificate public rsa 2048 - "$id" 'inside; certificates only'
}

family_jks() {
  java_store JKS jks keys/jks jks
  local f=keys/jks/two-entries.jks name alg curve
  while read -r name alg bits; do
    quiet keytool -genkeypair -alias "$name" -keyalg "$alg" $bits -dname "CN=$name.example" -validity 3650 \
      -storetype JKS -storepass changeit -keypass changeit -keystore "$f"
  done <<'END'
web EC -groupname secp256r1
old RSA -keysize 1024
END
  row "$f" jks key-store encrypted - - - - 'password changeit; keytool -storetype JKS'
  for name in web:ec:256:P-256 old:rsa:1024:-; do
    IFS=: read -r name alg bits curve <<<"$name"
    quiet keytool -exportcert -rfc -alias "$name" -storepass changeit -keystore "$f" -file "$SCRATCH/x.crt"
    row "$f" jks private-key encrypted "$alg" "$bits" "$curve" "$(kid_cert "$SCRATCH/x.crt")" "inside, alias $name; password changeit"
    row "$f" jks certificate public "$alg" "$bits" "$curve" "$(kid_cert "$SCRATCH/x.crt")" "inside, alias $name"
  done
}

family_jceks() {
  java_store JCEKS jceks keys/jceks jceks
  local f=keys/jceks/secret.jceks
  quiet keytool -genseckey -alias data -keyalg AES -keysize 256 -storetype JCEKS -storepass changeit -keypass changeit -keystore "$f"
  row "$f" jceks key-store encrypted - - - - 'password changeit; keytool -genseckey -storetype JCEKS'
  row "$f" jceks secret-key encrypted - - - - 'inside (AES-256, a sealed Java object); password changeit'
}

family_bks() {
  local bc=(-providerclass org.bouncycastle.jce.provider.BouncyCastleProvider -providerpath "$BCPROV")
  java_store BKS bks keys/bks bks "${bc[@]}"
  java_store UBER uber keys/bks uber "${bc[@]}"
  local f=keys/bks/secret.bks
  quiet keytool -genseckey -alias data -keyalg AES -keysize 256 -storetype BKS -storepass changeit -keypass changeit -keystore "$f" "${bc[@]}"
  row "$f" bks key-store encrypted - - - - 'password changeit; keytool -genseckey -storetype BKS'
  row "$f" bks secret-key encrypted - - - - 'inside (AES-256, a sealed entry); password changeit'
}

family_jwk() { python3 make.py jwk; }
family_config() { python3 make.py config; }

family_age() {
  local d=keys/age recipient id
  quiet age-keygen -o "$d/identity.txt"
  recipient=$(age-keygen -y "$d/identity.txt")
  id=$(python3 make.py bech32-x25519 "$recipient")
  row "$d/identity.txt" age private-key plaintext x25519 - - "$id" 'age-keygen; the recipient stands in a comment'
  grep AGE-SECRET-KEY "$d/identity.txt" >"$d/bare.txt"
  row "$d/bare.txt" age private-key plaintext x25519 - - "$id" 'age-keygen, the line alone'
  printf 'SOPS_AGE_KEY=%s\n' "$(cat "$d/bare.txt")" >"$d/sops.env"
  row "$d/sops.env" age private-key plaintext x25519 - - "$id" 'age-keygen, in an environment file'
  echo "$recipient" >"$d/recipients.txt"
  row "$d/recipients.txt" - - none - - - - 'age-keygen -y'
  age -R "$d/recipients.txt" -a -o "$d/identity.age" "$d/identity.txt"
  row "$d/identity.age" - - none - - - - 'an identity file encrypted by age -R -a: a message, no key can be told'
  age -R "$d/recipients.txt" -o "$d/identity-binary.age" "$d/identity.txt"
  row "$d/identity-binary.age" - - none - - - - 'an identity file encrypted by age -R: a message, no key can be told'
  python3 make.py age
}

family_wireguard() {
  local d=keys/wireguard priv peer pub psk id
  priv=$(wg genkey) peer=$(wg genkey | wg pubkey) psk=$(wg genpsk) pub=$(wg pubkey <<<"$priv")
  id=$(python3 make.py raw-x25519 "$pub")
  cat >"$d/wg0.conf" <<END
[Interface]
Address = 10.8.0.1/24
ListenPort = 51820
PrivateKey = $priv

[Peer]
# branch office
PublicKey = $peer
PresharedKey = $psk
AllowedIPs = 10.8.0.2/32
Endpoint = vpn.keylint.test:51820
PersistentKeepalive = 25
END
  row "$d/wg0.conf" wireguard private-key plaintext x25519 - - "$id" 'wg genkey'
  row "$d/wg0.conf" wireguard secret-key plaintext secret 256 - - 'wg genpsk'
  cat >"$d/peers.conf" <<END
[Peer]
PublicKey = $pub
AllowedIPs = 10.8.0.0/24
Endpoint = hq.keylint.test:51820
END
  row "$d/peers.conf" - - none - - - - 'wg pubkey'
}

family_minisign() {
  local d=keys/minisign id
  quiet minisign -G -W -p "$d/plain.pub" -s "$d/plain.key"
  id=$(python3 make.py tail-ed25519 "$d/plain.pub")
  row "$d/plain.key" minisign private-key plaintext ed25519 - - "$id" 'minisign -G -W'
  row "$d/plain.pub" minisign public-key public ed25519 - - "$id" 'minisign -G -W'
  printf '%s\n%s\n' "$STRONG" "$STRONG" | quiet minisign -G -p "$d/passphrase.pub" -s "$d/passphrase.key"
  row "$d/passphrase.key" minisign private-key encrypted ed25519 - - - "password $STRONG; minisign -G"
  row "$d/passphrase.pub" minisign public-key public ed25519 - - "$(python3 make.py tail-ed25519 "$d/passphrase.pub")" 'minisign -G'
}

family_signify() {
  local d=keys/signify id
  quiet signify-openbsd -G -n -c 'keylint test' -p "$d/plain.pub" -s "$d/plain.sec"
  id=$(python3 make.py tail-ed25519 "$d/plain.pub")
  row "$d/plain.sec" signify private-key plaintext ed25519 - - "$id" 'signify -G -n'
  row "$d/plain.pub" signify public-key public ed25519 - - "$id" 'signify -G -n'
  python3 make.py pty "$STRONG" signify-openbsd -G -c 'keylint test' -p "$d/passphrase.pub" -s "$d/passphrase.sec"
  row "$d/passphrase.sec" signify private-key encrypted ed25519 - - - "password $STRONG; signify -G"
  row "$d/passphrase.pub" signify public-key public ed25519 - - "$(python3 make.py tail-ed25519 "$d/passphrase.pub")" 'signify -G'
}

family_dnssec() {
  local d=keys/dnssec
  quiet dnssec-keygen -K "$d" -a RSASHA256 -b 2048 -f KSK keylint.test
  quiet dnssec-keygen -K "$d" -a ECDSAP256SHA256 keylint.test
  quiet dnssec-keygen -K "$d" -a ECDSAP384SHA384 keylint.test
  quiet dnssec-keygen -K "$d" -a ED25519 keylint.test
  quiet dnssec-keygen -K "$d" -a ED448 keylint.test

  python3 make.py dnssec
}

family_tsig() {
  local d=keys/tsig
  tsig-keygen -a hmac-sha256 transfer.keylint.test >"$d/tsig.key"
  row "$d/tsig.key" tsig secret-key plaintext hmac 256 - - 'tsig-keygen -a hmac-sha256'
  tsig-keygen -a hmac-sha512 update.keylint.test >"$d/tsig-sha512.key"
  row "$d/tsig-sha512.key" tsig secret-key plaintext hmac 512 - - 'tsig-keygen -a hmac-sha512'
  quiet rndc-confgen -a -A hmac-sha256 -c "$d/rndc.key"
  row "$d/rndc.key" tsig secret-key plaintext hmac 256 - - 'rndc-confgen -a'
  { echo 'options { directory "/var/cache/bind"; };'; echo
    tsig-keygen -a hmac-md5 legacy.keylint.test
    echo 'zone "keylint.test" { type primary; file "db.keylint"; allow-transfer { key legacy.keylint.test; }; };'; } >"$d/named.conf"
  row "$d/named.conf" tsig secret-key plaintext hmac 128 - - 'tsig-keygen -a hmac-md5, amid named.conf'
  python3 make.py tsig
}

family_tink() {
  need_tools
  "$TOOLS/venv/bin/python" make.py tink
}

family_microsoft() {
  local d=keys/microsoft k=$SCRATCH/ms.pem id
  quiet openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$k"
  id=$(kid "$k")
  quiet openssl rsa -in "$k" -outform MSBLOB -out "$d/rsa-capi.privateblob"
  row "$d/rsa-capi.privateblob" capi private-key plaintext rsa 2048 - "$id" 'openssl rsa -outform MSBLOB'
  quiet openssl rsa -in "$k" -pubout -outform MSBLOB -out "$d/rsa-capi.publicblob"
  row "$d/rsa-capi.publicblob" capi public-key public rsa 2048 - "$id" 'openssl rsa -pubout -outform MSBLOB'
  quiet openssl rsa -in "$k" -outform PVK -pvk-none -out "$d/rsa.pvk"
  row "$d/rsa.pvk" capi private-key plaintext rsa 2048 - "$id" 'openssl rsa -outform PVK -pvk-none'
  quiet openssl rsa -in "$k" -outform PVK -pvk-strong -provider legacy -provider default -passout "pass:$STRONG" -out "$d/rsa-passphrase.pvk"
  row "$d/rsa-passphrase.pvk" capi private-key encrypted rsa - - - "password $STRONG; openssl rsa -outform PVK -pvk-strong"
  python3 make.py microsoft
}

family_keytab() {
  local d=keys/keytab pw=$STRONG
  quiet ktutil <<END
addent -password -p HTTP/web.keylint.test@KEYLINT.TEST -k 3 -e aes256-cts-hmac-sha1-96
$pw
addent -password -p HTTP/web.keylint.test@KEYLINT.TEST -k 3 -e aes128-cts-hmac-sha256-128
$pw
wkt $d/http.keytab
END
  row "$d/http.keytab" keytab secret-key plaintext aes 256 - - 'ktutil, aes256-cts-hmac-sha1-96'
  row "$d/http.keytab" keytab secret-key plaintext aes 128 - - 'ktutil, aes128-cts-hmac-sha256-128'
  quiet ktutil <<END
addent -password -p svc@KEYLINT.TEST -k 1 -e arcfour-hmac
$pw
wkt $d/legacy.keytab
END
  row "$d/legacy.keytab" keytab secret-key plaintext rc4 128 - - 'ktutil, arcfour-hmac'
}

family_ethereum() {
  need_tools
  "$TOOLS/venv/bin/python" make.py ethereum
}

family_openvpn() {
  local d=keys/openvpn
  quiet openvpn --genkey secret "$d/static.key"
  row "$d/static.key" openvpn secret-key plaintext secret 2048 - - 'openvpn --genkey secret'
  quiet openvpn --genkey tls-crypt-v2-server "$d/tls-crypt-v2-server.key"
  row "$d/tls-crypt-v2-server.key" openvpn secret-key plaintext secret 1024 - - 'openvpn --genkey tls-crypt-v2-server'
  quiet openvpn --tls-crypt-v2 "$d/tls-crypt-v2-server.key" --genkey tls-crypt-v2-client "$d/tls-crypt-v2-client.key"
  row "$d/tls-crypt-v2-client.key" openvpn secret-key plaintext secret 2048 - - 'openvpn --genkey tls-crypt-v2-client; the wrapped twin for the server follows it'
  quiet openvpn --genkey auth-token "$d/auth-token.key"
  row "$d/auth-token.key" openvpn secret-key plaintext secret 1024 - - 'openvpn --genkey auth-token'
  { echo client; echo 'remote vpn.keylint.test 1194 udp'; echo key-direction 1; echo '<tls-auth>'; cat "$d/static.key"; echo '</tls-auth>'; } >"$d/client.ovpn"
  row "$d/client.ovpn" openvpn secret-key plaintext secret 2048 - - 'the static key inline'
}

family_encodings() {
  local k
  quiet openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$SCRATCH/enc-rsa.pem"
  quiet openssl genpkey -algorithm ed25519 -out "$SCRATCH/enc-ed25519.pem"
  for k in rsa ed25519; do
    python3 make.py encodings "$k" "$SCRATCH/enc-$k.pem" "$(kid "$SCRATCH/enc-$k.pem")"
  done
}

family_negatives() {
  local d=keys/negatives k=$SCRATCH/neg.pem id home=$SCRATCH/gpgn
  quiet openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$k"
  id=$(kid "$k")
  quiet openssl pkey -in "$k" -pubout -out "$d/public.pem"
  row "$d/public.pem" pem public-key public rsa 2048 - "$id" 'openssl pkey -pubout'
  certificate "$k" negative.example "$d/server.crt"
  row "$d/server.crt" pem certificate public rsa 2048 - "$id" 'openssl req -x509'
  quiet openssl x509 -in "$d/server.crt" -outform DER -out "$d/server.cer"
  row "$d/server.cer" der certificate public rsa 2048 - "$id" 'openssl x509'
  quiet openssl x509 -in "$d/server.crt" -text -out "$d/server-text.crt"
  row "$d/server-text.crt" pem certificate public rsa 2048 - "$id" 'openssl x509 -text'
  quiet openssl crl2pkcs7 -nocrl -certfile "$d/server.crt" -out "$d/chain.p7b"
  row "$d/chain.p7b" - - none - - - - 'openssl crl2pkcs7; a PKCS#7 of certificates'
  quiet openssl req -new -key "$k" -subj /CN=negative.example -out "$d/server.csr"
  row "$d/server.csr" - - none - - - - 'openssl req -new; a request'
  quiet openssl pkcs12 -export -nokeys -in "$d/server.crt" -passout pass:changeit -out "$d/ca-only.p12"
  row "$d/ca-only.p12" pkcs12 key-store public - - - - 'password changeit; openssl pkcs12 -export -nokeys; certificates only'
  row "$d/ca-only.p12" pkcs12 certificate public rsa 2048 - "$id" 'inside'
  quiet openssl dgst -sha256 -sign "$k" -out "$d/signature.bin" "$k"
  row "$d/signature.bin" - - none - - - - 'openssl dgst -sign'
  mkdir -p "$home" && chmod 700 "$home"
  gpg_key "$home" public@keylint.test '' rsa2048 rsa2048
  quiet gpg --homedir "$home" --batch --yes --armor --output "$d/maintainer.asc" --export public@keylint.test
  python3 make.py gpg-rows "$home" public@keylint.test "$d/maintainer.asc" public-key public 'gpg --export'
  echo 'release notes' >"$SCRATCH/notes.txt"
  quiet gpg --homedir "$home" --batch --yes --armor --detach-sign --output "$d/notes.txt.asc" "$SCRATCH/notes.txt"
  row "$d/notes.txt.asc" - - none - - - - 'gpg --detach-sign'
  gpgconf --homedir "$home" --kill all || true
  python3 make.py negatives "$k" "$id"
}

# Of keys of the families above: those must be there.
family_hex() { python3 make.py spelled hex; }
family_arrays() { python3 make.py spelled arrays; }
family_escapes() { python3 make.py escaped escapes; }
family_quoting() { python3 make.py escaped quoting; }
family_charsets() { python3 make.py escaped charsets; }

make_demo() {
  rm -rf demo
  python3 make.py demo
}

main() {
  local family wanted=("$@")
  ((${#wanted[@]})) || wanted=("${FAMILIES[@]}" demo)
  local drop=()
  for family in "${wanted[@]}"; do
    echo "$family" >&2
    if [[ $family == demo ]]; then
      make_demo
      drop+=(demo/)
    else
      rm -rf "keys/$family"
      mkdir -p "keys/$family"
      "family_$family"
      drop+=("keys/$family/")
    fi
  done
  python3 make.py expect "${drop[@]}"
}

main "$@"
