//! HCL as it is written: blocks, attributes and expressions, each with its place in the source.
//! Nothing is evaluated here. What the parser gives is turned over at once, so that JSON syntax and
//! templates can become the same.

use std::ops::Range;

use hcl_edit::{
    Span as _,
    expr::{self, Expression, ObjectKey, TraversalOperator},
    structure,
    template::{self, Element, Strip},
};

pub(crate) use hcl_edit::expr::BinaryOperator;

use crate::settings::tree::{Span, Tree};

/// Attributes and blocks in their order.
#[derive(Default)]
pub(crate) struct Body {
    pub attributes: Vec<Attribute>,
    pub blocks: Vec<Block>,
}

pub(crate) struct Attribute {
    pub name: String,
    pub name_span: Span,
    pub value: Expr,
}

pub(crate) struct Block {
    pub name: String,
    pub labels: Vec<String>,
    pub body: Body,
    /// From its name to its last label.
    pub head: Span,
}

impl Body {
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    pub(crate) fn value(&self, name: &str) -> Option<&Expr> {
        self.attribute(name).map(|attribute| &attribute.value)
    }

    pub(crate) fn blocks_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |block| block.name == name)
    }
}

/// An expression and where it is written.
pub(crate) struct Expr {
    pub kind: Kind,
    pub span: Span,
}

pub(crate) enum Kind {
    /// A null, truth value, number, or text without anything to fill in.
    Literal(Tree),
    List(Vec<Expr>),
    Object(Vec<(Expr, Expr)>),
    Template(Vec<Part>),
    Name(String),
    Get(Box<Expr>, String),
    Index(Box<Expr>, Box<Expr>),
    /// Of each element of the first, what the second makes of [`ELEMENT`].
    Splat(Box<Expr>, Box<Expr>),
    /// Condition, and what it gives where it holds and where not.
    Conditional(Box<[Expr; 3]>),
    /// Function, arguments, and whether the last one is spread.
    Call(String, Vec<Expr>, bool),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Binary(BinaryOperator, Box<[Expr; 2]>),
    For(Box<For>),
}

/// The name of an element in what a splat makes of it; no name that can be written.
pub(crate) const ELEMENT: &str = "*";

/// `[for KEY, VALUE in COLLECTION : RESULT if CONDITION]`, or `{ … : NAME => RESULT … }`.
pub(crate) struct For {
    pub key: Option<String>,
    pub value: String,
    pub collection: Expr,
    pub name: Option<Expr>,
    pub result: Expr,
    pub condition: Option<Expr>,
    /// Whether results of one name are put in a list.
    pub is_grouping: bool,
}

/// A part of a template.
pub(crate) enum Part {
    Text(String),
    Value(Expr),
    If(Expr, Vec<Part>, Vec<Part>),
    /// Names of key and value, the collection, and what comes of each.
    For(Option<String>, String, Expr, Vec<Part>),
}

/// Where text that was parsed alone lies in its source.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub source: u32,
    /// Byte of the source at which the text begins.
    pub base: usize,
    /// For text that lies in no source as it is: the place of all of it.
    pub fixed: Option<Span>,
}

impl Frame {
    fn span(self, range: Option<Range<usize>>) -> Span {
        let range = range.unwrap_or_default();
        self.fixed.unwrap_or_else(|| {
            Span::new(
                self.source,
                range.start.saturating_add(self.base)..range.end.saturating_add(self.base),
            )
        })
    }

    /// Adds what `written` holds to `body`.
    pub(crate) fn body(self, written: &structure::Body, body: &mut Body) {
        for part in written.iter() {
            match part {
                structure::Structure::Attribute(attribute) => body.attributes.push(Attribute {
                    name: attribute.key.as_str().to_owned(),
                    name_span: self.span(attribute.key.span()),
                    value: self.expression(&attribute.value),
                }),
                structure::Structure::Block(block) => body.blocks.push(self.block(block)),
            }
        }
    }

    fn block(self, block: &structure::Block) -> Block {
        let start = block.ident.span().unwrap_or_default();
        let end = block.labels.last().and_then(hcl_edit::Span::span).map_or(start.end, |s| s.end);
        let mut body = Body::default();
        self.body(&block.body, &mut body);
        Block {
            name: block.ident.as_str().to_owned(),
            labels: block.labels.iter().map(|label| label.as_str().to_owned()).collect(),
            body,
            head: self.span(Some(start.start..end.max(start.end))),
        }
    }

