//! EventBridge: event buses, their rules, and sending events.

use super::send_events::SendEvents;
use super::services::{NextTimes, code, occurrences, output_of};
use crate::components::form::{Sender, Texts, form_dialog, options, use_form, use_sender};
use crate::components::{Button, ButtonKind, Empty, Glyph, Panel, Status, StatusTone};
use crate::hooks::{use_app, use_document, use_query};
use crate::model::{SAMPLE_PATTERN, list_at, put_rule, request, text_at};
use crate::route::{ResourceKind, Route};
use serde_json::{Value, json};
use yew::prelude::*;

/// Which dialog is open.
#[derive(Clone, PartialEq)]
enum Open {
    Nothing,
    Bus,
    DeleteBus(String),
    /// A rule on this bus.
    Rule(String),
}

/// The page.
#[component]
pub(super) fn RulesPage() -> Html {
    let answer = use_query(Some(request("events", "ListEventBuses", json!({}))));
    let read_only = use_document(|document| document.read_only());
    let open = use_state(|| Open::Nothing);
    let sender = use_sender();
    let buses: Vec<Value> = list_at(&output_of(&answer), "EventBuses").to_vec();
    let names: Vec<String> = buses.iter().map(|bus| text_at(bus, "/Name")).collect();
    let show = {
        let open = open.clone();
        Callback::from(move |what: Open| open.set(what))
    };
    let on_close = show.reform(|()| Open::Nothing);
    let create = html! { <Button label="Create event bus" disabled={read_only} onclick={show.reform(|_: MouseEvent| Open::Bus)} /> };
    let line = |bus: &Value| {
        let name = text_at(bus, "/Name");
        let delete = {
            let name = name.clone();
            show.reform(move |_: MouseEvent| Open::DeleteBus(name.clone()))
        };
        html! {
            <tr key={name.clone()}>
                <th scope="row">{ &name }</th>
                <td class="cell-long">{ text_at(bus, "/Description") }</td>
                <td class="cell-long">{ code(&text_at(bus, "/Arn")) }</td>
                <td class="row-actions">
                    if name != "default" { <Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Delete event bus {name}")} disabled={read_only} onclick={delete} /> }
                </td>
            </tr>
        }
    };
    html! {
        <div class="page service-page">
            <header class="page-header">
                <div><h1>{ "EventBridge rules" }</h1><p>{ "Events on a bus go to the targets of the rules that they match." }</p></div>
            </header>
            if answer.is_none() {
                <div class="skeleton" role="status"><span class="visually-hidden">{ "Loading the event buses" }</span><i></i><i></i><i></i></div>
            }
            for name in names.iter() {
                <BusRules key={name.clone()} bus={name.clone()} {read_only} on_create={ let name = name.clone(); show.reform(move |_: MouseEvent| Open::Rule(name.clone())) } />
            }
            if !names.is_empty() { <SendEvents buses={names.clone()} {read_only} /> }
            <Panel title="Event buses" counter={buses.len().to_string()} actions={create} flush={true}>
                <div class="table-scroll" tabindex="0" role="group" aria-label="Event buses">
                    <table class="table machines-table">
                        <thead><tr><th scope="col">{ "Name" }</th><th scope="col">{ "Description" }</th><th scope="col">{ "ARN" }</th><th scope="col"><span class="visually-hidden">{ "Actions" }</span></th></tr></thead>
                        <tbody>for bus in buses.iter() { { line(bus) } }</tbody>
                    </table>
                </div>
            </Panel>
            { match &*open {
                Open::Nothing => html! {},
                Open::Bus => html! { <CreateBus {on_close} /> },
                Open::Rule(bus) => html! { <CreateRule bus={bus.clone()} buses={names.clone()} {on_close} /> },
                Open::DeleteBus(name) => delete_bus(name, &sender, &on_close),
            } }
        </div>
    }
}

fn delete_bus(name: &str, sender: &Sender, on_close: &Callback<()>) -> Html {
    let delete = {
        let (sender, done, name) = (sender.clone(), on_close.clone(), name.to_owned());
        Callback::from(move |()| {
            let delete = request("events", "DeleteEventBus", json!({ "Name": name }));
            sender.send(vec![delete], "The event bus was deleted.", done.clone());
        })
    };
    form_dialog(
        "Delete event bus",
        "Delete",
        sender,
        true,
        &delete,
        on_close,
        html! { <p>{ format!("{name} and its rules are deleted.") }</p> },
    )
}

#[derive(PartialEq, Properties)]
struct BusRulesProps {
    bus: AttrValue,
    read_only: bool,
    on_create: Callback<MouseEvent>,
}

/// The rules of one bus.
#[component]
fn BusRules(props: &BusRulesProps) -> Html {
    let params = json!({ "EventBusName": props.bus.to_string() });
    let answer = use_query(Some(request("events", "ListRules", params)));
    let rows: Vec<Value> = list_at(&output_of(&answer), "Rules").to_vec();
    let kind = if *props.bus == *"default" { ButtonKind::Primary } else { ButtonKind::Normal };
    let name = format!("Create rule on {}", props.bus);
    let create = html! { <Button {kind} label="Create rule" {name} disabled={props.read_only} onclick={props.on_create.clone()} /> };
    let line = |rule: &Value| {
        let name = text_at(rule, "/Name");
        let expression = text_at(rule, "/ScheduleExpression");
        let route = Route::Resource(ResourceKind::Rules, format!("{}/{name}", props.bus));
        html! {
            <tr key={name.clone()}>
                <th scope="row"><a href={route.format()}>{ &name }</a></th>
                <td>{ rule_status(rule) }</td>
                <td class="cell-long">{ if expression.is_empty() { html! { "Event pattern" } } else { html! { <code>{ expression }</code> } } }</td>
                <td class="cell-long">{ text_at(rule, "/Description") }</td>
            </tr>
        }
    };
    html! {
        <Panel title={format!("Rules on {}", props.bus)} counter={rows.len().to_string()} actions={create.clone()} flush={true}>
            if rows.is_empty() {
                <Empty glyph={Glyph::Rules} title="No rules" text="Create one to send events, or what happens at certain times, to functions, queues, topics and state machines.">{ create }</Empty>
            } else {
                <div class="table-scroll" tabindex="0" role="group" aria-label={format!("Rules on {}", props.bus)}>
                    <table class="table machines-table">
                        <thead><tr><th scope="col">{ "Name" }</th><th scope="col">{ "Status" }</th><th scope="col">{ "Type" }</th><th scope="col">{ "Description" }</th></tr></thead>
                        <tbody>for rule in rows.iter() { { line(rule) } }</tbody>
                    </table>
                </div>
            }
        </Panel>
    }
}

/// Enabled or not.
pub(super) fn rule_status(rule: &Value) -> Html {
    match text_at(rule, "/State").as_str() {
        "DISABLED" => html! { <Status tone={StatusTone::Waiting} word="Disabled" /> },
        _ => html! { <Status tone={StatusTone::Success} word="Enabled" /> },
    }
}

#[derive(PartialEq, Properties)]
struct CreateBusProps {
    on_close: Callback<()>,
}

#[component]
fn CreateBus(props: &CreateBusProps) -> Html {
    let initial = Texts::from([("name", String::new()), ("description", String::new())]);
    let form = use_form("bus", initial, false);
    let sender = use_sender();
    let send = {
        let (sender, done, form) = (sender.clone(), props.on_close.clone(), form.clone());
        Callback::from(move |()| {
            let mut params = json!({ "Name": form.get("name").trim() });
            if !form.get("description").is_empty() {
                params["Description"] = json!(form.get("description"));
            }
            let create = request("events", "CreateEventBus", params);
            sender.send(vec![create], "The event bus was created.", done.clone());
        })
    };
    form_dialog(
        "Create event bus",
        "Create event bus",
        &sender,
        !form.get("name").trim().is_empty(),
        &send,
        &props.on_close,
        html! {
            <div class="configuration-fields">
                { form.text("name", "Name", "Letters, digits, ., - and _.") }
                { form.text("description", "Description (optional)", "") }
            </div>
        },
    )
}

#[derive(PartialEq, Properties)]
struct CreateRuleProps {
    bus: AttrValue,
    buses: Vec<String>,
    on_close: Callback<()>,
}

/// The dialog in which a rule is made; its targets are chosen on its page.
#[component]
fn CreateRule(props: &CreateRuleProps) -> Html {
    let app = use_app();
    let initial = Texts::from([
        ("name", String::new()),
        ("description", String::new()),
        ("bus", props.bus.to_string()),
        ("type", "pattern".to_owned()),
        ("pattern", SAMPLE_PATTERN.to_owned()),
        ("expression", "rate(5 minutes)".to_owned()),
    ]);
    let form = use_form("rule", initial, false);
    let sender = use_sender();
    let scheduled = form.get("type") == "schedule";
    let name = form.get("name").trim().to_owned();
    let bus = form.get("bus").to_owned();
    let what = if scheduled { "ScheduleExpression" } else { "EventPattern" };
    let text = form.get(if scheduled { "expression" } else { "pattern" }).to_owned();
    let request = put_rule(
        &Value::Null,
        &[
            ("Name", name.as_str()),
            ("EventBusName", bus.as_str()),
            ("Description", form.get("description")),
            (what, text.as_str()),
            ("State", "ENABLED"),
        ],
    );
    let send = {
        let (sender, done) = (sender.clone(), props.on_close.clone());
        let route = Route::Resource(ResourceKind::Rules, format!("{bus}/{name}"));
        Callback::from(move |()| {
            let (app, done, route) = (app.clone(), done.clone(), route.clone());
            let arrived = Callback::from(move |()| {
                done.emit(());
                app.go(&route);
            });
            sender.send(vec![request.clone()], "The rule was created.", arrived);
        })
    };
    let buses: Vec<&str> = props.buses.iter().map(String::as_str).collect();
    let types = [
        ("pattern".to_owned(), "Rule with an event pattern".to_owned()),
        ("schedule".to_owned(), "Schedule".to_owned()),
    ];
    form_dialog(
        "Create rule",
        "Create rule",
        &sender,
        !name.is_empty(),
        &send,
        &props.on_close,
        html! {
            <>
                <div class="configuration-fields">
                    { form.text("name", "Name", "Letters, digits, ., - and _.") }
                    { form.text("description", "Description (optional)", "") }
                    { form.select("bus", "Event bus", "", &options(&buses)) }
                    { form.select("type", "Rule type", "", &types) }
                </div>
                if scheduled {
                    { form.text("expression", "Schedule expression", "rate(5 minutes), or cron(0 9 ? * MON-FRI *) in UTC.") }
                    <NextTimes request={Some(occurrences(json!({ "OfRule": true, "ScheduleExpression": form.get("expression") })))} />
                } else {
                    <div class="document-text">{ form.area("pattern", "Event pattern", "JSON. It can be tested on the rule's page.", 8) }</div>
                }
            </>
        },
    )
}
