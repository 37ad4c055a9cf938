//! All SQS queues of the workspace.

use super::listing::{Column, Listing, Row, numbers, texts};
use crate::components::form::{Texts, form_dialog, options, use_form, use_sender};
use crate::components::{Glyph, use_open};
use crate::hooks::{use_document, use_session, use_view};
use crate::model::{
    SETTABLE, create_queue, format_count, queue_arn, queue_name, redrive_attribute,
};
use crate::route::Route;
use coldstart_protocol::{QueueRow, ViewSpec};
use yew::prelude::*;

const COLUMNS: [Column; 6] = [
    texts("Type"),
    numbers("Messages available", "available"),
    numbers("Messages in flight", "in flight"),
    numbers("Messages delayed", "delayed"),
    texts("Dead-letter queue"),
    numbers("Dead letters", "dead letters"),
];

/// The list.
#[component]
pub fn QueuesPage() -> Html {
    use_view(Some(ViewSpec::Queues));
    let rows = use_session(|session| session.queues.clone());
    let read_only = use_document(|document| document.read_only());
    let (creating, on_create, on_close) = use_open();
    let all = rows.as_ref().map(|rows| rows.to_vec()).unwrap_or_default();
    html! {
        <Listing title="SQS queues" text="Standard and FIFO queues in virtual time: triggers, destinations and dead letters." noun="queues" glyph={Glyph::Queues}
            create="Create queue" {on_create} {read_only} columns={COLUMNS.to_vec()}
            rows={rows.as_ref().map(|rows| rows.iter().map(row).collect::<Vec<_>>())}
            empty="Create one to trigger a function with its messages, or to keep the events that a function could not handle.">
            if creating { <CreateQueue queues={all} {on_close} /> }
        </Listing>
    }
}

fn row(queue: &QueueRow) -> Row {
    let dead = match &queue.dead_letter_queue {
        Some(name) => html! { <a href={Route::Queue(name.clone()).format()}>{ name }</a> },
        None => html! { <span class="quiet">{ "–" }</span> },
    };
    Row {
        name: queue.name.clone(),
        href: Route::Queue(queue.name.clone()).format(),
        cells: vec![
            if queue.fifo { "FIFO" } else { "Standard" }.into(),
            format_count(queue.visible).into(),
            format_count(queue.in_flight).into(),
            format_count(queue.delayed).into(),
            dead,
            queue.dead_letters.map_or_else(|| "–".to_owned(), format_count).into(),
        ],
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
            let said = format!("Queue {name} was created.");
            sender.send_and_open(vec![request.clone()], said, Route::Queue(name.clone()), &done);
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
