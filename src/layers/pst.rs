//! Outlook's folders, pst and ost ([MS-PST] 2.2): every node with its data put together and decoded,
//! what is in its heap, and blocks that are free. What nodes mean, nobody asks.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read, SeekFrom},
    ops::Range,
};

use zeroize::Zeroizing;

use super::{
    Entries, Layer, Open, ReadSeek, Unread,
    disk::numbers::{le16, le32, le64},
    invalid, of,
    pst_cipher::Cipher,
};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "pst",
    about: "Outlook's pst and ost, in both of their encodings: messages and attachments by the numbers of their nodes, and free space",
    is: |head| head.starts_with(b"!BDN") && head.get(8..10) == Some(b"SM"),
    open: Open::Beside(open),
};

/// Bytes of a page of the trees.
const PAGE: u64 = 512;

/// Levels of the trees: with 20 children on each there is room for more than a file can hold.
const LEVELS: u8 = 8;

/// Blocks and nodes that are remembered: of some 32 GiB.
const MOST: usize = 4 << 20;

/// Parts of a node inside of one another.
const DEPTH: usize = 4;

/// Bytes of a free range that are worth a look: trailers of blocks are smaller.
const FREE: u64 = 512;

/// Bytes of a value in a heap that may be a container.
const VALUE: usize = 24;

/// Numbers of 4 bytes in old files, of 8 in those since Outlook 2003.
#[derive(Clone, Copy)]
struct Form {
    is_wide: bool,
}

impl Form {
    /// The number that `index` others stand before.
    fn number(self, bytes: &[u8], index: usize) -> u64 {
        if self.is_wide { le64(bytes, index * 8) } else { le32(bytes, index * 4).into() }
    }

    const fn size(self, numbers: usize) -> usize {
        if self.is_wide { numbers * 8 } else { numbers * 4 }
    }
}

/// A block: where it lies, and its bytes.
#[derive(Clone, Copy)]
struct Block {
    at: u64,
    length: u16,
}

/// A node: its number, its data, and the nodes below it.
struct Node {
    id: u64,
    data: u64,
    below: u64,
}

struct Store {
    form: Form,
    cipher: Cipher,
    blocks: BTreeMap<u64, Block>,
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let head = read(file, 0, 568)?;
    let form = match le16(&head, 10) {
        14 | 15 => Form { is_wide: false },
        23..36 => Form { is_wide: true },
        version => return Err(unread(format!("version {version}"))),
    };
    let (roots, method) = if form.is_wide { ([224, 240], 513) } else { ([188, 196], 461) };
    let method = head.get(method).copied().unwrap_or_default();
    let cipher = Cipher::of(method).ok_or_else(|| unread(format!("encoding {method}")))?;
    let [nodes, blocks] = roots.map(|at| form.number(head.get(at..).unwrap_or_default(), 0));
    let mut store = Store { form, cipher, blocks: BTreeMap::new() };
    let mut is_whole = true;
    let mut add = |entry: &[u8]| {
        let block = Block { at: form.number(entry, 1), length: le16(entry, form.size(2)) };
        is_whole &= store.blocks.len() < MOST;
        if is_whole {
            store.blocks.insert(form.number(entry, 0) & !1, block);
        }
    };
    let problem = leaves(file, form, blocks, 0x80, &mut add).err();
    let mut list = Vec::new();
    let mut add = |entry: &[u8]| {
        let [id, data, below] = [0, 1, 2].map(|index| form.number(entry, index));
        is_whole &= list.len() < MOST;
        if is_whole {
            list.push(Node { id: id & 0xffff_ffff, data: data & !1, below: below & !1 });
        }
    };
    let problem = problem.or(leaves(file, form, nodes, 0x81, &mut add).err());
    if !is_whole {
        entries.note(Reason::OverBudget, format!("more than {MOST} blocks"));
    }
    for node in list {
        store.node(file, &node, &name(node.id), 0, entries)?;
    }
    store.free(file, entries)?;
    match problem {
        Some(problem) => Err(problem),
        None => Ok(()),
    }
}

