//! Expressions of a query: what they are, and what they come to for one row.
//!
//! Invariant: only operations that IEEE 754 settles are used on numbers, so that every machine gives the same answer.

use super::event::Row;
use regex_lite::Regex;

/// A value. Numbers in texts are numbers where a number is wanted.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Val {
    Nothing,
    Bool(bool),
    Number(f64),
    Text(String),
    /// Unix milliseconds, shown as a date.
    Time(u64),
}

/// A period of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Duration {
    pub(super) ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Debug)]
pub(super) enum Expr {
    Field(String),
    Text(String),
    Number(f64),
    Bool(bool),
    Not(Box<Expr>),
    Binary(Operator, Box<(Expr, Expr)>),
    Matches(Box<Expr>, Regex),
    Contains(Box<(Expr, Expr)>),
    In(Box<Expr>, Vec<Expr>),
    /// A function of a row.
    Call(&'static str, Vec<Expr>),
    /// A time rounded down, or up.
    Round(Box<Expr>, Duration, bool),
    /// A function of many rows; none as its argument is `*`.
    Aggregate(&'static str, Option<Box<Expr>>, f64),
}

/// Functions of a row, with the least and the greatest number of arguments.
const CALLS: [(&str, usize, usize); 22] = [
    ("abs", 1, 1),
    ("ceil", 1, 1),
    ("floor", 1, 1),
    ("sqrt", 1, 1),
    ("greatest", 1, 32),
    ("least", 1, 32),
    ("strlen", 1, 1),
    ("toupper", 1, 1),
    ("tolower", 1, 1),
    ("trim", 1, 1),
    ("ltrim", 1, 1),
    ("rtrim", 1, 1),
    ("concat", 1, 32),
    ("substr", 2, 3),
    ("replace", 3, 3),
    ("strcontains", 2, 2),
    ("isempty", 1, 1),
    ("isblank", 1, 1),
    ("ispresent", 1, 1),
    ("coalesce", 1, 32),
    ("frommillis", 1, 1),
    ("tomillis", 1, 1),
];

const AGGREGATES: [&str; 13] = [
    "count",
    "count_distinct",
    "sum",
    "avg",
    "min",
    "max",
    "pct",
    "median",
    "stddev",
    "earliest",
    "latest",
    "sortsfirst",
    "sortslast",
];

impl Expr {
    pub(super) fn is_function(name: &str) -> bool {
        AGGREGATES.contains(&name)
            || CALLS.iter().any(|(known, _, _)| *known == name)
            || matches!(name, "bin" | "datefloor" | "dateceil")
    }

    /// A call, when there is such a function with so many arguments.
    pub(super) fn call(
        name: &str,
        mut arguments: Vec<Expr>,
        duration: Option<Duration>,
    ) -> Option<Self> {
        match name {
            "bin" if arguments.is_empty() => {
                let time = Box::new(Expr::Field("@timestamp".into()));
                return Some(Expr::Round(time, duration?, false));
            }
            "datefloor" | "dateceil" if arguments.len() == 1 => {
                return Some(Expr::Round(
                    Box::new(arguments.pop()?),
                    duration?,
                    name == "dateceil",
                ));
            }
            "bin" | "datefloor" | "dateceil" => return None,
            _ => {}
        }
        if let Some(known) = AGGREGATES.into_iter().find(|known| *known == name) {
            let parameter = match (known, arguments.as_slice()) {
                ("pct", [_, Expr::Number(percent)]) => *percent,
                ("pct", _) => return None,
                ("count", []) => 0.0,
                (_, [_]) => 0.0,
                _ => return None,
            };
            arguments.truncate(1);
            return Some(Expr::Aggregate(known, arguments.pop().map(Box::new), parameter));
        }
        let (known, least, most) = CALLS.into_iter().find(|(known, _, _)| *known == name)?;
        (least..=most).contains(&arguments.len()).then_some(Expr::Call(known, arguments))
    }

    /// What it comes to for a row. `aggregate` answers for functions of many rows.
    pub(super) fn eval(&self, row: &Row<'_>, aggregate: &dyn Fn(&Expr) -> Val) -> Val {
        let of = |expr: &Expr| expr.eval(row, aggregate);
        match self {
            Self::Field(name) => row.get(name),
            Self::Text(text) => Val::Text(text.clone()),
            Self::Number(number) => Val::Number(*number),
            Self::Bool(value) => Val::Bool(*value),
            Self::Not(inner) => Val::Bool(!of(inner).is_true()),
            Self::Binary(Operator::Or, both) => {
                Val::Bool(of(&both.0).is_true() || of(&both.1).is_true())
            }
            Self::Binary(Operator::And, both) => {
                Val::Bool(of(&both.0).is_true() && of(&both.1).is_true())
            }
            Self::Binary(operator, both) => binary(*operator, &of(&both.0), &of(&both.1)),
            Self::Matches(of_what, regex) => {
                Val::Bool(of(of_what).text().is_some_and(|text| regex.is_match(&text)))
            }
            Self::Contains(both) => match (of(&both.0).text(), of(&both.1).text()) {
                (Some(text), Some(part)) => Val::Bool(text.contains(&part)),
                _ => Val::Bool(false),
            },
            Self::In(of_what, list) => {
                let value = of(of_what);
                Val::Bool(
                    list.iter().any(|one| binary(Operator::Equal, &value, &of(one)).is_true()),
                )
            }
            Self::Call(name, arguments) => {
                call(name, &arguments.iter().map(of).collect::<Vec<Val>>())
            }
            Self::Round(time, duration, up) => match of(time) {
                Val::Time(ms) => {
                    let down = ms - ms % duration.ms;
                    Val::Time(if *up && down < ms {
                        down.saturating_add(duration.ms)
                    } else {
                        down
                    })
                }
                _ => Val::Nothing,
            },
            Self::Aggregate(..) => aggregate(self),
        }
    }
}

impl Val {
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Bool(value) => *value,
            Self::Number(number) => *number != 0.0,
            Self::Text(text) => text == "true" || text == "1",
            Self::Nothing | Self::Time(_) => false,
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Time(ms) => Some(*ms as f64),
            Self::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            Self::Bool(_) | Self::Nothing => None,
        }
    }

