//! Layers of container images, as `docker save` and the OCI image layout (image-spec 1.1, layer.md)
//! write them: which of their files a later layer deletes or replaces. Such a file is in no
//! container, and in the image all the same.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use serde::Deserialize;

use super::name;
use crate::{
    fact::Fact,
    site::{Removal, Removed},
};

/// Files of one layer that are remembered. Images of whole systems have fewer than a million.
const FILES: usize = 2_000_000;

/// The same of a tar that only a manifest can tell to be a layer: backups hold tars as well.
const FILES_OF_A_TAR: usize = 100_000;

/// How layers are named, beside their digest.
const SUFFIXES: [&str; 6] = ["/layer.tar", ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz"];

/// Before the name of what a layer deletes.
const WHITEOUT: &str = ".wh.";

/// A name in a directory of which a layer hides everything that was there before.
const OPAQUE: &str = ".wh..wh..opq";

/// What one input says of an image.
pub(crate) enum Part {
    Layer(Layer),
    Manifest(Manifest),
    /// Images that an OCI layout has by name, each by its root and the digest of its manifest.
    Index(Vec<(String, String)>),
}

/// A tar that is a layer, or may be one: what it brings and what it deletes, as hashes of paths.
pub(crate) struct Layer {
    /// Where it lies, with the chain of containers.
    path: String,
    id: Id,
    room: usize,
    files: HashSet<u64>,
    deleted: HashSet<u64>,
    opaque: HashSet<u64>,
}

/// The layers of an image, lowest first.
pub(crate) struct Manifest {
    /// What stands before the names of layers.
    root: String,
    /// Of the manifest, if it is a blob.
    own: Option<String>,
    layers: Vec<Id>,
}

/// Where a layer lies: what stands before its digest, and the digest; or nothing, and its path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Id {
    root: String,
    name: String,
}

impl Id {
    fn of(path: &str) -> Self {
        let (root, name) = split(path).unwrap_or(("", packed(path)));
        Self { root: root.to_owned(), name: name.to_owned() }
    }
}

impl Layer {
    /// The layer that a tar at `path` is, if it is named like one, or lies in a tar as one does.
    pub(super) fn of(path: &str) -> Option<Self> {
        let is_named = split(path).is_some() || packed(path).ends_with("/layer.tar");
        let may_be = || {
            path.contains("!tar:") && SUFFIXES.iter().any(|suffix| packed(path).ends_with(suffix))
        };
        if !is_named && !may_be() {
            return None;
        }
        let [files, deleted, opaque] = std::array::from_fn(|_| HashSet::new());
        let room = if is_named { FILES } else { FILES_OF_A_TAR };
        Some(Self { path: path.to_owned(), id: Id::of(path), room, files, deleted, opaque })
    }

    /// Whether its name tells that it is one.
    pub(super) fn is_named(&self) -> bool {
        self.room == FILES
    }

    /// Takes something in the layer into account. Says whether there was room for it.
    pub(super) fn add(&mut self, name: &[u8], is_directory: bool) -> bool {
        let name = name::shown(name);
        let name = plain(&name);
        let (directory, last) = name.rsplit_once('/').unwrap_or(("", name));
        if self.files.len() + self.deleted.len() + self.opaque.len() >= self.room {
            return false;
        }
        if last == OPAQUE {
            self.opaque.insert(hash(directory));
        } else if let Some(last) = last.strip_prefix(WHITEOUT) {
            let deleted = format!("{directory}/{last}");
            self.deleted.insert(hash(plain(&deleted)));
        } else if !is_directory {
            self.files.insert(hash(name));
        }
        true
    }

    /// What it does to a file of a layer below.
    fn removes(&self, name: &str) -> Option<Removal> {
        if self.files.contains(&hash(name)) {
            return Some(Removal::Replaced);
        }
        let above = || std::iter::successors(parent(name), |name| parent(name));
        let is_gone = self.deleted.contains(&hash(name))
            || above().any(|directory| {
                [&self.deleted, &self.opaque, &self.files]
                    .iter()
                    .any(|names| names.contains(&hash(directory)))
            });
        is_gone.then_some(Removal::Deleted)
    }
}

