//! Deliveries of logs that other services vend: sources, destinations and what ties them. They are kept and shown; no service here
//! vends logs in this way.

use super::errors::LogsError;
use super::model::Logs;
use super::params::{Answer, arn, listed, put_if, text};
use crate::world::{Params, World};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Sources, destinations and deliveries that are kept of each. Chosen; AWS's quotas are lower.
const KEPT_MAX: usize = 1_000;

/// Services with logs of this kind ("Logs sent to CloudWatch Logs, Amazon S3, and Firehose": V2 permissions).
const VENDORS: [&str; 20] = [
    "bedrock",
    "bedrock-agentcore",
    "cloudfront",
    "codewhisperer",
    "cognito-idp",
    "eks",
    "elasticloadbalancing",
    "entityresolution",
    "events",
    "ivschat",
    "mediapackagev2",
    "mediatailor",
    "pcs",
    "qbusiness",
    "route53resolver",
    "ses",
    "sso",
    "vpc-lattice",
    "wisdom",
    "workmail",
];

/// The fields of CloudFront's standard logs, which a delivery has unless it says otherwise (recorded).
const CLOUDFRONT_FIELDS: [&str; 33] = [
    "date",
    "time",
    "x-edge-location",
    "sc-bytes",
    "c-ip",
    "cs-method",
    "cs(Host)",
    "cs-uri-stem",
    "sc-status",
    "cs(Referer)",
    "cs(User-Agent)",
    "cs-uri-query",
    "cs(Cookie)",
    "x-edge-result-type",
    "x-edge-request-id",
    "x-host-header",
    "cs-protocol",
    "cs-bytes",
    "time-taken",
    "x-forwarded-for",
    "ssl-protocol",
    "ssl-cipher",
    "x-edge-response-result-type",
    "cs-protocol-version",
    "fle-status",
    "fle-encrypted-fields",
    "c-port",
    "time-to-first-byte",
    "x-edge-detailed-result-type",
    "sc-content-type",
    "sc-content-len",
    "sc-range-start",
    "sc-range-end",
];

/// What is kept, as it is shown.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    sources: BTreeMap<String, Value>,
    /// AWS's words differ for a source that was there once.
    sources_deleted: BTreeSet<String>,
    destinations: BTreeMap<String, Value>,
    policies: BTreeMap<String, String>,
    deliveries: BTreeMap<String, Value>,
}

fn absent(kind: &str) -> LogsError {
    LogsError::NotFound(format!("Requested {kind} does not exist in this account."))
}

fn conflict(text: &str) -> LogsError {
    LogsError::Other { code: "ConflictException", message: text.into() }
}

fn in_use(kind: &str) -> LogsError {
    conflict(&format!("This {kind} is associated with a delivery. Delete the delivery first."))
}

impl Deliveries {
    fn source_absent(&self, name: &str) -> LogsError {
        let mut error = absent("Delivery Source");
        if let (true, LogsError::NotFound(text)) = (self.sources_deleted.contains(name), &mut error)
        {
            text.push('.');
        }
        error
    }

    fn destination(&self, name: &str) -> Result<&Value, LogsError> {
        self.destinations.get(name).ok_or_else(|| absent("Delivery Destination"))
    }

    fn delivery(&self, id: &str) -> Result<&Value, LogsError> {
        self.deliveries.get(id).ok_or_else(|| absent("Delivery"))
    }
}

pub(super) fn put_source(logs: &mut Logs, world: &World, params: &Params) -> Answer {
    let of = &mut logs.control.deliveries;
    let name = text(params, "name").unwrap_or_default();
    let resource = text(params, "resourceArn").unwrap_or_default();
    let service = resource.split(':').nth(2).unwrap_or_default();
    if !VENDORS.contains(&service) {
        return Err(LogsError::NotFound("Cannot access provided service.".into()));
    }
    if !of.sources.contains_key(name) && of.sources.len() >= KEPT_MAX {
        return Err(LogsError::limit());
    }
    let mut source = json!({
        "name": name,
        "arn": arn(world, "delivery-source", name),
        "resourceArns": [resource],
        "service": service,
        "logType": params.get("logType"),
    });
    put_if(&mut source, "tags", params.get("tags"));
    of.sources.insert(name.to_owned(), source.clone());
    of.sources_deleted.remove(name);
    Ok(json!({ "deliverySource": source }))
}

