//! Executions: their histories, folded for the page. Histories come from the engine, through its API like everybody's, or from files.
//!
//! Invariant: only executions that are watched are kept, and [`IMPORTS_MAX`] imports.

mod compare;
mod detail;
mod fold;
mod infer;
mod read;
mod visits;
mod windows;

use coldstart_engine::{ApiError, Response};
use coldstart_protocol::{
    ExecutionAnswer, ExecutionAsk, ExecutionPart, ExecutionWindow, View, ViewSpec,
};
use coldstart_workspace::ApiRequest;
use detail::Around;
use fold::Fold;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// Imports that are kept; the oldest go first.
const IMPORTS_MAX: usize = 8;
/// Rows of any window.
const WINDOW_MAX: usize = 500;
/// Invocations from inside that are remembered to find a task's request id.
const INVOCATIONS_MAX: usize = 20_000;
/// A definition beside a history: AWS's limit is 1 MB, the answer of DescribeStateMachine escapes it.
const DEFINITION_BYTES_MAX: usize = 4 << 20;

/// A question to the engine about an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    source: String,
    kind: QuestionKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum QuestionKind {
    Describe,
    Definition,
    History,
}

#[derive(Debug, Default)]
struct Known {
    fold: Fold,
    imported: bool,
    name: String,
    state_machine: String,
    express: bool,
    /// None as long as it is not known; empty when there is none.
    definition: Option<String>,
    /// Why there is nothing to see.
    fault: Option<String>,
    /// The history may have grown.
    stale: bool,
    described: bool,
    /// Newest first, until what is known is reached.
    pages: Vec<Value>,
    /// The page that has to be asked for.
    next_token: Option<String>,
}

/// An invocation that a task of an execution asked for.
#[derive(Debug)]
struct Accepted {
    at_us: u64,
    execution: u64,
    state: String,
    function: String,
    request_id: String,
}

/// All executions that the page shows.
#[derive(Debug, Default)]
pub(crate) struct Executions {
    known: BTreeMap<String, Known>,
    imports: VecDeque<String>,
    imported: u64,
    accepted: VecDeque<Accepted>,
    /// Numbers of executions in facts, the newest ones, and their ARNs.
    numbers: BTreeMap<u64, String>,
    /// Unix microseconds of virtual zero.
    epoch_us: u64,
}

impl Executions {
    /// Facts told that some history grew. Which, is found out by reading: few are watched.
    pub(crate) fn changed(&mut self) {
        for known in self.known.values_mut().filter(|known| !known.imported) {
            known.stale = true;
            // What was not there may be there now.
            if known.fault.take().is_some() {
                known.described = false;
            }
        }
    }

    /// An execution began.
    pub(crate) fn started(&mut self, number: u64, arn: &str) {
        if self.numbers.len() == INVOCATIONS_MAX {
            self.numbers.pop_first();
        }
        self.numbers.insert(number, arn.to_owned());
        self.changed();
    }

    /// An invocation for a state of an execution was accepted.
    pub(crate) fn accepted(
        &mut self,
        at_us: u64,
        execution: u64,
        state: &str,
        function: &str,
        request_id: &str,
    ) {
        if self.accepted.len() == INVOCATIONS_MAX {
            self.accepted.pop_front();
        }
        self.accepted.push_back(Accepted {
            at_us,
            execution,
            state: state.to_owned(),
            function: function.to_owned(),
            request_id: request_id.to_owned(),
        });
    }

