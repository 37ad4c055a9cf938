//! The gallery of examples.

use crate::actions;
use crate::components::{Alert, Button, ButtonKind, Empty, Glyph};
use crate::hooks::{use_app, use_document, use_session};
use crate::host;
use crate::model::{
    EnginePhase, Example, ExampleIndex, MachineExample, Scenario, Tone, format_bytes,
    machine_type_label, machine_type_name, plural,
};
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
            <header class="page-header"><div><h1>{ "Examples" }</h1><p>{ "Working functions and state machines, with sources, test events and inputs. Open one to add it to your workspace." }</p></div></header>
            { match &*index {
                None => html! { <div class="skeleton" role="status"><span class="visually-hidden">{ "Loading the examples" }</span><i></i><i></i><i></i></div> },
                Some(Err(error)) => html! {
                    <Alert tone={Tone::Error} title="The examples could not be loaded." actions={html! { <Button label="Try again" onclick={load.reform(|_: MouseEvent| ())} /> }}><p>{ error }</p></Alert>
                },
                Some(Ok(index)) if index.examples.is_empty() => html! { <Empty glyph={Glyph::Examples} title="This site ships no examples" /> },
                Some(Ok(index)) => html! { <>
                    if !index.scenarios.is_empty() {
                        <section class="card-group">
                            <h2>{ "Scenarios" }</h2>
                            <ul class="cards">
                                for scenario in index.scenarios.iter() {
                                    <ScenarioCard key={scenario.name.clone()} scenario={Rc::new(scenario.clone())} index={index.clone()} />
                                }
                            </ul>
                        </section>
                    }
                    if !index.machines.is_empty() {
                        <section class="card-group">
                            <h2>{ "State machines" }</h2>
                            <ul class="cards">
                                for example in index.machines.iter() {
                                    <MachineCard key={example.name.clone()} example={Rc::new(example.clone())} index={index.clone()} />
                                }
                            </ul>
                        </section>
                    }
                    <section class="card-group">
                        <h2>{ "Functions" }</h2>
                        <ul class="cards">
                            for example in index.examples.iter() { <Card key={example.name.clone()} example={Rc::new(example.clone())} /> }
                        </ul>
                    </section>
                </> },
            } }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct CardProps {
    example: Rc<Example>,
}

#[component]
fn Card(props: &CardProps) -> Html {
    let app = use_app();
    let busy = use_state(|| false);
    let fault = use_state(|| None::<String>);
    let read_only = use_document(|document| document.read_only());
    let ready = use_session(|session| session.phase == EnginePhase::Ready);
    let example = &props.example;
    let open = {
        let (app, busy, fault, example) = (app, busy.clone(), fault.clone(), example.clone());
        Callback::from(move |_: MouseEvent| {
            let (app, busy, fault, example) =
                (app.clone(), busy.clone(), fault.clone(), example.clone());
            busy.set(true);
            spawn_local(async move {
                let added = actions::add_example(&app, &example, None).await;
                busy.set(false);
                fault.set(added.err());
            });
        })
    };
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
        <li class="card">
            <h3>{ &example.title }</h3>
            <p class="card-summary">{ &example.summary }</p>
            <p class="card-facts">
                <span class="badge">{ language }</span>
                <span>{ format!("{} MB, {} s", example.function.memory_size_mb, example.function.timeout_seconds) }</span>
                if let Some(size) = size { <span>{ size }</span> }
                <span>{ plural(example.events.len() as u64, "event") }</span>
            </p>
            if let Some(fault) = &*fault { <div role="alert"><Alert tone={Tone::Error} title="It could not be added."><p class="aws-message">{ fault }</p></Alert></div> }
            <p class="card-actions">
                <Button kind={ButtonKind::Primary} label="Open" name={format!("Open {}", example.title)} busy={*busy} disabled={read_only || !ready} onclick={open} />
                if let Some(source) = &example.source { <a href={format!("examples/{}", source.path)} target="_blank" rel="noopener">{ "Source" }</a> }
            </p>
        </li>
    }
}

