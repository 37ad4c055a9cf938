//! What a guest does from one resume to the next, whatever the tier: which function of the module is called, and what its answer means.
//!
//! Invariant: a guest that is gone says so for ever; one that is resumed out of turn is gone.

use crate::abi;
use crate::guest::{Answer, Clock, Exit, Guest, LogWrite, Resume, Run, StartedCall, Stop, Trap};
use crate::host::{Block, Cx, Halt, Host};
use crate::meter;
use crate::snapshot::Image;
use crate::{Shape, wasi};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An instance of a metered module on a tier.
pub(crate) trait Instance {
    /// A call that waits within an import.
    type Suspended;

    /// What its imports share.
    fn host(&self) -> &Host;
    /// What its imports share.
    fn host_mut(&mut self) -> &mut Host;
    /// Whether it exports a function of this name.
    fn exports(&self, function: &str) -> bool;
    /// Calls an exported function. Those that return nothing give 0.
    fn call(&mut self, function: &str, args: &[i32]) -> Called<Self::Suspended>;
    /// Lets a suspended import return this.
    fn go_on(&mut self, call: Self::Suspended, value: Option<i32>) -> Called<Self::Suspended>;
    /// Runs `f` with memory, host and meter at hand, and writes the meter back.
    fn with_cx<R>(
        &mut self,
        import: &'static str,
        f: impl FnOnce(&mut Cx<'_>) -> Result<R, Halt>,
    ) -> Result<R, Halt>;
    /// What the meter holds; none when the module has no code.
    fn left(&self) -> Option<i64>;
    /// Fills the meter.
    fn set_left(&mut self, units: i64);
    /// The highest use of linear memory so far, in bytes.
    fn memory_bytes_peak(&self) -> u64;
    /// Its memory and globals, if they are all that there is of it.
    fn copy(&self, pending: bool) -> Option<Image>;
}

/// What came of a call.
pub(crate) enum Called<S> {
    /// It returned.
    Returned(i32),
    /// It waits.
    Suspended(S, Block),
    /// It is over.
    Trapped(Trap),
}

/// Which of the guest's functions runs.
#[derive(Debug, Clone)]
enum Step {
    /// The module's start function.
    Start,
    Initialize,
    /// `_start`.
    Main,
    /// `lambda_alloc` for the bytes; with a token for `lambda_resume`, without for `lambda_handler`.
    Alloc {
        bytes: Arc<[u8]>,
        token: Option<u32>,
    },
    /// `lambda_handler` or `lambda_resume`.
    Handle {
        function: &'static str,
    },
}

/// Where a guest is between two resumes.
enum Phase<S> {
    /// Nothing ran yet.
    Fresh,
    /// Suspended inside an import.
    Blocked {
        call: S,
        block: Block,
        step: Step,
    },
    /// A callback guest between events.
    Idle,
    /// A callback guest that returned 2.
    Pending,
    Gone(Exit),
}

/// A guest on a tier.
pub(crate) struct Steps<I: Instance> {
    instance: I,
    shape: Shape,
    phase: Phase<I::Suspended>,
    /// The last stop was the end of a slice.
    exhausted: bool,
}

impl<I: Instance> Steps<I> {
    /// Nothing of it has run.
    pub(crate) fn new(instance: I, shape: Shape) -> Self {
        Self { instance, shape, phase: Phase::Fresh, exhausted: false }
    }

    /// A copy of a guest that waited for an event, or for tokens.
    pub(crate) fn resting(instance: I, shape: Shape, image: &Image) -> Self {
        let phase = if image.0.pending { Phase::Pending } else { Phase::Idle };
        Self { instance, shape, phase, exhausted: false }
    }

    pub(crate) fn instance(&mut self) -> &mut I {
        &mut self.instance
    }
}

/// The outcome of running one function.
enum Outcome {
    Finished(Step, i32),
    Stopped(Stop),
    Trapped(Trap),
}

impl<I: Instance> Steps<I> {
    fn host(&mut self) -> &mut Host {
        self.instance.host_mut()
    }

    /// Goes on until there is something to say.
    fn go(&mut self, resume: Resume) -> Stop {
        let mut outcome = self.enter(resume);
        loop {
            outcome = match outcome {
                Outcome::Finished(step, value) => self.after(&step, value),
                Outcome::Stopped(stop) => return stop,
                Outcome::Trapped(trap) => return self.gone(trap),
            };
        }
    }

    fn gone(&mut self, cause: Trap) -> Stop {
        let answer = match (self.shape, &cause) {
            (Shape::Command, Trap::ExitCode(_)) => {
                let limit = self.host().limits.response_bytes_max;
                let failed = self.host().abi.end_event();
                let (stdout, wanted) = self.host().wasi.take_stdout();
                Some(failed.unwrap_or(if wanted > limit as u64 {
                    Answer::TooLarge { bytes: usize::try_from(wanted).unwrap_or(usize::MAX) }
                } else {
                    Answer::Response(stdout)
                }))
            }
            _ => self.host().abi.end_event(),
        };
        let exit = Exit { cause, answer };
        self.phase = Phase::Gone(exit.clone());
        Stop::Exit(exit)
    }

