//! Nothing leaks: no report, register, fact, log or message holds a piece of any fixture's key, in
//! any encoding.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic, and reads its fixtures itself"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use aho_corasick::AhoCorasick;

/// Bytes of key material that no output may hold: nine make twelve base64 digits.
const PIECE: usize = 9;

#[test]
fn no_output_holds_a_piece_of_any_fixture_key() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut needles = BTreeSet::new();
    for path in secret_files(&testdata) {
        pieces(&fs::read(testdata.join(path)).unwrap(), &mut needles);
    }
    assert!(needles.len() > 10_000, "only {} pieces", needles.len());
    let needles: Vec<Vec<u8>> = needles.into_iter().collect();
    let searcher = AhoCorasick::new(&needles).unwrap();

    let scratch = tempfile::tempdir().unwrap();
    let mut outputs = Vec::new();
    for arguments in [
        "inspect keys demo",
        "scan keys demo",
        "scan keys demo --color always",
        "scan keys demo --format sarif --observed OUT/register.json",
        "scan keys demo --format json --observed OUT/register.cdx.json",
        "scan keys demo --format markdown",
        "scan keys demo --format github",
        "baseline write OUT/baseline.json keys demo",
    ] {
        let arguments = arguments.replace("OUT", scratch.path().to_str().unwrap());
        let run = Command::new(env!("CARGO_BIN_EXE_keylint"))
            .args(arguments.split_whitespace())
            .current_dir(&testdata)
            .output()
            .unwrap();
        assert!(run.stdout.len() + run.stderr.len() > 20, "{arguments} says nothing");
        outputs.push((arguments.clone(), run.stdout));
        outputs.push((arguments, run.stderr));
    }
    for entry in fs::read_dir(scratch.path()).unwrap() {
        let path = entry.unwrap().path();
        outputs.push((path.display().to_string(), fs::read(&path).unwrap()));
    }
    for (name, output) in outputs {
        let leak = searcher.find(&output);
        let context = leak.map(|leak| {
            let low = leak.start().saturating_sub(80);
            String::from_utf8_lossy(&output[low..(leak.end() + 20).min(output.len())]).into_owned()
        });
        assert_eq!(context, None, "`keylint {name}` leaks");
    }
}

/// Fixtures that hold a private or secret key in any state.
fn secret_files(testdata: &Path) -> BTreeSet<PathBuf> {
    let table = fs::read_to_string(testdata.join("expect.tsv")).unwrap();
    table
        .lines()
        .skip(1)
        .filter(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            matches!(cells[2], "private-key" | "secret-key" | "key-store")
                && matches!(cells[3], "plaintext" | "encrypted" | "wrapped" | "truncated")
        })
        .map(|line| line.split('\t').next().unwrap().into())
        .collect()
}

/// Runs of base64 as they stand; of binary files, pieces as they are, in hexadecimal and in the
/// three phases of base64.
fn pieces(bytes: &[u8], needles: &mut BTreeSet<Vec<u8>>) {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    for run in bytes.split(|byte| !is_base64(byte)) {
        let mixed = run.iter().any(u8::is_ascii_digit)
            && run.iter().any(u8::is_ascii_uppercase)
            && run.iter().any(u8::is_ascii_lowercase);
        // An Ethereum address stands for the public half.
        let is_address = run.len() <= 42 && run.iter().all(|b| b.is_ascii_hexdigit() || *b == b'x');
        if run.len() >= 32 && mixed && !is_address {
            // Not the first pieces: the head of DER says only what kind of key it is.
            needles.extend(run.chunks_exact(12).skip(2).step_by(3).map(<[u8]>::to_vec));
        }
    }
    let is_text = bytes.iter().all(|&byte| byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r'));
    if is_text {
        return;
    }
    for piece in bytes.windows(PIECE + 3).skip(64).step_by(61) {
        let distinct: BTreeSet<&u8> = piece.iter().collect();
        if distinct.len() < PIECE || piece.iter().filter(|b| b.is_ascii_graphic()).count() > PIECE {
            continue;
        }
        needles.insert(piece.to_vec());
        needles.insert(piece.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect());
        for phase in 0..3 {
            needles.insert(base64(&piece[phase..phase + PIECE]));
        }
    }
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks_exact(3)
        .flat_map(|three| {
            let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
            [18, 12, 6, 0].map(|shift| DIGITS[(bits >> shift & 63) as usize])
        })
        .collect()
}
