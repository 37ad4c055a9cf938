//! Runs guest modules: the meter, the limits, WASI preview 1 and the handler ABI `coldstart:1`.
//!
//! Sans-IO and synchronous: a [`Guest`] runs until it stops, and says why. The caller owns time: it
//! gives the virtual clock at each [`Guest::resume`] and turns burned units into a duration.
//!
//! Invariant: no module, however hostile, panics, hangs or exhausts the host.
//! Invariant: the same module, configuration and inputs burn the same units and give the same
//! stops, whatever the slices in which they were run.

pub mod abi;
mod accept;
mod describe;
#[cfg(test)]
mod differential;
mod guest;
mod host;
mod host_tier;
mod imports;
mod meter;
mod module;
mod prepared;
mod runtimes;
mod snapshot;
mod steps;
mod tiers;
mod wasi;
mod wasmi_tier;

pub use accept::{accept, metered_for_host};
pub use describe::{Description, describe};

pub use guest::{
    Answer, Clock, Exit, Guest, GuestConfig, Limits, LogStream, LogWrite, Resume, Run, Sandbox,
    StartedCall, StartedKind, Stop, Trap,
};
pub use host_tier::{glue, import, is_halted};
pub use module::{Artifact, Export, Import, ModuleInfo, Refusal, Shape};
pub use snapshot::{Image, Snapshot, start_recorded};
pub use tiers::{
    Stays, Tier, TierChoice, TierReport, TieredSandbox, WebAssembly, WebAssemblyInstance,
};
pub use wasmi_tier::WasmiSandbox;

/// The version of the meter's cost table and check placement. A share link names it, because
/// a changed cost changes every duration in a history.
pub const METER_VERSION: u32 = 1;
