//! What is wrong with the form of a register, in words that whoever keeps it understands: the reader of
//! YAML speaks of types and events.

use crate::excerpt;

/// A name that somebody wrote where a field is due, unless it may be a key.
pub(super) fn shown(name: &str) -> &str {
    if name.split(['.', ' ']).any(excerpt::may_be_key) { "…" } else { name }
}

/// A message of the reader, which begins with what is wrong, without what may be a key.
pub(super) fn in_words(problem: &str) -> String {
    let parts = said(problem);
    let parts = parts.split('`').enumerate();
    let parts = parts.map(|(number, part)| if number % 2 == 1 { shown(part) } else { part });
    parts.collect::<Vec<_>>().join("`")
}

fn said(problem: &str) -> String {
    let quoted = |text: &str| Some(text.split_once('`')?.1.split_once('`')?.0.to_owned());
    if let Some((head, fields)) = problem.split_once(", expected one of ")
        && let Some(name) = quoted(head).filter(|_| head.starts_with("unknown field"))
    {
        return match nearest(&name, fields.split(", ")) {
            Some(near) => format!("unknown field `{name}`: did you mean `{near}`?"),
            None => problem.to_owned(),
        };
    }
    if let Some(name) = problem.strip_prefix("duplicate mapping key: ") {
        let name = name.split(',').next().unwrap_or(name);
        return format!("`{name}` is said twice of one key");
    }
    let words = [
        ("unexpected end of input", "the file is empty"),
        ("expected mapping start", "a field with parts has its value in braces: `{part: value}`"),
        ("expected sequence start", "a list is in brackets: `[one, other]`"),
        ("invalid u", "a whole number is wanted, without a unit"),
        ("invalid boolean", "`true` or `false` is wanted"),
    ];
    let known = words.into_iter().find(|(head, _)| problem.starts_with(head));
    known.map_or_else(|| problem.to_owned(), |(_, words)| words.to_owned())
}

/// The name among `names` that is a slip of the pen away from `name`.
pub(super) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    let names = names.map(|other| other.trim().trim_matches('`'));
    let near = names.map(|other| (distance(&name, other), other));
    near.filter(|(far, other)| *far <= 2 && *far < other.len()).min().map(|(_, other)| other)
}

/// How many letters have to be put in, left out or changed to make one word the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (number, letter) in one.bytes().take(64).enumerate() {
        let mut corner = number;
        let mut left = number + 1;
        for (above, of) in row.iter_mut().zip(std::iter::once(None).chain(other.bytes().map(Some)))
        {
            let Some(of) = of else {
                *above = left;
                continue;
            };
            let here = (corner + usize::from(of != letter)).min(left + 1).min(*above + 1);
            corner = std::mem::replace(above, here);
            left = here;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_a_slip_of_the_pen_away() {
        let names = || ["algorithm", "aliases", "state", "state_since", "id"].into_iter();
        for (name, near) in [
            ("algoritm", Some("algorithm")),
            ("algorihtm", Some("algorithm")),
            ("Alias", Some("aliases")),
            ("state-since", Some("state_since")),
            ("custodian", None),
            ("xy", None),
        ] {
            assert_eq!(nearest(name, names()), near, "{name}");
        }
    }

    #[test]
    fn a_key_in_the_place_of_a_name_is_not_shown() {
        let key = "9f86d081884c7d659a2feaa0c55ad015";
        for problem in [
            format!("unknown field `{key}`, expected one of `id`, `state_since`"),
            format!("duplicate mapping key: {key}, at"),
        ] {
            let said = in_words(&problem);
            assert!(!said.contains(key) && said.contains('…'), "{said}");
        }
        assert_eq!(shown("distribution.method"), "distribution.method");
        let said = in_words("unknown field `state-sinc`, expected one of `id`, `state_since`");
        assert_eq!(said, "unknown field `state-sinc`: did you mean `state_since`?");
    }

    #[test]
    fn distances_are_those_of_levenshtein() {
        for (one, other, far) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "ab", 2),
            ("kitten", "sitting", 3),
            ("flaw", "lawn", 2),
            ("same", "same", 0),
        ] {
            assert_eq!(distance(one, other), far, "{one} {other}");
        }
    }
}
