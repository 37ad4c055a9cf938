//! Keeps a window open at the engine as long as a component shows it.

use super::use_app;
use crate::actions;
use coldstart_protocol::ViewSpec;
use yew::prelude::*;

/// Asks for a window while the component is there; none asks for nothing.
#[hook]
pub fn use_view(spec: Option<ViewSpec>) {
    let app = use_app();
    use_effect_with((app, spec), |(app, spec)| {
        let id = spec.clone().map(|spec| actions::watch(app, spec));
        let app = app.clone();
        move || {
            if let Some(id) = id {
                actions::unwatch(&app, id);
            }
        }
    });
}
