//! A page with a list of resources: a filter, a table that becomes cards on a phone, a word when there is nothing, and a way to make one.

use crate::components::{
    Button, ButtonKind, Empty, Glyph, Panel, load_more, refused, search_field, text_of, waiting,
};
use crate::hooks::{More, Pages, count_text};
use crate::model::CallError;
use crate::route::{ResourceKind, Route};
use serde_json::Value;
use yew::prelude::*;

/// A column behind the name.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Column {
    pub(super) label: &'static str,
    /// What stands behind a number on a phone, where columns have no heads; empty for texts.
    pub(super) unit: &'static str,
}

/// A column of texts.
pub(super) const fn texts(label: &'static str) -> Column {
    Column { label, unit: "" }
}

/// A column of numbers.
pub(super) const fn numbers(label: &'static str, unit: &'static str) -> Column {
    Column { label, unit }
}

/// A resource.
#[derive(Clone, PartialEq)]
pub(super) struct Row {
    pub(super) name: String,
    /// Where its page is.
    pub(super) href: String,
    pub(super) cells: Vec<Html>,
}

#[derive(PartialEq, Properties)]
pub(super) struct ListingProps {
    pub(super) title: AttrValue,
    pub(super) text: AttrValue,
    /// As in "Find topics", "No topics".
    pub(super) noun: AttrValue,
    pub(super) glyph: Glyph,
    /// What the button says.
    pub(super) create: AttrValue,
    pub(super) on_create: Callback<MouseEvent>,
    pub(super) read_only: bool,
    pub(super) columns: Vec<Column>,
    /// None until they are known.
    pub(super) rows: Option<Vec<Row>>,
    #[prop_or_default]
    pub(super) fault: Option<CallError>,
    /// How to read on, when there are more than were read.
    #[prop_or_default]
    pub(super) more: Option<More>,
    /// Lists of what belongs to it.
    #[prop_or_default]
    pub(super) links: &'static [ResourceKind],
    /// What to do when there is nothing.
    pub(super) empty: AttrValue,
    /// What stands below, dialogs among it.
    #[prop_or_default]
    pub(super) children: Html,
}

/// The list.
#[component]
pub(super) fn Listing(props: &ListingProps) -> Html {
    let filter = use_state(String::new);
    let on_filter = {
        let filter = filter.clone();
        Callback::from(move |event: InputEvent| filter.set(text_of(&event)))
    };
    let wanted = filter.to_lowercase();
    let all = props.rows.as_deref().unwrap_or_default();
    let shown: Vec<&Row> =
        all.iter().filter(|row| row.name.to_lowercase().contains(&wanted)).collect();
    let noun = &props.noun;
    let button = html! { <Button kind={ButtonKind::Primary} label={props.create.clone()} disabled={props.read_only} onclick={props.on_create.clone()} /> };
    html! {
        <div class="page">
            <header class="page-header">
                <div><h1>{ props.title.clone() }</h1><p>{ props.text.clone() }</p></div>
                { page_links(props.links) }
            </header>
            <Panel title={format!("All {noun}")} counter={count_text(all.len(), props.more.is_some())} actions={button.clone()} flush={true}>
                <div class="list-tools">
                    { search_field(&format!("Find {noun}"), &filter, &on_filter) }
                </div>
                { if let Some(fault) = &props.fault {
                    html! { <div class="machines-fault" role="alert">{ refused(fault) }</div> }
                } else if props.rows.is_none() {
                    waiting(noun)
                } else if !shown.is_empty() {
                    table(props, &shown)
                } else if !all.is_empty() {
                    let text = if props.more.is_some() { "Change the filter, or load more." } else { "Change the filter." };
                    html! { <Empty glyph={Glyph::Search} title={format!("None of the {noun} matches")} {text} /> }
                } else {
                    html! { <Empty glyph={props.glyph} title={format!("No {noun}")} text={props.empty.clone()}>{ button }</Empty> }
                } }
                { load_more(props.more.as_ref(), all.len()) }
            </Panel>
            { props.children.clone() }
        </div>
    }
}

fn table(props: &ListingProps, rows: &[&Row]) -> Html {
    let mut label = props.noun.to_string();
    if let Some(first) = label.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let class = |column: &Column| (!column.unit.is_empty()).then_some("number");
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label={label}>
            <table class="table machines-table listing-table">
                <thead><tr>
                    <th scope="col">{ "Name" }</th>
                    for column in props.columns.iter() { <th scope="col" class={class(column)}>{ column.label }</th> }
                </tr></thead>
                <tbody>
                    for row in rows.iter() {
                        <tr key={row.href.clone()}>
                            <th scope="row"><a href={row.href.clone()}>{ &row.name }</a></th>
                            for (column, cell) in props.columns.iter().zip(&row.cells) {
                                <td class={class(column)} data-label={(!column.unit.is_empty()).then_some(column.unit)}>{ cell.clone() }</td>
                            }
                        </tr>
                    }
                </tbody>
            </table>
        </div>
    }
}

/// Links to other lists, beside a page's heading.
pub(super) fn page_links(kinds: &[ResourceKind]) -> Html {
    html! {
        if !kinds.is_empty() {
            <p class="page-links">
                for kind in kinds { <a key={kind.segment()} href={Route::Resources(*kind).format()}>{ kind.label() }</a> }
            </p>
        }
    }
}

/// The rows of a list; none before it is known.
pub(super) fn rows_of(list: &Pages, member: &str, row: impl Fn(&Value) -> Row) -> Option<Vec<Row>> {
    Some(list.rows(member)?.iter().map(row).collect())
}
