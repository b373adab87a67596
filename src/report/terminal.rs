//! For people at a terminal: codespan-reporting over masked excerpts, and a summary.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io::{self, Write},
    ops::Range,
};

use codespan_reporting::{
    diagnostic::{self, Diagnostic, Label, LabelStyle},
    files::{self, Files},
    term::{
        self, Config, Styles, WriteStyle,
        termcolor::{Ansi, NoColor, WriteColor},
    },
};

use super::{
    Block, Report, Row, RuleView, blocks, clean, count_of, cwe, extent_in_words, findings_in_words,
    first_sentence, grouped, place, size_of, way,
};
use crate::{
    fact::Site,
    finding::{Finding, Severity},
    ledger::Skip,
};

pub(super) const ROW: Row =
    Row { name: "terminal", about: "Text for people, with the place of each finding", render };

/// Further places of one finding that are listed; the others are counted.
const PLACES: usize = 5;

/// Gaps that are listed; the others are counted.
const GAPS: usize = 10;

fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    if report.options.colour {
        write_all(report, &mut Worded::new(Ansi::new(out)))
    } else {
        write_all(report, &mut Worded::new(NoColor::new(out)))
    }
}

fn write_all<W: WriteColor>(report: &Report<'_>, out: &mut Worded<W>) -> io::Result<()> {
    let width = report.options.width.clamp(40, 160);
    let mut explained = BTreeSet::new();
    for finding in report.outcome.active() {
        // What a rule says is said once.
        let rule = report.rule(&finding.rule).map(|rule| (rule, explained.insert(rule.id)));
        write_finding(finding, rule, width, out)?;
    }
    for notice in &report.outcome.notices {
        out.header("notice", diagnostic::Severity::Note)?;
        writeln!(out, ": {}", clean(&notice.message))?;
        writeln!(out, "  at {}\n", clean(&notice.place))?;
    }
    write_summary(report, out)
}

fn write_finding<W: WriteColor>(
    finding: &Finding,
    rule: Option<(&RuleView<'_>, bool)>,
    width: usize,
    out: &mut Worded<W>,
) -> io::Result<()> {
    let shown = Shown::new(finding.site());
    let label = Label::primary((), shown.mark.clone());
    let diagnostic = Diagnostic::new(look(finding.severity))
        .with_code(clean(&finding.rule))
        .with_message(clean(&finding.message))
        .with_label(label)
        .with_notes(notes(finding, rule, width));
    out.severity = Some(finding.severity);
    term::emit_to_write_style(out, &Config::default(), &shown, &diagnostic).map_err(|error| {
        match error {
            files::Error::Io(error) => error,
            other => io::Error::other(other),
        }
    })
}

/// Where else it is, and what the rule says, if it was not said before.
fn notes(finding: &Finding, rule: Option<(&RuleView<'_>, bool)>, width: usize) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(way(finding.site()));
    let others = finding.sites.get(1..).unwrap_or_default();
    let total = finding.count.max(finding.sites.len() as u64) - 1;
    if total > 0 {
        let mut text = format!("also at {}:", count_of(total, "place"));
        for site in others.iter().take(PLACES) {
            let _infallible = write!(text, "\n  {}", place(site));
        }
        let more = total - others.len().min(PLACES) as u64;
        if more > 0 {
            let _infallible = write!(text, "\n  and {} more", grouped(more));
        }
        notes.push(text);
    }
    if let Some((rule, first)) = rule {
        if first {
            notes.push(wrapped("why: ", &first_sentence(rule.why), width));
            notes.push(steps(rule.fix, width));
        }
        let mut sources = rule.requirements.clone();
        sources.extend(rule.cwe.iter().map(|id| match cwe::name(*id) {
            Some(name) => format!("CWE-{id} {name}"),
            None => format!("CWE-{id}"),
        }));
        if !sources.is_empty() {
            notes.push(wrapped("", &sources.join("; "), width));
        }
    }
    notes
}

fn write_summary<W: WriteColor>(report: &Report<'_>, out: &mut Worded<W>) -> io::Result<()> {
    let outcome = report.outcome;
    out.set_header_message()?;
    write!(out, "{}", findings_in_words(outcome))?;
    out.reset()?;
    writeln!(out, "\n{}", extent_in_words(outcome))?;
    for (reason, count) in outcome.ledger.by_reason().into_iter().filter(|(r, _)| !r.is_gap()) {
        writeln!(out, "{}: {}", count_of(count, "input"), reason.words())?;
    }
    let gaps: Vec<&Skip> = outcome.ledger.gaps().collect();
    if gaps.is_empty() {
        return Ok(());
    }
    out.header("not examined", diagnostic::Severity::Warning)?;
    writeln!(out, ": {}, in whole or in part", count_of(gaps.len() as u64, "input"))?;
    for gap in gaps.iter().take(GAPS) {
        writeln!(out, "  {}", gap_in_words(gap))?;
    }
    if let Some(more) = gaps.len().checked_sub(GAPS).filter(|more| *more > 0) {
        writeln!(out, "  and {} more", grouped(more as u64))?;
    }
    Ok(())
}

/// `PATH: could not be opened (1.2 MiB): Permission denied`.
fn gap_in_words(gap: &Skip) -> String {
    let mut text = format!("{}: {}", clean(&gap.path), gap.reason.words());
    if let Some(bytes) = gap.bytes {
        let _infallible = write!(text, " ({})", size_of(bytes));
    }
    if let Some(detail) = &gap.detail {
        let _infallible = write!(text, ": {}", clean(detail));
    }
    text
}

/// What to do, each step on a line of its own.
fn steps(fix: &str, width: usize) -> String {
    let step = |(at, block): (usize, Block)| {
        let lead = if at == 0 { "fix: " } else { "     " };
        wrapped(&format!("{lead}{}", block.marker), &block.text, width)
    };
    blocks(fix).into_iter().enumerate().map(step).collect::<Vec<_>>().join("\n")
}

/// `text` after `lead`, broken at spaces so that a line is at most `width` characters; further
/// lines stand under the first.
fn wrapped(lead: &str, text: &str, width: usize) -> String {
    let indent = lead.chars().count();
    let room = width.saturating_sub(indent + 8).max(20);
    let mut result = lead.to_owned();
    let mut used = 0;
    for word in clean(&text.split_whitespace().collect::<Vec<_>>().join(" ")).split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > room {
            let _infallible = write!(result, "\n{:indent$}", "");
            used = 0;
        } else if used > 0 {
            result.push(' ');
            used += 1;
        }
        result.push_str(word);
        used += length;
    }
    result
}

/// The look that codespan gives to a severity. It has five, too; [`Worded`] puts our words.
const fn look(severity: Severity) -> diagnostic::Severity {
    match severity {
        Severity::Critical => diagnostic::Severity::Bug,
        Severity::High => diagnostic::Severity::Error,
        Severity::Medium => diagnostic::Severity::Warning,
        Severity::Low => diagnostic::Severity::Note,
        Severity::Info => diagnostic::Severity::Help,
    }
}

/// One masked line, under the path and the line number of the site it was cut from.
struct Shown<'a> {
    site: &'a Site,
    text: String,
    mark: Range<usize>,
}

