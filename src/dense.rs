//! Where digits stand so close together that they may spell bytes: runs of hexadecimal, dumps, arrays
//! of numbers. A look at half of the bytes, which keeps needles made of digits away from the text
//! that people and programs write, where digits are common and such needles would cost the most.

use std::ops::Range;

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
    if bytes.len() <= SMALL {
        return (from < end).then_some(from..end);
    }
    let limit = end.saturating_add(MARGIN).min(bytes.len());
    let mut at = from.saturating_sub(MARGIN) / STEP * STEP;
    // Digits in the last three looks.
    let mut looks = [0; 3];
    let mut dense: Option<Range<usize>> = None;
    while at < limit {
        let Some(look) = bytes.get(at..).and_then(<[u8]>::first_chunk::<LOOK>) else { break };
        let [_, older, old] = looks;
        looks = [older, old, digits(look)];
        let is_dense = is_mixed(looks, bytes, at) || (is_full(looks[2]) && goes_on(bytes, at));
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

/// Over three looks, mostly digits with few letters between them: a dump shows what its bytes say, and
/// an array has a blank and a comma for each number. Or over two of them no letters.
fn is_mixed([first, second, third]: [u8; 3], bytes: &[u8], at: usize) -> bool {
    let is_bare = second >= 14 && third >= 14;
    if first + second + third < 44 && !is_bare {
        return false;
    }
    let letters = |back| {
        let look = at.checked_sub(back).and_then(|at| bytes.get(at..)?.first_chunk::<LOOK>());
        look.map_or(0, letters)
    };
    let last_two = letters(STEP) + letters(0);
    (is_bare && last_two <= 2)
        || (first + second + third >= 44 && last_two + letters(2 * STEP) <= 9)
}

/// Digits alone.
const fn is_full(digits: u8) -> bool {
    digits >= 31
}

/// Whether the digits of a full look go on at one of its sides: the smallest key has 96 of them, and
/// an id or a digest has fewer. A line may end there, with an indent and quotes.
fn goes_on(bytes: &[u8], at: usize) -> bool {
    [at.checked_sub(LOOK), at.checked_add(LOOK)].into_iter().flatten().any(|beside| {
        let look = bytes.get(beside..).and_then(<[u8]>::first_chunk::<LOOK>);
        look.is_some_and(|look| 20 <= digits(look) && letters(look) == 0)
    })
}

/// Hexadecimal digits in either case; `\` and `#` too: of escapes and entities that is half or more.
fn digits(look: &[u8; LOOK]) -> u8 {
    let is_digit = |byte: u8| {
        (byte.wrapping_sub(b'0') < 10)
            | ((byte | 0x20).wrapping_sub(b'a') < 6)
            | (byte == b'\\')
            | (byte == b'#')
    };
    look.iter().map(|&byte| u8::from(is_digit(byte))).sum()
}

/// Letters that are no digits, but for the `x` of `0x` and the `u` of `\u0030`. Asked only where digits
/// are many.
fn letters(look: &[u8; LOOK]) -> u8 {
    let is_letter = |byte: u8| (b'g'..=b'z').contains(&byte) & (byte != b'x') & (byte != b'u');
    look.iter().map(|&byte| u8::from(is_letter(byte | 0x20))).sum()
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
