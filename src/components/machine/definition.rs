//! A definition and its picture, side by side: what is typed in one is seen in the other.

use super::StateGraph;
use super::test_state::TestStatePanel;
use crate::actions;
use crate::components::{
    Button, ButtonKind, CodeEditor, EditorRequest, EditorRequestKind, Empty, Glyph, Icon, Panel,
    Status, StatusTone,
};
use crate::hooks::{use_app, use_session};
use crate::model::{EnginePhase, is_state, node_of, plural, state_at};
use coldstart_protocol::{Analysis, DefinitionAnswer, DefinitionAsk, Graph, QuickFix};
use gloo_timers::callback::Timeout;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Between a keystroke and the question about the text.
const QUIET_MS: u32 = 60;
/// Diagnostics in the list below the editor; all are marked in the text.
const LISTED_MAX: usize = 50;

#[derive(PartialEq, Properties)]
pub struct DefinitionEditorProps {
    pub name: AttrValue,
    pub text: AttrValue,
    pub express: bool,
    pub read_only: bool,
    /// Buttons of the editor's heading.
    #[prop_or_default]
    pub tools: Html,
    /// Stands above the editor: why it was not saved.
    #[prop_or_default]
    pub fault: Html,
    pub on_change: Callback<String>,
    pub on_save: Callback<()>,
    /// Ctrl+Enter.
    pub on_run: Callback<()>,
}

