//! An execution on the page: the windows on its history, what is selected in all of them, and the time cursor over all of them.
//!
//! Invariant: the cursor is an event of the history, or none for its end; what is selected never lies behind it.

use coldstart_protocol::{
    ExecutionComparison, ExecutionPart, ExecutionSummary, ExecutionWindow, HistoryRow,
    IterationGrid, StateStatus, VisitBar, VisitDetail, VisitStatus,
};
use coldstart_workspace::ApiRequest;
use serde_json::{Value, json};
use std::rc::Rc;
use yew::Reducible;

/// Events of the table's window.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventsWindow {
    /// Position of the first row.
    pub from: usize,
    /// Rows in all.
    pub total: usize,
    /// The rows.
    pub rows: Vec<HistoryRow>,
}

/// Bars of the timeline's window.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimelineWindow {
    /// Position of the first bar.
    pub from: usize,
    /// Bars in all.
    pub total: usize,
    /// The bars.
    pub bars: Vec<VisitBar>,
    /// What shapes the axis.
    pub instants: Vec<u64>,
}

/// All windows on one execution.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExecutionWindows {
    /// Why there is nothing to see; empty while it is being read.
    pub fault: Option<String>,
    /// How it stands.
    pub summary: Option<Rc<ExecutionSummary>>,
    /// The definition's text, and whether it was inferred.
    pub definition: Option<Rc<(String, bool)>>,
    /// The table.
    pub events: Option<Rc<EventsWindow>>,
    /// The timeline.
    pub timeline: Option<Rc<TimelineWindow>>,
    /// Map iterations; none where there are none.
    pub grid: Option<Rc<IterationGrid>>,
    /// The selected visit.
    pub visit: Option<Rc<VisitDetail>>,
    /// Beside another one.
    pub comparison: Option<Result<Rc<ExecutionComparison>, String>>,
}

impl ExecutionWindows {
    /// Takes a window in.
    pub fn keep(&mut self, part: &ExecutionPart, window: ExecutionWindow) {
        if let ExecutionWindow::Unavailable(fault) = window {
            if matches!(part, ExecutionPart::Comparison { .. }) {
                self.comparison = Some(Err(fault));
            } else {
                self.fault = Some(fault);
            }
            return;
        }
        self.fault = None;
        match window {
            ExecutionWindow::Unavailable(_) => {}
            ExecutionWindow::Summary(summary) => self.summary = Some(Rc::new(*summary)),
            ExecutionWindow::Definition { text, inferred } => {
                self.definition = Some(Rc::new((text, inferred)));
            }
            ExecutionWindow::Events { from, total, rows } => {
                self.events = Some(Rc::new(EventsWindow { from, total, rows }));
            }
            ExecutionWindow::Timeline { from, total, bars, instants } => {
                self.timeline = Some(Rc::new(TimelineWindow { from, total, bars, instants }));
            }
            ExecutionWindow::Iterations(grid) => self.grid = grid.map(|grid| Rc::new(*grid)),
            ExecutionWindow::Visit(visit) => self.visit = visit.map(|visit| Rc::new(*visit)),
            ExecutionWindow::Comparison(comparison) => {
                self.comparison = Some(Ok(Rc::new(*comparison)));
            }
        }
    }
}

/// What is selected, and when it is looked at: one of each for all views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Viewing {
    /// The last event that is taken as having happened; none for the end.
    pub cursor: Option<u64>,
    /// The selected event; the state's visit that it belongs to is what the views show.
    pub selected: Option<u64>,
    /// Ids of the first and the last event.
    pub bounds: (u64, u64),
}

/// A change of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewingAction {
    /// The history has these first and last ids.
    Bounds(u64, u64),
    /// An event was selected.
    Select(u64),
    /// The cursor goes to an event.
    Scrub(u64),
    /// The cursor goes so many events on, or back.
    Step(i64),
    /// The cursor goes to the end, and stays there while more happens.
    End,
}

impl Viewing {
    /// The cursor's event, also at the end.
    pub fn at(&self) -> u64 {
        self.cursor.unwrap_or(self.bounds.1)
    }

