//! The environments of a function over virtual time: a lane each, a pattern for each phase, and a table that says the same.

use super::{Empty, Glyph, LineChart, Panel, Segments};
use crate::hooks::{use_session, use_view};
use crate::model::{
    Axis, ChartLine, MetricUnit, format_count, format_micros, plural, virtual_moment,
};
use coldstart_protocol::{EnvironmentLane, LoadBucket, PhaseSpan, ViewSpec};
use std::rc::Rc;
use yew::prelude::*;

/// Lanes that are drawn.
const LANES_MAX: usize = 40;
const WIDTH: f64 = 1_000.0;
const LABEL: f64 = 56.0;
const LANE: f64 = 26.0;
const BAR: f64 = 16.0;
const TOP: f64 = 22.0;

#[derive(PartialEq, Properties)]
pub struct LanesChartProps {
    pub function: AttrValue,
}

/// Chart or table.
#[component]
pub fn LanesChart(props: &LanesChartProps) -> Html {
    let table = use_state(|| false);
    let function = props.function.to_string();
    use_view(Some(ViewSpec::Environments { function: function.clone(), lanes_max: LANES_MAX }));
    let (window, (now_us, epoch_ms)) = use_session(move |session| {
        let window = session.lanes.get(&function).cloned();
        let (now_us, epoch_ms) = session.now();
        // A session at work sends the next window soon; until then the clock alone is no reason to draw a thousand marks again.
        let at_us = window.as_ref().filter(|_| session.is_at_work()).map(|window| window.at_us);
        (window, (at_us.unwrap_or(now_us), epoch_ms))
    });
    let Some(window) = window.filter(|window| !window.lanes.is_empty()) else {
        return html! {
            <Panel title="Environments">
                <Empty glyph={Glyph::Snow} title="No environments yet" text="The first invocation starts one: that is a cold start." />
            </Panel>
        };
    };
    let on_select = {
        let table = table.clone();
        Callback::from(move |value: AttrValue| table.set(value == "table"))
    };
    let actions = html! {
        <Segments label="How to show the environments" name="lanes-form" {on_select} selected={if *table { "table" } else { "chart" }}
            options={vec![("chart".into(), "Chart".into()), ("table".into(), "Table".into())]} />
    };
    let note = (window.total > window.lanes.len()).then(|| {
        format!("The newest {} of {}.", window.lanes.len(), format_count(window.total as u64))
    });
    let throttled = window.throttles_us.last().map(|last| {
        let count = format_count(window.throttles_us.len() as u64);
        format!(
            "Throttled requests that are marked: {count}, the last one at {}.",
            tick_text(epoch_ms, *last)
        )
    });
    html! {
        <Panel title="Environments" counter={format_count(window.total as u64)} {actions} flush={*table}
            description="Virtual time from left to right. Where nothing happens, it is shortened.">
            { load_charts(&window.load, now_us, epoch_ms, *table) }
            if *table { { lanes_table(&window.lanes, now_us, epoch_ms) } } else { { lanes_chart(&window.lanes, &window.throttles_us, now_us, epoch_ms) } }
            if let Some(throttled) = throttled { <p class="lanes-note">{ throttled }</p> }
            if let Some(note) = note { <p class="table-note">{ note }</p> }
        </Panel>
    }
}

