//! Charts of Helm: templates rendered with the values that the chart brings, as far as these say;
//! the rest is unknown. Places are in the template.
//!
//! Source: Helm documentation, "Charts", "Chart Template Guide".

mod eval;
mod functions;
mod output;
mod syntax;

#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use self::{
    eval::{Chart, Frame, Named, Text},
    functions::{entry, merged},
    output::{Output, settle_tree},
    syntax::Template,
};
use super::{
    Reading, document_of,
    tree::{Node, OTHERS, Span, Tree},
    yaml,
};

pub(crate) const NAME: &str = "helm";

/// Larger files are no part of a chart.
const LONGEST: usize = 1 << 20;

/// Charts inside of one another.
const DEPTH: usize = 8;

/// Whether a file may be a template of a chart.
pub(crate) fn is_template(path: &str, bytes: &[u8]) -> bool {
    let has = |word: &str| memchr::memmem::find(bytes, word.as_bytes()).is_some();
    chart_of(path).is_some()
        && [".yaml", ".yml", ".tpl"].iter().any(|end| path.ends_with(end))
        && bytes.len() <= LONGEST
        && has("{{")
        && [".Values", ".Release", ".Chart", "include \"", "define \""].iter().any(|of| has(of))
}

/// Whether a file may say the values or the name of a chart.
pub(crate) fn is_values(path: &str, bytes: &[u8]) -> bool {
    let name = name(path);
    bytes.len() <= LONGEST
        && (matches!(name, "Chart.yaml" | "Chart.yml")
            || name.starts_with("values") && (name.ends_with(".yaml") || name.ends_with(".yml")))
}

/// Whether a file may belong to a chart, by its name.
pub(crate) fn is_named_so(path: &str) -> bool {
    let is_yaml = [".yaml", ".yml", ".tpl"].iter().any(|end| path.ends_with(end));
    is_values(path, &[]) || is_yaml && chart_of(path).is_some()
}

fn name(path: &str) -> &str {
    path.rsplit(['/', '\\', '!', ':']).next().unwrap_or_default()
}

/// The chart that a template belongs to: what stands before `templates`.
fn chart_of(path: &str) -> Option<&str> {
    let at = path.rfind("templates/")?;
    let before = path.get(..at)?;
    (before.is_empty() || before.ends_with(['/', ':', '!'])).then_some(before)
}

/// Files of one chart, by their number.
#[derive(Default)]
struct Files {
    templates: Vec<u32>,
    /// `values.yaml`, and others that are named in their place.
    values: Option<u32>,
    others: Vec<u32>,
    about: Option<u32>,
}

/// Reads all documents of the run.
pub(crate) fn read(_first: u32, reading: &mut Reading<'_>) {
    let mut charts: BTreeMap<String, Files> = BTreeMap::new();
    for (number, source) in reading.sources.iter() {
        let path = source.path.as_str();
        let name = name(path);
        if is_template(path, source.text.as_bytes()) {
            let chart = chart_of(path).unwrap_or_default();
            charts.entry(chart.to_owned()).or_default().templates.push(number);
            continue;
        }
        let chart = path.strip_suffix(name).unwrap_or_default();
        let files = charts.entry(chart.to_owned()).or_default();
        match name {
            "Chart.yaml" | "Chart.yml" => files.about = Some(number),
            "values.yaml" | "values.yml" => files.values = Some(number),
            _ => files.others.push(number),
        }
    }
    let mut parsed: BTreeMap<u32, Template> = BTreeMap::new();
    for number in charts.values().flat_map(|files| &files.templates) {
        if let Some(template) = syntax::parse(reading.text(*number)) {
            parsed.insert(*number, template);
        }
    }
    for (path, files) in charts.iter().filter(|(_, files)| !files.templates.is_empty()) {
        if files.about.is_none() && files.values.is_none() {
            // Templates of something else: what they fill in is unknown.
            for &number in &files.templates {
                if reading.marked.contains(&number) {
                    super::read_yaml(number, reading);
                }
            }
            continue;
        }
        chart(path, files, &charts, &parsed, reading);
    }
}

/// Renders and reads the templates of one chart: with its own values, and once more for each file
/// that changes them.
fn chart(
    path: &str,
    files: &Files,
    charts: &BTreeMap<String, Files>,
    parsed: &BTreeMap<u32, Template>,
    reading: &mut Reading<'_>,
) {
    let family = family(path, charts);
    let is_marked = |number: &u32| reading.marked.contains(number);
    let of_family = || family.iter().filter_map(|path| charts.get(*path));
    let own = files.templates.iter().chain(&files.values).chain(&files.others);
    if !own.chain(of_family().filter_map(|of| of.values.as_ref())).any(is_marked) {
        return;
    }
    let mut all = vec![values_of(path, None, charts, reading, 0)];
    for &other in &files.others {
        all.push(values_of(path, Some(other), charts, reading, 0));
    }
    let sources = reading.sources;
    let mut seen: BTreeSet<(u32, String)> = BTreeSet::new();
    for (at, values) in all.iter().enumerate() {
        let root = root(values, files, reading);
        let mut chart = Chart::new();
        for &number in of_family().flat_map(|files| &files.templates) {
            let Some(template) = parsed.get(&number) else { continue };
            let Some(source) = sources.get(number) else { continue };
            for (name, items) in &template.named {
                let named = Named { text: &source.text, source: number, items };
                chart.named.insert(name, named);
            }
        }
        for &number in &files.templates {
            let source = sources.get(number).filter(|of| !of.path.ends_with(".tpl"));
            let Some(source) = source else { continue };
            let Some(template) = parsed.get(&number) else {
                if at == 0 && reading.marked.contains(&number) {
                    let problem = "what of this template depends on values is unknown".to_owned();
                    reading.problems.push((number, 0, problem));
                    super::read_yaml(number, reading);
                }
                continue;
            };
            let mut output = Output::default();
            let text = Text { text: &source.text, source: number };
            let mut frame = Frame::new(Cow::Borrowed(&root));
            chart.render(&template.items, text, &mut frame, &mut output);
            if chart.is_spent() {
                let problem = "its chart takes more steps to render than are made".to_owned();
                reading.problems.push((number, 0, problem));
                return;
            }
            output.settle();
            let is_new = reading.providers.mark(output.text.as_bytes())
                && seen.insert((number, output.text.clone()));
            if is_new {
                rendered(number, &output, reading);
            }
        }
    }
}

