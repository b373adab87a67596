//! The tables of `rules/providers/`: what resources, documents and attributes of each provider
//! mean. Read here; applied in [`lower`](super::lower).

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::PathBuf,
    sync::{Arc, LazyLock},
};

use aho_corasick::AhoCorasick;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{lower, tree::Path};
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
    exact: HashMap<String, Value>,
    beginnings: Vec<(String, Value)>,
    otherwise: Option<Value>,
    /// Rows that say nothing in this column: an AES key has no curve.
    blank: HashSet<String>,
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
        if is_open {
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
}

/// A file of `rules/providers/` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    provider: String,
    #[expect(dead_code, reason = "said to people who read the file")]
    about: String,
    needles: Vec<String>,
    #[serde(default)]
    tables: BTreeMap<String, BTreeMap<String, Cell>>,
    #[serde(default)]
    documents: Vec<WrittenShape>,
    #[serde(default)]
    types: BTreeMap<String, Vec<Spanned<WrittenEmission>>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Cell {
    Row(BTreeMap<String, Scalar>),
    Value(Scalar),
}

#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum Scalar {
    Bool(bool),
    Int(u64),
    Text(String),
    List(Vec<String>),
}

impl From<Scalar> for Value {
    fn from(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Bool(value) => Self::Bool(value),
            Scalar::Int(value) => Self::Int(value),
            Scalar::Text(value) if value == "unknown" => Self::Unknown,
            Scalar::Text(value) => Self::Text(value),
            Scalar::List(value) => Self::List(value),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenShape {
    #[serde(rename = "type")]
    type_name: String,
    #[serde(default)]
    formats: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    has: Vec<String>,
    #[serde(default)]
    is: Vec<WrittenCondition>,
    #[serde(default)]
    each: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEmission {
    emits: String,
    #[serde(default)]
    each: Option<OneOrMany>,
    #[serde(default)]
    when: Vec<WrittenCondition>,
    #[serde(default)]
    fields: BTreeMap<String, WrittenSpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCondition {
    path: String,
    #[serde(default)]
    is: Option<OneOrMany>,
    #[serde(default)]
    not: Option<OneOrMany>,
    #[serde(default)]
    like: Option<OneOrMany>,
    #[serde(default)]
    unlike: Option<OneOrMany>,
    #[serde(default)]
    present: Option<bool>,
    #[serde(default)]
    below: Option<u64>,
    #[serde(default)]
    absent: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenSpec {
    Is(Scalar),
    From(WrittenFrom),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFrom {
    from: OneOrMany,
    #[serde(default)]
    take: Take,
    /// `name`, or `name.column` of a table whose rows have columns.
    #[serde(default)]
    table: Option<String>,
    /// A table of its own.
    #[serde(default)]
    map: Option<BTreeMap<String, Scalar>>,
    #[serde(default)]
    times: Option<u64>,
    #[serde(default)]
    absent: Option<Scalar>,
    #[serde(default)]
    secret: bool,
}

impl Providers {
    /// Those that are built in.
    pub(crate) fn builtin() -> &'static Arc<Self> {
        static BUILTIN: LazyLock<Arc<Providers>> = LazyLock::new(|| {
            Providers::read(&source::builtin())
                .map(Arc::new)
                .unwrap_or_else(|error| unreachable!("tests load every provider: {error}"))
        });
        &BUILTIN
    }

    /// Those that are built in, and those below `directories`.
    pub(crate) fn load(directories: &[PathBuf]) -> Result<Arc<Self>, Error> {
        if directories.is_empty() {
            return Ok(Arc::clone(Self::builtin()));
        }
        let mut sources = source::builtin();
        for directory in directories {
            sources.extend(source::below(directory)?);
        }
        Self::read(&sources).map(Arc::new)
    }

    /// Those among `sources`.
    pub(crate) fn read(sources: &[Source]) -> Result<Self, Error> {
        let mut types: HashMap<String, Vec<Emission>> = HashMap::new();
        let mut shapes = Vec::new();
        let mut needles = Vec::new();
        for source in sources.iter().filter(|source| source.holds == Holds::Provider) {
            let written: Written = source.parse()?;
            let refuse = |problem: String| Error::invalid(format!("{}:1", source.name), problem);
            needles.extend(written.needles);
            let tables = &written.tables;
            for shape in written.documents {
                shapes.push(read_shape(shape).map_err(refuse)?);
            }
            for (type_name, emissions) in written.types {
                for emission in emissions {
                    let at = emission.referenced;
                    let emission = read_emission(emission.value, &written.provider, tables)
                        .map_err(|problem| source.refuse(at, format!("{type_name}: {problem}")))?;
                    types.entry(type_name.clone()).or_default().push(emission);
                }
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

fn read_shape(written: WrittenShape) -> Result<Shape, String> {
    let paths = |texts: Vec<String>| -> Result<Vec<Path>, String> {
        texts.iter().map(|text| path(text)).collect()
    };
    Ok(Shape {
        formats: written.formats,
        files: written.files,
        has: paths(written.has)?,
        is: written.is.into_iter().map(read_condition).collect::<Result<_, _>>()?,
        each: written.each.as_deref().map(path).transpose()?,
        type_name: written.type_name,
    })
}

fn read_emission(
    written: WrittenEmission,
    provider: &str,
    tables: &BTreeMap<String, BTreeMap<String, Cell>>,
) -> Result<Emission, String> {
    let name = written.emits.as_str();
    let kind = [Kind::Key, Kind::Grant, Kind::Setting, Kind::Reference, Kind::Change]
        .into_iter()
        .find(|kind| kind.name() == name || kind.name() == format!("link.{name}"));
    let emits = match kind {
        Some(kind) => Emits::Fact(kind),
        None => Emits::Evaluated(
            lower::EVALUATORS
                .iter()
                .position(|(evaluator, _)| *evaluator == name)
                .ok_or_else(|| format!("nothing emits `{name}`"))?,
        ),
    };
    let mut fields = Vec::new();
    for (name, spec) in written.fields {
        let field =
            Field::from_name(&name).ok_or_else(|| format!("no field is called `{name}`"))?;
        let spec = read_spec(spec, tables).map_err(|problem| format!("{name}: {problem}"))?;
        fields.push((field, spec));
    }
    Ok(Emission {
        provider: provider.to_owned(),
        emits,
        each: match written.each {
            Some(paths) => {
                paths.into_vec().iter().map(|text| path(text)).collect::<Result<_, _>>()?
            }
            None => Vec::new(),
        },
        when: written.when.into_iter().map(read_condition).collect::<Result<_, _>>()?,
        fields,
    })
}

fn read_condition(written: WrittenCondition) -> Result<Condition, String> {
    let like = |values: OneOrMany, wanted| Test::Like(values.into_vec(), wanted);
    let mut tests = [
        written.is.map(|values| Test::Is(values.into_vec())),
        written.not.map(|values| Test::Not(values.into_vec())),
        written.like.map(|values| like(values, true)),
        written.unlike.map(|values| like(values, false)),
        written.present.map(Test::Present),
        written.below.map(Test::Below),
    ]
    .into_iter()
    .flatten();
    let (Some(test), None) = (tests.next(), tests.next()) else {
        return Err("a condition has one of is, not, like, unlike, present, below".to_owned());
    };
    Ok(Condition { path: place(&written.path)?, test, absent: written.absent })
}

fn read_spec(
    written: WrittenSpec,
    tables: &BTreeMap<String, BTreeMap<String, Cell>>,
) -> Result<Spec, String> {
    let written = match written {
        WrittenSpec::Is(value) => {
            return Ok(Spec {
                from: Vec::new(),
                take: Take::Value,
                table: None,
                times: 1,
                absent: Some(value.into()),
                is_secret: false,
            });
        }
        WrittenSpec::From(written) => written,
    };
    let table = match (written.table, written.map) {
        (Some(name), None) => Some(named_table(&name, tables)?),
        (None, Some(map)) => Some(read_table(map.into_iter())),
        (None, None) => None,
        _ => return Err("either `table` or `map`".to_owned()),
    };
    Ok(Spec {
        from: written.from.into_vec().iter().map(|text| place(text)).collect::<Result<_, _>>()?,
        take: written.take,
        table,
        times: written.times.unwrap_or(1),
        absent: written.absent.map(Value::from),
        is_secret: written.secret,
    })
}

fn named_table(
    name: &str,
    tables: &BTreeMap<String, BTreeMap<String, Cell>>,
) -> Result<Table, String> {
    let (name, column) = name.split_once('.').map_or((name, None), |(n, c)| (n, Some(c)));
    let rows = tables.get(name).ok_or_else(|| format!("no table is called `{name}`"))?;
    let mut is_column = column.is_none();
    let values = rows.iter().filter_map(|(row, cell)| match (cell, column) {
        (Cell::Value(value), None) => Some((row.clone(), value.clone())),
        (Cell::Row(row_of), Some(column)) => {
            let value = row_of.get(column)?;
            is_column = true;
            Some((row.clone(), value.clone()))
        }
        _ => None,
    });
    let mut table = read_table(values);
    if let Some(column) = column {
        let is_without = |cell: &Cell| matches!(cell, Cell::Row(row) if !row.contains_key(column));
        let without = rows.iter().filter(|(_, cell)| is_without(cell));
        table.blank.extend(without.map(|(row, _)| row.clone()));
    }
    if is_column { Ok(table) } else { Err(format!("table `{name}` has no such column")) }
}

fn read_table(values: impl Iterator<Item = (String, Scalar)>) -> Table {
    let mut table = Table {
        exact: HashMap::new(),
        beginnings: Vec::new(),
        otherwise: None,
        blank: HashSet::new(),
    };
    for (name, value) in values {
        // `\*` is a star that stands in the name.
        if let Some(begin) = name.strip_suffix("\\*") {
            table.exact.insert(format!("{begin}*"), value.into());
            continue;
        }
        match name.strip_suffix('*') {
            Some("") => table.otherwise = Some(value.into()),
            Some(begin) => table.beginnings.push((begin.to_owned(), value.into())),
            None => {
                table.exact.insert(name, value.into());
            }
        }
    }
    // The longest beginning counts.
    table.beginnings.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
    table
}

fn path(text: &str) -> Result<Path, String> {
    Path::parse(text).ok_or_else(|| format!("`{text}` is no path"))
}

fn place(text: &str) -> Result<Place, String> {
    match text {
        "$address" => return Ok(Place::Address),
        "$declared" => return Ok(Place::Declared),
        "$type" => return Ok(Place::Type),
        _ => {}
    }
    let mut up = 0;
    let mut rest = text;
    while let Some(after) = rest.strip_prefix("^.") {
        up += 1;
        rest = after;
    }
    Ok(Place::Path { up, path: path(rest)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(&str, &str)]) -> Table {
        read_table(rows.iter().map(|(n, v)| ((*n).to_owned(), Scalar::Text((*v).to_owned()))))
    }

    #[test]
    fn a_star_is_everything_else_a_beginning_or_itself() {
        let table = table(&[("kms:\\*", "all"), ("kms:Get*", "read"), ("*", "none")]);
        let get = |name| table.get(name).map(ToString::to_string).unwrap_or_default();
        assert_eq!(get("kms:*"), "all");
        assert_eq!(get("kms:GetKey"), "read");
        assert_eq!(get("kms:Decrypt"), "none");
    }

    #[test]
    fn a_name_that_is_known_in_part_counts_where_the_rest_changes_nothing() {
        let table = table(&[("user:*", "named"), ("group:*", "group"), ("group:all", "anyone")]);
        let get = |known| table.get_by_beginning(known).map(ToString::to_string);
        assert_eq!(get("user:"), Some("named".to_owned()));
        assert_eq!(get("group:ops-"), Some("group".to_owned()));
        assert_eq!(get("group:"), None);
        assert_eq!(get(""), None);
    }
}
