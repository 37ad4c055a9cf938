//! The names that `Runtime` may have. Whatever the name, the package is a WebAssembly module.

use super::errors::LambdaError;
use sha2::{Digest, Sha256};

/// Names that AWS takes for new functions, in the order in which its own message lists them.
const SUPPORTED: [&str; 25] = [
    "nodejs20.x", "python3.14", "provided.al2023", "python3.12", "python3.13", "nodejs24.x", "nodejs22.x", "java25",
    "python3.10", "python3.11", "java21", "ruby3.3", "ruby3.4", "ruby3.2", "python3.8", "python3.9", "java17",
    "nodejs16.x", "dotnet10", "dotnet8", "java11", "dotnet6", "nodejs18.x", "provided.al2", "java8.al2",
];

/// Names of the API that AWS does not take any more.
const DEPRECATED: [&str; 18] = [
    "nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x", "java8",
    "python2.7", "python3.6", "python3.7", "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "go1.x", "ruby2.5",
];

/// Names that came after the recorded message.
const NEWER: [&str; 4] = ["nodejs26.x", "python3.15", "ruby3.5", "ruby4.0"];

/// Refuses a name that AWS would not take.
pub(super) fn check(runtime: &str) -> Result<(), LambdaError> {
    if SUPPORTED.contains(&runtime) || NEWER.contains(&runtime) {
        return Ok(());
    }
    if DEPRECATED.contains(&runtime) || ["ruby2.7", "provided"].contains(&runtime) {
        return Err(LambdaError::InvalidParameter(format!(
            "The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions."
        )));
    }
    Err(LambdaError::InvalidParameter(format!(
        "Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{}] or be a valid ARN",
        SUPPORTED.join(", ")
    )))
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
    format!("arn:aws:lambda:{region}::runtime:{}", crate::world::hex(&Sha256::digest(runtime.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_written_as_in_the_log() {
        let written = ["python3.13", "provided.al2023", "nodejs20.x", "java21", "dotnet8"].map(version_text);
        assert_eq!(written, ["python:3.13.v1", "provided:al2023.v1", "nodejs:20.v1", "java:21.v1", "dotnet:8.v1"]);
    }

    #[test]
    fn old_and_unknown_names_are_refused() {
        assert!(check("provided.al2023").is_ok());
        assert!(check("go1.x").unwrap_err().to_string().contains("go1.x is no longer supported"));
        assert!(check("PYTHON3.9").unwrap_err().to_string().starts_with("Value PYTHON3.9 at 'runtime'"));
    }
}
