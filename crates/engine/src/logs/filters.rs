//! The operations on metric filters and subscription filters.

use super::errors::LogsError;
use super::filter::Filter;
use super::model::Logs;
use super::params::{Answer, flag, group_arn, group_mut, list, listed, name, put_if, text};
use super::taps::{MetricFilter, Subscription};
use crate::lambda::Lambda;
use crate::world::{Params, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// "100 metric filters per log group", "2 subscription filters per log group" (CloudWatch Logs quotas).
const METRIC_FILTERS_MAX: usize = 100;
const SUBSCRIPTIONS_MAX: usize = 2;
/// "You can assign as many as 3 dimensions" (Creating metrics from log events using filters).
const DIMENSIONS_MAX: usize = 3;

pub(super) fn put_metric_filter(logs: &mut Logs, world: &World, params: &Params) -> Answer {
    let now_ms = world.unix_ms();
    let filter_name = text(params, "filterName").unwrap_or_default().to_owned();
    let group = group_mut(logs, params)?;
    let pattern = text(params, "filterPattern").unwrap_or_default();
    let filter = Filter::parse(pattern)?;
    let given = params.get("metricTransformations").and_then(Value::as_array);
    let mut transformations = given.cloned().unwrap_or_default();
    for transformation in &mut transformations {
        check_transformation(transformation)?;
        if let Some(default) = transformation["defaultValue"].as_f64() {
            transformation["defaultValue"] = json!(default);
        }
    }
    let created_ms = group.metric_filters.get(&filter_name).map_or(now_ms, |old| old.created_ms);
    if !group.metric_filters.contains_key(&filter_name)
        && group.metric_filters.len() >= METRIC_FILTERS_MAX
    {
        return Err(LogsError::limit());
    }
    let made = MetricFilter { pattern: pattern.to_owned(), filter, created_ms, transformations };
    group.metric_filters.insert(filter_name, made);
    Ok(json!({}))
}

/// "Metric filters that have dimensions cannot have a default value" and how many there may be; the words are ours.
fn check_transformation(transformation: &Value) -> Result<(), LogsError> {
    let dimensions = transformation["dimensions"].as_object().map_or(0, serde_json::Map::len);
    if dimensions > DIMENSIONS_MAX {
        let text = format!("A metric transformation can have at most {DIMENSIONS_MAX} dimensions.");
        return Err(LogsError::InvalidParameter(text));
    }
    if dimensions > 0 && transformation["defaultValue"].is_number() {
        let text = "Invalid metric transformation: dimensions and default value are mutually exclusive properties.";
        return Err(LogsError::InvalidParameter(text.into()));
    }
    let value = transformation["metricValue"].as_str().unwrap_or_default();
    if !value.starts_with('$') && value.parse::<f64>().is_err() {
        return Err(LogsError::InvalidParameter(format!(
            "Invalid metric transformation: metricValue {value} is neither a number nor a field of the pattern"
        )));
    }
    Ok(())
}

pub(super) fn describe_metric_filters(logs: &Logs, params: &Params) -> Answer {
    let group_name = text(params, "logGroupName");
    if let Some(name) = group_name
        && !logs.groups.contains_key(name)
    {
        return Err(LogsError::GroupNotFound);
    }
    let prefix = text(params, "filterNamePrefix").unwrap_or_default();
    let metric = text(params, "metricName").zip(text(params, "metricNamespace"));
    let groups =
        logs.groups.iter().filter(|(name, _)| group_name.is_none_or(|wanted| wanted == *name));
    let found = groups.flat_map(|(name, group)| {
        group.metric_filters.iter().map(move |(filter_name, filter)| (name, filter_name, filter))
    });
    let found = found.filter(|(_, filter_name, filter)| {
        filter_name.starts_with(prefix)
            && metric.is_none_or(|(metric, namespace)| {
                filter.transformations.iter().any(|transformation| {
                    transformation["metricName"] == metric
                        && transformation["metricNamespace"] == namespace
                })
            })
    });
    let shown = found.map(|(name, filter_name, filter)| {
        json!({
            "filterName": filter_name,
            "filterPattern": filter.pattern,
            "metricTransformations": filter.transformations,
            "creationTime": filter.created_ms,
            "logGroupName": name,
            "applyOnTransformedLogs": false,
        })
    });
    listed("metricFilters", shown, params, 50)
}

pub(super) fn delete_metric_filter(logs: &mut Logs, params: &Params) -> Answer {
    let group = group_mut(logs, params)?;
    let removed = group.metric_filters.remove(text(params, "filterName").unwrap_or_default());
    removed
        .map(|_| json!({}))
        .ok_or_else(|| LogsError::NotFound("The specified metric filter does not exist.".into()))
}

pub(super) fn test_metric_filter(params: &Params) -> Answer {
    let filter = Filter::parse(text(params, "filterPattern").unwrap_or_default())?;
    let matches = list(params, "logEventMessages").enumerate().filter(|(_, m)| filter.matches(m));
    let matches: Vec<Value> = matches
        .map(|(at, message)| {
            json!({
                "eventNumber": at + 1,
                "eventMessage": message,
                "extractedValues": filter.extracted(message),
            })
        })
        .collect();
    Ok(json!({ "matches": matches }))
}

pub(super) fn put_subscription_filter(
    logs: &mut Logs,
    world: &World,
    lambda: &Lambda,
    params: &Params,
) -> Answer {
    let destination = text(params, "destinationArn").unwrap_or_default();
    let mut parts = destination.split(':').skip(2);
    let [service, _, account] = std::array::from_fn(|_| parts.next().unwrap_or_default());
    match service {
        "lambda" if account != world.config.account => {
            return Err(LogsError::Other {
                code: "AccessDeniedException",
                message: "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create cross account lambda triggers.".into(),
            });
        }
        "lambda" => {}
        "kinesis" | "firehose" if text(params, "roleArn").is_none() => {
            return Err(LogsError::InvalidParameter(format!(
                "destinationArn for vendor {service} cannot be used without roleArn"
            )));
        }
        "kinesis" | "firehose" | "logs" => {
            return Err(LogsError::NotImplemented(format!("subscriptions to {service}")));
        }
        _ => {
            return Err(LogsError::InvalidParameter(format!(
                "destinationArn for vendor {service} is not supported"
            )));
        }
    }
    if params.contains_key("fieldSelectionCriteria") || params.contains_key("emitSystemFields") {
        return Err(LogsError::NotImplemented("system fields of subscriptions".into()));
    }
    if flag(params, "applyOnTransformedLogs") {
        return Err(LogsError::NotImplemented("log transformers".into()));
    }
    let group_name = name(params, "logGroupName")?.to_owned();
    let now_ms = world.unix_ms();
    let group = group_mut(logs, params)?;
    let pattern = text(params, "filterPattern").unwrap_or_default();
    let filter = Filter::parse(pattern)?;
    let filter_name = text(params, "filterName").unwrap_or_default().to_owned();
    let old = group.subscriptions.get(&filter_name);
    if old.is_none() && group.subscriptions.len() >= SUBSCRIPTIONS_MAX {
        return Err(LogsError::limit());
    }
    let function = destination.split(':').nth(6).and_then(|name| lambda.functions.get(name));
    let statements = lambda.policy_statements(destination).unwrap_or_default();
    let regional = format!("logs.{}.amazonaws.com", world.config.region);
    let names = ["logs.amazonaws.com", regional.as_str()];
    let source = format!("{}:*", group_arn(world, &group_name));
    let Some(function) = function
        .filter(|_| crate::iam::lets_in(&world.config, statements, &names, destination, &source))
    else {
        return Err(LogsError::InvalidParameter(
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.".into(),
        ));
    };
    if function.current.settings.log_group == group_name {
        // Or its own lines would invoke it for ever.
        return Err(LogsError::InvalidParameter(
            "The log group provided is reserved for the function logs of the destination function."
                .into(),
        ));
    }
    let made = Subscription {
        pattern: pattern.to_owned(),
        filter,
        created_ms: old.map_or(now_ms, |old| old.created_ms),
        destination: destination.to_owned(),
        role: text(params, "roleArn").map(str::to_owned),
        distribution: text(params, "distribution").unwrap_or("ByLogStream").to_owned(),
        collected: BTreeMap::new(),
    };
    group.subscriptions.insert(filter_name, made);
    Ok(json!({}))
}

pub(super) fn describe_subscription_filters(logs: &Logs, params: &Params) -> Answer {
    let group_name = name(params, "logGroupName")?;
    let group = logs.groups.get(group_name).ok_or(LogsError::GroupNotFound)?;
    let prefix = text(params, "filterNamePrefix").unwrap_or_default();
    let found =
        group.subscriptions.iter().filter(|(filter_name, _)| filter_name.starts_with(prefix));
    let shown = found.map(|(filter_name, subscription)| {
        let mut output = json!({
            "filterName": filter_name,
            "logGroupName": group_name,
            "filterPattern": subscription.pattern,
            "destinationArn": subscription.destination,
            "distribution": subscription.distribution,
            "applyOnTransformedLogs": false,
            "creationTime": subscription.created_ms,
        });
        put_if(&mut output, "roleArn", subscription.role.as_ref().map(|role| json!(role)).as_ref());
        output
    });
    listed("subscriptionFilters", shown, params, 50)
}

pub(super) fn delete_subscription_filter(logs: &mut Logs, params: &Params) -> Answer {
    let group = group_mut(logs, params)?;
    let removed = group.subscriptions.remove(text(params, "filterName").unwrap_or_default());
    removed.map(|_| json!({})).ok_or_else(|| {
        LogsError::NotFound("The specified subscription filter does not exist.".into())
    })
}
