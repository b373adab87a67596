//! What a layer reports into: the things inside of a container, and what of it cannot be looked at.

use std::{
    cell::Cell,
    collections::BTreeSet,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    rc::Rc,
};

use zeroize::Zeroizing;

use super::{
    Cut, Input, Place, ReadSeek, Scope, Walk, again, image, is_cut, name,
    parts::{NEAR, Part},
    reason,
    walk::Spent,
};
use crate::{
    budget,
    fact::{Fact, Field, Site},
    inspect::{self, Inspected},
    ledger::{Reason, Skip},
};

/// Holes of a disk that are read through, so that what is around them stays together.
const HOLE: u64 = 1 << 20;

pub(crate) struct Entries<'e, 'w> {
    walk: &'e mut Walk<'w>,
    place: Place<'e>,
    layer: &'static str,
    /// Bytes of the container that were read, to which what comes out is compared.
    counter: Rc<Cell<u64>>,
    parts: Vec<Part>,
    /// Facts and skips that were there before.
    before: (usize, usize),
}

impl<'e, 'w> Entries<'e, 'w> {
    pub(super) fn new(
        walk: &'e mut Walk<'w>,
        place: Place<'e>,
        layer: &'static str,
        counter: Rc<Cell<u64>>,
    ) -> Self {
        let before = (walk.inspected.facts.len(), walk.inspected.ledger.skips.len());
        Self { walk, place, layer, counter, parts: Vec::new(), before }
    }

    /// Inspects something inside that shares its coding with what follows: if it cannot be read
    /// to its end, nor can the rest, and the error is for the layer to return. `name` is as the
    /// container has it; nothing, where a container holds one thing without a name.
    pub(crate) fn entry(&mut self, name: &[u8], reader: &mut dyn Read) -> io::Result<()> {
        let path = self.path(name);
        let outcome = self.inspect(&path, Input::Stream(reader), false);
        self.check().and(outcome)
    }

    /// Inspects something inside that can be read alone. If it is damaged, that is in the ledger,
    /// and the layer goes on. An error says that nothing more of the input is to be opened.
    pub(crate) fn member(&mut self, name: &[u8], reader: &mut dyn Read) -> io::Result<()> {
        self.alone(name, Input::Stream(reader), false)
    }

    /// The same for what can be read at any place: what needs that inside copies nothing.
    pub(crate) fn member_at(&mut self, name: &[u8], file: &mut dyn ReadSeek) -> io::Result<()> {
        self.alone(name, Input::Seek(file), false)
    }

    fn alone(&mut self, name: &[u8], input: Input<'_>, is_raw: bool) -> io::Result<()> {
        let path = self.path(name);
        match self.inspect(&path, input, is_raw) {
            Err(problem) if !is_cut(&problem) => {
                self.walk.skip(Skip::new(path, reason(&problem)).detail(problem).partly());
            }
            _ => {}
        }
        self.check()
    }

    /// Inspects something inside of a document, whose bytes `at` are looked at as they are as well.
    pub(crate) fn part(
        &mut self,
        name: &[u8],
        at: &[Range<u64>],
        reader: &mut dyn Read,
    ) -> io::Result<()> {
        let from = self.walk.inspected.facts.len();
        let outcome = self.member(name, reader);
        // The same bytes may be read in several ways.
        let near = self.parts.iter().rev().take(NEAR);
        let earlier: Vec<&Part> = near.filter(|part| part.at == at).collect();
        if !earlier.is_empty() {
            let mut new = self.walk.inspected.facts.split_off(from);
            let told = &self.walk.inspected.facts;
            new.retain(|fact| !earlier.iter().any(|part| part.gave(fact, told)));
            self.walk.inspected.facts.append(&mut new);
        }
        let facts = from..self.walk.inspected.facts.len();
        if !facts.is_empty() {
            self.parts.push(Part { at: at.to_vec(), facts });
        }
        outcome
    }

