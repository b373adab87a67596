//! Terraform and OpenTofu. Directories are modules; those that no other calls are roots, and are
//! evaluated as `terraform plan` would, as far as that is possible without asking anybody. What it
//! comes to are resources with everything that is written about them. Plans and states are read in
//! [`plan`] and [`state`].

mod collections;
mod documents;
mod encodings;
mod eval;
mod files;
mod functions;
mod module;
mod names;
mod numbers;
mod paths;
pub(crate) mod plan;
mod sources;
pub(crate) mod state;
mod texts;
mod types;
mod value;
mod world;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

pub(crate) use self::sources::is_terragrunt;
pub(super) use self::{documents::iam_statement as statement, world::ACCOUNT};
use self::{
    module::{Directory, body_of_json, expression_of_json},
    world::World,
};
use super::{
    Reading,
    hcl::{self, syntax::Expr},
    json,
    lower::{self, Resource},
    within_of,
};

/// The name of the front end.
pub(crate) const NAME: &str = "terraform";

/// Files that a module may read are kept up to this size.
const LONGEST_BESIDE: usize = 64 << 10;

/// Files of settings by which one root is evaluated again.
const NAMED: usize = 50;

/// Stack of the thread that evaluates. It holds [`eval::DEPTH`] expressions inside of one another.
const STACK: usize = 256 << 20;

/// Types whose attributes hold documents, commands and variables of something else.
const HOLDERS: &[&str] = &[
    "aws_ecs_task_definition",
    "aws_instance",
    "aws_lambda_function",
    "aws_launch_configuration",
    "aws_launch_template",
    "azurerm_linux_virtual_machine",
    "azurerm_virtual_machine_extension",
    "data.cloudinit_config",
    "data.template_cloudinit_config",
    "data.template_file",
    "docker_container",
    "google_cloud_run_service",
    "google_cloud_run_v2_service",
    "google_compute_instance",
    "google_compute_instance_template",
    "helm_release",
    "kubernetes_config_map",
    "kubernetes_config_map_v1",
    "kubernetes_cron_job_v1",
    "kubernetes_deployment",
    "kubernetes_deployment_v1",
    "kubernetes_job",
    "kubernetes_job_v1",
    "kubernetes_manifest",
    "kubernetes_pod",
    "kubernetes_pod_v1",
    "kubernetes_secret",
    "kubernetes_secret_v1",
    "kubernetes_stateful_set",
    "kubernetes_stateful_set_v1",
    "local_file",
    "local_sensitive_file",
    "nomad_job",
    "null_resource",
    "terraform_data",
];

/// Whether a file is one that a module may read by `file` or `templatefile`: a policy.
pub(crate) fn reads_beside(path: &str, bytes: &[u8]) -> bool {
    let has = |word: &str| memchr::memmem::find(bytes, word.as_bytes()).is_some();
    bytes.len() <= LONGEST_BESIDE
        && !is_code(path)
        && (has("Statement") || has("capabilities") || has("bindings"))
}

/// Whether a file belongs to a module itself; templates only may.
pub(crate) fn is_module_file(path: &str) -> bool {
    is_code(path) || is_settings(path)
}

fn is_settings(path: &str) -> bool {
    path.ends_with(".tfvars") || path.ends_with(".tfvars.json")
}

fn is_code(path: &str) -> bool {
    is_terragrunt(path)
        || [".tf", ".tofu", ".tf.json", ".tofu.json"].iter().any(|end| path.ends_with(end))
}

/// Files of one directory, by their number.
#[derive(Default)]
struct Files {
    code: Vec<u32>,
    settings: Vec<u32>,
    /// Directories that its modules are in.
    calls: BTreeSet<String>,
    is_marked: bool,
}

/// Reads all documents of the run.
pub(crate) fn read(_first: u32, reading: &mut Reading<'_>) {
    let is_known = |name: &str| !reading.providers.emissions(name).is_empty();
    match evaluated(reading, &|name| is_known(name) || HOLDERS.contains(&name)) {
        Some((resources, problems)) => {
            for resource in &resources {
                let source = resource.span.source;
                if HOLDERS.contains(&resource.type_name.as_str()) {
                    within_of(&resource.body, source, reading);
                }
            }
            reading.resources.extend(resources);
            reading.problems.extend(problems);
        }
        None => {
            let problem = "the evaluation of Terraform files broke off".to_owned();
            let first = reading.marked.first().copied().unwrap_or_default();
            reading.problems.push((first, 0, problem));
        }
    }
}

/// What was not read: in which source, at which byte, and why.
type Problem = (u32, usize, String);

