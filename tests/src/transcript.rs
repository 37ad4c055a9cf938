//! Playing a transcript: calls in order, each compared with what AWS answered.
//!
//! Rules over the data, none over a case's id: a step that needs what is not here ends the case as skipped, with the reason.

mod events;
mod params;
mod references;
mod shapes;

use crate::cloud::{ACCOUNT, Cloud, is_absent};
use crate::compare::{Bindings, compare, text};
use crate::data::Outcome;
use crate::{pollers, queues};
use coldstart_engine::{ApiError, Response};
use coldstart_sandbox::Sandbox;
use regex_lite::Regex;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use shapes::counted;
pub use shapes::shape;

/// When the recorder's clock stood, for cases that name no time.
const EPOCH_MS: u64 = 1_795_226_785_000;
/// Pages of a list that are followed at most.
const PAGES_MAX: usize = 100;

/// Why a step could not be played to its end.
pub enum Stop {
    /// The answer differs.
    Failed(String),
    /// A rule says so.
    Skipped(String),
}

/// A cloud with the answers so far.
pub struct Player<'a> {
    /// The cloud.
    pub cloud: Cloud,
    /// What placeholders stand for.
    pub bindings: Bindings,
    steps: &'a [Value],
    answers: BTreeMap<String, Value>,
    fixtures: BTreeMap<String, Value>,
}

/// The step of whose log events a check drew its lines: the recorder kept the first event in the place of all that the test chose.
fn drawn_from(step: &Value) -> Option<&str> {
    let [value] = step["value"].as_array()?.as_slice() else { return None };
    value.as_str()?.strip_prefix("${")?.strip_suffix(".events[0].message}")
}

fn lines_of(step: &Value) -> Option<Vec<&str>> {
    step["content"].as_array()?.iter().map(Value::as_str).collect()
}

/// Whether all lines are in the log, in this order.
fn are_logged(wanted: &[&str], answer: &Value, bindings: &mut Bindings) -> bool {
    let events = answer["events"].as_array().into_iter().flatten();
    let mut given = events.filter_map(|event| event["message"].as_str()).map(str::trim_end);
    wanted.iter().all(|wanted| given.by_ref().any(|given| text(wanted, given, bindings)))
}

