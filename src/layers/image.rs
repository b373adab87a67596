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

/// A tar that is a layer by its name: what it brings and what it deletes, as hashes of paths.
pub(crate) struct Layer {
    /// Where it lies, with the chain of containers.
    path: String,
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
    digests: Vec<String>,
}

impl Layer {
    /// The layer that a tar at `path` is, if it is named like one.
    pub(super) fn of(path: &str) -> Option<Self> {
        split(path)?;
        let [files, deleted, opaque] = std::array::from_fn(|_| HashSet::new());
        Some(Self { path: path.to_owned(), files, deleted, opaque })
    }

    /// Takes something in the layer into account. Says whether there was room for it.
    pub(super) fn add(&mut self, name: &[u8], is_directory: bool) -> bool {
        let name = name::shown(name);
        let name = plain(&name);
        let (directory, last) = name.rsplit_once('/').unwrap_or(("", name));
        if self.files.len() + self.deleted.len() + self.opaque.len() >= FILES {
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
        let manifest = |digests: &mut dyn Iterator<Item = String>| {
            let (root, own) = (root.to_owned(), own.clone());
            Part::Manifest(Self { root, own, digests: digests.collect() })
        };
        let digest = |blob: Blob| blob.digest.strip_prefix("sha256:").unwrap_or("").to_owned();
        if let Ok(saved) = serde_json::from_slice::<Vec<Saved>>(bytes) {
            let digest = |path: String| split(&path).map_or("", |(_, digest)| digest).to_owned();
            saved
                .into_iter()
                .map(|saved| manifest(&mut saved.layers.into_iter().map(digest)))
                .collect()
        } else if let Ok(image) = serde_json::from_slice::<Image>(bytes) {
            vec![manifest(&mut image.layers.into_iter().map(digest))]
        } else if let Ok(index) = serde_json::from_slice::<Index>(bytes) {
            let images = index.manifests.into_iter().map(|blob| (root.to_owned(), digest(blob)));
            vec![Part::Index(images.collect())]
        } else {
            Vec::new()
        }
    }

    /// What the layers after the one with this digest do to a file of it.
    fn removes(
        &self,
        digest: &str,
        name: &str,
        layers: &BTreeMap<(&str, &str), &Layer>,
    ) -> Option<Removed> {
        let at = self.digests.iter().rposition(|own| own == digest)?;
        let mut later = self.digests.iter().enumerate().skip(at + 1);
        later.find_map(|(at, by)| {
            let how = layers.get(&(self.root.as_str(), by.as_str()))?.removes(name)?;
            let (layer, of) = (at as u64 + 1, self.digests.len() as u64);
            Some(Removed { how, by: by.clone(), layer, of })
        })
    }
}

/// Says of each place in a layer whether a later one takes it away: in every image that has it.
pub(crate) fn mark(facts: &mut [Fact], parts: &[Part]) {
    let mut layers = BTreeMap::new();
    let mut paths = BTreeMap::new();
    let mut images: BTreeMap<(&str, &str), Vec<&Manifest>> = BTreeMap::new();
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
                if let Some(id) = split(&layer.path) {
                    layers.insert(id, layer);
                    paths.insert(layer.path.as_str(), id);
                }
            }
            Part::Manifest(manifest) if !is_named(manifest) => {}
            Part::Manifest(manifest) => {
                for digest in &manifest.digests {
                    let images =
                        images.entry((manifest.root.as_str(), digest.as_str())).or_default();
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
            let id = paths.get(site.path.get(..at)?)?;
            let inside = site.path.get(at + link.len()..)?;
            Some((*id, inside.get(..name::first_link(inside)).unwrap_or(inside)))
        });
        let Some((id, name)) = found else { continue };
        let name = plain(name);
        let images = images.get(&id).map(Vec::as_slice).unwrap_or_default();
        let mut removed: Vec<Option<Removed>> =
            images.iter().map(|image| image.removes(id.1, name, &layers)).collect();
        if removed.iter().all(Option::is_some) {
            removed.sort();
            site.removed = removed.into_iter().flatten().next();
        }
    }
}

