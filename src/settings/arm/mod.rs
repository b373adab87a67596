//! Templates of Azure Resource Manager: expressions evaluated as far as the template says, each
//! resource once for every way in which its conditions may come out. [`bicep`](super::bicep) has the
//! same values in another language.
//!
//! Source: Azure Resource Manager documentation, "ARM template syntax".

pub(super) mod declared;
pub(super) mod evaluate;
pub(super) mod expression;
mod functions;

#[cfg(test)]
pub(super) mod tests;

use declared::{address, attribute};
use evaluate::{Definition, Values};
pub(super) use functions::decoded;

use super::{
    Reading,
    lower::Resource,
    tree::{Entry, Node, Span, Tree},
};

/// Templates inside of one another.
const MOST_TEMPLATES: usize = 8;

/// Resources that one document gives.
pub(super) const MOST_RESOURCES: usize = 5_000;

/// Members of a resource that say how it is deployed, and not what it is.
const AROUND: &[&str] = &["resources", "copy", "condition", "dependsOn", "existing"];

/// Whether a document is a template.
pub(super) fn is(document: &Node) -> bool {
    let is_resource = |node: &Node| {
        let of_type = node.get("type").and_then(Node::as_text);
        of_type.is_some_and(is_full) && node.get("apiVersion").is_some()
    };
    let is_schema = |text: &str| text.to_ascii_lowercase().contains("deploymenttemplate.json");
    document.get("$schema").and_then(Node::as_text).is_some_and(is_schema)
        || document.get("resources").is_some_and(|all| members(all).any(|(_, of)| is_resource(of)))
}

/// Reads every resource of a template.
pub(super) fn read(document: &Node, source: u32, reading: &mut Reading<'_>) {
    template(document, source, 0, &Values::default(), reading);
}

/// The same, with the values that a file gives to its parameters.
pub(super) fn read_with(
    document: &Node,
    parameters: &Node,
    source: u32,
    reading: &mut Reading<'_>,
) {
    read(&bind(document, Some(parameters)), source, reading);
}

/// `Microsoft.KeyVault/vaults`, and not the `keys` of a resource inside of a vault.
fn is_full(type_name: &str) -> bool {
    type_name.split_once('/').is_some_and(|(provider, _)| provider.contains('.'))
}

/// Resources, with their symbolic names where the template has them.
fn members(resources: &Node) -> impl Iterator<Item = (Option<&str>, &Node)> {
    let listed = match &resources.tree {
        Tree::List(nodes) => nodes.as_slice(),
        _ => &[],
    };
    let named = resources.entries().iter().map(|entry| (Some(entry.name.as_str()), &entry.node));
    listed.iter().map(|node| (None, node)).chain(named)
}

/// Reads a template that stands inside of `outer`.
fn template(
    document: &Node,
    source: u32,
    depth: usize,
    outer: &Values<'_>,
    reading: &mut Reading<'_>,
) {
    let mut values = Values::default();
    for entry in document.get("parameters").map(Node::entries).unwrap_or_default() {
        let definition = match entry.node.get("defaultValue") {
            Some(default) => Definition::Template(default),
            None => Definition::Known(Node::new(
                Tree::Partial(format!("${{{}}}", entry.name)),
                entry.name_span,
            )),
        };
        values.definitions.insert(format!("parameters:{}", lower(&entry.name)), definition);
    }
    let mut loops = Vec::new();
    for entry in document.get("variables").map(Node::entries).unwrap_or_default() {
        match (&entry.node.tree, entry.name.as_str()) {
            (Tree::List(copies), "copy") => loops.extend(copies),
            _ => {
                let definition = Definition::Template(&entry.node);
                values.definitions.insert(format!("variables:{}", lower(&entry.name)), definition);
            }
        }
    }
    for of in loops {
        if let Some(entry) = values.copies(of, 0) {
            let definition = Definition::Known(entry.node);
            values.definitions.insert(format!("variables:{}", lower(&entry.name)), definition);
        }
    }
    values.continue_from(outer);
    let resources = document.get("resources");
    // A resource may be named by its symbol: `reference('vault')`.
    for (symbol, node) in resources.into_iter().flat_map(members) {
        let (Some(symbol), Some(name)) = (symbol, node.get("name")) else { continue };
        let name = values.node(name, 0);
        let of = address(name.as_partial().unwrap_or(symbol));
        values
            .definitions
            .insert(format!("symbol:{}", lower(symbol)), Definition::Resource(of, name));
    }
    let schema = document.get("$schema").and_then(Node::as_text).unwrap_or_default();
    let level = level(schema.rsplit('/').next().unwrap_or_default());
    let mut reader = Reader { source, depth, level, values, reading };
    for (_, node) in resources.into_iter().flat_map(members) {
        reader.resource(node, None);
    }
    outer.continue_from(&reader.values);
}

