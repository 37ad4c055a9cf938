//! Whole executions, compared event by event.

use super::functions::{deploy, mocks, names};
use super::normalise::{Normaliser, compact, is_before_variables};
use super::{arn, call, cloud_of, definition_text, python_json, refused, role};
use crate::cloud::Cloud;
use crate::compare::{Bindings, compare, short};
use crate::data::Outcome;
use crate::kinds::Context;
use coldstart_engine::ApiError;
use serde_json::{Map, Value, json};

/// Moments that a case's clock is moved to at most when nobody waits for them.
const DEADLINES_MAX: usize = 1_000;

/// Why a case ended early.
type Ended = Result<(), Outcome>;

/// A case in its cloud, started.
struct Played {
    cloud: Cloud,
    case: Value,
    normaliser: Normaliser,
    bindings: Bindings,
}

impl Played {
    fn new(case: &Value, context: &Context) -> Self {
        let normaliser = Normaliser::new(case);
        let cloud = cloud_of(case, context);
        Self { cloud, case: case.clone(), normaliser, bindings: Bindings::default() }
    }

    /// Makes functions, mocks and the state machine.
    fn set_up(&mut self, machine: &str, kind: &str, logging: Option<Value>) -> Ended {
        let failed = |what: &'static str| move |error: ApiError| refused(what, &error);
        deploy(&mut self.cloud, &self.case).map_err(failed("CreateFunction"))?;
        if let Some(configuration) = mocks(&self.case, machine) {
            let params = json!({ "configuration": configuration });
            let params = params.as_object().cloned().unwrap_or_default();
            let put = self.cloud.call("coldstart", "PutMockConfiguration", params);
            put.map_err(failed("PutMockConfiguration"))?;
        }
        let mut params = json!({
            "name": machine, "definition": definition_text(&self.case), "roleArn": role(), "type": kind,
        });
        if let Some(logging) = logging {
            params["loggingConfiguration"] = logging;
        }
        call(&mut self.cloud, "CreateStateMachine", params)
            .map_err(failed("CreateStateMachine"))?;
        Ok(())
    }

    /// The parameters of a start.
    fn start_params(&self, machine: &str, name: &str) -> Value {
        let mut params =
            json!({ "stateMachineArn": arn(&format!("stateMachine:{machine}")), "name": name });
        if self.case["inputOmitted"] != true {
            params["input"] = match self.case["inputText"].as_str() {
                Some(text) => json!(text),
                None => json!(python_json(&self.case["input"])),
            };
        }
        params
    }

    /// Lets time pass until the execution has ended.
    fn run_to_end(&mut self, execution_arn: &str) -> Result<Value, Outcome> {
        for _ in 0..DEADLINES_MAX {
            self.cloud.settle();
            let params = json!({ "executionArn": execution_arn });
            let described = call(&mut self.cloud, "DescribeExecution", params)
                .map_err(|error| refused("DescribeExecution", &error))?;
            if described["status"] != "RUNNING" || !self.cloud.advance_to_deadline() {
                return Ok(described);
            }
        }
        Err(Outcome::Failed("does not come to an end".into()))
    }

    fn history(&mut self, execution_arn: &str) -> Result<Vec<Value>, Outcome> {
        let mut events = Vec::new();
        let mut params = json!({ "executionArn": execution_arn, "maxResults": 1000 });
        loop {
            let page = call(&mut self.cloud, "GetExecutionHistory", params.clone())
                .map_err(|error| refused("GetExecutionHistory", &error))?;
            events.extend(page["events"].as_array().cloned().unwrap_or_default());
            match page.get("nextToken") {
                Some(token) => params["nextToken"] = token.clone(),
                None => return Ok(events),
            }
        }
    }

    fn compare(&mut self, what: &str, expected: &Value, ours: &Value) -> Ended {
        let ours = self.normaliser.ours(expected, ours);
        compare(&compact(expected), &ours, &mut self.bindings)
            .map_err(|why| Outcome::Failed(format!("{what}{why}")))
    }

    /// Runs everything again from the saved session.
    fn replays(&mut self) -> Ended {
        self.cloud.check_replay().map_err(Outcome::Failed)
    }

    /// The lines that went to the log group of the case.
    fn log_lines(&mut self) -> Result<Vec<Value>, Outcome> {
        let params = json!({ "logGroupName": LOG_GROUP });
        let params = params.as_object().cloned().unwrap_or_default();
        let answer = self.cloud.call("logs", "FilterLogEvents", params);
        let output = answer.map_err(|error| refused("FilterLogEvents", &error))?.output;
        let events = output["events"].as_array().cloned().unwrap_or_default();
        let messages = events.iter().filter_map(|event| event["message"].as_str());
        Ok(messages.filter_map(|message| serde_json::from_str(message).ok()).collect())
    }
}

