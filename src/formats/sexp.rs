//! S-expressions as libgcrypt writes them: canonical, and in the text form with hexadecimal. Knows
//! nothing of keys.

use zeroize::Zeroizing;

use super::spelled;
use crate::unit::Decoded;

/// Lists within lists; keys need six.
const DEPTH: usize = 10;

/// Longest first element of a list, which is a name.
const NAME: usize = 64;

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
    /// Whether the outermost list was closed.
    pub is_whole: bool,
}

/// Reads the list at the start of `bytes`, and says how long it is.
pub(crate) fn canonical(bytes: &[u8]) -> (Read, usize) {
    let mut at = 0;
    let mut open: Vec<Vec<Sexp>> = Vec::new();
    loop {
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
                let Some(list) = open.pop() else { break };
                match open.last_mut() {
                    Some(outer) => outer.push(Sexp::List(list)),
                    None => return (Read { root: Sexp::List(list), is_whole: true }, at),
                }
            }
            Some(_) => {
                let Some(list) = open.last_mut() else { break };
                let Some((atom, length)) = atom(bytes.get(at..).unwrap_or_default()) else { break };
                if list.is_empty() && atom.len() > NAME {
                    break;
                }
                list.push(Sexp::Atom(atom));
                at += length;
            }
            None => break,
        }
    }
    let mut root = Vec::new();
    while let Some(mut list) = open.pop() {
        if !root.is_empty() {
            list.push(Sexp::List(root));
        }
        root = list;
    }
    (Read { root: Sexp::List(root), is_whole: false }, at)
}

/// Reads the list at the start of a value that is folded into lines, as in the name-value files of
/// GnuPG: a line end and one blank are nothing, in the middle of a word, too. `indentation` is what
/// stands before each line.
pub(crate) fn folded(bytes: &[u8], indentation: &[u8]) -> (Read, usize) {
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

/// One atom at the start of `bytes`, and how long it is.
fn atom(bytes: &[u8]) -> Option<(Decoded, usize)> {
    match bytes.first()? {
        b'#' => {
            let rest = bytes.get(1..)?;
            let length = memchr::memchr(b'#', rest)?;
            let digits = rest.get(..length)?.iter().filter(|byte| !byte.is_ascii_whitespace());
            let digits = Zeroizing::new(digits.copied().collect::<Vec<u8>>());
            Some((spelled::hex(&digits)?, length + 2))
        }
        b'"' => {
            let rest = bytes.get(1..)?;
            let length = memchr::memchr(b'"', rest.get(..256).unwrap_or(rest))?;
            Some((Zeroizing::new(rest.get(..length)?.to_vec()), length + 2))
        }
        _ => {
            let is_word = |byte: &u8| {
                byte.is_ascii_alphanumeric()
                    || matches!(byte, b'-' | b'.' | b'/' | b'_' | b'*' | b'+')
            };
            let length = bytes.iter().take(NAME).take_while(|byte| is_word(byte)).count();
            let word = bytes.get(..length).filter(|word| !word.is_empty())?;
            if bytes.get(length) != Some(&b':') {
                return Some((Zeroizing::new(word.to_vec()), length));
            }
            let size: usize = std::str::from_utf8(word).ok()?.parse().ok()?;
            let value = bytes.get(length + 1..)?.get(..size)?;
            Some((Zeroizing::new(value.to_vec()), length + 1 + size))
        }
    }
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
            (shape(&read.root).as_str(), read.is_whole, length),
            ("(abc (n \0() (e x))", true, 24)
        );
        let folded = folded(b"(abc (n #00\n 28#)(e \"x\")\n )\nNext: 1", b"");
        assert_eq!((shape(&folded.0.root).as_str(), folded.1), ("(abc (n \0() (e x))", 27));
    }

    #[test]
    fn what_is_cut_keeps_its_head() {
        let (read, _) = canonical(b"(3:abc(1:n2:xy)(1:e99:x");
        assert_eq!((shape(&read.root).as_str(), read.is_whole), ("(abc (n xy) (e))", false));
    }

    #[test]
    fn depth_and_lengths_are_bounded() {
        assert!(!canonical(&[b'('; 4096]).0.is_whole);
        assert!(!canonical(b"(99999999999999999999:a)").0.is_whole);
        assert!(!canonical(b"(18446744073709551615:a)").0.is_whole);
        assert_eq!(canonical(b"").1, 0);
    }
}
