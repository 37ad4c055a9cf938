//! The events as a table with a window: all keys work as if every row were there.

use super::virtual_list::{ListMove, ROWS_MAX, VirtualList};
use super::{ViewingHandle, select};
use crate::components::{Empty, Glyph, Icon, text_of};
use crate::hooks::{use_session, use_view};
use crate::model::{Moment, ViewingAction, format_count, format_micros};
use coldstart_protocol::{ExecutionPart, ExecutionSummary, HistoryRow, ViewSpec};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct EventsTableProps {
    pub source: AttrValue,
    pub summary: Rc<ExecutionSummary>,
    pub viewing: ViewingHandle,
}

/// The table.
#[component]
pub(super) fn EventsTable(props: &EventsTableProps) -> Html {
    let search = use_state(String::new);
    let from = use_state(|| 0usize);
    // The window lies around this event until somebody scrolls.
    let anchor = use_state(|| None::<u64>);
    let viewing = &props.viewing;
    {
        let anchor = anchor.clone();
        use_effect_with(viewing.selected, move |selected| anchor.set(*selected));
    }
    use_view(Some(ViewSpec::Execution {
        source: props.source.to_string(),
        part: ExecutionPart::Events {
            from: *from,
            rows_max: ROWS_MAX,
            search: (*search).clone(),
            at: *anchor,
        },
    }));
    let window = use_session({
        let source = props.source.to_string();
        move |session| session.executions.get(&source).and_then(|windows| windows.events.clone())
    });
    let Some(window) = window else {
        return html! { <p class="quiet" role="status">{ "Loading the events …" }</p> };
    };
    let position = viewing.selected.and_then(|selected| {
        window.rows.iter().position(|row| row.id == selected).map(|at| window.from + at)
    });
    let on_from = {
        let (from, anchor) = (from.clone(), anchor.clone());
        Callback::from(move |row: usize| {
            anchor.set(None);
            from.set(row);
        })
    };
    let on_move = {
        let (window, selected) = (window.clone(), viewing.selected);
        let (first, last) = (props.summary.first_event, props.summary.last_event);
        let dispatcher = viewing.dispatcher();
        Callback::from(move |way: ListMove| {
            let at = selected.and_then(|id| window.rows.iter().position(|row| row.id == id));
            let row = match (way, at) {
                (ListMove::First, _) => Some(first),
                (ListMove::Last, _) => Some(last),
                (ListMove::By(by), Some(at)) => {
                    let to = at.saturating_add_signed(by).min(window.rows.len().saturating_sub(1));
                    window.rows.get(to).map(|row| row.id)
                }
                (ListMove::By(_), None) => window.rows.first().map(|row| row.id),
            };
            if let Some(row) = row {
                dispatcher.dispatch(ViewingAction::Select(row));
            }
        })
    };
    let on_search = {
        let (search, from, anchor) = (search.clone(), from.clone(), anchor.clone());
        Callback::from(move |event: InputEvent| {
            search.set(text_of(&event));
            from.set(0);
            anchor.set(None);
        })
    };
    let on_select = select(viewing);
    let cursor = viewing.cursor;
    html! {
        <div class="events-table">
            <div class="log-tools">
                <label class="search-field"><Icon glyph={Glyph::Search} /><span class="visually-hidden">{ "Search the events" }</span>
                    <input type="search" placeholder="Type, state or error" value={(*search).clone()} oninput={on_search} autocomplete="off" spellcheck="false" /></label>
                <span class="quiet">{ if search.is_empty() { format!("{} events", format_count(window.total as u64)) } else { format!("{} of {} events", format_count(window.total as u64), format_count(props.summary.events as u64)) } }</span>
            </div>
            if window.total == 0 {
                <Empty glyph={Glyph::Search} title="No events match" text="Change the search." />
            } else {
                <div class="event-row event-row-head" aria-hidden="true"><span>{ "ID" }</span><span>{ "Time" }</span><span>{ "Type" }</span><span>{ "State" }</span><span>{ "Details" }</span></div>
                <VirtualList label={format!("Events, {} in all", window.total)} total={window.total} from={window.from} {on_from} {on_move}
                    active={position.and(viewing.selected).map(|id| AttrValue::from(format!("event-{id}")))} show={position}>
                    for (at, row) in window.rows.iter().enumerate() {
                        <EventRow key={row.id} row={row.clone()} at={window.from + at} total={window.total} started_us={props.summary.started_us}
                            selected={viewing.selected == Some(row.id)} ahead={cursor.is_some_and(|cursor| row.id > cursor)} on_select={on_select.clone()} />
                    }
                </VirtualList>
            }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct EventRowProps {
    row: HistoryRow,
    at: usize,
    total: usize,
    started_us: u64,
    selected: bool,
    ahead: bool,
    on_select: Callback<u64>,
}

/// A row. A component, so that an unchanged one is not drawn again.
#[component]
fn EventRow(props: &EventRowProps) -> Html {
    let row = &props.row;
    let since = format!("+{}", format_micros(row.at_us.saturating_sub(props.started_us)));
    let moment = Moment::from_unix_ms(row.at_us / 1_000).full_text();
    let onclick = {
        let id = row.id;
        props.on_select.reform(move |_: MouseEvent| id)
    };
    let class = classes!(
        "event-row",
        props.selected.then_some("event-row-selected"),
        props.ahead.then_some("event-row-ahead"),
        row.failure.then_some("event-row-failure"),
        (row.depth > 0).then(|| format!("event-depth-{}", row.depth.min(6))),
    );
    html! {
        <div {class} id={format!("event-{}", row.id)} role="option" aria-selected={if props.selected { "true" } else { "false" }}
            aria-posinset={(props.at + 1).to_string()} aria-setsize={props.total.to_string()} {onclick}>
            <span>{ row.id }</span>
            <span title={moment}>{ since }</span>
            <span>if row.failure { <Icon glyph={Glyph::Error} /> }{ &row.kind }</span>
            <span class="event-state">{ &row.state }</span>
            <span title={row.note.clone()}>{ &row.note }if props.ahead { <span class="visually-hidden">{ ", after the time cursor" }</span> }</span>
        </div>
    }
}
