//! Data: JSON laid out, with a button that copies it.

use crate::components::{ButtonKind, CopyButton};
use crate::model::{format_bytes, pretty_json};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct DataTextProps {
    pub title: AttrValue,
    /// None when the history does not hold it.
    pub text: Option<AttrValue>,
    /// What stands there instead.
    #[prop_or_default]
    pub missing: AttrValue,
    /// Beside the title.
    #[prop_or_default]
    pub note: AttrValue,
}

/// A titled text.
#[component]
pub fn DataText(props: &DataTextProps) -> Html {
    html! {
        <div class="data-text">
            <div class="result-part-head">
                <h3>{ props.title.clone() }
                    if let Some(text) = &props.text { <span class="panel-counter">{ format!(" ({})", format_bytes(text.len() as u64)) }</span> }
                    if !props.note.is_empty() { <span class="panel-counter">{ format!(" · {}", props.note) }</span> }
                </h3>
                if let Some(text) = &props.text { <CopyButton kind={ButtonKind::Icon} label={format!("Copy: {}", props.title)} text={text.clone()} /> }
            </div>
            { match &props.text {
                Some(text) => html! { <pre class="result-text" tabindex="0" role="group" aria-label={props.title.clone()}>{ pretty_json(text) }</pre> },
                None => html! { <p class="quiet">{ if props.missing.is_empty() { AttrValue::from("None.") } else { props.missing.clone() } }</p> },
            } }
        </div>
    }
}