pub(super) fn get_source(logs: &Logs, params: &Params) -> Answer {
    let of = &logs.control.deliveries;
    let name = text(params, "name").unwrap_or_default();
    let source = of.sources.get(name).ok_or_else(|| of.source_absent(name))?;
    Ok(json!({ "deliverySource": source }))
}

pub(super) fn describe_sources(logs: &Logs, params: &Params) -> Answer {
    listed("deliverySources", logs.control.deliveries.sources.values().cloned(), params, 50)
}

pub(super) fn delete_source(logs: &mut Logs, params: &Params) -> Answer {
    let of = &mut logs.control.deliveries;
    let name = text(params, "name").unwrap_or_default();
    if !of.sources.contains_key(name) {
        return Err(of.source_absent(name));
    }
    if of.deliveries.values().any(|one| one["deliverySourceName"] == name) {
        return Err(in_use("source"));
    }
    of.sources.remove(name);
    if of.sources_deleted.len() < KEPT_MAX {
        of.sources_deleted.insert(name.to_owned());
    }
    Ok(json!({}))
}

pub(super) fn put_destination(logs: &mut Logs, world: &World, params: &Params) -> Answer {
    let of = &mut logs.control.deliveries;
    let name = text(params, "name").unwrap_or_default();
    let target = params
        .get("deliveryDestinationConfiguration")
        .and_then(|configuration| configuration["destinationResourceArn"].as_str());
    let kind = match target.and_then(|target| target.split(':').nth(2)) {
        Some("s3") => "S3",
        Some("logs") => "CWL",
        Some("firehose") => "FH",
        None if text(params, "deliveryDestinationType") == Some("XRAY") => "XRAY",
        _ => return Err(LogsError::Validation("Delivery destination type is not supported.")),
    };
    let old = of.destinations.get(name);
    if old.is_none() && of.destinations.len() >= KEPT_MAX {
        return Err(LogsError::limit());
    }
    let mut destination = json!({
        "name": name,
        "arn": arn(world, "delivery-destination", name),
        "deliveryDestinationType": kind,
    });
    for key in ["outputFormat", "deliveryDestinationConfiguration", "tags"] {
        let kept =
            old.and_then(|old| old.get(key)).filter(|_| key != "deliveryDestinationConfiguration");
        put_if(&mut destination, key, params.get(key).or(kept));
    }
    of.destinations.insert(name.to_owned(), destination.clone());
    Ok(json!({ "deliveryDestination": destination }))
}

pub(super) fn get_destination(logs: &Logs, params: &Params) -> Answer {
    let name = text(params, "name").unwrap_or_default();
    Ok(json!({ "deliveryDestination": logs.control.deliveries.destination(name)? }))
}

pub(super) fn describe_destinations(logs: &Logs, params: &Params) -> Answer {
    listed(
        "deliveryDestinations",
        logs.control.deliveries.destinations.values().cloned(),
        params,
        50,
    )
}

pub(super) fn delete_destination(logs: &mut Logs, params: &Params) -> Answer {
    let of = &mut logs.control.deliveries;
    let name = text(params, "name").unwrap_or_default();
    let arn = of.destination(name)?["arn"].clone();
    if of.deliveries.values().any(|one| one["deliveryDestinationArn"] == arn) {
        return Err(in_use("destination"));
    }
    of.destinations.remove(name);
    of.policies.remove(name);
    Ok(json!({}))
}

pub(super) fn put_destination_policy(logs: &mut Logs, params: &Params) -> Answer {
    let of = &mut logs.control.deliveries;
    let name = text(params, "deliveryDestinationName").unwrap_or_default();
    of.destination(name)?;
    let policy = text(params, "deliveryDestinationPolicy").unwrap_or_default();
    of.policies.insert(name.to_owned(), policy.to_owned());
    Ok(json!({ "policy": { "deliveryDestinationPolicy": policy } }))
}

