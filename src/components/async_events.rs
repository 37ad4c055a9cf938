//! The asynchronous events of a function: how each is, and its life from the queue to where it was delivered.

use super::{Empty, Glyph, Icon, Panel, Status, StatusTone, TraceLink};
use crate::hooks::{use_session, use_view};
use crate::model::{arn_name, format_count, format_micros, virtual_moment};
use crate::route::Route;
use coldstart_protocol::{AsyncEvent, AsyncStep, ViewSpec};
use yew::prelude::*;

/// Events that are shown.
const ROWS_MAX: usize = 50;

#[derive(PartialEq, Properties)]
pub struct AsyncEventsProps {
    pub function: AttrValue,
}

/// A table, newest first; nothing where no event was ever queued.
#[component]
pub fn AsyncEvents(props: &AsyncEventsProps) -> Html {
    let function = props.function.to_string();
    use_view(Some(ViewSpec::Events { function: function.clone(), rows_max: ROWS_MAX }));
    let (window, (now_us, epoch_ms)) =
        use_session(move |session| (session.events.get(&function).cloned(), session.now()));
    let open = use_state(|| None::<AttrValue>);
    let window = window.unwrap_or_default();
    let on_toggle = {
        let open = open.clone();
        Callback::from(move |id: AttrValue| {
            let same = open.as_ref() == Some(&id);
            open.set((!same).then_some(id));
        })
    };
    // The newest one tells its life unasked.
    let newest = window.rows.first().map(|event| AttrValue::from(event.request_id.clone()));
    let shown = (*open).clone().or(newest);
    html! {
        <Panel title="Asynchronous events" counter={format_count(window.total)} flush={true} description="Queued invocations: their attempts, when they wait for a retry, and where they were delivered.">
            if window.rows.is_empty() {
                <Empty glyph={Glyph::Queued} title="No asynchronous events yet" text="Test with the invocation type Event, or let a service send one." />
            } else {
                <div class="table-scroll" tabindex="0" role="group" aria-label="Asynchronous events">
                    <table class="table machines-table">
                        <thead><tr><th scope="col">{ "Accepted" }</th><th scope="col">{ "Status" }</th><th scope="col" class="number">{ "Attempts" }</th><th scope="col">{ "Delivered to" }</th><th scope="col">{ "Request ID" }</th></tr></thead>
                        <tbody>
                            for event in window.rows.iter() {
                                { line(event, now_us, epoch_ms, shown.as_deref() == Some(event.request_id.as_str()), &on_toggle) }
                            }
                        </tbody>
                    </table>
                </div>
                if (window.rows.len() as u64) < window.total { <p class="table-note">{ format!("The newest {} of {}.", window.rows.len(), format_count(window.total)) }</p> }
            }
        </Panel>
    }
}

fn line(
    event: &AsyncEvent,
    now_us: u64,
    epoch_ms: u64,
    is_open: bool,
    on_toggle: &Callback<AttrValue>,
) -> Html {
    let accepted = virtual_moment(epoch_ms, event.accepted_us);
    let id = AttrValue::from(event.request_id.clone());
    let short: String = event.request_id.chars().take(8).collect();
    let delivered: Vec<&str> = event
        .steps
        .iter()
        .filter(|step| step.kind == "delivered")
        .filter_map(|step| step.detail.rsplit(' ').next())
        .collect();
    let word = if is_open { ": hide its steps" } else { ": show its steps" };
    html! {
        <>
            <tr key={event.request_id.clone()}>
                <td><time title={accepted.full_text()}>{ format!("{}.{:03}", accepted.time_text(), accepted.millis) }</time></td>
                <td>{ status(event, now_us) }</td>
                <td class="number">{ format_count(u64::from(event.attempts)) }</td>
                <td>{ if delivered.is_empty() { html! { <span class="quiet">{ "–" }</span> } } else { delivered.iter().map(|arn| target(arn)).collect() } }</td>
                <td><button type="button" class="text-button" aria-expanded={if is_open { "true" } else { "false" }} onclick={on_toggle.reform(move |_: MouseEvent| id.clone())}><code>{ short.clone() }</code><span class="visually-hidden">{ word }</span></button> <TraceLink id={event.request_id.clone()} what={format!("event {short}")} /></td>
            </tr>
            if is_open {
                <tr key={format!("{}-steps", event.request_id)} class="event-steps"><td colspan="5">
                    <ol aria-label="Steps of the event">
                        <li>{ step_line(epoch_ms, event, None) }</li>
                        for (index, step) in event.steps.iter().enumerate() { <li key={index}>{ step_line(epoch_ms, event, Some(step)) }</li> }
                        if let Some(due_us) = event.due_us {
                            <li class="event-step-due">{ mark(Glyph::Clock, "due") }<span>{ format!("Leaves the queue again at {}", virtual_moment(epoch_ms, due_us).time_text()) }</span></li>
                        }
                    </ol>
                </td></tr>
            }
        </>
    }
}

/// A queue has a page; other targets are named.
fn target(arn: &str) -> Html {
    let name = arn_name(arn).to_owned();
    if arn.contains(":sqs:") {
        html! { <a class="event-target" href={Route::Queue(name.clone()).format()}>{ name }</a> }
    } else {
        html! { <span class="event-target">{ name }</span> }
    }
}

fn status(event: &AsyncEvent, now_us: u64) -> Html {
    match event.status.as_str() {
        "succeeded" => html! { <Status tone={StatusTone::Success} word="Succeeded" /> },
        "failed" => html! { <Status tone={StatusTone::Error} word="Failed" /> },
        "dropped" => html! { <Status tone={StatusTone::Error} word="Given up" /> },
        "running" => html! { <Status tone={StatusTone::Working} word="Running" /> },
        "waiting" => {
            let left = event.due_us.map_or(0, |due_us| due_us.saturating_sub(now_us));
            html! { <Status tone={StatusTone::Waiting} word={format!("Retries in {}", format_micros(left))} /> }
        }
        _ => html! { <Status tone={StatusTone::Info} word="Queued" /> },
    }
}

fn mark(glyph: Glyph, kind: &str) -> Html {
    html! { <span class={format!("event-mark event-mark-{kind}")}><Icon {glyph} /></span> }
}

fn step_line(epoch_ms: u64, event: &AsyncEvent, step: Option<&AsyncStep>) -> Html {
    let (at_us, kind) = match step {
        None => (event.accepted_us, "queued"),
        Some(step) => (step.at_us, step.kind.as_str()),
    };
    let glyph = match kind {
        "queued" | "requeued" => Glyph::Queued,
        "started" => Glyph::Play,
        "success" => Glyph::Success,
        "delivered" => Glyph::Share,
        "dropped" => Glyph::Stop,
        _ => Glyph::Error,
    };
    let moment = virtual_moment(epoch_ms, at_us);
    let detail = match step {
        None => "Accepted and queued".to_owned(),
        Some(step) => step.detail.clone(),
    };
    let after = at_us.saturating_sub(event.accepted_us);
    html! {
        <>
            { mark(glyph, kind) }
            <time title={moment.full_text()}>{ format!("{}.{:03}", moment.time_text(), moment.millis) }</time>
            <span class="event-after">{ format!("+{}", format_micros(after)) }</span>
            <span>{ detail }</span>
        </>
    }
}
