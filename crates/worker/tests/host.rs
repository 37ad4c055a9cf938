//! Messages in, messages out: the Host with the real sandbox.
//!
//! Every session is also replayed by `coldstart_engine::replay` from the document that the page would have kept, and
//! must come to the same digest, whatever the slices and the clock's modes were.

use coldstart_engine::sandbox::{METER_VERSION, WasmiSandbox};
use coldstart_protocol::{
    BroughtFile, FromWorker, ToWorker, View, ViewSpec, decode_from_worker, decode_to_worker, encode,
};
use coldstart_worker::{Host, Next, replayed, sha256_hex};
use coldstart_workspace::{ApiRequest, ClockMode, HELLO_WAT, Source, Workspace, package};
use expect_test::{Expect, expect};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::rc::Rc;
use std::sync::Arc;

/// Burns processor time for as long as it is let.
const ENDLESS_WAT: &str = r#"(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param i32 i32) (result i32) (loop $again (br $again)) (i32.const 0)))"#;

/// The page: keeps the document as the Worker's messages say.
struct Page {
    host: Host,
    workspace: Workspace,
    /// Real milliseconds, which go on by `tick_ms` at each look.
    real_ms: f64,
    tick_ms: f64,
    next_id: u64,
    heard: Vec<FromWorker>,
    buffers: Vec<Vec<u8>>,
    next: Next,
}

impl Page {
    fn new(tick_ms: f64) -> Self {
        Self {
            host: Host::new(Arc::new(WasmiSandbox::new()), "test"),
            workspace: Workspace::empty("test"),
            real_ms: 0.0,
            tick_ms,
            next_id: 0,
            heard: Vec::new(),
            buffers: Vec::new(),
            next: Next::Now,
        }
    }

    fn send(&mut self, message: ToWorker, buffers: Vec<Vec<u8>>) {
        let mut messages = decode_to_worker(&encode(&[message])).expect("it survives its text");
        self.host.handle(messages.remove(0), buffers, self.real_ms);
        self.listen();
    }

    fn listen(&mut self) {
        while let Some(outgoing) = self.host.poll_message() {
            let message = decode_from_worker(&encode(&[outgoing.message]))
                .expect("it survives its text")
                .remove(0);
            match &message {
                FromWorker::Logged { command } => {
                    assert_eq!(command.index, self.workspace.commands.len() as u64);
                    self.workspace.commands.push(command.command.clone().into());
                }
                FromWorker::Interrupted { interrupt } => {
                    self.workspace.interrupts.push(interrupt.clone())
                }
                FromWorker::Clock { clock } => {
                    assert!(
                        clock.now_us >= self.workspace.until_us || clock.now_us == 0,
                        "the clock does not run back"
                    );
                    self.workspace.until_us = clock.now_us;
                    self.workspace.digest =
                        Some(clock.digest.clone()).filter(|digest| !digest.is_empty());
                }
                _ => {}
            }
            self.buffers.extend(outgoing.buffers);
            self.heard.push(message);
        }
    }

    fn pump(&mut self) {
        let (real_ms, tick_ms) = (&mut self.real_ms, self.tick_ms);
        self.next = self.host.pump(&mut || {
            *real_ms += tick_ms;
            *real_ms
        });
        self.listen();
        if let Next::After(ms) = self.next {
            self.real_ms += ms;
        }
    }

    /// Pumps until nothing is left to do, or nothing but the passing of real time.
    fn rest(&mut self) {
        for _ in 0..1_000_000 {
            self.pump();
            let told = self.workspace.until_us == self.host.now().0
                && self.workspace.digest == Some(self.host.digest());
            if self.next == Next::Idle || (self.workspace.clock == ClockMode::RealTime && told) {
                return;
            }
        }
        panic!("the Host does not come to rest");
    }

    fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn open(&mut self, workspace: Workspace) -> u64 {
        let id = self.id();
        self.workspace = workspace.clone();
        // What the Worker does after a replay it says itself.
        self.workspace.until_us = 0;
        self.send(
            ToWorker::Open {
                id,
                workspace: Box::new(workspace),
                modules: Vec::new(),
                replay: true,
            },
            Vec::new(),
        );
        id
    }

