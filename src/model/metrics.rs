//! CloudWatch metrics as charts: which ones a page shows, under the console's names, how they are asked for, and what is read from the answer.

use super::{Moment, format_count};
use coldstart_workspace::ApiRequest;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a chart's numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricUnit {
    /// How many.
    Count,
    /// Milliseconds.
    Millis,
    /// Of a hundred.
    Percent,
}

/// A line of a chart, and how it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineSpec {
    /// Of the query; expressions name it.
    pub id: &'static str,
    /// In the legend.
    pub label: &'static str,
    /// The metric; empty for an expression.
    pub metric: &'static str,
    /// The statistic, or the expression.
    pub stat: &'static str,
}

/// A chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChartSpec {
    /// As the console calls it.
    pub title: &'static str,
    /// Of the axis.
    pub unit: MetricUnit,
    /// Its lines.
    pub lines: &'static [LineSpec],
    /// It is there without any data too.
    pub always: bool,
}

const fn line(
    id: &'static str,
    label: &'static str,
    metric: &'static str,
    stat: &'static str,
) -> LineSpec {
    LineSpec { id, label, metric, stat }
}

const fn chart(
    title: &'static str,
    unit: MetricUnit,
    always: bool,
    lines: &'static [LineSpec],
) -> ChartSpec {
    ChartSpec { title, unit, lines, always }
}

/// The charts of a function's Monitor tab, in the console's order. Those of asynchronous and provisioned invocations come with their first value.
pub const FUNCTION_CHARTS: [ChartSpec; 11] = [
    chart(
        "Invocations",
        MetricUnit::Count,
        true,
        &[line("invocations", "Invocations", "Invocations", "Sum")],
    ),
    chart(
        "Duration",
        MetricUnit::Millis,
        true,
        &[
            line("least", "Minimum", "Duration", "Minimum"),
            line("mean", "Average", "Duration", "Average"),
            line("most", "Maximum", "Duration", "Maximum"),
        ],
    ),
    chart("Error count", MetricUnit::Count, true, &[line("errors", "Errors", "Errors", "Sum")]),
    chart(
        "Success rate (%)",
        MetricUnit::Percent,
        true,
        &[line("success", "Success rate", "", "100 - 100 * errors / invocations")],
    ),
    chart(
        "Throttles",
        MetricUnit::Count,
        true,
        &[line("throttles", "Throttles", "Throttles", "Sum")],
    ),
    chart(
        "Total concurrent executions",
        MetricUnit::Count,
        true,
        &[line("concurrent", "Concurrent executions", "ConcurrentExecutions", "Maximum")],
    ),
    chart(
        "Async events",
        MetricUnit::Count,
        false,
        &[
            line("received", "Received", "AsyncEventsReceived", "Sum"),
            line("dropped", "Dropped", "AsyncEventsDropped", "Sum"),
        ],
    ),
    chart(
        "Async event age",
        MetricUnit::Millis,
        false,
        &[
            line("age", "Average", "AsyncEventAge", "Average"),
            line("oldest", "Maximum", "AsyncEventAge", "Maximum"),
        ],
    ),
    chart(
        "Async delivery failures",
        MetricUnit::Count,
        false,
        &[
            line(
                "undelivered",
                "Destination delivery failures",
                "DestinationDeliveryFailures",
                "Sum",
            ),
            line("unburied", "Dead letter errors", "DeadLetterErrors", "Sum"),
        ],
    ),
    chart(
        "Provisioned concurrency invocations",
        MetricUnit::Count,
        false,
        &[
            line("ahead", "Invocations", "ProvisionedConcurrencyInvocations", "Sum"),
            line("spilled", "Spillovers", "ProvisionedConcurrencySpilloverInvocations", "Sum"),
        ],
    ),
    chart(
        "Provisioned concurrent executions",
        MetricUnit::Count,
        false,
        &[line("aheadbusy", "Maximum", "ProvisionedConcurrentExecutions", "Maximum")],
    ),
];

/// The chart of a queue's page.
pub const QUEUE_CHARTS: [ChartSpec; 1] = [chart(
    "Approximate number of messages",
    MetricUnit::Count,
    true,
    &[
        line("visible", "Visible", "ApproximateNumberOfMessagesVisible", "Maximum"),
        line("flight", "Not visible", "ApproximateNumberOfMessagesNotVisible", "Maximum"),
        line("delayed", "Delayed", "ApproximateNumberOfMessagesDelayed", "Maximum"),
    ],
)];

