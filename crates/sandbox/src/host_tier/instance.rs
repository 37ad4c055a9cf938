//! An instance of the host's: its calls, what its imports do, and its state as a copy.

use super::{INSTANCES_MAX, PAGE_BYTES, Slice, facts, traps};
use crate::abi;
use crate::accept::metered_for_host;
use crate::guest::Trap;
use crate::host::{Block, Cx, Halt, Host, Log, Memory};
use crate::imports::for_each_import;
use crate::snapshot::{Image, Number, Parts, non_zero};
use crate::steps::{Called, Instance};
use crate::tiers::{Owner, Shared, WebAssemblyInstance};
use crate::wasi;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

/// Why a run has to be done again on wasmi.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// The host's stack ended, and perhaps not the meter's.
    Stack,
    /// It took too long.
    Time,
    /// Something was thrown that is not known here.
    Unknown,
}

/// So many slices pass between two looks at the clock.
const SLICES_PER_LOOK: usize = 16;

/// The run that goes on, with what its imports need.
struct Active {
    shared: Rc<Shared>,
    wasm: Rc<dyn WebAssemblyInstance>,
    host: Box<Host>,
    run: RunAhead,
    /// Why it must stop.
    halt: Option<Halt>,
}

/// A run that is cut into slices as it goes.
#[derive(Default)]
struct RunAhead {
    slice: u64,
    allowed: u64,
    stop_after: u64,
    until_ms: f64,
    burned: u64,
    slices: VecDeque<Slice>,
    ended: Option<Ended>,
}

thread_local! {
    /// One guest runs at a time: none calls another one.
    static ACTIVE: RefCell<Option<Active>> = const { RefCell::new(None) };
}

/// Most parameters of an import.
pub(crate) const PARAMS_MAX: usize = 9;

/// What an instance of [`glue`](crate::glue) calls for the import of this number. Numbers come and go as bits.
pub fn import(index: u32, args: [i64; PARAMS_MAX]) -> i64 {
    // Taken out meanwhile: reading and writing memory goes through the host, who may do as it likes.
    let Some(mut active) = ACTIVE.take() else { return 0 };
    let value = match active.import(index, &args) {
        Ok(value) => value,
        Err(halt) => {
            active.halt = Some(halt);
            0
        }
    };
    ACTIVE.set(Some(active));
    value
}

/// Whether the guest must not go on: asked by an instance of [`glue`](crate::glue) after each import.
pub fn is_halted() -> bool {
    ACTIVE.with_borrow(|active| active.as_ref().is_none_or(|active| active.halt.is_some()))
}

impl Active {
    fn import(&mut self, index: u32, args: &[i64; PARAMS_MAX]) -> Result<i64, Halt> {
        match index.checked_sub(IMPORTS) {
            None => with_cx(&*self.wasm, &mut self.host, NAMES[index as usize], |cx| {
                dispatch(index, cx, args)
            }),
            Some(0) => self.exhausted(args[0]),
            Some(_) => Err(Halt::Trap(Trap::StackOverflow)),
        }
    }

    /// A slice is over, with so much left. The next one follows, as the owner of a guest that can be suspended would have it: what is left then.
    fn exhausted(&mut self, left: i64) -> Result<i64, Halt> {
        let units = self.host.time.end(left);
        let run = &mut self.run;
        run.burned = run.burned.saturating_add(units);
        run.slices.push_back(Slice {
            stop: None,
            units,
            log: self.host.log.take(),
            dropped: self.host.log.take_dropped(),
            started: self.host.abi.take_started(),
            memory_bytes: self.wasm.memory_size().unwrap_or(0),
        });
        let more = run.allowed.saturating_sub(run.burned).min(run.slice);
        if more == 0 || run.burned >= run.stop_after {
            self.wasm.set_left(left);
            return Err(Halt::Block(Block::Exhausted));
        }
        let looks = run.slices.len().is_multiple_of(SLICES_PER_LOOK);
        if looks && self.shared.host.now_ms() >= run.until_ms {
            run.ended = Some(Ended::Time);
            return Err(Halt::Block(Block::Exhausted));
        }
        self.host.time.refill(more as i64);
        Ok(more as i64)
    }
}

fn with_cx<R>(
    wasm: &dyn WebAssemblyInstance,
    host: &mut Host,
    import: &'static str,
    f: impl FnOnce(&mut Cx<'_>) -> Result<R, Halt>,
) -> Result<R, Halt> {
    let before = wasm.left();
    let mut memory = InstanceMemory(wasm);
    let mut cx = Cx { memory: &mut memory, host, left: before, import };
    let result = f(&mut cx);
    let after = cx.left;
    if after != before {
        wasm.set_left(after);
    }
    result
}

struct InstanceMemory<'a>(&'a dyn WebAssemblyInstance);

