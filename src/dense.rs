//! Where digits stand so close together that they may spell bytes: runs of hexadecimal, dumps, arrays
//! of numbers. A look at half of the bytes, which keeps needles made of digits away from the text
//! that people and programs write, where digits are common and such needles would cost the most.

use std::{ops::Range, sync::LazyLock};

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x32};

/// One look in so many bytes.
const STEP: usize = 64;

/// Bytes that a look takes in.
const LOOK: usize = 32;

/// Up to here all bytes count as dense: a file with one small key shows too little to look at, and is
/// searched at once.
const SMALL: usize = 8 << 10;

/// What is searched on both sides of a dense place: between looks, and up to where a dump begins.
const MARGIN: usize = 512;

/// The next place at or after `from` where digits are dense, with what surrounds it, as far as
/// something in it may start before `end`.
pub(crate) fn next(bytes: &[u8], from: usize, end: usize) -> Option<Range<usize>> {
    static LEVEL: LazyLock<Level> = LazyLock::new(Level::new);
    dispatch!(*LEVEL, simd => next_at_level(simd, bytes, from, end))
}

/// The same, compiled for what the processor can do.
#[inline(always)]
fn next_at_level<S: Simd>(simd: S, bytes: &[u8], from: usize, end: usize) -> Option<Range<usize>> {
    if bytes.len() <= SMALL {
        return (from < end).then_some(from..end);
    }
    let limit = end.saturating_add(MARGIN).min(bytes.len());
    let mut at = from.saturating_sub(MARGIN) / STEP * STEP;
    let mut looks = [Look::default(); 3];
    let mut dense: Option<Range<usize>> = None;
    while at < limit {
        let Some(look) = look(simd, bytes, at) else { break };
        let [_, older, old] = looks;
        looks = [older, old, look];
        let is_dense = is_mixed(looks) || (is_full(look) && goes_on(simd, bytes, at));
        match &mut dense {
            Some(dense) if is_dense => dense.end = at,
            Some(dense) if at > dense.end + 2 * MARGIN => break,
            None if is_dense => dense = Some(at..at),
            _ => {}
        }
        at += STEP;
    }
    let dense = dense?;
    let start = dense.start.saturating_sub(MARGIN).max(from);
    let stop = dense.end.saturating_add(MARGIN).min(end);
    (start < stop).then_some(start..stop)
}

/// What stands among the bytes of one look.
#[derive(Clone, Copy, Default)]
struct Look {
    /// Hexadecimal digits in either case; `\` and `#` too: of escapes and entities that is half or more.
    digits: u32,
    /// Letters that are no digits, but for the `x` of `0x` and the `u` of `\u0030`.
    letters: u32,
    /// `)0`, `) 0` and `(0x`, as of a number behind or in a cast.
    casts: u32,
}

#[inline(always)]
fn look<S: Simd>(simd: S, bytes: &[u8], at: usize) -> Option<Look> {
    let from = |at: usize| Some(u8x32::simd_from(simd, *bytes.get(at..)?.first_chunk::<LOOK>()?));
    let (bytes, second, third) = (from(at)?, from(at + 1)?, from(at + 2)?);
    let lower = bytes | 0x20;
    // Differences wrap, so that what is below comes out above.
    let digits = (bytes - b'0').simd_lt(10)
        | (lower - b'a').simd_lt(6)
        | bytes.simd_eq(b'\\')
        | bytes.simd_eq(b'#');
    let letters = (lower - b'g').simd_lt(20) & !(lower.simd_eq(b'x') | lower.simd_eq(b'u'));
    let number = |bytes: u8x32<S>| (bytes - b'0').simd_lt(10) | bytes.simd_eq(b'-');
    let behind = number(second) | (second.simd_eq(b' ') & number(third));
    let within = bytes.simd_eq(b'(') & second.simd_eq(b'0') & third.simd_eq(b'x');
    let casts = (bytes.simd_eq(b')') & behind) | within;
    Some(Look {
        digits: digits.to_bitmask().count_ones(),
        letters: letters.to_bitmask().count_ones(),
        casts: casts.to_bitmask().count_ones(),
    })
}

/// Over three looks, digits with no letters between them, as of numbers in lines. Or mostly digits with few letters between them: a dump shows what its bytes say, and
/// an array has a blank and a comma for each number. Or over two of them no letters. Or a cast before
/// each number.
#[inline(always)]
fn is_mixed([first, second, third]: [Look; 3]) -> bool {
    let letters = second.letters + third.letters;
    let is_bare = (second.digits >= 14) & (third.digits >= 14) & (letters <= 2);
    let digits = first.digits + second.digits + third.digits;
    let letters = first.letters + letters;
    let casts = first.casts + second.casts + third.casts;
    let least = first.digits.min(second.digits).min(third.digits);
    is_bare | ((letters == 0) & (least >= 5)) | ((digits >= 44) & (letters <= 9)) | (casts >= 3)
}

