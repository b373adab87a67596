//! What tools print: `partition showpolicies` and `hsm showpolicies` of Luna, `nfkminfo` and `rocs`
//! of nShield, objects of `yubihsm-shell`, `pkcs11-tool -O`, `p11tool --list-all` and
//! `softhsm2-dump-file`, attributes and commands of CloudHSM's `key_mgmt_util`; and tables of
//! anything else (Vault, clients of databases). Each gives maps that say in `tool` what they are;
//! attributes of PKCS#11 have the names that the CLI of CloudHSM gives them (`extractable`,
//! `always-sensitive` …).

mod clouds;
mod columns;
mod nshield;
mod pkcs11;

use std::sync::LazyLock;

use aho_corasick::packed;

use super::{
    text::{Members, VALUES, lines, list, span},
    tree::{Node, Span, Tree},
};

struct Dump {
    /// One of these stands in everything that the tool prints.
    marks: &'static [&'static str],
    read: fn(u32, &str, &mut Vec<Node>),
}

const TABLE: &[Dump] = &[
    Dump { marks: &["Allow private key ", "Allow non-FIPS", "showpolicies"], read: luna },
    Dump { marks: &["k-out-of-n ", "hknso ", "BlobRecoveryKA "], read: nshield::nfkminfo },
    Dump { marks: &["rocs> "], read: nshield::rocs },
    Dump { marks: &["id: 0x", "yubihsm> "], read: yubihsm },
    Dump { marks: &["Private Key Object; ", "Secret Key Object; "], read: pkcs11::pkcs11_tool },
    Dump { marks: &["\tType: Private key", "\tType: Secret key"], read: pkcs11::p11tool },
    Dump { marks: &["Dump of object file "], read: pkcs11::softhsm },
    Dump { marks: &["OBJ_ATTR_", "Cfm3"], read: pkcs11::key_mgmt_util },
    Dump { marks: clouds::AWS, read: clouds::aws },
    Dump { marks: clouds::GCLOUD, read: clouds::gcloud },
    Dump { marks: columns::MARKS, read: columns::read },
    Dump { marks: SENTENCES, read: sentences },
    Dump { marks: &["Unseal Key 1: ", "Recovery Key 1: "], read: shares },
];

/// What tools say in words.
const SENTENCES: &[&str] = &["No audit devices are enabled."];

fn sentences(source: u32, text: &str, found: &mut Vec<Node>) {
    for (at, line) in lines(text).take(VALUES) {
        let said = line.trim();
        if SENTENCES.contains(&said) {
            let span = span(source, at, line, said);
            let mut members = Members::default();
            members.set("tool", Tree::text("sentence"), span);
            members.set("said", Tree::text(said), span);
            found.push(members.node(span));
        }
    }
}

/// All marks at once; none of them is empty, and they are far fewer than it takes.
static MARKS: LazyLock<Option<packed::Searcher>> =
    LazyLock::new(|| packed::Searcher::new(TABLE.iter().flat_map(|dump| dump.marks)));

/// Whether a text that begins like this may be what a tool has printed.
pub(crate) fn is_dump(head: &[u8]) -> bool {
    MARKS.as_ref().is_some_and(|marks| marks.find(head).is_some())
}

/// Everything that tools have printed in `text`, as a list.
pub(crate) fn parse(source: u32, text: &str) -> Node {
    let mut found = Vec::new();
    for dump in TABLE {
        if dump.marks.iter().any(|mark| text.contains(mark)) {
            (dump.read)(source, text, &mut found);
        }
    }
    Node::new(Tree::List(found), Span::new(source, 0..0))
}

/// `vault operator init` and `rekey`: each share that is not encrypted to the one who keeps it, the
/// root token, and how many shares are enough.
fn shares(source: u32, text: &str, found: &mut Vec<Node>) {
    for (at, line) in lines(text).take(VALUES) {
        let rest = line.trim();
        let (name, value) = rest.split_once(": ").unwrap_or((rest, ""));
        let shown = span(source, at, line, name);
        let mut members = Members::default();
        members.set("tool", Tree::text("vault-init"), shown);
        let is_share = name.starts_with("Unseal Key ") || name.starts_with("Recovery Key ");
        // 32 bytes and the number of the share; what OpenPGP makes of it is longer.
        if is_share && matches!(value.len(), 44 | 66) {
            members.set("share", Tree::text("plaintext"), span(source, at, line, value));
        } else if name == "Initial Root Token" && !value.is_empty() {
            members.set("token", Tree::text("plaintext"), span(source, at, line, value));
        } else if let Some((_, number)) = rest.split_once(" and a key threshold of ") {
            let number = number.split('.').next().unwrap_or_default();
            let place = span(source, at, line, number);
            members.set("threshold", Tree::text(number), place);
        } else {
            continue;
        }
        members.set("name", Tree::text(name), shown);
        found.push(members.node(shown));
    }
}

