//! ISO 9660 (ECMA-119), with the long names of Rock Ridge (IEEE P1282) or Joliet.

use std::{
    collections::HashSet,
    io::{self, SeekFrom},
};

use super::{
    super::{Entries, Layer, Open, ReadSeek, invalid, is_cut},
    claims::Claims,
    files::{DEPTH, Runs, joined},
    numbers::{be16, le16, le32},
    view::bytes_at,
};
use crate::ledger::Reason;

pub(in super::super) const LAYER: Layer = Layer {
    name: "iso9660",
    about: "ISO 9660, with names of Rock Ridge and Joliet",
    is,
    open: Open::Seek(open),
};

const SECTOR: u64 = 2048;

/// Descriptors before the one that ends them.
const DESCRIPTORS: u64 = 64;

pub(super) fn is(head: &[u8]) -> bool {
    let first = head.get(16 * 2048..).unwrap_or_default();
    matches!(first, [0..=3 | 255, b'C', b'D', b'0', b'0', b'1', ..])
}

/// A record of a directory.
struct Record {
    name: Vec<u8>,
    at: u64,
    size: u64,
    is_directory: bool,
    /// Whether the next record goes on with the same file.
    goes_on: bool,
}

#[derive(Clone, Copy)]
enum Names {
    Plain,
    Joliet,
    /// Bytes to pass in each system use field.
    RockRidge(usize),
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let (mut primary, mut joliet) = (None, None);
    for sector in 16..16 + DESCRIPTORS {
        let descriptor = bytes_at(file, sector * SECTOR, SECTOR)?;
        match descriptor.as_slice() {
            [255, ..] => break,
            [1, ..] if primary.is_none() => primary = Some(descriptor),
            [2, ..] if matches!(descriptor.get(88..91), Some([b'%', b'/', b'@' | b'C' | b'E'])) => {
                joliet = Some(descriptor);
            }
            _ => {}
        }
    }
    let primary = primary.ok_or_else(|| invalid("no descriptor"))?;
    let block = u64::from(le16(&primary, 128)).max(512);
    let root = |descriptor: &[u8]| {
        let record = descriptor.get(156..190).unwrap_or_default();
        (u64::from(le32(record, 2)) * block, u64::from(le32(record, 10)))
    };
    let (at, size) = root(&primary);
    let rock_ridge = rock_ridge(&bytes_at(file, at, size.min(SECTOR))?);
    let (names, (at, size)) = match (rock_ridge, joliet) {
        (Some(pass), _) => (Names::RockRidge(pass), (at, size)),
        (None, Some(joliet)) => (Names::Joliet, root(&joliet)),
        (None, None) => (Names::Plain, (at, size)),
    };
    let mut claims = Claims::default();
    let mut seen = HashSet::from([at]);
    let mut waiting = vec![(at, size, Vec::new(), 0)];
    while let Some((at, size, above, depth)) = waiting.pop() {
        let listed = plain(at, size)
            .and_then(|runs| runs.directory(file, size))
            .and_then(|bytes| list(file, &bytes, block, names));
        let listed = match listed {
            Ok(listed) => listed,
            Err(problem) => {
                entries.skip(&above, Reason::Damaged, format!("iso9660: {problem}"));
                continue;
            }
        };
        let mut inside = Vec::new();
        let mut runs = Runs::default();
        let mut before = 0;
        for record in listed {
            let path = joined(&above, &record.name);
            if record.is_directory {
                if depth >= DEPTH || !seen.insert(record.at) {
                    let reason = if depth >= DEPTH { Reason::TooDeep } else { Reason::Damaged };
                    entries.skip(&path, reason, "iso9660: directories in one another");
                } else {
                    inside.push((record.at, record.size, path, depth + 1));
                }
                continue;
            }
            let outcome = runs.add(before, record.at, record.size);
            before += record.size;
            if record.goes_on && outcome.is_ok() {
                continue;
            }
            let (whole, size) = (std::mem::take(&mut runs), std::mem::take(&mut before));
            match outcome.and_then(|()| whole.hand_out(file, size, &path, entries, &mut claims)) {
                Err(problem) if is_cut(&problem) => return Err(problem),
                Err(problem) => entries.skip(&path, Reason::Damaged, format!("iso9660: {problem}")),
                Ok(()) => {}
            }
        }
        waiting.extend(inside.into_iter().rev());
    }
    claims.gaps(file, length, entries)
}

