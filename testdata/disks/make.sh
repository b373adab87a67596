#!/usr/bin/env bash
# Makes the images in this directory anew, each around the same key (ec/p-256.pkcs8.pem), with the
# tools that people make them with. tests/disks.rs says what must be found in them. All are packed
# with gzip, which keylint opens on the way.
#
# Tools (Debian packages): attr, btrfs-progs, cryptsetup-bin, dosfstools, e2fsprogs, exfatprogs,
# fdisk, gdisk, genisoimage, lvm2, mtools, ntfs-3g, python3, qemu-utils, skopeo, squashfs-tools,
# udftools, umoci, xfsprogs, zip, zstd.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=1700000000

here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find . -type f ! -name make.sh ! -name lvm.sh ! -name '*.py' -delete
cp ../keys/ec/p-256.pkcs8.pem "$work/key.pem"
cd "$work"
keep() { for made in "$@"; do gzip -9nc "$made" >"$here/$made.gz"; done; }
seq 1 2000 >text

# A disk of one MiB with the key at its middle, across the end of a cluster, and text before it.
raw() {
  truncate -s 0 raw && cat text >raw && truncate -s 589700 raw && cat key.pem >>raw
  truncate -s 917504 raw && cat text >>raw && truncate -s 1M raw
}
raw
to() { qemu-img convert -q -f raw -O "$1" ${3:+-o "$3"} raw "$2"; }
to qcow2 v2.qcow2 compat=0.10
to qcow2 v3.qcow2 compat=1.1,cluster_size=4096
qemu-img convert -q -c -f raw -O qcow2 -o cluster_size=4096 raw zlib.qcow2
qemu-img convert -q -c -f raw -O qcow2 -o cluster_size=65536,compression_type=zstd raw zstd.qcow2
to qcow2 subclusters.qcow2 extended_l2=on,cluster_size=65536
# The key only in a snapshot; then an image on top of another; then one that is encrypted.
cp v3.qcow2 snapshot.qcow2 && qemu-img snapshot -c before snapshot.qcow2
qemu-io -f qcow2 -c 'write -z 0 1M' snapshot.qcow2 >/dev/null
qemu-img create -q -f qcow2 -b v3.qcow2 -F qcow2 based.qcow2
qemu-io -f qcow2 -c 'write -P 65 0 4k' based.qcow2 >/dev/null
qemu-img convert -q -f raw -O qcow2 --object secret,id=s,data=secret \
  -o encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10 raw encrypted.qcow2
truncate -s 128K encrypted.qcow2
to vpc dynamic.vhd subformat=dynamic
to vpc fixed.vhd subformat=fixed,force_size=on
to vhdx dynamic.vhdx subformat=dynamic,block_size=1M
to vhdx fixed.vhdx subformat=fixed,block_size=1M
to vmdk sparse.vmdk subformat=monolithicSparse
to vmdk stream.vmdk subformat=streamOptimized
# Kinds that nothing reads.
for kind in vdi qed parallels; do to $kind raw.$kind; done
to vdi fixed.vdi static=on
truncate -s 64K swap.img && mkswap -q swap.img && dd if=key.pem of=swap.img bs=4096 seek=5 conv=notrunc status=none
truncate -s 600K files.udf && mkudffs -b 2048 files.udf >/dev/null

# Partitions, with the key at the head of the last, and behind them all.
truncate -s 2M parts.mbr
printf '%s\n' 2048,512 2560,1536,E 2561,200 2800,300 |
  sfdisk -q --no-reread --no-tell-kernel parts.mbr
dd if=key.pem of=parts.mbr bs=512 seek=2800 conv=notrunc status=none
truncate -s 2M parts.gpt
sgdisk -a 1 -U 00000000-0000-4000-8000-000000000000 -n 1:64:2000 -c 1:boot -n 2:2048:3000 parts.gpt >/dev/null
for at in 2048 3500; do dd if=key.pem of=parts.gpt bs=512 seek=$at conv=notrunc status=none; done

