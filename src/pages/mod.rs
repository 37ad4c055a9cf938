//! Pages: what a route shows. They read the stores and hand the pieces their props.

mod code_tab;
mod configuration;
mod costs;
mod examples;
mod execution;
mod execution_import;
mod function;
mod function_versions;
mod functions;
mod machine;
mod machine_configuration;
mod machine_executions;
mod machine_mocks;
mod machine_versions;
mod machines;
mod memory_sweep;
mod monitor_tab;
mod not_found;
mod queue;
mod queues;
mod test_tab;
mod workspaces;

pub use costs::CostsPage;
pub use examples::ExamplesPage;
pub use execution::ExecutionPage;
pub use execution_import::{ImportPage, ImportedPage};
pub use function::FunctionPage;
pub use functions::FunctionsPage;
pub use machine::MachinePage;
pub use machines::MachinesPage;
pub use not_found::NotFoundPage;
pub use queue::QueuePage;
pub use queues::QueuesPage;
pub use workspaces::WorkspacesPage;
