//! All functions of the workspace.

use crate::app::Dialog;
use crate::components::{
    Button, ButtonKind, Empty, Glyph, Panel, function_status, search_field, text_of, waiting,
};
use crate::hooks::{use_app, use_document, use_session, use_view};
use crate::model::{Document, format_bytes, format_count, virtual_moment};
use crate::route::{FunctionTab, Route};
use coldstart_protocol::{FunctionRow, ViewSpec};
use std::rc::Rc;
use yew::prelude::*;

/// The list.
#[component]
pub fn FunctionsPage() -> Html {
    let app = use_app();
    let filter = use_state(String::new);
    use_view(Some(ViewSpec::Functions));
    let (rows, epoch_ms) = use_session(|session| (session.functions.clone(), session.now().1));
    let read_only = use_document(|document| document.read_only());
    // Drafts without a function: a link that was not replayed.
    let drafts = use_document(Document::function_names);
    let create = {
        let app = app.clone();
        Callback::from(move |_: MouseEvent| app.open_dialog(Dialog::CreateFunction))
    };
    let on_filter = {
        let filter = filter.clone();
        Callback::from(move |event: InputEvent| filter.set(text_of(&event)))
    };
    let on_delete =
        Callback::from(move |name: String| app.open_dialog(Dialog::DeleteFunction(name)));
    let wanted = filter.to_lowercase();
    let rows: Option<Rc<Vec<FunctionRow>>> = rows;
    let shown: Vec<FunctionRow> = rows
        .iter()
        .flat_map(|rows| rows.iter())
        .filter(|row| row.name.to_lowercase().contains(&wanted))
        .cloned()
        .collect();
    let known =
        |name: &String| rows.as_ref().is_some_and(|rows| rows.iter().any(|row| row.name == *name));
    let undeployed: Vec<String> = drafts
        .iter()
        .filter(|name| read_only && !known(name) && name.to_lowercase().contains(&wanted))
        .cloned()
        .collect();
    let total = rows.as_ref().map_or(0, |rows| rows.len());
    let actions = html! { <Button kind={ButtonKind::Primary} label="Create function" disabled={read_only} onclick={create.clone()} /> };
    html! {
        <div class="page">
            <header class="page-header">
                <div><h1>{ "Functions" }</h1><p>{ "Each runs as WebAssembly in this tab, under Lambda's rules." }</p></div>
            </header>
            <Panel title="All functions" counter={format_count(total as u64)} {actions} flush={true}>
                <div class="list-tools">
                    { search_field("Find functions", &filter, &on_filter) }
                </div>
                { if rows.is_none() && undeployed.is_empty() {
                    waiting("functions")
                } else if !shown.is_empty() || !undeployed.is_empty() {
                    table(&shown, &undeployed, epoch_ms, read_only, &on_delete)
                } else if total > 0 {
                    html! { <Empty glyph={Glyph::Search} title="No function matches" text="Change the filter." /> }
                } else {
                    html! {
                        <Empty glyph={Glyph::Functions} title="No functions" text="Create one from a template, an example or a .wasm file.">
                            <div class="button-row">
                                <Button kind={ButtonKind::Primary} label="Create function" disabled={read_only} onclick={create} />
                                <a class="button button-normal" href={Route::Examples.format()}>{ "See the examples" }</a>
                            </div>
                        </Empty>
                    }
                } }
            </Panel>
        </div>
    }
}

fn table(
    rows: &[FunctionRow],
    undeployed: &[String],
    epoch_ms: u64,
    read_only: bool,
    on_delete: &Callback<String>,
) -> Html {
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label="Functions">
            <table class="table functions-table">
                <thead><tr>
                    <th scope="col">{ "Function name" }</th><th scope="col">{ "State" }</th><th scope="col" class="number">{ "Memory" }</th>
                    <th scope="col" class="number">{ "Timeout" }</th><th scope="col" class="number">{ "Code size" }</th>
                    <th scope="col" class="number">{ "Invocations" }</th><th scope="col" class="number">{ "Errors" }</th>
                    <th scope="col">{ "Last modified" }</th><th scope="col"><span class="visually-hidden">{ "Actions" }</span></th>
                </tr></thead>
                <tbody>
                    for row in rows.iter() {
                        <FunctionLine key={row.name.clone()} row={row.clone()} {epoch_ms} {read_only} on_delete={on_delete.clone()} />
                    }
                    for name in undeployed.iter() {
                        <tr key={format!("draft-{name}")}>
                            <th scope="row"><a href={Route::function(name, FunctionTab::Code).format()}>{ name }</a></th>
                            <td colspan="8"><span class="quiet">{ "Replay the history to deploy it" }</span></td>
                        </tr>
                    }
                </tbody>
            </table>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct FunctionLineProps {
    row: FunctionRow,
    epoch_ms: u64,
    read_only: bool,
    on_delete: Callback<String>,
}

/// A component, so that an unchanged row is not drawn again.
#[component]
fn FunctionLine(props: &FunctionLineProps) -> Html {
    let row = &props.row;
    let moment = virtual_moment(props.epoch_ms, row.modified_us);
    let name = row.name.clone();
    html! {
        <tr>
            <th scope="row"><a href={Route::function(&row.name, FunctionTab::Code).format()}>{ &row.name }</a>
                if !row.description.is_empty() { <span class="row-description">{ &row.description }</span> }</th>
            <td>{ function_status(&row.state) }</td>
            <td class="number">{ format!("{} MB", format_count(u64::from(row.memory_size_mb))) }</td>
            <td class="number">{ format!("{} s", row.timeout_seconds) }</td>
            <td class="number">{ format_bytes(row.code_size) }</td>
            <td class="number">{ format_count(row.invocations) }</td>
            <td class={classes!("number", (row.errors > 0).then_some("number-bad"))}>{ format_count(row.errors) }</td>
            <td><time title={moment.full_text()}>{ format!("{} {}", moment.date_text(), moment.time_text()) }</time></td>
            <td class="row-actions">
                <Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Delete {name}")} disabled={props.read_only}
                    onclick={props.on_delete.reform(move |_: MouseEvent| name.clone())} />
            </td>
        </tr>
    }
}
