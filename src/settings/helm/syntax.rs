//! The language of templates of Go, as charts use it: text, actions, blocks and expressions.
//!
//! Source: Go documentation, package `text/template`.

use std::ops::Range;

use crate::settings::tree::Tree;

/// Blocks and parentheses inside of one another.
const DEPTH: usize = 64;

/// A part of a template. Ranges are bytes of its text.
pub(super) enum Item {
    Text(Range<usize>),
    Show(Expr, Range<usize>),
    /// `$name := value`, or with `false` `$name = value`.
    Set(String, Expr, bool),
    /// The first branch whose condition holds, or else the last part.
    If(Vec<(Expr, Vec<Item>)>, Vec<Item>),
    With(Option<String>, Expr, Vec<Item>, Vec<Item>),
    /// Names of index and element.
    Range(Option<String>, Option<String>, Expr, Vec<Item>, Vec<Item>),
}

pub(super) enum Expr {
    Literal(Tree),
    Dot,
    Variable(String),
    Field(Box<Expr>, String),
    Call(String, Vec<Expr>),
    /// What is not read.
    Unknown,
}

/// A template: what it gives itself, and the templates that it names.
#[derive(Default)]
pub(super) struct Template {
    pub items: Vec<Item>,
    pub named: Vec<(String, Vec<Item>)>,
}

enum Piece {
    Text(Range<usize>),
    /// What stands between the braces, and the whole of it.
    Action(Range<usize>, Range<usize>),
}

/// Reads a template; nothing where it is none.
pub(super) fn parse(text: &str) -> Option<Template> {
    let pieces = pieces(text)?;
    let mut parser = Parser { text, pieces: pieces.into_iter(), named: Vec::new() };
    let (items, end) = parser.items(0)?;
    if end.is_some() {
        return None;
    }
    Some(Template { items, named: parser.named })
}

fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut trims = false;
    loop {
        let rest = text.get(at..)?;
        let open = rest.find("{{").map(|found| at + found);
        let end = open.unwrap_or(text.len());
        let mut range = at..end;
        if trims {
            let part = text.get(range.clone())?;
            range.start += part.len() - part.trim_start().len();
        }
        let Some(open) = open else {
            pieces.push(Piece::Text(range));
            return Some(pieces);
        };
        let mut inside = open + 2;
        let after = text.get(inside..)?;
        if after.starts_with('-') && after.get(1..)?.starts_with(char::is_whitespace) {
            let part = text.get(range.clone())?;
            range.end = range.start + part.trim_end().len();
            inside += 1;
        }
        pieces.push(Piece::Text(range));
        let close = inside + closing(text.get(inside..)?)?;
        let part = text.get(inside..close)?;
        trims = part.ends_with('-') && part.get(..part.len() - 1)?.ends_with(char::is_whitespace);
        let last = if trims { close - 1 } else { close };
        at = close + 2;
        pieces.push(Piece::Action(inside..last, open..at));
    }
}

/// Where `}}` stands outside of quotes and comments.
fn closing(text: &str) -> Option<usize> {
    let begin = text.trim_start();
    if begin.starts_with("/*") {
        let from = text.len() - begin.len();
        let end = from + text.get(from..)?.find("*/")? + 2;
        return Some(end + text.get(end..)?.find("}}")?);
    }
    let mut quote = None;
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            _ if is_escaped => is_escaped = false,
            Some('"' | '\'') if c == '\\' => is_escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            None if text.get(at..)?.starts_with("}}") => return Some(at),
            None => {}
        }
    }
    None
}

struct Parser<'a> {
    text: &'a str,
    pieces: std::vec::IntoIter<Piece>,
    named: Vec<(String, Vec<Item>)>,
}

