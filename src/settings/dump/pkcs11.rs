//! Objects of tokens, as `pkcs11-tool`, `p11tool`, `softhsm2-dump-file` and CloudHSM's
//! `key_mgmt_util` print them.

use super::super::{
    text::{Members, VALUES, lines, list, span},
    tree::{Node, Span, Tree},
};

/// Names of attributes that a tool prints only where they hold.
const ACCESS: &[(&str, &str)] = &[
    ("sensitive", "sensitive"),
    ("always sensitive", "always-sensitive"),
    ("extractable", "extractable"),
    ("never extractable", "never-extractable"),
    ("local", "local"),
];

/// Blocks that begin with `Private Key Object; RSA 2048 bits` and go on with indented lines.
pub(super) fn pkcs11_tool(source: u32, text: &str, found: &mut Vec<Node>) {
    let mut open: Option<(Span, Members)> = None;
    for (at, line) in lines(text).take(VALUES) {
        let rest = line.trim();
        if rest.is_empty() {
            continue;
        }
        let whole = span(source, at, line, rest);
        if let Some((class, kind)) = rest.split_once(" Key Object; ") {
            found.extend(open.take().map(|(span, members)| members.node(span)));
            let class = match class {
                "Private" => "private-key",
                "Secret" => "secret-key",
                _ => continue,
            };
            let mut members = Members::default();
            members.set("tool", Tree::text("pkcs11-tool"), whole);
            members.set("class", Tree::text(class), whole);
            add_type(&mut members, kind, whole);
            open = Some((whole, members));
            continue;
        }
        if !line.starts_with([' ', '\t']) {
            // Warnings stand between the lines of an object.
            if rest.ends_with("Object") || rest.contains("Object;") {
                found.extend(open.take().map(|(span, members)| members.node(span)));
            }
            continue;
        }
        let (Some((name, value)), Some((_, members))) = (rest.split_once(':'), &mut open) else {
            continue;
        };
        let value = value.trim();
        let value_span = span(source, at, line, value);
        match name {
            "Usage" => members.add("usage", value_span, list(value.split(','), value_span)),
            "Access" => {
                for (printed, attribute) in ACCESS {
                    let holds = value.split(',').any(|word| word.trim() == *printed);
                    members.set(attribute, Tree::Bool(holds), value_span);
                }
            }
            "label" => members.set("label", Tree::text(value), value_span),
            "uri" => add_model(members, value, value_span),
            // `VALUE` is the key itself.
            _ => {}
        }
    }
    found.extend(open.map(|(span, members)| members.node(span)));
}

/// `RSA 2048 bits`, `EC  EC_POINT 256 bits`, `AES length 32`, `RSA-2048`, `EC/ECDSA-SECP256R1`.
fn add_type(members: &mut Members, kind: &str, span: Span) {
    let end = kind.find([' ', '-', '/', ';']).unwrap_or(kind.len());
    let name = kind.get(..end).unwrap_or(kind);
    members.set("key-type", Tree::text(name.to_ascii_lowercase()), span);
    let number = |text: &str| -> Option<u64> {
        text.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty())?.parse().ok()
    };
    if let Some((_, bytes)) = kind.split_once("length ") {
        if let Some(bits) = number(bytes).and_then(|bytes| bytes.checked_mul(8)) {
            members.set("bits", Tree::text(bits.to_string()), span);
        }
    } else if let Some(bits) = kind.get(end..).and_then(number).filter(|bits| *bits >= 56) {
        members.set("bits", Tree::text(bits.to_string()), span);
    } else if let Some(bits) = kind.split_once("SECP").and_then(|(_, curve)| number(curve)) {
        members.set("bits", Tree::text(bits.to_string()), span);
    }
}

/// The model of the token, out of the URI of an object (RFC 7512).
fn add_model(members: &mut Members, uri: &str, span: Span) {
    let model = uri.split([':', ';']).find_map(|part| part.strip_prefix("model="));
    if let Some(model) = model {
        members.set("model", Tree::text(model.replace("%20", " ")), span);
    }
}

