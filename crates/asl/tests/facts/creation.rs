//! What is read when a state machine is created.

use crate::{jsonata, one, refusals};
use serde_json::{Value, json};

const NONE: Vec<String> = Vec::new();

fn expression(text: &str) -> Vec<String> {
    refusals(&jsonata(json!({ "Type": "Pass", "Output": format!("{{% {text} %}}") })))
}

/// Fact 8: Expressions that cannot be read are refused (measured by others, inferred).
#[test]
fn syntax_errors_are_refused() {
    let found = expression("1 +");
    assert!(found[0].starts_with("INVALID_JSONATA_EXPRESSION: "), "{found:?}");
    assert_eq!(found.len(), 1);
}

/// Fact 8: Names at the top level, `$$` and members that `$states` does not have are refused; data is under `$states` (measured by
/// others, inferred).
#[test]
fn bare_names_are_refused() {
    for text in ["name", "name.inner", "$$", "$", "$states.nothing"] {
        let found = expression(text);
        assert!(
            found.len() == 1 && found[0].starts_with("UNSUPPORTED_JSONATA_EXPRESSION: "),
            "{text}: {found:?}"
        );
    }
    for text in
        ["$states.input.name", "$name", "$states.context.Execution.Id", "$states.input.a[b > 1].c"]
    {
        assert_eq!(expression(text), NONE, "{text}");
    }
}

/// Fact 10: A literal timestamp is read then, in either language (recorded).
#[test]
fn literal_timestamps_are_checked() {
    let wait = |at: &str| json!({ "Type": "Wait", "Timestamp": at });
    for at in ["2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "tomorrow"] {
        let words = "String does not match RFC3339 timestamp";
        for machine in [one(wait(at)), jsonata(wait(at))] {
            let found = refusals(&machine);
            assert!(found.len() == 1 && found[0].ends_with(words), "{at}: {found:?}");
        }
    }
    for at in ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123456789+01:00"] {
        assert_eq!(refusals(&one(wait(at))), NONE, "{at}");
    }
    let expression = jsonata(wait("{% $states.input.at %}"));
    assert_eq!(refusals(&expression), NONE);
}

/// Fact 10: JSONata's fields are for a state whose language it is, in a machine of JSONPath too (recorded).
#[test]
fn a_state_may_have_its_own_language() {
    let wait = |language: Value| {
        let mut state = json!({ "Type": "Wait", "Seconds": "{% 1 %}" });
        state["QueryLanguage"] = language;
        refusals(&one(state))
    };
    assert_eq!(wait(json!("JSONata")), NONE);
    assert_ne!(wait(json!("JSONPath")), NONE);
}

/// Asked for, 10: A service that is not known here does not make a definition bad.
#[test]
fn services_that_are_not_here_are_accepted() {
    for resource in [
        "arn:aws:states:::ecs:runTask.sync",
        "arn:aws:states:::batch:submitJob.sync",
        "arn:aws:states:::aws-sdk:rekognition:detectLabels",
    ] {
        assert_eq!(
            refusals(&one(json!({ "Type": "Task", "Resource": resource }))),
            NONE,
            "{resource}"
        );
    }
}
