//! A test of the selected state, as the console's "Test state": input and mock in, status, output and every value on the way out.
//!
//! A test leaves the workspace as it is. One whose Task is not mocked calls the real functions, in a copy of the session.

use super::refused;
use crate::actions;
use crate::components::execution::DataText;
use crate::components::{
    Alert, Button, ButtonKind, CodeEditor, Field, Glyph, Panel, Segments, Status, StatusTone,
    number_of, text_of,
};
use crate::hooks::{use_app, use_document};
use crate::model::{
    CallError, TestForm, TestMock, TestOutcome, Tone, calls_service, is_mockable, json_fault,
};
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

const LEVELS: [(&str, &str); 3] = [
    ("INFO", "INFO: status and output"),
    ("DEBUG", "DEBUG: input and output processing too"),
    ("TRACE", "TRACE: requests and responses of HTTP tasks too"),
];
const VALIDATIONS: [(&str, &str); 3] = [
    ("STRICT", "STRICT: required fields and types"),
    ("PRESENT", "PRESENT: types of the fields that are there"),
    ("NONE", "NONE: no check"),
];

#[derive(PartialEq, Properties)]
pub(super) struct TestStatePanelProps {
    /// The machine.
    pub machine: AttrValue,
    pub definition: AttrValue,
    /// The state's name and type.
    pub state: Option<(AttrValue, AttrValue)>,
    /// The workspace came with a link, whose functions do not run unasked.
    pub read_only: bool,
    pub on_select: Callback<AttrValue>,
    pub on_close: Callback<()>,
}

