//! The reference tier: `wasmi`, whose calls can be suspended inside an import.
//!
//! Invariant: whatever wasmi answers, a guest ends with a [`Trap`], never with a panic.
//! Invariant: memory and tables together stay within `memory_bytes_max`.

mod image;

use crate::abi;
use crate::guest::{
    Answer, Clock, Exit, Guest, GuestConfig, Limits, LogWrite, Resume, Run, Sandbox, StartedCall,
    Stop, Trap,
};
use crate::host::{Block, Cx, Halt, Host};
use crate::imports::for_each_import;
use crate::meter;
use crate::runtimes::Runtimes;
use crate::{Artifact, Image, Shape, prepared, wasi};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use wasmi::{
    Caller, CompilationMode, Config, Engine, Extern, Func, Global, Instance, Linker, Memory,
    Module, ResourceLimiter, ResumableCall, ResumableCallHostTrap, Store, TrapCode, Val,
};

/// Translated modules that are kept for the next cold start.
const CACHE_ENTRIES_MAX: usize = 32;
/// Bytes of metered code behind them; one module is kept whatever its size.
const CACHE_BYTES_MAX: usize = 64 << 20;
/// Frames that wasmi allows: more than the meter can pay for, whose cheapest counted frame takes 8 words.
const FRAMES_MAX: usize = meter::DEPTH_WORDS_MAX as usize / 8 + 64;
/// wasmi's frames hold locals, operands and the arguments of the next call, at 8 bytes each, so twice the meter's words are enough.
const STACK_BYTES_MAX: usize = meter::DEPTH_WORDS_MAX as usize * 8 * 4;
/// What a table element takes, as far as the memory limit goes.
const TABLE_ELEMENT_BYTES: u64 = 8;
const PAGE_BYTES: u64 = 65_536;

/// Runs modules on wasmi. Share one: it keeps translated modules.
pub struct WasmiSandbox {
    engine: Engine,
    linker: Linker<Data>,
    cache: Mutex<VecDeque<(String, usize, Module)>>,
    runtimes: Runtimes,
}

impl std::fmt::Debug for WasmiSandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WasmiSandbox").finish_non_exhaustive()
    }
}

impl Default for WasmiSandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl WasmiSandbox {
    /// A sandbox with an empty cache, and without runtimes of languages.
    pub fn new() -> Self {
        Self::with_runtimes(|_| None)
    }

    /// A sandbox that gets the modules of runtimes by their names from `source`, when they are first needed.
    pub fn with_runtimes(source: fn(&str) -> Option<Vec<u8>>) -> Self {
        let mut config = Config::default();
        config
            .set_max_stack_height(STACK_BYTES_MAX)
            .set_max_recursion_depth(FRAMES_MAX)
            .wasm_multi_memory(false)
            .wasm_tail_call(false)
            .ignore_custom_sections(true)
            .compilation_mode(CompilationMode::LazyTranslation);
        let engine = Engine::new(&config);
        let linker = link(&engine);
        let runtimes = Runtimes::new(source);
        Self { engine, linker, cache: Mutex::new(VecDeque::new()), runtimes }
    }

    /// The translated module: cached by the digest of what it was made from. Most recently used first.
    fn module(&self, artifact: &Artifact) -> Result<Module, wasmi::Error> {
        let mut cache = match self.cache.lock() {
            Ok(cache) => cache,
            Err(poisoned) => poisoned.into_inner(),
        };
        let key = &artifact.info.sha256;
        if let Some(at) = cache.iter().position(|(sha256, ..)| sha256 == key)
            && let Some(entry) = cache.remove(at)
        {
            let module = entry.2.clone();
            cache.push_front(entry);
            return Ok(module);
        }
        let module = translated(&self.engine, &artifact.metered)?;
        cache.push_front((key.clone(), artifact.metered.len(), module.clone()));
        let mut bytes = 0;
        let mut kept = 0;
        for (_, size, _) in cache.iter() {
            bytes += size;
            if kept > 0 && (bytes > CACHE_BYTES_MAX || kept >= CACHE_ENTRIES_MAX) {
                break;
            }
            kept += 1;
        }
        cache.truncate(kept);
        Ok(module)
    }
}

fn translated(engine: &Engine, metered: &[u8]) -> Result<Module, wasmi::Error> {
    if !prepared::is_valid(metered) {
        return validated(engine, metered);
    }
    // SAFETY: the bytes are a constant of this program, and a test validates it.
    #[allow(unsafe_code)]
    unsafe {
        Module::new_unchecked(engine, metered)
    }
}

