//! SQL scripts: statements, as far as they say how keys are kept. Knows strings, quoted names and
//! comments of all dialects and no grammar: a statement is its words in capitals (`text`), what
//! stands behind `=` or as a string behind a word (`options`), and the functions that it calls
//! (`calls`).

use super::{
    text::{Members, VALUES, literal},
    tree::{Node, Span, Tree},
};

/// Length of the words of a statement that tables can ask for.
const TEXT: usize = 400;

/// What statements about keys begin with. Between them, T-SQL needs no sign.
const VERBS: &[&str] = &[
    "ADMINISTER",
    "ALTER",
    "BACKUP",
    "CALL",
    "CREATE",
    "EXEC",
    "INSERT",
    "INSTALL",
    "OPEN",
    "RESTORE",
    "SELECT",
    "SET",
    "UPDATE",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Text,
    /// A name in double quotes, brackets or backticks; Oracle writes passwords so.
    Quoted,
    Sign,
}

struct Token<'a> {
    kind: Kind,
    text: &'a str,
    at: usize,
    /// Whether it is the first of its line.
    is_first: bool,
}

/// The statements of `text`, as a list.
pub(crate) fn parse(source: u32, text: &str) -> Node {
    let mut statements = Vec::new();
    let mut open: Vec<Token<'_>> = Vec::new();
    let mut depth: usize = 0;
    let mut tokens = Tokens { text, at: 0, is_first: true };
    for token in std::iter::from_fn(|| tokens.next()).take(VALUES) {
        let word = |words: &[&str]| {
            token.kind == Kind::Word && words.iter().any(|w| token.text.eq_ignore_ascii_case(w))
        };
        let is_sign = |sign: &str| token.kind == Kind::Sign && token.text == sign;
        let is_separator = is_sign(";") || token.is_first && (word(&["GO"]) || is_sign("/"));
        let begins = token.is_first && depth == 0 && word(VERBS) && !goes_on(&open);
        if is_separator || begins {
            statements.extend(statement(source, text, &open));
            open.clear();
            depth = 0;
        }
        if is_separator {
            continue;
        }
        if is_sign("(") {
            depth += 1;
        } else if is_sign(")") {
            depth = depth.saturating_sub(1);
        }
        open.push(token);
    }
    statements.extend(statement(source, text, &open));
    Node::new(Tree::List(statements), Span::new(source, 0..0))
}

/// Where the words begin that are not read, because there are too many.
pub(crate) fn unread(text: &str) -> Option<usize> {
    // A word has at least one byte.
    if text.len() <= VALUES {
        return None;
    }
    let mut tokens = Tokens { text, at: 0, is_first: true };
    std::iter::from_fn(|| tokens.next()).nth(VALUES).map(|token| token.at)
}

