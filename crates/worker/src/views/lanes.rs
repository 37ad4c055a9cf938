//! Windows on the environments' lanes, and how what is older is told in less room.
//!
//! Invariant: a window has at most [`WINDOW_SPANS_MAX`] spans or [`LANE_SPANS_MIN`] a lane, however many environments and invocations there were.

use super::environments::{Environments, Lane, Load, OfFunction, Span, outcome_name};
use coldstart_engine::{EnvironmentPhase, Outcome};
use coldstart_protocol::{EnvironmentLane, LoadBucket, PhaseSpan, Stretch, View};

/// Stretches of a function's time.
pub(super) const BUCKETS_MAX: usize = 240;
/// How long one is at first.
pub(super) const BUCKET_US: u64 = 1_000_000;
/// Stretches of a lane.
const STRETCHES_MAX: usize = 24;
/// How long one is at least, at first.
const STRETCH_US: u64 = 1_000_000;
/// Spans of all lanes of a window.
const WINDOW_SPANS_MAX: usize = 1_200;
const LANE_SPANS_MIN: usize = 12;
const LANE_SPANS_MAX: usize = 96;

/// What a lane did before the phases that are kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Stretches {
    all: Vec<Told>,
    /// How long one is at least; 0 for the least of all.
    stretch_us: u64,
}

/// Phases that are told together.
#[derive(Debug, Clone)]
struct Told {
    from_us: u64,
    to_us: u64,
    busy_us: u64,
    invocations: u32,
    failures: u32,
}

impl Stretches {
    fn add(&mut self, span: &Span, stretches_max: usize) {
        let to_us = span.to_us.unwrap_or(span.from_us);
        let busy = span.phase == EnvironmentPhase::Invoke;
        let failed = busy && span.outcome.is_some_and(|outcome| outcome != Outcome::Success);
        let told = Told {
            from_us: span.from_us,
            to_us,
            busy_us: if busy { to_us.saturating_sub(span.from_us) } else { 0 },
            invocations: u32::from(busy),
            failures: u32::from(failed),
        };
        let stretch_us = self.stretch_us.max(STRETCH_US);
        match self.all.last_mut() {
            Some(last) if to_us.saturating_sub(last.from_us) <= stretch_us => last.join(&told),
            _ => self.all.push(told),
        }
        while self.all.len() > stretches_max.max(1) {
            self.halve();
        }
    }

    fn halve(&mut self) {
        self.stretch_us = self.stretch_us.max(STRETCH_US).saturating_mul(2);
        self.all = self
            .all
            .chunks(2)
            .map(|pair| {
                let mut first = pair[0].clone();
                pair[1..].iter().for_each(|second| first.join(second));
                first
            })
            .collect();
    }
}

impl Told {
    fn join(&mut self, next: &Told) {
        self.to_us = self.to_us.max(next.to_us);
        self.busy_us += next.busy_us;
        self.invocations += next.invocations;
        self.failures += next.failures;
    }

    fn shown(&self) -> PhaseSpan {
        let length_us = self.to_us.saturating_sub(self.from_us).max(1);
        let busy_permille = (u128::from(self.busy_us) * 1_000 / u128::from(length_us)).min(1_000);
        PhaseSpan {
            phase: "stretch".into(),
            from_us: self.from_us,
            to_us: Some(self.to_us),
            request_id: None,
            outcome: None,
            stretch: Some(Stretch {
                invocations: self.invocations,
                failures: self.failures,
                busy_permille: busy_permille as u32,
            }),
        }
    }
}

/// The oldest phase of a lane goes to what is told together.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub(super) fn shorten(lane: &mut Lane) {
    if let Some(oldest) = lane.spans.pop_front() {
        lane.older.add(&oldest, STRETCHES_MAX);
    }
}

