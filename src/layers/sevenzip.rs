//! 7z, block by block: what one block holds is packed together, so damage costs the rest of it.

use std::io::{self, Read, SeekFrom};

use sevenz_rust2::{Archive, BlockDecoder, Error, Password};

use super::{Entries, Layer, Open, ReadSeek, Unread, is_cut};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "7z",
    about: "7z: LZMA, LZMA2, PPMd, BZip2, Deflate, Zstandard and their filters",
    is: |head| head.starts_with(MAGIC),
    open: Open::Seek(open),
};

pub(super) const MAGIC: &[u8] = b"7z\xbc\xaf\x27\x1c";

/// Whether the sum of the head is right: behind a program, the magic says little.
pub(super) fn is_whole(head: &[u8]) -> bool {
    let (Some(sum), Some(place)) = (head.get(8..12), head.get(12..32)) else { return false };
    let mut crc = flate2::Crc::new();
    crc.update(place);
    head.starts_with(MAGIC) && sum == crc.sum().to_le_bytes()
}

fn open(mut file: &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let mut head = [0; 32];
    file.read_exact(&mut head)?;
    let [.., a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, _, _, _, _] = head;
    let offset = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
    let size = u64::from_le_bytes([i, j, k, l, m, n, o, p]);
    let end = 32_u64.saturating_add(offset).saturating_add(size);
    let length = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    if size > 0 {
        archive(&mut file, entries)?;
    }
    if end < length {
        file.seek(SeekFrom::Start(end))?;
        entries.gap(end, &mut file.take(length - end))?;
    }
    Ok(())
}

fn archive(file: &mut &mut dyn ReadSeek, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    let password = Password::empty();
    let archive = match Archive::read(file, &password) {
        Ok(archive) => archive,
        Err(problem) if is_encrypted(&problem) => {
            entries.note(Reason::Encrypted, "AES-256, names too");
            return Ok(());
        }
        Err(problem) => return Err(told(problem)),
    };
    for index in 0..archive.blocks.len() {
        // One thread: the caller has as many inputs at once as there are threads.
        let block = BlockDecoder::new(1, index, &archive, &password, file);
        let names: Vec<String> = block.entries().iter().map(|entry| entry.name.clone()).collect();
        let mut done = 0;
        let mut outcome = Ok(());
        let read = block.for_each_entries(&mut |entry, reader| {
            outcome = entries.entry(entry.name.as_bytes(), reader);
            // What is left out has to be read all the same.
            if outcome.is_ok() {
                io::copy(reader, &mut io::sink())?;
                done += 1;
            }
            Ok(outcome.is_ok())
        });
        let problem = match (outcome, read) {
            (Err(problem), _) if is_cut(&problem) => {
                entries.check()?;
                continue;
            }
            (Err(problem), _) => (Reason::Damaged, problem.to_string()),
            (Ok(()), Err(problem)) if is_encrypted(&problem) => {
                (Reason::Encrypted, "7z: AES-256".to_owned())
            }
            (Ok(()), Err(Error::UnsupportedCompressionMethod(method))) => {
                (Reason::NoReader, format!("7z: method {method}"))
            }
            (Ok(()), Err(problem)) => (Reason::Damaged, told(problem).to_string()),
            (Ok(()), Ok(_)) => continue,
        };
        for name in names.iter().skip(done) {
            entries.skip(name.as_bytes(), problem.0, &problem.1);
        }
    }
    Ok(())
}

fn is_encrypted(problem: &Error) -> bool {
    match problem {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => true,
        Error::UnsupportedCompressionMethod(method) => method.contains("AES"),
        _ => false,
    }
}

/// What went wrong, in words that hold nothing of the input.
fn told(problem: Error) -> io::Error {
    match problem {
        Error::Io(problem, _) => problem,
        Error::UnsupportedCompressionMethod(_) | Error::Unsupported(_) => {
            io::Error::other(Unread("a method that nothing here reads".into()))
        }
        Error::MaxMemLimited { .. } => {
            io::Error::other("it wants more memory than there is for it")
        }
        _ => super::invalid("damaged structure"),
    }
}
