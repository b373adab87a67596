use super::*;
use crate::settings::{
    json,
    providers::Providers,
    sources::{Source, Sources},
};

/// Resources of a template: type, address, body.
fn resources(text: &str) -> Vec<(String, String, Node)> {
    let mut sources = Sources::default();
    let source = sources.add(Source::new("t.json".into(), None, text.to_owned().into()));
    let document = json::parse(source, text).unwrap();
    assert!(is(&document), "{text}");
    let mut reading =
        Reading::new(Providers::builtin(), &sources, std::collections::BTreeSet::from([source]));
    read(&document, source, &mut reading);
    reading.resources.into_iter().map(|of| (of.type_name, of.address, of.body)).collect()
}

pub(in crate::settings) fn shown(node: &Node) -> String {
    match &node.tree {
        Tree::Partial(text) => format!("~{text}"),
        Tree::Unknown => "?".to_owned(),
        Tree::Null => "-".to_owned(),
        Tree::List(nodes) => format!("[{}]", nodes.iter().map(shown).collect::<Vec<_>>().join(" ")),
        Tree::Map(entries) => {
            let shown = |entry: &Entry| format!("{}={}", entry.name, shown(&entry.node));
            format!("{{{}}}", entries.iter().map(shown).collect::<Vec<_>>().join(" "))
        }
        _ => node.scalar().unwrap().into_owned(),
    }
}

/// What an expression comes to, each way.
fn value(expression: &str) -> String {
    let text = format!(
        r#"{{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "parameters": {{"size": {{"type": "int", "defaultValue": 3072}}, "vault": {{"type": "string"}},
          "options": {{"type": "object"}}, "roles": {{"type": "bool"}}}},
        "variables": {{"Name": "[concat(parameters('vault'), '-kv')]", "keys": ["a", "b"],
          "limits": {{"days": 90}}, "loop": "[variables('loop')]",
          "copy": [{{"name": "counted", "count": 2, "input": "[concat('k', copyIndex('counted', 1))]"}}]}},
        "resources": [{{"type": "A.B/c", "apiVersion": "2023-07-01", "name": "x",
          "properties": {{"value": {}}}}}]}}"#,
        serde_json::to_string(expression).unwrap()
    );
    let found = resources(&text);
    let values = found
        .iter()
        .map(|(_, _, body)| shown(body.get("properties").and_then(|of| of.get("value")).unwrap()));
    values.collect::<Vec<_>>().join(" | ")
}

#[test]
fn expressions_come_to_what_the_template_says() {
    for (expression, wanted) in [
        ("plain", "plain"),
        ("[[plain]", "[plain]"),
        ("[parameters('SIZE')]", "3072"),
        ("[parameters('vault')]", "~${vault}"),
        ("[parameters('options').sku.name]", "~${options:sku:name}"),
        ("[parameters('missing')]", "?"),
        ("[variables('name')]", "~${vault}-kv"),
        ("[variables('limits').days]", "90"),
        ("[variables('keys')[1]]", "b"),
        ("[variables('counted')]", "[k1 k2]"),
        ("[variables('loop')]", "?"),
        ("[format('{0}/{1}', 'a', 2)]", "a/2"),
        ("[toLower('RSA-HSM')]", "rsa-hsm"),
        ("[union(createObject('a', 1, 'b', 2), createObject('b', 3))]", "{a=1 b=3}"),
        ("[json('{\"a\": [1]}').a]", "[1]"),
        ("[base64ToString(base64('any text'))]", "any text"),
        ("[string(createObject('a', true()))]", "{\"a\":true}"),
        ("[length(variables('keys'))]", "2"),
        ("[subscription().tenantId]", "~${tenant.tenantId}"),
        ("[tenant().tenantId]", "~${tenant.tenantId}"),
        ("[resourceId('Microsoft.KeyVault/vaults', variables('name'))]", "~${<vault>-kv.id}"),
        ("[resourceId('rg', 'Microsoft.KeyVault/vaults/keys', 'v', 'pan')]", "~${v/pan.id}"),
        (
            "[reference(resourceId('Microsoft.KeyVault/vaults/keys', 'v', 'pan')).keyUri]",
            "~${v/pan.keyUri}",
        ),
        ("[reference('v').vaultUri]", "~${v.vaultUri}"),
        ("[reference('inner').outputs.id.value]", "~${inner/id.value}"),
        (
            "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'guid')]",
            "/providers/Microsoft.Authorization/roleDefinitions/guid",
        ),
        ("[if(equals(1, 1), 'a', 'b')]", "a"),
        ("[if(parameters('roles'), 'a', 'b')]", "a | b"),
        ("[if(not(parameters('roles')), if(parameters('roles'), 1, 2), 3)]", "1 | 3 | 2 | 3"),
        ("[and(false(), parameters('roles'))]", "false"),
        ("[listKeys('x', '2023-01-01').keys]", "?"),
        ("[nonsense(", "[nonsense("),
        ("[nonsense(]", "?"),
    ] {
        assert_eq!(value(expression), wanted, "{expression}");
    }
}

