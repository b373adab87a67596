//! Reading binary structures front to back. Knows integers and lengths; knows no format.

/// Why reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The bytes end before the structure does.
    Cut,
    /// The bytes are not this structure.
    Malformed,
}

/// A place in some bytes. Reading moves it only when it succeeds.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes read so far.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// What has been read.
    pub(crate) fn read(&self) -> &'a [u8] {
        self.bytes.get(..self.at).unwrap_or_default()
    }

    /// What has not been read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Stop> {
        let (taken, _) = self.rest().split_at_checked(length).ok_or(Stop::Cut)?;
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let array = *self.rest().first_chunk().ok_or(Stop::Cut)?;
        self.at += N;
        Ok(array)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Stop> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Stop> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Stop> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Stop> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn u32_le(&mut self) -> Result<u32, Stop> {
        self.array().map(u32::from_le_bytes)
    }

    /// As many bytes as the big-endian 16-bit length before them says.
    pub(crate) fn counted16(&mut self) -> Result<&'a [u8], Stop> {
        let mut ahead = self.clone();
        let length = ahead.u16()?;
        let taken = ahead.take(length.into())?;
        *self = ahead;
        Ok(taken)
    }

    /// As many bytes as the big-endian 32-bit length before them says.
    pub(crate) fn counted32(&mut self) -> Result<&'a [u8], Stop> {
        let mut ahead = self.clone();
        let length = ahead.u32()?;
        let taken = ahead.take(usize::try_from(length).map_err(|_| Stop::Cut)?)?;
        *self = ahead;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_beyond_the_end_moves_nothing() {
        let mut cursor = Cursor::new(&[0xff, 0xff, 0xff, 0xff, 1]);
        assert_eq!(cursor.counted32(), Err(Stop::Cut));
        assert_eq!(cursor.at(), 0);
        assert_eq!(cursor.take(usize::MAX), Err(Stop::Cut));
        assert_eq!(cursor.take(5), Ok(&[0xff, 0xff, 0xff, 0xff, 1][..]));
        assert_eq!(cursor.byte(), Err(Stop::Cut));
    }
}
