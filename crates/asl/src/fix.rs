//! What can be done about a diagnostic, as changes of the text.
//!
//! A fix follows from what stands at the diagnostic's place, not from its words, which are AWS's.

use crate::diagnostic::Diagnostic;
use crate::edit::{Found, TextEdit, add, find, nearest, remove};
use crate::fields;
use crate::json::{Kind, Node};
use crate::read;

/// A change that settles a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does.
    pub title: String,
    /// The changes, none of which overlap.
    pub edits: Vec<TextEdit>,
}

const TYPES: [&str; 8] = ["Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"];

/// The fixes of a diagnostic, the likeliest first. `root` is the text as it was read.
pub fn fixes(text: &str, root: &Node, diagnostic: &Diagnostic) -> Vec<Fix> {
    let Some(found) = find(root, &diagnostic.pointer) else { return Vec::new() };
    let mut fixes = Fixes { text, list: Vec::new() };
    let Some(node) = found.way.last().copied() else { return Vec::new() };
    let name = found.member.map(|member| member.name.as_str()).unwrap_or_default();
    let holder = found.way.len().checked_sub(2).and_then(|at| found.way.get(at)).copied();
    let at_name = found.member.is_some_and(|member| member.name_span == diagnostic.span);
    match (node.text(), machine_of(&found)) {
        (Some(target), Some(machine))
            if matches!(name, "Next" | "Default" | "StartAt")
                && !at_name
                && !has_state(machine, target) =>
        {
            fixes.target(machine, node, target);
        }
        _ if is_state(&found) => fixes.state(&found, node, diagnostic),
        _ if name == "Type" && !at_name => fixes.words(node, &TYPES),
        _ if at_name => {
            if let (Some(holder), Some(member)) = (holder, found.member) {
                let known = fields::FIELDS.iter().map(|field| field.name);
                let known: Vec<&str> = match is_state_at(&found, found.way.len() - 2) {
                    true => known.collect(),
                    false => read::MACHINE_FIELDS.to_vec(),
                };
                let free = known.into_iter().filter(|known| holder.get(known).is_none());
                for word in nearest(name, free) {
                    let edit =
                        TextEdit { range: member.name_span.clone(), text: format!("\"{word}\"") };
                    fixes.push(format!("Rename to “{word}”"), vec![edit]);
                }
                fixes.push(format!("Remove “{name}”"), vec![remove(holder, member)]);
            }
        }
        _ if node.is_object() && (found.way.len() == 1 || is_machine(node)) => fixes.machine(node),
        _ => {}
    }
    fixes.list
}

/// The innermost machine that holds what was found.
fn machine_of<'n>(found: &Found<'n>) -> Option<&'n Node> {
    let outer = &found.way[..found.way.len() - 1];
    outer.iter().rev().copied().find(|node| is_machine(node))
}

fn is_machine(node: &Node) -> bool {
    node.get("States").is_some_and(Node::is_object)
}

/// Whether the node at that depth of the way is a state: a member of `States`.
fn is_state_at(found: &Found<'_>, at: usize) -> bool {
    at >= 2
        && found.way[at - 2]
            .get("States")
            .is_some_and(|states| states.span == found.way[at - 1].span)
}

fn is_state(found: &Found<'_>) -> bool {
    is_state_at(found, found.way.len() - 1)
}

fn has_state(machine: &Node, name: &str) -> bool {
    machine.get("States").is_some_and(|states| states.get(name).is_some())
}

struct Fixes<'t> {
    text: &'t str,
    list: Vec<Fix>,
}

