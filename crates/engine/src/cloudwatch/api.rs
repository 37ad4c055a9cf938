//! The operations of the CloudWatch API that are about metrics.

use super::Metrics;
use super::math::{self, Operand};
use super::statistics::{Statistic, Window};
use super::store::{Key, Series, Store, Summary};
use crate::world::{Incoming, Outcome, Params, World};
use crate::{ApiError, Response};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

type Answer = Result<Value, ApiError>;

/// "The maximum number of data points returned from a single call is 1,440" (GetMetricStatistics).
const DATAPOINTS_MAX: u64 = 1_440;
/// "Up to 500 MetricDataQuery structures", "as many as 100,800 data points" (GetMetricData).
const QUERIES_MAX: usize = 500;
const DATA_MAX: u64 = 100_800;
/// "Up to 500 results are returned for any one call" (ListMetrics).
const LISTED_MAX: usize = 500;
/// "1000 different metrics", "150 values" (PutMetricData).
const DATA_PUT_MAX: usize = 1_000;
const VALUES_PUT_MAX: usize = 150;
/// How recent `PT3H` is.
const RECENT_MS: u64 = 10_800_000;

/// The operations that are emulated; none for others.
#[inline(never)]
pub(crate) fn handle(
    world: &mut World,
    incoming: &Incoming<'_>,
) -> Option<Result<Outcome, ApiError>> {
    let params = incoming.params;
    let answer = match incoming.caller.operation.as_str() {
        "PutMetricData" => put_metric_data(world, params),
        "GetMetricData" => get_metric_data(&world.metrics.store, params),
        "GetMetricStatistics" => get_metric_statistics(&world.metrics.store, params),
        "ListMetrics" => list_metrics(&world.metrics.store, world.unix_ms(), params),
        _ => return None,
    };
    Some(answer.map(|output| Outcome::from(Response { status: 200, output })))
}

fn refusal(code: &str, status: u16, message: String) -> ApiError {
    ApiError { code: code.into(), status, message: Some(message), extra: Map::new() }
}

fn invalid(message: impl Into<String>) -> ApiError {
    refusal("InvalidParameterValueException", 400, message.into())
}

fn combination(message: impl Into<String>) -> ApiError {
    refusal("InvalidParameterCombinationException", 400, message.into())
}

fn absent(what: &str) -> ApiError {
    refusal("NotImplementedException", 501, format!("Coldstart does not emulate {what} yet."))
}

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of[key].as_str().unwrap_or_default()
}

/// A unit by its name; `None` is CloudWatch's own name for none.
pub(crate) fn unit(name: Option<&str>) -> &'static str {
    const UNITS: [&str; 27] = [
        "None",
        "Count",
        "Milliseconds",
        "Seconds",
        "Microseconds",
        "Bytes",
        "Kilobytes",
        "Megabytes",
        "Gigabytes",
        "Terabytes",
        "Bits",
        "Kilobits",
        "Megabits",
        "Gigabits",
        "Terabits",
        "Percent",
        "Bytes/Second",
        "Kilobytes/Second",
        "Megabytes/Second",
        "Gigabytes/Second",
        "Terabytes/Second",
        "Bits/Second",
        "Kilobits/Second",
        "Megabits/Second",
        "Gigabits/Second",
        "Terabits/Second",
        "Count/Second",
    ];
    UNITS.into_iter().find(|unit| Some(*unit) == name).unwrap_or("None")
}

/// Seconds since 1970 or ISO 8601, as milliseconds.
fn time_ms(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => {
            number.as_f64().filter(|s| *s >= 0.0).map(|s| (s * 1_000.0) as u64)
        }
        Value::String(text) => crate::calendar::parse(text).map(|seconds| seconds * 1_000),
        _ => None,
    }
}

fn dimensions(list: &Value) -> BTreeMap<String, String> {
    let list = list.as_array().into_iter().flatten();
    list.map(|one| (text(one, "Name").to_owned(), text(one, "Value").to_owned())).collect()
}

