//! What stands in the page's place when the engine cannot be had.

use super::{Alert, Button, ButtonKind};
use crate::actions;
use crate::hooks::use_app;
use crate::host;
use crate::model::{EnginePhase, Tone};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct FailureProps {
    pub phase: EnginePhase,
}

/// Why nothing works, and the way out.
#[component]
pub fn Failure(props: &FailureProps) -> Html {
    let app = use_app();
    let reload = Callback::from(|_: MouseEvent| host::reload());
    let download = Callback::from(move |_: MouseEvent| {
        let app = app.clone();
        spawn_local(async move {
            if let Err(error) = actions::download_file(&app).await {
                app.say(error);
            }
        });
    });
    let (title, text) = match &props.phase {
        EnginePhase::Mismatch => (
            "A newer version of Coldstart is there.",
            "Page and engine are of different versions. Reload to get both; your work is stored."
                .to_owned(),
        ),
        EnginePhase::Broken(message) => (
            "The engine does not start.",
            format!("It failed several times in a row and said: {message}"),
        ),
        _ => ("The engine is not ready.", String::new()),
    };
    html! {
        <main id="main" class="failure" tabindex="-1">
            <h1>{ "Coldstart" }</h1>
            <Alert tone={Tone::Error} {title}>
                <p>{ text }</p>
                <div class="button-row">
                    <Button kind={ButtonKind::Primary} label="Reload" onclick={reload} />
                    if matches!(props.phase, EnginePhase::Broken(_)) { <Button label="Download workspace" onclick={download} /> }
                </div>
            </Alert>
        </main>
    }
}
