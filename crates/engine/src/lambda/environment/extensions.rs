//! External extensions: modules in the folder `extensions/` of a function's layers, each with a guest of its own beside the function's.
//!
//! Follows "Using the Lambda Extensions API to create extensions". An extension is a loop module: it registers by a call to the service
//! `extensions`, which nobody but the environment hears, and asks for its events with `lambda.next` (docs/ABI.md). It is kept as an
//! environment of its own, without a phase, beside the one that it belongs to (its host), so that it computes, logs and calls as functions do.
//!
//! Invariant: a host with extensions takes no event before all of them wait for one, and ends none before.

use super::telemetry::Telemetry;
use super::{Cx, Due, Environment, Lambda};
use crate::lambda::invocation::Conclusion;
use crate::lambda::report::Record;
use crate::lambda::{control, costs};
use crate::world::World;
use crate::{EnvironmentPhase, Outcome, Timestamp};
use coldstart_sandbox::{Answer, Exit, GuestConfig, Resume, Shape, Stop, Trap, start_recorded};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Numbers of extensions, so that those of environments have no gaps.
const FIRST: u32 = 1 << 31;

/// An extension.
pub(super) struct Extension {
    /// Where it belongs; none once that has let it go.
    pub(super) host: Option<u32>,
    pub(super) name: String,
    /// What it has registered for.
    pub(super) events: Option<Vec<String>>,
    /// As the log has it.
    pub(super) state: &'static str,
    /// What it has reported: the platform's type of error, and its own.
    pub(super) reported: Option<(&'static str, String)>,
    /// It has asked for the next event, and there is none.
    pub(super) waiting: bool,
    queue: VecDeque<Arc<[u8]>>,
    pub(super) deadline: Timestamp,
    /// What it wants to know of what is said.
    pub(super) telemetry: Option<Box<Telemetry>>,
}

/// What a host waits with for its extensions.
pub(super) enum Held {
    /// The function's init code, until they have registered.
    Registration,
    /// The end of the init phase.
    Init,
    /// The snapshot that the function asks for.
    Snapshot,
    /// The end of an invocation.
    Conclusion(Conclusion),
}

impl Lambda {
    /// Starts all that a host has. False when it has none.
    #[inline(never)]
    pub(super) fn extensions_start(&mut self, cx: &mut Cx<'_>, host: u32) -> bool {
        self.extensions_drop(cx.world, host);
        let environment = &self.environments[&host];
        let modules = control::image::extensions(
            &environment.deployment.package,
            &environment.deployment.settings,
        );
        let deadline = match &environment.work {
            Some(invocation) if invocation.attempt.started_at.is_some() => {
                invocation.attempt.deadline
            }
            _ => environment.init_began.after_micros(environment.init_us_max()),
        };
        for (number, (name, module)) in modules.iter().enumerate() {
            let id = self.extension_number();
            let mut member = self.environments[&host].member(host, name, deadline);
            let recorded = self.environments[&host].takes_snapshot();
            let started = if number < costs::EXTENSIONS_MAX {
                member.launch(cx, module, recorded)
            } else {
                Err(format!("there are more than {} extensions", costs::EXTENSIONS_MAX))
            };
            let due = match started {
                Ok(()) => Due::Resume { environment: id, resume: Resume::Init },
                Err(why) => {
                    member.extension_mut().state = "LaunchError";
                    let exit = Exit { cause: Trap::Other(why), answer: None };
                    Due::Stopped { environment: id, stop: Stop::Exit(exit) }
                }
            };
            self.environments.insert(id, member);
            self.schedule(cx.world, id, cx.world.now.after_micros(costs::EXTENSION_US), due);
            self.host(host).extensions.push(id);
        }
        if !modules.is_empty() {
            self.host(host).held = Some(Held::Registration);
            self.extensions_begin(cx, host);
        }
        !modules.is_empty()
    }

    pub(super) fn extension_number(&mut self) -> u32 {
        let id = FIRST | self.next_extension;
        self.next_extension += 1;
        id
    }

    /// Tells them that the init phase has begun, as it did before they were there.
    fn extensions_begin(&mut self, cx: &mut Cx<'_>, host: u32) {
        let environment = self.host(host);
        environment.said = Vec::new();
        environment.frozen = false;
        if environment.phase == EnvironmentPhase::Init {
            let deployment = Arc::clone(&environment.deployment);
            let record = Record::InitStart {
                runtime: deployment.runtime_version(cx.world),
                version: deployment.version_name(),
            };
            self.extensions_hear(cx, host, &record);
        }
    }

