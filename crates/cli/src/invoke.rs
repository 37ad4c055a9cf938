//! `coldstart invoke`: a session with one function.

use crate::arguments::InvokeOptions;
use crate::cloud::{self, Cloud, FunctionSettings, resource_name};
use crate::{Refused, Verdict, print};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use coldstart_engine::{Blob, Fact, Response};
use serde_json::{Value, json};
use std::io::Read;
use std::path::Path;

/// One invocation, as far as its facts were told.
#[derive(Debug, Default)]
struct Told {
    log: Vec<String>,
    finished: Option<Fact>,
    cold: bool,
}

pub(crate) fn invoke(options: &InvokeOptions) -> Result<Verdict, Refused> {
    let code = cloud::code(&options.module)?;
    let event = event(options.event.as_deref())?;
    let mut cloud = Cloud::new(options.seed);
    let function = resource_name(&options.module, "function", 64);
    let settings = FunctionSettings {
        runtime: options.runtime.as_deref(),
        handler: &options.handler,
        memory_mb: options.memory_mb,
        timeout_seconds: options.timeout_seconds,
        environment: &options.environment,
    };
    cloud.create_function(&function, code, &settings)?;
    cloud.facts.clear();
    let mut verdict = Verdict::Success;
    for _ in 0..options.times {
        let params = json!({ "FunctionName": function, "Payload": Blob::text(event.clone()) });
        let (response, told) = request(&mut cloud, params)?;
        if response.output.get("FunctionError").is_some() {
            verdict = Verdict::Failure;
        }
        report(options, &response, &told)?;
    }
    Ok(verdict)
}

/// The event in a file, on stdin or, without any, `{}`.
pub(crate) fn event(path: Option<&Path>) -> Result<String, Refused> {
    let Some(path) = path else { return Ok("{}".into()) };
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(path).map(|read| text = read)
    };
    read.map_err(|error| Refused(format!("the event {}: {error}", path.display())))?;
    Ok(text)
}

/// Invokes it, and takes what was told meanwhile.
fn request(cloud: &mut Cloud, params: Value) -> Result<(Response, Told), Refused> {
    let response = cloud.request("lambda", "Invoke", params)?;
    let mut told = Told::default();
    for fact in cloud.facts.drain(..) {
        match fact {
            Fact::LogLine { message, .. } => told.log.push(message),
            Fact::InvocationStarted { cold, .. } => told.cold = cold,
            fact @ Fact::InvocationFinished { .. } => told.finished = Some(fact),
            _ => {}
        }
    }
    let response = response.map_err(|error| Refused(format!("Invoke: {error}")))?;
    Ok((response, told))
}

fn report(options: &InvokeOptions, response: &Response, told: &Told) -> Result<(), Refused> {
    let payload = payload(response);
    if options.json {
        return print(format!("{}\n", object(&payload, response, told)).as_bytes());
    }
    for line in &told.log {
        eprintln!("{line}");
    }
    let mut bytes = payload;
    bytes.push(b'\n');
    print(&bytes)
}

fn payload(response: &Response) -> Vec<u8> {
    match response.output.get("Payload") {
        Some(Value::Object(blob)) => {
            blob.get("$text").and_then(Value::as_str).unwrap_or_default().as_bytes().to_vec()
        }
        Some(Value::String(base64)) => STANDARD.decode(base64).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// What `--json` prints. Times are virtual milliseconds.
fn object(payload: &[u8], response: &Response, told: &Told) -> Value {
    let text = String::from_utf8_lossy(payload);
    // JSON is shown as JSON; what a handler answered else, as its text.
    let payload = serde_json::from_str(&text).unwrap_or_else(|_| json!(text));
    let mut object = json!({
        "status": if response.output.get("FunctionError").is_some() { "error" } else { "success" },
        "payload": payload,
    });
    if let Some(Fact::InvocationFinished {
        request_id,
        outcome,
        duration_us,
        init_us,
        billed_ms,
        memory_size_mb,
        memory_used_mb,
        units,
        ..
    }) = &told.finished
    {
        object["status"] = json!(outcome);
        object["requestId"] = json!(request_id);
        object["durationMs"] = json!(*duration_us as f64 / 1_000.0);
        object["billedMs"] = json!(billed_ms);
        object["initMs"] = json!(init_us.map(|init_us| init_us as f64 / 1_000.0));
        object["cold"] = json!(told.cold);
        object["memorySizeMb"] = json!(memory_size_mb);
        object["memoryUsedMb"] = json!(memory_used_mb);
        object["units"] = json!(units);
    }
    object["log"] = json!(told.log);
    object
}
