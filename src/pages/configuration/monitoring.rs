//! Monitoring and operations tools: how logs are written, and tracing.

use super::SectionProps;
use crate::components::form::{Texts, form_panel, options, use_form, use_sender};
use crate::model::{of_function, text_at};
use serde_json::json;
use yew::prelude::*;

const APPLICATION_LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const SYSTEM_LEVELS: [&str; 3] = ["DEBUG", "INFO", "WARN"];

#[component]
pub(super) fn Monitoring(props: &SectionProps) -> Html {
    let of = &props.configuration;
    let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    let initial = Texts::from([
        ("format", text_at(of, "/LoggingConfig/LogFormat")),
        ("application", or(text_at(of, "/LoggingConfig/ApplicationLogLevel"), "INFO")),
        ("system", or(text_at(of, "/LoggingConfig/SystemLogLevel"), "INFO")),
        ("group", text_at(of, "/LoggingConfig/LogGroup")),
        ("tracing", text_at(of, "/TracingConfig/Mode")),
    ]);
    let form = use_form("monitoring", initial, props.read_only);
    let sender = use_sender();
    let json_format = form.get("format") == "JSON";
    let save = {
        let (name, sender, form) = (props.name.clone(), sender.clone(), form.clone());
        Callback::from(move |()| {
            let mut logging =
                json!({ "LogFormat": form.get("format"), "LogGroup": form.get("group") });
            if json_format {
                logging["ApplicationLogLevel"] = json!(form.get("application"));
                logging["SystemLogLevel"] = json!(form.get("system"));
            }
            let params = json!({ "LoggingConfig": logging, "TracingConfig": { "Mode": form.get("tracing") } });
            let request = of_function("UpdateFunctionConfiguration", &name, params);
            sender.send(vec![request], "The logging configuration was saved.", Callback::noop());
        })
    };
    form_panel(
        "Monitoring and operations tools",
        "",
        &form,
        &sender,
        true,
        &save,
        html! {
            <div class="configuration-fields">
                { form.select("format", "Log format", "JSON lines can be filtered by level.", &options(&["Text", "JSON"])) }
                if json_format {
                    { form.select("application", "Application log level", "", &options(&APPLICATION_LEVELS)) }
                    { form.select("system", "System log level", "", &options(&SYSTEM_LEVELS)) }
                }
                { form.text("group", "CloudWatch log group", "") }
                { form.select("tracing", "AWS X-Ray active tracing", "Which trace header the handler sees.", &options(&["PassThrough", "Active"])) }
            </div>
        },
    )
}
