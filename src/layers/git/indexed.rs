//! Packs with their indexes (gitformat-pack(5)), as a repository keeps them: any object can be read, so
//! that several threads share one pack.

use std::io::{Cursor, Read};

use zeroize::Zeroizing;

use super::{
    super::ReadSeek,
    object::{self, Form, Hash, Id, Kind},
    store::{LARGEST, Object, On, Problem, Store},
};

const MAGIC: &[u8] = b"\xfftOc\0\0\0\x02";

/// An object of a pack: its name, and where it begins.
pub(crate) type Place = (Id, u64);

/// What an index of version 2 lists, in the order of the pack.
pub(crate) fn places(index: &[u8], hash: Hash) -> Option<Vec<Place>> {
    let rest = index.strip_prefix(MAGIC)?;
    let (fan_out, rest) = rest.split_at_checked(256 * 4)?;
    let count = fan_out.last_chunk().map(|last| u32::from_be_bytes(*last))?;
    let count = usize::try_from(count).ok()?;
    let (names, rest) = rest.split_at_checked(count.checked_mul(hash.length())?)?;
    let (_checksums, rest) = rest.split_at_checked(count.checked_mul(4)?)?;
    let (offsets, large) = rest.split_at_checked(count.checked_mul(4)?)?;
    let mut places = Vec::with_capacity(count);
    for (name, offset) in names.chunks_exact(hash.length()).zip(offsets.as_chunks().0) {
        let offset = u32::from_be_bytes(*offset);
        // The highest bit says that the rest is a place in the table of large offsets.
        let at = match offset.checked_sub(1 << 31) {
            None => offset.into(),
            Some(row) => u64::from_be_bytes(*large.as_chunks().0.get(usize::try_from(row).ok()?)?),
        };
        places.push((hash.id(name)?, at));
    }
    places.sort_unstable_by_key(|&(_, at)| at);
    Some(places)
}

/// Reads objects of a pack, best in its order.
pub(crate) struct Reader<'f> {
    store: Store<'f>,
    /// Whether the store knows where each name is.
    is_named: bool,
}

impl<'f> Reader<'f> {
    /// `kept` is how many bytes of objects are kept for those that differ little from them.
    pub(crate) fn new(pack: &'f mut dyn ReadSeek, hash: Hash, kept: usize) -> Self {
        // What is made is held against the budgets where it is inspected.
        let store = Store::new(pack, hash, u64::MAX).keeping(kept);
        Self { store, is_named: false }
    }

    /// Gives the content of the object at `at` to `each`, unless it is a tree. `all` is where its bases
    /// may be. If it cannot be had, gives back what came before the damage.
    pub(crate) fn read(
        &mut self,
        at: u64,
        all: &[Place],
        each: &mut dyn FnMut(&mut dyn Read),
    ) -> Result<(), Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::default();
        let Ok(header) = self.store.header(at, On::Way) else { return Err(bytes) };
        let from = at + header.length as u64;
        if let Form::Whole(kind) = header.form
            && LARGEST < header.size
        {
            if kind != Kind::Tree {
                each(&mut self.store.inflating(from, Some(header.size), On::Way));
            }
            return Ok(());
        }
        if self.store.inflate(from, header.size, On::Way, &mut bytes).is_err() {
            return Err(match header.form {
                Form::Whole(_) => bytes,
                _ => object::inserted(&bytes),
            });
        }
        let object = match header.form {
            Form::Whole(kind) => Ok(self.store.keep(at, kind, bytes)),
            Form::Offset(base) => self.made(at, base, bytes, all),
            Form::Reference(name) => {
                self.name(all);
                match self.store.place(&name) {
                    Some(base) => self.made(at, base, bytes, all),
                    None => Err(object::inserted(&bytes)),
                }
            }
        }?;
        if object.kind != Kind::Tree {
            each(&mut Cursor::new(object.bytes.as_slice()));
        }
        Ok(())
    }

    /// What a delta makes, or what it inserts.
    fn made(
        &mut self,
        at: u64,
        base_at: u64,
        delta: Zeroizing<Vec<u8>>,
        all: &[Place],
    ) -> Result<Object, Zeroizing<Vec<u8>>> {
        let mut base = self.store.object(base_at);
        if let Err(Problem::NoBase(_)) = base {
            self.name(all);
            base = self.store.object(base_at);
        }
        let made = base.and_then(|base| {
            let bytes = self.store.apply(&base, &delta)?;
            Ok(self.store.keep(at, base.kind, bytes))
        });
        made.map_err(|_| object::inserted(&delta))
    }

    fn name(&mut self, all: &[Place]) {
        if !std::mem::replace(&mut self.is_named, true) {
            all.iter().for_each(|&(name, at)| self.store.name(name, at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index of two objects, the second beyond 4 GiB.
    fn index(hash: Hash) -> Vec<u8> {
        let names = [[1; 32], [2; 32]].map(|name: [u8; 32]| name[..hash.length()].to_vec());
        let fan_out = [vec![0; 4], vec![0, 0, 0, 1], [0, 0, 0, 2].repeat(254)].concat();
        let offsets = [0x8000_0000_u32, 12].map(u32::to_be_bytes).concat();
        let large = (5_u64 << 32).to_be_bytes();
        let sums = vec![0; 2 * hash.length()];
        [MAGIC, &fan_out, &names.concat(), &[0; 8], &offsets, &large, &sums].concat()
    }

    #[test]
    fn an_index_lists_what_is_in_a_pack_in_its_order() {
        for hash in [Hash::Sha1, Hash::Sha256] {
            let places = places(&index(hash), hash).unwrap();
            let shown: Vec<_> = places.iter().map(|(id, at)| (hash.shown(id), *at)).collect();
            let name = |byte: &str| byte.repeat(hash.length());
            assert_eq!(shown, [(name("02"), 12), (name("01"), 5 << 32)]);
        }
    }

    #[test]
    fn what_is_cut_off_is_no_index() {
        let index = index(Hash::Sha1);
        let end = index.len() - 2 * Hash::Sha1.length();
        for cut in 0..end {
            assert!(places(&index[..cut], Hash::Sha1).is_none(), "{cut}");
        }
        for at in 0..index.len() {
            let mut flipped = index.clone();
            flipped[at] ^= 0xff;
            let _returns = places(&flipped, Hash::Sha1);
        }
    }
}
