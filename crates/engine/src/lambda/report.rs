//! What the platform itself writes to a function's log, in text as recorded from AWS and in its JSON format.

use serde_json::{Value, json};

/// What the report says about the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReportStatus {
    /// Nothing is said.
    Success,
    /// The handler answered with an error: nothing is said either.
    Failure,
    /// The environment failed, with this error type.
    Error(String),
    /// The function's time ran out.
    Timeout,
}

/// One thing that the platform says.
pub(crate) enum Record {
    InitStart {
        runtime: Option<RuntimeVersion>,
        version: String,
    },
    /// The init code has ended. The text format does not have it.
    InitRuntimeDone {
        phase: &'static str,
        status: ReportStatus,
    },
    /// The init phase has ended. The text format has failures only. `phase` is `init`, or `invoke` when the init code ran
    /// again there.
    InitReport {
        init_us: u64,
        phase: &'static str,
        status: ReportStatus,
        /// The text format has successes too: "SnapStart and provisioned concurrency functions always emit INIT_REPORT".
        always: bool,
    },
    /// How an extension is at the end of the init phase, or when it ends before its time.
    Extension {
        name: String,
        state: &'static str,
        events: Vec<String>,
        error_type: Option<String>,
    },
    /// An extension has subscribed to the Telemetry API.
    Subscribed {
        name: String,
        types: Vec<String>,
    },
    /// An environment begins with a snapshot.
    RestoreStart {
        runtime: Option<RuntimeVersion>,
        version: String,
    },
    /// It has. The JSON format says so of the runtime, too.
    RestoreReport {
        restore_us: u64,
        status: ReportStatus,
    },
    Start {
        request_id: String,
        version: String,
    },
    /// Lines about a failure. The JSON format has them in its report.
    Lines {
        lines: Vec<String>,
    },
    End {
        request_id: String,
    },
    /// The handler has ended. The text format has END instead.
    RuntimeDone {
        request_id: String,
        duration_us: u64,
        produced_bytes: u64,
        status: ReportStatus,
    },
    Report {
        request_id: String,
        duration_us: u64,
        billed_ms: u64,
        memory_mb: u64,
        memory_used_mb: u64,
        /// Of a cold start whose init phase went well.
        init_us: Option<u64>,
        /// Of an environment that began with a snapshot.
        restored: Option<Restored>,
        status: ReportStatus,
    },
}

/// The version of a managed runtime; functions of container images bring their own, of which the platform knows nothing.
pub(crate) struct RuntimeVersion {
    /// Such as `python:3.13.v1`.
    pub(crate) name: String,
    pub(crate) arn: String,
}

/// How an environment began with a snapshot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Restored {
    pub(crate) restore_us: u64,
    pub(crate) billed_ms: u64,
}

