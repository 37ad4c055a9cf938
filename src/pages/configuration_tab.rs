//! The Configuration tab: what the function may use, and what it is told.

use crate::actions;
use crate::components::{Alert, Button, ButtonKind, Field, Glyph, Panel, number_of, text_of};
use crate::hooks::{use_app, use_document, use_session};
use crate::model::{CallError, Settings, Tone, advice};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// What a key stroke in the variables does to them.
type EditVariables = Rc<dyn Fn(&mut Vec<(String, String)>, String)>;

/// The form's texts, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Form {
    memory: String,
    timeout: String,
    ephemeral: String,
    description: String,
    environment: Vec<(String, String)>,
}

impl Form {
    fn of(settings: &Settings) -> Self {
        Self {
            memory: settings.memory_mb.to_string(),
            timeout: settings.timeout_seconds.to_string(),
            ephemeral: settings.ephemeral_mb.to_string(),
            description: settings.description.clone(),
            environment: settings.environment.clone(),
        }
    }
    /// What is not a number cannot be sent; whether a number is allowed is AWS's to say.
    fn settings(&self) -> Option<Settings> {
        let environment = self
            .environment
            .iter()
            .filter(|(key, value)| !key.is_empty() || !value.is_empty())
            .cloned()
            .collect();
        Some(Settings {
            memory_mb: number_of(&self.memory)?,
            timeout_seconds: number_of(&self.timeout)?,
            ephemeral_mb: number_of(&self.ephemeral)?,
            description: self.description.clone(),
            environment,
        })
    }
}

#[derive(PartialEq, Properties)]
pub struct ConfigurationTabProps {
    pub name: AttrValue,
}

/// The tab.
#[component]
pub fn ConfigurationTab(props: &ConfigurationTabProps) -> Html {
    let name = props.name.to_string();
    let settings = use_session(move |session| {
        let detail = session.details.get(&name).cloned().flatten()?;
        Some(Settings::from_configuration(&detail.configuration))
    });
    match settings {
        Some(settings) => {
            html! { <SettingsForm name={props.name.clone()} settings={Rc::new(settings)} /> }
        }
        None => {
            html! { <Panel title="General configuration"><p class="quiet">{ "The configuration is known once the history was replayed." }</p></Panel> }
        }
    }
}

#[derive(PartialEq, Properties)]
struct SettingsFormProps {
    name: AttrValue,
    settings: Rc<Settings>,
}

