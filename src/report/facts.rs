//! Facts and ledger as lines of JSON: what `keylint inspect` writes and `keylint judge` reads. A
//! header line, a line for each fact and each skip, and a last line that counts them, so that a
//! file that was cut short is noticed. Files may be joined end to end.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, Write},
};

use serde::{Deserialize, Serialize};

use super::write_line;
use crate::{
    error::Error,
    fact::{self, Fact},
    ledger::{Given, Ledger, Skip},
};

/// Version of the form.
pub const VERSION: u32 = 1;

/// One line.
#[derive(Serialize)]
#[serde(untagged)]
enum Written<'a> {
    Header { keylint: &'static str, version: u32 },
    Fact { fact: &'a Fact },
    Skip { skip: &'a Skip },
    End { end: End },
}

/// One line, as it is read. Exactly one of `keylint`, `fact`, `skip` and `end` is there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    keylint: Option<String>,
    version: Option<u32>,
    fact: Option<Fact>,
    skip: Option<Skip>,
    end: Option<End>,
}

/// What the lines add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    scanned_units: u64,
    scanned_bytes: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    by_layer: BTreeMap<String, Given>,
    #[serde(default, skip_serializing_if = "crate::ledger::is_zero")]
    undecided: u64,
    facts: u64,
    skips: u64,
}

/// Writes everything that a scan saw.
pub fn write(facts: &[Fact], ledger: &Ledger, out: &mut dyn Write) -> io::Result<()> {
    write_line(&Written::Header { keylint: "facts", version: VERSION }, out)?;
    for fact in facts {
        write_line(&Written::Fact { fact }, out)?;
    }
    for skip in &ledger.skips {
        write_line(&Written::Skip { skip }, out)?;
    }
    let end = End {
        scanned_units: ledger.scanned_units,
        scanned_bytes: ledger.scanned_bytes,
        by_layer: ledger.by_layer.clone(),
        undecided: ledger.undecided,
        facts: facts.len() as u64,
        skips: ledger.skips.len() as u64,
    };
    write_line(&Written::End { end }, out)
}

/// Reads what [`write`] wrote and adds it to what was read before. `name` is the file's, for
/// messages.
pub fn read(
    input: &mut dyn BufRead,
    name: &str,
    facts: &mut Vec<Fact>,
    ledger: &mut Ledger,
) -> Result<(), Error> {
    let mut seen: Option<End> = None;
    let mut parts = 0_u64;
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        if input.read_until(b'\n', &mut line).map_err(|error| Error::file(name, error))? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let invalid = |problem: &str| Error::invalid(format!("{name}:{number}"), problem);
        let read: Read = serde_json::from_slice(&line).map_err(|error| {
            // The message of serde_json ends in a place within the line, which is the column.
            invalid(&format!("this is no line of facts: {error}"))
        })?;
        match (read, &mut seen) {
            (Read { keylint: Some(what), version, fact: None, skip: None, end: None }, None) => {
                if what != "facts" {
                    return Err(invalid(&format!("this is a keylint {what}, not facts")));
                }
                if version != Some(VERSION) {
                    return Err(invalid(
                        "this version of keylint reads version 1 of facts; inspect again with it",
                    ));
                }
                seen = Some(End::default());
            }
            (
                Read { keylint: None, version: None, fact: Some(fact), skip: None, end: None },
                Some(seen),
            ) => {
                facts.push(checked(fact).map_err(invalid)?);
                seen.facts += 1;
            }
            (
                Read { keylint: None, version: None, fact: None, skip: Some(skip), end: None },
                Some(seen),
            ) => {
                ledger.skips.push(skip);
                seen.skips += 1;
            }
            (
                Read { keylint: None, version: None, fact: None, skip: None, end: Some(end) },
                Some(counted),
            ) => {
                if (end.facts, end.skips) != (counted.facts, counted.skips) {
                    return Err(invalid("lines are missing before this one"));
                }
                ledger.merge(Ledger {
                    scanned_units: end.scanned_units,
                    scanned_bytes: end.scanned_bytes,
                    by_layer: end.by_layer,
                    undecided: end.undecided,
                    skips: Vec::new(),
                });
                seen = None;
                parts += 1;
            }
            (_, None) => {
                return Err(invalid("facts begin with {\"keylint\":\"facts\",\"version\":1}"));
            }
            (_, Some(_)) => {
                return Err(invalid("this line is not one of a fact, a skip or the end"));
            }
        }
    }
    if seen.is_some() {
        return Err(Error::invalid(name, "the file ends early: its last line is missing"));
    }
    if parts == 0 {
        return Err(Error::invalid(name, "the file holds no facts, not even their header"));
    }
    Ok(())
}

