//! One pass over the bytes: who should look, and where. Knows literals; knows no format.

use std::{ops::Range, sync::LazyLock};

use aho_corasick::{AhoCorasick, Input, MatchKind, Span, packed};

use crate::{allow, buckets, decode, dense, formats, nested, references, rows::Row};

/// A needle that was met.
pub(crate) struct Hit {
    pub row: &'static Row,
    pub range: Range<usize>,
}

/// Whose needles are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    All,
    Keys,
    /// Names of keys, which are short: little after them has to be read.
    Names,
}

/// Finds the needles of all rows, nearly in the order in which they stand: needles that overlap may
/// change places.
pub(crate) struct Hits<'a> {
    bytes: &'a [u8],
    /// Needles that start from here on belong to the next window.
    end: usize,
    cursors: [Cursor; 4],
    /// Where base64 spells base64, if that was looked for.
    nested: Option<Range<usize>>,
}

/// How far one searcher is.
struct Cursor {
    searcher: &'static Searcher,
    /// Where the search goes on.
    at: usize,
    /// Where it ends, or pauses until the next place with dense digits.
    until: usize,
    is_for_digits: bool,
    next: Option<Hit>,
}

impl<'a> Hits<'a> {
    /// Needles that start in `start..end` of `bytes`; they may run past `end`.
    pub(crate) fn new(bytes: &'a [u8], start: usize, end: usize, wanted: Wanted) -> Self {
        let keys = if wanted == Wanted::Names { start } else { end };
        let names = if wanted == Wanted::Keys { start } else { end };
        let window = bytes.get(start..end).unwrap_or_default();
        let is_binary = memchr::memchr(0, window).is_some() || is_small_binary(window);
        let cursor = |searcher, until, is_for_digits| Cursor {
            searcher,
            at: start,
            until,
            is_for_digits,
            next: None,
        };
        let mut cursors = [
            cursor(&*TEXT, keys, false),
            cursor(&*BINARY, if is_binary { keys } else { start }, false),
            cursor(&*DIGITS, start, keys > start),
            cursor(&*NAMES, names, false),
        ];
        cursors.iter_mut().for_each(|cursor| cursor.advance(bytes, start, end));
        let nested = nested::next(bytes, start, keys);
        Self { bytes, end, cursors, nested }
    }

    /// The next needle that starts at `from` or later.
    pub(crate) fn next(&mut self, from: usize) -> Option<Hit> {
        for cursor in &mut self.cursors {
            if cursor.next.as_ref().is_some_and(|hit| hit.range.start < from) {
                cursor.at = cursor.at.max(from);
                cursor.advance(self.bytes, from, self.end);
            }
        }
        if self.nested.as_ref().is_some_and(|group| group.start < from) {
            self.nested = nested::next(self.bytes, from, self.end);
        }
        let start = |cursor: &Cursor| cursor.next.as_ref().map(|hit| hit.range.start);
        let with_hit = self.cursors.iter_mut().filter(|cursor| cursor.next.is_some());
        let cursor = with_hit.min_by_key(|cursor| start(cursor));
        let literal = cursor.as_ref().and_then(|cursor| start(cursor));
        if let Some(range) = self.nested.take_if(|group| literal.is_none_or(|at| group.start < at))
        {
            // What is not claimed is no base64 that can be read: the next look is beyond it.
            self.nested = nested::next(self.bytes, range.end, self.end);
            return Some(Hit { row: decode::NESTED, range });
        }
        let cursor = cursor?;
        let hit = cursor.next.take()?;
        cursor.advance(self.bytes, from, self.end);
        Some(hit)
    }
}

/// A small key may have no NUL: 32 of its bytes are random, and few others are needed.
fn is_small_binary(window: &[u8]) -> bool {
    const SMALL: usize = 1024;
    window.len() < SMALL && window.iter().any(|&byte| byte < b'\t')
}

impl Cursor {
    /// Finds the next needle that starts in `from..end`.
    fn advance(&mut self, bytes: &[u8], from: usize, end: usize) {
        self.next = None;
        loop {
            while let Some((tail, needle)) = self.searcher.find(bytes, self.at, self.until) {
                self.at = tail + 1;
                let Some(start) = tail.checked_sub(needle.skipped) else { continue };
                let range = start..start + needle.literal.len();
                let is_here = (from..self.until).contains(&start);
                if is_here && bytes.get(range.clone()) == Some(needle.literal) {
                    self.next = Some(Hit { row: needle.row, range });
                    return;
                }
            }
            let on_from = self.until.max(from);
            let more = if self.is_for_digits { dense::next(bytes, on_from, end) } else { None };
            // The tail of a needle that starts in the place before may have been passed.
            let Some(place) = more else { return self.at = bytes.len() };
            (self.at, self.until) = (place.start, place.end);
        }
    }
}

