//! Streams of backups of MySQL and MariaDB (`xtrabackup` and `mariadb-backup --stream=xbstream`,
//! `xbstream.h`): chunks of files, which may lie among those of others.

use std::{
    collections::BTreeMap,
    io::{self, Read, SeekFrom},
};

use super::{
    Entries, Layer, Open, ReadSeek, Unread,
    disk::{
        Runs,
        numbers::{le32, le64},
    },
    invalid,
};

pub(super) const LAYER: Layer = Layer {
    name: "xbstream",
    about: "xbstream, as `xtrabackup` and `mariadb-backup` write it",
    is: |head| head.starts_with(MAGIC),
    open: Open::Seek(open),
};

const MAGIC: &[u8] = b"XBSTCK01";

/// Bytes of the head of a chunk before the path; of the path; and of what follows it: length, offset
/// and checksum.
const HEAD: usize = 14;
const PATH: u32 = 512;
const SIZES: usize = 20;

/// Chunks of files that are remembered: of 16 TiB, as they are written.
const CHUNKS: usize = 1 << 20;

/// A file that is not whole yet: where its bytes lie, and how many it has.
#[derive(Default)]
struct Begun {
    runs: Runs,
    size: u64,
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut begun: BTreeMap<Vec<u8>, Begun> = BTreeMap::new();
    let outcome = chunks(file, length, &mut begun, entries);
    // What has no end.
    for (path, Begun { runs, size }) in begun {
        entries.member_at(&path, &mut runs.view(file, size))?;
    }
    outcome
}

fn chunks(
    file: &mut dyn ReadSeek,
    length: u64,
    begun: &mut BTreeMap<Vec<u8>, Begun>,
    entries: &mut Entries<'_, '_>,
) -> io::Result<()> {
    let (mut at, mut chunks) = (0, 0);
    while at < length {
        let mut head = [0; HEAD];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut head)?;
        let (kind, path) = (head.get(9).copied().unwrap_or_default(), le32(&head, 10));
        if !head.starts_with(MAGIC) || path == 0 || path > PATH {
            return Err(invalid("no chunk where one is due"));
        }
        let mut name = Vec::new();
        (&mut *file).take(path.into()).read_to_end(&mut name)?;
        at += HEAD as u64 + u64::from(path);
        match kind {
            b'P' => {
                let mut sizes = [0; SIZES];
                file.read_exact(&mut sizes)?;
                at += SIZES as u64;
                let (size, offset) = (le64(&sizes, 0), le64(&sizes, 8));
                let end = at.checked_add(size).filter(|&end| end <= length);
                let part = begun.entry(name).or_default();
                chunks += 1;
                if chunks > CHUNKS {
                    return Err(invalid("too many chunks"));
                }
                let here = end.unwrap_or(length) - at;
                part.runs.add(offset, at, here)?;
                part.size = offset + here;
                at = end.ok_or(io::ErrorKind::UnexpectedEof)?;
            }
            b'E' => {
                let Begun { runs, size } = begun.remove(&name).unwrap_or_default();
                entries.member_at(&name, &mut runs.view(file, size))?;
            }
            kind => {
                let kind = char::from(kind).escape_default().to_string();
                return Err(io::Error::other(Unread(format!("chunks of kind {kind}"))));
            }
        }
    }
    Ok(())
}
