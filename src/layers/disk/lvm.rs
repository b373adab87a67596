//! Physical volumes of LVM2 (lvm2's format-text): the logical volumes that lie on this disk alone,
//! in linear pieces. All others are looked at piece by piece.

use std::{
    collections::BTreeMap,
    io::{self, SeekFrom},
};

use super::{
    super::{Entries, Layer, Open, ReadSeek, invalid},
    claims::Claims,
    files::Runs,
    numbers::{le32, le64},
    view::bytes_at,
};
use crate::ledger::Reason;

pub(in super::super) const LAYER: Layer = Layer {
    name: "lvm",
    about: "LVM2, its linear logical volumes; of others, what lies on the disk",
    is: |head| label(head).is_some(),
    open: Open::Seek(open),
};

const SECTOR: u64 = 512;

/// Bytes of the text about volumes that are read.
const TEXT: u64 = 16 << 20;

/// Sections in one another; real ones have four.
const DEPTH: usize = 16;

/// The offset of the label, in one of the first four sectors.
fn label(head: &[u8]) -> Option<usize> {
    (0..4).map(|sector| sector * 512).find(|&at| {
        let label = head.get(at..).unwrap_or_default();
        label.starts_with(b"LABELONE") && label.get(24..32) == Some(b"LVM2 001")
    })
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let text = text(file)?;
    let group = volumes(&text.0, &text.1)?;
    let mut claims = Claims::default();
    for (name, volume) in group {
        match volume {
            Volume::Here { runs, size } => {
                runs.hand_out(file, size, name.as_bytes(), entries, &mut claims)?;
            }
            Volume::Elsewhere => {
                let detail = "lvm: not linear, or not on this disk alone; what of it is here is \
                              scanned as it is";
                entries.skip(name.as_bytes(), Reason::NoReader, detail);
            }
        }
    }
    claims.gaps(file, length, entries)
}

/// The identity of this disk, and the newest text about its group.
fn text(file: &mut dyn ReadSeek) -> io::Result<(String, Section)> {
    let head = bytes_at(file, 0, 4 * SECTOR)?;
    let at = label(&head).ok_or_else(|| invalid("no label"))?;
    let label = head.get(at..at + 512).unwrap_or_default();
    let header = label.get(usize::try_from(le32(label, 20)).unwrap_or(usize::MAX)..);
    let header = header.ok_or_else(|| invalid("no header"))?;
    let id = header.get(..32).unwrap_or_default();
    let id: String = id.iter().map(|&byte| char::from(byte)).collect();
    // Places of data, a zero, and places of metadata.
    let places = header.get(40..).unwrap_or_default().as_chunks::<16>().0;
    let areas = places.iter().skip_while(|place| le64(*place, 0) != 0).skip(1);
    for area in areas.map(|place| le64(place, 0)).take_while(|&area| area != 0) {
        let head = bytes_at(file, area, SECTOR)?;
        if head.get(4..20) != Some(b" LVM2 x[5A%r0N*>") {
            continue;
        }
        let (size, offset, count) = (le64(&head, 32), le64(&head, 40), le64(&head, 48));
        if count == 0 || count > TEXT || size <= offset {
            continue;
        }
        // What reaches the end of the area goes on after its header.
        let first = count.min(size - offset);
        let mut text = bytes_at(file, area.saturating_add(offset), first)?;
        text.extend_from_slice(&bytes_at(file, area + SECTOR, count - first)?);
        let text = String::from_utf8_lossy(&text);
        let mut rest = text.trim_end_matches('\0');
        return Ok((id, section(&mut rest, 0)?));
    }
    Err(invalid("no text about volumes"))
}

enum Volume {
    Here { runs: Runs, size: u64 },
    Elsewhere,
}

/// The logical volumes of the group, by name.
fn volumes(id: &str, text: &Section) -> io::Result<Vec<(String, Volume)>> {
    let group = text.values().find_map(|value| match value {
        Value::Section(group) if group.contains_key("physical_volumes") => Some(group),
        _ => None,
    });
    let group = group.ok_or_else(|| invalid("no group of volumes"))?;
    let extent = number(group, "extent_size").unwrap_or_default().saturating_mul(SECTOR);
    let this = sections(group, "physical_volumes").find(|(_, volume)| {
        matches!(volume.get("id"), Some(Value::Text(text)) if text.replace('-', "") == id)
    });
    let (this, start) = match this {
        Some((name, volume)) => (name, number(volume, "pe_start").unwrap_or_default() * SECTOR),
        None => return Err(invalid("a group that does not know this disk")),
    };
    let mut volumes = Vec::new();
    for (name, volume) in sections(group, "logical_volumes") {
        volumes.push((name.clone(), linear(volume, this, extent, start)?));
    }
    Ok(volumes)
}