impl<'a> Parser<'a> {
    /// Items up to `end`, `else` or the end of the text, and the action that ended them.
    fn items(&mut self, depth: usize) -> Option<(Vec<Item>, Option<&'a str>)> {
        if depth > DEPTH {
            return None;
        }
        let mut items = Vec::new();
        while let Some(piece) = self.pieces.next() {
            let (inside, whole) = match piece {
                Piece::Text(range) => {
                    if !range.is_empty() {
                        items.push(Item::Text(range));
                    }
                    continue;
                }
                Piece::Action(inside, whole) => (inside, whole),
            };
            let action = self.text.get(inside)?.trim();
            if action.starts_with("/*") {
                continue;
            }
            let (word, rest) = action.split_once(char::is_whitespace).unwrap_or((action, ""));
            match word {
                "end" | "else" => return Some((items, Some(action))),
                "if" => items.push(self.branches(rest, depth)?),
                "with" => {
                    let (names, value) = declared(rest);
                    let (body, otherwise) = self.block(depth)?;
                    items.push(Item::With(names.into_iter().next(), value, body, otherwise));
                }
                "range" => {
                    let (mut names, value) = declared(rest);
                    let element = names.pop();
                    let (body, otherwise) = self.block(depth)?;
                    items.push(Item::Range(names.pop(), element, value, body, otherwise));
                }
                "define" | "block" => {
                    let mut tokens = tokens(rest);
                    let Some(Token::Text(name)) = tokens.next() else { return None };
                    let (body, _) = self.block(depth)?;
                    self.named.push((name.clone(), body));
                    if word == "block" {
                        let value = pipeline(&mut tokens.peekable(), 0);
                        let name = Expr::Literal(Tree::text(name));
                        items.push(Item::Show(
                            Expr::Call("include".into(), vec![name, value]),
                            whole,
                        ));
                    }
                }
                "template" => {
                    let value = expression(&format!("include {rest}"));
                    items.push(Item::Show(value, whole));
                }
                _ => match declared(action) {
                    (names, value) if names.is_empty() => items.push(Item::Show(value, whole)),
                    (mut names, value) => {
                        let is_new =
                            action.split_once('=').is_some_and(|(head, _)| head.ends_with(':'));
                        items.push(Item::Set(names.pop()?, value, is_new));
                    }
                },
            }
        }
        Some((items, None))
    }

    /// The rest of an `if`.
    fn branches(&mut self, condition: &str, depth: usize) -> Option<Item> {
        let mut branches = Vec::new();
        let mut condition = declared(condition).1;
        loop {
            let (body, end) = self.items(depth + 1)?;
            branches.push((condition, body));
            let rest = end?.strip_prefix("else");
            match rest.map(str::trim) {
                None => return Some(Item::If(branches, Vec::new())),
                Some("") => {
                    let (otherwise, _) = self.items(depth + 1)?;
                    return Some(Item::If(branches, otherwise));
                }
                Some(rest) => condition = declared(rest.strip_prefix("if")?).1,
            }
        }
    }

    /// The body of a block, and what stands behind its `else`.
    fn block(&mut self, depth: usize) -> Option<(Vec<Item>, Vec<Item>)> {
        let (body, end) = self.items(depth + 1)?;
        let otherwise = if end? == "end" { Vec::new() } else { self.items(depth + 1)?.0 };
        Some((body, otherwise))
    }
}

/// Names before `:=` or `=`, and the expression behind it.
fn declared(text: &str) -> (Vec<String>, Expr) {
    if text.trim_start().starts_with('$')
        && let Some((names, value)) = text.split_once('=')
    {
        let names = names.trim_end_matches(':').split(',').map(str::trim);
        let names: Vec<String> = names.map(str::to_owned).collect();
        let is_name = |name: &String| {
            name.len() > 1 && name.bytes().skip(1).all(|c| c.is_ascii_alphanumeric() || c == b'_')
        };
        if names.iter().all(is_name) {
            return (names, expression(value));
        }
    }
    (Vec::new(), expression(text))
}

fn expression(text: &str) -> Expr {
    let mut tokens = tokens(text).peekable();
    let expr = pipeline(&mut tokens, 0);
    if tokens.next().is_some() { Expr::Unknown } else { expr }
}

#[derive(PartialEq)]
enum Token {
    Open,
    Close,
    Pipe,
    /// `.a.b`, `$x.a`, `name`.
    Word(String),
    /// `.a.b` right behind a parenthesis.
    Fields(String),
    Text(String),
    /// What is not read.
    Other,
}

type Tokens<'a> = std::iter::Peekable<Box<dyn Iterator<Item = Token> + 'a>>;

