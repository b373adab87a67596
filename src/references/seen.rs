//! Names of keys on the way from a row to a fact: read once, remembered by their bytes. A log may
//! hold one name very many times.

use std::{borrow::Cow, collections::HashMap, ops::Range};

use crate::budget;

use super::{Parse, Reference, holder, pkcs11};

/// A name that was read, what holds it, and how it may be shown.
pub(crate) struct Named {
    pub reference: Reference,
    pub holder: Option<String>,
    pub shown: String,
    /// Whether the PIN of a token is written out in it.
    pub has_pin: bool,
}

/// Reads the name of a key at `range`.
pub(crate) fn read(bytes: &[u8], range: &Range<usize>, parse: Parse) -> Option<Box<Named>> {
    let text = std::str::from_utf8(bytes.get(range.clone())?).ok()?;
    let reference = parse(text)?;
    let holder = holder(bytes, range.start).and_then(|holder| bytes.get(holder));
    let holder = holder.map(|holder| String::from_utf8_lossy(holder).into_owned());
    let shown = pkcs11::without_pin(text);
    let has_pin = pkcs11::has_written_pin(text);
    Some(Box::new(Named { reference, holder, shown: Cow::into_owned(shown), has_pin }))
}

/// The names of one file.
#[derive(Default)]
pub(crate) struct Names {
    /// Number of the fact, if it is the name of a key, of what holds it and of its bytes.
    seen: HashMap<Box<[u8]>, Option<usize>>,
    /// The one that was read last and has no number yet.
    last: Option<Box<[u8]>>,
    /// Offset at which the last one ended: what overlaps it is a part of it.
    end: u64,
}

/// What came of a name that was met.
pub(crate) enum Met {
    /// It is none, or a part of the last one.
    None,
    /// The fact of this number states it already.
    Known(usize),
    New(Box<Named>),
}

impl Names {
    /// Reads what stands at `range` of `bytes`, whose first byte is at `base`. `is_full` says
    /// whether a fact has all places that it keeps.
    pub(crate) fn meet(
        &mut self,
        bytes: &[u8],
        range: &Range<usize>,
        base: u64,
        parse: Parse,
        is_full: impl Fn(usize) -> bool,
    ) -> Met {
        // A name across the edge of a window may have needles in both.
        if base + (range.start as u64) < self.end {
            return Met::None;
        }
        self.end = base + range.end as u64;
        let from = holder(bytes, range.start).map_or(range.start, |holder| holder.start);
        let key = bytes.get(from..range.end).unwrap_or_default();
        match self.seen.get(key) {
            Some(None) => return Met::None,
            Some(&Some(number)) if is_full(number) => return Met::Known(number),
            Some(_) | None => {}
        }
        let named = read(bytes, range, parse);
        // A PIN is not kept.
        self.last = (!pkcs11::has_pin(key)).then(|| key.into());
        if named.is_none() {
            self.remember(None);
        }
        named.map_or(Met::None, Met::New)
    }

    /// Says which fact states the name that was read last.
    pub(crate) fn remember(&mut self, number: Option<usize>) {
        // Very many different names are read each time that they are met.
        if self.seen.len() < budget::NAMES {
            self.seen.extend(self.last.take().map(|name| (name, number)));
        }
    }
}
