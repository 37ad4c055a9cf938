//! The reference tier: `wasmi`, whose calls can be suspended inside an import.
//!
//! Invariant: whatever wasmi answers, a guest ends with a [`Trap`], never with a panic.
//! Invariant: memory and tables together stay within `memory_bytes_max`.

mod image;
mod limiter;

use crate::guest::{Guest, GuestConfig, Sandbox, Trap};
use crate::host::{Block, Cx, Halt, Host};
use crate::imports::for_each_import;
use crate::meter;
use crate::runtimes::Runtimes;
use crate::steps::{Called, Instance, Steps};
use crate::{Artifact, Image, abi, prepared, wasi};
use limiter::Limiter;
use std::collections::VecDeque;
use std::sync::Mutex;
use wasmi::{
    Caller, CompilationMode, Config, Engine, Extern, Func, Global, Linker, Memory, Module,
    ResumableCall, ResumableCallHostTrap, Store, TrapCode, Val,
};

/// Translated modules that are kept for the next cold start.
const CACHE_ENTRIES_MAX: usize = 32;
/// Bytes of metered code behind them; one module is kept whatever its size.
const CACHE_BYTES_MAX: usize = 64 << 20;
/// Frames that wasmi allows: more than the meter can pay for, whose cheapest counted frame takes 8 words.
const FRAMES_MAX: usize = meter::DEPTH_WORDS_MAX as usize / 8 + 64;
/// wasmi's frames hold locals, operands and the arguments of the next call, at 8 bytes each, so twice the meter's words are enough.
const STACK_BYTES_MAX: usize = meter::DEPTH_WORDS_MAX as usize * 8 * 4;
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
        Ok(Box::new(Steps::new(self.instantiate(artifact, host)?, artifact.info.shape)))
    }

    fn restore(
        &self,
        artifact: &Artifact,
        config: &GuestConfig,
        image: &Image,
    ) -> Result<Box<dyn Guest>, Trap> {
        let mut host = image.0.host.clone();
        host.limits = config.limits;
        let mut instance = self.instantiate(artifact, host)?;
        instance.become_copy(image)?;
        Ok(Box::new(Steps::resting(instance, artifact.info.shape, image)))
    }

    fn runtime(&self, name: &str) -> Option<Artifact> {
        self.runtimes.get(name)
    }
}

impl WasmiSandbox {
    fn instantiate(&self, artifact: &Artifact, host: Host) -> Result<WasmiInstance, Trap> {
        let limit = host.limits.memory_bytes_max;
        if u64::from(artifact.info.memory_pages_min) * PAGE_BYTES > limit {
            return Err(Trap::OutOfMemory);
        }
        let module = self.module(artifact).map_err(|error| trap_of(&error))?;
        let data = Data { host, limiter: Limiter::new(limit), memory: None, left: None };
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
        Ok(WasmiInstance { store, instance, copies: artifact.copies })
    }
}

/// What a store knows beside the module.
struct Data {
    host: Host,
    limiter: Limiter,
    memory: Option<Memory>,
    left: Option<Global>,
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
        // V8 tells neither pair apart.
        Some(TrapCode::IndirectCallToNull | TrapCode::BadSignature) => Trap::indirect_call(),
        Some(TrapCode::IntegerOverflow | TrapCode::BadConversionToInteger) => Trap::conversion(),
        Some(TrapCode::IntegerDivisionByZero) => Trap::division(),
        Some(TrapCode::TableOutOfBounds) => Trap::table(),
        Some(code) => Trap::Other(code.trap_message().to_owned()),
        // Its text has the number of the store in it, and an import or a segment that does not fit is all that it can be: `accept` saw to the imports.
        None if matches!(error.kind(), wasmi::errors::ErrorKind::Instantiation(_)) => Trap::table(),
        None => Trap::Other(error.to_string()),
    }
}

