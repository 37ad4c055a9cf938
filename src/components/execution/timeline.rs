//! Visits as bars over virtual time. A word or an icon says what the colour says; time is shortened where nothing happens.

use super::virtual_list::{ListMove, ROWS_MAX, VirtualList};
use super::{ViewingHandle, select, visit_class, visit_tone};
use crate::components::Status;
use crate::hooks::{use_session, use_view};
use crate::model::{Axis, Viewing, ViewingAction, format_micros, is_ended, status_at};
use coldstart_protocol::{ExecutionPart, ExecutionSummary, ViewSpec, VisitBar, VisitStatus};
use std::rc::Rc;
use yew::prelude::*;

/// The axis counts in thousandths of its width.
const WIDTH: f64 = 1_000.0;

#[derive(PartialEq, Properties)]
pub(super) struct TimelineProps {
    pub source: AttrValue,
    pub summary: Rc<ExecutionSummary>,
    /// The event with which the selected visit began.
    pub visit: Option<u64>,
    pub viewing: ViewingHandle,
}

fn percent(x: f64) -> String {
    format!("{:.2}%", x / WIDTH * 100.0)
}

/// The timeline.
#[component]
pub(super) fn Timeline(props: &TimelineProps) -> Html {
    let from = use_state(|| 0usize);
    let anchor = use_state(|| None::<u64>);
    let viewing = &props.viewing;
    {
        let anchor = anchor.clone();
        use_effect_with(props.visit, move |visit| anchor.set(*visit));
    }
    use_view(Some(ViewSpec::Execution {
        source: props.source.to_string(),
        part: ExecutionPart::Timeline { from: *from, rows_max: ROWS_MAX, at: *anchor },
    }));
    let (window, now_us) = use_session({
        let source = props.source.to_string();
        move |session| {
            let (now_us, epoch_ms) = session.now();
            let window =
                session.executions.get(&source).and_then(|windows| windows.timeline.clone());
            (window, epoch_ms * 1_000 + now_us)
        }
    });
    let running = props.summary.status == "RUNNING";
    let axis = use_memo(
        (window.as_ref().map(|window| window.instants.clone()), running.then_some(now_us)),
        |(instants, now)| {
            let mut instants = instants.clone().unwrap_or_default();
            instants.extend(*now);
            Axis::of(instants, WIDTH)
        },
    );
    let Some(window) = window else {
        return html! { <p class="quiet" role="status">{ "Loading the timeline …" }</p> };
    };
    if window.total == 0 {
        return html! { <p class="quiet">{ "No state was entered yet." }</p> };
    }
    let position = props.visit.and_then(|visit| {
        window.bars.iter().position(|bar| bar.event == visit).map(|at| window.from + at)
    });
    let on_from = {
        let (from, anchor) = (from.clone(), anchor.clone());
        Callback::from(move |row: usize| {
            anchor.set(None);
            from.set(row);
        })
    };
    let on_move = {
        let (window, visit, last) = (window.clone(), props.visit, props.summary.last_event);
        let (dispatcher, from, anchor) = (viewing.dispatcher(), from.clone(), anchor.clone());
        Callback::from(move |way: ListMove| {
            let at = visit.and_then(|visit| window.bars.iter().position(|bar| bar.event == visit));
            let at = match (way, at) {
                (ListMove::By(by), Some(at)) => {
                    at.saturating_add_signed(by).min(window.bars.len() - 1)
                }
                (ListMove::By(_), None) => 0,
                (ListMove::First, _) if window.from == 0 => 0,
                (ListMove::Last, _) if window.from + window.bars.len() == window.total => {
                    window.bars.len() - 1
                }
                // The ends are not here: they are shown, and the next key selects.
                (ListMove::First, _) => {
                    anchor.set(Some(1));
                    return from.set(0);
                }
                (ListMove::Last, _) => {
                    anchor.set(Some(last));
                    return from.set(window.total.saturating_sub(ROWS_MAX));
                }
            };
            if let Some(bar) = window.bars.get(at) {
                dispatcher.dispatch(ViewingAction::Select(bar.event));
            }
        })
    };
    let started = props.summary.started_us;
    let cursor_x =
        axis.x(if viewing.cursor.is_some() { props.summary.cursor_us } else { u64::MAX });
    let on_select = select(viewing);
    html! {
        <div class="timeline">
            <div class="timeline-head" aria-hidden="true">
                <span>{ "State" }</span>
                <svg class="timeline-axis" width="100%" height="20" focusable="false">
                    for tick in axis.ticks.iter() { <text key={tick.at_us} x={percent(tick.x)} y="14">{ format!("+{}", format_micros(tick.at_us.saturating_sub(started))) }</text> }
                </svg>
                <span class="timeline-time">{ "Duration" }</span>
            </div>
            <VirtualList label={format!("Visits of states over time, {} in all", window.total)} total={window.total} from={window.from} {on_from} {on_move}
                active={position.and(props.visit).map(|visit| AttrValue::from(format!("bar-{visit}")))} show={position}>
                for (at, bar) in window.bars.iter().enumerate() {
                    <TimelineRow key={bar.event} bar={bar.clone()} at={window.from + at} total={window.total} axis={axis.clone()} viewing={**viewing}
                        {cursor_x} cursor_us={props.summary.cursor_us} now_us={running.then_some(now_us)} selected={props.visit == Some(bar.event)} on_select={on_select.clone()} />
                }
            </VirtualList>
            <ul class="timeline-legend">
                for status in [VisitStatus::Succeeded, VisitStatus::Caught, VisitStatus::Failed, VisitStatus::Running, VisitStatus::Waiting, VisitStatus::Aborted] {
                    <li><svg width="20" height="12" aria-hidden="true" focusable="false"><rect class={visit_class(Some(status))} width="20" height="12" rx="2" /></svg>{ visit_tone(status).1 }</li>
                }
            </ul>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct TimelineRowProps {
    bar: VisitBar,
    at: usize,
    total: usize,
    axis: Rc<Axis>,
    viewing: Viewing,
    cursor_x: f64,
    cursor_us: u64,
    now_us: Option<u64>,
    selected: bool,
    on_select: Callback<u64>,
}

#[component]
fn TimelineRow(props: &TimelineRowProps) -> Html {
    let (bar, axis) = (&props.bar, &props.axis);
    let cursor = props.viewing.cursor;
    let status = status_at(bar, cursor);
    // Up to the cursor, or to now, when it goes on there.
    let open_until =
        if cursor.is_some() { props.cursor_us } else { props.now_us.unwrap_or(props.cursor_us) };
    let until = match status {
        Some(status) if is_ended(status) => bar.to_us.unwrap_or(open_until),
        Some(_) => open_until,
        None => bar.to_us.unwrap_or(open_until),
    };
    let (from_x, to_x) = (axis.x(bar.from_us), axis.x(until.max(bar.from_us)));
    let duration = format_micros(until.saturating_sub(bar.from_us));
    let (tone, word) =
        status.map_or((crate::components::StatusTone::Waiting, "Not entered yet"), visit_tone);
    let retries =
        bar.retries.iter().filter(|(event, _)| cursor.is_none_or(|cursor| *event <= cursor));
    let onclick = {
        let event = bar.event;
        props.on_select.reform(move |_: MouseEvent| event)
    };
    let class = classes!(
        "timeline-row",
        props.selected.then_some("event-row-selected"),
        status.is_none().then_some("event-row-ahead"),
        (bar.depth > 0).then(|| format!("event-depth-{}", bar.depth.min(6))),
    );
    html! {
        <div {class} id={format!("bar-{}", bar.event)} role="option" aria-selected={if props.selected { "true" } else { "false" }}
            aria-posinset={(props.at + 1).to_string()} aria-setsize={props.total.to_string()} {onclick}>
            <span class="event-state" title={format!("{} {}", bar.name, bar.place)}>{ &bar.name }if !bar.place.is_empty() { <small>{ format!(" {}", bar.place) }</small> }</span>
            <svg class="timeline-track" width="100%" height="20" aria-hidden="true" focusable="false">
                <rect class={visit_class(status)} x={percent(from_x)} width={percent((to_x - from_x).max(3.0))} y="4" height="12" rx="2" />
                for (event, at_us) in retries { <line key={*event} class="timeline-retry" x1={percent(axis.x(*at_us))} x2={percent(axis.x(*at_us))} y1="1" y2="19" /> }
                if cursor.is_some() { <line class="timeline-cursor" x1={percent(props.cursor_x)} x2={percent(props.cursor_x)} y1="0" y2="20" /> }
            </svg>
            <span class="timeline-time"><Status {tone} {word} /><span>{ duration }</span></span>
        </div>
    }
}
