//! AWS Lambda: functions, execution environments and invocations.

mod api;
mod asynchronous;
mod capacity;
mod control;
mod costs;
mod environment;
mod errors;
mod event_sources;
mod invocation;
mod levels;
pub(crate) mod load;
mod model;
mod payload;
mod report;
mod runtimes;
mod variables;

pub(crate) use api::{blob_bytes, handle};
pub(crate) use asynchronous::{Delivery, delivered};
pub use control::package::files_of_zip;
pub(crate) use control::zip::inside;
pub(crate) use environment::{Cx, Due, GuestCall, Lambda};
pub(crate) use event_sources::{Poll, answered, seen};
pub(crate) use model::Function;
