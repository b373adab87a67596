//! `keylint.toml`: what a project decided. Every key is optional; an unknown one is an error.

use std::path::{Component, Path, PathBuf};

use globset::{Glob, GlobSet, GlobSetBuilder};
use toml_span::{
    DeserError, Deserialize, Error as TomlError, ErrorKind, Span, Value, de_helpers::TableHelper,
    value::ValueInner,
};

use crate::{
    date::Date,
    error::{Error, Reject},
    finding::Severity,
    link::Environments,
    places::files,
};

/// The configuration, as far as it is given.
#[derive(Default)]
pub(crate) struct Config {
    /// Where it was read, as shown.
    pub path: Option<PathBuf>,
    pub base: Base,
    pub profile: Option<String>,
    pub fail_on: Option<Severity>,
    pub exclude: Vec<String>,
    /// Directories of rules, relative to the configuration file.
    pub rules: Vec<PathBuf>,
    pub baseline: Option<PathBuf>,
    /// The register of approved keys.
    pub register: Option<PathBuf>,
    environments: Vec<(String, Vec<String>)>,
    /// The same by the branch that is checked out, for paths that say nothing.
    branches: Vec<(String, Vec<String>)>,
    /// The branch that is checked out where the scan begins.
    branch: Option<String>,
    pub allow: Vec<Allow>,
}

/// One `[[allow]]` table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allow {
    pub rule: Option<String>,
    pub fingerprint: Option<String>,
    pub path: Option<String>,
    pub owner: String,
    pub reason: String,
    pub until: Date,
    /// 1-based line of the table.
    pub line: usize,
}

/// What paths mean where the configuration does not say otherwise. The first pattern that matches
/// decides, so a test directory inside `prod/` is a test directory.
const ENVIRONMENTS: &[(&str, &[&str])] = &[
    (
        "test",
        &[
            "**/{test,tests,testing,testdata,test-data,test_data,fixture,fixtures,spec,specs,__tests__,e2e,mock,mocks}/**",
            "**/*{_test,_tests,.test,.spec}.*",
            "**/test_*",
        ],
    ),
    ("docs", &["**/{doc,docs,documentation,example,examples,sample,samples,demo}/**"]),
    ("development", &["**/{dev,develop,development,local,sandbox}/**", "**/*{.dev,-dev,.local}.*"]),
    (
        "staging",
        &[
            "**/{stage,staging,preprod,pre-prod,uat,qa,acceptance}/**",
            "**/*{.staging,-staging,-uat,-qa}.*",
        ],
    ),
    (
        "production",
        &["**/{prod,production,live,prd}/**", "**/*{.prod,-prod,.production,-production,-live}.*"],
    ),
];

/// The commented file that `keylint init` writes.
pub(crate) const TEMPLATE: &str = include_str!("keylint.toml");

/// Reads `explicit`, or the `keylint.toml` of the first directory that is scanned or of a
/// directory above it up to the root of the git work tree. No file is the default configuration.
pub(crate) fn load(explicit: Option<&Path>, scanned: &[PathBuf]) -> Result<Config, Error> {
    let start = scanned.first().map_or(Path::new(""), PathBuf::as_path);
    match explicit.map(Path::to_owned).or_else(|| nearest(start)) {
        Some(path) => {
            let mut config = parse(&files::read_text(&path)?, &path)?;
            config.base = Base::of(&path);
            if !config.branches.is_empty() {
                config.branch = checked_out(start);
            }
            Ok(config)
        }
        None => Ok(Config::default()),
    }
}

fn nearest(start: &Path) -> Option<PathBuf> {
    let mut directory = if files::is_directory(start) { start } else { start.parent()? }.to_owned();
    // Relative, so that messages name the file as the user would.
    for _ in 0..32 {
        let file = directory.join("keylint.toml");
        if files::exists(&file) {
            return Some(file.strip_prefix(".").map_or(file.clone(), Path::to_owned));
        }
        if files::exists(&directory.join(".git")) {
            return None;
        }
        // Upwards by name as long as there is one, then by `..`.
        let named = matches!(directory.components().next_back(), Some(Component::Normal(_)));
        if !(named && directory.pop()) {
            directory.push("..");
        }
    }
    None
}

