//! Tables that `vault` and `mysql` print for people. Those of Vault are one map, by the names in their
//! first column; those of MySQL are `variables` by their names.

use super::{
    text::{Members, VALUES, lines, literal, span},
    tree::{Node, Span, Tree},
};

/// Whether a text that begins like this has such a table.
pub(crate) fn is(head: &[u8]) -> bool {
    let has = |mark: &str| memchr::memmem::find(head, mark.as_bytes()).is_some();
    has("---") && has("Key ") && has("Value") || has("Variable_name") && has("Value")
}

/// The tables of a text, as a list.
pub(crate) fn parse(source: u32, text: &str) -> Node {
    let mut found = Vec::new();
    let mut vault: Option<(Span, Members)> = None;
    let mut mysql = Members::default();
    let mut is_head = false;
    for (at, line) in lines(text).take(VALUES) {
        let rest = line.trim();
        if let Some(row) = rest.strip_prefix('|') {
            let mut cells = row.split('|').map(str::trim);
            if let (Some(name), Some(value)) = (cells.next(), cells.next())
                && !matches!(name, "" | "Variable_name")
                && !mysql.has(name)
            {
                let place = span(source, at, line, value);
                let value =
                    if value.is_empty() { Node::null(place) } else { literal(value, place) };
                mysql.add(name, span(source, at, line, name), value);
            }
            continue;
        }
        let (name, value) = columns(rest);
        if name == "Key" && value == "Value" {
            found.extend(vault.take().map(|(span, members)| members.node(span)));
            is_head = true;
        } else if std::mem::take(&mut is_head) && name.starts_with("---") {
            vault = Some((span(source, at, line, rest), Members::default()));
        } else if let Some((_, members)) = &mut vault {
            if value.is_empty() {
                found.extend(vault.take().map(|(span, members)| members.node(span)));
            } else if !members.has(name) {
                let place = span(source, at, line, value);
                members.add(name, span(source, at, line, name), literal(value, place));
            }
        }
    }
    found.extend(vault.map(|(span, members)| members.node(span)));
    if !mysql.is_empty() {
        let whole = Span::new(source, 0..0);
        let mut members = Members::default();
        members.set("tool", Tree::text("mysql"), whole);
        members.add("variables", whole, mysql.node(whole));
        found.push(members.node(whole));
    }
    Node::new(Tree::List(found), Span::new(source, 0..0))
}

/// The two columns of a line, between which are at least two blanks.
fn columns(line: &str) -> (&str, &str) {
    let (name, value) =
        line.split_once("  ").or_else(|| line.split_once('\t')).unwrap_or((line, ""));
    (name.trim(), value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_maps() {
        let text = "$ vault status\nKey             Value\n---             -----\nSeal Type       shamir\n\
                    Total Shares    5\nThreshold       1\n\n$ mysql\n+------+-----+\n\
                    | Variable_name | Value |\n+------+-----+\n| keyring_file_data | /k |\n| b | |\n";
        let root = parse(0, text);
        let [vault, mysql] = root.elements() else { panic!("two tables") };
        let threshold = vault.get("Threshold").unwrap();
        assert_eq!(threshold.as_int(), Some(1));
        assert_eq!(&text[threshold.span.start as usize..threshold.span.end as usize], "1");
        let variables = mysql.get("variables").unwrap();
        assert_eq!(variables.get("keyring_file_data").unwrap().as_text(), Some("/k"));
        assert!(variables.get("b").unwrap().is_null());
        assert!(is(text.as_bytes()) && !is(b"Key: Value"));
    }

    #[test]
    fn nothing_is_too_odd() {
        for text in
            ["", "Key  Value", "Key  Value\n---", "Key  Value\n---\n  x", "|", "||||", "é  é"]
        {
            parse(0, text);
        }
    }
}
