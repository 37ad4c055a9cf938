//! The tier of the host's own WebAssembly. It is many times as fast as an interpreter that was compiled to WebAssembly itself.
//!
//! Its calls cannot be suspended, and its stack is not the meter's. So guests run ahead here: a whole run at once, cut into the slices that it
//! would have had on wasmi, which the owner is then told one by one. And the tier must never be what decides: an image of the guest and what
//! it was given since are kept, and when the host's stack ends before the meter's, or a run takes seconds in which the host hears nothing, the
//! same guest is made on wasmi, given the same, and goes on there for good.
//!
//! Invariant: the meter is filled where it would be filled on wasmi, and each slice gives what it would have given there.

use crate::guest::{Clock, Exit, Guest, LogWrite, Resume, Run, StartedCall, Stop, Trap};
use crate::host::Host;
use crate::snapshot::Image;
use crate::steps::Steps;
use crate::tiers::{Owner, Stays, Tier, TierChoice};
use instance::{Ended, HostInstance};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

mod facts;
mod glue;
mod instance;
mod traps;

pub use glue::glue;
pub(crate) use instance::{IMPORTS, PARAMS_MAX};
pub use instance::{import, is_halted};

const PAGE_BYTES: u64 = 65_536;
/// Instances at the same time: browsers set aside gigabytes of addresses for each, and have room for about a hundred.
const INSTANCES_MAX: usize = 40;
/// Real milliseconds of one run, in which nothing else is heard; longer for those who chose this tier.
const RUN_MS_MAX: f64 = 4_000.0;
const CHOSEN_RUN_MS_MAX: f64 = 20_000.0;
/// What is kept to be given again, until there is a new image: inputs, their bytes, and the units that they burned.
const JOURNAL_MAX: usize = 64;
const JOURNAL_BYTES_MAX: usize = 1 << 20;
const JOURNAL_UNITS_MAX: u64 = 20_000_000;
/// Large memories are copied less often.
const JOURNAL_UNITS_PER_BYTE: u64 = 2;

/// A guest on the host's WebAssembly; none when it has to run on wasmi. `image` is what it goes on from.
#[inline(never)] // The boundary of a part (docs/adr/0005).
pub(crate) fn start(owner: Owner, image: Option<Image>) -> Option<Box<dyn Guest>> {
    let shape = owner.artifact.info.shape;
    let steps = match &image {
        None => {
            let exports = &owner.artifact.info.exports;
            let can_resume = exports.iter().any(|export| export.name == "lambda_resume");
            let host = Host::new(shape, can_resume, owner.config.clone());
            Steps::new(HostInstance::new(&owner, host)?, shape)
        }
        Some(image) => {
            let mut host = image.0.host.clone();
            host.limits = owner.config.limits;
            let instance = HostInstance::new(&owner, host)?;
            instance.become_copy(image)?;
            Steps::resting(instance, shape, image)
        }
    };
    Some(Box::new(HostGuest {
        owner,
        on: On::Host(Box::new(steps)),
        base: image,
        journal: Journal::default(),
        allowed: (0, u64::MAX),
        ahead: VecDeque::new(),
        told: Slice::default(),
        cut: None,
        resting: true,
    }))
}

/// One slice of a run, as its owner will be told.
#[derive(Default)]
struct Slice {
    /// Why the run ended, in its last slice.
    stop: Option<Stop>,
    units: u64,
    log: Vec<LogWrite>,
    dropped: u64,
    started: Vec<StartedCall>,
    memory_bytes: u64,
}

/// What a guest was given.
enum Entry {
    Given(Resume, Clock),
    Reseeded(u64),
}

/// What a guest was given since its image was taken.
#[derive(Default)]
struct Journal {
    entries: Vec<Entry>,
    bytes: usize,
    units: u64,
}

enum On {
    Host(Box<Steps<HostInstance>>),
    Wasmi(Box<dyn Guest>),
}

/// A run that ended because all that it was allowed was burned: what it was given, the length of its slices, and what it was allowed.
struct Cut {
    resume: Resume,
    clock: Clock,
    slice: u64,
    allowed: u64,
}

