//! Numbers that are none: what becomes of `1/0`.
//!
//! In JSONata an overflow is the value *Infinity*, and only using it is an error; the library stops at the operator.
//! The two differ where the value is not used in arithmetic: as the result, which Step Functions writes as the text
//! `Infinity` (measured by others), and as what `$string` or `&` makes a text of, which is `D3001`.

use super::{EvaluationError, Expression, Scope};
use jlens_core::ast::{BinaryOp, Node, NodeKind, Span};
use serde_json::Value;

/// The outcome in place of the overflow that `error` reports; `None` when the error stands.
pub(crate) fn outcome(
    expression: &Expression,
    error: &jlens_core::Error,
    scope: &Scope<'_>,
) -> Option<Result<Option<Value>, EvaluationError>> {
    let (true, Some(span)) = (error.code() == "D1001", error.span()) else { return None };
    let root = &expression.0.compiled.ast().root;
    if root.span == span {
        return infinity(expression, root, scope).map(|text| Ok(Some(Value::String(text))));
    }
    is_made_text(root, span).then(|| {
        Err(EvaluationError::Thrown {
            code: Some("D3001".to_owned()),
            message: "Attempting to invoke string function on Infinity or NaN".to_owned(),
            position: error.position(),
        })
    })
}

/// `Infinity` or `-Infinity`, by evaluating the operands of the outermost operator again.
fn infinity(expression: &Expression, root: &Node, scope: &Scope<'_>) -> Option<String> {
    let NodeKind::Binary { op, lhs, rhs } = &root.kind else { return None };
    let operand = |node: &Node| {
        let text = expression.text().get(node.span.start..node.span.end)?;
        super::parse(text).ok()?.evaluate(scope).ok()??.as_f64()
    };
    let (lhs, rhs) = (operand(lhs)?, operand(rhs)?);
    let result = match op {
        BinaryOp::Add => lhs + rhs,
        BinaryOp::Sub => lhs - rhs,
        BinaryOp::Mul => lhs * rhs,
        BinaryOp::Div => lhs / rhs,
        _ => return None,
    };
    let text = if result > 0.0 { "Infinity" } else { "-Infinity" };
    result.is_infinite().then(|| text.to_owned())
}

/// Whether the operator at `span` is the argument of `$string` or an operand of `&`.
fn is_made_text(node: &Node, span: Span) -> bool {
    let at = |inner: &Node| inner.span == span;
    match &node.kind {
        NodeKind::Function { procedure, args } => {
            let string = matches!(&procedure.kind, NodeKind::Variable { name } if name == "string");
            (string && args.iter().any(at)) || args.iter().any(|arg| is_made_text(arg, span))
        }
        NodeKind::Binary { op, lhs, rhs } => {
            (*op == BinaryOp::Concat && (at(lhs) || at(rhs)))
                || is_made_text(lhs, span)
                || is_made_text(rhs, span)
        }
        NodeKind::Block { exprs, .. } => exprs.iter().any(|inner| is_made_text(inner, span)),
        NodeKind::Array { items } => items.iter().any(|inner| is_made_text(inner, span)),
        NodeKind::Object { pairs } => {
            pairs.iter().any(|(key, value)| is_made_text(key, span) || is_made_text(value, span))
        }
        NodeKind::Bind { rhs, .. } => is_made_text(rhs, span),
        _ => false,
    }
}
