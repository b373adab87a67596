//! The report for machines. Its form is described by `docs/schema/keylint-report.schema.json`; a
//! field keeps its meaning as long as `version` is the same.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    io,
};

use serde::{Deserialize, Serialize};

use super::{Report, Row, write_pretty};
use crate::{
    finding::{Finding, Notice, Severity},
    ledger::{Ledger, Reason},
};

pub(super) const ROW: Row = Row {
    name: "json",
    about: "Everything, for machines (docs/schema/keylint-report.schema.json)",
    render,
};

/// Version of the form.
pub const VERSION: u32 = 1;

/// The whole document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document<'a> {
    /// Always `report`.
    pub keylint: Cow<'a, str>,
    /// Version of the form, [`VERSION`].
    pub version: u32,
    pub tool_version: Cow<'a, str>,
    pub summary: Summary,
    /// Most severe first; suppressed findings are among them.
    pub findings: Cow<'a, [Finding]>,
    /// The rules that `findings` name.
    pub rules: BTreeMap<String, Rule>,
    pub notices: Cow<'a, [Notice]>,
    pub ledger: Cow<'a, Ledger>,
}

/// The findings and the ledger, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Findings that nothing holds back.
    pub active: u64,
    pub suppressed: u64,
    /// Active findings by severity; every severity is there.
    pub by_severity: BTreeMap<Severity, u64>,
    pub keys: u64,
    pub undecided: u64,
    /// Whether everything was examined that should have been.
    pub complete: bool,
    pub seen_units: u64,
    /// Skips by reason.
    pub skipped: BTreeMap<Reason, u64>,
}

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub title: String,
    pub severity: Severity,
    pub why: String,
    pub fix: String,
    pub requirements: Vec<String>,
    pub cwe: Vec<u32>,
    pub references: Vec<String>,
}

fn render(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    write_pretty(&document(report), out)
}

fn document<'a>(report: &Report<'a>) -> Document<'a> {
    let outcome = report.outcome;
    let used: BTreeSet<&str> = outcome.findings.iter().map(|f| f.rule.as_str()).collect();
    let rules = report
        .rules
        .iter()
        .filter(|rule| used.contains(rule.id))
        .map(|rule| {
            let said = Rule {
                title: rule.title.to_owned(),
                severity: rule.severity,
                why: rule.why.to_owned(),
                fix: rule.fix.to_owned(),
                requirements: rule.requirements.clone(),
                cwe: rule.cwe.to_vec(),
                references: rule.references.to_vec(),
            };
            (rule.id.to_owned(), said)
        })
        .collect();
    Document {
        keylint: "report".into(),
        version: VERSION,
        tool_version: report.tool_version.into(),
        summary: summary(report),
        findings: outcome.findings.as_slice().into(),
        rules,
        notices: outcome.notices.as_slice().into(),
        ledger: Cow::Borrowed(&outcome.ledger),
    }
}

fn summary(report: &Report<'_>) -> Summary {
    let outcome = report.outcome;
    let active = outcome.active().count() as u64;
    let mut by_severity: BTreeMap<Severity, u64> =
        Severity::ALL.into_iter().map(|severity| (severity, 0)).collect();
    for (severity, count) in outcome.by_severity() {
        by_severity.insert(severity, count as u64);
    }
    Summary {
        active,
        suppressed: outcome.findings.len() as u64 - active,
        by_severity,
        keys: outcome.keys,
        undecided: outcome.undecided,
        complete: outcome.ledger.is_complete(),
        seen_units: outcome.ledger.seen_units(),
        skipped: outcome.ledger.by_reason(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{outcome, render_with, report};

    #[test]
    fn what_is_written_reads_back() {
        let outcome = outcome();
        let report = report(&outcome);
        let text = render_with(&ROW, &report);
        let read: Document<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!(read, document(&report));
        assert_eq!(read.findings.as_ref(), outcome.findings.as_slice());
    }

    #[test]
    fn an_unknown_value_is_null() {
        let outcome = outcome();
        let text = render_with(&ROW, &report(&outcome));
        assert!(text.contains("\"strength\": null"), "{text}");
    }
}
