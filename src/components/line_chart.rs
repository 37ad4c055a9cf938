//! A small line chart: lines over time that differ in dash as well as in colour, read point by point with pointer or keys, and a table that
//! says the same.

use crate::model::{ChartLine, MetricUnit, axis_end, axis_moment, format_metric};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::rc::Rc;
use web_sys::Element;
use yew::prelude::*;

const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 150.0;
/// Room for the numbers of the axes.
const LEFT: f64 = 52.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 20.0;
const DAY_MS: u64 = 86_400_000;

#[derive(PartialEq, Properties)]
pub struct LineChartProps {
    pub title: AttrValue,
    pub unit: MetricUnit,
    pub lines: Rc<Vec<ChartLine>>,
    /// Unix milliseconds of the left end.
    pub from_ms: u64,
    /// Of the right end.
    pub to_ms: u64,
    /// Points that are not farther from each other are joined.
    pub step_ms: u64,
    /// As a table.
    #[prop_or_default]
    pub table: bool,
}

/// The chart, with its title and its legend.
#[component]
pub fn LineChart(props: &LineChartProps) -> Html {
    let chosen = use_state(|| None::<usize>);
    let node = use_node_ref();
    let times = use_memo(props.lines.clone(), |lines| {
        let all: BTreeSet<u64> =
            lines.iter().flat_map(|line| line.points.iter().map(|(at, _)| *at)).collect();
        all.into_iter().collect::<Vec<u64>>()
    });
    if props.table {
        return html! { <figure class="chart"><figcaption>{ props.title.clone() }</figcaption>{ as_table(props, &times) }</figure> };
    }
    let scale = Scale::of(props);
    let last = times.len().saturating_sub(1);
    let at = chosen.map_or(last, |at| at.min(last));
    let choose = {
        let chosen = chosen.clone();
        move |to: Option<usize>| chosen.set(to)
    };
    let onpointermove = {
        let (node, times, choose) = (node.clone(), times.clone(), choose.clone());
        Callback::from(move |event: PointerEvent| {
            let Some(element) = node.cast::<Element>() else { return };
            let area = element.get_bounding_client_rect();
            let x = (f64::from(event.client_x()) - area.left()) / area.width().max(1.0) * WIDTH;
            choose(nearest(&times, scale.time(x)));
        })
    };
    let onpointerleave = {
        let choose = choose.clone();
        Callback::from(move |_: PointerEvent| choose(None))
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        let to = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => Some(at.saturating_sub(1)),
            "ArrowRight" | "ArrowUp" => Some((at + 1).min(last)),
            "Home" => Some(0),
            "End" => Some(last),
            "Escape" => None,
            _ => return,
        };
        event.prevent_default();
        choose(to);
    });
    let text = said(props, times.get(at).copied());
    html! {
        <figure class="chart">
            <figcaption>{ props.title.clone() }<span class="chart-moment">{ times.get(at).map(|ms| axis_moment(*ms, scale.days)) }</span></figcaption>
            if times.is_empty() {
                <p class="chart-empty">{ "No data" }</p>
            } else {
                <div class="chart-area" tabindex="0" role="slider" aria-label={props.title.clone()} aria-orientation="horizontal" aria-valuemin="0" aria-valuemax={last.to_string()}
                    aria-valuenow={at.to_string()} aria-valuetext={text} {onpointermove} {onpointerleave} {onkeydown}>
                    <svg ref={node} viewBox={format!("0 0 {WIDTH} {HEIGHT}")} aria-hidden="true" focusable="false">
                        { drawing(props, &scale, chosen.and(times.get(at).copied())) }
                    </svg>
                </div>
            }
            <ul class="chart-legend">
                for (index, line) in props.lines.iter().enumerate() {
                    <li key={line.label}><svg viewBox="0 0 24 8" aria-hidden="true" focusable="false"><path class={format!("chart-line chart-line-{index}")} d="M0 4h24" /></svg>
                        { line.label }<b>{ times.get(at).and_then(|ms| line.at(*ms)).map_or_else(|| "–".to_owned(), |value| format_metric(props.unit, value)) }</b></li>
                }
            </ul>
        </figure>
    }
}

/// From values to places.
#[derive(Clone, Copy)]
struct Scale {
    from_ms: u64,
    length_ms: u64,
    most: f64,
    days: bool,
}

impl Scale {
    fn of(props: &LineChartProps) -> Self {
        let values =
            props.lines.iter().flat_map(|line| line.points.iter().map(|(_, value)| *value));
        let most = match props.unit {
            MetricUnit::Percent => 100.0,
            // Counts of less than one are no counts.
            MetricUnit::Count => axis_end(values.fold(1.0, f64::max)),
            MetricUnit::Millis => axis_end(values.fold(0.0, f64::max)),
        };
        let length_ms = props.to_ms.saturating_sub(props.from_ms).max(1);
        Self { from_ms: props.from_ms, length_ms, most, days: length_ms > DAY_MS }
    }
    fn x(&self, ms: u64) -> f64 {
        let part = ms.saturating_sub(self.from_ms) as f64 / self.length_ms as f64;
        LEFT + part.min(1.0) * (WIDTH - LEFT - RIGHT)
    }
    fn y(&self, value: f64) -> f64 {
        let part = (value / self.most).clamp(0.0, 1.0);
        HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)
    }
    fn time(&self, x: f64) -> u64 {
        let part = ((x - LEFT) / (WIDTH - LEFT - RIGHT)).clamp(0.0, 1.0);
        self.from_ms + (part * self.length_ms as f64) as u64
    }
}

