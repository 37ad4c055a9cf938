//! The list of invocations with their cost, and sums over all of them.
//!
//! Kept: the newest [`ROWS_MAX`] rows; sums cover every invocation, percentiles the newest [`DURATIONS_MAX`].

use super::environments::outcome_name;
use coldstart_engine::{Fact, Outcome};
use coldstart_protocol::{CostRow, InvocationRow, InvocationSummary};
use std::collections::{BTreeMap, VecDeque};

const ROWS_MAX: usize = 20_000;
const DURATIONS_MAX: usize = 1_000;

/// "Price per 1M requests: $0.20" (AWS Lambda Pricing): billionths of a dollar for one request.
const REQUEST_NANO_USD: u64 = 200;
/// "$0.0000166667 for every GB-second" (AWS Lambda Pricing, x86): tenths of billionths of a dollar.
const GB_SECOND_TENTH_NANO_USD: u128 = 166_667;

/// What an invocation costs, rounded to a billionth of a dollar. A GB has 1,024 MB there.
fn cost_nano_usd(memory_size_mb: u32, billed_ms: u64) -> u64 {
    let numerator = u128::from(memory_size_mb) * u128::from(billed_ms) * GB_SECOND_TENTH_NANO_USD;
    let denominator = 1_024 * 1_000 * 10;
    let compute = (numerator + denominator / 2) / denominator;
    u64::try_from(compute).unwrap_or(u64::MAX).saturating_add(REQUEST_NANO_USD)
}

#[derive(Debug, Default)]
struct Sums {
    summary: InvocationSummary,
    billed_ms: u64,
    mb_ms: u64,
    durations_us: VecDeque<u64>,
    /// Positions of the rows that are kept.
    rows: VecDeque<u64>,
}

impl Sums {
    fn add(&mut self, row: &InvocationRow) {
        self.summary.invocations += 1;
        self.summary.errors += u64::from(row.status != outcome_name(Outcome::Success));
        self.summary.cold_starts += u64::from(row.cold);
        self.summary.cost_nano_usd += row.cost_nano_usd;
        self.billed_ms += row.billed_ms;
        self.mb_ms = self.mb_ms.saturating_add(row.billed_ms * u64::from(row.memory_size_mb));
        self.durations_us.push_back(row.duration_us);
        if self.durations_us.len() > DURATIONS_MAX {
            self.durations_us.pop_front();
        }
    }

    fn summary(&self) -> InvocationSummary {
        let mut sorted: Vec<u64> = self.durations_us.iter().copied().collect();
        sorted.sort_unstable();
        // The nearest rank: the least value that so many per cent do not exceed.
        let rank = |percent: usize| {
            sorted.get((sorted.len() * percent).div_ceil(100).max(1) - 1).copied().unwrap_or(0)
        };
        InvocationSummary { duration_p50_us: rank(50), duration_p99_us: rank(99), ..self.summary }
    }
}

#[derive(Debug, Default)]
pub(super) struct Invocations {
    rows: VecDeque<InvocationRow>,
    /// Position of the first row among all rows that there were.
    first: u64,
    running: BTreeMap<String, u64>,
    all: Sums,
    functions: BTreeMap<String, Sums>,
}

