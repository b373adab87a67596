//! A directory of Terraform files, and one use of it as a module. What is written is kept here; what
//! it comes to is found in [`eval`](super::eval).

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use super::value::{Failed, refer};
use crate::settings::{
    hcl::syntax::{Attribute, Block, Body, Expr, Frame, Kind, Part},
    tree::{Node, Span, Tree},
};

/// All that the files of one directory declare.
#[derive(Default)]
pub(super) struct Directory {
    pub path: String,
    pub variables: BTreeMap<String, Block>,
    pub locals: BTreeMap<String, Expr>,
    pub outputs: BTreeMap<String, Expr>,
    pub modules: BTreeMap<String, Block>,
    /// By type and name.
    pub resources: BTreeMap<(String, String), Block>,
    pub data: BTreeMap<(String, String), Block>,
    /// Of AWS, as which resources are made that name no other.
    pub provider: Option<Block>,
    /// What `terraform.tfvars` and `*.auto.tfvars` set; a later file replaces an earlier one.
    pub settings: BTreeMap<String, Expr>,
}

impl Directory {
    /// Adds what one file declares. An override file replaces attributes and blocks of what it names.
    pub(super) fn add(&mut self, body: Body, is_override: bool) {
        for mut block in body.blocks {
            let mut labels = std::mem::take(&mut block.labels).into_iter();
            match (block.name.as_str(), labels.next(), labels.next()) {
                ("locals", None, None) => {
                    let of = block.body.attributes.into_iter();
                    self.locals.extend(of.map(|Attribute { name, value, .. }| (name, value)));
                }
                ("variable", Some(name), None) => {
                    put(&mut self.variables, name, block, is_override);
                }
                ("output", Some(name), None) => {
                    let mut attributes = block.body.attributes.into_iter();
                    if let Some(value) = attributes.find(|attribute| attribute.name == "value") {
                        self.outputs.insert(name, value.value);
                    }
                }
                ("module", Some(name), None) => {
                    put(&mut self.modules, name, block, is_override);
                }
                ("provider", Some(name), None)
                    if name == "aws" && block.body.value("alias").is_none() =>
                {
                    self.provider.get_or_insert(block);
                }
                ("resource", Some(kind), Some(name)) => {
                    put(&mut self.resources, (kind, name), block, is_override);
                }
                ("data" | "ephemeral", Some(kind), Some(name)) => {
                    put(&mut self.data, (kind, name), block, is_override);
                }
                _ => {}
            }
        }
    }
}

/// Adds a block, or, in an override file, puts what it says into the one that is there.
fn put<K: Ord>(blocks: &mut BTreeMap<K, Block>, name: K, block: Block, is_override: bool) {
    match blocks.get_mut(&name).filter(|_| is_override) {
        Some(known) => {
            for attribute in block.body.attributes {
                known.body.attributes.retain(|old| old.name != attribute.name);
                known.body.attributes.push(attribute);
            }
            known.body.blocks.retain(|old| {
                !block.body.blocks.iter().any(|new| {
                    let replaces = if new.name == "dynamic" { new.labels.first() } else { None };
                    new.name == old.name || replaces == Some(&old.name)
                })
            });
            known.body.blocks.extend(block.body.blocks);
        }
        None => {
            blocks.insert(name, block);
        }
    }
}

/// One of several that a block declares by `count` or `for_each`.
#[derive(Clone)]
pub(super) enum Key {
    /// The block has neither.
    One,
    Index(usize),
    Name(String, Node),
    /// Each of a number that is not known.
    AnyIndex,
    /// Each of names that are not known.
    AnyName,
}

impl Key {
    /// As it stands behind the name in an address.
    pub(super) fn suffix(&self) -> String {
        match self {
            Self::One | Self::AnyName => String::new(),
            Self::Index(index) => format!("[{index}]"),
            Self::Name(name, _) => format!("[\"{name}\"]"),
            Self::AnyIndex => "[0]".to_owned(),
        }
    }

    /// What `count` or `each` is in the block.
    pub(super) fn names(&self, span: Span) -> Option<(&'static str, Node)> {
        let map = |members: Vec<(&str, Node)>| {
            let entries = members.into_iter().map(|(name, node)| super::value::entry(name, node));
            Node::new(Tree::Map(entries.collect()), span)
        };
        match self {
            Self::One => None,
            #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
            Self::Index(index) => {
                let number = Node::new(Tree::Number(*index as f64), span);
                Some(("count", map(vec![("index", number)])))
            }
            Self::AnyIndex => Some(("count", map(vec![("index", Node::unknown(span))]))),
            Self::Name(name, value) => {
                let name = Node::new(Tree::text(name.as_str()), span);
                Some(("each", map(vec![("key", name), ("value", value.clone())])))
            }
            Self::AnyName => {
                let key = refer("each.key", span);
                Some(("each", map(vec![("key", key), ("value", Node::unknown(span))])))
            }
        }
    }
}

