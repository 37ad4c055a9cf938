//! State machines: requests in AWS's words, templates, and what a machine's page shows.

use super::JsonFault;
use coldstart_workspace::{ApiRequest, MachineDraft, MachineType, TestEvent};
use serde_json::{Map, Value, json};

/// A machine's role: nothing checks it here, but AWS wants one.
const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/coldstart-states";

fn states(operation: &str, params: Value) -> ApiRequest {
    ApiRequest { service: "states".into(), operation: operation.into(), params }
}

/// A type as the API writes it.
pub fn machine_type_name(machine_type: MachineType) -> &'static str {
    match machine_type {
        MachineType::Standard => "STANDARD",
        MachineType::Express => "EXPRESS",
    }
}

/// A type as people say it.
pub fn machine_type_label(name: &str) -> &'static str {
    if name == "EXPRESS" { "Express" } else { "Standard" }
}

/// `ListStateMachines`.
pub fn list_machines() -> ApiRequest {
    states("ListStateMachines", json!({ "maxResults": 1000 }))
}

/// `CreateStateMachine`.
pub fn create_machine(name: &str, draft: &MachineDraft) -> ApiRequest {
    let kind = machine_type_name(draft.machine_type);
    states(
        "CreateStateMachine",
        json!({ "name": name, "definition": draft.definition, "roleArn": ROLE_ARN, "type": kind }),
    )
}

/// `CreateStateMachine` with what DescribeStateMachine and ListTagsForResource answer of a machine.
pub fn create_machine_again(described: &Value, tags: &Value) -> ApiRequest {
    let mut params = Map::new();
    for member in
        ["name", "definition", "roleArn", "type", "loggingConfiguration", "tracingConfiguration"]
    {
        if let Some(value) = described.get(member) {
            params.insert(member.into(), value.clone());
        }
    }
    if let Some(tags) =
        tags.get("tags").filter(|tags| tags.as_array().is_some_and(|tags| !tags.is_empty()))
    {
        params.insert("tags".into(), tags.clone());
    }
    states("CreateStateMachine", Value::Object(params))
}

/// `UpdateStateMachine` with another definition.
pub fn update_definition(arn: &str, definition: &str) -> ApiRequest {
    states("UpdateStateMachine", json!({ "stateMachineArn": arn, "definition": definition }))
}

/// `UpdateStateMachine` with another logging configuration; off has no log group.
pub fn update_logging(arn: &str, logging: &Logging) -> ApiRequest {
    let mut configuration = json!({ "level": logging.level, "includeExecutionData": logging.data });
    if logging.level != "OFF" {
        configuration["destinations"] =
            json!([{ "cloudWatchLogsLogGroup": { "logGroupArn": logging.group_arn } }]);
    }
    states(
        "UpdateStateMachine",
        json!({ "stateMachineArn": arn, "loggingConfiguration": configuration }),
    )
}

/// `DeleteStateMachine`.
pub fn delete_machine(arn: &str) -> ApiRequest {
    states("DeleteStateMachine", json!({ "stateMachineArn": arn }))
}

/// `DescribeStateMachine`.
pub fn describe_machine(arn: &str) -> ApiRequest {
    states("DescribeStateMachine", json!({ "stateMachineArn": arn }))
}

/// `ListExecutions`, newest first.
pub fn list_executions(arn: &str, count: u32) -> ApiRequest {
    states("ListExecutions", json!({ "stateMachineArn": arn, "maxResults": count }))
}

/// The Express executions of a machine that the engine keeps, newest first: an operation of ours, for AWS keeps none.
pub fn list_express_executions(arn: &str, count: u32) -> ApiRequest {
    coldstart("ListExpressExecutions", json!({ "stateMachineArn": arn, "maxResults": count }))
}

/// `StartExecution`; an empty name lets AWS choose one.
pub fn start_execution(arn: &str, name: &str, input: &str) -> ApiRequest {
    let mut params = json!({ "stateMachineArn": arn, "input": input });
    if !name.is_empty() {
        params["name"] = json!(name);
    }
    states("StartExecution", params)
}

/// `StartSyncExecution`: Express machines only.
pub fn start_sync_execution(arn: &str, name: &str, input: &str) -> ApiRequest {
    let mut request = start_execution(arn, name, input);
    request.operation = "StartSyncExecution".into();
    request
}

/// `ListTagsForResource`.
pub fn list_tags(arn: &str) -> ApiRequest {
    states("ListTagsForResource", json!({ "resourceArn": arn }))
}

/// A request of ours: AWS has no such operations.
fn coldstart(operation: &str, params: Value) -> ApiRequest {
    ApiRequest { service: "coldstart".into(), operation: operation.into(), params }
}

/// The mocks in use.
pub fn get_mocks() -> ApiRequest {
    coldstart("GetMockConfiguration", json!({}))
}

/// Other mocks, or none.
pub fn put_mocks(text: Option<&str>) -> ApiRequest {
    match text {
        Some(text) => coldstart("PutMockConfiguration", json!({ "configuration": text })),
        None => coldstart("DeleteMockConfiguration", json!({})),
    }
}