/// All resources of wanted types, evaluated where there is stack enough for it.
fn evaluated(
    reading: &Reading<'_>,
    is_wanted: &(dyn Fn(&str) -> bool + Sync),
) -> Option<(Vec<Resource>, Vec<Problem>)> {
    let directories = directories(reading);
    let roots = roots(&directories);
    std::thread::scope(|scope| {
        let evaluate = || evaluate(&directories, roots, reading, is_wanted);
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, evaluate);
        thread.ok()?.join().ok()
    })
}

/// All directories with Terraform files. Who calls whom is told by the texts alone, so that only
/// files are parsed that are needed.
fn directories(reading: &Reading<'_>) -> BTreeMap<String, Files> {
    let mut directories: BTreeMap<String, Files> = BTreeMap::new();
    let source = Regex::new(r#""?source"?\s*[=:]\s*"(\.{1,2}/[^"$]*|\.{1,2})""#).ok();
    for (number, document) in reading.sources.iter() {
        let (path, name) = split(&document.path);
        if !is_module_file(name) {
            continue;
        }
        let path = join(path, ".");
        let files = directories.entry(path.clone()).or_default();
        files.is_marked |= reading.marked.contains(&number);
        if is_settings(name) {
            files.settings.push(number);
            continue;
        }
        files.code.push(number);
        for called in source.iter().flat_map(|source| source.captures_iter(&document.text)) {
            let called = called.get(1).map_or("", |called| called.as_str());
            files.calls.insert(join(&path, called));
        }
    }
    directories
}

/// Roots, those that nobody calls first, from which something marked can be reached. What is called
/// only in a circle is tried last.
fn roots(directories: &BTreeMap<String, Files>) -> Vec<&str> {
    let called: BTreeSet<&String> = directories
        .iter()
        .flat_map(|(path, files)| files.calls.iter().filter(move |called| *called != path))
        .collect();
    let (first, last): (Vec<&String>, Vec<&String>) =
        directories.keys().partition(|path| !called.contains(path));
    let all = first.into_iter().chain(last);
    all.filter(|path| reachable(directories, path).iter().any(|path| is_marked(directories, path)))
        .map(String::as_str)
        .collect()
}

fn is_marked(directories: &BTreeMap<String, Files>, path: &str) -> bool {
    directories.get(path).is_some_and(|files| files.is_marked)
}

/// A directory and all that it calls.
fn reachable<'a>(directories: &'a BTreeMap<String, Files>, from: &'a str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(path) = open.pop() {
        for called in directories.get(path).into_iter().flat_map(|files| &files.calls) {
            if directories.contains_key(called) && seen.insert(called) {
                open.push(called);
            }
        }
    }
    seen
}

fn evaluate(
    directories: &BTreeMap<String, Files>,
    roots: Vec<&str>,
    reading: &Reading<'_>,
    is_wanted: &dyn Fn(&str) -> bool,
) -> (Vec<Resource>, Vec<Problem>) {
    let mut resources = Vec::new();
    let mut problems = Vec::new();
    let mut parsed: BTreeMap<&str, Directory> = BTreeMap::new();
    let mut evaluated: BTreeSet<String> = BTreeSet::new();
    let files: BTreeMap<String, u32> =
        reading.sources.iter().map(|(number, source)| (join(&source.path, "."), number)).collect();
    let called: BTreeSet<&String> =
        directories.values().flat_map(|files| files.calls.iter()).collect();
    for root in roots {
        // What was called by another root, or calls itself, has been seen with its inputs.
        if called.contains(&root.to_owned()) && evaluated.contains(root) {
            continue;
        }
        for path in reachable(directories, root) {
            if let Some(files) = directories.get(path) {
                parsed.entry(path).or_insert_with(|| parse(path, files, reading, &mut problems));
            }
        }
        let first = resources.len();
        let mut world = World::new(&parsed, &files, reading.sources, is_wanted);
        world.evaluate(root, &mut resources);
        for number in named_settings(root, directories, reading) {
            let given: BTreeMap<String, Expr> =
                settings_of(number, reading, &mut problems).into_iter().collect();
            let mut again = World::new(&parsed, &files, reading.sources, is_wanted);
            let is_declared = again.is_declared_by(root, &given);
            if !is_declared {
                continue;
            }
            again.given = given;
            let mut others = Vec::new();
            again.evaluate(root, &mut others);
            let file = reading.sources.get(number).map_or("", |source| source.path.as_str());
            let before = resources.get_mut(first..).unwrap_or_default();
            let changed = lower::changed(before, others, file);
            resources.extend(changed);
        }
        evaluated.extend(world.evaluated.into_inner());
        problems.append(&mut world.problems.into_inner());
        // What others call, they need again.
        if !called.contains(&root.to_owned()) {
            parsed.remove(root);
        }
    }
    (resources, problems)
}

