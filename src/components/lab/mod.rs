//! A lab beside the workbench: the text of the open step, its questions, its checks with their hints, and the way on.

mod checks;
mod question;
mod text;

use text::blocks;

use super::{Alert, Button, ButtonKind, Glyph, Icon};
use crate::actions;
use crate::hooks::{use_app, use_document, use_labs, use_session};
use crate::model::{EnginePhase, LabsAction, StepKey, Tone};
use crate::route::Route;
use checks::Checks;
use coldstart_workspace::lab::PackedLab;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct LabPanelProps {
    /// The open step.
    pub of: StepKey,
}

/// The reader of the open step.
#[component]
pub fn LabPanel(props: &LabPanelProps) -> Html {
    let app = use_app();
    let key = props.of.clone();
    let lab = use_labs({
        let id = key.lab.clone();
        move |labs| labs.loaded.get(&id).cloned()
    });
    let (folded, kept) = use_labs(|labs| (labs.folded, labs.kept));
    use_effect_with(key.lab.clone(), {
        let app = app.clone();
        move |id| {
            let id = id.clone();
            spawn_local(async move {
                let _ = actions::load_lab(&app, &id).await;
            });
        }
    });
    let ready = use_session(|session| session.phase == EnginePhase::Ready);
    let is_there = matches!(lab, Some(Ok(_)));
    use_effect_with((key.clone(), ready && is_there), {
        let app = app.clone();
        move |(key, ready)| {
            if *ready {
                actions::resume_step(&app, key);
                actions::keep_for_later(&app);
            }
        }
    });
    let fold = {
        let app = app.clone();
        Callback::from(move |_: MouseEvent| app.labs.dispatch(LabsAction::Folded(!folded)))
    };
    let leave = {
        let app = app.clone();
        Callback::from(move |_: MouseEvent| actions::leave_lab(&app))
    };
    let title = match &lab {
        Some(Ok(lab)) => lab.entry.title.clone(),
        _ => key.lab.clone(),
    };
    let at = match &lab {
        Some(Ok(lab)) => lab.parts.iter().position(|part| part.id == key.step),
        _ => None,
    };
    html! {
        <aside id="lab" class={classes!("lab", folded.then_some("lab-folded"))} aria-label="Lab" tabindex="-1">
            <header class="lab-header">
                <div class="lab-heading">
                    <p class="lab-of"><a href={Route::Lab(key.lab.clone()).format()}>{ title }</a></p>
                    if let (Some(at), Some(Ok(lab))) = (at, &lab) {
                        <p class="lab-place">{ format!("Step {} of {}", at + 1, lab.parts.len()) }if kept { { " · works without a network" } }</p>
                    }
                </div>
                <Button kind={ButtonKind::Icon} glyph={if folded { Glyph::StepBack } else { Glyph::StepOn }} label={if folded { "Show the lab" } else { "Fold the lab" }} expanded={!folded} onclick={fold} class="lab-fold" />
                <Button kind={ButtonKind::Icon} glyph={Glyph::Close} label="Leave the lab" onclick={leave} />
            </header>
            if !folded {
                { match (&lab, at) {
                    (None, _) => html! { <div class="lab-body">{ super::waiting("lab") }</div> },
                    (Some(Err(fault)), _) => html! {
                        <div class="lab-body"><Alert tone={Tone::Error} title="The lab is not there."
                            actions={ let (app, id) = (app.clone(), key.lab.clone()); html! { <Button label="Try again" onclick={Callback::from(move |_: MouseEvent| { let (app, id) = (app.clone(), id.clone()); spawn_local(async move { let _ = actions::load_lab(&app, &id).await; }); })} /> } }>
                            <p>{ fault }</p><p>{ "Your work on it is stored here." }</p></Alert></div>
                    },
                    (Some(Ok(_)), None) => html! {
                        <div class="lab-body"><Alert tone={Tone::Warning} title="This step is gone."><p>{ "The lab has another form now. Your work is stored under Workspaces." }</p></Alert></div>
                    },
                    (Some(Ok(lab)), Some(at)) => html! { <Reader key={key.step.clone()} of={key.clone()} lab={lab.clone()} {at} /> },
                } }
            }
        </aside>
    }
}

#[derive(PartialEq, Properties)]
struct ReaderProps {
    of: StepKey,
    lab: Rc<PackedLab>,
    /// Which of its steps.
    at: usize,
}

