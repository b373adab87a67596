//! What must hold whatever the input is. A panic, caught or not, ends a target: the fuzzer's own
//! hook aborts before the guard around parsers sees it.

use keylint::{
    fact::{Fact, Field, Site, Value},
    fuzzing,
    ledger::{Ledger, Reason},
    register::{self, Register},
    report, rule,
    rule::RuleSet,
    scan::{Inspection, inspect_bytes},
};

/// Facts that an input of `bytes` bytes may give: no key is shorter than this many bytes, but
/// decoded bytes may hold more.
const BYTES_FOR_EACH_FACT: usize = 8;

/// Bytes to facts: for every format and decoding.
pub fn inspect(bytes: &[u8]) {
    let Inspection { facts, ledger } = inspect_bytes("input", bytes);
    let failed = ledger.skips.iter().any(|skip| skip.reason == Reason::ParserFailed);
    assert!(!failed, "a parser panicked");
    let inside: u64 = ledger.by_layer.values().map(|layer| layer.bytes).sum();
    assert_eq!(ledger.scanned_bytes - inside, bytes.len() as u64);
    for fact in &facts {
        check(fact, bytes.len() as u64);
    }
    let is_as_it_lies = |site: &Site| site.decoded.is_empty() && site.file.is_none();
    if facts.iter().all(|fact| fact.sites.iter().all(is_as_it_lies)) {
        assert!(facts.len() <= bytes.len() / BYTES_FOR_EACH_FACT + 1, "{} facts", facts.len());
    }
    come_back(&facts, &ledger);
    judge(&facts, &ledger);
}

/// Facts as lines of JSON: what is read is written and read to the same.
pub fn facts(mut bytes: &[u8]) {
    let (mut facts, mut ledger) = (Vec::new(), Ledger::default());
    if report::facts::read(&mut bytes, "facts", &mut facts, &mut ledger).is_ok() {
        come_back(&facts, &ledger);
        judge(&facts, &ledger);
    }
}

/// Registers: what is read is written and read to the same, and equal registers do not differ.
pub fn register(bytes: &[u8]) {
    let Ok(read) = Register::read(bytes, "register") else { return };
    let mut written = Vec::new();
    read.write(&mut written).expect("memory takes everything");
    let again = Register::read(&written, "register").expect("what was written can be read");
    assert!(register::diff(&read, &again).is_empty(), "a register changed on its way");
}

/// `keylint.toml`.
pub fn configuration(bytes: &[u8]) {
    if let Ok(text) = str::from_utf8(bytes) {
        fuzzing::configuration(text);
    }
}

/// A rule, and its condition on a fact.
pub fn rule(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Some(rules) = fuzzing::rule(text) else { return };
    let key = inspect_bytes("input", include_bytes!("../../testdata/keys/rsa/rsa-1024.pkcs8.pem"));
    rule::judge(&rules, &key.facts);
    for rule in &rules.rules {
        rule::page(rule, &rules.profile);
    }
}

fn check(fact: &Fact, length: u64) {
    assert!(fact.count >= fact.sites.len() as u64);
    for site in &fact.sites {
        // In a container, the place is one in what came out of it.
        let is_within = site.offset + site.length <= length || site.file.is_some();
        assert!(is_within, "a place beyond the end");
        let excerpt = &site.excerpt;
        assert!(excerpt.text.get(excerpt.mark.0..excerpt.mark.1).is_some(), "a mark off the text");
        assert!(excerpt.text.len() <= 400, "an excerpt of {} bytes", excerpt.text.len());
        assert_shown(&excerpt.text);
        let (before, _) = excerpt.text.split_at(excerpt.mark.0);
        assert!(!may_be_key(before), "an excerpt shows what may be a key");
    }
    for (field, value) in &fact.fields {
        match value {
            Value::Text(text) => assert_text(*field, text),
            Value::List(list) => list.iter().for_each(|text| assert_text(*field, text)),
            Value::Bool(_) | Value::Int(_) | Value::Unknown => {}
        }
    }
}

fn assert_text(field: Field, text: &str) {
    assert!(text.len() <= 4096, "{field} has {} bytes", text.len());
    assert_shown(text);
}

/// No output drives a terminal.
fn assert_shown(text: &str) {
    assert!(!text.contains(|c: char| c.is_control()), "a control character is shown");
}

/// Sixteen letters and digits in a row, small, large and numeric: a piece of base64.
fn may_be_key(text: &str) -> bool {
    let runs = text.split(|c: char| !c.is_ascii_alphanumeric());
    runs.filter(|run| run.len() >= 16).any(|run| {
        run.contains(|c: char| c.is_ascii_digit())
            && run.contains(|c: char| c.is_ascii_uppercase())
            && run.contains(|c: char| c.is_ascii_lowercase())
    })
}

/// Facts can be written down, and read again to the same.
fn come_back(facts: &[Fact], ledger: &Ledger) {
    let mut written = Vec::new();
    report::facts::write(facts, ledger, &mut written).expect("memory takes everything");
    let (mut again, mut account) = (Vec::new(), Ledger::default());
    report::facts::read(&mut written.as_slice(), "facts", &mut again, &mut account)
        .unwrap_or_else(|error| panic!("facts that were written cannot be read: {error}"));
    assert_eq!(facts, again, "facts changed on their way");
}

/// Rules and registers take any facts.
fn judge(facts: &[Fact], ledger: &Ledger) {
    thread_local!(static RULES: RuleSet = RuleSet::builtin());
    RULES.with(|rules| rule::judge(rules, facts));
    let register = register::build(facts, ledger);
    let mut written = Vec::new();
    register.write(&mut written).expect("memory takes everything");
    Register::read(&written, "register").expect("what was written can be read");
}
