//! JSONata as Step Functions evaluates it.

use crate::{failure, jsonata, output, run, run_with};
use coldstart_asl::interpret::Execution;
use serde_json::{Value, json};

fn evaluate(expression: &str) -> Execution {
    run(&jsonata(json!({ "Type": "Pass", "Output": format!("{{% {expression} %}}") })), "{}")
}

#[track_caller]
fn cause(expression: &str) -> String {
    let (error, cause) = failure(&evaluate(expression));
    assert_eq!(error, "States.QueryEvaluationError", "{expression}");
    cause
}

/// Fact 7: A sequence of one is the value itself, a part of one stays an array (recorded).
#[test]
fn sequences_of_one_are_the_value() {
    assert_eq!(output(&evaluate("$range(1,9,9)")), "1");
    assert_eq!(output(&evaluate("$range(1,9,4)")), "[1,5,9]");
    assert_eq!(output(&evaluate("$partition([0],2)")), "[[0]]");
    assert_eq!(output(&evaluate("$partition([0,1,2],2)")), "[[0,1],[2]]");
}

/// Fact 7: With a seed, `$random` is java.util.Random (measured by others, inferred).
#[test]
fn random_numbers_are_javas() {
    assert_eq!(output(&evaluate("$random(42)")), "0.7275636800328681");
}

fn undefined(field: &str) -> String {
    format!(
        "The JSONata expression '$none' specified for the field '{field}' returned nothing (undefined)."
    )
}

/// Fact 7: What is undefined fails, and the event says where it stood (Output, Items and Arguments: recorded).
#[test]
fn undefined_results_name_their_field() {
    let processor = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
    let task = json!({ "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f" });
    let with = |mut state: Value, field: &str, value: Value| {
        state[field] = value;
        jsonata(state)
    };
    let none = || json!("{% $none %}");
    let pass = json!({ "Type": "Pass" });
    for (machine, location) in [
        (with(pass.clone(), "Output", none()), "Output"),
        (with(pass.clone(), "Output", json!({ "x": none() })), "Output/x"),
        (with(pass.clone(), "Output", json!({ "x": [1, none()] })), "Output/x[1]"),
        (with(pass, "Assign", json!({ "v": none() })), "Assign/v"),
        (with(task.clone(), "Arguments", json!({ "k": none() })), "Arguments/k"),
        (with(task, "TimeoutSeconds", none()), "TimeoutSeconds"),
        (with(json!({ "Type": "Map", "ItemProcessor": processor }), "Items", none()), "Items"),
        (with(json!({ "Type": "Wait" }), "Seconds", none()), "Seconds"),
    ] {
        let execution = run(&machine, "{}");
        assert_eq!(
            failure(&execution),
            ("States.QueryEvaluationError".into(), undefined(location))
        );
        let failed =
            execution.history().iter().find(|event| event.type_name() == "EvaluationFailed");
        let event = failed.unwrap().to_json(true);
        assert_eq!(event["evaluationFailedEventDetails"]["location"], json!(location));
    }
}

/// Fact 7: Of a Choice state the rule is named (recorded).
#[test]
fn undefined_conditions_name_their_rule() {
    let machine = json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": { "Type": "Choice", "Choices": [
            { "Condition": "{% false %}", "Next": "B" }, { "Condition": "{% $none %}", "Next": "B" } ] },
        "B": { "Type": "Succeed" } } });
    let execution = run(&machine, "{}");
    assert_eq!(failure(&execution).1, undefined("Choices[1]/Condition"));
}

/// Fact 7: Null is a value: its member stays (measured by others, inferred).
#[test]
fn null_is_a_value() {
    let pass =
        json!({ "Type": "Pass", "Output": { "x": "{% null %}", "y": "{% $states.input.n %}" } });
    assert_eq!(output(&run(&jsonata(pass), r#"{"n":null}"#)), r#"{"x":null,"y":null}"#);
}

/// Fact 7: There is no `$eval` (measured by others, inferred), and other functions that are not there fail alike (recorded).
#[test]
fn there_is_no_eval() {
    for call in ["$eval('1+1')", "$randomSeeded(1)"] {
        assert!(
            cause(call).ends_with(
                " threw an error during evaluation. T1006: Attempted to invoke a non-function"
            ),
            "{}",
            cause(call)
        );
    }
}

/// Fact 7: A large range is refused for the memory it takes (measured by others, inferred).
#[test]
fn large_ranges_are_refused() {
    let words = cause("$count([1..900000])");
    assert!(words.contains("threw an error during evaluation"), "{words}");
    assert_eq!(output(&evaluate("$count([1..800000])")), "800000");
}

/// Fact 7: Long sums nest too deeply (measured by others, inferred).
#[test]
fn long_sums_overflow_the_stack() {
    let sum = |terms: usize| vec!["1"; terms].join("+");
    assert_eq!(output(&evaluate(&sum(20))), "20");
    let words = cause(&sum(250));
    assert!(words.contains("threw an error during evaluation"), "{words}");
}

/// Fact 7: The message ends with the code and JSONata's words, or the words alone where there is no code (measured by others, inferred).
#[test]
fn messages_end_with_code_and_words() {
    assert_eq!(
        cause("'a' + 1"),
        "The JSONata expression ''a' + 1' specified for the field 'Output' threw an error during evaluation. \
         T2001: The left side of the \"+\" operator must evaluate to a number"
    );
    let words = cause("$count([1..900000])");
    let (_, end) = words.split_once("threw an error during evaluation").unwrap();
    assert!(end.starts_with(": "), "{words}");
    let deep = cause(&vec!["1"; 250].join("+"));
    let (_, end) = deep.split_once("threw an error during evaluation").unwrap();
    assert!(end.starts_with(": "), "{deep}");
}

/// Fact 7: Data stands under `$states`, and a result under `$states.result` (recorded).
#[test]
fn data_stands_under_states() {
    let task = json!({ "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f",
        "Arguments": "{% $states.input.a %}",
        "Output": { "r": "{% $states.result %}", "i": "{% $states.input.a %}", "n": "{% $states.context.State.Name %}" } });
    let execution = run_with(&jsonata(task), r#"{"a":1}"#, &Ok(json!({ "x": 2 })));
    assert_eq!(output(&execution), r#"{"r":{"x":2},"i":1,"n":"A"}"#);
}
