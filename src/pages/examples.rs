//! The gallery of examples.

use crate::actions;
use crate::app::App;
use crate::components::{Alert, Button, ButtonKind, CompilerProgress, Empty, Glyph, waiting};
use crate::hooks::{use_app, use_document, use_session};
use crate::host;
use crate::model::{
    EnginePhase, Example, ExampleIndex, MachineExample, Scenario, Tone, format_bytes,
    machine_type_label, machine_type_name, plural,
};
use crate::route::Route;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

type Loaded = Option<Result<Rc<ExampleIndex>, String>>;

/// The gallery.
#[component]
pub fn ExamplesPage() -> Html {
    let index = use_state(|| Loaded::None);
    let load = {
        let index = index.clone();
        Callback::from(move |()| {
            let index = index.clone();
            index.set(None);
            spawn_local(async move {
                let loaded = match host::fetch_text("examples/index.json").await {
                    Ok(text) => {
                        serde_json::from_str(&text).map(Rc::new).map_err(|error| error.to_string())
                    }
                    Err(error) => Err(error),
                };
                index.set(Some(loaded));
            });
        })
    };
    use_effect_with((), {
        let load = load.clone();
        move |()| load.emit(())
    });
    html! {
        <div class="page">
            <header class="page-header"><div><h1>{ "Examples" }</h1><p>{ "Working functions and state machines, with sources, test events and inputs. Open one to add it to your workspace." }</p></div>
                <a class="button button-normal" href={Route::Labs.format()}><span>{ "Labs: learn step by step" }</span></a></header>
            <CompilerProgress />
            { match &*index {
                None => waiting("examples"),
                Some(Err(error)) => html! {
                    <Alert tone={Tone::Error} title="The examples could not be loaded." actions={html! { <Button label="Try again" onclick={load.reform(|_: MouseEvent| ())} /> }}><p>{ error }</p></Alert>
                },
                Some(Ok(index)) if index.examples.is_empty() => html! { <Empty glyph={Glyph::Examples} title="This site ships no examples" /> },
                Some(Ok(index)) => html! { <>
                    if !index.scenarios.is_empty() {
                        <section class="card-group">
                            <h2>{ "Scenarios" }</h2>
                            <ul class="cards">
                                for (at, scenario) in index.scenarios.iter().enumerate() {
                                    <Card key={scenario.name.clone()} of={Of::Scenario(at)} index={index.clone()} />
                                }
                            </ul>
                        </section>
                    }
                    if !index.machines.is_empty() {
                        <section class="card-group">
                            <h2>{ "State machines" }</h2>
                            <ul class="cards">
                                for (at, example) in index.machines.iter().enumerate() {
                                    <Card key={example.name.clone()} of={Of::Machine(at)} index={index.clone()} />
                                }
                            </ul>
                        </section>
                    }
                    <section class="card-group">
                        <h2>{ "Functions" }</h2>
                        <ul class="cards">
                            for (at, example) in index.examples.iter().enumerate() { <Card key={example.name.clone()} of={Of::Function(at)} index={index.clone()} /> }
                        </ul>
                    </section>
                </> },
            } }
        </div>
    }
}

/// What a card is of: its place in the index.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Of {
    Scenario(usize),
    Machine(usize),
    Function(usize),
}

impl Of {
    /// Adds it to the workspace.
    async fn open(self, app: &App, index: &ExampleIndex) -> Result<(), String> {
        match self {
            Self::Scenario(at) => actions::add_scenario(app, index, &index.scenarios[at]).await,
            Self::Machine(at) => {
                actions::add_machine_example(app, index, &index.machines[at]).await
            }
            Self::Function(at) => actions::add_example(app, &index.examples[at], None).await,
        }
    }

    fn words(self, index: &ExampleIndex) -> (&str, &str) {
        match self {
            Self::Scenario(at) => (&index.scenarios[at].title, &index.scenarios[at].summary),
            Self::Machine(at) => (&index.machines[at].title, &index.machines[at].summary),
            Self::Function(at) => (&index.examples[at].title, &index.examples[at].summary),
        }
    }

