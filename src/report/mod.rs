//! Back ends: how an outcome is shown. A reporter is a function of its [`Report`] alone, so that
//! the same input gives the same bytes, and sees masked excerpts, never source bytes.

use std::{collections::BTreeMap, io};

use crate::{
    fact::{self, Removal, Removed, Site},
    finding::{Outcome, Severity, Suppressor},
};

mod cwe;
pub mod facts;
mod github;
pub mod json;
mod markdown;
mod safe_json;
mod sarif;
mod sarif_notes;
mod sarif_rules;
mod terminal;
mod uri;

pub(crate) use markdown::{code, escaped};
pub(crate) use safe_json::{write_line, write_pretty};
pub(crate) use sarif_rules::HOME;

/// One form of report.
pub struct Row {
    pub name: &'static str,
    /// One sentence for `--help`.
    pub about: &'static str,
    pub render: fn(&Report<'_>, &mut dyn io::Write) -> io::Result<()>,
}

/// Every form, by name.
pub const TABLE: &[Row] =
    &[github::ROW, json::ROW, markdown::ROW, sarif::ROW, sarif::GITHUB_ROW, terminal::ROW];

/// The form with this name.
pub fn by_name(name: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.name == name)
}

/// What reporters say of a rule.
#[derive(Debug, Clone)]
pub struct RuleView<'a> {
    pub id: &'a str,
    pub title: &'a str,
    /// As the profile sets it. A finding may be more or less severe.
    pub severity: Severity,
    /// Why it matters, in Markdown.
    pub why: &'a str,
    /// What to do, in Markdown.
    pub fix: &'a str,
    /// `STANDARD-VERSION:REQUIREMENT`, such as `PCI-DSS-4.0.1:3.6.1.2`.
    pub requirements: Vec<String>,
    pub cwe: &'a [u32],
    pub references: &'a [String],
}

/// Who reads a SARIF file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum SarifProfile {
    /// Everything; suppressed findings carry their suppression.
    #[default]
    Full,
    /// GitHub code scanning, which ignores suppressions and would open an alert for each
    /// suppressed finding: they are left out.
    Github,
}

/// How to show it.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// Whether the terminal understands colour.
    pub colour: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Most characters of a Markdown report; GitHub cuts a comment at 65,536 of them and a job
    /// summary at 1 MiB.
    pub markdown_limit: usize,
    pub(crate) sarif_profile: SarifProfile,
    /// Category of the run: `automationDetails.id` in SARIF.
    pub automation_id: Option<&'a str>,
    /// Absolute path of the directory that reported paths are relative to. Absolute paths below it
    /// are shown relative to it.
    pub base: Option<&'a str>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            colour: false,
            width: 100,
            markdown_limit: 65_000,
            sarif_profile: SarifProfile::Full,
            automation_id: None,
            base: None,
        }
    }
}

/// Everything that a reporter may use.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    pub outcome: &'a Outcome,
    /// The rules that were applied, sorted by id.
    pub rules: Vec<RuleView<'a>>,
    pub tool_version: &'a str,
    pub options: Options<'a>,
}

