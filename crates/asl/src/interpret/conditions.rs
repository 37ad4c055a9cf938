//! The rules of Choice states.

use super::fault::{Fault, Outcome};
use super::fields::Selector;
use super::machine::{Condition, Operand};
use super::template::{Scene, evaluation_fault};
use super::time::instant;
use crate::choice::Comparison;
use coldstart_expr::jsonata::EvaluationError;
use coldstart_expr::jsonpath::SelectError;
use serde_json::{Number, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

impl Condition {
    pub(crate) fn reads_context(&self) -> bool {
        match self {
            Condition::Constant(_) => false,
            Condition::Expression(_) => true,
            Condition::And(all) | Condition::Or(all) => all.iter().any(Condition::reads_context),
            Condition::Not(inner) => inner.reads_context(),
            Condition::Compare { variable, operand, .. } => {
                let path = match operand {
                    Operand::Literal(_) => false,
                    Operand::Path(path) => path.reads_context(),
                };
                variable.reads_context() || path
            }
        }
    }

    /// Whether it holds. `at` is the number of the rule, from 0.
    pub(crate) fn holds(&self, at: usize, scene: &mut Scene<'_>) -> Outcome<bool> {
        match self {
            Condition::Constant(holds) => Ok(*holds),
            Condition::Expression(expression) => {
                let field = format!("Choices[{at}]/Condition");
                match scene.query(expression, &field)? {
                    Value::Bool(holds) => Ok(holds),
                    value => {
                        let error = EvaluationError::Unexpected { expected: "boolean", value };
                        Err(evaluation_fault(error.in_field(expression.text(), &field)))
                    }
                }
            }
            Condition::And(all) => {
                for one in all {
                    if !one.holds(at, scene)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Condition::Or(any) => {
                for one in any {
                    if one.holds(at, scene)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Condition::Not(inner) => Ok(!inner.holds(at, scene)?),
            Condition::Compare { variable, comparison, operand } => {
                let Some(left) = select(variable, scene)? else {
                    return match (comparison, operand) {
                        (Comparison::IsPresent, Operand::Literal(Value::Bool(wanted))) => {
                            Ok(!wanted)
                        }
                        _ => Err(missing(variable)),
                    };
                };
                let right = match operand {
                    Operand::Literal(value) => Cow::Borrowed(value),
                    Operand::Path(path) => select(path, scene)?.ok_or_else(|| missing(path))?,
                };
                Ok(compare(*comparison, &left, &right))
            }
        }
    }
}

/// What the path leads to, or `None` where it leads nowhere.
fn select<'s>(path: &Selector, scene: &Scene<'s>) -> Outcome<Option<Cow<'s, Value>>> {
    let Selector::Path(path) = path else { return Ok(Some(Cow::Borrowed(scene.focus.value()))) };
    match scene.look_up(path) {
        Ok(value) => Ok(Some(value)),
        Err(SelectError::NotFound(_)) => Ok(None),
        Err(error) => Err(Fault::runtime(format!("Invalid path '{}': {error}", path.text()))),
    }
}

fn missing(path: &Selector) -> Box<Fault> {
    Fault::runtime(format!(
        "Invalid path '{}': The choice state's condition path references an invalid value.",
        path.text()
    ))
}

/// Operands of another type than the operator's are false, not errors (recorded).
fn compare(comparison: Comparison, left: &Value, right: &Value) -> bool {
    use Comparison as C;
    match comparison {
        C::IsNull => is(left.is_null(), right),
        C::IsPresent => is(true, right),
        C::IsNumeric => is(left.is_number(), right),
        C::IsString => is(left.is_string(), right),
        C::IsBoolean => is(left.is_boolean(), right),
        C::IsTimestamp => is(left.as_str().and_then(instant).is_some(), right),
        C::BooleanEquals => left.is_boolean() && left == right,
        C::StringMatches => match (left, right) {
            (Value::String(text), Value::String(pattern)) => matches(text, pattern),
            _ => false,
        },
        C::StringEquals
        | C::StringLessThan
        | C::StringGreaterThan
        | C::StringLessThanEquals
        | C::StringGreaterThanEquals => match (left, right) {
            (Value::String(left), Value::String(right)) => {
                // Java orders texts by UTF-16 units.
                ordered(comparison, left.encode_utf16().cmp(right.encode_utf16()))
            }
            _ => false,
        },
        C::NumericEquals
        | C::NumericLessThan
        | C::NumericGreaterThan
        | C::NumericLessThanEquals
        | C::NumericGreaterThanEquals => match (left, right) {
            (Value::Number(left), Value::Number(right)) => {
                numbers(left, right).is_some_and(|order| ordered(comparison, order))
            }
            _ => false,
        },
        C::TimestampEquals
        | C::TimestampLessThan
        | C::TimestampGreaterThan
        | C::TimestampLessThanEquals
        | C::TimestampGreaterThanEquals => {
            let moment = |value: &Value| value.as_str().and_then(instant);
            match (moment(left), moment(right)) {
                (Some(left), Some(right)) => ordered(comparison, left.cmp(&right)),
                _ => false,
            }
        }
    }
}

/// A test of a type, which a rule may deny.
fn is(holds: bool, wanted: &Value) -> bool {
    wanted.as_bool() == Some(holds)
}

fn ordered(comparison: Comparison, order: Ordering) -> bool {
    let name = comparison.name();
    match order {
        Ordering::Less => name.contains("LessThan"),
        Ordering::Equal => name.ends_with("Equals"),
        Ordering::Greater => name.contains("GreaterThan"),
    }
}

fn numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

/// Whether a text is of the pattern, in which `*` stands for any characters and `\` takes a character as it is.
fn matches(text: &str, pattern: &str) -> bool {
    // Pieces between the stars, unescaped.
    let mut pieces = vec![String::new()];
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => pieces.push(String::new()),
            '\\' => pieces.extend_last(chars.next().unwrap_or('\\')),
            c => pieces.extend_last(c),
        }
    }
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return false };
    if pieces.len() == 1 {
        return text == first;
    }
    let Some(rest) = text.strip_prefix(first.as_str()) else { return false };
    let Some(mut rest) = rest.strip_suffix(last.as_str()) else { return false };
    for piece in &pieces[1..pieces.len() - 1] {
        match rest.find(piece.as_str()) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

trait ExtendLast {
    fn extend_last(&mut self, c: char);
}

impl ExtendLast for Vec<String> {
    fn extend_last(&mut self, c: char) {
        if let Some(last) = self.last_mut() {
            last.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_stand_for_anything_and_backslashes_take_stars_as_they_are() {
        for (text, pattern, expected) in [
            ("zebra", "zebra", true),
            ("foo23.log", "foo*.log", true),
            ("zebra.log", "*.log", true),
            ("foo.txt", "foo*.*", true),
            ("foobar", "foo*bar", true),
            ("fobar", "foo*bar", false),
            ("a*b", r"a\*b", true),
            ("axb", r"a\*b", false),
            ("", "*", true),
            ("ab", "a*b*b", false),
            ("abcbd", "a*b*d", true),
        ] {
            assert_eq!(matches(text, pattern), expected, "{text} {pattern}");
        }
    }
}
