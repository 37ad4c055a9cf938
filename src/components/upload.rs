//! Files: chosen by a button, or dropped.

use super::{Glyph, Icon};
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, File, HtmlInputElement};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct FileInputProps {
    pub id: AttrValue,
    pub label: AttrValue,
    /// Endings and media types, as `accept` takes them.
    pub accept: AttrValue,
    pub on_file: Callback<File>,
    #[prop_or_default]
    pub disabled: bool,
}

/// A button that opens the file chooser. The input itself takes the focus; its label is what is seen.
#[component]
pub fn FileInput(props: &FileInputProps) -> Html {
    let onchange = {
        let on_file = props.on_file.clone();
        Callback::from(move |event: Event| {
            let Some(input) =
                event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok())
            else {
                return;
            };
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                on_file.emit(file);
            }
            // The same file chosen again is a change again.
            input.set_value("");
        })
    };
    html! {
        <span class="file-input">
            <input type="file" class="visually-hidden" id={props.id.clone()} accept={props.accept.clone()} disabled={props.disabled} {onchange} />
            <label for={props.id.clone()} class="button button-normal"><Icon glyph={Glyph::Upload} /><span>{ props.label.clone() }</span></label>
        </span>
    }
}

#[derive(PartialEq, Properties)]
pub struct UploadAreaProps {
    pub on_file: Callback<File>,
    #[prop_or_default]
    pub disabled: bool,
    #[prop_or_default]
    pub class: Classes,
    #[prop_or_default]
    pub children: Html,
}

/// Takes files that are dropped anywhere on its content.
#[component]
pub fn UploadArea(props: &UploadAreaProps) -> Html {
    let over = use_state(|| false);
    let disabled = props.disabled;
    let ondragover = {
        let over = over.clone();
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            if !disabled && !*over {
                over.set(true);
            }
        })
    };
    let ondragleave = {
        let over = over.clone();
        Callback::from(move |_: DragEvent| over.set(false))
    };
    let ondrop = {
        let (over, on_file) = (over.clone(), props.on_file.clone());
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            over.set(false);
            let file =
                event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0));
            if let Some(file) = file.filter(|_| !disabled) {
                on_file.emit(file);
            }
        })
    };
    html! {
        <div class={classes!("upload-area", over.then_some("upload-area-over"), props.class.clone())} {ondragover} {ondragleave} {ondrop}>
            { props.children.clone() }
        </div>
    }
}
