//! A state machine as a picture in which one can move: a tree for those who do not see it, states as its items, arrow keys along the
//! transitions. It draws what it is given; statuses, selection and what follows from it belong to whoever uses it.

use super::super::{Button, ButtonKind, Glyph, StatusTone};
use crate::host;
use crate::model::{Move, described, fitting, is_state, level, moved, node_of, zoomed};
use coldstart_protocol::{Graph, GraphEdge, GraphEdgeKind, GraphNode, GraphNodeKind};
use gloo_timers::callback::Timeout;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// How a state is, in an execution: an icon and a word, never a colour alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphBadge {
    /// What it means.
    pub tone: StatusTone,
    /// The word.
    pub word: AttrValue,
    /// A few characters beside the icon, such as a number of iterations; empty for none.
    pub note: AttrValue,
}

#[derive(PartialEq, Properties)]
pub struct StateGraphProps {
    pub graph: Rc<Graph>,
    /// Names the picture, and its marks among those of other pictures on the page.
    pub id: AttrValue,
    pub label: AttrValue,
    /// The selected state's name.
    #[prop_or_default]
    pub selected: Option<AttrValue>,
    /// A state was selected, by a click or a key.
    #[prop_or_default]
    pub on_select: Callback<AttrValue>,
    /// Enter, or a second click.
    #[prop_or_default]
    pub on_open: Callback<AttrValue>,
    /// How states are, by name.
    #[prop_or_default]
    pub badges: Rc<BTreeMap<String, GraphBadge>>,
    /// Transitions that were taken, by position; the others are drawn fainter when there are some.
    #[prop_or_default]
    pub taken: Rc<BTreeSet<usize>>,
    /// Further buttons of the picture's tools.
    #[prop_or_default]
    pub tools: Html,
}

