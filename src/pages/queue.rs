//! A queue: its messages, which are looked at and not received, how it is set, and its dead letters.

use super::access_policy::AccessPolicy;
use super::metrics::Metrics;
use super::services::output_of;
use crate::components::form::{
    Texts, form_dialog, form_panel, use_asked_form, use_form, use_sender,
};
use crate::components::{
    Button, ButtonKind, Empty, Facts, Glyph, Panel, Status, StatusTone, TagEditor, TraceLink,
    moment,
};
use crate::hooks::{use_app, use_document, use_query, use_session, use_view};
use crate::model::{
    MessageForm, QUEUE_CHARTS, SETTABLE, arn_name, format_bytes, format_count, format_micros,
    list_at, number_at, of_queue, pretty_json, queue_arn, queue_attributes, redrive_attribute,
    redrive_policy, redrives, start_redrive, text_at, virtual_moment,
};
use crate::route::Route;
use coldstart_protocol::{QueueMessage, QueueRow, ViewSpec};
use serde_json::{Map, Value, json};
use std::rc::Rc;
use yew::prelude::*;

/// Messages that are shown.
const ROWS_MAX: usize = 100;

#[derive(Clone, PartialEq, Properties)]
pub struct QueuePageProps {
    pub name: AttrValue,
}

/// Which dialog is open.
#[derive(Clone, Copy, PartialEq)]
enum Open {
    Nothing,
    Purge,
    Delete,
}

/// A queue's page.
#[component]
pub fn QueuePage(props: &QueuePageProps) -> Html {
    let app = use_app();
    let name = props.name.to_string();
    use_view(Some(ViewSpec::Queues));
    use_view(Some(ViewSpec::Queue { name: name.clone(), rows_max: ROWS_MAX }));
    let rows = use_session(|session| session.queues.clone());
    let messages = use_session({
        let name = name.clone();
        move |session| session.messages.get(&name).cloned()
    });
    let (now_us, epoch_ms) = use_session(|session| session.now());
    let read_only = use_document(|document| document.read_only());
    let open = use_state(|| Open::Nothing);
    let sender = use_sender();
    let row = rows.as_ref().and_then(|rows| rows.iter().find(|row| row.name == name)).cloned();
    let Some(row) = row else {
        return html! {
            <div class="page">
                <header class="page-header"><h1>{ &name }</h1></header>
                if rows.is_some() {
                    <Empty glyph={Glyph::Queues} title="There is no queue of this name in this workspace">
                        <p><a href={Route::Queues.format()}>{ "See all queues" }</a></p>
                    </Empty>
                }
            </div>
        };
    };
    let show = |what: Open| {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(what))
    };
    let close = {
        let open = open.clone();
        Callback::from(move |()| open.set(Open::Nothing))
    };
    let act = |operation: &'static str, said: &'static str, gone: bool| {
        let (sender, name, close, app) = (sender.clone(), name.clone(), close.clone(), app.clone());
        Callback::from(move |()| {
            let (close, app) = (close.clone(), app.clone());
            let done = Callback::from(move |()| {
                close.emit(());
                if gone {
                    app.go(&Route::Queues);
                }
            });
            sender.send(vec![of_queue(operation, &name, json!({}))], said, done);
        })
    };
    let facts = facts(&row);
    let messages = messages.flatten().unwrap_or_default();
    html! {
        <div class="page queue-page">
            <nav class="breadcrumbs" aria-label="Breadcrumbs"><ol>
                <li><a href={Route::Queues.format()}>{ "SQS queues" }</a></li><li aria-current="page">{ &name }</li>
            </ol></nav>
            <header class="page-header">
                <div class="page-title"><h1>{ &name }</h1><span class="quiet">{ if row.fifo { "FIFO queue" } else { "Standard queue" } }</span></div>
                <div class="page-actions">
                    <Button label="Purge" disabled={read_only} onclick={show(Open::Purge)} />
                    <Button glyph={Glyph::Delete} label="Delete" disabled={read_only} onclick={show(Open::Delete)} />
                </div>
            </header>
            <Panel title="Details"><Facts {facts} /></Panel>
            <Metrics namespace="AWS/SQS" dimension="QueueName" value={props.name.clone()} charts={&QUEUE_CHARTS[..]} />
            <Messages row={row.clone()} {messages} {now_us} {epoch_ms} />
            <SendMessage queue={props.name.clone()} fifo={row.fifo} {read_only} />
            if !row.sources.is_empty() { <Redrive queue={props.name.clone()} letters={row.visible} {read_only} /> }
            <Settings queue={props.name.clone()} {read_only} fifo={row.fifo} queues={rows.clone().unwrap_or_default()} />
            <Policy queue={props.name.clone()} {read_only} />
            <TagEditor arn={queue_arn(&name)} {read_only} />
            { match *open {
                Open::Nothing => html! {},
                Open::Purge => form_dialog("Purge queue", "Purge", &sender, true, &act("PurgeQueue", "The queue was purged.", false), &close,
                    html! { <p>{ "All messages are deleted. It can be done once in 60 seconds." }</p> }),
                Open::Delete => form_dialog("Delete queue", "Delete", &sender, true, &act("DeleteQueue", "The queue was deleted.", true), &close,
                    html! { <p>{ format!("{name} and its messages are deleted. The name is free again after 60 seconds.") }</p> }),
            } }
        </div>
    }
}

