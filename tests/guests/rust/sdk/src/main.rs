//! A handler in Rust, with the SDK: the loop shape.

use coldstart_handler::{Diagnostic, Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// Lives as long as the execution environment.
static COUNT: AtomicU32 = AtomicU32::new(0);

async fn handler(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    if event.payload == "fail" {
        return Err(Diagnostic {
            error_type: "Asked".into(),
            error_message: "the event asked for a failure".into(),
        });
    }
    let count = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
    println!("request {} of {}", event.context.request_id, event.context.env_config.function_name);
    Ok(json!({ "language": "Rust", "count": count, "event": event.payload }))
}

fn main() -> Result<(), Error> {
    run(service_fn(handler))
}
