//! Workflow commands of GitHub Actions: an annotation for each finding. GitHub shows ten of a
//! kind for a step, so the most severe come first.

use std::io::{self, Write};

use super::{
    Report, Row, count_of, extent_in_words, findings_in_words, first_step, sentence, uri,
    whereabouts,
};
use crate::{
    fact::{Site, is_unsafe_to_show},
    finding::{Finding, Severity},
};

pub(super) const ROW: Row = Row {
    name: "github",
    about: "Annotations of GitHub Actions (::error file=…), most severe first",
    render,
};

fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.outcome.active() {
        write_finding(report, finding, out)?;
    }
    for notice in &report.outcome.notices {
        write_notice(&notice.place, &notice.message, out)?;
    }
    let gaps = report.outcome.ledger.gaps().count() as u64;
    if gaps > 0 {
        let text = format!("{} not examined, in whole or in part.", count_of(gaps, "input"));
        writeln!(out, "::warning title=keylint::{}", data(&text))?;
    }
    let summary =
        format!("{}. {}.", findings_in_words(report.outcome), extent_in_words(report.outcome));
    writeln!(out, "::notice title=keylint::{}", data(&summary))
}

fn write_finding(report: &Report<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let site = finding.site();
    let rule = report.rule(&finding.rule);
    let title = rule.map_or(finding.rule.as_str(), |rule| rule.title);
    let mut message = sentence(&finding.message);
    if let Some(whereabouts) = whereabouts(report, site) {
        message = format!("{message} {whereabouts}");
    }
    let more = finding.count.max(finding.sites.len() as u64) - 1;
    if more > 0 {
        message = format!("{message} It is in {} as well.", count_of(more, "other place"));
    }
    if let Some(rule) = rule {
        message = format!("{message}\n{}", first_step(rule.fix));
    }
    writeln!(
        out,
        "::{command} file={file},line={line},endLine={line},col={col},endColumn={end},\
         title={title}::{message}",
        command = command(finding.severity),
        file = file(report, site),
        line = site.line.max(1),
        col = site.column.max(1),
        end = site.end_column.max(site.column).max(1),
        title = property(&format!("{title} ({})", finding.rule)),
        message = data(&message),
    )
}

/// The place of a notice is `FILE:LINE`.
fn write_notice(place: &str, message: &str, out: &mut dyn Write) -> io::Result<()> {
    let (file, line) = place.rsplit_once(':').unwrap_or((place, "1"));
    let line = line.parse().unwrap_or(1_u64);
    writeln!(
        out,
        "::warning file={},line={line},title=keylint allowance::{}",
        property(file),
        data(message)
    )
}

const fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    }
}

/// A path with other control characters than line ends cannot be written to a log as it is; its
/// annotation is shown without its file.
fn file(report: &Report<'_>, site: &Site) -> String {
    property(&uri::below(site.file(), report.options.base))
}

/// Text after `::`. A line end would end the command, and what follows could be another one.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A").chars().map(shown).collect()
}

/// A property's value, in which the separators are escaped too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn shown(c: char) -> char {
    if is_unsafe_to_show(c) { '\u{fffd}' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{outcome, render_with, report};

    #[test]
    fn a_hostile_path_makes_no_other_command() {
        let outcome = outcome();
        let text = render_with(&ROW, &report(&outcome));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5, "{text}");
        assert!(lines.iter().all(|line| line.starts_with("::") && line.matches("\n").count() == 0));
        let second = lines[1];
        assert!(
            second.starts_with("::warning file=a b%0A%3A%3Aerror%3A%3Ax/@admin [x](http%3Aevil)"),
            "{second}"
        );
    }

    #[test]
    fn levels_follow_severity_and_the_summary_is_last() {
        let outcome = outcome();
        let text = render_with(&ROW, &report(&outcome));
        let first = text.lines().next().unwrap();
        assert!(first.starts_with("::error file=keys/100%25 #1\u{fffd}/é|`<b>.pem,line=7,"));
        assert!(first.contains("::An RSA key of 1024 bits, `{0}`"), "{first}");
        assert!(
            first.contains("It is in 1 other place as well.%0AReplace the key with `openssl`."),
            "{first}"
        );
        assert!(text.lines().last().unwrap().starts_with("::notice title=keylint::2 findings"));
    }
}
