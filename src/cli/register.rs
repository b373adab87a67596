//! What can be asked of registers.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{AFTER_HELP, Input, Judgement, Output};
use crate::register::{DIFF_TABLE, Level};

#[derive(Debug, Subcommand)]
pub enum Register {
    /// Say what is wrong with a register of approved keys.
    #[command(after_help = AFTER_HELP)]
    Check(RegisterCheck),
    /// Propose a register of approved keys from what a scan sees.
    Init {
        #[command(flatten)]
        input: Box<Input>,
        /// Take the keys from this register, which `scan --observed` wrote, instead of a scan.
        #[arg(long, value_name = "FILE", conflicts_with = "paths")]
        observed: Option<PathBuf>,
        /// Write to FILE instead of standard output.
        #[arg(long, short = 'o', value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Say what changed from one register to another: approved, observed or CycloneDX.
    Diff(RegisterDiff),
    /// Write a register of approved keys as YAML, CSV or CycloneDX.
    Export {
        #[arg(default_value = "key-register.yaml", value_hint = clap::ValueHint::FilePath)]
        file: PathBuf,
        /// csv, cyclonedx or yaml; if not given, as the name after --output says.
        #[arg(long, short = 'f', value_parser = ["csv", "cyclonedx", "yaml"])]
        format: Option<String>,
        /// Version of CycloneDX: 1.6 or 1.7.
        #[arg(long, value_name = "VERSION", default_value = "1.6", value_parser = ["1.6", "1.7"])]
        cyclonedx_version: String,
        /// Write to FILE instead of standard output.
        #[arg(long, short = 'o', value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Read a CSV or CycloneDX file and write it as a key-register.yaml.
    Import {
        file: PathBuf,
        /// Write to FILE instead of standard output.
        #[arg(long, short = 'o', value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub struct RegisterDiff {
    #[arg(required_unless_present = "rev", requires = "new", conflicts_with = "rev")]
    pub old: Option<PathBuf>,
    pub new: Option<PathBuf>,
    /// Build both sides from two git revisions, each with the key-register.yaml that it holds;
    /// OLD...NEW starts where NEW left OLD.
    #[arg(long, value_name = "OLD..NEW")]
    pub rev: Option<String>,
    /// With --rev: the repository, which may be a bare one.
    #[arg(long, value_name = "DIR", default_value = ".", requires = "rev")]
    pub repository: PathBuf,
    /// With --rev: path of the approved register in the repository [default: key-register.yaml].
    #[arg(long, value_name = "PATH", requires = "rev")]
    pub register: Option<String>,
    /// With --rev: read this configuration instead of the nearest keylint.toml.
    #[arg(long, value_name = "FILE", requires = "rev")]
    pub config: Option<PathBuf>,
    /// Form of the report; may be given several times, each with its --output.
    #[arg(long = "format", short = 'f', value_name = "FORMAT", value_parser = diff_names())]
    pub formats: Vec<String>,
    /// Write the report of the --format before it to FILE instead of standard output.
    #[arg(long = "output", short = 'o', value_name = "FILE")]
    pub outputs: Vec<PathBuf>,
    /// Least level of a change that fails the run: note, warning or error.
    #[arg(long, value_name = "LEVEL", default_value = "note", value_parser = level)]
    pub fail_on: Level,
    /// Judge dates as of this day, instead of today.
    #[arg(long, value_name = "DATE")]
    pub today: Option<String>,
    /// Which form with which file, in the order given.
    #[arg(skip)]
    pub reports: Vec<(String, Option<PathBuf>)>,
}

#[derive(Debug, Args)]
pub struct RegisterCheck {
    #[arg(default_value = "key-register.yaml", value_hint = clap::ValueHint::FilePath)]
    pub file: PathBuf,
    /// Judge dates as of this day, instead of today.
    #[arg(long, value_name = "DATE")]
    pub today: Option<String>,
    /// Read this configuration instead of the nearest keylint.toml.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub judgement: Judgement,
    #[command(flatten)]
    pub output: Output,
}

fn diff_names() -> clap::builder::PossibleValuesParser {
    DIFF_TABLE
        .iter()
        .map(|row| clap::builder::PossibleValue::new(row.name).help(row.about))
        .collect::<Vec<_>>()
        .into()
}

fn level(name: &str) -> Result<Level, String> {
    Level::from_name(name).ok_or_else(|| "must be note, warning or error".into())
}
