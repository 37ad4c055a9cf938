//! `coldstart asl run` and `test-state`: the examples as a CI job would run them.

mod common;

use common::{coldstart, file, folder, of_project};
use serde_json::{Value, json};

/// A function that answers `{"ok":true}`, or fails with `Declined`.
const OK: &str = r#"(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"ok\":true}")
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param i32 i32) (result i32) (drop (call $respond (i32.const 0) (i32.const 11))) (i32.const 0)))"#;
const DECLINES: &str = r#"(module
  (import "lambda" "fail" (func $fail (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"errorMessage\":\"no\",\"errorType\":\"Declined\"}")
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param i32 i32) (result i32) (drop (call $fail (i32.const 0) (i32.const 44))) (i32.const 1)))"#;

/// Calls `charge`, waits a day, and says what it got.
const CALLS: &str = r#"{ "StartAt": "Charge", "States": {
  "Charge": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": { "FunctionName": "charge", "Payload": {} },
    "OutputPath": "$.Payload", "Next": "A day" },
  "A day": { "Type": "Wait", "Seconds": 86400, "End": true } } }"#;
const QUEUE: &str = r#"{ "StartAt": "Send", "States": { "Send": { "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage",
  "Parameters": { "QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/q", "MessageBody": "hi" },
  "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 3 }], "End": true } } }"#;
const MOCKS: &str = r#"{
  "StateMachines": { "queue": { "TestCases": { "HappyPath": { "Send": "Sent" }, "RetryPath": { "Send": "SentLater" } } } },
  "MockedResponses": {
    "Sent": { "0": { "Return": { "MessageId": "m-1" } } },
    "SentLater": { "0-1": { "Throw": { "Error": "Busy", "Cause": "later" } }, "2": { "Return": { "MessageId": "m-2" } } } } }"#;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn machine(name: &str) -> String {
    let path = of_project("examples/machines").join(name).join("definition.asl.json");
    path.into_os_string().into_string().expect("text")
}

fn input(machine: &str, name: &str) -> String {
    let path = of_project("examples/machines").join(machine).join("inputs").join(name);
    path.into_os_string().into_string().expect("text")
}

/// The function of the first example, alone in a directory.
fn hello() -> String {
    let text = std::fs::read_to_string(of_project("examples/hello-wat/main.wat")).expect("text");
    folder("hello-functions", &[("hello-wat.wat", &text)])
}

#[test]
fn an_execution_calls_functions_and_waits_take_no_time() {
    let calls = file("calls.asl.json", CALLS);
    let functions = folder("charges", &[("charge.wat", OK), ("notes.txt", "not a function")]);
    let ran = coldstart(&["asl", "run", &calls, "--functions", &functions], "");
    assert_eq!((ran.code, ran.out.as_str()), (0, "{\"ok\":true}\n"), "{}", ran.err);
    assert!(ran.err.contains("REPORT RequestId"), "the function's log: {}", ran.err);

    let ran = coldstart(&["asl", "run", &calls, "--functions", &functions, "--json"], "");
    let row = json(&ran.out);
    assert_eq!((&row["status"], &row["output"]), (&json!("SUCCEEDED"), &json!({ "ok": true })));
    assert!(row["durationSeconds"].as_f64().is_some_and(|seconds| seconds >= 86_400.0), "{row}");
    assert_eq!(ran.err, "");
}

#[test]
fn a_failed_execution_is_exit_1_and_says_why() {
    let calls = file("calls-2.asl.json", CALLS);
    let functions = folder("declines", &[("charge.wat", DECLINES)]);
    let ran = coldstart(&["asl", "run", &calls, "--functions", &functions], "");
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(
        ran.err.contains("coldstart: FAILED: Declined: {\"errorMessage\":\"no\""),
        "{}",
        ran.err
    );
    // Without the function it fails, too, in AWS's words.
    let ran = coldstart(&["asl", "run", &calls, "--json"], "");
    let row = json(&ran.out);
    assert_eq!((ran.code, &row["error"]), (1, &json!("Lambda.ResourceNotFoundException")), "{row}");
}

