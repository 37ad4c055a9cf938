//! The engine as a client sees it: calls with answers, and time that passes when nobody is looking.

use coldstart_engine::{
    ApiError, Command, CommandId, Config, Engine, Principal, Request, Response, Session, Timestamp,
    replay,
};
use coldstart_sandbox::Sandbox;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The account that the recordings are written for.
pub const ACCOUNT: &str = "111111111111";

/// One cloud, for one case.
pub struct Cloud {
    engine: Engine,
    sandbox: Arc<dyn Sandbox>,
    commands: Vec<Command>,
    blobs: Vec<Vec<u8>>,
    answers: BTreeMap<CommandId, Result<Response, ApiError>>,
}

impl Cloud {
    /// An empty account whose clock starts at this Unix time.
    pub fn new(sandbox: Arc<dyn Sandbox>, epoch_ms: u64) -> Self {
        let config = Config { epoch_ms, account: ACCOUNT.into(), ..Config::default() };
        let engine = Engine::new(config, Arc::clone(&sandbox));
        Self { engine, sandbox, commands: Vec::new(), blobs: Vec::new(), answers: BTreeMap::new() }
    }
    /// Keeps bytes, and says how a request names them.
    pub fn blob(&mut self, bytes: Vec<u8>) -> Value {
        self.blobs.push(bytes.clone());
        json!({ "$sha256": self.engine.put_blob(bytes) })
    }
    /// Calls an operation and waits for its answer in virtual time.
    ///
    /// # Errors
    /// What AWS would refuse it with, in the engine's words. No answer at all is a bug and comes as such.
    pub fn call(
        &mut self,
        service: &str,
        operation: &str,
        params: Map<String, Value>,
    ) -> Result<Response, ApiError> {
        let request = Request {
            service: service.to_owned(),
            operation: operation.to_owned(),
            params: Value::Object(params),
            principal: Principal::User,
        };
        let now = self.engine.now();
        if !Engine::only_reads(service, operation, &request.params) {
            self.commands.push(Command { at: now, request: request.clone() });
        }
        let id = self.engine.handle_request(now, request);
        loop {
            self.collect();
            if let Some(answer) = self.answers.remove(&id) {
                return answer;
            }
            match self.engine.next_work() {
                Some(at) => self.engine.run_until(at),
                None => {
                    let message = format!("{service}:{operation} was never answered");
                    return Err(ApiError {
                        code: "NoAnswer".into(),
                        status: 0,
                        message: Some(message),
                        extra: Map::new(),
                    });
                }
            }
        }
    }
    /// Lets everything that somebody waits for happen.
    pub fn settle(&mut self) {
        self.engine.run_to_rest();
        self.collect();
    }
    /// Lets so much virtual time pass.
    pub fn advance_ms(&mut self, ms: u64) {
        let until = Timestamp(self.engine.now().0.saturating_add(ms * 1000));
        self.engine.run_until(until);
        self.collect();
    }
    /// Moves the clock to the next thing that is due at all, such as a timeout; false when nothing is.
    pub fn advance_to_deadline(&mut self) -> bool {
        let Some(at) = self.engine.next_deadline() else { return false };
        self.engine.run_until(at);
        self.collect();
        true
    }
    /// Runs everything again from the saved session, as JSON text: the history must be the same.
    ///
    /// # Errors
    /// How the two histories differ.
    pub fn check_replay(&mut self) -> Result<(), String> {
        // What is due now happens in a replay, too.
        self.engine.run_until(self.engine.now());
        let session = Session {
            config: self.engine.config().clone(),
            commands: self.commands.clone(),
            interrupts: Vec::new(),
            until: self.engine.now(),
        };
        let saved = serde_json::to_string(&session).map_err(|error| error.to_string())?;
        let session: Session = serde_json::from_str(&saved).map_err(|error| error.to_string())?;
        let again = replay(&session, self.blobs.iter().cloned(), Arc::clone(&self.sandbox));
        let (first, second) = (self.engine.digest(), again.digest());
        if first == second {
            Ok(())
        } else {
            Err(format!("the replayed history differs: {first} and {second}"))
        }
    }
    fn collect(&mut self) {
        while self.engine.poll_event().is_some() {}
        while let Some((id, answer)) = self.engine.poll_answer() {
            self.answers.insert(id, answer);
        }
    }
}

/// Whether a refusal means that we do not have the operation, the service or the feature yet.
pub fn is_absent(error: &ApiError) -> bool {
    error.status == 501
        || matches!(
            error.code.as_str(),
            "NotImplementedException" | "UnknownOperationException" | "UnknownServiceException"
        )
}
