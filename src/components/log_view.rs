//! The logs of a function: a window on what the Worker keeps, drawn as a list as long as all of it.
//!
//! Invariant: at most [`ROWS_MAX`] rows are in the page, however many lines there are.

use super::{Button, ButtonKind, Empty, Glyph, Panel, search_field, text_of};
use crate::hooks::{use_session, use_view};
use crate::model::{Moment, format_count};
use coldstart_protocol::{LogRow, ViewSpec};
use web_sys::HtmlElement;
use yew::prelude::*;

/// Height of a row in pixels; `--log-row` in tokens.css says the same.
const ROW: f64 = 24.0;
/// Rows in the page.
const ROWS_MAX: usize = 60;
/// Rows above the visible ones that are kept ready.
const ROWS_BEFORE: usize = 15;
/// Browsers give up on higher elements; longer lists scroll in larger steps.
const HEIGHT_MAX: f64 = 8_000_000.0;

#[derive(PartialEq, Properties)]
pub struct LogViewProps {
    pub function: AttrValue,
    /// Only lines of this request, when not empty.
    pub request_id: AttrValue,
    pub on_request: Callback<AttrValue>,
}

/// The log view.
#[component]
pub fn LogView(props: &LogViewProps) -> Html {
    let search = use_state(String::new);
    let follow = use_state(|| true);
    let from = use_state(|| 0usize);
    let selected = use_state(|| None::<LogRow>);
    let viewport = use_node_ref();
    let sizer = use_node_ref();
    let body = use_node_ref();
    let function = props.function.to_string();

    use_view(Some(ViewSpec::Logs {
        function: function.clone(),
        search: (*search).clone(),
        request_id: props.request_id.to_string(),
        from: *from,
        rows_max: ROWS_MAX,
        follow: *follow,
    }));
    let window = use_session(move |session| session.logs.get(&function).cloned());
    let (first, total) = window.as_ref().map_or((0, 0), |window| (window.from, window.total));
    let height = (total as f64 * ROW).min(HEIGHT_MAX);
    let scale = if total == 0 { 1.0 } else { height / (total as f64 * ROW) };

    // Lengths are set through the object model: the content policy takes no style attributes.
    {
        let (viewport, sizer, body) = (viewport.clone(), sizer.clone(), body.clone());
        use_effect_with((first, total, *follow), move |&(first, total, follow)| {
            let set = |element: &NodeRef, property: &str, value: String| {
                if let Some(element) = element.cast::<HtmlElement>() {
                    let _ = element.style().set_property(property, &value);
                }
            };
            set(&sizer, "height", format!("{height}px"));
            set(&body, "transform", format!("translateY({}px)", first as f64 * ROW * scale));
            if let Some(viewport) = viewport.cast::<HtmlElement>().filter(|_| follow && total > 0) {
                viewport.set_scroll_top(viewport.scroll_height());
            }
        });
    }
    let onscroll = {
        let (viewport, from, follow) = (viewport.clone(), from.clone(), follow.clone());
        Callback::from(move |_: Event| {
            let Some(viewport) = viewport.cast::<HtmlElement>() else { return };
            let at_end =
                viewport.scroll_top() + viewport.client_height() >= viewport.scroll_height() - 4;
            if *follow {
                if !at_end {
                    follow.set(false);
                } else {
                    return;
                }
            }
            let row = (f64::from(viewport.scroll_top()) / (ROW * scale)) as usize;
            // In steps, so that a slow scroll does not ask for each row.
            let wanted = row.saturating_sub(ROWS_BEFORE) / 10 * 10;
            if wanted != *from {
                from.set(wanted);
            }
        })
    };
    let on_search = {
        let (search, from) = (search.clone(), from.clone());
        Callback::from(move |event: InputEvent| {
            search.set(text_of(&event));
            from.set(0);
        })
    };
    let toggle_follow = {
        let (follow, from) = (follow.clone(), from.clone());
        Callback::from(move |_: MouseEvent| {
            if *follow {
                from.set(first);
            }
            follow.set(!*follow);
        })
    };
    let filtered = !search.is_empty() || !props.request_id.is_empty();
    let actions = html! { <Button label="Follow" pressed={*follow} glyph={Glyph::Step} onclick={toggle_follow} /> };
    let rows = window.as_ref().map_or(&[][..], |window| &window.rows);
    let on_select = {
        let selected = selected.clone();
        Callback::from(move |row: LogRow| {
            selected.set(if selected.as_ref() == Some(&row) { None } else { Some(row) })
        })
    };
    html! {
        <Panel title="Logs" counter={format_count(total as u64)} {actions} flush={true} class="log-view">
            <div class="log-tools">
                { search_field("Search the logs", &search, &on_search) }
                if !props.request_id.is_empty() {
                    <span class="token">{ "Request " }<code>{ props.request_id.chars().take(8).collect::<String>() }</code>
                        <Button kind={ButtonKind::Icon} glyph={Glyph::Close} label="Show all requests" onclick={props.on_request.reform(|_: MouseEvent| AttrValue::default())} /></span>
                }
            </div>
            if total == 0 {
                if filtered {
                    <Empty glyph={Glyph::Search} title="No lines match" text="Change the search, or show all requests." />
                } else {
                    <Empty glyph={Glyph::Queued} title="No log lines yet" text="Each invocation writes START, END and REPORT, and what the handler prints." />
                }
            } else {
                <div class="log-viewport" ref={viewport} {onscroll} tabindex="0" role="group" aria-label={format!("Log lines, {total} in all")}>
                    <div class="log-sizer" ref={sizer}>
                        <ol class="log-rows" ref={body}>
                            for row in rows.iter() { <LogLine key={row.seq} row={row.clone()} selected={selected.as_ref().is_some_and(|other| other.seq == row.seq)} on_select={on_select.clone()} /> }
                        </ol>
                    </div>
                </div>
            }
            if let Some(row) = &*selected {
                <div class="log-detail">
                    <dl class="facts">
                        <div><dt>{ "Time" }</dt><dd>{ Moment::from_unix_ms(row.timestamp_ms).full_text() }</dd></div>
                        <div><dt>{ "Stream" }</dt><dd><code>{ &row.stream }</code></dd></div>
                        if let Some(id) = &row.request_id {
                            <div><dt>{ "Request ID" }</dt><dd><button type="button" class="text-button" onclick={ let id = AttrValue::from(id.clone()); props.on_request.reform(move |_: MouseEvent| id.clone()) }><code>{ id }</code></button></dd></div>
                        }
                    </dl>
                    <pre class="result-text" tabindex="0" role="group" aria-label="The whole line">{ &row.message }</pre>
                </div>
            }
        </Panel>
    }
}

#[derive(PartialEq, Properties)]
struct LogLineProps {
    row: LogRow,
    selected: bool,
    on_select: Callback<LogRow>,
}

/// A line; its time is a button that shows all of it.
#[component]
fn LogLine(props: &LogLineProps) -> Html {
    let row = &props.row;
    let moment = Moment::from_unix_ms(row.timestamp_ms);
    let kind = match row.message.split_whitespace().next() {
        Some("START" | "END" | "REPORT" | "INIT_START" | "INIT_REPORT") => {
            Some("log-line-platform")
        }
        Some("[ERROR]" | "ERROR") => Some("log-line-error"),
        _ => None,
    };
    html! {
        <li class={classes!("log-line", kind, props.selected.then_some("log-line-selected"))}>
            <button type="button" class="log-time" aria-pressed={if props.selected { "true" } else { "false" }}
                onclick={ let row = row.clone(); props.on_select.reform(move |_: MouseEvent| row.clone()) }>{ format!("{}.{:03}", moment.time_text(), moment.millis) }</button>
            <span class="log-text">{ row.message.trim_end().replace(['\n', '\t'], " ") }</span>
        </li>
    }
}
