//! The approved register, `key-register.yaml`: which keys there may be, for what, where and under
//! whose hands, as people write and review it. Here it is read; [`check`] says what is wrong with
//! it, and [`link`](mod@link) holds against it what a scan saw.

use std::{ops::Range, path::Path};

use serde_json::{Map, Value};
use serde_saphyr::{Options, options};
use zeroize::Zeroizing;

use crate::{
    error::Error,
    fact::{Fact, Kind, Site},
    link::holds_secret,
    places::files,
    scan::{Inspection, keys_in},
    settings::{Source, Sources, Span},
};

mod access;
mod bom_read;
mod bom_write;
mod check;
mod columns;
mod compare;
mod csv;
mod declared;
mod entry;
mod link;
mod material;
mod mixed;
mod names;
mod order;
mod pair;
mod pieces;
mod problem;
mod propose;
mod spanned;
mod trust;
mod uses;
mod words;
mod wrap;
mod yaml;

#[cfg(test)]
mod change_tests;
#[cfg(test)]
mod exchange_tests;
#[cfg(test)]
mod tests;

pub use self::entry::{
    Algorithm, Alias, Backup, Custodian, Distribution, Exception, Fingerprint, Key, Origin, Place,
    Principal, Reference, Share, Store, Strength, TlsOnly, Written,
};
pub use self::spanned::{Location, Spanned, Text};
pub(crate) use self::{
    bom_write::write as write_cyclonedx,
    check::{facts, facts_in_parts},
    compare::compare,
    csv::write as write_csv,
    link::link,
    mixed::against,
    propose::propose,
    yaml::write as write_yaml,
};

/// The file's name, where nothing else is said.
pub(crate) const FILE: &str = "key-register.yaml";

/// Version of the form.
const VERSION: u32 = 1;

/// The property of a CycloneDX asset that has the whole entry.
pub(crate) const MARK: &str = "keylint:entry";

/// What one register may cost to read: room for some hundred thousand keys.
const MOST_NODES: usize = 40_000_000;

/// Text in values of one register: a hundred thousand keys have about 90 MB.
const MOST_BYTES: usize = 1 << 30;

/// A register and the text that its entries point into, which holds no key material.
pub struct Approved {
    /// The file's, for messages.
    pub name: String,
    pub written: Written,
    sources: Sources,
}

/// Reads a register from its file, and what the ordinary inspection saw in its bytes.
pub(crate) fn read(path: &Path) -> Result<(Approved, Inspection), Error> {
    parse(&path.display().to_string(), files::read(path)?)
}

/// Reads a register. Key material in it is seen by the inspection and blanked before anything
/// else reads the text, so that no message can show it.
pub(crate) fn parse(name: &str, bytes: Vec<u8>) -> Result<(Approved, Inspection), Error> {
    let mut bytes = Zeroizing::new(bytes);
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    let inspection = keys_in(name, &bytes);
    for fact in inspection.facts.iter().filter(|fact| fact.kind == Kind::Material) {
        if holds_secret(fact) {
            blank(fact, &mut bytes, name)?;
        }
    }
    let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|problem| {
        let valid = problem.utf8_error().valid_up_to();
        let bytes = Zeroizing::new(problem.into_bytes());
        let lines = memchr::memchr_iter(b'\n', bytes.get(..valid).unwrap_or(&[]));
        Error::invalid(format!("{name}:{}", lines.count() + 1), "a register is text in UTF-8")
    })?;
    let source = Source::new(name.to_owned(), None, Zeroizing::new(text));
    let mut written = written(name, &source.text)?;
    let line = |location: Location| {
        let line = source.line(usize::try_from(location.start).unwrap_or(usize::MAX));
        u32::try_from(line).unwrap_or(u32::MAX)
    };
    let refuse = |location: Location, problem: String| {
        Err(Error::invalid(format!("{name}:{}", line(location)), problem))
    };
    if &*written.keylint.value != "key-register" {
        return refuse(written.keylint.referenced, "this is no `keylint: key-register`".into());
    }
    if written.version.value != VERSION {
        let problem = format!("keylint reads version {VERSION} of a key register");
        return refuse(written.version.referenced, problem);
    }
    if let Some((location, problem)) = wrong_duty(&written) {
        return refuse(location, problem);
    }
    if let Some((field, text)) = material::first(&written) {
        return refuse(text.referenced, holds_key(field));
    }
    if let Some(start) = material::in_comments(&source.text) {
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        let problem = "a register does not hold keys: take this one out of the comment";
        return refuse(Location { start, length: 0 }, problem.to_owned());
    }
    for key in &mut written.keys {
        key.line = Some(line(key.id.referenced));
    }
    let mut sources = Sources::default();
    sources.add(source);
    Ok((Approved { name: name.to_owned(), written, sources }, inspection))
}

