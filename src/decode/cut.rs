//! Runs that are longer than what is looked at at once. They are read in pieces that overlap by more
//! than a key, so that each key is whole in one of them.

use crate::{
    budget,
    rows::{Found, Next},
    unit::{Decoded, Unit},
};

/// What two pieces share, as it is spelled: the largest key, an RSA-16384 PEM, spelled by arrays.
const OVERLAP: usize = 128 << 10;

/// Bytes that a row may leave before the end of what it looks at.
const NEAR: usize = 1024;

/// Where a run is taken up again, if it is cut.
pub(super) struct Cut {
    /// Past what one piece holds.
    pub stop: usize,
    /// Whether the bytes go on there.
    goes_on: bool,
    /// The first place from which the next piece may begin.
    next: Option<Next>,
}

impl Cut {
    /// For a run with a needle at `at`.
    pub(super) fn new(unit: Unit<'_>, at: usize) -> Self {
        let stop = unit.bytes.len().min(at.saturating_add(budget::LOOK_AHEAD));
        Self { stop, goes_on: stop < unit.bytes.len() || !unit.at_end, next: None }
    }

    /// Whether the next piece may begin at `at`, and none does before.
    pub(super) fn is_due(&self, at: usize) -> bool {
        self.next.is_none() && self.from() <= at
    }

    /// Notes that what is spelled from `at` on follows `decoded` bytes, and may be read from there.
    pub(super) fn pass(&mut self, at: usize, decoded: usize) {
        if self.is_due(at) {
            self.next = Some(Next { at, decoded });
        }
    }

    /// The same for a word of `length` digits, of which `each` spell one byte. A piece begins with a
    /// word, or in one so long that what is left of it is one.
    pub(super) fn pass_word(&mut self, at: usize, length: usize, each: usize, decoded: usize) {
        const LONG: usize = 128;
        let into = self.from().saturating_sub(at).next_multiple_of(each);
        if into == 0 || into.saturating_add(LONG) <= length {
            self.pass(at + into, decoded + into / each);
        }
    }

    fn from(&self) -> usize {
        self.stop.saturating_sub(OVERLAP)
    }

    /// Adds what was decoded of `start..end`.
    pub(super) fn add(
        self,
        found: &mut Found,
        range: std::ops::Range<usize>,
        by: &'static str,
        bytes: Decoded,
    ) {
        let is_cut = self.goes_on && self.stop <= range.end + NEAR;
        let next = self.next.filter(|next| is_cut && range.start < next.at);
        found.decoded_part(range, by, bytes, next);
    }

    /// With other counts of decoded bytes.
    pub(super) fn scaled(self, scale: impl Fn(usize) -> usize) -> Self {
        let scaled = |next: Next| Next { decoded: scale(next.decoded), ..next };
        Self { next: self.next.map(scaled), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::inspect_bytes;

    const HEAD: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    const KEYS: u32 = 10;

    /// The key of a number, as DER, and what parts it from the next: the phase of base64 changes.
    fn der(number: u32) -> Vec<u8> {
        let random =
            |at: u32| (number * 32 + at).wrapping_mul(0x9e37_79b1).rotate_left(9).to_be_bytes()[1];
        HEAD.iter().copied().chain((0..32).map(random)).chain(*b"zzzzz").collect()
    }

    fn joined(bytes: &[u8], form: impl Fn(u8) -> String) -> String {
        bytes.iter().map(|&byte| form(byte)).collect()
    }

    fn lines(text: &str, width: usize) -> String {
        let lines = text.as_bytes().chunks(width).map(|line| str::from_utf8(line).unwrap());
        lines.collect::<Vec<_>>().join("\n")
    }

    fn base64(bytes: &[u8]) -> String {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let group = |group: &[u8]| {
            let bits = group.iter().fold(0, |bits, &byte| bits << 8 | u32::from(byte));
            [18, 12, 6, 0].map(|shift| char::from(DIGITS[(bits >> shift & 63) as usize]))
        };
        bytes.chunks_exact(3).flat_map(group).collect()
    }

    /// How bytes are spelled.
    const SPELLINGS: &[fn(&[u8]) -> String] = &[
        base64,
        |bytes| lines(&base64(bytes), 64),
        |bytes| lines(&base64(bytes), 76),
        |bytes| joined(bytes, |byte| format!("{byte:02x}")),
        |bytes| lines(&joined(bytes, |byte| format!("{byte:02x}")), 60),
        |bytes| joined(bytes, |byte| format!("{byte:02x}:")),
        |bytes| lines(&joined(bytes, |byte| format!("{byte:02X} ")), 48),
        |bytes| format!("[{}]", joined(bytes, |byte| format!("0x{byte:02x}, "))),
        |bytes| format!("[{}]", joined(bytes, |byte| format!("{byte},"))),
        |bytes| format!("'{}'", joined(bytes, |byte| format!("\\x{byte:02x}"))),
        |bytes| format!("'{}'", bytes.escape_ascii()),
        |bytes| format!("\"{}\"", joined(bytes, |byte| format!("\\u{byte:04x}"))),
        |bytes| format!("key={}", joined(bytes, |byte| format!("%{byte:02X}"))),
    ];

    /// A run with a key at its beginning, and keys around the place where it is taken up again.
    fn run(spell: fn(&[u8]) -> String, shift: usize, key: impl Fn(u32) -> Vec<u8>) -> String {
        let first = key(KEYS);
        let keys: Vec<u8> = (0..KEYS).flat_map(key).collect();
        let width = spell(&[b'z'; 3000]).len() as f64 / 3000.0;
        let piece = (budget::LOOK_AHEAD - OVERLAP) as f64 / width;
        let before = piece as usize - keys.len() / 2 + shift - first.len();
        let filling = |length| vec![b'z'; length];
        let after = (2 * OVERLAP) as f64 / width;
        let whole = [first, filling(before), keys, filling(after as usize)].concat();
        spell(&whole[..whole.len() / 3 * 3])
    }

    #[test]
    fn each_key_around_a_seam_is_told_once() {
        for (number, spell) in SPELLINGS.iter().enumerate() {
            for shift in [0, 17] {
                let text = run(*spell, shift, der);
                let facts = inspect_bytes("in", text.as_bytes()).facts;
                let counts: Vec<u64> = facts.iter().map(|fact| fact.count).collect();
                assert_eq!(counts, [1; KEYS as usize + 1], "spelling {number}, {shift}");
            }
        }
    }
}
