//! Mail as it is sent (RFC 5322, RFC 2045 to 2049): the parts of a message, decoded. What is not
//! encoded is seen in the message itself, and only what can be opened is handed out.

use std::{
    io::{self, Read, SeekFrom},
    ops::Range,
};

use super::{Entries, Layer, Open, ReadSeek, mime, of};
use crate::{budget, ledger::Reason};

pub(super) const LAYER: Layer = Layer {
    name: "eml",
    about: "mail and web archives (MIME): parts in base64, quoted-printable and uuencode, also of \
            mail inside of mail",
    is,
    open: Open::Beside(open),
};

/// Fields of which a message has two at its head.
const KNOWN: &[&str] = &[
    "date",
    "delivered-to",
    "from",
    "message-id",
    "mime-version",
    "received",
    "return-path",
    "subject",
    "to",
];

/// Fields that are looked at before the first known one.
const UNKNOWN: usize = 32;

/// Multiparts inside of one another, and parts of one message.
const DEPTH: usize = 64;
const PARTS: usize = 100_000;

/// Bytes of one field of a header that are read.
const FIELD: usize = 64 << 10;

/// A message begins with fields, two of them known, up to an empty line.
fn is(head: &[u8]) -> bool {
    // Apple's files begin with a line that holds the length of the message.
    let digits = head.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let lines = head.get(digits..).unwrap_or_default();
    let lines = if digits > 0 { lines.trim_ascii_start() } else { lines };
    if mime::field(lines).is_none() {
        return false;
    }
    let mut seen = [false; KNOWN.len()];
    let mut fields = 0;
    for line in lines.split_inclusive(|&byte| byte == b'\n') {
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
        if matches!(line, [b' ' | b'\t', ..]) && fields > 0 {
            continue;
        }
        let Some((name, _)) = mime::field(line) else {
            // The head may end within a line.
            if line.ends_with(b"\n") {
                return false;
            }
            break;
        };
        fields += 1;
        let known = KNOWN.iter().position(|known| name.eq_ignore_ascii_case(known.as_bytes()));
        if let Some(seen) = known.and_then(|known| seen.get_mut(known)) {
            *seen = true;
        } else if fields > UNKNOWN && !seen.contains(&true) {
            return false;
        }
    }
    seen.iter().filter(|&&seen| seen).count() >= 2
}

/// A part that holds no others.
struct Part {
    body: Range<u64>,
    header: Header,
}

#[derive(Default)]
struct Header {
    kind: String,
    name: Vec<u8>,
    boundary: Vec<u8>,
    encoding: mime::Encoding,
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let (parts, end) = parts(file)?;
    match end {
        End::Whole => {}
        End::Cut => entries.note(Reason::Damaged, "it ends before its last part does"),
        End::TooMany => {
            entries.note(Reason::OverBudget, format!("more than {PARTS} parts"));
        }
    }
    for (number, part) in parts.iter().enumerate() {
        let Part { body, header } = part;
        let number = format!("(part {})", number + 1);
        let name = if header.name.is_empty() { number.as_bytes() } else { &header.name };
        if header.is_encrypted() {
            entries.skip(name, Reason::Encrypted, &header.kind);
        }
        file.seek(SeekFrom::Start(body.start))?;
        let mut bytes = file.take(body.end - body.start);
        match header.encoding {
            mime::Encoding::None => {
                let mut head = Vec::new();
                bytes.by_ref().take(budget::FIRST_READ as u64).read_to_end(&mut head)?;
                if of(&head).is_some() {
                    let mut bytes = head.as_slice().chain(bytes);
                    entries.part(name, std::slice::from_ref(body), &mut bytes)?;
                }
            }
            encoding => {
                let mut decoded = mime::Decoder::new(encoding, &mut bytes);
                entries.part(name, std::slice::from_ref(body), &mut decoded)?;
            }
        }
    }
    Ok(())
}

impl Header {
    /// Takes what one field says.
    fn take(&mut self, field: &[u8]) {
        let Some((name, value)) = mime::field(field) else { return };
        match name.to_ascii_lowercase().as_slice() {
            b"content-type" => {
                self.kind = mime::word(value);
                self.boundary = mime::parameter(value, "boundary").unwrap_or_default();
                if self.name.is_empty() {
                    self.name = mime::parameter(value, "name").unwrap_or_default();
                }
                if mime::parameter(value, "smime-type").is_some_and(|kind| {
                    kind.eq_ignore_ascii_case(b"enveloped-data")
                        || kind.eq_ignore_ascii_case(b"authenveloped-data")
                }) {
                    self.kind = "S/MIME enveloped data".to_owned();
                }
            }
            b"content-transfer-encoding" => self.encoding = mime::Encoding::of(value),
            b"content-disposition" => {
                if let Some(name) = mime::parameter(value, "filename") {
                    self.name = name;
                }
            }
            _ => {}
        }
    }

