//! One event's way through the services, from what began it to where it ended, as a waterfall over virtual time.

use crate::components::{Empty, Facts, Glyph, Panel, Status, StatusTone, refused};
use crate::hooks::{use_query, use_session};
use crate::model::{
    Axis, TraceSpan, format_micros, plural, trace_request, trace_spans, virtual_moment,
};
use crate::route::Route;
use std::rc::Rc;
use yew::prelude::*;

/// The axis counts in thousandths of its width.
const WIDTH: f64 = 1_000.0;
/// A moment is as wide as this.
const BAR_MIN: f64 = 7.0;

#[derive(PartialEq, Properties)]
pub struct TracePageProps {
    /// Of an invocation, a message, an event, or an execution's ARN.
    pub id: AttrValue,
}

fn percent(x: f64) -> String {
    format!("{:.2}%", x / WIDTH * 100.0)
}

/// The page.
#[component]
pub fn TracePage(props: &TracePageProps) -> Html {
    let answer = use_query(Some(trace_request(&props.id)));
    let (now_us, epoch_ms) = use_session(|session| session.now());
    let content = match &answer {
        None => html! { <p class="quiet" role="status">{ "Following the event …" }</p> },
        Some(Err(error)) => html! { <div role="alert">{ refused(error) }</div> },
        Some(Ok(output)) => {
            let (spans, truncated) = trace_spans(output);
            if spans.is_empty() {
                html! {
                    <Panel title="Spans">
                        <Empty glyph={Glyph::Search} title="Nothing is known of this event" text="Traces are made of the newest 30,000 facts of the session. What is older, or of another workspace, is not among them." />
                    </Panel>
                }
            } else {
                waterfall(&spans, truncated, now_us, epoch_ms)
            }
        }
    };
    html! {
        <div class="page trace-page">
            <nav class="breadcrumbs" aria-label="Breadcrumbs"><ol>
                <li><a href={Route::Functions.format()}>{ "Functions" }</a></li><li aria-current="page">{ "Trace" }</li>
            </ol></nav>
            <header class="page-header"><div class="page-title"><h1>{ "Trace" }</h1><p><code class="long-value">{ props.id.clone() }</code></p></div></header>
            { content }
        </div>
    }
}

fn waterfall(spans: &[TraceSpan], truncated: bool, now_us: u64, epoch_ms: u64) -> Html {
    let began = spans.iter().map(|span| span.from_us).min().unwrap_or_default();
    let ends = |span: &TraceSpan| span.to_us.unwrap_or(now_us.max(span.from_us));
    let ended = spans.iter().map(ends).max().unwrap_or_default();
    let axis = Rc::new(Axis::of(
        spans.iter().flat_map(|span| [span.from_us, ends(span)]).collect(),
        WIDTH,
    ));
    let mut services: Vec<&str> = Vec::new();
    for span in spans {
        if !services.contains(&span.service.as_str()) {
            services.push(&span.service);
        }
    }
    let failed = spans.iter().filter(|span| span.status == "error").count();
    let open = spans
        .iter()
        .any(|span| matches!(span.status.as_str(), "running" | "waiting") && span.to_us.is_none());
    let outcome = match (failed, open) {
        (0, false) => html! { <Status tone={StatusTone::Success} word="Without faults" /> },
        (0, true) => html! { <Status tone={StatusTone::Working} word="Goes on" /> },
        _ => {
            html! { <Status tone={StatusTone::Error} word={format!("{} with a fault", plural(failed as u64, "span"))} /> }
        }
    };
    let moment = virtual_moment(epoch_ms, began);
    let facts: Vec<(AttrValue, Html)> = vec![
        ("Outcome".into(), outcome),
        ("Began".into(), html! { <time>{ moment.full_text() }</time> }),
        ("Length".into(), format_micros(ended.saturating_sub(began)).into()),
        ("Services".into(), services.join(", ").into()),
    ];
    html! {
        <>
            <Panel title="Summary"><Facts {facts} /></Panel>
            <Panel title="Spans" counter={spans.len().to_string()} flush={true} description="Virtual time from left to right. Where nothing happens, it is shortened.">
                <div class="trace-head" aria-hidden="true"><span>{ "Span" }</span>
                    <svg width="100%" height="20" focusable="false">
                        for tick in axis.ticks.iter() { <text key={tick.at_us} x={percent(tick.x)} y="14">{ format!("+{}", format_micros(tick.at_us.saturating_sub(began))) }</text> }
                    </svg>
                </div>
                <ol class="trace-spans" aria-label="Spans of the trace">
                    for (index, span) in spans.iter().enumerate() { { row(index, span, &axis, (began, now_us), ends(span)) } }
                </ol>
                if truncated { <p class="table-note">{ "There is more than a page can show: what is nearest to the event is here." }</p> }
            </Panel>
        </>
    }
}

fn row(index: usize, span: &TraceSpan, axis: &Axis, (began, now_us): (u64, u64), end: u64) -> Html {
    let (from_x, to_x) = (axis.x(span.from_us), axis.x(end));
    let (tone, word) = match span.status.as_str() {
        "ok" => (StatusTone::Success, "Succeeded"),
        "error" => (StatusTone::Error, "Failed"),
        "running" => (StatusTone::Working, "Running"),
        "waiting" if span.to_us.is_some_and(|to_us| to_us <= now_us) => {
            (StatusTone::Waiting, "Waited")
        }
        _ => (StatusTone::Waiting, "Waits"),
    };
    let name = if span.name.is_empty() { span.operation.clone() } else { span.name.clone() };
    let what = if span.name.is_empty() { String::new() } else { span.operation.clone() };
    let class = classes!(
        "trace-span",
        format!("trace-depth-{}", span.depth.min(12)),
        span.selected.then_some("trace-selected"),
    );
    let bar = match span.status.as_str() {
        "ok" => "trace-ok",
        "error" => "trace-error",
        "running" => "trace-running",
        "waiting" => "trace-waiting",
        _ => "trace-plain",
    };
    let mut time = format!("+{}", format_micros(span.from_us.saturating_sub(began)));
    if end > span.from_us {
        time += &format!(", {}", format_micros(end.saturating_sub(span.from_us)));
        time += if span.to_us.is_none() { " so far" } else { "" };
    }
    html! {
        <li key={index} {class} aria-current={span.selected.then_some("true")}>
            <span class="trace-name">
                <small>{ &span.service }</small>
                if let Some(route) = &span.route { <a href={route.format()}>{ name }</a> } else { <span>{ name }</span> }
                if !what.is_empty() { <span class="quiet">{ what }</span> }
            </span>
            <svg class="trace-track" width="100%" height="20" aria-hidden="true" focusable="false">
                <rect class={bar} x={percent(from_x.min(WIDTH - BAR_MIN))} width={percent((to_x - from_x).max(BAR_MIN))} y="4" height="12" rx="2" />
            </svg>
            <span class="trace-words">
                if !span.status.is_empty() { <Status {tone} {word} /> }
                <span class="trace-time">{ time }</span>
                <span>{ &span.detail }</span>
            </span>
        </li>
    }
}