/// Blocks that begin with `Object 3:`. Flags are printed where they hold.
pub(super) fn p11tool(source: u32, text: &str, found: &mut Vec<Node>) {
    let mut open: Option<(Span, Members)> = None;
    for (at, line) in lines(text).take(VALUES) {
        let rest = line.trim();
        let whole = span(source, at, line, rest);
        if rest.starts_with("Object ") && rest.ends_with(':') {
            found.extend(open.take().filter(|(_, m)| m.has("class")).map(|(s, m)| m.node(s)));
            let mut members = Members::default();
            members.set("tool", Tree::text("p11tool"), whole);
            open = Some((whole, members));
            continue;
        }
        let (Some((name, value)), Some((_, members))) = (rest.split_once(':'), &mut open) else {
            continue;
        };
        let value = value.trim();
        let value_span = span(source, at, line, value);
        match name {
            "Type" => {
                let (class, kind) = value.split_once(" key").unwrap_or((value, ""));
                let class = match class {
                    "Private" => "private-key",
                    "Secret" => "secret-key",
                    _ => continue,
                };
                members.set("class", Tree::text(class), value_span);
                let kind = kind.trim().trim_matches(['(', ')']);
                if !kind.is_empty() {
                    add_type(members, kind, value_span);
                }
            }
            "Label" => members.set("label", Tree::text(value), value_span),
            "URL" => add_model(members, value, value_span),
            "Flags" => {
                for (flag, attribute) in [
                    ("CKA_SENSITIVE", "sensitive"),
                    ("CKA_EXTRACTABLE", "extractable"),
                    ("CKA_NEVER_EXTRACTABLE", "never-extractable"),
                    ("CKA_TRUSTED", "trusted"),
                ] {
                    let holds = value.split(';').any(|word| word.trim() == flag);
                    members.set(attribute, Tree::Bool(holds), value_span);
                }
            }
            _ => {}
        }
    }
    found.extend(open.filter(|(_, m)| m.has("class")).map(|(span, members)| members.node(span)));
}

/// Attributes that say something of a key, and the names that they have here.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("SENSITIVE", "sensitive"),
    ("ALWAYS_SENSITIVE", "always-sensitive"),
    ("EXTRACTABLE", "extractable"),
    ("NEVER_EXTRACTABLE", "never-extractable"),
    ("LOCAL", "local"),
    ("MODIFIABLE", "modifiable"),
];

/// Attributes that say what a key is for.
const USES: &[&str] = &["ENCRYPT", "DECRYPT", "SIGN", "WRAP", "UNWRAP", "DERIVE"];

/// An object as its attributes are read.
struct Object {
    members: Members,
    uses: Vec<(&'static str, Span)>,
    span: Span,
}

impl Object {
    fn new(tool: &str, model: Option<&str>, span: Span) -> Self {
        let mut members = Members::default();
        members.set("tool", Tree::text(tool), span);
        if let Some(model) = model {
            members.set("model", Tree::text(model), span);
        }
        Self { members, uses: Vec::new(), span }
    }

