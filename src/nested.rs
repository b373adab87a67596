//! Where base64 spells base64, or other long words of letters and digits: what is encoded twice has
//! nothing else in common, whatever it is, so no needle leads to it. A look at half of the bytes.

use std::{ops::Range, sync::LazyLock};

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x32};

use crate::decode::radix;

/// One look in so many bytes.
const STEP: usize = 64;

/// Bytes that a look takes in: two halves, of which each is enough. Of 63 letters and digits in a row,
/// which lines of base64 have, one half is full.
const LOOK: usize = 32;
const HALF: usize = LOOK / 2;

/// Letters and digits around a full half that must spell base64: the smallest key, encoded twice, has
/// twice as many, and in lines they may be parted.
const LEAST: usize = 40;

/// How far is looked for them, in either direction.
const AROUND: usize = 48;

/// The first group of four digits at or after `from`, and starting before `end`, amid base64 that
/// spells base64.
pub(crate) fn next(bytes: &[u8], from: usize, end: usize) -> Option<Range<usize>> {
    static LEVEL: LazyLock<Level> = LazyLock::new(Level::new);
    let mut at = from;
    while at < end {
        let half = dispatch!(*LEVEL, simd => full_half(simd, bytes, at, end))?;
        if let Some(group) = group(bytes, half) {
            return (group < end).then_some(group..group + 4);
        }
        at = half + 1;
    }
    None
}

/// Where letters and digits alone stand that may spell others, as far as looks see. `from` need not be a multiple of the
/// distance between looks, and is looked at.
#[inline(always)]
fn full_half<S: Simd>(simd: S, bytes: &[u8], from: usize, end: usize) -> Option<usize> {
    const FULL: u64 = (1 << HALF) - 1;
    let mut at = from / STEP * STEP;
    while at < end {
        let look = bytes.get(at..)?.first_chunk::<LOOK>();
        let Some(look) = look else {
            // The last bytes of a small file.
            let at = bytes.len().checked_sub(LOOK)?.max(from);
            let rest = bytes.get(at..at + HALF)?;
            return rest.iter().all(u8::is_ascii_alphanumeric).then_some(at);
        };
        let look = u8x32::simd_from(simd, *look);
        // Differences wrap, so that what is below comes out above.
        let word = ((look | 0x20) - b'a').simd_lt(26) | (look - b'0').simd_lt(10);
        let word = word.to_bitmask();
        if word & FULL == FULL || word >> HALF == FULL {
            // The first six bits of letters, digits, `+`, `/`, `-` and `_`.
            let first = (look - b'K').simd_lt(16) | (look - b'a').simd_lt(5);
            let first = first.to_bitmask();
            if word & FULL == FULL && is_in_phase(first) && from <= at {
                return Some(at);
            }
            if word >> HALF == FULL && is_in_phase(first >> HALF) && from <= at + HALF {
                return Some(at + HALF);
            }
        }
        at += STEP;
    }
    None
}

/// Whether every fourth digit of a half may begin a group.
fn is_in_phase(first: u64) -> bool {
    const GROUPS: u64 = 0x1111;
    (0..4).any(|phase| first >> phase & GROUPS == GROUPS)
}

/// The first whole group after `half`, in the phase in which the letters and digits around it spell
/// base64. What spells others has one only.
fn group(bytes: &[u8], half: usize) -> Option<usize> {
    let near = bytes.get(half..half + HALF)?;
    let is_spelled = |text: &[u8]| {
        let spelled = radix::base64(text);
        spelled.iter().all(|&byte| byte.is_ascii_alphanumeric() || b"+/=-_\r\n".contains(&byte))
    };
    let whole = |text: &[u8]| text.len() / 4 * 4;
    (0..4).find_map(|phase| {
        is_spelled(near.get(phase..phase + HALF - 4)?).then_some(())?;
        let digit = |byte: &&u8| byte.is_ascii_alphanumeric();
        let before = bytes.get(half.saturating_sub(AROUND)..half + phase)?;
        let before = before.iter().rev().take_while(digit).count() / 4 * 4;
        let start = half + phase - before;
        let after = bytes.get(start..)?;
        let length = after.iter().take(before + AROUND).take_while(digit).count();
        let around = after.get(..length)?;
        let around = around.get(..whole(around))?;
        (LEAST <= around.len() && is_spelled(around)).then_some(half + phase)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONCE: &str = "MC4CAQAwBQYDK2VwBCIEICd8VzEmdlF/QAnuMZYVyiu4+4akv0MDCtLTuA7RcIwM";
    const TWICE: &str =
        "TUM0Q0FRQXdCUVlESzJWd0JDSUVJQ2Q4VnpFbWRsRi9RQW51TVpZVnlpdTQrNGFrdjBNREN0TFR1QTdSY0l3TQ==";
    const LINE: &str = "10.1.2.3 - - [25/Nov/2026:10:11:12 +0000] \"GET /api/v2/users/1234/profile \
                        HTTP/1.1\" 200 5120 \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"\n";

    fn found(text: &str) -> Option<usize> {
        next(text.as_bytes(), 0, text.len()).map(|group| group.start)
    }

    #[test]
    fn base64_of_base64_is_found_in_its_phase_wherever_it_stands() {
        for shift in 0..3 * STEP {
            for before in ["", LINE] {
                let before = format!("{before}{}\"", " ".repeat(shift));
                let text = format!("{before}{TWICE}\"\n{LINE}");
                let group = found(&text).unwrap_or_else(|| panic!("{text}"));
                assert_eq!((group - before.len()) % 4, 0, "{text}");
            }
            let lines = format!("{}\n{}\n{}", " ".repeat(shift), &TWICE[..64], &TWICE[64..]);
            assert!(found(&lines).is_some(), "{lines}");
        }
    }

    #[test]
    fn other_words_are_left_alone() {
        for text in [
            ONCE,
            LINE,
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "theQuickBrownFoxJumpsOverTheLazyDogAndReturnsToTheFieldWhereTheOtherFoxesAre",
            // Text, encoded once.
            "VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZywgYW5kIHJldHVybnMu",
        ] {
            assert_eq!(found(&text.repeat(4)), None, "{text}");
        }
    }

    #[test]
    fn it_ends_where_the_window_does() {
        let text = format!("{}{TWICE}", " ".repeat(200));
        assert_eq!(next(text.as_bytes(), 0, 190), None);
        for length in 0..text.len() {
            next(&text.as_bytes()[..length], 0, length);
        }
    }
}
