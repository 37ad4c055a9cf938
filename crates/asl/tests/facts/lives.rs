//! Whole lives: bounds, retriers, map runs.

use crate::{lines, one, run_with};
use coldstart_asl::interpret::{
    Data, Details, Effect, Ended, Execution, Failure, Machine, Start, Status, Time,
};
use coldstart_asl::{MachineType, parse};
use serde_json::{Value, json};
use std::sync::Arc;

/// 15. Every retrier counts its own attempts; none at all is legal (measured by others, inferred; the guide).
#[test]
fn every_retrier_has_its_own_counter() {
    let retrier = |error: &str, most: u64| json!({ "ErrorEquals": [error], "IntervalSeconds": 1, "MaxAttempts": most });
    let attempts = |retriers: Value| {
        let task = json!({ "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f", "Retry": retriers });
        let execution = run_with(&one(task), "{}", &Err(Failure::new("E", "")));
        execution
            .history()
            .iter()
            .filter(|event| event.type_name() == "LambdaFunctionScheduled")
            .count()
    };
    assert_eq!(attempts(json!([retrier("Other", 5), retrier("E", 2)])), 3);
    assert_eq!(attempts(json!([retrier("E", 0)])), 1);
}

/// 11. The event 25,000 of a standard execution is its failure, States.Runtime (measured by others, inferred).
#[test]
fn histories_end_at_25_000_events() {
    let circle = json!({ "StartAt": "A", "States": { "A": { "Type": "Pass", "Next": "B" }, "B": { "Type": "Pass", "Next": "A" } } });
    let (definition, _) = parse(&circle.to_string());
    let machine = Machine::compile(&definition.unwrap(), MachineType::Standard).unwrap();
    let execution = Execution::start(Arc::new(machine), Start::new(Data::new(json!({}))), Time(0));
    assert_eq!((execution.history().len(), execution.error()), (25_000, Some("States.Runtime")));
    assert_eq!(execution.history().last().unwrap().type_name(), "ExecutionFailed");
}

/// 12 and 13. Children of a distributed Map state are not in the history of their parent; too many failures have an
/// error of their own (recorded).
#[test]
fn children_are_not_in_the_parents_history() {
    let map = one(json!({ "Type": "Map", "ItemProcessor": {
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
        "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } } }));
    let (definition, _) = parse(&map.to_string());
    let machine = Machine::compile(&definition.unwrap(), MachineType::Standard).unwrap();
    let mut execution =
        Execution::start(Arc::new(machine), Start::new(Data::new(json!([1]))), Time(0));
    for _ in 0..100 {
        while let Some(effect) = execution.poll_effect() {
            if let Effect::StartChild(child) = effect {
                let ended = Ended::Failed(Failure::new("E", "C"));
                execution.child_finished(Time(0), child.map_run, child.index, ended);
            }
        }
        if let Some(at) = execution.deadline() {
            execution.advance(at);
        }
    }
    assert_eq!(
        (execution.status(), execution.error()),
        (Status::Failed, Some("States.ExceedToleratedFailureThreshold"))
    );
    assert_eq!(execution.cause(), Some("The specified tolerated failure threshold was exceeded"));
    assert!(
        execution.history().iter().any(|event| matches!(event.details, Details::MapRunFailed(_)))
    );
    assert!(
        lines(&execution).iter().all(|line| !line.contains("Pass") && !line.contains("Iteration"))
    );
}
