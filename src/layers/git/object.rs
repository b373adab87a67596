//! Objects of git as a pack holds them (gitformat-pack(5)): headers, deltas, and identities.

use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Commit,
    Tree,
    Blob,
    Tag,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }
}

/// By what a repository names its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
}

/// The name of an object. One by SHA-1 has zeros at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id([u8; 32]);

impl Hash {
    /// Bytes of a name.
    pub(crate) const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    pub(super) fn digest(self) -> Digesting {
        match self {
            Self::Sha1 => Digesting::Sha1(Sha1::new()),
            Self::Sha256 => Digesting::Sha256(Sha256::new()),
        }
    }

    /// Of an object that begins to be read.
    pub(super) fn begin(self, kind: Kind, size: u64) -> Digesting {
        let mut digest = self.digest();
        digest.update(format!("{} {size}\0", kind.name()).as_bytes());
        digest
    }

    pub(super) fn of(self, kind: Kind, bytes: &[u8]) -> Id {
        let mut digest = self.begin(kind, bytes.len() as u64);
        digest.update(bytes);
        digest.finish()
    }

    /// The name that stands at the beginning of `bytes`.
    pub(super) fn id(self, bytes: &[u8]) -> Option<Id> {
        let mut id = [0; 32];
        id.get_mut(..self.length())?.copy_from_slice(bytes.get(..self.length())?);
        Some(Id(id))
    }

    /// As git shows it.
    pub(crate) fn shown(self, id: &Id) -> String {
        crate::identity::hex(id.0.get(..self.length()).unwrap_or_default())
    }

    /// The same read.
    pub(crate) fn parse(self, hex: &str) -> Option<Id> {
        let mut id = [0; 32];
        let pairs = hex.as_bytes().get(..2 * self.length())?.chunks_exact(2);
        for (byte, pair) in id.iter_mut().zip(pairs) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Id(id))
    }
}

pub(super) enum Digesting {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Digesting {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(digest) => digest.update(bytes),
            Self::Sha256(digest) => digest.update(bytes),
        }
    }

    pub(super) fn finish(self) -> Id {
        let mut id = [0; 32];
        match self {
            Self::Sha1(digest) => {
                id.iter_mut().zip(digest.finalize()).for_each(|(to, from)| *to = from);
            }
            Self::Sha256(digest) => id = digest.finalize().into(),
        }
        Id(id)
    }
}

/// How the content of an object is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Whole(Kind),
    /// By what differs from the object at an offset.
    Offset(u64),
    /// By what differs from an object of this name.
    Reference(Id),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub form: Form,
    /// Bytes that what follows inflates to.
    pub size: u64,
    /// Bytes of the header itself.
    pub length: usize,
}

/// No header is longer: ten bytes of a size, and a name.
pub(super) const HEADER: usize = 10 + 32;

/// The header at `at`, where `bytes` begin.
pub(super) fn header(bytes: &[u8], at: u64, hash: Hash) -> Option<Header> {
    let (&first, mut rest) = bytes.split_first()?;
    let mut size = u64::from(first & 0x0f);
    let mut byte = first;
    let mut shift = 4;
    while byte & 0x80 != 0 {
        let (&next, after) = rest.split_first()?;
        (byte, rest) = (next, after);
        let bits = u64::from(byte & 0x7f);
        size |= bits.checked_shl(shift).filter(|shifted| shifted >> shift == bits)?;
        shift += 7;
    }
    let form = match (first >> 4) & 7 {
        1 => Form::Whole(Kind::Commit),
        2 => Form::Whole(Kind::Tree),
        3 => Form::Whole(Kind::Blob),
        4 => Form::Whole(Kind::Tag),
        6 => {
            let mut back = 0_u64;
            loop {
                let (&byte, after) = rest.split_first()?;
                rest = after;
                back = back.checked_mul(128)?.checked_add(u64::from(byte & 0x7f))?;
                if byte & 0x80 == 0 {
                    break;
                }
                back = back.checked_add(1)?;
            }
            Form::Offset(at.checked_sub(back).filter(|_| back > 0)?)
        }
        7 => {
            let id = hash.id(rest)?;
            rest = rest.get(hash.length()..)?;
            Form::Reference(id)
        }
        _ => return None,
    };
    Some(Header { form, size, length: bytes.len() - rest.len() })
}

/// One instruction of a delta.
enum Step<'d> {
    Copy { from: usize, length: usize },
    Insert(&'d [u8]),
}

