//! What boxes and arrows say, and how wide that is.

use crate::choice::{Condition, Operand};
use crate::definition::{Given, State, StateKind};
use serde_json::Value;

/// Characters of an arrow's label.
const ARROW_CHARS_MAX: usize = 26;
/// Columns of a box's texts.
pub(super) const BOX_COLUMNS_MAX: usize = 30;

/// Columns that a text takes: a wide character takes two.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|c| if c as u32 >= 0x1100 { 2 } else { 1 }).sum()
}

/// A text cut to so many columns.
pub(super) fn cut(text: &str, columns_max: usize) -> String {
    if columns(text) <= columns_max {
        return text.to_owned();
    }
    let mut left = columns_max.saturating_sub(1);
    let kept: String = text
        .chars()
        .take_while(|c| {
            let width = if *c as u32 >= 0x1100 { 2 } else { 1 };
            let fits = width <= left;
            left = left.saturating_sub(width);
            fits
        })
        .collect();
    format!("{}…", kept.trim_end())
}

/// The second line of a state's box: what it does.
pub(super) fn subtitle(state: &State) -> String {
    let text = match &state.kind {
        StateKind::Task { resource, .. } => match resource {
            Some(resource) => task(&resource.value),
            None => "Task".to_owned(),
        },
        StateKind::Wait { seconds: Some(Given::Value(Value::Number(seconds))), .. } => {
            format!("Wait {seconds} s")
        }
        StateKind::Wait { timestamp: Some(Given::Value(Value::String(at))), .. }
            if !at.starts_with(['$', '{']) =>
        {
            format!("Wait until {at}")
        }
        StateKind::Fail { error: Some(Given::Value(Value::String(error))), .. }
            if !error.starts_with("{%") =>
        {
            format!("Fail: {error}")
        }
        StateKind::Map(map) if map.mode == crate::ProcessorMode::Distributed => {
            "Map, distributed".to_owned()
        }
        StateKind::Unknown(Some(kind)) => format!("Unknown type {}", kind.value),
        StateKind::Unknown(None) => "No type".to_owned(),
        kind => kind.name().to_owned(),
    };
    cut(&text, BOX_COLUMNS_MAX)
}

/// A resource in a few words.
fn task(resource: &str) -> String {
    let parts: Vec<&str> = resource.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "lambda", _, _, "function", name, ..] => format!("Lambda: {name}"),
        ["arn", _, "states", _, _, "activity", name, ..] => format!("Activity: {name}"),
        ["arn", _, "states", _, _, "aws-sdk", service, operation, ..] => {
            format!("{service}: {}", operation.trim_end_matches(".waitForTaskToken"))
        }
        ["arn", _, "states", _, _, service, operation, ..] => {
            let operation = operation.split('.').next().unwrap_or_default();
            format!("{}: {operation}", service_name(service))
        }
        _ => "Task".to_owned(),
    }
}

fn service_name(service: &str) -> &str {
    match service {
        "lambda" => "Lambda",
        "dynamodb" => "DynamoDB",
        "sns" => "SNS",
        "sqs" => "SQS",
        "states" => "Step Functions",
        "events" => "EventBridge",
        "batch" => "Batch",
        "ecs" => "ECS",
        "eks" => "EKS",
        "glue" => "Glue",
        "athena" => "Athena",
        "bedrock" => "Bedrock",
        "http" => "HTTP",
        "apigateway" => "API Gateway",
        "sagemaker" => "SageMaker",
        "codebuild" => "CodeBuild",
        other => other,
    }
}

/// What a rule's arrow says: its comment, or its condition.
pub(super) fn rule(comment: Option<&str>, condition: Option<&Condition>, index: usize) -> String {
    let text = match (comment.filter(|comment| !comment.is_empty()), condition) {
        (Some(comment), _) => comment.to_owned(),
        (None, Some(condition)) => shown(condition),
        (None, None) => String::new(),
    };
    match text.is_empty() {
        true => format!("Rule {}", index + 1),
        false => cut(&text, ARROW_CHARS_MAX),
    }
}

/// What a catcher's arrow says.
pub(super) fn catcher(errors: &[String]) -> String {
    match errors {
        [] => "Catch".to_owned(),
        [one] if one == "States.ALL" => "Catch all".to_owned(),
        [one] => cut(&format!("Catch {one}"), ARROW_CHARS_MAX),
        [one, rest @ ..] => {
            format!("{} +{}", cut(&format!("Catch {one}"), ARROW_CHARS_MAX - 4), rest.len())
        }
    }
}

/// A condition as people would say it. Long ones are cut while they are made, since they may nest.
fn shown(condition: &Condition) -> String {
    let all = |inner: &[Condition], word: &str| {
        let mut text = String::new();
        for (at, condition) in inner.iter().enumerate() {
            if at > 0 {
                text += word;
            }
            text += &shown(condition);
            if text.chars().count() > ARROW_CHARS_MAX {
                break;
            }
        }
        text
    };
    let text = match condition {
        Condition::Expression(Value::String(text)) => text
            .trim_start_matches("{%")
            .trim_end_matches("%}")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
        Condition::Expression(value) => value.to_string(),
        Condition::And(inner) => all(inner, " and "),
        Condition::Or(inner) => all(inner, " or "),
        Condition::Not(inner) => format!("not {}", shown(inner)),
        Condition::Compare { variable, comparison, operand } => {
            let operand = match operand {
                Operand::Path(path) => path.clone(),
                Operand::Literal(value) => value.to_string(),
            };
            compared(variable, comparison.name(), &operand)
        }
    };
    cut(&text, 4 * ARROW_CHARS_MAX)
}

fn compared(variable: &str, comparison: &str, operand: &str) -> String {
    if let Some(what) = comparison.strip_prefix("Is") {
        let (is, what) = (if operand == "false" { "is not" } else { "is" }, what.to_lowercase());
        return format!("{variable} {is} {what}");
    }
    let sign = match comparison {
        "StringMatches" => "~",
        name if name.ends_with("LessThanEquals") => "≤",
        name if name.ends_with("GreaterThanEquals") => "≥",
        name if name.ends_with("LessThan") => "<",
        name if name.ends_with("GreaterThan") => ">",
        _ => "=",
    };
    format!("{variable} {sign} {operand}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_named_by_its_service_and_action() {
        for (resource, shown) in [
            ("arn:aws:lambda:us-east-1:123456789012:function:charge:$LATEST", "Lambda: charge"),
            ("arn:aws:states:::lambda:invoke.waitForTaskToken", "Lambda: invoke"),
            ("arn:aws:states:::aws-sdk:s3:putObject", "s3: putObject"),
            ("arn:aws:states:::states:startExecution.sync:2", "Step Functions: startExecution"),
            ("arn:aws:states:eu-west-1:123456789012:activity:approve", "Activity: approve"),
            ("${Function}", "Task"),
        ] {
            assert_eq!(task(resource), shown, "{resource}");
        }
    }

    #[test]
    fn texts_are_cut_by_their_width() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(compared("$.a", "NumericLessThanEquals", "5"), "$.a ≤ 5");
        assert_eq!(compared("$.a", "IsPresent", "false"), "$.a is not present");
    }
}
