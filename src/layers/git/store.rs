//! Objects of a pack, read at any place and made of their deltas. The memory for it is bounded:
//! what was made last is kept as long as there is room, and made again afterwards.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::{self, Read, SeekFrom},
    rc::Rc,
};

use flate2::{Decompress, FlushDecompress, Status};
use zeroize::Zeroizing;

use super::{
    super::{ReadSeek, invalid},
    object::{self, Form, HEADER, Hash, Header, Id, Kind},
};

/// Bytes of an object that is kept whole: one that is made by deltas, or may be the base of one.
pub(super) const LARGEST: u64 = 128 << 20;

/// Bytes of objects that are kept to be bases, where nothing else is said.
const KEPT: usize = 64 << 20;

/// Deltas on one another; git makes no more than 4095.
const DEPTH: usize = 4096;

/// Names of objects that are kept, for deltas on objects by name.
const NAMES: usize = 4 << 20;

/// Bytes read at once on the way through a pack, and elsewhere.
const NEAR: usize = 128 << 10;
const FAR: usize = 16 << 10;

#[derive(Clone)]
pub(super) struct Object {
    pub kind: Kind,
    pub bytes: Rc<Zeroizing<Vec<u8>>>,
}

/// Why an object cannot be had.
pub(super) enum Problem {
    Damaged(&'static str),
    /// No object of this name was met.
    NoBase(Id),
    OverBudget(&'static str),
    /// More was made than the pack is allowed to cost.
    Spent,
    Read(io::Error),
}

/// Which of two windows on the file is used: one goes through the pack, one to and fro.
#[derive(Clone, Copy)]
pub(super) enum On {
    Way,
    Side,
}

#[derive(Default)]
struct Window {
    at: u64,
    bytes: Vec<u8>,
}

impl Window {
    fn bytes(
        &mut self,
        file: &mut dyn ReadSeek,
        size: usize,
        at: u64,
        least: usize,
    ) -> io::Result<&[u8]> {
        let into = at.checked_sub(self.at).and_then(|into| usize::try_from(into).ok());
        if into.is_none_or(|into| self.bytes.len() < into.saturating_add(least)) {
            self.at = at;
            self.bytes.resize(size, 0);
            file.seek(SeekFrom::Start(at))?;
            let mut length = 0;
            while length < size {
                match file.read(self.bytes.get_mut(length..).unwrap_or_default()) {
                    Ok(0) => break,
                    Ok(read) => length += read,
                    Err(problem) if problem.kind() == io::ErrorKind::Interrupted => {}
                    Err(problem) if length == 0 => {
                        self.bytes.clear();
                        return Err(problem);
                    }
                    // It is met again where it stands.
                    Err(_) => break,
                }
            }
            self.bytes.truncate(length);
        }
        let into = usize::try_from(at - self.at).unwrap_or(usize::MAX);
        Ok(self.bytes.get(into..).unwrap_or_default())
    }
}

pub(super) struct Store<'f> {
    pub file: &'f mut dyn ReadSeek,
    pub hash: Hash,
    way: Window,
    side: Window,
    decoder: Decompress,
    kept: Kept,
    /// Where an object of a name is.
    names: HashMap<Id, u64>,
    /// Where objects are that cannot be had.
    lost: HashSet<u64>,
    /// Bytes that may still be made.
    allowed: u64,
}

impl<'f> Store<'f> {
    pub(super) fn new(file: &'f mut dyn ReadSeek, hash: Hash, allowed: u64) -> Self {
        Self {
            file,
            hash,
            way: Window::default(),
            side: Window::default(),
            decoder: Decompress::new(true),
            kept: Kept::of(KEPT),
            names: HashMap::new(),
            lost: HashSet::new(),
            allowed,
        }
    }

    /// The same, with another room for objects that are kept to be bases.
    pub(super) fn keeping(mut self, bytes: usize) -> Self {
        self.kept.room = bytes;
        self
    }

    /// The bytes at `at`: at least `least` of them, unless the file ends before.
    pub(super) fn bytes(&mut self, at: u64, least: usize, on: On) -> io::Result<&[u8]> {
        match on {
            On::Way => self.way.bytes(self.file, NEAR, at, least),
            On::Side => self.side.bytes(self.file, FAR, at, least),
        }
    }

    pub(super) fn header(&mut self, at: u64, on: On) -> Result<Header, Problem> {
        let hash = self.hash;
        let bytes = self.bytes(at, HEADER, on).map_err(Problem::Read)?;
        object::header(bytes, at, hash).ok_or(Problem::Damaged("no object where one is due"))
    }