/// The branch that is checked out in the git work tree around `start`.
fn checked_out(start: &Path) -> Option<String> {
    let start =
        files::absolute(if files::is_directory(start) { start } else { start.parent()? })?;
    let git = start.ancestors().map(|parent| parent.join(".git")).find(|git| files::exists(git))?;
    // The `.git` of a linked work tree is a file that says where its own lies.
    let directory = if files::is_directory(&git) {
        git
    } else {
        let text = files::read_text(&git).ok()?;
        git.parent()?.join(text.trim().strip_prefix("gitdir: ")?)
    };
    let head = files::read_text(&directory.join("HEAD")).ok()?;
    head.trim().strip_prefix("ref: refs/heads/").map(str::to_owned)
}

/// Where the patterns of the configuration count from: the directory of its file. Paths are shown
/// as they were asked for, which is from the working directory.
#[derive(Default, Clone)]
pub(crate) struct Base {
    /// What leads from the base to the working directory, if that lies below it.
    above: PathBuf,
    /// What leads from the working directory to the base, if that lies below it.
    below: PathBuf,
    /// The base in full, for paths that are shown in full.
    absolute: PathBuf,
}

impl Base {
    fn of(file: &Path) -> Self {
        let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        let (Some(absolute), Some(working)) =
            (files::absolute(directory.unwrap_or(Path::new("."))), files::absolute(Path::new(".")))
        else {
            return Self::default();
        };
        let above = working.strip_prefix(&absolute).map(Path::to_owned).unwrap_or_default();
        let below = absolute.strip_prefix(&working).map(Path::to_owned).unwrap_or_default();
        Self { above, below, absolute }
    }

    /// `path` as patterns see it.
    pub(crate) fn relative(&self, path: &str) -> PathBuf {
        let path = Path::new(path);
        if path.is_absolute() && !self.absolute.as_os_str().is_empty() {
            return path.strip_prefix(&self.absolute).unwrap_or(path).to_owned();
        }
        self.above.join(path.strip_prefix(&self.below).unwrap_or(path))
    }
}

/// Reads the text of the configuration file at `path`.
pub(crate) fn parse(text: &str, path: &Path) -> Result<Config, Error> {
    let invalid = |span: Span, problem: String| {
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        Error::invalid(format!("{}:{line}", path.display()), problem)
    };
    let refused = |error: TomlError| invalid(error.span, error.to_string());
    let mut document = toml_span::parse(text).map_err(refused)?;
    let mut config = Config::deserialize(&mut document).map_err(|errors| {
        errors
            .errors
            .into_iter()
            .next()
            .map_or_else(|| Error::invalid(path.display().to_string(), "cannot be read"), refused)
    })?;
    for allow in &mut config.allow {
        // Until here the line held the offset.
        let before = text.get(..allow.line).unwrap_or(text);
        allow.line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    }
    let directory = path.parent().unwrap_or(Path::new(""));
    config.rules = config.rules.iter().map(|rules| directory.join(rules)).collect();
    config.baseline = config.baseline.map(|baseline| directory.join(baseline));
    config.register = config.register.map(|register| directory.join(register));
    config.path = Some(path.to_owned());
    globs(&config.exclude)?;
    config.environments()?;
    Ok(config)
}

impl Config {
    /// Patterns of the configuration first, then the built-in ones of environments that it does
    /// not name.
    pub(crate) fn environments(&self) -> Result<Environments, Error> {
        let mut environments = Vec::new();
        for (name, patterns) in &self.environments {
            environments.push((name.clone(), globs(patterns)?));
        }
        for (name, patterns) in ENVIRONMENTS {
            if !self.environments.iter().any(|(own, _)| own == name) {
                environments.push(((*name).to_owned(), globs(patterns)?));
            }
        }
        let mut of_branch = None;
        for (name, patterns) in &self.branches {
            let is_of = globs(patterns)?;
            if of_branch.is_none() && self.branch.as_ref().is_some_and(|own| is_of.is_match(own)) {
                of_branch = Some(name.clone());
            }
        }
        Ok(Environments { base: self.base.clone(), patterns: environments, of_branch })
    }