/// All environments over time, when there is enough of it to be drawn.
fn load_charts(load: &[LoadBucket], now_us: u64, epoch_ms: u64, table: bool) -> Html {
    const BUCKETS_MIN: usize = 4;
    let (Some(first), true) = (load.first(), load.len() >= BUCKETS_MIN) else { return html! {} };
    let ms = |at_us: u64| epoch_ms + at_us / 1_000;
    let line = |label: &'static str, of: &dyn Fn(&LoadBucket) -> Option<f64>| ChartLine {
        label,
        points: load.iter().filter_map(|one| Some((ms(one.from_us), of(one)?))).collect(),
    };
    let steps = load.windows(2).map(|pair| pair[1].from_us - pair[0].from_us);
    let step_us = steps.min().unwrap_or(1_000_000);
    let seconds = (step_us / 1_000_000).max(1);
    let (from_ms, to_ms) = (ms(first.from_us), ms(now_us.max(first.from_us + step_us)));
    let mut environments = vec![
        line("Environments", &|one| Some(f64::from(one.environments))),
        line("At work", &|one| Some(f64::from(one.busy))),
    ];
    if load.iter().any(|one| one.provisioned > 0) {
        environments.push(line("Provisioned", &|one| Some(f64::from(one.provisioned))));
    }
    let mut starts =
        vec![line("Invocations", &|one| Some(f64::from(one.invocations) / seconds as f64))];
    if load.iter().any(|one| one.throttles > 0) {
        starts.push(line("Throttled", &|one| Some(f64::from(one.throttles) / seconds as f64)));
    }
    let cold = vec![line("Cold starts", &|one| {
        (one.invocations > 0)
            .then(|| f64::from(one.cold_starts) * 100.0 / f64::from(one.invocations))
    })];
    let chart = |title: &'static str, unit, lines: Vec<ChartLine>| {
        html! { <LineChart {title} {unit} lines={Rc::new(lines)} {from_ms} {to_ms} step_ms={step_us / 1_000} {table} /> }
    };
    html! {
        <div class="charts lanes-load">
            { chart("Environments at a time", MetricUnit::Count, environments) }
            { chart("Requests a second", MetricUnit::Count, starts) }
            { chart("Share of cold starts", MetricUnit::Percent, cold) }
        </div>
    }
}

fn stretch_words(span: &PhaseSpan) -> Option<String> {
    let stretch = span.stretch.as_ref()?;
    let mut words = format!(
        "{}, at work {} % of the time",
        plural(u64::from(stretch.invocations), "invocation"),
        stretch.busy_permille / 10
    );
    if stretch.failures > 0 {
        words += &format!(", {} failed", format_count(u64::from(stretch.failures)));
    }
    Some(words)
}

fn phase_word(span: &PhaseSpan) -> &'static str {
    match (span.phase.as_str(), span.outcome.as_deref()) {
        ("starting", _) => "Starting",
        ("init", _) => "Init",
        ("restore", _) => "Restore",
        ("invoke", Some("error")) => "Invoke, failed",
        ("invoke", Some("timeout")) => "Invoke, timed out",
        ("invoke", Some("stopped")) => "Invoke, stopped",
        ("invoke", _) => "Invoke",
        ("idle", _) => "Idle",
        ("reset", _) => "Reset",
        ("reclaimed", _) => "Reclaimed",
        ("stretch", _) => "Several",
        _ => "Unknown",
    }
}

fn span_class(span: &PhaseSpan) -> &'static str {
    match (span.phase.as_str(), span.outcome.as_deref()) {
        ("starting", _) => "span-starting",
        ("init" | "restore", _) => "span-init",
        ("invoke", Some("error" | "timeout" | "stopped")) => "span-failed",
        ("invoke", _) => "span-invoke",
        ("idle", _) => "span-idle",
        ("reset", _) => "span-reset",
        ("stretch", _) if span.stretch.as_ref().is_some_and(|stretch| stretch.failures > 0) => {
            "span-failed"
        }
        ("stretch", _) => "span-stretch",
        _ => "span-reclaimed",
    }
}

