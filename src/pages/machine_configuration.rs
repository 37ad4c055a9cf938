//! A machine's type, logging and tags.

use crate::actions;
use crate::components::machine::{moment, refused};
use crate::components::{Button, ButtonKind, Facts, Field, Panel, TagEditor, text_of};
use crate::hooks::{Answer, use_app};
use crate::model::{CallError, Logging, machine_arn, machine_type_label};
use serde_json::Value;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

const LEVELS: [(&str, &str); 4] =
    [("OFF", "Off"), ("FATAL", "Fatal errors"), ("ERROR", "Errors"), ("ALL", "All events")];

#[derive(PartialEq, Properties)]
pub struct MachineConfigurationProps {
    pub name: AttrValue,
    pub read_only: bool,
    pub described: Answer,
}

/// The tab.
#[component]
pub fn MachineConfiguration(props: &MachineConfigurationProps) -> Html {
    let output = match &props.described {
        Some(Ok(output)) => output.clone(),
        Some(Err(_)) => {
            return html! { <Panel title="General configuration"><p class="quiet">{ "The configuration is known once the machine was saved." }</p></Panel> };
        }
        None => return html! { <p class="quiet" role="status">{ "Loading …" }</p> },
    };
    let text = |member: &str| output.get(member).and_then(Value::as_str).unwrap_or("–").to_owned();
    let created = output.get("creationDate").and_then(Value::as_f64).unwrap_or_default();
    let facts: Vec<(AttrValue, Html)> = vec![
        ("Type".into(), machine_type_label(&text("type")).into()),
        ("Status".into(), text("status").into()),
        ("Created".into(), moment(created)),
        ("ARN".into(), html! { <code class="machine-arn">{ text("stateMachineArn") }</code> }),
        ("Role".into(), html! { <code class="machine-arn">{ text("roleArn") }</code> }),
    ];
    let logging = Logging::of(&output, &props.name);
    // What the engine says now takes the form's place.
    let key = format!("{logging:?}");
    html! {
        <div class="machine-configuration">
            <Panel title="General configuration"><Facts {facts} /></Panel>
            <LoggingForm {key} name={props.name.clone()} {logging} read_only={props.read_only} />
            <TagEditor arn={text("stateMachineArn")} read_only={props.read_only} />
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct LoggingFormProps {
    name: AttrValue,
    logging: Logging,
    read_only: bool,
}

#[component]
fn LoggingForm(props: &LoggingFormProps) -> Html {
    let app = use_app();
    let form = use_state(|| props.logging.clone());
    let fault = use_state(|| None::<CallError>);
    let busy = use_state(|| false);
    let changed = *form != props.logging;
    let set = |edit: fn(&mut Logging, String)| {
        let form = form.clone();
        Callback::from(move |text: String| {
            let mut next = (*form).clone();
            edit(&mut next, text);
            form.set(next);
        })
    };
    let save = {
        let (form, fault, busy, arn) =
            (form.clone(), fault.clone(), busy.clone(), machine_arn(&props.name));
        Callback::from(move |_: MouseEvent| {
            let (app, form, fault, busy, arn) =
                (app.clone(), (*form).clone(), fault.clone(), busy.clone(), arn.clone());
            busy.set(true);
            spawn_local(async move {
                fault.set(actions::save_logging(&app, &arn, &form).await.err());
                busy.set(false);
            });
        })
    };
    let on_data = {
        let form = form.clone();
        Callback::from(move |event: Event| {
            let mut next = (*form).clone();
            next.data = event.target_unchecked_into::<HtmlInputElement>().checked();
            form.set(next);
        })
    };
    let actions = html! { <Button kind={ButtonKind::Primary} label="Save" name="Save logging" disabled={!changed || props.read_only} busy={*busy} onclick={save} /> };
    html! {
        <Panel title="Logging" {actions} description="Which history events go to CloudWatch Logs.">
            if let Some(fault) = &*fault { <div role="alert">{ refused(fault) }</div> }
            <div class="configuration-fields">
                <Field id="logging-level" label="Log level">
                    <select id="logging-level" disabled={props.read_only} onchange={set(|form, text| form.level = text).reform(|event: Event| text_of(&event))} aria-describedby="logging-level-hint">
                        for (value, label) in LEVELS { <option key={value} {value} selected={form.level == value}>{ label }</option> }
                    </select>
                </Field>
                <Field id="logging-group" label="Log group ARN">
                    <input id="logging-group" value={form.group_arn.clone()} readonly={props.read_only || form.level == "OFF"} autocomplete="off" spellcheck="false"
                        oninput={set(|form, text| form.group_arn = text).reform(|event: InputEvent| text_of(&event))} aria-describedby="logging-group-hint" />
                </Field>
                <label class="machine-check"><input type="checkbox" checked={form.data} disabled={props.read_only || form.level == "OFF"} onchange={on_data} />{ "Include inputs and outputs" }</label>
            </div>
        </Panel>
    }
}
