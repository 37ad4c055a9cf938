//! Functions in the whole engine: equal histories.

use crate::{RUNTIME, Way};
use coldstart_engine::{CommandId, Config, Engine, Principal, Request};
use coldstart_sandbox::{Stays, TierChoice};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wasm_bindgen::prelude::wasm_bindgen;

struct Cloud {
    engine: Engine,
    answers: Vec<Value>,
}

impl Cloud {
    fn call(&mut self, operation: &str, params: Value) {
        let request = Request {
            service: "lambda".into(),
            operation: operation.into(),
            params,
            principal: Principal::User,
        };
        let id: CommandId = self.engine.handle_request(self.engine.now(), request);
        loop {
            while self.engine.poll_event().is_some() {}
            while let Some((answered, answer)) = self.engine.poll_answer() {
                if answered == id {
                    self.answers.push(match answer {
                        Ok(response) => response.output,
                        Err(error) => json!({ "code": error.code, "message": error.message }),
                    });
                    return;
                }
            }
            let Some(at) = self.engine.next_work() else { return };
            self.engine.run_until(at);
        }
    }
}

/// The module that sources of a language are given to.
#[wasm_bindgen]
pub fn give_runtime(module: Vec<u8>) {
    RUNTIME.set(module);
}

/// A zip package of text files, from a JSON object of them.
#[wasm_bindgen]
pub fn pack(files: &str) -> Vec<u8> {
    let files: BTreeMap<String, String> = serde_json::from_str(files).expect("an object of texts");
    coldstart_workspace::package(&files)
}

/// Assembles text.
#[wasm_bindgen]
pub fn assemble(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("it assembles")
}

/// A session in which a function is made of `code` with these parameters of CreateFunction (JSON), and given events. JSON: its digest, the
/// answers, and where the function ran.
#[wasm_bindgen]
pub fn cloud(way: &str, code: Vec<u8>, params: &str, events: &str) -> String {
    let way = Way::of(way);
    let sandbox = way.sandbox();
    let mut params: Value = serde_json::from_str(params).expect("JSON");
    let events: Vec<String> = serde_json::from_str(events).expect("a list of texts");
    let name = params["FunctionName"].as_str().unwrap_or_default().to_owned();
    let engine = Engine::new(Config::default(), sandbox.clone());
    let mut cloud = Cloud { engine, answers: Vec::new() };
    let sha256 = cloud.engine.put_blob(code);
    params["Code"] = json!({ "ZipFile": { "$sha256": sha256 } });
    params["Role"] = json!("arn:aws:iam::123456789012:role/tiers");
    sandbox.choose_tier(&name, TierChoice::Auto);
    let before = sandbox.tier(&name).map_or([(0, 0.0); 2], |report| report.burned);
    cloud.call("CreateFunction", params);
    cloud.engine.run_to_rest();
    for (number, event) in events.iter().enumerate() {
        way.choose(&*sandbox, &name, number + 1);
        cloud.call(
            "Invoke",
            json!({ "FunctionName": name, "Payload": { "$text": event }, "LogType": "Tail" }),
        );
        cloud.engine.run_to_rest();
    }
    while cloud.engine.poll_event().is_some() {}
    let report = sandbox.tier(&name);
    let units = report.as_ref().map_or([0, 0], |report| {
        [report.burned[0].0 - before[0].0, report.burned[1].0 - before[1].0]
    });
    let stays = report.and_then(|report| report.stays).map(|stays| match stays {
        Stays::Shape => "shape",
        Stays::Module => "module",
        Stays::Stack => "stack",
        Stays::Time => "time",
    });
    json!({ "digest": cloud.engine.digest(), "answers": cloud.answers, "units": units, "stays": stays })
        .to_string()
}
