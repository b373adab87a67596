//! The way through one input of the run and everything inside of it: what it may cost, what it
//! gave so far, and what must not be looked at.

use std::{
    cell::Cell,
    fs::File,
    io::{self, Cursor, Read, Seek, SeekFrom},
};

use crate::{
    budget::Limits,
    feed::Buffer,
    inspect::Inspected,
    ledger::Skip,
    places::{self, Request, spool::Spool},
    settings::{self, providers::Providers},
};

/// What holds for every input of a run.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub limits: Limits,
    /// Whose `exclude` says which paths inside of containers are left out.
    pub request: Option<&'a Request>,
    /// Tables of providers, where the request does not name them.
    providers: Option<&'a Providers>,
    /// Whether names of keys are passed over, and only keys are looked for.
    pub keys_only: bool,
}

impl<'a> Scope<'a> {
    pub(crate) fn of(request: &'a Request) -> Self {
        Self { limits: request.limits, request: Some(request), providers: None, keys_only: false }
    }

    /// Everything, within the default budgets.
    pub(crate) fn by(providers: &'a Providers) -> Self {
        let providers = Some(providers);
        Self { limits: Limits::default(), request: None, providers, keys_only: false }
    }

    /// Keys alone, within the default budgets.
    pub(crate) fn keys() -> Self {
        Self { limits: Limits::default(), request: None, providers: None, keys_only: true }
    }

    /// What configuration means.
    fn providers(&self) -> &'a Providers {
        let asked = self.providers.or_else(|| self.request.map(Request::providers));
        asked.unwrap_or_else(|| Providers::builtin())
    }

    /// Whether the run is to end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.request.is_some_and(Request::is_stopped)
    }

    pub(super) fn excludes(&self, path: &str) -> bool {
        self.request
            .is_some_and(|request| !request.exclude.is_empty() && places::excluded(request, path))
    }
}

/// Where the bytes of one unit come from.
pub(crate) enum Input<'a> {
    Stream(&'a mut dyn Read),
    Seek(&'a mut dyn ReadSeek),
}

impl Input<'_> {
    /// The same for a while.
    pub(crate) fn lent(&mut self) -> Input<'_> {
        match self {
            Self::Stream(reader) => Input::Stream(&mut **reader),
            Self::Seek(reader) => Input::Seek(&mut **reader),
        }
    }
}

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stream(reader) => reader.read(buffer),
            Self::Seek(reader) => reader.read(buffer),
        }
    }
}

impl Seek for Input<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Stream(_) => Err(io::ErrorKind::NotSeekable.into()),
            Self::Seek(reader) => reader.seek(to),
        }
    }
}

impl ReadSeek for Input<'_> {
    fn extent(&mut self, at: u64) -> io::Result<(bool, u64)> {
        match self {
            Self::Stream(_) => Ok((false, u64::MAX)),
            Self::Seek(reader) => reader.extent(at),
        }
    }
}

/// Bytes that can be read at any place.
pub(crate) trait ReadSeek: Read + Seek {
    /// Whether `at` is in a hole, which reads as zeros, and where what is there ends at the
    /// earliest.
    fn extent(&mut self, _at: u64) -> io::Result<(bool, u64)> {
        Ok((false, u64::MAX))
    }
}

impl ReadSeek for File {}

impl<T: AsRef<[u8]>> ReadSeek for Cursor<T> {}

impl ReadSeek for Spool {}

/// A unit on the way: an input of the run, or something inside.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// As it is shown, with the chain of containers.
    pub path: &'a str,
    /// The layer that gave it, if it is inside of something.
    pub layer: Option<&'static str>,
    /// Containers around it.
    pub depth: usize,
    /// Whether it is looked at as it is, and not opened.
    pub is_raw: bool,
}

/// The state of the inspection of one input.
pub(crate) struct Walk<'a> {
    pub scope: Scope<'a>,
    /// The input as it is shown.
    pub file: &'a str,
    pub buffer: &'a mut Buffer,
    pub spent: &'a Spent,
    pub inspected: Inspected,
}

/// What one input has cost so far, seen by every reader in it.
#[derive(Default)]
pub(crate) struct Spent {
    /// Bytes read of the input itself.
    pub read: Cell<u64>,
    /// Bytes that its containers gave, at all depths together.
    pub given: Cell<u64>,
    pub entries: Cell<u64>,
    /// Set once a budget of the whole input is spent: nothing more of it is opened.
    pub is_over: Cell<bool>,
}

impl Walk<'_> {
    /// Reads a document of configuration whole.
    pub(crate) fn read(
        &mut self,
        place: Place<'_>,
        front_end: &'static settings::FrontEnd,
        bytes: &[u8],
    ) {
        let file = (place.depth > 0).then_some(self.file);
        let read = settings::read(front_end, place.path, file, bytes, self.scope.providers());
        self.inspected.facts.extend(read.facts);
        self.inspected.ledger.skips.extend(read.skips);
        self.inspected.ledger.undecided += read.undecided;
        self.inspected.documents.extend(read.document);
    }

    /// Says that a unit is looked at, to whoever watches.
    pub(crate) fn begins(&self, place: Place<'_>) {
        if let Some(request) = self.scope.request {
            request.progress.at(place.path, place.depth);
        }
    }

    /// Takes one unit that was read into the account.
    pub(crate) fn count(&mut self, place: Place<'_>, bytes: u64) {
        self.inspected.ledger.count(place.layer, bytes);
        if let Some(request) = self.scope.request {
            request.progress.add_unit();
        }
    }

    /// Says that bytes were searched, to whoever watches.
    pub(crate) fn searched(&self, bytes: usize) {
        if let Some(request) = self.scope.request {
            request.progress.add_bytes(bytes);
        }
    }

    pub(crate) fn skip(&mut self, skip: Skip) {
        let skip = skip.inside(self.file);
        self.inspected.ledger.skips.push(skip);
    }
}
