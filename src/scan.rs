//! The pipeline on one page: places, units, facts, links, findings.

use std::sync::{Mutex, PoisonError};

use crate::{
    config::Config,
    date::Date,
    error::Error,
    fact::{Fact, Kind},
    feed, inspect, judge,
    layers::{Scope, image},
    ledger::Ledger,
    link,
    places::{self, Request},
    register::approved,
    settings::{self, Document, providers::Providers},
};

/// What the map stage gives: serialisable, and without any secret.
#[derive(Default)]
pub struct Inspection {
    pub facts: Vec<Fact>,
    pub ledger: Ledger,
}

/// Turns everything that is asked for into facts.
pub fn inspect(request: &Request) -> Result<Inspection, Error> {
    let all = Mutex::new((Inspection::default(), Vec::new(), Vec::new()));
    places::visit(request, &|inspected| {
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        all.0.facts.extend(inspected.facts);
        all.0.ledger.merge(inspected.ledger);
        all.1.extend(inspected.documents);
        all.2.extend(inspected.images);
    })?;
    let (mut all, documents, images) = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    if !documents.is_empty() {
        all.gather(documents, request.providers());
    }
    image::mark(&mut all.facts, &images);
    Ok(all)
}

impl Inspection {
    /// Reads what is read together.
    fn gather(&mut self, documents: Vec<Document>, providers: &Providers) {
        let read = settings::gather(documents, providers);
        self.facts.extend(read.facts);
        self.ledger.skips.extend(read.skips);
        self.ledger.undecided += read.undecided;
    }
}

/// Inspects files that are seen together, given as path and bytes.
pub fn inspect_files<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Inspection {
    inspect_files_by(files, Providers::builtin())
}

fn inspect_files_by<'a>(
    files: impl Iterator<Item = (&'a str, &'a [u8])>,
    providers: &Providers,
) -> Inspection {
    let buffer = &mut feed::Buffer::new();
    let mut all = Inspection::default();
    let (mut documents, mut images) = (Vec::new(), Vec::new());
    for (path, mut bytes) in files {
        let inspected = inspect::reader(path, &mut bytes, buffer, Scope::by(providers));
        all.facts.extend(inspected.facts);
        all.ledger.merge(inspected.ledger);
        documents.extend(inspected.documents);
        images.extend(inspected.images);
    }
    all.gather(documents, providers);
    image::mark(&mut all.facts, &images);
    all
}

/// The facts of files that are seen together, in their order and with the links between them. A
/// `key-register.yaml` among them is checked, and the others are held against it.
pub fn linked_facts<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Vec<Fact> {
    linked_facts_by(files, Providers::builtin())
}

/// The same, with other providers than those that are built in.
pub(crate) fn linked_facts_by<'a>(
    files: impl Iterator<Item = (&'a str, &'a [u8])>,
    providers: &Providers,
) -> Vec<Fact> {
    let files: Vec<(&str, &[u8])> = files.collect();
    let mut facts = inspect_files_by(files.iter().copied(), providers).facts;
    judge::sort(&mut facts);
    if let Ok(environments) = Config::default().environments() {
        link::link(&mut facts, &environments);
    }
    let register = files.iter().find(|(path, _)| *path == approved::FILE);
    if let Some((path, bytes)) = register
        && let Ok((register, _)) = approved::parse(path, bytes.to_vec())
    {
        let links = approved::link(&register, &facts, EXAMPLE_DAY);
        facts.extend(approved::facts(&register, EXAMPLE_DAY));
        facts.extend(links);
    }
    facts
}

/// The day on which examples are judged: 2026-01-01.
const EXAMPLE_DAY: Date = Date::from_unix(20_454 * 86_400);

/// Turns the bytes of one input into facts; `path` names it.
pub fn inspect_bytes(path: &str, bytes: &[u8]) -> Inspection {
    inspect_files(std::iter::once((path, bytes)))
}

/// Looks for keys in bytes that are neither a container nor configuration, and for nothing else.
pub(crate) fn keys_in(path: &str, mut bytes: &[u8]) -> Inspection {
    let inspected = inspect::keys(path, &mut bytes, &mut feed::Buffer::new());
    let mut facts = inspected.facts;
    // Names that encoded text holds.
    facts.retain(|fact| matches!(fact.kind, Kind::Material | Kind::Record));
    Inspection { facts, ledger: inspected.ledger }
}
