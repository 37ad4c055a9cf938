//! JSONata as Step Functions speaks it: the text between `{%` and `%}`.
//!
//! The language itself is `jlens-core`'s; what is here is what AWS makes of it: no context item (data arrives as
//! `$states` and as variables), six functions of its own ([`functions`]), no `$eval`, bounds on depth, memory and
//! time, virtual time, and AWS's words for what goes wrong.
//!
//! ```
//! use coldstart_expr::jsonata::{self, Scope};
//! use serde_json::{Map, json};
//!
//! let expression = jsonata::parse("$states.input.a + $n").unwrap();
//! let variables = Map::from_iter([("n".to_owned(), json!(2))]);
//! let scope = Scope::new(json!({ "input": { "a": 1 } }), &variables).now_ms(0).seed(7);
//! assert_eq!(expression.evaluate(&scope).unwrap(), Some(json!(3)));
//! ```
//!
//! Sources: "Transforming data with JSONata in Step Functions" in the developer guide; recorded answers.
//!
//! Invariant: the same text, scope and seed give the same value or error on every machine.
//! Invariant: no text and no document panics, overflows the stack or runs for ever ([`Limits`]).

mod depth;
mod error;
pub mod functions;
mod guard;
mod overflow;
mod plain;
mod references;
mod scope;
mod template;

pub use error::{EvaluationError, FieldError, Refusal, SyntaxError};
pub use scope::{Limits, Scope};
pub use template::{Template, expression_text, template};

use guard::Guard;
use jlens_core::audit::{Outcome, Tracer};
use plain::{Found, PlainPath};
use serde_json::Value;
use std::sync::Arc;

/// A text longer than this is refused unread: a definition as a whole has 1 MiB.
const TEXT_BYTES_MAX: usize = 1 << 20;

/// An expression that was read, to be evaluated as often as needed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Expression(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    text: String,
    compiled: jlens_core::Expression,
    is_too_deep: bool,
    facts: references::Facts,
    plain: Option<PlainPath>,
}

/// Reads the text of an expression, without `{%` and `%}`; blanks around it are dropped.
///
/// What else AWS refuses when a state machine is created depends on where the expression stands:
/// [`Expression::refusals`].
///
/// # Errors
/// When it is not JSONata.
pub fn parse(text: &str) -> Result<Expression, SyntaxError> {
    let text = text.trim();
    if text.len() > TEXT_BYTES_MAX {
        return Err(SyntaxError::too_long(TEXT_BYTES_MAX));
    }
    // AWS creates a state machine with such a text and fails to evaluate it.
    let is_too_deep = depth::bound(text) > depth::DEPTH_MAX;
    let readable = if is_too_deep { "null" } else { text };
    let compiled = jlens_core::Expression::compile(readable).map_err(SyntaxError::from_library)?;
    let facts = references::Facts::of(compiled.ast());
    let plain = PlainPath::of(&compiled.ast().root);
    Ok(Expression(Arc::new(Parsed { text: text.to_owned(), compiled, is_too_deep, facts, plain })))
}

impl Expression {
    /// The text that was read, without blanks around it.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The names, without `$`, of what the expression refers to and does not bind itself: variables, `states` and
    /// functions. In alphabetical order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.facts.variables.iter().map(String::as_str)
    }

    /// Why AWS would refuse a state machine that holds the expression in a field where `$states` has `fields`, such
    /// as `["input", "context", "result"]`. One refusal for each distinct reference, in the order of the text.
    ///
    /// Source: answers of `ValidateStateMachineDefinition` as others have reported them.
    pub fn refusals(&self, fields: &[&str]) -> Vec<Refusal> {
        self.0.facts.refusals(fields)
    }

    /// The value, or `None` where the expression gives nothing (*undefined*).
    ///
    /// # Errors
    /// When the evaluation fails, exceeds a limit or gives a function.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Option<Value>, EvaluationError> {
        let parsed = &*self.0;
        if parsed.is_too_deep {
            return Err(guard::stack_overflow());
        }
        if let Some(plain) = &parsed.plain
            && let Some(found) =
                scope.with_variable(&plain.variable, |value| match plain.follow(value) {
                    Found::Value(value) => Some(Some(value.clone())),
                    Found::Nothing => Some(None),
                    Found::Elsewhere => None,
                })
        {
            return Ok(found);
        }
        let bindings = scope.bindings(&parsed.facts);
        let state = scope.random_state();
        let guarded = scope.is_guarded() && parsed.facts.grows;
        let mut guard = Guard::new(scope.limits());
        let options = scope.options(&parsed.facts, guard.token());
        let input = scope.input();
        let outcome = if guarded {
            parsed.compiled.evaluate_traced(input, &bindings, &options, &mut guard)
        } else {
            parsed.compiled.evaluate_with(input, &bindings, &options)
        };
        match outcome {
            Err(error) => {
                drop(bindings);
                overflow::outcome(self, &error, scope).unwrap_or_else(|| Err(guard.explain(error)))
            }
            // A function gives no JSON either; only a tracer sees the difference, and both are failures.
            Ok(None) if scope.is_guarded() => {
                let mut result = ResultType { is_function: false };
                scope.set_random_state(state);
                let _ = parsed.compiled.evaluate_traced(input, &bindings, &options, &mut result);
                if result.is_function { Err(EvaluationError::Unsupported) } else { Ok(None) }
            }
            Ok(value) => Ok(value),
        }
    }

    /// The value of a field that must have one.
    ///
    /// `field` names the place as AWS does: `Output/x`, `Choices[1]/Condition`.
    ///
    /// # Errors
    /// As [`Expression::evaluate`], and when the expression gives nothing.
    pub fn field(&self, field: &str, scope: &Scope<'_>) -> Result<Value, FieldError> {
        self.evaluate(scope)
            .and_then(|value| value.ok_or(EvaluationError::Undefined))
            .map_err(|error| error.in_field(self.text(), field))
    }
}

/// Sees whether an evaluation ends with a function.
struct ResultType {
    is_function: bool,
}

impl Tracer for ResultType {
    fn end(&mut self, outcome: Outcome<'_>) {
        if let Outcome::Value(value) = outcome {
            self.is_function = value.type_name() == "function";
        }
    }
}
