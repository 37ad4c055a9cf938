//! Destinations: where the outcome of an asynchronous event is sent.

use super::{SectionProps, use_targets};
use crate::components::form::{Texts, form_panel, use_asked_form, use_sender};
use crate::hooks::use_query;
use crate::model::{number_at, of_function, put_event_invoke_config, text_at};
use serde_json::json;
use yew::prelude::*;

#[component]
pub(super) fn Destinations(props: &SectionProps) -> Html {
    let config =
        use_query(Some(of_function("GetFunctionEventInvokeConfig", &props.name, json!({}))));
    let targets = use_targets(props, true);
    let known = match &config {
        Some(Ok(output)) => (**output).clone(),
        _ => json!({}),
    };
    let initial = Texts::from([
        ("success", text_at(&known, "/DestinationConfig/OnSuccess/Destination")),
        ("failure", text_at(&known, "/DestinationConfig/OnFailure/Destination")),
    ]);
    let form = use_asked_form("destinations", &config, initial, props.read_only);
    let sender = use_sender();
    // The numbers of the same configuration stay as they are.
    let request = put_event_invoke_config(
        &props.name,
        &number_at(&known, "/MaximumRetryAttempts"),
        &number_at(&known, "/MaximumEventAgeInSeconds"),
        form.get("success"),
        form.get("failure"),
    );
    let save = {
        let sender = sender.clone();
        Callback::from(move |()| {
            if let Some(request) = request.clone() {
                sender.send(vec![request], "The destinations were saved.", Callback::noop());
            }
        })
    };
    form_panel(
        "Destinations",
        "For asynchronous invocations: a record of the event, of what was answered or of why it was given up, is sent there.",
        &form,
        &sender,
        true,
        &save,
        html! {
            <div class="configuration-column">
                { form.suggested("success", "On success", "ARN of a queue, a topic, a function or an event bus. Empty: none.", &targets) }
                { form.suggested("failure", "On failure", "It gets the event when its retries are used up or it is too old. Empty: none.", &targets) }
            </div>
        },
    )
}
