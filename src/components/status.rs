//! A status: always an icon and a word, so that colour never stands alone.

use super::{Glyph, Icon};
use crate::model::Moment;
use yew::prelude::*;

/// What a status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusTone {
    Success,
    Error,
    Warning,
    Info,
    Waiting,
    Working,
}

#[derive(PartialEq, Properties)]
pub struct StatusProps {
    pub tone: StatusTone,
    pub word: AttrValue,
}

/// An icon and a word.
#[component]
pub fn Status(props: &StatusProps) -> Html {
    let (class, glyph) = match props.tone {
        StatusTone::Success => ("status-success", Glyph::Success),
        StatusTone::Error => ("status-error", Glyph::Error),
        StatusTone::Warning => ("status-warning", Glyph::Warning),
        StatusTone::Info => ("status-info", Glyph::Info),
        StatusTone::Waiting => ("status-waiting", Glyph::Clock),
        StatusTone::Working => ("status-working", Glyph::Running),
    };
    html! { <span class={classes!("status", class)}><Icon {glyph} />{ props.word.clone() }</span> }
}

/// A function's `State`.
pub fn function_status(state: &str) -> Html {
    let tone = match state {
        "Active" => StatusTone::Success,
        "Failed" => StatusTone::Error,
        "Inactive" => StatusTone::Waiting,
        _ => StatusTone::Working,
    };
    html! { <Status {tone} word={state.to_owned()} /> }
}

/// An invocation's status.
pub fn invocation_status(status: &str) -> Html {
    let (tone, word) = match status {
        "success" => (StatusTone::Success, "Succeeded"),
        "error" => (StatusTone::Error, "Failed"),
        "timeout" => (StatusTone::Error, "Timed out"),
        "stopped" => (StatusTone::Warning, "Stopped"),
        "running" => (StatusTone::Working, "Running"),
        _ => (StatusTone::Waiting, "Waiting"),
    };
    html! { <Status {tone} {word} /> }
}

/// A moment of the virtual clock, from the API's Unix seconds.
pub fn moment(seconds: f64) -> Html {
    let moment = Moment::from_unix_ms((seconds * 1_000.0).max(0.0) as u64);
    html! { <time title={moment.full_text()}>{ format!("{} {}", moment.date_text(), moment.time_text()) }</time> }
}
