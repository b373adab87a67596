//! What each command does. Writes to what it is given; prints and exits nowhere.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use crate::{
    baseline::Baseline,
    cli::{
        BaselineCommand, Cli, Colour, Command, Input, Inspect, Judge as JudgeArgs, Judgement,
        Output, Rules, Scan,
    },
    config::{self, Config},
    date::Date,
    docs,
    error::Error,
    fact::Fact,
    finding::{Outcome, Severity},
    interrupt,
    judge::{Judge, judge},
    ledger::Ledger,
    places::{self, Request, Source, files},
    progress,
    register::approved::{self, Approved},
    report::{self, Report, RuleView},
    rule::{self, RuleSet},
    scan::{self, Inspection},
    settings::providers::Providers,
};

mod register;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Clean = 0,
    Findings = 1,
    /// Clean, but something could not be examined, under `--strict`, or the run was interrupted.
    Incomplete = 3,
}

/// What a command may use of the world around it.
pub struct Terminal {
    pub colour: bool,
    /// Whether somebody watches standard error.
    pub progress: bool,
}

/// Runs what was asked for. `out` is standard output.
pub fn run(cli: Cli, terminal: &Terminal, out: &mut dyn Write) -> Result<Exit, Error> {
    match cli.command {
        Command::Scan(Scan { input, judgement, register, output }) => {
            let config = config::load(input.config.as_deref(), &input.paths)?;
            let config = config.on_branch(judgement.branch.as_deref());
            let rules = rules(&judgement, &config)?;
            let register = approved_keys(register.as_deref(), &config)?;
            let inspection = inspect(&input, &judgement.rules, &config, terminal)?;
            let by = By::new(&rules, &config, register.as_ref());
            report(inspection, &by, &judgement, &output, terminal, out)
        }
        Command::Judge(JudgeArgs { facts, config, judgement, register, output }) => {
            let config = config::load(config.as_deref(), &[])?;
            let config = config.on_branch(judgement.branch.as_deref());
            let rules = rules(&judgement, &config)?;
            let register = approved_keys(register.as_deref(), &config)?;
            let inspection = read_facts(&facts)?;
            let by = By::new(&rules, &config, register.as_ref());
            report(inspection, &by, &judgement, &output, terminal, out)
        }
        Command::Inspect(Inspect { input, rules, output }) => {
            let config = config::load(input.config.as_deref(), &input.paths)?;
            let Inspection { mut facts, mut ledger } = inspect(&input, &rules, &config, terminal)?;
            crate::judge::sort(&mut facts);
            ledger.sort();
            to_file_or(output.as_deref(), out, |out| report::facts::write(&facts, &ledger, out))?;
            Ok(Exit::Clean)
        }
        Command::Register(asked) => register::run(asked, terminal, out),
        Command::Rules(Rules::List { rules, profile }) => {
            let rules = RuleSet::load(&rules, profile.as_deref().unwrap_or(rule::DEFAULT_PROFILE))?;
            for rule in &rules.rules {
                let line =
                    writeln!(out, "{:<9} {:<34} {}", rule.severity.name(), rule.id, rule.title);
                line.map_err(written)?;
            }
            Ok(Exit::Clean)
        }
        Command::Rules(Rules::Show(asked)) | Command::Explain(asked) => {
            let rules = RuleSet::load(&asked.rules, rule::DEFAULT_PROFILE)?;
            let rule = rules.get(&asked.id).ok_or_else(|| unknown_rule(&asked.id, &rules))?;
            out.write_all(rule::page(rule, &rules.profile).as_bytes()).map_err(written)?;
            Ok(Exit::Clean)
        }
        Command::Rules(Rules::Check { directory }) => check_rules(directory, out),
        Command::Baseline(BaselineCommand::Write { file, input, judgement }) => {
            let config = config::load(input.config.as_deref(), &input.paths)?;
            let rules = rules(&judgement, &config)?;
            let mut inspection = inspect(&input, &judgement.rules, &config, terminal)?;
            let by = Judge {
                rules: &rules,
                config: &config,
                baseline: None,
                today: Date::today(),
                register: None,
            };
            let outcome = judge(&mut inspection.facts, inspection.ledger, &by)?;
            files::write(&file, Baseline::of(outcome.active()).to_json().as_bytes())?;
            let count = outcome.active().count();
            writeln!(out, "{}: {}", file.display(), report::count_of(count as u64, "finding"))
                .map_err(written)?;
            Ok(Exit::Clean)
        }
        Command::Init => {
            let path = Path::new("keylint.toml");
            if files::exists(path) {
                return Err(Error::Usage(
                    "keylint.toml exists already; it was left as it is".into(),
                ));
            }
            files::write(path, config::TEMPLATE.as_bytes())?;
            writeln!(out, "wrote keylint.toml").map_err(written)?;
            Ok(Exit::Clean)
        }
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut crate::cli::command(), "keylint", out);
            Ok(Exit::Clean)
        }
        Command::Man => {
            clap_mangen::Man::new(crate::cli::command()).render(out).map_err(written)?;
            Ok(Exit::Clean)
        }
        Command::Docs { out: directory, check } => {
            let stale = docs::write(&directory, check)?;
            for path in &stale {
                let word = if check { "is not current" } else { "written" };
                writeln!(out, "{}: {word}", path.display()).map_err(written)?;
            }
            Ok(if check && !stale.is_empty() { Exit::Findings } else { Exit::Clean })
        }
    }
}

