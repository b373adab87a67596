//! RAR, read in a thread of its own: its decoder hands out bytes, and what inspects them asks for
//! them.

use std::{
    fs::File,
    io::{self, Read, Write},
    slice,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use rars::{
    ArchiveFamily, ArchiveMember, ArchiveReadOptions, ArchiveReader, Error, ErrorKind,
    ExtractionDecision, ExtractionErrorAction,
};
use zeroize::Zeroizing;

use super::{Cut, Entries, Layer, Locked, Open, Panicked, ReadSeek, TooLarge, Unread, invalid};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "rar",
    about: "RAR 1.3 to 7, also solid; what goes on in another volume is seen as it lies there, as the \
            ledger says",
    is: |head| head.starts_with(MAGIC) && matches!(head.get(6..8), Some([0, _] | [1, 0])),
    open: Open::Beside(open),
};

/// RAR 1.5 and later; one or two bytes more say which.
pub(super) const MAGIC: &[u8] = b"Rar!\x1a\x07";

/// Memory for what is packed, with its dictionary.
const MEMORY: u64 = 256 << 20;

/// Headers of one archive.
const HEADERS: u64 = 256 << 20;

/// Pieces that wait to be looked at.
const WAITING: usize = 4;

/// Whether the sum of the header that follows is right: behind a program, the magic says little.
pub(super) fn is_whole(head: &[u8]) -> bool {
    let Some(rest) = head.strip_prefix(MAGIC) else { return false };
    let sum = |bytes: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum()
    };
    match rest {
        // The length of a header is one byte, of the first one.
        [1, 0, a, b, c, d, length, ..] if *length < 128 => {
            let header = rest.get(6..7 + usize::from(*length));
            header.is_some_and(|header| sum(header).to_le_bytes() == [*a, *b, *c, *d])
        }
        [0, a, b, ..] => {
            let header = rest.get(3..14);
            header.is_some_and(|header| sum(header).to_le_bytes().starts_with(&[*a, *b]))
        }
        _ => false,
    }
}

fn open(file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    // The decoder keeps what it reads from; this copy has no name.
    let mut copy = tempfile::tempfile()?;
    let length = io::copy(file, &mut copy)?;
    let (said, says) = sync_channel(WAITING);
    let done = Arc::new(AtomicUsize::new(0));
    let told = Arc::clone(&done);
    let decoder = thread::spawn(move || extract(copy, &said, &told));
    let inspected = inspect(entries, says, &done, length);
    let decoded = decoder.join().unwrap_or_else(|_| Err(io::Error::other(Panicked)));
    inspected.and(decoded)
}

/// What the decoder says.
enum Said {
    Member {
        name: Vec<u8>,
        /// Where it begins at the earliest, if it lies there as it is.
        stored: Option<u64>,
    },
    Bytes(Zeroizing<Vec<u8>>),
    /// The member that was begun ends here, for this reason.
    Failed(io::Error),
    Skipped {
        name: Vec<u8>,
        reason: Reason,
        detail: &'static str,
    },
}

/// Looks at what the decoder hands out, and says in `done` how many members that were.
fn inspect(
    entries: &mut Entries<'_, '_>,
    says: Receiver<Said>,
    done: &AtomicUsize,
    length: u64,
) -> io::Result<()> {
    let mut next = says.recv().ok();
    while let Some(now) = next.take() {
        match now {
            Said::Member { name, stored } => {
                let mut member = Member { says: &says, bytes: Zeroizing::default(), at: 0, next };
                // What is stored is seen in the bytes of the archive as well.
                let outcome = match stored {
                    Some(from) => {
                        let at = from..length;
                        entries.part(&name, slice::from_ref(&at), &mut member)
                    }
                    None => entries.member(&name, &mut member),
                };
                done.fetch_add(1, Ordering::Relaxed);
                next = member.rest();
                outcome?;
            }
            Said::Skipped { name, reason, detail } => entries.skip(&name, reason, detail),
            // Of a member that is looked at no more.
            Said::Bytes(_) | Said::Failed(_) => {}
        }
        next = next.or_else(|| says.recv().ok());
    }
    Ok(())
}

/// The bytes of a member, as they come.
struct Member<'a> {
    says: &'a Receiver<Said>,
    bytes: Zeroizing<Vec<u8>>,
    at: usize,
    /// What was said after the last of them.
    next: Option<Said>,
}

impl Member<'_> {
    /// What comes after the member, the rest of which nobody looks at.
    fn rest(self) -> Option<Said> {
        let is_of_it = |said: &Said| matches!(said, Said::Bytes(_) | Said::Failed(_));
        self.next.or_else(|| self.says.iter().find(|said| !is_of_it(said)))
    }
}

impl Read for Member<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.bytes.len() && self.next.is_none() {
            match self.says.recv() {
                Ok(Said::Bytes(bytes)) => (self.bytes, self.at) = (bytes, 0),
                Ok(Said::Failed(problem)) => return Err(problem),
                Ok(next) => self.next = Some(next),
                Err(_) => return Ok(0),
            }
        }
        let read = self.bytes.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

