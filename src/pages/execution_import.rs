//! Histories from files: the page that takes one in, and the page that shows it.

use crate::actions;
use crate::components::execution::{ExecutionHeader, ExecutionView};
use crate::components::{
    Alert, Button, ButtonKind, Empty, FileInput, Glyph, Panel, UploadArea, text_of,
};
use crate::hooks::{use_app, use_library, use_session};
use crate::host;
use crate::model::{EnginePhase, Tone, format_ago, format_bytes};
use crate::route::Route;
use crate::storage::histories::{HISTORIES_MAX, KeptHistory};
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use yew::prelude::*;

/// A file or a pasted text.
#[derive(Debug, Clone, Default, PartialEq)]
struct Given {
    name: String,
    text: String,
}

/// Takes in a history, and a definition beside it.
#[component]
pub fn ImportPage() -> Html {
    let app = use_app();
    let history = use_state(Given::default);
    let definition = use_state(Given::default);
    let fault = use_state(|| None::<String>);
    let busy = use_state(|| false);
    let ready = use_session(|session| {
        !matches!(
            session.phase,
            EnginePhase::Starting | EnginePhase::Mismatch | EnginePhase::Broken(_)
        )
    });
    let take = |given: &UseStateHandle<Given>| {
        let (given, fault) = (given.clone(), fault.clone());
        Callback::from(move |file: File| {
            let (given, fault) = (given.clone(), fault.clone());
            spawn_local(async move {
                match host::file_bytes(&file).await.map(String::from_utf8) {
                    Ok(Ok(text)) => {
                        given.set(Given { name: file.name(), text });
                        fault.set(None);
                    }
                    Ok(Err(_)) => fault.set(Some(format!("{} is no text.", file.name()))),
                    Err(message) => fault.set(Some(message)),
                }
            });
        })
    };
    let typed = |given: &UseStateHandle<Given>, name: &'static str| {
        let given = given.clone();
        Callback::from(move |event: InputEvent| {
            given.set(Given { name: name.into(), text: text_of(&event) })
        })
    };
    let on_import = {
        let (history, definition) = ((*history).clone(), (*definition).clone());
        let (fault, busy) = (fault.clone(), busy.clone());
        Callback::from(move |_: MouseEvent| {
            let (app, fault, busy) = (app.clone(), fault.clone(), busy.clone());
            let (history, definition) = (history.clone(), definition.clone());
            busy.set(true);
            spawn_local(async move {
                match actions::import_history(&app, history.name, history.text, definition.text)
                    .await
                {
                    Ok(source) => {
                        app.say("The history was read.");
                        let number = source.trim_start_matches("import:").to_owned();
                        app.go(&Route::Imported(number));
                    }
                    Err(message) => {
                        fault.set(Some(message));
                        busy.set(false);
                    }
                }
            });
        })
    };
    let field = |given: &UseStateHandle<Given>,
                 id: &'static str,
                 label: &'static str,
                 name: &'static str,
                 hint: &'static str| {
        html! {
            <UploadArea class="import-field" on_file={take(given)}>
                <label for={id}>{ label }</label>
                <p class="field-hint" id={format!("{id}-hint")}>{ hint }</p>
                // A large file is not put into a text area: the browser would lay it out.
                if given.text.len() > 200_000 {
                    <p class="import-file">{ format!("{} ({})", given.name, format_bytes(given.text.len() as u64)) }
                        <Button kind={ButtonKind::Link} label="Clear" onclick={ let given = given.clone(); Callback::from(move |_: MouseEvent| given.set(Given::default())) } /></p>
                } else {
                    <textarea {id} rows="8" value={given.text.clone()} oninput={typed(given, name)} spellcheck="false" autocomplete="off" autocapitalize="off" aria-describedby={format!("{id}-hint")} />
                }
                <FileInput id={format!("{id}-file")} label="Choose a file" accept=".json,.asl,application/json" on_file={take(given)} />
            </UploadArea>
        }
    };
    html! {
        <div class="page">
            <nav class="breadcrumbs" aria-label="Breadcrumbs"><ol>
                <li><a href={Route::Machines.format()}>{ "State machines" }</a></li><li aria-current="page">{ "Import a history" }</li>
            </ol></nav>
            <header class="page-header">
                <div class="page-title"><h1>{ "Import an execution history" }</h1><p>{ "See an execution of your account in the same views. The files stay in this browser." }</p></div>
            </header>
            if let Some(fault) = &*fault { <div role="alert"><Alert tone={Tone::Error} title="This is no history that can be shown."><p>{ fault }</p></Alert></div> }
            <Panel title="Files">
                <div class="import-fields">
                    { field(&history, "import-history", "History", "history", "What `aws stepfunctions get-execution-history --execution-arn …` prints. Drop the file here, or paste it.") }
                    { field(&definition, "import-definition", "Definition (optional)", "definition", "The definition in the States Language, or what `aws stepfunctions describe-state-machine-for-execution` prints. Without one, the graph shows only what was visited.") }
                </div>
                <div class="import-actions">
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Upload} label="Show the history" busy={*busy} disabled={!ready || history.text.trim().is_empty()} onclick={on_import} />
                </div>
            </Panel>
            <KeptHistories />
        </div>
    }
}

