//! CloudFormation and SAM templates: intrinsic functions resolved as far as the template says, each
//! resource once for every way in which its conditions may come out.
//!
//! Source: AWS CloudFormation User Guide, "Template reference", "Intrinsic function reference".

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Reading,
    lower::Resource,
    tree::{Entry, Node, Span, Tree},
};

/// Conditions of one resource that are tried both ways; what depends on more is unknown.
const MOST_CONDITIONS: usize = 4;

/// Functions inside of one another.
const DEPTH: usize = 64;

/// Texts that are put together grow no longer.
const MOST_TEXT: usize = 1 << 20;

/// Whether a document is a template.
pub(super) fn is(document: &Node) -> bool {
    document.get("Resources").is_some_and(|resources| {
        resources.entries().iter().any(|resource| {
            resource.node.get("Type").and_then(Node::as_text).is_some_and(|of| of.contains("::"))
        })
    })
}

/// Reads every resource of a template.
pub(super) fn read(document: &Node, source: u32, reading: &mut Reading<'_>) {
    let Some(of) = reading.sources.get(source) else { return };
    let Some(resources) = document.get("Resources") else { return };
    let template = Template { document, resources };
    for entry in resources.entries() {
        let Some(type_name) = entry.node.get("Type").and_then(Node::as_text) else { continue };
        let null = Node::null(entry.node.span);
        let properties = entry.node.get("Properties").unwrap_or(&null);
        let mut names = BTreeSet::new();
        conditions(properties, &mut names, 0);
        let names: Vec<&str> = names.into_iter().take(MOST_CONDITIONS).collect();
        for ways in 0..1_usize << names.len() {
            let chosen: BTreeMap<&str, bool> =
                names.iter().enumerate().map(|(bit, name)| (*name, ways >> bit & 1 == 0)).collect();
            let mut body = Values { template: &template, chosen }.value(properties, 0);
            if body.is_null() {
                body.tree = Tree::Map(Vec::new());
            }
            if let (Tree::Map(entries), Some(policy)) =
                (&mut body.tree, entry.node.get("DeletionPolicy"))
            {
                entries.push(Entry {
                    name: "$DeletionPolicy".to_owned(),
                    name_span: policy.span,
                    node: policy.clone(),
                });
            }
            reading.resources.push(Resource {
                type_name: type_name.to_owned(),
                address: entry.name.clone(),
                scope: of.path.clone(),
                body,
                span: entry.name_span,
            });
        }
    }
}

/// Names of the conditions that a value depends on.
fn conditions<'a>(node: &'a Node, names: &mut BTreeSet<&'a str>, depth: usize) {
    if depth > DEPTH {
        return;
    }
    if let Some(name) = node.get("Fn::If").and_then(|branches| branches.elements().first()) {
        names.extend(name.as_text());
    }
    match &node.tree {
        Tree::List(nodes) => nodes.iter().for_each(|node| conditions(node, names, depth + 1)),
        Tree::Map(entries) => {
            entries.iter().for_each(|entry| conditions(&entry.node, names, depth + 1));
        }
        _ => {}
    }
}

struct Template<'a> {
    document: &'a Node,
    resources: &'a Node,
}

/// The values of a template with its conditions chosen.
struct Values<'a> {
    template: &'a Template<'a>,
    chosen: BTreeMap<&'a str, bool>,
}