    /// How many bytes what stands at `at` inflates to, if it does to its end, and where that is.
    pub(super) fn inflates(&mut self, at: u64, on: On) -> Result<Option<(u64, u64)>, Problem> {
        let mut reader = self.inflating(at, None, on);
        match io::copy(&mut reader, &mut io::sink()) {
            Ok(given) => Ok(Some((given, reader.at))),
            Err(problem) => match of_inflating(problem) {
                Problem::Damaged(_) => Ok(None),
                problem => Err(problem),
            },
        }
    }

    /// What stands at `at`, inflated, which has to have `size` bytes.
    pub(super) fn inflating(&mut self, at: u64, size: Option<u64>, on: On) -> Inflating<'_, 'f> {
        self.decoder.reset(true);
        Inflating { store: self, at, size, given: 0, on, is_over: false }
    }

    /// Inflates what stands at `at` into `bytes`, and says where it ends. What came before a damage
    /// is there.
    pub(super) fn inflate(
        &mut self,
        at: u64,
        size: u64,
        on: On,
        bytes: &mut Zeroizing<Vec<u8>>,
    ) -> Result<u64, Problem> {
        let mut reader = self.inflating(at, Some(size), on);
        let mut length = 0;
        loop {
            if bytes.len() == length {
                grow(bytes, size);
            }
            match reader.read(bytes.get_mut(length..).unwrap_or_default()) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(problem) => {
                    bytes.truncate(length);
                    return Err(of_inflating(problem));
                }
            }
        }
        bytes.truncate(length);
        Ok(reader.at)
    }

    /// The object at `at`, made of its deltas.
    pub(super) fn object(&mut self, at: u64) -> Result<Object, Problem> {
        let mut deltas = Vec::new();
        let outcome = self.make(at, &mut deltas);
        if let Err(Problem::Damaged(_) | Problem::OverBudget(_)) = outcome {
            self.lost.extend(deltas.iter().map(|(at, _)| *at));
        }
        outcome
    }

    fn make(
        &mut self,
        at: u64,
        deltas: &mut Vec<(u64, Zeroizing<Vec<u8>>)>,
    ) -> Result<Object, Problem> {
        let mut next = at;
        let mut packed = 0_u64;
        let mut made = loop {
            if let Some(object) = self.kept.get(next) {
                break object;
            }
            if self.lost.contains(&next) {
                return Err(Problem::Damaged("its base cannot be read"));
            }
            let header = self.header(next, On::Side)?;
            packed = packed.saturating_add(header.size);
            if DEPTH <= deltas.len() {
                return Err(Problem::OverBudget("more deltas on one another than git makes"));
            }
            if LARGEST < packed {
                return Err(Problem::OverBudget("a base or its deltas are too large to be kept"));
            }
            let mut bytes = Zeroizing::default();
            self.inflate(next + header.length as u64, header.size, On::Side, &mut bytes)?;
            match header.form {
                Form::Whole(kind) => break self.keep(next, kind, bytes),
                Form::Offset(base) => {
                    deltas.push((next, bytes));
                    next = base;
                }
                Form::Reference(id) => {
                    deltas.push((next, bytes));
                    next = self.place(&id).ok_or(Problem::NoBase(id))?;
                }
            }
        };
        while let Some((at, delta)) = deltas.last() {
            let at = *at;
            let bytes = self.apply(&made, delta)?;
            made = self.keep(at, made.kind, bytes);
            deltas.pop();
        }
        Ok(made)
    }

