//! The interface between an execution environment and the tier that runs its module.

use crate::{Artifact, Image, Snapshot, TierChoice, TierReport};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A tier: something that runs accepted modules. `WasmiSandbox` is the reference.
pub trait Sandbox {
    /// Makes a suspended guest; nothing of it runs before the first [`Guest::resume`].
    /// A module that asks for more memory than `config.limits` fails here with the trap that an environment would report.
    fn start(&self, artifact: &Artifact, config: GuestConfig) -> Result<Box<dyn Guest>, Trap>;
    /// Makes a guest of a copy: it waits for an event, or for what it has started. Asked only for images that this sandbox made, see
    /// [`Snapshot::restore`].
    fn restore(&self, _: &Artifact, _: &GuestConfig, _: &Image) -> Result<Box<dyn Guest>, Trap> {
        Err(Trap::Other("this tier makes no images".to_owned()))
    }
    /// The module of a language's runtime, such as `javascript`; it is given code as files. None when it is not to be had here.
    fn runtime(&self, _name: &str) -> Option<Artifact> {
        None
    }
    /// Where the guests of this name run and how fast, if there is more than one tier.
    fn tier(&self, _name: &str) -> Option<TierReport> {
        None
    }
    /// Sets where the guests of this name run from their next event on. Nothing that they do depends on it.
    fn choose_tier(&self, _name: &str, _choice: TierChoice) {}
    /// The same for sessions that are run as fast as can be and forgotten: guests begin where they run fastest, and what they take is in no
    /// report. None when it is this one.
    fn hurried(&self) -> Option<Arc<dyn Sandbox>> {
        None
    }
}

/// What an execution environment gives its guest.
#[derive(Debug, Clone)]
pub struct GuestConfig {
    /// Whose guest it is, for the sandbox's own books; nothing that the guest does depends on it.
    pub name: String,
    /// Environment variables in the order in which `environ_get` lists them.
    pub environment: Vec<(String, String)>,
    /// `args_get`; the first is the program's name.
    pub args: Vec<String>,
    /// Seeds `random_get`.
    pub seed: u64,
    /// Files of `/tmp` kept from an earlier guest of the same environment: path below `/tmp` to content.
    pub tmp: BTreeMap<String, Arc<[u8]>>,
    /// Read-only files below `/`, those of a container image. What is below `/tmp` there is left out.
    pub root: Arc<BTreeMap<String, Arc<[u8]>>>,
    /// Read-only files below `/var/task`.
    pub task: Arc<BTreeMap<String, Arc<[u8]>>>,
    /// Read-only files below `/opt`.
    pub opt: Arc<BTreeMap<String, Arc<[u8]>>>,
    /// What the guest may use.
    pub limits: Limits,
}

/// What a guest may use before it is stopped or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory and tables together; a growth past it fails in the guest.
    pub memory_bytes_max: u64,
    /// `/tmp`; a write past it is `ENOSPC`.
    pub tmp_bytes_max: u64,
    /// A response or error larger than this is cut off with [`Answer::TooLarge`].
    pub response_bytes_max: usize,
    /// Log bytes kept for one resume; what comes after is counted as dropped. A resume that only continues an exhausted
    /// slice shares the budget of the one before, so that slices change nothing.
    pub log_bytes_max: usize,
}

/// The virtual clock of one run: time at the first unit, and how fast units pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Nanoseconds since the Unix epoch when this run starts. Not read by a run that continues after [`Stop::Exhausted`]: that one goes
    /// on from the first slice's time by the units burned since, so that rounding does not pile up.
    pub now_ns: u64,
    /// Units of the meter that take one virtual second.
    pub units_per_second: u64,
    /// Nanoseconds since the Unix epoch at which the invocation times out; for `remaining_ms`.
    pub deadline_ns: u64,
}

/// Why a guest goes on.
#[derive(Debug, Clone)]
pub enum Resume {
    /// First run of a loop or callback guest: its init code. A command guest gets its event here: see `Event`.
    Init,
    /// An event for a guest that stopped with [`Stop::Next`], or the one event of a command guest.
    Event {
        /// The payload, JSON text.
        payload: Arc<[u8]>,
        /// Answers of `lambda.meta`: `requestId`, `functionArn`, `traceId`, `clientContext`, `deadlineMs` and the like.
        meta: BTreeMap<String, String>,
    },
    /// The answer to a blocking [`Stop::Call`].
    CallAnswer(Arc<[u8]>),
    /// A started call or timer of a [`Stop::Pending`] guest came due: `lambda_resume(token, …)`.
    Token {
        /// The token that `call_start` or `timer_start` returned.
        token: u32,
        /// JSON answer of a call; empty for a timer.
        answer: Arc<[u8]>,
    },
    /// Goes on after [`Stop::Exhausted`], or after the sleep of [`Stop::Sleep`] has passed.
    Continue,
}

/// One run: what stopped it and what it burned.
#[derive(Debug)]
pub struct Run {
    /// Why the guest is not running any more.
    pub stop: Stop,
    /// Units burned by this run.
    pub units: u64,
}

/// Why a guest stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The slice is used up; `Resume::Continue` goes on.
    Exhausted,
    /// It waits for an event. `answer` is what it said since the last event (none after init).
    Next {
        /// The answer to the event that it was given.
        answer: Option<Answer>,
    },
    /// It blocks on a service call: JSON `{"service","operation","params"}`.
    Call(Vec<u8>),
    /// It blocks in `poll_oneoff` for so many virtual nanoseconds.
    Sleep {
        /// How long.
        ns: u64,
    },
    /// A callback guest returned 2: it waits for tokens that it started.
    Pending,
    /// The guest is gone.
    Exit(Exit),
}

