//! The binary as a person runs it: streams and exit codes.

mod common;

use common::{coldstart, file, of_project};
use serde_json::Value;

const FAILS: &str = r#"(module
  (import "lambda" "fail" (func $fail (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"errorMessage\":\"no\",\"errorType\":\"Refused\"}")
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param i32 i32) (result i32) (drop (call $fail (i32.const 0) (i32.const 43))) (i32.const 1)))"#;
const ENDLESS: &str = r#"(module
  (memory (export "memory") 1)
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param i32 i32) (result i32) (loop $again (br $again)) (i32.const 0)))"#;
/// Answers with the number of events that this environment has seen, one digit.
const COUNTS: &str = r#"(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "0")
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param i32 i32) (result i32)
    (i32.store8 (i32.const 0) (i32.add (i32.load8_u (i32.const 0)) (i32.const 1)))
    (drop (call $respond (i32.const 0) (i32.const 1)))
    (i32.const 0)))"#;

fn hello() -> String {
    of_project("crates/workspace/src/hello.wat").into_os_string().into_string().expect("text")
}

#[test]
fn the_response_goes_to_stdout_and_the_log_to_stderr() {
    let event = file("ada.json", "{\"name\": \"Ada\"}");
    let ran = coldstart(&["invoke", &hello(), "--event", &event], "");
    assert_eq!((ran.code, ran.out.as_str()), (0, "{\"message\":\"Hello, Ada!\"}\n"), "{}", ran.err);
    let starts: Vec<&str> =
        ran.err.lines().map(|line| line.split(' ').next().unwrap_or_default()).collect();
    assert_eq!(starts, ["INIT_START", "START", "END", "REPORT"], "{}", ran.err);
    let ran = coldstart(&["invoke", &hello(), "--event", "-"], "{\"name\":\"stdin\"}");
    assert_eq!((ran.code, ran.out.as_str()), (0, "{\"message\":\"Hello, stdin!\"}\n"));
    let ran = coldstart(&["invoke", &hello()], "ignored");
    assert_eq!((ran.code, ran.out.as_str()), (0, "{\"message\":\"Hello, world!\"}\n"));
}

#[test]
fn an_environment_is_reused() {
    let counts = file("counts.wat", COUNTS);
    assert_eq!(coldstart(&["invoke", &counts, "--times", "3"], "").out, "1\n2\n3\n");
    let ran = coldstart(&["invoke", &counts, "--times", "3", "--json", "--memory", "1769"], "");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let rows: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let column = |name: &str| -> Vec<Value> { rows.iter().map(|row| row[name].clone()).collect() };
    assert_eq!(column("cold"), [true, false, false]);
    assert_eq!(column("payload"), [1, 2, 3]);
    assert_eq!(column("status"), ["success"; 3]);
    assert_eq!(column("memorySizeMb"), [1769; 3]);
    assert!(rows[0]["initMs"].is_number() && rows[1]["initMs"].is_null());
    assert!(rows.iter().all(|row| row["billedMs"].as_f64() >= row["durationMs"].as_f64()));
    assert_ne!(rows[0]["requestId"], rows[1]["requestId"]);
}

#[test]
fn a_functions_failure_is_exit_1() {
    let ran = coldstart(&["invoke", &file("fails.wat", FAILS)], "");
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (1, "{\"errorMessage\":\"no\",\"errorType\":\"Refused\"}\n"),
        "{}",
        ran.err
    );
    let ran = coldstart(&["invoke", &file("endless.wat", ENDLESS), "--timeout", "1", "--json"], "");
    let row: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(
        (ran.code, &row["status"], &row["durationMs"]),
        (1, &"timeout".into(), &1_000.0.into())
    );
    assert!(
        row["payload"]["errorMessage"]
            .as_str()
            .is_some_and(|text| text.ends_with("Task timed out after 1.00 seconds"))
    );
}

