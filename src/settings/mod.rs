//! CONFIGURATION: what declares keys, who may use them, and how systems keep them. Front ends read
//! a language into a [`tree`]; the tables of [`providers`] say what of it means a key, a grant or a
//! setting; [`lower`] makes the facts.

mod arm;
mod aws;
mod azure;
mod bicep;
mod bridged;
mod cloudformation;
mod dump;
mod durations;
pub(crate) mod hcl;
mod hide;
mod ini;
mod json;
mod kubernetes;
pub(crate) mod lower;
mod oracle;
mod oracle_cloud;
pub(crate) mod page;
mod properties;
pub(crate) mod providers;
mod readers;
mod shapes;
mod shell;
mod sops;
mod sources;
mod sql;
mod sshd;
mod tables;
pub(crate) mod terraform;
mod text;
mod tree;
mod values;
mod vault;
pub(crate) mod within;
mod xml;
mod yaml;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

pub(crate) use self::{
    durations::days,
    sources::{Source, Sources},
    tree::Span,
};
use self::{
    lower::{Lowered, Resource},
    providers::Providers,
    tree::Node,
};
use crate::{
    budget,
    fact::Fact,
    ledger::{Reason, Skip},
};

/// A language of configuration.
pub(crate) struct FrontEnd {
    pub name: &'static str,
    /// What it reads, for the documentation.
    pub about: &'static str,
    /// Ends of file names, without the dot.
    pub extensions: &'static [&'static str],
    /// Names of files that have no telling end; one `*` stands for anything.
    pub files: &'static [&'static str],
    /// Reads one document that [`Providers::mark`] marked.
    pub read: fn(u32, &mut Reading<'_>),
    /// Whether documents of one directory are read together, once all are there.
    pub is_gathered: bool,
}

/// All front ends. The first whose names fit reads a file.
pub(crate) const TABLE: &[FrontEnd] = &[
    FrontEnd {
        name: "bicep",
        about: "Bicep files; each by itself, without following modules",
        extensions: &["bicep"],
        files: &[],
        read: bicep::read,
        is_gathered: false,
    },
    FrontEnd {
        name: "dump",
        about: "What the tools of HSMs print; told by what it holds",
        extensions: &[],
        files: &[],
        read: |source, reading| readers::any(dump::parse, "dump", source, reading),
        is_gathered: false,
    },
    FrontEnd {
        name: "hcl",
        about: "HCL documents that need no evaluation: policies and servers of Vault and Nomad",
        extensions: &["hcl", "nomad"],
        files: &[],
        read: read_hcl,
        is_gathered: false,
    },
    FrontEnd {
        name: terraform::NAME,
        about: "Terraform and OpenTofu, evaluated module by module, with the files that they read",
        extensions: &[
            "tf",
            "tofu",
            "tf.json",
            "tofu.json",
            "tfvars",
            "tfvars.json",
            "tftpl",
            "tpl",
            "tmpl",
        ],
        files: &[],
        read: terraform::read,
        is_gathered: true,
    },
    FrontEnd {
        name: "ini",
        about: "Sections and options: MySQL, PostgreSQL, SoftHSM, Luna, OpenSSL, SunPKCS11",
        extensions: &["cnf", "conf", "cfg", "ini"],
        files: &[],
        read: readers::ini,
        is_gathered: false,
    },
    FrontEnd {
        name: "json",
        about: "JSON documents, as tools print them and templates are written",
        extensions: &["json", "jsonc", "jsonl", "ndjson", "template"],
        files: &[],
        read: read_json,
        is_gathered: false,
    },
    FrontEnd {
        name: "oracle",
        about: "Oracle Net",
        extensions: &["ora"],
        files: &[],
        read: |source, reading| readers::any(oracle::parse, "oracle", source, reading),
        is_gathered: false,
    },
    FrontEnd {
        name: "properties",
        about: "Java properties",
        extensions: &["properties"],
        files: &["java.security"],
        read: |source, reading| readers::any(properties::parse, "properties", source, reading),
        is_gathered: false,
    },
    FrontEnd {
        name: "shell",
        about: "Command lines in scripts, Dockerfiles, Makefiles and units of systemd",
        extensions: &["sh", "bash", "zsh", "ksh", "mk", "ps1", "service", "dockerfile"],
        files: &["Dockerfile*", "Containerfile", "Makefile", "Jenkinsfile", "Procfile"],
        read: readers::shell,
        is_gathered: false,
    },
    FrontEnd {
        name: "sql",
        about: "Statements of SQL scripts",
        extensions: &["sql"],
        files: &[],
        read: |source, reading| readers::any(sql::parse, "sql", source, reading),
        is_gathered: false,
    },
    FrontEnd {
        name: "sshd",
        about: "Configuration of OpenSSH",
        extensions: &[],
        files: &["sshd_config", "ssh_config"],
        read: |source, reading| readers::any(sshd::parse, "sshd", source, reading),
        is_gathered: false,
    },
    FrontEnd {
        name: "xml",
        about: "XML of servers: Tomcat, Spring, Hadoop, WildFly",
        extensions: &["xml"],
        files: &[],
        read: readers::xml,
        is_gathered: false,
    },
    FrontEnd {
        name: "yaml",
        about: "YAML documents",
        extensions: &["yaml", "yml"],
        files: &[],
        read: read_yaml,
        is_gathered: false,
    },
];

