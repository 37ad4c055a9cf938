//! Faults: what goes wrong with this function's invocations on purpose. The script is the session's; only the function's own part is shown.

use super::SectionProps;
use crate::components::form::{Texts, form_dialog, use_form, use_sender};
use crate::components::{Button, ButtonKind, Empty, Glyph, Panel, use_open};
use crate::hooks::use_query;
use crate::model::{list_at, number_at, text_at};
use coldstart_workspace::ApiRequest;
use serde_json::{Map, Value, json};
use std::rc::Rc;
use yew::prelude::*;

fn request(operation: &str, params: Value) -> ApiRequest {
    ApiRequest { service: "coldstart".into(), operation: operation.into(), params }
}

/// `PutFaults` begins to count anew.
fn put(faults: impl Iterator<Item = Value>) -> ApiRequest {
    let given = faults.map(|mut fault| {
        if let Some(members) = fault.as_object_mut() {
            members.remove("Hits");
        }
        fault
    });
    request("PutFaults", json!({ "Faults": given.collect::<Vec<_>>() }))
}

#[component]
pub(super) fn Faults(props: &SectionProps) -> Html {
    let answer = use_query(Some(request("GetFaults", json!({}))));
    let all: Rc<Vec<Value>> = Rc::new(match &answer {
        Some(Ok(output)) => list_at(output, "Faults").to_vec(),
        _ => Vec::new(),
    });
    let sender = use_sender();
    let (adding, open, close) = use_open();
    let own: Vec<&Value> =
        all.iter().filter(|fault| text_at(fault, "/FunctionName") == *props.name).collect();
    let actions = html! { <Button label="Add fault" disabled={props.read_only} onclick={open} /> };
    html! {
        <>
            { sender.alert() }
            <Panel title="Faults" counter={own.len().to_string()} {actions} flush={true}
                description="Invocations that fail, wait or are throttled on purpose, as AWS Fault Injection Service does it. They are part of the session and travel in links.">
                if own.is_empty() {
                    <Empty glyph={Glyph::Warning} title="No faults" text="Add one to see what callers make of it: retries, dead letters, time-outs." />
                } else {
                    <div class="table-scroll" tabindex="0" role="group" aria-label="Faults">
                        <table class="table machines-table">
                            <thead><tr><th scope="col">{ "Fault" }</th><th scope="col">{ "What happens" }</th><th scope="col">{ "When" }</th><th scope="col" class="number">{ "Struck" }</th><th scope="col"><span class="visually-hidden">{ "Actions" }</span></th></tr></thead>
                            <tbody>
                                for fault in own {
                                    { row(fault, &all, &sender, props.read_only) }
                                }
                            </tbody>
                        </table>
                    </div>
                }
            </Panel>
            if adding { <AddFault name={props.name.clone()} all={all.clone()} on_close={close} /> }
        </>
    }
}

fn row(
    fault: &Value,
    all: &Rc<Vec<Value>>,
    sender: &crate::components::form::Sender,
    read_only: bool,
) -> Html {
    let id = text_at(fault, "/Id");
    let remove = {
        let (all, sender, id) = (all.clone(), sender.clone(), id.clone());
        Callback::from(move |_: MouseEvent| {
            let others = all.iter().filter(|other| text_at(other, "/Id") != id).cloned();
            sender.send(vec![put(others)], "The fault was removed.", Callback::noop());
        })
    };
    html! {
        <tr key={id.clone()}>
            <th scope="row">{ id.clone() }</th>
            <td>{ what(fault) }</td>
            <td>{ when(fault) }</td>
            <td class="number">{ number_at(fault, "/Hits") }</td>
            <td class="row-actions"><Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Remove {id}")} disabled={read_only} onclick={remove} /></td>
        </tr>
    }
}

fn what(fault: &Value) -> String {
    match text_at(fault, "/Action").as_str() {
        "delay" => format!("{} ms of delay", number_at(fault, "/StartupDelayMilliseconds")),
        "throttle" => "TooManyRequestsException".into(),
        _ => {
            let error = text_at(fault, "/ErrorType");
            let error = if error.is_empty() { "InjectedFault".into() } else { error };
            match fault.get("PreventExecution") {
                Some(Value::Bool(false)) => format!("{error} after the handler ran"),
                _ => format!("{error}; the handler does not run"),
            }
        }
    }
}

