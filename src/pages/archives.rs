//! Archives of event buses: all of them, and one with its replays.

use super::listing::{Column, Listing, Row, numbers, rows_of, texts};
use super::replays::{ReplayRows, StartReplay};
use super::resource::{Deletion, Resource, found};
use super::rules::use_bus_names;
use super::services::{arn_link, code};
use crate::components::form::{Texts, form_dialog, form_panel, options, use_form, use_sender};
use crate::components::{
    Button, ButtonKind, Empty, Facts, Glyph, Panel, load_more, moment, number, skeleton, table,
    text, use_open,
};
use crate::hooks::{use_document, use_pages, use_query};
use crate::model::{
    arn_name, bus_arn, format_bytes, format_count, list_replays, pretty_json, put_archive, request,
    text_at,
};
use crate::route::{ResourceKind, Route};
use serde_json::{Value, json};
use yew::prelude::*;

const COLUMNS: [Column; 5] = [
    texts("Event bus"),
    numbers("Events", "events"),
    numbers("Size", "in size"),
    texts("Retention"),
    texts("Created"),
];

/// The list.
#[component]
pub(super) fn ArchivesPage() -> Html {
    let list = use_pages(Some(request("events", "ListArchives", json!({}))));
    let read_only = use_document(|document| document.read_only());
    let (creating, on_create, on_close) = use_open();
    html! {
        <Listing title="Archives" text="An archive keeps the events of a bus, so that they can come again." noun="archives" glyph={Glyph::Layers}
            create="Create archive" {on_create} {read_only} columns={COLUMNS.to_vec()}
            rows={rows_of(&list, "Archives", row)} fault={list.fault()} more={list.more.clone()}
            empty="Create one, and replay its events after a rule or a function was changed.">
            if creating { <CreateArchive bus="default" {on_close} /> }
        </Listing>
    }
}

fn row(archive: &Value) -> Row {
    let name = text_at(archive, "/ArchiveName");
    Row {
        href: Route::Resource(ResourceKind::Archives, name.clone()).format(),
        cells: vec![
            arn_link(&text_at(archive, "/EventSourceArn")),
            events(archive).into(),
            size(archive).into(),
            retention(archive).into(),
            moment(archive["CreationTime"].as_f64().unwrap_or_default()),
        ],
        name,
    }
}

fn events(archive: &Value) -> String {
    format_count(archive["EventCount"].as_u64().unwrap_or(0))
}

fn size(archive: &Value) -> String {
    format_bytes(archive["SizeBytes"].as_u64().unwrap_or(0))
}

fn retention(archive: &Value) -> String {
    match archive["RetentionDays"].as_u64() {
        None | Some(0) => "Indefinite".to_owned(),
        Some(1) => "1 day".to_owned(),
        Some(days) => format!("{} days", format_count(days)),
    }
}

#[derive(PartialEq, Properties)]
pub(super) struct BusArchivesProps {
    pub(super) bus: AttrValue,
    pub(super) read_only: bool,
}

/// The archives of one bus.
#[component]
pub(super) fn BusArchives(props: &BusArchivesProps) -> Html {
    let params = json!({ "EventSourceArn": bus_arn(&props.bus) });
    let list = use_pages(Some(request("events", "ListArchives", params)));
    let (creating, on_create, on_close) = use_open();
    let rows = list.rows("Archives").unwrap_or_default();
    let actions =
        html! { <Button label="Create archive" disabled={props.read_only} onclick={on_create} /> };
    let line = |archive: &Value| {
        let row = row(archive);
        html! {
            <tr key={row.name.clone()}>
                <th scope="row"><a href={row.href}>{ row.name }</a></th>
                <td class="number" data-label="events">{ events(archive) }</td>
                <td class="number">{ size(archive) }</td>
                <td>{ retention(archive) }</td>
            </tr>
        }
    };
    let heads = [text("Name"), number("Events"), number("Size"), text("Retention")];
    let content = skeleton(&list, "archives").unwrap_or_else(|| match rows.is_empty() {
        true => html! {
            <Empty glyph={Glyph::Layers} title="No archives" text="What came to the bus is not kept." />
        },
        false => table("Archives", &heads, rows.iter().map(line).collect()),
    });
    html! {
        <Panel title="Archives" counter={list.count(rows.len())} {actions} flush={true}>
            { content }
            { load_more(list.more.as_ref(), rows.len()) }
            if creating { <CreateArchive bus={props.bus.clone()} {on_close} /> }
        </Panel>
    }
}

#[derive(PartialEq, Properties)]
struct CreateArchiveProps {
    /// The bus that is offered first.
    bus: AttrValue,
    on_close: Callback<()>,
}

