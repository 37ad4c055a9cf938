//! Environment variables: what the function is told.

use super::SectionProps;
use crate::components::form::{form_panel, use_form, use_sender};
use crate::components::{pair_rows, pairs_of, written};
use crate::model::{of_function, pairs_at};
use serde_json::{Map, Value, json};
use yew::prelude::*;

#[component]
pub(super) fn Variables(props: &SectionProps) -> Html {
    let before = pairs_at(&props.configuration, "/Environment/Variables");
    let form = use_form("variables", written(&before), props.read_only);
    let sender = use_sender();
    let pairs = pairs_of(&form);
    let save = {
        let (name, sender, pairs) = (props.name.clone(), sender.clone(), pairs.clone());
        Callback::from(move |()| {
            let variables: Map<String, Value> = pairs
                .iter()
                .filter(|(key, value)| !key.is_empty() || !value.is_empty())
                .map(|(key, value)| (key.clone(), json!(value)))
                .collect();
            let params = json!({ "Environment": { "Variables": variables } });
            let request = of_function("UpdateFunctionConfiguration", &name, params);
            sender.send(vec![request], "The variables were saved.", Callback::noop());
        })
    };
    form_panel(
        "Environment variables",
        "The handler reads them as it does on Lambda. New environments get them; a change ends the old ones.",
        &form,
        &sender,
        true,
        &save,
        html! {
            <>
                if pairs.is_empty() { <p class="quiet">{ "No environment variables." }</p> }
                { pair_rows(&form, "variable") }
            </>
        },
    )
}
