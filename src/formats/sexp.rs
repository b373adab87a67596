//! S-expressions as libgcrypt writes them: canonical, and in the text form with hexadecimal. Knows
//! nothing of keys.

use zeroize::Zeroizing;

use super::spelled;
use crate::unit::Decoded;

/// Lists within lists; keys need six.
const DEPTH: usize = 10;

/// Longest first element of a list, which is a name.
const NAME: usize = 64;

/// Longest text in quotes, which is a name or a date.
const QUOTED: usize = 256;

/// Longest number: RSA-16384 has 2 KiB.
const LONGEST: usize = 16 << 10;

pub(crate) enum Sexp {
    Atom(Decoded),
    List(Vec<Sexp>),
}

impl Sexp {
    pub(crate) fn atom(&self) -> Option<&[u8]> {
        match self {
            Self::Atom(bytes) => Some(bytes),
            Self::List(_) => None,
        }
    }

    pub(crate) fn list(&self) -> Option<&[Self]> {
        match self {
            Self::Atom(_) => None,
            Self::List(entries) => Some(entries),
        }
    }
}

/// What was read, as far as it went.
pub(crate) struct Read {
    pub root: Sexp,
    pub end: End,
}

/// Why no more was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The outermost list was closed.
    Closed,
    /// The bytes end.
    Cut,
    /// What follows is nothing that belongs there.
    Broken,
}

/// Reads the list at the start of `bytes`, and says how long it is.
pub(crate) fn canonical(bytes: &[u8]) -> (Read, usize) {
    let mut at = 0;
    let mut open: Vec<Vec<Sexp>> = Vec::new();
    let end = loop {
        while bytes.get(at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            at += 1;
        }
        match bytes.get(at) {
            Some(b'(') if open.len() < DEPTH => {
                open.push(Vec::new());
                at += 1;
            }
            Some(b')') => {
                at += 1;
                let Some(list) = open.pop() else { break End::Broken };
                match open.last_mut() {
                    Some(outer) => outer.push(Sexp::List(list)),
                    None => return (Read { root: Sexp::List(list), end: End::Closed }, at),
                }
            }
            Some(_) => {
                let Some(list) = open.last_mut() else { break End::Broken };
                let longest = if list.is_empty() { NAME } else { LONGEST };
                let (atom, length) = match atom(bytes.get(at..).unwrap_or_default(), longest) {
                    Ok(read) => read,
                    Err(end) => break end,
                };
                list.push(Sexp::Atom(atom));
                at += length;
            }
            None => break End::Cut,
        }
    };
    let mut root = Vec::new();
    while let Some(mut list) = open.pop() {
        if !root.is_empty() {
            list.push(Sexp::List(root));
        }
        root = list;
    }
    (Read { root: Sexp::List(root), end }, at)
}

/// Reads the list at the start of a value that is folded into lines, as in the name-value files of
/// GnuPG: a line end and one blank are nothing, in the middle of a word, too. `indentation` is what
/// stands before each line.
pub(crate) fn folded(bytes: &[u8], indentation: &[u8]) -> (Read, usize) {
    // Unfolds more only while what was unfolded is sound, so that the cost follows what is read.
    let mut most = 256;
    loop {
        let (read, length) = folded_once(bytes.get(..most).unwrap_or(bytes), indentation);
        if read.end != End::Cut || most >= bytes.len() {
            return (read, length);
        }
        most *= 4;
    }
}

fn folded_once(bytes: &[u8], indentation: &[u8]) -> (Read, usize) {
    let mut text = Zeroizing::new(Vec::with_capacity(bytes.len()));
    // Where each unfolded piece starts in the text, and in the bytes.
    let mut pieces = vec![(0, 0)];
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let fold = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n"));
        let fold = fold.map(|rest| rest.strip_prefix(indentation).unwrap_or(rest));
        if let Some(rest) = fold.and_then(|rest| rest.strip_prefix(b" ")) {
            at = bytes.len() - rest.len();
            pieces.push((text.len(), at));
        } else {
            text.push(byte);
            at += 1;
        }
    }
    let (read, length) = canonical(&text);
    let piece = pieces.iter().rev().find(|(start, _)| *start < length.max(1));
    let (start, place) = piece.copied().unwrap_or_default();
    (read, place + length.saturating_sub(start))
}