/// A machine's picture.
#[component]
pub fn StateGraph(props: &StateGraphProps) -> Html {
    let scroller = use_node_ref();
    // None until somebody chose one: then it fits the window.
    let chosen = use_state(|| None::<u32>);
    let fit = use_state(|| 100u32);
    let trail = use_mut_ref(Vec::<usize>::new);
    let graph = props.graph.clone();
    let zoom = chosen.unwrap_or(*fit);
    let selected = props.selected.as_deref().and_then(|name| node_of(&graph, name));
    {
        let (scroller, fit) = (scroller.clone(), fit.clone());
        use_effect_with((graph.width, graph.height, graph.nodes.len()), move |_| {
            if let Some(element) = scroller.cast::<Element>() {
                // Not smaller than can be read: the rest is scrolled to.
                fit.set(
                    fitting(&graph, element.client_width() - 2, element.client_height() - 2)
                        .max(80),
                );
            }
        });
    }
    // The selected state comes into view when it is another, wherever it was selected.
    {
        let (scroller, graph) = (scroller.clone(), props.graph.clone());
        use_effect_with((props.selected.clone(), zoom), move |_| {
            let timer = selected.map(|at| {
                Timeout::new(0, move || {
                    if let Some(scroller) = scroller.cast::<Element>() {
                        show(&scroller, &graph.nodes[at], zoom);
                    }
                })
            });
            move || drop(timer)
        });
    }
    let set_zoom = {
        let chosen = chosen.clone();
        Callback::from(move |zoom: Option<u32>| chosen.set(zoom))
    };
    let select = {
        let (graph, on_select) = (props.graph.clone(), props.on_select.clone());
        Callback::from(move |at: usize| on_select.emit(graph.nodes[at].name.clone().into()))
    };
    // The one that Tab comes to.
    let entry = selected.or_else(|| moved(&props.graph, None, Move::First, &[]));
    let onkeydown = {
        let (graph, select, id) = (props.graph.clone(), select.clone(), props.id.clone());
        let (scroller, set_zoom, on_open) =
            (scroller.clone(), set_zoom.clone(), props.on_open.clone());
        Callback::from(move |event: KeyboardEvent| {
            if event.ctrl_key() || event.meta_key() || event.alt_key() {
                return;
            }
            let key = event.key();
            match (key.as_str(), event.shift_key()) {
                ("ArrowDown" | "ArrowUp" | "ArrowLeft" | "ArrowRight", true) => {
                    if let Some(scroller) = scroller.cast::<Element>() {
                        pan(&scroller, &key);
                    }
                }
                ("+" | "=", _) => set_zoom.emit(Some(zoomed(zoom, true))),
                ("-", _) => set_zoom.emit(Some(zoomed(zoom, false))),
                ("0", _) => set_zoom.emit(None),
                ("Enter" | " ", _) => {
                    if selected.is_none() {
                        entry.iter().for_each(|at| select.emit(*at));
                    }
                    if let Some(at) = selected {
                        on_open.emit(graph.nodes[at].name.clone().into());
                    }
                }
                _ => {
                    let way = match key.as_str() {
                        "ArrowDown" => Move::Down,
                        "ArrowUp" => Move::Up,
                        "ArrowLeft" => Move::Left,
                        "ArrowRight" => Move::Right,
                        "Home" => Move::First,
                        "End" => Move::Last,
                        _ => return,
                    };
                    let mut trail = trail.borrow_mut();
                    if let Some(to) = moved(&graph, selected.or(entry), way, &trail) {
                        match way {
                            Move::Down => trail.extend(selected.or(entry)),
                            Move::Up => drop(trail.pop()),
                            _ => trail.clear(),
                        }
                        select.emit(to);
                        focus_node(&id, to);
                    }
                }
            }
            event.prevent_default();
        })
    };
    let button = |glyph: Glyph, label: &'static str, shortcut: &'static str, zoom: Option<u32>| {
        html! { <Button kind={ButtonKind::Icon} {glyph} {label} {shortcut} onclick={set_zoom.reform(move |_: MouseEvent| zoom)} /> }
    };
    let scale = |length: i32| (i64::from(length) * i64::from(zoom) / 100).to_string();
    let graph = &props.graph;
    let any_taken = !props.taken.is_empty();
    html! {
        <div class="state-graph">
            <div class="state-graph-tools" role="group" aria-label="Picture">
                { button(Glyph::ZoomOut, "Zoom out", "-", Some(zoomed(zoom, false))) }
                <span class="state-graph-zoom">{ format!("{zoom} %") }</span>
                { button(Glyph::ZoomIn, "Zoom in", "+", Some(zoomed(zoom, true))) }
                { button(Glyph::Fit, "Fit", "0", None) }
                { props.tools.clone() }
            </div>
            <div class="state-graph-scroll" ref={scroller}>
                <svg id={props.id.clone()} role="tree" aria-label={props.label.clone()} width={scale(graph.width)} height={scale(graph.height)}
                    viewBox={format!("0 0 {} {}", graph.width, graph.height)} {onkeydown}>
                    <defs aria-hidden="true">
                        <marker id={format!("{}-head", props.id)} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">
                            <path class="state-graph-head" d="M0 0 8 4 0 8Z" />
                        </marker>
                    </defs>
                    <g aria-hidden="true">
                        for (at, node) in graph.nodes.iter().enumerate().filter(|(_, node)| !is_state(node) || holds(graph, node)) { { mark(at, node) } }
                        for (at, edge) in graph.edges.iter().enumerate() { { arrow(at, edge, &props.id, any_taken, props.taken.contains(&at)) } }
                        for (at, edge) in graph.edges.iter().enumerate() { { label(at, edge) } }
                    </g>
                    for (at, node) in graph.nodes.iter().enumerate().filter(|(_, node)| is_state(node)) {
                        <StateNode key={at} graph={graph.clone()} {at} id={props.id.clone()} selected={selected == Some(at)} entry={entry == Some(at)}
                            badge={props.badges.get(&node.name).cloned()} on_select={select.clone()} on_open={props.on_open.clone()} />
                    }
                </svg>
            </div>
        </div>
    }
}

fn holds(graph: &Graph, node: &GraphNode) -> bool {
    let mut frames = graph.nodes.iter().filter(|inner| inner.kind == GraphNodeKind::Frame);
    frames.any(|frame| frame.parent.is_some_and(|parent| std::ptr::eq(&graph.nodes[parent], node)))
}

