//! The pieces of a state machine's pages.

mod create;
mod definition;
mod delete;
mod graph;
mod start;
mod test_state;

pub use create::CreateMachine;
pub use definition::DefinitionEditor;
pub use delete::DeleteMachineDialog;
#[allow(unused_imports, reason = "what badges are made of, for those who give some")]
pub use graph::{GraphBadge, StateGraph};
pub use start::StartExecutionDialog;

pub use super::notices::refused;
pub use super::status::moment;

use super::{Status, StatusTone};
use yew::prelude::*;

/// An execution's status as the API writes it, with what it means.
pub fn execution_tone(status: &str) -> (StatusTone, &'static str) {
    match status {
        "RUNNING" => (StatusTone::Working, "Running"),
        "SUCCEEDED" => (StatusTone::Success, "Succeeded"),
        "FAILED" => (StatusTone::Error, "Failed"),
        "TIMED_OUT" => (StatusTone::Error, "Timed out"),
        "ABORTED" => (StatusTone::Warning, "Aborted"),
        "PENDING_REDRIVE" => (StatusTone::Waiting, "Pending redrive"),
        _ => (StatusTone::Waiting, "Waiting"),
    }
}

/// An execution's status.
pub fn execution_status(status: &str) -> Html {
    let (tone, word) = execution_tone(status);
    html! { <Status {tone} {word} /> }
}