/// Calls `add` with every entry of the lowest level of a tree of pages of one kind.
fn leaves(
    file: &mut dyn ReadSeek,
    form: Form,
    root: u64,
    kind: u8,
    add: &mut dyn FnMut(&[u8]),
) -> io::Result<()> {
    let counts = if form.is_wide { 488 } else { 496 };
    let mut left = vec![(root, LEVELS)];
    let mut seen = BTreeSet::new();
    let mut problem = None;
    while let Some((at, above)) = left.pop() {
        let page = match read(file, at, PAGE) {
            Ok(page) if seen.insert(at) && seen.len() < MOST => page,
            Ok(_) => {
                problem = Some(invalid("a page that is its own"));
                continue;
            }
            Err(other) => {
                problem = Some(other);
                continue;
            }
        };
        let byte = |at: usize| page.get(at).copied().unwrap_or_default();
        let [count, size, level] = [0, 2, 3].map(|more| byte(counts + more));
        let is_kind = byte(counts + if form.is_wide { 8 } else { 4 }) == kind;
        let entries = page.get(..counts).unwrap_or_default().chunks_exact(usize::from(size).max(8));
        if !is_kind || above <= level || entries.len() < usize::from(count) {
            problem = Some(invalid("a page of a tree that cannot be"));
            continue;
        }
        for entry in entries.take(count.into()) {
            if level == 0 { add(entry) } else { left.push((form.number(entry, 2), level)) }
        }
    }
    problem.map_or(Ok(()), Err)
}

impl Store {
    /// Hands out the data of a node, what its heap holds, and the nodes below it.
    fn node(
        &self,
        file: &mut dyn ReadSeek,
        node: &Node,
        name: &str,
        depth: usize,
        entries: &mut Entries<'_, '_>,
    ) -> io::Result<()> {
        let mut list = Vec::new();
        let mut is_whole = self.data(file, node.data, 2, &mut list)?;
        let ranges: Vec<Range<u64>> =
            list.iter().map(|(_, block)| block.at..block.at + u64::from(block.length)).collect();
        if !list.is_empty() {
            let reader = &mut Decoder::new(file, self.cipher, &list);
            entries.part(name.as_bytes(), &ranges, reader)?;
            self.heap(file, &list, name, entries)?;
        }
        let mut below = Vec::new();
        is_whole &= self.below(file, node.below, 1, &mut below)?;
        if !is_whole || (depth >= DEPTH && !below.is_empty()) {
            entries.skip(name.as_bytes(), Reason::Damaged, "pst: a node that is not whole");
        }
        for node in below.iter().filter(|_| depth < DEPTH) {
            let name = format!("{name}/{}", self::name(node.id));
            self.node(file, node, &name, depth + 1, entries)?;
        }
        Ok(())
    }

    /// Adds the blocks of data of a tree of blocks. Says whether all are there.
    fn data(
        &self,
        file: &mut dyn ReadSeek,
        id: u64,
        levels: u8,
        list: &mut Vec<(u64, Block)>,
    ) -> io::Result<bool> {
        if id == 0 {
            return Ok(true);
        }
        let Some(block) = self.blocks.get(&id).filter(|_| list.len() < MOST) else {
            return Ok(false);
        };
        if id & 2 == 0 {
            list.push((id, *block));
            return Ok(true);
        }
        let Ok(bytes) = read(file, block.at, block.length.into()) else { return Ok(false) };
        if bytes.first() != Some(&1) || levels == 0 {
            return Ok(false);
        }
        let ids = bytes.get(8..).unwrap_or_default().chunks_exact(self.form.size(1));
        let mut is_whole = usize::from(le16(&bytes, 2)) <= ids.len();
        for id in ids.take(le16(&bytes, 2).into()) {
            is_whole &= self.data(file, self.form.number(id, 0) & !1, levels - 1, list)?;
        }
        Ok(is_whole)
    }

    /// Adds the nodes below a node.
    fn below(
        &self,
        file: &mut dyn ReadSeek,
        id: u64,
        levels: u8,
        list: &mut Vec<Node>,
    ) -> io::Result<bool> {
        if id == 0 {
            return Ok(true);
        }
        let Some(block) = self.blocks.get(&id).filter(|_| list.len() < MOST) else {
            return Ok(false);
        };
        let Ok(bytes) = read(file, block.at, block.length.into()) else { return Ok(false) };
        let level = bytes.get(1).copied().unwrap_or_default();
        if bytes.first() != Some(&2) || level > levels {
            return Ok(false);
        }
        let numbers = if level == 0 { 3 } else { 2 };
        let first = if self.form.is_wide { 8 } else { 4 };
        let rows = bytes.get(first..).unwrap_or_default().chunks_exact(self.form.size(numbers));
        let mut is_whole = usize::from(le16(&bytes, 2)) <= rows.len();
        for row in rows.take(le16(&bytes, 2).into()) {
            let [id, data, below] = [0, 1, 2].map(|index| self.form.number(row, index));
            if level == 0 {
                list.push(Node { id: id & 0xffff_ffff, data: data & !1, below: below & !1 });
            } else {
                is_whole &= self.below(file, data & !1, level - 1, list)?;
            }
        }
        Ok(is_whole)
    }