    pub(crate) fn expression(self, written: &Expression) -> Expr {
        let span = self.span(written.span());
        let boxed = |expression: &Expression| Box::new(self.expression(expression));
        let kind = match written {
            Expression::Null(_) => Kind::Literal(Tree::Null),
            Expression::Bool(value) => Kind::Literal(Tree::Bool(*value.value())),
            Expression::Number(number) => {
                Kind::Literal(number.as_f64().map_or(Tree::Unknown, Tree::Number))
            }
            Expression::String(text) => Kind::Literal(Tree::text(text.as_str())),
            Expression::Array(array) => {
                Kind::List(array.iter().map(|element| self.expression(element)).collect())
            }
            Expression::Object(object) => {
                let member = |(key, value): (&ObjectKey, &expr::ObjectValue)| {
                    (self.key(key), self.expression(value.expr()))
                };
                Kind::Object(object.iter().map(member).collect())
            }
            Expression::StringTemplate(template) => Kind::Template(self.template(template, true)),
            Expression::HeredocTemplate(heredoc) => plain(self.template(&heredoc.template, false)),
            Expression::Parenthesis(inner) => return self.expression(inner.inner()),
            Expression::Variable(name) => Kind::Name(name.as_str().to_owned()),
            Expression::Conditional(conditional) => Kind::Conditional(Box::new([
                self.expression(&conditional.cond_expr),
                self.expression(&conditional.true_expr),
                self.expression(&conditional.false_expr),
            ])),
            Expression::FuncCall(call) => Kind::Call(
                self.function(&call.name),
                call.args.iter().map(|argument| self.expression(argument)).collect(),
                call.args.expand_final(),
            ),
            Expression::Traversal(traversal) => {
                return self.traversal(
                    self.expression(&traversal.expr),
                    &mut traversal.operators.iter().map(|operator| operator.value()),
                    span,
                );
            }
            Expression::UnaryOp(unary) => match unary.operator.value() {
                expr::UnaryOperator::Not => Kind::Not(boxed(&unary.expr)),
                expr::UnaryOperator::Neg => Kind::Negative(boxed(&unary.expr)),
            },
            Expression::BinaryOp(binary) => Kind::Binary(
                *binary.operator.value(),
                Box::new([self.expression(&binary.lhs_expr), self.expression(&binary.rhs_expr)]),
            ),
            Expression::ForExpr(of) => Kind::For(Box::new(For {
                key: of.intro.key_var.as_ref().map(|name| name.as_str().to_owned()),
                value: of.intro.value_var.as_str().to_owned(),
                collection: self.expression(&of.intro.collection_expr),
                name: of.key_expr.as_ref().map(|name| self.expression(name)),
                result: self.expression(&of.value_expr),
                condition: of.cond.as_ref().map(|condition| self.expression(&condition.expr)),
                is_grouping: of.grouping,
            })),
        };
        Expr { kind, span }
    }

    /// A bare name as a key is a text.
    fn key(self, key: &ObjectKey) -> Expr {
        match key {
            ObjectKey::Ident(name) => {
                let kind = Kind::Literal(Tree::text(name.as_str()));
                Expr { kind, span: self.span(name.span()) }
            }
            ObjectKey::Expression(expression) => self.expression(expression),
        }
    }

    fn function(self, name: &expr::FuncName) -> String {
        let mut whole = String::new();
        for namespace in &name.namespace {
            whole.push_str(namespace.as_str());
            whole.push_str("::");
        }
        whole.push_str(name.name.as_str());
        whole
    }

    fn traversal(
        self,
        mut of: Expr,
        operators: &mut dyn Iterator<Item = &TraversalOperator>,
        span: Span,
    ) -> Expr {
        let whole = |kind| Expr { kind, span };
        let mut operators = operators.peekable();
        while let Some(operator) = operators.next() {
            of = whole(match operator {
                TraversalOperator::GetAttr(name) => {
                    Kind::Get(Box::new(of), name.as_str().to_owned())
                }
                TraversalOperator::Index(index) => {
                    Kind::Index(Box::new(of), Box::new(self.expression(index)))
                }
                TraversalOperator::LegacyIndex(index) => {
                    #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
                    let number = Tree::Number(*index.value() as f64);
                    Kind::Index(Box::new(of), Box::new(whole(Kind::Literal(number))))
                }
                TraversalOperator::FullSplat(_) => {
                    let element = whole(Kind::Name(ELEMENT.to_owned()));
                    let each = self.traversal(element, &mut operators, span);
                    Kind::Splat(Box::new(of), Box::new(each))
                }
                TraversalOperator::AttrSplat(_) => {
                    // An index after it is one of the list that it gives.
                    let mut each = whole(Kind::Name(ELEMENT.to_owned()));
                    while let Some(TraversalOperator::GetAttr(name)) = operators
                        .next_if(|operator| matches!(operator, TraversalOperator::GetAttr(_)))
                    {
                        each = whole(Kind::Get(Box::new(each), name.as_str().to_owned()));
                    }
                    Kind::Splat(Box::new(of), Box::new(each))
                }
            });
        }
        of
    }

