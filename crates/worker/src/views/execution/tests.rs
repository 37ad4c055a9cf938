//! The fold over every recorded history, and what the windows make of it.

use super::visits::{ScopeKind, Visit};
use super::*;
use coldstart_protocol::VisitStatus;
use std::path::PathBuf;

fn fold(events: &Value) -> Fold {
    Fold::of(read::read(&events.to_string()).expect("a history"))
}

/// `id previous type detail…` a line; the time is the id in seconds.
fn script(lines: &str) -> Fold {
    let events: Vec<Value> = lines
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let mut details = serde_json::Map::new();
            for word in &words[3..] {
                let (name, value) = word.split_once('=').expect("name=value");
                let value = value.parse::<u64>().map_or_else(|_| json!(value), Value::from);
                details.insert(name.to_owned(), value);
            }
            json!({
                "id": words[0].parse::<u64>().expect("an id"),
                "previousEventId": words[1].parse::<u64>().expect("an id"),
                "timestamp": 1_700_000_000 + words[0].parse::<u64>().expect("an id"),
                "type": words[2],
                "someEventDetails": details,
            })
        })
        .collect();
    fold(&Value::Array(events))
}

fn statuses(fold: &Fold, cursor: Option<u64>) -> Vec<(String, VisitStatus)> {
    fold.states(cursor).into_iter().map(|state| (state.name, state.status)).collect()
}

#[track_caller]
fn check(fold: &Fold, cursor: u64, expected: &str) {
    let found: Vec<String> = statuses(fold, Some(cursor))
        .into_iter()
        .map(|(name, status)| format!("{name} {status:?}"))
        .collect();
    assert_eq!(found.join(", "), expected, "at event {cursor}");
}

const RETRIED: &str = "
    1 0 ExecutionStarted input={}
    2 0 TaskStateEntered name=Pay input={}
    3 2 LambdaFunctionScheduled resource=arn:aws:lambda:us-east-1:1:function:pay:live
    4 3 LambdaFunctionStarted
    5 4 LambdaFunctionFailed error=Oops
    6 5 LambdaFunctionScheduled resource=arn:aws:lambda:us-east-1:1:function:pay:live
    7 6 LambdaFunctionStarted
    8 7 LambdaFunctionFailed error=Oops cause=again
    9 8 TaskStateExited name=Pay output={}
    10 9 FailStateEntered name=Sorry input={}
    11 10 ExecutionFailed error=E cause=C
";

#[test]
fn scrubbing_back_shows_each_state_as_it_was() {
    let fold = script(RETRIED);
    check(&fold, 1, "");
    check(&fold, 4, "Pay Running");
    check(&fold, 5, "Pay Retrying");
    check(&fold, 7, "Pay Running");
    check(&fold, 8, "Pay Failed");
    check(&fold, 9, "Pay Caught");
    check(&fold, 11, "Pay Caught, Sorry Failed");
    assert_eq!(fold.status_at(Some(8), false), "RUNNING");
    assert_eq!(fold.status_at(None, false), "FAILED");
    assert_eq!(fold.failed_event, Some(10));
    assert_eq!(fold.states(None)[0].retries, 1);
}

#[test]
fn a_visit_tells_its_tries_and_the_function() {
    let fold = script(RETRIED);
    let detail = fold.detail(8, Around::default()).expect("a visit");
    assert_eq!((detail.bar.name.as_str(), detail.attempts.len()), ("Pay", 2));
    assert_eq!(detail.attempts[1].function, "pay");
    assert_eq!(detail.attempts[1].cause.as_deref(), Some("again"));
    assert_eq!(detail.error.as_deref(), Some("Oops"));
    assert!(detail.flow.expect_err("no definition").contains("definition"));
    assert_eq!(fold.detail(10, Around::default()).and_then(|it| it.error).as_deref(), Some("E"));
    assert_eq!(fold.detail(99, Around::default()), None);
}

const MAP: &str = "
    1 0 ExecutionStarted
    2 0 MapStateEntered name=All
    3 2 MapStateStarted length=3
    4 3 MapIterationStarted name=All index=0
    5 3 MapIterationStarted name=All index=1
    6 3 MapIterationStarted name=All index=2
    7 4 PassStateEntered name=One
    8 5 TaskStateEntered name=Two
    9 6 TaskStateEntered name=Two
    10 7 PassStateExited name=One
    11 10 MapIterationSucceeded name=All index=0
    12 8 TaskScheduled resource=send resourceType=sqs
    13 12 TaskFailed error=No
    14 13 MapIterationFailed name=All index=1
    15 14 MapIterationAborted name=All index=2
    16 14 MapStateFailed
    17 16 ExecutionFailed error=No
";