static TEXT: LazyLock<Searcher> = LazyLock::new(|| Searcher::new(everywhere(), |row| row.text));
static BINARY: LazyLock<Searcher> = LazyLock::new(|| Searcher::new(everywhere(), |row| row.binary));
static DIGITS: LazyLock<Searcher> =
    LazyLock::new(|| Searcher::new(decode::DIGITS.iter(), |row| row.text));

/// Names of keys: few and rare, and in a pass of their own cheaper than among the others.
static NAMES: LazyLock<Searcher> =
    LazyLock::new(|| Searcher::new(references::TABLE.iter(), |row| row.text));

/// All rows, in the order in which they are asked.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> {
    everywhere().chain(decode::DIGITS).chain(references::TABLE)
}

/// Rows whose needles are looked for in all bytes.
fn everywhere() -> impl Iterator<Item = &'static Row> {
    formats::TABLE.iter().chain(decode::TABLE).chain([&allow::ROW])
}

/// Looks for the end of each needle from its rarest four bytes on: what it begins with is compared
/// afterwards. That is faster by half, since the searcher sees only four bytes of each.
struct Searcher {
    engine: Engine,
    needles: Vec<Needle>,
    /// Which needle each literal of the engine belongs to.
    order: Vec<usize>,
    longest: usize,
}

struct Needle {
    literal: &'static [u8],
    row: &'static Row,
    /// Bytes before the part that is searched for.
    skipped: usize,
}

enum Engine {
    /// SIMD, several times as fast; gets slower with each literal.
    Packed(packed::Searcher),
    /// Where the processor has no SIMD that `packed` knows.
    Automaton(AhoCorasick),
}

