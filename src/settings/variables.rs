//! Variables of environments, whose values tables judge by their names: in Kubernetes, Compose, CI and
//! Terraform, in scripts, Dockerfiles, units of systemd and `.env` files; and properties of Java that
//! options in such a variable set.

use super::{
    sources::Sources,
    text::{Members, literal},
    tree::{Node, Span, Tree},
};

/// Where values are encrypted, as sealed secrets and SOPS have them.
const ENCRYPTED: &[&str] = &["encryptedData", "sops"];

/// Adds the variables that a document sets: members named like one, pairs of `name` and `value`, and
/// texts `NAME=value`.
pub(super) fn read(node: &Node, sources: &Sources, into: &mut Vec<Node>) {
    match &node.tree {
        Tree::List(nodes) => {
            for node in nodes {
                let pair = node.as_text().filter(|text| !text.contains(char::is_whitespace));
                let pair = pair.and_then(|text| text.split_once('=')).filter(|(n, _)| is_name(n));
                if let Some((name, value)) = pair {
                    let value = literal(value, node.span);
                    into.extend(variable(name, &value, text_of(node.span, sources)));
                }
                read(node, sources, into);
            }
        }
        Tree::Map(entries) => {
            let name = ["name", "Name", "key"].iter().find_map(|name| node.get(name)?.as_text());
            let value = node.get("value").or_else(|| node.get("Value"));
            if let (Some(name), Some(value)) = (name.filter(|name| is_name(name)), value) {
                into.extend(variable(name, &written(value), text_of(value.span, sources)));
            }
            for entry in entries.iter().filter(|of| !ENCRYPTED.contains(&of.name.as_str())) {
                if is_name(&entry.name) {
                    let value = written(&entry.node);
                    into.extend(variable(&entry.name, &value, text_of(value.span, sources)));
                }
                read(&entry.node, sources, into);
            }
        }
        _ => {}
    }
}

fn text_of(span: Span, sources: &Sources) -> &str {
    let at = |byte: u32| usize::try_from(byte).unwrap_or(usize::MAX);
    let text = sources.get(span.source).map_or("", |source| source.text.as_str());
    text.get(at(span.start)..at(span.end)).unwrap_or_default()
}

/// A value, unknown where something is filled in later.
fn written(node: &Node) -> Node {
    node.scalar().map_or_else(|| node.clone(), |text| literal(&text, node.span))
}

/// Capital letters, digits and `_`, as variables have names; small letters only of a PIN, because
/// members of any configuration have them.
pub(super) fn is_name(name: &str) -> bool {
    let is_in = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (3..=100).contains(&name.len())
        && name.bytes().all(is_in)
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && (name.ends_with("_pin") || !name.bytes().any(|byte| byte.is_ascii_lowercase()))
}

/// A variable, if its value is one that is written out. `written` is what stands at its place.
pub(super) fn variable(name: &str, value: &Node, written: &str) -> Option<Node> {
    let text = value.scalar()?;
    let mut members = Members::default();
    members.set("variable", Tree::text(name), value.span);
    if text.contains("-D") {
        let properties = properties(&text, value.span, written);
        if properties.is_empty() {
            return None;
        }
        members.add("properties", value.span, properties.node(value.span));
        return Some(members.node(value.span));
    }
    if !is_written_out(&text) {
        return None;
    }
    members.set("value", Tree::text(&*text), value.span);
    Some(members.node(value.span))
}

/// The properties that options of Java set: `-Djavax.net.ssl.keyStorePassword=…`. Each goes to the
/// end of its line, because others may follow.
fn properties(text: &str, span: Span, written: &str) -> Members {
    let mut members = Members::default();
    for word in text.split_whitespace() {
        let word = word.trim_matches(['"', '\'']);
        let Some((name, value)) = word.strip_prefix("-D").and_then(|rest| rest.split_once('='))
        else {
            continue;
        };
        let option = format!("-D{name}=");
        let at = written.find(&option).map(|at| at + option.len());
        let place = at.and_then(|at| {
            let line = written.get(at..)?.lines().next()?;
            let start = span.start.checked_add(u32::try_from(at).ok()?)?;
            let end = start.checked_add(u32::try_from(line.len()).ok()?)?;
            Some(Span { start, end: end.min(span.end), ..span })
        });
        let value = literal(value, place.unwrap_or(span));
        let is_kept = value.as_text().is_some_and(is_written_out);
        if is_kept && !members.has(name) {
            members.add(name, value.span, value);
        }
    }
    members
}