fn rules(judgement: &Judgement, config: &Config) -> Result<RuleSet, Error> {
    let profile = judgement.profile.as_deref().or(config.profile.as_deref());
    let directories: Vec<PathBuf> = config.rules.iter().chain(&judgement.rules).cloned().collect();
    RuleSet::load(&directories, profile.unwrap_or(rule::DEFAULT_PROFILE))
}

fn inspect(
    input: &Input,
    rules: &[PathBuf],
    config: &Config,
    terminal: &Terminal,
) -> Result<Inspection, Error> {
    let directories: Vec<PathBuf> = config.rules.iter().chain(rules).cloned().collect();
    let providers = match directories.is_empty() {
        true => None,
        false => Some(Arc::new(Providers::load(&directories)?)),
    };
    let paths = || -> Vec<PathBuf> {
        // For git, the default path means everything.
        input.paths.iter().filter(|path| path.as_os_str() != ".").cloned().collect()
    };
    let source = match &input.since {
        _ if input.staged => Source::Staged(paths()),
        _ if input.history => {
            Source::History { repositories: input.paths.clone(), all_objects: input.all_objects }
        }
        Some(revision) => Source::Since(revision.clone(), paths()),
        None => Source::Paths(input.paths.clone()),
    };
    let patterns: BTreeSet<&String> = config.exclude.iter().chain(&input.exclude).collect();
    let request = Request {
        source,
        exclude: config::globs(&patterns.into_iter().collect::<Vec<_>>())?,
        base: config.base.clone(),
        no_ignore: input.no_ignore,
        limits: input.limits(),
        progress: Arc::default(),
        stop: Arc::default(),
        threads: input.threads.filter(|&threads| threads > 0).unwrap_or_else(|| {
            std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
        }),
        providers,
    };
    let shown = terminal.progress && !input.no_progress;
    interrupt::listen(&request.stop);
    let weigh = |is_over: &AtomicBool| places::weigh(&request, is_over);
    let inspection =
        progress::shown_while(shown, &request.progress, weigh, || scan::inspect(&request));
    interrupt::no_longer(&request.stop);
    inspection
}

/// What to judge by, as commands know it.
struct By<'a> {
    rules: &'a RuleSet,
    config: &'a Config,
    register: Option<&'a Approved>,
    today: Date,
}

impl<'a> By<'a> {
    fn new(rules: &'a RuleSet, config: &'a Config, register: Option<&'a Approved>) -> Self {
        Self { rules, config, register, today: Date::today() }
    }
}

/// The register of approved keys, if one is named here or in the configuration.
fn approved_keys(path: Option<&Path>, config: &Config) -> Result<Option<Approved>, Error> {
    let path = path.or(config.register.as_deref());
    Ok(path.map(approved::read).transpose()?.map(|(register, _)| register))
}