#[component]
fn CreateArchive(props: &CreateArchiveProps) -> Html {
    let initial = Texts::from([
        ("name", String::new()),
        ("bus", props.bus.to_string()),
        ("description", String::new()),
        ("days", String::new()),
        ("pattern", String::new()),
    ]);
    let form = use_form("new-archive", initial, false);
    let sender = use_sender();
    let buses = use_bus_names();
    let buses: Vec<&str> = buses.iter().map(String::as_str).collect();
    let name = form.get("name").trim().to_owned();
    let source = bus_arn(form.get("bus"));
    let (description, pattern) = (form.get("description"), form.get("pattern"));
    let made = put_archive(&name, Some(&source), description, pattern, form.get("days"));
    let ready = made.is_some() && !name.is_empty();
    let send = {
        let (sender, done) = (sender.clone(), props.on_close.clone());
        Callback::from(move |()| {
            sender.send_and_open(
                made.iter().cloned().collect(),
                "The archive was created.",
                Route::Resource(ResourceKind::Archives, name.clone()),
                &done,
            );
        })
    };
    form_dialog(
        "Create archive",
        "Create archive",
        &sender,
        ready,
        &send,
        &props.on_close,
        html! {
            <>
                <div class="configuration-fields">
                    { form.text("name", "Name", "Letters, digits, ., - and _.") }
                    { form.select("bus", "Source event bus", "", &options(&buses)) }
                    { form.number("days", "Retention period (days)", "Empty: for ever.") }
                    { form.text("description", "Description (optional)", "") }
                </div>
                <div class="document-text">{ form.area("pattern", "Event pattern (optional)", "JSON. Empty: all events are kept.", 6) }</div>
            </>
        },
    )
}

#[derive(PartialEq, Properties)]
pub(super) struct ArchivePageProps {
    pub(super) name: AttrValue,
}

/// An archive's page.
#[component]
pub(super) fn ArchivePage(props: &ArchivePageProps) -> Html {
    let name = &props.name;
    let of_archive = json!({ "ArchiveName": name.to_string() });
    let answer = use_query(Some(request("events", "DescribeArchive", of_archive.clone())));
    let read_only = use_document(|document| document.read_only());
    let (starting, on_start, on_close) = use_open();
    let archive = match found(ResourceKind::Archives, name, &answer) {
        Ok(archive) => archive,
        Err(page) => return page,
    };
    let source = text_at(&archive, "/EventSourceArn");
    let facts: Vec<(AttrValue, Html)> = vec![
        ("Event bus".into(), arn_link(&source)),
        ("Events".into(), events(&archive).into()),
        ("Size".into(), size(&archive).into()),
        ("Created".into(), moment(archive["CreationTime"].as_f64().unwrap_or_default())),
        ("ARN".into(), code(&text_at(&archive, "/ArchiveArn"))),
    ];
    let delete = Deletion {
        requests: vec![request("events", "DeleteArchive", of_archive)],
        warning: format!("{name} and the events in it are deleted."),
    };
    let actions = html! { <Button kind={ButtonKind::Primary} glyph={Glyph::Play} label="Start replay" disabled={read_only} onclick={on_start} /> };
    html! {
        <Resource kind={ResourceKind::Archives} {name} {actions} {delete} {read_only}>
            <Panel title="Archive details"><Facts {facts} /></Panel>
            <ReplayRows request={list_replays(Some(name))} />
            <Settings archive={(*archive).clone()} {read_only} />
            if starting { <StartReplay archives={vec![(name.to_string(), arn_name(&source).to_owned())]} {on_close} /> }
        </Resource>
    }
}

#[derive(PartialEq, Properties)]
struct SettingsProps {
    /// As DescribeArchive answers.
    archive: Value,
    read_only: bool,
}

/// What it keeps, and for how long.
#[component]
fn Settings(props: &SettingsProps) -> Html {
    let days = props.archive["RetentionDays"].as_u64().filter(|days| *days > 0);
    let initial = Texts::from([
        ("description", text_at(&props.archive, "/Description")),
        ("days", days.map(|days| days.to_string()).unwrap_or_default()),
        ("pattern", pretty_json(&text_at(&props.archive, "/EventPattern"))),
    ]);
    let form = use_form("archive", initial, props.read_only);
    let sender = use_sender();
    let name = text_at(&props.archive, "/ArchiveName");
    let (description, pattern) = (form.get("description"), form.get("pattern"));
    let put = put_archive(&name, None, description, pattern, form.get("days"));
    let ready = put.is_some();
    let save = {
        let sender = sender.clone();
        Callback::from(move |()| {
            let put = put.iter().cloned().collect();
            sender.send(put, "The archive was saved.", Callback::noop());
        })
    };
    form_panel(
        "Settings",
        "A pattern says which of the bus's events are kept from now on. Without one, all are.",
        &form,
        &sender,
        ready,
        &save,
        html! {
            <div class="schedule-settings">
                <div class="configuration-fields">
                    { form.number("days", "Retention period (days)", "Empty: for ever.") }
                    { form.text("description", "Description", "") }
                </div>
                <div class="document-text">{ form.area("pattern", "Event pattern", "JSON. One that is there can be changed, not taken away.", 6) }</div>
            </div>
        },
    )
}