/// Mocks for the tasks of a definition, as a first text.
pub fn mock_template(name: &str, definition: &str) -> String {
    let mut tasks = Vec::new();
    if let Ok(definition) = serde_json::from_str(definition) {
        collect_tasks(&definition, &mut tasks);
    }
    tasks.sort();
    tasks.dedup();
    let case: Map<String, Value> =
        tasks.into_iter().take(50).map(|task| (task, json!("Answer"))).collect();
    let text = json!({
        "StateMachines": { name: { "TestCases": { "Happy": case }, "Active": "Happy" } },
        "MockedResponses": { "Answer": { "0": { "Return": {} } } },
    });
    format!("{text:#}\n")
}

/// The names of all Task states, however deep.
fn collect_tasks(value: &Value, tasks: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if member.get("Type").and_then(Value::as_str) == Some("Task") {
                    tasks.push(name.clone());
                }
                collect_tasks(member, tasks);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_tasks(item, tasks)),
        _ => {}
    }
}

/// The ARN of a machine of this account.
pub fn machine_arn(name: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:stateMachine:{name}")
}

/// The ARN of an execution of a machine. That of an Express one has an id behind its name: `name:id`.
pub fn execution_arn(machine_arn: &str, execution: &str) -> String {
    let kind = if execution.contains(':') { ":express:" } else { ":execution:" };
    format!("{}:{execution}", machine_arn.replacen(":stateMachine:", kind, 1))
}

/// A row of the list of machines.
#[derive(Debug, Clone, PartialEq)]
pub struct MachineRow {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `STANDARD` or `EXPRESS`.
    pub kind: String,
    /// Unix seconds.
    pub created_seconds: f64,
}

/// From what ListStateMachines answers, by name.
pub fn machine_rows(output: &Value) -> Vec<MachineRow> {
    let text = |row: &Value, member: &str| {
        row.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let rows = output.get("stateMachines").and_then(Value::as_array);
    let mut rows: Vec<MachineRow> = rows
        .into_iter()
        .flatten()
        .map(|row| MachineRow {
            name: text(row, "name"),
            arn: text(row, "stateMachineArn"),
            kind: text(row, "type"),
            created_seconds: seconds(row.get("creationDate")).unwrap_or_default(),
        })
        .collect();
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    rows
}

/// A row of the list of executions.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutionRow {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `RUNNING`, `SUCCEEDED` …
    pub status: String,
    /// Unix seconds.
    pub started_seconds: f64,
    /// Unix seconds; none while it runs.
    pub stopped_seconds: Option<f64>,
}

/// From what ListExecutions answers, newest first.
pub fn execution_rows(output: &Value) -> Vec<ExecutionRow> {
    let text = |row: &Value, member: &str| {
        row.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let rows = output.get("executions").and_then(Value::as_array);
    rows.into_iter()
        .flatten()
        .map(|row| ExecutionRow {
            name: text(row, "name"),
            arn: text(row, "executionArn"),
            status: text(row, "status"),
            started_seconds: seconds(row.get("startDate")).unwrap_or_default(),
            stopped_seconds: seconds(row.get("stopDate")),
        })
        .collect()
}

fn seconds(value: Option<&Value>) -> Option<f64> {
    value.and_then(Value::as_f64)
}

/// Where a machine's logs go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    /// `OFF`, `FATAL`, `ERROR` or `ALL`.
    pub level: String,
    /// Whether inputs and outputs are written too.
    pub data: bool,
    /// The log group's ARN.
    pub group_arn: String,
}

impl Logging {
    /// From what DescribeStateMachine answers.
    pub fn of(output: &Value, name: &str) -> Self {
        let configuration = output.get("loggingConfiguration").cloned().unwrap_or_default();
        let group = configuration
            .pointer("/destinations/0/cloudWatchLogsLogGroup/logGroupArn")
            .and_then(Value::as_str);
        Self {
            level: configuration
                .get("level")
                .and_then(Value::as_str)
                .unwrap_or("OFF")
                .to_owned(),
            data: configuration
                .get("includeExecutionData")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            group_arn: group.map_or_else(
                || format!("arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/{name}-Logs:*"),
                str::to_owned,
            ),
        }
    }
}

/// Why a text cannot be a machine's name. Source: "CreateStateMachine" in the API reference.
pub fn machine_name_fault(name: &str) -> Option<&'static str> {
    const FORBIDDEN: &str = "<>{}[]?*\"#%\\^|~`$&,;:/";
    if name.is_empty() {
        Some("Enter a name.")
    } else if name.chars().count() > 80 {
        Some("Use at most 80 characters.")
    } else if name.chars().any(|c| c.is_whitespace() || c.is_control() || FORBIDDEN.contains(c)) {
        Some("Use no spaces, wildcards, brackets or other special characters.")
    } else {
        None
    }
}

/// Why a text cannot be an execution's name; empty lets AWS choose one.
pub fn execution_name_fault(name: &str) -> Option<&'static str> {
    if name.is_empty() { None } else { machine_name_fault(name) }
}

