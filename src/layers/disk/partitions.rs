//! Partitions of a disk: MBR with its logical ones (the PC's since DOS 3.3), and GPT (UEFI 2.10,
//! section 5). What is in none of them is looked at as it is.

use std::io::{self, SeekFrom};

use super::{
    super::{Entries, Layer, Open, ReadSeek, invalid},
    claims::Claims,
    numbers::{le32, le64},
    view::{bytes_at, window},
};
use crate::ledger::Reason;

pub(in super::super) const MBR: Layer = Layer {
    name: "mbr",
    about: "disks with an MBR, each partition as a disk of its own",
    is: is_mbr,
    open: Open::Seek(open_mbr),
};

pub(in super::super) const GPT: Layer = Layer {
    name: "gpt",
    about: "disks with a GPT, each partition as a disk of its own",
    is: |head| sector_size(head).is_some() && !super::is_file_system(head),
    open: Open::Seek(open_gpt),
};

const SECTOR: u64 = 512;

/// Logical partitions that are followed.
const LOGICAL: usize = 256;

/// Partitions of a GPT that are followed; tools make 128.
const ENTRIES: u32 = 4096;

struct Partition {
    number: usize,
    name: String,
    from: u64,
    to: u64,
}

/// One of the four entries of a boot record.
struct Record {
    kind: u8,
    start: u64,
    sectors: u64,
}

impl Record {
    fn is_extended(&self) -> bool {
        matches!(self.kind, 0x05 | 0x0f | 0x85)
    }
}

/// The entries of a boot record, if it is one.
fn records(sector: &[u8]) -> Option<[Record; 4]> {
    let entries = sector.get(446..510)?;
    let has_flags = entries.chunks(16).all(|entry| matches!(entry.first(), Some(0 | 0x80)));
    (sector.get(510..512)? == [0x55, 0xaa] && has_flags).then_some(())?;
    Some([0, 16, 32, 48].map(|at| Record {
        kind: entries.get(at + 4).copied().unwrap_or_default(),
        start: le32(entries, at + 8).into(),
        sectors: le32(entries, at + 12).into(),
    }))
}

fn is_mbr(head: &[u8]) -> bool {
    let Some(records) = records(head) else { return false };
    // The first sector of a file system ends in the same way.
    let is_other = || {
        let is_file_system = super::is_file_system(head);
        is_file_system || sector_size(head).is_some()
    };
    let mut used = records.iter().filter(|record| record.kind != 0).peekable();
    used.peek().is_some()
        && used.all(|record| record.start > 0 && record.sectors > 0)
        && !is_other()
}

fn open_mbr(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let head = bytes_at(file, 0, SECTOR)?;
    let primary = records(&head).ok_or_else(|| invalid("no boot record"))?;
    if primary.iter().any(|record| record.kind == PROTECTIVE)
        && let Some(at) = backup(file, length)?
    {
        return gpt(file, length, at, entries);
    }
    let mut partitions = Vec::new();
    for (number, record) in (1..).zip(&primary) {
        let from = record.start * SECTOR;
        if record.is_extended() {
            logical(file, from, &mut partitions)?;
        } else if record.kind != 0 {
            let to = from + record.sectors * SECTOR;
            partitions.push(Partition { number, name: format!("(partition {number})"), from, to });
        }
    }
    hand_out(file, length, partitions, entries)
}

/// Follows the chain of boot records in an extended partition.
fn logical(
    file: &mut dyn ReadSeek,
    extended: u64,
    partitions: &mut Vec<Partition>,
) -> io::Result<()> {
    let mut at = extended;
    for number in 5..5 + LOGICAL {
        let sector = bytes_at(file, at, SECTOR)?;
        let [this, next, ..] = records(&sector).ok_or_else(|| invalid("no logical partition"))?;
        if this.kind != 0 {
            let from = at + this.start * SECTOR;
            let to = from + this.sectors * SECTOR;
            partitions.push(Partition { number, name: format!("(partition {number})"), from, to });
        }
        if !next.is_extended() || next.start == 0 {
            return Ok(());
        }
        at = extended + next.start * SECTOR;
    }
    Err(invalid("logical partitions without end"))
}

/// Bytes of a sector of a disk with a GPT, by where its header is.
fn sector_size(head: &[u8]) -> Option<u64> {
    let is_at = |at: usize| head.get(at..).is_some_and(|rest| rest.starts_with(b"EFI PART"));
    [512, 4096].into_iter().find(|&size| is_at(size)).map(|size| size as u64)
}

