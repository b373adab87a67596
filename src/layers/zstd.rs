//! Zstandard (RFC 8878): all frames as one stream, what skippable frames hold apart.

use std::io::{self, Read};

use zeroize::Zeroizing;
use zstd::stream::read::Decoder;

use super::{Entries, Layer, Open, Source, joined::Joined};
use crate::ledger::Reason;

pub(super) const LAYER: Layer = Layer {
    name: "zstd",
    about: "Zstandard, also of several frames, seekable, and of long distance (RFC 8878)",
    is: |head| is_frame(head) || is_skippable(head),
    open: Open::Stream(open),
};

const MAGIC: &[u8] = b"\x28\xb5\x2f\xfd";

/// Memory that a frame may ask for, as a power of two: what `--long=31` needs. It is not touched
/// before that much came out.
const WINDOW_LOG: u32 = 31;

/// Bytes of skippable frames that are kept to be looked at. The table of a seekable file has some
/// for each frame, parallel compressors write four before each.
const ASIDE: usize = 4 << 20;

fn is_frame(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// A frame whose content is not compressed, such as the table of a seekable file.
fn is_skippable(head: &[u8]) -> bool {
    matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

fn open(source: &mut Source<'_>, entries: &mut Entries<'_, '_>) -> io::Result<()> {
    // What skippable frames hold, and how much of that is not kept.
    let mut aside = Zeroizing::new(Vec::new());
    let mut lost = 0_u64;
    let mut frames = Joined::new(
        source,
        |source| {
            while is_skippable(source.peek(4)?) {
                let head = *source.peek(8)?.first_chunk().ok_or(io::ErrorKind::UnexpectedEof)?;
                let [_, _, _, _, length @ ..]: [u8; 8] = head;
                let length = u64::from(u32::from_le_bytes(length));
                source.pass(8)?;
                let room = (ASIDE - aside.len()) as u64;
                let kept = source.take(length.min(room)).read_to_end(&mut aside)? as u64;
                source.pass(length - kept)?;
                lost += length - kept;
            }
            Ok(is_frame(source.peek(4)?))
        },
        |source| {
            let mut decoder = Decoder::with_buffer(source)?.single_frame();
            decoder.window_log_max(WINDOW_LOG)?;
            Ok(decoder)
        },
        |decoder| Ok(decoder.finish()),
    );
    let outcome = entries.entry(b"", &mut frames);
    drop(frames);
    entries.gap(0, &mut aside.as_slice())?;
    if lost > 0 {
        entries.note(Reason::OverBudget, format!("{lost} bytes in skippable frames"));
    }
    outcome
}
