//! Registers out and in again, as YAML, CSV and CycloneDX.

use serde_json::{Map, Value as Json, json};

use super::*;
use crate::register::{Any, DIFF_TABLE};

const EXAMPLE: &str = include_str!("../../../testdata/register/key-register.yaml");
const SCHEMA: &str = include_str!("../../../docs/key-register.schema.json");

/// Texts that have a meaning in one of the forms.
const TEXTS: [&str; 38] = [
    "",
    " ",
    "plain",
    "two words",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "'quoted",
    "''",
    "\ttab",
    "\r",
    "a|b",
    "|",
    "a\\b",
    "\\",
    "\\n",
    "line\nbreak",
    "\n",
    "end\r\n",
    "\"\"",
    "\"",
    "{}",
    "{a: b}",
    "[x]",
    "a;b,c",
    "0777",
    "1e3",
    "true",
    "No",
    "null",
    "~",
    "2026-01-01",
    "a: b # c",
    "é🔑",
    "\u{7f}\u{85}\u{2028}\u{feff}x",
    "- x",
    "%a",
];

/// Numbers that are the same in every run (xorshift64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Something that fits a schema; of what may be left out, a part.
fn generated(schema: &Json, dice: &mut Dice) -> Json {
    match schema["type"].as_str().unwrap() {
        "object" => {
            let needs = |name: &str| {
                let names = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
                names.iter().any(|of| of == name)
            };
            let mut object = Map::new();
            for (name, of) in schema["properties"].as_object().unwrap() {
                if needs(name) || dice.below(3) == 0 {
                    object.insert(name.clone(), generated(of, dice));
                }
            }
            Json::Object(object)
        }
        "array" => (0..dice.below(4)).map(|_| generated(&schema["items"], dice)).collect(),
        "string" if schema.get("enum").is_some() => {
            let words = schema["enum"].as_array().unwrap();
            words[dice.below(words.len() as u64) as usize].clone()
        }
        "string" => TEXTS[dice.below(TEXTS.len() as u64) as usize].into(),
        "integer" => dice.below(1 << 32).into(),
        "boolean" => (dice.below(2) == 0).into(),
        other => panic!("{other}"),
    }
}

fn register(dice: &mut Dice) -> Approved {
    let schema: Json = serde_json::from_str(SCHEMA).unwrap();
    let key = &schema["properties"]["keys"]["items"];
    let keys = (0..dice.below(4)).map(|_| generated(key, dice)).collect();
    let mut head = Map::new();
    if dice.below(2) == 0 {
        let text = TEXTS[dice.below(TEXTS.len() as u64) as usize];
        head.insert("organisation".to_owned(), text.into());
        let duties = json!([["custodian", "approver"], ["owner", "user"]]);
        head.insert("separation_of_duties".to_owned(), duties);
    }
    let keys = serde_json::from_value(Json::Array(keys)).unwrap();
    let written = Written::of(head, keys).unwrap();
    Approved { name: FILE.to_owned(), written, sources: Sources::default() }
}

fn json_of(register: &Approved) -> Json {
    serde_json::to_value(&register.written).unwrap()
}

fn example() -> Approved {
    parse(FILE, EXAMPLE.as_bytes().to_vec()).map(|(register, _)| register).unwrap()
}

fn csv_of(register: &Approved) -> String {
    let mut csv = Vec::new();
    write_csv(register, &mut csv).unwrap();
    String::from_utf8(csv).unwrap()
}

fn bom_of(register: &Approved, version: &str) -> Vec<u8> {
    let mut bom = Vec::new();
    write_cyclonedx(register, version, &mut bom).unwrap();
    bom
}

fn unchanged(old: &Approved, new: &Approved, how: &str) {
    assert_eq!(json_of(old), json_of(new), "{how}");
    let today = "2026-01-01".parse().unwrap();
    assert_eq!(compare(old, new, today).changes, [], "{how}");
}

#[test]
fn register_is_the_same_after_export_and_import() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut registers: Vec<Approved> = (0..300).map(|_| register(&mut dice)).collect();
    registers.push(example());
    for (number, register) in registers.iter().enumerate() {
        let mut yaml = Vec::new();
        write_yaml(register, &mut yaml).unwrap();
        let again = parse("again.yaml", yaml.clone())
            .unwrap_or_else(|problem| panic!("{problem}\n{}", String::from_utf8_lossy(&yaml)));
        unchanged(register, &again.0, &format!("YAML {number}"));
        let csv = csv_of(register);
        let again = import("again.csv", csv.as_bytes())
            .unwrap_or_else(|problem| panic!("{problem}\n{csv}"));
        unchanged(register, &again, &format!("CSV {number}"));
        for version in ["1.6", "1.7"] {
            let again = import("again.cdx.json", &bom_of(register, version)).unwrap();
            unchanged(register, &again, &format!("CycloneDX {version} {number}"));
        }
    }
}

