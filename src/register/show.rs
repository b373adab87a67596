//! A difference between registers, in the words that a custodian uses, as JSON and as Markdown.

use std::io::{self, Write};

use super::{Change, Diff, Difference, name::is_vague};
use crate::report::{clean, code, count_of, escaped, write_pretty};

/// One form in which a difference is shown.
pub struct DiffRow {
    pub name: &'static str,
    /// One sentence for `--help`.
    pub about: &'static str,
    pub render: fn(&Diff, &mut dyn Write) -> io::Result<()>,
}

/// Every form, by name.
pub const DIFF_TABLE: &[DiffRow] = &[
    DiffRow { name: "json", about: "For machines", render: json },
    DiffRow { name: "markdown", about: "A table for a pull request", render: markdown },
    DiffRow {
        name: "sarif",
        about: "SARIF 2.1.0 with the baseline state of each change",
        render: super::sarif::render,
    },
    DiffRow { name: "text", about: "Sentences for people", render: text },
];

/// Files of one change that are named; the others are counted.
const PLACES: usize = 3;

/// Bytes of a table: a comment on GitHub has room for 65,536 characters.
const COMMENT: usize = 60_000;

fn json(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    write_pretty(diff, out)
}

fn text(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    if diff.is_empty() {
        writeln!(out, "No key has changed.")?;
    }
    for change in &diff.changes {
        writeln!(out, "{}: {}", title(change.change), clean(&sentence(change)))?;
        for place in change.places.iter().take(PLACES) {
            writeln!(out, "  in {}", clean(place))?;
        }
        if let Some(more) = more(change) {
            writeln!(out, "  {more}")?;
        }
        writeln!(out, "  {}", clean(&which(change)))?;
    }
    if !diff.is_empty() {
        writeln!(out, "\n{}", totals(diff))?;
    }
    for caution in cautions(diff) {
        writeln!(out, "{caution}")?;
    }
    Ok(())
}

fn markdown(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Key register\n")?;
    if diff.is_empty() {
        writeln!(out, "No key has changed.")?;
    } else {
        writeln!(out, "**{}**\n", escaped(&totals(diff)))?;
        writeln!(out, "| Change | What happened | Where | Key |\n|---|---|---|---|")?;
        let mut room = COMMENT;
        for (number, change) in diff.changes.iter().enumerate() {
            let mut places: Vec<String> =
                change.places.iter().take(PLACES).map(|place| code(place)).collect();
            places.extend(more(change));
            let row = format!(
                "| {} | {} | {} | {} |",
                title(change.change),
                escaped(&sentence(change)),
                places.join("<br>"),
                code(&which_short(change))
            );
            let Some(rest) = room.checked_sub(row.len()) else {
                let left = diff.changes.len().saturating_sub(number);
                let left = count_of(left as u64, "less grave change");
                writeln!(out, "\n{left} had no room here; `--format json` has them all.")?;
                break;
            };
            room = rest;
            writeln!(out, "{row}")?;
        }
    }
    for caution in cautions(diff) {
        writeln!(out, "\n> {}", escaped(caution))?;
    }
    Ok(())
}

fn more(change: &Difference) -> Option<String> {
    let more = change.places.len().checked_sub(PLACES).filter(|more| *more > 0)?;
    Some(format!("and {}", count_of(more as u64, "more file")))
}

/// Which key it was and which it is.
pub(super) fn which(change: &Difference) -> String {
    between(change.before.as_deref(), change.after.as_deref(), &change.key)
}

fn which_short(change: &Difference) -> String {
    let (before, after) = (change.before.as_deref().map(short), change.after.as_deref().map(short));
    between(before.as_deref(), after.as_deref(), &short(&change.key))
}

fn between(before: Option<&str>, after: Option<&str>, key: &str) -> String {
    match (before, after) {
        (Some(before), Some(after)) if before == after => before.to_owned(),
        (Some(before), Some(after)) => format!("{before} -> {after}"),
        (Some(before), None) => format!("{before} (before)"),
        (None, Some(after)) => format!("{after} (after)"),
        (None, None) => key.to_owned(),
    }
}

