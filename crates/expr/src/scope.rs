//! What the paths of a state can see: `$` its input, `$$` the context object, `$name` variables.

use crate::jsonpath::{ParseError, Path, SelectError};
use crate::reference::Step;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The documents that paths are applied to.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'s> {
    /// `$`.
    pub input: &'s Value,
    /// `$$`.
    pub context: &'s Value,
    /// `$name`, set by `Assign`.
    pub variables: &'s Map<String, Value>,
}

/// Objects of up to so many members are searched one by one, which is cheaper than to hash the name.
const SEARCHED_MEMBERS_MAX: usize = 8;

fn member<'d>(members: &'d Map<String, Value>, name: &str) -> Option<&'d Value> {
    if members.len() > SEARCHED_MEMBERS_MAX {
        return members.get(name);
    }
    members.iter().find(|(known, _)| known.as_str() == name).map(|(_, value)| value)
}

/// What the start of a path means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `$`.
    Input,
    /// `$$`.
    Context,
    /// `$name`.
    Variable(String),
}

/// A path as a field of a state holds it.
#[derive(Debug, Clone)]
pub struct StatesPath {
    text: String,
    source: Source,
    path: Path,
    /// Its steps, when it has only members and indices.
    plain: Option<Vec<Step>>,
}

impl StatesPath {
    /// Reads `$.a`, `$$.Execution.Id` or `$name.a`.
    ///
    /// # Errors
    /// When the text does not start with `$` or Jayway would refuse the rest.
    pub fn parse(text: &str) -> Result<StatesPath, ParseError> {
        let Some(rest) = text.strip_prefix('$') else {
            return Err(ParseError { position: 0, message: "a path starts with '$'".to_owned() });
        };
        let (source, tail, skipped) = match rest.chars().next() {
            Some('$') => (Source::Context, &rest[1..], 1),
            Some(c) if c.is_alphabetic() || c == '_' => {
                let end =
                    rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                (Source::Variable(rest[..end].to_owned()), &rest[end..], end)
            }
            _ => (Source::Input, rest, 0),
        };
        let path = Path::parse(&format!("${tail}"))
            .map_err(|error| ParseError { position: error.position + skipped, ..error })?;
        let plain = path.plain_steps();
        Ok(StatesPath { text: text.to_owned(), source, path, plain })
    }

    /// The text that was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The document that the path starts in.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The path in that document.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What a path of members and indices alone leads to, which most paths are. What it does not find, the selection
    /// explains.
    fn walk<'d>(&self, document: &'d Value) -> Option<&'d Value> {
        self.plain.as_ref()?.iter().try_fold(document, |value, step| match step {
            Step::Member(name) => member(value.as_object()?, name),
            Step::Index(index) => value.as_array()?.get(*index),
        })
    }

    /// What the path selects. One that is not definite selects an empty array where its start leads nowhere:
    /// Step Functions gives `[]` for `$.items[*]` of `{}`, where Jayway alone would fail (recorded).
    ///
    /// # Errors
    /// When a definite path leads nowhere or the variable does not exist.
    pub fn select<'s>(&self, scope: &Scope<'s>) -> Result<Cow<'s, Value>, SelectError> {
        let document = match &self.source {
            Source::Input => scope.input,
            Source::Context => scope.context,
            Source::Variable(name) => match scope.variables.get(name) {
                Some(value) => value,
                None => return Err(SelectError::NotFound(format!("No results for path: ${name}"))),
            },
        };
        if let Some(value) = self.walk(document) {
            return Ok(Cow::Borrowed(value));
        }
        match self.path.select(document) {
            Err(SelectError::NotFound(_)) if !self.path.is_definite() => {
                Ok(Cow::Owned(Value::Array(Vec::new())))
            }
            outcome => outcome,
        }
    }
}
