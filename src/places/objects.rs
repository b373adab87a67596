//! Objects of a git repository, streamed through the `git` that is installed: it knows every
//! repository format and every setting of its user.

use std::{
    ffi::OsStr,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::error::Error;

/// Takes one object: see [`stream`].
type Each<'a> = &'a mut dyn FnMut(usize, Option<&str>, &mut dyn Read);

/// `git` in the repository at `path`, held back from running what the repository's own
/// configuration names (a file system monitor, a signature checker) and from fetching what a
/// partial clone lacks: a repository that is scanned is not trusted, and nothing here uses the
/// network.
pub(super) fn git(path: Option<&Path>) -> Command {
    let mut git = Command::new("git");
    git.args(path.into_iter().flat_map(|path| [OsStr::new("-C"), path.as_os_str()]));
    git.args(["-c", "core.fsmonitor=false", "-c", "log.showSignature=false"]);
    git.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "").env("GIT_OPTIONAL_LOCKS", "0");
    git.env("GIT_NO_REPLACE_OBJECTS", "1");
    git
}

/// What `git` prints.
pub(super) fn run<S: AsRef<OsStr>>(path: Option<&Path>, arguments: &[S]) -> Result<Vec<u8>, Error> {
    let output = git(path).args(arguments).output();
    let name = arguments
        .iter()
        .map(|argument| argument.as_ref().to_string_lossy())
        .find(|argument| !argument.starts_with('-') && !argument.contains('='))
        .unwrap_or_default()
        .into_owned();
    let output = output.map_err(|problem| {
        failed(&name, &format!("{problem} (--staged, --since and --history need git on the PATH)"))
    })?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        let problem = String::from_utf8_lossy(&output.stderr);
        let problem = problem.lines().next().unwrap_or("failed");
        Err(failed(&name, &crate::fact::printable(problem, 300)))
    }
}

/// Times that git is started anew after an object at which it gave up.
const STARTS: usize = 1000;

/// Streams objects in the order of `ids`: `each` gets the place in `ids`, the kind (`blob`,
/// `commit`, `tag` or `tree`; `None` where git does not have the object, or not to its end), and the
/// content, of which it may leave a rest.
pub(super) fn stream(path: Option<&Path>, ids: &[&str], each: Each<'_>) -> Result<(), Error> {
    let mut from = 0;
    for _ in 0..STARTS {
        let Some(rest) = ids.get(from..).filter(|rest| !rest.is_empty()) else { return Ok(()) };
        let Some(answered) = stream_some(path, rest, from, each)? else { return Ok(()) };
        // What git gives up at is damaged.
        from += answered;
        each(from, None, &mut io::empty());
        from += 1;
    }
    (from..ids.len()).for_each(|place| each(place, None, &mut io::empty()));
    Ok(())
}

/// The same, until git gives up: then at which of `ids`. The first of them is at place `from`.
fn stream_some(
    path: Option<&Path>,
    ids: &[&str],
    from: usize,
    each: Each<'_>,
) -> Result<Option<usize>, Error> {
    let failure = |problem: io::Error| failed("cat-file --batch", &problem.to_string());
    let mut git = git(path)
        .args(["cat-file", "--batch", "--buffer"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // What it cannot read is said in the ledger.
        .stderr(Stdio::null())
        .spawn()
        .map_err(failure)?;
    let (Some(questions), Some(answers)) = (git.stdin.take(), git.stdout.take()) else {
        return Err(failed("cat-file --batch", "gave no pipes"));
    };
    let answered = std::thread::scope(|scope| {
        // On a thread of its own: the pipes may fill up on both sides.
        scope.spawn(move || {
            let mut questions = BufWriter::new(questions);
            // Where git gives up it asks no more, and that is seen in the answers.
            let _given_up = ids
                .iter()
                .try_for_each(|id| writeln!(questions, "{id}"))
                .and_then(|()| questions.flush());
        });
        answer(BufReader::with_capacity(1 << 16, answers), ids.len(), from, each)
    });
    git.wait().map_err(failure)?;
    Ok((answered < ids.len()).then_some(answered))
}

/// How many were answered, to their ends.
fn answer(mut answers: impl BufRead, count: usize, from: usize, each: Each<'_>) -> usize {
    let mut line = String::new();
    for place in 0..count {
        line.clear();
        if answers.read_line(&mut line).unwrap_or(0) == 0 {
            return place;
        }
        // `ID KIND SIZE`, or `ID missing`.
        let mut words = line.trim_end().split(' ').skip(1);
        let header = words.next().zip(words.next().and_then(|size| size.parse().ok()));
        let Some((kind, size)) = header else {
            each(from + place, None, &mut io::empty());
            continue;
        };
        let mut content = answers.by_ref().take(size);
        each(from + place, Some(kind), &mut content);
        let passed = io::copy(&mut content, &mut io::sink());
        let is_whole = passed.is_ok() && content.limit() == 0;
        if !is_whole || answers.read_exact(&mut [0]).is_err() {
            return place;
        }
    }
    count
}

pub(super) fn failed(command: &str, problem: &str) -> Error {
    Error::Git { command: command.into(), problem: problem.into() }
}

pub(super) fn to_path(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(OsStr::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
