//! The object around a member: `{ "name": "value", … }` as JSON, JSON inside a string, JavaScript,
//! Python, PHP, Ruby and YAML write it. Tolerant on purpose: it reads what is around a place that
//! already looks right, and does not judge the rest of the file.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::{
    formats::{
        mapping,
        text::{is_base64, is_word, run},
    },
    unit::{Decoded, Unit},
};

/// How far an object may start before the member that was met, and end after it.
pub(super) const BACK: usize = 16 << 10;
pub(super) const AHEAD: usize = 64 << 10;

/// What to look for, and where.
pub(crate) struct Wanted {
    /// Names of the members to keep.
    pub names: &'static [&'static str],
    /// What marks an object of this kind. Such objects do not nest, so that a second mark ends the
    /// search in either direction, which keeps its cost linear.
    pub marks: &'static [&'static [u8]],
    /// Where the last object ended.
    pub floor: usize,
    /// The mark that was met.
    pub met: Range<usize>,
}

/// The members of one object that have literal values.
pub(crate) struct Object {
    pub range: Range<usize>,
    /// Whether the end was seen. An object without may lack members.
    pub closed: bool,
    /// Where the search for its end stopped.
    pub(super) seen: usize,
    pub(super) members: Vec<Member>,
}

pub(super) struct Member {
    pub name: &'static str,
    /// A literal may be written in several pieces.
    pub pieces: Vec<Range<usize>>,
    pub is_quoted: bool,
}

impl Object {
    /// The value of the member `name`, without its quotes.
    pub(crate) fn text(&self, unit: Unit<'_>, name: &str) -> Option<Decoded> {
        let member = self.members.iter().find(|member| member.name == name)?;
        let pieces = member.pieces.iter().flat_map(|piece| unit.get(piece.clone()));
        Some(Zeroizing::new(pieces.copied().collect()))
    }

    /// Whether the value of the member `name` runs into the end of an unfinished object.
    pub(crate) fn is_cut(&self, name: &str) -> bool {
        let member = self.members.iter().find(|member| member.name == name);
        !self.closed
            && member
                .and_then(|member| member.pieces.last())
                .is_some_and(|piece| piece.end >= self.seen)
    }

    pub(super) fn keep(
        &mut self,
        unit: Unit<'_>,
        wanted: &Wanted,
        name: Range<usize>,
        value: Member,
    ) {
        let name = unit.get(name);
        if let Some(name) = wanted.names.iter().find(|known| known.as_bytes() == name)
            && !self.members.iter().any(|member| member.name == *name)
        {
            self.members.push(Member { name, ..value });
        }
    }
}

/// The object that the mark at `wanted.met` belongs to: in braces, or in the parentheses or
/// brackets of a call or an array, or the lines of a YAML mapping.
pub(crate) fn around(unit: Unit<'_>, wanted: &Wanted) -> Option<Object> {
    if let Some(object) = mapping::around(unit, wanted) {
        return Some(object);
    }
    let open = opening(unit, wanted)?;
    Some(members(unit, open, wanted))
}

fn is_mark(unit: Unit<'_>, wanted: &Wanted, at: usize) -> bool {
    wanted.marks.iter().any(|mark| unit.from(at).starts_with(mark))
}

/// Where the innermost brace, parenthesis or bracket around the mark opens.
fn opening(unit: Unit<'_>, wanted: &Wanted) -> Option<usize> {
    let low = wanted.met.start.saturating_sub(BACK).max(wanted.floor);
    let mut depth = 0usize;
    for (at, &byte) in unit.get(low..wanted.met.start).iter().enumerate().rev() {
        match byte {
            b'}' | b']' | b')' => depth += 1,
            b'{' | b'[' | b'(' => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return Some(low + at),
            },
            _ if is_mark(unit, wanted, low + at) => return None,
            _ => {}
        }
    }
    None
}

enum Token {
    Open,
    Close,
    /// A colon, an equals sign, or an arrow.
    Is,
    /// A comma or semicolon.
    Next,
    /// A quoted string, without its quotes.
    Text(Range<usize>),
    Word(Range<usize>),
    Nothing,
}

