//! Java properties (`java.util.Properties`): `java.security`, `application.properties`,
//! `server.properties`. A name with its dots is one member of a flat map.

use super::{
    text::{Members, VALUES, lines, literal},
    tree::{Node, Span},
};

/// The properties of `text`. Of equal names the last counts.
pub(crate) fn parse(source: u32, text: &str) -> Node {
    let mut members = Members::default();
    let mut seen = std::collections::BTreeMap::new();
    let mut lines = lines(text).take(VALUES);
    while let Some((at, line)) = lines.next() {
        let begin = line.trim_start();
        if begin.is_empty() || begin.starts_with(['#', '!']) {
            continue;
        }
        let start = at + (line.len() - begin.len());
        let mut end = at + line.len();
        let mut whole = begin.to_owned();
        // A line that ends in an odd number of backslashes goes on in the next.
        while is_continued(&whole) {
            whole.pop();
            let Some((next, more)) = lines.next() else { break };
            whole.push_str(more.trim_start());
            end = next + more.len();
        }
        let (name, value, value_at) = divided(&whole);
        let value_start = if end == at + line.len() { start + value_at } else { start };
        let name_span = Span::new(source, start..start + name.len().min(end - start));
        let span = Span::new(source, value_start.min(end)..end);
        let value = unescaped(value);
        // An empty list of what is forbidden says something; an empty password does not.
        let is_list = name.ends_with("disabledAlgorithms")
            || name.ends_with("endpoint.identification.algorithm")
            || name == "keystore.pkcs12.legacy";
        let node = match value.as_str() {
            "" if !is_list => Node::null(span),
            value => literal(value, span),
        };
        seen.insert(unescaped(name), (name_span, node));
    }
    for (name, (name_span, node)) in seen {
        members.add(&name, name_span, node);
    }
    members.node(Span::new(source, 0..0))
}

fn is_continued(line: &str) -> bool {
    line.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
}

/// Name, value, and where the value begins. `=`, `:` or a blank that is not escaped divides them.
fn divided(line: &str) -> (&str, &str, usize) {
    let mut is_escaped = false;
    let end = line.find(|c: char| {
        let divides = !is_escaped && (c == '=' || c == ':' || c.is_whitespace());
        is_escaped = c == '\\' && !is_escaped;
        divides
    });
    let (name, rest) = line.split_at(end.unwrap_or(line.len()));
    let value = rest.trim_start();
    let value = value.strip_prefix(['=', ':']).unwrap_or(value).trim_start();
    (name, value, line.len() - value.len())
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('u') => {
                let digits: String = chars.clone().take(4).collect();
                match u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
                    Some(c) if digits.len() == 4 => {
                        plain.push(c);
                        chars.nth(3);
                    }
                    _ => plain.push('u'),
                }
            }
            Some(c) => plain.push(c),
            None => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_read_as_java_reads_them() {
        let text = "# a\n! b\n  keystore.type = pkcs12 \na\\ b:c\\u00e9\nlist=x, \\\n    y\\\\\n\
                    secret ${ENV}\nsecret2=<your password>\nempty=\nempty2\nkeystore.type=jks\n";
        let root = parse(0, text);
        let of = |name: &str| root.get(name).unwrap();
        assert_eq!(of("keystore.type").as_text(), Some("jks"));
        assert_eq!(of("a b").as_text(), Some("cé"));
        assert_eq!(of("list").as_text(), Some("x, y\\"));
        assert!(of("secret").is_unknown() && of("secret2").is_unknown());
        assert!(of("empty").is_null() && of("empty2").is_null());
        let span = of("a b").span;
        assert_eq!(&text[span.start as usize..span.end as usize], "c\\u00e9");
        for text in ["\\", "a\\", "\\u12", "=\n:", "é\\\né"] {
            parse(0, text);
        }
    }
}
