//! Where things are.

use std::env;
use std::path::PathBuf;

/// The folders that every command works in.
pub(crate) struct Paths {
    /// The project.
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
    /// Tools that are compiled once per user and version.
    pub(crate) tools: PathBuf,
}

impl Paths {
    /// Finds them from the environment.
    pub(crate) fn find() -> Self {
        // Cargo says at run time where the project is: clones that share a target folder share this program.
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest
            .ancestors()
            .nth(2)
            .expect("crates/xtask stands two folders below the root")
            .to_path_buf();
        let target = env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |dir| root.join(dir));
        let tools = env::var_os("COLDSTART_TOOLS").map(PathBuf::from).unwrap_or_else(|| {
            let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
            let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
            cache
                .or_else(home)
                .map_or_else(|| root.join(".tools"), |cache| cache.join("coldstart/tools"))
        });
        Self { root, target, tools }
    }

    /// What the commands measured and drew. Always in the project, wherever Cargo builds.
    pub(crate) fn results(&self) -> PathBuf {
        self.root.join("target")
    }

    /// Logs, stamps and caches of xtask itself.
    pub(crate) fn state(&self) -> PathBuf {
        self.results().join("xtask")
    }

    /// The finished site.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// Built, not written: examples.
    pub(crate) fn generated(&self) -> PathBuf {
        self.root.join("www/generated")
    }

    /// A tool of the npm packages.
    pub(crate) fn npm_tool(&self, name: &str) -> PathBuf {
        self.root.join("node_modules/.bin").join(name)
    }
}