#[test]
fn csv_has_a_column_for_every_field() {
    let schema: Json = serde_json::from_str(SCHEMA).unwrap();
    fn leaves(schema: &Json, path: &str, found: &mut Vec<String>) {
        match schema["type"].as_str().unwrap() {
            "object" => {
                for (name, of) in schema["properties"].as_object().unwrap() {
                    let dot = if path.is_empty() { "" } else { "." };
                    leaves(of, &format!("{path}{dot}{name}"), found);
                }
            }
            "array" => leaves(&schema["items"], &format!("{path}[]"), found),
            _ => found.push(path.to_owned()),
        }
    }
    let mut found = Vec::new();
    leaves(&schema["properties"]["keys"]["items"], "", &mut found);
    let mut columns: Vec<&str> = columns::COLUMNS.iter().map(|column| column.path).collect();
    found.sort();
    columns.sort_unstable();
    assert_eq!(found, columns);
}

#[test]
fn csv_cells_are_no_formulas() {
    let mut dice = Dice(7);
    for _ in 0..100 {
        let csv = csv_of(&register(&mut dice));
        for record in ::csv::Reader::from_reader(csv.as_bytes()).records() {
            for cell in &record.unwrap() {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
            }
        }
    }
}

#[test]
fn csv_of_a_spreadsheet_is_read() {
    let text = "id;kind;custodians.name;custodians.acknowledged_at;exportable;size_bits\r\n\
                kek;secret-key;\"Ana Ruiz\nBen Okoro\";\"2025-02-03\n\";FALSE;256\r\n\
                ;;;;;\r\n";
    let expected = json!([{
        "id": "kek",
        "kind": "secret-key",
        "exportable": false,
        "size_bits": 256,
        "custodians": [
            { "name": "Ana Ruiz", "acknowledged_at": "2025-02-03" },
            { "name": "Ben Okoro" },
        ],
    }]);
    for text in [
        text.to_owned(),
        format!("\u{feff}{text}"),
        format!("sep=;\r\n{text}"),
        text.replace(';', ","),
        text.replace(';', "\t"),
    ] {
        let read = import("keys.csv", text.as_bytes()).unwrap();
        assert_eq!(json_of(&read)["keys"], expected, "{text}");
    }
}

#[test]
fn csv_that_is_wrong_is_refused_at_its_line_and_column() {
    let problem = |text: &str| import("keys.csv", text.as_bytes()).err().unwrap().to_string();
    for (text, said) in [
        ("id,kind,size_bits\na,key,1\nb,key,many\n", "keys.csv:3: column size_bits: must be a"),
        ("id,kind,size_bits\r\na,key,1\r\nb,key,many\r\n", "keys.csv:3: column size_bits: "),
        ("id,kind,size_bits\n\n\r\nb,key,many\n", "keys.csv:4: column size_bits: "),
        ("id,kind,exportable\na,key,perhaps\n", "keys.csv:2: column exportable: must be true"),
        ("sep=,\nid,kind,size_bits\nb,key,x\n", "keys.csv:3: column size_bits: "),
        ("id,kind,name\n\"a\",key,\"two\nlines\"\n,key,c\n", "keys.csv:4: column id: is needed"),
        ("id,kind,store.region\na,key,x\n", "keys.csv:2: column store.type: is needed here"),
        ("id,kind,nmae\n", "keys.csv:1: column nmae: is no field"),
        ("id,kind,kind\n", "keys.csv:1: column kind: is there twice"),
        ("kind,name\n", "keys.csv:1: column id: and column kind are needed"),
        ("id,kind\na,key\nb\n", "keys.csv:3: not a table"),
        ("", "keys.csv:1: the file is empty"),
        ("id,kind,\na,key,x\n", "keys.csv:2: a cell without a name above it"),
    ] {
        let problem = problem(text);
        assert!(problem.starts_with(said), "{problem}");
    }
    let latin = import("keys.csv", b"id,kind,name\na,key,caf\xe9\n").err().unwrap().to_string();
    assert!(latin.starts_with("keys.csv:2: not in UTF-8"), "{latin}");
}

