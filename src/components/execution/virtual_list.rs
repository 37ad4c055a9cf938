//! A long list of which a window is in the page: scrolled, and moved through by keys, as if all of it were.

use web_sys::HtmlElement;
use yew::prelude::*;

/// Height of a row in pixels; `--execution-row` in tokens.css says the same.
pub(super) const ROW: f64 = 28.0;
/// Rows in the page.
pub(super) const ROWS_MAX: usize = 60;
/// Rows above the visible ones that are kept ready.
const ROWS_BEFORE: usize = 15;
/// Browsers give up on higher elements; longer lists scroll in larger steps.
const HEIGHT_MAX: f64 = 8_000_000.0;

/// Where a key leads in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListMove {
    /// So many rows on, or back.
    By(isize),
    First,
    Last,
}

#[derive(PartialEq, Properties)]
pub(super) struct VirtualListProps {
    pub label: AttrValue,
    pub total: usize,
    /// Position of the first row that is in the page.
    pub from: usize,
    /// The window should begin there.
    pub on_from: Callback<usize>,
    pub on_move: Callback<ListMove>,
    /// Id of the selected row's element, when it is in the page.
    #[prop_or_default]
    pub active: Option<AttrValue>,
    /// This row comes into view when it is another, or when `total` is.
    #[prop_or_default]
    pub show: Option<usize>,
    #[prop_or_default]
    pub class: Classes,
    /// Elements of the role option.
    #[prop_or_default]
    pub children: Html,
}

/// The list.
#[component]
pub(super) fn VirtualList(props: &VirtualListProps) -> Html {
    let viewport = use_node_ref();
    let sizer = use_node_ref();
    let body = use_node_ref();
    let total = props.total;
    let height = (total as f64 * ROW).min(HEIGHT_MAX);
    let scale = if total == 0 { 1.0 } else { height / (total as f64 * ROW) };
    // Lengths are set through the object model: the content policy takes no style attributes.
    {
        let (sizer, body) = (sizer.clone(), body.clone());
        use_effect_with((props.from, total), move |&(from, _)| {
            let set = |element: &NodeRef, property: &str, value: String| {
                if let Some(element) = element.cast::<HtmlElement>() {
                    let _ = element.style().set_property(property, &value);
                }
            };
            set(&sizer, "height", format!("{height}px"));
            set(&body, "transform", format!("translateY({}px)", from as f64 * ROW * scale));
        });
    }
    {
        let viewport = viewport.clone();
        use_effect_with((props.show, total), move |&(show, _)| {
            let element = viewport.cast::<HtmlElement>();
            if let (Some(element), Some(row)) = (element, show) {
                let top = row as f64 * ROW * scale;
                let (at, room) =
                    (f64::from(element.scroll_top()), f64::from(element.client_height()));
                if top < at || top + ROW > at + room {
                    element.set_scroll_top((top - room / 2.0 + ROW).max(0.0) as i32);
                }
            }
        });
    }
    let onscroll = {
        let (viewport, on_from, from) = (viewport.clone(), props.on_from.clone(), props.from);
        Callback::from(move |_: Event| {
            let Some(viewport) = viewport.cast::<HtmlElement>() else { return };
            let row = (f64::from(viewport.scroll_top()) / (ROW * scale)) as usize;
            let room = (f64::from(viewport.client_height()) / ROW) as usize + 1;
            // As long as what is seen is there, nothing is asked for.
            if row < from || row + room > (from + ROWS_MAX).min(total) {
                on_from.emit(row.saturating_sub(ROWS_BEFORE));
            }
        })
    };
    let onkeydown = props.on_move.reform(|way| way);
    let onkeydown = {
        let viewport = viewport.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.ctrl_key() || event.meta_key() || event.alt_key() {
                return;
            }
            let page = viewport.cast::<HtmlElement>().map_or(10, |element| {
                ((f64::from(element.client_height()) / ROW) as isize - 1).max(1)
            });
            let way = match event.key().as_str() {
                "ArrowDown" => ListMove::By(1),
                "ArrowUp" => ListMove::By(-1),
                "PageDown" => ListMove::By(page),
                "PageUp" => ListMove::By(-page),
                "Home" => ListMove::First,
                "End" => ListMove::Last,
                _ => return,
            };
            event.prevent_default();
            onkeydown.emit(way);
        })
    };
    html! {
        <div class={classes!("virtual-list", props.class.clone())} ref={viewport} {onscroll} {onkeydown} tabindex="0" role="listbox"
            aria-label={props.label.clone()} aria-activedescendant={props.active.clone()}>
            <div class="virtual-list-sizer" ref={sizer} role="presentation">
                <div class="virtual-list-rows" ref={body} role="presentation">{ props.children.clone() }</div>
            </div>
        </div>
    }
}