#[test]
fn mocks_are_read_as_step_functions_local_reads_them() {
    let (queue, mocks) = (file("queue.asl.json", QUEUE), file("MockConfigFile.json", MOCKS));
    let run = |more: &[&str]| {
        let arguments = [&["asl", "run", &queue, "--mocks", &mocks], more].concat();
        coldstart(&arguments, "")
    };
    let ran = run(&["--case", "HappyPath"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "{\"MessageId\":\"m-1\"}\n"), "{}", ran.err);
    let history = file("history.json", "");
    let ran = run(&["--case", "RetryPath", "--history", &history]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "{\"MessageId\":\"m-2\"}\n"), "{}", ran.err);
    let events = json(&std::fs::read_to_string(&history).expect("it was written"));
    let kinds: Vec<&str> = events["events"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect();
    assert_eq!(kinds.first(), Some(&"ExecutionStarted"));
    assert_eq!(kinds.last(), Some(&"ExecutionSucceeded"));
    assert_eq!(kinds.iter().filter(|kind| **kind == "TaskFailed").count(), 2);

    // Two test cases, and none is named; a case that is not there; a machine of another name.
    for (more, part) in [
        (&[][..], "several test cases, --case says which: HappyPath, RetryPath"),
        (&["--case", "Other"], "no test case \"Other\", only: HappyPath, RetryPath"),
        (&["--name", "other"], "no test cases of the state machine \"other\", only of: queue"),
    ] {
        let ran = run(more);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
        assert!(ran.err.contains(part), "{}", ran.err);
    }
    // Unmocked the queue itself is asked, and is not there.
    let ran = coldstart(&["asl", "run", &queue], "");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("SQS.QueueDoesNotExistException"), "{}", ran.err);
}

#[test]
fn an_express_execution_is_waited_for() {
    let text =
        r#"{ "StartAt": "A", "States": { "A": { "Type": "Wait", "Seconds": 60, "End": true } } }"#;
    let path = file("express.asl.json", text);
    let ran = coldstart(
        &["asl", "run", &path, "--type", "express", "--json", "--input", "-"],
        "{\"a\": 1}",
    );
    let row = json(&ran.out);
    assert_eq!(
        (ran.code, &row["status"], &row["output"]),
        (0, &json!("SUCCEEDED"), &json!({ "a": 1 }))
    );
    assert!(
        row["billingDetails"]["billedDurationInMilliseconds"].as_u64() >= Some(60_000),
        "{row}"
    );
}

#[test]
fn the_same_seed_is_the_same_execution() {
    let text = r#"{ "StartAt": "A", "States": { "A": { "Type": "Pass", "Parameters": { "id.$": "States.UUID()" }, "End": true } } }"#;
    let path = file("uuid.asl.json", text);
    let output = |seed: &str| coldstart(&["asl", "run", &path, "--seed", seed], "").out;
    assert_eq!(output("7"), output("7"));
    assert_ne!(output("7"), output("8"));
}

