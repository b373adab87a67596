//! Bytes to facts: the map stage. Windows over a reader, the prefilter over each window, rows at
//! its hits, decoded bytes in turn, and equal facts made one. Touches no file and cannot fail:
//! what goes wrong is in the ledger.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    io::Read,
};

use crate::{
    budget, decode,
    dig::{Dig, Seen, Sighting, Told},
    excerpt,
    fact::{Fact, Field, Kind, Site},
    feed::{Buffer, End, Feed, PAGE},
    layers::{
        self, Input, Place, ReadSeek, Scope, Spent, Walk,
        image::{self, Manifest},
    },
    ledger::{Ledger, Reason, Skip},
    lines::{Lines, code_points},
    prefilter::{Hits, Wanted},
    progress::{INTERRUPTED, Watched},
    references::{self, Met, Named, Names},
    settings,
    unit::Unit,
};

/// What one input gave.
#[derive(Default)]
pub(crate) struct Inspected {
    /// In the order of their first place.
    pub facts: Vec<Fact>,
    pub ledger: Ledger,
    /// What is read once its neighbours are there.
    pub documents: Vec<settings::Document>,
    /// What makes up container images.
    pub images: Vec<image::Part>,
}

/// Inspects everything that `reader` gives. `path` names it in facts and in the ledger.
pub(crate) fn reader(
    path: &str,
    reader: &mut dyn Read,
    buffer: &mut Buffer,
    scope: Scope<'_>,
) -> Inspected {
    input(path, Input::Stream(reader), buffer, scope)
}

/// The same for what can be read at any place.
pub(crate) fn file(
    path: &str,
    file: &mut dyn ReadSeek,
    buffer: &mut Buffer,
    scope: Scope<'_>,
) -> Inspected {
    input(path, Input::Seek(file), buffer, scope)
}

fn input(path: &str, input: Input<'_>, buffer: &mut Buffer, scope: Scope<'_>) -> Inspected {
    let spent = Spent::default();
    let inspected = Inspected::default();
    let mut walk = Walk { scope, file: path, buffer, spent: &spent, inspected };
    let place = Place { path, layer: None, depth: 0, is_raw: false };
    match scope.request {
        Some(request) => {
            let can_seek = matches!(input, Input::Seek(_));
            let mut watched = Watched::new(input, &request.progress, &request.stop);
            let all =
                if can_seek { Input::Seek(&mut watched) } else { Input::Stream(&mut watched) };
            unit(&mut walk, place, all);
            if request.is_stopped() {
                // Said once, and not by every container around the place.
                let is_told = |skip: &Skip| {
                    skip.detail.as_ref().is_some_and(|detail| detail.contains(INTERRUPTED))
                };
                walk.inspected.ledger.skips.retain(|skip| !is_told(skip));
                walk.skip(Skip::new(path, Reason::Interrupted).partly());
            }
        }
        None => unit(&mut walk, place, input),
    }
    image::forget(&mut walk.inspected.images);
    walk.inspected
}

/// Looks for keys alone, in the bytes as they are: nothing is opened, or read as configuration.
pub(crate) fn keys(path: &str, reader: &mut dyn Read, buffer: &mut Buffer) -> Inspected {
    let spent = Spent::default();
    let inspected = Inspected::default();
    let mut walk = Walk { scope: Scope::keys(), file: path, buffer, spent: &spent, inspected };
    let place = Place { path, layer: None, depth: 0, is_raw: true };
    unit(&mut walk, place, Input::Stream(reader));
    walk.inspected
}

