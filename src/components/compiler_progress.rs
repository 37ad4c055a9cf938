//! How far the compiler of AssemblyScript has been fetched.

use crate::host;
use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use yew::prelude::*;

/// Shows nothing unless a compiler is being fetched.
#[component]
pub fn CompilerProgress() -> Html {
    let arrived = use_state(|| None::<f64>);
    use_effect_with((), {
        let arrived = arrived.clone();
        move |()| {
            // Sent by www/assemblyscript-src/compile.js.
            let listener =
                EventListener::new(&host::window(), "coldstart-compiler", move |event| {
                    let event = event.dyn_ref::<web_sys::CustomEvent>();
                    let part = event.and_then(|event| event.detail().as_f64());
                    arrived.set(part.filter(|part| *part < 1.0));
                });
            move || drop(listener)
        }
    });
    let Some(part) = *arrived else { return html! {} };
    html! {
        <p class="compiler-progress" role="status">
            <label for="compiler-progress">{ "Fetching the AssemblyScript compiler, once …" }</label>
            <progress id="compiler-progress" max="100" value={format!("{:.0}", part * 100.0)} />
        </p>
    }
}