fn when(fault: &Value) -> String {
    let mut words = Vec::new();
    let number = |member: &str| number_at(fault, &format!("/{member}"));
    if !number("InvocationPercentage").is_empty() {
        words.push(format!("{} % of invocations", number("InvocationPercentage")));
    }
    if !number("Times").is_empty() {
        words.push(format!("the first {}", number("Times")));
    }
    if !number("StartAfterSeconds").is_empty() {
        words.push(format!("after {} s", number("StartAfterSeconds")));
    }
    if !number("DurationSeconds").is_empty() {
        words.push(format!("for {} s", number("DurationSeconds")));
    }
    if words.is_empty() { "always".into() } else { words.join(", ") }
}

#[derive(PartialEq, Properties)]
struct AddFaultProps {
    name: AttrValue,
    all: Rc<Vec<Value>>,
    on_close: Callback<()>,
}

#[component]
fn AddFault(props: &AddFaultProps) -> Html {
    let taken = |id: &str| props.all.iter().any(|fault| text_at(fault, "/Id") == id);
    let id = (1..).map(|n| format!("fault-{n}")).find(|id| !taken(id)).unwrap_or_default();
    let initial = Texts::from([
        ("id", id),
        ("action", "error".to_owned()),
        ("type", String::new()),
        ("message", String::new()),
        ("runs", String::new()),
        ("delay", "2000".to_owned()),
        ("percentage", "100".to_owned()),
        ("times", String::new()),
        ("after", String::new()),
        ("duration", String::new()),
    ]);
    let form = use_form("fault", initial, false);
    let sender = use_sender();
    let action = form.get("action");
    let members = match action {
        "delay" => vec![("StartupDelayMilliseconds", "delay")],
        _ => Vec::new(),
    };
    let numbers = members.into_iter().chain([
        ("InvocationPercentage", "percentage"),
        ("Times", "times"),
        ("StartAfterSeconds", "after"),
        ("DurationSeconds", "duration"),
    ]);
    let mut fault = Map::new();
    fault.insert("Id".into(), json!(form.get("id").trim()));
    fault.insert("FunctionName".into(), json!(*props.name));
    fault.insert("Action".into(), json!(action));
    let mut ready = !form.get("id").trim().is_empty();
    for (member, key) in numbers {
        match (form.get(key).trim(), form.get(key).trim().parse::<u64>()) {
            ("", _) | ("100", Ok(100)) if member != "StartupDelayMilliseconds" => {}
            (_, Ok(number)) => {
                fault.insert(member.into(), json!(number));
            }
            (_, Err(_)) => ready = false,
        }
    }
    if action == "error" {
        for (member, key) in [("ErrorType", "type"), ("ErrorMessage", "message")] {
            if !form.get(key).is_empty() {
                fault.insert(member.into(), json!(form.get(key)));
            }
        }
        if form.is("runs") {
            fault.insert("PreventExecution".into(), json!(false));
        }
    }
    let send = {
        let (sender, all, done) = (sender.clone(), props.all.clone(), props.on_close.clone());
        Callback::from(move |()| {
            let faults = all.iter().cloned().chain([Value::Object(fault.clone())]);
            sender.send(vec![put(faults)], "The fault was added.", done.clone());
        })
    };
    let actions = [
        ("error", "Error: the invocation fails"),
        ("delay", "Delay: the handler begins later"),
        ("throttle", "Throttle: the request is refused"),
    ];
    let actions = actions.map(|(value, label)| (value.to_owned(), label.to_owned()));
    form_dialog(
        "Add fault",
        "Add",
        &sender,
        ready,
        &send,
        &props.on_close,
        html! {
            <div class="configuration-fields">
                { form.text("id", "Name", "Letters, digits, hyphens and underscores.") }
                { form.select("action", "What happens", "", &actions) }
                if action == "error" {
                    { form.text("type", "Error type", "What Retry and Catch see. InjectedFault, if it is empty.") }
                    { form.text("message", "Error message", "") }
                    <div class="configuration-wide">{ form.check("runs", "Let the handler run first: its response is lost") }</div>
                }
                if action == "delay" { { form.number("delay", "Delay (ms)", "At most 900,000.") } }
                { form.number("percentage", "Percentage of invocations", "Drawn from the session's seed.") }
                { form.number("times", "At most so many times", "Empty: as often as it can.") }
                { form.number("after", "Begins after (seconds)", "Virtual time from now on.") }
                { form.number("duration", "Lasts (seconds)", "Empty: until it is removed.") }
            </div>
        },
    )
}
