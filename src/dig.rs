//! Rows at the needles of one window, and what they decode in turn.

use std::{
    borrow::Cow,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    budget, decode,
    fact::Material,
    ledger::Reason,
    prefilter::{self, Hits, Wanted},
    references::{self, Named},
    rows::{Found, Item, What},
    unit::Unit,
};

/// Something found in a window, with the decodings that lead to it.
pub(crate) struct Sighting {
    pub range: Range<usize>,
    pub decoded: Vec<Cow<'static, str>>,
    pub what: Seen,
}

pub(crate) enum Seen {
    Material(Box<Material>),
    Allowance {
        rule: String,
        until: Option<String>,
        reason: Option<String>,
    },
    /// May be the name of a key; is still to be read.
    Named(references::Parse),
    Reference(Box<Named>),
}

/// Rows at hits, and what they decode in turn.
#[derive(Default)]
pub(crate) struct Dig {
    pub sightings: Vec<Sighting>,
    pub skips: Vec<Reason>,
    decoded_bytes: usize,
    /// Whether all of the outermost bytes are text in UTF-16.
    pub is_wide: bool,
}

impl Dig {
    /// Looks at what starts in `window` of `unit`; gives how far its bytes are claimed. `trail`
    /// holds the decodings so far, with the place in the outermost bytes.
    pub(crate) fn unit(
        &mut self,
        unit: Unit<'_>,
        window: Range<usize>,
        claimed: usize,
        wide_from: Option<usize>,
        wanted: Wanted,
        trail: &mut Vec<Step>,
    ) -> usize {
        let mut found = Found::claimed_until(claimed);
        if let Some(from) = wide_from.map(|from| from.max(claimed)) {
            // Text in UTF-16 goes on from the window before.
            let mut rest = Found::default();
            decode::utf16::text(Unit { bytes: unit.from(from), ..unit }, &mut rest);
            found.take_over(rest, from);
        }
        if window.start == 0 && unit.at_start {
            for head in prefilter::rows().filter_map(|row| row.head) {
                self.guarded(|| head(unit, &mut found));
            }
        }
        let mut hits = Hits::new(unit.bytes, window.start, window.end, wanted);
        while let Some(hit) = hits.next(found.claimed()) {
            self.guarded(|| (hit.row.find)(unit, hit.range, &mut found));
        }
        let claimed = found.claimed();
        self.is_wide |= trail.is_empty() && found.items.iter().any(Item::is_utf16_from_start);
        for Item { range, what } in found.items {
            self.item(unit.bytes, range, what, trail);
        }
        claimed
    }

    fn item(&mut self, bytes: &[u8], range: Range<usize>, what: What, trail: &mut Vec<Step>) {
        let what = match what {
            What::Named(parse) if trail.is_empty() => Seen::Named(parse),
            What::Named(parse) => match references::read(bytes, &range, parse) {
                Some(named) => Seen::Reference(named),
                None => return,
            },
            What::Material(material) => Seen::Material(material),
            What::Allowance { rule, until, reason } => Seen::Allowance { rule, until, reason },
            What::Skip(reason) => return self.skips.push(reason),
            What::Decoded { by, bytes, window } => {
                self.decoded_bytes = self.decoded_bytes.saturating_add(bytes.len());
                if trail.len() >= budget::DECODE_DEPTH {
                    self.skips.push(Reason::TooDeep);
                } else if self.decoded_bytes > budget::DECODE_BYTES {
                    self.skips.push(Reason::OverBudget);
                } else {
                    trail.push(Step { by, range });
                    self.unit(Unit::whole(&bytes), 0..window, 0, None, Wanted::All, trail);
                    trail.pop();
                }
                return;
            }
        };
        let range = trail.first().map_or(range.clone(), |step| step.outer(&range));
        let decoded = trail.iter().map(|step| step.by.clone()).collect();
        self.sightings.push(Sighting { range, decoded, what });
    }

    /// A parser that panics costs its hit, and is named in the ledger.
    fn guarded(&mut self, parse: impl FnOnce()) {
        if catch_unwind(AssertUnwindSafe(parse)).is_err() {
            self.skips.push(Reason::ParserFailed);
        }
    }
}

/// One decoding on the way to a fact.
pub(crate) struct Step {
    by: Cow<'static, str>,
    range: Range<usize>,
}

impl Step {
    /// The outer bytes that spell `range` of the decoded ones: exact for UTF-16 and UTF-32, where
    /// one byte stands for as many, otherwise all of them.
    fn outer(&self, range: &Range<usize>) -> Range<usize> {
        let Some(width) = decode::width(&self.by) else { return self.range.clone() };
        let at = |inner: usize| (self.range.start + width * inner).min(self.range.end);
        at(range.start)..at(range.end)
    }
}
