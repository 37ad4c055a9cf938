//! A test of one state: what is asked of TestState, and what it answers, in the order in which a person reads it.

use super::{flow_label, flow_order};
use coldstart_workspace::ApiRequest;
use serde_json::{Map, Value, json};

/// What a state calls answers, in a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TestMock {
    /// The real thing is called, in a copy of the session.
    #[default]
    None,
    /// A result.
    Result,
    /// An error.
    Error,
}

/// What is filled in for a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestForm {
    /// The state's input, JSON.
    pub input: String,
    /// What is mocked.
    pub mock: TestMock,
    /// The mocked result, JSON.
    pub result: String,
    /// `STRICT`, `PRESENT` or `NONE`: how the result is checked against what the service answers.
    pub validation: String,
    /// The mocked error's name.
    pub error: String,
    /// The mocked error's cause.
    pub cause: String,
    /// `INFO`, `DEBUG` or `TRACE`.
    pub level: String,
    /// Variables that the state sees, a JSON object; empty for none.
    pub variables: String,
    /// The context object; empty for a made-up one.
    pub context: String,
    /// How often the retrier that matches was used before.
    pub retries: u32,
    /// The state of a Map or Parallel state from which a mocked error came; empty for none.
    pub caused_by: String,
    /// How many iterations of a Map state failed; none for not said.
    pub failures: Option<u32>,
    /// What a Map state's reader read, JSON; empty for none.
    pub reader_data: String,
}

impl TestForm {
    /// The first form for a state of this type.
    pub fn of(state_type: &str, input: &str) -> Self {
        let result = match state_type {
            "Map" | "Parallel" => "[]",
            _ => "{}",
        };
        Self {
            input: input.to_owned(),
            mock: if matches!(state_type, "Map" | "Parallel") {
                TestMock::Result
            } else {
                TestMock::None
            },
            result: result.to_owned(),
            validation: "STRICT".to_owned(),
            error: String::new(),
            cause: String::new(),
            level: "DEBUG".to_owned(),
            variables: String::new(),
            context: String::new(),
            retries: 0,
            caused_by: String::new(),
            failures: None,
            reader_data: String::new(),
        }
    }

    /// `stateConfiguration`: of what is filled in, what a state of this type takes.
    fn configuration(&self, state_type: &str) -> Map<String, Value> {
        let mut configuration = Map::new();
        if self.retries > 0 && self.mock != TestMock::None {
            configuration.insert("retrierRetryCount".into(), json!(self.retries));
        }
        let nested = matches!(state_type, "Map" | "Parallel");
        if nested && self.mock == TestMock::Error && !self.caused_by.is_empty() {
            configuration.insert("errorCausedByState".into(), json!(self.caused_by));
        }
        if state_type == "Map" {
            if let Some(failures) = self.failures {
                configuration.insert("mapIterationFailureCount".into(), json!(failures));
            }
            if !self.reader_data.trim().is_empty() {
                configuration.insert("mapItemReaderData".into(), json!(self.reader_data));
            }
        }
        configuration
    }
}

/// Whether a state of this type calls something, so that its answer can be mocked.
pub fn is_mockable(state_type: &str) -> bool {
    matches!(state_type, "Task" | "Map" | "Parallel")
}

/// Whether the test calls a service. The engine takes it for a command then.
pub fn calls_service(form: &TestForm, state_type: &str) -> bool {
    state_type == "Task" && form.mock == TestMock::None
}

