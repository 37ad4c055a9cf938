//! The Amazon States Language: a definition as people write it, what it says and what is wrong with it.
//!
//! [`parse`] never fails: it gives whatever could be read, so that an editor can draw a machine that is still being
//! typed, and a list of [`Diagnostic`]s with the place of each, in AWS's words where those are recorded.
//!
//! Invariant: no text panics; nesting is bounded by [`json::DEPTH_MAX`], diagnostics by [`DIAGNOSTICS_MAX`].

mod check;
mod choice;
pub mod complete;
mod definition;
mod diagnostic;
mod edit;
mod fields;
pub mod fix;
mod graph;
pub mod interpret;
pub mod json;
pub mod layout;
mod read;
pub mod recover;
mod resource;
pub mod svg;
mod timestamp;

pub use choice::{Comparison, Condition, Operand};
pub use definition::{
    Catcher, ChoiceRule, Data, Definition, Given, MachineType, MapState, ProcessorMode,
    QueryLanguage, Retrier, Spanned, State, StateKind, Unknown,
};
pub use diagnostic::{Diagnostic, Severity};
pub use edit::TextEdit;
pub use graph::{Edge, EdgeKind};
pub use resource::{Pattern, Resource};
pub use timestamp::is_rfc3339;

/// The most diagnostics that one definition gets.
pub const DIAGNOSTICS_MAX: usize = 1000;

/// Reads a definition of a standard state machine.
///
/// The definition is `None` only when the text holds no JSON object at all. It is fit to run when no
/// diagnostic is an error.
pub fn parse(text: &str) -> (Option<Definition>, Vec<Diagnostic>) {
    parse_for(text, MachineType::Standard)
}

/// What can be drawn of a text that is still being written: faults of its JSON are stepped over.
pub fn sketch(text: &str) -> Option<Definition> {
    read::definition(&recover::parse(text))
}

/// Reads a definition of a state machine of the given type. Express ones refuse some tasks.
pub fn parse_for(text: &str, machine: MachineType) -> (Option<Definition>, Vec<Diagnostic>) {
    let (root, syntax) = json::parse(text);
    let mut diagnostics: Vec<Diagnostic> =
        syntax.into_iter().map(|error| diagnostic::syntax(text, &error)).collect();
    let whole = diagnostics.is_empty();
    let definition = root.as_ref().and_then(read::definition);
    // Half a document has faults that its author knows of: only what is there is worth a word.
    if let (true, Some(root)) = (whole, &root) {
        check::definition(text, root, definition.as_ref(), machine, &mut diagnostics);
    }
    (definition, diagnostics)
}
