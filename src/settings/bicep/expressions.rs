//! Expressions of Bicep, in the form that those of ARM templates are read into.

use super::{
    super::{
        arm::expression::{Expression, Kind},
        tree::{Node, Tree},
    },
    syntax::{Parser, Wrong},
};

/// Expressions inside of one another.
const DEPTH: usize = 48;

/// Steps behind one value, or operators of one rank in a row.
const MOST_STEPS: usize = 64;

/// Operators by rank, the loosest first, and the functions that they are. Longer ones come before
/// those that they begin with.
const OPERATORS: &[&[(&str, &str)]] = &[
    &[("||", "or")],
    &[("&&", "and")],
    &[
        ("==", "equals"),
        ("!=", "!equals"),
        ("=~", "equalsinsensitive"),
        ("!~", "!equalsinsensitive"),
    ],
    &[("<=", "lessorequals"), ("<", "less"), (">=", "greaterorequals"), (">", "greater")],
    &[("+", "add"), ("-", "sub")],
    &[("*", "mul"), ("/", "div"), ("%", "mod")],
    &[("??", "coalesce")],
];

impl<'a> Parser<'a> {
    pub(super) fn expression(&mut self, depth: usize) -> Result<Expression, Wrong> {
        if depth > DEPTH {
            return self.wrong("nested too deep");
        }
        self.skip(false);
        let start = self.at;
        let condition = self.operators(0, depth)?;
        // The second half may stand on a line of its own.
        if !self.take_over_lines("?", &["??"]) {
            return Ok(condition);
        }
        self.skip(true);
        let first = self.expression(depth + 1)?;
        if !self.take_over_lines(":", &[]) {
            return self.wrong("`:` is missing");
        }
        self.skip(true);
        let second = self.expression(depth + 1)?;
        let kind = Kind::Call("if".to_owned(), vec![condition, first, second]);
        Ok(Expression::new(kind, self.span(start)))
    }

    /// Takes a token that may stand on one of the next lines; if it does not, nothing is taken.
    fn take_over_lines(&mut self, token: &str, not: &[&str]) -> bool {
        let before = self.at;
        self.skip(true);
        let rest = self.rest();
        if rest.starts_with(token) && !not.iter().any(|not| rest.starts_with(not)) {
            self.at += token.len();
            return true;
        }
        self.at = before;
        false
    }

    fn operators(&mut self, rank: usize, depth: usize) -> Result<Expression, Wrong> {
        let Some(operators) = OPERATORS.get(rank) else { return self.unary(depth) };
        self.skip(false);
        let start = self.at;
        let mut found = self.operators(rank + 1, depth)?;
        for _ in 0..MOST_STEPS {
            let operator = operators.iter().find(|(token, _)| {
                // `=>` belongs to a function.
                self.take_over_lines(token, &["=>"])
            });
            let Some((_, function)) = operator else { return Ok(found) };
            self.skip(true);
            let second = self.operators(rank + 1, depth)?;
            let name = function.strip_prefix('!');
            let call = Kind::Call(name.unwrap_or(function).to_owned(), vec![found, second]);
            found = Expression::new(call, self.span(start));
            if name.is_some() {
                let span = found.span;
                found = Expression::new(Kind::Call("not".to_owned(), vec![found]), span);
            }
        }
        self.wrong("too many operators in a row")
    }

    fn unary(&mut self, depth: usize) -> Result<Expression, Wrong> {
        self.skip(false);
        let start = self.at;
        let function = match self.peek() {
            Some('!') => "not",
            Some('-') => "sub",
            _ => return self.steps(depth),
        };
        if depth > DEPTH {
            return self.wrong("nested too deep");
        }
        self.at += 1;
        let of = self.unary(depth + 1)?;
        let span = self.span(start);
        let mut arguments = vec![of];
        if function == "sub" {
            let zero = Kind::Value(Node::new(Tree::Number(0.0), span));
            arguments.insert(0, Expression::new(zero, span));
        }
        Ok(Expression::new(Kind::Call(function.to_owned(), arguments), span))
    }

    /// A value, and members, elements and functions of it.
    fn steps(&mut self, depth: usize) -> Result<Expression, Wrong> {
        self.skip(false);
        let start = self.at;
        let mut found = self.value(depth)?;
        for _ in 0..MOST_STEPS {
            let rest = self.rest();
            if rest.starts_with("!") && !rest.starts_with("!=") && !rest.starts_with("!~") {
                // `!` says that a value is there.
                self.at += 1;
            } else if rest.starts_with(".") || rest.starts_with("::") {
                self.at += if rest.starts_with("::") { 2 } else { 1 };
                self.take("?");
                let name = self.need_name()?;
                if self.rest().starts_with('(') {
                    // A function of a namespace.
                    let arguments = self.arguments(depth)?;
                    let kind = Kind::Call(name.to_ascii_lowercase(), arguments);
                    found = Expression::new(kind, self.span(start));
                } else if rest.starts_with("::") {
                    found = Expression::new(Kind::Name(name.to_owned()), self.span(start));
                } else {
                    let kind = Kind::Member(Box::new(found), name.to_owned());
                    found = Expression::new(kind, self.span(start));
                }
            } else if rest.starts_with("[") {
                self.at += 1;
                self.take("?");
                self.skip(true);
                let at = self.expression(depth + 1)?;
                self.skip(true);
                self.expect("]", "`]` is missing")?;
                let kind = Kind::Index(Box::new(found), Box::new(at));
                found = Expression::new(kind, self.span(start));
            } else {
                return Ok(found);
            }
        }
        self.wrong("too many steps in a row")
    }

