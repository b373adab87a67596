//! The wire format of protocol buffers, as far as key formats need it. Knows no schema.

/// A protocol buffer message. Its first field of a number counts.
#[derive(Clone, Copy)]
pub(crate) struct Message<'a>(pub &'a [u8]);

pub(crate) enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Other,
}

/// One field, and what follows it.
pub(crate) struct Field<'a> {
    pub number: u64,
    pub value: Wire<'a>,
    pub rest: &'a [u8],
}

impl<'a> Message<'a> {
    pub(crate) fn bytes(self, number: u64) -> Option<&'a [u8]> {
        self.fields().find_map(|field| match field.value {
            Wire::Bytes(bytes) if field.number == number => Some(bytes),
            _ => None,
        })
    }

    pub(crate) fn number(self, number: u64) -> Option<u64> {
        self.fields().find_map(|field| match field.value {
            Wire::Number(value) if field.number == number => Some(value),
            _ => None,
        })
    }

    fn fields(self) -> impl Iterator<Item = Field<'a>> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let field = field(rest)?;
            rest = field.rest;
            Some(field)
        })
        // A key has a handful of fields.
        .take(32)
    }
}

/// The field at the start of `bytes`.
pub(crate) fn field(bytes: &[u8]) -> Option<Field<'_>> {
    let (tag, rest) = varint(bytes)?;
    let (value, rest) = match tag & 7 {
        0 => varint(rest).map(|(number, rest)| (Wire::Number(number), rest))?,
        1 => (Wire::Other, rest.get(8..)?),
        2 => {
            let (length, rest) = varint(rest)?;
            let (value, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            (Wire::Bytes(value), rest)
        }
        5 => (Wire::Other, rest.get(4..)?),
        _ => return None,
    };
    Some(Field { number: tag >> 3, value, rest })
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0u64;
    for (place, &byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f).checked_shl(u32::try_from(place * 7).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(place + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_by_number() {
        let message = Message(b"\x08\x96\x01\x12\x03abc\x1d\x01\x02\x03\x04\x20\x05");
        assert_eq!(message.number(1), Some(150));
        assert_eq!(message.bytes(2), Some(&b"abc"[..]));
        assert_eq!(message.number(4), Some(5));
        assert_eq!(message.number(2), None);
    }

    #[test]
    fn lengths_beyond_the_end_are_refused() {
        assert!(field(b"\x12\x04abc").is_none());
        assert!(field(b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").is_none());
        assert!(field(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff").is_none());
        assert!(field(b"").is_none());
    }
}
