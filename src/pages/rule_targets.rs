//! The targets of a rule, with what each is given.

use super::services::{arn_link, use_target_arns};
use super::subscriptions::use_permission;
use crate::components::form::{Form, Texts, form_dialog, use_form, use_sender};
use crate::components::{Button, ButtonKind, Empty, Glyph, Head, Panel, table, text};
use crate::model::{TARGET_INPUTS, TargetForm, request, rule_arn, target_kind, text_at};
use coldstart_workspace::ApiRequest;
use serde_json::{Value, json};
use yew::prelude::*;

/// The role of a target that is started in the rule's name.
pub(super) const ROLE: &str = "arn:aws:iam::123456789012:role/coldstart";

const HEADS: [Head; 6] =
    [text("ID"), text("Type"), text("Name"), text("Input"), text("Dead-letter queue"), text("")];

#[derive(PartialEq, Properties)]
pub(super) struct TargetsProps {
    pub(super) bus: AttrValue,
    pub(super) rule: AttrValue,
    /// As ListTargetsByRule answers.
    pub(super) targets: Vec<Value>,
    pub(super) read_only: bool,
}

/// The targets.
#[component]
pub(super) fn Targets(props: &TargetsProps) -> Html {
    let open = use_state(|| None::<TargetForm>);
    let sender = use_sender();
    let show = {
        let open = open.clone();
        Callback::from(move |target: Option<TargetForm>| open.set(target))
    };
    let remove = |id: String| {
        let (sender, bus, rule) = (sender.clone(), props.bus.clone(), props.rule.clone());
        Callback::from(move |_: MouseEvent| {
            let params =
                json!({ "EventBusName": bus.to_string(), "Rule": rule.to_string(), "Ids": [id] });
            let remove = request("events", "RemoveTargets", params);
            sender.send(vec![remove], "The target was removed.", Callback::noop());
        })
    };
    let ids: Vec<String> = props.targets.iter().map(|target| text_at(target, "/Id")).collect();
    // The first name that is free: an id that is taken would change that target.
    let free = (1..=ids.len() + 1)
        .map(|number| format!("target-{number}"))
        .find(|id| !ids.contains(id))
        .unwrap_or_default();
    let add = show.reform(move |_: MouseEvent| {
        Some(TargetForm { id: free.clone(), input: "matched".into(), ..TargetForm::default() })
    });
    let actions = html! { <Button label="Add target" disabled={props.read_only} onclick={add} /> };
    let line = |target: &Value| {
        let form = TargetForm::of(target);
        let id = form.id.clone();
        let edit = {
            let form = form.clone();
            show.reform(move |_: MouseEvent| Some(form.clone()))
        };
        html! {
            <tr key={id.clone()}>
                <th scope="row">{ &id }</th>
                <td>{ target_kind(&form.arn) }</td>
                <td class="cell-long">{ arn_link(&form.arn) }</td>
                <td>{ form.input_words() }</td>
                <td>if !form.dead_letter.is_empty() { { arn_link(&form.dead_letter) } }</td>
                <td class="row-actions">
                    <Button kind={ButtonKind::Icon} glyph={Glyph::Edit} label={format!("Edit target {id}")} disabled={props.read_only} onclick={edit} />
                    <Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Remove target {id}")} disabled={props.read_only} onclick={remove(id.clone())} />
                </td>
            </tr>
        }
    };
    html! {
        <>
            { sender.alert() }
            <Panel title="Targets" counter={props.targets.len().to_string()} {actions} flush={true} description="At most five.">
                if props.targets.is_empty() {
                    <Empty glyph={Glyph::Rules} title="No targets" text="What matches goes nowhere yet." />
                } else {
                    { table("Targets", &HEADS, props.targets.iter().map(line).collect()) }
                }
            </Panel>
            if let Some(target) = &*open {
                <TargetDialog bus={props.bus.clone()} rule={props.rule.clone()} target={target.clone()} on_close={show.reform(|()| None)} />
            }
        </>
    }
}

#[derive(PartialEq, Properties)]
struct TargetDialogProps {
    bus: AttrValue,
    rule: AttrValue,
    target: TargetForm,
    on_close: Callback<()>,
}

