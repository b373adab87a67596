//! Tests of the row and of dumps, with what the tools print.

use super::*;

/// An Ed25519 key in PKCS#8, and PEM.
const DER: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20\
    \x27\x7c\x57\x31\x26\x76\x51\x7f\x40\x09\xee\x31\x96\x15\xca\x2b\
    \xb8\xfb\x86\xa4\xbf\x43\x03\x0a\xd2\xd3\xb8\x0e\xd1\x70\x8c\x0c";
const PEM: &[u8] = b"-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEICd8VzEmdlF/QAnuMZYVyiu4+4akv0MDCtLTuA7RcIwM\n\
    -----END PRIVATE KEY-----\n";

fn decoded(text: &[u8]) -> Vec<(Range<usize>, Vec<u8>)> {
    crate::decode::decoded(&ROW, text)
}

/// The text gives one run, which holds `bytes`.
#[track_caller]
fn gives(text: &str, bytes: &[u8]) {
    let found = decoded(text.as_bytes());
    assert_eq!(found.len(), 1, "{text}");
    let inner = found[0].1.windows(bytes.len()).any(|window| window == bytes);
    assert!(inner, "{text}: {}", found[0].1.escape_ascii());
    assert!(found[0].0.end <= text.len());
}

fn hex(bytes: &[u8], between: &str) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(between)
}

fn wrapped(text: &str, width: usize, between: &str) -> String {
    let lines: Vec<&str> =
        text.as_bytes().chunks(width).map(|line| str::from_utf8(line).unwrap()).collect();
    lines.join(between)
}

#[test]
fn plain_digits_are_found_in_either_case_and_any_wrapping() {
    for bytes in [DER, PEM] {
        for text in [hex(bytes, ""), hex(bytes, "").to_uppercase()] {
            for text in [
                text.clone(),
                format!("key={text}\n"),
                format!("{{\"key\": \"{text}\"}}"),
                format!("INSERT INTO k VALUES (1, X'{text}', 'a');"),
                format!("1\t\\\\x{text}\t2026-11-25\n"),
                format!("0x{text}"),
                wrapped(&text, 60, "\n"),
                wrapped(&text, 64, "\r\n"),
                format!("key: |\n    {}\nport: 1", wrapped(&text, 64, "\n    ")),
                format!("k = \"{}\";", wrapped(&text, 32, "\" +\n    \"")),
                format!("# {}\n", wrapped(&text, 64, "\n# ")),
            ] {
                gives(&text, bytes);
            }
        }
    }
}

#[test]
fn pairs_are_found_with_what_separates_them() {
    for bytes in [DER, PEM] {
        for separator in [":", " ", ","] {
            for text in [hex(bytes, separator), hex(bytes, separator).to_uppercase()] {
                gives(&text, bytes);
                gives(&format!("key = [{text}]"), bytes);
                gives(&wrapped(&text, 45, "\n    "), bytes);
            }
        }
        let registry = wrapped(&hex(bytes, ","), 75, "\\\r\n  ");
        gives(&format!("\"Key\"=hex:{registry}\r\n\"Next\"=dword:00000001\r\n"), bytes);
    }
}

/// Lines of a dump as `form` writes them.
fn dump(bytes: &[u8], form: impl Fn(usize, &[u8], &str) -> String) -> String {
    let text = |line: &[u8]| -> String {
        line.iter().map(|&b| if (b' '..=b'~').contains(&b) { char::from(b) } else { '.' }).collect()
    };
    bytes.chunks(16).enumerate().map(|(at, line)| form(16 * at, line, &text(line))).collect()
}

fn groups(line: &[u8], size: usize) -> String {
    line.chunks(size).map(|group| hex(group, "")).collect::<Vec<_>>().join(" ")
}

