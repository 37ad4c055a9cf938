//! Windows on a folded history: what the page draws.

use super::fold::Fold;
use super::read::Item;
use super::visits::{ScopeKind, Visit};
use coldstart_protocol::{
    ExecutionSummary, HistoryRow, IterationCell, IterationGrid, StateStatus, VisitBar, VisitStatus,
};
use std::collections::{BTreeMap, BTreeSet};

/// Longer data is cut: AWS's own limit is 256 KiB.
const TEXT_BYTES_MAX: usize = 300 << 10;
/// Instants that shape a timeline's axis: more than it has pixels to tell apart says nothing.
const INSTANTS_MAX: usize = 300;
/// Characters of a note.
const NOTE_CHARS_MAX: usize = 120;

/// A text that is not too long, cut between characters.
pub(super) fn bounded(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        let mut at = TEXT_BYTES_MAX;
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.truncate(at);
        text.push('…');
    }
    text
}

/// The beginning of a text as one line.
pub(super) fn line(text: &str, chars_max: usize) -> String {
    let mut line: String =
        text.chars().take(chars_max).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(chars_max).is_some() {
        line.push('…');
    }
    line
}

/// How bad a status is: what goes on counts most, then what went wrong.
fn weight(status: VisitStatus) -> u8 {
    match status {
        VisitStatus::Succeeded => 0,
        VisitStatus::Caught => 1,
        VisitStatus::Aborted => 2,
        VisitStatus::Failed => 3,
        VisitStatus::TimedOut => 4,
        VisitStatus::Running => 5,
        VisitStatus::Waiting => 6,
        VisitStatus::Retrying => 7,
    }
}

pub(super) fn is_bad(status: VisitStatus) -> bool {
    matches!(status, VisitStatus::Failed | VisitStatus::TimedOut)
}

