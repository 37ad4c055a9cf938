//! Schedule groups: all of them, and one with its schedules.

use super::listing::{Column, Listing, Row, rows_of, texts};
use super::resource::{Deletion, Resource, found};
use super::rules::rule_status;
use super::schedules::CreateSchedule;
use super::services::{arn_link, code};
use crate::components::form::{Texts, form_dialog, use_form, use_sender};
use crate::components::{
    Button, ButtonKind, Empty, Facts, Glyph, Panel, Status, StatusTone, TagEditor, load_more,
    moment, skeleton, table, text, use_open,
};
use crate::hooks::{use_document, use_pages, use_query};
use crate::model::{request, text_at};
use crate::route::{ResourceKind, Route};
use serde_json::{Value, json};
use yew::prelude::*;

const COLUMNS: [Column; 3] = [texts("Status"), texts("Created"), texts("Last modified")];

/// The list.
#[component]
pub(super) fn GroupsPage() -> Html {
    let list = use_pages(Some(request("scheduler", "ListScheduleGroups", json!({}))));
    let read_only = use_document(|document| document.read_only());
    let (creating, on_create, on_close) = use_open();
    let row = |group: &Value| {
        let name = text_at(group, "/Name");
        let time = |member: &str| moment(group[member].as_f64().unwrap_or_default());
        Row {
            href: Route::Resource(ResourceKind::Groups, name.clone()).format(),
            cells: vec![group_status(group), time("CreationDate"), time("LastModificationDate")],
            name,
        }
    };
    html! {
        <Listing title="Schedule groups" text="Schedules that belong together: tagged together, deleted together." noun="schedule groups" glyph={Glyph::Clock}
            create="Create schedule group" {on_create} {read_only} columns={COLUMNS.to_vec()}
            rows={rows_of(&list, "ScheduleGroups", row)} fault={list.fault()} more={list.more.clone()}
            empty="Every account has the default one.">
            if creating { <CreateGroup {on_close} /> }
        </Listing>
    }
}

fn group_status(group: &Value) -> Html {
    match text_at(group, "/State").as_str() {
        "ACTIVE" => html! { <Status tone={StatusTone::Success} word="Active" /> },
        _ => html! { <Status tone={StatusTone::Working} word="Deleting" /> },
    }
}

#[derive(PartialEq, Properties)]
struct CreateGroupProps {
    on_close: Callback<()>,
}

#[component]
fn CreateGroup(props: &CreateGroupProps) -> Html {
    let form = use_form("group", Texts::from([("name", String::new())]), false);
    let sender = use_sender();
    let name = form.get("name").trim().to_owned();
    let ready = !name.is_empty();
    let send = {
        let (sender, done) = (sender.clone(), props.on_close.clone());
        Callback::from(move |()| {
            let create = request("scheduler", "CreateScheduleGroup", json!({ "Name": name }));
            sender.send_and_open(
                vec![create],
                "The schedule group was created.",
                Route::Resource(ResourceKind::Groups, name.clone()),
                &done,
            );
        })
    };
    form_dialog(
        "Create schedule group",
        "Create schedule group",
        &sender,
        ready,
        &send,
        &props.on_close,
        form.text("name", "Name", "Letters, digits, ., - and _."),
    )
}

#[derive(PartialEq, Properties)]
pub(super) struct GroupPageProps {
    pub(super) name: AttrValue,
}

/// A schedule group's page.
#[component]
pub(super) fn GroupPage(props: &GroupPageProps) -> Html {
    let name = &props.name;
    let of_group = json!({ "Name": name.to_string() });
    let answer = use_query(Some(request("scheduler", "GetScheduleGroup", of_group.clone())));
    let read_only = use_document(|document| document.read_only());
    let group = match found(ResourceKind::Groups, name, &answer) {
        Ok(group) => group,
        Err(page) => return page,
    };
    let arn = text_at(&group, "/Arn");
    let facts: Vec<(AttrValue, Html)> = vec![
        ("Status".into(), group_status(&group)),
        ("Created".into(), moment(group["CreationDate"].as_f64().unwrap_or_default())),
        ("ARN".into(), code(&arn)),
    ];
    // Every account has this one for good.
    let delete = (**name != *"default").then(|| Deletion {
        requests: vec![request("scheduler", "DeleteScheduleGroup", of_group)],
        warning: format!("{name} and its schedules are deleted."),
    });
    html! {
        <Resource kind={ResourceKind::Groups} {name} {delete} {read_only}>
            <Panel title="Schedule group detail"><Facts {facts} /></Panel>
            <GroupSchedules group={name} {read_only} />
            <TagEditor {arn} {read_only} />
        </Resource>
    }
}

#[derive(PartialEq, Properties)]
struct GroupSchedulesProps {
    group: AttrValue,
    read_only: bool,
}

/// The schedules of one group.
#[component]
fn GroupSchedules(props: &GroupSchedulesProps) -> Html {
    let params = json!({ "GroupName": props.group.to_string() });
    let list = use_pages(Some(request("scheduler", "ListSchedules", params)));
    let (creating, on_create, on_close) = use_open();
    let rows = list.rows("Schedules").unwrap_or_default();
    let actions = html! { <Button kind={ButtonKind::Primary} label="Create schedule" disabled={props.read_only} onclick={on_create} /> };
    let line = |schedule: &Value| {
        let name = text_at(schedule, "/Name");
        let page = Route::Resource(ResourceKind::Schedules, format!("{}/{name}", props.group));
        html! {
            <tr key={name.clone()}>
                <th scope="row"><a href={page.format()}>{ name }</a></th>
                <td>{ rule_status(schedule) }</td>
                <td class="cell-long">{ arn_link(&text_at(schedule, "/Target/Arn")) }</td>
                <td>{ moment(schedule["LastModificationDate"].as_f64().unwrap_or_default()) }</td>
            </tr>
        }
    };
    let heads = [text("Name"), text("Status"), text("Target"), text("Last modified")];
    let content = skeleton(&list, "schedules").unwrap_or_else(|| match rows.is_empty() {
        true => html! {
            <Empty glyph={Glyph::Clock} title="No schedules" text="None belongs to this group yet." />
        },
        false => table("Schedules", &heads, rows.iter().map(line).collect()),
    });
    html! {
        <Panel title="Schedules" counter={list.count(rows.len())} {actions} flush={true}>
            { content }
            { load_more(list.more.as_ref(), rows.len()) }
            if creating { <CreateSchedule group={props.group.clone()} {on_close} /> }
        </Panel>
    }
}
