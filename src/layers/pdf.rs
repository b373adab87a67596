//! PDF (ISO 32000-2): its streams, unpacked, and the text of its pages. Streams are looked for in
//! the bytes, so that a file whose tables are damaged is read like any other.

use std::{
    collections::BTreeMap,
    io::{self, Read, SeekFrom},
    ops::Range,
};

use zeroize::Zeroizing;

use super::{Entries, Layer, Open, ReadSeek, of, pdf_filter, pdf_names, pdf_text};
use crate::{budget, ledger::Reason};

pub(super) const LAYER: Layer = Layer {
    name: "pdf",
    about: "PDF: unpacked streams, attachments by name, and the text of pages",
    is: |head| {
        let head = head.get(..1024).unwrap_or(head);
        head.starts_with(b"%PDF-")
            || head.starts_with(b"\xef\xbb\xbf%PDF-")
            || head.starts_with(b"%!PS-Adobe-") && memchr::memmem::find(head, b"%PDF-").is_some()
    },
    open: Open::Beside(open),
};

/// Bytes looked at together, and those of a dictionary before its stream or after `trailer`.
const PIECE: usize = 128 << 10;
const DICTIONARY: usize = 4 << 10;

/// Streams of one file.
const STREAMS: usize = 1_000_000;

/// Bytes of the text of one stream, and tables of characters that it is read with.
const TEXT: u64 = 8 << 20;
const TABLES: usize = 16;

/// Bytes that are read with tables of characters, once for each table.
const SPELLED: usize = 512 << 20;

struct Stream {
    /// Of the object; 0 if it has no number.
    number: u64,
    bytes: Range<u64>,
    filters: Vec<pdf_filter::Filter>,
    /// Whether it may be what stands on a page.
    is_page: bool,
    /// Whether other objects are in it.
    is_objects: bool,
}

/// Whether `%%EOF` stands in the last kilobyte, where readers look for it (ISO 32000-1, annex H.3.18).
fn ends(file: &mut dyn ReadSeek) -> io::Result<bool> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(1024)))?;
    let mut tail = Vec::new();
    file.take(1024).read_to_end(&mut tail)?;
    Ok(memchr::memmem::find(&tail, b"%%EOF").is_some())
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let Streams { found, is_encrypted, is_all, mut names } = streams(file)?;
    if is_encrypted {
        entries.note(Reason::Encrypted, "its streams and strings");
        return Ok(());
    }
    if !is_all {
        entries.note(Reason::OverBudget, format!("more than {STREAMS} streams"));
    }
    if !ends(file)? {
        entries.note(Reason::Damaged, "it ends without the mark of its end");
    }
    for stream in found.iter().filter(|stream| stream.is_objects) {
        pdf_names::add_all(&beginning(file, stream)?.0, &mut names);
    }
    let mut tables = Vec::new();
    for stream in &found {
        let number = || format!("(object {})", stream.number).into_bytes();
        let name = names.get(&stream.number).cloned().unwrap_or_else(number);
        if stream.is_page {
            let (bytes, is_whole) = beginning(file, stream)?;
            if !is_whole {
                entries.note(Reason::OverBudget, format!("the text of object {}", stream.number));
            }
            if let Some(table) = pdf_text::Table::read(&bytes).filter(|_| tables.len() < TABLES) {
                tables.push(table);
            }
            let text = pdf_text::text(&bytes, None);
            if !text.is_empty() {
                let name = format!("(text of object {})", stream.number);
                let at = std::slice::from_ref(&stream.bytes);
                entries.part(name.as_bytes(), at, &mut text.as_slice())?;
            }
        }
        let mut is_opened = || {
            let mut head = Vec::new();
            raw(file, stream)?.take(budget::FIRST_READ as u64).read_to_end(&mut head)?;
            Ok::<bool, io::Error>(of(&head).is_some())
        };
        if !stream.filters.is_empty() || is_opened()? {
            let mut bytes = pdf_filter::decoded(raw(file, stream)?, &stream.filters);
            let at = std::slice::from_ref(&stream.bytes);
            entries.part(&name, at, &mut bytes)?;
        }
    }
    let mut left = SPELLED;
    for stream in found.iter().filter(|stream| stream.is_page && !tables.is_empty()) {
        let (bytes, _told) = beginning(file, stream)?;
        for table in &tables {
            left = left.saturating_sub(bytes.len());
            let text = pdf_text::text(&bytes, Some(table));
            if !text.is_empty() {
                let name = format!("(text of object {})", stream.number);
                let at = std::slice::from_ref(&stream.bytes);
                entries.part(name.as_bytes(), at, &mut text.as_slice())?;
            }
        }
        if left == 0 {
            entries.note(Reason::OverBudget, "the text of its pages");
            break;
        }
    }
    Ok(())
}

/// The unpacked beginning of a stream, and whether it is all. Damage is told where it is looked at.
fn beginning(file: &mut dyn ReadSeek, stream: &Stream) -> io::Result<(Zeroizing<Vec<u8>>, bool)> {
    let mut bytes = Zeroizing::new(Vec::new());
    let mut reader = pdf_filter::decoded(raw(file, stream)?, &stream.filters).take(TEXT);
    let _damage = reader.read_to_end(&mut bytes);
    let is_whole = (bytes.len() as u64) < TEXT;
    Ok((bytes, is_whole))
}

