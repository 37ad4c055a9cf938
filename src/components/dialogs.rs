//! Small dialogs: help, and questions before something goes.

use super::{Button, ButtonKind, Modal};
use crate::actions;
use crate::hooks::use_app;
use yew::prelude::*;

const KEYS: [(&str, &str); 6] = [
    ("Ctrl+Enter or ⌘+Enter", "Test the function"),
    ("Ctrl+S or ⌘+S", "Deploy the code, or save the form"),
    ("Esc, then Tab", "Leave the editor"),
    ("← → Home End", "Move between tabs"),
    ("?", "This help, when no field has the focus"),
    ("Esc", "Close a dialog"),
];

/// Keys, and what this is.
#[component]
pub fn HelpDialog() -> Html {
    let app = use_app();
    let on_close = Callback::from(move |()| app.close_dialog());
    html! {
        <Modal title="Help" {on_close}>
            <p>{ "Coldstart runs AWS Lambda functions as WebAssembly in this tab. There is no account, no server and no install, and nothing leaves the page." }</p>
            <p>{ "Time is virtual: a cold start, a timeout or a day of waiting takes no time of yours. The same history always gives the same result, so a link proves what it shows." }</p>
            <h3>{ "Keys" }</h3>
            <table class="keys">
                <thead class="visually-hidden"><tr><th scope="col">{ "Keys" }</th><th scope="col">{ "What they do" }</th></tr></thead>
                <tbody>
                    for (keys, meaning) in KEYS { <tr key={keys}><th scope="row"><kbd>{ keys }</kbd></th><td>{ meaning }</td></tr> }
                </tbody>
            </table>
        </Modal>
    }
}

#[derive(PartialEq, Properties)]
pub struct DeleteFunctionDialogProps {
    pub name: AttrValue,
}

/// Delete a function?
#[component]
pub fn DeleteFunctionDialog(props: &DeleteFunctionDialogProps) -> Html {
    let app = use_app();
    let on_close = {
        let app = app.clone();
        Callback::from(move |()| app.close_dialog())
    };
    let delete = {
        let name = props.name.clone();
        Callback::from(move |_: MouseEvent| {
            app.close_dialog();
            actions::delete(&app, &name);
        })
    };
    let footer = html! {
        <>
            <Button kind={ButtonKind::Link} label="Cancel" onclick={on_close.reform(|_: MouseEvent| ())} />
            <Button kind={ButtonKind::Primary} label="Delete" onclick={delete} />
        </>
    };
    html! {
        <Modal title={format!("Delete {}?", props.name)} {on_close} {footer}>
            <p>{ "Its code, its environments and its test events go. Its logs stay. You can undo this." }</p>
        </Modal>
    }
}

/// Reset the workspace?
#[component]
pub fn ResetDialog() -> Html {
    let app = use_app();
    let on_close = {
        let app = app.clone();
        Callback::from(move |()| app.close_dialog())
    };
    let reset = Callback::from(move |_: MouseEvent| {
        app.close_dialog();
        actions::reset(&app);
    });
    let footer = html! {
        <>
            <Button kind={ButtonKind::Link} label="Cancel" onclick={on_close.reform(|_: MouseEvent| ())} />
            <Button kind={ButtonKind::Primary} label="Reset" onclick={reset} />
        </>
    };
    html! {
        <Modal title="Reset this workspace?" {on_close} {footer}>
            <p>{ "Your functions, code and test events stay. Invocations, logs and environments go, and the clock starts again. You can undo this." }</p>
        </Modal>
    }
}