/// Policies by what they are called, because their numbers differ between versions: `policies` is
/// `on`, `off` or a number for each.
fn luna(source: u32, text: &str, found: &mut Vec<Node>) {
    let mut open: Option<(Span, Members)> = None;
    for (at, line) in lines(text).take(VALUES) {
        let rest = line.trim();
        let Some((name, value)) = policy(rest) else {
            // Blank lines and headings do not end a table, prompts and other output do.
            if rest.contains(":>") || rest.ends_with("successful.") {
                found.extend(open.take().map(|(span, members)| luna_node(span, members)));
            }
            // What the module could do is no policy, though some of it has the same name.
            if rest.ends_with("Policies") {
                open = None;
            }
            continue;
        };
        let value_span = span(source, at, line, value);
        let value = match value {
            "On" | "on" | "1" => Tree::text("on"),
            "Off" | "off" | "0" => Tree::text("off"),
            number => match (number.parse::<u64>(), name.split_once(" (inverted: 255 - ")) {
                (Ok(number), Some(_)) => Tree::text(255_u64.saturating_sub(number).to_string()),
                _ => Tree::text(number),
            },
        };
        let name = name.split(" (").next().unwrap_or(name);
        let whole = span(source, at, line, rest);
        let (_, members) = open.get_or_insert_with(|| (whole, Members::default()));
        if !members.has(name) {
            members.set(name, value, value_span);
        }
    }
    found.extend(open.map(|(span, members)| luna_node(span, members)));
}

fn luna_node(span: Span, policies: Members) -> Node {
    let mut members = Members::default();
    members.set("tool", Tree::text("luna"), span);
    members.add("policies", span, policies.node(span));
    members.node(span)
}

/// `0: Allow private key cloning : 1`, or in columns `Allow cloning    On    7    Yes`.
fn policy(line: &str) -> Option<(&str, &str)> {
    let line = match line.split_once(": ") {
        Some((number, rest)) if number.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => line,
    };
    let begins =
        ["Allow ", "Force ", "Ignore ", "Operate ", "Minimum pin", "Maximum ", "Number of "];
    if !begins.iter().any(|begin| line.starts_with(begin)) {
        return None;
    }
    let (name, value) = match line.rsplit_once(" : ") {
        Some((name, value)) => (name, value),
        None => {
            let (name, rest) = line.split_once("  ")?;
            (name, rest.split_whitespace().next()?)
        }
    };
    let (name, value) = (name.trim().trim_end_matches('.'), value.trim());
    let is_value = matches!(value, "On" | "on" | "Off" | "off") || value.parse::<u64>().is_ok();
    is_value.then_some((name, value))
}

