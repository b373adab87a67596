//! A reader of BER and DER elements on slices (X.690): tolerant of what tools get wrong, total on
//! everything else. Knows tags and lengths; knows no structure.

use std::ops::Deref;

use crate::unit::Decoded;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
const CONSTRUCTED: u8 = 0x20;

/// A context-specific, constructed tag: `[number] EXPLICIT`.
pub(crate) const fn explicit(number: u8) -> u8 {
    0xa0 | number
}

/// A context-specific, primitive tag: `[number] IMPLICIT` of a string.
pub(crate) const fn implicit(number: u8) -> u8 {
    0x80 | number
}

/// How deep elements of indefinite length may nest: PKCS#12 needs seven levels.
const DEPTH: usize = 16;

/// Elements that are looked at to find the end of an indefinite length: tools write pieces of a
/// kilobyte and more, so that this is a store of megabytes.
const ELEMENTS: usize = 4096;

/// Tag and length of an element, as its first bytes state them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub tag: u8,
    /// Bytes of tag and length.
    pub size: usize,
    /// Bytes of the content; `None` if it lasts until an end-of-contents.
    pub length: Option<usize>,
}

/// Reads a header. Tags above 30 are in none of our structures and are refused; lengths need not
/// be minimal.
pub(crate) fn header(bytes: &[u8]) -> Option<Header> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if tag & 0x1f == 0x1f || tag == 0 {
        return None;
    }
    if first < 0x80 {
        return Some(Header { tag, size: 2, length: Some(first.into()) });
    }
    let count = usize::from(first & 0x7f);
    if count == 0 {
        return (tag & CONSTRUCTED != 0).then_some(Header { tag, size: 2, length: None });
    }
    let mut length: u32 = 0;
    for &byte in rest.get(..count).filter(|_| count <= 8)? {
        length = length.checked_mul(0x100)?.checked_add(byte.into())?;
    }
    Some(Header { tag, size: 2 + count, length: Some(usize::try_from(length).ok()?) })
}

/// One element.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    /// Header, content and, after an indefinite length, the end-of-contents.
    pub whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements inside.
    pub(crate) fn reader(&self) -> Reader<'a> {
        Reader { rest: self.content }
    }

    /// An unsigned number of at most 64 bits.
    pub(crate) fn small(&self) -> Option<u64> {
        let number = crate::identity::trimmed(self.content);
        (self.tag == INTEGER && number.len() <= 8 && !self.content.is_empty())
            .then(|| number.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    }
}

/// The first element of `bytes`, if all of it is there.
pub(crate) fn element(bytes: &[u8]) -> Option<Element<'_>> {
    element_within(bytes, DEPTH, &mut { ELEMENTS })
}

fn element_within<'a>(bytes: &'a [u8], depth: usize, left: &mut usize) -> Option<Element<'a>> {
    *left = left.checked_sub(1)?;
    let header = header(bytes)?;
    let (_, rest) = bytes.split_at_checked(header.size)?;
    let (content, end) = match header.length {
        Some(length) => (rest.get(..length)?, 0),
        None => (rest.get(..indefinite(rest, depth.checked_sub(1)?, left)?)?, 2),
    };
    let whole = bytes.get(..header.size + content.len() + end)?;
    Some(Element { tag: header.tag, content, whole })
}

/// Length of the content before the end-of-contents.
fn indefinite(bytes: &[u8], depth: usize, left: &mut usize) -> Option<usize> {
    let mut rest = bytes;
    while !rest.starts_with(&[0, 0]) {
        let child = element_within(rest, depth, left)?;
        rest = rest.get(child.whole.len()..)?;
    }
    Some(bytes.len() - rest.len())
}

