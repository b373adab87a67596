#!/usr/bin/env bash
# Makes a physical volume of LVM2 with two logical ones; needs root, for a loop device. The text
# about the volumes is written by hand, so that their pieces lie apart, and put in by vgcfgrestore.
set -euo pipefail
image=$1
truncate -s 4M "$image"
device=$(losetup -f --show "$image")
trap 'losetup -d "$device"' EXIT
lvm() { command lvm "$@" --config 'devices{use_devicesfile=0}' 2>/dev/null; }
id=AAAAAA-0000-0000-0000-0000-0000-AAAAAA
lvm pvcreate -qq -y --norestorefile --uuid $id "$device"
lvm vgcreate -qq -s 128k group "$device"
lvm vgcfgbackup -qq -f text.lvm group
volume() {
  local name=$1 letter=$2 && shift 2
  printf '%s { id = "%s" status = ["READ", "WRITE", "VISIBLE"] flags = []\n' "$name" "${id//A/$letter}"
  printf 'segment_count = %s\n' $#
  local number=0 start=0
  for piece in "$@"; do
    number=$((number + 1))
    printf 'segment%s { start_extent = %s extent_count = %s type = "striped" stripe_count = 1\n' \
      $number $start "${piece#*+}"
    printf 'stripes = ["pv0", %s] }\n' "${piece%+*}"
    start=$((start + ${piece#*+}))
  done
  echo '}'
}
{
  sed '$d' text.lvm | sed -n '1,/^\t}$/p'
  echo 'logical_volumes {'
  volume data B 10+2
  volume root C 0+2 6+2
  printf '}\n}\n'
} >restore.lvm
lvm vgcfgrestore -qq -f restore.lvm group || true
# The first data is at one MiB. A key across two pieces of a volume, one packed in the other, and
# one in neither.
write() { dd of="$image" bs=1 seek=$(($1 * 128 * 1024 + (1 << 20) + $2)) conv=notrunc status=none; }
head -c 100 key.pem | write 2 -100
tail -c +101 key.pem | write 6 0
gzip -9nc key.pem | write 10 0
write 15 0 <key.pem
