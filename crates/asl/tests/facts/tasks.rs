//! Tasks that are waited for, and what catches their ends.

use crate::{function, jsonata, lines, one, output, run_by, run_with};
use coldstart_asl::interpret::{Data, Effect, Execution, Failure, Machine, Start, Status, Time};
use coldstart_asl::{MachineType, parse};
use serde_json::{Value, json};
use std::sync::Arc;

fn callback() -> Value {
    json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": { "FunctionName": "f", "Payload": { "token.$": "$$.Task.Token" } } })
}

/// Fact 14: A task that waits for its token has a TaskSubmitted when the service has answered (recorded).
#[test]
fn a_task_that_waits_for_a_token_is_submitted() {
    let (definition, _) = parse(&one(callback()).to_string());
    let machine = Machine::compile(&definition.unwrap(), MachineType::Standard).unwrap();
    let start = Start::new(Data::new(json!({})));
    let mut execution = Execution::start(Arc::new(machine), start, Time(0));
    let Some(Effect::Schedule(task)) = execution.poll_effect() else { panic!("no task") };
    assert_eq!(task.parameters.value()["Payload"]["token"].as_str(), task.task_token.as_deref());
    execution.task_submitted(Time(1), task.id, Data::new(json!({ "StatusCode": 200 })));
    assert_eq!(execution.status(), Status::Running);
    execution.task_succeeded(Time(2), task.id, Data::new(json!("done")));
    let types: Vec<&str> = execution.history().iter().map(|event| event.type_name()).collect();
    assert_eq!(
        types,
        [
            "ExecutionStarted",
            "TaskStateEntered",
            "TaskScheduled",
            "TaskStarted",
            "TaskSubmitted",
            "TaskSucceeded",
            "TaskStateExited",
            "ExecutionSucceeded"
        ]
    );
    assert_eq!(output(&execution), "\"done\"");
}

