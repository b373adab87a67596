//! Recovers the digits of a body from what surrounds them: indentation, comment leaders, diff
//! markers, log prefixes, string literals and their concatenation, markup. Knows how people paste,
//! not what the digits spell.

use zeroize::Zeroizing;

use crate::{
    decode::{append, radix::is_base64},
    unit::Decoded,
};

/// Bytes that the smallest key has.
pub(super) const SMALLEST: usize = 32;

/// Text between BEGIN and END, and what stands before BEGIN on its line.
pub(super) struct Pasted<'a> {
    pub text: &'a [u8],
    pub prefix: &'a [u8],
}

/// One reading of a body: its digits, or `None` where the text does not look like that.
type Reading = fn(&Pasted<'_>) -> Option<Decoded>;

/// Readings from the strictest on. All are tried until what they give parses.
const READINGS: &[Reading] =
    &[plain, behind_prefix, in_quotes, last_words, longest_words, everything];

/// What a parser says of the bytes of a reading.
pub(super) enum Judged<T> {
    Whole(T),
    /// It is right as far as it goes.
    Partial(T),
    No,
}

/// The best reading of a body.
pub(super) struct Recovered<T> {
    pub digits: Decoded,
    pub bytes: Decoded,
    pub parsed: Option<T>,
}

/// The first reading that parses; else the longest that does in part; else the first that gives
/// as many bytes as a key has, and failing that, the first.
pub(super) fn recover<T>(
    pasted: &Pasted<'_>,
    decode: fn(&[u8]) -> Decoded,
    mut judge: impl FnMut(&[u8]) -> Judged<T>,
) -> Option<Recovered<T>> {
    let mut best: Option<Recovered<T>> = None;
    let mut before = Zeroizing::new(Vec::new());
    for reading in READINGS {
        let Some(digits) = reading(pasted) else { continue };
        if *digits == *before {
            continue;
        }
        before.clone_from(&digits);
        let bytes = decode(&digits);
        let parsed = match judge(&bytes) {
            Judged::Whole(parsed) => {
                return Some(Recovered { digits, bytes, parsed: Some(parsed) });
            }
            Judged::Partial(parsed) => Some(parsed),
            Judged::No => None,
        };
        let better = match &best {
            None => true,
            Some(best) if best.parsed.is_some() == parsed.is_some() => {
                let enough = if parsed.is_some() { bytes.len() } else { SMALLEST };
                best.bytes.len() < enough.min(bytes.len())
            }
            Some(_) => parsed.is_some(),
        };
        if better {
            best = Some(Recovered { digits, bytes, parsed });
        }
    }
    best
}

/// Whether `text` is digits and nothing else, in the open or in string literals that are only put
/// together.
pub(super) fn is_clean(text: &[u8]) -> bool {
    let pasted = Pasted { text, prefix: &[] };
    plain(&pasted).is_some() || (in_quotes(&pasted).is_some() && !is_code(text))
}

/// How many digits stand in words as long as no ordinary word is.
pub(super) fn dense(text: &[u8]) -> usize {
    const WORD: usize = 16;
    text.split(|&byte| !is_base64(byte))
        .filter(|word| {
            let has = |test: fn(&u8) -> bool| word.iter().any(test);
            let same = word.windows(2).all(|pair| pair.first() == pair.last());
            let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
            word.len() >= WORD && (same || (mixed && has(u8::is_ascii_digit)))
        })
        .map(<[u8]>::len)
        .sum()
}

/// Whether there is more between the string literals of `text` than what puts them together.
pub(super) fn is_code(text: &[u8]) -> bool {
    const JOINS: &[&[u8]] = &[
        b"append",
        b"concat",
        b"echo",
        b"vbLf",
        b"vbCrLf",
        b"vbNewLine",
        b"Environment",
        b"NewLine",
    ];
    let Some(quote) = quote(text) else { return false };
    text.split(|&byte| byte == quote)
        .skip(1)
        .step_by(2)
        .flat_map(|outside| outside.split(|byte| !byte.is_ascii_alphanumeric()))
        .any(|word| word.len() > 2 && !JOINS.contains(&word))
}

/// Text without tags and colour sequences: those end words.
pub(super) fn without_markup(text: &[u8]) -> Option<Decoded> {
    const TAG: usize = 256;
    memchr::memchr2(b'<', 0x1b, text)?;
    let mut clean = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'<', 0x1b, rest) {
        let (before, tag) = rest.split_at_checked(at)?;
        append(&mut clean, before);
        let near = tag.get(..TAG).unwrap_or(tag);
        let end = match tag {
            [b'<', ..] => near.iter().position(|&byte| byte == b'>'),
            _ => near.iter().position(u8::is_ascii_alphabetic),
        };
        append(&mut clean, b"\n");
        rest = tag.get(end.unwrap_or(0) + 1..)?;
    }
    append(&mut clean, rest);
    Some(clean)
}

