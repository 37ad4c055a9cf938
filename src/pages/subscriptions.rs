//! A topic's subscriptions: who is served, and what of.

use super::services::{arn_link, output_of, use_target_arns};
use crate::components::form::{Form, Texts, form_dialog, use_form, use_sender};
use crate::components::{
    Button, ButtonKind, Empty, Glyph, Head, Panel, Status, StatusTone, load_more, table, text,
};
use crate::hooks::{use_pages, use_query};
use crate::model::{
    arn_name, permission, policy_of, pretty_json, redrive_target, request, subscription_redrive,
    text_at, topic_arn,
};
use coldstart_workspace::ApiRequest;
use serde_json::{Value, json};
use yew::prelude::*;

const HEADS: [Head; 7] = [
    text("Endpoint"),
    text("Protocol"),
    text("Status"),
    text("Filter policy"),
    text("Raw"),
    text("Dead-letter queue"),
    text(""),
];

/// Which dialog is open.
#[derive(Clone, PartialEq)]
enum Open {
    Nothing,
    New,
    /// The subscription's attributes.
    Edit(Value),
}

#[derive(PartialEq, Properties)]
pub(super) struct SubscriptionsProps {
    pub(super) topic: AttrValue,
    pub(super) read_only: bool,
}

/// The subscriptions.
#[component]
pub(super) fn Subscriptions(props: &SubscriptionsProps) -> Html {
    let params = json!({ "TopicArn": topic_arn(&props.topic) });
    let list = use_pages(Some(request("sns", "ListSubscriptionsByTopic", params)));
    let open = use_state(|| Open::Nothing);
    let sender = use_sender();
    let rows = list.rows("Subscriptions").unwrap_or_default();
    let show = {
        let open = open.clone();
        Callback::from(move |what: Open| open.set(what))
    };
    let on_close = show.reform(|()| Open::Nothing);
    let delete = {
        let sender = sender.clone();
        Callback::from(move |arn: String| {
            let params = json!({ "SubscriptionArn": arn });
            let gone = request("sns", "Unsubscribe", params);
            sender.send(vec![gone], "The subscription was deleted.", Callback::noop());
        })
    };
    let actions = html! { <Button label="Create subscription" disabled={props.read_only} onclick={show.reform(|_: MouseEvent| Open::New)} /> };
    html! {
        <>
            { sender.alert() }
            <Panel title="Subscriptions" counter={list.count(rows.len())} {actions} flush={true} description="Each gets the messages that its filter policy lets through.">
                if rows.is_empty() {
                    <Empty glyph={Glyph::Topics} title="No subscriptions" text="Nobody gets the messages of this topic yet." />
                } else {
                    { table("Subscriptions", &HEADS, html! {
                        for row in rows.iter() {
                            <SubscriptionRow key={format!("{}{}", text_at(row, "/Protocol"), text_at(row, "/Endpoint"))} row={row.clone()} read_only={props.read_only} on_edit={show.reform(Open::Edit)} on_delete={delete.clone()} />
                        }
                    }) }
                    { load_more(list.more.as_ref(), rows.len()) }
                }
            </Panel>
            { match &*open {
                Open::Nothing => html! {},
                Open::New => html! { <NewSubscription topic={props.topic.clone()} {on_close} /> },
                Open::Edit(attributes) => html! { <EditSubscription attributes={attributes.clone()} {on_close} /> },
            } }
        </>
    }
}

#[derive(PartialEq, Properties)]
struct SubscriptionRowProps {
    row: Value,
    read_only: bool,
    on_edit: Callback<Value>,
    on_delete: Callback<String>,
}

