//! One visit of a state, with all its data: what it got, whom it called, what came back, and every value on the way.

use super::fold::Fold;
use super::read::{Item, data_text};
use super::visits::ScopeKind;
use super::windows::bounded;
use coldstart_asl::interpret::{
    Data, Failure, Identity, Inspect, Machine, Mock, Time, Verdict, inspect,
};
use coldstart_asl::{MachineType, parse_for};
use coldstart_protocol::{Attempt, VisitDetail};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A visit's variables and values are shown in at most so many rows.
const ROWS_MAX: usize = 200;

/// What is known of the execution beyond its history.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Around<'a> {
    /// The definition's text; none when it was not given.
    pub(super) definition: Option<&'a str>,
    pub(super) execution_arn: &'a str,
    pub(super) name: &'a str,
    pub(super) express: bool,
}

impl Fold {
    pub(super) fn detail(&self, event: u64, around: Around<'_>) -> Option<VisitDetail> {
        let position = self.position(event)?;
        let at = self.visit_of(event)?;
        let visit = &self.visits[at];
        let failure = visit.error.map(|at| &self.items[at]);
        let exited = visit.exited.map(|at| &self.items[at]);
        let entered = &self.items[visit.entered];
        let selected = Value::Object(self.items[position].json.clone());
        let same: Vec<usize> =
            (0..self.visits.len()).filter(|other| self.visits[*other].name == visit.name).collect();
        let number = same.partition_point(|other| *other < at);
        let neighbour = |at: Option<usize>| {
            let other = same.get(at?)?;
            Some(self.items[self.visits[*other].entered].id)
        };
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Some(VisitDetail {
            number: (count(number + 1), count(same.len())),
            neighbours: (neighbour(number.checked_sub(1)), neighbour(Some(number + 1))),
            bar: self.bar(at),
            event_text: bounded(serde_json::to_string_pretty(&selected).unwrap_or_default()),
            selected: event,
            input: entered.data("input").map(bounded),
            output: exited.and_then(|item| item.data("output")).map(bounded),
            error: failure
                .and_then(|item| item.text("error"))
                .or_else(|| self.fail_state(at, "error"))
                .map(str::to_owned),
            cause: failure
                .and_then(|item| item.data("cause"))
                .or_else(|| self.fail_state(at, "cause").map(str::to_owned))
                .map(bounded),
            attempts: self.attempts(at, around.definition),
            assigned: self.assigned(at).into_iter().take(ROWS_MAX).collect(),
            variables: self.variables(at).into_iter().take(ROWS_MAX).collect(),
            flow: self.flow(at, around),
        })
    }

    /// A Fail state has no event of its own for its error: the next one has, where something ends because of it.
    fn fail_state(&self, visit: usize, member: &str) -> Option<&str> {
        let visit = &self.visits[visit];
        let id = self.items[visit.entered].id;
        self.items[visit.entered + 1..]
            .iter()
            .take(4)
            .find(|item| item.previous == id && item.kind == "ExecutionFailed")
            .filter(|_| visit.state_type == "Fail")
            .and_then(|item| item.text(member))
    }

