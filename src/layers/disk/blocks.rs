//! Images that have a table of blocks of one size, which says where each lies.

use std::io::{self, SeekFrom};

use super::{
    super::{Entries, ReadSeek},
    claims::Claims,
    view::{Data, Piece, View},
};

pub(super) struct Blocks {
    /// Bytes of the disk, and of a block.
    pub size: u64,
    pub block: u64,
    pub count: u64,
}

impl Blocks {
    /// Hands out the disk, whose blocks lie where `place` says; one that lies nowhere reads as zeros.
    /// What belongs to none is looked at as it is.
    pub(super) fn hand_out(
        self,
        file: &mut dyn ReadSeek,
        place: impl Fn(u64) -> Option<u64>,
        entries: &mut Entries<'_, '_>,
    ) -> io::Result<()> {
        let Self { size, block, count } = self;
        let length = file.seek(SeekFrom::End(0))?;
        let mut claims = Claims::default();
        for at in (0..count).filter_map(&place) {
            claims.add(at, at + block);
        }
        let map = |_: &mut dyn ReadSeek, at: u64| {
            let into = at % block;
            let data = place(at / block).map_or(Data::Zeros, |place| Data::File(place + into));
            Ok(Piece { length: block - into, data })
        };
        entries.member_at(b"", &mut View::new(file, size, map))?;
        claims.gaps(file, length, entries)
    }
}
