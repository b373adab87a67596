//! What a tool prints about one key in several documents, made one: `describe-key` says what the key
//! is, `get-key-rotation-status` how it is rotated, `get-key-policy` who may use it. They are joined by
//! the identifier of the key, and a document that names none by where it lies and how it is called.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    fact::{Fact, Field, Kind, Value},
    site::as_directories,
};

/// Words that say in a file's name which command was asked, and not about which key.
const COMMANDS: &[&str] = &[
    "aws",
    "az",
    "default",
    "describe",
    "get",
    "json",
    "key",
    "keyvault",
    "kms",
    "list",
    "metadata",
    "output",
    "policy",
    "resource",
    "rotation",
    "rotationpolicy",
    "show",
    "status",
    "tags",
    "txt",
    "yaml",
    "yml",
];

/// Puts what documents say of a key that is described elsewhere where that key is.
pub(super) fn link(facts: &mut Vec<Fact>) {
    if !facts.iter().any(|fact| is_part(fact) || is_nameless(fact) || is_bare(fact)) {
        return;
    }
    name_in_full(facts);
    name_by_place(facts);
    let mut wholes: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, fact) in facts.iter().enumerate().filter(|(_, fact)| is_whole(fact)) {
        // A key of a vault has a version, and is without it for those who speak of all versions.
        for name in [Field::Key, Field::Alias].into_iter().filter_map(|field| fact.text(field)) {
            let of = wholes.entry(name.to_owned()).or_default();
            if !of.contains(&index) {
                of.push(index);
            }
        }
    }
    let mut taken = BTreeSet::new();
    for index in 0..facts.len() {
        let Some(part) = facts.get(index).filter(|fact| is_part(fact)).cloned() else { continue };
        let of = part.text(Field::Key).and_then(|key| wholes.get(key));
        for &whole in of.map(Vec::as_slice).unwrap_or_default() {
            if let Some(whole) = facts.get_mut(whole) {
                complete(whole, &part);
                taken.insert(index);
            }
        }
    }
    let mut index = 0;
    facts.retain(|_| {
        index += 1;
        !taken.contains(&(index - 1))
    });
}

/// Whether a fact says what a key is.
fn is_whole(fact: &Fact) -> bool {
    fact.kind == Kind::Key && fact.fields.contains_key(&Field::Algorithm)
}

/// Whether a fact is the rotation of a key that is described elsewhere, if it is.
fn is_part(fact: &Fact) -> bool {
    fact.kind == Kind::Key
        && !fact.fields.contains_key(&Field::Algorithm)
        && is_printed(fact)
        && fact.fields.contains_key(&Field::RotationDays)
}

/// Whether a document that a tool has printed is about one key, and does not say which.
fn is_nameless(fact: &Fact) -> bool {
    let is_about_one = is_part(fact) || fact.kind == Kind::Grant && is_policy_of_key(fact);
    is_about_one && is_printed(fact) && !fact.fields.contains_key(&Field::Key)
}

fn is_policy_of_key(fact: &Fact) -> bool {
    fact.text(Field::Resource) == Some("aws:key-policy")
}

/// Documents have the names that tables give them: `aws:describe-key`.
fn is_printed(fact: &Fact) -> bool {
    fact.text(Field::Resource).is_some_and(|of| of.starts_with("aws:") || of.starts_with("azure:"))
}

/// Whether a key is named by an identifier without its account and region.
fn is_bare(fact: &Fact) -> bool {
    fact.text(Field::Provider) == Some("aws")
        && matches!(fact.kind, Kind::Key | Kind::Grant | Kind::Reference)
        && fact.text(Field::Key).is_some_and(is_identifier)
}

fn is_identifier(key: &str) -> bool {
    let id = key.strip_prefix("mrk-").unwrap_or(key);
    let is_id = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    matches!(id.len(), 32 | 36) && id.bytes().all(is_id)
}

/// Names keys by their ARN that are named by its last part, where one key in all documents has that.
fn name_in_full(facts: &mut [Fact]) {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| is_whole(fact)) {
        if let Some(arn) = fact.text(Field::Key)
            && let Some((_, id)) = arn.rsplit_once(":key/")
        {
            names.entry(id.to_owned()).or_default().insert(arn.to_owned());
        }
    }
    for fact in facts.iter_mut().filter(|fact| is_bare(fact)) {
        let of = fact.text(Field::Key).and_then(|id| names.get(id));
        if let Some(arn) = of.filter(|of| of.len() == 1).and_then(BTreeSet::first) {
            let arn = arn.clone();
            fact.fields.insert(Field::Key, arn.into());
        }
    }
}

