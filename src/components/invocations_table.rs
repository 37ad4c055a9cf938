//! The newest invocations of a function.

use super::{Empty, Glyph, Panel, TraceLink, invocation_status};
use crate::hooks::use_session;
use crate::model::{format_cost, format_count, format_micros, virtual_moment};
use coldstart_protocol::InvocationRow;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct InvocationsTableProps {
    pub function: AttrValue,
    /// Shows the logs of a request.
    pub on_logs: Callback<AttrValue>,
}

/// A table, newest first.
#[component]
pub fn InvocationsTable(props: &InvocationsTableProps) -> Html {
    let function = props.function.to_string();
    let (window, epoch_ms) =
        use_session(move |session| (session.invocations.get(&function).cloned(), session.now().1));
    let total = window.as_ref().map_or(0, |window| window.summary.invocations);
    let rows = window.as_ref().map_or(&[][..], |window| &window.rows);
    html! {
        <Panel title="Invocations" counter={format_count(total)} flush={true}>
            if rows.is_empty() {
                <Empty glyph={Glyph::Play} title="No invocations yet" text="Test the function and they stand here." />
            } else {
                <div class="table-scroll" tabindex="0" role="group" aria-label="Invocations">
                    <table class="table">
                        <thead><tr>
                            <th scope="col">{ "Started" }</th><th scope="col">{ "Status" }</th><th scope="col">{ "Start" }</th>
                            <th scope="col" class="number">{ "Duration" }</th><th scope="col" class="number">{ "Billed" }</th>
                            <th scope="col" class="number">{ "Init" }</th><th scope="col" class="number">{ "Memory" }</th>
                            <th scope="col" class="number">{ "Cost" }</th><th scope="col">{ "Version" }</th><th scope="col"><abbr title="Environment">{ "Env." }</abbr></th><th scope="col">{ "Request ID" }</th>
                        </tr></thead>
                        <tbody>
                            for row in rows.iter() { <InvocationLine key={format!("{}-{}", row.request_id, row.started_us)} row={row.clone()} {epoch_ms} on_logs={props.on_logs.clone()} /> }
                        </tbody>
                    </table>
                </div>
                if (rows.len() as u64) < total { <p class="table-note">{ format!("The newest {} of {}.", format_count(rows.len() as u64), format_count(total)) }</p> }
            }
        </Panel>
    }
}

#[derive(PartialEq, Properties)]
struct InvocationLineProps {
    row: InvocationRow,
    epoch_ms: u64,
    on_logs: Callback<AttrValue>,
}

/// A component, so that an unchanged row is not drawn again.
#[component]
fn InvocationLine(props: &InvocationLineProps) -> Html {
    let row = &props.row;
    let moment = virtual_moment(props.epoch_ms, row.started_us);
    let id = AttrValue::from(row.request_id.clone());
    let short: String = row.request_id.chars().take(8).collect();
    html! {
        <tr>
            <td><time title={moment.full_text()}>{ format!("{}.{:03}", moment.time_text(), moment.millis) }</time></td>
            <td>{ invocation_status(&row.status) }</td>
            <td>{ if row.cold { "Cold" } else { "Warm" } }</td>
            <td class="number">{ format_micros(row.duration_us) }</td>
            <td class="number">{ format!("{} ms", format_count(row.billed_ms)) }</td>
            <td class="number">{ row.init_us.map_or_else(|| "–".into(), format_micros) }</td>
            <td class="number">{ format!("{} / {} MB", row.memory_used_mb, row.memory_size_mb) }</td>
            <td class="number">{ format_cost(row.cost_nano_usd) }</td>
            <td>{ row.version.clone() }</td>
            <td>{ format!("#{}", row.environment) }</td>
            <td><button type="button" class="text-button" title={format!("Show the logs of {id}")}
                onclick={ let id = id.clone(); props.on_logs.reform(move |_: MouseEvent| id.clone()) }><code>{ short.clone() }</code><span class="visually-hidden">{ ": show its logs" }</span></button> <TraceLink id={id.clone()} what={format!("invocation {short}")} /></td>
        </tr>
    }
}
