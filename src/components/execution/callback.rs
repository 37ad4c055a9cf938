//! Answers a task that waits for a callback, in the place of whoever got its task token.

use crate::actions;
use crate::components::machine::refused;
use crate::components::{Button, ButtonKind, CodeEditor, CopyButton, Field, Glyph, text_of};
use crate::hooks::use_app;
use crate::model::{CallError, json_fault};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct CallbackFormProps {
    pub token: AttrValue,
}

/// Output, or error and cause, and the buttons that send them.
#[component]
pub(super) fn CallbackForm(props: &CallbackFormProps) -> Html {
    let app = use_app();
    let output = use_state(|| "{\n  \"approved\": true\n}".to_owned());
    let error = use_state(|| "Rejected".to_owned());
    let cause = use_state(String::new);
    let fault = use_state(|| None::<CallError>);
    let busy = use_state(|| false);
    let invalid = json_fault(&output);
    let send = {
        let (app, token, fault, busy) = (app, props.token.clone(), fault.clone(), busy.clone());
        move |answer: Result<String, (String, String)>| {
            let (app, token, fault, busy) =
                (app.clone(), token.clone(), fault.clone(), busy.clone());
            busy.set(true);
            spawn_local(async move {
                let result = actions::answer_callback(&app, &token, answer).await;
                fault.set(result.err());
                busy.set(false);
            });
        }
    };
    let on_success = {
        let (send, output) = (send.clone(), (*output).clone());
        Callback::from(move |_: MouseEvent| send(Ok(output.clone())))
    };
    let on_failure = {
        let answer = ((*error).clone(), (*cause).clone());
        Callback::from(move |_: MouseEvent| send(Err(answer.clone())))
    };
    let set = |state: &UseStateHandle<String>| {
        let state = state.clone();
        Callback::from(move |event: InputEvent| state.set(text_of(&event)))
    };
    let on_output = {
        let output = output.clone();
        Callback::from(move |text: String| output.set(text))
    };
    let hint = match &invalid {
        Some(fault) => {
            format!("Not JSON: line {}, column {}: {}", fault.line, fault.column, fault.message)
        }
        None => String::new(),
    };
    html! {
        <section class="callback-form" aria-label="Answer the callback">
            <h3>{ "Waiting for a callback" }</h3>
            <p>{ "Whoever got the task token answers with it. Here you can do it in their place." } <CopyButton kind={ButtonKind::Link} label="Copy the task token" text={props.token.clone()} /></p>
            if let Some(fault) = &*fault { <div role="alert">{ refused(fault) }</div> }
            <div class="callback-success">
                <CodeEditor class="code-editor-event" text={(*output).clone()} language="json" label="Output of the callback" on_change={on_output} />
                if !hint.is_empty() { <p class="field-hint" role="status">{ hint }</p> }
                <Button kind={ButtonKind::Primary} glyph={Glyph::Success} label="Send success" busy={*busy} disabled={invalid.is_some()} onclick={on_success} />
            </div>
            <div class="callback-failure">
                <Field id="callback-error" label="Error"><input id="callback-error" value={(*error).clone()} oninput={set(&error)} autocomplete="off" spellcheck="false" maxlength="256" aria-describedby="callback-error-hint" /></Field>
                <Field id="callback-cause" label="Cause"><input id="callback-cause" value={(*cause).clone()} oninput={set(&cause)} autocomplete="off" aria-describedby="callback-cause-hint" /></Field>
                <Button glyph={Glyph::Error} label="Send failure" busy={*busy} onclick={on_failure} />
            </div>
        </section>
    }
}