#[test]
fn iterations_stand_in_a_grid_with_failures_first() {
    let fold = script(MAP);
    let grid = fold.grid(2, None, 0, 10).expect("a grid");
    assert_eq!(grid.counts, [1, 1, 1, 0]);
    let order: Vec<u64> = grid.cells.iter().map(|cell| cell.index).collect();
    assert_eq!(order, [1, 2, 0]);
    assert_eq!(grid.cells[0].state, "Two");
    assert_eq!(fold.grid(13, Some(12), 0, 10).expect("a grid").counts, [1, 0, 0, 2]);
    assert_eq!(fold.grid(2, Some(4), 0, 10).expect("a grid").total, 1);
    check(&fold, 17, "All Failed, One Succeeded, Two Failed");
    // The second visit of Two was aborted, the first failed.
    let ends: Vec<VisitStatus> = fold.visits.iter().map(Visit::status).collect();
    assert_eq!(ends[2..], [VisitStatus::Failed, VisitStatus::Aborted]);
    assert_eq!(fold.failed_event, Some(13));
    assert_eq!(fold.place_name(3), "#2");
}

#[test]
fn branches_are_told_apart_and_a_retry_begins_them_anew() {
    let fold = script(
        "
        1 0 ExecutionStarted
        2 0 ParallelStateEntered name=Both
        3 2 ParallelStateStarted
        4 3 PassStateEntered name=A
        5 3 WaitStateEntered name=B
        6 4 PassStateExited name=A
        7 6 FailStateEntered name=Bad
        8 5 WaitStateAborted
        9 7 ParallelStateStarted
        10 9 PassStateEntered name=A
        11 10 PassStateExited name=A
        12 9 WaitStateEntered name=B
        13 12 WaitStateExited name=B
        14 13 ParallelStateSucceeded
        15 13 ParallelStateExited name=Both
        16 15 ExecutionSucceeded output=1
    ",
    );
    assert_eq!(fold.remarks, Vec::<String>::new());
    check(&fold, 8, "A Succeeded, B Aborted, Bad Failed, Both Running");
    check(&fold, 16, "A Succeeded, B Succeeded, Bad Failed, Both Succeeded");
    let places: Vec<String> = (0..6).map(|at| fold.place_name(at)).collect();
    assert_eq!(places, ["", "branch 1", "branch 2", "branch 1", "branch 1", "branch 2"]);
}

#[test]
fn a_redrive_takes_up_what_failed() {
    let fold = script(
        "
        1 0 ExecutionStarted
        2 0 TaskStateEntered name=T
        3 2 TaskScheduled resource=x
        4 3 TaskFailed error=E
        5 4 ExecutionFailed error=E
        6 5 ExecutionRedriven redriveCount=1
        7 6 TaskScheduled resource=x
        8 7 TaskSucceeded
        9 8 TaskStateExited name=T
        10 9 ExecutionSucceeded
    ",
    );
    check(&fold, 5, "T Failed");
    check(&fold, 6, "T Running");
    check(&fold, 10, "T Succeeded");
    assert_eq!(fold.status_at(Some(7), false), "RUNNING");
    assert_eq!(fold.status_at(None, false), "SUCCEEDED");
}

#[test]
fn variables_are_those_that_were_assigned_before() {
    let mut events = json!([
        { "id": 1, "type": "ExecutionStarted" },
        { "id": 2, "previousEventId": 0, "type": "PassStateEntered", "stateEnteredEventDetails": { "name": "A" } },
        { "id": 3, "previousEventId": 2, "type": "PassStateExited", "stateExitedEventDetails": { "name": "A", "assignedVariables": { "x": "1", "y": "[2]" } } },
        { "id": 4, "previousEventId": 3, "type": "MapStateEntered", "stateEnteredEventDetails": { "name": "M" } },
        { "id": 5, "previousEventId": 4, "type": "MapStateStarted", "mapStateStartedEventDetails": { "length": 1 } },
        { "id": 6, "previousEventId": 5, "type": "MapIterationStarted", "mapIterationStartedEventDetails": { "name": "M", "index": 0 } },
        { "id": 7, "previousEventId": 6, "type": "PassStateEntered", "stateEnteredEventDetails": { "name": "I" } },
        { "id": 8, "previousEventId": 7, "type": "PassStateExited", "stateExitedEventDetails": { "name": "I", "assignedVariables": { "x": "3" } } },
        { "id": 9, "previousEventId": 8, "type": "PassStateEntered", "stateEnteredEventDetails": { "name": "J" } }
    ]);
    let of = |fold: &Fold, event: u64| {
        fold.variables(fold.visit_of(event).expect("a visit")).into_iter().collect::<Vec<_>>()
    };
    let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let folded = fold(&events);
    assert_eq!(of(&folded, 2), []);
    assert_eq!(of(&folded, 7), [pair("x", "1"), pair("y", "[2]")]);
    assert_eq!(of(&folded, 9), [pair("x", "3"), pair("y", "[2]")]);
    // A file in reverse order, as --reverse-order prints it, says the same.
    events.as_array_mut().expect("events").reverse();
    assert_eq!(of(&fold(&events), 9), [pair("x", "3"), pair("y", "[2]")]);
}