fn lanes_chart(
    lanes: &[EnvironmentLane],
    throttles_us: &[u64],
    now_us: u64,
    epoch_ms: u64,
) -> Html {
    let axis = Axis::new(lanes, throttles_us, now_us, WIDTH - LABEL);
    let marks = if throttles_us.is_empty() { 0.0 } else { BAR };
    let top = TOP + marks;
    let height = top + LANE * lanes.len() as f64 + 4.0;
    let legend = [
        ("span-starting", "Starting"),
        ("span-init", "Init"),
        ("span-invoke", "Invoke"),
        ("span-failed", "Failed"),
        ("span-idle", "Idle"),
        ("span-reset", "Reset"),
        ("span-reclaimed", "Reclaimed"),
    ];
    html! {
        <div class="lanes">
            <div class="lanes-scroll" tabindex="0" role="group" aria-label="Environments over time">
                <svg class="lanes-svg" viewBox={format!("0 0 {WIDTH} {height}")} role="img"
                    aria-label={format!("{} environments over virtual time. The table shows the same.", lanes.len())}>
                    { patterns() }
                    for tick in axis.ticks.iter() {
                        <g key={tick.at_us} class="lanes-tick">
                            <line x1={at(LABEL + tick.x)} x2={at(LABEL + tick.x)} y1={at(TOP - 6.0)} y2={at(height)} />
                            <text x={at(LABEL + tick.x + 3.0)} y="12">{ tick_text(epoch_ms, tick.at_us) }</text>
                        </g>
                    }
                    for (index, lane) in lanes.iter().enumerate() { { lane_svg(lane, top + LANE * index as f64, &axis, now_us) } }
                    if !throttles_us.is_empty() {
                        <text class="lanes-label" x="0" y={at(TOP + 9.0)}>{ "429" }</text>
                        for (x, count) in gathered(throttles_us, &axis) {
                            <path key={at(x)} class="lanes-throttle" d={format!("M{0} {1}l5 9h-10Z", at(LABEL + x), at(TOP))}><title>{ format!("{count} throttled") }</title></path>
                        }
                    }
                    for (index, x) in axis.breaks.iter().enumerate() {
                        <g key={format!("break-{index}")} class="lanes-break">
                            <path d={format!("M{0} {1}l-4 8 8 6-4 8", LABEL + x, TOP - 14.0)} /><title>{ "Time is shortened here" }</title>
                        </g>
                    }
                </svg>
            </div>
            <ul class="lanes-legend">
                if !throttles_us.is_empty() {
                    <li><svg viewBox="0 0 20 12" aria-hidden="true" focusable="false"><path class="lanes-throttle" d="M10 1l6 10H4Z" /></svg>{ "Throttled" }</li>
                }
                if lanes.iter().any(|lane| lane.spans.first().is_some_and(|span| span.stretch.is_some())) {
                    <li><svg viewBox="0 0 20 12" aria-hidden="true" focusable="false"><rect class="span-stretch" width="20" height="12" rx="2" /></svg>{ "Several phases, as high as at work" }</li>
                }
                if lanes.iter().any(|lane| lane.provisioned) { <li>{ "P: provisioned" }</li> }
                for (class, word) in legend {
                    <li key={word}><svg viewBox="0 0 20 12" aria-hidden="true" focusable="false"><rect class={class} width="20" height="12" rx="2" /></svg>{ word }</li>
                }
            </ul>
        </div>
    }
}

/// The patterns that tell phases apart without colour.
fn patterns() -> Html {
    html! {
        <defs>
            <pattern id="hatch-init" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-init-ground" width="6" height="6" /><rect class="hatch-line" width="2" height="6" /></pattern>
            <pattern id="hatch-failed" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="hatch-failed-ground" width="6" height="6" /><path class="hatch-stroke" d="M0 0l6 6M6 0 0 6" /></pattern>
            <pattern id="hatch-reset" width="4" height="4" patternUnits="userSpaceOnUse"><rect class="hatch-reset-ground" width="4" height="4" /><rect class="hatch-line" width="4" height="1.5" /></pattern>
            <pattern id="hatch-starting" width="5" height="5" patternUnits="userSpaceOnUse"><rect class="hatch-starting-ground" width="5" height="5" /><circle class="hatch-line" cx="1.5" cy="1.5" r="1" /></pattern>
        </defs>
    }
}