    /// `is_quoted`: whether it stands in quotes, inside of which a directive has escapes that the
    /// parser leaves as they are.
    pub(crate) fn template(self, written: &template::Template, is_quoted: bool) -> Vec<Part> {
        let mut parts = Vec::new();
        // Whether blanks that come next are taken off.
        let mut is_stripping = false;
        for element in written.iter() {
            let strip = match element {
                Element::Literal(_) => Strip::None,
                Element::Interpolation(of) => of.strip,
                Element::Directive(of) => outer_strip(of),
            };
            if strip.strip_start()
                && let Some(Part::Text(text)) = parts.last_mut()
            {
                text.truncate(text.trim_end().len());
            }
            match element {
                Element::Literal(text) => {
                    let text = text.as_str();
                    let text = if is_stripping { text.trim_start() } else { text };
                    parts.push(Part::Text(text.to_owned()));
                }
                Element::Interpolation(of) => parts.push(Part::Value(self.expression(&of.expr))),
                Element::Directive(of) => parts.push(self.directive(of, is_quoted)),
            }
            is_stripping = strip.strip_end();
        }
        parts
    }

    fn directive(self, written: &template::Directive, is_quoted: bool) -> Part {
        match written {
            template::Directive::If(of) => {
                let otherwise = of.else_expr.as_ref();
                Part::If(
                    self.expression(&of.if_expr.cond_expr),
                    self.within(
                        &of.if_expr.template,
                        (
                            of.if_expr.strip,
                            otherwise.map_or(of.endif_expr.strip, |otherwise| otherwise.strip),
                        ),
                        is_quoted,
                    ),
                    otherwise.map_or_else(Vec::new, |otherwise| {
                        let strips = (otherwise.strip, of.endif_expr.strip);
                        self.within(&otherwise.template, strips, is_quoted)
                    }),
                )
            }
            template::Directive::For(of) => Part::For(
                of.for_expr.key_var.as_ref().map(|name| name.as_str().to_owned()),
                of.for_expr.value_var.as_str().to_owned(),
                self.expression(&of.for_expr.collection_expr),
                self.within(
                    &of.for_expr.template,
                    (of.for_expr.strip, of.endfor_expr.strip),
                    is_quoted,
                ),
            ),
        }
    }

    /// What lies between two directives that may strip its ends.
    fn within(
        self,
        written: &template::Template,
        (before, after): (Strip, Strip),
        is_quoted: bool,
    ) -> Vec<Part> {
        let mut parts = self.template(written, is_quoted);
        for part in parts.iter_mut().filter(|_| is_quoted) {
            if let Part::Text(text) = part {
                *text = unescaped(text);
            }
        }
        if before.strip_end()
            && let Some(Part::Text(text)) = parts.first_mut()
        {
            *text = text.trim_start().to_owned();
        }
        if after.strip_start()
            && let Some(Part::Text(text)) = parts.last_mut()
        {
            text.truncate(text.trim_end().len());
        }
        parts
    }
}

/// A text with what its escapes stand for.
fn unescaped(text: &str) -> String {
    let mut made = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next() } else { None };
        made.push(match escaped {
            None => c,
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some(other) => other,
        });
    }
    made
}

/// How a directive strips what stands around it.
fn outer_strip(directive: &template::Directive) -> Strip {
    let (first, last) = match directive {
        template::Directive::If(of) => (of.if_expr.strip, of.endif_expr.strip),
        template::Directive::For(of) => (of.for_expr.strip, of.endfor_expr.strip),
    };
    Strip::from((first.strip_start(), last.strip_end()))
}

/// A template in which nothing is to be filled in is a text.
fn plain(parts: Vec<Part>) -> Kind {
    if parts.iter().all(|part| matches!(part, Part::Text(_))) {
        let mut whole = String::new();
        for part in &parts {
            if let Part::Text(text) = part {
                whole.push_str(text);
            }
        }
        return Kind::Literal(Tree::Text(whole));
    }
    Kind::Template(parts)
}
