//! One function in a cloud of its own, and what its invocations came to.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coldstart_sandbox::WasmiSandbox;
use conformance::cloud::Cloud;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// A program of `docs/abi`, as `cargo xtask guests` has built it.
#[derive(Debug, Clone)]
pub struct Guest {
    /// What its page calls it.
    pub name: String,
    /// The language that its answers name.
    pub language: String,
    /// `callback`, `loop` or `command`.
    pub shape: String,
    /// What it writes to the log at its first event; empty for nothing.
    pub log: String,
    /// What the compiler made.
    pub module: Vec<u8>,
}

/// Those that are built, from `guests` of the target folder. Empty when none is.
///
/// # Errors
/// A list that names what is not there.
pub fn guests(target: &Path) -> Result<Vec<Guest>, String> {
    let folder = target.join("guests");
    let Ok(list) = fs::read_to_string(folder.join("guests.json")) else { return Ok(Vec::new()) };
    let list: Vec<Value> = serde_json::from_str(&list).map_err(|error| error.to_string())?;
    let guest = |entry: &Value| {
        let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let file = folder.join(format!("{}.wasm", text("name")));
        let module = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let [name, language, shape, log] = ["name", "language", "shape", "log"].map(text);
        Ok(Guest { name, language, shape, log, module })
    };
    list.iter().map(guest).collect()
}

/// What an invocation came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The payload of the answer: the response or the error.
    pub payload: Value,
    /// Whether it is an error.
    pub failed: bool,
    /// The tail of the log.
    pub log: String,
}

/// A function with a module of its own.
pub struct Function {
    cloud: Cloud,
}

impl Function {
    /// Creates the function, with 256 MB and 3 s.
    ///
    /// # Errors
    /// What the deploy was refused with.
    pub fn deploy(module: Vec<u8>) -> Result<Self, String> {
        let params = json!({
            "Runtime": "provided.al2023", "Handler": "bootstrap", "MemorySize": 256, "Timeout": 3,
        });
        Self::create(module, params, Arc::new(WasmiSandbox::new()))
    }

    /// Creates a function of a module or a zip, with these settings.
    ///
    /// # Errors
    /// What the deploy was refused with.
    pub fn create(
        code: Vec<u8>,
        mut params: Value,
        sandbox: Arc<WasmiSandbox>,
    ) -> Result<Self, String> {
        let mut cloud = Cloud::new(sandbox, 1_767_225_600_000);
        params["FunctionName"] = "guest".into();
        params["Role"] = "arn:aws:iam::111111111111:role/guest".into();
        params["Code"] = json!({ "ZipFile": cloud.blob(code) });
        call(&mut cloud, "CreateFunction", params)?;
        cloud.settle();
        Ok(Self { cloud })
    }

    /// Invokes it and waits.
    ///
    /// # Errors
    /// What the invocation was refused with; a function error is none.
    pub fn invoke(&mut self, event: &str) -> Result<Outcome, String> {
        let params =
            json!({ "FunctionName": "guest", "Payload": { "$text": event }, "LogType": "Tail" });
        let output = call(&mut self.cloud, "Invoke", params)?;
        let text = output["Payload"]["$text"].as_str().ok_or("the payload is not text")?;
        let log = BASE64_STANDARD.decode(output["LogResult"].as_str().unwrap_or_default());
        Ok(Outcome {
            payload: serde_json::from_str(text).map_err(|error| format!("{error}: {text}"))?,
            failed: output.get("FunctionError").is_some(),
            log: String::from_utf8_lossy(&log.unwrap_or_default()).into_owned(),
        })
    }
}

fn call(cloud: &mut Cloud, operation: &str, params: Value) -> Result<Value, String> {
    let Value::Object(params) = params else { return Err("parameters are an object".into()) };
    let params: Map<String, Value> = params;
    cloud
        .call("lambda", operation, params)
        .map(|answer| answer.output)
        .map_err(|error| error.to_string())
}