/// The point that is nearest to an instant.
fn nearest(times: &[u64], ms: u64) -> Option<usize> {
    let after = times.partition_point(|at| *at < ms);
    let candidates = [after.checked_sub(1), Some(after)];
    let far = |at: &usize| times.get(*at).map_or(u64::MAX, |one| one.abs_diff(ms));
    candidates.into_iter().flatten().filter(|at| *at < times.len()).min_by_key(far)
}

/// A point in words.
fn said(props: &LineChartProps, at: Option<u64>) -> String {
    let Some(at) = at else { return "No data".to_owned() };
    let mut text = axis_moment(at, props.to_ms.saturating_sub(props.from_ms) > DAY_MS);
    for line in props.lines.iter() {
        if let Some(value) = line.at(at) {
            let _ = write!(text, ", {} {}", line.label, format_metric(props.unit, value));
        }
    }
    text
}

/// Points that follow each other as a line, and those that stand alone.
fn path(line: &ChartLine, scale: &Scale, step_ms: u64) -> (String, Vec<(f64, f64)>) {
    let (mut d, mut alone) = (String::new(), Vec::new());
    let joined = |a: u64, b: u64| b.saturating_sub(a) <= step_ms;
    for (index, (at, value)) in line.points.iter().enumerate() {
        let (x, y) = (scale.x(*at), scale.y(*value));
        let before = index.checked_sub(1).and_then(|before| line.points.get(before));
        let follows = before.is_some_and(|(before, _)| joined(*before, *at));
        let goes_on = line.points.get(index + 1).is_some_and(|(next, _)| joined(*at, *next));
        let _ = write!(d, "{}{x:.1} {y:.1}", if follows { "L" } else { "M" });
        if !follows && !goes_on {
            alone.push((x, y));
        }
    }
    (d, alone)
}

fn drawing(props: &LineChartProps, scale: &Scale, chosen: Option<u64>) -> Html {
    let text = |value: f64| format!("{value:.1}");
    let grid = [0.0, 0.5, 1.0].map(|part| part * scale.most);
    let ends = [(props.from_ms, "start"), (props.to_ms, "end")];
    html! {
        <>
            for value in grid {
                <g class="chart-grid">
                    <line x1={text(LEFT)} x2={text(WIDTH - RIGHT)} y1={text(scale.y(value))} y2={text(scale.y(value))} />
                    <text x={text(LEFT - 6.0)} y={text(scale.y(value) + 4.0)} text-anchor="end">{ format_metric(props.unit, value) }</text>
                </g>
            }
            for (ms, anchor) in ends {
                <text class="chart-time" x={text(scale.x(ms))} y={text(HEIGHT - 5.0)} text-anchor={anchor}>{ axis_moment(ms, scale.days) }</text>
            }
            for (index, line) in props.lines.iter().enumerate() {
                { {
                    let (d, alone) = path(line, scale, props.step_ms);
                    html! {
                        <g key={line.label} class={format!("chart-line chart-line-{index}")}>
                            <path {d} />
                            for (x, y) in alone { <circle cx={text(x)} cy={text(y)} r="2.5" /> }
                            if let Some((ms, value)) = chosen.and_then(|ms| Some((ms, line.at(ms)?))) { <circle cx={text(scale.x(ms))} cy={text(scale.y(value))} r="3.5" /> }
                        </g>
                    }
                } }
            }
            if let Some(ms) = chosen { <line class="chart-cursor" x1={text(scale.x(ms))} x2={text(scale.x(ms))} y1={text(TOP)} y2={text(HEIGHT - BOTTOM)} /> }
        </>
    }
}

fn as_table(props: &LineChartProps, times: &[u64]) -> Html {
    if times.is_empty() {
        return html! { <p class="chart-empty">{ "No data" }</p> };
    }
    html! {
        <div class="table-scroll chart-table" tabindex="0" role="group" aria-label={props.title.clone()}>
            <table class="table">
                <thead><tr><th scope="col">{ "Time" }</th>for line in props.lines.iter() { <th scope="col" class="number">{ line.label }</th> }</tr></thead>
                <tbody>
                    for ms in times.iter().rev() {
                        <tr key={*ms}><th scope="row">{ axis_moment(*ms, props.to_ms.saturating_sub(props.from_ms) > DAY_MS) }</th>
                            for line in props.lines.iter() { <td class="number">{ line.at(*ms).map_or_else(|| "–".to_owned(), |value| format_metric(props.unit, value)) }</td> }
                        </tr>
                    }
                </tbody>
            </table>
        </div>
    }
}
