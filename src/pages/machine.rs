//! A state machine: its heading, and its tabs in the console's order.

use super::machine_configuration::MachineConfiguration;
use super::machine_executions::MachineExecutions;
use super::machine_mocks::MachineMocks;
use super::machine_versions::MachineVersions;
use crate::actions;
use crate::app::Dialog;
use crate::components::machine::{DefinitionEditor, refused};
use crate::components::{Button, ButtonKind, Empty, Glyph, Status, StatusTone, Tab, Tabs};
use crate::hooks::{Answer, use_app, use_document, use_query};
use crate::model::{
    CallError, DocumentAction, describe_machine, machine_arn, machine_type_label,
    machine_type_name, same_definition,
};
use crate::route::{MachineTab, Route};
use coldstart_workspace::{MachineDraft, MachineType};
use serde_json::Value;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct MachinePageProps {
    pub name: AttrValue,
    pub tab: MachineTab,
}

/// A machine's page.
#[component]
pub fn MachinePage(props: &MachinePageProps) -> Html {
    let app = use_app();
    let name = props.name.to_string();
    let arn = machine_arn(&name);
    let described = use_query(Some(describe_machine(&arn)));
    let (draft, read_only) = use_document({
        let name = name.clone();
        move |document| (document.machine(&name).cloned(), document.read_only())
    });
    // A machine that came by the API gets a draft when somebody looks at it.
    {
        let (app, name, arn) = (app.clone(), name.clone(), arn);
        let adopt = draft.is_none() && !read_only && matches!(described, Some(Ok(_)));
        use_effect_with(adopt, move |adopt| {
            if *adopt {
                spawn_local(async move { actions::adopt_machine(&app, &name, &arn).await });
            }
        });
    }
    if draft.is_none() && matches!(described, Some(Err(_))) {
        return html! {
            <div class="page">
                <header class="page-header"><h1>{ name }</h1></header>
                <Empty glyph={Glyph::Machines} title="There is no state machine of this name in this workspace">
                    <p><a href={Route::Machines.format()}>{ "See all state machines" }</a></p>
                </Empty>
            </div>
        };
    }
    let kind = draft.as_ref().map_or("STANDARD", |draft| machine_type_name(draft.machine_type));
    let tabs = MachineTab::ALL.map(|tab| Tab { key: tab.segment(), label: tab.label() }).to_vec();
    let on_select = {
        let (app, name) = (app.clone(), name.clone());
        Callback::from(move |key: &'static str| {
            let tab =
                MachineTab::ALL.into_iter().find(|tab| tab.segment() == key).unwrap_or_default();
            app.go(&Route::machine(&name, tab));
        })
    };
    let open = |dialog: Dialog| {
        let app = app.clone();
        Callback::from(move |_: MouseEvent| app.open_dialog(dialog.clone()))
    };
    let saved = matches!(described, Some(Ok(_)));
    html! {
        <div class="page machine-page">
            <nav class="breadcrumbs" aria-label="Breadcrumbs"><ol>
                <li><a href={Route::Machines.format()}>{ "State machines" }</a></li><li aria-current="page">{ &name }</li>
            </ol></nav>
            <header class="page-header">
                <div class="page-title"><h1>{ &name }</h1><span class="quiet">{ machine_type_label(kind) }</span></div>
                <div class="page-actions">
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Play} label="Start execution" disabled={read_only || !saved} onclick={open(Dialog::StartExecution(name.clone()))} />
                    <Button glyph={Glyph::Delete} label="Delete" disabled={read_only} onclick={open(Dialog::DeleteMachine(name.clone()))} />
                </div>
            </header>
            <Tabs label={format!("Parts of {name}")} {tabs} selected={props.tab.segment()} {on_select}>
                { match (props.tab, draft) {
                    (MachineTab::Definition, Some(draft)) => html! { <DefinitionTab name={props.name.clone()} {draft} {read_only} {described} /> },
                    (MachineTab::Definition, None) => html! { <p class="quiet" role="status">{ "Loading …" }</p> },
                    (MachineTab::Executions, _) => html! { <MachineExecutions name={props.name.clone()} express={kind == "EXPRESS"} /> },
                    (MachineTab::Mocks, _) => html! { <MachineMocks name={props.name.clone()} {read_only} /> },
                    (MachineTab::Versions, _) => html! { <MachineVersions name={props.name.clone()} {read_only} {saved} /> },
                    (MachineTab::Configuration, _) => html! { <MachineConfiguration name={props.name.clone()} {read_only} {described} /> },
                } }
            </Tabs>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct DefinitionTabProps {
    name: AttrValue,
    draft: MachineDraft,
    read_only: bool,
    described: Answer,
}

#[component]
fn DefinitionTab(props: &DefinitionTabProps) -> Html {
    let app = use_app();
    let name = props.name.to_string();
    let fault = use_state(|| None::<CallError>);
    let saving = use_state(|| false);
    let saved = match &props.described {
        Some(Ok(output)) => output.get("definition").and_then(Value::as_str),
        _ => None,
    };
    let differs = saved.is_none_or(|saved| !same_definition(saved, &props.draft.definition));
    let can_save = differs && !props.read_only && props.described.is_some() && !*saving;
    let on_change = {
        let (app, name) = (app.clone(), name.clone());
        Callback::from(move |text: String| {
            app.document.dispatch(DocumentAction::DefinitionEdited {
                name: name.clone(),
                definition: text,
            });
        })
    };
    let on_save = {
        let (app, name, fault, saving) = (app.clone(), name.clone(), fault.clone(), saving.clone());
        Callback::from(move |()| {
            if !can_save {
                return;
            }
            saving.set(true);
            let (app, name, fault, saving) =
                (app.clone(), name.clone(), fault.clone(), saving.clone());
            spawn_local(async move {
                let result = actions::save_definition(&app, &name).await;
                if result.is_err() {
                    app.say("The definition was not saved.");
                }
                fault.set(result.err());
                saving.set(false);
            });
        })
    };
    let on_run = {
        let (name, read_only) = (name, props.read_only);
        Callback::from(move |()| {
            if !read_only {
                app.open_dialog(Dialog::StartExecution(name.clone()));
            }
        })
    };
    let status = match (props.read_only, &props.described, differs) {
        (true, ..) | (_, None, _) => html! {},
        (_, _, true) => html! { <Status tone={StatusTone::Warning} word="Not saved" /> },
        (_, _, false) => html! { <Status tone={StatusTone::Success} word="Saved" /> },
    };
    let tools = html! {
        <>
            { status }
            <Button label="Save" shortcut="Control+S" kind={ButtonKind::Normal} disabled={!can_save} busy={*saving} onclick={on_save.reform(|_: MouseEvent| ())} />
        </>
    };
    let fault = match &*fault {
        None => html! {},
        Some(error) => html! { <div class="code-fault" role="alert">{ refused(error) }</div> },
    };
    html! {
        <DefinitionEditor name={props.name.clone()} text={props.draft.definition.clone()} express={props.draft.machine_type == MachineType::Express}
                read_only={props.read_only} {tools} {fault} {on_change} {on_save} {on_run} />
    }
}
