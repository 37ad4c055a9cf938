//! How fast the virtual clock goes.
//!
//! Invariant: in real time the clock stands while a guest computes, and never runs back.
//! Invariant: real time that nobody watched, because the machine slept or the browser stopped the page, is not caught up
//! with: two looks at the clock move it by at most [`CATCH_UP_MS_MAX`].

use coldstart_engine::Timestamp;
use coldstart_workspace::ClockMode;

/// Longer than any browser keeps the timers of a hidden page waiting (a minute), and short enough to be worked off at once.
const CATCH_UP_MS_MAX: f64 = 120_000.0;

/// The clock's mode, and where real and virtual time were last set equal.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pace {
    mode: ClockMode,
    anchor: Option<(f64, Timestamp)>,
    /// When the clock was last looked at.
    seen_ms: f64,
    /// Real milliseconds that were left out.
    skipped_ms: f64,
}

impl Pace {
    pub(crate) fn mode(self) -> ClockMode {
        self.mode
    }
    pub(crate) fn set_mode(&mut self, mode: ClockMode) {
        *self = Self { mode, ..Self::default() };
    }
    /// The virtual clock stood, or was moved by hand: real time counts from now on.
    pub(crate) fn forget(&mut self) {
        self.anchor = None;
    }
    /// Where the clock should be, when it goes with real time.
    pub(crate) fn target(&mut self, now_ms: f64, virtual_now: Timestamp) -> Option<Timestamp> {
        if self.mode != ClockMode::RealTime {
            return None;
        }
        let (real_ms, at) = match &mut self.anchor {
            Some(anchor) => {
                let unwatched_ms = now_ms - self.seen_ms;
                if unwatched_ms > CATCH_UP_MS_MAX {
                    // As if real time had begun so much later.
                    anchor.0 += unwatched_ms - CATCH_UP_MS_MAX;
                    self.skipped_ms += unwatched_ms - CATCH_UP_MS_MAX;
                }
                *anchor
            }
            None => *self.anchor.insert((now_ms, virtual_now)),
        };
        if now_ms.is_finite() {
            self.seen_ms = now_ms;
        }
        // Real time may be any float; the cast stops at 0 and at the end of time.
        let passed_us = ((now_ms - real_ms) * 1_000.0) as u64;
        Some(at.after_micros(passed_us).max(virtual_now))
    }
}

impl Pace {
    /// Real milliseconds that the clock was not moved by, since it was last set to go with real time.
    pub(crate) fn skipped_ms(self) -> u64 {
        self.skipped_ms as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_asleep_is_two_minutes() {
        let mut pace = Pace::default();
        pace.set_mode(ClockMode::RealTime);
        pace.target(0.0, Timestamp(0));
        assert_eq!(pace.target(100_000.0, Timestamp(0)), Some(Timestamp(100_000_000)));
        assert_eq!(pace.skipped_ms(), 0, "a page in the background is late and no more");
        let night_ms = 8.0 * 3_600_000.0;
        let woken = pace.target(100_000.0 + night_ms, Timestamp(100_000_000));
        assert_eq!(woken, Some(Timestamp(220_000_000)));
        assert_eq!(pace.skipped_ms(), night_ms as u64 - 120_000);
        let later = pace.target(101_000.0 + night_ms, Timestamp(220_000_000));
        assert_eq!(later, Some(Timestamp(221_000_000)));
        pace.set_mode(ClockMode::Paused);
        assert_eq!(pace.skipped_ms(), 0);
    }

    #[test]
    fn real_time_moves_the_clock_from_where_it_was_anchored() {
        let mut pace = Pace::default();
        assert_eq!(pace.target(0.0, Timestamp(5)), None);
        pace.set_mode(ClockMode::RealTime);
        assert_eq!(pace.target(100.0, Timestamp(5)), Some(Timestamp(5)));
        assert_eq!(pace.target(101.5, Timestamp(5)), Some(Timestamp(1_505)));
        pace.forget();
        assert_eq!(pace.target(9_000.0, Timestamp(1_505)), Some(Timestamp(1_505)));
        assert_eq!(
            pace.target(8_000.0, Timestamp(1_505)),
            Some(Timestamp(1_505)),
            "real time that runs back is no time"
        );
        assert_eq!(pace.target(f64::NAN, Timestamp(7)), Some(Timestamp(1_505)));
    }
}
