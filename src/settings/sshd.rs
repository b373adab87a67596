//! `sshd_config` and `ssh_config`: a keyword and its value. Keywords are in small letters, because
//! case does not count; lists with commas are lists. Of several values the first counts, as sshd
//! has it, but for `HostKey`, of which there may be many. `Match` and `Host` only narrow.

use super::{
    text::{Members, VALUES, lines, list, literal, span},
    tree::{Node, Span},
};

pub(crate) fn parse(source: u32, text: &str) -> Node {
    let mut members = Members::default();
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
        if members.has(&keyword) && keyword != "hostkey" {
            continue;
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
    members.node(Span::new(source, 0..0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_of_a_keyword_counts() {
        let root = parse(
            0,
            "HostKey /etc/ssh/a\nHostKey /etc/ssh/b\nStrictModes no\nstrictmodes=yes\n\
             HostKeyAlgorithms +ssh-rsa,ssh-dss\nCiphers -3des-cbc\n# Port 1\nMatch\n",
        );
        assert_eq!(root.get("hostkey").unwrap().elements().len(), 2);
        assert_eq!(root.get("strictmodes").unwrap().as_text(), Some("no"));
        let algorithms = root.get("hostkeyalgorithms").unwrap().elements();
        assert_eq!(algorithms[0].as_text(), Some("ssh-rsa"));
        assert!(root.get("ciphers").unwrap().is_null());
        assert!(root.get("port").is_none());
    }
}
