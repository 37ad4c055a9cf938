//! What a guest's imports share, whatever the tier: memory access, the log, virtual time, and the reasons to stop.
//!
//! Invariant: no import touches guest memory except through [`Cx`], which checks every range and names the import in the trap.

use crate::abi::Abi;
use crate::wasi::Wasi;
use crate::{Clock, GuestConfig, Limits, LogStream, LogWrite, Shape, Trap};

/// Linear memory as a tier offers it. Both calls are all or nothing: `None` when any byte is outside.
pub(crate) trait Memory {
    /// Copies from memory.
    fn read(&self, at: u32, into: &mut [u8]) -> Option<()>;
    /// Copies into memory.
    fn write(&mut self, at: u32, bytes: &[u8]) -> Option<()>;
    /// Bytes of memory now.
    fn size(&self) -> u64;
}

impl Memory for &mut [u8] {
    fn read(&self, at: u32, into: &mut [u8]) -> Option<()> {
        let from = at as usize;
        into.copy_from_slice(self.get(from..from.checked_add(into.len())?)?);
        Some(())
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Option<()> {
        let from = at as usize;
        self.get_mut(from..from.checked_add(bytes.len())?)?.copy_from_slice(bytes);
        Some(())
    }

    fn size(&self) -> u64 {
        self.len() as u64
    }
}

/// Why an import did not return.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The guest is gone.
    Trap(Trap),
    /// The guest waits; the import returns when the tier resumes it.
    Block(Block),
}

/// What a suspended import waits for, and what it needs to finish.
#[derive(Debug)]
pub(crate) enum Block {
    /// `meter.exhausted`.
    Exhausted,
    /// `lambda.next`.
    Next { buf: u32, cap: u32 },
    /// `lambda.call`.
    Call { request: Vec<u8>, buf: u32, cap: u32 },
    /// `poll_oneoff` with nothing ready.
    Sleep { ns: u64, poll: crate::wasi::Poll },
}

/// Everything that the imports of one guest know.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) shape: Shape,
    pub(crate) limits: Limits,
    pub(crate) log: Log,
    pub(crate) time: Time,
    pub(crate) abi: Abi,
    pub(crate) wasi: Wasi,
}

impl Host {
    pub(crate) fn new(shape: Shape, can_resume: bool, config: GuestConfig) -> Self {
        Self {
            shape,
            limits: config.limits,
            log: Log::default(),
            time: Time::default(),
            abi: Abi::new(can_resume),
            wasi: Wasi::new(config),
        }
    }
}

/// The virtual clock inside one run.
///
/// Invariant: a run cut into slices reads the same times as one that is not, to the nanosecond: a slice that
/// only continues an exhausted one goes on from the same base, so no rounding piles up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Time {
    base_ns: u64,
    /// Units since the base, without the slice that runs now.
    base_units: u64,
    /// What the meter held when this slice began.
    slice: i64,
    units_per_second: u64,
    deadline_ns: u64,
}

impl Time {
    /// A slice begins; `continues` says that it goes on from an exhausted one.
    pub(crate) fn begin(&mut self, clock: Clock, slice: i64, continues: bool) {
        if !continues || self.units_per_second != clock.units_per_second {
            self.base_ns = clock.now_ns;
            self.base_units = 0;
        }
        self.units_per_second = clock.units_per_second;
        self.deadline_ns = clock.deadline_ns;
        self.slice = slice;
    }

    /// A slice ended with `left` in the meter. Returns the units that it burned.
    pub(crate) fn end(&mut self, left: i64) -> u64 {
        let units = self.slice.saturating_sub(left).max(0) as u64;
        self.base_units = self.base_units.saturating_add(units);
        self.slice = left;
        units
    }

    /// A slice begins that goes on from the one that [`Time::end`] ended.
    pub(crate) fn refill(&mut self, slice: i64) {
        self.slice = slice;
    }

    /// Nanoseconds since the Unix epoch.
    pub(crate) fn now_ns(&self, left: i64) -> u64 {
        let units = self.base_units.saturating_add(self.slice.saturating_sub(left).max(0) as u64);
        self.base_ns.saturating_add(self.units_to_ns(units))
    }

    pub(crate) fn remaining_ns(&self, left: i64) -> u64 {
        self.deadline_ns.saturating_sub(self.now_ns(left))
    }

    fn units_to_ns(&self, units: u64) -> u64 {
        let ns = u128::from(units) * 1_000_000_000 / u128::from(self.units_per_second.max(1));
        u64::try_from(ns).unwrap_or(u64::MAX)
    }

    pub(crate) fn ns_to_units(&self, ns: u64) -> u64 {
        let units = u128::from(ns) * u128::from(self.units_per_second) / 1_000_000_000;
        u64::try_from(units).unwrap_or(u64::MAX)
    }
}