/// What was taken in before, and is kept in this browser.
#[component]
fn KeptHistories() -> Html {
    let app = use_app();
    let kept = use_state(|| None::<(Vec<KeptHistory>, bool)>);
    let looks = use_state(|| 0u32);
    let read_again = use_library(|library| library.keeping);
    {
        let (app, kept) = (app.clone(), kept.clone());
        use_effect_with((*looks, read_again), move |_| {
            spawn_local(async move { kept.set(Some(actions::kept_histories(&app).await)) });
        });
    }
    let Some((histories, lasting)) = &*kept else { return html! {} };
    if histories.is_empty() {
        return html! {};
    }
    let forget = {
        let looks = looks.clone();
        move |number: u64| {
            let (app, looks) = (app.clone(), looks.clone());
            Callback::from(move |_: MouseEvent| {
                let (app, looks) = (app.clone(), looks.clone());
                spawn_local(async move {
                    actions::forget_history(&app, number).await;
                    looks.set(*looks + 1);
                });
            })
        }
    };
    let description = if *lasting {
        format!(
            "The last {HISTORIES_MAX} stay in this browser. They are in no workspace and in no link."
        )
    } else {
        "This browser stores nothing: they go with this tab.".to_owned()
    };
    html! {
        <Panel title="Histories" counter={histories.len().to_string()} {description} flush={true}>
            <div class="table-scroll" tabindex="0" role="group" aria-label="Histories">
                <table class="table machines-table">
                    <thead><tr><th scope="col">{ "Name" }</th><th scope="col">{ "Imported" }</th><th scope="col" class="number">{ "Size" }</th><th scope="col"><span class="visually-hidden">{ "Actions" }</span></th></tr></thead>
                    <tbody>
                        for history in histories.iter() {
                            <tr key={history.number}>
                                <th scope="row"><a href={Route::Imported(history.number.to_string()).format()}>{ &history.name }</a></th>
                                <td>{ format_ago(host::unix_ms(), history.number as f64) }</td>
                                <td class="number">{ format_bytes(history.bytes) }</td>
                                <td class="row-actions"><Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Forget {}", history.name)} onclick={forget(history.number)} /></td>
                            </tr>
                        }
                    </tbody>
                </table>
            </div>
        </Panel>
    }
}

#[derive(PartialEq, Properties)]
pub struct ImportedPageProps {
    pub number: AttrValue,
}

/// A history that was taken in.
#[component]
pub fn ImportedPage(props: &ImportedPageProps) -> Html {
    let app = use_app();
    let source = AttrValue::from(format!("import:{}", props.number));
    let (summary, fault) = use_session({
        let source = source.to_string();
        move |session| {
            let windows = session.executions.get(&source).cloned().unwrap_or_default();
            (windows.summary.clone(), windows.fault.clone())
        }
    });
    // The engine's side reads it again when it is kept: after a reload, or when the engine was replaced.
    let missing = fault.as_ref().is_some_and(|fault| !fault.is_empty());
    let gone = use_state(|| false);
    {
        let (app, gone, number) = (app.clone(), gone.clone(), props.number.parse::<u64>().ok());
        use_effect_with((props.number.clone(), missing), move |(_, missing)| {
            gone.set(false);
            if *missing {
                spawn_local(async move {
                    let found = match number {
                        Some(number) => actions::restore_history(&app, number).await,
                        None => false,
                    };
                    gone.set(!found);
                });
            }
        });
    }
    let name = summary
        .as_ref()
        .map_or_else(|| "Imported history".to_owned(), |summary| summary.name.clone());
    html! {
        <div class="page">
            <nav class="breadcrumbs" aria-label="Breadcrumbs"><ol>
                <li><a href={Route::Machines.format()}>{ "State machines" }</a></li>
                <li><a href={Route::Import.format()}>{ "Import a history" }</a></li>
                <li aria-current="page">{ &name }</li>
            </ol></nav>
            <ExecutionHeader {name} machine="" arn={source.clone()} {summary} read_only={true} />
            if let Some(fault) = fault.filter(|_| missing && *gone) {
                <Empty glyph={Glyph::Upload} title="This history is not here any more" text={fault}>
                    <p><a href={Route::Import.format()}>{ "Import a history" }</a></p>
                </Empty>
            } else {
                <ExecutionView {source} machine="" read_only={true} />
            }
        </div>
    }
}