/// The charts of a state machine's page.
pub const MACHINE_CHARTS: [ChartSpec; 2] = [
    chart(
        "Executions",
        MetricUnit::Count,
        true,
        &[
            line("started", "Started", "ExecutionsStarted", "Sum"),
            line("succeeded", "Succeeded", "ExecutionsSucceeded", "Sum"),
            line("failed", "Failed", "ExecutionsFailed", "Sum"),
            line("timedout", "Timed out", "ExecutionsTimedOut", "Sum"),
        ],
    ),
    chart(
        "Execution time",
        MetricUnit::Millis,
        true,
        &[
            line("mean", "Average", "ExecutionTime", "Average"),
            line("most", "Maximum", "ExecutionTime", "Maximum"),
        ],
    ),
];

/// Counts of an event source mapping: label and metric.
pub const MAPPING_COUNTS: [(&str, &str); 5] = [
    ("Polled", "PolledEventCount"),
    ("Filtered out", "FilteredOutEventCount"),
    ("Invoked", "InvokedEventCount"),
    ("Failed", "FailedInvokeEventCount"),
    ("Deleted", "DeletedEventCount"),
];

/// Time that is asked for and the period of its points, seconds: at most some 200 points. Beyond the last, the period grows with it.
const RANGES: [(u64, u64); 8] = [
    (3_600, 60),
    (10_800, 60),
    (43_200, 300),
    (86_400, 900),
    (345_600, 3_600),
    (2_592_000, 21_600),
    (15_552_000, 86_400),
    (63_072_000, 604_800),
];

/// Which time is asked for: it is not asked again for each minute that passes, so it goes beyond now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricRange {
    /// Unix seconds.
    pub from_s: u64,
    /// Unix seconds.
    pub to_s: u64,
    /// Seconds.
    pub period_s: u64,
}

impl MetricRange {
    /// For a session that began at the epoch and is so old.
    pub fn of(epoch_ms: u64, now_us: u64) -> Self {
        let from_s = epoch_ms / 60_000 * 60;
        let passed_s = now_us / 1_000_000 + 120;
        let fits = RANGES.into_iter().find(|(range_s, _)| passed_s < *range_s);
        let (range_s, period_s) = fits.unwrap_or_else(|| {
            let range_s = passed_s.next_power_of_two();
            (range_s, (range_s / 200).div_ceil(86_400) * 86_400)
        });
        Self { from_s, to_s: from_s + range_s, period_s }
    }
}

/// `GetMetricData` for these charts of what a dimension names.
pub fn metrics_request(
    namespace: &str,
    dimension: (&str, &str),
    charts: &[ChartSpec],
    range: MetricRange,
) -> ApiRequest {
    let lines = charts.iter().flat_map(|chart| chart.lines);
    let query = |line: &LineSpec| {
        if line.metric.is_empty() {
            return json!({ "Id": line.id, "Expression": line.stat });
        }
        let metric = json!({
            "Namespace": namespace, "MetricName": line.metric,
            "Dimensions": [{ "Name": dimension.0, "Value": dimension.1 }],
        });
        json!({ "Id": line.id, "MetricStat": { "Metric": metric, "Period": range.period_s, "Stat": line.stat } })
    };
    let queries: Vec<Value> = lines.map(query).collect();
    let params = json!({
        "MetricDataQueries": queries, "StartTime": range.from_s, "EndTime": range.to_s, "ScanBy": "TimestampAscending",
    });
    ApiRequest { service: "monitoring".into(), operation: "GetMetricData".into(), params }
}

/// `GetMetricData` for the counts of mappings, over the whole session.
pub fn mapping_counts_request(uuids: &[String], range: MetricRange) -> ApiRequest {
    let period_s = (range.to_s - range.from_s).div_ceil(60) * 60;
    let queries = uuids.iter().enumerate().flat_map(|(at, uuid)| {
        MAPPING_COUNTS.iter().enumerate().map(move |(number, (_, metric))| {
            let metric = json!({
                "Namespace": "AWS/Lambda", "MetricName": metric,
                "Dimensions": [{ "Name": "EventSourceMappingUUID", "Value": uuid }],
            });
            json!({ "Id": format!("m{at}x{number}"), "MetricStat": { "Metric": metric, "Period": period_s, "Stat": "Sum" } })
        })
    });
    let queries: Vec<Value> = queries.collect();
    let params =
        json!({ "MetricDataQueries": queries, "StartTime": range.from_s, "EndTime": range.to_s });
    ApiRequest { service: "monitoring".into(), operation: "GetMetricData".into(), params }
}

