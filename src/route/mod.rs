//! The address: everything after `#` is a route, and a route is written as an address. Both ways are pure.
//!
//! Invariant: parsing what was formatted gives the route back.

mod function;
mod machine;
mod resource;

pub use function::{ConfigurationSection, FunctionTab};
pub use machine::MachineTab;
pub use resource::ResourceKind;

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Nothing was asked for.
    Home,
    /// The list.
    Functions,
    /// A function.
    Function {
        /// Its name.
        name: String,
        /// Which tab.
        tab: FunctionTab,
    },
    /// The list of state machines.
    Machines,
    /// A state machine.
    Machine {
        /// Its name.
        name: String,
        /// Which tab.
        tab: MachineTab,
    },
    /// An invocation of a function: its Monitor tab with the logs of one request.
    Invocation {
        /// The function's name.
        function: String,
        /// The request id; empty for all.
        request: String,
    },
    /// A part of a function's configuration.
    Configuration {
        /// The function's name.
        function: String,
        /// Which part; the general one is the tab itself.
        section: ConfigurationSection,
    },
    /// The list of SQS queues.
    Queues,
    /// A queue.
    Queue(String),
    /// The services that have lists of resources.
    Services,
    /// A list of resources.
    Resources(ResourceKind),
    /// A resource, by its name.
    Resource(ResourceKind, String),
    /// What the session cost.
    Costs,
    /// The way of one event through the services: of an invocation, a message, an event, or an execution's ARN.
    Trace(String),
    /// A history from a file, to be taken in.
    Import,
    /// One that was taken in.
    Imported(String),
    /// An execution of a state machine.
    Execution {
        /// The machine's name.
        machine: String,
        /// The execution's name.
        name: String,
    },
    /// The gallery.
    Examples,
    /// The catalogue of labs.
    Labs,
    /// A lab: its steps, and the receipt.
    Lab(String),
    /// A step of a lab, which opens its workspace.
    LabStep {
        /// The lab's id.
        lab: String,
        /// The step's id.
        step: String,
    },
    /// Where receipts are verified.
    Receipts,
    /// A receipt; what follows is its payload, untouched.
    Receipt(String),
    /// The visitor's workspaces.
    Workspaces,
    /// A share link; what follows is its payload, untouched.
    Link(String),
    /// No such page.
    NotFound(String),
}

impl Route {
    /// From the address's fragment, with or without `#`.
    pub fn parse(fragment: &str) -> Self {
        let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
        let path = fragment.strip_prefix('/').unwrap_or(fragment);
        // A payload may hold anything, so it is cut off before anything is split.
        if let Some(payload) = path.strip_prefix("w/") {
            return Self::Link(payload.to_owned());
        }
        if let Some(payload) = path.strip_prefix("receipt/") {
            return Self::Receipt(payload.to_owned());
        }
        let segments: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        match segments.as_slice() {
            [""] => Self::Home,
            ["functions"] => Self::Functions,
            ["histories"] => Self::Import,
            ["histories", number] => Self::Imported(decode(number)),
            ["functions", function, "monitor", request] => {
                Self::Invocation { function: decode(function), request: decode(request) }
            }
            ["functions", function, "configuration", section] => {
                match ConfigurationSection::ALL.into_iter().find(|one| one.segment() == *section) {
                    Some(section) => Self::configuration(&decode(function), section),
                    None => Self::NotFound(fragment.to_owned()),
                }
            }
            ["costs"] => Self::Costs,
            ["trace", id] => Self::Trace(decode(id)),
            ["labs"] => Self::Labs,
            ["labs", lab] => Self::Lab(decode(lab)),
            ["labs", lab, step] => Self::LabStep { lab: decode(lab), step: decode(step) },
            ["receipts"] => Self::Receipts,
            ["services"] => Self::Services,
            ["queues"] => Self::Queues,
            ["queues", name] => Self::Queue(decode(name)),
            ["machines"] => Self::Machines,
            ["machines", name] => Self::machine(&decode(name), MachineTab::default()),
            ["machines", machine, "executions", name] => {
                Self::Execution { machine: decode(machine), name: decode(name) }
            }
            ["machines", name, tab] => {
                match MachineTab::ALL.into_iter().find(|known| known.segment() == *tab) {
                    Some(tab) => Self::machine(&decode(name), tab),
                    None => Self::NotFound(fragment.to_owned()),
                }
            }
            ["examples"] => Self::Examples,
            ["workspaces"] => Self::Workspaces,
            ["functions", name] => {
                Self::Function { name: decode(name), tab: FunctionTab::default() }
            }
            ["functions", name, tab] => {
                match FunctionTab::ALL.into_iter().find(|known| known.segment() == *tab) {
                    Some(tab) => Self::Function { name: decode(name), tab },
                    None => Self::NotFound(fragment.to_owned()),
                }
            }
            [kind, rest @ ..] if rest.len() < 2 => {
                let known = ResourceKind::ALL.into_iter().find(|known| known.segment() == *kind);
                match (known, rest) {
                    (Some(kind), []) => Self::Resources(kind),
                    (Some(kind), [name]) => Self::Resource(kind, decode(name)),
                    _ => Self::NotFound(fragment.to_owned()),
                }
            }
            _ => Self::NotFound(fragment.to_owned()),
        }
    }

