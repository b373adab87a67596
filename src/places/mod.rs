//! Where bytes live. The only modules that touch the file system or start a process; everything
//! after them is a function of bytes.

mod bundles;
mod directory;
pub(crate) mod files;
pub(crate) mod git;
mod history;
mod ignored;
mod objects;
mod packs;
pub(crate) mod spool;

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use globset::GlobSet;

use crate::{
    budget::Limits,
    config::Base,
    error::Error,
    feed::Buffer,
    inspect::{self, Inspected},
    layers::Scope,
    ledger::{Ledger, Reason, Skip},
    progress::Progress,
    settings::providers::Providers,
    site::as_directories,
};

/// What to read.
#[derive(Clone)]
pub struct Request {
    pub source: Source,
    /// Glob patterns of paths to leave out, as they are shown or as they lie below `base`.
    pub exclude: GlobSet,
    pub(crate) base: Base,
    /// Scan what `.gitignore` leaves out, and `.git` itself.
    pub no_ignore: bool,
    pub limits: Limits,
    pub progress: Arc<Progress>,
    /// Set when the run is to end with what it has.
    pub stop: Arc<AtomicBool>,
    pub threads: usize,
    /// What configuration means, where more than what is built in; that is read when a document
    /// asks for it.
    pub(crate) providers: Option<Arc<Providers>>,
}

impl Request {
    pub(crate) fn providers(&self) -> &Providers {
        self.providers.as_deref().unwrap_or_else(|| Providers::builtin())
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Clone)]
pub enum Source {
    /// Files and directories; `-` is standard input.
    Paths(Vec<PathBuf>),
    /// What `git commit` would commit, below these paths.
    Staged(Vec<PathBuf>),
    /// What the commits since the merge base with a revision brought, below these paths.
    Since(String, Vec<PathBuf>),
    /// All files of the tree of one revision.
    Tree { repository: PathBuf, tree: String },
    /// Every object of these repositories or bundles, or only what branches and tags reach.
    History { repositories: Vec<PathBuf>, all_objects: bool },
}

/// Inspects everything that is asked for. `sink` is called from several threads, in no order.
pub(crate) fn visit(request: &Request, sink: &(dyn Fn(Inspected) + Sync)) -> Result<(), Error> {
    match visit_all(request, sink) {
        // `git` is asked to end as well.
        Err(problem) if request.is_stopped() => {
            let skip = Skip::new(".", Reason::Interrupted).detail(problem).partly();
            sink(Inspected { ledger: Ledger::of(skip), ..Inspected::default() });
            Ok(())
        }
        outcome => outcome,
    }
}

/// How many bytes there are to read, in whole, to say how long it takes. Left undone once `is_over`.
pub(crate) fn weigh(request: &Request, is_over: &AtomicBool) {
    if let Source::Paths(paths) = &request.source
        && let Some(bytes) = directory::weigh(paths, request, is_over)
    {
        request.progress.expect_bytes(bytes);
    }
}

fn visit_all(request: &Request, sink: &(dyn Fn(Inspected) + Sync)) -> Result<(), Error> {
    match &request.source {
        Source::Paths(paths) => {
            let (stdin, paths): (Vec<_>, Vec<_>) =
                paths.iter().partition(|path| path.as_os_str() == "-");
            directory::visit(&paths, request, sink)?;
            if !stdin.is_empty() {
                let mut stdin = io::stdin().lock();
                let scope = Scope::of(request);
                sink(inspect::reader("<stdin>", &mut stdin, &mut Buffer::new(), scope));
            }
            Ok(())
        }
        Source::Staged(paths) => git::staged(paths, request, sink),
        Source::Tree { repository, tree } => git::tree(repository, tree, request, sink),
        Source::Since(revision, paths) => git::since(revision, paths, request, sink),
        Source::History { repositories, all_objects } => repositories
            .iter()
            .try_for_each(|path| history::visit(path, *all_objects, request, sink)),
    }
}

/// Whether `--exclude` or the configuration leaves a shown path out, or a directory above it.
pub(crate) fn excluded(request: &Request, shown: &str) -> bool {
    let shown = &*as_directories(shown);
    let matches = |path: &Path| path.ancestors().any(|path| request.exclude.is_match(path));
    matches(Path::new(shown)) || matches(&request.base.relative(shown))
}

/// A path as reports show it: with `/` between names, without `./` in front, and bytes that are
/// no UTF-8 percent-encoded.
pub(crate) fn shown(path: &Path) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let text = shown_name(path.as_os_str());
    if cfg!(windows) { text.replace('\\', "/") } else { text }
}

fn shown_name(name: &OsStr) -> String {
    if let Some(name) = name.to_str() {
        return name.to_owned();
    }
    let mut shown = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        shown.push_str(chunk.valid());
        for byte in chunk.invalid() {
            shown.push_str(&format!("%{byte:02X}"));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_utf8_are_percent_encoded() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(OsStr::from_bytes(b"./a\xff/b.pem"));
        assert_eq!(shown(path), "a%FF/b.pem");
    }
}
