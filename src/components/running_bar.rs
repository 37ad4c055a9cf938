//! A handler at work: how much of its timeout it has used, and the stop button.

use super::{Button, Glyph};
use crate::hooks::{use_app, use_session};
use coldstart_workspace::ClockMode;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct RunningBarProps {
    pub function: AttrValue,
}

/// Shown while a test has not ended.
#[component]
pub fn RunningBar(props: &RunningBarProps) -> Html {
    let app = use_app();
    let clock = use_session(|session| {
        session.clock.as_ref().map(|clock| (clock.mode, clock.running.clone()))
    });
    let (mode, running) = clock.unwrap_or((ClockMode::Fast, None));
    let permille = running
        .as_ref()
        .filter(|running| running.function == *props.function)
        .map(|running| running.used_permille);
    let stop = {
        let app = app.clone();
        Callback::from(move |_| app.engine.stop_invocation())
    };
    let step = Callback::from(move |_| app.engine.step());
    html! {
        <div class="running-bar">
            if let Some(permille) = permille {
                <label for="running-progress">{ format!("{} % of the timeout used", permille / 10) }</label>
                <progress id="running-progress" max="1000" value={permille.to_string()}></progress>
                <Button glyph={Glyph::Stop} label="Stop" onclick={stop} />
            } else if mode == ClockMode::Paused {
                <p>{ "The clock is paused: the invocation waits." }</p>
                <Button glyph={Glyph::Step} label="Step" onclick={step} />
            } else {
                <p>{ "Waiting for an answer …" }</p>
                if running.is_some() { <Button glyph={Glyph::Stop} label="Stop" onclick={stop} /> }
            }
        </div>
    }
}
