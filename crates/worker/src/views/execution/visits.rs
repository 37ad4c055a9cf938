//! What a folded history is made of: visits of states, the branches and iterations that they lie in, and the variables that they see.

use super::fold::Fold;
use coldstart_protocol::VisitStatus;
use std::collections::BTreeMap;

/// Where visits lie.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scope {
    /// The Parallel or Map state's visit; none at the top.
    pub(super) parent: Option<usize>,
    pub(super) depth: u32,
    pub(super) kind: ScopeKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum ScopeKind {
    Top,
    /// Counted in the order in which branches begin.
    Branch(u32),
    /// Position in the visit's list.
    Iteration(usize),
}

#[derive(Debug, Clone)]
pub(super) struct Iteration {
    pub(super) index: u64,
    /// Attempt of the Map state that it belongs to, from 1.
    pub(super) attempt: u32,
    pub(super) scope: usize,
    pub(super) started: u64,
    pub(super) from_us: u64,
    pub(super) ended: Option<(u64, u64, VisitStatus)>,
}

/// A visit of a state.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub(super) name: String,
    /// `Task`, `Map` …
    pub(super) state_type: String,
    pub(super) scope: usize,
    /// Positions of its first event and of the one with which it was left.
    pub(super) entered: usize,
    pub(super) exited: Option<usize>,
    pub(super) from_us: u64,
    pub(super) ended: Option<(u64, u64)>,
    /// How it stands, from which event on. Never empty.
    pub(super) changes: Vec<(u64, VisitStatus)>,
    /// Events with which attempts began.
    pub(super) attempts: Vec<(u64, u64)>,
    /// Position of the last event that told of an error.
    pub(super) error: Option<usize>,
    pub(super) iterations: Vec<Iteration>,
    pub(super) branches: u32,
    pub(super) length: Option<u64>,
    pub(super) map_run_arn: Option<String>,
}

impl Visit {
    pub(super) fn status(&self) -> VisitStatus {
        self.changes.last().map_or(VisitStatus::Running, |(_, status)| *status)
    }

    /// None before it was entered.
    pub(super) fn status_at(&self, cursor: u64) -> Option<VisitStatus> {
        let after = self.changes.partition_point(|(event, _)| *event <= cursor);
        after.checked_sub(1).map(|at| self.changes[at].1)
    }

    pub(super) fn change(&mut self, event: u64, status: VisitStatus) {
        if let Some(last) = self.changes.last_mut() {
            if last.0 == event {
                last.1 = status;
                return;
            }
            if last.1 == status {
                return;
            }
        }
        self.changes.push((event, status));
    }

    /// Nobody tried again what was taken for a failure before another try.
    pub(super) fn no_retry(&mut self) {
        if let Some(last) = self.changes.last_mut()
            && last.1 == VisitStatus::Retrying
        {
            last.1 = VisitStatus::Failed;
        }
    }
}

/// What an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) scope: usize,
    pub(super) visit: Option<usize>,
}

/// How the execution ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
}

impl End {
    pub(super) fn name(self) -> &'static str {
        match self {
            End::Succeeded => "SUCCEEDED",
            End::Failed => "FAILED",
            End::TimedOut => "TIMED_OUT",
            End::Aborted => "ABORTED",
        }
    }
}

impl Fold {
    /// Texts by name of what an Exited event says was assigned.
    pub(super) fn assigned(&self, visit: usize) -> Vec<(String, String)> {
        let Some(exited) = self.visits[visit].exited else { return Vec::new() };
        let members =
            self.items[exited].details().and_then(|details| details.get("assignedVariables"));
        let members = members.and_then(serde_json::Value::as_object);
        members
            .map(|members| {
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), super::read::data_text(value)))
                    .collect()
            })
            .unwrap_or_default()
    }

    /// The variables that a visit sees when it begins: those of its scope, over those of the scopes around it.
    pub(super) fn variables(&self, visit: usize) -> BTreeMap<String, String> {
        let mut seen = BTreeMap::new();
        let levels: Vec<usize> = std::iter::once(visit).chain(self.around(visit)).collect();
        // Outermost first, so that inner ones replace outer ones.
        for level in levels.into_iter().rev() {
            let (scope, before) = (self.visits[level].scope, self.visits[level].entered);
            let mut earlier: Vec<(usize, usize)> = self
                .visits
                .iter()
                .enumerate()
                .filter(|(_, other)| other.scope == scope)
                .filter_map(|(at, other)| Some((other.exited.filter(|at| *at < before)?, at)))
                .collect();
            earlier.sort_unstable();
            for (_, at) in earlier {
                seen.extend(self.assigned(at));
            }
        }
        seen
    }
}