#[test]
fn a_comparison_names_the_first_difference() {
    let (left, right) = (
        script(RETRIED),
        script(
            &RETRIED
                .replace(
                    "9 8 TaskStateExited name=Pay output={}",
                    "9 8 TaskStateExited name=Pay output=[]",
                )
                .replace("FailStateEntered name=Sorry", "SucceedStateEntered name=Fine"),
        ),
    );
    let names = || [("a".to_owned(), "FAILED".to_owned()), ("b".to_owned(), "FAILED".to_owned())];
    let same = left.comparison(&left, names(), 0, 10);
    assert_eq!((same.first_difference, same.differences, same.total), (None, 0, 2));
    let compared = left.comparison(&right, names(), 0, 10);
    assert_eq!((compared.first_difference, compared.total), (Some(0), 3));
    assert_eq!(compared.rows[0].differs, ["output"]);
    assert!(compared.rows[1].sides[1].is_none() && compared.rows[2].sides[0].is_none());
}

#[test]
fn a_picture_is_inferred_from_names_in_order() {
    let definition: Value = serde_json::from_str(&script(MAP).inferred()).expect("JSON");
    assert_eq!(definition.pointer("/StartAt"), Some(&json!("All")));
    let inner = definition.pointer("/States/All/ItemProcessor").expect("a processor");
    assert_eq!(inner.pointer("/StartAt"), Some(&json!("One")));
    assert!(inner.pointer("/States/Two").is_some());
    let definition: Value = serde_json::from_str(&script(RETRIED).inferred()).expect("JSON");
    assert_eq!(definition.pointer("/States/Pay/Catch/0/Next"), Some(&json!("Sorry")));
}

/// The recorded histories of AWS; none when they are not there.
fn recorded() -> Vec<(String, Value, String, Value)> {
    let root = std::env::var_os("COLDSTART_CONFORMANCE").map(PathBuf::from);
    let root = root.unwrap_or_else(|| {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance")
    });
    let Ok(text) = std::fs::read_to_string(root.join("stepfunctions/execution.jsonl")) else {
        eprintln!("skipped: no recorded histories");
        return Vec::new();
    };
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a case"))
        .filter(|case| case.pointer("/expect/history").is_some_and(Value::is_array))
        .map(|case| {
            (
                case["id"].to_string(),
                case["expect"]["history"].clone(),
                case["expect"]["status"].as_str().unwrap_or_default().to_owned(),
                case["definition"].clone(),
            )
        })
        .collect()
}

#[test]
fn every_recorded_history_is_folded_and_adds_up() {
    for (id, history, status, definition) in recorded() {
        let fold = fold(&history);
        // Ids of some were rubbed out by who recorded them.
        let whole = history.as_array().is_some_and(|all| all.iter().all(|e| e["id"].is_u64()));
        if whole {
            assert_eq!(fold.remarks, Vec::<String>::new(), "{id}");
        }
        assert!(fold.ended, "{id}");
        if !status.is_empty() {
            assert_eq!(fold.status_at(None, true), status, "{id}");
        }
        let entered = fold.items.iter().filter(|item| item.kind.ends_with("StateEntered")).count();
        assert_eq!(fold.visits.len(), entered, "{id}");
        for visit in &fold.visits {
            let (event, _) = visit.ended.expect("an ended execution has no visit that goes on");
            assert!(event >= fold.items[visit.entered].id, "{id}");
            assert!(
                !matches!(
                    visit.status(),
                    VisitStatus::Running | VisitStatus::Waiting | VisitStatus::Retrying
                ),
                "{id}: {visit:?}"
            );
            assert!(visit.changes.is_sorted_by(|a, b| a.0 < b.0), "{id}: {visit:?}");
            for iteration in &visit.iterations {
                assert!(iteration.ended.is_some(), "{id}");
            }
            if let Some(exited) = visit.exited {
                assert_eq!(fold.items[exited].text("name"), Some(visit.name.as_str()), "{id}");
            }
            // A visit lies where the definition puts its state.
            let depth = fold.scopes[visit.scope].depth;
            let found = depth_of(&definition, &visit.name, 0);
            assert!(found.is_none_or(|found| found == depth), "{id}: {} at {depth}", visit.name);
        }
        if status == "SUCCEEDED" {
            assert!(fold.visits.iter().all(|visit| visit.exited.is_some()
                || visit.status() != VisitStatus::Succeeded), "{id}");
            assert!(fold.failed_event.is_none(), "{id}");
        }
        // Every window at every cursor, without a panic.
        for item in &fold.items {
            let summary = fold.summary(Some(item.id), true);
            assert!(summary.states.len() <= fold.visits.len());
            let _ = fold.detail(item.id, Around::default());
            let _ = fold.grid(item.id, Some(item.id), 0, 20);
        }
        let (_, total, rows) = fold.rows(0, 500, "", None);
        assert_eq!((total, rows.len()), (fold.items.len(), fold.items.len()), "{id}");
        let inferred: Value = serde_json::from_str(&fold.inferred()).expect("JSON");
        for visit in &fold.visits {
            assert!(depth_of(&inferred, &visit.name, 0).is_some(), "{id}: {}", visit.name);
        }
        assert_eq!(fold.comparison(&fold, Default::default(), 0, 500).first_difference, None);
    }
}