#[inline(never)] // The boundary of a part that a first visit does without (docs/adr/0005).
fn validated(engine: &Engine, metered: &[u8]) -> Result<Module, wasmi::Error> {
    Module::new(engine, metered)
}

impl Sandbox for WasmiSandbox {
    fn start(&self, artifact: &Artifact, config: GuestConfig) -> Result<Box<dyn Guest>, Trap> {
        let can_resume = artifact.info.exports.iter().any(|export| export.name == "lambda_resume");
        let host = Host::new(artifact.info.shape, can_resume, config);
        Ok(Box::new(self.instantiate(artifact, host)?))
    }

    fn restore(
        &self,
        artifact: &Artifact,
        limits: Limits,
        image: &Image,
    ) -> Result<Box<dyn Guest>, Trap> {
        let mut host = image.0.host.clone();
        host.limits = limits;
        let mut guest = self.instantiate(artifact, host)?;
        guest.become_copy(image)?;
        Ok(Box::new(guest))
    }

    fn runtime(&self, name: &str) -> Option<Artifact> {
        self.runtimes.get(name)
    }
}

impl WasmiSandbox {
    fn instantiate(&self, artifact: &Artifact, host: Host) -> Result<WasmiGuest, Trap> {
        let limit = host.limits.memory_bytes_max;
        if u64::from(artifact.info.memory_pages_min) * PAGE_BYTES > limit {
            return Err(Trap::OutOfMemory);
        }
        let module = self.module(artifact).map_err(|error| trap_of(&error))?;
        let data = Data {
            host,
            limiter: Limiter { limit, used: 0, peak: 0, memory: 0, last: 0, denied: false },
            memory: None,
            left: None,
        };
        let mut store = Store::new(&self.engine, data);
        store.limiter(|data| &mut data.limiter);
        let instance = match self.linker.instantiate_and_start(&mut store, &module) {
            Ok(instance) => instance,
            Err(_) if store.data().limiter.denied => return Err(Trap::OutOfMemory),
            Err(error) => return Err(trap_of(&error)),
        };
        let memory = instance.get_memory(&store, meter::EXPORT_MEMORY);
        let left = instance.get_global(&store, meter::EXPORT_LEFT);
        store.data_mut().memory = memory;
        store.data_mut().left = left;
        Ok(WasmiGuest {
            store,
            instance,
            shape: artifact.info.shape,
            copies: artifact.copies,
            phase: Phase::Fresh,
            exhausted: false,
        })
    }
}

/// What a store knows beside the module.
struct Data {
    host: Host,
    limiter: Limiter,
    memory: Option<Memory>,
    left: Option<Global>,
}

/// Memory and tables of one guest against its limit.
struct Limiter {
    limit: u64,
    used: u64,
    peak: u64,
    /// Linear memory alone.
    memory: u64,
    /// What the last growth added, to take back when it fails after all.
    last: u64,
    denied: bool,
}

impl Limiter {
    fn grow(&mut self, current: u64, desired: u64, is_over_maximum: bool) -> bool {
        let added = desired.saturating_sub(current);
        let used = self.used.saturating_add(added);
        if is_over_maximum {
            return false;
        }
        if used > self.limit {
            self.denied = true;
            return false;
        }
        self.used = used;
        self.last = added;
        true
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, wasmi_core::LimiterError> {
        let over = maximum.is_some_and(|maximum| desired > maximum);
        let allowed = self.grow(current as u64, desired as u64, over);
        if allowed {
            self.memory = desired as u64;
            self.peak = self.peak.max(self.memory);
        }
        Ok(allowed)
    }

    fn memory_grow_failed(
        &mut self,
        _: &wasmi::errors::MemoryError,
    ) -> Result<(), wasmi_core::LimiterError> {
        self.used = self.used.saturating_sub(self.last);
        self.memory = self.memory.saturating_sub(self.last);
        self.last = 0;
        self.denied = true;
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, wasmi_core::LimiterError> {
        let over = maximum.is_some_and(|maximum| desired > maximum)
            || desired as u64 > crate::module::TABLE_ELEMENTS_MAX;
        Ok(self.grow(
            current as u64 * TABLE_ELEMENT_BYTES,
            desired as u64 * TABLE_ELEMENT_BYTES,
            over,
        ))
    }

    fn table_grow_failed(
        &mut self,
        _: &wasmi::errors::TableError,
    ) -> Result<(), wasmi_core::LimiterError> {
        self.used = self.used.saturating_sub(self.last);
        self.last = 0;
        self.denied = true;
        Ok(())
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        100
    }

    fn memories(&self) -> usize {
        1
    }
}

/// A [`Halt`] on its way through wasmi, which wants its errors shareable.
#[derive(Debug)]
struct HostHalt(Mutex<Option<Halt>>);

impl std::fmt::Display for HostHalt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the guest stopped in an import")
    }
}

