//! Bytes to look at. The only types that hold secret bytes: they implement neither `Debug` nor
//! `Serialize`, and what they own is wiped when dropped.

use std::ops::Range;

use zeroize::Zeroizing;

/// Bytes that were decoded out of other bytes.
pub(crate) type Decoded = Zeroizing<Vec<u8>>;

/// A window on some bytes: a whole small file, a piece of a large one, or decoded text.
#[derive(Clone, Copy)]
pub(crate) struct Unit<'a> {
    /// What can be seen: the window, what was kept before it, and what was read beyond it.
    pub bytes: &'a [u8],
    /// Whether `bytes` begins where the file begins.
    pub at_start: bool,
    /// Whether `bytes` ends where the file ends: if not, what runs into its end is cut by us.
    pub at_end: bool,
    /// Whether other bytes spelled these: only then is gzip opened where it stands.
    pub decoded: bool,
}

impl<'a> Unit<'a> {
    /// Bytes that are all there is, such as decoded text.
    pub(crate) fn whole(bytes: &'a [u8]) -> Self {
        Self { bytes, at_start: true, at_end: true, decoded: true }
    }

    /// Everything from `at` on; empty past the end.
    pub(crate) fn from(&self, at: usize) -> &'a [u8] {
        self.bytes.get(at..).unwrap_or_default()
    }

    /// At most `most` bytes from `at` on.
    pub(crate) fn span(&self, at: usize, most: usize) -> &'a [u8] {
        let rest = self.from(at);
        rest.get(..most).unwrap_or(rest)
    }

    /// The bytes of `range`, clipped to what there is.
    pub(crate) fn get(&self, range: Range<usize>) -> &'a [u8] {
        let end = range.end.min(self.bytes.len());
        self.bytes.get(range.start..end).unwrap_or_default()
    }

    /// The start of the line that holds `at`, looking back over at most `most` bytes.
    pub(crate) fn line_start(&self, at: usize, most: usize) -> usize {
        let low = at.saturating_sub(most);
        let before = self.get(low..at);
        low + memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1)
    }
}
