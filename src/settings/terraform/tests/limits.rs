//! Nothing grows without end, and nothing makes it fail.

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use super::{
    super::{Reading, evaluated},
    documents::STATEMENTS,
    evaluate_files,
    modules::MODULE,
};
use crate::settings::{Source, Sources, providers::Providers};

#[test]
fn what_grows_without_end_is_cut_off() {
    let double: String = (0..60)
        .map(|n| {
            format!(
                "a{} = [local.a{n}, local.a{n}]\ns{} = \"${{local.s{n}}}${{local.s{n}}}\"\n",
                n + 1,
                n + 1
            )
        })
        .collect();
    let of = format!("locals {{\na0 = [1]\ns0 = \"xxxxxxxxxxxxxxxx\"\n{double}}}");
    let text = format!("{of}\nresource \"t\" \"n\" {{\n  v = local.a60\n  s = local.s60\n}}\n");
    let evaluated = evaluate_files(&[("main.tf", &text)]);
    assert_eq!(evaluated.problems.len(), 1);
    assert_eq!(evaluated.show("t.n", "s"), "?");
    for of in [
        "count = 1000000",
        "for_each = toset(range(0, 1000000))",
        "for_each = setproduct(range(1000), range(1000))",
    ] {
        let text = format!("resource \"t\" \"n\" {{\n  {of}\n}}\n");
        assert!(evaluate_files(&[("main.tf", &text)]).resources.len() <= 1_001, "{of}");
    }
    let itself = "module \"a\" { source = \"./\" }\nmodule \"b\" { source = \"../m\" }\nresource \"t\" \"n\" {}\n";
    let evaluated = evaluate_files(&[("m/main.tf", itself)]);
    assert!(!evaluated.problems.is_empty());
    assert!(!evaluated.resources.is_empty());
    let circle =
        |to: &str| format!("module \"a\" {{ source = \"../{to}\" }}\nresource \"t\" \"n\" {{}}\n");
    let evaluated = evaluate_files(&[("a/main.tf", &circle("b")), ("b/main.tf", &circle("a"))]);
    assert!(!evaluated.resources.is_empty());
}

#[test]
fn no_beginning_and_no_damage_of_a_text_makes_it_fail() {
    for text in [STATEMENTS, MODULE] {
        for end in (0..text.len()).step_by(31) {
            evaluate_files(&[("main.tf", &text[..end])]);
            let mut bytes = text.as_bytes().to_vec();
            bytes[end] = [b'{', b'"', b'}', b'\n', b'$', b'['][end % 6];
            evaluate_files(&[("main.tf", &String::from_utf8_lossy(&bytes))]);
        }
    }
}

#[test]
fn only_what_can_be_reached_from_something_marked_is_looked_at() {
    let mut sources = Sources::default();
    for (path, text) in [
        ("a/main.tf", "module \"m\" { source = \"../m\" }\n"),
        ("b/main.tf", "resource \"t\" \"n\" {}\n"),
        ("m/main.tf", "resource \"t\" \"n\" {}\n"),
    ] {
        sources.add(Source::new(path.into(), None, Zeroizing::new(text.into())));
    }
    let providers = Providers::read(&[]).unwrap();
    let reading = Reading::new(&providers, &sources, BTreeSet::from([2]));
    let (resources, _) = evaluated(&reading, &|name| name == "t").unwrap();
    let addresses: BTreeMap<&str, &str> =
        resources.iter().map(|of| (of.scope.as_str(), of.address.as_str())).collect();
    assert_eq!(addresses, BTreeMap::from([("a", "module.m.t.n")]));
}