    /// As a fragment, `#` first.
    pub fn format(&self) -> String {
        match self {
            Self::Home => "#/".into(),
            Self::Functions => "#/functions".into(),
            Self::Function { name, tab } => {
                format!("#/functions/{}/{}", encode(name), tab.segment())
            }
            Self::Machines => "#/machines".into(),
            Self::Machine { name, tab } => {
                format!("#/machines/{}/{}", encode(name), tab.segment())
            }
            Self::Invocation { function, request } if request.is_empty() => {
                Self::function(function, FunctionTab::Monitor).format()
            }
            Self::Invocation { function, request } => {
                format!("#/functions/{}/monitor/{}", encode(function), encode(request))
            }
            Self::Configuration { function, section } => {
                format!("#/functions/{}/configuration/{}", encode(function), section.segment())
            }
            Self::Queues => "#/queues".into(),
            Self::Costs => "#/costs".into(),
            Self::Trace(id) => format!("#/trace/{}", encode(id)),
            Self::Services => "#/services".into(),
            Self::Resources(kind) => format!("#/{}", kind.segment()),
            Self::Resource(kind, name) => format!("#/{}/{}", kind.segment(), encode(name)),
            Self::Queue(name) => format!("#/queues/{}", encode(name)),
            Self::Import => "#/histories".into(),
            Self::Imported(number) => format!("#/histories/{}", encode(number)),
            Self::Execution { machine, name } => {
                format!("#/machines/{}/executions/{}", encode(machine), encode(name))
            }
            Self::Examples => "#/examples".into(),
            Self::Labs => "#/labs".into(),
            Self::Lab(lab) => format!("#/labs/{}", encode(lab)),
            Self::LabStep { lab, step } => format!("#/labs/{}/{}", encode(lab), encode(step)),
            Self::Receipts => "#/receipts".into(),
            Self::Receipt(payload) => format!("#/receipt/{payload}"),
            Self::Workspaces => "#/workspaces".into(),
            Self::Link(payload) => format!("#/w/{payload}"),
            Self::NotFound(fragment) => format!("#{fragment}"),
        }
    }

    /// A function's page.
    pub fn function(name: &str, tab: FunctionTab) -> Self {
        Self::Function { name: name.to_owned(), tab }
    }

    /// A part of a function's configuration.
    pub fn configuration(name: &str, section: ConfigurationSection) -> Self {
        match section {
            ConfigurationSection::General => Self::function(name, FunctionTab::Configuration),
            section => Self::Configuration { function: name.to_owned(), section },
        }
    }

    /// The function that the page is about.
    pub fn function_name(&self) -> Option<&String> {
        match self {
            Self::Function { name, .. }
            | Self::Invocation { function: name, .. }
            | Self::Configuration { function: name, .. } => Some(name),
            _ => None,
        }
    }

    /// A state machine's page.
    pub fn machine(name: &str, tab: MachineTab) -> Self {
        Self::Machine { name: name.to_owned(), tab }
    }

    /// The state machine that the page is about.
    pub fn machine_name(&self) -> Option<&String> {
        match self {
            Self::Machine { name, .. } | Self::Execution { machine: name, .. } => Some(name),
            _ => None,
        }
    }

