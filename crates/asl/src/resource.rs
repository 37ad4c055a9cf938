//! The resources of Task states.

use crate::definition::MachineType;

/// Integrations whose actions are all known. Others are not checked: AWS adds actions to them.
/// Source: "Integrating optimized services" in the developer guide.
const OPTIMISED: &[(&str, &[&str])] = &[
    ("apigateway", &["invoke"]),
    ("batch", &["submitJob"]),
    ("databrew", &["startJobRun"]),
    ("dynamodb", &["getItem", "putItem", "updateItem", "deleteItem"]),
    ("ecs", &["runTask"]),
    ("events", &["putEvents"]),
    ("glue", &["startJobRun"]),
    ("http", &["invoke"]),
    ("lambda", &["invoke"]),
    ("mediaconvert", &["createJob"]),
    ("sns", &["publish"]),
    ("sqs", &["sendMessage"]),
    ("states", &["startExecution"]),
];

const PATTERNS: &[&str] = &["sync", "sync:2", "waitForTaskToken"];

/// What AWS says about a resource that it refuses.
pub(crate) fn refuse(resource: &str, machine: MachineType) -> Option<String> {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let ["arn", _, service, _, _, rest] = parts.as_slice() else { return None };
    match (*service, rest.split_once(':').unwrap_or((rest, ""))) {
        ("states", ("activity", _)) if machine == MachineType::Express => {
            Some("Express state machine does not support Activity ARN".to_owned())
        }
        ("states", ("aws-sdk" | "activity", _)) => express_pattern(rest, machine),
        ("states", (service, action)) => {
            let (action, pattern) = action.split_once('.').unwrap_or((action, ""));
            let known = OPTIMISED.iter().find(|(name, _)| *name == service);
            let unknown_action = known.is_some_and(|(_, actions)| !actions.contains(&action));
            if unknown_action || !(pattern.is_empty() || PATTERNS.contains(&pattern)) {
                return Some(not_recognised(resource));
            }
            express_pattern(rest, machine)
        }
        ("lambda", ("function", name)) => {
            let alias = name.split_once(':').map(|(_, alias)| alias);
            let valid = |alias: &str| {
                !alias.is_empty()
                    && alias
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$'))
            };
            let substituted = resource.contains("${");
            (!substituted && alias.is_some_and(|alias| !valid(alias)))
                .then(|| not_recognised(resource))
        }
        _ => None,
    }
}

fn express_pattern(rest: &str, machine: MachineType) -> Option<String> {
    let (_, pattern) = rest.split_once('.')?;
    let pattern = pattern.trim_end_matches(":2");
    (machine == MachineType::Express && PATTERNS.contains(&pattern))
        .then(|| format!("Express state machine does not support '.{pattern}' service integration"))
}

fn not_recognised(resource: &str) -> String {
    format!(
        "The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the resource is \
         not available in this region."
    )
}
