//! The document to a typed definition. What is missing or of another type is left out; `check` says so.

use crate::choice;
use crate::definition::{
    Catcher, ChoiceRule, Data, Definition, Given, MapState, ProcessorMode, QueryLanguage, Retrier,
    Spanned, State, StateKind, Unknown,
};
use crate::fields;
use crate::json::{Member, Node};
use serde_json::Value;

/// The fields of a machine. The last is the processor's of a Map state.
pub(crate) const MACHINE_FIELDS: &[&str] = &[
    "Comment",
    "StartAt",
    "States",
    "QueryLanguage",
    "TimeoutSeconds",
    "Version",
    "ProcessorConfig",
];

pub(crate) fn definition(root: &Node) -> Option<Definition> {
    let language = language(root).unwrap_or_default();
    root.is_object().then(|| machine(root, language))
}

/// The language that a machine or a state names.
pub(crate) fn language(node: &Node) -> Option<QueryLanguage> {
    match node.get("QueryLanguage")?.text()? {
        "JSONata" => Some(QueryLanguage::Jsonata),
        "JSONPath" => Some(QueryLanguage::JsonPath),
        _ => None,
    }
}

fn text(node: &Node, name: &str) -> Option<String> {
    node.get(name)?.text().map(str::to_owned)
}

fn spanned(node: &Node, name: &str) -> Option<Spanned<String>> {
    let node = node.get(name)?;
    Some(Spanned { value: node.text()?.to_owned(), span: node.span.clone() })
}

fn value(node: &Node, name: &str) -> Option<Value> {
    node.get(name).map(Node::to_value)
}

fn either(node: &Node, first: &str, second: &str) -> Option<Value> {
    value(node, first).or_else(|| value(node, second))
}

/// A field or its twin for a path.
fn given(node: &Node, name: &str) -> Option<Given> {
    let twin = || value(node, &format!("{name}Path")).map(Given::Path);
    value(node, name).map(Given::Value).or_else(twin)
}

fn unsigned(node: &Node, name: &str) -> Option<u64> {
    node.get(name)?.number().filter(|number| *number >= 0.0).map(|number| number as u64)
}

fn unknown(members: &[Member], known: impl Fn(&str) -> bool) -> Vec<Unknown> {
    let strange = members.iter().filter(|member| !known(&member.name));
    strange
        .map(|member| Unknown {
            name: member.name.clone(),
            name_span: member.name_span.clone(),
            value: member.value.to_value(),
        })
        .collect()
}

fn machine(node: &Node, language: QueryLanguage) -> Definition {
    let states = node.get("States").map(Node::members).unwrap_or_default();
    Definition {
        span: node.span.clone(),
        comment: text(node, "Comment"),
        start_at: spanned(node, "StartAt"),
        query_language: language,
        timeout_seconds: unsigned(node, "TimeoutSeconds"),
        version: text(node, "Version"),
        states: states.iter().map(|member| state(member, language)).collect(),
        unknown: unknown(node.members(), |name| MACHINE_FIELDS.contains(&name)),
    }
}

fn state(member: &Member, machine_language: QueryLanguage) -> State {
    let node = &member.value;
    let query_language = language(node).unwrap_or(machine_language);
    let bit = node.get("Type").and_then(Node::text).and_then(fields::type_bit);
    let data = match query_language {
        QueryLanguage::JsonPath => Data::JsonPath {
            input_path: value(node, "InputPath"),
            parameters: value(node, "Parameters"),
            result_selector: value(node, "ResultSelector"),
            result_path: value(node, "ResultPath"),
            output_path: value(node, "OutputPath"),
        },
        QueryLanguage::Jsonata => {
            Data::Jsonata { arguments: value(node, "Arguments"), output: value(node, "Output") }
        }
    };
    let list = |name: &str| node.get(name).map(Node::items).unwrap_or_default();
    State {
        name: member.name.clone(),
        name_span: member.name_span.clone(),
        span: node.span.clone(),
        comment: text(node, "Comment"),
        query_language,
        kind: kind(node, machine_language),
        data,
        assign: value(node, "Assign"),
        next: spanned(node, "Next"),
        end: node.get("End").and_then(Node::boolean).unwrap_or(false),
        retry: list("Retry").iter().map(retrier).collect(),
        catch: list("Catch").iter().map(catcher).collect(),
        unknown: unknown(node.members(), |name| {
            fields::find(name).is_some_and(|field| bit.is_none_or(|bit| field.types & bit != 0))
        }),
    }
}

