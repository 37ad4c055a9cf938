//! The interpreter by itself, with its whole history.

use crate::machines::{self, Case};
use coldstart_asl::interpret::{
    Child, Data, Effect, Ended, Execution, Failure, Machine, Start, Status, Time,
};
use coldstart_asl::{MachineType, parse};
use serde_json::{Value, json};
use std::sync::Arc;

const EPOCH: Time = Time(1_767_225_600_000_000);

fn compile(definition: &Value) -> Arc<Machine> {
    let (definition, _) = parse(&definition.to_string());
    let definition = definition.expect("it is a definition");
    Arc::new(Machine::compile(&definition, MachineType::Standard).expect("it is sound"))
}

fn finished(execution: &Execution) -> &Data {
    let cause = (execution.error(), execution.cause());
    assert_eq!(execution.status(), Status::Succeeded, "{cause:?}");
    execution.output().expect("it succeeded")
}

/// Each call is an execution from start to end; it gives the transitions. The input is read once, as the peer gets its own.
pub fn runner(case: Case) -> impl FnMut() -> u64 {
    let machine = compile(&case.definition());
    let start = start(&case.input().to_string());
    let checked = Execution::start(Arc::clone(&machine), start.clone(), EPOCH);
    assert_eq!(*finished(&checked).value(), case.output());
    move || {
        let execution = Execution::start(Arc::clone(&machine), start.clone(), EPOCH);
        let events = execution.history().len() as u64;
        // Each state is entered and left, and the execution started and ended: nothing is left out.
        assert!(execution.status() == Status::Succeeded && events >= 2 * case.transitions());
        case.transitions()
    }
}

fn start(input: &str) -> Start {
    Start::new(Data::from_text(input).expect("it is JSON"))
}

/// A map run over so many items; gives how many succeeded.
pub fn distributed(items: usize) -> u64 {
    let machine = compile(&machines::distributed());
    let body = json!({ "Body": machines::lines(items) });
    let mut execution = Execution::start(machine, start("{}"), EPOCH);
    let mut body = Some(body);
    let mut succeeded = 0;
    while let Some(effect) = execution.poll_effect() {
        match effect {
            Effect::Schedule(task) => {
                let body = body.take().expect("one file is read");
                execution.task_succeeded(EPOCH, task.id, Data::new(body));
            }
            Effect::StartChild(child) => {
                let (map_run, index) = (child.map_run, child.index);
                let ended = run_child(*child);
                succeeded += u64::from(matches!(ended, Ended::Succeeded(_)));
                execution.child_finished(EPOCH, map_run, index, ended);
            }
            Effect::Cancel(_) | Effect::CancelChild { .. } => {}
        }
    }
    finished(&execution);
    assert_eq!(succeeded, items as u64);
    succeeded
}

fn run_child(child: Child) -> Ended {
    let execution = Execution::start(child.machine, child.start, EPOCH);
    match execution.status() {
        Status::Succeeded => Ended::Succeeded(finished(&execution).clone()),
        _ => Ended::Failed(Failure::default()),
    }
}

/// A day of waiting, its definition read and compiled; gives the events.
pub fn day(steps: usize) -> u64 {
    let machine = compile(&machines::day(steps));
    let mut execution = Execution::start(machine, start("{}"), EPOCH);
    while let Some(at) = execution.deadline() {
        execution.advance(at);
    }
    finished(&execution);
    assert!(execution.stopped_at() >= Some(EPOCH.plus_seconds(86_000)));
    execution.history().len() as u64
}