/// What a template or a file is deployed to, where that is more than a group of resources.
pub(super) fn level(of: &str) -> Option<&'static str> {
    ["subscription", "managementgroup", "tenant"]
        .into_iter()
        .find(|level| of.get(..level.len()).is_some_and(|start| start.eq_ignore_ascii_case(level)))
}

fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// A resource that others stand in.
struct Parent {
    type_name: String,
    name: String,
}

struct Reader<'a, 'r, 'p> {
    source: u32,
    depth: usize,
    level: Option<&'static str>,
    values: Values<'a>,
    reading: &'r mut Reading<'p>,
}

impl<'a> Reader<'a, '_, '_> {
    fn resource(&mut self, node: &'a Node, parent: Option<&Parent>) {
        if node.get("existing").and_then(Node::as_bool) == Some(true) {
            return;
        }
        match node.get("copy").filter(|copy| copy.get("name").is_some()) {
            None => self.instance(node, parent),
            Some(copy) => {
                let name = copy.get("name").and_then(Node::as_text).unwrap_or_default();
                let count = self.values.count(copy);
                let turns = count.unwrap_or(1);
                if turns > evaluate::MOST_TURNS {
                    let at = usize::try_from(copy.span.start).unwrap_or_default();
                    let problem =
                        format!("of {turns} copies, the first {} are read", evaluate::MOST_TURNS);
                    self.reading.problems.push((self.source, at, problem));
                }
                for turn in 0..turns.min(evaluate::MOST_TURNS) {
                    self.values.enter(name, count.map(|_| turn), copy.span);
                    self.instance(node, parent);
                    self.values.leave();
                }
            }
        }
    }

    fn instance(&mut self, node: &'a Node, parent: Option<&Parent>) {
        let Some(written) = node.get("type").and_then(Node::as_text) else { return };
        let name = node.get("name").map(|name| self.values.node(name, 0));
        let name = name
            .as_ref()
            .and_then(|name| name.scalar().or_else(|| name.as_partial().map(Into::into)));
        let name = name.map_or_else(|| "?".to_owned(), std::borrow::Cow::into_owned);
        let (type_name, name) = placed(written, &name, parent);
        if is_deployment(&type_name) {
            self.deployment(node);
        } else {
            let span = node.get("name").map_or(node.span, |name| name.span);
            let (level, root) = (self.level, self.source);
            let found = Found { type_name: &type_name, name: &name, span, level, root };
            let (values, reading, source) = (&self.values, &mut *self.reading, self.source);
            values.each_way(|| {
                let mut body = Vec::new();
                for entry in node.entries().iter().filter(|e| !AROUND.contains(&e.name.as_str())) {
                    body.push(Entry {
                        name: entry.name.clone(),
                        name_span: entry.name_span,
                        node: values.node(&entry.node, 0),
                    });
                }
                found.push(body, source, reading);
            });
        }
        let own = Parent { type_name, name };
        for (_, child) in node.get("resources").into_iter().flat_map(members) {
            self.resource(child, Some(&own));
        }
        if self.values.is_spent() {
            let at = usize::try_from(node.span.start).unwrap_or_default();
            let problem = "what takes more steps to evaluate is unknown".to_owned();
            if !self.reading.problems.iter().any(|(_, _, of)| *of == problem) {
                self.reading.problems.push((self.source, at, problem));
            }
        }
    }

    /// A template inside of the template. Unless it is told to have a scope of its own, its
    /// parameters and variables are those of the outer one.
    fn deployment(&mut self, node: &'a Node) {
        let Some(properties) = node.get("properties") else { return };
        let Some(inner) = properties.get("template").filter(|of| of.get("resources").is_some())
        else {
            return;
        };
        if self.depth >= MOST_TEMPLATES {
            let at = usize::try_from(inner.span.start).unwrap_or_default();
            self.reading.problems.push((
                self.source,
                at,
                "templates are nested too deep".to_owned(),
            ));
            return;
        }
        let options = properties.get("expressionEvaluationOptions");
        let scope = options.and_then(|of| of.get("scope")).and_then(Node::as_text);
        if scope.is_some_and(|scope| scope.eq_ignore_ascii_case("inner")) {
            let given = properties.get("parameters").map(|of| self.values.node(of, 0));
            let bound = bind(inner, given.as_ref());
            template(&bound, self.source, self.depth + 1, &self.values, self.reading);
            return;
        }
        self.depth += 1;
        for (_, child) in inner.get("resources").into_iter().flat_map(members) {
            self.resource(child, None);
        }
        self.depth -= 1;
    }
}

