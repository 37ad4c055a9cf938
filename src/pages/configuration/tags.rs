//! Tags.

use super::SectionProps;
use super::variables::{pair_rows, pairs_of, written};
use crate::components::form::{form_panel, use_form, use_sender};
use crate::hooks::use_query;
use crate::model::{lambda, pairs_at, tag_changes};
use serde_json::json;
use yew::prelude::*;

#[component]
pub(super) fn Tags(props: &SectionProps) -> Html {
    let arn = props.arn();
    let answer = use_query(Some(lambda("ListTags", json!({ "Resource": arn }))));
    let before = match &answer {
        Some(Ok(output)) => pairs_at(output, "/Tags"),
        _ => Vec::new(),
    };
    let form = use_form("tags", written(&before), props.read_only);
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
        "Keys and values by which functions are found and their costs divided.",
        &form,
        &sender,
        true,
        &save,
        html! {
            <>
                if pairs.is_empty() { <p class="quiet">{ "No tags." }</p> }
                { pair_rows(&form, "tag", props.read_only) }
            </>
        },
    )
}