#[test]
fn a_word_that_there_is_not_is_refused_at_its_row_with_those_there_are() {
    let problem = |text: &str| import("keys.csv", text.as_bytes()).err().map(|of| of.to_string());
    let said = problem("id,kind,state\na,secret-key,active\nb,secret-keyy,active\n").unwrap();
    assert!(said.starts_with("keys.csv:3: kind of `b` is `secret-keyy`, and must be"), "{said}");
    assert!(said.contains("secret-key, private-key"), "{said}");
    let said = problem("sep=,\nid,kind,state\na,secret-key,actve\n").unwrap();
    assert!(said.starts_with("keys.csv:3: state of `a` is `actve`"), "{said}");
    for column in ["storage_form", "origin.how", "source"] {
        let said = problem(&format!("id,kind,{column}\na,key,x\n")).unwrap();
        assert!(said.starts_with(&format!("keys.csv:2: {column} of `a`")), "{said}");
    }
    assert_eq!(problem("id,kind,state\na,secret-key,suspended\n"), None);
}

#[test]
fn register_with_a_bare_key_in_it_is_not_read() {
    const HEX: &str = "cd43b4a9df2a23059ebecfd719469fd33f3df2bf628556e9cc76b3688432bb58";
    const BASE64: &str = "GcgKAg9Ab8pLqBMwMKJAxoLOWnmnW5OgSrwwqHmcAx0=";
    for value in [HEX, BASE64] {
        for field in ["ticket", "protects", "purpose", "name", "system", "owner", "state"] {
            let yaml = format!(
                "keylint: key-register\nversion: 1\nkeys:\n  - id: a\n    kind: key\n    {field}: {value}\n"
            );
            let problem = parse(FILE, yaml.into_bytes()).err().unwrap().to_string();
            let said =
                format!("{FILE}:6: a register does not hold keys: take this one out of `{field}`");
            assert_eq!(problem, said);
            let csv = format!("id,kind,{field}\nb,key,x\na,key,{value}\n");
            let csv = import("keys.csv", csv.as_bytes()).err().unwrap().to_string();
            assert_eq!(csv, said.replace(&format!("{FILE}:6"), "keys.csv:3"));
        }
    }
    let nested =
        format!("id,kind,backup.location,exception.rules,exception.reason\na,key,safe,r,{HEX}\n");
    let problem = import("keys.csv", nested.as_bytes()).err().unwrap().to_string();
    assert!(problem.ends_with("`exception.reason`"), "{problem}");
    // What names or proves something is no key.
    let digests = format!(
        "id,kind,fingerprint.value,version,origin.how,origin.evidence,ticket\n\
         {HEX},key,{HEX},{HEX},generated,{HEX},sha256:{HEX}\n"
    );
    assert!(import("keys.csv", digests.as_bytes()).is_ok());
}

#[test]
fn register_with_a_key_in_it_is_not_imported() {
    let pem = include_str!("../../../testdata/keys/edwards/ed25519.pkcs8.pem");
    let csv = format!("id,kind,ticket\na,key,\"{pem}\"\n");
    let problem = import("keys.csv", csv.as_bytes()).err().unwrap().to_string();
    assert!(problem.starts_with("keys.csv:2: a register does not hold keys"), "{problem}");
    assert!(!problem.contains("BEGIN"));
}

#[test]
fn cyclonedx_of_a_register_says_what_others_can_read() {
    let register = example();
    for version in ["1.6", "1.7"] {
        let bom: Json = serde_json::from_slice(&bom_of(&register, version)).unwrap();
        assert_eq!(bom["specVersion"], version);
        let asset = |id: &str| -> Json {
            let reference = format!("crypto/key/{id}");
            let all = bom["components"].as_array().unwrap();
            all.iter().find(|of| of["bom-ref"] == *reference).unwrap().clone()
        };
        let kek = &asset("pan-kek")["cryptoProperties"]["relatedCryptoMaterialProperties"];
        assert_eq!(kek["type"], "secret-key");
        assert_eq!(kek["state"], "active");
        assert_eq!(kek["creationDate"], "2025-02-01T00:00:00Z");
        assert_eq!(kek["activationDate"], "2025-02-03T00:00:00Z");
        assert_eq!(kek["securedBy"]["mechanism"], "HSM");
        assert_eq!(kek["securedBy"]["algorithmRef"], "crypto/algorithm/aes-256");
        let algorithm = match version {
            "1.6" => &kek["algorithmRef"],
            _ => &kek["relatedCryptographicAssets"][0]["ref"],
        };
        assert_eq!(algorithm, "crypto/algorithm/aes-256");
        let gateway = asset("gateway-tls");
        let place = &gateway["evidence"]["occurrences"][0];
        assert_eq!(place["location"], "deploy/production/gateway.key");
        let related = &gateway["cryptoProperties"]["relatedCryptoMaterialProperties"];
        assert_eq!(related["expirationDate"], "2026-09-01T00:00:00Z");
        let digest = match version {
            "1.6" => &gateway["hashes"][0],
            _ => &related["fingerprint"],
        };
        assert_eq!(digest["alg"], "SHA-256");
        let dependencies = bom["dependencies"].as_array().unwrap();
        let of = dependencies.iter().find(|of| of["ref"] == "crypto/key/pan-dek-2025").unwrap();
        assert_eq!(of["dependsOn"], json!(["crypto/algorithm/aes-256", "crypto/key/pan-kek"]));
        assert!(!bom.to_string().contains("\"value\":\"-----"));
    }
}

