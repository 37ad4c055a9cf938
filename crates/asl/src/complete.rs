//! What may be written at a place of a definition: fields of this state in this language, states of this machine, types, errors.

use crate::choice::Comparison;
use crate::definition::QueryLanguage;
use crate::fields::{self, Shape};
use crate::json::{Kind, Member, Node};
use crate::{read, recover};
use std::ops::Range;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordKind {
    /// The name of a field.
    Field,
    /// A state of the machine.
    State,
    /// One of a few fixed values.
    Value,
}

/// One word that may stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub label: String,
    /// What to write in place of [`Completion::replace`].
    pub insert: String,
    /// Where the cursor goes then, in bytes of `insert`.
    pub cursor: usize,
    /// What it is.
    pub kind: WordKind,
    /// A few words about it.
    pub detail: &'static str,
}

/// The words that may stand at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Where the typed part of the word begins.
    pub from: usize,
    /// What a chosen word replaces, quotes included.
    pub replace: Range<usize>,
    /// The words, in the order of the specification.
    pub words: Vec<Word>,
}

/// Where the cursor is.
enum Site<'n> {
    /// In an object, where a member's name may stand or stands.
    Name(&'n Node, Option<&'n Member>),
    /// Where a value may stand or stands.
    Value(&'n Node),
}

/// A step from the root towards the cursor: the value, and its name when it is a member.
type Way<'n> = Vec<(&'n Node, Option<&'n str>)>;

/// The words for a place in the text (bytes). None where nothing is known.
pub fn complete(text: &str, offset: usize) -> Option<Completion> {
    if !text.is_char_boundary(offset) {
        return None;
    }
    let root = recover::parse(text);
    let mut way: Way<'_> = vec![(&root, None)];
    let site = locate(text, offset, &mut way)?;
    match site {
        Site::Name(object, member) => names(text, offset, &way, object, member),
        Site::Value(node) => values(text, offset, &way, node),
    }
}

fn locate<'n>(text: &str, offset: usize, way: &mut Way<'n>) -> Option<Site<'n>> {
    loop {
        let (node, _) = *way.last()?;
        match &node.kind {
            Kind::Object(members) => {
                let mut inside = None;
                for (at, member) in members.iter().enumerate() {
                    let name = &member.name_span;
                    if name.start < offset && offset <= name.end {
                        return Some(Site::Name(node, Some(member)));
                    }
                    let next = members.get(at + 1).map(|next| next.name_span.start);
                    let value = &member.value;
                    if holds(value, offset) || is_missing_at(text, value, offset, next) {
                        inside = Some(member);
                    }
                }
                let Some(member) = inside else {
                    let before = text.get(node.span.start..offset)?.trim_end();
                    return before.ends_with(['{', ',']).then_some(Site::Name(node, None));
                };
                way.push((&member.value, Some(&member.name)));
            }
            Kind::Array(items) => match items.iter().find(|item| holds(item, offset)) {
                Some(item) => way.push((item, None)),
                None => {
                    let before = text.get(node.span.start..offset)?.trim_end();
                    return before.ends_with(['[', ',']).then_some(Site::Value(node));
                }
            },
            _ => return Some(Site::Value(node)),
        }
    }
}

fn holds(node: &Node, offset: usize) -> bool {
    let inside = node.span.start < offset;
    match node.kind {
        Kind::Object(_) | Kind::Array(_) => inside && offset < node.span.end,
        _ => inside && offset <= node.span.end,
    }
}

/// Whether the value was not written yet, and the cursor is where it would be.
fn is_missing_at(text: &str, value: &Node, offset: usize, next: Option<usize>) -> bool {
    value.span.is_empty()
        && offset >= value.span.start
        && next.is_none_or(|next| offset <= next)
        && text[..value.span.start].ends_with(':')
        && text.get(value.span.start..offset).is_some_and(|between| between.trim().is_empty())
}

/// What an object is, by the way to it.
enum Place {
    Machine,
    State { language: QueryLanguage },
    Rule { language: QueryLanguage, outermost: bool },
    Retrier,
    Catcher { language: QueryLanguage },
    ProcessorConfig,
    Other,
}

