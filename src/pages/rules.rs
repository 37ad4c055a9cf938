//! EventBridge: the rules of all event buses, and sending events.

use super::listing::page_links;
use super::send_events::SendEvents;
use super::services::{NextTimes, occurrences, output_of};
use crate::components::form::{Texts, form_dialog, options, use_form, use_sender};
use crate::components::{
    Button, ButtonKind, Empty, Glyph, Panel, Status, StatusTone, load_more, skeleton, table, text,
    use_open, waiting,
};
use crate::hooks::{use_all, use_document, use_pages};
use crate::model::{SAMPLE_PATTERN, list_at, put_rule, request, text_at};
use crate::route::{ResourceKind, Route};
use serde_json::{Value, json};
use yew::prelude::*;

/// The page.
#[component]
pub(super) fn RulesPage() -> Html {
    let read_only = use_document(|document| document.read_only());
    // There is always the default one, once they are known.
    let names = use_bus_names();
    html! {
        <div class="page service-page">
            <header class="page-header">
                <div><h1>{ "EventBridge rules" }</h1><p>{ "Events on a bus go to the targets of the rules that they match." }</p></div>
                { page_links(ResourceKind::Rules.below()) }
            </header>
            if names.is_empty() { { waiting("event buses") } }
            for name in names.iter() { <BusRules key={name.clone()} bus={name.clone()} {read_only} /> }
            if !names.is_empty() { <SendEvents buses={names.clone()} {read_only} /> }
        </div>
    }
}

#[derive(PartialEq, Properties)]
pub(super) struct BusRulesProps {
    pub(super) bus: AttrValue,
    pub(super) read_only: bool,
}

/// The rules of one bus, and the dialog in which one is made.
#[component]
pub(super) fn BusRules(props: &BusRulesProps) -> Html {
    let params = json!({ "EventBusName": props.bus.to_string() });
    let list = use_pages(Some(request("events", "ListRules", params)));
    let (creating, on_create, on_close) = use_open();
    let rows = list.rows("Rules").unwrap_or_default();
    let kind = if *props.bus == *"default" { ButtonKind::Primary } else { ButtonKind::Normal };
    let name = format!("Create rule on {}", props.bus);
    let create = html! { <Button {kind} label="Create rule" {name} disabled={props.read_only} onclick={on_create} /> };
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
    let title = format!("Rules on {}", props.bus);
    let heads = [text("Name"), text("Status"), text("Type"), text("Description")];
    let content = skeleton(&list, "rules").unwrap_or_else(|| match rows.is_empty() {
        true => html! {
            <Empty glyph={Glyph::Rules} title="No rules" text="Create one to send events, or what happens at certain times, to functions, queues, topics and state machines.">{ create.clone() }</Empty>
        },
        false => table(title.clone(), &heads, rows.iter().map(line).collect()),
    });
    html! {
        <Panel title={title.clone()} counter={list.count(rows.len())} actions={create} flush={true}>
            { content }
            { load_more(list.more.as_ref(), rows.len()) }
            if creating { <CreateRule bus={props.bus.clone()} {on_close} /> }
        </Panel>
    }
}

/// Names of the event buses.
#[hook]
pub(super) fn use_bus_names() -> Vec<String> {
    let answer = use_all(Some(request("events", "ListEventBuses", json!({}))));
    let buses = output_of(&answer);
    list_at(&buses, "EventBuses").iter().map(|bus| text_at(bus, "/Name")).collect()
}

/// Enabled or not.
pub(super) fn rule_status(rule: &Value) -> Html {
    match text_at(rule, "/State").as_str() {
        "DISABLED" => html! { <Status tone={StatusTone::Waiting} word="Disabled" /> },
        _ => html! { <Status tone={StatusTone::Success} word="Enabled" /> },
    }
}

#[derive(PartialEq, Properties)]
struct CreateRuleProps {
    /// The bus that is offered first.
    bus: AttrValue,
    on_close: Callback<()>,
}

/// The dialog in which a rule is made; its targets are chosen on its page.
#[component]
fn CreateRule(props: &CreateRuleProps) -> Html {
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
            sender.send_and_open(
                vec![request.clone()],
                "The rule was created.",
                route.clone(),
                &done,
            );
        })
    };
    let buses = use_bus_names();
    let buses: Vec<&str> = buses.iter().map(String::as_str).collect();
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
