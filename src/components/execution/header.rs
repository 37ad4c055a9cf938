//! An execution's name, how it stands, and what can be done with it.

use super::rerun::RerunDialog;
use crate::actions;
use crate::components::machine::execution_status;
use crate::components::{Button, ButtonKind, Glyph};
use crate::hooks::use_app;
use coldstart_protocol::ExecutionSummary;
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct ExecutionHeaderProps {
    pub name: AttrValue,
    /// The machine; empty for an imported history.
    pub machine: AttrValue,
    pub arn: AttrValue,
    pub summary: Option<Rc<ExecutionSummary>>,
    pub read_only: bool,
}

/// The heading.
#[component]
pub fn ExecutionHeader(props: &ExecutionHeaderProps) -> Html {
    let app = use_app();
    let dialog = use_state(|| false);
    let status = props.summary.as_ref().map(|summary| summary.status.clone()).unwrap_or_default();
    let act = |action: fn(&crate::app::App, &str)| {
        let (app, arn) = (app.clone(), props.arn.clone());
        Callback::from(move |_: MouseEvent| action(&app, &arn))
    };
    let open = {
        let dialog = dialog.clone();
        Callback::from(move |_: MouseEvent| dialog.set(true))
    };
    let on_close = {
        let dialog = dialog.clone();
        Callback::from(move |()| dialog.set(false))
    };
    // AWS refuses to stop or redrive them.
    let express = props.arn.contains(":express:");
    let redrivable = !express && matches!(status.as_str(), "FAILED" | "TIMED_OUT" | "ABORTED");
    html! {
        <header class="page-header">
            <div class="page-title">
                <h1>{ props.name.clone() }</h1>
                if express { <span class="quiet">{ "Express" }</span> }
                if props.summary.is_some() { { if status == "INCOMPLETE" { html! { <span class="quiet">{ "The file ends before the execution does" }</span> } } else { execution_status(&status) } } }
            </div>
            if !props.machine.is_empty() {
                <div class="page-actions">
                    <Button glyph={Glyph::Stop} label="Stop" disabled={props.read_only || express || status != "RUNNING"} onclick={act(actions::stop)} />
                    <Button glyph={Glyph::Reset} label="Redrive" disabled={props.read_only || !redrivable} onclick={act(actions::redrive)} />
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Play} label="New execution" disabled={props.read_only || props.summary.is_none()} onclick={open} />
                </div>
            }
            if let (true, Some(summary)) = (*dialog, &props.summary) {
                <RerunDialog machine={props.machine.clone()} input={summary.input.clone().unwrap_or_else(|| "{}".into())} {on_close} />
            }
        </header>
    }
}
