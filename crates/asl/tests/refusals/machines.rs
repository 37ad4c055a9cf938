//! Machines as wholes: where states lead, names, fields.

use crate::{found, inner, json_path, refused};
use coldstart_asl::MachineType;
use serde_json::{Map, Value, json};

#[test]
fn targets_ends_and_reach_are_told_in_aws_order() {
    let pass = |next: &str| json!({ "Type": "Pass", "Next": next });
    let end = || json!({ "Type": "Pass", "End": true });
    let graph = |states: Value| json!({ "StartAt": "A", "States": states });
    // Measured by others, with and without what keeps another quiet.
    refused(
        &graph(json!({ "A": pass("B"), "B": pass("A") })),
        &["MISSING_END_STATE: Workflow has no terminal state at null"],
    );
    refused(
        &graph(json!({ "A": pass("B"), "B": pass("A"), "C": pass("A") })),
        &["MISSING_END_STATE: Workflow has no terminal state at null"],
    );
    refused(
        &graph(json!({ "A": pass("B"), "B": pass("A"), "C": end() })),
        &["MISSING_TRANSITION_TARGET: State \"C\" is not reachable. at /States/C"],
    );
    refused(
        &graph(json!({ "A": pass("NOPE") })),
        &[
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: NOPE at /States/A/Next",
            "MISSING_END_STATE: Workflow has no terminal state at null",
        ],
    );
    refused(
        &graph(json!({ "pass1": pass("pass3"), "pass2": end() })),
        &[
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: A at /StartAt",
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at /States/pass1/Next",
            "MISSING_TRANSITION_TARGET: State \"pass1\" is not reachable. at /States/pass1",
            "MISSING_TRANSITION_TARGET: State \"pass2\" is not reachable. at /States/pass2",
        ],
    );
    // Only what nothing names: a start that does not exist leaves the others named.
    refused(
        &json!({ "StartAt": "Not sure", "States": { "Pass One": pass("Success"), "Success": { "Type": "Succeed" } } }),
        &[
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Not sure at /StartAt",
            "MISSING_TRANSITION_TARGET: State \"Pass One\" is not reachable. at /States/Pass One",
        ],
    );
    // The word is Next at every position, and elements stand in brackets.
    let task = json!({
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true,
        "Catch": [{ "ErrorEquals": ["E"], "Next": "N3" }],
    });
    let choice = json!({
        "Type": "Choice", "Default": "N2",
        "Choices": [{ "Variable": "$.x", "IsNull": true, "Next": "N1" }, { "Variable": "$.x", "IsNull": true, "Next": "T" }],
    });
    refused(
        &graph(json!({ "A": choice, "T": task })),
        &[
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: N2 at /States/A/Default",
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: N1 at /States/A/Choices[0]/Next",
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: N3 at /States/T/Catch[0]/Next",
        ],
    );
    // A ring that nothing leads to: all are named, so AWS takes it; we warn.
    let ring = graph(json!({ "A": end(), "B": pass("C"), "C": pass("B") }));
    refused(&ring, &[]);
    let (_, warnings) = found(&ring.to_string(), MachineType::Standard);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    // Machines inside machines follow the same rules and are islands.
    let inside = json!({ "StartAt": "I", "States": { "I": { "Type": "Pass", "Next": "A" } } });
    refused(
        &graph(json!({ "A": { "Type": "Parallel", "Branches": [inner(), inside], "End": true } })),
        &[
            "DUPLICATE_STATE_NAME: Duplicate State name: I at /States/A/Branches[1]/States/I",
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: A at /States/A/Branches[1]/States/I/Next",
            "MISSING_END_STATE: Workflow has no terminal state at null",
        ],
    );
}

#[test]
fn machines_have_their_fields_and_names_their_sizes() {
    let ok = json!({ "StartAt": "A", "States": { "A": { "Type": "Succeed" } }, "Version": "1.0", "TimeoutSeconds": 5, "Comment": "" });
    refused(&ok, &[]);
    for (name, value, message) in [
        ("Other", json!(1), "Field 'Other' is not supported at /"),
        ("ProcessorConfig", json!({}), "Field 'ProcessorConfig' is not supported at /"),
        ("TimeoutSeconds", json!(0), "Minimum value is 1 at /TimeoutSeconds"),
        ("TimeoutSeconds", json!("{% 5 %}"), "Expected value of type Integer at /TimeoutSeconds"),
        ("Comment", json!(5), "Expected value of type String at /Comment"),
    ] {
        let mut definition = ok.clone();
        definition[name] = value;
        refused(&definition, &[&format!("SCHEMA_VALIDATION_FAILED: {message}")]);
    }
    for (inside, fault) in
        [("TimeoutSeconds", json!(1)), ("ProcessorConfig", json!({ "Mode": "INLINE" }))]
    {
        let mut branch = inner();
        branch[inside] = fault;
        json_path(
            json!({ "Type": "Parallel", "Branches": [branch], "End": true }),
            &[&format!(
                "SCHEMA_VALIDATION_FAILED: Field '{inside}' is not supported at /States/A/Branches[0]"
            )],
        );
    }
    let named = |name: &str| {
        let mut states = Map::new();
        states.insert(name.to_owned(), json!({ "Type": "Succeed" }));
        found(&json!({ "StartAt": name, "States": states }).to_string(), MachineType::Standard).0
    };
    assert!(named(&"é".repeat(80)).is_empty());
    assert_eq!(named(&"a".repeat(81)).len(), 1);
    assert_eq!(named("").len(), 1);
}
