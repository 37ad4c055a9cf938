//! What the page knows, as plain data and pure functions. Nothing here touches the browser, so all of it is tested on the host.

mod api;
mod document;
mod execution;
mod format;
mod json;
mod lanes;
mod library;
mod machine;
mod machine_graph;
mod machine_templates;
mod machine_test;
mod machine_versions;
mod notices;
mod report;
mod runs;
mod session;
mod starter;

pub use api::*;
pub use document::*;
pub use execution::*;
pub use format::*;
pub use json::*;
pub use lanes::*;
pub use library::*;
pub use machine::*;
pub use machine_graph::*;
pub use machine_templates::*;
pub use machine_test::*;
pub use machine_versions::*;
pub use notices::*;
pub use report::*;
pub use runs::*;
pub use session::*;
pub use starter::*;
