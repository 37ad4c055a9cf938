//! The fold of a history: visits of states, with the branches and iterations that they lie in, each with its status from event to event.
//!
//! An event says which event led to it, and only some say their state. So each event gets a place: the visit that it belongs to and
//! the branch or iteration around that. A place follows from the previous event's, by the names where there are names, and otherwise
//! by the type of what is open around it. What cannot be placed is kept with a remark, never dropped.
//!
//! Sources: "HistoryEvent" in the API reference; recorded histories for what the ids point to (events after a Map state's iterations
//! point to the last event inside; retries of a Map state begin with a second `MapStateStarted`).
//!
//! Invariant: no events panic, in whatever order and with whatever ids.
//! Invariant: after an event that ends the execution, no visit goes on.

use super::read::Item;
use super::visits::{End, Iteration, Place, Scope, ScopeKind, Visit};
use coldstart_protocol::VisitStatus;
use std::collections::BTreeSet;

/// More remarks say nothing new.
const REMARKS_MAX: usize = 20;

/// A history, folded. Events are pushed in the order of their ids.
#[derive(Debug)]
pub(crate) struct Fold {
    pub(super) items: Vec<Item>,
    pub(super) places: Vec<Place>,
    pub(super) times: Vec<u64>,
    pub(super) scopes: Vec<Scope>,
    pub(super) visits: Vec<Visit>,
    /// Visits that go on.
    open: BTreeSet<usize>,
    /// Event, time and kind of each end; a redriven execution has several.
    pub(super) ends: Vec<(u64, End)>,
    pub(super) ended: bool,
    pub(super) redrives: u32,
    pub(super) remarks: Vec<String>,
    /// The visit whose failure ended the execution.
    pub(super) failed_event: Option<u64>,
    /// Positions of events that ids do not follow one by one.
    sparse: bool,
}

impl Default for Fold {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            places: Vec::new(),
            times: Vec::new(),
            scopes: vec![Scope { parent: None, depth: 0, kind: ScopeKind::Top }],
            visits: Vec::new(),
            open: BTreeSet::new(),
            ends: Vec::new(),
            ended: false,
            redrives: 0,
            remarks: Vec::new(),
            failed_event: None,
            sparse: false,
        }
    }
}

impl Fold {
    /// All of a history.
    pub(crate) fn of(items: Vec<Item>) -> Fold {
        let mut fold = Fold::default();
        items.into_iter().for_each(|item| fold.push(item));
        fold
    }

    pub(crate) fn last_id(&self) -> u64 {
        self.items.last().map_or(0, |item| item.id)
    }

    pub(super) fn first_id(&self) -> u64 {
        self.items.first().map_or(0, |item| item.id)
    }

    /// Position of an event.
    pub(super) fn position(&self, id: u64) -> Option<usize> {
        if self.sparse {
            return self.items.binary_search_by_key(&id, |item| item.id).ok();
        }
        let at = usize::try_from(id.checked_sub(self.first_id())?).ok()?;
        (at < self.items.len()).then_some(at)
    }

    /// Position of the last event up to a cursor.
    pub(super) fn position_at(&self, cursor: Option<u64>) -> usize {
        let cursor = cursor.unwrap_or(u64::MAX);
        self.items.partition_point(|item| item.id <= cursor).max(1) - 1
    }

    /// Whether a visit lies inside another one, however deep.
    pub(super) fn is_inside(&self, visit: usize, around: usize) -> bool {
        self.around(visit).any(|outer| outer == around)
    }