/// The counts of a mapping by its place in the request: in words, those that are not zero.
pub fn mapping_counts(output: &Value, at: usize) -> String {
    let results = output.get("MetricDataResults").and_then(Value::as_array);
    let count = |number: usize| {
        let id = format!("m{at}x{number}");
        let result = results?.iter().find(|result| result["Id"] == id.as_str())?;
        result["Values"].as_array()?.iter().filter_map(Value::as_f64).reduce(|a, b| a + b)
    };
    let parts = MAPPING_COUNTS.iter().enumerate().filter_map(|(number, (label, _))| {
        let count = count(number).filter(|count| *count > 0.0)? as u64;
        Some(format!("{} {}", format_count(count), label.to_lowercase()))
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// A line as it is drawn: points of Unix milliseconds and values, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartLine {
    /// In the legend.
    pub label: &'static str,
    /// In order of time.
    pub points: Vec<(u64, f64)>,
}

impl ChartLine {
    /// Its value at an instant that it has a point for.
    pub fn at(&self, ms: u64) -> Option<f64> {
        let found = self.points.binary_search_by_key(&ms, |(at, _)| *at).ok()?;
        self.points.get(found).map(|(_, value)| *value)
    }
}

/// The lines of a chart from the answer; none when the chart has no data and is not there without. In sums, what was not published up to
/// now is zero.
pub fn chart_lines(
    chart: &ChartSpec,
    output: &Value,
    range: MetricRange,
    now_ms: u64,
) -> Option<Vec<ChartLine>> {
    let results = output.get("MetricDataResults").and_then(Value::as_array)?;
    let points = |id: &str| -> BTreeMap<u64, f64> {
        let result = results.iter().find(|result| result["Id"] == id);
        let list = |name: &str| {
            let list = result.and_then(|result| result[name].as_array());
            list.map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_f64)
        };
        list("Timestamps").map(|s| (s * 1_000.0) as u64).zip(list("Values")).collect()
    };
    let mut any = false;
    let lines = chart.lines.iter().map(|line| {
        let mut points = points(line.id);
        any |= !points.is_empty();
        if line.stat == "Sum" && !points.is_empty() {
            let periods = (range.from_s..=now_ms / 1_000).step_by(range.period_s as usize);
            periods.for_each(|s| {
                points.entry(s * 1_000).or_insert(0.0);
            });
        }
        ChartLine { label: line.label, points: points.into_iter().collect() }
    });
    let lines: Vec<ChartLine> = lines.collect();
    (any || chart.always).then_some(lines)
}

/// A number of a chart, for people.
pub fn format_metric(unit: MetricUnit, value: f64) -> String {
    let short = |value: f64| {
        let text = if value.abs() < 10.0 { format!("{value:.2}") } else { format!("{value:.1}") };
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        }
    };
    match unit {
        MetricUnit::Count if value.fract() == 0.0 && value >= 0.0 => format_count(value as u64),
        MetricUnit::Count => short(value),
        MetricUnit::Percent => format!("{} %", short(value)),
        MetricUnit::Millis if value >= 60_000.0 => super::format_micros((value * 1_000.0) as u64),
        MetricUnit::Millis if value >= 1_000.0 => format!("{} s", short(value / 1_000.0)),
        MetricUnit::Millis => format!("{} ms", short(value)),
    }
}

/// The least of 1, 2 and 5 with zeros that is not below a number: where an axis ends.
pub fn axis_end(most: f64) -> f64 {
    let mut end = 1e-3;
    while end < most {
        for factor in [2.0, 5.0, 10.0] {
            if end * factor >= most {
                return end * factor;
            }
        }
        end *= 10.0;
    }
    end
}

