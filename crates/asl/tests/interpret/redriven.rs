//! Executions that failed and go on, told event by event.

use coldstart_asl::interpret::{
    Data, Details, Effect, Ended, Execution, Failure, Machine, NotRedrivable, Start, Status, Task,
    Time,
};
use coldstart_asl::{MachineType, parse};
use expect_test::{Expect, expect};
use serde_json::{Value, json};
use std::sync::Arc;

fn start(definition: &Value, input: Value) -> Execution {
    let (definition, diagnostics) = parse(&definition.to_string());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let machine = Machine::compile(&definition.unwrap(), MachineType::Standard).unwrap();
    Execution::start(Arc::new(machine), Start::new(Data::new(input)), Time(0))
}

fn tasks(execution: &mut Execution) -> Vec<Task> {
    let mut tasks = Vec::new();
    while let Some(effect) = execution.poll_effect() {
        if let Effect::Schedule(task) = effect {
            tasks.push(*task);
        }
    }
    tasks
}

#[track_caller]
fn check(execution: &Execution, expected: Expect) {
    let lines = execution.history().iter().map(|event| {
        let name = match &event.details {
            Details::StateEntered { name, .. } | Details::StateExited { name, .. } => {
                format!(" {name}")
            }
            Details::MapIterationStarted { index, .. }
            | Details::MapIterationSucceeded { index, .. }
            | Details::MapIterationAborted { index, .. }
            | Details::MapIterationFailed { index, .. } => format!(" {index}"),
            _ => String::new(),
        };
        format!("{}<{} {}{name}\n", event.id, event.previous_event_id, event.type_name())
    });
    expected.assert_eq(&lines.collect::<String>());
}

fn call(function: &str) -> Value {
    json!({ "Type": "Task", "Resource": format!("arn:aws:lambda:us-east-1:1:function:{function}"), "End": true })
}

