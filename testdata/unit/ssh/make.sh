#!/bin/sh
# Makes the keys of the unit tests of src/formats/{openssh,sshcom,ssh_public,ppk,openpgp,gpg_agent,
# openvpn}.rs, and ids.tsv: the SHA-256 of their SubjectPublicKeyInfo as python3-cryptography
# (OpenSSL) encodes it. Tools: ssh-keygen 9.2, puttygen 0.78, gpg 2.2, openvpn.
set -eu
cd "$(dirname "$0")"
rm -f ./*.key ./*.ssh ./*.pub ./*.ppk ./*.sshcom ./*.gpg ./ids.tsv
SCRATCH=$(mktemp -d)
export GNUPGHOME="$SCRATCH/gpg"
trap 'gpgconf --kill all 2>/dev/null || true; rm -rf "$SCRATCH"' EXIT

ssh() { # NAME TYPE BITS
  ssh-keygen -q -t "$2" -b "$3" -N '' -C "$1@keylint.test" -f "$SCRATCH/$1"
  cp "$SCRATCH/$1" "$1.ssh"
  cp "$SCRATCH/$1.pub" "$1.pub"
}
ssh rsa rsa 1024
ssh dsa dsa 1024
ssh ecdsa256 ecdsa 256
ssh ecdsa384 ecdsa 384
ssh ecdsa521 ecdsa 521
ssh ed25519 ed25519 256
for cipher in aes256-ctr aes128-cbc 3des-cbc aes256-gcm@openssh.com chacha20-poly1305@openssh.com; do
  cp "$SCRATCH/ed25519" "$SCRATCH/sealed"
  ssh-keygen -q -p -P '' -N 'Vn7-plover' -a 7 -Z "$cipher" -f "$SCRATCH/sealed" >/dev/null
  cp "$SCRATCH/sealed" "ed25519.${cipher%%@*}.ssh"
done
ssh-keygen -q -s "$SCRATCH/ed25519" -I 'test id' -n alice -V 20200101:20300101 "$SCRATCH/ecdsa256.pub"
cp "$SCRATCH/ecdsa256-cert.pub" ecdsa256-cert.pub

: >"$SCRATCH/empty"; printf changeit >"$SCRATCH/known"; printf Vn7-plover >"$SCRATCH/strong"
for name in rsa dsa ecdsa256 ed25519; do
  for version in 2 3; do
    puttygen "$SCRATCH/$name" -O private -o "$name.v$version.ppk" --new-passphrase "$SCRATCH/empty" \
      --ppk-param "version=$version"
  done
done
puttygen "$SCRATCH/ed25519" -O private -o ed25519.v2.changeit.ppk --new-passphrase "$SCRATCH/known" --ppk-param version=2
puttygen "$SCRATCH/ed25519" -O private -o ed25519.v2.strong.ppk --new-passphrase "$SCRATCH/strong" --ppk-param version=2
puttygen "$SCRATCH/ed25519" -O private -o ed25519.v3.strong.ppk --new-passphrase "$SCRATCH/strong" --ppk-param version=3,time=20
for name in rsa dsa; do
  puttygen "$SCRATCH/$name" -O private-sshcom -o "$name.sshcom" --new-passphrase "$SCRATCH/empty"
  puttygen "$SCRATCH/$name" -O private-sshcom -o "$name.strong.sshcom" --new-passphrase "$SCRATCH/strong"
done

openvpn --genkey secret openvpn-static.key
openvpn --genkey tls-crypt-v2-server openvpn-tls-crypt-v2-server.key
openvpn --tls-crypt-v2 openvpn-tls-crypt-v2-server.key --genkey tls-crypt-v2-client openvpn-tls-crypt-v2-client.key

mkdir -m 700 "$GNUPGHOME"
pgp() { # NAME PASSWORD ALGORITHM SUBKEY-ALGORITHM
  quiet="gpg --batch --yes --quiet --no-tty --pinentry-mode loopback --s2k-count 65536"
  $quiet --passphrase "$2" --quick-gen-key "$1 <$1@keylint.test>" "$3" default never 2>/dev/null
  fpr=$(gpg --with-colons --list-keys "$1@" 2>/dev/null | awk -F: '/^fpr/{print $10; exit}')
  $quiet --passphrase "$2" --quick-add-key "$fpr" "$4" encr never
  $quiet --passphrase "$2" --output "$1.secret.gpg" --export-secret-keys "$1@"
  $quiet --output "$1.public.gpg" --export "$1@"
  gpg --with-colons --with-key-data --with-keygrip --list-keys "$1@" 2>/dev/null >>"$SCRATCH/colons"
}
pgp rsa '' rsa1024 rsa1024
pgp dsa '' dsa1024 elg1024
pgp curve '' ed25519 cv25519
pgp nistp '' nistp256 nistp384
pgp brainpool '' brainpoolP256r1 brainpoolP512r1
pgp koblitz '' secp256k1 secp256k1
pgp sealed Vn7-plover ed25519 cv25519
gpg --batch --yes --quiet --pinentry-mode loopback --passphrase '' --output curve.subkeys.gpg --export-secret-subkeys curve@
python3 make.py "$SCRATCH" "$GNUPGHOME/private-keys-v1.d"
