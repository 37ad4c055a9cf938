//! The environments' lanes over virtual time, and how many there were and worked.
//!
//! Kept of each lane: the newest [`SPANS_MAX`] phases, and what was before them in stretches (`lanes`); the newest [`LANES_MAX`] lanes (of
//! those beyond it, only such as are reclaimed go); of each function, its environments in at most [`lanes::BUCKETS_MAX`] stretches of time.
//! Facts come here by the thousand a second, and with the first invocation: what only windows need is in `lanes`.

use super::lanes;
use coldstart_engine::{EnvironmentPhase, Outcome};
use coldstart_protocol::LoadBucket;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const SPANS_MAX: usize = 64;
const LANES_MAX: usize = 2_000;
const THROTTLES_MAX: usize = 400;

/// A phase, as it is kept.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) phase: EnvironmentPhase,
    pub(super) from_us: u64,
    pub(super) to_us: Option<u64>,
    /// The invocation that it worked on.
    pub(super) request_id: Option<Box<str>>,
    pub(super) outcome: Option<Outcome>,
}

#[derive(Debug)]
pub(super) struct Lane {
    function: String,
    pub(super) version: String,
    pub(super) older: lanes::Stretches,
    pub(super) spans: VecDeque<Span>,
    pub(super) invocations: u64,
    reclaimed: bool,
    pub(super) provisioned: bool,
}

#[derive(Debug, Default)]
pub(super) struct OfFunction {
    pub(super) lanes: BTreeSet<u32>,
    pub(super) total: usize,
    pub(super) throttles_us: VecDeque<u64>,
    pub(super) load: Load,
}

/// A function's environments over time.
#[derive(Debug, Default)]
pub(super) struct Load {
    pub(super) buckets: Vec<LoadBucket>,
    /// How long a bucket is.
    pub(super) bucket_us: u64,
    alive: u32,
    busy: u32,
    provisioned: u32,
}

impl Load {
    /// The bucket of an instant, which is not before the last one's.
    fn bucket(&mut self, at_us: u64) -> &mut LoadBucket {
        if self.buckets.len() >= lanes::BUCKETS_MAX {
            lanes::halve_buckets(self);
        }
        let bucket_us = self.bucket_us.max(lanes::BUCKET_US);
        let from_us = at_us - at_us % bucket_us;
        if self.buckets.last().is_none_or(|last| last.from_us < from_us) {
            self.buckets.push(LoadBucket { from_us, ..LoadBucket::default() });
        }
        let last = self.buckets.last_mut().expect("one was added if there was none");
        last.environments = last.environments.max(self.alive);
        last.busy = last.busy.max(self.busy);
        last.provisioned = last.provisioned.max(self.provisioned);
        last
    }
}

/// What an environment is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind<'a> {
    pub(super) version: &'a str,
    /// Whether it is made ahead.
    pub(super) provisioned: bool,
}

#[derive(Debug, Default)]
pub(super) struct Environments {
    pub(super) lanes: BTreeMap<u32, Lane>,
    pub(super) functions: BTreeMap<String, OfFunction>,
}

pub(super) fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success => "success",
        Outcome::Error => "error",
        Outcome::Timeout => "timeout",
        Outcome::Stopped => "stopped",
    }
}

impl Environments {
    fn of(&mut self, function: &str) -> &mut OfFunction {
        if !self.functions.contains_key(function) {
            self.functions.insert(function.to_owned(), OfFunction::default());
        }
        self.functions.get_mut(function).expect("it was inserted if it was not there")
    }

    pub(super) fn phase(
        &mut self,
        id: u32,
        function: &str,
        kind: Kind<'_>,
        phase: EnvironmentPhase,
        at_us: u64,
    ) {
        if !self.lanes.contains_key(&id) {
            let of = self.of(function);
            of.total += 1;
            of.lanes.insert(id);
            of.load.alive += 1;
            of.load.provisioned += u32::from(kind.provisioned);
            let lane = Lane {
                function: function.to_owned(),
                version: kind.version.to_owned(),
                older: lanes::Stretches::default(),
                spans: VecDeque::new(),
                invocations: 0,
                reclaimed: false,
                provisioned: kind.provisioned,
            };
            self.lanes.insert(id, lane);
            self.forget_old();
        }
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        let mut before = None;
        if let Some(last) = lane.spans.back_mut().filter(|last| last.to_us.is_none()) {
            last.to_us = Some(at_us);
            before = Some(last.phase);
        }
        lane.reclaimed = phase == EnvironmentPhase::Reclaimed;
        let (ended, provisioned) = (lane.reclaimed, u32::from(lane.provisioned));
        let to_us = ended.then_some(at_us);
        let span = Span { phase, from_us: at_us, to_us, request_id: None, outcome: None };
        lane.spans.push_back(span);
        if lane.spans.len() > SPANS_MAX {
            lanes::shorten(lane);
        }
        let load = &mut self.of(function).load;
        load.busy += u32::from(phase == EnvironmentPhase::Invoke);
        load.bucket(at_us);
        load.busy -= u32::from(before == Some(EnvironmentPhase::Invoke)).min(load.busy);
        if ended {
            load.alive = load.alive.saturating_sub(1);
            load.provisioned = load.provisioned.saturating_sub(provisioned);
        }
    }

    fn forget_old(&mut self) {
        if self.lanes.len() <= LANES_MAX {
            return;
        }
        let Some(id) = self.lanes.iter().find(|(_, lane)| lane.reclaimed).map(|(id, _)| *id) else {
            return;
        };
        if let Some(of) =
            self.lanes.remove(&id).and_then(|lane| self.functions.get_mut(&lane.function))
        {
            of.lanes.remove(&id);
        }
    }

    /// The environment is in its invoke phase when an invocation starts.
    pub(super) fn started(
        &mut self,
        id: u32,
        function: &str,
        request_id: &str,
        cold: bool,
        at_us: u64,
    ) {
        let bucket = self.of(function).load.bucket(at_us);
        bucket.invocations += 1;
        bucket.cold_starts += u32::from(cold);
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        lane.invocations += 1;
        if let Some(last) = lane.spans.back_mut() {
            last.request_id = Some(request_id.into());
        }
    }

    pub(super) fn finished(&mut self, id: u32, request_id: &str, outcome: Outcome) {
        let spans = self.lanes.get_mut(&id).map(|lane| lane.spans.iter_mut().rev());
        let mut of_request = spans
            .into_iter()
            .flatten()
            .filter(|span| span.request_id.as_deref() == Some(request_id));
        if let Some(span) = of_request.next() {
            span.outcome = Some(outcome);
        }
    }

    /// The version that an environment runs; empty when it is forgotten.
    pub(super) fn version(&self, id: u32) -> String {
        self.lanes.get(&id).map(|lane| lane.version.clone()).unwrap_or_default()
    }

    pub(super) fn throttled(&mut self, function: &str, at_us: u64) {
        let of = self.of(function);
        of.load.bucket(at_us).throttles += 1;
        of.throttles_us.push_back(at_us);
        if of.throttles_us.len() > THROTTLES_MAX {
            of.throttles_us.pop_front();
        }
    }
}
