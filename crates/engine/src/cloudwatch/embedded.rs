//! Metrics in log lines: the embedded metric format.
//!
//! Source: "Specification: Embedded metric format". A line that does not follow it publishes nothing, as on AWS.

use super::Metrics;
use super::store::Key;
use serde_json::Value;
use std::collections::BTreeMap;

/// "A DimensionSet must not contain more than 30 dimensions", "100 metrics".
const DIMENSIONS_MAX: usize = 30;
const METRICS_MAX: usize = 100;
/// Values of one metric in one line.
const VALUES_MAX: usize = 100;

/// Publishes what a line says.
#[inline(never)]
pub(super) fn publish(metrics: &mut Metrics, logged_ms: u64, line: &str) {
    let Ok(root) = serde_json::from_str::<Value>(line) else { return };
    let at_ms = root["_aws"]["Timestamp"].as_u64().unwrap_or(logged_ms);
    for directive in root["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten() {
        let Some(namespace) = directive["Namespace"].as_str() else { continue };
        let none = vec![Value::Array(Vec::new())];
        let sets = directive["Dimensions"].as_array().unwrap_or(&none);
        for metric in directive["Metrics"].as_array().into_iter().flatten().take(METRICS_MAX) {
            let Some(name) = metric["Name"].as_str() else { continue };
            let unit = super::api::unit(metric["Unit"].as_str());
            let values = match &root[name] {
                Value::Array(values) => values.as_slice(),
                value => std::slice::from_ref(value),
            };
            for set in sets {
                let Some(dimensions) = dimensions(&root, set) else { continue };
                let key = Key { namespace: namespace.into(), name: name.into(), dimensions };
                for value in values.iter().filter_map(Value::as_f64).take(VALUES_MAX) {
                    metrics.put(key.clone(), unit, at_ms, value, 1.0);
                }
            }
        }
    }
}

/// A set's dimensions with the values that the line gives; none when one is missing.
fn dimensions(root: &Value, set: &Value) -> Option<BTreeMap<String, String>> {
    let names = set.as_array()?;
    if names.len() > DIMENSIONS_MAX {
        return None;
    }
    names
        .iter()
        .map(|name| {
            let name = name.as_str()?;
            Some((name.to_owned(), root.get(name)?.as_str()?.to_owned()))
        })
        .collect()
}
