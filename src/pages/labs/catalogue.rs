//! The catalogue: what the site ships, and labs that the visitor brought.

use crate::actions;
use crate::components::{
    Alert, Button, ButtonKind, Empty, FileInput, Glyph, Status, StatusTone, waiting,
};
use crate::hooks::{use_app, use_labs};
use crate::host;
use crate::model::{Tone, plural};
use crate::route::Route;
use coldstart_workspace::lab::{CatalogueEntry, Level};
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use yew::prelude::*;

/// What a level is called.
pub(super) fn level_label(level: Level) -> &'static str {
    match level {
        Level::Beginner => "Beginner",
        Level::Intermediate => "Intermediate",
        Level::Advanced => "Advanced",
    }
}

/// The catalogue.
#[component]
pub fn LabsPage() -> Html {
    let app = use_app();
    let catalogue = use_labs(|labs| labs.catalogue.clone());
    let own = use_labs(|labs| labs.own.clone());
    let faults = use_state(Vec::<String>::new);
    use_effect_with((), {
        let app = app.clone();
        move |()| actions::load_labs(&app)
    });
    let on_file = {
        let (app, faults) = (app.clone(), faults.clone());
        Callback::from(move |file: File| {
            let (app, faults) = (app.clone(), faults.clone());
            spawn_local(async move {
                let opened = match host::file_bytes(&file).await {
                    Ok(bytes) => actions::open_lab_file(&app, &file.name(), bytes).await,
                    Err(error) => Err(vec![error]),
                };
                match opened {
                    Ok(id) => app.go(&Route::Lab(id)),
                    Err(wrong) => faults.set(wrong),
                }
            });
        })
    };
    let retry = {
        let app = app.clone();
        Callback::from(move |_: MouseEvent| actions::load_labs(&app))
    };
    html! {
        <div class="page">
            <header class="page-header lab-page-header">
                <div><h1>{ "Labs" }</h1><p>{ "Learn Lambda and Step Functions by doing, in steps of a few minutes. What you do is checked by running it. Nothing costs anything." }</p></div>
                <div class="button-row">
                    <a class="button button-normal" href={Route::Receipts.format()}><span>{ "Verify receipts" }</span></a>
                    <FileInput id="lab-file" label="Open a lab" accept=".zip,application/zip" {on_file} />
                </div>
            </header>
            if !faults.is_empty() {
                <div role="alert"><Alert tone={Tone::Error} title="The lab could not be opened."
                    on_dismiss={ let faults = faults.clone(); Callback::from(move |()| faults.set(Vec::new())) }>
                    <ul class="lab-faults">for fault in faults.iter().take(20) { <li>{ fault }</li> }</ul>
                </Alert></div>
            }
            if !own.is_empty() {
                <section class="card-group"><h2>{ "Your labs" }</h2>
                    <ul class="cards">for entry in own.iter() { <LabCard key={entry.id.clone()} entry={(**entry).clone()} own={true} /> }</ul></section>
            }
            { match &catalogue {
                None => waiting("labs"),
                Some(Err(error)) => html! { <Alert tone={Tone::Error} title="The labs could not be loaded." actions={html! { <Button label="Try again" onclick={retry} /> }}><p>{ error }</p></Alert> },
                Some(Ok(entries)) if entries.is_empty() => html! { <Empty glyph={Glyph::Examples} title="This site ships no labs" /> },
                Some(Ok(entries)) => [Level::Beginner, Level::Intermediate, Level::Advanced].into_iter().map(|level| shelf(level, entries)).collect::<Html>(),
            } }
        </div>
    }
}

fn shelf(level: Level, entries: &[CatalogueEntry]) -> Html {
    let entries: Vec<_> = entries.iter().filter(|entry| entry.level == level).collect();
    if entries.is_empty() {
        return html! {};
    }
    html! {
        <section class="card-group">
            <h2>{ level_label(level) }</h2>
            <ul class="cards">for entry in entries { <LabCard key={entry.id.clone()} entry={entry.clone()} own={false} /> }</ul>
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct LabCardProps {
    entry: CatalogueEntry,
    /// Whether the visitor brought it.
    own: bool,
}

#[component]
fn LabCard(props: &LabCardProps) -> Html {
    let app = use_app();
    let entry = &props.entry;
    let done = use_labs({
        let entry = entry.clone();
        move |labs| labs.done(&entry)
    });
    let count = done.iter().filter(|done| **done).count();
    let remove = {
        let id = entry.id.clone();
        Callback::from(move |_: MouseEvent| actions::remove_own_lab(&app, &id))
    };
    let label = if count == 0 { "Open" } else { "Go on" };
    html! {
        <li class="card">
            <h3><a href={Route::Lab(entry.id.clone()).format()}>{ &entry.title }</a></h3>
            <p class="card-summary">{ &entry.summary }</p>
            <p class="card-facts">
                <span>{ plural(u64::from(entry.minutes), "minute") }</span>
                <span>{ plural(entry.steps.len() as u64, "step") }</span>
                if count == done.len() && count > 0 { <Status tone={StatusTone::Success} word="Done" /> }
                else if count > 0 { <span>{ format!("{count} of {} done", done.len()) }</span> }
            </p>
            <p class="card-actions">
                <a class="button button-primary" href={start_of(entry, &done).format()} aria-label={format!("{label} {}", entry.title)}><span>{ label }</span></a>
                if props.own { <Button kind={ButtonKind::Link} label="Remove" name={format!("Remove {}", entry.title)} onclick={remove} /> }
            </p>
        </li>
    }
}

/// The first step that is not done; of a lab that is done, the lab itself.
pub(super) fn start_of(entry: &CatalogueEntry, done: &[bool]) -> Route {
    let first = entry.steps.iter().zip(done).find(|(_, done)| !**done);
    match first {
        Some(((step, _), _)) => Route::LabStep { lab: entry.id.clone(), step: step.clone() },
        None => Route::Lab(entry.id.clone()),
    }
}
