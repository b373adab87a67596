//! Tables of the CLIs of clouds: `aws kms describe-key --output table`, in which names and values stand
//! between bars, and what `gcloud kms keys list` prints, whose columns begin where their names do.

use super::super::{
    text::{Members, VALUES, lines, literal, span},
    tree::{Node, Tree},
};

/// Commands of AWS whose tables are read, and what holds their members in JSON.
const COMMANDS: &[(&str, Option<&str>)] =
    &[("DescribeKey", Some("KeyMetadata")), ("GetKeyRotationStatus", None)];

/// What stands in such tables.
pub(super) const AWS: &[&str] = &[" DescribeKey ", " GetKeyRotationStatus "];
pub(super) const GCLOUD: &[&str] = &["PROTECTION_LEVEL"];

/// One table of AWS as the document that JSON has for it.
pub(super) fn aws(source: u32, text: &str, found: &mut Vec<Node>) {
    let mut open: Option<(Option<&str>, Members, Node)> = None;
    for (at, line) in lines(text).take(VALUES) {
        let inside = line.trim().trim_matches('|');
        let words = inside.trim();
        let place = span(source, at, line, words);
        if let Some((_, within)) = COMMANDS.iter().find(|(name, _)| *name == words) {
            found.extend(open.take().map(document));
            open = Some((*within, Members::default(), Node::null(place)));
            continue;
        }
        let (Some((_, members, _)), Some((name, value))) = (&mut open, inside.split_once('|'))
        else {
            continue;
        };
        let (name, value) = (name.trim(), value.trim());
        if !name.is_empty() && !value.contains('|') && !members.has(name) {
            let place = span(source, at, line, value);
            members.add(name, span(source, at, line, name), literal(value, place));
        }
    }
    found.extend(open.map(document));
}

fn document((within, members, head): (Option<&str>, Members, Node)) -> Node {
    let node = members.node(head.span);
    match within {
        Some(name) => {
            let mut whole = Members::default();
            whole.add(name, head.span, node);
            whole.node(head.span)
        }
        None => node,
    }
}

/// Rows under a line of names in capital letters.
pub(super) fn gcloud(source: u32, text: &str, found: &mut Vec<Node>) {
    let mut head: Option<Vec<(usize, String)>> = None;
    let mut rows = Vec::new();
    let mut first = None;
    for (at, line) in lines(text).take(VALUES) {
        if line.starts_with("NAME ") && line.contains("PROTECTION_LEVEL") {
            head = Some(columns(line));
            first.get_or_insert_with(|| span(source, at, line, line.trim()));
            continue;
        }
        let Some(columns) = &head else { continue };
        if line.trim().is_empty() {
            head = None;
            continue;
        }
        let mut row = Members::default();
        for (number, (start, name)) in columns.iter().enumerate() {
            let end = columns.get(number + 1).map_or(line.len(), |(end, _)| (*end).min(line.len()));
            let cell = line.get((*start).min(end)..end).unwrap_or_default().trim();
            if !cell.is_empty() && !row.has(name) {
                let place = span(source, at, line, cell);
                row.add(name, place, literal(cell, place));
            }
        }
        rows.push(row.node(span(source, at, line, line.trim())));
    }
    let Some(first) = first else { return };
    let mut members = Members::default();
    members.set("tool", Tree::text("gcloud"), first);
    members.add("rows", first, Node::new(Tree::List(rows), first));
    found.push(members.node(first));
}

/// Where each name begins, and the name in small letters.
fn columns(line: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut before = b' ';
    for (at, byte) in line.bytes().enumerate() {
        if byte != b' ' && before == b' ' {
            let word = line.get(at..).and_then(|rest| rest.split_whitespace().next());
            found.push((at, word.unwrap_or_default().to_ascii_lowercase()));
        }
        before = byte;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tree::{Path, Span};

    fn found(read: fn(u32, &str, &mut Vec<Node>), text: &str, path: &str) -> Vec<String> {
        let mut nodes = Vec::new();
        read(0, text, &mut nodes);
        let list = Node::new(Tree::List(nodes), Span::default());
        let look = list.find(&Path::parse(path).unwrap());
        look.nodes.iter().map(|node| node.scalar().unwrap().into_owned()).collect()
    }

    #[test]
    fn a_table_of_aws_is_its_document() {
        let text = "------------\n|   DescribeKey   |\n+---------+\n||  KeyMetadata  ||\n\
                    |+----------+-----+|\n||  KeyState |  Enabled  ||\n||  Enabled  |  True ||\n";
        assert_eq!(found(aws, text, "KeyMetadata.KeyState"), ["Enabled"]);
        assert_eq!(found(aws, "|  Other  |\n|  a | b |\n", "a"), [""; 0]);
    }

    #[test]
    fn columns_of_gcloud_begin_where_their_names_do() {
        let text =
            "NAME    PURPOSE  LABELS  PROTECTION_LEVEL\na/b     MAC              HSM\n\nend\n";
        assert_eq!(found(gcloud, text, "rows.protection_level"), ["HSM"]);
        assert_eq!(found(gcloud, text, "rows.labels"), [""; 0]);
    }
}