fn facts(row: &QueueRow) -> Vec<(AttrValue, Html)> {
    let link = |name: &String| {
        html! { <a href={Route::Queue(name.clone()).format()}>{ name }</a> }
    };
    let mut facts: Vec<(AttrValue, Html)> = vec![
        ("Messages available".into(), format_count(row.visible).into()),
        ("Messages in flight".into(), format_count(row.in_flight).into()),
        ("Messages delayed".into(), format_count(row.delayed).into()),
    ];
    if let Some(target) = &row.dead_letter_queue {
        let receives = row.receives_max.unwrap_or_default();
        facts.push((
            "Dead-letter queue".into(),
            html! { <>{ link(target) }{ format!(", after {receives} receives") }</> },
        ));
        facts.push((
            "Dead letters".into(),
            row.dead_letters.map_or_else(|| "–".to_owned(), format_count).into(),
        ));
    }
    if !row.sources.is_empty() {
        let sources = row
            .sources
            .iter()
            .map(|name| html! { <span key={name.clone()}>{ link(name) }{ " " }</span> });
        facts.push(("Dead-letter queue of".into(), sources.collect()));
    }
    facts.push(("ARN".into(), html! { <code class="long-value">{ queue_arn(&row.name) }</code> }));
    facts
}

#[derive(PartialEq, Properties)]
struct MessagesProps {
    row: QueueRow,
    messages: Rc<Vec<QueueMessage>>,
    now_us: u64,
    epoch_ms: u64,
}

