//! Snapshots: a guest as it was when it waited for its first event, or for the answer to a call before, to go on from as often as wanted.
//!
//! There are two ways, and which one a snapshot takes cannot be seen from what restored guests do:
//!
//! - *Copied.* A callback guest between events has no stack, so its memory, its globals, its files and descriptors are all that there
//!   is of it. They are copied; restoring writes them into a new instance. Tables and dropped segments cannot be read back, so
//!   modules whose code changes them are not copied.
//! - *Computed again.* A loop guest is suspended within a call, on a stack that belongs to the interpreter. Of such a guest, its
//!   configuration and what it was given are kept: they give the same guest, as a guest depends on nothing else. It takes the time of
//!   the host that the init code took, and none of the virtual clock, whose owner does not count these units.
//!
//! Invariant: a restored guest differs from the one that the snapshot was taken of in nothing but `random_get`, which begins with a
//! seed of its own.

use crate::guest::{Clock, Guest, GuestConfig, Resume, Run, Sandbox, Stop, leave_to_guest};
use crate::host::Host;
use crate::{Artifact, Trap};
use std::collections::VecDeque;
use std::sync::Arc;

/// Memory is kept in blocks of this size; those of zeros are left out.
const BLOCK_BYTES: usize = 4_096;

/// What a copied guest is, whatever the tier.
#[derive(Clone)]
pub struct Image(pub(crate) Arc<Parts>);

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Image").field("bytes", &self.0.bytes()).finish_non_exhaustive()
    }
}

/// The parts of an image.
pub(crate) struct Parts {
    /// Linear memory, in pages of 64 KiB.
    pub(crate) pages: u64,
    /// What of it is not zero: where, and the bytes.
    pub(crate) memory: Vec<(usize, Box<[u8]>)>,
    /// Globals that can change, by the name of their export.
    pub(crate) globals: Vec<(String, Number)>,
    /// It waits for tokens rather than for an event.
    pub(crate) pending: bool,
    pub(crate) host: Host,
}

/// A global's value, floats by their bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
}

impl Parts {
    fn bytes(&self) -> u64 {
        self.memory.iter().map(|(_, bytes)| bytes.len() as u64).sum()
    }
}

/// The runs of blocks that are not all zero.
pub(crate) fn non_zero(memory: &[u8]) -> Vec<(usize, Box<[u8]>)> {
    let mut runs = Vec::new();
    let mut from = None;
    for (index, block) in memory.chunks(BLOCK_BYTES).enumerate() {
        let at = index * BLOCK_BYTES;
        match (block.iter().any(|byte| *byte != 0), from) {
            (true, None) => from = Some(at),
            (false, Some(start)) => {
                runs.push((start, memory[start..at].into()));
                from = None;
            }
            _ => {}
        }
    }
    if let Some(start) = from {
        runs.push((start, memory[start..].into()));
    }
    runs
}

/// A guest as it was after its init code. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Snapshot(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    artifact: Artifact,
    config: GuestConfig,
    /// What the guest was given, and when.
    inputs: Vec<(Resume, Clock)>,
    /// None when it has to be computed again.
    image: Option<Image>,
    memory_bytes: u64,
}

impl Snapshot {
    /// Whether restoring copies, rather than runs the init code again.
    pub fn is_copied(&self) -> bool {
        self.0.image.is_some()
    }

    /// Linear memory of the guest, in bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.0.memory_bytes
    }

    /// Makes a guest that is where the snapshot was taken once it has been resumed with [`Resume::Init`] and stopped as it had stopped then. If it
    /// has to be computed again, that takes slices like any other run; what it logs meanwhile is dropped, and the clock of the
    /// caller is not read. `seed` is for the random bytes that come after.
    ///
    /// # Errors
    ///
    /// A guest that cannot be made, as [`Sandbox::start`] has them.
    pub fn restore(&self, sandbox: &dyn Sandbox, seed: u64) -> Result<Box<dyn Guest>, Trap> {
        let kept = &self.0;
        let (guest, left) = match &kept.image {
            Some(image) => (sandbox.restore(&kept.artifact, &kept.config, image)?, VecDeque::new()),
            None => {
                let guest = sandbox.start(&kept.artifact, kept.config.clone())?;
                (guest, kept.inputs.iter().cloned().collect())
            }
        };
        let mut restored = Restored { guest, left, running: None, seed: Some(seed) };
        if restored.left.is_empty() {
            restored.finish();
        }
        Ok(Box::new(restored))
    }
}

/// Starts a guest whose state can be kept: [`Guest::snapshot`], when it waits for its first event, or before that for the answer to a call.
///
/// # Errors
///
/// As [`Sandbox::start`].
pub fn start_recorded(
    sandbox: &dyn Sandbox,
    artifact: &Artifact,
    config: GuestConfig,
) -> Result<Box<dyn Guest>, Trap> {
    let guest = sandbox.start(artifact, config.clone())?;
    let artifact = artifact.clone();
    Ok(Box::new(Recorded {
        guest,
        artifact,
        config,
        inputs: Vec::new(),
        phase: Recording::Stopped,
    }))
}

