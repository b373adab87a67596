//! Values that know where they are written. A register may have millions of them: a place is two
//! numbers, and the source that the register keeps gives line and column.

use std::cell::Cell;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

thread_local! {
    /// Where in the text of the register the piece begins that this thread reads.
    static START: Cell<u32> = const { Cell::new(0) };
}

/// What `read` gives, with places counted from a piece that begins at `start`.
pub(super) fn at<T>(start: usize, read: impl FnOnce() -> Option<T>) -> Option<T> {
    START.set(u32::try_from(start).ok()?);
    let value = read();
    START.set(0);
    value
}

/// Where a value is written: byte and length in the text of the register.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Location {
    pub start: u32,
    pub length: u32,
}

/// A value and its place.
#[derive(Debug, Clone)]
pub struct Spanned<T> {
    pub value: T,
    pub referenced: Location,
}

/// A text that knows where it is written.
pub type Text = Spanned<Box<str>>;

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = serde_saphyr::Spanned::<T>::deserialize(deserializer)?;
        let span = spanned.referenced.span();
        let number = |of: Option<u64>| of.and_then(|of| u32::try_from(of).ok()).unwrap_or_default();
        let start = number(span.byte_offset()).saturating_add(START.get());
        let referenced = Location { start, length: number(span.byte_len()) };
        Ok(Self { value: spanned.value, referenced })
    }
}

impl<T: Serialize> Serialize for Spanned<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}
