//! What is around every page: top bar, navigation, messages, dialogs, keys.

use super::machine::{CreateMachine, DeleteMachineDialog, StartExecutionDialog};
use super::{
    Alert, Button, ButtonKind, ClockControl, CreateFunction, DeleteFunctionDialog, Glyph,
    HelpDialog, Icon, LabPanel, LinkBanner, NoticeList, ResetDialog, ShareDialog,
};
use crate::app::{Dialog, HereAction, Theme};
use crate::hooks::{use_app, use_chosen, use_document, use_here, use_library, use_session};
use crate::host;
use crate::model::{Document, EnginePhase, Keeping, LAB_IDS, Saved, Tone, step_of};
use crate::pages::{
    CostsPage, ExamplesPage, ExecutionPage, FunctionPage, FunctionsPage, ImportPage, ImportedPage,
    LabPage, LabsPage, MachinePage, MachinesPage, NotFoundPage, QueuePage, QueuesPage,
    ReceiptsPage, TracePage, WorkspacesPage, service_page,
};
use crate::route::{FunctionTab, ResourceKind, Route};
use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// The page's frame.
#[component]
pub fn Chrome() -> Html {
    let app = use_app();
    let (route, moves, dialog, link_fault) = use_here(|here| {
        (here.route.clone(), here.moves, here.dialog.clone(), here.link_fault.clone())
    });
    let said = use_chosen(|chosen| chosen.said.clone());
    let (phase, loaded) =
        use_session(|session| (session.phase.clone(), session.functions.is_some()));
    use_effect_with(app.clone(), |app| {
        let app = app.clone();
        let listener = EventListener::new_with_options(
            &host::window(),
            "keydown",
            EventListenerOptions::enable_prevent_default(),
            move |event| {
                if let Some(event) = event.dyn_ref::<KeyboardEvent>() {
                    on_key(&app, event);
                }
            },
        );
        move || drop(listener)
    });
    // The focus moves to what is new: but not at the start, where nobody has moved yet.
    use_effect_with(page_of(&route), move |_| {
        if moves > 0 {
            host::window().scroll_to_with_x_and_y(0.0, 0.0);
            host::focus_soon("main");
        }
    });
    use_effect_with(route.title(), |title| {
        host::document().set_title(&format!("{title} · Coldstart"))
    });
    let skip = Callback::from(|event: MouseEvent| {
        // The fragment holds the route, so the link moves the focus by hand.
        event.prevent_default();
        host::focus_soon("main");
    });
    let skip_to_lab = Callback::from(|event: MouseEvent| {
        event.prevent_default();
        host::focus_soon("lab");
    });
    let shared = use_document(|document| document.read_only());
    // Beside the workbench, but not beside pages about labs.
    let about_labs =
        matches!(route, Route::Labs | Route::Lab(_) | Route::Receipts | Route::Receipt(_));
    let lab =
        use_document(|document| Some(document.id.clone()).filter(|id| id.starts_with(LAB_IDS)));
    let lab = lab.filter(|_| !about_labs && !shared).and_then(|id| step_of(&id));
    html! {
        <>
            <a class="skip-link" href="#main" onclick={skip}>{ "Skip to the content" }</a>
            if lab.is_some() { <a class="skip-link" href="#lab" onclick={skip_to_lab}>{ "Skip to the lab" }</a> }
            <TopBar />
            <div class={classes!("frame", lab.is_some().then_some("frame-lab"))}>
                <SideNavigation route={route.clone()} />
                <main id="main" tabindex="-1">
                    <NoticeList />
                    if let Some(fault) = &link_fault {
                        <Alert tone={Tone::Error} title="This link cannot be opened."
                            on_dismiss={ let app = app.clone(); Callback::from(move |()| { app.here.dispatch(HereAction::LinkFault(None)); if matches!(app.here.get().route, Route::Link(_)) { app.go(&Route::Functions); } }) }>
                            <p>{ &fault.message }</p>
                            <p>{ "Ask the sender for the whole link, or for the file. Your own work is untouched." }</p>
                        </Alert>
                    }
                    if shared { <LinkBanner /> }
                    { opening(&phase, loaded) }
                    { page(&route) }
                </main>
                if let Some(of) = lab { <LabPanel {of} /> }
            </div>
            <BottomNavigation {route} />
            <div class="visually-hidden" role="status" aria-live="polite">{ said }</div>
            { match dialog {
                None => html! {},
                Some(Dialog::Help) => html! { <HelpDialog /> },
                Some(Dialog::Share) => html! { <ShareDialog /> },
                Some(Dialog::CreateFunction) => html! { <CreateFunction /> },
                Some(Dialog::DeleteFunction(name)) => html! { <DeleteFunctionDialog {name} /> },
                Some(Dialog::CreateMachine) => html! { <CreateMachine /> },
                Some(Dialog::DeleteMachine(name)) => html! { <DeleteMachineDialog {name} /> },
                Some(Dialog::StartExecution(name)) => html! { <StartExecutionDialog {name} /> },
                Some(Dialog::Reset) => html! { <ResetDialog /> },
            } }
        </>
    }
}

