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
                <li><a href={Route::machine(&props.machine, MachineTab::Executions).format()}>{ props.machine.clone() }</a></li>
                <li aria-current="page">{ props.name.clone() }</li>
            </ol></nav>
            <ExecutionHeader name={props.name.clone()} machine={props.machine.clone()} arn={arn.clone()} {summary} {read_only} />
            if let Some(fault) = fault {
                <Empty glyph={Glyph::Machines} title="This execution cannot be shown" text={fault} />
            }
            <ExecutionView source={arn} machine={props.machine.clone()} {read_only} />
        </div>
    }
}
