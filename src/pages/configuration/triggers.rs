//! Triggers: the queues whose messages invoke the function.

use super::{SectionProps, use_targets};
use crate::components::form::{Texts, form_dialog, options, use_form, use_sender};
use crate::components::{
    Button, ButtonKind, Empty, Glyph, Head, Panel, Status, StatusTone, load_more, number, table,
    text,
};
use crate::hooks::{use_pages, use_query, use_session};
use crate::model::{
    MetricRange, TriggerForm, arn_name, lambda, list_at, mapping_counts, mapping_counts_request,
    number_at, of_function, statements, text_at,
};
use serde_json::{Value, json};
use yew::prelude::*;

const HEADS: [Head; 7] = [
    text("Source"),
    text("State"),
    number("Batch size"),
    number("Window"),
    text("Report"),
    text("Messages"),
    text(""),
];

/// Which dialog is open.
#[derive(Clone, PartialEq)]
enum Open {
    Nothing,
    New,
    Edit(Value),
}

#[component]
pub(super) fn Triggers(props: &SectionProps) -> Html {
    let list = use_pages(Some(of_function("ListEventSourceMappings", &props.name, json!({}))));
    let policy = use_query(Some(of_function("GetPolicy", &props.name, json!({}))));
    let open = use_state(|| Open::Nothing);
    let sender = use_sender();
    let rows = list.rows("EventSourceMappings").unwrap_or_default();
    let (now_us, epoch_ms) = use_session(|session| session.now());
    let uuids: Vec<String> = rows.iter().map(|row| text_at(row, "/UUID")).collect();
    let range = MetricRange::of(epoch_ms, now_us);
    let counts = use_query((!uuids.is_empty()).then(|| mapping_counts_request(&uuids, range)));
    let messages = |uuid: &str| match (&counts, uuids.iter().position(|one| one == uuid)) {
        (Some(Ok(output)), Some(at)) => mapping_counts(output, at),
        _ => String::new(),
    };
    let services: Vec<_> = match &policy {
        Some(Ok(output)) => statements(output)
            .into_iter()
            .filter(|one| one.principal.contains(".amazonaws.com"))
            .collect(),
        _ => Vec::new(),
    };
    let show = |what: Open| {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(what.clone()))
    };
    let on_close = {
        let open = open.clone();
        Callback::from(move |()| open.set(Open::Nothing))
    };
    let actions = html! { <Button label="Add trigger" disabled={props.read_only} onclick={show(Open::New)} /> };
    let line = |row: &Value| {
        let (uuid, source) = (text_at(row, "/UUID"), text_at(row, "/EventSourceArn"));
        let state = text_at(row, "/State");
        let enabled = matches!(state.as_str(), "Enabled" | "Enabling" | "Creating");
        let send = |operation: &'static str, params: Value, said: &'static str| {
            let sender = sender.clone();
            Callback::from(move |_: MouseEvent| {
                sender.send(vec![lambda(operation, params.clone())], said, Callback::noop());
            })
        };
        let toggle = send(
            "UpdateEventSourceMapping",
            json!({ "UUID": uuid, "Enabled": !enabled }),
            "The trigger was changed.",
        );
        let delete = send(
            "DeleteEventSourceMapping",
            json!({ "UUID": uuid }),
            "The trigger is being deleted.",
        );
        let name = arn_name(&source).to_owned();
        let settled = matches!(state.as_str(), "Enabled" | "Disabled");
        let messages = messages(&uuid);
        html! {
            <tr key={uuid}>
                <th scope="row">{ format!("SQS: {name}") }</th>
                <td>{ mapping_status(&state) }</td>
                <td class="number">{ number_at(row, "/BatchSize") }</td>
                <td class="number">{ format!("{} s", number_at(row, "/MaximumBatchingWindowInSeconds")) }</td>
                <td>{ if list_at(row, "FunctionResponseTypes").is_empty() { "–" } else { "Partial batch responses" } }</td>
                <td>{ if messages.is_empty() { "–".to_owned() } else { messages } }</td>
                <td class="row-actions">
                    <Button kind={ButtonKind::Link} label={if enabled { "Disable" } else { "Enable" }} name={format!("{} the trigger of {name}", if enabled { "Disable" } else { "Enable" })} disabled={props.read_only || !settled} onclick={toggle} />
                    <Button kind={ButtonKind::Icon} glyph={Glyph::Edit} label={format!("Edit the trigger of {name}")} disabled={props.read_only || !settled} onclick={show(Open::Edit(row.clone()))} />
                    <Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Delete the trigger of {name}")} disabled={props.read_only} onclick={delete} />
                </td>
            </tr>
        }
    };
    html! {
        <>
            { sender.alert() }
            <Panel title="Triggers" counter={list.count(rows.len() + services.len())} {actions} flush={true}
                description="Event source mappings poll a queue and invoke the function with batches of its messages.">
                if rows.is_empty() && services.is_empty() {
                    <Empty glyph={Glyph::Queued} title="No triggers" text="Add a trigger to process the messages of a queue." />
                }
                if !rows.is_empty() {
                    { table("Triggers", &HEADS, rows.iter().map(line).collect()) }
                    { load_more(list.more.as_ref(), rows.len()) }
                }
                for one in services.iter() {
                    <p class="table-note" key={one.sid.clone()}>{ format!("{} may invoke it (statement {}).", one.principal, one.sid) }</p>
                }
            </Panel>
            { match &*open {
                Open::Nothing => html! {},
                Open::New => html! { <TriggerDialog of={props.clone()} mapping={Value::Null} {on_close} /> },
                Open::Edit(mapping) => html! { <TriggerDialog of={props.clone()} mapping={mapping.clone()} {on_close} /> },
            } }
        </>
    }
}

