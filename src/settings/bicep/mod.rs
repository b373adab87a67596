//! Bicep files: what they declare, with the values of [`arm`](super::arm). A module is its file, with
//! the parameters that it is given; what it gives back is known if it is called once, and not in a loop.

mod expressions;
mod syntax;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use syntax::{File, Statement};

use super::{
    Reading,
    arm::{
        Found,
        declared::address,
        evaluate::{Definition, MOST_TURNS, Values},
        expression::{Expression, Kind},
        is_short_name, level,
    },
    terraform::{join, split},
    tree::{Entry, Node, Tree},
};

/// Members that say how a resource is deployed, and not what it is.
const AROUND: &[&str] = &["dependsOn", "parent"];

/// Modules inside of one another.
const DEPTH: usize = 16;

/// Uses of modules in one file and all that it calls.
const MOST_MODULES: usize = 2_000;

/// What parameters are given, by name in small letters.
pub(super) type Given = BTreeMap<String, Node>;

/// Files that may call one another.
pub(super) struct Project {
    files: BTreeMap<u32, File>,
    by_path: BTreeMap<String, u32>,
}

impl Project {
    pub(super) fn parse(numbers: &[u32], reading: &mut Reading<'_>) -> Self {
        let mut project = Self { files: BTreeMap::new(), by_path: BTreeMap::new() };
        for &number in numbers {
            let Some(source) = reading.sources.get(number) else { continue };
            let file = syntax::parse(number, &source.text);
            let problems = file.problems.iter().map(|(at, why)| (number, *at, why.clone()));
            reading.problems.extend(problems);
            project.files.insert(number, file);
            project.by_path.insert(join(&source.path, "."), number);
        }
        project
    }

    /// The file that a module names.
    fn called(&self, by: u32, module: &Statement, reading: &Reading<'_>) -> Option<u32> {
        let path = &reading.sources.get(by)?.path;
        self.by_path.get(&join(split(path).0, &module.type_name)).copied()
    }

    /// Files that no other calls.
    pub(super) fn roots(&self, reading: &Reading<'_>) -> Vec<u32> {
        let called: BTreeSet<u32> = self
            .files
            .iter()
            .flat_map(|(number, file)| file.modules.iter().map(move |module| (*number, module)))
            .filter_map(|(number, module)| {
                self.called(number, module, reading).filter(|called| *called != number)
            })
            .collect();
        let roots: Vec<u32> =
            self.files.keys().copied().filter(|number| !called.contains(number)).collect();
        // Of those that only call one another, each is read by itself.
        if roots.is_empty() { self.files.keys().copied().collect() } else { roots }
    }

    /// Reads every resource of a file and of what it calls.
    pub(super) fn evaluate(&self, number: u32, given: &Given, reading: &mut Reading<'_>) {
        let mut deployment = Deployment { root: number, left: MOST_MODULES };
        self.file(number, given, 0, &mut deployment, reading);
        if deployment.left == 0 {
            let problem = format!("only {MOST_MODULES} uses of modules are read");
            reading.problems.push((number, 0, problem));
        }
    }

    /// Reads a file and what it calls; gives its outputs.
    fn file(
        &self,
        number: u32,
        given: &Given,
        depth: usize,
        deployment: &mut Deployment,
        reading: &mut Reading<'_>,
    ) -> Vec<Entry> {
        let Some(file) = self.files.get(&number) else { return Vec::new() };
        let mut values = Values::default();
        declare(file, given, &mut values);
        for module in in_order(&file.modules) {
            let called = self.called(number, module, reading);
            let Some(called) = called.filter(|_| depth < DEPTH) else { continue };
            let parameters = member(unfolded(&module.value), "params");
            let mut all: Vec<Given> = Vec::new();
            instances(module, &values, || {
                values.each_way(|| {
                    let node = parameters.map(|parameters| values.expression(parameters, 0));
                    let entries = node.as_ref().map(Node::entries).unwrap_or_default();
                    let given = |of: &Entry| (of.name.to_ascii_lowercase(), of.node.clone());
                    all.push(entries.iter().map(given).collect());
                });
            });
            let is_one = all.len() == 1 && !matches!(module.value.kind, Kind::Each { .. });
            for given in all {
                if deployment.left == 0 {
                    return Vec::new();
                }
                deployment.left -= 1;
                let outputs = self.file(called, &given, depth + 1, deployment, reading);
                if !is_one || outputs.is_empty() {
                    continue;
                }
                let map = |entries| Node::new(Tree::Map(entries), module.span);
                let name_span = module.span;
                let node = map(outputs);
                let module_of = map(vec![Entry { name: "outputs".to_owned(), name_span, node }]);
                let symbol = module.symbol.to_ascii_lowercase();
                values.definitions.insert(symbol, Definition::Known(module_of));
            }
        }
        // Names of resources may hang on what modules give back.
        declare_resources(file, &mut values);
        resources(number, deployment.root, file, &values, reading);
        let outputs = file.outputs.iter().map(|(name, value)| Entry {
            name: name.clone(),
            name_span: value.span,
            node: values.expression(value, 0),
        });
        outputs.collect()
    }
}