impl Fold {
    /// How the execution stood at a cursor.
    pub(super) fn status_at(&self, cursor: Option<u64>, imported: bool) -> &'static str {
        let at = self.position_at(cursor);
        let id = self.items.get(at).map_or(0, |item| item.id);
        let ended = self.ends.iter().rev().find(|(event, _)| *event <= id);
        // A redrive after that end makes it run again.
        let redriven = self.items[..self.items.len().min(at + 1)]
            .iter()
            .rev()
            .take_while(|item| ended.is_none_or(|(event, _)| item.id > *event))
            .any(|item| item.kind == "ExecutionRedriven");
        match ended {
            Some((_, end)) if !redriven => end.name(),
            _ if imported && !self.ended && at + 1 == self.items.len() => "INCOMPLETE",
            _ => "RUNNING",
        }
    }

    /// States by name, as they stood at a cursor.
    pub(super) fn states(&self, cursor: Option<u64>) -> Vec<StateStatus> {
        let cursor = cursor.unwrap_or(u64::MAX);
        // Of each branch or iteration the newest visit counts: a loop that failed once and then went on is well.
        // What belongs to an attempt that was given up counts only when there is nothing newer.
        let mut newest: BTreeMap<(&str, usize), (bool, VisitStatus)> = BTreeMap::new();
        let mut current: Vec<bool> = Vec::with_capacity(self.visits.len());
        let mut states: BTreeMap<&str, StateStatus> = BTreeMap::new();
        for visit in &self.visits {
            let event = self.items[visit.entered].id;
            let counts = self.scopes[visit.scope].parent.is_none_or(|parent| {
                let attempts = &self.visits[parent].attempts;
                let newest = attempts.iter().rev().find(|(event, _)| *event <= cursor);
                current[parent] && newest.is_none_or(|(attempt, _)| *attempt < event)
            });
            current.push(counts);
            let Some(status) = visit.status_at(cursor) else { continue };
            newest.insert((&visit.name, visit.scope), (counts, status));
            let state = states.entry(&visit.name).or_insert_with(|| StateStatus {
                name: visit.name.clone(),
                status,
                visits: 0,
                failures: 0,
                retries: 0,
                event,
            });
            let attempts = visit.attempts.iter().filter(|(event, _)| *event <= cursor).count();
            state.event = event;
            state.visits = state.visits.saturating_add(1);
            state.failures += u32::from(is_bad(status) || status == VisitStatus::Caught);
            state.retries = state
                .retries
                .saturating_add(u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX));
        }
        let mut worst: BTreeMap<&str, (bool, VisitStatus)> = BTreeMap::new();
        for ((name, _), (counts, status)) in newest {
            let entry = worst.entry(name).or_insert((counts, status));
            if (counts, weight(status)) > (entry.0, weight(entry.1)) {
                *entry = (counts, status);
            }
        }
        for (name, (_, status)) in worst {
            if let Some(state) = states.get_mut(name) {
                state.status = status;
            }
        }
        states.into_values().collect()
    }

    /// Pairs of states that followed each other in a scope, by a cursor.
    fn transitions(&self, cursor: Option<u64>) -> Vec<(String, String)> {
        let limit = cursor.unwrap_or(u64::MAX);
        let mut last: BTreeMap<usize, &str> = BTreeMap::new();
        let mut taken: BTreeSet<(&str, &str)> = BTreeSet::new();
        for visit in self.visits.iter().filter(|visit| visit.status_at(limit).is_some()) {
            let before = last.insert(visit.scope, &visit.name).unwrap_or_default();
            taken.insert((before, &visit.name));
        }
        if self.status_at(cursor, false) == "SUCCEEDED"
            && let Some(name) = last.get(&0)
        {
            taken.insert((name, ""));
        }
        taken.into_iter().map(|(from, to)| (from.to_owned(), to.to_owned())).collect()
    }

    /// All about the execution but its name.
    pub(super) fn summary(&self, cursor: Option<u64>, imported: bool) -> ExecutionSummary {
        let last_of = |kind: &str| self.items.iter().rev().find(|item| item.kind == kind);
        let started = self.items.iter().find(|item| item.kind == "ExecutionStarted");
        let end = self.items.last().filter(|_| self.ended).map(|_| {
            let position = self.ends.last().and_then(|(id, _)| self.position(*id));
            position.unwrap_or(self.items.len() - 1)
        });
        let failure =
            end.map(|at| &self.items[at]).filter(|item| item.kind != "ExecutionSucceeded");
        ExecutionSummary {
            name: String::new(),
            state_machine: String::new(),
            imported,
            status: self.status_at(None, imported).to_owned(),
            status_at: self.status_at(cursor, imported).to_owned(),
            started_us: self.times.first().copied().unwrap_or(0),
            stopped_us: end.map(|at| self.times[at]),
            cursor_us: self.times.get(self.position_at(cursor)).copied().unwrap_or(0),
            first_event: self.first_id(),
            last_event: self.last_id(),
            events: self.items.len(),
            visits: self.visits.len(),
            redrives: self.redrives,
            input: started.and_then(|item| item.data("input")).map(bounded),
            output: last_of("ExecutionSucceeded")
                .filter(|_| self.ended)
                .and_then(|item| item.data("output"))
                .map(bounded),
            error: failure.and_then(|item| item.text("error")).map(str::to_owned),
            cause: failure.and_then(|item| item.data("cause")).map(bounded),
            failed_event: self.failed_event,
            states: self.states(cursor),
            transitions: self.transitions(cursor),
            remarks: self.remarks.clone(),
        }
    }

    fn row(&self, at: usize) -> HistoryRow {
        let (item, place) = (&self.items[at], self.places[at]);
        let visit = place.visit.or(self.scopes[place.scope].parent);
        let note = note(item);
        HistoryRow {
            id: item.id,
            previous: item.previous,
            at_us: self.times[at],
            kind: item.kind.clone(),
            state: visit.map(|visit| self.visits[visit].name.clone()).unwrap_or_default(),
            depth: self.scopes[place.scope].depth,
            note: line(&note, NOTE_CHARS_MAX),
            failure: is_failure(&item.kind),
        }
    }

    fn matches(&self, at: usize, search: &str) -> bool {
        let row = self.row(at);
        [row.kind, row.state, row.note].iter().any(|text| text.to_lowercase().contains(search))
    }

    /// Rows of the table: the first one's position, how many there are, the window.
    pub(super) fn rows(
        &self,
        from: usize,
        rows_max: usize,
        search: &str,
        at: Option<u64>,
    ) -> (usize, usize, Vec<HistoryRow>) {
        let search = search.trim().to_lowercase();
        if search.is_empty() {
            let total = self.items.len();
            let around = at.and_then(|id| self.position(id));
            let from = window(from, rows_max, total, around);
            let rows = (from..total).take(rows_max).map(|at| self.row(at)).collect();
            return (from, total, rows);
        }
        let found: Vec<usize> =
            (0..self.items.len()).filter(|at| self.matches(*at, &search)).collect();
        let around = at
            .and_then(|id| self.position(id))
            .map(|at| found.partition_point(|found| *found < at));
        let from = window(from, rows_max, found.len(), around);
        let rows = found.iter().skip(from).take(rows_max).map(|at| self.row(*at)).collect();
        (from, found.len(), rows)
    }

    /// The visit that an event belongs to: its own, or the one around its iteration.
    pub(super) fn visit_of(&self, event: u64) -> Option<usize> {
        let place = self.places.get(self.position(event)?)?;
        place.visit.or(self.scopes[place.scope].parent)
    }

    /// Branch or iteration of a visit, with those around: `#2 › branch 1`.
    pub(super) fn place_name(&self, visit: usize) -> String {
        let mut parts = Vec::new();
        let mut scope = self.visits[visit].scope;
        while let Some(parent) = self.scopes[scope].parent {
            match self.scopes[scope].kind {
                ScopeKind::Branch(number) => parts.push(format!("branch {}", number + 1)),
                ScopeKind::Iteration(at) => {
                    let index = self.visits[parent].iterations.get(at).map_or(0, |it| it.index);
                    parts.push(format!("#{index}"));
                }
                ScopeKind::Top => {}
            }
            scope = self.visits[parent].scope;
        }
        parts.reverse();
        parts.join(" › ")
    }

    pub(super) fn bar(&self, at: usize) -> VisitBar {
        let visit: &Visit = &self.visits[at];
        VisitBar {
            event: self.items[visit.entered].id,
            name: visit.name.clone(),
            state_type: visit.state_type.clone(),
            place: self.place_name(at),
            depth: self.scopes[visit.scope].depth,
            from_us: visit.from_us,
            to_us: visit.ended.map(|(_, at)| at),
            changes: visit.changes.clone(),
            retries: visit.attempts.iter().skip(1).copied().collect(),
        }
    }

    /// Attempts of a state, in whichever visit, that began in the same instant before this one.
    pub(super) fn attempts_before(&self, name: &str, event: u64, at_us: u64) -> usize {
        let attempts = self.visits.iter().filter(|visit| visit.name == name);
        let attempts = attempts.flat_map(|visit| &visit.attempts);
        attempts.filter(|(other, at)| *other < event && *at == at_us).count()
    }

    /// Bars of the timeline: the first one's position, how many there are, the window.
    pub(super) fn bars(
        &self,
        from: usize,
        rows_max: usize,
        at: Option<u64>,
    ) -> (usize, usize, Vec<VisitBar>) {
        let total = self.visits.len();
        let from = window(from, rows_max, total, at.and_then(|event| self.visit_of(event)));
        (from, total, (from..total).take(rows_max).map(|at| self.bar(at)).collect())
    }

    /// Instants at which something begins or ends, at most [`INSTANTS_MAX`] of them.
    pub(super) fn instants(&self) -> Vec<u64> {
        let ends = self.visits.iter().filter_map(|visit| visit.ended.map(|(_, at)| at));
        let starts = self.visits.iter().map(|visit| visit.from_us);
        let edges = self.times.first().copied().into_iter().chain(self.times.last().copied());
        let mut instants: Vec<u64> = starts.chain(ends).chain(edges).collect();
        instants.sort_unstable();
        instants.dedup();
        let last = instants.last().copied();
        let step = instants.len().div_ceil(INSTANTS_MAX).max(1);
        let mut kept: Vec<u64> = instants.into_iter().step_by(step).collect();
        if kept.last().copied() != last {
            kept.extend(last);
        }
        kept
    }

    /// The iterations of the Map state that an event belongs to, or lies in.
    pub(super) fn grid(
        &self,
        event: u64,
        cursor: Option<u64>,
        from: usize,
        cells_max: usize,
    ) -> Option<IterationGrid> {
        let visit = self.visit_of(event)?;
        let map = std::iter::once(visit)
            .chain(self.around(visit))
            .find(|visit| self.visits[*visit].state_type == "Map")?;
        let limit = cursor.unwrap_or(u64::MAX);
        let visit = &self.visits[map];
        let attempts = visit.attempts.iter().filter(|(event, _)| *event <= limit).count();
        let attempt = u32::try_from(attempts).unwrap_or(u32::MAX);
        // Where each iteration stands: its newest visit by the cursor.
        let mut standing: BTreeMap<usize, usize> = BTreeMap::new();
        for (at, inner) in self.visits.iter().enumerate() {
            if self.scopes[inner.scope].parent == Some(map) && inner.status_at(limit).is_some() {
                standing.insert(inner.scope, at);
            }
        }
        let mut cells: Vec<IterationCell> = visit
            .iterations
            .iter()
            .filter(|iteration| iteration.started <= limit && iteration.attempt == attempt)
            .map(|iteration| {
                let ended = iteration.ended.filter(|(event, ..)| *event <= limit);
                let inner = standing.get(&iteration.scope).map(|at| &self.visits[*at]);
                let status = match (ended, inner.and_then(|inner| inner.status_at(limit))) {
                    (Some((.., status)), _) => status,
                    (None, Some(VisitStatus::Waiting)) => VisitStatus::Waiting,
                    (None, Some(VisitStatus::Retrying)) => VisitStatus::Retrying,
                    _ => VisitStatus::Running,
                };
                IterationCell {
                    index: iteration.index,
                    status,
                    event: iteration.started,
                    state: inner.map(|inner| inner.name.clone()).unwrap_or_default(),
                    from_us: iteration.from_us,
                    to_us: ended.map(|(_, at, _)| at),
                }
            })
            .collect();
        let mut counts = [0; 4];
        let group = |status: VisitStatus| match status {
            VisitStatus::Succeeded | VisitStatus::Caught => 0,
            VisitStatus::Failed | VisitStatus::TimedOut => 1,
            VisitStatus::Aborted => 2,
            VisitStatus::Running | VisitStatus::Waiting | VisitStatus::Retrying => 3,
        };
        cells.iter().for_each(|cell| counts[group(cell.status)] += 1);
        let rank = [3, 0, 2, 1];
        cells.sort_by_key(|cell| (rank[group(cell.status)], cell.index));
        let total = cells.len();
        let from = window(from, cells_max, total, None);
        Some(IterationGrid {
            state: visit.name.clone(),
            event: self.items[visit.entered].id,
            length: visit.length,
            attempts: attempt,
            map_run_arn: visit.map_run_arn.clone(),
            counts,
            total,
            from,
            cells: cells.into_iter().skip(from).take(cells_max).collect(),
        })
    }
}