    fn facts(self, index: &ExampleIndex) -> Html {
        match self {
            Self::Scenario(at) => scenario_facts(&index.scenarios[at]),
            Self::Machine(at) => machine_facts(&index.machines[at], index),
            Self::Function(at) => function_facts(&index.examples[at]),
        }
    }
}

#[derive(PartialEq, Properties)]
struct CardProps {
    of: Of,
    index: Rc<ExampleIndex>,
}

#[component]
fn Card(props: &CardProps) -> Html {
    let app = use_app();
    let busy = use_state(|| false);
    let fault = use_state(|| None::<String>);
    let read_only = use_document(|document| document.read_only());
    let ready = use_session(|session| session.phase == EnginePhase::Ready);
    let (of, index) = (props.of, &props.index);
    let open = {
        let (app, busy, fault, index) = (app, busy.clone(), fault.clone(), index.clone());
        Callback::from(move |_: MouseEvent| {
            let (app, busy, fault, index) =
                (app.clone(), busy.clone(), fault.clone(), index.clone());
            busy.set(true);
            spawn_local(async move {
                let added = of.open(&app, &index).await;
                busy.set(false);
                fault.set(added.err());
            });
        })
    };
    let (title, summary) = of.words(index);
    let source = match of {
        Of::Function(at) => index.examples[at].source.as_ref(),
        _ => None,
    };
    html! {
        <li class="card">
            <h3>{ title.to_owned() }</h3>
            <p class="card-summary">{ summary.to_owned() }</p>
            <p class="card-facts">{ of.facts(index) }</p>
            if let Some(fault) = &*fault { <div role="alert"><Alert tone={Tone::Error} title="It could not be added."><p class="aws-message">{ fault }</p></Alert></div> }
            <p class="card-actions">
                <Button kind={ButtonKind::Primary} label="Open" name={format!("Open {title}")} busy={*busy} disabled={read_only || !ready} onclick={open} />
                if let Some(source) = source { <a href={format!("examples/{}", source.path)} target="_blank" rel="noopener">{ "Source" }</a> }
            </p>
        </li>
    }
}

fn function_facts(example: &Example) -> Html {
    let language = match example.language.as_str() {
        "rust" => "Rust",
        "wat" => "WebAssembly text",
        "javascript" => "JavaScript",
        "typescript" => "TypeScript",
        "c" => "C",
        "zig" => "Zig",
        "assemblyscript" => "AssemblyScript",
        other => other,
    };
    let size = example.module.as_ref().map(|module| format_bytes(module.size));
    html! {
        <>
            <span class="badge">{ language }</span>
            <span>{ format!("{} MB, {} s", example.function.memory_size_mb, example.function.timeout_seconds) }</span>
            if let Some(size) = size { <span>{ size }</span> }
            <span>{ plural(example.events.len() as u64, "event") }</span>
        </>
    }
}

fn machine_facts(example: &MachineExample, index: &ExampleIndex) -> Html {
    let functions: Vec<&str> =
        index.functions_of(example).map(|one| one.function.name.as_str()).collect();
    html! {
        <>
            <span class="badge">{ machine_type_label(machine_type_name(example.machine.machine_type)) }</span>
            if !functions.is_empty() { <span>{ format!("Calls {}", functions.join(", ")) }</span> }
            <span>{ plural(example.inputs.len() as u64, "input") }</span>
        </>
    }
}

fn scenario_facts(scenario: &Scenario) -> Html {
    let requests: usize = scenario.requests.iter().map(|request| request.times).sum();
    html! {
        <>
            <span>{ format!("With {}", scenario.functions.join(", ")) }</span>
            if requests > 0 { <span>{ plural(requests as u64, "request") }</span> }
        </>
    }
}
