//! NTFS ([MS-FSA] and the documentation of Linux-NTFS), by its table of files: all streams of them
//! by path. Streams that WOF packed or NTFS encrypted are named, and looked at as they lie there,
//! like what was deleted and NTFS's own files.

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, SeekFrom},
    rc::Rc,
};

use zeroize::Zeroizing;

use super::{
    super::{Entries, Layer, Open, ReadSeek, invalid, is_cut},
    claims::Claims,
    files::Runs,
    lznt1,
    numbers::{le16, le32, le64},
    short,
    view::{Data, Piece, View, bytes_at},
};
use crate::ledger::Reason;

pub(in super::super) const LAYER: Layer = Layer {
    name: "ntfs",
    about: "NTFS with all streams, also those that it packed; what WOF packed, which the ledger \
            names, what it encrypted, and what was deleted, is seen as it lies there",
    is,
    open: Open::Seek(open),
};

pub(super) fn is(head: &[u8]) -> bool {
    head.get(3..11) == Some(b"NTFS    ") && head.get(510..512) == Some(&[0x55, 0xaa])
}

/// Its own files have the first numbers; files of people begin with this.
const FIRST: u64 = 24;
const ROOT: u64 = 5;

/// Parts of a path; Windows allows half as many.
const PARTS: usize = 16_384;

struct System {
    cluster: u64,
    /// Bytes of all sectors.
    length: u64,
    record: u64,
    table: Runs,
    /// Bytes of the table.
    size: u64,
}

/// A stream of a file, as its records tell, piece by piece.
#[derive(Default)]
struct Stream {
    resident: Option<Zeroizing<Vec<u8>>>,
    /// First cluster in the stream, and the list of runs from there on.
    pieces: Vec<(u64, Vec<u8>)>,
    size: u64,
    flags: u16,
    /// Clusters that are packed together, as a power of two.
    unit: u16,
}

/// The stream in which the Windows Overlay Filter (`compact /exe`) keeps a file, packed.
const WOF: &[u8] = b":WofCompressedData";

const PACKED: u16 = 0x00ff;
const LZNT1: u16 = 1;

/// Bytes of a unit of packing: sixteen clusters of 4096 bytes at most.
const UNIT: u64 = 1 << 20;

const ENCRYPTED: u16 = 0x4000;

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let system = System::read(file)?;
    short(length, system.length, entries);
    let (names, parts) = system.names(file)?;
    let mut claims = Claims::default();
    for number in FIRST..system.size / system.record {
        let Some(record) = system.record(file, number)? else { continue };
        if le64(&record, 32) & NUMBER != 0 {
            continue;
        }
        let mut streams = BTreeMap::new();
        collect(&record, &mut streams);
        system.claim(number, &record, &mut claims);
        for &part in parts.get(&number).into_iter().flatten() {
            if let Some(record) = system.record(file, part)? {
                collect(&record, &mut streams);
                system.claim(part, &record, &mut claims);
            }
        }
        let path = match streams.is_empty() {
            true => continue,
            false => path(&names, number),
        };
        for (name, stream) in streams {
            let path = if name.is_empty() { path.clone() } else { [&path, ":", &name].concat() };
            match system.hand_out(file, stream, path.as_bytes(), entries, &mut claims) {
                Err(problem) if is_cut(&problem) => return Err(problem),
                Err(problem) => {
                    entries.skip(path.as_bytes(), Reason::Damaged, format!("ntfs: {problem}"));
                }
                Ok(()) => {}
            }
        }
    }
    claims.gaps(file, length, entries)
}

/// Bits of a reference that are the number of a record.
const NUMBER: u64 = (1 << 48) - 1;

/// Parent and name of each record, and the records that go on with others.
type Names = HashMap<u64, (u64, String)>;
type Parts = HashMap<u64, Vec<u64>>;

impl System {
    fn read(file: &mut dyn ReadSeek) -> io::Result<Self> {
        let head = bytes_at(file, 0, 512)?;
        let power = |byte: u8| match byte {
            0..=0x80 => Some(u64::from(byte)),
            _ => 1_u64.checked_shl(256 - u32::from(byte)),
        };
        let byte = |at: usize| head.get(at).copied().unwrap_or_default();
        let sector = u64::from(le16(&head, 11));
        let cluster = power(byte(13)).and_then(|sectors| sectors.checked_mul(sector));
        let cluster = cluster.filter(|size| (512..=2 << 20).contains(size));
        let cluster = cluster.ok_or_else(|| invalid("a boot sector that cannot be"))?;
        let record = match byte(64) {
            clusters @ 0..0x80 => u64::from(clusters) * cluster,
            bits => 1_u64.checked_shl(256 - u32::from(bits)).unwrap_or_default(),
        };
        if !(512..=65_536).contains(&record) {
            return Err(invalid("a boot sector that cannot be"));
        }
        let mut first = bytes_at(file, le64(&head, 48).saturating_mul(cluster), record)?;
        if !repair(&mut first) {
            return Err(invalid("no table of files"));
        }
        let mut streams = BTreeMap::new();
        collect(&first, &mut streams);
        let table = streams.remove("").ok_or_else(|| invalid("no table of files"))?;
        let size = table.size;
        let length = le64(&head, 40).saturating_mul(sector);
        let mut system = Self { cluster, length, record, table: Runs::default(), size };
        system.table = system.runs(table)?;
        Ok(system)
    }

