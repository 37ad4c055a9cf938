//! Replays: the events of an archive come to their bus again. All of them, one, and the dialog in which one is started.

use super::listing::{Column, Listing, Row, rows_of, texts};
use super::resource::{Resource, found};
use super::services::{arn_link, code, output_of};
use crate::components::form::{Texts, form_dialog, options, use_form, use_sender};
use crate::components::{
    Button, Empty, Facts, Glyph, Panel, Status, StatusTone, load_more, moment, skeleton, table,
    text, use_open,
};
use crate::hooks::{use_all, use_document, use_pages, use_query, use_session};
use crate::model::{
    Moment, ReplayForm, arn_name, bus_arn, list_at, list_replays, request, text_at,
};
use crate::route::{ResourceKind, Route};
use coldstart_workspace::ApiRequest;
use serde_json::{Value, json};
use yew::prelude::*;

const COLUMNS: [Column; 4] = [texts("Status"), texts("Archive"), texts("Started"), texts("Ended")];

/// The list.
#[component]
pub(super) fn ReplaysPage() -> Html {
    let list = use_pages(Some(list_replays(None)));
    let read_only = use_document(|document| document.read_only());
    let (starting, on_create, on_close) = use_open();
    html! {
        <Listing title="Replays" text="The events of an archive come to their bus again, marked with the replay's name." noun="replays" glyph={Glyph::Play}
            create="Start new replay" {on_create} {read_only} columns={COLUMNS.to_vec()}
            rows={rows_of(&list, "Replays", row)} fault={list.fault()} more={list.more.clone()}
            empty="Start one to send the events of an archive through the rules as they are now.">
            if starting { <ChooseArchive {on_close} /> }
        </Listing>
    }
}

fn row(replay: &Value) -> Row {
    let name = text_at(replay, "/ReplayName");
    Row {
        href: Route::Resource(ResourceKind::Replays, name.clone()).format(),
        cells: vec![
            replay_status(replay),
            arn_link(&text_at(replay, "/EventSourceArn")),
            time(replay, "ReplayStartTime"),
            time(replay, "ReplayEndTime"),
        ],
        name,
    }
}

/// A time of the answer; a dash before there is one.
fn time(replay: &Value, member: &str) -> Html {
    match replay[member].as_f64() {
        Some(seconds) => moment(seconds),
        None => html! { <span class="quiet">{ "–" }</span> },
    }
}

/// How it is, in a word.
fn replay_status(replay: &Value) -> Html {
    let (tone, word) = match text_at(replay, "/State").as_str() {
        "STARTING" => (StatusTone::Working, "Starting"),
        "RUNNING" => (StatusTone::Working, "Running"),
        "CANCELLING" => (StatusTone::Working, "Cancelling"),
        "CANCELLED" => (StatusTone::Warning, "Cancelled"),
        "FAILED" => (StatusTone::Error, "Failed"),
        _ => (StatusTone::Success, "Completed"),
    };
    html! { <Status {tone} {word} /> }
}

#[derive(PartialEq, Properties)]
pub(super) struct ReplayRowsProps {
    /// `ListReplays` of an archive.
    pub(super) request: ApiRequest,
}

/// The replays of one archive.
#[component]
pub(super) fn ReplayRows(props: &ReplayRowsProps) -> Html {
    let list = use_pages(Some(props.request.clone()));
    let rows = list.rows("Replays").unwrap_or_default();
    let line = |replay: &Value| {
        let Row { name, href, .. } = row(replay);
        html! {
            <tr key={name.clone()}>
                <th scope="row"><a {href}>{ name }</a></th>
                <td>{ replay_status(replay) }</td>
                <td>{ time(replay, "ReplayStartTime") }</td>
                <td>{ time(replay, "ReplayEndTime") }</td>
            </tr>
        }
    };
    let heads = [text("Name"), text("Status"), text("Started"), text("Ended")];
    let content = skeleton(&list, "replays").unwrap_or_else(|| match rows.is_empty() {
        true => html! {
            <Empty glyph={Glyph::Play} title="No replays" text="Its events came once." />
        },
        false => table("Replays", &heads, rows.iter().map(line).collect()),
    });
    html! {
        <Panel title="Replays" counter={list.count(rows.len())} flush={true}>
            { content }
            { load_more(list.more.as_ref(), rows.len()) }
        </Panel>
    }
}

#[derive(PartialEq, Properties)]
struct ChooseArchiveProps {
    on_close: Callback<()>,
}

/// The dialog for whoever comes without an archive.
#[component]
fn ChooseArchive(props: &ChooseArchiveProps) -> Html {
    let answer = use_all(Some(request("events", "ListArchives", json!({}))));
    let output = output_of(&answer);
    let archives = list_at(&output, "Archives").iter().map(|archive| {
        let bus = arn_name(&text_at(archive, "/EventSourceArn")).to_owned();
        (text_at(archive, "/ArchiveName"), bus)
    });
    html! { <StartReplay archives={archives.collect::<Vec<_>>()} on_close={props.on_close.clone()} /> }
}

#[derive(PartialEq, Properties)]
pub(super) struct StartReplayProps {
    /// Archives that can be chosen, each with its bus.
    pub(super) archives: Vec<(String, String)>,
    pub(super) on_close: Callback<()>,
}