impl Fixes<'_> {
    fn push(&mut self, title: String, edits: Vec<TextEdit>) {
        self.list.push(Fix { title, edits });
    }

    fn replace(&mut self, title: String, node: &Node, text: String) {
        self.push(title, vec![TextEdit { range: node.span.clone(), text }]);
    }

    fn words(&mut self, node: &Node, words: &[&'static str]) {
        for word in nearest(node.text().unwrap_or_default(), words.iter().copied()) {
            self.replace(format!("Change to “{word}”"), node, format!("\"{word}\""));
        }
    }

    /// A state that is named but does not exist.
    fn target(&mut self, machine: &Node, node: &Node, target: &str) {
        let Some(states) = machine.get("States") else { return };
        let names = || states.members().iter().map(|member| member.name.as_str());
        let near = nearest(target, names());
        // Without a near one there is little to choose among in a small machine.
        let offered: Vec<&str> =
            if near.is_empty() && names().count() <= 3 { names().collect() } else { near };
        for name in offered {
            let text = serde_json::Value::from(name).to_string();
            self.replace(format!("Change to “{name}”"), node, text);
        }
        if !target.is_empty() {
            let state = "{ \"Type\": \"Pass\", \"End\": true }";
            self.push(
                format!("Create the state “{target}”"),
                vec![add(self.text, states, target, state)],
            );
        }
    }

    fn state(&mut self, found: &Found<'_>, node: &Node, diagnostic: &Diagnostic) {
        let (states, member) = (found.way[found.way.len() - 2], found.member);
        let at_name = member.is_some_and(|member| member.name_span == diagnostic.span);
        if let (true, Some(member)) = (at_name, member) {
            // Nothing leads here, or its name is wrong.
            return self
                .push(format!("Remove the state “{}”", member.name), vec![remove(states, member)]);
        }
        if !node.is_object() {
            return;
        }
        let Some(kind) = node.get("Type") else {
            let kind = likely_type(node);
            let value = format!("\"{kind}\"");
            return self.push(
                format!("Add \"Type\": {value}"),
                vec![add(self.text, node, "Type", &value)],
            );
        };
        let kind = kind.text().unwrap_or_default();
        if kind == "Task" && node.get("Resource").is_none() {
            let value = "\"arn:aws:states:::lambda:invoke\"";
            self.push(
                format!("Add \"Resource\": {value}"),
                vec![add(self.text, node, "Resource", value)],
            );
        }
        for (of, field, value) in [
            ("Choice", "Choices", "[]"),
            ("Parallel", "Branches", "[]"),
            (
                "Map",
                "ItemProcessor",
                "{ \"StartAt\": \"Pass\", \"States\": { \"Pass\": { \"Type\": \"Pass\", \"End\": true } } }",
            ),
        ] {
            if kind == of && node.get(field).is_none() && node.get("Iterator").is_none() {
                self.push(format!("Add “{field}”"), vec![add(self.text, node, field, value)]);
            }
        }
        let leads = !matches!(kind, "Choice" | "Succeed" | "Fail");
        let ends = node.get("End").and_then(Node::boolean);
        match (node.get("Next"), ends) {
            (Some(_), Some(true)) => {
                for name in ["End", "Next"] {
                    let wrong = node.members().iter().find(|member| member.name == name);
                    if let Some(wrong) = wrong {
                        self.push(format!("Remove “{name}”"), vec![remove(node, wrong)]);
                    }
                }
            }
            (None, None) if leads => {
                self.push(
                    "End the machine here".to_owned(),
                    vec![add(self.text, node, "End", "true")],
                );
                let mut after = states
                    .members()
                    .iter()
                    .skip_while(|other| member.is_none_or(|member| member.name != other.name));
                if let Some(next) = after.nth(1) {
                    let value = serde_json::Value::from(next.name.as_str()).to_string();
                    self.push(
                        format!("Go on with “{}”", next.name),
                        vec![add(self.text, node, "Next", &value)],
                    );
                }
            }
            _ => {}
        }
    }

    fn machine(&mut self, node: &Node) {
        let first = node.get("States").and_then(|states| states.members().first());
        match (node.get("StartAt"), first) {
            (None, Some(first)) => {
                let value = serde_json::Value::from(first.name.as_str()).to_string();
                self.push(
                    format!("Start at “{}”", first.name),
                    vec![add(self.text, node, "StartAt", &value)],
                );
            }
            (None, None) if node.get("States").is_none() => {
                let value = "\"Hello\"";
                let mut edit = add(self.text, node, "StartAt", value);
                edit.text += ", \"States\": { \"Hello\": { \"Type\": \"Pass\", \"End\": true } }";
                self.push("Add a first state".to_owned(), vec![edit]);
            }
            (Some(start), None) if node.get("States").is_none() => {
                let name = start.text().unwrap_or("Hello");
                let name = serde_json::Value::from(name);
                let value = format!("{{ {name}: {{ \"Type\": \"Pass\", \"End\": true }} }}");
                self.push("Add “States”".to_owned(), vec![add(self.text, node, "States", &value)]);
            }
            _ => {}
        }
    }
}

