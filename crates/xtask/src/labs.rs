//! Packs `labs/` into `www/generated/labs`: the catalogue, `index.json`, and a file a lab. The page reads neither TOML nor Markdown; the
//! packer is a program of the package `coldstart-workspace`, so that the format is read by the same code everywhere.

use crate::examples::remove;
use crate::inputs;
use crate::paths::Paths;
use crate::progress::{Failure, Outcome, Plan};
use std::fs;
use std::process::Command;

/// Steps of [`build`].
pub(crate) const STEPS: usize = 1;

/// Packs them, if something changed. A lab with faults is none, and says which.
pub(crate) fn build(plan: &mut Plan, paths: &Paths) -> Outcome<()> {
    plan.step("Labs", |step| {
        let sources = ["labs", "crates/workspace", "Cargo.lock"].map(|name| paths.root.join(name));
        let digest = inputs::digest(&paths.root, &sources, "")?;
        let stamp = paths.state().join("labs.stamp");
        let out = paths.generated().join("labs");
        if inputs::is_fresh(&stamp, &digest) && out.join("index.json").is_file() {
            return Ok(((), "unchanged".to_owned()));
        }
        let fresh = out.with_extension("new");
        remove(&fresh)?;
        let mut packer = Command::new("cargo");
        packer.current_dir(&paths.root);
        packer.args(["run", "--quiet", "--locked"]);
        packer.args(["--package", "coldstart-workspace", "--bin", "pack-labs", "--", "labs"]);
        step.run(packer.arg(&fresh))?;
        remove(&out)?;
        fs::rename(&fresh, &out).map_err(Failure::io(out.display()))?;
        inputs::set_stamp(&stamp, &digest)?;
        // All but the index.
        let count = inputs::files(&out)?.len() - 1;
        Ok(((), format!("{count} labs")))
    })
}
