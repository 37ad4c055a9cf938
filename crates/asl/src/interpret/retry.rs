//! Retriers.

use super::execution::Execution;
use super::fault::Fault;
use super::frames::{FrameId, Phase, TimerKind};
use super::machine::{Retrier, State};
use super::random::Random;
use std::time::Duration;

/// The longest delay before another attempt.
const DELAY_SECONDS_MAX: f64 = 99_999_999.0;

impl Retrier {
    /// The delay before the attempt after `used` earlier ones through this retrier.
    ///
    /// Source: "Retrying after an error" in the developer guide. Full jitter is a random part of the delay.
    pub(crate) fn delay(&self, used: u64, random: &mut Random) -> Duration {
        let most = self.max_delay_seconds.map_or(DELAY_SECONDS_MAX, |seconds| seconds as f64);
        let mut seconds = self.interval_seconds as f64;
        // The product only grows; a rate of 1 keeps it.
        let mut left = if self.backoff_rate > 1.0 { used } else { 0 };
        while left > 0 && seconds < most {
            seconds *= self.backoff_rate;
            left -= 1;
        }
        let mut seconds = seconds.min(most);
        if self.full_jitter {
            seconds *= random.fraction();
        }
        Duration::from_micros((seconds * 1_000_000.0) as u64)
    }
}

impl Execution {
    /// Sets another attempt for later, when a retrier takes the failure and has attempts left. Only the first that takes it counts.
    pub(super) fn retry(&mut self, id: FrameId, state: &State, fault: &Fault) -> bool {
        let Some((at, retrier)) = state
            .retry
            .iter()
            .enumerate()
            .find(|(_, retrier)| fault.is_taken_by(&retrier.error_equals))
        else {
            return false;
        };
        let frame = &mut self.frames[id];
        frame.retries.resize(state.retry.len(), 0);
        let used = frame.retries[at];
        if used >= retrier.max_attempts {
            return false;
        }
        frame.retries[at] += 1;
        frame.retry_count += 1;
        frame.token = None;
        self.discard_inner(id);
        let delay = retrier.delay(used, &mut self.random);
        let timer = self.alarm(self.now.plus(delay), id, TimerKind::Retry);
        self.frames[id].phase = Phase::Asleep { timer };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(retrier: Retrier, expected: &[u64]) {
        let mut random = Random::new(1);
        let delays: Vec<u64> = (0..expected.len())
            .map(|used| retrier.delay(used as u64, &mut random).as_millis() as u64)
            .collect();
        assert_eq!(delays, expected);
    }

    fn retrier() -> Retrier {
        Retrier {
            error_equals: Vec::new(),
            interval_seconds: 3,
            max_attempts: 9,
            backoff_rate: 2.0,
            max_delay_seconds: None,
            full_jitter: false,
        }
    }

    #[test]
    fn delays_grow_up_to_their_limit() {
        check(retrier(), &[3000, 6000, 12_000, 24_000]);
        check(Retrier { backoff_rate: 1.0, ..retrier() }, &[3000, 3000, 3000]);
        check(Retrier { backoff_rate: 1.5, ..retrier() }, &[3000, 4500, 6750]);
        check(Retrier { max_delay_seconds: Some(5), ..retrier() }, &[3000, 5000, 5000]);
        let many = Retrier { interval_seconds: 1, ..retrier() };
        assert_eq!(many.delay(u64::MAX, &mut Random::new(0)).as_secs(), 99_999_999);
    }

    #[test]
    fn full_jitter_is_a_part_of_the_delay() {
        let retrier = Retrier { full_jitter: true, ..retrier() };
        let mut random = Random::new(7);
        let delays: Vec<u128> = (0..5).map(|_| retrier.delay(1, &mut random).as_millis()).collect();
        assert!(delays.iter().all(|delay| *delay < 6000), "{delays:?}");
        assert!(delays.iter().any(|delay| *delay != delays[0]), "{delays:?}");
    }
}