/// `TestState` of a machine's state.
pub fn test_state(definition: &str, state: &str, state_type: &str, form: &TestForm) -> ApiRequest {
    let mut params = json!({
        "definition": definition, "stateName": state, "inspectionLevel": form.level,
        "input": if form.input.trim().is_empty() { "{}" } else { &form.input },
        "roleArn": "arn:aws:iam::123456789012:role/coldstart-states",
    });
    for (member, text) in [("variables", &form.variables), ("context", &form.context)] {
        if !text.trim().is_empty() {
            params[member] = json!(text);
        }
    }
    if is_mockable(state_type) {
        match form.mock {
            TestMock::None => {}
            TestMock::Result => {
                params["mock"] =
                    json!({ "result": form.result, "fieldValidationMode": form.validation });
            }
            TestMock::Error => {
                let mut error = Map::new();
                for (member, text) in [("error", &form.error), ("cause", &form.cause)] {
                    if !text.is_empty() {
                        error.insert(member.to_owned(), json!(text));
                    }
                }
                params["mock"] = json!({ "errorOutput": error });
            }
        }
        let configuration = form.configuration(state_type);
        if !configuration.is_empty() {
            params["stateConfiguration"] = Value::Object(configuration);
        }
    }
    ApiRequest { service: "states".into(), operation: "TestState".into(), params }
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestOutcome {
    /// `SUCCEEDED`, `FAILED`, `RETRIABLE` or `CAUGHT_ERROR`.
    pub status: String,
    /// The state's output, JSON.
    pub output: Option<String>,
    /// The error's name.
    pub error: Option<String>,
    /// Its cause.
    pub cause: Option<String>,
    /// The state that would come next.
    pub next: Option<String>,
    /// Values on the way: label, JSON.
    pub data: Vec<(String, String)>,
}

impl TestOutcome {
    /// From what TestState answers.
    pub fn of(output: &Value) -> Self {
        let text = |member: &str| output.get(member).and_then(Value::as_str).map(str::to_owned);
        let mut data: Vec<(&String, String)> = Vec::new();
        for (name, value) in
            output.get("inspectionData").and_then(Value::as_object).into_iter().flatten()
        {
            data.push((name, value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
        }
        // Stable, so that what is unknown keeps AWS's order.
        data.sort_by_key(|(name, _)| flow_order(name));
        Self {
            status: text("status").unwrap_or_default(),
            output: text("output"),
            error: text("error"),
            cause: text("cause"),
            next: text("nextState"),
            data: data.into_iter().map(|(name, value)| (flow_label(name), value)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mock_goes_along_where_something_is_called() {
        let mut form = TestForm::of("Task", "");
        let params = |form: &TestForm, kind: &str| test_state("{}", "A", kind, form).params;
        assert_eq!((calls_service(&form, "Task"), calls_service(&form, "Pass")), (true, false));
        assert_eq!(params(&form, "Task").get("mock"), None);
        assert_eq!(params(&form, "Task")["input"], json!("{}"));
        form.mock = TestMock::Error;
        form.error = "Busy".into();
        form.retries = 2;
        assert_eq!(params(&form, "Task")["mock"], json!({ "errorOutput": { "error": "Busy" } }));
        assert_eq!(params(&form, "Task")["stateConfiguration"]["retrierRetryCount"], json!(2));
        assert_eq!(params(&form, "Pass").get("mock"), None, "a Pass state refuses mocks");
        assert_eq!(TestForm::of("Map", "").mock, TestMock::Result, "a Map state needs one");
    }

    #[test]
    fn what_a_map_state_is_told_goes_to_no_other() {
        let mut form = TestForm::of("Map", "");
        form.mock = TestMock::Error;
        form.caused_by = "Charge".into();
        form.failures = Some(2);
        form.reader_data = "[1]".into();
        let told = |kind: &str| {
            test_state("{}", "A", kind, &form).params.get("stateConfiguration").cloned()
        };
        let all = json!({ "errorCausedByState": "Charge", "mapIterationFailureCount": 2, "mapItemReaderData": "[1]" });
        assert_eq!(told("Map"), Some(all));
        assert_eq!(told("Parallel"), Some(json!({ "errorCausedByState": "Charge" })));
        assert_eq!(told("Task"), None);
    }

    #[test]
    fn values_come_in_the_order_in_which_they_are_made() {
        let outcome = TestOutcome::of(
            &json!({ "status": "SUCCEEDED", "output": "2", "nextState": "B", "inspectionData": {
            "result": "1", "afterParameters": "{}", "input": "{}", "errorDetails": { "retryIndex": 0 } } }),
        );
        let labels: Vec<&str> = outcome.data.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(labels, ["State input", "After Parameters", "Result", "Error details"]);
        assert_eq!(outcome.data[3].1, "{\"retryIndex\":0}");
        assert_eq!((outcome.next.as_deref(), outcome.error), (Some("B"), None));
    }
}