/// A draft of a machine that the cloud has, from what DescribeStateMachine answers.
pub fn draft_of_definition(output: &Value) -> MachineDraft {
    let text = |member: &str| output.get(member).and_then(Value::as_str).unwrap_or_default();
    let definition = text("definition");
    // What a program wrote in one line is laid out for people.
    let definition = if definition.contains('\n') {
        definition.to_owned()
    } else {
        super::pretty_json(definition)
    };
    let input = TestEvent { name: "input".into(), payload: "{}".into() };
    MachineDraft {
        machine_type: match text("type") {
            "EXPRESS" => MachineType::Express,
            _ => MachineType::Standard,
        },
        definition,
        inputs: vec![input],
        selected_input: 0,
        mocks: String::new(),
    }
}

/// Whether two definitions say the same, however they are laid out.
pub fn same_definition(a: &str, b: &str) -> bool {
    a == b
        || match (serde_json::from_str::<Value>(a), serde_json::from_str::<Value>(b)) {
            (Ok(a), Ok(b)) => a == b,
            _ => false,
        }
}

/// What is wrong with an execution's input; empty is `{}`.
pub fn input_fault(text: &str) -> Option<JsonFault> {
    if text.trim().is_empty() { None } else { super::json_fault(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_refused_as_aws_refuses_them() {
        for (name, refused) in [
            ("order", false),
            ("Bestellung-é_1.2", false),
            ("", true),
            ("a b", true),
            ("a/b", true),
            (&"x".repeat(81), true),
        ] {
            assert_eq!(machine_name_fault(name).is_some(), refused, "{name}");
        }
        assert_eq!(execution_name_fault(""), None);
    }

    #[test]
    fn rows_are_read_from_answers() {
        let rows = machine_rows(&json!({ "stateMachines": [
            { "name": "b", "stateMachineArn": "arn:b", "type": "EXPRESS", "creationDate": 5.5 },
            { "name": "a", "stateMachineArn": "arn:a", "type": "STANDARD", "creationDate": 1 },
        ] }));
        assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(rows[1].created_seconds, 5.5);
        let rows = execution_rows(
            &json!({ "executions": [{ "name": "e", "executionArn": "x", "status": "RUNNING", "startDate": 1.0 }] }),
        );
        assert_eq!(rows[0].stopped_seconds, None);
        assert!(machine_rows(&json!(null)).is_empty());
    }

    #[test]
    fn an_execution_is_found_by_its_machine_and_name() {
        assert_eq!(
            execution_arn(&machine_arn("m"), "e"),
            "arn:aws:states:us-east-1:123456789012:execution:m:e"
        );
        assert_eq!(
            execution_arn(&machine_arn("m"), "e:id"),
            "arn:aws:states:us-east-1:123456789012:express:m:e:id"
        );
    }

    #[test]
    fn a_definition_is_the_same_however_it_is_laid_out() {
        assert!(same_definition("{\"a\": 1}", "{ \"a\":1 }"));
        assert!(!same_definition("{\"a\": 1}", "{\"a\": 2}"));
        assert!(same_definition("{ half", "{ half"));
        let draft = draft_of_definition(&json!({ "type": "EXPRESS", "definition": "{\"a\":1}" }));
        assert_eq!(
            (draft.machine_type, draft.definition.as_str()),
            (MachineType::Express, "{\n  \"a\": 1\n}")
        );
    }

    #[test]
    fn a_machine_is_made_again_as_it_was() {
        let described = json!({ "stateMachineArn": "arn", "name": "m", "definition": "{}", "roleArn": "r", "type": "EXPRESS",
            "creationDate": 1, "loggingConfiguration": { "level": "OFF" } });
        let request =
            create_machine_again(&described, &json!({ "tags": [{ "key": "a", "value": "b" }] }));
        assert_eq!(
            request.params,
            json!({ "name": "m", "definition": "{}", "roleArn": "r", "type": "EXPRESS",
            "loggingConfiguration": { "level": "OFF" }, "tags": [{ "key": "a", "value": "b" }] })
        );
        assert_eq!(
            create_machine_again(&described, &json!({ "tags": [] })).params.get("tags"),
            None
        );
    }

    #[test]
    fn mocks_begin_with_the_tasks_of_the_definition() {
        let text = mock_template("m", super::super::TEMPLATES[2].definition);
        let mocks: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(
            mocks["StateMachines"]["m"]["TestCases"]["Happy"],
            json!({ "Say hello": "Answer" })
        );
        assert!(mock_template("m", "{ half").contains("TestCases"));
    }

    #[test]
    fn logging_that_is_off_has_no_group() {
        let logging = Logging::of(&json!({}), "m");
        assert_eq!(logging.level, "OFF");
        let request = update_logging("arn", &logging);
        assert!(request.params["loggingConfiguration"].get("destinations").is_none());
        let all = Logging { level: "ALL".into(), ..logging };
        let sent = update_logging("arn", &all).params;
        assert_eq!(Logging::of(&sent, "m"), all);
    }
}
