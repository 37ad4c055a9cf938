//! The virtual clock: what time it is, how it goes, and moving it.

use super::{Button, ButtonKind, Field, Glyph, Icon, Segments, number_of, text_of};
use crate::actions;
use crate::hooks::{use_app, use_document, use_session};
use crate::model::{format_micros, virtual_moment};
use coldstart_workspace::ClockMode;
use web_sys::HtmlElement;
use yew::prelude::*;

const SECOND: u64 = 1_000_000;
const JUMPS: [(&str, u64); 5] = [
    ("1 s", SECOND),
    ("1 min", 60 * SECOND),
    ("10 min", 600 * SECOND),
    ("1 h", 3_600 * SECOND),
    ("1 day", 86_400 * SECOND),
];

fn mode_value(mode: ClockMode) -> &'static str {
    match mode {
        ClockMode::Fast => "fast",
        ClockMode::RealTime => "realTime",
        ClockMode::Paused => "paused",
    }
}

/// The clock in the top bar, with its panel.
#[component]
pub fn ClockControl() -> Html {
    let app = use_app();
    let open = use_state(|| false);
    let root = use_node_ref();
    let read_only = use_document(|document| document.read_only());
    let clock = use_session(|session| session.clock.clone());
    let Some(clock) = clock else {
        return html! { <div class="clock"><span class="clock-face"><Icon glyph={Glyph::Clock} /><span class="clock-time">{ "--:--:--" }</span></span></div> };
    };
    let moment = virtual_moment(clock.epoch_ms, clock.now_us);
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let close = {
        let open = open.clone();
        Callback::from(move |()| open.set(false))
    };
    let onkeydown = {
        let (close, root) = (close.clone(), root.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                close.emit(());
                if let Some(face) = root
                    .cast::<HtmlElement>()
                    .and_then(|root| root.query_selector("button").ok().flatten())
                {
                    let _ = wasm_bindgen::JsCast::unchecked_into::<HtmlElement>(face).focus();
                }
            }
        })
    };
    let on_mode = {
        let app = app.clone();
        Callback::from(move |value: AttrValue| {
            actions::set_clock(
                &app,
                match value.as_str() {
                    "realTime" => ClockMode::RealTime,
                    "paused" => ClockMode::Paused,
                    _ => ClockMode::Fast,
                },
            );
        })
    };
    let (glyph, word) = match (clock.mode, clock.busy) {
        (ClockMode::Paused, _) => (Glyph::Pause, "Paused"),
        (ClockMode::RealTime, _) => (Glyph::Play, "1x"),
        (ClockMode::Fast, true) => (Glyph::Running, "Running"),
        (ClockMode::Fast, false) => (Glyph::Fast, "Fast"),
    };
    let step = {
        let app = app.clone();
        Callback::from(move |_| app.engine.step())
    };
    let next = match clock.next_deadline_us {
        Some(at) => format!("in {}", format_micros(at.saturating_sub(clock.now_us))),
        None => "nothing is due".into(),
    };
    html! {
        <div class="clock" ref={root} {onkeydown}>
            <button type="button" class="clock-face" onclick={toggle} aria-expanded={if *open { "true" } else { "false" }} aria-controls="clock-panel" title={moment.full_text()}>
                <Icon {glyph} /><span class="visually-hidden">{ "Virtual clock: " }</span><span class="clock-time">{ moment.time_text() }</span>
                <span class="clock-word">{ word }</span>
            </button>
            if *open {
                <div class="clock-backdrop" onclick={close.reform(|_: MouseEvent| ())}></div>
                <div class="clock-panel" id="clock-panel" role="group" aria-label="Virtual clock">
                    <dl class="facts">
                        <div><dt>{ "Virtual now" }</dt><dd>{ moment.full_text() }</dd></div>
                        <div><dt>{ "Since the start" }</dt><dd>{ format_micros(clock.now_us) }</dd></div>
                        <div><dt>{ "Next" }</dt><dd>{ next }</dd></div>
                    </dl>
                    <Segments label="Pace" name="clock-mode" on_select={on_mode} selected={mode_value(clock.mode)} disabled={read_only}
                        options={vec![("fast".into(), "As fast as possible".into()), ("realTime".into(), "1x".into()), ("paused".into(), "Paused".into())]} />
                    <div class="clock-jumps" role="group" aria-label="Advance by">
                        <span>{ "Advance by" }</span>
                        for (label, micros) in JUMPS {
                            <Button key={label} {label} name={format!("Advance by {label}")} disabled={read_only}
                                onclick={ let app = app.clone(); Callback::from(move |_| app.engine.advance(micros)) } />
                        }
                    </div>
                    <Custom {read_only} />
                    <div class="button-row">
                        <Button glyph={Glyph::Step} label="Step to what is due next" onclick={step} disabled={read_only || clock.next_deadline_us.is_none()} />
                        <Button kind={ButtonKind::Link} label="Close" onclick={close.reform(|_: MouseEvent| ())} />
                    </div>
                </div>
            }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct CustomProps {
    read_only: bool,
}

/// Any number of seconds.
#[component]
fn Custom(props: &CustomProps) -> Html {
    let app = use_app();
    let text = use_state(|| "30".to_owned());
    let seconds = number_of(&text).filter(|seconds| *seconds > 0);
    let oninput = {
        let text = text.clone();
        Callback::from(move |event: InputEvent| text.set(text_of(&event)))
    };
    let advance = Callback::from(move |_: MouseEvent| {
        if let Some(seconds) = seconds {
            app.engine.advance(u64::from(seconds) * SECOND);
        }
    });
    html! {
        <div class="clock-custom">
            <Field id="clock-seconds" label="Seconds" fault={seconds.is_none().then(|| AttrValue::from("Enter a whole number above 0."))}>
                <input id="clock-seconds" inputmode="numeric" autocomplete="off" value={(*text).clone()} {oninput} aria-describedby="clock-seconds-hint" />
            </Field>
            <Button label="Advance" disabled={seconds.is_none() || props.read_only} onclick={advance} />
        </div>
    }
}
