use super::*;
use crate::settings::{
    arm::tests::shown,
    providers::Providers,
    sources::{Source, Sources},
};

/// Resources of a file: type, address, body; and how many problems there were.
fn read_text(text: &str) -> (Vec<(String, String, Node)>, usize) {
    let mut sources = Sources::default();
    let source = sources.add(Source::new("t.bicep".into(), None, text.to_owned().into()));
    let mut reading =
        Reading::new(Providers::builtin(), &sources, std::collections::BTreeSet::from([source]));
    read(source, &mut reading);
    let found = reading.resources.into_iter().map(|of| (of.type_name, of.address, of.body));
    (found.collect(), reading.problems.len())
}

const FILE: &str = r#"
targetScope = 'resourceGroup'
metadata about = 'it''s'

@description('Name of the vault')
@minLength(3)
param vaultName string
param size int = 3072
param kinds ('RSA' | 'RSA-HSM')[] = [
  'RSA'
  'RSA-HSM' // kept in an HSM
]
param protect bool?
type options = {
  name: string
  size: int?
}
var prefix = 'key-${size}'
var policy = '''
{
  "version": "1.0.0"
}
'''
func double(n int) int => n * 2

/* The vault
   itself */
resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: vaultName
  properties: {
    enablePurgeProtection: protect ? true : null
    'quoted': policy
    sum: 1 + 2 * 3 == 7 && !false
    fallback: protect ?? 'x'
  }

  resource inner 'keys' = {
    name: 'pan'
    properties: { kty: kinds[1], keySize: size }
  }
}

resource other 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: 'shared'
  scope: resourceGroup('common')
}

resource keys 'Microsoft.KeyVault/vaults/keys@2023-07-01' = [for (kind, i) in kinds: if (i >= 0) {
  parent: other
  name: '${prefix}-${i}'
  properties: {
    kty: kind
    keyOps: [ 'wrapKey', 'unwrapKey' ]
  }
}]

resource set 'Microsoft.Compute/diskEncryptionSets@2023-10-02' = {
  name: 'des'
  properties: {
    activeKey: {
      keyUrl: vault::inner.properties.keyUriWithVersion
      sourceVault: { id: vault.id }
    }
    named: inner.name
    upper: map(kinds, k => toUpper(k))
  }
  dependsOn: [ other ]
}

module net './net.bicep' = { name: 'net' }
output uri string = vault.properties.vaultUri
"#;

#[test]
fn a_file_declares_resources_in_full() {
    let (found, problems) = read_text(FILE);
    assert_eq!(problems, 0);
    let by_name = |name: &str| &found.iter().find(|(_, of, _)| of == name).unwrap().2;
    let names: Vec<&str> = found.iter().map(|(_, name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "<vaultName>/pan",
            "<vaultName>",
            "<vaultName>",
            "shared/key-3072-0",
            "shared/key-3072-1",
            "des"
        ]
    );
    assert_eq!(found[0].0, "Microsoft.KeyVault/vaults/keys");
    let property = |name: &str, of: &str| {
        shown(by_name(name).get("properties").and_then(|node| node.get(of)).unwrap())
    };
    assert_eq!(property("<vaultName>/pan", "kty"), "RSA-HSM");
    assert_eq!(property("<vaultName>/pan", "keySize"), "3072");
    assert_eq!(property("<vaultName>", "enablePurgeProtection"), "true");
    assert_eq!(property("<vaultName>", "quoted"), "{\n  \"version\": \"1.0.0\"\n}\n");
    assert_eq!(property("<vaultName>", "sum"), "true");
    assert_eq!(property("shared/key-3072-1", "kty"), "RSA-HSM");
    assert_eq!(property("shared/key-3072-0", "keyOps"), "[wrapKey unwrapKey]");
    assert_eq!(
        property("des", "activeKey"),
        "{keyUrl=~${<vaultName>/pan.keyUriWithVersion} sourceVault={id=~${<vaultName>.id}}}"
    );
    assert_eq!(property("des", "named"), "pan");
    assert_eq!(property("des", "upper"), "[RSA RSA-HSM]");
    // Both ways of the condition.
    assert_eq!(
        shown(found[2].2.get("properties").and_then(|of| of.get("enablePurgeProtection")).unwrap()),
        "-"
    );
}

#[test]
fn a_mistake_costs_its_statement() {
    let good = "resource b 'A.B/c@1' = {\n  name: 'b'\n}\n";
    for bad in [
        "resource a 'A.B/c@1' = {\n  name: 'a\n}\n",
        "resource a 'A.B/c@1' = {\n  name: \n}\n",
        "resource a = {}\n",
        "var x = [for y in z]\n",
        "what is this\n",
        "param\n",
        "var a = (1\n",
        "resource a 'A.B/c@1' = {\n  properties: {\n",
    ] {
        let (found, problems) = read_text(&format!("{bad}{good}"));
        assert!(found.iter().any(|(_, name, _)| name == "b"), "{bad}");
        assert!(problems > 0, "{bad}");
    }
}

#[test]
fn any_text_is_read_to_an_end() {
    for end in (0..FILE.len()).step_by(2) {
        // All of it is ASCII.
        read_text(&FILE[..end]);
    }
    let bytes = FILE.as_bytes();
    for at in (0..bytes.len()).step_by(13) {
        for with in *b"'{}[]()$?:=\n\\/" {
            let mut mutated = bytes.to_vec();
            mutated[at] = with;
            read_text(std::str::from_utf8(&mutated).unwrap());
        }
    }
    for deep in ["[", "{a:", "(", "!", "a(", "a ? ", "'${", "resource a 'b/c' = {"] {
        read_text(&format!("var x = {}", deep.repeat(3_000)));
        read_text(&format!("resource r 'A.B/c@1' = {{ {}", deep.repeat(3_000)));
    }
    let long = format!("var x = a{}", ".b".repeat(3_000));
    assert_eq!(read_text(&long).1, 1);
}
