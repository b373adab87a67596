//! Plans as `terraform show -json` prints them: what will be there, with what is not known yet, and
//! what changes. The order of calls in the configuration is followed where a value that is not known
//! is an attribute of another resource.

use super::value::{entry, equal, refer};
use crate::settings::{
    Sources,
    lower::Resource,
    tree::{Node, Span, Tree},
    within,
};

/// References that are followed from module to module.
const STEPS: usize = 16;

/// Modules inside of one another in planned values.
const DEPTH: usize = 64;

/// Whether a document is a plan, or a state as `terraform show -json` prints it.
pub(crate) fn is(document: &Node) -> bool {
    let has = |name: &str| document.get(name).is_some();
    has("format_version")
        && (has("resource_changes") || has("planned_values") || has("prior_state") || has("values"))
}

/// The resources that a plan comes to, and of each that it changes, what (`change:TYPE`).
pub(crate) fn resources(document: &Node, scope: &str, sources: &Sources) -> Vec<Resource> {
    let mut resources = Vec::new();
    let configuration = document.get("configuration").and_then(|of| of.get("root_module"));
    match document.get("resource_changes") {
        Some(changes) => {
            for change in changes.elements() {
                resources.extend(changed(change, configuration, scope, sources));
            }
            // Only data sources are not among the changes.
            let values = document.get("prior_state").and_then(|state| state.get("values"));
            if let Some(module) = values.and_then(|values| values.get("root_module")) {
                add_values(module, scope, sources, true, DEPTH, &mut resources);
            }
        }
        None => {
            let state = document.get("prior_state").and_then(|state| state.get("values"));
            let values = document.get("planned_values").or(document.get("values")).or(state);
            if let Some(module) = values.and_then(|values| values.get("root_module")) {
                add_values(module, scope, sources, false, DEPTH, &mut resources);
            }
        }
    }
    resources
}

/// The type of a resource, as that of a data source has `data.` before it.
pub(super) fn type_name(of: &Node) -> Option<String> {
    let kind = of.get("type")?.as_text()?;
    let is_data = of.get("mode").and_then(Node::as_text) == Some("data");
    Some(if is_data { format!("data.{kind}") } else { kind.to_owned() })
}

/// What a resource of a plan or a state has, with documents in texts read, and where it is from.
pub(super) fn body(values: &Node, from: &str, sources: &Sources) -> Node {
    let mut body = values.clone();
    read_texts(&mut body, sources);
    if let Tree::Map(entries) = &mut body.tree {
        entries.push(entry("$from", Node::new(Tree::text(from), values.span)));
    }
    body
}

/// Policies in texts become what they say.
fn read_texts(node: &mut Node, sources: &Sources) {
    match &mut node.tree {
        Tree::Text(_) => {
            if let Some(read) = within::json(node, sources) {
                *node = read;
            }
        }
        Tree::List(nodes) => nodes.iter_mut().for_each(|node| read_texts(node, sources)),
        Tree::Map(entries) => {
            entries.iter_mut().for_each(|entry| read_texts(&mut entry.node, sources));
        }
        _ => {}
    }
}

fn add_values(
    module: &Node,
    scope: &str,
    sources: &Sources,
    is_data_only: bool,
    depth: usize,
    resources: &mut Vec<Resource>,
) {
    for of in module.get("resources").map(Node::elements).unwrap_or_default() {
        let (Some(type_name), Some(values)) = (type_name(of), of.get("values")) else { continue };
        if is_data_only && !type_name.starts_with("data.") {
            continue;
        }
        let address = of.get("address");
        resources.push(Resource {
            type_name,
            address: address.and_then(Node::as_text).unwrap_or_default().to_owned(),
            scope: scope.to_owned(),
            body: body(values, "state", sources),
            span: address.map_or(of.span, |address| address.span),
        });
    }
    let Some(depth) = depth.checked_sub(1) else { return };
    for child in module.get("child_modules").map(Node::elements).unwrap_or_default() {
        add_values(child, scope, sources, is_data_only, depth, resources);
    }
}

/// What one member of `resource_changes` comes to.
fn changed(
    of: &Node,
    configuration: Option<&Node>,
    scope: &str,
    sources: &Sources,
) -> Vec<Resource> {
    let (Some(type_name), Some(change)) = (type_name(of), of.get("change")) else {
        return Vec::new();
    };
    let address = of.get("address");
    let span = address.map_or(of.span, |address| address.span);
    let address = address.and_then(Node::as_text).unwrap_or_default().to_owned();
    let null = Node::null(change.span);
    let before = change.get("before").unwrap_or(&null);
    let mut after = change.get("after").unwrap_or(&null).clone();
    let is_deleted = after.is_null();
    if !is_deleted {
        if let Some(unknown) = change.get("after_unknown") {
            add_unknown(&mut after, unknown);
        }
        follow(&mut after, of, configuration);
    }
    let mut resources = Vec::new();
    if !before.is_null() {
        let names = changed_names(before, &after, span);
        let is_changed = is_deleted || !names.elements().is_empty();
        if is_changed {
            let actions = change.get("actions").cloned().unwrap_or(Node::null(change.span));
            let before = body(before, "plan", sources);
            let after = if is_deleted { after.clone() } else { body(&after, "plan", sources) };
            resources.push(Resource {
                type_name: format!("change:{type_name}"),
                address: address.clone(),
                scope: scope.to_owned(),
                body: Node::new(
                    Tree::Map(vec![
                        entry("actions", actions),
                        entry("changed", names),
                        entry("before", before),
                        entry("after", after),
                    ]),
                    span,
                ),
                span,
            });
        }
    }
    if !is_deleted {
        let body = body(&after, "plan", sources);
        resources.push(Resource { type_name, address, scope: scope.to_owned(), body, span });
    }
    resources
}

