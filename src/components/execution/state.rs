//! The selected visit of a state: what it got and gave, every value in between, its attempts, and where they led.

use super::callback::CallbackForm;
use super::data::DataText;
use super::{ViewingHandle, select, visit_status};
use crate::components::machine::execution_status;
use crate::components::{
    Alert, Button, ButtonKind, Empty, Glyph, LogView, Panel, Tab, Tabs, TraceLink,
};
use crate::hooks::{use_session, use_view};
use crate::model::{
    Moment, Tone, clipped, execution_of_arn, flow_label, flow_order, format_micros, status_at,
};
use crate::route::Route;
use coldstart_protocol::{Attempt, ExecutionPart, ViewSpec, VisitDetail};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct StatePanelProps {
    pub source: AttrValue,
    pub detail: Option<Rc<VisitDetail>>,
    /// A state was chosen that was not entered by the cursor.
    pub unvisited: Option<AttrValue>,
    pub imported: bool,
    pub read_only: bool,
    pub viewing: ViewingHandle,
}

/// The panel.
#[component]
pub(super) fn StatePanel(props: &StatePanelProps) -> Html {
    let tab = use_state(|| "state-data");
    let clip = use_memo((props.detail.clone(), props.viewing.cursor), |(detail, cursor)| {
        detail.as_ref().map(|detail| Rc::new(clipped(detail, *cursor)))
    });
    if let Some(name) = &props.unvisited {
        return html! {
            <Panel title={name.clone()} class="state-panel"><Empty glyph={Glyph::Clock} title="Not entered by the time cursor" text="The execution did not come to this state, or has not yet." /></Panel>
        };
    }
    let viewing = &props.viewing;
    let Some(detail) = &*clip else {
        return html! {
            <Panel title="State" class="state-panel"><Empty glyph={Glyph::Machines} title="No state selected" text="Select a state in the graph, an event or a bar: all views follow." /></Panel>
        };
    };
    let status = status_at(&detail.bar, viewing.cursor);
    let mut tabs = vec![
        Tab { key: "state-data", label: "Input and output" },
        Tab { key: "state-flow", label: "Data flow" },
    ];
    if !detail.attempts.is_empty() {
        tabs.push(Tab { key: "state-attempts", label: "Attempts" });
    }
    if !detail.assigned.is_empty() || !detail.variables.is_empty() {
        tabs.push(Tab { key: "state-variables", label: "Variables" });
    }
    tabs.push(Tab { key: "state-event", label: "Event" });
    let selected = tabs.iter().find(|known| known.key == *tab).map_or("state-data", |tab| tab.key);
    let on_select = {
        let tab = tab.clone();
        Callback::from(move |key: &'static str| tab.set(key))
    };
    let go = select(viewing);
    let neighbour = |glyph: Glyph, label: &'static str, event: Option<u64>| {
        let onclick = go.reform(move |_: MouseEvent| event.unwrap_or_default());
        html! { <Button kind={ButtonKind::Icon} {glyph} {label} disabled={event.is_none()} {onclick} /> }
    };
    let actions = html! {
        if detail.number.1 > 1 {
            <span class="quiet">{ format!("Visit {} of {}", detail.number.0, detail.number.1) }</span>
            { neighbour(Glyph::StepBack, "The visit before", detail.neighbours.0) }
            { neighbour(Glyph::StepOn, "The next visit", detail.neighbours.1) }
        }
    };
    let moment = Moment::from_unix_ms(detail.bar.from_us / 1_000);
    let duration = detail.bar.to_us.map(|to| format_micros(to.saturating_sub(detail.bar.from_us)));
    let callback = detail
        .attempts
        .last()
        .filter(|last| {
            !last.task_token.is_empty() && last.to_us.is_none() && viewing.cursor.is_none()
        })
        .filter(|_| !props.imported && !props.read_only && detail.bar.to_us.is_none());
    html! {
        <Panel title={detail.bar.name.clone()} {actions} class="state-panel">
            <p class="state-facts">
                { visit_status(status) }
                <span>{ &detail.bar.state_type }</span>
                if !detail.bar.place.is_empty() { <span>{ &detail.bar.place }</span> }
                <time title={moment.full_text()}>{ format!("{}.{:03}", moment.time_text(), moment.millis) }</time>
                if let Some(duration) = duration { <span>{ duration }</span> }
            </p>
            if let Some(error) = &detail.error {
                <Alert tone={Tone::Error} title={error.clone()}>if let Some(cause) = &detail.cause { <p class="aws-message">{ cause }</p> }</Alert>
            }
            if let Some(attempt) = callback { <CallbackForm key={attempt.task_token.clone()} token={attempt.task_token.clone()} /> }
            <Tabs label={format!("Parts of {}", detail.bar.name)} {tabs} {selected} {on_select}>
                { match selected {
                    "state-flow" => flow(detail),
                    "state-attempts" => html! { <Attempts detail={detail.clone()} imported={props.imported} /> },
                    "state-variables" => variables(detail),
                    "state-event" => html! { <DataText title={format!("Event {}", detail.selected)} text={Some(AttrValue::from(detail.event_text.clone()))} /> },
                    _ => data(detail),
                } }
            </Tabs>
        </Panel>
    }
}

fn text(text: &Option<String>) -> Option<AttrValue> {
    text.clone().map(AttrValue::from)
}

fn data(detail: &VisitDetail) -> Html {
    html! {
        <div class="state-parts">
            <DataText title="Input" text={text(&detail.input)} missing="The history was read without execution data." />
            <DataText title="Output" text={text(&detail.output)} missing="None by the time cursor: it goes on, or was not left with one." />
        </div>
    }
}