impl Values<'_> {
    fn value(&self, node: &Node, depth: usize) -> Node {
        if depth > DEPTH {
            return Node::unknown(node.span);
        }
        match &node.tree {
            Tree::List(nodes) => {
                let values = nodes.iter().map(|node| self.value(node, depth + 1));
                // `AWS::NoValue` takes the element away.
                let values = values.filter(|value| !value.is_null()).collect();
                Node::new(Tree::List(values), node.span)
            }
            Tree::Map(entries) => match entries.as_slice() {
                [only] if only.name == "Ref" || only.name.starts_with("Fn::") => {
                    let mut value = self.call(&only.name, &only.node, depth);
                    // It is written where the call is.
                    value.span = node.span;
                    value
                }
                _ => {
                    let value = |entry: &Entry| Entry {
                        name: entry.name.clone(),
                        name_span: entry.name_span,
                        node: self.value(&entry.node, depth + 1),
                    };
                    Node::new(Tree::Map(entries.iter().map(value).collect()), node.span)
                }
            },
            Tree::Text(text) if text.contains("{{resolve:") => Node::unknown(node.span),
            _ => node.clone(),
        }
    }

    fn call(&self, function: &str, argument: &Node, depth: usize) -> Node {
        let unknown = Node::unknown(argument.span);
        let arguments = argument.elements();
        let value = |at: usize| arguments.get(at).map(|node| self.value(node, depth + 1));
        match function {
            "Ref" => argument.as_text().map_or(unknown, |name| self.reference(name, argument.span)),
            "Fn::GetAtt" => {
                let name = match argument.as_text() {
                    Some(name) => name.to_owned(),
                    None => {
                        arguments.iter().filter_map(Node::as_text).collect::<Vec<_>>().join(".")
                    }
                };
                Node::new(Tree::Partial(format!("${{{name}}}")), argument.span)
            }
            "Fn::Sub" => self.substituted(argument, depth).unwrap_or(unknown),
            "Fn::If" => {
                let chosen = arguments.first().and_then(Node::as_text);
                match chosen.and_then(|name| self.chosen.get(name)) {
                    Some(true) => value(1).unwrap_or(unknown),
                    Some(false) => value(2).unwrap_or(unknown),
                    None => unknown,
                }
            }
            "Fn::Join" => {
                let separator = arguments.first().and_then(Node::as_text);
                let parts = value(1);
                let texts: Option<Vec<Node>> = parts.map(|parts| parts.elements().to_vec());
                match (separator, texts) {
                    (Some(separator), Some(parts)) => joined(&parts, separator, argument.span),
                    _ => unknown,
                }
            }
            "Fn::Select" => {
                let at =
                    value(0).and_then(|at| at.as_int()).and_then(|at| usize::try_from(at).ok());
                let of = value(1);
                at.zip(of).and_then(|(at, of)| of.elements().get(at).cloned()).unwrap_or(unknown)
            }
            "Fn::Split" => match (value(0), value(1)) {
                (Some(separator), Some(text)) => match (separator.as_text(), text.as_text()) {
                    (Some(separator), Some(text)) if !separator.is_empty() => {
                        let part = |part: &str| Node::new(Tree::text(part), argument.span);
                        let parts = text.split(separator).map(part).collect();
                        Node::new(Tree::List(parts), argument.span)
                    }
                    _ => unknown,
                },
                _ => unknown,
            },
            "Fn::FindInMap" => {
                let names: Vec<Option<Node>> = (0..3).map(value).collect();
                let names: Option<Vec<&str>> =
                    names.iter().map(|name| name.as_ref().and_then(Node::as_text)).collect();
                let mut found = self.template.document.get("Mappings");
                for name in names.as_deref().unwrap_or(&["\0"]) {
                    found = found.and_then(|map| map.get(name));
                }
                found.cloned().unwrap_or(unknown)
            }
            "Fn::ToJsonString" => self.value(argument, depth + 1),
            _ => unknown,
        }
    }

    /// What `Ref` gives: a parameter's default, or something that only exists later.
    fn reference(&self, name: &str, span: Span) -> Node {
        match name {
            "AWS::NoValue" => return Node::null(span),
            "AWS::Partition" => return Node::new(Tree::text("aws"), span),
            "AWS::URLSuffix" => return Node::new(Tree::text("amazonaws.com"), span),
            _ if name.starts_with("AWS::") => {
                return Node::new(Tree::Partial(format!("${{{name}}}")), span);
            }
            _ => {}
        }
        let parameter = self.template.document.get("Parameters").and_then(|all| all.get(name));
        if let Some(parameter) = parameter {
            let is_looked_up = parameter
                .get("Type")
                .and_then(Node::as_text)
                .is_some_and(|of| of.starts_with("AWS::SSM::Parameter::Value"));
            return match parameter.get("Default") {
                Some(default) if !is_looked_up => {
                    let is_list = parameter
                        .get("Type")
                        .and_then(Node::as_text)
                        .is_some_and(|of| of == "CommaDelimitedList" || of.starts_with("List<"));
                    match default.scalar().filter(|_| is_list) {
                        Some(text) => {
                            let part = |part: &str| Node::new(Tree::text(part.trim()), span);
                            Node::new(Tree::List(text.split(',').map(part).collect()), span)
                        }
                        None => Node::new(default.tree.clone(), span),
                    }
                }
                _ => Node::unknown(span),
            };
        }
        if self.template.resources.get(name).is_some() {
            return Node::new(Tree::Partial(format!("${{{name}.Ref}}")), span);
        }
        Node::unknown(span)
    }

    /// `Fn::Sub`: a text, or a text and values of its own.
    fn substituted(&self, argument: &Node, depth: usize) -> Option<Node> {
        let (template, own) = match &argument.tree {
            Tree::Text(text) => (text.as_str(), None),
            Tree::List(nodes) => (nodes.first()?.as_text()?, nodes.get(1)),
            _ => return None,
        };
        let mut parts = Vec::new();
        let text = |text: &str| Node::new(Tree::text(text), argument.span);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}')?;
            parts.push(text(before));
            parts.push(match (name.strip_prefix('!'), own.and_then(|own| own.get(name))) {
                (Some(literal), _) => text(&format!("${{{literal}}}")),
                (None, Some(own)) => self.value(own, depth + 1),
                (None, None) if name.contains('.') => {
                    Node::new(Tree::Partial(format!("${{{name}}}")), argument.span)
                }
                (None, None) => self.reference(name, argument.span),
            });
            rest = after;
        }
        parts.push(text(rest));
        Some(joined(&parts, "", argument.span))
    }
}

