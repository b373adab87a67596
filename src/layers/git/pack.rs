//! Packs of git (gitformat-pack(5)), read without their index: every version of every file, what
//! commits and tags say, and of a damaged pack all objects that can still be made.

use std::{
    collections::BTreeMap,
    io::{self, Cursor, Read, SeekFrom},
};

use zeroize::Zeroizing;

use super::{
    super::{Entries, Layer, Open, ReadSeek, pieces::Pieces},
    names,
    object::{self, Form, HEADER, Hash, Header, Id, Kind},
    store::{LARGEST, Object, On, Problem, Store},
};
use crate::{budget, ledger::Reason};

pub(in super::super) const LAYER: Layer = Layer {
    name: "git-pack",
    about: "packs of git: blobs, commits and tags, also as deltas",
    is: |head| matches!(head.strip_prefix(MAGIC), Some([0, 0, 0, 2 | 3, _, _, _, _, ..])),
    open: Open::Seek(open),
};

pub(super) const MAGIC: &[u8] = b"PACK";

/// The first byte of what git deflates.
const METHOD: u8 = 0x78;

/// Where the first object is.
const FIRST: u64 = 12;

/// Objects that cannot be had which the ledger names; more are counted.
const TOLD: u64 = 64;

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let sum = checksum(file, length)?;
    file.seek(SeekFrom::Start(FIRST - 4))?;
    let mut count = [0; 4];
    file.read_exact(&mut count)?;
    let hash = sum.unwrap_or(Hash::Sha1);
    let allowed = entries.ratio().saturating_mul(length).saturating_add(budget::FREE_TOTAL);
    let mut pack = Pack {
        store: Store::new(file, hash, allowed),
        entries,
        waiting: BTreeMap::new(),
        trees: Vec::new(),
        lost: 0,
    };
    let outcome = pack.read(u32::from_be_bytes(count).into(), length, sum.is_some());
    let Pack { mut store, entries, trees, lost, .. } = pack;
    if TOLD < lost {
        entries.note(Reason::Damaged, format!("{} more objects cannot be had", lost - TOLD));
    }
    names::give(&mut store, &trees, entries);
    outcome
}

/// What the sum at the end is made by, if it is right.
fn checksum(file: &mut dyn ReadSeek, length: u64) -> io::Result<Option<Hash>> {
    for hash in [Hash::Sha1, Hash::Sha256] {
        let Some(end) = length.checked_sub(hash.length() as u64) else { continue };
        file.rewind()?;
        let mut piece = vec![0; 64 << 10];
        let mut digest = hash.digest();
        let mut packed = file.take(end);
        loop {
            match packed.read(&mut piece)? {
                0 => break,
                read => digest.update(piece.get(..read).unwrap_or_default()),
            }
        }
        let mut told = Vec::new();
        file.take(hash.length() as u64).read_to_end(&mut told)?;
        if hash.id(&told) == Some(digest.finish()) {
            return Ok(Some(hash));
        }
    }
    Ok(None)
}

struct Pack<'f, 'x, 'e, 'w> {
    store: Store<'f>,
    entries: &'x mut Entries<'e, 'w>,
    /// Objects whose base was not met yet, by its name.
    waiting: BTreeMap<Id, Vec<u64>>,
    /// Where trees are, which say how blobs are called.
    trees: Vec<u64>,
    /// Objects that cannot be had.
    lost: u64,
}

/// Why reading a pack does not go on.
enum Stop {
    /// What a layer returns.
    Input(io::Error),
    /// The object cannot be had, and nobody knows where the next one is.
    Object(Problem),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Object(problem)
    }
}

impl From<io::Error> for Stop {
    fn from(problem: io::Error) -> Self {
        Self::Input(problem)
    }
}

impl Pack<'_, '_, '_, '_> {
    fn read(&mut self, count: u64, length: u64, is_whole: bool) -> io::Result<()> {
        let end = if is_whole { length - self.store.hash.length() as u64 } else { length };
        let mut at = FIRST;
        let mut left = count;
        while at < end && (left > 0 || is_whole) {
            left = left.saturating_sub(1);
            match self.entry(at) {
                Ok(next) => at = next,
                Err(Stop::Input(problem)) => return Err(problem),
                Err(Stop::Object(Problem::Read(problem))) => return Err(problem),
                Err(Stop::Object(Problem::Spent)) => {
                    self.entries.note(Reason::OverBudget, format!("objects from {at} on"));
                    return self.gap(at, length);
                }
                Err(Stop::Object(problem)) => {
                    self.lost(at, &problem);
                    let next = match self.next(at + 1, end) {
                        Err(Stop::Input(problem)) => return Err(problem),
                        Err(Stop::Object(_)) => None,
                        Ok(next) => next,
                    };
                    self.gap(at, next.unwrap_or(length))?;
                    at = next.unwrap_or(length);
                }
            }
        }
        self.thin()?;
        if !is_whole {
            self.entries.note(Reason::Damaged, "its checksum is not right: cut off or changed");
            // Where it is not cut off, this is the sum.
            self.gap(at, length)?;
        }
        Ok(())
    }

