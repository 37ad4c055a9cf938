//! Environment variables: the limits on a function's own, and the whole set that a guest sees.

use super::errors::LambdaError;
use super::invocation::Invocation;
use super::model::{Deployment, Function};
use super::runtimes;
use crate::world::World;
use std::collections::BTreeMap;

/// "The total size of all environment variables doesn't exceed 4 KB" (Working with Lambda environment variables).
const BYTES_MAX: usize = 4 * 1_024;

/// Keys that a function may not set (Working with Lambda environment variables, reserved).
const RESERVED: [&str; 18] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];

/// Refuses reserved keys and more than 4 KB.
pub(super) fn check(variables: &[(String, String)]) -> Result<(), LambdaError> {
    let reserved: Vec<&str> = variables
        .iter()
        .map(|(key, _)| key.as_str())
        .filter(|key| RESERVED.contains(key))
        .collect();
    if !reserved.is_empty() {
        return Err(LambdaError::InvalidParameter(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {}",
            reserved.join(", ")
        )));
    }
    let measured = measure(variables);
    if measured.len() > BYTES_MAX {
        return Err(LambdaError::InvalidParameter(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: {measured}"
        )));
    }
    Ok(())
}

/// The JSON text that AWS measures, in the order of the hash map that AWS keeps them in (Java's).
fn measure(variables: &[(String, String)]) -> String {
    let mut capacity = 16;
    while variables.len() * 4 > capacity * 3 {
        capacity *= 2;
    }
    let bucket = |key: &str| {
        let hash = key
            .encode_utf16()
            .fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
        (hash ^ (hash >> 16)) as usize & (capacity - 1)
    };
    let mut ordered: Vec<_> = variables.iter().collect();
    ordered.sort_by_key(|(key, _)| bucket(key));
    let map: serde_json::Map<_, _> = ordered
        .into_iter()
        .map(|(key, value)| (key.clone(), serde_json::Value::String(value.clone())))
        .collect();
    serde_json::Value::Object(map).to_string()
}

/// What a guest sees, by name: what AWS records for `provided.al2023`, then the function's own.
pub(super) fn of_environment(
    world: &mut World,
    function: &Function,
    deployment: &Deployment,
    stream: &str,
    initialization: &str,
    work: Option<&Invocation>,
) -> Vec<(String, String)> {
    let settings = &deployment.settings;
    let version = deployment.version_name();
    let region = world.config.region.clone();
    let rng = &mut world.rng;
    let [access_key, secret, token] =
        [format!("ASIA{}", rng.base32(16)), rng.base64(40), rng.base64(344)];
    let memory = settings.memory_mb.to_string();
    let mut all: BTreeMap<String, String> = [
        ("AWS_ACCESS_KEY_ID", access_key.as_str()),
        ("AWS_DEFAULT_REGION", &region),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_FUNCTION_NAME", &function.name),
        ("AWS_LAMBDA_FUNCTION_VERSION", &version),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", initialization),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &settings.log_group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", stream),
        ("AWS_LAMBDA_RUNTIME_API", "169.254.100.1:9001"),
        ("AWS_REGION", &region),
        ("AWS_SECRET_ACCESS_KEY", &secret),
        ("AWS_SESSION_TOKEN", &token),
        ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"),
        ("AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1:2000"),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("LAMBDA_TASK_ROOT", "/var/task"),
        ("LANG", "en_US.UTF-8"),
        (
            "LD_LIBRARY_PATH",
            "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
        ),
        ("PATH", "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
        ("TZ", ":UTC"),
        ("_AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1"),
        ("_AWS_XRAY_DAEMON_PORT", "2000"),
        ("_HANDLER", &settings.handler),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect();
    if let Some(invocation) = work {
        // A runtime sets it anew for each event; the first one's is here from the start.
        all.insert("_X_AMZN_TRACE_ID".into(), invocation.trace_id.clone());
    }
    if let Some(image) = &deployment.package.image {
        image.add_variables(&mut all);
    } else if !runtimes::is_custom(&settings.runtime) {
        super::control::managed::add_variables(&settings.runtime, &mut all);
    }
    if deployment.is_snap_start() {
        super::control::managed::without_what_expires(&mut all);
    }
    if settings.runtime == "provided.al2" {
        // Recorded: Amazon Linux 2 without a managed runtime still has the older sandbox's addresses and paths.
        let older = [
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
            ("AWS_XRAY_DAEMON_ADDRESS", "169.254.79.129:2000"),
            (
                "LD_LIBRARY_PATH",
                "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
            ),
            ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
            ("_AWS_XRAY_DAEMON_ADDRESS", "169.254.79.129"),
        ];
        all.extend(older.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
    if let Some(level) = &settings.application_log_level {
        // What loggers go by: the JSON format has a level, the text format has none.
        all.insert("AWS_LAMBDA_LOG_FORMAT".into(), "JSON".into());
        all.insert("AWS_LAMBDA_LOG_LEVEL".into(), level.clone());
    }
    all.extend(settings.variables.iter().flatten().cloned());
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(entries: &[(&str, &str)]) -> Vec<(String, String)> {
        entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_measured_text_has_the_recorded_order() {
        let measured = measure(&variables(&[("LARGE_VAR", "x"), ("SMALL_VAR", "ok")]));
        assert_eq!(measured, r#"{"SMALL_VAR":"ok","LARGE_VAR":"x"}"#);
    }

    #[test]
    fn four_kilobytes_pass_and_one_byte_more_does_not() {
        let fits = "x".repeat(BYTES_MAX - r#"{"A1":""}"#.len());
        assert!(check(&variables(&[("A1", &fits)])).is_ok());
        assert!(check(&variables(&[("A1", &format!("{fits}x"))])).is_err());
    }

    #[test]
    fn reserved_keys_are_named() {
        let refusal =
            check(&variables(&[("AWS_REGION", "x"), ("B", "y")])).unwrap_err().to_string();
        assert!(refusal.ends_with("Reserved keys used in this request: AWS_REGION"), "{refusal}");
    }
}
