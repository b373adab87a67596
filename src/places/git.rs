//! Blobs that the index or the commits of a branch bring.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    io::Read,
    path::{Path, PathBuf},
    process::Stdio,
};

use super::{
    Request, excluded,
    objects::{self, failed, run, to_path},
    shown,
};
use crate::{
    budget,
    error::Error,
    fact::{Commit, Fact},
    feed::Buffer,
    inspect::{self, Inspected},
    layers::Scope,
    ledger::{Ledger, Reason, Skip},
    settings,
};

/// One version of a file. Ordered by path, as they are read.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Blob {
    path: PathBuf,
    id: String,
    mode: String,
}

/// The index as far as it differs from `HEAD`: what `git commit` would commit.
pub(super) fn staged(
    paths: &[PathBuf],
    request: &Request,
    sink: &(dyn Fn(Inspected) + Sync),
) -> Result<(), Error> {
    let blobs = changed(&["diff", "--cached"], paths)?;
    let index = ["ls-files", "--stage", "-z", "--full-name", "--", ":/"];
    let beside = beside(&blobs, &index)?;
    read(None, blobs, &Commits::new(), request, sink)?;
    read_beside(&beside, request, sink)
}

/// Most files that are read beside those that were asked for.
const BESIDE: usize = 10_000;

/// Files among those that `list` prints that others are read together with: modules of Terraform, charts.
fn beside(blobs: &BTreeSet<Blob>, list: &[&str]) -> Result<Vec<Blob>, Error> {
    let is_gathered = |blob: &Blob| settings::is_gathered(&shown(&blob.path));
    if !blobs.iter().any(is_gathered) {
        return Ok(Vec::new());
    }
    let output = run(None, list)?;
    // `MODE ID STAGE` TAB `PATH` NUL, or `MODE KIND ID` TAB `PATH` NUL
    let entries = output.split(|&byte| byte == 0).filter_map(|entry| {
        let tab = entry.iter().position(|&byte| byte == b'\t')?;
        let (head, path) = entry.split_at_checked(tab)?;
        let mut words = std::str::from_utf8(head).ok()?.split(' ');
        let mode = words.next()?.to_owned();
        let id = words.find(|word| *word != "blob")?.to_owned();
        Some(Blob { path: to_path(path.get(1..)?), id, mode })
    });
    let known: BTreeSet<&Path> = blobs.iter().map(|blob| blob.path.as_path()).collect();
    let is_file = |blob: &Blob| blob.mode.starts_with("100") && !known.contains(&*blob.path);
    Ok(entries.filter(|blob| is_file(blob) && is_gathered(blob)).collect())
}

/// Reads what others need to know, and nothing else of it.
fn read_beside(
    blobs: &[Blob],
    request: &Request,
    sink: &(dyn Fn(Inspected) + Sync),
) -> Result<(), Error> {
    let (blobs, rest) = blobs.split_at(blobs.len().min(BESIDE));
    let ids: Vec<&str> = blobs.iter().map(|blob| blob.id.as_str()).collect();
    let mut ledger = Ledger::default();
    if let Some(first) = rest.first() {
        let detail = format!("{} files beside those that were asked for, from here on", rest.len());
        ledger.skips.push(Skip::new(shown(&first.path), Reason::OverBudget).detail(detail));
    }
    let mut documents = Vec::new();
    objects::stream(None, &ids, &mut |place, kind, content| {
        let Some(blob) = blobs.get(place).filter(|_| kind == Some("blob")) else { return };
        let path = shown(&blob.path);
        let most = u64::try_from(budget::DOCUMENT).unwrap_or(u64::MAX);
        let mut bytes = zeroize::Zeroizing::new(Vec::new());
        match content.take(most.saturating_add(1)).read_to_end(&mut bytes) {
            Ok(read) if read <= budget::DOCUMENT => {
                documents.extend(settings::context(&path, &bytes, request.providers()));
            }
            // Half of a document may say something else than the whole.
            Ok(_) => ledger.skips.push(Skip::new(path, Reason::OverBudget)),
            Err(problem) => {
                ledger.skips.push(Skip::new(path, Reason::ReadFailed).detail(problem));
            }
        }
    })?;
    sink(Inspected { documents, ledger, ..Inspected::default() });
    Ok(())
}

