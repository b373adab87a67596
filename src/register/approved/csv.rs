//! An approved register as a table, for spreadsheets: a row for each key, a column for each field.
//! A list is in one cell, a value on each line; in a list of objects, line n of every column belongs
//! to object n. Lists inside of these have `|` between values.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::{
    Approved,
    columns::{COLUMNS, Column, Kind, Step},
    entry::{Key, Written},
    problem, yaml,
};
use crate::error::Error;

/// What the register says beside its keys: in the first row.
const ORGANISATION: &str = "register.organisation";
const DUTIES: &str = "register.separation_of_duties";

/// A cell that begins so is a formula to a spreadsheet; an apostrophe before it makes it a text.
const ACTIVE: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\''];

/// An empty text, which is not the same as none.
const EMPTY: &str = "\"\"";

/// An object without any fields.
const BARE: &str = "{}";

/// Objects that may be bare, and the column that says so.
const MAY_BE_BARE: [(&str, &str); 2] =
    [("tls_only", "tls_only.reason"), ("exception", "exception.reason")];

/// Writes `register` with commas between cells and all of them in quotes.
pub(crate) fn write(register: &Approved, out: &mut dyn Write) -> io::Result<()> {
    let mut table = ::csv::WriterBuilder::new()
        .quote_style(::csv::QuoteStyle::Always)
        .terminator(::csv::Terminator::CRLF)
        .from_writer(out);
    let headers = COLUMNS.iter().map(Column::header);
    table.write_record(headers.chain([ORGANISATION.to_owned(), DUTIES.to_owned()]))?;
    let head = yaml::head(register)?;
    let duties = head.get("separation_of_duties");
    let mut of_register = vec![
        harmless(&cell(head.get("organisation"), &[], 0)),
        harmless(&cell(duties, &[Step::Each, Step::Each], 0)),
    ];
    let steps: Vec<Vec<Step>> = COLUMNS.iter().map(Column::steps).collect();
    for key in register.keys() {
        let key = serde_json::to_value(key)?;
        let mut row: Vec<String> = steps.iter().map(|steps| cell(Some(&key), steps, 0)).collect();
        for (object, column) in MAY_BE_BARE {
            let of_object = |column: &Column| column.path.starts_with(object);
            let is_bare = key.get(object).is_some()
                && COLUMNS
                    .iter()
                    .zip(&row)
                    .all(|(column, cell)| !of_object(column) || cell.is_empty());
            let at = COLUMNS.iter().position(|of| of.path == column);
            if let Some(cell) = at.filter(|_| is_bare).and_then(|at| row.get_mut(at)) {
                BARE.clone_into(cell);
            }
        }
        let row = row.iter().map(|cell| harmless(cell));
        table
            .write_record(row.chain(std::mem::replace(&mut of_register, vec![String::new(); 2])))?;
    }
    if register.keys().is_empty() {
        let nothing = COLUMNS.iter().map(|_| String::new());
        table.write_record(nothing.chain(of_register))?;
    }
    table.flush()
}

fn harmless(cell: &str) -> String {
    if cell.starts_with(ACTIVE) { format!("'{cell}") } else { cell.to_owned() }
}

/// What a spreadsheet shows of a cell that [`harmless`] made.
fn bare(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(ACTIVE)).unwrap_or(cell)
}

/// What stands between the values of a list that is inside of `depth` others.
const fn separator(depth: usize) -> char {
    if depth == 0 { '\n' } else { '|' }
}

fn cell(value: Option<&Value>, steps: &[Step], depth: usize) -> String {
    match (steps.split_first(), value) {
        (_, None) => String::new(),
        (Some((Step::Field(name), rest)), Some(value)) => cell(value.get(name), rest, depth),
        (Some((Step::Each, rest)), Some(value)) => {
            let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
            let cells: Vec<String> =
                items.iter().map(|item| cell(Some(item), rest, depth + 1)).collect();
            if cells.iter().all(String::is_empty) {
                return String::new();
            }
            cells.join(&separator(depth).to_string())
        }
        (None, Some(Value::String(text))) => escaped(text, depth),
        (None, Some(value)) => value.to_string(),
    }
}

fn escaped(text: &str, depth: usize) -> String {
    if text.is_empty() {
        return EMPTY.to_owned();
    }
    if depth == 0 {
        let is_marked = text == EMPTY || text == BARE || text.starts_with('\\');
        return if is_marked { format!("\\{text}") } else { text.to_owned() };
    }
    let text = text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
    let text = text.replace('|', "\\|");
    if text == EMPTY { format!("\\{text}") } else { text }
}

