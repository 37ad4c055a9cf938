//! Metrics as they are kept: series of minutes.
//!
//! Invariant: a session keeps at most [`MINUTES_MAX`] minutes of all series together and [`SERIES_MAX`] series; the oldest minutes
//! go first, and what belongs to no series that is kept is not counted.
//! Invariant: sums and counts are exact; percentiles are as long as a minute has at most [`VALUES_MAX`] different values, and
//! within 1.6 % otherwise.

use std::collections::BTreeMap;

/// Minutes of all series. Chosen: some 20 MB.
pub(super) const MINUTES_MAX: usize = 100_000;
/// Series: a metric with one set of dimensions. Chosen.
pub(super) const SERIES_MAX: usize = 10_000;
/// Different values of one minute that are told apart.
const VALUES_MAX: usize = 64;
/// Of a number's bits, those that say no more than 1/32 of it.
const COARSE_BITS: u32 = 47;

/// What names a series. The order is that of ListMetrics.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// By name.
    pub(crate) dimensions: BTreeMap<String, String>,
}

impl Key {
    pub(crate) fn new(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Self {
        let dimensions = dimensions.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Self { namespace: namespace.into(), name: name.into(), dimensions: dimensions.collect() }
    }
}

/// Position of a series.
pub(super) type SeriesId = usize;

/// The values of a minute, or of several.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Summary {
    pub(super) count: f64,
    pub(super) sum: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    /// In order, with how often each was there.
    values: Vec<(f64, f64)>,
    coarse: bool,
}

/// One metric with its dimensions.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) unit: &'static str,
    /// By Unix minute.
    pub(super) minutes: BTreeMap<u64, Summary>,
}

/// All series.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) index: BTreeMap<Key, SeriesId>,
    pub(super) series: Vec<Series>,
    /// Which series have something in a minute.
    by_minute: BTreeMap<u64, Vec<SeriesId>>,
    minutes: usize,
}

impl Summary {
    pub(super) fn add(&mut self, value: f64, times: f64) {
        let first = self.count == 0.0;
        self.count += times;
        self.sum += value * times;
        self.min = if first { value } else { self.min.min(value) };
        self.max = if first { value } else { self.max.max(value) };
        self.add_value(value, times);
    }

    fn add_value(&mut self, value: f64, times: f64) {
        let value = if self.coarse { coarse(value) } else { value };
        match self.values.binary_search_by(|(known, _)| known.total_cmp(&value)) {
            Ok(at) => self.values[at].1 += times,
            Err(at) => self.values.insert(at, (value, times)),
        }
        if !self.coarse && self.values.len() > VALUES_MAX {
            self.coarse = true;
            for (value, times) in std::mem::take(&mut self.values) {
                self.add_value(value, times);
            }
        }
    }

    /// Adds a set of statistics, whose values are not known: no percentile is, unless they are all the same.
    pub(super) fn add_set(&mut self, count: f64, sum: f64, min: f64, max: f64) {
        if min == max {
            self.add(min, count);
            return;
        }
        let first = self.count == 0.0;
        self.count += count;
        self.sum += sum;
        self.min = if first { min } else { self.min.min(min) };
        self.max = if first { max } else { self.max.max(max) };
    }

    pub(super) fn merge(&mut self, other: &Summary) {
        if other.count == 0.0 {
            return;
        }
        let first = self.count == 0.0;
        self.count += other.count;
        self.sum += other.sum;
        self.min = if first { other.min } else { self.min.min(other.min) };
        self.max = if first { other.max } else { self.max.max(other.max) };
        other.values.iter().for_each(|(value, times)| self.add_value(*value, *times));
    }

