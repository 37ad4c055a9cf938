//! Paths, functions, expressions and texts.

use crate::{jsonata, one, output, run};
use coldstart_asl::parse;
use serde_json::json;

#[track_caller]
fn gives(expression: &str, expected: &str) {
    let input = r#"{"a":[1,2],"neg":-1.5,"half":-0.5,"empty":""}"#;
    let execution =
        run(&one(json!({ "Type": "Pass", "Parameters": { "x.$": expression } })), input);
    assert_eq!(output(&execution), format!("{{\"x\":{expected}}}"), "{expression}");
}

/// 5. Paths are Jayway's: indefinite ones that find nothing give an empty array (recorded).
#[test]
fn paths_are_jayways() {
    gives("$.a[0]", "1");
    gives("$.a[0,9]", "[1]");
    gives("$.a[-1]", "2");
    gives("$.none[*]", "[]");
    gives("$.a.length()", "2");
}

/// 6. Corners of the intrinsic functions (recorded).
#[test]
fn intrinsic_functions_have_javas_corners() {
    gives("States.MathAdd($.neg, 0)", "-1");
    gives("States.MathAdd($.half, 0)", "0");
    gives("States.StringSplit(',,,,', ',')", "[]");
    gives("States.StringSplit('a.b+c', '.+')", r#"["a","b","c"]"#);
    gives("States.StringToJson($.empty)", "null");
    gives("States.ArrayRange(1, 9, 4)", "[1,5,9]");
    gives("States.ArrayRange(1, 1, 1)", "[1]");
}

/// 7. A sequence of one is the value itself, and `$random` is Java's with a seed (recorded; the seed is inferred).
#[test]
fn jsonata_functions_of_step_functions() {
    let gives = |expression: &str| {
        output(&run(
            &jsonata(json!({ "Type": "Pass", "Output": format!("{{% {expression} %}}") })),
            "{}",
        ))
    };
    assert_eq!(gives("$range(1,9,9)"), "1");
    assert_eq!(gives("$partition([0],2)"), "[[0]]");
    assert_eq!(gives("$random(42)"), "0.7275636800328681");
}

/// 8 and 10. JSONata and timestamps are read when a machine is created (timestamps recorded, expressions inferred).
#[test]
fn expressions_and_timestamps_are_read_at_creation() {
    let refused = |state: serde_json::Value| !parse(&state.to_string()).1.is_empty();
    assert!(refused(jsonata(json!({ "Type": "Pass", "Output": "{% 1 + %}" }))));
    assert!(refused(jsonata(json!({ "Type": "Pass", "Output": "{% name %}" }))));
    assert!(refused(one(json!({ "Type": "Wait", "Timestamp": "2026-13-01T00:00:00Z" }))));
    assert!(!refused(jsonata(json!({ "Type": "Pass", "Output": "{% $states.input.name %}" }))));
}

/// 18. Inputs keep their whitespace, order and numbers (inferred).
#[test]
fn texts_are_kept() {
    let input = r#"{ "b" : 1.0,  "a": -0 }"#;
    assert_eq!(output(&run(&one(json!({ "Type": "Pass" })), input)), input);
}
