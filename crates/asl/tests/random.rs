//! Random machines: they never panic, they end or wait, their histories hold together, and the same seed gives the same history.
//!
//! `COLDSTART_RANDOM_CASES` says how many (default 400); each failure names the seed that shows it again.

#![allow(clippy::unwrap_used, reason = "tests")]

mod generate;
#[allow(dead_code, reason = "each test uses a part of it")]
mod host;

use coldstart_asl::interpret::{
    Data, Details, Execution, Failure, Machine, Purpose, Start, Status, Task,
};
use coldstart_asl::{Definition, MachineType, Severity, State, StateKind, parse_for};
use host::{Answer, Dice, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const STEPS_MAX: usize = 100_000;

fn cases() -> u64 {
    std::env::var("COLDSTART_RANDOM_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(400)
}

fn machine_type(express: bool) -> MachineType {
    if express { MachineType::Express } else { MachineType::Standard }
}

/// A machine from a seed, and its text.
fn made(seed: u64) -> (String, Definition, Arc<Machine>) {
    let (value, express) = generate::machine(seed);
    let text = value.to_string();
    let (definition, diagnostics) = parse_for(&text, machine_type(express));
    let errors: Vec<_> = diagnostics.iter().filter(|one| one.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "seed {seed}: {errors:#?}\n{value:#}");
    let definition = definition.unwrap();
    let machine = Machine::compile(&definition, machine_type(express))
        .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{value:#}"));
    (text, definition, Arc::new(machine))
}

/// Some tasks succeed, some fail, some never answer.
fn answer(dice: &mut Dice, task: &Task) -> Option<Answer> {
    let after_seconds = dice.below(20) as u64;
    let outcome = match task.purpose {
        Purpose::ItemReader => {
            let key = task.parameters.value()["Key"].as_str().unwrap_or_default().to_owned();
            Ok(match key.rsplit('.').next() {
                Some("json") => json!({ "Body": "[1, {\"price\": 2}, \"three\"]" }),
                Some("jsonl") => json!({ "Body": "{\"a\": 1}\n{\"a\": 2}\n{\"a\": 3}\n" }),
                Some("csv") => json!({ "Body": "sku,price\na,1\nb,2\n" }),
                _ => {
                    json!({ "Contents": [{ "Key": "p/1", "Size": 1 }, { "Key": "p/2", "Size": 2 }] })
                }
            })
        }
        Purpose::ResultWriter => Ok(json!({})),
        Purpose::Task => match dice.below(20) {
            0..=12 => {
                let mut answer = generate::input();
                answer["Payload"] = generate::input();
                Ok(answer)
            }
            13..=15 => Err(Failure::new("Made.Up", "thrown by dice")),
            16 => Err(Failure::new("States.TaskFailed", "{\"a\": 1}")),
            17 => Err(Failure::default()),
            18 => Ok(json!("a text")),
            _ => return None,
        },
    };
    Some(Answer { after_seconds, outcome })
}

fn start(seed: u64) -> Start {
    Start { seed, ..Start::new(Data::new(generate::input())) }
}

fn ran(seed: u64, machine: &Arc<Machine>) -> World {
    let mut world = World::start(Arc::clone(machine), start(seed));
    let mut dice = Dice(seed ^ 0xdead_beef);
    world.run(STEPS_MAX, &mut |_, _, task| answer(&mut dice, task));
    world
}

#[test]
fn machines_end_or_wait_and_their_histories_hold_together() {
    let mut ends = BTreeMap::new();
    for seed in 0..cases() {
        let (text, definition, machine) = made(seed);
        let world = ran(seed, &machine);
        let nesting = Nesting::of(&definition);
        for (number, slot) in world.slots.iter().enumerate() {
            let execution = &slot.execution;
            let held = history_holds(execution, &nesting).and_then(|()| ended_or_waits(execution));
            if let Err(why) = held {
                panic!("seed {seed}, execution {number}: {why}\n{text}\n{}", lines(execution));
            }
        }
        let root = world.root();
        let end = match root.status() {
            Status::Failed => format!("FAILED {}", root.error().unwrap_or_default()),
            status => status.name().to_owned(),
        };
        *ends.entry(end).or_insert(0) += 1;
    }
    eprintln!("{ends:#?}");
    // A generator whose machines all fail at once would prove nothing.
    let succeeded = ends.get("SUCCEEDED").copied().unwrap_or(0);
    assert!(succeeded * 4 > cases(), "only {succeeded} machines of {} succeed", cases());
}

#[test]
fn the_same_seed_is_the_same_history() {
    for seed in 0..cases() / 2 {
        let (_, _, machine) = made(seed);
        assert_eq!(
            ran(seed, &machine).transcript(),
            ran(seed, &machine).transcript(),
            "seed {seed}"
        );
    }
}

#[test]
fn stopped_anywhere_it_is_aborted_and_stays_so() {
    for seed in 0..cases() / 2 {
        let (text, definition, machine) = made(seed);
        let mut world = World::start(machine, start(seed));
        let mut dice = Dice(seed ^ 0xdead_beef);
        let steps = dice.below(8);
        world.run(steps, &mut |_, _, task| answer(&mut dice, task));
        let (now, was) = (world.now, world.root().status());
        world.slots[0].execution.abort(now, Failure::new("Stopped", "by hand"));
        world.run(STEPS_MAX, &mut |_, _, task| answer(&mut dice, task));
        let root = world.root();
        let expected = if was == Status::Running { Status::Aborted } else { was };
        assert_eq!(root.status(), expected, "seed {seed}\n{text}");
        let held = history_holds(root, &Nesting::of(&definition));
        held.unwrap_or_else(|why| panic!("seed {seed}: {why}\n{text}\n{}", lines(root)));
    }
}

#[test]
fn a_redriven_execution_goes_on_and_its_history_still_holds() {
    let mut redriven = 0;
    for seed in 0..cases() {
        let (text, definition, machine) = made(seed);
        let mut world = ran(seed, &machine);
        let now = world.now;
        if world.slots[0].execution.redrive(now).is_err() {
            continue;
        }
        redriven += 1;
        let mut dice = Dice(seed ^ 0xfeed);
        world.run(STEPS_MAX, &mut |_, _, task| answer(&mut dice, task));
        let root = world.root();
        let held =
            history_holds(root, &Nesting::of(&definition)).and_then(|()| ended_or_waits(root));
        held.unwrap_or_else(|why| panic!("seed {seed}: {why}\n{text}\n{}", lines(root)));
    }
    eprintln!("{redriven} redriven");
    assert!(redriven > 0);
}

#[test]
fn broken_definitions_are_read_and_compiled_without_a_panic() {
    let mut compiled = 0;
    for seed in 0..cases() * 4 {
        let (mut value, express) = generate::machine(seed / 4);
        let mut dice = Dice(seed.wrapping_mul(31));
        for _ in 0..1 + dice.below(3) {
            let count = values(&value);
            let at = dice.below(count);
            break_value(&mut value, &mut { at }, &mut dice);
        }
        let mut text = value.to_string();
        if dice.once_in(3) {
            text = torn(&text, &mut dice);
        }
        let (definition, diagnostics) = parse_for(&text, machine_type(express));
        let Some(definition) = definition else { continue };
        let Ok(machine) = Machine::compile(&definition, machine_type(express)) else { continue };
        compiled += 1;
        // What CreateStateMachine takes must run.
        let sound = diagnostics.iter().all(|one| one.severity != Severity::Error);
        if sound && !express {
            let world = ran(seed, &Arc::new(machine));
            ended_or_waits(world.root()).unwrap_or_else(|why| panic!("seed {seed}: {why}\n{text}"));
        }
    }
    eprintln!("{compiled} of {} broken definitions compile", cases() * 4);
}

fn values(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(values).sum::<usize>(),
        Value::Object(members) => members.values().map(values).sum::<usize>(),
        _ => 0,
    }
}

/// Replaces or removes the value whose turn it is.
fn break_value(value: &mut Value, at: &mut usize, dice: &mut Dice) {
    if *at == 0 {
        *at = usize::MAX;
        *value = match dice.below(14) {
            0 => Value::Null,
            1 => json!(-1),
            2 => json!(1e300),
            3 => json!(""),
            4 => json!("$.a.b[0:1:2]"),
            5 => json!("{% %}"),
            6 => json!("{% $states.input.( $$ %}"),
            7 => json!([]),
            8 => json!({}),
            9 => json!([[[{ "a": 1 }]]]),
            10 => json!("States.Format('{}', "),
            11 => json!(true),
            12 => json!("State 1"),
            _ => json!("\u{0}\u{10ffff}ä"),
        };
        return;
    }
    *at -= 1;
    match value {
        Value::Array(items) => {
            for item in items {
                if *at == usize::MAX {
                    return;
                }
                break_value(item, at, dice);
            }
        }
        Value::Object(members) => {
            let renamed = members.keys().next().cloned();
            for member in members.values_mut() {
                if *at == usize::MAX {
                    break;
                }
                break_value(member, at, dice);
            }
            // Now and then a member goes, too.
            if let (usize::MAX, true, Some(key)) = (*at, dice.once_in(6), renamed) {
                let moved = members.shift_remove(&key).unwrap();
                if dice.once_in(2) {
                    members.insert(format!("{key}Path"), moved);
                }
            }
        }
        _ => {}
    }
}

/// The text with a few characters gone, doubled or changed.
fn torn(text: &str, dice: &mut Dice) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..1 + dice.below(4) {
        if characters.len() < 2 {
            break;
        }
        let at = dice.below(characters.len());
        match dice.below(4) {
            0 => drop(characters.remove(at)),
            1 => characters.insert(at, characters[at]),
            2 => characters[at] = *dice.one_of(&['{', '}', '"', ',', ':', '\\', '\n', 'é', '0']),
            _ => characters.truncate(at.max(1)),
        }
    }
    characters.into_iter().collect()
}

/// Which Parallel and Map states each state is inside, outermost first.
struct Nesting(BTreeMap<String, Vec<String>>);

impl Nesting {
    fn of(definition: &Definition) -> Nesting {
        let mut nesting = Nesting(BTreeMap::new());
        nesting.add(definition, &[]);
        nesting
    }

    fn add(&mut self, definition: &Definition, around: &[String]) {
        for state in &definition.states {
            self.0.insert(state.name.clone(), around.to_vec());
            let mut inside = around.to_vec();
            inside.push(state.name.clone());
            for container in state.containers() {
                // A distributed Map state's iterations are executions of their own.
                let around = if is_distributed(state) { &[][..] } else { &inside };
                self.add(container, around);
            }
        }
    }
}

fn is_distributed(state: &State) -> bool {
    matches!(&state.kind, StateKind::Map(map) if map.mode == coldstart_asl::ProcessorMode::Distributed)
}

/// Ids are dense, each previous event came before, time goes forward, and what was entered was left unless something ended it.
fn history_holds(execution: &Execution, nesting: &Nesting) -> Result<(), String> {
    let history = execution.history();
    let mut last = history.first().ok_or("it has no history")?.at;
    let mut open: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    let mut broken: BTreeMap<&str, u64> = BTreeMap::new();
    let mut containers: BTreeMap<u64, &str> = BTreeMap::new();
    let mut redriven_at = 0;
    for (index, event) in history.iter().enumerate() {
        let id = index as u64 + 1;
        if event.id != id {
            return Err(format!("event {} stands at {id}", event.id));
        }
        if event.previous_event_id >= id {
            return Err(format!("event {id} follows event {}", event.previous_event_id));
        }
        if event.at < last {
            return Err(format!("event {id} is earlier than the one before"));
        }
        last = event.at;
        match &event.details {
            Details::StateEntered { name, .. } => {
                open.entry(name).or_default().push(id);
                containers.insert(id, name);
            }
            Details::StateExited { name, .. } => {
                if open.get_mut(&**name).and_then(Vec::pop).is_none() {
                    return Err(format!("event {id} leaves {name:?}, which was not entered"));
                }
                broken.insert(name, id);
            }
            Details::MapIterationFailed { name, .. }
            | Details::MapIterationAborted { name, .. } => {
                broken.insert(name, id);
            }
            // These name no state: that is the one at the other end of their chain.
            Details::ParallelStateFailed
            | Details::MapStateFailed
            | Details::ParallelStateStarted
            | Details::StateAborted { .. }
            | Details::MapStateStarted { .. } => {
                for name in containers.values() {
                    broken.insert(name, id);
                }
            }
            Details::ExecutionRedriven { .. } => redriven_at = id,
            _ => {}
        }
    }
    let ended = execution.status() != Status::Running;
    let last_is_end = matches!(
        history.last().map(|event| &event.details),
        Some(
            Details::ExecutionSucceeded { .. }
                | Details::ExecutionFailed(_)
                | Details::ExecutionTimedOut(_)
                | Details::ExecutionAborted(_)
        )
    );
    if ended != last_is_end {
        return Err(format!(
            "it is {} and its last event is {:?}",
            execution.status().name(),
            history.last().map(|event| event.type_name())
        ));
    }
    // Only of one that succeeded all must be accounted for: any other end leaves states where they were.
    if execution.status() != Status::Succeeded {
        return Ok(());
    }
    for (name, entered) in open {
        for id in entered {
            let around = nesting.0.get(name).map(Vec::as_slice).unwrap_or_default();
            let ended = around
                .iter()
                .any(|container| broken.get(container.as_str()).is_some_and(|at| *at > id));
            if !ended && id > redriven_at {
                return Err(format!("event {id} enters {name:?}, which is neither left nor ended"));
            }
        }
    }
    Ok(())
}

/// It ended, or somebody owes it an answer.
fn ended_or_waits(execution: &Execution) -> Result<(), String> {
    let scheduled = execution.history().iter().any(|event| {
        event.type_name().ends_with("Scheduled") || event.type_name() == "MapRunStarted"
    });
    match execution.status() {
        Status::Running if execution.deadline().is_none() && !scheduled => {
            Err("it runs, and waits for nobody".into())
        }
        Status::Running if execution.deadline().is_some() => {
            Err("it still has something to do".into())
        }
        _ => Ok(()),
    }
}

fn lines(execution: &Execution) -> String {
    let lines = execution.history().iter().map(|event| {
        format!(
            "{:4} <- {:4} {} {:?}\n",
            event.id,
            event.previous_event_id,
            event.type_name(),
            event.state_name()
        )
    });
    lines.collect()
}