#[test]
fn what_cannot_be_tried_is_exit_2_and_says_why() {
    let counts = file("counts-2.wat", COUNTS);
    let foreign = file(
        "foreign.wat",
        "(module (import \"env\" \"launch\" (func)) (func (export \"_start\")))",
    );
    let broken = file("broken.wat", "(module\n  (fun))");
    let text = file("text.wasm", "hello");
    let event = file("bad.json", "{");
    for (arguments, part) in [
        (vec![], "a command is missing"),
        (vec!["fly"], "there is no command \"fly\""),
        (vec!["invoke"], "invoke needs code"),
        (
            vec!["invoke", &counts, "--memory", "64"],
            "--memory is a whole number from 128 to 10240, not \"64\"",
        ),
        (vec!["invoke", &counts, "--times", "0"], "--times is a whole number from 1"),
        (vec!["invoke", &counts, "--env", "A"], "--env is KEY=VALUE, not \"A\""),
        (vec!["invoke", &counts, "--fast"], "--fast"),
        (vec!["invoke", &counts, &counts], "counts-2.wat"),
        (vec!["invoke", "absent.wasm"], "absent.wasm: "),
        (vec!["invoke", &text], "not a WebAssembly module"),
        (vec!["invoke", &broken], "broken.wat:2:4: "),
        (vec!["invoke", &foreign], "launch"),
        (vec!["invoke", &counts, "--event", "absent.json"], "the event absent.json: "),
        (vec!["invoke", &counts, "--event", &event], "InvalidRequestContentException"),
        (vec!["run"], "run needs a workspace"),
        (vec!["run", "absent.zip"], "absent.zip: "),
        (vec!["run", &text], "not a Coldstart workspace"),
        (vec!["run", "#/w/d1.AAAB"], "this link lost its last"),
    ] {
        let ran = coldstart(&arguments, "");
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}: {}", ran.err);
        assert!(
            ran.err.starts_with("coldstart: ") && ran.err.contains(part),
            "{arguments:?}: {}",
            ran.err
        );
    }
}

#[test]
fn the_same_seed_is_the_same_history() {
    let ids = |seed: &str| coldstart(&["invoke", &hello(), "--seed", seed, "--times", "2"], "").err;
    assert_eq!(ids("7"), ids("7"));
    assert_ne!(ids("7"), ids("8"));
}

#[test]
fn a_workspace_is_replayed_from_a_link_and_from_its_file() {
    let link_file =
        of_project("tests/links/0001-hello.txt").into_os_string().into_string().expect("text");
    let link = std::fs::read_to_string(&link_file).expect("it is there");
    let ran = coldstart(&["run", link.trim(), "--json"], "");
    let row: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(
        (ran.code, &row["invocations"], &row["coldStarts"], &row["errors"]),
        (0, &3.into(), &1.into(), &0.into())
    );
    let from_file = coldstart(&["run", &link_file], "");
    let first = from_file.out.lines().next().unwrap_or_default();
    assert_eq!(first, format!("digest {}", row["digest"].as_str().expect("text")));
    let wrong = coldstart_workspace::decode_link(&link).expect("it opens");
    let wrong = coldstart_workspace::Workspace { digest: Some("00".repeat(32)), ..wrong };
    let ran = coldstart(&["run", &file("wrong.json", &wrong.to_json())], "");
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("not the history of its sender"), "{}", ran.out);
}

#[test]
fn help_and_version_are_results() {
    for arguments in [["--help"], ["-h"], ["help"]] {
        let ran = coldstart(&arguments, "");
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert!(ran.out.contains("coldstart invoke MODULE"));
    }
    assert_eq!(
        coldstart(&["--version"], "").out,
        format!("coldstart {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_load_is_summed_up_and_the_same_each_time() {
    let counts = file("loaded.wat", COUNTS);
    let args = ["load", &counts, "--rate", "50", "--duration", "10", "--json"];
    let ran = coldstart(&args, "");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let sums: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!([&sums["sent"], &sums["succeeded"], &sums["failed"]], [500, 500, 0]);
    assert_eq!(sums["status"], "COMPLETED");
    assert!(sums["coldStarts"].as_u64() > Some(0) && sums["durationMs"]["p99"].is_number());
    assert_eq!(coldstart(&args, "").out, ran.out, "a load is the same each time");
    let throttled = ["load", &counts, "--profile", "burst", "--size", "20", "--reserved", "5"];
    let ran = coldstart(&throttled, "");
    assert_eq!(ran.code, 1);
    let words = "15 ReservedFunctionConcurrentInvocationLimitExceeded";
    assert!(ran.out.contains(words), "{}", ran.out);
    let ahead = ["load", &counts, "--provisioned", "2", "--profile", "poisson", "--json"];
    let sums: Value = serde_json::from_str(&coldstart(&ahead, "").out).expect("JSON");
    assert!(sums["provisioned"].as_u64() > Some(500), "{sums}");
    let ran = coldstart(&["load", &counts, "--profile", "saw"], "");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--profile is constant, ramp, burst or poisson"), "{}", ran.err);
}