    pub(super) fn host(&mut self, id: u32) -> &mut Environment {
        self.environments.get_mut(&id).expect("a host is there as long as its extensions name it")
    }

    /// What an extension that has stopped wants.
    #[inline(never)]
    pub(super) fn extension_stopped(&mut self, cx: &mut Cx<'_>, id: u32, stop: Stop) {
        self.host(id).restoring = false;
        match stop {
            Stop::Call(body) => self.extension_calls(cx, id, body),
            Stop::Sleep { ns } => {
                let at = cx.world.now.after_micros(ns.div_ceil(1_000));
                self.schedule(
                    cx.world,
                    id,
                    at,
                    Due::Resume { environment: id, resume: Resume::Continue },
                );
            }
            Stop::Next { answer } => {
                self.flush_partial_lines(cx, id);
                let extension = self.host(id).extension_mut();
                match answer {
                    Some(Answer::Error(error)) if extension.state != "Ready" => {
                        extension.reported = Some(("Extension.InitError", error_type(&error)));
                        self.extension_exited(cx, id, &Trap::ExitCode(1));
                    }
                    _ if extension.events.is_none() => {
                        let why = "it asked for an event before it had registered".to_owned();
                        self.extension_exited(cx, id, &Trap::Other(why));
                    }
                    _ => self.extension_waits(cx, id),
                }
            }
            Stop::Exit(exit) => {
                self.flush_partial_lines(cx, id);
                self.extension_exited(cx, id, &exit.cause);
            }
            Stop::Pending | Stop::Exhausted => unreachable!("a loop module is never pending"),
        }
    }

    fn extension_waits(&mut self, cx: &mut Cx<'_>, id: u32) {
        let extension = self.host(id).extension_mut();
        extension.state = "Ready";
        extension.waiting = true;
        let (event, host) = (extension.queue.pop_front(), extension.host);
        match (event, host) {
            (Some(event), _) => self.extension_give(cx.world, id, cx.world.now, event),
            (None, Some(host)) => {
                self.extension_gives_batch(cx.world, id);
                self.extensions_progress(cx, host);
            }
            // It has been told to shut down, and asks for more: it is done.
            (None, None) => self.extension_remove(cx.world, id),
        }
    }

    pub(super) fn extension_give(
        &mut self,
        world: &mut World,
        id: u32,
        at: Timestamp,
        payload: Arc<[u8]>,
    ) {
        self.host(id).extension_mut().waiting = false;
        let resume = Resume::Event { payload, meta: BTreeMap::new() };
        self.schedule(world, id, at, Due::Resume { environment: id, resume });
    }

    /// Goes on with what a host waits with, if it need not wait any more.
    pub(super) fn extensions_progress(&mut self, cx: &mut Cx<'_>, host: u32) {
        let environment = &self.environments[&host];
        let registers = matches!(environment.held, Some(Held::Registration));
        let all_are_there = environment.extensions.iter().all(|id| {
            let extension = self.environments.get(id).and_then(|member| member.extension.as_ref());
            extension.is_some_and(|it| it.waiting || registers && it.events.is_some())
        });
        if !all_are_there {
            return;
        }
        match self.host(host).held.take() {
            None => {}
            Some(Held::Registration) => self.initialise_function(cx, host),
            Some(Held::Init) => self.init_finished(cx, host),
            Some(Held::Snapshot) => self.snapshot_asked(cx, host),
            Some(Held::Conclusion(conclusion)) => self.finish(cx, host, conclusion),
        }
    }

    /// Whether a host has to wait with something; if so, it does.
    #[inline(never)]
    pub(super) fn extensions_hold(&mut self, host: u32, held: Held) -> Option<Held> {
        let environment = &self.environments[&host];
        let busy = environment.extensions.iter().any(|id| {
            let extension = self.environments.get(id).and_then(|member| member.extension.as_ref());
            extension.is_none_or(|it| !it.waiting)
        });
        let environment = self.host(host);
        environment.frozen = !busy;
        if !busy {
            return Some(held);
        }
        environment.held = Some(held);
        None
    }

    /// Answers the caller of an invocation that only extensions still work on: AWS does not let it wait for them. A caller that wants
    /// the end of the log waits, as REPORT is a part of it (inferred).
    #[inline(never)]
    pub(super) fn extensions_answer(&mut self, world: &mut World, host: u32) {
        let environment = self.host(host);
        let (Some(Held::Conclusion(conclusion)), Some(invocation)) =
            (&environment.held, &mut environment.work)
        else {
            return;
        };
        if invocation.wants_tail {
            return;
        }
        if let Some(caller) = invocation.caller.take() {
            let copy = Conclusion {
                outcome: conclusion.outcome,
                payload: conclusion.payload.clone(),
                lines: Vec::new(),
                status: conclusion.status.clone(),
            };
            world.answer(caller, Ok(copy.answer(invocation)));
        }
    }