/// What a state without a type most likely is, by the fields that it has.
fn likely_type(node: &Node) -> &'static str {
    [
        ("Resource", "Task"),
        ("Choices", "Choice"),
        ("Branches", "Parallel"),
        ("ItemProcessor", "Map"),
        ("Iterator", "Map"),
        ("Seconds", "Wait"),
        ("SecondsPath", "Wait"),
        ("Timestamp", "Wait"),
        ("TimestampPath", "Wait"),
        ("Cause", "Fail"),
        ("Error", "Fail"),
    ]
    .into_iter()
    .find(|(field, _)| node.get(field).is_some_and(|value| value.kind != Kind::Null))
    .map_or("Pass", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The titles of all fixes, and the text after the first of each diagnostic's.
    #[track_caller]
    fn check(text: &str, titles: &[&str], after: &str) {
        let (_, diagnostics) = crate::parse(text);
        let root = crate::recover::parse(text);
        let found: Vec<Fix> =
            diagnostics.iter().flat_map(|diagnostic| fixes(text, &root, diagnostic)).collect();
        assert_eq!(
            found.iter().map(|fix| fix.title.as_str()).collect::<Vec<_>>(),
            titles,
            "{diagnostics:#?}"
        );
        let mut fixed = text.to_owned();
        for edit in found.first().map(|fix| fix.edits.as_slice()).unwrap_or_default() {
            fixed.replace_range(edit.range.clone(), &edit.text);
        }
        assert_eq!(fixed, after);
    }

    #[test]
    fn a_target_that_does_not_exist_is_renamed_or_made() {
        check(
            r#"{"StartAt": "Chargee", "States": {"Charge": {"Type": "Pass", "End": true}}}"#,
            &["Change to “Charge”", "Create the state “Chargee”", "Remove the state “Charge”"],
            r#"{"StartAt": "Charge", "States": {"Charge": {"Type": "Pass", "End": true}}}"#,
        );
    }

    #[test]
    fn a_state_without_an_end_gets_one() {
        check(
            r#"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1}, "B": {"Type": "Succeed"}}}"#,
            &["End the machine here", "Go on with “B”", "Remove the state “B”"],
            r#"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "End": true}, "B": {"Type": "Succeed"}}}"#,
        );
    }

    #[test]
    fn fields_and_types_are_spelt_right() {
        check(
            r#"{"StartAt": "A", "States": {"A": {"Type": "Taks", "End": true}}}"#,
            &["Change to “Task”", "Change to “Pass”"],
            r#"{"StartAt": "A", "States": {"A": {"Type": "Task", "End": true}}}"#,
        );
        check(
            r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true, "ResutlPath": "$"}}}"#,
            &["Rename to “ResultPath”", "Remove “ResutlPath”"],
            r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true, "ResultPath": "$"}}}"#,
        );
    }

    #[test]
    fn what_is_missing_is_added() {
        check(
            r#"{"States": {"A": {"Type": "Pass", "End": true}}}"#,
            &["Start at “A”"],
            r#"{"States": {"A": {"Type": "Pass", "End": true}}, "StartAt": "A"}"#,
        );
        check(
            "{}",
            &["Add a first state"],
            r#"{"StartAt": "Hello", "States": { "Hello": { "Type": "Pass", "End": true } }}"#,
        );
        check(
            r#"{"StartAt": "A", "States": {"A": {"Seconds": 1, "End": true}}}"#,
            &["Add \"Type\": \"Wait\""],
            r#"{"StartAt": "A", "States": {"A": {"Seconds": 1, "End": true, "Type": "Wait"}}}"#,
        );
    }
}
