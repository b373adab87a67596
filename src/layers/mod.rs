//! What bytes hold: containers, told by content, opened one inside the other. A row is one file; it
//! hands out what is inside, and the same function looks at that in turn.

mod android;
mod ar;
mod asar;
mod avro;
mod brotli;
mod bzip2;
mod cab;
mod cab_block;
mod careful;
mod cfb;
mod columns;
mod cpio;
mod disk;
mod eml;
mod entries;
pub(crate) mod git;
mod gzip;
pub(crate) mod image;
mod innodb;
mod joined;
mod journald;
mod kafka;
mod lz4;
mod lzfu;
mod lzip;
mod lzma;
mod mbox;
pub(crate) mod mime;
mod name;
mod named;
mod office;
mod packed;
mod parquet;
mod parquet_footer;
mod parts;
mod pdf;
mod pdf_filter;
mod pdf_names;
mod pdf_predictor;
mod pdf_text;
mod pgdump;
mod pieces;
mod postgres;
mod postgres_wal;
mod pst;
mod pst_cipher;
mod rar;
mod raw_pages;
mod rdb;
mod resync;
mod rpm;
mod rtf;
mod sevenzip;
mod snappy;
mod source;
mod sqlite;
mod sqlite_page;
mod sqlite_schema;
mod sstable;
mod tar;
mod tar_sparse;
mod thrift;
mod unix_compress;
mod walk;
mod wiredtiger;
mod xbstream;
mod xz;
mod zip;
mod zip_directory;
mod zip_member;
mod zlib;
mod zstd;

use std::{
    cell::Cell,
    io::{self, Read, SeekFrom},
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
};

pub(crate) use entries::Entries;
pub(crate) use source::Source;
pub(crate) use walk::{Input, Place, ReadSeek, Scope, Spent, Walk};

use crate::{feed::Feed, ledger::Reason, places::spool::Spool};

/// One kind of container.
pub(crate) struct Layer {
    pub name: &'static str,
    /// What it reads, for the documentation.
    pub about: &'static str,
    /// Whether bytes that begin like this are one. There are up to 68 KiB, all of a smaller input.
    /// Called for every input, so it turns down at the first look what it is not.
    pub is: fn(head: &[u8]) -> bool,
    pub open: Open,
}