fn tokens<'a>(text: &'a str) -> Box<dyn Iterator<Item = Token> + 'a> {
    let mut rest = text;
    let mut is_behind = false;
    Box::new(std::iter::from_fn(move || {
        let is_fields = is_behind && rest.starts_with('.');
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '|' => (Token::Pipe, 1),
            '"' => quoted(rest),
            '`' => match rest.get(1..).and_then(|of| of.split_once('`')) {
                Some((inside, _)) => (Token::Text(inside.to_owned()), inside.len() + 2),
                None => (Token::Other, rest.len()),
            },
            _ => {
                let is_end =
                    |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '|' | '"' | '`' | ',');
                let length = rest.find(is_end).unwrap_or(rest.len());
                match rest.get(..length) {
                    Some(word) if is_fields => (Token::Fields(word.to_owned()), length),
                    Some(word) if length > 0 => (Token::Word(word.to_owned()), length),
                    _ => (Token::Other, first.len_utf8()),
                }
            }
        };
        rest = rest.get(length..).unwrap_or_default();
        is_behind = token == Token::Close;
        Some(token)
    }))
}

fn quoted(text: &str) -> (Token, usize) {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (Token::Text(value), at + 1),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, c @ ('"' | '\\' | '\''))) => value.push(c),
                _ => return (Token::Other, text.len()),
            },
            c => value.push(c),
        }
    }
    (Token::Other, text.len())
}

/// Commands joined by `|`: each is given what the one before it gives, as its last argument.
fn pipeline(tokens: &mut Tokens<'_>, depth: usize) -> Expr {
    let mut value = command(tokens, depth);
    while tokens.next_if_eq(&Token::Pipe).is_some() {
        value = match command(tokens, depth) {
            Expr::Call(name, mut arguments) => {
                arguments.push(value);
                Expr::Call(name, arguments)
            }
            _ => Expr::Unknown,
        };
    }
    value
}

fn command(tokens: &mut Tokens<'_>, depth: usize) -> Expr {
    let mut operands = Vec::new();
    let is_call = matches!(tokens.peek(), Some(Token::Word(_)));
    while let Some(token) = tokens.next_if(|token| !matches!(token, Token::Pipe | Token::Close)) {
        operands.push(match token {
            Token::Open if depth < DEPTH => {
                let inside = pipeline(tokens, depth + 1);
                if tokens.next_if_eq(&Token::Close).is_none() {
                    return Expr::Unknown;
                }
                match tokens.next_if(|token| matches!(token, Token::Fields(_))) {
                    Some(Token::Fields(names)) => fields(inside, names.trim_start_matches('.')),
                    _ => inside,
                }
            }
            Token::Text(text) => Expr::Literal(Tree::Text(text)),
            Token::Word(word) => operand(&word),
            _ => Expr::Unknown,
        });
    }
    let mut operands = operands.into_iter();
    match operands.next() {
        Some(Expr::Call(name, _)) if is_call => Expr::Call(name, operands.collect()),
        Some(only) if operands.len() == 0 => only,
        _ => Expr::Unknown,
    }
}

fn operand(word: &str) -> Expr {
    match word {
        "true" => return Expr::Literal(Tree::Bool(true)),
        "false" => return Expr::Literal(Tree::Bool(false)),
        "nil" => return Expr::Literal(Tree::Null),
        "." => return Expr::Dot,
        _ => {}
    }
    if let Ok(number) = word.parse::<f64>()
        && word.starts_with(|c: char| c.is_ascii_digit() || c == '-')
    {
        return Expr::Literal(Tree::Number(number));
    }
    let (head, names) = word.split_once('.').map_or((word, None), |(head, of)| (head, Some(of)));
    let base = match head {
        "" => Expr::Dot,
        _ if head.starts_with('$') => Expr::Variable(head.to_owned()),
        _ if names.is_none() => {
            let is_name = head.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
            return if is_name { Expr::Call(head.to_owned(), Vec::new()) } else { Expr::Unknown };
        }
        _ => return Expr::Unknown,
    };
    match names {
        Some(names) => fields(base, names),
        None => base,
    }
}

fn fields(of: Expr, names: &str) -> Expr {
    names.split('.').take(DEPTH).fold(of, |of, name| Expr::Field(Box::new(of), name.to_owned()))
}
