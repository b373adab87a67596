//! The packs of a repository, read here and not through `git`, whose pipes cost as much as a search.
//! What cannot be read so is left to `git`.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{Request, files, objects};
use crate::layers::git::{Hash, Id, Place, Reader, places};

/// Objects that are read in one go, at least: what was made last helps with the next.
const SHARE: usize = 4096;

/// Bytes of objects that all threads together keep to make others of.
const KEPT: usize = 64 << 20;

/// Object stores that a repository borrows from, one after the other.
const STORES: usize = 64;

pub(super) struct Pack {
    file: PathBuf,
    hash: Hash,
    /// Where everything in it is.
    all: Vec<Place>,
    /// What is to be read of it, in its order.
    wanted: Vec<Place>,
}

/// Some neighbours in a pack.
#[derive(Clone, Copy)]
pub(super) struct Share<'p> {
    pack: &'p Pack,
    places: &'p [Place],
}

/// An object that `git` is asked for.
pub(super) struct Left {
    pub id: String,
    /// What can be had of it without `git`.
    pub rest: Zeroizing<Vec<u8>>,
}

impl Left {
    pub(super) fn of(id: String) -> Self {
        Self { id, rest: Zeroizing::default() }
    }
}

/// The packs of the repository at `path` that hold some of `ids`, and the ids that none holds. What is
/// in several packs is read of one.
pub(super) fn of(path: &Path, ids: Vec<String>) -> (Vec<Pack>, Vec<String>) {
    let hash = match ids.first() {
        Some(id) if id.len() == 2 * Hash::Sha256.length() => Hash::Sha256,
        _ => Hash::Sha1,
    };
    let mut wanted: HashSet<Id> = ids.iter().filter_map(|id| hash.parse(id)).collect();
    let mut packs = Vec::new();
    for index in stores(path).iter().flat_map(|store| indexes(store)) {
        let Ok(text) = files::read(&index) else { continue };
        let Some(all) = places(&text, hash) else { continue };
        let here = all.iter().filter(|(name, _)| wanted.remove(name)).copied().collect();
        packs.push(Pack { file: index.with_extension("pack"), hash, all, wanted: here });
    }
    packs.retain(|pack| !pack.wanted.is_empty());
    let is_left = |id: &String| hash.parse(id).is_none_or(|name| wanted.contains(&name));
    (packs, ids.into_iter().filter(is_left).collect())
}

/// Directories of objects: that of the repository, and those that it borrows from.
fn stores(path: &Path) -> Vec<PathBuf> {
    let Ok(output) = objects::run(Some(path), &["rev-parse", "--git-path", "objects"]) else {
        return Vec::new();
    };
    let own = objects::to_path(output.strip_suffix(b"\n").unwrap_or(&output));
    let mut stores = vec![path.join(own)];
    let mut next = 0;
    while let Some(store) = stores.get(next).filter(|_| next < STORES).cloned() {
        next += 1;
        let borrowed = files::read(&store.join("info/alternates")).unwrap_or_default();
        let lines = borrowed.split(|&byte| byte == b'\n');
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with(b"#")) {
            let other = store.join(objects::to_path(line));
            if !stores.contains(&other) {
                stores.push(other);
            }
        }
    }
    stores
}

fn indexes(store: &Path) -> Vec<PathBuf> {
    let files = files::list(&store.join("pack")).unwrap_or_default();
    files.into_iter().filter(|file| file.extension().is_some_and(|end| end == "idx")).collect()
}

/// The packs in shares for so many threads.
pub(super) fn shares(packs: &[Pack], threads: usize) -> impl Iterator<Item = Share<'_>> {
    let objects: usize = packs.iter().map(|pack| pack.wanted.len()).sum();
    // Several for each thread, so that none waits long for the last.
    let size = if threads < 2 { objects } else { objects / (4 * threads) };
    packs.iter().flat_map(move |pack| {
        let shares = pack.wanted.chunks(size.max(SHARE));
        shares.map(move |places| Share { pack, places })
    })
}

impl Share<'_> {
    /// Gives each object to `each`, by its id; returns those that cannot be had so.
    pub(super) fn read(
        self,
        request: &Request,
        each: &mut dyn FnMut(&str, &mut dyn std::io::Read),
    ) -> Vec<Left> {
        let Self { pack: Pack { file, hash, all, .. }, places } = self;
        let shown = |name: &Id| hash.shown(name);
        let Ok(mut file) = files::open_seekable(file) else {
            return places.iter().map(|(name, _)| Left::of(shown(name))).collect();
        };
        let mut reader = Reader::new(&mut file, *hash, KEPT / request.threads.max(1));
        let mut left = Vec::new();
        for (name, at) in places {
            if request.is_stopped() {
                break;
            }
            let id = shown(name);
            if let Err(rest) = reader.read(*at, all, &mut |content| each(&id, content)) {
                left.push(Left { id, rest });
            }
        }
        left
    }
}