    /// Events of a visit itself, not of what lies inside it.
    fn events_of(&self, visit: usize) -> impl Iterator<Item = (usize, &Item)> + '_ {
        let to = self.visits[visit].exited.unwrap_or(self.items.len() - 1);
        (self.visits[visit].entered..=to)
            .filter(move |at| self.places[*at].visit == Some(visit))
            .map(|at| (at, &self.items[at]))
    }

    fn attempts(&self, visit: usize, definition: Option<&str>) -> Vec<Attempt> {
        let mut attempts: Vec<Attempt> = Vec::new();
        let pointers = definition
            .and_then(|text| serde_json::from_str::<Value>(text).ok())
            .map(|root| token_pointers(&root, &self.visits[visit].name))
            .unwrap_or_default();
        for (at, item) in self.events_of(visit) {
            let Some(what) = ["Task", "LambdaFunction", "Activity", "MapState", "ParallelState"]
                .iter()
                .find_map(|prefix| item.kind.strip_prefix(prefix))
            else {
                continue;
            };
            let began = (what == "Scheduled")
                || (what == "Started" && self.visits[visit].state_type != "Task");
            if began {
                attempts.push(attempt(item, self.times[at], &pointers));
                continue;
            }
            let Some(open) = attempts.last_mut() else { continue };
            match what {
                "Submitted" => {
                    let output = item.data("output");
                    if let Some(arn) = output.as_deref().and_then(execution_arn) {
                        open.child_execution = arn;
                    }
                }
                "Succeeded" => {
                    open.to_us = Some(self.times[at]);
                    open.ended = Some(item.id);
                    open.result = item.data("output").map(bounded);
                    if let Some(result) = open.result.as_deref() {
                        read_result(result, &mut open.request_id, &mut open.child_execution);
                    }
                }
                "Failed" | "TimedOut" | "ScheduleFailed" | "StartFailed" | "SubmitFailed" => {
                    open.to_us = Some(self.times[at]);
                    open.ended = Some(item.id);
                    open.error = item.text("error").map(str::to_owned);
                    open.cause = item.data("cause").map(bounded);
                }
                _ => {}
            }
        }
        attempts
    }

    /// Every value on the way: the interpreter runs the state once more, with the answers that the history holds.
    fn flow(&self, at: usize, around: Around<'_>) -> Result<Vec<(String, String)>, String> {
        let text = around.definition.ok_or(
            "The values between input and output follow from the definition, which is not there. Import the history with its definition.",
        )?;
        let visit = &self.visits[at];
        let kind = if around.express { MachineType::Express } else { MachineType::Standard };
        let (definition, _) = parse_for(text, kind);
        let definition = definition.ok_or("The definition cannot be read.")?;
        let machine = Machine::compile(&definition, kind)
            .map_err(|fault| format!("The definition cannot be run: {fault}"))?;
        let input = self.items[visit.entered].data("input").unwrap_or_else(|| "{}".to_owned());
        let input = Data::from_text(input).map_err(|_| {
            "The history holds no input: it was read without execution data.".to_owned()
        })?;
        let mut options = Inspect::new(input);
        options.variables = self
            .variables(at)
            .into_iter()
            .map(|(name, text)| {
                let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
                (name, value)
            })
            .collect();
        options.context = Some(self.context(at, around));
        options.mock = self.mock(at);
        if !around.execution_arn.is_empty() {
            let arn: Arc<str> = around.execution_arn.into();
            options.identity =
                Identity { execution_arn: arn, name: around.name.into(), ..Identity::default() };
        }
        let inspection = inspect(&Arc::new(machine), &visit.name, options, Time(visit.from_us))?;
        let mut rows: Vec<(String, String)> = inspection
            .data
            .iter()
            .take(ROWS_MAX)
            .map(|(name, value)| (name.clone(), bounded(pretty(value))))
            .collect();
        if let Some(output) = &inspection.output {
            rows.push(("output".to_owned(), bounded(pretty(output.value()))));
        }
        if let (Verdict::Waiting(_), true) = (&inspection.verdict, rows.is_empty()) {
            return Err("The state waits for an answer.".to_owned());
        }
        Ok(rows)
    }

    /// The members of the context object that the history tells.
    fn context(&self, at: usize, around: Around<'_>) -> Map<String, Value> {
        let visit = &self.visits[at];
        let seconds = |us: u64| Time(us).to_string();
        let started = self.items.iter().find(|item| item.kind == "ExecutionStarted");
        let input = started.and_then(|item| item.data("input"));
        let input = input.and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let mut context = Map::new();
        let execution = json!({
            "Id": around.execution_arn,
            "Input": input.unwrap_or(Value::Null),
            "Name": around.name,
            "StartTime": seconds(self.times.first().copied().unwrap_or(0)),
        });
        context.insert("Execution".to_owned(), execution);
        let retries = visit.attempts.len().saturating_sub(1);
        let state = json!({ "Name": visit.name, "EnteredTime": seconds(visit.from_us), "RetryCount": retries });
        context.insert("State".to_owned(), state);
        if let (Some(parent), ScopeKind::Iteration(number)) =
            (self.scopes[visit.scope].parent, &self.scopes[visit.scope].kind)
        {
            let index = self.visits[parent].iterations.get(*number).map_or(0, |it| it.index);
            // The item as the iteration's first state got it: the history does not keep it otherwise.
            let first = self.visits.iter().find(|other| other.scope == visit.scope);
            let value = first.and_then(|first| self.items[first.entered].data("input"));
            let value = value.and_then(|text| serde_json::from_str::<Value>(&text).ok());
            let item = json!({ "Item": { "Index": index, "Value": value } });
            context.insert("Map".to_owned(), item);
        }
        context
    }

    /// What the state's call came back with.
    fn mock(&self, at: usize) -> Option<Mock> {
        let visit = &self.visits[at];
        if let Some(error) = visit.error {
            let item = &self.items[error];
            if item.kind == "EvaluationFailed" {
                // The state itself fails in the same way again.
                return self.result_of(at);
            }
            let failure = Failure {
                error: item.text("error").map(Into::into),
                cause: item.data("cause").map(Into::into),
            };
            return Some(Mock::Error(failure));
        }
        self.result_of(at)
    }

    fn result_of(&self, at: usize) -> Option<Mock> {
        let visit = &self.visits[at];
        let data = |text: String| Data::from_text(text).ok().map(Mock::Result);
        match visit.state_type.as_str() {
            "Task" => {
                let answers =
                    self.events_of(at).filter(|(_, item)| item.kind.ends_with("Succeeded"));
                data(answers.last()?.1.data("output")?)
            }
            "Parallel" | "Map" if visit.exited.is_some() => {
                // The outputs with which branches or iterations of the last attempt were left, in their order.
                let attempt = visit.attempts.last().map_or(0, |(event, _)| *event);
                let mut last: Vec<(u64, usize, Value)> = Vec::new();
                for inner in &self.visits {
                    let scope = &self.scopes[inner.scope];
                    if scope.parent != Some(at) || self.items[inner.entered].id <= attempt {
                        continue;
                    }
                    let order = match scope.kind {
                        ScopeKind::Branch(number) => u64::from(number),
                        ScopeKind::Iteration(number) => visit.iterations.get(number)?.index,
                        ScopeKind::Top => 0,
                    };
                    let output = self.items[inner.exited?].data("output")?;
                    let value = serde_json::from_str(&output).ok()?;
                    last.retain(|(_, scope, _)| *scope != inner.scope);
                    last.push((order, inner.scope, value));
                }
                if last.is_empty() {
                    return data(self.items[visit.exited?].data("output")?);
                }
                last.sort_by_key(|(order, ..)| *order);
                let values = last.into_iter().map(|(.., value)| value).collect();
                Some(Mock::Result(Data::new(Value::Array(values))))
            }
            _ => None,
        }
    }
}

