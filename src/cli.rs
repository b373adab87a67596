//! The command line: what can be asked for. Help, man page and completions come from here.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::{
    budget::{DEEPEST, Limits},
    error::Error,
    finding::Severity,
};

mod register;

pub use register::{Register, RegisterCheck, RegisterDiff};

const AFTER_HELP: &str = "\
Exit codes:
  0  nothing at or above --fail-on
  1  findings at or above --fail-on (for `register diff`: a difference)
  2  the run could not start: usage, configuration, a rule
  3  clean, but something could not be examined, and --strict was given";

/// Finds cryptographic keys, parses them, and judges how they are kept.
///
/// keylint makes no network calls and shows no key material.
#[derive(Debug, Parser)]
#[command(name = "keylint", version, after_help = AFTER_HELP, propagate_version = true)]
#[command(arg_required_else_help = true, subcommand_required = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find keys and judge them.
    #[command(after_help = AFTER_HELP)]
    Scan(Scan),
    /// Find keys and write what was seen as JSON lines, for `judge`.
    Inspect(Inspect),
    /// Judge what `inspect` saw, here or on other machines.
    #[command(after_help = AFTER_HELP)]
    Judge(Judge),
    /// Check, propose and compare registers of keys.
    #[command(subcommand)]
    Register(Register),
    /// List, show and check rules.
    #[command(subcommand)]
    Rules(Rules),
    /// Say what a rule means, why it matters and what to do.
    Explain(Explain),
    /// Accept what is there now, so that only new findings fail a run.
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Write a commented keylint.toml into the working directory.
    Init,
    /// Print shell completions.
    Completions {
        /// bash, elvish, fish, powershell or zsh.
        shell: clap_complete::Shell,
    },
    /// Print the man page.
    Man,
    /// Write the generated documentation, or check that it is current.
    #[command(hide = true)]
    Docs {
        #[arg(long, default_value = "docs")]
        out: PathBuf,
        /// Write nothing; fail if something would change.
        #[arg(long)]
        check: bool,
    },
}

/// Where the bytes are.
#[derive(Debug, Args)]
pub struct Input {
    /// Files and directories; `-` is standard input.
    #[arg(value_name = "PATH", default_value = ".", value_hint = clap::ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// Scan what `git commit` would commit, instead of files.
    #[arg(long, conflicts_with = "since")]
    pub staged: bool,
    /// Scan what the commits since the merge base with REV brought, instead of files.
    #[arg(long, value_name = "REV")]
    pub since: Option<String>,
    /// Scan every version of every file in the history of the repositories at PATH (also bare
    /// ones and bundles), and the messages of commits and tags, instead of files.
    #[arg(long, conflicts_with_all = ["since", "staged"])]
    pub history: bool,
    /// With --history: also objects that no branch or tag reaches.
    #[arg(long, requires = "history")]
    pub all_objects: bool,
    /// Scan also what .gitignore leaves out, and `.git` itself.
    #[arg(long)]
    pub no_ignore: bool,
    /// Leave out paths that match GLOB.
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Read this configuration instead of the nearest keylint.toml.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Threads to use; as many as there are processors if not given.
    #[arg(long, short = 'j', value_name = "N")]
    pub threads: Option<usize>,
    /// Show no progress.
    #[arg(long)]
    pub no_progress: bool,
    /// Containers inside of one another that are opened [default: 16].
    #[arg(long, value_name = "N", value_parser = depth, help_heading = "Budgets for one input")]
    pub max_depth: Option<usize>,
    /// Things inside of containers that are looked at [default: 10000000].
    #[arg(long, value_name = "N", help_heading = "Budgets for one input")]
    pub max_entries: Option<u64>,
    /// Times its size that a container may give, once that is over 64 MiB [default: 1000].
    #[arg(long, value_name = "N", help_heading = "Budgets for one input")]
    pub max_ratio: Option<u64>,
    /// Bytes that containers may give together; also 10G, 1T [default: 1T].
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Budgets for one input")]
    pub max_bytes: Option<u64>,
}

impl Input {
    /// The budgets that were asked for.
    pub fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            depth: self.max_depth.unwrap_or(usual.depth),
            entries: self.max_entries.unwrap_or(usual.entries),
            ratio: self.max_ratio.unwrap_or(usual.ratio),
            bytes: self.max_bytes.unwrap_or(usual.bytes),
        }
    }
}

