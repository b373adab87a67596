"""Puts files into an empty exFAT image, for which no tool without a mount is at hand: one in one
piece, one in pieces in a directory, and one that was deleted. `fsck.exfat` checks the outcome."""

import struct
import sys

image = sys.argv[1]
disk = bytearray(open(image, "rb").read())
fat, _, heap, count, root = struct.unpack_from("<5I", disk, 80)
sector = 1 << disk[108]
cluster = sector << disk[109]


def place(number):
    return heap * sector + (number - 2) * cluster


at, bitmap = place(root), 0
while disk[at]:
    if disk[at] == 0x81:
        bitmap = struct.unpack_from("<I", disk, at + 20)[0]
    at += 32


def summed(data, passed=()):
    total = 0
    for n, byte in enumerate(data):
        if n not in passed:
            total = ((total << 15 | total >> 1) + byte) & 0xFFFF
    return total


def listed(name, first, size, is_directory, is_whole):
    units = name.encode("utf-16-le")
    parts = [units[n : n + 30].ljust(30, b"\0") for n in range(0, len(units), 30)]
    kind, time = (0x10 if is_directory else 0x20), 44 << 25 | 1 << 21 | 1 << 16
    made = bytearray(struct.pack("<BBHHH3I5B7x", 0x85, 1 + len(parts), 0, kind, 0, time, time, time, 0, 0, 128, 128, 128))
    hashed = summed(name.upper().encode("utf-16-le"))
    flags = 3 if is_whole else 1
    made += struct.pack("<BBBBHHQIIQ", 0xC0, flags, 0, len(units) // 2, hashed, 0, size, 0, first, size)
    for part in parts:
        made += b"\xc1\0" + part
    struct.pack_into("<H", made, 2, summed(made, (2, 3)))
    return made


def put(clusters, data, is_whole):
    for n, number in enumerate(clusters):
        piece = data[n * cluster : (n + 1) * cluster].ljust(cluster, b"\0")
        disk[place(number) : place(number) + cluster] = piece
        disk[place(bitmap) + (number - 2) // 8] |= 1 << (number - 2) % 8
        if not is_whole:
            after = clusters[n + 1] if n + 1 < len(clusters) else 0xFFFFFFFF
            struct.pack_into("<I", disk, fat * sector + number * 4, after)


key, text = open("key.pem", "rb").read(), open("text", "rb").read()
put([900], key, True)
put([600, 500, 610], text[:1000] + key, False)
put([700], listed("in pieces.pem", 600, 1000 + len(key), False, False), True)
disk[place(1000) : place(1000) + len(key)] = key
entries = listed("server with a long name.pem", 900, len(key), False, True)
entries += listed("etc", 700, cluster, True, True)
disk[at : at + len(entries)] = entries
open(image, "wb").write(disk)