/// Everything that the commits after the merge base of `revision` and `HEAD` brought, also what a
/// later one of them took away again: it stays in the history. That is looked at by itself, as what it
/// once was beside is not asked.
pub(super) fn since(
    revision: &str,
    paths: &[PathBuf],
    request: &Request,
    sink: &(dyn Fn(Inspected) + Sync),
) -> Result<(), Error> {
    if revision.starts_with('-') {
        return Err(Error::Usage(format!("`{revision}` is not a revision")));
    }
    let base = run(None, &["merge-base", revision, "HEAD"]).map_err(|error| match error {
        Error::Git { command, problem } => Error::Git {
            command,
            problem: format!(
                "{problem}\n`{revision}` must be a revision that shares history with HEAD; in a \
                 shallow clone fetch it first (in a GitHub workflow: fetch-depth: 0)"
            ),
        },
        other => other,
    })?;
    let base = String::from_utf8_lossy(&base).trim().to_owned();
    let range = format!("{base}..HEAD");
    // With what merges themselves brought.
    let blobs = changed(&["diff", &base, "HEAD"], paths)?;
    let log = raw(&["log", "--format=%x01%H %aI", "--diff-merges=off", &range], paths)?;
    let mut earlier = BTreeSet::new();
    let mut commits = Commits::new();
    for (blob, commit) in log.into_iter().filter(|(blob, _)| !blobs.contains(blob)) {
        // The first that brought it is the last that is told.
        commits.extend(commit.map(|commit| (blob.id.clone(), commit)));
        earlier.insert(blob);
    }
    let beside = beside(&blobs, &["ls-tree", "-r", "-z", "--full-tree", "HEAD"])?;
    read(None, blobs, &Commits::new(), request, sink)?;
    read_beside(&beside, request, sink)?;
    read(None, earlier, &commits, request, sink)
}

/// Commits that brought blobs which are looked at each by itself, by the id of the blob.
type Commits = BTreeMap<String, Commit>;

/// What one blob gives that `HEAD` does not have any more.
fn alone(mut inspected: Inspected, commit: &Commit, request: &Request) -> Inspected {
    let documents = std::mem::take(&mut inspected.documents);
    let read = settings::gather(documents, request.providers());
    inspected.facts.extend(read.facts);
    inspected.ledger.skips.extend(read.skips);
    inspected.ledger.undecided += read.undecided;
    for site in inspected.facts.iter_mut().flat_map(Fact::all_sites_mut) {
        site.commit = Some(commit.clone());
    }
    inspected
}

/// Every file of a tree, also in a bare repository. `tree` is what [`trees`] gave.
pub(super) fn tree(
    repository: &Path,
    tree: &str,
    request: &Request,
    sink: &(dyn Fn(Inspected) + Sync),
) -> Result<(), Error> {
    let arguments = ["ls-tree", "-r", "-z", "--full-tree", tree];
    let blobs = listed(&run(Some(repository), &arguments)?);
    read(Some(repository), blobs, &Commits::new(), request, sink)
}

/// `MODE KIND ID` TAB `PATH` NUL
fn listed(output: &[u8]) -> BTreeSet<Blob> {
    let records = output.split(|&byte| byte == 0);
    let blob = |record: &[u8]| {
        let tab = memchr::memchr(b'\t', record)?;
        let (words, path) = record.split_at_checked(tab)?;
        let words = String::from_utf8_lossy(words);
        let mut words = words.split(' ');
        let (mode, id) = (words.next()?, words.nth(1)?);
        Some(Blob { path: to_path(path.get(1..)?), id: id.into(), mode: mode.into() })
    };
    records.filter_map(blob).collect()
}

/// The trees of `OLD..NEW`, or of the merge base and `NEW` for `OLD...NEW`. A side that is left out
/// is `HEAD`.
pub(crate) fn trees(repository: &Path, range: &str) -> Result<(String, String), Error> {
    let (old, new, from_base) = match (range.split_once("..."), range.split_once("..")) {
        (Some((old, new)), _) => (old, new, true),
        (None, Some((old, new))) => (old, new, false),
        (None, None) => return Err(Error::Usage(format!("--rev {range}: say OLD..NEW"))),
    };
    let named = |revision: &str| {
        let revision = if revision.is_empty() { "HEAD" } else { revision };
        // An option or a range is no revision.
        if revision.starts_with(['-', '^']) || revision.contains("..") {
            return Err(Error::Usage(format!("--rev: `{revision}` is not a revision")));
        }
        Ok(revision.to_owned())
    };
    let (mut old, new) = (named(old)?, named(new)?);
    // Whether there is a repository is another question than whether it has the revision.
    run(Some(repository), &["rev-parse", "--git-dir"])?;
    if from_base {
        let base = run(Some(repository), &["merge-base", &old, &new])?;
        old = String::from_utf8_lossy(&base).trim().to_owned();
    }
    let tree = |revision: &str| {
        let name = format!("{revision}^{{tree}}");
        let id = run(Some(repository), &["rev-parse", "--verify", "--end-of-options", &name]);
        let id = id.map_err(|error| match error {
            Error::Git { command, .. } => Error::Git {
                command,
                problem: format!(
                    "`{revision}` is no revision of the repository at {} (in a shallow clone fetch \
                     it first; in a GitHub workflow: fetch-depth: 0)",
                    repository.display()
                ),
            },
            other => other,
        })?;
        Ok(String::from_utf8_lossy(&id).trim().to_owned())
    };
    Ok((tree(&old)?, tree(&new)?))
}

/// A file of a tree, if it is there.
pub(crate) fn file_of(repository: &Path, tree: &str, path: &str) -> Result<Option<Vec<u8>>, Error> {
    let path = path.trim_start_matches("./");
    let arguments = ["ls-tree", "-z", "--full-tree", tree, "--", path];
    let blobs = listed(&run(Some(repository), &arguments)?);
    let Some(blob) = blobs.iter().find(|blob| blob.mode.starts_with("100")) else {
        return Ok(None);
    };
    run(Some(repository), &["cat-file", "blob", &blob.id]).map(Some)
}