fn raw<'f>(
    file: &'f mut dyn ReadSeek,
    stream: &Stream,
) -> io::Result<io::Take<&'f mut dyn ReadSeek>> {
    file.seek(SeekFrom::Start(stream.bytes.start))?;
    Ok(file.take(stream.bytes.end - stream.bytes.start))
}

struct Streams {
    found: Vec<Stream>,
    is_encrypted: bool,
    is_all: bool,
    /// Of objects that are attachments.
    names: BTreeMap<u64, Vec<u8>>,
}

/// Looks for `stream` after a dictionary, up to the next `endstream`.
fn streams(file: &mut dyn ReadSeek) -> io::Result<Streams> {
    let mut window = Window { file, base: 0, bytes: Zeroizing::new(Vec::new()), is_last: false };
    let names = BTreeMap::new();
    let mut streams = Streams { found: Vec::new(), is_encrypted: false, is_all: true, names };
    let mut at = 0;
    while let Some(word) = window.find(b"stream", at)? {
        at = word + 6;
        let before = window.get(word.saturating_sub(DICTIONARY as u64)..word)?;
        let Some(dictionary) = before.trim_ascii_end().strip_suffix(b">>") else { continue };
        let start = memchr::memmem::rfind(dictionary, b" obj").unwrap_or_default();
        let (object, dictionary) = dictionary.split_at(start);
        let number = pdf_filter::number_before(object);
        let filters = pdf_filter::filters(dictionary);
        let is_page = pdf_filter::is_page(dictionary);
        let is_objects = memchr::memmem::find(dictionary, b"/ObjStm").is_some();
        streams.is_encrypted |= is_encrypted(dictionary);
        // The end of a line is no part of it.
        let line = window.get(at..at + 2)?;
        at += match line {
            [b'\r', b'\n'] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        };
        let end = window.find(b"endstream", at)?;
        let bytes = at..end.unwrap_or(window.length()?);
        at = bytes.end.saturating_add(9);
        if let Some(filters) = filters {
            streams.found.push(Stream { number, bytes, filters, is_page, is_objects });
        }
        if streams.found.len() >= STREAMS {
            streams.is_all = false;
            return Ok(streams);
        }
    }
    let mut at = 0;
    while let Some(word) = window.find(b"trailer", at)? {
        at = word + 7;
        streams.is_encrypted |= is_encrypted(window.get(at..at + DICTIONARY as u64)?);
    }
    let (mut at, mut seen) = (0, 0);
    while let Some(word) = window.find(pdf_names::KEY, at)?
        && seen < pdf_names::NAMES
    {
        at = word + pdf_names::KEY.len() as u64;
        seen += 1;
        let from = word.saturating_sub(pdf_names::AROUND);
        let around = window.get(from..word + pdf_names::AROUND)?;
        let key = usize::try_from(word - from).unwrap_or_default();
        pdf_names::add(around, key, &mut streams.names);
    }
    Ok(streams)
}

fn is_encrypted(dictionary: &[u8]) -> bool {
    let after =
        memchr::memmem::find_iter(dictionary, b"/Encrypt").filter_map(|at| dictionary.get(at + 8));
    after.into_iter().any(|byte| !byte.is_ascii_alphanumeric())
}

/// What is looked at of a file, from front to back.
struct Window<'f> {
    file: &'f mut dyn ReadSeek,
    base: u64,
    bytes: Zeroizing<Vec<u8>>,
    is_last: bool,
}

impl Window<'_> {
    fn find(&mut self, word: &[u8], mut from: u64) -> io::Result<Option<u64>> {
        loop {
            if from < self.base || from > self.base + self.bytes.len() as u64 {
                self.move_to(from)?;
            }
            let start = usize::try_from(from - self.base).unwrap_or(usize::MAX);
            let here = self.bytes.get(start..).unwrap_or_default();
            if let Some(found) = memchr::memmem::find(here, word) {
                return Ok(Some(from + found as u64));
            }
            if self.is_last {
                return Ok(None);
            }
            // A word across the edge is seen whole the next time.
            from = (from + here.len() as u64).saturating_sub(word.len() as u64 - 1).max(from);
            self.move_to(from)?;
        }
    }

    fn get(&mut self, range: Range<u64>) -> io::Result<&[u8]> {
        let end = self.base + self.bytes.len() as u64;
        if range.start < self.base || (range.end > end && !self.is_last) {
            self.move_to(range.start)?;
        }
        let [from, to] = [range.start, range.end]
            .map(|at| usize::try_from(at.saturating_sub(self.base)).unwrap_or(usize::MAX));
        Ok(self.bytes.get(from..to.min(self.bytes.len())).unwrap_or_default())
    }

    /// Reads what is around `at`, with a dictionary before it.
    fn move_to(&mut self, at: u64) -> io::Result<()> {
        self.base = at.saturating_sub(DICTIONARY as u64);
        self.file.seek(SeekFrom::Start(self.base))?;
        self.bytes.clear();
        let most = (DICTIONARY + PIECE) as u64;
        self.file.take(most).read_to_end(&mut self.bytes)?;
        self.is_last = (self.bytes.len() as u64) < most;
        Ok(())
    }

    fn length(&mut self) -> io::Result<u64> {
        self.file.seek(SeekFrom::End(0))
    }
}
