//! Files of deployments of Azure that belong together: Bicep with its modules, templates, and the
//! parameters that are kept beside them. What is deployed without a file of parameters has their
//! defaults; with each such file it is looked at once more.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Reading, arm,
    bicep::{self, Given, Project},
    json, lower,
    terraform::{join, split},
    tree::Node,
};

pub(crate) const NAME: &str = "bicep";

/// Larger files are no parameters.
const LONGEST: usize = 256 << 10;

/// Whether a JSON document is a template, which may have parameters beside it.
pub(crate) fn is_template(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096).unwrap_or(bytes);
    memchr::memmem::find(head, b"eploymentTemplate.json").is_some()
}

/// Whether a JSON document gives values to parameters.
pub(crate) fn is_parameters(path: &str, bytes: &[u8]) -> bool {
    path.ends_with(".json")
        && bytes.len() <= LONGEST
        && memchr::memmem::find(bytes, b"eploymentParameters.json").is_some()
}

/// Whether a file may belong to a deployment, by its name.
pub(crate) fn is_named_so(path: &str) -> bool {
    path.ends_with(".bicep")
        || path.ends_with(".bicepparam")
        || path.ends_with(".json") && split(path).1.contains("parameters")
}

/// Bicep files in which something is about keys, those that call them, and what these call: they may be
/// given a key.
fn code(reading: &Reading<'_>) -> Vec<u32> {
    let files: Vec<(u32, String, Vec<String>)> = reading
        .sources
        .iter()
        .filter(|(_, source)| source.path.ends_with(".bicep"))
        .map(|(number, source)| {
            let directory = split(&source.path).0;
            let texts = source.text.split('\'').filter(|text| text.ends_with(".bicep"));
            let calls = texts.map(|text| join(directory, text)).collect();
            (number, join(&source.path, "."), calls)
        })
        .collect();
    let mut wanted: BTreeSet<u32> = reading.marked.clone();
    let mut paths: BTreeSet<&str> = BTreeSet::new();
    loop {
        let before = paths.len();
        for (number, path, calls) in &files {
            if wanted.contains(number) || calls.iter().any(|called| paths.contains(&**called)) {
                wanted.insert(*number);
                paths.insert(path);
            }
        }
        if paths.len() == before {
            break;
        }
    }
    let by_path: BTreeMap<&str, (u32, &[String])> =
        files.iter().map(|(number, path, calls)| (path.as_str(), (*number, &**calls))).collect();
    let mut open: Vec<&str> = paths.into_iter().collect();
    while let Some((_, calls)) = open.pop().and_then(|path| by_path.get(path)) {
        for called in *calls {
            if let Some((number, _)) = by_path.get(called.as_str())
                && wanted.insert(*number)
            {
                open.push(called);
            }
        }
    }
    files.iter().map(|(number, ..)| *number).filter(|number| wanted.contains(number)).collect()
}

/// Values for the parameters of a deployment.
enum Values {
    Bicep(Given),
    /// As JSON has them: `{name: {value: …}}`.
    Json(Node),
}

/// Reads all documents of the run.
pub(crate) fn read(_first: u32, reading: &mut Reading<'_>) {
    let sources = reading.sources;
    let mut templates = Vec::new();
    let mut parameters = Vec::new();
    for (number, source) in sources.iter() {
        let is_marked = reading.marked.contains(&number);
        match source.path.as_str() {
            path if path.ends_with(".bicepparam") => parameters.push(number),
            path if path.ends_with(".bicep") => {}
            path if is_parameters(path, source.text.as_bytes()) && !is_marked => {
                parameters.push(number);
            }
            _ => templates.push(number),
        }
    }
    let code = code(reading);
    let project = Project::parse(&code, reading);
    let roots = project.roots(reading);
    for number in roots.iter().chain(&templates).copied() {
        let first = reading.resources.len();
        reading.begun = first;
        let is_bicep = code.contains(&number);
        let mut given = parameters_of(number, &roots, &templates, &parameters, reading);
        // What has no defaults is deployed with values only.
        let is_first = is_bicep && !given.is_empty() && asks(reading.text(number));
        match is_first.then(|| given.remove(0)) {
            Some((_, values)) => with(values, number, is_bicep, &project, reading),
            None if is_bicep => project.evaluate(number, &Given::new(), reading),
            None => super::read_json(number, reading),
        }
        let known = reading.problems.len();
        for (file, values) in given {
            let before = reading.resources.len();
            reading.begun = before;
            with(values, number, is_bicep, &project, reading);
            let again = reading.resources.split_off(before);
            let file = reading.sources.get(file).map_or("", |source| source.path.as_str());
            let of_first = reading.resources.get_mut(first..).unwrap_or_default();
            let changed = lower::changed(of_first, again, file);
            reading.resources.extend(changed);
        }
        // They were told before.
        reading.problems.truncate(known);
    }
}

/// Evaluates one deployment with values for its parameters.
fn with(values: Values, number: u32, is_bicep: bool, project: &Project, reading: &mut Reading<'_>) {
    match (values, is_bicep) {
        (Values::Bicep(given), true) => project.evaluate(number, &given, reading),
        (Values::Json(node), true) => project.evaluate(number, &given_by(&node), reading),
        (Values::Json(node), false) => {
            if let Ok(document) = json::parse(number, reading.text(number)) {
                arm::read_with(&document, &node, number, reading);
            }
        }
        (Values::Bicep(_), false) => {}
    }
}

/// Whether a file of Bicep has a parameter without a default.
fn asks(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start);
    lines.any(|line| line.starts_with("param ") && !line.contains('='))
}

fn given_by(parameters: &Node) -> Given {
    let entries = parameters.entries().iter();
    entries
        .filter_map(|of| Some((of.name.to_ascii_lowercase(), of.node.get("value")?.clone())))
        .collect()
}

/// Every file of parameters that is for this file, with its values.
fn parameters_of(
    number: u32,
    roots: &[u32],
    templates: &[u32],
    parameters: &[u32],
    reading: &Reading<'_>,
) -> Vec<(u32, Values)> {
    let path = |number: u32| reading.sources.get(number).map_or("", |of| of.path.as_str());
    let (directory, name) = split(path(number));
    let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
    let own = format!("{}.", stem(name));
    let beside: Vec<&str> = roots
        .iter()
        .chain(templates)
        .map(|of| split(path(*of)))
        .filter(|(of, _)| *of == directory)
        .map(|(_, name)| name)
        .collect();
    let mut found = Vec::new();
    for &of in parameters {
        let (of_directory, of_name) = split(path(of));
        let text = reading.text(of);
        if of_name.ends_with(".bicepparam") {
            let (given, using) = bicep::parameters(of, text);
            let used = using.map(|using| join(of_directory, using));
            if used.is_some_and(|used| used == join(path(number), ".")) {
                found.push((of, Values::Bicep(given)));
            }
            continue;
        }
        let is_named = of_name.starts_with(&own) || beside.len() == 1;
        if of_directory != directory || !is_named {
            continue;
        }
        if let Ok(document) = json::parse(of, text)
            && let Some(node) = document.get("parameters")
        {
            found.push((of, Values::Json(node.clone())));
        }
    }
    found
}
