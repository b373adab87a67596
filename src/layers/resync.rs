//! Streams that go on after a damage: where the next of them begins.

use std::io::{self, BufRead, Read};

use super::{Entries, Source, is_cut, reason};
use crate::ledger::Reason;

/// Bytes that are looked at in one go, and bytes of them that a beginning may have.
const AHEAD: usize = 64 << 10;
const HEAD: usize = 2 << 10;

/// Damages in one input after which its streams are looked for. Each goes back a little, so that
/// beginnings without end would cost.
const DAMAGES: usize = 64;

/// What lies before the next beginning of something.
pub(super) struct Before<'s, 'i> {
    source: &'s mut Source<'i>,
    begins: fn(&[u8]) -> bool,
    /// Offsets of beginnings are multiples of this, and not before `from`.
    step: u64,
    from: u64,
}

impl<'s, 'i> Before<'s, 'i> {
    pub(super) fn new(
        source: &'s mut Source<'i>,
        begins: fn(&[u8]) -> bool,
        step: u64,
        from: u64,
    ) -> Self {
        Self { source, begins, step, from }
    }
}

impl Read for Before<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let at = self.source.position();
        let ahead = self.source.peek(AHEAD)?;
        let is_end = ahead.len() < AHEAD;
        let searched = if is_end { ahead.len() } else { AHEAD - HEAD };
        let count = searched.min(buffer.len());
        let is_begin = |offset: &usize| {
            let place = at + *offset as u64;
            self.from <= place
                && place.is_multiple_of(self.step)
                && (self.begins)(ahead.get(*offset..).unwrap_or_default())
        };
        let count = (0..count).find(is_begin).unwrap_or(count);
        let (buffer, ahead) = (buffer.get_mut(..count), ahead.get(..count));
        if let (Some(buffer), Some(ahead)) = (buffer, ahead) {
            buffer.copy_from_slice(ahead);
        }
        self.source.consume(count);
        Ok(count)
    }
}

/// Reads streams up to the end, also after damages, which are in the ledger. What lies between a
/// damage and the next beginning is looked at as it is. `open` is given the name of what it reads. Of what is
/// read after a damage, `is_sequel` says which problems only come from that.
pub(super) fn each(
    source: &mut Source<'_>,
    entries: &mut Entries<'_, '_>,
    begins: fn(&[u8]) -> bool,
    step: u64,
    is_sequel: fn(&io::Error) -> bool,
    mut open: impl FnMut(&[u8], &mut Source<'_>, &mut Entries<'_, '_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut name = Vec::new();
    for _ in 0..DAMAGES {
        let Err(problem) = open(&name, source, entries) else { return Ok(()) };
        let is_damage = reason(&problem) == Reason::Damaged;
        if is_cut(&problem) || source.has_failed() || !is_damage {
            return Err(problem);
        }
        // Parts before were read, and are not read again.
        let from = source.next_part();
        if name.is_empty() || !is_sequel(&problem) {
            entries.note(Reason::Damaged, &problem);
            // What came just before may be where the damage begins.
            source.step_back();
        }
        let mut before = Before::new(source, begins, step, from);
        entries.as_it_is(b"(after the damage)", &mut before);
        io::copy(&mut before, &mut io::sink())?;
        entries.check()?;
        if source.peek(1)?.is_empty() {
            return Ok(());
        }
        name = format!("(from {})", source.position()).into_bytes();
    }
    Err(super::invalid("damaged again and again"))
}
