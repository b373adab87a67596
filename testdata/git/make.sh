#!/usr/bin/env bash
# Makes the repositories in this directory anew, with git, tar and mke2fs. tests/git.rs says what must
# be found in them. In their history a key (ec/p-256.pkcs8.pem) came and went, and its version of the
# file is kept as a delta on the last one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=1700000000
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_TEMPLATE_DIR=
export GIT_AUTHOR_NAME=Fern GIT_AUTHOR_EMAIL=fern@example.com GIT_AUTHOR_DATE='1700000000 +0000'
export GIT_COMMITTER_NAME=Fern GIT_COMMITTER_EMAIL=fern@example.com GIT_COMMITTER_DATE='1700000000 +0000'

here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find . -type f ! -name make.sh -delete
key=$here/../keys/ec/p-256.pkcs8.pem
other=$here/../keys/rsa/rsa-1024.pkcs8.pem
cd "$work"

repository() { # directory, form of objects
  git init -q -b main --object-format="$2" "$1"
  cd "$1"
  mkdir -p deploy/config
  commit() { git add . && git commit -q -m "$1"; }
  seq 1 1000 >deploy/config/server.key && commit 'Begin'
  { seq 1 400; cat "$key"; seq 401 1000; } >deploy/config/server.key && commit 'Add a key'
  { seq 1 400; echo -----BEGIN PRIVATE KEY-----; echo ...; echo -----END PRIVATE KEY-----
    seq 401 1400; } >deploy/config/server.key
  # In what a commit says.
  commit "Take the key out, and put this one nowhere:
$(cat "$other")"
  git tag -a -m 'The first' v1
  cd ..
}
archive() { tar --exclude=.git/index --sort=name --mtime=@1700000000 --owner=0 --group=0 --numeric-owner -cf - "$1" | gzip -9n; }

repository checkout sha1
archive checkout >"$here/loose.tar.gz"
git -C checkout gc -q --aggressive --prune=now
(cd checkout/.git/objects/pack && git verify-pack -v ./*.idx) | grep -c 'blob .* [0-9a-f]\{40\}$' >/dev/null
archive checkout >"$here/packed.tar.gz"
cp checkout/.git/objects/pack/*.pack "$here/plain.pack"
git -C checkout bundle create -q "$here/whole.bundle" --all
git -C checkout bundle create -q "$here/thin.bundle" main~2..main
# Deltas that name their base: as old versions of git write them, and as it fetches and completes them.
printf '%s\n' main v1 | git -C checkout pack-objects -q --revs --stdout >"$here/named.pack"
printf '%s\n' main ^main~2 | git -C checkout pack-objects -q --revs --thin --stdout >"$here/thin.pack"
git init -q --bare fixed.git
git -C checkout push -q "$PWD/fixed.git" main~2:refs/heads/old
git -C fixed.git index-pack --stdin --fix-thin <"$here/thin.pack" >/dev/null
cp fixed.git/objects/pack/*.pack "$here/fixed.pack"

mkdir -p image/srv/git && git clone -q --bare checkout image/srv/git/x.git
find image -exec touch -h -d @1700000000 {} +
truncate -s 1M image.ext4
mke2fs -q -t ext4 -E hash_seed=00000000-0000-4000-8000-000000000000,root_owner=0:0 \
  -U 00000000-0000-4000-8000-000000000001 -O ^has_journal -d image image.ext4
gzip -9nc image.ext4 >"$here/image.ext4.gz"

repository sha256 sha256
git -C sha256 gc -q --aggressive --prune=now
cp sha256/.git/objects/pack/*.pack "$here/sha256.pack"
git -C sha256 bundle create -q "$here/sha256.bundle" --all