/// What is no state: marks, frames, and the ground of a state that holds others, which lies below the lines.
fn mark(at: usize, node: &GraphNode) -> Html {
    let (x, y, width, height) = node.frame;
    let number = |value: i32| value.to_string();
    let class = match node.kind {
        GraphNodeKind::Entry => {
            return html! { <circle key={format!("mark-{at}")} class="state-graph-dot" cx={number(x + width / 2)} cy={number(y + height / 2)} r={number(width / 2)} /> };
        }
        GraphNodeKind::Frame => "state-graph-frame",
        GraphNodeKind::Start | GraphNodeKind::End => "state-graph-end",
        GraphNodeKind::State | GraphNodeKind::Missing => "state-graph-ground",
    };
    let word = match node.kind {
        GraphNodeKind::Start => "Start",
        GraphNodeKind::End => "End",
        _ => "",
    };
    let round = if word.is_empty() { 8 } else { height / 2 };
    html! {
        <g key={format!("mark-{at}")}>
            <rect {class} x={number(x)} y={number(y)} width={number(width)} height={number(height)} rx={number(round)} />
            if !word.is_empty() { <text class="state-graph-word" x={number(x + width / 2)} y={number(y + height / 2 + 5)}>{ word }</text> }
        </g>
    }
}

fn arrow(at: usize, edge: &GraphEdge, id: &AttrValue, any_taken: bool, taken: bool) -> Html {
    let class = classes!(
        "state-graph-arrow",
        (edge.kind == GraphEdgeKind::Catch).then_some("state-graph-catch"),
        (any_taken && !taken).then_some("state-graph-untaken"),
        taken.then_some("state-graph-taken"),
    );
    html! { <path key={format!("arrow-{at}")} {class} d={edge.path.clone()} marker-end={format!("url(#{id}-head)")} /> }
}

fn label(at: usize, edge: &GraphEdge) -> Html {
    let Some((x, y, width, height)) = edge.label_frame else { return html! {} };
    let number = |value: i32| value.to_string();
    html! {
        <g key={format!("label-{at}")}>
            <rect class="state-graph-label-ground" x={number(x - width / 2)} y={number(y - height / 2)} width={number(width)} height={number(height)} />
            <text class="state-graph-label" x={number(x)} y={number(y + 4)}>{ &edge.label }</text>
        </g>
    }
}

#[derive(PartialEq, Properties)]
struct StateNodeProps {
    graph: Rc<Graph>,
    at: usize,
    id: AttrValue,
    selected: bool,
    entry: bool,
    badge: Option<GraphBadge>,
    on_select: Callback<usize>,
    on_open: Callback<AttrValue>,
}

/// A state. A component, so that only those whose status changed are drawn again.
#[component]
fn StateNode(props: &StateNodeProps) -> Html {
    let (graph, at) = (&props.graph, props.at);
    let node = &graph.nodes[at];
    let (x, y, width, height) = node.frame;
    let number = |value: i32| value.to_string();
    let holds = holds(graph, node);
    let tone = props.badge.as_ref().map(|badge| match badge.tone {
        StatusTone::Success => "state-graph-success",
        StatusTone::Error => "state-graph-error",
        StatusTone::Warning => "state-graph-warning",
        StatusTone::Info => "state-graph-info",
        StatusTone::Waiting => "state-graph-waiting",
        StatusTone::Working => "state-graph-working",
    });
    let class = classes!(
        "state-graph-state",
        tone,
        props.selected.then_some("state-graph-selected"),
        holds.then_some("state-graph-holder"),
        (node.kind == GraphNodeKind::Missing).then_some("state-graph-missing"),
        (!node.reachable).then_some("state-graph-unreachable"),
    );
    let onclick = {
        let (on_select, id) = (props.on_select.clone(), props.id.clone());
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            on_select.emit(at);
            focus_node(&id, at);
        })
    };
    let name = AttrValue::from(node.name.clone());
    let ondblclick = props.on_open.reform(move |_: MouseEvent| name.clone());
    // What holds others is grasped by its head: the rest is theirs.
    let target = if holds { 42 } else { height };
    let badge = props.badge.as_ref();
    html! {
        <g {class} role="treeitem" id={format!("{}-state-{at}", props.id)} tabindex={if props.entry { "0" } else { "-1" }}
            aria-selected={if props.selected { "true" } else { "false" }} aria-level={level(graph, at).to_string()}
            aria-label={described(graph, at, &badge_text(badge))} {onclick} {ondblclick}>
            // The label says all of it, whole where the picture has to cut it.
            <g aria-hidden="true">
                if holds { <rect class="state-graph-outline" x={number(x)} y={number(y)} width={number(width)} height={number(height)} rx="8" /> }
                <rect class={if holds { "state-graph-hold" } else { "state-graph-box" }} x={number(x)} y={number(y)} width={number(width)} height={number(target)} rx="8" />
                <path class="state-graph-icon" transform={format!("translate({} {})", x + 10, y + 15)} d={icon(&node.state_type)} />
                <text class="state-graph-name" x={number(x + 34)} y={number(y + 20)}>{ &node.title }</text>
                // Keeps the words apart for those who read the page as text.
                { " " }
                <text class="state-graph-kind" x={number(x + 34)} y={number(y + 37)}>{ &node.subtitle }</text>
                { " " }
                if let Some(badge) = badge {
                    <g class="state-graph-badge" transform={format!("translate({} {})", x + width - 10, y - 1)} aria-hidden="true">
                        <circle r="10" />
                        <path transform="translate(-6 -6) scale(0.75)" d={badge_icon(badge.tone)} />
                        if !badge.note.is_empty() { <text class="state-graph-note" x="-12" y="-4">{ badge.note.clone() }</text> }
                    </g>
                }
            </g>
        </g>
    }
}

