//! What a row of the tables of formats and decodings is, and where it puts what it finds.

use std::{borrow::Cow, ops::Range};

use crate::{
    budget,
    fact::Material,
    ledger::Reason,
    references,
    unit::{Decoded, Unit},
};

/// One format or decoding.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub name: &'static str,
    /// What it reads, for the documentation.
    pub about: &'static str,
    /// Literals that occur in text, in every spelling that occurs; each at least four bytes and
    /// starting at its rarest place. Looked for in every window.
    pub text: &'static [&'static [u8]],
    /// Literals of binary encodings. Looked for only in windows that hold a NUL byte, which nearly
    /// every binary encoding does, and in small ones that are no text.
    pub binary: &'static [&'static [u8]],
    /// Called with the place of a needle. Looks around it and adds what it finds; whatever the
    /// bytes are, it returns, in time linear in what it reads.
    pub find: fn(Unit<'_>, Range<usize>, &mut Found),
    /// Called once at the start of a file, for formats whose magic is too short for a needle.
    pub head: Option<fn(Unit<'_>, &mut Found)>,
}

/// What a row found at a range of the unit.
pub(crate) enum What {
    Material(Box<Material>),
    /// An allowance in a comment.
    Allowance {
        rule: String,
        until: Option<String>,
        reason: Option<String>,
    },
    /// Other bytes that these bytes spell, to be inspected in turn.
    Decoded {
        by: Cow<'static, str>,
        bytes: Decoded,
        /// Where a run goes on that is longer than what is looked at at once.
        next: Option<Next>,
    },
    /// A name of a key, which `parse` reads.
    Named(references::Parse),
    /// Something that could not be examined.
    Skip(Reason),
}

/// Where a run of spelled bytes is taken up again. What starts from there on is found again.
#[derive(Clone, Copy)]
pub(crate) struct Next {
    /// Where the next piece begins, among the bytes that spell.
    pub at: usize,
    /// The same place among the decoded ones.
    pub decoded: usize,
}

pub(crate) struct Item {
    pub range: Range<usize>,
    pub what: What,
}

impl Item {
    pub(crate) fn is_utf16_from_start(&self) -> bool {
        self.range.start == 0 && matches!(&self.what, What::Decoded { by, .. } if by == "utf-16")
    }
}

/// Collects what rows find in one unit.
pub(crate) struct Found {
    pub items: Vec<Item>,
    /// Needles that start before this are part of something already understood.
    claimed: usize,
    /// Where the last name of a key ended.
    named: usize,
    /// Searches that may still be made, see [`budget::SEARCHES`].
    searches: usize,
}

impl Default for Found {
    fn default() -> Self {
        Self::claimed_until(0)
    }
}

impl Found {
    /// A find that takes over claims up to `claimed` from the window before.
    pub(crate) fn claimed_until(claimed: usize) -> Self {
        Self { items: Vec::new(), claimed, named: 0, searches: budget::SEARCHES }
    }

    pub(crate) fn claimed(&self) -> usize {
        self.claimed
    }

    /// Adds a key and claims its bytes.
    pub(crate) fn material(&mut self, range: Range<usize>, material: Material) {
        self.claim(range.end);
        self.items.push(Item { range, what: What::Material(Box::new(material)) });
    }

    /// Adds decoded bytes and claims what spells them.
    pub(crate) fn decoded(
        &mut self,
        range: Range<usize>,
        by: impl Into<Cow<'static, str>>,
        bytes: Decoded,
    ) {
        self.decoded_part(range, by, bytes, None);
    }

    /// Adds decoded bytes of a run that goes on at `next`, and claims what spells them up to there.
    pub(crate) fn decoded_part(
        &mut self,
        range: Range<usize>,
        by: impl Into<Cow<'static, str>>,
        bytes: Decoded,
        next: Option<Next>,
    ) {
        self.claim(next.map_or(range.end, |next| next.at));
        self.items.push(Item { range, what: What::Decoded { by: by.into(), bytes, next } });
    }

    pub(crate) fn allowance(
        &mut self,
        range: Range<usize>,
        rule: String,
        until: Option<String>,
        reason: Option<String>,
    ) {
        self.items.push(Item { range, what: What::Allowance { rule, until, reason } });
    }

    /// Adds a name of a key, unless it is a part of one. It claims nothing: whether it is one is
    /// seen later.
    pub(crate) fn named(&mut self, range: Range<usize>, parse: references::Parse) {
        if self.named <= range.start {
            self.named = range.end;
            self.items.push(Item { range, what: What::Named(parse) });
        }
    }

    pub(crate) fn skip(&mut self, range: Range<usize>, reason: Reason) {
        self.items.push(Item { range, what: What::Skip(reason) });
    }

    /// Whether one more search may be made, at `range`. The first that may not is in the ledger.
    pub(crate) fn may_search(&mut self, range: Range<usize>) -> bool {
        let left = self.searches;
        self.searches = left.saturating_sub(1);
        if left == 1 {
            self.skip(range, Reason::OverBudget);
        }
        left > 1
    }

    /// Adds what was found in the bytes from `offset` on.
    pub(crate) fn take_over(&mut self, other: Self, offset: usize) {
        self.claim(offset + other.claimed);
        self.items.extend(other.items.into_iter().map(|item| Item {
            range: item.range.start + offset..item.range.end + offset,
            ..item
        }));
    }

    /// Rows are not called for needles that start before `end`.
    pub(crate) fn claim(&mut self, end: usize) {
        self.claimed = self.claimed.max(end);
    }

    /// The keys found, for tests.
    #[cfg(test)]
    pub(crate) fn materials(self) -> Vec<(Range<usize>, Material)> {
        self.items
            .into_iter()
            .filter_map(|item| match item.what {
                What::Material(material) => Some((item.range, *material)),
                _ => None,
            })
            .collect()
    }
}

/// Calls `row` at each place where one of its needles stands, as `inspect` would: for tests.
#[cfg(test)]
pub(crate) fn run(row: &Row, bytes: &[u8]) -> Vec<(Range<usize>, Material)> {
    let mut found = Found::default();
    let unit = Unit::whole(bytes);
    if let Some(head) = row.head {
        head(unit, &mut found);
    }
    for at in 0..bytes.len() {
        let needle =
            row.text.iter().chain(row.binary).find(|needle| bytes[at..].starts_with(needle));
        if let Some(needle) = needle
            && at >= found.claimed()
        {
            (row.find)(unit, at..at + needle.len(), &mut found);
        }
    }
    found.materials()
}
