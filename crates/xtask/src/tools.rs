//! Set-up: the tools of the build, each in the version that the project was tried with.

use crate::inputs;
use crate::paths::Paths;
use crate::progress::{Failure, Outcome, Plan, Step};
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Steps of [`install`].
pub(crate) const STEPS: usize = 4;

const TARGETS: [&str; 2] = ["wasm32-unknown-unknown", "wasm32-wasip1"];

/// A program that is compiled from crates.io.
pub(crate) struct CargoTool {
    package: &'static str,
    binary: &'static str,
    version: &'static str,
    locked: bool,
}

/// 0.22 needs a newer compiler than the project.
pub(crate) const TRUNK: CargoTool =
    CargoTool { package: "trunk", binary: "trunk", version: "0.21.14", locked: true };

/// The same version as the `wasm-bindgen` crate. Not `--locked`: its lock file asks for a crate that the registry no longer has.
pub(crate) const WASM_BINDGEN: CargoTool = CargoTool {
    package: "wasm-bindgen-cli",
    binary: "wasm-bindgen",
    version: "0.2.130",
    locked: false,
};

impl CargoTool {
    fn root(&self, paths: &Paths) -> PathBuf {
        paths.tools.join(format!("{}-{}", self.binary, self.version))
    }

    /// The folder to put on PATH: ours, or none if the tool is on PATH in the right version already.
    fn folder(&self, paths: &Paths) -> Option<PathBuf> {
        let folder = self.root(paths).join("bin");
        folder.join(self.binary).is_file().then_some(folder)
    }

    fn is_on_path(&self) -> bool {
        let output = Command::new(self.binary)
            .arg("--version")
            .env_remove("NO_COLOR")
            .stderr(Stdio::null())
            .output();
        output.is_ok_and(|output| {
            String::from_utf8_lossy(&output.stdout)
                .split_whitespace()
                .any(|word| word == self.version)
        })
    }

    fn install(&self, plan: &mut Plan, paths: &Paths) -> Outcome<()> {
        plan.step(&format!("{} {}", self.binary, self.version), |step| {
            if self.folder(paths).is_some() {
                return Ok(((), "ready".to_owned()));
            }
            if self.is_on_path() {
                return Ok(((), "ready, on PATH".to_owned()));
            }
            let mut cargo = Command::new("cargo");
            cargo
                .args(["install", self.package, "--version", self.version, "--root"])
                .arg(self.root(paths));
            if self.locked {
                cargo.arg("--locked");
            }
            // From a neutral folder, so that the project's Cargo settings do not apply. Compiled to be ready soon: it runs for seconds.
            cargo.current_dir(env::temp_dir()).env_remove("CARGO_TARGET_DIR");
            cargo
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
                .env("CARGO_PROFILE_RELEASE_LTO", "off");
            cargo
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
                .env("CARGO_PROFILE_RELEASE_DEBUG", "false");
            step.run(&mut cargo)?;
            Ok(((), format!("compiled into {}", self.root(paths).display())))
        })
    }
}

/// Installs what every build needs.
pub(crate) fn install(plan: &mut Plan, paths: &Paths) -> Outcome<()> {
    plan.step("Rust's wasm targets", wasm_targets)?;
    TRUNK.install(plan, paths)?;
    WASM_BINDGEN.install(plan, paths)?;
    plan.step("npm packages", |step| npm_packages(step, paths))
}

fn wasm_targets(step: &mut Step) -> Outcome<((), String)> {
    let sysroot = step.run(Command::new("rustc").args(["--print", "sysroot"]))?;
    let libraries = Path::new(sysroot.trim()).join("lib/rustlib");
    let missing: Vec<_> =
        TARGETS.into_iter().filter(|target| !libraries.join(target).join("lib").is_dir()).collect();
    if missing.is_empty() {
        return Ok(((), "ready".to_owned()));
    }
    step.run(Command::new("rustup").args(["target", "add"]).args(&missing))?;
    Ok(((), format!("added {}", missing.join(", "))))
}

fn npm_packages(step: &mut Step, paths: &Paths) -> Outcome<((), String)> {
    let node = step.run(Command::new("node").arg("--version"))?;
    let major = node
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|text| text.parse::<u32>().ok());
    if major.is_none_or(|major| major < 20) {
        return Err(Failure::new(format!(
            "Node {} is too old, or not Node: version 20 or newer is needed",
            node.trim()
        )));
    }
    let inputs = [paths.root.join("package.json"), paths.root.join("package-lock.json")];
    let digest = inputs::digest(&paths.root, &inputs, "")?;
    let stamp = paths.root.join("node_modules/.xtask-stamp");
    if inputs::is_fresh(&stamp, &digest) {
        return Ok(((), "ready".to_owned()));
    }
    step.run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&paths.root))?;
    inputs::set_stamp(&stamp, &digest)?;
    Ok(((), String::new()))
}

