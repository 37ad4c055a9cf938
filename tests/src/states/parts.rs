//! Some fields or expressions of an execution: `jsonpath-io-aws` and `jsonata-sfn-aws`.
//!
//! The whole execution is run. Where it is not among the data, its definition is found or rebuilt, by the first rule that says enough:
//! 1. Recorded executions of the same test (`…::test_name[one]` and `…::test_name[another]`) have one definition that differs in
//!    these fields or expressions only. Two of them at least must become the same definition when those of the case are put
//!    in. A test below leaves every recorded execution out in turn and finds it so.
//! 2. The fields are all of Pass states, of one Map state or of one Parallel state, and what is not in the data does not change
//!    the outcome or shows in it.
//! 3. The cause names the field of an expression, or the expression alone can give the outcome.
//! 4. What is missing is read off the outcome, and one of the executions that could have given it has to ([`super::possible`]).

use super::{execution, possible, role};
use crate::data::Outcome;
use crate::kinds::Context;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Runs the execution that a case is a part of.
pub(crate) fn part_of_execution(case: &Value, context: &Context) -> Outcome {
    let id = case["id"].as_str().unwrap_or_default();
    let found = context.executions.get(id).cloned().or_else(|| sibling(case, &context.executions));
    let candidates = match found {
        Some(whole) => vec![whole],
        None if case["fields"].is_array() => of_fields(case),
        None => of_expression(case).into_iter().collect(),
    };
    if candidates.is_empty() {
        return of_any(case, context);
    }
    let mut outcomes = candidates.iter().map(|whole| execution::standard(whole, context));
    outcomes.find(|outcome| *outcome != Outcome::Passed).unwrap_or(Outcome::Passed)
}

/// Runs the executions that a case could be a part of, until one gives what was recorded.
fn of_any(case: &Value, context: &Context) -> Outcome {
    let definitions = match case["fields"].is_array() {
        true => possible::of_fields(case, &states_of(case).unwrap_or_default()),
        false => possible::of_expressions(case),
    };
    let mut last = Outcome::Skipped(
        "part of an execution that is not among the data and does not follow from its outcome"
            .into(),
    );
    for definition in definitions {
        last = execution::standard(&whole(case, definition), context);
        if last == Outcome::Passed {
            break;
        }
    }
    last
}

/// A case with the definition that it is a part of.
fn whole(part: &Value, definition: Value) -> Value {
    json!({
        "definition": definition, "input": part["input"], "expect": part["expect"], "mocks": {},
        "substitutions": [[role(), "snf_role_arn"]],
    })
}

// Executions of the same test

/// The name of the test that a case is of: what stands before its parameters.
fn test_of(id: &str) -> &str {
    let name = id.split('[').next().unwrap_or(id);
    match name.rsplit_once('/') {
        Some((test, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => test,
        _ => name,
    }
}

fn is_expression(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("{%"))
}

/// Members whose paths the recorder noted.
const FIELDS: [&str; 8] = [
    "Parameters",
    "ItemSelector",
    "InputPath",
    "OutputPath",
    "ItemsPath",
    "Assign",
    "ResultPath",
    "ResultSelector",
];

fn is_path(place: &[String], value: &Value) -> bool {
    let is_text =
        value.as_str().is_some_and(|text| text.starts_with('$') || text.starts_with("States."));
    let Some(last) = place.last() else { return false };
    let within = || place.iter().any(|step| FIELDS.contains(&step.as_str()));
    is_text && (FIELDS.contains(&last.as_str()) || last.ends_with(".$") && within())
}

/// The places of all values that hold no others, in the order of the document.
fn leaves(value: &Value, place: &mut Vec<String>, found: &mut Vec<(Vec<String>, Value)>) {
    let mut within = |step: String, value: &Value| {
        place.push(step);
        leaves(value, place, found);
        place.pop();
    };
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| within(at.to_string(), item));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| within(name.clone(), member));
        }
        leaf => found.push((place.clone(), leaf.clone())),
    }
}

