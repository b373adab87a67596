//! What resources, documents and attributes of each provider mean: read by [`tables`](super::tables)
//! out of `rules/providers/`, applied in [`lower`](super::lower).

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::PathBuf,
    sync::LazyLock,
};

use aho_corasick::AhoCorasick;
use serde::Deserialize;

use super::{lower, shapes::is_like, tables, tree::Path};
use crate::{
    error::Error,
    fact::{Field, Kind, Value},
    rule::source::{self, Holds, Source},
};

/// All providers together.
pub(crate) struct Providers {
    /// What facts a resource of a type gives.
    types: HashMap<String, Vec<Emission>>,
    /// How documents without types are told.
    pub shapes: Vec<Shape>,
    /// A document is parsed only if one of these stands in it.
    needles: AhoCorasick,
}

/// A document, or a part of one, that is told by what it holds.
pub(crate) struct Shape {
    /// Front ends that may give it: `json`, `yaml`, `ini` …; all if empty.
    pub formats: Vec<String>,
    /// File names that it may have, of which one matches (`*` for anything); all if empty.
    pub files: Vec<String>,
    /// Paths that must lead somewhere.
    pub has: Vec<Path>,
    /// Paths that must have one of these values.
    pub is: Vec<Condition>,
    /// Where its items are.
    pub each: Option<Path>,
    /// Members that are blocks of HCL: in JSON, the label of one is the name of a member.
    pub blocks: Vec<String>,
    /// Whether it is made one map, whose names are the whole way to each value (`a.b-c`).
    pub is_flat: bool,
    /// The type that each item is.
    pub type_name: String,
}

/// A fact that a resource gives.
pub(crate) struct Emission {
    pub provider: String,
    pub emits: Emits,
    /// One fact for each of these, the fields of which are looked for in it. `^.` leads out again,
    /// one step for each path.
    pub each: Vec<Path>,
    pub when: Vec<Condition>,
    pub fields: Vec<(Field, Spec)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Emits {
    Fact(Kind),
    /// What a function of [`lower::EVALUATORS`] makes of it.
    Evaluated(usize),
}

impl Emits {
    /// As tables write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fact(kind) => kind.name(),
            Self::Evaluated(number) => lower::EVALUATORS.get(number).map_or("", |(name, _)| name),
        }
    }
}

/// What must hold for a fact to be given.
pub(crate) struct Condition {
    pub path: Place,
    pub test: Test,
    /// Value that counts where nothing is written.
    pub absent: Option<String>,
}

pub(crate) enum Test {
    Is(Vec<String>),
    Not(Vec<String>),
    /// Like one of these, in which one `*` stands for anything; or, with `false`, like none.
    Like(Vec<String>, bool),
    Present(bool),
    /// A number less than this.
    Below(u64),
}

/// What a field is, and where it is written.
pub(crate) struct Spec {
    /// The first that leads somewhere counts, and with a table the first whose value is in it.
    pub from: Vec<Place>,
    /// A text that all of `from` fill in, one for each `{}`.
    pub format: Option<String>,
    pub take: Take,
    /// Values of the provider, in words of the vocabulary.
    pub table: Option<Table>,
    /// What a number is multiplied by.
    pub times: u64,
    /// Value where nothing is written: the default of the provider.
    pub absent: Option<Value>,
    /// Whether the value itself may be shown to people.
    pub is_secret: bool,
}

/// How a value is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Take {
    /// As the field wants it: text, number or truth value.
    #[default]
    Value,
    /// All values, as a list of texts.
    List,
    /// Whether any of the values is in the table.
    Any,
    /// Names of the members that are true.
    Names,
    /// How many there are.
    Count,
    /// Whether anything is written.
    Present,
    /// Days out of `90`, `7776000s`, `2160h`, `90d`, `P90D`, `P1Y`.
    Days,
    /// Days out of a number of seconds.
    DaysOfSeconds,
    /// Days out of a number of hours.
    DaysOfHours,
    /// Bits of a number in base64url, as JWK writes a modulus.
    BitsOfBase64,
    /// Bytes of a text in base64, times eight.
    BitsOfBase64Bytes,
    /// Text with `${NAME}` for what is not known.
    Partial,
    /// Identity of a key: an identifier, or the address of its declaration.
    Key,
}

