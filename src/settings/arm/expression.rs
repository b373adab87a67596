//! Expressions of ARM templates, `[concat(parameters('a'), '-key')]`, in the form that Bicep is read
//! into as well.
//!
//! Source: Azure Resource Manager documentation, "ARM template syntax", "Template expressions".

use std::collections::BTreeSet;

use super::super::tree::{Node, Span, Tree};

/// Expressions inside of one another, and steps behind one value.
const DEPTH: usize = 64;

/// An expression and where it is written.
pub(in crate::settings) struct Expression {
    pub kind: Kind,
    pub span: Span,
}

pub(in crate::settings) enum Kind {
    Value(Node),
    /// A symbol of Bicep.
    Name(String),
    /// A function, in small letters and without its namespace. Operators are functions.
    Call(String, Vec<Expression>),
    Member(Box<Expression>, String),
    Index(Box<Expression>, Box<Expression>),
    /// Texts and values in one text.
    Text(Vec<Expression>),
    List(Vec<Expression>),
    Map(Vec<(Expression, Expression)>),
    /// `[for item, index in list: body]`.
    Each {
        item: String,
        index: Option<String>,
        list: Box<Expression>,
        body: Box<Expression>,
    },
    /// `(a, b) => body`.
    Lambda(Vec<String>, Box<Expression>),
}

impl Expression {
    pub(in crate::settings) fn new(kind: Kind, span: Span) -> Self {
        Self { kind, span }
    }

    pub(in crate::settings) fn text(text: impl Into<String>, span: Span) -> Self {
        Self::new(Kind::Value(Node::new(Tree::text(text), span)), span)
    }

    /// Adds every symbol that it names, in small letters.
    pub(in crate::settings) fn names(&self, into: &mut BTreeSet<String>) {
        let mut all = |of: &[Self]| of.iter().for_each(|of| of.names(into));
        match &self.kind {
            Kind::Value(_) => {}
            Kind::Name(name) => {
                into.insert(name.to_ascii_lowercase());
            }
            Kind::Call(_, of) | Kind::Text(of) | Kind::List(of) => all(of),
            Kind::Member(of, _) | Kind::Lambda(_, of) => of.names(into),
            Kind::Index(of, other) => {
                of.names(into);
                other.names(into);
            }
            Kind::Map(entries) => {
                for (name, value) in entries {
                    name.names(into);
                    value.names(into);
                }
            }
            Kind::Each { list, body, .. } => {
                list.names(into);
                body.names(into);
            }
        }
    }

    /// How people would write it, roughly: the same for two conditions that are the same.
    pub(in crate::settings) fn shown(&self) -> String {
        let all = |of: &[Self]| of.iter().map(Self::shown).collect::<Vec<_>>().join(", ");
        match &self.kind {
            Kind::Value(node) => match node.scalar() {
                Some(text) => format!("'{text}'"),
                None => "null".to_owned(),
            },
            Kind::Name(name) => name.clone(),
            Kind::Call(name, arguments) => format!("{name}({})", all(arguments)),
            Kind::Member(of, name) => format!("{}.{name}", of.shown()),
            Kind::Index(of, at) => format!("{}[{}]", of.shown(), at.shown()),
            Kind::Text(parts) => format!("text({})", all(parts)),
            Kind::List(of) => format!("[{}]", all(of)),
            Kind::Map(_) => "{…}".to_owned(),
            Kind::Each { list, .. } => format!("each({})", list.shown()),
            Kind::Lambda(names, _) => format!("({})", names.join(", ")),
        }
    }
}

/// The expression that a text of a template is, if it is one: it stands in brackets. Every part of
/// it is written where the text is.
pub(super) fn parse(text: &str, span: Span) -> Option<Expression> {
    let inside = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let mut parser = Parser { rest: inside, span };
    let expression = parser.expression(0)?;
    parser.skip();
    parser.rest.is_empty().then_some(expression)
}