#[test]
fn cyclonedx_that_somebody_changed_is_read_as_changed() {
    let register = example();
    let mut bom: Json = serde_json::from_slice(&bom_of(&register, "1.6")).unwrap();
    for component in bom["components"].as_array_mut().unwrap() {
        if component["bom-ref"] == "crypto/key/pan-kek" {
            let related = &mut component["cryptoProperties"]["relatedCryptoMaterialProperties"];
            related["state"] = "compromised".into();
            related["expirationDate"] = "2027-01-01T00:00:00Z".into();
        }
    }
    let again = import("keys.cdx.json", bom.to_string().as_bytes()).unwrap();
    let key = again.keys().iter().find(|key| &*key.id.value == "pan-kek").unwrap();
    assert_eq!(key.state(), "compromised");
    assert_eq!(&*key.expires.as_ref().unwrap().value, "2027-01-01");
    assert!(matches!(
        Any::read(bom.to_string().into_bytes(), "keys.cdx.json"),
        Ok(Any::Approved(_))
    ));
}

#[test]
fn cyclonedx_of_others_gives_what_it_says() {
    let asset = |reference: &str, related: Json| {
        json!({
            "type": "cryptographic-asset", "name": reference, "bom-ref": reference,
            "cryptoProperties": {
                "assetType": "related-crypto-material",
                "relatedCryptoMaterialProperties": related,
            },
        })
    };
    let bom = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "components": [
            asset("kek", json!({ "type": "secret-key", "size": 256, "state": "active" })),
            asset("dek", json!({
                "type": "secret-key", "size": 128, "creationDate": "2026-01-01T00:00:00Z",
                "securedBy": { "mechanism": "HSM" },
            })),
            { "type": "library", "name": "openssl" },
        ],
        "dependencies": [{ "ref": "dek", "dependsOn": ["kek"] }],
    });
    let read = import("other.json", bom.to_string().as_bytes()).unwrap();
    let keys = json_of(&read)["keys"].clone();
    assert_eq!(keys.as_array().unwrap().len(), 2);
    assert_eq!(keys[1]["wrapped_by"], "kek");
    assert_eq!(keys[1]["created"], "2026-01-01");
    assert_eq!(keys[1]["store"], json!({ "type": "hsm", "protection": "hsm" }));
    assert_eq!(keys[0]["size_bits"], 256);
}

#[test]
fn sarif_of_a_difference_has_a_state_for_every_change() {
    let old = example();
    let text = EXAMPLE.replace("  - id: pan-dek-2025\n", "  - id: pan-dek-2027\n").replace(
        "value: 34c0d5c9cdd98263997b2f76498c8d61c4062317969bd682b48319bda3a86068",
        "value: 44c0d5c9cdd98263997b2f76498c8d61c4062317969bd682b48319bda3a86068",
    );
    let (new, _) = parse(FILE, text.as_bytes().to_vec()).unwrap();
    let diff = compare(&old, &new, "2026-01-01".parse().unwrap());
    let row = DIFF_TABLE.iter().find(|row| row.name == "sarif").unwrap();
    let mut log = Vec::new();
    (row.render)(&diff, &mut log).unwrap();
    let log: Json = serde_json::from_slice(&log).unwrap();
    let run = &log["runs"][0];
    let told: Vec<(&str, &str)> = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| (of["ruleId"].as_str().unwrap(), of["baselineState"].as_str().unwrap()))
        .collect();
    for expected in [
        ("register-substituted", "updated"),
        ("register-removed", "absent"),
        ("register-added", "new"),
    ] {
        assert!(told.contains(&expected), "{told:?}");
    }
    assert_eq!(told.len(), diff.changes.len());
    let rules = &run["tool"]["driver"]["rules"];
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], FILE);
        assert!(place["region"]["startLine"].as_u64().unwrap() > 1);
        assert!(
            result["properties"]["before"].is_string() || result["properties"]["after"].is_string()
        );
    }
}
