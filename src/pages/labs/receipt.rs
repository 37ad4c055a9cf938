//! The receipt at the end of a lab: made here, handed in as a link or a file.

use crate::actions;
use crate::components::{Alert, Button, ButtonKind, CopyButton, Field, Panel, text_of};
use crate::hooks::use_app;
use crate::host;
use crate::model::Tone;
use coldstart_workspace::lab::PackedLab;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Under which name the visitor's name is kept: they need not write it after each lab.
const NAME: &str = "coldstart.labs.name";

#[derive(PartialEq, Properties)]
pub(super) struct ReceiptPanelProps {
    pub(super) lab: Rc<PackedLab>,
    /// Whether all steps are done.
    pub(super) done: bool,
}

type Made = Option<Result<actions::MadeReceipt, String>>;

#[component]
pub(super) fn ReceiptPanel(props: &ReceiptPanelProps) -> Html {
    let app = use_app();
    let name = use_state(|| host::setting(NAME).unwrap_or_default());
    let made = use_state(|| Made::None);
    let busy = use_state(|| false);
    if !props.done {
        return html! {
            <Panel title="Receipt"><p class="quiet">{ "When all steps are done, you get a receipt here: a link that proves to an instructor that your work passes, because their page runs it again." }</p></Panel>
        };
    }
    let make = {
        let (app, lab, name, made, busy) =
            (app.clone(), props.lab.clone(), name.clone(), made.clone(), busy.clone());
        Callback::from(move |_: MouseEvent| {
            let (app, lab, name, made, busy) =
                (app.clone(), lab.clone(), name.clone(), made.clone(), busy.clone());
            host::keep_setting(NAME, name.trim());
            busy.set(true);
            spawn_local(async move {
                let result = actions::make_receipt(&app, &lab, &name).await;
                app.say(if result.is_ok() {
                    "The receipt is made."
                } else {
                    "There is no receipt."
                });
                busy.set(false);
                made.set(Some(result));
            });
        })
    };
    let on_name = {
        let (name, made) = (name.clone(), made.clone());
        Callback::from(move |event: InputEvent| {
            name.set(text_of(&event));
            made.set(None);
        })
    };
    html! {
        <Panel title="Receipt" description="It holds your workspaces. Whoever has it sees what you made, and their page runs it again. It proves that the work passes, not who did it.">
            <div class="receipt-form">
                <Field id="receipt-name" label="Your name (optional)" hint="As your instructor knows you.">
                    <input id="receipt-name" maxlength="100" autocomplete="name" aria-describedby="receipt-name-hint" value={(*name).clone()} oninput={on_name} />
                </Field>
                <Button kind={ButtonKind::Primary} label="Make the receipt" busy={*busy} onclick={make} />
                { match &*made {
                    None => html! {},
                    Some(Err(fault)) => html! { <div role="alert"><Alert tone={Tone::Error} title="There is no receipt."><p>{ fault }</p></Alert></div> },
                    Some(Ok(made)) => html! { <Handed lab={props.lab.entry.id.clone()} made={made.clone()} /> },
                } }
            </div>
        </Panel>
    }
}

#[derive(PartialEq, Properties)]
struct HandedProps {
    lab: String,
    made: actions::MadeReceipt,
}

#[component]
fn Handed(props: &HandedProps) -> Html {
    let fault = use_state(|| None::<String>);
    let download = {
        let (file, fault, name) =
            (props.made.file.clone(), fault.clone(), format!("receipt-{}.txt", props.lab));
        Callback::from(move |_: MouseEvent| {
            fault.set(host::download(&name, "text/plain", file.as_bytes()).err());
        })
    };
    html! {
        <>
            { match &props.made.link {
                Ok(link) => html! {
                    <div class="share-link">
                        <label for="receipt-link">{ "Receipt" }</label>
                        <div class="share-row">
                            <input id="receipt-link" readonly=true value={link.clone()} />
                            <CopyButton kind={ButtonKind::Primary} label="Copy link" text={link.clone()} />
                        </div>
                    </div>
                },
                Err(why) => html! { <Alert tone={Tone::Info} title="The receipt is too long for a link."><p>{ why }</p></Alert> },
            } }
            <Button label="Download the file" onclick={download} />
            if let Some(fault) = &*fault { <div role="alert"><Alert tone={Tone::Error} title="The browser refused."><p>{ fault }</p></Alert></div> }
        </>
    }
}
