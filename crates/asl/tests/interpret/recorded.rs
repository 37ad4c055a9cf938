//! Whole executions, compared event by event.

use crate::compare::{Bindings, compare, short};
use crate::host::{Host, machine, start};
use coldstart_asl::interpret::{Execution, Failure, Status, Time};
use regex_lite::Regex;
use serde_json::{Map, Value, json};

#[test]
fn executions_as_aws_ran_them() {
    crate::all("execution.jsonl", 510, check);
}

fn check(case: &Value) -> Result<(), String> {
    let expect = &case["expect"];
    let now = Time::parse(case["clockStart"].as_str().unwrap_or("2026-01-01T00:00:00Z")).unwrap();
    let mut execution = Execution::start(machine(case)?, start(case), now);
    let mut host = Host::new(case);
    if expect["status"] == "ABORTED" {
        execution.abort(Time(now.0 + 1_000_000), Failure::default());
    } else {
        host.run(&mut execution, now)?;
    }
    let normaliser = Normaliser::new(case);
    let mut bindings = Bindings::default();
    if let Some(history) = expect.get("history").and_then(Value::as_array) {
        let ours: Vec<Value> =
            execution.history().iter().map(|event| event.to_json(true)).collect();
        let ours = ours.iter().map(|event| normaliser.ours(event)).collect();
        histories(case, history, ours, &mut bindings)?;
    }
    let mut outcome = Map::new();
    outcome.insert("status".to_owned(), json!(execution.status().name()));
    if let Some(output) = execution.output() {
        outcome.insert("output".to_owned(), json!(output.text()));
    }
    if execution.status() == Status::Failed {
        let mut put = |name: &str, text: Option<&str>| {
            if let Some(text) = text {
                outcome.insert(name.to_owned(), json!(text));
            }
        };
        put("error", execution.error());
        put("cause", execution.cause());
    }
    let names = ["status", "output", "error", "cause"];
    let expected = names.into_iter().filter_map(|name| Some((name, expect.get(name)?)));
    let expected: Map<String, Value> =
        expected.map(|(name, value)| (name.to_owned(), compact(value))).collect();
    compare(&Value::Object(expected), &normaliser.ours(&Value::Object(outcome)), &mut bindings)
}

fn histories(
    case: &Value,
    expected: &[Value],
    mut ours: Vec<Value>,
    bindings: &mut Bindings,
) -> Result<(), String> {
    let types = |events: &[Value]| -> Vec<String> {
        events
            .iter()
            .map(|event| {
                format!(
                    "{}<{}:{}",
                    event["id"],
                    event["previousEventId"],
                    event["type"].as_str().unwrap_or_default()
                )
            })
            .collect()
    };
    if case["expect"]["historyNormalised"] == true {
        for event in expected {
            let is_free = event["id"].is_array();
            let matches = |actual: &Value| {
                let mut actual = actual.clone();
                if is_free {
                    actual["id"] = event["id"].clone();
                    actual["previousEventId"] = event["previousEventId"].clone();
                }
                actual["type"] == event["type"]
                    && compare(&compact(event), &actual, &mut bindings.clone()).is_ok()
            };
            let Some(at) = ours.iter().position(matches) else {
                return Err(format!("no event is {}; ours: {:?}", short(event), types(&ours)));
            };
            ours.remove(at);
        }
        // The recorder left the ends of branches out.
        let left = ours.iter().filter(|event| {
            let kind = event["type"].as_str().unwrap_or_default();
            !["ParallelStateSucceeded", "ParallelStateFailed", "ParallelStateExited"]
                .contains(&kind)
        });
        return match left.count() {
            0 => Ok(()),
            _ => Err(format!("more events than recorded: {:?}", types(&ours))),
        };
    }
    let older = is_before(case, ("2024", "11", "22"));
    let without_redrive = is_before(case, ("2023", "11", "15"));
    for (at, (wanted, actual)) in expected.iter().zip(&mut ours).enumerate() {
        // Until late in 2024 the end of a map run was a link of the chain.
        if older
            && wanted["type"] == "MapStateExited"
            && wanted["previousEventId"] != actual["previousEventId"]
        {
            let id = wanted["previousEventId"].as_u64().unwrap_or(0) as usize;
            if expected
                .get(id.wrapping_sub(1))
                .is_some_and(|event| event["type"] == "MapRunSucceeded")
            {
                actual["previousEventId"] = wanted["previousEventId"].clone();
            }
        }
        if without_redrive {
            without(actual, "RedriveCount");
        }
        if let Err(why) = compare(&compact(wanted), actual, bindings) {
            let kind = wanted["type"].as_str().unwrap_or_default();
            return Err(format!("event {} {kind}: {why}", at + 1));
        }
    }
    match expected.len() == ours.len() {
        true => Ok(()),
        false => Err(format!("{} events, not {}: {:?}", ours.len(), expected.len(), types(&ours))),
    }
}