    /// The value that so many of a hundred are not above; none when values are not known.
    pub(super) fn percentile(&self, percent: f64) -> Option<f64> {
        let known: f64 = self.values.iter().map(|(_, times)| times).sum();
        if known < self.count || known <= 0.0 {
            return None;
        }
        let rank = (percent / 100.0 * known).ceil().max(1.0);
        let mut seen = 0.0;
        let found = self.values.iter().find(|(_, times)| {
            seen += times;
            seen >= rank
        });
        found.or(self.values.last()).map(|(value, _)| value.clamp(self.min, self.max))
    }
}

/// The middle of the numbers that share a number's first bits.
fn coarse(value: f64) -> f64 {
    let bits = value.to_bits() >> COARSE_BITS << COARSE_BITS;
    if value == 0.0 { 0.0 } else { f64::from_bits(bits | 1 << (COARSE_BITS - 1)) }
}

impl Store {
    /// The series of this name; none when there are too many.
    pub(super) fn series(&mut self, key: Key, unit: &'static str) -> Option<SeriesId> {
        if let Some(id) = self.index.get(&key) {
            return Some(*id);
        }
        if self.series.len() >= SERIES_MAX {
            return None;
        }
        let id = self.series.len();
        self.series.push(Series { unit, minutes: BTreeMap::new() });
        self.index.insert(key, id);
        Some(id)
    }

    /// A minute of a series, to be added to.
    pub(super) fn minute(&mut self, id: SeriesId, minute: u64) -> &mut Summary {
        if !self.series[id].minutes.contains_key(&minute) {
            self.by_minute.entry(minute).or_default().push(id);
            self.minutes += 1;
            self.forget_oldest(minute);
        }
        self.series[id].minutes.entry(minute).or_default()
    }

    fn forget_oldest(&mut self, but: u64) {
        while self.minutes > MINUTES_MAX {
            let Some((minute, ids)) = self.by_minute.pop_first() else { return };
            if minute == but {
                // Older than everything that is kept: it is there for as long as it is the oldest.
                self.by_minute.insert(minute, ids);
                return;
            }
            for id in ids {
                self.series[id].minutes.remove(&minute);
                self.minutes -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_exact_for_few_values_and_near_for_many() {
        let mut few = Summary::default();
        (1..=10).for_each(|n| few.add(f64::from(n), 1.0));
        assert_eq!(
            [50.0, 90.0, 99.0, 0.0].map(|p| few.percentile(p)),
            [5.0, 9.0, 10.0, 1.0].map(Some)
        );
        let mut many = Summary::default();
        (1..=10_000).for_each(|n| many.add(f64::from(n), 1.0));
        for (percent, exact) in [(1.0, 100.0), (50.0, 5_000.0), (95.0, 9_500.0), (99.9, 9_990.0)] {
            let found = many.percentile(percent).unwrap();
            assert!((found - exact).abs() / exact < 0.016, "{percent}: {found}");
        }
        assert_eq!(
            (many.count, many.sum, many.min, many.max),
            (10_000.0, 50_005_000.0, 1.0, 10_000.0)
        );
        let mut both = few.clone();
        both.merge(&many);
        assert_eq!((both.count, both.min), (10_010.0, 1.0));
        let mut set = Summary::default();
        set.add_set(2.0, 3.0, 1.0, 2.0);
        assert_eq!(set.percentile(50.0), None, "the values of a set are not known");
    }

    #[test]
    fn a_session_keeps_a_bounded_number_of_minutes() {
        let mut store = Store::default();
        let id = store.series(Key::new("n", "m", &[]), "None").unwrap();
        for minute in 0..MINUTES_MAX as u64 + 10 {
            store.minute(id, minute).add(1.0, 1.0);
        }
        assert_eq!(store.series[id].minutes.len(), MINUTES_MAX);
        assert_eq!(store.series[id].minutes.keys().next(), Some(&10));
        store.minute(id, 3).add(1.0, 1.0);
        for _ in 0..2 * SERIES_MAX {
            let name = store.series.len().to_string();
            store.series(Key::new("n", &name, &[]), "None");
        }
        assert_eq!(store.series.len(), SERIES_MAX);
    }
}
