//! Conditions: CEL expressions over the fields of a fact and the parameters of a profile. What
//! they may say is checked when a rule is loaded, so that a slip of the pen is an error and not a
//! rule that never fires.

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock, OnceLock},
};

use cel::{
    Env, IdedExpr,
    common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, operators},
};

use super::{
    Profile,
    value::{Type, type_of_field, type_of_value},
};
use crate::fact::Field;

/// The language: CEL's standard library.
pub(super) static LANGUAGE: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A condition that makes sense.
pub(super) struct Condition {
    /// As it is written, for the rule's page.
    pub text: String,
    compiled: OnceLock<Compiled>,
}

impl Condition {
    /// One of a built-in rule, compiled when a fact asks for it: compiling all would be most of what
    /// a scan of one file costs.
    pub(super) fn builtin(text: &str) -> Self {
        Self { text: text.trim().to_owned(), compiled: OnceLock::new() }
    }

    /// One that may make no sense.
    pub(super) fn checked(text: &str, profile: &Profile) -> Result<Self, Refusal> {
        let compiled = OnceLock::from(compile(text, profile)?);
        Ok(Self { text: text.trim().to_owned(), compiled })
    }

    pub(super) fn compiled(&self, profile: &Profile) -> &Compiled {
        self.compiled.get_or_init(|| {
            compile(&self.text, profile).unwrap_or_else(|refusal| {
                unreachable!("tests compile every built-in condition: {}", refusal.problem)
            })
        })
    }
}

/// What a condition says.
pub(super) struct Compiled {
    pub expression: IdedExpr,
    /// Fields that it mentions.
    pub fields: BTreeSet<Field>,
    /// Parameters of the profile that it mentions.
    pub parameters: BTreeSet<String>,
}

/// Why a text is no condition.
pub(super) struct Refusal {
    pub problem: String,
    /// 1-based line of the text, or a word in it, that the problem is about.
    pub line: Option<usize>,
    pub word: Option<String>,
}