    fn scrubbed(mut self, event: u64) -> Self {
        let (first, last) = self.bounds;
        let event = event.clamp(first, last.max(first));
        self.cursor = (event < last).then_some(event);
        self.selected = Some(event).filter(|event| *event > 0);
        self
    }
}

impl Reducible for Viewing {
    type Action = ViewingAction;

    fn reduce(self: Rc<Self>, action: ViewingAction) -> Rc<Self> {
        let mut next = *self;
        match action {
            ViewingAction::Bounds(first, last) => {
                next.bounds = (first, last);
                next.cursor = next.cursor.filter(|cursor| *cursor < last);
            }
            ViewingAction::Select(event) => {
                next.selected = Some(event);
                // Something that had not happened yet at the cursor: go to where it happens.
                if next.cursor.is_some_and(|cursor| cursor < event) {
                    next.cursor = Some(event).filter(|event| *event < next.bounds.1);
                }
            }
            ViewingAction::Scrub(event) => next = next.scrubbed(event),
            ViewingAction::Step(by) => {
                next = next.scrubbed(next.at().saturating_add_signed(by));
            }
            ViewingAction::End => next.cursor = None,
        }
        if next == *self { self } else { Rc::new(next) }
    }
}

/// How a visit stands at a cursor; none before it began.
pub fn status_at(bar: &VisitBar, cursor: Option<u64>) -> Option<VisitStatus> {
    let cursor = cursor.unwrap_or(u64::MAX);
    let after = bar.changes.partition_point(|(event, _)| *event <= cursor);
    after.checked_sub(1).map(|at| bar.changes[at].1)
}

/// A visit as it was at a cursor: without what came of it later.
pub fn clipped(detail: &VisitDetail, cursor: Option<u64>) -> VisitDetail {
    let mut clipped = detail.clone();
    let Some(cursor) = cursor else { return clipped };
    let status = status_at(&detail.bar, Some(cursor));
    if status.is_none_or(|status| !is_ended(status)) {
        clipped.bar.to_us = None;
        clipped.output = None;
        clipped.assigned.clear();
        if status != Some(VisitStatus::Retrying) {
            (clipped.error, clipped.cause) = (None, None);
        }
        if let Ok(flow) = &mut clipped.flow {
            let result = flow_order("result");
            flow.retain(|(name, _)| flow_order(name) < result);
        }
    }
    clipped.attempts.retain(|attempt| attempt.event <= cursor);
    for attempt in &mut clipped.attempts {
        if attempt.ended.is_some_and(|ended| ended > cursor) {
            attempt.to_us = None;
            (attempt.result, attempt.error, attempt.cause) = (None, None, None);
        }
    }
    clipped
}

/// Whether a status is one of those that end a visit.
pub fn is_ended(status: VisitStatus) -> bool {
    !matches!(status, VisitStatus::Running | VisitStatus::Waiting | VisitStatus::Retrying)
}

/// What stands beside a state's icon: how often it was visited and tried again.
pub fn state_note(state: &StateStatus) -> String {
    match (state.visits, state.retries) {
        (0 | 1, 0) => String::new(),
        (0 | 1, retries) => format!("↻{retries}"),
        (visits, 0) => format!("×{visits}"),
        (visits, retries) => format!("×{visits} ↻{retries}"),
    }
}

/// Names of TestState's `inspectionData` as people read them, in the order in which values are made.
const FLOW: [(&str, &str); 12] = [
    ("input", "State input"),
    ("afterInputPath", "After InputPath"),
    ("afterItemsPath", "After ItemsPath"),
    ("afterItemSelector", "After ItemSelector"),
    ("afterItemBatcher", "After ItemBatcher"),
    ("afterParameters", "After Parameters"),
    ("afterArguments", "After Arguments"),
    ("result", "Result"),
    ("afterResultSelector", "After ResultSelector"),
    ("afterResultPath", "After ResultPath"),
    ("variables", "Variables"),
    ("output", "State output"),
];