/// What counts as another page: tabs of one function do not.
fn page_of(route: &Route) -> String {
    match route {
        Route::Function { name, .. }
        | Route::Invocation { function: name, .. }
        | Route::Configuration { function: name, .. } => {
            format!("function {name}")
        }
        Route::Machine { name, .. } => format!("machine {name}"),
        Route::Home | Route::Functions | Route::Link(_) => "functions".into(),
        other => other.format(),
    }
}

fn page(route: &Route) -> Html {
    match route {
        // Where the visitor goes is known once their workspace is open.
        Route::Home | Route::LabStep { .. } => {
            html! { <div class="page"><div class="skeleton" aria-hidden="true"><i></i><i></i><i></i></div></div> }
        }
        Route::Functions | Route::Link(_) => html! { <FunctionsPage /> },
        Route::Invocation { function, request } => {
            html! { <FunctionPage key={function.clone()} name={function.clone()} tab={FunctionTab::Monitor} request={request.clone()} /> }
        }
        Route::Configuration { function, section } => {
            html! { <FunctionPage key={function.clone()} name={function.clone()} tab={FunctionTab::Configuration} section={*section} /> }
        }
        Route::Labs => html! { <LabsPage /> },
        Route::Lab(id) => html! { <LabPage key={id.clone()} id={id.clone()} /> },
        Route::Receipts => html! { <ReceiptsPage receipt={String::new()} /> },
        Route::Receipt(_) => html! { <ReceiptsPage receipt={route.format()} /> },
        Route::Queues => html! { <QueuesPage /> },
        Route::Services | Route::Resources(_) | Route::Resource(..) => service_page(route),
        Route::Costs => html! { <CostsPage /> },
        Route::Trace(id) => html! { <TracePage key={id.clone()} id={id.clone()} /> },
        Route::Queue(name) => html! { <QueuePage key={name.clone()} name={name.clone()} /> },
        Route::Import => html! { <ImportPage /> },
        Route::Imported(number) => {
            html! { <ImportedPage key={number.clone()} number={number.clone()} /> }
        }
        Route::Function { name, tab } => {
            html! { <FunctionPage key={name.clone()} name={name.clone()} tab={*tab} /> }
        }
        Route::Machines => html! { <MachinesPage /> },
        Route::Machine { name, tab } => {
            html! { <MachinePage key={name.clone()} name={name.clone()} tab={*tab} /> }
        }
        Route::Execution { machine, name } => {
            html! { <ExecutionPage key={format!("{machine} {name}")} machine={machine.clone()} name={name.clone()} /> }
        }
        Route::Examples => html! { <ExamplesPage /> },
        Route::Workspaces => html! { <WorkspacesPage /> },
        Route::NotFound(fragment) => html! { <NotFoundPage address={fragment.clone()} /> },
    }
}

fn opening(phase: &EnginePhase, loaded: bool) -> Html {
    match phase {
        EnginePhase::Opening { done, total } if *total > 0 => html! {
            <div class="opening" role="status">
                <label for="opening-progress">{ format!("Replaying your history: {} %", done * 100 / total) }</label>
                <progress id="opening-progress" max={total.to_string()} value={done.to_string()}></progress>
            </div>
        },
        EnginePhase::Starting if !loaded => {
            html! { <p class="opening" role="status">{ "Starting the engine …" }</p> }
        }
        EnginePhase::Refused(message) => html! {
            <Alert tone={Tone::Error} title="The engine cannot open this workspace."><p>{ message }</p><p>{ "It is stored as it was. Open another one under Workspaces." }</p></Alert>
        },
        _ => html! {},
    }
}