    /// A record in use.
    fn record(
        &self,
        file: &mut dyn ReadSeek,
        number: u64,
    ) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let Some(at) = number.checked_mul(self.record) else { return Ok(None) };
        let mut record = bytes_at(&mut self.table.view(file, self.size), at, self.record)?;
        Ok((repair(&mut record) && le16(&record, 22) & 1 != 0).then_some(record))
    }

    /// Claims the values in a record that go over the end of a sector: on the disk, other bytes stand
    /// there, and a key would look damaged.
    fn claim(&self, number: u64, record: &[u8], claims: &mut Claims) {
        let mut at = usize::from(le16(record, 20));
        for attribute in attributes(record) {
            let from = at + usize::from(le16(attribute, 20));
            let length = usize::try_from(le32(attribute, 16)).unwrap_or(usize::MAX);
            let to = from.saturating_add(length).min(at + attribute.len());
            let is_resident = le32(attribute, 0) == 0x80 && attribute.get(8) == Some(&0);
            if is_resident && from / 512 != (to + 1) / 512 {
                let record = number.saturating_mul(self.record);
                let [from, to] = [from, to].map(|at| record.saturating_add(at as u64));
                self.table.claim_part(from, to, claims);
            }
            at += attribute.len();
        }
    }

    fn names(&self, file: &mut dyn ReadSeek) -> io::Result<(Names, Parts)> {
        let (mut names, mut parts) = (Names::new(), Parts::new());
        for number in FIRST..self.size / self.record {
            let Some(record) = self.record(file, number)? else { continue };
            let base = le64(&record, 32) & NUMBER;
            if base != 0 {
                parts.entry(base).or_default().push(number);
            }
            let owner = if base == 0 { number } else { base };
            for attribute in attributes(&record).filter(|attribute| le32(attribute, 0) == 0x30) {
                let value = attribute.get(usize::from(le16(attribute, 20))..).unwrap_or_default();
                let length = usize::from(value.get(64).copied().unwrap_or_default());
                // The short name for DOS stands beside a long one.
                if value.get(65) != Some(&2) || !names.contains_key(&owner) {
                    let name = utf16(value.get(66..66 + 2 * length).unwrap_or_default());
                    names.insert(owner, (le64(value, 0) & NUMBER, name));
                }
            }
        }
        Ok((names, parts))
    }

    fn runs(&self, stream: Stream) -> io::Result<Runs> {
        let mut pieces = stream.pieces;
        pieces.sort_unstable();
        let mut runs = Runs::default();
        for (first, list) in pieces {
            self.add(first, &list, &mut runs)?;
        }
        Ok(runs)
    }

    /// Adds the runs of a list: lengths and distances from the run before, in clusters.
    fn add(&self, first: u64, mut list: &[u8], runs: &mut Runs) -> io::Result<()> {
        let (mut at, mut place) = (first, 0_i64);
        let problem = || invalid("a list of runs that cannot be");
        while let [head @ 1..=255, rest @ ..] = list {
            let (lengths, places) = (usize::from(head & 15), usize::from(head >> 4));
            let (length, rest) = rest.split_at_checked(lengths).ok_or_else(problem)?;
            let (distance, rest) = rest.split_at_checked(places).ok_or_else(problem)?;
            list = rest;
            let length = u64::try_from(signed(length)).map_err(|_| problem())?;
            if places > 0 {
                place = place.checked_add(signed(distance)).ok_or_else(problem)?;
                let place = u64::try_from(place).map_err(|_| problem())?;
                let [at, place, length] =
                    [at, place, length].map(|clusters| clusters.saturating_mul(self.cluster));
                runs.add(at, place, length)?;
            }
            at = at.checked_add(length).ok_or_else(problem)?;
        }
        Ok(())
    }

    fn hand_out(
        &self,
        file: &mut dyn ReadSeek,
        stream: Stream,
        path: &[u8],
        entries: &mut Entries<'_, '_>,
        claims: &mut Claims,
    ) -> io::Result<()> {
        if stream.flags & ENCRYPTED != 0 {
            entries.skip(path, Reason::Encrypted, "ntfs: encrypted by EFS");
            return Ok(());
        }
        if let Some(bytes) = stream.resident {
            return entries.member(path, &mut bytes.as_slice());
        }
        if stream.flags & PACKED == LZNT1 && stream.unit > 0 {
            return self.unpacked(file, stream, path, entries, claims);
        }
        if stream.flags & PACKED != 0 {
            entries.skip(path, Reason::NoReader, "ntfs: compressed; it is scanned as it is");
            return Ok(());
        }
        if path.ends_with(WOF) {
            // The file itself is a hole.
            entries.skip(path, Reason::NoReader, "ntfs: packed by WOF; it is scanned as it is");
            return Ok(());
        }
        let size = stream.size;
        self.runs(stream)?.hand_out(file, size, path, entries, claims)
    }

    /// Hands out a file that is packed in units of so many clusters: those with a hole at their end
    /// are packed, and those without are not.
    fn unpacked(
        &self,
        file: &mut dyn ReadSeek,
        stream: Stream,
        path: &[u8],
        entries: &mut Entries<'_, '_>,
        claims: &mut Claims,
    ) -> io::Result<()> {
        let unit = self.cluster.checked_shl(stream.unit.into()).unwrap_or_default();
        if unit == 0 || UNIT < unit {
            return Err(invalid("a unit of packing that cannot be"));
        }
        let size = stream.size;
        let runs = self.runs(stream)?;
        runs.claim(u64::MAX, claims);
        let mut is_whole = true;
        let mut view = View::new(file, size, |file, at| {
            let start = at - at % unit;
            let length = start + unit - at;
            let allocated = runs.allocated(start, start + unit);
            if allocated == 0 {
                return Ok(Piece { length, data: Data::Zeros });
            }
            let mut bytes = bytes_at(&mut runs.view(file, u64::MAX), start, allocated)?;
            if allocated < unit {
                let most = usize::try_from(unit).unwrap_or_default();
                let (unpacked, is_read) = lznt1::unpack(&bytes, most);
                is_whole &= is_read;
                bytes = unpacked;
            }
            Ok(Piece { length, data: Data::Unpacked(Rc::new(bytes), at - start) })
        });
        let outcome = entries.member_at(path, &mut view);
        drop(view);
        if !is_whole {
            entries.skip(path, Reason::Damaged, "ntfs: packed by LZNT1");
        }
        outcome
    }
}