/// One file that is deployed, with everything that it calls.
struct Deployment {
    root: u32,
    /// Uses of modules that may still be read.
    left: usize,
}

/// Modules, those before whose outputs are given to others.
fn in_order(modules: &[Statement]) -> Vec<&Statement> {
    if modules.len() > MOST_MODULES {
        return modules.iter().collect();
    }
    let symbol = |module: &Statement| module.symbol.to_ascii_lowercase();
    let mut open: BTreeSet<String> = modules.iter().map(symbol).collect();
    let mut left: Vec<(&Statement, BTreeSet<String>)> = Vec::new();
    for module in modules {
        let mut names = BTreeSet::new();
        module.value.names(&mut names);
        names.retain(|name| open.contains(name) && *name != symbol(module));
        left.push((module, names));
    }
    let mut ordered: Vec<&Statement> = Vec::new();
    while !left.is_empty() {
        let before = ordered.len();
        left.retain(|(module, names)| {
            let is_free = names.is_disjoint(&open);
            if is_free {
                open.remove(&symbol(module));
                ordered.push(module);
            }
            !is_free
        });
        if ordered.len() == before {
            // They only wait for one another.
            ordered.extend(left.drain(..).map(|(module, _)| module));
        }
    }
    ordered
}

/// What a file of parameters gives, and the file that it is for.
pub(super) fn parameters(source: u32, text: &str) -> (Given, Option<&str>) {
    let file = syntax::parse(source, text);
    let values = Values::default();
    let given = file.parameters.iter().filter_map(|(name, value)| {
        Some((name.to_ascii_lowercase(), values.expression(value.as_ref()?, 0)))
    });
    let given = given.collect();
    let using = text.lines().find_map(|line| line.trim().strip_prefix("using "));
    (given, using.map(|path| path.trim().trim_matches('\'')))
}

/// Reads every resource of a file by itself.
#[cfg(test)]
pub(super) fn read(source: u32, reading: &mut Reading<'_>) {
    Project::parse(&[source], reading).evaluate(source, &Given::new(), reading);
}

fn resources(source: u32, root: u32, file: &File, values: &Values<'_>, reading: &mut Reading<'_>) {
    for statement in file.resources.iter().filter(|statement| !statement.is_existing) {
        let body = unfolded(&statement.value);
        let turns = instances(statement, values, || {
            let (type_name, name) = named(statement, body, file, values);
            let (span, level) = (statement.span, level(&file.target));
            let found = Found { type_name: &type_name, name: &name, span, level, root };
            values.each_way(|| {
                found.push(members(body, statement, values), source, reading);
            });
        });
        let at = usize::try_from(statement.span.start).unwrap_or_default();
        if turns.is_none() {
            let problem = format!("of a loop of more than {MOST_TURNS} turns nothing is read");
            reading.problems.push((source, at, problem));
        }
        if values.is_spent() {
            let problem = "what takes more steps to evaluate is unknown".to_owned();
            reading.problems.push((source, at, problem));
            return;
        }
    }
}

/// Says what every name of the file stands for.
fn declare<'a>(file: &'a File, given: &Given, values: &mut Values<'a>) {
    let key = |name: &str| name.to_ascii_lowercase();
    for (name, default) in &file.parameters {
        if let Some(node) = given.get(&key(name)) {
            values.definitions.insert(key(name), Definition::Known(node.clone()));
            continue;
        }
        let definition = match default {
            Some(default) => Definition::Expression(default),
            None => Definition::Known(Node::new(
                Tree::Partial(format!("${{{name}}}")),
                super::tree::Span::default(),
            )),
        };
        values.definitions.insert(key(name), definition);
    }
    for (name, value) in &file.variables {
        values.definitions.insert(key(name), Definition::Expression(value));
    }
    for name in file.modules.iter().map(|module| &module.symbol) {
        let node = Node::new(Tree::text(name.as_str()), super::tree::Span::default());
        values.definitions.insert(key(name), Definition::Resource(name.clone(), node));
    }
    declare_resources(file, values);
}

