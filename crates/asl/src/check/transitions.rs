//! Where states lead: targets exist, there is an end, and every state is named by another.
//!
//! The order, the words and what keeps what quiet are those of `ValidateStateMachineDefinition` as others have reported
//! them: dangling targets, always called `Next`; then the lack of an end, which has no place; without that lack the
//! states that nothing names. For machines inside machines all of this is inferred.

use super::{Checker, Place};
use crate::definition::Definition;
use crate::diagnostic::Severity;
use crate::fields;
use crate::json::Node;
use std::collections::BTreeSet;

const TARGET: &str = "MISSING_TRANSITION_TARGET";

impl Checker<'_> {
    pub(super) fn transitions(&mut self, node: &Node, definition: &Definition, place: &Place) {
        let Some(states) = node.get("States").filter(|states| states.is_object()) else { return };
        let names = definition.states.iter().map(|state| state.name.as_str()).collect();
        self.target(&names, node.get("StartAt"), &place.child("StartAt"));
        let states_place = place.child("States");
        for member in states.members() {
            let at = states_place.child(&member.name);
            for field in ["Next", "Default"] {
                self.target(&names, fields::value(&member.value, field), &at.child(field));
            }
            for list in ["Choices", "Catch"] {
                let entries =
                    fields::value(&member.value, list).map(Node::items).unwrap_or_default();
                let at = at.child(list);
                for (index, entry) in entries.iter().enumerate() {
                    self.target(&names, entry.get("Next"), &at.item(index).child("Next"));
                }
            }
        }
        // A machine without states or a start has been told so.
        if !definition.states.is_empty() && definition.start_at.is_some() {
            self.ends(definition, &states_place);
        }
        for (member, state) in states.members().iter().zip(&definition.states) {
            let at = states_place.child(&member.name);
            let branches = member.value.get("Branches").map(Node::items).unwrap_or_default();
            let inside = at.child("Branches");
            let branches =
                branches.iter().enumerate().map(|(index, node)| (inside.item(index), node));
            let mut processor = ["ItemProcessor", "Iterator"].into_iter();
            let processor =
                processor.find_map(|name| Some((at.child(name), member.value.get(name)?)));
            let nodes: Vec<(Place, &Node)> = branches.chain(processor).collect();
            for ((place, node), inner) in nodes.into_iter().zip(state.containers()) {
                self.transitions(node, inner, &place);
            }
        }
    }

    fn target(&mut self, names: &BTreeSet<&str>, target: Option<&Node>, place: &Place) {
        if let Some(node) = target
            && let Some(name) = node.text()
            && !names.contains(name)
        {
            let message = format!("Missing 'Next' target: {name}");
            self.report(Severity::Error, TARGET, place, &node.span, message);
        }
    }

    fn ends(&mut self, definition: &Definition, states: &Place) {
        if !definition.states.iter().any(|state| state.is_terminal()) {
            let span = definition.start_at.as_ref().map_or(&definition.span, |start| &start.span);
            let message = "Workflow has no terminal state";
            let count = self.out.len();
            self.report(Severity::Error, "MISSING_END_STATE", states, span, message);
            if let Some(reported) = self.out.get_mut(count) {
                reported.location = None;
            }
            return;
        }
        let mut named: BTreeSet<&str> =
            definition.start_at.iter().map(|start| start.value.as_str()).collect();
        for state in &definition.states {
            let others = state.edges().into_iter().map(|edge| edge.to);
            named.extend(others.filter(|to| *to != state.name));
        }
        let starts = definition
            .start_at
            .as_ref()
            .is_some_and(|start| definition.state(&start.value).is_some());
        let reachable = definition.reachable();
        for state in &definition.states {
            let name = state.name.as_str();
            let severity = match named.contains(name) {
                false => Severity::Error,
                // AWS only asks whether a state is named: a ring of states that nothing leads to passes.
                true if starts && !reachable.contains(name) => Severity::Warning,
                true => continue,
            };
            let message = format!("State \"{name}\" is not reachable.");
            self.report(severity, TARGET, &states.child(name), &state.name_span, message);
        }
    }
}
