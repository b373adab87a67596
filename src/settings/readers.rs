//! How a document becomes trees where a front end reads languages that need no evaluation.

use super::{
    Reading, dump, ini as options, json, shell as commands, tree::Node, xml as elements, yaml,
};

/// Files of these names have several languages: what tools print, YAML (`mongod.conf`), and options.
pub(super) fn ini(source: u32, reading: &mut Reading<'_>) {
    let text = reading.text(source);
    // Components of MySQL have theirs in JSON.
    if let Some(document) = text.starts_with('{').then(|| json::parse(source, text).ok()).flatten()
    {
        reading.recognise(&document, "json", source);
        return;
    }
    if dump::is_dump(text.as_bytes()) {
        any(dump::parse, "dump", source, reading);
    }
    let is_option = |line: &str| line.contains('=') || line.starts_with('[');
    let is_member = |line: &str| {
        line.split_once(':').is_some_and(|(name, rest)| {
            (rest.is_empty() || rest.starts_with(' ')) && !name.contains(char::is_whitespace)
        })
    };
    let first = text.lines().map(str::trim_end).find(|line| {
        !line.is_empty() && !line.starts_with(['#', ';']) && (is_option(line) || is_member(line))
    });
    if first.is_some_and(|line| is_member(line) && !is_option(line)) {
        for document in &yaml::parse(source, text).documents {
            reading.recognise(document, "yaml", source);
        }
        return;
    }
    let document = options::parse(source, text);
    reading.recognise(&document, "ini", source);
}

pub(super) fn shell(source: u32, reading: &mut Reading<'_>) {
    let names = commands::commands(reading.providers);
    let text = reading.text(source);
    let mut commands = Vec::new();
    commands::read(source, text, 0..text.len(), &names, &mut commands);
    reading.recognise_all(commands, "shell", source);
}

/// Reads a language in which any text is a document.
pub(super) fn any(
    parse: fn(u32, &str) -> Node,
    format: &str,
    source: u32,
    reading: &mut Reading<'_>,
) {
    let document = parse(source, reading.text(source));
    reading.recognise(&document, format, source);
}

pub(super) fn xml(source: u32, reading: &mut Reading<'_>) {
    match elements::parse(source, reading.text(source)) {
        Ok(document) => reading.recognise(&document, "xml", source),
        Err((at, problem)) => reading.problems.push((source, at, problem)),
    }
}