#[derive(PartialEq, Properties)]
struct MachineCardProps {
    example: Rc<MachineExample>,
    index: Rc<ExampleIndex>,
}

#[component]
fn MachineCard(props: &MachineCardProps) -> Html {
    let app = use_app();
    let busy = use_state(|| false);
    let fault = use_state(|| None::<String>);
    let read_only = use_document(|document| document.read_only());
    let ready = use_session(|session| session.phase == EnginePhase::Ready);
    let example = &props.example;
    let open = {
        let (app, busy, fault) = (app, busy.clone(), fault.clone());
        let (example, index) = (example.clone(), props.index.clone());
        Callback::from(move |_: MouseEvent| {
            let (app, busy, fault) = (app.clone(), busy.clone(), fault.clone());
            let (example, index) = (example.clone(), index.clone());
            busy.set(true);
            spawn_local(async move {
                let added = actions::add_machine_example(&app, &index, &example).await;
                busy.set(false);
                fault.set(added.err());
            });
        })
    };
    let functions: Vec<&str> =
        props.index.functions_of(example).map(|one| one.function.name.as_str()).collect();
    html! {
        <li class="card">
            <h3>{ &example.title }</h3>
            <p class="card-summary">{ &example.summary }</p>
            <p class="card-facts">
                <span class="badge">{ machine_type_label(machine_type_name(example.machine.machine_type)) }</span>
                if !functions.is_empty() { <span>{ format!("Calls {}", functions.join(", ")) }</span> }
                <span>{ plural(example.inputs.len() as u64, "input") }</span>
            </p>
            if let Some(fault) = &*fault { <div role="alert"><Alert tone={Tone::Error} title="It could not be added."><p class="aws-message">{ fault }</p></Alert></div> }
            <p class="card-actions">
                <Button kind={ButtonKind::Primary} label="Open" name={format!("Open {}", example.title)} busy={*busy} disabled={read_only || !ready} onclick={open} />
            </p>
        </li>
    }
}

#[derive(PartialEq, Properties)]
struct ScenarioCardProps {
    scenario: Rc<Scenario>,
    index: Rc<ExampleIndex>,
}

#[component]
fn ScenarioCard(props: &ScenarioCardProps) -> Html {
    let app = use_app();
    let busy = use_state(|| false);
    let fault = use_state(|| None::<String>);
    let read_only = use_document(|document| document.read_only());
    let ready = use_session(|session| session.phase == EnginePhase::Ready);
    let scenario = &props.scenario;
    let open = {
        let (app, busy, fault) = (app, busy.clone(), fault.clone());
        let (scenario, index) = (scenario.clone(), props.index.clone());
        Callback::from(move |_: MouseEvent| {
            let (app, busy, fault) = (app.clone(), busy.clone(), fault.clone());
            let (scenario, index) = (scenario.clone(), index.clone());
            busy.set(true);
            spawn_local(async move {
                let added = actions::add_scenario(&app, &index, &scenario).await;
                busy.set(false);
                fault.set(added.err());
            });
        })
    };
    let requests: usize = scenario.requests.iter().map(|request| request.times).sum();
    html! {
        <li class="card">
            <h3>{ &scenario.title }</h3>
            <p class="card-summary">{ &scenario.summary }</p>
            <p class="card-facts">
                <span>{ format!("With {}", scenario.functions.join(", ")) }</span>
                if requests > 0 { <span>{ plural(requests as u64, "request") }</span> }
            </p>
            if let Some(fault) = &*fault { <div role="alert"><Alert tone={Tone::Error} title="It could not be added."><p class="aws-message">{ fault }</p></Alert></div> }
            <p class="card-actions">
                <Button kind={ButtonKind::Primary} label="Open" name={format!("Open {}", scenario.title)} busy={*busy} disabled={read_only || !ready} onclick={open} />
            </p>
        </li>
    }
}
