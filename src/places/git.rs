//! Blobs of a git repository, through the `git` that is installed: it knows every repository
//! format and every setting of its user.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Request, excluded, shown};
use crate::{
    error::Error,
    inspect::{self, Buffer, Inspected},
    layers::Scope,
    ledger::{Ledger, Reason, Skip},
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
    read(changed(&["diff", "--cached"], paths)?, request, sink)
}

/// Everything that the commits after the merge base of `revision` and `HEAD` brought, also what a
/// later one of them took away again: it stays in the history.
pub(super) fn since(
    revision: &str,
    paths: &[PathBuf],
    request: &Request,
    sink: &(dyn Fn(Inspected) + Sync),
) -> Result<(), Error> {
    if revision.starts_with('-') {
        return Err(Error::Usage(format!("`{revision}` is not a revision")));
    }
    let base = run(&["merge-base", revision, "HEAD"]).map_err(|error| match error {
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
    let mut blobs = changed(&["log", "--format=", "--diff-merges=off", &range], paths)?;
    // What merges themselves brought.
    blobs.extend(changed(&["diff", &base, "HEAD"], paths)?);
    read(blobs, request, sink)
}

/// `git`, held back from running what the repository's own configuration names (a file system
/// monitor, a signature checker) and from fetching what a partial clone lacks: a repository that
/// is scanned is not trusted, and nothing here uses the network.
fn git() -> Command {
    let mut git = Command::new("git");
    git.args(["-c", "core.fsmonitor=false", "-c", "log.showSignature=false"]);
    git.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "").env("GIT_OPTIONAL_LOCKS", "0");
    git
}

/// Files that match an ignore pattern and are tracked all the same. Empty where git cannot say.
pub(super) fn tracked_and_ignored(root: &Path) -> Vec<PathBuf> {
    let mut git = git();
    git.arg("-C").arg(root).args(["ls-files", "-z", "-c", "-i", "--exclude-standard"]);
    let Ok(output) = git.stderr(Stdio::null()).output() else { return Vec::new() };
    output.stdout.split(|&byte| byte == 0).filter(|p| !p.is_empty()).map(to_path).collect()
}

/// The new sides of what `git diff` or `git log` says has changed.
fn changed(command: &[&str], paths: &[PathBuf]) -> Result<BTreeSet<Blob>, Error> {
    let mut arguments: Vec<&OsStr> = vec!["-c".as_ref(), "core.quotePath=false".as_ref()];
    let (name, rest) = command.split_first().unwrap_or((&"diff", &[]));
    arguments.push(name.as_ref());
    let options =
        ["--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--diff-filter=d"];
    arguments.extend(options.iter().map(|option| OsStr::new(*option)));
    arguments.extend(rest.iter().map(|argument| OsStr::new(*argument)));
    arguments.push("--".as_ref());
    arguments.extend(paths.iter().map(|path| path.as_os_str()));
    let output = run(&arguments)?;

    // `:OLD-MODE NEW-MODE OLD-ID NEW-ID STATUS` NUL `PATH` NUL
    let mut blobs = BTreeSet::new();
    let mut records = output.split(|&byte| byte == 0);
    while let (Some(change), Some(path)) = (records.next(), records.next()) {
        let change = String::from_utf8_lossy(change);
        let mut words = change.trim_start().trim_start_matches(':').split(' ');
        let (mode, id) = (words.nth(1), words.nth(1));
        if let (Some(mode), Some(id)) = (mode, id) {
            blobs.insert(Blob { path: to_path(path), id: id.into(), mode: mode.into() });
        }
    }
    Ok(blobs)
}

/// Inspects the content of blobs, on several threads when there are many.
fn read(
    blobs: BTreeSet<Blob>,
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
        sink(Inspected { facts: Vec::new(), ledger: Ledger { skips, ..Ledger::default() } });
    }
    // A process of its own pays from some dozens of blobs on.
    let threads = request.threads.min(wanted.len().div_ceil(64)).max(1);
    let share = wanted.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = wanted
            .chunks(share)
            .map(|blobs| scope.spawn(move || read_with_one_process(blobs, request, sink)))
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|_| Err(failed("cat-file", "the reader stopped early")))
        })
    })
}

fn read_with_one_process(
    blobs: &[Blob],
    request: &Request,
    sink: &(dyn Fn(Inspected) + Sync),
) -> Result<(), Error> {
    let failure = |problem: std::io::Error| failed("cat-file --batch", &problem.to_string());
    let mut git = git()
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failure)?;
    let (Some(mut input), Some(output)) = (git.stdin.take(), git.stdout.take()) else {
        return Err(failed("cat-file --batch", "gave no pipes"));
    };
    let mut output = BufReader::new(output);
    let mut buffer = Buffer::new();
    for blob in blobs {
        // One question, one answer: nothing can fill up on both sides.
        writeln!(input, "{}", blob.id).and_then(|()| input.flush()).map_err(failure)?;
        let mut header = String::new();
        output.read_line(&mut header).map_err(failure)?;
        let path = shown(&blob.path);
        let size = header.trim().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok());
        let Some(size) = size.filter(|_| header.contains(" blob ")) else {
            let skip = Skip::new(path, Reason::Unreadable)
                .detail("git does not have this blob (a shallow or partial clone?)");
            sink(Inspected {
                facts: Vec::new(),
                ledger: Ledger { skips: vec![skip], ..Ledger::default() },
            });
            continue;
        };
        let mut content = output.by_ref().take(size);
        let inspected = inspect::reader(&path, &mut content, &mut buffer, Scope::of(request));
        std::io::copy(&mut content, &mut std::io::sink()).map_err(failure)?;
        sink(inspected);
        let mut newline = [0];
        output.read_exact(&mut newline).map_err(failure)?;
    }
    drop(input);
    git.wait().map_err(failure)?;
    Ok(())
}

fn run<S: AsRef<OsStr>>(arguments: &[S]) -> Result<Vec<u8>, Error> {
    let output = git().args(arguments).output();
    let name = arguments
        .iter()
        .map(|argument| argument.as_ref().to_string_lossy())
        .find(|argument| !argument.starts_with('-') && !argument.contains('='))
        .unwrap_or_default()
        .into_owned();
    let output = output.map_err(|problem| {
        failed(&name, &format!("{problem} (--staged and --since need git on the PATH)"))
    })?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        let problem = String::from_utf8_lossy(&output.stderr);
        let problem = problem.lines().next().unwrap_or("failed");
        Err(failed(&name, &crate::fact::printable(problem, 300)))
    }
}

fn failed(command: &str, problem: &str) -> Error {
    Error::Git { command: command.into(), problem: problem.into() }
}

fn to_path(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(OsStr::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
