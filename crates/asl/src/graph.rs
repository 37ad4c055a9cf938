//! Who leads to whom: for drawing, and for finding states that nothing reaches.

use crate::definition::{Definition, State, StateKind};
use std::collections::{BTreeMap, BTreeSet};

/// Why an execution takes a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeKind {
    /// `Next`.
    Next,
    /// The `Choices` rule of this index, from 0.
    Choice(usize),
    /// `Default`.
    Default,
    /// The `Catch` entry of this index, from 0.
    Catch(usize),
}

/// One transition inside a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge<'d> {
    /// The state it leaves.
    pub from: &'d str,
    /// The state it names, which may not exist.
    pub to: &'d str,
    /// Why it is taken.
    pub kind: EdgeKind,
}

impl State {
    /// The transitions out of this state: rules, default, next, catchers.
    pub fn edges(&self) -> Vec<Edge<'_>> {
        let (rules, default) = match &self.kind {
            StateKind::Choice { rules, default } => (rules.as_slice(), default.as_ref()),
            _ => (&[][..], None),
        };
        let rules =
            rules.iter().enumerate().map(|(at, rule)| (rule.next.as_ref(), EdgeKind::Choice(at)));
        let catchers = self
            .catch
            .iter()
            .enumerate()
            .map(|(at, catcher)| (catcher.next.as_ref(), EdgeKind::Catch(at)));
        rules
            .chain([(default, EdgeKind::Default), (self.next.as_ref(), EdgeKind::Next)])
            .chain(catchers)
            .filter_map(|(to, kind)| to.map(|to| Edge { from: &self.name, to: &to.value, kind }))
            .collect()
    }
}

impl Definition {
    /// The names of the states that an execution can come to, whatever its data.
    pub fn reachable(&self) -> BTreeSet<&str> {
        let states: BTreeMap<&str, &State> =
            self.states.iter().map(|state| (state.name.as_str(), state)).collect();
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = self.start_at.iter().map(|start| start.value.as_str()).collect();
        while let Some(name) = open.pop() {
            if let Some(state) = states.get(name)
                && reached.insert(state.name.as_str())
            {
                open.extend(state.edges().iter().map(|edge| edge.to));
            }
        }
        reached
    }
}