/// The kind of the one partition in the boot record of a disk with a GPT.
const PROTECTIVE: u8 = 0xee;

/// Bytes of a sector of a disk with a GPT whose header is at its end as well, by where that is.
pub(super) fn backup(file: &mut dyn ReadSeek, length: u64) -> io::Result<Option<u64>> {
    for sector in [512, 4096] {
        if let Some(at) = length.checked_sub(sector)
            && at > sector
            && bytes_at(file, at, 8)?.as_slice() == b"EFI PART"
        {
            return Ok(Some(sector));
        }
    }
    Ok(None)
}

fn open_gpt(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let head = bytes_at(file, 0, length.min(8192))?;
    if let Some(sector) = sector_size(&head) {
        return gpt_at(file, length, (sector, sector), entries);
    }
    let sector = backup(file, length)?.ok_or_else(|| invalid("no header"))?;
    gpt(file, length, sector, entries)
}

/// Reads a disk by the header at its end.
fn gpt(
    file: &mut dyn ReadSeek,
    length: u64,
    sector: u64,
    entries: &mut Entries<'_, '_>,
) -> io::Result<()> {
    entries.note(Reason::Damaged, "no header of a GPT; it is read by the one at the end");
    gpt_at(file, length, (sector, length - sector), entries)
}

/// Reads a disk whose header is at `at`.
fn gpt_at(
    file: &mut dyn ReadSeek,
    length: u64,
    (sector, at): (u64, u64),
    entries: &mut Entries<'_, '_>,
) -> io::Result<()> {
    let header = bytes_at(file, at, SECTOR)?;
    let header = header.as_slice();
    let (table, count, size) = (le64(header, 72), le32(header, 80), le32(header, 84));
    if count > ENTRIES || !(128..=4096).contains(&size) {
        return Err(invalid("a table that cannot be"));
    }
    let table = bytes_at(file, table.saturating_mul(sector), u64::from(count * size))?;
    let mut partitions = Vec::new();
    for (number, entry) in (1..).zip(table.chunks(usize::try_from(size).unwrap_or(128))) {
        let (first, last) = (le64(entry, 32), le64(entry, 40));
        if entry.iter().take(16).all(|&byte| byte == 0) || last < first {
            continue;
        }
        let label: Vec<u16> = entry
            .get(56..128)
            .unwrap_or_default()
            .chunks(2)
            .map(|unit| {
                u16::from_le_bytes([unit.first(), unit.get(1)].map(|byte| *byte.unwrap_or(&0)))
            })
            .take_while(|&unit| unit != 0)
            .collect();
        let label = String::from_utf16_lossy(&label);
        let name = match label.as_str() {
            "" => format!("(partition {number})"),
            label => format!("(partition {number} {label})"),
        };
        let from = first.saturating_mul(sector);
        let to = last.saturating_add(1).saturating_mul(sector);
        partitions.push(Partition { number, name, from, to });
    }
    hand_out(file, length, partitions, entries)
}

/// Opens partitions in the order in which they lie, and what is around them.
fn hand_out(
    file: &mut dyn ReadSeek,
    length: u64,
    mut partitions: Vec<Partition>,
    entries: &mut Entries<'_, '_>,
) -> io::Result<()> {
    partitions.sort_by_key(|partition| (partition.from, partition.to));
    let mut claims = Claims::default();
    for Partition { number, name, from, to } in partitions {
        let end = to.min(length);
        if from < end {
            entries.member_at(name.as_bytes(), &mut window(file, from, end))?;
            claims.add(from, end);
        }
        if length < to {
            let detail = format!("partition {number} is longer than the disk");
            entries.note(Reason::Damaged, detail);
        }
    }
    claims.gaps(file, length, entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_sector_without_partitions_is_no_disk() {
        let mut sector = vec![0; 512];
        sector[510..].copy_from_slice(&[0x55, 0xaa]);
        assert!(!is_mbr(&sector));
        sector[450] = 0x83;
        assert!(!is_mbr(&sector), "an entry without a place");
        sector[454] = 1;
        sector[458] = 1;
        assert!(is_mbr(&sector));
        sector[446] = 1;
        assert!(!is_mbr(&sector), "a flag that cannot be");
    }
}
