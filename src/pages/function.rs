//! A function: its heading, and its tabs in the console's order.

use super::code_tab::CodeTab;
use super::configuration::ConfigurationTab;
use super::function_versions::{FunctionAliases, FunctionVersions};
use super::monitor_tab::MonitorTab;
use super::test_tab::TestTab;
use crate::actions;
use crate::app::Dialog;
use crate::components::{Button, Empty, Glyph, Tab, Tabs, function_status};
use crate::hooks::{use_app, use_document, use_here, use_runs, use_session, use_view};
use crate::host;
use crate::model::{InvocationType, RunState};
use crate::route::{ConfigurationSection, FunctionTab, Route};
use coldstart_protocol::ViewSpec;
use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct FunctionPageProps {
    pub name: AttrValue,
    pub tab: FunctionTab,
    /// The request whose logs are shown; empty for all.
    #[prop_or_default]
    pub request: AttrValue,
    /// Which part of the configuration is shown.
    #[prop_or_default]
    pub section: ConfigurationSection,
}

/// A function's page.
#[component]
pub fn FunctionPage(props: &FunctionPageProps) -> Html {
    let app = use_app();
    let name = props.name.to_string();
    use_view(Some(ViewSpec::Function { name: name.clone() }));
    let detail = use_session({
        let name = name.clone();
        move |session| session.details.get(&name).cloned()
    });
    let (read_only, has_draft, opened) = use_document({
        let name = name.clone();
        move |document| (document.read_only(), document.draft(&name).is_some(), document.is_open())
    });
    let running = use_runs({
        let name = name.clone();
        move |runs| runs.by_function.get(&name).is_some_and(|run| run.state == RunState::Running)
    });
    let modal = use_here(|here| here.dialog.is_some());
    // Ctrl+Enter tests from anywhere on the page; the editors' own keys end before they get here.
    use_effect_with((name.clone(), app.clone(), modal), |(name, app, modal)| {
        let (name, app, modal) = (name.clone(), app.clone(), *modal);
        let listener = EventListener::new_with_options(
            &host::window(),
            "keydown",
            EventListenerOptions::enable_prevent_default(),
            move |event| {
                let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
                if event.key() == "Enter"
                    && (event.ctrl_key() || event.meta_key())
                    && !event.default_prevented()
                    && !modal
                {
                    event.prevent_default();
                    actions::test(&app, &name, InvocationType::RequestResponse);
                }
            },
        );
        move || drop(listener)
    });
    let missing = matches!(&detail, Some(None)) && !has_draft;
    if missing && opened {
        return html! {
            <div class="page">
                <header class="page-header"><h1>{ name }</h1></header>
                <Empty glyph={Glyph::Functions} title="There is no function of this name in this workspace">
                    <p><a href={Route::Functions.format()}>{ "See all functions" }</a></p>
                </Empty>
            </div>
        };
    }
    let state = detail.clone().flatten().and_then(|detail| {
        detail.configuration.get("State").and_then(|state| state.as_str().map(str::to_owned))
    });
    let description = detail
        .flatten()
        .and_then(|detail| {
            detail
                .configuration
                .get("Description")
                .and_then(|text| text.as_str().map(str::to_owned))
        })
        .filter(|text| !text.is_empty());
    let tabs = FunctionTab::ALL.map(|tab| Tab { key: tab.segment(), label: tab.label() }).to_vec();
    let on_select = {
        let (app, name) = (app.clone(), name.clone());
        Callback::from(move |key: &'static str| {
            let tab =
                FunctionTab::ALL.into_iter().find(|tab| tab.segment() == key).unwrap_or_default();
            app.go(&Route::function(&name, tab));
        })
    };
    let delete = {
        let (app, name) = (app.clone(), name.clone());
        Callback::from(move |_: MouseEvent| app.open_dialog(Dialog::DeleteFunction(name.clone())))
    };
    html! {
        <div class="page">
            <nav class="breadcrumbs" aria-label="Breadcrumbs"><ol>
                <li><a href={Route::Functions.format()}>{ "Functions" }</a></li><li aria-current="page">{ &name }</li>
            </ol></nav>
            <header class="page-header">
                <div class="page-title">
                    <h1>{ &name }</h1>
                    { match (&state, read_only) {
                        (Some(state), _) => function_status(state),
                        (None, true) => html! { <span class="quiet">{ "Not replayed" }</span> },
                        (None, false) => html! {},
                    } }
                    if let Some(description) = description { <p>{ description }</p> }
                </div>
                <div class="page-actions">
                    <Button glyph={Glyph::Delete} label="Delete" disabled={read_only} onclick={delete} />
                </div>
            </header>
            <Tabs label={format!("Parts of {name}")} {tabs} selected={props.tab.segment()} {on_select}>
                { match props.tab {
                    FunctionTab::Code => html! { <CodeTab name={props.name.clone()} {running} /> },
                    FunctionTab::Test => html! { <TestTab name={props.name.clone()} {running} /> },
                    FunctionTab::Monitor => html! { <MonitorTab key={props.request.to_string()} name={props.name.clone()} request={props.request.clone()} /> },
                    FunctionTab::Configuration => html! { <ConfigurationTab name={props.name.clone()} section={props.section} /> },
                    FunctionTab::Aliases => html! { <FunctionAliases name={props.name.clone()} /> },
                    FunctionTab::Versions => html! { <FunctionVersions name={props.name.clone()} /> },
                } }
            </Tabs>
        </div>
    }
}