impl<'a> Report<'a> {
    pub(crate) fn rule(&self, id: &str) -> Option<&RuleView<'a>> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}

/// `text` without anything that could drive a terminal or reorder what is read.
pub(crate) fn clean(text: &str) -> String {
    fact::printable(text, usize::MAX)
}

/// `path` as a URI, and whether that is relative to the directory in which keylint ran.
pub(crate) fn uri_of(path: &str) -> (String, bool) {
    let uri = uri::of(path, None);
    (uri.text, uri.relative)
}

/// `PATH:LINE:COLUMN`, with the decodings that lead to the fact, for people.
fn place(site: &Site) -> String {
    let place = format!("{}:{}:{}", clean(&site.path), site.line, site.column);
    match way(site) {
        Some(way) => format!("{place} ({way})"),
        None => place,
    }
}

/// The path of a site relative to where the report says paths are, with its chain of containers.
fn path_of(report: &Report<'_>, site: &Site) -> String {
    let inside = site.path.strip_prefix(site.file()).unwrap_or_default();
    uri::below(site.file(), report.options.base) + inside
}

/// The commit, what takes the file away, and the decodings that lead to the fact, for people.
fn way(site: &Site) -> Option<String> {
    let commit = site.commit.as_ref().map(|commit| {
        let id = commit.id.get(..12).unwrap_or(&commit.id);
        let day = commit.date.get(..10).unwrap_or(&commit.date);
        let head = if commit.in_head { "in HEAD" } else { "no longer in HEAD" };
        format!("in commit {id} of {day}, {head}")
    });
    let removed = site.removed.as_ref().map(|removed| {
        let how = match removed.how {
            Removal::Deleted => "deleted",
            Removal::Replaced => "replaced",
        };
        let Removed { by, layer, of, .. } = removed;
        let by = if by.contains(['/', '.']) { by } else { by.get(..12).unwrap_or(by) };
        format!("still in the image, though {how} by layer {layer} of {of}, {by}")
    });
    let decoded =
        (!site.decoded.is_empty()).then(|| format!("inside {}", site.decoded.join(", then ")));
    let words: Vec<String> = [commit, removed, decoded].into_iter().flatten().collect();
    (!words.is_empty()).then(|| clean(&words.join(", ")))
}

/// Where something is that the place in a file does not say: a sentence.
fn whereabouts(report: &Report<'_>, site: &Site) -> Option<String> {
    let way = way(site);
    if site.file.is_none() {
        return way.map(|way| format!("It is {way}."));
    }
    let way = way.map(|way| format!(", {way}")).unwrap_or_default();
    Some(format!("It is at {}, line {}{way}.", path_of(report, site), site.line))
}

/// `1 key`, `2 keys`, `1,234 keys`.
pub(crate) fn count_of(count: u64, one: &str) -> String {
    format!("{} {one}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// A number with its digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of bytes for people.
fn size_of(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return count_of(bytes, "byte");
    }
    let mut unit = "";
    // Tenths, so that no floating point decides what is printed.
    let mut tenths = u128::from(bytes) * 10;
    for name in UNITS {
        if tenths < 10_240 {
            break;
        }
        tenths /= 1024;
        unit = name;
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// `3 findings: 1 critical, 2 high; 1 suppressed (inline)`.
fn findings_in_words(outcome: &Outcome) -> String {
    let active = outcome.active().count() as u64;
    let mut text = if active == 0 { "no findings".to_owned() } else { count_of(active, "finding") };
    let parts: Vec<String> = outcome
        .by_severity()
        .into_iter()
        .map(|(severity, count)| format!("{} {severity}", grouped(count as u64)))
        .collect();
    if !parts.is_empty() {
        text = format!("{text}: {}", parts.join(", "));
    }
    let suppressed = suppressed(outcome);
    if !suppressed.is_empty() {
        let parts: Vec<String> = suppressed
            .iter()
            .map(|(by, count)| format!("{} by {}", grouped(*count), suppressor_words(*by)))
            .collect();
        let total = suppressed.values().sum();
        text = format!("{text}; {} suppressed ({})", grouped(total), parts.join(", "));
    }
    text
}

/// Suppressed findings by what holds them back.
fn suppressed(outcome: &Outcome) -> BTreeMap<Suppressor, u64> {
    let mut counts = BTreeMap::new();
    for suppression in outcome.findings.iter().filter_map(|finding| finding.suppression.as_ref()) {
        *counts.entry(suppression.by).or_insert(0) += 1;
    }
    counts
}

const fn suppressor_words(by: Suppressor) -> &'static str {
    match by {
        Suppressor::Inline => "a comment beside the key",
        Suppressor::Config => "keylint.toml",
        Suppressor::Baseline => "the baseline",
    }
}

/// `12 keys in 340 inputs (1.2 MiB); 2 conditions undecided`.
fn extent_in_words(outcome: &Outcome) -> String {
    let ledger = &outcome.ledger;
    let mut text = format!(
        "{} in {} ({})",
        count_of(outcome.keys, "key"),
        count_of(ledger.scanned_units, "input"),
        size_of(ledger.scanned_bytes)
    );
    if !ledger.by_layer.is_empty() {
        let given = ledger.by_layer.iter().map(|(layer, given)| {
            format!("{layer} {} ({})", grouped(given.units), size_of(given.bytes))
        });
        let given = given.collect::<Vec<_>>().join(", ");
        text = format!("{text}, of these inside of containers: {given}");
    }
    if outcome.undecided > 0 {
        let conditions = count_of(outcome.undecided, "condition");
        text = format!("{text}; {conditions} undecided because a value is unknown");
    }
    text
}

/// `text` with a full stop where it has no end.
fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// The first sentence of a text, on one line.
fn first_sentence(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let ends = |at: &usize| {
        // `rev. 5` and `e.g. this` are no ends.
        let next = line.get(at + 2..).and_then(|rest| rest.chars().next());
        next.is_some_and(|c| c.is_uppercase() || c == '`')
    };
    let end = line.match_indices(". ").map(|(at, _)| at).find(ends);
    end.and_then(|at| line.get(..=at)).unwrap_or(&line).to_owned()
}

/// A paragraph or a list item of a Markdown text, on one line.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    /// `1. `, `- ` or nothing.
    marker: String,
    text: String,
}

/// The paragraphs and list items of a Markdown text.
fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in markdown.lines().map(str::trim) {
        let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let marker = match (digits.len() < line.len(), digits, line) {
            (true, item, _) if item.starts_with(". ") => line.len() - item.len() + 2,
            (_, _, item) if item.starts_with("- ") || item.starts_with("* ") => 2,
            _ => 0,
        };
        let (marker, text) = line.split_at_checked(marker).unwrap_or(("", line));
        match blocks.last_mut() {
            Some(block) if open && marker.is_empty() && !text.is_empty() => {
                block.text.push(' ');
                block.text.push_str(text);
            }
            _ if text.is_empty() => open = false,
            _ => {
                blocks.push(Block { marker: marker.to_owned(), text: text.to_owned() });
                open = true;
            }
        }
    }
    blocks
}

/// The first thing to do.
fn first_step(fix: &str) -> String {
    blocks(fix).first().map(|block| first_sentence(&block.text)).unwrap_or_default()
}

/// A text of several lines without what could drive a terminal.
fn clean_lines(text: &str) -> String {
    text.trim().lines().map(clean).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
