//! Profiles: floors and lists that rules name, so that a floor changes in one place.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::source::Source;
use crate::{error::Error, fact::Value, finding::Severity};

/// A named set of parameters, with what it extends already in it.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    pub id: String,
    pub title: String,
    /// What it is for, in Markdown.
    pub about: String,
    pub parameters: BTreeMap<String, Parameter>,
    /// Severities that it sets, by rule.
    pub severity: BTreeMap<String, Severity>,
    /// Names of profiles that it builds on, nearest first.
    pub extends: Vec<String>,
}

/// A number, text or list that rules name as `profile.NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    pub value: Value,
    /// Where the number comes from.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: Spanned<String>,
    title: String,
    about: String,
    #[serde(default)]
    extends: Option<Spanned<String>>,
    parameters: Spanned<BTreeMap<String, WrittenParameter>>,
    #[serde(default)]
    severity: Option<Spanned<BTreeMap<String, Severity>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenParameter {
    is: Value,
    source: String,
}

/// All profiles by name, each still apart from what it extends.
pub(super) struct Profiles<'a>(BTreeMap<String, (&'a Source, Written)>);

pub(super) fn read<'a>(sources: impl Iterator<Item = &'a Source>) -> Result<Profiles<'a>, Error> {
    let mut profiles = BTreeMap::new();
    for source in sources {
        let written: Written = source.parse()?;
        let id = &written.id;
        if id.value != source.stem() {
            let problem = format!("profile `{}` must lie in a file of its name", id.value);
            return Err(source.refuse(id.referenced, problem));
        }
        for (name, parameter) in &written.parameters.value {
            if parameter.is == Value::Unknown {
                let problem = format!("parameter `{name}` has no value");
                return Err(source.refuse_at_word(written.parameters.referenced, name, problem));
            }
        }
        if let Some((first, _)) = profiles.get(&id.value) {
            let first: &&Source = first;
            let problem = format!("profile `{}` is already in {}", id.value, first.name);
            return Err(source.refuse(id.referenced, problem));
        }
        profiles.insert(id.value.clone(), (source, written));
    }
    Ok(Profiles(profiles))
}

impl Profiles<'_> {
    /// A profile with everything that it extends.
    pub(super) fn resolve(&self, name: &str) -> Result<Profile, Error> {
        let Some((_, written)) = self.0.get(name) else {
            let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
            let problem = format!("no profile is called `{name}`; there is {}", known.join(", "));
            return Err(Error::Usage(problem));
        };
        let mut profile = Profile {
            id: name.to_owned(),
            title: written.title.clone(),
            about: written.about.clone(),
            ..Profile::default()
        };
        let mut next = Some(name.to_owned());
        while let Some((source, written)) = next.as_ref().and_then(|name| self.0.get(name)) {
            for (name, parameter) in &written.parameters.value {
                let parameter = Parameter {
                    value: parameter.is.clone(),
                    source: parameter.source.trim().to_owned(),
                };
                profile.parameters.entry(name.clone()).or_insert(parameter);
            }
            for (rule, severity) in written.severity.iter().flat_map(|spanned| &spanned.value) {
                profile.severity.entry(rule.clone()).or_insert(*severity);
            }
            next = None;
            if let Some(base) = &written.extends {
                let is_loop = base.value == profile.id || profile.extends.contains(&base.value);
                if is_loop || !self.0.contains_key(&base.value) {
                    let why = if is_loop { "extends itself" } else { "extends what is not there" };
                    let problem = format!("profile `{}` {why}: `{}`", profile.id, base.value);
                    return Err(source.refuse(base.referenced, problem));
                }
                profile.extends.push(base.value.clone());
                next = Some(base.value.clone());
            }
        }
        Ok(profile)
    }

    /// Refuses a profile that sets the severity of a rule that is not there.
    pub(super) fn check_severities(&self, is_rule: impl Fn(&str) -> bool) -> Result<(), Error> {
        for (source, written) in self.0.values() {
            let Some(severities) = &written.severity else { continue };
            if let Some(rule) = severities.value.keys().find(|rule| !is_rule(rule)) {
                let problem = format!("no rule is called `{rule}`");
                return Err(source.refuse_at_word(severities.referenced, rule, problem));
            }
        }
        Ok(())
    }
}