fn unescaped(text: &str, depth: usize) -> String {
    if text == EMPTY {
        return String::new();
    }
    if depth == 0 {
        return text.strip_prefix('\\').unwrap_or(text).to_owned();
    }
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, true) => match letters.next() {
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                Some(other) => plain.push(other),
                None => plain.push('\\'),
            },
            (letter, false) => plain.push(letter),
        }
    }
    plain
}

/// Parts of a cell; a separator after a backslash is none.
fn parts(text: &str, depth: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut is_escaped = false;
    for (at, letter) in text.char_indices() {
        if letter == separator(depth) && !is_escaped {
            parts.push(text.get(start..at).unwrap_or_default());
            start = at + letter.len_utf8();
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    parts.push(text.get(start..).unwrap_or_default());
    // The lines of a cell may end as those of Windows do.
    let trim = |part| if depth == 0 { str::trim_end_matches(part, '\r') } else { part };
    parts.into_iter().map(trim).collect()
}

/// Reads a table.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Written, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|problem| {
        let before = bytes.get(..problem.valid_up_to()).unwrap_or_default();
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        let problem = "not in UTF-8: save it as \"CSV UTF-8\"";
        Error::invalid(format!("{name}:{line}"), problem)
    })?;
    let (text, said, first_line) = match text.strip_prefix("sep=") {
        // A line of Excel's that says what stands between cells.
        Some(rest) => {
            let (said, rest) = rest.split_once('\n').unwrap_or((rest, ""));
            (rest, said.bytes().next(), 2)
        }
        None => (text, None, 1),
    };
    let mut table = ::csv::ReaderBuilder::new()
        .delimiter(said.unwrap_or_else(|| delimiter(text)))
        .has_headers(false)
        .from_reader(text.as_bytes());
    let wrong = |line: u64, column: &str, what: &str| {
        let line = line.max(1) + first_line - 1;
        let column = if column.is_empty() {
            String::new()
        } else {
            format!("column {}: ", problem::shown(column))
        };
        Error::invalid(format!("{name}:{line}"), format!("{column}{what}"))
    };
    let refused = |problem: ::csv::Error| {
        let line = problem.position().map_or(1, ::csv::Position::line);
        wrong(line, "", "not a table whose rows have the same number of cells")
    };
    let mut rows = table.records();
    let Some(head) = rows.next().transpose().map_err(refused)? else {
        return Err(wrong(1, "", "the file is empty"));
    };
    let columns = headers(&head, &|column, problem| wrong(1, column, problem))?;
    let mut of_register = Map::new();
    let mut keys = Vec::new();
    for row in rows {
        let row = row.map_err(refused)?;
        let line = row.position().map_or(1, |position| line_of(position, text));
        let mut key = Value::Null;
        for (header, cell) in columns.iter().zip(&row) {
            let cell = bare(cell);
            if cell.is_empty() {
                continue;
            }
            match header {
                Header::Organisation => {
                    of_register.insert("organisation".to_owned(), unescaped(cell, 0).into());
                }
                Header::Duties => {
                    let mut duties = Value::Null;
                    put(&mut duties, &[Step::Each, Step::Each], cell, 0, Kind::Text)
                        .map_err(|problem| wrong(line, DUTIES, problem))?;
                    of_register.insert("separation_of_duties".to_owned(), tidy(duties));
                }
                Header::Column(column, steps) => {
                    put(&mut key, steps, cell, 0, column.kind)
                        .map_err(|problem| wrong(line, &column.header(), problem))?;
                }
                Header::Blank => return Err(wrong(line, "", "a cell without a name above it")),
            }
        }
        let Value::Object(mut key) = tidy(key) else { continue };
        if let Some(exception) = key.get_mut("exception").and_then(Value::as_object_mut) {
            exception.entry("rules").or_insert_with(|| Value::Array(Vec::new()));
        }
        let key = Value::Object(key);
        if let Some(column) = COLUMNS.iter().find(|of| of.is_required && lacks(&key, &of.steps())) {
            return Err(wrong(line, &column.header(), "is needed here"));
        }
        let key: Key =
            serde_json::from_value(key).map_err(|problem| wrong(line, "", &problem.to_string()))?;
        let line = u32::try_from(line + first_line - 1).ok();
        keys.push(Key { line, ..key });
    }
    let written = Written::of(of_register, keys);
    written.map_err(|problem| wrong(1, "", &problem.to_string()))
}