/// What stands before the name of a layer or a manifest, and its digest: `ROOTblobs/sha256/DIGEST`,
/// `ROOTDIGEST/layer.tar`, `ROOTDIGEST.tar` or `ROOTDIGEST`, compressed or not.
fn split(path: &str) -> Option<(&str, &str)> {
    let mut path = path;
    while let Some((outer, _)) = path.strip_suffix(':').and_then(|path| path.rsplit_once('!')) {
        path = outer;
    }
    let path =
        path.strip_suffix("/layer.tar").or_else(|| path.strip_suffix(".tar")).unwrap_or(path);
    let (root, digest) = path.split_at_checked(path.len().checked_sub(64)?)?;
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_name = root.is_empty() || root.ends_with(['/', ':']);
    (is_name && digest.bytes().all(is_digit))
        .then(|| (root.strip_suffix("blobs/sha256/").unwrap_or(root), digest))
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
mod tests {
    use super::*;
    use crate::fact::{Kind, Site};

    const DIGESTS: [&str; 3] = [
        "1111111111111111111111111111111111111111111111111111111111111111",
        "2222222222222222222222222222222222222222222222222222222222222222",
        "3333333333333333333333333333333333333333333333333333333333333333",
    ];

    fn layer(path: &str, names: &[&str]) -> Part {
        let mut layer = Layer::of(path).unwrap();
        names.iter().for_each(|name| assert!(layer.add(name.as_bytes(), name.ends_with('/'))));
        Part::Layer(layer)
    }

    /// What is said of a file in the lowest of three layers.
    fn said(name: &str, second: &[&str], third: &[&str]) -> Option<(Removal, u64)> {
        let [one, two, three] = DIGESTS.map(|digest| format!("in!tar:blobs/sha256/{digest}"));
        let blobs = DIGESTS.map(|digest| format!("{{\"digest\": \"sha256:{digest}\"}}")).join(",");
        let bytes = format!("{{\"layers\": [{blobs}]}}");
        let path = format!("in!tar:blobs/sha256/{}", "a".repeat(64));
        assert!(Manifest::is(&path, bytes.as_bytes()));
        let mut parts = vec![
            layer(&three, third),
            layer(&format!("{two}!gzip:"), second),
            layer(&one, &["etc/", "etc/a.pem"]),
        ];
        parts.extend(Manifest::read(&path, bytes.as_bytes()));
        let site = Site { path: format!("{one}!tar:{name}"), ..Site::default() };
        let mut facts = [Fact::new(Kind::Material, site)];
        mark(&mut facts, &parts);
        facts[0].site().removed.as_ref().map(|removed| (removed.how, removed.layer))
    }

    #[test]
    fn later_layers_delete_and_replace() {
        let deleted = |layer| Some((Removal::Deleted, layer));
        let replaced = |layer| Some((Removal::Replaced, layer));
        for name in ["etc/a.pem", "etc/a.pem!zip:b.pem"] {
            assert_eq!(said(name, &["etc/.wh.a.pem"], &[]), deleted(2));
            assert_eq!(said(name, &["./etc/.wh.a.pem"], &[]), deleted(2));
            assert_eq!(said(name, &[".wh.etc"], &[]), deleted(2));
            assert_eq!(said(name, &["etc/.wh..wh..opq"], &[]), deleted(2));
            assert_eq!(said(name, &["x"], &[".wh..wh..opq"]), deleted(3));
            assert_eq!(said(name, &["etc"], &[]), deleted(2));
            assert_eq!(said(name, &["etc/", "etc/a.pem"], &["etc/.wh.a.pem"]), replaced(2));
            assert_eq!(said(name, &["etc/.wh..wh..opq", "etc/a.pem"], &[]), replaced(2));
            for stays in ["etc/", "etc/b.pem", "etc/.wh.b.pem", "a.pem", "et", "srv/.wh..wh..opq"] {
                assert_eq!(said(name, &[stays], &[".wh.a.pem"]), None, "{stays}");
            }
        }
    }

    #[test]
    fn only_layers_above_count_and_every_image_must_agree() {
        let [one, two, _] = DIGESTS;
        let parts = |manifest: String| {
            let mut parts = vec![
                layer(&format!("{one}/layer.tar"), &["a"]),
                layer(&format!("{two}/layer.tar"), &[".wh.a"]),
            ];
            parts.extend(Manifest::read("manifest.json", manifest.as_bytes()));
            parts
        };
        let said = |manifest: String| {
            let site = Site { path: format!("{one}/layer.tar!tar:a"), ..Site::default() };
            let mut facts = [Fact::new(Kind::Material, site)];
            mark(&mut facts, &parts(manifest));
            facts[0].site().removed.is_some()
        };
        let up = format!("{{\"Layers\": [\"{one}/layer.tar\", \"{two}/layer.tar\"]}}");
        let down = format!("{{\"Layers\": [\"{two}/layer.tar\", \"{one}/layer.tar\"]}}");
        assert!(said(format!("[{up}]")));
        assert!(said(format!("[{up},{up}]")));
        assert!(!said(format!("[{down}]")));
        assert!(!said(format!("[{up},{down}]")));
        for broken in ["", "[", "[{}]", "{\"layers\": 1}", "[{\"Layers\": [1]}]"] {
            assert!(!said(broken.to_owned()));
        }
    }

    #[test]
    fn images_without_a_name_do_not_count() {
        let [one, two, own] = DIGESTS;
        let manifest = |digests: &[&str]| {
            let blobs: Vec<String> = digests
                .iter()
                .map(|digest| format!("{{\"digest\": \"sha256:{digest}\"}}"))
                .collect();
            format!("{{\"layers\": [{}]}}", blobs.join(","))
        };
        let said = |index: &str| {
            let mut parts = vec![
                layer(&format!("x/blobs/sha256/{one}"), &["a"]),
                layer(&format!("x/blobs/sha256/{two}"), &[".wh.a"]),
            ];
            let (old, new) = ("a".repeat(64), own);
            let blob = |digest: String| format!("x/blobs/sha256/{digest}");
            parts.extend(Manifest::read(&blob(old), manifest(&[one]).as_bytes()));
            parts.extend(Manifest::read(&blob(new.to_owned()), manifest(&[one, two]).as_bytes()));
            parts.extend(Manifest::read("x/index.json", index.as_bytes()));
            let path = format!("x/blobs/sha256/{one}!tar:a");
            let mut facts = [Fact::new(Kind::Material, Site { path, ..Site::default() })];
            mark(&mut facts, &parts);
            facts[0].site().removed.is_some()
        };
        assert!(said(&format!("{{\"manifests\": [{{\"digest\": \"sha256:{own}\"}}]}}")));
        assert!(!said("{\"manifests\": []}"));
        assert!(!said(""));
    }

    #[test]
    fn names_of_layers_are_told() {
        let digest = DIGESTS[0];
        for (path, root) in [
            (format!("in!tar:blobs/sha256/{digest}!gzip:"), "in!tar:"),
            (format!("image/blobs/sha256/{digest}!zstd:"), "image/"),
            (format!("in!gzip:!tar:{digest}/layer.tar"), "in!gzip:!tar:"),
            (format!("in!tar:{digest}.tar"), "in!tar:"),
            (digest.to_owned(), ""),
        ] {
            assert_eq!(split(&path), Some((root, digest)), "{path}");
        }
        for path in ["", "a.tar", "in!tar:layer.tar", &digest[1..], &format!("x{digest}")] {
            assert_eq!(split(path), None, "{path}");
        }
    }
}
