//! Intrinsic functions, and texts that are kept as they came.

use crate::{failure, function, one, output, refusals, run, run_with};
use coldstart_asl::interpret::Status;
use serde_json::json;

const INPUT: &str = r#"{"neg":-1.5,"half":-0.5,"empty":"","blank":" ","zero":"-0","o":{"Arg1":1,"Arg2":[]},"n":null,"none":[]}"#;

#[track_caller]
fn gives(expression: &str, expected: &str) {
    let execution =
        run(&one(json!({ "Type": "Pass", "Parameters": { "x.$": expression } })), INPUT);
    assert_eq!(output(&execution), format!("{{\"x\":{expected}}}"), "{expression}");
}

/// Fact 6: Each argument of MathAdd is rounded first, halves upwards, as Java's Math.round does (recorded).
#[test]
fn sums_are_of_rounded_numbers() {
    gives("States.MathAdd($.neg, 0)", "-1");
    gives("States.MathAdd($.half, 0)", "0");
    gives("States.MathAdd(1.49, 1.5)", "3");
    gives("States.MathAdd(-1.5, -0.5)", "-1");
}

/// Fact 6: Any character of the separator separates, and nothing is left of empty parts (recorded).
#[test]
fn texts_are_split_at_any_character() {
    gives("States.StringSplit(',,,,', ',')", "[]");
    gives("States.StringSplit('a.b+c', '.+')", r#"["a","b","c"]"#);
    gives("States.StringSplit($.empty, ',')", "[]");
    gives("States.StringSplit('abc', ',')", r#"["abc"]"#);
}

/// Fact 6: No text at all is null in JSON, and minus zero is zero (recorded).
#[test]
fn texts_of_json_are_read() {
    gives("States.StringToJson($.empty)", "null");
    gives("States.StringToJson($.blank)", "null");
    gives("States.StringToJson($.zero)", "0");
    gives("States.StringToJson('-0')", "0");
}

/// Fact 6: Format writes objects and arrays as Java does, JsonToString as JSON without blanks (recorded).
#[test]
fn values_are_written() {
    gives("States.Format('{}', $.o)", r#""{Arg1=1, Arg2=[]}""#);
    gives("States.Format('{} {}', $.n, true)", r#""null true""#);
    gives("States.Format('{}', $.neg)", r#""-1.5""#);
    gives("States.JsonToString($.o)", r#""{\"Arg1\":1,\"Arg2\":[]}""#);
    gives("States.JsonToString($.n)", r#""null""#);
}

/// Fact 6: A range includes its end where a step lands on it; no items make no parts (recorded).
#[test]
fn ranges_and_partitions() {
    gives("States.ArrayRange(1, 9, 4)", "[1,5,9]");
    gives("States.ArrayRange(1, 9, 5)", "[1,6]");
    gives("States.ArrayRange(1, 1, 1)", "[1]");
    gives("States.ArrayPartition($.none, 3)", "[]");
    gives("States.ArrayPartition(States.Array(0), 2)", "[[0]]");
}

/// Fact 7: Where JSONata's `$range` gives 1, States.ArrayRange gives an array of it (recorded).
#[test]
fn a_range_of_one_is_an_array() {
    gives("States.ArrayRange(1, 9, 9)", "[1]");
}

/// Functions that lists of others' making name, and that do not exist, are refused (States Language specification).
#[test]
fn there_are_no_more_functions_than_aws_has() {
    for name in ["MathSub", "MathMultiply", "StringToUpper", "ArraySort"] {
        let call = format!("States.{name}(1, 2)");
        let pass = one(json!({ "Type": "Pass", "Parameters": { "x.$": call } }));
        assert_ne!(refusals(&pass), Vec::<String>::new(), "{name}");
    }
}

/// Fact 18: Inputs keep their whitespace, order and numbers (measured by others, inferred).
#[test]
fn texts_are_kept() {
    let input = r#"{ "b" : 1.0,  "a": -0, "large": 12345678901234567890, "e": 1E2, "z": 1 }"#;
    assert_eq!(output(&run(&one(json!({ "Type": "Pass" })), input)), input);
    let compact = r#"{"x":{"b":1.0,"a":-0,"large":12345678901234567890,"e":1E2,"z":1}}"#;
    let moved = run(&one(json!({ "Type": "Pass", "Parameters": { "x.$": "$" } })), input);
    let kept = output(&moved);
    for number in ["1.0", "12345678901234567890", "\"z\":1}"] {
        assert!(kept.contains(number), "{kept}, as in {compact}");
    }
}

/// Fact 18: A cause quotes the input byte for byte, in the caller's order of members (measured by others, inferred).
#[test]
fn causes_quote_the_input_as_it_came() {
    let input = "{ \"z\" : 1.0,\n\t\"a\": [ -0 ] }";
    let execution = run(&one(json!({ "Type": "Pass", "Parameters": { "x.$": "$.no" } })), input);
    assert!(failure(&execution).1.ends_with(&format!("in the input '{input}'")));
}

/// Fact 18: 1.0 and 1 are equal numbers to a Choice state and different texts in an output (Choice: recorded; texts: inferred).
#[test]
fn equal_numbers_may_be_written_differently() {
    let rule = json!({ "Variable": "$.x", "NumericEquals": 1, "Next": "Y" });
    let machine = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Choice", "Choices": [rule] }, "Y": { "Type": "Succeed" } } });
    let execution = run(&machine, r#"{"x":1.0}"#);
    assert_eq!(
        (execution.status(), output(&execution)),
        (Status::Succeeded, r#"{"x":1.0}"#.into())
    );
}

/// Fact 18: A failure's cause that is JSON stays the text that it was (recorded).
#[test]
fn causes_stay_text() {
    use coldstart_asl::interpret::Failure;
    let cause = "{ \"b\" : 1,  \"a\" : 2 }";
    let answer = Err(Failure::new("E", cause));
    assert_eq!(run_with(&one(function()), "{}", &answer).cause(), Some(cause));
}
