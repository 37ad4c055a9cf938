//! The resources of Task states.

use crate::definition::MachineType;

/// How a service's task ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// With the answer to the request.
    RequestResponse,
    /// `.sync`: when the job that was started ends.
    Sync,
    /// `.sync:2`: the same; a nested execution's output is given as JSON, not as text.
    Sync2,
    /// `.waitForTaskToken`: when somebody gives the token back.
    WaitForTaskToken,
}

/// Who a Task state asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// A function: its ARN, perhaps with a version or an alias.
    Function {
        /// `arn:aws:lambda:…:function:name`.
        arn: String,
    },
    /// An activity.
    Activity {
        /// `arn:aws:states:…:activity:name`.
        arn: String,
    },
    /// An integration: `arn:aws:states:::service:action.pattern`.
    Service {
        /// The whole text.
        arn: String,
        /// `lambda`, or `aws-sdk:dynamodb`.
        service: String,
        /// `invoke`, without the pattern.
        action: String,
        /// How it ends.
        pattern: Pattern,
    },
    /// Anything else.
    Unknown {
        /// The whole text.
        arn: String,
    },
}

impl Resource {
    /// Reads the `Resource` of a Task state. Nothing is refused here: the check of the definition does that.
    pub fn parse(text: &str) -> Resource {
        let arn = text.to_owned();
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", _, service, _, _, rest] = parts.as_slice() else {
            return Resource::Unknown { arn };
        };
        match (*service, rest.split_once(':')) {
            ("lambda", Some(("function", _))) => Resource::Function { arn },
            ("states", Some(("activity", _))) => Resource::Activity { arn },
            ("states", Some(("aws-sdk", rest))) => match rest.split_once(':') {
                Some((service, action)) => {
                    Resource::integration(arn, format!("aws-sdk:{service}"), action)
                }
                None => Resource::Unknown { arn },
            },
            ("states", Some((service, action))) => {
                Resource::integration(arn, service.to_owned(), action)
            }
            _ => Resource::Unknown { arn },
        }
    }

    fn integration(arn: String, service: String, action: &str) -> Resource {
        let (action, pattern) = match action.split_once('.') {
            Some((action, "sync")) => (action, Pattern::Sync),
            Some((action, "sync:2")) => (action, Pattern::Sync2),
            Some((action, "waitForTaskToken")) => (action, Pattern::WaitForTaskToken),
            _ => (action, Pattern::RequestResponse),
        };
        Resource::Service { arn, service, action: action.to_owned(), pattern }
    }

    /// The whole text.
    pub fn arn(&self) -> &str {
        match self {
            Resource::Function { arn }
            | Resource::Activity { arn }
            | Resource::Service { arn, .. }
            | Resource::Unknown { arn } => arn,
        }
    }

    /// `resourceType` and `resource` of a task event, such as `sqs` and `sendMessage.waitForTaskToken`.
    pub fn service(&self) -> Option<(&str, String)> {
        match self {
            Resource::Service { service, action, pattern, .. } => {
                let pattern = match pattern {
                    Pattern::RequestResponse => "",
                    Pattern::Sync => ".sync",
                    Pattern::Sync2 => ".sync:2",
                    Pattern::WaitForTaskToken => ".waitForTaskToken",
                };
                Some((service, format!("{action}{pattern}")))
            }
            Resource::Unknown { arn } => Some(("unknown", arn.clone())),
            _ => None,
        }
    }

    /// How its tasks end.
    pub fn pattern(&self) -> Pattern {
        match self {
            Resource::Service { pattern, .. } => *pattern,
            _ => Pattern::RequestResponse,
        }
    }
}

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
