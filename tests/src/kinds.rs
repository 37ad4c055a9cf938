//! The kinds of cases that are known, and how each is run.

use crate::cloud::{ACCOUNT, Cloud, is_absent};
use crate::compare::{Bindings, compare, text};
use crate::data::Outcome;
use crate::derive::{act_of, failed_in_init, pieces};
use crate::stub::{Act, Piece, Stub};
use crate::transcript::{Player, Stop, absence, play, shape};
use coldstart_sandbox::Sandbox;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What cases are run with.
#[derive(Default)]
pub struct Context {
    /// All transcripts, by id: an error case names the one that it was taken from.
    pub transcripts: BTreeMap<String, Value>,
    /// All executions of state machines, by id: a case of one field is a part of one.
    pub executions: BTreeMap<String, Value>,
    /// The documents of JSONata's own suite, by name.
    pub datasets: Value,
}

impl Context {
    /// What runs modules; a new one for each case, as sandboxes need not be shared between threads.
    pub fn sandbox(&self) -> Arc<dyn Sandbox> {
        Arc::new(coldstart_sandbox::WasmiSandbox::new())
    }
}

/// Runs one case.
pub type Run = fn(&Value, &Context) -> Outcome;

/// The part of a file's cases that must pass: all that AWS answered. Linters, a library's own suite and another interpreter are
/// not AWS; docs/FIDELITY.md explains where ours differ from them.
pub fn floor(kind: &str) -> f64 {
    match kind {
        "lambda/sqs_scenario" | "lambda/esm_scenario" => 0.95,
        "lambda/eventbridge_scenario" => 0.97,
        "lambda/logs_scenario" | "lambda/logs_api_error" => 0.95,
        "stepfunctions/lint" => 0.97,
        "stepfunctions/jsonata-suite" => 0.998,
        "stepfunctions/als-unit" => 0.85,
        "lambda/lambda_api_error" => 0.98,
        "lambda/lambda_api_scenario" => 0.96,
        "lambda/lambda_invoke_scenario" => 0.95,
        _ => 1.0,
    }
}

/// The runner of a kind of case, by its file's path without ending; none when the kind is not supported yet.
pub fn runner(kind: &str) -> Option<Run> {
    let (area, name) = kind.split_once('/')?;
    if area == "stepfunctions" {
        return crate::states::runner(name);
    }
    if area != "lambda" {
        return None;
    }
    Some(match name {
        "invoke_response" => invoke_response,
        "log_line" => log_line,
        "runtime_env" => runtime_env,
        "lambda_api_model" => api_model,
        "lambda_api_error" | "logs_api_error" | "sqs_api_error" => api_error,
        "invocation_record" => invocation_record,
        "sample_event" => crate::samples::sample_event,
        "scheduler_api_error" => api_error,
        "sqs_scenario"
        | "eventbridge_scenario"
        | "scheduler_scenario"
        | "sns_filter_scenario"
        | "destination_scenario"
        | "lambda_api_scenario"
        | "lambda_invoke_scenario"
        | "logs_scenario"
        | "runtime_scenario" => |case, context| play(case, context.sandbox()),
        _ => return crate::filters::runner(name).or_else(|| crate::pollers::runner(name)),
    })
}

/// What a dead-letter queue or a destination was sent: a part of a transcript, which is played whole.
fn invocation_record(case: &Value, context: &Context) -> Outcome {
    let place =
        case["id"].as_str().and_then(|id| id.split_once('/')).map_or("", |(_, place)| place);
    let whole = context.transcripts.iter().find(|(id, _)| {
        let test = id.split_once('/').map_or("", |(_, test)| test);
        place.strip_prefix(test).is_some_and(|rest| rest.starts_with('/'))
    });
    match whole {
        Some((id, transcript)) => {
            match runner(&format!("lambda/{}", id.split('/').next().unwrap_or_default())) {
                Some(run) => run(transcript, context),
                None => Outcome::Skipped(
                    "needs the pollers of event source mappings, or a service that is not here yet"
                        .into(),
                ),
            }
        }
        None => Outcome::Skipped("needs a transcript that is not among the data".into()),
    }
}