impl wasmi::errors::HostError for HostHalt {}

fn halt(halt: Halt) -> wasmi::Error {
    wasmi::Error::host(HostHalt(Mutex::new(Some(halt))))
}

fn take_halt(error: &wasmi::Error) -> Option<Halt> {
    let halt = error.downcast_ref::<HostHalt>()?;
    match halt.0.lock() {
        Ok(mut halt) => halt.take(),
        Err(poisoned) => poisoned.into_inner().take(),
    }
}

/// Runs `f` with memory, host state and meter at hand, and writes the meter back.
fn with_cx<R>(
    store: &mut Store<Data>,
    import: &'static str,
    f: impl FnOnce(&mut Cx<'_>) -> Result<R, Halt>,
) -> Result<R, Halt> {
    let (memory, left) = (store.data().memory, store.data().left);
    let before = left.map_or(0, |left| left.get(&*store).i64().unwrap_or(0));
    let (result, after) = match memory {
        Some(memory) => {
            let (mut bytes, data) = memory.data_and_store_mut(&mut *store);
            let mut cx = Cx { memory: &mut bytes, host: &mut data.host, left: before, import };
            (f(&mut cx), cx.left)
        }
        None => {
            let mut bytes: &mut [u8] = &mut [];
            let mut cx =
                Cx { memory: &mut bytes, host: &mut store.data_mut().host, left: before, import };
            (f(&mut cx), cx.left)
        }
    };
    if let (true, Some(left)) = (after != before, left) {
        set_left(left, &mut *store, after);
    }
    result
}

fn set_left(left: Global, store: impl wasmi::AsContextMut, value: i64) {
    // It is a mutable i64 by construction, so this cannot fail.
    drop(left.set(store, Val::I64(value)));
}

fn import_cx<R>(
    caller: &mut Caller<'_, Data>,
    import: &'static str,
    f: impl FnOnce(&mut Cx<'_>) -> Result<R, Halt>,
) -> Result<R, wasmi::Error> {
    let (memory, left) = (caller.data().memory, caller.data().left);
    let before = left.map_or(0, |left| left.get(&*caller).i64().unwrap_or(0));
    let (result, after) = match memory {
        Some(memory) => {
            let (mut bytes, data) = memory.data_and_store_mut(&mut *caller);
            let mut cx = Cx { memory: &mut bytes, host: &mut data.host, left: before, import };
            (f(&mut cx), cx.left)
        }
        None => {
            let mut bytes: &mut [u8] = &mut [];
            let mut cx =
                Cx { memory: &mut bytes, host: &mut caller.data_mut().host, left: before, import };
            (f(&mut cx), cx.left)
        }
    };
    if let (true, Some(left)) = (after != before, left) {
        set_left(left, &mut *caller, after);
    }
    result.map_err(halt)
}

macro_rules! link_imports {
    ($($module:literal $name:literal $space:ident :: $function:ident ( $($arg:ident : $ty:tt),* ) -> $result:tt;)*) => {
        fn link_all(linker: &mut Linker<Data>) -> Result<(), wasmi::Error> {
            $({
                // Named after the space, so that what WASI needs can be told from the rest in a linked program (docs/adr/0005).
                fn $space(linker: &mut Linker<Data>) -> Result<(), wasmi::Error> {
                    linker.func_wrap($module, $name, |mut caller: Caller<'_, Data> $(, $arg: $ty)*| -> Result<$result, wasmi::Error> {
                        import_cx(&mut caller, concat!($module, ".", $name), |cx| $space::$function(cx $(, $arg)*))
                    })?;
                    Ok(())
                }
                $space(linker)?;
            })*
            linker.func_wrap(meter::IMPORT_MODULE, meter::IMPORT_EXHAUSTED, |_: Caller<'_, Data>| -> Result<(), wasmi::Error> {
                Err(halt(Halt::Block(Block::Exhausted)))
            })?;
            linker.func_wrap(meter::IMPORT_MODULE, meter::IMPORT_OVERFLOW, |_: Caller<'_, Data>| -> Result<(), wasmi::Error> {
                Err(halt(Halt::Trap(Trap::StackOverflow)))
            })?;
            Ok(())
        }
    };
}
for_each_import!(link_imports);

