//! Bytes that lie in pieces over a file, read as if they lay together.

use std::{
    collections::VecDeque,
    io::{self, Read, Seek, SeekFrom},
    rc::Rc,
};

use zeroize::Zeroizing;

use super::super::{ReadSeek, invalid};

/// What a view has from an offset on.
pub(super) struct Piece {
    /// Bytes from that offset on.
    pub length: u64,
    pub data: Data,
}

pub(super) enum Data {
    /// A hole, which reads as zeros.
    Zeros,
    /// From this offset of the file on.
    File(u64),
    /// From this offset of what was unpacked on. What is missing there reads as zeros.
    Unpacked(Bytes, u64),
}

pub(super) type Bytes = Rc<Zeroizing<Vec<u8>>>;

/// What was read or unpacked last, by where it was. A file system goes to and fro between its
/// tables and what they tell of.
#[derive(Default)]
pub(super) struct Cache {
    kept: VecDeque<(u64, Bytes)>,
}

/// Pieces in a cache; of clusters of 2 MiB, the largest, they are 32 MiB.
const CACHED: usize = 16;

impl Cache {
    pub(super) fn get(
        &mut self,
        at: u64,
        read: impl FnOnce() -> io::Result<Zeroizing<Vec<u8>>>,
    ) -> io::Result<Bytes> {
        if let Some((_, bytes)) = self.kept.iter().find(|kept| kept.0 == at) {
            return Ok(Rc::clone(bytes));
        }
        let bytes = Rc::new(read()?);
        self.kept.truncate(CACHED - 1);
        self.kept.push_front((at, Rc::clone(&bytes)));
        Ok(bytes)
    }
}

/// Reads what `map` says is at an offset below `length`.
pub(super) struct View<'a, M> {
    file: &'a mut dyn ReadSeek,
    length: u64,
    at: u64,
    map: M,
    /// The last piece and where it begins.
    piece: Option<(u64, Piece)>,
}

impl<'a, M> View<'a, M>
where
    M: FnMut(&mut dyn ReadSeek, u64) -> io::Result<Piece>,
{
    pub(super) fn new(file: &'a mut dyn ReadSeek, length: u64, map: M) -> Self {
        Self { file, length, at: 0, map, piece: None }
    }

    /// Bytes of the piece at `at` that are left, and how far into it `at` is.
    fn find(&mut self, at: u64) -> io::Result<(u64, u64, &Data)> {
        let is_here = self
            .piece
            .as_ref()
            .is_some_and(|(from, piece)| *from <= at && at - from < piece.length);
        if !is_here {
            let piece = (self.map)(self.file, at)?;
            if piece.length == 0 {
                return Err(invalid("an empty piece"));
            }
            self.piece = Some((at, piece));
        }
        let Some((from, piece)) = &self.piece else { return Err(invalid("no piece")) };
        let into = at - from;
        Ok(((piece.length - into).min(self.length - at), into, &piece.data))
    }
}

impl<M> Read for View<'_, M>
where
    M: FnMut(&mut dyn ReadSeek, u64) -> io::Result<Piece>,
{
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.length <= self.at || buffer.is_empty() {
            return Ok(0);
        }
        let at = self.at;
        let (left, into, data) = self.find(at)?;
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = buffer.get_mut(..count).unwrap_or_default();
        let read = match data {
            Data::Zeros => {
                buffer.fill(0);
                count
            }
            Data::File(offset) => {
                let offset = offset.checked_add(into).ok_or_else(|| invalid("beyond the end"))?;
                self.file.seek(SeekFrom::Start(offset))?;
                match self.file.read(buffer)? {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    read => read,
                }
            }
            Data::Unpacked(bytes, offset) => {
                let offset = usize::try_from(offset.saturating_add(into)).unwrap_or(usize::MAX);
                let here = bytes.get(offset..).unwrap_or_default();
                let (head, tail) = buffer.split_at_mut(count.min(here.len()));
                head.copy_from_slice(here.get(..head.len()).unwrap_or_default());
                tail.fill(0);
                count
            }
        };
        self.at += read as u64;
        Ok(read)
    }
}

impl<M> Seek for View<'_, M> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl<M> ReadSeek for View<'_, M>
where
    M: FnMut(&mut dyn ReadSeek, u64) -> io::Result<Piece>,
{
    fn extent(&mut self, at: u64) -> io::Result<(bool, u64)> {
        if self.length <= at {
            return Ok((true, u64::MAX));
        }
        let (left, into, data) = self.find(at)?;
        let end = at + left;
        match *data {
            Data::Zeros => Ok((true, end)),
            Data::Unpacked(..) => Ok((false, end)),
            Data::File(offset) => {
                let offset = offset.saturating_add(into);
                let (is_hole, under) = self.file.extent(offset)?;
                Ok((is_hole, end.min(at.saturating_add(under.saturating_sub(offset)))))
            }
        }
    }
}

/// The bytes from `from` up to `to` of a file.
pub(in crate::layers) fn window(file: &mut dyn ReadSeek, from: u64, to: u64) -> impl ReadSeek {
    let length = to.saturating_sub(from);
    View::new(file, length, move |_, at| {
        Ok(Piece { length: length - at, data: Data::File(from.saturating_add(at)) })
    })
}

/// The `count` bytes at `at`. There must be as many, and memory for them is taken as they come.
pub(in crate::layers) fn bytes_at(
    file: &mut dyn ReadSeek,
    at: u64,
    count: u64,
) -> io::Result<Zeroizing<Vec<u8>>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(count).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != count {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn pieces_are_read_as_one_at_any_place() {
        let mut file = Cursor::new(b"0123456789".to_vec());
        let unpacked = Rc::new(Zeroizing::new(b"ab".to_vec()));
        let mut view = View::new(&mut file, 12, |_, at| {
            let data = match at / 4 {
                0 => Data::File(6 + at),
                1 => Data::Zeros,
                _ => Data::Unpacked(Rc::clone(&unpacked), at % 4),
            };
            Ok(Piece { length: 4 - at % 4, data })
        });
        let mut all = Vec::new();
        view.read_to_end(&mut all).unwrap();
        assert_eq!(all, b"6789\0\0\0\0ab\0\0");
        view.seek(SeekFrom::Start(9)).unwrap();
        all.clear();
        view.read_to_end(&mut all).unwrap();
        assert_eq!(all, b"b\0\0");
        assert_eq!(view.extent(5).unwrap(), (true, 8));
        assert_eq!(view.extent(8).unwrap(), (false, 12));
    }

    #[test]
    fn a_piece_beyond_the_end_of_the_file_is_an_error() {
        let mut file = Cursor::new(b"0123456789".to_vec());
        let mut all = Vec::new();
        assert!(window(&mut file, 5, 20).read_to_end(&mut all).is_err());
        assert_eq!(all, b"56789");
    }
}
