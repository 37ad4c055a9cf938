//! Functions that a case names by their behaviour, and the mock configuration that replays its recorded tasks.

use super::normalise::Normaliser;
use crate::cloud::{ACCOUNT, Cloud};
use crate::derive::pieces;
use crate::stub::{Act, Stub};
use coldstart_engine::ApiError;
use serde_json::{Map, Value, json};

/// The test case's name in the mock configuration.
const TEST_CASE: &str = "recorded";

/// Makes the functions of `mocks.lambdas`. Behaviours that are not known are left out: tasks are mocked as a rule.
pub(crate) fn deploy(cloud: &mut Cloud, case: &Value) -> Result<(), ApiError> {
    for (name, lambda) in case["mocks"]["lambdas"].as_object().into_iter().flatten() {
        let Some(stub) = stub(lambda) else { continue };
        let Ok(module) = stub.module() else { continue };
        let code = cloud.blob(module);
        let params = json!({
            "FunctionName": name, "Runtime": "python3.12", "Handler": "handler.handler", "Timeout": 120,
            "Role": format!("arn:aws:iam::{ACCOUNT}:role/lambda-role"), "Code": { "ZipFile": code },
        });
        cloud.call("lambda", "CreateFunction", params.as_object().cloned().unwrap_or_default())?;
    }
    cloud.settle();
    Ok(())
}

fn stub(lambda: &Value) -> Option<Stub> {
    Some(match lambda["behaviour"].as_str()? {
        "echo" => Stub::echo(),
        "const-repeat" => {
            let count = lambda["count"].as_u64().and_then(|count| usize::try_from(count).ok())?;
            Stub::constant(Value::from(lambda["char"].as_str()?.repeat(count)).to_string())
        }
        "raise" => {
            let message = lambda["errorMessage"].as_str().unwrap_or_default();
            let kind = lambda["errorType"].as_str().unwrap_or("Exception");
            // The recorder's Python says where it raised.
            let raised = format!(
                "  File \"/var/task/handler.py\", line 2, in handler\n    raise {kind}(\"{message}\")\n"
            );
            let payload = json!({
                "errorMessage": message, "errorType": kind, "requestId": "-", "stackTrace": [raised],
            });
            Stub::always(Act::Fail(pieces(&payload)))
        }
        _ => return None,
    })
}

/// The mock configuration of a case, if it has recorded tasks or objects to read: responses by state, in their order.
pub(crate) fn mocks(case: &Value, machine: &str) -> Option<Value> {
    let mut states: Map<String, Value> = Map::new();
    let mut add = |state: &str, response: Value| {
        if let Value::Array(all) = states.entry(state).or_insert_with(|| json!([])) {
            all.push(response);
        }
    };
    let history = case["expect"]["history"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut workers = history
        .iter()
        .filter(|event| event["type"] == "ActivityStarted")
        .map(|event| &event["activityStartedEventDetails"]["workerName"]);
    for result in case["mocks"]["taskResults"].as_array().into_iter().flatten() {
        let (Some(state), Some(mut response)) = (result["state"].as_str(), response(result)) else {
            continue;
        };
        if result["kind"] == "ActivityScheduled"
            && let Some(worker) = workers.next()
        {
            response["WorkerName"] = worker.clone();
        }
        add(state, response);
    }
    for (state, responses) in objects(case) {
        responses.into_iter().for_each(|response| add(&state, response));
    }
    if states.is_empty() {
        return None;
    }
    Some(
        json!({ "StateMachines": { machine: { "Active": TEST_CASE, "TestCases": { TEST_CASE: states } } } }),
    )
}

fn response(result: &Value) -> Option<Value> {
    let outcome = &result["outcome"];
    let mut response = match outcome["event"].as_str() {
        None => json!({ "Return": data(outcome.get("ok")?) }),
        // The execution's own clock ends it.
        Some(event) if event.ends_with("TimedOut") => json!({ "Never": true }),
        Some(_) => {
            let mut thrown = Map::new();
            for (name, value) in [("Error", &outcome["error"]), ("Cause", &outcome["cause"])] {
                match value {
                    Value::Null => {}
                    Value::String(_) => {
                        thrown.insert(name.to_owned(), value.clone());
                    }
                    // The recorder parsed it.
                    other => {
                        thrown.insert(name.to_owned(), json!(other.to_string()));
                    }
                }
            }
            json!({ "Throw": thrown })
        }
    };
    if let Some(submitted) = result.get("submitted") {
        response["Submitted"] = data(&submitted["output"]);
    }
    Some(response)
}

/// A recorded output: objects were parsed by the recorder, everything else is still text.
fn data(recorded: &Value) -> Value {
    match recorded {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| recorded.clone()),
        other => other.clone(),
    }
}

/// What the item readers and result writers of a case's Map states are answered: the object that was put.
fn objects(case: &Value) -> Vec<(String, Vec<Value>)> {
    let put = |call: &&Value| call["op"] == "put_object";
    let setup = case["setup"].as_array().map(Vec::as_slice).unwrap_or_default();
    let body = setup.iter().find(put).map(|call| {
        let key = call["kw"]["Key"].as_str().unwrap_or_default();
        (key, call["kw"]["Body"].clone())
    });
    let mut found = Vec::new();
    find_maps(&case["definition"], &mut |name, state| {
        let mut responses = Vec::new();
        if let (Value::Object(_), Some((_, body))) = (&state["ItemReader"], &body) {
            responses.push(json!({ "Return": { "Body": body } }));
        }
        if state["ResultWriter"]["Resource"].is_string() {
            // One for the manifest, and one for each file that it names.
            responses.extend((0..4).map(|_| json!({ "Return": {} })));
        }
        if !responses.is_empty() {
            found.push((name.to_owned(), responses));
        }
    });
    found
}

fn find_maps(machine: &Value, found: &mut dyn FnMut(&str, &Value)) {
    for (name, state) in machine["States"].as_object().into_iter().flatten() {
        if state["Type"] == "Map" {
            found(name, state);
        }
        let branches = state["Branches"].as_array().into_iter().flatten();
        for inner in branches.chain([&state["ItemProcessor"], &state["Iterator"]]) {
            find_maps(inner, found);
        }
    }
}

/// The names of a case's state machine and execution, so that its substitutions find them.
pub(crate) fn names(case: &Value) -> (String, String) {
    let machine = ["<ArnPart_0idx>", "<state-machine-name>"];
    let execution = [
        "<ExecArnPart_0idx>",
        "<SyncExecArn_Part1_0idx>",
        "<ExpressExecArn_Part1_0idx>",
        "<execution-id-success>",
    ];
    let first = |placeholders: &[&str], otherwise: &str| {
        let found = placeholders.iter().find_map(|name| Normaliser::concrete(case, name));
        found.unwrap_or_else(|| otherwise.to_owned())
    };
    (first(&machine, "recorded-machine"), first(&execution, "recorded-execution"))
}