/// The instruction at the beginning of `delta`, and what follows it.
fn step(delta: &[u8]) -> Option<(Step<'_>, &[u8])> {
    let (&code, mut rest) = delta.split_first()?;
    if code & 0x80 == 0 {
        // Zero is reserved.
        let (bytes, rest) = rest.split_at_checked(usize::from(code)).filter(|_| code != 0)?;
        return Some((Step::Insert(bytes), rest));
    }
    let mut numbers = [0_usize; 7];
    for (bit, number) in numbers.iter_mut().enumerate() {
        if code & (1 << bit) != 0 {
            let (&byte, after) = rest.split_first()?;
            *number = usize::from(byte);
            rest = after;
        }
    }
    let [a, b, c, d, x, y, z] = numbers;
    let length = x | y << 8 | z << 16;
    let length = if length == 0 { 0x10000 } else { length };
    Some((Step::Copy { from: a | b << 8 | c << 16 | d << 24, length }, rest))
}

/// The sizes of base and result at the beginning of a delta, and its instructions.
pub(super) fn sizes(delta: &[u8]) -> Option<(u64, u64, &[u8])> {
    let (base, delta) = number(delta)?;
    let (result, steps) = number(delta)?;
    Some((base, result, steps))
}

/// Seven bits a byte, the lowest first.
fn number(mut bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut sum = 0_u64;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        sum |= u64::from(byte & 0x7f) << shift;
        bytes = rest;
        if byte & 0x80 == 0 {
            return Some((sum, bytes));
        }
    }
    None
}

/// What `delta` makes of `base`, if they belong together. The result has the size that
/// [`sizes`] gives.
pub(super) fn apply(base: &[u8], delta: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (of, size, mut steps) = sizes(delta)?;
    let size = usize::try_from(size).ok()?;
    if base.len() as u64 != of {
        return None;
    }
    let mut made = Zeroizing::new(Vec::with_capacity(size));
    while !steps.is_empty() {
        let (next, rest) = step(steps)?;
        let bytes = match next {
            Step::Insert(bytes) => bytes,
            Step::Copy { from, length } => base.get(from..from.checked_add(length)?)?,
        };
        // Never beyond what is there, so that no copy of the bytes is left behind.
        if size - made.len() < bytes.len() {
            return None;
        }
        made.extend_from_slice(bytes);
        steps = rest;
    }
    (made.len() == size).then_some(made)
}

/// What a delta inserts, with a line break for each piece of its base.
pub(super) fn inserted(delta: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::with_capacity(delta.len()));
    let mut steps = sizes(delta).map_or(delta, |(_, _, steps)| steps);
    while let Some((next, rest)) = step(steps) {
        match next {
            Step::Insert(bytes) => text.extend_from_slice(bytes),
            Step::Copy { .. } => text.push(b'\n'),
        }
        steps = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_give_size_and_base() {
        let blob = header(&[0xb5, 0x0a, 0x78], 12, Hash::Sha1).unwrap();
        assert_eq!(blob, Header { form: Form::Whole(Kind::Blob), size: 165, length: 2 });
        let delta = header(&[0x65, 0x80, 0x01, 0x78], 1000, Hash::Sha1).unwrap();
        assert_eq!(delta, Header { form: Form::Offset(1000 - 129), size: 5, length: 3 });
        for bad in [&[0x05][..], &[0x55], &[0x65, 0x00], &[0x65, 0x40], &[0x75, 1], &[0xff; 42]] {
            assert_eq!(header(bad, 12, Hash::Sha1), None, "{bad:x?}");
        }
    }

    #[test]
    fn the_name_of_an_object_is_what_git_says() {
        // `printf hello | git hash-object --stdin`
        let id = Hash::Sha1.of(Kind::Blob, b"hello");
        let text = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0";
        assert_eq!(Hash::Sha1.shown(&id), text);
        assert_eq!(Hash::Sha1.parse(text), Some(id));
        assert_eq!(Hash::Sha1.parse("b6fc"), None);
    }

    #[test]
    fn a_delta_makes_what_it_says_or_nothing() {
        let base = b"one two three";
        // Copies "two ", inserts "or", copies " three".
        let delta = [13, 12, 0x91, 4, 4, 2, b'o', b'r', 0x91, 7, 6];
        assert_eq!(&**apply(base, &delta).unwrap(), b"two or three");
        assert_eq!(&**inserted(&delta), b"\nor\n");
        assert!(apply(&base[1..], &delta).is_none(), "another base");
        for end in 0..delta.len() {
            assert!(apply(base, &delta[..end]).is_none(), "{end}");
        }
        let beyond = [13, 12, 0x91, 4, 12];
        assert!(apply(base, &beyond).is_none());
        let reserved = [13, 0, 0];
        assert!(apply(base, &reserved).is_none());
    }
}
