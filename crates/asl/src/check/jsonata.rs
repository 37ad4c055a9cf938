//! Expressions of JSONata: whether AWS would take them where they stand.
//!
//! Source: "Transforming data with JSONata in Step Functions" (which field sees what of `$states`); answers of
//! `ValidateStateMachineDefinition` as others have reported them.

use super::{Checker, Place};
use crate::diagnostic::Severity;
use crate::fields::{MAP, PARALLEL, TASK};
use crate::json::{Kind, Node};
use coldstart_expr::jsonata;
use std::ops::Range;

/// What every expression sees.
const PLAIN: &[&str] = &["input", "context"];
/// What `Output` and `Assign` see of a state that has a result.
const WITH_RESULT: &[&str] = &["input", "context", "result"];
/// What `Output` and `Assign` of a catcher see.
const WITH_ERROR: &[&str] = &["input", "context", "errorOutput"];

/// Whether a text is an expression: `{% … %}` as a whole.
pub(super) fn is_expression(text: &str) -> bool {
    text.len() >= 4 && text.starts_with("{%") && text.ends_with("%}")
}

impl Checker<'_> {
    /// The expressions in a field of a state.
    pub(super) fn field_expressions(&mut self, node: &Node, place: &Place, name: &str, bit: u16) {
        match name {
            "Output" | "Assign" if bit & (TASK | PARALLEL | MAP) != 0 => {
                self.expressions(node, place, WITH_RESULT);
            }
            "Arguments"
            | "Output"
            | "Assign"
            | "Items"
            | "ItemSelector"
            | "ItemBatcher"
            | "Credentials"
            | "Seconds"
            | "Timestamp"
            | "TimeoutSeconds"
            | "HeartbeatSeconds"
            | "MaxConcurrency"
            | "ToleratedFailureCount"
            | "ToleratedFailurePercentage"
            | "Error"
            | "Cause" => self.expressions(node, place, PLAIN),
            // Their other fields are literals.
            "ItemReader" | "ResultWriter" => {
                if let Some(arguments) = node.get("Arguments") {
                    self.expressions(arguments, &place.child("Arguments"), PLAIN);
                }
                if let Some(most) = node.get("ReaderConfig").and_then(|at| at.get("MaxItems")) {
                    let place = place.child("ReaderConfig").child("MaxItems");
                    self.expressions(most, &place, PLAIN);
                }
            }
            _ => {}
        }
    }

    /// The expressions in `Condition`, `Output` or `Assign` of a rule.
    pub(super) fn rule_expressions(&mut self, node: &Node, place: &Place) {
        self.expressions(node, place, PLAIN);
    }

    /// The expressions in `Output` or `Assign` of a catcher.
    pub(super) fn catcher_expressions(&mut self, node: &Node, place: &Place) {
        self.expressions(node, place, WITH_ERROR);
    }

    fn expressions(&mut self, node: &Node, place: &Place, fields: &[&str]) {
        match &node.kind {
            Kind::Text(text) if is_expression(text) => {
                self.expression(node, text, place, fields);
            }
            Kind::Text(text) if text.starts_with("{%") || text.ends_with("%}") => {
                let message = "This is a text: an expression starts with '{%' and ends with '%}'";
                self.warning("UNFINISHED_EXPRESSION", place, node, message);
            }
            Kind::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.expressions(item, &place.item(at), fields);
                }
            }
            Kind::Object(members) => {
                for member in members {
                    let place = place.child(&member.name);
                    if member.name.ends_with(".$") {
                        let message = "A name that ends with '.$' means nothing in JSONata";
                        self.warning("MIXED_QUERY_LANGUAGES", &place, &member.value, message);
                    }
                    self.expressions(&member.value, &place, fields);
                }
            }
            _ => {}
        }
    }

    fn expression(&mut self, node: &Node, text: &str, place: &Place, fields: &[&str]) {
        let inner = &text[2..text.len() - 2];
        let read = inner.trim();
        let start = 2 + inner.len() - inner.trim_start().len();
        let refusals = match jsonata::parse(inner) {
            Ok(expression) => expression.refusals(fields),
            Err(error) => {
                // What was read last is where the fault shows.
                let end = bytes_of(read, error.position);
                let last = read[..end].char_indices().next_back().map_or(end, |(at, _)| at);
                let mut refusal = error.refusal();
                refusal.span = Some(last..end);
                vec![refusal]
            }
        };
        for refusal in refusals {
            let span = refusal.span.unwrap_or(0..read.len());
            let span = self.inside(node, start + span.start..start + span.end);
            self.report(Severity::Error, refusal.code, place, &span, refusal.message);
        }
    }

    /// Where some bytes of a string's value stand in the document, where they may be escaped.
    fn inside(&self, node: &Node, wanted: Range<usize>) -> Range<usize> {
        let source = self.text.get(node.span.clone()).unwrap_or_default();
        let at = |wanted: usize| node.span.start + escaped_offset(source, wanted);
        let (start, end) = (at(wanted.start), at(wanted.end));
        // Nothing is no place to point at.
        if start < end { start..end } else { node.span.clone() }
    }
}

/// The bytes that a number of UTF-16 units take.
fn bytes_of(text: &str, units: usize) -> usize {
    let mut seen = 0;
    for (at, c) in text.char_indices() {
        if seen >= units {
            return at;
        }
        seen += c.len_utf16();
    }
    text.len()
}

/// Where byte `wanted` of a string's value stands in its source, which starts with a quote.
fn escaped_offset(source: &str, wanted: usize) -> usize {
    let bytes = source.as_bytes();
    let (mut at, mut seen) = (1, 0);
    while seen < wanted && at + 1 < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            seen += 1;
            continue;
        }
        if bytes[at + 1] != b'u' {
            at += 2;
            seen += 1;
            continue;
        }
        let unit = source.get(at + 2..at + 6).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        seen += match unit.unwrap_or(0) {
            0..=0x7f => 1,
            0x80..=0x7ff => 2,
            // The first half of a pair counts for nothing, the second for all.
            0xd800..=0xdbff => 0,
            0xdc00..=0xdfff => 4,
            _ => 3,
        };
        at += 6;
    }
    at.min(source.len())
}

#[cfg(test)]
mod tests {
    use super::{bytes_of, escaped_offset};

    #[test]
    fn places_in_a_value_are_found_in_its_source() {
        let source = r#""{% \"é\u00e9\ud83d\ude00\n x %}""#;
        let value: String = serde_json::from_str(source).expect("a string");
        let at = |what: &str| escaped_offset(source, value.find(what).expect("there"));
        assert_eq!(&source[at("x")..at(" %}")], "x");
        assert_eq!(&source[at("😀")..at("\n")], r"\ud83d\ude00");
        assert_eq!(bytes_of("é😀x", 3), 6);
    }
}