/// The dialog in which a replay is started.
#[component]
pub(super) fn StartReplay(props: &StartReplayProps) -> Html {
    let (now_us, epoch_ms) = use_session(|session| session.now());
    // The whole session so far, to the second after now. The clock may go on while somebody types.
    let window = use_memo((), |()| (epoch_ms / 1_000, (epoch_ms + now_us / 1_000) / 1_000 + 1));
    let names: Vec<&str> = props.archives.iter().map(|(name, _)| name.as_str()).collect();
    let initial = Texts::from([
        ("name", String::new()),
        ("archive", names.first().copied().unwrap_or_default().to_owned()),
        ("description", String::new()),
        ("from", Moment::iso_text(window.0)),
        ("to", Moment::iso_text(window.1)),
        ("rule", String::new()),
    ]);
    let form = use_form("replay", initial, false);
    let sender = use_sender();
    let archive = form.get("archive");
    let bus = props.archives.iter().find(|(name, _)| name == archive).map(|(_, bus)| bus.clone());
    let rules = use_all(
        bus.as_ref().map(|bus| request("events", "ListRules", json!({ "EventBusName": bus }))),
    );
    let rules = output_of(&rules);
    let mut offered = vec![(String::new(), "All rules of the event bus".to_owned())];
    offered.extend(
        list_at(&rules, "Rules").iter().map(|rule| (text_at(rule, "/Arn"), text_at(rule, "/Name"))),
    );
    // A rule of another archive's bus is none of this one's.
    let rule = form.get("rule");
    let rule = offered.iter().map(|(arn, _)| arn).find(|arn| !arn.is_empty() && *arn == rule);
    let filter: Vec<String> = rule.into_iter().cloned().collect();
    let name = form.get("name").trim().to_owned();
    let replay = ReplayForm {
        name: &name,
        description: form.get("description"),
        archive,
        bus_arn: &bus_arn(bus.as_deref().unwrap_or_default()),
        from: form.get("from"),
        to: form.get("to"),
        rules: &filter,
    };
    let start = replay.request();
    let ready = start.is_some() && !name.is_empty() && bus.is_some();
    let send = {
        let (sender, done) = (sender.clone(), props.on_close.clone());
        Callback::from(move |()| {
            sender.send_and_open(
                start.iter().cloned().collect(),
                "The replay was started.",
                Route::Resource(ResourceKind::Replays, name.clone()),
                &done,
            );
        })
    };
    form_dialog(
        "Start replay",
        "Start replay",
        &sender,
        ready,
        &send,
        &props.on_close,
        html! {
            <>
                if names.is_empty() { <p class="quiet">{ "There is no archive yet: create one first." }</p> }
                <div class="configuration-fields">
                    { form.text("name", "Name", "Letters, digits, ., - and _.") }
                    { form.select("archive", "Archive", "", &options(&names)) }
                    { form.text("from", "Replay start time (UTC)", "Of the events, such as 2026-01-01T00:00:00Z.") }
                    { form.text("to", "Replay end time (UTC)", "Of the last events.") }
                    { form.select("rule", "Which rules see them", "", &offered) }
                    { form.text("description", "Description (optional)", "") }
                </div>
            </>
        },
    )
}

#[derive(PartialEq, Properties)]
pub(super) struct ReplayPageProps {
    pub(super) name: AttrValue,
}

/// A replay's page.
#[component]
pub(super) fn ReplayPage(props: &ReplayPageProps) -> Html {
    let name = &props.name;
    let of_replay = json!({ "ReplayName": name.to_string() });
    let answer = use_query(Some(request("events", "DescribeReplay", of_replay.clone())));
    let read_only = use_document(|document| document.read_only());
    let sender = use_sender();
    let replay = match found(ResourceKind::Replays, name, &answer) {
        Ok(replay) => replay,
        Err(page) => return page,
    };
    let filter = list_at(&replay["Destination"], "FilterArns");
    let rules = match filter {
        [] => "All of the event bus".to_owned(),
        arns => arns.iter().filter_map(Value::as_str).map(arn_name).collect::<Vec<_>>().join(", "),
    };
    let mut facts: Vec<(AttrValue, Html)> = vec![
        ("Status".into(), replay_status(&replay)),
        ("Archive".into(), arn_link(&text_at(&replay, "/EventSourceArn"))),
        ("Event bus".into(), arn_link(&text_at(&replay, "/Destination/Arn"))),
        ("Rules".into(), rules.into()),
        ("Events from".into(), time(&replay, "EventStartTime")),
        ("Events to".into(), time(&replay, "EventEndTime")),
        ("Last replayed event".into(), time(&replay, "EventLastReplayedTime")),
        ("Started".into(), time(&replay, "ReplayStartTime")),
        ("Ended".into(), time(&replay, "ReplayEndTime")),
        ("ARN".into(), code(&text_at(&replay, "/ReplayArn"))),
    ];
    let description = text_at(&replay, "/Description");
    if !description.is_empty() {
        facts.insert(1, ("Description".into(), description.into()));
    }
    let active = matches!(text_at(&replay, "/State").as_str(), "STARTING" | "RUNNING");
    let cancel = {
        let sender = sender.clone();
        Callback::from(move |_: MouseEvent| {
            let cancel = request("events", "CancelReplay", of_replay.clone());
            sender.send(vec![cancel], "The replay is being cancelled.", Callback::noop());
        })
    };
    let actions = html! { <Button glyph={Glyph::Stop} label="Cancel replay" disabled={read_only || !active} busy={sender.busy()} onclick={cancel} /> };
    html! {
        <Resource kind={ResourceKind::Replays} {name} {actions} alert={sender.alert()}>
            <Panel title="Replay details" description="Its events have a member replay-name, so that a target can tell them from the first ones."><Facts {facts} /></Panel>
        </Resource>
    }
}
