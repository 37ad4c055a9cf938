//! GetAccountSettings: limits, and what is used of them.

use super::super::api::{Answer, respond};
use super::super::costs;
use super::super::environment::Lambda;
use super::concurrency;
use serde_json::json;

/// "Function and layer storage: 75 GB" (Lambda quotas).
const TOTAL_CODE_BYTES: u64 = 80_530_636_800;
/// "250 MB unzipped" (Lambda quotas).
pub(super) const UNZIPPED_BYTES: u64 = 262_144_000;

pub(super) fn get(lambda: &Lambda) -> Answer {
    let mut bytes = 0;
    for function in lambda.functions.values() {
        bytes += function.newest.package.code_size();
        let versions = function.control.versions.values();
        bytes += versions.map(|version| version.deployment.package.code_size()).sum::<u64>();
    }
    bytes += lambda.control.layers.values().map(super::layers::Layer::bytes).sum::<u64>();
    respond(
        200,
        json!({
            "AccountLimit": {
                "TotalCodeSize": TOTAL_CODE_BYTES,
                "CodeSizeUnzipped": UNZIPPED_BYTES,
                "CodeSizeZipped": costs::PACKAGE_BYTES_MAX,
                "ConcurrentExecutions": costs::CONCURRENT_EXECUTIONS_MAX,
                "UnreservedConcurrentExecutions": concurrency::unreserved(lambda),
            },
            "AccountUsage": { "TotalCodeSize": bytes, "FunctionCount": lambda.functions.len() },
        }),
    )
}
