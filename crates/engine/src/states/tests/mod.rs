//! Scenarios of Step Functions through the door. Each runs twice, in different slices, and from its session.

mod facts;
mod machines;
mod messaging;
mod running;

use crate::testing::Scenario;
use serde_json::{Value, json};

pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/sfn-role";

/// An ARN of the session's account.
pub(crate) fn arn(rest: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:{rest}")
}

impl Scenario {
    /// A call of Step Functions.
    pub(crate) fn states(self, operation: &str, params: Value) -> Self {
        self.request("states", operation, params)
    }

    /// CreateStateMachine with further members.
    pub(crate) fn machine_with(self, name: &str, definition: &Value, more: Value) -> Self {
        let mut params =
            json!({ "name": name, "definition": definition.to_string(), "roleArn": ROLE });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.states("CreateStateMachine", params)
    }

    /// A standard state machine.
    pub(crate) fn machine(self, name: &str, definition: &Value) -> Self {
        self.machine_with(name, definition, json!({}))
    }

    /// StartExecution under a name.
    pub(crate) fn start(self, machine: &str, name: &str, input: &Value) -> Self {
        let params = json!({
            "stateMachineArn": arn(&format!("stateMachine:{machine}")), "name": name, "input": input.to_string(),
        });
        self.states("StartExecution", params)
    }

    /// DescribeExecution after everything has come to rest.
    pub(crate) fn describe(self, machine: &str, name: &str) -> Self {
        let execution = arn(&format!("execution:{machine}:{name}"));
        self.rest().states("DescribeExecution", json!({ "executionArn": execution }))
    }

    /// What the last request came to.
    #[track_caller]
    pub(crate) fn output(&self) -> Value {
        self.last_answer().expect("an answer").output
    }

    /// Code and message of the last request's refusal.
    #[track_caller]
    pub(crate) fn refusal(&self) -> String {
        self.last_answer().expect_err("a refusal").to_string()
    }
}

/// One state that ends.
pub(crate) fn one(state: Value) -> Value {
    let mut state = state;
    state["End"] = json!(true);
    json!({ "StartAt": "A", "States": { "A": state } })
}

pub(crate) fn pass() -> Value {
    one(json!({ "Type": "Pass" }))
}