/// A guest whose inputs are written down until it answers an event. There are guests that get some and never answer any.
struct Recorded {
    guest: Box<dyn Guest>,
    artifact: Artifact,
    config: GuestConfig,
    inputs: Vec<(Resume, Clock)>,
    phase: Recording,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recording {
    /// The last stop was the end of a slice, which is no input.
    Exhausted,
    /// It waits for the answer to a call.
    Called,
    /// Another stop.
    Stopped,
    /// It waits for an event.
    Ready,
    /// It has answered one, or is gone.
    Over,
}

impl Guest for Recorded {
    fn resume(&mut self, resume: Resume, clock: Clock, units_max: u64) -> Run {
        match self.phase {
            Recording::Over | Recording::Exhausted => {}
            Recording::Ready | Recording::Called | Recording::Stopped => {
                self.inputs.push((resume.clone(), clock));
            }
        }
        let run = self.guest.resume(resume, clock, units_max);
        if self.phase != Recording::Over {
            self.phase = match &run.stop {
                Stop::Exhausted => Recording::Exhausted,
                Stop::Next { answer: None } => Recording::Ready,
                Stop::Next { .. } | Stop::Exit(_) => {
                    self.inputs = Vec::new();
                    Recording::Over
                }
                Stop::Call(_) => Recording::Called,
                _ => Recording::Stopped,
            };
        }
        run
    }

    fn snapshot(&self) -> Option<Snapshot> {
        // A guest without init code is ready before it was ever resumed.
        let fresh = self.inputs.is_empty() && self.phase == Recording::Stopped;
        (matches!(self.phase, Recording::Ready | Recording::Called) || fresh).then(|| {
            Snapshot(Arc::new(Kept {
                artifact: self.artifact.clone(),
                config: self.config.clone(),
                inputs: self.inputs.clone(),
                image: self.guest.image(),
                memory_bytes: self.guest.memory_bytes_peak(),
            }))
        })
    }

    fn allow(&mut self, units: u64, stop_after: u64) {
        self.guest.allow(units, stop_after);
    }

    leave_to_guest!();
}

/// A guest on its way to where a snapshot was taken, or past it.
struct Restored {
    guest: Box<dyn Guest>,
    /// Inputs that it has yet to be given.
    left: VecDeque<(Resume, Clock)>,
    /// The clock of the input that it works on.
    running: Option<Clock>,
    /// For what comes after; none when it is there.
    seed: Option<u64>,
}

impl Restored {
    /// It is where the snapshot was taken, but for its random bytes.
    fn finish(&mut self) {
        if let Some(seed) = self.seed.take() {
            self.guest.reseed(seed);
        }
    }

    fn catch_up(&mut self, units_max: u64) -> Run {
        let mut units = 0;
        loop {
            let next = match self.running {
                Some(clock) => Some((Resume::Continue, clock)),
                None => self.left.pop_front(),
            };
            let Some((resume, clock)) = next else {
                self.finish();
                return Run { stop: Stop::Next { answer: None }, units };
            };
            let run = self.guest.resume(resume, clock, units_max.saturating_sub(units));
            units = units.saturating_add(run.units);
            drop((self.guest.take_log(), self.guest.take_log_dropped(), self.guest.take_started()));
            self.running = (run.stop == Stop::Exhausted).then_some(clock);
            match run.stop {
                Stop::Exhausted | Stop::Exit(_) => return Run { stop: run.stop, units },
                stop if self.left.is_empty() => {
                    self.finish();
                    return Run { stop, units };
                }
                _ => {}
            }
        }
    }
}

impl Guest for Restored {
    fn resume(&mut self, resume: Resume, clock: Clock, units_max: u64) -> Run {
        if self.seed.is_some() {
            return self.catch_up(units_max);
        }
        if matches!(resume, Resume::Init) {
            return Run { stop: Stop::Next { answer: None }, units: 0 };
        }
        self.guest.resume(resume, clock, units_max)
    }

    fn allow(&mut self, units: u64, stop_after: u64) {
        self.guest.allow(units, stop_after);
    }

    leave_to_guest!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_zeros_are_left_out() {
        let mut memory = vec![0; 5 * BLOCK_BYTES];
        assert!(non_zero(&memory).is_empty());
        memory[BLOCK_BYTES] = 1;
        memory[3 * BLOCK_BYTES - 1] = 2;
        memory[5 * BLOCK_BYTES - 1] = 3;
        let runs: Vec<_> = non_zero(&memory).iter().map(|(at, run)| (*at, run.len())).collect();
        assert_eq!(runs, [(BLOCK_BYTES, 2 * BLOCK_BYTES), (4 * BLOCK_BYTES, BLOCK_BYTES)]);
    }
}