    /// The visits around a visit, innermost first.
    pub(super) fn around(&self, visit: usize) -> impl Iterator<Item = usize> + '_ {
        let parent = |visit: usize| self.scopes[self.visits[visit].scope].parent;
        std::iter::successors(parent(visit), move |outer| parent(*outer))
    }

    /// The visit at a place and those around it, innermost first.
    fn chain(&self, place: Place) -> impl Iterator<Item = usize> + '_ {
        let first = place.visit.or(self.scopes[place.scope].parent);
        std::iter::successors(first, move |visit| self.scopes[self.visits[*visit].scope].parent)
    }

    fn remark(&mut self, text: impl FnOnce() -> String) {
        if self.remarks.len() < REMARKS_MAX {
            self.remarks.push(text());
        }
    }

    pub(crate) fn push(&mut self, item: Item) {
        // Events come in the order of their ids; one that does not is already there.
        if !self.items.is_empty() && item.id <= self.last_id() {
            return;
        }
        self.sparse |= !self.items.is_empty() && item.id != self.last_id() + 1;
        let now = item.at_us.unwrap_or(0).max(self.times.last().copied().unwrap_or(0));
        let at = self.items.len();
        let before = match item.previous {
            0 => None,
            id => self.position(id),
        };
        self.items.push(item);
        self.times.push(now);
        let place = self.fold(at, before, now);
        self.places.push(place);
    }

    /// What an event does, and its place.
    fn fold(&mut self, at: usize, before: Option<usize>, now: u64) -> Place {
        let start = before.map(|before| self.places[before]);
        let kind = self.items[at].kind.clone();
        if let Some(state_type) = kind.strip_suffix("StateEntered") {
            return self.entered(at, before, state_type.to_owned(), now);
        }
        if kind.ends_with("StateExited") {
            return self.exited(at, start, now);
        }
        if let Some(state_type) = kind.strip_suffix("StateAborted") {
            return self.aborted(at, start, state_type, now);
        }
        if let Some(what) = kind.strip_prefix("Execution") {
            return self.execution(at, start, what, now);
        }
        if let Some(what) = kind.strip_prefix("MapIteration") {
            return self.iteration(at, start, what, now);
        }
        for (prefix, state_type) in
            [("MapState", "Map"), ("MapRun", "Map"), ("ParallelState", "Parallel")]
        {
            if let Some(what) = kind.strip_prefix(prefix) {
                return self.container(at, start, state_type, prefix, what, now);
            }
        }
        if kind == "EvaluationFailed" {
            return self.evaluation_failed(at, before, start, now);
        }
        for prefix in ["Task", "LambdaFunction", "Activity"] {
            if let Some(what) = kind.strip_prefix(prefix) {
                return self.task(at, start, what, now);
            }
        }
        let id = self.items[at].id;
        self.remark(|| format!("Event {id} has the type {kind}, which is not known here."));
        start.unwrap_or(Place { scope: 0, visit: None })
    }

    fn entered(&mut self, at: usize, before: Option<usize>, state_type: String, now: u64) -> Place {
        let scope = match before {
            Some(before) => {
                let place = self.places[before];
                let forks = self.items[before].kind == "ParallelStateStarted";
                match place.visit.filter(|_| forks) {
                    Some(parallel) => self.branch(parallel),
                    None => place.scope,
                }
            }
            None => self.scope_of_unlinked(),
        };
        let id = self.items[at].id;
        let name = self.items[at].text("name").unwrap_or("(no name)").to_owned();
        // Fail is the one state whose entering ends it.
        let fails = state_type == "Fail";
        let status = if fails { VisitStatus::Failed } else { VisitStatus::Running };
        let visit = self.visits.len();
        self.visits.push(Visit {
            name,
            state_type,
            scope,
            entered: at,
            exited: None,
            from_us: now,
            ended: fails.then_some((id, now)),
            changes: vec![(id, status)],
            attempts: Vec::new(),
            error: None,
            iterations: Vec::new(),
            branches: 0,
            length: None,
            map_run_arn: None,
        });
        if !fails {
            self.open.insert(visit);
        }
        Place { scope, visit: Some(visit) }
    }

    fn branch(&mut self, parallel: usize) -> usize {
        let number = self.visits[parallel].branches;
        self.visits[parallel].branches += 1;
        self.scope_in(parallel, ScopeKind::Branch(number))
    }

    fn scope_in(&mut self, parent: usize, kind: ScopeKind) -> usize {
        let depth = self.scopes[self.visits[parent].scope].depth.saturating_add(1);
        self.scopes.push(Scope { parent: Some(parent), depth, kind });
        self.scopes.len() - 1
    }

    /// The first state is linked to nothing. In histories whose ids were rubbed out, others are not either: they
    /// begin in the innermost thing that is open.
    fn scope_of_unlinked(&mut self) -> usize {
        let container =
            self.open.iter().rev().copied().find(|visit| {
                matches!(self.visits[*visit].state_type.as_str(), "Parallel" | "Map")
            });
        match container {
            None => 0,
            Some(visit) => {
                let running =
                    self.visits[visit].iterations.iter().rev().find(|it| it.ended.is_none());
                match running.map(|iteration| iteration.scope) {
                    Some(scope) => scope,
                    None => self.branch(visit),
                }
            }
        }
    }

    /// The visit of this name around a place; otherwise the newest open one.
    fn named(&self, start: Option<Place>, name: &str) -> Option<usize> {
        let is = |visit: &usize| self.visits[*visit].name == name;
        let near = start.and_then(|place| {
            // One that was left is somebody else's: a state may follow itself.
            self.chain(place).find(|visit| is(visit) && self.visits[*visit].exited.is_none())
        });
        near.or_else(|| self.open.iter().rev().copied().find(is))
    }

    /// The open visit of this type around a place; otherwise the newest open one.
    fn typed(&self, start: Option<Place>, state_type: &str) -> Option<usize> {
        let is = |visit: &usize| self.visits[*visit].state_type == state_type;
        let near = start.and_then(|place| {
            self.chain(place).find(|visit| is(visit) && self.open.contains(visit))
        });
        near.or_else(|| self.open.iter().rev().copied().find(is))
    }

    fn lost(&mut self, at: usize, start: Option<Place>) -> Place {
        let (id, kind) = (self.items[at].id, self.items[at].kind.clone());
        self.remark(|| format!("Event {id}, {kind}, belongs to no state that was entered."));
        start.unwrap_or(Place { scope: 0, visit: None })
    }

    fn end(&mut self, visit: usize, id: u64, now: u64, status: VisitStatus) {
        self.open.remove(&visit);
        let visit = &mut self.visits[visit];
        visit.no_retry();
        visit.change(id, status);
        visit.ended = Some((id, now));
    }

    /// Ends what is still open inside a visit, or inside one scope of it: on the way from the failure it failed, the rest was aborted.
    fn end_inside(
        &mut self,
        outer: usize,
        scope: Option<usize>,
        start: Option<Place>,
        id: u64,
        now: u64,
    ) {
        let on_the_way: Vec<usize> =
            start.map(|place| self.chain(place).collect()).unwrap_or_default();
        let inside: Vec<usize> = self
            .open
            .iter()
            .copied()
            .filter(|visit| self.is_inside(*visit, outer))
            .filter(|visit| scope.is_none_or(|scope| self.is_in_scope(*visit, scope)))
            .collect();
        for visit in inside {
            let status = if on_the_way.contains(&visit) {
                self.failure_of(visit)
            } else {
                VisitStatus::Aborted
            };
            self.end(visit, id, now, status);
        }
        let running: Vec<usize> = (0..self.visits[outer].iterations.len())
            .filter(|at| scope.is_none() && self.visits[outer].iterations[*at].ended.is_none())
            .collect();
        for at in running {
            self.visits[outer].iterations[at].ended = Some((id, now, VisitStatus::Aborted));
        }
    }

    fn is_in_scope(&self, visit: usize, scope: usize) -> bool {
        std::iter::once(visit)
            .chain(self.around(visit))
            .any(|visit| self.visits[visit].scope == scope)
    }

    /// Failed, or timed out when its last error says so.
    fn failure_of(&self, visit: usize) -> VisitStatus {
        let error = self.visits[visit].error;
        let timed_out = error.is_some_and(|at| self.items[at].kind.ends_with("TimedOut"));
        if timed_out { VisitStatus::TimedOut } else { VisitStatus::Failed }
    }

    fn exited(&mut self, at: usize, start: Option<Place>, now: u64) -> Place {
        let name = self.items[at].text("name").unwrap_or_default().to_owned();
        let Some(visit) = self.named(start, &name) else { return self.lost(at, start) };
        let id = self.items[at].id;
        self.end_inside(visit, None, start, id, now);
        let status = if self.visits[visit].error.is_some() {
            VisitStatus::Caught
        } else {
            VisitStatus::Succeeded
        };
        self.end(visit, id, now, status);
        self.visits[visit].exited = Some(at);
        Place { scope: self.visits[visit].scope, visit: Some(visit) }
    }

    fn aborted(&mut self, at: usize, start: Option<Place>, state_type: &str, now: u64) -> Place {
        let Some(visit) = self.typed(start, state_type) else { return self.lost(at, start) };
        let id = self.items[at].id;
        self.end_inside(visit, None, None, id, now);
        self.end(visit, id, now, VisitStatus::Aborted);
        Place { scope: self.visits[visit].scope, visit: Some(visit) }
    }

    fn container(
        &mut self,
        at: usize,
        start: Option<Place>,
        state_type: &str,
        prefix: &str,
        what: &str,
        now: u64,
    ) -> Place {
        let Some(visit) = self.typed(start, state_type) else { return self.lost(at, start) };
        let id = self.items[at].id;
        match (prefix, what) {
            ("MapRun", "Started" | "Redriven") => {
                self.visits[visit].map_run_arn =
                    self.items[at].text("mapRunArn").map(str::to_owned);
                self.visits[visit].error = None;
            }
            ("MapRun", "Failed") => self.visits[visit].error = Some(at),
            ("MapRun", _) => {}
            (_, "Started") => {
                let first = self.visits[visit].attempts.is_empty();
                if !first {
                    self.end_inside(visit, None, start, id, now);
                    let between = &mut self.visits[visit];
                    between.change(id, VisitStatus::Running);
                    between.branches = 0;
                }
                let length = self.items[at].number("length");
                let entered = &mut self.visits[visit];
                entered.attempts.push((id, now));
                entered.length = length.or(entered.length);
                entered.error = None;
            }
            (_, "Succeeded") => {}
            (_, "Failed") => {
                self.visits[visit].error = Some(at);
                self.end_inside(visit, None, start, id, now);
                self.end(visit, id, now, VisitStatus::Failed);
            }
            _ => return self.lost(at, start),
        }
        Place { scope: self.visits[visit].scope, visit: Some(visit) }
    }

    fn iteration(&mut self, at: usize, start: Option<Place>, what: &str, now: u64) -> Place {
        let name = self.items[at].text("name").unwrap_or_default().to_owned();
        let index = self.items[at].number("index").unwrap_or(0);
        let id = self.items[at].id;
        let Some(visit) = self.named(start, &name).or_else(|| self.typed(start, "Map")) else {
            return self.lost(at, start);
        };
        if what == "Started" {
            let number = self.visits[visit].iterations.len();
            let scope = self.scope_in(visit, ScopeKind::Iteration(number));
            let attempt = u32::try_from(self.visits[visit].attempts.len()).unwrap_or(u32::MAX);
            let iteration =
                Iteration { index, attempt, scope, started: id, from_us: now, ended: None };
            self.visits[visit].iterations.push(iteration);
            return Place { scope, visit: None };
        }
        let status = match what {
            "Succeeded" => VisitStatus::Succeeded,
            "Failed" => VisitStatus::Failed,
            "Aborted" => VisitStatus::Aborted,
            _ => return self.lost(at, start),
        };
        let mut newest = (0..self.visits[visit].iterations.len()).rev();
        let Some(number) = newest.find(|at| self.visits[visit].iterations[*at].index == index)
        else {
            return self.lost(at, start);
        };
        let scope = self.visits[visit].iterations[number].scope;
        self.visits[visit].iterations[number].ended = Some((id, now, status));
        if status != VisitStatus::Succeeded {
            self.end_inside(visit, Some(scope), start, id, now);
        }
        Place { scope: self.visits[visit].scope, visit: Some(visit) }
    }

    fn evaluation_failed(
        &mut self,
        at: usize,
        before: Option<usize>,
        start: Option<Place>,
        now: u64,
    ) -> Place {
        let name = self.items[at].text("state").unwrap_or_default().to_owned();
        // It is linked to what led to the state, so the state itself is looked for first.
        let follows = |visit: &usize| {
            self.visits[*visit].name == name
                && self.position(self.items[self.visits[*visit].entered].previous) == before
        };
        let found = self.open.iter().rev().copied().find(follows);
        let Some(visit) = found.or_else(|| self.named(start, &name)) else {
            return self.lost(at, start);
        };
        self.failed(at, visit, now)
    }

    /// A failure inside a visit: whether it is tried again, caught or final shows later.
    fn failed(&mut self, at: usize, visit: usize, _now: u64) -> Place {
        let id = self.items[at].id;
        self.visits[visit].error = Some(at);
        self.visits[visit].change(id, VisitStatus::Retrying);
        Place { scope: self.visits[visit].scope, visit: Some(visit) }
    }

    fn task(&mut self, at: usize, start: Option<Place>, what: &str, now: u64) -> Place {
        let Some(visit) = self.typed(start, "Task") else { return self.lost(at, start) };
        let id = self.items[at].id;
        match what {
            "Scheduled" => {
                let tried = &mut self.visits[visit];
                tried.attempts.push((id, now));
                tried.error = None;
                tried.change(id, VisitStatus::Running);
            }
            "Started" => {}
            "Submitted" => {
                let resource = self.items[at].text("resource").unwrap_or_default();
                if resource.ends_with(".waitForTaskToken") {
                    self.visits[visit].change(id, VisitStatus::Waiting);
                }
            }
            "Succeeded" => {
                self.visits[visit].error = None;
                self.visits[visit].change(id, VisitStatus::Running);
            }
            "Failed" | "TimedOut" | "ScheduleFailed" | "StartFailed" | "SubmitFailed" => {
                return self.failed(at, visit, now);
            }
            _ => return self.lost(at, start),
        }
        Place { scope: self.visits[visit].scope, visit: Some(visit) }
    }

    fn execution(&mut self, at: usize, start: Option<Place>, what: &str, now: u64) -> Place {
        let id = self.items[at].id;
        let end = match what {
            "Started" => return Place { scope: 0, visit: None },
            "Redriven" => {
                self.redriven(id);
                return Place { scope: 0, visit: None };
            }
            "Succeeded" => End::Succeeded,
            "Failed" => End::Failed,
            "TimedOut" => End::TimedOut,
            "Aborted" => End::Aborted,
            _ => return self.lost(at, start),
        };
        // The link of a failure leads to where it happened. A first state's failure is linked to nothing.
        let from = start.or_else(|| {
            let visit = self.open.iter().next_back().copied().filter(|_| end == End::Failed)?;
            Some(Place { scope: self.visits[visit].scope, visit: Some(visit) })
        });
        let on_the_way: Vec<usize> = match (end, from) {
            (End::Failed, Some(place)) => self.chain(place).collect(),
            _ => Vec::new(),
        };
        self.failed_event = match (end, from) {
            (End::Failed, Some(place)) => Some(self.where_it_failed(place, at)),
            _ => None,
        };
        for visit in std::mem::take(&mut self.open) {
            let status = match end {
                End::TimedOut => VisitStatus::TimedOut,
                End::Failed if on_the_way.contains(&visit) => self.failure_of(visit),
                _ => VisitStatus::Aborted,
            };
            self.end(visit, id, now, status);
            for iteration in &mut self.visits[visit].iterations {
                if iteration.ended.is_none() {
                    iteration.ended = Some((id, now, status));
                }
            }
        }
        self.ends.push((id, end));
        self.ended = true;
        Place { scope: 0, visit: None }
    }

    /// The event to look at when an execution failed: the last error of the visit that failed, or the visit's first event.
    fn where_it_failed(&self, place: Place, at: usize) -> u64 {
        // A container's failure stands at its own event; the state inside it is what failed.
        let mut position = place
            .visit
            .map_or(at, |visit| self.visits[visit].error.unwrap_or(self.visits[visit].entered));
        let is_around = |kind: &str| {
            matches!(kind, "MapStateFailed" | "ParallelStateFailed" | "MapIterationFailed")
        };
        while is_around(&self.items[position].kind) {
            match self.position(self.items[position].previous).filter(|at| *at < position) {
                Some(before) => position = before,
                None => break,
            }
        }
        self.items[position].id
    }

    /// What the end cut off goes on.
    fn redriven(&mut self, id: u64) {
        self.redrives = self.redrives.saturating_add(1);
        self.ended = false;
        self.failed_event = None;
        // Outer visits come first: what lies in one that goes on, and in its newest attempt, goes on as well.
        for at in 0..self.visits.len() {
            let visit = &self.visits[at];
            let bad = matches!(
                visit.status(),
                VisitStatus::Failed | VisitStatus::TimedOut | VisitStatus::Aborted
            );
            let goes_on = self.scopes[visit.scope].parent.is_none_or(|parent| {
                let attempt = self.visits[parent].attempts.last().map_or(0, |(event, _)| *event);
                self.open.contains(&parent) && self.items[visit.entered].id > attempt
            });
            if bad && goes_on && visit.exited.is_none() && visit.state_type != "Fail" {
                self.visits[at].ended = None;
                self.visits[at].change(id, VisitStatus::Running);
                self.open.insert(at);
            }
        }
    }
}
