//! Command lines and variables in other documents: steps of CI, containers of Kubernetes and Compose,
//! tasks of Ansible, provisioners of Terraform, what a machine runs when it starts.

use std::collections::BTreeSet;

use super::{
    shell::{self, Word},
    sources::Sources,
    text::literal,
    tree::{Node, Tree},
    variables,
    within::{LONGEST, Places},
};

/// Members that hold commands, whatever stands before their last dot.
const STEPS: &[&str] = &[
    "after_script",
    "args",
    "argv",
    "before_script",
    "bootcmd",
    "cmd",
    "command",
    "commands",
    "entrypoint",
    "inline",
    "run",
    "runcmd",
    "script",
    "shell",
    "user_data",
    "userdata",
    "win_command",
    "win_shell",
];

/// Whether a member of this name holds commands.
pub(super) fn is_step(name: &str) -> bool {
    let name = name.rsplit('.').next().unwrap_or_default();
    let name = name.to_ascii_lowercase().replace('-', "_");
    STEPS.contains(&name.as_str())
}

/// Adds the commands among `names` and the variables that stand in the values of a document.
pub(super) fn read(node: &Node, names: &BTreeSet<&str>, sources: &Sources, into: &mut Vec<Node>) {
    variables::read(node, sources, into);
    commands(node, false, names, sources, into);
}

fn commands(
    node: &Node,
    is_in_step: bool,
    names: &BTreeSet<&str>,
    sources: &Sources,
    into: &mut Vec<Node>,
) {
    match &node.tree {
        Tree::Text(_) | Tree::Partial(_) if is_in_step => script(node, names, sources, into),
        Tree::List(nodes) if is_in_step => {
            // Words of one command, and lines of a script.
            let is_line = |node: &Node| node.as_partial().is_some_and(|text| text.contains(' '));
            into.extend(shell::command(&words(nodes), names));
            for node in nodes.iter().filter(|node| is_line(node) || node.scalar().is_none()) {
                commands(node, true, names, sources, into);
            }
        }
        Tree::List(nodes) => {
            nodes.iter().for_each(|node| commands(node, false, names, sources, into));
        }
        Tree::Map(entries) => {
            let lists = ["command", "args"];
            let list = |name: &str| match node.get(name) {
                Some(Node { tree: Tree::List(nodes), .. }) => Some(words(nodes)),
                _ => None,
            };
            // Kubernetes has one command in both.
            if let [Some(mut first), Some(second)] = lists.map(list) {
                first.extend(second);
                into.extend(shell::command(&first, names));
            }
            for entry in entries {
                commands(&entry.node, is_step(&entry.name), names, sources, into);
            }
        }
        _ => {}
    }
}

fn words(nodes: &[Node]) -> Vec<Word> {
    let word = |node: &Node| Word {
        text: node.scalar().unwrap_or_default().into_owned(),
        span: node.span,
        is_known: node.scalar().is_some_and(|text| !literal(&text, node.span).is_unknown())
            && node.scalar().is_some_and(|text| !text.contains('$')),
    };
    nodes.iter().map(word).collect()
}

fn script(node: &Node, names: &BTreeSet<&str>, sources: &Sources, into: &mut Vec<Node>) {
    let Some(text) = node.as_partial().filter(|text| text.len() < LONGEST) else { return };
    let mut found = Vec::new();
    shell::read(u32::MAX, text, 0..text.len(), names, &mut found);
    if found.is_empty() {
        return;
    }
    let places = Places::new(text, node.span, sources);
    for mut command in found {
        places.put(&mut command, false);
        into.push(command);
    }
}
