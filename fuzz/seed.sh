#!/usr/bin/env bash
# Fills fuzz/corpus/TARGET with the fixtures of its family, and with a few stores that cost the
# fuzzer less than people's own. What is there already stays.
#
#   fuzz/seed.sh             all targets
#   fuzz/seed.sh pem der     some of them
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
keys=testdata/keys
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

add() { # TARGET FILE… - named by their content, so that equal ones are one
    local target=$1 file
    shift
    mkdir -p "fuzz/corpus/$target"
    for file in "$@"; do
        [[ -f $file ]] || continue
        cp "$file" "fuzz/corpus/$target/$(sha1sum "$file" | cut -c1-16)"
    done
}

seed_pem() { add pem $keys/{rsa,dsa,dh,ec,edwards,encodings,unknown-oid,negatives}/*.{pem,md,txt}; }

seed_der() {
    add der $keys/{rsa,dsa,dh,ec,edwards,pqc,encodings,unknown-oid}/*.der $keys/negatives/server.*
    # The same in DER of what there is in PEM only: explicit curves among others.
    local file
    for file in "$keys"/{ec,dh,dsa,edwards,pqc,rsa}/*.pem; do
        sed -n '/^[A-Za-z0-9+/=]*$/p' "$file" | base64 -d >"$work/der" 2>/dev/null || continue
        add der "$work/der"
    done
}

seed_pkcs12() {
    add pkcs12 $keys/pkcs12/* $keys/negatives/*.p12
    # Stores of one iteration, which the fuzzer opens and so sees inside.
    local cipher
    for cipher in PBE-SHA1-3DES AES-256-CBC NONE; do
        openssl pkcs12 -export -iter 1 -maciter -passout pass: -keypbe "$cipher" \
            -certpbe "$cipher" -inkey $keys/rsa/rsa-1024.pkcs8.pem -nocerts \
            -name fuzz -out "$work/p12" 2>/dev/null || continue
        add pkcs12 "$work/p12"
    done
}

seed_java() { add java $keys/{jks,jceks,bks}/*; }
seed_ssh() { add ssh $keys/{openssh,ppk,sshcom}/* $keys/negatives/{id_rsa.pub,known_hosts}; }
seed_openpgp() { add openpgp $keys/{openpgp,gpg-agent}/* $keys/negatives/*.asc; }
seed_json() { add json $keys/{jwk,tink,ethereum}/* $keys/negatives/*.json $keys/config/*account.json; }

seed_text() {
    add text $keys/{age,wireguard,minisign,signify,dnssec,tsig,openvpn}/* $keys/config/inline.ovpn \
        $keys/negatives/{peer,template}.conf
}

seed_microsoft() { add microsoft $keys/microsoft/* $keys/negatives/public.xml; }
seed_keytab() { add keytab $keys/keytab/*; }

# Of every layer, and what is packed also unpacked, so that a change reaches its parser. Of disks
# the front, where what they hold is written down: large ones would only be slow.
seed_containers() {
    local file
    for file in testdata/{layers,layers/nested,documents,git,disks}/*; do
        [[ $file == *bomb* || $(stat -c %s "$file") -gt 100000 ]] || add containers "$file"
    done
    for file in testdata/{disks,documents,git}/*.gz testdata/layers/plain.gzip; do
        gzip -dc <"$file" | head -c 300000 >"$work/unpacked" || true
        add containers "$work/unpacked"
    done
    for file in testdata/layers/nested/*; do
        zstd -dcq <"$file" >"$work/unpacked"
        add containers "$work/unpacked"
    done
}

seed_decode() {
    add decode $keys/encodings/* $keys/config/* testdata/documents/*.{sql,tsv,bson,json,har,ipynb,mdb}
}

seed_whole() { add whole $keys/*/* testdata/documents/*.{sql,tsv,bson,json,eml,pdf,pgdump,rdb}; }
seed_config() { add config src/keylint.toml .ci/keylint.toml; }

seed_rule() {
    local file
    for file in rules/{link,material}/*.yaml; do
        sed 's/^id: .*/id: fuzzed/' "$file" >"$work/rule"
        add rule "$work/rule"
    done
}

# What the program itself writes of the fixtures.
seed_facts() { seed_written; }
seed_register() { seed_written; }

seed_written() {
    local family keylint=(cargo run --quiet --)
    [[ -z ${KEYLINT:-} ]] || keylint=("$KEYLINT")
    for family in pkcs12 openssh jwk rsa negatives; do
        "${keylint[@]}" inspect --no-progress --no-ignore $keys/$family --output "$work/facts"
        add facts "$work/facts"
        "${keylint[@]}" judge "$work/facts" --exit-zero --format json --output "$work/report" \
            --observed "$work/register.json" || true
        add register "$work/register.json"
        "${keylint[@]}" judge "$work/facts" --exit-zero --format json --output "$work/report" \
            --observed "$work/register.cdx.json" || true
        add register "$work/register.cdx.json"
    done
}

if [[ $# == 0 ]]; then
    set -- pem der pkcs12 java ssh openpgp json text microsoft keytab containers decode whole config rule \
        facts register
fi
for target in "$@"; do
    "seed_$target"
    printf '%s: %d seeds\n' "$target" "$(find "fuzz/corpus/$target" -type f | wc -l)"
done
