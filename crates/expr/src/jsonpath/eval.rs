//! Tokens over a document.

use super::{DEPTH_MAX, Path, STEPS_MAX, SelectError, Token, functions};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

type Found<'v> = Vec<Cow<'v, Value>>;

/// One selection: its document (what `$` means in filters and arguments), its mode and what is left of its budget.
pub(super) struct Evaluation<'d> {
    pub(super) document: &'d Value,
    /// Whether a missing member at the end of a path is an error, as in an existence check.
    required: bool,
    budget: Rc<Cell<u32>>,
}

/// How the current node was reached; written out only when an error needs it.
enum Trail<'t> {
    Root(char),
    Member(&'t Trail<'t>, &'t str),
    Index(&'t Trail<'t>, usize),
}

impl fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trail::Root(root) => write!(f, "{root}"),
            Trail::Member(parent, name) => write!(f, "{parent}['{name}']"),
            Trail::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

impl<'d> Evaluation<'d> {
    pub(super) fn new(document: &'d Value, required: bool) -> Evaluation<'d> {
        Evaluation { document, required, budget: Rc::new(Cell::new(STEPS_MAX)) }
    }

    pub(super) fn strict(&self) -> Evaluation<'d> {
        Evaluation { document: self.document, required: true, budget: Rc::clone(&self.budget) }
    }

    pub(super) fn lenient(&self) -> Evaluation<'d> {
        Evaluation { document: self.document, required: false, budget: Rc::clone(&self.budget) }
    }

    /// Everything that `path` finds from `start`.
    pub(super) fn run<'v>(&self, path: &Path, start: &'v Value) -> Result<Found<'v>, SelectError> {
        let mut found = Vec::new();
        let walk = Walk { evaluation: self, path };
        walk.step(0, start, &Trail::Root(path.root), 0, &mut found)?;
        Ok(found)
    }

    /// The value of an argument: what [`Path::select`] would give.
    pub(super) fn select(&self, path: &Path, start: &Value) -> Result<Value, SelectError> {
        let mut found = self.run(path, start)?;
        if path.is_definite() {
            let last = found.pop().map(Cow::into_owned);
            return last
                .ok_or_else(|| SelectError::NotFound(format!("No results for path: {path}")));
        }
        Ok(Value::Array(found.into_iter().map(Cow::into_owned).collect()))
    }

    fn charge(&self) -> Result<(), SelectError> {
        match self.budget.get().checked_sub(1) {
            Some(left) => {
                self.budget.set(left);
                Ok(())
            }
            None => Err(SelectError::TooLarge),
        }
    }
}

struct Walk<'w, 'd> {
    evaluation: &'w Evaluation<'d>,
    path: &'w Path,
}

impl Walk<'_, '_> {
    fn is_upstream_definite(&self, at: usize) -> bool {
        (0..at).all(|token| self.path.is_token_definite(token))
    }

    fn is_last(&self, at: usize) -> bool {
        at + 1 == self.path.tokens.len()
    }

