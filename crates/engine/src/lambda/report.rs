//! The platform's own log lines, as recorded from AWS in text format.

use super::invocation::Invocation;

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

/// The numbers of one report.
pub(crate) struct Report<'a> {
    pub(crate) invocation: &'a Invocation,
    pub(crate) duration_us: u64,
    pub(crate) billed_ms: u64,
    pub(crate) memory_mb: u64,
    pub(crate) memory_used_mb: u64,
    pub(crate) status: &'a ReportStatus,
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

pub(crate) fn init_start(runtime_version: &str, runtime_arn: &str) -> String {
    format!("INIT_START Runtime Version: {runtime_version}\tRuntime Version ARN: {runtime_arn}\n")
}

/// Only a failed init phase is reported. `phase` is `init`, or `invoke` when init was run again there.
pub(crate) fn init_report(micros: u64, phase: &str, status: &ReportStatus) -> String {
    let status = status_text(status).unwrap_or_default();
    format!("INIT_REPORT Init Duration: {} ms\tPhase: {phase}\t{status}\n", milliseconds(micros))
}

pub(crate) fn start(request_id: &str) -> String {
    format!("START RequestId: {request_id} Version: $LATEST\n")
}

pub(crate) fn end(request_id: &str) -> String {
    format!("END RequestId: {request_id}\n")
}

impl Report<'_> {
    pub(crate) fn text(&self) -> String {
        let mut text = format!(
            "REPORT RequestId: {}\tDuration: {} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
            self.invocation.request_id,
            milliseconds(self.duration_us),
            self.billed_ms,
            self.memory_mb,
            self.memory_used_mb
        );
        if let Some(init_us) = self.invocation.init_us.filter(|_| !self.invocation.init_failed) {
            text += &format!("Init Duration: {} ms\t", milliseconds(init_us));
        }
        text += &status_text(self.status).unwrap_or_default();
        text + "\n"
    }
}

fn status_text(status: &ReportStatus) -> Option<String> {
    match status {
        ReportStatus::Success | ReportStatus::Failure => None,
        ReportStatus::Error(error_type) => Some(format!("Status: error\tError Type: {error_type}")),
        ReportStatus::Timeout => Some("Status: timeout".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_have_two_decimals_and_are_billed_whole() {
        assert_eq!([0, 4, 5, 3_014, 999_995].map(milliseconds), ["0.00", "0.00", "0.01", "3.01", "1000.00"]);
        assert_eq!(billed_ms(None, 3_010), 4);
        assert_eq!(billed_ms(Some(110_100), 3_010), 114);
    }
}
