//! How a failed invocation reads: `{"errorType", "errorMessage"}`, the shape and the type names of `lambda_runtime`.

use crate::Error;
use crate::executor::Stalled;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

/// An error as Lambda's clients see it.
///
/// Common error types convert into it; the type is then Rust's name of the error's type, as on Lambda. Implement `From` for
/// an error type of your own to choose a better one:
///
/// ```
/// use coldstart_handler::Diagnostic;
///
/// struct OutOfStock { sku: String }
///
/// impl From<OutOfStock> for Diagnostic {
///     fn from(error: OutOfStock) -> Self {
///         Self { error_type: "OutOfStock".into(), error_message: format!("{} is sold out", error.sku) }
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// What kind of error; what a state machine's `ErrorEquals` matches.
    pub error_type: String,
    /// What happened, for people.
    pub error_message: String,
}

// By reference, because a recorded answer of Lambda reads `&alloc::boxed::Box<dyn core::error::Error + …>`.
fn type_name_of<T>(_: T) -> String {
    std::any::type_name::<T>().into()
}

macro_rules! diagnostic_from {
    ($($error:ty),*) => {$(
        impl From<$error> for Diagnostic {
            fn from(error: $error) -> Self {
                Self { error_type: type_name_of(&error), error_message: error.to_string() }
            }
        }
    )*};
}

diagnostic_from!(
    Error,
    Box<dyn std::error::Error>,
    Infallible,
    String,
    &'static str,
    std::io::Error,
    serde_json::Error
);

impl From<Stalled> for Diagnostic {
    fn from(stalled: Stalled) -> Self {
        Self { error_type: "Runtime.Stalled".into(), error_message: stalled.to_string() }
    }
}

impl Diagnostic {
    /// The payload is not what the handler takes. Type and wording are those of `lambda_runtime` 1, so that
    /// what a client sees does not depend on where the function runs (the path to the member is not told here).
    pub(crate) fn of_payload(error: &serde_json::Error) -> Self {
        Self {
            error_type: "&lambda_runtime::deserializer::DeserializeError".into(),
            error_message: format!(
                "failed to deserialize the incoming data into the function's payload type: {error}\n"
            ),
        }
    }

    /// A panic, under the type and the wording of `lambda_runtime` 1.
    pub(crate) fn of_panic(message: Option<&str>) -> Self {
        Self {
            error_type: "&alloc::boxed::Box<dyn core::any::Any + core::marker::Send>".into(),
            error_message: message.map_or_else(
                || "Lambda panicked".into(),
                |text| format!("Lambda panicked: {text}"),
            ),
        }
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("two strings are JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: impl Into<Diagnostic>, json: &str) {
        let diagnostic: Diagnostic = error.into();
        assert_eq!(String::from_utf8(diagnostic.to_json()).unwrap(), json);
    }

    #[test]
    fn a_boxed_error_reads_as_recorded_from_lambda() {
        check(
            Error::from("Error: \"some_error_msg\""),
            r#"{"errorType":"&alloc::boxed::Box<dyn core::error::Error + core::marker::Send + core::marker::Sync>","errorMessage":"Error: \"some_error_msg\""}"#,
        );
    }

    #[test]
    fn strings_and_own_types() {
        check("no", r#"{"errorType":"&&str","errorMessage":"no"}"#);
        check(String::from("no"), r#"{"errorType":"&alloc::string::String","errorMessage":"no"}"#);
        check(
            Diagnostic { error_type: "Mine".into(), error_message: "m".into() },
            r#"{"errorType":"Mine","errorMessage":"m"}"#,
        );
    }

    #[test]
    fn panics_with_and_without_a_message() {
        assert_eq!(Diagnostic::of_panic(Some("boom")).error_message, "Lambda panicked: boom");
        assert_eq!(Diagnostic::of_panic(None).error_message, "Lambda panicked");
    }
}
