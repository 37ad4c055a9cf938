//! Compact service models: what each operation takes, and the checks that follow from it.
//!
//! The facts (`models/*.json`, made by `models/compact.py`) are those of the public API models: member names, types,
//! ranges, patterns, enumerations, HTTP bindings, error statuses. [`validate`] applies them as AWS's servers do, in AWS's
//! words, before any hand-written check of the operation runs. The wire crate reads the bindings.
//!
//! The format: `operations` maps a name to `http` [method, uri, status], `in` (a shape) and `out` (members that do not
//! travel in the JSON body); `errors` maps a code to [status, name of the message member or null, has `Type`]; `shapes` holds
//! `t` (type) with `min`, `max`, `pattern`, `enum`, `of`, `key`, `members`, `required`. A member is a shape or
//! [shape, location, wire name]. Where a pattern looks around, `is` and `not` say the same without.
//!
//! Invariant: a request that is refused here has changed nothing.
//! Invariant: no value, however odd, panics: models are ours, parameters are not.

mod check;
mod java;
mod lambda;
mod load;

pub use check::validate;
pub use load::{Location, Operation, Output, Protocol, Service, Shape, ShapeKind};

use std::sync::OnceLock;

/// The service with this endpoint prefix, when there is a model of it.
pub fn service(name: &str) -> Option<&'static Service> {
    static LAMBDA: OnceLock<Service> = OnceLock::new();
    static LOGS: OnceLock<Service> = OnceLock::new();
    static STATES: OnceLock<Service> = OnceLock::new();
    static SQS: OnceLock<Service> = OnceLock::new();
    static SNS: OnceLock<Service> = OnceLock::new();
    static EVENTS: OnceLock<Service> = OnceLock::new();
    static SCHEDULER: OnceLock<Service> = OnceLock::new();
    static MONITORING: OnceLock<Service> = OnceLock::new();
    match name {
        "lambda" => Some(LAMBDA.get_or_init(|| load::parse(include_str!("../models/lambda.json")))),
        "logs" => Some(LOGS.get_or_init(crate::logs::api_model)),
        "monitoring" => Some(MONITORING.get_or_init(crate::cloudwatch::api_model)),
        "sqs" => Some(SQS.get_or_init(crate::sqs::api_model)),
        "sns" => Some(SNS.get_or_init(crate::sns::api_model)),
        "events" => Some(EVENTS.get_or_init(crate::eventbridge::api_model)),
        "scheduler" => Some(SCHEDULER.get_or_init(crate::scheduler::api_model)),
        "states" => Some(STATES.get_or_init(crate::states::api_model)),
        _ => None,
    }
}

/// What a service's operations answer, by its name in `arn:aws:states:::aws-sdk:`. An operation's `input` is the shape of its
/// output here. Only operations that state machines call are there.
pub fn results(name: &str) -> Option<&'static Service> {
    static RESULTS: OnceLock<std::collections::BTreeMap<String, Service>> = OnceLock::new();
    RESULTS.get_or_init(crate::states::result_models).get(name)
}

/// Reads a compact model. A service names its model in a function of its own (`api_model`), which the site keeps with the service's code.
pub(crate) fn read(text: &str) -> Service {
    load::parse(text)
}

/// Reads several, by name.
pub(crate) fn read_all(text: &str) -> std::collections::BTreeMap<String, Service> {
    load::parse_all(text)
}

/// Names of the services that have a model.
pub const SERVICES: [&str; 8] =
    ["events", "lambda", "logs", "monitoring", "scheduler", "sns", "sqs", "states"];

/// One operation's model.
pub fn operation(service_name: &str, operation: &str) -> Option<&'static Operation> {
    service(service_name)?.operations.get(operation)
}

/// Whether the service has such an operation at AWS (the engine may still not have it).
pub fn is_known(service_name: &str, operation_name: &str) -> bool {
    operation(service_name, operation_name).is_some()
}

#[cfg(test)]
mod tests;
