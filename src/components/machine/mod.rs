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

use super::{Alert, Status, StatusTone};
use crate::model::{CallError, Moment, Tone, advice};
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

/// A moment of the virtual clock, from the API's Unix seconds.
pub fn moment(seconds: f64) -> Html {
    let moment = Moment::from_unix_ms((seconds * 1_000.0).max(0.0) as u64);
    html! { <time title={moment.full_text()}>{ format!("{} {}", moment.date_text(), moment.time_text()) }</time> }
}

/// A refusal of the API, with what can be done about it.
pub fn refused(error: &CallError) -> Html {
    match error {
        CallError::EngineLost => {
            html! { <Alert tone={Tone::Error} title="The engine stopped while it worked on this." /> }
        }
        CallError::Refused(failure) => html! {
            <Alert tone={Tone::Error} title={format!("{} (HTTP {})", failure.code, failure.status)}>
                <p class="aws-message">{ &failure.message }</p>
                if let Some(advice) = advice(&failure.code) { <p>{ advice }</p> }
            </Alert>
        },
    }
}