impl<'a> Shown<'a> {
    fn new(site: &'a Site) -> Self {
        let text = clean(&site.excerpt.text);
        if text.is_empty() {
            // Binary data has no line to show.
            let text = format!("[{} at offset {}]", count_of(site.length, "byte"), site.offset);
            let mark = 0..text.len();
            return Self { site, text, mark };
        }
        // A mark that does not fit the text marks all of it: facts may come from a file.
        let (start, end) = site.excerpt.mark;
        let fits = start <= end && text.get(start..end).is_some();
        let mark = if fits { start..end } else { 0..text.len() };
        Self { site, text, mark }
    }
}

impl<'a> Files<'a> for Shown<'_> {
    type FileId = ();
    type Name = String;
    type Source = &'a str;

    fn name(&'a self, (): ()) -> Result<String, files::Error> {
        Ok(clean(&self.site.path))
    }

    fn source(&'a self, (): ()) -> Result<&'a str, files::Error> {
        Ok(&self.text)
    }

    fn line_index(&'a self, (): (), _: usize) -> Result<usize, files::Error> {
        Ok(0)
    }

    fn line_number(&'a self, (): (), _: usize) -> Result<usize, files::Error> {
        // A line number of 0 has no digits, which codespan does not expect.
        Ok(usize::try_from(self.site.line).unwrap_or(usize::MAX).max(1))
    }

    fn column_number(&'a self, (): (), _: usize, _: usize) -> Result<usize, files::Error> {
        Ok(usize::try_from(self.site.column).unwrap_or(usize::MAX))
    }

    fn line_range(&'a self, (): (), _: usize) -> Result<Range<usize>, files::Error> {
        Ok(0..self.text.len())
    }
}

/// Writes our word for a severity where codespan writes its own.
struct Worded<W> {
    inner: W,
    styles: Styles,
    /// Severity of the diagnostic that is about to be written.
    severity: Option<Severity>,
    /// Whether the next write is codespan's word.
    at_word: bool,
}