    /// Keeps what is watched.
    pub(crate) fn watch<'a>(&mut self, specs: impl Iterator<Item = &'a ViewSpec>) {
        let mut sources = Vec::new();
        for spec in specs {
            if let ViewSpec::Execution { source, part } = spec {
                sources.push(source.clone());
                if let ExecutionPart::Comparison { other, .. } = part {
                    sources.push(other.clone());
                }
            }
        }
        self.known.retain(|source, known| known.imported || sources.contains(source));
        for source in sources {
            if !source.starts_with("import:") {
                let fresh = || Known { stale: true, ..Known::default() };
                self.known.entry(source).or_insert_with(fresh);
            }
        }
    }

    /// Imports outlive the session: they are not the engine's.
    pub(crate) fn of_new_session(self, epoch_ms: u64) -> Self {
        let known = self.known.into_iter().filter(|(_, known)| known.imported).collect();
        let epoch_us = epoch_ms.saturating_mul(1_000);
        let (accepted, numbers) = (VecDeque::new(), BTreeMap::new());
        Self { known, accepted, numbers, epoch_us, ..self }
    }

    pub(crate) fn answer(&mut self, ask: ExecutionAsk) -> ExecutionAnswer {
        match ask {
            ExecutionAsk::Import { history, definition, name, number } => {
                ExecutionAnswer::Imported(self.import(&history, &definition, name, number))
            }
            ExecutionAsk::Forget { source } => {
                if self.known.get(&source).is_some_and(|known| known.imported) {
                    self.known.remove(&source);
                    self.imports.retain(|other| *other != source);
                }
                ExecutionAnswer::Forgotten
            }
        }
    }

    fn import(
        &mut self,
        history: &str,
        definition: &str,
        name: String,
        number: u64,
    ) -> Result<String, String> {
        let items = read::read(history)?;
        let (definition, state_machine) = definition_of(definition)?;
        let known = Known {
            fold: Fold::of(items),
            imported: true,
            name,
            state_machine,
            definition: Some(definition),
            described: true,
            ..Known::default()
        };
        let number = if number == 0 { self.imported + 1 } else { number };
        self.imported = self.imported.max(number);
        let source = format!("import:{number}");
        self.known.insert(source.clone(), known);
        self.imports.retain(|other| *other != source);
        self.imports.push_back(source.clone());
        if self.imports.len() > IMPORTS_MAX
            && let Some(oldest) = self.imports.pop_front()
        {
            self.known.remove(&oldest);
        }
        Ok(source)
    }

    /// The next question for the engine, if there is one. Each is answered before the next is asked.
    pub(crate) fn next_question(&mut self) -> Option<(Question, ApiRequest)> {
        for (source, known) in &mut self.known {
            if known.imported || known.fault.is_some() {
                continue;
            }
            let (kind, operation, params) = if !known.described {
                known.described = true;
                let params = json!({ "executionArn": source });
                (QuestionKind::Describe, "DescribeExecution", params)
            } else if known.definition.is_none() {
                known.definition = Some(String::new());
                let params = json!({ "executionArn": source });
                (QuestionKind::Definition, "DescribeStateMachineForExecution", params)
            } else if known.stale {
                known.stale = false;
                let mut params =
                    json!({ "executionArn": source, "maxResults": 1000, "reverseOrder": true });
                if let Some(token) = known.next_token.take() {
                    params["nextToken"] = Value::String(token);
                }
                (QuestionKind::History, "GetExecutionHistory", params)
            } else {
                continue;
            };
            let express = source.contains(":express:");
            let request = if express {
                // AWS has no such operations; Standard executions are read as everybody reads them.
                ApiRequest {
                    service: "coldstart".into(),
                    operation: operation.replace("Execution", "ExpressExecution"),
                    params,
                }
            } else {
                ApiRequest { service: "states".into(), operation: operation.into(), params }
            };
            return Some((Question { source: source.clone(), kind }, request));
        }
        None
    }

    pub(crate) fn answered(&mut self, question: &Question, result: Result<Response, ApiError>) {
        let Some(known) = self.known.get_mut(&question.source) else { return };
        let output = match result {
            Ok(response) => response.output,
            // A definition that cannot be had is inferred; without the rest there is nothing to show.
            Err(_) if question.kind == QuestionKind::Definition => return,
            Err(refusal) => {
                let message = refusal.message.unwrap_or_default();
                known.fault = Some(format!("{}: {message}", refusal.code));
                return;
            }
        };
        let text = |member: &str| output.get(member).and_then(Value::as_str).map(str::to_owned);
        match question.kind {
            QuestionKind::Describe => {
                known.name = text("name").unwrap_or_default();
                known.express = question.source.contains(":express:");
                let arn = text("stateMachineArn").unwrap_or_default();
                let name = arn.split_once(":stateMachine:").map_or("", |(_, name)| name);
                known.state_machine = name.split(':').next().unwrap_or_default().to_owned();
            }
            QuestionKind::Definition => {
                known.definition = Some(text("definition").unwrap_or_default());
            }
            QuestionKind::History => known.page(output),
        }
    }

    pub(crate) fn view(&self, source: &str, part: &ExecutionPart) -> View {
        View::Execution {
            source: source.to_owned(),
            part: part.clone(),
            window: self.window(source, part),
        }
    }

    fn window(&self, source: &str, part: &ExecutionPart) -> ExecutionWindow {
        let known = match self.readable(source) {
            Ok(known) => known,
            Err(fault) => return ExecutionWindow::Unavailable(fault),
        };
        let fold = &known.fold;
        match part {
            ExecutionPart::Summary { cursor } => {
                let mut summary = fold.summary(*cursor, known.imported);
                summary.name.clone_from(&known.name);
                summary.state_machine.clone_from(&known.state_machine);
                ExecutionWindow::Summary(Box::new(summary))
            }
            ExecutionPart::Definition => match known.definition() {
                Some(text) => {
                    ExecutionWindow::Definition { text: text.to_owned(), inferred: false }
                }
                None => ExecutionWindow::Definition { text: fold.inferred(), inferred: true },
            },
            ExecutionPart::Events { from, rows_max, search, at } => {
                let (from, total, rows) =
                    fold.rows(*from, (*rows_max).min(WINDOW_MAX), search, *at);
                ExecutionWindow::Events { from, total, rows }
            }
            ExecutionPart::Timeline { from, rows_max, at } => {
                let (from, total, bars) = fold.bars(*from, (*rows_max).min(WINDOW_MAX), *at);
                ExecutionWindow::Timeline { from, total, bars, instants: fold.instants() }
            }
            ExecutionPart::Iterations { event, cursor, from, cells_max } => {
                let grid = fold.grid(*event, *cursor, *from, (*cells_max).min(WINDOW_MAX));
                ExecutionWindow::Iterations(grid.map(Box::new))
            }
            ExecutionPart::Visit { event } => {
                let around = Around {
                    definition: known.definition(),
                    execution_arn: if known.imported { "" } else { source },
                    name: &known.name,
                    express: known.express,
                };
                let mut detail = fold.detail(*event, around);
                if let Some(detail) = detail.as_mut().filter(|_| !known.imported) {
                    self.find_requests(source, fold, detail);
                }
                ExecutionWindow::Visit(detail.map(Box::new))
            }
            ExecutionPart::Comparison { other, from, rows_max } => match self.readable(other) {
                Ok(there) => {
                    let side = |known: &Known| {
                        let status = known.fold.status_at(None, known.imported);
                        (known.name.clone(), status.to_owned())
                    };
                    let names = [side(known), side(there)];
                    let rows_max = (*rows_max).min(WINDOW_MAX);
                    let comparison = fold.comparison(&there.fold, names, *from, rows_max);
                    ExecutionWindow::Comparison(Box::new(comparison))
                }
                Err(fault) => ExecutionWindow::Unavailable(format!("The other one: {fault}")),
            },
        }
    }

    fn readable(&self, source: &str) -> Result<&Known, String> {
        let known = self.known.get(source).ok_or_else(|| {
            if source.starts_with("import:") {
                "This history was imported in another session. Import its file again.".to_owned()
            } else {
                "There is no such execution.".to_owned()
            }
        })?;
        match &known.fault {
            Some(fault) => Err(fault.clone()),
            None if known.fold.items.is_empty() => Err(String::new()),
            None => Ok(known),
        }
    }

    /// Histories name no request ids; facts name the execution and the state. Iterations that begin together are told apart by
    /// their order.
    fn find_requests(
        &self,
        source: &str,
        fold: &Fold,
        detail: &mut coldstart_protocol::VisitDetail,
    ) {
        for attempt in &mut detail.attempts {
            if attempt.function.is_empty() {
                continue;
            }
            let mut same = self.accepted.iter().filter(|accepted| {
                accepted.at_us.saturating_add(self.epoch_us) == attempt.from_us
                    && accepted.function == attempt.function
                    && accepted.state == detail.bar.name
                    && self.numbers.get(&accepted.execution).is_some_and(|arn| arn == source)
            });
            let before = fold.attempts_before(&detail.bar.name, attempt.event, attempt.from_us);
            if let Some(accepted) = same.nth(before) {
                attempt.request_id.clone_from(&accepted.request_id);
            }
        }
    }
}

