//! GitHub-flavoured Markdown, for a comment on a pull request or a job summary.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use super::{
    Report, Row, clean, clean_lines, count_of, cwe, extent_in_words, findings_in_words, grouped,
    way,
};
use crate::{
    fact::Site,
    finding::{Finding, Severity},
    ledger::Skip,
};

pub(super) const ROW: Row =
    Row { name: "markdown", about: "Tables for a pull request or a job summary", render };

/// Places of one finding that are listed; the others are counted.
const PLACES: usize = 3;

/// Gaps and notices that are listed; the others are counted.
const LINES: usize = 20;

fn render(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(text(report).as_bytes())
}

fn text(report: &Report<'_>) -> String {
    let outcome = report.outcome;
    let head = head(report);
    let tail = tail(report);
    let help = help(report);
    let mut text = Clipped::new(head, report.options.markdown_limit.max(2_000), &tail);
    let active: Vec<&Finding> = outcome.active().collect();
    if !active.is_empty() {
        text.push("\n| Severity | Rule | Finding | Where |\n|---|---|---|---|\n");
    }
    let shown = active.iter().take_while(|finding| text.push(&row(finding))).count();
    if shown < active.len() {
        let more = count_of((active.len() - shown) as u64, "less severe finding");
        text.force(&format!("\n> **{more} did not fit here.** They are in the other reports.\n"));
    } else if !text.push(&help) {
        text.force("\nWhat to do about each rule did not fit here: see `keylint explain RULE`.\n");
    }
    text.finish(&tail)
}

fn head(report: &Report<'_>) -> String {
    let mut text = format!(
        "## keylint\n\n**{}**\n\n{}.\n",
        escaped(&findings_in_words(report.outcome)),
        escaped(&extent_in_words(report.outcome))
    );
    let counts = report.outcome.by_severity();
    if !counts.is_empty() {
        text.push_str("\n| Severity | Findings |\n|---|---:|\n");
        for (severity, count) in counts {
            let _infallible =
                writeln!(text, "| {} {severity} | {} |", mark(severity), grouped(count as u64));
        }
    }
    text
}

/// Notices, and what was not examined.
fn tail(report: &Report<'_>) -> String {
    let mut text = String::new();
    let notices = &report.outcome.notices;
    if !notices.is_empty() {
        text.push_str("\n### Allowances to look at\n\n");
        for notice in notices.iter().take(LINES) {
            let message = escaped(&notice.message);
            let _infallible = writeln!(text, "- {}: {message}", code(&notice.place));
        }
        and_more(&mut text, notices.len());
    }
    let gaps: Vec<&Skip> = report.outcome.ledger.gaps().collect();
    if !gaps.is_empty() {
        let _infallible = write!(
            text,
            "\n### Not examined: {}, in whole or in part\n\n",
            count_of(gaps.len() as u64, "input")
        );
        for gap in gaps.iter().take(LINES) {
            let _infallible = write!(text, "- {}: {}", code(&gap.path), gap.reason.words());
            if let Some(detail) = &gap.detail {
                let _infallible = write!(text, " ({})", escaped(detail));
            }
            text.push('\n');
        }
        and_more(&mut text, gaps.len());
    }
    let left_out: Vec<String> = report
        .outcome
        .ledger
        .by_reason()
        .into_iter()
        .filter(|(reason, _)| !reason.is_gap())
        .map(|(reason, count)| format!("{}: {}", count_of(count, "input"), reason.words()))
        .collect();
    if !left_out.is_empty() {
        let _infallible = writeln!(text, "\n{}.", escaped(&left_out.join("; ")));
    }
    text
}

fn and_more(text: &mut String, total: usize) {
    if let Some(more) = total.checked_sub(LINES).filter(|more| *more > 0) {
        let _infallible = writeln!(text, "- and {} more", grouped(more as u64));
    }
}

fn row(finding: &Finding) -> String {
    let mut places: Vec<String> = finding.sites.iter().take(PLACES).map(place).collect();
    let total = finding.count.max(finding.sites.len() as u64);
    let more = total - places.len() as u64;
    if more > 0 {
        places.push(format!("and {} more", grouped(more)));
    }
    format!(
        "| **{} {}** | {} | {} | {} |\n",
        mark(finding.severity),
        finding.severity,
        code(&finding.rule),
        escaped(&finding.message),
        places.join("<br>")
    )
}

fn place(site: &Site) -> String {
    let path = code(&format!("{}:{}", site.path, site.line));
    match way(site) {
        Some(way) => format!("{path} {}", escaped(&way)),
        None => path,
    }
}

/// What the rules that fired say, folded away.
fn help(report: &Report<'_>) -> String {
    let mut text = String::new();
    for rule in &report.rules {
        if !report.outcome.active().any(|finding| finding.rule == rule.id) {
            continue;
        }
        let mut sources = rule.requirements.clone();
        sources.extend(
            rule.cwe.iter().map(|id| format!("CWE-{id} {}", cwe::name(*id).unwrap_or_default())),
        );
        let _infallible = write!(
            text,
            "\n<details><summary>{}: {}</summary>\n\n{}\n\n**What to do**\n\n{}\n\n{}\n\n</details>\n",
            code(rule.id),
            escaped(rule.title),
            clean_lines(rule.why),
            clean_lines(rule.fix),
            escaped(&sources.join("; "))
        );
    }
    text
}

const fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "🟣",
        Severity::High => "🔴",
        Severity::Medium => "🟠",
        Severity::Low => "🟡",
        Severity::Info => "🔵",
    }
}

/// User text as code. An element, because a code span cannot hold every text in a table.
pub(crate) fn code(text: &str) -> String {
    format!("<code>{}</code>", entities(text, ""))
}

/// User text as text: no character of it makes structure, a link, or pings somebody.
pub(crate) fn escaped(text: &str) -> String {
    // A mention or an issue number is looked for after entities are read: part it from its sign.
    entities(text, "&#8203;")
}

fn entities(text: &str, after_sign: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let text = clean(text);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '@' | '#' => {
                let _infallible = write!(escaped, "&#{};{after_sign}", u32::from(c));
            }
            '&' | '<' | '>' | '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '~' | '$' | '!' | '{'
            | '}' => {
                let _infallible = write!(escaped, "&#{};", u32::from(c));
            }
            // `http://` and `www.` begin links.
            ':' if chars.peek() == Some(&'/') => escaped.push_str("&#58;"),
            '.' if ends_with_www(&escaped) => escaped.push_str("&#46;"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn ends_with_www(text: &str) -> bool {
    text.len()
        .checked_sub(3)
        .and_then(|at| text.get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

/// Text that grows as long as a limit of characters allows, with room kept for its end.
struct Clipped {
    text: String,
    /// Characters that may still be added.
    left: usize,
    /// Characters kept for the end.
    kept: usize,
}

/// Room for the sentence that says that something did not fit.
const RESERVE: usize = 200;

impl Clipped {
    fn new(head: String, limit: usize, tail: &str) -> Self {
        let kept = tail.chars().count().min(limit / 2);
        let left = limit.saturating_sub(head.chars().count() + kept + RESERVE);
        Self { text: head, left, kept }
    }

    /// Adds `more` if it fits.
    fn push(&mut self, more: &str) -> bool {
        let length = more.chars().count();
        let fits = length <= self.left;
        if fits {
            self.left -= length;
            self.text.push_str(more);
        }
        fits
    }

    /// Adds something short, for which there is a reserve.
    fn force(&mut self, more: &str) {
        self.text.push_str(more);
    }

    /// Adds the end, in whole lines.
    fn finish(mut self, tail: &str) -> String {
        let mut left = self.left + self.kept;
        for line in tail.split_inclusive('\n') {
            let length = line.chars().count();
            if length > left {
                break;
            }
            left -= length;
            self.text.push_str(line);
        }
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{outcome, render_with, report};

    #[test]
    fn hostile_text_makes_no_structure() {
        assert_eq!(escaped("a|b`c<d>"), "a&#124;b&#96;c&#60;d&#62;");
        assert_eq!(escaped("@admin #1"), "&#64;&#8203;admin &#35;&#8203;1");
        assert_eq!(escaped("[x](http://evil)"), "&#91;x&#93;(http&#58;//evil)");
        assert_eq!(escaped("WWW.evil.example"), "WWW&#46;evil.example");
        assert_eq!(escaped("a\nb\u{202e}"), "a\u{fffd}b\u{fffd}");
        assert_eq!(code("@a:1"), "<code>&#64;a:1</code>");
        assert_eq!(escaped("keys/server-1.pem"), "keys/server-1.pem");
    }

    #[test]
    fn each_active_finding_is_one_row_of_four_cells() {
        let outcome = outcome();
        let text = render_with(&ROW, &report(&outcome));
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| **")).collect();
        assert_eq!(rows.len(), 2);
        for row in rows {
            assert_eq!(row.matches('|').count(), 5, "{row}");
        }
        assert!(text.contains("inside base64, then gzip"), "{text}");
        assert!(
            text.contains("<code>secret/dir</code>&#58;") || text.contains("secret/dir</code>:")
        );
    }

    #[test]
    fn what_does_not_fit_is_said_and_the_limit_holds() {
        let mut outcome = outcome();
        outcome.findings = vec![outcome.findings[1].clone(); 2_000];
        for limit in [2_000, 10_000, 65_000] {
            let mut report = report(&outcome);
            report.options.markdown_limit = limit;
            let text = render_with(&ROW, &report);
            assert!(text.chars().count() <= limit, "{} > {limit}", text.chars().count());
            let shown = text.lines().filter(|line| line.starts_with("| **")).count();
            let said =
                format!("{} less severe findings did not fit", grouped(2_000 - shown as u64));
            assert!(text.contains(&said), "{limit}: {shown}");
            assert!(text.contains("secret/dir"), "gaps are shown");
        }
    }
}
