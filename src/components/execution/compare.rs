//! This execution beside another one, visit by visit, with the first difference marked.

use super::{ViewingHandle, select, visit_status};
use crate::actions;
use crate::components::machine::execution_status;
use crate::components::{Alert, Button, Empty, Field, FileInput, Glyph, text_of};
use crate::hooks::{use_app, use_query, use_session, use_view};
use crate::host;
use crate::model::{
    Tone, execution_rows, format_count, format_micros, list_executions, list_express_executions,
    machine_arn, plural,
};
use coldstart_protocol::{
    ComparedVisit, ComparisonRow, ExecutionComparison, ExecutionPart, ViewSpec,
};
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use yew::prelude::*;

/// Rows that are shown at first, and so many more each time.
const ROWS: usize = 100;

#[derive(PartialEq, Properties)]
pub(super) struct CompareProps {
    pub source: AttrValue,
    /// Whose executions are offered; empty for none.
    pub machine: AttrValue,
    pub viewing: ViewingHandle,
}

/// The comparison.
#[component]
pub(super) fn Compare(props: &CompareProps) -> Html {
    let app = use_app();
    let other = use_state(|| None::<AttrValue>);
    let shown = use_state(|| ROWS);
    let fault = use_state(|| None::<String>);
    let imported = use_state(Vec::<(AttrValue, AttrValue)>::new);
    let listed = use_query((!props.machine.is_empty()).then(|| {
        let arn = machine_arn(&props.machine);
        if props.source.contains(":express:") {
            list_express_executions(&arn, 100)
        } else {
            list_executions(&arn, 100)
        }
    }));
    use_view(other.as_ref().map(|other| ViewSpec::Execution {
        source: props.source.to_string(),
        part: ExecutionPart::Comparison { other: other.to_string(), from: 0, rows_max: *shown },
    }));
    let comparison = use_session({
        let source = props.source.to_string();
        move |session| {
            session.executions.get(&source).and_then(|windows| windows.comparison.clone())
        }
    });
    let mut offered: Vec<(AttrValue, AttrValue)> = (*imported).clone();
    if let Some(Ok(output)) = &listed {
        let rows = execution_rows(output).into_iter().filter(|row| *row.arn != *props.source);
        offered.extend(rows.map(|row| {
            let label = format!("{} ({})", row.name, row.status.to_lowercase().replace('_', " "));
            (AttrValue::from(row.arn), AttrValue::from(label))
        }));
    }
    let on_choose = {
        let other = other.clone();
        Callback::from(move |event: Event| {
            other.set(Some(text_of(&event)).filter(|text| !text.is_empty()).map(AttrValue::from));
        })
    };
    let on_file = {
        let (other, imported, fault) = (other.clone(), imported.clone(), fault.clone());
        Callback::from(move |file: File| {
            let (app, other, imported, fault) =
                (app.clone(), other.clone(), imported.clone(), fault.clone());
            spawn_local(async move {
                let name = file.name();
                let bytes = host::file_bytes(&file).await.unwrap_or_default();
                let text = String::from_utf8(bytes).unwrap_or_default();
                match actions::import_history(&app, name.clone(), text, String::new()).await {
                    Ok(source) => {
                        let source = AttrValue::from(source);
                        let mut all = (*imported).clone();
                        all.push((source.clone(), name.into()));
                        imported.set(all);
                        other.set(Some(source));
                        fault.set(None);
                    }
                    Err(message) => fault.set(Some(message)),
                }
            });
        })
    };
    let more = {
        let shown = shown.clone();
        Callback::from(move |_: MouseEvent| shown.set(*shown + ROWS))
    };
    html! {
        <div class="compare">
            <div class="compare-choice">
                <Field id="compare-other" label="Compare with">
                    <select id="compare-other" onchange={on_choose} aria-describedby="compare-other-hint" disabled={offered.is_empty()}>
                        <option value="" selected={other.is_none()}>{ if offered.is_empty() { "No other execution" } else { "Choose an execution" } }</option>
                        for (source, label) in offered.iter() { <option key={source.to_string()} value={source.clone()} selected={other.as_ref() == Some(source)}>{ label.clone() }</option> }
                    </select>
                </Field>
                <FileInput id="compare-file" label="From a file" accept=".json,application/json" {on_file} />
            </div>
            if let Some(fault) = &*fault { <div role="alert"><Alert tone={Tone::Error} title="The file holds no history."><p>{ fault.clone() }</p></Alert></div> }
            { match (&*other, comparison) {
                (None, _) => html! { <Empty glyph={Glyph::Fork} title="Two executions side by side" text="Choose another execution: the first difference is where they went apart." /> },
                (Some(_), None) => html! { <p class="quiet" role="status">{ "Comparing …" }</p> },
                (Some(_), Some(Err(fault))) if fault.ends_with(": ") => html! { <p class="quiet" role="status">{ "Loading the other one …" }</p> },
                (Some(_), Some(Err(fault))) => html! { <Alert tone={Tone::Error} title="There is nothing to compare with."><p>{ fault }</p></Alert> },
                (Some(_), Some(Ok(comparison))) => html! {
                    <>
                        { table(&comparison, &select(&props.viewing)) }
                        if comparison.rows.len() < comparison.total { <Button label={format!("Show more ({} of {})", comparison.rows.len(), format_count(comparison.total as u64))} onclick={more} /> }
                    </>
                },
            } }
        </div>
    }
}

