//! JSON, as vendors' tools print it and as templates are written: comments are let pass, because
//! ARM templates have them.

use jsonc_parser::{ParseOptions, ast, common::Ranged, parse_to_ast};

use super::tree::{Entry, Node, Span, Tree};

const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: false,
    allow_trailing_commas: true,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The value that `text` is. An error says at which byte it is none, and why.
pub(crate) fn parse(source: u32, text: &str) -> Result<Node, (usize, String)> {
    // A byte order mark is counted, and read over.
    let skipped = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let text = text.get(skipped..).unwrap_or_default();
    let parsed = parse_to_ast(text, &jsonc_parser::CollectOptions::default(), &OPTIONS)
        .map_err(|error| (error.range().start + skipped, error.kind().to_string()))?;
    let Some(value) = parsed.value else { return Err((skipped, "nothing in it".into())) };
    Ok(node(&value, &|range: jsonc_parser::common::Range| {
        Span::new(source, range.start + skipped..range.end + skipped)
    }))
}

/// The values of a text that has one on each line. Those before a line that is none are kept.
pub(crate) fn parse_lines(source: u32, text: &str) -> (Vec<Node>, Option<(usize, String)>) {
    let mut values = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            match parse(source, line) {
                Ok(mut value) => {
                    value.shift(start);
                    values.push(value);
                }
                Err((at, problem)) => return (values, Some((start.saturating_add(at), problem))),
            }
        }
        start = start.saturating_add(line.len());
    }
    (values, None)
}

/// A value inside of a text, as `aws kms get-key-policy` has it. All of it is where the text is.
pub(crate) fn parse_within(text: &str, span: Span) -> Option<Node> {
    let parsed = parse_to_ast(text, &jsonc_parser::CollectOptions::default(), &OPTIONS).ok()?;
    Some(node(&parsed.value?, &|_| span))
}

/// The parser refuses what is nested too deep for this to follow.
fn node(value: &ast::Value<'_>, span: &dyn Fn(jsonc_parser::common::Range) -> Span) -> Node {
    let tree = match value {
        ast::Value::NullKeyword(_) => Tree::Null,
        ast::Value::BooleanLit(literal) => Tree::Bool(literal.value),
        ast::Value::NumberLit(literal) => {
            literal.value.parse().map_or_else(|_| Tree::text(literal.value), Tree::Number)
        }
        ast::Value::StringLit(literal) => Tree::text(literal.value.as_ref()),
        ast::Value::Array(array) => {
            Tree::List(array.elements.iter().map(|value| node(value, span)).collect())
        }
        ast::Value::Object(object) => Tree::Map(
            object
                .properties
                .iter()
                .map(|property| Entry {
                    name: property.name.as_str().to_owned(),
                    name_span: span(property.name.range()),
                    node: node(&property.value, span),
                })
                .collect(),
        ),
    };
    Node::new(tree, span(value.range()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_where_it_is_written() {
        let text = "\u{feff}{\"a\": [1, \"é\"], // why\n \"a\": true}";
        let root = parse(7, text).unwrap();
        let list = &root.entries()[0];
        assert_eq!(&text[list.name_span.start as usize..list.name_span.end as usize], "\"a\"");
        let second = &list.node.elements()[1];
        assert_eq!(&text[second.span.start as usize..second.span.end as usize], "\"é\"");
        assert_eq!(second.span.source, 7);
        // The last of two members with one name counts.
        assert_eq!(root.get("a").unwrap().as_bool(), Some(true));
    }

    #[test]
    fn values_may_have_a_line_each() {
        let text = "{\"a\": 1}\n\n{\"a\": \"é\"}\n{\n";
        let (values, problem) = parse_lines(0, text);
        assert_eq!(values.len(), 2);
        let second = values[1].get("a").unwrap();
        assert_eq!(&text[second.span.start as usize..second.span.end as usize], "\"é\"");
        assert_eq!(problem.unwrap().0, text.len() - 2);
    }

    #[test]
    fn what_is_no_json_is_refused_where_it_ends_to_be() {
        assert_eq!(parse(0, "{\"a\": 'b'}").unwrap_err().0, 6);
        assert!(parse(0, "").is_err());
        assert!(parse(0, &"[".repeat(200_000)).is_err());
    }
}