#[component]
fn SubscriptionRow(props: &SubscriptionRowProps) -> Html {
    let arn = text_at(&props.row, "/SubscriptionArn");
    // One that is pending has no ARN that it could be asked by.
    let pending = !arn.starts_with("arn:");
    let params = json!({ "SubscriptionArn": arn.clone() });
    let answer = use_query((!pending).then(|| request("sns", "GetSubscriptionAttributes", params)));
    let attributes = output_of(&answer)["Attributes"].clone();
    let endpoint = text_at(&props.row, "/Endpoint");
    let name = arn_name(&endpoint).to_owned();
    let policy = text_at(&attributes, "/FilterPolicy");
    let dead = redrive_target(&text_at(&attributes, "/RedrivePolicy"));
    let raw = text_at(&attributes, "/RawMessageDelivery") == "true";
    let (tone, word) = match pending {
        true => (StatusTone::Waiting, "Pending confirmation"),
        false => (StatusTone::Success, "Confirmed"),
    };
    let edit = {
        let attributes = attributes.clone();
        props.on_edit.reform(move |_: MouseEvent| attributes.clone())
    };
    let delete = props.on_delete.reform(move |_: MouseEvent| arn.clone());
    html! {
        <tr>
            <th scope="row">{ arn_link(&endpoint) }</th>
            <td>{ text_at(&props.row, "/Protocol") }</td>
            <td><Status {tone} {word} /></td>
            <td class="cell-long">{ if policy.is_empty() { html! { <span class="quiet">{ "All messages" }</span> } } else { html! { <code>{ policy }</code> } } }</td>
            <td>{ if raw { "Raw" } else { "" } }</td>
            <td>if !dead.is_empty() { { arn_link(&dead) } }</td>
            <td class="row-actions">
                <Button kind={ButtonKind::Icon} glyph={Glyph::Edit} label={format!("Edit the subscription of {name}")} disabled={props.read_only || attributes.is_null()} onclick={edit} />
                <Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Delete the subscription of {name}")} disabled={props.read_only || pending} onclick={delete} />
            </td>
        </tr>
    }
}

const SCOPES: [&str; 2] = ["MessageAttributes", "MessageBody"];

/// Fields that a new subscription and a changed one share.
fn fields(form: &Form, queues: &[String], raw: bool) -> Html {
    let scopes: Vec<(String, String)> =
        [(SCOPES[0], "Message attributes"), (SCOPES[1], "Message body")]
            .map(|(value, label)| (value.to_owned(), label.to_owned()))
            .into();
    html! {
        <>
            <div class="document-text">{ form.area("filter", "Subscription filter policy (optional)", "JSON. Empty: every message.", 4) }</div>
            <div class="configuration-fields">
                { form.select("scope", "Filter policy scope", "", &scopes) }
                { form.suggested("dead", "Dead-letter queue (optional)", "ARN of a queue for what cannot be delivered.", queues) }
            </div>
            if raw { { form.check("raw", "Enable raw message delivery") } }
        </>
    }
}

#[derive(PartialEq, Properties)]
struct NewSubscriptionProps {
    topic: AttrValue,
    on_close: Callback<()>,
}

#[component]
fn NewSubscription(props: &NewSubscriptionProps) -> Html {
    let initial = Texts::from([
        ("protocol", "sqs".to_owned()),
        ("endpoint", String::new()),
        ("filter", String::new()),
        ("scope", SCOPES[0].to_owned()),
        ("dead", String::new()),
        ("raw", String::new()),
        ("permit", "true".to_owned()),
    ]);
    let form = use_form("subscription", initial, false);
    let sender = use_sender();
    let arns = use_target_arns(&["sqs", "lambda"]);
    let protocol = form.get("protocol");
    let of = |service: &str| -> Vec<String> {
        let is = |arn: &&String| arn.split(':').nth(2) == Some(service);
        arns.iter().filter(is).cloned().collect()
    };
    let endpoint = form.get("endpoint").trim().to_owned();
    let topic = topic_arn(&props.topic);
    let permit = use_permission(&endpoint, "sns.amazonaws.com", &topic);
    let dead = use_permission(form.get("dead").trim(), "sns.amazonaws.com", &topic);
    let waits = permit.waits || dead.waits;
    let (permit, dead) = (permit.request, dead.request);
    let permits = permit.is_some() || dead.is_some();
    let send = {
        let (sender, form, done) = (sender.clone(), form.clone(), props.on_close.clone());
        let permits = permit.into_iter().chain(dead).filter(|_| form.is("permit"));
        let permits: Vec<ApiRequest> = permits.collect();
        Callback::from(move |()| {
            let mut attributes = json!({});
            if !form.get("filter").trim().is_empty() {
                attributes["FilterPolicy"] = json!(form.get("filter"));
                attributes["FilterPolicyScope"] = json!(form.get("scope"));
            }
            if form.is("raw") && form.get("protocol") == "sqs" {
                attributes["RawMessageDelivery"] = json!("true");
            }
            let redrive = subscription_redrive(form.get("dead"));
            if !redrive.is_empty() {
                attributes["RedrivePolicy"] = json!(redrive);
            }
            let params = json!({
                "TopicArn": topic, "Protocol": form.get("protocol"), "Endpoint": form.get("endpoint").trim(), "Attributes": attributes,
                "ReturnSubscriptionArn": true,
            });
            let mut requests = vec![request("sns", "Subscribe", params)];
            requests.extend(permits.clone());
            sender.send(requests, "The subscription was created.", done.clone());
        })
    };
    let protocols: Vec<(String, String)> =
        [("sqs", "Amazon SQS"), ("lambda", "AWS Lambda"), ("email", "Email"), ("https", "HTTPS")]
            .map(|(value, label)| (value.to_owned(), label.to_owned()))
            .into();
    let hint = match protocol {
        "sqs" => "ARN of a queue.",
        "lambda" => "ARN of a function.",
        _ => "It stays pending: nothing leaves this page.",
    };
    form_dialog(
        "Create subscription",
        "Create subscription",
        &sender,
        !endpoint.is_empty() && !waits,
        &send,
        &props.on_close,
        html! {
            <>
                <div class="configuration-fields">
                    { form.select("protocol", "Protocol", "", &protocols) }
                    { form.suggested("endpoint", "Endpoint", hint, &of(protocol)) }
                </div>
                if permits { { form.check("permit", if protocol == "lambda" {
                    "Let SNS invoke the function: adds a statement to its policy"
                } else {
                    "Let SNS send to the queue: adds a statement to its policy"
                }) } }
                { fields(&form, &of("sqs"), protocol == "sqs") }
            </>
        },
    )
}