/// Nothing but digits and blanks, behind header lines (RFC 1421, RFC 9580, RFC 4716).
fn plain(pasted: &Pasted<'_>) -> Option<Decoded> {
    let mut digits = Zeroizing::new(Vec::with_capacity(pasted.text.len()));
    let mut goes_on = false;
    for line in lines(pasted.text) {
        let line = line.trim_ascii();
        let content = line.strip_suffix(b"\\").unwrap_or(line);
        if goes_on || (digits.is_empty() && is_header(line)) {
            goes_on = content.len() < line.len();
            continue;
        }
        if content.starts_with(b"=") && content.len() > 3 {
            // The checksum of OpenPGP armour.
            break;
        }
        if !content.iter().all(|&b| is_base64(b) || b == b'=' || b.is_ascii_whitespace()) {
            return None;
        }
        append(&mut digits, content);
    }
    some(digits)
}

/// The first word of each line, behind the same prefix as before BEGIN: comment leaders, diff
/// markers, quotation, fixed-width log prefixes.
fn behind_prefix(pasted: &Pasted<'_>) -> Option<Decoded> {
    if pasted.prefix.trim_ascii().is_empty() {
        return None;
    }
    let mut digits = Zeroizing::new(Vec::with_capacity(pasted.text.len()));
    for line in lines(pasted.text) {
        let line = stripped(line, pasted.prefix).unwrap_or(line).trim_ascii_start();
        if !is_header(line) {
            append(&mut digits, line.get(..word_length(line)).unwrap_or_default());
        }
    }
    some(digits)
}

/// `line` without what differs from `prefix` at most as two log prefixes or line numbers do.
fn stripped<'a>(line: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let like = |(&a, &b): (&u8, &u8)| {
        let number = |byte: u8| byte.is_ascii_digit() || byte == b' ';
        a == b || (number(a) && number(b)) || (a.is_ascii_alphabetic() && b.is_ascii_alphabetic())
    };
    let (head, rest) = line.split_at_checked(prefix.len())?;
    head.iter().zip(prefix).all(like).then_some(rest)
}

/// What stands in string literals, whatever joins them. The text begins inside of one.
fn in_quotes(pasted: &Pasted<'_>) -> Option<Decoded> {
    let mut digits = Zeroizing::new(Vec::with_capacity(pasted.text.len()));
    for piece in quoted(pasted.text)? {
        for line in lines(piece).filter(|line| !is_header(line)) {
            let line = line.trim_ascii();
            append(&mut digits, line.strip_suffix(b"\\").unwrap_or(line));
        }
    }
    digits.iter().all(|&b| is_base64(b) || b == b'=' || b.is_ascii_whitespace()).then_some(())?;
    some(digits)
}

/// The pieces of `text` that are in quotes, when it begins in quotes.
pub(super) fn quoted(text: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let quote = quote(text)?;
    Some(text.split(move |&byte| byte == quote).step_by(2))
}

fn quote(text: &[u8]) -> Option<u8> {
    text.iter().copied().find(|byte| matches!(byte, b'"' | b'\'' | b'`'))
}

/// The last word of each line.
fn last_words(pasted: &Pasted<'_>) -> Option<Decoded> {
    words(pasted.text, |_, word| word)
}

/// The longest word of each line.
fn longest_words(pasted: &Pasted<'_>) -> Option<Decoded> {
    words(pasted.text, |best, word| if best.len() <= word.len() { word } else { best })
}

/// Of each line, the word that is left when `choose` has gone through them.
fn words(text: &[u8], choose: for<'a> fn(&'a [u8], &'a [u8]) -> &'a [u8]) -> Option<Decoded> {
    let mut digits = Zeroizing::new(Vec::with_capacity(text.len()));
    // What stands before END on its line is no part of the body.
    let whole = match text.iter().rposition(|&byte| byte == b'\n').map(|at| text.split_at(at)) {
        Some((whole, last))
            if !last.trim_ascii_start().iter().all(|&b| is_base64(b) || b == b'=') =>
        {
            whole
        }
        _ => text,
    };
    for line in lines(whole) {
        let words = line
            .split(|&byte| !is_base64(byte) && byte != b'=')
            .filter(|word| word.iter().any(u8::is_ascii_alphanumeric));
        append(&mut digits, words.reduce(choose).unwrap_or_default());
    }
    some(digits)
}

/// Every digit of the common alphabet.
fn everything(pasted: &Pasted<'_>) -> Option<Decoded> {
    let mut digits = Zeroizing::new(pasted.text.to_vec());
    digits.retain(|byte| is_base64(*byte) && !matches!(byte, b'-' | b'_'));
    some(digits)
}

fn some(digits: Decoded) -> Option<Decoded> {
    (!digits.is_empty()).then_some(digits)
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| byte == b'\n')
}

/// `Name: value`. No digit is a colon.
fn is_header(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let name =
        line.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    name > 0 && line.get(name) == Some(&b':')
}

/// Digits and padding that `line` starts with.
fn word_length(line: &[u8]) -> usize {
    let digits = line.iter().take_while(|&&byte| is_base64(byte)).count();
    digits + line.iter().skip(digits).take_while(|&&byte| byte == b'=').count()
}