/// Reads a register from a CSV table or a CycloneDX BOM. One with a key in it is refused: what is
/// written from it would hold the key too.
pub(crate) fn import(name: &str, bytes: &[u8]) -> Result<Approved, Error> {
    let inspection = keys_in(name, bytes);
    let is_secret = |fact: &&Fact| fact.kind == Kind::Material && holds_secret(fact);
    if let Some(fact) = inspection.facts.iter().find(is_secret) {
        let place = format!("{name}:{}", fact.site().line);
        return Err(Error::invalid(place, "a register does not hold keys: take this one out"));
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let written = if text.trim_ascii_start().starts_with(b"{") {
        bom_read::read(name, text)?
    } else {
        csv::read(name, text)?
    };
    if let Some((_, problem)) = wrong_duty(&written) {
        return Err(Error::invalid(name, problem));
    }
    if let Some((field, value)) = material::first(&written) {
        let at = memchr::memmem::find(text, value.value.trim().as_bytes()).unwrap_or_default();
        let before = text.get(..at).unwrap_or_default();
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        return Err(Error::invalid(format!("{name}:{line}"), holds_key(field)));
    }
    for key in &written.keys {
        if let Some((field, value, allowed)) = words::unknown(key).first() {
            let line = key.line.map_or(String::new(), |line| format!(":{line}"));
            let problem = format!(
                "{field} of `{}` is `{}`, and must be one of {}",
                key.id.value,
                value.value,
                allowed.join(", ")
            );
            return Err(Error::invalid(format!("{name}{line}"), problem));
        }
    }
    let mut sources = Sources::default();
    sources.add(Source::new(name.to_owned(), None, Zeroizing::new(String::new())));
    Ok(Approved { name: name.to_owned(), written, sources })
}

fn holds_key(field: &str) -> String {
    format!("a register does not hold keys: take this one out of `{field}`")
}

impl Written {
    /// A register of what stands beside the keys, and of the keys.
    fn of(mut head: Map<String, Value>, keys: Vec<Key>) -> serde_json::Result<Self> {
        head.insert("keylint".to_owned(), "key-register".into());
        head.insert("version".to_owned(), VERSION.into());
        head.insert("keys".to_owned(), Value::Array(Vec::new()));
        let written: Self = serde_json::from_value(Value::Object(head))?;
        Ok(Self { keys, ..written })
    }
}

/// A duty that there is not.
fn wrong_duty(written: &Written) -> Option<(Location, String)> {
    let mut duties = written.separation_of_duties.iter().flatten();
    let wrong = duties.find(|role| !entry::ROLES.contains(&role.value.as_ref()))?;
    Some((wrong.referenced, format!("a duty is one of {}", entry::ROLES.join(", "))))
}

fn written(name: &str, text: &str) -> Result<Written, Error> {
    let head = |text: &str| serde_saphyr::from_str_with_options(text, strict()).ok();
    let list = |text: &str| serde_saphyr::from_str_with_options(text, strict()).ok();
    if let Some(written) = pieces::read(text, head, list) {
        return Ok(written);
    }
    serde_saphyr::from_str_with_options(text, strict()).map_err(|error| {
        let line = error.location().map_or(1, |location| location.line().max(1));
        let problem = error.without_snippet().to_string();
        let problem = problem.lines().next().unwrap_or_default();
        // The line is in front of the message already.
        let problem = problem.split(" at line ").next().unwrap_or_default();
        let problem = problem::in_words(problem);
        let problem = format!("not a register of approved keys (docs/register.md): {problem}");
        Error::invalid(format!("{name}:{line}"), problem)
    })
}

fn strict() -> Options {
    options! {
        strict_booleans: true,
        budget: serde_saphyr::budget! {
            max_nodes: MOST_NODES,
            max_events: 2 * MOST_NODES,
            max_total_scalar_bytes: MOST_BYTES,
        },
    }
}

/// Overwrites what a fact is about, line ends excepted.
fn blank(fact: &Fact, bytes: &mut [u8], name: &str) -> Result<(), Error> {
    if fact.count > fact.sites.len() as u64 {
        let place = format!("{name}:{}", fact.site().line);
        return Err(Error::invalid(
            place,
            "a register does not hold keys, and this one many times",
        ));
    }
    for site in &fact.sites {
        let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX);
        let range: Range<usize> = at(site.offset)..at(site.offset.saturating_add(site.length));
        for byte in bytes.get_mut(range).unwrap_or_default() {
            if !matches!(byte, b'\n' | b'\r' | b' ') {
                *byte = b'x';
            }
        }
    }
    Ok(())
}

impl Approved {
    /// A register without keys.
    pub(crate) fn empty() -> Self {
        let text = "keylint: key-register\nversion: 1\nkeys: []\n";
        parse(FILE, text.into()).map(|(register, _)| register).expect("the text is a register")
    }

    pub fn keys(&self) -> &[Key] {
        &self.written.keys
    }

    /// Tells the id of the entry that approves a name.
    pub(crate) fn ids_by_name<'a>(&'a self) -> impl Fn(&str) -> Option<&'a str> {
        let names = names::Names::of(self.keys());
        move |name| {
            let found = names.find(&names::Name::of(name));
            found.first().map(|approval| &*approval.key.id.value)
        }
    }

    /// Its file, as it was read.
    fn file(&self) -> &str {
        &self.name
    }

    /// Leaves the text behind, where no place in it will be shown.
    pub(crate) fn without_text(self) -> Self {
        Self { sources: Sources::default(), ..self }
    }

    /// The place of something that is written in the register.
    fn site(&self, location: Location) -> Site {
        let start = usize::try_from(location.start).unwrap_or(usize::MAX);
        let length = usize::try_from(location.length).unwrap_or_default();
        self.sources.site(Span::new(0, start..start.saturating_add(length)), true)
    }
}