impl InstanceMemory<'_> {
    fn holds(&self, at: u32, len: usize) -> Option<()> {
        (u64::from(at) + len as u64 <= self.size()).then_some(())
    }
}

impl Memory for InstanceMemory<'_> {
    fn read(&self, at: u32, into: &mut [u8]) -> Option<()> {
        self.holds(at, into.len())?;
        self.0.read(at, into);
        Some(())
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Option<()> {
        self.holds(at, bytes.len())?;
        self.0.write(at, bytes);
        Some(())
    }

    fn size(&self) -> u64 {
        self.0.memory_size().unwrap_or(0)
    }
}

/// A value on its way through the glue.
trait Bits {
    fn of(bits: i64) -> Self;
    fn bits(self) -> i64;
}

impl Bits for i32 {
    fn of(bits: i64) -> Self {
        bits as i32
    }
    fn bits(self) -> i64 {
        i64::from(self)
    }
}

impl Bits for i64 {
    fn of(bits: i64) -> Self {
        bits
    }
    fn bits(self) -> i64 {
        self
    }
}

impl Bits for f64 {
    fn of(bits: i64) -> Self {
        f64::from_bits(bits as u64)
    }
    fn bits(self) -> i64 {
        self.to_bits() as i64
    }
}

impl Bits for () {
    fn of(_: i64) -> Self {}
    fn bits(self) -> i64 {
        0
    }
}

macro_rules! imports {
    ($($module:literal $name:literal $space:ident :: $function:ident ( $($arg:ident : $ty:tt),* ) -> $result:tt;)*) => {
        /// Names of the imports by number, for traps.
        const NAMES: &[&str] = &[$(concat!($module, ".", $name)),*];

        fn dispatch(index: u32, cx: &mut Cx<'_>, args: &[i64; PARAMS_MAX]) -> Result<i64, Halt> {
            let mut number = 0..;
            $({
                if number.next() == Some(index) {
                    #[allow(unused_mut, unused_variables)]
                    let mut args = args.iter().copied();
                    $(let $arg: $ty = Bits::of(args.next().unwrap_or(0));)*
                    return $space::$function(cx $(, $arg)*).map(Bits::bits);
                }
            })*
            Err(Halt::Trap(Trap::Abi("an import of no such number".to_owned())))
        }
    };
}
for_each_import!(imports);

/// The imports of the ABI and of WASI; the meter's two have the numbers after them.
pub(crate) const IMPORTS: u32 = NAMES.len() as u32;

/// An instance between two calls.
pub(super) struct HostInstance {
    shared: Rc<Shared>,
    wasm: Rc<dyn WebAssemblyInstance>,
    /// With the call while one runs.
    host: Option<Box<Host>>,
    /// None when there is no copying it.
    globals: Option<Vec<(String, bool)>>,
    run: RunAhead,
    /// One of those that there may be.
    _counted: Counted,
}

struct Counted(Rc<Cell<usize>>);