/// How a guest ended. It cannot be resumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// What ended it.
    pub cause: Trap,
    /// The answer to the event, when one was given before the end (a command guest's stdout, for one).
    pub answer: Option<Answer>,
}

/// What a handler said to an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// `respond`: the response, as given.
    Response(Vec<u8>),
    /// `fail`: JSON `{"errorMessage","errorType",…}`, as given.
    Error(Vec<u8>),
    /// The response was over the limit; `bytes` is what it wanted to send.
    TooLarge {
        /// Size of the refused response.
        bytes: usize,
    },
}

/// Why a guest is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trap {
    /// `proc_exit(code)`, or `main` returned (code 0).
    ExitCode(i32),
    /// `unreachable`: what a panic or an abort compiles to.
    Unreachable,
    /// Deeper calls than the meter allows.
    StackOverflow,
    /// A load or store outside of linear memory.
    MemoryOutOfBounds,
    /// A module asks for more memory at its start than the function has.
    OutOfMemory,
    /// Any other trap, in words, such as `integer divide by zero`.
    Other(String),
    /// The module broke the ABI (a pointer outside of memory, a missing event …), in words.
    Abi(String),
}

// Traps in words, which histories hold: those of an engine that tells few apart.
impl Trap {
    /// Of a call to a table's element that is not there.
    pub(crate) fn table() -> Self {
        Self::Other("table index is out of bounds".to_owned())
    }

    /// Of a call to an element that is null or has another type.
    pub(crate) fn indirect_call() -> Self {
        Self::Other("null function or function signature mismatch".to_owned())
    }

    pub(crate) fn division() -> Self {
        Self::Other("integer divide by zero".to_owned())
    }

    /// Of a quotient or a float that no integer of the type is.
    pub(crate) fn conversion() -> Self {
        Self::Other("integer overflow".to_owned())
    }
}

/// A stream of the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogStream {
    /// File descriptor 1 (for a command guest it is the response, not the log).
    Stdout,
    /// File descriptor 2.
    Stderr,
}

/// Bytes that the guest wrote, not yet split into lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogWrite {
    /// Where to.
    pub stream: LogStream,
    /// Virtual nanoseconds since the Unix epoch.
    pub at_ns: u64,
    /// What.
    pub bytes: Vec<u8>,
}

/// A service call or timer that a callback guest started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedCall {
    /// The token to resume with.
    pub token: u32,
    /// Virtual nanoseconds since the Unix epoch when it was started.
    pub at_ns: u64,
    /// What was started.
    pub kind: StartedKind,
}

/// What a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartedKind {
    /// `call_start`: JSON `{"service","operation","params"}`.
    Call(Vec<u8>),
    /// `timer_start`: virtual milliseconds.
    Timer {
        /// How long.
        ms: u64,
    },
}

/// A suspended computation: the inside of an execution environment.
pub trait Guest {
    /// Runs until the guest stops, or `units_max` more units are burned (it then stops at the next check, with [`Stop::Exhausted`]).
    fn resume(&mut self, resume: Resume, clock: Clock, units_max: u64) -> Run;
    /// Says before a resume how many units its run may burn altogether, and at how many it will be stopped in any case: for tiers that
    /// cannot be suspended. They run ahead, from slice to slice, each as long as the first but for the last one that fits.
    fn allow(&mut self, _units: u64, _stop_after: u64) {}
    /// Whether the next slice has been computed already. Who stops the guest nevertheless stops it later than it seems.
    fn is_ahead(&self) -> bool {
        false
    }
    /// The highest use of linear memory so far, in bytes.
    fn memory_bytes_peak(&self) -> u64;
    /// What was written since the last call, in order.
    fn take_log(&mut self) -> Vec<LogWrite>;
    /// Log bytes that were dropped because of `log_bytes_max`, since the last call.
    fn take_log_dropped(&mut self) -> u64;
    /// Calls and timers started since the last call, in order.
    fn take_started(&mut self) -> Vec<StartedCall>;
    /// `/tmp` as it is now, for the next guest of the same environment.
    fn tmp(&self) -> BTreeMap<String, Arc<[u8]>>;
    /// A copy of the guest, if it waits for an event and can be copied; see [`Snapshot`].
    fn image(&self) -> Option<Image> {
        None
    }
    /// Begins its stream of random bytes anew.
    fn reseed(&mut self, _seed: u64) {}
    /// The guest as it is while it waits for its first event: for guests of [`start_recorded`](crate::start_recorded).
    fn snapshot(&self) -> Option<Snapshot> {
        None
    }
}

/// What guests that wrap another one, their `guest`, leave to it.
macro_rules! leave_to_guest {
    () => {
        fn is_ahead(&self) -> bool {
            self.guest.is_ahead()
        }

        fn memory_bytes_peak(&self) -> u64 {
            self.guest.memory_bytes_peak()
        }

        fn take_log(&mut self) -> Vec<$crate::LogWrite> {
            self.guest.take_log()
        }

        fn take_log_dropped(&mut self) -> u64 {
            self.guest.take_log_dropped()
        }

        fn take_started(&mut self) -> Vec<$crate::StartedCall> {
            self.guest.take_started()
        }

        fn tmp(&self) -> std::collections::BTreeMap<String, std::sync::Arc<[u8]>> {
            self.guest.tmp()
        }
    };
}
pub(crate) use leave_to_guest;
