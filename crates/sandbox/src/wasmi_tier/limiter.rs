//! What a guest may take of memory.

use wasmi::ResourceLimiter;

/// What a table element takes, as far as the memory limit goes.
const TABLE_ELEMENT_BYTES: u64 = 8;

/// Memory and tables of one guest against its limit.
pub(super) struct Limiter {
    limit: u64,
    used: u64,
    pub(super) peak: u64,
    /// Linear memory alone.
    memory: u64,
    /// What the last growth added, to take back when it fails after all.
    last: u64,
    pub(super) denied: bool,
}

impl Limiter {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, used: 0, peak: 0, memory: 0, last: 0, denied: false }
    }

    fn grow(&mut self, current: u64, desired: u64, is_over_maximum: bool) -> bool {
        let added = desired.saturating_sub(current);
        let used = self.used.saturating_add(added);
        if is_over_maximum {
            return false;
        }
        if used > self.limit {
            self.denied = true;
            return false;
        }
        self.used = used;
        self.last = added;
        true
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, wasmi_core::LimiterError> {
        let over = maximum.is_some_and(|maximum| desired > maximum);
        let allowed = self.grow(current as u64, desired as u64, over);
        if allowed {
            self.memory = desired as u64;
            self.peak = self.peak.max(self.memory);
        }
        Ok(allowed)
    }

    fn memory_grow_failed(
        &mut self,
        _: &wasmi::errors::MemoryError,
    ) -> Result<(), wasmi_core::LimiterError> {
        self.used = self.used.saturating_sub(self.last);
        self.memory = self.memory.saturating_sub(self.last);
        self.last = 0;
        self.denied = true;
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, wasmi_core::LimiterError> {
        let over = maximum.is_some_and(|maximum| desired > maximum)
            || desired as u64 > crate::module::TABLE_ELEMENTS_MAX;
        Ok(self.grow(
            current as u64 * TABLE_ELEMENT_BYTES,
            desired as u64 * TABLE_ELEMENT_BYTES,
            over,
        ))
    }

    fn table_grow_failed(
        &mut self,
        _: &wasmi::errors::TableError,
    ) -> Result<(), wasmi_core::LimiterError> {
        self.used = self.used.saturating_sub(self.last);
        self.last = 0;
        self.denied = true;
        Ok(())
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        100
    }

    fn memories(&self) -> usize {
        1
    }
}
