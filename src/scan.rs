//! The pipeline on one page: places, units, facts, links, findings.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    error::Error,
    fact::Fact,
    feed, inspect,
    layers::Scope,
    ledger::Ledger,
    places::{self, Request},
};

/// What the map stage gives: serialisable, and without any secret.
#[derive(Default)]
pub struct Inspection {
    pub facts: Vec<Fact>,
    pub ledger: Ledger,
}

/// How far a run is, to be read from another thread.
#[derive(Default)]
pub struct Progress {
    pub units: AtomicU64,
    pub bytes: AtomicU64,
    pub keys: AtomicU64,
}

/// Turns everything that is asked for into facts.
pub fn inspect(request: &Request, progress: &Progress) -> Result<Inspection, Error> {
    let all = Mutex::new(Inspection::default());
    places::visit(request, &|inspected| {
        progress.units.fetch_add(inspected.ledger.scanned_units, Ordering::Relaxed);
        progress.bytes.fetch_add(inspected.ledger.scanned_bytes, Ordering::Relaxed);
        progress.keys.fetch_add(inspected.facts.len() as u64, Ordering::Relaxed);
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        all.facts.extend(inspected.facts);
        all.ledger.merge(inspected.ledger);
    })?;
    Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Turns the bytes of one input into facts; `path` names it.
pub fn inspect_bytes(path: &str, mut bytes: &[u8]) -> Inspection {
    let buffer = &mut feed::Buffer::new();
    let inspected = inspect::reader(path, &mut bytes, buffer, Scope::all());
    Inspection { facts: inspected.facts, ledger: inspected.ledger }
}
