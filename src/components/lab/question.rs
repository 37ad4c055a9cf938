//! A question: chosen or typed, answered once it is sent. A prediction is told when something was tried.

use super::text::inlines;
use crate::actions;
use crate::components::{Button, Glyph, Icon, text_of};
use crate::hooks::{use_app, use_document, use_labs};
use crate::model::{Given, StepKey, is_right};
use coldstart_workspace::lab::PackedQuestion;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct QuestionProps {
    pub(super) of: StepKey,
    pub(super) question: PackedQuestion,
    /// Whether it is to be answered before something is tried.
    pub(super) predicts: bool,
}

#[component]
pub(super) fn QuestionBox(props: &QuestionProps) -> Html {
    let app = use_app();
    let (of, question) = (&props.of, &props.question);
    let given = use_labs({
        let (of, id) = (of.clone(), question.id.clone());
        move |labs| labs.step_progress(&of).answers.get(&id).cloned()
    });
    let commands = use_document(|document| document.workspace.commands.len());
    let picked = use_state(String::new);
    let again = use_state(|| false);
    let is_told = |given: &Given| !props.predicts || given.shown || commands > given.commands;
    let asks = given.is_none() || *again;
    let send = {
        let (app, of, id, picked, again) =
            (app.clone(), of.clone(), question.id.clone(), picked.clone(), again.clone());
        Callback::from(move |_: MouseEvent| {
            actions::answer_question(&app, &of, &id, picked.trim(), false);
            again.set(false);
        })
    };
    let pick = {
        let picked = picked.clone();
        Callback::from(move |text: String| picked.set(text))
    };
    let name = format!("question-{}", question.id);
    html! {
        <section class="lab-question" aria-label={if props.predicts { "Prediction" } else { "Question" }}>
            <fieldset disabled={!asks}>
                <legend><span class="lab-question-kind">{ if props.predicts { "Before you try it" } else { "Question" } }</span>{ inlines(&question.question) }</legend>
                if question.choices.is_empty() {
                    <input id={name.clone()} aria-label="Your answer" autocomplete="off" spellcheck="false" maxlength="200"
                        value={if asks { (*picked).clone() } else { given.as_ref().map(|given| given.answer.clone()).unwrap_or_default() }}
                        oninput={pick.reform(|event: InputEvent| text_of(&event))} />
                } else {
                    for choice in question.choices.iter() {
                        <label key={choice.clone()} class="lab-choice">
                            <input type="radio" name={name.clone()} value={choice.clone()}
                                checked={if asks { *picked == *choice } else { given.as_ref().is_some_and(|given| given.answer == *choice) }}
                                onchange={ let choice = choice.clone(); pick.reform(move |_: Event| choice.clone()) } />
                            <span>{ choice }</span>
                        </label>
                    }
                }
            </fieldset>
            if asks {
                <Button label={if props.predicts { "Commit to it" } else { "Answer" }} disabled={picked.trim().is_empty()} onclick={send} />
            }
            <div role="status">
                if let Some(given) = given.as_ref().filter(|_| !asks) {
                    if is_told(given) { { told(props, given, again) } }
                    else { { undecided(&app, props, given) } }
                }
            </div>
        </section>
    }
}

/// A prediction of which nothing was tried yet.
fn undecided(app: &crate::app::App, props: &QuestionProps, given: &Given) -> Html {
    let show = {
        let (app, of, id, answer) =
            (app.clone(), props.of.clone(), props.question.id.clone(), given.answer.clone());
        Callback::from(move |_: MouseEvent| {
            actions::answer_question(&app, &of, &id, &answer, true);
        })
    };
    html! {
        <p class="lab-told"><span>{ "Now try it, and see." }</span> <Button kind={crate::components::ButtonKind::Link} label="Show the answer" onclick={show} /></p>
    }
}

fn told(props: &QuestionProps, given: &Given, again: UseStateHandle<bool>) -> Html {
    let question = &props.question;
    let right = is_right(&given.answer, &question.answer);
    if !right && !props.predicts {
        return html! {
            <p class="lab-told lab-wrong"><Icon glyph={Glyph::Error} /><span>{ "Not that." }</span>
                <Button kind={crate::components::ButtonKind::Link} label="Answer again" onclick={Callback::from(move |_: MouseEvent| again.set(true))} /></p>
        };
    }
    html! {
        <>
            if right {
                <p class="lab-told lab-right"><Icon glyph={Glyph::Success} />{ "That is right." }</p>
            } else {
                <p class="lab-told lab-wrong"><Icon glyph={Glyph::Info} /><span>{ "It is another: " }<strong>{ &question.answer }</strong></span></p>
            }
            if !question.why.is_empty() { <p>{ inlines(&question.why) }</p> }
        </>
    }
}