fn link(engine: &Engine) -> Linker<Data> {
    let mut linker = Linker::new(engine);
    link_all(&mut linker).expect("the list names each import once");
    linker
}

/// What a wasmi error means to an environment.
fn trap_of(error: &wasmi::Error) -> Trap {
    if let Some(Halt::Trap(trap)) = take_halt(error) {
        return trap;
    }
    match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => Trap::Unreachable,
        Some(TrapCode::MemoryOutOfBounds) => Trap::MemoryOutOfBounds,
        Some(TrapCode::StackOverflow) => Trap::StackOverflow,
        Some(TrapCode::OutOfSystemMemory | TrapCode::GrowthOperationLimited) => Trap::OutOfMemory,
        Some(TrapCode::IndirectCallToNull) => Trap::Other("uninitialized table element".to_owned()),
        Some(TrapCode::TableOutOfBounds) => Trap::Other("table index is out of bounds".to_owned()),
        Some(code) => Trap::Other(code.trap_message().to_owned()),
        None => Trap::Other(error.to_string()),
    }
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
enum Phase {
    /// Nothing ran yet.
    Fresh,
    /// Suspended inside an import.
    Blocked {
        call: ResumableCallHostTrap,
        block: Block,
        step: Step,
    },
    /// A callback guest between events.
    Idle,
    /// A callback guest that returned 2.
    Pending,
    Gone(Exit),
}

struct WasmiGuest {
    store: Store<Data>,
    instance: Instance,
    shape: Shape,
    /// As the artifact says.
    copies: bool,
    phase: Phase,
    /// The last stop was the end of a slice.
    exhausted: bool,
}

/// The outcome of running one function.
enum Outcome {
    Finished(Step, i32),
    Stopped(Stop),
    Trapped(Trap),
}

