//! A machine's executions, newest first.

use super::metrics::Metrics;
use crate::components::machine::{execution_status, moment, refused};
use crate::components::{Empty, Glyph, Panel, TraceLink};
use crate::hooks::use_query;
use crate::model::{
    MACHINE_CHARTS, execution_of_arn, execution_rows, format_count, format_micros, list_executions,
    list_express_executions, machine_arn,
};
use crate::route::Route;
use yew::prelude::*;

/// Rows of the list.
const ROWS_MAX: u32 = 200;

#[derive(PartialEq, Properties)]
pub struct MachineExecutionsProps {
    pub name: AttrValue,
    pub express: bool,
}

/// The tab.
#[component]
pub fn MachineExecutions(props: &MachineExecutionsProps) -> Html {
    let arn = machine_arn(&props.name);
    let answer = use_query(Some(if props.express {
        list_express_executions(&arn, ROWS_MAX)
    } else {
        list_executions(&arn, ROWS_MAX)
    }));
    let description = props.express.then_some(
        "AWS does not list Express executions, and their events are only in the log group. Here they stay readable like Standard ones.",
    );
    let rows = match &answer {
        Some(Ok(output)) => execution_rows(output),
        _ => Vec::new(),
    };
    let counter = match rows.len() as u64 {
        count if count == u64::from(ROWS_MAX) => format!("newest {count}"),
        count => format_count(count),
    };
    html! {
        <div class="monitor-tab">
        <Panel title="Executions" {counter} {description} flush={true}>
            { match &answer {
                None => html! { <div class="skeleton" role="status"><span class="visually-hidden">{ "Loading the executions" }</span><i></i><i></i><i></i></div> },
                Some(Err(error)) => html! { <div class="machines-fault" role="alert">{ refused(error) }</div> },
                Some(Ok(_)) if rows.is_empty() => html! { <Empty glyph={Glyph::Machines} title="No executions" text="Start one to see it here." /> },
                Some(Ok(_)) => html! {
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
        </Panel>
        <Metrics namespace="AWS/States" dimension="StateMachineArn" value={arn} charts={&MACHINE_CHARTS[..]} />
        </div>
    }
}
