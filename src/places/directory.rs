//! Files and directories: a parallel walk that says what it leaves out.

#![expect(clippy::disallowed_methods, reason = "this is where the file system is touched")]

use std::{
    collections::HashSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use ignore::{DirEntry, WalkBuilder, WalkState};

use super::{
    Request,
    ignored::{Context, Ignored},
    shown,
};
use crate::{
    error::Error,
    fact::{Field, Kind},
    feed::Buffer,
    inspect::{self, Inspected},
    layers::Scope,
    ledger::{Ledger, Reason, Skip},
};

pub(super) fn visit(
    paths: &[&PathBuf],
    request: &Request,
    sink: &(dyn Fn(Inspected) + Sync),
) -> Result<(), Error> {
    let mut directories = Vec::new();
    let mut roots = HashSet::new();
    for path in paths {
        let kind = fs::metadata(path).map_err(|source| Error::file(path.as_path(), source))?;
        let absolute =
            fs::canonicalize(path).map_err(|source| Error::file(path.as_path(), source))?;
        if !roots.insert(absolute) {
            continue;
        }
        if kind.is_dir() {
            directories.push(path);
        } else {
            // Whatever it is: it was asked for by name.
            file(path, true, &mut Buffer::new(), request, sink);
        }
    }
    let roots = Arc::new(roots);
    let act = |path: &Path, judge_mode: bool, buffer: &mut Buffer| {
        file(path, judge_mode, buffer, request, sink);
    };
    for path in directories {
        walk(path, &roots, request, &act, &|| request.is_stopped(), sink);
        if request.is_stopped() {
            let detail = "what was not reached by then is not listed";
            let name = Some(shown(path)).filter(|name| !name.is_empty());
            let skip = Skip::new(name.unwrap_or_else(|| ".".into()), Reason::Interrupted);
            sink(skipped(skip.detail(detail).partly()));
        }
    }
    Ok(())
}

/// The bytes of what [`visit`] looks at, if they can be told before.
pub(super) fn weigh(paths: &[PathBuf], request: &Request, is_over: &AtomicBool) -> Option<u64> {
    let bytes = AtomicU64::new(0);
    let weigh = |path: &Path| {
        bytes.fetch_add(fs::metadata(path).map_or(0, |file| file.len()), Ordering::Relaxed);
    };
    let roots = paths.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
    let roots = Arc::new(roots);
    // What comes from elsewhere has no size.
    for path in paths.iter().filter(|path| path.as_os_str() != "-") {
        if path.is_dir() {
            let quiet = Request { threads: 1, ..request.clone() };
            let act = |path: &Path, _: bool, _: &mut Buffer| weigh(path);
            walk(path, &roots, &quiet, &act, &|| is_over.load(Ordering::Relaxed), &|_| {});
        } else {
            weigh(path);
        }
    }
    (!is_over.load(Ordering::Relaxed)).then(|| bytes.into_inner())
}

/// What is done with a file: its path, whether its mode says who may read it, and a buffer.
type Act<'a> = &'a (dyn Fn(&Path, bool, &mut Buffer) + Sync);

/// Goes through a directory until `is_over`.
fn walk(
    root: &Path,
    roots: &Arc<HashSet<PathBuf>>,
    request: &Request,
    act: Act<'_>,
    is_over: &(dyn Fn() -> bool + Sync),
    sink: &(dyn Fn(Inspected) + Sync),
) {
    let Ok(absolute) = fs::canonicalize(root) else {
        return sink(skipped(Skip::new(shown(root), Reason::Vanished)));
    };
    // Ignore files are looked up by absolute path: they may stand above the root.
    let inner = {
        let root = root.to_owned();
        move |path: &Path| absolute.join(path.strip_prefix(&root).unwrap_or(path))
    };
    let ignored = Ignored::default();
    WalkBuilder::new(root)
        .standard_filters(false)
        .follow_links(false)
        .threads(request.threads)
        .build_parallel()
        .run(|| {
            let mut buffer = Buffer::new();
            let mut last = None;
            let (ignored, inner) = (&ignored, &inner);
            Box::new(move |entry| {
                if is_over() {
                    return WalkState::Quit;
                }
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(problem) => {
                        sink(skipped(unlisted(root, &problem)));
                        return WalkState::Continue;
                    }
                };
                if entry.depth() == 0 {
                    return WalkState::Continue;
                }
                let parent = entry.path().parent().unwrap_or(root);
                let context = (!request.no_ignore)
                    .then(|| ignored.around(parent, || inner(parent), &mut last));
                let checked_out = context.as_ref().is_some_and(|context| context.in_work_tree());
                // Only where something depends on it: it costs a quarter of opening a file.
                let absolute = (roots.len() > 1 || checked_out).then(|| inner(entry.path()));
                if let Some(absolute) = &absolute
                    && roots.len() > 1
                    && roots.contains(absolute)
                {
                    // A root of its own.
                    return WalkState::Skip;
                }
                if let Some(reason) = left_out(&entry, context.zip(absolute), request) {
                    sink(skipped(Skip::new(shown(entry.path()), reason)));
                    return WalkState::Skip;
                }
                if entry.file_type().is_some_and(|kind| kind.is_file()) {
                    act(entry.path(), !checked_out, &mut buffer);
                }
                WalkState::Continue
            })
        });
}

