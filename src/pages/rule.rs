//! A rule of an event bus: what it matches or when it occurs, and where that goes.

use super::resource::{Deletion, Resource, found};
use super::rule_targets::Targets;
use super::rules::rule_status;
use super::services::{NextTimes, arn_link, code, occurrences, output_of};
use crate::components::form::{Texts, form_panel, use_form, use_sender};
use crate::components::{Alert, Button, CodeEditor, Facts, Panel, Status, StatusTone, TagEditor};
use crate::hooks::{use_document, use_query};
use crate::model::{
    CallError, SAMPLE_EVENT, Tone, bus_arn, halves, list_at, pretty_json, put_rule, request,
    text_at,
};
use crate::route::ResourceKind;
use serde_json::{Value, json};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct RulePageProps {
    /// `BUS/RULE`.
    pub(super) name: AttrValue,
}

/// A rule's page.
#[component]
pub(super) fn RulePage(props: &RulePageProps) -> Html {
    let (bus, name) = halves(&props.name);
    let of_rule = json!({ "EventBusName": bus, "Name": name });
    let answer = use_query(Some(request("events", "DescribeRule", of_rule.clone())));
    let targets = use_query(Some(request(
        "events",
        "ListTargetsByRule",
        json!({ "EventBusName": bus, "Rule": name }),
    )));
    let read_only = use_document(|document| document.read_only());
    let sender = use_sender();
    let rule = match found(ResourceKind::Rules, name, &answer) {
        Ok(rule) => rule,
        Err(page) => return page,
    };
    let targets: Vec<Value> = list_at(&output_of(&targets), "Targets").to_vec();
    let enabled = text_at(&rule, "/State") != "DISABLED";
    let expression = text_at(&rule, "/ScheduleExpression");
    let kind = if expression.is_empty() { "Event pattern" } else { "Scheduled" };
    let description = text_at(&rule, "/Description");
    let arn = text_at(&rule, "/Arn");
    let mut facts: Vec<(AttrValue, Html)> = vec![
        ("Status".into(), rule_status(&rule)),
        ("Event bus".into(), arn_link(&bus_arn(bus))),
        ("Type".into(), kind.into()),
    ];
    if !description.is_empty() {
        facts.push(("Description".into(), description.into()));
    }
    facts.push(("ARN".into(), code(&arn)));
    let toggle = {
        let (sender, of_rule) = (sender.clone(), of_rule.clone());
        let (operation, said) = match enabled {
            true => ("DisableRule", "The rule is disabled."),
            false => ("EnableRule", "The rule is enabled."),
        };
        Callback::from(move |_: MouseEvent| {
            let change = request("events", operation, of_rule.clone());
            sender.send(vec![change], said, Callback::noop());
        })
    };
    let ids: Vec<String> = targets.iter().map(|target| text_at(target, "/Id")).collect();
    // A rule with targets cannot be deleted; the console removes them first, too.
    let mut requests = Vec::new();
    if !ids.is_empty() {
        let params = json!({ "EventBusName": bus, "Rule": name, "Ids": ids });
        requests.push(request("events", "RemoveTargets", params));
    }
    requests.push(request("events", "DeleteRule", of_rule));
    let delete = Deletion { requests, warning: format!("{name} and its targets are deleted.") };
    let actions = html! { <Button label={if enabled { "Disable" } else { "Enable" }} disabled={read_only} busy={sender.busy()} onclick={toggle} /> };
    html! {
        <Resource kind={ResourceKind::Rules} name={name.to_owned()} {actions} alert={sender.alert()} {delete} {read_only}>
            <Panel title="Rule details"><Facts {facts} /></Panel>
            if expression.is_empty() {
                <EventPattern rule={(*rule).clone()} {read_only} />
            } else {
                <EventSchedule rule={(*rule).clone()} {read_only} />
            }
            <Targets bus={bus.to_owned()} rule={name.to_owned()} {targets} {read_only} />
            <TagEditor {arn} {read_only} />
        </Resource>
    }
}

#[derive(PartialEq, Properties)]
struct PartProps {
    /// As DescribeRule answers.
    rule: Value,
    read_only: bool,
}