/// Throttled requests that would stand on each other are one mark, with their number.
fn gathered(throttles_us: &[u64], axis: &Axis) -> Vec<(f64, usize)> {
    const NEAR: f64 = 6.0;
    let mut marks: Vec<(f64, usize)> = Vec::new();
    for at_us in throttles_us {
        let x = axis.x(*at_us);
        match marks.last_mut() {
            Some((last, count)) if x - *last < NEAR => *count += 1,
            _ => marks.push((x, 1)),
        }
    }
    marks
}

fn at(value: f64) -> String {
    format!("{value:.1}")
}

fn tick_text(epoch_ms: u64, at_us: u64) -> String {
    let moment = virtual_moment(epoch_ms, at_us);
    format!("{}.{:03}", moment.time_text(), moment.millis)
}

fn lane_svg(lane: &EnvironmentLane, y: f64, axis: &Axis, now_us: u64) -> Html {
    html! {
        <g key={lane.environment}>
            <text class="lanes-label" x="0" y={at(y + BAR - 3.0)}>{ format!("#{}{}", lane.environment, if lane.provisioned { " P" } else { "" }) }</text>
            for span in lane.spans.iter() {
                { {
                    let (from, to) = (axis.x(span.from_us), axis.x(span.to_us.unwrap_or(now_us)));
                    // The end of a life is a moment: it gets a mark of its own.
                    let width = if span.phase == "reclaimed" { 3.0 } else { (to - from).max(1.5) };
                    // A stretch is as high as it was busy.
                    let bar = match (span.phase.as_str(), &span.stretch) {
                        ("idle", _) => 4.0,
                        (_, Some(stretch)) => 4.0 + f64::from(stretch.busy_permille) * (BAR - 4.0) / 1_000.0,
                        _ => BAR,
                    };
                    let top = y + (BAR - bar) / 2.0;
                    html! {
                        <rect key={format!("{}-{}", span.phase, span.from_us)} class={span_class(span)} x={at(LABEL + from)} y={at(top)} width={at(width)} height={at(bar)} rx="1.5">
                            <title>{ format!("#{}: {}, {}", lane.environment, stretch_words(span).unwrap_or_else(|| phase_word(span).to_owned()), length_of(span, now_us)) }</title>
                        </rect>
                    }
                } }
            }
        </g>
    }
}

fn length_of(span: &PhaseSpan, now_us: u64) -> String {
    match span.to_us {
        Some(to) => format_micros(to.saturating_sub(span.from_us)),
        None if span.phase == "reclaimed" => "for good".into(),
        None => format!("{} so far", format_micros(now_us.saturating_sub(span.from_us))),
    }
}

fn lanes_table(lanes: &[EnvironmentLane], now_us: u64, epoch_ms: u64) -> Html {
    // A life of thousands of invocations is summed up by the invocations' own table.
    const SPANS_MAX: usize = 200;
    let spans = lanes.iter().flat_map(|lane| lane.spans.iter().map(move |span| (lane, span)));
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label="Environments">
            <table class="table">
                <thead><tr>
                    <th scope="col">{ "Environment" }</th><th scope="col">{ "Phase" }</th><th scope="col">{ "From" }</th>
                    <th scope="col" class="number">{ "Length" }</th><th scope="col">{ "Request ID" }</th>
                </tr></thead>
                <tbody>
                    for (lane, span) in spans.take(SPANS_MAX) {
                        <tr key={format!("{}-{}-{}", lane.environment, span.phase, span.from_us)}>
                            <td>{ format!("#{}{}", lane.environment, if lane.provisioned { ", provisioned" } else { "" }) }</td>
                            <td>{ stretch_words(span).unwrap_or_else(|| phase_word(span).to_owned()) }</td>
                            <td>{ tick_text(epoch_ms, span.from_us) }</td>
                            <td class="number">{ length_of(span, now_us) }</td>
                            <td>{ span.request_id.as_ref().map_or_else(|| html! { "–" }, |id| html! { <code>{ id.chars().take(8).collect::<String>() }</code> }) }</td>
                        </tr>
                    }
                </tbody>
            </table>
        </div>
    }
}
