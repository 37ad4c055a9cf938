//! What a reader is told about a definition: text in, one line per diagnostic out, with the text it points at.

#![allow(clippy::unwrap_used, reason = "tests")]

use coldstart_asl::{Definition, EdgeKind, StateKind, parse};
use expect_test::{Expect, expect};
use proptest::prelude::*;

#[track_caller]
fn check(text: &str, expected: Expect) {
    let (_, diagnostics) = parse(text);
    let lines = diagnostics.iter().map(|diagnostic| {
        let quoted = text[diagnostic.span.clone()].replace('\n', " ");
        let quoted = quoted.get(..40).map_or(quoted.clone(), |start| format!("{start}…"));
        format!("{} {} `{quoted}`: {}\n", diagnostic.code, diagnostic.pointer, diagnostic.message)
    });
    expected.assert_eq(&lines.collect::<String>());
}

#[test]
fn targets_must_exist_and_states_be_reached() {
    check(
        r#"{"StartAt": "A", "States": {
            "A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": true, "Next": "Gone"}], "Default": "B"},
            "B": {"Type": "Task", "Resource": "foo:bar", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Lost"}], "Next": "A"},
            "C": {"Type": "Pass", "Next": "Nowhere"}}}"#,
        expect![[r#"
            NOT_AN_ARN /States/B/Resource `"foo:bar"`: Value is not a valid resource ARN
            MISSING_TRANSITION_TARGET /States/A/Choices/0/Next `"Gone"`: Missing 'Next' target: Gone
            MISSING_TRANSITION_TARGET /States/B/Catch/0/Next `"Lost"`: Missing 'Next' target: Lost
            MISSING_TRANSITION_TARGET /States/C/Next `"Nowhere"`: Missing 'Next' target: Nowhere
            MISSING_END_STATE /States `"A"`: Workflow has no terminal state
        "#]],
    );
}

#[test]
fn each_type_has_its_fields() {
    check(
        r#"{"StartAt": "A", "States": {
            "A": {"Type": "Pass", "Resource": "x", "InputPath": "a b", "ResultPath": "$.a[*]", "Next": "B", "End": true},
            "B": {"Type": "Wait", "Seconds": 1.5, "TimestampPath": "$.t"},
            "C": {"Type": "Tusk"},
            "D": {"Typo": "Pass"},
            "E": 3}}"#,
        expect![[r#"
            SCHEMA_VALIDATION_FAILED /States/A/Resource `"Resource"`: Field 'Resource' is not supported
            SCHEMA_VALIDATION_FAILED /States/A/InputPath `"a b"`: Value is not a valid JSONPath: a path starts with '$' (at 0)
            SCHEMA_VALIDATION_FAILED /States/A/ResultPath `"$.a[*]"`: Value is not a Reference Path
            SCHEMA_VALIDATION_FAILED /States/A `true`: There should only be one of the following fields: [Next, End]
            SCHEMA_VALIDATION_FAILED /States/B `{"Type": "Wait", "Seconds": 1.5, "Timest…`: One of these fields is required: [Next, End]
            SCHEMA_VALIDATION_FAILED /States/B/Seconds `1.5`: Expected value of type Integer
            SCHEMA_VALIDATION_FAILED /States/B `"$.t"`: There should only be one of the following fields: [Seconds, SecondsPath, Timestamp, TimestampPath]
            SCHEMA_VALIDATION_FAILED /States/C/Type `"Tusk"`: The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]
            SCHEMA_VALIDATION_FAILED /States/D `{"Typo": "Pass"}`: The field 'Type' is required but was missing
            SCHEMA_VALIDATION_FAILED /States/E `3`: Expected value of type Object
            MISSING_TRANSITION_TARGET /States/C `"C"`: State "C" is not reachable.
            MISSING_TRANSITION_TARGET /States/D `"D"`: State "D" is not reachable.
            MISSING_TRANSITION_TARGET /States/E `"E"`: State "E" is not reachable.
        "#]],
    );
}

#[test]
fn retriers_and_catchers_have_ranges() {
    check(
        r#"{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "r", "End": true,
            "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": [], "BackoffRate": 0.5, "MaxAttempts": 1.5, "JitterStrategy": "half"}],
            "Catch": [{"ErrorEquals": ["E"], "When": 1}]}}}"#,
        expect![[r#"
            NOT_AN_ARN /States/A/Resource `"r"`: Value is not a valid resource ARN
            SCHEMA_VALIDATION_FAILED /States/A/Retry/0/ErrorEquals `["States.ALL"]`: States.ALL must appear alone and in the last entry
            SCHEMA_VALIDATION_FAILED /States/A/Retry/1/ErrorEquals `[]`: ErrorEquals must be an Array with at least one String
            SCHEMA_VALIDATION_FAILED /States/A/Retry/1/BackoffRate `0.5`: Minimum value is 1.0
            SCHEMA_VALIDATION_FAILED /States/A/Retry/1/MaxAttempts `1.5`: Expected value of type Integer
            SCHEMA_VALIDATION_FAILED /States/A/Retry/1/JitterStrategy `"half"`: The field 'JitterStrategy' should have one of these values: [FULL, NONE]
            SCHEMA_VALIDATION_FAILED /States/A/Catch/0 `{"ErrorEquals": ["E"], "When": 1}`: The field 'Next' is required but was missing
            SCHEMA_VALIDATION_FAILED /States/A/Catch/0/When `"When"`: Field 'When' is not supported
        "#]],
    );
}