fn linear(volume: &Section, disk: &str, extent: u64, start: u64) -> io::Result<Volume> {
    let mut pieces = Vec::new();
    for n in 1..=number(volume, "segment_count").unwrap_or_default().min(1 << 16) {
        let Some(Value::Section(segment)) = volume.get(&format!("segment{n}")) else {
            return Err(invalid("a volume without its pieces"));
        };
        let is_linear = matches!(segment.get("type"), Some(Value::Text(kind)) if kind == "striped");
        let [Value::Text(name), Value::Number(first)] = (match segment.get("stripes") {
            Some(Value::List(stripes)) if is_linear => stripes.as_slice(),
            _ => return Ok(Volume::Elsewhere),
        }) else {
            return Ok(Volume::Elsewhere);
        };
        if name != disk {
            return Ok(Volume::Elsewhere);
        }
        let at = number(segment, "start_extent").unwrap_or_default();
        let count = number(segment, "extent_count").unwrap_or_default();
        pieces.push([at, *first, count].map(|extents| extents.saturating_mul(extent)));
    }
    pieces.sort_unstable();
    let mut runs = Runs::default();
    let mut size = 0_u64;
    for [at, place, length] in pieces {
        runs.add(at, start.saturating_add(place), length)?;
        size = at.saturating_add(length);
    }
    Ok(Volume::Here { runs, size })
}

type Section = BTreeMap<String, Value>;

enum Value {
    Section(Section),
    Text(String),
    Number(u64),
    List(Vec<Value>),
}

fn number(section: &Section, key: &str) -> Option<u64> {
    match section.get(key) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    }
}

fn sections<'s>(
    section: &'s Section,
    key: &str,
) -> impl Iterator<Item = (&'s String, &'s Section)> {
    let inside = match section.get(key) {
        Some(Value::Section(inside)) => Some(inside),
        _ => None,
    };
    inside.into_iter().flatten().filter_map(|(name, value)| match value {
        Value::Section(section) => Some((name, section)),
        _ => None,
    })
}

/// Reads names with values or sections, up to the end of this one.
fn section(rest: &mut &str, depth: usize) -> io::Result<Section> {
    if depth > DEPTH {
        return Err(invalid("sections in one another"));
    }
    let mut all = Section::new();
    loop {
        let name = match token(rest) {
            None | Some("}") => return Ok(all),
            Some(name) => name.to_owned(),
        };
        let value = match token(rest) {
            Some("{") => Value::Section(section(rest, depth + 1)?),
            Some("=") => value(rest)?,
            _ => return Err(invalid("text that cannot be")),
        };
        all.insert(name, value);
    }
}

fn value(rest: &mut &str) -> io::Result<Value> {
    let first = token(rest).ok_or_else(|| invalid("text that ends"))?;
    if first != "[" {
        return Ok(simple(first));
    }
    let mut list = Vec::new();
    loop {
        match token(rest) {
            None => return Err(invalid("text that ends")),
            Some("]") => return Ok(Value::List(list)),
            Some(",") => {}
            Some(word) => list.push(simple(word)),
        }
    }
}

fn simple(word: &str) -> Value {
    match word.parse() {
        Ok(number) => Value::Number(number),
        Err(_) => Value::Text(word.trim_matches('"').to_owned()),
    }
}

/// The next word, text in quotes, or sign.
fn token<'t>(rest: &mut &'t str) -> Option<&'t str> {
    loop {
        *rest = rest.trim_start();
        if !rest.starts_with('#') {
            break;
        }
        *rest = rest.split_once('\n').map_or("", |(_, after)| after);
    }
    let is_sign = |c: char| matches!(c, '{' | '}' | '[' | ']' | '=' | ',');
    let length = match rest.chars().next()? {
        '"' => rest.get(1..)?.find('"').map(|end| end + 2).unwrap_or(rest.len()),
        sign if is_sign(sign) => 1,
        _ => rest
            .find(|c: char| c.is_whitespace() || is_sign(c) || c == '"')
            .unwrap_or(rest.len())
            .max(1),
    };
    let (word, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_with_remarks_and_lists() {
        let mut text = "a { # x { }\n b = [\"pv0\", 7]\n c=\"d e\" }\n f = 9";
        let all = section(&mut text, 0).unwrap();
        assert_eq!(number(&all, "f"), Some(9));
        let Some(Value::Section(inside)) = all.get("a") else { panic!("no section") };
        assert!(matches!(inside.get("c"), Some(Value::Text(text)) if text == "d e"));
        let Some(Value::List(list)) = inside.get("b") else { panic!("no list") };
        assert!(matches!(list.as_slice(), [Value::Text(name), Value::Number(7)] if name == "pv0"));
    }

    #[test]
    fn text_that_is_cut_or_endless_is_turned_down_or_ends() {
        for text in ["a {", "a", "a = [", "a = \"x", "{", "= =", "\"é"] {
            let _any = section(&mut { text }, 0).is_ok();
        }
        assert!(section(&mut "a {".repeat(1000).as_str(), 0).is_err());
    }
}
