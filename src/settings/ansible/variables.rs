//! Plays and tasks with the variables that stand beside them: those of the play, of the role, and of
//! all hosts. What hosts are told differently is unknown.
//!
//! Source: Ansible documentation, "Using Variables: Understanding variable precedence".

use std::collections::BTreeMap;

use super::expression;
use crate::settings::{
    Reading, document_of,
    terraform::{join, split},
    tree::{Node, Span, Tree},
    yaml,
};

pub(crate) const NAME: &str = "ansible";

/// Larger files of variables are not looked at.
const LONGEST: usize = 64 << 10;

/// Directories whose files give variables.
const DIRECTORIES: [&str; 4] = ["defaults", "vars", "group_vars", "host_vars"];

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yml") || path.ends_with(".yaml")
}

/// Whether a document may be a play, or the tasks of a role.
pub(crate) fn is_play(path: &str, bytes: &[u8]) -> bool {
    let has = |word: &str| memchr::memmem::find(bytes, word.as_bytes()).is_some();
    is_yaml(path) && has("{{") && (is_of_role(path) || has("hosts:") || has("tasks:"))
}

/// Whether a file may give variables to plays, by its name.
pub(crate) fn is_variables(path: &str, bytes: &[u8]) -> bool {
    is_named_variables(path) && bytes.len() <= LONGEST
}

fn is_named_variables(path: &str) -> bool {
    let (directory, name) = split(path);
    let is_in = |name: &str| DIRECTORIES.contains(&name);
    // Files of group_vars may have no end to their name; these are not read.
    is_yaml(path) && (directory.split('/').rev().take(2).any(is_in) || name.contains("vars"))
}

/// Whether a file may be read together with plays, by its name.
pub(crate) fn is_named_so(path: &str) -> bool {
    is_named_variables(path) || is_yaml(path) && is_of_role(path)
}

fn is_of_role(path: &str) -> bool {
    role_of(path).is_some()
}

/// The directory of the role that tasks belong to.
fn role_of(path: &str) -> Option<&str> {
    let (directory, _) = split(path);
    let (role, last) = directory.rsplit_once('/').unwrap_or(("", directory));
    matches!(last, "tasks" | "handlers").then_some(role)
}

/// What a name stands for, in files of one kind; nothing if they differ.
type Names = BTreeMap<String, Option<Node>>;

/// The variables of a run.
#[derive(Default)]
struct Variables {
    /// By path.
    files: BTreeMap<String, Names>,
    /// What some hosts or plays are told.
    elsewhere: Names,
    /// What all hosts are told.
    everywhere: Names,
}

/// Reads all documents of the run.
pub(crate) fn read(_first: u32, reading: &mut Reading<'_>) {
    let mut variables = Variables::default();
    let mut plays = Vec::new();
    for (number, source) in reading.sources.iter() {
        if is_named_variables(&source.path) {
            variables.add(&join(&source.path, "."), number, &source.text);
        } else {
            plays.push(number);
        }
    }
    for &number in &plays {
        for document in yaml::parse(number, reading.text(number)).documents {
            for play in document.elements() {
                let given = play.get("vars").map(names_in).unwrap_or_default();
                merge(&mut variables.elsewhere, &given);
            }
        }
    }
    for number in plays {
        if reading.marked.contains(&number) {
            variables.read(number, reading);
        }
    }
}

impl Variables {
    fn add(&mut self, path: &str, number: u32, text: &str) {
        let mut names = Names::new();
        for document in yaml::parse(number, text).documents {
            merge(&mut names, &names_in(&document));
        }
        let (directory, name) = split(path);
        let mut parts = directory.split('/').rev();
        let (last, before) = (parts.next(), parts.next());
        let is_all = last == Some("group_vars") && name.starts_with("all.")
            || before == Some("group_vars") && last == Some("all");
        let is_told =
            [last, before].iter().any(|of| matches!(of, Some("group_vars" | "host_vars")));
        match (is_all, is_told) {
            (true, _) => merge(&mut self.everywhere, &names),
            (_, true) => merge(&mut self.elsewhere, &names),
            _ => {}
        }
        self.files.insert(path.to_owned(), names);
    }