/// What is in the queue.
#[component]
fn Messages(props: &MessagesProps) -> Html {
    let selected = use_state(|| None::<AttrValue>);
    let total = props.row.visible + props.row.in_flight + props.row.delayed;
    let on_select = {
        let selected = selected.clone();
        Callback::from(move |id: AttrValue| {
            let same = selected.as_ref() == Some(&id);
            selected.set((!same).then_some(id));
        })
    };
    let line = |message: &QueueMessage| {
        let id = AttrValue::from(message.message_id.clone());
        let is_open = selected.as_ref() == Some(&id);
        let sent = virtual_moment(props.epoch_ms, message.sent_us);
        let short: String = message.message_id.chars().take(8).collect();
        let body: String = message.body.chars().take(80).collect();
        html! {
            <>
                <tr>
                    <th scope="row"><button type="button" class="text-button" aria-expanded={if is_open { "true" } else { "false" }} onclick={ let id = id.clone(); on_select.reform(move |_: MouseEvent| id.clone()) }><code>{ short.clone() }</code><span class="visually-hidden">{ ": show the message" }</span></button> <TraceLink id={message.message_id.clone()} what={format!("message {short}")} /></th>
                    <td>{ state_of(message, props.now_us) }</td>
                    <td><time title={sent.full_text()}>{ format!("{}.{:03}", sent.time_text(), sent.millis) }</time></td>
                    <td class="number">{ format_count(message.receives) }</td>
                    if props.row.fifo { <td>{ message.group.clone().unwrap_or_default() }</td> }
                    <td class="queue-body">{ body }</td>
                </tr>
                if is_open { <tr class="queue-message"><td colspan={if props.row.fifo { "6" } else { "5" }}>{ whole(message) }</td></tr> }
            </>
        }
    };
    html! {
        <Panel title="Messages" counter={format_count(total)} flush={true} description="Looked at, not received: their receive counts stay as they are.">
            if props.messages.is_empty() {
                <Empty glyph={Glyph::Queues} title="No messages" text="Send one below, or let a function or a destination send it." />
            } else {
                <div class="table-scroll" tabindex="0" role="group" aria-label="Messages">
                    <table class="table machines-table">
                        <thead><tr><th scope="col">{ "ID" }</th><th scope="col">{ "State" }</th><th scope="col">{ "Sent" }</th><th scope="col" class="number">{ "Receives" }</th>
                            if props.row.fifo { <th scope="col">{ "Message group" }</th> }
                            <th scope="col">{ "Body" }</th></tr></thead>
                        <tbody>for message in props.messages.iter() { { line(message) } }</tbody>
                    </table>
                </div>
                if (props.messages.len() as u64) < total { <p class="table-note">{ format!("The oldest {} of {}.", props.messages.len(), format_count(total)) }</p> }
            }
        </Panel>
    }
}

fn state_of(message: &QueueMessage, now_us: u64) -> Html {
    match message.hidden_until_us {
        None => html! { <Status tone={StatusTone::Success} word="Available" /> },
        Some(until) => {
            let left = format_micros(until.saturating_sub(now_us));
            let word = if message.receives == 0 { "Delayed" } else { "In flight" };
            let tone =
                if message.receives == 0 { StatusTone::Waiting } else { StatusTone::Working };
            html! { <Status {tone} word={format!("{word}, {left} left")} /> }
        }
    }
}

/// All that is known of a message.
fn whole(message: &QueueMessage) -> Html {
    let code = |text: &str| html! { <code class="long-value">{ text.to_owned() }</code> };
    let mut facts: Vec<(AttrValue, Html)> = vec![
        ("Message ID".into(), code(&message.message_id)),
        ("Size".into(), format_bytes(message.body_bytes).into()),
    ];
    for (label, value) in [
        ("Message group ID", &message.group),
        ("Deduplication ID", &message.deduplication),
        ("Sequence number", &message.sequence),
        ("Dead letter of", &message.source_arn),
    ] {
        if let Some(value) = value {
            facts.push((label.into(), code(value)));
        }
    }
    let attributes = message.attributes.as_object().cloned().unwrap_or_default();
    for (name, value) in attributes.iter() {
        facts.push((
            AttrValue::from(format!("Attribute {name}")),
            code(&text_at(value, "/StringValue")),
        ));
    }
    html! {
        <>
            <Facts {facts} />
            <pre class="result-text" tabindex="0" role="group" aria-label="Body">{ pretty_json(&message.body) }</pre>
            if (message.body.len() as u64) < message.body_bytes { <p class="quiet">{ "The beginning of the body." }</p> }
        </>
    }
}

#[derive(PartialEq, Properties)]
struct SendMessageProps {
    queue: AttrValue,
    fifo: bool,
    read_only: bool,
}