fn table(comparison: &ExecutionComparison, on_select: &Callback<u64>) -> Html {
    let verdict = match comparison.first_difference {
        None => "Both did the same: every state with the same status, input and output.".to_owned(),
        Some(at) => format!(
            "{}. The first one is row {}.",
            plural(comparison.differences as u64, "difference"),
            at + 1
        ),
    };
    let [(here, here_status), (there, there_status)] = &comparison.names;
    html! {
        <>
            <p role="status"><strong>{ verdict }</strong></p>
            <div class="table-scroll" tabindex="0" role="group" aria-label="Comparison">
                <table class="table compare-table">
                    <thead><tr>
                        <th scope="col" class="number">{ "Row" }</th><th scope="col">{ "State" }</th>
                        <th scope="col">{ here }{ " " }{ execution_status(here_status) }</th><th scope="col">{ there }{ " " }{ execution_status(there_status) }</th><th scope="col">{ "Differs in" }</th>
                    </tr></thead>
                    <tbody>
                        for (at, row) in comparison.rows.iter().enumerate() { { row_of(comparison, at, row, on_select) } }
                    </tbody>
                </table>
            </div>
        </>
    }
}

fn row_of(
    comparison: &ExecutionComparison,
    at: usize,
    row: &ComparisonRow,
    on_select: &Callback<u64>,
) -> Html {
    let number = comparison.from + at;
    let first = comparison.first_difference == Some(number);
    let differs = match &row.sides {
        [Some(_), Some(_)] => row.differs.join(", "),
        [Some(_), None] => "only here".to_owned(),
        [None, _] => "only there".to_owned(),
    };
    let class = classes!(
        (!differs.is_empty()).then_some("compare-differs"),
        first.then_some("compare-first")
    );
    html! {
        <tr key={number} {class}>
            <td class="number">{ number + 1 }</td>
            <th scope="row">{ match &row.sides[0] {
                Some(visit) => { let event = visit.event; html! { <button type="button" class="text-button" onclick={on_select.reform(move |_: MouseEvent| event)}>{ &row.name }</button> } },
                None => html! { &row.name },
            } }if !row.place.is_empty() { <small>{ format!(" {}", row.place) }</small> }</th>
            <td>{ side(row.sides[0].as_ref()) }</td>
            <td>{ side(row.sides[1].as_ref()) }</td>
            <td>{ if first { format!("{differs} (first difference)") } else { differs } }</td>
        </tr>
    }
}

fn side(visit: Option<&ComparedVisit>) -> Html {
    let Some(visit) = visit else { return html! { <span class="quiet">{ "–" }</span> } };
    let duration = visit.duration_us.map(format_micros).unwrap_or_default();
    html! {
        <div class="compare-side">
            <span>{ visit_status(Some(visit.status)) }{ format!(" {duration}") }if visit.attempts > 1 { { format!(", {} attempts", visit.attempts) } }</span>
            <code title={visit.input.clone()}>{ "in " }{ &visit.input }</code>
            <code title={visit.output.clone()}>{ "out " }{ &visit.output }</code>
        </div>
    }
}