impl Manifest {
    /// Whether something of this name may be a manifest that begins like this.
    pub(crate) fn is(path: &str, head: &[u8]) -> bool {
        let is_json = matches!(head.trim_ascii_start(), [b'{' | b'[', ..]);
        is_json
            && (root(path).is_some() || split(path).is_some())
            && [&b"ayers\""[..], b"\"manifests\""]
                .iter()
                .any(|word| memchr::memmem::find(head, word).is_some())
    }

    /// Reads the list of `docker save`, a manifest of OCI or of Docker, version 2, or an index.
    pub(crate) fn read(path: &str, bytes: &[u8]) -> Vec<Part> {
        #[derive(Deserialize)]
        struct Saved {
            #[serde(rename = "Layers")]
            layers: Vec<String>,
        }
        #[derive(Deserialize)]
        struct Image {
            layers: Vec<Blob>,
        }
        #[derive(Deserialize)]
        struct Index {
            manifests: Vec<Blob>,
        }
        #[derive(Deserialize)]
        struct Blob {
            digest: String,
        }
        let own = split(path).map(|(_, digest)| digest.to_owned());
        let root = split(path).map(|(root, _)| root).or_else(|| root(path)).unwrap_or_default();
        let manifest = |layers: &mut dyn Iterator<Item = Id>| {
            let (root, own) = (root.to_owned(), own.clone());
            Part::Manifest(Self { root, own, layers: layers.collect() })
        };
        let digest = |blob: Blob| blob.digest.strip_prefix("sha256:").unwrap_or("").to_owned();
        if let Ok(saved) = serde_json::from_slice::<Vec<Saved>>(bytes) {
            let id = |name: String| Id::of(&format!("{root}{}", plain(&name)));
            saved.into_iter().map(|saved| manifest(&mut saved.layers.into_iter().map(id))).collect()
        } else if let Ok(image) = serde_json::from_slice::<Image>(bytes) {
            let id = |blob| Id { root: root.to_owned(), name: digest(blob) };
            vec![manifest(&mut image.layers.into_iter().map(id))]
        } else if let Ok(index) = serde_json::from_slice::<Index>(bytes) {
            let images = index.manifests.into_iter().map(|blob| (root.to_owned(), digest(blob)));
            vec![Part::Index(images.collect())]
        } else {
            Vec::new()
        }
    }

    /// What the layers after this one do to a file of it.
    fn removes(&self, id: &Id, name: &str, layers: &BTreeMap<&Id, &Layer>) -> Option<Removed> {
        let at = self.layers.iter().rposition(|own| own == id)?;
        let mut later = self.layers.iter().enumerate().skip(at + 1);
        later.find_map(|(at, by)| {
            let how = layers.get(by)?.removes(name)?;
            let (layer, of) = (at as u64 + 1, self.layers.len() as u64);
            let by = by.name.strip_prefix(&self.root).unwrap_or(&by.name).to_owned();
            Some(Removed { how, by, layer, of })
        })
    }
}

/// Drops what one input gave for nothing: tars without a manifest that could name them.
pub(crate) fn forget(parts: &mut Vec<Part>) {
    if !parts.iter().any(|part| matches!(part, Part::Manifest(_))) {
        parts.retain(|part| !matches!(part, Part::Layer(layer) if !layer.is_named()));
    }
}

