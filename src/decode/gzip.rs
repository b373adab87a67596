//! gzip members (RFC 1952) in decoded text. Files that are gzip are for the archives to open.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;
use zeroize::Zeroizing;

use super::append;
use crate::{
    budget,
    ledger::Reason,
    rows::{Found, Row},
    unit::{Decoded, Unit},
};

pub(crate) const ROW: Row = Row {
    name: "gzip",
    about: "gzip in decoded text",
    text: &[],
    binary: &[],
    find: |_, _, _| {},
    head: Some(head),
};

fn head(unit: Unit<'_>, found: &mut Found) {
    if !unit.decoded || !unit.bytes.starts_with(b"\x1f\x8b\x08") {
        return;
    }
    let range = 0..unit.bytes.len();
    let (bytes, problem) = inflated(unit.bytes, budget::DECODE_BYTES);
    if let Some(reason) = problem {
        found.skip(range.clone(), reason);
    }
    // A damaged stream still gives up what came before the damage.
    if !bytes.is_empty() {
        found.decoded(range, "gzip", bytes);
    }
}

/// What all members hold, up to `most` bytes, and why that is not everything.
fn inflated(bytes: &[u8], most: usize) -> (Decoded, Option<Reason>) {
    let mut decoder = MultiGzDecoder::new(bytes);
    let mut piece = Zeroizing::new([0; 8192]);
    let mut all = Zeroizing::new(Vec::new());
    loop {
        let read = match decoder.read(piece.as_mut_slice()) {
            Ok(0) => return (all, None),
            Ok(read) => read,
            Err(_) => return (all, Some(Reason::Damaged)),
        };
        let room = most - all.len();
        append(&mut all, piece.get(..read.min(room)).unwrap_or_default());
        if room < read {
            return (all, Some(Reason::OverBudget));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::rows::What;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn texts(unit: Unit<'_>) -> (Vec<Vec<u8>>, Vec<Reason>) {
        let mut found = Found::default();
        head(unit, &mut found);
        let (mut texts, mut reasons) = (Vec::new(), Vec::new());
        for item in found.items {
            match item.what {
                What::Decoded { bytes, .. } => texts.push(bytes.to_vec()),
                What::Skip(reason) => reasons.push(reason),
                _ => {}
            }
        }
        (texts, reasons)
    }

    #[test]
    fn members_are_read_one_after_the_other() {
        let bytes = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(texts(Unit::whole(&bytes)), (vec![b"one two".to_vec()], vec![]));
    }

    #[test]
    fn a_file_is_not_opened_here() {
        let bytes = gzip(b"one");
        let unit = Unit { decoded: false, ..Unit::whole(&bytes) };
        assert_eq!(texts(unit), (vec![], vec![]));
        assert_eq!(texts(Unit::whole(b"\x1f\x8b")), (vec![], vec![]));
    }

    #[test]
    fn a_damaged_stream_keeps_its_head() {
        let text: Vec<u8> =
            (0..100_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
        let mut bytes = gzip(&text);
        bytes.truncate(bytes.len() / 2);
        let (texts, reasons) = texts(Unit::whole(&bytes));
        assert_eq!(reasons, [Reason::Damaged]);
        assert!(text.starts_with(&texts[0]) && 1000 < texts[0].len());
    }

    #[test]
    fn a_bomb_stops_at_the_budget() {
        let bytes = gzip(&vec![0; 100_000]);
        let (all, problem) = inflated(&bytes, 10_000);
        assert_eq!((all.len(), problem), (10_000, Some(Reason::OverBudget)));
        assert_eq!(inflated(&bytes, 100_000).1, None);
    }

    #[test]
    fn any_bytes_return() {
        let bytes = gzip(b"one two three");
        for length in 0..bytes.len() {
            texts(Unit::whole(&bytes[..length]));
        }
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x11;
            texts(Unit::whole(&bytes));
        }
    }
}
