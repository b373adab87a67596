//! The text of documents of Office Open XML (ECMA-376) and OpenDocument (ISO/IEC 26300): what a
//! paragraph says, over the runs that fonts, spelling and revisions part it into. Knows the elements
//! that hold text and end lines, and no others.

use std::io::{self, BufRead, BufReader, Read};

use zeroize::Zeroizing;

use super::{Entries, Layer, Open, ReadSeek};

pub(super) const LAYER: Layer = Layer {
    name: "office",
    about: "documents of Word, PowerPoint, Excel and LibreOffice: what their paragraphs say, over runs",
    is,
    open: Open::Beside(open),
};

/// Bytes of the root element, which names what the elements are of.
const ROOT: usize = 4 << 10;

/// Bytes that are read at once; a longer text or tag comes in pieces.
const PIECE: usize = 32 << 10;

fn is(head: &[u8]) -> bool {
    const NAMES: &[&[u8]] =
        &[b"/wordprocessingml/", b"/drawingml/", b"/spreadsheetml/", b":opendocument:xmlns:text"];
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let root = head.get(..ROOT).unwrap_or(head);
    root.starts_with(b"<") && NAMES.iter().any(|name| memchr::memmem::find(root, name).is_some())
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let mut text = Text::new(BufReader::with_capacity(PIECE, file));
    entries.part(b"(text)", std::slice::from_ref(&(0..u64::MAX)), &mut text)
}

struct Text<R> {
    input: R,
    /// What was read last, as it is written.
    piece: Zeroizing<Vec<u8>>,
    /// What it says, and how much of that was given.
    said: Zeroizing<Vec<u8>>,
    given: usize,
    /// Whether what comes next is a tag.
    is_tag: bool,
    /// Whether the element holds nothing but text.
    is_run: bool,
    /// Paragraphs of OpenDocument inside of one another: all that they hold is text.
    paragraphs: usize,
}

impl<R: BufRead> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.said.len() {
            self.said.clear();
            self.given = 0;
            let end = if self.is_tag { b'>' } else { b'<' };
            self.piece.clear();
            (&mut self.input).take(PIECE as u64).read_until(end, &mut self.piece)?;
            if self.piece.is_empty() {
                return Ok(0);
            }
            let piece = self.piece.strip_suffix(&[end]);
            let is_whole = piece.is_some();
            let piece = piece.unwrap_or(&self.piece);
            if self.is_tag {
                let (name, rest) =
                    piece.split_at(piece.iter().take_while(|b| is_name(**b)).count());
                let says = tag(name, rest, &mut self.is_run, &mut self.paragraphs);
                self.said.extend(says);
            } else if self.is_run || self.paragraphs > 0 {
                unescape(piece, &mut self.said);
            }
            // What is left of a tag that long says nothing.
            self.is_tag = if is_whole { !self.is_tag } else { self.is_tag };
        }
        let rest = self.said.get(self.given..).unwrap_or_default();
        let read = { rest }.read(buffer)?;
        self.given += read;
        Ok(read)
    }
}

impl<R> Text<R> {
    fn new(input: R) -> Self {
        let (piece, said) = (Zeroizing::default(), Zeroizing::default());
        Self { input, piece, said, given: 0, is_tag: false, is_run: false, paragraphs: 0 }
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b":/-_".contains(&byte)
}

/// What a tag says, and what it begins or ends.
fn tag(name: &[u8], rest: &[u8], is_run: &mut bool, paragraphs: &mut usize) -> Option<u8> {
    let (name, ends, is_empty) = match name {
        [b'/', name @ ..] => (name, true, false),
        [name @ .., b'/'] => (name, false, true),
        name => (name, false, rest.ends_with(b"/")),
    };
    let colon = memchr::memchr(b':', name);
    let is_open = colon.is_some_and(|at| name.get(..at) == Some(b"text"));
    let local = name.get(colon.map_or(0, |at| at + 1)..).unwrap_or_default();
    match local {
        b"t" | b"delText" | b"instrText" => *is_run = !ends && !is_empty,
        b"p" | b"h" if is_open && !ends => *paragraphs += usize::from(!is_empty),
        b"p" | b"h" | b"si" if ends => {
            *paragraphs = if is_open { paragraphs.saturating_sub(1) } else { *paragraphs };
            return Some(b'\n');
        }
        b"br" | b"cr" | b"line-break" if !ends => return Some(b'\n'),
        // With attributes, it says where tabs stop.
        b"tab" if !ends && rest.trim_ascii().len() < 2 => return Some(b'\t'),
        b"s" if is_open && !ends => return Some(b' '),
        b"noBreakHyphen" => return Some(b'-'),
        _ => {}
    }
    None
}

/// Adds text whose entities are undone.
fn unescape(text: &[u8], to: &mut Vec<u8>) {
    const NAMES: &[(&[u8], u8)] =
        &[(b"amp", b'&'), (b"lt", b'<'), (b"gt", b'>'), (b"quot", b'"'), (b"apos", b'\'')];
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest) {
        let (before, entity) = rest.split_at(at);
        to.extend_from_slice(before);
        let end = entity.iter().take(10).position(|&byte| byte == b';');
        let name = end.and_then(|end| entity.get(1..end)).unwrap_or_default();
        let named =
            NAMES.iter().find(|(known, _)| *known == name).map(|(_, byte)| char::from(*byte));
        match named.or_else(|| numbered(name)).zip(end) {
            Some((letter, end)) => {
                to.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                rest = entity.get(end + 1..).unwrap_or_default();
            }
            None => {
                to.push(b'&');
                rest = entity.get(1..).unwrap_or_default();
            }
        }
    }
    to.extend_from_slice(rest);
}

