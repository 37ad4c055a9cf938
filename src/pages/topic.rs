//! A topic: its subscribers, what is published to it, and who may.

use super::access_policy::AccessPolicy;
use super::resource::{Deletion, Resource, found};
use super::services::code;
use super::subscriptions::Subscriptions;
use crate::components::form::{Texts, form_panel, use_form, use_sender};
use crate::components::{Button, ButtonKind, Facts, Panel, TagEditor};
use crate::hooks::{use_document, use_query};
use crate::model::{PublishForm, request, text_at, topic_arn};
use crate::route::ResourceKind;
use serde_json::{Value, json};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct TopicPageProps {
    pub(super) name: AttrValue,
}

/// A topic's page.
#[component]
pub(super) fn TopicPage(props: &TopicPageProps) -> Html {
    let name = &props.name;
    let arn = topic_arn(name);
    let delete = json!({ "TopicArn": arn });
    let answer = use_query(Some(request("sns", "GetTopicAttributes", delete.clone())));
    let read_only = use_document(|document| document.read_only());
    let output = match found(ResourceKind::Topics, name, &answer) {
        Ok(output) => output,
        Err(page) => return page,
    };
    let attribute = |key: &str| text_at(&output, &format!("/Attributes/{key}"));
    let fifo = name.ends_with(".fifo");
    let facts: Vec<(AttrValue, Html)> = vec![
        ("Subscriptions confirmed".into(), attribute("SubscriptionsConfirmed").into()),
        ("Subscriptions pending".into(), attribute("SubscriptionsPending").into()),
        ("ARN".into(), code(&arn)),
    ];
    let delete = Deletion {
        requests: vec![request("sns", "DeleteTopic", delete)],
        warning: format!("{name} and its subscriptions are deleted."),
    };
    html! {
        <Resource kind={ResourceKind::Topics} {name} note={if fifo { "FIFO topic" } else { "Standard topic" }} {delete} {read_only}>
            <Panel title="Details"><Facts {facts} /></Panel>
            <Subscriptions topic={name} {read_only} />
            <Publish topic={name} {fifo} {read_only} />
            <Attributes topic={name} attributes={output["Attributes"].clone()} {fifo} {read_only} />
            <AccessPolicy arn={arn.clone()} policy={attribute("Policy")} description="Who may publish to the topic and subscribe to it." {read_only} />
            <TagEditor {arn} {read_only} />
        </Resource>
    }
}

#[derive(PartialEq, Properties)]
struct PublishProps {
    topic: AttrValue,
    fifo: bool,
    read_only: bool,
}

/// A message to all subscribers.
#[component]
fn Publish(props: &PublishProps) -> Html {
    let initial = Texts::from([
        ("subject", String::new()),
        ("body", "{\"order\": 17}".to_owned()),
        ("structure", "one".to_owned()),
        ("group", if props.fifo { "group-1".to_owned() } else { String::new() }),
        ("dedup", String::new()),
        ("attribute", String::new()),
        ("value", String::new()),
    ]);
    let form = use_form("publish", initial, props.read_only);
    let sender = use_sender();
    let message = PublishForm {
        body: form.get("body"),
        subject: form.get("subject"),
        by_protocol: form.get("structure") == "json",
        group: form.get("group"),
        deduplication: form.get("dedup"),
        attribute: (form.get("attribute").trim(), form.get("value")),
    };
    let request = message.request(&props.topic);
    let can = !props.read_only && !sender.busy() && !form.get("body").is_empty();
    let send = {
        let sender = sender.clone();
        Callback::from(move |()| {
            if can {
                sender.send(vec![request.clone()], "The message was published.", Callback::noop());
            }
        })
    };
    let onsubmit = send.reform(|event: SubmitEvent| event.prevent_default());
    let onkeydown = super::send_events::on_command_enter(&send);
    let structures = [
        ("one".to_owned(), "The same for every protocol".to_owned()),
        ("json".to_owned(), "JSON with a text for each protocol".to_owned()),
    ];
    let actions = html! { <Button kind={ButtonKind::Primary} label="Publish message" shortcut="Control+Enter" disabled={!can} busy={sender.busy()} onclick={send.reform(|_: MouseEvent| ())} /> };
    html! {
        <form {onsubmit} {onkeydown}>
            { sender.alert() }
            <Panel title="Publish a message" {actions}>
                { form.area("body", "Message body", "", 4) }
                <div class="configuration-fields service-fields">
                    { form.text("subject", "Subject (optional)", "") }
                    { form.select("structure", "Message structure", "With JSON, the member default is what others get.", &structures) }
                    if props.fifo {
                        { form.text("group", "Message group ID", "Messages of a group come in order.") }
                        { form.text("dedup", "Deduplication ID", "Needed unless the content serves.") }
                    }
                    { form.text("attribute", "Attribute name (optional)", "Filter policies look at attributes.") }
                    { form.text("value", "Attribute value", "") }
                </div>
                if let Some(output) = sender.output() {
                    <p class="service-result" role="status">{ "Published as message " }{ code(&text_at(&output, "/MessageId")) }</p>
                }
            </Panel>
        </form>
    }
}

#[derive(PartialEq, Properties)]
struct AttributesProps {
    topic: AttrValue,
    attributes: Value,
    fifo: bool,
    read_only: bool,
}

/// What can be set of the topic.
#[component]
fn Attributes(props: &AttributesProps) -> Html {
    let dedup = text_at(&props.attributes, "/ContentBasedDeduplication") == "true";
    let initial = Texts::from([
        ("DisplayName", text_at(&props.attributes, "/DisplayName")),
        ("dedup", if dedup { "true".to_owned() } else { String::new() }),
    ]);
    let form = use_form("topic-attributes", initial.clone(), props.read_only);
    let sender = use_sender();
    let save = {
        let (sender, form, topic) = (sender.clone(), form.clone(), props.topic.clone());
        Callback::from(move |()| {
            let set = |name: &str, value: String| {
                let params = json!({ "TopicArn": topic_arn(&topic), "AttributeName": name, "AttributeValue": value });
                request("sns", "SetTopicAttributes", params)
            };
            let mut requests = Vec::new();
            if form.get("DisplayName") != initial["DisplayName"] {
                requests.push(set("DisplayName", form.get("DisplayName").trim().to_owned()));
            }
            if form.get("dedup") != initial["dedup"] {
                requests.push(set("ContentBasedDeduplication", form.is("dedup").to_string()));
            }
            sender.send(requests, "The topic was saved.", Callback::noop());
        })
    };
    form_panel(
        "Attributes",
        "",
        &form,
        &sender,
        true,
        &save,
        html! {
            <>
                <div class="configuration-fields">{ form.text("DisplayName", "Display name", "At most 100 characters.") }</div>
                if props.fifo { { form.check("dedup", "Content-based deduplication") } }
            </>
        },
    )
}
