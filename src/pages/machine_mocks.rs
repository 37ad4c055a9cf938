//! The Mocks tab: answers in place of services that are not here, in the form of Step Functions Local's MockConfigFile.json.

use crate::components::machine::refused;
use crate::components::{Button, ButtonKind, CodeEditor, Panel, Status, StatusTone};
use crate::hooks::{use_app, use_document, use_query};
use crate::model::{
    CallError, DocumentAction, get_mocks, json_fault, mock_template, put_mocks, same_definition,
};
use coldstart_protocol::Diagnostic;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct MachineMocksProps {
    pub name: AttrValue,
    pub read_only: bool,
}

/// The tab.
#[component]
pub fn MachineMocks(props: &MachineMocksProps) -> Html {
    let app = use_app();
    let name = props.name.to_string();
    let draft = use_document({
        let name = name.clone();
        move |document| document.machine(&name).cloned()
    });
    let used = use_query(Some(get_mocks()));
    let fault = use_state(|| None::<CallError>);
    let busy = use_state(|| false);
    let unavailable = match &used {
        Some(Err(error)) => Some(error.clone()),
        _ => None,
    };
    let used: Option<String> = match &used {
        Some(Ok(output)) => Some(match output.get("configuration") {
            None | Some(serde_json::Value::Null) => String::new(),
            Some(configuration) => configuration.to_string(),
        }),
        _ => None,
    };
    let Some(draft) = draft else { return html! {} };
    let text = match (draft.mocks.is_empty(), &used) {
        (false, _) => draft.mocks.clone(),
        (true, Some(used)) if !used.is_empty() => crate::model::pretty_json(used),
        _ => mock_template(&name, &draft.definition),
    };
    let json = json_fault(&text);
    let in_use = used.as_ref().is_some_and(|used| same_definition(used, &text));
    let on_change = {
        let (app, name) = (app.clone(), name.clone());
        Callback::from(move |mocks: String| {
            if let Some(draft) = app.document.get().machine(&name) {
                let mut draft = draft.clone();
                draft.mocks = mocks;
                app.document.dispatch(DocumentAction::MachineChanged { name: name.clone(), draft });
            }
        })
    };
    let can_use = !in_use && json.is_none() && !props.read_only && used.is_some() && !*busy;
    let send = {
        let (app, fault, busy) = (app, fault.clone(), busy.clone());
        move |text: Option<String>| {
            let (app, fault, busy) = (app.clone(), fault.clone(), busy.clone());
            busy.set(true);
            spawn_local(async move {
                let result = app.engine.request(put_mocks(text.as_deref()), &[]).await;
                if result.is_ok() {
                    app.say(if text.is_some() {
                        "The mocks are in use."
                    } else {
                        "No mocks are in use."
                    });
                }
                fault.set(result.err());
                busy.set(false);
            });
        }
    };
    let save = {
        let (send, text) = (send.clone(), text.clone());
        Callback::from(move |()| {
            if can_use {
                send(Some(text.clone()));
            }
        })
    };
    let clear = Callback::from(move |_: MouseEvent| send(None));
    let none_used = used.as_ref().is_none_or(String::is_empty);
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
    let status = match (in_use, none_used) {
        (true, _) => html! { <Status tone={StatusTone::Success} word="In use" /> },
        (_, true) => html! { <Status tone={StatusTone::Info} word="No mocks in use" /> },
        _ => html! { <Status tone={StatusTone::Warning} word="Others are in use" /> },
    };
    let actions = html! {
        <>
            { status }
            <Button label="Use none" disabled={none_used || props.read_only || *busy} onclick={clear} />
            <Button kind={ButtonKind::Primary} label="Use these" shortcut="Control+S" disabled={!can_use} busy={*busy} onclick={save.reform(|_: MouseEvent| ())} />
        </>
    };
    html! {
        <Panel title="Mocks" {actions} flush={true} description="Answers of tasks, as in Step Functions Local's MockConfigFile.json: one file for all state machines. “Active” is the test case of executions that name none.">
            if let Some(fault) = fault.as_ref().or(unavailable.as_ref()) { <div class="code-fault" role="alert">{ refused(fault) }</div> }
            <CodeEditor key={name.clone()} class="code-editor-tall" {text} language="json" label={format!("Mocks of {name}")} read_only={props.read_only} {diagnostics} {on_change} on_save={save} />
        </Panel>
    }
}