fn on_key(app: &crate::app::App, event: &KeyboardEvent) {
    if event.default_prevented() || event.is_composing() {
        return;
    }
    let command = event.ctrl_key() || event.meta_key();
    let key = event.key();
    let modal = app.here.get().dialog.is_some();
    if command && key == "s" {
        // Never the browser's own "save page": people press it out of habit.
        event.prevent_default();
    }
    if key == "?" && !command && !modal && !in_field(event) {
        event.prevent_default();
        app.open_dialog(Dialog::Help);
    }
}

fn in_field(event: &KeyboardEvent) -> bool {
    let Some(target) = event.target() else { return false };
    target.dyn_ref::<Element>().is_some_and(|element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
    }) || target.dyn_ref::<HtmlElement>().is_some_and(HtmlElement::is_content_editable)
}

#[component]
fn TopBar() -> Html {
    let app = use_app();
    let name = use_document(|document| document.workspace.name.clone());
    let read_only = use_document(|document| document.read_only());
    let (saved, keeping) = use_library(|library| (library.saved, library.keeping));
    let theme = use_chosen(|chosen| chosen.theme);
    let open = |dialog: Dialog| {
        let app = app.clone();
        Callback::from(move |_: MouseEvent| app.open_dialog(dialog.clone()))
    };
    let (theme_glyph, theme_label, next_theme) = match theme {
        Theme::System => (Glyph::Sun, "Theme: as the system. Change to light", Theme::Light),
        Theme::Light => (Glyph::Sun, "Theme: light. Change to dark", Theme::Dark),
        Theme::Dark => (Glyph::Moon, "Theme: dark. Change to the system's", Theme::System),
    };
    let set_theme = {
        let app = app.clone();
        Callback::from(move |_: MouseEvent| app.set_theme(next_theme))
    };
    let kept = match (read_only, keeping, saved) {
        (true, ..) => "Read-only",
        (_, Keeping::Memory, _) => "Not stored",
        (_, _, Saved::Failed) => "Not stored",
        (_, _, Saved::Pending) => "Storing …",
        _ => "Stored here",
    };
    html! {
        <header class="top-bar">
            <a class="top-bar-logo" href={Route::Functions.format()} aria-label="Coldstart, functions">
                <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false"><path class="logo-ground" d="M4 0h24a4 4 0 0 1 4 4v24a4 4 0 0 1-4 4H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4Z" /><path class="logo-line" d="M16 5v22M6.5 10.5l19 11M25.5 10.5l-19 11" /></svg>
                <span>{ "Coldstart" }</span>
            </a>
            <a class="top-bar-workspace" href={Route::Workspaces.format()} title="Workspaces">
                <Icon glyph={Glyph::Workspaces} /><span class="top-bar-name">{ if name.is_empty() { "Workspace".to_owned() } else { name } }</span>
                <span class="top-bar-saved">{ kept }</span>
            </a>
            <div class="top-bar-middle"><ClockControl /></div>
            <div class="top-bar-end">
                <Button kind={ButtonKind::Link} glyph={Glyph::Share} label="Share" onclick={open(Dialog::Share)} />
                <Button kind={ButtonKind::Icon} glyph={theme_glyph} label={theme_label} onclick={set_theme} />
                <Button kind={ButtonKind::Icon} glyph={Glyph::Help} label="Help and keys" shortcut="?" onclick={open(Dialog::Help)} />
            </div>
        </header>
    }
}

#[derive(PartialEq, Properties)]
struct NavigationProps {
    route: Route,
}

const PLACES: [(Route, &str, Glyph); 12] = [
    (Route::Functions, "Functions", Glyph::Functions),
    (Route::Resources(ResourceKind::Layers), "Layers", Glyph::Layers),
    (Route::Machines, "State machines", Glyph::Machines),
    (Route::Queues, "SQS queues", Glyph::Queues),
    (Route::Resources(ResourceKind::Topics), "SNS topics", Glyph::Topics),
    (Route::Resources(ResourceKind::Rules), "EventBridge rules", Glyph::Rules),
    (Route::Resources(ResourceKind::Schedules), "Schedules", Glyph::Clock),
    (Route::Resources(ResourceKind::Roles), "IAM roles", Glyph::Roles),
    (Route::Costs, "Cost", Glyph::Cost),
    (Route::Examples, "Examples", Glyph::Examples),
    (Route::Labs, "Labs", Glyph::Labs),
    (Route::Workspaces, "Workspaces", Glyph::Workspaces),
];