/// Reads what a template gives. If that is no YAML, the template is read as it stands.
fn rendered(number: u32, output: &Output, reading: &mut Reading<'_>) {
    let mut stream = yaml::parse(number, &output.text);
    if !stream.problems.is_empty() {
        let plain = yaml::parse(number, reading.text(number));
        if plain.problems.is_empty() {
            for document in &plain.documents {
                document_of(document, "yaml", number, reading);
            }
            return;
        }
    }
    for document in &mut stream.documents {
        settle_tree(document, output);
        document_of(document, "yaml", number, reading);
    }
    for (at, problem) in stream.problems {
        let at = output.place(Span::new(number, at..at + 1));
        let at = usize::try_from(at.start).unwrap_or_default();
        reading.problems.push((number, at, format!("rendered, {problem}")));
    }
}

/// A chart, those that it lies in, and those that lie in it: all know each other's templates.
fn family<'a>(path: &'a str, charts: &'a BTreeMap<String, Files>) -> Vec<&'a str> {
    let mut top = path;
    while let Some(outer) = outer(top).filter(|of| charts.contains_key(*of)) {
        top = outer;
    }
    let is_inside = |of: &&String| {
        of.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with("charts/"))
    };
    charts.keys().filter(is_inside).map(String::as_str).collect()
}

/// The chart that another lies in: `pay/` for `pay/charts/vault/`.
fn outer(path: &str) -> Option<&str> {
    let (outer, name) = path.trim_end_matches('/').rsplit_once("charts/")?;
    (!name.contains('/') && (outer.is_empty() || outer.ends_with('/'))).then_some(outer)
}

/// The values of a chart, with what the chart says in which it lies.
fn values_of(
    path: &str,
    other: Option<u32>,
    charts: &BTreeMap<String, Files>,
    reading: &Reading<'_>,
    depth: usize,
) -> Node {
    let document = |number: u32| {
        let read = yaml::parse(number, reading.text(number)).documents;
        read.into_iter().next().filter(|of| matches!(of.tree, Tree::Map(_)))
    };
    let empty = || Node::new(Tree::Map(Vec::new()), Span::default());
    let own = charts.get(path).and_then(|files| files.values).and_then(document);
    let mut values = own.unwrap_or_else(empty);
    if let Some(other) = other.and_then(document) {
        values = merged(&values, &other, 0);
    }
    if depth < DEPTH
        && let Some(outer) = outer(path).filter(|of| charts.contains_key(*of))
    {
        let above = values_of(outer, None, charts, reading, depth + 1);
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        if let Some(over) = above.get(name) {
            values = merged(&values, over, 0);
        }
        if let Some(global) = above.get("global") {
            let over = Node::new(Tree::Map(vec![entry("global", global.clone())]), global.span);
            values = merged(&values, &over, 0);
        }
    }
    values
}

/// What `.` is at the top of a template. Names are those that `helm template` gives.
fn root(values: &Node, files: &Files, reading: &Reading<'_>) -> Node {
    let node = |tree: Tree| Node::new(tree, Span::default());
    let map = |entries: Vec<(&str, Tree)>| {
        let entries = entries.into_iter().map(|(name, tree)| entry(name, node(tree)));
        Tree::Map(entries.collect())
    };
    let release = map(vec![
        ("Name", Tree::text("release-name")),
        ("Namespace", Tree::text("default")),
        ("Service", Tree::text("Helm")),
        ("IsInstall", Tree::Bool(true)),
        ("IsUpgrade", Tree::Bool(false)),
        ("Revision", Tree::Number(1.0)),
    ]);
    let about = files
        .about
        .and_then(|number| yaml::parse(number, reading.text(number)).documents.into_iter().next());
    let about = about.map_or(Tree::Unknown, |about| {
        let names = [("name", "Name"), ("version", "Version"), ("appVersion", "AppVersion")];
        let known =
            names.iter().filter_map(|(of, name)| Some((*name, about.get(of)?.tree.clone())));
        map(known.collect())
    });
    let mut root = map(vec![
        ("Release", release),
        ("Chart", about),
        ("Capabilities", Tree::Unknown),
        ("Files", Tree::Unknown),
        ("Template", Tree::Unknown),
    ]);
    if let Tree::Map(entries) = &mut root {
        entries.push(entry("Values", values.clone()));
        // What `set` adds is not followed.
        entries.push(entry(OTHERS, node(Tree::Unknown)));
    }
    node(root)
}
