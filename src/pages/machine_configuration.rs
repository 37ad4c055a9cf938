//! A machine's type, logging and tags.

use crate::actions;
use crate::components::machine::{moment, refused};
use crate::components::{Button, ButtonKind, Facts, Field, Glyph, Panel, text_of};
use crate::hooks::{Answer, use_app, use_query};
use crate::model::{
    CallError, Logging, list_tags, machine_arn, machine_type_label, tag_resource, tags,
    untag_resource,
};
use coldstart_workspace::ApiRequest;
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
            <Tags name={props.name.clone()} read_only={props.read_only} />
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

#[derive(PartialEq, Properties)]
struct TagsProps {
    name: AttrValue,
    read_only: bool,
}

#[component]
fn Tags(props: &TagsProps) -> Html {
    let app = use_app();
    let arn = machine_arn(&props.name);
    let answer = use_query(Some(list_tags(&arn)));
    let (key, value) = (use_state(String::new), use_state(String::new));
    let fault = use_state(|| None::<CallError>);
    let known = match &answer {
        Some(Ok(output)) => tags(output),
        _ => Vec::new(),
    };
    let send = {
        let (fault, key, value) = (fault.clone(), key.clone(), value.clone());
        Callback::from(move |request: ApiRequest| {
            let (app, fault, key, value) = (app.clone(), fault.clone(), key.clone(), value.clone());
            spawn_local(async move {
                let result = app.engine.request(request, &[]).await;
                if result.is_ok() {
                    key.set(String::new());
                    value.set(String::new());
                }
                fault.set(result.err());
            });
        })
    };
    let set = |text: &UseStateHandle<String>| {
        let text = text.clone();
        Callback::from(move |event: InputEvent| text.set(text_of(&event)))
    };
    let add = {
        let (send, key, value, arn) = (send.clone(), key.clone(), value.clone(), arn.clone());
        Callback::from(move |()| {
            if !key.is_empty() {
                send.emit(tag_resource(&arn, &key, &value));
            }
        })
    };
    let onsubmit = {
        let add = add.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            add.emit(());
        })
    };
    html! {
        <Panel title="Tags" counter={known.len().to_string()}>
            if let Some(fault) = &*fault { <div role="alert">{ refused(fault) }</div> }
            if known.is_empty() { <p class="quiet">{ "No tags." }</p> }
            <ul class="machine-tags">
                for (key, value) in known.iter() {
                    <li key={key.clone()}><code>{ key }</code><span>{ value }</span>
                        <Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Remove tag {key}")} disabled={props.read_only}
                            onclick={ let (key, arn) = (key.clone(), arn.clone()); send.reform(move |_: MouseEvent| untag_resource(&arn, &key)) } /></li>
                }
            </ul>
            <form class="machine-tag-form" {onsubmit}>
                <input aria-label="Tag key" placeholder="Key" value={(*key).clone()} oninput={set(&key)} readonly={props.read_only} autocomplete="off" spellcheck="false" />
                <input aria-label="Tag value" placeholder="Value" value={(*value).clone()} oninput={set(&value)} readonly={props.read_only} autocomplete="off" spellcheck="false" />
                <Button glyph={Glyph::Add} label="Add tag" disabled={props.read_only || key.is_empty()} onclick={add.reform(|_: MouseEvent| ())} />
            </form>
        </Panel>
    }
}
