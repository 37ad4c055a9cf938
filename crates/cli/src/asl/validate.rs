//! `coldstart asl validate`: what is wrong with definitions, by line and column.

use super::arguments::ValidateOptions;
use super::read_text;
use crate::{Refused, Verdict, print};
use coldstart_asl::{Diagnostic, Severity, parse_for};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

pub(crate) fn validate(options: &ValidateOptions) -> Result<Verdict, Refused> {
    let (mut errors, mut warnings, mut unread) = (0_usize, 0_usize, Vec::new());
    for path in &options.files {
        // One that cannot be read does not keep the others from being checked.
        let text = match read_text(path, "") {
            Ok(text) => text,
            Err(refused) => {
                unread.push(refused.0);
                continue;
            }
        };
        let (_, diagnostics) = parse_for(&text, options.machine);
        let of = |severity| diagnostics.iter().filter(|one| one.severity == severity).count();
        errors += of(Severity::Error);
        warnings += of(Severity::Warning);
        let told = if options.json {
            object(path, &text, &diagnostics)
        } else {
            lines(path, &text, &diagnostics)
        };
        print(told.as_bytes())?;
    }
    if !options.json {
        eprintln!(
            "{}: {}, {}",
            count(options.files.len() - unread.len(), "definition"),
            count(errors, "error"),
            count(warnings, "warning")
        );
    }
    if !unread.is_empty() {
        return Err(Refused(unread.join("\ncoldstart: ")));
    }
    Ok(if errors == 0 { Verdict::Success } else { Verdict::Failure })
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// How people call what is read.
fn name(path: &Path) -> String {
    if path == Path::new("-") { "<stdin>".into() } else { path.display().to_string() }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// A line for each fault, in the order of the text.
pub(super) fn lines(path: &Path, text: &str, diagnostics: &[Diagnostic]) -> String {
    let name = name(path);
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| diagnostic.span.start);
    let mut lines = String::new();
    for diagnostic in sorted {
        let (line, column) = place(text, diagnostic.span.start);
        let severity = severity(diagnostic.severity);
        let message = short(&diagnostic.message);
        writeln!(lines, "{name}:{line}:{column}: {severity} {} {message}", diagnostic.code)
            .expect("a string takes all text");
    }
    lines
}

/// AWS's message on one line. Of a syntax error it repeats the whole document, which the reader has.
fn short(message: &str) -> String {
    let said = message.split("\n at [Source").next().unwrap_or(message);
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn object(path: &Path, text: &str, diagnostics: &[Diagnostic]) -> String {
    let valid = diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error);
    let rows: Vec<Value> = diagnostics
        .iter()
        .map(|diagnostic| {
            let (line, column) = place(text, diagnostic.span.start);
            let (end_line, end_column) = place(text, diagnostic.span.end);
            json!({
                "severity": severity(diagnostic.severity), "code": diagnostic.code, "message": diagnostic.message,
                "pointer": diagnostic.pointer, "line": line, "column": column, "endLine": end_line, "endColumn": end_column,
            })
        })
        .collect();
    format!("{}\n", json!({ "file": name(path), "valid": valid, "diagnostics": rows }))
}

/// Line and column of a byte, both from 1; columns are characters.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let text = "{\n  \"ä\": x\n}";
        assert_eq!(place(text, 0), (1, 1));
        assert_eq!(place(text, text.find('x').expect("it is there")), (2, 8));
        assert_eq!(place(text, text.len()), (3, 2));
        assert_eq!(place(text, text.len() + 9), (3, 2));
    }

    #[test]
    fn a_message_is_one_line_without_the_document() {
        assert_eq!(short("Unexpected\n at [Source: (String)\"{\"; line: 1]"), "Unexpected");
        assert_eq!(short("two\n  lines"), "two lines");
    }
}
