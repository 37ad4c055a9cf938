//! Playing a transcript: calls in order, each compared with what AWS answered.
//!
//! Rules over the data, none over a case's id: a step that needs what is not here ends the case as skipped, with the reason.

mod events;

use crate::cloud::{ACCOUNT, Cloud, is_absent};
use crate::compare::{Bindings, compare, text};
use crate::data::Outcome;
use crate::derive::{act_of, act_of_record, asks_to_fail, failure, known_behaviour};
use crate::stub::{Act, Stub};
use crate::{poller_stubs, pollers, queues};
use base64::Engine as _;
use coldstart_engine::{ApiError, Response};
use coldstart_sandbox::Sandbox;
use regex_lite::Regex;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// When the recorder's clock stood, for cases that name no time.
const EPOCH_MS: u64 = 1_795_226_785_000;
/// Zips up to this size are functions' code; larger ones were made to be refused.
const CODE_BYTES_MAX: u64 = 1_000_000;
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

    fn params(
        &mut self,
        index: usize,
        service: &str,
        operation: &str,
    ) -> Result<Map<String, Value>, Stop> {
        let step = &self.steps[index];
        match step["via"].as_str() {
            None => self.called(index, service, operation, &step["params"]),
            Some("create_lambda_function helper") => self.helper(index, &step["helper_params"]),
            Some("sqs helper") => self.subscribing_queue(&step["params"]),
            Some(via) => skip(format!("needs a helper that is not here yet: {via}")),
        }
    }

    /// `CreateFunction` as the recordings' helper calls it.
    fn helper(&mut self, index: usize, helper: &Value) -> Result<Map<String, Value>, Stop> {
        let helper = self.resolve(helper)?;
        let mut params = Map::new();
        let name = helper["func_name"].as_str().unwrap_or("function-00000001").to_owned();
        let file = helper["handler_file"].as_str();
        let own = helper.get("envvars").or(helper.pointer("/Environment/Variables"));
        let own = own.cloned().unwrap_or_default();
        let code = match file.and_then(|file| poller_stubs::module(file, &own)) {
            Some(module) => self.cloud.blob(module.map_err(Stop::Failed)?),
            None => self.code(index, &name, file)?,
        };
        params.insert("FunctionName".into(), Value::String(name));
        params.insert(
            "Runtime".into(),
            helper.get("runtime").cloned().unwrap_or_else(|| json!("python3.12")),
        );
        params.insert(
            "Handler".into(),
            helper.get("handler").cloned().unwrap_or_else(|| json!("handler.handler")),
        );
        let role = format!("arn:aws:iam::{ACCOUNT}:role/lambda-su-role");
        params.insert("Role".into(), helper.get("role").cloned().unwrap_or(Value::String(role)));
        params
            .insert("Timeout".into(), helper.get("timeout").cloned().unwrap_or_else(|| json!(30)));
        params.insert("Code".into(), json!({ "ZipFile": code }));
        let variables = helper.get("envvars").cloned().unwrap_or_else(|| json!({}));
        params.insert("Environment".into(), json!({ "Variables": variables }));
        // Whatever the helper does not know it passes on.
        for (name, value) in helper.as_object().into_iter().flatten() {
            if name.starts_with(char::is_uppercase) {
                params.insert(name.clone(), value.clone());
            }
        }
        Ok(params)
    }

    /// Parameters as a client gives them, with blobs in the engine's forms.
    fn called(
        &mut self,
        index: usize,
        service: &str,
        operation: &str,
        params: &Value,
    ) -> Result<Map<String, Value>, Stop> {
        let name = self.resolve(&params["FunctionName"])?;
        let name = name.as_str().map(function_name).unwrap_or_default();
        let mut params = params.clone();
        if let Some(zip) = params.pointer_mut("/Code/ZipFile") {
            *zip = self.zip(index, &name, zip)?;
        }
        if let Some(zip) = params.pointer_mut("/Content/ZipFile")
            && zip.get("$bytes").is_some()
        {
            // What is in a layer's package is not recorded.
            *zip = self.cloud.blob(one_file_zip());
        }
        if let Some(zip) = params.get_mut("ZipFile") {
            *zip = self.zip(index, &name, zip)?;
        }
        let is_text = params["Payload"].is_string();
        let mut params = self.resolve(&params)?;
        if (service, operation) == ("lambda", "Invoke") && is_text {
            params["Payload"] = json!({ "$text": params["Payload"] });
        }
        if let ("sqs", Value::Object(params)) = (service, &mut params) {
            queues::prepare(&mut self.cloud, self.steps, index, params);
        }
        Ok(params.as_object().cloned().unwrap_or_default())
    }

    /// A code package of which only the size is known: the module that stands in for it, or so many bytes.
    fn zip(&mut self, index: usize, function: &str, zip: &Value) -> Result<Value, Stop> {
        match zip.get("$bytes").and_then(Value::as_u64) {
            Some(bytes) if bytes > CODE_BYTES_MAX => {
                let bytes = usize::try_from(bytes)
                    .map_err(|_| Stop::Skipped("needs a package too large to make".into()))?;
                Ok(self.cloud.blob(vec![0; bytes]))
            }
            Some(_) => self.code(index, function, None),
            None if zip.is_string() => self.code(index, function, None),
            None => Ok(zip.clone()),
        }
    }

    fn code(&mut self, index: usize, function: &str, file: Option<&str>) -> Result<Value, Stop> {
        let stub = file
            .and_then(known_behaviour)
            .unwrap_or_else(|| self.recorded_behaviour(index, function));
        let module = stub.module().map_err(Stop::Failed)?;
        Ok(self.cloud.blob(module))
    }

    /// What the code must do that the step at `index` brings, from the answers to the invocations of it: those of `$LATEST` up
    /// to the next change, and those of the versions that were published of it.
    fn recorded_behaviour(&self, index: usize, function: &str) -> Stub {
        let mut acts: Vec<Act> = Vec::new();
        let mut current = 0;
        let mut versions: BTreeMap<String, usize> = BTreeMap::new();
        for (at, step) in self.steps.iter().enumerate() {
            let named = [&step["params"]["FunctionName"], &step["helper_params"]["func_name"]];
            let named = named.iter().find_map(|name| name.as_str()).unwrap_or_default();
            // A reference is to an answer about the function: nearly always the only one.
            if !named.starts_with("${") && function_name(named) != function {
                continue;
            }
            let expected = step["expect"].as_object().and_then(|all| all.values().next());
            let operation = step["op"].as_str().unwrap_or_default();
            if matches!(operation, "UpdateFunctionCode" | "CreateFunction") {
                current = at;
            }
            if operation == "PublishVersion" || step["params"]["Publish"] == true {
                let told = expected.and_then(|answer| answer["Version"].as_str());
                let number = told.map_or((versions.len() + 1).to_string(), str::to_owned);
                versions.entry(number).or_insert(current);
            }
            if operation == "Invoke"
                && let Some(answer) = expected
                && answer.get("Payload").is_some_and(|payload| payload != "")
            {
                let version = answer["ExecutedVersion"].as_str().unwrap_or_default();
                if versions.get(version).copied().unwrap_or(current) == index {
                    acts.push(act_of(answer));
                }
            }
        }
        if acts.is_empty() {
            // Nobody waited for an answer: what became of the events says it.
            acts.extend(self.steps.iter().find_map(|step| act_of_record(&step["expect"])));
        }
        if acts.is_empty() && self.steps.iter().any(asks_to_fail) {
            acts.push(failure("Test exception (this is intentional)"));
        }
        if acts.is_empty() {
            return Stub::echo();
        }
        acts.dedup();
        Stub { init: None, log: Vec::new(), sleeps: false, acts }
    }

    /// Puts values in the place of references, and of those of which only size or kind is known.
    fn resolve(&mut self, value: &Value) -> Result<Value, Stop> {
        match value {
            Value::Array(all) => all.iter().map(|value| self.resolve(value)).collect(),
            Value::String(text) if text.contains("${") => self.references(text),
            Value::Object(object) => {
                if let Some(bytes) = object.get("$bytes").and_then(Value::as_u64) {
                    let bytes = usize::try_from(bytes)
                        .map_err(|_| Stop::Skipped("needs bytes too many to make".into()))?;
                    return Ok(self.cloud.blob(vec![0; bytes]));
                }
                if let Some(hex) = object.get("$hex").and_then(Value::as_str) {
                    return Ok(Value::String(
                        base64::engine::general_purpose::STANDARD.encode(unhex(hex)),
                    ));
                }
                if object
                    .get("head")
                    .and_then(Value::as_str)
                    .is_some_and(|it| it.starts_with(['{', '[']))
                {
                    return skip("needs a document of which only the beginning was recorded");
                }
                if let Some(len) = object.get("$str_len").and_then(Value::as_u64) {
                    return Ok(Value::String("a".repeat(usize::try_from(len).unwrap_or(0))));
                }
                if let Some(at) = object.get("$ts") {
                    return Ok(at.clone());
                }
                if object.contains_key("$py") {
                    return skip("needs a value that only the recorder's program has");
                }
                let all =
                    object.iter().map(|(name, value)| Ok((name.clone(), self.resolve(value)?)));
                Ok(Value::Object(all.collect::<Result<_, _>>()?))
            }
            other => Ok(other.clone()),
        }
    }

    fn references(&mut self, text: &str) -> Result<Value, Stop> {
        let mut out = String::new();
        let text = &arns(text);
        let mut rest = text.as_str();
        while let Some(start) = rest.find("${") {
            let Some(len) = rest[start..].find('}') else { break };
            let value = self.reference(&rest[start + 2..start + len])?;
            if start == 0 && len + 1 == text.len() {
                return Ok(value);
            }
            out += &rest[..start];
            out += &value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            rest = &rest[start + len + 1..];
        }
        Ok(Value::String(out + rest))
    }

    fn reference(&mut self, reference: &str) -> Result<Value, Stop> {
        let missing =
            || skip(format!("needs a value that is not here: ${{{}}}", generic(reference)));
        let (root, path) =
            reference.split_at(reference.find(['.', '[']).unwrap_or(reference.len()));
        if let Some(queue) = root.strip_prefix("arn_of(").and_then(|rest| rest.strip_suffix(')')) {
            let url = self.reference(queue)?;
            return queues::arn_of(&mut self.cloud, &url).map_or_else(missing, Ok);
        }
        if !self.answers.contains_key(root) {
            return match self.made_by_fixture(root)? {
                Some(value) if path.is_empty() => Ok(value),
                _ => missing(),
            };
        }
        let answer = &self.answers[root];
        // A queue is what its URL names.
        if let (true, Some(url)) = (path.is_empty(), answer.get("QueueUrl")) {
            return Ok(url.clone());
        }
        let mut pointer = path.replace(['.', '['], "/").replace(']', "");
        pointer = pointer.replace("//", "/");
        let unwrapped = answer.get("CreateFunctionResponse");
        let found = answer
            .pointer(&pointer)
            .or_else(|| unwrapped.and_then(|answer| answer.pointer(&pointer)));
        match found {
            Some(value) => Ok(value.clone()),
            None if self.steps.iter().any(|step| step["id"] == root && step["raises"] == true) => {
                Ok(Value::Null)
            }
            None => missing(),
        }
    }

    /// Resources that the recordings' fixtures make with one call.
    fn made_by_fixture(&mut self, name: &str) -> Result<Option<Value>, Stop> {
        if let Some(made) = self.fixtures.get(name) {
            return Ok(Some(made.clone()));
        }
        if name == "s3_bucket" {
            // Destinations of logs name a bucket; what happens in it is another matter.
            let name = json!("test-bucket-00000000");
            self.fixtures.insert("s3_bucket".to_owned(), name.clone());
            return Ok(Some(name));
        }
        if name == "sqs_queue" {
            let params = json!({ "QueueName": "test-queue-00000000" });
            let params = params.as_object().cloned().unwrap_or_default();
            let made = self.cloud.call("sqs", "CreateQueue", params);
            let url = made.map(|response| response.output["QueueUrl"].clone());
            let url = url.map_err(|error| Stop::Failed(format!("fixture {name}: {error}")))?;
            self.fixtures.insert(name.to_owned(), url.clone());
            return Ok(Some(url));
        }
        let (operation, params, value) = match name {
            "dummylayer" => {
                let layer = self.cloud.blob(one_file_zip());
                self.fixtures.insert(name.to_owned(), layer.clone());
                return Ok(Some(layer));
            }
            "logs_log_group" => (
                "CreateLogGroup",
                json!({ "logGroupName": "test-log-group-00000000" }),
                json!("test-log-group-00000000"),
            ),
            "logs_log_stream" => {
                let group = self.made_by_fixture("logs_log_group")?.unwrap_or_default();
                let params =
                    json!({ "logGroupName": group, "logStreamName": "test-log-stream-00000000" });
                ("CreateLogStream", params, json!("test-log-stream-00000000"))
            }
            _ => return Ok(None),
        };
        match self.cloud.call("logs", operation, params.as_object().cloned().unwrap_or_default()) {
            Ok(_) => {}
            Err(error) if is_absent(&error) => {
                return Err(Stop::Skipped(absence("logs", operation, &error)));
            }
            Err(error) => return Err(Stop::Failed(format!("fixture {name}: {error}"))),
        }
        self.fixtures.insert(name.to_owned(), value.clone());
        Ok(Some(value))
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

/// A zip of one stored file, `f`.
fn one_file_zip() -> Vec<u8> {
    const CONTENT: &[u8] = b"hello";
    /// CRC-32 of it.
    const CRC: u32 = 0x3610_a686;
    let sizes = [CRC, CONTENT.len() as u32, CONTENT.len() as u32];
    let sizes: Vec<u8> = sizes.iter().flat_map(|word| word.to_le_bytes()).collect();
    // Version, flags, method, time, date; then the lengths of the name and of nothing.
    let (head, names) = ([10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0], [1, 0, 0, 0]);
    let mut zip = [b"PK\x03\x04", &head[..], &sizes, &names, b"f", CONTENT].concat();
    let at = u32::try_from(zip.len()).unwrap_or_default().to_le_bytes();
    let entry = [b"PK\x01\x02\x14\x00", &head[..], &sizes, &names, &[0; 14], b"f"].concat();
    let size = u32::try_from(entry.len()).unwrap_or_default().to_le_bytes();
    zip.extend(entry);
    zip.extend([b"PK\x05\x06", &[0, 0, 0, 0, 1, 0, 1, 0][..], &size, &at, &[0, 0]].concat());
    zip
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

/// A reference without its step's number, so that one rule covers all.
fn generic(reference: &str) -> String {
    static REGEX: OnceLock<Regex> = OnceLock::new();
    let regex = REGEX.get_or_init(|| Regex::new(r"\br[0-9]+").expect("a constant that compiles"));
    regex.replace_all(reference, "r…").into_owned()
}

/// The answer as the recorder's client library shows it.
pub fn shape(service: &str, operation: &str, answer: &Result<Response, ApiError>) -> Value {
    let metadata = |status: u16| json!({ "HTTPHeaders": {}, "HTTPStatusCode": status });
    let mut all = Map::new();
    match answer {
        Ok(response) => {
            all = response.output.as_object().cloned().unwrap_or_default();
            if (service, operation) == ("lambda", "Invoke") {
                let payload = all
                    .get("Payload")
                    .map_or(json!(""), |payload| payload.get("$text").unwrap_or(payload).clone());
                all.insert("Payload".into(), payload);
            }
            all.insert("ResponseMetadata".into(), metadata(response.status));
        }
        Err(error) => {
            let mut told = Map::new();
            told.insert("Message".into(), json!(error.message));
            told.insert("Code".into(), json!(error.code));
            // Members of errors that the public model knows are shown beside.
            let known = coldstart_engine::model::service(service)
                .is_some_and(|model| model.error_message_member(&error.code).is_some());
            if known {
                all = coldstart_wire::error_body(service, error);
            }
            all.insert("Error".into(), Value::Object(told));
            all.insert("ResponseMetadata".into(), metadata(error.status));
        }
    }
    if service == "sqs" {
        queues::shape(&mut all);
    }
    Value::Object(all)
}

/// The recordings' helpers that receive messages.
fn is_of_queues(step: &Value) -> bool {
    step["fixture"] == "sqs_collect_messages"
}

/// `arn:aws:sqs:us-east-1:${r1}:${r1}` is how a test put an ARN together from a queue's URL.
fn arns(text: &str) -> String {
    static REGEX: OnceLock<Regex> = OnceLock::new();
    let regex = REGEX.get_or_init(|| {
        Regex::new(r"arn:aws:sqs:[a-z0-9-]+:\$\{(r[0-9]+)\}:\$\{r[0-9]+\}")
            .expect("a constant that compiles")
    });
    regex.replace_all(text, "$${arn_of($1)}").into_owned()
}

/// `N validation errors detected: A; B` as the recordings' tests take it apart.
fn counted(error: &Value) -> Value {
    let message = error["Message"].as_str().unwrap_or_default();
    let (count, errors) = message.split_once(" validation error").unwrap_or(("0", ""));
    let errors = errors.split_once("detected: ").map_or("", |(_, errors)| errors);
    let errors: Vec<&str> = errors.split("; ").collect();
    json!({ "Code": error["Code"], "Count": count.parse::<u64>().unwrap_or(0), "Errors": errors })
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

/// `f` of `f`, `f:1`, `123456789012:function:f` and ARNs.
fn function_name(name: &str) -> String {
    let after = name.rsplit_once("function:").map_or(name, |(_, after)| after);
    after.split(':').next().unwrap_or_default().to_owned()
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

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .filter_map(|i| u8::from_str_radix(hex.get(i * 2..i * 2 + 2)?, 16).ok())
        .collect()
}
