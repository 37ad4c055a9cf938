//! Pages: what a route shows. They read the stores and hand the pieces their props.

mod code_tab;
mod configuration_tab;
mod examples;
mod execution;
mod execution_import;
mod function;
mod functions;
mod machine;
mod machine_configuration;
mod machine_executions;
mod machine_mocks;
mod machine_versions;
mod machines;
mod monitor_tab;
mod not_found;
mod test_tab;
mod workspaces;

pub use examples::ExamplesPage;
pub use execution::ExecutionPage;
pub use execution_import::{ImportPage, ImportedPage};
pub use function::FunctionPage;
pub use functions::FunctionsPage;
pub use machine::MachinePage;
pub use machines::MachinesPage;
pub use not_found::NotFoundPage;
pub use workspaces::WorkspacesPage;