/// What the last value of the way is, and the machine around it.
fn place<'n>(way: &Way<'n>) -> (Place, Option<&'n Node>) {
    let mut machine = None;
    let mut language = QueryLanguage::JsonPath;
    let mut place = Place::Machine;
    let mut names: Vec<&str> = Vec::new();
    for (at, (node, name)) in way.iter().enumerate() {
        if at == 0 {
            language = read::language(node).unwrap_or_default();
            machine = Some(*node);
            continue;
        }
        names.push(name.unwrap_or("*"));
        place = match (&place, names.as_slice()) {
            (Place::Machine, ["States"]) => continue,
            (Place::Machine, ["States", _]) => {
                Place::State { language: read::language(node).unwrap_or(language) }
            }
            (Place::Machine, ["ProcessorConfig"]) => Place::ProcessorConfig,
            (Place::State { .. }, ["Branches" | "Choices" | "Retry" | "Catch"]) => continue,
            (Place::State { .. }, ["Branches", _] | ["ItemProcessor" | "Iterator"]) => {
                machine = Some(*node);
                Place::Machine
            }
            (Place::State { language }, ["Choices", _]) => {
                Place::Rule { language: *language, outermost: true }
            }
            (Place::State { .. }, ["Retry", _]) => Place::Retrier,
            (Place::State { language }, ["Catch", _]) => Place::Catcher { language: *language },
            (Place::Rule { .. }, ["And" | "Or"]) => continue,
            (Place::Rule { language, .. }, ["Not"] | ["And" | "Or", _]) => {
                Place::Rule { language: *language, outermost: false }
            }
            _ => Place::Other,
        };
        names.clear();
    }
    // Below `States`, `Branches` and the like there is no name to offer.
    if !names.is_empty() {
        place = Place::Other;
    }
    (place, machine)
}

fn names(
    text: &str,
    offset: usize,
    way: &Way<'_>,
    object: &Node,
    member: Option<&Member>,
) -> Option<Completion> {
    let (place, _) = place(way);
    let mut known: Vec<(&'static str, &'static str, &'static str)> = Vec::new();
    match place {
        Place::Machine => {
            let is_root = way.len() == 1;
            known.extend(
                read::MACHINE_FIELDS
                    .iter()
                    .filter(|name| {
                        let only_root = matches!(**name, "TimeoutSeconds" | "Version");
                        if is_root { **name != "ProcessorConfig" } else { !only_root }
                    })
                    .map(|name| (*name, default_of_machine(name), "")),
            );
        }
        Place::State { language } => {
            let kind = object.get("Type").and_then(Node::text).and_then(fields::type_bit);
            known.extend(
                fields::FIELDS
                    .iter()
                    .filter(|field| {
                        kind.is_none_or(|bit| field.types & bit != 0)
                            && field.language.allows(language)
                            && field.name != "Iterator"
                    })
                    .map(|field| (field.name, default_of(field), shape_name(field.shape))),
            );
        }
        Place::Rule { language: QueryLanguage::Jsonata, .. } => {
            known.extend([
                ("Condition", "\"{% | %}\"", "JSONata"),
                ("Next", "\"|\"", "state"),
                ("Output", "|", ""),
                ("Assign", "{|}", "variables"),
                ("Comment", "\"|\"", ""),
            ]);
        }
        Place::Rule { outermost, .. } => {
            known.push(("Variable", "\"$.|\"", "path"));
            known.extend(Comparison::ALL.iter().flat_map(|comparison| comparison.fields()));
            known.extend([
                ("And", "[{|}]", "rules"),
                ("Or", "[{|}]", "rules"),
                ("Not", "{|}", "rule"),
            ]);
            if outermost {
                known.extend([
                    ("Next", "\"|\"", "state"),
                    ("Assign", "{|}", "variables"),
                    ("Comment", "\"|\"", ""),
                ]);
            }
        }
        Place::Retrier => known.extend([
            ("ErrorEquals", "[\"|\"]", "errors"),
            ("IntervalSeconds", "|", "number"),
            ("MaxAttempts", "|", "number"),
            ("BackoffRate", "|", "number"),
            ("MaxDelaySeconds", "|", "number"),
            ("JitterStrategy", "\"|\"", "FULL or NONE"),
            ("Comment", "\"|\"", ""),
        ]),
        Place::Catcher { language } => {
            known.extend([
                ("ErrorEquals", "[\"|\"]", "errors"),
                ("Next", "\"|\"", "state"),
                ("Assign", "{|}", "variables"),
                ("Comment", "\"|\"", ""),
            ]);
            known.push(match language {
                QueryLanguage::JsonPath => ("ResultPath", "\"$.|\"", "path"),
                QueryLanguage::Jsonata => ("Output", "|", ""),
            });
        }
        Place::ProcessorConfig => known.extend([
            ("Mode", "\"|\"", "INLINE or DISTRIBUTED"),
            ("ExecutionType", "\"|\"", "STANDARD or EXPRESS"),
        ]),
        Place::Other => return None,
    }
    let typed = member.map(|member| member.name_span.clone());
    let replace = typed.clone().unwrap_or(offset..offset);
    let rest = text.get(replace.end..)?.trim_start();
    let has_colon = rest.starts_with(':');
    // What follows is the next member, which wants a comma before it.
    let comma = if rest.starts_with('"') { "," } else { "" };
    let words = known
        .into_iter()
        .filter(|(name, ..)| {
            member.is_some_and(|member| member.name == **name) || object.get(name).is_none()
        })
        .map(|(name, value, detail)| {
            let value = if has_colon { "" } else { value };
            let mut insert = format!("\"{name}\"");
            if !value.is_empty() {
                insert += ": ";
                insert += value;
            }
            let cursor = match value.find('|') {
                Some(at) => insert.len() - value.len() + at,
                None => insert.len(),
            };
            if let Some(at) = value.find('|') {
                insert.remove(insert.len() - value.len() + at);
            }
            insert += comma;
            Word { label: name.to_owned(), insert, cursor, kind: WordKind::Field, detail }
        })
        .collect();
    Some(Completion { from: typed.map_or(offset, |typed| typed.start + 1), replace, words })
}

fn default_of_machine(name: &str) -> &'static str {
    match name {
        "States" => "{|}",
        "ProcessorConfig" => "{ \"Mode\": \"INLINE|\" }",
        "QueryLanguage" => "\"JSONata|\"",
        "TimeoutSeconds" => "|",
        _ => "\"|\"",
    }
}

