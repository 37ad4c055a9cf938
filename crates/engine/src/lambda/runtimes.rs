//! What a runtime's name leads to. Whatever the name, the package is a WebAssembly module; which names are taken, the
//! service model says.

use sha2::{Digest, Sha256};

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
    fn versions_are_written_as_in_the_log() {
        let written =
            ["python3.13", "provided.al2023", "nodejs20.x", "java21", "dotnet8"].map(version_text);
        assert_eq!(
            written,
            ["python:3.13.v1", "provided:al2023.v1", "nodejs:20.v1", "java:21.v1", "dotnet:8.v1"]
        );
    }
}