# Files: at the root, in directories, in pieces with holes, and one that was deleted.
tree() {
  mkdir -p tree/etc/ssl && cp key.pem tree/etc/ssl/server.pem && cp text tree/text
  truncate -s 400000 tree/sparse && cat key.pem >>tree/sparse && truncate -s 600K tree/sparse
  gzip -9nc key.pem >tree/key.gz && : >tree/empty
}
tree
ext() {
  local image=$1 && shift
  { cat key.pem; seq 1 3000; } >deleted
  rm -f "$image" && truncate -s 2M "$image"
  mke2fs -q -F -U 00000000-0000-4000-8000-000000000000 -E hash_seed=00000000-0000-4000-8000-000000000000 \
    -d tree "$@" "$image" 2>/dev/null
  debugfs -w -R 'write deleted deleted' "$image" >/dev/null 2>&1
  debugfs -w -R 'rm deleted' "$image" >/dev/null 2>&1
}
ext files.ext2 -t ext2 -b 1024
ext files.ext4 -t ext4 -b 1024 -O ^has_journal
ext 64bit.ext4 -t ext4 -b 4096 -O 64bit,inline_data,^has_journal -I 256

fat() {
  local image=$1 size=$2 && shift 2
  truncate -s "$size" "$image" && mkfs.fat --invariant "$@" "$image" >/dev/null
  mcopy -i "$image" -s deleted tree/etc tree/sparse tree/key.gz tree/empty ::
  LC_ALL=C.UTF-8 mcopy -i "$image" key.pem '::a long name, with ünicode.pem'
  mdel -i "$image" ::deleted
}
fat files.fat12 3584K -F 12
fat files.fat16 3M -F 16 -s 1
fat files.fat32 34M -F 32 -s 1
# This needs root, for a mount with FUSE.
truncate -s 4M files.ntfs && mkntfs -q -F -f -c 4096 files.ntfs 2>/dev/null
mkdir mount && ntfs-3g -o streams_interface=windows,noatime files.ntfs mount
cp -r tree/* deleted mount && truncate -s 0 mount/sparse
truncate -s 400000 mount/sparse && cat key.pem >>mount/sparse && truncate -s 600K mount/sparse
: >mount/etc/text && cat text key.pem >mount/etc/text:hidden
sync mount/deleted && rm mount/deleted && umount mount
# Files that NTFS packs, one of them with a unit that cannot be packed.
truncate -s 3M packed.ntfs && mkntfs -q -F -f -c 512 packed.ntfs 2>/dev/null
ntfs-3g -o compression,streams_interface=windows,noatime packed.ntfs mount
mkdir mount/d && setfattr -h -v 0x00080000 -n system.ntfs_attrib mount/d
(cat text key.pem && cat text text text && cat key.pem) >mount/d/packed.pem
noise() { openssl enc -aes-128-ctr -nosalt -K 00 -iv 00 -in /dev/zero 2>/dev/null | head -c "$1"; }
(cat key.pem; noise 9000; cat key.pem text) >mount/d/mixed
gzip -9nc <mount/d/packed.pem >mount/d/packed.gz
umount mount
# What WOF packs stands in a stream of its own; here without being packed.
truncate -s 2M wof.ntfs && mkntfs -q -F -f -c 4096 wof.ntfs 2>/dev/null
ntfs-3g -o streams_interface=windows,noatime wof.ntfs mount
: >mount/key.pem && cat text key.pem text >mount/key.pem:WofCompressedData
sync mount/key.pem && umount mount
truncate -s 1M files.exfat && mkfs.exfat -b 4K -c 512 files.exfat >/dev/null
python3 "$here/exfat.py" files.exfat
fsck.exfat -n files.exfat >fsck.log || { cat fsck.log; exit 1; }
isofs() { genisoimage -quiet -input-charset utf-8 "$@" tree; }
cp key.pem 'tree/a long name, with ünicode.pem'
isofs -R -J -o rockridge.iso
isofs -J -o joliet.iso
isofs -o plain.iso 2>/dev/null
rm 'tree/a long name, with ünicode.pem'

# One in the other: a key in a docx in a zip in a tar.zst in ext4 on a partition in qcow2, on a disk
# that is nearly all hole.
mkdir word && cp key.pem word/document.xml && zip -qX letter.docx word/document.xml
zip -qX letters.zip letter.docx && mkdir home
tar --sort=name --mtime=@1700000000 --owner=0 --group=0 -cf - letters.zip | zstd -q >home/backup.tar.zst
truncate -s 63G part && mke2fs -q -F -t ext4 -O ^has_journal,^resize_inode -N 64 -E lazy_itable_init=1 -d home part
truncate -s 64G whole && sgdisk -n 1:2048:132122623 whole >/dev/null
python3 - <<'P'
import os
# Copied piece by piece, so that holes stay holes.
part, whole = open("part", "rb"), open("whole", "r+b")
at = 0
while True:
    try:
        at = os.lseek(part.fileno(), at, os.SEEK_DATA)
    except OSError:
        break
    end = os.lseek(part.fileno(), at, os.SEEK_HOLE)
    part.seek(at)
    whole.seek(2048 * 512 + at)
    whole.write(part.read(end - at))
    at = end
P
qemu-img convert -q -c -f raw -O qcow2 whole beast.qcow2
rm part whole

# What `docker save` writes, with a key in a layer that a later one takes away.
mkdir -p docker/blobs/sha256 rootfs/etc && cp key.pem rootfs/etc/server.pem
pack=(tar --sort=name --mtime=@1700000000 --owner=0 --group=0 --numeric-owner)
"${pack[@]}" -C rootfs -cf lower etc && rm rootfs/etc/server.pem && : >rootfs/etc/.wh.server.pem
"${pack[@]}" -C rootfs -cf upper etc
layers=()
for layer in lower upper; do
  layers+=("blobs/sha256/$(sha256sum $layer | cut -d' ' -f1)") && mv $layer "docker/${layers[-1]}"
done
(cd docker && python3 - "${layers[@]}" <<'P'
import json, sys
layers = sys.argv[1:]
json.dump([{"Config": "config.json", "RepoTags": ["app:1"], "Layers": layers}], open("manifest.json", "w"))
json.dump({"architecture": "amd64", "os": "linux", "config": {}}, open("config.json", "w"))
P
)
"${pack[@]}" -C docker -cf docker.tar blobs config.json manifest.json
keep beast.qcow2 docker.tar

# An image of three layers, with keys that the second deletes, replaces and leaves, as other tools
# write it.
umoci init --layout image && umoci new --image image:app
for step in 1 2 3; do
  rm -rf bundle && umoci unpack --rootless --image image:app bundle
  root=bundle/rootfs
  case $step in
    1) mkdir -p $root/{etc/ssl,srv} && cp key.pem $root/etc/ssl/deleted.pem
       cp key.pem $root/srv/replaced.pem && cp key.pem $root/stays.pem ;;
    2) rm -r $root/etc && echo nothing >$root/srv/replaced.pem ;;
    3) echo nothing >$root/new ;;
  esac
  umoci repack --image image:app bundle
done
skopeo copy -q oci:image:app docker-archive:saved.tar:app:1
skopeo copy -q --dest-compress-format zstd oci:image:app oci-archive:image.tar:app
keep saved.tar image.tar

# Encrypted volumes, cut after what describes them; and file systems that nothing reads.
for version in 1 2; do
  truncate -s 20M luks$version.luks
  echo -n secret | cryptsetup -q luksFormat --type luks$version --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
    --uuid 00000000-0000-4000-8000-000000000000 luks$version.luks -
  truncate -s 32K luks$version.luks
done
python3 -c 'import sys
sys.stdout.buffer.write(b"\xebX\x90-FVE-FS-".ljust(510, b"\0") + b"\x55\xaa" + bytes(7680))' >volume.bitlocker
# XFS and btrfs, as Linux writes them: this needs root, for mounts. In pieces, each of one block, is
# what is written out block by block with others between. It takes the number of names in a directory.
fill() {
  cp -r --sparse=always tree/* mount && fallocate -l 64K mount/reserved
  setfattr -n user.key -v "$(cat key.pem)" mount/text
  mkdir mount/many && : >mount/many/1 && for n in $(seq 2 "$1"); do ln mount/many/1 "mount/many/$n"; done
  cp tree/key.gz mount/many/last.gz
  python3 - mount/pieces mount/between <<'P'
import os, sys
text = (open("text", "rb").read() * 20)[: 20 * 4096 - 100]
parts = [open(sys.argv[1], "wb"), open(sys.argv[2], "wb")]
whole = (text + open("key.pem", "rb").read() + text)[: 40 * 4096]
for at in range(0, len(whole), 4096):
    for part in parts:
        part.write(whole[at : at + 4096] if part is parts[0] else b"x" * 4096)
        part.flush()
        os.fsync(part.fileno())
P
  rm mount/between && sync -f mount && fstrim mount
}
# A file that is written and deleted again.
remove() {
  cp deleted mount && sync mount/deleted && rm mount/deleted && umount mount
}
xfs() {
  # Names by which it makes small ones.
  truncate -s 32M "$1" && TEST_DIR=. TEST_DEV=. QA_CHECK_FS=1 mkfs.xfs -q "${@:2}" "$1" 2>/dev/null
}
xfs files.xfs -d agcount=2 -l size=1500b -m uuid=00000000-0000-4000-8000-000000000000
mount -o loop,allocsize=4k files.xfs mount && fill 2000 && remove
# Without the journal of all this.
xfs_repair -L files.xfs 2>/dev/null >/dev/null
# Version 4, which Linux writes no more.
{
  printf '%s\n' boot '0 0' 'd--755 0 0' 'etc d--755 0 0' 'ssl d--755 0 0'
  printf '%s\n' 'server.pem ---644 0 0 key.pem' '$' '$' 'key.gz ---644 0 0 tree/key.gz'
  printf '%s\n' 'sparse ---644 0 0 tree/sparse' 'many d--755 0 0'
  for n in $(seq 1 1999); do echo "name-$n l--777 0 0 1"; done
  printf '%s\n' 'last.gz ---644 0 0 tree/key.gz' '$' '$'
} >prototype
xfs version4.xfs -m crc=0,uuid=00000000-0000-4000-8000-000000000000 -b size=1024 -n size=8192 -p prototype
truncate -s 17M files.btrfs
mkfs.btrfs -q -M -m single -d single -n 4096 -U 00000000-0000-4000-8000-000000000000 files.btrfs
mount -o loop files.btrfs mount && fill 200
btrfs -q subvolume create mount/app
for method in zlib zstd lzo; do
  : >mount/app/$method && btrfs property set mount/app/$method compression $method
  cat text text text key.pem text >mount/app/$method
done
cat text key.pem >mount/app/removed && cp key.pem mount/app/kept
btrfs -q subvolume snapshot -r mount/app mount/before
rm mount/app/removed && sync -f mount && fstrim mount && remove
bash "$here/lvm.sh" volumes.lvm
for kind in gzip lzo xz zstd lz4; do
  mksquashfs tree $kind.squashfs -comp $kind -noappend -quiet -no-progress -all-root >/dev/null
done
keep raw.vdi fixed.vdi raw.qed raw.parallels swap.img ./*.udf
mkdir copy && cp key.pem copy/key.pem
mke2fs -qt ext2 -b 1024 -N 16 -m 0 -E root_owner=0:0 -d copy copies.ext2 9M
mke2fs -qt ext4 -b 1024 -N 16 -m 0 -O bigalloc,^has_journal -C 4096 -d copy clusters.ext4 2M
keep ./*.ntfs ./*.luks ./*.bitlocker ./*.xfs ./*.btrfs volumes.lvm ./*.squashfs ./*.exfat ./*.fat?? ./*.iso parts.* ./*.ext* ./*.qcow2 ./*.vhd ./*.vhdx ./*.vmdk