impl Counted {
    fn one(count: &Rc<Cell<usize>>) -> Option<Self> {
        if count.get() >= INSTANCES_MAX {
            return None;
        }
        count.set(count.get() + 1);
        Some(Self(count.clone()))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

/// A call that was cut off: there is nothing to go on with.
pub(super) struct CutOff;

impl Instance for HostInstance {
    type Suspended = CutOff;

    fn host(&self) -> &Host {
        self.host.as_ref().expect("no call runs")
    }

    fn host_mut(&mut self) -> &mut Host {
        self.host.as_mut().expect("no call runs")
    }

    fn exports(&self, function: &str) -> bool {
        self.wasm.exports(function)
    }

    fn call(&mut self, function: &str, args: &[i32]) -> Called<CutOff> {
        let active = Active {
            shared: self.shared.clone(),
            wasm: self.wasm.clone(),
            host: self.host.take().expect("no call runs"),
            run: std::mem::take(&mut self.run),
            halt: None,
        };
        ACTIVE.set(Some(active));
        let result = self.wasm.call(function, args);
        let active = ACTIVE.take().expect("it was put there");
        self.host = Some(active.host);
        self.run = active.run;
        match (active.halt, result) {
            (Some(Halt::Trap(trap)), _) => Called::Trapped(trap),
            (Some(Halt::Block(block)), _) => Called::Suspended(CutOff, block),
            (None, Ok(value)) => Called::Returned(value),
            (None, Err(message)) => {
                Called::Trapped(traps::trap_of(&message).unwrap_or_else(|ended| {
                    self.run.ended = Some(ended);
                    Trap::StackOverflow
                }))
            }
        }
    }

    fn go_on(&mut self, _: CutOff, _: Option<i32>) -> Called<CutOff> {
        Called::Trapped(Trap::Other("the run was cut off".to_owned()))
    }

    fn with_cx<R>(
        &mut self,
        import: &'static str,
        f: impl FnOnce(&mut Cx<'_>) -> Result<R, Halt>,
    ) -> Result<R, Halt> {
        let host = self.host.as_mut().expect("no call runs");
        with_cx(&*self.wasm, host, import, f)
    }

    fn left(&self) -> Option<i64> {
        Some(self.wasm.left())
    }

    fn set_left(&mut self, units: i64) {
        self.run.slice = units.max(0) as u64;
        self.wasm.set_left(units);
    }

    fn memory_bytes_peak(&self) -> u64 {
        // Memory never shrinks.
        self.wasm.memory_size().unwrap_or(0)
    }

    fn copy(&self, pending: bool) -> Option<Image> {
        let globals = self.globals.as_ref()?;
        self.image(globals, pending)
    }
}

impl HostInstance {
    /// None when it has to run on wasmi.
    pub(super) fn new(owner: &Owner, host: Host) -> Option<Self> {
        let artifact = &owner.artifact;
        let counted = Counted::one(&owner.shared.instances)?;
        let tables = facts::table_bytes(&artifact.metered);
        let room = host.limits.memory_bytes_max.checked_sub(tables)?;
        if u64::from(artifact.info.memory_pages_min) * PAGE_BYTES > room {
            return None;
        }
        let pages = (room / PAGE_BYTES).min(PAGE_BYTES);
        let key = format!("{} {pages}", artifact.info.sha256);
        let bytes = || {
            // It was accepted; what cannot be metered in this form is no module, and runs on wasmi.
            let metered = metered_for_host(&artifact.given).unwrap_or_default();
            facts::with_memory_maximum(&metered, pages)
        };
        Some(Self {
            wasm: owner.shared.host.instantiate(&key, &bytes)?,
            shared: owner.shared.clone(),
            host: Some(Box::new(host)),
            globals: facts::integer_globals(&artifact.metered),
            run: RunAhead::default(),
            _counted: counted,
        })
    }

    /// What the run that begins may burn, see [`Guest::allow`](crate::Guest::allow), and until when.
    pub(super) fn begin_run(&mut self, allowed: u64, stop_after: u64, until_ms: f64) {
        self.run = RunAhead { allowed, stop_after, until_ms, ..RunAhead::default() };
    }

    /// The slices that are over, and whether it has to be done again.
    pub(super) fn end_run(&mut self) -> (VecDeque<Slice>, Option<Ended>) {
        let run = std::mem::take(&mut self.run);
        (run.slices, run.ended)
    }

    fn image(&self, globals: &[(String, bool)], pending: bool) -> Option<Image> {
        let size = self.wasm.memory_size();
        let mut bytes = vec![0; size.unwrap_or(0) as usize];
        if size.is_some() {
            self.wasm.read(0, &mut bytes);
        }
        let value = |(name, is_long): &(String, bool)| {
            let value = self.wasm.integer(name)?;
            let value = if *is_long { Number::I64(value) } else { Number::I32(value as i32) };
            Some((name.clone(), value))
        };
        let globals = globals.iter().map(value).collect::<Option<Vec<_>>>()?;
        let mut host = self.host().clone();
        // What it has logged, it has logged once.
        host.log = Log::default();
        Some(Image(Arc::new(Parts {
            pages: size.unwrap_or(0) / PAGE_BYTES,
            memory: non_zero(&bytes),
            globals,
            pending,
            host,
        })))
    }

    /// Becomes what the image is of; nothing of it has run yet. None when it cannot.
    pub(super) fn become_copy(&self, image: &Image) -> Option<()> {
        let parts = &image.0;
        if let Some(size) = self.wasm.memory_size() {
            let more = parts.pages.saturating_sub(size / PAGE_BYTES);
            if more > 0 && !self.wasm.grow(more) {
                return None;
            }
            // What it began with and the image has not is zero: its data segments may be there.
            let mut bytes = vec![0; size as usize];
            for (at, run) in &parts.memory {
                let inside = (size as usize).saturating_sub(*at).min(run.len());
                let (first, rest) = run.split_at(inside);
                if let Some(place) = bytes.get_mut(*at..*at + inside) {
                    place.copy_from_slice(first);
                }
                if *at + run.len() > (parts.pages * PAGE_BYTES) as usize {
                    return None;
                }
                if !rest.is_empty() {
                    self.wasm.write((*at + inside) as u32, rest);
                }
            }
            self.wasm.write(0, &bytes);
        }
        let set = |(name, value): &(String, Number)| match *value {
            Number::I32(value) => self.wasm.set_integer(name, i64::from(value)),
            Number::I64(value) => self.wasm.set_integer(name, value),
            // JavaScript may change their bits.
            Number::F32(_) | Number::F64(_) => false,
        };
        parts.globals.iter().all(set).then_some(())
    }
}