fn is_deployment(type_name: &str) -> bool {
    type_name.eq_ignore_ascii_case("Microsoft.Resources/deployments")
}

/// A template with the values that its parameters are given, as their defaults.
fn bind(template: &Node, given: Option<&Node>) -> Node {
    let mut bound = template.clone();
    let Tree::Map(entries) = &mut bound.tree else { return bound };
    for entry in entries.iter_mut().filter(|entry| entry.name == "parameters") {
        let Tree::Map(parameters) = &mut entry.node.tree else { continue };
        for parameter in parameters {
            let value = given.and_then(|of| of.get(&parameter.name)).and_then(|of| of.get("value"));
            let (Some(value), Tree::Map(members)) = (value, &mut parameter.node.tree) else {
                continue;
            };
            members.retain(|member| member.name != "defaultValue");
            members.push(Entry {
                name: "defaultValue".to_owned(),
                name_span: parameter.name_span,
                node: value.clone(),
            });
        }
    }
    bound
}

/// Type and name in full: what stands in another resource is named after it.
pub(super) fn is_short_name(type_name: &str, name: &str) -> bool {
    name.split('/').count() < type_name.split('/').count() - 1
}

fn placed(type_name: &str, name: &str, parent: Option<&Parent>) -> (String, String) {
    let Some(parent) = parent else { return (type_name.to_owned(), name.to_owned()) };
    let type_name = if is_full(type_name) {
        type_name.to_owned()
    } else {
        format!("{}/{type_name}", parent.type_name)
    };
    let name = if is_short_name(&type_name, name) && type_name.starts_with(&parent.type_name) {
        format!("{}/{name}", parent.name)
    } else {
        name.to_owned()
    };
    (type_name, name)
}

/// A resource that was found: its type and name in full, and where it is named.
pub(super) struct Found<'a> {
    pub type_name: &'a str,
    pub name: &'a str,
    pub span: Span,
    /// What the whole document is deployed to, if that is more than a group of resources.
    pub level: Option<&'static str>,
    /// The document that is deployed, in which the name is the only one of its kind.
    pub root: u32,
}

impl Found<'_> {
    /// Adds the resource, with `$parent` and `$scope` for what it belongs to.
    pub(super) fn push(&self, mut body: Vec<Entry>, source: u32, reading: &mut Reading<'_>) {
        let Some(of) = reading.sources.get(self.root) else { return };
        if reading.resources.len().saturating_sub(reading.begun) >= MOST_RESOURCES {
            let problem = format!("only {MOST_RESOURCES} resources are read");
            let last = reading.problems.last();
            if last.is_none_or(|(_, _, of)| *of != problem) {
                reading.problems.push((source, 0, problem));
            }
            return;
        }
        let mut add = |name: &str, node: Node| {
            body.push(Entry { name: name.to_owned(), name_span: node.span, node });
        };
        if let Some(level) = self.level {
            add("$level", attribute(level, "id", self.span));
        }
        let mut type_name = self.type_name.to_owned();
        if let Some((parent, _)) = self.name.rsplit_once('/') {
            add("$parent", attribute(&address(parent), "id", self.span));
        }
        // The old way to put one resource onto another:
        // `Microsoft.KeyVault/vaults/providers/roleAssignments`, `vault/Microsoft.Authorization/name`.
        if let Some((_, kind)) = self.type_name.split_once("/providers/") {
            let mut parts = self.name.rsplitn(3, '/');
            if let (Some(_), Some(provider), Some(on)) = (parts.next(), parts.next(), parts.next())
            {
                type_name = format!("{provider}/{kind}");
                add("$scope", attribute(&address(on), "id", self.span));
            }
        }
        // Case does not count in names of types.
        let is_ours = type_name.get(..10).is_some_and(|of| of.eq_ignore_ascii_case("microsoft."));
        if is_ours && reading.providers.emissions(&type_name).is_empty() {
            let names = reading.providers.type_names();
            if let Some((name, _)) =
                names.iter().find(|(name, _)| name.eq_ignore_ascii_case(&type_name))
            {
                type_name = (*name).to_owned();
            }
        }
        reading.resources.push(Resource {
            type_name,
            address: address(self.name),
            scope: of.path.clone(),
            body: Node::new(Tree::Map(body), self.span),
            span: self.span,
        });
    }
}