/// Puts back what the ends of sectors held, where two bytes say that all of them were written.
/// Says whether it is a record.
fn repair(record: &mut [u8]) -> bool {
    if !record.starts_with(b"FILE") {
        return false;
    }
    let (at, count) = (usize::from(le16(record, 4)), usize::from(le16(record, 6)));
    let saved = record.get(at..at + count * 2).unwrap_or_default().to_vec();
    for (sector, saved) in record.chunks_mut(512).zip(saved.chunks(2).skip(1)) {
        if let Some(end) = sector.get_mut(510..512) {
            end.copy_from_slice(saved);
        }
    }
    true
}

fn attributes(record: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = usize::from(le16(record, 20));
    std::iter::from_fn(move || {
        let rest = record.get(at..)?;
        let length = usize::try_from(le32(rest, 4)).ok()?;
        if le32(rest, 0) == u32::MAX || length < 24 {
            return None;
        }
        at = at.checked_add(length)?;
        rest.get(..length)
    })
}

/// Adds the streams in a record, by name.
fn collect(record: &[u8], streams: &mut BTreeMap<String, Stream>) {
    for attribute in attributes(record).filter(|attribute| le32(attribute, 0) == 0x80) {
        let byte = |at: usize| usize::from(attribute.get(at).copied().unwrap_or_default());
        let name = usize::from(le16(attribute, 10));
        let name = utf16(attribute.get(name..name + 2 * byte(9)).unwrap_or_default());
        let stream = streams.entry(name).or_default();
        stream.flags |= le16(attribute, 12);
        if byte(8) == 0 {
            let value = attribute.get(usize::from(le16(attribute, 20))..).unwrap_or_default();
            let length = usize::try_from(le32(attribute, 16)).unwrap_or(usize::MAX);
            let value = value.get(..length).unwrap_or(value);
            stream.resident = Some(Zeroizing::new(value.to_vec()));
            continue;
        }
        let first = le64(attribute, 16);
        let list = attribute.get(usize::from(le16(attribute, 32))..).unwrap_or_default();
        stream.pieces.push((first, list.to_vec()));
        if first == 0 {
            // What was never written, up to the size, is not of this file.
            stream.unit = le16(attribute, 34);
            stream.size = le64(attribute, 48).min(le64(attribute, 56));
        }
    }
}

fn path(names: &Names, number: u64) -> String {
    let mut parts = Vec::new();
    let mut number = number;
    while let Some((parent, name)) = names.get(&number).filter(|_| parts.len() < PARTS) {
        parts.push(name.as_str());
        number = *parent;
    }
    if number != ROOT {
        parts.push("(no directory)");
    }
    parts.reverse();
    parts.join("/")
}

fn signed(bytes: &[u8]) -> i64 {
    let sign = if bytes.last().is_some_and(|last| *last >= 0x80) { 0xff } else { 0 };
    let mut all = [sign; 8];
    for (to, from) in all.iter_mut().zip(bytes) {
        *to = *from;
    }
    i64::from_le_bytes(all)
}

fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> =
        bytes.as_chunks().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    String::from_utf16_lossy(&units)
}
