//! What the metadata of Parquet say of columns and pages (parquet.thrift 2.11).

use std::{io, ops::Range};

use super::{
    invalid,
    thrift::{Thrift, Value},
};

/// The pages of one column in one group of rows.
#[derive(Default)]
pub(super) struct Chunk {
    pub at: Range<u64>,
    pub codec: i64,
    /// The path of the column, with dots.
    pub name: Vec<u8>,
    pub is_encrypted: bool,
    /// In another file.
    pub is_elsewhere: bool,
}

/// The chunks that the metadata at the end of a file name.
pub(super) fn chunks(footer: &[u8]) -> io::Result<Vec<Chunk>> {
    let mut chunks = Vec::new();
    Thrift::new(footer).fields(&mut |id, groups, inner| {
        if id != 4 {
            return Ok(());
        }
        inner.structs(groups, &mut |group| {
            group.fields(&mut |id, columns, inner| {
                if id != 1 {
                    return Ok(());
                }
                inner.structs(columns, &mut |column| {
                    chunks.push(chunk(column)?);
                    Ok(())
                })
            })
        })
    })?;
    Ok(chunks)
}

fn chunk(column: &mut Thrift<'_>) -> io::Result<Chunk> {
    let mut chunk = Chunk::default();
    column.fields(&mut |id, value, inner| {
        match (id, value) {
            (1, Value::Bytes(_)) => chunk.is_elsewhere = true,
            (3, Value::Struct) => metadata(inner, &mut chunk)?,
            // Keys, or the metadata themselves.
            (8, Value::Struct) | (9, Value::Bytes(_)) => chunk.is_encrypted = true,
            _ => {}
        }
        Ok(())
    })?;
    Ok(chunk)
}

fn metadata(metadata: &mut Thrift<'_>, chunk: &mut Chunk) -> io::Result<()> {
    let (mut size, mut data, mut dictionary) = (0, 0, 0);
    metadata.fields(&mut |id, value, inner| {
        match (id, value) {
            (3, list) => chunk.name = inner.dotted(list)?,
            (4, Value::Number(codec)) => chunk.codec = codec,
            (7, Value::Number(number)) => size = number,
            (9, Value::Number(number)) => data = number,
            (11, Value::Number(number)) => dictionary = number,
            _ => {}
        }
        Ok(())
    })?;
    // Zero where a writer has none.
    let start = if 0 < dictionary && dictionary < data { dictionary } else { data };
    let range = u64::try_from(start).ok().zip(u64::try_from(size).ok());
    let range = range.and_then(|(start, size)| Some(start..start.checked_add(size)?));
    chunk.at = range.ok_or_else(|| invalid("a column at no place"))?;
    Ok(())
}

/// The head of a page.
#[derive(Default)]
pub(super) struct Page {
    /// Bytes of the head itself.
    pub head: usize,
    pub packed: u64,
    pub unpacked: u64,
    /// Bytes before the values that are never packed.
    pub levels: u64,
    /// Whether its values are not packed, whatever the column says.
    pub is_plain: bool,
    /// How values are written.
    pub encoding: i64,
}

pub(super) fn page(bytes: &[u8]) -> io::Result<Page> {
    let mut page = Page::default();
    let mut thrift = Thrift::new(bytes);
    let size = |number: i64| u64::try_from(number).map_err(|_| invalid("a page of no size"));
    thrift.fields(&mut |id, value, inner| {
        match (id, value) {
            (2, Value::Number(number)) => page.unpacked = size(number)?,
            (3, Value::Number(number)) => page.packed = size(number)?,
            (5, Value::Struct) => inner.fields(&mut |id, value, _| {
                if let (2, Value::Number(encoding)) = (id, value) {
                    page.encoding = encoding;
                }
                Ok(())
            })?,
            (8, Value::Struct) => inner.fields(&mut |id, value, _| {
                match (id, value) {
                    (4, Value::Number(encoding)) => page.encoding = encoding,
                    (5 | 6, Value::Number(levels)) => page.levels += size(levels)?,
                    (7, Value::Bool(is_packed)) => page.is_plain = !is_packed,
                    _ => {}
                }
                Ok(())
            })?,
            _ => {}
        }
        Ok(())
    })?;
    page.head = bytes.len() - thrift.left();
    Ok(page)
}