    /// What a delta makes of its base.
    pub(super) fn apply(
        &mut self,
        base: &Object,
        delta: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Problem> {
        let (_, size, _) = object::sizes(delta).ok_or(Problem::Damaged("a delta without sizes"))?;
        if LARGEST < size {
            return Err(Problem::OverBudget("an object of more than 128 MiB that is a delta"));
        }
        self.spend(size)?;
        object::apply(&base.bytes, delta).ok_or(Problem::Damaged("a delta that does not fit"))
    }

    /// Keeps an object for what may be based on it.
    pub(super) fn keep(&mut self, at: u64, kind: Kind, bytes: Zeroizing<Vec<u8>>) -> Object {
        let object = Object { kind, bytes: Rc::new(bytes) };
        self.kept.put(at, &object);
        object
    }

    /// Remembers where the object of a name is.
    pub(super) fn name(&mut self, id: Id, at: u64) {
        if self.names.len() < NAMES {
            self.names.entry(id).or_insert(at);
        }
    }

    pub(super) fn place(&self, id: &Id) -> Option<u64> {
        self.names.get(id).copied()
    }

    /// Whether all names could be kept.
    pub(super) fn knows_all(&self) -> bool {
        self.names.len() < NAMES
    }

    pub(super) fn lose(&mut self, at: u64) {
        self.lost.insert(at);
    }

    fn spend(&mut self, bytes: u64) -> Result<(), Problem> {
        self.allowed = self.allowed.checked_sub(bytes).ok_or(Problem::Spent)?;
        Ok(())
    }
}

/// Room for more, at most for what is still to come: the old bytes are wiped.
fn grow(bytes: &mut Zeroizing<Vec<u8>>, size: u64) {
    let size = usize::try_from(size.min(LARGEST)).unwrap_or_default() + 1;
    // A size that is only claimed costs nothing.
    let goal = size.min((2 * bytes.len()).max(1 << 20)).max(bytes.len() + 1);
    let mut grown = Zeroizing::new(Vec::with_capacity(goal));
    grown.extend_from_slice(bytes);
    grown.resize(goal, 0);
    *bytes = grown;
}

pub(super) fn of_inflating(problem: io::Error) -> Problem {
    match problem.kind() {
        io::ErrorKind::InvalidData => Problem::Damaged("it cannot be unpacked"),
        io::ErrorKind::UnexpectedEof => Problem::Damaged("it is cut off"),
        io::ErrorKind::QuotaExceeded => Problem::Spent,
        _ => Problem::Read(problem),
    }
}

/// A reader of what is packed at one place.
pub(super) struct Inflating<'s, 'f> {
    store: &'s mut Store<'f>,
    /// Where the next packed byte is.
    pub at: u64,
    size: Option<u64>,
    given: u64,
    on: On,
    is_over: bool,
}

impl Read for Inflating<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.is_over && !buffer.is_empty() {
            let before = (self.store.decoder.total_in(), self.store.decoder.total_out());
            let Store { file, way, side, decoder, .. } = &mut *self.store;
            let packed = match self.on {
                On::Way => way.bytes(*file, NEAR, self.at, 1)?,
                On::Side => side.bytes(*file, FAR, self.at, 1)?,
            };
            let here = packed.len();
            let status = decoder.decompress(packed, buffer, FlushDecompress::None);
            let after = (decoder.total_in(), decoder.total_out());
            let read = after.1 - before.1;
            self.at = self.at.saturating_add(after.0 - before.0);
            self.given = self.given.saturating_add(read);
            if self.store.spend(read).is_err() {
                return Err(io::ErrorKind::QuotaExceeded.into());
            }
            let status = status.map_err(|_| invalid("it cannot be unpacked"))?;
            self.is_over = status == Status::StreamEnd;
            let is_wrong = self
                .size
                .is_some_and(|size| size < self.given || (self.is_over && self.given != size));
            if is_wrong {
                return Err(invalid("it has another size than its header says"));
            }
            if read > 0 {
                return Ok(usize::try_from(read).unwrap_or_default());
            }
            if !self.is_over && here == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if !self.is_over && after == before {
                return Err(invalid("it cannot be unpacked"));
            }
        }
        Ok(0)
    }
}

/// Objects by their place, the one that was used longest ago left out first.
struct Kept {
    /// Bytes that may be kept.
    room: usize,
    objects: HashMap<u64, (u64, Object)>,
    /// Places by when they were used.
    used: BTreeMap<u64, u64>,
    now: u64,
    bytes: usize,
}

impl Kept {
    fn of(room: usize) -> Self {
        Self { room, objects: HashMap::new(), used: BTreeMap::new(), now: 0, bytes: 0 }
    }

    fn get(&mut self, at: u64) -> Option<Object> {
        let (used, object) = self.objects.get_mut(&at)?;
        self.now += 1;
        self.used.remove(used);
        self.used.insert(self.now, at);
        *used = self.now;
        Some(object.clone())
    }

    fn put(&mut self, at: u64, object: &Object) {
        // Its own cost beside the bytes.
        let cost = |object: &Object| object.bytes.len() + 128;
        if self.room / 2 < cost(object) || self.objects.contains_key(&at) {
            return;
        }
        self.bytes += cost(object);
        self.now += 1;
        self.used.insert(self.now, at);
        self.objects.insert(at, (self.now, object.clone()));
        while self.room < self.bytes
            && let Some((_, oldest)) = self.used.pop_first()
        {
            if let Some((_, object)) = self.objects.remove(&oldest) {
                self.bytes -= cost(&object);
            }
        }
    }
}
