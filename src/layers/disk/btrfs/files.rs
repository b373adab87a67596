//! Files of btrfs: their extents, which may be packed, and their attributes.

use std::{
    io::{self, Read},
    rc::Rc,
};

use zeroize::Zeroizing;

use super::{
    super::{
        super::{Entries, ReadSeek, invalid},
        claims::Claims,
        numbers::{le16, le32, le64},
        view::{Bytes, Cache, Data, Piece as Part, View, bytes_at},
    },
    chunks::System,
    tree::Leaf,
};

/// Bytes of an extent that is packed, and of what comes out.
const PACKED: u64 = 128 << 10;

/// Bytes of a sector in what LZO packed: those of a page of nearly every machine.
const SECTOR: usize = 4096;

const ZLIB: u8 = 1;
const LZO: u8 = 2;
const ZSTD: u8 = 3;

/// Bytes in a leaf.
pub(super) struct Piece {
    leaf: Bytes,
    /// Where in the leaf, and its address.
    range: std::ops::Range<usize>,
    at: u64,
}

impl Piece {
    fn new(leaf: &Leaf, from: usize, length: usize) -> Self {
        Self { leaf: Rc::clone(&leaf.bytes), range: from..from + length, at: leaf.at }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.leaf.get(self.range.clone()).unwrap_or_default()
    }

    pub(super) fn claim(&self, system: &System, claims: &mut Claims) {
        let at = self.at + self.range.start as u64;
        system.claim(at, self.range.len() as u64, claims);
    }
}

impl std::hash::Hash for Piece {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bytes().hash(state);
    }
}

#[derive(Hash)]
pub(super) struct Extent {
    /// Offset in the file, and length there.
    at: u64,
    length: u64,
    /// How it is packed.
    method: u8,
    /// Length of what comes out.
    unpacked: u64,
    data: Where,
}

#[derive(Hash)]
enum Where {
    Leaf(Piece),
    /// Address and length on the disk, and where in what comes out.
    Disk {
        at: u64,
        length: u64,
        offset: u64,
    },
    /// Never written.
    Hole,
}

/// Whether an extent comes after others.
pub(super) fn follows(extents: &[Extent], next: &Extent) -> bool {
    extents.last().is_none_or(|last| last.at + last.length <= next.at)
}

/// An extent of a file from `offset` on, at `at` of a leaf.
pub(super) fn extent(leaf: &Leaf, offset: u64, body: &[u8], at: usize) -> Option<Extent> {
    let unpacked = le64(body, 8);
    let [method, encryption, _, _, kind] = *body.get(16..21)? else { return None };
    if encryption != 0 {
        return None;
    }
    let (length, data) = match kind {
        0 => (unpacked, Where::Leaf(Piece::new(leaf, at + 21, body.len() - 21))),
        1 | 2 if body.len() >= 53 => {
            let (place, packed) = (le64(body, 21), le64(body, 29));
            let is_hole = kind == 2 || place == 0;
            let data = Where::Disk { at: place, length: packed, offset: le64(body, 37) };
            (le64(body, 45), if is_hole { Where::Hole } else { data })
        }
        _ => return None,
    };
    let is_plain = method == 0 && kind != 0;
    let is_possible = length > 0
        && offset.checked_add(length).is_some()
        && (unpacked <= PACKED || matches!(data, Where::Hole) || is_plain);
    is_possible.then_some(Extent { at: offset, length, method, unpacked, data })
}

/// Attributes of users at `at` of a leaf.
pub(super) fn attribute(leaf: &Leaf, body: &[u8], at: usize) -> Option<(Vec<u8>, Piece)> {
    let (length, name) = (usize::from(le16(body, 25)), usize::from(le16(body, 27)));
    let (from, to) = (30 + name, 30 + name + length);
    let name = body.get(30..from).filter(|name| name.starts_with(b"user.") && to <= body.len());
    name.map(|name| (name.to_vec(), Piece::new(leaf, at + from, length)))
}

impl Extent {
    pub(super) fn claim(&self, system: &System, claims: &mut Claims) {
        match &self.data {
            Where::Hole => {}
            Where::Leaf(piece) => piece.claim(system, claims),
            Where::Disk { at, length, .. } if self.method != 0 => {
                system.claim(*at, (*length).min(PACKED), claims);
            }
            // A part of what lies there; the rest may be of others, or of nobody.
            Where::Disk { at, offset, .. } => {
                system.claim(at.saturating_add(*offset), self.length, claims);
            }
        }
    }

