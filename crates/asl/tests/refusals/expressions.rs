//! What is written in a language: JSONata, paths, functions, timestamps.

use crate::{found, inner, json_path, jsonata, least, refused};
use coldstart_asl::MachineType;
use serde_json::{Value, json};

#[test]
fn expressions_are_read_when_a_machine_is_created() {
    let pass = |output: Value| json!({ "Type": "Pass", "Output": output, "End": true });
    // Measured by others.
    for (expression, expected) in [
        ("a[1,2)", "INVALID_JSONATA_EXPRESSION: Expected \"]\", got \",\""),
        (
            "\"unterminated",
            "INVALID_JSONATA_EXPRESSION: String literal must be terminated by a matching quote",
        ),
        ("1 +", "INVALID_JSONATA_EXPRESSION: Unexpected end of expression"),
        (
            "{\"a\":}",
            "INVALID_JSONATA_EXPRESSION: The symbol \"}\" cannot be used as a unary operator",
        ),
        (
            "$match(\"a\", /abc",
            "INVALID_JSONATA_EXPRESSION: No terminating / in regular expression",
        ),
        (
            "phone",
            "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported.",
        ),
        ("$$", "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$$' is not supported."),
        (
            "$states.errorOutput",
            "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.errorOutput' does not exist.",
        ),
    ] {
        let text = format!("{{% {expression} %}}");
        jsonata(pass(json!(text)), &[&format!("{expected} at /States/A/Output")]);
        let nested = json!({ "v": ["x", { "w": text }] });
        jsonata(pass(nested), &[&format!("{expected} at /States/A/Output/v[1]/w")]);
    }
    // One refusal for each name.
    jsonata(
        pass(json!("{% a + b + a %}")),
        &[
            "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'a' at the top level is not supported. at /States/A/Output",
            "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'b' at the top level is not supported. at /States/A/Output",
        ],
    );
    // Undefined variables are found out when they are read: recorded in a machine that is refused for another reason.
    jsonata(pass(json!("{% $never.assigned %}")), &[]);
    // Neither comments nor texts that only look like expressions are read.
    jsonata(
        json!({ "Type": "Pass", "Comment": "{% ( %}", "Output": " {% ( %}", "End": true }),
        &[],
    );
    // JSONPath states do not read them at all.
    json_path(
        json!({ "Type": "Pass", "Result": "{% ( %}", "Parameters": { "a": "{% ( %}" }, "End": true }),
        &[],
    );
}

#[test]
fn each_field_sees_its_part_of_states() {
    let refusal = |field: &str, place: &str| {
        format!(
            "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.{field}' does not exist. at /States/A/{place}"
        )
    };
    let check = |kind: &str, path: &[&str], allowed: &[&str]| {
        for field in ["input", "context", "result", "errorOutput", "other"] {
            let mut state = least(kind, "JSONata");
            if kind == "Map" {
                state["ItemProcessor"]["ProcessorConfig"] =
                    json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
            }
            let text = json!(format!("{{% $states.{field} %}}"));
            let (last, outer) = path.split_last().unwrap();
            let place = path.iter().map(|part| match part.parse::<usize>() {
                Ok(index) => format!("[{index}]"),
                Err(_) => format!("/{part}"),
            });
            let place = place.collect::<String>();
            if path[0] == "Catch" {
                state["Catch"] = json!([{ "ErrorEquals": ["E"], "Next": "B" }]);
                state["Next"] = json!("B");
                state.as_object_mut().unwrap().remove("End");
            }
            if kind == "Wait" && path[0] != "Output" {
                state.as_object_mut().unwrap().remove("Seconds");
            }
            if path[0] == "ItemReader" || path[0] == "ResultWriter" {
                state[path[0]] = json!({ "Resource": "arn:aws:states:::s3:getObject" });
            }
            let mut at = &mut state;
            for part in outer {
                at = match part.parse::<usize>() {
                    Ok(index) => &mut at[index],
                    Err(_) => &mut at[*part],
                };
            }
            at[*last] = text;
            let expected = match allowed.contains(&field) {
                true => Vec::new(),
                false => vec![refusal(field, &place[1..])],
            };
            let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
            jsonata(state, &expected);
        }
    };
    const PLAIN: &[&str] = &["input", "context"];
    const RESULT: &[&str] = &["input", "context", "result"];
    const ERROR: &[&str] = &["input", "context", "errorOutput"];
    for kind in ["Task", "Parallel", "Map"] {
        check(kind, &["Output"], RESULT);
        check(kind, &["Assign", "x"], RESULT);
        check(kind, &["Catch", "0", "Output", "x"], ERROR);
        check(kind, &["Catch", "0", "Assign", "x"], ERROR);
    }
    for kind in ["Pass", "Wait", "Choice", "Succeed"] {
        check(kind, &["Output"], PLAIN);
    }
    check("Choice", &["Choices", "0", "Condition"], PLAIN);
    check("Choice", &["Choices", "0", "Output"], PLAIN);
    check("Choice", &["Choices", "0", "Assign", "x"], PLAIN);
    check("Wait", &["Seconds"], PLAIN);
    check("Wait", &["Timestamp"], PLAIN);
    check("Fail", &["Error"], PLAIN);
    check("Fail", &["Cause"], PLAIN);
    check("Task", &["Arguments"], PLAIN);
    check("Task", &["TimeoutSeconds"], PLAIN);
    check("Task", &["HeartbeatSeconds"], PLAIN);
    check("Task", &["Credentials", "RoleArn"], PLAIN);
    for field in [
        "Items",
        "ItemSelector",
        "MaxConcurrency",
        "ToleratedFailureCount",
        "ToleratedFailurePercentage",
    ] {
        check("Map", &[field], PLAIN);
    }
    check("Map", &["ItemReader", "Arguments"], PLAIN);
    check("Map", &["ItemReader", "ReaderConfig", "MaxItems"], PLAIN);
    check("Map", &["ItemBatcher", "BatchInput"], PLAIN);
    check("Map", &["ItemBatcher", "MaxItemsPerBatch"], PLAIN);
    check("Map", &["ResultWriter", "Arguments"], PLAIN);
}

