//! The pipeline on one page: places, units, facts, links, findings.

use std::sync::{Mutex, PoisonError};

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

/// Turns everything that is asked for into facts.
pub fn inspect(request: &Request) -> Result<Inspection, Error> {
    let all = Mutex::new(Inspection::default());
    places::visit(request, &|inspected| {
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
