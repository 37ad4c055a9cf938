//! Which variables each state refers to: `variableReferences` of DescribeStateMachine.
//!
//! Recorded: states by name, names in order of the alphabet; a state without references is not listed. A template's
//! field counts only with `.$` behind its name, a path everywhere.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The references of a definition.
pub(crate) fn of(definition: &Value) -> Map<String, Value> {
    let mut found = Map::new();
    machine(definition, false, &mut found);
    found
}

fn machine(definition: &Value, jsonata: bool, found: &mut Map<String, Value>) {
    let jsonata = speaks_jsonata(definition, jsonata);
    for (name, state) in definition["States"].as_object().into_iter().flatten() {
        let jsonata = speaks_jsonata(state, jsonata);
        let mut names = BTreeSet::new();
        for (field, value) in state.as_object().into_iter().flatten() {
            match field.as_str() {
                "ItemProcessor" | "Iterator" => machine(value, jsonata, found),
                "Branches" => {
                    let branches = value.as_array().into_iter().flatten();
                    branches.for_each(|branch| machine(branch, jsonata, found));
                }
                // These name a place in the output, or nothing at all.
                "ResultPath" | "Comment" | "Result" if !jsonata => {}
                _ => walk(field, value, jsonata, &mut names),
            }
        }
        if !names.is_empty() {
            let names = names.into_iter().map(Value::String).collect();
            found.insert(name.clone(), Value::Array(names));
        }
    }
}

fn speaks_jsonata(holder: &Value, otherwise: bool) -> bool {
    match holder["QueryLanguage"].as_str() {
        Some(language) => language == "JSONata",
        None => otherwise,
    }
}

fn walk(field: &str, value: &Value, jsonata: bool, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(field, value)| walk(field, value, jsonata, names));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(field, item, jsonata, names)),
        Value::String(text) if jsonata => {
            let inner = text.strip_prefix("{%").and_then(|text| text.strip_suffix("%}"));
            if let Some(expression) = inner {
                expression_names(expression, names);
            }
        }
        Value::String(text) => {
            let is_path = field.ends_with("Path") && field != "ResultPath" || field == "Variable";
            if is_path || field.ends_with(".$") {
                path_names(text, names);
            }
        }
        _ => {}
    }
}

/// Names after a single `$`, outside of quoted text.
fn path_names(text: &str, names: &mut BTreeSet<String>) {
    for (name, _, _) in dollars(text, &['\'']) {
        names.insert(name.to_owned());
    }
}

/// Variables of an expression that it does not bind itself and that are not functions.
fn expression_names(text: &str, names: &mut BTreeSet<String>) {
    let all = dollars(text, &['\'', '"', '`']);
    let bound: BTreeSet<&str> = all
        .iter()
        .filter(|(_, rest, in_parameters)| *in_parameters || rest.trim_start().starts_with(":="))
        .map(|(name, _, _)| *name)
        .collect();
    for (name, rest, _) in &all {
        let is_call = rest.trim_start().starts_with('(');
        if !is_call && *name != "states" && !bound.contains(name) {
            names.insert((*name).to_owned());
        }
    }
}

/// Every `$name` with the text behind it, and whether it stands among the parameters of `function(…)`.
fn dollars<'t>(text: &'t str, quotes: &[char]) -> Vec<(&'t str, &'t str, bool)> {
    let mut found = Vec::new();
    let mut quote = None;
    let mut parameters_until = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match quote {
            Some(open) => {
                if c == '\\' {
                    chars.next();
                } else if c == open {
                    quote = None;
                }
            }
            None if quotes.contains(&c) => quote = Some(c),
            None if text[at..].starts_with("function(") || text[at..].starts_with('λ') => {
                parameters_until = text[at..].find(')').map_or(text.len(), |end| at + end);
            }
            None if c == '$' => {
                let rest = &text[at + 1..];
                let doubled = text[..at].ends_with('$');
                let end =
                    rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                let starts = rest.starts_with(|c: char| c.is_alphabetic() || c == '_');
                if starts && !doubled {
                    found.push((&rest[..end], &rest[end..], at < parameters_until));
                }
            }
            None => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_and_marked_fields_count() {
        let definition = json!({ "States": {
            "A": { "Type": "Pass", "InputPath": "$answer.x", "ResultPath": "$.no", "Result": { "x.$": "$no" },
                   "Parameters": { "a.$": "States.Format('$no {}', $b[0])", "c": "$no", "d.$": "$$.Execution" } },
            "B": { "Type": "Map", "ToleratedFailureCountPath": "$count", "ItemProcessor": { "States": {
                   "C": { "Type": "Choice", "Choices": [{ "Variable": "$v", "StringEqualsPath": "$w" }] } } } },
            "D": { "Type": "Pass", "QueryLanguage": "JSONata", "Output":
                   "{% ($x := $y + $states.input.z; $map($x, function($i) { $i & '$no' & $k })) %}" },
            "E": { "Type": "Succeed" },
        } });
        assert_eq!(
            Value::Object(of(&definition)),
            json!({ "A": ["answer", "b"], "C": ["v", "w"], "B": ["count"], "D": ["k", "y"] })
        );
    }
}
