//! Write Lambda handlers in Rust for Coldstart, with the names that `lambda_runtime` uses on AWS.
//!
//! ```no_run
//! use coldstart_handler::{Error, LambdaEvent, run, service_fn};
//! use serde_json::{Value, json};
//!
//! async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
//!     let name = event.payload["name"].as_str().unwrap_or("world");
//!     Ok(json!({ "message": format!("Hello, {name}!"), "requestId": event.context.request_id }))
//! }
//!
//! fn main() -> Result<(), Error> {
//!     run(service_fn(handler))
//! }
//! ```
//!
//! Build it with `cargo build --release --target wasm32-wasip1` and deploy the `.wasm` file. The module has the
//! *loop* shape of the handler ABI `coldstart:1` (`docs/ABI.md`): `main` is init code, [`run`] takes events from there.
//!
//! # What differs from `lambda_runtime`
//!
//! - [`run`] is a plain function. There is no `#[tokio::main]`, no reactor and no timer: a function runs one event at a
//!   time on one thread, and service calls block it in virtual time. [`service_fn`] still takes `async fn`s.
//! - A panic ends the execution environment, because WebAssembly has no unwinding here. The answer is the same as on
//!   Lambda (`{"errorType", "errorMessage": "Lambda panicked: …"}`), but the next event meets a fresh environment.
//! - Responses are buffered; there is no response streaming.
//! - Event types of `aws_lambda_events` work as they are: any type of serde does.
//!
//! Off wasm32 the crate compiles and its types work, so handlers can be unit-tested on the host; [`run`] then
//! returns an error.

mod abi;
mod call;
mod context;
mod diagnostic;
mod executor;
mod runtime;
mod service;

pub use call::{ServiceError, call};
pub use context::{
    ClientApplication, ClientContext, CognitoIdentity, Config, Context, LambdaEvent,
};
pub use diagnostic::Diagnostic;
pub use executor::block_on;
pub use runtime::{remaining_time, run};
pub use service::{Service, ServiceFn, SyncFn, service_fn, sync_fn};

/// Any error that a handler may return; `?` makes one of every error type.
pub type Error = Box<dyn std::error::Error + Send + Sync + 'static>;
