//! The policy of a queue, a topic or an event bus, as JSON.

use crate::components::form::{Texts, form_panel, use_form, use_sender};
use crate::model::{pretty_json, put_policy};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct AccessPolicyProps {
    /// Whose policy.
    pub(super) arn: AttrValue,
    /// As it is now; empty for none.
    pub(super) policy: AttrValue,
    /// Who may do what with it.
    pub(super) description: &'static str,
    pub(super) read_only: bool,
}

/// The policy, to be read and changed.
#[component]
pub(super) fn AccessPolicy(props: &AccessPolicyProps) -> Html {
    let form = use_form(
        "access-policy",
        Texts::from([("policy", pretty_json(&props.policy))]),
        props.read_only,
    );
    let sender = use_sender();
    let save = {
        let (sender, put) = (sender.clone(), put_policy(&props.arn, form.get("policy")));
        Callback::from(move |()| {
            let put = put.iter().cloned().collect();
            sender.send(put, "The access policy was saved.", Callback::noop());
        })
    };
    form_panel(
        "Access policy",
        props.description,
        &form,
        &sender,
        true,
        &save,
        html! { <div class="document-text">{ form.area("policy", "Policy document", "", 12) }</div> },
    )
}
