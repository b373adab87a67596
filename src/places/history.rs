//! The history of a git repository: every version of every file once, and what commits and tags
//! say. Objects are read in the order in which they lie in their packs; which commit brought one
//! is asked only for those with something to report.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
    path::Path,
    sync::{Mutex, PoisonError},
};

use zeroize::Zeroizing;

use super::{Request, bundles, excluded, files, objects, packs, shown};
use crate::{
    budget,
    error::Error,
    fact::{Commit, Fact, Value},
    feed::Buffer,
    inspect::{self, Inspected},
    layers::Scope,
    ledger::{Ledger, Reason, Skip},
    settings,
};

/// Objects that one process reads at a time: neither its start nor the wait for the last one shows.
const SHARE: usize = 4096;

/// An object that is not reached, or whose path nothing says, is shown under this name and its id.
const NAMELESS: &str = ".git/objects";

/// What one thread reads at a time.
enum Work<'p> {
    Pack(packs::Share<'p>),
    Git(&'p [String]),
}

/// Inspects the history of the repository or bundle at `path`.
pub(super) fn visit(
    path: &Path,
    all_objects: bool,
    request: &Request,
    sink: &(dyn Fn(Inspected) + Sync),
) -> Result<(), Error> {
    let name = if path == Path::new(".") { String::new() } else { shown(path) };
    if !files::is_file(path) {
        return repository(path, &name, all_objects, request, sink);
    }
    let unpacked = bundles::unpacked(path)?;
    repository(unpacked.path(), &name, all_objects, request, sink)
}

fn repository(
    path: &Path,
    name: &str,
    all_objects: bool,
    request: &Request,
    sink: &(dyn Fn(Inspected) + Sync),
) -> Result<(), Error> {
    let ids = objects_in_pack_order(path).map_err(bundles::no_repository)?;
    request.progress.expect_inputs(ids.len());
    let (packs, loose) = packs::of(path, ids);
    let shares = packs::shares(&packs, request.threads).map(Work::Pack);
    let next = Mutex::new(shares.chain(loose.chunks(SHARE).map(Work::Git)));
    // What is worth a name.
    let noted: Mutex<BTreeMap<String, Inspected>> = Mutex::default();
    let note = |id: &str, inspected: Inspected| {
        if inspected.facts.is_empty() && inspected.ledger.skips.is_empty() {
            return sink(inspected);
        }
        let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
        let of_id = noted.entry(id.to_owned()).or_default();
        of_id.facts.extend(inspected.facts);
        of_id.ledger.merge(inspected.ledger);
    };
    let work = || -> Result<(), Error> {
        let buffer = &mut Buffer::new();
        loop {
            let work = next.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(work) = work.filter(|_| !request.is_stopped()) else { return Ok(()) };
            let mut look = |id: &str, content: &mut dyn Read| {
                note(id, inspect::reader(id, content, buffer, Scope::of(request)));
            };
            let left = match work {
                Work::Pack(share) => share.read(request, &mut look),
                Work::Git(ids) => ids.iter().cloned().map(packs::Left::of).collect(),
            };
            let ids: Vec<&str> = left.iter().map(|left| left.id.as_str()).collect();
            objects::stream(Some(path), &ids, &mut |place, kind, content| {
                let Some(left) = left.get(place) else { return };
                match kind {
                    _ if request.is_stopped() => {}
                    Some("tree") => {}
                    Some(_) => look(&left.id, content),
                    None => {
                        if !left.rest.is_empty() {
                            look(&left.id, &mut left.rest.as_slice());
                        }
                        note(&left.id, not_there(&left.id));
                    }
                }
            })?;
        }
    };
    let outcome = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..request.threads.max(1)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|_| Err(objects::failed("cat-file", "a reader stopped")))
        })
    });
    if request.is_stopped() {
        let name = if name.is_empty() { "." } else { name };
        let detail = "what was not reached by then is not listed";
        let skip = Skip::new(name, Reason::Interrupted).detail(detail).partly();
        sink(Inspected { ledger: Ledger::of(skip), ..Inspected::default() });
    } else {
        outcome?;
        configuration(path, all_objects, request, &note)?;
        for module in submodules(path, all_objects) {
            let skip = Skip::new(join(name, &module), Reason::Submodule);
            sink(Inspected { ledger: Ledger::of(skip), ..Inspected::default() });
        }
    }
    let noted = noted.into_inner().unwrap_or_else(PoisonError::into_inner);
    if noted.is_empty() {
        return Ok(());
    }
    let origins = origins(path, all_objects, noted.keys().cloned().collect());
    // Of a damaged repository it is not known what is reached.
    let is_all = all_objects || origins.is_err();
    let origins = origins.unwrap_or_else(|problem| {
        let name = if name.is_empty() { "." } else { name };
        let skip = Skip::new(name, Reason::Damaged).detail(problem).partly();
        sink(Inspected { ledger: Ledger::of(skip), ..Inspected::default() });
        BTreeMap::new()
    });
    for (id, inspected) in noted {
        match origins.get(&id) {
            Some(origin) => {
                let path = join(name, &origin.path);
                if excluded(request, &path) {
                    sink(left_out(inspected, path, Reason::Excluded));
                } else {
                    sink(named(inspected, &id, &path, origin.commit.as_ref()));
                }
            }
            None => {
                let path = join(name, &format!("{NAMELESS}/{id}"));
                if is_all {
                    sink(named(inspected, &id, &path, None));
                } else {
                    sink(left_out(inspected, path, Reason::Unreachable));
                }
            }
        }
    }
    Ok(())
}