#[test]
fn the_examples_run() {
    let functions = hello();
    let run = |name: &str, given: &str| {
        let (machine, input) = (machine(name), input(name, given));
        coldstart(
            &["asl", "run", &machine, "--input", &input, "--functions", &functions, "--json"],
            "",
        )
    };
    for (name, given, check) in [
        ("csv-map", "eight-rows.json", "/priced=7 /totalCents=34480"),
        ("csv-map", "one-row.json", "/priced=1 /totalCents=2580"),
        ("parallel-checks", "all-pass.json", ""),
        ("parallel-checks", "one-fails.json", ""),
        ("human-approval", "small.json", ""),
    ] {
        let ran = run(name, given);
        let row = json(&ran.out);
        assert_eq!((ran.code, &row["status"]), (0, &json!("SUCCEEDED")), "{name} {given}: {row}");
        for pair in check.split_whitespace() {
            let (pointer, value) = pair.split_once('=').expect("a pair");
            assert_eq!(row["output"].pointer(pointer), Some(&json(value)), "{name} {given}: {row}");
        }
    }
    let ran = run("parallel-checks", "most-fail.json");
    let row = json(&ran.out);
    assert_eq!((ran.code, &row["error"]), (1, &json!("CustomerRefused")), "{row}");
    // Nobody approves within the day, nor the manager within the hour.
    let ran = run("human-approval", "needs-approval.json");
    let row = json(&ran.out);
    assert!(row["durationSeconds"].as_f64() >= Some(86_400.0), "{row}");
}

#[test]
fn one_state_is_tested_by_itself() {
    let calls = file("calls-3.asl.json", CALLS);
    let mock = file("mock.json", r#"{ "result": { "Payload": { "paid": 5 } } }"#);
    let ran = coldstart(&["asl", "test-state", &calls, "--state", "Charge", "--mock", &mock], "");
    assert_eq!((ran.code, ran.out.as_str()), (0, "{\"paid\":5}\n"), "{}", ran.err);
    assert!(ran.err.contains("SUCCEEDED") && ran.err.contains("next is \"A day\""), "{}", ran.err);
    let ran = coldstart(
        &["asl", "test-state", &calls, "--state", "Charge", "--mock", &mock, "--json"],
        "",
    );
    let row = json(&ran.out);
    assert_eq!((&row["status"], &row["nextState"]), (&json!("SUCCEEDED"), &json!("A day")));
    assert!(row["inspectionData"].is_object(), "{row}");
    let fails =
        file("mock-fails.json", r#"{ "errorOutput": { "error": "Busy", "cause": "later" } }"#);
    let ran = coldstart(&["asl", "test-state", &calls, "--state", "Charge", "--mock", &fails], "");
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("Busy: later"), "{}", ran.err);
    // A state's definition alone, from stdin.
    let ran =
        coldstart(&["asl", "test-state", "-"], r#"{ "Type": "Pass", "Result": 7, "End": true }"#);
    assert_eq!((ran.code, ran.out.as_str()), (0, "7\n"), "{}", ran.err);
}

#[test]
fn what_cannot_be_tried_is_exit_2() {
    let lost = r#"{ "StartAt": "A", "States": { "A": { "Type": "Pass", "Next": "Gone" } } }"#;
    let (lost, calls) = (file("lost-run.asl.json", lost), file("calls-4.asl.json", CALLS));
    let bad = file("bad-input.json", "{");
    for (arguments, part) in [
        (vec!["asl", "run"], "asl run needs a definition"),
        (vec!["asl", "run", &lost], "Missing 'Next' target: Gone"),
        (vec!["asl", "run", &calls, "--input", &bad], "the input "),
        (vec!["asl", "run", &calls, "--input", "absent.json"], "the input absent.json: "),
        (vec!["asl", "run", &calls, "--functions", "absent"], "absent: "),
        (vec!["asl", "run", &calls, "--mocks", &bad], "the mocks "),
        (vec!["asl", "run", &calls, "--case", "A"], "--case names a test case of --mocks"),
        (
            vec!["asl", "run", &calls, "--type", "express", "--history", "h"],
            "--history is for standard",
        ),
        (vec!["asl", "run", "-", "--input", "-"], "only one file can be read from stdin"),
        (vec!["asl", "test-state"], "asl test-state needs a definition"),
        (vec!["asl", "test-state", &calls, "--state", "Gone"], "State not found"),
        (vec!["asl", "test-state", &calls, "--level", "all"], "--level is info, debug or trace"),
    ] {
        let ran = coldstart(&arguments, "");
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(part), "{arguments:?}: {}", ran.err);
    }
}
