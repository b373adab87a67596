//! What a thing inside of a document gave, so that the bytes of the document do not tell it again.

use std::ops::Range;

use crate::fact::{Fact, Field, Site};

/// Parts with facts among which others of the same bytes are looked for.
pub(super) const NEAR: usize = 4096;

/// Something inside that gave facts, to whose bytes the same facts are not told again.
pub(super) struct Part {
    /// The bytes of the container that hold it.
    pub at: Vec<Range<u64>>,
    /// Its facts, in those of the walk.
    pub facts: Range<usize>,
}

impl Part {
    /// Whether a fact seen in the bytes as they are is one of this part.
    pub(super) fn tells(&self, fact: &Fact, site: &Site, facts: &[Fact]) -> bool {
        self.at.iter().any(|range| range.contains(&site.offset)) && self.gave(fact, facts)
    }

    /// Whether it gave the same fact, the same key where an encoding hides what is around it, or
    /// one that this is a piece of.
    pub(super) fn gave(&self, fact: &Fact, facts: &[Fact]) -> bool {
        let is_piece = matches!(fact.text(Field::Label), Some("truncated" | "unparsed"));
        facts.get(self.facts.clone()).unwrap_or_default().iter().any(|told| {
            let is_equal = |field| told.text(field) == fact.text(field);
            let is_key = fact.text(Field::KeyId).is_some()
                && [Field::KeyId, Field::Class, Field::Label].into_iter().all(is_equal);
            told.kind == fact.kind && (is_piece || is_key || told.fields == fact.fields)
        })
    }
}