#[component]
fn TargetDialog(props: &TargetDialogProps) -> Html {
    let of = &props.target;
    let is_new = of.arn.is_empty();
    let initial = Texts::from([
        ("id", of.id.clone()),
        ("arn", of.arn.clone()),
        ("input", of.input.clone()),
        ("text", of.text.clone()),
        ("paths", of.paths.clone()),
        ("role", if of.role.is_empty() { ROLE.to_owned() } else { of.role.clone() }),
        ("group", of.group.clone()),
        ("age", of.age.clone()),
        ("retries", of.retries.clone()),
        ("dead", of.dead_letter.clone()),
        ("permit", "true".to_owned()),
    ]);
    let form = use_form("target", initial, false);
    let sender = use_sender();
    let arns = use_target_arns(&["lambda", "sqs", "sns", "states", "events"]);
    let arn = form.get("arn").trim().to_owned();
    let service = arn.split(':').nth(2).unwrap_or_default();
    let rule = rule_arn(&props.bus, &props.rule);
    let permit = use_permission(&arn, "events.amazonaws.com", &rule);
    let dead = use_permission(form.get("dead").trim(), "events.amazonaws.com", &rule);
    let waits = permit.waits || dead.waits;
    let (permit, dead) = (permit.request, dead.request);
    let permits = permit.is_some() || dead.is_some();
    let text = |key: &str| form.get(key).to_owned();
    let filled = TargetForm {
        id: text("id"),
        arn: arn.clone(),
        input: text("input"),
        text: text("text"),
        paths: text("paths"),
        role: if service == "states" { text("role") } else { of.role.clone() },
        group: text("group"),
        age: text("age"),
        retries: text("retries"),
        dead_letter: text("dead"),
    };
    let target = filled.target();
    let ready = target.is_some() && !arn.is_empty() && !filled.id.trim().is_empty() && !waits;
    let send = {
        let (sender, done) = (sender.clone(), props.on_close.clone());
        let (bus, rule) = (props.bus.clone(), props.rule.clone());
        let permits = permit.into_iter().chain(dead).filter(|_| form.is("permit"));
        let permits: Vec<ApiRequest> = permits.collect();
        Callback::from(move |()| {
            let Some(target) = target.clone() else { return };
            let params = json!({ "EventBusName": bus.to_string(), "Rule": rule.to_string(), "Targets": [target] });
            let mut requests = vec![request("events", "PutTargets", params)];
            requests.extend(permits.clone());
            sender.send(requests, "The target was saved.", done.clone());
        })
    };
    let queues: Vec<String> = arns.iter().filter(|arn| arn.contains(":sqs:")).cloned().collect();
    form_dialog(
        if is_new { "Add target" } else { "Edit target" },
        if is_new { "Add" } else { "Save" },
        &sender,
        ready,
        &send,
        &props.on_close,
        html! {
            <>
                { form.suggested("arn", "Target", "ARN of a function, a queue, a topic, a state machine or an event bus.", &arns) }
                if permits { { form.check("permit", match service {
                    "lambda" => "Let EventBridge invoke the function: adds a statement to its policy",
                    "sns" => "Let EventBridge publish to the topic: adds a statement to its policy",
                    _ => "Let EventBridge send to the queue: adds a statement to its policy",
                }) } }
                if service == "states" { { form.text("role", "Execution role", "The role that starts the execution.") } }
                if arn.ends_with(".fifo") { { form.text("group", "Message group ID", "A FIFO queue needs one.") } }
                { input_fields(&form) }
                <details>
                    <summary>{ "Additional settings" }</summary>
                    <div class="configuration-fields">
                        if is_new { { form.text("id", "Target ID", "Names it within the rule.") } }
                        { form.number("age", "Maximum age of event (seconds)", "60 to 86,400. Empty: a day.") }
                        { form.number("retries", "Retry attempts", "0 to 185. Empty: 185.") }
                        { form.suggested("dead", "Dead-letter queue", "ARN of a queue for what cannot be delivered.", &queues) }
                    </div>
                </details>
            </>
        },
    )
}

/// What the target is given.
fn input_fields(form: &Form) -> Html {
    let inputs = TARGET_INPUTS.map(|(value, label)| (value.to_owned(), label.to_owned()));
    html! {
        <>
            { form.select("input", "Configure target input", "", &inputs) }
            { match form.get("input") {
                "part" => form.text("text", "The part of the event", "A path, such as $.detail."),
                "constant" => html! { <div class="document-text">{ form.area("text", "Constant", "JSON.", 4) }</div> },
                "transformer" => html! {
                    <div class="document-text">
                        { form.area("paths", "Input path", "JSON: a path for each variable, such as {\"order\": \"$.detail.order\"}.", 3) }
                        { form.area("text", "Template", "Text or JSON with <order> for a variable, such as {\"order\": <order>}.", 4) }
                    </div>
                },
                _ => html! {},
            } }
        </>
    }
}