/// Files that match an ignore pattern and are tracked all the same. Empty where git cannot say.
pub(super) fn tracked_and_ignored(root: &Path) -> Vec<PathBuf> {
    let mut git = objects::git(Some(root));
    git.args(["ls-files", "-z", "-c", "-i", "--exclude-standard"]);
    let Ok(output) = git.stderr(Stdio::null()).output() else { return Vec::new() };
    output.stdout.split(|&byte| byte == 0).filter(|p| !p.is_empty()).map(to_path).collect()
}

/// The new sides of what `git diff` says has changed.
fn changed(command: &[&str], paths: &[PathBuf]) -> Result<BTreeSet<Blob>, Error> {
    Ok(raw(command, paths)?.into_iter().map(|(blob, _)| blob).collect())
}

/// The same of `git log` too, with the commit where its format is a byte 1, the id and the date.
fn raw(command: &[&str], paths: &[PathBuf]) -> Result<Vec<(Blob, Option<Commit>)>, Error> {
    let mut arguments: Vec<&OsStr> = vec!["-c".as_ref(), "core.quotePath=false".as_ref()];
    let (name, rest) = command.split_first().unwrap_or((&"diff", &[]));
    arguments.push(name.as_ref());
    let options =
        ["--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--diff-filter=d"];
    arguments.extend(options.iter().map(|option| OsStr::new(*option)));
    arguments.extend(rest.iter().map(|argument| OsStr::new(*argument)));
    arguments.push("--".as_ref());
    arguments.extend(paths.iter().map(|path| path.as_os_str()));
    let output = run(None, &arguments)?;

    // `:OLD-MODE NEW-MODE OLD-ID NEW-ID STATUS` NUL `PATH` NUL
    let mut blobs = Vec::new();
    let mut commit = None;
    let mut records = output.split(|&byte| byte == 0);
    while let Some(record) = records.next() {
        let change = String::from_utf8_lossy(record);
        let change = change.trim_start();
        if let Some(of) = change.strip_prefix('\u{1}') {
            let (id, date) = of.trim().split_once(' ').unwrap_or_default();
            commit = Some(Commit { id: id.into(), date: date.into(), in_head: false });
            continue;
        }
        let Some(change) = change.strip_prefix(':') else { continue };
        let Some(path) = records.next() else { break };
        let mut words = change.split(' ');
        let (mode, id) = (words.nth(1), words.nth(1));
        if let (Some(mode), Some(id)) = (mode, id) {
            let blob = Blob { path: to_path(path), id: id.into(), mode: mode.into() };
            blobs.push((blob, commit.clone()));
        }
    }
    Ok(blobs)
}

/// Inspects the content of blobs, on several threads when there are many.
fn read(
    repository: Option<&Path>,
    blobs: BTreeSet<Blob>,
    commits: &Commits,
    request: &Request,
    sink: &(dyn Fn(Inspected) + Sync),
) -> Result<(), Error> {
    let mut wanted = Vec::new();
    for blob in blobs {
        let reason = match blob.mode.as_str() {
            _ if excluded(request, &shown(&blob.path)) => Reason::Excluded,
            "120000" => Reason::SymbolicLink,
            "160000" => Reason::Submodule,
            _ => {
                wanted.push(blob);
                continue;
            }
        };
        let skips = vec![Skip::new(shown(&blob.path), reason)];
        sink(Inspected { ledger: Ledger { skips, ..Ledger::default() }, ..Inspected::default() });
    }
    // A process of its own pays from some dozens of blobs on.
    let threads = request.threads.min(wanted.len().div_ceil(64)).max(1);
    let share = wanted.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = wanted
            .chunks(share)
            .map(|blobs| {
                scope
                    .spawn(move || read_with_one_process(repository, blobs, commits, request, sink))
            })
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|_| Err(failed("cat-file", "the reader stopped early")))
        })
    })
}

fn read_with_one_process(
    repository: Option<&Path>,
    blobs: &[Blob],
    commits: &Commits,
    request: &Request,
    sink: &(dyn Fn(Inspected) + Sync),
) -> Result<(), Error> {
    let ids: Vec<&str> = blobs.iter().map(|blob| blob.id.as_str()).collect();
    let mut buffer = Buffer::new();
    objects::stream(repository, &ids, &mut |place, kind, content| {
        let Some(blob) = blobs.get(place) else { return };
        let path = shown(&blob.path);
        if kind == Some("blob") {
            let inspected = inspect::reader(&path, content, &mut buffer, Scope::of(request));
            return sink(match commits.get(&blob.id) {
                Some(commit) => alone(inspected, commit, request),
                None => inspected,
            });
        }
        let skip = Skip::new(path, Reason::Unreadable)
            .detail("git does not have this blob (a shallow or partial clone?)");
        let ledger = Ledger { skips: vec![skip], ..Ledger::default() };
        sink(Inspected { ledger, ..Inspected::default() });
    })
}