/// What to judge by.
#[derive(Debug, Args)]
pub struct Judgement {
    /// Floors and weak algorithms to judge by: default, strict, pci-dss-4.0.1, cnsa-2.0, or a file.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Add the rules in DIR to the built-in ones.
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,
    /// Hold back the findings in this file, which `keylint baseline write` wrote.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Judge by the environment of this branch instead of the one that is checked out.
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,
    /// Least severity that fails the run [default: medium].
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    pub fail_on: Option<Severity>,
    /// End with exit code 0 also when there are findings.
    #[arg(long)]
    pub exit_zero: bool,
    /// Fail if anything could not be examined.
    #[arg(long)]
    pub strict: bool,
}

/// How to say it.
#[derive(Debug, Args)]
pub struct Output {
    /// Form of the report; may be given several times, each with its --output.
    #[arg(long = "format", short = 'f', value_name = "FORMAT", value_parser = format_names())]
    formats: Vec<String>,
    /// Write the report of the --format before it to FILE instead of standard output.
    #[arg(long = "output", short = 'o', value_name = "FILE")]
    outputs: Vec<PathBuf>,
    /// Write the register of all keys seen: JSON, or CycloneDX if FILE ends in .cdx.json.
    #[arg(long, value_name = "FILE")]
    pub observed: Option<PathBuf>,
    /// Write a line of JSON for each input that was not examined in full, and why.
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// Whether to use colour on standard output.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Colour,
    /// Category of the run, for SARIF consumers that keep several apart.
    #[arg(long, value_name = "ID")]
    pub category: Option<String>,
    /// Which form with which file, in the order given.
    #[arg(skip)]
    pub reports: Vec<(String, Option<PathBuf>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Args)]
pub struct Scan {
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub judgement: Judgement,
    /// Hold what is seen against the approved keys in this file, a key-register.yaml.
    #[arg(long, value_name = "FILE")]
    pub register: Option<PathBuf>,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Args)]
pub struct Inspect {
    #[command(flatten)]
    pub input: Input,
    /// Add the tables of providers in DIR to the built-in ones.
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,
    /// Write to FILE instead of standard output.
    #[arg(long, short = 'o', value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Judge {
    /// Files that `keylint inspect` wrote; `-` is standard input.
    #[arg(required = true, value_name = "FACTS")]
    pub facts: Vec<PathBuf>,
    /// Read this configuration instead of the nearest keylint.toml.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub judgement: Judgement,
    /// Hold what is seen against the approved keys in this file, a key-register.yaml.
    #[arg(long, value_name = "FILE")]
    pub register: Option<PathBuf>,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, Subcommand)]
pub enum Rules {
    /// List all rules.
    List {
        #[arg(long, value_name = "DIR")]
        rules: Vec<PathBuf>,
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
    },
    /// Show one rule, as `explain` does.
    Show(Explain),
    /// Check rules of your own: that they load, and that their examples hold.
    Check { directory: PathBuf },
}

#[derive(Debug, Args)]
pub struct Explain {
    /// Id of the rule, such as plaintext-private-key.
    pub id: String,
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Write the findings of a scan to FILE.
    Write {
        file: PathBuf,
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        judgement: Judgement,
    },
}

/// Reads the command line. `Err` is help, version or a usage error, to be printed by clap.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let matches = command().try_get_matches_from(arguments)?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    let own = matches.subcommand().map(|(_, matches)| matches);
    // `register check` is a command of a command.
    let own = own.map(|own| own.subcommand().map_or(own, |(_, matches)| matches));
    if let (
        Command::Scan(Scan { output, .. })
        | Command::Judge(Judge { output, .. })
        | Command::Register(Register::Check(RegisterCheck { output, .. })),
        Some(matches),
    ) = (&mut cli.command, own)
    {
        output.reports = paired(&output.formats, &output.outputs, "terminal", matches)?;
    } else if let (Command::Register(Register::Diff(diff)), Some(matches)) = (&mut cli.command, own)
    {
        diff.reports = paired(&diff.formats, &diff.outputs, "text", matches)?;
    }
    Ok(cli)
}

/// The command as clap sees it, for help, completions and the man page.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Gives each form the file that follows it.
fn paired(
    formats: &[String],
    outputs: &[PathBuf],
    usual: &str,
    matches: &clap::ArgMatches,
) -> Result<Vec<(String, Option<PathBuf>)>, clap::Error> {
    pairs(formats, outputs, usual, matches)
        .map_err(|problem| command().error(clap::error::ErrorKind::ArgumentConflict, problem))
}