impl WasmiGuest {
    fn host(&mut self) -> &mut Host {
        &mut self.store.data_mut().host
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
                self.call(Step::Alloc { bytes: payload, token: None }, &[Val::I32(length as i32)])
            }
            (Phase::Pending, Resume::Token { token, answer }) => {
                if !self.host().abi.close_token(token) {
                    // Init code started it, and has ended without it.
                    self.phase = Phase::Pending;
                    return Outcome::Stopped(Stop::Pending);
                }
                if answer.is_empty() {
                    return self.handle(
                        "lambda_resume",
                        &[Val::I32(token as i32), Val::I32(0), Val::I32(0)],
                    );
                }
                let length = answer.len();
                self.call(
                    Step::Alloc { bytes: answer, token: Some(token) },
                    &[Val::I32(length as i32)],
                )
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
    fn unblock(
        &mut self,
        call: ResumableCallHostTrap,
        block: Block,
        step: Step,
        resume: Resume,
    ) -> Outcome {
        let finished = match (block, resume) {
            (Block::Exhausted, Resume::Continue) => Ok(None),
            (Block::Sleep { poll, .. }, Resume::Continue) => {
                with_cx(&mut self.store, "wasi_snapshot_preview1.poll_oneoff", |cx| {
                    wasi::finish_poll(cx, &poll)
                })
                .map(Some)
            }
            (Block::Next { buf, cap }, Resume::Event { payload, meta }) => {
                self.host().abi.begin_event(Some(payload), meta);
                with_cx(&mut self.store, "lambda.next", |cx| abi::finish_next(cx, buf, cap))
                    .map(Some)
            }
            (Block::Call { buf, cap, .. }, Resume::CallAnswer(answer)) => {
                self.host().abi.set_call_answer(answer);
                with_cx(&mut self.store, "lambda.call", |cx| abi::finish_call(cx, buf, cap))
                    .map(Some)
            }
            (block, _) => return Self::misused(&format!("it waits in {}", waits_in(&block))),
        };
        match finished {
            Ok(value) => {
                let inputs: Vec<Val> = value.into_iter().map(Val::I32).collect();
                let mut results = self.results_of(&step);
                let outcome = call.resume(&mut self.store, &inputs, &mut results);
                self.settle(step, outcome, &results)
            }
            Err(Halt::Trap(trap)) => Outcome::Trapped(trap),
            Err(Halt::Block(_)) => Outcome::Trapped(Trap::Abi("an import waited twice".to_owned())),
        }
    }

    fn first(&mut self) -> Outcome {
        if self.instance.get_func(&self.store, meter::EXPORT_START).is_some() {
            return self.call(Step::Start, &[]);
        }
        self.after(&Step::Start, 0)
    }

    /// What follows a function that returned.
    fn after(&mut self, step: &Step, value: i32) -> Outcome {
        match step {
            // A command's `_start` initialises by itself; the two exports never go together there.
            Step::Start if self.shape != Shape::Command && self.exports("_initialize") => {
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
                    with_cx(&mut self.store, "lambda_alloc", |cx| cx.write(value as u32, bytes));
                if let Err(Halt::Trap(trap)) = written {
                    return Outcome::Trapped(trap);
                }
                let range = [Val::I32(value), Val::I32(length as i32)];
                match token {
                    Some(token) => {
                        let [at, len] = range;
                        self.handle("lambda_resume", &[Val::I32(*token as i32), at, len])
                    }
                    None => self.handle("lambda_handler", &range),
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

    fn exports(&self, name: &str) -> bool {
        self.instance.get_func(&self.store, name).is_some()
    }

    fn handle(&mut self, function: &'static str, args: &[Val]) -> Outcome {
        self.call(Step::Handle { function }, args)
    }

    fn call(&mut self, step: Step, args: &[Val]) -> Outcome {
        let name = match &step {
            Step::Start => meter::EXPORT_START,
            Step::Initialize => "_initialize",
            Step::Main => "_start",
            Step::Alloc { .. } => "lambda_alloc",
            Step::Handle { function } => function,
        };
        let Some(function) = self.function(name) else {
            return Outcome::Trapped(Trap::Abi(format!(
                "the module does not export the function {name}"
            )));
        };
        let mut results = self.results_of(&step);
        let outcome = function.call_resumable(&mut self.store, args, &mut results);
        self.settle(step, outcome, &results)
    }

    /// Room for what the function of a step returns.
    fn results_of(&self, step: &Step) -> Vec<Val> {
        let count = match step {
            Step::Start | Step::Main => 0,
            Step::Initialize => {
                let function = self.function("_initialize");
                function.map_or(0, |function| function.ty(&self.store).results().len())
            }
            Step::Alloc { .. } | Step::Handle { .. } => 1,
        };
        vec![Val::I32(0); count]
    }

    fn function(&self, name: &str) -> Option<Func> {
        self.instance.get_export(&self.store, name).and_then(Extern::into_func)
    }

    fn settle(
        &mut self,
        step: Step,
        outcome: Result<ResumableCall, wasmi::Error>,
        results: &[Val],
    ) -> Outcome {
        match outcome {
            Ok(ResumableCall::Finished) => {
                let value = results.first().and_then(Val::i32).unwrap_or(0);
                Outcome::Finished(step, value)
            }
            Ok(ResumableCall::HostTrap(call)) => match take_halt(call.host_error()) {
                Some(Halt::Block(block)) => {
                    let stop = self.stop(&block);
                    self.phase = Phase::Blocked { call, block, step };
                    Outcome::Stopped(stop)
                }
                Some(Halt::Trap(trap)) => Outcome::Trapped(trap),
                None => Outcome::Trapped(trap_of(call.host_error())),
            },
            Ok(ResumableCall::OutOfFuel(_)) => {
                Outcome::Trapped(Trap::Other("out of fuel".to_owned()))
            }
            Err(error) => Outcome::Trapped(trap_of(&error)),
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

impl Guest for WasmiGuest {
    fn resume(&mut self, resume: Resume, clock: Clock, units_max: u64) -> Run {
        let slice = i64::try_from(units_max).unwrap_or(i64::MAX).min(i64::MAX / 2);
        let continues = self.exhausted && matches!(resume, Resume::Continue);
        let host = self.host();
        host.time.begin(clock, slice, continues);
        if !continues {
            host.log.begin();
        }
        let left = self.store.data().left;
        if let Some(left) = left {
            set_left(left, &mut self.store, slice);
        }
        let stop = self.go(resume);
        self.exhausted = stop == Stop::Exhausted;
        let after = left.map_or(slice, |left| left.get(&self.store).i64().unwrap_or(slice));
        let units = self.host().time.end(after);
        Run { stop, units }
    }

    fn memory_bytes_peak(&self) -> u64 {
        self.store.data().limiter.peak
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
        self.store.data().host.wasi.tmp_files()
    }

    fn image(&self) -> Option<Image> {
        self.copy()
    }

    fn reseed(&mut self, seed: u64) {
        self.host().wasi.reseed(seed);
    }
}
