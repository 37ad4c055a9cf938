//! A definition made ready to run: names resolved, paths, templates and expressions parsed once.

use crate::definition::{Definition, MachineType, QueryLanguage};

/// A compiled state machine. It never changes: executions share it through an `Arc`.
#[derive(Debug)]
pub struct Machine {
    pub(crate) kind: MachineType,
    pub(crate) language: QueryLanguage,
}

/// Why a definition cannot be run. A definition without error diagnostics can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileError {
    /// The state, when it is one state's fault.
    pub state: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for CompileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.state {
            Some(state) => write!(f, "state '{state}': {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for CompileError {}

impl Machine {
    /// Makes a definition ready to run.
    ///
    /// # Errors
    /// When the definition has a fault that [`crate::parse_for`] reports as an error.
    pub fn compile(definition: &Definition, kind: MachineType) -> Result<Machine, CompileError> {
        Ok(Machine { kind, language: definition.query_language })
    }

    /// The type it was compiled as.
    pub fn kind(&self) -> MachineType {
        self.kind
    }

    /// The language of the states that do not name one.
    pub fn query_language(&self) -> QueryLanguage {
        self.language
    }
}