fn kind(node: &Node, language: QueryLanguage) -> StateKind {
    match node.get("Type").and_then(Node::text) {
        Some("Task") => StateKind::Task {
            resource: spanned(node, "Resource"),
            credentials: value(node, "Credentials"),
            timeout_seconds: given(node, "TimeoutSeconds"),
            heartbeat_seconds: given(node, "HeartbeatSeconds"),
        },
        Some("Pass") => StateKind::Pass { result: value(node, "Result") },
        Some("Wait") => {
            StateKind::Wait { seconds: given(node, "Seconds"), timestamp: given(node, "Timestamp") }
        }
        Some("Choice") => StateKind::Choice {
            rules: node
                .get("Choices")
                .map(Node::items)
                .unwrap_or_default()
                .iter()
                .map(rule)
                .collect(),
            default: spanned(node, "Default"),
        },
        Some("Succeed") => StateKind::Succeed,
        Some("Fail") => {
            StateKind::Fail { error: given(node, "Error"), cause: given(node, "Cause") }
        }
        Some("Parallel") => StateKind::Parallel {
            branches: node
                .get("Branches")
                .map(Node::items)
                .unwrap_or_default()
                .iter()
                .map(|branch| machine(branch, language))
                .collect(),
        },
        Some("Map") => StateKind::Map(Box::new(map(node, language))),
        _ => StateKind::Unknown(spanned(node, "Type")),
    }
}

fn map(node: &Node, language: QueryLanguage) -> MapState {
    let processor = node.get("ItemProcessor").or_else(|| node.get("Iterator"));
    let config = |name: &str| processor?.get("ProcessorConfig")?.get(name)?.text();
    MapState {
        processor: processor.filter(|node| node.is_object()).map(|node| machine(node, language)),
        mode: match config("Mode") {
            Some("DISTRIBUTED") => ProcessorMode::Distributed,
            _ => ProcessorMode::Inline,
        },
        express: config("ExecutionType") == Some("EXPRESS"),
        items: either(node, "ItemsPath", "Items"),
        item_selector: value(node, "ItemSelector"),
        item_reader: value(node, "ItemReader"),
        item_batcher: value(node, "ItemBatcher"),
        result_writer: value(node, "ResultWriter"),
        max_concurrency: given(node, "MaxConcurrency"),
        tolerated_failure_count: given(node, "ToleratedFailureCount"),
        tolerated_failure_percentage: given(node, "ToleratedFailurePercentage"),
        label: text(node, "Label"),
    }
}

fn rule(node: &Node) -> ChoiceRule {
    ChoiceRule {
        span: node.span.clone(),
        condition: choice::read(node),
        next: spanned(node, "Next"),
        assign: value(node, "Assign"),
        output: value(node, "Output"),
        comment: text(node, "Comment"),
    }
}

fn error_equals(node: &Node) -> Vec<String> {
    let names = node.get("ErrorEquals").map(Node::items).unwrap_or_default();
    names.iter().filter_map(Node::text).map(str::to_owned).collect()
}

fn retrier(node: &Node) -> Retrier {
    Retrier {
        span: node.span.clone(),
        error_equals: error_equals(node),
        interval_seconds: unsigned(node, "IntervalSeconds").unwrap_or(1),
        max_attempts: unsigned(node, "MaxAttempts").unwrap_or(3),
        backoff_rate: node.get("BackoffRate").and_then(Node::number).unwrap_or(2.0),
        max_delay_seconds: unsigned(node, "MaxDelaySeconds"),
        full_jitter: node.get("JitterStrategy").and_then(Node::text) == Some("FULL"),
    }
}

fn catcher(node: &Node) -> Catcher {
    Catcher {
        span: node.span.clone(),
        error_equals: error_equals(node),
        next: spanned(node, "Next"),
        result_path: value(node, "ResultPath"),
        assign: value(node, "Assign"),
        output: value(node, "Output"),
    }
}
