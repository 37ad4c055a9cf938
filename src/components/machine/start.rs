//! The dialog that starts an execution, with inputs that are kept with the machine.

use super::{execution_status, refused};
use crate::actions::{self, Started};
use crate::components::{
    Button, ButtonKind, CodeEditor, Field, Glyph, Icon, Modal, Status, StatusTone, text_of,
};
use crate::hooks::{use_all, use_app, use_document, use_query};
use crate::model::{
    CallError, DocumentAction, describe_machine, execution_name_fault, execution_of_arn, free_name,
    input_fault, list_aliases, list_versions, machine_arn, pretty_json, qualified_arn, qualifiers,
    same_definition,
};
use crate::route::Route;
use coldstart_protocol::Diagnostic;
use coldstart_workspace::{MachineDraft, MachineType, TestEvent};
use serde_json::Value;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct StartExecutionDialogProps {
    pub name: AttrValue,
}

/// The dialog.
#[component]
pub fn StartExecutionDialog(props: &StartExecutionDialogProps) -> Html {
    let app = use_app();
    let machine = props.name.to_string();
    let draft = use_document({
        let machine = machine.clone();
        move |document| document.machine(&machine).cloned()
    });
    let described = use_query(Some(describe_machine(&machine_arn(&machine))));
    let versions = use_all(Some(list_versions(&machine)));
    let aliases = use_all(Some(list_aliases(&machine)));
    let qualifier = use_state(String::new);
    let execution = use_state(String::new);
    let fault = use_state(|| None::<CallError>);
    let done = use_state(|| None::<Rc<Value>>);
    let busy = use_state(|| false);
    let on_close = {
        let app = app.clone();
        Callback::from(move |()| app.close_dialog())
    };
    let Some(draft) = draft else {
        return html! { <Modal title="Start execution" {on_close}><p>{ "There is no state machine of this name." }</p></Modal> };
    };
    let saved = described.and_then(Result::ok);
    let saved = saved.as_ref().and_then(|output| output.get("definition")?.as_str());
    let differs = saved.is_some_and(|saved| !same_definition(saved, &draft.definition));
    let express = draft.machine_type == MachineType::Express;
    let selected = draft.selected_input.min(draft.inputs.len().saturating_sub(1));
    let input = draft
        .inputs
        .get(selected)
        .cloned()
        .unwrap_or_else(|| TestEvent { name: "input".into(), payload: "{}".into() });
    let json = input_fault(&input.payload);
    let wrong_name = execution_name_fault(&execution).map(AttrValue::from);
    let change = {
        let (app, machine) = (app.clone(), machine.clone());
        Rc::new(move |edit: &dyn Fn(&mut MachineDraft)| {
            if let Some(draft) = app.document.get().machine(&machine) {
                let mut draft = draft.clone();
                edit(&mut draft);
                app.document
                    .dispatch(DocumentAction::MachineChanged { name: machine.clone(), draft });
            }
        })
    };
    let edit_input = {
        let change = change.clone();
        Rc::new(move |edit: &dyn Fn(&mut TestEvent)| {
            change(&|draft: &mut MachineDraft| {
                if draft.inputs.is_empty() {
                    draft.inputs.push(TestEvent { name: "input".into(), payload: "{}".into() });
                }
                edit(&mut draft.inputs[selected]);
            });
        })
    };
    let on_select = {
        let change = change.clone();
        Callback::from(move |event: Event| {
            if let Ok(index) = text_of(&event).parse::<usize>() {
                change(&|draft: &mut MachineDraft| draft.selected_input = index);
            }
        })
    };
    let on_rename = {
        let edit_input = edit_input.clone();
        Callback::from(move |event: InputEvent| {
            let name = text_of(&event);
            edit_input(&|input: &mut TestEvent| input.name.clone_from(&name));
        })
    };
    let on_payload = {
        let edit_input = edit_input.clone();
        Callback::from(move |text: String| {
            edit_input(&|input: &mut TestEvent| input.payload.clone_from(&text))
        })
    };
    let on_format = Callback::from(move |_: MouseEvent| {
        edit_input(&|input: &mut TestEvent| input.payload = pretty_json(&input.payload));
    });
    let on_new = {
        let change = change.clone();
        Callback::from(move |_: MouseEvent| {
            change(&|draft: &mut MachineDraft| {
                let name =
                    free_name("input", "-", draft.inputs.iter().map(|input| input.name.as_str()));
                let payload = draft
                    .inputs
                    .get(selected)
                    .map_or_else(|| "{}".to_owned(), |input| input.payload.clone());
                draft.inputs.push(TestEvent { name, payload });
                draft.selected_input = draft.inputs.len() - 1;
            });
        })
    };
    let on_delete = Callback::from(move |_: MouseEvent| {
        change(&|draft: &mut MachineDraft| {
            draft.inputs.remove(selected);
            draft.selected_input = selected.saturating_sub(1);
        });
    });
    let on_execution = {
        let execution = execution.clone();
        Callback::from(move |event: InputEvent| execution.set(text_of(&event)))
    };
    let can_start = json.is_none() && wrong_name.is_none() && !*busy;
    let qualifiers: Vec<(String, String)> = [("Alias", &aliases), ("Version", &versions)]
        .into_iter()
        .filter_map(|(word, answer)| Some((word, answer.as_ref()?.as_ref().ok()?)))
        .flat_map(|(word, output)| {
            qualifiers(output).into_iter().map(move |(name, _)| (format!("{word} {name}"), name))
        })
        .collect();
    let on_qualifier = {
        let qualifier = qualifier.clone();
        Callback::from(move |event: Event| qualifier.set(text_of(&event)))
    };
    let start = {
        let arn = match qualifier.as_str() {
            "" => machine_arn(&machine),
            name => qualified_arn(&machine, name),
        };
        let (app, machine, fault, done, busy) =
            (app.clone(), machine.clone(), fault.clone(), done.clone(), busy.clone());
        let (execution, payload) = ((*execution).clone(), input.payload.clone());
        Callback::from(move |()| {
            if !can_start {
                return;
            }
            busy.set(true);
            let (app, machine, fault, done, busy) =
                (app.clone(), machine.clone(), fault.clone(), done.clone(), busy.clone());
            let (execution, payload, arn) = (execution.clone(), payload.clone(), arn.clone());
            spawn_local(async move {
                match actions::start_machine(&app, &arn, express, &execution, &payload).await {
                    Ok(Started::Running(name)) => {
                        app.close_dialog();
                        app.say(format!("Execution {name} was started."));
                        app.go(&Route::Execution { machine, name });
                        return;
                    }
                    Ok(Started::Done(output)) => {
                        done.set(Some(output));
                        fault.set(None);
                    }
                    Err(error) => fault.set(Some(error)),
                }
                busy.set(false);
            });
        })
    };
    let diagnostics: Rc<Vec<Diagnostic>> = Rc::new(
        json.iter()
            .map(|fault| Diagnostic {
                offset: 0,
                line: fault.line,
                column: fault.column,
                message: fault.message.clone(),
            })
            .collect(),
    );
    let footer = html! {
        <>
            <Button kind={ButtonKind::Link} label="Cancel" onclick={on_close.reform(|_: MouseEvent| ())} />
            <Button kind={ButtonKind::Primary} label="Start execution" shortcut="Control+Enter" glyph={Glyph::Play} busy={*busy} disabled={!can_start} onclick={start.reform(|_: MouseEvent| ())} />
        </>
    };
    html! {
        <Modal title={format!("Start execution of {machine}")} {on_close} {footer} wide={true}>
            <div class="start-execution">
                if let Some(fault) = &*fault { <div role="alert">{ refused(fault) }</div> }
                if differs { <p class="start-note"><Icon glyph={Glyph::Warning} />{ "Your last changes are not saved: the execution takes the saved definition." }</p> }
                if let Some(done) = &*done { { sync_result(&machine, done) } }
                <div class="test-fields">
                    <Field id="start-input" label="Saved inputs">
                        <select id="start-input" onchange={on_select} aria-describedby="start-input-hint">
                            for (index, input) in draft.inputs.iter().enumerate() { <option key={index} value={index.to_string()} selected={index == selected}>{ &input.name }</option> }
                        </select>
                    </Field>
                    <Field id="start-input-name" label="Input name">
                        <input id="start-input-name" value={input.name.clone()} oninput={on_rename} autocomplete="off" aria-describedby="start-input-name-hint" />
                    </Field>
                    if !qualifiers.is_empty() {
                        <Field id="start-qualifier" label="Version or alias">
                            <select id="start-qualifier" onchange={on_qualifier} aria-describedby="start-qualifier-hint">
                                <option value="" selected={qualifier.is_empty()}>{ "Latest saved" }</option>
                                for (label, name) in qualifiers.iter() { <option key={name.clone()} value={name.clone()} selected={*qualifier == *name}>{ label }</option> }
                            </select>
                        </Field>
                    }
                    <Field id="start-name" label="Execution name" hint="Empty: one is made up." fault={wrong_name}>
                        <input id="start-name" value={(*execution).clone()} oninput={on_execution} autocomplete="off" spellcheck="false" aria-describedby="start-name-hint" />
                    </Field>
                </div>
                <div class="test-tools">
                    <Button glyph={Glyph::Add} label="New input" onclick={on_new} />
                    <Button label="Format JSON" onclick={on_format} disabled={json.is_some()} />
                    <Button glyph={Glyph::Delete} label="Delete input" onclick={on_delete} disabled={draft.inputs.len() < 2} />
                </div>
                <CodeEditor key={selected} class="code-editor-event" text={input.payload.clone()} language="json" label="Input JSON" {diagnostics} on_change={on_payload} on_run={start} />
                <p class="json-hint">{ match &json {
                    None => html! { <Status tone={StatusTone::Success} word="Valid JSON, saved with the workspace" /> },
                    Some(fault) => html! { <Status tone={StatusTone::Warning} word={format!("Not JSON: line {}, column {}: {}", fault.line, fault.column, fault.message)} /> },
                } }</p>
            </div>
        </Modal>
    }
}

/// What came of an Express execution.
fn sync_result(machine: &str, output: &Value) -> Html {
    let text = |member: &str| output.get(member).and_then(Value::as_str);
    let opened = text("executionArn")
        .and_then(execution_of_arn)
        .map(|(_, name)| Route::Execution { machine: machine.to_owned(), name }.format());
    html! {
        <section class="start-result" aria-label="Result">
            <p role="status">{ execution_status(text("status").unwrap_or_default()) }</p>
            if let Some(href) = opened { <p><a {href}>{ "Open the execution" }</a></p> }
            if let Some(error) = text("error") { <p><strong>{ error }</strong>{ text("cause").map(|cause| format!(": {cause}")) }</p> }
            if let Some(output) = text("output") { <pre class="result-text" tabindex="0" role="group" aria-label="Output">{ pretty_json(output) }</pre> }
        </section>
    }
}
