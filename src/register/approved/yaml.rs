//! Writes an approved register as YAML: an entry in lines, what is inside of it in braces.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::{Approved, columns::ordered};

/// What a register says beside its keys.
pub(super) fn head(register: &Approved) -> io::Result<Map<String, Value>> {
    let mut head = Map::new();
    let written = &register.written;
    if let Some(organisation) = &written.organisation {
        head.insert("organisation".to_owned(), organisation.value.as_ref().into());
    }
    if !written.separation_of_duties.is_empty() {
        let duties = serde_json::to_value(&written.separation_of_duties)?;
        head.insert("separation_of_duties".to_owned(), duties);
    }
    Ok(head)
}

/// Writes `register`.
pub(crate) fn write(register: &Approved, out: &mut dyn Write) -> io::Result<()> {
    write_head(&head(register)?, register.keys().is_empty(), out)?;
    for key in register.keys() {
        let Value::Object(key) = serde_json::to_value(key)? else { continue };
        write_key(&key, out)?;
    }
    Ok(())
}

/// Everything before the entries.
fn write_head(head: &Map<String, Value>, is_empty: bool, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "keylint: key-register\nversion: 1")?;
    if let Some(Value::String(organisation)) = head.get("organisation") {
        writeln!(out, "organisation: {}", text(organisation))?;
    }
    if let Some(Value::Array(duties)) = head.get("separation_of_duties") {
        writeln!(out, "separation_of_duties:")?;
        for duty in duties {
            writeln!(out, "  - {}", flow(duty, ""))?;
        }
    }
    writeln!(out, "{}", if is_empty { "keys: []" } else { "keys:" })
}

/// One entry.
fn write_key(key: &Map<String, Value>, out: &mut dyn Write) -> io::Result<()> {
    let mut mark = "  - ";
    for (name, value) in ordered(key, "") {
        let path = format!("/{name}");
        match value {
            Value::Array(items) if items.iter().any(Value::is_object) => {
                writeln!(out, "{mark}{name}:")?;
                for item in items {
                    writeln!(out, "      - {}", flow(item, &path))?;
                }
            }
            other => writeln!(out, "{mark}{name}: {}", flow(other, &path))?,
        }
        mark = "    ";
    }
    Ok(())
}

fn flow(value: &Value, path: &str) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(value) => text(value),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| flow(item, path)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(object) => {
            let one = |(name, value)| format!("{name}: {}", flow(value, &format!("{path}/{name}")));
            let fields: Vec<String> = ordered(object, path).into_iter().map(one).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// Words that YAML 1.1 or 1.2 takes for something else.
const WORDS: [&str; 10] = ["false", "n", "no", "null", "off", "on", "true", "y", "yes", "inf"];

/// A text, in quotes unless it is plainly one.
fn text(text: &str) -> String {
    let is_date = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./ ".contains(&byte))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if is_date || is_plain { text.to_owned() } else { quoted(text) }
}

/// A text between double quotes, where YAML knows the escapes of JSON. What YAML does not take for
/// printable is escaped too.
fn quoted(text: &str) -> String {
    let json = Value::from(text).to_string();
    let is_odd = |c: char| {
        matches!(
            c,
            '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
    };
    if !json.contains(is_odd) {
        return json;
    }
    json.chars()
        .map(|c| if is_odd(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() })
        .collect()
}
