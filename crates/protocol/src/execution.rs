//! Executions of state machines: windows on a history, from the engine or from a file, at a time cursor.
//!
//! A source is an execution's ARN, or `import:1` for a history that came from a file. A cursor is an event's id: what is shown is
//! what was true right after it; none is the end. Times are Unix microseconds.

use serde::{Deserialize, Serialize};

/// A question about histories that are not the engine's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ExecutionAsk {
    /// Takes in what `aws stepfunctions get-execution-history` printed.
    Import {
        /// The file.
        history: String,
        /// The definition beside it, as ASL or as `describe-state-machine` prints it; empty for none.
        definition: String,
        /// What the history is called, such as its file's name.
        name: String,
        /// The number in its source; 0 for the next one.
        number: u64,
    },
    /// Forgets an import.
    Forget {
        /// Its source.
        source: String,
    },
}

/// The answer to an [`ExecutionAsk`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ExecutionAnswer {
    /// The import's source, or what is wrong with the file and where.
    Imported(Result<String, String>),
    /// It is gone.
    Forgotten,
}

/// A window on an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ExecutionPart {
    /// How it stands, and every state's status.
    Summary {
        /// The time cursor.
        cursor: Option<u64>,
    },
    /// The definition that it ran.
    Definition,
    /// Events, oldest first.
    Events {
        /// First row; ignored when `at` is given.
        from: usize,
        /// Rows of the window.
        rows_max: usize,
        /// Only events that contain it in type, state or note, ignoring case; empty for all.
        search: String,
        /// The window lies around this event.
        at: Option<u64>,
    },
    /// Visits of states as bars, in the order of their beginnings.
    Timeline {
        /// First bar; ignored when `at` is given.
        from: usize,
        /// Bars of the window.
        rows_max: usize,
        /// The window lies around the visit of this event.
        at: Option<u64>,
    },
    /// Iterations of a Map state's visit, failures first.
    Iterations {
        /// An event of the visit, or of a visit inside one of its iterations.
        event: u64,
        /// The time cursor.
        cursor: Option<u64>,
        /// First cell.
        from: usize,
        /// Cells of the window.
        cells_max: usize,
    },
    /// The visit of a state that an event belongs to, with all its data.
    Visit {
        /// The event.
        event: u64,
    },
    /// This execution beside another one, visit by visit.
    Comparison {
        /// The other's source.
        other: String,
        /// First row.
        from: usize,
        /// Rows of the window.
        rows_max: usize,
    },
}

/// A window's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ExecutionWindow {
    /// There is no such execution, or its history cannot be read, and why.
    Unavailable(String),
    /// Of `Summary`.
    Summary(Box<ExecutionSummary>),
    /// Of `Definition`.
    Definition {
        /// As text; of one that was inferred only names, types and transitions are right.
        text: String,
        /// It was put together from the history, because none was given.
        inferred: bool,
    },
    /// Of `Events`.
    Events {
        /// Position of the first row among those that match.
        from: usize,
        /// Rows that match, in all.
        total: usize,
        /// The rows.
        rows: Vec<HistoryRow>,
    },
    /// Of `Timeline`.
    Timeline {
        /// Position of the first bar.
        from: usize,
        /// Visits in all.
        total: usize,
        /// The bars.
        bars: Vec<VisitBar>,
        /// Instants at which visits of the whole execution begin and end, thinned out: they shape the axis.
        instants: Vec<u64>,
    },
    /// Of `Iterations`; none when the event belongs to no Map state.
    Iterations(Option<Box<IterationGrid>>),
    /// Of `Visit`; none when the event belongs to no state.
    Visit(Option<Box<VisitDetail>>),
    /// Of `Comparison`.
    Comparison(Box<ExecutionComparison>),
}

/// How a state's visit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VisitStatus {
    /// Left as it should be.
    Succeeded,
    /// Left through a catcher.
    Caught,
    /// Stopped because something around it ended.
    Aborted,
    /// Ended with an error.
    Failed,
    /// Ended with a timeout.
    TimedOut,
    /// Entered.
    Running,
    /// Waits for a callback with its task token.
    Waiting,
    /// Failed, and waits to be tried again.
    Retrying,
}

/// How an execution stands at its cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionSummary {
    /// Its name.
    pub name: String,
    /// The machine's name; empty when it is not known.
    pub state_machine: String,
    /// It came from a file.
    pub imported: bool,
    /// `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT`, `ABORTED` at the end of the history; `INCOMPLETE` when a file ends before the execution.
    pub status: String,
    /// The same at the cursor.
    pub status_at: String,
    /// Beginning.
    pub started_us: u64,
    /// End; none while it lasts.
    pub stopped_us: Option<u64>,
    /// Time of the cursor's event.
    pub cursor_us: u64,
    /// Id of the first event.
    pub first_event: u64,
    /// Id of the last event.
    pub last_event: u64,
    /// Events in all.
    pub events: usize,
    /// Visits of states in all.
    pub visits: usize,
    /// How often it was redriven.
    pub redrives: u32,
    /// The input's text.
    pub input: Option<String>,
    /// The output's text.
    pub output: Option<String>,
    /// The error's name.
    pub error: Option<String>,
    /// The error's cause.
    pub cause: Option<String>,
    /// The event at which the execution's fate was settled: the last failure in the chain that ended it.
    pub failed_event: Option<u64>,
    /// States that were entered by the cursor.
    pub states: Vec<StateStatus>,
    /// Transitions that were taken by the cursor, by the names of the states; no name is the start or the end.
    pub transitions: Vec<(String, String)>,
    /// What the history says that could not be understood; empty when all could.
    pub remarks: Vec<String>,
}

