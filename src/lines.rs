//! Lines and columns of places in a file.

/// Counts lines and columns on the way through a file.
#[derive(Clone, Copy, Default)]
pub(crate) struct Lines {
    /// Newlines so far.
    pub line: u64,
    /// Code points since the last one.
    pub column: u64,
}

impl Lines {
    pub(crate) fn advance(&mut self, bytes: &[u8]) {
        let tail = match memchr::memrchr(b'\n', bytes) {
            Some(last) => {
                self.line += memchr::memchr_iter(b'\n', bytes).count() as u64;
                self.column = 0;
                bytes.get(last + 1..).unwrap_or_default()
            }
            None => bytes,
        };
        self.column += code_points(tail);
    }
}

/// Code points of UTF-8: bytes that do not continue one. In other encodings, bytes.
pub(crate) fn code_points(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as u64
}
