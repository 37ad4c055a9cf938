//! Log lines, and windows on those that match a filter.
//!
//! Kept: the newest [`LINES_MAX`] lines, of them at most [`TEXT_BYTES_MAX`] of text. Positions in a window count the lines
//! that are kept. What a window matches is remembered while it is watched, so that a frame looks at new lines only.

use coldstart_protocol::{LogRow, ViewSpec};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const LINES_MAX: usize = 100_000;
const TEXT_BYTES_MAX: usize = 32 << 20;
/// The page shows lines, not files.
const LINE_BYTES_MAX: usize = 8 << 10;

/// Which lines a window shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Filter {
    function: String,
    /// In lower case.
    search: String,
    request_id: String,
}

impl Filter {
    pub(super) fn new(function: &str, search: &str, request_id: &str) -> Self {
        Self {
            function: function.into(),
            search: if search.is_empty() { String::new() } else { folded(search) },
            request_id: request_id.into(),
        }
    }

    fn matches(&self, group: Option<&str>, line: &LogRow) -> bool {
        group.is_none_or(|group| line.group == group)
            && (self.request_id.is_empty()
                || line.request_id.as_deref() == Some(self.request_id.as_str()))
            && (self.search.is_empty() || folded(&line.message).contains(&self.search))
    }
}

/// In lower case, by tables that come with the part that this is in: before anybody searches, nobody needs them (docs/adr/0005).
#[inline(never)]
fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// The lines that a filter lets through, by their number.
#[derive(Debug, Default)]
struct Matches {
    lines: VecDeque<u64>,
    scanned: u64,
}

#[derive(Debug, Default)]
pub(super) struct Logs {
    lines: VecDeque<LogRow>,
    text_bytes: usize,
    first: u64,
    groups: BTreeMap<String, String>,
    windows: BTreeMap<Filter, Matches>,
}

impl Logs {
    pub(super) fn push(
        &mut self,
        group: &str,
        stream: &str,
        timestamp_ms: u64,
        request_id: Option<&str>,
        message: &str,
    ) {
        let mut end = message.len().min(LINE_BYTES_MAX);
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        self.text_bytes += end;
        self.lines.push_back(LogRow {
            seq: self.first + self.lines.len() as u64,
            timestamp_ms,
            group: group.into(),
            stream: stream.into(),
            request_id: request_id.map(str::to_owned),
            message: message[..end].into(),
        });
        while self.lines.len() > LINES_MAX || self.text_bytes > TEXT_BYTES_MAX {
            let Some(line) = self.lines.pop_front() else { break };
            self.text_bytes -= line.message.len();
            self.first += 1;
        }
    }

    /// Where a function logs to, when its configuration says so.
    pub(super) fn set_group(&mut self, function: &str, group: Option<&str>) {
        let Some(group) = group else { return };
        if self.groups.insert(function.into(), group.into()).is_none_or(|before| before != group) {
            self.windows.retain(|filter, _| filter.function != function);
        }
    }