/// A moment on the axis: the day as well when there are several.
pub fn axis_moment(ms: u64, days: bool) -> String {
    let moment = Moment::from_unix_ms(ms);
    let time = moment.time_text();
    if days { format!("{} {}", &moment.date_text()[5..], &time[..5]) } else { time }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH_MS: u64 = 1_767_225_600_000;

    #[test]
    fn a_range_fits_the_session_and_has_few_points() {
        for passed_s in [0, 10, 3_000, 3_600, 40_000, 86_400, 1_000_000, 40_000_000, 4_000_000_000]
        {
            let range = MetricRange::of(EPOCH_MS, passed_s * 1_000_000);
            assert!(range.to_s - range.from_s > passed_s, "{range:?}");
            assert!((range.to_s - range.from_s) / range.period_s <= 250, "{range:?}");
            assert_eq!(range.period_s % 60, 0);
        }
        assert_eq!(
            MetricRange::of(EPOCH_MS, 0),
            MetricRange::of(EPOCH_MS, 60_000_000),
            "it is not asked again for each minute"
        );
    }

    #[test]
    fn ids_are_names_that_expressions_may_use_and_none_is_there_twice() {
        for charts in [&FUNCTION_CHARTS[..], &QUEUE_CHARTS, &MACHINE_CHARTS] {
            let mut ids: Vec<&str> =
                charts.iter().flat_map(|chart| chart.lines).map(|line| line.id).collect();
            assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_lowercase())));
            let count = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), count);
        }
        let request = metrics_request(
            "AWS/Lambda",
            ("FunctionName", "f"),
            &FUNCTION_CHARTS,
            MetricRange::of(0, 0),
        );
        let queries = request.params["MetricDataQueries"].as_array().unwrap();
        assert_eq!(queries.len(), 17);
        assert_eq!(queries[5]["Expression"], "100 - 100 * errors / invocations");
    }

    #[test]
    fn sums_are_zero_where_nothing_was_published_and_other_statistics_are_not_there() {
        let range = MetricRange { from_s: 600, to_s: 4_200, period_s: 60 };
        let output = json!({ "MetricDataResults": [
            { "Id": "invocations", "Timestamps": [600.0, 720.0], "Values": [3.0, 1.0] },
            { "Id": "most", "Timestamps": [720.0], "Values": [5.5] },
        ] });
        let invocations = chart_lines(&FUNCTION_CHARTS[0], &output, range, 730_000).unwrap();
        assert_eq!(invocations[0].points, [(600_000, 3.0), (660_000, 0.0), (720_000, 1.0)]);
        let duration = chart_lines(&FUNCTION_CHARTS[1], &output, range, 730_000).unwrap();
        assert_eq!((duration[0].points.len(), duration[2].at(720_000)), (0, Some(5.5)));
        assert_eq!(duration[2].at(660_000), None);
        assert_eq!(chart_lines(&FUNCTION_CHARTS[6], &output, range, 730_000), None);
    }

    #[test]
    fn counts_of_a_mapping_are_told_in_words() {
        let uuids = ["a".to_owned(), "b".to_owned()];
        let request = mapping_counts_request(&uuids, MetricRange::of(0, 0));
        assert_eq!(request.params["MetricDataQueries"].as_array().unwrap().len(), 10);
        let output = json!({ "MetricDataResults": [
            { "Id": "m1x0", "Values": [1_000.0, 234.0] }, { "Id": "m1x3", "Values": [2.0] }, { "Id": "m1x1", "Values": [] },
        ] });
        assert_eq!(mapping_counts(&output, 1), "1,234 polled, 2 failed");
        assert_eq!(mapping_counts(&output, 0), "");
    }

    #[test]
    fn numbers_are_short_and_axes_end_at_round_ones() {
        assert_eq!(
            [0.0, 0.3, 1.0, 7.0, 1_001.0, 5_000.0].map(axis_end),
            [0.001, 0.5, 1.0, 10.0, 2_000.0, 5_000.0]
        );
        let millis =
            [0.5, 12.34, 1_500.0, 180_000.0].map(|ms| format_metric(MetricUnit::Millis, ms));
        assert_eq!(millis, ["0.5 ms", "12.3 ms", "1.5 s", "3 min"]);
        assert_eq!(format_metric(MetricUnit::Count, 12_000.0), "12,000");
        assert_eq!(format_metric(MetricUnit::Percent, 99.5), "99.5 %");
        assert_eq!(axis_moment(EPOCH_MS, true), "01-01 00:00");
        assert_eq!(axis_moment(EPOCH_MS, false), "00:00:00");
    }
}
