//! All SNS topics of the workspace.

use super::listing::{Column, Listing, Row, numbers, rows_of, texts};
use crate::components::form::{Texts, form_dialog, options, use_form, use_sender};
use crate::components::{Glyph, use_open};
use crate::hooks::{use_all, use_document, use_pages};
use crate::model::{arn_name, format_count, list_at, queue_name, request, text_at};
use crate::route::{ResourceKind, Route};
use serde_json::json;
use yew::prelude::*;

const COLUMNS: [Column; 2] = [texts("Type"), numbers("Subscriptions", "subscriptions")];

/// The list.
#[component]
pub(super) fn TopicsPage() -> Html {
    let list = use_pages(Some(request("sns", "ListTopics", json!({}))));
    let subscriptions = use_all(Some(request("sns", "ListSubscriptions", json!({}))));
    let read_only = use_document(|document| document.read_only());
    let (creating, on_create, on_close) = use_open();
    let subscriptions = super::services::output_of(&subscriptions);
    let row = |topic: &serde_json::Value| {
        let arn = text_at(topic, "/TopicArn");
        let name = arn_name(&arn).to_owned();
        let mine = list_at(&subscriptions, "Subscriptions")
            .iter()
            .filter(|one| text_at(one, "/TopicArn") == arn);
        let kind = if name.ends_with(".fifo") { "FIFO" } else { "Standard" };
        Row {
            href: Route::Resource(ResourceKind::Topics, name.clone()).format(),
            cells: vec![kind.into(), format_count(mine.count() as u64).into()],
            name,
        }
    };
    html! {
        <Listing title="SNS topics" text="A message to a topic goes to each of its subscribers: queues and functions." noun="topics" glyph={Glyph::Topics}
            create="Create topic" {on_create} {read_only} columns={COLUMNS.to_vec()}
            rows={rows_of(&list, "Topics", row)} fault={list.fault()} more={list.more.clone()}
            empty="Create one to send a message to several queues and functions at once.">
            if creating { <CreateTopic {on_close} /> }
        </Listing>
    }
}

#[derive(PartialEq, Properties)]
struct CreateTopicProps {
    on_close: Callback<()>,
}

/// The dialog in which a topic is made.
#[component]
fn CreateTopic(props: &CreateTopicProps) -> Html {
    let initial = Texts::from([
        ("name", String::new()),
        ("type", "Standard".to_owned()),
        ("display", String::new()),
        ("dedup", String::new()),
    ]);
    let form = use_form("topic", initial, false);
    let sender = use_sender();
    let fifo = form.get("type") == "FIFO";
    let name = queue_name(form.get("name"), fifo);
    let send = {
        let (sender, done, name) = (sender.clone(), props.on_close.clone(), name.clone());
        let (display, dedup) = (form.get("display").trim().to_owned(), form.is("dedup"));
        Callback::from(move |()| {
            let mut attributes = json!({});
            if fifo {
                attributes["FifoTopic"] = json!("true");
                attributes["ContentBasedDeduplication"] = json!(dedup.to_string());
            }
            if !display.is_empty() {
                attributes["DisplayName"] = json!(display);
            }
            let params = json!({ "Name": name, "Attributes": attributes });
            let said = format!("Topic {name} was created.");
            sender.send_and_open(
                vec![request("sns", "CreateTopic", params)],
                said,
                Route::Resource(ResourceKind::Topics, name.clone()),
                &done,
            );
        })
    };
    form_dialog(
        "Create topic",
        "Create topic",
        &sender,
        !form.get("name").trim().is_empty(),
        &send,
        &props.on_close,
        html! {
            <>
                <div class="configuration-fields">
                    { form.text("name", "Name", if fifo { "A FIFO topic's name ends in .fifo, which is added." } else { "Letters, digits, - and _." }) }
                    { form.select("type", "Type", "FIFO topics keep the order of each message group, for FIFO queues.", &options(&["Standard", "FIFO"])) }
                    { form.text("display", "Display name (optional)", "") }
                </div>
                if fifo { { form.check("dedup", "Content-based deduplication") } }
            </>
        },
    )
}
