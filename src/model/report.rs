//! Reads the REPORT line, which carries the numbers of an invocation.

/// The numbers of a REPORT line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// Request id.
    pub request_id: String,
    /// Handler time, as printed.
    pub duration: Option<String>,
    /// Billed time, as printed.
    pub billed: Option<String>,
    /// Memory setting, as printed.
    pub memory_size: Option<String>,
    /// High-water mark, as printed.
    pub memory_used: Option<String>,
    /// Init time, as printed; only a cold start has it.
    pub init: Option<String>,
    /// `timeout`, `error` …, when it did not succeed.
    pub status: Option<String>,
}

/// The last REPORT line of a log.
pub fn find_report(log: &str) -> Option<Report> {
    let line = log.lines().rev().find(|line| line.starts_with("REPORT RequestId: "))?;
    let mut report = Report::default();
    for field in line.trim_start_matches("REPORT ").split('\t') {
        let Some((key, value)) = field.trim().split_once(": ") else { continue };
        let value = value.trim().to_owned();
        match key {
            "RequestId" => report.request_id = value,
            "Duration" => report.duration = Some(value),
            "Billed Duration" => report.billed = Some(value),
            "Memory Size" => report.memory_size = Some(value),
            "Max Memory Used" => report.memory_used = Some(value),
            "Init Duration" => report.init = Some(value),
            "Status" => report.status = Some(value),
            _ => {}
        }
    }
    Some(report)
}

/// The request id of a log that has no REPORT line, from its START line.
pub fn find_request_id(log: &str) -> Option<&str> {
    let line = log.lines().find_map(|line| line.strip_prefix("START RequestId: "))?;
    line.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cold_start_has_an_init_duration() {
        let log = "START RequestId: 1f0b Version: $LATEST\nEND RequestId: 1f0b\nREPORT RequestId: 1f0b\tDuration: 1.23 ms\tBilled Duration: 42 ms\tMemory Size: 128 MB\tMax Memory Used: 3 MB\tInit Duration: 40.02 ms\t\n";
        let report = find_report(log).expect("a report");
        assert_eq!(report.request_id, "1f0b");
        assert_eq!(report.duration.as_deref(), Some("1.23 ms"));
        assert_eq!(report.billed.as_deref(), Some("42 ms"));
        assert_eq!(report.memory_used.as_deref(), Some("3 MB"));
        assert_eq!(report.init.as_deref(), Some("40.02 ms"));
        assert_eq!(find_request_id(log), Some("1f0b"));
    }

    #[test]
    fn a_log_without_a_report_has_none() {
        assert_eq!(find_report("hello\n"), None);
        assert_eq!(find_request_id("hello\n"), None);
    }
}
