//! Events and the chain of their ids.

use crate::{function, jsonata, lines, one, run, run_with};
use serde_json::{Value, json};

/// Fact 3: The first state follows 0; a failing Parallel state ends Fail, Parallel, execution; Fail is never left (recorded).
#[test]
fn a_failing_parallel_state_s_events() {
    let branch = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail", "Error": "E" } } });
    let execution = run(&one(json!({ "Type": "Parallel", "Branches": [branch] })), "{}");
    let expected = [
        "1<0 ExecutionStarted",
        "2<0 ParallelStateEntered",
        "3<2 ParallelStateStarted",
        "4<3 FailStateEntered",
        "5<4 ParallelStateFailed",
        "6<5 ExecutionFailed",
    ];
    assert_eq!(lines(&execution), expected);
}

fn map(processor: Value) -> Value {
    json!({ "Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {
        "StartAt": "P", "States": { "P": processor } } })
}

/// Fact 3: The ends of iterations and of Map states are no links of the chain: what follows them follows the event before (recorded).
#[test]
fn the_ends_of_iterations_are_no_links() {
    let execution = run(&one(map(json!({ "Type": "Pass", "End": true }))), "[1,2]");
    let expected = [
        "1<0 ExecutionStarted",
        "2<0 MapStateEntered",
        "3<2 MapStateStarted",
        "4<3 MapIterationStarted",
        "5<4 PassStateEntered",
        "6<5 PassStateExited",
        "7<6 MapIterationSucceeded",
        "8<6 MapIterationStarted",
        "9<8 PassStateEntered",
        "10<9 PassStateExited",
        "11<10 MapIterationSucceeded",
        "12<11 MapStateSucceeded",
        "13<11 MapStateExited",
        "14<13 ExecutionSucceeded",
    ];
    assert_eq!(lines(&execution), expected);
}

/// Fact 3: The failure of an iteration is no link either (recorded).
#[test]
fn the_failure_of_an_iteration_is_no_link() {
    let execution = run(&one(map(json!({ "Type": "Fail" }))), "[1]");
    let expected = [
        "1<0 ExecutionStarted",
        "2<0 MapStateEntered",
        "3<2 MapStateStarted",
        "4<3 MapIterationStarted",
        "5<4 FailStateEntered",
        "6<5 MapIterationFailed",
        "7<5 MapStateFailed",
        "8<7 ExecutionFailed",
    ];
    assert_eq!(lines(&execution), expected);
}

/// Fact 3: The success of a Parallel state is no link (recorded).
#[test]
fn the_success_of_a_parallel_state_is_no_link() {
    let branch = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
    let execution = run(&one(json!({ "Type": "Parallel", "Branches": [branch] })), "{}");
    let expected = [
        "1<0 ExecutionStarted",
        "2<0 ParallelStateEntered",
        "3<2 ParallelStateStarted",
        "4<3 PassStateEntered",
        "5<4 PassStateExited",
        "6<5 ParallelStateSucceeded",
        "7<5 ParallelStateExited",
        "8<7 ExecutionSucceeded",
    ];
    assert_eq!(lines(&execution), expected);
}

/// Fact 3: A Map state that is retried starts again without having failed in between (recorded).
#[test]
fn a_retried_map_state_starts_again() {
    let mut map = map(json!({ "Type": "Fail", "Error": "E" }));
    map["Retry"] = json!([{ "ErrorEquals": ["E"], "IntervalSeconds": 1, "MaxAttempts": 1 }]);
    let execution = run(&one(map), "[1]");
    let types: Vec<&str> = execution.history().iter().map(|event| event.type_name()).collect();
    let count = |wanted: &str| types.iter().filter(|name| **name == wanted).count();
    assert_eq!((count("MapStateStarted"), count("MapStateFailed")), (2, 1), "{types:?}");
}

/// Fact 3: A Fail state is entered and never left (recorded).
#[test]
fn a_fail_state_is_not_left() {
    let execution = run(&json!({ "StartAt": "F", "States": { "F": { "Type": "Fail" } } }), "{}");
    let expected = ["1<0 ExecutionStarted", "2<0 FailStateEntered", "3<2 ExecutionFailed"];
    assert_eq!(lines(&execution), expected);
}

/// Fact 3: EvaluationFailed comes before the failure and says where; of a first state it follows 0 (recorded).
#[test]
fn a_failed_evaluation_comes_before_the_failure() {
    let first = jsonata(json!({ "Type": "Pass", "Output": "{% $none %}" }));
    assert_eq!(
        lines(&run(&first, "{}")),
        [
            "1<0 ExecutionStarted",
            "2<0 PassStateEntered",
            "3<0 EvaluationFailed",
            "4<3 ExecutionFailed"
        ]
    );
    let second = json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Next": "B" },
        "B": { "Type": "Pass", "Output": "{% $none %}", "End": true } } });
    let execution = run(&second, "{}");
    assert_eq!(
        lines(&execution)[3..],
        ["4<3 PassStateEntered", "5<3 EvaluationFailed", "6<5 ExecutionFailed"]
    );
    let event = execution.history()[4].to_json(true);
    assert_eq!(event["evaluationFailedEventDetails"]["location"], json!("Output"));
    assert_eq!(event["evaluationFailedEventDetails"]["state"], json!("B"));
}

/// Fact 3: Ids count from 1 without a gap, and every event follows an earlier one (recorded).
#[test]
fn ids_are_dense() {
    let execution = run_with(&one(function()), "{}", &Ok(json!({})));
    let ids: Vec<u64> = execution.history().iter().map(|event| event.id).collect();
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
    assert!(execution.history().iter().all(|event| event.previous_event_id < event.id));
}