/// Reads the members of the object that opens at `open`.
fn members(unit: Unit<'_>, open: usize, wanted: &Wanted) -> Object {
    let end = wanted.met.end.saturating_add(AHEAD).min(unit.bytes.len());
    let mut object = Object { range: open..end, closed: false, seen: end, members: Vec::new() };
    let (mut at, mut depth, mut is_value) = (open, 0usize, false);
    let mut name: Option<Range<usize>> = None;
    // Whether a string that comes now goes on with the last value.
    let mut goes_on = false;
    while at < end {
        let (token, next) = token(unit, at, end);
        if let Token::Text(text) | Token::Word(text) = &token
            && text.start > wanted.met.start
            && is_mark(unit, wanted, text.start)
        {
            break;
        }
        match token {
            Token::Open => (depth, name, is_value) = (depth + 1, None, false),
            Token::Close => {
                depth = depth.saturating_sub(1);
                object.closed = depth == 0;
            }
            Token::Is => is_value = name.is_some(),
            Token::Next => (name, is_value) = (None, false),
            Token::Text(text) if goes_on => {
                if let Some(member) = object.members.last_mut() {
                    member.pieces.push(text);
                }
                at = next;
                continue;
            }
            Token::Text(ref text) | Token::Word(ref text) => {
                let is_quoted = matches!(token, Token::Text(_));
                match name.take() {
                    Some(name) if is_value => {
                        let count = object.members.len();
                        if depth == 1 && (is_quoted || is_flow(unit, text.end)) {
                            let pieces = vec![text.clone()];
                            object.keep(unit, wanted, name, Member { name: "", pieces, is_quoted });
                        }
                        is_value = false;
                        goes_on = is_quoted && object.members.len() > count;
                        at = next;
                        continue;
                    }
                    _ => name = Some(text.clone()),
                }
            }
            Token::Nothing => {
                at = next;
                continue;
            }
        }
        goes_on = false;
        at = next;
        if object.closed {
            break;
        }
    }
    object.range.end = at.min(end);
    if !object.closed {
        // What was not understood to its end must not claim what comes after.
        let pieces = object.members.iter().filter_map(|member| member.pieces.last());
        let last = pieces.map(|piece| piece.end).max();
        object.range.end = last.unwrap_or(open).max(wanted.met.end);
    }
    // Where strings are quoted, a bare word is a variable.
    if object.members.iter().any(|member| member.is_quoted) {
        object.members.retain(|member| member.is_quoted);
    }
    object
}

/// Quotes as HTML and as careful JSON encoders write them.
const QUOTES: &[&[u8]] =
    &[b"&quot;", b"&#34;", b"&#x22;", b"&#X22;", b"&#39;", b"&#x27;", b"&apos;", b"\\u0022"];

/// What stands at `at`, and where to go on.
fn token(unit: Unit<'_>, at: usize, end: usize) -> (Token, usize) {
    let rest = unit.get(at..end);
    let Some(&byte) = rest.first() else { return (Token::Nothing, end) };
    match byte {
        b'{' | b'[' | b'(' => (Token::Open, at + 1),
        b'}' | b']' | b')' => (Token::Close, at + 1),
        b':' | b'=' => (Token::Is, at + 1),
        b',' | b';' => (Token::Next, at + 1),
        b'"' | b'\'' | b'`' => quoted(unit, at, end, byte),
        b'&' | b'\\' if let Some(quote) = QUOTES.iter().find(|quote| rest.starts_with(quote)) => {
            between(rest, at, quote)
        }
        // An escaped line end or tab between the tokens of JSON in a string.
        b'\\' if matches!(rest.get(1), Some(b'n' | b'r' | b't')) => (Token::Nothing, at + 2),
        b'#' => (Token::Nothing, at + run(rest, |byte| byte != b'\n')),
        b'/' if rest.starts_with(b"//") => (Token::Nothing, at + run(rest, |byte| byte != b'\n')),
        _ if is_word(byte) => {
            let length = run(rest, |byte| is_base64(byte) || byte == b'=');
            let text = rest.get(..length).unwrap_or_default();
            // The equals sign of `name=value` is no padding.
            let padding = text.iter().rev().take_while(|&&byte| byte == b'=').count();
            let length = if length < 20 { run(text, |byte| byte != b'=') } else { length };
            let length = if padding > 2 { length.min(text.len() - padding) } else { length };
            (Token::Word(at..at + length), at + length)
        }
        _ => (Token::Nothing, at + 1),
    }
}

/// A string in `quote`, which may be escaped: it ends at a quote that is escaped as often.
fn quoted(unit: Unit<'_>, at: usize, end: usize, quote: u8) -> (Token, usize) {
    let escapes = |at: usize| {
        let before = unit.get(at.saturating_sub(16)..at);
        before.iter().rev().take_while(|&&byte| byte == b'\\').count()
    };
    let level = escapes(at);
    let from = at + 1;
    for place in memchr::memchr2_iter(quote, b'\n', unit.get(from..end)) {
        let place = from + place;
        if unit.bytes.get(place) == Some(&b'\n') {
            // An apostrophe in a comment is no string.
            if quote == b'\'' {
                return (Token::Nothing, from);
            }
            continue;
        }
        let here = escapes(place);
        if here <= level || (level == 0 && here % 2 == 0) {
            return (Token::Text(from..place.saturating_sub(here).max(from)), place + 1);
        }
    }
    (Token::Text(from..end), end)
}

