//! Handlers in JavaScript (docs/adr/0008): each case of `javascript/*.txt` is a function with its events, and what came of them.
//!
//! A case begins with `# name`; lines `setting: value` follow, then `>>> file` with its content for each file (those of `/opt` are a layer), `>>> event` for each event, and at
//! last `>>> becomes`: for each event the response or the error, and what the function logged, with times and ids left out.
//! `UPDATE_EXPECT=1` writes that part anew. Every case is played twice and once more from its log.

use super::ECHO;
use super::packages::{base64, entry, zip};
use crate::testing::{Scenario, built_runtime};
use crate::{Blob, Fact};
use coldstart_sandbox::accept;
use serde_json::{Value, json};
use std::fmt::Write;

/// A part of a case: what it is called, and its lines.
type Part<'a> = (&'a str, String);

struct Case<'a> {
    name: &'a str,
    settings: Vec<(&'a str, &'a str)>,
    parts: Vec<Part<'a>>,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("# ") {
            cases.push(Case { name, settings: Vec::new(), parts: Vec::new() });
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        if let Some(name) = line.strip_prefix(">>> ") {
            case.parts.push((name, String::new()));
        } else if let Some((_, content)) = case.parts.last_mut() {
            content.push_str(line);
            content.push('\n');
        } else if let Some(setting) = line.split_once(": ") {
            case.settings.push(setting);
        }
    }
    cases
}

impl Case<'_> {
    fn setting(&self, key: &str) -> Option<&str> {
        self.settings.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }

    fn number(&self, key: &str, otherwise: u64) -> u64 {
        self.setting(key).map_or(otherwise, |text| text.parse().expect("a number"))
    }

    fn scenario(&self) -> Scenario {
        let (mut files, mut layer) = (Vec::new(), Vec::new());
        for (name, content) in &self.parts {
            match name.strip_prefix("/opt/") {
                Some(path) => layer.push(entry(path, content)),
                None if matches!(*name, "event" | "becomes") => {}
                None => files.push(entry(name, content)),
            }
        }
        let variables = self.settings.iter().filter(|(name, _)| *name == "env");
        let variables: serde_json::Map<String, Value> = variables
            .filter_map(|(_, pair)| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), json!(value)))
            .collect();
        let mut params = json!({
            "FunctionName": "f",
            "Role": crate::testing::ROLE,
            "Handler": self.setting("handler").unwrap_or("index.handler"),
            "Runtime": self.setting("runtime").unwrap_or("nodejs22.x"),
            "MemorySize": self.number("memory", 256),
            "Timeout": self.number("timeout", 3),
            "Environment": { "Variables": variables },
            "Code": { "ZipFile": base64(&zip(&files)) },
        });
        if self.setting("log-format") == Some("JSON") {
            params["LoggingConfig"] = json!({ "LogFormat": "JSON", "SystemLogLevel": "WARN" });
        }
        let mut scenario = Scenario::real();
        for (_, text) in self.settings.iter().filter(|(name, _)| *name == "request") {
            let request: Value = serde_json::from_str(text).expect("a request is JSON");
            let name = |key: &str| request[key].as_str().expect("a name").to_owned();
            scenario =
                scenario.request(&name("service"), &name("operation"), request["params"].clone());
        }
        if !layer.is_empty() {
            let content = json!({ "ZipFile": base64(&zip(&layer)) });
            let request = json!({ "LayerName": "l", "Content": content });
            scenario = scenario.request("lambda", "PublishLayerVersion", request);
            params["Layers"] = json!(["arn:aws:lambda:us-east-1:123456789012:layer:l:1"]);
        }
        scenario = scenario.request("lambda", "CreateFunction", params).rest();
        for (_, event) in self.parts.iter().filter(|(name, _)| *name == "event") {
            let params = json!({ "FunctionName": "f", "Payload": Blob::text(event.trim_end()) });
            scenario = scenario.request("lambda", "Invoke", params).rest();
        }
        scenario
    }

    /// What the case came to.
    fn play(&self) -> String {
        let history = self.scenario().run();
        let events = self.parts.iter().filter(|(name, _)| *name == "event").count();
        let mut out = String::new();
        let mut answers = history.answers.iter().rev().take(events).rev();
        // Lines of the log come before the answer of the invocation that wrote them.
        for event in &history.events {
            match &event.fact {
                Fact::LogLine { message, .. } => out.push_str(&shown(message)),
                Fact::InvocationFinished { function, .. } if function == "f" => {
                    let Some((_, _, answer)) = answers.next() else { continue };
                    let response = answer.as_ref().expect("an invocation is answered");
                    let what = if response.output.get("FunctionError").is_some() {
                        "error"
                    } else {
                        "response"
                    };
                    let payload = response.output["Payload"]["$text"].as_str().unwrap_or_default();
                    let _ = writeln!(out, "{what} {}", without_ids(payload));
                }
                _ => {}
            }
        }
        out
    }
}

