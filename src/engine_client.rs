//! The only file that talks to the Worker: sends messages, pairs answers with questions, and notices when the Worker is lost.
//!
//! What is posted is a JS object `{json, buffers}`: the text of messages, and the bytes that they name by position, which move
//! rather than being copied. Messages that are sent in one task go together, when it is over.
//!
//! Invariant: every question is answered once, with [`CallError::EngineLost`] if nothing else comes.
//! Invariant: after a Worker was given up, nothing that it may still send is heard.

use crate::host::{self, Replier};
use crate::model::CallError;
use coldstart_protocol::{
    ApiResponse, BroughtFile, ClockState, DefinitionAnswer, DefinitionAsk, Diagnostic,
    ExecutionAnswer, ExecutionAsk, FromWorker, MessageId, ModuleInfo, Opened, PROTOCOL_VERSION,
    ToWorker, View, ViewSpec, decode_from_worker, encode,
};
use coldstart_workspace::lab::{Check, PackedLab, Verdict};
use coldstart_workspace::{ApiRequest, ClockMode, Interrupt, LoggedCommand, Workspace};
use js_sys::{Array, Reflect, Uint8Array};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{ErrorEvent, MessageEvent, Worker};

/// What comes from the engine unasked.
#[derive(Debug, Clone)]
pub enum EngineEvent {
    /// It is there, and of this build.
    Ready,
    /// It is of another build: the page must be loaded again.
    Mismatch,
    /// A replay goes on.
    Progress {
        /// How far it is.
        done: u64,
        /// In all.
        total: u64,
    },
    /// A command went into the log.
    Logged(LoggedCommand),
    /// An invocation was stopped.
    Interrupted(Interrupt),
    /// Windows changed.
    Views(Vec<View>),
    /// The clock moved.
    Clock(ClockState),
    /// The Worker is gone.
    Lost {
        /// What it said.
        message: String,
        /// The command that it was working on.
        command: Option<u64>,
    },
}

/// A module made from text.
#[derive(Debug, Clone, PartialEq)]
pub struct Assembled {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it is, or why a deploy would refuse it.
    pub info: Result<ModuleInfo, String>,
}

/// Why a text became no module.
#[derive(Debug, Clone, PartialEq)]
pub enum AssembleError {
    /// It is wrong here and there.
    Diagnostics(Vec<Diagnostic>),
    /// The engine was lost meanwhile.
    EngineLost,
}

/// Who waits for what.
enum Pending {
    Open(Replier<Result<Opened, String>>),
    Request(Replier<Result<ApiResponse, CallError>>),
    Assemble(Replier<Result<Assembled, AssembleError>>),
    Inspect(Replier<Result<ModuleInfo, String>>),
    Look(Replier<Option<BroughtFile>>),
    Check(Replier<Result<Vec<Verdict>, String>>),
    ReadLab(Replier<Result<Box<PackedLab>, Vec<String>>>),
    Definition(Replier<Option<DefinitionAnswer>>),
    Execution(Replier<Option<ExecutionAnswer>>),
}

type OnEvent = Rc<dyn Fn(EngineEvent)>;
type OnMessage = Closure<dyn FnMut(MessageEvent)>;
type OnError = Closure<dyn FnMut(ErrorEvent)>;

struct Connection {
    worker: Worker,
    // They live as long as the Worker may call them.
    _on_message: OnMessage,
    _on_error: OnError,
}

/// The page's end of the channel.
pub struct EngineClient {
    connection: RefCell<Option<Connection>>,
    pending: RefCell<BTreeMap<MessageId, Pending>>,
    next_id: Cell<MessageId>,
    /// What this task has sent so far.
    outbox: RefCell<Vec<ToWorker>>,
    on_event: RefCell<Option<OnEvent>>,
}

const LOST: &str = "The engine stopped while it worked on this.";

impl EngineClient {
    /// Not connected yet.
    pub fn new() -> Rc<Self> {
        Rc::new(Self {
            connection: RefCell::new(None),
            pending: RefCell::default(),
            next_id: Cell::new(1),
            outbox: RefCell::default(),
            on_event: RefCell::new(None),
        })
    }

