//! The Code tab: the text with its faults, Deploy, the module, and a test beside it.

use super::code_compiled::CodeCompiled;
use super::code_files::CodeFiles;
use crate::actions::{self, Code, DeployError};
use crate::components::{
    Alert, Button, ButtonKind, CodeEditor, EditorRequest, EditorRequestKind, Empty, FileInput,
    Glyph, Icon, ModuleCheck, ModulePanel, Panel, ResultPanel, Status, StatusTone, UploadArea,
    text_of,
};
use crate::engine_client::AssembleError;
use crate::hooks::{use_app, use_chosen, use_document, use_session};
use crate::host;
use crate::model::{CallError, DocumentAction, InvocationType, Tone, advice, code_sha256};
use coldstart_protocol::Diagnostic;
use coldstart_workspace::Source;
use gloo_timers::callback::Timeout;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use yew::prelude::*;

/// Between a keystroke and the check of the text.
const CHECK_MS: u32 = 300;

#[derive(PartialEq, Properties)]
pub struct CodeTabProps {
    pub name: AttrValue,
    pub running: bool,
}

/// The tab.
#[component]
pub fn CodeTab(props: &CodeTabProps) -> Html {
    let app = use_app();
    let name = props.name.to_string();
    let (known, module, deployed) = use_session({
        let name = name.clone();
        move |session| {
            let detail = session.details.get(&name).cloned().flatten();
            (
                detail.is_some(),
                detail.as_ref().and_then(|detail| detail.module.clone()).map(Rc::new),
                detail.as_ref().and_then(|detail| code_sha256(&detail.configuration)),
            )
        }
    });
    let (source, differs, read_only, keep) = use_document({
        let name = name.clone();
        move |document| {
            // What is deployed is not known before the engine has said it.
            let differs =
                deployed.as_ref().is_some_and(|sha256| document.differs_from(&name, sha256));
            let source = document.draft(&name).map(|draft| draft.source.clone());
            // What can be undone in the text belongs to it in this workspace.
            (source, differs, document.read_only(), format!("{}/{name}", document.id))
        }
    });
    let welcomed = use_chosen(|chosen| chosen.welcomed);
    let diagnostics = use_state(|| Rc::new(Vec::<Diagnostic>::new()));
    let fault = use_state(|| None::<DeployError>);
    let deploying = use_state(|| false);
    let request = use_state(|| None::<EditorRequest>);
    let brought = use_state(|| None::<Rc<[u8]>>);

    // Text is checked as it is typed: the engine assembles it and says where it is wrong. What is deployed has been assembled before, and the
    // part of the engine that assembles is not fetched for it.
    let text: Option<AttrValue> = match &source {
        Some(Source::Wat { text }) => Some(text.clone().into()),
        _ => None,
    };
    {
        let (app, diagnostics) = (app.clone(), diagnostics.clone());
        let edited = text.clone().filter(|_| differs && !read_only);
        use_effect_with(edited, move |edited| {
            if edited.is_none() && !diagnostics.is_empty() {
                diagnostics.set(Rc::default());
            }
            let timer = edited.clone().map(|text| {
                Timeout::new(CHECK_MS, move || {
                    spawn_local(async move {
                        let found = match app.engine.assemble(&text).await {
                            Err(AssembleError::Diagnostics(found)) => found,
                            _ => Vec::new(),
                        };
                        if *diagnostics.clone() != Rc::new(found.clone()) {
                            diagnostics.set(Rc::new(found));
                        }
                    });
                })
            });
            move || drop(timer)
        });
    }
    let deploy = {
        let (app, name, fault, deploying) =
            (app.clone(), name.clone(), fault.clone(), deploying.clone());
        move |code: Code| {
            if *deploying {
                return;
            }
            deploying.set(true);
            let (app, name, fault, deploying) =
                (app.clone(), name.clone(), fault.clone(), deploying.clone());
            spawn_local(async move {
                let result = actions::deploy(&app, &name, code).await;
                if result.is_err() {
                    app.say("The code was not deployed.");
                }
                fault.set(result.err());
                deploying.set(false);
            });
        }
    };
    let is_text = text.is_some() || source.as_ref().is_some_and(|source| source.files().is_some());
    let deploy_text = {
        let (deploy, source, brought) = (deploy.clone(), source.clone(), brought.clone());
        Callback::from(move |()| {
            let code = match source.clone().filter(|_| differs && !read_only) {
                Some(Source::Wat { text }) => Code::Text(text),
                Some(Source::Files { files }) => Code::Files(files),
                Some(Source::Compiled { files, .. }) => Code::AssemblyScript(files),
                _ => return,
            };
            brought.set(None);
            deploy(code);
        })
    };
    let on_file = {
        let (deploy, fault, brought) = (deploy, fault.clone(), brought.clone());
        Callback::from(move |file: File| {
            let (deploy, fault, brought) = (deploy.clone(), fault.clone(), brought.clone());
            spawn_local(async move {
                match host::file_bytes(&file).await {
                    Ok(bytes) => {
                        let bytes: Rc<[u8]> = bytes.into();
                        brought.set(Some(bytes.clone()));
                        deploy(Code::Upload { name: file.name(), bytes });
                    }
                    Err(error) => fault.set(Some(DeployError::Module(error))),
                }
            });
        })
    };
    let on_change = {
        let (app, name) = (app.clone(), name.clone());
        Callback::from(move |text: String| {
            app.document.dispatch(DocumentAction::SourceEdited {
                function: name.clone(),
                source: Source::Wat { text },
            });
        })
    };
    let on_files = {
        let (app, name, source) = (app.clone(), name.clone(), source.clone());
        Callback::from(move |files| {
            let edited = source.as_ref().and_then(|source| source.with_files(files));
            if let Some(source) = edited {
                app.document
                    .dispatch(DocumentAction::SourceEdited { function: name.clone(), source });
            }
        })
    };
    let on_run = {
        let (app, name) = (app.clone(), name.clone());
        Callback::from(move |()| actions::test(&app, &name, InvocationType::RequestResponse))
    };
    let dismiss = {
        let app = app.clone();
        Callback::from(move |()| app.set_welcomed())
    };
    let code_status = if !diagnostics.is_empty() {
        html! { <Status tone={StatusTone::Error} word={format!("{} in the text", crate::model::plural(diagnostics.len() as u64, "error"))} /> }
    } else if !known {
        html! {}
    } else if differs {
        html! { <Status tone={StatusTone::Warning} word="Not deployed" /> }
    } else {
        html! { <Status tone={StatusTone::Success} word="Deployed" /> }
    };
    let on_format = {
        let request = request.clone();
        Callback::from(move |_: MouseEvent| {
            let number = request.as_ref().map_or(0, |request| request.number) + 1;
            request.set(Some(EditorRequest { number, kind: EditorRequestKind::Format }));
        })
    };
    let actions_html = html! {
        <>
            if is_text && !read_only { { code_status } }
            if text.is_some() && !read_only { <Button kind={ButtonKind::Icon} glyph={Glyph::Format} label="Format" shortcut="Shift+Alt+F" onclick={on_format} /> }
            <FileInput id="code-upload" label="Upload" accept=".wasm,.zip,.tar,application/wasm,application/zip,application/x-tar" on_file={on_file.clone()} disabled={read_only} />
            if is_text {
                <Button label="Deploy" shortcut="Control+S" disabled={read_only || !differs} busy={*deploying} onclick={deploy_text.reform(|_: MouseEvent| ())} />
            }
        </>
    };
    html! {
        <>
            if !welcomed && !read_only {
                <Alert tone={Tone::Info} title="This is a working Lambda function." on_dismiss={dismiss}>
                    <p>{ "It runs as WebAssembly in this tab. Press Test to see its response, then change the code and deploy it." }</p>
                </Alert>
            }
            <div class="code-tab">
                <UploadArea class="code-tab-main" {on_file} disabled={read_only}>
                    <Panel title="Code source" actions={actions_html} flush={true}>
                        if let Some(fault) = &*fault {
                            <div class="code-fault" role="alert">{ fault_html(fault) }</div>
                            if let (DeployError::Module(_) | DeployError::Call(_), Some(bytes)) = (fault, &*brought) { <ModuleCheck bytes={bytes.clone()} /> }
                        }
                        { match (&source, text) {
                            (Some(Source::Files { files }), _) => html! {
                                <CodeFiles key={name.clone()} name={props.name.clone()} files={Rc::new(files.clone())} {read_only} on_change={on_files} {on_run} on_save={deploy_text} />
                            },
                            (Some(Source::Compiled { files, .. }), _) => html! {
                                <CodeCompiled key={name.clone()} name={props.name.clone()} files={Rc::new(files.clone())} {read_only} {differs} on_change={on_files} {on_run} on_save={deploy_text} />
                            },
                            (_, Some(text)) => html! {
                                <CodeEditor key={name.clone()} {keep} class="code-editor-tall" {text} language="wat" request={(*request).clone()} label={format!("Code of {name}, WebAssembly text")} {read_only}
                                    diagnostics={(*diagnostics).clone()} {on_change} {on_run} on_save={deploy_text} />
                            },
                            (Some(source), None) => html! { <Binary source={source.clone()} /> },
                            (None, None) => html! { <Empty glyph={Glyph::Functions} title="No code here" text="Upload a .wasm, .zip or .tar file to deploy one." /> },
                        } }
                        if !diagnostics.is_empty() {
                            <ul class="diagnostics" aria-label="Errors in the text">
                                for (index, diagnostic) in diagnostics.iter().enumerate() {
                                    <li key={index}><Icon glyph={Glyph::Error} /><span><strong>{ format!("Line {}, column {}", diagnostic.line, diagnostic.column) }</strong>{ format!(": {}", diagnostic.message) }</span></li>
                                }
                            </ul>
                        }
                    </Panel>
                </UploadArea>
                <div class="code-tab-side">
                    <QuickTest name={props.name.clone()} running={props.running} {differs} />
                    <ResultPanel function={props.name.clone()} />
                    <Panel title="Module">
                        { match module {
                            Some(module) => html! { <ModulePanel {module} /> },
                            None if read_only => html! { <p class="quiet">{ "Replay the history to deploy the module." }</p> },
                            None if known => html! { <p class="quiet">{ "No module of its own: its runtime reads these files." }</p> },
                            None => html! { <p class="quiet">{ "Loading …" }</p> },
                        } }
                    </Panel>
                </div>
            </div>
        </>
    }
}

