//! Executions of which a part could be, where the data does not say which one it was.
//!
//! What is missing is read off the outcome: the values that a state gave are those that show in it, and an expression stands where
//! the outcome can have come from. When there are several such places, one has to give the outcome. It fails when the expression
//! or field gives another value than the recorded one, wherever it stands.

use super::parts::{outcome, variables};
use serde_json::{Map, Value, json};

/// A machine whose first state gives variables and a result.
fn after(given: Value, assigned: Map<String, Value>, name: &str, state: Value) -> Value {
    let mut before = json!({ "Type": "Pass", "Next": name });
    if !assigned.is_empty() {
        before["Assign"] = assigned.into();
    }
    if !given.is_null() {
        before["Result"] = given;
    }
    json!({ "StartAt": "Before", "States": { "Before": before, name: state } })
}

/// Machines of which fields could be.
pub(super) fn of_fields(part: &Value, states: &[(String, Value)]) -> Vec<Value> {
    let [(name, state)] = states else { return Vec::new() };
    let outcome = outcome(part);
    match state["ItemsPath"].as_str() {
        Some(path) => map(name, state, path, &outcome),
        None => pass(name, state, &outcome),
    }
    .into_iter()
    .collect()
}

/// A Pass state whose template shows the variables that it reads.
fn pass(name: &str, state: &Value, outcome: &Value) -> Option<Value> {
    let known = ["Parameters", "ResultPath"];
    let template = state["Parameters"].as_object()?;
    if state.as_object()?.keys().any(|member| !known.contains(&member.as_str())) {
        return None;
    }
    let shown = match state["ResultPath"].as_str() {
        Some(path) => outcome.get(path.strip_prefix("$.")?)?,
        None => outcome,
    };
    let mut state = state.clone();
    state["Type"] = json!("Pass");
    state["End"] = json!(true);
    Some(after(Value::Null, values_of(template, shown), name, state))
}

/// The values of the variables that a template shows as they are.
fn values_of(template: &Map<String, Value>, shown: &Value) -> Map<String, Value> {
    let members = template.iter().filter_map(|(member, text)| {
        let name = text.as_str()?.strip_prefix('$')?;
        let is_variable = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let value = shown.get(member.strip_suffix(".$")?)?;
        is_variable.then(|| (name.to_owned(), value.clone()))
    });
    members.collect()
}

/// A Map state whose items a state before it gave: each is what the outcome shows of it, and a text that `States.Format` fills in
/// holds nothing else than what is filled in.
fn map(name: &str, state: &Value, path: &str, outcome: &Value) -> Option<Value> {
    let mut state = state.clone();
    let outcomes = outcome.as_array()?;
    let states = &mut state["ItemProcessor"]["States"];
    if states.is_null() {
        *states = json!({ "Item": {} });
    }
    let (inner, item) = states.as_object_mut()?.iter_mut().next()?;
    let start = inner.clone();
    let template = item["Parameters"].as_object().cloned();
    item["Type"] = json!("Pass");
    item["End"] = json!(true);
    state["ItemProcessor"]["StartAt"] = json!(start);
    state["Type"] = json!("Map");
    state["End"] = json!(true);

    let mut items = outcomes.clone();
    let mut assigned = Map::new();
    let mut given = json!({});
    if let Some(template) = template {
        assigned = values_of(&template, outcomes.first()?);
        let selector = state["ItemSelector"].as_object()?;
        let [(selected, text)] = selector.iter().collect::<Vec<_>>()[..] else { return None };
        let read = format!("$.{}", selected.strip_suffix(".$")?);
        let (shown, _) = template.iter().find(|(_, text)| **text == json!(read))?;
        let shown = shown.strip_suffix(".$")?;
        items = outcomes.iter().filter_map(|outcome| outcome.get(shown).cloned()).collect();
        let arguments = text.as_str()?.strip_prefix("States.Format(")?.strip_suffix(')')?;
        let (filled, "$$.Map.Item.Value") = arguments.split_once(", ")? else { return None };
        given[filled.strip_prefix("$.")?] = json!("{}");
    }
    match path.strip_prefix("$.") {
        Some(member) => given[member] = json!(items),
        None => {
            assigned.insert(path.strip_prefix('$')?.to_owned(), json!(items));
        }
    }
    Some(after(given, assigned, name, state))
}

/// Machines of which expressions could be.
pub(super) fn of_expressions(part: &Value) -> Vec<Value> {
    let texts: Vec<&Value> = part["expr"].as_array().into_iter().flatten().collect();
    let outcome = outcome(part);
    if !part["expect"]["cause"].is_null() {
        return Vec::new();
    }
    match texts.as_slice() {
        [text] => {
            let mut places = vec![alone(json!({ "Type": "Pass", "Output": text }))];
            places.extend(in_maps(text, &outcome));
            places.extend(after_literals(text));
            places
        }
        texts if outcome == part["input"] => {
            let conditions: Vec<Value> =
                texts.iter().map(|text| json!({ "Condition": text, "Next": "Done" })).collect();
            let named =
                texts.iter().enumerate().map(|(at, text)| (format!("v{at}"), (*text).clone()));
            let assign: Map<String, Value> = named.collect();
            vec![
                json!({ "QueryLanguage": "JSONata", "StartAt": "State0", "States": {
                    "State0": { "Type": "Choice", "Choices": conditions }, "Done": { "Type": "Succeed" } } }),
                assigns(texts, assign),
            ]
        }
        _ => Vec::new(),
    }
}