struct Parser<'a> {
    rest: &'a str,
    span: Span,
}

impl<'a> Parser<'a> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, text: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn name(&mut self) -> Option<&'a str> {
        self.skip();
        let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = self.rest.find(|c: char| !is_inside(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        (!name.is_empty()).then_some(name)
    }

    fn expression(&mut self, depth: usize) -> Option<Expression> {
        if depth > DEPTH {
            return None;
        }
        let mut found = self.primary(depth)?;
        for _ in 0..DEPTH {
            let kind = if self.take(".") {
                self.take("?");
                Kind::Member(Box::new(found), self.name()?.to_owned())
            } else if self.take("[") {
                self.take("?");
                let at = self.expression(depth + 1)?;
                if !self.take("]") {
                    return None;
                }
                Kind::Index(Box::new(found), Box::new(at))
            } else {
                return Some(found);
            };
            found = Expression::new(kind, self.span);
        }
        None
    }

    fn primary(&mut self, depth: usize) -> Option<Expression> {
        self.skip();
        let span = self.span;
        let value = |tree: Tree| Expression::new(Kind::Value(Node::new(tree, span)), span);
        match self.rest.chars().next()? {
            '\'' => self.literal(),
            '-' | '0'..='9' => {
                let end = self
                    .rest
                    .find(|c: char| !matches!(c, '-' | '0'..='9' | '.'))
                    .unwrap_or(self.rest.len());
                let (number, rest) = self.rest.split_at_checked(end)?;
                let found = value(Tree::Number(number.parse().ok()?));
                self.rest = rest;
                Some(found)
            }
            _ => {
                let mut name = self.name()?;
                // A function of the template's own: its namespace says nothing of what it does.
                while self.rest.starts_with('.') {
                    self.take(".");
                    name = self.name()?;
                }
                if !self.take("(") {
                    return match name {
                        "true" => Some(value(Tree::Bool(true))),
                        "false" => Some(value(Tree::Bool(false))),
                        "null" => Some(value(Tree::Null)),
                        _ => None,
                    };
                }
                let mut arguments = Vec::new();
                while !self.take(")") {
                    if !arguments.is_empty() && !self.take(",") {
                        return None;
                    }
                    arguments.push(self.expression(depth + 1)?);
                }
                Some(Expression::new(Kind::Call(name.to_ascii_lowercase(), arguments), self.span))
            }
        }
    }

    /// `'it''s'`.
    fn literal(&mut self) -> Option<Expression> {
        let mut text = String::new();
        let mut rest = self.rest.strip_prefix('\'')?;
        loop {
            let (part, after) = rest.split_once('\'')?;
            text.push_str(part);
            match after.strip_prefix('\'') {
                Some(after) => {
                    text.push('\'');
                    rest = after;
                }
                None => {
                    self.rest = after;
                    return Some(Expression::text(text, self.span));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_read_whole_or_not_at_all() {
        for (text, shown) in [
            ("[parameters('a')]", "parameters('a')"),
            ("[concat('it''s', '-', 1)]", "concat('it's', '-', '1')"),
            ("[variables('a').b[0].c]", "variables('a').b['0'].c"),
            ("[ if ( equals(1, -2), true(), null() ) ]", "if(equals('1', '-2'), true(), null())"),
            ("[contoso.unique('a')]", "unique('a')"),
        ] {
            let parsed = parse(text, Span::default()).map(|found| found.shown());
            assert_eq!(parsed.as_deref(), Some(shown), "{text}");
        }
        let deep = format!("[{}1{}]", "a(".repeat(500), ")".repeat(500));
        let long = format!("[a(){}]", ".b".repeat(500));
        for text in ["[", "[]", "[a", "[a(]", "[a()", "[a() b()]", "[a(1,)]", "['a]", &deep, &long]
        {
            assert!(parse(text, Span::default()).is_none(), "{text}");
        }
    }
}