/// Whether a statement cannot be over: `ALTER SYSTEM` wants its `SET` on the next line.
fn goes_on(open: &[Token<'_>]) -> bool {
    let is_system = |token: &Token<'_>| token.text.eq_ignore_ascii_case("SYSTEM");
    open.last().is_some_and(|last| is_system(last) || last.text.eq_ignore_ascii_case("MANAGEMENT"))
}

fn statement(source: u32, text: &str, tokens: &[Token<'_>]) -> Option<Node> {
    let first = tokens.first()?;
    if !VERBS.iter().any(|verb| first.text.eq_ignore_ascii_case(verb)) {
        return None;
    }
    // What is shown of it ends before the first string: that may be a secret.
    let line_end = text.get(first.at..)?.find('\n').map_or(text.len(), |end| first.at + end);
    let shown = tokens.iter().find(|token| token.kind != Kind::Word).map_or(line_end, |t| t.at);
    let shown = text.get(first.at..shown.min(line_end))?;
    let shown = shown.trim_end_matches(|c: char| c.is_whitespace() || "'\"`[".contains(c));
    let whole = Span::new(source, first.at..first.at + shown.len());
    let mut members = Members::default();
    let mut words = String::new();
    let mut options = Members::default();
    let mut calls = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if words.len() < TEXT {
            if !words.is_empty() {
                words.push(' ');
            }
            match token.kind {
                Kind::Word | Kind::Sign => words.push_str(&token.text.to_ascii_uppercase()),
                Kind::Text | Kind::Quoted => words.push_str("'…'"),
            }
        }
        let before = |back: usize| index.checked_sub(back).and_then(|at| tokens.get(at));
        let is_sign = |token: Option<&Token<'_>>, sign: &str| {
            token.is_some_and(|token| token.kind == Kind::Sign && token.text == sign)
        };
        let name = match token.kind {
            Kind::Sign => {
                if token.text == "(" && before(1).is_some_and(|name| name.kind == Kind::Word) {
                    calls.extend(call(source, tokens, index));
                }
                continue;
            }
            _ if is_sign(before(1), "=") => before(2),
            Kind::Text => before(1),
            Kind::Quoted | Kind::Word => {
                let is_by = |token: &&Token<'_>| token.text.eq_ignore_ascii_case("BY");
                let is_told = |t: &Token<'_>| t.text.eq_ignore_ascii_case("IDENTIFIED");
                before(1).filter(is_by).filter(|_| before(2).is_some_and(is_told))
            }
        };
        if let Some(name) = name.filter(|name| name.kind == Kind::Word) {
            let span = Span::new(source, token.at..token.at + token.text.len());
            let is_filled_in = token.text.starts_with([':', '&', '?', '@', '%', '{']);
            let node = if is_filled_in { Node::unknown(span) } else { literal(token.text, span) };
            options.add(&name.text.to_ascii_uppercase(), span, node);
        }
    }
    members.set("text", Tree::text(words), whole);
    members.add("options", whole, options.node(whole));
    members.add("calls", whole, Node::new(Tree::List(calls), whole));
    Some(members.node(whole))
}

/// The function whose bracket is token number `open`.
fn call(source: u32, tokens: &[Token<'_>], open: usize) -> Option<Node> {
    let name = tokens.get(open.checked_sub(1)?)?;
    let span = Span::new(source, name.at..name.at + name.text.len());
    let inside = tokens.get(open + 1..)?.iter().take_while(|token| token.text != ")");
    let texts = inside
        .take(20)
        .filter(|token| token.kind == Kind::Text)
        .map(|token| literal(token.text, Span::new(source, token.at..token.at + token.text.len())));
    let mut members = Members::default();
    members.set("name", Tree::text(name.text.to_ascii_lowercase()), span);
    members.add("arguments", span, Node::new(Tree::List(texts.collect()), span));
    if let Some(second) = argument(tokens.get(open + 1..)?, 1) {
        let at = Span::new(source, second.at..second.at + second.text.len());
        members.add("second", at, literal(second.text, at));
    }
    Some(members.node(span))
}

/// Argument number `number` of a function, where that is a string and nothing else.
fn argument<'a>(inside: &'a [Token<'a>], number: usize) -> Option<&'a Token<'a>> {
    let (mut depth, mut passed): (usize, usize) = (0, 0);
    for (at, token) in inside.iter().enumerate() {
        let is_sign = token.kind == Kind::Sign;
        match token.text {
            "(" if is_sign => depth += 1,
            ")" if is_sign && depth == 0 => return None,
            ")" if is_sign => depth -= 1,
            "," if is_sign && depth == 0 => passed += 1,
            _ if passed == number => {
                let ends = inside.get(at + 1).is_some_and(|after| matches!(after.text, "," | ")"));
                return (token.kind == Kind::Text && ends).then_some(token);
            }
            _ => {}
        }
    }
    None
}

struct Tokens<'a> {
    text: &'a str,
    at: usize,
    is_first: bool,
}