    /// Starts a Worker in place of the one there may be. What was asked of that one is answered as lost.
    pub fn connect(self: &Rc<Self>, on_event: OnEvent) -> Result<(), String> {
        *self.on_event.borrow_mut() = Some(on_event);
        self.disconnect();
        let worker = host::start_engine()?;
        let client = self.clone();
        let on_message = OnMessage::new(move |event: MessageEvent| client.receive(&event.data()));
        let client = self.clone();
        let on_error = OnError::new(move |event: ErrorEvent| {
            event.prevent_default();
            client.lose(event.message(), None);
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        *self.connection.borrow_mut() =
            Some(Connection { worker, _on_message: on_message, _on_error: on_error });
        Ok(())
    }

    fn disconnect(&self) {
        if let Some(connection) = self.connection.borrow_mut().take() {
            connection.worker.set_onmessage(None);
            connection.worker.set_onerror(None);
            connection.worker.terminate();
            // The closures may be what is running right now; they are dropped when that is over.
            gloo_timers::callback::Timeout::new(0, move || drop(connection)).forget();
        }
        self.outbox.borrow_mut().clear();
        let pending = std::mem::take(&mut *self.pending.borrow_mut());
        for (_, pending) in pending {
            match pending {
                Pending::Open(replier) => replier.send(Err(LOST.into())),
                Pending::Request(replier) => replier.send(Err(CallError::EngineLost)),
                Pending::Assemble(replier) => replier.send(Err(AssembleError::EngineLost)),
                Pending::Inspect(replier) => replier.send(Err(LOST.into())),
                Pending::Look(replier) => replier.send(None),
                Pending::Check(replier) => replier.send(Err(LOST.into())),
                Pending::ReadLab(replier) => replier.send(Err(vec![LOST.into()])),
                Pending::Definition(replier) => replier.send(None),
                Pending::Execution(replier) => replier.send(None),
            }
        }
    }

    fn tell(&self, event: EngineEvent) {
        let listener = self.on_event.borrow().clone();
        if let Some(listener) = listener {
            listener(event);
        }
    }

    fn lose(&self, message: String, command: Option<u64>) {
        self.disconnect();
        self.tell(EngineEvent::Lost { message, command });
    }

    fn send(self: &Rc<Self>, message: ToWorker, modules: &[Rc<[u8]>]) {
        if !modules.is_empty() {
            self.post_outbox();
            self.post(&[message], modules);
            return;
        }
        let mut outbox = self.outbox.borrow_mut();
        outbox.push(message);
        if outbox.len() == 1 {
            let client = self.clone();
            // A microtask: it runs before the browser does anything else.
            spawn_local(async move { client.post_outbox() });
        }
    }

    fn post_outbox(&self) {
        let messages = std::mem::take(&mut *self.outbox.borrow_mut());
        if !messages.is_empty() {
            self.post(&messages, &[]);
        }
    }

    fn post(&self, messages: &[ToWorker], modules: &[Rc<[u8]>]) {
        let json = encode(messages);
        let buffers: Array = modules
            .iter()
            .map(|bytes| JsValue::from(Uint8Array::from(&bytes[..]).buffer()))
            .collect();
        let transfer = buffers.slice(0, buffers.length());
        let message = host::object(&[("json", &json.into()), ("buffers", &buffers)]);
        if let Some(connection) = &*self.connection.borrow() {
            let _ = connection.worker.post_message_with_transfer(&message, &transfer);
        }
    }

    fn ask<T>(&self, wrap: impl FnOnce(Replier<T>) -> Pending) -> (MessageId, host::Reply<T>) {
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        let (replier, reply) = host::reply();
        self.pending.borrow_mut().insert(id, wrap(replier));
        (id, reply)
    }

    /// Opens a document.
    pub async fn open(
        self: &Rc<Self>,
        workspace: Workspace,
        modules: &[Rc<[u8]>],
        replay: bool,
    ) -> Result<Opened, String> {
        let (id, reply) = self.ask(Pending::Open);
        self.send(
            ToWorker::Open {
                id,
                workspace: Box::new(workspace),
                modules: (0..modules.len()).collect(),
                replay,
            },
            modules,
        );
        reply.await
    }
    /// Lets a request into the cloud.
    pub async fn request(
        self: &Rc<Self>,
        request: ApiRequest,
        modules: &[Rc<[u8]>],
    ) -> Result<ApiResponse, CallError> {
        let (id, reply) = self.ask(Pending::Request);
        self.send(
            ToWorker::Request { id, request, modules: (0..modules.len()).collect() },
            modules,
        );
        reply.await
    }
    /// Lets a request into a copy of the session, which is forgotten afterwards. What comes first goes in before it.
    pub async fn try_request(
        self: &Rc<Self>,
        workspace: Workspace,
        modules: &[Rc<[u8]>],
        first: Vec<ApiRequest>,
        request: ApiRequest,
    ) -> Result<ApiResponse, CallError> {
        let (id, reply) = self.ask(Pending::Request);
        let message = ToWorker::Try {
            id,
            workspace: Box::new(workspace),
            modules: (0..modules.len()).collect(),
            first,
            request,
        };
        self.send(message, modules);
        reply.await
    }
    /// Makes a module from text.
    pub async fn assemble(self: &Rc<Self>, text: &str) -> Result<Assembled, AssembleError> {
        let (id, reply) = self.ask(Pending::Assemble);
        self.send(ToWorker::Assemble { id, text: text.to_owned() }, &[]);
        reply.await
    }
    /// Says what a module is.
    pub async fn inspect(self: &Rc<Self>, module: Rc<[u8]>) -> Result<ModuleInfo, String> {
        let (id, reply) = self.ask(Pending::Inspect);
        self.send(ToWorker::Inspect { id, module: 0 }, &[module]);
        reply.await
    }
    /// Asks checks of a lab, in copies of this session.
    pub async fn check(
        self: &Rc<Self>,
        workspace: Workspace,
        modules: &[Rc<[u8]>],
        faults: Option<Value>,
        checks: Vec<Check>,
    ) -> Result<Vec<Verdict>, String> {
        let (id, reply) = self.ask(Pending::Check);
        let message = ToWorker::Check {
            id,
            workspace: Box::new(workspace),
            modules: (0..modules.len()).collect(),
            faults,
            checks,
        };
        self.send(message, modules);
        reply.await
    }
    /// Reads somebody's own lab from a zip; or says all that is wrong with it.
    pub async fn read_lab(
        self: &Rc<Self>,
        file: Rc<[u8]>,
        name: &str,
    ) -> Result<Box<PackedLab>, Vec<String>> {
        let (id, reply) = self.ask(Pending::ReadLab);
        self.send(ToWorker::ReadLab { id, file: 0, name: name.to_owned() }, &[file]);
        reply.await
    }
    /// Says what a file is that somebody brings; none when the engine was lost meanwhile.
    pub async fn look(self: &Rc<Self>, file: Rc<[u8]>) -> Option<BroughtFile> {
        let (id, reply) = self.ask(Pending::Look);
        self.send(ToWorker::Look { id, file: 0 }, &[file]);
        reply.await
    }
    /// Asks about a definition's text; none when the engine was lost meanwhile.
    pub async fn definition(self: &Rc<Self>, ask: DefinitionAsk) -> Option<DefinitionAnswer> {
        let (id, reply) = self.ask(Pending::Definition);
        self.send(ToWorker::Definition { id, ask }, &[]);
        reply.await
    }
    /// Asks about a history from a file; none when the engine was lost meanwhile.
    pub async fn execution(self: &Rc<Self>, ask: ExecutionAsk) -> Option<ExecutionAnswer> {
        let (id, reply) = self.ask(Pending::Execution);
        self.send(ToWorker::Execution { id, ask }, &[]);
        reply.await
    }
    /// Sets how the clock goes.
    pub fn set_clock(self: &Rc<Self>, mode: ClockMode) {
        self.send(ToWorker::SetClock { mode }, &[]);
    }
    /// Moves the clock.
    pub fn advance(self: &Rc<Self>, micros: u64) {
        self.send(ToWorker::Advance { micros }, &[]);
    }
    /// Moves the clock to the next deadline.
    pub fn step(self: &Rc<Self>) {
        self.send(ToWorker::Step, &[]);
    }
    /// Ends the running invocation.
    pub fn stop_invocation(self: &Rc<Self>) {
        self.send(ToWorker::StopInvocation, &[]);
    }
    /// Says which windows are shown.
    pub fn watch(self: &Rc<Self>, views: Vec<ViewSpec>) {
        self.send(ToWorker::Watch { views }, &[]);
    }

    /// Says that what came last is drawn.
    pub fn seen(self: &Rc<Self>) {
        self.send(ToWorker::Seen, &[]);
    }

    fn receive(&self, data: &JsValue) {
        let json = Reflect::get(data, &"json".into())
            .ok()
            .and_then(|json| json.as_string())
            .unwrap_or_default();
        match decode_from_worker(&json) {
            Ok(messages) => messages.into_iter().for_each(|message| self.handle(message, data)),
            // Another build's message: the ids of the builds tell it as well, but its Ready may be unreadable.
            Err(_) => self.tell(EngineEvent::Mismatch),
        }
    }

    fn handle(&self, message: FromWorker, data: &JsValue) {
        match message {
            FromWorker::Ready { protocol_version, build_id } => {
                let same = protocol_version == PROTOCOL_VERSION && build_id == host::build_id();
                self.tell(if same { EngineEvent::Ready } else { EngineEvent::Mismatch });
            }
            FromWorker::Progress { done, total } => {
                self.tell(EngineEvent::Progress { done, total })
            }
            FromWorker::Logged { command } => self.tell(EngineEvent::Logged(command)),
            FromWorker::Interrupted { interrupt } => self.tell(EngineEvent::Interrupted(interrupt)),
            FromWorker::Views { views } => self.tell(EngineEvent::Views(views)),
            FromWorker::Clock { clock } => self.tell(EngineEvent::Clock(clock)),
            FromWorker::Panicked { message, command } => self.lose(message, command),
            FromWorker::Opened { id, result } => {
                if let Some(Pending::Open(replier)) = self.take(id) {
                    replier.send(result);
                }
            }
            FromWorker::Answered { id, result } => {
                if let Some(Pending::Request(replier)) = self.take(id) {
                    replier.send(result.map_err(CallError::Refused));
                }
            }
            FromWorker::Inspected { id, result } => {
                if let Some(Pending::Inspect(replier)) = self.take(id) {
                    replier.send(result);
                }
            }
            FromWorker::Looked { id, file } => {
                if let Some(Pending::Look(replier)) = self.take(id) {
                    replier.send(Some(file));
                }
            }
            FromWorker::Checked { id, result } => {
                if let Some(Pending::Check(replier)) = self.take(id) {
                    replier.send(result);
                }
            }
            FromWorker::LabRead { id, result } => {
                if let Some(Pending::ReadLab(replier)) = self.take(id) {
                    replier.send(result);
                }
            }
            FromWorker::DefinitionAnswered { id, answer } => {
                if let Some(Pending::Definition(replier)) = self.take(id) {
                    replier.send(Some(answer));
                }
            }
            FromWorker::ExecutionAnswered { id, answer } => {
                if let Some(Pending::Execution(replier)) = self.take(id) {
                    replier.send(Some(answer));
                }
            }
            FromWorker::Assembled { id, result } => {
                if let Some(Pending::Assemble(replier)) = self.take(id) {
                    let assembled = result.map(|module| Assembled {
                        bytes: buffer(data, module.module),
                        info: module.info,
                    });
                    replier.send(assembled.map_err(AssembleError::Diagnostics));
                }
            }
        }
    }

    fn take(&self, id: MessageId) -> Option<Pending> {
        self.pending.borrow_mut().remove(&id)
    }
}

/// A buffer of a message.
fn buffer(data: &JsValue, index: usize) -> Vec<u8> {
    let buffers = Reflect::get(data, &"buffers".into()).unwrap_or_default();
    let buffer =
        Reflect::get_u32(&buffers, u32::try_from(index).unwrap_or(u32::MAX)).unwrap_or_default();
    if buffer.is_object() { Uint8Array::new(&buffer).to_vec() } else { Vec::new() }
}
