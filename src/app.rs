//! The whole page: its services, which never change, and the component around everything.

use crate::actions;
use crate::components::{Chrome, Failure};
use crate::engine_client::EngineClient;
use crate::host;
use crate::model::{Document, EnginePhase, Labs, Library, Notices, Progress, Runs, Session};
use crate::route::Route;
use crate::storage::Storage;
use crate::store::Store;
use coldstart_protocol::ViewSpec;
use gloo_timers::callback::Timeout;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::Rc;
use yew::prelude::*;

/// Where the visitor is.
#[derive(Debug, Clone, PartialEq)]
pub struct Here {
    /// The route.
    pub route: Route,
    /// How often the visitor went somewhere. Before the first time, the focus stays where the browser put it.
    pub moves: u32,
    /// Which dialog is open over it.
    pub dialog: Option<Dialog>,
    /// Why the link that was opened is none, when it is not.
    pub link_fault: Option<LinkFault>,
}

/// A link that could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkFault {
    /// What is wrong with it.
    pub message: String,
    /// How long it is, in characters.
    pub length: usize,
}

/// A dialog that any part of the page may open.
#[derive(Debug, Clone, PartialEq)]
pub enum Dialog {
    /// Keys and help.
    Help,
    /// The share link.
    Share,
    /// A new function.
    CreateFunction,
    /// Delete a function?
    DeleteFunction(String),
    /// A new state machine.
    CreateMachine,
    /// Delete a state machine?
    DeleteMachine(String),
    /// Start an execution of a state machine.
    StartExecution(String),
    /// Reset the workspace?
    Reset,
}

/// A change of where the visitor is.
#[derive(Debug, Clone)]
pub enum HereAction {
    /// The visitor went there.
    Moved(Route),
    /// The page shows that instead.
    Route(Route),
    /// A dialog opens, or none is open.
    Dialog(Option<Dialog>),
    /// The link in the address is broken, or there is none any more.
    LinkFault(Option<LinkFault>),
}

impl Reducible for Here {
    type Action = HereAction;
    fn reduce(self: Rc<Self>, action: HereAction) -> Rc<Self> {
        let mut here = (*self).clone();
        match action {
            HereAction::Moved(route) => {
                here.route = route;
                here.dialog = None;
                here.moves += 1;
            }
            // A dialog stays: the page may just be arriving where it starts.
            HereAction::Route(route) => here.route = route,
            HereAction::Dialog(dialog) => here.dialog = dialog,
            HereAction::LinkFault(fault) => here.link_fault = fault,
        }
        if here == *self { self } else { Rc::new(here) }
    }
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system is set.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// What the visitor prefers, and what is said to screen readers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chosen {
    /// Light or dark.
    pub theme: Theme,
    /// Whether the welcome was dismissed.
    pub welcomed: bool,
    /// The last status, for the live region.
    pub said: String,
}

/// A change of it.
#[derive(Debug, Clone)]
pub enum ChosenAction {
    /// Another theme.
    Theme(Theme),
    /// The welcome is not shown again.
    Welcomed,
    /// A status to say.
    Say(String),
}

impl Reducible for Chosen {
    type Action = ChosenAction;
    fn reduce(self: Rc<Self>, action: ChosenAction) -> Rc<Self> {
        let mut chosen = (*self).clone();
        match action {
            ChosenAction::Theme(theme) => chosen.theme = theme,
            ChosenAction::Welcomed => chosen.welcomed = true,
            ChosenAction::Say(text) => chosen.said = text,
        }
        if chosen == *self { self } else { Rc::new(chosen) }
    }
}

/// What can be undone, once.
#[derive(Default)]
pub struct Undo {
    /// The workspace before the reset, and its id.
    pub reset: Option<(String, coldstart_workspace::Workspace)>,
    /// A deleted function.
    pub function: Option<actions::DeletedFunction>,
    /// A deleted state machine.
    pub machine: Option<actions::DeletedMachine>,
    /// A deleted workspace.
    pub workspace: Option<(crate::model::StoredWorkspace, coldstart_workspace::Workspace)>,
    /// A lab before its steps, or one of them, were reset.
    pub lab: Option<LabBefore>,
}

/// Where a lab was.
pub struct LabBefore {
    /// Workspaces of its steps, by id.
    pub workspaces: Vec<(String, coldstart_workspace::Workspace)>,
    /// How far the visitor was, with all labs.
    pub progress: Rc<Progress>,
}

