//! Tables as tools print them: names over a rule of dashes, and rows below it. Vault divides columns
//! by blanks, clients of databases by blanks or bars. A table is `rows`, with names in small
//! letters and `_`; one of names and values, as `vault read` prints it, is `members`.

use super::super::{
    text::{Members, VALUES, lines, literal, span},
    tree::{Node, Span, Tree},
};

/// What rules look like.
pub(super) const MARKS: &[&str] =
    &["\n--- ", "\n---- ", "\n----- ", "--- ---", "---  ---", "---+---", "\n+---", "\n---\t"];

/// Columns of one table.
const MOST_COLUMNS: usize = 64;

/// What the first column of a table of names and values is called.
const NAMES: &[&str] = &["key", "variable_name", "name"];

struct Table {
    names: Vec<String>,
    /// Where columns begin; nothing where bars divide them.
    starts: Option<Vec<usize>>,
    span: Span,
    rows: Vec<Node>,
    members: Members,
}

pub(super) fn read(source: u32, text: &str, found: &mut Vec<Node>) {
    let mut open: Option<Table> = None;
    let mut before: Option<(usize, &str)> = None;
    for (at, line) in lines(text).take(VALUES) {
        let rest = line.trim();
        if is_rule(rest) {
            match (&open, before) {
                // The rule under the last row of a table with bars, or over its names.
                (Some(_), None) => {}
                (_, Some((head_at, head))) => {
                    found.extend(open.take().and_then(Table::node));
                    open = table(source, head_at, head, line);
                    before = None;
                }
                (None, None) => {}
            }
            continue;
        }
        if rest.is_empty() || rest.starts_with('(') {
            found.extend(open.take().and_then(Table::node));
            before = None;
            continue;
        }
        match &mut open {
            Some(table) => table.add(source, at, line),
            None => before = Some((at, line)),
        }
    }
    found.extend(open.and_then(Table::node));
}

/// Dashes in groups, with nothing but blanks, bars and crosses between them.
fn is_rule(line: &str) -> bool {
    line.contains("---")
        && line.bytes().all(|byte| matches!(byte, b'-' | b' ' | b'\t' | b'+' | b'|'))
}

fn table(source: u32, at: usize, head: &str, rule: &str) -> Option<Table> {
    let has_bars = rule.contains(['+', '|']) || head.contains('|');
    let starts = (!has_bars).then(|| {
        let is_start = |at: &usize| {
            let byte = |at: usize| rule.as_bytes().get(at).copied();
            byte(*at) == Some(b'-') && at.checked_sub(1).is_none_or(|at| byte(at) != Some(b'-'))
        };
        (0..rule.len()).filter(is_start).take(MOST_COLUMNS).collect::<Vec<_>>()
    });
    let names: Vec<String> = cells(head, starts.as_deref())
        .map(|name| name.trim().to_ascii_lowercase().replace(' ', "_"))
        .collect();
    let span = span(source, at, head, head.trim());
    (names.len() > 1).then(|| Table {
        names,
        starts,
        span,
        rows: Vec::new(),
        members: Members::default(),
    })
}

/// The cells of a line.
fn cells<'a>(line: &'a str, starts: Option<&'a [usize]>) -> Box<dyn Iterator<Item = &'a str> + 'a> {
    match starts {
        Some(starts) => Box::new(starts.iter().enumerate().map(move |(number, &start)| {
            let end = starts.get(number + 1).copied().unwrap_or(line.len()).min(line.len());
            line.get(start.min(end)..end).unwrap_or_default()
        })),
        None => {
            let inside = line.trim();
            let inside = inside.strip_prefix('|').unwrap_or(inside);
            let inside = inside.strip_suffix('|').unwrap_or(inside);
            Box::new(inside.split('|').take(MOST_COLUMNS))
        }
    }
}

impl Table {
    fn add(&mut self, source: u32, at: usize, line: &str) {
        let whole = span(source, at, line, line.trim());
        let mut row = Members::default();
        let mut name_of_member = None;
        for (name, cell) in self.names.iter().zip(cells(line, self.starts.as_deref())) {
            let cell = cell.trim();
            if name.is_empty() || row.has(name) {
                continue;
            }
            let place = span(source, at, line, cell);
            let node = match cell {
                "" | "n/a" | "NULL" => Node::null(place),
                cell => literal(cell, place),
            };
            match (name.as_str(), name_of_member) {
                (first, None) if NAMES.contains(&first) => name_of_member = Some((cell, place)),
                ("value", Some((member, name_span))) => {
                    let member = member.to_ascii_lowercase().replace(' ', "_");
                    if !self.members.has(&member) {
                        self.members.add(&member, name_span, node.clone());
                    }
                }
                _ => {}
            }
            row.add(name, place, node);
        }
        self.rows.push(row.node(whole));
    }

    fn node(self) -> Option<Node> {
        if self.rows.is_empty() {
            return None;
        }
        let mut members = Members::default();
        members.set("tool", Tree::text("table"), self.span);
        members.add("rows", self.span, Node::new(Tree::List(self.rows), self.span));
        members.add("members", self.span, self.members.node(self.span));
        Some(members.node(self.span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tree::Path;

    fn found(text: &str, path: &str) -> Vec<String> {
        let mut nodes = Vec::new();
        read(0, text, &mut nodes);
        let list = Node::new(Tree::List(nodes), Span::default());
        let look = list.find(&Path::parse(path).unwrap());
        look.nodes.iter().map(|node| node.scalar().unwrap().into_owned()).collect()
    }

    #[test]
    fn names_and_values_are_members() {
        let text = "Key             Value\n---             -----\nSeal Type       shamir\n\
                    Threshold       1\nHA Mode         n/a\n\nAfter\n";
        assert_eq!(found(text, "members.seal_type"), ["shamir"]);
        assert_eq!(found(text, "members.threshold"), ["1"]);
        assert!(found(text, "members.ha_mode").is_empty());
        let text = "+---------------+-------+\n| Variable_name | Value |\n+---------------+-------+\n\
                    | keyring_file  | /a b  |\n+---------------+-------+\n1 row in set\n";
        assert_eq!(found(text, "members.keyring_file"), ["/a b"]);
    }

    #[test]
    fn rows_have_the_names_of_their_columns() {
        let text =
            "Path     Type    Options\n----     ----    -------\nfile/    file    log_raw=true\n";
        assert_eq!(found(text, "rows.options"), ["log_raw=true"]);
        let text = " a | b \n---+---\n 1 | x y\n 2 | \n(2 rows)\n";
        assert_eq!(found(text, "rows.a"), ["1", "2"]);
        assert_eq!(found(text, "rows.b"), ["x y"]);
        let text = "id  algorithm   bits\n--- ----------- ----\n  2 AES          256\n\n(1 rows affected)\n";
        assert_eq!(
            (found(text, "rows.id"), found(text, "rows.bits")),
            (vec!["2".into()], vec!["256".into()])
        );
    }

    #[test]
    fn what_is_no_table_is_none() {
        for text in ["", "---", "a\n---\n", "\n--- ---\n", "é | ü\n--+---\né", "a b\n--- ---"] {
            let mut nodes = Vec::new();
            read(0, text, &mut nodes);
            assert!(nodes.len() < 2, "{text}");
        }
    }
}
