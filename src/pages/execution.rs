//! An execution of this workspace's machines.

use crate::components::execution::{ExecutionHeader, ExecutionView};
use crate::components::{Empty, Glyph};
use crate::hooks::{use_document, use_session};
use crate::model::{execution_arn, machine_arn};
use crate::route::{MachineTab, Route};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct ExecutionPageProps {
    pub machine: AttrValue,
    pub name: AttrValue,
}

/// An execution's page.
#[component]
pub fn ExecutionPage(props: &ExecutionPageProps) -> Html {
    let arn = AttrValue::from(execution_arn(&machine_arn(&props.machine), &props.name));
    // An Express execution's id is behind its name; it is for machines.
    let shown = AttrValue::from(props.name.split(':').next().unwrap_or_default().to_owned());
    // A child of a distributed Map state is one of `machine/label`.
    let machine = AttrValue::from(props.machine.split('/').next().unwrap_or_default().to_owned());
    let child = machine != props.machine;
    let read_only = use_document(|document| document.read_only());
    let (summary, fault) = use_session({
        let source = arn.to_string();
        move |session| {
            let windows = session.executions.get(&source).cloned().unwrap_or_default();
            (windows.summary.clone(), windows.fault.clone())
        }
    });
    let fault = fault.filter(|fault| !fault.is_empty() && summary.is_none());
    html! {
        <div class="page execution-page">
            <nav class="breadcrumbs" aria-label="Breadcrumbs"><ol>
                <li><a href={Route::Machines.format()}>{ "State machines" }</a></li>
                <li><a href={Route::machine(&machine, MachineTab::Executions).format()}>{ machine.clone() }</a></li>
                if child { <li>{ "Map run children" }</li> }
                <li aria-current="page">{ shown.clone() }</li>
            </ol></nav>
            <ExecutionHeader name={shown} machine={if child { AttrValue::default() } else { machine.clone() }} arn={arn.clone()} {summary} {read_only} />
            if let Some(fault) = fault {
                <Empty glyph={Glyph::Machines} title="This execution cannot be shown" text={fault} />
            }
            <ExecutionView source={arn} {machine} {read_only} />
        </div>
    }
}