    pub(super) fn text(&self) -> Option<String> {
        Some(match self {
            Self::Nothing => return None,
            Self::Bool(true) => "1".into(),
            Self::Bool(false) => "0".into(),
            Self::Number(number) => shown(*number),
            Self::Text(text) => text.clone(),
            Self::Time(ms) => crate::calendar::iso(*ms).trim_end_matches('Z').replace('T', " "),
        })
    }

    pub(super) fn order(&self, other: &Val) -> std::cmp::Ordering {
        match (self.number(), other.number()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => self.text().cmp(&other.text()),
        }
    }
}

/// A number with at most four places behind the point; from ten millions on as Java writes it (`1.28E8`), as the console shows.
pub(super) fn shown(number: f64) -> String {
    let rounded = if number.abs() < 1e11 { (number * 10_000.0).round() / 10_000.0 } else { number };
    if rounded.abs() < 1e7 || !rounded.is_finite() {
        return format!("{}", if rounded == 0.0 { 0.0 } else { rounded });
    }
    format!("{rounded:E}")
}

fn binary(operator: Operator, left: &Val, right: &Val) -> Val {
    use std::cmp::Ordering;
    if matches!(left, Val::Nothing) || matches!(right, Val::Nothing) {
        return match operator {
            Operator::NotEqual => Val::Bool(left != right),
            Operator::Add
            | Operator::Subtract
            | Operator::Multiply
            | Operator::Divide
            | Operator::Remainder => Val::Nothing,
            _ => Val::Bool(false),
        };
    }
    let compare = |holds: fn(Ordering) -> bool| Val::Bool(holds(left.order(right)));
    let compute = |of: fn(f64, f64) -> f64| match (left.number(), right.number()) {
        (Some(a), Some(b)) if of(a, b).is_finite() => Val::Number(of(a, b)),
        _ => Val::Nothing,
    };
    match operator {
        Operator::Equal => compare(Ordering::is_eq),
        Operator::NotEqual => compare(Ordering::is_ne),
        Operator::Less => compare(Ordering::is_lt),
        Operator::LessOrEqual => compare(Ordering::is_le),
        Operator::Greater => compare(Ordering::is_gt),
        Operator::GreaterOrEqual => compare(Ordering::is_ge),
        Operator::Add => compute(|a, b| a + b),
        Operator::Subtract => compute(|a, b| a - b),
        Operator::Multiply => compute(|a, b| a * b),
        Operator::Divide => compute(|a, b| a / b),
        Operator::Remainder => compute(|a, b| a % b),
        Operator::Or | Operator::And => Val::Nothing,
    }
}

