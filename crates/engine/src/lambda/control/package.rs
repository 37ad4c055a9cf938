//! Deployment packages that are zips: their files, and which of them is the module that runs.
//!
//! The module is the first of these that begins as WebAssembly does (docs/ABI.md): `bootstrap`, `bootstrap.wasm`, the file that
//! `Handler` names, it with `.wasm`, what stands before its last dot with `.wasm`, the only `.wasm` file of the package, and then
//! `bootstrap` and `bootstrap.wasm` of the layers, which is how layers bring a runtime. For runtimes whose language runs here
//! (`runtimes.rs`) it is that runtime's module: before the only `.wasm` file when the handler's file is there in the language, at last otherwise.
//!
//! Invariant: a package and its layers are at most 250 MB unzipped.

use super::super::environment::Cx;
use super::super::errors::LambdaError;
use super::super::model::{Deployment, Package, Settings};
use super::super::runtimes;
use super::account::UNZIPPED_BYTES;
use super::{invalid, layers, zip};
use coldstart_sandbox::Artifact;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What every module begins with.
pub(super) const MAGIC: &[u8] = b"\0asm";

type Files = BTreeMap<String, Arc<[u8]>>;

/// The files of a zip, below `/var/task`.
///
/// # Errors
/// It is no zip, holds what is not unpacked, or too much.
#[inline(never)]
pub(crate) fn unpack(bytes: &[u8]) -> Result<Arc<Files>, LambdaError> {
    zip::read(bytes, UNZIPPED_BYTES).map(Arc::new).map_err(zip::refusal)
}

/// The files of a zip, for those who want to know before they deploy it.
///
/// # Errors
/// Why a deploy refuses it, in a sentence.
#[inline(never)]
pub fn files_of_zip(bytes: &[u8]) -> Result<BTreeMap<String, Arc<[u8]>>, String> {
    match unpack(bytes) {
        Ok(files) => Ok(Arc::unwrap_or_clone(files)),
        Err(error) => Err(error.to_string()),
    }
}

/// The module of a zip under these settings; none when there is none, which only an invocation finds out, as on AWS.
///
/// # Errors
/// The module cannot run here.
#[inline(never)]
pub(crate) fn resolve(
    cx: &mut Cx<'_>,
    files: &Files,
    settings: &Settings,
) -> Result<Option<Artifact>, LambdaError> {
    let layered;
    let is_source = runtimes::is_source(files, settings);
    let (path, bytes) = match entry(files, &settings.handler, is_source) {
        Some(found) => found,
        None if is_source => return Ok(runtimes::language(cx, settings)),
        None => {
            layered = layers::files(&settings.layers);
            let mut names = ["bootstrap", "bootstrap.wasm"].into_iter();
            match names.find_map(|name| module(&layered, name)) {
                Some(found) => found,
                None => return Ok(runtimes::language(cx, settings)),
            }
        }
    };
    let artifact = cx.artifacts.accept(bytes);
    artifact.map(Some).map_err(|refusal| invalid(format!("{path}: {}", refusal.message)))
}

/// The module that a package has itself. Of sources, a module that nothing names is data.
fn entry<'a>(files: &'a Files, handler: &str, is_source: bool) -> Option<(&'a str, &'a [u8])> {
    // `src/app.handler`: the file without the function in it.
    let file = handler.rsplit_once('.').map_or(handler, |(file, _)| file);
    let names = [
        "bootstrap",
        "bootstrap.wasm",
        handler,
        &format!("{handler}.wasm"),
        &format!("{file}.wasm"),
    ];
    if let Some(found) = names.into_iter().find_map(|name| module(files, name)) {
        return Some(found);
    }
    if is_source {
        return None;
    }
    let mut modules =
        files.keys().filter(|path| path.ends_with(".wasm")).filter_map(|path| module(files, path));
    let only = modules.next()?;
    modules.next().is_none().then_some(only)
}

fn module<'a>(files: &'a Files, path: &str) -> Option<(&'a str, &'a [u8])> {
    let (path, bytes) = files.get_key_value(path)?;
    bytes.starts_with(MAGIC).then_some((path, bytes))
}

/// Refuses a package that is too large together with its layers.
#[inline(never)]
pub(crate) fn check_size(package: &Package, settings: &Settings) -> Result<(), LambdaError> {
    let unzipped = package.unzipped().saturating_add(layers::unzipped(&settings.layers));
    if unzipped > UNZIPPED_BYTES {
        return Err(invalid(format!(
            "Function code combined with layers exceeds the maximum allowed size of {UNZIPPED_BYTES} bytes. The actual size is {unzipped} bytes."
        )));
    }
    Ok(())
}

/// What is said of a function whose package has no module: AWS's words where AWS has a case of it. And a line for the log, if there is one.
#[inline(never)]
pub(crate) fn without_module(deployment: &Deployment) -> (String, Option<String>) {
    match &deployment.package.image {
        Some(image) => {
            let (what, line) = super::image::launch_error(image, &deployment.settings);
            (what, Some(line))
        }
        None => (without_module_in_zip(&deployment.settings), None),
    }
}

fn without_module_in_zip(settings: &Settings) -> String {
    if runtimes::is_custom(&settings.runtime) {
        return "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]".into();
    }
    let file =
        settings.handler.rsplit_once('.').map_or(settings.handler.as_str(), |(file, _)| file);
    format!(
        "The runtime {} is not here: Coldstart runs WebAssembly modules, under any runtime's name, and the package has none. Compile the code to one, and put it in the package as bootstrap, bootstrap.wasm or {file}.wasm",
        settings.runtime
    )
}