/// A call that waits within an import, and how many results it will have.
struct Suspended {
    call: ResumableCallHostTrap,
    results: usize,
}

/// An instance with its store.
struct WasmiInstance {
    store: Store<Data>,
    instance: wasmi::Instance,
    /// As the artifact says.
    copies: bool,
}

impl WasmiInstance {
    fn function(&self, name: &str) -> Option<Func> {
        self.instance.get_export(&self.store, name).and_then(Extern::into_func)
    }

    fn called(outcome: Result<ResumableCall, wasmi::Error>, results: &[Val]) -> Called<Suspended> {
        match outcome {
            Ok(ResumableCall::Finished) => {
                Called::Returned(results.first().and_then(Val::i32).unwrap_or(0))
            }
            Ok(ResumableCall::HostTrap(call)) => match take_halt(call.host_error()) {
                Some(Halt::Block(block)) => {
                    Called::Suspended(Suspended { call, results: results.len() }, block)
                }
                Some(Halt::Trap(trap)) => Called::Trapped(trap),
                None => Called::Trapped(trap_of(call.host_error())),
            },
            Ok(ResumableCall::OutOfFuel(_)) => {
                Called::Trapped(Trap::Other("out of fuel".to_owned()))
            }
            Err(error) => Called::Trapped(trap_of(&error)),
        }
    }
}

impl Instance for WasmiInstance {
    type Suspended = Suspended;

    fn host(&self) -> &Host {
        &self.store.data().host
    }

    fn host_mut(&mut self) -> &mut Host {
        &mut self.store.data_mut().host
    }

    fn exports(&self, function: &str) -> bool {
        self.instance.get_func(&self.store, function).is_some()
    }

    fn call(&mut self, function: &str, args: &[i32]) -> Called<Suspended> {
        let Some(function) = self.function(function) else { return Called::Returned(0) };
        let args: Vec<Val> = args.iter().copied().map(Val::I32).collect();
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        let outcome = function.call_resumable(&mut self.store, &args, &mut results);
        Self::called(outcome, &results)
    }

    fn go_on(&mut self, call: Suspended, value: Option<i32>) -> Called<Suspended> {
        let inputs: Vec<Val> = value.into_iter().map(Val::I32).collect();
        let mut results = vec![Val::I32(0); call.results];
        let outcome = call.call.resume(&mut self.store, &inputs, &mut results);
        Self::called(outcome, &results)
    }

    fn with_cx<R>(
        &mut self,
        import: &'static str,
        f: impl FnOnce(&mut Cx<'_>) -> Result<R, Halt>,
    ) -> Result<R, Halt> {
        let (memory, left) = (self.store.data().memory, self.store.data().left);
        let before = left.map_or(0, |left| left.get(&self.store).i64().unwrap_or(0));
        let (result, after) = match memory {
            Some(memory) => {
                let (mut bytes, data) = memory.data_and_store_mut(&mut self.store);
                let mut cx = Cx { memory: &mut bytes, host: &mut data.host, left: before, import };
                (f(&mut cx), cx.left)
            }
            None => {
                let mut bytes: &mut [u8] = &mut [];
                let host = &mut self.store.data_mut().host;
                let mut cx = Cx { memory: &mut bytes, host, left: before, import };
                (f(&mut cx), cx.left)
            }
        };
        if let (true, Some(left)) = (after != before, left) {
            set_left(left, &mut self.store, after);
        }
        result
    }

    fn left(&self) -> Option<i64> {
        self.store.data().left.and_then(|left| left.get(&self.store).i64())
    }

    fn set_left(&mut self, units: i64) {
        if let Some(left) = self.store.data().left {
            set_left(left, &mut self.store, units);
        }
    }

    fn memory_bytes_peak(&self) -> u64 {
        self.store.data().limiter.peak
    }

    fn copy(&self, pending: bool) -> Option<Image> {
        self.copies.then(|| self.image(pending))
    }
}
