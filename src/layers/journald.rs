//! Journals of systemd (`journal-file-format`): what of their fields is packed. The rest is seen in
//! the file as it is.

use std::io::{self, Read, SeekFrom};

use zeroize::Zeroizing;

use super::{
    Entries, Layer, Open, ReadSeek,
    disk::numbers::{le32, le64},
    invalid,
    packed::{self, BLOCK, Codec},
};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "journald",
    about: "journals of systemd: packed fields",
    is: |head| head.starts_with(MAGIC),
    open: Open::Beside(open),
};

const MAGIC: &[u8] = b"LPKSHHRH";

/// Bytes of the file's head that are read, and of an object's.
const HEAD: usize = 144;
const OBJECT: u64 = 16;

/// What the file asks of its readers: objects with a shorter head, among others that do not matter here.
const IS_COMPACT: u32 = 16;
const KNOWN: u32 = 31;

/// The kind of object that has a field, and how its field may be packed.
const DATA: u8 = 1;
const XZ: u8 = 1;
const LZ4: u8 = 2;
const ZSTD: u8 = 4;

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut head = [0; HEAD];
    file.rewind()?;
    file.read_exact(&mut head)?;
    let needs = le32(&head, 12);
    if needs & !KNOWN != 0 {
        entries.note(Reason::NoReader, format!("flags {needs:#x}; packed fields are not read"));
        return Ok(());
    }
    let before = if needs & IS_COMPACT == 0 { 64 } else { 72 };
    let (mut at, last) = (le64(&head, 88), le64(&head, 136));
    while at <= last {
        let mut object = [0; OBJECT as usize];
        if at < HEAD as u64 || length.saturating_sub(OBJECT) < at {
            return Err(invalid("an object beyond the end"));
        }
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut object)?;
        let [kind, packing, ..] = object;
        let size = le64(&object, 8);
        let end = at.checked_add(size).filter(|&end| OBJECT <= size && end <= length);
        let end = end.ok_or_else(|| invalid("an object beyond the end"))?;
        let from = at + before;
        if kind == DATA && packing & (XZ | LZ4 | ZSTD) != 0 && from < end {
            let name = format!("(object at {at})");
            let name = name.as_bytes();
            let range = from..end;
            let range = std::slice::from_ref(&range);
            file.seek(SeekFrom::Start(from))?;
            let mut field = (&mut *file).take(end - from);
            if packing & LZ4 == 0 {
                // As in files of their own.
                entries.part(name, range, &mut field)?;
            } else {
                let mut bytes = Zeroizing::new(Vec::new());
                field.take(BLOCK).read_to_end(&mut bytes)?;
                let block = bytes.get(8..).unwrap_or_default();
                match packed::unpacked(Codec::Lz4(le64(&bytes, 0)), block) {
                    Ok(field) => entries.part(name, range, &mut field.as_slice())?,
                    Err(reason) => entries.skip(name, reason, "journald: LZ4"),
                }
            }
        }
        at = end.next_multiple_of(8);
    }
    Ok(())
}