fn pointer(place: &[String]) -> String {
    place.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
}

fn definition_of(case: &Value) -> Option<Value> {
    match case["definitionText"].as_str() {
        Some(text) => serde_json::from_str(text).ok(),
        None => case.get("definition").cloned(),
    }
}

/// A definition with the fields or expressions of a part in the place of its own; none when it has others.
fn with_part(mut definition: Value, part: &Value) -> Option<Value> {
    let mut all = Vec::new();
    leaves(&definition, &mut Vec::new(), &mut all);
    let (places, values): (Vec<Vec<String>>, Vec<&Value>) = match part["fields"].as_array() {
        Some(fields) => {
            let own = all.iter().filter(|(place, value)| is_path(place, value)).count();
            if own != fields.len() {
                return None;
            }
            let place = |field: &Value| -> Option<Vec<String>> {
                let steps = field[0].as_str()?.split('/').map(str::to_owned);
                Some(std::iter::once("States".to_owned()).chain(steps).collect())
            };
            (
                fields.iter().map(place).collect::<Option<_>>()?,
                fields.iter().map(|field| &field[1]).collect(),
            )
        }
        None => {
            let own = all.iter().filter(|(_, value)| is_expression(value));
            (
                own.map(|(place, _)| place.clone()).collect(),
                part["expr"].as_array()?.iter().collect(),
            )
        }
    };
    if places.len() != values.len() || values.is_empty() {
        return None;
    }
    for (place, value) in places.iter().zip(values) {
        *definition.pointer_mut(&pointer(place))? = value.clone();
    }
    Some(definition)
}

/// The execution of a part by those of the same test.
fn sibling(part: &Value, executions: &BTreeMap<String, Value>) -> Option<Value> {
    let id = part["id"].as_str()?;
    let same_test =
        executions.iter().filter(|(other, _)| *other != id && test_of(other) == test_of(id));
    let mut found =
        same_test.filter_map(|(_, case)| Some((case, with_part(definition_of(case)?, part)?)));
    let (first, definition) = found.next()?;
    let others: Vec<Value> = found.map(|(_, definition)| definition).collect();
    // What tasks answered is recorded of another input.
    let has_tasks = first["mocks"]["taskResults"].as_array().is_some_and(|tasks| !tasks.is_empty());
    if has_tasks || others.is_empty() || others.iter().any(|other| *other != definition) {
        return None;
    }
    let mut case = whole(part, definition);
    for name in ["stateMachineType", "clockStart", "substitutions", "jsonpathPlaceholders", "setup"]
    {
        if let Some(value) = first.get(name) {
            case[name] = value.clone();
        }
    }
    Some(case)
}

// Fields

/// Executions that fields are rebuilt to; all of them must end as recorded.
fn of_fields(part: &Value) -> Vec<Value> {
    let Some(states) = states_of(part) else { return Vec::new() };
    let rebuilt = match states.as_slice() {
        [(name, state)] if state["Branches"].is_array() => parallel(name, state),
        [(name, state)] if is_map(state) => maps(part, name, state),
        states => chain(part, states),
    };
    rebuilt.into_iter().map(|definition| whole(part, definition)).collect()
}

/// The states that fields are of, with these fields.
fn states_of(part: &Value) -> Option<Vec<(String, Value)>> {
    let mut states: Vec<(String, Value)> = Vec::new();
    for field in part["fields"].as_array()? {
        let mut steps = field[0].as_str()?.split('/').peekable();
        let name = steps.next()?;
        if states.iter().all(|(known, _)| known != name) {
            states.push((name.to_owned(), json!({})));
        }
        let (_, state) = states.iter_mut().find(|(known, _)| known == name)?;
        let mut place = state;
        while let Some(step) = steps.next() {
            place = match step.parse::<usize>() {
                Ok(at) => element(place, at)?,
                Err(_) => &mut place[step],
            };
            if steps.peek().is_none() {
                *place = field[1].clone();
            }
        }
    }
    Some(states)
}