/// What lets a source in.
#[derive(Default)]
pub(super) struct Permit {
    /// What is to be added to the target's policy; none when the source is let in already, or otherwise.
    pub(super) request: Option<ApiRequest>,
    /// Whether the policy is still being asked for.
    pub(super) waits: bool,
}

/// The permission that a target needs to be called by a source, when it has none for it yet.
#[hook]
pub(super) fn use_permission(target: &str, service: &str, source_arn: &str) -> Permit {
    let query = policy_of(target);
    let asks = query.is_some();
    match use_query(query) {
        None => Permit { waits: asks, ..Permit::default() },
        Some(answer) => {
            let answer = answer.as_deref().ok();
            Permit { request: permission(target, service, source_arn, answer), waits: false }
        }
    }
}

#[derive(PartialEq, Properties)]
struct EditSubscriptionProps {
    attributes: Value,
    on_close: Callback<()>,
}

#[component]
fn EditSubscription(props: &EditSubscriptionProps) -> Html {
    let of = |key: &str| text_at(&props.attributes, &format!("/{key}"));
    let scope = of("FilterPolicyScope");
    let raw = of("RawMessageDelivery") == "true";
    let initial = Texts::from([
        ("filter", pretty_json(&of("FilterPolicy"))),
        ("scope", if scope.is_empty() { SCOPES[0].to_owned() } else { scope }),
        ("dead", redrive_target(&of("RedrivePolicy"))),
        ("raw", if raw { "true".to_owned() } else { String::new() }),
    ]);
    let form = use_form("subscription", initial.clone(), false);
    let sender = use_sender();
    let queues = use_target_arns(&["sqs"]);
    let arn = of("SubscriptionArn");
    let send = {
        let (sender, form, done, arn) =
            (sender.clone(), form.clone(), props.on_close.clone(), arn.clone());
        Callback::from(move |()| {
            let set = |name: &str, value: String| {
                let params = json!({ "SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value });
                request("sns", "SetSubscriptionAttributes", params)
            };
            let changed = |key: &str| form.get(key) != initial[key];
            let mut requests = Vec::new();
            // A policy is read by its scope, which therefore comes first; of a policy that goes, it says nothing.
            let filter = form.get("filter").trim().to_owned();
            if changed("filter") && !initial["filter"].is_empty() && changed("scope") {
                requests.push(set("FilterPolicy", "{}".to_owned()));
            }
            if changed("scope") && !filter.is_empty() {
                requests.push(set("FilterPolicyScope", form.get("scope").to_owned()));
            }
            if changed("filter") {
                requests.push(set("FilterPolicy", filter.clone()));
            }
            if changed("raw") {
                requests.push(set("RawMessageDelivery", form.is("raw").to_string()));
            }
            if changed("dead") {
                requests.push(set("RedrivePolicy", subscription_redrive(form.get("dead"))));
            }
            sender.send(requests, "The subscription was saved.", done.clone());
        })
    };
    let protocol = of("Protocol");
    form_dialog(
        "Edit subscription",
        "Save",
        &sender,
        form.changed(),
        &send,
        &props.on_close,
        html! {
            <>
                <p class="quiet">{ format!("{protocol}: {}", of("Endpoint")) }</p>
                { fields(&form, &queues, protocol == "sqs") }
            </>
        },
    )
}