    /// Inspects the bytes of the document itself, and leaves out what its parts told of them.
    pub(super) fn itself(&mut self, reader: &mut dyn Read) {
        let facts = self.walk.inspected.facts.len();
        inspect::beside(self.walk, self.place, Input::Stream(reader));
        let own = self.walk.inspected.facts.split_off(facts);
        for mut fact in own {
            let told = &self.walk.inspected.facts;
            let is_told = |site: &Site| self.parts.iter().any(|part| part.tells(&fact, site, told));
            let sites: Vec<Site> =
                fact.sites.iter().filter(|site| !is_told(site)).cloned().collect();
            fact.count = fact.count.saturating_sub((fact.sites.len() - sites.len()) as u64);
            // More sites than are kept may be elsewhere.
            if !sites.is_empty() {
                fact.sites = sites;
            }
            if fact.count > 0 {
                self.walk.inspected.facts.push(fact);
            }
        }
    }

    /// Inspects bytes that belong to nothing in the container, unless they are all zero.
    pub(crate) fn gap(&mut self, at: u64, reader: &mut dyn Read) -> io::Result<()> {
        let mut piece = [0; 4096];
        let mut zeros = 0_u64;
        loop {
            let read = reader.read(&mut piece)?;
            if read == 0 {
                return self.check();
            }
            let bytes = piece.get(..read).unwrap_or_default();
            if bytes.iter().any(|&byte| byte != 0) {
                let name = format!("(gap at {})", at.saturating_add(zeros));
                return self.member(name.as_bytes(), &mut bytes.chain(reader));
            }
            zeros = zeros.saturating_add(read as u64);
        }
    }

    /// Inspects what of a disk belongs to nothing, as it is, unless it is all zero. Long holes are
    /// passed over.
    pub(crate) fn raw_gap(
        &mut self,
        file: &mut dyn ReadSeek,
        from: u64,
        to: u64,
    ) -> io::Result<()> {
        let mut at = from;
        // What is to be looked at next, with short holes in it.
        let mut run: Option<(u64, u64)> = None;
        while at < to {
            let (is_hole, end) = file.extent(at)?;
            let end = end.clamp(at + 1, to);
            if !is_hole {
                let before = run.take_if(|run| HOLE < at - run.1);
                if let Some((from, to)) = before {
                    self.raw_run(file, from, to)?;
                }
                run = Some((run.map_or(at, |run| run.0), end));
            }
            at = end;
        }
        match run {
            Some((from, to)) => self.raw_run(file, from, to),
            None => Ok(()),
        }
    }

    fn raw_run(&mut self, file: &mut dyn ReadSeek, from: u64, to: u64) -> io::Result<()> {
        let mut piece = Zeroizing::new([0; 4096]);
        let mut at = from;
        file.seek(SeekFrom::Start(from))?;
        while at < to {
            let most = usize::try_from(to - at).unwrap_or(usize::MAX).min(piece.len());
            let read = file.read(piece.get_mut(..most).unwrap_or_default())?;
            let bytes = piece.get(..read).unwrap_or_default();
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if bytes.iter().any(|&byte| byte != 0) {
                let name = format!("(gap at {at})");
                let rest = file.take(to - at - read as u64);
                let reader = &mut bytes.chain(rest);
                return self.alone(name.as_bytes(), Input::Stream(reader), true);
            }
            at += read as u64;
        }
        self.check()
    }

    /// Inspects bytes as they are, without opening what they may be.
    pub(super) fn as_it_is(&mut self, name: &[u8], reader: &mut dyn Read) {
        let path = self.path(name);
        // Read errors are told where they come from.
        let _told = self.inspect(&path, Input::Stream(reader), true);
    }