#[test]
fn only_the_branches_that_failed_run_again() {
    let branch = |name: &str| json!({ "StartAt": name, "States": { name: call(name) } });
    let definition = json!({
        "StartAt": "Both",
        "States": { "Both": { "Type": "Parallel", "Branches": [branch("a"), branch("b")], "End": true } },
    });
    let mut execution = start(&definition, json!({}));
    let both = tasks(&mut execution);
    assert!(execution.task_succeeded(Time(1), both[0].id, Data::new(json!("A"))));
    assert!(execution.task_failed(Time(2), both[1].id, Failure::new("Oops", "why")));
    assert_eq!(execution.status(), Status::Failed);
    assert_eq!(execution.redrivable(), Ok(()));
    execution.redrive(Time(3)).unwrap();
    let again = tasks(&mut execution);
    assert_eq!(again.iter().map(|task| &*task.state).collect::<Vec<_>>(), ["b"]);
    assert!(!execution.task_succeeded(Time(4), both[1].id, Data::new(json!("late"))));
    assert!(execution.task_succeeded(Time(4), again[0].id, Data::new(json!("B"))));
    assert_eq!(execution.output().unwrap().text(), r#"["A","B"]"#);
    assert_eq!(execution.redrive(Time(5)), Err(NotRedrivable::Succeeded));
    check(
        &execution,
        expect![[r#"
        1<0 ExecutionStarted
        2<0 ParallelStateEntered Both
        3<2 ParallelStateStarted
        4<3 TaskStateEntered a
        5<4 LambdaFunctionScheduled
        6<3 TaskStateEntered b
        7<6 LambdaFunctionScheduled
        8<5 LambdaFunctionStarted
        9<8 LambdaFunctionSucceeded
        10<9 TaskStateExited a
        11<7 LambdaFunctionStarted
        12<11 LambdaFunctionFailed
        13<12 TaskStateAborted
        14<13 ParallelStateFailed
        15<14 ExecutionFailed
        16<15 ExecutionRedriven
        17<16 LambdaFunctionScheduled
        18<17 LambdaFunctionStarted
        19<18 LambdaFunctionSucceeded
        20<19 TaskStateExited b
        21<20 ParallelStateSucceeded
        22<20 ParallelStateExited Both
        23<22 ExecutionSucceeded
    "#]],
    );
}

#[test]
fn iterations_go_on_where_they_stopped() {
    let definition = json!({
        "StartAt": "Each",
        "States": { "Each": {
            "Type": "Map", "MaxConcurrency": 2, "End": true,
            "ItemProcessor": { "StartAt": "Call", "States": { "Call": call("f") } },
        } },
    });
    let mut execution = start(&definition, json!([0, 1, 2]));
    let first = tasks(&mut execution);
    assert!(execution.task_failed(Time(1), first[1].id, Failure::new("Oops", "why")));
    execution.redrive(Time(2)).unwrap();
    for _ in 0..2 {
        for task in tasks(&mut execution) {
            execution.task_succeeded(Time(3), task.id, task.parameters.clone());
        }
    }
    assert_eq!(execution.output().unwrap().text(), "[0,1,2]");
    check(
        &execution,
        expect![[r#"
        1<0 ExecutionStarted
        2<0 MapStateEntered Each
        3<2 MapStateStarted
        4<3 MapIterationStarted 0
        5<3 MapIterationStarted 1
        6<4 TaskStateEntered Call
        7<6 LambdaFunctionScheduled
        8<5 TaskStateEntered Call
        9<8 LambdaFunctionScheduled
        10<9 LambdaFunctionStarted
        11<10 LambdaFunctionFailed
        12<11 MapIterationFailed 1
        13<7 TaskStateAborted
        14<13 MapIterationAborted 0
        15<11 MapStateFailed
        16<15 ExecutionFailed
        17<16 ExecutionRedriven
        18<17 LambdaFunctionScheduled
        19<17 LambdaFunctionScheduled
        20<18 LambdaFunctionStarted
        21<20 LambdaFunctionSucceeded
        22<21 TaskStateExited Call
        23<22 MapIterationSucceeded 0
        24<22 MapIterationStarted 2
        25<24 TaskStateEntered Call
        26<25 LambdaFunctionScheduled
        27<19 LambdaFunctionStarted
        28<27 LambdaFunctionSucceeded
        29<28 TaskStateExited Call
        30<29 MapIterationSucceeded 1
        31<26 LambdaFunctionStarted
        32<31 LambdaFunctionSucceeded
        33<32 TaskStateExited Call
        34<33 MapIterationSucceeded 2
        35<34 MapStateSucceeded
        36<34 MapStateExited Each
        37<36 ExecutionSucceeded
    "#]],
    );
}

#[test]
fn a_map_run_runs_again_what_did_not_succeed() {
    let definition = json!({
        "StartAt": "Each",
        "States": { "Each": {
            "Type": "Map", "MaxConcurrency": 2, "End": true,
            "ItemProcessor": {
                "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                "StartAt": "Call", "States": { "Call": call("f") },
            },
        } },
    });
    let mut execution = start(&definition, json!([0, 1, 2, 3]));
    let children = |execution: &mut Execution| {
        let mut children = Vec::new();
        while let Some(effect) = execution.poll_effect() {
            if let Effect::StartChild(child) = effect {
                children.push(*child);
            }
        }
        children
    };
    let first = children(&mut execution);
    assert_eq!(first.len(), 2, "no more than may run");
    let output = Data::new(json!("0"));
    execution.child_finished(Time(1), first[0].map_run, first[0].index, Ended::Succeeded(output));
    let third = children(&mut execution);
    assert_eq!(third.len(), 1);
    let failure = Failure::new("Oops", "why");
    execution.child_finished(Time(2), first[1].map_run, first[1].index, Ended::Failed(failure));
    assert_eq!(execution.error(), Some("States.ExceedToleratedFailureThreshold"));
    let run = &execution.map_runs()[0];
    assert_eq!(
        (run.items.total, run.items.succeeded, run.items.failed, run.items.aborted),
        (4, 1, 1, 2)
    );
    execution.redrive(Time(3)).unwrap();
    let mut inputs = Vec::new();
    loop {
        let children = children(&mut execution);
        if children.is_empty() {
            break;
        }
        for child in children {
            inputs.push((child.index, child.is_redriven));
            let output = Ended::Succeeded(child.start.input.clone());
            execution.child_finished(Time(4), child.map_run, child.index, output);
        }
    }
    assert_eq!(inputs, [(1, true), (2, true), (3, false)]);
    assert_eq!(execution.output().unwrap().text(), r#"["0",1,2,3]"#);
    let run = &execution.map_runs()[0];
    assert_eq!((run.items.total, run.items.succeeded, run.redrive_count), (4, 4, 1));
    check(
        &execution,
        expect![[r#"
        1<0 ExecutionStarted
        2<0 MapStateEntered Each
        3<2 MapStateStarted
        4<3 MapRunStarted
        5<4 MapRunFailed
        6<5 MapStateFailed
        7<6 ExecutionFailed
        8<7 ExecutionRedriven
        9<8 MapRunRedriven
        10<9 MapRunSucceeded
        11<10 MapStateSucceeded
        12<9 MapStateExited Each
        13<12 ExecutionSucceeded
    "#]],
    );
}

#[test]
fn a_stopped_execution_goes_on_with_its_task_and_its_variables() {
    let definition = json!({
        "StartAt": "Set",
        "States": {
            "Set": { "Type": "Pass", "Assign": { "x": 7 }, "Next": "Call" },
            "Call": {
                "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f", "TimeoutSeconds": 5,
                "Parameters": { "x.$": "$x" }, "End": true,
            },
        },
        "TimeoutSeconds": 60,
    });
    let mut execution = start(&definition, json!({}));
    let first = tasks(&mut execution);
    assert_eq!(execution.deadline(), Some(Time(5_000_000)));
    execution.abort(Time(1_000_000), Failure::default());
    assert_eq!((execution.status(), execution.deadline()), (Status::Aborted, None));
    assert!(!execution.task_heartbeat(Time(1_000_000), first[0].id));
    execution.redrive(Time(100_000_000)).unwrap();
    let again = tasks(&mut execution);
    assert_eq!(again[0].parameters.text(), r#"{"x":7}"#);
    assert_eq!(execution.deadline(), Some(Time(105_000_000)));
    execution.task_succeeded(Time(101_000_000), again[0].id, Data::new(json!(null)));
    assert_eq!((execution.status(), execution.redrive_count()), (Status::Succeeded, 1));
}