    /// Reads one file with what it is told.
    fn read(&self, number: u32, reading: &mut Reading<'_>) {
        let path = reading.sources.get(number).map_or("", |source| source.path.as_str());
        let role = role_of(path);
        let of_role = |kind: &str| self.of_directory(&join(role?, kind));
        let (fixed, defaults) = (role.and(of_role("vars")), role.and(of_role("defaults")));
        let own = self.of_plays(number, path, reading);
        let names = |name: &str| -> Option<Node> {
            for names in own.iter().chain(fixed) {
                if let Some(known) = names.get(name) {
                    return known.clone();
                }
            }
            let of = self.everywhere.get(name).or_else(|| defaults?.get(name))?.clone()?;
            // Where somebody is told otherwise it is not known which counts.
            let is_same = |other: &Option<Node>| other.as_ref().is_some_and(|it| it.is_same(&of));
            self.elsewhere.get(name).is_none_or(is_same).then_some(of)
        };
        let is_known = |name: &str| {
            own.iter().chain(fixed).chain(defaults).any(|of| of.contains_key(name))
                || self.everywhere.contains_key(name)
                || self.elsewhere.contains_key(name)
        };
        let fill = |text: &str| -> Option<Node> {
            let first = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
            if first == Some("item") {
                return Some(Node::new(Tree::Partial(format!("${{{text}}}")), Span::default()));
            }
            // A default is not for a name that is given, though nobody knows what it is.
            if first.is_some_and(|first| is_known(first) && names(first).is_none()) {
                return None;
            }
            expression::value(text, &names)
        };
        let stream = yaml::parse_filled(number, reading.text(number), &fill);
        for document in &stream.documents {
            document_of(document, "yaml", number, reading);
        }
        reading.problems.extend(stream.problems.into_iter().map(|(at, why)| (number, at, why)));
    }

    /// What `main.yml` of a directory says.
    fn of_directory(&self, directory: &str) -> Option<&Names> {
        ["main.yml", "main.yaml"].iter().find_map(|name| self.files.get(&join(directory, name)))
    }

    /// What the plays of a file are told, the strongest first.
    fn of_plays(&self, number: u32, path: &str, reading: &Reading<'_>) -> Vec<Names> {
        let mut files = Names::new();
        let mut own = Names::new();
        let directory = split(path).0;
        for document in yaml::parse(number, reading.text(number)).documents {
            for play in document.elements().iter().filter(|play| play.get("hosts").is_some()) {
                for file in play.get("vars_files").map(Node::elements).unwrap_or_default() {
                    let Some(file) = file.as_text() else { continue };
                    let near = [join(directory, file), join(&join(directory, "vars"), file)];
                    if let Some(names) = near.iter().find_map(|path| self.files.get(path)) {
                        merge(&mut files, names);
                    }
                }
                let given = play.get("vars").map(names_in).unwrap_or_default();
                merge(&mut own, &given);
            }
        }
        vec![files, own]
    }
}

/// What a map says of names, apart what is itself not known.
fn names_in(map: &Node) -> Names {
    let entries = map.entries().iter();
    let known = |node: &Node| (!node.is_unknown()).then(|| node.clone());
    entries.map(|entry| (entry.name.clone(), known(&entry.node))).collect()
}

/// Adds names. What two say differently is not known.
fn merge(into: &mut Names, more: &Names) {
    for (name, node) in more {
        match into.get_mut(name) {
            None => {
                into.insert(name.clone(), node.clone());
            }
            Some(known) => {
                let is_same = known.as_ref().zip(node.as_ref()).is_some_and(|(a, b)| a.is_same(b));
                if !is_same {
                    *known = None;
                }
            }
        }
    }
}
