//! The page of one resource of a service: where one is, its name, what can be done with it, and the question before it is deleted.

use crate::components::form::{form_dialog, use_sender};
use crate::components::{Button, Empty, Glyph, use_open, waiting};
use crate::hooks::{Answer, use_app};
use crate::route::{ResourceKind, Route};
use coldstart_workspace::ApiRequest;
use serde_json::Value;
use std::rc::Rc;
use yew::prelude::*;

/// One of them, in a sentence.
pub(super) fn noun(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::Topics => "topic",
        ResourceKind::Rules => "rule",
        ResourceKind::Buses => "event bus",
        ResourceKind::Archives => "archive",
        ResourceKind::Replays => "replay",
        ResourceKind::Schedules => "schedule",
        ResourceKind::Groups => "schedule group",
        ResourceKind::Layers => "layer",
        ResourceKind::Roles => "role",
    }
}

/// What deleting a resource comes to.
#[derive(Clone, PartialEq)]
pub(super) struct Deletion {
    /// One after the other.
    pub(super) requests: Vec<ApiRequest>,
    /// What goes, and what stays.
    pub(super) warning: String,
}

#[derive(PartialEq, Properties)]
pub(super) struct ResourceProps {
    pub(super) kind: ResourceKind,
    pub(super) name: AttrValue,
    /// What stands beside the name.
    #[prop_or_default]
    pub(super) note: AttrValue,
    /// Buttons before Delete.
    #[prop_or_default]
    pub(super) actions: Html,
    /// Why the last of those actions was refused.
    #[prop_or_default]
    pub(super) alert: Html,
    /// None for what cannot be deleted as a whole.
    #[prop_or_default]
    pub(super) delete: Option<Deletion>,
    #[prop_or_default]
    pub(super) read_only: bool,
    pub(super) children: Html,
}

/// The frame of the page.
#[component]
pub(super) fn Resource(props: &ResourceProps) -> Html {
    let app = use_app();
    let (deleting, on_ask, on_close) = use_open();
    let sender = use_sender();
    let (kind, name, noun) = (props.kind, &props.name, noun(props.kind));
    let delete = {
        let (sender, deletion) = (sender.clone(), props.delete.clone());
        Callback::from(move |()| {
            let Some(Deletion { requests, .. }) = deletion.clone() else { return };
            let app = app.clone();
            let gone = Callback::from(move |()| app.go(&Route::Resources(kind)));
            sender.send(requests, format!("The {noun} was deleted."), gone);
        })
    };
    html! {
        <div class="page service-page">
            <nav class="breadcrumbs" aria-label="Breadcrumbs"><ol>
                <li><a href={Route::Resources(kind).format()}>{ kind.label() }</a></li><li aria-current="page">{ name.clone() }</li>
            </ol></nav>
            <header class="page-header">
                <div class="page-title"><h1>{ name.clone() }</h1>if !props.note.is_empty() { <span class="quiet">{ props.note.clone() }</span> }</div>
                <div class="page-actions">
                    { props.actions.clone() }
                    if props.delete.is_some() { <Button glyph={Glyph::Delete} label="Delete" disabled={props.read_only} onclick={on_ask} /> }
                </div>
            </header>
            { props.alert.clone() }
            { props.children.clone() }
            if let Some(Deletion { warning, .. }) = props.delete.as_ref().filter(|_| deleting) {
                { form_dialog(&format!("Delete {noun}"), "Delete", &sender, true, &delete, &on_close, html! { <p>{ warning.clone() }</p> }) }
            }
        </div>
    }
}

/// What a resource's page is drawn from. Without it, the page that says so.
pub(super) fn found(kind: ResourceKind, name: &str, answer: &Answer) -> Result<Rc<Value>, Html> {
    match answer {
        Some(Ok(output)) => Ok(output.clone()),
        other => Err(missing(kind, name, other.is_some())),
    }
}

/// The page of something that is not there, or not known yet.
fn missing(kind: ResourceKind, name: &str, is_known: bool) -> Html {
    html! {
        <div class="page">
            <header class="page-header"><h1>{ name.to_owned() }</h1></header>
            if is_known {
                <Empty glyph={Glyph::Search} title={format!("There is no {} of this name in this workspace", noun(kind))}>
                    <p><a href={Route::Resources(kind).format()}>{ format!("See all: {}", kind.label()) }</a></p>
                </Empty>
            } else {
                { waiting(noun(kind)) }
            }
        </div>
    }
}
