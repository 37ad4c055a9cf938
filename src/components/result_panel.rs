//! The result of a function's last test.

use super::{
    Alert, CopyButton, Empty, Facts, Glyph, Panel, RunningBar, Segments, Status, StatusTone,
};
use crate::hooks::{use_runs, use_session, use_view};
use crate::model::{
    CallError, InvocationType, Report, Run, RunState, Tone, Verdict, advice, find_report,
    find_request_id, format_bytes, format_cost, handler_error, pretty_json,
};
use crate::route::{FunctionTab, Route};
use coldstart_protocol::{InvocationRow, ViewSpec};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct ResultPanelProps {
    pub function: AttrValue,
}

/// The last test's result, or how to get one.
#[component]
pub fn ResultPanel(props: &ResultPanelProps) -> Html {
    let function = props.function.to_string();
    let run = use_runs({
        let function = function.clone();
        move |runs| runs.by_function.get(&function).cloned()
    });
    use_view(Some(ViewSpec::Invocations { function: function.clone(), rows_max: 50 }));
    let log = run.as_ref().and_then(|run| run.log_tail());
    let report = log.as_deref().and_then(find_report);
    let request_id = report
        .as_ref()
        .map(|report| report.request_id.clone())
        .or_else(|| log.as_deref().and_then(find_request_id).map(str::to_owned));
    let row = use_session(move |session| {
        let rows = &session.invocations.get(&function)?.rows;
        rows.iter().find(|row| request_id.as_ref().is_some_and(|id| row.request_id == *id)).cloned()
    });
    html! {
        <Panel title="Result" class="result-panel">
            { match &run {
                None => html! { <Empty glyph={Glyph::Play} title="No result yet" text="Press Test to invoke the function with the selected event." /> },
                Some(run) => html! { <RunResult run={run.clone()} function={props.function.clone()} {log} {report} {row} /> },
            } }
        </Panel>
    }
}

#[derive(PartialEq, Properties)]
struct RunResultProps {
    run: Rc<Run>,
    function: AttrValue,
    log: Option<String>,
    report: Option<Report>,
    row: Option<InvocationRow>,
}

#[component]
fn RunResult(props: &RunResultProps) -> Html {
    let raw = use_state(|| false);
    let run = &props.run;
    let verdict = run.verdict();
    let (tone, word) = match verdict {
        Verdict::Running => (StatusTone::Working, "Running"),
        Verdict::Succeeded => (StatusTone::Success, "Succeeded"),
        Verdict::Failed => (StatusTone::Error, "Failed"),
        Verdict::Refused => (StatusTone::Error, "Refused"),
        Verdict::Accepted => (StatusTone::Info, "Queued"),
        Verdict::Checked => (StatusTone::Success, "Checked"),
    };
    let status = match &run.state {
        RunState::Done(Ok(response)) => format!("HTTP {}", response.status),
        RunState::Done(Err(CallError::Refused(failure))) => format!("HTTP {}", failure.status),
        _ => String::new(),
    };
    html! {
        <div class="result">
            <div class="result-head">
                <Status {tone} {word} />
                <span class="result-event">{ format!("Event “{}”", run.event_name) }</span>
                <span class="result-status">{ status }</span>
            </div>
            { match (&run.state, verdict) {
                (RunState::Running, _) => html! { <RunningBar function={props.function.clone()} /> },
                (RunState::Done(Err(error)), _) => refused(error),
                (_, Verdict::Accepted) => html! {
                    <p>{ "The event is queued. " }<a href={monitor(&props.function)}>{ "Watch it in Monitor" }</a>{ "." }</p>
                },
                (_, Verdict::Checked) => html! { <p>{ "The request is valid. Nothing ran." }</p> },
                _ => html! {},
            } }
            { facts(props) }
            { payload(props, &raw) }
            if let Some(log) = props.log.clone().filter(|log| !log.is_empty()) {
                <div class="result-part">
                    <div class="result-part-head">
                        <h3>{ "Log output" }</h3>
                        <a href={monitor(&props.function)}>{ "All logs" }</a>
                    </div>
                    <pre class="result-text" tabindex="0" role="group" aria-label="Log output">{ log }</pre>
                </div>
            }
        </div>
    }
}