/// Texts put together. A part that is not known makes a text that is known in part, with `${?}` in
/// its place.
fn joined(parts: &[Node], separator: &str, span: Span) -> Node {
    let mut text = String::new();
    let mut is_whole = true;
    for (number, part) in parts.iter().enumerate() {
        if number > 0 {
            text.push_str(separator);
        }
        match (part.scalar(), part.as_partial()) {
            (Some(known), _) => text.push_str(&known),
            (None, Some(partial)) => {
                text.push_str(partial);
                is_whole = false;
            }
            (None, None) => {
                text.push_str("${?}");
                is_whole = false;
            }
        }
        if text.len() > MOST_TEXT {
            return Node::unknown(span);
        }
    }
    Node::new(if is_whole { Tree::Text(text) } else { Tree::Partial(text) }, span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{
        providers::Providers,
        sources::{Source, Sources},
        yaml,
    };

    /// The resources of a template, as texts.
    fn resources(text: &str) -> Vec<(String, Node)> {
        let mut sources = Sources::default();
        let source = sources.add(Source::new("t.yaml".into(), None, text.to_owned().into()));
        let document = yaml::parse(source, text).documents.remove(0);
        assert!(is(&document));
        let mut reading = Reading::new(Providers::builtin(), &sources, [source].into());
        read(&document, source, &mut reading);
        reading.resources.into_iter().map(|of| (of.type_name, of.body)).collect()
    }

    fn shown(node: &Node) -> String {
        match &node.tree {
            Tree::Partial(text) => format!("~{text}"),
            Tree::Unknown => "?".to_owned(),
            Tree::Null => "-".to_owned(),
            Tree::List(nodes) => {
                format!("[{}]", nodes.iter().map(shown).collect::<Vec<_>>().join(" "))
            }
            Tree::Map(entries) => {
                let shown = |entry: &Entry| format!("{}={}", entry.name, shown(&entry.node));
                format!("{{{}}}", entries.iter().map(shown).collect::<Vec<_>>().join(" "))
            }
            _ => node.scalar().unwrap().into_owned(),
        }
    }

    const TEMPLATE: &str = r#"
Parameters:
  Days: {Type: Number, Default: 7}
  Spec: {Type: String}
  Ids: {Type: CommaDelimitedList, Default: "111122223333, 444455556666"}
Mappings:
  Regions:
    eu: {Bits: 256}
Conditions:
  IsProduction: !Equals [!Ref Stage, prod]
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
"#;

    fn value(expression: &str) -> String {
        let text = format!("{TEMPLATE}      Value: {expression}\n");
        let all = resources(&text);
        let values: Vec<String> =
            all.iter().map(|(_, body)| shown(body.get("Value").unwrap())).collect();
        values.join(" | ")
    }

    #[test]
    fn functions_give_what_the_template_says() {
        for (expression, wanted) in [
            ("!Ref Days", "7"),
            ("!Ref Spec", "?"),
            ("!Ref Nothing", "?"),
            ("!Ref Ids", "[111122223333 444455556666]"),
            ("!Ref AWS::Partition", "aws"),
            ("!GetAtt Key.Arn", "~${Key.Arn}"),
            ("!Ref Key", "~${Key.Ref}"),
            ("!Sub 'arn:aws:iam::${AWS::AccountId}:root'", "~arn:aws:iam::${AWS::AccountId}:root"),
            ("!Sub ['${A}-${!B}-${Days}', {A: x}]", "x-${B}-7"),
            ("!Join ['', ['arn:', !Ref AWS::Partition, ':iam']]", "arn:aws:iam"),
            ("!Join ['-', [!Ref Spec, b]]", "~${?}-b"),
            ("!Select [1, !Ref Ids]", "444455556666"),
            ("!Select [0, !Split ['/', 'a/b']]", "a"),
            ("!FindInMap [Regions, eu, Bits]", "256"),
            ("!FindInMap [Regions, us, Bits]", "?"),
            ("!If [IsProduction, 30, !Ref AWS::NoValue]", "30 | -"),
            ("!ImportValue x", "?"),
            ("'{{resolve:ssm:x}}'", "?"),
            ("[1, !Ref AWS::NoValue, 2]", "[1 2]"),
        ] {
            assert_eq!(value(expression), wanted, "{expression}");
        }
    }

    #[test]
    fn a_document_without_types_is_no_template() {
        let stream = yaml::parse(0, "Resources: [a]\nOther: {Type: AWS::KMS::Key}\n");
        assert!(!is(&stream.documents[0]));
    }
}
