//! Functions that encode and decode. What is encoded as JSON or YAML is kept as what it means.

use super::{
    functions::{Function, Needs},
    texts::{of_text, text_node, texts},
    value::{Failed, Outcome, Text, placed},
    world::World,
};
use crate::settings::{
    json,
    tree::{Node, Span, Tree},
    within, yaml,
};

pub(super) const TABLE: &[Function] = &[
    Function {
        name: "base64decode",
        needs: Needs::Everything,
        call: |_, a, s| base64_decode(a, s),
    },
    Function {
        name: "base64encode",
        needs: Needs::Everything,
        call: |_, a, s| base64_encode(a, s),
    },
    Function { name: "jsondecode", needs: Needs::Nothing, call: |w, a, s| json_decode(w, a, s) },
    Function { name: "jsonencode", needs: Needs::Nothing, call: |_, a, s| json_encode(a, s) },
    Function {
        name: "urlencode",
        needs: Needs::Everything,
        call: |_, a, s| of_text(a, s, url_encode),
    },
    Function { name: "yamldecode", needs: Needs::Nothing, call: |_, a, s| yaml_decode(a, s) },
    // What it means is kept, as that of JSON is.
    Function { name: "yamlencode", needs: Needs::Nothing, call: |_, a, s| json_encode(a, s) },
];

fn base64_encode(arguments: &[Node], span: Span) -> Outcome {
    let [text] = texts::<1>(arguments)?;
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut made = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            let digit = usize::try_from(bits >> (18 - 6 * position) & 63).unwrap_or(0);
            made.push(match DIGITS.get(digit) {
                Some(digit) if position <= chunk.len() => char::from(*digit),
                _ => '=',
            });
        }
    }
    text_node(made, span)
}

fn base64_decode(arguments: &[Node], span: Span) -> Outcome {
    let [text] = texts::<1>(arguments)?;
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return Err(Failed),
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap_or(0));
        }
    }
    text_node(String::from_utf8(bytes).map_err(|_| Failed)?, span)
}

fn url_encode(text: &str) -> String {
    let mut made = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                made.push(char::from(byte));
            }
            b' ' => made.push('+'),
            _ => made.push_str(&format!("%{byte:02X}")),
        }
    }
    made
}

/// What is encoded is kept as it is, with the places of all that is in it. It becomes a text where
/// one is wanted.
fn json_encode(arguments: &[Node], span: Span) -> Outcome {
    let [node] = arguments else { return Err(Failed) };
    if matches!(node.tree, Tree::List(_) | Tree::Map(_) | Tree::Unknown | Tree::Partial(_)) {
        return Ok(node.clone());
    }
    let mut text = Text::default();
    text.push_json(node);
    Ok(text.into_node(span))
}

fn json_decode(world: &World<'_>, arguments: &[Node], span: Span) -> Outcome {
    let [node] = arguments else { return Err(Failed) };
    match &node.tree {
        Tree::List(_) | Tree::Map(_) => Ok(node.clone()),
        Tree::Text(text) => {
            let within = within::json(node, world.sources);
            within.or_else(|| json::parse_within(text, span)).ok_or(Failed)
        }
        Tree::Partial(_) => Ok(within::json(node, world.sources).unwrap_or(Node::unknown(span))),
        _ => Ok(Node::unknown(span)),
    }
}

fn yaml_decode(arguments: &[Node], span: Span) -> Outcome {
    let [node] = arguments else { return Err(Failed) };
    match &node.tree {
        Tree::List(_) | Tree::Map(_) => Ok(node.clone()),
        Tree::Text(text) => {
            let mut stream = yaml::parse(span.source, text);
            match (stream.documents.pop(), stream.documents.is_empty()) {
                (Some(document), true) if stream.problems.is_empty() => {
                    Ok(placed(document, node.span))
                }
                _ => Err(Failed),
            }
        }
        _ => Ok(Node::unknown(span)),
    }
}
