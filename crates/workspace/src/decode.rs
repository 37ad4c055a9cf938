//! From JSON text to a document of this build's version, one step a version.

use crate::{Fault, WORKSPACE_VERSION, Workspace};
use serde_json::Value;

/// Why a text is no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// It is no JSON, or no object with a version.
    #[error("this is not a Coldstart workspace: {0}")]
    NotAWorkspace(String),
    /// A newer build wrote it.
    #[error(
        "this workspace was made by a newer version of Coldstart (document version {found}, this build reads up to {WORKSPACE_VERSION}); reload the page to get it"
    )]
    Newer {
        /// The version in it.
        found: u64,
    },
    /// Something in it is wrong.
    #[error("this workspace is damaged: {0}")]
    Damaged(#[from] Fault),
    /// It is longer than any workspace.
    #[error("this workspace has more than {max} bytes")]
    TooLarge {
        /// The limit.
        max: usize,
    },
}

/// Longer documents are not read. One full-sized upload in base64 fits.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 96 << 20;

/// A change from one version of the document to the next.
type Upgrade = fn(Value) -> Result<Value, Fault>;

/// `UPGRADES[n]` makes version n + 2 from version n + 1. An entry never changes once its version was published.
const UPGRADES: [Upgrade; WORKSPACE_VERSION as usize - 1] = [
    // 2 may have state machines.
    Ok,
];

impl Workspace {
    /// Reads a document of any published version and checks its bounds.
    pub fn from_json(text: &str) -> Result<Self, DecodeError> {
        if text.len() > DOCUMENT_BYTES_MAX {
            return Err(DecodeError::TooLarge { max: DOCUMENT_BYTES_MAX });
        }
        let value: Value = serde_json::from_str(text)
            .map_err(|fault| DecodeError::NotAWorkspace(fault.to_string()))?;
        Self::from_value(value)
    }

    /// The same of JSON that was read, such as a part of another document.
    pub(crate) fn from_value(value: Value) -> Result<Self, DecodeError> {
        let value = upgraded(value, &UPGRADES)?;
        let workspace: Self = serde_path_to_error::deserialize(value).map_err(|error| {
            let path = error.path().to_string();
            // The library's name for the document itself.
            let path = if path == "." { String::new() } else { path };
            DecodeError::Damaged(Fault { path, problem: error.into_inner().to_string() })
        })?;
        workspace.validate()?;
        Ok(workspace)
    }

    /// Canonical compact text: the same document gives the same bytes.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self)
            .expect("a workspace has string keys and nothing that JSON lacks")
    }
}

/// Takes a document to the version after the last of `upgrades`, step by step.
fn upgraded(mut value: Value, upgrades: &[Upgrade]) -> Result<Value, DecodeError> {
    let newest = upgrades.len() as u64 + 1;
    let version = value.get("version").and_then(Value::as_u64);
    let Some(version) = version.filter(|version| *version > 0) else {
        return Err(DecodeError::NotAWorkspace("it has no version".into()));
    };
    if version > newest {
        return Err(DecodeError::Newer { found: version });
    }
    for step in version..newest {
        let upgrade = upgrades[usize::try_from(step).expect("below the number of upgrades") - 1];
        value = upgrade(value)?;
        value["version"] = (step + 1).into();
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn old_documents_are_upgraded_one_step_at_a_time() {
        let upgrades: [Upgrade; 2] = [
            |mut value| {
                value["trace"] = json!("1 to 2");
                Ok(value)
            },
            |mut value| match value["trace"].as_str() {
                Some("no") => Err(Fault { path: "trace".into(), problem: "no".into() }),
                trace => {
                    value["trace"] = json!(format!("{}, 2 to 3", trace.unwrap_or_default()));
                    Ok(value)
                }
            },
        ];
        let trace = |value: Value| upgraded(value, &upgrades).map(|value| value["trace"].clone());
        assert_eq!(trace(json!({ "version": 1 })), Ok(json!("1 to 2, 2 to 3")));
        assert_eq!(trace(json!({ "version": 2 })), Ok(json!(", 2 to 3")));
        assert_eq!(trace(json!({ "version": 3 })), Ok(Value::Null));
        assert_eq!(trace(json!({ "version": 4 })), Err(DecodeError::Newer { found: 4 }));
        assert!(matches!(
            trace(json!({ "version": 2, "trace": "no" })),
            Err(DecodeError::Damaged(_))
        ));
        for wrong in
            [json!({}), json!({ "version": 0 }), json!({ "version": "1" }), json!([]), json!(1)]
        {
            assert!(matches!(trace(wrong), Err(DecodeError::NotAWorkspace(_))));
        }
    }

    #[track_caller]
    fn check(pointer: &str, value: Value, message: &str) {
        let mut document = serde_json::to_value(Workspace::hello()).expect("a value");
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        document.pointer_mut(parent).expect("it is there")[key] = value;
        let error =
            Workspace::from_json(&document.to_string()).expect_err("it is wrong").to_string();
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn damage_is_named_with_its_place() {
        let hello = Workspace::hello();
        assert_eq!(Workspace::from_json(&hello.to_json()), Ok(hello.clone()));
        let first = hello.to_json().replace("\"version\":2", "\"version\":1");
        assert_eq!(Workspace::from_json(&first), Ok(hello));
        check("/colour", json!(1), "unknown field `colour`");
        check(
            "/commands/0/request/principal",
            json!("x"),
            "commands[0].request.principal: unknown field `principal`",
        );
        check("/commands/0/atUs", json!(-1), "commands[0].atUs: ");
        check("/functions/hello/testEvents", json!({}), "functions.hello.testEvents: ");
        check("/functions/hello/source", json!({ "kind": "ftp" }), "functions.hello.source.kind: ");
        check("/version", json!(3), "made by a newer version of Coldstart (document version 3");
        for text in ["", "{", "null", "[]", &"[".repeat(100_000)] {
            let error = Workspace::from_json(text).expect_err("no document").to_string();
            assert!(error.starts_with("this is not a Coldstart workspace: "), "{error}");
        }
    }
}