/// The character of `#45` or `#x2d`.
fn numbered(name: &[u8]) -> Option<char> {
    let digits = str::from_utf8(name.strip_prefix(b"#")?).ok()?;
    let value = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORD: &str =
        "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">";

    fn said(xml: &str) -> String {
        let mut text = String::new();
        Text::new(xml.as_bytes()).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_paragraph_is_one_line_over_its_runs() {
        for (xml, text) in [
            (
                "<w:p><w:pPr><w:tabs><w:tab w:val=\"left\"/></w:tabs></w:pPr>\n <w:r><w:t>one</w:t></w:r>\n \
                 <w:r><w:rPr/><w:t xml:space=\"preserve\"> line</w:t><w:br/><w:t>t</w:t><w:tab/><w:t/>\
                 <w:delText>wo</w:delText></w:r></w:p><w:p/><w:p><w:r><w:t>a&amp;b&#45;&lt;</w:t></w:r></w:p>",
                "one line\nt\two\na&b-<\n",
            ),
            (
                "<a:p><a:r><a:t>on</a:t></a:r><a:br/><a:r><a:t>e</a:t></a:r><a:endParaRPr/></a:p>",
                "on\ne\n",
            ),
            (
                "<text:p text:style-name=\"P1\">on<text:span>e</text:span><text:s/>two<text:line-break/>\
                 th<text:span>r</text:span>ee<text:tab/></text:p>\n  <text:h>x</text:h>",
                "one two\nthree\t\nx\n",
            ),
            (
                "<sst><si><r><t>on</t></r><r><t>e</t></r></si><si><t>two</t></si></sst>",
                "one\ntwo\n",
            ),
        ] {
            assert_eq!(said(xml), text, "{xml}");
        }
    }

    #[test]
    fn a_key_over_runs_is_told_and_one_key_once() {
        let lines = [
            "-----BEGIN PRIVATE KEY-----",
            "MC4CAQAwBQYDK2VwBCIEICd8VzEmdlF/QAnuMZYVyiu4+4akv0MDCtLTuA7RcIwM",
            "-----END PRIVATE KEY-----",
        ];
        let paragraphs = |each: usize| {
            let line = |line: &&str| {
                let runs: Vec<String> = line
                    .as_bytes()
                    .chunks(each)
                    .map(|run| format!("<w:r><w:t>{}</w:t></w:r>", str::from_utf8(run).unwrap()))
                    .collect();
                format!("<w:p>{}</w:p>", runs.concat())
            };
            format!("{WORD}{}</w:document>", lines.iter().map(line).collect::<String>())
        };
        for each in [5, 17, 64, 100] {
            let facts = crate::scan::inspect_bytes("in", paragraphs(each).as_bytes()).facts;
            let places: Vec<&str> =
                facts.iter().flat_map(|fact| &fact.sites).map(|site| site.path.as_str()).collect();
            assert_eq!(places, ["in!office:(text)"], "runs of {each}");
        }
    }

    #[test]
    fn other_markup_is_no_document() {
        assert!(is(WORD.as_bytes()));
        for text in ["", "<html><body>/wordprocessingml", "{\"a\": \"/wordprocessingml/\"}"] {
            assert!(!is(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn any_bytes_return() {
        let xml = "<w:p><w:t>a&amp;b</w:t></w:p>";
        for at in 0..xml.len() {
            let mut bytes = xml.as_bytes().to_vec();
            bytes[at] ^= 0x15;
            for bytes in [&bytes[..], &bytes[..at]] {
                let _bounded = Text::new(bytes).read_to_end(&mut Vec::new()).unwrap();
            }
        }
    }
}
