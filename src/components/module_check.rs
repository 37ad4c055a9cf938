//! What a file that somebody brings is, before it is deployed: its modules, their shapes, what they import and export, and why one is refused.

use super::{Alert, ModulePanel};
use crate::hooks::use_app;
use crate::model::{Tone, plural};
use coldstart_protocol::{BroughtFile, BroughtModule};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct ModuleCheckProps {
    /// A module, a zip or a container image.
    pub bytes: Rc<[u8]>,
}

/// What it is.
#[component]
pub fn ModuleCheck(props: &ModuleCheckProps) -> Html {
    let app = use_app();
    let found = use_state(|| None::<Rc<BroughtFile>>);
    {
        let found = found.clone();
        use_effect_with(props.bytes.clone(), move |bytes| {
            found.set(None);
            let bytes = bytes.clone();
            spawn_local(async move {
                found.set(app.engine.look(bytes).await.map(Rc::new));
            });
        });
    }
    let Some(file) = &*found else { return html! {} };
    html! {
        <div class="module-check" role="group" aria-label="What the file is">
            if let Some(fault) = &file.fault { <Alert tone={Tone::Error} title="This file would be refused."><p class="aws-message">{ fault }</p></Alert> }
            if !file.files.is_empty() {
                <details>
                    <summary>{ plural(file.files.len() as u64, "file") }</summary>
                    <ul class="module-list">
                        for path in file.files.iter() { <li key={path.clone()}><code>{ path }</code></li> }
                    </ul>
                </details>
            }
            for module in file.modules.iter() { { module_html(module) } }
        </div>
    }
}

fn module_html(module: &BroughtModule) -> Html {
    html! {
        <section key={module.path.clone()}>
            if !module.path.is_empty() { <h3><code>{ &module.path }</code></h3> }
            if let Some(refusal) = &module.refusal {
                <Alert tone={Tone::Error} title="This module would be refused."><p class="aws-message">{ refusal }</p></Alert>
            }
            if let Some(info) = &module.info { <ModulePanel module={Rc::new(info.clone())} foreign={Rc::new(module.foreign.clone())} /> }
        </section>
    }
}