const LOG_GROUP: &str = "/aws/vendedlogs/states/recorded";

fn logging(level: &str, include_execution_data: bool) -> Value {
    let group = format!("arn:aws:logs:us-east-1:{}:log-group:{LOG_GROUP}:*", crate::cloud::ACCOUNT);
    json!({
        "level": level, "includeExecutionData": include_execution_data,
        "destinations": [{ "cloudWatchLogsLogGroup": { "logGroupArn": group } }],
    })
}

/// The logging that recorded lines come from: the recorder does not say, its lines do.
fn logging_of(lines: &Value) -> Option<Value> {
    let lines = lines.as_array()?;
    let has = |kind: &str| lines.iter().any(|line| line["type"] == kind);
    let only_ends = lines
        .iter()
        .all(|line| line["type"].as_str().is_some_and(|kind| kind.starts_with("Execution")));
    let level = match (has("ExecutionStarted"), only_ends) {
        (true, _) => "ALL",
        (false, true) => "FATAL",
        (false, false) => "ERROR",
    };
    let with_data = lines.iter().any(|line| {
        line["details"].get("input").is_some() || line["details"].get("output").is_some()
    });
    Some(logging(level, with_data))
}

/// An execution of a standard state machine.
pub(crate) fn standard(case: &Value, context: &Context) -> Outcome {
    outcome(run_standard(case, context))
}

fn outcome(ended: Ended) -> Outcome {
    match ended {
        Ok(()) => Outcome::Passed,
        Err(outcome) => outcome,
    }
}

fn run_standard(case: &Value, context: &Context) -> Ended {
    let (machine, name) = names(case);
    let expect = &case["expect"];
    let logged = &expect["also"]["logged_execution_events"];
    let mut played = Played::new(case, context);
    played.set_up(&machine, "STANDARD", logging_of(logged))?;
    let params = played.start_params(&machine, &name);
    call(&mut played.cloud, "StartExecution", params).map_err(|e| refused("StartExecution", &e))?;
    let execution_arn = arn(&format!("execution:{machine}:{name}"));
    if expect["status"] == "ABORTED" {
        played.cloud.advance_ms(1_000);
        let params = json!({ "executionArn": execution_arn });
        let stopped = call(&mut played.cloud, "StopExecution", params)
            .map_err(|error| refused("StopExecution", &error))?;
        if let Some(expected) = expect["also"].get("stop_res") {
            played.compare("StopExecution", expected, &stopped)?;
        }
    }
    let described = played.run_to_end(&execution_arn)?;
    if let Some(history) = expect["history"].as_array() {
        let ours = played.history(&execution_arn)?;
        histories(&mut played, history, ours)?;
    }
    let parts = ["status", "output", "error", "cause"];
    let of = |from: &Value| -> Value {
        let found =
            parts.iter().filter_map(|name| Some(((*name).to_owned(), from.get(*name)?.clone())));
        Value::Object(found.collect::<Map<_, _>>())
    };
    let mut expected = of(expect);
    // A failure's error and cause are recorded where the recorder described the execution.
    let mut ours = of(&described);
    if let (Value::Object(expected), Value::Object(ours)) = (&mut expected, &mut ours) {
        ours.retain(|name, _| expected.contains_key(name) || name == "output");
    }
    // The recorder took the outcome from the last event.
    let ours = played.normaliser.ours_within(&["executionSucceededEventDetails"], &expected, &ours);
    compare(&compact(&expected), &ours, &mut played.bindings)
        .map_err(|why| Outcome::Failed(format!("execution{why}")))?;
    if let Some(expected) = expect.get("describe") {
        played.compare("DescribeExecution", expected, &described)?;
    }
    if let Some(expected) = logged.as_array() {
        let lines = played.log_lines()?;
        played.compare("log", &json!(expected), &json!(lines))?;
    }
    played.replays()
}