fn plain(at: u64, size: u64) -> io::Result<Runs> {
    let mut runs = Runs::default();
    runs.add(0, at, size)?;
    Ok(runs)
}

/// The bytes that Rock Ridge passes in each record, if the root has the field that says so.
fn rock_ridge(root: &[u8]) -> Option<usize> {
    let length = usize::from(*root.first()?);
    let field = root.get(34..length)?;
    match *field {
        [b'S', b'P', 7, 1, 0xbe, 0xef, pass, ..] => Some(pass.into()),
        _ => None,
    }
}

fn list(
    file: &mut dyn ReadSeek,
    directory: &[u8],
    block: u64,
    names: Names,
) -> io::Result<Vec<Record>> {
    let mut all = Vec::new();
    // No record crosses the end of a sector.
    for sector in directory.chunks(2048) {
        let mut rest = sector;
        while let Some(length) = rest.first().map(|&length| usize::from(length)) {
            if length == 0 {
                break;
            }
            let record = rest.get(..length).filter(|record| record.len() > 33);
            let record = record.ok_or_else(|| invalid("a record that cannot be"))?;
            rest = rest.get(length..).unwrap_or_default();
            let name_length = usize::from(record.get(32).copied().unwrap_or_default());
            let name = record.get(33..33 + name_length);
            let name = name.ok_or_else(|| invalid("a name that cannot be"))?;
            if matches!(name, [0 | 1]) {
                continue;
            }
            let flags = record.get(25).copied().unwrap_or_default();
            let extended = u64::from(record.get(1).copied().unwrap_or_default());
            all.push(Record {
                name: match names {
                    Names::Plain => without_version(name).to_vec(),
                    Names::Joliet => joliet(name),
                    Names::RockRidge(pass) => {
                        // Names are padded to an even length.
                        let at = 33 + name_length + (name_length + 1) % 2 + pass;
                        let fields = record.get(at..).unwrap_or_default();
                        let long = long_name(file, fields, block)?;
                        if long.is_empty() { without_version(name).to_vec() } else { long }
                    }
                },
                at: (u64::from(le32(record, 2)) + extended) * block,
                size: le32(record, 10).into(),
                is_directory: flags & 2 != 0,
                goes_on: flags & 0x80 != 0,
            });
        }
    }
    Ok(all)
}

fn without_version(name: &[u8]) -> &[u8] {
    let name = name.strip_suffix(b";1").unwrap_or(name);
    name.strip_suffix(b".").unwrap_or(name)
}

fn joliet(name: &[u8]) -> Vec<u8> {
    let units: Vec<u16> = (0..name.len() / 2).map(|n| be16(name, n * 2)).collect();
    let name = String::from_utf16_lossy(&units);
    name.strip_suffix(";1").unwrap_or(&name).as_bytes().to_vec()
}

/// The name in the fields of Rock Ridge, which may go on elsewhere, once.
fn long_name(file: &mut dyn ReadSeek, fields: &[u8], block: u64) -> io::Result<Vec<u8>> {
    let mut name = Vec::new();
    let mut elsewhere = None;
    parts(fields, &mut name, &mut elsewhere);
    if let Some((at, offset, length)) = elsewhere.take() {
        let at = u64::from(at) * block + u64::from(offset);
        let more = bytes_at(file, at, u64::from(length).min(SECTOR))?;
        parts(&more, &mut name, &mut elsewhere);
    }
    Ok(name)
}

fn parts(mut fields: &[u8], name: &mut Vec<u8>, elsewhere: &mut Option<(u32, u32, u32)>) {
    while let [a, b, length, _, ..] = *fields {
        let Some(field) = fields.get(..usize::from(length)).filter(|field| field.len() >= 4) else {
            return;
        };
        match (a, b) {
            (b'N', b'M') => name.extend_from_slice(field.get(5..).unwrap_or_default()),
            (b'C', b'E') => *elsewhere = Some((le32(field, 4), le32(field, 12), le32(field, 20))),
            (b'S', b'T') => return,
            _ => {}
        }
        fields = fields.get(usize::from(length)..).unwrap_or_default();
    }
}