fn pretty(value: &Value) -> String {
    // TestState gives values as text; laid out they are easier to compare.
    match value {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => {
                serde_json::to_string_pretty(&inner).unwrap_or_else(|_| text.clone())
            }
            _ => value.to_string(),
        },
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

fn attempt(item: &Item, now: u64, token_pointers: &[String]) -> Attempt {
    let resource = item.text("resource").unwrap_or_default();
    let parameters = item.data("parameters").or_else(|| item.data("input"));
    let resource = match item.text("resourceType") {
        Some(of) => format!("{of}:{resource}"),
        None => resource.to_owned(),
    };
    let given = parameters.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let function = if resource.starts_with("lambda:") {
        given.as_ref().and_then(|given| given.get("FunctionName")?.as_str())
    } else {
        Some(resource.as_str()).filter(|arn| arn.contains(":lambda:"))
    };
    let task_token = match (&given, resource.ends_with(".waitForTaskToken")) {
        (Some(given), true) => token(given, token_pointers),
        _ => None,
    };
    Attempt {
        event: item.id,
        from_us: now,
        function: function.map(function_name).unwrap_or_default(),
        task_token: task_token.unwrap_or_default(),
        parameters: parameters.map(bounded),
        resource,
        ..Attempt::default()
    }
}

/// The name in a function's ARN or name, without a qualifier.
fn function_name(given: &str) -> String {
    let name = given.split_once(":function:").map_or(given, |(_, name)| name);
    name.split(':').next().unwrap_or_default().to_owned()
}

fn execution_arn(output: &str) -> Option<String> {
    let value: Value = serde_json::from_str(output).ok()?;
    ["ExecutionArn", "executionArn"]
        .iter()
        .find_map(|member| value.get(*member)?.as_str().map(str::to_owned))
}

fn read_result(result: &str, request_id: &mut String, child_execution: &mut String) {
    let Ok(value) = serde_json::from_str::<Value>(result) else { return };
    let id = value.pointer("/SdkResponseMetadata/RequestId").and_then(Value::as_str);
    if let Some(id) = id {
        id.clone_into(request_id);
    }
    let child = value.get("ExecutionArn").and_then(Value::as_str);
    if let Some(child) = child {
        child.clone_into(child_execution);
    }
}

/// Where a state's parameters take the task token, as JSON pointers into them.
fn token_pointers(root: &Value, name: &str) -> Vec<String> {
    fn state<'a>(container: &'a Value, name: &str, depth: u32) -> Option<&'a Value> {
        let states = container.get("States")?.as_object()?;
        if let Some(found) = states.get(name) {
            return Some(found);
        }
        if depth == 0 {
            return None;
        }
        states.values().find_map(|inner| {
            let branches = inner.get("Branches").and_then(Value::as_array).into_iter().flatten();
            let processors = ["ItemProcessor", "Iterator"].into_iter().filter_map(|m| inner.get(m));
            branches.chain(processors).find_map(|inner| state(inner, name, depth - 1))
        })
    }
    fn walk(value: &Value, pointer: &str, depth: u32, found: &mut Vec<String>) {
        match value {
            Value::String(text) => {
                let inside = text.trim_start_matches("{%").trim_end_matches("%}").trim();
                if inside == "$$.Task.Token" || inside == "$states.context.Task.Token" {
                    found.push(pointer.to_owned());
                }
            }
            Value::Object(members) if depth > 0 => {
                for (key, value) in members {
                    let key = key.strip_suffix(".$").unwrap_or(key);
                    let key = key.replace('~', "~0").replace('/', "~1");
                    walk(value, &format!("{pointer}/{key}"), depth - 1, found);
                }
            }
            Value::Array(items) if depth > 0 => {
                for (at, value) in items.iter().enumerate() {
                    walk(value, &format!("{pointer}/{at}"), depth - 1, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    let root = root.get("definition").unwrap_or(root);
    if let Some(state) = state(root, name, 64) {
        for member in ["Parameters", "Arguments"] {
            if let Some(template) = state.get(member) {
                walk(template, "", 64, &mut found);
            }
        }
    }
    found
}

/// The task token in what a service was sent: where the definition puts it, or under a key that says so.
fn token(given: &Value, pointers: &[String]) -> Option<String> {
    fn named(value: &Value, depth: u32) -> Option<String> {
        match value {
            Value::Object(members) if depth > 0 => members.iter().find_map(|(key, value)| {
                let is_token = key.to_ascii_lowercase().contains("token");
                let text = value.as_str().filter(|text| is_token && !text.is_empty());
                text.map(str::to_owned).or_else(|| named(value, depth - 1))
            }),
            Value::Array(items) if depth > 0 => {
                items.iter().find_map(|value| named(value, depth - 1))
            }
            _ => None,
        }
    }
    pointers
        .iter()
        .find_map(|pointer| given.pointer(pointer).map(data_text))
        .or_else(|| named(given, 64))
}
