//! The Test tab: saved events, the event's text, and the result.

use super::configuration::use_qualifiers;
use crate::actions;
use crate::components::{
    Button, ButtonKind, CodeEditor, Field, Glyph, Panel, ResultPanel, Status, StatusTone, text_of,
};
use crate::hooks::{use_app, use_document, use_runs};
use crate::host;
use crate::model::{
    DocumentAction, InvocationType, Notice, RunsAction, SampleEvent, Tone, first_event, free_name,
    invocation_type_help, json_fault, pretty_json,
};
use coldstart_protocol::Diagnostic;
use coldstart_workspace::TestEvent;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

const TYPES: [InvocationType; 3] =
    [InvocationType::RequestResponse, InvocationType::Event, InvocationType::DryRun];

#[derive(PartialEq, Properties)]
pub struct TestTabProps {
    pub name: AttrValue,
    pub running: bool,
}

/// The tab.
#[component]
pub fn TestTab(props: &TestTabProps) -> Html {
    let app = use_app();
    let name = props.name.to_string();
    let (events, selected, read_only) = use_document({
        let name = name.clone();
        move |document| {
            let draft = document.draft(&name);
            (
                draft.map(|draft| draft.test_events.clone()).unwrap_or_default(),
                draft.map_or(0, |draft| draft.selected_event),
                document.read_only(),
            )
        }
    });
    let invocation_type = use_state(InvocationType::default);
    let qualifiers = use_qualifiers(&name);
    let qualifier = use_runs({
        let name = name.clone();
        move |runs| runs.qualifiers.get(&name).cloned().unwrap_or_default()
    });
    // One that was deleted meanwhile is not sent.
    let qualifier = qualifiers
        .iter()
        .map(|(value, _)| value.clone())
        .find(|value| *value == qualifier)
        .unwrap_or_else(|| "$LATEST".to_owned());
    let on_qualifier = {
        let (app, name) = (app.clone(), name.clone());
        Callback::from(move |event: Event| {
            let action =
                RunsAction::Qualified { function: name.clone(), qualifier: text_of(&event) };
            app.runs.dispatch(action);
        })
    };
    let selected = selected.min(events.len().saturating_sub(1));
    let event = events.get(selected).cloned();
    let payload = event.as_ref().map(|event| event.payload.clone()).unwrap_or_default();
    let fault = json_fault(&payload);
    let change = {
        let (app, name) = (app.clone(), name.clone());
        Rc::new(move |events: Vec<TestEvent>, selected: usize| {
            app.document.dispatch(DocumentAction::EventsChanged {
                function: name.clone(),
                events,
                selected,
            });
        })
    };
    let on_select = {
        let (change, events) = (change.clone(), events.clone());
        Callback::from(move |event: Event| {
            if let Ok(index) = text_of(&event).parse() {
                change(events.clone(), index);
            }
        })
    };
    let edit = {
        let (change, events) = (change.clone(), events.clone());
        move |edit: &dyn Fn(&mut TestEvent)| {
            let mut events = events.clone();
            if let Some(event) = events.get_mut(selected) {
                edit(event);
                change(events, selected);
            }
        }
    };
    let on_rename = {
        let edit = edit.clone();
        Callback::from(move |event: InputEvent| {
            let name = text_of(&event);
            edit(&|event: &mut TestEvent| event.name.clone_from(&name));
        })
    };
    let on_payload = {
        let edit = edit.clone();
        Callback::from(move |payload: String| {
            edit(&|event: &mut TestEvent| event.payload.clone_from(&payload))
        })
    };
    let on_format = {
        let (edit, payload) = (edit, payload.clone());
        Callback::from(move |_: MouseEvent| {
            edit(&|event: &mut TestEvent| event.payload = pretty_json(&payload))
        })
    };
    let add = {
        let (change, events) = (change.clone(), events.clone());
        move |wanted: &str, payload: String| {
            let mut events = events.clone();
            let name = free_name(wanted, "-", events.iter().map(|event| event.name.as_str()));
            events.push(TestEvent { name, payload });
            let last = events.len() - 1;
            change(events, last);
        }
    };
    let on_new = {
        let add = add.clone();
        Callback::from(move |_: MouseEvent| add("event", first_event().payload))
    };
    let on_template = Callback::from(move |(name, payload): (String, String)| add(&name, payload));
    let on_delete = {
        let (change, events) = (change, events.clone());
        Callback::from(move |_: MouseEvent| {
            let mut events = events.clone();
            events.remove(selected);
            change(events, selected.saturating_sub(1));
        })
    };
    let run = {
        let (app, name, invocation_type) = (app.clone(), name.clone(), *invocation_type);
        let qualifier = qualifier.clone();
        Callback::from(move |()| actions::test_of(&app, &name, &qualifier, invocation_type))
    };
    let on_type = {
        let invocation_type = invocation_type.clone();
        Callback::from(move |event: Event| {
            invocation_type.set(InvocationType::from_value(&text_of(&event)))
        })
    };
    let diagnostics: Rc<Vec<Diagnostic>> = Rc::new(
        fault
            .iter()
            .filter(|_| !payload.is_empty())
            .map(|fault| Diagnostic {
                offset: 0,
                line: fault.line,
                column: fault.column,
                message: fault.message.clone(),
            })
            .collect(),
    );
    let test = html! {
        <Button kind={ButtonKind::Primary} label="Test" shortcut="Control+Enter" glyph={Glyph::Play} busy={props.running} disabled={read_only} onclick={run.reform(|_: MouseEvent| ())} />
    };
    html! {
        <div class="test-tab">
            <Panel title="Test event" actions={test}>
                <div class="test-fields">
                    <Field id="test-event" label="Saved events">
                        <select id="test-event" onchange={on_select} disabled={read_only} aria-describedby="test-event-hint">
                            for (index, event) in events.iter().enumerate() { <option key={index} value={index.to_string()} selected={index == selected}>{ &event.name }</option> }
                        </select>
                    </Field>
                    <Field id="test-name" label="Event name">
                        <input id="test-name" value={event.as_ref().map(|event| event.name.clone())} oninput={on_rename} readonly={read_only} autocomplete="off" aria-describedby="test-name-hint" />
                    </Field>
                    <Field id="test-type" label="Invocation type" hint={invocation_type_help(*invocation_type)}>
                        <select id="test-type" onchange={on_type} disabled={read_only} aria-describedby="test-type-hint">
                            for kind in TYPES { <option key={kind.as_str()} value={kind.as_str()} selected={kind == *invocation_type}>{ kind.as_str() }</option> }
                        </select>
                    </Field>
                    <Field id="test-qualifier" label="Version or alias" hint="An alias with weights draws one of its versions.">
                        <select id="test-qualifier" onchange={on_qualifier} disabled={read_only} aria-describedby="test-qualifier-hint">
                            for (value, label) in qualifiers.iter() { <option key={value.clone()} value={value.clone()} selected={*value == qualifier}>{ label.clone() }</option> }
                        </select>
                    </Field>
                    <Templates on_template={on_template} {read_only} />
                </div>
                <div class="test-tools">
                    <Button glyph={Glyph::Add} label="New event" onclick={on_new} disabled={read_only} />
                    <Button label="Format JSON" onclick={on_format} disabled={read_only || fault.is_some()} />
                    <Button glyph={Glyph::Delete} label="Delete event" onclick={on_delete} disabled={read_only || events.len() < 2} />
                </div>
                <CodeEditor key={format!("{name}-{selected}")} class="code-editor-event" text={payload.clone()} language="json" label="Event JSON" {read_only} {diagnostics}
                    on_change={on_payload} on_run={run} />
                <p class="json-hint">{ match &fault {
                    None => html! { <Status tone={StatusTone::Success} word="Valid JSON, saved with the workspace" /> },
                    Some(fault) => html! { <Status tone={StatusTone::Warning} word={format!("Not JSON: line {}, column {}: {}", fault.line, fault.column, fault.message)} /> },
                } }</p>
            </Panel>
            <ResultPanel function={props.name.clone()} />
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct TemplatesProps {
    on_template: Callback<(String, String)>,
    read_only: bool,
}

/// AWS's sample events by trigger, fetched when somebody wants one.
#[component]
fn Templates(props: &TemplatesProps) -> Html {
    let app = use_app();
    let samples = use_state(|| None::<Rc<Vec<SampleEvent>>>);
    let load = {
        let samples = samples.clone();
        Callback::from(move |()| {
            if samples.is_some() {
                return;
            }
            let samples = samples.clone();
            spawn_local(async move {
                let found = match host::fetch_text("sample-events/index.json").await {
                    Ok(text) => serde_json::from_str(&text).unwrap_or_default(),
                    Err(_) => Vec::new(),
                };
                samples.set(Some(Rc::new(found)));
            });
        })
    };
    let onchange = {
        let (samples, on_template) = (samples.clone(), props.on_template.clone());
        Callback::from(move |event: Event| {
            let wanted = text_of(&event);
            let Some(sample) = samples
                .iter()
                .flat_map(|samples| samples.iter())
                .find(|sample| sample.name == wanted)
                .cloned()
            else {
                return;
            };
            let (app, on_template) = (app.clone(), on_template.clone());
            spawn_local(async move {
                match host::fetch_text(&format!("sample-events/{}", sample.file)).await {
                    Ok(text) => on_template.emit((sample.name, text.trim_end().to_owned())),
                    Err(error) => actions::show(
                        &app,
                        Notice::new(Tone::Error, "The template could not be loaded.").detail(error),
                    ),
                }
            });
        })
    };
    let mut services: Vec<String> = Vec::new();
    for sample in samples.iter().flat_map(|samples| samples.iter()) {
        if !services.contains(&sample.service) {
            services.push(sample.service.clone());
        }
    }
    html! {
        <Field id="test-template" label="New from template" hint="Events as AWS's services send them.">
            <select id="test-template" {onchange} disabled={props.read_only} onfocus={load.reform(|_: FocusEvent| ())} onpointerdown={load.reform(|_: PointerEvent| ())} aria-describedby="test-template-hint">
                <option value="" selected=true>{ if samples.is_some() { "Choose a template" } else { "Choose a template …" } }</option>
                for service in services.iter() {
                    <optgroup key={service.clone()} label={service.clone()}>
                        for sample in samples.iter().flat_map(|samples| samples.iter()).filter(|sample| sample.service == *service) {
                            <option key={sample.name.clone()} value={sample.name.clone()}>{ &sample.title }</option>
                        }
                    </optgroup>
                }
            </select>
        </Field>
    }
}