/// Where a window begins: as asked, around something, and not beyond the end.
fn window(from: usize, rows_max: usize, total: usize, around: Option<usize>) -> usize {
    let from = around.map_or(from, |at| at.saturating_sub(rows_max / 2));
    from.min(total.saturating_sub(rows_max.min(total)))
}

fn is_failure(kind: &str) -> bool {
    kind.ends_with("Failed") || kind.ends_with("TimedOut")
}

/// What an event says beyond its type.
fn note(item: &Item) -> String {
    if let Some(error) = item.text("error") {
        let cause = item.data("cause").unwrap_or_default();
        return if cause.is_empty() { error.to_owned() } else { format!("{error}: {cause}") };
    }
    if let Some(cause) = item.data("cause") {
        return cause;
    }
    if let Some(resource) = item.text("resource") {
        return match item.text("resourceType") {
            Some(of) => format!("{of}:{resource}"),
            None => resource.to_owned(),
        };
    }
    if let Some(index) = item.number("index") {
        return format!("iteration {index}");
    }
    if let Some(length) = item.number("length") {
        return if length == 1 { "1 item".to_owned() } else { format!("{length} items") };
    }
    if let Some(count) = item.number("redriveCount") {
        return format!("redrive {count}");
    }
    for member in ["mapRunArn", "workerName"] {
        if let Some(text) = item.text(member) {
            return text.to_owned();
        }
    }
    String::new()
}
