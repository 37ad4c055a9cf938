//! When the invocations of a load come: microseconds after its begin, one after the other.
//!
//! Integers only, so that every machine has the same arrivals.
//!
//! Invariant: arrivals do not go back, and none is at or after the load's end.

use crate::rng::Rng;

/// How arrivals are spread. Rates are thousandths of an invocation a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Evenly.
    Constant { rate: u64 },
    /// Evenly, at a rate that goes from one to the other.
    Ramp { from: u64, to: u64 },
    /// So many at one instant, again and again.
    Burst { size: u64, every_us: u64 },
    /// Independently of each other, as callers who know nothing of each other: a Poisson process.
    Poisson { rate: u64 },
}

/// Thousandths of a microsecond's part of a second: what a rate is divided by.
const RATE_UNIT: u64 = 1_000_000_000;

/// The arrivals of one load.
#[derive(Debug)]
pub(crate) struct Arrivals {
    profile: Profile,
    duration_us: u64,
    /// How many have come.
    count: u64,
    /// When the last one came.
    last_us: u64,
    rng: Rng,
}

impl Arrivals {
    pub(crate) fn new(profile: Profile, duration_us: u64, seed: u64) -> Self {
        Self { profile, duration_us, count: 0, last_us: 0, rng: Rng::new(seed) }
    }

    /// How long they come, microseconds.
    pub(crate) fn duration_us(&self) -> u64 {
        self.duration_us
    }

    /// The next one; none when the load is over.
    pub(crate) fn next(&mut self) -> Option<u64> {
        let at = match self.profile {
            Profile::Constant { rate } => times(self.count, RATE_UNIT, rate),
            Profile::Ramp { from, to } => self.ramp(from, to)?,
            Profile::Burst { size, every_us } => (self.count / size).saturating_mul(every_us),
            Profile::Poisson { rate } => self.last_us.saturating_add(self.gap(rate)),
        };
        if at >= self.duration_us {
            return None;
        }
        self.count += 1;
        self.last_us = at;
        Some(at)
    }

    /// The first instant by which as many have come as before and one more, by bisection.
    fn ramp(&self, from: u64, to: u64) -> Option<u64> {
        let come_by = |us: u64| {
            // The area below the line from one rate to the other, twice.
            let (us, duration) = (i128::from(us), i128::from(self.duration_us));
            let slope = i128::from(to) - i128::from(from);
            (2 * i128::from(from) * us * duration + slope * us * us) / (2 * duration)
        };
        let wanted = i128::from(self.count) * i128::from(RATE_UNIT);
        let (mut low, mut high) = (self.last_us, self.duration_us);
        if come_by(high) < wanted {
            return None;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if come_by(middle) >= wanted { high = middle } else { low = middle + 1 }
        }
        Some(low)
    }

    /// An exponentially distributed time, by comparisons alone (von Neumann's method): a falling run of uniform numbers that begins with
    /// `x` has an odd length with the probability e^-x.
    fn gap(&mut self, rate: u64) -> u64 {
        let mut whole: u64 = 0;
        loop {
            let first = self.rng.next() >> 32;
            let (mut last, mut odd) = (first, true);
            loop {
                let next = self.rng.next() >> 32;
                if next >= last {
                    break;
                }
                last = next;
                odd = !odd;
            }
            if odd {
                let mean_times = u128::from(whole) << 32 | u128::from(first);
                let us = (mean_times * u128::from(RATE_UNIT) / u128::from(rate.max(1))) >> 32;
                return u64::try_from(us).unwrap_or(u64::MAX);
            }
            whole += 1;
        }
    }
}

/// `a * b / c` without overflow.
fn times(a: u64, b: u64, c: u64) -> u64 {
    u64::try_from(u128::from(a) * u128::from(b) / u128::from(c.max(1))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(profile: Profile, seconds: u64) -> Vec<u64> {
        let mut arrivals = Arrivals::new(profile, seconds * 1_000_000, 7);
        let all: Vec<u64> = std::iter::from_fn(|| arrivals.next()).collect();
        assert!(all.is_sorted() && all.iter().all(|at| *at < seconds * 1_000_000));
        all
    }

    #[test]
    fn a_constant_rate_is_even() {
        let all = all(Profile::Constant { rate: 1_000_000 }, 600);
        assert_eq!(all.len(), 600_000);
        assert_eq!(all[..3], [0, 1_000, 2_000]);
        assert_eq!(
            super::tests::all(Profile::Constant { rate: 500 }, 9),
            [0, 2_000_000, 4_000_000, 6_000_000, 8_000_000]
        );
    }

    #[test]
    fn a_ramp_has_the_area_below_its_line() {
        let up = all(Profile::Ramp { from: 0, to: 10_000 }, 10);
        assert_eq!(up.len(), 50);
        assert_eq!(up[..3], [0, 1_414_214, 2_000_000]);
        let down = all(Profile::Ramp { from: 10_000, to: 0 }, 10);
        assert_eq!((down.len(), down[1]), (50, 100_506));
        let flat = all(Profile::Ramp { from: 2_000, to: 2_000 }, 3);
        assert_eq!(flat, [0, 500_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000]);
    }

    #[test]
    fn bursts_come_at_one_instant() {
        let all = all(Profile::Burst { size: 3, every_us: 60_000_000 }, 100);
        assert_eq!(all, [0, 0, 0, 60_000_000, 60_000_000, 60_000_000]);
    }

    #[test]
    fn a_poisson_process_has_the_mean_and_the_spread_of_one() {
        let all = all(Profile::Poisson { rate: 1_000_000 }, 200);
        assert!((198_500..201_500).contains(&all.len()), "{}", all.len());
        // The variance of counts is their mean.
        let mut counts = vec![0_i64; 2_000];
        for at in &all {
            counts[(*at / 100_000) as usize] += 1;
        }
        let spread: i64 = counts.iter().map(|count| (count - 100) * (count - 100)).sum();
        assert!((180_000..220_000).contains(&spread), "{spread}");
        let short = all.windows(2).filter(|pair| pair[1] - pair[0] < 693).count();
        assert!(
            (99_000..101_000).contains(&short),
            "half of the gaps are below the median: {short}"
        );
    }
}
