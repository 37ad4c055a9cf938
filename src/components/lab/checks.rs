//! Checks of a step: what each saw, and the hints that its failures have opened.

use super::Undeployed;
use super::text::{blocks, code};
use crate::actions;
use crate::components::{Alert, Button, ButtonKind, Glyph, Icon};
use crate::hooks::{use_app, use_labs, use_session};
use crate::model::{EnginePhase, StepKey, Tone, open_hints};
use coldstart_workspace::lab::{Check, Outcome, PackedHint, PackedLab, PackedStep};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct ChecksProps {
    pub(super) of: StepKey,
    pub(super) lab: Rc<PackedLab>,
    pub(super) at: usize,
}

#[component]
pub(super) fn Checks(props: &ChecksProps) -> Html {
    let app = use_app();
    let part = &props.lab.parts[props.at];
    let (checked, progress) = use_labs({
        let of = props.of.clone();
        move |labs| {
            let checked = (labs.checked.of.as_ref() == Some(&of)).then(|| labs.checked.clone());
            (checked.unwrap_or_default(), labs.step_progress(&of))
        }
    });
    let ready = use_session(|session| session.phase == EnginePhase::Ready);
    if part.checks.is_empty() {
        return html! {};
    }
    let check = {
        let app = app.clone();
        Callback::from(move |_: MouseEvent| actions::check_work(&app))
    };
    html! {
        <section class="lab-checks" aria-labelledby="lab-checks-title">
            <h3 id="lab-checks-title">{ "Checks" }</h3>
            <ul>
                for one in part.checks.iter() {
                    <li key={one.id.clone()}>{ line(part, one, checked.outcomes.get(&one.id), progress.failures.get(&one.id).copied().unwrap_or(0)) }</li>
                }
            </ul>
            if let Some(fault) = &checked.fault {
                <Alert tone={Tone::Error} title="The checks could not be asked."><p>{ fault }</p></Alert>
            }
            <Undeployed />
            <Button id="lab-check" kind={ButtonKind::Primary} label="Check my work" busy={checked.asking} disabled={!ready} onclick={check} />
        </section>
    }
}

fn line(part: &PackedStep, check: &Check, outcome: Option<&Outcome>, failures: u32) -> Html {
    let (class, glyph, word) = match outcome {
        None => ("lab-check-open", Glyph::Queued, "Not checked"),
        Some(Outcome::Passed) => ("lab-check-passed", Glyph::Success, "Passed"),
        Some(Outcome::Failed { .. }) => ("lab-check-failed", Glyph::Error, "Not yet"),
        Some(Outcome::Broken(_)) => ("lab-check-failed", Glyph::Warning, "Cannot be told"),
    };
    let hints: Vec<&PackedHint> = match outcome {
        Some(Outcome::Failed { .. }) => open_hints(part, &check.id, failures).collect(),
        _ => Vec::new(),
    };
    let more = part.hints.iter().filter(|hint| hint.check == check.id).count() > hints.len();
    html! {
        <div class={classes!("lab-check", class)}>
            <p class="lab-check-title"><Icon {glyph} /><span><span class="lab-check-word">{ word }</span>{ &check.title }</span></p>
            { match outcome {
                Some(Outcome::Failed { said, .. }) => html! { <p class="lab-said">{ quoted(said) }</p> },
                Some(Outcome::Broken(why)) => html! { <p class="lab-said">{ why }</p> },
                _ => html! {},
            } }
            for (number, hint) in hints.iter().enumerate() { { hint_html(number, hint) } }
            if !hints.is_empty() && more { <p class="lab-more">{ "There is another hint after the next try." }</p> }
        </div>
    }
}

fn hint_html(number: usize, hint: &PackedHint) -> Html {
    html! {
        <details class="lab-hint" key={number}>
            <summary>{ match &hint.reveal {
                Some((path, _)) if hint.text.is_empty() => format!("Hint {}: show {path}", number + 1),
                _ => format!("Hint {}", number + 1),
            } }</summary>
            { blocks(&hint.text, None, &[]) }
            if let Some((path, text)) = &hint.reveal {
                if !hint.text.is_empty() { <p class="quiet">{ path }</p> }
                { code(text) }
            }
        </details>
    }
}

/// What a check says: plain text, code between backticks.
fn quoted(said: &str) -> Html {
    said.split('`')
        .enumerate()
        .map(|(at, piece)| match at % 2 {
            1 => html! { <code>{ piece }</code> },
            _ => html! { { piece } },
        })
        .collect()
}
