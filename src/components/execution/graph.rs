//! The machine's picture with every state's status at the cursor.

use super::{ViewingHandle, visit_tone};
use crate::components::machine::{GraphBadge, StateGraph};
use crate::components::{Empty, Glyph, Icon, Panel};
use crate::hooks::use_app;
use crate::model::{ViewingAction, state_note};
use coldstart_protocol::{DefinitionAnswer, DefinitionAsk, ExecutionSummary, Graph, GraphNodeKind};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct ExecutionGraphProps {
    pub summary: Rc<ExecutionSummary>,
    /// The definition's text, and whether it was inferred.
    pub definition: Option<Rc<(String, bool)>>,
    /// The selected visit's state.
    pub selected: Option<AttrValue>,
    pub viewing: ViewingHandle,
    /// A state was chosen that was not entered by the cursor.
    pub on_unvisited: Callback<AttrValue>,
}

/// The picture.
#[component]
pub(super) fn ExecutionGraph(props: &ExecutionGraphProps) -> Html {
    let app = use_app();
    let graph = use_state(|| None::<Result<Rc<Graph>, String>>);
    {
        let graph = graph.clone();
        use_effect_with(props.definition.clone(), move |definition| {
            if let Some(definition) = definition.clone() {
                spawn_local(async move {
                    let ask = DefinitionAsk::Analyse { text: definition.0.clone(), express: false };
                    if let Some(DefinitionAnswer::Analysis(found)) =
                        app.engine.definition(ask).await
                    {
                        graph.set(Some(found.graph.map(Rc::new)));
                    }
                });
            }
        });
    }
    let badges = use_memo(props.summary.states.clone(), |states| {
        let badge = |state: &coldstart_protocol::StateStatus| {
            let (tone, word) = visit_tone(state.status);
            let word = match state.retries {
                0 => AttrValue::from(word),
                1 => format!("{word}, 1 retry").into(),
                retries => format!("{word}, {retries} retries").into(),
            };
            (state.name.clone(), GraphBadge { tone, word, note: state_note(state).into() })
        };
        states.iter().map(badge).collect::<BTreeMap<_, _>>()
    });
    let taken = use_memo(
        (graph.as_ref().and_then(|graph| graph.clone().ok()), props.summary.transitions.clone()),
        |(graph, transitions)| {
            graph.as_ref().map_or_else(BTreeSet::new, |graph| taken(graph, transitions))
        },
    );
    let on_select = {
        let (viewing, summary) = (props.viewing.dispatcher(), props.summary.clone());
        let on_unvisited = props.on_unvisited.clone();
        Callback::from(move |name: AttrValue| {
            match summary.states.iter().find(|state| *state.name == *name) {
                Some(state) => viewing.dispatch(ViewingAction::Select(state.event)),
                None => on_unvisited.emit(name),
            }
        })
    };
    let inferred = props.definition.as_ref().is_some_and(|definition| definition.1);
    let label = format!("States of {}, with how they stand at the cursor", props.summary.name);
    html! {
        <Panel title="Graph" flush={true} class="execution-graph">
            { match &*graph {
                None => html! { <p class="execution-note" role="status">{ "Drawing …" }</p> },
                Some(Err(reason)) => html! { <Empty glyph={Glyph::Machines} title="No picture" text={reason.clone()} /> },
                Some(Ok(graph)) => html! {
                    <>
                        if inferred { <p class="execution-note"><Icon glyph={Glyph::Info} />{ "Put together from the history: only what was visited is here. Import the definition with it to see all." }</p> }
                        <StateGraph graph={graph.clone()} id="execution-graph" {label} selected={props.selected.clone()} {on_select} {badges} {taken} />
                    </>
                },
            } }
        </Panel>
    }
}

/// Arrows whose transition was taken.
fn taken(graph: &Graph, transitions: &[(String, String)]) -> BTreeSet<usize> {
    let name = |at: usize| {
        let node = &graph.nodes[at];
        match node.kind {
            GraphNodeKind::State | GraphNodeKind::Missing => node.name.as_str(),
            _ => "",
        }
    };
    let pairs: BTreeSet<(&str, &str)> =
        transitions.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    let edges = graph.edges.iter().enumerate();
    edges
        .filter(|(_, edge)| pairs.contains(&(name(edge.from), name(edge.to))))
        .map(|(at, _)| at)
        .collect()
}