/// Each value on the way, in the order in which they are made.
fn flow(detail: &VisitDetail) -> Html {
    let rows = match &detail.flow {
        Ok(rows) => rows,
        Err(reason) => return html! { <p class="quiet">{ reason }</p> },
    };
    let mut rows: Vec<&(String, String)> = rows.iter().collect();
    rows.sort_by_key(|(name, _)| flow_order(name));
    let mut before: Option<&str> = None;
    html! {
        <ol class="state-flow">
            for (name, value) in rows {
                <li key={name.clone()}>
                    <DataText title={flow_label(name)} text={Some(AttrValue::from(value.clone()))} note={if before.replace(value.as_str()) == Some(value.as_str()) { "unchanged" } else { "" }} />
                </li>
            }
        </ol>
    }
}

fn variables(detail: &VisitDetail) -> Html {
    let table = |title: &'static str, rows: &[(String, String)]| {
        if rows.is_empty() {
            return html! {};
        }
        html! {
            <div>
                <h3>{ title }</h3>
                <dl class="state-variables">
                    for (name, value) in rows.iter() { <div key={name.clone()}><dt><code>{ format!("${name}") }</code></dt><dd><pre class="result-text" tabindex="0" role="group" aria-label={format!("{title}: {name}")}>{ crate::model::pretty_json(value) }</pre></dd></div> }
                </dl>
            </div>
        }
    };
    html! { <div class="state-parts">{ table("Assigned here", &detail.assigned) }{ table("Seen here", &detail.variables) }</div> }
}

#[derive(PartialEq, Properties)]
struct AttemptsProps {
    detail: Rc<VisitDetail>,
    imported: bool,
}

/// Each try, the last one first open.
#[component]
fn Attempts(props: &AttemptsProps) -> Html {
    let attempts = &props.detail.attempts;
    html! {
        <ol class="state-attempts">
            for (at, attempt) in attempts.iter().enumerate() { <AttemptPart key={attempt.event} attempt={attempt.clone()} number={at + 1} open={at + 1 == attempts.len()} imported={props.imported} /> }
        </ol>
    }
}

#[derive(PartialEq, Properties)]
struct AttemptPartProps {
    attempt: Attempt,
    number: usize,
    open: bool,
    imported: bool,
}

#[component]
fn AttemptPart(props: &AttemptPartProps) -> Html {
    let logs = use_state(|| false);
    let attempt = &props.attempt;
    let outcome = match (&attempt.error, &attempt.result, attempt.to_us) {
        (Some(error), ..) => error.clone(),
        (None, Some(_), _) => "succeeded".to_owned(),
        (None, None, Some(_)) => "ended".to_owned(),
        _ => "under way".to_owned(),
    };
    let duration = attempt
        .to_us
        .map(|to| format!(", {}", format_micros(to.saturating_sub(attempt.from_us))))
        .unwrap_or_default();
    let toggle = {
        let logs = logs.clone();
        Callback::from(move |_: MouseEvent| logs.set(!*logs))
    };
    html! {
        <li>
            <details open={props.open}>
                <summary>{ format!("Attempt {}: {outcome}{duration}", props.number) }</summary>
                <div class="state-parts">
                    if !attempt.resource.is_empty() { <p><code>{ &attempt.resource }</code></p> }
                    if !attempt.function.is_empty() && !props.imported {
                        <div class="state-invocation">
                            <a href={Route::Invocation { function: attempt.function.clone(), request: attempt.request_id.clone() }.format()}>{ "Open invocation" }</a>
                            if !attempt.request_id.is_empty() {
                                <TraceLink id={attempt.request_id.clone()} what={format!("attempt {}", props.number)} />
                                <code>{ &attempt.request_id }</code>
                                <Button kind={ButtonKind::Link} label={if *logs { "Hide log lines" } else { "Show log lines" }} expanded={*logs} onclick={toggle} />
                            }
                        </div>
                        if *logs { <LogView function={attempt.function.clone()} request_id={attempt.request_id.clone()} on_request={Callback::noop()} /> }
                    }
                    if !attempt.child_execution.is_empty() { <ChildExecution arn={attempt.child_execution.clone()} imported={props.imported} /> }
                    if attempt.parameters.is_some() { <DataText title="Parameters" text={text(&attempt.parameters)} /> }
                    if attempt.result.is_some() { <DataText title="Result" text={text(&attempt.result)} /> }
                    if attempt.cause.is_some() { <DataText title="Cause" text={text(&attempt.cause)} /> }
                </div>
            </details>
        </li>
    }
}

#[derive(PartialEq, Properties)]
struct ChildExecutionProps {
    arn: AttrValue,
    imported: bool,
}

/// The execution that a task started, as it stands, with the way to it.
#[component]
fn ChildExecution(props: &ChildExecutionProps) -> Html {
    let source = props.arn.to_string();
    use_view((!props.imported).then(|| ViewSpec::Execution {
        source: source.clone(),
        part: ExecutionPart::Summary { cursor: None },
    }));
    let summary = use_session(move |session| {
        session.executions.get(&source).and_then(|windows| windows.summary.clone())
    });
    let place = execution_of_arn(&props.arn).filter(|_| !props.imported);
    html! {
        <div class="state-invocation">
            <span>{ "Child execution" }</span>
            { match place {
                Some((machine, name)) => html! { <a href={Route::Execution { machine: machine.clone(), name: name.clone() }.format()}>{ format!("{machine} / {name}") }</a> },
                None => html! { <code>{ props.arn.clone() }</code> },
            } }
            if let Some(summary) = summary {
                { execution_status(&summary.status) }
                if let Some(stopped) = summary.stopped_us { <span class="quiet">{ format_micros(stopped.saturating_sub(summary.started_us)) }</span> }
            }
        </div>
    }
}
