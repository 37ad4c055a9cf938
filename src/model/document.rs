//! The document in memory: the workspace, whose it is, and how it changes.
//!
//! Invariant: a document that came with a link changes only in what its replay showed, until it is forked.
//! Invariant: the command log grows by one, in order; a command that is already in it is not added again.

use coldstart_workspace::{
    ClockMode, FunctionDraft, Interrupt, LoggedCommand, MachineDraft, Source, TestEvent, Workspace,
};
use std::rc::Rc;
use yew::Reducible;

/// What came of replaying a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkReplay {
    /// The visitor has not asked for it.
    NotYet,
    /// It is going on.
    Running,
    /// The history is the sender's.
    Identical,
    /// The history differs from the sender's, and why, as far as it is known.
    Different(String),
    /// The link carries no digest to compare with.
    Unverified,
    /// It could not be done, and why.
    Failed(String),
}

/// Whose document it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The visitor's own: saved as it changes.
    Own,
    /// It came with a link: read-only, and never saved, until it is forked.
    Link {
        /// What came of its replay.
        replay: LinkReplay,
    },
}

/// The document on the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Under which it is stored. Empty until one was loaded.
    pub id: String,
    /// What is edited.
    pub workspace: Rc<Workspace>,
    /// Whose it is.
    pub origin: Origin,
    /// Counts changes that are worth saving.
    pub revision: u64,
}

impl Document {
    /// Before anything was loaded.
    pub fn empty() -> Self {
        Self {
            id: String::new(),
            workspace: Rc::new(Workspace::empty("")),
            origin: Origin::Own,
            revision: 0,
        }
    }
    /// Whether there is one: the visitor's own, or a link's, which has no id.
    pub fn is_open(&self) -> bool {
        !self.id.is_empty() || self.read_only()
    }
    /// Whether nothing may be changed.
    pub fn read_only(&self) -> bool {
        self.origin != Origin::Own
    }
    /// The functions that have editors, by name.
    pub fn function_names(&self) -> Vec<String> {
        self.workspace.functions.keys().cloned().collect()
    }
    /// What is in the editors of a function.
    pub fn draft(&self, function: &str) -> Option<&FunctionDraft> {
        self.workspace.functions.get(function)
    }
    /// What is in the editors of a state machine.
    pub fn machine(&self, name: &str) -> Option<&MachineDraft> {
        self.workspace.machines.get(name)
    }
    /// Whether the draft differs from the package that is deployed. An uploaded one is deployed as it arrives, so it never does.
    pub fn differs_from(&self, function: &str, deployed_sha256: &str) -> bool {
        match self.draft(function).map(|draft| &draft.source) {
            Some(source @ (Source::Wat { .. } | Source::Files { .. })) => {
                self.workspace.sources.get(deployed_sha256) != Some(source)
            }
            Some(source @ Source::Compiled { .. }) => {
                let deployed = self.workspace.sources.get(deployed_sha256);
                !deployed.is_some_and(|deployed| deployed.reads_like(source))
            }
            _ => false,
        }
    }
}

/// A change of the document.
#[derive(Debug, Clone)]
pub enum DocumentAction {
    /// Another document takes its place.
    Replaced {
        /// Its id.
        id: String,
        /// Itself.
        workspace: Box<Workspace>,
        /// Whose it is.
        origin: Origin,
    },
    /// The engine took a command.
    Logged(LoggedCommand),
    /// The stop button ended an invocation.
    Interrupted(Interrupt),
    /// Commands from this position on are taken out: the first of them broke the engine.
    CutAt(u64),
    /// Says where a module comes from, before it is deployed.
    SourceKnown {
        /// Hex SHA-256 of the module.
        sha256: String,
        /// Where it comes from.
        source: Source,
    },
    /// The code was edited, or replaced.
    SourceEdited {
        /// The function.
        function: String,
        /// The new code.
        source: Source,
    },
    /// A function has a draft now.
    FunctionAdded {
        /// Its name.
        name: String,
        /// Its draft.
        draft: FunctionDraft,
    },
    /// A function's draft goes.
    FunctionRemoved {
        /// Its name.
        name: String,
    },
    /// Test events were changed.
    EventsChanged {
        /// The function.
        function: String,
        /// All of its events.
        events: Vec<TestEvent>,
        /// The selected one.
        selected: usize,
    },
    /// A state machine has a draft now, or another one.
    MachineChanged {
        /// Its name.
        name: String,
        /// Its draft.
        draft: MachineDraft,
    },
    /// A definition was edited.
    DefinitionEdited {
        /// The state machine.
        name: String,
        /// The new text.
        definition: String,
    },
    /// A state machine's draft goes.
    MachineRemoved {
        /// Its name.
        name: String,
    },
    /// The workspace has another name.
    Renamed(String),
    /// The clock goes otherwise.
    ClockSet(ClockMode),
    /// A link's replay got further.
    LinkReplayed(LinkReplay),
    /// The link's document becomes the visitor's own.
    Forked {
        /// Its new id.
        id: String,
        /// Its new name.
        name: String,
    },
}