/// Hands the bytes of a member to who looks at them, as long as somebody does.
struct Sender {
    said: SyncSender<Said>,
    /// How many members came before.
    before: usize,
    /// Whether what follows cannot be decoded without this.
    is_needed: bool,
    done: Arc<AtomicUsize>,
}

impl Write for Sender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let is_wanted = self.done.load(Ordering::Relaxed) <= self.before;
        if is_wanted {
            let piece = Said::Bytes(Zeroizing::new(bytes.to_vec()));
            self.said.send(piece).map_err(|_| io::Error::other(Cut))?;
        } else if !self.is_needed {
            return Err(io::Error::other(Cut));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Decodes all members, one after the other.
fn extract(copy: File, said: &SyncSender<Said>, done: &Arc<AtomicUsize>) -> io::Result<()> {
    let options = ArchiveReadOptions::new()
        .with_max_header_bytes(HEADERS)
        .with_max_reader_workspace_bytes(MEMORY)
        .with_rar50_dictionary_size_limit(MEMORY);
    let archive = ArchiveReader::read_reader_with_options(copy, options).map_err(told)?;
    let is_solid = matches!(archive.family(), ArchiveFamily::Rar13)
        || archive.members().any(|member| member.is_solid());
    let mut members = 0;
    // Where the next one begins at the earliest.
    let mut at = 0_u64;
    let mut goes_on = false;
    let decide = |member: &ArchiveMember| {
        let meta = &member.meta;
        let from = at;
        at = at.saturating_add(meta.packed_size);
        let skip = |reason, detail| {
            let name = name(member);
            // Nobody listens once a budget is spent.
            let _spent = said.send(Said::Skipped { name, reason, detail });
            Ok(ExtractionDecision::Skip)
        };
        if meta.is_directory || meta.is_redirection {
            return Ok(ExtractionDecision::Skip);
        }
        if meta.is_split_before || meta.is_split_after {
            goes_on = true;
            return skip(Reason::NoReader, "it goes on in another volume");
        }
        if meta.is_encrypted && !is_solid {
            return skip(Reason::Encrypted, "rar: AES or older");
        }
        let begun = Said::Member { name: name(member), stored: meta.is_stored.then_some(from) };
        said.send(begun).map_err(|_| Error::Cancelled)?;
        let sender = Sender {
            said: said.clone(),
            before: members,
            is_needed: is_solid,
            done: Arc::clone(done),
        };
        members += 1;
        Ok(ExtractionDecision::Extract(Box::new(sender)))
    };
    let failed = |_: &ArchiveMember, problem: &Error| {
        let failed = Said::Failed(told(problem.clone()));
        said.send(failed).map_err(|_| Error::Cancelled)?;
        Ok(ExtractionErrorAction::Continue)
    };
    let outcome = archive.extract_with_control_and_errors(options, decide, failed);
    // It may be packed as well. Nobody listens once a budget is spent.
    let name = b"(comment)".to_vec();
    match archive.comment_with_options(options) {
        Ok(None) => {}
        Ok(Some(comment)) => {
            let bytes = Said::Bytes(Zeroizing::new(comment));
            let begun = said.send(Said::Member { name, stored: None });
            let _spent = begun.and_then(|()| said.send(bytes));
        }
        Err(problem) => {
            let reason = super::reason(&told(problem));
            let _spent = said.send(Said::Skipped { name, reason, detail: "rar: a comment" });
        }
    }
    match outcome {
        Err(problem) => Err(told(problem)),
        Ok(_) if goes_on => Err(io::Error::other(Unread("more is in another volume".into()))),
        Ok(_) => Ok(()),
    }
}

/// The name of a member, with the separators of today.
fn name(member: &ArchiveMember) -> Vec<u8> {
    let name = member.decoded_name(None).map_or_else(|_| member.meta.name.clone(), Into::into);
    match member.meta.family {
        ArchiveFamily::Rar50Plus => name,
        _ => name.iter().map(|&byte| if byte == b'\\' { b'/' } else { byte }).collect(),
    }
}

/// What went wrong, in words that hold nothing of the input.
fn told(problem: Error) -> io::Error {
    let is_encrypted =
        matches!(problem.root_cause(), Error::FeatureDisabled { feature: "encryption" });
    match problem.kind() {
        _ if is_encrypted => io::Error::other(Locked("encrypted, its names too")),
        ErrorKind::Cancelled => io::Error::other(Cut),
        ErrorKind::PasswordRequired | ErrorKind::BadPassword => {
            io::Error::other(Locked("encrypted"))
        }
        ErrorKind::ResourceLimit => {
            io::Error::other(TooLarge("it wants more memory than there is for it".into()))
        }
        ErrorKind::UnsupportedFeature | ErrorKind::UnsupportedFormat => {
            io::Error::other(Unread("a method that nothing here reads".into()))
        }
        ErrorKind::ChecksumMismatch => invalid("a sum is wrong"),
        _ => invalid("damaged structure"),
    }
}