/// A request that AWS refused: code, status, message and the members of the error's body.
fn api_error(case: &Value, context: &Context) -> Outcome {
    let index = case["step"].as_u64().and_then(|step| usize::try_from(step).ok()).unwrap_or(0);
    let transcript = case["scenario"].as_str().and_then(|id| context.transcripts.get(id));
    let steps =
        transcript.and_then(|case| case["steps"].as_array()).map(Vec::as_slice).unwrap_or_default();
    if transcript.is_none() && index > 0 {
        return Outcome::Skipped("needs a transcript that is not among the data".into());
    }
    let steps = &steps[..steps.len().min(index + 1)];
    let mut player = Player::new(steps, transcript.unwrap_or(case), context.sandbox());
    // What must exist first. What cannot be made is remembered: the request may not need it.
    let mut without: Option<String> = None;
    for before in 0..index.min(steps.len()) {
        if let Err(Stop::Skipped(rule)) = player.step(before) {
            without.get_or_insert(rule);
        }
    }
    if !case["expect"]["message"].as_str().unwrap_or_default().contains("update is in progress") {
        player.cloud.settle();
    }
    let (service, operation) =
        (case["service"].as_str().unwrap_or_default(), case["op"].as_str().unwrap_or_default());
    let answer = match player.request(index, case) {
        Ok(answer) => answer,
        Err(Stop::Skipped(rule) | Stop::Failed(rule)) => {
            return Outcome::Skipped(without.unwrap_or(rule));
        }
    };
    let otherwise = |why: String| match &without {
        Some(rule) => Outcome::Skipped(rule.clone()),
        None => Outcome::Failed(why),
    };
    let error = match answer {
        Ok(response) => {
            return otherwise(format!(
                "was not refused: {}",
                crate::compare::short(&response.output)
            ));
        }
        Err(error) if is_absent(&error) => {
            return Outcome::Skipped(absence(service, operation, &error));
        }
        Err(error) => error,
    };
    let expected = &case["expect"];
    let actual = json!({ "code": error.code, "status": error.status });
    let wanted = json!({ "code": expected["code"], "status": expected["status"] });
    if wanted != actual {
        return otherwise(format!("expected {wanted}, got {actual}: {error}"));
    }
    let same = match (expected["message"].as_str(), &error.message) {
        (Some(wanted), Some(given)) => text(wanted, given, &mut player.bindings),
        (None, None) => true,
        _ => false,
    };
    if !same {
        return otherwise(format!(
            "expected message {}, got {:?}",
            expected["message"], error.message
        ));
    }
    let body = Value::Object(coldstart_wire::error_body(service, &error));
    for (name, value) in expected["extra"].as_object().into_iter().flatten() {
        if let Err(why) = compare(value, &body[name], &mut player.bindings) {
            return otherwise(format!("body member {name}{why}"));
        }
    }
    Outcome::Passed
}