#[derive(Clone)]
pub(crate) struct Table {
    /// Exact names, and beginnings of names.
    pub exact: HashMap<String, Value>,
    pub beginnings: Vec<(String, Value)>,
    /// Names in which `*` stands for anything, where it is not only at the end.
    pub patterns: Vec<(String, Value)>,
    pub otherwise: Option<Value>,
    /// Rows that say nothing in this column: an AES key has no curve.
    pub blank: HashSet<String>,
}

impl Table {
    /// Whether there is nothing to say of `name`, which is not the same as not knowing it.
    pub(crate) fn is_blank(&self, name: &str) -> bool {
        self.blank.contains(name)
    }

    /// Case counts only where two names differ by nothing else.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.exact
            .get(name)
            .or_else(|| {
                self.exact.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v)
            })
            .or_else(|| {
                let mut patterns = self.patterns.iter();
                patterns.find(|(pattern, _)| is_like(pattern, name)).map(|(_, value)| value)
            })
            .or_else(|| {
                let fits = |begin: &str| {
                    name.get(..begin.len()).is_some_and(|start| start.eq_ignore_ascii_case(begin))
                };
                self.beginnings.iter().find(|(begin, _)| fits(begin)).map(|(_, value)| value)
            })
            .or(self.otherwise.as_ref())
    }

    /// The value for a name of which only the beginning is known, where the rest changes nothing.
    pub(crate) fn get_by_beginning(&self, known: &str) -> Option<&Value> {
        let begins = |name: &str, with: &str| {
            name.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
        };
        let names = self.exact.keys().chain(self.beginnings.iter().map(|(begin, _)| begin));
        let is_open = names.into_iter().any(|name| name.len() > known.len() && begins(name, known));
        if is_open || !self.patterns.is_empty() {
            return None;
        }
        let fitting = self.beginnings.iter().find(|(begin, _)| begins(known, begin));
        fitting.map(|(_, value)| value).or(self.otherwise.as_ref())
    }
}

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the item; `up` levels out of it.
    Path { up: usize, path: Path },
    /// The address of the resource, as people name it.
    Address,
    /// The identity of the key that the resource declares.
    Declared,
    /// The type of the resource.
    Type,
    /// The name that the item stands under.
    Member,
}

impl Providers {
    /// Those that are built in.
    pub(crate) fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Providers> = LazyLock::new(|| {
            Providers::read(&source::builtin())
                .unwrap_or_else(|error| unreachable!("tests load every provider: {error}"))
        });
        &BUILTIN
    }

    /// Those that are built in, and those below `directories`.
    pub(crate) fn load(directories: &[PathBuf]) -> Result<Self, Error> {
        let mut sources = source::builtin();
        for directory in directories {
            sources.extend(source::below(directory)?);
        }
        Self::read(&sources)
    }

    /// Those among `sources`.
    pub(crate) fn read(sources: &[Source]) -> Result<Self, Error> {
        let mut types: HashMap<String, Vec<Emission>> = HashMap::new();
        let mut shapes = Vec::new();
        let mut needles = Vec::new();
        for source in sources.iter().filter(|source| source.holds == Holds::Provider) {
            let read = tables::read(source)?;
            needles.extend(read.needles);
            shapes.extend(read.shapes);
            for (type_name, emission) in read.emissions {
                types.entry(type_name).or_default().push(emission);
            }
        }
        let needles = AhoCorasick::new(&needles)
            .map_err(|error| Error::invalid("rules/providers".to_owned(), error.to_string()))?;
        Ok(Self { types, shapes, needles })
    }

    /// Whether anything in `bytes` may be about keys.
    pub(crate) fn mark(&self, bytes: &[u8]) -> bool {
        self.needles.is_match(bytes)
    }

    pub(crate) fn emissions(&self, type_name: &str) -> &[Emission] {
        self.types.get(type_name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Names of all types, sorted, with the kinds of facts that each gives: for the documentation.
    pub(crate) fn type_names(&self) -> BTreeMap<&str, Vec<&Emission>> {
        self.types.iter().map(|(name, of)| (name.as_str(), of.iter().collect())).collect()
    }
}
