//! A topic: its subscribers, what is published to it, and who may.

use super::services::{breadcrumbs, code, missing};
use super::subscriptions::Subscriptions;
use crate::components::form::{Texts, form_dialog, form_panel, use_form, use_sender};
use crate::components::{Button, ButtonKind, Facts, Glyph, Panel};
use crate::hooks::{use_app, use_document, use_query};
use crate::model::{PublishForm, pretty_json, request, text_at, topic_arn};
use crate::route::{ResourceKind, Route};
use serde_json::{Value, json};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct TopicPageProps {
    pub(super) name: AttrValue,
}

/// A topic's page.
#[component]
pub(super) fn TopicPage(props: &TopicPageProps) -> Html {
    let app = use_app();
    let name = props.name.to_string();
    let arn = topic_arn(&name);
    let answer =
        use_query(Some(request("sns", "GetTopicAttributes", json!({ "TopicArn": arn.clone() }))));
    let read_only = use_document(|document| document.read_only());
    let deleting = use_state(|| false);
    let sender = use_sender();
    let Some(Ok(output)) = &answer else {
        let error = answer.as_ref().and_then(|answer| answer.as_ref().err());
        let title = "There is no topic of this name in this workspace";
        return missing(ResourceKind::Topics, &name, title, error);
    };
    let attribute = |key: &str| text_at(output, &format!("/Attributes/{key}"));
    let fifo = name.ends_with(".fifo");
    let facts: Vec<(AttrValue, Html)> = vec![
        ("Subscriptions confirmed".into(), attribute("SubscriptionsConfirmed").into()),
        ("Subscriptions pending".into(), attribute("SubscriptionsPending").into()),
        ("ARN".into(), code(&arn)),
    ];
    let close = {
        let deleting = deleting.clone();
        Callback::from(move |()| deleting.set(false))
    };
    let ask = {
        let deleting = deleting.clone();
        Callback::from(move |_: MouseEvent| deleting.set(true))
    };
    let delete = {
        let (sender, arn) = (sender.clone(), arn.clone());
        Callback::from(move |()| {
            let app = app.clone();
            let gone = Callback::from(move |()| app.go(&Route::Resources(ResourceKind::Topics)));
            let delete = request("sns", "DeleteTopic", json!({ "TopicArn": arn }));
            sender.send(vec![delete], "The topic was deleted.", gone);
        })
    };
    html! {
        <div class="page service-page">
            { breadcrumbs(ResourceKind::Topics, &name) }
            <header class="page-header">
                <div class="page-title"><h1>{ &name }</h1><span class="quiet">{ if fifo { "FIFO topic" } else { "Standard topic" } }</span></div>
                <div class="page-actions"><Button glyph={Glyph::Delete} label="Delete" disabled={read_only} onclick={ask} /></div>
            </header>
            <Panel title="Details"><Facts {facts} /></Panel>
            <Subscriptions topic={props.name.clone()} {read_only} />
            <Publish topic={props.name.clone()} {fifo} {read_only} />
            <Attributes topic={props.name.clone()} attributes={output["Attributes"].clone()} {fifo} {read_only} />
            <AccessPolicy topic={props.name.clone()} policy={pretty_json(&attribute("Policy"))} {read_only} />
            if *deleting {
                { form_dialog("Delete topic", "Delete", &sender, true, &delete, &close,
                    html! { <p>{ format!("{name} and its subscriptions are deleted.") }</p> }) }
            }
        </div>
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

#[derive(PartialEq, Properties)]
struct AccessPolicyProps {
    topic: AttrValue,
    policy: AttrValue,
    read_only: bool,
}

/// Who may do what with the topic, as JSON.
#[component]
fn AccessPolicy(props: &AccessPolicyProps) -> Html {
    let form = use_form(
        "topic-policy",
        Texts::from([("policy", props.policy.to_string())]),
        props.read_only,
    );
    let sender = use_sender();
    let save = {
        let (sender, topic, policy) =
            (sender.clone(), props.topic.clone(), form.get("policy").to_owned());
        Callback::from(move |()| {
            let params = json!({ "TopicArn": topic_arn(&topic), "AttributeName": "Policy", "AttributeValue": policy });
            let set = request("sns", "SetTopicAttributes", params);
            sender.send(vec![set], "The access policy was saved.", Callback::noop());
        })
    };
    form_panel(
        "Access policy",
        "Who may publish to the topic and subscribe to it.",
        &form,
        &sender,
        true,
        &save,
        html! { <div class="document-text">{ form.area("policy", "Policy document", "", 12) }</div> },
    )
}
