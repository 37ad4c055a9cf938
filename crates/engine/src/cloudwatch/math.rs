//! Metric math: arithmetic on series, and a few functions. Others are refused by name.
//!
//! Source: "Using math expressions with CloudWatch metrics".

use std::collections::BTreeMap;

/// A series of values by Unix milliseconds, or one number for all of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Number(f64),
    Series(BTreeMap<u64, f64>),
}

/// Why an expression has no value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Invalid(String),
    Absent(String),
}

const DEPTH_MAX: usize = 32;

/// Computes an expression. `series` gives what an id stands for.
pub(super) fn eval(
    text: &str,
    series: &dyn Fn(&str) -> Option<BTreeMap<u64, f64>>,
) -> Result<Operand, Fault> {
    let mut reader = Reader { rest: text, depth: 0, series };
    let value = reader.sum()?;
    if reader.rest.trim().is_empty() { Ok(value) } else { Err(reader.invalid()) }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
    series: &'a dyn Fn(&str) -> Option<BTreeMap<u64, f64>>,
}

impl Reader<'_> {
    fn invalid(&self) -> Fault {
        Fault::Invalid(format!("Error in expression: Unexpected '{}'", self.rest.trim()))
    }

    fn take(&mut self, sign: char) -> bool {
        let rest = self.rest.trim_start().strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn sum(&mut self) -> Result<Operand, Fault> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Fault::Invalid("The expression is nested too deeply.".into()));
        }
        let mut left = self.product()?;
        loop {
            left = if self.take('+') {
                both(left, self.product()?, |a, b| a + b)
            } else if self.take('-') {
                both(left, self.product()?, |a, b| a - b)
            } else {
                self.depth -= 1;
                return Ok(left);
            };
        }
    }

    fn product(&mut self) -> Result<Operand, Fault> {
        let mut left = self.atom()?;
        loop {
            left = if self.take('*') {
                both(left, self.atom()?, |a, b| a * b)
            } else if self.take('/') {
                both(left, self.atom()?, |a, b| a / b)
            } else if self.take('^') {
                return Err(Fault::Absent("the operator ^ of metric math".into()));
            } else {
                return Ok(left);
            };
        }
    }

    fn atom(&mut self) -> Result<Operand, Fault> {
        if self.take('(') {
            let inner = self.sum()?;
            return if self.take(')') { Ok(inner) } else { Err(self.invalid()) };
        }
        if self.take('-') {
            self.depth += 1;
            if self.depth > DEPTH_MAX {
                return Err(self.invalid());
            }
            let inner = self.atom()?;
            self.depth -= 1;
            return Ok(both(Operand::Number(0.0), inner, |a, b| a - b));
        }
        let rest = self.rest.trim_start();
        let end =
            rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || "_.".contains(letter)));
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        if word.is_empty() {
            return Err(self.invalid());
        }
        self.rest = after;
        if let Ok(number) = word.parse::<f64>()
            && word.starts_with(|first: char| first.is_ascii_digit())
        {
            return Ok(Operand::Number(number));
        }
        if self.take('(') {
            return self.call(word);
        }
        match (self.series)(word) {
            Some(series) => Ok(Operand::Series(series)),
            None => Err(Fault::Invalid(format!(
                "Error in expression: '{word}' is not an id of a query"
            ))),
        }
    }

    fn call(&mut self, name: &str) -> Result<Operand, Fault> {
        if !matches!(name, "SUM" | "AVG" | "MIN" | "MAX" | "FILL" | "ABS" | "CEIL" | "FLOOR") {
            return Err(Fault::Absent(format!("the function {name} of metric math")));
        }
        // `[a, b]` stands for several series.
        let listed = self.take('[');
        let mut arguments = vec![self.sum()?];
        while self.take(',') {
            arguments.push(self.sum()?);
        }
        if (listed && !self.take(']')) || !self.take(')') {
            return Err(self.invalid());
        }
        let first = arguments.first().cloned().unwrap_or(Operand::Number(0.0));
        Ok(match name {
            "ABS" => map(first, f64::abs),
            "CEIL" => map(first, f64::ceil),
            "FLOOR" => map(first, f64::floor),
            "FILL" => {
                // With what to fill is known, but not where: the caller adds the periods that are missing.
                let (Operand::Series(series), [_, Operand::Number(with)]) =
                    (first, arguments.as_slice())
                else {
                    return Err(self.invalid());
                };
                let every = (self.series)("").unwrap_or_default();
                let filled =
                    every.into_keys().map(|at| (at, series.get(&at).copied().unwrap_or(*with)));
                Operand::Series(filled.collect())
            }
            _ if listed => across(name, &arguments),
            _ => match first {
                Operand::Series(series) => {
                    let values: Vec<f64> = series.into_values().collect();
                    Operand::Number(reduce(name, &values))
                }
                number => number,
            },
        })
    }
}

fn map(operand: Operand, of: fn(f64) -> f64) -> Operand {
    match operand {
        Operand::Number(number) => Operand::Number(of(number)),
        Operand::Series(series) => {
            Operand::Series(series.into_iter().map(|(at, value)| (at, of(value))).collect())
        }
    }
}

/// Value by value; what one of them lacks is left out.
fn both(left: Operand, right: Operand, of: fn(f64, f64) -> f64) -> Operand {
    match (left, right) {
        (Operand::Number(a), Operand::Number(b)) => Operand::Number(of(a, b)),
        (Operand::Series(a), Operand::Number(b)) => {
            finite(a.into_iter().map(|(at, value)| (at, of(value, b))))
        }
        (Operand::Number(a), Operand::Series(b)) => {
            finite(b.into_iter().map(|(at, value)| (at, of(a, value))))
        }
        (Operand::Series(a), Operand::Series(b)) => {
            finite(a.into_iter().filter_map(|(at, value)| Some((at, of(value, *b.get(&at)?)))))
        }
    }
}

fn finite(values: impl Iterator<Item = (u64, f64)>) -> Operand {
    Operand::Series(values.filter(|(_, value)| value.is_finite()).collect())
}

fn across(name: &str, arguments: &[Operand]) -> Operand {
    let mut by_time: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for argument in arguments {
        if let Operand::Series(series) = argument {
            series.iter().for_each(|(at, value)| by_time.entry(*at).or_default().push(*value));
        }
    }
    Operand::Series(by_time.into_iter().map(|(at, values)| (at, reduce(name, &values))).collect())
}

fn reduce(name: &str, values: &[f64]) -> f64 {
    let sum: f64 = values.iter().sum();
    match name {
        "SUM" => sum,
        "AVG" if !values.is_empty() => sum / values.len() as f64,
        "MIN" => values.iter().copied().min_by(f64::total_cmp).unwrap_or(0.0),
        "MAX" => values.iter().copied().max_by(f64::total_cmp).unwrap_or(0.0),
        _ => 0.0,
    }
}
