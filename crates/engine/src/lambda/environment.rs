//! Execution environments: what happens after a request was accepted.
//!
//! A guest that computes is run eagerly, in slices, at the instant at which it begins, while the clock stands still.
//! What it does (log lines, calls, its answer) is put in the queue at the virtual time at which its meter says that it
//! does it, so the rest of the cloud sees it then and not before.
//!
//! Invariant: an environment works on at most one invocation at a time.
//! Invariant: an account's environments that work or are provisioned are at most [`costs::CONCURRENT_EXECUTIONS_MAX`]; what is over
//! is throttled.
//! Invariant: the clock does not pass an instant at which a guest still computes.

mod ending;
mod extensions;
mod logging;
mod phases;
mod placing;
mod provisioned;
mod registration;
mod running;
mod snapshots;
mod telemetry;

use super::capacity::Capacity;
use super::invocation::Invocation;
use super::load;
use super::model::{Deployment, Function};
use super::report::ReportStatus;
use super::{api, asynchronous, control, costs, event_sources};
use crate::ecr::Ecr;
use crate::engine::Artifacts;
use crate::logs::Logs;
use crate::queue::{QueueKey, Urgency};
use crate::sqs::Sqs;
use crate::world::World;
use crate::{EnvironmentPhase, Fact, Timestamp, world};
use coldstart_sandbox::{Guest, GuestConfig, Limits, Resume, Sandbox, Stop, Trap, start_recorded};
use extensions::{Extension, Held};
pub(crate) use snapshots::Taken;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use telemetry::Said;

/// What Lambda's code needs of the rest of the engine.
pub(crate) struct Cx<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) logs: &'a mut Logs,
    pub(crate) sqs: &'a mut Sqs,
    pub(crate) ecr: &'a Ecr,
    pub(crate) sandbox: &'a dyn Sandbox,
    pub(crate) artifacts: &'a mut Artifacts,
}

/// A call that a guest made: which guest, and with which token when it does not block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GuestCall {
    environment: u32,
    epoch: u64,
    token: Option<u32>,
}

impl GuestCall {
    /// Whose handler calls.
    pub(crate) fn environment(&self) -> u32 {
        self.environment
    }
}

/// What may be due.
#[derive(Debug)]
pub(crate) enum Due {
    /// A new function becomes active, or an update is done.
    Settle { function: String, deployment: u64 },
    /// Something of the control plane has changed its state.
    Control(control::Due),
    /// Something of an event source mapping's.
    Source(event_sources::Due),
    /// An asynchronous invocation leaves its queue.
    Deliver { invocation: Box<Invocation> },
    /// A sandbox is there: the init phase begins.
    Sandbox { environment: u32 },
    /// A guest goes on.
    Resume { environment: u32, resume: Resume },
    /// A guest stopped.
    Stopped { environment: u32, stop: Stop },
    /// A guest wrote a line.
    Log { environment: u32, message: String },
    /// A timer or call that a callback guest started has its answer.
    Token { environment: u32, token: u32, answer: Arc<[u8]> },
    /// The answer to a guest's call is back; dropped when the guest that called is not there any more.
    CallAnswer { call: GuestCall, answer: Arc<[u8]> },
    /// The package has no module.
    NoModule { environment: u32 },
    /// The init phase ran into its limit.
    InitTimeout { environment: u32 },
    /// The invocation ran into the function's timeout.
    Timeout { environment: u32 },
    /// The stop button.
    Kill { environment: u32 },
    /// The next invocation of a load.
    Load { load: u64 },
    /// The time of an extension's batch of telemetry is up.
    Telemetry { environment: u32 },
    /// An idle environment is given up.
    Reclaim { environment: u32 },
}

/// A guest that computes, since `base`.
struct Run {
    base: Timestamp,
    deadline: Timestamp,
    units: u64,
    /// More than these do not fit before the deadline.
    units_max: u64,
    /// What it goes on with; none after the first slice.
    resume: Option<Resume>,
}

/// Says that an environment is provisioned.
struct Tag {
    /// The version or alias whose configuration asks for it.
    qualifier: String,
    /// It has run its init code.
    available: bool,
}