/// Inspects one unit: opens it if it is a container, else looks at its bytes.
pub(crate) fn unit(walk: &mut Walk<'_>, place: Place<'_>, mut input: Input<'_>) {
    walk.begins(place);
    let mut buffer = walk.buffer.take(place.depth);
    let mut feed = Feed::new(input.lent(), &mut buffer);
    feed.fill(budget::FIRST_READ);
    let head = feed.bytes();
    let layer = layers::of(head).or_else(|| layers::by_name(head, place.path));
    let layer = layer.or_else(|| layers::of_lost(&mut feed));
    let layer = layer.filter(|_| !place.is_raw);
    if !place.is_raw && feed.bytes().starts_with(LFS) && feed.length < LFS_BYTES {
        walk.skip(Skip::new(place.path, Reason::LfsPointer).partly());
    }
    let bytes = match layer {
        Some(layer) if place.depth < walk.scope.limits.depth => {
            layers::open(layer, walk, place, feed)
        }
        _ => {
            if let Some(layer) = layer {
                let skip = Skip::new(place.path, Reason::TooDeep).detail(layer.name).partly();
                walk.skip(skip);
            }
            let front_end = settings::front_end(place.path, feed.bytes()).filter(|_| !place.is_raw);
            let is_manifest = Manifest::is(place.path, feed.bytes()) && !place.is_raw;
            feed.keep_copy(front_end.is_some() || is_manifest);
            let (bytes, end) = windows(walk, place, &mut feed);
            if let Some(front_end) = front_end {
                walk.read(place, front_end, feed.whole());
            }
            if is_manifest {
                let manifests = Manifest::read(place.path, feed.whole());
                walk.inspected.images.extend(manifests);
            }
            if !place.is_raw
                && place.depth < walk.scope.limits.depth
                && let Input::Seek(file) = input.lent()
            {
                match end {
                    Appended::Zip => layers::open_appended(walk, place, file),
                    Appended::At(at) => layers::open_behind(walk, place, file, at),
                    Appended::Nothing => {}
                }
            }
            bytes
        }
    };
    walk.count(place, bytes);
    walk.buffer.put(place.depth, buffer);
}

/// How a pointer of Git LFS begins, and the bytes that one has at most.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/v1\noid ";
const LFS_BYTES: usize = 1024;

/// Looks at the bytes of a container as they are, beside what it holds.
pub(crate) fn beside(walk: &mut Walk<'_>, place: Place<'_>, mut input: Input<'_>) {
    let mut buffer = walk.buffer.take(place.depth + 1);
    let mut feed = Feed::new(input.lent(), &mut buffer);
    let _counted_by_the_container = windows(walk, place, &mut feed);
    walk.buffer.put(place.depth + 1, buffer);
}

/// What stands behind something that is no container.
#[derive(Clone, Copy)]
enum Appended {
    Nothing,
    /// A zip, which is read from its end.
    Zip,
    /// What begins here.
    At(u64),
}

/// Looks at all bytes, window by window. Gives their number, and what stands at their end.
fn windows(walk: &mut Walk<'_>, place: Place<'_>, feed: &mut Feed<'_>) -> (u64, Appended) {
    let mut behind = None;
    let is_program = layers::is_program(feed.bytes());
    let mut file = File::new(walk, place);
    // Where the window begins, and the offset in the file of the buffer's first byte.
    let mut start = 0;
    let mut base: u64 = 0;
    loop {
        let is_first = base == 0 && start == 0;
        let mut end = start + budget::WINDOW;
        feed.fill(end);
        let mut wanted = Wanted::All;
        if feed.end.is_none() && feed.length < end + budget::LOOK_AHEAD {
            // A window is searched while it is in the cache; what lies beyond it is read only
            // where something starts in it.
            if is_first {
                // What is told by its head alone is binary, and may be large.
                let head = feed.bytes().get(..budget::LOOK_BACK).unwrap_or_default();
                let is_binary = memchr::memchr(0, head).is_some();
                feed.fill(end + if is_binary { budget::LOOK_AHEAD } else { budget::WINDOW });
            }
            if file.starts_something(feed.bytes(), start..end, base) {
                feed.fill(end + budget::LOOK_AHEAD);
            } else {
                // A name across the end is left to the next window. What is kept leaves room for
                // whole pages, see `feed::Pages`.
                end = end.min(feed.length).saturating_sub(budget::NAME) / PAGE * PAGE;
                wanted = Wanted::Names;
            }
        }
        let is_last = feed.end.is_some() && feed.length <= end;
        let bytes = feed.bytes();
        let unit = Unit { bytes, at_start: base == 0, at_end: feed.end.is_some(), decoded: false };
        file.window(&unit, start..end.min(bytes.len()), base, wanted);
        if is_program && behind.is_none() {
            let from = start.saturating_sub(budget::NEEDLE);
            let searched = bytes.get(from..end.min(bytes.len())).unwrap_or_default();
            behind = layers::behind(searched).map(|at| base + (from + at) as u64);
        }
        file.walk.searched(end.min(feed.length).saturating_sub(start));
        if is_last {
            let appended = match behind {
                _ if layers::is_appended(feed.bytes()) => Appended::Zip,
                Some(at) => Appended::At(at),
                None => Appended::Nothing,
            };
            file.finish(feed.end.as_ref());
            return (base + feed.length as u64, appended);
        }
        let keep = end.saturating_sub(budget::LOOK_BACK);
        file.count_lines(bytes, keep);
        start = end;
        // What was read ahead is moved to the front only so often.
        if end + budget::WINDOW + budget::LOOK_AHEAD > budget::BUFFER
            || feed.length < end + budget::WINDOW
        {
            feed.drop_front(keep);
            file.counted = 0;
            start = end - keep;
            base += keep as u64;
        }
    }
}

