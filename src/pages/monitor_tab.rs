//! The Monitor tab: numbers, metrics, loads, lanes, invocations, the tier, logs.

use super::loads::Loads;
use super::memory_sweep::MemorySweep;
use super::metrics::Metrics;
use super::tier_panel::TierPanel;
use crate::components::{AsyncEvents, InvocationsTable, LanesChart, LogView};
use crate::hooks::{use_session, use_view};
use crate::host;
use crate::model::{FUNCTION_CHARTS, format_cost, format_count, format_micros};
use coldstart_protocol::ViewSpec;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct MonitorTabProps {
    pub name: AttrValue,
    /// The request whose logs are shown at first; empty for all.
    #[prop_or_default]
    pub request: AttrValue,
}

/// The tab.
#[component]
pub fn MonitorTab(props: &MonitorTabProps) -> Html {
    let name = props.name.to_string();
    let request = use_state({
        let request = props.request.clone();
        move || request
    });
    use_view(Some(ViewSpec::Invocations { function: name.clone(), rows_max: 50 }));
    let summary =
        use_session(move |session| session.invocations.get(&name).map(|window| window.summary))
            .unwrap_or_default();
    let on_logs = {
        let request = request.clone();
        Callback::from(move |id: AttrValue| {
            request.set(id);
            if let Some(view) = host::document().get_element_by_id("panel-logs") {
                view.scroll_into_view();
            }
        })
    };
    let on_request = {
        let request = request.clone();
        Callback::from(move |id: AttrValue| request.set(id))
    };
    let share = |part: u64| {
        if summary.invocations == 0 {
            String::new()
        } else {
            format!("{:.1} %", part as f64 * 100.0 / summary.invocations as f64)
        }
    };
    let numbers: [(&str, String, String); 7] = [
        ("Invocations", format_count(summary.invocations), String::new()),
        ("Errors", format_count(summary.errors), share(summary.errors)),
        ("Cold starts", format_count(summary.cold_starts), share(summary.cold_starts)),
        ("Throttles", format_count(summary.throttles), String::new()),
        ("Duration, median", format_micros(summary.duration_p50_us), String::new()),
        ("Duration, p99", format_micros(summary.duration_p99_us), String::new()),
        ("Cost", format_cost(summary.cost_nano_usd), String::new()),
    ];
    html! {
        <div class="monitor-tab">
            <section class="numbers" aria-label="Summary"><dl>
                for (label, value, note) in numbers {
                    <div key={label}><dt>{ label }</dt><dd>{ value }if !note.is_empty() { <small>{ note }</small> }</dd></div>
                }
            </dl></section>
            <Metrics namespace="AWS/Lambda" dimension="FunctionName" value={props.name.clone()} charts={&FUNCTION_CHARTS[..]} />
            <Loads function={props.name.clone()} />
            <LanesChart function={props.name.clone()} />
            <InvocationsTable function={props.name.clone()} {on_logs} />
            <AsyncEvents function={props.name.clone()} />
            <TierPanel function={props.name.clone()} />
            <MemorySweep function={props.name.clone()} />
            <LogView function={props.name.clone()} request_id={(*request).clone()} {on_request} />
        </div>
    }
}
