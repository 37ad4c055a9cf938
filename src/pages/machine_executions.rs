//! A machine's executions, newest first.

use crate::components::machine::{execution_status, moment, refused};
use crate::components::{Empty, Glyph, Panel};
use crate::hooks::use_query;
use crate::model::{execution_rows, format_count, format_micros, list_executions, machine_arn};
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
    let answer = use_query((!props.express).then(|| list_executions(&arn, ROWS_MAX)));
    if props.express {
        return html! {
            <Panel title="Executions">
                <Empty glyph={Glyph::Machines} title="Express executions are not listed" text="Their history goes to the machine's log group. Start one to see its result at once." />
            </Panel>
        };
    }
    let rows = match &answer {
        Some(Ok(output)) => execution_rows(output),
        _ => Vec::new(),
    };
    let counter = match rows.len() as u64 {
        count if count == u64::from(ROWS_MAX) => format!("newest {count}"),
        count => format_count(count),
    };
    html! {
        <Panel title="Executions" {counter} flush={true}>
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
                                    <tr key={row.name.clone()}>
                                        <th scope="row"><a href={Route::Execution { machine: props.name.to_string(), name: row.name.clone() }.format()}>{ &row.name }</a></th>
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
    }
}