/// Plays a whole transcript.
pub fn play(case: &Value, sandbox: Arc<dyn Sandbox>) -> Outcome {
    let steps = case["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut player = Player::new(steps, case, sandbox);
    for (index, step) in steps.iter().enumerate() {
        match player.step(index) {
            Ok(()) => {}
            Err(Stop::Failed(why)) => {
                let name = step["op"].as_str().or(step["check"].as_str()).unwrap_or("step");
                return Outcome::Failed(format!(
                    "{} {name}: {why}",
                    step["id"].as_str().unwrap_or("?")
                ));
            }
            Err(Stop::Skipped(rule)) => return Outcome::Skipped(rule),
        }
    }
    match player.cloud.check_replay() {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

impl<'a> Player<'a> {
    /// An empty cloud for these steps. `case` is looked at for the time at which it was recorded.
    pub fn new(steps: &'a [Value], case: &Value, sandbox: Arc<dyn Sandbox>) -> Self {
        let epoch_ms = earliest_time(case).map_or(EPOCH_MS, |ms| ms.saturating_sub(1000));
        Self {
            cloud: Cloud::new(sandbox, epoch_ms),
            bindings: Bindings::default(),
            steps,
            answers: BTreeMap::new(),
            fixtures: BTreeMap::new(),
        }
    }

    /// Plays one step.
    ///
    /// # Errors
    /// What differs, or the rule by which the case is skipped.
    pub fn step(&mut self, index: usize) -> Result<(), Stop> {
        let step = &self.steps[index];
        // A mapping that was looked at while it was being deleted.
        let deleting = step["op"] == "GetEventSourceMapping"
            && step["raises"] != true
            && index > 0
            && self.steps[index - 1]["op"] == "DeleteEventSourceMapping";
        // Queues are looked at while time stands still.
        if !deleting
            && !shows_work_in_progress(step)
            && step["service"] != "sqs"
            && !is_of_queues(step)
            && !events::is_not_waited_for(step)
        {
            self.cloud.settle();
        }
        if let Some(waiter) = step["wait"].as_str() {
            return self.wait(step, waiter);
        }
        if step["helper"] == "lambda_log_events" && step["params"]["function_name"].is_null() {
            let name = self.first_function();
            let events = pollers::logged_events(&mut self.cloud, &name).map_err(Stop::Failed)?;
            return self.take(step, events);
        }
        if step["check"].is_string() {
            return self.check(step);
        }
        if let Some(fixture) = step["fixture"].as_str() {
            return self.fixture(step, fixture);
        }
        if step["http"].is_string() {
            return skip("needs a plain HTTP request to a URL of the cloud");
        }
        if let Some(played) = step["helper"].as_str().and_then(|name| self.by_helper(step, name)) {
            return played;
        }
        if (&step["service"], &step["op"]) == (&json!("logs"), &json!("read")) {
            // Only says that logs are read next.
            return Ok(());
        }
        let (Some(service), Some(operation)) = (step["service"].as_str(), step["op"].as_str())
        else {
            return skip(format!(
                "has a step of a kind that cannot be expressed as a call: {}",
                kind_of(step)
            ));
        };
        if (service, operation) == ("sts", "GetCallerIdentity") {
            // Only says which account this is.
            let arn = format!("arn:aws:iam::{ACCOUNT}:root");
            return self.take(step, json!({ "Account": ACCOUNT, "Arn": arn, "UserId": ACCOUNT }));
        }
        if let Some(message) = step["expect"].as_object().and_then(|all| {
            all.values().find_map(|answer| answer.pointer("/Error/Message")?.as_str())
        }) && self.is_of_another_request(index, &step["params"], message)
        {
            return skip(ANOTHER_REQUEST);
        }
        let params = self.params(index, service, operation)?;
        if step["paginate"] == true {
            let all = self.pages(service, operation, params)?;
            return self.take(step, all);
        }
        let answer = match service {
            "sqs" => {
                // Messages that a later step speaks of were waited for.
                let told = if self.is_used(index) {
                    json!({ "messages": { "Messages": [] } })
                } else {
                    step["expect"].clone()
                };
                queues::call(&mut self.cloud, operation, &params, &told)
            }
            _ => self.cloud.call(service, operation, params),
        };
        let shaped = shape(service, operation, &answer);
        match (&answer, step["raises"] == true) {
            (Err(error), _) if is_absent(error) => return skip(absence(service, operation, error)),
            (Err(error), false) => return Err(Stop::Failed(format!("was refused: {error}"))),
            (Ok(_), true) => return Err(Stop::Failed("was not refused".into())),
            _ => {}
        }
        let mut shaped = shaped;
        if service == "sqs" {
            queues::protocol(&mut shaped, &step["expect"]);
        }
        let shaped = if step["via"] == "create_lambda_function helper" && answer.is_ok() {
            // The helper waits for the function to become active.
            self.cloud.settle();
            json!({ "CreateFunctionResponse": shaped, "CreateEventSourceMappingResponse": null })
        } else {
            shaped
        };
        self.take(step, shaped)
    }

    /// Calls the operation of a case that stands alone, after the steps before it.
    ///
    /// # Errors
    /// The rule by which the case is skipped.
    pub fn request(
        &mut self,
        index: usize,
        case: &Value,
    ) -> Result<Result<Response, ApiError>, Stop> {
        let (service, operation) =
            (case["service"].as_str().unwrap_or_default(), case["op"].as_str().unwrap_or_default());
        let request = &case["request"];
        let message = case["expect"]["message"].as_str().unwrap_or_default();
        if self.is_of_another_request(index, request, message) {
            return skip(ANOTHER_REQUEST);
        }
        let params = match request.get("helper") {
            Some(helper) => self.helper(index, helper)?,
            None => self.called(index, service, operation, request)?,
        };
        Ok(self.cloud.call(service, operation, params))
    }

    /// Keeps a step's answer and compares it with all that was recorded of it.
    fn take(&mut self, step: &Value, answer: Value) -> Result<(), Stop> {
        let expected = step["expect"].as_object().cloned().unwrap_or_default();
        for (name, expected) in &expected {
            let unwrapped = &answer["CreateFunctionResponse"];
            let bare = expected.get("CreateFunctionResponse").is_none() && unwrapped.is_object();
            let actual = if bare { unwrapped } else { &answer };
            compare(expected, actual, &mut self.bindings)
                .map_err(|why| Stop::Failed(format!("{name}{why}")))?;
        }
        if let Some(id) = step["id"].as_str() {
            self.answers.insert(id.to_owned(), answer);
        }
        Ok(())
    }

    /// Whether messages of this step's answer are named later, when nothing of the answer was recorded.
    fn is_used(&self, index: usize) -> bool {
        let Some(id) = self.steps[index]["id"].as_str() else { return false };
        let messages = format!("${{{id}.Messages[");
        self.steps[index]["expect"].is_null()
            && self.steps[index + 1..].iter().any(|step| step.to_string().contains(&messages))
    }

    /// The function that the case is about, when a step does not name one.
    fn first_function(&self) -> String {
        let mut named =
            self.steps.iter().filter_map(|step| step["helper_params"]["func_name"].as_str());
        named.next().unwrap_or_default().to_owned()
    }

    /// What a loop that begins with this answer gathers.
    fn gathered(&mut self, id: &str) -> Result<Vec<Value>, Stop> {
        let key = format!("gathered from {id}");
        if let Some(Value::Array(known)) = self.fixtures.get(&key) {
            return Ok(known.clone());
        }
        let steps = self.steps;
        let step = steps.iter().find(|step| step["id"] == id).unwrap_or(&Value::Null);
        let url = self.resolve(&step["params"]["QueueUrl"])?;
        let first = self.answers.get(id).cloned().unwrap_or_default();
        let messages = pollers::gather(&mut self.cloud, &url, &first).map_err(Stop::Failed)?;
        self.fixtures.insert(key, Value::Array(messages.clone()));
        Ok(messages)
    }

    fn wait(&mut self, step: &Value, waiter: &str) -> Result<(), Stop> {
        self.cloud.settle();
        if waiter == "await_event_source_mapping_enabled" {
            return self.wait_for_mapping(&step["args"][0]);
        }
        let operation = match waiter {
            "function_active" | "function_updated" => "GetFunctionConfiguration",
            "function_exists"
            | "function_active_v2"
            | "function_updated_v2"
            | "published_version_active" => "GetFunction",
            _ => return skip(format!("needs a waiter that is not here yet: {waiter}")),
        };
        let params = self.resolve(&step["params"])?;
        let params = params.as_object().cloned().unwrap_or_default();
        match self.cloud.call("lambda", operation, params) {
            Ok(response) => {
                let configuration =
                    response.output.get("Configuration").unwrap_or(&response.output);
                let done = configuration["State"] == "Active"
                    && configuration["LastUpdateStatus"] != "InProgress";
                if done { Ok(()) } else { Err(Stop::Failed(format!("{waiter} never came true"))) }
            }
            Err(error) if is_absent(&error) => skip(absence("lambda", operation, &error)),
            Err(error) => Err(Stop::Failed(format!("{waiter}: {error}"))),
        }
    }

    fn wait_for_mapping(&mut self, uuid: &Value) -> Result<(), Stop> {
        let params = json!({ "UUID": self.resolve(uuid)? });
        let params = params.as_object().cloned().unwrap_or_default();
        match self.cloud.call("lambda", "GetEventSourceMapping", params) {
            Ok(response) if response.output["State"] == "Enabled" => Ok(()),
            Ok(_) => Err(Stop::Failed("the mapping was never enabled".into())),
            Err(error) => Err(Stop::Failed(format!("the mapping: {error}"))),
        }
    }

    /// A value that the test looked at: part of an answer, or one that it made of an answer in a way that is not recorded.
    fn check(&mut self, step: &Value) -> Result<(), Stop> {
        let (expected, value) = (&step["content"], &step["value"]);
        let fail = |why| Err(Stop::Failed(why));
        if let (Some(id), Some(wanted)) = (drawn_from(step), lines_of(step)) {
            let Some(answer) = self.answers.get(id) else { return Ok(()) };
            if are_logged(&wanted, answer, &mut self.bindings) {
                return Ok(());
            }
            return fail(format!("not in this order in the log: {wanted:?}"));
        }
        if let Some((id, in_bodies)) = pollers::gathered(value)
            && expected.is_array()
        {
            let messages = self.gathered(id)?;
            let list = if in_bodies { pollers::records(&messages) } else { messages };
            return compare(expected, &Value::Array(list), &mut self.bindings).or_else(fail);
        }
        if expected.get("total_batches_received").is_some() {
            // How many messages a loop got, each with a batch in it.
            let steps = self.steps;
            let loops = steps.iter().find_map(|step| pollers::gathered(&step["value"]));
            let Some((id, _)) = loops else { return Ok(()) };
            let count = json!({ "total_batches_received": self.gathered(id)?.len() });
            return compare(expected, &count, &mut self.bindings).or_else(fail);
        }
        // `{k: v for k, v in r3.items() if …}`: a part of the whole answer.
        if let Some(Value::String(reference)) = value.get("k") {
            let id =
                reference.trim_start_matches("${").split(['.', '}']).next().unwrap_or_default();
            let Some(whole) = self.answers.get(id).and_then(Value::as_object) else {
                return Ok(());
            };
            let wanted = expected.as_object().cloned().unwrap_or_default();
            let part: Map<String, Value> = whole
                .iter()
                .filter(|(name, _)| wanted.contains_key(*name))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect();
            return compare(expected, &Value::Object(part), &mut self.bindings).or_else(fail);
        }
        if !value.to_string().contains("${") {
            // Computed by the test itself: only its result was recorded.
            return Ok(());
        }
        if let Some(all) = self.received_in_a_loop(step) {
            return self.in_any_order(&expected["Messages"], &all?["Messages"]);
        }
        let actual = self.resolve(value)?;
        let is_count = expected["Count"].is_number() && expected["Errors"].is_array();
        let actual = if is_count { counted(&actual) } else { actual };
        if let (Some(wanted), Some(given)) =
            (expected["Errors"].as_array(), actual["Errors"].as_array())
        {
            if expected["Count"] != actual["Count"] || wanted.len() != given.len() {
                return fail(format!("expected {expected}, got {actual}"));
            }
            let mut left: Vec<&str> = given.iter().filter_map(Value::as_str).collect();
            for wanted in wanted.iter().filter_map(Value::as_str) {
                match left.iter().position(|given| text(wanted, given, &mut self.bindings)) {
                    Some(at) => drop(left.remove(at)),
                    None => return fail(format!("expected {wanted:?} among {left:?}")),
                }
            }
            return compare(&expected["Code"], &actual["Code"], &mut self.bindings).or_else(fail);
        }
        if let (Some(wanted), Some(given)) = (expected.as_array(), actual.as_array())
            && given.len() < wanted.len()
        {
            // A list that the test drew from an answer in a loop, of which the recorder kept the first rounds only.
            let first = Value::Array(wanted[..given.len()].to_vec());
            return compare(&first, &actual, &mut self.bindings).or_else(fail);
        }
        compare(expected, &actual, &mut self.bindings).or_else(fail)
    }

    fn fixture(&mut self, step: &Value, fixture: &str) -> Result<(), Stop> {
        if let Some(id) = fixture.strip_suffix(".build_full_result") {
            let whole = self.answers.get(id).cloned();
            let whole = whole
                .ok_or_else(|| Stop::Skipped("needs an answer that was not recorded".into()))?;
            return self.take(step, whole);
        }
        if fixture == "check_lambda_logs" {
            return self.check_logs(step);
        }
        if is_of_queues(step) {
            let url = self.resolve(&step["args"][0])?;
            let messages = queues::collect(&mut self.cloud, &url, step).map_err(Stop::Failed)?;
            return self.take(step, messages);
        }
        if let Some(called) = self.call_of_fixture(step, fixture) {
            return called;
        }
        skip(format!("needs a fixture that cannot be expressed as calls: {fixture}"))
    }

    /// Each expected pattern is found in the function's log.
    fn check_logs(&mut self, step: &Value) -> Result<(), Stop> {
        let name = self.resolve(&step["args"][0])?;
        let group = format!("/aws/lambda/{}", name.as_str().unwrap_or_default());
        let params = json!({ "logGroupName": group });
        let events =
            self.pages("logs", "FilterLogEvents", params.as_object().cloned().unwrap_or_default())?;
        let lines: Vec<&str> = events["events"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|e| e["message"].as_str())
            .collect();
        for wanted in step["params"]["expected_lines"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            // Python's dialect takes a lone brace as itself.
            let pattern = wanted.replace("{}", "\\{\\}");
            let regex = Regex::new(&pattern).map_err(|error| {
                Stop::Skipped(format!("has a pattern that cannot be read: {error}"))
            })?;
            if !lines.iter().any(|line| regex.is_match(line)) {
                return Err(Stop::Failed(format!(
                    "no line of {group} matches {wanted:?}: {lines:?}"
                )));
            }
        }
        Ok(())
    }

    /// Follows the pages of a list and puts them together, as a client's paginator does.
    fn pages(
        &mut self,
        service: &str,
        operation: &str,
        mut params: Map<String, Value>,
    ) -> Result<Value, Stop> {
        params.remove("PaginationConfig");
        let mut all = Map::new();
        for _ in 0..PAGES_MAX {
            let page = match self.cloud.call(service, operation, params.clone()) {
                Ok(page) => page.output,
                Err(error) if is_absent(&error) => {
                    return Err(Stop::Skipped(absence(service, operation, &error)));
                }
                Err(error) => return Err(Stop::Failed(format!("was refused: {error}"))),
            };
            let mut next = None;
            for (name, value) in page.as_object().into_iter().flatten() {
                match value {
                    Value::Array(more) => {
                        match all.entry(name.clone()).or_insert_with(|| json!([])) {
                            Value::Array(list) => list.extend(more.iter().cloned()),
                            other => *other = value.clone(),
                        }
                    }
                    Value::String(token) if name == "NextMarker" => {
                        next = Some(("Marker", token.clone()))
                    }
                    Value::String(token) if name == "nextToken" => {
                        next = Some(("nextToken", token.clone()))
                    }
                    Value::String(token) if name == "NextToken" => {
                        next = Some(("NextToken", token.clone()))
                    }
                    _ => {}
                }
            }
            match next {
                Some((name, token))
                    if params.get(name).and_then(Value::as_str) != Some(token.as_str()) =>
                {
                    params.insert(name.to_owned(), Value::String(token));
                }
                _ => break,
            }
        }
        Ok(Value::Object(all))
    }

    /// Whether the recorded refusal belongs to a request that the test altered before it sent it, in a way that was not
    /// recorded: it quotes an ARN that no request has, or misses a function whose ARN was just taken from an answer.
    fn is_of_another_request(&self, index: usize, params: &Value, message: &str) -> bool {
        if quotes_altered_arn(message) {
            return true;
        }
        let named = params["FunctionName"].as_str().unwrap_or_default();
        let Some(id) = named.strip_prefix("${").and_then(|name| {
            name.strip_suffix("Configuration.FunctionArn}").or(name.strip_suffix("FunctionArn}"))
        }) else {
            return false;
        };
        let missed = matches!(message, "Function does not exist" | "The function doesn't exist.");
        let deleted = self.steps[..index.min(self.steps.len())]
            .iter()
            .any(|step| step["op"] == "DeleteFunction" && step["raises"] != true);
        missed && !deleted && self.answers.contains_key(id.trim_end_matches('.'))
    }
}

const ANOTHER_REQUEST: &str =
    "was refused for a value that the recorded request does not have: the test altered it";

/// What a refusal quotes with apostrophes, and functions' ARNs of a service that has none.
fn quotes_altered_arn(message: &str) -> bool {
    static REGEX: OnceLock<Regex> = OnceLock::new();
    let regex = REGEX.get_or_init(|| {
        Regex::new("arn:<partition>:([^:]+):<region>:[0-9]{12}:function:")
            .expect("a constant that compiles")
    });
    regex.captures_iter(message).any(|found| &found[1] != "lambda")
}

fn skip<T>(rule: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Skipped(rule.into()))
}

/// The rule under which a case falls that needs what we refuse by name.
pub fn absence(service: &str, operation: &str, error: &ApiError) -> String {
    match (&error.message, error.status) {
        (Some(message), 501) if !message.contains(&format!("{service}:{operation}")) => {
            format!(
                "needs a feature that is refused by name: {}",
                message.trim_start_matches("Coldstart does not emulate ")
            )
        }
        _ => format!("needs an operation that is not here yet: {service}:{operation}"),
    }
}

/// The recordings' helpers that receive messages.
fn is_of_queues(step: &Value) -> bool {
    step["fixture"] == "sqs_collect_messages"
}

/// A step that was taken while a change was still going on, as its recorded answer shows.
fn shows_work_in_progress(step: &Value) -> bool {
    let expected = step["expect"].to_string();
    let reads =
        step["op"].as_str().is_some_and(|op| op.starts_with("Get") || op.starts_with("List"));
    expected.contains("An update is in progress")
        || expected.contains("is currently in the following state: Pending")
        || (reads && (expected.contains("\"InProgress\"") || expected.contains("\"Pending\"")))
}

fn kind_of(step: &Value) -> String {
    let kinds = ["helper", "via", "http", "fixture", "service", "op"];
    kinds.iter().find_map(|kind| step[*kind].as_str()).unwrap_or("unknown").to_owned()
}

/// The earliest Unix time in milliseconds that a case's parameters name.
fn earliest_time(case: &Value) -> Option<u64> {
    match case {
        Value::Number(number) => {
            number.as_u64().filter(|ms| (1_500_000_000_000..2_500_000_000_000).contains(ms))
        }
        Value::Array(all) => all.iter().filter_map(earliest_time).max(),
        Value::Object(all) => all
            .iter()
            .filter(|(name, _)| *name != "expect")
            .filter_map(|(_, v)| earliest_time(v))
            .max(),
        _ => None,
    }
}