/// One atom of at most `longest` bytes at the start of `bytes`, and how much it takes there.
fn atom(bytes: &[u8], longest: usize) -> Result<(Decoded, usize), End> {
    let rest = bytes.get(1..).unwrap_or_default();
    match bytes.first() {
        Some(b'#') => {
            let is_digit = |byte: &&u8| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace();
            let length = rest.iter().take_while(is_digit).count();
            end_of_text(rest, length, b'#')?;
            let digits = rest.iter().take(length).filter(|byte| !byte.is_ascii_whitespace());
            let digits = Zeroizing::new(digits.copied().collect::<Vec<u8>>());
            Ok((spelled::hex(&digits).ok_or(End::Broken)?, length + 2))
        }
        Some(b'"') => {
            let length = rest.iter().take(QUOTED).take_while(|&&byte| byte != b'"').count();
            end_of_text(rest, length, b'"')?;
            Ok((Zeroizing::new(rest.get(..length).unwrap_or_default().to_vec()), length + 2))
        }
        _ => word(bytes, longest),
    }
}

/// Whether the text of `length` at the start of `rest` is closed by `closing`.
fn end_of_text(rest: &[u8], length: usize, closing: u8) -> Result<(), End> {
    match rest.get(length) {
        Some(&byte) if byte == closing => Ok(()),
        Some(_) => Err(End::Broken),
        None => Err(End::Cut),
    }
}

/// A bare word, or bytes by their number.
fn word(bytes: &[u8], longest: usize) -> Result<(Decoded, usize), End> {
    let is_letter = |byte: &&u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/' | b'_' | b'*' | b'+')
    };
    let length = bytes.iter().take(NAME).take_while(is_letter).count();
    let word = bytes.get(..length).filter(|word| !word.is_empty()).ok_or(End::Broken)?;
    if bytes.get(length) != Some(&b':') {
        return Ok((Zeroizing::new(word.to_vec()), length));
    }
    let size = std::str::from_utf8(word).ok().and_then(|word| word.parse().ok());
    let size = size.filter(|&size: &usize| size <= longest).ok_or(End::Broken)?;
    let value = bytes.get(length + 1..).and_then(|rest| rest.get(..size)).ok_or(End::Cut)?;
    Ok((Zeroizing::new(value.to_vec()), length + 1 + size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(sexp: &Sexp) -> String {
        match sexp {
            Sexp::Atom(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Sexp::List(list) => {
                format!("({})", list.iter().map(shape).collect::<Vec<_>>().join(" "))
            }
        }
    }

    #[test]
    fn both_forms_are_one() {
        let (read, length) = canonical(b"(3:abc(1:n2:\0()(1:e1:x))tail");
        assert_eq!(
            (shape(&read.root).as_str(), read.end, length),
            ("(abc (n \0() (e x))", End::Closed, 24)
        );
        let folded = folded(b"(abc (n #00\n 28#)(e \"x\")\n )\nNext: 1", b"");
        assert_eq!((shape(&folded.0.root).as_str(), folded.1), ("(abc (n \0() (e x))", 27));
    }

    #[test]
    fn what_is_cut_keeps_its_head() {
        let (read, _) = canonical(b"(3:abc(1:n2:xy)(1:e99:x");
        assert_eq!((shape(&read.root).as_str(), read.end), ("(abc (n xy) (e))", End::Cut));
    }

    #[test]
    fn depth_and_lengths_are_bounded() {
        assert_eq!(canonical(&[b'('; 4096]).0.end, End::Broken);
        assert_eq!(canonical(b"(99999999999999999999:a)").0.end, End::Broken);
        assert_eq!(canonical(b"(18446744073709551615:a)").0.end, End::Broken);
        assert_eq!(canonical(b"").1, 0);
    }
}
