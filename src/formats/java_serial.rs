//! Java Object Serialization Stream Protocol, version 5: as much as the key objects in key stores
//! use. Reads an object's fields of text and bytes; instantiates nothing.

use super::cursor::{Cursor, Stop};

/// Classes and objects refer to one another; key objects are at most three deep.
const DEPTH: usize = 8;

/// Key objects define under 20 classes and objects, of under 10 fields. Limits here keep copying of
/// classes cheap.
const HANDLES: usize = 256;
const FIELDS: u16 = 64;

const STREAM: u32 = 0xaced_0005;
const FIRST_HANDLE: u32 = 0x7e_0000;
const NULL: u8 = 0x70;
const REFERENCE: u8 = 0x71;
const CLASS: u8 = 0x72;
const OBJECT: u8 = 0x73;
const STRING: u8 = 0x74;
const ARRAY: u8 = 0x75;
const END_OF_BLOCK: u8 = 0x78;
const ENUM: u8 = 0x7e;

const HAS_WRITE_METHOD: u8 = 1;
const SERIALIZABLE: u8 = 2;

/// One serialised object.
pub(crate) struct Object<'a> {
    /// Bytes of the stream.
    pub length: usize,
    fields: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> Object<'a> {
    /// The content of the outermost object's field with this name: of a text or a byte array.
    pub(crate) fn field(&self, name: &str) -> Option<&'a [u8]> {
        self.fields.iter().find(|(field, _)| *field == name.as_bytes()).map(|&(_, value)| value)
    }
}

/// The object whose stream begins `bytes`.
pub(crate) fn object(bytes: &[u8]) -> Result<Object<'_>, Stop> {
    let mut stream = Stream { cursor: Cursor::new(bytes), handles: Vec::new(), fields: Vec::new() };
    if stream.cursor.u32()? != STREAM {
        return Err(Stop::Malformed);
    }
    stream.value(0)?;
    Ok(Object { length: stream.cursor.at(), fields: stream.fields })
}

struct Stream<'a> {
    cursor: Cursor<'a>,
    handles: Vec<Handle<'a>>,
    /// Fields of the outermost object.
    fields: Vec<(&'a [u8], &'a [u8])>,
}

/// What a later reference may name.
#[derive(Clone)]
enum Handle<'a> {
    Class(Class<'a>),
    /// A text or an array of bytes.
    Bytes(&'a [u8]),
    Opaque,
}

#[derive(Clone)]
struct Class<'a> {
    name: &'a [u8],
    /// The ancestors' and its own.
    layers: Vec<Layer<'a>>,
}

/// What one class of a line of ancestors adds to an object.
#[derive(Clone)]
struct Layer<'a> {
    flags: u8,
    /// Types and names.
    fields: Vec<(u8, &'a [u8])>,
}