/// Says of each place in a layer whether a later one takes it away: in every image that has it.
pub(crate) fn mark(facts: &mut [Fact], parts: &[Part]) {
    let mut layers: BTreeMap<&Id, &Layer> = BTreeMap::new();
    let mut paths: BTreeMap<&str, &Id> = BTreeMap::new();
    let mut images: BTreeMap<&Id, Vec<&Manifest>> = BTreeMap::new();
    // Blobs keep the manifests of images that have lost their names.
    let mut named: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for part in parts {
        if let Part::Index(list) = part {
            for (root, digest) in list {
                named.entry(root).or_default().insert(digest);
            }
        }
    }
    let is_named = |manifest: &Manifest| {
        let own = manifest.own.as_deref().zip(named.get(manifest.root.as_str()));
        own.is_none_or(|(own, named)| named.contains(own))
    };
    for part in parts {
        match part {
            Part::Index(_) => {}
            Part::Layer(layer) => {
                layers.insert(&layer.id, layer);
                paths.insert(&layer.path, &layer.id);
            }
            Part::Manifest(manifest) if !is_named(manifest) => {}
            Part::Manifest(manifest) => {
                for id in &manifest.layers {
                    let images = images.entry(id).or_default();
                    // One image may have a layer twice.
                    if !images.last().is_some_and(|last| std::ptr::eq(*last, manifest)) {
                        images.push(manifest);
                    }
                }
            }
        }
    }
    if images.is_empty() {
        return;
    }
    for site in facts.iter_mut().flat_map(Fact::all_sites_mut) {
        let mut links = site.path.match_indices("!tar:");
        let found = links.find_map(|(at, link)| {
            let id = *paths.get(site.path.get(..at)?)?;
            // A tar in a tar: that of the image is no layer of it.
            images.contains_key(id).then_some(())?;
            let inside = site.path.get(at + link.len()..)?;
            Some((id, inside.get(..name::first_link(inside)).unwrap_or(inside)))
        });
        let Some((id, name)) = found else { continue };
        let name = plain(name);
        let images = images.get(id).map(Vec::as_slice).unwrap_or_default();
        let mut removed: Vec<Option<Removed>> =
            images.iter().map(|image| image.removes(id, name, &layers)).collect();
        if removed.iter().all(Option::is_some) {
            removed.sort();
            site.removed = removed.into_iter().flatten().next();
        }
    }
}

/// What stands before the name of a layer or a manifest, and its digest: `ROOTblobs/sha256/DIGEST`,
/// `ROOTDIGEST/layer.tar`, `ROOTDIGEST.tar`, `ROOTsha256:DIGEST` or `ROOTDIGEST`, compressed or not.
fn split(path: &str) -> Option<(&str, &str)> {
    let path = packed(path);
    let path = SUFFIXES.iter().find_map(|suffix| path.strip_suffix(suffix)).unwrap_or(path);
    let (root, digest) = path.split_at_checked(path.len().checked_sub(64)?)?;
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_name = root.is_empty() || root.ends_with(['/', ':']);
    let before = ["blobs/sha256/", "sha256:"].iter().find_map(|name| root.strip_suffix(name));
    (is_name && digest.bytes().all(is_digit)).then_some((before.unwrap_or(root), digest))
}

/// The path of what is packed, without what leads to the tar in it: `a.tar.gz` of `a.tar.gz!gzip:`.
fn packed(path: &str) -> &str {
    let mut path = path;
    while let Some((outer, _)) = path.strip_suffix(':').and_then(|path| path.rsplit_once('!')) {
        path = outer;
    }
    path
}

/// What stands before the name of a list of images.
fn root(path: &str) -> Option<&str> {
    let root = path.strip_suffix("manifest.json").or_else(|| path.strip_suffix("index.json"))?;
    (root.is_empty() || root.ends_with(['/', ':'])).then_some(root)
}

/// The directory of a path; nothing above the root, which is empty.
fn parent(name: &str) -> Option<&str> {
    (!name.is_empty()).then(|| name.rsplit_once('/').map_or("", |(directory, _)| directory))
}

fn plain(name: &str) -> &str {
    name.trim_start_matches("./").trim_matches('/')
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
