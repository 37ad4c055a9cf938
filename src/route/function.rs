//! The parts of a function's page.

/// A tab of a function's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FunctionTab {
    /// The code, its module, and a quick test.
    #[default]
    Code,
    /// Test events and the result.
    Test,
    /// Numbers, environments, invocations, logs.
    Monitor,
    /// What the function may use and is told, and what it is connected with.
    Configuration,
    /// Names of versions.
    Aliases,
    /// What was published.
    Versions,
}

impl FunctionTab {
    /// In the console's order.
    pub const ALL: [Self; 6] =
        [Self::Code, Self::Test, Self::Monitor, Self::Configuration, Self::Aliases, Self::Versions];

    /// As it stands in the address.
    pub fn segment(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Test => "test",
            Self::Monitor => "monitor",
            Self::Configuration => "configuration",
            Self::Aliases => "aliases",
            Self::Versions => "versions",
        }
    }
    /// As it stands on the tab.
    pub fn label(self) -> &'static str {
        match self {
            Self::Code => "Code",
            Self::Test => "Test",
            Self::Monitor => "Monitor",
            Self::Configuration => "Configuration",
            Self::Aliases => "Aliases",
            Self::Versions => "Versions",
        }
    }
}

/// A part of a function's Configuration tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConfigurationSection {
    /// Memory, timeout, description.
    #[default]
    General,
    /// What is started.
    Runtime,
    /// Queues that invoke it.
    Triggers,
    /// Role and resource policy.
    Permissions,
    /// Where outcomes go.
    Destinations,
    /// Its URL.
    Url,
    /// What it is told.
    Variables,
    /// Tags.
    Tags,
    /// Logs and tracing.
    Monitoring,
    /// Reserved and provisioned.
    Concurrency,
    /// Retries, age, dead letters.
    Asynchronous,
    /// What is below /opt.
    Layers,
    /// What goes wrong on purpose.
    Faults,
}

impl ConfigurationSection {
    /// In the console's order; what it shows below the code, the runtime's settings and layers, is beside general settings and behind, and
    /// faults, which it does not have, come last.
    pub const ALL: [Self; 13] = [
        Self::General,
        Self::Runtime,
        Self::Triggers,
        Self::Permissions,
        Self::Destinations,
        Self::Url,
        Self::Variables,
        Self::Tags,
        Self::Monitoring,
        Self::Concurrency,
        Self::Asynchronous,
        Self::Layers,
        Self::Faults,
    ];

    /// As it stands in the address.
    pub fn segment(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Runtime => "runtime",
            Self::Triggers => "triggers",
            Self::Permissions => "permissions",
            Self::Destinations => "destinations",
            Self::Url => "url",
            Self::Variables => "variables",
            Self::Tags => "tags",
            Self::Monitoring => "monitoring",
            Self::Concurrency => "concurrency",
            Self::Asynchronous => "asynchronous",
            Self::Layers => "layers",
            Self::Faults => "faults",
        }
    }
    /// As it stands in the list.
    pub fn label(self) -> &'static str {
        match self {
            Self::General => "General configuration",
            Self::Runtime => "Runtime settings",
            Self::Triggers => "Triggers",
            Self::Permissions => "Permissions",
            Self::Destinations => "Destinations",
            Self::Url => "Function URL",
            Self::Variables => "Environment variables",
            Self::Tags => "Tags",
            Self::Monitoring => "Monitoring and operations tools",
            Self::Concurrency => "Concurrency",
            Self::Asynchronous => "Asynchronous invocation",
            Self::Layers => "Layers",
            Self::Faults => "Faults",
        }
    }
}
