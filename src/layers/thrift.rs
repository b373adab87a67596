//! Structures in Thrift's compact protocol, field by field: only what metadata of Parquet needs.

use super::invalid;
use std::io;

/// Structures inside of one another.
const DEPTH: usize = 16;

/// The rest of a structure, or of the bytes after it.
#[derive(Clone, Copy)]
pub(super) struct Thrift<'a> {
    bytes: &'a [u8],
    /// Of the last field.
    id: i16,
}

/// A value of a field.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Bool(bool),
    Number(i64),
    Bytes(&'a [u8]),
    /// To be read through to its end by [`Thrift::field`].
    Struct,
    List {
        kind: u8,
        count: usize,
    },
    /// A double.
    Other,
}

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const STRUCT: u8 = 12;

impl<'a> Thrift<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, id: 0 }
    }

    /// Bytes that are not read yet.
    pub(super) fn left(&self) -> usize {
        self.bytes.len()
    }

    /// Calls `each` with every field of the structure that begins here. It reads what it wants of
    /// structures and lists with the reader it is given; what it leaves is passed over.
    pub(super) fn fields(
        &mut self,
        each: &mut dyn FnMut(i16, Value<'a>, &mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.id = 0;
        while let Some((id, kind)) = self.field()? {
            let (value, from) = (self.value(kind)?, self.bytes);
            let mut inner = Self::new(from);
            each(id, value, &mut inner)?;
            self.pass(value, DEPTH)?;
        }
        Ok(())
    }

    /// Calls `each` at every structure of a list, which it may read.
    pub(super) fn structs(
        &mut self,
        value: Value<'a>,
        each: &mut dyn FnMut(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        let Value::List { kind: STRUCT, count } = value else { return Ok(()) };
        for _ in 0..count {
            each(&mut Self::new(self.bytes))?;
            self.pass(Value::Struct, DEPTH)?;
        }
        Ok(())
    }

    /// The texts of a list, one after the other with dots between.
    pub(super) fn dotted(&mut self, value: Value<'a>) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        let Value::List { kind: BINARY, count } = value else { return Ok(all) };
        for number in 0..count {
            if number > 0 {
                all.push(b'.');
            }
            if let Value::Bytes(text) = self.value(BINARY)? {
                all.extend_from_slice(text);
            }
        }
        Ok(all)
    }

    /// Id and kind of the next field; nothing at the end of the structure.
    fn field(&mut self) -> io::Result<Option<(i16, u8)>> {
        let head = self.byte()?;
        if head == 0 {
            return Ok(None);
        }
        let id = match i16::from(head >> 4) {
            0 => i16::try_from(self.zigzag()?).map_err(|_| invalid("a field of no number"))?,
            step => self.id.saturating_add(step),
        };
        self.id = id;
        Ok(Some((id, head & 15)))
    }

    fn value(&mut self, kind: u8) -> io::Result<Value<'a>> {
        Ok(match kind {
            TRUE => Value::Bool(true),
            FALSE => Value::Bool(false),
            BYTE => Value::Number(self.byte()?.cast_signed().into()),
            4..=6 => Value::Number(self.zigzag()?),
            DOUBLE => {
                self.take(8)?;
                Value::Other
            }
            BINARY => {
                let length = self.unsigned()?;
                Value::Bytes(self.take(length)?)
            }
            LIST | SET => {
                let head = self.byte()?;
                let count = match head >> 4 {
                    15 => self.unsigned()?,
                    count => count.into(),
                };
                // Each has at least a byte.
                let count = usize::try_from(count).ok().filter(|&count| count <= self.left());
                let count = count.ok_or_else(|| invalid("a list that is too long"))?;
                Value::List { kind: head & 15, count }
            }
            STRUCT => Value::Struct,
            // Maps do not occur there.
            _ => return Err(invalid("a value of no kind")),
        })
    }

    /// Passes over what is inside of a value.
    fn pass(&mut self, value: Value<'a>, depth: usize) -> io::Result<()> {
        let depth = depth.checked_sub(1).ok_or_else(|| invalid("nested too deeply"))?;
        match value {
            Value::Struct => {
                let id = std::mem::take(&mut self.id);
                while let Some((_, kind)) = self.field()? {
                    let value = self.value(kind)?;
                    self.pass(value, depth)?;
                }
                self.id = id;
            }
            Value::List { kind, count } => {
                for _ in 0..count {
                    self.element(kind, depth)?;
                }
            }
            Value::Bool(_) | Value::Number(_) | Value::Bytes(_) | Value::Other => {}
        }
        Ok(())
    }

    /// Passes over an element of a list, in which a truth has a byte.
    fn element(&mut self, kind: u8, depth: usize) -> io::Result<()> {
        let kind = if matches!(kind, TRUE | FALSE) { BYTE } else { kind };
        let value = self.value(kind)?;
        self.pass(value, depth)
    }

    fn byte(&mut self) -> io::Result<u8> {
        let (&byte, rest) = self.bytes.split_first().ok_or(io::ErrorKind::UnexpectedEof)?;
        self.bytes = rest;
        Ok(byte)
    }

    fn take(&mut self, length: u64) -> io::Result<&'a [u8]> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let (taken, rest) =
            self.bytes.split_at_checked(length).ok_or(io::ErrorKind::UnexpectedEof)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn unsigned(&mut self) -> io::Result<u64> {
        let mut number = 0;
        for place in 0..10 {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(invalid("a number that is too long"))
    }

    fn zigzag(&mut self) -> io::Result<i64> {
        let number = self.unsigned()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_and_what_is_left_is_passed_over() {
        // {1: 150, 2: [{1: "ab"}, {}], 4: true, 20: "c"}
        let bytes = b"\x15\xac\x02\x19\x2c\x18\x02ab\0\0\x21\x08\x28\x01c\0rest";
        let mut seen = Vec::new();
        let mut thrift = Thrift::new(bytes);
        thrift
            .fields(&mut |id, value, inner| {
                seen.push(match value {
                    Value::Number(number) => format!("{id} {number}"),
                    Value::Bool(truth) => format!("{id} {truth}"),
                    Value::Bytes(text) => format!("{id} {}", text.escape_ascii()),
                    _ => {
                        let mut names = Vec::new();
                        inner.structs(value, &mut |item| {
                            item.fields(&mut |_, value, _| {
                                if let Value::Bytes(text) = value {
                                    names.extend_from_slice(text);
                                }
                                Ok(())
                            })
                        })?;
                        format!("{id} {}", names.escape_ascii())
                    }
                });
                Ok(())
            })
            .unwrap();
        assert_eq!(seen, ["1 150", "2 ab", "4 true", "20 c"]);
        assert_eq!(thrift.left(), 4);
        for end in 0..bytes.len() - 4 {
            let cut = Thrift::new(&bytes[..end]).fields(&mut |_, _, _| Ok(()));
            assert!(cut.is_err(), "cut at {end}");
        }
        let deep = [0x1c; 1000];
        assert!(Thrift::new(&deep).fields(&mut |_, _, _| Ok(())).is_err());
    }
}