    /// The same on `branch`, if one is named.
    pub(crate) fn on_branch(self, branch: Option<&str>) -> Self {
        Self { branch: branch.map(str::to_owned).or(self.branch), ..self }
    }
}

/// One matcher for several glob patterns.
pub(crate) fn globs<S: AsRef<str>>(patterns: &[S]) -> Result<GlobSet, Error> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let pattern = pattern.as_ref();
        let glob = Glob::new(pattern)
            .map_err(|problem| Error::Usage(format!("pattern `{pattern}`: {}", problem.kind())))?;
        set.add(glob);
    }
    set.build().map_err(|problem| Error::Usage(format!("patterns: {problem}")))
}

impl<'de> Deserialize<'de> for Config {
    fn deserialize(value: &mut Value<'de>) -> Result<Self, DeserError> {
        let mut table = TableHelper::new(value)?;
        let fail_on = table.optional_s::<String>("fail-on");
        let fail_on = fail_on
            .map(|name| {
                Severity::from_name(&name.value)
                    .ok_or_else(|| custom("must be info, low, medium, high or critical", name.span))
            })
            .transpose();
        let by_path = match table.take("environments") {
            Some((_, mut value)) => environments(&mut value)?,
            None => Vec::new(),
        };
        let branches = match table.take("branches") {
            Some((_, mut value)) => environments(&mut value)?,
            None => Vec::new(),
        };
        let config = Self {
            path: None,
            base: Base::default(),
            profile: table.optional("profile"),
            fail_on: fail_on?,
            exclude: table.optional("exclude").unwrap_or_default(),
            rules: paths(table.optional("rules").unwrap_or_default()),
            baseline: table.optional::<String>("baseline").map(PathBuf::from),
            register: table.optional::<String>("register").map(PathBuf::from),
            environments: by_path,
            branches,
            branch: None,
            allow: table.optional("allow").unwrap_or_default(),
        };
        table.finalize(None)?;
        Ok(config)
    }
}

impl<'de> Deserialize<'de> for Allow {
    fn deserialize(value: &mut Value<'de>) -> Result<Self, DeserError> {
        let span = value.span;
        let mut table = TableHelper::new(value)?;
        let until = table.required_s::<String>("until")?;
        let allow = Self {
            rule: table.optional("rule"),
            fingerprint: table.optional("fingerprint"),
            path: table.optional("path"),
            owner: table.required("owner")?,
            reason: table.required("reason")?,
            until: until.value.parse().map_err(|_: Reject| {
                custom("`until` must be a date such as \"2027-01-31\"", until.span)
            })?,
            line: span.start,
        };
        table.finalize(None)?;
        if allow.fingerprint.is_none() && allow.path.is_none() && allow.rule.is_none() {
            return Err(custom(
                "names no rule, fingerprint or path: it would allow everything",
                span,
            )
            .into());
        }
        if let Some(path) = &allow.path {
            globs(&[path]).map_err(|problem| custom(problem.to_string(), span))?;
        }
        Ok(allow)
    }
}

/// `name = ["glob", …]` for each environment.
fn environments(value: &mut Value<'_>) -> Result<Vec<(String, Vec<String>)>, DeserError> {
    let span = value.span;
    let ValueInner::Table(table) = value.take() else {
        return Err(custom("must be a table of environments", span).into());
    };
    let mut table: Vec<_> = table.into_iter().collect();
    // In the order of the file, which decides.
    table.sort_by_key(|(key, _)| key.span.start);
    table
        .into_iter()
        .map(|(key, mut value)| Ok((key.name.into_owned(), Vec::deserialize(&mut value)?)))
        .collect()
}

