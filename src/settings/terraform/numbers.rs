//! Numbers: operators and functions.

use super::{
    functions::{Function, Needs},
    value::{Failed, Outcome},
};
use crate::settings::{
    hcl::syntax::BinaryOperator,
    tree::{Node, Span, Tree},
};

pub(super) const TABLE: &[Function] = &[
    Function { name: "abs", needs: Needs::Everything, call: |_, a, s| map(a, s, f64::abs) },
    Function { name: "ceil", needs: Needs::Everything, call: |_, a, s| map(a, s, f64::ceil) },
    Function { name: "floor", needs: Needs::Everything, call: |_, a, s| map(a, s, f64::floor) },
    Function { name: "max", needs: Needs::Everything, call: |_, a, s| fold(a, s, f64::max) },
    Function { name: "min", needs: Needs::Everything, call: |_, a, s| fold(a, s, f64::min) },
    Function { name: "parseint", needs: Needs::Everything, call: |_, a, s| parse(a, s) },
    Function { name: "pow", needs: Needs::Everything, call: |_, a, s| pow(a, s) },
    Function { name: "sum", needs: Needs::Everything, call: |_, a, s| sum(a, s) },
    Function { name: "tonumber", needs: Needs::Everything, call: |_, a, s| to_number(a, s) },
];

/// The number that a value is, or that its text says.
pub(super) fn number(node: &Node) -> Option<f64> {
    match &node.tree {
        Tree::Number(number) => Some(*number),
        Tree::Text(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

/// What arithmetic and comparison give.
pub(super) fn binary(operator: BinaryOperator, a: f64, b: f64) -> Result<Tree, Failed> {
    let number = match operator {
        BinaryOperator::Less => return Ok(Tree::Bool(a < b)),
        BinaryOperator::LessEq => return Ok(Tree::Bool(a <= b)),
        BinaryOperator::Greater => return Ok(Tree::Bool(a > b)),
        BinaryOperator::GreaterEq => return Ok(Tree::Bool(a >= b)),
        BinaryOperator::Plus => a + b,
        BinaryOperator::Minus => a - b,
        BinaryOperator::Mul => a * b,
        BinaryOperator::Div => a / b,
        BinaryOperator::Mod => a % b,
        BinaryOperator::Eq | BinaryOperator::NotEq | BinaryOperator::And | BinaryOperator::Or => {
            return Err(Failed);
        }
    };
    if number.is_finite() { Ok(Tree::Number(number)) } else { Err(Failed) }
}

fn map(arguments: &[Node], span: Span, of: fn(f64) -> f64) -> Outcome {
    let [node] = arguments else { return Err(Failed) };
    let number = number(node).ok_or(Failed)?;
    Ok(Node::new(Tree::Number(of(number)), span))
}

fn fold(arguments: &[Node], span: Span, of: fn(f64, f64) -> f64) -> Outcome {
    let numbers: Option<Vec<f64>> = arguments.iter().map(number).collect();
    let result = numbers.ok_or(Failed)?.into_iter().reduce(of).ok_or(Failed)?;
    Ok(Node::new(Tree::Number(result), span))
}

fn parse(arguments: &[Node], span: Span) -> Outcome {
    let [text, base] = arguments else { return Err(Failed) };
    let base = base.as_int().and_then(|base| u32::try_from(base).ok()).ok_or(Failed)?;
    let text = text.scalar().ok_or(Failed)?;
    if !(2..=36).contains(&base) {
        return Err(Failed);
    }
    let number = i64::from_str_radix(&text, base).map_err(|_| Failed)?;
    #[expect(clippy::cast_precision_loss, reason = "Terraform's numbers are no longer in practice")]
    let number = number as f64;
    Ok(Node::new(Tree::Number(number), span))
}

fn pow(arguments: &[Node], span: Span) -> Outcome {
    let [base, exponent] = arguments else { return Err(Failed) };
    let (base, exponent) = (number(base).ok_or(Failed)?, number(exponent).ok_or(Failed)?);
    let power = base.powf(exponent);
    if power.is_finite() { Ok(Node::new(Tree::Number(power), span)) } else { Err(Failed) }
}

fn sum(arguments: &[Node], span: Span) -> Outcome {
    let [list] = arguments else { return Err(Failed) };
    fold(list.elements(), span, |a, b| a + b)
}

fn to_number(arguments: &[Node], span: Span) -> Outcome {
    let [node] = arguments else { return Err(Failed) };
    if node.is_null() {
        return Ok(node.clone());
    }
    Ok(Node::new(Tree::Number(number(node).ok_or(Failed)?), span))
}
