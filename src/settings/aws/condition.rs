//! What conditions narrow a statement to, as a small lattice: not whether they hold, which only a
//! request can tell, but who is left when they do. Operators:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>;
//! keys: the global condition keys of IAM and those of KMS.

use std::collections::BTreeSet;

use super::{
    super::tree::{Node, Tree},
    keys::{self, Meaning},
    principal::Account,
    words::Word,
};

/// Who is left of everybody, from all to few. The narrowest of several counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    #[default]
    Everyone,
    /// Everybody with an account of AWS.
    AnyAccount,
    /// An organisation or a network.
    Group,
    OtherAccount,
    Account,
    Service,
    Named,
}

/// What the conditions of a statement come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Narrowing {
    pub reach: Reach,
    /// In the words of the vocabulary.
    pub words: BTreeSet<&'static str>,
    /// Whether there is something in it that is not known.
    pub is_unknown: bool,
    /// Whether it limits what may be delegated, or through what the key is used.
    pub is_limited: bool,
    /// Whether it leaves only keys with some alias or tag.
    pub some_keys: bool,
}

impl Narrowing {
    pub(super) fn new(reach: Reach, word: &'static str) -> Self {
        Self { reach, words: BTreeSet::from([word]), ..Self::default() }
    }

    pub(super) fn nothing() -> Self {
        Self::new(Reach::Everyone, "nothing")
    }

    pub(super) fn unknown() -> Self {
        Self { is_unknown: true, ..Self::default() }
    }

    pub(super) fn limited(self) -> Self {
        Self { is_limited: true, ..self }
    }

    /// Both must hold.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.words.extend(other.words);
        // What narrows nothing is worth a word only if nothing else narrows.
        if self.words.len() > 1 {
            self.words.remove("nothing");
        }
        Self {
            reach: self.reach.max(other.reach),
            words: self.words,
            is_unknown: self.is_unknown || other.is_unknown,
            is_limited: self.is_limited || other.is_limited,
            some_keys: self.some_keys || other.some_keys,
        }
    }

    /// One of them holds: the wider counts.
    fn or(self, other: Self) -> Self {
        let (wide, narrow) = if self.reach <= other.reach { (self, other) } else { (other, self) };
        Self {
            reach: wide.reach,
            is_unknown: wide.is_unknown || narrow.is_unknown,
            is_limited: wide.is_limited && narrow.is_limited,
            some_keys: wide.some_keys && narrow.some_keys,
            words: wide.words,
        }
    }
}

/// How an operator compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compare {
    /// Letter by letter: `*` is an asterisk.
    Equal,
    /// With wildcards.
    Like,
    Bool,
    Address,
    /// Numbers, dates, bytes.
    Other,
}

#[derive(Debug, Clone, Copy)]
struct Operator {
    compare: Compare,
    is_negated: bool,
    /// `ForAllValues`, true of no values at all; and `...IfExists`.
    passes_absent: bool,
    /// `ForAnyValue`, false of no values at all.
    for_any: bool,
}

/// One line of a condition.
pub(super) struct Test<'a> {
    operator: Option<Operator>,
    is_null: bool,
    key: String,
    written: &'a str,
    values: &'a Node,
}

/// The tests of a `Condition`; nothing if they cannot be known.
pub(super) fn tests(node: &Node) -> Option<Vec<Test<'_>>> {
    let Tree::Map(operators) = &node.tree else {
        return node.is_null().then(Vec::new);
    };
    let mut tests = Vec::new();
    for entry in operators {
        let Tree::Map(keys) = &entry.node.tree else { return None };
        let name = entry.name.trim();
        for key in keys {
            tests.push(Test {
                operator: operator(name),
                is_null: name.eq_ignore_ascii_case("Null"),
                key: key.name.trim().to_ascii_lowercase(),
                written: key.name.trim(),
                values: &key.node,
            });
        }
    }
    Some(tests)
}

fn operator(name: &str) -> Option<Operator> {
    let name = name.to_ascii_lowercase();
    let (quantifier, name) = name.split_once(':').unwrap_or(("", &name));
    let (name, if_exists) = match name.strip_suffix("ifexists") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let is_negated = name.contains("not");
    let compare = match name {
        "stringequals"
        | "stringnotequals"
        | "stringequalsignorecase"
        | "stringnotequalsignorecase" => Compare::Equal,
        // Both compare ARNs with wildcards.
        "stringlike" | "stringnotlike" | "arnequals" | "arnlike" | "arnnotequals"
        | "arnnotlike" => Compare::Like,
        "bool" => Compare::Bool,
        "ipaddress" | "notipaddress" => Compare::Address,
        name if name.starts_with("numeric")
            || name.starts_with("date")
            || name == "binaryequals" =>
        {
            Compare::Other
        }
        _ => return None,
    };
    Some(Operator {
        compare,
        is_negated,
        passes_absent: if_exists || quantifier == "forallvalues",
        for_any: quantifier == "foranyvalue",
    })
}