#[test]
fn dumps_are_read_without_their_offsets_and_their_text() {
    let before = b"some bytes".repeat(9);
    for skip in [0, 1, 6, 11] {
        for bytes in [DER, PEM] {
            let all = [&before[..skip], bytes, b"\nand some after it\n"].concat();
            let words = |line: &[u8]| -> String {
                let swap = |pair: &[u8]| match pair {
                    [a, b] => format!("{b:02x}{a:02x}"),
                    _ => format!("00{:02x}", pair[0]),
                };
                line.chunks(2).map(swap).collect::<Vec<_>>().join(" ")
            };
            for text in [
                dump(&all, |at, line, text| format!("{at:08x}: {:<39}  {text}\n", groups(line, 2))),
                dump(&all, |at, line, text| format!("{at:08x}: {:<47}  {text}\n", groups(line, 1))),
                dump(&all, |at, line, text| {
                    let (left, right) = line.split_at(line.len().min(8));
                    format!(
                        "{at:08x}  {:<23}  {:<23}  |{text}|\n",
                        groups(left, 1),
                        groups(right, 1)
                    )
                }),
                dump(&all, |at, line, text| {
                    let line = groups(line, 1);
                    let dashed = if line.len() > 24 {
                        format!("{}-{}", &line[..23], &line[24..])
                    } else {
                        line
                    };
                    format!("    {at:04x} - {dashed:<47}   {text}\n")
                }),
                dump(&all, |at, line, _| format!("{at:07o} {}\n", groups(line, 1))),
                dump(&all, |at, line, _| format!("// {at:07o} {}\n", groups(line, 1))),
                dump(&all, |at, line, text| {
                    format!("{at:08X}   {:<47}  {text}\r\n", groups(line, 1).to_uppercase())
                }),
                dump(&all, |at, line, text| {
                    format!("\t0x{at:04x}:  {:<39}  {text}\n", groups(line, 2))
                }),
            ] {
                // What is broken off twice may be missed at one alignment, never at all of them.
                if skip == 0 || !decoded(text.as_bytes()).is_empty() {
                    gives(&format!("$ dump key\n{text}$\n"), bytes);
                }
            }
            if skip == 0 {
                gives(&dump(&all, |at, line, _| format!("{at:07x} {}\n", words(line))), bytes);
            }
        }
    }
}

#[test]
fn firmware_is_read_without_addresses_and_checksums() {
    for bytes in [DER, PEM] {
        let all = [bytes, b"\nand some after it\n"].concat();
        let upper = |line: &[u8]| hex(line, "").to_uppercase();
        for text in [
            dump(&all, |at, line, _| format!(":{:02X}{at:04X}00{}5A\n", line.len(), upper(line))),
            dump(&all, |at, line, _| {
                format!("S1{:02X}{at:04X}{}5A\n", line.len() + 3, upper(line))
            }),
            dump(&all, |at, line, _| {
                format!("S3{:02X}{:08X}{}5A\r\n", line.len() + 5, at + 0x0800_0000, upper(line))
            }),
        ] {
            gives(&text, bytes);
        }
        // A record whose length is not its own is none.
        let other = dump(&all, |at, line, _| format!(":7F{at:04X}00{}5A\n", upper(line)));
        assert!(
            decoded(other.as_bytes())
                .iter()
                .all(|(_, found)| !found.windows(bytes.len()).any(|w| w == bytes))
        );
    }
}

#[test]
fn other_digits_are_left_alone() {
    for text in [
        "d41d8cd98f00b204e9800998ecf8427e  empty\n0201008648b204e9800998ecf8427e12  other\n",
        "550e8400-e29b-41d4-a716-446655440000",
        "commit 020100864886a1b2c3d4e5f60718293a4b5c6d7e",
        "2020-10-01 02:01:00 and 02:01:01, 20201001",
        "link/ether 52:54:00:86:48:1f brd ff:ff:ff:ff:ff:ff",
        "background: #864864; width: 86,48px",
        "0201 02010 86 48 86 02 01 00",
    ] {
        assert!(decoded(text.as_bytes()).is_empty(), "{text}");
    }
}

#[test]
fn many_beginnings_cost_no_more_than_their_length() {
    for part in [
        "3002010",
        "302e020100",
        "2a864886",
        "2a 86 48 86 ",
        "42454749 4e",
        "2d 2d 2d\n",
        "30:2e:02:01:00:",
    ] {
        let text = part.repeat(50_000);
        let mut found = Found::default();
        let mut visited = 0;
        for at in memchr::memmem::find_iter(text.as_bytes(), &part.as_bytes()[..4]) {
            let needle = (0..part.len()).find_map(|more| {
                let from = text.as_bytes().get(at + more..)?;
                let needle = ROW.text.iter().find(|needle| from.starts_with(needle))?;
                Some(at + more..at + more + needle.len())
            });
            if let Some(needle) = needle.filter(|needle| found.claimed() <= needle.start) {
                visited += 1;
                find(Unit::whole(text.as_bytes()), needle, &mut found);
            }
        }
        let read: usize = found.items.iter().map(|item| item.range.len()).sum();
        assert!(read <= 2 * text.len(), "{part}: {visited} visits, {read} bytes");
    }
}

#[test]
fn any_bytes_return() {
    for text in [
        hex(DER, ""),
        hex(DER, ":"),
        dump(DER, |at, line, _| format!("{at:08x}: {}\n", groups(line, 2))),
    ] {
        let text = text.as_bytes();
        for length in 0..text.len() {
            decoded(&text[..length]);
            decoded(&text[length..]);
        }
        for at in 0..text.len() {
            let mut text = text.to_vec();
            text[at] ^= 0x11;
            decoded(&text);
        }
    }
}
