//! One function in a cloud of its own, and what its invocations came to.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coldstart_sandbox::WasmiSandbox;
use conformance::cloud::Cloud;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of the sources.
pub fn sources() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The module of a guest: assembled from text, or as `build.py` left it in `guests` of the target folder. None when it is not built.
///
/// # Errors
/// Text that does not assemble.
pub fn module(name: &str, target: &Path) -> Result<Option<Vec<u8>>, String> {
    if name == "wat" {
        let text = sources().join("wat/handler.wat");
        return wat::parse_file(text).map(Some).map_err(|error| error.to_string());
    }
    let file: PathBuf = target.join("guests").join(format!("{name}.wasm"));
    Ok(fs::read(file).ok())
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
        let mut cloud = Cloud::new(Arc::new(WasmiSandbox::new()), 1_767_225_600_000);
        let zip = cloud.blob(module);
        let params = json!({
            "FunctionName": "guest",
            "Runtime": "provided.al2023",
            "Role": "arn:aws:iam::111111111111:role/guest",
            "Handler": "bootstrap",
            "Code": { "ZipFile": zip },
            "MemorySize": 256,
            "Timeout": 3,
        });
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
