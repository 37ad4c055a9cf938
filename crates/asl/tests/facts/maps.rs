//! Map states: their items, their numbers, their runs.

use crate::{failure, function, jsonata, lines, one, output, run, run_by, run_with};
use coldstart_asl::interpret::{Details, Execution, Failure, Purpose, Status};
use serde_json::{Value, json};

fn pass() -> Value {
    json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } })
}

fn distributed(mut processor: Value) -> Value {
    processor["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    json!({ "Type": "Map", "ItemProcessor": processor })
}

/// Fact 12: Every number of a Map state that is refused is refused in its own words (recorded).
#[test]
fn numbers_are_refused_in_their_own_words() {
    let tell = |field: &str, value: Value| {
        let mut map = distributed(pass());
        map["ItemsPath"] = json!("$.i");
        map[field] = json!("$.n");
        failure(&run(&one(map), &json!({ "i": [0], "n": value }).to_string()))
    };
    let integer = |field: &str, shown: &str| {
        format!("The {field} field refers to value \"{shown}\" which is not a valid integer: $.n")
    };
    let float = |field: &str, shown: &str| {
        format!("The {field} field refers to value \"{shown}\" which is not a valid float: $.n")
    };
    let (count, percentage) = ("ToleratedFailureCountPath", "ToleratedFailurePercentagePath");
    let range = "ToleratedFailurePercentage must be between 0 and 100.".to_owned();
    for (field, value, words) in [
        (count, json!(-1), "ToleratedFailureCount cannot be negative.".to_owned()),
        (count, json!("NoNumber"), integer(count, "NoNumber")),
        (count, json!({}), integer(count, "{}")),
        (percentage, json!(-1), range.clone()),
        (percentage, json!(100.1), range),
        (percentage, json!("NoNumber"), float(percentage, "NoNumber")),
        (percentage, json!({}), float(percentage, "{}")),
        ("MaxConcurrencyPath", json!("NoNumber"), integer("MaxConcurrencyPath", "NoNumber")),
        ("MaxConcurrencyPath", json!({}), integer("MaxConcurrencyPath", "{}")),
    ] {
        assert_eq!(tell(field, value.clone()), ("States.Runtime".into(), words), "{field} {value}");
    }
    for (field, value) in
        [(count, json!(0)), (percentage, json!(1.1)), ("MaxConcurrencyPath", json!(0))]
    {
        assert_eq!(tell(field, value), (String::new(), String::new()), "{field}");
    }
}

/// Fact 12: MaxItems is the reader's: its error is States.ItemReaderFailed, not States.Runtime; 0 is as none (recorded; of
/// what is no number the sentence is inferred).
#[test]
fn max_items_is_the_readers() {
    let read = |value: Value| {
        let mut map = distributed(pass());
        map["ItemReader"] = json!({ "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": { "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "MaxItemsPath": "$.n" },
            "Parameters": { "Bucket": "b", "Key": "k" } });
        run_by(&one(map), &json!({ "n": value }).to_string(), &mut |task| {
            assert_eq!(task.purpose, Purpose::ItemReader);
            Some(Ok(json!({ "Body": "A,B\n1,2\n3,4\n" })))
        })
    };
    let refused = read(json!(-1));
    assert_eq!(
        failure(&refused),
        ("States.ItemReaderFailed".into(), "field MaxItems must be positive".into())
    );
    assert_eq!(output(&read(json!(0))), r#"[{"A":"1","B":"2"},{"A":"3","B":"4"}]"#);
    assert_eq!(output(&read(json!(1))), r#"[{"A":"1","B":"2"}]"#);
    for (value, shown) in [(json!("NoNumber"), "NoNumber"), (json!({}), "{}")] {
        let words = format!(
            "The MaxItemsPath field refers to value \"{shown}\" which is not a valid integer: $.n"
        );
        assert_eq!(failure(&read(value)), ("States.ItemReaderFailed".into(), words));
    }
}

/// Fact 12: Too many failures have an error of their own, which a catcher takes (recorded; the catcher: the guide).
#[test]
fn too_many_failures_have_their_own_error() {
    let fail = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail", "Error": "E" } } });
    let execution = run(&one(distributed(fail.clone())), "[1,2]");
    assert_eq!(execution.error(), Some("States.ExceedToleratedFailureThreshold"));
    assert_eq!(execution.cause(), Some("The specified tolerated failure threshold was exceeded"));
    let mut tolerant = distributed(fail);
    tolerant["ToleratedFailurePercentage"] = json!(100);
    assert_eq!(run(&one(tolerant), "[1,2]").status(), Status::Succeeded);
}

/// Fact 13: The result of `Items` must be an array, and what it was instead is told (recorded).
#[test]
fn items_of_jsonata_must_be_arrays() {
    for (expression, kind, shown) in [
        ("1", "number", "1"),
        ("'string'", "string", "\"string\""),
        ("true", "boolean", "true"),
        ("null", "null", "null"),
        ("{'foo': 'bar'}", "object", r#"{"foo":"bar"}"#),
    ] {
        let items = json!({ "Type": "Map", "Items": format!("{{% {expression} %}}"), "ItemProcessor": pass() });
        let words = format!(
            "The JSONata expression '{expression}' specified for the field 'Items' returned an unexpected result type. \
             Expected 'array', but was '{kind}' for value: {shown}"
        );
        assert_eq!(
            failure(&run(&jsonata(items), "{}")),
            ("States.QueryEvaluationError".into(), words)
        );
    }
}

/// Fact 13: So must an input that is the items (recorded).
#[test]
fn an_input_that_is_the_items_must_be_an_array() {
    for input in ["1", "null", "\"string\"", r#"{"foo":"bar"}"#] {
        let map = json!({ "Type": "Map", "ItemProcessor": pass() });
        let (error, cause) = failure(&run(&jsonata(map), input));
        assert_eq!(error, "States.QueryEvaluationError");
        assert_eq!(cause, format!("Map state input must be an array but was: {input}"));
    }
}

/// Fact 13: ItemSelector sees the state's whole input, and the item in the context; of a distributed Map state too (recorded).
#[test]
fn item_selectors_see_the_whole_input() {
    let selector = json!({ "k.$": "$.k", "n.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value" });
    for mut map in [json!({ "Type": "Map", "ItemProcessor": pass() }), distributed(pass())] {
        map["ItemsPath"] = json!("$.i");
        map["ItemSelector"] = selector.clone();
        let execution = run(&one(map), r#"{"i":["a","b"],"k":7}"#);
        assert_eq!(output(&execution), r#"[{"k":7,"n":0,"v":"a"},{"k":7,"n":1,"v":"b"}]"#);
    }
    let mut map = distributed(pass());
    map["ItemSelector"] = json!({ "all.$": "$", "v.$": "$$.Map.Item.Value" });
    assert_eq!(
        output(&run(&one(map), r#"["x","y"]"#)),
        r#"[{"all":["x","y"],"v":"x"},{"all":["x","y"],"v":"y"}]"#
    );
}

fn types(execution: &Execution) -> Vec<String> {
    lines(execution).iter().filter_map(|line| line.split(' ').nth(1).map(str::to_owned)).collect()
}

/// Fact 13: Children are not in the history of their parent: the map run is, its start and its end (recorded).
#[test]
fn children_are_not_in_the_parents_history() {
    let expected = |end: &[&'static str]| {
        let mut all =
            vec!["ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapRunStarted"];
        all.extend(end);
        all
    };
    let succeeded = run(&one(distributed(pass())), "[1,2,3]");
    let end = ["MapRunSucceeded", "MapStateSucceeded", "MapStateExited", "ExecutionSucceeded"];
    assert_eq!(types(&succeeded), expected(&end));
    let fail = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail" } } });
    let failed = run(&one(distributed(fail)), "[1]");
    assert_eq!(types(&failed), expected(&["MapRunFailed", "MapStateFailed", "ExecutionFailed"]));
    assert!(failed.history().iter().any(|event| matches!(event.details, Details::MapRunFailed(_))));
}

/// Asked for, 14: Results stand in the order of the items and branches, whenever they came (States Language specification).
#[test]
fn results_are_in_the_order_of_branches_and_items() {
    let wait = |seconds: u64, name: &str| {
        json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": seconds, "Next": "P" },
            "P": { "Type": "Pass", "Result": name, "End": true } } })
    };
    // Names are unique in a machine.
    let mut second = wait(1, "early");
    second = serde_json::from_str(
        &second.to_string().replace("\"W\"", "\"W2\"").replace("\"P\"", "\"P2\""),
    )
    .unwrap();
    let parallel = json!({ "Type": "Parallel", "Branches": [wait(9, "late"), second] });
    assert_eq!(output(&run(&one(parallel), "{}")), r#"["late","early"]"#);
    let processor = json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "SecondsPath": "$", "End": true } } });
    for map in
        [json!({ "Type": "Map", "ItemProcessor": processor }), distributed(processor.clone())]
    {
        assert_eq!(output(&run(&one(map), "[3,1,2]")), "[3,1,2]");
    }
}

/// Asked for, 14: The first iteration that fails ends the others (recorded).
#[test]
fn the_first_failure_ends_the_other_iterations() {
    let processor = json!({ "StartAt": "C", "States": {
        "C": { "Type": "Choice", "Choices": [{ "Variable": "$", "NumericEquals": 0, "Next": "F" }], "Default": "W" },
        "F": { "Type": "Fail", "Error": "E" },
        "W": { "Type": "Wait", "Seconds": 60, "End": true } } });
    let execution = run(&one(json!({ "Type": "Map", "ItemProcessor": processor })), "[1,0,1]");
    assert_eq!((execution.error(), execution.stopped_at().unwrap().0), (Some("E"), 0));
    let types = types(&execution);
    assert_eq!(types.iter().filter(|name| *name == "MapIterationAborted").count(), 2, "{types:?}");
    assert!(!types.contains(&"WaitStateExited".to_owned()));
}

/// Asked for, 14: Map states may stand in one another (recorded).
#[test]
fn map_states_nest() {
    let inner = json!({ "StartAt": "I", "States": { "I": { "Type": "Map", "End": true, "ItemProcessor": pass() } } });
    let execution = run(&one(json!({ "Type": "Map", "ItemProcessor": inner })), "[[1,2],[],[3]]");
    assert_eq!(output(&execution), "[[1,2],[],[3]]");
}

/// Asked for, 8: Items come in batches where ItemBatcher says so (the guide).
#[test]
fn items_come_in_batches() {
    let mut map = distributed(json!({ "StartAt": "T", "States": { "T": {
        "Type": "Task", "Resource": function()["Resource"], "End": true } } }));
    map["ItemBatcher"] = json!({ "MaxItemsPerBatch": 2, "BatchInput": { "k": 1 } });
    let execution =
        run_by(&one(map), "[1,2,3]", &mut |task| Some(Ok(task.parameters.value().clone())));
    assert_eq!(
        output(&execution),
        r#"[{"BatchInput":{"k":1},"Items":[1,2]},{"BatchInput":{"k":1},"Items":[3]}]"#
    );
}

/// Asked for, 8: A failure within the tolerance leaves its place out of nothing but the results that failed (recorded).
#[test]
fn tolerated_failures_do_not_fail_the_run() {
    let mut map = distributed(json!({ "StartAt": "T", "States": { "T": {
        "Type": "Task", "Resource": function()["Resource"], "End": true } } }));
    map["ToleratedFailureCount"] = json!(1);
    let answer = Err(Failure::new("E", "C"));
    assert_eq!(run_with(&one(map.clone()), "[1]", &answer).status(), Status::Succeeded);
    assert_eq!(run_with(&one(map), "[1,2]", &answer).status(), Status::Failed);
}
