//! Virtual time.

use serde::{Deserialize, Serialize};

/// Virtual microseconds since the session began.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// This instant and `micros` microseconds; stays at the end of time rather than wrap.
    pub fn after_micros(self, micros: u64) -> Self {
        Self(self.0.saturating_add(micros))
    }
    /// This instant and `ms` milliseconds.
    pub fn after_ms(self, ms: u64) -> Self {
        self.after_micros(ms.saturating_mul(1_000))
    }
}
