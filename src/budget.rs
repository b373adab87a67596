//! What one input may cost. Budgets count bytes, depth and entries, never time; one that bites is
//! named in the ledger.

/// Bytes of a window in which facts may start. It stays in the processor's cache between being read
/// and being searched, and is large enough that system calls do not show.
pub(crate) const WINDOW: usize = 128 << 10;

/// Bytes kept before a window, for parsers that step back to what encloses an anchor.
pub(crate) const LOOK_BACK: usize = 16 << 10;

/// Bytes read beyond a window in which something starts, so that it is seen whole. Larger than the largest
/// single key (an RSA-16384 PEM, encoded twice, is under 32 KiB) and than nearly all key stores.
pub(crate) const LOOK_AHEAD: usize = 1 << 20;

/// Bytes of a window that are left to the next one if it holds no needle but those of names of keys: a
/// name is seen whole, with what stands after it. Lists of fingerprints are the longest.
pub(crate) const NAME: usize = 4 << 10;

/// Names of keys that are remembered of one file, so that each is read once.
pub(crate) const NAMES: usize = 1 << 15;

/// Bytes of a buffer, while what was read ahead lasts.
pub(crate) const BUFFER: usize = 4 << 20;

/// No needle is longer.
pub(crate) const NEEDLE: usize = 64;

/// Bytes of the first read of a file: most files end in it. It reaches to the superblock of btrfs.
pub(crate) const FIRST_READ: usize = 68 << 10;

/// How deep decoded text may hold encoded text. Base64 of gzip of base64 of a PEM is three.
pub(crate) const DECODE_DEPTH: usize = 6;

/// Bytes that the decodings of one window may yield together, against decompression bombs.
pub(crate) const DECODE_BYTES: usize = 64 << 20;

/// What one input of a run may cost, with everything inside of it. The flags of `scan` set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Containers inside of one another.
    pub depth: usize,
    /// Things inside, at all depths together.
    pub entries: u64,
    /// Bytes that come out for each byte that is read, once they are many. gzip reaches 1032, and
    /// only on zeros.
    pub ratio: u64,
    /// Bytes that come out, at all depths together.
    pub bytes: u64,
}

/// Containers inside of one another that a thread's stack has room for, three times over: of 2 MiB, a
/// zip takes 21 KiB, a tar 16.
pub const DEEPEST: usize = 32;

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 16, entries: 10_000_000, ratio: 1000, bytes: 1 << 40 }
    }
}

/// Bytes that one thing in a container may give whatever its ratio.
pub(crate) const FREE_ENTRY: u64 = 64 << 20;

/// Bytes that everything in one input may give whatever their ratio.
pub(crate) const FREE_TOTAL: u64 = 1 << 30;

/// Bytes of a copy for reading at any place that are kept in memory.
pub(crate) const SPOOL_MEMORY: u64 = 8 << 20;

/// Bytes of such a copy at most.
pub(crate) const SPOOL_BYTES: u64 = 64 << 30;

/// Bytes of a document of configuration, which is read as a whole.
pub(crate) const DOCUMENT: usize = 16 << 20;

/// Searches in one window for the end of an element of indefinite length that may be a key store.
/// Each looks at thousands of elements, and nested beginnings would make every one of them search.
pub(crate) const SEARCHES: usize = 32;

/// Sites of one fact in one file that are kept beside their count.
pub(crate) const SITES: usize = 8;

/// PBKDF2-like iterations that trying well-known passwords on one key may cost in total; a store
/// that asks for more is not tried.
/// Fuzzing has better uses for its time.
pub(crate) const PASSWORD_ITERATIONS: u64 = if cfg!(fuzzing) { 3_000 } else { 400_000 };