/// One execution environment.
struct Environment {
    function: String,
    function_arn: String,
    deployment: Arc<Deployment>,
    stream: String,
    variables: Vec<(String, String)>,
    seed: u64,
    phase: EnvironmentPhase,
    provisioned: Option<Tag>,
    /// What it begins with; taken when it does.
    snapshot: Option<Taken>,
    /// Since when the guest does what it has to do after it was restored.
    hook_began: Option<Timestamp>,
    /// The guest is on its way to where its snapshot was taken: what it burns was burned before.
    restoring: bool,
    guest: Option<Box<dyn Guest>>,
    /// `/tmp` while no guest is there.
    tmp: BTreeMap<String, Arc<[u8]>>,
    /// Changes whenever a guest or an invocation ends, so that late answers find nobody.
    epoch: u64,
    work: Option<Invocation>,
    /// Units that its init code burned while it was made ahead.
    ahead_units: u64,
    /// Whether the guest runs its init code (in the init phase, or again in the invoke phase).
    initialising: bool,
    init_began: Timestamp,
    run: Option<Run>,
    /// Entries of the queue that end with the guest's work.
    due: Vec<QueueKey>,
    reclaim: Option<QueueKey>,
    /// A callback guest that waits for its tokens.
    pending: bool,
    /// Tokens that came due while the guest computed.
    ready: VecDeque<(u32, Arc<[u8]>)>,
    /// Unfinished lines of stdout and stderr.
    partial: [Vec<u8>; 2],
    memory_bytes_peak: u64,
    last_used: Timestamp,
    /// Made for settings that are not current any more, or for a function that is gone.
    retired: bool,
    /// It is an extension of another.
    extension: Option<Box<Extension>>,
    /// Its own extensions.
    extensions: Vec<u32>,
    /// What waits for them.
    held: Option<Held>,
    /// What was said in its init phase, for those of them that will want to know.
    said: Vec<Said>,
    /// Nothing more is given to them until it goes on.
    frozen: bool,
}

/// The service's state.
#[derive(Default)]
pub(crate) struct Lambda {
    pub(crate) functions: BTreeMap<String, Function>,
    pub(crate) next_deployment: u64,
    /// Layers and event source mappings.
    pub(crate) control: control::AccountControl,
    environments: BTreeMap<u32, Environment>,
    next_environment: u32,
    next_extension: u32,
    /// Environments whose guests compute now, in order.
    computing: VecDeque<u32>,
    /// Environments that wait for work, by deployment: whether provisioned, when they were used last, which.
    idle: BTreeMap<u64, BTreeSet<(bool, Timestamp, u32)>>,
    pub(super) capacity: Capacity,
    pub(super) loads: load::Loads,
    /// Functions that may not write to their logs: their lines are gone.
    pub(crate) muted: BTreeSet<String>,
    /// Stop buttons of a replayed session: units by request id.
    interrupts: BTreeMap<String, u64>,
}

impl Lambda {
    /// Does what is due now.
    pub(crate) fn handle_due(&mut self, cx: &mut Cx<'_>, due: Due) {
        match due {
            Due::Settle { function, deployment } => {
                api::settle(self, cx.world, &function, deployment)
            }
            Due::Control(due) => control::handle_due(self, cx, due),
            Due::Source(due) => event_sources::handle_due(self, cx, due),
            Due::Deliver { invocation } => self.deliver(cx, *invocation),
            Due::Sandbox { environment } => self.begin_init(cx, environment),
            Due::Resume { environment, resume } => self.resume(cx.world, environment, resume),
            Due::Stopped { environment, stop } => self.handle_stop(cx, environment, stop),
            Due::Log { environment, message } => self.log_application(cx, environment, message),
            Due::Token { environment, token, answer } => {
                self.token(cx.world, environment, token, answer)
            }
            Due::CallAnswer { call, answer } => self.call_answer(cx.world, call, answer),
            Due::NoModule { environment } => self.no_module(cx, environment),
            Due::InitTimeout { environment } => {
                self.kill_guest(cx.world, environment);
                self.init_failed(cx, environment, ReportStatus::Timeout);
            }
            Due::Timeout { environment } => self.time_out(cx, environment),
            Due::Kill { environment } => self.stopped_by_hand(cx, environment),
            Due::Load { load } => load::arrive(self, cx.world, load),
            Due::Telemetry { environment } => self.extension_batch_due(cx.world, environment),
            Due::Reclaim { environment } => self.reclaim(cx.world, environment),
        }
    }