    fn is_multipart(&self) -> bool {
        self.kind.starts_with("multipart/") && !self.boundary.is_empty()
    }

    fn is_encrypted(&self) -> bool {
        matches!(self.kind.as_str(), "application/pgp-encrypted" | "S/MIME enveloped data")
    }
}

/// How the parts of a message end.
enum End {
    Whole,
    /// A multipart without its last boundary.
    Cut,
    TooMany,
}

/// Finds the parts, and says whether these are all.
fn parts(file: &mut dyn ReadSeek) -> io::Result<(Vec<Part>, End)> {
    file.rewind()?;
    let mut lines = mime::Lines::new(file);
    let mut parts = Vec::new();
    let mut boundaries: Vec<Vec<u8>> = Vec::new();
    // The header that is being read, its last field, and where the body after it began.
    let mut header = Some(Header::default());
    let mut field = Vec::new();
    let mut open: Option<Part> = None;
    let mut is_first = true;
    while let Some((at, line, starts)) = lines.next()? {
        let marked = line.strip_prefix(b"--").filter(|_| starts);
        let boundary = marked.and_then(|marked| {
            let at = |end: &Vec<u8>| marked.starts_with(end) && is_end(marked, end);
            boundaries.iter().rposition(at).map(|depth| (depth, marked))
        });
        if let Some((depth, marked)) = boundary {
            if let Some(mut part) = open.take() {
                part.body.end = at;
                parts.push(part);
            }
            boundaries.truncate(depth + 1);
            let length = boundaries.last().map_or(0, Vec::len);
            let is_last = marked.get(length..).is_some_and(|rest| rest.starts_with(b"--"));
            field.clear();
            header = if is_last { None } else { Some(Header::default()) };
            if is_last {
                boundaries.pop();
            }
            if parts.len() >= PARTS {
                return Ok((parts, End::TooMany));
            }
            continue;
        }
        let Some(current) = &mut header else { continue };
        let is_folded = matches!(line, [b' ' | b'\t', ..]) || !starts;
        let is_empty = matches!(line, b"\n" | b"\r\n");
        if is_folded && !is_empty {
            if field.len() < FIELD {
                field.extend_from_slice(line);
            }
            continue;
        }
        current.take(&field);
        field.clear();
        // The first line of Apple's files is no field.
        let is_field = mime::field(line).is_some() || is_first;
        is_first = false;
        if is_field && !is_empty {
            field.extend_from_slice(line);
            continue;
        }
        let body = if is_empty { at + line.len() as u64 } else { at };
        let Some(current) = header.take() else { continue };
        if current.is_multipart() && boundaries.len() < DEPTH {
            boundaries.push(current.boundary);
        } else {
            open = Some(Part { body: body..body, header: current });
        }
    }
    if let Some(mut part) = open {
        part.body.end = lines.position();
        parts.push(part);
    }
    let end = if boundaries.is_empty() { End::Whole } else { End::Cut };
    Ok((parts, end))
}

/// Whether nothing but `--` and blanks follows the boundary on its line.
fn is_end(marked: &[u8], boundary: &[u8]) -> bool {
    let rest = marked.get(boundary.len()..).unwrap_or_default();
    let rest = rest.strip_prefix(b"--").unwrap_or(rest);
    rest.trim_ascii().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_told_from_other_text() {
        for text in [
            "From: a@b\r\nSubject: x\r\n\r\nText",
            "Received: by x;\n\tMon\nDate: Mon\n\n",
            "1234\nFrom: a\nTo: b\n\nText",
            "From: a\nTo: b",
        ] {
            assert!(is(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "\n",
            "From: a\n\nTo: b\n",
            "from: a\n- to: b\n",
            "a: b\nc: d\n\n",
            "Subject: x\nX: y\n\n",
            "-----BEGIN PRIVATE KEY-----\nTo: b\nFrom: a\n",
            "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n",
            "To whom it may concern: x\nFrom: b\nTo: c\n\n",
        ] {
            assert!(!is(text.as_bytes()), "{text}");
        }
    }
}
