//! `coldstart invoke`: a session with one function.

use crate::arguments::InvokeOptions;
use crate::{Refused, Verdict, print};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use coldstart_engine::{Blob, CommandId, Config, Engine, Fact, Principal, Request, Response};
use coldstart_sandbox::WasmiSandbox;
use serde_json::{Map, Value, json};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// One invocation, as far as its facts were told.
#[derive(Debug, Default)]
struct Told {
    log: Vec<String>,
    finished: Option<Fact>,
    cold: bool,
}

pub(crate) fn invoke(options: &InvokeOptions) -> Result<Verdict, Refused> {
    let module = module(&options.module)?;
    let event = event(options.event.as_deref())?;
    let config = Config { seed: options.seed, ..Config::default() };
    let mut engine = Engine::new(config, Arc::new(WasmiSandbox::new()));
    let function = function_name(&options.module);
    create(&mut engine, &function, module, options)?;
    let mut verdict = Verdict::Success;
    for _ in 0..options.times {
        let params = json!({ "FunctionName": function, "Payload": Blob::text(event.clone()) });
        let (response, told) = request(&mut engine, "Invoke", params)?;
        if response.output.get("FunctionError").is_some() {
            verdict = Verdict::Failure;
        }
        report(options, &response, &told)?;
    }
    Ok(verdict)
}

/// The module, assembled if it is text.
fn module(path: &Path) -> Result<Vec<u8>, Refused> {
    let bytes =
        std::fs::read(path).map_err(|error| Refused(format!("{}: {error}", path.display())))?;
    if bytes.starts_with(b"\0asm") {
        return Ok(bytes);
    }
    if path.extension().is_none_or(|extension| extension != "wat") {
        let what =
            "not a WebAssembly module: it does not begin with \\0asm (text goes in a .wat file)";
        return Err(Refused(format!("{}: {what}", path.display())));
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| Refused(format!("{}: {error}", path.display())))?;
    coldstart_worker::assemble(&text).map_err(|faults| {
        let lines: Vec<String> = faults
            .iter()
            .map(|fault| {
                format!("{}:{}:{}: {}", path.display(), fault.line, fault.column, fault.message)
            })
            .collect();
        Refused(lines.join("\n"))
    })
}

fn event(path: Option<&Path>) -> Result<String, Refused> {
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

/// The file's name, as far as Lambda takes it.
fn function_name(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let name: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
        .take(64)
        .collect();
    if name.is_empty() { "function".into() } else { name }
}

fn create(
    engine: &mut Engine,
    function: &str,
    module: Vec<u8>,
    options: &InvokeOptions,
) -> Result<(), Refused> {
    let sha256 = engine.put_blob(module);
    let variables: Map<String, Value> =
        options.environment.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    let params = json!({
        "FunctionName": function,
        "Runtime": "provided.al2023",
        "Handler": "handler",
        "Role": "arn:aws:iam::123456789012:role/lambda-role",
        "MemorySize": options.memory_mb,
        "Timeout": options.timeout_seconds,
        "Environment": { "Variables": variables },
        "Code": { "ZipFile": Blob::sha256(sha256) },
    });
    request(engine, "CreateFunction", params).map(drop)
}

/// Lets a request in, and works until it is answered and nothing is left to do.
fn request(
    engine: &mut Engine,
    operation: &str,
    params: Value,
) -> Result<(Response, Told), Refused> {
    let request = Request {
        service: "lambda".into(),
        operation: operation.into(),
        params,
        principal: Principal::User,
    };
    let id: CommandId = engine.handle_request(engine.now(), request);
    engine.run_to_rest();
    let mut told = Told::default();
    while let Some(event) = engine.poll_event() {
        match event.fact {
            Fact::LogLine { message, .. } => told.log.push(message),
            Fact::InvocationStarted { cold, .. } => told.cold = cold,
            fact @ Fact::InvocationFinished { .. } => told.finished = Some(fact),
            _ => {}
        }
    }
    while let Some((answered, result)) = engine.poll_answer() {
        if answered == id {
            let response = result.map_err(|error| Refused(format!("{operation}: {error}")))?;
            return Ok((response, told));
        }
    }
    Err(Refused(format!("{operation}: the engine came to rest without an answer")))
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
