//! Compressed streams that follow one another and are read as one, as every decompressor does.

use std::io::{self, Read};

use super::Source;

/// `D` is a decoder of one stream.
pub(super) struct Joined<'s, 'i, D> {
    state: State<'s, 'i, D>,
    /// Whether another stream begins here.
    begins: Begins<'s, 'i>,
    begin: Begin<'s, 'i, D>,
    /// Gives back what the decoder was reading, if it came to its end.
    end: fn(D) -> io::Result<&'s mut Source<'i>>,
}

type Begin<'s, 'i, D> = Box<dyn FnMut(&'s mut Source<'i>) -> io::Result<D> + 's>;

type Begins<'s, 'i> = Box<dyn FnMut(&mut Source<'i>) -> io::Result<bool> + 's>;

enum State<'s, 'i, D> {
    Between(&'s mut Source<'i>),
    In(D),
    Over,
}

impl<'s, 'i, D: Read> Joined<'s, 'i, D> {
    pub(super) fn new(
        source: &'s mut Source<'i>,
        begins: impl FnMut(&mut Source<'i>) -> io::Result<bool> + 's,
        begin: impl FnMut(&'s mut Source<'i>) -> io::Result<D> + 's,
        end: fn(D) -> io::Result<&'s mut Source<'i>>,
    ) -> Self {
        Self {
            state: State::Between(source),
            begins: Box::new(begins),
            begin: Box::new(begin),
            end,
        }
    }
}

impl<D: Read> Read for Joined<'_, '_, D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.state = match std::mem::replace(&mut self.state, State::Over) {
                State::Over => return Ok(0),
                State::Between(source) => {
                    if !(self.begins)(source)? {
                        return Ok(0);
                    }
                    State::In((self.begin)(source)?)
                }
                State::In(mut decoder) => match decoder.read(buffer)? {
                    0 => State::Between((self.end)(decoder)?),
                    read => {
                        self.state = State::In(decoder);
                        return Ok(read);
                    }
                },
            };
        }
    }
}