/// Judges, writes every report, and says how it ended.
fn report(
    mut inspection: Inspection,
    by: &By<'_>,
    judgement: &Judgement,
    output: &Output,
    terminal: &Terminal,
    out: &mut dyn Write,
) -> Result<Exit, Error> {
    let By { rules, config, register, today } = *by;
    let baseline_path = judgement.baseline.as_deref().or(config.baseline.as_deref());
    let baseline = baseline_path.map(Baseline::read).transpose()?;
    let by =
        Judge { rules, config, baseline: baseline.as_ref().zip(baseline_path), today, register };
    let outcome = judge(&mut inspection.facts, inspection.ledger, &by)?;

    if let Some(path) = &output.observed {
        files::write(path, &observed(&inspection.facts, &outcome.ledger, path)?)?;
    }
    if let Some(path) = &output.ledger {
        to_file_or(Some(path), out, |out| {
            outcome.ledger.skips.iter().try_for_each(|skip| report::write_line(skip, out))
        })?;
    }
    let report = Report {
        outcome: &outcome,
        rules: rules.rules.iter().map(view).collect(),
        tool_version: env!("CARGO_PKG_VERSION"),
        options: report::Options {
            automation_id: output.category.as_deref(),
            ..report::Options::default()
        },
    };
    for (format, file) in &output.reports {
        let Some(row) = report::by_name(format) else { continue };
        let mut report = report.clone();
        report.options.colour = match output.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal.colour && file.is_none(),
        };
        to_file_or(file.as_deref(), out, |out| (row.render)(&report, out))?;
    }
    Ok(exit(&outcome, judgement, config))
}

fn exit(outcome: &Outcome, judgement: &Judgement, config: &Config) -> Exit {
    let fail_on = judgement.fail_on.or(config.fail_on).unwrap_or(Severity::Medium);
    if !judgement.exit_zero && outcome.active().any(|finding| finding.severity >= fail_on) {
        Exit::Findings
    } else if (judgement.strict && !outcome.ledger.is_complete()) || outcome.ledger.is_interrupted()
    {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
}

fn view(rule: &rule::Rule) -> RuleView<'_> {
    RuleView {
        id: &rule.id,
        title: &rule.title,
        severity: rule.severity,
        why: &rule.why,
        fix: &rule.fix,
        requirements: rule.requirements.iter().map(ToString::to_string).collect(),
        cwe: &rule.cwe,
        references: &rule.references,
    }
}

/// The observed register, in the form that the file's name asks for.
fn observed(facts: &[Fact], ledger: &Ledger, path: &Path) -> Result<Vec<u8>, Error> {
    let register = crate::register::build(facts, ledger);
    let mut bytes = Vec::new();
    let written = if path.to_string_lossy().ends_with(".cdx.json") {
        crate::register::write_cyclonedx(&register, env!("CARGO_PKG_VERSION"), &mut bytes)
    } else {
        register.write(&mut bytes)
    };
    written.map_err(|source| Error::file(path, source))?;
    Ok(bytes)
}

fn read_facts(paths: &[PathBuf]) -> Result<Inspection, Error> {
    let mut all = Inspection::default();
    for path in paths {
        let name = path.display().to_string();
        let (facts, ledger) = (&mut all.facts, &mut all.ledger);
        if path.as_os_str() == "-" {
            report::facts::read(&mut io::stdin().lock(), "<stdin>", facts, ledger)?;
        } else {
            report::facts::read(&mut files::open(path)?, &name, facts, ledger)?;
        }
    }
    Ok(all)
}

/// Loads rules of a directory and runs their examples through the whole pipeline.
fn check_rules(directory: PathBuf, out: &mut dyn Write) -> Result<Exit, Error> {
    let rules = RuleSet::load(std::slice::from_ref(&directory), rule::DEFAULT_PROFILE)?;
    let providers = Providers::load(std::slice::from_ref(&directory))?;
    docs::check_examples(&rules, &providers)?;
    let own = rules.rules.len() - RuleSet::builtin().rules.len();
    writeln!(out, "{}: {} fine", directory.display(), report::count_of(own as u64, "rule"))
        .map_err(written)?;
    Ok(Exit::Clean)
}

fn unknown_rule(id: &str, rules: &RuleSet) -> Error {
    let near = rules
        .rules
        .iter()
        .map(|rule| rule.id.as_str())
        .filter(|known| known.contains(id) || id.contains(known))
        .collect::<Vec<_>>()
        .join(", ");
    let hint = if near.is_empty() {
        "`keylint rules list` lists all".into()
    } else {
        format!("did you mean {near}?")
    };
    Error::Usage(format!("no rule is called `{id}`; {hint}"))
}

/// Runs `write` on a file, which is written only when all of it is there, or on `out`.
fn to_file_or(
    file: Option<&Path>,
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    match file {
        Some(path) => {
            let mut bytes = Vec::new();
            write(&mut bytes).map_err(|source| Error::file(path, source))?;
            files::write(path, &bytes)
        }
        None => write(out).map_err(written),
    }
}

fn written(source: io::Error) -> Error {
    Error::file("standard output", source)
}
