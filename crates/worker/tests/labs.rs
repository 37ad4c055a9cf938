//! Checks of labs asked of the Host: in pieces, beside the session, and without a trace in it.

use coldstart_engine::sandbox::WasmiSandbox;
use coldstart_protocol::{FromWorker, ToWorker};
use coldstart_sandbox::Sandbox;
use coldstart_worker::labs::{Subject, examine};
use coldstart_worker::{Host, Next, sha256_hex};
use coldstart_workspace::lab::{Check, Files, Outcome, PackedLab, Verdict};
use coldstart_workspace::{ApiRequest, Command, HELLO_WAT, Source, Workspace, package};
use serde_json::{Value, json};
use std::sync::Arc;

/// Burns processor time for as long as it is let.
const ENDLESS_WAT: &str = r#"(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param i32 i32) (result i32) (loop $again (br $again)) (i32.const 0)))"#;

fn request(operation: &str, params: Value) -> ApiRequest {
    ApiRequest { service: "lambda".into(), operation: operation.into(), params }
}

/// A session with one function.
fn session(text: &str) -> Workspace {
    let module = coldstart_worker::assemble(text).expect("it assembles");
    let sha256 = sha256_hex(&module);
    let params = json!({
        "FunctionName": "hello", "Runtime": "provided.al2023", "Handler": "h", "MemorySize": 1_769, "Timeout": 900,
        "Role": "arn:aws:iam::123456789012:role/lambda-role", "Code": { "ZipFile": { "$sha256": sha256 } },
    });
    let mut workspace = Workspace::empty("test");
    workspace.sources.insert(sha256, Source::Wat { text: text.into() });
    let request = request("CreateFunction", params);
    workspace.commands.push(Command { at_us: 0, request }.into());
    workspace
}

fn check(id: &str, of: Value) -> Check {
    let mut whole = json!({ "id": id, "title": id, "kind": "invoke", "function": "hello", "input": { "name": "Ada" },
        "assert": "true", "otherwise": "" });
    for (member, value) in of.as_object().expect("members") {
        whole[member] = value.clone();
    }
    serde_json::from_value(whole).expect("a check")
}

struct Page {
    host: Host,
    heard: Vec<FromWorker>,
    next: Next,
    real_ms: f64,
}

impl Page {
    fn new() -> Self {
        let sandbox: Arc<dyn Sandbox> = Arc::new(WasmiSandbox::new());
        Self { host: Host::new(sandbox, "test"), heard: Vec::new(), next: Next::Now, real_ms: 0.0 }
    }

    fn pump(&mut self) {
        let real_ms = &mut self.real_ms;
        self.next = self.host.pump(&mut || {
            *real_ms += 3.0;
            *real_ms
        });
        if let Next::After(ms) = self.next {
            self.real_ms += ms;
        }
        while let Some(outgoing) = self.host.poll_message() {
            self.heard.push(outgoing.message);
        }
    }

    fn rest(&mut self) {
        for _ in 0..100_000 {
            self.pump();
            if self.next == Next::Idle {
                return;
            }
        }
        panic!("the Host does not come to rest");
    }

    fn open(&mut self, id: u64, workspace: &Workspace) {
        let workspace = Box::new(workspace.clone());
        let message = ToWorker::Open { id, workspace, modules: Vec::new(), replay: true };
        self.host.handle(message, Vec::new(), 0.0);
    }

    fn ask(&mut self, id: u64, workspace: &Workspace, checks: Vec<Check>) {
        let workspace = Box::new(workspace.clone());
        let message = ToWorker::Check { id, workspace, modules: Vec::new(), faults: None, checks };
        self.host.handle(message, Vec::new(), 0.0);
    }

    /// What an id was answered, if it was; at most once.
    fn checked(&self, id: u64) -> Option<&Result<Vec<Verdict>, String>> {
        let mut answers = self.heard.iter().filter_map(|message| match message {
            FromWorker::Checked { id: of, result } if *of == id => Some(result),
            _ => None,
        });
        let answer = answers.next();
        assert!(answers.next().is_none(), "an id is answered once");
        answer
    }
}