/// What a front end reads, and where it puts what it found.
pub(crate) struct Reading<'a> {
    pub providers: &'a Providers,
    pub sources: &'a Sources,
    /// The documents that [`Providers::mark`] marked.
    pub marked: BTreeSet<u32>,
    pub resources: Vec<Resource>,
    /// What could not be read: in which source, at which byte, and why.
    pub problems: Vec<(u32, usize, String)>,
}

impl<'a> Reading<'a> {
    fn new(providers: &'a Providers, sources: &'a Sources, marked: BTreeSet<u32>) -> Self {
        Self { providers, sources, marked, resources: Vec::new(), problems: Vec::new() }
    }

    /// The text of a source.
    pub(crate) fn text(&self, source: u32) -> &'a str {
        self.sources.get(source).map(|source| source.text.as_str()).unwrap_or_default()
    }

    /// Adds what a document without types is.
    pub(crate) fn recognise(&mut self, document: &Node, format: &str, source: u32) {
        let Some(of) = self.sources.get(source) else { return };
        let found = shapes::recognise(document, format, of, self.providers, self.sources);
        self.resources.extend(found);
        self.resources.extend(kubernetes::objects(document, self.providers, &of.path));
    }

    /// The same for several.
    fn recognise_all(&mut self, documents: Vec<Node>, format: &str, source: u32) {
        let whole = tree::Span::new(source, 0..0);
        self.recognise(&Node::new(tree::Tree::List(documents), whole), format, source);
    }

    /// The facts of everything that was read, and what could not be.
    fn finish(self) -> Read {
        let mut secrets = Vec::new();
        for resource in &self.resources {
            hide::secrets(resource, self.providers, self.sources, &mut secrets);
        }
        self.sources.hide(secrets);
        let mut lowered = Lowered::default();
        for resource in &self.resources {
            lower::lower(resource, self.providers, self.sources, &mut lowered);
        }
        let mut read = Read {
            facts: lower::deduplicated(lowered.facts),
            undecided: lowered.undecided,
            ..Read::default()
        };
        for (source, at, problem) in self.problems {
            let Some(source) = self.sources.get(source) else { continue };
            let detail = format!("line {}: {problem}", source.line(at));
            let skip = Skip::new(source.path.as_str(), Reason::NotParsed).detail(detail).partly();
            read.skips.push(match &source.file {
                Some(file) => skip.inside(file),
                None => skip,
            });
        }
        read
    }
}

/// What came of a document.
#[derive(Default)]
pub(crate) struct Read {
    pub facts: Vec<Fact>,
    pub skips: Vec<Skip>,
    pub undecided: u64,
    /// What is read once its neighbours are there.
    pub document: Option<Document>,
}

/// A document that is read together with others.
pub(crate) struct Document {
    source: Source,
    front_end: &'static FrontEnd,
    is_marked: bool,
}

/// The front end for a file of this name that begins like this, if any may read it.
pub(crate) fn front_end(path: &str, head: &[u8]) -> Option<&'static FrontEnd> {
    let name = path.rsplit(['/', '\\', '!', ':']).next().unwrap_or_default();
    let by_name = TABLE.iter().find(|front_end| {
        front_end.files.iter().any(|pattern| shapes::fits_name(pattern, name))
            || front_end.extensions.iter().any(|extension| {
                name.len() > extension.len()
                    && name.ends_with(extension)
                    && name.as_bytes().get(name.len() - extension.len() - 1) == Some(&b'.')
            })
    });
    // What a tool has printed may have any name.
    by_name.or_else(|| {
        let mut marks = head.iter().filter(|byte| !byte.is_ascii_whitespace());
        let first = marks.next();
        let name = match first {
            // Sections of TOML and links of Markdown begin so too.
            Some(b'{') if matches!(marks.next(), Some(b'"' | b'}')) => "json",
            Some(b'[') if matches!(marks.next(), Some(b'{' | b'"' | b']')) => "json",
            _ if is_printed(name) && dump::is_dump(head) => "dump",
            Some(b'#') if head.starts_with(b"#!") && !name.contains('.') => "shell",
            _ => return None,
        };
        TABLE.iter().find(|front_end| front_end.name == name)
    })
}

/// Whether a file of this name may hold what a tool has printed.
fn is_printed(name: &str) -> bool {
    !name.contains('.') || [".txt", ".log", ".out"].iter().any(|end| name.ends_with(end))
}