fn paths(texts: Vec<String>) -> Vec<PathBuf> {
    texts.into_iter().map(PathBuf::from).collect()
}

fn custom(problem: impl Into<std::borrow::Cow<'static, str>>, span: Span) -> TomlError {
    TomlError { kind: ErrorKind::Custom(problem.into()), span, line_info: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<Config, String> {
        parse(text, Path::new("keylint.toml")).map_err(|error| error.to_string())
    }

    fn refusal(text: &str) -> String {
        config(text).err().expect("must be refused")
    }

    #[test]
    fn the_template_is_valid_also_with_every_line_uncommented() {
        config(TEMPLATE).unwrap();
        let live: String = TEMPLATE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n")
            .collect();
        assert_ne!(live, TEMPLATE);
        let config = config(&live).unwrap();
        assert_eq!(config.allow.len(), 2);
        assert!(config.fail_on.is_some() && config.profile.is_some());
    }

    #[test]
    fn refusals_name_the_line() {
        assert!(refusal("exclude = []\nexlude = []").starts_with("keylint.toml:"));
        assert!(refusal("\nfail-on = \"terrible\"").starts_with("keylint.toml:2: must be info"));
        let endless = "[[allow]]\nrule = 'a'\nowner = 'b'\nreason = 'c'\n";
        assert!(refusal(endless).contains("until"));
        let wrong = format!("{endless}until = '2027-02-30'");
        assert!(refusal(&wrong).starts_with("keylint.toml:5: `until` must be a date"));
        let broad = "[[allow]]\nowner = 'b'\nreason = 'c'\nuntil = '2027-01-31'";
        assert!(refusal(broad).contains("would allow everything"));
    }

    #[test]
    fn patterns_count_from_the_directory_of_the_file() {
        let base = |above: &str, below: &str| Base {
            above: above.into(),
            below: below.into(),
            absolute: "/home/a/project".into(),
        };
        assert_eq!(base("sub", "").relative("keys/a.pem"), Path::new("sub/keys/a.pem"));
        assert_eq!(base("", "project").relative("project/keys/a.pem"), Path::new("keys/a.pem"));
        assert_eq!(base("", "").relative("/home/a/project/a.pem"), Path::new("a.pem"));
        assert_eq!(base("", "").relative("../other/a.pem"), Path::new("../other/a.pem"));
    }

    #[test]
    fn paths_belong_to_environments() {
        let of = |text: &str, path: &str| {
            let config = config(text).unwrap();
            let environments = config.environments().unwrap();
            environments.of(path).map(str::to_owned)
        };
        assert_eq!(of("", "deploy/prod/tls.key").as_deref(), Some("production"));
        assert_eq!(of("", "prod/tests/tls.key").as_deref(), Some("test"));
        assert_eq!(of("", "values-staging.yaml").as_deref(), Some("staging"));
        assert_eq!(of("", "src/product/main.rs"), None);
        let own = "[environments]\nproduction = ['eu/**']";
        assert_eq!(of(own, "eu/tests/a.pem").as_deref(), Some("production"));
    }

    #[test]
    fn the_branch_decides_where_the_path_says_nothing() {
        let text = "[branches]\nproduction = ['main', 'release/*']\nstaging = ['next']";
        let of = |branch: Option<&str>, path: &str| {
            let environments = config(text).unwrap().on_branch(branch).environments().unwrap();
            environments.of(path).map(str::to_owned)
        };
        assert_eq!(of(Some("main"), "values.yaml").as_deref(), Some("production"));
        assert_eq!(of(Some("release/4"), "values.yaml").as_deref(), Some("production"));
        assert_eq!(of(Some("next"), "values.yaml").as_deref(), Some("staging"));
        assert_eq!(of(Some("next"), "deploy/prod/values.yaml").as_deref(), Some("production"));
        assert_eq!(of(Some("feature/main"), "values.yaml"), None);
        assert_eq!(of(None, "values.yaml"), None);
        assert!(refusal("[branches]\nproduction = ['a[']").contains("pattern"));
    }
}