impl Invocations {
    pub(super) fn started(
        &mut self,
        request_id: &str,
        function: &str,
        environment: u32,
        version: &str,
        cold: bool,
        at_us: u64,
    ) {
        let position = self.first + self.rows.len() as u64;
        self.running.insert(request_id.to_owned(), position);
        self.functions.entry(function.to_owned()).or_default().rows.push_back(position);
        self.all.rows.push_back(position);
        self.rows.push_back(InvocationRow {
            request_id: request_id.to_owned(),
            function: function.to_owned(),
            started_us: at_us,
            status: "running".into(),
            cold,
            duration_us: 0,
            init_us: None,
            billed_ms: 0,
            memory_used_mb: 0,
            memory_size_mb: 0,
            environment,
            version: version.to_owned(),
            cost_nano_usd: 0,
        });
        if self.rows.len() > ROWS_MAX {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        let Some(row) = self.rows.pop_front() else { return };
        self.first += 1;
        self.all.rows.pop_front();
        if let Some(of) = self.functions.get_mut(&row.function) {
            of.rows.pop_front();
        }
    }

    pub(super) fn finished(&mut self, fact: &Fact) {
        let Fact::InvocationFinished {
            request_id,
            function,
            environment,
            outcome,
            duration_us,
            init_us,
            billed_ms,
            memory_size_mb,
            memory_used_mb,
            ..
        } = fact
        else {
            return;
        };
        let position = self.running.remove(request_id);
        let kept = position.and_then(|position| {
            self.rows.get_mut(usize::try_from(position.checked_sub(self.first)?).ok()?)
        });
        let mut row = InvocationRow {
            request_id: request_id.clone(),
            function: function.clone(),
            started_us: 0,
            status: outcome_name(*outcome).into(),
            cold: init_us.is_some(),
            duration_us: *duration_us,
            init_us: *init_us,
            billed_ms: *billed_ms,
            memory_used_mb: *memory_used_mb,
            memory_size_mb: *memory_size_mb,
            environment: *environment,
            version: String::new(),
            cost_nano_usd: cost_nano_usd(*memory_size_mb, *billed_ms),
        };
        if let Some(kept) = kept {
            row.started_us = kept.started_us;
            row.cold = kept.cold;
            row.version.clone_from(&kept.version);
            kept.clone_from(&row);
        }
        self.all.add(&row);
        self.functions.entry(function.clone()).or_default().add(&row);
    }

    pub(super) fn throttled(&mut self, function: &str) {
        self.all.summary.throttles += 1;
        self.functions.entry(function.to_owned()).or_default().summary.throttles += 1;
    }

    /// What each function cost, by name.
    pub(super) fn costs(&self) -> Vec<CostRow> {
        let row = |(function, sums): (&String, &Sums)| CostRow {
            function: function.clone(),
            invocations: sums.summary.invocations,
            billed_ms: sums.billed_ms,
            mb_ms: sums.mb_ms,
            cost_nano_usd: sums.summary.cost_nano_usd,
        };
        self.functions.iter().map(row).collect()
    }

    /// The newest rows, newest first, and the sums.
    pub(super) fn window(
        &self,
        function: &str,
        rows_max: usize,
    ) -> (Vec<InvocationRow>, InvocationSummary) {
        let sums = if function.is_empty() { Some(&self.all) } else { self.functions.get(function) };
        let Some(sums) = sums else { return (Vec::new(), InvocationSummary::default()) };
        let rows = sums.rows.iter().rev().take(rows_max);
        let rows = rows.filter_map(|position| {
            self.rows.get(usize::try_from(position.checked_sub(self.first)?).ok()?)
        });
        (rows.cloned().collect(), sums.summary())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(request_id: &str, duration_us: u64, outcome: Outcome) -> Fact {
        Fact::InvocationFinished {
            request_id: request_id.into(),
            function: "f".into(),
            environment: 0,
            outcome,
            duration_us,
            init_us: None,
            restore_us: None,
            billed_ms: duration_us.div_ceil(1_000),
            memory_size_mb: 128,
            memory_used_mb: 20,
            units: 1,
            response_bytes: 1,
        }
    }

    #[test]
    fn cost_is_aws_price() {
        // A million requests of 1,024 MB and one second: $0.20 and $16.6667.
        assert_eq!(cost_nano_usd(1_024, 1_000), 200 + 16_667);
        // 128 MB and one millisecond: $0.0000000021 in AWS's own table of prices for a millisecond.
        assert_eq!(cost_nano_usd(128, 1) - REQUEST_NANO_USD, 2);
        assert_eq!(cost_nano_usd(128, 1_000_000) - REQUEST_NANO_USD, 2_083_338);
        assert_eq!(cost_nano_usd(u32::MAX, u64::MAX), u64::MAX);
    }

    #[test]
    fn a_row_runs_until_it_is_finished() {
        let mut all = Invocations::default();
        all.started("r1", "f", 0, "3", true, 5);
        assert_eq!(all.window("f", 9).0[0].status, "running");
        all.finished(&finished("r1", 2_500, Outcome::Timeout));
        let (rows, summary) = all.window("", 9);
        assert_eq!(
            (rows[0].status.as_str(), rows[0].started_us, rows[0].cold, rows[0].billed_ms),
            ("timeout", 5, true, 3)
        );
        assert_eq!(rows[0].version, "3");
        assert_eq!((summary.invocations, summary.errors, summary.cold_starts), (1, 1, 1));
    }

    #[test]
    fn rows_are_bounded_and_sums_are_not() {
        let mut all = Invocations::default();
        for number in 0..30_000_u64 {
            let request_id = format!("r{number}");
            all.started(&request_id, "f", 0, "1", false, number);
            all.finished(&finished(&request_id, number, Outcome::Success));
        }
        let costs = all.costs();
        assert_eq!((costs.len(), costs[0].invocations), (1, 30_000));
        assert_eq!(costs[0].mb_ms, costs[0].billed_ms * 128);
        let (rows, summary) = all.window("f", usize::MAX);
        assert_eq!((rows.len(), rows[0].request_id.as_str()), (ROWS_MAX, "r29999"));
        assert_eq!(
            (summary.invocations, summary.duration_p50_us, summary.duration_p99_us),
            (30_000, 29_499, 29_989)
        );
    }
}