    /// What is packed, unpacked.
    fn unpack(&self, packed: &[u8]) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(Vec::new());
        match self.method {
            ZLIB => {
                flate2::read::ZlibDecoder::new(packed)
                    .take(self.unpacked)
                    .read_to_end(&mut bytes)?;
            }
            ZSTD => {
                let decoder = zstd::stream::read::Decoder::with_buffer(packed)?.single_frame();
                decoder.take(self.unpacked).read_to_end(&mut bytes)?;
            }
            LZO => bytes = unpack_lzo(packed, self.unpacked)?,
            _ => return Err(invalid("packed in a way that cannot be")),
        }
        Ok(bytes)
    }
}

/// Unpacks segments, each of one sector, with their lengths before them. The length of all is at the
/// head. A length does not go over the end of a sector.
fn unpack_lzo(packed: &[u8], length: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let all = usize::try_from(le32(packed, 0)).unwrap_or(usize::MAX);
    let packed = packed.get(..all).ok_or_else(|| invalid("an extent that is cut off"))?;
    let mut bytes = Zeroizing::new(Vec::new());
    let mut sector = Zeroizing::new([0; SECTOR]);
    let mut at = 4;
    while at + 4 <= packed.len() && (bytes.len() as u64) < length {
        let to = usize::try_from(le32(packed, at)).unwrap_or(usize::MAX).checked_add(at + 4);
        let segment = to.and_then(|to| packed.get(at + 4..to)).filter(|one| !one.is_empty());
        let segment = segment.ok_or_else(|| invalid("a segment that cannot be"))?;
        let count = lzo::decompress_into(segment, sector.as_mut_slice())
            .map_err(|problem| io::Error::new(io::ErrorKind::InvalidData, problem.to_string()))?;
        bytes.extend_from_slice(sector.get(..count).unwrap_or_default());
        at += 4 + segment.len();
        if SECTOR - at % SECTOR < 4 {
            at = at.next_multiple_of(SECTOR);
        }
    }
    Ok(bytes)
}

pub(super) struct File<'a> {
    pub system: &'a System,
    pub extents: &'a [Extent],
    pub size: u64,
}

/// What was unpacked last, and what first could not be.
#[derive(Default)]
struct Unpacked {
    cache: Cache,
    problem: Option<io::Error>,
}

impl File<'_> {
    /// Inspects the file. What of it cannot be unpacked reads as zeros, and is the error.
    pub(super) fn hand_out(
        &self,
        file: &mut dyn ReadSeek,
        path: &[u8],
        entries: &mut Entries<'_, '_>,
    ) -> io::Result<()> {
        let mut unpacked = Unpacked::default();
        let mut view = View::new(file, self.size, |file, at| self.part(file, at, &mut unpacked));
        entries.member_at(path, &mut view)?;
        unpacked.problem.map_or(Ok(()), Err)
    }

    fn part(&self, file: &mut dyn ReadSeek, at: u64, unpacked: &mut Unpacked) -> io::Result<Part> {
        let next = self.extents.partition_point(|extent| extent.at <= at);
        let before = next.checked_sub(1).and_then(|before| self.extents.get(before));
        let Some(extent) = before.filter(|extent| at - extent.at < extent.length) else {
            let end = self.extents.get(next).map_or(u64::MAX, |extent| extent.at);
            return Ok(Part { length: end - at, data: Data::Zeros });
        };
        let into = at - extent.at;
        let length = extent.length - into;
        let (bytes, from) = match &extent.data {
            Where::Hole => return Ok(Part { length, data: Data::Zeros }),
            Where::Disk { at, offset, .. } if extent.method == 0 => {
                let at = at.saturating_add(*offset).saturating_add(into);
                let (mut places, there) = self.system.places(at)?;
                let place = places.next().ok_or_else(|| invalid("no place"))?;
                return Ok(Part { length: length.min(there), data: Data::File(place) });
            }
            Where::Leaf(piece) if extent.method == 0 => {
                (Ok(Rc::new(piece.bytes().to_vec().into())), into)
            }
            Where::Leaf(piece) => (extent.unpack(piece.bytes()).map(Rc::new), into),
            Where::Disk { at, length, offset } => {
                let bytes = unpacked
                    .cache
                    .get(*at, || extent.unpack(&self.packed(file, *at, (*length).min(PACKED))?));
                (bytes, offset.saturating_add(into))
            }
        };
        let data = match bytes {
            Ok(bytes) => Data::Unpacked(bytes, from),
            Err(problem) => {
                unpacked.problem.get_or_insert(problem);
                Data::Zeros
            }
        };
        Ok(Part { length, data })
    }

    /// The bytes of an extent that is packed, which lies in one chunk.
    fn packed(
        &self,
        file: &mut dyn ReadSeek,
        at: u64,
        length: u64,
    ) -> io::Result<Zeroizing<Vec<u8>>> {
        let (mut places, there) = self.system.places(at)?;
        let place = places.next().ok_or_else(|| invalid("no place"))?;
        bytes_at(file, place, length.min(there))
    }
}
