//! The functions that exist, with their configurations as the API shows them.

use coldstart_engine::Outcome;
use coldstart_protocol::{FunctionDetail, FunctionRow, ModuleInfo};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
struct Known {
    state: String,
    modified_us: u64,
    configuration: Option<Value>,
    module: Option<ModuleInfo>,
    invocations: u64,
    errors: u64,
}

#[derive(Debug, Default)]
pub(super) struct Functions {
    known: BTreeMap<String, Known>,
    changed: BTreeSet<String>,
}

impl Functions {
    pub(super) fn changed(&mut self, function: &str, state: &str, at_us: u64) {
        if state == "Deleted" {
            self.known.remove(function);
            self.changed.remove(function);
            return;
        }
        let known = self.known.entry(function.to_owned()).or_default();
        known.state = state.to_owned();
        known.modified_us = at_us;
        self.changed.insert(function.to_owned());
    }

    pub(super) fn invoked(&mut self, function: &str, outcome: Outcome) {
        // An invocation may end after its function was deleted.
        if let Some(known) = self.known.get_mut(function) {
            known.invocations += 1;
            known.errors += u64::from(outcome != Outcome::Success);
        }
    }

    pub(super) fn take_changed(&mut self) -> Vec<String> {
        std::mem::take(&mut self.changed).into_iter().collect()
    }

    pub(super) fn set_configuration(
        &mut self,
        function: &str,
        configuration: Option<Value>,
        module: Option<ModuleInfo>,
    ) {
        if let Some(known) = self.known.get_mut(function) {
            known.configuration = configuration;
            known.module = module;
        }
    }

    pub(super) fn rows(&self) -> Vec<FunctionRow> {
        self.known.iter().map(|(name, known)| known.row(name)).collect()
    }

    pub(super) fn detail(&self, name: &str) -> Option<FunctionDetail> {
        let known = self.known.get(name)?;
        let configuration = known.configuration.clone()?;
        Some(FunctionDetail { configuration, module: known.module.clone() })
    }
}

impl Known {
    fn number(&self, member: &str) -> u64 {
        self.configuration.as_ref().and_then(|value| value.get(member)?.as_u64()).unwrap_or(0)
    }

    fn row(&self, name: &str) -> FunctionRow {
        let text = |member| {
            self.configuration.as_ref().and_then(|value: &Value| value.get(member)?.as_str())
        };
        FunctionRow {
            name: name.to_owned(),
            description: text("Description").unwrap_or_default().to_owned(),
            state: self.state.clone(),
            memory_size_mb: u32::try_from(self.number("MemorySize")).unwrap_or(u32::MAX),
            timeout_seconds: u32::try_from(self.number("Timeout")).unwrap_or(u32::MAX),
            code_size: self.number("CodeSize"),
            invocations: self.invocations,
            errors: self.errors,
            modified_us: self.modified_us,
        }
    }
}