fn fault_html(fault: &DeployError) -> Html {
    match fault {
        DeployError::Call(CallError::Refused(failure)) => html! {
            <Alert tone={Tone::Error} title={format!("{} (HTTP {})", failure.code, failure.status)}>
                <p class="aws-message">{ &failure.message }</p>
                if let Some(advice) = advice(&failure.code) { <p>{ advice }</p> }
            </Alert>
        },
        DeployError::Module(reason) => {
            html! { <Alert tone={Tone::Error} title="This module was refused."><p class="aws-message">{ reason }</p></Alert> }
        }
        DeployError::Text(_) => {
            html! { <Alert tone={Tone::Error} title="The text was not deployed."><p>{ fault.line() }</p></Alert> }
        }
        DeployError::Call(CallError::EngineLost) => {
            html! { <Alert tone={Tone::Error} title="The engine stopped while it deployed this." /> }
        }
    }
}

#[derive(PartialEq, Properties)]
struct BinaryProps {
    source: Source,
}

/// A function that was not written here.
#[component]
fn Binary(props: &BinaryProps) -> Html {
    let (title, text) = match &props.source {
        Source::Example { name } => (
            format!("The example “{name}”"),
            "Its module was built with the page. Drop a .wasm or .zip file here to replace it.",
        ),
        Source::Module { name } | Source::Inline { name, .. } => {
            (name.clone(), "Uploaded. Drop another file of its kind here to replace it.")
        }
        Source::Wat { .. } | Source::Files { .. } | Source::Compiled { .. } => (String::new(), ""),
    };
    html! { <Empty glyph={Glyph::Upload} {title} {text} /> }
}