    fn misused(what: &str) -> Outcome {
        Outcome::Trapped(Trap::Abi(format!("the guest was resumed out of turn: {what}")))
    }

    fn enter(&mut self, resume: Resume) -> Outcome {
        match (std::mem::replace(&mut self.phase, Phase::Pending), resume) {
            (Phase::Gone(exit), _) => {
                self.phase = Phase::Gone(exit.clone());
                Outcome::Stopped(Stop::Exit(exit))
            }
            (Phase::Fresh, Resume::Init) if self.shape == Shape::Command => {
                self.phase = Phase::Fresh;
                Outcome::Stopped(Stop::Next { answer: None })
            }
            (Phase::Fresh, Resume::Event { payload, meta }) if self.shape == Shape::Command => {
                self.host().abi.begin_event(None, meta);
                self.host().wasi.set_stdin(payload);
                self.first()
            }
            (Phase::Fresh, Resume::Init) => self.first(),
            (Phase::Idle, Resume::Event { payload, meta }) => {
                self.host().abi.begin_event(None, meta);
                let length = payload.len();
                self.call(Step::Alloc { bytes: payload, token: None }, &[length as i32])
            }
            (Phase::Pending, Resume::Token { token, answer }) => {
                if !self.host().abi.close_token(token) {
                    // Init code started it, and has ended without it.
                    self.phase = Phase::Pending;
                    return Outcome::Stopped(Stop::Pending);
                }
                if answer.is_empty() {
                    return self.handle("lambda_resume", &[token as i32, 0, 0]);
                }
                let length = answer.len();
                self.call(Step::Alloc { bytes: answer, token: Some(token) }, &[length as i32])
            }
            (Phase::Blocked { call, block, step }, resume) => {
                self.unblock(call, block, step, resume)
            }
            (Phase::Fresh, _) => Self::misused("it has not run yet"),
            (Phase::Idle, _) => Self::misused("it waits for an event"),
            (Phase::Pending, _) => Self::misused("it waits for a token"),
        }
    }

    /// Finishes the import in which the guest is suspended.
    fn unblock(&mut self, call: I::Suspended, block: Block, step: Step, resume: Resume) -> Outcome {
        let finished = match (block, resume) {
            (Block::Exhausted, Resume::Continue) => Ok(None),
            (Block::Sleep { poll, .. }, Resume::Continue) => {
                let import = "wasi_snapshot_preview1.poll_oneoff";
                self.instance.with_cx(import, |cx| wasi::finish_poll(cx, &poll)).map(Some)
            }
            (Block::Next { buf, cap }, Resume::Event { payload, meta }) => {
                self.host().abi.begin_event(Some(payload), meta);
                self.instance.with_cx("lambda.next", |cx| abi::finish_next(cx, buf, cap)).map(Some)
            }
            (Block::Call { buf, cap, .. }, Resume::CallAnswer(answer)) => {
                self.host().abi.set_call_answer(answer);
                self.instance.with_cx("lambda.call", |cx| abi::finish_call(cx, buf, cap)).map(Some)
            }
            (block, _) => return Self::misused(&format!("it waits in {}", waits_in(&block))),
        };
        match finished {
            Ok(value) => {
                let called = self.instance.go_on(call, value);
                self.settle(step, called)
            }
            Err(Halt::Trap(trap)) => Outcome::Trapped(trap),
            Err(Halt::Block(_)) => Outcome::Trapped(Trap::Abi("an import waited twice".to_owned())),
        }
    }

    fn first(&mut self) -> Outcome {
        if self.instance.exports(meter::EXPORT_START) {
            return self.call(Step::Start, &[]);
        }
        self.after(&Step::Start, 0)
    }

    /// What follows a function that returned.
    fn after(&mut self, step: &Step, value: i32) -> Outcome {
        match step {
            // A command's `_start` initialises by itself; the two exports never go together there.
            Step::Start if self.shape != Shape::Command && self.instance.exports("_initialize") => {
                self.call(Step::Initialize, &[])
            }
            Step::Initialize if value != 0 => self.handled("_initialize", value),
            Step::Start | Step::Initialize => match self.shape {
                Shape::Callback => {
                    let answer = self.host().abi.end_event();
                    self.phase = Phase::Idle;
                    Outcome::Stopped(Stop::Next { answer })
                }
                Shape::Loop | Shape::Command => self.call(Step::Main, &[]),
            },
            Step::Main => Outcome::Trapped(Trap::ExitCode(0)),
            Step::Alloc { bytes, token } => {
                let length = bytes.len();
                let written =
                    self.instance.with_cx("lambda_alloc", |cx| cx.write(value as u32, bytes));
                if let Err(Halt::Trap(trap)) = written {
                    return Outcome::Trapped(trap);
                }
                let length = length as i32;
                match token {
                    Some(token) => self.handle("lambda_resume", &[*token as i32, value, length]),
                    None => self.handle("lambda_handler", &[value, length]),
                }
            }
            Step::Handle { function } => self.handled(function, value),
        }
    }