/// Ids of all blobs, commits and tags, each once, as they lie in their packs: so read, every chain of
/// deltas is unpacked once. Trees are among them where `git` cannot tell.
fn objects_in_pack_order(path: &Path) -> Result<Vec<String>, Error> {
    let list = |format| {
        let all = ["cat-file", format, "--batch-all-objects", "--unordered", "--buffer"];
        objects::run(Some(path), &all)
    };
    let output = list("--batch-check=%(objectname) %(objecttype)")
        .or_else(|_| list("--batch-check=%(objectname)"))?;
    let lines = output.split(|&byte| byte == b'\n');
    let ids = lines.filter_map(|line| {
        let mut words = std::str::from_utf8(line).ok()?.split(' ');
        let id = words.next().filter(|id| !id.is_empty())?;
        (words.next() != Some("tree")).then(|| id.to_owned())
    });
    Ok(ids.collect())
}

/// Reads blobs that are told by their name and not by what they begin with, each by itself: which files
/// it once stood beside is not asked, and what it refers to is unknown.
fn configuration(
    path: &Path,
    all_objects: bool,
    request: &Request,
    note: &dyn Fn(&str, Inspected),
) -> Result<(), Error> {
    let names = names(path, all_objects);
    let ids: Vec<&str> = names.iter().map(|(id, _)| id.as_str()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let providers = request.providers();
    objects::stream(Some(path), &ids, &mut |place, kind, content| {
        let Some((id, name)) = names.get(place).filter(|_| kind == Some("blob")) else { return };
        let most = u64::try_from(budget::DOCUMENT).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Zeroizing::new(Vec::new());
        // What git cannot read was told before.
        if content.take(most).read_to_end(&mut bytes).is_err() {
            return;
        }
        let Some(front_end) = settings::front_end(name, &bytes) else { return };
        if settings::front_end(id, &bytes).is_some_and(|known| known.name == front_end.name) {
            return;
        }
        let mut read = settings::read(front_end, name, None, &bytes, providers);
        let more = settings::gather(read.document.take().into_iter().collect(), providers);
        let mut inspected = Inspected::default();
        inspected.facts.extend(read.facts.into_iter().chain(more.facts));
        inspected.ledger.skips.extend(read.skips.into_iter().chain(more.skips));
        inspected.ledger.undecided = read.undecided + more.undecided;
        note(id, named(inspected, name, id, None));
    })
}

/// Paths at which a commit had another repository. Only where a file says what these are: to go through all
/// changes takes as long as everything else.
fn submodules(path: &Path, all_objects: bool) -> BTreeSet<String> {
    let reflog = if all_objects { "--reflog" } else { "--all" };
    let has_some = ["log", "-1", "--all", reflog, "--format=%H", "--", ".gitmodules"];
    if objects::run(Some(path), &has_some).unwrap_or_default().is_empty() {
        return BTreeSet::new();
    }
    let mut changes = vec!["log", "--all", reflog, "--raw", "-z", "--no-abbrev", "--format="];
    changes.extend(["--no-renames", "--no-ext-diff", "--root", "--diff-filter=AT"]);
    let output = objects::run(Some(path), &changes).unwrap_or_default();
    let mut paths = BTreeSet::new();
    let mut records = output.split(|&byte| byte == 0);
    while let Some(record) = records.next() {
        let record = record.strip_prefix(b"\n").unwrap_or(record);
        if record.starts_with(b":")
            && let Some(file) = records.next()
            && record.split(|&byte| byte == b' ').nth(1) == Some(b"160000")
        {
            paths.insert(shown(&objects::to_path(file)));
        }
    }
    paths
}

/// Blobs of files that are configuration by their name, with a path of each; none where git cannot
/// say.
fn names(path: &Path, all_objects: bool) -> Vec<(String, String)> {
    let mut arguments = vec!["rev-list", "--objects", "--all"];
    if all_objects {
        arguments.push("--reflog");
    }
    let output = objects::run(Some(path), &arguments).unwrap_or_default();
    // `ID PATH`; commits and the outermost trees have no path.
    let lines = output.split(|&byte| byte == b'\n').filter_map(|line| {
        let at = line.iter().position(|&byte| byte == b' ')?;
        let (id, name) = line.split_at_checked(at)?;
        let name = shown(&objects::to_path(name.get(1..).filter(|name| !name.is_empty())?));
        settings::front_end(&name, &[])?;
        Some((std::str::from_utf8(id).ok()?.to_owned(), name))
    });
    lines.collect()
}

fn not_there(id: &str) -> Inspected {
    let skip = Skip::new(id, Reason::Unreadable).detail("git cannot read this object");
    Inspected { ledger: Ledger::of(skip), ..Inspected::default() }
}

/// Where an object comes from.
struct Origin {
    path: String,
    commit: Option<Commit>,
}

/// The first commit and path of each wanted object that a reference reaches.
fn origins(
    path: &Path,
    all_objects: bool,
    mut wanted: BTreeSet<String>,
) -> Result<BTreeMap<String, Origin>, Error> {
    let head = in_head(path);
    let mut origins = BTreeMap::new();
    for (id, name) in tags(path)? {
        if wanted.remove(&id) {
            origins.insert(id, Origin { path: format!("tag {name}"), commit: None });
        }
    }
    let mut arguments = vec!["log", "--reverse", "--all", "--raw", "-z", "--no-abbrev"];
    arguments.extend(["--no-renames", "--no-ext-diff", "--root"]);
    // No filter: it would leave out commits without a change. A deletion has no new side.
    // A merge brings what none of its parents had.
    arguments.extend(["--diff-merges=combined", "--format=%x01%H %aI"]);
    if all_objects {
        arguments.push("--reflog");
    }
    let output = objects::run(Some(path), &arguments)?;
    let mut commit = ("", "");
    let mut records = output.split(|&byte| byte == 0);
    while let Some(record) = records.next() {
        let record = record.strip_prefix(b"\n").unwrap_or(record);
        match record.first() {
            Some(1) => {
                let text =
                    std::str::from_utf8(record).unwrap_or_default().trim_start_matches('\u{1}');
                commit = text.trim().split_once(' ').unwrap_or_default();
                if wanted.remove(commit.0) {
                    let path = format!("commit {}", commit.0);
                    origins.insert(
                        commit.0.into(),
                        Origin { path, commit: Some(brought(commit, true)) },
                    );
                }
            }
            Some(b':') => {
                let Some(file) = records.next() else { break };
                let Some(id) = new_side(record) else { continue };
                if wanted.remove(id) {
                    let commit = brought(commit, head.contains(id));
                    let path = shown(&objects::to_path(file));
                    origins.insert(id.into(), Origin { path, commit: Some(commit) });
                }
            }
            _ => {}
        }
    }
    Ok(origins)
}

fn brought((id, date): (&str, &str), in_head: bool) -> Commit {
    Commit { id: id.into(), date: date.into(), in_head }
}

/// The id of the new version in `:MODE… MODE ID… ID STATUS`; a merge has one colon, mode and id
/// for each parent.
fn new_side(record: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(record).ok()?;
    let parents = text.bytes().take_while(|&byte| byte == b':').count();
    text.trim_start_matches(':').split(' ').nth(2 * parents + 1)
}

/// Annotated tags: id of the tag object, and name.
fn tags(path: &Path) -> Result<Vec<(String, String)>, Error> {
    let output = objects::run(
        Some(path),
        &["for-each-ref", "--format=%(objecttype) %(objectname) %(refname:short)"],
    )?;
    let text = String::from_utf8_lossy(&output);
    let tags = text.lines().filter_map(|line| line.strip_prefix("tag ")?.split_once(' '));
    Ok(tags.map(|(id, name)| (id.to_owned(), name.to_owned())).collect())
}

/// Ids of all blobs of `HEAD`; none where there is no `HEAD`.
fn in_head(path: &Path) -> BTreeSet<String> {
    let output = objects::run(Some(path), &["ls-tree", "-r", "-z", "--full-tree", "HEAD"]);
    let output = output.unwrap_or_default();
    let entries = output.split(|&byte| byte == 0);
    // `MODE TYPE ID` TAB `PATH`
    let ids = entries.filter_map(|entry| {
        std::str::from_utf8(entry.split(|&byte| byte == b'\t').next()?).ok()?.split(' ').nth(2)
    });
    ids.map(str::to_owned).collect()
}

fn join(name: &str, path: &str) -> String {
    if name.is_empty() { path.to_owned() } else { format!("{name}/{path}") }
}

/// Puts path and commit in the place of the id under which an object was inspected.
/// Calls by its path what was read under an id, in places and in the names of what it declares, so that
/// a key is the same one in all versions of a file.
fn named(mut inspected: Inspected, id: &str, path: &str, commit: Option<&Commit>) -> Inspected {
    let rename = |name: &mut String| {
        if let Some(rest) = name.strip_prefix(id) {
            *name = format!("{path}{rest}");
        }
    };
    let texts = inspected.facts.iter_mut().flat_map(|fact| fact.fields.values_mut());
    for value in texts {
        if let Value::Text(text) = value
            && let Some(rest) = text.strip_prefix(id).filter(|rest| rest.starts_with('#'))
        {
            *text = format!("{path}{rest}");
        }
    }
    for site in inspected.facts.iter_mut().flat_map(Fact::all_sites_mut) {
        rename(&mut site.path);
        site.file.iter_mut().for_each(rename);
        site.commit = commit.cloned();
    }
    inspected.ledger.skips.iter_mut().for_each(|skip| rename(&mut skip.path));
    inspected
}

/// An object that was not to be scanned, as it turned out.
fn left_out(inspected: Inspected, path: String, reason: Reason) -> Inspected {
    let skip = Skip::new(path, reason).bytes(inspected.ledger.scanned_bytes);
    Inspected { ledger: Ledger::of(skip), ..Inspected::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_side_of_a_change_and_of_a_merge() {
        assert_eq!(new_side(b":000000 100644 0000 abcd A"), Some("abcd"));
        assert_eq!(new_side(b"::100644 100644 100644 aaaa bbbb cccc MM"), Some("cccc"));
        assert_eq!(new_side(b":100644"), None);
    }
}