/// The pattern, and a sample event that it is tried on with each keystroke.
#[component]
fn EventPattern(props: &PartProps) -> Html {
    let saved = text_at(&props.rule, "/EventPattern");
    // As its author laid it out, if anybody did.
    let laid_out = if saved.contains('\n') { saved } else { pretty_json(&saved) };
    let initial = Texts::from([("pattern", laid_out)]);
    let form = use_form("rule-pattern", initial, props.read_only);
    let sample = use_state(|| SAMPLE_EVENT.to_owned());
    let sender = use_sender();
    let pattern = form.get("pattern").to_owned();
    let params = json!({ "EventPattern": pattern, "Event": *sample });
    let verdict = use_query(Some(request("events", "TestEventPattern", params)));
    let save = {
        let (sender, rule, pattern) = (sender.clone(), props.rule.clone(), pattern.clone());
        Callback::from(move |()| {
            let put = put_rule(&rule, &[("EventPattern", &pattern)]);
            sender.send(vec![put], "The event pattern was saved.", Callback::noop());
        })
    };
    let on_sample = {
        let sample = sample.clone();
        Callback::from(move |text: String| sample.set(text))
    };
    let verdict = match &verdict {
        None => html! { <Status tone={StatusTone::Working} word="Testing" /> },
        Some(Ok(output)) if output["Result"] == true => {
            html! { <Status tone={StatusTone::Success} word="Sample event matched the event pattern" /> }
        }
        Some(Ok(_)) => {
            html! { <Status tone={StatusTone::Error} word="Sample event did not match the event pattern" /> }
        }
        Some(Err(CallError::Refused(failure))) => html! {
            <Alert tone={Tone::Error} title={failure.code.clone()}><p class="aws-message">{ &failure.message }</p></Alert>
        },
        Some(Err(CallError::EngineLost)) => html! {},
    };
    form_panel(
        "Event pattern",
        "An event matches when each member of the pattern does. Tried on the sample event while you write.",
        &form,
        &sender,
        !pattern.trim().is_empty(),
        &save,
        html! {
            <>
                <div class="pattern-editors">
                    <div>
                        <h3>{ "Event pattern" }</h3>
                        <CodeEditor text={pattern} language="json" label="Event pattern" read_only={props.read_only} on_change={form.set("pattern")} />
                    </div>
                    <div>
                        <h3>{ "Sample event" }</h3>
                        <CodeEditor text={(*sample).clone()} language="json" label="Sample event" on_change={on_sample} />
                    </div>
                </div>
                <div class="pattern-verdict" role="status">{ verdict }</div>
            </>
        },
    )
}

/// When a rule occurs.
#[component]
fn EventSchedule(props: &PartProps) -> Html {
    let saved = text_at(&props.rule, "/ScheduleExpression");
    let form =
        use_form("rule-schedule", Texts::from([("expression", saved.clone())]), props.read_only);
    let sender = use_sender();
    let typed = form.get("expression").trim().to_owned();
    let params = match typed == saved {
        true => {
            json!({ "RuleName": text_at(&props.rule, "/Name"), "EventBusName": text_at(&props.rule, "/EventBusName") })
        }
        false => json!({ "OfRule": true, "ScheduleExpression": typed }),
    };
    let save = {
        let (sender, rule) = (sender.clone(), props.rule.clone());
        Callback::from(move |()| {
            let put = put_rule(&rule, &[("ScheduleExpression", &typed)]);
            sender.send(vec![put], "The schedule was saved.", Callback::noop());
        })
    };
    form_panel(
        "Event schedule",
        "The clock does not run ahead for it: it occurs when the clock is moved past it, at 1x or by hand.",
        &form,
        &sender,
        !form.get("expression").trim().is_empty(),
        &save,
        html! {
            <div class="schedule-times">
                { form.text("expression", "Schedule expression", "rate(5 minutes), or cron(0 9 ? * MON-FRI *) in UTC.") }
                <NextTimes request={Some(occurrences(params))} />
            </div>
        },
    )
}
