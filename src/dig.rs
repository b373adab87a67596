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
    rows::{Found, Item, Next, What},
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
    /// What the last piece of a long run told of the next.
    pub told: Option<Told>,
    /// Whether all of the outermost bytes are text in UTF-16.
    pub is_wide: bool,
}

/// How much of the next piece of a long run belongs to keys that begin before it.
#[derive(Clone, Copy)]
pub(crate) struct Told {
    /// Where the piece begins, among the bytes that spell.
    pub at: usize,
    /// So many of its decoded bytes.
    pub bytes: usize,
}

/// Decoded bytes of the next piece in which needles are looked for, of keys that begin before it.
const SHARED: usize = 4 << 10;

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
        self.look(unit, window, wanted, &mut found);
        let claimed = found.claimed();
        self.is_wide |= trail.is_empty() && found.items.iter().any(Item::is_utf16_from_start);
        let mut told = self.told.take();
        for item in found.items {
            self.item(unit.bytes, item, &mut told, trail);
        }
        self.told = told;
        claimed
    }

    fn look(&mut self, unit: Unit<'_>, window: Range<usize>, wanted: Wanted, found: &mut Found) {
        if window.start == 0 && unit.at_start && found.claimed() == 0 {
            for head in prefilter::rows().filter_map(|row| row.head) {
                self.guarded(|| head(unit, found));
            }
        }
        let mut hits = Hits::new(unit.bytes, window.start, window.end, wanted);
        while let Some(hit) = hits.next(found.claimed()) {
            self.guarded(|| (hit.row.find)(unit, hit.range, found));
        }
    }

    /// Looks at decoded bytes from `claimed` on, for what starts before `own`; gives where that ends.
    fn decoded(
        &mut self,
        bytes: &[u8],
        claimed: usize,
        own: usize,
        trail: &mut Vec<Step>,
    ) -> usize {
        let mut found = Found::claimed_until(claimed);
        let end = own.saturating_add(SHARED).min(bytes.len());
        self.look(Unit::whole(bytes), 0..end, Wanted::All, &mut found);
        found.items.retain(|item| item.range.start < own);
        let end = found.items.iter().map(|item| item.range.end).max().unwrap_or_default();
        let mut told = None;
        for item in found.items {
            self.item(bytes, item, &mut told, trail);
        }
        end
    }

    fn item(&mut self, bytes: &[u8], item: Item, told: &mut Option<Told>, trail: &mut Vec<Step>) {
        let Item { range, what } = item;
        let what = match what {
            What::Named(parse) if trail.is_empty() => Seen::Named(parse),
            What::Named(parse) => match references::read(bytes, &range, parse) {
                Some(named) => Seen::Reference(named),
                None => return,
            },
            What::Material(material) => Seen::Material(material),
            What::Allowance { rule, until, reason } => Seen::Allowance { rule, until, reason },
            What::Skip(reason) => return self.skips.push(reason),
            What::Decoded { by, bytes, next } => {
                self.decoded_bytes = self.decoded_bytes.saturating_add(bytes.len());
                if trail.len() >= budget::DECODE_DEPTH {
                    self.skips.push(Reason::TooDeep);
                } else if self.decoded_bytes > budget::DECODE_BYTES {
                    self.skips.push(Reason::OverBudget);
                } else {
                    let before = told.filter(|told| told.at == range.start);
                    let claimed = before.map_or(0, |told| told.bytes);
                    let own = next.map_or(bytes.len(), |next| next.decoded);
                    trail.push(Step { by, range });
                    let end = self.decoded(&bytes, claimed, own, trail);
                    trail.pop();
                    if let Some(Next { at, .. }) = next {
                        *told = Some(Told { at, bytes: end.max(claimed).saturating_sub(own) });
                    }
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