impl<'a> Stream<'a> {
    /// A value of reference type; gives its bytes if it is a text or an array of bytes.
    fn value(&mut self, depth: usize) -> Result<Option<&'a [u8]>, Stop> {
        if depth >= DEPTH || self.handles.len() >= HANDLES {
            return Err(Stop::Malformed);
        }
        match self.cursor.byte()? {
            NULL => Ok(None),
            REFERENCE => match self.referred()? {
                Handle::Bytes(bytes) => Ok(Some(bytes)),
                Handle::Class(_) | Handle::Opaque => Ok(None),
            },
            STRING => {
                let text = self.cursor.counted16()?;
                self.handles.push(Handle::Bytes(text));
                Ok(Some(text))
            }
            ARRAY => {
                if self.class(depth + 1)?.name != b"[B" {
                    return Err(Stop::Malformed);
                }
                let bytes = self.cursor.counted32()?;
                self.handles.push(Handle::Bytes(bytes));
                Ok(Some(bytes))
            }
            ENUM => {
                self.class(depth + 1)?;
                self.handles.push(Handle::Opaque);
                self.value(depth + 1)
            }
            OBJECT => {
                let class = self.class(depth + 1)?;
                self.handles.push(Handle::Opaque);
                for layer in class.layers {
                    self.layer(&layer, depth)?;
                }
                Ok(None)
            }
            _ => Err(Stop::Malformed),
        }
    }

    fn layer(&mut self, layer: &Layer<'a>, depth: usize) -> Result<(), Stop> {
        if layer.flags & SERIALIZABLE == 0 {
            return Ok(());
        }
        for &(kind, name) in &layer.fields {
            match kind {
                b'B' | b'Z' => self.cursor.take(1)?,
                b'C' | b'S' => self.cursor.take(2)?,
                b'I' | b'F' => self.cursor.take(4)?,
                b'J' | b'D' => self.cursor.take(8)?,
                b'L' | b'[' => {
                    let value = self.value(depth + 1)?;
                    if let Some(value) = value
                        && depth == 0
                    {
                        self.fields.push((name, value));
                    }
                    continue;
                }
                _ => return Err(Stop::Malformed),
            };
        }
        if layer.flags & HAS_WRITE_METHOD != 0 { self.end_of_block() } else { Ok(()) }
    }

    fn class(&mut self, depth: usize) -> Result<Class<'a>, Stop> {
        let none = Class { name: b"", layers: Vec::new() };
        if depth >= DEPTH {
            return Err(Stop::Malformed);
        }
        match self.cursor.byte()? {
            NULL => return Ok(none),
            REFERENCE => match self.referred()? {
                Handle::Class(class) => return Ok(class),
                Handle::Bytes(_) | Handle::Opaque => return Err(Stop::Malformed),
            },
            CLASS => {}
            _ => return Err(Stop::Malformed),
        }
        let name = self.cursor.counted16()?;
        let _serial_version = self.cursor.u64()?;
        let handle = self.handles.len();
        self.handles.push(Handle::Opaque);
        let flags = self.cursor.byte()?;
        let mut fields = Vec::new();
        let count = self.cursor.u16()?;
        if count > FIELDS {
            return Err(Stop::Malformed);
        }
        for _ in 0..count {
            let kind = self.cursor.byte()?;
            fields.push((kind, self.cursor.counted16()?));
            if matches!(kind, b'L' | b'[') {
                self.value(depth + 1)?;
            }
        }
        self.end_of_block()?;
        let mut layers = self.class(depth + 1)?.layers;
        layers.push(Layer { flags, fields });
        let class = Class { name, layers };
        if let Some(slot) = self.handles.get_mut(handle) {
            *slot = Handle::Class(class.clone());
        }
        Ok(class)
    }

    fn end_of_block(&mut self) -> Result<(), Stop> {
        if self.cursor.byte()? == END_OF_BLOCK { Ok(()) } else { Err(Stop::Malformed) }
    }

    fn referred(&mut self) -> Result<Handle<'a>, Stop> {
        let index = self.cursor.u32()?.checked_sub(FIRST_HANDLE).ok_or(Stop::Malformed)?;
        let index = usize::try_from(index).map_err(|_| Stop::Malformed)?;
        self.handles.get(index).cloned().ok_or(Stop::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second entry of a JCEKS store that keytool made.
    fn sample() -> &'static [u8] {
        let store = include_bytes!("../../testdata/unit/stores/secret.jceks");
        let at = store.windows(4).rposition(|window| window == [0xac, 0xed, 0, 5]).unwrap();
        &store[at..]
    }

    #[test]
    fn fields_are_read_by_name() {
        let object = object(sample()).unwrap_or_else(|_| panic!("not read"));
        assert_eq!(object.field("sealAlg"), Some(&b"PBEWithMD5AndTripleDES"[..]));
        assert_eq!(object.field("encodedParams").unwrap().len(), 17);
        assert_eq!(object.field("other"), None);
        assert_eq!(object.length, sample().len() - 20, "the store's digest is no part of it");
    }

    #[test]
    fn survives_damage() {
        let sample = &sample()[..sample().len() - 20];
        for length in 0..sample.len() {
            assert_eq!(object(&sample[..length]).err(), Some(Stop::Cut));
        }
        let mut bytes = sample.to_vec();
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            let _any = object(&bytes);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