    fn arguments(&mut self, depth: usize) -> Result<Vec<Expression>, Wrong> {
        self.expect("(", "`(` is missing")?;
        let mut arguments = Vec::new();
        loop {
            self.skip(true);
            if self.take(")") {
                return Ok(arguments);
            }
            if !arguments.is_empty() {
                self.take(",");
                self.skip(true);
            }
            arguments.push(self.expression(depth + 1)?);
        }
    }

    fn value(&mut self, depth: usize) -> Result<Expression, Wrong> {
        let start = self.at;
        match self.peek() {
            Some('\'' | '$') => self.text_literal(depth),
            Some('{') => self.map(depth),
            Some('[') => self.list(depth),
            Some('(') => {
                if let Some(lambda) = self.lambda(depth)? {
                    return Ok(lambda);
                }
                self.at += 1;
                self.skip(true);
                let inside = self.expression(depth + 1)?;
                self.skip(true);
                self.expect(")", "`)` is missing")?;
                Ok(inside)
            }
            Some('0'..='9') => {
                let rest = self.rest();
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                let number = rest.get(..end).and_then(|digits| digits.parse().ok()).unwrap_or(0.0);
                self.at += end;
                let span = self.span(start);
                Ok(Expression::new(Kind::Value(Node::new(Tree::Number(number), span)), span))
            }
            _ => self.named(start, depth),
        }
    }

    fn named(&mut self, start: usize, depth: usize) -> Result<Expression, Wrong> {
        let Some(name) = self.name() else { return self.wrong("a value is missing") };
        let literal = match name {
            "true" => Some(Tree::Bool(true)),
            "false" => Some(Tree::Bool(false)),
            "null" => Some(Tree::Null),
            _ => None,
        };
        if let Some(tree) = literal {
            let span = self.span(start);
            return Ok(Expression::new(Kind::Value(Node::new(tree, span)), span));
        }
        if name == "if" {
            // `if (condition) { … }` before what is declared.
            self.expect("(", "`(` is missing")?;
            self.skip(true);
            let condition = self.expression(depth + 1)?;
            self.skip(true);
            self.expect(")", "`)` is missing")?;
            self.skip(true);
            let body = self.expression(depth + 1)?;
            let kind = Kind::Call("if".to_owned(), vec![condition, body]);
            return Ok(Expression::new(kind, self.span(start)));
        }
        self.skip(false);
        if self.rest().starts_with("=>") {
            self.at += 2;
            self.skip(true);
            let body = self.expression(depth + 1)?;
            let kind = Kind::Lambda(vec![name.to_owned()], Box::new(body));
            return Ok(Expression::new(kind, self.span(start)));
        }
        if self.rest().starts_with('(') {
            let arguments = self.arguments(depth)?;
            let kind = Kind::Call(name.to_ascii_lowercase(), arguments);
            return Ok(Expression::new(kind, self.span(start)));
        }
        Ok(Expression::new(Kind::Name(name.to_owned()), self.span(start)))
    }

    /// `(a, b) => body`; nothing if what stands here is something else.
    fn lambda(&mut self, depth: usize) -> Result<Option<Expression>, Wrong> {
        let start = self.at;
        let rest = self.rest();
        // Names of parameters are short: no need to look far for their end.
        let end = rest.bytes().take(200).position(|byte| byte == b')').unwrap_or(0);
        let (Some(names), Some(after)) = (rest.get(1..end), rest.get(end + 1..)) else {
            return Ok(None);
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ',' | ' ');
        let Some(body) =
            after.trim_start().strip_prefix("=>").filter(|_| names.chars().all(is_plain))
        else {
            return Ok(None);
        };
        self.at += rest.len() - body.len();
        self.skip(true);
        let body = self.expression(depth + 1)?;
        let names = names.split(',').map(|name| name.trim().to_owned()).collect();
        Ok(Some(Expression::new(Kind::Lambda(names, Box::new(body)), self.span(start))))
    }