/// Milliseconds with two decimals.
pub(crate) fn milliseconds(micros: u64) -> String {
    let hundredths = micros / 10 + u64::from(micros % 10 >= 5);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// "Starting August 1, 2025, AWS will standardize billing for the initialization (INIT) phase": init and handler
/// time together, rounded up to a millisecond.
pub(crate) fn billed_ms(init_us: Option<u64>, duration_us: u64) -> u64 {
    init_us.unwrap_or(0).saturating_add(duration_us).div_ceil(1_000)
}

impl Record {
    /// Log messages in text format.
    pub(crate) fn text(&self) -> Vec<String> {
        let line = match self {
            Self::Lines { lines } => return lines.clone(),
            Self::InitRuntimeDone { .. } | Self::RuntimeDone { .. } => return Vec::new(),
            Self::InitReport { status: ReportStatus::Success, always: false, .. } => {
                return Vec::new();
            }
            Self::InitStart { runtime: None, .. } | Self::RestoreStart { runtime: None, .. } => {
                return Vec::new();
            }
            Self::InitStart { runtime: Some(RuntimeVersion { name, arn }), .. } => {
                format!("INIT_START Runtime Version: {name}\tRuntime Version ARN: {arn}\n")
            }
            Self::InitReport { init_us, phase, status, .. } => {
                let status = status.text();
                format!(
                    "INIT_REPORT Init Duration: {} ms\tPhase: {phase}\t{status}\n",
                    milliseconds(*init_us)
                )
            }
            Self::Extension { name, state, events, error_type } => {
                let error = error_type.as_ref().map(|own| format!("\tError Type: {own}"));
                let (events, error) = (events.join(", "), error.unwrap_or_default());
                format!("EXTENSION\tName: {name}\tState: {state}\tEvents: [{events}]{error}\n")
            }
            Self::Subscribed { name, types } => {
                let capital = |kind: &String| kind[..1].to_ascii_uppercase() + &kind[1..];
                let types = types.iter().map(capital).collect::<Vec<_>>().join(", ");
                format!("TELEMETRY\tName: {name}\tState: Subscribed\tTypes: [{types}]\n")
            }
            Self::RestoreStart { runtime: Some(RuntimeVersion { name, arn }), .. } => {
                format!("RESTORE_START Runtime Version: {name}\tRuntime Version ARN: {arn}\n")
            }
            Self::RestoreReport { restore_us, status } => {
                let (duration, mut status) = (milliseconds(*restore_us), status.text());
                if !status.is_empty() {
                    status.insert(0, '\t');
                }
                format!("RESTORE_REPORT Restore Duration: {duration} ms{status}\n")
            }
            Self::Start { request_id, version } => {
                format!("START RequestId: {request_id} Version: {version}\n")
            }
            Self::End { request_id } => format!("END RequestId: {request_id}\n"),
            Self::Report {
                request_id,
                duration_us,
                billed_ms,
                memory_mb,
                memory_used_mb,
                init_us,
                restored,
                status,
            } => {
                let duration = milliseconds(*duration_us);
                // A tab follows each part, the last one too.
                let mut init = init_us.map_or(String::new(), |init| {
                    format!("Init Duration: {} ms\t", milliseconds(init))
                });
                if let Some(Restored { restore_us, billed_ms }) = restored {
                    init += &format!(
                        "Restore Duration: {} ms\tBilled Restore Duration: {billed_ms} ms\t",
                        milliseconds(*restore_us)
                    );
                }
                let status = status.text();
                format!(
                    "REPORT RequestId: {request_id}\tDuration: {duration} ms\tBilled Duration: {billed_ms} ms\tMemory Size: {memory_mb} MB\tMax Memory Used: {memory_used_mb} MB\t{init}{status}\n"
                )
            }
        };
        vec![line]
    }

    /// The level of the JSON format's event (Lambda: System log level event mapping).
    pub(crate) fn level(&self) -> &'static str {
        let (normally, status) = match self {
            Self::InitStart { .. }
            | Self::Extension { .. }
            | Self::Subscribed { .. }
            | Self::RestoreStart { .. }
            | Self::Start { .. }
            | Self::Lines { .. }
            | Self::End { .. } => return "INFO",
            Self::InitRuntimeDone { status, .. }
            | Self::RestoreReport { status, .. }
            | Self::InitReport { status, .. }
            | Self::RuntimeDone { status, .. } => ("DEBUG", status),
            Self::Report { status, .. } => ("INFO", status),
        };
        if *status == ReportStatus::Success { normally } else { "WARN" }
    }

    /// Log messages in JSON format ("Lambda Telemetry API Event schema reference").
    pub(crate) fn json(&self, time: &str, function: &str, initialization: &str) -> Vec<String> {
        let (kind, record) = match self {
            Self::Lines { .. } | Self::End { .. } => return Vec::new(),
            Self::InitStart { runtime, version } => {
                let record = json!({ "initializationType": initialization, "phase": "init" });
                ("platform.initStart", started(record, runtime, function, version))
            }
            Self::Extension { name, state, events, error_type } => {
                let mut record = json!({ "name": name, "state": state, "events": events });
                if let Some(error_type) = error_type {
                    record["errorType"] = json!(error_type);
                }
                ("platform.extension", record)
            }
            Self::Subscribed { name, types } => (
                "platform.telemetrySubscription",
                json!({ "name": name, "state": "Subscribed", "types": types }),
            ),
            Self::RestoreStart { runtime, version } => {
                ("platform.restoreStart", started(json!({}), runtime, function, version))
            }
            Self::RestoreReport { restore_us, status } => {
                let line = |kind: &str, record: Value| {
                    let record = status.add_to(record);
                    json!({ "time": time, "type": kind, "record": record }).to_string() + "\n"
                };
                let metrics = json!({ "durationMs": in_milliseconds(*restore_us) });
                return vec![
                    line("platform.restoreRuntimeDone", json!({})),
                    line("platform.restoreReport", json!({ "metrics": metrics })),
                ];
            }
            Self::InitRuntimeDone { phase, status } => (
                "platform.initRuntimeDone",
                status.add_to(json!({ "initializationType": initialization, "phase": phase })),
            ),
            Self::RuntimeDone { request_id, duration_us, produced_bytes, status } => (
                "platform.runtimeDone",
                status.add_to(json!({
                    "requestId": request_id,
                    "metrics": {
                        "durationMs": in_milliseconds(*duration_us),
                        "producedBytes": produced_bytes,
                    },
                })),
            ),
            Self::InitReport { init_us, phase, status, .. } => (
                "platform.initReport",
                status.add_to(json!({
                    "initializationType": initialization,
                    "phase": phase,
                    "metrics": { "durationMs": in_milliseconds(*init_us) },
                })),
            ),
            Self::Start { request_id, version } => {
                ("platform.start", json!({ "requestId": request_id, "version": version }))
            }
            Self::Report {
                request_id,
                duration_us,
                billed_ms,
                memory_mb,
                memory_used_mb,
                init_us,
                restored,
                status,
            } => {
                let mut metrics = json!({
                    "durationMs": in_milliseconds(*duration_us),
                    "billedDurationMs": billed_ms,
                    "memorySizeMB": memory_mb,
                    "maxMemoryUsedMB": memory_used_mb,
                });
                if let Some(init_us) = init_us {
                    metrics["initDurationMs"] = in_milliseconds(*init_us);
                }
                if let Some(Restored { restore_us, billed_ms }) = restored {
                    metrics["restoreDurationMs"] = in_milliseconds(*restore_us);
                    metrics["billedRestoreDurationMs"] = json!(billed_ms);
                }
                (
                    "platform.report",
                    status.add_to(json!({ "requestId": request_id, "metrics": metrics })),
                )
            }
        };
        vec![json!({ "time": time, "type": kind, "record": record }).to_string() + "\n"]
    }
}