#[test]
fn checks_are_answered_in_their_order_and_leave_the_session_as_it_was() {
    let workspace = session(HELLO_WAT);
    let mut page = Page::new();
    page.open(1, &workspace);
    page.rest();
    let before = (page.host.digest(), page.host.now());
    let checks = vec![
        check(
            "greets",
            json!({ "assert": "$contains($string(response), 'Ada')", "seeds": [1, 2] }),
        ),
        check(
            "many",
            json!({ "times": 2, "assert": "$count(invocations) = 3", "otherwise": "There were {{ $count(invocations) }}." }),
        ),
        check("wrong", json!({ "assert": "1 +" })),
        check(
            "together",
            json!({ "times": 3, "at_once": true, "assert": "$count(invocations[cold = true]) = 3" }),
        ),
    ];
    page.ask(2, &workspace, checks.clone());
    page.rest();
    let verdicts = page.checked(2).expect("an answer").clone().expect("verdicts");
    let outcomes: Vec<&Outcome> = verdicts.iter().map(|verdict| &verdict.outcome).collect();
    assert!(
        matches!(
            &outcomes[..],
            [Outcome::Passed, Outcome::Failed { said, .. }, Outcome::Broken(why), Outcome::Passed]
                if said == "There were 2." && why.contains("no JSONata")
        ),
        "{outcomes:?}"
    );
    assert_eq!((page.host.digest(), page.host.now()), before);

    // In one go they say the same.
    let sandbox: Arc<dyn Sandbox> = Arc::new(WasmiSandbox::new());
    let files = Files::new();
    let subject =
        Subject { workspace: &workspace, modules: Vec::new(), files: &files, faults: None };
    let alone: Vec<Verdict> = checks
        .iter()
        .map(|check| examine(&subject, check, &sandbox).expect("the session opens"))
        .collect();
    assert_eq!(alone, verdicts);
}

#[test]
fn a_session_that_does_not_open_is_said() {
    let mut workspace = session(ENDLESS_WAT);
    workspace.sources.clear();
    let mut page = Page::new();
    page.ask(1, &workspace, vec![check("any", json!({}))]);
    page.rest();
    let answer = page.checked(1).expect("an answer");
    assert!(matches!(answer, Err(why) if why.contains("is missing")), "{answer:?}");
}

#[test]
fn the_page_is_heard_while_a_check_does_not_end() {
    let endless = session(ENDLESS_WAT);
    let mut page = Page::new();
    page.open(1, &session(HELLO_WAT));
    page.rest();
    page.ask(2, &endless, vec![check("ends", json!({}))]);
    for _ in 0..3 {
        page.pump();
    }
    assert_eq!(page.next, Next::Now, "it is at work");

    // The session goes on meanwhile: a request is answered.
    let payload = json!({ "FunctionName": "hello", "Payload": { "$text": "{\"name\":\"Ada\"}" } });
    let message =
        ToWorker::Request { id: 3, request: request("Invoke", payload), modules: Vec::new() };
    page.host.handle(message, Vec::new(), 0.0);
    let answered = |page: &Page| {
        page.heard.iter().any(|message| {
            matches!(message, FromWorker::Answered { id: 3, result: Ok(response) } if response.status == 200)
        })
    };
    for _ in 0..200 {
        if !answered(&page) {
            page.pump();
        }
    }
    assert!(answered(&page), "{:?}", page.heard);
    assert!(page.checked(2).is_none());
    assert_eq!(page.host.gauge().get(), Some(1), "what a check does is no command's fault");

    // Newer checks take its place, and another workspace the place of those.
    page.ask(4, &endless, vec![check("ends", json!({}))]);
    page.pump();
    assert!(matches!(page.checked(2), Some(Err(why)) if why.contains("newer")));
    page.open(5, &session(HELLO_WAT));
    page.rest();
    assert!(matches!(page.checked(4), Some(Err(why)) if why.contains("another workspace")));
}

#[test]
fn somebodys_own_lab_is_read_from_a_zip() {
    let step = "+++\ntitle = \"Brew\"\nminutes = 5\n+++\n\nRead **this**.\n";
    let lab =
        "version = 1\ntitle = \"Tea\"\nsummary = \"Hot.\"\nlevel = \"beginner\"\nminutes = 5\n";
    let zip = |lab: &str| {
        let files = [("tea/lab.toml", lab), ("tea/10-brew/step.md", step)];
        let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        package(&files.into())
    };
    let mut page = Page::new();
    let mut read = |id: u64, file: Vec<u8>| -> Result<Box<PackedLab>, Vec<String>> {
        let name = "download".to_owned();
        page.host.handle(ToWorker::ReadLab { id, file: 0, name }, vec![file], 0.0);
        page.rest();
        let found = page.heard.iter().find_map(|message| match message {
            FromWorker::LabRead { id: of, result } if *of == id => Some(result.clone()),
            _ => None,
        });
        found.expect("an answer")
    };
    let packed = read(1, zip(lab)).expect("a lab");
    assert_eq!(
        (packed.entry.id.as_str(), packed.parts[0].starter.name.as_str()),
        ("tea", "Tea: Brew")
    );
    let faults = read(2, zip("version = 1\ncolour = 3\n")).expect_err("a slip of the pen");
    assert!(faults[0].starts_with("lab.toml:2: unknown field"), "{faults:?}");
    let faults = read(3, b"text".to_vec()).expect_err("no zip");
    assert!(faults[0].starts_with("this is not a zip file"), "{faults:?}");
}