    fn map(&mut self, depth: usize) -> Result<Expression, Wrong> {
        let start = self.at;
        self.expect("{", "`{` is missing")?;
        let mut entries = Vec::new();
        loop {
            self.skip(true);
            if self.take("}") {
                return Ok(Expression::new(Kind::Map(entries), self.span(start)));
            }
            if self.take(",") {
                continue;
            }
            if self.take("@") {
                self.expression(depth + 1)?;
                continue;
            }
            if self.take("...") {
                // What is spread comes from elsewhere; it changes nothing that stands here.
                self.expression(depth + 1)?;
                continue;
            }
            let at = self.at;
            let name = match self.peek() {
                Some('\'') => self.text_literal(depth)?,
                _ => {
                    let name = self.need_name()?;
                    Expression::text(name, self.span(at))
                }
            };
            if !self.within.is_empty() && self.peek() != Some(':') && self.shown(at) == "resource" {
                self.resource(depth)?;
                continue;
            }
            self.expect(":", "`:` is missing")?;
            self.skip(true);
            entries.push((name, self.expression(depth + 1)?));
        }
    }

    fn shown(&self, from: usize) -> &'a str {
        self.text.get(from..self.at).unwrap_or_default().trim()
    }

    fn list(&mut self, depth: usize) -> Result<Expression, Wrong> {
        let start = self.at;
        self.expect("[", "`[` is missing")?;
        self.skip(true);
        if let Some(found) = self.each(start, depth)? {
            return Ok(found);
        }
        let mut elements = Vec::new();
        loop {
            self.skip(true);
            if self.take("]") {
                return Ok(Expression::new(Kind::List(elements), self.span(start)));
            }
            if self.take(",") || self.take("...") {
                continue;
            }
            elements.push(self.expression(depth + 1)?);
        }
    }

    /// `for item in list: body]` or `for (item, index) in list: body]`.
    fn each(&mut self, start: usize, depth: usize) -> Result<Option<Expression>, Wrong> {
        let Some(after) = self.rest().strip_prefix("for") else { return Ok(None) };
        if !after.starts_with([' ', '(', '\t']) {
            return Ok(None);
        }
        self.at += 3;
        let is_pair = self.take("(");
        let item = self.need_name()?.to_owned();
        let index = match is_pair {
            true => {
                self.expect(",", "`,` is missing")?;
                let index = self.need_name()?.to_owned();
                self.expect(")", "`)` is missing")?;
                Some(index)
            }
            false => None,
        };
        if self.name() != Some("in") {
            return self.wrong("`in` is missing");
        }
        self.skip(true);
        let list = Box::new(self.expression(depth + 1)?);
        self.expect(":", "`:` is missing")?;
        self.skip(true);
        let body = Box::new(self.expression(depth + 1)?);
        self.skip(true);
        self.expect("]", "`]` is missing")?;
        Ok(Some(Expression::new(Kind::Each { item, index, list, body }, self.span(start))))
    }

    /// `'text ${value}'`, or a text of several lines between `'''`.
    pub(super) fn text_literal(&mut self, depth: usize) -> Result<Expression, Wrong> {
        let start = self.at;
        let rest = self.rest();
        if let Some(inside) = rest.strip_prefix("$'''") {
            let Some((text, _)) = inside.split_once("'''") else {
                return self.wrong("the text does not end");
            };
            self.at += text.len() + 7;
            let span = self.span(start);
            return Ok(Expression::new(Kind::Value(Node::unknown(span)), span));
        }
        if let Some(inside) = rest.strip_prefix("'''") {
            let Some((text, _)) = inside.split_once("'''") else {
                return self.wrong("the text does not end");
            };
            self.at += text.len() + 6;
            let text =
                text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n')).unwrap_or(text);
            return Ok(Expression::text(text, self.span(start)));
        }
        if !self.take("'") {
            return self.wrong("a text is missing");
        }
        let mut parts = Vec::new();
        let mut text = String::new();
        loop {
            let here = self.at;
            let Some(c) = self.rest().chars().next() else {
                return self.wrong("the text does not end");
            };
            self.at += c.len_utf8();
            match c {
                '\'' => break,
                '\n' | '\r' => return Err((start, "the text does not end with its line")),
                '\\' => text.push(self.escape()?),
                '$' if self.rest().starts_with('{') => {
                    self.at += 1;
                    parts.push(Expression::text(std::mem::take(&mut text), self.span(here)));
                    self.skip(true);
                    parts.push(self.expression(depth + 1)?);
                    self.skip(true);
                    self.expect("}", "`}` is missing")?;
                }
                _ => text.push(c),
            }
        }
        let span = self.span(start);
        if parts.is_empty() {
            return Ok(Expression::text(text, span));
        }
        parts.push(Expression::text(text, span));
        Ok(Expression::new(Kind::Text(parts), span))
    }

    fn escape(&mut self) -> Result<char, Wrong> {
        let Some(c) = self.rest().chars().next() else {
            return self.wrong("the text does not end");
        };
        self.at += c.len_utf8();
        Ok(match c {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let code = self.rest().strip_prefix('{').and_then(|of| of.split_once('}'));
                let Some((digits, _)) = code else { return self.wrong("`\\u{…}` is not whole") };
                self.at += digits.len() + 2;
                let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                code.ok_or((self.at, "no character has this number"))?
            }
            other => other,
        })
    }
}
