//! Statements of Bicep. A mistake costs the statement that it stands in.
//!
//! Source: Bicep documentation, "Bicep file structure and syntax"; grammar in the Bicep repository
//! (docs/grammar.md).

use super::super::{
    arm::expression::{Expression, Kind},
    tree::{Node, Span, Tree},
};

/// Problems that are told.
const MOST_PROBLEMS: usize = 20;

/// What a file declares.
#[derive(Default)]
pub(super) struct File {
    /// Parameters, with their defaults.
    pub parameters: Vec<(String, Option<Expression>)>,
    pub variables: Vec<(String, Expression)>,
    /// What it gives back to whoever calls it.
    pub outputs: Vec<(String, Expression)>,
    /// Other files, with their path in the place of a type.
    pub modules: Vec<Statement>,
    /// What it is deployed to: `subscription` …; empty for a group of resources.
    pub target: String,
    pub resources: Vec<Statement>,
    /// What could not be read: at which byte, and why.
    pub problems: Vec<(usize, String)>,
}

/// `resource symbol 'type@version' = value`.
pub(super) struct Statement {
    pub symbol: String,
    pub type_name: String,
    /// Version of the API.
    pub version: String,
    pub is_existing: bool,
    /// The symbol of the resource that this one is written in.
    pub parent: Option<String>,
    pub value: Expression,
    /// Where the symbol and the type are written.
    pub span: Span,
}

/// Reads a file.
pub(super) fn parse(source: u32, text: &str) -> File {
    let mut parser = Parser { text, at: 0, source, file: File::default(), within: Vec::new() };
    parser.file();
    parser.file
}

/// Where reading stopped, and what was wrong there.
pub(super) type Wrong = (usize, &'static str);

pub(super) struct Parser<'a> {
    pub text: &'a str,
    pub at: usize,
    source: u32,
    file: File,
    /// Resources that what is read stands in.
    pub within: Vec<String>,
}

impl<'a> Parser<'a> {
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn span(&self, start: usize) -> Span {
        Span::new(self.source, start..self.at.max(start))
    }

    pub(super) fn wrong<T>(&self, why: &'static str) -> Result<T, Wrong> {
        Err((self.at, why))
    }

    /// Goes past blanks and comments; past ends of lines as well, if these mean nothing here.
    pub(super) fn skip(&mut self, lines: bool) {
        loop {
            let rest = self.rest();
            let blank =
                |c: char| c == ' ' || c == '\t' || c == '\u{feff}' || lines && c.is_whitespace();
            let after = rest.trim_start_matches(blank);
            self.at += rest.len() - after.len();
            if after.starts_with("//") || after.starts_with("#disable") {
                self.at += after.find(['\n', '\r']).unwrap_or(after.len());
            } else if after.starts_with("/*") {
                self.at += after.find("*/").map_or(after.len(), |end| end + 2);
            } else {
                return;
            }
        }
    }

    pub(super) fn take(&mut self, token: &str) -> bool {
        self.skip(false);
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    pub(super) fn peek(&mut self) -> Option<char> {
        self.skip(false);
        self.rest().chars().next()
    }

    pub(super) fn expect(&mut self, token: &str, why: &'static str) -> Result<(), Wrong> {
        if self.take(token) { Ok(()) } else { self.wrong(why) }
    }

    pub(super) fn name(&mut self) -> Option<&'a str> {
        self.skip(false);
        let rest = self.rest();
        let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = rest.find(|c: char| !is_inside(c)).unwrap_or(rest.len());
        let name = rest.get(..end)?;
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        is_name.then(|| {
            self.at += end;
            name
        })
    }

