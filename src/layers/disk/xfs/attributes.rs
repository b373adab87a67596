//! Attributes of users on files of XFS: in the inode, in blocks, or apart from these if they are
//! large. Those of the system, as labels, are looked at as they lie there.

use std::io;

use zeroize::Zeroizing;

use super::{
    super::{
        super::{Entries, ReadSeek, invalid},
        claims::Claims,
        files::Runs,
        numbers::{be16, be32},
        view::bytes_at,
    },
    inode::{Format, Inode},
    superblock::System,
};

/// Bytes of all blocks of attributes of a file that are read.
const BLOCKS: u64 = 1 << 20;

/// Flags of an attribute whose value is beside its name, and of those that are no user's.
const LOCAL: u8 = 1;
const NO_USERS: u8 = 0x8e;

/// Inspects each attribute, and claims where its value lies.
pub(super) fn hand_out(
    system: &System,
    file: &mut dyn ReadSeek,
    inode: &Inode,
    path: &[u8],
    entries: &mut Entries<'_, '_>,
    claims: &mut Claims,
) -> io::Result<()> {
    let Some(fork) = inode.attributes() else { return Ok(()) };
    if fork.format == Format::Local {
        let end = usize::from(be16(fork.bytes, 0));
        let mut at = 4;
        while at < end {
            let [name_length, length, flags, ..] = *fork.bytes.get(at..).unwrap_or_default() else {
                return Err(invalid("attributes that cannot be"));
            };
            let name = at + 3;
            let value = name + usize::from(name_length);
            at = value + usize::from(length);
            let (Some(name), Some(bytes)) =
                (fork.bytes.get(name..value), fork.bytes.get(value..at))
            else {
                return Err(invalid("attributes that cannot be"));
            };
            if flags & NO_USERS == 0 {
                let place = fork.place + value as u64;
                claims.add(place, place + bytes.len() as u64);
                entries.member(&named(path, name), &mut { bytes })?;
            }
        }
        return Ok(());
    }
    let mut runs = Runs::default();
    let mut outcome = system.runs(file, &fork, &mut runs);
    let end = runs.end().min(BLOCKS);
    if BLOCKS < runs.end() {
        outcome = outcome.and(Err(invalid("more than 1 MiB of attributes")));
    }
    for at in (0..end / system.block).map(|n| n * system.block) {
        if runs.allocated(at, at + system.block) == 0 {
            continue;
        }
        let block = match bytes_at(&mut runs.view(file, end), at, system.block) {
            Ok(block) => block,
            Err(problem) => {
                outcome = outcome.and(Err(problem));
                continue;
            }
        };
        let (mark, head) = if system.is_5 { (0x3bee, 80) } else { (0xfbee, 32) };
        if be16(&block, 8) != mark {
            // A node above others, or a value.
            continue;
        }
        let count = usize::from(be16(&block, if system.is_5 { 56 } else { 12 }));
        for entry in block.get(head..).unwrap_or_default().chunks_exact(8).take(count) {
            let flags = entry.get(6).copied().unwrap_or_default();
            if flags & NO_USERS != 0 {
                continue;
            }
            let here = usize::from(be16(entry, 4));
            let attribute = block.get(here..).unwrap_or_default();
            let found = if flags & LOCAL != 0 {
                beside(attribute, at + here as u64, &runs, claims)
            } else {
                apart(system, file, attribute, &runs, claims)
            };
            match found {
                Ok((name, value)) => entries.member(&named(path, name), &mut value.as_slice())?,
                Err(problem) => outcome = outcome.and(Err(problem)),
            }
        }
    }
    outcome
}

fn named(path: &[u8], name: &[u8]) -> Vec<u8> {
    [path, b":user.", name].concat()
}

type Attribute<'a> = (&'a [u8], Zeroizing<Vec<u8>>);

/// The length of the value, that of the name, and both.
fn beside<'a>(
    bytes: &'a [u8],
    at: u64,
    runs: &Runs,
    claims: &mut Claims,
) -> io::Result<Attribute<'a>> {
    let value = 3 + bytes.get(2).copied().map_or(0, usize::from);
    let end = value + usize::from(be16(bytes, 0));
    let (Some(name), Some(bytes)) = (bytes.get(3..value), bytes.get(value..end)) else {
        return Err(invalid("an attribute that cannot be"));
    };
    runs.claim_part(at + value as u64, at + end as u64, claims);
    Ok((name, bytes.to_vec().into()))
}

/// The block of the value among those of attributes, its length, that of the name, and the name.
fn apart<'a>(
    system: &System,
    file: &mut dyn ReadSeek,
    bytes: &'a [u8],
    runs: &Runs,
    claims: &mut Claims,
) -> io::Result<Attribute<'a>> {
    let (block, length) = (u64::from(be32(bytes, 0)), be32(bytes, 4));
    let name = 9 + bytes.get(8).copied().map_or(0, usize::from);
    let name = bytes.get(9..name).filter(|_| length <= 1 << 16);
    let name = name.ok_or_else(|| invalid("an attribute that cannot be"))?;
    let mut left = u64::from(length);
    let mut at = block * system.block;
    let head = if system.is_5 { 56 } else { 0 };
    let mut value = Zeroizing::new(Vec::new());
    while left > 0 {
        let here = left.min(system.block - head);
        let mut view = runs.view(file, runs.end());
        if system.is_5 && !bytes_at(&mut view, at, head)?.starts_with(b"XARM") {
            return Err(invalid("an attribute without its mark"));
        }
        value.extend_from_slice(&bytes_at(&mut view, at + head, here)?);
        runs.claim_part(at, at + head + here, claims);
        at += system.block;
        left -= here;
    }
    Ok((name, value))
}
