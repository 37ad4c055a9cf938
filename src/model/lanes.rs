//! Lays the environments' lanes out over virtual time.
//!
//! Between two bursts of work a lane may idle for minutes, while an invocation takes a millisecond. So time is not drawn to scale where nothing
//! happens: a stretch in which no lane starts or ends a phase is shortened, and marked.

use coldstart_protocol::EnvironmentLane;

/// A stretch of the axis.
#[derive(Debug, Clone, PartialEq)]
struct Piece {
    from_us: u64,
    to_us: u64,
    x: f64,
    width: f64,
}

/// A mark on the axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where, of the width.
    pub x: f64,
    /// Virtual microseconds.
    pub at_us: u64,
}

/// Virtual time to a place on the axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    pieces: Vec<Piece>,
    width: f64,
    /// Middles of the stretches that were shortened.
    pub breaks: Vec<f64>,
    /// Marks.
    pub ticks: Vec<Tick>,
}

/// At most so many instants shape the axis: with more, a pixel holds several.
const INSTANTS_MAX: usize = 4_000;

impl Axis {
    /// For these lanes up to `now_us`, `width` units wide, with marks at other instants: those before the first lane have none.
    pub fn new(lanes: &[EnvironmentLane], marks_us: &[u64], now_us: u64, width: f64) -> Self {
        let spans = lanes.iter().flat_map(|lane| &lane.spans);
        let mut instants: Vec<u64> =
            spans.flat_map(|span| [span.from_us, span.to_us.unwrap_or(now_us)]).collect();
        let first = instants.iter().min().copied().unwrap_or(0);
        instants.extend(marks_us.iter().filter(|at_us| **at_us >= first));
        Self::of(instants, width)
    }

    /// For what begins and ends at these instants, `width` units wide.
    pub fn of(mut instants: Vec<u64>, width: f64) -> Self {
        instants.sort_unstable();
        instants.dedup();
        if instants.len() < 2 {
            let from = instants.first().copied().unwrap_or(0);
            instants = vec![from, from + 1_000];
        }
        let step = instants.len().div_ceil(INSTANTS_MAX);
        let last = *instants.last().expect("there are two at least");
        let mut kept: Vec<u64> = instants.into_iter().step_by(step).collect();
        if kept.last() != Some(&last) {
            kept.push(last);
        }
        // The square root tames the spread: 1 ms stays visible beside 5 minutes, and longer still looks longer.
        let weights: Vec<f64> =
            kept.windows(2).map(|pair| ((pair[1] - pair[0]) as f64).sqrt()).collect();
        let total: f64 = weights.iter().sum();
        let longest = total * 0.25;
        let shown: f64 = weights.iter().map(|weight| weight.min(longest)).sum();
        let mut x = 0.0;
        let mut pieces = Vec::with_capacity(weights.len());
        let mut breaks = Vec::new();
        for (pair, weight) in kept.windows(2).zip(&weights) {
            let piece_width = weight.min(longest) / shown * width;
            if *weight > longest && weights.len() > 2 {
                breaks.push(x + piece_width / 2.0);
            }
            pieces.push(Piece { from_us: pair[0], to_us: pair[1], x, width: piece_width });
            x += piece_width;
        }
        let mut axis = Self { pieces, width, breaks, ticks: Vec::new() };
        axis.ticks = axis.choose_ticks(&kept);
        axis
    }

    /// Where an instant is.
    pub fn x(&self, at_us: u64) -> f64 {
        let index = self.pieces.partition_point(|piece| piece.to_us < at_us);
        let Some(piece) = self.pieces.get(index) else { return self.width };
        let part =
            at_us.saturating_sub(piece.from_us) as f64 / (piece.to_us - piece.from_us) as f64;
        piece.x + piece.width * part.min(1.0)
    }

    /// Marks stand at instants where something happened, far enough from each other to be read.
    fn choose_ticks(&self, instants: &[u64]) -> Vec<Tick> {
        const GAP: f64 = 96.0;
        let mut ticks: Vec<Tick> = Vec::new();
        for &at_us in instants {
            let x = self.x(at_us);
            if ticks.last().is_none_or(|last| x - last.x >= GAP) && x <= self.width - 60.0 {
                ticks.push(Tick { x, at_us });
            }
        }
        ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use coldstart_protocol::PhaseSpan;

    fn lane(spans: &[(&str, u64, Option<u64>)]) -> EnvironmentLane {
        let spans = spans
            .iter()
            .map(|&(phase, from_us, to_us)| PhaseSpan {
                phase: phase.into(),
                from_us,
                to_us,
                request_id: None,
                outcome: None,
                stretch: None,
            })
            .collect();
        EnvironmentLane {
            environment: 0,
            function: "f".into(),
            version: "$LATEST".into(),
            provisioned: false,
            spans,
            invocations: 1,
        }
    }

    #[test]
    fn places_grow_with_time_and_fill_the_width() {
        let lanes = [lane(&[
            ("init", 0, Some(40_000)),
            ("invoke", 40_000, Some(41_000)),
            ("idle", 41_000, Some(300_000_000)),
            ("invoke", 300_000_000, None),
        ])];
        let axis = Axis::new(&lanes, &[], 300_002_000, 1_000.0);
        let places: Vec<f64> =
            [0, 40_000, 41_000, 1_000_000, 300_000_000, 300_002_000].map(|at| axis.x(at)).into();
        assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{places:?}");
        assert_eq!(places[0], 0.0);
        assert!((places[5] - 1_000.0).abs() < 1e-6);
        assert_eq!(axis.breaks.len(), 1);
        assert!(
            places[2] - places[1] > 1.0,
            "an invocation of 1 ms beside 5 minutes is visible: {places:?}"
        );
    }

    #[test]
    fn no_lanes_make_an_axis_too() {
        let axis = Axis::new(&[], &[], 0, 100.0);
        assert_eq!(axis.x(0), 0.0);
        assert_eq!(axis.x(5_000_000), 100.0);
    }

    #[test]
    fn marks_do_not_touch() {
        let lanes = [lane(
            &(0..500)
                .map(|index| ("invoke", index * 1_000, Some(index * 1_000 + 900)))
                .collect::<Vec<_>>(),
        )];
        let axis = Axis::new(&lanes, &[], 500_000, 1_000.0);
        assert!(axis.ticks.windows(2).all(|pair| pair[1].x - pair[0].x >= 96.0));
        assert!(axis.ticks.len() > 3);
    }
}
