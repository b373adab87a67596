//! What keylint sees in keys made by real tools: `testdata/expect.tsv`, row by row. Identities
//! there were computed by openssl and pyca/cryptography, never by keylint.

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic, and reads its fixtures itself"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
};

use keylint::{
    fact::{Fact, Field, Kind, Value},
    scan::inspect_bytes,
};

const COLUMNS: [Field; 7] = [
    Field::Format,
    Field::Class,
    Field::Label,
    Field::Algorithm,
    Field::Bits,
    Field::Curve,
    Field::KeyId,
];

/// The asserted columns of one row.
type Row = BTreeMap<Field, String>;

#[test]
fn every_fixture_gives_the_facts_that_are_expected_of_it() {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut problems = String::new();
    let (mut files, mut wrong) = (0, 0);
    for (path, rows) in expectations(&testdata) {
        let bytes = fs::read(testdata.join(&path)).expect("expect.tsv names files that are there");
        let inspection = inspect_bytes(&path, &bytes);
        let facts: Vec<Fact> =
            inspection.facts.into_iter().filter(|fact| fact.kind == Kind::Material).collect();
        let found = differences(&rows, &facts);
        files += 1;
        if !found.is_empty() {
            wrong += 1;
            let _ = write!(problems, "{path}:\n{found}");
        }
    }
    assert!(files > 500, "only {files} files");
    assert!(problems.is_empty(), "{wrong} of {files} files differ\n{problems}");
}

/// The files that have rows; `None` for those that must give nothing.
fn expectations(testdata: &Path) -> BTreeMap<String, Option<Vec<Row>>> {
    let table = fs::read_to_string(testdata.join("expect.tsv")).unwrap();
    let mut files: BTreeMap<String, Option<Vec<Row>>> = BTreeMap::new();
    for line in table.lines().skip(1) {
        let mut cells = line.split('\t');
        let path = cells.next().unwrap().to_owned();
        let row: Row = COLUMNS
            .into_iter()
            .zip(cells)
            .filter(|(_, cell)| *cell != "-")
            .map(|(field, cell)| (field, cell.to_owned()))
            .collect();
        let rows = files.entry(path).or_default();
        if row[&Field::Label] != "none" {
            rows.get_or_insert_default().push(row);
        }
    }
    files
}

/// Rows without a fact, and plaintext keys without a row.
fn differences(rows: &Option<Vec<Row>>, facts: &[Fact]) -> String {
    let mut problems = String::new();
    let Some(rows) = rows else {
        for fact in facts {
            let _ = writeln!(problems, "  should be nothing: {}", described(fact));
        }
        return problems;
    };
    let mut taken = BTreeSet::new();
    for row in rows {
        let matching = |fact: &Fact| row.iter().all(|(field, want)| text(fact, *field) == *want);
        let fresh =
            facts.iter().enumerate().find(|(at, fact)| !taken.contains(at) && matching(fact));
        match fresh {
            // One fact stands for as many rows as it counts.
            Some((at, fact)) if fact.count < 2 => {
                taken.insert(at);
            }
            Some(_) => {}
            None => {
                let _ = writeln!(problems, "  missing: {:?}", row.values().collect::<Vec<_>>());
            }
        }
    }
    for fact in facts {
        let is_plain = text(fact, Field::Label) == "plaintext";
        let has_row =
            rows.iter().any(|row| row.iter().all(|(field, want)| text(fact, *field) == *want));
        if is_plain && !has_row {
            let _ = writeln!(problems, "  unexpected: {}", described(fact));
        }
    }
    if !problems.is_empty() {
        for fact in facts {
            let _ = writeln!(problems, "    seen: {}", described(fact));
        }
    }
    problems
}

fn text(fact: &Fact, field: Field) -> String {
    fact.fields.get(&field).map_or_else(|| "-".into(), Value::to_string)
}

fn described(fact: &Fact) -> String {
    COLUMNS.map(|field| text(fact, field)).join(" ") + &format!(" line {}", fact.site().line)
}