/// The line on which a row starts: its position may lie before the end of the line above.
fn line_of(position: &::csv::Position, text: &str) -> u64 {
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + ends.filter(|byte| **byte == b'\n').count() as u64
}

/// What a column of a file is.
enum Header {
    Column(&'static Column, Vec<Step>),
    Organisation,
    Duties,
    Blank,
}

/// Reads the first row.
fn headers(
    head: &::csv::StringRecord,
    wrong: &dyn Fn(&str, &str) -> Error,
) -> Result<Vec<Header>, Error> {
    let mut columns = Vec::new();
    let mut known = std::collections::BTreeSet::new();
    for name in head {
        let name = name.trim();
        if !name.is_empty() && !known.insert(name) {
            return Err(wrong(name, "is there twice"));
        }
        columns.push(match name {
            "" => Header::Blank,
            ORGANISATION => Header::Organisation,
            DUTIES => Header::Duties,
            name => {
                let column = COLUMNS.iter().find(|column| column.header() == name);
                let column = column.ok_or_else(|| {
                    let known: Vec<String> = COLUMNS.iter().map(Column::header).collect();
                    match problem::nearest(name, known.iter().map(String::as_str)) {
                        Some(near) => {
                            wrong(name, &format!("is no field of a register: did you mean {near}?"))
                        }
                        None => wrong(
                            name,
                            "is no field of a register; docs/register.md says what columns are called",
                        ),
                    }
                })?;
                Header::Column(column, column.steps())
            }
        });
    }
    if known.contains("id") && known.contains("kind") {
        Ok(columns)
    } else {
        Err(wrong("id", "and column kind are needed"))
    }
}

/// What stands between the names in the first line: Excel takes it from the language of its user.
fn delimiter(text: &str) -> u8 {
    let line = text.lines().next().unwrap_or_default();
    let count = |mark: u8| line.bytes().filter(|byte| *byte == mark).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|mark| count(*mark)).unwrap_or(b',')
}

fn put(
    target: &mut Value,
    steps: &[Step],
    text: &str,
    depth: usize,
    kind: Kind,
) -> Result<(), &'static str> {
    match steps.split_first() {
        Some((Step::Field(name), rest)) => {
            if target.is_null() {
                *target = Value::Object(Map::new());
            }
            let Some(object) = target.as_object_mut() else { return Ok(()) };
            if depth == 0 && text == BARE && rest.is_empty() {
                return Ok(());
            }
            put(object.entry(*name).or_insert(Value::Null), rest, text, depth, kind)
        }
        Some((Step::Each, rest)) => {
            if target.is_null() {
                *target = Value::Array(Vec::new());
            }
            let Some(items) = target.as_array_mut() else { return Ok(()) };
            for (at, part) in parts(text, depth).into_iter().enumerate() {
                if items.len() <= at {
                    items.push(Value::Null);
                }
                if let Some(item) = items.get_mut(at).filter(|_| !part.is_empty()) {
                    put(item, rest, part, depth + 1, kind)?;
                }
            }
            Ok(())
        }
        None => {
            *target = match kind {
                Kind::Text => unescaped(text, depth).into(),
                Kind::Number => {
                    text.trim().parse::<u32>().map_err(|_| "must be a whole number")?.into()
                }
                Kind::Truth if text.trim().eq_ignore_ascii_case("true") => true.into(),
                Kind::Truth if text.trim().eq_ignore_ascii_case("false") => false.into(),
                Kind::Truth => return Err("must be true or false"),
            };
            Ok(())
        }
    }
}

/// Without blank lines of lists.
fn tidy(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            Value::Array(items.into_iter().filter(|item| !item.is_null()).map(tidy).collect())
        }
        Value::Object(object) => {
            Value::Object(object.into_iter().map(|(name, value)| (name, tidy(value))).collect())
        }
        other => other,
    }
}

/// Whether an object is there that lacks what is at the end of `steps`.
fn lacks(value: &Value, steps: &[Step]) -> bool {
    match steps.split_first() {
        Some((Step::Field(name), [])) => value.is_object() && value.get(name).is_none(),
        Some((Step::Field(name), rest)) => value.get(name).is_some_and(|value| lacks(value, rest)),
        Some((Step::Each, [])) | None => false,
        Some((Step::Each, rest)) => {
            value.as_array().is_some_and(|items| items.iter().any(|item| lacks(item, rest)))
        }
    }
}
