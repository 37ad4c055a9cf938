//! All state machines of the workspace.

use crate::app::Dialog;
use crate::components::machine::{execution_status, moment, refused};
use crate::components::{Button, ButtonKind, Empty, Glyph, Panel, search_field, text_of, waiting};
use crate::hooks::{use_all, use_app, use_document, use_query};
use crate::model::{
    MachineRow, execution_rows, format_count, list_executions, list_express_executions,
    list_machines, machine_rows, machine_type_label, machine_type_name,
};
use crate::route::{MachineTab, Route};
use yew::prelude::*;

/// The list.
#[component]
pub fn MachinesPage() -> Html {
    let app = use_app();
    let filter = use_state(String::new);
    let answer = use_all(Some(list_machines()));
    let read_only = use_document(|document| document.read_only());
    let drafts = use_document(|document| {
        let drafts = document.workspace.machines.iter();
        drafts
            .map(|(name, draft)| (name.clone(), machine_type_name(draft.machine_type)))
            .collect::<Vec<_>>()
    });
    let create = Callback::from(move |_: MouseEvent| app.open_dialog(Dialog::CreateMachine));
    let on_filter = {
        let filter = filter.clone();
        Callback::from(move |event: InputEvent| filter.set(text_of(&event)))
    };
    let wanted = filter.to_lowercase();
    let rows = match &answer {
        Some(Ok(output)) => machine_rows(output),
        _ => Vec::new(),
    };
    let matches = |name: &str| name.to_lowercase().contains(&wanted);
    let unsaved: Vec<(String, &'static str)> = drafts
        .into_iter()
        .filter(|(name, _)| !rows.iter().any(|row| row.name == *name) && answer.is_some())
        .collect();
    let total = rows.len() + unsaved.len();
    let shown: Vec<MachineRow> = rows.into_iter().filter(|row| matches(&row.name)).collect();
    let shown_unsaved: Vec<_> = unsaved.into_iter().filter(|(name, _)| matches(name)).collect();
    let actions = html! { <Button kind={ButtonKind::Primary} label="Create state machine" disabled={read_only} onclick={create.clone()} /> };
    html! {
        <div class="page">
            <header class="page-header">
                <div><h1>{ "State machines" }</h1><p>{ "Workflows in the Amazon States Language, run as Step Functions runs them." }</p></div>
                <p><a href={Route::Import.format()}>{ "Import an execution history" }</a></p>
            </header>
            <Panel title="All state machines" counter={format_count(total as u64)} {actions} flush={true}>
                <div class="list-tools">
                    { search_field("Find state machines", &filter, &on_filter) }
                </div>
                { match &answer {
                    None => waiting("state machines"),
                    Some(Err(error)) if total == 0 => html! { <div class="machines-fault" role="alert">{ refused(error) }</div> },
                    Some(_) if !shown.is_empty() || !shown_unsaved.is_empty() => table(&shown, &shown_unsaved, read_only),
                    Some(_) if total > 0 => html! { <Empty glyph={Glyph::Search} title="No state machine matches" text="Change the filter." /> },
                    Some(_) => html! {
                        <Empty glyph={Glyph::Machines} title="No state machines" text="Create one from a template.">
                            <Button kind={ButtonKind::Primary} label="Create state machine" disabled={read_only} onclick={create} />
                        </Empty>
                    },
                } }
            </Panel>
        </div>
    }
}

fn table(rows: &[MachineRow], unsaved: &[(String, &'static str)], read_only: bool) -> Html {
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label="State machines">
            <table class="table machines-table">
                <thead><tr>
                    <th scope="col">{ "Name" }</th><th scope="col">{ "Type" }</th><th scope="col">{ "Created" }</th>
                    <th scope="col">{ "Last execution" }</th><th scope="col"><span class="visually-hidden">{ "Actions" }</span></th>
                </tr></thead>
                <tbody>
                    for row in rows.iter() { <MachineLine key={row.name.clone()} row={row.clone()} {read_only} /> }
                    for (name, kind) in unsaved.iter() {
                        <tr key={format!("draft-{name}")}>
                            <th scope="row"><a href={Route::machine(name, MachineTab::Definition).format()}>{ name }</a></th>
                            <td>{ machine_type_label(kind) }</td>
                            <td colspan="2"><span class="quiet">{ if read_only { "Replay the history to create it" } else { "Not saved to the cloud yet" } }</span></td>
                            <td class="row-actions"><DeleteMachine name={name.clone()} {read_only} /></td>
                        </tr>
                    }
                </tbody>
            </table>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct MachineLineProps {
    row: MachineRow,
    read_only: bool,
}

#[component]
fn MachineLine(props: &MachineLineProps) -> Html {
    let row = &props.row;
    // Express executions are not listed by AWS: the engine does.
    let last = use_query(Some(if row.kind == "EXPRESS" {
        list_express_executions(&row.arn, 1)
    } else {
        list_executions(&row.arn, 1)
    }));
    let last = last.and_then(Result::ok).map(|output| execution_rows(&output));
    html! {
        <tr>
            <th scope="row"><a href={Route::machine(&row.name, MachineTab::Definition).format()}>{ &row.name }</a></th>
            <td>{ machine_type_label(&row.kind) }</td>
            <td>{ moment(row.created_seconds) }</td>
            <td>{ match last.as_deref() {
                None => html! { <span class="quiet">{ "…" }</span> },
                Some([]) => html! { <span class="quiet">{ "None yet" }</span> },
                Some([last, ..]) => execution_status(&last.status),
            } }</td>
            <td class="row-actions"><DeleteMachine name={row.name.clone()} read_only={props.read_only} /></td>
        </tr>
    }
}

#[derive(PartialEq, Properties)]
struct DeleteMachineProps {
    name: AttrValue,
    read_only: bool,
}

#[component]
fn DeleteMachine(props: &DeleteMachineProps) -> Html {
    let app = use_app();
    let name = props.name.to_string();
    let onclick =
        Callback::from(move |_: MouseEvent| app.open_dialog(Dialog::DeleteMachine(name.clone())));
    html! { <Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Delete {}", props.name)} disabled={props.read_only} {onclick} /> }
}