/// Parses a condition and checks its names and its types.
fn compile(text: &str, profile: &Profile) -> Result<Compiled, Refusal> {
    let program = LANGUAGE.compile(text).map_err(|errors| {
        let first = errors.errors.first();
        let problem = first.map_or("not an expression", |error| error.msg.as_str());
        Refusal {
            problem: format!("not a CEL expression: {}", first_line(problem)),
            line: first.and_then(|error| usize::try_from(error.pos.0).ok()),
            word: None,
        }
    })?;
    let mut checker = Checker {
        profile,
        fields: BTreeSet::new(),
        parameters: BTreeSet::new(),
        bound: Vec::new(),
    };
    match checker.check(program.expression()) {
        Ok(Type::Bool) => Ok(Compiled {
            expression: program.expression().clone(),
            fields: checker.fields,
            parameters: checker.parameters,
        }),
        Ok(other) => Err(Refusal {
            problem: format!("a condition is true or false, and this is {}", other.words()),
            line: None,
            word: None,
        }),
        Err((problem, word)) => Err(Refusal { problem, line: None, word }),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

struct Checker<'a> {
    profile: &'a Profile,
    fields: BTreeSet<Field>,
    parameters: BTreeSet<String>,
    /// Variables of the macros that enclose the place, innermost last.
    bound: Vec<(String, Type)>,
}

/// A problem, and the word that it is about.
type Problem = (String, Option<String>);

impl Checker<'_> {
    fn check(&mut self, expression: &IdedExpr) -> Result<Type, Problem> {
        match &expression.expr {
            Expr::Literal(literal) => Ok(type_of_literal(literal)),
            Expr::Ident(name) => self.check_name(name),
            Expr::Select(select) => match &select.operand.expr {
                Expr::Ident(name) if name == "profile" && !select.test => {
                    self.check_parameter(&select.field)
                }
                Expr::Ident(name) if name == "fact" && select.test => {
                    self.check_field(&select.field)?;
                    Ok(Type::Bool)
                }
                _ => Err((
                    "a dot stands only in profile.NAME and has(fact.NAME)".to_owned(),
                    Some(format!(".{}", select.field)),
                )),
            },
            Expr::List(list) => {
                for element in &list.elements {
                    self.expect(element, Type::Text)?;
                }
                Ok(Type::List)
            }
            Expr::Call(call) => self.check_call(call),
            Expr::Comprehension(comprehension) => self.check_macro(comprehension),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                Err(("a map or a message has no use here".to_owned(), None))
            }
        }
    }

    fn check_name(&mut self, name: &str) -> Result<Type, Problem> {
        if let Some((_, bound)) = self.bound.iter().rev().find(|(bound, _)| bound == name) {
            return Ok(*bound);
        }
        self.check_field(name)
    }

    fn check_field(&mut self, name: &str) -> Result<Type, Problem> {
        let Some(field) = Field::from_name(name) else {
            let problem = format!("no field is called `{name}`{}", nearest_field(name));
            return Err((problem, Some(name.to_owned())));
        };
        self.fields.insert(field);
        Ok(type_of_field(field))
    }

    fn check_parameter(&mut self, name: &str) -> Result<Type, Problem> {
        let Some(parameter) = self.profile.parameters.get(name) else {
            let problem = format!("profile `{}` has no parameter `{name}`", self.profile.id);
            return Err((problem, Some(name.to_owned())));
        };
        self.parameters.insert(name.to_owned());
        Ok(type_of_value(&parameter.value))
    }

    fn expect(&mut self, expression: &IdedExpr, wanted: Type) -> Result<(), Problem> {
        let got = self.check(expression)?;
        if got.fits(wanted) {
            return Ok(());
        }
        let problem = format!("{} where {} is wanted", got.words(), wanted.words());
        Err((problem, word_of(expression)))
    }

    fn check_call(&mut self, call: &CallExpr) -> Result<Type, Problem> {
        let arguments: Vec<&IdedExpr> =
            call.target.as_deref().into_iter().chain(&call.args).collect();
        match (call.func_name.as_str(), arguments.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, [left, right]) => {
                self.expect(left, Type::Bool)?;
                self.expect(right, Type::Bool)?;
                Ok(Type::Bool)
            }
            (operators::LOGICAL_NOT | operators::NOT_STRICTLY_FALSE, [inner]) => {
                self.expect(inner, Type::Bool)?;
                Ok(Type::Bool)
            }
            (operators::CONDITIONAL, [condition, yes, no]) => {
                self.expect(condition, Type::Bool)?;
                let result = self.check(yes)?;
                self.expect(no, result)?;
                Ok(result)
            }
            (operators::EQUALS | operators::NOT_EQUALS, [left, right]) => {
                let left = self.check(left)?;
                self.expect(right, left)?;
                Ok(Type::Bool)
            }
            (
                operators::LESS
                | operators::LESS_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS,
                [left, right],
            ) => {
                self.expect(left, Type::Int)?;
                self.expect(right, Type::Int)?;
                Ok(Type::Bool)
            }
            (operators::IN, [element, list]) => {
                self.expect(element, Type::Text)?;
                self.expect(list, Type::List)?;
                Ok(Type::Bool)
            }
            ("startsWith" | "endsWith" | "contains", [text, part]) if call.target.is_some() => {
                self.expect(text, Type::Text)?;
                self.expect(part, Type::Text)?;
                Ok(Type::Bool)
            }
            ("size", [list]) => match self.check(list)? {
                Type::List | Type::Text | Type::Any => Ok(Type::Int),
                other => Err((format!("{} has no size", other.words()), Some("size".to_owned()))),
            },
            // Macros such as `filter` append to and count in a variable of their own.
            (operators::ADD, [left, right]) => {
                let left = self.check(left)?;
                self.expect(right, left)?;
                Ok(left)
            }
            (name, _) => {
                let shown = name.trim_matches('_');
                Err((format!("`{shown}` has no use in a condition"), Some(shown.to_owned())))
            }
        }
    }

    /// `list.exists(x, …)` and its like, as CEL spells them out.
    fn check_macro(&mut self, comprehension: &ComprehensionExpr) -> Result<Type, Problem> {
        self.expect(&comprehension.iter_range, Type::List)?;
        let result = self.check(&comprehension.accu_init)?;
        let outer = self.bound.len();
        self.bound.push((comprehension.accu_var.clone(), result));
        self.bound.push((comprehension.iter_var.clone(), Type::Text));
        let checked = self
            .expect(&comprehension.loop_cond, Type::Bool)
            .and_then(|()| self.expect(&comprehension.loop_step, result))
            .and_then(|()| self.check(&comprehension.result));
        self.bound.truncate(outer);
        checked
    }
}

fn type_of_literal(literal: &LiteralValue) -> Type {
    match literal {
        LiteralValue::Boolean(_) => Type::Bool,
        LiteralValue::Int(_) | LiteralValue::UInt(_) => Type::Int,
        LiteralValue::String(_) => Type::Text,
        LiteralValue::Bytes(_) | LiteralValue::Double(_) | LiteralValue::Null => Type::None,
    }
}

/// A word by which the place of an expression can be found in its text.
fn word_of(expression: &IdedExpr) -> Option<String> {
    match &expression.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) => Some(select.field.clone()),
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).find_map(word_of),
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_owned()),
        Expr::Literal(LiteralValue::Int(int)) => Some(int.inner().to_string()),
        _ => None,
    }
}

/// A hint at the field that was meant: one that shares its first three letters.
fn nearest_field(name: &str) -> String {
    let Some(start) = name.get(..3) else { return String::new() };
    let near: Vec<String> = Field::ALL
        .iter()
        .filter(|field| field.name().starts_with(start))
        .map(|field| format!("`{field}`"))
        .collect();
    if near.is_empty() { String::new() } else { format!("; there is {}", near.join(", ")) }
}