struct HostGuest {
    owner: Owner,
    on: On,
    /// What the journal begins with; none when that is a guest of which nothing had run.
    base: Option<Image>,
    journal: Journal,
    /// See [`Guest::allow`].
    allowed: (u64, u64),
    /// Slices that its owner was not told yet.
    ahead: VecDeque<Slice>,
    /// The slice that its owner was told last.
    told: Slice,
    cut: Option<Cut>,
    /// It waits for an event, or for what it has started, or nothing of it has run.
    resting: bool,
}

impl HostGuest {
    fn tell(&mut self, slice: Slice) -> Run {
        let stop = slice.stop.clone().unwrap_or(Stop::Exhausted);
        let units = slice.units;
        self.told = slice;
        Run { stop, units }
    }

    fn run_ahead(&mut self, resume: Resume, clock: Clock, slice: u64) -> Run {
        let On::Host(steps) = &mut self.on else {
            return self.run_on_wasmi(resume, clock, slice);
        };
        // What the meter has room for, which is hours.
        let slice = slice.min(crate::meter::UNITS_MAX);
        let (allowed, stop_after) = (self.allowed.0.max(slice), self.allowed.1);
        let host = &self.owner.shared.host;
        let began_ms = host.now_ms();
        let chosen = self.owner.book.choice() != TierChoice::Auto;
        let ms_max = if chosen { CHOSEN_RUN_MS_MAX } else { RUN_MS_MAX };
        steps.instance().begin_run(allowed, stop_after, began_ms + ms_max);
        let run = steps.resume(resume.clone(), clock, slice);
        let took_ms = host.now_ms() - began_ms;
        let (mut slices, ended) = steps.instance().end_run();
        if let Some(ended) = ended {
            self.leave(match ended {
                Ended::Stack => Some(Stays::Stack),
                Ended::Time => Some(Stays::Time),
                Ended::Unknown => None,
            });
            return self.run_on_wasmi(resume, clock, slice);
        }
        if run.stop != Stop::Exhausted {
            slices.push_back(Slice {
                units: run.units,
                log: steps.take_log(),
                dropped: steps.take_log_dropped(),
                started: steps.take_started(),
                memory_bytes: steps.memory_bytes_peak(),
                stop: Some(run.stop.clone()),
            });
        }
        let units = slices.iter().map(|slice| slice.units).sum();
        self.owner.book.ran(Tier::WebAssembly, units, took_ms);
        self.resting = matches!(run.stop, Stop::Next { .. } | Stop::Pending);
        match run.stop {
            Stop::Exhausted => self.cut = Some(Cut { resume, clock, slice, allowed }),
            Stop::Exit(_) => self.journal = Journal::default(),
            _ => {
                self.journal.bytes += match &resume {
                    Resume::Event { payload, .. } => payload.len(),
                    Resume::Token { answer, .. } => answer.len(),
                    _ => 0,
                };
                self.journal.units = self.journal.units.saturating_add(units);
                self.journal.entries.push(Entry::Given(resume, clock));
                self.bound();
            }
        }
        self.ahead = slices;
        let first = self.ahead.pop_front().unwrap_or_default();
        self.tell(first)
    }

    fn run_on_wasmi(&mut self, resume: Resume, clock: Clock, slice: u64) -> Run {
        let On::Wasmi(guest) = &mut self.on else {
            // It has left, or could not be made, which `leave` answers for.
            return Run { stop: Stop::Exhausted, units: 0 };
        };
        let run = self.owner.resume_on_wasmi(&mut **guest, resume, clock, slice);
        let memory_bytes = guest.memory_bytes_peak();
        let (log, dropped, started) =
            (guest.take_log(), guest.take_log_dropped(), guest.take_started());
        self.tell(Slice {
            stop: Some(run.stop),
            units: run.units,
            log,
            dropped,
            started,
            memory_bytes,
        })
    }

    /// Keeps what would have to be done again short.
    fn bound(&mut self) {
        let On::Host(steps) = &self.on else { return };
        let by_memory = steps.memory_bytes_peak().saturating_mul(JOURNAL_UNITS_PER_BYTE);
        let journal = &self.journal;
        if journal.entries.len() < JOURNAL_MAX
            && journal.bytes < JOURNAL_BYTES_MAX
            && journal.units < JOURNAL_UNITS_MAX.max(by_memory)
        {
            return;
        }
        match steps.image() {
            Some(image) => {
                self.base = Some(image);
                self.journal = Journal::default();
            }
            None => self.leave(Some(Stays::Module)),
        }
    }