/// Says what the symbols of resources stand for.
fn declare_resources<'a>(file: &'a File, values: &mut Values<'a>) {
    // Twice, because a resource may be named after one that is declared below it.
    for _ in 0..2 {
        for statement in &file.resources {
            let body = unfolded(&statement.value);
            let mut own = None;
            let item = |name: &Expression| values.expression(name, 0);
            instances(statement, values, || {
                let (_, name) = named(statement, body, file, values);
                let written = member(body, "name").map(item);
                own.get_or_insert((name, written));
            });
            let Some((name, written)) = own else { continue };
            let written =
                written.unwrap_or_else(|| Node::new(Tree::text(name.as_str()), statement.span));
            let is_loop = matches!(statement.value.kind, Kind::Each { .. });
            // Which of a loop is meant is not known.
            let name = if is_loop { format!("{name}[]") } else { name };
            let definition = Definition::Resource(address(&name), written);
            values.definitions.insert(statement.symbol.to_ascii_lowercase(), definition);
        }
    }
}

/// The body of a resource, inside of loops and conditions.
fn unfolded(value: &Expression) -> &Expression {
    match &value.kind {
        Kind::Each { body, .. } => unfolded(body),
        Kind::Call(name, arguments) if name == "if" => match arguments.as_slice() {
            [_, body] => body,
            _ => value,
        },
        _ => value,
    }
}

/// Calls `each` for every instance of a resource.
fn instances(statement: &Statement, values: &Values<'_>, mut each: impl FnMut()) -> Option<()> {
    match &statement.value.kind {
        Kind::Each { item, index, list, .. } => {
            values.each(item, index.as_deref(), list, 0, each).map(drop)
        }
        _ => {
            each();
            Some(())
        }
    }
}

/// A member of a body, as it is written.
fn member<'a>(body: &'a Expression, name: &str) -> Option<&'a Expression> {
    let Kind::Map(entries) = &body.kind else { return None };
    let is_it =
        |of: &Expression| matches!(&of.kind, Kind::Value(node) if node.as_text() == Some(name));
    entries.iter().rev().find(|(of, _)| is_it(of)).map(|(_, value)| value)
}

/// Type and name in full.
fn named(
    statement: &Statement,
    body: &Expression,
    file: &File,
    values: &Values<'_>,
) -> (String, String) {
    let name = member(body, "name").map(|name| values.expression(name, 0));
    let known = |node: &Node| {
        node.scalar()
            .map(std::borrow::Cow::into_owned)
            .or_else(|| node.as_partial().map(str::to_owned))
    };
    let mut name =
        name.as_ref().and_then(known).unwrap_or_else(|| format!("${{{}}}", statement.symbol));
    let mut type_name = statement.type_name.clone();
    let parent = statement.parent.as_deref().or_else(|| {
        let mut of = member(body, "parent")?;
        while let Kind::Index(inner, _) = &of.kind {
            of = inner;
        }
        match &of.kind {
            Kind::Name(name) => Some(name.as_str()),
            _ => None,
        }
    });
    let Some(parent) = parent else { return (type_name, name) };
    if !type_name.split('/').next().unwrap_or_default().contains('.') {
        let of = file.resources.iter().find(|of| of.symbol == parent);
        let of = of.map(|of| full_type(of, file, 0)).unwrap_or_default();
        type_name = format!("{of}/{type_name}");
    }
    let of = values.definitions.get(&parent.to_ascii_lowercase());
    if let Some(Definition::Resource(of, _)) = of
        && is_short_name(&type_name, &name)
    {
        name = format!("{of}/{name}");
    }
    (type_name, name)
}

/// The type of a resource that may stand in others.
fn full_type(statement: &Statement, file: &File, depth: usize) -> String {
    let is_full = statement.type_name.split('/').next().unwrap_or_default().contains('.');
    let parent = statement.parent.as_deref().filter(|_| !is_full && depth < 8);
    let parent = parent.and_then(|parent| file.resources.iter().find(|of| of.symbol == parent));
    match parent {
        Some(parent) => format!("{}/{}", full_type(parent, file, depth + 1), statement.type_name),
        None => statement.type_name.clone(),
    }
}

/// The members of a body, evaluated.
fn members(body: &Expression, statement: &Statement, values: &Values<'_>) -> Vec<Entry> {
    let Kind::Map(entries) = &body.kind else {
        // The body is a variable or a function: nothing of it is known by name.
        let node = values.expression(body, 0);
        return node.entries().to_vec();
    };
    let version = Node::new(Tree::text(statement.version.as_str()), statement.span);
    let mut members =
        vec![Entry { name: "apiVersion".to_owned(), name_span: statement.span, node: version }];
    for (name, value) in entries {
        let Kind::Value(of) = &name.kind else { continue };
        let Some(written) = of.as_text() else { continue };
        if AROUND.contains(&written) {
            continue;
        }
        members.push(Entry {
            name: written.to_owned(),
            name_span: name.span,
            node: values.expression(value, 0),
        });
    }
    members
}