impl<'a> Tokens<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes over blanks and comments.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let begin = rest.trim_start();
            let blank = rest.get(..rest.len() - begin.len()).unwrap_or_default();
            self.is_first |= blank.contains('\n');
            self.at += blank.len();
            let comment = if begin.starts_with("--") || self.is_first && begin.starts_with('#') {
                begin.find('\n').unwrap_or(begin.len())
            } else if begin.starts_with("/*") {
                begin.find("*/").map_or(begin.len(), |end| end + 2)
            } else {
                return;
            };
            self.at += comment;
        }
    }

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip();
        let rest = self.rest();
        let first = rest.chars().next()?;
        let is_first = std::mem::take(&mut self.is_first);
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '@' | '.');
        let quoted = |end: char, kind: Kind, self_: &mut Self| {
            let inside = rest.get(first.len_utf8()..).unwrap_or_default();
            let length = closing(inside, end);
            let at = self_.at + first.len_utf8();
            self_.at = (at + length + end.len_utf8()).min(self_.text.len());
            let text = inside.get(..length).unwrap_or_default();
            Some(Token { kind, text, at, is_first })
        };
        match first {
            '\'' => quoted('\'', Kind::Text, self),
            '"' => quoted('"', Kind::Quoted, self),
            '`' => quoted('`', Kind::Quoted, self),
            '[' => quoted(']', Kind::Quoted, self),
            c if is_word(c) => {
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let text = rest.get(..length).unwrap_or_default();
                let at = self.at;
                self.at += length;
                // The letter before a string belongs to it: `N'…'`, `E'…'`.
                if length == 1 && self.rest().starts_with('\'') {
                    self.is_first = is_first;
                    return self.next();
                }
                Some(Token { kind: Kind::Word, text, at, is_first })
            }
            c => {
                let at = self.at;
                self.at += c.len_utf8();
                let text = rest.get(..c.len_utf8()).unwrap_or_default();
                Some(Token { kind: Kind::Sign, text, at, is_first })
            }
        }
    }
}

/// Where a quote ends: a quote that is doubled is a part of the text.
fn closing(inside: &str, end: char) -> usize {
    let mut from = 0;
    while let Some(found) = inside.get(from..).and_then(|rest| rest.find(end)) {
        let at = from + found;
        let after = at + end.len_utf8();
        if !inside.get(after..).is_some_and(|rest| rest.starts_with(end)) {
            return at;
        }
        from = after + end.len_utf8();
    }
    inside.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tree::Path;

    fn statements(text: &str) -> Vec<Node> {
        parse(0, text).elements().to_vec()
    }

    #[test]
    fn statements_are_their_words_and_options() {
        let text = "-- CREATE nothing\nUSE master;\nBACKUP CERTIFICATE [Tde] TO FILE = N'C:\\a.cer'\n\
                    WITH PRIVATE KEY (FILE='C:\\a.pvk', ENCRYPTION BY PASSWORD = 'it''s; x')\nGO\n\
                    CREATE DATABASE ENCRYPTION KEY\n  WITH ALGORITHM = TRIPLE_DES_3KEY /* ; */\n\
                    ENCRYPTION BY SERVER CERTIFICATE Tde\nALTER SYSTEM\nSET ENCRYPTION KEY \
                    IDENTIFIED BY \"welcome1\";\nselect pg_tde_add_key('a', '/b')";
        let found = statements(text);
        let texts: Vec<_> =
            found.iter().map(|s| s.get("text").unwrap().as_text().unwrap()).collect();
        assert_eq!(texts.len(), 4, "{texts:?}");
        assert!(texts[0].starts_with("BACKUP CERTIFICATE '…' TO FILE = '…' WITH PRIVATE KEY ("));
        let option = |index: usize, path: &str| {
            let look = found[index].find(&Path::parse(path).unwrap());
            look.nodes[0].as_text().unwrap().to_owned()
        };
        assert_eq!(option(0, "options.PASSWORD"), "it''s; x");
        assert_eq!(option(1, "options.ALGORITHM"), "TRIPLE_DES_3KEY");
        assert_eq!(option(2, "options.BY"), "welcome1");
        assert_eq!(option(3, "calls.name"), "pg_tde_add_key");
        let first = found[0].span;
        assert_eq!(&text[first.start as usize..first.end as usize], "BACKUP CERTIFICATE");
    }

    #[test]
    fn what_is_filled_in_is_unknown() {
        for value in ["'$(Password)'", "':pw'", "'&pw'", "'<password>'"] {
            let found = statements(&format!("CREATE MASTER KEY ENCRYPTION BY PASSWORD = {value};"));
            assert!(found[0].find(&Path::parse("options.PASSWORD").unwrap()).unknown, "{value}");
        }
    }

    #[test]
    fn quotes_and_comments_without_end_come_to_an_end() {
        for text in ["'", "CREATE '", "/*", "--", "CREATE [", "ALTER X = ", "é'é", "CREATE N'"] {
            parse(0, text);
        }
    }
}