    /// The same guest on wasmi, from now on.
    fn leave(&mut self, why: Option<Stays>) {
        if let Some(why) = why {
            self.owner.book.stays(why);
        }
        let journal = std::mem::take(&mut self.journal);
        let base = self.base.take();
        let mut guest = match self.owner.on_wasmi(base.as_ref()) {
            Ok(guest) => guest,
            // It had room on the host's own.
            Err(trap) => Box::new(Unmade(trap)),
        };
        for entry in journal.entries {
            match entry {
                Entry::Reseeded(seed) => guest.reseed(seed),
                Entry::Given(resume, clock) => {
                    give_again(&mut *guest, resume, clock, u64::MAX >> 2, u64::MAX);
                }
            }
        }
        if let Some(Cut { resume, clock, slice, allowed }) = self.cut.take() {
            give_again(&mut *guest, resume, clock, slice, allowed);
        }
        self.on = On::Wasmi(guest);
    }
}

/// Gives a guest what it was given before, in slices; what it does has been told already.
fn give_again(guest: &mut dyn Guest, resume: Resume, clock: Clock, slice: u64, allowed: u64) {
    let (mut resume, mut left) = (resume, allowed);
    loop {
        let run = guest.resume(resume, clock, slice.min(left));
        drop((guest.take_log(), guest.take_log_dropped(), guest.take_started()));
        left = left.saturating_sub(run.units);
        if run.stop != Stop::Exhausted || left == 0 {
            return;
        }
        resume = Resume::Continue;
    }
}

impl Guest for HostGuest {
    fn resume(&mut self, resume: Resume, clock: Clock, units_max: u64) -> Run {
        if let Some(slice) = self.ahead.pop_front() {
            return self.tell(slice);
        }
        let wanted = self.owner.book.choice() != TierChoice::Always(Tier::Wasmi);
        let is_on_host = matches!(self.on, On::Host(_));
        if is_on_host && self.cut.is_some() {
            // Nobody can go on where the host's own was cut off.
            self.leave(Some(Stays::Time));
        } else if is_on_host && self.resting && !wanted {
            self.leave(None);
        }
        self.run_ahead(resume, clock, units_max)
    }

    fn allow(&mut self, units: u64, stop_after: u64) {
        self.allowed = (units, stop_after);
    }

    fn is_ahead(&self) -> bool {
        !self.ahead.is_empty()
    }

    fn memory_bytes_peak(&self) -> u64 {
        match &self.on {
            On::Host(steps) if self.ahead.is_empty() => steps.memory_bytes_peak(),
            _ => self.told.memory_bytes,
        }
    }

    fn take_log(&mut self) -> Vec<LogWrite> {
        std::mem::take(&mut self.told.log)
    }

    fn take_log_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.told.dropped)
    }

    fn take_started(&mut self) -> Vec<StartedCall> {
        std::mem::take(&mut self.told.started)
    }

    fn tmp(&self) -> BTreeMap<String, Arc<[u8]>> {
        match &self.on {
            On::Host(steps) => steps.tmp(),
            On::Wasmi(guest) => guest.tmp(),
        }
    }

    fn image(&self) -> Option<Image> {
        match &self.on {
            On::Host(steps) => steps.image(),
            On::Wasmi(guest) => guest.image(),
        }
    }

    fn reseed(&mut self, seed: u64) {
        match &mut self.on {
            On::Host(steps) => {
                steps.reseed(seed);
                self.journal.entries.push(Entry::Reseeded(seed));
            }
            On::Wasmi(guest) => guest.reseed(seed),
        }
    }
}

/// In place of a guest that could not be made.
struct Unmade(Trap);

impl Guest for Unmade {
    fn resume(&mut self, _: Resume, _: Clock, _: u64) -> Run {
        Run { stop: Stop::Exit(Exit { cause: self.0.clone(), answer: None }), units: 0 }
    }

    fn memory_bytes_peak(&self) -> u64 {
        0
    }

    fn take_log(&mut self) -> Vec<LogWrite> {
        Vec::new()
    }

    fn take_log_dropped(&mut self) -> u64 {
        0
    }

    fn take_started(&mut self) -> Vec<StartedCall> {
        Vec::new()
    }

    fn tmp(&self) -> BTreeMap<String, Arc<[u8]>> {
        BTreeMap::new()
    }
}
