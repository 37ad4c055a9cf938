//! EventBridge Scheduler: all schedules, and one of them with its next dates and its target.

use super::listing::{Column, Listing, Row, rows_of, texts};
use super::resource::{Deletion, Resource, found};
use super::rule_targets::ROLE;
use super::rules::rule_status;
use super::services::{NextTimes, arn_link, code, occurrences, output_of, use_target_arns};
use crate::components::form::{
    Form, Texts, form_dialog, form_panel, options, use_form, use_sender,
};
use crate::components::{Button, Facts, Glyph, Panel, moment, use_open};
use crate::hooks::{use_all, use_document, use_pages, use_query};
use crate::model::{ScheduleForm, TargetForm, halves, list_at, request, target_kind, text_at};
use crate::route::{ResourceKind, Route};
use serde_json::{Value, json};
use yew::prelude::*;

const COLUMNS: [Column; 4] =
    [texts("Group"), texts("Status"), texts("Target"), texts("Last modified")];

/// Zones that are offered; any that the service knows can be typed.
const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Sydney",
];

/// The list.
#[component]
pub(super) fn SchedulesPage() -> Html {
    let list = use_pages(Some(request("scheduler", "ListSchedules", json!({}))));
    let read_only = use_document(|document| document.read_only());
    let (creating, on_create, on_close) = use_open();
    html! {
        <Listing title="Schedules" text="EventBridge Scheduler: something happens once, or again and again, in any time zone." noun="schedules" glyph={Glyph::Clock}
            create="Create schedule" {on_create} {read_only} columns={COLUMNS.to_vec()}
            rows={rows_of(&list, "Schedules", row)} fault={list.fault()} more={list.more} links={ResourceKind::Schedules.below()}
            empty="Create one to invoke a function every night, or at one moment.">
            if creating { <CreateSchedule group="default" {on_close} /> }
        </Listing>
    }
}

fn row(schedule: &Value) -> Row {
    let (group, name) = (text_at(schedule, "/GroupName"), text_at(schedule, "/Name"));
    let modified = schedule["LastModificationDate"].as_f64().unwrap_or_default();
    Row {
        href: Route::Resource(ResourceKind::Schedules, format!("{group}/{name}")).format(),
        cells: vec![
            group.into(),
            rule_status(schedule),
            arn_link(&text_at(schedule, "/Target/Arn")),
            moment(modified),
        ],
        name,
    }
}

fn flag(on: bool) -> String {
    if on { "true".to_owned() } else { String::new() }
}

/// What a form is filled with at first.
fn initial(schedule: &ScheduleForm, target: &TargetForm) -> Texts {
    Texts::from([
        ("expression", schedule.expression.clone()),
        ("zone", schedule.zone.clone()),
        ("start", schedule.start.clone()),
        ("end", schedule.end.clone()),
        ("window", schedule.window.clone()),
        ("description", schedule.description.clone()),
        ("after", flag(schedule.delete_after)),
        ("arn", target.arn.clone()),
        ("input", target.text.clone()),
        ("role", target.role.clone()),
        ("group", target.group.clone()),
        ("age", target.age.clone()),
        ("retries", target.retries.clone()),
        ("dead", target.dead_letter.clone()),
    ])
}

fn schedule_of(form: &Form, enabled: bool) -> ScheduleForm {
    let text = |key: &str| form.get(key).to_owned();
    ScheduleForm {
        expression: text("expression"),
        zone: text("zone"),
        start: text("start"),
        end: text("end"),
        window: text("window"),
        description: text("description"),
        delete_after: form.is("after"),
        enabled,
    }
}

fn target_of(form: &Form) -> Option<Value> {
    let text = |key: &str| form.get(key).to_owned();
    let target = TargetForm {
        arn: text("arn"),
        text: text("input"),
        role: text("role"),
        group: text("group"),
        age: text("age"),
        retries: text("retries"),
        dead_letter: text("dead"),
        ..TargetForm::default()
    };
    target.schedule_target()
}

/// When it would occur as the form is filled in.
fn next_times(form: &Form) -> Html {
    let members = schedule_of(form, true).members();
    let ask = members
        .filter(|_| !form.get("expression").trim().is_empty())
        .map(|members| occurrences(Value::Object(members)));
    html! { <NextTimes request={ask} /> }
}