/// The editor and the picture.
#[component]
pub fn DefinitionEditor(props: &DefinitionEditorProps) -> Html {
    let app = use_app();
    let analysis = use_state(|| None::<Rc<Analysis>>);
    // The last picture there was: it stays while the text is so broken that there is none.
    let graph = use_state(Rc::<Graph>::default);
    let selected = use_state(|| None::<AttrValue>);
    let request = use_state(|| None::<EditorRequest>);
    let testing = use_state(|| false);
    let ready = use_session(|session| {
        !matches!(
            session.phase,
            EnginePhase::Starting | EnginePhase::Mismatch | EnginePhase::Broken(_)
        )
    });
    {
        let (analysis, graph) = (analysis.clone(), graph.clone());
        use_effect_with(
            (props.text.clone(), props.express, ready),
            move |(text, express, ready)| {
                let ask = DefinitionAsk::Analyse { text: text.to_string(), express: *express };
                let wait = if analysis.is_some() { QUIET_MS } else { 0 };
                let timer = ready.then(|| {
                    Timeout::new(wait, move || {
                        spawn_local(async move {
                            if let Some(DefinitionAnswer::Analysis(found)) =
                                app.engine.definition(ask).await
                            {
                                if let Ok(drawn) = &found.graph
                                    && **graph != *drawn
                                {
                                    graph.set(Rc::new(drawn.clone()));
                                }
                                analysis.set(Some(Rc::new(*found)));
                            }
                        });
                    })
                });
                move || drop(timer)
            },
        );
    }
    let ask_editor = {
        let request = request.clone();
        move |kind: EditorRequestKind| {
            let number = request.as_ref().map_or(1, |request| request.number + 1);
            request.set(Some(EditorRequest { number, kind }));
        }
    };
    let on_cursor = {
        let (graph, selected) = (graph.clone(), selected.clone());
        Callback::from(move |offset: usize| {
            let state = state_at(&graph, offset).map(|name| AttrValue::from(name.to_owned()));
            if *selected != state {
                selected.set(state);
            }
        })
    };
    let on_select = {
        let (graph, selected, ask_editor) = (graph.clone(), selected.clone(), ask_editor.clone());
        Callback::from(move |name: AttrValue| {
            if let Some(node) = node_of(&graph, &name).map(|at| &graph.nodes[at])
                && node.to > 0
            {
                ask_editor(EditorRequestKind::Reveal(node.from));
            }
            selected.set(Some(name));
        })
    };
    let on_fix = {
        let ask_editor = ask_editor.clone();
        Callback::from(move |fix: QuickFix| ask_editor(EditorRequestKind::Change(fix.edits)))
    };
    let on_goto =
        Callback::from(move |offset: usize| ask_editor(EditorRequestKind::Reveal(offset)));
    let export = {
        let (app, name, text) = (use_app(), props.name.clone(), props.text.clone());
        Callback::from(move |_: MouseEvent| actions::download_picture(&app, &name, &text))
    };
    let marks =
        Rc::new(analysis.as_ref().map(|found| found.diagnostics.clone()).unwrap_or_default());
    let no_picture = analysis.as_ref().and_then(|found| found.graph.as_ref().err().cloned());
    let tested = selected
        .as_ref()
        .and_then(|name| node_of(&graph, name).map(|at| &graph.nodes[at]))
        .filter(|node| is_state(node) && !node.state_type.is_empty())
        .map(|node| (AttrValue::from(node.name.clone()), AttrValue::from(node.state_type.clone())));
    let toggle_test = {
        let testing = testing.clone();
        Callback::from(move |_: MouseEvent| testing.set(!*testing))
    };
    let close_test = {
        let testing = testing.clone();
        Callback::from(move |()| testing.set(false))
    };
    let test_button = html! { <Button label="Test state" glyph={Glyph::Play} disabled={tested.is_none() && !*testing} expanded={*testing} onclick={toggle_test} /> };
    let picture_tools = html! { <Button kind={ButtonKind::Link} glyph={Glyph::Download} label="SVG" name="Save the picture as SVG" disabled={no_picture.is_some()} onclick={export} /> };
    html! {
        <div class="definition">
            <Panel title="Definition" actions={props.tools.clone()} flush={true} class="definition-text">
                { props.fault.clone() }
                <CodeEditor key={props.name.to_string()} class="code-editor-tall" text={props.text.clone()} language="json" label={format!("Definition of {}", props.name)}
                    read_only={props.read_only} marks={marks} definition={true} request={(*request).clone()}
                    on_change={props.on_change.clone()} on_save={props.on_save.clone()} on_run={props.on_run.clone()} {on_cursor} />
                if let Some(found) = &*analysis { <Faults analysis={found.clone()} read_only={props.read_only} {on_fix} {on_goto} /> }
            </Panel>
            <Panel title="Graph" flush={true} class="definition-picture" actions={test_button}>
                { match (no_picture, graph.nodes.is_empty()) {
                    (Some(reason), true) => html! { <Empty glyph={Glyph::Machines} title="No picture" text={reason} /> },
                    (None, true) => html! { <p class="definition-note" role="status">{ "Drawing …" }</p> },
                    (reason, false) => html! {
                        <>
                            if let Some(reason) = reason { <p class="definition-note" role="status"><Icon glyph={Glyph::Warning} />{ format!("{reason} This is the picture before.") }</p> }
                            <StateGraph graph={(*graph).clone()} id="definition-graph" label={format!("States of {}", props.name)} selected={(*selected).clone()} on_select={on_select.clone()} tools={picture_tools} />
                        </>
                    },
                } }
            </Panel>
            if *testing { <TestStatePanel machine={props.name.clone()} definition={props.text.clone()} state={tested} read_only={props.read_only} {on_select} on_close={close_test} /> }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct FaultsProps {
    analysis: Rc<Analysis>,
    read_only: bool,
    on_fix: Callback<QuickFix>,
    on_goto: Callback<usize>,
}

/// What is wrong, below the text: the same as the marks in it, for those who do not point at them.
#[component]
fn Faults(props: &FaultsProps) -> Html {
    let diagnostics = &props.analysis.diagnostics;
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.error).count();
    let warnings = diagnostics.len() - errors;
    if diagnostics.is_empty() {
        return html! { <p class="definition-note" role="status"><Status tone={StatusTone::Success} word="No faults found" /></p> };
    }
    let count = match (errors, warnings) {
        (0, warnings) => plural(warnings as u64, "warning"),
        (errors, 0) => plural(errors as u64, "error"),
        (errors, warnings) => {
            format!("{}, {}", plural(errors as u64, "error"), plural(warnings as u64, "warning"))
        }
    };
    let tone = if errors > 0 { StatusTone::Error } else { StatusTone::Warning };
    html! {
        <div class="definition-faults">
            <p class="definition-note" role="status"><Status {tone} word={count} /></p>
            <ul aria-label="Faults of the definition" tabindex="0">
                for (index, diagnostic) in diagnostics.iter().take(LISTED_MAX).enumerate() {
                    <li key={index} class={if diagnostic.error { "definition-error" } else { "definition-warning" }}>
                        <Icon glyph={if diagnostic.error { Glyph::Error } else { Glyph::Warning }} />
                        <div>
                            <Button kind={ButtonKind::Link} class="definition-place" label={format!("Line {}, column {}", diagnostic.line, diagnostic.column)}
                                onclick={ let from = diagnostic.from; props.on_goto.reform(move |_: MouseEvent| from) } />
                            <span class="visually-hidden">{ if diagnostic.error { "Error" } else { "Warning" } }</span>
                            <p><code>{ &diagnostic.code }</code>{ " " }{ &diagnostic.message }{ if diagnostic.pointer == "/" { String::new() } else { format!(" at {}", diagnostic.pointer) } }</p>
                            if !diagnostic.fixes.is_empty() && !props.read_only {
                                <div class="definition-fixes">
                                    for fix in diagnostic.fixes.iter() {
                                        <Button key={fix.title.clone()} label={fix.title.clone()} glyph={Glyph::Edit} onclick={ let fix = fix.clone(); props.on_fix.reform(move |_: MouseEvent| fix.clone()) } />
                                    }
                                </div>
                            }
                        </div>
                    </li>
                }
            </ul>
            if diagnostics.len() > LISTED_MAX { <p class="definition-note">{ format!("and {} more", diagnostics.len() - LISTED_MAX) }</p> }
        </div>
    }
}
