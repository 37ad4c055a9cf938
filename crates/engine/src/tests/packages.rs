//! Zip packages: which module runs, what it sees, what is refused.

use super::ECHO;
use crate::Blob;
use crate::testing::Scenario;
use base64::Engine as _;
use serde_json::{Value, json};

/// An entry of a zip, as the tests bend it.
pub(super) struct Entry<'a> {
    path: &'a str,
    content: Vec<u8>,
    deflated: bool,
    /// The upper half of the external attributes.
    mode: u16,
    /// The length that is announced; the real one when none.
    announced: Option<u32>,
}

pub(super) fn entry(path: &str, content: impl AsRef<[u8]>) -> Entry<'_> {
    let content = content.as_ref().to_vec();
    Entry { path, content, deflated: false, mode: 0, announced: None }
}

pub(super) fn script(text: &str) -> Vec<u8> {
    [b"\0asm", text.as_bytes()].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc: u32, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    })
}

pub(super) fn zip(entries: &[Entry<'_>]) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let at = zip.len() as u32;
        let packed = if entry.deflated {
            miniz_oxide::deflate::compress_to_vec(&entry.content, 6)
        } else {
            entry.content.clone()
        };
        let length = entry.announced.unwrap_or(entry.content.len() as u32);
        let mut head = vec![10, 0, 0, 0, if entry.deflated { 8 } else { 0 }, 0, 0, 0, 0, 0];
        for word in [crc32(&entry.content), packed.len() as u32, length] {
            head.extend(word.to_le_bytes());
        }
        head.extend((entry.path.len() as u16).to_le_bytes());
        head.extend([0, 0]);
        zip.extend([b"PK\x03\x04", &head[..], entry.path.as_bytes(), &packed].concat());
        directory.extend([b"PK\x01\x02\x14\x03", &head[..], &[0; 8]].concat());
        directory.extend(entry.mode.to_le_bytes());
        directory.extend(at.to_le_bytes());
        directory.extend(entry.path.as_bytes());
    }
    let (at, size, count) = (zip.len() as u32, directory.len() as u32, entries.len() as u16);
    zip.extend(directory);
    zip.extend(b"PK\x05\x06\0\0\0\0");
    zip.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    zip.extend([size.to_le_bytes(), at.to_le_bytes()].concat());
    zip.extend([0, 0]);
    zip
}