/// What the guest wrote to its log streams, bounded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    writes: Vec<LogWrite>,
    /// Bytes and entries kept since the last [`Log::begin`].
    kept: usize,
    dropped: u64,
}

/// One entry costs this much of the budget beside its bytes, so that a flood of one-byte writes is bounded too.
const LOG_ENTRY_BYTES: usize = 8;

impl Log {
    /// A new budget.
    pub(crate) fn begin(&mut self) {
        self.kept = 0;
    }

    /// How many of `wanted` bytes may still be kept; the rest counts as dropped.
    pub(crate) fn admit(&mut self, wanted: u64, limit: usize) -> usize {
        let free = limit.saturating_sub(self.kept).saturating_sub(LOG_ENTRY_BYTES);
        let kept = usize::try_from(wanted).unwrap_or(usize::MAX).min(free);
        self.dropped = self.dropped.saturating_add(wanted - kept as u64);
        kept
    }

    /// Adds bytes that [`Log::admit`] let in.
    pub(crate) fn write(&mut self, stream: LogStream, at_ns: u64, bytes: Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        self.kept += bytes.len();
        match self.writes.last_mut() {
            Some(last) if last.stream == stream && last.at_ns == at_ns => {
                last.bytes.extend_from_slice(&bytes)
            }
            _ => {
                self.kept += LOG_ENTRY_BYTES;
                self.writes.push(LogWrite { stream, at_ns, bytes });
            }
        }
    }

    pub(crate) fn take(&mut self) -> Vec<LogWrite> {
        std::mem::take(&mut self.writes)
    }

    pub(crate) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }
}

/// One call of an import: memory, the host's state, and what is left in the meter.
pub(crate) struct Cx<'a> {
    pub(crate) memory: &'a mut dyn Memory,
    pub(crate) host: &'a mut Host,
    /// The meter; the tier writes it back.
    pub(crate) left: i64,
    /// `module.name`, for traps.
    pub(crate) import: &'static str,
}

impl Cx<'_> {
    /// A trap that names the import.
    pub(crate) fn broken(&self, what: impl std::fmt::Display) -> Halt {
        Halt::Trap(Trap::Abi(format!("{}: {what}", self.import)))
    }

    fn outside(&self, at: u32, len: u64) -> Halt {
        self.broken(format_args!(
            "{len} bytes at address {at} are outside of memory ({} bytes)",
            self.memory.size()
        ))
    }

    /// Fails when the range is not in memory. Copies nothing.
    pub(crate) fn check(&self, at: u32, len: u64) -> Result<(), Halt> {
        match u64::from(at).checked_add(len) {
            Some(end) if end <= self.memory.size() => Ok(()),
            _ => Err(self.outside(at, len)),
        }
    }

    /// Charges for `bytes` that the host moved.
    pub(crate) fn charge_bytes(&mut self, bytes: u64) {
        self.charge(bytes / crate::meter::BYTES_PER_UNIT);
    }

    /// Charges units; the next check sees them.
    pub(crate) fn charge(&mut self, units: u64) {
        self.left = self.left.saturating_sub_unsigned(units);
    }

    /// A copy of guest memory. The range is checked before anything is allocated.
    pub(crate) fn bytes(&mut self, at: u32, len: u32) -> Result<Vec<u8>, Halt> {
        self.check(at, u64::from(len))?;
        let mut bytes = Vec::new();
        if bytes.try_reserve_exact(len as usize).is_err() {
            return Err(Halt::Trap(Trap::OutOfMemory));
        }
        bytes.resize(len as usize, 0);
        self.read(at, &mut bytes)?;
        self.charge_bytes(u64::from(len));
        Ok(bytes)
    }

    /// Text from guest memory; bytes that are not UTF-8 become U+FFFD.
    pub(crate) fn text(&mut self, at: u32, len: u32) -> Result<String, Halt> {
        Ok(String::from_utf8_lossy(&self.bytes(at, len)?).into_owned())
    }

    pub(crate) fn read(&self, at: u32, into: &mut [u8]) -> Result<(), Halt> {
        self.memory.read(at, into).ok_or_else(|| self.outside(at, into.len() as u64))
    }

    pub(crate) fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Halt> {
        match self.memory.write(at, bytes) {
            Some(()) => {
                self.charge_bytes(bytes.len() as u64);
                Ok(())
            }
            None => Err(self.outside(at, bytes.len() as u64)),
        }
    }

    pub(crate) fn read_u32(&self, at: u32) -> Result<u32, Halt> {
        let mut bytes = [0; 4];
        self.read(at, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    pub(crate) fn write_u32(&mut self, at: u32, value: u32) -> Result<(), Halt> {
        self.write(at, &value.to_le_bytes())
    }

    pub(crate) fn write_u64(&mut self, at: u32, value: u64) -> Result<(), Halt> {
        self.write(at, &value.to_le_bytes())
    }

    pub(crate) fn now_ns(&self) -> u64 {
        self.host.time.now_ns(self.left)
    }
}
