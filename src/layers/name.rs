//! Names of things inside of containers: data of whoever made the container, shown so that they
//! drive no terminal and cannot be taken for a chain of containers.

use std::fmt::Write;

use crate::fact::is_unsafe_to_show;

/// Characters of a name that are shown. File systems allow 255 for each of its parts.
const SHOWN: usize = 1024;

/// `OUTER!LAYER:NAME`, as reports show it.
pub(super) fn inside(outer: &str, layer: &str, name: &[u8]) -> String {
    format!("{outer}!{layer}:{}", shown(name))
}

/// A name with everything percent-encoded that is no UTF-8, unsafe to show, or reads as the
/// beginning of another link of the chain.
pub(super) fn shown(name: &[u8]) -> String {
    let mut shown = String::new();
    let name = name.strip_prefix(b"./").unwrap_or(name);
    for chunk in name.utf8_chunks() {
        for (at, c) in chunk.valid().char_indices() {
            if shown.len() > SHOWN {
                shown.push('…');
                return shown;
            }
            let is_link = || is_link(chunk.valid().get(at + 1..).unwrap_or_default());
            if is_unsafe_to_show(c) || (c == '!' && is_link()) {
                let mut bytes = [0; 4];
                c.encode_utf8(&mut bytes).bytes().for_each(|byte| encode(byte, &mut shown));
            } else {
                shown.push(c);
            }
        }
        chunk.invalid().iter().for_each(|&byte| encode(byte, &mut shown));
    }
    shown
}

/// Where the next link of the chain begins, after a name in a container; or the end.
pub(super) fn first_link(inside: &str) -> usize {
    let mut marks = inside.match_indices('!').map(|(at, _)| at);
    let link = marks.find(|at| is_link(inside.get(at + 1..).unwrap_or_default()));
    link.unwrap_or(inside.len())
}

fn encode(byte: u8, shown: &mut String) {
    let _infallible = write!(shown, "%{byte:02X}");
}

/// Whether what follows a `!` reads as `LAYER:`.
fn is_link(rest: &str) -> bool {
    let word = rest.trim_start_matches(|c: char| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.')
    });
    word.len() < rest.len() && word.starts_with(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_shown_and_drive_nothing() {
        let shown = |name: &[u8]| inside("a.tar", "tar", name);
        assert_eq!(shown(b"./etc/tls.key"), "a.tar!tar:etc/tls.key");
        assert_eq!(shown(b"../../etc/x"), "a.tar!tar:../../etc/x");
        assert_eq!(shown(b"a\0b\x1b[31m\xff"), "a.tar!tar:a%00b%1B[31m%FF");
        assert_eq!(shown("a\u{202e}gpj".as_bytes()), "a.tar!tar:a%E2%80%AEgpj");
        assert_eq!(shown(b"x!zip:y"), "a.tar!tar:x%21zip:y");
        assert_eq!(shown(b"wow! no:"), "a.tar!tar:wow! no:");
        assert!(shown(&[b'a'; 100_000]).len() < 1100);
    }
}
