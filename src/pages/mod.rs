//! Pages: what a route shows. They read the stores and hand the pieces their props.

mod code_tab;
mod configuration_tab;
mod examples;
mod function;
mod functions;
mod monitor_tab;
mod not_found;
mod test_tab;
mod workspaces;

pub use examples::ExamplesPage;
pub use function::FunctionPage;
pub use functions::FunctionsPage;
pub use not_found::NotFoundPage;
pub use workspaces::WorkspacesPage;
