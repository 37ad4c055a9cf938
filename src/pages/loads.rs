//! Loads of a function: a profile of invocations is one command of the session, and is followed and stopped here.

use crate::components::form::{Texts, options, use_form, use_sender};
use crate::components::{Button, ButtonKind, Glyph, Panel, Status, StatusTone};
use crate::hooks::{use_document, use_query, use_session};
use crate::model::{
    LOAD_KINDS, LoadForm, LoadRow, format_count, format_micros, loads_of, loads_request, stop_load,
};
use coldstart_workspace::ClockMode;
use yew::prelude::*;

/// Loads that are shown.
const ROWS_MAX: usize = 5;

#[derive(PartialEq, Properties)]
pub struct LoadsProps {
    pub function: AttrValue,
}

/// A form and the loads there were.
#[component]
pub fn Loads(props: &LoadsProps) -> Html {
    let name = props.function.to_string();
    let (read_only, payload) = use_document({
        let name = name.clone();
        move |document| {
            let event = document
                .draft(&name)
                .and_then(|draft| draft.test_events.get(draft.selected_event))
                .map_or_else(|| "{}".to_owned(), |event| event.payload.clone());
            (document.read_only(), event)
        }
    });
    let ((now_us, _), mode) = use_session(|session| {
        (session.now(), session.clock.as_ref().map(|clock| clock.mode).unwrap_or_default())
    });
    let answer = use_query(Some(loads_request()));
    let rows = match &answer {
        Some(Ok(output)) => loads_of(output, &name),
        _ => Vec::new(),
    };
    let initial = Texts::from([
        ("kind", "Constant".to_owned()),
        ("rate", "100".to_owned()),
        ("end", "1000".to_owned()),
        ("size", "200".to_owned()),
        ("every", "10".to_owned()),
        ("seconds", "60".to_owned()),
        ("type", "RequestResponse".to_owned()),
    ]);
    let form = use_form("load", initial, read_only);
    let sender = use_sender();
    let load = LoadForm {
        kind: form.get("kind"),
        rate: form.get("rate"),
        end_rate: form.get("end"),
        size: form.get("size"),
        every: form.get("every"),
        seconds: form.get("seconds"),
        invocation_type: form.get("type"),
    };
    let request = load.request(&name, &payload);
    let can = request.is_some() && !read_only && !sender.busy();
    let about = load.invocations().map_or_else(
        || "Enter numbers.".to_owned(),
        |count| format!("About {} invocations with the selected test event.", format_count(count)),
    );
    let start = {
        let sender = sender.clone();
        Callback::from(move |()| {
            if let Some(request) = request.clone().filter(|_| can) {
                sender.send(vec![request], "The load was started.", Callback::noop());
            }
        })
    };
    let onsubmit = start.reform(|event: SubmitEvent| event.prevent_default());
    let stop = {
        let sender = sender.clone();
        Callback::from(move |id: u64| {
            sender.send(vec![stop_load(id)], "The load was stopped.", Callback::noop());
        })
    };
    let actions = html! { <Button kind={ButtonKind::Primary} glyph={Glyph::Play} label="Start load" disabled={!can} busy={sender.busy()} onclick={start.reform(|_: MouseEvent| ())} /> };
    let kinds = LOAD_KINDS.map(|(value, label)| (value.to_owned(), label.to_owned()));
    html! {
        <form {onsubmit} class="loads">
            { sender.alert() }
            <Panel title="Load" {actions} description="A profile of invocations, as one command of the session: the same ones each time it is replayed.">
                <div class="configuration-fields">
                    { form.select("kind", "Profile", "", &kinds) }
                    if load.kind == "Burst" {
                        { form.text("size", "Invocations of a burst", "All at one instant.") }
                        { form.text("every", "Every (seconds)", "") }
                    } else {
                        { form.text("rate", if load.kind == "Ramp" { "From (invocations a second)" } else { "Invocations a second" }, "Up to 10,000.") }
                        if load.kind == "Ramp" { { form.text("end", "To (invocations a second)", "") } }
                    }
                    { form.text("seconds", "Duration (seconds)", "Of virtual time.") }
                    { form.select("type", "Invocation type", "", &options(&["RequestResponse", "Event"])) }
                </div>
                <p class="quiet loads-about">{ about }</p>
                if !rows.is_empty() {
                    <ul class="loads-list" aria-label="Loads">
                        for row in rows.iter().take(ROWS_MAX) { { line(row, now_us, mode, read_only, &stop) } }
                    </ul>
                }
            </Panel>
            <button type="submit" hidden={true} />
        </form>
    }
}

fn line(
    row: &LoadRow,
    now_us: u64,
    mode: ClockMode,
    read_only: bool,
    stop: &Callback<u64>,
) -> Html {
    let (tone, word) = match row.status.as_str() {
        "RUNNING" if mode == ClockMode::Paused => (StatusTone::Waiting, "Waits for the clock"),
        "RUNNING" => (StatusTone::Working, "Running"),
        "STOPPING" => (StatusTone::Working, "Stopping"),
        "STOPPED" => (StatusTone::Warning, "Stopped"),
        _ => (StatusTone::Success, "Completed"),
    };
    let permille = row.passed_permille(now_us);
    let left_us = (row.began_us + row.duration_us).saturating_sub(now_us);
    let id = row.id;
    html! {
        <li key={id}>
            <div class="loads-head">
                <span><b>{ format!("Load {id}") }</b>{ format!(": {}", row.profile) }</span>
                <Status {tone} {word} />
                if row.is_running() { <Button glyph={Glyph::Stop} label="Stop" name={format!("Stop load {id}")} disabled={read_only} onclick={stop.reform(move |_: MouseEvent| id)} /> }
            </div>
            if row.is_running() {
                <progress max="1000" value={permille.to_string()} aria-label={format!("Load {id}")}>{ format!("{} %", permille / 10) }</progress>
                <p class="quiet">{ format!("{} % of its time, {} of virtual time left", permille / 10, format_micros(left_us)) }</p>
            }
            <p>{ row.outcome() }</p>
        </li>
    }
}