const OUTER: &str = r#"{
  "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
  "parameters": {"vault": {"type": "string", "defaultValue": "pay"}},
  "resources": [
    {"type": "Microsoft.KeyVault/Vaults", "apiVersion": "2023-07-01", "name": "[parameters('vault')]",
     "properties": {}, "resources": [
       {"type": "keys", "apiVersion": "2023-07-01", "name": "pan"},
       {"type": "Microsoft.KeyVault/vaults/keys", "apiVersion": "2023-07-01", "name": "[concat(parameters('vault'), '/pin')]"},
       {"type": "providers/roleAssignments", "apiVersion": "2022-04-01", "name": "pay/Microsoft.Authorization/x"}
     ]},
    {"type": "Microsoft.KeyVault/vaults/keys", "apiVersion": "2023-07-01", "copy": {"name": "c", "count": 2},
     "name": "[format('{0}/key{1}', parameters('vault'), copyIndex())]"},
    {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "inner", "properties": {
      "expressionEvaluationOptions": {"scope": "inner"}, "parameters": {"vault": {"value": "[parameters('vault')]"}},
      "template": {"parameters": {"vault": {"type": "string"}}, "resources": [
        {"type": "Microsoft.KeyVault/vaults/keys", "apiVersion": "2023-07-01", "name": "[concat(parameters('vault'), '/inner')]"}]}}},
    {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "outer", "properties": {
      "template": {"resources": [
        {"type": "Microsoft.KeyVault/vaults/keys", "apiVersion": "2023-07-01", "name": "[concat(parameters('vault'), '/outer')]"}]}}}
  ]}"#;

#[test]
fn resources_are_named_in_full_wherever_they_stand() {
    let found = resources(OUTER);
    let named: Vec<String> = found.iter().map(|(of, name, _)| format!("{of} {name}")).collect();
    assert_eq!(
        named,
        [
            "Microsoft.KeyVault/vaults pay",
            "Microsoft.KeyVault/vaults/keys pay/pan",
            "Microsoft.KeyVault/vaults/keys pay/pin",
            "Microsoft.Authorization/roleAssignments pay/Microsoft.Authorization/x",
            "Microsoft.KeyVault/vaults/keys pay/key0",
            "Microsoft.KeyVault/vaults/keys pay/key1",
            "Microsoft.KeyVault/vaults/keys pay/inner",
            "Microsoft.KeyVault/vaults/keys pay/outer",
        ]
    );
    assert_eq!(shown(found[1].2.get("$parent").unwrap()), "~${pay.id}");
    assert_eq!(shown(found[3].2.get("$scope").unwrap()), "~${pay.id}");
    assert_eq!(shown(found[0].2.get("$level").unwrap()), "~${subscription.id}");
}

#[test]
fn resources_may_have_symbols() {
    let found = resources(
        r#"{"languageVersion": "2.0", "resources": {
          "vault": {"existing": true, "type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": "pay"},
          "key": {"type": "Microsoft.KeyVault/vaults/keys", "apiVersion": "2023-07-01", "name": "pay/pan",
            "properties": {"of": "[reference('vault').vaultUri]"}}}}"#,
    );
    assert_eq!(found.len(), 1);
    assert_eq!(shown(found[0].2.get("properties").unwrap()), "{of=~${pay.vaultUri}}");
}

#[test]
fn what_never_ends_is_given_up() {
    // Each variable is twice the one before.
    let variables: Vec<String> = (1..60)
        .map(|n| format!(r#""v{n}": "[concat(variables('v{}'), variables('v{}'))]""#, n - 1, n - 1))
        .collect();
    let text = format!(
        r#"{{"variables": {{"v0": "aaaaaaaaaaaaaaaa", {}}}, "resources": [
          {{"type": "A.B/c", "apiVersion": "1", "name": "x", "properties": {{"a": "[variables('v59')]"}}}}]}}"#,
        variables.join(", ")
    );
    let mut sources = Sources::default();
    let source = sources.add(Source::new("t.json".into(), None, text.clone().into()));
    let document = json::parse(source, &text).unwrap();
    let mut reading =
        Reading::new(Providers::builtin(), &sources, std::collections::BTreeSet::from([source]));
    read(&document, source, &mut reading);
    assert!(!reading.problems.is_empty());
}

#[test]
fn other_documents_are_no_templates() {
    for text in ["{}", "[]", r#"{"resources": [{"type": "aws_kms_key", "name": "a"}]}"#] {
        assert!(!is(&json::parse(0, text).unwrap()), "{text}");
    }
}
