//! Message templates: text with `{field}` and `{profile.parameter}` in it. What stands in `[ … ]`
//! is left out when a field in it is not known.

use super::Profile;
use crate::fact::{Fact, Field, Value, printable};

/// Characters of a message, enough for a sentence with a path-like name in it.
const MOST_CHARS: usize = 500;

/// Items of a list in a message; of the rest the number is told.
const MOST_ITEMS: usize = 8;

/// Stands for a field that is not known, outside of brackets.
const UNKNOWN: &str = "unknown";

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(Field),
    Parameter(String),
    Optional(Vec<Piece>),
}

/// Reads a template. The problem comes with the word that it is about.
pub(super) fn parse(text: &str, profile: &Profile) -> Result<Template, (String, String)> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let Some((before, inside)) = rest.split_once('[') else {
            parse_flat(rest, profile, &mut pieces)?;
            break;
        };
        parse_flat(before, profile, &mut pieces)?;
        let (inside, after) =
            inside.split_once(']').ok_or_else(|| ("`[` without `]`".to_owned(), "[".to_owned()))?;
        let mut optional = Vec::new();
        parse_flat(inside, profile, &mut optional)?;
        if !optional.iter().any(|piece| matches!(piece, Piece::Field(_))) {
            let problem = "`[ … ]` without a {field} would never be left out";
            return Err((problem.to_owned(), format!("[{inside}]")));
        }
        pieces.push(Piece::Optional(optional));
        rest = after;
    }
    Ok(Template(pieces))
}

fn parse_flat(
    mut text: &str,
    profile: &Profile,
    pieces: &mut Vec<Piece>,
) -> Result<(), (String, String)> {
    while let Some((before, after)) = text.split_once('{') {
        push_text(before, pieces)?;
        let (name, after) =
            after.split_once('}').ok_or_else(|| ("`{` without `}`".to_owned(), "{".to_owned()))?;
        pieces.push(parse_name(name, profile)?);
        text = after;
    }
    push_text(text, pieces)
}

fn push_text(text: &str, pieces: &mut Vec<Piece>) -> Result<(), (String, String)> {
    if let Some(stray) = text.chars().find(|c| matches!(c, ']' | '}' | '[')) {
        return Err((
            format!("`{stray}` stands alone or inside of another pair"),
            stray.to_string(),
        ));
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
    Ok(())
}

fn parse_name(name: &str, profile: &Profile) -> Result<Piece, (String, String)> {
    if let Some(parameter) = name.strip_prefix("profile.") {
        return if profile.parameters.contains_key(parameter) {
            Ok(Piece::Parameter(parameter.to_owned()))
        } else {
            let problem = format!("profile `{}` has no parameter `{parameter}`", profile.id);
            Err((problem, name.to_owned()))
        };
    }
    Field::from_name(name)
        .map(Piece::Field)
        .ok_or_else(|| (format!("no field is called `{name}`"), name.to_owned()))
}

impl Template {
    /// The sentence for a fact: one line without anything that could drive a terminal.
    pub(super) fn render(&self, fact: &Fact, profile: &Profile) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Optional(pieces) => {
                    let all: Option<String> =
                        pieces.iter().map(|piece| piece.text(fact, profile)).collect();
                    text.push_str(&all.unwrap_or_default());
                }
                piece => text.push_str(piece.text(fact, profile).as_deref().unwrap_or(UNKNOWN)),
            }
        }
        printable(&text, MOST_CHARS)
    }

    /// Fields that it names.
    #[cfg(test)]
    pub(super) fn fields(&self) -> Vec<Field> {
        fn collect(pieces: &[Piece], fields: &mut Vec<Field>) {
            for piece in pieces {
                match piece {
                    Piece::Field(field) => fields.push(*field),
                    Piece::Optional(pieces) => collect(pieces, fields),
                    Piece::Text(_) | Piece::Parameter(_) => {}
                }
            }
        }
        let mut fields = Vec::new();
        collect(&self.0, &mut fields);
        fields
    }
}

impl Piece {
    fn text(&self, fact: &Fact, profile: &Profile) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Field(field) => match fact.fields.get(field)? {
                Value::Unknown => None,
                // `private-key` is a private key.
                Value::Text(class) if *field == Field::Class => Some(class.replace('-', " ")),
                Value::List(items) if items.len() > MOST_ITEMS => {
                    let shown = items.get(..MOST_ITEMS).unwrap_or_default().join(", ");
                    Some(format!("{shown} and {} more", items.len() - MOST_ITEMS))
                }
                value => Some(value.to_string()),
            },
            Self::Parameter(name) => Some(profile.parameters.get(name)?.value.to_string()),
            // Brackets do not nest.
            Self::Optional(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fact::{Kind, Site},
        rule::tests::profile,
    };

    fn fact() -> Fact {
        Fact::new(Kind::Material, Site::default())
            .with(Field::Algorithm, "rsa")
            .with(Field::Bits, 1024u32)
            .with(Field::Curve, Value::Unknown)
            .with(Field::Comment, "evil\u{1b}[31m\u{202e}")
    }

    fn render(text: &str) -> String {
        parse(text, &profile()).unwrap().render(&fact(), &profile())
    }

    #[test]
    fn fields_and_parameters_are_filled_in() {
        assert_eq!(render("an {algorithm} key of {bits} bits"), "an rsa key of 1024 bits");
        assert_eq!(render("the floor is {profile.min_strength}"), "the floor is 112");
    }

    #[test]
    fn of_a_long_list_the_rest_is_counted() {
        let list = |count: usize| {
            let items: Vec<String> = (1..=count).map(|item| item.to_string()).collect();
            let fact = Fact::new(Kind::Grant, Site::default()).with(Field::Actions, items);
            parse("may {actions}", &profile()).unwrap().render(&fact, &profile())
        };
        assert_eq!(list(8), "may 1, 2, 3, 4, 5, 6, 7, 8");
        assert_eq!(list(11), "may 1, 2, 3, 4, 5, 6, 7, 8 and 3 more");
    }

    #[test]
    fn what_is_not_known_is_neutral_or_left_out() {
        assert_eq!(render("{subject} key, {curve} curve"), "unknown key, unknown curve");
        assert_eq!(render("key[ of {subject}][ on {curve}][ of {bits} bits]"), "key of 1024 bits");
    }

    #[test]
    fn a_message_cannot_drive_a_terminal() {
        let message = render("key: {comment}");
        assert!(!message.chars().any(crate::fact::is_unsafe_to_show), "{message:?}");
    }

    #[test]
    fn slips_are_refused() {
        for (text, word) in [
            ("{bit}", "bit"),
            ("{profile.min}", "profile.min"),
            ("{bits", "{"),
            ("bits}", "}"),
            ("[{bits}", "["),
            ("bits]", "]"),
            ("[[{bits}]]", "["),
            ("[no field]", "[no field]"),
        ] {
            assert_eq!(parse(text, &profile()).unwrap_err().1, word, "{text}");
        }
    }
}
