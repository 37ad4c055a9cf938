//! What came of checks.

use serde::{Deserialize, Serialize};

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The check's id.
    pub check: String,
    /// Whether it holds.
    pub outcome: Outcome,
    /// Digests of the histories, a seed each: equal for equal sessions.
    pub digests: Vec<String>,
}

/// How a check came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Outcome {
    /// It holds, on all seeds.
    Passed,
    /// It does not.
    Failed {
        /// What was seen, in the lab's words.
        said: String,
        /// On which seed.
        seed: u64,
    },
    /// It cannot be told: the check is wrong, or its copy took too long.
    Broken(String),
}
