//! The baseline: findings that were there before, by fingerprint and file. It holds no secret, and
//! no line numbers that would drift.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{error::Error, finding::Finding, places::files};

const VERSION: u32 = 1;

/// A baseline file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Baseline {
    keylint_baseline: u32,
    findings: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    fingerprint: String,
    /// The same key in another file is a new finding.
    paths: BTreeSet<String>,
}

impl Baseline {
    /// Everything that nothing else holds back.
    pub(crate) fn of<'a>(findings: impl Iterator<Item = &'a Finding>) -> Self {
        let mut entries: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
        for finding in findings {
            let paths = entries.entry((&finding.rule, &finding.fingerprint)).or_default();
            paths.extend(finding.sites.iter().map(|site| site.path.clone()));
        }
        let findings = entries
            .into_iter()
            .map(|((rule, fingerprint), paths)| Entry {
                rule: rule.to_owned(),
                fingerprint: fingerprint.to_owned(),
                paths,
            })
            .collect();
        Self { keylint_baseline: VERSION, findings }
    }

    pub(crate) fn read(path: &std::path::Path) -> Result<Self, Error> {
        let text = files::read_text(path)?;
        let baseline: Self = serde_json::from_str(&text).map_err(|problem| {
            let place = format!("{}:{}", path.display(), problem.line());
            Error::invalid(place, format!("not a baseline file: {problem}"))
        })?;
        if baseline.keylint_baseline != VERSION {
            return Err(Error::invalid(
                path.display().to_string(),
                format!(
                    "version {} of the format; this keylint knows {VERSION}",
                    baseline.keylint_baseline
                ),
            ));
        }
        Ok(baseline)
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings and sets serialise") + "\n"
    }

    /// Index of the entry that holds a finding at a path back.
    pub(crate) fn holding(&self, rule: &str, fingerprint: &str, path: &str) -> Option<usize> {
        self.findings.iter().position(|entry| {
            entry.fingerprint == fingerprint && entry.rule == rule && entry.paths.contains(path)
        })
    }

    /// Rule and first path of each entry.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.findings.iter().map(|entry| {
            let path = entry.paths.first().map_or("", String::as_str);
            (entry.rule.as_str(), path)
        })
    }
}
