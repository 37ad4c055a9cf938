//! A machine's executions, newest first.

use super::metrics::Metrics;
use crate::components::machine::{execution_status, moment};
use crate::components::{Empty, Glyph, Panel, TraceLink, load_more, skeleton};
use crate::hooks::use_pages;
use crate::model::{
    MACHINE_CHARTS, execution_of_arn, execution_rows, format_micros, list_executions,
    list_express_executions, machine_arn,
};
use crate::route::Route;
use yew::prelude::*;

/// Rows of a page of the list.
const ROWS: u32 = 100;

#[derive(PartialEq, Properties)]
pub struct MachineExecutionsProps {
    pub name: AttrValue,
    pub express: bool,
}

/// The tab.
#[component]
pub fn MachineExecutions(props: &MachineExecutionsProps) -> Html {
    let arn = machine_arn(&props.name);
    let list = use_pages(Some(if props.express {
        list_express_executions(&arn, ROWS)
    } else {
        list_executions(&arn, ROWS)
    }));
    let description = props.express.then_some(
        "AWS does not list Express executions, and their events are only in the log group. Here they stay readable like Standard ones.",
    );
    let rows = match &list.answer {
        Some(Ok(output)) => execution_rows(output),
        _ => Vec::new(),
    };
    html! {
        <div class="monitor-tab">
        <Panel title="Executions" counter={list.count(rows.len())} {description} flush={true}>
            { match skeleton(&list, "executions") {
                Some(content) => content,
                None if rows.is_empty() => html! { <Empty glyph={Glyph::Machines} title="No executions" text="Start one to see it here." /> },
                None => html! {
                    <div class="table-scroll" tabindex="0" role="group" aria-label="Executions">
                        <table class="table executions-table">
                            <thead><tr>
                                <th scope="col">{ "Name" }</th><th scope="col">{ "Status" }</th><th scope="col">{ "Started" }</th><th scope="col" class="number">{ "Duration" }</th>
                            </tr></thead>
                            <tbody>
                                for row in rows.iter() {
                                    <tr key={row.arn.clone()}>
                                        <th scope="row"><a href={Route::Execution { machine: props.name.to_string(), name: execution_of_arn(&row.arn).map_or_else(|| row.name.clone(), |(_, name)| name) }.format()}>{ &row.name }</a> <TraceLink id={row.arn.clone()} what={format!("execution {}", row.name)} /></th>
                                        <td>{ execution_status(&row.status) }</td>
                                        <td>{ moment(row.started_seconds) }</td>
                                        <td class="number">{ match row.stopped_seconds {
                                            Some(stopped) => format_micros(((stopped - row.started_seconds).max(0.0) * 1e6) as u64),
                                            None => "–".to_owned(),
                                        } }</td>
                                    </tr>
                                }
                            </tbody>
                        </table>
                    </div>
                },
            } }
            { load_more(list.more.as_ref(), rows.len()) }
        </Panel>
        <Metrics namespace="AWS/States" dimension="StateMachineArn" value={arn} charts={&MACHINE_CHARTS[..]} />
        </div>
    }
}