    pub(super) fn watch<'a>(&mut self, specs: impl Iterator<Item = &'a ViewSpec>) {
        let filters: BTreeSet<Filter> = specs
            .filter_map(|spec| match spec {
                ViewSpec::Logs { function, search, request_id, .. } => {
                    Some(Filter::new(function, search, request_id))
                }
                _ => None,
            })
            .collect();
        self.windows.retain(|filter, _| filters.contains(filter));
    }

    /// First row, rows that match in all, and the window.
    pub(super) fn window(
        &mut self,
        filter: Filter,
        from: usize,
        rows_max: usize,
        follow: bool,
    ) -> (usize, usize, Vec<LogRow>) {
        let default = format!("/aws/lambda/{}", filter.function);
        let group = self.groups.get(&filter.function).map_or(default.as_str(), String::as_str);
        let group = (!filter.function.is_empty()).then_some(group);
        let matches = self.windows.entry(filter.clone()).or_default();
        while matches.lines.front().is_some_and(|seq| *seq < self.first) {
            matches.lines.pop_front();
        }
        let scan_from = matches.scanned.saturating_sub(self.first) as usize;
        for line in self.lines.range(scan_from.min(self.lines.len())..) {
            if filter.matches(group, line) {
                matches.lines.push_back(line.seq);
            }
        }
        matches.scanned = self.first + self.lines.len() as u64;
        let total = matches.lines.len();
        let from = if follow { total.saturating_sub(rows_max) } else { from.min(total) };
        let rows = matches.lines.range(from..from.saturating_add(rows_max).min(total));
        let rows =
            rows.filter_map(|seq| self.lines.get((*seq - self.first) as usize).cloned()).collect();
        (from, total, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logs(count: u64) -> Logs {
        let mut logs = Logs::default();
        for number in 0..count {
            let group = if number % 2 == 0 { "/aws/lambda/even" } else { "/aws/lambda/odd" };
            logs.push(
                group,
                "s",
                number,
                Some(&format!("r{}", number / 10)),
                &format!("Line {number}"),
            );
        }
        logs
    }

    #[track_caller]
    fn check(
        logs: &mut Logs,
        filter: Filter,
        from: usize,
        follow: bool,
        expected: (usize, usize, &[&str]),
    ) {
        let (from, total, rows) = logs.window(filter, from, 3, follow);
        let rows: Vec<&str> = rows.iter().map(|row| row.message.as_str()).collect();
        assert_eq!((from, total, rows.as_slice()), expected);
    }

    #[test]
    fn a_window_shows_what_matches() {
        let mut logs = logs(100);
        check(&mut logs, Filter::new("", "", ""), 98, false, (98, 100, &["Line 98", "Line 99"]));
        check(
            &mut logs,
            Filter::new("even", "", ""),
            0,
            true,
            (47, 50, &["Line 94", "Line 96", "Line 98"]),
        );
        check(
            &mut logs,
            Filter::new("", "lINE 9", ""),
            0,
            false,
            (0, 11, &["Line 9", "Line 90", "Line 91"]),
        );
        check(&mut logs, Filter::new("odd", "", "r3"), 4, false, (4, 5, &["Line 39"]));
        check(&mut logs, Filter::new("absent", "", ""), 7, false, (0, 0, &[]));
        logs.push("/aws/lambda/odd", "s", 0, Some("r3"), "late");
        check(&mut logs, Filter::new("odd", "", "r3"), 4, false, (4, 6, &["Line 39", "late"]));
    }

    #[test]
    fn a_function_may_log_to_another_group() {
        let mut logs = logs(10);
        check(&mut logs, Filter::new("f", "", ""), 0, false, (0, 0, &[]));
        logs.set_group("f", Some("/aws/lambda/odd"));
        check(
            &mut logs,
            Filter::new("f", "", ""),
            0,
            true,
            (2, 5, &["Line 5", "Line 7", "Line 9"]),
        );
    }

    #[test]
    fn old_lines_are_forgotten_and_windows_keep_up() {
        let mut logs = logs(1_000);
        check(
            &mut logs,
            Filter::new("", "line", ""),
            0,
            false,
            (0, 1_000, &["Line 0", "Line 1", "Line 2"]),
        );
        for number in 0..LINES_MAX as u64 {
            logs.push("g", "s", number, None, &format!("More {number}"));
        }
        check(&mut logs, Filter::new("", "line", ""), 0, false, (0, 0, &[]));
        check(
            &mut logs,
            Filter::new("", "", ""),
            0,
            false,
            (0, LINES_MAX, &["More 0", "More 1", "More 2"]),
        );
        let long = "é".repeat(1 << 20);
        for _ in 0..5_000 {
            logs.push("g", "s", 0, None, &long);
        }
        assert!(logs.text_bytes <= TEXT_BYTES_MAX && logs.lines[0].message.len() <= LINE_BYTES_MAX);
    }
}