/// `3 changes: 1 newly in plain text, 2 added`.
fn totals(diff: &Diff) -> String {
    let parts: Vec<String> = Change::ALL
        .into_iter()
        .filter_map(|change| {
            let count = diff.changes.iter().filter(|other| other.change == change).count();
            (count > 0).then(|| format!("{count} {}", title(change)))
        })
        .collect();
    format!("{}: {}", count_of(diff.changes.len() as u64, "change"), parts.join(", "))
}

pub(super) fn cautions(diff: &Diff) -> impl Iterator<Item = &'static str> {
    let old = (!diff.old_complete).then_some(
        "The earlier scan did not examine everything: what is added may have been there before.",
    );
    let new = (!diff.new_complete).then_some(
        "The later scan did not examine everything: what it did not see may still be there.",
    );
    old.into_iter().chain(new)
}

pub(super) const fn title(change: Change) -> &'static str {
    match change {
        Change::NewlyPlaintext => "newly in plain text",
        Change::MaterialChanged => "other key",
        Change::ProtectionWeakened => "protection weakened",
        Change::StrengthLowered => "strength lowered",
        Change::Added => "added",
        Change::NewPlace => "new place",
        Change::Removed => "removed",
        Change::PlaceGone => "place gone",
        Change::Substituted => "key substituted",
        Change::Unregistered => "not registered",
        Change::IllegalTransition => "state not possible",
        Change::DuplicateMaterial => "one key for several",
        Change::AliasRepointed => "alias repointed",
        Change::ReferenceChanged => "another key is named",
        Change::KekWeaker => "wrapped by a weaker key",
        Change::WrappingBroken => "wrapping broken",
        Change::ParentChanged => "wrapped by another key",
        Change::AccessWidened => "access widened",
        Change::UseWidened => "use widened",
        Change::Overdue => "overdue",
        Change::TermExtended => "term extended",
        Change::Rotated => "rotated",
        Change::Retired => "retired",
        Change::StateChanged => "state changed",
        Change::ExceptionChanged => "exception changed",
        Change::PeopleChanged => "people changed",
        Change::Restated => "restated",
        Change::Unknown => "unknown",
    }
}

/// What happened, without the places.
pub(super) fn sentence(change: &Difference) -> String {
    let what = &change.what;
    if let Some(attribute) = &change.attribute {
        return of_entry(change, attribute);
    }
    let was = change.was.as_deref().map_or("unknown", state);
    let now = change.now.as_deref().map_or("unknown", state);
    match change.change {
        Change::NewlyPlaintext => {
            format!("{} {what} lies in plain text, where it was {was}.", article(what))
        }
        Change::MaterialChanged => replaced(change),
        Change::ProtectionWeakened => {
            format!("{} {what} is less protected: {now}, where it was {was}.", article(what))
        }
        Change::StrengthLowered => {
            format!("{} {what} has a strength of {now}, where it was {was}.", article(what))
        }
        Change::Added => format!("{} {what} is new, and is {now}.", article(what)),
        Change::NewPlace => format!("{} {what} is in another place too, {now}.", article(what)),
        Change::Unregistered => {
            format!("{} {what} is {now}, and the register does not know it.", article(what))
        }
        Change::Retired => format!("{what}: {was}, and taken out of the register."),
        Change::Rotated => format!("{what}: replaced by its successor, which is {now}."),
        Change::Overdue => format!("{what}: {now}."),
        Change::DuplicateMaterial => format!("One key is in the register as {now}."),
        Change::Substituted
        | Change::IllegalTransition
        | Change::AliasRepointed
        | Change::ReferenceChanged
        | Change::KekWeaker
        | Change::WrappingBroken
        | Change::ParentChanged
        | Change::AccessWidened
        | Change::UseWidened
        | Change::TermExtended
        | Change::StateChanged
        | Change::ExceptionChanged
        | Change::PeopleChanged
        | Change::Restated => of_entry(change, "entry"),
        Change::Removed => {
            format!("{} {what}, which was {was}, is no longer there.", article(what))
        }
        Change::PlaceGone => {
            format!("{} {what} is no longer in a place where it was {was}.", article(what))
        }
        Change::Unknown => format!(
            "{} {what}, which was {was}, was not seen, and not everything was examined.",
            article(what)
        ),
    }
}