    /// Inspects all bytes of a damaged container as they are, and leaves out what was told of it.
    pub(super) fn all_as_it_is(&mut self, reader: &mut dyn Read) {
        let from = self.walk.inspected.facts.len();
        self.as_it_is(b"(as it is)", reader);
        let mut new = self.walk.inspected.facts.split_off(from);
        let facts = self.before.0.min(from)..from;
        let told = Part { at: Vec::new(), facts };
        let is_piece =
            |fact: &Fact| matches!(fact.text(Field::Label), Some("truncated" | "unparsed"));
        new.retain(|fact| is_piece(fact) || !told.gave(fact, &self.walk.inspected.facts));
        self.walk.inspected.facts.append(&mut new);
    }

    /// Says that something inside is not examined.
    pub(crate) fn skip(&mut self, name: &[u8], reason: Reason, detail: impl ToString) {
        let path = self.path(name);
        self.walk.skip(Skip::new(path, reason).detail(detail));
    }

    /// Says that something inside is examined in part.
    pub(super) fn partly(&mut self, name: &[u8], reason: Reason, detail: impl ToString) {
        let path = self.path(name);
        self.walk.skip(Skip::new(path, reason).detail(detail).partly());
    }

    /// Says that the container itself is not examined in full.
    pub(crate) fn note(&mut self, reason: Reason, detail: impl ToString) {
        let detail = format!("{}: {}", self.layer, detail.to_string());
        self.walk.skip(Skip::new(self.place.path, reason).detail(detail).partly());
    }

    /// Where the container lies, as it is shown.
    pub(super) fn container(&self) -> &str {
        self.place.path
    }

    /// Keeps what a layer of an image does to others until all are known.
    pub(super) fn keep(&mut self, layer: Option<image::Layer>) {
        self.walk.inspected.images.extend(layer.map(image::Part::Layer));
    }

    /// Bytes that may come out for each that is read.
    pub(super) fn ratio(&self) -> u64 {
        self.walk.scope.limits.ratio
    }

    /// Gives things inside that told something the name that `new` has for their name, if any. What
    /// is to be left out under that name is left out.
    pub(super) fn rename(&mut self, new: &mut dyn FnMut(&str) -> Option<Vec<u8>>) {
        let (outer, layer, scope) = (self.place.path, self.layer, self.walk.scope);
        let before = self.path(b"");
        let mut left_out = BTreeSet::new();
        let mut stays = |path: &mut String| {
            let Some(inside) = path.strip_prefix(&before) else { return true };
            let (name, rest) = inside.split_at(inside.find('!').unwrap_or(inside.len()));
            let Some(new) = new(name) else { return true };
            *path = name::inside(outer, layer, &new) + rest;
            let is_excluded = scope.excludes(path);
            if is_excluded {
                left_out.insert(path.clone());
            }
            !is_excluded
        };
        let Inspected { facts, ledger, .. } = &mut self.walk.inspected;
        let mut new_facts = facts.split_off(self.before.0.min(facts.len()));
        new_facts.retain_mut(|fact| fact.all_sites_mut().all(|site| stays(&mut site.path)));
        facts.append(&mut new_facts);
        let mut new_skips = ledger.skips.split_off(self.before.1.min(ledger.skips.len()));
        new_skips.retain_mut(|skip| stays(&mut skip.path));
        ledger.skips.append(&mut new_skips);
        for path in left_out {
            self.walk.skip(Skip::new(path, Reason::Excluded));
        }
    }

    /// Says that a budget of the whole input is spent, and that nothing more of it is opened.
    pub(super) fn check(&mut self) -> io::Result<()> {
        let is_over = self.walk.spent.is_over.get() || self.walk.scope.is_stopped();
        if is_over { Err(io::Error::other(Cut)) } else { Ok(()) }
    }

    fn path(&self, name: &[u8]) -> String {
        name::inside(self.place.path, self.layer, name)
    }