/// A value on the way through a state, as it is called on the page.
pub fn flow_label(name: &str) -> String {
    match FLOW.iter().find(|(known, _)| *known == name) {
        Some((_, label)) => (*label).to_owned(),
        None => {
            let mut label = String::new();
            for (at, c) in name.chars().enumerate() {
                match (at, c.is_ascii_uppercase()) {
                    (0, _) => label.push(c.to_ascii_uppercase()),
                    (_, true) => label.extend([' ', c.to_ascii_lowercase()]),
                    _ => label.push(c),
                }
            }
            label
        }
    }
}

/// Where a value comes on the way.
pub fn flow_order(name: &str) -> usize {
    let known = FLOW.iter().position(|(known, _)| *known == name);
    // What is not known here lies between what is made of the input and the output.
    known.unwrap_or(FLOW.len() - 2)
}

fn states(operation: &str, params: Value) -> ApiRequest {
    ApiRequest { service: "states".into(), operation: operation.into(), params }
}

/// `StopExecution`.
pub fn stop_execution(arn: &str) -> ApiRequest {
    let cause = "Stopped on the execution's page.";
    states("StopExecution", json!({ "executionArn": arn, "cause": cause }))
}

/// `RedriveExecution`.
pub fn redrive_execution(arn: &str) -> ApiRequest {
    states("RedriveExecution", json!({ "executionArn": arn }))
}

/// How an execution stands: `DescribeExecution`, or our operation for an Express one.
pub fn describe_execution(arn: &str) -> ApiRequest {
    let params = json!({ "executionArn": arn });
    if arn.contains(":express:") {
        return ApiRequest {
            service: "coldstart".into(),
            operation: "DescribeExpressExecution".into(),
            params,
        };
    }
    states("DescribeExecution", params)
}

/// `DescribeMapRun`.
pub fn describe_map_run(arn: &str) -> ApiRequest {
    states("DescribeMapRun", json!({ "mapRunArn": arn }))
}

/// `ListExecutions` of a distributed Map state's run.
pub fn list_map_run_executions(arn: &str) -> ApiRequest {
    states("ListExecutions", json!({ "mapRunArn": arn, "maxResults": 500 }))
}

/// `SendTaskSuccess`.
pub fn send_task_success(token: &str, output: &str) -> ApiRequest {
    states("SendTaskSuccess", json!({ "taskToken": token, "output": output }))
}

/// `SendTaskFailure`.
pub fn send_task_failure(token: &str, error: &str, cause: &str) -> ApiRequest {
    let mut params = json!({ "taskToken": token });
    for (member, text) in [("error", error), ("cause", cause)] {
        if !text.is_empty() {
            params[member] = json!(text);
        }
    }
    states("SendTaskFailure", params)
}