/// What is seen of a badge comes first, as it stands in the picture.
fn badge_text(badge: Option<&GraphBadge>) -> String {
    badge
        .map(|badge| format!("{} {}", badge.note, badge.word))
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// 16 by 16, drawn here.
fn icon(state_type: &str) -> &'static str {
    match state_type {
        "Task" => "M2 2h12v12H2ZM5 8l2 2 4-4",
        "Pass" => "M1 8h13M10 4l4 4-4 4",
        "Choice" => "M8 1l7 7-7 7-7-7ZM8 5v3.500M8 10.500v.5",
        "Wait" => "M8 4v4l3 2M15 8A7 7 0 1 1 1 8a7 7 0 0 1 14 0Z",
        "Succeed" => "M15 8A7 7 0 1 1 1 8a7 7 0 0 1 14 0ZM4.500 8.200 7 10.700l4.500-5",
        "Fail" => "M15 8A7 7 0 1 1 1 8a7 7 0 0 1 14 0ZM5.500 5.500l5 5M10.500 5.500l-5 5",
        "Parallel" => "M8 1v3M3 15V4h10v11M8 4v11",
        "Map" => "M2 3h3v3H2ZM2 10h3v3H2ZM8 4.500h6M8 11.500h6",
        _ => "M5.500 6C5.500 3 10.500 3 10.500 6 10.500 8 8 8 8 10M8 12.500v.5",
    }
}

fn badge_icon(tone: StatusTone) -> &'static str {
    match tone {
        StatusTone::Success => "M3 8.500 6.500 12 13 4.500",
        StatusTone::Error => "M4 4l8 8M12 4l-8 8",
        StatusTone::Warning => "M8 3v6M8 12v1",
        StatusTone::Info => "M8 7v6M8 3v1",
        StatusTone::Waiting => "M8 3v5l3 2",
        StatusTone::Working => "M8 2a6 6 0 1 1-6 6",
    }
}

fn focus_node(id: &AttrValue, at: usize) {
    let node = host::document().get_element_by_id(&format!("{id}-state-{at}"));
    // An SVG element takes the focus as an HTML element does.
    if let Some(node) = node {
        let _ = node.unchecked_into::<HtmlElement>().focus();
    }
}

/// Scrolls so that a state is in sight.
fn show(scroller: &Element, node: &GraphNode, zoom: u32) {
    let scale = |length: i32| (i64::from(length) * i64::from(zoom) / 100) as i32;
    let (x, y, width, height) = node.frame;
    let along = |from: i32, size: i32, at: i32, window: i32| {
        const ROOM: i32 = 24;
        if size + 2 * ROOM > window || from - ROOM < at {
            (from - ROOM).max(0)
        } else if from + size + ROOM > at + window {
            from + size + ROOM - window
        } else {
            at
        }
    };
    scroller.set_scroll_left(along(
        scale(x),
        scale(width),
        scroller.scroll_left(),
        scroller.client_width(),
    ));
    scroller.set_scroll_top(along(
        scale(y),
        scale(height.min(60)),
        scroller.scroll_top(),
        scroller.client_height(),
    ));
}

fn pan(scroller: &Element, key: &str) {
    const STEP: i32 = 80;
    match key {
        "ArrowDown" => scroller.set_scroll_top(scroller.scroll_top() + STEP),
        "ArrowUp" => scroller.set_scroll_top(scroller.scroll_top() - STEP),
        "ArrowLeft" => scroller.set_scroll_left(scroller.scroll_left() - STEP),
        _ => scroller.set_scroll_left(scroller.scroll_left() + STEP),
    }
}
