//! General configuration: what the function may use.

use super::SectionProps;
use crate::components::form::{Texts, form_panel, use_form, use_sender};
use crate::model::{number_at, of_function, text_at};
use serde_json::json;
use yew::prelude::*;

#[component]
pub(super) fn General(props: &SectionProps) -> Html {
    let of = &props.configuration;
    let initial = Texts::from([
        ("memory", number_at(of, "/MemorySize")),
        ("timeout", number_at(of, "/Timeout")),
        ("ephemeral", number_at(of, "/EphemeralStorage/Size")),
        ("description", text_at(of, "/Description")),
    ]);
    let form = use_form("config", initial, props.read_only);
    let sender = use_sender();
    let number = |key: &str| form.get(key).trim().parse::<u64>().ok();
    let numbers = (number("memory"), number("timeout"), number("ephemeral"));
    let save = {
        let (name, sender) = (props.name.clone(), sender.clone());
        let description = form.get("description").to_owned();
        Callback::from(move |()| {
            let (Some(memory), Some(timeout), Some(ephemeral)) = numbers else { return };
            let params = json!({
                "Description": description, "MemorySize": memory, "Timeout": timeout, "EphemeralStorage": { "Size": ephemeral },
            });
            let request = of_function("UpdateFunctionConfiguration", &name, params);
            let said = format!("The configuration of {name} was saved.");
            sender.send(vec![request], said, Callback::noop());
        })
    };
    let ready = matches!(numbers, (Some(_), Some(_), Some(_)));
    form_panel(
        "General configuration",
        "",
        &form,
        &sender,
        ready,
        &save,
        html! {
            <div class="configuration-fields">
                { form.number("memory", "Memory (MB)", "128 to 10,240. More memory is a faster processor.") }
                { form.number("timeout", "Timeout (seconds)", "1 to 900.") }
                { form.number("ephemeral", "Ephemeral storage /tmp (MB)", "512 to 10,240.") }
                <div class="configuration-wide">{ form.text("description", "Description", "At most 256 characters.") }</div>
            </div>
        },
    )
}
