//! The iterations of a Map state as a grid, failures first; those of a distributed one are executions of their own.

use super::{ViewingHandle, select, visit_class, visit_tone};
use crate::components::machine::execution_status;
use crate::components::{Button, Empty, Glyph, Icon, StatusTone, load_more};
use crate::hooks::{use_pages, use_query, use_session, use_view};
use crate::model::{
    ExecutionRow, describe_execution, describe_map_run, execution_of_arn, execution_rows,
    format_count, format_micros, list_map_run_executions,
};
use crate::route::Route;
use coldstart_protocol::{ExecutionPart, IterationCell, ViewSpec};
use serde_json::Value;
use yew::prelude::*;

/// Cells that are shown at first, and so many more each time.
const CELLS: usize = 200;

#[derive(PartialEq, Properties)]
pub(super) struct IterationsProps {
    pub source: AttrValue,
    /// An event of the Map state's visit, or inside it.
    pub event: u64,
    pub imported: bool,
    pub viewing: ViewingHandle,
}

/// The grid.
#[component]
pub(super) fn Iterations(props: &IterationsProps) -> Html {
    let shown = use_state(|| CELLS);
    let viewing = &props.viewing;
    use_view(Some(ViewSpec::Execution {
        source: props.source.to_string(),
        part: ExecutionPart::Iterations {
            event: props.event,
            cursor: viewing.cursor,
            from: 0,
            cells_max: *shown,
        },
    }));
    let grid = use_session({
        let source = props.source.to_string();
        move |session| session.executions.get(&source).and_then(|windows| windows.grid.clone())
    });
    let Some(grid) = grid else {
        return html! { <Empty glyph={Glyph::Examples} title="No Map state selected" text="Select a Map state, or a state inside one, in the graph or in the events." /> };
    };
    let [succeeded, failed, aborted, running] = grid.counts;
    let counts =
        [("Failed", failed), ("Running", running), ("Succeeded", succeeded), ("Aborted", aborted)];
    let more = {
        let shown = shown.clone();
        Callback::from(move |_: MouseEvent| shown.set(*shown + CELLS))
    };
    let on_select = select(viewing);
    html! {
        <div class="iterations">
            <p class="iterations-counts">
                <strong>{ &grid.state }</strong>
                if grid.map_run_arn.is_none() {
                    for (word, count) in counts { <span key={word}>{ format!("{word} {}", format_count(u64::from(count))) }</span> }
                }
                if let Some(length) = grid.length { <span>{ format!("{} items", format_count(length)) }</span> }
                if grid.attempts > 1 { <span>{ format!("attempt {}", grid.attempts) }</span> }
            </p>
            if let Some(arn) = &grid.map_run_arn { <MapRun arn={arn.clone()} imported={props.imported} /> }
            else if grid.total == 0 { <p class="quiet">{ "No iteration began by the time cursor." }</p> }
            <ul class="iterations-grid" aria-label={format!("Iterations of {}", grid.state)}>
                for cell in grid.cells.iter() { { cell_of(cell, viewing.selected == Some(cell.event), &on_select) } }
            </ul>
            if grid.cells.len() < grid.total { <Button label={format!("Show more ({} of {})", grid.cells.len(), format_count(grid.total as u64))} onclick={more} /> }
        </div>
    }
}

fn cell_of(cell: &IterationCell, selected: bool, on_select: &Callback<u64>) -> Html {
    let (tone, word) = visit_tone(cell.status);
    let glyph = match tone {
        StatusTone::Success => Glyph::Check,
        StatusTone::Error => Glyph::Close,
        StatusTone::Working => Glyph::Running,
        _ => Glyph::Pause,
    };
    let duration = cell.to_us.map(|to| format_micros(to.saturating_sub(cell.from_us)));
    let name = match (&duration, cell.state.is_empty()) {
        (Some(duration), false) => {
            format!("Iteration {}: {word} at {}, {duration}", cell.index, cell.state)
        }
        (Some(duration), true) => format!("Iteration {}: {word}, {duration}", cell.index),
        (None, _) => format!("Iteration {}: {word} at {}", cell.index, cell.state),
    };
    let event = cell.event;
    html! {
        <li key={cell.event}>
            <button type="button" class={classes!("iteration", visit_class(Some(cell.status)))} aria-label={name.clone()} title={name} aria-pressed={if selected { "true" } else { "false" }}
                onclick={on_select.reform(move |_: MouseEvent| event)}><Icon {glyph} />{ cell.index }</button>
        </li>
    }
}