/// A state that compares what one before it gave with a text: that text.
fn after_literals(text: &Value) -> Vec<Value> {
    let text = text.as_str().unwrap_or_default();
    if !text.contains("$states.input") {
        return Vec::new();
    }
    let literals = text.split('\'').skip(1).step_by(2);
    let after = literals.map(|literal| {
        json!({ "QueryLanguage": "JSONata", "StartAt": "Before", "States": {
            "Before": { "Type": "Pass", "Output": literal, "Next": "State0" },
            "State0": { "Type": "Pass", "Output": text, "End": true } } })
    });
    after.collect()
}

fn alone(mut state: Value) -> Value {
    state["End"] = json!(true);
    json!({ "QueryLanguage": "JSONata", "StartAt": "State0", "States": { "State0": state } })
}

/// A state that assigns what expressions give, after one that assigned what they read: as deep as they read it, for it does not show.
fn assigns(texts: &[&Value], assign: Map<String, Value>) -> Value {
    let mut read = json!({});
    for text in texts {
        for name in variables(text) {
            let path = text.as_str().and_then(|text| text.split_once(&format!("${name}")));
            let rest = path.map_or("", |(_, rest)| rest);
            let members = rest
                .strip_prefix('.')
                .map(|rest| rest.split([' ', '.']).next().unwrap_or_default());
            match members {
                Some(member) => read[&name][member] = json!(0),
                None if read[&name].is_null() => read[&name] = json!({}),
                None => {}
            }
        }
    }
    json!({ "QueryLanguage": "JSONata", "StartAt": "Before", "States": {
        "Before": { "Type": "Pass", "Assign": read, "Next": "State0" },
        "State0": { "Type": "Pass", "Assign": assign, "End": true } } })
}

/// Map states that pass on their items: the expression gives all items, one of them, or one of the numbers that a Map state takes.
fn in_maps(text: &Value, outcome: &Value) -> Vec<Value> {
    let Some(items) = outcome.as_array() else { return Vec::new() };
    let processor =
        json!({ "StartAt": "Item", "States": { "Item": { "Type": "Pass", "End": true } } });
    let map =
        |items: Value| alone(json!({ "Type": "Map", "Items": items, "ItemProcessor": processor }));
    let one_of_them = (0..items.len()).map(|at| {
        let mut items = items.clone();
        items[at] = text.clone();
        map(json!(items))
    });
    let number = |name: &str| {
        let mut distributed = processor.clone();
        distributed["ProcessorConfig"] =
            json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
        alone(json!({ "Type": "Map", "Items": items, name: text, "ItemProcessor": distributed }))
    };
    std::iter::once(map(text.clone()))
        .chain(one_of_them)
        .chain(
            ["MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"].map(number),
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Outcome;
    use crate::states::parts::part_of_execution;

    fn run(part: Value) -> Outcome {
        part_of_execution(&part, &crate::kinds::Context::default())
    }

    fn of_text(text: &str, output: &str) -> Outcome {
        run(
            json!({ "id": "own", "expr": [text], "input": {}, "expect": { "status": "SUCCEEDED", "output": output } }),
        )
    }

    #[test]
    fn an_expression_has_to_give_the_outcome_from_one_of_its_places() {
        assert_eq!(of_text("{% $number('2') %}", "[1,2,3]"), Outcome::Passed);
        assert_eq!(of_text("{% $x := 1 %}", "[7]"), Outcome::Passed, "as a number of a Map state");
        assert!(matches!(of_text("{% $number('4') %}", "\"a\""), Outcome::Failed(_)));
        assert!(matches!(of_text("{% 'no number' %}", "[1,2,3]"), Outcome::Failed(_)));
        assert!(matches!(of_text("{% $states.input.none %}", "true"), Outcome::Failed(_)));
        assert_eq!(of_text("{% $states.input = 'a' %}", "true"), Outcome::Passed);
        assert!(matches!(
            of_text("{% $states.input != 'a' %}", "false and true"),
            Outcome::Failed(_)
        ));
    }

    #[test]
    fn what_states_gave_is_read_off_the_outcome() {
        let with = |path: &str, output: Value| {
            run(
                json!({ "id": "own", "input": {}, "expect": { "status": "SUCCEEDED", "output": output },
                "fields": [["S/Parameters/a.$", "$v"], ["S/ResultPath", path]] }),
            )
        };
        assert_eq!(with("$.x", json!({ "x": { "a": 1 } })), Outcome::Passed);
        assert!(matches!(with("$.x", json!({ "x": { "b": 1 } })), Outcome::Failed(_)));
    }
}