    fn request(&mut self, operation: &str, params: Value) -> u64 {
        let id = self.id();
        let request = ApiRequest { service: "lambda".into(), operation: operation.into(), params };
        self.send(ToWorker::Request { id, request, modules: Vec::new() }, Vec::new());
        id
    }

    fn invoke(&mut self, function: &str, payload: &str) -> u64 {
        self.request("Invoke", json!({ "FunctionName": function, "Payload": { "$text": payload } }))
    }

    fn create(&mut self, function: &str, text: &str) {
        let module = wat(text);
        let sha256 = sha256_hex(&module);
        self.workspace.sources.insert(sha256.clone(), Source::Wat { text: text.into() });
        let params = json!({
            "FunctionName": function, "Runtime": "provided.al2023", "Handler": "h", "MemorySize": 1_769, "Timeout": 900,
            "Role": "arn:aws:iam::123456789012:role/lambda-role", "Code": { "ZipFile": { "$sha256": sha256 } },
        });
        let id = self.id();
        let request =
            ApiRequest { service: "lambda".into(), operation: "CreateFunction".into(), params };
        self.send(ToWorker::Request { id, request, modules: vec![0] }, vec![module]);
    }

    fn clock(&mut self, mode: ClockMode) {
        self.workspace.clock = mode;
        self.send(ToWorker::SetClock { mode }, Vec::new());
    }

    /// The payload, or the refusal, that a request came to; exactly one.
    fn answer(&self, id: u64) -> String {
        let mut answers = self.heard.iter().filter_map(|message| match message {
            FromWorker::Answered { id: of, result } if *of == id => Some(match result {
                Ok(response) => {
                    match response.output.pointer("/Payload/$text").and_then(Value::as_str) {
                        Some(text) => text.to_owned(),
                        None => response.output.to_string(),
                    }
                }
                Err(failure) => format!("{} {}", failure.status, failure.code),
            }),
            _ => None,
        });
        let answer = answers.next().unwrap_or_else(|| "no answer".into());
        assert!(answers.next().is_none(), "an id is answered once");
        answer
    }

    /// The session equals its replay. The page's document is complete, and its digest the Worker's.
    #[track_caller]
    fn check_replay(&self) -> String {
        self.workspace.validate().expect("a document");
        let engine =
            replayed(&self.workspace, Vec::new(), Arc::new(WasmiSandbox::new())).expect("it opens");
        let until_us = self.workspace.until_us;
        assert_eq!((until_us, until_us), (self.host.now().0, engine.now().0), "the clock is told");
        assert_eq!(self.host.digest(), engine.digest(), "replay comes to the same history");
        assert_eq!(self.workspace.digest, Some(engine.digest()), "the digest is told");
        engine.digest()
    }
}

fn wat(text: &str) -> Vec<u8> {
    coldstart_worker::assemble(text).expect("it assembles")
}

