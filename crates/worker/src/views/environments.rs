//! The environments' lanes over virtual time.
//!
//! Kept: the newest [`SPANS_MAX`] phases of each lane, and the newest [`LANES_MAX`] lanes (of those beyond it, only
//! such as are reclaimed go).

use coldstart_engine::{EnvironmentPhase, Outcome};
use coldstart_protocol::{EnvironmentLane, PhaseSpan};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const SPANS_MAX: usize = 400;
const LANES_MAX: usize = 2_000;
const THROTTLES_MAX: usize = 400;

#[derive(Debug)]
struct Lane {
    function: String,
    version: String,
    spans: VecDeque<PhaseSpan>,
    invocations: u64,
    reclaimed: bool,
    provisioned: bool,
}

#[derive(Debug, Default)]
struct OfFunction {
    lanes: BTreeSet<u32>,
    total: usize,
    throttles_us: VecDeque<u64>,
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
    lanes: BTreeMap<u32, Lane>,
    functions: BTreeMap<String, OfFunction>,
}

fn phase_name(phase: EnvironmentPhase) -> &'static str {
    match phase {
        EnvironmentPhase::Starting => "starting",
        EnvironmentPhase::Init => "init",
        EnvironmentPhase::Invoke => "invoke",
        EnvironmentPhase::Idle => "idle",
        EnvironmentPhase::Reset => "reset",
        EnvironmentPhase::Reclaimed => "reclaimed",
    }
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
    pub(super) fn phase(
        &mut self,
        id: u32,
        function: &str,
        kind: Kind<'_>,
        phase: EnvironmentPhase,
        at_us: u64,
    ) {
        if !self.lanes.contains_key(&id) {
            let of = self.functions.entry(function.to_owned()).or_default();
            of.total += 1;
            of.lanes.insert(id);
            let spans = VecDeque::new();
            let lane = Lane {
                function: function.to_owned(),
                version: kind.version.to_owned(),
                spans,
                invocations: 0,
                reclaimed: false,
                provisioned: kind.provisioned,
            };
            self.lanes.insert(id, lane);
            self.forget_old();
        }
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        if let Some(last) = lane.spans.back_mut().filter(|last| last.to_us.is_none()) {
            last.to_us = Some(at_us);
        }
        lane.reclaimed = phase == EnvironmentPhase::Reclaimed;
        lane.spans.push_back(PhaseSpan {
            phase: phase_name(phase).into(),
            from_us: at_us,
            to_us: lane.reclaimed.then_some(at_us),
            request_id: None,
            outcome: None,
        });
        if lane.spans.len() > SPANS_MAX {
            lane.spans.pop_front();
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
    pub(super) fn started(&mut self, id: u32, request_id: &str) {
        let Some(lane) = self.lanes.get_mut(&id) else { return };
        lane.invocations += 1;
        if let Some(last) = lane.spans.back_mut() {
            last.request_id = Some(request_id.to_owned());
        }
    }

    pub(super) fn finished(&mut self, id: u32, request_id: &str, outcome: Outcome) {
        let spans = self.lanes.get_mut(&id).map(|lane| lane.spans.iter_mut().rev());
        let mut of_request = spans
            .into_iter()
            .flatten()
            .filter(|span| span.request_id.as_deref() == Some(request_id));
        if let Some(span) = of_request.next() {
            span.outcome = Some(outcome_name(outcome).into());
        }
    }

    /// The version that an environment runs; empty when it is forgotten.
    pub(super) fn version(&self, id: u32) -> String {
        self.lanes.get(&id).map(|lane| lane.version.clone()).unwrap_or_default()
    }

    pub(super) fn throttled(&mut self, function: &str, at_us: u64) {
        let of = self.functions.entry(function.to_owned()).or_default();
        of.throttles_us.push_back(at_us);
        if of.throttles_us.len() > THROTTLES_MAX {
            of.throttles_us.pop_front();
        }
    }

    /// Instants of the newest throttled requests, oldest first.
    pub(super) fn throttles(&self, function: &str) -> Vec<u64> {
        let of = self.functions.get(function);
        of.map(|of| of.throttles_us.iter().copied().collect()).unwrap_or_default()
    }

    /// The newest lanes of a function, newest first, and how many there were in all.
    pub(super) fn window(&self, function: &str, lanes_max: usize) -> (Vec<EnvironmentLane>, usize) {
        let Some(of) = self.functions.get(function) else { return (Vec::new(), 0) };
        let lanes = of.lanes.iter().rev().take(lanes_max).filter_map(|id| {
            let lane = self.lanes.get(id)?;
            Some(EnvironmentLane {
                environment: *id,
                function: lane.function.clone(),
                version: lane.version.clone(),
                provisioned: lane.provisioned,
                spans: lane.spans.iter().cloned().collect(),
                invocations: lane.invocations,
            })
        });
        (lanes.collect(), of.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATEST: Kind<'static> = Kind { version: "$LATEST", provisioned: false };

    #[test]
    fn phases_follow_each_other_and_only_the_last_is_open() {
        let mut all = Environments::default();
        for (at, phase) in [
            (0, EnvironmentPhase::Starting),
            (10, EnvironmentPhase::Init),
            (20, EnvironmentPhase::Invoke),
        ] {
            all.phase(0, "f", LATEST, phase, at);
        }
        all.started(0, "r1");
        all.finished(0, "r1", Outcome::Timeout);
        all.phase(0, "f", LATEST, EnvironmentPhase::Idle, 50);
        let (lanes, total) = all.window("f", 10);
        let text: Vec<String> = lanes[0]
            .spans
            .iter()
            .map(|s| {
                format!(
                    "{} {}..{:?} {:?} {:?}",
                    s.phase, s.from_us, s.to_us, s.request_id, s.outcome
                )
            })
            .collect();
        assert_eq!(
            text,
            [
                "starting 0..Some(10) None None",
                "init 10..Some(20) None None",
                "invoke 20..Some(50) Some(\"r1\") Some(\"timeout\")",
                "idle 50..None None None",
            ]
        );
        assert_eq!((total, lanes[0].invocations), (1, 1));
        assert_eq!(all.window("g", 10), (Vec::new(), 0));
    }

    #[test]
    fn throttles_are_bounded_and_provisioned_lanes_are_marked() {
        let mut all = Environments::default();
        (0..500).for_each(|at| all.throttled("f", at));
        let throttles = all.throttles("f");
        assert_eq!((throttles.len(), throttles.last()), (THROTTLES_MAX, Some(&499)));
        let kind = Kind { version: "1", provisioned: true };
        all.phase(7, "f", kind, EnvironmentPhase::Idle, 1);
        assert!(all.window("f", 1).0[0].provisioned);
        assert_eq!((all.version(7), all.version(8)), ("1".to_owned(), String::new()));
    }

    #[test]
    fn old_reclaimed_lanes_are_forgotten_and_still_counted() {
        let mut all = Environments::default();
        for id in 0..3_000 {
            all.phase(id, "f", LATEST, EnvironmentPhase::Idle, 1);
            if id > 0 {
                all.phase(id, "f", LATEST, EnvironmentPhase::Reclaimed, 2);
            }
        }
        let (lanes, total) = all.window("f", usize::MAX);
        assert_eq!((lanes.len(), total), (LANES_MAX, 3_000));
        assert_eq!(lanes[lanes.len() - 1].environment, 0, "a lane that lives stays");
        for _ in 0..1_000 {
            all.phase(0, "f", LATEST, EnvironmentPhase::Invoke, 3);
        }
        assert!(all.lanes[&0].spans.len() <= SPANS_MAX);
    }
}
