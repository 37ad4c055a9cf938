//! Whole histories of queues: each is played twice and once more from its saved session, and is the same each time.

mod chance;
mod fifo;
mod queues;
mod times;

use crate::{ApiError, Command, CommandId, Config, Engine, Request, Response, Session, Timestamp};
use coldstart_sandbox::WasmiSandbox;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Somebody who uses queues.
pub(super) struct Client {
    engine: Engine,
    commands: Vec<Command>,
    answers: BTreeMap<CommandId, Result<Response, ApiError>>,
    /// What was answered, in order.
    log: Vec<String>,
}

impl Client {
    fn new() -> Self {
        let engine = Engine::new(Config::default(), Arc::new(WasmiSandbox::new()));
        Self { engine, commands: Vec::new(), answers: BTreeMap::new(), log: Vec::new() }
    }

    /// Lets a request in and does not wait.
    pub(super) fn start(&mut self, operation: &str, params: Value) -> CommandId {
        let request = Request {
            service: "sqs".to_owned(),
            operation: operation.to_owned(),
            params,
            principal: Default::default(),
        };
        let at = self.engine.now();
        if !crate::is_read_only("sqs", operation) {
            self.commands.push(Command { at, request: request.clone() });
        }
        self.engine.handle_request(at, request)
    }

    /// The answer to a request, and the second at which it came, when it has come.
    pub(super) fn answer(&mut self, id: CommandId) -> Option<Result<Value, ApiError>> {
        while let Some((id, answer)) = self.engine.poll_answer() {
            self.log.push(format!("{} {id:?} {answer:?}", self.engine.now().0));
            self.answers.insert(id, answer);
        }
        self.answers.remove(&id).map(|answer| answer.map(|response| response.output))
    }

    /// A request with its answer, however long it takes.
    pub(super) fn ask(&mut self, operation: &str, params: Value) -> Result<Value, ApiError> {
        let id = self.start(operation, params);
        loop {
            if let Some(answer) = self.answer(id) {
                return answer;
            }
            let at = self.engine.next_work().expect("an answer is due");
            self.engine.run_until(at);
        }
    }

    /// As [`Client::ask`], of a request that is not refused.
    #[track_caller]
    pub(super) fn call(&mut self, operation: &str, params: Value) -> Value {
        self.ask(operation, params).unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    /// Code and message of a refusal.
    #[track_caller]
    pub(super) fn refused(&mut self, operation: &str, params: Value) -> String {
        self.ask(operation, params).unwrap_err().to_string()
    }

    /// Makes a queue and returns its URL.
    #[track_caller]
    pub(super) fn queue(&mut self, name: &str, attributes: Value) -> String {
        let made = self.call("CreateQueue", json!({ "QueueName": name, "Attributes": attributes }));
        made["QueueUrl"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub(super) fn send(&mut self, url: &str, body: &str) {
        self.call("SendMessage", json!({ "QueueUrl": url, "MessageBody": body }));
    }

    /// Sends to a FIFO queue.
    #[track_caller]
    pub(super) fn send_to(&mut self, url: &str, group: &str, body: &str) {
        let params = json!({
            "QueueUrl": url, "MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": body,
        });
        self.call("SendMessage", params);
    }

    /// Up to ten messages, without waiting.
    #[track_caller]
    pub(super) fn receive(&mut self, url: &str) -> Vec<Value> {
        let params =
            json!({ "QueueUrl": url, "MaxNumberOfMessages": 10, "AttributeNames": ["All"] });
        self.call("ReceiveMessage", params)["Messages"].as_array().cloned().unwrap_or_default()
    }

    /// Their bodies.
    #[track_caller]
    pub(super) fn bodies(&mut self, url: &str) -> String {
        let received = self.receive(url);
        let bodies = received.iter().map(|message| message["Body"].as_str().unwrap());
        bodies.collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    pub(super) fn delete(&mut self, url: &str, message: &Value) {
        let params = json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"] });
        self.call("DeleteMessage", params);
    }

    /// Visible, in flight, delayed.
    #[track_caller]
    pub(super) fn counts(&mut self, url: &str) -> [String; 3] {
        let params = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
        let shown = self.call("GetQueueAttributes", params);
        ["", "NotVisible", "Delayed"].map(|kind| {
            let name = format!("ApproximateNumberOfMessages{kind}");
            shown["Attributes"][name].as_str().unwrap().to_owned()
        })
    }

    /// Moves the clock to this second.
    pub(super) fn at(&mut self, seconds: u64) {
        self.engine.run_until(Timestamp(seconds * 1_000_000));
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.engine.now().0 / 1_000
    }
}

/// Plays a history twice, and from its saved session.
#[track_caller]
pub(super) fn play(history: impl Fn(&mut Client)) {
    let run = || {
        let mut client = Client::new();
        history(&mut client);
        client.engine.run_until(client.engine.now());
        client
    };
    let (first, second) = (run(), run());
    assert_eq!(first.log, second.log);
    assert_eq!(first.engine.digest(), second.engine.digest());
    let session = Session {
        config: Config::default(),
        commands: first.commands,
        interrupts: Vec::new(),
        until: first.engine.now(),
    };
    let text = serde_json::to_string(&session).unwrap();
    let session: Session = serde_json::from_str(&text).unwrap();
    let again = crate::replay(&session, [], Arc::new(WasmiSandbox::new()));
    assert_eq!(again.digest(), first.engine.digest(), "a replay has the same history");
}

/// A redrive policy for a dead-letter queue of this name.
pub(super) fn redrive(name: &str, receives: u64) -> String {
    let arn = format!("arn:aws:sqs:us-east-1:123456789012:{name}");
    json!({ "deadLetterTargetArn": arn, "maxReceiveCount": receives }).to_string()
}