/// What all tests of an `Allow` narrow it to.
pub(super) fn allowed(tests: &[Test<'_>], own: &Account) -> Narrowing {
    // `Null: false` asks that the key is there, so that what passes without it no longer does.
    let present: BTreeSet<&str> = tests
        .iter()
        .filter(|test| test.is_null && test.values.elements().iter().all(is_false))
        .map(|test| test.key.as_str())
        .collect();
    tests.iter().map(|test| test.allowed(own, &present)).reduce(Narrowing::and).unwrap_or_default()
}

/// What is left where a `Deny` with these tests does not hold: with several tests, whoever fails one
/// of them is let pass.
pub(super) fn not_denied(tests: &[Test<'_>], own: &Account) -> Narrowing {
    tests.iter().map(|test| test.not_denied(own)).reduce(Narrowing::or).unwrap_or_default()
}

/// Names of what tests look at, each once, as they are written.
pub(super) fn names(tests: &[Test<'_>]) -> Vec<String> {
    let names: BTreeSet<&str> = tests.iter().map(|test| test.written).collect();
    names.into_iter().map(str::to_owned).collect()
}

fn is_false(node: &Node) -> bool {
    node.as_bool() == Some(false)
}

impl Test<'_> {
    fn allowed(&self, own: &Account, present: &BTreeSet<&str>) -> Narrowing {
        if self.is_null {
            return Narrowing::nothing();
        }
        let Some(operator) = self.operator else { return Narrowing::unknown() };
        let is_there = keys::is_always_there(&self.key) || present.contains(self.key.as_str());
        if operator.is_negated || operator.passes_absent && !is_there {
            return Narrowing::nothing();
        }
        self.positive(operator, false, own)
    }

    fn not_denied(&self, own: &Account) -> Narrowing {
        if self.is_null {
            // `Null: true` denies whoever has no such key.
            return match keys::meaning(&self.key) {
                Meaning::Delegation => Narrowing::nothing().limited(),
                _ => Narrowing::nothing(),
            };
        }
        let Some(operator) = self.operator else { return Narrowing::unknown() };
        match operator.compare {
            // False where it is absent, unless `IfExists` says otherwise.
            Compare::Bool if operator.passes_absent || keys::is_always_there(&self.key) => {
                self.positive(operator, true, own)
            }
            Compare::Bool => match self.positive(operator, true, own) {
                // Whoever does not send the key is not denied; of these AWS always sends one.
                narrowing if self.key.starts_with("kms:") => narrowing,
                _ => Narrowing::nothing(),
            },
            // A negated operator is true where the key is absent.
            _ if operator.is_negated && (!operator.for_any || keys::is_always_there(&self.key)) => {
                self.positive(operator, false, own)
            }
            _ => Narrowing::nothing(),
        }
    }

    /// What the key is narrowed to by being one of the values. `flip`: by not being it, for truths.
    fn positive(&self, operator: Operator, flip: bool, own: &Account) -> Narrowing {
        let meaning = keys::meaning(&self.key);
        if self.values.is_unknown() {
            return match meaning {
                Meaning::Nothing => Narrowing::nothing(),
                _ => Narrowing::unknown(),
            };
        }
        self.values
            .elements()
            .iter()
            .map(|value| match operator.compare {
                Compare::Bool => {
                    let truth = value.as_bool().map(|truth| truth != flip);
                    keys::truth(&self.key, truth)
                }
                Compare::Other => match value.is_unknown() {
                    true => Narrowing::unknown(),
                    false => Narrowing::nothing(),
                },
                compare => {
                    let number = value.as_int().map(|number| format!("{number:012}"));
                    let word = match &number {
                        Some(number) => Word::Known(number),
                        None => Word::of(value),
                    };
                    keys::value(meaning, &self.key, word, compare, own)
                }
            })
            .reduce(Narrowing::or)
            // No value at all is never met.
            .unwrap_or_else(|| Narrowing::new(Reach::Named, "principal"))
    }
}
