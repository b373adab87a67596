//! Numbers at an offset. Beyond the end they are zero.

fn chunk<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let chunk = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    chunk.copied().unwrap_or([0; N])
}

pub(in crate::layers) fn le16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(chunk(bytes, at))
}

pub(in crate::layers) fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(chunk(bytes, at))
}

pub(in crate::layers) fn le64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(chunk(bytes, at))
}

pub(in crate::layers) fn be16(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes(chunk(bytes, at))
}

pub(in crate::layers) fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(chunk(bytes, at))
}

pub(in crate::layers) fn be64(bytes: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(chunk(bytes, at))
}
