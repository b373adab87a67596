//! asar, the archives of Electron: a directory in JSON, and files one after the other.

use std::io::{self, Read, SeekFrom};

use serde_json::Value;

use super::{Entries, Layer, Open, ReadSeek, invalid};

pub(super) const LAYER: Layer = Layer {
    name: "asar",
    about: "asar, the archives of Electron",
    is: |head| lengths(head).is_some(),
    open: Open::Seek(open),
};

/// Bytes of a directory that are kept in memory.
const DIRECTORY: u64 = 64 << 20;

/// Lengths of the part before the files, and of the JSON in it.
fn lengths(head: &[u8]) -> Option<(u64, u64)> {
    let [4, 0, 0, 0, a, b, c, d, e, f, g, h, i, j, k, l, b'{', b'"', ..] = *head else {
        return None;
    };
    let [whole, inner, json] = [[a, b, c, d], [e, f, g, h], [i, j, k, l]]
        .map(|bytes| u64::from(u32::from_le_bytes(bytes)));
    (inner + 4 == whole && json + 4 <= inner).then_some((8 + whole, json))
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let mut head = [0; 18];
    file.read_exact(&mut head)?;
    let (base, json) = lengths(&head).ok_or_else(|| invalid("a damaged directory"))?;
    if json > DIRECTORY {
        return Err(invalid("a directory of more than 64 MiB"));
    }
    file.seek(SeekFrom::Start(16))?;
    let directory: Value = serde_json::from_reader((&mut *file).take(json))
        .map_err(|_| invalid("a damaged directory"))?;
    let mut files = Vec::new();
    collect(&directory, "", &mut files);
    files.sort();
    let length = file.seek(SeekFrom::End(0))?;
    let mut at = base;
    for (offset, size, name) in files {
        let start = base.saturating_add(offset);
        let end = start.checked_add(size).filter(|end| *end <= length);
        let end = end.ok_or_else(|| invalid("a file beyond the end"))?;
        if at < start {
            file.seek(SeekFrom::Start(at))?;
            entries.gap(at, &mut (&mut *file).take(start - at))?;
        }
        file.seek(SeekFrom::Start(start))?;
        entries.member(name.as_bytes(), &mut (&mut *file).take(size))?;
        at = at.max(end);
    }
    if at < length {
        file.seek(SeekFrom::Start(at))?;
        entries.gap(at, &mut file.take(length - at))?;
    }
    Ok(())
}

/// Files with offset, size and name. Those kept beside the archive are other files. `serde_json`
/// limits how deep this goes.
fn collect(directory: &Value, path: &str, files: &mut Vec<(u64, u64, String)>) {
    let Some(Value::Object(inside)) = directory.get("files") else { return };
    for (name, entry) in inside {
        let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        let offset = entry.get("offset").and_then(Value::as_str).and_then(|text| text.parse().ok());
        match (offset, entry.get("size").and_then(Value::as_u64)) {
            (Some(offset), Some(size)) if size > 0 => files.push((offset, size, path)),
            _ => collect(entry, &path, files),
        }
    }
}
