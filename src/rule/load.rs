//! Reads rules out of YAML, and refuses what does not make sense at the line where it stands.

use std::path::Path;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{
    Adjustment, Requirement, Rule, RuleSet,
    check::{Example, ExampleFile},
    condition::Condition,
    profile::{self, Profile},
    source::{self, Holds, Source},
    template,
};
use crate::{
    error::Error,
    fact::{Field, Kind},
    finding::Severity,
};

/// A rule as it is written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: Spanned<String>,
    title: Spanned<String>,
    severity: Severity,
    requirements: Vec<Spanned<String>>,
    cwe: Vec<u32>,
    on: Spanned<String>,
    when: Spanned<String>,
    #[serde(default)]
    at: Option<Spanned<String>>,
    message: Spanned<String>,
    #[serde(default)]
    adjust: Vec<WrittenAdjustment>,
    why: Spanned<String>,
    fix: Spanned<String>,
    references: Vec<String>,
    examples: Spanned<WrittenExamples>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAdjustment {
    when: Spanned<String>,
    severity: Severity,
    because: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenExamples {
    fires: Vec<Spanned<WrittenExample>>,
    silent: Vec<Spanned<WrittenExample>>,
}

/// One file, or with `files` several that are seen together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenExample {
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    bytes: Option<Vec<u8>>,
    #[serde(default)]
    world_readable: Option<bool>,
    #[serde(default)]
    files: Vec<WrittenFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFile {
    file: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    bytes: Option<Vec<u8>>,
    #[serde(default)]
    world_readable: Option<bool>,
}

/// Puts a rule set together out of all its files.
pub(super) fn rule_set(mut sources: Vec<Source>, profile: &str) -> Result<RuleSet, Error> {
    let mut name = profile.to_owned();
    if profile.ends_with(".yaml") {
        let source = source::profile(Path::new(profile))?;
        source.stem().clone_into(&mut name);
        sources.push(source);
    }
    let of = |holds| sources.iter().filter(move |source| source.holds == holds);
    let profiles = profile::read(of(Holds::Profile))?;
    let profile = profiles.resolve(&name)?;
    let is_builtin = of(Holds::Profile).all(Source::is_builtin);

    let mut rules: Vec<Rule> = Vec::new();
    for source in of(Holds::Rule) {
        let rule = rule(source, &profile, is_builtin && source.is_builtin())?;
        if let Some(first) = rules.iter().find(|first| first.id == rule.id) {
            let problem = format!("rule `{}` is already at {}", rule.id, first.place);
            return Err(Error::invalid(rule.place, problem));
        }
        rules.push(rule);
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    profiles.check_severities(|id| rules.iter().any(|rule| rule.id == id))?;
    Ok(RuleSet::new(rules, profile))
}

/// One rule alone, with the id `fuzzed`, under the default profile.
#[cfg(fuzzing)]
pub(super) fn alone(text: &str) -> Result<RuleSet, Error> {
    use std::sync::LazyLock;
    static PROFILE: LazyLock<Profile> = LazyLock::new(|| RuleSet::builtin().profile);
    let text = text.to_owned().into();
    let source = Source { name: "fuzzed.yaml".into(), text, json: None, holds: Holds::Rule };
    let rule = rule(&source, &PROFILE, false)?;
    Ok(RuleSet::new(vec![rule], PROFILE.clone()))
}

/// One rule out of one file. What is built in is known to make sense.
fn rule(source: &Source, profile: &Profile, is_builtin: bool) -> Result<Rule, Error> {
    let written: Written = source.parse()?;
    let id = &written.id;
    if !is_slug(&id.value) {
        return Err(source.refuse(id.referenced, "an id is lower-case words joined by `-`"));
    }
    if id.value != source.stem() {
        let problem = format!("rule `{}` must lie in a file of its name", id.value);
        return Err(source.refuse(id.referenced, problem));
    }
    for text in [&written.title, &written.why, &written.fix] {
        if text.value.trim().is_empty() {
            return Err(source.refuse(text.referenced, "an empty text explains nothing"));
        }
    }
    let on = &written.on;
    let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.name() == on.value) else {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        let problem = format!("no kind of fact is `{}`; there is {}", on.value, known.join(", "));
        return Err(source.refuse(on.referenced, problem));
    };
    let mut requirements = Vec::new();
    for requirement in &written.requirements {
        requirements.push(Requirement::parse(&requirement.value).ok_or_else(|| {
            let problem = "a requirement is written STANDARD:NUMBER, as PCI-DSS-4.0.1:3.6.1.2";
            source.refuse(requirement.referenced, problem)
        })?);
    }
    let message = template::parse(&written.message.value, profile).map_err(|(problem, word)| {
        source.refuse_at_word(written.message.referenced, &word, problem)
    })?;
    let compile = |text: &Spanned<String>| match is_builtin {
        true => Ok(Condition::builtin(&text.value)),
        false => compile(source, text, profile),
    };
    let mut adjust = Vec::new();
    for adjustment in &written.adjust {
        adjust.push(Adjustment {
            when: compile(&adjustment.when)?,
            severity: adjustment.severity,
            because: adjustment.because.trim().to_owned(),
        });
    }
    Ok(Rule {
        severity: profile.severity.get(&id.value).copied().unwrap_or(written.severity),
        requirements,
        on: kind,
        at: written.at.as_ref().map(|at| field(source, at)).transpose()?,
        when: compile(&written.when)?,
        adjust,
        message,
        fires: examples(source, &written.examples, "fires", &written.examples.value.fires)?,
        silent: examples(source, &written.examples, "silent", &written.examples.value.silent)?,
        place: source.place(id.referenced),
        id: written.id.value,
        title: written.title.value.trim().to_owned(),
        cwe: written.cwe,
        why: written.why.value.trim().to_owned(),
        fix: written.fix.value.trim().to_owned(),
        references: written.references,
    })
}

fn compile(source: &Source, text: &Spanned<String>, profile: &Profile) -> Result<Condition, Error> {
    Condition::checked(&text.value, profile).map_err(|refusal| match (refusal.word, refusal.line) {
        (Some(word), _) => source.refuse_at_word(text.referenced, &word, refusal.problem),
        (None, Some(line)) => source.refuse_in_scalar(text.referenced, line, refusal.problem),
        (None, None) => source.refuse(text.referenced, refusal.problem),
    })
}

fn field(source: &Source, name: &Spanned<String>) -> Result<Field, Error> {
    Field::from_name(&name.value).ok_or_else(|| {
        source.refuse(name.referenced, format!("no field is called `{}`", name.value))
    })
}

fn examples(
    source: &Source,
    all: &Spanned<WrittenExamples>,
    side: &str,
    written: &[Spanned<WrittenExample>],
) -> Result<Vec<Example>, Error> {
    if written.is_empty() {
        let problem = format!(
            "a rule needs an example on which it {}",
            match side {
                "fires" => "fires",
                _ => "stays silent",
            }
        );
        return Err(source.refuse_at_word(all.referenced, side, problem));
    }
    written.iter().map(|example| self::example(source, example)).collect()
}

fn example(source: &Source, written: &Spanned<WrittenExample>) -> Result<Example, Error> {
    let refuse = |problem: &str| source.refuse(written.referenced, problem);
    let example = &written.value;
    let one = example
        .file
        .iter()
        .map(|file| (file, example.text.as_ref(), example.bytes.as_ref(), example.world_readable));
    let several = example.files.iter().map(|written| {
        (&written.file, written.text.as_ref(), written.bytes.as_ref(), written.world_readable)
    });
    if example.file.is_none() && (example.text.is_some() || example.bytes.is_some()) {
        return Err(refuse("an example names its `file`"));
    }
    let mut files = Vec::new();
    for (path, text, bytes, world_readable) in one.chain(several) {
        let bytes = match (text, bytes) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(bytes)) => bytes.clone(),
            _ => return Err(refuse("a file of an example has either `text` or `bytes`")),
        };
        files.push(ExampleFile { path: path.clone(), bytes, world_readable });
    }
    if files.is_empty() {
        return Err(refuse("an example names its `file`"));
    }
    Ok(Example {
        place: source.place(written.referenced),
        note: example.note.as_deref().map(|note| note.trim().to_owned()),
        files,
    })
}

fn is_slug(id: &str) -> bool {
    id.split('-').all(|word| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}