/// Reads one document whole. `path` and `file` name it as in [`Site`](crate::fact::Site).
pub(crate) fn read(
    front_end: &'static FrontEnd,
    path: &str,
    file: Option<&str>,
    bytes: &[u8],
    providers: &Providers,
) -> Read {
    let is_marked = providers.mark(bytes);
    let is_beside = terraform::reads_beside(path, bytes);
    if !is_marked && !front_end.is_gathered && !is_beside {
        return Read::default();
    }
    if bytes.len() > budget::DOCUMENT {
        if !is_marked {
            return Read::default();
        }
        let detail =
            format!("larger than {} MiB, which is read as a whole", budget::DOCUMENT >> 20);
        let skip = Skip::new(path, Reason::OverBudget).detail(detail).partly();
        let skip = match file {
            Some(file) => skip.inside(file),
            None => skip,
        };
        return Read { skips: vec![skip], ..Read::default() };
    }
    let text = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
    let source = Source::new(path.to_owned(), file.map(str::to_owned), text);
    if front_end.is_gathered {
        if front_end.name == terraform::NAME && !terraform::is_module_file(path) && !is_beside {
            return Read::default();
        }
        let document = Document { source, front_end, is_marked };
        return Read { document: Some(document), ..Read::default() };
    }
    let mut sources = Sources::default();
    let number = sources.add(source);
    let mut read = Read::default();
    if is_marked {
        let mut reading = Reading::new(providers, &sources, BTreeSet::from([number]));
        (front_end.read)(number, &mut reading);
        read = reading.finish();
    }
    if is_beside {
        let gathered = TABLE.iter().find(|front_end| front_end.name == terraform::NAME);
        read.document = gathered.zip(sources.into_first()).map(|(front_end, source)| Document {
            source,
            front_end,
            is_marked: false,
        });
    }
    read
}

/// Reads documents that belong together, if anything in them is about keys.
pub(crate) fn gather(documents: Vec<Document>, providers: &Providers) -> Read {
    let mut of_front_end: BTreeMap<&str, Vec<Document>> = BTreeMap::new();
    for document in documents {
        of_front_end.entry(document.front_end.name).or_default().push(document);
    }
    let mut all = Read::default();
    for mut documents in of_front_end.into_values() {
        documents.sort_by(|a, b| a.source.path.cmp(&b.source.path));
        let Some(first) = documents.iter().find(|document| document.is_marked) else { continue };
        let front_end = first.front_end;
        let mut sources = Sources::default();
        let mut marked = BTreeSet::new();
        for document in documents {
            let number = sources.add(document.source);
            if document.is_marked {
                marked.insert(number);
            }
        }
        let mut reading = Reading::new(providers, &sources, marked);
        (front_end.read)(0, &mut reading);
        let read = reading.finish();
        all.facts.extend(read.facts);
        all.skips.extend(read.skips);
        all.undecided += read.undecided;
    }
    all
}

fn read_json(source: u32, reading: &mut Reading<'_>) {
    let text = reading.text(source);
    let scope = reading.sources.get(source).map_or("", |of| of.path.as_str());
    match json::parse(source, text) {
        Ok(plan) if terraform::plan::is(&plan) => {
            let found = terraform::plan::resources(&plan, scope, reading.sources);
            reading.resources.extend(found);
        }
        Ok(state) if terraform::state::is(&state) => {
            let found = terraform::state::resources(&state, scope, reading.sources);
            reading.resources.extend(found);
        }
        Ok(document) => document_of(&document, "json", source, reading),
        Err((at, problem)) => {
            let (values, problem_of_lines) = json::parse_lines(source, text);
            for value in &values {
                document_of(value, "json", source, reading);
            }
            let problem = if values.is_empty() { Some((at, problem)) } else { problem_of_lines };
            reading.problems.extend(problem.map(|(at, why)| (source, at, why)));
        }
    }
}

/// What one document of JSON or YAML is.
fn document_of(document: &Node, format: &str, source: u32, reading: &mut Reading<'_>) {
    if cloudformation::is(document) {
        cloudformation::read(document, source, reading);
    }
    if arm::is(document) {
        arm::read(document, source, reading);
    }
    bridged::read(document, source, reading);
    reading.recognise(document, format, source);
}

fn read_yaml(source: u32, reading: &mut Reading<'_>) {
    let stream = yaml::parse(source, reading.text(source));
    let names = shell::commands(reading.providers);
    let mut commands = Vec::new();
    for document in &stream.documents {
        document_of(document, "yaml", source, reading);
        shell::read_steps(source, reading.text(source), document, &names, &mut commands);
    }
    reading.recognise_all(commands, "shell", source);
    reading.problems.extend(stream.problems.into_iter().map(|(at, why)| (source, at, why)));
}

fn read_hcl(source: u32, reading: &mut Reading<'_>) {
    let text = reading.text(source);
    let parsed = hcl::parse(source, text);
    let document = hcl::document(&parsed.body, Span::new(source, 0..text.len()), text);
    reading.recognise(&document, "hcl", source);
    reading.problems.extend(parsed.problems.into_iter().map(|(at, why)| (source, at, why)));
}
