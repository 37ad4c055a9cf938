//! A lab: what it teaches, its steps, the way to begin anew, and the receipt.

use super::catalogue::{level_label, start_of};
use super::receipt::ReceiptPanel;
use crate::actions;
use crate::components::{Alert, Button, Facts, Glyph, Panel, Status, StatusTone, waiting};
use crate::hooks::{use_app, use_labs};
use crate::model::{Tone, plural};
use crate::route::Route;
use coldstart_workspace::lab::PackedLab;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct LabPageProps {
    /// The lab's id.
    pub id: String,
}

/// A lab.
#[component]
pub fn LabPage(props: &LabPageProps) -> Html {
    let app = use_app();
    let lab = use_labs({
        let id = props.id.clone();
        move |labs| labs.loaded.get(&id).cloned()
    });
    let load = {
        let (app, id) = (app.clone(), props.id.clone());
        Callback::from(move |()| {
            let (app, id) = (app.clone(), id.clone());
            spawn_local(async move {
                let _ = actions::load_lab(&app, &id).await;
            });
        })
    };
    use_effect_with(props.id.clone(), {
        let (app, load) = (app.clone(), load.clone());
        move |_| {
            // For the names of other labs.
            actions::load_labs(&app);
            load.emit(());
        }
    });
    match lab {
        None => {
            html! { <div class="page"><header class="page-header"><h1>{ "Lab" }</h1></header>{ waiting("lab") }</div> }
        }
        Some(Err(fault)) => html! {
            <div class="page">
                <header class="page-header"><h1>{ "Lab" }</h1></header>
                <Alert tone={Tone::Error} title={format!("There is no lab {}.", props.id)} actions={html! { <><Button label="Try again" onclick={load.reform(|_: MouseEvent| ())} /><a class="button button-normal" href={Route::Labs.format()}><span>{ "All labs" }</span></a></> }}><p>{ fault }</p></Alert>
            </div>
        },
        Some(Ok(lab)) => html! { <Overview {lab} /> },
    }
}

#[derive(PartialEq, Properties)]
struct OverviewProps {
    lab: Rc<PackedLab>,
}

#[component]
fn Overview(props: &OverviewProps) -> Html {
    let app = use_app();
    let lab = &props.lab;
    let entry = &lab.entry;
    let done = use_labs({
        let entry = entry.clone();
        move |labs| labs.done(&entry)
    });
    let titles = use_labs(|labs| match &labs.catalogue {
        Some(Ok(entries)) => Some(entries.clone()),
        _ => None,
    });
    let title = |id: &str| {
        let entry = titles.iter().flat_map(|entries| entries.iter()).find(|entry| entry.id == id);
        entry.map_or_else(|| id.to_owned(), |entry| entry.title.clone())
    };
    let count = done.iter().filter(|done| **done).count();
    let reset = {
        let (app, lab) = (app.clone(), lab.clone());
        Callback::from(move |_: MouseEvent| actions::reset_lab(&app, &lab))
    };
    let begin = match count {
        0 => "Begin",
        _ if count == done.len() => "Open the first step",
        _ => "Go on",
    };
    let start = match start_of(entry, &done) {
        route @ Route::LabStep { .. } => route,
        _ => Route::LabStep {
            lab: entry.id.clone(),
            step: entry.steps.first().map(|(step, _)| step.clone()).unwrap_or_default(),
        },
    };
    let mut facts = vec![
        (AttrValue::from("Level"), html! { level_label(entry.level) }),
        ("Time".into(), html! { plural(u64::from(entry.minutes), "minute") }),
        ("Version".into(), html! { entry.version }),
    ];
    if !entry.needs.is_empty() {
        let needs = entry
            .needs
            .iter()
            .map(|id| html! { <a href={Route::Lab(id.clone()).format()}>{ title(id) }</a> });
        facts.push(("Comes after".into(), html! { <span class="lab-needs">{ for needs }</span> }));
    }
    html! {
        <div class="page">
            <nav class="breadcrumbs" aria-label="Breadcrumbs"><ol><li><a href={Route::Labs.format()}>{ "Labs" }</a></li><li>{ &entry.title }</li></ol></nav>
            <header class="page-header lab-page-header">
                <div><h1>{ &entry.title }</h1><p>{ &entry.summary }</p></div>
                <div class="button-row">
                    <Button glyph={Glyph::Reset} label="Reset lab" disabled={count == 0} onclick={reset} />
                    <a class="button button-primary" href={start.format()}><span>{ begin }</span></a>
                </div>
            </header>
            <Panel title="About this lab">
                <Facts {facts} />
                if !entry.skills.is_empty() {
                    <h3 class="lab-skills-title">{ "What you learn" }</h3>
                    <ul class="lab-skills">for skill in entry.skills.iter() { <li class="badge">{ skill }</li> }</ul>
                }
            </Panel>
            <Panel title="Steps" counter={format!("{count} of {}", done.len())} flush={true}>
                <ol class="lab-step-list">
                    for (at, part) in lab.parts.iter().enumerate() {
                        <li key={part.id.clone()}>
                            <span class="lab-step-number" aria-hidden="true">{ at + 1 }</span>
                            <a href={Route::LabStep { lab: entry.id.clone(), step: part.id.clone() }.format()}>{ &part.title }</a>
                            <span class="quiet">{ plural(u64::from(part.minutes), "minute") }</span>
                            if done[at] { <Status tone={StatusTone::Success} word="Done" /> } else { <Status tone={StatusTone::Waiting} word="To do" /> }
                        </li>
                    }
                </ol>
            </Panel>
            <ReceiptPanel lab={lab.clone()} done={count == done.len()} />
        </div>
    }
}
