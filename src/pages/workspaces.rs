//! The visitor's workspaces.

use crate::actions;
use crate::app::Dialog;
use crate::components::{
    Alert, Button, ButtonKind, Empty, FileInput, Glyph, Panel, Status, StatusTone,
};
use crate::hooks::{use_app, use_document, use_library};
use crate::host;
use crate::model::{Keeping, StoredWorkspace, Tone, format_ago, format_count};
use wasm_bindgen_futures::spawn_local;
use web_sys::{File, HtmlInputElement};
use yew::prelude::*;

/// The list.
#[component]
pub fn WorkspacesPage() -> Html {
    let app = use_app();
    let (entries, keeping) = use_library(|library| (library.entries.clone(), library.keeping));
    let (current, read_only) = use_document(|document| (document.id.clone(), document.read_only()));
    let fault = use_state(|| None::<String>);
    let new = {
        let app = app.clone();
        Callback::from(move |_: MouseEvent| actions::new(&app))
    };
    let reset = {
        let app = app.clone();
        Callback::from(move |_: MouseEvent| app.open_dialog(Dialog::Reset))
    };
    let on_file = {
        let (app, fault) = (app.clone(), fault.clone());
        Callback::from(move |file: File| {
            let (app, fault) = (app.clone(), fault.clone());
            spawn_local(async move {
                let opened = match host::file_bytes(&file).await {
                    Ok(bytes) => actions::open_file(&app, &bytes).await,
                    Err(error) => Err(error),
                };
                fault.set(opened.err().map(|error| format!("{}: {error}", file.name())));
            });
        })
    };
    let actions_html = html! {
        <>
            <FileInput id="workspace-file" label="Open file" accept=".zip,application/zip" {on_file} />
            <Button glyph={Glyph::Reset} label="Reset this workspace" disabled={read_only} onclick={reset} />
            <Button kind={ButtonKind::Primary} label="New workspace" onclick={new} />
        </>
    };
    html! {
        <div class="page">
            <header class="page-header"><div><h1>{ "Workspaces" }</h1><p>{ match keeping {
                Keeping::Memory => "This browser stores nothing: they last until you close this tab.",
                _ => "Each has its own functions, clock and history. They are stored in this browser only.",
            } }</p></div></header>
            if let Some(fault) = &*fault { <div role="alert"><Alert tone={Tone::Error} title="The file could not be opened."><p>{ fault }</p></Alert></div> }
            <Panel title="My workspaces" counter={format_count(entries.len() as u64)} actions={actions_html} flush={true}>
                if entries.is_empty() {
                    <Empty glyph={Glyph::Workspaces} title="Nothing is stored yet" text="Your workspace is stored with its first change." />
                } else {
                    <div class="table-scroll" tabindex="0" role="group" aria-label="Workspaces">
                        <table class="table">
                            <thead><tr>
                                <th scope="col">{ "Name" }</th><th scope="col" class="number">{ "Functions" }</th><th scope="col" class="number">{ "Commands" }</th>
                                <th scope="col">{ "Changed" }</th><th scope="col"><span class="visually-hidden">{ "Actions" }</span></th>
                            </tr></thead>
                            <tbody>
                                for entry in entries.iter() { <WorkspaceLine key={entry.id.clone()} entry={entry.clone()} current={entry.id == current} /> }
                            </tbody>
                        </table>
                    </div>
                }
            </Panel>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct WorkspaceLineProps {
    entry: StoredWorkspace,
    current: bool,
}

#[component]
fn WorkspaceLine(props: &WorkspaceLineProps) -> Html {
    let app = use_app();
    let renaming = use_state(|| false);
    let input = use_node_ref();
    let entry = &props.entry;
    let act = |action: fn(&crate::app::App, &str)| {
        let (app, id) = (app.clone(), entry.id.clone());
        Callback::from(move |_: MouseEvent| action(&app, &id))
    };
    let begin = {
        let renaming = renaming.clone();
        Callback::from(move |_: MouseEvent| renaming.set(true))
    };
    use_effect_with(*renaming, {
        let input = input.clone();
        move |renaming| {
            if let Some(input) = input.cast::<HtmlInputElement>().filter(|_| *renaming) {
                let _ = input.focus();
                input.select();
            }
        }
    });
    let finish = {
        let (app, id, name, renaming, input) =
            (app.clone(), entry.id.clone(), entry.name.clone(), renaming.clone(), input.clone());
        Callback::from(move |keep: bool| {
            if let Some(input) = input.cast::<HtmlInputElement>().filter(|_| keep && *renaming) {
                let wanted = input.value().trim().to_owned();
                if !wanted.is_empty() && wanted != name {
                    actions::rename(&app, &id, &wanted);
                }
            }
            renaming.set(false);
        })
    };
    let onkeydown = {
        let finish = finish.clone();
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "Enter" => finish.emit(true),
            "Escape" => finish.emit(false),
            _ => {}
        })
    };
    html! {
        <tr>
            <th scope="row">
                if *renaming {
                    <input ref={input} class="rename" aria-label="Workspace name" value={entry.name.clone()} {onkeydown} onblur={finish.reform(|_: FocusEvent| true)} maxlength="80" />
                } else {
                    <button type="button" class="text-button" onclick={act(actions::open)}>{ &entry.name }</button>
                    if props.current { <Status tone={StatusTone::Success} word="Open" /> }
                }
            </th>
            <td class="number">{ format_count(entry.functions as u64) }</td>
            <td class="number">{ format_count(entry.commands as u64) }</td>
            <td>{ format_ago(host::unix_ms(), entry.modified_ms) }</td>
            <td class="row-actions">
                <Button kind={ButtonKind::Icon} glyph={Glyph::Edit} label={format!("Rename {}", entry.name)} onclick={begin} />
                <Button kind={ButtonKind::Icon} glyph={Glyph::Copy} label={format!("Duplicate {}", entry.name)} onclick={act(actions::duplicate)} />
                <Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Delete {}", entry.name)} disabled={props.current} onclick={act(actions::delete_workspace)} />
            </td>
        </tr>
    }
}
