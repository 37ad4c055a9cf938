//! State machines that people published: each opens, is valid, is drawn, and runs to its end with generated answers.
//!
//! The data is not part of the project: it is looked for beside the conformance data, see `conformance.rs`. Without it each test
//! says that it was skipped.

#![allow(clippy::unwrap_used, reason = "tests")]

#[allow(dead_code, reason = "each test uses a part of it")]
mod host;
mod mocks;

use coldstart_asl::interpret::{Data, Machine, Purpose, Start, Status, Task};
use coldstart_asl::{Definition, MachineType, Severity, layout, parse, parse_for, svg};
use host::{Answer, Dice, World};
use mocks::Reads;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Attempts with other answers before a machine is said not to end well.
const TRIES_MAX: u64 = 60;
const STEPS_MAX: usize = 400;

/// Machines that are not what AWS takes, and why. They open and are drawn like the others.
const FAULTY: [(&str, &str); 1] = [(
    "shared-fallback-state-jsonata",
    "`QueryLanguage` stands among the states, as if it were one",
)];

fn samples() -> Option<Vec<(String, String, Value)>> {
    let root = match std::env::var_os("COLDSTART_CONFORMANCE") {
        Some(root) => PathBuf::from(root),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance")),
    };
    let Ok(text) = std::fs::read_to_string(root.join("../samples/state-machines.jsonl")) else {
        eprintln!("state-machines.jsonl: skipped: no data");
        return None;
    };
    let rows = text.lines().map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        let definition = serde_json::to_string_pretty(&row["definition"]).unwrap();
        (row["id"].as_str().unwrap().to_owned(), definition, row["definition"].clone())
    });
    Some(rows.collect())
}

fn is_faulty(id: &str) -> bool {
    FAULTY.iter().any(|(part, _)| id.contains(part))
}

#[test]
fn each_opens_is_valid_and_is_drawn() {
    let Some(samples) = samples() else { return };
    for (id, text, _) in &samples {
        let (definition, diagnostics) = parse(text);
        let definition = definition.unwrap_or_else(|| panic!("{id}: nothing could be read"));
        let errors: Vec<String> = diagnostics
            .iter()
            .filter(|one| one.severity == Severity::Error)
            .map(|one| format!("{}: {}", one.pointer, one.message))
            .collect();
        assert_eq!(errors.is_empty(), !is_faulty(id), "{id}: {errors:#?}");
        let layout = layout::layout(&definition).unwrap_or_else(|why| panic!("{id}: {why:?}"));
        let states = states(&definition);
        let drawn = layout.boxes.iter().filter(|one| one.kind == layout::BlockKind::State).count();
        assert_eq!(drawn, states, "{id}: states drawn");
        assert!(svg::write(&layout, id).trim_end().ends_with("</svg>"), "{id}");
    }
    assert_eq!(samples.len(), 92);
}

fn states(definition: &Definition) -> usize {
    let inside =
        |state: &coldstart_asl::State| state.containers().iter().map(states).sum::<usize>();
    definition.states.iter().map(|state| 1 + inside(state)).sum()
}

#[test]
fn each_runs_to_its_end_with_generated_answers() {
    let Some(samples) = samples() else { return };
    let (mut succeeded, mut failed) = (0, Vec::new());
    for (id, _, value) in samples.iter().filter(|(id, _, _)| !is_faulty(id)) {
        let deployed = deployed(value);
        match [MachineType::Standard, MachineType::Express].map(|kind| try_as(kind, &deployed)) {
            [Err(why), Err(_)] => failed.push(format!("{id}\n    {why}")),
            _ => succeeded += 1,
        }
    }
    eprintln!("{succeeded} succeed; {} do not:\n{}", failed.len(), failed.join("\n"));
    assert!(failed.is_empty());
}

