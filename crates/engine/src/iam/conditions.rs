//! Conditions of a statement.
//!
//! Source: "IAM JSON policy elements: Condition operators", "Creating a condition with multiple keys or values", "Multivalued context
//! keys".

use super::document::texts;
use super::evaluate::Context;
use super::wildcard;
use serde_json::Value;

/// One key of one operator.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    operator: Operator,
    /// Whether it holds when the statement's values do not match.
    negated: bool,
    /// `…IfExists`.
    if_exists: bool,
    /// `ForAllValues:`, `ForAnyValue:`.
    set: Option<Set>,
    /// In lower case: keys have no case.
    key: String,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    All,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equals,
    EqualsIgnoreCase,
    Like,
    Arn,
    Bool,
    Null,
    Numeric(Order),
    Date(Order),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// `Condition` of a statement.
///
/// # Errors
/// What is wrong with it; operators that are not emulated are refused by name.
pub(super) fn read(condition: Option<&Value>) -> Result<Vec<Condition>, String> {
    let mut all = Vec::new();
    let Some(condition) = condition else { return Ok(all) };
    let operators = condition.as_object().ok_or("Syntax errors in policy.")?;
    for (name, keys) in operators {
        let (set, rest) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(Set::All), rest),
            Some(("ForAnyValue", rest)) => (Some(Set::Any), rest),
            Some(_) => return Err(format!("Invalid Condition type : {name}.")),
            None => (None, name.as_str()),
        };
        let if_exists = rest.ends_with("IfExists");
        let (operator, negated) = operator(rest.strip_suffix("IfExists").unwrap_or(rest))?;
        if operator == Operator::Null && (if_exists || set.is_some()) {
            return Err(format!("Invalid Condition type : {name}."));
        }
        for (key, values) in keys.as_object().ok_or("Syntax errors in policy.")? {
            let (key, values) = (key.to_ascii_lowercase(), texts(values)?);
            all.push(Condition { operator, negated, if_exists, set, key, values });
        }
    }
    Ok(all)
}

fn operator(name: &str) -> Result<(Operator, bool), String> {
    let orders = [
        ("NotEquals", Order::Equal, true),
        ("LessThanEquals", Order::LessOrEqual, false),
        ("GreaterThanEquals", Order::GreaterOrEqual, false),
        ("LessThan", Order::Less, false),
        ("GreaterThan", Order::Greater, false),
        ("Equals", Order::Equal, false),
    ];
    let ordered = |rest: &str| orders.iter().find(|(known, _, _)| *known == rest);
    if let Some((_, order, negated)) = name.strip_prefix("Numeric").and_then(ordered) {
        return Ok((Operator::Numeric(*order), *negated));
    }
    if let Some((_, order, negated)) = name.strip_prefix("Date").and_then(ordered) {
        return Ok((Operator::Date(*order), *negated));
    }
    Ok(match name {
        "StringEquals" => (Operator::Equals, false),
        "StringNotEquals" => (Operator::Equals, true),
        "StringEqualsIgnoreCase" => (Operator::EqualsIgnoreCase, false),
        "StringNotEqualsIgnoreCase" => (Operator::EqualsIgnoreCase, true),
        "StringLike" => (Operator::Like, false),
        "StringNotLike" => (Operator::Like, true),
        "ArnEquals" | "ArnLike" => (Operator::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Operator::Arn, true),
        "Bool" => (Operator::Bool, false),
        "Null" => (Operator::Null, false),
        "IpAddress" | "NotIpAddress" | "BinaryEquals" => {
            return Err(format!("Coldstart does not emulate the condition operator {name} yet."));
        }
        _ => return Err(format!("Invalid Condition type : {name}.")),
    })
}

impl Condition {
    pub(super) fn holds(&self, context: &Context, has_variables: bool) -> bool {
        let given = context.get(&self.key).filter(|values| !values.is_empty());
        if self.operator == Operator::Null {
            let absent = given.is_none();
            return self.values.iter().any(|value| value.eq_ignore_ascii_case(&absent.to_string()));
        }
        let Some(given) = given else {
            // A key that is not there is unlike anything, and all of no values are like anything.
            return self.if_exists || self.negated || self.set == Some(Set::All);
        };
        let one = |given: &String| {
            let matches = self
                .values
                .iter()
                .any(|wanted| self.compare(wanted, given, context, has_variables));
            matches != self.negated
        };
        match self.set {
            Some(Set::Any) => given.iter().any(one),
            Some(Set::All) | None => given.iter().all(one),
        }
    }

    fn compare(&self, wanted: &str, given: &str, context: &Context, has_variables: bool) -> bool {
        let pattern = || wildcard::Pattern::new(wanted, context, has_variables);
        match self.operator {
            Operator::Equals => pattern().is_some_and(|pattern| pattern.is(given)),
            Operator::EqualsIgnoreCase => pattern()
                .is_some_and(|pattern| pattern.plain().to_lowercase() == given.to_lowercase()),
            Operator::Like => pattern().is_some_and(|pattern| pattern.matches(given)),
            Operator::Arn => pattern().is_some_and(|pattern| pattern.matches_arn(given)),
            Operator::Bool => wanted.eq_ignore_ascii_case(given),
            Operator::Null => false,
            Operator::Numeric(order) => {
                let numbers = (given.parse::<f64>(), wanted.parse::<f64>());
                matches!(numbers, (Ok(given), Ok(wanted)) if order.holds(given, wanted))
            }
            Operator::Date(order) => match (seconds(given), seconds(wanted)) {
                (Some(given), Some(wanted)) => order.holds(given, wanted),
                _ => false,
            },
        }
    }
}

impl Order {
    fn holds(self, given: f64, wanted: f64) -> bool {
        match self {
            Self::Equal => given == wanted,
            Self::Less => given < wanted,
            Self::LessOrEqual => given <= wanted,
            Self::Greater => given > wanted,
            Self::GreaterOrEqual => given >= wanted,
        }
    }
}

/// Seconds since 1970, or a date of ISO 8601 in UTC.
fn seconds(text: &str) -> Option<f64> {
    let of_epoch = text.parse::<f64>().ok();
    of_epoch.or_else(|| crate::calendar::parse(text).map(|seconds| seconds as f64))
}
