//! A clock that stands still: what a history depends on is told the time and never reads it.
//!
//! Only what `jlens-core` names is here. Invariant: nothing in here asks the machine for anything.

pub use std::time::Duration;

/// An instant; they are all the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(());

impl Instant {
    /// The one instant there is.
    pub fn now() -> Self {
        Self(())
    }

    /// Always zero.
    pub fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    /// Always zero.
    pub fn duration_since(&self, _earlier: Self) -> Duration {
        Duration::ZERO
    }
}

/// A time of day; it is always [`UNIX_EPOCH`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemTime(());

/// 1 January 1970.
pub const UNIX_EPOCH: SystemTime = SystemTime(());

/// What is never raised: no time is earlier than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemTimeError(());

impl std::fmt::Display for SystemTimeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a later time was given")
    }
}

impl std::error::Error for SystemTimeError {}

impl SystemTime {
    /// [`UNIX_EPOCH`].
    pub fn now() -> Self {
        UNIX_EPOCH
    }

    /// Always zero.
    ///
    /// # Errors
    /// Never.
    pub fn duration_since(&self, _earlier: Self) -> Result<Duration, SystemTimeError> {
        Ok(Duration::ZERO)
    }
}
