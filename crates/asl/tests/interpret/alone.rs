//! Single states as TestState ran them, where it is the interpreter that answers.

use crate::compare::{Bindings, compare};
use crate::recorded::compact;
use coldstart_asl::interpret::{
    Data, Failure, Identity, Inspect, Machine, Mock, Time, Verdict, inspect,
};
use coldstart_asl::{Definition, MachineType, parse};
use serde_json::{Map, Value, json};
use std::sync::Arc;

#[test]
fn single_states_as_test_state_runs_them() {
    crate::all("test-state.jsonl", 131, check);
}

fn check(case: &Value) -> Result<(), String> {
    let (request, expect) = (&case["request"], &case["expect"]);
    if expect["error"].is_object() {
        // Refusals are the service's.
        return Ok(());
    }
    let (definition, state) = definition(case)?;
    let machine =
        Machine::compile(&definition, MachineType::Standard).map_err(|error| error.to_string())?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let object = |value: &Value| -> Option<Map<String, Value>> {
        serde_json::from_str(value.as_str()?).ok()
    };
    let input = text(&request["input"]).unwrap_or_else(|| "{}".to_owned());
    let config = &request["stateConfiguration"];
    let mock = match (&request["mock"]["result"], &request["mock"]["errorOutput"]) {
        (Value::String(result), _) => Some(Mock::Result(Data::from_text(result.as_str()).unwrap())),
        (_, Value::Object(error)) => {
            let text = |name: &str| error.get(name).and_then(Value::as_str).map(Arc::from);
            Some(Mock::Error(Failure { error: text("error"), cause: text("cause") }))
        }
        // A function was called: what it answered stands in the inspection, or is the output.
        _ => {
            let result = expect["inspectionData"].get("result").or(expect.get("output"));
            let is_task = case["definition"]["Type"] == "Task";
            is_task.then(|| Mock::Result(Data::new(result.cloned().unwrap_or_default())))
        }
    };
    let options = Inspect {
        variables: object(&request["variables"]).unwrap_or_default(),
        context: object(&request["context"]),
        is_test_state: true,
        mock,
        identity: Identity {
            role_arn: text(&request["roleArn"]).unwrap_or_default().into(),
            execution_arn: "arn:aws:states:us-east-1:111111111111:express:machine:name".into(),
            name: "name".into(),
            state_machine_arn: "arn:aws:states:us-east-1:111111111111:stateMachine:machine".into(),
            ..Identity::default()
        },
        retrier_retry_count: config["retrierRetryCount"].as_u64().unwrap_or(0),
        error_caused_by: text(&config["errorCausedByState"]),
        map_iteration_failure_count: config["mapIterationFailureCount"].as_u64(),
        map_item_reader_data: text(&config["mapItemReaderData"])
            .map(|text| Data::from_text(text).unwrap()),
        ..Inspect::new(Data::from_text(input).unwrap())
    };
    let inspection = inspect(&Arc::new(machine), &state, options, Time(1_767_225_600_000_000))?;
    let mut actual = json!({ "status": inspection.verdict.name() });
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            actual[name] = json!(value);
        }
    };
    put("output", inspection.output.as_ref().map(Data::text));
    put("nextState", inspection.next_state.as_deref());
    if let Some(failure) = &inspection.failure {
        put("error", failure.error.as_deref());
        put("cause", failure.cause.as_deref());
    }
    if matches!(inspection.verdict, Verdict::Waiting(_)) {
        return Err("it waits".to_owned());
    }
    if request["inspectionLevel"] != "INFO" {
        // The API has text here; of arrays the recorder left it so.
        let text =
            |value: Value| if value.is_array() { Value::from(value.to_string()) } else { value };
        let data = inspection.data.into_iter().map(|(name, value)| (name, text(value)));
        actual["inspectionData"] = Value::Object(data.collect());
    }
    let mut bindings = Bindings::default();
    compare(&compact(expect), &compact(&actual), &mut bindings)
}

/// A machine with the state of the case, and the state's name.
fn definition(case: &Value) -> Result<(Definition, String), String> {
    let mut whole = case["definition"].clone();
    let name = case["request"]["stateName"].as_str();
    if whole.get("States").is_some() {
        let name = name.or(whole["StartAt"].as_str()).unwrap_or_default().to_owned();
        return Ok((parse(&whole.to_string()).0.ok_or("no definition")?, name));
    }
    // States that a lone state leads to are made up.
    let mut states = Map::new();
    let mut targets: Vec<String> = Vec::new();
    let mut add = |value: &Value| targets.extend(value.as_str().map(str::to_owned));
    add(&whole["Next"]);
    add(&whole["Default"]);
    for list in ["Choices", "Catch"] {
        whole[list].as_array().into_iter().flatten().for_each(|entry| add(&entry["Next"]));
    }
    for name in ["Next", "Default", "Choices", "Catch"] {
        if whole[name].is_null() {
            whole.as_object_mut().map(|members| members.shift_remove(name));
        }
    }
    for target in targets {
        states.insert(target, json!({ "Type": "Succeed" }));
    }
    states.insert("StateName".to_owned(), whole);
    let machine = json!({ "StartAt": "StateName", "States": states });
    Ok((parse(&machine.to_string()).0.ok_or("no definition")?, "StateName".to_owned()))
}
