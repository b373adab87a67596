//! Where armour begins and ends, in whatever spelling: `-----BEGIN LABEL-----` to
//! `-----END LABEL-----`. Knows lines of dashes, not what labels mean.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::{
    decode::{
        append,
        escape::{dash_before, spelled},
        radix::is_base64,
    },
    unit::Decoded,
};

/// Bytes after BEGIN in which its END is looked for. A key store of the largest size that people
/// put into PEM is far smaller.
const MOST: usize = 256 << 10;

/// Characters without anything that looks like a body after which it is over. Headers of OpenPGP
/// and log lines fit in between.
const FOREIGN: usize = 2048;

/// Digits from which a word is taken for a piece of a body, not for an identifier.
const PIECE: usize = 16;

const DASHES: usize = 5;
const LABEL: usize = 64;

/// One line of dashes around a label.
pub(super) struct Boundary {
    /// The line, dashes included.
    pub range: Range<usize>,
    pub label: String,
    /// Whether `+` stands for a space.
    pub plus: bool,
}

/// The boundary whose word (`BEGIN` or `END`) stands at `word`.
pub(super) fn boundary(bytes: &[u8], word: Range<usize>) -> Option<Boundary> {
    let start = dashes_before(bytes, word.start)?;
    let plus = bytes.get(word.end) == Some(&b'+');
    let mut at = word.end;
    let mut label = String::new();
    let mut dashes = 0;
    for _ in 0..LABEL {
        let (byte, next) = next(bytes, at, plus)?;
        match byte {
            b'-' if next_is_dash(bytes, next, plus) => {
                dashes = 1;
                at = next;
                break;
            }
            b' ' if label.is_empty() || label.ends_with(' ') => {}
            b' ' | b'-' | b'.' | b'/' | b'#' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {
                if label.is_empty() && at == word.end {
                    return None;
                }
                label.push(char::from(byte));
            }
            _ => return None,
        }
        at = next;
    }
    while dashes > 0 && dashes < DASHES && next_is_dash(bytes, at, plus) {
        (_, at) = next(bytes, at, plus)?;
        dashes += 1;
    }
    let label = label.trim_end();
    (dashes > 0 && !label.is_empty()).then(|| Boundary {
        range: start..at,
        label: label.to_owned(),
        plus,
    })
}

/// The start of the dashes before a word, if there are at least two of them or one long one.
fn dashes_before(bytes: &[u8], word: usize) -> Option<usize> {
    let mut start = match bytes.get(word.checked_sub(1)?) {
        Some(b' ') => word - 1,
        _ => word,
    };
    let mut width = 0;
    for _ in 0..DASHES {
        let Some(dash) = dash_before(bytes, start) else { break };
        width += if bytes.get(dash).is_some_and(|&byte| byte >= 0x80) { 2 } else { 1 };
        start = dash;
        // Markdown writes `\-\-`.
        if start.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'\\')
            && dash_before(bytes, start - 1).is_some()
        {
            start -= 1;
        }
    }
    (width >= 2).then_some(start)
}

/// The next character, and where the one after it starts.
fn next(bytes: &[u8], mut at: usize, plus: bool) -> Option<(u8, usize)> {
    // Invisible characters and backslashes; more of them than this is no label.
    for _ in 0..4 {
        bytes.get(at)?;
        let spelled = spelled(bytes, at, plus);
        at += spelled.length;
        if let Some(byte) = spelled.byte {
            return Some((byte, at));
        }
    }
    None
}

fn next_is_dash(bytes: &[u8], at: usize, plus: bool) -> bool {
    next(bytes, at, plus).is_some_and(|(byte, _)| byte == b'-')
}

/// How a body ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// At an END with this label, or with one that is none.
    Marked(Option<String>),
    /// At another BEGIN, at the end of the bytes, or where nothing looks like a body any more.
    Open,
}

/// What stands between BEGIN and END, its spelling undone.
pub(super) struct Body {
    pub text: Decoded,
    pub end: End,
    /// Past the END, or past what looks like a body.
    pub after: usize,
}

/// Reads from behind a BEGIN.
pub(super) fn body(bytes: &[u8], begin: &Boundary) -> Body {
    let start = begin.range.end;
    let stop = bytes.len().min(start.saturating_add(MOST));
    let mut text = Zeroizing::new(Vec::new());
    let mut word = Word::default();
    // Where the last piece of a body ends, in the text and in the bytes.
    let mut last = (0, start);
    let mut at = start;
    while at < stop && text.len().saturating_sub(last.0) < FOREIGN {
        let rest = bytes.get(at..stop).unwrap_or_default();
        if rest.starts_with(b"END") && dashes_before(bytes, at).is_some_and(|dash| start <= dash) {
            let line = boundary(bytes, at..at + 3);
            trim_dashes(&mut text);
            let after = line.as_ref().map_or(at + 3, |line| line.range.end);
            return Body { text, end: End::Marked(line.map(|line| line.label)), after };
        }
        if rest.starts_with(b"BEGIN") && dashes_before(bytes, at).is_some_and(|dash| start <= dash)
        {
            break;
        }
        let spelled = spelled(bytes, at, begin.plus);
        at += spelled.length;
        let Some(byte) = spelled.byte else { continue };
        append(&mut text, &[byte]);
        if word.push(byte) {
            last = (text.len(), at);
        }
    }
    let (length, mut after) = last;
    // The last line of a body may be too short to tell.
    let mut cut = length;
    let tail = text.get(length..).unwrap_or_default();
    let blanks = tail.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let digits = tail.iter().skip(blanks).take_while(|&&byte| is_base64(byte) || byte == b'=');
    let digits = digits.count();
    if length > 0 && tail.get(blanks + digits).is_none_or(|&byte| byte == b'\n') {
        cut += blanks + digits;
        after = after.saturating_add(blanks + digits).min(at);
    }
    text.truncate(cut);
    Body { text, end: End::Open, after }
}

fn trim_dashes(text: &mut Decoded) {
    if text.last() == Some(&b' ') {
        text.pop();
    }
    for _ in 0..DASHES {
        if text.last() == Some(&b'-') {
            text.pop();
        }
    }
}

/// A run of digits or of one character, as it grows.
#[derive(Default)]
struct Word {
    length: usize,
    same: usize,
    previous: u8,
    lower: bool,
    upper: bool,
    number: bool,
    beyond_hex: bool,
}

impl Word {
    /// Whether the run that `byte` goes on is a piece of a body: random base64 of that length has
    /// letters of both cases and a number, a line of an OpenVPN key has only hexadecimal digits,
    /// and a stub has one character only.
    fn push(&mut self, byte: u8) -> bool {
        let same = if byte == self.previous { self.same + 1 } else { 1 };
        if !is_base64(byte) && byte != b'=' {
            *self = Self::default();
        }
        self.previous = byte;
        self.same = same;
        if is_base64(byte) {
            self.length += 1;
            self.lower |= byte.is_ascii_lowercase();
            self.upper |= byte.is_ascii_uppercase();
            self.number |= byte.is_ascii_digit();
            self.beyond_hex |= !byte.is_ascii_hexdigit();
        }
        let mixed = self.length >= PIECE && self.lower && self.upper && self.number;
        let hex = self.length >= 2 * PIECE && !self.beyond_hex;
        let masked = self.same >= PIECE && !matches!(byte, b' ' | b'-' | b'=' | b'\n' | b'\t');
        mixed || hex || masked
    }
}