    fn add(&mut self, attribute: &str, value: &str, span: Span) {
        let holds = matches!(value, "TRUE" | "0x01" | "0x1");
        if let Some((_, name)) = ATTRIBUTES.iter().find(|(name, _)| *name == attribute) {
            self.members.set(name, Tree::Bool(holds), span);
        }
        if let Some(name) = USES.iter().find(|name| **name == attribute && holds) {
            self.uses.push((name, span));
        }
        let number = || match value.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => value.split('(').next()?.rsplit(' ').next()?.parse().ok(),
        };
        match attribute {
            "CLASS" => {
                let class = match (value, number()) {
                    ("CKO_PRIVATE_KEY", _) | (_, Some(3)) => "private-key",
                    ("CKO_SECRET_KEY", _) | (_, Some(4)) => "secret-key",
                    _ => "other",
                };
                self.members.set("class", Tree::text(class), span);
            }
            "KEY_TYPE" => {
                let kind = match (value.strip_prefix("CKK_"), number()) {
                    (Some(kind), _) => kind.to_ascii_lowercase(),
                    (None, Some(0)) => "rsa".to_owned(),
                    (None, Some(3)) => "ec".to_owned(),
                    (None, Some(0x10)) => "generic".to_owned(),
                    (None, Some(0x15)) => "des3".to_owned(),
                    (None, Some(0x1f)) => "aes".to_owned(),
                    _ => return,
                };
                self.members.set("key-type", Tree::text(kind), span);
            }
            "VALUE_LEN" | "MODULUS_BITS" => {
                let bits = number().and_then(|number| {
                    number.checked_mul(if attribute == "VALUE_LEN" { 8 } else { 1 })
                });
                if let Some(bits) = bits {
                    self.members.set("bits", Tree::text(bits.to_string()), span);
                }
            }
            "LABEL" => self.members.set("label", Tree::text(value), span),
            _ => {}
        }
    }

    fn node(mut self) -> Option<Node> {
        if !self.uses.is_empty() {
            let uses = self
                .uses
                .iter()
                .map(|(name, span)| Node::new(Tree::text(name.to_ascii_lowercase()), *span));
            let uses = Node::new(Tree::List(uses.collect()), self.span);
            self.members.add("usage", self.span, uses);
        }
        self.members.has("class").then(|| self.members.node(self.span))
    }
}

/// Dumps of files of SoftHSM: the bytes of each attribute, of its kind and of its value, and what
/// they mean behind them.
pub(super) fn softhsm(source: u32, text: &str, found: &mut Vec<Node>) {
    let mut open: Option<Object> = None;
    let mut attribute = "";
    let mut is_private = false;
    for (at, line) in lines(text).take(VALUES) {
        if line.starts_with("Dump of object file ") {
            found.extend(open.take().and_then(Object::node));
            open = Some(Object::new(
                "softhsm2-dump-file",
                Some("SoftHSM"),
                span(source, at, line, line),
            ));
            is_private = false;
            continue;
        }
        let (Some(object), Some(meaning)) = (&mut open, line.get(24..)) else { continue };
        if let Some(name) = meaning.strip_prefix("CKA_") {
            attribute = name;
            continue;
        }
        if meaning.ends_with(" attribute") || meaning.starts_with("(length ") {
            continue;
        }
        is_private |= attribute == "PRIVATE" && meaning == "TRUE";
        let place = span(source, at, line, meaning);
        let text = meaning.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        match text {
            // What is private is encrypted.
            Some(label) if attribute == "LABEL" && !is_private => {
                object.add("LABEL", label.trim_end(), place);
                attribute = "";
            }
            Some(_) => {}
            None => object.add(attribute, meaning, place),
        }
    }
    found.extend(open.and_then(Object::node));
}

/// Attributes that `getAttribute` has written, each above its value; commands that were typed.
pub(super) fn key_mgmt_util(source: u32, text: &str, found: &mut Vec<Node>) {
    let mut open: Option<Object> = None;
    let mut attribute = "";
    for (at, line) in lines(text).take(VALUES) {
        let rest = line.trim();
        let whole = span(source, at, line, rest);
        if let Some(typed) = rest.strip_prefix("Command:").map(str::trim) {
            let mut members = Members::default();
            members.set("tool", Tree::text("key_mgmt_util"), whole);
            let words = typed.split_whitespace().collect::<Vec<_>>().join(" ");
            members.set("typed", Tree::text(words), whole);
            found.push(members.node(whole));
        } else if let Some(name) = rest.strip_prefix("OBJ_ATTR_") {
            attribute = name;
        } else if !attribute.is_empty() {
            open.get_or_insert_with(|| Object::new("getAttribute", None, whole))
                .add(attribute, rest, whole);
            attribute = "";
        }
    }
    found.extend(open.and_then(Object::node));
}
