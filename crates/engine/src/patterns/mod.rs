//! The filter languages: EventBridge event patterns, filters of event source mappings, filter policies of SNS subscriptions.
//!
//! They are one language with three doors: [`events`], [`esm`] and [`sns`] read the same patterns, judge them in their service's
//! words and hand them the value that they are about. All functions are pure.
//!
//! Sources: EventBridge "Comparison operators for use in event patterns", Lambda "Control which events Lambda sends to your
//! function", SNS "Filter policy constraints"; the texts of refusals and where they point are recorded answers.
//!
//! Invariant: a pattern matches in time proportional to its own size times the event's, whatever either holds.

mod cidr;
pub mod esm;
pub mod events;
mod glob;
mod matching;
mod parse;
mod reader;
pub mod sns;
#[cfg(test)]
mod tests;

pub use parse::{Fault, Pattern};