#[derive(PartialEq, Properties)]
struct QuickTestProps {
    name: AttrValue,
    running: bool,
    differs: bool,
}

/// The selected event and the Test button, beside the code.
#[component]
fn QuickTest(props: &QuickTestProps) -> Html {
    let app = use_app();
    let name = props.name.to_string();
    let (events, selected, read_only) = use_document({
        let name = name.clone();
        move |document| {
            let draft = document.draft(&name);
            let names: Vec<String> = draft
                .map(|draft| draft.test_events.iter().map(|event| event.name.clone()).collect())
                .unwrap_or_default();
            (names, draft.map_or(0, |draft| draft.selected_event), document.read_only())
        }
    });
    let onchange = {
        let (app, name) = (app.clone(), name.clone());
        Callback::from(move |event: Event| {
            let document = app.document.get();
            if let (Some(draft), Ok(selected)) = (document.draft(&name), text_of(&event).parse()) {
                app.document.dispatch(DocumentAction::EventsChanged {
                    function: name.clone(),
                    events: draft.test_events.clone(),
                    selected,
                });
            }
        })
    };
    let onclick = {
        let (app, name) = (app.clone(), name.clone());
        Callback::from(move |_: MouseEvent| {
            actions::test(&app, &name, InvocationType::RequestResponse)
        })
    };
    html! {
        <div class="quick-test">
            <label for="quick-event">{ "Event" }</label>
            <select id="quick-event" {onchange} disabled={read_only || events.is_empty()}>
                for (index, event) in events.iter().enumerate() { <option key={index} value={index.to_string()} selected={index == selected}>{ event }</option> }
            </select>
            <Button kind={ButtonKind::Primary} label="Test" shortcut="Control+Enter" glyph={Glyph::Play} busy={props.running} disabled={read_only} {onclick} />
            if props.differs && !read_only { <p class="quick-note">{ "Test runs what is deployed. Deploy your changes first." }</p> }
        </div>
    }
}