/// A line of the function's log; nothing of those that the platform writes.
fn shown(line: &str) -> String {
    let line = line.trim_end_matches('\n');
    if ["START ", "END ", "REPORT ", "INIT_START "].iter().any(|start| line.starts_with(start)) {
        return String::new();
    }
    // A line's end within a line, as the runtime writes it.
    format!("| {}\n", without_ids(line).replace('\r', "\n|   "))
}

/// The text without times, ids and what depends on the compiler that the runtime was built with.
fn without_ids(text: &str) -> String {
    let patterns = [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "<time>"),
        (r"[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}", "<id>"),
        (r"Init Duration: [\d.]+ ms", "Init Duration: <ms>"),
    ];
    patterns.into_iter().fold(text.to_owned(), |text, (pattern, mark)| {
        let pattern = regex_lite::Regex::new(pattern).expect("a pattern");
        pattern.replace_all(&text, mark).into_owned()
    })
}

/// Plays the cases of a file and compares them with it.
fn check(name: &str) {
    if built_runtime("javascript").is_none() {
        assert!(
            std::env::var_os("COLDSTART_RUNTIMES_REQUIRED").is_none(),
            "the JavaScript runtime is not built"
        );
        eprintln!("skipped: the JavaScript runtime is not built (cargo xtask runtimes)");
        return;
    }
    let path = format!("{}/src/tests/javascript/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the cases are there");
    let mut written = String::new();
    let only = std::env::var("JAVASCRIPT_CASE").ok();
    let mut differing = Vec::new();
    for case in cases(&text) {
        let _ = writeln!(written, "# {}", case.name);
        for (key, value) in &case.settings {
            let _ = writeln!(written, "{key}: {value}");
        }
        let mut expected = "";
        for (part, content) in &case.parts {
            if *part == "becomes" {
                expected = content.trim_end();
            } else {
                let _ = writeln!(written, ">>> {part}\n{}", content.trim_end());
            }
        }
        let became = if only.as_deref().is_none_or(|only| case.name.contains(only)) {
            case.play()
        } else {
            expected.to_owned()
        };
        if became.trim_end() != expected {
            differing.push(format!("# {}\n{became}\ninstead of\n{expected}\n", case.name));
        }
        let _ = writeln!(written, ">>> becomes\n{}\n", became.trim_end());
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, written.trim_end().to_owned() + "\n").expect("can be written");
        return;
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn the_clients_have_the_operations_and_errors_of_the_models() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let list = format!("{root}/runtimes/javascript/js/sdk/operations.js");
    let list = std::fs::read_to_string(list).expect("the list is there");
    for part in list.split("client: ").skip(1) {
        let service = part.split("service: \"").nth(1).and_then(|rest| rest.split('"').next());
        let service = service.expect("a service");
        let words = |key: &str| -> Vec<&str> {
            let text = part.split(&format!("{key}: `")).nth(1).expect("a list");
            text.split('`').next().expect("an end").split_whitespace().collect()
        };
        let model = format!("{}/models/{service}.json", env!("CARGO_MANIFEST_DIR"));
        let model = std::fs::read_to_string(model).expect("the model is there");
        let model: Value = serde_json::from_str(&model).expect("a model is JSON");
        for key in ["operations", "errors"] {
            let names = model[key].as_object().expect("names").keys();
            let mut names: Vec<&str> =
                names.map(|name| name.rsplit('.').next().expect("a name")).collect();
            names.sort_unstable();
            assert_eq!(words(key), names, "{key} of {service}");
        }
    }
}

#[test]
fn the_digest_of_a_session_names_the_runtime() {
    let Some(module) = built_runtime("javascript") else { return };
    let case = "# one\n>>> index.mjs\nexport const handler = async () => 1;\n>>> event\n{}\n";
    let digest = cases(case)[0].scenario().run().digest;
    let sha256 = accept(&module).expect("it runs here").info.sha256.clone();
    let (history, runtimes) = crate::digest_parts(&digest);
    assert_eq!((history.len(), runtimes), (32, format!("javascript:{}", &sha256[..16]).as_str()));
    let without = Scenario::new().function("f", ECHO).run().digest;
    assert_eq!(crate::digest_parts(&without), (without.as_str(), ""));
}

#[test]
fn handlers_and_what_they_give() {
    check("handlers");
}

#[test]
fn errors_and_their_shapes() {
    check("errors");
}

#[test]
fn the_log() {
    check("console");
}

#[test]
fn modules_and_packages() {
    check("modules");
}

#[test]
fn time_and_the_event_loop() {
    check("time");
}

#[test]
fn what_the_web_and_node_have() {
    check("builtins");
}

#[test]
fn services_of_the_cloud() {
    check("services");
}

#[test]
fn files_are_checked_without_running() {
    check("check");
}

#[test]
fn limits() {
    check("limits");
}