/// Messages in short, without what the calibration of the meter changes.
fn transcript(messages: &[FromWorker]) -> String {
    let mut text = String::new();
    for message in messages {
        match message {
            FromWorker::Ready { protocol_version, build_id } => {
                writeln!(text, "Ready {protocol_version} {build_id}")
            }
            FromWorker::Opened { id, result: Ok(opened) } => {
                writeln!(text, "Opened {id} {:?}", opened.matches)
            }
            FromWorker::Opened { id, result: Err(why) } => {
                writeln!(text, "Opened {id} refused: {why}")
            }
            FromWorker::Logged { command } => {
                writeln!(text, "Logged {} {}", command.index, command.command.request.operation)
            }
            FromWorker::Answered { id, result: Ok(response) } => {
                writeln!(text, "Answered {id} {}", response.status)
            }
            FromWorker::Answered { id, result: Err(failure) } => {
                writeln!(text, "Answered {id} {}", failure.code)
            }
            FromWorker::Clock { clock } => {
                writeln!(text, "Clock {:?} busy={}", clock.mode, clock.busy)
            }
            FromWorker::Views { views } => {
                let names: Vec<&str> = views
                    .iter()
                    .map(|view| match view {
                        View::Functions { .. } => "functions",
                        View::Function { .. } => "function",
                        View::Environments { .. } => "environments",
                        View::Invocations { .. } => "invocations",
                        View::Logs { .. } => "logs",
                        View::Execution { .. } => "execution",
                        View::Events { .. } => "events",
                        View::Costs { .. } => "costs",
                        View::Queues { .. } => "queues",
                        View::Queue { .. } => "queue",
                    })
                    .collect();
                writeln!(text, "Views {}", names.join(" "))
            }
            FromWorker::Progress { .. } => Ok(()),
            other => writeln!(text, "{other:?}"),
        }
        .expect("a string takes it");
    }
    text
}

#[track_caller]
fn check(actual: &str, expected: Expect) {
    expected.assert_eq(actual);
}

#[test]
fn the_documents_meter_is_the_sandboxs() {
    assert_eq!(Workspace::hello().meter, METER_VERSION);
}

