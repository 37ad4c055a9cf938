//! The tags of a resource, whatever service it is of.

use super::form::{form_panel, use_asked_form, use_sender};
use super::{pair_rows, pairs_of, written};
use crate::hooks::use_query;
use crate::model::{tag_changes, tags_in, tags_request};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct TagEditorProps {
    /// Whose tags.
    pub arn: AttrValue,
    pub read_only: bool,
}

/// A panel with keys and values.
#[component]
pub fn TagEditor(props: &TagEditorProps) -> Html {
    let arn = props.arn.to_string();
    let answer = use_query(tags_request(&arn));
    let before = match &answer {
        Some(Ok(output)) => tags_in(&arn, output),
        _ => Vec::new(),
    };
    let form = use_asked_form("tags", &answer, written(&before), props.read_only);
    let sender = use_sender();
    let pairs = pairs_of(&form);
    let save = {
        let (sender, pairs) = (sender.clone(), pairs.clone());
        Callback::from(move |()| {
            let requests = tag_changes(&arn, &before, &pairs);
            sender.send(requests, "The tags were saved.", Callback::noop());
        })
    };
    form_panel(
        "Tags",
        "Keys and values by which resources are found and their costs divided.",
        &form,
        &sender,
        true,
        &save,
        html! {
            <>
                if pairs.is_empty() { <p class="quiet">{ "No tags." }</p> }
                { pair_rows(&form, "tag") }
            </>
        },
    )
}