pub(super) fn get_destination_policy(logs: &Logs, params: &Params) -> Answer {
    let of = &logs.control.deliveries;
    let name = text(params, "deliveryDestinationName").unwrap_or_default();
    of.destination(name)?;
    Ok(match of.policies.get(name) {
        Some(policy) => json!({ "policy": { "deliveryDestinationPolicy": policy } }),
        None => json!({ "policy": {} }),
    })
}

pub(super) fn delete_destination_policy(logs: &mut Logs, params: &Params) -> Answer {
    let of = &mut logs.control.deliveries;
    let name = text(params, "deliveryDestinationName").unwrap_or_default();
    of.destination(name)?;
    of.policies.remove(name);
    Ok(json!({}))
}

pub(super) fn create(logs: &mut Logs, world: &mut World, params: &Params) -> Answer {
    let of = &mut logs.control.deliveries;
    let source_name = text(params, "deliverySourceName").unwrap_or_default();
    let source = of.sources.get(source_name).ok_or_else(|| of.source_absent(source_name))?;
    let wanted = text(params, "deliveryDestinationArn").unwrap_or_default();
    let destination = of.destinations.values().find(|one| one["arn"] == wanted);
    let destination = destination.ok_or_else(|| absent("Delivery Destination"))?;
    let is_there = of.deliveries.values().any(|one| {
        one["deliverySourceName"] == source_name
            && one["deliveryDestinationType"] == destination["deliveryDestinationType"]
    });
    if is_there {
        return Err(conflict(
            "Delivery already exists for this Delivery Source with the same Delivery Destination type.",
        ));
    }
    if of.deliveries.len() >= KEPT_MAX {
        return Err(LogsError::limit());
    }
    let id = world.rng.base32(16);
    let mut delivery = json!({
        "id": id,
        "arn": arn(world, "delivery", &id),
        "deliverySourceName": source_name,
        "deliveryDestinationArn": wanted,
        "deliveryDestinationType": destination["deliveryDestinationType"],
    });
    if source["service"] == "cloudfront" {
        delivery["recordFields"] = json!(CLOUDFRONT_FIELDS.as_slice());
        if destination["deliveryDestinationType"] == "S3" {
            delivery["s3DeliveryConfiguration"] = json!({
                "suffixPath": "AWSLogs/{account-id}/CloudFront/", "enableHiveCompatiblePath": false,
            });
        }
    }
    configure(&mut delivery, params);
    of.deliveries.insert(id, delivery.clone());
    Ok(json!({ "delivery": delivery }))
}

fn configure(delivery: &mut Value, params: &Params) {
    for key in ["recordFields", "fieldDelimiter", "tags"] {
        put_if(delivery, key, params.get(key));
    }
    let given = params.get("s3DeliveryConfiguration").and_then(Value::as_object);
    for (key, value) in given.into_iter().flatten() {
        delivery["s3DeliveryConfiguration"][key] = value.clone();
    }
}

pub(super) fn get(logs: &Logs, params: &Params) -> Answer {
    let id = text(params, "id").unwrap_or_default();
    Ok(json!({ "delivery": logs.control.deliveries.delivery(id)? }))
}

pub(super) fn describe(logs: &Logs, params: &Params) -> Answer {
    listed("deliveries", logs.control.deliveries.deliveries.values().cloned(), params, 50)
}

pub(super) fn update(logs: &mut Logs, params: &Params) -> Answer {
    let id = text(params, "id").unwrap_or_default();
    let delivery = logs.control.deliveries.deliveries.get_mut(id);
    configure(delivery.ok_or_else(|| absent("Delivery"))?, params);
    Ok(json!({}))
}

pub(super) fn delete(logs: &mut Logs, params: &Params) -> Answer {
    let id = text(params, "id").unwrap_or_default();
    let removed = logs.control.deliveries.deliveries.remove(id);
    removed.map(|_| json!({})).ok_or_else(|| absent("Delivery"))
}
