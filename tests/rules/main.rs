//! Rules about the code itself, as tests: who may import whom, and what a tracked source may hold.

mod layers;
mod tidy;

use std::path::{Path, PathBuf};

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the project is here")
}