/// How a container is read. What is inside goes to [`Entries`]; an error says that the container
/// is damaged from here on.
pub(crate) enum Open {
    /// From front to back. What is left at the end is looked at as well.
    Stream(fn(&mut Source<'_>, &mut Entries<'_, '_>) -> io::Result<()>),
    /// At any place. An input that cannot seek is copied to where it can. What is inside of no
    /// entry is for the layer to hand out, as gaps.
    Seek(fn(&mut dyn ReadSeek, &mut Entries<'_, '_>) -> io::Result<()>),
    /// The same for a document, whose bytes are looked at as they are as well. So what the layer
    /// misses, and what was taken for a document and is none, is seen all the same.
    Beside(fn(&mut dyn ReadSeek, &mut Entries<'_, '_>) -> io::Result<()>),
}

/// All layers, by name.
pub(crate) const TABLE: &[Layer] = &[
    sevenzip::LAYER,
    android::LAYER,
    disk::unread::APFS,
    ar::LAYER,
    columns::ARROW,
    asar::LAYER,
    avro::LAYER,
    raw_pages::BBOLT,
    disk::unread::BITLOCKER,
    disk::btrfs::LAYER,
    bzip2::LAYER,
    cab::LAYER,
    cfb::LAYER,
    unix_compress::LAYER,
    cpio::LAYER,
    eml::LAYER,
    disk::unread::EROFS,
    disk::fat::EXFAT,
    disk::ext::LAYER,
    disk::unread::F2FS,
    disk::fat::FAT,
    git::bundle::LAYER,
    git::pack::LAYER,
    disk::partitions::GPT,
    gzip::LAYER,
    disk::unread::HFS,
    innodb::LAYER,
    disk::iso9660::LAYER,
    journald::LAYER,
    kafka::LAYER,
    raw_pages::LMDB,
    disk::unread::LUKS,
    disk::lvm::LAYER,
    lz4::LAYER,
    lzfu::LAYER,
    lzip::LAYER,
    lzma::LAYER,
    named::LZOP,
    mbox::LAYER,
    disk::partitions::MBR,
    named::MSSQL,
    disk::ntfs::LAYER,
    office::LAYER,
    columns::ORC,
    disk::unread::PARALLELS,
    parquet::LAYER,
    pdf::LAYER,
    pgdump::LAYER,
    postgres::LAYER,
    postgres_wal::LAYER,
    pst::LAYER,
    disk::qcow2::LAYER,
    disk::unread::QED,
    named::QPRESS,
    rar::LAYER,
    rdb::LAYER,
    rpm::LAYER,
    rtf::LAYER,
    snappy::LAYER,
    sqlite::LAYER,
    sqlite::WAL,
    disk::squashfs::LAYER,
    disk::unread::SWAP,
    tar::LAYER,
    disk::unread::UDF,
    disk::vdi::LAYER,
    disk::vhd::LAYER,
    disk::vhdx::LAYER,
    disk::vmdk::LAYER,
    wiredtiger::LAYER,
    named::XBCRYPT,
    xbstream::LAYER,
    disk::xfs::LAYER,
    xz::LAYER,
    zip::LAYER,
    zlib::LAYER,
    zstd::LAYER,
];

/// Layers that nothing at their beginning tells from other data, by how the names of theirs end.
pub(crate) const BY_NAME: &[(&[&str], Layer)] =
    &[(&[brotli::NAME], brotli::LAYER), (sstable::NAMES, sstable::LAYER)];

/// The layer that bytes with this beginning are.
pub(crate) fn of(head: &[u8]) -> Option<&'static Layer> {
    TABLE.iter().find(|layer| (layer.is)(head))
}

/// The layer of a file whose head is lost, by copies elsewhere in it. What was read of it so far stays read.
pub(crate) fn of_lost(feed: &mut Feed<'_>) -> Option<&'static Layer> {
    if feed.end.is_some() {
        return None;
    }
    let Input::Seek(file) = &mut feed.reader else { return None };
    let at = file.stream_position().ok()?;
    let layer = disk::lost(*file);
    // A file that has lost its place gives other bytes; it did seek before.
    file.seek(SeekFrom::Start(at)).ok().and(layer)
}

/// Beginnings of containers that stand behind programs, which unpack or mount them.
const BEHIND: [&[u8]; 3] = [rar::MAGIC, sevenzip::MAGIC, disk::squashfs::MAGIC];

/// Whether a file that begins like this is a program.
pub(crate) fn is_program(head: &[u8]) -> bool {
    head.starts_with(b"\x7fELF") || head.starts_with(b"MZ")
}

/// Where in these bytes of a program a container begins that stands behind it.
pub(crate) fn behind(bytes: &[u8]) -> Option<usize> {
    let begins = |at: &usize| {
        let head = bytes.get(*at..).unwrap_or_default();
        rar::is_whole(head) || sevenzip::is_whole(head) || disk::squashfs::is_whole(head)
    };
    let found =
        BEHIND.iter().filter_map(|magic| memchr::memmem::find_iter(bytes, magic).find(begins));
    found.min()
}

/// Opens the container that begins at `at` of a file that was searched.
pub(crate) fn open_behind(walk: &mut Walk<'_>, place: Place<'_>, file: &mut dyn ReadSeek, at: u64) {
    let Ok(length) = file.seek(SeekFrom::End(0)) else { return };
    let mut file = disk::window(file, at, length);
    let mut buffer = walk.buffer.take(place.depth + 1);
    let mut feed = Feed::new(Input::Seek(&mut file), &mut buffer);
    feed.fill(crate::budget::FIRST_READ);
    if let Some(layer) = of(feed.bytes()) {
        let _counted_with_the_program = open(layer, walk, place, feed);
    }
    walk.buffer.put(place.depth + 1, buffer);
}

/// The layer that something of this name is, if its beginning does not speak against it.
pub(crate) fn by_name(head: &[u8], path: &str) -> Option<&'static Layer> {
    let mut named = BY_NAME.iter().filter(|(ends, _)| ends.iter().any(|end| path.ends_with(end)));
    named.find(|(_, layer)| (layer.is)(head)).map(|(_, layer)| layer)
}

/// Opens what `feed` holds the beginning of, inspects everything inside, and gives how many bytes
/// of it were read. What is damaged is scanned as it is from the damage on.
pub(crate) fn open(
    layer: &'static Layer,
    walk: &mut Walk<'_>,
    place: Place<'_>,
    feed: Feed<'_>,
) -> u64 {
    let mut source = Source::new(feed);
    match layer.open {
        Open::Stream(read) => stream(layer, read, walk, place, &mut source),
        Open::Seek(read) => seek(layer, read, false, walk, place, &mut source),
        Open::Beside(read) => seek(layer, read, true, walk, place, &mut source),
    }
    source.consumed()
}

/// Whether a file that ends like this ends with a container.
pub(crate) fn is_appended(bytes: &[u8]) -> bool {
    let tail = bytes.len().checked_sub(zip::TAIL).and_then(|at| bytes.get(at..));
    tail.is_some_and(zip::is_tail)
}

/// Opens the container at the end of a file that was searched.
pub(crate) fn open_appended(walk: &mut Walk<'_>, place: Place<'_>, file: &mut dyn ReadSeek) {
    let Ok(length) = file.seek(SeekFrom::End(0)) else { return };
    let mut entries = Entries::new(walk, place, zip::LAYER.name, Rc::new(Cell::new(length)));
    let outcome = guarded(|| zip::open_appended(file, &mut entries));
    if let Err(problem) = outcome
        && !is_cut(&problem)
    {
        damaged(&mut entries, &problem, false);
    }
}

fn stream(
    layer: &'static Layer,
    read: fn(&mut Source<'_>, &mut Entries<'_, '_>) -> io::Result<()>,
    walk: &mut Walk<'_>,
    place: Place<'_>,
    source: &mut Source<'_>,
) {
    let mut entries = Entries::new(walk, place, layer.name, source.counter());
    let outcome = guarded(|| read(source, &mut entries));
    match outcome {
        Ok(()) => {
            let rest = source.skip_zeros().and_then(|()| match source.peek(1) {
                Ok([]) => Ok(()),
                Ok(_) => entries.member(b"(after the end)", source),
                Err(problem) => Err(problem),
            });
            if let Err(problem) = rest {
                damaged(&mut entries, &problem, source.has_failed());
            }
        }
        Err(problem) if is_cut(&problem) => {}
        Err(problem) => {
            damaged(&mut entries, &problem, source.has_failed());
            // What came just before may be where the damage begins.
            source.step_back();
            if source.peek(1).is_ok_and(|bytes| !bytes.is_empty()) {
                entries.as_it_is(b"(after the damage)", source);
            }
        }
    }
}

fn seek(
    layer: &'static Layer,
    read: fn(&mut dyn ReadSeek, &mut Entries<'_, '_>) -> io::Result<()>,
    is_beside: bool,
    walk: &mut Walk<'_>,
    place: Place<'_>,
    source: &mut Source<'_>,
) {
    let counter = source.counter();
    let mut spool = Spool::new();
    if !source.can_seek()
        && let Err(problem) = spool.fill(source)
    {
        let mut entries = Entries::new(walk, place, layer.name, counter);
        if !source.has_failed() {
            entries.note(Reason::OverBudget, problem);
        }
        return entries.as_it_is(b"(as it is)", &mut spool.chain(source));
    }
    let has_failed = source.has_failed();
    let file: &mut dyn ReadSeek = match source.seekable() {
        Some(file) => file,
        None => &mut spool,
    };
    let length = file.seek(SeekFrom::End(0)).and_then(|length| file.rewind().map(|()| length));
    counter.set(length.as_ref().copied().unwrap_or_default());
    let mut entries = Entries::new(walk, place, layer.name, counter);
    let outcome = length.and_then(|_| guarded(|| read(file, &mut entries)));
    let problem = outcome.err().filter(|problem| !is_cut(problem));
    if let Some(problem) = &problem {
        damaged(&mut entries, problem, has_failed);
    }
    if is_beside && file.rewind().is_ok() {
        entries.itself(file);
    } else if problem.is_some() && file.rewind().is_ok() {
        entries.all_as_it_is(file);
    }
}

/// Says in the ledger that a container is damaged, unless what it lies in is.
fn damaged(entries: &mut Entries<'_, '_>, problem: &io::Error, is_told: bool) {
    match problem.get_ref() {
        _ if is_told => {}
        Some(inner) if inner.is::<Panicked>() => entries.note(Reason::ParserFailed, problem),
        _ => entries.note(reason(problem), problem),
    }
}

/// A decoder that panics costs what it was reading.
fn guarded(read: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(io::Error::other(Panicked)))
}

#[derive(Debug, thiserror::Error)]
#[error("the decoder failed")]
struct Panicked;

/// A kind of container, or a method in it, that nothing here reads.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unread(pub String);

/// What would take more memory than is given to it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct TooLarge(pub String);

/// What nobody reads without its password.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Locked(pub &'static str);

/// The same problem once more: errors of input and output cannot be cloned.
fn again(problem: &io::Error) -> io::Error {
    let inner = problem.get_ref();
    if let Some(unread) = inner.and_then(|inner| inner.downcast_ref::<Unread>()) {
        return io::Error::other(unread.clone());
    }
    if let Some(large) = inner.and_then(|inner| inner.downcast_ref::<TooLarge>()) {
        return io::Error::other(large.clone());
    }
    if let Some(locked) = inner.and_then(|inner| inner.downcast_ref::<Locked>()) {
        return io::Error::other(locked.clone());
    }
    io::Error::new(problem.kind(), problem.to_string())
}

/// Why what a reader turned down is not examined.
fn reason(problem: &io::Error) -> Reason {
    match problem.get_ref() {
        Some(inner) if inner.is::<Unread>() => Reason::NoReader,
        Some(inner) if inner.is::<TooLarge>() => Reason::OverBudget,
        Some(inner) if inner.is::<Locked>() => Reason::Encrypted,
        _ => Reason::Damaged,
    }
}

/// Reading ended because a budget did, which is in the ledger already.
#[derive(Debug, thiserror::Error)]
#[error("cut by a budget")]
pub(crate) struct Cut;

pub(crate) fn is_cut(problem: &io::Error) -> bool {
    problem.get_ref().is_some_and(|inner| inner.is::<Cut>())
}

pub(crate) fn invalid(problem: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_by_name() {
        assert!(TABLE.is_sorted_by_key(|layer| layer.name));
    }

    #[test]
    fn text_is_no_container() {
        for text in
            ["", "\n", "-----BEGIN PRIVATE KEY-----\n", "PK\n", "BZh is a name", "x^2", "Rar!"]
        {
            assert!(of(text.as_bytes()).is_none(), "{text}");
        }
        assert!(of(&[0; 70_000]).is_none());
    }
}
