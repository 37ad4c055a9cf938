//! How fast the virtual clock goes.
//!
//! Invariant: in real time the clock stands while a guest computes, and never runs back.

use coldstart_engine::Timestamp;
use coldstart_workspace::ClockMode;

/// The clock's mode, and where real and virtual time were last set equal.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pace {
    mode: ClockMode,
    anchor: Option<(f64, Timestamp)>,
}

impl Pace {
    pub(crate) fn mode(self) -> ClockMode {
        self.mode
    }
    pub(crate) fn set_mode(&mut self, mode: ClockMode) {
        *self = Self { mode, anchor: None };
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
        let (real_ms, at) = *self.anchor.get_or_insert((now_ms, virtual_now));
        // Real time may be any float; the cast stops at 0 and at the end of time.
        let passed_us = ((now_ms - real_ms) * 1_000.0) as u64;
        Some(at.after_micros(passed_us).max(virtual_now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
