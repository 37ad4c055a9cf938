//! Where a function's code runs, how fast, and the choice of it. Nothing of the session depends on that, so the browser keeps it, not the document.

use crate::actions;
use crate::components::{Field, Panel, text_of};
use crate::hooks::{use_app, use_query};
use crate::model::{tier_name, tier_note, tier_request, tier_speed};
use serde_json::Value;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

const CHOICES: [(&str, &str); 3] = [
    ("auto", "Automatic: compiled when it proves heavy"),
    ("webassembly", "The browser's WebAssembly, where it can be"),
    ("wasmi", "wasmi, always"),
];

#[derive(PartialEq, Properties)]
pub struct TierPanelProps {
    pub function: AttrValue,
}

#[component]
pub fn TierPanel(props: &TierPanelProps) -> Html {
    let app = use_app();
    let round = use_state(|| 0_u32);
    let answer = use_query(Some(tier_request(&props.function, *round)));
    let onchange = {
        let (function, round) = (props.function.clone(), round.clone());
        Callback::from(move |event: Event| {
            let (app, function, round) = (app.clone(), function.clone(), round.clone());
            let choice = text_of(&event);
            spawn_local(async move {
                actions::choose_tier(&app, &function, &choice).await;
                app.say("From the next event on.");
                round.set(round.wrapping_add(1));
            });
        })
    };
    let known = match &answer {
        Some(Ok(output)) => (**output).clone(),
        _ => Value::Null,
    };
    let text = |member: &str| known.get(member).and_then(Value::as_str).unwrap_or_default();
    let chosen = if text("Choice").is_empty() { "auto" } else { text("Choice") }.to_owned();
    let speed = |member: &str| {
        known.get(member).and_then(tier_speed).unwrap_or_else(|| "Not measured yet".to_owned())
    };
    let description = "Which WebAssembly runs this function. Answers, durations and history are the same on both; only you wait less on the faster one.";
    html! {
        <Panel title="Tier" {description}>
            <Field id="tier-choice" label="Run on" hint={tier_note(text("Stays")).map(AttrValue::from)}>
                <select id="tier-choice" {onchange} aria-describedby="tier-choice-hint">
                    for (value, label) in CHOICES { <option key={value} {value} selected={value == chosen}>{ label }</option> }
                </select>
            </Field>
            <dl class="facts">
                <div><dt>{ "Ran last on" }</dt><dd id="tier-now">{ tier_name(text("Tier")) }</dd></div>
                <div><dt>{ "Speed on WebAssembly" }</dt><dd>{ speed("WebAssembly") }</dd></div>
                <div><dt>{ "Speed on wasmi" }</dt><dd>{ speed("Wasmi") }</dd></div>
            </dl>
        </Panel>
    }
}
