//! Asynchronous invocation: how long an event may live, how often it is retried, and the dead-letter queue.

use super::{SectionProps, use_targets};
use crate::components::form::{Texts, form_panel, use_asked_form, use_sender};
use crate::hooks::use_query;
use crate::model::{number_at, of_function, put_event_invoke_config, text_at};
use serde_json::json;
use yew::prelude::*;

/// What holds without a configuration ("Configuring error handling settings for Lambda asynchronous invocations").
const AGE_SECONDS_DEFAULT: &str = "21600";
const RETRIES_DEFAULT: &str = "2";

#[component]
pub(super) fn Asynchronous(props: &SectionProps) -> Html {
    let config =
        use_query(Some(of_function("GetFunctionEventInvokeConfig", &props.name, json!({}))));
    let targets = use_targets(props, false);
    let known = match &config {
        Some(Ok(output)) => (**output).clone(),
        _ => json!({}),
    };
    let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    let initial = Texts::from([
        ("age", or(number_at(&known, "/MaximumEventAgeInSeconds"), AGE_SECONDS_DEFAULT)),
        ("retries", or(number_at(&known, "/MaximumRetryAttempts"), RETRIES_DEFAULT)),
        ("dead", text_at(&props.configuration, "/DeadLetterConfig/TargetArn")),
    ]);
    let form = use_asked_form("async", &config, initial.clone(), props.read_only);
    let sender = use_sender();
    let put = put_event_invoke_config(
        &props.name,
        form.get("retries"),
        form.get("age"),
        &text_at(&known, "/DestinationConfig/OnSuccess/Destination"),
        &text_at(&known, "/DestinationConfig/OnFailure/Destination"),
    );
    let ready = put.is_some();
    let save = {
        let (name, sender, form) = (props.name.clone(), sender.clone(), form.clone());
        Callback::from(move |()| {
            let mut requests = Vec::new();
            if form.get("dead") != initial["dead"] {
                let params =
                    json!({ "DeadLetterConfig": { "TargetArn": form.get("dead").trim() } });
                requests.push(of_function("UpdateFunctionConfiguration", &name, params));
            }
            if ["age", "retries"].iter().any(|key| form.get(key) != initial[key]) {
                requests.extend(put.clone());
            }
            sender.send(requests, "The asynchronous configuration was saved.", Callback::noop());
        })
    };
    form_panel(
        "Asynchronous invocation",
        "For events that are queued: the first retry comes after one minute, the second after two more.",
        &form,
        &sender,
        ready,
        &save,
        html! {
            <div class="configuration-fields">
                { form.number("age", "Maximum age of event (seconds)", "60 to 21,600, which is six hours.") }
                { form.number("retries", "Retry attempts", "0 to 2, after the function failed.") }
                <div class="configuration-wide">{ form.suggested("dead", "Dead-letter queue", "ARN of a queue or a topic that gets the event itself when it is given up. Empty: none.", &targets) }</div>
            </div>
        },
    )
}