/// A fact with what the rest of the program relies on: it has a site, no more sites than it
/// counts, and excerpts that are one printable line with a mark inside.
fn checked(mut fact: Fact) -> Result<Fact, &'static str> {
    if fact.sites.is_empty() {
        return Err("this fact has no site");
    }
    if fact.count < fact.sites.len() as u64 {
        return Err("this fact has more sites than it counts");
    }
    for site in &mut fact.sites {
        let excerpt = &mut site.excerpt;
        if excerpt.text.chars().any(fact::is_unsafe_to_show) {
            return Err("this fact has an excerpt with control characters");
        }
        let (start, end) = excerpt.mark;
        if excerpt.text.get(start..end).is_none() {
            return Err("this fact has a mark outside of its excerpt");
        }
    }
    Ok(fact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fact::{Excerpt, Field, Kind, Site, Value},
        ledger::Reason,
    };

    fn samples() -> (Vec<Fact>, Ledger) {
        let site = Site {
            path: "a\u{202e} b%.pem".into(),
            line: 3,
            decoded: vec!["base64".into()],
            excerpt: Excerpt { text: "é-----BEGIN".into(), mark: (2, 12) },
            ..Site::default()
        };
        let material = Fact::new(Kind::Material, site.clone())
            .with(Field::Bits, 2048_u32)
            .with(Field::WorldReadable, true)
            .with(Field::Strength, Value::Unknown)
            .with(Field::Alias, "unknown");
        let link = Fact::new(Kind::Pair, site).with(Field::Labels, vec!["plaintext".to_owned()]);
        let ledger = Ledger {
            scanned_units: 7,
            scanned_bytes: 900,
            by_layer: BTreeMap::from([("tar".to_owned(), Given { units: 5, bytes: 300 })]),
            undecided: 3,
            skips: vec![Skip::new("x.gz", Reason::Damaged).bytes(12).partly()],
        };
        (vec![material, link], ledger)
    }

    fn written() -> String {
        let (facts, ledger) = samples();
        let mut out = Vec::new();
        write(&facts, &ledger, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn read_all(text: &str) -> Result<(Vec<Fact>, Ledger), String> {
        let (mut facts, mut ledger) = (Vec::new(), Ledger::default());
        read(&mut text.as_bytes(), "f.jsonl", &mut facts, &mut ledger)
            .map_err(|error| error.to_string())?;
        Ok((facts, ledger))
    }

    #[test]
    fn what_is_written_reads_back() {
        assert_eq!(read_all(&written()).unwrap(), samples());
    }

    #[test]
    fn every_line_is_safe_to_show() {
        let text = written();
        assert_eq!(text.lines().count(), 5);
        assert!(!text.chars().any(|c| c != '\n' && fact::is_unsafe_to_show(c)));
    }

    #[test]
    fn files_joined_end_to_end_add_up() {
        let (facts, ledger) = read_all(&format!("{}\n{}", written(), written())).unwrap();
        assert_eq!(facts.len(), 4);
        assert_eq!((ledger.scanned_units, ledger.skips.len()), (14, 2));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let text = written();
        let lines: Vec<&str> = text.lines().collect();
        let cut = lines[..4].join("\n");
        assert!(read_all(&cut).unwrap_err().contains("ends early"));
        let missing = [lines[0], lines[1], lines[3], lines[4]].join("\n");
        assert_eq!(read_all(&missing).unwrap_err(), "f.jsonl:4: lines are missing before this one");
        assert!(read_all(lines[1]).unwrap_err().starts_with("f.jsonl:1: facts begin with"));
        assert!(read_all("").unwrap_err().contains("no facts"));
        let torn = format!("{}\n{}", lines[0], &lines[1][..40]);
        assert!(read_all(&torn).unwrap_err().starts_with("f.jsonl:2: this is no line of facts"));
        let newer = lines[0].replace(":1}", ":2}");
        assert!(read_all(&newer).unwrap_err().contains("version 1"));
        let report = r#"{"keylint":"report","version":1}"#;
        assert!(read_all(report).unwrap_err().contains("this is a keylint report"));
    }

    #[test]
    fn facts_that_would_break_a_reporter_are_refused() {
        let text = written();
        let header = text.lines().next().unwrap();
        let siteless = format!(
            "{header}\n{}",
            r#"{"fact":{"kind":"material","fields":{},"count":0,"sites":[]}}"#
        );
        assert!(read_all(&siteless).unwrap_err().contains("no site"));
        assert!(read_all(&text.replacen("[2,12]", "[1,12]", 1)).unwrap_err().contains("mark"));
        assert!(read_all(&text.replace("\"bits\"", "\"bitz\"")).unwrap_err().contains("f.jsonl:2"));
        assert!(read_all(&text.replacen("é---", "\\u001b---", 1)).unwrap_err().contains("control"));
    }
}