/// A PATH with the project's tools first.
pub(crate) fn path(paths: &Paths) -> std::ffi::OsString {
    let own = [
        TRUNK.folder(paths),
        WASM_BINDGEN.folder(paths),
        Some(paths.root.join("node_modules/.bin")),
    ];
    let inherited = env::var_os("PATH").unwrap_or_default();
    let all = own.into_iter().flatten().chain(env::split_paths(&inherited));
    env::join_paths(all).unwrap_or(inherited)
}

/// Finds Chromium, or installs Debian's. Returns its path.
pub(crate) fn chromium(plan: &mut Plan) -> Outcome<PathBuf> {
    plan.step("Chromium", |step| {
        if let Some(found) = find_chromium() {
            return Ok((found, "ready".to_owned()));
        }
        if !is_debian_root() {
            return Err(Failure::new(
                "Chromium is needed for the browser tests. Install it (Debian: `sudo apt-get update && sudo apt-get install chromium`), or set \
                 COLDSTART_CHROMIUM to the path of a Chromium or Chrome.",
            ));
        }
        step.run(Command::new("apt-get").args(["update"]))?;
        step.run(Command::new("apt-get").args(["install", "-y", "chromium"]).env("DEBIAN_FRONTEND", "noninteractive"))?;
        let found = find_chromium().ok_or_else(|| Failure::new("Debian's chromium is installed, but not at /usr/bin/chromium"))?;
        Ok((found, "installed from Debian".to_owned()))
    })
}

/// A C compiler that makes WebAssembly, and what makes libraries of its objects.
pub(crate) struct Clang {
    pub(crate) compiler: PathBuf,
    pub(crate) archiver: PathBuf,
    /// As it tells it.
    pub(crate) version: String,
}

/// Finds clang, or installs Debian's: the language runtimes are partly written in C.
pub(crate) fn clang(plan: &mut Plan) -> Outcome<Clang> {
    plan.step("clang", |step| {
        if let Some(found) = find_clang() {
            return Ok((found, "ready".to_owned()));
        }
        if !is_debian_root() {
            return Err(Failure::new(
                "clang is needed for the JavaScript runtime. Install it (Debian: `sudo apt-get update && sudo apt-get install clang-19 llvm-19`), or set \
                 COLDSTART_CLANG and COLDSTART_LLVM_AR to the paths of clang and llvm-ar.",
            ));
        }
        step.run(Command::new("apt-get").args(["update"]))?;
        let mut install = Command::new("apt-get");
        install.args(["install", "-y", "--no-install-recommends", "clang-19", "llvm-19"]);
        step.run(install.env("DEBIAN_FRONTEND", "noninteractive"))?;
        let found = find_clang().ok_or_else(|| Failure::new("Debian's clang-19 is installed, but not on PATH"))?;
        Ok((found, "installed from Debian".to_owned()))
    })
}

fn find_clang() -> Option<Clang> {
    let given = (env::var_os("COLDSTART_CLANG"), env::var_os("COLDSTART_LLVM_AR"));
    let (compiler, archiver) = match given {
        (Some(compiler), Some(archiver)) => (compiler.into(), archiver.into()),
        // The version that the project was tried with comes first; Apple's has no WebAssembly.
        _ => ["-19", "-20", "-21", "-18", "-17", "-16", ""].into_iter().find_map(|end| {
            Some((on_path(&format!("clang{end}"))?, on_path(&format!("llvm-ar{end}"))?))
        })?,
    };
    let output = Command::new(&compiler).arg("--version").output().ok()?;
    let version = String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned();
    Some(Clang { compiler, archiver, version })
}

fn on_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Whether packages of Debian can be installed.
pub(crate) fn is_debian_root() -> bool {
    let root = Command::new("id").arg("-u").output();
    Path::new("/usr/bin/apt-get").exists()
        && root.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn find_chromium() -> Option<PathBuf> {
    if let Some(path) = env::var_os("COLDSTART_CHROMIUM") {
        return Some(PathBuf::from(path));
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let candidates =
        env::split_paths(&folders).flat_map(|folder| names.map(|name| folder.join(name)));
    std::iter::once(PathBuf::from("/usr/bin/chromium"))
        .chain(candidates)
        .find(|path| path.is_file())
}