/// The state of one file from window to window.
struct File<'p, 'w> {
    walk: &'p mut Walk<'w>,
    place: Place<'p>,
    /// Line and column of the buffer's byte at `counted`.
    lines: Lines,
    counted: usize,
    /// Offset up to which bytes are part of something already understood.
    claimed: u64,
    /// The same of the next piece of a long run of spelled bytes: its offset, and how many of its
    /// decoded bytes.
    told: Option<(u64, usize)>,
    /// Whether the file is text in UTF-16, by its head.
    is_wide: bool,
    /// Index in the facts of the walk of each distinct fact, by a digest of kind and fields.
    known: HashMap<u64, usize>,
    names: Names,
}

impl<'p, 'w> File<'p, 'w> {
    fn new(walk: &'p mut Walk<'w>, place: Place<'p>) -> Self {
        let lines = Lines::default();
        Self {
            walk,
            place,
            lines,
            counted: 0,
            claimed: 0,
            told: None,
            is_wide: false,
            known: HashMap::new(),
            names: Names::default(),
        }
    }

    fn finish(self, end: Option<&End>) {
        // Inside of a container, the layer says what failed.
        if let Some(End::Failed(problem)) = end.filter(|_| self.place.depth == 0) {
            let skip = Skip::new(self.place.path, Reason::ReadFailed).detail(problem).partly();
            self.walk.skip(skip);
        }
    }

    /// Whether a needle stands in `window` that is not part of something already understood.
    fn starts_something(&self, bytes: &[u8], window: std::ops::Range<usize>, base: u64) -> bool {
        // What was read ahead is looked at in its turn.
        let end = window.end.min(bytes.len().saturating_sub(budget::NEEDLE));
        let mut hits = Hits::new(bytes, window.start, end, Wanted::Keys);
        self.is_wide || hits.next(self.claimed_from(base)).is_some()
    }

    /// What is claimed of a buffer whose first byte is at `base`.
    fn claimed_from(&self, base: u64) -> usize {
        usize::try_from(self.claimed.saturating_sub(base)).unwrap_or(usize::MAX)
    }

    /// Looks at what starts in `window` of `unit`, whose first byte is at `base` in the file.
    fn window(
        &mut self,
        unit: &Unit<'_>,
        window: std::ops::Range<usize>,
        base: u64,
        wanted: Wanted,
    ) {
        let claimed = self.claimed_from(base);
        let wanted = if self.walk.scope.keys_only { Wanted::Keys } else { wanted };
        let told = self.told.and_then(|(at, bytes)| {
            let at = usize::try_from(at.checked_sub(base)?).ok()?;
            Some(Told { at, bytes })
        });
        let mut dig = Dig::default();
        dig.told = told;
        let wide_from = self.is_wide.then_some((window.start + 1) & !1);
        let claimed = dig.unit(*unit, window, claimed, wide_from, wanted, &mut Vec::new());
        self.claimed = base + claimed as u64;
        self.told = dig.told.map(|told| (base + told.at as u64, told.bytes));
        self.is_wide |= base == 0 && unit.at_start && !unit.at_end && dig.is_wide;

        let mut told = Vec::new();
        for reason in dig.skips {
            let skip = Skip::new(self.place.path, reason).partly().inside(self.walk.file);
            if !told.contains(&skip) {
                told.push(skip);
            }
        }
        self.walk.inspected.ledger.skips.extend(told);
        dig.sightings.sort_by_key(|sighting| sighting.range.start);
        let mut lines = self.lines;
        let mut from = self.counted;
        for mut sighting in dig.sightings {
            let is_name = matches!(sighting.what, Seen::Named(_));
            if let Seen::Named(parse) = sighting.what {
                let facts = &mut self.walk.inspected.facts;
                let is_full =
                    |at: usize| facts.get(at).is_some_and(|f| f.sites.len() >= budget::SITES);
                match self.names.meet(unit.bytes, &sighting.range, base, parse, is_full) {
                    Met::None => continue,
                    Met::Known(at) => {
                        facts.iter_mut().skip(at).take(1).for_each(|fact| fact.count += 1);
                        continue;
                    }
                    Met::New(named) => sighting.what = Seen::Reference(named),
                }
            }
            let to = sighting.range.start.max(from);
            lines.advance(unit.get(from..to));
            from = to;
            let number = self.add(unit, sighting, lines, base);
            if is_name {
                self.names.remember(number);
            }
        }
    }