#[derive(PartialEq, Properties)]
struct MapRunProps {
    arn: AttrValue,
    imported: bool,
}

/// The executions of a distributed Map state's run.
#[component]
fn MapRun(props: &MapRunProps) -> Html {
    let list = use_pages((!props.imported).then(|| list_map_run_executions(&props.arn)));
    let mut rows = match &list.answer {
        Some(Ok(output)) => execution_rows(output),
        _ => Vec::new(),
    };
    // What is counted are items: a child execution of a batch has several.
    let described = use_query((!props.imported).then(|| describe_map_run(&props.arn)));
    let counts = described.and_then(Result::ok).map(|output| {
        let count = |member: &str| {
            output.pointer(&format!("/itemCounts/{member}")).and_then(Value::as_u64).unwrap_or(0)
        };
        [
            ("Failed", "failed"),
            ("Running", "running"),
            ("Pending", "pending"),
            ("Succeeded", "succeeded"),
            ("Aborted", "aborted"),
        ]
        .map(|(word, member)| (word, count(member)))
    });
    let rank = |status: &str| match status {
        "FAILED" | "TIMED_OUT" => 0,
        "RUNNING" => 1,
        "ABORTED" => 2,
        _ => 3,
    };
    rows.sort_by_key(|row| rank(&row.status));
    html! {
        <>
            <p class="iterations-run">{ "Map run " }<code>{ props.arn.clone() }</code></p>
            if let Some(counts) = counts {
                <p class="iterations-counts">
                    for (word, count) in counts { <span key={word}>{ format!("{word} {}", format_count(count)) }</span> }
                </p>
            }
            if props.imported { <p class="quiet">{ "Its child executions have histories of their own, which are not in this file." }</p> }
            if !rows.is_empty() {
                <div class="table-scroll" tabindex="0" role="group" aria-label="Child executions">
                    <table class="table executions-table">
                        <thead><tr><th scope="col">{ "Child execution" }</th><th scope="col">{ "Status" }</th><th scope="col">{ "Output or error" }</th><th scope="col" class="number">{ "Duration" }</th></tr></thead>
                        <tbody>
                            for (at, row) in rows.iter().enumerate() { <ChildLine key={row.arn.clone()} row={row.clone()} ask={at < ASKED_MAX} /> }
                        </tbody>
                    </table>
                </div>
                { load_more(list.more.as_ref(), rows.len()) }
            }
        </>
    }
}

/// Children whose output is asked for: each is a question to the engine.
const ASKED_MAX: usize = 50;
/// Characters of an output that are shown in a row.
const OUTPUT_MAX: usize = 120;

#[derive(PartialEq, Properties)]
struct ChildLineProps {
    row: ExecutionRow,
    ask: bool,
}

/// A child execution, with what it came to.
#[component]
fn ChildLine(props: &ChildLineProps) -> Html {
    let row = &props.row;
    let described = use_query(props.ask.then(|| describe_execution(&row.arn)));
    let outcome = described.and_then(Result::ok).map(|output| {
        let text = |member: &str| output.get(member).and_then(Value::as_str).unwrap_or_default();
        let full = match (text("error"), text("cause")) {
            ("", "") => text("output").to_owned(),
            (error, "") => error.to_owned(),
            (error, cause) => format!("{error}: {cause}"),
        };
        match full.char_indices().nth(OUTPUT_MAX) {
            Some((end, _)) => format!("{} …", &full[..end]),
            None => full,
        }
    });
    html! {
        <tr>
            <th scope="row">{ match execution_of_arn(&row.arn) {
                Some((machine, name)) => html! { <a href={Route::Execution { machine, name }.format()}>{ &row.name }</a> },
                None => html! { &row.name },
            } }</th>
            <td>{ execution_status(&row.status) }</td>
            <td><code class="child-outcome">{ outcome.unwrap_or_default() }</code></td>
            <td class="number">{ row.stopped_seconds.map_or_else(|| "–".to_owned(), |stopped| format_micros(((stopped - row.started_seconds).max(0.0) * 1e6) as u64)) }</td>
        </tr>
    }
}