#[test]
fn the_first_screen_greets() {
    let mut page = Page::new(100.0);
    page.send(ToWorker::Watch { views: vec![ViewSpec::Functions] }, Vec::new());
    page.open(Workspace::hello());
    page.rest();
    let draft = Workspace::hello().functions["hello"].clone();
    let mut answers = String::new();
    let long = format!("{{\"padding\":\"{}\",\"name\":\"far away\"}}", "x".repeat(200_000));
    let events = draft.test_events.iter().map(|event| event.payload.as_str());
    for payload in
        events.chain(["{\"name\":5}", "[\"name\"]", "{\"name\" : \"a\\\\\"}", "\"name\"", &long])
    {
        let id = page.invoke("hello", payload);
        page.rest();
        writeln!(answers, "{}", page.answer(id)).expect("a string takes it");
    }
    check(
        &answers,
        expect![[r#"
            {"message":"Hello, Ada!"}
            {"message":"Hello, world!"}
            {"message":"Hello, Grace \"Amazing\" Hopper!"}
            {"message":"Hello, world!"}
            {"message":"Hello, world!"}
            {"message":"Hello, a\\!"}
            {"message":"Hello, world!"}
            {"message":"Hello, far away!"}
        "#]],
    );
    page.check_replay();
}

#[test]
fn a_visit_from_ready_to_the_first_response() {
    let mut page = Page::new(100.0);
    page.listen();
    page.open(Workspace::hello());
    page.send(
        ToWorker::Watch {
            views: vec![ViewSpec::Functions, ViewSpec::Function { name: "hello".into() }],
        },
        Vec::new(),
    );
    page.rest();
    page.invoke("hello", "{}");
    page.rest();
    page.request("ListFunctions", json!({}));
    page.request("Invoke", json!({ "FunctionName": "absent" }));
    page.rest();
    // A refused command is part of the history; a question is not.
    let kept = page.heard.iter().filter(|message| !matches!(message, FromWorker::Clock { .. }));
    check(
        &transcript(&kept.cloned().collect::<Vec<_>>()),
        expect![[r#"
            Ready 3 test
            Opened 1 None
            Views functions function
            Views functions function
            Logged 1 Invoke
            Answered 2 200
            Views functions
            Answered 3 200
            Logged 2 Invoke
            Answered 4 ResourceNotFoundException
        "#]],
    );
    page.check_replay();
}

#[test]
fn a_machine_that_slept_is_not_caught_up_with() {
    let mut page = Page::new(1.0);
    page.create("hello", HELLO_WAT);
    page.clock(ClockMode::RealTime);
    page.rest();
    let before_us = page.host.now().0;
    page.real_ms += 8.0 * 3_600_000.0;
    page.rest();
    let passed_us = page.host.now().0 - before_us;
    assert!((120_000_000..121_000_000).contains(&passed_us), "{passed_us}");
    let skipped_ms = page.heard.iter().rev().find_map(|message| match message {
        FromWorker::Clock { clock } => Some(clock.skipped_ms),
        _ => None,
    });
    let skipped_ms = skipped_ms.expect("the clock is told");
    assert!((28_679_000..28_681_000).contains(&skipped_ms), "{skipped_ms}");
    page.check_replay();
}

fn story(tick_ms: f64, modes: [ClockMode; 3]) -> String {
    let mut page = Page::new(tick_ms);
    page.clock(modes[0]);
    page.create("hello", HELLO_WAT);
    page.send(ToWorker::Advance { micros: 2_000_000 }, Vec::new());
    page.rest();
    page.clock(modes[1]);
    page.invoke("hello", "{\"name\":\"one\"}");
    page.invoke("hello", "{\"name\":\"two\"}");
    page.send(ToWorker::Advance { micros: 1_000_000 }, Vec::new());
    page.rest();
    page.clock(modes[2]);
    page.invoke("hello", "{}");
    page.send(ToWorker::Advance { micros: 700_000_000 }, Vec::new());
    page.rest();
    assert_eq!(
        page.heard.iter().filter(|message| matches!(message, FromWorker::Answered { .. })).count(),
        4
    );
    page.check_replay()
}

#[test]
fn a_session_equals_its_replay_whatever_the_slices_and_the_clock() {
    use ClockMode::{Fast, Paused, RealTime};
    let paused = story(1.0, [Paused, Paused, Paused]);
    for tick_ms in [0.001, 0.7, 30.0] {
        assert_eq!(
            story(tick_ms, [Paused, Paused, Paused]),
            paused,
            "real time does not show in a history"
        );
        // These may let requests in at other virtual times; each equals its own replay.
        story(tick_ms, [Fast, Fast, Fast]);
        story(tick_ms, [Fast, RealTime, Paused]);

        story(tick_ms, [RealTime, Paused, RealTime]);
    }
}

#[test]
fn a_runaway_handler_is_stopped_and_its_replay_agrees() {
    // Real time that goes faster than the slice's aim, so that slices stay small.
    let mut page = Page::new(5.0);
    page.create("endless", ENDLESS_WAT);
    page.rest();
    let id = page.invoke("endless", "{}");
    while !page
        .heard
        .iter()
        .any(|m| matches!(m, FromWorker::Clock { clock } if clock.running.is_some()))
    {
        page.pump();
    }
    // A question that comes meanwhile waits, and is answered.
    let question = page.request("ListFunctions", json!({}));
    for _ in 0..20 {
        page.pump();
    }
    assert_eq!(page.answer(question), "no answer");
    page.send(ToWorker::StopInvocation, Vec::new());
    page.rest();
    assert!(page.answer(id).contains("stopped by hand"), "{}", page.answer(id));
    assert!(page.answer(question).contains("endless"));
    assert_eq!(page.workspace.interrupts.len(), 1);
    page.check_replay();
    // The button does nothing when nothing runs.
    page.send(ToWorker::StopInvocation, Vec::new());
    assert_eq!(page.workspace.interrupts.len(), 1);

    let document = page.workspace.clone();
    let mut other = Page::new(30.0);
    other.open(document);
    other.rest();
    let opened = other.heard.iter().find_map(|message| match message {
        FromWorker::Opened { result: Ok(opened), .. } => Some(opened.clone()),
        _ => None,
    });
    assert_eq!(opened.and_then(|opened| opened.matches), Some(true));
}

#[test]
fn a_changed_digest_is_noticed_and_an_open_that_is_overtaken_is_answered() {
    let mut page = Page::new(100.0);
    page.listen();
    page.heard.clear();
    let wrong = Workspace { digest: Some("ab".repeat(32)), ..Workspace::hello() };
    page.open(Workspace::hello());
    page.invoke("hello", "{}");
    page.open(wrong);
    page.open(Workspace { meter: 99, ..Workspace::hello() });
    page.open(Workspace { commands: Vec::new(), seed: u64::MAX, ..Workspace::hello() });
    let mut missing = Workspace::hello();
    let lost = sha256_hex(b"lost");
    missing.sources.insert(lost.clone(), Source::Module { name: "up.wasm".into() });
    let create = Rc::make_mut(&mut missing.commands[0]);
    create.request.params["Code"]["ZipFile"]["$sha256"] = json!(lost);
    page.open(missing);
    page.workspace = Workspace::hello();
    page.rest();
    let kept = page.heard.iter().filter(|message| !matches!(message, FromWorker::Clock { .. }));
    check(
        &transcript(&kept.cloned().collect::<Vec<_>>()).replace(&lost, "HASH"),
        expect![[r#"
            Answered 2 SessionReplacedException
            Opened 1 refused: another workspace was opened meanwhile
            Opened 4 refused: this workspace was made with version 99 of the meter, and this build has version 1: its history cannot be repeated
            Opened 5 refused: seed: 18446744073709551615 is more than 9007199254740992
            Opened 6 refused: the module HASH (up.wasm) is missing
            Opened 3 Some(false)
        "#]],
    );
}

#[test]
fn the_clock_stands_when_paused_and_steps_from_deadline_to_deadline() {
    let mut page = Page::new(1.0);
    page.clock(ClockMode::Paused);
    page.create("hello", HELLO_WAT);
    page.rest();
    assert_eq!(page.host.now().0, 0);
    page.send(ToWorker::Step, Vec::new());
    page.rest();
    assert_eq!(page.host.now().0, 1_000_000, "the function becomes active");
    let id = page.invoke("hello", "{}");
    page.rest();
    assert_eq!(page.answer(id), "no answer");
    let mut steps = 0;
    while page.answer(id) == "no answer" {
        page.send(ToWorker::Step, Vec::new());
        page.rest();
        steps += 1;
        assert!(steps < 20, "an invocation has few deadlines");
    }
    page.check_replay();
}

#[test]
fn views_show_what_happened() {
    let mut page = Page::new(100.0);
    let function = || "hello".to_owned();
    let logs = |search: &str| ViewSpec::Logs {
        function: "hello".into(),
        search: search.into(),
        request_id: String::new(),
        from: 0,
        rows_max: 100,
        follow: true,
    };
    page.open(Workspace::hello());
    page.send(
        ToWorker::Watch {
            views: vec![
                ViewSpec::Functions,
                ViewSpec::Function { name: function() },
                ViewSpec::Environments { function: function(), lanes_max: 10 },
                ViewSpec::Invocations { function: function(), rows_max: 10 },
                logs("report"),
            ],
        },
        Vec::new(),
    );
    page.rest();
    for payload in ["{}", "{\"name\":\"Ada\"}"] {
        page.invoke("hello", payload);
        page.rest();
    }
    page.send(ToWorker::Advance { micros: 3_600_000_000 }, Vec::new());
    page.rest();
    let mut newest: Vec<Option<View>> = vec![None; 5];
    for message in &page.heard {
        if let FromWorker::Views { views } = message {
            for view in views {
                let slot = match view {
                    View::Functions { .. } => 0,
                    View::Function { .. } => 1,
                    View::Environments { .. } => 2,
                    View::Invocations { .. } => 3,
                    View::Logs { .. } => 4,
                    other => panic!("nobody asked for {other:?}"),
                };
                newest[slot] = Some(view.clone());
            }
        }
    }
    let [
        Some(View::Functions { rows: functions }),
        Some(View::Function { function: Some(detail), .. }),
        Some(View::Environments { lanes, total: 1, .. }),
        Some(View::Invocations { rows, summary, .. }),
        Some(View::Logs { total: 2, rows: lines, .. }),
    ] = newest.as_slice()
    else {
        panic!("{newest:#?}");
    };
    assert_eq!(
        (functions[0].name.as_str(), functions[0].state.as_str(), functions[0].invocations),
        ("hello", "Active", 2)
    );
    assert_eq!(
        (functions[0].memory_size_mb, functions[0].timeout_seconds, functions[0].errors),
        (128, 3, 0)
    );
    assert_eq!(detail.configuration["Handler"], "lambda_handler");
    let module = detail.module.as_ref().expect("the deployed module is known");
    assert_eq!(module.sha256, sha256_hex(&wat(HELLO_WAT)));
    assert_eq!(module.shape, "callback");
    let phases: Vec<&str> = lanes[0].spans.iter().map(|span| span.phase.as_str()).collect();
    assert_eq!(phases, ["starting", "init", "invoke", "idle", "invoke", "idle", "reclaimed"]);
    assert_eq!(lanes[0].spans[4].request_id.as_ref(), Some(&rows[0].request_id));
    assert_eq!(lanes[0].spans[4].outcome.as_deref(), Some("success"));
    let cold: Vec<bool> = rows.iter().map(|row| row.cold).collect();
    assert_eq!(cold, [false, true], "the newest comes first");
    assert_eq!((summary.invocations, summary.cold_starts, summary.errors), (2, 1, 0));
    assert_eq!(summary.cost_nano_usd, rows.iter().map(|row| row.cost_nano_usd).sum::<u64>());
    assert!(lines.iter().all(|line| line.message.starts_with("REPORT RequestId: ")), "{lines:#?}");
}

#[test]
fn a_session_at_work_for_long_sends_one_view_at_a_time_and_waits_until_it_is_drawn() {
    let mut page = Page::new(5.0);
    page.open(Workspace::hello());
    let function = || "hello".to_owned();
    let views = vec![
        ViewSpec::Functions,
        ViewSpec::Environments { function: function(), lanes_max: 10 },
        ViewSpec::Invocations { function: function(), rows_max: 10 },
    ];
    page.send(ToWorker::Watch { views }, Vec::new());
    page.rest();
    let id = page.id();
    let params = json!({
        "FunctionName": "hello", "InvocationType": "RequestResponse", "Payload": { "$text": "{}" },
        "Profile": { "Kind": "Constant", "Rate": 20 }, "DurationSeconds": 60,
    });
    let request = ApiRequest { service: "coldstart".into(), operation: "StartLoad".into(), params };
    page.send(ToWorker::Request { id, request, modules: Vec::new() }, Vec::new());
    let work_until = |page: &mut Page, real_ms: f64, draws: bool| -> Vec<Vec<View>> {
        page.heard.clear();
        while page.real_ms < real_ms {
            assert_eq!(page.next, Next::Now, "the load goes on");
            let before = page.heard.len();
            page.pump();
            let sent = &page.heard[before..];
            if draws && sent.iter().any(|message| matches!(message, FromWorker::Views { .. })) {
                page.send(ToWorker::Seen, Vec::new());
            }
        }
        let sent = page.heard.iter().filter_map(|message| match message {
            FromWorker::Views { views } => Some(views.clone()),
            _ => None,
        });
        sent.collect()
    };
    page.pump();
    let began = page.real_ms;
    work_until(&mut page, began + 1_200.0, true);
    let sent = work_until(&mut page, began + 2_400.0, true);
    assert!(sent.len() > 5, "it is shown while it goes on: {}", sent.len());
    assert!(sent.iter().all(|views| views.len() == 1), "one at a time");
    let is = |kind: fn(&View) -> bool| sent.iter().flatten().filter(|view| kind(view)).count();
    let turns = [
        is(|view| matches!(view, View::Functions { .. })),
        is(|view| matches!(view, View::Environments { .. })),
        is(|view| matches!(view, View::Invocations { .. })),
    ];
    assert!(turns.iter().all(|count| *count > 1), "in turns: {turns:?}");

    // A page that is slow gets no more than it draws.
    let sent = work_until(&mut page, began + 4_000.0, false);
    assert!(sent.len() <= 1, "{} were sent to a page that draws nothing", sent.len());

    // What was true in the end is sent when the work is over.
    page.send(ToWorker::Seen, Vec::new());
    page.rest();
    let last = page.heard.iter().rev().find_map(|message| match message {
        FromWorker::Views { views } => views.iter().find_map(|view| match view {
            View::Invocations { summary, .. } => Some(summary.invocations),
            _ => None,
        }),
        _ => None,
    });
    assert_eq!(last, Some(1_200));
}

#[test]
fn text_is_assembled_and_modules_are_inspected() {
    let mut page = Page::new(1.0);
    page.send(ToWorker::Assemble { id: 1, text: HELLO_WAT.into() }, Vec::new());
    page.send(ToWorker::Assemble { id: 2, text: "(module\n (fun))".into() }, Vec::new());
    page.send(ToWorker::Inspect { id: 3, module: 0 }, vec![b"hello".to_vec()]);
    page.send(ToWorker::Inspect { id: 4, module: 7 }, Vec::new());
    assert_eq!(page.buffers, [wat(HELLO_WAT)]);
    let [
        _ready,
        FromWorker::Assembled { id: 1, result: Ok(assembled) },
        FromWorker::Assembled { id: 2, result: Err(faults) },
        FromWorker::Inspected { id: 3, result: Err(_) },
        FromWorker::Inspected { id: 4, result: Err(_) },
    ] = page.heard.as_slice()
    else {
        panic!("{:#?}", page.heard);
    };
    assert_eq!(assembled.info.as_ref().map(|info| info.size), Ok(page.buffers[0].len() as u64));
    assert_eq!((faults[0].line, faults[0].column), (2, 3));
}

#[test]
fn a_file_that_somebody_brings_is_described_whether_it_is_taken_or_not() {
    let mut page = Page::new(1.0);
    let foreign = wat(r#"(module (import "env" "print" (func)) (func (export "_start")))"#);
    let texts = BTreeMap::from([("index.mjs".to_owned(), "1".to_owned())]);
    let files = [wat(HELLO_WAT), foreign, package(&texts), b"PK nonsense".to_vec(), b"x".to_vec()];
    for (id, file) in files.into_iter().enumerate() {
        page.send(ToWorker::Look { id: id as u64 + 1, file: 0 }, vec![file]);
    }
    let looked: Vec<_> = page
        .heard
        .iter()
        .filter_map(|message| match message {
            FromWorker::Looked { file, .. } => Some(file),
            _ => None,
        })
        .collect();
    let [good, bad, zip, broken, other] = looked.as_slice() else { panic!("{:#?}", page.heard) };
    let shape = |file: &BroughtFile| {
        file.modules[0].info.as_ref().map(|info| info.shape.clone()).unwrap_or_default()
    };
    assert_eq!((shape(good).as_str(), &good.modules[0].refusal), ("callback", &None));
    assert_eq!(
        (shape(bad).as_str(), bad.modules[0].foreign.as_slice()),
        ("command", &["env.print".to_owned()][..])
    );
    assert!(bad.modules[0].refusal.as_ref().is_some_and(|refusal| refusal.contains("env.print")));
    assert_eq!((zip.files.as_slice(), zip.modules.len()), (&["index.mjs".to_owned()][..], 0));
    assert!(broken.fault.as_ref().is_some_and(|fault| fault.contains("unzip")));
    assert_eq!(**other, BroughtFile::default());
}

/// TestState of an unmocked Task calls the real function, in a copy: nobody sees it afterwards.
#[test]
fn a_request_is_tried_in_a_copy_of_the_session() {
    let mut page = Page::new(1.0);
    page.create("hello", HELLO_WAT);
    page.invoke("hello", "{\"name\":\"Ada\"}");
    page.rest();
    let before = (page.host.digest(), page.host.now(), page.workspace.commands.len());
    let state = json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
        "Parameters": { "FunctionName": "hello", "Payload": { "name": "Bob" } }, "OutputPath": "$.Payload" });
    let attempt = |page: &mut Page, params: Value| {
        let id = page.id();
        let workspace = Box::new(page.workspace.clone());
        let request =
            ApiRequest { service: "states".into(), operation: "TestState".into(), params };
        let (modules, first) = (Vec::new(), Vec::new());
        page.send(ToWorker::Try { id, workspace, modules, first, request }, Vec::new());
        page.rest();
        page.answer(id)
    };
    let role = "arn:aws:iam::123456789012:role/r";
    let real = json!({ "definition": state.to_string(), "roleArn": role });
    let answer = attempt(&mut page, real.clone());
    assert!(answer.contains("SUCCEEDED") && answer.contains("Bob"), "{answer}");
    assert_eq!(attempt(&mut page, real), answer, "and again");
    let activity = json!({ "Type": "Task", "End": true, "Resource": "arn:aws:states:us-east-1:123456789012:activity:a" });
    let answer = attempt(&mut page, json!({ "definition": activity.to_string(), "roleArn": role }));
    assert!(answer.contains("activity"), "{answer}");
    assert_eq!((page.host.digest(), page.host.now(), page.workspace.commands.len()), before);
    page.check_replay();

    // A mocked one needs no copy, and is no command either.
    let id = page.id();
    let params = json!({ "definition": state.to_string(), "mock": { "result": "{\"Payload\":1,\"StatusCode\":200}" } });
    let request = ApiRequest { service: "states".into(), operation: "TestState".into(), params };
    page.send(ToWorker::Request { id, request, modules: Vec::new() }, Vec::new());
    page.rest();
    assert!(page.answer(id).contains("SUCCEEDED"), "{}", page.answer(id));
    assert_eq!((page.host.digest(), page.host.now(), page.workspace.commands.len()), before);
    page.check_replay();
}

/// A function with other memory, cold and warm: requests in a row, in a copy.
#[test]
fn requests_are_tried_in_a_row_in_a_copy_of_the_session() {
    let mut page = Page::new(1.0);
    page.create("hello", HELLO_WAT);
    page.invoke("hello", "{}");
    page.rest();
    let before = (page.host.digest(), page.host.now(), page.workspace.commands.len());
    let lambda = |operation: &str, params: Value| ApiRequest {
        service: "lambda".into(),
        operation: operation.into(),
        params,
    };
    let memory = |megabytes: u64| {
        let params = json!({ "FunctionName": "hello", "MemorySize": megabytes });
        lambda("UpdateFunctionConfiguration", params)
    };
    let invoke = || {
        let params =
            json!({ "FunctionName": "hello", "Payload": { "$text": "{}" }, "LogType": "Tail" });
        lambda("Invoke", params)
    };
    let attempt = |page: &mut Page, first: Vec<ApiRequest>| {
        let (id, workspace) = (page.id(), Box::new(page.workspace.clone()));
        let (modules, request) = (Vec::new(), invoke());
        page.send(ToWorker::Try { id, workspace, modules, first, request }, Vec::new());
        page.rest();
        page.answer(id)
    };
    // The answer, and the log with it as it stands in the answer: longer by what is told of an init.
    let log_len = |page: &Page, answer: &str| {
        let last = page.heard.iter().rev().find_map(|message| match message {
            FromWorker::Answered { result: Ok(response), .. } => Some(&response.output),
            _ => None,
        });
        assert!(answer.contains("Hello"), "{answer}");
        last.and_then(|output| output["LogResult"].as_str()).map(str::len)
    };
    let answer = attempt(&mut page, vec![memory(512)]);
    let cold = log_len(&page, &answer);
    let answer = attempt(&mut page, vec![memory(512), invoke()]);
    let warm = log_len(&page, &answer);
    assert!(warm.is_some() && cold > warm, "a cold start tells its init: {cold:?}, {warm:?}");
    let refused = attempt(&mut page, vec![memory(64), invoke()]);
    assert!(refused.contains("ValidationException"), "{refused}");
    assert_eq!((page.host.digest(), page.host.now(), page.workspace.commands.len()), before);
    page.check_replay();
}