/// Buckets of twice the length, half as many.
#[inline(never)] // As above.
pub(super) fn halve_buckets(load: &mut Load) {
    load.bucket_us = load.bucket_us.max(BUCKET_US).saturating_mul(2);
    let mut halved: Vec<LoadBucket> = Vec::with_capacity(BUCKETS_MAX);
    for bucket in &load.buckets {
        let from_us = bucket.from_us - bucket.from_us % load.bucket_us;
        match halved.last_mut().filter(|last| last.from_us == from_us) {
            Some(last) => {
                last.environments = last.environments.max(bucket.environments);
                last.busy = last.busy.max(bucket.busy);
                last.provisioned = last.provisioned.max(bucket.provisioned);
                last.invocations += bucket.invocations;
                last.cold_starts += bucket.cold_starts;
                last.throttles += bucket.throttles;
            }
            None => halved.push(LoadBucket { from_us, ..bucket.clone() }),
        }
    }
    load.buckets = halved;
}

fn phase_name(phase: EnvironmentPhase) -> &'static str {
    match phase {
        EnvironmentPhase::Starting => "starting",
        EnvironmentPhase::Init => "init",
        EnvironmentPhase::Restore => "restore",
        EnvironmentPhase::Invoke => "invoke",
        EnvironmentPhase::Idle => "idle",
        EnvironmentPhase::Reset => "reset",
        EnvironmentPhase::Reclaimed => "reclaimed",
    }
}

fn shown(span: &Span) -> PhaseSpan {
    PhaseSpan {
        phase: phase_name(span.phase).into(),
        from_us: span.from_us,
        to_us: span.to_us,
        request_id: span.request_id.as_deref().map(str::to_owned),
        outcome: span.outcome.map(|outcome| outcome_name(outcome).to_owned()),
        stretch: None,
    }
}

/// A lane's time in at most so many spans: the newest phases one by one, what is older in stretches.
fn spans_of(lane: &Lane, spans_max: usize) -> Vec<PhaseSpan> {
    let stretches_max = spans_max / 3;
    let kept = lane.spans.len().min(spans_max - stretches_max);
    let mut older = lane.older.clone();
    while older.all.len() > stretches_max.max(1) {
        older.halve();
    }
    let mut spans = lane.spans.iter();
    spans.by_ref().take(lane.spans.len() - kept).for_each(|span| older.add(span, stretches_max));
    older.all.iter().map(Told::shown).chain(spans.map(shown)).collect()
}

