//! Draws a component again when the part of a store that it selected has changed, and only then.

use crate::app::{App, Chosen, Here, Services};
use crate::model::{Document, Labs, Library, Notices, Runs, Session};
use crate::store::Store;
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

/// The services.
#[hook]
pub fn use_app() -> App {
    use_context::<App>().expect("components stand below Root")
}

type Selector<T, U> = Rc<dyn Fn(&T) -> U>;
type Drawn<T, U> = Rc<RefCell<Option<(U, Selector<T, U>)>>>;

#[hook]
fn use_selected<T, U, P, S>(pick: P, select: S) -> U
where
    T: Reducible + 'static,
    U: PartialEq + Clone + 'static,
    P: Fn(&Services) -> &Store<T> + Copy + 'static,
    S: Fn(&T) -> U + 'static,
{
    let app = use_app();
    let update = use_force_update();
    let current = select(&pick(&app).get());
    // What was drawn last, and how it was selected: props may change the selector from one render to the next.
    let drawn: Drawn<T, U> = use_mut_ref(|| None);
    *drawn.borrow_mut() = Some((current.clone(), Rc::new(select)));
    use_effect_with(app, move |app| {
        let check: Rc<dyn Fn()> = {
            let app = app.clone();
            Rc::new(move || {
                let state = pick(&app).get();
                let changed = match &*drawn.borrow() {
                    Some((value, select)) => *value != select(&state),
                    None => false,
                };
                if changed {
                    update.force_update();
                }
            })
        };
        // Something may have changed between the render and now.
        check();
        let id = pick(app).listen(check);
        let app = app.clone();
        move || pick(&app).forget(id)
    });
    current
}

/// A part of the document.
#[hook]
pub fn use_document<U: PartialEq + Clone + 'static>(
    select: impl Fn(&Document) -> U + 'static,
) -> U {
    use_selected(|services: &Services| &services.document, select)
}
/// A part of what the engine told.
#[hook]
pub fn use_session<U: PartialEq + Clone + 'static>(select: impl Fn(&Session) -> U + 'static) -> U {
    use_selected(|services: &Services| &services.session, select)
}
/// A part of the tests.
#[hook]
pub fn use_runs<U: PartialEq + Clone + 'static>(select: impl Fn(&Runs) -> U + 'static) -> U {
    use_selected(|services: &Services| &services.runs, select)
}
/// A part of the messages.
#[hook]
pub fn use_notices<U: PartialEq + Clone + 'static>(select: impl Fn(&Notices) -> U + 'static) -> U {
    use_selected(|services: &Services| &services.notices, select)
}
/// A part of the list of workspaces.
#[hook]
pub fn use_library<U: PartialEq + Clone + 'static>(select: impl Fn(&Library) -> U + 'static) -> U {
    use_selected(|services: &Services| &services.library, select)
}
/// A part of what is known of labs.
#[hook]
pub fn use_labs<U: PartialEq + Clone + 'static>(select: impl Fn(&Labs) -> U + 'static) -> U {
    use_selected(|services: &Services| &services.labs, select)
}
/// A part of where the visitor is.
#[hook]
pub fn use_here<U: PartialEq + Clone + 'static>(select: impl Fn(&Here) -> U + 'static) -> U {
    use_selected(|services: &Services| &services.here, select)
}
/// A part of the preferences.
#[hook]
pub fn use_chosen<U: PartialEq + Clone + 'static>(select: impl Fn(&Chosen) -> U + 'static) -> U {
    use_selected(|services: &Services| &services.chosen, select)
}
