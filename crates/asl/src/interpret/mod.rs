//! Runs state machines, event by event as Step Functions does.
//!
//! Sans-IO: an [`Execution`] is plain data. Everything it needs from outside it asks for with an [`Effect`]; answers come
//! in with the time, [`Execution::deadline`] says when it wants to be woken. Nothing is async, nothing reads a clock,
//! and randomness comes from the seed of [`Start`]: the same machine, start and answers give the same history.
//!
//! ```
//! use coldstart_asl::interpret::{Data, Execution, Machine, Start, Status, Time};
//! use coldstart_asl::{MachineType, parse};
//! use std::sync::Arc;
//!
//! let text = r#"{ "StartAt": "Hello", "States": { "Hello": { "Type": "Pass", "Result": "hi", "End": true } } }"#;
//! let (definition, _) = parse(text);
//! let machine = Machine::compile(&definition.unwrap(), MachineType::Standard).unwrap();
//! let now = Time::parse("2026-01-01T00:00:00Z").unwrap();
//! let execution = Execution::start(Arc::new(machine), Start::new(Data::from_text("{}").unwrap()), now);
//! assert_eq!(execution.status(), Status::Succeeded);
//! assert_eq!(execution.output().unwrap().text(), "\"hi\"");
//! assert_eq!(execution.history().len(), 4);
//! ```
//!
//! A host's loop: after `start` and after every call, carry out `poll_effect` until it is empty; when nothing else is due, call
//! `advance` at `deadline`.

mod batches;
mod compile;
mod conditions;
mod context;
mod data;
mod data_flow;
mod distributed;
mod effect;
mod execution;
mod fault;
mod fields;
mod frames;
mod history;
mod inspect;
mod items;
mod kept;
mod machine;
mod map;
mod map_run;
mod map_run_end;
mod parallel;
mod random;
mod redrive;
mod results;
mod retry;
mod run;
mod stop;
mod task;
mod template;
mod texts;
mod time;

pub use data::{DATA_BYTES_MAX, DATA_DEPTH_MAX, Data};
pub use effect::{Child, Effect, MapRunId, Purpose, Task, TaskId};
pub use execution::{Ended, Execution, Identity, MapItem, NotRedrivable, Refused, Start, Status};
pub use history::{
    Details, EVENTS_MAX, EvaluationFailed, Failure, HistoryEvent, Scheduled, Started, StateType,
};
pub use inspect::{Inspect, Inspection, Mock, Verdict, inspect};
pub use machine::{CompileError, Machine};
pub use map_run::{Counts, MapRun, MapRunStatus};
pub use time::Time;
