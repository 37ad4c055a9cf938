//! An execution: how it is, and what went in and came out.

use crate::components::machine::{execution_status, moment};
use crate::components::{Empty, Facts, Glyph, Panel};
use crate::hooks::use_query;
use crate::model::{describe_execution, execution_arn, format_micros, machine_arn, pretty_json};
use crate::route::{MachineTab, Route};
use serde_json::Value;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct ExecutionPageProps {
    pub machine: AttrValue,
    pub name: AttrValue,
}

/// An execution's page.
#[component]
pub fn ExecutionPage(props: &ExecutionPageProps) -> Html {
    let arn = execution_arn(&machine_arn(&props.machine), &props.name);
    let answer = use_query(Some(describe_execution(&arn)));
    html! {
        <div class="page">
            <nav class="breadcrumbs" aria-label="Breadcrumbs"><ol>
                <li><a href={Route::Machines.format()}>{ "State machines" }</a></li>
                <li><a href={Route::machine(&props.machine, MachineTab::Executions).format()}>{ props.machine.clone() }</a></li>
                <li aria-current="page">{ props.name.clone() }</li>
            </ol></nav>
            <header class="page-header">
                <div class="page-title">
                    <h1>{ props.name.clone() }</h1>
                    if let Some(Ok(output)) = &answer { { execution_status(output.get("status").and_then(Value::as_str).unwrap_or_default()) } }
                </div>
            </header>
            { match &answer {
                None => html! { <p class="quiet" role="status">{ "Loading …" }</p> },
                Some(Err(_)) => html! { <Empty glyph={Glyph::Machines} title="There is no execution of this name" /> },
                Some(Ok(output)) => details(output),
            } }
        </div>
    }
}

fn details(output: &Value) -> Html {
    let text = |member: &str| output.get(member).and_then(Value::as_str);
    let seconds = |member: &str| output.get(member).and_then(Value::as_f64);
    let started = seconds("startDate").unwrap_or_default();
    let mut facts: Vec<(AttrValue, Html)> = vec![("Started".into(), moment(started))];
    if let Some(stopped) = seconds("stopDate") {
        facts.push(("Ended".into(), moment(stopped)));
        let duration = ((stopped - started).max(0.0) * 1e6) as u64;
        facts.push(("Duration".into(), format_micros(duration).into()));
    }
    for (member, label) in [("error", "Error"), ("cause", "Cause")] {
        if let Some(text) = text(member) {
            facts.push((
                label.into(),
                html! { <span class="aws-message">{ text.to_owned() }</span> },
            ));
        }
    }
    let json = |title: &'static str, member: &str| match text(member) {
        Some(text) => {
            html! { <Panel {title}><pre class="result-text" tabindex="0" role="group" aria-label={title}>{ pretty_json(text) }</pre></Panel> }
        }
        None => html! {},
    };
    html! {
        <div class="machine-configuration">
            <Panel title="Execution"><Facts {facts} /></Panel>
            { json("Input", "input") }
            { json("Output", "output") }
        </div>
    }
}
