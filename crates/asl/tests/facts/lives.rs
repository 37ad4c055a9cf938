//! Bounds of a whole life.

use crate::one;
use coldstart_asl::interpret::{Data, Execution, Machine, Start, Status, Time};
use coldstart_asl::{MachineType, parse};
use serde_json::{Value, json};
use std::sync::Arc;

fn start(definition: &Value) -> Execution {
    let (definition, _) = parse(&definition.to_string());
    let machine = Machine::compile(&definition.unwrap(), MachineType::Standard).unwrap();
    Execution::start(Arc::new(machine), Start::new(Data::new(json!({}))), Time(0))
}

/// Fact 11: The event 25,000 of a standard execution is its failure, States.Runtime (measured by others, inferred).
#[test]
fn histories_end_at_25_000_events() {
    let circle = json!({ "StartAt": "A", "States": { "A": { "Type": "Pass", "Next": "B" }, "B": { "Type": "Pass", "Next": "A" } } });
    let execution = start(&circle);
    assert_eq!((execution.history().len(), execution.error()), (25_000, Some("States.Runtime")));
    assert_eq!(execution.history().last().unwrap().type_name(), "ExecutionFailed");
}

/// Fact 11: The time-out of a machine strikes at its limit exactly, whatever runs inside, and no catcher sees it (measured by others,
/// inferred).
#[test]
fn a_machines_time_out_strikes_exactly() {
    let branch = |name: &str| {
        let wait = json!({ name: { "Type": "Wait", "Seconds": 100, "End": true } });
        json!({ "StartAt": name, "States": wait })
    };
    let mut parallel = one(json!({ "Type": "Parallel", "Branches": [branch("P"), branch("Q")],
        "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "B" }] }));
    parallel["States"]["B"] = json!({ "Type": "Succeed" });
    parallel["TimeoutSeconds"] = json!(7);
    let mut execution = start(&parallel);
    let at = execution.deadline().unwrap();
    assert_eq!(at, Time(7_000_000));
    execution.advance(Time(6_999_999));
    assert_eq!(execution.status(), Status::Running);
    execution.advance(at);
    assert_eq!(
        (execution.status(), execution.error(), execution.cause()),
        (Status::TimedOut, None, None)
    );
    let last = execution.history().last().unwrap().to_json(true);
    assert_eq!(last["executionTimedOutEventDetails"]["error"], json!("States.Timeout"));
    assert_eq!(last["previousEventId"], json!(0));
}