    /// Hands out what in a heap (2.3.1) is a container. The rest is seen in the heap as it is.
    fn heap(
        &self,
        file: &mut dyn ReadSeek,
        list: &[(u64, Block)],
        name: &str,
        entries: &mut Entries<'_, '_>,
    ) -> io::Result<()> {
        for (number, (id, block)) in list.iter().enumerate() {
            let Ok(mut bytes) = read(file, block.at, block.length.into()) else { return Ok(()) };
            self.cipher.decode(*id, 0, &mut bytes);
            // The first block says that it is a heap.
            if number == 0 && bytes.get(2) != Some(&0xec) {
                return Ok(());
            }
            let map = bytes.get(usize::from(le16(&bytes, 0))..).unwrap_or_default();
            let count = usize::from(le16(map, 0)).min(map.len() / 2);
            for value in 0..count {
                let [from, to] = [4, 6].map(|at| usize::from(le16(map, at + value * 2)));
                let bytes = bytes.get(from..to).unwrap_or_default();
                if bytes.len() >= VALUE && of(bytes).is_some() {
                    let name = format!("{name}/(value {value})");
                    let (from, to) = (block.at + from as u64, block.at + to as u64);
                    let at = Range { start: from, end: to };
                    entries.part(name.as_bytes(), &[at], &mut &*bytes)?;
                }
            }
        }
        Ok(())
    }

    /// Hands out what no block has: what was deleted may be there. The encoding by a key needs the
    /// number of a block, which is lost.
    fn free(&self, file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
        if self.cipher != Cipher::Permute {
            return Ok(());
        }
        let length = file.seek(SeekFrom::End(0))?;
        let mut used: Vec<Block> = self.blocks.values().copied().collect();
        used.sort_unstable_by_key(|block| block.at);
        let mut free = Vec::new();
        let mut at = 0;
        for (from, to) in used
            .iter()
            .map(|block| (block.at, block.at.saturating_add(block.length.into())))
            .chain([(length, length)])
        {
            let from = from.min(length);
            if FREE <= from.saturating_sub(at) {
                free.push((0, at, from - at));
            }
            at = at.max(to);
        }
        let ranges: Vec<Range<u64>> = free.iter().map(|(_, at, count)| *at..at + count).collect();
        let reader = &mut Decoder { file, cipher: self.cipher, list: free, next: 0, at: 0 };
        entries.part(b"(free space)", &ranges, reader)
    }
}

/// Blocks one after the other, decoded.
struct Decoder<'a> {
    file: &'a mut dyn ReadSeek,
    cipher: Cipher,
    /// The number of each, where it lies, and its length.
    list: Vec<(u64, u64, u64)>,
    next: usize,
    /// Bytes read of the block.
    at: u64,
}

impl<'a> Decoder<'a> {
    fn new(file: &'a mut dyn ReadSeek, cipher: Cipher, list: &[(u64, Block)]) -> Self {
        let list = list.iter().map(|(id, block)| (*id, block.at, block.length.into())).collect();
        Self { file, cipher, list, next: 0, at: 0 }
    }
}

impl Read for Decoder<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(&(id, at, length)) = self.list.get(self.next) {
            let left = length.saturating_sub(self.at);
            if left == 0 {
                self.next += 1;
                self.at = 0;
                continue;
            }
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let buffer = buffer.get_mut(..most).unwrap_or_default();
            self.file.seek(SeekFrom::Start(at.saturating_add(self.at)))?;
            let read = self.file.read(buffer)?;
            if read == 0 && most > 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.cipher.decode(id, self.at, buffer.get_mut(..read).unwrap_or_default());
            self.at += read as u64;
            return Ok(read);
        }
        Ok(0)
    }
}

/// What a node is by its number ([MS-PST] 2.2.2.1).
fn name(id: u64) -> String {
    let kind = match id & 0x1f {
        2 => "folder",
        4 => "message",
        5 => "attachment",
        _ => "node",
    };
    format!("{kind} {id}")
}

fn unread(what: String) -> io::Error {
    io::Error::other(Unread(what))
}

fn read(file: &mut dyn ReadSeek, at: u64, count: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    super::disk::bytes_at(file, at, count)
}
