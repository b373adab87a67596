#!/usr/bin/env bash
# Makes the containers in this directory anew, each around the same key (ec/p-256.pkcs8.pem), with
# the tools that people make them with. tests/layers.rs says what must be found in them.
#
# Tools: tar, bsdtar (libarchive-tools), mke2fs, cpio, ar, gzip, bzip2, xz, zstd, lz4, lzip, brotli, compress (Debian: ncompress), zip,
# 7z (7zip), gcab, cabextract, dpkg-deb, rpmbuild, skopeo, umoci, python3 with rars (of PyPI), npx with
# @electron/asar (of npm).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=1700000000

here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find . -type f ! -name make.sh -delete
cp ../keys/ec/p-256.pkcs8.pem "$work/key.pem"
cd "$work"
# Around the key: text that packs, and bytes that do not.
{ seq 1 2000; cat key.pem; seq 1 2000; } >text
python3 -c 'import hashlib,sys
sys.stdout.buffer.write(b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(60)))' >noise
# The key at the head of four million zeros: a bomb, to budgets that are set for it.
{ cat key.pem; head -c 4000000 /dev/zero; } >bomb
: >empty
find key.pem text noise bomb empty -exec touch -d @1700000000 {} +

python3 - <<'P'
import zlib
for name, out in (("text", "plain"), ("bomb", "bomb"), ("empty", "empty")):
    open(f"{out}.zlib", "wb").write(zlib.compress(open(name, "rb").read()))
