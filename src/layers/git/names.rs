//! How blobs of a pack are called, by its trees.

use std::collections::{BTreeMap, HashMap};

use super::{
    super::Entries,
    object::{Hash, Id, Kind},
    store::{Problem, Store},
};

/// Memory for the names of directories. What is beyond is called by the end of its path.
const DIRECTORIES: usize = 32 << 20;

/// Directories in one another.
const LEVELS: usize = 128;

/// Something in a tree: the tree, and the name there.
struct Link {
    tree: Id,
    name: Vec<u8>,
}

/// Puts `ID/PATH` in the place of `blob ID` for the blobs that told something.
pub(super) fn give(store: &mut Store<'_>, trees: &[u64], entries: &mut Entries<'_, '_>) {
    let hash = store.hash;
    let blob = |name: &str| name.strip_prefix("blob ").and_then(|hex| hash.parse(hex));
    let mut wanted: BTreeMap<Id, Option<Link>> = BTreeMap::new();
    entries.rename(&mut |name| {
        wanted.extend(blob(name).map(|id| (id, None)));
        None
    });
    if wanted.is_empty() {
        return;
    }
    let mut above: HashMap<Id, Link> = HashMap::new();
    let mut room = DIRECTORIES;
    for &at in trees {
        let tree = match store.object(at) {
            Ok(object) if object.kind == Kind::Tree => object.bytes,
            Err(Problem::Spent) => break,
            // That is in the ledger.
            _ => continue,
        };
        let tree_id = hash.of(Kind::Tree, &tree);
        let link = |name: &[u8]| Link { tree: tree_id, name: name.to_vec() };
        let mut rest = tree.as_slice();
        while let Some((is_tree, name, id, after)) = entry(rest, hash) {
            rest = after;
            if is_tree {
                let cost = 128 + name.len();
                if cost <= room && !above.contains_key(&id) {
                    room -= cost;
                    above.insert(id, link(name));
                }
            } else if let Some(place) = wanted.get_mut(&id)
                && place.is_none()
            {
                *place = Some(link(name));
            }
        }
    }
    entries.rename(&mut |name| {
        let id = blob(name)?;
        let mut link = wanted.get(&id)?.as_ref()?;
        let mut names: Vec<&[u8]> = vec![&link.name];
        while names.len() < LEVELS
            && let Some(next) = above.get(&link.tree)
        {
            names.push(&next.name);
            link = next;
        }
        names.reverse();
        Some([hash.shown(&id).as_bytes(), b"/", &names.join(&b'/')].concat())
    });
}

/// `MODE NAME`, NUL, and the name of an object at the beginning of `tree`: whether it is a tree, and
/// what follows.
fn entry(tree: &[u8], hash: Hash) -> Option<(bool, &[u8], Id, &[u8])> {
    let end = memchr::memchr(0, tree)?;
    let (text, rest) = (tree.get(..end)?, tree.get(end + 1..)?);
    let space = memchr::memchr(b' ', text)?;
    let (mode, name) = (text.get(..space)?, text.get(space + 1..)?);
    let is_tree = matches!(mode, b"40000" | b"040000");
    Some((is_tree, name, hash.id(rest)?, rest.get(hash.length()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_to_its_end_or_where_it_is_cut() {
        let mut tree = b"40000 keys\0".to_vec();
        tree.extend([7; 20]);
        tree.extend(b"100644 a b.pem\0");
        tree.extend([9; 20]);
        let (is_tree, name, _, rest) = entry(&tree, Hash::Sha1).unwrap();
        assert!(is_tree);
        assert_eq!(name, b"keys");
        let (is_tree, name, id, rest) = entry(rest, Hash::Sha1).unwrap();
        assert!(!is_tree);
        assert_eq!(name, b"a b.pem");
        assert_eq!(Hash::Sha1.shown(&id), "09".repeat(20));
        assert!(rest.is_empty());
        for end in 0..31 {
            assert!(entry(&tree[..end], Hash::Sha1).is_none(), "{end}");
        }
    }
}