fn put_metric_data(world: &mut World, params: &Params) -> Answer {
    let namespace = params.get("Namespace").and_then(Value::as_str).unwrap_or_default();
    if namespace.starts_with("AWS/") {
        return Err(invalid("The value AWS/ for parameter Namespace is invalid."));
    }
    if params.contains_key("EntityMetricData") {
        return Err(absent("entities of metrics"));
    }
    let data = params.get("MetricData").and_then(Value::as_array).map(Vec::as_slice);
    let Some(data) = data.filter(|data| !data.is_empty()) else {
        let text = "The parameter MetricData is required.";
        return Err(refusal("MissingRequiredParameterException", 400, text.into()));
    };
    if data.len() > DATA_PUT_MAX {
        return Err(invalid(format!(
            "The collection MetricData must not have a size greater than {DATA_PUT_MAX}."
        )));
    }
    data.iter().try_for_each(check_datum)?;
    let now_ms = world.unix_ms();
    for datum in data {
        let key = Key {
            namespace: namespace.to_owned(),
            name: text(datum, "MetricName").to_owned(),
            dimensions: dimensions(&datum["Dimensions"]),
        };
        let unit = unit(datum["Unit"].as_str());
        let at_ms = time_ms(&datum["Timestamp"]).unwrap_or(now_ms);
        put_datum(&mut world.metrics, key, unit, at_ms, datum);
    }
    Ok(json!({}))
}

fn check_datum(datum: &Value) -> Result<(), ApiError> {
    let given = ["Value", "StatisticValues", "Values"].iter().filter(|key| !datum[**key].is_null());
    if given.count() != 1 {
        return Err(combination(
            "The parameters MetricData.member.1.Value, MetricData.member.1.Values and MetricData.member.1.StatisticValues are mutually exclusive and you have specified more than one, or none.",
        ));
    }
    let values = datum["Values"].as_array().map_or(0, Vec::len);
    let counts = datum["Counts"].as_array().map_or(values, Vec::len);
    if values != counts {
        return Err(invalid("The parameters Values and Counts must be of the same size."));
    }
    if values > VALUES_PUT_MAX {
        return Err(invalid(format!(
            "The collection Values must not have a size greater than {VALUES_PUT_MAX}."
        )));
    }
    Ok(())
}

fn put_datum(metrics: &mut Metrics, key: Key, unit: &'static str, at_ms: u64, datum: &Value) {
    if let Some(value) = datum["Value"].as_f64() {
        metrics.put(key, unit, at_ms, value, 1.0);
        return;
    }
    if let Some(values) = datum["Values"].as_array() {
        for (at, value) in values.iter().enumerate() {
            let times = datum["Counts"][at].as_f64().unwrap_or(1.0);
            metrics.put(key.clone(), unit, at_ms, value.as_f64().unwrap_or_default(), times);
        }
        return;
    }
    let set = &datum["StatisticValues"];
    let number = |name: &str| set[name].as_f64().unwrap_or_default();
    metrics.put_set(
        key,
        unit,
        at_ms,
        [number("SampleCount"), number("Sum"), number("Minimum"), number("Maximum")],
    );
}

fn find<'a>(store: &'a Store, of: &Value) -> Option<&'a Series> {
    let key = Key {
        namespace: text(of, "Namespace").to_owned(),
        name: text(of, "MetricName").to_owned(),
        dimensions: dimensions(&of["Dimensions"]),
    };
    store.index.get(&key).and_then(|id| store.series.get(*id))
}

/// "A period can be as short as one minute (60 seconds) and must be a multiple of 60": finer ones are for metrics of a resolution that
/// is not kept here.
fn period(value: &Value) -> Result<u64, ApiError> {
    let seconds = value.as_u64().unwrap_or_default();
    match seconds {
        1 | 5 | 10 | 20 | 30 => Err(absent("periods of less than a minute")),
        _ if seconds == 0 || !seconds.is_multiple_of(60) => {
            Err(invalid("The parameter Period must be 1, 5, 10, 20, 30, or a multiple of 60."))
        }
        _ => Ok(seconds),
    }
}

fn range(params: &Params) -> Result<(u64, u64), ApiError> {
    let at = |key: &str| params.get(key).and_then(time_ms);
    let (Some(from), Some(to)) = (at("StartTime"), at("EndTime")) else {
        return Err(invalid("The parameters StartTime and EndTime must be dates."));
    };
    if from >= to {
        return Err(combination(
            "The parameter StartTime must be less than the parameter EndTime.",
        ));
    }
    Ok((from, to))
}