/// An element that may have to be made.
fn element(place: &mut Value, at: usize) -> Option<&mut Value> {
    if place.is_null() {
        *place = json!([]);
    }
    let items = place.as_array_mut()?;
    while items.len() <= at {
        items.push(Value::Null);
    }
    items.get_mut(at)
}

fn is_map(state: &Value) -> bool {
    let names = ["ItemSelector", "ItemsPath"];
    names.iter().any(|name| state.get(name).is_some()) || state.to_string().contains("$$.Map.Item.")
}

/// The variables that are read in a value.
pub(super) fn variables(value: &Value) -> Vec<String> {
    let text = value.to_string();
    let starts =
        text.split('$').skip(1).filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
    starts
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
        .collect()
}

pub(super) fn outcome(part: &Value) -> Value {
    match &part["expect"]["output"] {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        output => output.clone(),
    }
}

/// A template with the members that the outcome has beside its own, in the outcome's order: they can only be literals.
fn with_literals(template: &Value, outcome: &Value) -> Option<Value> {
    let mut template = template.as_object()?.clone();
    let mut full = Map::new();
    for (name, value) in outcome.as_object()? {
        let computed = format!("{name}.$");
        match (template.shift_remove(&computed), template.shift_remove(name)) {
            (Some(text), _) => full.insert(computed, text),
            (None, Some(own)) => full.insert(name.clone(), own),
            (None, None) => full.insert(name.clone(), value.clone()),
        };
    }
    full.extend(template);
    Some(Value::Object(full))
}

/// Pass states, one after the other.
fn chain(part: &Value, states: &[(String, Value)]) -> Vec<Value> {
    let known = ["Parameters", "InputPath", "OutputPath", "Assign"];
    let members = |state: &Value| -> Vec<String> {
        state.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let is_known = states
        .iter()
        .all(|(_, state)| members(state).iter().all(|name| known.contains(&name.as_str())));
    // What else may come out of a state than what is in these fields does not show when there are several.
    let assigns_only = states.iter().all(|(_, state)| members(state) == ["Assign"]);
    let reads_variables = states.iter().any(|(_, state)| !variables(state).is_empty());
    if states.is_empty() || !is_known || reads_variables || (states.len() > 1 && !assigns_only) {
        return Vec::new();
    }
    let outcome = outcome(part);
    let mut made = Map::new();
    for (at, (name, state)) in states.iter().enumerate() {
        let mut state = state.clone();
        state["Type"] = json!("Pass");
        match states.get(at + 1) {
            Some((next, _)) => state["Next"] = json!(next),
            None => state["End"] = json!(true),
        }
        // Assigning gives no output: another one than the input is a literal result.
        if assigns_only && at == 0 && outcome != part["input"] {
            state["Result"] = outcome.clone();
        }
        if let (Some(template), None) = (state.get("Parameters"), state.get("OutputPath"))
            && let Some(full) = with_literals(template, &outcome)
        {
            state["Parameters"] = full;
        }
        made.insert(name.clone(), state);
    }
    vec![json!({ "StartAt": states[0].0, "States": made })]
}

/// A Map state whose iterations pass their input on, inline and distributed.
fn maps(part: &Value, name: &str, state: &Value) -> Vec<Value> {
    let outcome = outcome(part);
    let items = match state["ItemsPath"].as_str() {
        None => part["input"].clone(),
        Some(path) => match path.strip_prefix("$.") {
            Some(member) => part["input"][member].clone(),
            None => Value::Null,
        },
    };
    if !items.is_array() || !variables(state).is_empty() || state.get("ItemProcessor").is_some() {
        return Vec::new();
    }
    let mut state = state.clone();
    state["Type"] = json!("Map");
    state["End"] = json!(true);
    for selector in ["ItemSelector", "Parameters"] {
        let full = state.get(selector).and_then(|template| with_literals(template, &outcome[0]));
        if let Some(full) = full {
            state[selector] = full;
        }
    }
    let modes = [
        json!({ "Mode": "INLINE" }),
        json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }),
    ];
    let made = modes.map(|mode| {
        let mut state = state.clone();
        state["ItemProcessor"] = json!({ "ProcessorConfig": mode, "StartAt": "Item",
            "States": { "Item": { "Type": "Pass", "End": true } } });
        json!({ "StartAt": name, "States": { name: state } })
    });
    made.into()
}

