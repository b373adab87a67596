//! What may stay for now, and who says so: allowances in comments, allowances in the
//! configuration, the baseline. All but the baseline end; those past their end, malformed or
//! matching nothing are notices.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::{
    baseline::Baseline,
    config::{Allow, Base, Config, globs},
    date::Date,
    fact::{Fact, Field, Kind, Site},
    finding::{Notice, Suppression, Suppressor},
    site::as_directories,
};

/// An inline allowance holds for a key on its own line, and for the next key below it within this
/// many lines: room for a variable's name, an opening quote and a blank line.
const REACH: u64 = 4;

/// Everything that may hold a finding back.
pub(crate) struct Suppressions<'a> {
    inline: BTreeMap<&'a str, Vec<Inline<'a>>>,
    config: Vec<(&'a Allow, Option<globset::GlobSet>, Cell<bool>)>,
    config_path: String,
    base: &'a Base,
    baseline: Option<(&'a Baseline, String, BaselineUse)>,
    today: Date,
    notices: Vec<Notice>,
}

type BaselineUse = std::cell::RefCell<BTreeSet<usize>>;

struct Inline<'a> {
    rule: &'a str,
    reason: &'a str,
    until: Date,
    line: u64,
    used: Cell<bool>,
}

impl<'a> Suppressions<'a> {
    pub(crate) fn new(
        facts: &'a [Fact],
        config: &'a Config,
        baseline: Option<(&'a Baseline, &Path)>,
        known_rules: &BTreeSet<&str>,
        today: Date,
    ) -> Self {
        let config_path = config.path.as_deref().unwrap_or(Path::new("keylint.toml"));
        let base = &config.base;
        let config = config
            .allow
            .iter()
            .map(|allow| {
                let paths = allow.path.as_ref().and_then(|path| globs(&[path]).ok());
                (allow, paths, Cell::new(false))
            })
            .collect();
        let mut suppressions = Self {
            inline: BTreeMap::new(),
            config,
            config_path: config_path.display().to_string(),
            base,
            baseline: baseline.map(|(baseline, path)| {
                (baseline, path.display().to_string(), BaselineUse::default())
            }),
            today,
            notices: Vec::new(),
        };
        // Entries of a register are records too, and name no rule.
        let is_allowance =
            |fact: &&Fact| fact.kind == Kind::Record && fact.fields.contains_key(&Field::Rule);
        for record in facts.iter().filter(is_allowance) {
            suppressions.record(record, known_rules);
        }
        for (allow, _, used) in &suppressions.config {
            let problem = match &allow.rule {
                Some(rule) if !known_rules.contains(rule.as_str()) => {
                    Some(format!("allows `{rule}`, which is no rule"))
                }
                _ if allow.until < today => {
                    Some(format!("the allowance ended on {} and no longer holds", allow.until))
                }
                _ => None,
            };
            if let Some(message) = problem {
                used.set(true);
                let place = format!("{}:{}", suppressions.config_path, allow.line);
                suppressions.notices.push(Notice { place, message });
            }
        }
        suppressions
    }

    /// Takes in an allowance in a comment, or says what is wrong with it.
    fn record(&mut self, record: &'a Fact, known_rules: &BTreeSet<&str>) {
        let site = record.site();
        let rule = record.text(Field::Rule).unwrap_or_default();
        let until = record.text(Field::Until).map(str::parse::<Date>);
        let problem = match (until, record.text(Field::Reason)) {
            _ if !known_rules.contains(rule) => format!("allows `{rule}`, which is no rule"),
            (None | Some(Err(_)), _) => {
                "an allowance needs an end: `keylint: allow RULE until YYYY-MM-DD -- reason`".into()
            }
            (_, None) => {
                "an allowance needs a reason: `keylint: allow RULE until DATE -- reason`".into()
            }
            (Some(Ok(until)), Some(_)) if until < self.today => {
                format!("the allowance of `{rule}` ended on {until} and no longer holds")
            }
            (Some(Ok(until)), Some(reason)) => {
                let inline =
                    Inline { rule, reason, until, line: site.line, used: Cell::new(false) };
                self.inline.entry(&site.path).or_default().push(inline);
                return;
            }
        };
        self.notices
            .push(Notice { place: format!("{}:{}", site.path, site.line), message: problem });
    }

    /// What holds a finding of `rule` back at `site`, if anything does. `keys` are the lines of
    /// the file on which keys start, sorted.
    pub(crate) fn holding(
        &self,
        rule: &str,
        fingerprint: &str,
        site: &Site,
        keys: &BTreeSet<u64>,
    ) -> Option<Suppression> {
        let inline = self.inline.get(site.path.as_str()).into_iter().flatten().find(|inline| {
            let next_below = || keys.range(inline.line + 1..).next() == Some(&site.line);
            let near = site.line == inline.line
                || (site.line > inline.line
                    && site.line <= inline.line + REACH
                    && !keys.contains(&inline.line)
                    && next_below());
            inline.rule == rule && near
        });
        if let Some(inline) = inline {
            inline.used.set(true);
            return Some(Suppression {
                by: Suppressor::Inline,
                reason: inline.reason.to_owned(),
                owner: None,
                until: Some(inline.until.to_string()),
                place: format!("{}:{}", site.path, inline.line),
            });
        }
        let config = self.config.iter().find(|(allow, paths, _)| {
            allow.until >= self.today
                && allow.rule.as_deref().is_none_or(|own| own == rule)
                && allow.fingerprint.as_deref().is_none_or(|own| own == fingerprint)
                && paths.as_ref().is_none_or(|paths| {
                    paths.is_match(self.base.relative(&as_directories(&site.path)))
                })
        });
        if let Some((allow, _, used)) = config {
            used.set(true);
            return Some(Suppression {
                by: Suppressor::Config,
                reason: allow.reason.clone(),
                owner: Some(allow.owner.clone()),
                until: Some(allow.until.to_string()),
                place: format!("{}:{}", self.config_path, allow.line),
            });
        }
        let (baseline, place, used) = self.baseline.as_ref()?;
        let entry = baseline.holding(rule, fingerprint, &site.path)?;
        used.borrow_mut().insert(entry);
        Some(Suppression {
            by: Suppressor::Baseline,
            reason: "in the baseline".into(),
            owner: None,
            until: None,
            place: place.clone(),
        })
    }

    /// What is wrong with allowances, sorted. Those that held nothing back count as wrong when
    /// everything that they could match was looked at.
    pub(crate) fn notices(self) -> Vec<Notice> {
        let mut notices = self.notices;
        for (path, inline) in &self.inline {
            for inline in inline.iter().filter(|inline| !inline.used.get()) {
                notices.push(Notice {
                    place: format!("{path}:{}", inline.line),
                    message: format!(
                        "the allowance of `{}` matches nothing: remove it",
                        inline.rule
                    ),
                });
            }
        }
        for (allow, _, used) in &self.config {
            if !used.get() {
                notices.push(Notice {
                    place: format!("{}:{}", self.config_path, allow.line),
                    message: "this allowance matches nothing in this run".into(),
                });
            }
        }
        if let Some((baseline, place, used)) = &self.baseline {
            let used = used.borrow();
            for (index, (rule, path)) in baseline.entries().enumerate() {
                if !used.contains(&index) {
                    notices.push(Notice {
                        place: place.clone(),
                        message: format!(
                            "the entry for `{rule}` in {path} matches nothing in this run"
                        ),
                    });
                }
            }
        }
        notices.sort();
        notices
    }
}