    /// Tells those who want to know that there is an event for the function.
    #[inline(never)]
    pub(super) fn extensions_invoke(&mut self, world: &mut World, host: u32, at: Timestamp) {
        let environment = &self.environments[&host];
        let Some(invocation) = &environment.work else { return };
        let deadline = invocation.attempt.deadline;
        let event = json!({
            "eventType": "INVOKE",
            "deadlineMs": world.unix_ms_at(deadline),
            "requestId": invocation.request_id,
            "invokedFunctionArn": invocation.invoked_arn,
            "tracing": { "type": "X-Amzn-Trace-Id", "value": invocation.trace_id },
        });
        let event: Arc<[u8]> = event.to_string().into_bytes().into();
        for id in environment.extensions.clone() {
            let extension = self.host(id).extension_mut();
            if extension.wants("INVOKE") {
                extension.deadline = deadline;
                assert!(extension.waiting, "an event is given when all wait for one");
                self.extension_give(world, id, at, Arc::clone(&event));
            }
        }
        self.extensions_thaw(world, host);
    }

    /// The host goes, or begins anew: its extensions have two seconds to end.
    #[inline(never)]
    pub(super) fn extensions_shut_down(&mut self, world: &mut World, host: u32, reason: &str) {
        let environment = self.host(host);
        environment.held = None;
        let members = std::mem::take(&mut environment.extensions);
        let deadline = world.now.after_micros(costs::EXTENSIONS_SHUTDOWN_US);
        let deadline_ms = world.unix_ms_at(deadline);
        let event =
            json!({ "eventType": "SHUTDOWN", "shutdownReason": reason, "deadlineMs": deadline_ms });
        let event: Arc<[u8]> = event.to_string().into_bytes().into();
        for id in members {
            let member = self.host(id);
            let is_there = member.guest.is_some();
            let extension = member.extension_mut();
            extension.host = None;
            extension.deadline = deadline;
            let mut events = VecDeque::new();
            if is_there {
                events.extend(self.extension_takes_batch(world, id));
            }
            let extension = self.host(id).extension_mut();
            if is_there && extension.wants("SHUTDOWN") {
                events.push_back(Arc::clone(&event));
            }
            if events.is_empty() {
                self.extension_remove(world, id);
                continue;
            }
            let first = if extension.waiting { events.pop_front() } else { None };
            extension.queue.extend(events);
            if let Some(first) = first {
                self.extension_give(world, id, world.now, first);
            }
            self.schedule(world, id, deadline, Due::Timeout { environment: id });
        }
    }

    /// Takes them away without a word: they have not come to be.
    #[inline(never)]
    pub(super) fn extensions_drop(&mut self, world: &mut World, host: u32) {
        let environment = self.host(host);
        environment.held = None;
        for id in std::mem::take(&mut environment.extensions) {
            self.extension_remove(world, id);
        }
    }

    /// An extension is gone: so is what its host works on.
    #[inline(never)]
    pub(super) fn extension_exited(&mut self, cx: &mut Cx<'_>, id: u32, cause: &Trap) {
        let extension = self.host(id).extension_mut();
        let Some(host) = extension.host else {
            self.extension_remove(cx.world, id);
            return;
        };
        let what = match cause {
            Trap::ExitCode(code) => format!("exit code {code}"),
            Trap::Other(words) => words.clone(),
            trap => format!("{trap:?}"),
        };
        let error_type = match (&extension.reported, extension.state) {
            (Some((error_type, _)), _) => error_type,
            (None, "LaunchError") => "Extension.LaunchError",
            (None, _) => "Extension.Crash",
        };
        if extension.state != "LaunchError" {
            extension.state = match error_type {
                "Extension.InitError" => "InitError",
                "Extension.ExitError" => "ExitError",
                _ => "Exited",
            };
        }
        let request_id = self.environments[&host].work_name(host);
        let what = format!("{}: {what}", self.host(id).extension_mut().name);
        let conclusion = Conclusion::platform_error(&request_id, Outcome::Error, error_type, &what);
        if self.environments[&host].initialising {
            self.extensions_log(cx, host);
            self.extensions_drop(cx.world, host);
            self.kill_guest(cx.world, host);
            self.init_ended(cx, host, conclusion);
            return;
        }
        self.extension_log(cx, host, id);
        self.host(host).extensions.retain(|member| *member != id);
        self.extension_remove(cx.world, id);
        self.extensions_shut_down(cx.world, host, "failure");
        if self.environments[&host].work.is_some() {
            self.kill_guest(cx.world, host);
            self.finish(cx, host, conclusion);
        }
    }