/// Objects, one on a line: `id: 0x0001, type: wrap-key, algorithm: aes256-ccm-wrap, …`; and what was
/// typed at the prompt, as `typed`.
fn yubihsm(source: u32, text: &str, found: &mut Vec<Node>) {
    let mut asked = String::new();
    for (at, line) in lines(text).take(VALUES) {
        let rest = line.trim();
        let whole = span(source, at, line, rest);
        let mut members = Members::default();
        if let Some(typed) = rest.strip_prefix("yubihsm> ") {
            // What is shown ends before a password could follow.
            let shown = typed.match_indices(' ').nth(1).map_or(typed.len(), |(end, _)| end);
            let shown = typed.get(..shown).unwrap_or(typed);
            let shown = span(source, at, line, shown);
            members.set("tool", Tree::text("yubihsm-prompt"), shown);
            let words = typed.split_whitespace().collect::<Vec<_>>().join(" ");
            asked.clone_from(&words);
            members.set("typed", Tree::text(words), shown);
            found.push(members.node(shown));
            continue;
        }
        // `get option 0 force-audit`, and the answer.
        if let (Some(value), Some(option)) =
            (rest.strip_prefix("Option value is: "), asked.strip_prefix("get option "))
        {
            let option = option.split(' ').next_back().unwrap_or_default();
            members.set("tool", Tree::text("yubihsm-option"), whole);
            members.set("option", Tree::text(option), whole);
            members.set("value", Tree::text(value), span(source, at, line, value));
            found.push(members.node(whole));
            continue;
        }
        if !rest.starts_with("id: 0x") {
            continue;
        }
        members.set("tool", Tree::text("yubihsm"), whole);
        for part in rest.split(", ") {
            let Some((name, value)) = part.split_once(": ") else { continue };
            let value = value.trim_end_matches(',').trim_matches('"');
            let value_span = span(source, at, line, value);
            match name {
                "capabilities" | "delegated_capabilities" | "domains" => {
                    members.add(name, value_span, list(value.split(':'), value_span));
                }
                "algo" => members.set("algorithm", Tree::text(value), value_span),
                _ => members.set(name, Tree::text(value), value_span),
            }
        }
        found.push(members.node(whole));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(text: &str) -> Vec<Node> {
        parse(0, text).elements().to_vec()
    }

    fn text<'a>(node: &'a Node, name: &str) -> &'a str {
        node.get(name).unwrap().as_text().unwrap()
    }

    #[test]
    fn all_marks_are_looked_for_at_once() {
        for mark in TABLE.iter().flat_map(|dump| dump.marks) {
            assert!(is_dump(format!("before {mark} after").as_bytes()), "{mark}");
        }
        assert!(!is_dump(b"some text without any"));
    }

    #[test]
    fn luna_policies_are_known_by_their_description() {
        let printed = "lunacm:> partition showpolicies\n  Partition Capabilities\n    \
                       0: Enable private key cloning : 1\n  Partition Policies\n    \
                       0: Allow private key cloning : 1\n    1: Allow private key wrapping : 0\n    \
                       25: Minimum pin length (inverted: 255 - min) : 248\n\
                       Command Result : No Error\nlunash:>hsm showPolicies\n\
                       Allow non-FIPS algorithms         Off        12        Yes\n";
        let found = nodes(printed);
        assert_eq!(found.len(), 2);
        let policies = found[0].get("policies").unwrap();
        assert_eq!(text(policies, "Allow private key cloning"), "on");
        assert_eq!(text(policies, "Allow private key wrapping"), "off");
        assert_eq!(text(policies, "Minimum pin length"), "7");
        assert_eq!(text(found[1].get("policies").unwrap(), "Allow non-FIPS algorithms"), "off");
    }

    #[test]
    fn nfkminfo_gives_its_sections() {
        let found = nodes(
            "World\n generation  2\n state       0x17270000 Initialised Usable Recovery\n \
             hknso       0123\n k-out-of-n  1/3\n other quora m=1 r=1\n mode        fips1402level3\n\
             \nModule #1\n generation 2\nCardset\n name          \"oper\"\n k-out-of-n    2/3\n",
        );
        assert_eq!(found.len(), 3);
        assert_eq!((text(&found[0], "quorum"), text(&found[0], "shares")), ("1", "3"));
        assert_eq!(text(&found[0], "mode"), "fips1402level3");
        assert_eq!(found[0].get("state").unwrap().elements().len(), 4);
        assert_eq!(text(&found[2], "name"), "oper");
    }

    #[test]
    fn objects_of_a_yubihsm_have_their_capabilities() {
        let found = nodes(
            "yubihsm> session open 1 password\nid: 0x0002, type: wrap-key, algorithm: \
             aes128-ccm-wrap, label: \"w\", length: 24, domains: 1:2, sequence: 0, origin: \
             generated, capabilities: export-wrapped:import-wrapped, delegated_capabilities: \
             sign-ecdsa\nid: 0x0001, type: authentication-key, algo: \
             aes128-yubico-authentication, sequence: 0, label: DEFAULT AUTHKEY CHANGE THIS ASAP\n",
        );
        assert_eq!(text(&found[0], "typed"), "session open 1 password");
        assert_eq!(text(&found[1], "algorithm"), "aes128-ccm-wrap");
        assert_eq!(found[1].get("capabilities").unwrap().elements().len(), 2);
        assert_eq!(text(&found[2], "algorithm"), "aes128-yubico-authentication");
    }

    #[test]
    fn attributes_that_are_not_printed_do_not_hold() {
        let found = nodes(
            "warning: PKCS11 function failed\nSecret Key Object; AES length 16\n  VALUE:      00\n  \
             label:      export\n  Usage:      encrypt, decrypt, wrap\n  Access:     extractable, \
             local\nPublic Key Object; RSA 2048 bits\n  label:      p\n  Access:     local\n\
             Private Key Object; EC\n  Access:     none\n",
        );
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].get("bits").unwrap().as_int(), Some(128));
        assert_eq!(found[0].get("sensitive").unwrap().as_bool(), Some(false));
        assert_eq!(found[0].get("extractable").unwrap().as_bool(), Some(true));
        assert_eq!(text(&found[0], "label"), "export");
        assert_eq!(found[1].get("extractable").unwrap().as_bool(), Some(false));
        let found = nodes(
            "Object 0:\n\tURL: x\n\tType: Private key (EC/ECDSA-SECP256R1)\n\tFlags: \
             CKA_PRIVATE; CKA_SENSITIVE; \nObject 1:\n\tType: Public key (RSA-2048)\n",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(text(&found[0], "key-type"), "ec");
        assert_eq!(found[0].get("bits").unwrap().as_int(), Some(256));
        assert_eq!(found[0].get("never-extractable").unwrap().as_bool(), Some(false));
    }
}