    fn inspect(&mut self, path: &str, input: Input<'_>, is_raw: bool) -> io::Result<()> {
        let spent = self.walk.spent;
        let limits = self.walk.scope.limits;
        self.check()?;
        if self.walk.scope.excludes(path) {
            self.walk.skip(Skip::new(path, Reason::Excluded));
            return Ok(());
        }
        spent.entries.set(spent.entries.get() + 1);
        if spent.entries.get() > limits.entries {
            spent.is_over.set(true);
            let detail = format!("more than {} entries", limits.entries);
            let skip = Skip::new(self.walk.file, Reason::OverBudget).detail(detail).partly();
            self.walk.skip(skip);
            return Err(io::Error::other(Cut));
        }
        let can_seek = matches!(input, Input::Seek(_));
        let mut meter = Meter {
            input,
            counter: Rc::clone(&self.counter),
            is_outermost: self.place.depth == 0,
            spent,
            scope: self.walk.scope,
            given: 0,
            is_at_end: false,
            cut: None,
            failure: None,
        };
        let place = Place { path, layer: Some(self.layer), depth: self.place.depth + 1, is_raw };
        let metered = if can_seek { Input::Seek(&mut meter) } else { Input::Stream(&mut meter) };
        inspect::unit(self.walk, place, metered);
        // What was inside may have ended before its bytes do.
        if !can_seek && !meter.is_at_end && meter.cut.is_none() && meter.failure.is_none() {
            let _counted = io::copy(&mut meter, &mut io::sink());
        }
        if let Some(detail) = meter.cut {
            self.walk.skip(Skip::new(path, Reason::OverBudget).detail(detail).partly());
            return Err(io::Error::other(Cut));
        }
        match meter.failure {
            Some(problem) => Err(problem),
            None => Ok(()),
        }
    }
}

/// Counts what comes out of a container, ends where a budget does, and remembers what failed.
struct Meter<'a, 's> {
    input: Input<'a>,
    counter: Rc<Cell<u64>>,
    is_outermost: bool,
    spent: &'s Spent,
    scope: Scope<'s>,
    given: u64,
    is_at_end: bool,
    /// Which budget ended it.
    cut: Option<String>,
    failure: Option<io::Error>,
}

impl Read for Meter<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let is_over = self.spent.is_over.get() || self.scope.is_stopped();
        if self.cut.is_some() || self.is_at_end || is_over {
            return Ok(0);
        }
        match self.input.read(buffer) {
            Ok(read) => {
                self.is_at_end = read == 0;
                self.given = self.given.saturating_add(read as u64);
                self.spend(read as u64);
                Ok(read)
            }
            Err(problem) if problem.kind() == io::ErrorKind::Interrupted => Err(problem),
            Err(problem) => {
                self.failure = Some(again(&problem));
                Err(problem)
            }
        }
    }
}

impl Seek for Meter<'_, '_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.is_at_end = false;
        self.input.seek(to)
    }
}

impl ReadSeek for Meter<'_, '_> {
    fn extent(&mut self, at: u64) -> io::Result<(bool, u64)> {
        self.input.extent(at)
    }
}

impl Meter<'_, '_> {
    fn spend(&mut self, read: u64) {
        let Self { spent, .. } = self;
        let limits = self.scope.limits;
        if self.is_outermost {
            spent.read.set(self.counter.get());
        }
        spent.given.set(spent.given.get().saturating_add(read));
        let over = |given: u64, of: u64, free: u64| {
            free < given && limits.ratio.saturating_mul(of.max(1)) < given
        };
        if limits.bytes < spent.given.get() {
            spent.is_over.set(true);
            self.cut = Some(format!("more than {} bytes", limits.bytes));
        } else if over(spent.given.get(), spent.read.get(), budget::FREE_TOTAL) {
            spent.is_over.set(true);
            self.cut = Some(format!("the input gives more than {} times its size", limits.ratio));
        } else if over(self.given, self.counter.get(), budget::FREE_ENTRY) {
            self.cut = Some(format!("it is more than {} times its packed size", limits.ratio));
        }
    }
}