    pub(super) fn need_name(&mut self) -> Result<&'a str, Wrong> {
        self.name().ok_or((self.at, "a name is missing"))
    }

    fn file(&mut self) {
        loop {
            self.skip(true);
            if self.rest().is_empty() {
                return;
            }
            let start = self.at;
            if let Err((at, why)) = self.statement() {
                if self.file.problems.len() < MOST_PROBLEMS {
                    self.file.problems.push((at, why.to_owned()));
                }
                self.within.clear();
                // The next line that begins a statement, even if this one went past it; but not
                // again and again.
                if self.file.problems.len() < MOST_PROBLEMS {
                    self.at = start + 1;
                }
                self.next_statement();
            }
        }
    }

    /// Goes to the next line that begins like a statement, without a blank before it.
    fn next_statement(&mut self) {
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        while let Some(end) = self.rest().find('\n') {
            self.at += end + 1;
            if self.rest().starts_with(|c: char| c.is_ascii_alphabetic() || c == '@') {
                return;
            }
        }
        self.at = self.text.len();
    }

    fn statement(&mut self) -> Result<(), Wrong> {
        if self.take("@") {
            return self.expression(0).map(drop);
        }
        match self.need_name()? {
            "param" => {
                let name = self.need_name()?.to_owned();
                self.skip_type()?;
                let default = if self.take("=") { Some(self.expression(0)?) } else { None };
                self.file.parameters.push((name, default));
            }
            "var" => {
                let name = self.need_name()?.to_owned();
                self.skip_type()?;
                self.expect("=", "`=` is missing")?;
                let value = self.expression(0)?;
                self.file.variables.push((name, value));
            }
            "resource" => self.resource(0)?,
            "module" => {
                self.skip(false);
                let start = self.at;
                let symbol = self.need_name()?.to_owned();
                let span = self.span(start);
                self.skip(false);
                let path = self.at;
                self.skip_type()?;
                let path = self.text.get(path..self.at).unwrap_or_default().trim();
                let path = path.trim_matches('\'').to_owned();
                self.expect("=", "`=` is missing")?;
                let value = self.expression(0)?;
                self.file.modules.push(Statement {
                    symbol,
                    type_name: path,
                    version: String::new(),
                    is_existing: false,
                    parent: None,
                    value,
                    span,
                });
            }
            "targetScope" => {
                self.expect("=", "`=` is missing")?;
                if let Kind::Value(node) = self.expression(0)?.kind {
                    self.file.target = node.as_text().unwrap_or_default().to_owned();
                }
            }
            "output" => {
                let name = self.need_name()?.to_owned();
                self.skip_type()?;
                if self.take("=")
                    && let Some(value) = self.expression_or_rest()?
                {
                    self.file.outputs.push((name, value));
                }
            }
            "type" | "func" | "metadata" | "assert" => {
                self.skip_type()?;
                if self.take("=") {
                    self.expression_or_rest()?;
                }
            }
            // What only names other files, or comes with a later version.
            "import" | "using" | "extension" | "provider" | "extends" => self.skip_line(),
            _ => return self.wrong("no statement begins like this"),
        }
        match self.peek() {
            None | Some('\n' | '\r') => Ok(()),
            Some(_) => self.wrong("the statement goes on where it should end"),
        }
    }

    /// The value of an output, or of a type, which may be something else than an expression.
    fn expression_or_rest(&mut self) -> Result<Option<Expression>, Wrong> {
        let start = self.at;
        let value = self.expression(0).ok();
        if value.is_some() && matches!(self.peek(), None | Some('\n' | '\r')) {
            return Ok(value);
        }
        self.at = start;
        self.skip_type()?;
        Ok(None)
    }

    fn skip_line(&mut self) {
        self.at += self.rest().find(['\n', '\r']).unwrap_or(self.rest().len());
    }

    /// Goes past a type, to `=` or the end of the line.
    fn skip_type(&mut self) -> Result<(), Wrong> {
        let mut open = 0usize;
        loop {
            self.skip(open > 0);
            match self.rest().chars().next() {
                None => return Ok(()),
                Some('\n' | '\r') if open == 0 => {
                    // A union may go on with the next line.
                    let before = self.at;
                    self.skip(true);
                    if !self.rest().starts_with('|') {
                        self.at = before;
                        return Ok(());
                    }
                }
                Some('=') if open == 0 && !self.rest().starts_with("=>") => return Ok(()),
                Some('\'') => {
                    self.text_literal(0)?;
                }
                Some(c) => {
                    match c {
                        '(' | '[' | '{' | '<' => open += 1,
                        ')' | ']' | '}' | '>' => open = open.saturating_sub(1),
                        _ => {}
                    }
                    self.at += c.len_utf8();
                }
            }
        }
    }

    /// What follows the word `resource`.
    pub(super) fn resource(&mut self, depth: usize) -> Result<(), Wrong> {
        self.skip(false);
        let start = self.at;
        let symbol = self.need_name()?.to_owned();
        self.skip(false);
        let of = self.text_literal(0)?;
        let span = self.span(start);
        let Kind::Value(Node { tree: Tree::Text(type_name), .. }) = &of.kind else {
            return self.wrong("the type of a resource has no values in it");
        };
        let (type_name, version) = type_name.split_once('@').unwrap_or((type_name, ""));
        let (type_name, version) = (type_name.to_owned(), version.to_owned());
        self.skip(false);
        let is_existing = self.rest().starts_with("existing") && self.name().is_some();
        self.expect("=", "`=` is missing")?;
        let parent = self.within.last().cloned();
        self.within.push(symbol.clone());
        let value = self.expression(depth + 1)?;
        self.within.pop();
        self.file.resources.push(Statement {
            symbol,
            type_name,
            version,
            is_existing,
            parent,
            value,
            span,
        });
        Ok(())
    }
}