#[component]
fn SendMessage(props: &SendMessageProps) -> Html {
    let initial = Texts::from([
        ("body", "{\"hello\": \"queue\"}".to_owned()),
        ("delay", String::new()),
        ("group", if props.fifo { "group-1".to_owned() } else { String::new() }),
        ("dedup", String::new()),
        ("attribute", String::new()),
        ("value", String::new()),
    ]);
    let form = use_form("message", initial, props.read_only);
    let sender = use_sender();
    let message = MessageForm {
        body: form.get("body"),
        delay: form.get("delay"),
        group: form.get("group"),
        deduplication: form.get("dedup"),
        attributes: vec![(form.get("attribute").to_owned(), form.get("value").to_owned())],
    };
    let request = message.request(&props.queue);
    let can = request.is_some() && !props.read_only && !sender.busy();
    let send = {
        let sender = sender.clone();
        Callback::from(move |()| {
            if let Some(request) = request.clone().filter(|_| can) {
                sender.send(vec![request], "The message was sent.", Callback::noop());
            }
        })
    };
    let onsubmit = {
        let send = send.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            send.emit(());
        })
    };
    let onkeydown = {
        let send = send.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                event.prevent_default();
                send.emit(());
            }
        })
    };
    let actions = html! { <Button kind={ButtonKind::Primary} label="Send message" shortcut="Control+Enter" disabled={!can} busy={sender.busy()} onclick={send.reform(|_: MouseEvent| ())} /> };
    html! {
        <form {onsubmit} {onkeydown}>
            { sender.alert() }
            <Panel title="Send a message" {actions}>
                { form.area("body", "Message body", "", 4) }
                <div class="configuration-fields queue-fields">
                    if props.fifo {
                        { form.text("group", "Message group ID", "Messages of a group come in order.") }
                        { form.text("dedup", "Deduplication ID", "Needed unless the content serves.") }
                    } else {
                        { form.number("delay", "Delay of this message (seconds)", "Empty: the queue's.") }
                    }
                    { form.text("attribute", "Attribute name (optional)", "") }
                    { form.text("value", "Attribute value", "") }
                </div>
            </Panel>
        </form>
    }
}

#[derive(PartialEq, Properties)]
struct RedriveProps {
    queue: AttrValue,
    letters: u64,
    read_only: bool,
}

/// Dead letters go back to where they came from.
#[component]
fn Redrive(props: &RedriveProps) -> Html {
    let tasks = use_query(Some(redrives(&props.queue)));
    let sender = use_sender();
    let start = {
        let (sender, queue) = (sender.clone(), props.queue.clone());
        Callback::from(move |_: MouseEvent| {
            sender.send(vec![start_redrive(&queue)], "The redrive was started.", Callback::noop());
        })
    };
    let rows: Vec<Value> = match &tasks {
        Some(Ok(output)) => list_at(output, "Results").to_vec(),
        _ => Vec::new(),
    };
    let actions = html! { <Button label="Start DLQ redrive" disabled={props.read_only || props.letters == 0} busy={sender.busy()} onclick={start} /> };
    let status = |row: &Value| {
        let word = text_at(row, "/Status");
        let tone = match word.as_str() {
            "COMPLETED" => StatusTone::Success,
            "FAILED" => StatusTone::Error,
            "RUNNING" => StatusTone::Working,
            _ => StatusTone::Waiting,
        };
        html! { <Status {tone} {word} /> }
    };
    html! {
        <>
            { sender.alert() }
            <Panel title="Dead-letter queue redrive tasks" counter={rows.len().to_string()} {actions} flush={!rows.is_empty()} description="Moves the messages back to the queues that they came from.">
                if rows.is_empty() { <p class="quiet">{ "None was started." }</p> } else {
                    <div class="table-scroll" tabindex="0" role="group" aria-label="Redrive tasks">
                        <table class="table machines-table">
                            <thead><tr><th scope="col">{ "Started" }</th><th scope="col">{ "Status" }</th><th scope="col" class="number">{ "Moved" }</th><th scope="col" class="number">{ "To move" }</th></tr></thead>
                            <tbody>
                                for (index, row) in rows.iter().enumerate() {
                                    <tr key={index}>
                                        <td>{ moment(row.get("StartedTimestamp").and_then(Value::as_f64).unwrap_or_default() / 1_000.0) }</td>
                                        <td>{ status(row) }</td>
                                        <td class="number">{ number_at(row, "/ApproximateNumberOfMessagesMoved") }</td>
                                        <td class="number">{ number_at(row, "/ApproximateNumberOfMessagesToMove") }</td>
                                    </tr>
                                }
                            </tbody>
                        </table>
                    </div>
                }
            </Panel>
        </>
    }
}

