//! One invocation: what was asked for, who waits, and how it ended.

use super::asynchronous::Queued;
use super::report::ReportStatus;
use crate::faults::InjectedError;
use crate::world::Caller;
use crate::{Outcome, Response, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::Arc;

/// "The last 4 KB of the execution log" (Invoke, `X-Amz-Log-Result`).
const TAIL_BYTES: usize = 4 * 1_024;

/// An accepted invocation.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) request_id: String,
    pub(crate) function: String,
    /// The version that runs; 0 is `$LATEST`.
    pub(crate) version: u64,
    /// As the caller named it, with the qualifier that was given.
    pub(crate) invoked_arn: String,
    pub(crate) payload: Arc<[u8]>,
    pub(crate) client_context: Option<String>,
    pub(crate) trace_id: String,
    /// Who waits; none for an asynchronous one, which has been answered.
    pub(crate) caller: Option<Caller>,
    /// What an asynchronous one has behind it.
    pub(crate) queued: Option<Queued>,
    pub(crate) wants_tail: bool,
    /// How far it has come; an asynchronous one may be tried again.
    pub(crate) attempt: Attempt,
}

/// An attempt of an invocation.
#[derive(Debug, Default)]
pub(crate) struct Attempt {
    /// There is provisioned concurrency for its version, and none of it was free.
    pub(crate) spills: bool,
    /// Whether its environment was made for it.
    pub(crate) cold: bool,
    pub(crate) start_logged: bool,
    /// Begin of the invoke phase; none before.
    pub(crate) started_at: Option<Timestamp>,
    /// From the begin of the invoke phase on.
    pub(crate) deadline: Timestamp,
    /// Init phase before the invoke phase, in microseconds: billed. `init_failed` keeps it out of the report.
    pub(crate) init_us: Option<u64>,
    pub(crate) init_failed: bool,
    /// Restoration of a snapshot before the invoke phase, in microseconds.
    pub(crate) restore_us: Option<u64>,
    /// What of it the guest itself took, after it was there again: billed.
    pub(crate) hook_us: u64,
    /// Units of its runs that are over, init included.
    pub(crate) units: u64,
    /// A fault on purpose: what the caller gets in place of a response.
    pub(crate) loses: Option<InjectedError>,
    pub(crate) tail: Tail,
}

impl Invocation {
    /// 1 for the first attempt.
    pub(crate) fn attempts(&self) -> u32 {
        self.queued.as_ref().map_or(1, |queued| queued.attempts)
    }

    /// Units of earlier attempts.
    pub(crate) fn units_before(&self) -> u64 {
        self.queued.as_ref().map_or(0, |queued| queued.units_before)
    }
}

/// The end of an invocation's log.
#[derive(Debug, Default)]
pub(crate) struct Tail(Vec<u8>);

impl Tail {
    pub(crate) fn push(&mut self, message: &str) {
        self.0.extend_from_slice(message.as_bytes());
        if self.0.len() > 4 * TAIL_BYTES {
            self.0.drain(..self.0.len() - TAIL_BYTES);
        }
    }

    fn base64(&self) -> String {
        STANDARD.encode(&self.0[self.0.len().saturating_sub(TAIL_BYTES)..])
    }
}

/// How an invocation ended.
#[derive(Debug)]
pub(crate) struct Conclusion {
    pub(crate) outcome: Outcome,
    /// The response, or the error's JSON.
    pub(crate) payload: Vec<u8>,
    /// Lines that the platform writes before END.
    pub(crate) lines: Vec<String>,
    pub(crate) status: ReportStatus,
}

impl Conclusion {
    pub(crate) fn response(payload: Vec<u8>) -> Self {
        Self {
            outcome: Outcome::Success,
            payload,
            lines: Vec::new(),
            status: ReportStatus::Success,
        }
    }

    /// An error that the handler gave itself: its JSON goes to the caller as it is.
    pub(crate) fn handler_error(payload: Vec<u8>) -> Self {
        Self { outcome: Outcome::Error, payload, lines: Vec::new(), status: ReportStatus::Failure }
    }

    pub(crate) fn too_large() -> Self {
        let text = format!(
            "Response payload size exceeded maximum allowed payload size ({} bytes).",
            super::costs::RESPONSE_BYTES_MAX
        );
        let error_type = "Function.ResponseSizeTooLarge";
        Self {
            outcome: Outcome::Error,
            payload: json!({ "errorMessage": text, "errorType": error_type })
                .to_string()
                .into_bytes(),
            lines: vec![format!("{text}\n")],
            status: ReportStatus::Error(error_type.into()),
        }
    }

    /// An error of the platform's: `RequestId: … Error: …`, a log line with the type below it.
    pub(crate) fn platform_error(
        request_id: &str,
        outcome: Outcome,
        error_type: &str,
        what: &str,
    ) -> Self {
        let message = format!("RequestId: {request_id} Error: {what}");
        Self {
            outcome,
            payload: json!({ "errorType": error_type, "errorMessage": message })
                .to_string()
                .into_bytes(),
            lines: vec![format!("{message}\n{error_type}\n")],
            status: ReportStatus::Error(error_type.into()),
        }
    }

    pub(crate) fn timeout(request_id: &str, now_iso: &str, timeout_seconds: u64) -> Self {
        let what = format!("Task timed out after {timeout_seconds}.00 seconds");
        Self {
            lines: vec![format!("{now_iso} {request_id} {what}\n\n")],
            status: ReportStatus::Timeout,
            ..Self::platform_error(request_id, Outcome::Timeout, "Sandbox.Timedout", &what)
        }
    }

    /// The answer to a caller that waits.
    pub(crate) fn answer(self, invocation: &Invocation) -> Response {
        let mut output = json!({ "StatusCode": 200 });
        if self.outcome != Outcome::Success {
            output["FunctionError"] = json!("Unhandled");
        }
        if invocation.wants_tail {
            output["LogResult"] = json!(invocation.attempt.tail.base64());
        }
        output["Payload"] = payload_value(self.payload);
        output["ExecutedVersion"] = json!(super::model::version_name(invocation.version));
        Response { status: 200, output }
    }
}

/// Text stays as the handler gave it; other bytes are base64.
fn payload_value(payload: Vec<u8>) -> Value {
    match String::from_utf8(payload) {
        Ok(text) => crate::Blob::text(text),
        Err(error) => Value::String(STANDARD.encode(error.as_bytes())),
    }
}