fn is_at(route: &Route, place: &Route) -> bool {
    match route {
        Route::Home
        | Route::Function { .. }
        | Route::Invocation { .. }
        | Route::Configuration { .. }
        | Route::Trace(_)
        | Route::Link(_) => *place == Route::Functions,
        Route::Queue(_) => *place == Route::Queues,
        Route::Lab(_) | Route::LabStep { .. } | Route::Receipts | Route::Receipt(_) => {
            *place == Route::Labs
        }
        Route::Resource(kind, _) => *place == Route::Resources(*kind),
        Route::Machine { .. } | Route::Execution { .. } | Route::Import | Route::Imported(_) => {
            *place == Route::Machines
        }
        other => other == place,
    }
}

/// What stands below a place: the other resources of its service, while the visitor is among them.
fn below(route: &Route, place: &Route) -> &'static [ResourceKind] {
    match (route, place) {
        (Route::Resources(kind) | Route::Resource(kind, _), Route::Resources(of))
            if kind.place() == *of =>
        {
            of.below()
        }
        _ => &[],
    }
}

#[component]
fn SideNavigation(props: &NavigationProps) -> Html {
    let app = use_app();
    let names = use_document(Document::function_names);
    let machines =
        use_document(|document| document.workspace.machines.keys().cloned().collect::<Vec<_>>());
    let read_only = use_document(|document| document.read_only());
    let machine = props.route.machine_name();
    let shown = props.route.function_name().cloned();
    let reset = Callback::from(move |_: MouseEvent| app.open_dialog(Dialog::Reset));
    html! {
        <nav class="side-navigation" aria-label="Coldstart">
            <ul>
                for (place, label, glyph) in PLACES {
                    <li key={label}>
                        <a href={place.format()} aria-current={(is_at(&props.route, &place) && shown.is_none() && machine.is_none()).then_some("page")}><Icon {glyph} />{ label }</a>
                        if place == Route::Machines && !machines.is_empty() {
                            <ul class="side-navigation-functions">
                                for name in machines.iter().take(30) {
                                    <li key={name.clone()}><a href={Route::machine(name, Default::default()).format()} aria-current={(machine == Some(name)).then_some("page")}>{ name }</a></li>
                                }
                            </ul>
                        }
                        if !below(&props.route, &place).is_empty() {
                            <ul class="side-navigation-functions">
                                for kind in below(&props.route, &place) {
                                    <li key={kind.segment()}><a href={Route::Resources(*kind).format()} aria-current={is_at(&props.route, &Route::Resources(*kind)).then_some("page")}>{ kind.label() }</a></li>
                                }
                            </ul>
                        }
                        if place == Route::Functions && !names.is_empty() {
                            <ul class="side-navigation-functions">
                                for name in names.iter().take(30) {
                                    <li key={name.clone()}><a href={Route::function(name, Default::default()).format()} aria-current={(shown.as_ref() == Some(name)).then_some("page")}>{ name }</a></li>
                                }
                            </ul>
                        }
                    </li>
                }
            </ul>
            <div class="side-navigation-end">
                <Button kind={ButtonKind::Link} glyph={Glyph::Reset} label="Reset workspace" disabled={read_only} onclick={reset} />
                <p>{ "Everything runs in this tab. Nothing is uploaded." }</p>
            </div>
        </nav>
    }
}

/// At the bottom of a phone there is room for five. The workspace is linked at the top.
const BELOW: [(Route, &str, Glyph); 5] = [
    (Route::Functions, "Functions", Glyph::Functions),
    (Route::Machines, "State machines", Glyph::Machines),
    (Route::Services, "Services", Glyph::Topics),
    (Route::Costs, "Cost", Glyph::Cost),
    (Route::Examples, "Examples", Glyph::Examples),
];

/// As [`is_at`]; all resources are among the services.
fn is_below(route: &Route, place: &Route) -> bool {
    match route {
        Route::Queues | Route::Queue(_) | Route::Resources(_) | Route::Resource(..) => {
            *place == Route::Services
        }
        // There is no room for labs; examples lead to them.
        Route::Labs
        | Route::Lab(_)
        | Route::LabStep { .. }
        | Route::Receipts
        | Route::Receipt(_) => *place == Route::Examples,
        other => is_at(other, place),
    }
}

#[component]
fn BottomNavigation(props: &NavigationProps) -> Html {
    html! {
        <nav class="bottom-navigation" aria-label="Coldstart, at the bottom">
            for (place, label, glyph) in BELOW {
                <a key={label} href={place.format()} aria-current={is_below(&props.route, &place).then_some("page")}><Icon {glyph} /><span>{ label }</span></a>
            }
        </nav>
    }
}