/// Digits alone.
#[inline(always)]
fn is_full(look: Look) -> bool {
    look.digits >= 31
}

/// Whether the digits of a full look go on at one of its sides: the smallest key has 96 of them, and
/// an id or a digest has fewer. A line may end there, with an indent and quotes.
#[inline(always)]
fn goes_on<S: Simd>(simd: S, bytes: &[u8], at: usize) -> bool {
    [at.checked_sub(LOOK), at.checked_add(LOOK)].into_iter().flatten().any(|beside| {
        look(simd, bytes, beside).is_some_and(|look| 20 <= look.digits && look.letters == 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "10.1.2.3 - - [25/Nov/2026:10:11:12 +0000] \"GET /api/v2/users/1234/profile \
                        HTTP/1.1\" 200 5120 \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"\n";

    /// Bytes of `text`, in the middle of a log, that are searched.
    fn searched(text: &str) -> usize {
        let log = LINE.repeat(SMALL / LINE.len());
        let bytes = [log.as_bytes(), text.as_bytes(), log.as_bytes()].concat();
        let place = log.len()..log.len() + text.len();
        let mut seen = 0;
        let mut from = 0;
        while let Some(span) = next(&bytes, from, bytes.len()) {
            seen += span.end.min(place.end).saturating_sub(span.start.max(place.start));
            from = span.end;
        }
        seen
    }

    #[test]
    fn what_spells_bytes_is_searched_wherever_it_stands() {
        let key: Vec<u8> = (0..48u8).map(|at| at.wrapping_mul(113)).collect();
        let wrapped = |width: usize, between: &str| {
            let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
            let lines = digits.as_bytes().chunks(width).map(|line| str::from_utf8(line).unwrap());
            lines.collect::<Vec<_>>().join(between)
        };
        let spell = |one: &dyn Fn(&u8) -> String| key.iter().map(one).collect::<String>();
        for text in [
            spell(&|byte| format!("{byte:02x}")),
            spell(&|byte| format!("{byte:02X}:")),
            spell(&|byte| format!("0x{byte:02x}, ")),
            spell(&|byte| format!("0x{byte:02x},")),
            spell(&|byte| format!("{byte}, ")),
            spell(&|byte| format!("(byte) 0x{byte:02x}, ")),
            spell(&|byte| format!("(byte)0x{byte:02x},")),
            spell(&|byte| format!("(uint8_t) 0x{byte:02x}, ")),
            spell(&|byte| format!("(unsigned char)0x{byte:02x}, ")),
            spell(&|byte| format!("(byte){},", byte.cast_signed())),
            spell(&|byte| format!("(byte) {},", byte.cast_signed())),
            spell(&|byte| format!("byte(0x{byte:02x}), ")),
            spell(&|byte| format!("{byte}u8, ")),
            spell(&|byte| format!("0x{byte:02X}U,")),
            spell(&|byte| format!("    {byte},\n")),
            spell(&|byte| format!("{byte:02x} ")),
            spell(&|byte| format!("\\x{byte:02x}")),
            spell(&|byte| format!("\\\\x{byte:02x}")),
            spell(&|byte| format!("\\{byte:03o}")),
            spell(&|byte| format!("\\u{byte:04x}")),
            spell(&|byte| format!("&#{byte};")),
            wrapped(64, "\n"),
            wrapped(64, "\r\n"),
            wrapped(64, "\n    "),
            wrapped(64, "\"\n    \""),
            wrapped(64, "\" +\n        \""),
            wrapped(60, "\n"),
            wrapped(48, "\n"),
            wrapped(32, "\n"),
            wrapped(32, "\"\n    \""),
        ] {
            for shift in 0..STEP {
                let text = format!("{}{text}", " ".repeat(shift));
                assert!(searched(&text) >= text.len() - shift, "{text}");
            }
        }
    }

    #[test]
    fn little_of_ordinary_text_is() {
        for line in [
            LINE,
            "A place hands a reader to the map stage, which gives back a fact and a ledger.\n",
            "{\"ts\":\"2026-11-25T10:11:12Z\",\"level\":\"INFO\",\"msg\":\"request served\",\"request_id\":\
             \"0123456789abcdef0123456789abcdef\",\"keyId\":\"alias/app-7\"}\n",
        ] {
            let text = line.repeat(40);
            assert!(searched(&text) * 5 < text.len(), "{} in {line}", searched(&text));
        }
    }
}
