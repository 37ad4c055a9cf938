//! Stops an evaluation that builds too much.
//!
//! The library bounds steps, depth and each single value, but not their product: a step may build, copy or search an
//! array of a million items. The guard adds up the sizes of the values that a traced evaluation builds and of those
//! it refers to, which some function then reads.
//!
//! Invariant: what is added up depends on the expression and its values alone, so every machine stops at the same place.

use super::{EvaluationError, Limits};
use jlens_core::CancelToken;
use jlens_core::ast::{BinaryOp, Node, NodeKind};
use jlens_core::audit::{CaptureLimits, Outcome, Tracer, ValueRef};
use serde_json::Value;

/// What an item of an array takes in the evaluator.
const ITEM_BYTES: usize = 16;

/// Strings up to this are not measured.
const SHORT: usize = 256;

// Recorded by others: AWS's sentences for its three bounds, which carry no code.
const MEMORY: &str =
    "Expression evaluation memory limit exceeded: Check for excessive memory usage";
const STACK: &str = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive";
const TIME: &str = "Expression evaluation timeout: Check for infinite loop";

/// What AWS says of an expression that nests too deeply.
pub(crate) fn stack_overflow() -> EvaluationError {
    EvaluationError::Thrown { code: None, message: STACK.to_owned(), position: None }
}

/// Adds up what an evaluation builds and cancels it at the limit.
pub(crate) struct Guard {
    /// Bytes that may still be built.
    build_left: usize,
    /// Bytes that may still be read.
    read_left: u64,
    ran_out_of_time: bool,
    token: CancelToken,
    capture: CaptureLimits,
}

impl Guard {
    pub(crate) fn new(limits: &Limits) -> Guard {
        let capture = CaptureLimits {
            max_items: 0,
            max_string: SHORT,
            max_depth: 1,
            ..CaptureLimits::default()
        };
        Guard {
            build_left: limits.build_bytes,
            read_left: limits.read_bytes,
            ran_out_of_time: false,
            token: CancelToken::new(),
            capture,
        }
    }

    pub(crate) fn token(&self) -> CancelToken {
        self.token.clone()
    }

    /// The error in AWS's words.
    pub(crate) fn explain(&self, error: jlens_core::Error) -> EvaluationError {
        let bound = match error.code() {
            "D1011" => Some(STACK),
            "U1003" if self.ran_out_of_time => Some(TIME),
            "U1001" | "U1003" => Some(MEMORY),
            "U1006" | "D1012" => Some(TIME),
            _ => None,
        };
        match bound {
            Some(message) => EvaluationError::Thrown {
                code: None,
                message: message.to_owned(),
                position: error.position(),
            },
            None => EvaluationError::Thrown {
                code: Some(error.code().to_owned()),
                message: error.message(),
                position: error.position(),
            },
        }
    }

    fn built(&mut self, value: ValueRef<'_>) {
        match self.build_left.checked_sub(self.size(value)) {
            Some(left) => self.build_left = left,
            None => self.token.cancel(),
        }
    }

    fn read(&mut self, value: ValueRef<'_>) {
        // Looking at an object costs the same whatever its size.
        let size = if value.type_name() == "object" { ITEM_BYTES } else { self.size(value) };
        match self.read_left.checked_sub(size as u64) {
            Some(left) => self.read_left = left,
            None => {
                self.ran_out_of_time = true;
                self.token.cancel();
            }
        }
    }

    fn size(&self, value: ValueRef<'_>) -> usize {
        if !matches!(value.type_name(), "array" | "object" | "string") {
            return ITEM_BYTES;
        }
        match value.capture(&self.capture) {
            // The note about the items left out is the only way to learn how many there are.
            Some(Value::Array(items)) => items
                .first()
                .and_then(Value::as_str)
                .and_then(|note| note.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok())
                .map_or(ITEM_BYTES, |count: usize| count.saturating_mul(ITEM_BYTES)),
            Some(Value::Object(members)) => members
                .get("…")
                .and_then(Value::as_str)
                .and_then(|note| note.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok())
                .map_or(ITEM_BYTES, |count: usize| count.saturating_mul(4 * ITEM_BYTES)),
            Some(Value::String(text)) if text.len() > SHORT => match value.to_json() {
                Some(Value::String(text)) => text.len(),
                _ => text.len(),
            },
            _ => ITEM_BYTES,
        }
    }
}

impl Tracer for Guard {
    fn exit(&mut self, node: &Node, outcome: Outcome<'_>) {
        let Outcome::Value(value) = outcome else { return };
        match node.kind {
            NodeKind::Array { .. }
            | NodeKind::Object { .. }
            | NodeKind::Path { .. }
            | NodeKind::Function { .. }
            | NodeKind::Apply { .. }
            | NodeKind::Wildcard
            | NodeKind::Descendant
            | NodeKind::Binary { op: BinaryOp::Concat | BinaryOp::Range, .. } => self.built(value),
            NodeKind::Variable { .. } => self.read(value),
            _ => {}
        }
    }

    fn operands(&mut self, _: &Node, lhs: ValueRef<'_>, rhs: ValueRef<'_>) {
        self.read(lhs);
        self.read(rhs);
    }
}
