//! Reads a large register in pieces of many entries, on all processors. The pieces are cut before the
//! lines that begin entries, by their indentation alone. Where that is wrong (a text or an anchor that
//! goes on beyond a cut, a second document, a mistake of any kind), some piece is no list of entries, and
//! the caller reads the whole instead, which also gives the message.

use rayon::prelude::*;

use super::{
    entry::{Key, Written},
    spanned,
};

/// Bytes of a piece. What is smaller than two of them is read as a whole.
const PIECE: usize = 1 << 20;

/// Longest indentation of entries that is looked for.
const MOST_SPACES: usize = 16;

/// The register that `text` is, if it can be read in pieces. `head` reads one, and `list` its entries.
pub(super) fn read<H, L>(text: &str, head: H, list: L) -> Option<Written>
where
    H: Fn(&str) -> Option<Written>,
    L: Fn(&str) -> Option<Vec<Key>> + Sync,
{
    if text.len() < 2 * PIECE {
        return None;
    }
    let (start, mark) = first_entry(text)?;
    let cuts = cuts(text, start, &mark);
    let mut written = head(&format!("{}keys: []\n", text.get(..before_keys(text)?)?))?;
    let pieces: Vec<Vec<Key>> = cuts
        .par_windows(2)
        .map(|cut| {
            let [from, to] = *cut else { return None };
            spanned::at(from, || list(text.get(from..to)?))
        })
        .collect::<Option<_>>()?;
    written.keys.reserve_exact(pieces.iter().map(Vec::len).sum());
    written.keys.extend(pieces.into_iter().flatten());
    Some(written)
}

/// Where the line `keys:` begins, and nothing else stands in it.
fn before_keys(text: &str) -> Option<usize> {
    const LINE: &str = "keys:\n";
    if text.starts_with(LINE) {
        return Some(0);
    }
    Some(text.find("\nkeys:\n")? + 1)
}

/// Where the first entry begins, and what each entry begins with: a line end, spaces, a dash, a space.
fn first_entry(text: &str) -> Option<(usize, String)> {
    let start = before_keys(text)? + "keys:\n".len();
    let rest = text.get(start..)?;
    let spaces = rest.len() - rest.trim_start_matches(' ').len();
    let is_entry = spaces <= MOST_SPACES && rest.get(spaces..)?.starts_with("- ");
    is_entry.then(|| (start, format!("\n{}- ", " ".repeat(spaces))))
}

/// Places of entries that are about a piece apart, and the end.
fn cuts(text: &str, start: usize, mark: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let find = memchr::memmem::Finder::new(mark);
    let mut cuts = vec![start];
    let mut last = start;
    while let Some(at) = last.checked_add(PIECE).and_then(|from| find.find(bytes.get(from..)?)) {
        last = last + PIECE + at + 1;
        cuts.push(last);
    }
    cuts.push(text.len());
    cuts
}

#[cfg(test)]
mod tests {
    use super::super::{Approved, parse};

    /// A register over several pieces; `entry` says what is written of the key of a number.
    fn register(entry: impl Fn(usize) -> String) -> String {
        let entries: String = (0..12_000).map(entry).collect();
        format!("keylint: key-register\nversion: 1\norganisation: A\nkeys:\n{entries}")
    }

    fn plain(number: usize) -> String {
        let words = "encrypts what the customers of the shop have paid, ".repeat(3);
        format!("  - id: key-{number}\n    kind: secret-key\n    purpose: {words}\n")
    }

    fn read(text: &str) -> Result<Approved, String> {
        let read = parse("key-register.yaml", text.as_bytes().to_vec());
        read.map(|(register, _)| register).map_err(|error| error.to_string())
    }

    #[test]
    fn entries_of_all_pieces_are_there_and_know_their_lines() {
        let register = read(&register(plain)).unwrap();
        assert_eq!(register.keys().len(), 12_000);
        for (number, key) in register.keys().iter().enumerate() {
            assert_eq!(&*key.id.value, &*format!("key-{number}"));
            assert_eq!(key.line, u32::try_from(5 + 3 * number).ok());
            let site = register.site(key.kind.referenced);
            assert_eq!(site.line, u64::try_from(6 + 3 * number).unwrap());
        }
    }

    #[test]
    fn a_mistake_is_told_at_its_line() {
        for (wrong, says) in [
            ("    kinds: secret-key\n", "unknown field"),
            ("    kind: secret-key\n    kind: secret-key\n", "said twice"),
            ("    kind: [secret-key\n", ""),
        ] {
            let text = register(|number| match number {
                11_000 => format!("  - id: key-{number}\n{wrong}"),
                _ => plain(number),
            });
            let error = read(&text).map(|_| ()).unwrap_err();
            assert!(error.contains(says), "{error}");
            let line = error.split(':').nth(1).and_then(|line| line.trim().parse::<usize>().ok());
            assert!(line.is_some_and(|line| line > 33_000), "{error}");
        }
    }

    #[test]
    fn what_goes_on_beyond_a_cut_is_read_as_a_whole() {
        // An anchor that the last piece refers to, and entries that a text only looks like.
        let text = register(|number| match number {
            0 => "  - id: key-0\n    kind: &kind secret-key\n".into(),
            11_999 => "  - id: last\n    kind: *kind\n".into(),
            _ => plain(number),
        });
        let anchored = read(&text).unwrap();
        assert_eq!(&*anchored.keys().last().unwrap().kind.value, "secret-key");
        let block = "      - id: none\n".repeat(150_000);
        let text = format!(
            "keylint: key-register\nversion: 1\nkeys:\n      - id: a\n        kind: secret-key\n        \
             purpose: |\n{}",
            block.replace("      - ", "          - ")
        );
        assert!(text.len() > 2 << 20);
        assert_eq!(read(&text).unwrap().keys().len(), 1);
    }
}