fn get_metric_statistics(store: &Store, params: &Params) -> Answer {
    let whole = Value::Object(params.clone());
    let (from, to) = range(params)?;
    let window = Window::new(from, to, period(&whole["Period"])?);
    let names = |key: &str| {
        whole[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>()
    };
    let (plain, extended) = (names("Statistics"), names("ExtendedStatistics"));
    if plain.is_empty() && extended.is_empty() {
        return Err(combination(
            "At least one of the parameters Statistics and ExtendedStatistics must be specified.",
        ));
    }
    let wanted =
        plain.iter().chain(&extended).map(|name| statistic(name).map(|read| (*name, read)));
    let wanted = wanted.collect::<Result<Vec<_>, _>>()?;
    if window.periods() > DATAPOINTS_MAX {
        return Err(combination(format!(
            "You have requested up to {} datapoints, which exceeds the limit of {DATAPOINTS_MAX}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
            window.periods()
        )));
    }
    let mut datapoints = Vec::new();
    let series = find(store, &whole);
    let series =
        series.filter(|series| whole["Unit"].as_str().is_none_or(|unit| unit == series.unit));
    for (begin, summary) in series.map(|series| window.summaries(series)).unwrap_or_default() {
        let mut point = json!({ "Timestamp": begin as f64 / 1_000.0 });
        for (name, statistic) in &wanted {
            let Some(value) = statistic.of(&summary) else { continue };
            match statistic {
                Statistic::Percentile(_) => point["ExtendedStatistics"][*name] = json!(value),
                _ => point[*name] = json!(value),
            }
        }
        point["Unit"] = json!(series.map(|series| series.unit));
        datapoints.push(point);
    }
    Ok(json!({ "Label": whole["MetricName"], "Datapoints": datapoints }))
}

fn statistic(name: &str) -> Result<Statistic, ApiError> {
    if let Some(read) = Statistic::parse(name) {
        return Ok(read);
    }
    if name == "IQM" || name.starts_with(['t', 'w', 'P', 'T', 'W']) {
        return Err(absent(&format!("the statistic {name}")));
    }
    Err(invalid(format!("The value {name} for parameter ExtendedStatistics is not supported.")))
}

/// A query of GetMetricData that has been computed.
struct Computed<'a> {
    id: &'a str,
    label: String,
    values: BTreeMap<u64, f64>,
    is_returned: bool,
}

fn get_metric_data(store: &Store, params: &Params) -> Answer {
    let (from, to) = range(params)?;
    let none = Vec::new();
    let queries = params.get("MetricDataQueries").and_then(Value::as_array).unwrap_or(&none);
    if queries.is_empty() || queries.len() > QUERIES_MAX {
        return Err(invalid(format!(
            "The collection MetricDataQueries must have between 1 and {QUERIES_MAX} members."
        )));
    }
    let mut seen = BTreeSet::new();
    for query in queries {
        let id = text(query, "Id");
        if !id.starts_with(|first: char| first.is_ascii_lowercase()) {
            return Err(invalid(format!(
                "The value {id} for parameter MetricDataQueries.member.1.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."
            )));
        }
        if !seen.insert(id) {
            return Err(invalid(format!("The ID \"{id}\" is used more than once.")));
        }
        if query["MetricStat"].is_null() == query["Expression"].is_null() {
            return Err(invalid(format!(
                "Exactly one of the parameters MetricStat and Expression must be specified for the query \"{id}\"."
            )));
        }
    }
    let mut computed: Vec<Computed<'_>> = Vec::new();
    // Every period of the shortest length that is asked for: what FILL fills.
    let mut every: BTreeMap<u64, f64> = BTreeMap::new();
    for query in queries.iter().filter(|query| !query["MetricStat"].is_null()) {
        let stat = &query["MetricStat"];
        let window = Window::new(from, to, period(&stat["Period"])?);
        if window.periods() > DATA_MAX {
            return Err(invalid(
                "The time range has more data points than one request may return.",
            ));
        }
        let wanted = statistic(text(stat, "Stat"))?;
        let summaries = find(store, &stat["Metric"]).map(|series| window.summaries(series));
        let values = summaries.unwrap_or_default().into_iter();
        let value = |(begin, summary): (u64, Summary)| Some((begin, wanted.of(&summary)?));
        let periods = (0..window.periods()).map(|at| (window.from_ms + at * window.period_ms, 0.0));
        if every.len() < window.periods() as usize {
            every = periods.collect();
        }
        computed.push(Computed {
            id: text(query, "Id"),
            label: query["Label"]
                .as_str()
                .unwrap_or(text(&stat["Metric"], "MetricName"))
                .to_owned(),
            values: values.filter_map(value).collect(),
            is_returned: query["ReturnData"] != false,
        });
    }
    expressions(queries, &mut computed, every)?;
    // In the order of the request.
    computed.sort_by_key(|one| queries.iter().position(|query| text(query, "Id") == one.id));
    let ascending = params.get("ScanBy").and_then(Value::as_str) == Some("TimestampAscending");
    let page =
        params.get("MaxDatapoints").and_then(Value::as_u64).unwrap_or(DATA_MAX).clamp(1, DATA_MAX);
    let first: usize = match params.get("NextToken").and_then(Value::as_str) {
        None => 0,
        Some(token) => {
            token.parse().map_err(|_| invalid("The value for parameter NextToken is invalid."))?
        }
    };
    let end = first.saturating_add(page as usize);
    let mut at = 0;
    let mut results = Vec::new();
    for one in computed.iter().filter(|one| one.is_returned) {
        let mut points: Vec<(u64, f64)> =
            one.values.iter().map(|(at, value)| (*at, *value)).collect();
        if !ascending {
            points.reverse();
        }
        let here =
            points.iter().enumerate().filter(|(place, _)| (first..end).contains(&(at + place)));
        let (times, values): (Vec<f64>, Vec<f64>) =
            here.map(|(_, (begin, value))| (*begin as f64 / 1_000.0, *value)).unzip();
        at += points.len();
        let status = if at > end { "PartialData" } else { "Complete" };
        results.push(json!({
            "Id": one.id, "Label": one.label, "Timestamps": times, "Values": values, "StatusCode": status,
        }));
    }
    let mut answer = json!({ "MetricDataResults": results, "Messages": [] });
    if end < at {
        answer["NextToken"] = json!(end.to_string());
    }
    Ok(answer)
}

