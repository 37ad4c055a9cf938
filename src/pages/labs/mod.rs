//! Labs: the catalogue, a lab with its steps, and receipts.

mod catalogue;
mod lab;
mod receipt;
mod receipts;

pub use catalogue::LabsPage;
pub use lab::LabPage;
pub use receipts::ReceiptsPage;