/// A Parallel state whose branches assign: what they read may have any value, for it does not show.
fn parallel(name: &str, state: &Value) -> Vec<Value> {
    let mut state = state.clone();
    let read = variables(&state);
    for branch in state["Branches"].as_array_mut().into_iter().flatten() {
        let Some(states) = branch["States"].as_object_mut() else { return Vec::new() };
        if states.len() != 1 {
            return Vec::new();
        }
        let Some((only, inner)) = states.iter_mut().next() else { return Vec::new() };
        let start = json!(only);
        if inner.as_object().is_none_or(|inner| inner.len() != 1 || !inner.contains_key("Assign")) {
            return Vec::new();
        }
        inner["Type"] = json!("Pass");
        inner["End"] = json!(true);
        branch["StartAt"] = start;
    }
    state["Type"] = json!("Parallel");
    state["End"] = json!(true);
    let assigned: Map<String, Value> =
        read.into_iter().map(|variable| (variable, json!(0))).collect();
    let before = json!({ "Type": "Pass", "Assign": assigned, "Next": name });
    vec![json!({ "StartAt": "Before", "States": { "Before": before, name: state } })]
}

// Expressions

/// An execution of one state that one expression is recorded of.
fn of_expression(part: &Value) -> Option<Value> {
    let [Value::String(text)] = part["expr"].as_array()?.as_slice() else { return None };
    let cause = part["expect"]["cause"].as_str().unwrap_or_default();
    let quoted =
        |before: &str| cause.split_once(before).and_then(|(_, rest)| rest.split('\'').next());
    let name = quoted("the state '").unwrap_or("State0");
    let mut state = json!({ "Type": "Pass", "QueryLanguage": "JSONata", "End": true });
    match quoted("for the field '").map(|field| field.split('/').collect::<Vec<_>>()).as_deref() {
        Some(["Output"]) => state["Output"] = json!(text),
        Some(["Output", member]) => state["Output"] = json!({ *member: text }),
        Some(["Assign", member]) => state["Assign"] = json!({ *member: text }),
        Some(_) => return None,
        None if cause.contains("The Timestamp field") => {
            state["Type"] = json!("Wait");
            state["Timestamp"] = json!(text);
        }
        None if cause.is_empty() && gives_outcome(text, &outcome(part)) => {
            state["Output"] = json!(text)
        }
        None => return None,
    }
    Some(whole(part, json!({ "StartAt": name, "States": { name: state } })))
}

