//! Documents that stand in texts of other documents: the configuration of a server in a ConfigMap, in
//! values of a chart, in what a machine is given when it starts. Each is read by the front end that
//! its name or what it begins with tells; what is found is placed where it is written.

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use super::{
    Reading, Source, Sources,
    front_ends::{FrontEnd, by_name, named},
    hcl, steps,
    tree::{Node, Tree},
    within::{LONGEST, Places},
};

/// Documents inside of one another.
const DEPTH: u8 = 4;

/// Texts of one document that are read.
const MOST: usize = 1_000;

/// Members that say what file the text beside them becomes: Ansible, cloud-init, Nomad, Terraform.
const FILES: &[&str] = &["path", "dest", "destination", "filename", "file_path"];

/// Members whose text is what somebody asked of a key, and is read with what it belongs to.
const POLICIES: &[&str] = &["policy", "rules", "template_body"];

/// A text of several lines.
struct Text<'a> {
    node: &'a Node,
    name: &'a str,
    /// The file that it becomes.
    file: Option<&'a str>,
}

/// Reads the documents in the texts of a document.
pub(super) fn read(document: &Node, reading: &mut Reading<'_>) {
    let mut texts = Vec::new();
    find(document, "", None, &mut texts);
    texts.retain(|of| {
        let text = of.node.as_partial().unwrap_or_default();
        text.len() < LONGEST && reading.providers.mark(text.as_bytes())
    });
    for (number, of) in texts.iter().enumerate() {
        let Some((front_end, name)) = of.front_end() else { continue };
        if reading.depth >= DEPTH || number >= MOST {
            let at = usize::try_from(of.node.span.start).unwrap_or_default();
            let problem = "no more documents inside of documents are read".to_owned();
            reading.problems.push((of.node.span.source, at, problem));
            return;
        }
        of.read(front_end, name, reading);
    }
}

fn find<'a>(node: &'a Node, name: &'a str, file: Option<&'a str>, into: &mut Vec<Text<'a>>) {
    match &node.tree {
        Tree::Text(text) | Tree::Partial(text) if text.trim().contains('\n') => {
            into.push(Text { node, name, file });
        }
        Tree::Text(text) if text.starts_with('{') && text.ends_with('}') => {
            into.push(Text { node, name, file });
        }
        Tree::List(nodes) => nodes.iter().for_each(|node| find(node, name, file, into)),
        Tree::Map(entries) => {
            let own = FILES.iter().find_map(|name| node.get(name).and_then(Node::as_partial));
            let file = own.or(file);
            for entry in entries {
                let is_file = by_name(&entry.name).is_some();
                let file = if is_file { Some(entry.name.as_str()) } else { file };
                // `content: !Sub |` is the content.
                let is_function = entry.name.starts_with("Fn::");
                find(&entry.node, if is_function { name } else { &entry.name }, file, into);
            }
        }
        _ => {}
    }
}

impl<'a> Text<'a> {
    /// What reads the text, and as which file.
    fn front_end(&self) -> Option<(&'static FrontEnd, &'a str)> {
        // A template is what it is a template of.
        let plain = |name: &'a str| {
            let ends = [".tpl", ".tftpl", ".tmpl", ".j2", ".ctmpl"];
            ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
        };
        let by_file = [Some(self.name), self.file].into_iter().flatten().map(plain);
        by_file
            .filter_map(|name| Some((by_name(name)?, name)))
            .find(|(front_end, _)| !front_end.is_gathered)
            .or_else(|| Some((named(self.language()?)?, self.name)))
    }

    /// The language of a text that no name tells.
    fn language(&self) -> Option<&'static str> {
        let text = self.node.as_partial()?.trim_start();
        let name = self.name.to_ascii_lowercase();
        if POLICIES.contains(&name.as_str()) {
            return None;
        }
        let is_yaml = ["#cloud-config", "apiVersion:", "---\n"].iter().any(|m| text.starts_with(m));
        match () {
            () if text.starts_with("#!") && !steps::is_step(&name) => Some("shell"),
            () if is_yaml || matches!(name.as_str(), "values" | "valuescontent") => Some("yaml"),
            () if text.starts_with('{') && name.ends_with("config") => Some("json"),
            () if is_hcl(text) => Some("hcl"),
            () => None,
        }
    }

    fn read(&self, front_end: &'static FrontEnd, name: &str, reading: &mut Reading<'_>) {
        let Some(text) = self.node.as_partial() else { return };
        let Some(outer) = reading.sources.get(self.node.span.source) else { return };
        // A file that a module reads by its name is looked at by itself.
        let is_file = self.node.span.start == 0 && text.len() == outer.text.len();
        if is_file && by_name(&outer.path).is_some_and(|of| !of.is_gathered) {
            return;
        }
        let mut sources = Sources::default();
        let path = format!("{}!{name}", outer.path);
        let text = Zeroizing::new(text.to_owned());
        let number = sources.add(Source::new(path, outer.file.clone(), text.clone()));
        let marked = BTreeSet::from([number]);
        let mut inner = Reading::new(reading.providers, &sources, marked);
        inner.depth = reading.depth + 1;
        (front_end.read)(number, &mut inner);
        let places = Places::new(&text, self.node.span, reading.sources);
        let is_partial = self.node.as_text().is_none();
        for mut resource in inner.resources {
            places.put(&mut resource.body, is_partial);
            resource.span = places.place(resource.span);
            reading.resources.push(resource);
        }
        // What only looked like a document is none.
        let is_told = by_name(name).is_some();
        for (_, at, problem) in inner.problems.into_iter().filter(|_| is_told) {
            let at = places.place(super::Span::new(number, at..at + 1));
            let start = usize::try_from(at.start).unwrap_or_default();
            reading.problems.push((at.source, start, problem));
        }
    }
}

