//! Messages at the top of the page: what happened, and what can be done about it.

use std::rc::Rc;
use yew::Reducible;

/// How a message looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something was done.
    Success,
    /// Something is so.
    Info,
    /// Something may surprise.
    Warning,
    /// Something went wrong.
    Error,
}

/// What a message's button does.
#[derive(Debug, Clone, PartialEq)]
pub enum Remedy {
    /// Brings back the workspace as it was before the reset.
    UndoReset,
    /// Creates the deleted function again.
    UndoDelete,
    /// Creates the deleted state machine again.
    UndoDeleteMachine,
    /// Brings back the deleted workspace.
    UndoDeleteWorkspace,
    /// Brings back a lab's workspaces and progress.
    UndoLabReset,
    /// Shows what another tab stored.
    LoadNewer,
    /// Copies a report of the failed command.
    CopyReport(String),
}

impl Remedy {
    /// The button's text.
    pub fn label(&self) -> &'static str {
        match self {
            Self::UndoReset
            | Self::UndoDelete
            | Self::UndoDeleteMachine
            | Self::UndoDeleteWorkspace
            | Self::UndoLabReset => "Undo",
            Self::LoadNewer => "Load it",
            Self::CopyReport(_) => "Copy report",
        }
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Counts up.
    pub id: u64,
    /// How it looks.
    pub tone: Tone,
    /// What happened.
    pub title: String,
    /// More, AWS's own words among it.
    pub detail: Option<String>,
    /// What can be done.
    pub remedy: Option<Remedy>,
}

impl Notice {
    /// A message of a line.
    pub fn new(tone: Tone, title: impl Into<String>) -> Self {
        Self { id: 0, tone, title: title.into(), detail: None, remedy: None }
    }
    /// Says more.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
    /// Offers something.
    pub fn remedy(mut self, remedy: Remedy) -> Self {
        self.remedy = Some(remedy);
        self
    }
}

/// At most so many stand at once: the oldest makes room.
const NOTICES_MAX: usize = 4;

/// The messages, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Notices {
    /// Oldest first.
    pub items: Vec<Notice>,
    next_id: u64,
}

/// A change.
#[derive(Debug, Clone)]
pub enum NoticesAction {
    /// Shows one. One with an equal title gives way.
    Show(Notice),
    /// Takes one away.
    Dismiss(u64),
    /// Takes away those whose undo is no longer possible.
    Forget(Remedy),
}

impl Reducible for Notices {
    type Action = NoticesAction;

    fn reduce(self: Rc<Self>, action: NoticesAction) -> Rc<Self> {
        let mut notices = (*self).clone();
        match action {
            NoticesAction::Show(mut notice) => {
                notice.id = notices.next_id;
                notices.next_id += 1;
                notices.items.retain(|item| item.title != notice.title);
                notices.items.push(notice);
                let over = notices.items.len().saturating_sub(NOTICES_MAX);
                notices.items.drain(..over);
            }
            NoticesAction::Dismiss(id) => notices.items.retain(|item| item.id != id),
            NoticesAction::Forget(remedy) => {
                notices.items.retain(|item| item.remedy.as_ref() != Some(&remedy))
            }
        }
        Rc::new(notices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_message_makes_room() {
        let notices = (0..6).fold(Rc::new(Notices::default()), |notices, number| {
            notices
                .reduce(NoticesAction::Show(Notice::new(Tone::Info, format!("message {number}"))))
        });
        let titles: Vec<_> = notices.items.iter().map(|item| item.title.as_str()).collect();
        assert_eq!(titles, ["message 2", "message 3", "message 4", "message 5"]);
    }

    #[test]
    fn a_repeated_message_stands_once() {
        let show = || NoticesAction::Show(Notice::new(Tone::Error, "again"));
        let notices = Rc::new(Notices::default()).reduce(show()).reduce(show());
        assert_eq!(notices.items.len(), 1);
        assert_eq!(notices.items[0].id, 1);
    }
}
