//! What the commands on registers do.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{By, Exit, Terminal, inspect, report, rules, to_file_or};
use crate::{
    budget::Limits,
    cli::{Register as Asked, RegisterCheck, RegisterDiff},
    config::{self, Config},
    date::Date,
    error::Error,
    places::{Request, Source, files, git},
    progress::Progress,
    register::{
        self, Any, Diff, Register, Side,
        approved::{self, Approved},
    },
    rule,
    scan::{self, Inspection},
    settings::providers::Providers,
};

/// Does what was asked of registers.
pub(super) fn run(asked: Asked, terminal: &Terminal, out: &mut dyn Write) -> Result<Exit, Error> {
    match asked {
        Asked::Check(RegisterCheck { file, today, config, judgement, output }) => {
            let config = config::load(config.as_deref(), &[])?;
            let rules = rules(&judgement, &config)?;
            let today = day(today.as_deref())?;
            let (register, mut inspection) = approved::read(&file)?;
            approved::facts_in_parts(&register, today, |facts| {
                let (kept, undecided) = rule::worth_keeping(&rules, facts);
                inspection.facts.extend(kept);
                inspection.ledger.undecided += undecided;
            });
            let by = By { today, ..By::new(&rules, &config, None) };
            report(inspection, &by, &judgement, &output, terminal, out)
        }
        Asked::Init { input, observed, output } => {
            let observed = match observed {
                Some(path) => Register::read(&files::read(&path)?, &path.display().to_string())?,
                None => {
                    let config = config::load(input.config.as_deref(), &input.paths)?;
                    observed_of(inspect(&input, &[], &config, terminal)?, &config)?
                }
            };
            let text = approved::propose(&observed);
            to_file_or(output.as_deref(), out, |out| out.write_all(text.as_bytes()))?;
            Ok(Exit::Clean)
        }
        Asked::Diff(asked) => diff(&asked, out),
        Asked::Export { file, format, cyclonedx_version, output } => {
            let (register, _) = approved::read(&file)?;
            let format = format.as_deref().or(output.as_deref().map(form_of)).unwrap_or("yaml");
            to_file_or(output.as_deref(), out, |out| match format {
                "csv" => approved::write_csv(&register, out),
                "cyclonedx" => approved::write_cyclonedx(&register, &cyclonedx_version, out),
                _ => approved::write_yaml(&register, out),
            })?;
            Ok(Exit::Clean)
        }
        Asked::Import { file, output } => {
            let register = approved::import(&file.display().to_string(), &files::read(&file)?)?;
            to_file_or(output.as_deref(), out, |out| approved::write_yaml(&register, out))?;
            Ok(Exit::Clean)
        }
    }
}

/// The form that a file's name asks for.
fn form_of(path: &Path) -> &'static str {
    match path.extension().and_then(|end| end.to_str()) {
        Some("csv") => "csv",
        Some("json") => "cyclonedx",
        _ => "yaml",
    }
}

fn day(text: Option<&str>) -> Result<Date, Error> {
    let day = |text: &str| {
        text.parse().map_err(|_| Error::Usage(format!("--today {text}: a day is YYYY-MM-DD")))
    };
    text.map_or(Ok(Date::today()), day)
}

/// What an inspection saw, as a register.
fn observed_of(inspection: Inspection, config: &Config) -> Result<Register, Error> {
    let Inspection { mut facts, mut ledger } = inspection;
    crate::judge::sort(&mut facts);
    ledger.sort();
    crate::link::link(&mut facts, &config.environments()?);
    Ok(register::build(&facts, &ledger))
}

fn diff(asked: &RegisterDiff, out: &mut dyn Write) -> Result<Exit, Error> {
    let today = day(asked.today.as_deref())?;
    let diff = match (&asked.rev, &asked.old, &asked.new) {
        (Some(range), ..) => between_revisions(range, asked, today)?,
        (None, Some(old), Some(new)) => between_files(old, new, today)?,
        (None, ..) => return Err(Error::Usage("register diff: say OLD and NEW, or --rev".into())),
    };
    for (format, file) in &asked.reports {
        let Some(row) = register::DIFF_TABLE.iter().find(|row| row.name == format) else {
            continue;
        };
        to_file_or(file.as_deref(), out, |out| (row.render)(&diff, out))?;
    }
    let fails = diff.level().is_some_and(|level| level >= asked.fail_on);
    Ok(if fails { Exit::Findings } else { Exit::Clean })
}

fn between_files(old: &Path, new: &Path, today: Date) -> Result<Diff, Error> {
    use Any::{Approved, Observed};
    let read = |path: &Path| Any::read(files::read(path)?, &path.display().to_string());
    Ok(match (read(old)?, read(new)?) {
        (Observed(old), Observed(new)) => register::diff(&old, &new),
        (Approved(old), Approved(new)) => approved::compare(&old, &new, today),
        // In either order, what was seen is held against what is approved.
        (Approved(approved), Observed(observed)) | (Observed(observed), Approved(approved)) => {
            approved::against(&approved, &observed)
        }
    })
}

/// What changed from one git revision to another, by the configuration that holds now.
fn between_revisions(range: &str, asked: &RegisterDiff, today: Date) -> Result<Diff, Error> {
    let config = config::load(asked.config.as_deref(), std::slice::from_ref(&asked.repository))?;
    let (old, new) = git::trees(&asked.repository, range)?;
    let register = asked.register.as_deref().unwrap_or(approved::FILE);
    let directories: Vec<PathBuf> = config.rules.clone();
    let providers = match directories.is_empty() {
        true => None,
        false => Some(Arc::new(Providers::load(&directories)?)),
    };
    let side = |tree: String| -> Result<Side, Error> {
        let approved = git::file_of(&asked.repository, &tree, register)?
            .map(|bytes| approved::parse(register, bytes))
            .transpose()?
            .map(|(approved, _): (Approved, Inspection)| approved);
        let patterns: Vec<&String> = config.exclude.iter().collect();
        let request = Request {
            source: Source::Tree { repository: asked.repository.clone(), tree },
            exclude: config::globs(&patterns)?,
            base: config.base.clone(),
            no_ignore: true,
            limits: Limits::default(),
            progress: Arc::<Progress>::default(),
            stop: Arc::default(),
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            providers: providers.clone(),
        };
        let mut observed = observed_of(scan::inspect(&request)?, &config)?;
        // What the register itself names is no use of it.
        observed.references.retain(|named| named.path != register);
        Ok(Side { observed, approved })
    };
    let (old, new) = (side(old)?, side(new)?);
    if asked.register.is_some() && old.approved.is_none() && new.approved.is_none() {
        let problem = format!("--register {register}: neither revision of {range} has this file");
        return Err(Error::Usage(problem));
    }
    Ok(register::between(&old, &new, today))
}