    /// Reads the object at `at`, and says where the next one is.
    fn entry(&mut self, at: u64) -> Result<u64, Stop> {
        let header = self.store.header(at, On::Way)?;
        let from = at + header.length as u64;
        if LARGEST < header.size {
            return self.large(at, from, header);
        }
        let mut bytes = Zeroizing::default();
        let outcome = self.store.inflate(from, header.size, On::Way, &mut bytes);
        match header.form {
            Form::Whole(kind) => match outcome {
                Ok(next) => {
                    let object = self.store.keep(at, kind, bytes);
                    self.known(at, &object)?;
                    Ok(next)
                }
                Err(problem) => {
                    let name = format!("(damaged {} at {at})", kind.name());
                    self.content(&name, &bytes)?;
                    Err(problem.into())
                }
            },
            Form::Offset(_) | Form::Reference(_) => match outcome {
                Ok(next) => {
                    match self.made(header.form, &bytes) {
                        Ok((kind, bytes)) => {
                            let object = self.store.keep(at, kind, bytes);
                            self.known(at, &object)?;
                        }
                        Err(Problem::NoBase(id)) => self.waiting.entry(id).or_default().push(at),
                        Err(problem @ (Problem::Spent | Problem::Read(_))) => {
                            return Err(problem.into());
                        }
                        Err(problem) => {
                            self.lost(at, &problem);
                            self.inserted(at, &bytes)?;
                        }
                    }
                    Ok(next)
                }
                Err(problem) => {
                    self.inserted(at, &bytes)?;
                    Err(problem.into())
                }
            },
        }
    }

    /// What a delta makes.
    fn made(&mut self, form: Form, delta: &[u8]) -> Result<(Kind, Zeroizing<Vec<u8>>), Problem> {
        let base = match form {
            Form::Whole(_) => return Err(Problem::Damaged("no delta")),
            Form::Offset(base) => base,
            Form::Reference(id) => self.store.place(&id).ok_or(Problem::NoBase(id))?,
        };
        let base = self.store.object(base)?;
        Ok((base.kind, self.store.apply(&base, delta)?))
    }