#[component]
fn SettingsForm(props: &SettingsFormProps) -> Html {
    let app = use_app();
    let read_only = use_document(|document| document.read_only());
    let form = use_state(|| Form::of(&props.settings));
    let fault = use_state(|| None::<CallError>);
    let busy = use_state(|| false);
    {
        // What the engine says now takes the form's place: it changed because this form, or a replay, changed it.
        let form = form.clone();
        use_effect_with(props.settings.clone(), move |settings| form.set(Form::of(settings)));
    }
    let changed = *form != Form::of(&props.settings);
    let settings = form.settings();
    let number_fault =
        |text: &str| number_of(text).is_none().then(|| AttrValue::from("Enter a whole number."));
    let set = |edit: fn(&mut Form, String)| {
        let form = form.clone();
        Callback::from(move |event: InputEvent| {
            let mut next = (*form).clone();
            edit(&mut next, text_of(&event));
            form.set(next);
        })
    };
    let save = {
        let (app, name, fault, busy, settings) =
            (app, props.name.clone(), fault.clone(), busy.clone(), settings.clone());
        Callback::from(move |()| {
            let Some(settings) = settings.clone().filter(|_| changed && !read_only && !*busy)
            else {
                return;
            };
            let (app, name, fault, busy) = (app.clone(), name.clone(), fault.clone(), busy.clone());
            busy.set(true);
            spawn_local(async move {
                fault.set(actions::configure(&app, &name, &settings).await.err());
                busy.set(false);
            });
        })
    };
    let reset = {
        let (form, settings, fault) = (form.clone(), props.settings.clone(), fault.clone());
        Callback::from(move |_: MouseEvent| {
            form.set(Form::of(&settings));
            fault.set(None);
        })
    };
    let onsubmit = {
        let save = save.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            save.emit(());
        })
    };
    let onkeydown = {
        let save = save.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "s" && (event.ctrl_key() || event.meta_key()) {
                event.prevent_default();
                save.emit(());
            }
        })
    };
    let buttons = html! {
        <>
            <Button kind={ButtonKind::Link} label="Cancel" disabled={!changed} onclick={reset} />
            <Button kind={ButtonKind::Primary} label="Save" shortcut="Control+S" disabled={!changed || settings.is_none() || read_only} busy={*busy}
                onclick={save.reform(|_: MouseEvent| ())} />
        </>
    };
    let number = |id: &'static str, value: &String, edit: fn(&mut Form, String)| {
        html! { <input {id} inputmode="numeric" autocomplete="off" value={value.clone()} readonly={read_only} oninput={set(edit)} aria-describedby={format!("{id}-hint")} /> }
    };
    let environment = |edit: EditVariables| {
        let form = form.clone();
        Callback::from(move |text: String| {
            let mut next = (*form).clone();
            edit(&mut next.environment, text);
            form.set(next);
        })
    };
    let add = environment(Rc::new(|variables, _| variables.push((String::new(), String::new()))));
    html! {
        <form class="configuration" {onsubmit} {onkeydown}>
            if let Some(fault) = &*fault { <div role="alert">{ refused(fault) }</div> }
            <Panel title="General configuration" actions={buttons}>
                <div class="configuration-fields">
                    <Field id="config-memory" label="Memory (MB)" hint="128 to 10,240. More memory is a faster processor." fault={number_fault(&form.memory)}>
                        { number("config-memory", &form.memory, |form, text| form.memory = text) }
                    </Field>
                    <Field id="config-timeout" label="Timeout (seconds)" hint="1 to 900." fault={number_fault(&form.timeout)}>
                        { number("config-timeout", &form.timeout, |form, text| form.timeout = text) }
                    </Field>
                    <Field id="config-ephemeral" label="Ephemeral storage /tmp (MB)" hint="512 to 10,240." fault={number_fault(&form.ephemeral)}>
                        { number("config-ephemeral", &form.ephemeral, |form, text| form.ephemeral = text) }
                    </Field>
                    <Field id="config-description" label="Description" hint="At most 256 characters.">
                        <input id="config-description" autocomplete="off" value={form.description.clone()} readonly={read_only} oninput={set(|form, text| form.description = text)} aria-describedby="config-description-hint" />
                    </Field>
                </div>
            </Panel>
            <Panel title="Environment variables" counter={form.environment.len().to_string()}
                description="The handler reads them as it does on Lambda. New environments get them; a change ends the old ones.">
                if form.environment.is_empty() { <p class="quiet">{ "No environment variables." }</p> }
                for (index, (key, value)) in form.environment.iter().enumerate() {
                    <div class="variable" key={index}>
                        <input aria-label={format!("Key {}", index + 1)} placeholder="KEY" value={key.clone()} readonly={read_only} autocomplete="off" spellcheck="false"
                            oninput={environment(Rc::new(move |variables, text| if let Some(variable) = variables.get_mut(index) { variable.0 = text })).reform(|event: InputEvent| text_of(&event))} />
                        <input aria-label={format!("Value {}", index + 1)} placeholder="value" value={value.clone()} readonly={read_only} autocomplete="off" spellcheck="false"
                            oninput={environment(Rc::new(move |variables, text| if let Some(variable) = variables.get_mut(index) { variable.1 = text })).reform(|event: InputEvent| text_of(&event))} />
                        <Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Remove variable {}", index + 1)} disabled={read_only}
                            onclick={environment(Rc::new(move |variables, _| if index < variables.len() { variables.remove(index); })).reform(|_: MouseEvent| String::new())} />
                    </div>
                }
                <Button glyph={Glyph::Add} label="Add variable" disabled={read_only} onclick={add.reform(|_: MouseEvent| String::new())} />
            </Panel>
        </form>
    }
}

fn refused(error: &CallError) -> Html {
    match error {
        CallError::EngineLost => {
            html! { <Alert tone={Tone::Error} title="The engine stopped while it saved this." /> }
        }
        CallError::Refused(failure) => html! {
            <Alert tone={Tone::Error} title={format!("{} (HTTP {})", failure.code, failure.status)}>
                <p class="aws-message">{ &failure.message }</p>
                if let Some(advice) = advice(&failure.code) { <p>{ advice }</p> }
            </Alert>
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_variables_are_left_out_and_texts_that_are_no_numbers_are_not_sent() {
        let mut form = Form::of(&Settings::default());
        form.environment = vec![("A".into(), "1".into()), (String::new(), String::new())];
        assert_eq!(
            form.settings().map(|settings| settings.environment),
            Some(vec![("A".to_owned(), "1".to_owned())])
        );
        form.memory = "much".into();
        assert_eq!(form.settings(), None);
    }
}
