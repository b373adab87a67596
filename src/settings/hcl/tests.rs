//! Mistakes cost a block, and every value knows where it is written.

use super::*;

const POLICY: &str = r#"# Who may use the key
path "transit/keys/*" {
  capabilities = ["create", "read"]
}
path "transit/decrypt/pan" { capabilities = ["update"] }
seal "pkcs11" {
  pin = "4321" // said in the clear
  key_label = "${env.LABEL}-key"
}
"#;

fn read(text: &str) -> (Node, Vec<(usize, String)>) {
    let parsed = parse(3, text);
    let span = Span::new(3, 0..text.len());
    (document(&parsed.body, span, text), parsed.problems)
}

fn at<'a>(text: &'a str, node: &Node) -> &'a str {
    assert_eq!(node.span.source, 3);
    &text[node.span.start as usize..node.span.end as usize]
}

#[test]
fn blocks_are_lists_of_maps_with_labels_and_places() {
    for text in [POLICY.to_owned(), format!("\u{feff}{POLICY}"), POLICY.replace('\n', "\r\n")] {
        let (root, problems) = read(&text);
        assert!(problems.is_empty(), "{problems:?}");
        let paths = root.get("path").unwrap().elements();
        assert_eq!(paths.len(), 2);
        assert_eq!(paths[0].get("$label").unwrap().as_text(), Some("transit/keys/*"));
        assert_eq!(at(&text, &paths[0]), "path \"transit/keys/*\"");
        let capabilities = paths[0].get("capabilities").unwrap().elements();
        assert_eq!(at(&text, &capabilities[1]), "\"read\"");
        let seal = &root.get("seal").unwrap().elements()[0];
        assert_eq!(seal.get("pin").unwrap().as_text(), Some("4321"));
        let label = seal.get("key_label").unwrap();
        assert_eq!(label.as_text(), None);
        assert_eq!(label.as_partial(), Some("${env.LABEL}-key"));
    }
}

#[test]
fn a_mistake_costs_its_block_and_no_more() {
    let good = "path \"b\" {\n  capabilities = [\"sudo\"]\n}\n";
    for bad in [
        "path \"a\" {\n  capabilities = [\"read\",, \"sudo\"]\n}\n",
        "path \"a\" {\n  capabilities = [\"read\"]\n\n",
        "path \"a\" {\n  capabilities = [\"read\"]\n}\n}\n",
        "path \"a\" {\n  x = 1\n  x = 2\n}\n",
        "path \"a\" {\n  text = <<EOT\npath \"c\" {\n}\n  EOT\n  y = = 1\n}\n",
    ] {
        for text in [format!("{good}{bad}"), format!("{bad}{good}")] {
            let (root, problems) = read(&text);
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            let paths = root.get("path").unwrap().elements();
            let b = paths.iter().find(|path| path.get("$label").unwrap().as_text() == Some("b"));
            let capability = &b.unwrap().get("capabilities").unwrap().elements()[0];
            assert_eq!(at(&text, capability), "\"sudo\"");
        }
    }
}

#[test]
fn no_beginning_and_no_damage_of_a_text_makes_it_fail() {
    for end in 0..POLICY.len() {
        read(&POLICY[..end]);
        let mut bytes = POLICY.as_bytes().to_vec();
        for damage in [b'{', b'"', b'}', b'\n', b'$', b'<'] {
            bytes[end] = damage;
            read(&String::from_utf8_lossy(&bytes));
        }
    }
    read(&"a {\n".repeat(10_000));
    read(&format!("a = {}", "[".repeat(10_000)));
    read(&format!("a = {}1", "!".repeat(10_000)));
}

#[test]
fn a_key_that_is_set_again_costs_nothing_but_itself() {
    let text = "a \"b\" {\n  tags = {\n    x = 1\n    x = 2\n    \"long\" = 3\n    \"long\" = 4\n  }\n  after = 5\n}\n";
    let parsed = parse(0, text);
    assert_eq!(parsed.problems.len(), 1);
    let document = document(&parsed.body, Span::new(0, 0..text.len()), text);
    let block = &document.get("a").unwrap().elements()[0];
    let tags = block.get("tags").unwrap();
    assert_eq!(tags.get("x").unwrap().as_int(), Some(1));
    assert_eq!(tags.get("long").unwrap().as_int(), Some(3));
    let after = block.get("after").unwrap();
    assert_eq!(&text[after.span.start as usize..after.span.end as usize], "5");
}