    /// Looks at an object that is not kept in memory: it is read twice, for its name and for what
    /// it holds.
    fn large(&mut self, at: u64, from: u64, header: Header) -> Result<u64, Stop> {
        let hash = self.store.hash;
        let (kind, mut digest) = match header.form {
            Form::Whole(kind) => (Some(kind), hash.begin(kind, header.size)),
            _ => (None, hash.digest()),
        };
        let mut reader = self.store.inflating(from, Some(header.size), On::Way);
        let mut piece = Zeroizing::new(vec![0; 64 << 10]);
        loop {
            match reader.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => digest.update(piece.get(..read).unwrap_or_default()),
                Err(problem) => {
                    let problem = super::store::of_inflating(problem);
                    if let Some(kind @ (Kind::Blob | Kind::Commit | Kind::Tag)) = kind {
                        let name = format!("(damaged {} at {at})", kind.name());
                        let mut reader = self.store.inflating(from, Some(header.size), On::Way);
                        self.entries.member(name.as_bytes(), &mut reader)?;
                    }
                    return Err(problem.into());
                }
            }
        }
        let next = reader.at;
        match kind {
            Some(kind @ (Kind::Blob | Kind::Commit | Kind::Tag)) => {
                let name = format!("{} {}", kind.name(), hash.shown(&digest.finish()));
                let mut reader = self.store.inflating(from, Some(header.size), On::Way);
                self.entries.member(name.as_bytes(), &mut reader)?;
            }
            Some(Kind::Tree) | None => {
                self.lost(at, &Problem::OverBudget("a tree or a delta of more than 128 MiB"));
            }
        }
        Ok(next)
    }

    /// Takes an object that was made, and those that waited for it.
    fn known(&mut self, at: u64, object: &Object) -> Result<(), Stop> {
        let mut next = vec![self.told(at, object)?];
        while let Some(id) = next.pop() {
            for at in self.waiting.remove(&id).unwrap_or_default() {
                match self.store.object(at) {
                    Ok(object) => next.push(self.told(at, &object)?),
                    Err(Problem::NoBase(id)) => self.waiting.entry(id).or_default().push(at),
                    Err(problem @ (Problem::Spent | Problem::Read(_))) => {
                        return Err(problem.into());
                    }
                    Err(problem) => self.lost(at, &problem),
                }
            }
        }
        Ok(())
    }

    /// Looks at an object, and gives its name.
    fn told(&mut self, at: u64, object: &Object) -> io::Result<Id> {
        let id = self.store.hash.of(object.kind, &object.bytes);
        self.store.name(id, at);
        match object.kind {
            Kind::Tree => self.trees.push(at),
            Kind::Blob | Kind::Commit | Kind::Tag => {
                let name = format!("{} {}", object.kind.name(), self.store.hash.shown(&id));
                self.content(&name, &object.bytes)?;
            }
        }
        Ok(id)
    }

    fn content(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.entries.member_at(name.as_bytes(), &mut Cursor::new(bytes))
    }

    /// Looks at what a delta inserts whose base is not there.
    fn inserted(&mut self, at: u64, delta: &[u8]) -> io::Result<()> {
        self.content(&format!("(delta at {at})"), &object::inserted(delta))
    }

    /// Says which objects have their base in another pack.
    fn thin(&mut self) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut waiting: Vec<_> = waiting
            .into_iter()
            .flat_map(|(id, at)| at.into_iter().map(move |at| (at, id)))
            .collect();
        waiting.sort_unstable();
        for (at, id) in waiting {
            self.lost(at, &Problem::NoBase(id));
            let Ok(header) = self.store.header(at, On::Side) else { continue };
            let from = at + header.length as u64;
            let mut delta = Zeroizing::default();
            let _as_before = self.store.inflate(from, header.size, On::Side, &mut delta);
            self.inserted(at, &delta)?;
        }
        Ok(())
    }

    /// Says that an object cannot be had.
    fn lost(&mut self, at: u64, problem: &Problem) {
        self.store.lose(at);
        self.lost += 1;
        if TOLD < self.lost {
            return;
        }
        let (reason, detail) = match problem {
            Problem::Damaged(detail) => (Reason::Damaged, (*detail).to_owned()),
            Problem::NoBase(_) if !self.store.knows_all() => {
                (Reason::OverBudget, "its base is among too many to be known".to_owned())
            }
            Problem::NoBase(id) => {
                let id = self.store.hash.shown(id);
                (Reason::NoReader, format!("a thin pack: its base {id} is elsewhere"))
            }
            Problem::OverBudget(detail) => (Reason::OverBudget, (*detail).to_owned()),
            Problem::Spent => (Reason::OverBudget, "the pack makes too much".to_owned()),
            Problem::Read(problem) => (Reason::ReadFailed, problem.to_string()),
        };
        self.entries.skip(format!("(object at {at})").as_bytes(), reason, detail);
    }

    /// Where an object begins after a damage: before something that inflates to its end. What
    /// inflates without being an object, since its header is damaged, is looked at.
    fn next(&mut self, from: u64, end: u64) -> Result<Option<u64>, Stop> {
        let mut at = from;
        while at < end {
            let bytes = self.store.bytes(at, 2, On::Way)?;
            let is_zlib = |&begin: &usize| {
                let flags = bytes.get(begin + 1).copied().unwrap_or_default();
                flags & 0x20 == 0 && u16::from_be_bytes([METHOD, flags]).is_multiple_of(31)
            };
            let Some(begin) = memchr::memchr_iter(METHOD, bytes).find(is_zlib) else {
                // The last byte may be the first of two.
                at += bytes.len().saturating_sub(1).max(1) as u64;
                continue;
            };
            at += begin as u64;
            if let Some((given, next)) = self.store.inflates(at, On::Side)? {
                for length in 1..=HEADER {
                    let Some(start) = at.checked_sub(length as u64).filter(|&at| from <= at) else {
                        break;
                    };
                    if let Ok(header) = self.store.header(start, On::Side)
                        && header.length == length
                        && header.size == given
                    {
                        return Ok(Some(start));
                    }
                }
                let name = format!("(content at {at})");
                let mut reader = self.store.inflating(at, None, On::Way);
                self.entries.member(name.as_bytes(), &mut reader)?;
                return Ok(Some(next));
            }
            at += 1;
        }
        Ok(None)
    }

    fn gap(&mut self, from: u64, to: u64) -> io::Result<()> {
        let range = from..to;
        self.entries
            .gap(from, &mut Pieces::new(&mut *self.store.file, std::slice::from_ref(&range)))
    }
}
