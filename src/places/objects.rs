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

/// Streams objects in the order of `ids`: `each` gets the place in `ids`, the kind (`blob`,
/// `commit`, `tag` or `tree`; `None` where git does not have the object), and the content, of which
/// it may leave a rest.
pub(super) fn stream(path: Option<&Path>, ids: &[&str], each: Each<'_>) -> Result<(), Error> {
    let failure = |problem: io::Error| failed("cat-file --batch", &problem.to_string());
    let mut git = git(path)
        .args(["cat-file", "--batch", "--buffer"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failure)?;
    let (Some(questions), Some(answers)) = (git.stdin.take(), git.stdout.take()) else {
        return Err(failed("cat-file --batch", "gave no pipes"));
    };
    let done = std::thread::scope(|scope| {
        // On a thread of its own: the pipes may fill up on both sides.
        let asking = scope.spawn(move || {
            let mut questions = BufWriter::new(questions);
            ids.iter().try_for_each(|id| writeln!(questions, "{id}")).and(questions.flush())
        });
        let answered = answer(BufReader::with_capacity(1 << 16, answers), ids.len(), each);
        let asked = asking.join().unwrap_or_else(|_| Err(io::Error::other("stopped early")));
        answered.and(asked)
    });
    let status = git.wait().map_err(failure)?;
    done.map_err(failure)?;
    if status.success() { Ok(()) } else { Err(failed("cat-file --batch", "ended early")) }
}

fn answer(mut answers: impl BufRead, count: usize, each: Each<'_>) -> io::Result<()> {
    let mut line = String::new();
    for place in 0..count {
        line.clear();
        if answers.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // `ID KIND SIZE`, or `ID missing`.
        let mut words = line.trim_end().split(' ').skip(1);
        let header = words.next().zip(words.next().and_then(|size| size.parse().ok()));
        let Some((kind, size)) = header else {
            each(place, None, &mut io::empty());
            continue;
        };
        let mut content = answers.by_ref().take(size);
        each(place, Some(kind), &mut content);
        io::copy(&mut content, &mut io::sink())?;
        answers.read_exact(&mut [0])?;
    }
    Ok(())
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