/// Names of the attributes that differ; one that is not known yet differs.
fn changed_names(before: &Node, after: &Node, span: Span) -> Node {
    let names = after.entries().iter().filter(|entry| {
        let old = before.get(&entry.name);
        old.map_or(!entry.node.is_null(), |old| equal(old, &entry.node) != Some(true))
    });
    let names = names.map(|entry| Node::new(Tree::text(entry.name.as_str()), entry.node.span));
    Node::new(Tree::List(names.collect()), span)
}

/// Puts what is not known at its places.
fn add_unknown(node: &mut Node, unknown: &Node) {
    match &unknown.tree {
        Tree::Bool(true) => node.tree = Tree::Unknown,
        Tree::List(of) => {
            if let Tree::List(nodes) = &mut node.tree {
                for (node, unknown) in nodes.iter_mut().zip(of) {
                    add_unknown(node, unknown);
                }
            }
        }
        Tree::Map(of) => {
            let span = node.span;
            if let Tree::Map(entries) = &mut node.tree {
                for unknown in of {
                    let known = entries.iter_mut().find(|entry| entry.name == unknown.name);
                    match (known, &unknown.node.tree) {
                        (Some(entry), _) => add_unknown(&mut entry.node, &unknown.node),
                        (None, Tree::Bool(true)) => {
                            entries.push(entry(&unknown.name, Node::unknown(span)));
                        }
                        (None, _) => {}
                    }
                }
            }
        }
        _ => {}
    }
}

/// Attributes that are not known because they are those of other resources become references.
fn follow(after: &mut Node, of: &Node, configuration: Option<&Node>) {
    let text = |name: &str| of.get(name).and_then(Node::as_text);
    let (Some(configuration), Some(name)) = (configuration, text("name")) else { return };
    let address = text("module_address").unwrap_or_default();
    // `module.a[0].module.b` with and without which of several it is.
    let modules: Vec<&str> = modules_of(address);
    let Some(module) = module_at(configuration, &modules) else { return };
    let kind = text("type").unwrap_or_default();
    let declared = module.get("resources").map(Node::elements).unwrap_or_default();
    let found = declared.iter().find(|declared| {
        let is = |member: &str, wanted: &str| {
            declared.get(member).and_then(Node::as_text) == Some(wanted)
        };
        is("type", kind) && is("name", name)
    });
    let Some(expressions) = found.and_then(|found| found.get("expressions")) else { return };
    let Tree::Map(entries) = &mut after.tree else { return };
    for entry in entries.iter_mut().filter(|entry| entry.node.is_unknown()) {
        let Some(first) = expressions.get(&entry.name).and_then(only_reference) else { continue };
        if let Some(found) = resolve(configuration, &modules, address, first) {
            entry.node = refer(&found, entry.node.span);
        }
    }
}

/// Names of the modules in an address: `a`, `b` of `module.a[0].module.b`.
fn modules_of(address: &str) -> Vec<&str> {
    address
        .split("module.")
        .filter(|part| !part.is_empty())
        .map(|part| part.split(['[', '.']).next().unwrap_or_default())
        .collect()
}

fn module_at<'n>(configuration: &'n Node, modules: &[&str]) -> Option<&'n Node> {
    modules.iter().take(DEPTH).try_fold(configuration, |module, name| {
        module.get("module_calls")?.get(name)?.get("module")
    })
}

/// What an expression refers to, if that is one thing: the longest of references that begin alike.
fn only_reference(expression: &Node) -> Option<&str> {
    let mut references = expression.get("references")?.elements().iter();
    let first = references.next()?.as_text()?;
    let is_part = |other: &Node| other.as_text().is_some_and(|other| first.starts_with(other));
    references.all(is_part).then_some(first)
}

/// The attribute of a resource that a reference leads to, through variables and outputs.
fn resolve(
    configuration: &Node,
    modules: &[&str],
    address: &str,
    reference: &str,
) -> Option<String> {
    let mut modules: Vec<String> = modules.iter().map(|&name| name.to_owned()).collect();
    let mut address = address.to_owned();
    let mut reference = reference.to_owned();
    for _ in 0..STEPS {
        let names: Vec<&str> = modules.iter().map(String::as_str).collect();
        let parts: Vec<&str> = reference.split('.').collect();
        match parts.as_slice() {
            ["var", name] => {
                let name = name.split('[').next()?;
                let (last, parents) = names.split_last()?;
                let call = module_at(configuration, parents)?.get("module_calls")?.get(last)?;
                let next = only_reference(call.get("expressions")?.get(name)?)?.to_owned();
                let cut = address.rfind("module.").unwrap_or(0);
                address.truncate(cut);
                address.truncate(address.trim_end_matches('.').len());
                modules.pop();
                reference = next;
            }
            ["module", name, output] => {
                let bare = name.split('[').next()?;
                let module = module_at(configuration, &names)?;
                let child = module.get("module_calls")?.get(bare)?.get("module")?;
                let output = child.get("outputs")?.get(output)?.get("expression")?;
                let next = only_reference(output)?.to_owned();
                let dot = if address.is_empty() { "" } else { "." };
                address = format!("{address}{dot}module.{name}");
                modules.push(bare.to_owned());
                reference = next;
            }
            ["local" | "each" | "count" | "path" | "terraform" | "self" | "var" | "module", ..]
            | []
            | [_] => return None,
            ["data", _, _] | [_, _] => return None,
            _ => {
                let dot = if address.is_empty() { "" } else { "." };
                return Some(format!("{address}{dot}{reference}"));
            }
        }
    }
    None
}