fn default_of(field: &fields::Field) -> &'static str {
    match (field.name, field.shape) {
        ("Retry" | "Catch", _) => "[{ \"ErrorEquals\": [\"|\"] }]",
        ("Choices", _) => "[{|}]",
        ("Branches", _) => "[{ \"StartAt\": \"|\", \"States\": {} }]",
        ("ItemProcessor", _) => "{ \"StartAt\": \"|\", \"States\": {} }",
        ("Result" | "Output", _) => "|",
        (_, Shape::Bool) => "true|",
        (_, Shape::Text | Shape::Any | Shape::Timestamp) => "\"|\"",
        (_, Shape::Path { .. } | Shape::PathOrText | Shape::ResultPath | Shape::Reference) => {
            "\"$|\""
        }
        (_, Shape::Template | Shape::Plain | Shape::Object | Shape::ObjectOrExpression) => "{|}",
        (_, Shape::ItemsOrExpression) => "\"{% | %}\"",
        (_, Shape::Integer { .. } | Shape::Number { .. }) => "|",
    }
}

fn shape_name(shape: Shape) -> &'static str {
    match shape {
        Shape::Any => "",
        Shape::Text => "text",
        Shape::Bool => "true or false",
        Shape::Path { .. } | Shape::ResultPath | Shape::Reference => "path",
        Shape::PathOrText => "path or function",
        Shape::Template | Shape::Plain | Shape::Object => "object",
        Shape::ObjectOrExpression => "object or JSONata",
        Shape::ItemsOrExpression => "array or JSONata",
        Shape::Integer { .. } => "whole number",
        Shape::Number { .. } => "number",
        Shape::Timestamp => "timestamp",
    }
}

const ERRORS: [&str; 13] = [
    "States.ALL",
    "States.TaskFailed",
    "States.Timeout",
    "States.HeartbeatTimeout",
    "States.DataLimitExceeded",
    "States.Runtime",
    "States.Permissions",
    "States.BranchFailed",
    "States.QueryEvaluationError",
    "States.ExceedToleratedFailureThreshold",
    "States.ItemReaderFailed",
    "States.ResultWriterFailed",
    "Lambda.TooManyRequestsException",
];

