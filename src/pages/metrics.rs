//! Metrics of a function, a queue or a state machine as charts, or as tables.

use crate::components::{Empty, Glyph, LineChart, Panel, Segments, refused};
use crate::hooks::{use_query, use_session};
use crate::model::{ChartSpec, MetricRange, chart_lines, format_micros, metrics_request};
use serde_json::Value;
use std::rc::Rc;
use yew::prelude::*;

/// Periods that an axis has at least.
const PERIODS_MIN: u64 = 5;

#[derive(PartialEq, Properties)]
pub struct MetricsProps {
    pub namespace: &'static str,
    /// The dimension's name.
    pub dimension: &'static str,
    /// Its value.
    pub value: AttrValue,
    pub charts: &'static [ChartSpec],
}

/// The panel. The answer that was there stays until the next one is.
#[component]
pub fn Metrics(props: &MetricsProps) -> Html {
    let table = use_state(|| false);
    let (now_us, epoch_ms) = use_session(|session| session.now());
    let range = MetricRange::of(epoch_ms, now_us);
    let dimension = (props.dimension, props.value.as_str());
    let answer = use_query(Some(metrics_request(props.namespace, dimension, props.charts, range)));
    let known = use_mut_ref(|| None::<(MetricRange, Rc<Value>)>);
    let mut fault = None;
    match &answer {
        Some(Ok(output)) => *known.borrow_mut() = Some((range, output.clone())),
        Some(Err(error)) => fault = Some(refused(error)),
        None => {}
    }
    let on_select = {
        let table = table.clone();
        Callback::from(move |value: AttrValue| table.set(value == "table"))
    };
    let actions = html! {
        <Segments label="How to show the metrics" name={format!("metrics-form-{}", props.dimension)} {on_select} selected={if *table { "table" } else { "chart" }}
            options={vec![("chart".into(), "Charts".into()), ("table".into(), "Tables".into())]} />
    };
    let known = known.borrow();
    let now_ms = epoch_ms + now_us / 1_000;
    let charts = known.as_ref().map(|(range, output)| {
        let (from_ms, period_ms) = (range.from_s * 1_000, range.period_s * 1_000);
        // The axis ends with the period that goes on.
        let periods = now_ms.saturating_sub(from_ms) / period_ms;
        let to_ms = from_ms + periods.max(PERIODS_MIN) * period_ms;
        let shown: Vec<_> = props
            .charts
            .iter()
            .filter_map(|chart| Some((chart, chart_lines(chart, output, *range, now_ms)?)))
            .collect();
        // One word in place of a chart of nothing after the other.
        let mut lines = shown.iter().flat_map(|(_, lines)| lines);
        if lines.all(|line| line.points.is_empty()) {
            return html! { <Empty glyph={Glyph::Queued} title="No data yet" text="Charts begin with what happens first." /> };
        }
        let shown = shown.into_iter().map(|(chart, lines)| {
            html! { <LineChart key={chart.title} title={chart.title} unit={chart.unit} lines={Rc::new(lines)} {from_ms} {to_ms} step_ms={period_ms} table={*table} /> }
        });
        html! { <div class="charts">for chart in shown { { chart } }</div> }
    });
    let period = format_micros(range.period_s * 1_000_000);
    html! {
        <Panel title="Metrics" {actions} description={format!("CloudWatch metrics over virtual time. Period: {period}. Move over a chart, or use the arrow keys in it.")}>
            if let Some(fault) = fault { <div role="alert">{ fault }</div> }
            { charts.unwrap_or_else(|| html! { <p class="quiet" role="status">{ "Reading the metrics …" }</p> }) }
        </Panel>
    }
}