fn pairs(
    names: &[String],
    outputs: &[PathBuf],
    usual: &str,
    matches: &clap::ArgMatches,
) -> Result<Vec<(String, Option<PathBuf>)>, Error> {
    let indices = |name| matches.indices_of(name).into_iter().flatten().collect::<Vec<_>>();
    let formats = indices("formats");
    let mut reports: Vec<(String, Option<PathBuf>)> =
        names.iter().map(|format| (format.clone(), None)).collect();
    for (file, at) in outputs.iter().zip(indices("outputs")) {
        if reports.is_empty() {
            // One file and no form: the file's name says which.
            reports.push((format_of(file, usual)?, None));
        }
        let before = formats.iter().filter(|&&format| format < at).count().saturating_sub(1);
        match reports.get_mut(before) {
            Some((_, slot @ None)) => *slot = Some(file.clone()),
            _ => {
                return Err(Error::Usage(format!(
                    "--output {} needs a --format of its own before it",
                    file.display()
                )));
            }
        }
    }
    if reports.is_empty() {
        reports.push((usual.into(), None));
    }
    if reports.iter().filter(|(_, file)| file.is_none()).count() > 1 {
        return Err(Error::Usage(
            "only one --format can go to standard output: give the others an --output".into(),
        ));
    }
    Ok(reports)
}

fn format_of(file: &std::path::Path, usual: &str) -> Result<String, Error> {
    let name = file.to_string_lossy();
    let format = match name.rsplit('.').next() {
        Some("sarif") => "sarif",
        Some("json") => "json",
        Some("md") => "markdown",
        Some("txt") => usual,
        _ => {
            return Err(Error::Usage(format!("--output {name}: say which --format it is to have")));
        }
    };
    Ok(format.into())
}

fn format_names() -> clap::builder::PossibleValuesParser {
    crate::report::TABLE
        .iter()
        .map(|row| clap::builder::PossibleValue::new(row.name).help(row.about))
        .collect::<Vec<_>>()
        .into()
}

/// A depth of containers that the stack has room for.
fn depth(text: &str) -> Result<usize, String> {
    let depth = text.parse().ok().filter(|&depth: &usize| depth <= DEEPEST);
    depth.ok_or_else(|| format!("must be a number up to {DEEPEST}, for which there is memory"))
}

/// A number of bytes, with `K`, `M`, `G` or `T` for powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let shift = match text.get(digits.len()..).unwrap_or_default() {
        "" => 0,
        "K" | "k" => 10,
        "M" | "m" => 20,
        "G" | "g" => 30,
        "T" | "t" => 40,
        _ => return Err("must be a number of bytes, such as 500000, 64M or 2T".into()),
    };
    let count: u64 = digits.parse().map_err(|_| "must be a number of bytes".to_owned())?;
    count.checked_mul(1 << shift).ok_or_else(|| "is too large".into())
}

fn severity(name: &str) -> Result<Severity, String> {
    Severity::from_name(name).ok_or_else(|| "must be info, low, medium, high or critical".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reports(arguments: &str) -> Result<Vec<(String, Option<PathBuf>)>, String> {
        let arguments = format!("keylint scan {arguments}");
        match parse(arguments.split_whitespace().map(OsString::from)) {
            Ok(Cli { command: Command::Scan(scan) }) => Ok(scan.output.reports),
            Ok(_) => unreachable!(),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_command_is_well_formed() {
        command().debug_assert();
    }

    #[test]
    fn each_output_belongs_to_the_format_before_it() {
        let report =
            |format: &str, file: Option<&str>| (format.to_owned(), file.map(PathBuf::from));
        assert_eq!(reports(""), Ok(vec![report("terminal", None)]));
        assert_eq!(
            reports("--format sarif --output a.sarif --format markdown"),
            Ok(vec![report("sarif", Some("a.sarif")), report("markdown", None)])
        );
        assert_eq!(
            reports("--format json -f sarif -o b"),
            Ok(vec![report("json", None), report("sarif", Some("b"))])
        );
        assert_eq!(reports("-o a.sarif"), Ok(vec![report("sarif", Some("a.sarif"))]));
        assert!(reports("-f sarif -o a -o b").unwrap_err().contains("needs a --format of its own"));
        assert!(reports("-f sarif -f json").unwrap_err().contains("only one"));
        assert!(reports("-o report").unwrap_err().contains("say which"));
    }
}