#[test]
fn a_refused_expression_is_pointed_at_in_the_text() {
    let check = |output: &str, expected: &str| {
        let text = format!(
            r#"{{"StartAt": "A", "QueryLanguage": "JSONata", "States": {{"A": {{"Type": "Pass", "Output": {output}, "End": true}}}}}}"#
        );
        let (errors, _) = found(&text, MachineType::Standard);
        assert_eq!(&text[errors[0].span.clone()], expected, "{output}");
    };
    check(r#""{% $states.input.a + phone %}""#, "phone");
    check(r#""{%phone.number%}""#, "phone");
    check(r#""{% \"é\\n\" & $states.errorOutput.Cause %}""#, "$states.errorOutput");
    check(r#"["{% \u0022x\u0022 & $$ %}"]"#, "$$");
    check(r#""{% $f(1,) %}""#, ")");
}

#[test]
fn query_languages_are_chosen_as_aws_allows() {
    refused(
        &json!({ "StartAt": "A", "QueryLanguage": "JSONata", "States": {
            "A": { "Type": "Pass", "QueryLanguage": "JSONPath", "End": true } } }),
        &[
            "SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/A",
        ],
    );
    for name in ["ItemProcessor", "Iterator"] {
        let mut state = json!({ "Type": "Map", "End": true });
        state[name] = inner();
        state[name]["QueryLanguage"] = json!("JSONata");
        json_path(
            state,
            &[&format!(
                "SCHEMA_VALIDATION_FAILED: Field 'QueryLanguage' is not supported at /States/A/{name}"
            )],
        );
    }
    // A Map's own language is not that of the states inside it.
    let mut state = least("Map", "JSONata");
    state["QueryLanguage"] = json!("JSONata");
    state["ItemProcessor"]["States"]["I"]["Output"] = json!(1);
    json_path(
        state,
        &[
            "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage at /States/A/ItemProcessor/States/I",
        ],
    );
    let wrong = json!({ "StartAt": "A", "QueryLanguage": "jsonata", "States": { "A": { "Type": "Succeed" } } });
    refused(
        &wrong,
        &[
            "SCHEMA_VALIDATION_FAILED: The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata] at /QueryLanguage",
        ],
    );
}

#[test]
fn templates_take_paths_and_functions_that_can_be_read() {
    let pass = |value: &str| json!({ "Type": "Pass", "Parameters": { "x": { "y.$": value } }, "End": true });
    for value in [
        "$",
        "$.a",
        "$$.State.Name",
        "$name.a",
        "$.a[*].b",
        "$..b",
        "$['a b']",
        "States.UUID()",
        "States.Format('{} it\\'s {}', $.a, States.Array(1, -2.5, true, null, 'x'))",
        "States.Array()",
        "States.StringToJson('{}')",
        "States.MathRandom(1, 2, 3)",
    ] {
        json_path(pass(value), &[]);
    }
    for value in [
        "",
        "a",
        " $.a",
        "$.",
        "$[",
        "$.a[?",
        "States.UUID",
        "States.Format('{}'",
        "States.Format('{}', $.a",
        "States.Format(\"{}\", $.a)",
        "States.NoSuch($.a)",
        "states.UUID()",
        "States.Array(1,)",
        "States.Format('{}', a)",
        "{% $states.input %}",
    ] {
        json_path(
            pass(value),
            &[
                "SCHEMA_VALIDATION_FAILED: The value for the field 'y.$' must be a valid JSONPath or a valid intrinsic function call at /States/A/Parameters/x",
            ],
        );
    }
}

#[test]
fn timestamps_follow_the_profile() {
    for (text, valid) in [
        ("2024-02-29T00:00:00Z", true),
        ("2024-02-29T23:59:59.123456789+05:30", true),
        ("2023-02-29T00:00:00Z", false),
        ("2024-13-01T00:00:00Z", false),
        ("2024-01-01T24:00:00Z", false),
        ("2024-01-01T00:00:00", false),
        ("2024-01-01 00:00:00Z", false),
        ("2024-01-01t00:00:00z", false),
        ("{% $now() %}", false),
        ("", false),
    ] {
        let message =
            "SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp at /States/A";
        let expected =
            |place: &str| if valid { Vec::new() } else { vec![format!("{message}/{place}")] };
        let wait = json!({ "Type": "Wait", "Timestamp": text, "End": true });
        let list = expected("Timestamp");
        json_path(wait, &list.iter().map(String::as_str).collect::<Vec<_>>());
        let rule = json!({ "Variable": "$.t", "TimestampLessThan": text, "Next": "B" });
        let list = expected("Choices[0]/TimestampLessThan");
        json_path(
            json!({ "Type": "Choice", "Choices": [rule] }),
            &list.iter().map(String::as_str).collect::<Vec<_>>(),
        );
    }
    jsonata(json!({ "Type": "Wait", "Timestamp": "{% $now() %}", "End": true }), &[]);
}