/// Says of documents that name no key which one they are about: that which is described in the same
/// directory in a file whose name says the same beside the command, if that is one.
fn name_by_place(facts: &mut [Fact]) {
    let mut described: BTreeMap<(String, Vec<String>), BTreeSet<String>> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| is_whole(fact) && is_printed(fact)) {
        if let Some(key) = fact.text(Field::Key) {
            described.entry(place(&fact.site().path)).or_default().insert(key.to_owned());
        }
    }
    for fact in facts.iter_mut().filter(|fact| is_nameless(fact)) {
        let of = described.get(&place(&fact.site().path));
        if let Some(key) = of.filter(|of| of.len() == 1).and_then(BTreeSet::first) {
            let key = key.clone();
            fact.fields.insert(Field::Key, key.into());
        }
    }
}

/// The directory of a file, and the words of its name that are of no command.
fn place(path: &str) -> (String, Vec<String>) {
    let path = as_directories(path);
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.map(str::to_ascii_lowercase);
    let said = words.filter(|word| !word.is_empty() && !COMMANDS.contains(&word.as_str()));
    (directory.to_owned(), said.collect())
}

/// Adds to a key what another document says of it.
fn complete(whole: &mut Fact, part: &Fact) {
    // That it may be rotated is said by what it is.
    for field in [Field::RotationDays, Field::Expires, Field::CanRotate] {
        let is_known = whole.fields.get(&field).is_some_and(|value| *value != Value::Unknown);
        let is_said = field != Field::RotationDays && is_known;
        let Some(value) = part.fields.get(&field).filter(|_| !is_said) else { continue };
        whole.fields.insert(field, value.clone());
        let place = part.places.get(&field).unwrap_or(part.site());
        whole.places.insert(field, place.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Site;

    const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/0c237476-b39f-44f8-b4a9-2a2f0c0e6b5a";
    const ID: &str = "0c237476-b39f-44f8-b4a9-2a2f0c0e6b5a";

    fn at(kind: Kind, path: &str, resource: &str) -> Fact {
        Fact::new(kind, Site { path: path.into(), line: 1, ..Site::default() })
            .with(Field::Provider, "aws")
            .with(Field::Resource, resource)
    }

    fn described(path: &str, key: &str) -> Fact {
        at(Kind::Key, path, "aws:describe-key").with(Field::Key, key).with(Field::Algorithm, "aes")
    }

    fn rotation(path: &str) -> Fact {
        at(Kind::Key, path, "aws:key-rotation-status").with(Field::RotationDays, 0_u64)
    }

    fn joined(mut facts: Vec<Fact>) -> Vec<Fact> {
        link(&mut facts);
        facts
    }

    #[test]
    fn what_two_commands_say_of_one_key_is_one_fact() {
        for key in [ARN, ID] {
            let found = joined(vec![
                described("a/x.json", ARN),
                rotation("b/y.json").with(Field::Key, key),
            ]);
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].int(Field::RotationDays), Some(0));
            assert_eq!(found[0].places[&Field::RotationDays].path, "b/y.json");
        }
    }

    #[test]
    fn a_document_without_a_key_is_about_that_of_its_name() {
        let other = ARN.replace('5', "6");
        let all = |name: &str| {
            vec![
                described("k/pan.describe-key.json", ARN),
                described("k/log.describe-key.json", &other),
                rotation(name),
            ]
        };
        let found = joined(all("k/pan.get-key-rotation-status.json"));
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].int(Field::RotationDays), Some(0));
        assert_eq!(found[1].int(Field::RotationDays), None);
        assert_eq!(joined(all("k/get-key-rotation-status.json")).len(), 3);
        assert_eq!(joined(all("other/pan.get-key-rotation-status.json")).len(), 3);
    }

    #[test]
    fn a_policy_beside_its_key_is_of_that_key() {
        let policy = at(Kind::Grant, "k/get-key-policy.json", "aws:key-policy");
        let found = joined(vec![described("k/describe-key.json", ARN), policy]);
        assert_eq!(found[1].text(Field::Key), Some(ARN));
    }
}
