//! Policy over real documents: each case of `testdata/policy/*/expect.tsv` is a file or a directory
//! that is looked at as one input, and the rules that fire on it, no more and no less. From the
//! same files comes `docs/policy.md`, which shows which rule is proved in which format.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads and writes files"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
};

use keylint::{
    rule::{RuleSet, judge},
    scan::linked_facts,
};

/// A case: what is looked at, and the rules that fire.
struct Case {
    provider: String,
    path: PathBuf,
    rules: BTreeSet<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/policy")
}

fn tables(name: &str) -> Vec<(String, PathBuf, String)> {
    let mut tables = Vec::new();
    let mut directories: Vec<PathBuf> =
        fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()).collect();
    directories.sort();
    for directory in directories {
        let provider = directory.file_name().unwrap().to_str().unwrap().to_owned();
        if let Ok(text) = fs::read_to_string(directory.join(name)) {
            tables.push((provider, directory, text));
        }
    }
    tables
}

fn rows(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once('\t').unwrap_or_else(|| panic!("a tab is missing: {line}")))
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (provider, directory, text) in tables("expect.tsv") {
        for (name, rules) in rows(&text) {
            let rules = rules.split_whitespace().filter(|rule| *rule != "-").map(str::to_owned);
            cases.push(Case {
                provider: provider.clone(),
                path: directory.join(name),
                rules: rules.collect(),
            });
        }
    }
    cases
}

/// Every file of a case, by its path below the case.
fn files(case: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![case.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let base = if case.is_dir() { case } else { case.parent().unwrap() };
            let name = path.strip_prefix(base).unwrap().to_str().unwrap().to_owned();
            found.push((name, fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn every_case_gives_its_findings_and_no_others() {
    let rules = RuleSet::builtin();
    let mut wrong = Vec::new();
    for case in cases() {
        let files = files(&case.path);
        let named = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        let hits = judge(&rules, &linked_facts(named)).hits;
        let fired: BTreeSet<String> = hits
            .iter()
            .filter_map(|hit| rules.rules.get(hit.rule))
            .map(|rule| rule.id.clone())
            .collect();
        if fired != case.rules {
            let path = case.path.strip_prefix(root()).unwrap().display().to_string();
            let missing: Vec<_> = case.rules.difference(&fired).collect();
            let surplus: Vec<_> = fired.difference(&case.rules).collect();
            wrong.push(format!("{path}: missing {missing:?}, surplus {surplus:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The end of a name, by which its format is told.
fn format_of(path: &Path) -> String {
    if path.is_dir() {
        let names = files(path);
        let has = |end: &str| names.iter().any(|(name, _)| name.ends_with(end));
        return match () {
            () if has(".tf") || has(".tofu") => "Terraform".to_owned(),
            () if has(".bicep") => "Bicep".to_owned(),
            () => "several documents".to_owned(),
        };
    }
    let name = path.file_name().unwrap().to_str().unwrap();
    match name.split_once('.').map_or(name, |(_, end)| end) {
        "tf" | "tofu" | "tf.json" => "Terraform".to_owned(),
        "plan.json" => "Terraform plan".to_owned(),
        "tfstate" => "Terraform state".to_owned(),
        "cfn.yaml" | "cfn.json" => "CloudFormation".to_owned(),
        "arm.json" => "ARM".to_owned(),
        "bicep" => "Bicep".to_owned(),
        other => other.to_owned(),
    }
}

/// `docs/policy.md`, out of the cases and of what became of each candidate for a rule.
fn page() -> String {
    let rules = RuleSet::builtin();
    let mut proofs: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for case in cases() {
        for rule in &case.rules {
            let formats = proofs.entry(rule.clone()).or_default();
            formats.entry(case.provider.clone()).or_default().insert(format_of(&case.path));
        }
    }
    let mut page = String::from(
        "# Policy: which rule is proved where\n\nGenerated by the tests; do not edit.\n\n\
         Each entry is a document of `testdata/policy/` on which the rule fires; beside each lies \
         one on which it stays silent.\n\n| rule | provider | formats |\n| --- | --- | --- |\n",
    );
    for (rule, providers) in &proofs {
        assert!(rules.get(rule).is_some(), "no rule is called {rule}");
        for (provider, formats) in providers {
            let formats: Vec<&str> = formats.iter().map(String::as_str).collect();
            page.push_str(&format!(
                "| [`{rule}`](rules/{rule}.md) | {provider} | {} |\n",
                formats.join(", ")
            ));
        }
    }
    page.push_str(
        "\n## Candidates\n\nWhat became of each condition that was considered: the rule that \
         covers it, or why it was left out.\n\n| candidate | rule, or reason |\n| --- | --- |\n",
    );
    let mut candidates = BTreeMap::new();
    for (_, _, text) in tables("candidates.tsv") {
        for (candidate, became) in rows(&text) {
            candidates.insert(candidate.to_owned(), became.trim().to_owned());
        }
    }
    for (candidate, became) in &candidates {
        let shown = match became.strip_prefix('-') {
            Some(reason) => format!("left out: {}", reason.trim()),
            None => {
                let linked = became.split_whitespace().map(|rule| {
                    assert!(rules.get(rule).is_some(), "{candidate}: no rule is called {rule}");
                    format!("[`{rule}`](rules/{rule}.md)")
                });
                linked.collect::<Vec<_>>().join(", ")
            }
        };
        page.push_str(&format!("| {candidate} | {shown} |\n"));
    }
    page
}

/// `UPDATE_DOCS=1 cargo test --test policy` writes the page.
#[test]
fn the_page_on_policy_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policy.md");
    let page = page();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert!(
        fs::read_to_string(&path).is_ok_and(|current| current == page),
        "docs/policy.md is not current: run UPDATE_DOCS=1 cargo test --test policy"
    );
}
