//! The pieces of an execution's page: one selection and one time cursor go through all of them.

mod callback;
mod compare;
mod data;
mod events;
mod graph;
mod grid;
mod header;
mod rerun;
mod scrubber;
mod state;
mod timeline;
mod view;
mod virtual_list;

pub use data::DataText;
pub use header::ExecutionHeader;
pub use view::ExecutionView;

use super::{Status, StatusTone};
use crate::model::{Viewing, ViewingAction};
use coldstart_protocol::VisitStatus;
use yew::prelude::*;

/// What the views share: one handle, so that it goes through props as one.
pub type ViewingHandle = UseReducerHandle<Viewing>;

/// A callback that selects an event.
fn select(viewing: &ViewingHandle) -> Callback<u64> {
    let dispatcher = viewing.dispatcher();
    Callback::from(move |event: u64| dispatcher.dispatch(ViewingAction::Select(event)))
}

/// What a visit's status means, in a word.
fn visit_tone(status: VisitStatus) -> (StatusTone, &'static str) {
    match status {
        VisitStatus::Succeeded => (StatusTone::Success, "Succeeded"),
        VisitStatus::Caught => (StatusTone::Warning, "Caught error"),
        VisitStatus::Aborted => (StatusTone::Warning, "Aborted"),
        VisitStatus::Failed => (StatusTone::Error, "Failed"),
        VisitStatus::TimedOut => (StatusTone::Error, "Timed out"),
        VisitStatus::Running => (StatusTone::Working, "Running"),
        VisitStatus::Waiting => (StatusTone::Info, "Waiting for callback"),
        VisitStatus::Retrying => (StatusTone::Working, "Retrying"),
    }
}

/// The class that colours what has a status; a word or an icon says the same beside it.
fn visit_class(status: Option<VisitStatus>) -> &'static str {
    match status {
        None => "visit-ahead",
        Some(VisitStatus::Succeeded) => "visit-succeeded",
        Some(VisitStatus::Caught) => "visit-caught",
        Some(VisitStatus::Aborted) => "visit-aborted",
        Some(VisitStatus::Failed | VisitStatus::TimedOut) => "visit-failed",
        Some(VisitStatus::Running | VisitStatus::Retrying) => "visit-running",
        Some(VisitStatus::Waiting) => "visit-waiting",
    }
}

/// A visit's status; none before it began.
fn visit_status(status: Option<VisitStatus>) -> Html {
    let (tone, word) = status.map_or((StatusTone::Waiting, "Not entered yet"), visit_tone);
    html! { <Status {tone} {word} /> }
}