/// Machine and name in the ARN of an execution; the name of an Express one has its id behind it: `name:id`.
pub fn execution_of_arn(arn: &str) -> Option<(String, String)> {
    let rest = arn.split_once(":execution:").or_else(|| arn.split_once(":express:"))?.1;
    let (machine, name) = rest.split_once(':')?;
    Some((machine.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(actions: &[ViewingAction]) -> Viewing {
        let start = Rc::new(Viewing::default()).reduce(ViewingAction::Bounds(1, 20));
        *actions.iter().fold(start, |viewing, action| viewing.reduce(*action))
    }

    #[test]
    fn scrubbing_moves_the_selection_along() {
        use ViewingAction::*;
        let viewing = after(&[Scrub(7)]);
        assert_eq!((viewing.cursor, viewing.selected), (Some(7), Some(7)));
        assert_eq!(after(&[Scrub(7), Step(-2)]).cursor, Some(5));
        assert_eq!(after(&[Scrub(7), Step(-20)]).cursor, Some(1));
        let end = after(&[Scrub(19), Step(1)]);
        assert_eq!((end.cursor, end.selected, end.at()), (None, Some(20), 20));
        assert_eq!(after(&[Scrub(3), End]).cursor, None);
    }

    #[test]
    fn selecting_what_has_not_happened_yet_goes_there() {
        use ViewingAction::*;
        assert_eq!(after(&[Scrub(7), Select(5)]).cursor, Some(7));
        assert_eq!(after(&[Scrub(7), Select(9)]).cursor, Some(9));
        assert_eq!(after(&[Scrub(7), Select(20)]).cursor, None);
        assert_eq!(after(&[Select(9)]).cursor, None);
    }

    #[test]
    fn a_cursor_at_the_end_stays_there_while_the_history_grows() {
        use ViewingAction::*;
        assert_eq!(after(&[Bounds(1, 30)]).at(), 30);
        assert_eq!(after(&[Scrub(7), Bounds(1, 30)]).cursor, Some(7));
        assert_eq!(after(&[Scrub(7), Bounds(1, 5)]).cursor, None);
    }

    #[test]
    fn a_visit_is_shown_as_it_was_at_the_cursor() {
        let attempt = |event: u64, error: Option<&str>| coldstart_protocol::Attempt {
            event,
            ended: Some(event + 2),
            to_us: Some(event + 2),
            error: error.map(str::to_owned),
            ..Default::default()
        };
        let text = |text: &str| Some(text.to_owned());
        let flow = ["input", "afterParameters", "result", "output"];
        let detail = VisitDetail {
            bar: VisitBar {
                event: 2,
                name: "A".into(),
                state_type: "Task".into(),
                place: String::new(),
                depth: 0,
                from_us: 2,
                to_us: Some(9),
                changes: vec![
                    (2, VisitStatus::Running),
                    (5, VisitStatus::Retrying),
                    (6, VisitStatus::Running),
                    (9, VisitStatus::Caught),
                ],
                retries: vec![(6, 6)],
            },
            event_text: String::new(),
            selected: 2,
            number: (1, 1),
            neighbours: (None, None),
            input: text("1"),
            output: text("2"),
            error: text("E"),
            cause: None,
            attempts: vec![attempt(3, Some("E")), attempt(6, Some("E"))],
            assigned: vec![("x".into(), "1".into())],
            variables: Vec::new(),
            flow: Ok(flow.map(|name| (name.to_owned(), "1".to_owned())).to_vec()),
        };
        assert_eq!(clipped(&detail, None), detail);
        assert_eq!(clipped(&detail, Some(9)), detail);
        let at = clipped(&detail, Some(7));
        assert_eq!((at.bar.to_us, at.output.is_none(), at.error.is_none()), (None, true, true));
        assert_eq!((at.attempts.len(), at.attempts[1].error.is_none()), (2, true));
        assert_eq!((at.attempts[0].error.is_some(), at.assigned.len()), (true, 0));
        assert_eq!(at.flow.map(|flow| flow.len()), Ok(2));
        let at = clipped(&detail, Some(5));
        assert_eq!((at.attempts.len(), at.error.as_deref()), (1, Some("E")));
        assert!(clipped(&detail, Some(2)).attempts.is_empty());
    }

    #[test]
    fn values_are_called_as_in_the_console() {
        assert_eq!(flow_label("afterInputPath"), "After InputPath");
        assert_eq!(flow_label("toleratedFailureCount"), "Tolerated failure count");
        assert!(flow_order("input") < flow_order("anything"));
        assert!(flow_order("anything") < flow_order("output"));
    }

    #[test]
    fn arns_are_taken_apart() {
        let arn = "arn:aws:states:us-east-1:123456789012:execution:m:run";
        assert_eq!(execution_of_arn(arn), Some(("m".into(), "run".into())));
        assert_eq!(
            execution_of_arn("arn:aws:states:us-east-1:1:express:m:run:id"),
            Some(("m".into(), "run:id".into()))
        );
        assert_eq!(execution_of_arn("arn:aws:states:us-east-1:1:stateMachine:m"), None);
    }

    #[test]
    fn a_window_that_is_not_there_says_why() {
        let mut windows = ExecutionWindows::default();
        let part = ExecutionPart::Definition;
        windows.keep(&part, ExecutionWindow::Unavailable("gone".into()));
        assert_eq!(windows.fault.as_deref(), Some("gone"));
        let window = ExecutionWindow::Definition { text: "{}".into(), inferred: true };
        windows.keep(&part, window);
        assert_eq!(windows.fault, None);
        let part = ExecutionPart::Comparison { other: "x".into(), from: 0, rows_max: 1 };
        windows.keep(&part, ExecutionWindow::Unavailable("no".into()));
        assert_eq!((windows.fault.as_deref(), windows.comparison.is_some()), (None, true));
    }
}
