//! Event buses: all of them, and one with its rules, who may put events on it, and what keeps them.

use super::access_policy::AccessPolicy;
use super::archives::BusArchives;
use super::listing::{Column, Listing, Row, rows_of, texts};
use super::resource::{Deletion, Resource, found};
use super::rules::BusRules;
use super::services::code;
use crate::components::form::{Texts, form_dialog, use_form, use_sender};
use crate::components::{
    Button, ButtonKind, Empty, Facts, Glyph, Panel, TagEditor, moment, table, text, use_open,
};
use crate::hooks::{use_document, use_pages, use_query};
use crate::model::{put_bus_permission, request, statements, text_at};
use crate::route::{ResourceKind, Route};
use serde_json::{Value, json};
use yew::prelude::*;

const COLUMNS: [Column; 3] = [texts("Description"), texts("Created"), texts("ARN")];

/// The list.
#[component]
pub(super) fn BusesPage() -> Html {
    let list = use_pages(Some(request("events", "ListEventBuses", json!({}))));
    let read_only = use_document(|document| document.read_only());
    let (creating, on_create, on_close) = use_open();
    let row = |bus: &Value| {
        let name = text_at(bus, "/Name");
        Row {
            href: Route::Resource(ResourceKind::Buses, name.clone()).format(),
            cells: vec![
                text_at(bus, "/Description").into(),
                moment(bus["CreationTime"].as_f64().unwrap_or_default()),
                code(&text_at(bus, "/Arn")),
            ],
            name,
        }
    };
    html! {
        <Listing title="Event buses" text="Events come to a bus; its rules say where they go." noun="event buses" glyph={Glyph::Rules}
            create="Create event bus" {on_create} {read_only} columns={COLUMNS.to_vec()}
            rows={rows_of(&list, "EventBuses", row)} fault={list.fault()} more={list.more.clone()}
            empty="Every account has the default one.">
            if creating { <CreateBus {on_close} /> }
        </Listing>
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
            let name = form.get("name").trim().to_owned();
            let mut params = json!({ "Name": name });
            if !form.get("description").is_empty() {
                params["Description"] = json!(form.get("description"));
            }
            let create = request("events", "CreateEventBus", params);
            sender.send_and_open(
                vec![create],
                "The event bus was created.",
                Route::Resource(ResourceKind::Buses, name.clone()),
                &done,
            );
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
pub(super) struct BusPageProps {
    pub(super) name: AttrValue,
}

/// An event bus's page.
#[component]
pub(super) fn BusPage(props: &BusPageProps) -> Html {
    let name = &props.name;
    let of_bus = json!({ "Name": name.to_string() });
    let answer = use_query(Some(request("events", "DescribeEventBus", of_bus.clone())));
    let read_only = use_document(|document| document.read_only());
    let bus = match found(ResourceKind::Buses, name, &answer) {
        Ok(bus) => bus,
        Err(page) => return page,
    };
    let (arn, description) = (text_at(&bus, "/Arn"), text_at(&bus, "/Description"));
    let mut facts: Vec<(AttrValue, Html)> = vec![
        ("Created".into(), moment(bus["CreationTime"].as_f64().unwrap_or_default())),
        ("ARN".into(), code(&arn)),
    ];
    if !description.is_empty() {
        facts.insert(0, ("Description".into(), description.into()));
    }
    // Every account has this one for good.
    let delete = (**name != *"default").then(|| Deletion {
        requests: vec![request("events", "DeleteEventBus", of_bus)],
        warning: format!("{name} and its rules are deleted."),
    });
    html! {
        <Resource kind={ResourceKind::Buses} {name} {delete} {read_only}>
            <Panel title="Event bus details"><Facts {facts} /></Panel>
            <BusRules bus={name} {read_only} />
            <BusArchives bus={name} {read_only} />
            <Permissions bus={name} policy={(*bus).clone()} {read_only} />
            <AccessPolicy arn={arn.clone()} policy={text_at(&bus, "/Policy")} description="The whole policy as JSON. Without one, only this account puts events on the bus." {read_only} />
            <TagEditor {arn} {read_only} />
        </Resource>
    }
}

#[derive(PartialEq, Properties)]
struct PermissionsProps {
    bus: AttrValue,
    /// As DescribeEventBus answers.
    policy: Value,
    read_only: bool,
}

/// Who may put events on the bus, statement by statement.
#[component]
fn Permissions(props: &PermissionsProps) -> Html {
    let (adding, on_add, on_close) = use_open();
    let sender = use_sender();
    let rows = statements(&props.policy);
    let actions =
        html! { <Button label="Add permission" disabled={props.read_only} onclick={on_add} /> };
    let line = |row: &crate::model::Statement| {
        let remove = {
            let (sender, bus, sid) = (sender.clone(), props.bus.to_string(), row.sid.clone());
            Callback::from(move |_: MouseEvent| {
                let params = json!({ "EventBusName": bus, "StatementId": sid });
                let remove = request("events", "RemovePermission", params);
                sender.send(vec![remove], "The permission was removed.", Callback::noop());
            })
        };
        html! {
            <tr key={row.sid.clone()}>
                <th scope="row">{ &row.sid }</th>
                <td class="cell-long">{ &row.principal }</td>
                <td>{ &row.action }</td>
                <td class="cell-long">if !row.source.is_empty() { <code>{ &row.source }</code> }</td>
                <td class="row-actions"><Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Remove permission {}", row.sid)} disabled={props.read_only} onclick={remove} /></td>
            </tr>
        }
    };
    let heads =
        [text("Statement ID"), text("Principal"), text("Action"), text("Condition"), text("")];
    html! {
        <>
            { sender.alert() }
            <Panel title="Permissions" counter={rows.len().to_string()} {actions} flush={true} description="Other accounts that may put events on the bus.">
                if rows.is_empty() {
                    <Empty glyph={Glyph::Roles} title="No permissions" text="Only this account puts events on the bus." />
                } else {
                    { table("Permissions", &heads, rows.iter().map(line).collect()) }
                }
            </Panel>
            if adding { <AddPermission bus={props.bus.clone()} {on_close} /> }
        </>
    }
}

#[derive(PartialEq, Properties)]
struct AddPermissionProps {
    bus: AttrValue,
    on_close: Callback<()>,
}

#[component]
fn AddPermission(props: &AddPermissionProps) -> Html {
    let initial = Texts::from([
        ("sid", String::new()),
        ("principal", String::new()),
        ("organization", String::new()),
    ]);
    let form = use_form("bus-permission", initial, false);
    let sender = use_sender();
    let put = put_bus_permission(
        &props.bus,
        form.get("sid"),
        form.get("principal"),
        form.get("organization"),
    );
    let send = {
        let (sender, done) = (sender.clone(), props.on_close.clone());
        Callback::from(move |()| {
            sender.send(vec![put.clone()], "The permission was added.", done.clone());
        })
    };
    let filled = ["sid", "principal"].iter().all(|key| !form.get(key).trim().is_empty());
    form_dialog(
        "Add permission",
        "Add",
        &sender,
        filled,
        &send,
        &props.on_close,
        html! {
            <div class="configuration-fields">
                { form.text("sid", "Statement ID", "Letters, digits, - and _.") }
                { form.text("principal", "Principal", "An account ID, or * for all.") }
                { form.text("organization", "Organization ID (optional)", "Only accounts of it, such as o-1234567890.") }
            </div>
        },
    )
}