/// Whether a value is one itself: no name of where it is found, and nothing in its place.
pub(crate) fn is_written_out(value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_ascii_lowercase();
    let begins = [
        "$",
        "%",
        "/",
        "./",
        "~/",
        "<",
        "file:",
        "env:",
        "env/",
        "vault:",
        "secret:",
        "secretref:",
        "ref+",
        "op://",
        "arn:",
        "projects/",
        "enc[",
        "enc(",
        "{cipher}",
        "{{",
        "!",
        "@",
        "[",
    ];
    let words = ["***", "xxxx", "redacted", "placeholder", "…", "...", "${", "$(", "{{", "<%"];
    value.chars().count() >= 4
        && !begins.iter().any(|begin| lower.starts_with(begin))
        && !words.iter().any(|word| lower.contains(word))
        && !matches!(lower.as_str(), "null" | "none" | "true" | "false" | "todo" | "unset")
        && lower.chars().any(|c| !lower.starts_with(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Source, yaml};

    fn found(text: &str) -> Vec<String> {
        let mut sources = Sources::default();
        let source = zeroize::Zeroizing::new(text.to_owned());
        sources.add(Source::new("a.yaml".into(), None, source));
        let mut nodes = Vec::new();
        for document in yaml::parse(0, text).documents {
            read(&document, &sources, &mut nodes);
        }
        let names = nodes.iter().map(|node| {
            let name = node.get("variable").unwrap().as_text().unwrap();
            let value = node.get("value").map_or(node.span, |value| value.span);
            format!("{name} {}", &text[value.start as usize..value.end as usize])
        });
        names.filter(|name| name.starts_with("HSM_PIN")).collect()
    }

    #[test]
    fn variables_are_found_as_everybody_writes_them() {
        for text in [
            "env:\n  - name: HSM_PIN\n    value: '7731'\n",
            "environment:\n  HSM_PIN: '7731'\n",
            "containers: [{env: [{name: HSM_PIN, value: '7731'}]}]\n",
        ] {
            assert_eq!(found(text), ["HSM_PIN '7731'"], "{text}");
        }
        let listed = "environment:\n  - HSM_PIN=7731\n";
        assert_eq!(found(listed), ["HSM_PIN HSM_PIN=7731"]);
    }

    #[test]
    fn what_is_not_written_out_is_no_value() {
        for text in [
            "env: [{name: HSM_PIN, valueFrom: {secretKeyRef: {name: a, key: b}}}]\n",
            "env: [{name: HSM_PIN, value: ''}]\n",
            "environment:\n  HSM_PIN: ${HSM_PIN}\n",
            "environment:\n  - HSM_PIN\n  - HSM_PIN=\n  - HSM_PIN=$PIN\n",
            "environment:\n  HSM_PIN: <pin>\n",
            "environment:\n  HSM_PIN: xxxx\n",
            "environment:\n  HSM_PIN: REDACTED\n",
            "environment:\n  HSM_PIN: /run/secrets/pin\n",
            "encryptedData:\n  HSM_PIN: AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq\n",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn options_of_java_are_properties() {
        let text =
            "-Xmx1g -Da.keyStorePassword=blue7whale -Db=${B} -Dc.trustStorePassword=changeit";
        let node = Node::new(Tree::text(text), Span::new(0, 10..10 + text.len()));
        let of = variable("JAVA_OPTS", &node, text).unwrap();
        let properties = of.get("properties").unwrap();
        let password = properties.get("a.keyStorePassword").unwrap();
        assert_eq!(password.as_text(), Some("blue7whale"));
        assert_eq!(password.span.start as usize, 10 + text.find("blue7").unwrap());
        assert!(properties.get("b").is_none());
        assert!(properties.get("c.trustStorePassword").is_some());
    }
}