fn mapping_status(state: &str) -> Html {
    let tone = match state {
        "Enabled" => StatusTone::Success,
        "Disabled" => StatusTone::Waiting,
        _ => StatusTone::Working,
    };
    html! { <Status {tone} word={state.to_owned()} /> }
}

#[derive(PartialEq, Properties)]
struct TriggerDialogProps {
    of: SectionProps,
    /// The mapping that is changed; null for a new one.
    mapping: Value,
    on_close: Callback<()>,
}

#[component]
fn TriggerDialog(props: &TriggerDialogProps) -> Html {
    let mapping = &props.mapping;
    let is_new = mapping.is_null();
    let queues = use_targets(&props.of, false);
    let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    let flag = |on: bool| if on { "true".to_owned() } else { String::new() };
    let state = text_at(mapping, "/State");
    let initial = Texts::from([
        ("source", text_at(mapping, "/EventSourceArn")),
        ("batch", or(number_at(mapping, "/BatchSize"), "10")),
        ("window", or(number_at(mapping, "/MaximumBatchingWindowInSeconds"), "0")),
        ("concurrency", number_at(mapping, "/ScalingConfig/MaximumConcurrency")),
        ("filter", text_at(mapping, "/FilterCriteria/Filters/0/Pattern")),
        ("partial", flag(!list_at(mapping, "FunctionResponseTypes").is_empty())),
        ("enabled", flag(is_new || state == "Enabled")),
    ]);
    let form = use_form("trigger", initial, false);
    let sender = use_sender();
    let filled = TriggerForm {
        source: form.get("source").trim(),
        batch: form.get("batch"),
        window: form.get("window"),
        concurrency: form.get("concurrency"),
        filter: form.get("filter"),
        partial: form.is("partial"),
        enabled: form.is("enabled"),
    };
    let uuid = text_at(mapping, "/UUID");
    let request = filled.request(&props.of.name, (!is_new).then_some(uuid.as_str()));
    let ready = request.is_some() && !form.get("source").is_empty();
    let send = {
        let (sender, done) = (sender.clone(), props.on_close.clone());
        Callback::from(move |()| {
            if let Some(request) = request.clone() {
                sender.send(vec![request], "The trigger was saved.", done.clone());
            }
        })
    };
    let mut sources = vec![(String::new(), "Choose a queue".to_owned())];
    sources.extend(queues.iter().map(|arn| (arn.clone(), arn_name(arn).to_owned())));
    let none = options(&[]);
    html! {
        { form_dialog(
            if is_new { "Add trigger" } else { "Edit trigger" },
            if is_new { "Add" } else { "Save" },
            &sender,
            ready,
            &send,
            &props.on_close,
            html! {
                <>
                    if is_new {
                        { form.select("source", "SQS queue", if sources.len() == 1 { "There is no queue yet: create one under SQS queues." } else { "" }, if queues.is_empty() && sources.is_empty() { &none } else { &sources }) }
                    } else {
                        <p>{ format!("SQS queue {}", arn_name(form.get("source"))) }</p>
                    }
                    <div class="configuration-fields">
                        { form.number("batch", "Batch size", "1 to 10,000 messages.") }
                        { form.number("window", "Batch window (seconds)", "0 to 300. A batch of more than 10 needs one.") }
                        { form.number("concurrency", "Maximum concurrency (optional)", "2 to 1,000.") }
                    </div>
                    { form.area("filter", "Filter pattern (optional)", "JSON. Messages that do not match are deleted unseen.", 3) }
                    { form.check("partial", "Report batch item failures") }
                    { form.check("enabled", "Enable trigger") }
                </>
            },
        ) }
    }
}