/// What an entry of the approved register says otherwise.
fn of_entry(change: &Difference, attribute: &str) -> String {
    let what = &change.what;
    let was = change.was.as_deref().map_or("nothing", short_state);
    let now = change.now.as_deref().map_or("nothing", short_state);
    match change.change {
        Change::NewPlace if attribute == "references" => match &change.was {
            Some(was) => format!("{what}: named in another place too, {now}; it was in {was}."),
            None => format!("{what}: a key that was named nowhere is named in {now}."),
        },
        Change::PlaceGone if attribute == "references" => {
            format!("{what}: no longer named in {was}.")
        }
        Change::ReferenceChanged => {
            format!("{what}: names another key, {}, where it named {}.", last(now), last(was))
        }
        Change::UseWidened if attribute == "environments" && !change.places.is_empty() => {
            format!("{what}: approved for {was}, and used in {now}.")
        }
        Change::Unregistered => {
            format!("{what}: named here, and the register does not approve {now}.")
        }
        Change::Substituted => format!(
            "{what}: the same entry and version, and another key. Its fingerprint was {}, and is {}.",
            short(was),
            short(now)
        ),
        Change::Rotated if attribute == "fingerprint" => {
            format!("{what}: a new version, with a new key.")
        }
        Change::Rotated if attribute == "replaces" => {
            format!("{what}: takes the place of a key that was {was}, and is {now}.")
        }
        Change::IllegalTransition => {
            format!("{what}: was {was}, from which no key becomes {now} (NIST SP 800-57).")
        }
        Change::AliasRepointed => {
            let alias = now.split_once(" -> ").map_or(now, |(alias, _)| alias);
            let (now, was) = (last(now), last(was));
            format!("{what}: {alias} stands for {now}, where it stood for {was}.")
        }
        Change::WrappingBroken => format!("{what}: the key that wraps it is not in order: {now}."),
        Change::DuplicateMaterial => format!("{what}: one key in {now}."),
        Change::NewlyPlaintext if change.was.is_none() && attribute == "storage_form" => {
            format!("{what}: a key that is kept in plain text.")
        }
        Change::KekWeaker => format!("{what}: the key that wraps it is weaker: {now}."),
        Change::PlaceGone => format!("{what}: not where the register says that it lies."),
        Change::Unknown => format!("{what}: was not seen, and not everything was examined."),
        _ if change.was.is_none() => format!("{what}: {attribute} has {now} now."),
        _ => format!("{what}: {attribute} was {was}, and is {now}."),
    }
}

/// What stands after the arrow.
fn last(text: &str) -> &str {
    text.rsplit_once(" -> ").map_or(text, |(_, target)| target)
}

fn short_state(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

fn replaced(change: &Difference) -> String {
    let what = &change.what;
    let (was, now) = (change.was.as_deref(), change.now.as_deref());
    let (was, now) = (was.unwrap_or_default(), now.unwrap_or_default());
    if is_vague(was) || is_vague(now) {
        return format!(
            "The bytes of {} {what} have changed. Whether the key has cannot be told, because it \
             is sealed or has no identity. It was {}.",
            article(what).to_lowercase(),
            short(was)
        );
    }
    // The entry of the register, where it knows the key that was there.
    let known = change.before.as_deref().and_then(|before| before.split_once(" ("));
    format!(
        "Another key is in the place of {}: {} {what}.",
        known.map_or(short(was), |(entry, _)| entry.to_owned()),
        article(what).to_lowercase()
    )
}

/// Names of algorithms are mostly spelt out: an RSA key, an ML-KEM key.
fn article(what: &str) -> &'static str {
    let spelt = ['A', 'E', 'H', 'M', 'R', 'X', 'e'];
    if what.starts_with(spelt) || what.starts_with("SLH") { "An" } else { "A" }
}

/// Words for a label.
fn state(label: &str) -> &str {
    match label {
        "plaintext" => "in plain text",
        "component" => "a key component",
        "share" => "a key share",
        "stub" => "a placeholder",
        "unparsed" => "unreadable",
        other => other,
    }
}

/// An id by its kind and its first digits.
fn short(id: &str) -> String {
    match id.split_once(":") {
        Some((kind, digest)) if kind.ends_with("sha256") && digest.len() > 16 => {
            let end = if digest.ends_with(')') { ")" } else { "" };
            format!("{kind}:{}…{end}", digest.chars().take(16).collect::<String>())
        }
        _ => id.to_owned(),
    }
}