/// The services, behind one pointer.
pub struct Services {
    /// The Worker.
    pub engine: Rc<EngineClient>,
    /// The document.
    pub document: Store<Document>,
    /// What the engine told.
    pub session: Store<Session>,
    /// Tests.
    pub runs: Store<Runs>,
    /// Messages.
    pub notices: Store<Notices>,
    /// Stored workspaces.
    pub library: Store<Library>,
    /// Labs.
    pub labs: Store<Labs>,
    /// Asks a lab's checks after a moment of quiet.
    pub check_timer: RefCell<Option<Timeout>>,
    /// Numbers questions to a lab's checks: what is answered to an older one is not heard.
    pub check_number: Cell<u64>,
    /// The document whose checks were asked last, and how many commands it had.
    pub check_seen: RefCell<(String, usize)>,
    /// Where the visitor is.
    pub here: Store<Here>,
    /// Preferences.
    pub chosen: Store<Chosen>,
    /// Windows that components show, by who asked.
    pub watched: RefCell<BTreeMap<u64, ViewSpec>>,
    /// Whether a `Watch` is about to be sent.
    pub watch_timer: RefCell<Option<Timeout>>,
    /// Numbers those who ask.
    pub next_watch: Cell<u64>,
    /// Where things are kept, once it is open.
    pub storage: RefCell<Option<Rc<Storage>>>,
    /// Module bytes that were needed in this session.
    pub modules: RefCell<BTreeMap<String, Rc<[u8]>>>,
    /// What can be undone.
    pub undo: RefCell<Undo>,
    /// Saves after a moment of quiet.
    pub save_timer: RefCell<Option<Timeout>>,
    /// The last revision that was stored, of which document, and its virtual time.
    pub saved: RefCell<(String, u64, u64)>,
    /// Numbers openings: an older one that is still waiting gives up.
    pub opening: Cell<u64>,
    /// Workers lost in a row without a document opened between.
    pub losses: Cell<u32>,
}

/// Handle to the services; equal to itself for ever, so it never causes a render. They live as long as the page, and are never dropped: neither
/// they nor the many closures that hold a handle need code for that.
#[derive(Clone)]
pub struct App(&'static Services);

impl PartialEq for App {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}
impl Deref for App {
    type Target = Services;
    fn deref(&self) -> &Services {
        self.0
    }
}

const THEME: &str = "coldstart.theme";
const WELCOMED: &str = "coldstart.welcomed";

impl App {
    fn new() -> Self {
        let theme = match host::setting(THEME).as_deref() {
            Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            _ => Theme::System,
        };
        show_theme(theme);
        let chosen =
            Chosen { theme, welcomed: host::setting(WELCOMED).is_some(), said: String::new() };
        let here = Here {
            route: Route::parse(&host::fragment()),
            moves: 0,
            dialog: None,
            link_fault: None,
        };
        Self(Box::leak(Box::new(Services {
            engine: EngineClient::new(),
            document: Store::new(Document::empty()),
            session: Store::new(Session::new()),
            runs: Store::new(Runs::default()),
            notices: Store::new(Notices::default()),
            library: Store::new(Library::default()),
            labs: Store::new(Labs::default()),
            check_timer: RefCell::default(),
            check_number: Cell::new(0),
            check_seen: RefCell::default(),
            here: Store::new(here),
            chosen: Store::new(chosen),
            watched: RefCell::default(),
            watch_timer: RefCell::default(),
            next_watch: Cell::new(0),
            storage: RefCell::default(),
            modules: RefCell::default(),
            undo: RefCell::default(),
            save_timer: RefCell::default(),
            saved: RefCell::default(),
            opening: Cell::new(0),
            losses: Cell::new(0),
        })))
    }
    /// Goes somewhere.
    pub fn go(&self, route: &Route) {
        host::set_fragment(&route.format());
    }
    /// Goes somewhere without a step for the back button.
    pub fn go_instead(&self, route: Route) {
        host::replace_fragment(&route.format());
        self.here.dispatch(HereAction::Route(route));
    }
    /// Opens a dialog.
    pub fn open_dialog(&self, dialog: Dialog) {
        self.here.dispatch(HereAction::Dialog(Some(dialog)));
    }
    /// Closes it.
    pub fn close_dialog(&self) {
        self.here.dispatch(HereAction::Dialog(None));
    }
    /// Says a status to screen readers.
    pub fn say(&self, text: impl Into<String>) {
        self.chosen.dispatch(ChosenAction::Say(text.into()));
    }
    /// Another theme, kept.
    pub fn set_theme(&self, theme: Theme) {
        show_theme(theme);
        host::keep_setting(
            THEME,
            match theme {
                Theme::System => "system",
                Theme::Light => "light",
                Theme::Dark => "dark",
            },
        );
        self.chosen.dispatch(ChosenAction::Theme(theme));
    }
    /// The welcome is not shown again.
    pub fn set_welcomed(&self) {
        host::keep_setting(WELCOMED, "1");
        self.chosen.dispatch(ChosenAction::Welcomed);
    }
}

fn show_theme(theme: Theme) {
    let Some(root) = host::document().document_element() else { return };
    let _ = match theme {
        Theme::System => root.remove_attribute("data-theme"),
        Theme::Light => root.set_attribute("data-theme", "light"),
        Theme::Dark => root.set_attribute("data-theme", "dark"),
    };
}

/// The component around everything.
#[component]
pub fn Root() -> Html {
    let app = use_memo((), |()| App::new());
    let app: App = (*app).clone();
    use_effect_with(app.clone(), |app| {
        host::remove_shell();
        actions::start(app);
    });
    html! {
        <ContextProvider<App> context={app}>
            <Frame />
        </ContextProvider<App>>
    }
}

/// The page, or what stands in its place when nothing works.
#[component]
fn Frame() -> Html {
    let phase = crate::hooks::use_session(|session| session.phase.clone());
    match phase {
        EnginePhase::Mismatch | EnginePhase::Broken(_) => html! { <Failure {phase} /> },
        _ => html! { <Chrome /> },
    }
}
