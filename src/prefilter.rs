//! One pass over the bytes: who should look, and where. Knows literals; knows no format.

use std::{ops::Range, sync::LazyLock};

use aho_corasick::{AhoCorasick, Input, MatchKind, Span, packed};

use crate::{allow, decode, formats, rows::Row};

/// A needle that was met.
pub(crate) struct Hit {
    pub row: &'static Row,
    pub range: Range<usize>,
}

/// Finds the needles of all rows in the order in which they stand.
pub(crate) struct Hits<'a> {
    bytes: &'a [u8],
    /// Needles that start from here on belong to the next window.
    end: usize,
    text: Option<Hit>,
    binary: Option<Hit>,
}

impl<'a> Hits<'a> {
    /// Needles that start in `start..end` of `bytes`; they may run past `end`.
    pub(crate) fn new(bytes: &'a [u8], start: usize, end: usize) -> Self {
        let window = bytes.get(start..end).unwrap_or_default();
        let mut hits = Self { bytes, end, text: None, binary: None };
        hits.text = TEXT.find(bytes, start, end);
        if memchr::memchr(0, window).is_some() {
            hits.binary = BINARY.find(bytes, start, end);
        }
        hits
    }

    /// The next needle that starts at `from` or later.
    pub(crate) fn next(&mut self, from: usize) -> Option<Hit> {
        for (searcher, slot) in [(&*TEXT, &mut self.text), (&*BINARY, &mut self.binary)] {
            if slot.as_ref().is_some_and(|hit| hit.range.start < from) {
                *slot = searcher.find(self.bytes, from, self.end);
            }
        }
        let text_first = match (&self.text, &self.binary) {
            (Some(text), Some(binary)) => text.range.start <= binary.range.start,
            (text, _) => text.is_some(),
        };
        let (searcher, slot) =
            if text_first { (&*TEXT, &mut self.text) } else { (&*BINARY, &mut self.binary) };
        let hit = slot.take()?;
        *slot = searcher.find(self.bytes, hit.range.start + 1, self.end);
        Some(hit)
    }
}

static TEXT: LazyLock<Searcher> = LazyLock::new(|| Searcher::new(|row| row.text));
static BINARY: LazyLock<Searcher> = LazyLock::new(|| Searcher::new(|row| row.binary));

/// All rows, in the order in which they are asked.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> {
    formats::TABLE.iter().chain(decode::TABLE).chain([&allow::ROW])
}

/// A literal searcher whose patterns each belong to one row.
struct Searcher {
    engine: Engine,
    /// Row of each pattern.
    rows: Vec<&'static Row>,
    longest: usize,
}

enum Engine {
    /// SIMD, several times as fast; holds up to some 64 literals.
    Packed(packed::Searcher),
    /// Where the processor has no SIMD that `packed` knows.
    Automaton(AhoCorasick),
}

impl Searcher {
    fn new(needles: fn(&'static Row) -> &'static [&'static [u8]]) -> Self {
        let owned: Vec<_> =
            rows().flat_map(|row| needles(row).iter().map(move |needle| (row, *needle))).collect();
        let literals: Vec<&[u8]> = owned.iter().map(|(_, needle)| *needle).collect();
        let packed = packed::Config::new()
            .match_kind(packed::MatchKind::LeftmostFirst)
            .builder()
            .extend(&literals)
            .build();
        let engine = packed.map_or_else(
            || {
                let automaton = AhoCorasick::builder()
                    .match_kind(MatchKind::LeftmostFirst)
                    .build(&literals)
                    .expect("a few dozen short literals are within every limit of the automaton");
                Engine::Automaton(automaton)
            },
            Engine::Packed,
        );
        let longest = literals.iter().map(|needle| needle.len()).max().unwrap_or_default();
        Self { engine, rows: owned.into_iter().map(|(row, _)| row).collect(), longest }
    }

    fn find(&self, bytes: &[u8], from: usize, end: usize) -> Option<Hit> {
        let limit = (end + self.longest).saturating_sub(1).min(bytes.len());
        if from >= end || from >= limit {
            return None;
        }
        let found = match &self.engine {
            Engine::Packed(packed) => packed.find_in(bytes, Span { start: from, end: limit })?,
            Engine::Automaton(automaton) => automaton.find(Input::new(bytes).span(from..limit))?,
        };
        let row = self.rows.get(found.pattern().as_usize())?;
        (found.start() < end).then_some(Hit { row, range: found.range() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget;

    #[test]
    fn needles_are_long_enough_and_belong_to_one_row() {
        for needles in [|row: &'static Row| row.text, |row: &'static Row| row.binary] {
            let all: Vec<(&str, &[u8])> =
                rows().flat_map(|row| needles(row).iter().map(|n| (row.name, *n))).collect();
            for (row, needle) in &all {
                assert!((4..=budget::NEEDLE).contains(&needle.len()), "{row}: {needle:?}");
                for (other, longer) in &all {
                    let hides = longer.starts_with(needle) && !std::ptr::eq(*longer, *needle);
                    assert!(!hides || row == other, "{row} hides {longer:?} of {other}");
                }
            }
        }
    }

    #[test]
    fn the_fast_engine_serves_all_needles() {
        for searcher in [&*TEXT, &*BINARY] {
            assert!(searcher.rows.len() <= 64, "{} literals", searcher.rows.len());
            if cfg!(target_arch = "x86_64") && std::is_x86_feature_detected!("avx2") {
                assert!(matches!(searcher.engine, Engine::Packed(_)));
            }
        }
    }

    #[test]
    fn a_needle_across_the_end_of_a_window_is_found_in_the_window_where_it_starts() {
        let needle = rows().find_map(|row| row.text.first()).unwrap();
        let bytes = [b"....", *needle, b"...."].concat();
        let starts = |start, end| {
            let mut hits = Hits::new(&bytes, start, end);
            std::iter::from_fn(|| hits.next(start)).map(|hit| hit.range.start).collect::<Vec<_>>()
        };
        assert_eq!(starts(0, 5), [4]);
        assert_eq!(starts(5, bytes.len()), [0; 0]);
    }
}