/// Whether a text is blocks of HCL: `seal "pkcs11" {`.
fn is_hcl(text: &str) -> bool {
    let is_head = |line: &str| {
        let name = line.trim_end().strip_suffix('{').map(str::trim_end);
        name.is_some_and(|name| {
            let word = name.split([' ', '"']).next().unwrap_or_default();
            let label = name.get(word.len()..).unwrap_or_default().trim();
            let is_label = label.is_empty() || label.len() > 2 && label.ends_with('"');
            let is_word = |b: u8| b.is_ascii_lowercase() || b == b'_';
            !word.is_empty() && word.bytes().all(is_word) && is_label && !label.contains('(')
        })
    };
    text.lines().map(str::trim_start).any(is_head) && {
        let parsed = hcl::parse(u32::MAX, text);
        parsed.problems.is_empty() && !parsed.body.blocks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        fact::{Fact, Field},
        scan::inspect_bytes,
    };

    fn lines(path: &str, text: &str) -> Vec<(String, u64)> {
        let facts = inspect_bytes(path, text.as_bytes()).facts;
        let secret = |fact: &&Fact| fact.text(Field::Setting) == Some("secret-in-configuration");
        let of = |fact: &Fact| {
            let line = fact.places.get(&Field::Value).map_or(0, |site| site.line);
            (fact.text(Field::Name).unwrap_or_default().to_owned(), line)
        };
        facts.iter().filter(secret).map(of).collect()
    }

    const SEAL: &str = "seal \"pkcs11\" {\n  lib = \"/usr/lib/p.so\"\n  pin = \"40817263\"\n}\n";

    fn indented(text: &str, by: usize) -> String {
        text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
    }

    #[test]
    fn a_value_in_a_text_has_the_line_on_which_it_is_written() {
        let pin = |line| vec![("pin".to_owned(), line)];
        let map = "kind: ConfigMap\napiVersion: v1\ndata:\n  vault.hcl: |\n";
        assert_eq!(lines("a.yaml", &format!("{map}{}", indented(SEAL, 4))), pin(7));
        let values = "server:\n  config: |-\n";
        assert_eq!(lines("values.yaml", &format!("{values}{}", indented(SEAL, 4))), pin(5));
        let quoted = format!("{{\n\"config\": {:?}\n}}", SEAL);
        assert_eq!(lines("a.json", &quoted), pin(2));
        let heredoc = format!(
            "resource \"kubernetes_config_map\" \"v\" {{\n  data = {{\n    \"vault.hcl\" = <<-EOT\n{}    \
             EOT\n  }}\n}}\n",
            indented(SEAL, 6)
        );
        assert_eq!(lines("main.tf", &heredoc), pin(6));
        let copied = "- hosts: all\n  tasks:\n    - copy:\n        dest: /etc/vault.d/vault.hcl\n        \
                      content: |\n";
        assert_eq!(lines("site.yml", &format!("{copied}{}", indented(SEAL, 10))), pin(8));
    }

    #[test]
    fn documents_inside_of_documents_come_to_an_end() {
        let mut text = format!("# storage_endpoint\n{SEAL}");
        for _ in 0..8 {
            text = format!("{{\"a.json\": {:?}}}", text);
        }
        assert_eq!(lines("a.json", &text), []);
        let ledger = inspect_bytes("a.json", text.as_bytes()).ledger;
        assert_eq!(ledger.skips.len(), 1);
    }

    #[test]
    fn a_text_that_is_no_document_is_let_be() {
        for text in [
            "note: |\n  The seal \"pkcs11\" wants a pin,\n  pin = \"40817263\", in its stanza {\n",
            "policy: |\n  path \"transit/keys/*\" {\n    capabilities = [\"read\"]\n  }\n",
        ] {
            let inspected = inspect_bytes("a.yaml", text.as_bytes());
            assert_eq!(inspected.facts, [], "{text}");
            assert!(inspected.ledger.skips.is_empty(), "{text}");
        }
    }
}
