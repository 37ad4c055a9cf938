//! Sending events to a bus, several at once, and what became of each.

use super::services::code;
use crate::components::form::use_sender;
use crate::components::{Button, ButtonKind, Field, Glyph, Panel, Status, StatusTone, text_of};
use crate::model::{EventEntry, list_at, put_events, text_at};
use yew::prelude::*;

/// "PutEvents: 10 entries at most".
const ENTRIES_MAX: usize = 10;

#[derive(PartialEq, Properties)]
pub(super) struct SendEventsProps {
    /// Names of the event buses.
    pub(super) buses: Vec<String>,
    pub(super) read_only: bool,
}

/// The form.
#[component]
pub(super) fn SendEvents(props: &SendEventsProps) -> Html {
    let entries = use_state(|| vec![EventEntry::default()]);
    let sender = use_sender();
    let can = !props.read_only && !sender.busy();
    let send = {
        let (sender, entries) = (sender.clone(), entries.clone());
        Callback::from(move |()| {
            if can {
                sender.send(vec![put_events(&entries)], "The events were sent.", Callback::noop());
            }
        })
    };
    let onsubmit = send.reform(|event: SubmitEvent| event.prevent_default());
    let onkeydown = on_command_enter(&send);
    let change = |index: usize, set: fn(&mut EventEntry, String)| {
        let entries = entries.clone();
        move |text: String| {
            let mut next = (*entries).clone();
            set(&mut next[index], text);
            entries.set(next);
        }
    };
    let add = {
        let entries = entries.clone();
        Callback::from(move |_: MouseEvent| {
            let mut next = (*entries).clone();
            next.push(next.last().cloned().unwrap_or_default());
            entries.set(next);
        })
    };
    let remove = |index: usize| {
        let entries = entries.clone();
        Callback::from(move |_: MouseEvent| {
            let mut next = (*entries).clone();
            next.remove(index);
            entries.set(next);
        })
    };
    let several = entries.len() > 1;
    let line = |(index, entry): (usize, &EventEntry)| {
        let id = |name: &str| format!("event-{index}-{name}");
        let text = |name: &'static str, label: &'static str, value: &str, set| {
            let oninput =
                Callback::from(change(index, set)).reform(|event: InputEvent| text_of(&event));
            html! {
                <Field id={id(name)} {label}>
                    <input id={id(name)} value={value.to_owned()} {oninput} readonly={props.read_only} autocomplete="off" spellcheck="false" aria-describedby={format!("{}-hint", id(name))} />
                </Field>
            }
        };
        let on_bus = Callback::from(change(index, |entry, text| entry.bus = text))
            .reform(|event: Event| text_of(&event));
        let on_detail = Callback::from(change(index, |entry, text| entry.detail = text))
            .reform(|event: InputEvent| text_of(&event));
        html! {
            <fieldset key={index} class="event-entry">
                <legend class={if several { "" } else { "visually-hidden" }}>{ format!("Event {}", index + 1) }</legend>
                <div class="configuration-fields">
                    <Field id={id("bus")} label="Event bus">
                        <select id={id("bus")} onchange={on_bus} disabled={props.read_only} aria-describedby={format!("{}-hint", id("bus"))}>
                            for bus in props.buses.iter() { <option key={bus.clone()} value={bus.clone()} selected={*bus == entry.bus}>{ bus.clone() }</option> }
                        </select>
                    </Field>
                    { text("source", "Event source", &entry.source, |entry, text| entry.source = text) }
                    { text("type", "Detail type", &entry.detail_type, |entry, text| entry.detail_type = text) }
                </div>
                <div class="document-text">
                    <Field id={id("detail")} label="Event detail">
                        <textarea id={id("detail")} rows="3" value={entry.detail.clone()} oninput={on_detail} readonly={props.read_only} autocomplete="off" spellcheck="false" aria-describedby={format!("{}-hint", id("detail"))} />
                    </Field>
                </div>
                if several { <Button kind={ButtonKind::Link} glyph={Glyph::Delete} label="Remove" name={format!("Remove event {}", index + 1)} onclick={remove(index)} /> }
            </fieldset>
        }
    };
    let actions = html! {
        <>
            <Button label="Add another event" disabled={props.read_only || entries.len() >= ENTRIES_MAX} onclick={add} />
            <Button kind={ButtonKind::Primary} label="Send" name="Send events" shortcut="Control+Enter" disabled={!can} busy={sender.busy()} onclick={send.reform(|_: MouseEvent| ())} />
        </>
    };
    html! {
        <form {onsubmit} {onkeydown}>
            { sender.alert() }
            <Panel title="Send events" {actions} description="They reach the rules of their bus whose pattern they match.">
                for entry in entries.iter().enumerate() { { line(entry) } }
                if let Some(output) = sender.output() { { results(list_at(&output, "Entries")) } }
            </Panel>
        </form>
    }
}

/// What PutEvents says to each entry.
fn results(rows: &[serde_json::Value]) -> Html {
    let line = |(index, row): (usize, &serde_json::Value)| {
        let id = text_at(row, "/EventId");
        html! {
            <tr key={index}>
                <th scope="row">{ format!("Event {}", index + 1) }</th>
                if id.is_empty() {
                    <td><Status tone={StatusTone::Error} word={text_at(row, "/ErrorCode")} /></td>
                    <td class="cell-long">{ text_at(row, "/ErrorMessage") }</td>
                } else {
                    <td><Status tone={StatusTone::Success} word="Sent" /></td>
                    <td class="cell-long">{ code(&id) }</td>
                }
            </tr>
        }
    };
    html! {
        <div class="service-result" role="status" aria-label="Results">
            <table class="table machines-table">
                <thead><tr><th scope="col">{ "Entry" }</th><th scope="col">{ "Result" }</th><th scope="col">{ "Event ID or reason" }</th></tr></thead>
                <tbody>for row in rows.iter().enumerate() { { line(row) } }</tbody>
            </table>
        </div>
    }
}

/// Ctrl+Enter sends a form.
pub(super) fn on_command_enter(send: &Callback<()>) -> Callback<KeyboardEvent> {
    let send = send.clone();
    Callback::from(move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            send.emit(());
        }
    })
}
