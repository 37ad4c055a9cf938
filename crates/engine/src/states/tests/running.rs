//! Executions.

use super::{arn, one, pass};
use crate::testing::Scenario;
use serde_json::{Value, json};

#[test]
fn an_execution_runs_and_is_described() {
    let ran = Scenario::new()
        .machine("m", &pass())
        .start("m", "e", &json!({ "a": 1 }))
        .describe("m", "e");
    let output = ran.output();
    assert_eq!(output["status"], json!("SUCCEEDED"));
    assert_eq!(output["output"], json!("{\"a\":1}"));
    assert_eq!(output["executionArn"], json!(arn("execution:m:e")));
    let history =
        ran.states("GetExecutionHistory", json!({ "executionArn": arn("execution:m:e") })).output();
    let types: Vec<&Value> =
        history["events"].as_array().unwrap().iter().map(|e| &e["type"]).collect();
    assert_eq!(
        json!(types),
        json!(["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"])
    );
}