fn types(events: &[Value]) -> String {
    let shown = events.iter().map(|event| {
        let kind = event["type"].as_str().unwrap_or_default();
        format!("{}<{} {kind}", event["id"], event["previousEventId"])
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn histories(played: &mut Played, expected: &[Value], ours: Vec<Value>) -> Ended {
    let normalised = ours
        .iter()
        .enumerate()
        .map(|(at, event)| played.normaliser.ours(expected.get(at).unwrap_or(&Value::Null), event));
    let ours: Vec<Value> = normalised.collect();
    if played.case["expect"]["historyNormalised"] == true {
        return as_multisets(played, expected, ours);
    }
    let older = is_before_variables(&played.case);
    for (at, (wanted, actual)) in expected.iter().zip(&ours).enumerate() {
        let mut actual = actual.clone();
        // Until late in 2024 the end of a map run was a link of the chain.
        if older && wanted["type"] == "MapStateExited" {
            let id = wanted["previousEventId"].as_u64().and_then(|id| usize::try_from(id).ok());
            let before = id.and_then(|id| expected.get(id.checked_sub(1)?));
            if before.is_some_and(|event| event["type"] == "MapRunSucceeded") {
                actual["previousEventId"] = wanted["previousEventId"].clone();
            }
        }
        compare(&compact(wanted), &actual, &mut played.bindings).map_err(|why| {
            let kind = wanted["type"].as_str().unwrap_or_default();
            Outcome::Failed(format!("event {} {kind}: {why}", at + 1))
        })?;
    }
    if expected.len() == ours.len() {
        return Ok(());
    }
    let why = format!("{} events, not {}: {}", ours.len(), expected.len(), types(&ours));
    Err(Outcome::Failed(why))
}

/// Cases whose branches came in any order: every recorded event is among ours.
fn as_multisets(played: &mut Played, expected: &[Value], mut ours: Vec<Value>) -> Ended {
    for event in expected {
        let matches = |actual: &Value| {
            let mut actual = actual.clone();
            if event["id"].is_array() {
                actual["id"] = event["id"].clone();
                actual["previousEventId"] = event["previousEventId"].clone();
            }
            actual["type"] == event["type"]
                && compare(&compact(event), &actual, &mut played.bindings.clone()).is_ok()
        };
        let Some(at) = ours.iter().position(matches) else {
            return Err(Outcome::Failed(format!(
                "no event is {}; ours: {}",
                short(event),
                types(&ours)
            )));
        };
        ours.remove(at);
    }
    // The recorder left the ends of branches out.
    ours.retain(|event| {
        let kind = event["type"].as_str().unwrap_or_default();
        !["ParallelStateSucceeded", "ParallelStateFailed", "ParallelStateExited"].contains(&kind)
    });
    if ours.is_empty() {
        return Ok(());
    }
    Err(Outcome::Failed(format!("more events than recorded: {}", types(&ours))))
}

/// StartSyncExecution. What it bills is a time of AWS's machines: that it bills is compared.
pub(crate) fn express_sync(case: &Value, context: &Context) -> Outcome {
    let run = || -> Ended {
        let (machine, name) = names(case);
        let mut played = Played::new(case, context);
        played.set_up(&machine, "EXPRESS", None)?;
        let params = played.start_params(&machine, &name);
        let mut answer = call(&mut played.cloud, "StartSyncExecution", params)
            .map_err(|error| refused("StartSyncExecution", &error))?;
        as_python_answers(&mut answer);
        let expected = &case["expect"]["syncResponse"];
        if answer["billingDetails"]["billedDurationInMilliseconds"]
            .as_u64()
            .is_some_and(|ms| ms % 100 == 0)
        {
            answer["billingDetails"] = expected["billingDetails"].clone();
        }
        played.compare("StartSyncExecution", expected, &answer)?;
        played.replays()
    };
    outcome(run())
}

/// The recorder's functions were written in Python, which puts blanks into the JSON that it answers; the length of an answer
/// counts them.
fn as_python_answers(answer: &mut Value) {
    let parsed = answer["output"].as_str().and_then(|text| serde_json::from_str(text).ok());
    let Some(mut output): Option<Value> = parsed else { return };
    lengthen(&mut output);
    answer["output"] = json!(output.to_string());
}

fn lengthen(value: &mut Value) {
    let Value::Object(members) = value else { return };
    let payload = members.get("Payload").filter(|payload| payload.is_object()).cloned();
    if let (Some(payload), Some(http)) = (payload, members.get_mut("SdkHttpMetadata")) {
        let text = http.to_string().replace(
            &format!("\"{}\"", payload.to_string().len()),
            &format!("\"{}\"", python_json(&payload).len()),
        );
        *http = serde_json::from_str(&text).unwrap_or_default();
    }
    members.values_mut().for_each(lengthen);
}

/// An express execution that nobody waits for: its end is in its log.
pub(crate) fn express_async(case: &Value, context: &Context) -> Outcome {
    let run = || -> Ended {
        let (machine, name) = names(case);
        let mut played = Played::new(case, context);
        played.set_up(&machine, "EXPRESS", Some(logging("ALL", true)))?;
        let params = played.start_params(&machine, &name);
        call(&mut played.cloud, "StartExecution", params)
            .map_err(|e| refused("StartExecution", &e))?;
        played.cloud.settle();
        let lines = played.log_lines()?;
        let last = lines.last().cloned().unwrap_or_default();
        let status = last["type"].as_str().unwrap_or_default().trim_start_matches("Execution");
        played.compare("status", &case["expect"]["status"], &json!(status.to_uppercase()))?;
        played.compare("log", &case["expect"]["also"]["end_event"], &last)?;
        played.replays()
    };
    outcome(run())
}
