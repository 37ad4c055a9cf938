//! Who takes how much of the account's concurrency, how fast that may grow, and how many requests a second are let in.
//!
//! Follows "Understanding Lambda function scaling": a function's environments grow by at most 1,000 in ten seconds, refilled all the
//! time and not saved up; requests whose callers wait are at most ten a second for each unit of concurrency.
//!
//! Invariant: on-demand environments at work and provisioned ones are together at most [`costs::CONCURRENT_EXECUTIONS_MAX`].

use super::costs;
use crate::Timestamp;
use std::collections::BTreeMap;

/// What an account's functions take.
#[derive(Debug, Default)]
pub(crate) struct Capacity {
    functions: BTreeMap<String, Taken>,
    taken: u64,
    requests: Bucket,
}

/// What one function takes.
#[derive(Debug, Default)]
struct Taken {
    /// Environments at work that are not provisioned.
    on_demand: u64,
    /// Provisioned environments, whether they work or not.
    provisioned: u64,
    requests: Bucket,
    growth: Bucket,
}

/// A bucket that leaks: it is full when as much came in as leaks out in the time that its size stands for. In millionths, so that
/// nothing is rounded: what leaks is a rate a second times microseconds.
#[derive(Debug, Default)]
struct Bucket {
    level: u64,
    at: Timestamp,
}

const ONE: u64 = 1_000_000;

impl Bucket {
    /// Whether one more fits now. `size` is what fits at once.
    fn has_room(&mut self, now: Timestamp, per_second: u64, size: u64) -> bool {
        let leaked = (now.0 - self.at.0).saturating_mul(per_second);
        self.level = self.level.saturating_sub(leaked);
        self.at = now;
        self.level.saturating_add(ONE) <= size.saturating_mul(ONE)
    }

    fn fill(&mut self) {
        self.level += ONE;
    }
}

impl Capacity {
    /// What a function takes of the concurrency.
    pub(crate) fn taken_by(&self, function: &str) -> u64 {
        self.functions.get(function).map_or(0, |taken| taken.on_demand + taken.provisioned)
    }

    /// What all functions take.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether nothing is left for anybody.
    pub(crate) fn is_full(&self) -> bool {
        self.taken >= costs::CONCURRENT_EXECUTIONS_MAX as u64
    }

    /// Whether a function has any provisioned environments.
    pub(crate) fn provisions(&self, function: &str) -> bool {
        self.functions.get(function).is_some_and(|taken| taken.provisioned > 0)
    }

    /// An on-demand environment begins to work.
    pub(crate) fn begin(&mut self, function: &str) {
        assert!(!self.is_full(), "the caller checks the concurrency");
        self.taken += 1;
        self.of(function).on_demand += 1;
    }

    /// An on-demand environment has ended its work.
    pub(crate) fn end(&mut self, function: &str) {
        self.taken -= 1;
        self.of(function).on_demand -= 1;
    }

    /// An environment is provisioned.
    pub(crate) fn provision(&mut self, function: &str) {
        assert!(!self.is_full(), "the caller checks the concurrency");
        self.taken += 1;
        self.of(function).provisioned += 1;
    }

    /// A provisioned environment is gone.
    pub(crate) fn unprovision(&mut self, function: &str) {
        self.taken -= 1;
        self.of(function).provisioned -= 1;
    }

    /// Whether a function may have a new environment now, by the rate at which it may grow.
    pub(crate) fn may_grow(&mut self, function: &str, now: Timestamp) -> bool {
        let (growth, seconds) = (costs::GROWTH_ENVIRONMENTS, costs::GROWTH_SECONDS);
        self.of(function).growth.has_room(now, growth / seconds, growth)
    }

    /// A function has a new on-demand environment.
    pub(crate) fn grow(&mut self, function: &str) {
        self.of(function).growth.fill();
    }

    /// Lets in a request whose caller waits, or says whose rate is exceeded: the function's, which may have so much concurrency,
    /// or the account's.
    pub(crate) fn request(
        &mut self,
        function: &str,
        concurrency: u64,
        now: Timestamp,
    ) -> Result<(), Exceeded> {
        let per_second = concurrency * costs::REQUESTS_PER_CONCURRENCY;
        if !self.of(function).requests.has_room(now, per_second, per_second) {
            return Err(Exceeded::Function);
        }
        let per_second = costs::CONCURRENT_EXECUTIONS_MAX as u64 * costs::REQUESTS_PER_CONCURRENCY;
        if !self.requests.has_room(now, per_second, per_second) {
            return Err(Exceeded::Account);
        }
        self.requests.fill();
        self.of(function).requests.fill();
        Ok(())
    }

    /// Forgets what is known of a function that is gone, unless something of it still works.
    pub(crate) fn forget(&mut self, function: &str) {
        if self.taken_by(function) == 0 {
            self.functions.remove(function);
        }
    }

    fn of(&mut self, function: &str) -> &mut Taken {
        if !self.functions.contains_key(function) {
            self.functions.insert(function.to_owned(), Taken::default());
        }
        self.functions.get_mut(function).expect("it is there or was just put there")
    }
}

/// Whose rate of requests is exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exceeded {
    Function,
    Account,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_refilled_all_the_time_and_not_saved_up() {
        let mut capacity = Capacity::default();
        let made = |capacity: &mut Capacity, ms: u64| {
            let mut made = 0;
            while capacity.may_grow("f", Timestamp(ms * 1_000)) {
                capacity.grow("f");
                made += 1;
            }
            made
        };
        assert_eq!(made(&mut capacity, 3_600_000), 1_000);
        assert_eq!(made(&mut capacity, 3_600_009), 0);
        assert_eq!(made(&mut capacity, 3_600_010), 1);
        assert_eq!(made(&mut capacity, 3_605_010), 500);
        assert_eq!(made(&mut capacity, 9_000_000), 1_000);
    }

    #[test]
    fn requests_are_ten_a_second_for_each_unit_of_concurrency() {
        let mut capacity = Capacity::default();
        let at = |ms: u64| Timestamp(ms * 1_000);
        let mut let_in = 0;
        for _ in 0..60 {
            let_in += u32::from(capacity.request("f", 5, at(0)).is_ok());
        }
        assert_eq!(let_in, 50);
        assert_eq!(capacity.request("f", 5, at(19)), Err(Exceeded::Function));
        assert_eq!(capacity.request("f", 5, at(20)), Ok(()));
        for _ in 0..9_949 {
            assert_eq!(capacity.request("g", 1_000, at(20)), Ok(()));
        }
        assert_eq!(capacity.request("h", 1_000, at(20)), Ok(()), "some have leaked since");
    }
}