/// Reads elements one after another.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next element, whatever it is.
    pub(crate) fn any(&mut self) -> Option<Element<'a>> {
        let element = element(self.rest)?;
        self.rest = self.rest.get(element.whole.len()..)?;
        Some(element)
    }

    /// The next element, if it has this tag. If not, nothing is consumed.
    pub(crate) fn read(&mut self, tag: u8) -> Option<Element<'a>> {
        (self.tag()? == tag).then(|| self.any())?
    }

    /// The content of an element with this tag.
    pub(crate) fn content(&mut self, tag: u8) -> Option<&'a [u8]> {
        Some(self.read(tag)?.content)
    }

    pub(crate) fn sequence(&mut self) -> Option<Self> {
        Some(self.read(SEQUENCE)?.reader())
    }

    /// A number as unsigned bytes without leading zeros: tools that leave out the zero before a
    /// high bit mean a positive number.
    pub(crate) fn unsigned(&mut self) -> Option<&'a [u8]> {
        let content = self.content(INTEGER)?;
        (!content.is_empty()).then(|| crate::identity::trimmed(content))
    }

    /// An unsigned number of at most 64 bits.
    pub(crate) fn small(&mut self) -> Option<u64> {
        self.read(INTEGER)?.small()
    }

    /// Content of an OCTET STRING, in one piece or many.
    pub(crate) fn octets(&mut self) -> Option<Octets<'a>> {
        octets(&self.any()?, OCTET_STRING)
    }

    /// The bytes of a BIT STRING with no unused bits.
    pub(crate) fn bits(&mut self) -> Option<&'a [u8]> {
        whole_bytes(self.content(BIT_STRING)?)
    }

    /// Tag of the next element.
    pub(crate) fn tag(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

/// The bytes in the content of a BIT STRING, if it has no unused bits.
pub(crate) fn whole_bytes(content: &[u8]) -> Option<&[u8]> {
    content.split_first().filter(|(unused, _)| **unused == 0).map(|(_, bytes)| bytes)
}

/// Bytes of a string that may have been put together from pieces.
pub(crate) enum Octets<'a> {
    Whole(&'a [u8]),
    Joined(Decoded),
}

impl Deref for Octets<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Whole(bytes) => bytes,
            Self::Joined(bytes) => bytes,
        }
    }
}

/// Content of a string with this primitive tag, or of its constructed form (X.690 8.7.3), whose
/// pieces are OCTET STRINGs.
pub(crate) fn octets<'a>(element: &Element<'a>, tag: u8) -> Option<Octets<'a>> {
    if element.tag == tag {
        return Some(Octets::Whole(element.content));
    }
    if element.tag != tag | CONSTRUCTED {
        return None;
    }
    let mut joined = Decoded::new(Vec::with_capacity(element.content.len()));
    let mut pieces = element.reader();
    while !pieces.is_empty() {
        joined.extend_from_slice(pieces.content(OCTET_STRING)?);
    }
    Some(Octets::Joined(joined))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_every_form() {
        assert_eq!(element(b"\x04\x02abc").unwrap().content, b"ab");
        assert_eq!(element(b"\x04\x81\x02abc").unwrap().content, b"ab");
        assert_eq!(element(b"\x04\x84\0\0\0\x02abc").unwrap().content, b"ab");
        assert!(element(b"\x04\x03ab").is_none(), "the bytes end");
        assert!(element(b"\x04\x88\xff\xff\xff\xff\xff\xff\xff\xff").is_none());
        assert!(element(b"\x04\x80ab\0\0").is_none(), "a primitive of indefinite length");
    }

    #[test]
    fn indefinite_lengths_nest() {
        let outer = element(b"\x30\x80\x24\x80\x04\x01a\x04\x01b\0\0\0\0rest").unwrap();
        assert_eq!(outer.whole.len(), 14);
        let mut reader = outer.reader();
        assert_eq!(&*reader.octets().unwrap(), b"ab");
        assert!(reader.is_empty());
        assert!(element(&b"\x30\x80".repeat(1 << 20)).is_none(), "nesting is bounded");
        let pieces = [&b"\x24\x80"[..], &b"\x04\x01a".repeat(1 << 20), &[0, 0]].concat();
        assert!(element(&pieces).is_none(), "the number of pieces is bounded");
    }

    #[test]
    fn numbers_are_unsigned() {
        let mut reader = Reader::new(b"\x02\x01\x80\x02\x02\0\x80\x02\x01\0\x02\0");
        assert_eq!(reader.unsigned(), Some(&[0x80][..]));
        assert_eq!(reader.small(), Some(0x80));
        assert_eq!(reader.small(), Some(0));
        assert_eq!(reader.small(), None, "a number without bytes");
    }

    #[test]
    fn a_tag_that_is_not_there_consumes_nothing() {
        let mut reader = Reader::new(b"\x02\x01\x05");
        assert!(reader.read(OCTET_STRING).is_none());
        assert_eq!(reader.small(), Some(5));
    }
}