/// Reads the files of one directory.
fn parse(
    path: &str,
    files: &Files,
    reading: &Reading<'_>,
    problems: &mut Vec<Problem>,
) -> Directory {
    let mut directory = Directory { path: path.to_owned(), ..Directory::default() };
    let name = |number: &u32| {
        reading.sources.get(*number).map_or("", |source| split(&source.path).1).to_owned()
    };
    let mut code = files.code.clone();
    let is_override = |number: &u32| {
        let name = name(number);
        let stem = name.split('.').next().unwrap_or_default();
        stem == "override" || stem.ends_with("_override")
    };
    // What they say replaces what was said before them.
    code.sort_by_key(|number| (is_override(number), name(number)));
    for number in code {
        let is_override = is_override(&number);
        let text = reading.text(number);
        if name(&number).ends_with(".json") {
            match json::parse(number, text) {
                Ok(node) => directory.add(body_of_json(&node), is_override),
                Err((at, problem)) => problems.push((number, at, problem)),
            }
        } else {
            let parsed = hcl::parse(number, text);
            problems.extend(parsed.problems.into_iter().map(|(at, why)| (number, at, why)));
            match is_terragrunt(&name(&number)) {
                true => sources::add_terragrunt(&mut directory, parsed.body, reading),
                false => directory.add(parsed.body, is_override),
            }
        }
    }
    // Those that are read without being named, in the order in which they are read.
    let mut settings: Vec<u32> = files.settings.clone();
    settings.retain(|number| is_read_always(&name(number)));
    settings.sort_by_key(|number| {
        let name = name(number);
        (!name.starts_with("terraform.tfvars"), name)
    });
    for number in settings {
        directory.settings.extend(settings_of(number, reading, problems));
    }
    directory
}

/// What a file sets.
fn settings_of(
    number: u32,
    reading: &Reading<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<(String, Expr)> {
    let text = reading.text(number);
    if reading.sources.get(number).is_some_and(|source| source.path.ends_with(".json")) {
        let node = match json::parse(number, text) {
            Ok(node) => node,
            Err((at, problem)) => {
                problems.push((number, at, problem));
                return Vec::new();
            }
        };
        let entries = node.entries().iter();
        return entries.map(|of| (of.name.clone(), expression_of_json(&of.node, false))).collect();
    }
    let parsed = hcl::parse(number, text);
    problems.extend(parsed.problems.into_iter().map(|(at, why)| (number, at, why)));
    parsed.body.attributes.into_iter().map(|of| (of.name, of.value)).collect()
}

/// Whether a file is read without being named.
fn is_read_always(name: &str) -> bool {
    name.starts_with("terraform.tfvars") || name.contains(".auto.tfvars")
}

/// Files that `-var-file` may name for a root: beside it, and in directories below it that are no
/// modules.
fn named_settings(
    root: &str,
    directories: &BTreeMap<String, Files>,
    reading: &Reading<'_>,
) -> Vec<u32> {
    let below = if root.is_empty() { String::new() } else { format!("{root}/") };
    // Paths are in order: those below it stand together.
    let inner = directories
        .range(below.clone()..)
        .take_while(|(path, _)| path.starts_with(&below))
        .filter(|(path, files)| *path != root && files.code.is_empty());
    let near = directories.get_key_value(root).into_iter().chain(inner);
    let is_named = |path: &str, number: &u32| {
        let name = reading.sources.get(*number).map_or("", |source| split(&source.path).1);
        path != root || !is_read_always(name)
    };
    let numbers = near.flat_map(|(path, files)| {
        files.settings.iter().copied().filter(move |number| is_named(path, number))
    });
    numbers.take(NAMED).collect()
}

/// Directory and name of a path, also of one inside of a container.
pub(super) fn split(path: &str) -> (&str, &str) {
    let at = path.rfind(['/', '\\', '!', ':']).map_or(0, |at| at + 1);
    let (directory, name) = path.split_at_checked(at).unwrap_or(("", path));
    (directory.trim_end_matches(['/', '\\']), name)
}

/// `path` seen from a directory, without `.` and `..`.
pub(super) fn join(directory: &str, path: &str) -> String {
    // A container ends where no `..` leads out of it.
    let end = directory.rfind(['!', ':']).map_or(0, |at| at + 1);
    let (container, directory) = directory.split_at_checked(end).unwrap_or(("", directory));
    let whole = format!("{directory}/{path}");
    let is_absolute = container.is_empty() && directory.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split(['/', '\\']) {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            (part, _) => parts.push(part),
        }
    }
    format!("{container}{}{}", if is_absolute { "/" } else { "" }, parts.join("/"))
}
