//! What a runtime's name leads to. Which names are taken, the service model says. Whatever the name, a package with a WebAssembly module is
//! that module; sources run where their language's runtime is a module itself: JavaScript, under the names of Node's (docs/adr/0008).

use super::environment::Cx;
use super::model::Settings;
use coldstart_sandbox::Artifact;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The runtime module that runs sources under a runtime's name, as [`Sandbox::runtime`] knows it.
fn language_of(runtime: &str) -> Option<&'static str> {
    runtime.starts_with("nodejs").then_some("javascript")
}

/// That module; none when sources of this runtime do not run here, or the host does not have it. The session's digest names it from now on.
pub(super) fn language(cx: &mut Cx<'_>, settings: &Settings) -> Option<Artifact> {
    let name = language_of(&settings.runtime)?;
    let module = cx.sandbox.runtime(name)?;
    cx.world.runtimes.entry(name).or_insert_with(|| module.info.sha256.clone());
    Some(module)
}

/// Whether the file that `Handler` names is there in the runtime's language.
pub(super) fn is_source(files: &BTreeMap<String, Arc<[u8]>>, settings: &Settings) -> bool {
    has_source(files, &settings.runtime, &settings.handler)
}

fn has_source(files: &BTreeMap<String, Arc<[u8]>>, runtime: &str, handler: &str) -> bool {
    // `src/app.handler.inner`: the file is what stands before the first dot of the last part.
    let name = handler.rfind('/').map_or(0, |slash| slash + 1);
    let dot = handler[name..].find('.').map(|dot| name + dot);
    let file = dot.map_or(handler, |dot| &handler[..dot]);
    language_of(runtime).is_some()
        && ["js", "mjs", "cjs"].iter().any(|end| files.contains_key(&format!("{file}.{end}")))
}

/// Whether the runtime is the function's own (`provided.*`).
pub(super) fn is_custom(runtime: &str) -> bool {
    runtime.starts_with("provided")
}

/// `python3.13` as the INIT_START line writes it: `python:3.13.v1`. The build number is ours.
pub(super) fn version_text(runtime: &str) -> String {
    let (family, version) = match runtime.split_once('.') {
        Some(("provided", image)) => ("provided", image),
        _ => {
            let digits = runtime.find(|c: char| c.is_ascii_digit()).unwrap_or(runtime.len());
            (&runtime[..digits], runtime[digits..].trim_end_matches(".x"))
        }
    };
    format!("{family}:{version}.v1")
}

/// The runtime version's ARN; its id follows from the name.
pub(super) fn version_arn(region: &str, runtime: &str) -> String {
    format!(
        "arn:aws:lambda:{region}::runtime:{}",
        crate::world::hex(&Sha256::digest(runtime.as_bytes()))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_found_by_their_handler_and_their_language() {
        let files: BTreeMap<String, Arc<[u8]>> = ["index.mjs", "src/app.js", "data.wasm"]
            .map(|path| (path.to_owned(), Arc::from(&b""[..])))
            .into();
        let has = |runtime: &str, handler: &str| has_source(&files, runtime, handler);
        assert!(has("nodejs22.x", "index.handler"));
        assert!(has("nodejs24.x", "src/app.api.get"));
        assert!(!has("nodejs22.x", "app.handler"), "it is in a folder");
        assert!(!has("python3.13", "index.handler"), "of another language");
        assert!(!has("nodejs22.x", "data.handler"), "no source");
    }

    #[test]
    fn versions_are_written_as_in_the_log() {
        let written =
            ["python3.13", "provided.al2023", "nodejs20.x", "java21", "dotnet8"].map(version_text);
        assert_eq!(
            written,
            ["python:3.13.v1", "provided:al2023.v1", "nodejs:20.v1", "java:21.v1", "dotnet:8.v1"]
        );
    }
}