impl Known {
    fn definition(&self) -> Option<&str> {
        self.definition.as_deref().filter(|text| !text.is_empty())
    }

    /// A page of the history, newest first. When what is known is reached, the new events are folded.
    fn page(&mut self, output: Value) {
        let known = self.fold.last_id();
        let Value::Object(mut members) = output else { return };
        let next = members.get("nextToken").and_then(Value::as_str).map(str::to_owned);
        let Some(Value::Array(events)) = members.remove("events") else { return };
        let mut reached = false;
        for event in events {
            let id = event.get("id").and_then(Value::as_u64).unwrap_or(0);
            if id <= known {
                reached = true;
                break;
            }
            self.pages.push(event);
        }
        match next {
            Some(token) if !reached => {
                self.next_token = Some(token);
                self.stale = true;
            }
            _ => {
                for event in std::mem::take(&mut self.pages).into_iter().rev() {
                    match read::item(event, self.fold.last_id(), true) {
                        Ok(item) => self.fold.push(item),
                        Err(fault) => self.fault = Some(format!("The engine's history: {fault}")),
                    }
                }
            }
        }
    }
}

/// The definition in a file, and the machine's name if it says one: bare ASL, or the answer of DescribeStateMachine.
fn definition_of(text: &str) -> Result<(String, String), String> {
    if text.trim().is_empty() {
        return Ok((String::new(), String::new()));
    }
    if text.len() > DEFINITION_BYTES_MAX {
        return Err(format!(
            "The definition has {} bytes; AWS takes at most 1,048,576.",
            text.len()
        ));
    }
    let value: Value = serde_json::from_str(text)
        .map_err(|fault| format!("The definition is no JSON: {fault}."))?;
    let name = value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    match value.get("definition") {
        Some(Value::String(definition)) => Ok((definition.clone(), name)),
        _ if value.get("States").is_some() => Ok((text.to_owned(), String::new())),
        _ => Err("The definition has no \"States\".".to_owned()),
    }
}

#[cfg(test)]
mod tests;
