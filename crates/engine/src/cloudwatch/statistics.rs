//! Statistics over periods.

use super::MINUTE_MS;
use super::store::{Series, Summary};
use std::collections::BTreeMap;

/// A statistic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Statistic {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
    Percentile(f64),
}

impl Statistic {
    /// By its name; `p99`, `p99.9` are percentiles.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "SampleCount" => Self::SampleCount,
            "Average" => Self::Average,
            "Sum" => Self::Sum,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            "IQM" => return None,
            _ => {
                let percent: f64 = name.strip_prefix('p')?.parse().ok()?;
                if !(0.0..=100.0).contains(&percent) {
                    return None;
                }
                Self::Percentile(percent)
            }
        })
    }

    pub(super) fn of(self, summary: &Summary) -> Option<f64> {
        match self {
            Self::SampleCount => Some(summary.count),
            Self::Average => Some(summary.sum / summary.count),
            Self::Sum => Some(summary.sum),
            Self::Minimum => Some(summary.min),
            Self::Maximum => Some(summary.max),
            Self::Percentile(percent) => summary.percentile(percent),
        }
    }
}

/// A window of time in periods: Unix milliseconds, the end is not included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) from_ms: u64,
    pub(super) to_ms: u64,
    pub(super) period_ms: u64,
}

impl Window {
    /// Begins at a whole minute.
    pub(super) fn new(from_ms: u64, to_ms: u64, period_seconds: u64) -> Self {
        let from_ms = from_ms - from_ms % MINUTE_MS;
        Self { from_ms, to_ms, period_ms: (period_seconds * 1_000).max(MINUTE_MS) }
    }

    pub(super) fn periods(&self) -> u64 {
        self.to_ms.saturating_sub(self.from_ms).div_ceil(self.period_ms)
    }

    /// The summaries of a series by the beginning of their period.
    pub(super) fn summaries(&self, series: &Series) -> BTreeMap<u64, Summary> {
        let mut found: BTreeMap<u64, Summary> = BTreeMap::new();
        let minutes =
            self.from_ms / MINUTE_MS..self.to_ms.div_ceil(MINUTE_MS).max(self.from_ms / MINUTE_MS);
        for (minute, summary) in series.minutes.range(minutes) {
            let since = minute * MINUTE_MS - self.from_ms;
            let begin = self.from_ms + since / self.period_ms * self.period_ms;
            found.entry(begin).or_default().merge(summary);
        }
        found
    }
}
