//! Layers: what functions may have, and what their code sees of them.

use super::ECHO;
use crate::testing::Scenario;
use serde_json::{Value, json};

/// `a/b.txt` (1,000 letters x, deflated) and `c` (`hi`, stored).
const ZIP: &str = include_str!("../lambda/control/zip/sample.base64");

fn publish(scenario: Scenario, name: &str) -> Scenario {
    let params = json!({ "LayerName": name, "Content": { "ZipFile": ZIP.trim() } });
    scenario.request("lambda", "PublishLayerVersion", params)
}

fn arn(name: &str, version: u64) -> String {
    format!("arn:aws:lambda:us-east-1:123456789012:layer:{name}:{version}")
}

fn attach(scenario: Scenario, layers: Value) -> Scenario {
    let params = json!({ "FunctionName": "f", "Layers": layers });
    scenario.request("lambda", "UpdateFunctionConfiguration", params)
}

/// Opens `/opt/c` and answers with what is in it.
const READER_WAT: &str = r#"(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "opt/c")
  (func (export "lambda_alloc") (param i32) (result i32) i32.const 4096)
  (func (export "lambda_handler") (param i32 i32) (result i32)
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 5)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))
    (i32.store (i32.const 32) (i32.const 128))
    (i32.store (i32.const 36) (i32.const 64))
    (drop (call $read (i32.load (i32.const 8)) (i32.const 32) (i32.const 1) (i32.const 40)))
    (drop (call $respond (i32.const 128) (i32.load (i32.const 40))))
    i32.const 0))"#;

#[test]
fn code_reads_its_layers_below_opt() {
    let module = wat::parse_str(READER_WAT).unwrap();
    let scenario = publish(Scenario::real().function("f", module), "l");
    let scenario = attach(scenario, json!([arn("l", 1)])).rest();
    assert_eq!(scenario.invoke("f", "{}").last_payload(), "hi");
}

#[test]
fn a_function_keeps_a_layer_that_was_deleted() {
    let scenario = attach(publish(Scenario::new().function("f", ECHO), "l"), json!([arn("l", 1)]));
    let scenario = scenario.rest().request(
        "lambda",
        "DeleteLayerVersion",
        json!({ "LayerName": "l", "VersionNumber": 1 }),
    );
    let get = json!({ "FunctionName": "f" });
    let shown = scenario.clone().request("lambda", "GetFunctionConfiguration", get);
    let layers = shown.last_answer().unwrap().output["Layers"].clone();
    assert_eq!(layers[0]["Arn"], arn("l", 1));
    let again = publish(scenario, "l").last_answer().unwrap().output;
    assert_eq!(again["Version"], 2, "a number is not used again");
}

#[test]
fn layers_that_cannot_be_are_refused() {
    let published =
        || publish(publish(publish(Scenario::new().function("f", ECHO), "l"), "l"), "m");
    let words = |layers: Value| {
        let refusal = attach(published(), layers).last_answer().unwrap_err();
        assert_eq!(refusal.status, 400);
        refusal.message.unwrap_or_default()
    };
    let six: Vec<String> = (0..6).map(|_| arn("l", 1)).collect();
    assert_eq!(words(json!(six)), "Cannot reference more than 5 layers.");
    assert_eq!(
        words(json!([arn("n", 1)])),
        format!("Layer version {} does not exist.", arn("n", 1))
    );
    let twice = words(json!([arn("l", 1), arn("m", 1), arn("l", 2)]));
    assert!(twice.starts_with("Two different versions of the same layer are not allowed"));
    let elsewhere = arn("l", 1).replace("us-east-1", "eu-west-1");
    assert!(words(json!([elsewhere])).starts_with("Layers are not in the same region"));
    let broken = json!({ "LayerName": "l", "Content": { "ZipFile": "aGVsbG8=" } });
    let refusal = Scenario::new().request("lambda", "PublishLayerVersion", broken).last_answer();
    assert!(refusal.unwrap_err().message.unwrap().starts_with("Could not unzip uploaded file."));
}