#[derive(PartialEq, Properties)]
struct PolicyProps {
    queue: AttrValue,
    read_only: bool,
}

/// Who may send to the queue and receive from it.
#[component]
fn Policy(props: &PolicyProps) -> Html {
    let output = output_of(&use_query(Some(queue_attributes(&props.queue))));
    html! {
        <AccessPolicy arn={queue_arn(&props.queue)} policy={text_at(&output, "/Attributes/Policy")} read_only={props.read_only}
            description="Who may send to the queue and receive from it. Without one, only this account may." />
    }
}

#[derive(PartialEq, Properties)]
struct SettingsProps {
    queue: AttrValue,
    fifo: bool,
    read_only: bool,
    queues: Rc<Vec<QueueRow>>,
}

/// The queue's attributes.
#[component]
fn Settings(props: &SettingsProps) -> Html {
    let answer = use_query(Some(queue_attributes(&props.queue)));
    let output = output_of(&answer);
    let (dead, receives) = redrive_policy(&output);
    let mut initial = Texts::from([("dead", dead), ("receives", receives)]);
    for (key, _, _) in SETTABLE {
        initial.insert(key, text_at(&output, &format!("/Attributes/{key}")));
    }
    let form = use_asked_form("attributes", &answer, initial.clone(), props.read_only);
    let sender = use_sender();
    let save = {
        let (sender, queue, form) = (sender.clone(), props.queue.clone(), form.clone());
        Callback::from(move |()| {
            let mut attributes = Map::new();
            for (key, _, _) in SETTABLE {
                if form.get(key) != initial[key] {
                    attributes.insert(key.to_owned(), json!(form.get(key).trim()));
                }
            }
            let redrive = redrive_attribute(form.get("dead"), form.get("receives"));
            if redrive != redrive_attribute(&initial["dead"], &initial["receives"]) {
                attributes.insert("RedrivePolicy".to_owned(), json!(redrive));
            }
            let request =
                of_queue("SetQueueAttributes", &queue, json!({ "Attributes": attributes }));
            sender.send(vec![request], "The queue's attributes were saved.", Callback::noop());
        })
    };
    let mut targets = vec![(String::new(), "None".to_owned())];
    let fitting =
        props.queues.iter().filter(|one| one.fifo == props.fifo && *one.name != *props.queue);
    targets.extend(fitting.map(|one| (queue_arn(&one.name), one.name.clone())));
    let chosen = form.get("dead").to_owned();
    if !targets.iter().any(|(arn, _)| *arn == chosen) {
        targets.push((chosen.clone(), arn_name(&chosen).to_owned()));
    }
    form_panel(
        "Attributes",
        "",
        &form,
        &sender,
        true,
        &save,
        html! {
            <div class="configuration-fields">
                for (key, label, hint) in SETTABLE { { form.number(key, label, hint) } }
                { form.select("dead", "Dead-letter queue", "", &targets) }
                if !form.get("dead").is_empty() { { form.number("receives", "Maximum receives", "After so many, a message goes there.") } }
            </div>
        },
    )
}
