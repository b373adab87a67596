//! A file of `rules/providers/`, read: unknown names, paths and columns are refused at the line where
//! they stand.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{
    lower,
    providers::{Condition, Emission, Emits, Place, Shape, Spec, Table, Take, Test},
    tree::Path,
};
use crate::{
    error::Error,
    fact::{Field, Kind, Value},
    rule::source::Source,
};

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

/// What most are stands first: each try before costs the making of an error.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Int(u64),
    Bool(bool),
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
    #[serde(default)]
    blocks: Vec<String>,
    #[serde(default)]
    flat: bool,
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
    From(WrittenFrom),
    Is(Scalar),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFrom {
    /// First, because a list would be taken for the members in turn: no list begins with one of these.
    #[serde(default)]
    take: Take,
    from: OneOrMany,
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
    /// A text with `{}` for each of `from`.
    #[serde(default)]
    format: Option<String>,
}

/// What a file says.
pub(super) struct Read {
    pub needles: Vec<String>,
    pub shapes: Vec<Shape>,
    /// By the type of resource that gives them.
    pub emissions: Vec<(String, Emission)>,
}

pub(super) fn read(source: &Source) -> Result<Read, Error> {
    let written: Written = source.parse()?;
    let refuse = |problem: String| Error::invalid(format!("{}:1", source.name), problem);
    let shapes = written.documents.into_iter().map(read_shape).collect::<Result<_, _>>();
    let mut read =
        Read { needles: written.needles, shapes: shapes.map_err(refuse)?, emissions: Vec::new() };
    for (type_name, emissions) in written.types {
        for emission in emissions {
            let at = emission.referenced;
            let emission = read_emission(emission.value, &written.provider, &written.tables)
                .map_err(|problem| source.refuse(at, format!("{type_name}: {problem}")))?;
            read.emissions.push((type_name.clone(), emission));
        }
    }
    Ok(read)
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
        blocks: written.blocks,
        is_flat: written.flat,
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
                format: None,
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
    let from: Vec<Place> =
        written.from.into_vec().iter().map(|text| place(text)).collect::<Result<_, _>>()?;
    if written.format.as_ref().is_some_and(|format| format.matches("{}").count() != from.len()) {
        return Err("`format` has one `{}` for each of `from`".to_owned());
    }
    Ok(Spec {
        from,
        format: written.format,
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
        patterns: Vec::new(),
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
            Some(begin) if begin.contains('*') => table.patterns.push((name, value.into())),
            None if name.contains('*') => table.patterns.push((name, value.into())),
            Some(begin) => table.beginnings.push((begin.to_owned(), value.into())),
            None => {
                table.exact.insert(name, value.into());
            }
        }
    }
    // The longest counts.
    for of in [&mut table.beginnings, &mut table.patterns] {
        of.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
    }
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
        "$member" => return Ok(Place::Member),
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
