//! `sshd_config` and `ssh_config`: keywords and their values. Keywords are in small letters, because
//! case does not count; lists with commas are lists. What stands under `Match` or `Host` is a
//! document of its own, as far as it counts: of several values the first does, but for `HostKey`, of
//! which there may be many, and for `Match` in `sshd_config`, which goes before what holds for all.

use super::{
    text::{Members, VALUES, lines, list, literal, span},
    tree::{Node, Span, Tree},
};

/// Whether a file is one of those that are included, or of a person.
pub(super) fn is_named_so(path: &str) -> bool {
    ["/sshd_config.d/", "/ssh_config.d/"].iter().any(|directory| {
        path.contains(directory) || path.starts_with(directory.trim_start_matches('/'))
    }) || path.ends_with(".ssh/config")
}

pub(crate) fn parse(source: u32, text: &str) -> Node {
    let mut blocks = Vec::new();
    let mut members = Members::default();
    // What is said of every host before.
    let mut settled: Vec<String> = Vec::new();
    let mut is_for_all = true;
    for (at, line) in lines(text).take(VALUES) {
        let rest = line.trim();
        if rest.is_empty() || rest.starts_with('#') {
            continue;
        }
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (keyword, value) = rest.split_at(end);
        let value = value.trim_start().trim_start_matches('=').trim();
        let value = value.split(" #").next().unwrap_or_default().trim().trim_matches('"');
        let keyword_span = span(source, at, line, keyword);
        let keyword = keyword.to_ascii_lowercase();
        if keyword == "match" || keyword == "host" {
            let whole = Span::new(source, 0..0);
            blocks.push(std::mem::take(&mut members).node(whole));
            is_for_all = keyword == "host" && value == "*";
            if keyword == "match" && !text.to_ascii_lowercase().contains("\nhost ") {
                settled.clear();
            }
            continue;
        }
        if keyword != "hostkey" && (members.has(&keyword) || settled.contains(&keyword)) {
            continue;
        }
        if is_for_all {
            settled.push(keyword.clone());
        }
        let value_span = span(source, at, line, value);
        let node = match value {
            "" => Node::null(value_span),
            // What a list takes away from the defaults allows nothing.
            _ if value.starts_with('-') => Node::null(value_span),
            _ if value.contains(',') || value.starts_with(['+', '^']) => {
                list(value.trim_start_matches(['+', '^']).split(','), value_span)
            }
            _ => literal(value, value_span),
        };
        members.add(&keyword, keyword_span, node);
    }
    let whole = Span::new(source, 0..0);
    blocks.push(members.node(whole));
    Node::new(Tree::List(blocks), whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_of_a_keyword_counts() {
        let list = parse(
            0,
            "HostKey /etc/ssh/a\nHostKey /etc/ssh/b\nStrictModes no\nstrictmodes=yes\n\
             HostKeyAlgorithms +ssh-rsa,ssh-dss\nCiphers -3des-cbc\n# Port 1\nMatch\n",
        );
        let root = &list.elements()[0];
        assert_eq!(root.get("hostkey").unwrap().elements().len(), 2);
        assert_eq!(root.get("strictmodes").unwrap().as_text(), Some("no"));
        let algorithms = root.get("hostkeyalgorithms").unwrap().elements();
        assert_eq!(algorithms[0].as_text(), Some("ssh-rsa"));
        assert!(root.get("ciphers").unwrap().is_null());
        assert!(root.get("port").is_none());
    }

    #[test]
    fn blocks_say_what_counts_for_some() {
        let values = |text: &str, keyword: &str| -> Vec<String> {
            let list = parse(0, text);
            let blocks = list.elements().iter();
            blocks.filter_map(|block| block.get(keyword)?.as_text().map(str::to_owned)).collect()
        };
        let server = "StrictModes yes\nMatch User a\n  StrictModes no\n";
        assert_eq!(values(server, "strictmodes"), ["yes", "no"]);
        let client = "Host a\n StrictHostKeyChecking yes\nHost b\n StrictHostKeyChecking no\n";
        assert_eq!(values(client, "stricthostkeychecking"), ["yes", "no"]);
        let client = "Host *\n StrictHostKeyChecking yes\nHost b\n StrictHostKeyChecking no\n";
        assert_eq!(values(client, "stricthostkeychecking"), ["yes"]);
    }

    #[test]
    fn included_files_and_those_of_people_are_known_by_their_place() {
        for path in ["/etc/ssh/sshd_config.d/a.conf", "ssh_config.d/b.conf", "home/.ssh/config"] {
            assert!(is_named_so(path), "{path}");
        }
        assert!(!is_named_so("etc/config") && !is_named_so("d/sshd_config.d.conf"));
    }
}
