//! The dialog that creates a function: from a template, an example or a file.

use super::{Alert, Button, ButtonKind, Field, FileInput, Glyph, Icon, Modal, UploadArea, text_of};
use super::{CompilerProgress, ModuleCheck};
use crate::actions::{self, Code};
use crate::hooks::use_app;
use crate::host;
use crate::model::{
    BLANK_TEXT, Example, ExampleIndex, JAVASCRIPT_HANDLER, JAVASCRIPT_RUNTIME, Settings, Tone,
    format_bytes, name_fault,
};
use crate::route::{FunctionTab, Route};
use coldstart_workspace::HELLO_WAT;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use yew::prelude::*;

#[derive(Clone, PartialEq)]
enum From {
    Hello,
    Blank,
    Example(Rc<Example>),
    Upload,
}

/// The dialog.
#[component]
pub fn CreateFunction() -> Html {
    let app = use_app();
    let name = use_state(String::new);
    let from = use_state(|| From::Hello);
    let file = use_state(|| None::<(String, Rc<[u8]>)>);
    let (is_javascript, handler) = (use_state(|| true), use_state(|| None::<String>));
    let examples = use_state(|| Rc::new(Vec::<Rc<Example>>::new()));
    let fault = use_state(|| None::<String>);
    let touched = use_state(|| false);
    let busy = use_state(|| false);
    {
        let examples = examples.clone();
        use_effect_with((), move |()| {
            spawn_local(async move {
                if let Ok(text) = host::fetch_text("examples/index.json").await {
                    let index: ExampleIndex = serde_json::from_str(&text).unwrap_or_default();
                    examples.set(Rc::new(index.examples.into_iter().map(Rc::new).collect()));
                }
            });
        });
    }
    let is_zip = file.as_ref().is_some_and(|(_, bytes)| bytes.starts_with(b"PK"));
    // A module is its own runtime; what a zip has is for its owner to say.
    let settings = match (is_zip, *is_javascript) {
        (true, true) => Settings {
            runtime: JAVASCRIPT_RUNTIME.into(),
            handler: (*handler).clone().unwrap_or_else(|| JAVASCRIPT_HANDLER.into()),
            ..Settings::default()
        },
        (true, false) => {
            let default = Settings::default();
            Settings {
                handler: (*handler).clone().unwrap_or(default.handler),
                ..Settings::default()
            }
        }
        (false, _) => Settings::default(),
    };
    let names = actions::function_names(&app);
    let wrong_name: Option<AttrValue> = match name_fault(&name) {
        Some(fault) => Some(fault.into()),
        None if names.contains(&name) => Some("There is a function of this name already.".into()),
        None => None,
    };
    let on_close = {
        let app = app.clone();
        Callback::from(move |()| app.close_dialog())
    };
    let on_name = {
        let (name, touched) = (name.clone(), touched.clone());
        Callback::from(move |event: InputEvent| {
            name.set(text_of(&event));
            touched.set(true);
        })
    };
    let on_runtime = {
        let (is_javascript, handler) = (is_javascript.clone(), handler.clone());
        Callback::from(move |event: Event| {
            is_javascript.set(text_of(&event) == "javascript");
            handler.set(None);
        })
    };
    let on_handler = {
        let handler = handler.clone();
        Callback::from(move |event: InputEvent| handler.set(Some(text_of(&event))))
    };
    let choose = |choice: From| {
        let (from, fault) = (from.clone(), fault.clone());
        Callback::from(move |_: Event| {
            from.set(choice.clone());
            fault.set(None);
        })
    };
    let on_file = {
        let (file, from, fault, name, touched) =
            (file.clone(), from.clone(), fault.clone(), name.clone(), touched.clone());
        Callback::from(move |chosen: File| {
            let (file, from, fault, name, touched) =
                (file.clone(), from.clone(), fault.clone(), name.clone(), touched.clone());
            spawn_local(async move {
                match host::file_bytes(&chosen).await {
                    Ok(bytes) => {
                        let stem: String = chosen
                            .name()
                            .trim_end_matches(".wasm")
                            .trim_end_matches(".zip")
                            .trim_end_matches(".tar")
                            .chars()
                            .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' })
                            .take(64)
                            .collect();
                        if !*touched && name.is_empty() {
                            name.set(stem);
                        }
                        file.set(Some((chosen.name(), bytes.into())));
                        from.set(From::Upload);
                        fault.set(None);
                    }
                    Err(error) => fault.set(Some(error)),
                }
            });
        })
    };
    let submit = {
        let (app, name, from, file, fault, busy) =
            (app.clone(), name.clone(), from.clone(), file.clone(), fault.clone(), busy.clone());
        let (wrong, touched) = (wrong_name.is_some(), touched.clone());
        let settings = settings.clone();
        Callback::from(move |()| {
            touched.set(true);
            if wrong || *busy {
                return;
            }
            let (app, name, from, file) =
                (app.clone(), (*name).clone(), (*from).clone(), (*file).clone());
            let (fault, busy) = (fault.clone(), busy.clone());
            let settings = settings.clone();
            busy.set(true);
            spawn_local(async move {
                let plain = Settings::default();
                let created = match from {
                    From::Hello => create(&app, &name, Code::Text(HELLO_WAT.into()), &plain).await,
                    From::Blank => create(&app, &name, Code::Text(BLANK_TEXT.into()), &plain).await,
                    From::Example(example) => {
                        actions::add_example(&app, &example, Some(name.clone())).await
                    }
                    From::Upload => match file {
                        Some((file, bytes)) => {
                            create(&app, &name, Code::Upload { name: file, bytes }, &settings).await
                        }
                        None => Err("Choose a file first.".into()),
                    },
                };
                match created {
                    Ok(()) => app.close_dialog(),
                    Err(error) => {
                        fault.set(Some(error));
                        busy.set(false);
                    }
                }
            });
        })
    };
    let onsubmit = {
        let submit = submit.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            submit.emit(());
        })
    };
    let footer = html! {
        <>
            <CompilerProgress />
            <Button kind={ButtonKind::Link} label="Cancel" onclick={on_close.reform(|_: MouseEvent| ())} />
            <Button kind={ButtonKind::Primary} label="Create function" busy={*busy} onclick={submit.reform(|_: MouseEvent| ())} />
        </>
    };
    let shown_fault = wrong_name.filter(|_| *touched);
    let tile = |choice: From, title: AttrValue, text: AttrValue| {
        html! {
            <label key={title.to_string()} class={classes!("tile", (*from == choice).then_some("tile-selected"))}>
                <input type="radio" name="create-from" checked={*from == choice} onchange={choose(choice)} />
                <span class="tile-title">{ title }</span>
                <span class="tile-text">{ text }</span>
            </label>
        }
    };
    html! {
        <Modal title="Create function" {on_close} {footer} wide={true}>
            <form class="create-function" {onsubmit}>
                <Field id="create-name" label="Function name" hint="Letters, digits, hyphens and underscores." fault={shown_fault}>
                    <input id="create-name" autocomplete="off" spellcheck="false" value={(*name).clone()} oninput={on_name} aria-describedby="create-name-hint" />
                </Field>
                <fieldset class="tiles">
                    <legend>{ "Begin with" }</legend>
                    for example in examples.iter().filter(|example| example.files.is_some()) {
                        { tile(From::Example(example.clone()), example.title.clone().into(), example.summary.clone().into()) }
                    }
                    { tile(From::Hello, "Hello".into(), "A greeting in WebAssembly text, ready to edit.".into()) }
                    { tile(From::Blank, "Blank".into(), "The least that a function must have, in WebAssembly text.".into()) }
                    for example in examples.iter().filter(|example| example.module.is_some()) {
                        { tile(From::Example(example.clone()), example.title.clone().into(), example.summary.clone().into()) }
                    }
                    { tile(From::Upload, "Upload".into(), "A .wasm file that you built (Rust, C, Zig, Go …), a .zip with JavaScript or a module, or a container image with a module.".into()) }
                </fieldset>
                if *from == From::Upload {
                    <UploadArea on_file={on_file.clone()}>
                        <div class="upload-drop">
                            <Icon glyph={Glyph::Upload} />
                            { match &*file {
                                Some((name, bytes)) => html! { <p><strong>{ name }</strong>{ format!(" · {}", format_bytes(bytes.len() as u64)) }</p> },
                                None => html! { <p>{ "Drop a .wasm, .zip or .tar file here. A .tar is a container image in the OCI layout." }</p> },
                            } }
                            <FileInput id="create-file" label="Choose file" accept=".wasm,.zip,.tar,application/wasm,application/zip,application/x-tar"
                                {on_file} />
                        </div>
                    </UploadArea>
                    if let Some((_, bytes)) = &*file { <ModuleCheck bytes={bytes.clone()} /> }
                    if is_zip {
                        <Field id="create-runtime" label="Runtime" hint="What reads the files of the zip.">
                            <select id="create-runtime" onchange={on_runtime} aria-describedby="create-runtime-hint">
                                <option value="javascript" selected={*is_javascript}>{ "Node.js 22.x: JavaScript" }</option>
                                <option value="module" selected={!*is_javascript}>{ "provided.al2023: a WebAssembly module" }</option>
                            </select>
                        </Field>
                        <Field id="create-handler" label="Handler" hint="The file and what it exports; for a module, its file.">
                            <input id="create-handler" autocomplete="off" spellcheck="false" value={settings.handler.clone()} oninput={on_handler} aria-describedby="create-handler-hint" />
                        </Field>
                    }
                }
                if let Some(fault) = &*fault { <div role="alert"><Alert tone={Tone::Error} title="The function was not created."><p class="aws-message">{ fault }</p></Alert></div> }
            </form>
        </Modal>
    }
}

async fn create(
    app: &crate::app::App,
    name: &str,
    code: Code,
    settings: &Settings,
) -> Result<(), String> {
    actions::create(app, name, code, settings, Vec::new()).await.map_err(|error| error.line())?;
    app.say(format!("{name} was created."));
    app.go(&Route::function(name, FunctionTab::Code));
    Ok(())
}
