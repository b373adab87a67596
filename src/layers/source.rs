//! The bytes of a container, read from front to back, with some of them at hand on both sides.

use std::{
    cell::Cell,
    io::{self, BufRead, Read},
    rc::Rc,
};

use super::{Input, ReadSeek};
use crate::feed::{End, Feed, Pages};

/// Bytes read at once.
const PIECE: usize = 128 << 10;

/// Bytes kept behind what was read, to look at again where a decoder stopped at a damage. A block
/// of bzip2 or zstd has more; its end is scanned.
const KEPT: usize = 32 << 10;

pub(crate) struct Source<'a> {
    input: Input<'a>,
    buffer: &'a mut Pages,
    /// What of `buffer` is still to be read.
    start: usize,
    end: usize,
    ended: Option<End>,
    has_failed: bool,
    /// Bytes handed out, for the ratio of what comes out of them.
    counter: Rc<Cell<u64>>,
    /// The offset up to which bytes were handed out as they are.
    seen: u64,
    /// Where the part that is being read began, if that is known.
    begun: Option<u64>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(feed: Feed<'a>) -> Self {
        let Feed { reader, buffer, length, end, copy: _ } = feed;
        let counter = Rc::default();
        Self {
            input: reader,
            buffer,
            start: 0,
            end: length,
            ended: end,
            has_failed: false,
            counter,
            seen: 0,
            begun: None,
        }
    }

    /// Counts the bytes that were handed out.
    pub(super) fn counter(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.counter)
    }

    pub(super) fn consumed(&self) -> u64 {
        self.counter.get()
    }

    /// Whether reading the bytes failed, which is no fault of what they hold.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// The next bytes, without taking them: `count` of them, or as many as there are. `count` is
    /// at most 64 KiB.
    pub(crate) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.end - self.start < count && self.refill()? {}
        let end = self.end.min(self.start + count);
        Ok(self.buffer.get(self.start..end).unwrap_or_default())
    }

    /// Takes `count` bytes without looking at them. Fewer are an error.
    pub(crate) fn pass(&mut self, mut count: u64) -> io::Result<()> {
        while count > 0 {
            let here = self.fill_buf()?.len();
            if here == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let taken = usize::try_from(count).unwrap_or(usize::MAX).min(here);
            self.consume(taken);
            count -= taken as u64;
        }
        Ok(())
    }

    /// Takes up to `count` bytes, fewer at the end.
    pub(crate) fn skip(&mut self, count: usize) -> io::Result<()> {
        let here = self.peek(count)?.len();
        self.consume(here);
        Ok(())
    }

    /// A reader of the next `count` bytes, for which fewer are an error.
    pub(crate) fn whole(&mut self, count: u64) -> Whole<'_, 'a> {
        Whole { source: self, left: count }
    }

    /// The offset of the next byte.
    pub(crate) fn position(&self) -> u64 {
        self.counter.get()
    }

    /// Takes zeros up to something else or the end.
    pub(crate) fn skip_zeros(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.fill_buf()?;
            let zeros = bytes.iter().position(|&byte| byte != 0);
            let taken = zeros.unwrap_or(bytes.len());
            if bytes.is_empty() {
                return Ok(());
            }
            self.consume(taken);
            if zeros.is_some() {
                return Ok(());
            }
        }
    }

    /// Says that a part of it begins here.
    pub(super) fn begins(&mut self) {
        self.begun = Some(self.position());
    }

    /// The offset after which the next part may begin: that of the last one, or else of the next byte.
    pub(super) fn next_part(&self) -> u64 {
        self.begun.map_or(self.position(), |begun| begun + 1)
    }

    /// Says that what was taken was looked at as it is.
    pub(super) fn seen(&mut self) {
        self.seen = self.position();
    }

    /// Goes back as far as bytes are kept, but not to what was handed out as it is.
    pub(super) fn step_back(&mut self) {
        let unseen = usize::try_from(self.position().saturating_sub(self.seen));
        let back = self.start.min(KEPT).min(unseen.unwrap_or(KEPT));
        self.start -= back;
        self.counter.set(self.counter.get().saturating_sub(back as u64));
    }

    pub(super) fn can_seek(&mut self) -> bool {
        self.seekable().is_some_and(|file| file.stream_position().is_ok())
    }

    pub(super) fn seekable(&mut self) -> Option<&mut dyn ReadSeek> {
        match &mut self.input {
            Input::Seek(file) => Some(*file),
            Input::Stream(_) => None,
        }
    }

    /// Reads a piece; says whether something came.
    fn refill(&mut self) -> io::Result<bool> {
        let kept = self.start.saturating_sub(KEPT);
        self.buffer.copy_within(kept..self.end, 0);
        self.start -= kept;
        self.end -= kept;
        let goal = self.end + PIECE;
        self.buffer.grow(goal);
        match &self.ended {
            Some(End::Reached) => return Ok(false),
            Some(End::Failed(problem)) => {
                self.has_failed = true;
                return Err(io::Error::new(problem.kind(), problem.to_string()));
            }
            None => {}
        }
        loop {
            match self.input.read(self.buffer.get_mut(self.end..goal).unwrap_or_default()) {
                Ok(0) => {
                    self.ended = Some(End::Reached);
                    return Ok(false);
                }
                Ok(read) => {
                    self.end += read;
                    return Ok(true);
                }
                Err(problem) if problem.kind() == io::ErrorKind::Interrupted => {}
                Err(problem) => {
                    self.has_failed = true;
                    let told = io::Error::new(problem.kind(), problem.to_string());
                    self.ended = Some(End::Failed(problem));
                    return Err(told);
                }
            }
        }
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.refill()?;
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.counter.set(self.counter.get() + count as u64);
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

/// A reader of so many bytes of a source.
pub(crate) struct Whole<'s, 'a> {
    source: &'s mut Source<'a>,
    left: u64,
}

impl Whole<'_, '_> {
    /// Bytes that nobody has read yet.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }
}

impl Read for Whole<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.source.read(buffer.get_mut(..most).unwrap_or_default())?;
        if read == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        self.source.seen();
        Ok(read)
    }
}