fn time_fields(form: &Form) -> Html {
    let zones: Vec<String> = ZONES.map(str::to_owned).into();
    html! {
        <>
            <div class="configuration-fields">
                { form.text("expression", "Schedule expression", "rate(1 hour), cron(0 9 ? * MON-FRI *) or at(2026-01-02T09:00:00).") }
                { form.suggested("zone", "Time zone", "Of cron and at.", &zones) }
                { form.number("window", "Flexible time window (minutes)", "1 to 1,440. Empty: off.") }
                { form.text("start", "Start (optional)", "2026-01-01T00:00:00Z") }
                { form.text("end", "End (optional)", "2026-12-31T00:00:00Z") }
                { form.text("description", "Description (optional)", "") }
            </div>
            { form.check("after", "Delete the schedule when it is over") }
        </>
    }
}

fn target_fields(form: &Form, arns: &[String]) -> Html {
    let queues: Vec<String> = arns.iter().filter(|arn| arn.contains(":sqs:")).cloned().collect();
    html! {
        <>
            <div class="configuration-fields">
                { form.suggested("arn", "Target", "ARN of a function, a queue, a topic or a state machine.", arns) }
                { form.text("role", "Execution role", "The role that Scheduler takes on.") }
                if form.get("arn").trim().ends_with(".fifo") { { form.text("group", "Message group ID", "A FIFO queue needs one.") } }
            </div>
            <div class="document-text">{ form.area("input", "Input (optional)", "JSON for most targets. <aws.scheduler.scheduled-time> stands for the time.", 3) }</div>
            <details>
                <summary>{ "Retry policy and dead-letter queue" }</summary>
                <div class="configuration-fields">
                    { form.number("age", "Maximum age of event (seconds)", "60 to 86,400. Empty: a day.") }
                    { form.number("retries", "Retry attempts", "0 to 185. Empty: 185.") }
                    { form.suggested("dead", "Dead-letter queue", "ARN of a queue for what cannot be delivered.", &queues) }
                </div>
            </details>
        </>
    }
}

const TARGETS: [&str; 5] = ["lambda", "sqs", "sns", "states", "events"];

#[derive(PartialEq, Properties)]
pub(super) struct CreateScheduleProps {
    /// The group that is offered first.
    pub(super) group: AttrValue,
    pub(super) on_close: Callback<()>,
}

/// The dialog in which a schedule is made.
#[component]
pub(super) fn CreateSchedule(props: &CreateScheduleProps) -> Html {
    let mut texts = initial(
        &ScheduleForm {
            expression: "rate(1 hour)".into(),
            zone: "UTC".into(),
            ..ScheduleForm::default()
        },
        &TargetForm { role: ROLE.into(), text: "{}".into(), ..TargetForm::default() },
    );
    texts.insert("name", String::new());
    texts.insert("of", props.group.to_string());
    let form = use_form("new-schedule", texts, false);
    let sender = use_sender();
    let arns = use_target_arns(&TARGETS);
    let groups = use_all(Some(request("scheduler", "ListScheduleGroups", json!({}))));
    let groups: Vec<String> = list_at(&output_of(&groups), "ScheduleGroups")
        .iter()
        .map(|group| text_at(group, "/Name"))
        .collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let (name, group) = (form.get("name").trim().to_owned(), form.get("of").to_owned());
    let made = target_of(&form)
        .and_then(|target| schedule_of(&form, true).request(&group, &name, target, true));
    let ready = made.is_some() && !name.is_empty() && !form.get("arn").trim().is_empty();
    let send = {
        let (sender, done) = (sender.clone(), props.on_close.clone());
        Callback::from(move |()| {
            let Some(made) = made.clone() else { return };
            let page = Route::Resource(ResourceKind::Schedules, format!("{group}/{name}"));
            sender.send_and_open(vec![made], "The schedule was created.", page.clone(), &done);
        })
    };
    form_dialog(
        "Create schedule",
        "Create schedule",
        &sender,
        ready,
        &send,
        &props.on_close,
        html! {
            <>
                <div class="configuration-fields">
                    { form.text("name", "Schedule name", "Letters, digits, ., - and _.") }
                    { form.select("of", "Schedule group", "", &options(&groups)) }
                </div>
                { time_fields(&form) }
                { next_times(&form) }
                { target_fields(&form, &arns) }
            </>
        },
    )
}