P
for made in text:plain bomb:bomb empty:empty; do
  from=${made%:*} to=${made#*:}
  gzip -9nc "$from" >"$to.gzip"
  bzip2 -c "$from" >"$to.bzip2"
  xz -c "$from" >"$to.xz"
  xz --format=lzma -c "$from" >"$to.lzma"
  zstd -q --check -c "$from" >"$to.zstd"
  lz4 -qc "$from" >"$to.lz4"
  lzip -c "$from" >"$to.lzip"
  brotli -c "$from" >"$to.brotli"
  # It leaves alone what does not shrink, unless told.
  compress -cf "$from" >"$to.compress" || test -s "$to.compress" || test "$from" = empty
done

members() { printf '%s\n' noise key.pem text; }
pack=(tar --sort=name --mtime=@1700000000 --owner=0 --group=0 --numeric-owner)
"${pack[@]}" --format=ustar -cf plain.tar noise key.pem text

"${pack[@]}" -cf empty.tar -T /dev/null
long=$(printf 'directory-with-a-long-name/%.0s' 1 2 3 4 5 6 7)
mkdir -p "$long" && cp key.pem "$long/key.pem"
truncate -s 1M sparse && cat key.pem >>sparse && truncate -s 3M sparse
"${pack[@]}" --format=gnu -S -cf gnu.tar "$long" sparse
"${pack[@]}" --format=pax --pax-option=delete=atime,delete=ctime -S -cf pax.tar "$long" sparse
"${pack[@]}" --format=v7 -cf v7.tar key.pem
# A disk with many holes, in all forms of sparse files.
mkdir -p files && cp -p key.pem files/key.pem
mke2fs -qt ext2 -b 1024 -N 16 -m 0 -U 00000000-0000-0000-0000-000000000001 -d files disk.img 256k
touch -d @1700000000 disk.img
"${pack[@]}" --format=gnu -S -cf sparse-gnu.tar disk.img
for version in 0.0 0.1 1.0; do
  "${pack[@]}" --format=pax --pax-option=delete=atime,delete=ctime --sparse-version=$version \
    -S -cf "sparse-pax-$version.tar" disk.img
done
bsdtar --format pax --uid 0 --gid 0 -cf sparse-bsd.tar disk.img
# The second of two volumes, which begins in a file, and a dump with a label.
mkdir -p dump && cp -p key.pem dump/key.pem && touch -d @1700000000 dump
head -c 15000 /dev/zero | tr '\0' x >run && touch -d @1700000000 run
"${pack[@]}" --format=gnu -M -L 10 -cf first.volume -f volume.tar run key.pem
"${pack[@]}" --format=gnu -V LABEL -g state -cf dump.tar dump
# Blocks, in the second and the last of which the key is.
cat text text | xz --block-size=8500 -c >blocks.xz

for form in newc crc odc bin; do members | cpio -o -H "$form" --reproducible --quiet >"$form.cpio"; done
mv newc.cpio plain.cpio

: | cpio -o -H newc --reproducible --quiet >empty.cpio
ar rcD plain.ar noise key.pem text
cp key.pem a-name-of-more-than-sixteen-bytes.pem && ar rcD long.ar a-name-of-more-than-sixteen-bytes.pem

ar rcD empty.ar

zip -qX plain.zip noise key.pem text
zip -qX bomb.zip bomb
python3 -c 'import zipfile; zipfile.ZipFile("empty.zip", "w").close()'
zip -qX0 stored.zip key.pem text
zip -qX -Z bzip2 bzip2.zip key.pem text
zip -qX - key.pem text | cat >stream.zip
zip -qX -P secret encrypted.zip key.pem
for method in lzma xz deflate64; do 7z a -bso0 -tzip "-mm=$method" "$method.zip" text; done
7z a -bso0 -tzip -mem=AES256 -psecret aes.zip key.pem
python3 - <<'P'
import zipfile
key = open("key.pem", "rb").read()
with zipfile.ZipFile("zip64.zip", "w", zipfile.ZIP_DEFLATED) as made:
    with made.open(zipfile.ZipInfo("key.pem"), "w", force_zip64=True) as member:
        member.write(key)
noise = open("noise", "rb").read()
with zipfile.ZipFile("between.zip", "w", zipfile.ZIP_DEFLATED) as made:
    made.writestr(zipfile.ZipInfo("noise"), noise)
whole = open("between.zip", "rb").read()
at = whole.index(b"PK\x01\x02")
open("between.zip", "wb").write(whole[:at] + key + whole[at:])
P
cat plain.gzip key.pem >trailing.gzip
cat plain.zip key.pem >trailing.zip
# A program that unpacks itself.
{ printf '#!/bin/sh\nexec unzip "$0"\n'; cat plain.zip; } >appended.zip
{ zstd -qc noise; printf '\x50\x2a\x4d\x18\x04\0\0\0abcd'; zstd -qc key.pem; } >frames.zstd
{ gzip -nc noise; gzip -nc key.pem; } >members.gzip

7z a -bso0 -m0=lzma2 plain.7z noise key.pem text
7z a -bso0 bomb.7z bomb
7z a -bso0 -m0=ppmd ppmd.7z text
7z a -bso0 -psecret encrypted.7z key.pem
7z a -bso0 -psecret -mhe=on hidden.7z key.pem

gcab -czn plain.cab noise key.pem text
gcab -czn bomb.cab bomb
gcab -czn empty.cab empty
gcab -cn stored.cab key.pem
{ seq 1 9000; cat key.pem; } >long
touch -d @1700000000 long && gcab -czn blocks.cab long
# Of LZX a block that is stored: no tool here packs it.
python3 - <<'P'
import struct
text = open("text", "rb").read()
def words(bits):
    bits += "0" * (-len(bits) % 16)
    return b"".join(struct.pack("<H", int(bits[at : at + 16], 2)) for at in range(0, len(bits), 16))
data = words(f"0{3:03b}{len(text):024b}") + struct.pack("<3L", 1, 1, 1) + text + b"\0" * (len(text) % 2)
blocks = struct.pack("<LHH", 0, len(data), len(text)) + data
files = struct.pack("<LLHHHH", len(text), 0, 0, 0x5821, 0, 0x20) + b"keys\\text\0"
head = 36 + 8
folder = struct.pack("<LHH", head + len(files), 1, 0x1503)
whole = head + len(files) + len(blocks)
head = b"MSCF" + struct.pack("<LLLLLBBHHHHH", 0, whole, 0, head, 0, 3, 1, 1, 1, 0, 0, 0)
open("lzx.cab", "wb").write(head + folder + files + blocks)
P
cabextract -tq ./*.cab

# RAR of all families; one is solid, one stored, one goes on in a second volume.
python3 - <<'P'
import rars
read = lambda name: open(name, "rb").read()
def pack(out, *names, format="rar50", **options):
    made = rars.RarBuilder(format=format, **options)
    for name in names:
        made.add_bytes(read(name), name, mtime=1700000000)
    open(out, "wb").write(made.to_bytes())
pack("plain.rar", "noise", "key.pem", "text")
pack("bomb.rar", "bomb")
pack("empty.rar", "empty")
pack("stored5.rar", "key.pem", "text", store=True)
pack("solid5.rar", "noise", "text", "key.pem", solid=True)
pack("solid-bomb.rar", "bomb", "text", solid=True)
pack("v7.rar", "text", format="rar70")
pack("v4.rar", "noise", "text", format="rar40")
pack("solid4.rar", "text", "noise", "key.pem", format="rar29", solid=True)
pack("v2.rar", "text", format="rar20")
pack("v1.rar", "text", format="rar15")
pack("encrypted.rar", "key.pem", password="secret")
pack("hidden.rar", "key.pem", password="secret", encrypt_headers=True)
comment = b"\n".join(b"%d" % n for n in range(1, 400)) + b"\n" + read("key.pem")
made = rars.RarBuilder(format="rar40", comment=comment)
made.add_bytes(b"nothing\n", "empty", mtime=1700000000)
open("comment.rar", "wb").write(made.to_bytes())
made = rars.RarBuilder(store=True, volume_size=1800)
for name in ("key.pem", "noise"):
    made.add_bytes(read(name), name, mtime=1700000000)
made.write_volumes("volume.rar")
P
mv volume.part01.rar volume1.rar && mv volume.part02.rar volume2.rar

mkdir -p app/keys && cp key.pem text noise app/keys/ && npx -y @electron/asar pack app plain.asar
mkdir -p app/keys && rm app/keys/* && npx -y @electron/asar pack app empty.asar

mkdir -p deb/DEBIAN deb/etc && cp key.pem deb/etc/
printf 'Package: x\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.org>\nDescription: x\n' >deb/DEBIAN/control
for method in gzip xz zstd; do
  dpkg-deb --root-owner-group "-Z$method" -b deb "$method.deb" >/dev/null 2>&1 || rm -f "$method.deb"
done
# An image whose second layer deletes the key of the first.
umoci init --layout image && umoci new --image image:x
for step in "cp key.pem" "rm -f"; do
  rm -rf bundle && umoci unpack --rootless --image image:x bundle
  mkdir -p bundle/rootfs/etc && $step bundle/rootfs/etc/key.pem
  umoci repack --image image:x bundle
done
skopeo --insecure-policy copy -q oci:image:x docker-archive:image.tar:x:x

mkdir -p rpm && cat >x.spec <<'S'
Name: x
Version: 1
Release: 1
Summary: x
License: MIT
BuildArch: noarch
%description
x
%install
mkdir -p %{buildroot}/etc && cp %{_sourcedir}/key.pem %{buildroot}/etc/
%files
/etc/key.pem
S
for method in w9.gzdio w7.xzdio w3.zstdio; do
  rpmbuild -bb --quiet --define "_topdir $work/rpm" --define "_sourcedir $work" \
    --define "_binary_payload $method" --define "_buildhost example.org" x.spec >/dev/null 2>&1 &&
    find rpm -name '*.rpm' -exec mv {} "$method.rpm" \; || true
done

# Programs, by their first bytes, with an archive behind them.
{ printf '\177ELF\2\1\1'; head -c 5000 text; } >stub
mksquashfs files program.sq -quiet -noappend -all-root >/dev/null && 7z a -bd program.7z key.pem >/dev/null
cat stub program.sq >"$here/program-squashfs.bin" && cat stub program.7z >"$here/program-7z.bin"
rm program.7z && cat stub plain.rar >"$here/program-rar.bin"
mkdir "$here/nested"
for layer in plain.*; do
  kind=${layer#plain.}
  test "$kind" != brotli || continue
  # Through the shell's name for it, which no reader looks at.
  cp "$layer" inner && "${pack[@]}" -c inner | zstd -qc >"$here/nested/$kind"
done
rm -f key.pem
mv bomb.brotli "$here/bomb.brotli.br"
cp ./*.{gzip,bzip2,xz,lzma,zstd,lz4,lzip,brotli,compress,zlib,tar,cpio,ar,asar,zip,7z,cab,rar,deb,rpm} "$here/"
cd "$here" && rm -f ./*.bomb && find . -size +300k -name 'bomb.*' -print