    /// What the window is called.
    pub fn title(&self) -> String {
        match self {
            Self::Home | Self::Functions => "Functions".into(),
            Self::Function { name, tab } => format!("{name} · {}", tab.label()),
            Self::Machines => "State machines".into(),
            Self::Machine { name, tab } => format!("{name} · {}", tab.label()),
            Self::Execution { machine, name } => format!("{name} · {machine}"),
            Self::Invocation { function, .. } => format!("{function} · Monitor"),
            Self::Configuration { function, section } => {
                format!("{function} · {}", section.label())
            }
            Self::Queues => "SQS queues".into(),
            Self::Costs => "Cost".into(),
            Self::Trace(_) => "Trace".into(),
            Self::Services => "Services".into(),
            Self::Resources(kind) => kind.label().into(),
            Self::Resource(kind, name) => format!("{name} · {}", kind.label()),
            Self::Queue(name) => format!("{name} · SQS queue"),
            Self::Import => "Import a history".into(),
            Self::Imported(_) => "Imported history".into(),
            Self::Examples => "Examples".into(),
            Self::Labs => "Labs".into(),
            Self::Lab(lab) => format!("{lab} · Lab"),
            Self::LabStep { lab, step } => format!("{step} · {lab} · Lab"),
            Self::Receipts | Self::Receipt(_) => "Receipts".into(),
            Self::Workspaces => "Workspaces".into(),
            Self::Link(_) => "Shared workspace".into(),
            Self::NotFound(_) => "Not found".into(),
        }
    }
}

/// Function names need no escapes; a name that somebody typed into the address may.
fn encode(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~$:".contains(&byte);
    name.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// The text behind the escapes of an address.
pub fn decode(segment: &str) -> String {
    let bytes = segment.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let escape = segment.get(index + 1..index + 3).filter(|_| bytes[index] == b'%');
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                index += 3;
            }
            None => {
                decoded.push(bytes[index]);
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsing_what_was_formatted_gives_the_route_back() {
        let mut routes = vec![
            Route::Home,
            Route::Functions,
            Route::Machines,
            Route::Import,
            Route::Queues,
            Route::Costs,
            Route::Services,
            Route::Examples,
            Route::Labs,
            Route::Receipts,
            Route::Receipt("r1.ab_-.cd/?#x".into()),
            Route::Workspaces,
            Route::Link("d1.ab_-.cd/?#x".into()),
        ];
        for name in ["hello", "a-b_c", "ä b/c%41", "50%", ""] {
            routes.extend(FunctionTab::ALL.map(|tab| Route::function(name, tab)));
            routes.extend(MachineTab::ALL.map(|tab| Route::machine(name, tab)));
            routes.extend(ResourceKind::ALL.map(Route::Resources));
            routes.extend(ConfigurationSection::ALL.map(|part| Route::configuration(name, part)));
            if !name.is_empty() {
                routes.push(Route::Queue(name.into()));
                routes.push(Route::Trace(name.into()));
                routes.push(Route::Lab(name.into()));
                routes.push(Route::LabStep { lab: name.into(), step: name.into() });
                routes.extend(ResourceKind::ALL.map(|kind| Route::Resource(kind, name.into())));
                routes.push(Route::Imported(name.into()));
                routes.push(Route::Invocation { function: name.into(), request: name.into() });
                routes.push(Route::Execution { machine: name.into(), name: name.into() });
            }
        }
        for route in routes {
            assert_eq!(Route::parse(&route.format()), route, "{}", route.format());
        }
    }

    #[test]
    fn short_and_foreign_addresses_are_understood() {
        assert_eq!(Route::parse(""), Route::Home);
        assert_eq!(Route::parse("#"), Route::Home);
        assert_eq!(Route::parse("#/functions/"), Route::Functions);
        assert_eq!(Route::parse("#/functions/hello"), Route::function("hello", FunctionTab::Code));
        assert_eq!(
            Route::parse("#/functions/hello/nope"),
            Route::NotFound("/functions/hello/nope".into())
        );
        assert_eq!(Route::parse("#/nope"), Route::NotFound("/nope".into()));
    }
}