/// Why an entry is not looked at, if it is not. `git` says what is ignored around it, and where it
/// lies in full, if that is in a work tree.
fn left_out(
    entry: &DirEntry,
    git: Option<(Arc<Context>, PathBuf)>,
    request: &Request,
) -> Option<Reason> {
    let kind = entry.file_type();
    let is_directory = kind.is_some_and(|kind| kind.is_dir());
    if kind.is_some_and(|kind| kind.is_symlink()) {
        return Some(Reason::SymbolicLink);
    }
    if !is_directory && !kind.is_some_and(|kind| kind.is_file()) {
        return Some(Reason::SpecialFile);
    }
    if !request.exclude.is_empty() && super::excluded(request, &shown(entry.path())) {
        return Some(Reason::Excluded);
    }
    if !request.no_ignore && entry.file_name() == ".git" {
        return Some(Reason::GitDirectory);
    }
    let (context, absolute) = git?;
    context.is_ignored(&absolute, is_directory).then_some(Reason::GitIgnored)
}

/// Inspects one file. `judge_mode`: whether its mode says who may read it, which in a git work
/// tree it does not.
fn file(
    path: &Path,
    judge_mode: bool,
    buffer: &mut Buffer,
    request: &Request,
    sink: &(dyn Fn(Inspected) + Sync),
) {
    let name = shown(path);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(problem) => return sink(skipped(unopened(name, &problem))),
    };
    let mut inspected = inspect::file(&name, &mut file, buffer, Scope::of(request));
    if judge_mode && !inspected.facts.is_empty() {
        note_mode(&file, &mut inspected);
    }
    sink(inspected);
}

/// Says of every key in the file whether everybody may read it.
fn note_mode(file: &File, inspected: &mut Inspected) {
    #[cfg(unix)]
    if let Ok(metadata) = file.metadata() {
        use std::os::unix::fs::PermissionsExt;
        let open = metadata.permissions().mode() & 0o004 != 0;
        for fact in inspected.facts.iter_mut().filter(|fact| fact.kind == Kind::Material) {
            fact.fields.insert(Field::WorldReadable, open.into());
        }
    }
    #[cfg(not(unix))]
    let _ = (file, inspected);
}

fn unopened(name: String, problem: &io::Error) -> Skip {
    let reason = match problem.kind() {
        io::ErrorKind::NotFound => Reason::Vanished,
        _ => Reason::Unreadable,
    };
    Skip::new(name, reason).detail(problem)
}

/// A directory that could not be listed. Its path is somewhere inside the walker's error.
fn unlisted(root: &Path, problem: &ignore::Error) -> Skip {
    let mut path = root;
    let mut inner = problem;
    loop {
        inner = match inner {
            ignore::Error::WithPath { path: at, err } => {
                path = at;
                err
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => err,
            _ => break,
        };
    }
    match problem.io_error() {
        Some(problem) => unopened(shown(path), problem),
        None => Skip::new(shown(path), Reason::Unreadable).detail(inner),
    }
}

fn skipped(skip: Skip) -> Inspected {
    Inspected { ledger: Ledger { skips: vec![skip], ..Ledger::default() }, ..Inspected::default() }
}