    /// Applies the token at `at`, and those after it, to `model`.
    fn step<'v>(
        &self,
        at: usize,
        model: &'v Value,
        trail: &Trail<'_>,
        depth: usize,
        found: &mut Found<'v>,
    ) -> Result<(), SelectError> {
        self.evaluation.charge()?;
        if depth > DEPTH_MAX {
            return Err(SelectError::TooLarge);
        }
        let Some(token) = self.path.tokens.get(at) else {
            found.push(Cow::Borrowed(model));
            return Ok(());
        };
        match token {
            Token::Property(names) => self.members(names, at, model, trail, depth, found),
            Token::Index(indices) => {
                let Some(items) = self.items(at, model, trail)? else { return Ok(()) };
                for index in indices {
                    let index = i64::from(*index);
                    let index = if index < 0 { index + items.len() as i64 } else { index };
                    self.item(at, items, index, trail, depth, found)?;
                }
                Ok(())
            }
            Token::Slice { from, to } => {
                let Some(items) = self.items(at, model, trail)? else { return Ok(()) };
                for index in slice_range(*from, *to, items.len() as i64) {
                    self.evaluation.charge()?;
                    let index = if index < 0 { index + items.len() as i64 } else { index };
                    self.item(at, items, index, trail, depth, found)?;
                }
                Ok(())
            }
            Token::Wildcard => self.wildcard(at, model, trail, depth, found),
            Token::Scan => self.scan(at + 1, model, trail, depth, found),
            Token::Filter(filter) => match model {
                Value::Object(_) if filter.accepts(model, self.evaluation)? => {
                    self.step(at + 1, model, trail, depth + 1, found)
                }
                Value::Object(_) => Ok(()),
                Value::Array(items) => {
                    for (index, item) in items.iter().enumerate() {
                        if filter.accepts(item, self.evaluation)? {
                            self.step(at + 1, item, &Trail::Index(trail, index), depth + 1, found)?;
                        }
                    }
                    Ok(())
                }
                _ if self.is_upstream_definite(at) => Err(SelectError::Invalid(format!(
                    "Filter: {token} can not be applied to primitives. Current context is: {model}"
                ))),
                _ => Ok(()),
            },
            Token::Function { name, parameters } => {
                let result = functions::call(name, parameters, model, self.evaluation)?;
                if self.is_last(at) {
                    found.push(Cow::Owned(result));
                    return Ok(());
                }
                let mut inner = Vec::new();
                self.step(at + 1, &result, trail, depth + 1, &mut inner)?;
                found.extend(inner.into_iter().map(|value| Cow::Owned(value.into_owned())));
                Ok(())
            }
        }
    }

    fn members<'v>(
        &self,
        names: &[String],
        at: usize,
        model: &'v Value,
        trail: &Trail<'_>,
        depth: usize,
        found: &mut Found<'v>,
    ) -> Result<(), SelectError> {
        let Value::Object(members) = model else {
            if !self.is_upstream_definite(at) {
                return Ok(());
            }
            let token = &self.path.tokens[at];
            return Err(SelectError::NotFound(format!(
                "Expected to find an object with property {token} in path {trail} but found '{}'.",
                kind(model)
            )));
        };
        if names.len() > 1 && self.is_last(at) {
            let mut merged = Map::new();
            for name in names {
                match members.get(name) {
                    Some(value) => {
                        self.evaluation.charge()?;
                        merged.insert(name.clone(), value.clone());
                    }
                    None if self.evaluation.required => {
                        return Err(SelectError::NotFound(format!(
                            "Missing property in path {trail}"
                        )));
                    }
                    None => {}
                }
            }
            found.push(Cow::Owned(Value::Object(merged)));
            return Ok(());
        }
        for name in names {
            match members.get(name) {
                Some(value) => {
                    self.step(at + 1, value, &Trail::Member(trail, name), depth + 1, found)?
                }
                None => self.missing(at, &Trail::Member(trail, name))?,
            }
        }
        Ok(())
    }

    fn missing(&self, at: usize, trail: &Trail<'_>) -> Result<(), SelectError> {
        if self.is_last(at) {
            return match self.evaluation.required {
                true => Err(SelectError::NotFound(format!("No results for path: {trail}"))),
                false => Ok(()),
            };
        }
        let definite = self.is_upstream_definite(at) && self.path.is_token_definite(at);
        match definite || self.evaluation.required {
            true => Err(SelectError::NotFound(format!("Missing property in path {trail}"))),
            false => Ok(()),
        }
    }

    fn items<'v>(
        &self,
        at: usize,
        model: &'v Value,
        trail: &Trail<'_>,
    ) -> Result<Option<&'v Vec<Value>>, SelectError> {
        match model {
            Value::Array(items) => Ok(Some(items)),
            _ if !self.is_upstream_definite(at) => Ok(None),
            Value::Null => Err(SelectError::NotFound(format!("The path {trail} is null"))),
            _ => Err(SelectError::NotFound(format!(
                "Filter: {} can only be applied to arrays. Current context is: {model}",
                self.path.tokens[at]
            ))),
        }
    }

    fn item<'v>(
        &self,
        at: usize,
        items: &'v [Value],
        index: i64,
        trail: &Trail<'_>,
        depth: usize,
        found: &mut Found<'v>,
    ) -> Result<(), SelectError> {
        match usize::try_from(index)
            .ok()
            .and_then(|index| items.get(index).map(|item| (index, item)))
        {
            Some((index, item)) => {
                self.step(at + 1, item, &Trail::Index(trail, index), depth + 1, found)
            }
            None => Ok(()),
        }
    }

    fn wildcard<'v>(
        &self,
        at: usize,
        model: &'v Value,
        trail: &Trail<'_>,
        depth: usize,
        found: &mut Found<'v>,
    ) -> Result<(), SelectError> {
        let mut visit = |value: &'v Value, trail: &Trail<'_>| match self.step(
            at + 1,
            value,
            trail,
            depth + 1,
            found,
        ) {
            Err(SelectError::NotFound(_)) if !self.evaluation.required => Ok(()),
            outcome => outcome,
        };
        match model {
            Value::Object(members) => members
                .iter()
                .try_for_each(|(name, value)| visit(value, &Trail::Member(trail, name))),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| visit(item, &Trail::Index(trail, index))),
            _ => Ok(()),
        }
    }

    /// Applies the token at `at` to `model` and everything below it that the token could apply to.
    fn scan<'v>(
        &self,
        at: usize,
        model: &'v Value,
        trail: &Trail<'_>,
        depth: usize,
        found: &mut Found<'v>,
    ) -> Result<(), SelectError> {
        self.evaluation.charge()?;
        if depth > DEPTH_MAX {
            return Err(SelectError::TooLarge);
        }
        let Some(token) = self.path.tokens.get(at) else { return Ok(()) };
        let applies = match (token, model) {
            (Token::Property(names), Value::Object(members)) => {
                !self.path.is_token_definite(at)
                    || names.iter().all(|name| members.contains_key(name))
            }
            (Token::Index(_) | Token::Slice { .. }, Value::Array(_)) => true,
            (Token::Wildcard, Value::Array(_) | Value::Object(_)) => true,
            (Token::Filter(filter), Value::Array(_) | Value::Object(_)) => {
                filter.accepts(model, self.evaluation)?
            }
            _ => false,
        };
        if applies {
            self.step(at, model, trail, depth + 1, found)?;
        }
        match model {
            Value::Object(members) => members.iter().try_for_each(|(name, value)| {
                self.scan(at, value, &Trail::Member(trail, name), depth + 1, found)
            }),
            Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
                self.scan(at, item, &Trail::Index(trail, index), depth + 1, found)
            }),
            _ => Ok(()),
        }
    }
}

/// Jayway's slices: `[-2:]` counts from the end, `[-5:7]` starts below zero and goes through it, `[1:-1]` is empty.
fn slice_range(from: Option<i32>, to: Option<i32>, length: i64) -> std::ops::Range<i64> {
    match (from.map(i64::from), to.map(i64::from)) {
        (Some(from), None) => (if from < 0 { from + length } else { from }).max(0)..length,
        // Indices below -length name nothing, so they need not be visited.
        (Some(from), Some(to)) => from.max(-length)..to.min(length),
        (None, Some(to)) => 0..(if to < 0 { to + length } else { to }).min(length),
        (None, None) => 0..length,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