fn between(rest: &[u8], at: usize, quote: &[u8]) -> (Token, usize) {
    let from = at + quote.len();
    let inner = rest.get(quote.len()..).unwrap_or_default();
    match memchr::memmem::find(inner, quote) {
        Some(length) => (Token::Text(from..from + length), from + length + quote.len()),
        None => (Token::Text(from..from + inner.len()), from + inner.len()),
    }
}

/// Whether what follows a bare word shows it to be a value in the flow style of YAML.
fn is_flow(unit: Unit<'_>, at: usize) -> bool {
    matches!(unit.span(at, 16).trim_ascii_start().first(), Some(b',' | b'}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, Vec<String>)> {
        let unit = Unit::whole(text.as_bytes());
        let at = text.find("kty").unwrap();
        let wanted = Wanted {
            names: &["kty", "n", "d"],
            marks: &[b"kty\"", b"kty:", b"kty'", b"kty=", b"kty\\", b"kty&"],
            floor: 0,
            met: at..at + 4,
        };
        let object = around(unit, &wanted)?;
        let value = |name| {
            let text = object.text(unit, name).map(|text| String::from_utf8_lossy(&text).into());
            text.unwrap_or_else(|| "-".to_owned())
        };
        Some((text[object.range.clone()].to_owned(), ["kty", "n", "d"].map(value).to_vec()))
    }

    #[test]
    fn one_object_in_many_notations() {
        for text in [
            r#"x = {"n": "1n", "kty": "RSA", "key_ops": ["a", "b"], "d": "2d"} }"#,
            r#"{"a": {}, "n": "1n", "d": "2d", "kty": "RSA"}"#,
            r#""{\n  \"n\": \"1n\",\n  \"d\": \"2d\", \"kty\": \"RSA\"\n}""#,
            r#""{\\\"n\\\": \\\"1n\\\", \\\"d\\\": \\\"2d\\\", \\\"kty\\\": \\\"RSA\\\"}""#,
            "{ // it's here\n  kty: 'RSA',\n  n: '1n',\n  d: '2' +\n 'd',\n}",
            "{kty: RSA, n: 1n, d: 2d}",
            "Jwk(kty=\"RSA\", n=\"1n\", d=\"2d\")",
            "['kty' => 'RSA', 'n' => '1n', 'd' => '2d']",
            "{:kty=>\"RSA\", :n=>\"1n\", :d=>\"2d\"}",
            "KEY='{\"kty\": \"RSA\", \"n\": \"1n\", \"d\": \"2d\"}'",
            "KEY={\"kty\":\"RSA\",\"n\":\"1n\",\"d\":\"2d\"}\nB=1\n",
            "a: 1\njwk: '{\"n\":\"1n\",\"kty\":\"RSA\",\"d\":\"2d\"}'\n",
            "key = '{\"kty\":\"RSA\",\"n\":\"1n\",\"d\":\"2d\"}' # what\n",
            "k = `{\"kty\":\"RSA\",\"n\":\"1n\",\"d\":\"2d\"}`",
            "x: ' {\"kty\":\"RSA\",\"n\":\"1n\",\"d\":\"2d\"} '",
            "{&#34;kty&#34;: &#34;RSA&#34;, &#34;n&#34;: &#34;1n&#34;, &#34;d&#34;: &#34;2d&#34;}",
            "a:\n  key:\n    n: 1n\n    kty: RSA # what\n    ops:\n      - sign\n    d: \"2d\"\n  b: c\n",
            "keys:\n- d: 2d\n  kty: RSA\n  n: 1n\n- d: 3d\n",
        ] {
            let (_, values) = read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(values, ["RSA", "1n", "2d"], "{text}");
        }
    }

    #[test]
    fn more_equals_signs_than_letters_are_no_padding() {
        let (_, values) = read("{ \"kty\": \"RSA\", n6====: 'x', d: '2d', 7=====").unwrap();
        assert_eq!(values, ["RSA", "-", "2d"]);
    }

    #[test]
    fn variables_are_no_values() {
        let (_, values) = read("{ kty: 'RSA', n: modulus, d: env.D }").unwrap();
        assert_eq!(values, ["RSA", "-", "-"]);
        assert!(read("KEY='{}, kty: RSA'\nn=1n\nd=2d\n").is_none());
    }

    #[test]
    fn the_range_is_the_object_and_nothing_more() {
        assert_eq!(read(r#"[{"kty":"RSA"},{"n":"x"}]"#).unwrap().0, r#"{"kty":"RSA"}"#);
        assert_eq!(read("a:\n  kty: RSA\n  d: 1\nb: 2\n").unwrap().0, "  kty: RSA\n  d: 1");
    }

    #[test]
    fn a_second_mark_ends_the_search() {
        let text = format!("{}{}", r#"{"kty":"RSA","#.repeat(50), r#""n":"x""#);
        let (range, values) = read(&text).unwrap();
        assert!(range.len() < 30);
        assert_eq!(values[1], "-");
        assert!(read("\"kty\":\"RSA\" no object").is_none());
    }
}