/// A state at the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StateStatus {
    /// The state's name.
    pub name: String,
    /// The worst of its newest visits, those that go on before all.
    pub status: VisitStatus,
    /// Visits so far.
    pub visits: u32,
    /// Of them, those that ended badly.
    pub failures: u32,
    /// Attempts beyond the first, over all visits.
    pub retries: u32,
    /// The event with which the newest visit began.
    pub event: u64,
}

/// An event in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryRow {
    /// Its id.
    pub id: u64,
    /// The event that led to it; 0 for none.
    pub previous: u64,
    /// When.
    pub at_us: u64,
    /// Its type.
    pub kind: String,
    /// The state that it belongs to; empty for none.
    pub state: String,
    /// How deep it lies in Parallel and Map states.
    pub depth: u32,
    /// What it says, in a few words.
    pub note: String,
    /// It tells of a failure.
    pub failure: bool,
}

/// A visit on the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VisitBar {
    /// The event with which it began; it names the visit.
    pub event: u64,
    /// The state's name.
    pub name: String,
    /// `Task`, `Map` …
    pub state_type: String,
    /// Branch or iteration that it lies in, such as `#3` in a Map; empty at the top.
    pub place: String,
    /// How deep it lies in Parallel and Map states.
    pub depth: u32,
    /// Beginning.
    pub from_us: u64,
    /// End; none while it lasts.
    pub to_us: Option<u64>,
    /// How it stands, from which event on.
    pub changes: Vec<(u64, VisitStatus)>,
    /// Attempts after the first: event and time of each.
    pub retries: Vec<(u64, u64)>,
}

/// The iterations of a Map state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IterationGrid {
    /// The Map state's name.
    pub state: String,
    /// The event with which the visit began.
    pub event: u64,
    /// Items, when the history says how many.
    pub length: Option<u64>,
    /// Attempts of the whole state.
    pub attempts: u32,
    /// The run of a distributed Map, whose iterations are executions of their own.
    pub map_run_arn: Option<String>,
    /// Succeeded, failed, aborted, running at the cursor.
    pub counts: [u32; 4],
    /// Iterations that began by the cursor, in all.
    pub total: usize,
    /// First cell.
    pub from: usize,
    /// Failures first, then those that run, then the others; by index.
    pub cells: Vec<IterationCell>,
}

/// An iteration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IterationCell {
    /// Its index.
    pub index: u64,
    /// How it stands at the cursor.
    pub status: VisitStatus,
    /// The event with which it began.
    pub event: u64,
    /// The state in which it stands or failed; empty for none.
    pub state: String,
    /// Beginning.
    pub from_us: u64,
    /// End; none while it lasts.
    pub to_us: Option<u64>,
}

/// A visit of a state, in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VisitDetail {
    /// Its bar.
    pub bar: VisitBar,
    /// The selected event, laid out as JSON.
    pub event_text: String,
    /// The event that was asked for.
    pub selected: u64,
    /// Which of the state's visits it is, from 1, and of how many.
    pub number: (u32, u32),
    /// The events with which the visits of the state before and after this one began.
    pub neighbours: (Option<u64>, Option<u64>),
    /// Input.
    pub input: Option<String>,
    /// Output.
    pub output: Option<String>,
    /// Error's name, when it ended or is tried again with one.
    pub error: Option<String>,
    /// Its cause.
    pub cause: Option<String>,
    /// Tries of what the state calls.
    pub attempts: Vec<Attempt>,
    /// Variables that it assigned: name and JSON text.
    pub assigned: Vec<(String, String)>,
    /// Variables that it saw.
    pub variables: Vec<(String, String)>,
    /// Every value on the way through the state, in order: its name in TestState's words, and JSON text.
    pub flow: Result<Vec<(String, String)>, String>,
}

/// A try of what a state calls.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// The event with which it began.
    pub event: u64,
    /// When.
    pub from_us: u64,
    /// When it ended; none while it lasts.
    pub to_us: Option<u64>,
    /// The event with which it ended.
    pub ended: Option<u64>,
    /// Who is called: an ARN, or `lambda:invoke`.
    pub resource: String,
    /// With what.
    pub parameters: Option<String>,
    /// What came back.
    pub result: Option<String>,
    /// Error's name.
    pub error: Option<String>,
    /// Its cause.
    pub cause: Option<String>,
    /// The function that was invoked; empty for none.
    pub function: String,
    /// Its request id, when it is known.
    pub request_id: String,
    /// The execution that was started; empty for none.
    pub child_execution: String,
    /// The task token with which the callback is answered; empty for none.
    pub task_token: String,
}

/// Two executions side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionComparison {
    /// Name and status of this one and the other.
    pub names: [(String, String); 2],
    /// Position of the first row that differs.
    pub first_difference: Option<usize>,
    /// Rows that differ.
    pub differences: usize,
    /// Rows in all.
    pub total: usize,
    /// First row.
    pub from: usize,
    /// The rows.
    pub rows: Vec<ComparisonRow>,
}

/// A visit in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComparisonRow {
    /// The state's name.
    pub name: String,
    /// Branch or iteration.
    pub place: String,
    /// How deep it lies.
    pub depth: u32,
    /// Here and there.
    pub sides: [Option<ComparedVisit>; 2],
    /// What differs: `status`, `input`, `output`, `error`, `attempts`; empty when nothing or when a side is missing.
    pub differs: Vec<String>,
}

/// A visit in a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComparedVisit {
    /// The event with which it began.
    pub event: u64,
    /// How it ended or stands.
    pub status: VisitStatus,
    /// Microseconds that it took; none while it lasts.
    pub duration_us: Option<u64>,
    /// Attempts.
    pub attempts: u32,
    /// Input, cut to a line.
    pub input: String,
    /// Output or error, cut to a line.
    pub output: String,
}
