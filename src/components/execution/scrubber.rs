//! The time cursor: a slider over the events, with buttons that say the same as its keys.

use super::ViewingHandle;
use crate::components::machine::execution_status;
use crate::components::{Button, ButtonKind, Glyph, text_of};
use crate::model::{Moment, ViewingAction, format_micros};
use coldstart_protocol::ExecutionSummary;
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct ScrubberProps {
    pub summary: Rc<ExecutionSummary>,
    pub viewing: ViewingHandle,
}

/// The slider.
#[component]
pub(super) fn Scrubber(props: &ScrubberProps) -> Html {
    let (summary, viewing) = (&props.summary, &props.viewing);
    let (first, last, at) = (summary.first_event, summary.last_event, viewing.at());
    let act = |action: ViewingAction| {
        let dispatcher = viewing.dispatcher();
        Callback::from(move |_: MouseEvent| dispatcher.dispatch(action))
    };
    let oninput = {
        let dispatcher = viewing.dispatcher();
        Callback::from(move |event: InputEvent| {
            if let Ok(event) = text_of(&event).parse::<u64>() {
                dispatcher.dispatch(ViewingAction::Scrub(event));
            }
        })
    };
    let moment = Moment::from_unix_ms(summary.cursor_us / 1_000);
    let since = format_micros(summary.cursor_us.saturating_sub(summary.started_us));
    let at_end = viewing.cursor.is_none();
    let text = format!("Event {at} of {last}, {since} after the start");
    html! {
        <div class="scrubber" role="group" aria-label="Time cursor">
            <div class="scrubber-buttons">
                <Button kind={ButtonKind::Icon} glyph={Glyph::ToStart} label="To the first event" disabled={at <= first} onclick={act(ViewingAction::Scrub(first))} />
                <Button kind={ButtonKind::Icon} glyph={Glyph::StepBack} label="One event back" disabled={at <= first} onclick={act(ViewingAction::Step(-1))} />
                <Button kind={ButtonKind::Icon} glyph={Glyph::StepOn} label="One event on" disabled={at_end} onclick={act(ViewingAction::Step(1))} />
                <Button kind={ButtonKind::Icon} glyph={Glyph::ToEnd} label="To the end" disabled={at_end} onclick={act(ViewingAction::End)} />
            </div>
            <input type="range" id="scrubber-range" min={first.to_string()} max={last.to_string()} step="1" value={at.to_string()}
                aria-label="Event of the time cursor" aria-valuetext={text} {oninput} disabled={first >= last} />
            <output class="scrubber-text" for="scrubber-range">
                <strong>{ format!("Event {at} of {last}") }</strong>
                <span title={moment.full_text()}>{ format!("+{since}") }</span>
                { execution_status(&summary.status_at) }
            </output>
        </div>
    }
}
