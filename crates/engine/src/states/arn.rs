//! ARNs and names of Step Functions.

use super::errors::StatesError;
use crate::world::World;

/// What an ARN of Step Functions names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named<'a> {
    /// `stateMachine:name`, with the version or alias behind it. A map run's executions have `name/label`.
    StateMachine { name: &'a str, qualifier: Option<&'a str> },
    /// `execution:machine:name`, and `express:machine:name:id`.
    Execution,
    /// `mapRun:machine/label:id`.
    MapRun,
    /// `activity:name`.
    Activity { name: &'a str },
}

impl Named<'_> {
    /// The resource type as refusals spell it.
    fn kind(&self) -> &'static str {
        match self {
            Named::StateMachine { .. } => "statemachine",
            Named::Execution => "execution",
            Named::MapRun => "maprun",
            Named::Activity { .. } => "activity",
        }
    }
}

/// Takes an ARN apart.
///
/// # Errors
/// `InvalidArn`: recorded for a text that begins otherwise; the other words are inferred.
pub(crate) fn parse(arn: &str) -> Result<Named<'_>, StatesError> {
    let invalid = |why: &str| StatesError::InvalidArn(format!("{why}: {arn}"));
    if !arn.starts_with("arn:") {
        return Err(invalid("Invalid ARN prefix"));
    }
    let mut parts = arn.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    let (_, _, service, _, _, resource) = (next(), next(), next(), next(), next(), next());
    if service != "states" {
        return Err(invalid("Invalid ARN service"));
    }
    match resource.split_once(':') {
        Some(("stateMachine", name)) if !name.is_empty() => {
            let (name, qualifier) = match name.split_once(':') {
                Some((name, qualifier)) => (name, Some(qualifier)),
                None => (name, None),
            };
            Ok(Named::StateMachine { name, qualifier })
        }
        Some(("execution" | "express", rest)) if rest.contains(':') => Ok(Named::Execution),
        Some(("mapRun", rest)) if rest.contains(':') => Ok(Named::MapRun),
        Some(("activity", name)) if !name.is_empty() => Ok(Named::Activity { name }),
        _ => Err(invalid("Resource type not valid")),
    }
}

/// Refuses an ARN of another kind.
pub(crate) fn wrong_kind(named: &Named<'_>) -> StatesError {
    StatesError::InvalidArn(format!("Resource type not valid in this context: {}", named.kind()))
}

/// Refuses an ARN that names no execution.
pub(crate) fn check_execution(arn: &str) -> Result<(), StatesError> {
    match parse(arn)? {
        Named::Execution => Ok(()),
        other => Err(wrong_kind(&other)),
    }
}

/// The name in an ARN of an activity.
pub(crate) fn activity_name(arn: &str) -> Result<&str, StatesError> {
    match parse(arn)? {
        Named::Activity { name } => Ok(name),
        other => Err(wrong_kind(&other)),
    }
}

/// `arn:aws:states:region:account:rest`.
pub(crate) fn make(world: &World, rest: &str) -> String {
    let config = &world.config;
    ["arn:aws:states:", &config.region, ":", &config.account, ":", rest].concat()
}

/// Refuses a name with characters that names of state machines, executions and activities must not contain.
/// Source: CreateStateMachine, `name`.
pub(crate) fn check_name(name: &str) -> Result<(), StatesError> {
    let forbidden = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(c)
            || ('\u{fffe}'..='\u{ffff}').contains(&c)
    };
    if name.is_empty() || name.chars().any(forbidden) {
        return Err(StatesError::InvalidName(name.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_arn() {
        let at = |rest: &str| format!("arn:aws:states:us-east-1:123456789012:{rest}");
        let machine = at("stateMachine:m");
        assert_eq!(parse(&machine), Ok(Named::StateMachine { name: "m", qualifier: None }));
        let version = at("stateMachine:m:7");
        assert_eq!(parse(&version), Ok(Named::StateMachine { name: "m", qualifier: Some("7") }));
        assert_eq!(parse(&at("express:m:e:1")), Ok(Named::Execution));
        assert_eq!(parse(&at("mapRun:m/Map:1")), Ok(Named::MapRun));
        assert_eq!(activity_name(&at("activity:a")), Ok("a"));
        assert!(check_execution(&machine).is_err());
    }

    #[test]
    fn other_texts_are_refused() {
        let text = "invalid_state_machine_arn";
        let refusal = parse(text).expect_err("no ARN");
        assert_eq!(
            refusal.to_string(),
            "Invalid Arn: 'Invalid ARN prefix: invalid_state_machine_arn'"
        );
        assert!(parse("arn:aws:lambda:us-east-1:123456789012:function:f").is_err());
        assert!(parse("arn:").is_err());
    }

    #[test]
    fn names_have_no_special_characters() {
        for good in ["a", "A-b_c.1", "日本"] {
            assert_eq!(check_name(good), Ok(()));
        }
        for bad in ["", "a b", "a/b", "a\u{7f}", "a\u{1f}", "a\"", "a~", "a`"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
