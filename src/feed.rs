//! Bytes on their way from a reader: buffers that are reused, and what of a reader is at hand.

use std::{
    io::{self, ErrorKind, Read},
    ops::{Deref, DerefMut},
};

use zeroize::Zeroizing;

use crate::{budget, layers::Input};

/// Buffers of a reader, one for each depth of containers, reused from input to input.
pub(crate) struct Buffer(Vec<Pages>);

impl Buffer {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn take(&mut self, depth: usize) -> Pages {
        let mut buffer = self.0.get_mut(depth).map(std::mem::take).unwrap_or_default();
        buffer.grow(budget::FIRST_READ);
        buffer
    }

    pub(crate) fn put(&mut self, depth: usize, buffer: Pages) {
        while self.0.len() <= depth {
            self.0.push(Pages::default());
        }
        if let Some(place) = self.0.get_mut(depth) {
            *place = buffer;
        }
    }
}

/// Bytes that begin where a page of memory does. Large allocations begin a few bytes after one, where
/// some processors copy at half the speed when the kernel fills them.
#[derive(Default)]
pub(crate) struct Pages {
    bytes: Zeroizing<Vec<u8>>,
    start: usize,
}

/// Of a page, as nearly all systems have it.
pub(crate) const PAGE: usize = 4096;

impl Pages {
    /// Makes room for `goal` bytes, and keeps what is there.
    pub(crate) fn grow(&mut self, goal: usize) {
        if self.len() >= goal {
            return;
        }
        // By halves and more, so that growing step by step copies little.
        let goal = goal.max(self.len().saturating_mul(2));
        let bytes = Zeroizing::new(vec![0; goal.saturating_add(PAGE)]);
        let start = bytes.as_ptr().align_offset(PAGE).min(PAGE);
        let old = std::mem::replace(self, Self { bytes, start });
        self.iter_mut().zip(old.iter()).for_each(|(to, from)| *to = *from);
    }
}

impl Deref for Pages {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let end = self.bytes.len().saturating_sub(PAGE - self.start);
        self.bytes.get(self.start..end).unwrap_or_default()
    }
}

impl DerefMut for Pages {
    fn deref_mut(&mut self) -> &mut [u8] {
        let end = self.bytes.len().saturating_sub(PAGE - self.start);
        self.bytes.get_mut(self.start..end).unwrap_or_default()
    }
}

/// A reader and what was read of it and is still needed.
pub(crate) struct Feed<'a> {
    pub reader: Input<'a>,
    pub buffer: &'a mut Pages,
    pub length: usize,
    /// Set once nothing more comes.
    pub end: Option<End>,
    /// Everything that was read, kept beside the buffer for what needs it whole.
    pub copy: Option<Zeroizing<Vec<u8>>>,
}

pub(crate) enum End {
    Reached,
    Failed(io::Error),
}

impl<'a> Feed<'a> {
    pub(crate) fn new(reader: Input<'a>, buffer: &'a mut Pages) -> Self {
        Self { reader, buffer, length: 0, end: None, copy: None }
    }

    /// Keeps what is read from now on, with what was read so far, unless all is there already.
    pub(crate) fn keep_copy(&mut self, is_wanted: bool) {
        if is_wanted && self.end.is_none() {
            self.copy = Some(Zeroizing::new(self.bytes().to_vec()));
        }
    }

    /// Everything that was read, if a copy was kept of what did not come at once.
    pub(crate) fn whole(&self) -> &[u8] {
        self.copy.as_ref().map_or(self.bytes(), |copy| copy.as_slice())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }

    /// Reads until there are `goal` bytes or nothing more comes.
    pub(crate) fn fill(&mut self, goal: usize) {
        if self.end.is_none() {
            self.buffer.grow(goal);
        }
        while self.length < goal && self.end.is_none() {
            let rest = self.buffer.get_mut(self.length..goal).unwrap_or_default();
            match self.reader.read(rest) {
                Ok(0) => self.end = Some(End::Reached),
                Ok(read) => {
                    if let Some(copy) = self.copy.as_mut().filter(|c| c.len() <= budget::DOCUMENT) {
                        copy.extend_from_slice(rest.get(..read).unwrap_or_default());
                    }
                    self.length += read;
                }
                Err(problem) if problem.kind() == ErrorKind::Interrupted => {}
                Err(problem) => self.end = Some(End::Failed(problem)),
            }
        }
    }

    pub(crate) fn drop_front(&mut self, count: usize) {
        self.buffer.copy_within(count..self.length, 0);
        self.length -= count;
    }
}