/// An answer to `Invoke`, of code that does what such an answer takes.
fn invoke_response(case: &Value, context: &Context) -> Outcome {
    let response = &case["response"];
    let act = act_of(response);
    let stub = match act {
        Act::Fail(_) if failed_in_init(response) => {
            Stub { init: Some(act), ..Stub::constant("null") }
        }
        // Where the recorder shows the number of bytes, spaces between JSON's tokens count.
        Act::Respond(_) => match sized(response) {
            Some(text) => Stub::constant(text),
            None => Stub::always(act),
        },
        _ => Stub::always(act),
    };
    let mut cloud = Cloud::new(context.sandbox(), 1_767_225_600_000);
    let timeout = timeout_of(response);
    if let Err(outcome) = deploy(&mut cloud, &stub, "python3.12", 128, timeout, json!({})) {
        return outcome;
    }
    let version = response["ExecutedVersion"].as_str().unwrap_or("$LATEST");
    if let Err(outcome) = publish(&mut cloud, version) {
        return outcome;
    }
    let qualifier = match alias_of(&response["Payload"]) {
        None => version.to_owned(),
        Some(alias) => {
            let params = json!({ "FunctionName": NAME, "FunctionVersion": version, "Name": alias });
            let params = params.as_object().cloned().unwrap_or_default();
            if let Err(error) = cloud.call("lambda", "CreateAlias", params) {
                return Outcome::Failed(format!("CreateAlias was refused: {error}"));
            }
            alias
        }
    };
    let mut params = json!({
        "FunctionName": NAME, "Qualifier": qualifier, "Payload": { "$text": "{\"bytenum\": 7340032}" },
    });
    if response.get("LogResult").is_some() {
        params["LogType"] = json!("Tail");
    }
    let params = params.as_object().cloned().unwrap_or_default();
    let answer = cloud.call("lambda", "Invoke", params);
    if let Err(error) = &answer {
        return Outcome::Failed(format!("was refused: {error}"));
    }
    let mut actual = shape("lambda", "Invoke", &answer);
    let mut expected = response.clone();
    let mut bindings = Bindings::default();
    if let (Some(wanted), Some(given)) = (expected.as_object_mut(), actual.as_object_mut()) {
        // Seen by another service, the same answer comes with the HTTP headers.
        let sdk = wanted.remove("SdkHttpMetadata");
        wanted.remove("SdkResponseMetadata");
        if let Some(sdk) = sdk {
            given.remove("ResponseMetadata");
            // A state's output holds what it was given beside the answer.
            let members = coldstart_engine::model::operation("lambda", "Invoke");
            let is_ours = |name: &String| {
                members.is_some_and(|operation| {
                    operation.output.iter().any(|place| place.member == *name)
                })
            };
            wanted.retain(|name, _| is_ours(name));
            if !wanted["Payload"].is_string() {
                parse_payload(given);
            } else if let Some(Value::String(text)) = given.get("Payload").cloned()
                && let Ok(Value::String(inner)) = serde_json::from_str(&text)
            {
                given.insert("Payload".into(), Value::String(inner));
            }
            if let Err(why) = headers(&sdk, &answer, &mut bindings) {
                return Outcome::Failed(why);
            }
        }
    }
    match compare(&expected, &actual, &mut bindings) {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

fn parse_payload(answer: &mut Map<String, Value>) {
    let parsed = answer
        .get("Payload")
        .and_then(Value::as_str)
        .and_then(|text| serde_json::from_str(text).ok());
    if let Some(parsed) = parsed {
        answer.insert("Payload".into(), parsed);
    }
}

/// The headers that Lambda itself sets, through our own HTTP binding.
fn headers(
    sdk: &Value,
    answer: &Result<coldstart_engine::Response, coldstart_engine::ApiError>,
    bindings: &mut Bindings,
) -> Result<(), String> {
    let http = coldstart_wire::encode("lambda", "Invoke", answer);
    let given = |name: &str| {
        http.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    };
    for (name, wanted) in sdk["AllHttpHeaders"].as_object().into_iter().flatten() {
        let ours = [
            "Content-Type",
            "Content-Length",
            "X-Amz-Executed-Version",
            "X-Amz-Log-Result",
            "X-Amz-Function-Error",
        ];
        if !ours.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            continue;
        }
        let wanted = wanted[0].as_str().unwrap_or_default();
        match given(name) {
            Some(value) if text(wanted, value, bindings) => {}
            other => return Err(format!("header {name}: expected {wanted:?}, got {other:?}")),
        }
    }
    Ok(())
}

/// The payload's text when its recorded length tells how it was spaced.
fn sized(response: &Value) -> Option<String> {
    let length: usize = response
        .pointer("/SdkHttpMetadata/AllHttpHeaders/Content-Length/0")?
        .as_str()?
        .parse()
        .ok()?;
    let payload = &response["Payload"];
    let spaced = match pieces(payload).as_slice() {
        [Piece::Text(text)] => text.clone(),
        _ => return None,
    };
    let as_string = Value::String(payload.as_str().unwrap_or_default().to_owned()).to_string();
    [payload.to_string(), spaced, as_string].into_iter().find(|text| text.len() == length)
}

/// A recorded timeout names its seconds.
fn timeout_of(response: &Value) -> u64 {
    let message = response["Payload"]["errorMessage"].as_str().unwrap_or_default();
    let seconds = message
        .rsplit_once("timed out after ")
        .and_then(|(_, text)| text.split('.').next()?.parse().ok());
    seconds.unwrap_or(30)
}

pub(crate) const NAME: &str = "test-function-00000001";

/// A function that behaves like this stub, active.
pub(crate) fn deploy(
    cloud: &mut Cloud,
    stub: &Stub,
    runtime: &str,
    memory: u64,
    timeout: u64,
    variables: Value,
) -> Result<(), Outcome> {
    let handler =
        if runtime.starts_with("provided") { "function.handler" } else { "handler.handler" };
    deploy_as(cloud, stub, (runtime, handler), memory, timeout, variables)
}

/// The same under a runtime and a handler.
fn deploy_as(
    cloud: &mut Cloud,
    stub: &Stub,
    (runtime, handler): (&str, &str),
    memory: u64,
    timeout: u64,
    variables: Value,
) -> Result<(), Outcome> {
    let module = stub.module().map_err(Outcome::Failed)?;
    let code = cloud.blob(module);
    let params = json!({
        "FunctionName": NAME, "Runtime": runtime, "Handler": handler, "Role": format!("arn:aws:iam::{ACCOUNT}:role/lambda-role"),
        "Code": { "ZipFile": code }, "MemorySize": memory, "Timeout": timeout, "Environment": { "Variables": variables },
    });
    let params = params.as_object().cloned().unwrap_or_default();
    match cloud.call("lambda", "CreateFunction", params) {
        Ok(_) => {
            cloud.settle();
            Ok(())
        }
        Err(error) if is_absent(&error) => {
            Err(Outcome::Skipped(absence("lambda", "CreateFunction", &error)))
        }
        Err(error) => Err(Outcome::Failed(format!("CreateFunction was refused: {error}"))),
    }
}

/// The alias through which the recorded code saw itself invoked.
fn alias_of(payload: &Value) -> Option<String> {
    let text = payload.to_string();
    let (_, after) = text.split_once(":function:")?;
    let named = after.split(['"', '\\']).next()?;
    let (_, qualifier) = named.rsplit_once(">:").or_else(|| named.split_once(':'))?;
    let alias = qualifier != "$LATEST" && !qualifier.bytes().all(|byte| byte.is_ascii_digit());
    (alias && !qualifier.ends_with('>')).then(|| qualifier.to_owned())
}

/// Publishes as many versions as it takes for this one to be there; each has a description of its own.
fn publish(cloud: &mut Cloud, version: &str) -> Result<(), Outcome> {
    let count: u64 = version.parse().unwrap_or(0);
    for number in 1..=count.min(100) {
        let update = json!({ "FunctionName": NAME, "Description": number.to_string() });
        let publish = json!({ "FunctionName": NAME });
        for (operation, params) in
            [("UpdateFunctionConfiguration", update), ("PublishVersion", publish)]
        {
            let params = params.as_object().cloned().unwrap_or_default();
            if let Err(error) = cloud.call("lambda", operation, params) {
                return Err(Outcome::Failed(format!("{operation} was refused: {error}")));
            }
            cloud.settle();
        }
    }
    Ok(())
}

/// A line that Lambda itself writes to a function's log.
fn log_line(case: &Value, context: &Context) -> Outcome {
    let wanted = case["line"].as_str().unwrap_or_default();
    let version = wanted.split_once("Version: ").map(|(_, version)| version.trim());
    if wanted.starts_with("INIT_START") && !wanted.contains("Runtime Version: provided") {
        return Outcome::Skipped("asserts a managed language runtime's own version".into());
    }
    let mut cloud = Cloud::new(context.sandbox(), 1_767_225_600_000);
    if let Err(outcome) = deploy(&mut cloud, &Stub::echo(), "provided.al2023", 128, 3, json!({})) {
        return outcome;
    }
    let version = version.filter(|_| wanted.starts_with("START")).unwrap_or("$LATEST");
    if let Err(outcome) = publish(&mut cloud, version) {
        return outcome;
    }
    let params =
        json!({ "FunctionName": NAME, "Qualifier": version, "Payload": { "$text": "{}" } });
    if let Err(error) =
        cloud.call("lambda", "Invoke", params.as_object().cloned().unwrap_or_default())
    {
        return Outcome::Failed(format!("Invoke was refused: {error}"));
    }
    let params = json!({ "logGroupName": format!("/aws/lambda/{NAME}") });
    let events = match cloud.call(
        "logs",
        "FilterLogEvents",
        params.as_object().cloned().unwrap_or_default(),
    ) {
        Ok(response) => response.output,
        Err(error) if is_absent(&error) => {
            return Outcome::Skipped(absence("logs", "FilterLogEvents", &error));
        }
        Err(error) => return Outcome::Failed(format!("FilterLogEvents was refused: {error}")),
    };
    let lines: Vec<&str> = events["events"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|e| e["message"].as_str())
        .collect();
    // The recorder kept some lines without their line end.
    let found = lines.iter().any(|line| {
        let line = if wanted.ends_with('\n') { line } else { line.trim_end_matches('\n') };
        text(wanted, line, &mut Bindings::default())
    });
    if found {
        Outcome::Passed
    } else {
        Outcome::Failed(format!("{wanted:?} is not among {lines:?}"))
    }
}

/// The environment and the context that code sees.
fn runtime_env(case: &Value, context: &Context) -> Outcome {
    let environment = &case["environment"];
    let ctx = &case["ctx"];
    let mut template = vec![
        Piece::Text("{\"environment\": ".into()),
        Piece::AllEnv,
        Piece::Text(", \"ctx\": ".into()),
    ];
    template.extend(pieces(ctx));
    template.push(Piece::Text("}".into()));
    let mut cloud = Cloud::new(context.sandbox(), 1_767_225_600_000);
    let memory = environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        .as_str()
        .and_then(|mb| mb.parse().ok())
        .unwrap_or(128);
    // Amazon Linux 2 looks for libraries in other places than its successor.
    let al2023 = environment["PATH"].as_str().is_some_and(|path| path.contains("/var/lang"));
    let own_runtime = if al2023 { "provided.al2023" } else { "provided.al2" };
    let managed = environment["AWS_EXECUTION_ENV"].as_str();
    let runtime = managed.and_then(|name| name.strip_prefix("AWS_Lambda_")).unwrap_or(own_runtime);
    let handler = environment["_HANDLER"].as_str().unwrap_or("function.handler");
    let own: Map<String, Value> = environment
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.starts_with("TEST_"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let stub = Stub::respond(template);
    let settings = (runtime, handler);
    if let Err(outcome) = deploy_as(&mut cloud, &stub, settings, memory, 30, Value::Object(own)) {
        return outcome;
    }
    let arn = ctx["invoked_function_arn"].as_str().unwrap_or_default();
    let name = if arn.ends_with(":$LATEST") { format!("{NAME}:$LATEST") } else { NAME.to_owned() };
    let params = json!({ "FunctionName": name, "Payload": { "$text": "{}" } });
    let answer = cloud.call("lambda", "Invoke", params.as_object().cloned().unwrap_or_default());
    if let Err(error) = &answer {
        return Outcome::Failed(format!("Invoke was refused: {error}"));
    }
    let shaped = shape("lambda", "Invoke", &answer);
    let seen = shaped["Payload"].as_str().and_then(|text| serde_json::from_str(text).ok());
    let Some(seen): Option<Value> = seen else {
        return Outcome::Failed(format!("answered {shaped}"));
    };
    let expected = json!({ "environment": environment, "ctx": ctx });
    match compare(&expected, &seen, &mut Bindings::default()) {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

/// The facts of an operation that our own model holds: binding, members, required members, errors.
fn api_model(case: &Value, _: &Context) -> Outcome {
    use coldstart_engine::model;
    let name = case["id"].as_str().and_then(|id| id.rsplit('/').next()).unwrap_or_default();
    let (Some(service), Some(operation)) =
        (model::service("lambda"), model::operation("lambda", name))
    else {
        return Outcome::Failed("is not in the model".into());
    };
    let ours = json!({ "method": operation.method, "requestUri": operation.uri, "responseCode": operation.status });
    if let Err(why) = compare(&case["http"], &ours, &mut Bindings::default()) {
        return Outcome::Failed(format!("http{why}"));
    }
    let members = service.input_members(operation);
    let sorted = |names: Vec<&str>| {
        let mut names = names;
        names.sort_unstable();
        names.join(", ")
    };
    let wanted: Vec<&str> =
        case["members"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let ours: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    if sorted(wanted.clone()) != sorted(ours.clone()) {
        return Outcome::Failed(format!("members: expected {wanted:?}, got {ours:?}"));
    }
    let wanted: Vec<&str> =
        case["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let ours: Vec<&str> = members.iter().filter(|m| m.required).map(|m| m.name.as_str()).collect();
    if sorted(wanted.clone()) != sorted(ours.clone()) {
        return Outcome::Failed(format!("required: expected {wanted:?}, got {ours:?}"));
    }
    for (code, status) in case["errors"].as_object().into_iter().flatten() {
        if service.error_status(code).map(u64::from) != status.as_u64() {
            return Outcome::Failed(format!(
                "error {code}: expected {status}, got {:?}",
                service.error_status(code)
            ));
        }
    }
    Outcome::Passed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(response: Value, expected: &str) {
        let context = Context::default();
        let case = json!({ "id": "own", "response": response });
        let outcome = match invoke_response(&case, &context) {
            Outcome::Passed => "passed".to_owned(),
            Outcome::Failed(why) => why,
            Outcome::Skipped(rule) => rule,
        };
        assert_eq!(outcome, expected);
    }

    fn answer(payload: Value, failed: bool) -> Value {
        let metadata = json!({ "HTTPHeaders": {}, "HTTPStatusCode": 200 });
        let mut answer = json!({
            "StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": payload, "ResponseMetadata": metadata,
        });
        if failed {
            answer["FunctionError"] = json!("Unhandled");
        }
        answer
    }

    #[test]
    fn every_way_to_end_is_played() {
        check(answer(json!({ "a": 1 }), false), "passed");
        check(answer(json!("null"), false), "passed");
        let ended = |kind: &str, message: &str| {
            answer(json!({ "errorType": kind, "errorMessage": message }), true)
        };
        check(
            ended("Sandbox.Timedout", "RequestId: <uuid> Error: Task timed out after 1.00 seconds"),
            "passed",
        );
        let exit = "RequestId: <uuid> Error: Runtime exited with error: exit status 127";
        check(ended("Runtime.ExitError", exit), "passed");
        let exit = "RequestId: <uuid> Error: Runtime exited without providing a reason";
        check(ended("Runtime.ExitError", exit), "passed");
        check(ended("Mine", "on purpose"), "passed");
        let in_init =
            json!({ "errorType": "E", "errorMessage": "early", "requestId": "", "stackTrace": [] });
        check(answer(in_init, true), "passed");
    }

    #[test]
    fn a_difference_is_a_failure() {
        let mut wrong = answer(json!({ "a": 1 }), false);
        wrong["StatusCode"] = json!(201);
        check(wrong, ".StatusCode: expected 201, got 200");
    }
}
