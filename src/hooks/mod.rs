//! Hooks: how components read the stores and ask the engine for windows.

mod query;
mod store;
mod view;

pub use query::{Answer, More, Pages, count_text, use_all, use_pages, use_query};
pub use store::{
    use_app, use_chosen, use_document, use_here, use_labs, use_library, use_notices, use_runs,
    use_session,
};
pub use view::use_view;