/// Whether AWS was recorded before a day: variables and JSONata came on the 22nd of November 2024, redriving on the
/// 15th of November 2023, and both left traces.
fn is_before(case: &Value, day: (&str, &str, &str)) -> bool {
    let oracle = case["oracle"].as_str().unwrap_or_default();
    let date = Regex::new("recorded ([0-9]{2})-([0-9]{2})-([0-9]{4})").unwrap();
    let Some(found) = date.captures(oracle) else { return false };
    (&found[3], &found[2], &found[1]) < day
}

fn without(value: &mut Value, name: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| without(item, name)),
        Value::Object(members) => {
            members.shift_remove(name);
            members.values_mut().for_each(|member| without(member, name));
        }
        _ => {}
    }
}

/// Brings our answers into the recorder's form.
struct Normaliser {
    substitutions: Vec<(Regex, String)>,
    /// The last names of a path, and what its value was replaced with.
    paths: Vec<(Vec<String>, Value)>,
}

impl Normaliser {
    fn new(case: &Value) -> Normaliser {
        let pairs = |name: &str| case[name].as_array().cloned().unwrap_or_default();
        let expect = case["expect"].to_string();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Normaliser {
            substitutions: pairs("substitutions")
                .iter()
                // The recorder did not always get to apply one.
                .filter(|pair| expect.contains(&text(&pair[1])))
                .filter_map(|pair| {
                    let from = text(&pair[0]);
                    let regex = Regex::new(&from)
                        .ok()
                        .or_else(|| Regex::new(&regex_lite::escape(&from)).ok());
                    Some((regex?, text(&pair[1])))
                })
                .collect(),
            paths: pairs("jsonpathPlaceholders")
                .iter()
                .filter_map(|pair| {
                    let names = text(&pair[0])
                        .strip_prefix("$..")?
                        .split('.')
                        .filter(|name| !matches!(*name, "" | "events"))
                        .map(str::to_owned)
                        .collect();
                    Some((names, pair[1].clone()))
                })
                .collect(),
        }
    }

    fn ours(&self, value: &Value) -> Value {
        let parsed = parsed(value);
        // An outcome stands where the last event does.
        let within = match value.get("status") {
            Some(_) => vec!["executionSucceededEventDetails".to_owned()],
            None => Vec::new(),
        };
        let replaced = self.replaced(&parsed, &mut { within });
        compact(&replaced)
    }

    fn replaced(&self, value: &Value, names: &mut Vec<String>) -> Value {
        let is_leaf = |value: &Value| !value.is_array() && !value.is_object();
        let hit = self.paths.iter().find(|(path, _)| names.ends_with(path));
        if let (Some((_, placeholder)), true) = (hit, is_leaf(value)) {
            return placeholder.clone();
        }
        match value {
            Value::String(text) => {
                let mut text = text.clone();
                for (from, to) in &self.substitutions {
                    text = from.replace_all(&text, regex_lite::NoExpand(to)).into_owned();
                }
                Value::String(text)
            }
            Value::Array(items) => items.iter().map(|item| self.replaced(item, names)).collect(),
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| {
                    names.push(name.clone());
                    let value = self.replaced(value, names);
                    names.pop();
                    (name.clone(), value)
                });
                Value::Object(members.collect())
            }
            other => other.clone(),
        }
    }
}

/// Texts that start with a brace as what they hold, one level deep.
fn parsed(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with('{') => {
            serde_json::from_str(text).unwrap_or_else(|_| value.clone())
        }
        Value::Array(items) => items.iter().map(parsed).collect(),
        Value::Object(members) => Value::Object(
            members.iter().map(|(name, value)| (name.clone(), parsed(value))).collect(),
        ),
        other => other.clone(),
    }
}

/// JSON in texts without blanks: the recorder lost those of causes. A text of JSON is that text, so that words for
/// dates are seen.
pub(crate) fn compact(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with('"') => match serde_json::from_str::<Value>(text) {
            Ok(inner @ Value::String(_)) => inner,
            _ => value.clone(),
        },
        Value::String(text) if text.starts_with(['{', '[']) => {
            match serde_json::from_str::<Value>(text) {
                Ok(inner) => Value::String(compact(&inner).to_string()),
                Err(_) => value.clone(),
            }
        }
        Value::Array(items) => items.iter().map(compact).collect(),
        Value::Object(members) => Value::Object(
            members.iter().map(|(name, value)| (name.clone(), compact(value))).collect(),
        ),
        other => other.clone(),
    }
}