    /// What the number that a handler returned means.
    fn handled(&mut self, function: &str, value: i32) -> Outcome {
        let broken = |what: String| Outcome::Trapped(Trap::Abi(format!("{function}: {what}")));
        // Init code has nothing to answer: it is done, or says why it failed.
        let initialised = value == 0 && self.host().abi.is_initialising();
        match value {
            0 | 1 if initialised || self.host().abi.is_answered() => {
                let answer = self.host().abi.end_event();
                self.phase = Phase::Idle;
                Outcome::Stopped(Stop::Next { answer })
            }
            0 => broken("returned 0, but lambda.respond was not called".to_owned()),
            1 => broken("returned 1, but lambda.fail was not called".to_owned()),
            2 if self.host().abi.has_open_tokens() => {
                self.phase = Phase::Pending;
                Outcome::Stopped(Stop::Pending)
            }
            2 => broken("returned 2, but no call or timer is open".to_owned()),
            other => broken(format!(
                "returned {other}; it must be 0 (responded), 1 (failed) or 2 (pending)"
            )),
        }
    }

    fn handle(&mut self, function: &'static str, args: &[i32]) -> Outcome {
        self.call(Step::Handle { function }, args)
    }

    fn call(&mut self, step: Step, args: &[i32]) -> Outcome {
        let name = match &step {
            Step::Start => meter::EXPORT_START,
            Step::Initialize => "_initialize",
            Step::Main => "_start",
            Step::Alloc { .. } => "lambda_alloc",
            Step::Handle { function } => function,
        };
        if !self.instance.exports(name) {
            return Outcome::Trapped(Trap::Abi(format!(
                "the module does not export the function {name}"
            )));
        }
        let called = self.instance.call(name, args);
        self.settle(step, called)
    }

    fn settle(&mut self, step: Step, called: Called<I::Suspended>) -> Outcome {
        match called {
            Called::Returned(value) => Outcome::Finished(step, value),
            Called::Suspended(call, block) => {
                let stop = self.stop(&block);
                self.phase = Phase::Blocked { call, block, step };
                Outcome::Stopped(stop)
            }
            Called::Trapped(trap) => Outcome::Trapped(trap),
        }
    }

    fn stop(&mut self, block: &Block) -> Stop {
        match block {
            Block::Exhausted => Stop::Exhausted,
            Block::Next { .. } => Stop::Next { answer: self.host().abi.end_event() },
            Block::Call { request, .. } => Stop::Call(request.clone()),
            Block::Sleep { ns, .. } => Stop::Sleep { ns: *ns },
        }
    }
}

fn waits_in(block: &Block) -> &'static str {
    match block {
        Block::Exhausted => "meter.exhausted",
        Block::Next { .. } => "lambda.next",
        Block::Call { .. } => "lambda.call",
        Block::Sleep { .. } => "poll_oneoff",
    }
}

impl<I: Instance> Guest for Steps<I> {
    fn resume(&mut self, resume: Resume, clock: Clock, units_max: u64) -> Run {
        let slice = i64::try_from(units_max).unwrap_or(i64::MAX).min(i64::MAX / 2);
        let continues = self.exhausted && matches!(resume, Resume::Continue);
        let host = self.host();
        host.time.begin(clock, slice, continues);
        if !continues {
            host.log.begin();
        }
        self.instance.set_left(slice);
        let stop = self.go(resume);
        self.exhausted = stop == Stop::Exhausted;
        let after = self.instance.left().unwrap_or(slice);
        let units = self.host().time.end(after);
        Run { stop, units }
    }

    fn memory_bytes_peak(&self) -> u64 {
        self.instance.memory_bytes_peak()
    }

    fn take_log(&mut self) -> Vec<LogWrite> {
        self.host().log.take()
    }

    fn take_log_dropped(&mut self) -> u64 {
        self.host().log.take_dropped()
    }

    fn take_started(&mut self) -> Vec<StartedCall> {
        self.host().abi.take_started()
    }

    fn tmp(&self) -> BTreeMap<String, Arc<[u8]>> {
        self.instance.host().wasi.tmp_files()
    }

    fn image(&self) -> Option<Image> {
        // Between two calls a callback guest has no stack.
        let pending = matches!(self.phase, Phase::Pending);
        let resting = pending || matches!(self.phase, Phase::Idle);
        (resting && self.shape == Shape::Callback).then(|| self.instance.copy(pending)).flatten()
    }

    fn reseed(&mut self, seed: u64) {
        self.host().wasi.reseed(seed);
    }
}