fn depth_of(container: &Value, name: &str, depth: u32) -> Option<u32> {
    let states = container.get("States")?.as_object()?;
    if states.contains_key(name) {
        return Some(depth);
    }
    states.values().find_map(|state| {
        let branches = state.get("Branches").and_then(Value::as_array).into_iter().flatten();
        let processors =
            ["ItemProcessor", "Iterator"].iter().filter_map(|member| state.get(member));
        branches.chain(processors).find_map(|inner| depth_of(inner, name, depth + 1))
    })
}

#[test]
fn shuffled_and_cut_histories_do_not_panic() {
    let mut seed = 7_u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below.max(1)
    };
    for (_, history, _, _) in recorded().into_iter().step_by(3) {
        let Value::Array(events) = history else { continue };
        for _ in 0..6 {
            let mut broken = events.clone();
            for _ in 0..=random(4) {
                let (at, other) = (random(broken.len()), random(broken.len()));
                match random(5) {
                    0 => {
                        broken.remove(at);
                    }
                    1 => broken[at]["previousEventId"] = json!(random(99)),
                    2 => {
                        let kind = broken[other]["type"].clone();
                        broken[at]["type"] = kind;
                    }
                    3 => broken.truncate(at + 1),
                    _ => broken[at]["id"] = json!(random(9)),
                }
                if broken.is_empty() {
                    break;
                }
            }
            let Ok(items) = read::read(&Value::Array(broken).to_string()) else { continue };
            let fold = Fold::of(items);
            let last = fold.last_id();
            for cursor in [0, last / 2, last] {
                let _ = fold.summary(Some(cursor), true);
                let _ = fold.detail(cursor, Around::default());
                let _ = fold.grid(cursor, Some(cursor), 0, 20);
                let _ = fold.rows(0, 20, "failed", Some(cursor));
                let _ = fold.bars(0, 20, Some(cursor));
            }
            let _ = fold.inferred();
            for (at, visit) in fold.visits.iter().enumerate() {
                assert!(!fold.around(at).any(|outer| outer >= at), "outer visits come first");
                assert!(
                    !fold.ended
                        || visit.ended.is_some()
                        || matches!(
                            fold.scopes[visit.scope].kind,
                            ScopeKind::Iteration(_) | ScopeKind::Branch(_) | ScopeKind::Top
                        )
                );
            }
        }
    }
}

#[test]
fn imports_are_kept_bounded_and_windows_say_what_is_missing() {
    let mut executions = Executions::default();
    let import = |executions: &mut Executions, history: &str, definition: &str| {
        let ask = ExecutionAsk::Import {
            history: history.to_owned(),
            definition: definition.to_owned(),
            name: "file".to_owned(),
            number: 0,
        };
        match executions.answer(ask) {
            ExecutionAnswer::Imported(result) => result,
            ExecutionAnswer::Forgotten => panic!("an import was asked for"),
        }
    };
    let one = "{\"events\": [{\"id\": 1, \"type\": \"ExecutionStarted\"}]}";
    for number in 1..=IMPORTS_MAX + 1 {
        let definition = "{\"name\": \"m\", \"definition\": \"{}\"}";
        assert_eq!(import(&mut executions, one, definition), Ok(format!("import:{number}")));
    }
    let summary = ExecutionPart::Summary { cursor: None };
    let window = executions.window("import:1", &summary);
    assert!(matches!(window, ExecutionWindow::Unavailable(text) if text.contains("again")));
    match executions.window("import:2", &summary) {
        ExecutionWindow::Summary(summary) => {
            assert_eq!(
                (summary.state_machine.as_str(), summary.status.as_str()),
                ("m", "INCOMPLETE")
            );
        }
        other => panic!("{other:?}"),
    }
    assert!(import(&mut executions, one, "[]").expect_err("no definition").contains("States"));
    assert!(import(&mut executions, "{}", "").is_err());
}
