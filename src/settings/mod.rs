//! CONFIGURATION: what declares keys, who may use them, and how systems keep them. Front ends read
//! a language into a [`tree`]; the tables of [`providers`] say what of it means a key, a grant or a
//! setting; [`lower`] makes the facts.

mod ansible;
mod arm;
mod aws;
mod azure;
mod bicep;
mod bridged;
mod cloudformation;
mod deployments;
mod dump;
mod durations;
mod embedded;
mod file_access;
mod front_ends;
pub(crate) mod hcl;
mod helm;
mod hide;
mod ini;
mod json;
mod kubernetes;
mod labelled;
pub(crate) mod lower;
mod oracle;
mod oracle_cloud;
pub(crate) mod page;
mod properties;
pub(crate) mod providers;
mod readers;
mod settle;
mod shapes;
mod shell;
mod sops;
mod sources;
mod sql;
mod sshd;
mod steps;
mod tables;
pub(crate) mod terraform;
mod text;
mod tree;
mod values;
pub(crate) mod variables;
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
    front_ends::{FrontEnd, TABLE, front_end},
    sources::{Source, Sources},
    tree::Span,
};
use self::{
    front_ends::named,
    lower::{Lowered, Resource},
    providers::Providers,
    tree::Node,
};
use crate::{
    budget,
    fact::Fact,
    ledger::{Reason, Skip},
};

/// What a front end reads, and where it puts what it found.
pub(crate) struct Reading<'a> {
    pub providers: &'a Providers,
    pub sources: &'a Sources,
    /// The documents that [`Providers::mark`] marked.
    pub marked: BTreeSet<u32>,
    pub resources: Vec<Resource>,
    /// How many there were when the document was begun that is read now.
    pub begun: usize,
    /// What could not be read: in which source, at which byte, and why.
    pub problems: Vec<(u32, usize, String)>,
    /// In how many other documents this one stands.
    pub depth: u8,
}

impl<'a> Reading<'a> {
    fn new(providers: &'a Providers, sources: &'a Sources, marked: BTreeSet<u32>) -> Self {
        let (resources, problems) = (Vec::new(), Vec::new());
        Self { providers, sources, marked, resources, begun: 0, problems, depth: 0 }
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
        self.resources.extend(ansible::tasks(document, self.providers, &of.path));
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
            facts: settle::deduplicated(lowered.facts),
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
    /// Whether it only says what others need to know, and was not asked about.
    is_context: bool,
}

/// A document that was not asked about, for those that are read together with it.
pub(crate) fn context(path: &str, bytes: &[u8], providers: &Providers) -> Option<Document> {
    let document = read(front_end(path, bytes)?, path, None, bytes, providers).document?;
    Some(Document { is_context: true, ..document })
}

/// Whether a file of this name may be read together with others.
pub(crate) fn is_gathered(path: &str) -> bool {
    terraform::is_module_file(path)
        || ansible::is_named_so(path)
        || deployments::is_named_so(path)
        || helm::is_named_so(path)
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
    let is_template = helm::is_template(path, bytes);
    let beside = match () {
        () if is_template => None,
        () if helm::is_values(path, bytes) => Some(helm::NAME),
        () if deployments::is_parameters(path, bytes) => Some(deployments::NAME),
        () if ansible::is_variables(path, bytes) => Some(ansible::NAME),
        () if terraform::is_terragrunt(path) || terraform::reads_beside(path, bytes) => {
            Some(terraform::NAME)
        }
        () => None,
    };
    let front_end = match () {
        () if is_template => named(helm::NAME),
        () if is_marked && !ansible::is_variables(path, bytes) && ansible::is_play(path, bytes) => {
            named(ansible::NAME)
        }
        () if front_end.name == "json" && is_marked && deployments::is_template(bytes) => {
            named(deployments::NAME)
        }
        () => None,
    }
    .unwrap_or(front_end);
    if !is_marked && !front_end.is_gathered && beside.is_none() {
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
        let is_terraform = front_end.name == terraform::NAME;
        if is_terraform && !terraform::is_module_file(path) && beside.is_none() {
            return Read::default();
        }
        let document = Document { source, front_end, is_marked, is_context: false };
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
    if let Some(gathered) = beside.and_then(named) {
        read.document = sources.into_first().map(|source| Document {
            source,
            front_end: gathered,
            is_marked: is_marked && (gathered.name == helm::NAME || terraform::is_terragrunt(path)),
            is_context: false,
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
        let mut context = BTreeSet::new();
        for document in documents {
            if document.is_context {
                context.insert(document.source.path.clone());
            }
            let number = sources.add(document.source);
            if document.is_marked {
                marked.insert(number);
            }
        }
        let mut reading = Reading::new(providers, &sources, marked);
        (front_end.read)(0, &mut reading);
        let read = reading.finish();
        let is_asked = |path: &String| !context.contains(path);
        let is_about = |fact: &Fact| {
            fact.sites.iter().chain(fact.places.values()).any(|at| is_asked(&at.path))
        };
        all.facts.extend(read.facts.into_iter().filter(is_about));
        all.skips.extend(read.skips.into_iter().filter(|skip| is_asked(&skip.path)));
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
    if labelled::is(document) {
        reading.recognise(&labelled::with_labels(document), "json", source);
    } else {
        reading.recognise(document, format, source);
    }
    within_of(document, source, reading);
}

/// What stands inside of a document: servers, steps, variables, and documents in texts.
fn within_of(document: &Node, source: u32, reading: &mut Reading<'_>) {
    let mut servers = Vec::new();
    labelled::servers(document, &mut servers);
    for server in servers {
        reading.recognise(&labelled::with_labels(server), "json", source);
    }
    let names = shell::commands(reading.providers);
    let mut commands = Vec::new();
    steps::read(document, &names, reading.sources, &mut commands);
    reading.recognise_all(commands, "shell", source);
    embedded::read(document, reading);
}

fn read_yaml(source: u32, reading: &mut Reading<'_>) {
    let stream = yaml::parse(source, reading.text(source));
    for document in &stream.documents {
        document_of(document, "yaml", source, reading);
    }
    reading.problems.extend(stream.problems.into_iter().map(|(at, why)| (source, at, why)));
}

fn read_hcl(source: u32, reading: &mut Reading<'_>) {
    let text = reading.text(source);
    let parsed = hcl::parse(source, text);
    let document = hcl::document(&parsed.body, Span::new(source, 0..text.len()), text);
    reading.recognise(&document, "hcl", source);
    within_of(&document, source, reading);
    reading.problems.extend(parsed.problems.into_iter().map(|(at, why)| (source, at, why)));
}