/// Computes expressions, each once what it names is there.
fn expressions<'a>(
    queries: &'a [Value],
    computed: &mut Vec<Computed<'a>>,
    every: BTreeMap<u64, f64>,
) -> Result<(), ApiError> {
    let mut left: Vec<&Value> =
        queries.iter().filter(|query| query["MetricStat"].is_null()).collect();
    while !left.is_empty() {
        let before = left.len();
        let mut fault = None;
        let mut later = Vec::new();
        for query in left {
            let found = math::eval(text(query, "Expression"), &|id| {
                if id.is_empty() {
                    return Some(every.clone());
                }
                computed.iter().find(|one| one.id == id).map(|one| one.values.clone())
            });
            let values = match found {
                Ok(Operand::Series(values)) => values,
                Ok(Operand::Number(number)) => every.keys().map(|at| (*at, number)).collect(),
                Err(math::Fault::Absent(what)) => return Err(absent(&what)),
                Err(math::Fault::Invalid(why)) => {
                    fault.get_or_insert(why);
                    later.push(query);
                    continue;
                }
            };
            computed.push(Computed {
                id: text(query, "Id"),
                label: query["Label"].as_str().unwrap_or(text(query, "Id")).to_owned(),
                values,
                is_returned: query["ReturnData"] != false,
            });
        }
        if later.len() == before {
            return Err(refusal("ValidationError", 400, fault.unwrap_or_default()));
        }
        left = later;
    }
    Ok(())
}

fn list_metrics(store: &Store, now_ms: u64, params: &Params) -> Answer {
    let wanted = |key: &str| params.get(key).and_then(Value::as_str);
    let filters =
        params.get("Dimensions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let recent =
        wanted("RecentlyActive").map(|_| now_ms.saturating_sub(RECENT_MS) / super::MINUTE_MS);
    let first: usize = match wanted("NextToken") {
        None => 0,
        Some(token) => {
            token.parse().map_err(|_| invalid("The value for parameter NextToken is invalid."))?
        }
    };
    let all = store.index.iter().filter(|(key, id)| {
        wanted("Namespace").is_none_or(|namespace| namespace == key.namespace)
            && wanted("MetricName").is_none_or(|name| name == key.name)
            && filters.iter().all(|filter| {
                let value = key.dimensions.get(text(filter, "Name"));
                value.is_some_and(|value| {
                    filter["Value"].as_str().is_none_or(|wanted| wanted == value)
                })
            })
            && store.series.get(**id).is_some_and(|series| {
                let newest = series.minutes.keys().next_back();
                newest.is_some_and(|newest| recent.is_none_or(|recent| *newest >= recent))
            })
    });
    let mut rest = all.skip(first);
    let page = rest.by_ref().take(LISTED_MAX).map(|(key, _)| {
        let dimensions =
            key.dimensions.iter().map(|(name, value)| json!({ "Name": name, "Value": value }));
        json!({
            "Namespace": key.namespace,
            "MetricName": key.name,
            "Dimensions": dimensions.collect::<Vec<Value>>(),
        })
    });
    let metrics: Vec<Value> = page.collect();
    let mut answer = json!({ "Metrics": metrics });
    if rest.next().is_some() {
        answer["NextToken"] = json!((first + LISTED_MAX).to_string());
    }
    Ok(answer)
}