/// Fact 14: A missed heartbeat is States.Timeout (recorded); a catcher of States.HeartbeatTimeout takes it as well (the guide).
#[test]
fn a_missed_heartbeat_is_a_timeout() {
    let mut task = callback();
    task["HeartbeatSeconds"] = json!(5);
    task["TimeoutSeconds"] = json!(600);
    let execution = run_by(&one(task.clone()), "{}", &mut |_| None);
    assert_eq!((execution.status(), execution.error()), (Status::Failed, Some("States.Timeout")));
    assert_eq!(execution.stopped_at().unwrap().0, 5_000_000);
    assert!(lines(&execution).iter().any(|line| line.ends_with(" TaskTimedOut")));
    for name in ["States.Timeout", "States.HeartbeatTimeout", "States.ALL"] {
        let mut task = task.clone();
        task["Catch"] = json!([{ "ErrorEquals": [name], "Next": "B" }]);
        let machine =
            json!({ "StartAt": "A", "States": { "A": task, "B": { "Type": "Succeed" } } });
        let mut machine = machine;
        machine["States"]["A"]["Next"] = json!("B");
        let execution = run_by(&machine, "{}", &mut |_| None);
        assert_eq!(output(&execution), r#"{"Error":"States.Timeout","Cause":""}"#, "{name}");
    }
}

fn with(field: &str, value: Value) -> Value {
    let mut task = function();
    task[field] = value;
    task["Next"] = json!("B");
    json!({ "StartAt": "A", "States": { "A": task, "B": { "Type": "Succeed" } } })
}

/// Fact 15: A catcher's output is Error, then Cause, which stays a text even if it is JSON (recorded).
#[test]
fn catchers_give_error_and_cause_as_text() {
    let catcher = json!([{ "ErrorEquals": ["E"], "Next": "B" }]);
    let answer = Err(Failure::new("E", r#"{"a":1}"#));
    let execution = run_with(&with("Catch", catcher.clone()), "{}", &answer);
    assert_eq!(output(&execution), r#"{"Error":"E","Cause":"{\"a\":1}"}"#);
    let mut machine = with("Catch", catcher);
    machine["QueryLanguage"] = json!("JSONata");
    assert_eq!(output(&run_with(&machine, "{}", &answer)), r#"{"Error":"E","Cause":"{\"a\":1}"}"#);
}

/// Fact 15: ResultPath of a catcher: null keeps the input, a path puts the error into it (recorded).
#[test]
fn a_catcher_may_keep_the_input() {
    let caught = |path: Value| {
        let catcher = json!([{ "ErrorEquals": ["E"], "ResultPath": path, "Next": "B" }]);
        let answer = Err(Failure::new("E", "C"));
        output(&run_with(&with("Catch", catcher), r#"{"in": 1}"#, &answer))
    };
    assert_eq!(caught(Value::Null), r#"{"in": 1}"#);
    assert_eq!(caught(json!("$.err")), r#"{"in":1,"err":{"Error":"E","Cause":"C"}}"#);
    assert_eq!(caught(json!("$")), r#"{"Error":"E","Cause":"C"}"#);
}

/// Fact 15: ResultPath null of the state itself keeps its input too (recorded).
#[test]
fn a_result_may_be_left_out() {
    let answer = Ok(json!("result"));
    let machine = with("ResultPath", Value::Null);
    assert_eq!(output(&run_with(&machine, r#"{"in": 1}"#, &answer)), r#"{"in": 1}"#);
}

/// Fact 15: OutputPath is for results, not for what a catcher takes (recorded).
#[test]
fn output_path_is_not_for_catchers() {
    let mut machine = with("OutputPath", json!("$.no.such.path"));
    machine["States"]["A"]["Catch"] = json!([{ "ErrorEquals": ["E"], "Next": "B" }]);
    let caught = run_with(&machine, "{}", &Err(Failure::new("E", "C")));
    assert_eq!(output(&caught), r#"{"Error":"E","Cause":"C"}"#);
    let succeeded = run_with(&machine, "{}", &Ok(json!({})));
    assert_eq!(succeeded.error(), Some("States.Runtime"));
}

/// Fact 15: Every retrier counts its own attempts, none at all is legal; RetryCount is of the state (measured by others, inferred;
/// the guide).
#[test]
fn every_retrier_has_its_own_counter() {
    let retrier = |error: &str, most: u64| json!({ "ErrorEquals": [error], "IntervalSeconds": 1, "MaxAttempts": most });
    let attempts = |retriers: Value, errors: &[&str]| {
        let mut task = function();
        task["Parameters"] = json!({ "n.$": "$$.State.RetryCount" });
        task["Retry"] = retriers;
        let mut seen = Vec::new();
        let mut errors = errors.iter();
        let execution = run_by(&one(task), "{}", &mut |task| {
            seen.push(task.parameters.value()["n"].as_u64().unwrap());
            Some(match errors.next() {
                Some(error) => Err(Failure::new(error, "")),
                None => Ok(json!({})),
            })
        });
        (seen, execution.status())
    };
    let both = || json!([retrier("E", 2), retrier("F", 1)]);
    assert_eq!(attempts(json!([retrier("E", 0)]), &["E"]), (vec![0], Status::Failed));
    assert_eq!(attempts(both(), &["E", "F", "E"]), (vec![0, 1, 2, 3], Status::Succeeded));
    assert_eq!(attempts(both(), &["F", "E", "F"]), (vec![0, 1, 2], Status::Failed));
    assert_eq!(attempts(both(), &["E", "E", "E"]), (vec![0, 1, 2], Status::Failed));
}

/// Fact 15: States.TaskFailed does not take States.Timeout, and takes every other error (the guide; inferred, not recorded).
#[test]
fn task_failed_does_not_take_timeouts() {
    let catcher = json!([{ "ErrorEquals": ["States.TaskFailed"], "Next": "B" }]);
    let machine = with("Catch", catcher);
    let answer = |error: &str| run_with(&machine, "{}", &Err(Failure::new(error, "")));
    assert_eq!(answer("States.Timeout").error(), Some("States.Timeout"));
    assert_eq!(answer("Other").status(), Status::Succeeded);
    let mut slow = machine.clone();
    slow["States"]["A"]["TimeoutSeconds"] = json!(1);
    assert_eq!(run_by(&slow, "{}", &mut |_| None).error(), Some("States.Timeout"));
}

/// Fact 15: What a catcher of JSONata puts out sees the error under `$states.errorOutput` (recorded).
#[test]
fn catchers_of_jsonata_see_the_error() {
    let mut machine = with(
        "Catch",
        json!([{ "ErrorEquals": ["E"], "Next": "B", "Output": "{% $states.errorOutput.Cause %}" }]),
    );
    machine["QueryLanguage"] = json!("JSONata");
    assert_eq!(output(&run_with(&machine, "{}", &Err(Failure::new("E", "C")))), "\"C\"");
    // Outside of a catcher there is none.
    let pass = jsonata(json!({ "Type": "Pass", "Output": "{% $states.errorOutput %}" }));
    assert_ne!(crate::refusals(&pass), Vec::<String>::new());
}