#[test]
fn choice_rules_have_one_operator() {
    check(
        r#"{"StartAt": "A", "States": {"Z": {"Type": "Succeed"}, "A": {"Type": "Choice", "Choices": [
            {"Variable": "$.x", "StringEquals": 1, "NumericEquals": "1", "Next": "Z"},
            {"Not": {"Variable": "$.x", "IsNull": true, "Next": "Z"}, "Next": "Z"},
            {"And": [], "Next": "Z"},
            {"Variable": "$.x", "TimestampEqualsPath": "x", "Next": "Z"},
            {"Variable": "$.x", "TimestampEquals": "today", "Next": "Z"},
            {"StringEquals": "a"}]}}}"#,
        expect![[r#"
            SCHEMA_VALIDATION_FAILED /States/A/Choices/0 `{"Variable": "$.x", "StringEquals": 1, "…`: A Choice Rule must have exactly one comparison operator
            SCHEMA_VALIDATION_FAILED /States/A/Choices/0/StringEquals `1`: Expected value of type String
            SCHEMA_VALIDATION_FAILED /States/A/Choices/0/NumericEquals `"1"`: Expected value of type Number
            SCHEMA_VALIDATION_FAILED /States/A/Choices/1/Not/Next `"Next"`: Field 'Next' is not supported
            SCHEMA_VALIDATION_FAILED /States/A/Choices/2/And `[]`: And must be an Array with at least one rule
            SCHEMA_VALIDATION_FAILED /States/A/Choices/3/TimestampEqualsPath `"x"`: Value is not a valid JSONPath: a path starts with '$' (at 0)
            SCHEMA_VALIDATION_FAILED /States/A/Choices/4/TimestampEquals `"today"`: String does not match RFC3339 timestamp
            SCHEMA_VALIDATION_FAILED /States/A/Choices/5 `{"StringEquals": "a"}`: The field 'Next' is required but was missing
            SCHEMA_VALIDATION_FAILED /States/A/Choices/5 `{"StringEquals": "a"}`: The field 'Variable' is required but was missing
        "#]],
    );
}

#[test]
fn query_languages_do_not_mix() {
    check(
        r#"{"StartAt": "A", "QueryLanguage": "JSONata", "States": {
            "A": {"Type": "Pass", "Output": "{% 1 %}", "ResultPath": "$.a", "Next": "B"},
            "B": {"Type": "Pass", "QueryLanguage": "JSONPath", "Next": "C"},
            "C": {"Type": "Choice", "Choices": [{"Condition": "x", "Next": "D"}]},
            "D": {"Type": "Task", "Resource": "r", "TimeoutSeconds": "{% 5 %}", "Arguments": 1, "End": true}}}"#,
        expect![[r#"
            SCHEMA_VALIDATION_FAILED /States/A/ResultPath `"ResultPath"`: The QueryLanguage is set to 'JSONata', but field 'ResultPath' is only supported for the 'JSONPath' QueryLanguage
            SCHEMA_VALIDATION_FAILED /States/B/QueryLanguage `"JSONPath"`: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine
            SCHEMA_VALIDATION_FAILED /States/C/Choices/0/Condition `"x"`: Expected value of type Boolean or a JSONata expression
            NOT_AN_ARN /States/D/Resource `"r"`: Value is not a valid resource ARN
            SCHEMA_VALIDATION_FAILED /States/D/Arguments `1`: Expected value of type Object or a JSONata expression
        "#]],
    );
}

#[test]
fn names_are_given_once() {
    check(
        r#"{"StartAt": "A", "Comment": "x", "Comment": "y", "States": {"A": {"Type": "Parallel", "End": true, "Branches": [
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}]}}}"#,
        expect![[r#"
            DUPLICATE_FIELD /Comment `"Comment"`: Duplicate field 'Comment'
            DUPLICATE_STATE_NAME /States/A/Branches/0/States/A `"A"`: Duplicate State name: A
        "#]],
    );
}

