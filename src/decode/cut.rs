//! Runs that are longer than what is looked at at once. They are read in pieces that overlap by more
//! than a key, so that each key is whole in one of them.

use crate::{
    budget,
    rows::Found,
    unit::{Decoded, Unit},
};

/// What two pieces share, as it is spelled: the largest key, an RSA-16384 PEM, spelled by arrays.
const OVERLAP: usize = 128 << 10;

/// Bytes that a row may leave before the end of what it looks at.
const NEAR: usize = 1024;

/// Decoded bytes at the beginning of a piece in which the piece before looks for needles, too: a key
/// begins before its needle.
const SHARED: usize = 64;

/// Where a run is taken up again, if it is cut.
pub(super) struct Cut {
    /// Past what one piece holds.
    pub stop: usize,
    /// Whether the bytes go on there.
    goes_on: bool,
    /// The first place from which the next piece may begin, and the bytes decoded before it.
    next: Option<(usize, usize)>,
}

impl Cut {
    /// For a run with a needle at `at`.
    pub(super) fn new(unit: Unit<'_>, at: usize) -> Self {
        let stop = unit.bytes.len().min(at.saturating_add(budget::LOOK_AHEAD));
        Self { stop, goes_on: stop < unit.bytes.len() || !unit.at_end, next: None }
    }

    /// Notes that what is spelled from `at` on follows `decoded` bytes.
    pub(super) fn pass(&mut self, at: usize, decoded: usize) {
        if self.next.is_none() && self.from() <= at {
            self.next = Some((at, decoded));
        }
    }

    /// The same for a word of `length` digits, of which `each` spell one byte.
    pub(super) fn pass_word(&mut self, at: usize, length: usize, each: usize, decoded: usize) {
        let into = self.from().saturating_sub(at).next_multiple_of(each);
        if into < length {
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
        match self.next {
            Some((at, decoded))
                if self.goes_on && range.start < at && self.stop <= range.end + NEAR =>
            {
                found.decoded_part(range, by, bytes, decoded + SHARED, at);
            }
            _ => found.decoded(range, by, bytes),
        }
    }

    /// With other counts of decoded bytes.
    pub(super) fn scaled(self, scale: impl Fn(usize) -> usize) -> Self {
        Self { next: self.next.map(|(at, decoded)| (at, scale(decoded))), ..self }
    }
}