const RESOURCES: [&str; 9] = [
    "arn:aws:states:::lambda:invoke",
    "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "arn:aws:states:::states:startExecution.sync:2",
    "arn:aws:states:::states:startExecution",
    "arn:aws:states:::sqs:sendMessage",
    "arn:aws:states:::sns:publish",
    "arn:aws:states:::dynamodb:getItem",
    "arn:aws:states:::dynamodb:putItem",
    "arn:aws:states:::aws-sdk:",
];

fn values(text: &str, offset: usize, way: &Way<'_>, node: &Node) -> Option<Completion> {
    let in_array = matches!(node.kind, Kind::Array(_));
    // The name of the member that the value belongs to, and the object that has it.
    let named = way.iter().rposition(|(_, name)| name.is_some())?;
    let name = way[named].1?;
    let outer: Way<'_> = way[..named].to_vec();
    let (place, machine) = place(&outer);
    let states = || {
        let states = machine.and_then(|machine| machine.get("States"));
        states.map(Node::members).unwrap_or_default().iter().map(|state| state.name.clone())
    };
    let fixed = |words: &[&'static str]| words.iter().map(|word| (*word).to_owned()).collect();
    let mut kind = WordKind::Value;
    let list: Vec<String> = match (&place, name) {
        (Place::Machine, "StartAt")
        | (Place::State { .. }, "Next" | "Default")
        | (Place::Rule { .. } | Place::Catcher { .. }, "Next") => {
            kind = WordKind::State;
            // A state that leads to itself is rarely meant.
            let own = outer.last().and_then(|(_, name)| *name).unwrap_or_default();
            let is_state = matches!(place, Place::State { .. });
            states().filter(|name| !is_state || name != own).collect()
        }
        (Place::State { .. }, "Type") => {
            fixed(&["Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"])
        }
        (Place::Machine | Place::State { .. }, "QueryLanguage") => fixed(&["JSONata", "JSONPath"]),
        (Place::State { .. }, "End") => fixed(&["true", "false"]),
        (Place::State { .. }, "Resource") => fixed(&RESOURCES),
        (Place::Retrier | Place::Catcher { .. }, "ErrorEquals") => fixed(&ERRORS),
        (Place::Retrier, "JitterStrategy") => fixed(&["FULL", "NONE"]),
        (Place::ProcessorConfig, "Mode") => fixed(&["INLINE", "DISTRIBUTED"]),
        (Place::ProcessorConfig, "ExecutionType") => fixed(&["STANDARD", "EXPRESS"]),
        (Place::Rule { .. }, name) if name.starts_with("Is") || name == "BooleanEquals" => {
            fixed(&["true", "false"])
        }
        _ => return None,
    };
    let replace = if in_array || node.span.is_empty() { offset..offset } else { node.span.clone() };
    let quoted = text.get(replace.start..)?.starts_with('"') && !replace.is_empty();
    let from = if quoted { replace.start + 1 } else { replace.start };
    let words = list
        .into_iter()
        .map(|label| {
            let insert = match label.as_str() {
                "true" | "false" => label.clone(),
                _ => serde_json::Value::from(label.as_str()).to_string(),
            };
            // A resource may go on.
            let cursor = insert.len() - usize::from(label.ends_with(':'));
            Word { label, insert, cursor, kind, detail: "" }
        })
        .collect();
    Some(Completion { from, replace, words })
}

impl Comparison {
    /// Its names as fields, what to write after each, and what that is.
    fn fields(self) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        let (value, what) = match self.expects() {
            crate::choice::Expects::Text => ("\"|\"", "text"),
            crate::choice::Expects::Number => ("|", "number"),
            crate::choice::Expects::Boolean => ("true|", "true or false"),
            crate::choice::Expects::Timestamp => ("\"|\"", "timestamp"),
        };
        [Some((self.name(), value, what)), self.path_name().map(|name| (name, "\"$.|\"", "path"))]
            .into_iter()
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `¦` is the cursor. The first words, and the text after the first was chosen.
    #[track_caller]
    fn check(marked: &str, first: &[&str], after: &str) {
        let offset = marked.find('¦').expect("a cursor");
        let text = marked.replace('¦', "");
        let completion = complete(&text, offset).expect("words");
        let labels: Vec<&str> = completion.words.iter().map(|word| word.label.as_str()).collect();
        assert_eq!(&labels[..first.len().min(labels.len())], first, "{labels:?}");
        let mut chosen = text.clone();
        let word = &completion.words[0];
        let mut insert = word.insert.clone();
        insert.insert(word.cursor, '¦');
        chosen.replace_range(completion.replace.clone(), &insert);
        assert_eq!(chosen, after);
        assert!(completion.from <= offset);
    }

    #[test]
    fn fields_are_those_of_the_type_and_language_that_are_not_there_yet() {
        check(
            r#"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Comment": "", "End": true, ¦}}}"#,
            &["QueryLanguage", "Next", "InputPath"],
            r#"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Comment": "", "End": true, "QueryLanguage": "¦"}}}"#,
        );
        check(
            r#"{"QueryLanguage": "JSONata", "States": {"A": {"Type": "Fail", "¦"}}}"#,
            &["Comment", "QueryLanguage", "Error", "Cause"],
            r#"{"QueryLanguage": "JSONata", "States": {"A": {"Type": "Fail", "Comment": "¦"}}}"#,
        );
        check(
            "{\"Ver¦\"\n \"StartAt\": \"A\"}",
            &["Comment"],
            "{\"Comment\": \"¦\",\n \"StartAt\": \"A\"}",
        );
        check("{¦}", &["Comment", "StartAt", "States"], "{\"Comment\": \"¦\"}");
        check(
            r#"{"States": {"A": {"Type": "Task", "Retry": [{"ErrorEquals": [], "Int¦": 3}]}}}"#,
            &["IntervalSeconds"],
            r#"{"States": {"A": {"Type": "Task", "Retry": [{"ErrorEquals": [], "IntervalSeconds"¦: 3}]}}}"#,
        );
    }

    #[test]
    fn targets_are_the_states_of_the_machine_around() {
        check(
            r#"{"States": {"A": {"Next": "¦"}, "B": {"Branches": [{"States": {"C": {}}}]}}}"#,
            &["B"],
            r#"{"States": {"A": {"Next": "B"¦}, "B": {"Branches": [{"States": {"C": {}}}]}}}"#,
        );
        check(
            r#"{"States": {"A": {}, "B": {"Branches": [{"StartAt": ¦, "States": {"C": {}}}]}}}"#,
            &["C"],
            r#"{"States": {"A": {}, "B": {"Branches": [{"StartAt": "C"¦, "States": {"C": {}}}]}}}"#,
        );
        check(
            "{\"States\": {\"A\": {\"Type\": \"Choice\", \"Choices\": [{\"Next\": \"¦\n}], \"Default\": \"B\"}, \"B\": {}}}",
            &["A", "B"],
            "{\"States\": {\"A\": {\"Type\": \"Choice\", \"Choices\": [{\"Next\": \"A\"¦\n}], \"Default\": \"B\"}, \"B\": {}}}",
        );
    }

    #[test]
    fn values_are_offered_where_there_are_few() {
        check(
            r#"{"States": {"A": {"Type": "¦"}}}"#,
            &["Task", "Pass"],
            r#"{"States": {"A": {"Type": "Task"¦}}}"#,
        );
        check(
            r#"{"States": {"A": {"Catch": [{"ErrorEquals": [¦]}]}}}"#,
            &["States.ALL"],
            r#"{"States": {"A": {"Catch": [{"ErrorEquals": ["States.ALL"¦]}]}}}"#,
        );
        for nothing in [
            "¦",
            "{\"Comment\": \"¦\"}",
            "{\"States\": {¦}}",
            "{\"a\"¦",
            "[¦]",
            "{\"States\": {\"A\": {\"Parameters\": {¦}}}}",
        ] {
            let offset = nothing.find('¦').expect("a cursor");
            assert!(
                complete(&nothing.replace('¦', ""), offset).is_none_or(|found| found
                    .words
                    .iter()
                    .all(|word| word.kind == WordKind::Field)),
                "{nothing}"
            );
        }
    }
}