#[component]
fn Reader(props: &ReaderProps) -> Html {
    let app = use_app();
    let part = &props.lab.parts[props.at];
    let done = use_labs({
        let entry = props.lab.entry.clone();
        move |labs| labs.done(&entry)
    });
    let body = use_node_ref();
    use_effect_with(props.at, {
        let body = body.clone();
        move |_| {
            if let Some(body) = body.cast::<web_sys::Element>() {
                body.set_scroll_top(0);
            }
        }
    });
    let id = &props.lab.entry.id;
    let route = |step: &str| Route::LabStep { lab: id.clone(), step: step.to_owned() };
    let act = |action: fn(&crate::app::App)| {
        let app = app.clone();
        Callback::from(move |_: MouseEvent| action(&app))
    };
    html! {
        <>
            <nav class="lab-steps" aria-label="Steps">
                <ol>
                    for (at, one) in props.lab.parts.iter().enumerate() {
                        <li key={one.id.clone()} class={classes!(done[at].then_some("lab-step-done"))}>
                            <a href={route(&one.id).format()} aria-current={(at == props.at).then_some("step")} title={one.title.clone()}>
                                { if done[at] { html! { <Icon glyph={Glyph::Check} /> } } else { html! { <span aria-hidden="true">{ at + 1 }</span> } } }
                                <span class="visually-hidden">{ format!("Step {}: {}{}", at + 1, one.title, if done[at] { ", done" } else { "" }) }</span>
                            </a>
                        </li>
                    }
                </ol>
            </nav>
            <div class="lab-body" ref={body} tabindex="0" role="group" aria-labelledby="lab-step-title">
                <h2 id="lab-step-title">{ &part.title }</h2>
                <p class="quiet">{ format!("About {}", crate::model::plural(u64::from(part.minutes), "minute")) }</p>
                <div class="lab-text">{ blocks(&part.text, Some(&props.of), &part.quiz) }</div>
                <Checks of={props.of.clone()} lab={props.lab.clone()} at={props.at} />
                { way_on(props, &done) }
                <div class="lab-end">
                    <Button kind={ButtonKind::Link} glyph={Glyph::Reset} label="Reset step" onclick={act(actions::reset_step)} />
                    <Button kind={ButtonKind::Link} glyph={Glyph::Examples} label="Open a solution" onclick={act(actions::open_solution)} />
                </div>
            </div>
        </>
    }
}

/// What comes after a step that is done, or that has nothing to check.
fn way_on(props: &ReaderProps, done: &[bool]) -> Html {
    let part = &props.lab.parts[props.at];
    let id = &props.lab.entry.id;
    let next = props.lab.parts.get(props.at + 1);
    if !done[props.at] && !part.checks.is_empty() {
        return html! {};
    }
    let said = match next {
        Some(_) if done[props.at] => "This step is done.",
        Some(_) => "There is nothing to check in this step.",
        None if done.iter().all(|done| *done) => "The lab is done.",
        None => "This was the last step; others are open.",
    };
    let link = match next {
        Some(next) => {
            let route = Route::LabStep { lab: id.clone(), step: next.id.clone() };
            html! { <a class="button button-primary" href={route.format()}><span>{ format!("Next: {}", next.title) }</span></a> }
        }
        None => {
            html! { <a class="button button-primary" href={Route::Lab(id.clone()).format()}><span>{ if done.iter().all(|done| *done) { "Get your receipt" } else { "All steps" } }</span></a> }
        }
    };
    html! {
        <ReadOn of={props.of.clone()} reads={part.checks.is_empty() && !done[props.at]}>
            <p><Icon glyph={Glyph::Success} />{ said }</p>
            { link }
        </ReadOn>
    }
}

#[derive(PartialEq, Properties)]
struct ReadOnProps {
    of: StepKey,
    /// Whether going on means that the step was read.
    reads: bool,
    children: Html,
}

#[component]
fn ReadOn(props: &ReadOnProps) -> Html {
    let app = use_app();
    let onclick = {
        let (of, reads) = (props.of.clone(), props.reads);
        Callback::from(move |_: MouseEvent| {
            if reads {
                actions::step_read(&app, &of);
            }
        })
    };
    html! { <div class="lab-way-on" role="status" {onclick}>{ props.children.clone() }</div> }
}

/// What is edited and not deployed, which checks do not see.
#[component]
pub(super) fn Undeployed() -> Html {
    let names = use_document(|document| crate::model::undeployed(&document.workspace));
    if names.is_empty() {
        return html! {};
    }
    let (them, are) =
        if names.len() == 1 { (names[0].clone(), "is") } else { (names.join(", "), "are") };
    html! { <p class="lab-undeployed"><Icon glyph={Glyph::Info} />{ format!("{them} {are} changed and not deployed yet. Checks look at what is deployed.") }</p> }
}