#[derive(PartialEq, Properties)]
pub(super) struct SchedulePageProps {
    /// `GROUP/SCHEDULE`.
    pub(super) name: AttrValue,
}

/// A schedule's page.
#[component]
pub(super) fn SchedulePage(props: &SchedulePageProps) -> Html {
    let (group, name) = halves(&props.name);
    let of_schedule = json!({ "GroupName": group, "Name": name });
    let answer = use_query(Some(request("scheduler", "GetSchedule", of_schedule.clone())));
    let read_only = use_document(|document| document.read_only());
    let sender = use_sender();
    let schedule = match found(ResourceKind::Schedules, name, &answer) {
        Ok(schedule) => schedule,
        Err(page) => return page,
    };
    let arn = text_at(&schedule, "/Target/Arn");
    let group_page = Route::Resource(ResourceKind::Groups, group.to_owned());
    let facts: Vec<(AttrValue, Html)> = vec![
        ("Status".into(), rule_status(&schedule)),
        ("Schedule group".into(), html! { <a href={group_page.format()}>{ group.to_owned() }</a> }),
        ("Target".into(), html! { <>{ format!("{}: ", target_kind(&arn)) }{ arn_link(&arn) }</> }),
        ("ARN".into(), code(&text_at(&schedule, "/Arn"))),
    ];
    let current = ScheduleForm::of(&schedule);
    let enabled = current.enabled;
    let toggle = {
        let target = schedule["Target"].clone();
        let change = ScheduleForm { enabled: !enabled, ..current };
        let change = change.request(group, name, target, false);
        let sender = sender.clone();
        let said = if enabled { "The schedule is paused." } else { "The schedule is enabled." };
        Callback::from(move |_: MouseEvent| {
            sender.send(change.iter().cloned().collect(), said, Callback::noop());
        })
    };
    let delete = Deletion {
        requests: vec![request("scheduler", "DeleteSchedule", of_schedule)],
        warning: format!("{name} is deleted. What it started goes on."),
    };
    let actions = html! { <Button label={if enabled { "Disable" } else { "Enable" }} disabled={read_only} busy={sender.busy()} onclick={toggle} /> };
    html! {
        <Resource kind={ResourceKind::Schedules} name={name.to_owned()} {actions} alert={sender.alert()} {delete} {read_only}>
            <Panel title="Schedule detail"><Facts {facts} /></Panel>
            <Settings schedule={(*schedule).clone()} {read_only} />
        </Resource>
    }
}

#[derive(PartialEq, Properties)]
struct SettingsProps {
    /// As GetSchedule answers.
    schedule: Value,
    read_only: bool,
}

/// When it occurs, and what happens then.
#[component]
fn Settings(props: &SettingsProps) -> Html {
    let (schedule, target) =
        (ScheduleForm::of(&props.schedule), TargetForm::of(&props.schedule["Target"]));
    let form = use_form("schedule", initial(&schedule, &target), props.read_only);
    let sender = use_sender();
    let arns = use_target_arns(&TARGETS);
    let (group, name) = (text_at(&props.schedule, "/GroupName"), text_at(&props.schedule, "/Name"));
    let changed = target_of(&form).and_then(|target| {
        schedule_of(&form, schedule.enabled).request(&group, &name, target, false)
    });
    let save = {
        let (sender, changed) = (sender.clone(), changed.clone());
        Callback::from(move |()| {
            let all = changed.iter().cloned().collect();
            sender.send(all, "The schedule was saved.", Callback::noop());
        })
    };
    let times = match form.changed() {
        true => next_times(&form),
        false => html! {
            <NextTimes request={Some(occurrences(json!({ "GroupName": group, "ScheduleName": name })))} />
        },
    };
    form_panel(
        "Schedule",
        "The clock does not run ahead for it: it occurs when the clock is moved past it, at 1x or by hand.",
        &form,
        &sender,
        changed.is_some() && !form.get("arn").trim().is_empty(),
        &save,
        html! {
            <div class="schedule-settings">
                { time_fields(&form) }
                { times }
                <h3>{ "Target" }</h3>
                { target_fields(&form, &arns) }
            </div>
        },
    )
}