/// The rest of what is said of a beginning.
fn started(
    mut record: Value,
    runtime: &Option<RuntimeVersion>,
    function: &str,
    version: &str,
) -> Value {
    if let Some(RuntimeVersion { name, arn }) = runtime {
        record["runtimeVersion"] = json!(name);
        record["runtimeVersionArn"] = json!(arn);
    }
    record["functionName"] = json!(function);
    record["functionVersion"] = json!(version);
    record
}

impl ReportStatus {
    fn text(&self) -> String {
        match self {
            Self::Success | Self::Failure => String::new(),
            Self::Error(error_type) => format!("Status: error\tError Type: {error_type}"),
            Self::Timeout => "Status: timeout".into(),
        }
    }

    fn add_to(&self, mut record: Value) -> Value {
        let status = match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Error(error_type) => {
                record["errorType"] = json!(error_type);
                "error"
            }
            Self::Timeout => "timeout",
        };
        record["status"] = json!(status);
        record
    }
}

/// A JSON number with at most three decimals. Written as text and read back: no float arithmetic that could differ.
fn in_milliseconds(micros: u64) -> Value {
    let text = format!("{}.{:03}", micros / 1_000, micros % 1_000);
    serde_json::from_str(&text).expect("digits and a point are a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_have_two_decimals_and_are_billed_whole() {
        assert_eq!(
            [0, 4, 5, 3_014, 999_995].map(milliseconds),
            ["0.00", "0.00", "0.01", "3.01", "1000.00"]
        );
        assert_eq!(billed_ms(None, 3_010), 4);
        assert_eq!(billed_ms(Some(110_100), 3_010), 114);
    }

    #[test]
    fn json_numbers_are_exact() {
        assert_eq!(
            [0, 1, 116_670, 3_000_000].map(|us| in_milliseconds(us).to_string()),
            ["0.0", "0.001", "116.67", "3000.0"]
        );
    }
}