fn call(name: &str, arguments: &[Val]) -> Val {
    let first = arguments.first().unwrap_or(&Val::Nothing);
    let text = |at: usize| arguments.get(at).and_then(Val::text);
    let number = |at: usize| arguments.get(at).and_then(Val::number);
    let from_number = |of: fn(f64) -> f64| number(0).map(|n| Val::Number(of(n)));
    let found = match name {
        "abs" => from_number(f64::abs),
        "ceil" => from_number(f64::ceil),
        "floor" => from_number(f64::floor),
        "sqrt" => number(0).filter(|n| *n >= 0.0).map(|n| Val::Number(n.sqrt())),
        "greatest" => {
            arguments.iter().filter_map(Val::number).max_by(f64::total_cmp).map(Val::Number)
        }
        "least" => arguments.iter().filter_map(Val::number).min_by(f64::total_cmp).map(Val::Number),
        "strlen" => text(0).map(|text| Val::Number(text.chars().count() as f64)),
        "toupper" => text(0).map(|text| Val::Text(text.to_uppercase())),
        "tolower" => text(0).map(|text| Val::Text(text.to_lowercase())),
        "trim" => text(0).map(|text| Val::Text(text.trim().into())),
        "ltrim" => text(0).map(|text| Val::Text(text.trim_start().into())),
        "rtrim" => text(0).map(|text| Val::Text(text.trim_end().into())),
        "concat" => Some(Val::Text(arguments.iter().filter_map(Val::text).collect())),
        "substr" => text(0).zip(number(1)).map(|(text, from)| {
            let count = number(2).map_or(usize::MAX, |count| count.max(0.0) as usize);
            Val::Text(text.chars().skip(from.max(0.0) as usize).take(count).collect())
        }),
        "replace" => match (text(0), text(1), text(2)) {
            (Some(text), Some(old), Some(new)) if !old.is_empty() => {
                Some(Val::Text(text.replace(&old, &new)))
            }
            (text, ..) => text.map(Val::Text),
        },
        "strcontains" => match (text(0), text(1)) {
            (Some(text), Some(part)) => {
                Some(Val::Number(f64::from(u8::from(text.contains(&part)))))
            }
            _ => Some(Val::Number(0.0)),
        },
        "isempty" => Some(Val::Bool(text(0).is_none_or(|text| text.is_empty()))),
        "isblank" => Some(Val::Bool(text(0).is_none_or(|text| text.trim().is_empty()))),
        "ispresent" => Some(Val::Bool(*first != Val::Nothing)),
        "coalesce" => arguments.iter().find(|value| **value != Val::Nothing).cloned(),
        "frommillis" => number(0).map(|ms| Val::Time(ms.max(0.0) as u64)),
        "tomillis" => match first {
            Val::Time(ms) => Some(Val::Number(*ms as f64)),
            _ => None,
        },
        _ => None,
    };
    found.unwrap_or(Val::Nothing)
}
