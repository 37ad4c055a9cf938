//! What the session cost, and what that comes to in a month.

use super::{decode_base64, find_report};
use coldstart_protocol::CostRow;
use serde_json::Value;

/// Where the prices come from, and as of when: AWS's public price list, us-east-1, x86, first tier, without the free tier.
pub const PRICES_FROM: &str = "AWS Lambda pricing, US East (N. Virginia), x86, first tier";
/// When they were read.
pub const PRICES_OF: &str = "November 2026";
/// A million requests, US dollars.
pub const PRICE_REQUESTS: &str = "$0.20 per million requests";
/// A GB-second.
pub const PRICE_COMPUTE: &str = "$0.0000166667 per GB-second";

/// "730 hours", as AWS's own calculator takes a month.
const MONTH_US: f64 = 730.0 * 3_600.0 * 1_000_000.0;

/// All rows in one.
pub fn total_cost(rows: &[CostRow]) -> CostRow {
    let mut total = CostRow {
        function: String::new(),
        invocations: 0,
        billed_ms: 0,
        mb_ms: 0,
        cost_nano_usd: 0,
    };
    for row in rows {
        total.invocations += row.invocations;
        total.billed_ms += row.billed_ms;
        total.mb_ms += row.mb_ms;
        total.cost_nano_usd += row.cost_nano_usd;
    }
    total
}

/// A cost of `elapsed_us` of virtual time, for a month at that pace. None when hardly any time has passed.
pub fn per_month(cost_nano_usd: u64, elapsed_us: u64) -> Option<u64> {
    const ELAPSED_US_MIN: u64 = 1_000_000;
    (elapsed_us >= ELAPSED_US_MIN)
        .then(|| (cost_nano_usd as f64 * (MONTH_US / elapsed_us as f64)) as u64)
}

/// GB-seconds, of which a GB has 1,024 MB.
pub fn gb_seconds(mb_ms: u64) -> String {
    let value = mb_ms as f64 / 1_024.0 / 1_000.0;
    if value < 10.0 { format!("{value:.4}") } else { format!("{value:.1}") }
}

/// What a test came to with a memory size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepRow {
    /// MB.
    pub memory_mb: u64,
    /// Init of the cold one, microseconds.
    pub init_micros: u64,
    /// Handler time of the cold one, microseconds.
    pub cold_micros: u64,
    /// Handler time of the warm one, microseconds.
    pub warm_micros: u64,
    /// What the warm one costs, billionths of a dollar.
    pub warm_cost: u64,
    /// Why its numbers say little: the function failed.
    pub fault: Option<String>,
}

impl SweepRow {
    /// From what two invocations answered, of which the first was cold.
    pub fn of(memory_mb: u64, cold: &Value, warm: &Value) -> Self {
        let report = |output: &Value| {
            let bytes = output.get("LogResult").and_then(Value::as_str).and_then(decode_base64);
            bytes
                .and_then(|bytes| find_report(&String::from_utf8_lossy(&bytes)))
                .unwrap_or_default()
        };
        let (cold_report, warm_report) = (report(cold), report(warm));
        let ms = |text: &Option<String>| text.as_deref().and_then(report_ms).unwrap_or(0.0);
        let micros = |text: &Option<String>| (ms(text) * 1_000.0).round() as u64;
        let failed = [cold, warm]
            .iter()
            .any(|output| output.get("FunctionError").is_some_and(|error| !error.is_null()));
        let fault = match (&warm_report.status, failed) {
            (Some(status), true) => Some(status.clone()),
            (None, true) => Some("the function failed".to_owned()),
            _ => None,
        };
        Self {
            memory_mb,
            init_micros: micros(&cold_report.init),
            cold_micros: micros(&cold_report.duration),
            warm_micros: micros(&warm_report.duration),
            warm_cost: invocation_cost(memory_mb, ms(&warm_report.billed)),
            fault,
        }
    }
}

/// Milliseconds in a REPORT line, such as `12.34 ms`.
fn report_ms(text: &str) -> Option<f64> {
    text.strip_suffix(" ms")?.parse().ok()
}

/// What an invocation costs, billionths of a dollar: requests and compute at the prices above.
fn invocation_cost(memory_mb: u64, billed_ms: f64) -> u64 {
    (200.0 + memory_mb as f64 * billed_ms * 16_666.7 / 1_024.0 / 1_000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_730_hours() {
        let hour = 3_600_000_000;
        assert_eq!(per_month(10, hour), Some(7_300));
        assert_eq!(per_month(10, 999_999), None);
    }

    #[test]
    fn costs_are_those_of_the_price_list() {
        // A million requests of 1,024 MB and one second: $0.20 and $16.6667.
        assert_eq!(invocation_cost(1_024, 1_000.0), 16_867);
        assert_eq!(gb_seconds(1_024_000), "1.0000");
        assert_eq!(report_ms("12.34 ms"), Some(12.34));
        assert_eq!(report_ms("soon"), None);
    }

    #[test]
    fn a_row_is_read_from_the_report_lines() {
        // "REPORT RequestId: r\tDuration: 2.50 ms\tBilled Duration: 3 ms\n"
        let log =
            "UkVQT1JUIFJlcXVlc3RJZDogcglEdXJhdGlvbjogMi41MCBtcwlCaWxsZWQgRHVyYXRpb246IDMgbXMK";
        let output = serde_json::json!({ "LogResult": log });
        let row = SweepRow::of(1_024, &output, &output);
        assert_eq!((row.warm_micros, row.warm_cost, row.fault), (2_500, 250, None));
        let failed = serde_json::json!({ "LogResult": log, "FunctionError": "Unhandled" });
        assert!(SweepRow::of(128, &output, &failed).fault.is_some());
    }

    #[test]
    fn rows_add_up() {
        let row = |cost_nano_usd| CostRow {
            function: "f".into(),
            invocations: 2,
            billed_ms: 3,
            mb_ms: 4,
            cost_nano_usd,
        };
        let total = total_cost(&[row(5), row(6)]);
        assert_eq!((total.invocations, total.mb_ms, total.cost_nano_usd), (4, 8, 11));
    }
}