/// The newest lanes of a function, newest first; how many there were in all, when it was throttled, and its environments over time.
#[inline(never)] // As above.
pub(super) fn window(all: &Environments, function: &str, lanes_max: usize) -> View {
    let none = OfFunction::default();
    let of = all.functions.get(function).unwrap_or(&none);
    let count = of.lanes.len().min(lanes_max).max(1);
    let spans_max = (WINDOW_SPANS_MAX / count).clamp(LANE_SPANS_MIN, LANE_SPANS_MAX);
    let lanes = of.lanes.iter().rev().take(lanes_max).filter_map(|id| {
        let lane = all.lanes.get(id)?;
        Some(EnvironmentLane {
            environment: *id,
            function: function.to_owned(),
            version: lane.version.clone(),
            provisioned: lane.provisioned,
            spans: spans_of(lane, spans_max),
            invocations: lane.invocations,
        })
    });
    View::Environments {
        function: function.to_owned(),
        lanes: lanes.collect(),
        total: of.total,
        throttles_us: of.throttles_us.iter().copied().collect(),
        load: of.load.buckets.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::environments::Kind;
    use super::*;

    const LATEST: Kind<'static> = Kind { version: "$LATEST", provisioned: false };

    fn lanes_of(
        all: &Environments,
        function: &str,
        lanes_max: usize,
    ) -> (Vec<EnvironmentLane>, usize) {
        match window(all, function, lanes_max) {
            View::Environments { lanes, total, .. } => (lanes, total),
            _ => unreachable!("it is that view"),
        }
    }

    fn load_of(all: &Environments, function: &str) -> Vec<LoadBucket> {
        match window(all, function, 1) {
            View::Environments { load, .. } => load,
            _ => unreachable!("it is that view"),
        }
    }

    /// One invocation of an environment: a millisecond of work at an instant.
    fn invoke(all: &mut Environments, id: u32, at_us: u64) {
        let request = format!("r{at_us}");
        all.phase(id, "f", LATEST, EnvironmentPhase::Invoke, at_us);
        all.started(id, "f", &request, false, at_us);
        all.finished(id, &request, Outcome::Success);
        all.phase(id, "f", LATEST, EnvironmentPhase::Idle, at_us + 1_000);
    }

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
        all.started(0, "f", "r1", true, 20);
        all.finished(0, "r1", Outcome::Timeout);
        all.phase(0, "f", LATEST, EnvironmentPhase::Idle, 50);
        let (lanes, total) = lanes_of(&all, "f", 10);
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
        assert_eq!(lanes_of(&all, "g", 10), (Vec::new(), 0));
    }

    #[test]
    fn throttles_are_bounded_and_provisioned_lanes_are_marked() {
        let mut all = Environments::default();
        (0..500).for_each(|at| all.throttled("f", at));
        let View::Environments { throttles_us, load, .. } = window(&all, "f", 1) else {
            unreachable!("it is that view")
        };
        assert_eq!((throttles_us.len(), throttles_us.last()), (400, Some(&499)));
        assert_eq!((load.len(), load[0].throttles), (1, 500));
        let kind = Kind { version: "1", provisioned: true };
        all.phase(7, "f", kind, EnvironmentPhase::Idle, 1);
        assert!(lanes_of(&all, "f", 1).0[0].provisioned);
        assert_eq!(load_of(&all, "f")[0].provisioned, 1);
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
        let (lanes, total) = lanes_of(&all, "f", usize::MAX);
        assert_eq!((lanes.len(), total), (2_000, 3_000));
        assert_eq!(lanes[lanes.len() - 1].environment, 0, "a lane that lives stays");
    }

    #[test]
    fn a_lane_of_a_million_phases_is_told_whole_in_few_spans() {
        let mut all = Environments::default();
        for number in 0..500_000 {
            invoke(&mut all, 0, number * 2_000);
        }
        let (lanes, _) = lanes_of(&all, "f", 40);
        let spans = &lanes[0].spans;
        assert!(spans.len() <= LANE_SPANS_MAX, "{}", spans.len());
        assert_eq!((spans[0].from_us, spans[0].phase.as_str()), (0, "stretch"));
        assert!(
            spans.windows(2).all(|pair| pair[0].to_us == Some(pair[1].from_us)),
            "without gaps"
        );
        let told: u32 =
            spans.iter().filter_map(|span| Some(span.stretch.as_ref()?.invocations)).sum();
        let single = spans.iter().filter(|span| span.phase == "invoke").count();
        assert_eq!(told as usize + single, 500_000);
        let busy = spans[0].stretch.as_ref().map(|stretch| stretch.busy_permille);
        assert_eq!(busy, Some(500));
    }

    #[test]
    fn a_thousand_environments_fit_in_a_window() {
        let mut all = Environments::default();
        for round in 0..100 {
            for id in 0..1_000 {
                invoke(&mut all, id, round * 10_000_000 + u64::from(id));
            }
        }
        let (lanes, total) = lanes_of(&all, "f", 40);
        let spans: usize = lanes.iter().map(|lane| lane.spans.len()).sum();
        assert_eq!((lanes.len(), total), (40, 1_000));
        assert!(spans <= WINDOW_SPANS_MAX, "{spans}");
    }

    #[test]
    fn how_many_environments_worked_is_told_for_any_length_of_time() {
        let mut all = Environments::default();
        all.phase(0, "f", LATEST, EnvironmentPhase::Starting, 0);
        all.phase(1, "f", LATEST, EnvironmentPhase::Starting, 0);
        for second in 0..3_600 {
            for id in [0, 1] {
                all.phase(id, "f", LATEST, EnvironmentPhase::Invoke, second * 1_000_000 + 10);
                all.started(id, "f", "r", second == 0, second * 1_000_000 + 10);
            }
            for id in [0, 1] {
                all.phase(id, "f", LATEST, EnvironmentPhase::Idle, second * 1_000_000 + 20);
            }
        }
        let load = load_of(&all, "f");
        assert!((100..=BUCKETS_MAX).contains(&load.len()), "{}", load.len());
        assert!(load.iter().all(|bucket| (bucket.environments, bucket.busy) == (2, 2)));
        assert_eq!(load.iter().map(|bucket| bucket.invocations).sum::<u32>(), 7_200);
        assert_eq!((load[0].cold_starts, load[1].cold_starts), (2, 0));
    }
}