/// Whether an outcome is what an expression gives, and not what is made of it or goes by it: the recorder's functions take their
/// arguments from `FunctionInput` to the output; a boolean, and a list where the expression is one, come out of nothing else when
/// the expression reads nothing.
fn gives_outcome(text: &str, outcome: &Value) -> bool {
    if text.contains("$states.input.FunctionInput") {
        return true;
    }
    let text = text.trim_start_matches("{%").trim_end_matches("%}").trim();
    let Ok(expression) = coldstart_expr::jsonata::parse(text) else { return false };
    let reads = expression.variables().any(|name| !text.contains(&format!("${name}(")));
    !reads
        && (outcome.is_boolean()
            || outcome.is_array() && text.starts_with('[') && text.ends_with(']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the recorder would have noted of an execution.
    fn parts(case: &Value) -> Vec<Value> {
        let mut all = Vec::new();
        leaves(&definition_of(case).unwrap_or_default(), &mut Vec::new(), &mut all);
        let expressions: Vec<&Value> =
            all.iter().filter(|(_, value)| is_expression(value)).map(|(_, value)| value).collect();
        let fields: Vec<Value> = all
            .iter()
            .filter(|(place, value)| is_path(place, value))
            .map(|(place, value)| json!([place[1..].join("/"), value]))
            .collect();
        let part = |name: &str, value: Value| json!({ "id": case["id"], name: value });
        vec![part("expr", json!(expressions)), part("fields", json!(fields))]
    }

    #[test]
    fn definitions_found_by_their_siblings_are_the_recorded_ones() {
        let context = crate::context(&crate::data::default_dir()).expect("readable data");
        let mut found = 0;
        for case in context.executions.values() {
            for part in parts(case) {
                if let Some(rebuilt) = sibling(&part, &context.executions) {
                    let wanted = definition_of(case).expect("a definition");
                    assert_eq!(
                        rebuilt["definition"].to_string(),
                        wanted.to_string(),
                        "{}",
                        case["id"]
                    );
                    found += 1;
                }
            }
        }
        assert!(found > 50 || context.executions.is_empty(), "only {found} are found");
    }

    #[test]
    fn tests_are_named_before_their_parameters() {
        for id in ["a/b.py::C::test_x[one/2]", "a/b.py::C::test_x/12", "a/b.py::C::test_x"] {
            assert_eq!(test_of(id), "a/b.py::C::test_x");
        }
    }

    #[track_caller]
    fn check(part: Value, expected: &[&str]) {
        let mut part = part;
        part["id"] = json!("own");
        let rebuilt: Vec<Value> = match part["fields"].is_array() {
            true => of_fields(&part),
            false => of_expression(&part).into_iter().collect(),
        };
        let rebuilt: Vec<String> =
            rebuilt.iter().map(|case| case["definition"]["States"].to_string()).collect();
        assert_eq!(rebuilt, expected);
    }

    #[test]
    fn fields_are_rebuilt_to_states() {
        check(
            json!({ "fields": [["P/Parameters/a.$", "$.x"]], "input": { "x": 1 },
                "expect": { "output": { "a": 1, "b": "literal" } } }),
            &[r#"{"P":{"Parameters":{"a.$":"$.x","b":"literal"},"Type":"Pass","End":true}}"#],
        );
        check(
            json!({ "fields": [["P/Assign/a.$", "$.x"]], "input": {}, "expect": { "output": { "x": 1 } } }),
            &[r#"{"P":{"Assign":{"a.$":"$.x"},"Type":"Pass","End":true,"Result":{"x":1}}}"#],
        );
        // Which value the variable had is not in the data.
        check(
            json!({ "fields": [["P/Parameters/a.$", "$v"]], "input": {}, "expect": { "output": { "a": 1 } } }),
            &[],
        );
        check(
            json!({ "fields": [["M/ItemsPath", "$.none"]], "input": {}, "expect": { "output": "[1]" } }),
            &[],
        );
    }

    #[test]
    fn expressions_are_rebuilt_where_their_place_is_known() {
        check(
            json!({ "expr": ["{% $none %}"], "input": {},
                "expect": { "cause": "… the state 'A' … for the field 'Assign/x' …" } }),
            &[
                r#"{"A":{"Type":"Pass","QueryLanguage":"JSONata","End":true,"Assign":{"x":"{% $none %}"}}}"#,
            ],
        );
        let with = |text: &str, output: &str| json!({ "expr": [text], "input": {}, "expect": { "output": output } });
        check(with("{% $number('2') %}", "[1,2,3]"), &[]);
        check(with("{% $states.input %}", "true"), &[]);
        check(
            with("{% [] %}", "[]"),
            &[
                r#"{"State0":{"Type":"Pass","QueryLanguage":"JSONata","End":true,"Output":"{% [] %}"}}"#,
            ],
        );
    }
}
