//! What happens when somebody does something: flows that cross the document, the engine and the storage.
//!
//! Invariant: the world changes through the engine's API only; the document then records what the engine took.

mod assemblyscript;
mod execution;
mod function;
mod javascript;
mod labs;
mod layer;
mod link;
mod machine;
mod pages;
mod start;
mod tiers;
mod typescript;
mod workspace;

pub use assemblyscript::check_assemblyscript;
pub use execution::*;
pub use function::*;
pub use labs::*;
pub use layer::*;
pub use link::*;
pub use machine::*;
pub use pages::*;
pub use start::*;
pub use tiers::*;
pub use workspace::*;