    /// An asynchronous invocation leaves its queue. The function may be gone meanwhile, and the event with it.
    fn deliver(&mut self, cx: &mut Cx<'_>, mut invocation: Invocation) {
        let version = invocation.version;
        let function = self.functions.get(&invocation.function);
        if function.is_none_or(|function| function.deployment(version).is_none()) {
            return;
        }
        if self.check_concurrency(cx.world, &invocation.function, version, false).is_err() {
            asynchronous::throttled(self, cx.world, invocation);
            return;
        }
        if let Some(queued) = &mut invocation.queued {
            queued.attempts += 1;
        }
        self.place(cx, invocation);
    }

    // Leaves

    fn schedule(&mut self, world: &mut World, id: u32, at: Timestamp, due: Due) -> QueueKey {
        let key = world.schedule(at, Urgency::Work, world::Due::Lambda(due));
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        environment.due.push(key);
        // A guest that sleeps a million times leaves as many keys behind: forget those that have come out.
        if environment.due.len() >= 512 && environment.due.len().is_power_of_two() {
            environment.due.retain(|key| world.queue.contains(*key));
        }
        key
    }

    fn cancel_due(&mut self, world: &mut World, id: u32) {
        let environment = self.environments.get_mut(&id).expect("an environment at work is there");
        for key in environment.due.drain(..) {
            world.queue.cancel(key);
        }
    }

    fn set_phase(&mut self, world: &mut World, id: u32, phase: EnvironmentPhase) {
        let environment =
            self.environments.get_mut(&id).expect("a phase belongs to an environment");
        environment.phase = phase;
        let freezes = phase == EnvironmentPhase::Idle && !environment.extensions.is_empty();
        world.emit(Fact::EnvironmentPhase {
            environment: id,
            function: environment.function.clone(),
            version: environment.deployment.version_name(),
            phase,
            provisioned: environment.provisioned.is_some(),
        });
        if freezes {
            self.extensions_freeze(world, id);
        }
    }
}

impl Environment {
    fn invocation(&mut self) -> &mut Invocation {
        self.work.as_mut().expect("an environment at work has an invocation")
    }

    /// That its invocation is at work.
    fn started(&self, id: u32) -> Fact {
        let invocation = self.work.as_ref().expect("an environment at work has an invocation");
        let concurrency = match &self.provisioned {
            Some(_) => Some("Provisioned".to_owned()),
            None => invocation.attempt.spills.then(|| "Spillover".to_owned()),
        };
        Fact::InvocationStarted {
            request_id: invocation.request_id.clone(),
            function: self.function.clone(),
            environment: id,
            cold: invocation.attempt.cold,
            attempt: invocation.attempts(),
            concurrency,
        }
    }

    /// Whether it was made for a snapshot, rather than to take events. Asked of environments whose init code runs.
    fn takes_snapshot(&self) -> bool {
        self.work.is_none() && self.provisioned.is_none() && self.deployment.is_snap_start()
    }

    fn units_per_second(&self) -> u64 {
        costs::units_per_second(self.deployment.settings.memory_mb)
    }

    fn start_guest(&mut self, sandbox: &dyn Sandbox) -> Result<(), Trap> {
        let Some(artifact) = &self.deployment.package.artifact else { return Ok(()) };
        let config = self.guest_config();
        self.guest = Some(if self.takes_snapshot() {
            start_recorded(sandbox, artifact, config)?
        } else {
            sandbox.start(artifact, config)?
        });
        Ok(())
    }

    fn guest_config(&self) -> GuestConfig {
        let settings = &self.deployment.settings;
        let (args, root) = match &self.deployment.package.image {
            Some(image) => (control::image::arguments(image, settings), image.files()),
            None => (vec!["bootstrap".into()], Arc::default()),
        };
        GuestConfig {
            name: self.function.clone(),
            environment: self.variables.clone(),
            args,
            root,
            // Each guest of an environment has random bytes of its own.
            seed: self.seed.wrapping_add(self.epoch),
            tmp: self.tmp.clone(),
            task: self.deployment.package.files.clone().unwrap_or_default(),
            opt: if settings.layers.is_empty() {
                Arc::default()
            } else {
                control::layers::files(&settings.layers)
            },
            limits: Limits {
                memory_bytes_max: settings.memory_mb << 20,
                tmp_bytes_max: settings.tmp_mb << 20,
                response_bytes_max: costs::RESPONSE_BYTES_MAX,
                log_bytes_max: costs::LOG_BYTES_MAX,
            },
        }
    }

    /// Memory is lost, `/tmp` stays.
    fn drop_guest(&mut self) {
        if let Some(guest) = self.guest.take() {
            self.tmp = guest.tmp();
        }
        self.epoch += 1;
        self.pending = false;
        self.ready.clear();
    }
}
