//! `coldstart asl` as a person or a CI job runs it: streams and exit codes.

mod common;

use common::{coldstart, file};
use serde_json::Value;

const FINE: &str = r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#;
const LOST: &str = "{\n  \"StartAt\": \"A\",\n  \"States\": {\n    \"A\": { \"Type\": \"Pass\", \"Next\": \"Gone\" }\n  }\n}\n";
const EXPRESS_REFUSES: &str = r#"{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
  "Parameters": {"FunctionName": "f", "Payload": {"t.$": "$$.Task.Token"}}, "End": true}}}"#;

#[test]
fn a_sound_definition_is_exit_0_and_silent() {
    let fine = file("fine.asl.json", FINE);
    let ran = coldstart(&["asl", "validate", &fine], "");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    assert_eq!(ran.err, "1 definition: 0 errors, 0 warnings\n");
}

#[test]
fn faults_stand_by_line_and_column_and_are_exit_1() {
    let (fine, lost) = (file("fine-2.asl.json", FINE), file("lost.asl.json", LOST));
    let ran = coldstart(&["asl", "validate", &fine, &lost], "");
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.out.contains(&format!(
            "{lost}:4:36: error MISSING_TRANSITION_TARGET Missing 'Next' target: Gone\n"
        )),
        "{}",
        ran.out
    );
    assert!(ran.out.lines().all(|line| line.starts_with(&lost)), "{}", ran.out);
    assert!(ran.err.starts_with("2 definitions: "), "{}", ran.err);
}

#[test]
fn a_syntax_error_is_one_line_without_the_document() {
    let ran =
        coldstart(&["asl", "validate", "-"], "{\n  \"StartAt\": \"A\",\n  \"States\": {,}\n}");
    assert_eq!(ran.code, 1);
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
    assert!(ran.out.starts_with("<stdin>:3:14: error INVALID_JSON_DESCRIPTION "), "{}", ran.out);
    assert!(!ran.out.contains("[Source"), "{}", ran.out);
}

#[test]
fn json_is_an_object_for_each_file() {
    let (fine, lost) = (file("fine-3.asl.json", FINE), file("lost-3.asl.json", LOST));
    let ran = coldstart(&["asl", "validate", &fine, &lost, "--json"], "");
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let rows: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((&rows[0]["valid"], &rows[0]["diagnostics"]), (&true.into(), &Value::Array(vec![])));
    assert_eq!((&rows[1]["file"], &rows[1]["valid"]), (&lost.into(), &false.into()));
    let mut found = rows[1]["diagnostics"].as_array().expect("a list").iter();
    let missing = found.find(|row| row["code"] == "MISSING_TRANSITION_TARGET");
    let missing = missing.expect("the target is missing");
    assert_eq!(missing["pointer"], "/States/A/Next");
    assert_eq!(
        ["line", "column", "endLine", "endColumn"].map(|key| missing[key].as_u64()),
        [Some(4), Some(36), Some(4), Some(42)]
    );
}

#[test]
fn an_express_machine_may_use_fewer_tasks() {
    let path = file("token.asl.json", EXPRESS_REFUSES);
    assert_eq!(coldstart(&["asl", "validate", &path], "").code, 0);
    assert_eq!(coldstart(&["asl", "validate", &path, "--type", "express"], "").code, 1);
}

#[test]
fn what_cannot_be_tried_is_exit_2() {
    let lost = file("lost-4.asl.json", LOST);
    for (arguments, part) in [
        (vec!["asl"], "a command is missing"),
        (vec!["asl", "fly"], "there is no command \"asl fly\""),
        (vec!["asl", "validate"], "asl validate needs a definition"),
        (vec!["asl", "validate", &lost, "--type", "fast"], "--type is standard or express"),
        (vec!["asl", "validate", &lost, "--fast"], "--fast"),
        (vec!["asl", "validate", "absent.asl.json"], "absent.asl.json: "),
    ] {
        let ran = coldstart(&arguments, "");
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(part), "{arguments:?}: {}", ran.err);
    }
    // What could be read is told nevertheless.
    let ran = coldstart(&["asl", "validate", "absent.asl.json", &lost], "");
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("lost-4.asl.json:4:36"), "{}", ran.out);
}

#[test]
fn the_examples_are_sound() {
    let machines = common::of_project("examples/machines");
    let mut found = 0;
    for folder in std::fs::read_dir(machines).expect("it is there") {
        let definition = folder.expect("an entry").path().join("definition.asl.json");
        let definition = definition.into_os_string().into_string().expect("text");
        let ran = coldstart(&["asl", "validate", &definition], "");
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
        found += 1;
    }
    assert!(found >= 6, "only {found} machines");
}

#[test]
fn help_is_a_result() {
    for arguments in [&["asl", "--help"][..], &["asl", "help"], &["asl", "validate", "-h"]] {
        let ran = coldstart(arguments, "");
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert!(ran.out.contains("coldstart asl validate FILE"));
    }
}