/// The definition as it would be after deployment: a placeholder of a resource stands for one.
fn deployed(definition: &Value) -> Value {
    let mut definition = definition.clone();
    fn visit(value: &mut Value) {
        let reads_token = value["Parameters"].to_string().contains("$$.Task.Token");
        match value {
            Value::Array(items) => items.iter_mut().for_each(visit),
            Value::Object(members) => {
                if let Some(Value::String(resource)) = members.get_mut("Resource")
                    && resource.starts_with("${")
                {
                    *resource = match reads_token {
                        true => "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                        false => "arn:aws:lambda:us-east-1:123456789012:function:placeholder",
                    }
                    .to_owned();
                }
                members.values_mut().for_each(visit);
            }
            // A value that is nothing but a placeholder: one that is a text, a number's text and JSON.
            Value::String(text)
                if text.starts_with("${") && text.find('}') == Some(text.len() - 1) =>
            {
                *text = "7".to_owned();
            }
            _ => {}
        }
    }
    visit(&mut definition);
    // `${Name}` elsewhere is replaced by some text: its name serves.
    let text = definition.to_string();
    let mut parts = text.split("${");
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        replaced.push_str(&part.replacen('}', "", 1));
    }
    serde_json::from_str(&replaced).unwrap()
}

fn try_as(kind: MachineType, definition: &Value) -> Result<(), String> {
    let (read, diagnostics) = parse_for(&definition.to_string(), kind);
    if let Some(error) = diagnostics.iter().find(|one| one.severity == Severity::Error) {
        return Err(error.as_refusal());
    }
    let machine = Machine::compile(&read.unwrap(), kind).map_err(|error| error.to_string())?;
    try_until_it_succeeds(&Arc::new(machine), definition)
}

fn try_until_it_succeeds(machine: &Arc<Machine>, definition: &Value) -> Result<(), String> {
    let reads = Reads::of(definition);
    // How they failed, and how often.
    let mut failures = BTreeMap::<String, usize>::new();
    for seed in 0..TRIES_MAX {
        let mut dice = Dice(seed);
        let mut start =
            Start { seed, ..Start::new(Data::new(reads.answer(&mut dice, seed % 3 == 1))) };
        if machine.kind() == MachineType::Express {
            start.identity.execution_arn =
                "arn:aws:states:us-east-1:123456789012:express:machine:execution:0b4b".into();
        }
        let mut world = World::start(Arc::clone(machine), start);
        world.run(STEPS_MAX, &mut |_, _, task| {
            Some(Answer {
                after_seconds: 1,
                outcome: Ok(answer(definition, &reads, task, seed, &mut dice)),
            })
        });
        let root = world.root();
        if root.status() == Status::Succeeded {
            return Ok(());
        }
        let why = [
            root.status().name(),
            root.error().unwrap_or_default(),
            root.cause().unwrap_or_default(),
        ];
        *failures.entry(why.join(" ").chars().take(300).collect()).or_default() += 1;
    }
    let mut failures: Vec<(usize, String)> =
        failures.into_iter().map(|(why, times)| (times, why)).collect();
    failures.sort_by(|a, b| b.cmp(a));
    failures.truncate(4);
    Err(format!("{failures:#?}"))
}

fn answer(definition: &Value, reads: &Reads, task: &Task, seed: u64, dice: &mut Dice) -> Value {
    let item = || reads.answer(&mut dice.clone(), false);
    // A service that answers a list does so every time.
    let letters = task
        .state
        .bytes()
        .fold(seed, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let as_list = Dice(letters).once_in(4);
    match task.purpose {
        Purpose::Task => reads.answer(dice, as_list),
        Purpose::ResultWriter => json!({}),
        Purpose::ItemReader => {
            let reader = reader(definition, &task.state).unwrap_or(&Value::Null);
            if reader["Resource"].as_str().is_some_and(|text| text.contains("listObjects")) {
                return json!({ "Contents": [{ "Key": "a.json", "Size": 1 }, { "Key": "b.json", "Size": 2 }] });
            }
            let body = match reader["ReaderConfig"]["InputType"].as_str() {
                Some("CSV") => {
                    let columns = reads.columns();
                    let row = vec!["1"; columns.len()].join(",");
                    format!("{}\n{row}\n{row}\n", columns.join(","))
                }
                Some("JSONL") => format!("{}\n{}\n", item(), item()),
                _ => json!([item(), item()]).to_string(),
            };
            json!({ "Body": body })
        }
    }
}

/// The `ItemReader` of a Map state, wherever it is.
fn reader<'a>(machine: &'a Value, name: &str) -> Option<&'a Value> {
    let states = machine["States"].as_object()?;
    if let Some(state) = states.get(name) {
        return Some(&state["ItemReader"]);
    }
    states.values().find_map(|state| {
        let branches = state["Branches"].as_array().into_iter().flatten();
        branches
            .chain([&state["ItemProcessor"], &state["Iterator"]])
            .find_map(|inside| reader(inside, name))
    })
}
