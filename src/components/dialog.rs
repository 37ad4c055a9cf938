//! Dialogs: the browser's own element, which keeps the focus inside, hides the rest and closes on Esc.

use super::{Button, ButtonKind, Glyph};
use crate::host;
use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlElement};
use yew::prelude::*;

/// Whether a dialog is open, what opens it, and what closes it.
#[hook]
pub fn use_open() -> (bool, Callback<MouseEvent>, Callback<()>) {
    let open = use_state(|| false);
    let (is_open, shown) = (*open, open.clone());
    let on_open = Callback::from(move |_: MouseEvent| shown.set(true));
    (is_open, on_open, Callback::from(move |()| open.set(false)))
}

#[derive(PartialEq, Properties)]
pub struct ModalProps {
    pub title: AttrValue,
    pub on_close: Callback<()>,
    /// Buttons below; without any, the cross closes it.
    #[prop_or_default]
    pub footer: Html,
    #[prop_or_default]
    pub wide: bool,
    #[prop_or_default]
    pub children: Html,
}

/// A modal dialog, open as long as it is on the page.
#[component]
pub fn Modal(props: &ModalProps) -> Html {
    let element = use_node_ref();
    use_effect_with(element.clone(), |element| {
        let dialog = element.cast::<HtmlDialogElement>();
        let before = host::document()
            .active_element()
            .and_then(|element| element.dyn_into::<HtmlElement>().ok());
        if let Some(dialog) = &dialog {
            let _ = dialog.show_modal();
        }
        move || {
            if let Some(dialog) = dialog {
                dialog.close();
            }
            // The element goes with its dialog, so the browser would not give the focus back.
            if let Some(before) = before.filter(|element| element.is_connected()) {
                let _ = before.focus();
            }
        }
    });
    let oncancel = {
        let on_close = props.on_close.clone();
        Callback::from(move |event: Event| {
            event.prevent_default();
            on_close.emit(());
        })
    };
    // A click on the backdrop arrives at the dialog itself, one inside it at its content.
    let onclick = {
        let (on_close, element) = (props.on_close.clone(), element.clone());
        Callback::from(move |event: MouseEvent| {
            if event.target().is_some_and(|target| {
                element.get().is_some_and(|node| node.is_same_node(target.dyn_ref()))
            }) {
                on_close.emit(());
            }
        })
    };
    html! {
        <dialog ref={element} class={classes!("modal", props.wide.then_some("modal-wide"))} aria-labelledby="modal-title" {oncancel} {onclick}>
            <div class="modal-box">
                <header class="modal-header">
                    <h2 id="modal-title">{ props.title.clone() }</h2>
                    <Button kind={ButtonKind::Icon} glyph={Glyph::Close} label="Close" onclick={props.on_close.reform(|_: MouseEvent| ())} />
                </header>
                <div class="modal-content">{ props.children.clone() }</div>
                if props.footer != Html::default() { <footer class="modal-footer">{ props.footer.clone() }</footer> }
            </div>
        </dialog>
    }
}

/// A dialog with a form: Enter sends it. `busy` and `ready` say whether it can be sent.
pub fn form_modal(
    title: &str,
    label: &'static str,
    (busy, ready): (bool, bool),
    send: &Callback<()>,
    on_close: &Callback<()>,
    content: Html,
) -> Html {
    let onsubmit = {
        let send = send.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if ready && !busy {
                send.emit(());
            }
        })
    };
    let footer = html! {
        <>
            <Button kind={ButtonKind::Link} label="Cancel" onclick={on_close.reform(|_: MouseEvent| ())} />
            <Button kind={ButtonKind::Primary} {label} {busy} disabled={!ready || busy} onclick={send.reform(|_: MouseEvent| ())} />
        </>
    };
    html! {
        <Modal title={title.to_owned()} on_close={on_close.clone()} {footer}>
            <form class="version-form" {onsubmit}>{ content }<button type="submit" hidden={true} /></form>
        </Modal>
    }
}