impl Reducible for Document {
    type Action = DocumentAction;

    fn reduce(self: Rc<Self>, action: DocumentAction) -> Rc<Self> {
        let mut document = (*self).clone();
        // The log and the clock are the engine's facts, also while a link is replayed; everything else is an edit.
        if document.read_only() {
            match action {
                DocumentAction::Replaced { id, workspace, origin } => {
                    document = Self {
                        id,
                        workspace: Rc::new(*workspace),
                        origin,
                        revision: document.revision,
                    }
                }
                DocumentAction::LinkReplayed(replay) => document.origin = Origin::Link { replay },
                DocumentAction::Forked { id, name } => {
                    document.id = id;
                    document.origin = Origin::Own;
                    Rc::make_mut(&mut document.workspace).name = name;
                    document.revision += 1;
                }
                _ => return self,
            }
            return Rc::new(document);
        }
        let workspace = Rc::make_mut(&mut document.workspace);
        match action {
            DocumentAction::Replaced { id, workspace, origin } => {
                return Rc::new(Self {
                    id,
                    workspace: Rc::new(*workspace),
                    origin,
                    revision: self.revision,
                });
            }
            DocumentAction::Logged(logged) => {
                if logged.index != workspace.commands.len() as u64 {
                    return self;
                }
                workspace.commands.push(logged.command.into());
                workspace.digest = None;
            }
            DocumentAction::Interrupted(interrupt) => {
                if workspace.interrupts.contains(&interrupt) {
                    return self;
                }
                workspace.interrupts.push(interrupt);
            }
            DocumentAction::CutAt(index) => {
                let index = usize::try_from(index).unwrap_or(usize::MAX);
                if index >= workspace.commands.len() {
                    return self;
                }
                workspace.commands.truncate(index);
                workspace.until_us = workspace.commands.last().map_or(0, |command| command.at_us);
                workspace.digest = None;
            }
            DocumentAction::SourceKnown { sha256, source } => {
                workspace.sources.insert(sha256, source);
            }
            DocumentAction::SourceEdited { function, source } => {
                match workspace.functions.get_mut(&function) {
                    Some(draft) if draft.source != source => draft.source = source,
                    _ => return self,
                }
            }
            DocumentAction::FunctionAdded { name, draft } => {
                workspace.functions.insert(name, draft);
            }
            DocumentAction::FunctionRemoved { name } => {
                if workspace.functions.remove(&name).is_none() {
                    return self;
                }
            }
            DocumentAction::EventsChanged { function, events, selected } => {
                match workspace.functions.get_mut(&function) {
                    Some(draft) => {
                        draft.selected_event = selected.min(events.len().saturating_sub(1));
                        draft.test_events = events;
                    }
                    None => return self,
                }
            }
            DocumentAction::MachineChanged { name, mut draft } => {
                draft.selected_input =
                    draft.selected_input.min(draft.inputs.len().saturating_sub(1));
                if workspace.machines.get(&name) == Some(&draft) {
                    return self;
                }
                workspace.machines.insert(name, draft);
            }
            DocumentAction::DefinitionEdited { name, definition } => {
                match workspace.machines.get_mut(&name) {
                    Some(draft) if draft.definition != definition => draft.definition = definition,
                    _ => return self,
                }
            }
            DocumentAction::MachineRemoved { name } => {
                if workspace.machines.remove(&name).is_none() {
                    return self;
                }
            }
            DocumentAction::Renamed(name) => workspace.name = name,
            DocumentAction::ClockSet(mode) => workspace.clock = mode,
            DocumentAction::LinkReplayed(_) | DocumentAction::Forked { .. } => return self,
        }
        document.revision += 1;
        Rc::new(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use coldstart_workspace::{ApiRequest, Command};
    use serde_json::json;

    fn logged(index: u64) -> DocumentAction {
        let request =
            ApiRequest { service: "lambda".into(), operation: "Invoke".into(), params: json!({}) };
        DocumentAction::Logged(LoggedCommand {
            index,
            command: Command { at_us: index * 10, request },
        })
    }
    fn wat(text: &str) -> Source {
        Source::Wat { text: text.into() }
    }
    fn with_function() -> Rc<Document> {
        let draft =
            FunctionDraft { source: wat("(module)"), test_events: Vec::new(), selected_event: 0 };
        Rc::new(Document::empty())
            .reduce(DocumentAction::FunctionAdded { name: "hello".into(), draft })
    }

    #[test]
    fn a_command_is_logged_once_and_in_order() {
        let document = Rc::new(Document::empty())
            .reduce(logged(0))
            .reduce(logged(1))
            .reduce(logged(1))
            .reduce(logged(7));
        assert_eq!(document.workspace.commands.len(), 2);
        assert_eq!(document.revision, 2);
    }

    #[test]
    fn cutting_takes_out_the_command_that_failed_and_what_followed() {
        let document = Rc::new(Document::empty())
            .reduce(logged(0))
            .reduce(logged(1))
            .reduce(logged(2))
            .reduce(DocumentAction::CutAt(1));
        assert_eq!(document.workspace.commands.len(), 1);
        assert_eq!(document.workspace.until_us, 0);
    }

    #[test]
    fn a_draft_differs_until_its_text_is_deployed() {
        let document = with_function();
        assert!(document.differs_from("hello", "aa"));
        let document = document
            .reduce(DocumentAction::SourceKnown { sha256: "aa".into(), source: wat("(module)") });
        assert!(!document.differs_from("hello", "aa"));
        let document = document.reduce(DocumentAction::SourceEdited {
            function: "hello".into(),
            source: wat("(module )"),
        });
        assert!(document.differs_from("hello", "aa"));
    }

    #[test]
    fn a_links_document_is_not_edited_before_it_is_forked() {
        let workspace = Box::new((*with_function().workspace).clone());
        let link = Rc::new(Document::empty()).reduce(DocumentAction::Replaced {
            id: String::new(),
            workspace,
            origin: Origin::Link { replay: LinkReplay::NotYet },
        });
        let edited = link
            .clone()
            .reduce(DocumentAction::SourceEdited { function: "hello".into(), source: wat("x") })
            .reduce(logged(0));
        assert_eq!(edited, link);
        let forked = link.reduce(DocumentAction::Forked { id: "1".into(), name: "Mine".into() });
        assert!(!forked.read_only());
        assert_eq!(forked.workspace.name, "Mine");
        assert_eq!(forked.reduce(logged(0)).workspace.commands.len(), 1);
    }

    #[test]
    fn a_machine_is_edited_in_its_draft() {
        let draft = MachineDraft {
            machine_type: coldstart_workspace::MachineType::Standard,
            definition: "{}".into(),
            inputs: Vec::new(),
            selected_input: 7,
            mocks: String::new(),
        };
        let name = || "m".to_owned();
        let document = Rc::new(Document::empty())
            .reduce(DocumentAction::MachineChanged { name: name(), draft: draft.clone() });
        assert_eq!(document.machine("m").map(|draft| draft.selected_input), Some(0));
        let edit = || DocumentAction::DefinitionEdited { name: name(), definition: "{ ".into() };
        let edited = document.reduce(edit());
        assert_eq!((edited.revision, edited.clone().reduce(edit()).revision), (2, 2));
        let removed = edited.reduce(DocumentAction::MachineRemoved { name: name() });
        assert_eq!(removed.machine("m"), None);
    }

    #[test]
    fn the_selected_event_is_one_that_exists() {
        let events = vec![TestEvent { name: "a".into(), payload: "{}".into() }];
        let document = with_function().reduce(DocumentAction::EventsChanged {
            function: "hello".into(),
            events,
            selected: 5,
        });
        assert_eq!(document.draft("hello").map(|draft| draft.selected_event), Some(0));
    }
}