fn monitor(function: &str) -> String {
    Route::function(function, FunctionTab::Monitor).format()
}

fn refused(error: &CallError) -> Html {
    match error {
        CallError::EngineLost => {
            html! { <Alert tone={Tone::Error} title="The engine stopped while it worked on this." /> }
        }
        CallError::Refused(failure) => html! {
            <Alert tone={Tone::Error} title={failure.code.clone()}>
                <p class="aws-message">{ &failure.message }</p>
                if let Some(advice) = advice(&failure.code) { <p>{ advice }</p> }
            </Alert>
        },
    }
}

fn facts(props: &RunResultProps) -> Html {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".into());
    let Some(report) = &props.report else { return html! {} };
    let mut facts: Vec<(AttrValue, Html)> = vec![
        ("Start".into(), start(report.init.is_some())),
        ("Duration".into(), text(&report.duration).into()),
        ("Billed duration".into(), text(&report.billed).into()),
    ];
    if let Some(init) = &report.init {
        facts.push(("Init duration".into(), init.clone().into()));
    }
    facts.push((
        "Max memory used".into(),
        format!("{} of {}", text(&report.memory_used), text(&report.memory_size)).into(),
    ));
    if let Some(version) = props.run.executed_version().filter(|version| *version != "$LATEST") {
        facts.push(("Executed version".into(), version.to_owned().into()));
    }
    if let Some(row) = &props.row {
        facts.push(("Cost".into(), format_cost(row.cost_nano_usd).into()));
    }
    facts.push((
        "Request ID".into(),
        html! { <code class="request-id">{ &report.request_id }</code> },
    ));
    html! { <Facts {facts} /> }
}

/// Cold or warm, with its own icon.
fn start(cold: bool) -> Html {
    let (glyph, word, class) = if cold {
        (Glyph::Snow, "Cold", "start-cold")
    } else {
        (Glyph::Fast, "Warm", "start-warm")
    };
    html! { <span class={classes!("start", class)}><super::Icon {glyph} />{ word }</span> }
}

fn payload(props: &RunResultProps, raw: &UseStateHandle<bool>) -> Html {
    let Some(payload) = props.run.payload() else { return html! {} };
    if props.run.invocation_type != InvocationType::RequestResponse {
        return html! {};
    }
    let failed = props.run.verdict() == Verdict::Failed;
    let error = handler_error(payload).filter(|_| failed);
    let shown: AttrValue =
        if **raw { payload.to_owned().into() } else { pretty_json(payload).into() };
    let on_select = {
        let raw = raw.clone();
        Callback::from(move |value: AttrValue| raw.set(value == "raw"))
    };
    html! {
        <>
            if let Some((kind, message)) = error {
                <Alert tone={Tone::Error} title={kind.unwrap_or_else(|| "Error".into())}><p class="aws-message">{ message }</p></Alert>
            }
            <div class="result-part">
                <div class="result-part-head">
                    <h3>{ "Response" }<span class="panel-counter">{ format!(" ({})", format_bytes(payload.len() as u64)) }</span></h3>
                    <Segments label="How to show the response" name="response-form" {on_select} selected={if **raw { "raw" } else { "pretty" }}
                        options={vec![("pretty".into(), "Pretty".into()), ("raw".into(), "Raw".into())]} />
                    <CopyButton kind={super::ButtonKind::Icon} label="Copy the response" text={payload.to_owned()} />
                </div>
                <pre class="result-text" tabindex="0" role="group" aria-label="Response">{ shown }</pre>
            </div>
        </>
    }
}
