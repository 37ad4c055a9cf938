//! A new execution of the same machine, with the input of this one to begin with.

use crate::actions::{self, Started};
use crate::components::machine::refused;
use crate::components::{Button, ButtonKind, CodeEditor, Glyph, Modal, Status, StatusTone};
use crate::hooks::use_app;
use crate::model::{CallError, json_fault, machine_arn, pretty_json};
use crate::route::Route;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct RerunDialogProps {
    pub machine: AttrValue,
    pub input: AttrValue,
    pub on_close: Callback<()>,
}

/// The dialog.
#[component]
pub(super) fn RerunDialog(props: &RerunDialogProps) -> Html {
    let app = use_app();
    let input = use_state(|| pretty_json(&props.input));
    let fault = use_state(|| None::<CallError>);
    let busy = use_state(|| false);
    let invalid = json_fault(&input);
    let on_change = {
        let input = input.clone();
        Callback::from(move |text: String| input.set(text))
    };
    let start = {
        let (machine, text, valid) =
            (props.machine.to_string(), (*input).clone(), invalid.is_none());
        let (fault, busy, on_close) = (fault.clone(), busy.clone(), props.on_close.clone());
        Callback::from(move |()| {
            if !valid || *busy {
                return;
            }
            busy.set(true);
            let (app, machine, text) = (app.clone(), machine.clone(), text.clone());
            let (fault, busy, on_close) = (fault.clone(), busy.clone(), on_close.clone());
            spawn_local(async move {
                let arn = machine_arn(&machine);
                match actions::start_machine(&app, &arn, false, "", &text).await {
                    Ok(Started::Running(name)) => {
                        app.say(format!("Execution {name} was started."));
                        on_close.emit(());
                        app.go(&Route::Execution { machine, name });
                        return;
                    }
                    Ok(Started::Done(_)) => on_close.emit(()),
                    Err(error) => fault.set(Some(error)),
                }
                busy.set(false);
            });
        })
    };
    let footer = html! {
        <>
            <Button kind={ButtonKind::Link} label="Cancel" onclick={props.on_close.reform(|_: MouseEvent| ())} />
            <Button kind={ButtonKind::Primary} label="Start execution" shortcut="Control+Enter" glyph={Glyph::Play} busy={*busy} disabled={invalid.is_some()} onclick={start.reform(|_: MouseEvent| ())} />
        </>
    };
    html! {
        <Modal title={format!("New execution of {}", props.machine)} on_close={props.on_close.clone()} {footer} wide={true}>
            <div class="start-execution">
                if let Some(fault) = &*fault { <div role="alert">{ refused(fault) }</div> }
                <CodeEditor class="code-editor-event" text={(*input).clone()} language="json" label="Input JSON" {on_change} on_run={start} />
                <p class="json-hint">{ match &invalid {
                    None => html! { <Status tone={StatusTone::Success} word="Valid JSON" /> },
                    Some(fault) => html! { <Status tone={StatusTone::Warning} word={format!("Not JSON: line {}, column {}: {}", fault.line, fault.column, fault.message)} /> },
                } }</p>
            </div>
        </Modal>
    }
}
