//! Hex dumps: `xxd`, `hexdump`, `hexdump -C`, `od -t x1`, `od -x`, `openssl`'s and Windows' own, and
//! firmware as Intel HEX and S-records. Knows lines of an offset, groups of digits and a column of text;
//! what stands in them, others say.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{append, cut::Cut};
use crate::unit::{Decoded, Unit};

/// Bytes of the longest line of a dump, and of what may stand before it: a comment, a quotation.
const LINE: usize = 512;
const PREFIX: usize = 16;

/// Bytes that one line of a dump spells at most.
const WIDEST: usize = 64;

/// One line of a dump.
struct Line {
    /// The digits of the offset: their base is not known yet.
    offset: Range<usize>,
    /// Where the groups start.
    groups: usize,
    /// Where the line ends, before its line end.
    end: usize,
    /// Whether the offset ends in a colon.
    colon: bool,
    /// Whether it is one of firmware, which ends with a checksum.
    is_record: bool,
}

/// The dump that holds `at`, from `low` on: its range, and what it spells.
pub(super) fn around(
    unit: Unit<'_>,
    at: usize,
    low: usize,
    cut: &mut Cut,
) -> Option<(Range<usize>, Decoded)> {
    let bytes = unit.bytes;
    let here = line(bytes, unit.line_start(at, LINE).max(low))?;
    (here.groups <= at && at < here.end).then_some(())?;
    let mut first = here;
    while let Some(start) = line_before(bytes, first.offset.start, low)
        && let Some(before) = line(bytes, start)
        && step(bytes, &before, &first).is_some()
    {
        first = before;
    }
    let start = first.offset.start;
    let mut spelled = Zeroizing::new(Vec::with_capacity(at - start));
    let mut current = first;
    let mut width = None;
    let mut lines = 0;
    loop {
        lines += 1;
        cut.pass(current.offset.start, spelled.len());
        let next = line_after(current.end, bytes, cut.stop).and_then(|start| line(bytes, start));
        let stepped = next.as_ref().and_then(|next| step(bytes, &current, next));
        // The last line has no successor to say how much it holds: no more than the others.
        let most = stepped.or(width).unwrap_or(16);
        append(&mut spelled, &groups(bytes, &current, most));
        match next.filter(|_| stepped.is_some()) {
            Some(next) => current = next,
            None => break,
        }
        width = stepped;
    }
    // One line alone is something else with a number before it.
    (1 < lines).then_some((start..current.end, spelled))
}

/// The line whose offset is the first word at or soon after `start`.
fn line(bytes: &[u8], start: usize) -> Option<Line> {
    let rest = bytes.get(start..)?;
    let rest = rest.get(..LINE).unwrap_or(rest);
    let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    let text = rest.get(..length)?;
    if let Some(record) = record(text, start) {
        return Some(record);
    }
    let prefix = text.iter().take(PREFIX).position(u8::is_ascii_hexdigit)?;
    let mut at = prefix;
    if text.get(at..)?.starts_with(b"0x") {
        at += 2;
    }
    let digits = text.get(at..)?.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    (4..=16).contains(&digits).then_some(())?;
    let offset = start + at..start + at + digits;
    at += digits;
    let colon = text.get(at) == Some(&b':');
    at += usize::from(colon);
    let blanks = text.get(at..)?.iter().take_while(|byte| b" \t-".contains(byte)).count();
    (0 < blanks).then_some(())?;
    let groups = start + at + blanks;
    Some(Line { offset, groups, end: start + length, colon, is_record: false })
}

/// A line of firmware with data: of Intel HEX `:LLAAAA00`, of S-records `S1LLAAAA`, where `S2` and `S3`
/// have longer addresses and the length counts all that follows; data, and a checksum of two digits.
fn record(text: &[u8], start: usize) -> Option<Line> {
    let count = |digits: Option<&[u8]>| usize::try_from(number(digits?, 16)?).ok();
    let (address, data, length) = match text {
        [b':', rest @ ..] if rest.get(6..8) == Some(b"00") => {
            (3..7, 9, 11 + 2 * count(rest.get(..2))?)
        }
        [b'S', kind @ b'1'..=b'3', rest @ ..] => {
            let data = 6 + 2 * usize::from(kind - b'0');
            (4..data, data, 4 + 2 * count(rest.get(..2))?)
        }
        _ => return None,
    };
    let is_whole = length == text.len() && data + 2 < length;
    is_whole.then(|| Line {
        offset: start + address.start..start + address.end,
        groups: start + data,
        end: start + length,
        is_record: true,
        colon: true,
    })
}

fn line_before(bytes: &[u8], at: usize, low: usize) -> Option<usize> {
    let begins = |at: usize| {
        let from = at.saturating_sub(LINE).max(low);
        let before = bytes.get(from..at)?;
        match memchr::memrchr(b'\n', before) {
            Some(newline) => Some(from + newline + 1),
            None => (from == low).then_some(low),
        }
    };
    let start = begins(at)?;
    let end = start.checked_sub(1).filter(|&end| low <= end)?;
    begins(end)
}

fn line_after(end: usize, bytes: &[u8], stop: usize) -> Option<usize> {
    let skipped = bytes.get(end..)?.iter().take(2).take_while(|byte| b"\r\n".contains(byte));
    let start = end + skipped.count();
    (end < start && start < stop).then_some(start)
}

/// How many bytes stand between two offsets, in the base in which the first line holds so many.
fn step(bytes: &[u8], line: &Line, next: &Line) -> Option<usize> {
    let held = groups(bytes, line, WIDEST).len();
    let (from, to) = (bytes.get(line.offset.clone())?, bytes.get(next.offset.clone())?);
    [16, 10, 8].into_iter().find_map(|base| {
        let step = number(to, base)?.checked_sub(number(from, base)?)?;
        let step = usize::try_from(step).ok()?;
        (0 < step && step <= held).then_some(step)
    })
}

fn number(digits: &[u8], base: u32) -> Option<u64> {
    digits.iter().try_fold(0u64, |value, &digit| {
        let digit = char::from(digit).to_digit(base)?;
        value.checked_mul(u64::from(base))?.checked_add(u64::from(digit))
    })
}

/// At most `most` bytes that the groups of a line spell. Groups of several bytes behind an offset
/// without a colon are words of a little-endian machine (`hexdump`, `od -x`).
fn groups(bytes: &[u8], line: &Line, most: usize) -> Decoded {
    let mut spelled = Zeroizing::new(Vec::with_capacity(WIDEST));
    let end = if line.is_record { line.end.saturating_sub(2) } else { line.end };
    let text = bytes.get(line.groups..end).unwrap_or_default();
    let (mut at, mut width) = (0, None);
    while spelled.len() < most.min(WIDEST) {
        let rest = text.get(at..).unwrap_or_default();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let is_last = width.is_some_and(|width| digits < width);
        if digits == 0 || digits % 2 == 1 || width.is_some_and(|width| width < digits) {
            break;
        }
        width = width.or(Some(digits));
        let mut group = super::radix::hex(rest.get(..digits).unwrap_or_default());
        if 2 < digits && !line.colon && digits <= 16 {
            group.reverse();
        }
        group.truncate(most - spelled.len());
        spelled.extend_from_slice(&group);
        at += digits;
        let rest = text.get(at..).unwrap_or_default();
        let blanks = rest.iter().take_while(|byte| b" -".contains(byte)).count();
        // One between groups, two in the middle of a line; more, and the column of text follows.
        if is_last || blanks == 0 || 2 < blanks {
            break;
        }
        at += blanks;
    }
    spelled
}