impl<W: WriteColor> Worded<W> {
    fn new(inner: W) -> Self {
        Self { inner, styles: Styles::default(), severity: None, at_word: false }
    }

    fn header(&mut self, word: &str, severity: diagnostic::Severity) -> io::Result<()> {
        self.inner.set_color(self.styles.header(severity))?;
        self.inner.write_all(word.as_bytes())?;
        self.inner.reset()
    }
}

impl<W: WriteColor> Write for Worded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.at_word)
            && let Some(severity) = self.severity.take()
        {
            self.inner.write_all(severity.name().as_bytes())?;
            return Ok(bytes.len());
        }
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: WriteColor> WriteStyle for Worded<W> {
    fn set_header(&mut self, severity: diagnostic::Severity) -> io::Result<()> {
        self.at_word = true;
        self.inner.set_color(self.styles.header(severity))
    }
    fn set_header_message(&mut self) -> io::Result<()> {
        self.inner.set_color(&self.styles.header_message)
    }
    fn set_line_number(&mut self) -> io::Result<()> {
        self.inner.set_color(&self.styles.line_number)
    }
    fn set_note_bullet(&mut self) -> io::Result<()> {
        self.inner.set_color(&self.styles.note_bullet)
    }
    fn set_source_border(&mut self) -> io::Result<()> {
        self.inner.set_color(&self.styles.source_border)
    }
    fn set_label(&mut self, severity: diagnostic::Severity, style: LabelStyle) -> io::Result<()> {
        self.inner.set_color(self.styles.label(severity, style))
    }
    fn reset(&mut self) -> io::Result<()> {
        self.inner.reset()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{outcome, render_with, report};

    #[test]
    fn a_finding_is_shown_at_its_real_line_with_our_word_for_its_severity() {
        let outcome = outcome();
        let text = render_with(&ROW, &report(&outcome));
        assert!(text.contains("critical[private-key-in-plaintext]: An RSA key"), "{text}");
        assert!(text.contains(":7:3\n"), "{text}");
        assert!(text.contains("7 │   -----BEGIN"), "{text}");
        assert!(!text.contains("bug["));
    }

    #[test]
    fn what_a_rule_says_is_said_once_step_by_step() {
        let mut outcome = outcome();
        outcome.findings.push(outcome.findings[0].clone());
        let text = render_with(&ROW, &report(&outcome));
        assert_eq!(text.matches("critical[private-key-in-plaintext]").count(), 2);
        assert_eq!(text.matches("= fix: 1. Replace the key with `openssl`. Then:\n").count(), 2);
        assert_eq!(text.matches("\n         2. Encrypt it, or move it to a KMS.\n").count(), 2);
        assert_eq!(text.matches("= PCI-DSS-4.0.1:3.6.1.2").count(), 3);
    }

    #[test]
    fn further_places_are_clipped_and_counted() {
        let mut outcome = outcome();
        let finding = outcome.findings.first_mut().unwrap();
        finding.sites = vec![finding.site().clone(); 8];
        finding.count = 40;
        let text = render_with(&ROW, &report(&outcome));
        assert!(text.contains("also at 39 places:"), "{text}");
        assert!(text.contains("and 34 more"), "{text}");
    }

    #[test]
    fn colour_only_when_told_and_no_byte_of_a_path_drives_the_terminal() {
        let outcome = outcome();
        let mut report = report(&outcome);
        let text = render_with(&ROW, &report);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
        report.options.colour = true;
        assert!(render_with(&ROW, &report).contains("\u{1b}["));
    }

    #[test]
    fn a_mark_that_does_not_fit_marks_everything() {
        let mut outcome = outcome();
        for finding in &mut outcome.findings {
            for site in &mut finding.sites {
                site.excerpt.text = "é".into();
                site.excerpt.mark = (1, 900);
                (site.line, site.column) = (0, u64::MAX);
            }
        }
        assert!(render_with(&ROW, &report(&outcome)).contains('é'));
    }

    #[test]
    fn gaps_are_named_and_what_was_left_out_is_counted() {
        let outcome = outcome();
        let text = render_with(&ROW, &report(&outcome));
        assert!(text.contains("not examined: 1 input"), "{text}");
        assert!(text.contains("  secret/dir: could not be opened: Permission denied"), "{text}");
        assert!(text.contains("1 input: left out by .gitignore"), "{text}");
    }

    #[test]
    fn long_text_is_broken_at_spaces() {
        let text = wrapped("why: ", &"word ".repeat(40), 60);
        assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("     word")), "{text}");
    }
}
