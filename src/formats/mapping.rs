//! The YAML mapping around a line: the lines `name: value` at its indentation. Knows no other YAML.

use std::ops::Range;

use crate::{
    formats::{
        object::{AHEAD, BACK, Member, Object, Wanted},
        text::{is_word, run},
    },
    unit::Unit,
};

/// A line `name: value` or `name = value`.
struct Line {
    range: Range<usize>,
    /// Where the name begins, counted from the start of the line.
    column: usize,
    /// Whether a dash stands before it.
    is_item: bool,
    /// Empty if the line is no member.
    name: Range<usize>,
    value: Range<usize>,
}

fn line(unit: Unit<'_>, start: usize, most: usize) -> Line {
    let rest = unit.span(start, most);
    let length = run(rest, |byte| byte != b'\n');
    let text = rest.get(..length).unwrap_or_default().trim_ascii_end();
    let column = run(text, |byte| matches!(byte, b' ' | b'\t' | b'-'));
    let is_item = text.get(..column).unwrap_or_default().contains(&b'-');
    let mut line = Line { range: start..start + length, column, is_item, name: 0..0, value: 0..0 };
    let after = text.get(column..).unwrap_or_default();
    let open = usize::from(matches!(after.first(), Some(b'"' | b'\'')));
    let name = run(after.get(open..).unwrap_or_default(), |byte| is_word(byte) || byte == b'-');
    let past = after.get(open * 2 + name..).unwrap_or_default();
    let gap = run(past, |byte| byte == b' ');
    if name == 0 || !matches!(past.get(gap), Some(b':' | b'=')) {
        return line;
    }
    let value = past.get(gap + 1..).unwrap_or_default();
    let blank = run(value, |byte| matches!(byte, b' ' | b'\t'));
    let from = start + column + open * 2 + name + gap + 1 + blank;
    let mut value = value.get(blank..).unwrap_or_default();
    if let Some(quote @ (b'"' | b'\'')) = value.first().copied() {
        let inner = value.get(1..).unwrap_or_default();
        let length = run(inner, |byte| byte != quote);
        let rest = inner.get(length + 1..).unwrap_or_default().trim_ascii_start();
        if !matches!(rest.first(), None | Some(b'#')) {
            return line;
        }
        line.value = from + 1..from + 1 + length;
    } else {
        if let Some(comment) = memchr::memmem::find(value, b" #") {
            value = value.get(..comment).unwrap_or(value).trim_ascii_end();
        }
        line.value = from..from + value.len();
    }
    line.name = start + column + open..start + column + open + name;
    line
}

/// The YAML mapping of which the mark's line is one: nothing but its indentation or a list item's
/// dash before the name, and no commas or braces about it.
pub(super) fn around(unit: Unit<'_>, wanted: &Wanted) -> Option<Object> {
    let low = wanted.met.start.saturating_sub(BACK).max(wanted.floor);
    let high = wanted.met.end.saturating_add(AHEAD).min(unit.bytes.len());
    let start = unit.line_start(wanted.met.start, 256).max(low);
    let own = line(unit, start, 1024);
    // What a value opens before the mark, as of JSON in quotes, is an object of its own.
    let opens = |text: &[u8]| text.iter().any(|byte| b"{[(".contains(byte));
    let is_plain = |text: &[u8]| {
        !matches!(
            text.trim_ascii_end().last(),
            Some(b',' | b'{' | b'}' | b';' | b'(' | b'[' | b'\\')
        )
    };
    if own.name.is_empty()
        || own.value.is_empty()
        || own.name.start > wanted.met.start
        || opens(unit.get(own.value.start..wanted.met.start))
        || !is_plain(unit.get(own.range.clone()))
        || !is_plain(unit.get(start.saturating_sub(128).max(low)..start))
    {
        return None;
    }
    let mut object =
        Object { range: own.range.clone(), closed: true, seen: own.range.end, members: Vec::new() };
    let mark = unit.get(own.name.clone());
    let keep = |object: &mut Object, line: &Line| {
        let pieces = vec![line.value.clone()];
        object.keep(unit, wanted, line.name.clone(), Member { name: "", pieces, is_quoted: true });
    };
    keep(&mut object, &own);
    let mut first = own.is_item;
    let mut at = start;
    while !first && at > low {
        let above = line(unit, unit.line_start(at - 1, at - low), at - low);
        let is_blank = above.range.len() == above.column;
        if is_blank || above.column < own.column || unit.get(above.name.clone()) == mark {
            break;
        }
        at = above.range.start;
        if above.column == own.column {
            keep(&mut object, &above);
            object.range.start = at;
            first = above.is_item;
        }
    }
    let mut at = own.range.end + 1;
    while at < high {
        let below = line(unit, at, high - at);
        let is_blank = below.range.len() == below.column;
        if is_blank
            || below.column < own.column
            || (below.column == own.column && below.is_item)
            || unit.get(below.name.clone()) == mark
        {
            break;
        }
        at = below.range.end + 1;
        if below.column == own.column {
            keep(&mut object, &below);
        }
        object.range.end = below.range.end;
    }
    Some(object)
}
