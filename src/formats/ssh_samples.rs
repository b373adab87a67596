//! Keys of `testdata/unit/ssh` for the tests of the formats around SSH and OpenPGP; `make.sh`
//! beside them makes them.

use super::spelled;

/// A file of the samples.
macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("../../testdata/unit/ssh/", $name)).as_slice()
    };
}
macro_rules! sample_deeper {
    ($name:literal) => {
        include_bytes!(concat!("../../../testdata/unit/ssh/", $name)).as_slice()
    };
}
pub(super) use {sample, sample_deeper};

/// The identity of a sample, as OpenSSL encodes its public half.
pub(super) fn id(name: &str) -> Option<String> {
    let ids = include_str!("../../testdata/unit/ssh/ids.tsv");
    let line = ids.lines().find(|line| line.split('\t').next() == Some(name));
    Some(line.unwrap_or_else(|| panic!("{name} is not in ids.tsv")).split('\t').nth(1)?.to_owned())
}

/// What armour holds.
pub(super) fn dearmoured(armoured: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(armoured).unwrap();
    let body = text.lines().filter(|line| !line.contains("----") && !line.contains(": "));
    spelled::base64(body.collect::<String>().as_bytes()).0.to_vec()
}

/// Calls `parse` with all prefixes of `sample` and with many a bit flipped.
pub(super) fn torture(sample: &[u8], parse: impl Fn(&[u8])) {
    for end in 0..sample.len() {
        parse(&sample[..end]);
    }
    let mut damaged = sample.to_vec();
    for at in 0..sample.len() {
        for bit in [0, 3, 7] {
            damaged[at] ^= 1 << bit;
            parse(&damaged);
            damaged[at] ^= 1 << bit;
        }
    }
}