    /// A line for each, at the end of the init phase.
    #[inline(never)]
    pub(super) fn extensions_log(&mut self, cx: &mut Cx<'_>, host: u32) {
        for id in self.environments[&host].extensions.clone() {
            self.extension_log(cx, host, id);
        }
    }

    fn extension_log(&mut self, cx: &mut Cx<'_>, host: u32, id: u32) {
        let extension = self.host(id).extension_mut();
        let record = Record::Extension {
            name: extension.name.clone(),
            state: extension.state,
            events: extension.events.clone().unwrap_or_default(),
            error_type: extension.reported.as_ref().map(|(_, own)| own.clone()),
        };
        self.log_record(cx, host, &record);
    }

    fn extension_remove(&mut self, world: &mut World, id: u32) {
        if self.environments[&id].run.is_some() {
            self.end_run(id, true);
        }
        self.cancel_due(world, id);
        self.environments.remove(&id);
    }

    /// Its time to shut down is over.
    #[inline(never)]
    pub(super) fn extension_expired(&mut self, world: &mut World, id: u32) {
        self.extension_remove(world, id);
    }
}

impl Extension {
    fn wants(&self, event: &str) -> bool {
        self.events.iter().flatten().any(|wanted| wanted == event)
    }
}

impl Environment {
    /// An extension of this environment; it has no guest yet.
    pub(super) fn member(&self, host: u32, name: &str, deadline: Timestamp) -> Self {
        let extension = Extension {
            host: Some(host),
            name: name.to_owned(),
            events: None,
            state: "Started",
            reported: None,
            waiting: false,
            queue: VecDeque::new(),
            deadline,
            telemetry: None,
        };
        Self {
            function: self.function.clone(),
            function_arn: self.function_arn.clone(),
            deployment: Arc::clone(&self.deployment),
            stream: self.stream.clone(),
            variables: self.variables.clone(),
            // One of its own, that follows from the host's and its name.
            seed: name.bytes().fold(self.seed, |seed, byte| {
                (seed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            }),
            phase: self.phase,
            provisioned: None,
            snapshot: None,
            hook_began: None,
            restoring: false,
            guest: None,
            tmp: BTreeMap::new(),
            epoch: 0,
            work: None,
            ahead_units: 0,
            initialising: false,
            init_began: self.init_began,
            run: None,
            due: Vec::new(),
            reclaim: None,
            pending: false,
            ready: VecDeque::new(),
            partial: Default::default(),
            memory_bytes_peak: 0,
            last_used: self.last_used,
            retired: false,
            extension: Some(Box::new(extension)),
            extensions: Vec::new(),
            held: None,
            said: Vec::new(),
            frozen: false,
        }
    }

    pub(super) fn extension_mut(&mut self) -> &mut Extension {
        self.extension.as_mut().expect("only extensions are asked")
    }

    /// Until when an extension may compute.
    pub(super) fn extension_deadline(&self) -> Option<Timestamp> {
        self.extension.as_ref().map(|extension| extension.deadline)
    }

    /// Makes its guest, or says why there is none.
    fn launch(&mut self, cx: &mut Cx<'_>, module: &[u8], recorded: bool) -> Result<(), String> {
        let artifact = cx.artifacts.accept(module).map_err(|refusal| refusal.message)?;
        if artifact.info.shape != Shape::Loop {
            return Err(
                "an extension is a module that exports _start and imports lambda.next".into()
            );
        }
        // In the sandbox's books a name stands for the function alone.
        let config = GuestConfig { name: String::new(), ..self.guest_config() };
        let started = match recorded {
            true => start_recorded(cx.sandbox, &artifact, config),
            false => cx.sandbox.start(&artifact, config),
        };
        self.guest = Some(started.map_err(|trap| format!("{trap:?}"))?);
        Ok(())
    }
}

/// `errorType` of an error's JSON.
fn error_type(payload: &[u8]) -> String {
    let error: Option<Value> = serde_json::from_slice(payload).ok();
    let own = error.as_ref().and_then(|error| error.get("errorType")).and_then(Value::as_str);
    own.unwrap_or("UnknownError").to_owned()
}