#[test]
fn text_that_breaks_off_is_still_drawn() {
    let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Wait", "Sec"#;
    check(
        text,
        expect![[r#"
        INVALID_JSON_DESCRIPTION [Source: (String)"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Wait", "Sec"; line: 1, column: 91] `"Sec`: Unexpected end-of-input in a string
         at [Source: (String)"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Wait", "Sec"; line: 1, column: 91]
    "#]],
    );
    let (definition, _) = parse(text);
    expect![[r#"
        A -> B
        B 
    "#]]
    .assert_eq(&outline(&definition.unwrap(), 0));
}

/// The machine as a drawing would show it.
fn outline(definition: &Definition, depth: usize) -> String {
    let mut lines = String::new();
    for state in &definition.states {
        let edges: Vec<String> = state
            .edges()
            .iter()
            .map(|edge| match edge.kind {
                EdgeKind::Next => format!("-> {}", edge.to),
                EdgeKind::Choice(at) => format!("-[{at}]-> {}", edge.to),
                EdgeKind::Default => format!("-[default]-> {}", edge.to),
                EdgeKind::Catch(at) => format!("-[catch {at}]-> {}", edge.to),
            })
            .collect();
        let end = if state.is_terminal() { " (end)" } else { "" };
        lines.push_str(&format!("{}{}{end} {}\n", "  ".repeat(depth), state.name, edges.join(" ")));
        for inner in state.containers() {
            lines.push_str(&outline(inner, depth + 1));
        }
    }
    lines
}

#[test]
fn states_transitions_and_containers_can_be_drawn() {
    let (definition, diagnostics) = parse(
        r#"{"StartAt": "Pick", "States": {
            "Pick": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericGreaterThan": 1, "Next": "Each"}], "Default": "Both"},
            "Each": {"Type": "Map", "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true}}}, "Next": "Done"},
            "Both": {"Type": "Parallel", "Branches": [
                {"StartAt": "L", "States": {"L": {"Type": "Pass", "End": true}}},
                {"StartAt": "R", "States": {"R": {"Type": "Fail"}}}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}], "Next": "Done"},
            "Done": {"Type": "Succeed"}}}"#,
    );
    assert_eq!(diagnostics, []);
    let definition = definition.unwrap();
    assert!(matches!(definition.state("Each").unwrap().kind, StateKind::Map(_)));
    expect![[r#"
        Pick -[0]-> Each -[default]-> Both
        Each -> Done
          One (end) 
        Both -> Done -[catch 0]-> Done
          L (end) 
          R (end) 
        Done (end) 
    "#]]
    .assert_eq(&outline(&definition, 0));
}

#[test]
fn deep_and_wide_documents_are_bounded() {
    for text in [
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
        format!("{{\"StartAt\":{}1", "[".repeat(120)),
    ] {
        assert!(!parse(&text).1.is_empty());
    }
    let states: Vec<String> =
        (0..5000).map(|at| format!("\"s{at}\": {{\"Type\": \"Pass\"}}")).collect();
    let (definition, diagnostics) =
        parse(&format!("{{\"StartAt\": \"s0\", \"States\": {{{}}}}}", states.join(",")));
    assert_eq!(
        (definition.unwrap().states.len(), diagnostics.len()),
        (5000, coldstart_asl::DIAGNOSTICS_MAX)
    );
}

fn fragments() -> impl Strategy<Value = String> {
    let fragments = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"StartAt\":\"A\"",
        "\"States\":{",
        "\"A\":{",
        "\"Type\":",
        "\"Task\"",
        "\"Map\"",
        "\"Choice\"",
        "\"Choices\":[",
        "\"Not\":",
        "\"Variable\":\"$.a\"",
        "\"IsNull\":true",
        "\"Next\":\"A\"",
        "\"End\":true",
        "\"Retry\":[",
        "\"Catch\":",
        "\"Branches\":[",
        "\"ItemProcessor\":",
        "\"QueryLanguage\":\"JSONata\"",
        "\"Label\":\"é\"",
        "\"Parameters\":{\"a.$\":\"$\"}",
        "\"\\ud800\"",
        "\"é",
        "1e999",
        "-",
        "null",
        " ",
        "\n",
        "😀",
        "tru",
        "\"Resource\":\"arn:aws:states:::x\"",
    ]);
    prop::collection::vec(fragments, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_diagnostics_that_point_into_it(text in fragments()) {
        let (_, diagnostics) = parse(&text);
        for diagnostic in diagnostics {
            prop_assert!(text.get(diagnostic.span.clone()).is_some(), "{diagnostic:?}");
        }
    }

    /// Half-typed machines: every prefix of a good one is read without harm.
    #[test]
    fn every_prefix_is_read(cut in 0usize..400, insert in "\\PC{0,3}") {
        let whole = r#"{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"And":[{"Variable":"$.x","StringEquals":"é\n"}],"Next":"B"}],"Default":"B"},"B":{"Type":"Map","ItemProcessor":{"StartAt":"C","States":{"C":{"Type":"Pass","End":true}}},"Retry":[{"ErrorEquals":["States.ALL"],"BackoffRate":1.5}],"End":true}}}"#;
        let cut = (0..=cut.min(whole.len())).rev().find(|at| whole.is_char_boundary(*at)).unwrap();
        let text = format!("{}{insert}", &whole[..cut]);
        let (definition, diagnostics) = parse(&text);
        prop_assert!(definition.is_some() || !diagnostics.is_empty());
        for diagnostic in diagnostics {
            prop_assert!(text.get(diagnostic.span.clone()).is_some(), "{diagnostic:?}");
        }
    }
}