/// The panel. What was filled in for a state is there when one comes back to it.
#[component]
pub(super) fn TestStatePanel(props: &TestStatePanelProps) -> Html {
    let forms = use_state(BTreeMap::<AttrValue, TestForm>::new);
    let result = use_state(|| None::<(AttrValue, Rc<Result<TestOutcome, CallError>>)>);
    let element = use_node_ref();
    use_effect_with(element.clone(), |element| {
        if let Some(element) = element.cast::<web_sys::Element>() {
            element.scroll_into_view();
        }
    });
    let close = html! { <Button kind={ButtonKind::Icon} glyph={Glyph::Close} label="Close the test" onclick={props.on_close.reform(|_: MouseEvent| ())} /> };
    let first_input = use_document({
        let machine = props.machine.clone();
        move |document| {
            let draft = document.machine(&machine)?;
            draft.inputs.get(draft.selected_input).map(|input| input.payload.clone())
        }
    });
    let content = match &props.state {
        None => {
            html! { <p class="quiet">{ "Select a state in the graph, or put the cursor into one." }</p> }
        }
        Some((state, state_type)) => {
            let form = forms.get(state).cloned().unwrap_or_else(|| {
                TestForm::of(state_type, first_input.as_deref().unwrap_or("{}"))
            });
            let on_change = {
                let (forms, state) = (forms.clone(), state.clone());
                Callback::from(move |form: TestForm| {
                    let mut next = (*forms).clone();
                    next.insert(state.clone(), form);
                    forms.set(next);
                })
            };
            let outcome =
                result.as_ref().filter(|(of, _)| of == state).map(|(_, outcome)| outcome.clone());
            let on_result = {
                let (result, state) = (result.clone(), state.clone());
                Callback::from(move |outcome: Rc<Result<TestOutcome, CallError>>| {
                    result.set(Some((state.clone(), outcome)));
                })
            };
            html! {
                <TestOfState key={state.to_string()} definition={props.definition.clone()} state={state.clone()} state_type={state_type.clone()} read_only={props.read_only}
                    {form} {outcome} {on_change} {on_result} on_select={props.on_select.clone()} />
            }
        }
    };
    let title = match &props.state {
        Some((state, _)) => format!("Test state: {state}"),
        None => "Test state".to_owned(),
    };
    html! {
        <div class="test-state" ref={element}>
            <Panel {title} actions={close} description="Runs this state alone. The history, its seed and its links stay as they are.">{ content }</Panel>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct TestOfStateProps {
    definition: AttrValue,
    state: AttrValue,
    state_type: AttrValue,
    read_only: bool,
    form: TestForm,
    outcome: Option<Rc<Result<TestOutcome, CallError>>>,
    on_change: Callback<TestForm>,
    on_result: Callback<Rc<Result<TestOutcome, CallError>>>,
    on_select: Callback<AttrValue>,
}

/// The form on the left, what came of it on the right.
#[component]
fn TestOfState(props: &TestOfStateProps) -> Html {
    let app = use_app();
    let busy = use_state(|| false);
    // Two editors of one form: a change made by one must not be undone by the other's older form.
    let latest = use_mut_ref(|| props.form.clone());
    *latest.borrow_mut() = props.form.clone();
    let form = &props.form;
    let mockable = is_mockable(&props.state_type);
    let (is_map, nested) =
        (&*props.state_type == "Map", matches!(&*props.state_type, "Map" | "Parallel"));
    let calls = calls_service(form, &props.state_type);
    let edit = {
        let (on_change, latest) = (props.on_change.clone(), latest);
        move |edit: fn(&mut TestForm, String)| {
            let (on_change, latest) = (on_change.clone(), latest.clone());
            Callback::from(move |text: String| {
                let mut form = latest.borrow_mut();
                edit(&mut form, text);
                on_change.emit(form.clone());
            })
        }
    };
    let optional = |text: &str| {
        let empty = text.trim().is_empty();
        (!empty).then(|| json_fault(text)).flatten().map(|fault| {
            AttrValue::from(format!("Not JSON: line {}: {}", fault.line, fault.message))
        })
    };
    let faults = [
        optional(&form.input),
        optional(&form.variables),
        optional(&form.context),
        (mockable && form.mock == TestMock::Result)
            .then(|| json_fault(&form.result))
            .flatten()
            .map(|fault| {
                AttrValue::from(format!("Not JSON: line {}: {}", fault.line, fault.message))
            }),
        is_map.then(|| optional(&form.reader_data)).flatten(),
    ];
    let forbidden = calls && props.read_only;
    let can_run = !*busy && !forbidden && faults.iter().all(Option::is_none);
    let run = {
        let (definition, state, state_type) =
            (props.definition.clone(), props.state.clone(), props.state_type.clone());
        let (form, busy, on_result) = (form.clone(), busy.clone(), props.on_result.clone());
        Callback::from(move |()| {
            if !can_run {
                return;
            }
            busy.set(true);
            let (app, definition, state, state_type) =
                (app.clone(), definition.clone(), state.clone(), state_type.clone());
            let (form, busy, on_result) = (form.clone(), busy.clone(), on_result.clone());
            spawn_local(async move {
                let outcome =
                    actions::test_state(&app, &definition, &state, &state_type, &form).await;
                app.say(match &outcome {
                    Ok(outcome) => format!("The test of {state} ended: {}.", outcome.status),
                    Err(_) => format!("The test of {state} was refused."),
                });
                on_result.emit(Rc::new(outcome));
                busy.set(false);
            });
        })
    };
    let kinds = vec![
        (
            "none".into(),
            if &*props.state_type == "Task" { "Call it".into() } else { "None".into() },
        ),
        ("result".into(), "Mock a result".into()),
        ("error".into(), "Mock an error".into()),
    ];
    let kind = match form.mock {
        TestMock::None => "none",
        TestMock::Result => "result",
        TestMock::Error => "error",
    };
    let on_kind = edit(|form, kind| {
        form.mock = match kind.as_str() {
            "result" => TestMock::Result,
            "error" => TestMock::Error,
            _ => TestMock::None,
        };
    })
    .reform(|kind: AttrValue| kind.to_string());
    let input = |change: fn(&mut TestForm, String)| {
        edit(change).reform(|event: InputEvent| text_of(&event))
    };
    let select =
        |change: fn(&mut TestForm, String)| edit(change).reform(|event: Event| text_of(&event));
    html! {
        <div class="test-state-columns">
            <form class="test-state-form" onsubmit={Callback::from(|event: SubmitEvent| event.prevent_default())}>
                <h3>{ "State input" }</h3>
                <CodeEditor class="code-editor-event" text={form.input.clone()} language="json" label="State input" on_change={edit(|form, text| form.input = text)} on_run={run.clone()} />
                if let Some(fault) = &faults[0] { <p class="json-hint"><Status tone={StatusTone::Warning} word={fault.clone()} /></p> }
                if mockable {
                    <h3>{ "What it calls" }</h3>
                    <Segments label="What it calls" name="test-mock" options={kinds} selected={kind} on_select={on_kind} />
                    { match form.mock {
                        TestMock::None if calls && props.read_only => html! { <p class="quiet">{ "This workspace came with a link: mock what the state calls, or make the workspace your own." }</p> },
                        TestMock::None if calls => html! { <p class="quiet">{ "Functions, state machines and what else is here are called in a copy of the session: your workspace does not change. A service that is not here fails with a message that names it; mock it then." }</p> },
                        TestMock::None => html! { <p class="quiet">{ format!("TestState runs no {} state without a mock.", props.state_type) }</p> },
                        TestMock::Result => html! {
                            <>
                                <CodeEditor class="code-editor-event" text={form.result.clone()} language="json" label="Mocked result" on_change={edit(|form, text| form.result = text)} on_run={run.clone()} />
                                if let Some(fault) = &faults[3] { <p class="json-hint"><Status tone={StatusTone::Warning} word={fault.clone()} /></p> }
                                if &*props.state_type == "Task" {
                                    <Field id="test-validation" label="Field validation">
                                        <select id="test-validation" onchange={select(|form, text| form.validation = text)} aria-describedby="test-validation-hint">
                                            for (value, label) in VALIDATIONS { <option key={value} {value} selected={form.validation == value}>{ label }</option> }
                                        </select>
                                    </Field>
                                }
                            </>
                        },
                        TestMock::Error => html! {
                            <div class="test-state-fields">
                                <Field id="test-error" label="Error">
                                    <input id="test-error" value={form.error.clone()} oninput={input(|form, text| form.error = text)} placeholder="States.TaskFailed" autocomplete="off" spellcheck="false" aria-describedby="test-error-hint" />
                                </Field>
                                <Field id="test-cause" label="Cause">
                                    <input id="test-cause" value={form.cause.clone()} oninput={input(|form, text| form.cause = text)} autocomplete="off" aria-describedby="test-cause-hint" />
                                </Field>
                                <Field id="test-retries" label="Retries so far" hint="Of the retrier that matches.">
                                    <input id="test-retries" type="number" min="0" max="99999999" value={form.retries.to_string()} oninput={input(|form, text| form.retries = number_of(&text).unwrap_or_default())} aria-describedby="test-retries-hint" />
                                </Field>
                                if nested {
                                    <Field id="test-caused-by" label="Error caused by state" hint="The inner state that failed.">
                                        <input id="test-caused-by" value={form.caused_by.clone()} oninput={input(|form, text| form.caused_by = text)} autocomplete="off" spellcheck="false" aria-describedby="test-caused-by-hint" />
                                    </Field>
                                }
                            </div>
                        },
                    } }
                }
                if is_map {
                    <div class="test-state-fields">
                        <Field id="test-failures" label="Failed iterations" hint="Empty: not said.">
                            <input id="test-failures" type="number" min="0" max="100000000" value={form.failures.map(|count| count.to_string()).unwrap_or_default()} oninput={input(|form, text| form.failures = number_of(&text))} aria-describedby="test-failures-hint" />
                        </Field>
                        <Field id="test-reader" label="Data of the item reader" hint="JSON: what the reader would read." fault={faults[4].clone()}>
                            <textarea id="test-reader" rows="3" value={form.reader_data.clone()} oninput={input(|form, text| form.reader_data = text)} spellcheck="false" autocomplete="off" aria-describedby="test-reader-hint" />
                        </Field>
                    </div>
                }
                <Field id="test-level" label="Inspection level">
                    <select id="test-level" onchange={select(|form, text| form.level = text)} aria-describedby="test-level-hint">
                        for (value, label) in LEVELS { <option key={value} {value} selected={form.level == value}>{ label }</option> }
                    </select>
                </Field>
                <details>
                    <summary>{ "Variables and context" }</summary>
                    <Field id="test-variables" label="Variables" hint="A JSON object: what the state sees as $name." fault={faults[1].clone()}>
                        <textarea id="test-variables" rows="4" value={form.variables.clone()} oninput={input(|form, text| form.variables = text)} spellcheck="false" autocomplete="off" aria-describedby="test-variables-hint" />
                    </Field>
                    <Field id="test-context" label="Context object" hint="A JSON object; empty: one is made up." fault={faults[2].clone()}>
                        <textarea id="test-context" rows="4" value={form.context.clone()} oninput={input(|form, text| form.context = text)} spellcheck="false" autocomplete="off" aria-describedby="test-context-hint" />
                    </Field>
                </details>
                <div class="test-state-run">
                    <Button kind={ButtonKind::Primary} glyph={Glyph::Play} label="Start test" shortcut="Control+Enter" busy={*busy} disabled={!can_run} onclick={run.reform(|_: MouseEvent| ())} />
                </div>
            </form>
            <section class="test-state-outcome" aria-label="Result of the test">
                { match props.outcome.as_deref() {
                    None => html! { <p class="quiet">{ "Start the test to see its status, its output and each value on the way." }</p> },
                    Some(Err(error)) => html! { <div role="alert">{ refused(error) }</div> },
                    Some(Ok(outcome)) => shown(outcome, &props.on_select),
                } }
            </section>
        </div>
    }
}

/// A status as the API writes it, with its tone.
fn status(word: &str) -> Html {
    let tone = match word {
        "SUCCEEDED" => StatusTone::Success,
        "CAUGHT_ERROR" | "RETRIABLE" => StatusTone::Warning,
        _ => StatusTone::Error,
    };
    html! { <Status {tone} word={word.to_owned()} /> }
}

fn shown(outcome: &TestOutcome, on_select: &Callback<AttrValue>) -> Html {
    let next = outcome.next.clone().map(AttrValue::from);
    html! {
        <>
            <p class="test-state-status">
                { status(&outcome.status) }
                { match &next {
                    Some(next) => html! { <span>{ "Next state: " }<Button kind={ButtonKind::Link} label={next.clone()} name={format!("Select {next}")} onclick={ let next = next.clone(); on_select.reform(move |_: MouseEvent| next.clone()) } /></span> },
                    None => html! { <span class="quiet">{ "No next state" }</span> },
                } }
            </p>
            if outcome.error.is_some() || outcome.cause.is_some() {
                <Alert tone={if outcome.status == "FAILED" { Tone::Error } else { Tone::Warning }} title={outcome.error.clone().unwrap_or_else(|| "No error name".into())}>
                    if let Some(cause) = &outcome.cause { <p class="aws-message">{ cause }</p> }
                </Alert>
            }
            if outcome.output.is_some() { <DataText title="Output" text={outcome.output.clone().map(AttrValue::from)} /> }
            if !outcome.data.is_empty() {
                <h3>{ "Input and output processing" }</h3>
                <ol class="test-state-flow">
                    for (label, value) in outcome.data.iter() { <li key={label.clone()}><DataText title={label.clone()} text={Some(AttrValue::from(value.clone()))} /></li> }
                </ol>
            }
        </>
    }
}