impl Searcher {
    fn new(
        rows: impl Iterator<Item = &'static Row>,
        literals: fn(&'static Row) -> &'static [&'static [u8]],
    ) -> Self {
        let mut needles: Vec<Needle> = Vec::new();
        for row in rows {
            for literal in literals(row) {
                let skipped = rarest(literal, &needles);
                needles.push(Needle { literal, row, skipped });
            }
        }
        let tails: Vec<&[u8]> = needles.iter().map(Needle::tail).collect();
        let order = buckets::order(&tails, frequency);
        let tails: Vec<&[u8]> = order.iter().filter_map(|&at| tails.get(at).copied()).collect();
        let packed = packed::Config::new()
            .match_kind(packed::MatchKind::LeftmostFirst)
            // With the literals in this order, a few more than its limit of 64 cost little.
            .heuristic_pattern_limits(!has_avx2())
            .builder()
            .extend(&tails)
            .build();
        let engine = packed.map_or_else(
            || {
                let automaton = AhoCorasick::builder()
                    .match_kind(MatchKind::LeftmostFirst)
                    .build(&tails)
                    .expect("a few dozen short literals are within every limit of the automaton");
                Engine::Automaton(automaton)
            },
            Engine::Packed,
        );
        let longest = needles.iter().map(|needle| needle.literal.len()).max().unwrap_or_default();
        Self { engine, needles, order, longest }
    }

    /// Where the tail of a needle stands that may start before `end`.
    fn find(&self, bytes: &[u8], from: usize, end: usize) -> Option<(usize, &Needle)> {
        let limit = (end + self.longest).min(bytes.len());
        if from >= limit {
            return None;
        }
        let found = match &self.engine {
            Engine::Packed(packed) => packed.find_in(bytes, Span { start: from, end: limit })?,
            Engine::Automaton(automaton) => automaton.find(Input::new(bytes).span(from..limit))?,
        };
        let needle = self.order.get(found.pattern().as_usize())?;
        Some((found.start(), self.needles.get(*needle)?))
    }
}

/// Whether the packed searcher has the registers that this many literals want.
fn has_avx2() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

impl Needle {
    fn tail(&self) -> &'static [u8] {
        self.literal.get(self.skipped..).unwrap_or_default()
    }
}

/// Bytes that are much rarer than their letters are, as counted in the sources of some hundred
/// packages.
const RARE: &[&[u8]] = &[
    b"ntru", b"te_k", b"ed_k", b"EY 5", b") 0x", b"TE_K", b"ED_K", b"teKe", b"rseQ", b"GE-S",
    b"redK", b"eyse", b"te-k", b"d-ke", b"ey (", b"ey-f", b"eyli", b"GE-P", b"ac-s", b"in 6",
];

/// Where the four bytes of `literal` stand that are the rarest in text, and with which it does not
/// hide another needle.
fn rarest(literal: &[u8], others: &[Needle]) -> usize {
    let common = |window: &[u8]| window.iter().map(|&byte| commonness(byte)).sum::<usize>();
    let is_free = |at: usize| {
        let tail = literal.get(at..).unwrap_or_default();
        others.iter().all(|o| !o.tail().starts_with(tail) && !tail.starts_with(o.tail()))
    };
    let windows = literal.windows(4).enumerate().filter(|(at, _)| is_free(*at));
    windows
        .min_by_key(|(_, window)| if RARE.contains(window) { 0 } else { common(window) })
        .map_or(0, |(at, _)| at)
}

/// How common a byte is in text, roughly and in logarithm.
fn commonness(byte: u8) -> usize {
    match byte {
        b' ' | 0 => 30,
        b'a'..=b'z' => {
            let order = b"zqjxkvbygwpfmucdlhrsnioate";
            order.iter().position(|&letter| letter == byte).unwrap_or(0).min(24) / 2 + 12
        }
        b'.' | b',' | b'/' | b'"' | b'0'..=b'9' => 14,
        b'-' | b'_' | b':' | b'=' | b'(' | b')' => 12,
        b'A'..=b'Z' => 10,
        _ => 8,
    }
}

/// How often a byte occurs, roughly: digits come together, and with what stands in times and lists.
fn frequency(byte: u8) -> u64 {
    match byte {
        b'0'..=b'9' => 300,
        b':' => 400,
        b' ' => 150,
        b',' | b'.' | b'/' | b'-' | b'"' => 100,
        _ => 1 << (commonness(byte) / 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget;

    /// Above 128, what fills a turn included, the packed searcher is not built; each literal costs.
    const LITERALS: usize = 72;
    /// Of needles made of digits, which are looked for in little of a text.
    const DIGITS_LITERALS: usize = 112;

    #[test]
    fn needles_are_long_enough_and_belong_to_one_row() {
        for needles in [|row: &'static Row| row.text, |row: &'static Row| row.binary] {
            let all: Vec<(&str, &[u8])> =
                rows().flat_map(|row| needles(row).iter().map(|n| (row.name, *n))).collect();
            for (row, needle) in &all {
                assert!((4..=budget::NEEDLE).contains(&needle.len()), "{row}: {needle:?}");
            }
        }
        for searcher in [&*TEXT, &*BINARY, &*DIGITS, &*NAMES] {
            for (at, needle) in searcher.needles.iter().enumerate() {
                for (_, other) in searcher.needles.iter().enumerate().filter(|(i, _)| *i != at) {
                    let hides = other.tail().starts_with(needle.tail());
                    assert!(!hides, "{:?} hides {:?}", needle.literal, other.literal);
                }
            }
        }
    }

    #[test]
    fn the_fast_engine_serves_all_needles() {
        for (searcher, most) in [
            (&*TEXT, LITERALS),
            (&*BINARY, LITERALS),
            (&*DIGITS, DIGITS_LITERALS),
            (&*NAMES, LITERALS),
        ] {
            assert!(searcher.needles.len() <= most, "{} literals", searcher.needles.len());
            if has_avx2() {
                assert!(matches!(searcher.engine, Engine::Packed(_)));
            }
        }
    }

    #[test]
    fn names_are_few_enough_for_the_fastest_searcher() {
        assert!(NAMES.order.len() <= 32, "{} literals", NAMES.order.len());
    }

    #[test]
    fn a_needle_across_the_end_of_a_window_is_found_in_the_window_where_it_starts() {
        let needle = rows().find_map(|row| row.text.first()).unwrap();
        let bytes = [b"....", *needle, b"...."].concat();
        let starts = |start, end| {
            let mut hits = Hits::new(&bytes, start, end, Wanted::All);
            std::iter::from_fn(|| hits.next(start)).map(|hit| hit.range.start).collect::<Vec<_>>()
        };
        assert_eq!(starts(0, 5), [4]);
        assert_eq!(starts(5, bytes.len()), [0; 0]);
    }
}
