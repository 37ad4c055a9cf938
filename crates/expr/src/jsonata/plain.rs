//! The commonest expression by far: `$states.input.a.b`, a variable and names.
//!
//! Evaluated here, without the library, it costs a fraction, and what it gives is the very value: numbers keep the
//! text they came with (`1.0`, or integers beyond 2^53), which every other expression reads as JavaScript does.

use jlens_core::ast::{Attrs, Node, NodeKind};
use serde_json::Value;

/// A variable and the names of members, one in another.
#[derive(Debug)]
pub(crate) struct PlainPath {
    pub(crate) variable: String,
    names: Vec<String>,
}

/// What a plain path leads to.
pub(crate) enum Found<'v> {
    /// The value there.
    Value(&'v Value),
    /// No value is there.
    Nothing,
    /// An array is on the way: JSONata maps over it, which is not plain.
    Elsewhere,
}

impl PlainPath {
    /// The path that the expression is, if it is one.
    pub(crate) fn of(root: &Node) -> Option<PlainPath> {
        let steps = match &root.kind {
            NodeKind::Path { steps, keep_singleton_array: false } if is_bare(&root.attrs) => steps,
            NodeKind::Variable { .. } => std::slice::from_ref(root),
            _ => return None,
        };
        let (first, rest) = steps.split_first()?;
        let NodeKind::Variable { name: variable } = &first.kind else { return None };
        if matches!(variable.as_str(), "" | "$") || !is_bare(&first.attrs) {
            return None;
        }
        let name = |step: &Node| match &step.kind {
            NodeKind::Name { name } if is_bare(&step.attrs) => Some(name.clone()),
            _ => None,
        };
        let names = rest.iter().map(name).collect::<Option<Vec<String>>>()?;
        Some(PlainPath { variable: variable.clone(), names })
    }

    /// Follows the names into the variable's value.
    pub(crate) fn follow<'v>(&self, variable: &'v Value) -> Found<'v> {
        let mut value = variable;
        for name in &self.names {
            value = match value {
                Value::Array(_) => return Found::Elsewhere,
                Value::Object(members) => match members.get(name) {
                    Some(member) => member,
                    None => return Found::Nothing,
                },
                _ => return Found::Nothing,
            };
        }
        Found::Value(value)
    }
}

/// Whether nothing but the node itself decides its value.
fn is_bare(attributes: &Attrs) -> bool {
    !attributes.keep_array
        && !attributes.cons_array
        && !attributes.tuple
        && attributes.focus.is_none()
        && attributes.index.is_none()
        && attributes.stages.is_empty()
        && attributes.predicate.is_empty()
        && attributes.group.is_none()
        && attributes.ancestor.is_none()
        && attributes.ancestor_label.is_none()
        && attributes.seeking_parent.is_empty()
}
