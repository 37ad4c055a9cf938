//! What is wrong with a definition, and where.

use crate::json::SyntaxError;
use std::ops::Range;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The machine works, but perhaps not as its author means.
    Warning,
    /// AWS refuses the definition.
    Error,
}

/// One fault of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// AWS's code, such as `SCHEMA_VALIDATION_FAILED`.
    pub code: &'static str,
    /// Where in the document, as a JSON pointer; `/` is the document.
    pub pointer: String,
    /// The place that AWS names: elements stand in brackets, as in `/States/C/Choices[0]/Next`, and for a field that
    /// must not be there it is the object that has it. `None` where AWS names no place.
    pub location: Option<String>,
    /// Where in the text, in bytes.
    pub span: Range<usize>,
    /// What is wrong: AWS's words where they are recorded.
    pub message: String,
}

impl Diagnostic {
    /// As `CreateStateMachine` writes it between the quotes of its message.
    pub fn as_refusal(&self) -> String {
        match self.code {
            "INVALID_JSON_DESCRIPTION" => format!("{}: {}", self.code, self.message),
            _ => {
                let location = self.location.as_deref().unwrap_or("null");
                format!("{}: {} at {location}", self.code, self.message)
            }
        }
    }
}

/// A syntax error with the place that Jackson, AWS's parser, appends to its messages.
pub(crate) fn syntax(text: &str, error: &SyntaxError) -> Diagnostic {
    let before = text.get(..error.span.end).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let shown: String = text.chars().take(500).collect();
    let more = text.chars().count().saturating_sub(500);
    let cut = if more > 0 { format!("[truncated {more} chars]") } else { String::new() };
    let place = format!("[Source: (String)\"{shown}\"{cut}; line: {line}, column: {column}]");
    Diagnostic {
        severity: Severity::Error,
        code: "INVALID_JSON_DESCRIPTION",
        message: format!("{}\n at {place}", error.message),
        location: Some(place.clone()),
        pointer: place,
        span: error.span.clone(),
    }
}