    /// Counts lines up to `to`: no later window steps back further.
    fn count_lines(&mut self, bytes: &[u8], to: usize) {
        self.lines.advance(bytes.get(self.counted..to).unwrap_or_default());
        self.counted = to.max(self.counted);
    }

    /// Adds a fact or one more place of it; gives its index in the facts of the walk.
    fn add(
        &mut self,
        unit: &Unit<'_>,
        sighting: Sighting,
        lines: Lines,
        base: u64,
    ) -> Option<usize> {
        let range = sighting.range;
        let width = sighting.decoded.first().and_then(|by| decode::width(by)).unwrap_or(1) as u64;
        let first_line = unit.get(range.clone());
        let first_line = first_line.get(..budget::LOOK_BACK).unwrap_or(first_line);
        let length = memchr::memchr(b'\n', first_line).unwrap_or(first_line.len());
        let marked = code_points(first_line.get(..length).unwrap_or_default());
        let (column, marked) = (lines.column / width, marked / width);
        let site = Site {
            path: self.place.path.to_owned(),
            file: (self.place.depth > 0).then(|| self.walk.file.to_owned()),
            line: lines.line + 1,
            column: column + 1,
            end_column: column + 1 + marked.max(1),
            offset: base + range.start as u64,
            length: range.len() as u64,
            decoded: sighting.decoded,
            commit: None,
            removed: None,
            excerpt: match &sighting.what {
                Seen::Reference(named) => excerpt::named(unit.bytes, range.start, &named.shown),
                Seen::Material(_) | Seen::Allowance { .. } | Seen::Named(_) => {
                    excerpt::cut(unit.bytes, &range)
                }
            },
        };
        let fact = match sighting.what {
            Seen::Material(material) => material.into_fact(site),
            Seen::Allowance { rule, until, reason } => Fact::new(Kind::Record, site)
                .with(Field::Rule, rule)
                .with_some(Field::Until, until)
                .with_some(Field::Reason, reason),
            Seen::Reference(named) => {
                let Named { reference, holder, shown, has_pin } = *named;
                let pin = has_pin.then(|| references::pin_fact(site.clone()));
                let pin = pin.and_then(|fact| self.keep(fact));
                if !reference.is_of_key() {
                    return pin;
                }
                reference.into_fact(holder.as_deref(), &shown, site)
            }
            // Was read before.
            Seen::Named(_) => return None,
        };
        self.keep(fact)
    }

    /// Keeps a fact or one more place of it; gives its index in the facts of the walk.
    fn keep(&mut self, fact: Fact) -> Option<usize> {
        let facts = &mut self.walk.inspected.facts;
        let digest = digest(&fact);
        let known = self.known.get(&digest).copied();
        let is_same = |at: &usize| {
            facts.get(*at).is_some_and(|of| of.kind == fact.kind && of.fields == fact.fields)
        };
        // An allowance stands for its own place.
        if let Some(at) = known.filter(is_same).filter(|_| fact.kind != Kind::Record) {
            let known = facts.get_mut(at)?;
            known.count += 1;
            if known.sites.len() < budget::SITES {
                known.sites.extend(fact.sites);
            }
            return Some(at);
        }
        let index = facts.len();
        self.known.entry(digest).or_insert(index);
        facts.push(fact);
        Some(index)
    }
}

/// A short stand-in for kind and fields; facts of one digest are still compared.
fn digest(fact: &Fact) -> u64 {
    let mut hasher = DefaultHasher::new();
    (fact.kind, &fact.fields).hash(&mut hasher);
    hasher.finish()
}