/// What a cached value is.
#[derive(Clone)]
pub(super) enum Cached {
    /// Being evaluated: whoever asks again stands in a circle.
    Busy,
    Done(Result<Rc<Node>, Failed>),
}

/// One use of a directory.
pub(super) struct Instance<'a> {
    pub number: usize,
    pub directory: &'a Directory,
    /// What stands before every address: `module.a[0].`; nothing for a root.
    pub prefix: String,
    pub depth: usize,
    /// Who calls it, by which block, and as which of several.
    pub call: Option<Call<'a>>,
    pub values: RefCell<BTreeMap<(Slot, String), Cached>>,
}

impl Instance<'_> {
    /// Whether it is given providers by another name, somewhere on the way to it.
    pub(super) fn names_providers(&self) -> bool {
        self.call.as_ref().is_some_and(|call| {
            call.block.body.value("providers").is_some() || call.parent.names_providers()
        })
    }
}

pub(super) struct Call<'a> {
    pub parent: Rc<Instance<'a>>,
    pub block: &'a Block,
    pub key: Key,
}

/// What is cached by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    Variable,
    Local,
    Output,
}

/// A block that is written in JSON.
pub(super) fn body_of_json(node: &Node) -> Body {
    let mut body = Body::default();
    for top in node.entries() {
        let depth = match top.name.as_str() {
            "resource" | "data" | "ephemeral" => 2,
            "variable" | "output" | "module" | "provider" => 1,
            "locals" => 0,
            _ => continue,
        };
        for of in top.node.elements() {
            blocks_of_json(&top.name, of, depth, &mut Vec::new(), top.name_span, &mut body);
        }
    }
    body
}

fn blocks_of_json(
    name: &str,
    node: &Node,
    depth: usize,
    labels: &mut Vec<String>,
    head: Span,
    body: &mut Body,
) {
    if depth > 0 {
        for entry in node.entries() {
            labels.push(entry.name.clone());
            for of in entry.node.elements() {
                blocks_of_json(name, of, depth - 1, labels, entry.name_span, body);
            }
            labels.pop();
        }
        return;
    }
    let body_of = inner_of_json(node, name != "variable");
    body.blocks.push(Block { name: name.to_owned(), labels: labels.clone(), body: body_of, head });
}

/// The inside of a block. Blocks in it are attributes that are maps or lists of maps; only `dynamic`
/// is told from them. `has_templates`: whether texts are templates.
fn inner_of_json(node: &Node, has_templates: bool) -> Body {
    let mut body = Body::default();
    for entry in node.entries() {
        if entry.name == "dynamic" {
            for of in entry.node.elements().iter().flat_map(Node::entries) {
                for definition in of.node.elements() {
                    let mut inner = inner_of_json(definition, has_templates);
                    let content = definition.get("content").map(|content| Block {
                        name: "content".to_owned(),
                        labels: Vec::new(),
                        body: inner_of_json(content, has_templates),
                        head: content.span,
                    });
                    inner.blocks.extend(content);
                    body.blocks.push(Block {
                        name: "dynamic".to_owned(),
                        labels: vec![of.name.clone()],
                        body: inner,
                        head: of.name_span,
                    });
                }
            }
            continue;
        }
        body.attributes.push(Attribute {
            name: entry.name.clone(),
            name_span: entry.name_span,
            value: expression_of_json(&entry.node, has_templates),
        });
    }
    body
}

/// A value in JSON, in which texts are templates.
pub(super) fn expression_of_json(node: &Node, has_templates: bool) -> Expr {
    let kind = match &node.tree {
        Tree::Text(text) if has_templates && (text.contains("${") || text.contains("%{")) => {
            match crate::settings::hcl::template(text, node.span) {
                Some(mut parts) if parts.len() == 1 => match parts.pop() {
                    Some(Part::Value(expr)) => return expr,
                    Some(part) => Kind::Template(vec![part]),
                    None => Kind::Literal(Tree::text("")),
                },
                Some(parts) => Kind::Template(parts),
                None => Kind::Literal(Tree::Unknown),
            }
        }
        Tree::List(nodes) => {
            Kind::List(nodes.iter().map(|node| expression_of_json(node, has_templates)).collect())
        }
        Tree::Map(entries) => Kind::Object(
            entries
                .iter()
                .map(|entry| {
                    let key = Kind::Literal(Tree::text(entry.name.as_str()));
                    let key = Expr { kind: key, span: entry.name_span };
                    (key, expression_of_json(&entry.node, has_templates))
                })
                .collect(),
        ),
        tree => Kind::Literal(tree.clone()),
    };
    Expr { kind, span: node.span }
}

/// A type that is written as a text, as JSON has it.
pub(super) fn type_in_text(text: &str, span: Span) -> Option<Expr> {
    let written = hcl_edit::parser::parse_expr(text).ok()?;
    Some(Frame { source: span.source, base: 0, fixed: Some(span) }.expression(&written))
}
