//! All SQS queues of the workspace.

use crate::components::form::{Texts, form_dialog, options, use_form, use_sender};
use crate::components::{Button, ButtonKind, Empty, Glyph, Icon, Panel, text_of};
use crate::hooks::{use_app, use_document, use_session, use_view};
use crate::model::{
    SETTABLE, create_queue, format_count, queue_arn, queue_name, redrive_attribute,
};
use crate::route::Route;
use coldstart_protocol::{QueueRow, ViewSpec};
use yew::prelude::*;

/// The list.
#[component]
pub fn QueuesPage() -> Html {
    use_view(Some(ViewSpec::Queues));
    let rows = use_session(|session| session.queues.clone());
    let read_only = use_document(|document| document.read_only());
    let filter = use_state(String::new);
    let creating = use_state(|| false);
    let on_filter = {
        let filter = filter.clone();
        Callback::from(move |event: InputEvent| filter.set(text_of(&event)))
    };
    let create = {
        let creating = creating.clone();
        Callback::from(move |_: MouseEvent| creating.set(true))
    };
    let on_close = {
        let creating = creating.clone();
        Callback::from(move |()| creating.set(false))
    };
    let wanted = filter.to_lowercase();
    let all = rows.as_ref().map(|rows| rows.to_vec()).unwrap_or_default();
    let shown: Vec<&QueueRow> =
        all.iter().filter(|row| row.name.to_lowercase().contains(&wanted)).collect();
    let actions = html! { <Button kind={ButtonKind::Primary} label="Create queue" disabled={read_only} onclick={create.clone()} /> };
    html! {
        <div class="page">
            <header class="page-header">
                <div><h1>{ "SQS queues" }</h1><p>{ "Standard and FIFO queues in virtual time: triggers, destinations and dead letters." }</p></div>
            </header>
            <Panel title="All queues" counter={format_count(all.len() as u64)} {actions} flush={true}>
                <div class="list-tools">
                    <label class="search-field"><Icon glyph={Glyph::Search} /><span class="visually-hidden">{ "Find queues" }</span>
                        <input type="search" placeholder="Find queues" value={(*filter).clone()} oninput={on_filter} autocomplete="off" spellcheck="false" /></label>
                </div>
                { if rows.is_none() {
                    html! { <div class="skeleton" role="status"><span class="visually-hidden">{ "Loading the queues" }</span><i></i><i></i><i></i></div> }
                } else if !shown.is_empty() {
                    table(&shown)
                } else if !all.is_empty() {
                    html! { <Empty glyph={Glyph::Search} title="No queue matches" text="Change the filter." /> }
                } else {
                    html! {
                        <Empty glyph={Glyph::Queues} title="No queues" text="Create one to trigger a function with its messages, or to keep the events that a function could not handle.">
                            <Button kind={ButtonKind::Primary} label="Create queue" disabled={read_only} onclick={create} />
                        </Empty>
                    }
                } }
            </Panel>
            if *creating { <CreateQueue queues={all} {on_close} /> }
        </div>
    }
}

fn table(rows: &[&QueueRow]) -> Html {
    let number = |label: &'static str, count: u64| {
        html! { <td class="number" data-label={label}>{ format_count(count) }</td> }
    };
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label="Queues">
            <table class="table machines-table queues-table">
                <thead><tr>
                    <th scope="col">{ "Name" }</th><th scope="col">{ "Type" }</th>
                    <th scope="col" class="number">{ "Messages available" }</th><th scope="col" class="number">{ "Messages in flight" }</th><th scope="col" class="number">{ "Messages delayed" }</th>
                    <th scope="col">{ "Dead-letter queue" }</th><th scope="col" class="number">{ "Dead letters" }</th>
                </tr></thead>
                <tbody>
                    for row in rows.iter() {
                        <tr key={row.name.clone()}>
                            <th scope="row"><a href={Route::Queue(row.name.clone()).format()}>{ &row.name }</a></th>
                            <td>{ if row.fifo { "FIFO" } else { "Standard" } }</td>
                            { number("available", row.visible) }
                            { number("in flight", row.in_flight) }
                            { number("delayed", row.delayed) }
                            <td>{ match &row.dead_letter_queue {
                                Some(name) => html! { <a href={Route::Queue(name.clone()).format()}>{ name }</a> },
                                None => html! { <span class="quiet">{ "–" }</span> },
                            } }</td>
                            <td class="number" data-label="dead letters">{ row.dead_letters.map_or_else(|| "–".to_owned(), format_count) }</td>
                        </tr>
                    }
                </tbody>
            </table>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct CreateQueueProps {
    queues: Vec<QueueRow>,
    on_close: Callback<()>,
}

/// The dialog in which a queue is made.
#[component]
fn CreateQueue(props: &CreateQueueProps) -> Html {
    let app = use_app();
    let mut initial = Texts::from([
        ("name", String::new()),
        ("type", "Standard".to_owned()),
        ("dead", String::new()),
        ("receives", "3".to_owned()),
        ("dedup", String::new()),
    ]);
    for (key, _, _) in SETTABLE {
        initial.insert(key, String::new());
    }
    let form = use_form("queue", initial, false);
    let sender = use_sender();
    let fifo = form.get("type") == "FIFO";
    let name = queue_name(form.get("name"), fifo);
    let mut attributes: Vec<(&str, String)> =
        SETTABLE.iter().map(|(key, _, _)| (*key, form.get(key).to_owned())).collect();
    attributes.push(("RedrivePolicy", redrive_attribute(form.get("dead"), form.get("receives"))));
    if fifo && form.is("dedup") {
        attributes.push(("ContentBasedDeduplication", "true".to_owned()));
    }
    let request = create_queue(form.get("name"), fifo, &attributes);
    let send = {
        let (sender, done, name) = (sender.clone(), props.on_close.clone(), name.clone());
        Callback::from(move |()| {
            let (app, done, name) = (app.clone(), done.clone(), name.clone());
            let said = format!("Queue {name} was created.");
            let arrived = Callback::from(move |()| {
                done.emit(());
                app.go(&Route::Queue(name.clone()));
            });
            sender.send(vec![request.clone()], said, arrived);
        })
    };
    // Dead letters of a FIFO queue go to a FIFO queue.
    let mut targets = vec![(String::new(), "None".to_owned())];
    let fitting = props.queues.iter().filter(|queue| queue.fifo == fifo);
    targets.extend(fitting.map(|queue| (queue_arn(&queue.name), queue.name.clone())));
    form_dialog(
        "Create queue",
        "Create queue",
        &sender,
        !form.get("name").trim().is_empty(),
        &send,
        &props.on_close,
        html! {
            <>
                <div class="configuration-fields">
                    { form.text("name", "Name", if fifo { "A FIFO queue's name ends in .fifo, which is added." } else { "Letters, digits, - and _." }) }
                    { form.select("type", "Type", "FIFO queues keep the order of each message group.", &options(&["Standard", "FIFO"])) }
                    { form.select("dead", "Dead-letter queue", "", &targets) }
                    if !form.get("dead").is_empty() { { form.number("receives", "Maximum receives", "After so many, a message goes there.") } }
                </div>
                if fifo { { form.check("dedup", "Content-based deduplication") } }
                <details>
                    <summary>{ "Configuration: empty fields get AWS's defaults" }</summary>
                    <div class="configuration-fields">
                        for (key, label, hint) in SETTABLE { { form.number(key, label, hint) } }
                    </div>
                </details>
            </>
        },
    )
}
