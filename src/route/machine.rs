//! The parts of a state machine's page.

/// A tab of a state machine's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MachineTab {
    /// The definition and its picture.
    #[default]
    Definition,
    /// The executions.
    Executions,
    /// Answers in place of services.
    Mocks,
    /// Versions, and the aliases that lead to them.
    Versions,
    /// Type, logging, tags.
    Configuration,
}

impl MachineTab {
    /// In the console's order.
    pub const ALL: [Self; 5] =
        [Self::Definition, Self::Executions, Self::Mocks, Self::Versions, Self::Configuration];

    /// As it stands in the address.
    pub fn segment(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::Executions => "executions",
            Self::Mocks => "mocks",
            Self::Versions => "versions",
            Self::Configuration => "configuration",
        }
    }
    /// As it stands on the tab.
    pub fn label(self) -> &'static str {
        match self {
            Self::Definition => "Definition",
            Self::Executions => "Executions",
            Self::Mocks => "Mocks",
            Self::Versions => "Versions and aliases",
            Self::Configuration => "Configuration",
        }
    }
}