pub(super) fn base64(bytes: &[u8]) -> Value {
    json!(base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// A function `f` of this zip.
fn create(scenario: Scenario, entries: &[Entry<'_>], runtime: &str, handler: &str) -> Scenario {
    let params = json!({
        "FunctionName": "f", "Role": crate::testing::ROLE, "Handler": handler, "Runtime": runtime,
        "Code": { "ZipFile": base64(&zip(entries)) },
    });
    scenario.request("lambda", "CreateFunction", params)
}

fn answer(entries: &[Entry<'_>], handler: &str) -> String {
    let scenario = create(Scenario::new(), entries, "provided.al2023", handler).rest();
    scenario.invoke("f", "{}").last_payload()
}

/// A module that responds with this number.
fn says(number: u32) -> Vec<u8> {
    script(&format!("loop\nevent: respond {number}"))
}

#[test]
fn the_module_is_found_by_the_documented_names_in_their_order() {
    let all = || {
        vec![
            entry("bootstrap", says(1)),
            entry("bootstrap.wasm", says(2)),
            entry("src/app.run", says(3)),
            entry("src/app.run.wasm", says(4)),
            entry("src/app.wasm", says(5)),
        ]
    };
    for first in 0..5 {
        let entries: Vec<_> = all().into_iter().skip(first).collect();
        assert_eq!(answer(&entries, "src/app.run"), (first + 1).to_string());
    }
    assert_eq!(answer(&[entry("a.txt", "x"), entry("lib/m.wasm", says(6))], "h"), "6");
    // A shell script called bootstrap is no module.
    assert_eq!(answer(&[entry("bootstrap", "#!/bin/sh"), entry("h.wasm", says(7))], "h"), "7");
}

#[test]
fn another_handler_is_another_module_and_versions_keep_theirs() {
    let entries = [entry("a.wasm", says(1)), entry("b.wasm", says(2))];
    let scenario = create(Scenario::new(), &entries, "provided.al2023", "a")
        .rest()
        .request("lambda", "PublishVersion", json!({ "FunctionName": "f" }))
        .request(
            "lambda",
            "UpdateFunctionConfiguration",
            json!({ "FunctionName": "f", "Handler": "b" }),
        )
        .rest();
    assert_eq!(scenario.clone().invoke("f", "{}").last_payload(), "2");
    assert_eq!(scenario.clone().invoke("f:1", "{}").last_payload(), "1");
    let shown =
        scenario.request("lambda", "GetFunctionConfiguration", json!({ "FunctionName": "f" }));
    let output = shown.last_answer().unwrap().output;
    assert_eq!(output["CodeSize"], zip(&entries).len());
    use sha2::Digest;
    assert_eq!(output["CodeSha256"], base64(&sha2::Sha256::digest(zip(&entries))));
}

#[test]
fn a_layer_brings_a_runtime() {
    let layer = zip(&[entry("bootstrap", says(9))]);
    let publish = json!({ "LayerName": "r", "Content": { "ZipFile": base64(&layer) } });
    let scenario = create(
        Scenario::new().request("lambda", "PublishLayerVersion", publish),
        &[entry("handler.py", "def handler(): pass")],
        "provided.al2023",
        "handler.handler",
    );
    let arn = "arn:aws:lambda:us-east-1:123456789012:layer:r:1";
    let scenario = scenario.rest().request(
        "lambda",
        "UpdateFunctionConfiguration",
        json!({ "FunctionName": "f", "Layers": [arn] }),
    );
    assert_eq!(scenario.rest().invoke("f", "{}").last_payload(), "9");
}

/// Opens `/var/task/data/c` and answers with what is in it; `W` asks for writing.
fn reader(rights: u32) -> Vec<u8> {
    let wat = r#"(module
      (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 2)
      (data (i32.const 16) "var/task/data/c")
      (data (i32.const 128) "refused")
      (func (export "lambda_alloc") (param i32) (result i32) i32.const 4096)
      (func (export "lambda_handler") (param i32 i32) (result i32)
        (if (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 15)
            (i32.const 0) (i64.const RIGHTS) (i64.const 0) (i32.const 0) (i32.const 8))
          (then (drop (call $respond (i32.const 128) (i32.const 7))) (return (i32.const 0))))
        (i32.store (i32.const 32) (i32.const 128))
        (i32.store (i32.const 36) (i32.const 64))
        (drop (call $read (i32.load (i32.const 8)) (i32.const 32) (i32.const 1) (i32.const 40)))
        (drop (call $respond (i32.const 128) (i32.load (i32.const 40))))
        i32.const 0))"#;
    wat::parse_str(wat.replace("RIGHTS", &rights.to_string())).unwrap()
}

#[test]
fn files_of_the_package_are_below_var_task_and_read_only() {
    let payload = |rights: u32| {
        let deflated = Entry { deflated: true, ..entry("data/c", "stored here") };
        let entries = [entry("bootstrap", reader(rights)), entry("data/", ""), deflated];
        let scenario = create(Scenario::real(), &entries, "provided.al2023", "h").rest();
        scenario.invoke("f", "{}").last_payload()
    };
    assert_eq!(payload(2), "stored here");
    assert_eq!(payload(2 | 64), "refused");
}

#[test]
fn a_package_without_a_module_says_so_when_it_is_invoked() {
    let entries = [entry("app.py", "def handler(): pass")];
    let error = |runtime: &str| {
        let scenario = create(Scenario::new(), &entries, runtime, "app.handler").rest();
        let scenario = scenario.invoke("f", "{}");
        let payload: Value = serde_json::from_str(&scenario.last_payload()).unwrap();
        assert_eq!(payload["errorType"], "Runtime.InvalidEntrypoint");
        let message = payload["errorMessage"].as_str().unwrap();
        message.split_once("Error: ").unwrap().1.to_owned()
    };
    assert_eq!(
        error("provided.al2023"),
        "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
    );
    let words = error("python3.13");
    assert!(
        words.starts_with("The runtime python3.13 is not here: Coldstart runs WebAssembly modules")
    );
    assert!(words.ends_with("bootstrap, bootstrap.wasm or app.wasm"), "{words}");
}

#[test]
fn what_is_hostile_is_refused_with_its_place() {
    let words = |entries: &[Entry<'_>]| {
        let scenario = create(Scenario::new(), entries, "provided.al2023", "h");
        let refusal = scenario.last_answer().unwrap_err();
        assert_eq!(
            (refusal.code.as_str(), refusal.status),
            ("InvalidParameterValueException", 400)
        );
        let message = refusal.message.unwrap();
        let aws =
            "Could not unzip uploaded file. Please check your file, then try to upload again.";
        message.strip_prefix(aws).unwrap_or(&message).trim().to_owned()
    };
    let module = || entry("bootstrap", says(1));
    assert_eq!(
        words(&[module(), entry("../x", "y")]),
        "(entry \"../x\": its path leads out of the package)"
    );
    assert_eq!(
        words(&[module(), entry("/etc/x", "y")]),
        "(entry \"/etc/x\": its path is absolute)"
    );
    assert_eq!(words(&[module(), entry("C:x", "y")]), "(entry \"C:x\": its path is absolute)");
    assert_eq!(
        words(&[module(), entry("a\\..\\x", "y")]),
        "(entry \"a\\\\..\\\\x\": its path has a backslash or a zero byte)"
    );
    let link = Entry { mode: 0o120_777, ..entry("l", "/etc/passwd") };
    assert_eq!(words(&[module(), link]), "(entry \"l\": symbolic links are not unpacked)");
    assert_eq!(
        words(&[module(), entry("./bootstrap", "y")]),
        "(entry \"./bootstrap\": there is another entry of this path)"
    );
    assert_eq!(
        words(&[module(), entry("a", "y"), entry("a/b", "y")]),
        "(entry \"a\": it is a file and a folder)"
    );
    // A bomb: its real length is not the announced one, and nothing past that is inflated.
    let bomb = || Entry { deflated: true, ..entry("b", vec![0; 1_000_000]) };
    let small = Entry { announced: Some(10), ..bomb() };
    assert_eq!(words(&[module(), small]), "(entry \"b\": it cannot be inflated to its length)");
    let large = Entry { announced: Some(262_144_001), ..bomb() };
    assert_eq!(words(&[module(), large]), "Unzipped size must be smaller than 262144000 bytes");
    assert_eq!(words(&[entry("bootstrap", b"\0asm?")]), "bootstrap: not a script");
}

#[test]
fn a_zip_is_taken_where_code_is_updated() {
    let code = zip(&[entry("bootstrap", says(4))]);
    let scenario = Scenario::new().function("f", ECHO).request(
        "lambda",
        "UpdateFunctionCode",
        json!({ "FunctionName": "f", "ZipFile": base64(&code) }),
    );
    assert_eq!(scenario.clone().rest().invoke("f", "{}").last_payload(), "4");
    let bare = script("loop\nevent: respond 5");
    let scenario = scenario.rest().request(
        "lambda",
        "UpdateFunctionCode",
        json!({ "FunctionName": "f", "ZipFile": Blob::text(String::from_utf8(bare).unwrap()) }),
    );
    assert_eq!(scenario.rest().invoke("f", "{}").last_payload(), "5");
}
