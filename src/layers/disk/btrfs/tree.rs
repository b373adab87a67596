//! Trees of btrfs: their leaves in order, and what is in these.

use std::io;

use super::{
    super::{
        super::{ReadSeek, invalid},
        numbers::{le16, le32, le64},
        view::{Bytes, bytes_at},
    },
    LONG_NAME, NAME,
    chunks::System,
};

/// Bytes before the items of a node, of an item of a leaf, and of one of a node above others.
const HEAD: usize = 101;
const ITEM: usize = 25;
const POINTER: usize = 33;

/// Levels of a tree.
const LEVELS: u8 = 8;

#[derive(Clone, Copy, Default, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub object: u64,
    pub kind: u8,
    pub offset: u64,
}

impl Key {
    fn at(bytes: &[u8], at: usize) -> Self {
        let kind = bytes.get(at + 8).copied().unwrap_or_default();
        Self { object: le64(bytes, at), kind, offset: le64(bytes, at + 9) }
    }
}

/// The address of the uppermost node of a tree.
#[derive(Clone, Copy)]
pub(super) struct Root {
    pub at: u64,
    pub level: u8,
}

/// The leaves of a tree that are still to come.
pub(super) struct Leaves<'s> {
    system: &'s System,
    /// Nodes, the next one last, with the key with which each begins.
    waiting: Vec<(Root, Key)>,
    /// Keys before this are not wanted.
    from: Key,
    /// The last key that was met. Keys are in order, so that no leaf is met again.
    last: Option<Key>,
    /// Nodes that may be read.
    left: u64,
    /// Nodes that could not be.
    pub damaged: u64,
}

pub(super) struct Leaf {
    pub bytes: Bytes,
    /// Its address.
    pub at: u64,
}

impl System {
    /// The leaves of a tree from a key on, on a device of `length` bytes.
    pub(super) fn leaves(&self, root: Root, from: Key, length: u64) -> Leaves<'_> {
        Leaves {
            system: self,
            waiting: vec![(root, Key::default())],
            from,
            last: None,
            left: length / self.node + 1,
            damaged: 0,
        }
    }

    /// The directory in which an inode is, and its name there.
    pub(super) fn name(
        &self,
        file: &mut dyn ReadSeek,
        root: Root,
        inode: u64,
    ) -> Option<(u64, Vec<u8>)> {
        let from = Key { object: inode, kind: NAME, offset: 0 };
        // It may begin with the leaf after that where it would stand.
        let mut leaves = self.leaves(root, from, 64 * self.node);
        for _ in 0..2 {
            let leaf = leaves.next(file)?;
            let Some((key, body, _)) = leaf.items().find(|(key, ..)| from <= *key) else {
                continue;
            };
            return match key.kind {
                NAME if key.object == inode => {
                    let name = body.get(10..10 + usize::from(le16(body, 8)))?;
                    Some((key.offset, name.to_vec()))
                }
                LONG_NAME if key.object == inode => {
                    let name = body.get(18..18 + usize::from(le16(body, 16)))?;
                    Some((le64(body, 0), name.to_vec()))
                }
                _ => None,
            };
        }
        None
    }

    /// Reads a node, by the first of its copies that is one.
    fn node(&self, file: &mut dyn ReadSeek, node: Root) -> io::Result<Bytes> {
        let (places, there) = self.places(node.at)?;
        if there < self.node {
            return Err(invalid("a node that ends with its chunk"));
        }
        for place in places {
            let bytes = self.nodes.borrow_mut().get(place, || bytes_at(file, place, self.node));
            let Ok(bytes) = bytes else { continue };
            let size = if node.level == 0 { ITEM } else { POINTER };
            let count = usize::try_from(le32(&bytes, 96)).unwrap_or(usize::MAX);
            let is_node = le64(&bytes, 48) == node.at
                && bytes.get(100) == Some(&node.level)
                && count.checked_mul(size).is_some_and(|all| HEAD + all <= bytes.len());
            if is_node {
                return Ok(bytes);
            }
        }
        Err(invalid("a node that cannot be"))
    }
}

impl Leaves<'_> {
    /// The next leaf. Those that are damaged are passed over.
    pub(super) fn next(&mut self, file: &mut dyn ReadSeek) -> Option<Leaf> {
        while let Some((root, first)) = self.waiting.pop() {
            let is_possible = root.level < LEVELS && self.left > 0;
            self.left = self.left.saturating_sub(1);
            let node = if is_possible {
                self.system.node(file, root)
            } else {
                Err(invalid("more nodes than there can be"))
            };
            let Ok(node) = node else {
                self.damaged += 1;
                if self.left == 0 {
                    self.waiting.clear();
                }
                continue;
            };
            let count = usize::try_from(le32(&node, 96)).unwrap_or_default();
            if root.level == 0 {
                let key = Key::at(&node, HEAD);
                let is_next = first <= key && self.last.is_none_or(|last| last < key);
                if count > 0 && !is_next {
                    self.damaged += 1;
                    continue;
                }
                if let Some(before) = count.checked_sub(1) {
                    self.last = Some(Key::at(&node, HEAD + before * ITEM)).max(self.last);
                }
                return Some(Leaf { bytes: node, at: root.at });
            }
            // The first is next, and comes off the end.
            let mut after: Option<Key> = None;
            for n in (0..count).rev() {
                let at = HEAD + n * POINTER;
                let key = Key::at(&node, at);
                if after.is_none_or(|after| self.from < after) {
                    let below = Root { at: le64(&node, at + 17), level: root.level - 1 };
                    self.waiting.push((below, key));
                }
                after = Some(key);
            }
        }
        None
    }
}

impl Leaf {
    /// Keys, what stands there, and where in the leaf. What is not whole is left out.
    pub(super) fn items(&self) -> impl Iterator<Item = (Key, &[u8], usize)> {
        let count = usize::try_from(le32(&self.bytes, 96)).unwrap_or_default();
        (0..count).filter_map(|n| {
            let at = HEAD + n * ITEM;
            let from = usize::try_from(le32(&self.bytes, at + 17)).ok()?.checked_add(HEAD)?;
            let to = usize::try_from(le32(&self.bytes, at + 21)).ok()?.checked_add(from)?;
            Some((Key::at(&self.bytes, at), self.bytes.get(from..to)?, from))
        })
    }
}
