//! The loop: take an event, run the handler, answer.
//!
//! Invariant: every event that was taken is answered exactly once, unless the guest is stopped before.

use crate::abi::{Host, IN_A_MODULE, Imports, remaining_ms};
use crate::context::{Config, Context, LambdaEvent};
use crate::executor::run_to_end;
use crate::{Diagnostic, Error, Service};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::time::Duration;

/// Hands events to the handler, one after the other, for as long as the execution environment lives.
///
/// Code before this call is init code: it runs once, in a cold start.
///
/// # Errors
///
/// Only off wasm32, where there is nobody to hand out events.
pub fn run<S, Event, Response>(handler: S) -> Result<(), Error>
where
    S: Service<LambdaEvent<Event>, Response = Response>,
    S::Error: Into<Diagnostic>,
    Event: DeserializeOwned,
    Response: Serialize,
{
    if !IN_A_MODULE {
        return Err("handlers run as WebAssembly: build with `--target wasm32-wasip1` and deploy the module".into());
    }
    report_panics();
    serve(&mut Imports, &Arc::new(Config::from_env()), handler);
    Ok(())
}

/// Virtual time that is left until the current invocation times out.
pub fn remaining_time() -> Duration {
    Duration::from_millis(u64::try_from(remaining_ms()).unwrap_or(0))
}

/// The loop of [`run`], over any host.
pub(crate) fn serve<S, Event, Response>(
    host: &mut impl Host,
    env_config: &Arc<Config>,
    mut handler: S,
) where
    S: Service<LambdaEvent<Event>, Response = Response>,
    S::Error: Into<Diagnostic>,
    Event: DeserializeOwned,
    Response: Serialize,
{
    let mut buffer = Vec::with_capacity(8 * 1024);
    while host.next(&mut buffer) {
        match answer(host, env_config, &mut handler, &buffer) {
            Ok(response) => host.respond(&response),
            Err(diagnostic) => host.fail(&diagnostic.to_json()),
        }
    }
}

fn answer<S, Event, Response>(
    host: &impl Host,
    env_config: &Arc<Config>,
    handler: &mut S,
    payload: &[u8],
) -> Result<Vec<u8>, Diagnostic>
where
    S: Service<LambdaEvent<Event>, Response = Response>,
    S::Error: Into<Diagnostic>,
    Event: DeserializeOwned,
    Response: Serialize,
{
    let context = Context::from_meta(Arc::clone(env_config), |key| host.meta(key))?;
    let payload =
        serde_json::from_slice(payload).map_err(|error| Diagnostic::of_payload(&error))?;
    let response =
        run_to_end(handler.call(LambdaEvent { payload, context }))?.map_err(Into::into)?;
    Ok(serde_json::to_vec(&response)?)
}

/// A panic traps, which tells the host nothing. So the hook fails the event (or init) first, and only then lets the trap come.
fn report_panics() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        print(info);
        Imports.fail(&Diagnostic::of_panic(message_of(info)).to_json());
    }));
}

fn message_of<'a>(info: &'a PanicHookInfo<'_>) -> Option<&'a str> {
    info.payload_as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{service_fn, sync_fn};
    use serde::Deserialize;
    use std::collections::VecDeque;

    #[derive(Default)]
    struct Script {
        events: VecDeque<&'static str>,
        answers: Vec<String>,
    }

    impl Host for Script {
        fn next(&mut self, buffer: &mut Vec<u8>) -> bool {
            buffer.clear();
            self.events
                .pop_front()
                .inspect(|event| buffer.extend_from_slice(event.as_bytes()))
                .is_some()
        }
        fn meta(&self, key: &str) -> Option<String> {
            (key == "requestId").then(|| format!("request {}", self.answers.len() + 1))
        }
        fn respond(&mut self, response: &[u8]) {
            self.answers.push(format!("ok {}", String::from_utf8_lossy(response)));
        }
        fn fail(&mut self, error: &[u8]) {
            self.answers.push(format!("error {}", String::from_utf8_lossy(error)));
        }
    }

    #[track_caller]
    fn check<S, Event, Response>(handler: S, events: &[&'static str], answers: &[&str])
    where
        S: Service<LambdaEvent<Event>, Response = Response>,
        S::Error: Into<Diagnostic>,
        Event: DeserializeOwned,
        Response: Serialize,
    {
        let mut script = Script { events: events.iter().copied().collect(), ..Script::default() };
        serve(&mut script, &Arc::default(), handler);
        assert_eq!(script.answers, answers);
    }

    #[derive(Deserialize)]
    struct Add {
        a: i64,
        b: i64,
    }

    async fn add(event: LambdaEvent<Add>) -> Result<i64, Error> {
        event.payload.a.checked_add(event.payload.b).ok_or_else(|| "too large".into())
    }

    #[test]
    fn async_handlers_answer_fail_and_go_on() {
        check(
            service_fn(add),
            &[
                r#"{"a":1,"b":2}"#,
                r#"{"a":9223372036854775807,"b":1}"#,
                r#"{"a":1}"#,
                r#"{"a":3,"b":4}"#,
            ],
            &[
                "ok 3",
                r#"error {"errorType":"&alloc::boxed::Box<dyn core::error::Error + core::marker::Send + core::marker::Sync>","errorMessage":"too large"}"#,
                r#"error {"errorType":"&lambda_runtime::deserializer::DeserializeError","errorMessage":"failed to deserialize the incoming data into the function's payload type: missing field `b` at line 1 column 7\n"}"#,
                "ok 7",
            ],
        );
    }

    #[test]
    fn plain_functions_keep_state_and_see_the_context() {
        let mut count = 0;
        let handler = |event: LambdaEvent<serde_json::Value>| {
            count += 1;
            Ok::<_, Error>((count, event.context.request_id))
        };
        check(
            sync_fn(handler),
            &["null", "{}"],
            &[r#"ok [1,"request 1"]"#, r#"ok [2,"request 2"]"#],
        );
    }

    #[test]
    fn nothing_is_null() {
        check(sync_fn(|_: LambdaEvent<()>| Ok::<_, Error>(())), &["null"], &["ok null"]);
    }

    #[test]
    fn a_stalled_handler_fails_and_the_next_event_comes() {
        let handler = |event: LambdaEvent<bool>| async move {
            if event.payload {
                std::future::pending::<()>().await;
            }
            Ok::<_, Error>("done")
        };
        check(
            service_fn(handler),
            &["true", "false"],
            &[
                r#"error {"errorType":"Runtime.Stalled","errorMessage":"the handler waits for something that nothing here can wake: there is no async runtime in the module"}"#,
                r#"ok "done""#,
            ],
        );
    }

    #[test]
    fn off_wasm32_run_says_what_to_do() {
        assert!(run(service_fn(add)).unwrap_err().to_string().contains("wasm32-wasip1"));
    }
}
