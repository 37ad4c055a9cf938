//! How fast transitions are; run by hand: `cargo test --profile fast -p coldstart-asl --test interpret speed -- --ignored --nocapture`.

use coldstart_asl::interpret::{Data, Effect, Ended, Execution, Machine, Start, Status, Time};
use coldstart_asl::{MachineType, parse};
use serde_json::{Map, Value, json};
use std::sync::Arc;

fn machine(definition: &Value, kind: MachineType) -> Arc<Machine> {
    let (definition, _) = parse(&definition.to_string());
    Arc::new(Machine::compile(&definition.unwrap(), kind).unwrap())
}

#[allow(clippy::disallowed_methods, reason = "a measurement")]
fn measure(name: &str, transitions: u64, mut one: impl FnMut()) {
    let begin = std::time::Instant::now();
    let mut runs = 0_u64;
    while begin.elapsed().as_millis() < 500 {
        one();
        runs += 1;
    }
    let nanos = begin.elapsed().as_nanos() as u64;
    eprintln!(
        "{name}: {} ns a transition, {} µs a run",
        nanos / (runs * transitions),
        nanos / runs / 1000
    );
}

#[test]
#[ignore = "a measurement"]
fn speed_of_transitions() {
    let mut states = Map::new();
    for at in 0..10 {
        let next = if at == 9 {
            json!({ "End": true })
        } else {
            json!({ "Next": format!("P{}", at + 1) })
        };
        let mut state = json!({ "Type": "Pass", "Parameters": { "n.$": "States.MathAdd($.n, 1)", "name.$": "$.name" } });
        state.as_object_mut().unwrap().extend(next.as_object().unwrap().clone());
        states.insert(format!("P{at}"), state);
    }
    let chain = machine(&json!({ "StartAt": "P0", "States": states }), MachineType::Standard);
    let input = Data::from_text(r#"{"n": 0, "name": "Ada"}"#).unwrap();
    let run = |machine: &Arc<Machine>, input: &Data| {
        let execution = Execution::start(Arc::clone(machine), Start::new(input.clone()), Time(0));
        assert_eq!(execution.status(), Status::Succeeded, "{:?}", execution.cause());
        execution
    };
    measure("10 Pass states", 10, || {
        run(&chain, &input);
    });
    let choice = machine(
        &json!({ "StartAt": "Add", "States": {
            "Add": { "Type": "Pass", "Parameters": { "n.$": "States.MathAdd($.n, 1)" }, "Next": "Enough" },
            "Enough": { "Type": "Choice", "Choices": [{ "Variable": "$.n", "NumericGreaterThanEquals": 100, "Next": "Done" }], "Default": "Add" },
            "Done": { "Type": "Succeed" },
        } }),
        MachineType::Standard,
    );
    measure("a loop of 200 transitions", 201, || {
        run(&choice, &input);
    });
    let map = machine(
        &json!({ "StartAt": "Each", "States": { "Each": { "Type": "Map", "End": true, "ItemProcessor": {
            "StartAt": "Square", "States": { "Square": { "Type": "Pass", "End": true } },
        } } } }),
        MachineType::Standard,
    );
    let items = Data::new((0..1000).collect::<Value>());
    measure("a Map of 1000 items", 1001, || {
        run(&map, &items);
    });
    let jsonata = machine(
        &json!({ "QueryLanguage": "JSONata", "StartAt": "Add", "States": {
            "Add": { "Type": "Pass", "Output": { "n": "{% $states.input.n + 1 %}" }, "Next": "Enough" },
            "Enough": { "Type": "Choice", "Choices": [{ "Condition": "{% $states.input.n >= 100 %}", "Next": "Done" }], "Default": "Add" },
            "Done": { "Type": "Succeed" },
        } }),
        MachineType::Standard,
    );
    measure("the loop in JSONata", 201, || {
        run(&jsonata, &input);
    });
    let distributed = machine(
        &json!({ "StartAt": "Each", "States": { "Each": { "Type": "Map", "End": true, "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" },
            "StartAt": "Square", "States": { "Square": { "Type": "Pass", "End": true } },
        } } } }),
        MachineType::Standard,
    );
    for count in [1000, 10_000, 100_000] {
        let items = Data::new((0..count).map(|_| json!(1)).collect::<Value>());
        measure(&format!("a distributed Map of {count}"), count, || {
            let mut parent =
                Execution::start(Arc::clone(&distributed), Start::new(items.clone()), Time(0));
            while let Some(effect) = parent.poll_effect() {
                if let Effect::StartChild(child) = effect {
                    let run = Execution::start(child.machine, child.start, Time(0));
                    let ended = Ended::Succeeded(run.output().unwrap().clone());
                    parent.child_finished(Time(0), child.map_run, child.index, ended);
                }
            }
            assert_eq!(parent.status(), Status::Succeeded);
        });
    }
}
