//! The dialog that creates a state machine from a template.

use super::refused;
use crate::actions;
use crate::components::{Button, ButtonKind, Field, Modal, Segments, text_of};
use crate::hooks::use_app;
use crate::model::{CallError, TEMPLATES, draft_of, machine_name_fault};
use coldstart_workspace::MachineType;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// The dialog.
#[component]
pub fn CreateMachine() -> Html {
    let app = use_app();
    let name = use_state(String::new);
    let template = use_state(|| 0usize);
    let machine_type = use_state(MachineType::default);
    let names = use_state(|| Rc::new(Vec::<String>::new()));
    let fault = use_state(|| None::<CallError>);
    let touched = use_state(|| false);
    let busy = use_state(|| false);
    {
        let (app, names) = (app.clone(), names.clone());
        use_effect_with((), move |()| {
            spawn_local(async move { names.set(Rc::new(actions::machine_names(&app).await)) });
        });
    }
    let wrong_name: Option<AttrValue> = match machine_name_fault(&name) {
        Some(fault) => Some(fault.into()),
        None if names.contains(&name) => {
            Some("There is a state machine of this name already.".into())
        }
        None => None,
    };
    let on_close = {
        let app = app.clone();
        Callback::from(move |()| app.close_dialog())
    };
    let on_name = {
        let (name, touched) = (name.clone(), touched.clone());
        Callback::from(move |event: InputEvent| {
            name.set(text_of(&event));
            touched.set(true);
        })
    };
    let on_type = {
        let machine_type = machine_type.clone();
        Callback::from(move |value: AttrValue| {
            machine_type.set(if value == "EXPRESS" {
                MachineType::Express
            } else {
                MachineType::Standard
            });
        })
    };
    let submit = {
        let (app, name, fault, busy, touched) =
            (app, name.clone(), fault.clone(), busy.clone(), touched.clone());
        let (wrong, chosen, machine_type) = (wrong_name.is_some(), *template, *machine_type);
        Callback::from(move |()| {
            touched.set(true);
            if wrong || *busy {
                return;
            }
            let (app, name, fault, busy) =
                (app.clone(), (*name).clone(), fault.clone(), busy.clone());
            busy.set(true);
            spawn_local(async move {
                let draft = draft_of(&TEMPLATES[chosen], machine_type);
                match actions::create_state_machine(&app, &name, draft).await {
                    Ok(()) => app.close_dialog(),
                    Err(error) => {
                        fault.set(Some(error));
                        busy.set(false);
                    }
                }
            });
        })
    };
    let onsubmit = {
        let submit = submit.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            submit.emit(());
        })
    };
    let footer = html! {
        <>
            <Button kind={ButtonKind::Link} label="Cancel" onclick={on_close.reform(|_: MouseEvent| ())} />
            <Button kind={ButtonKind::Primary} label="Create state machine" busy={*busy} onclick={submit.reform(|_: MouseEvent| ())} />
        </>
    };
    let selected = if *machine_type == MachineType::Express { "EXPRESS" } else { "STANDARD" };
    html! {
        <Modal title="Create state machine" {on_close} {footer} wide={true}>
            <form class="create-function" {onsubmit}>
                <Field id="create-machine-name" label="State machine name" hint="At most 80 characters, without spaces." fault={wrong_name.filter(|_| *touched)}>
                    <input id="create-machine-name" autocomplete="off" spellcheck="false" value={(*name).clone()} oninput={on_name} aria-describedby="create-machine-name-hint" />
                </Field>
                <div class="field">
                    <span class="machine-type-label">{ "Type" }</span>
                    <Segments label="Type" name="create-machine-type" {selected} on_select={on_type}
                        options={vec![("STANDARD".into(), "Standard".into()), ("EXPRESS".into(), "Express".into())]} />
                    <p class="field-hint">{ if *machine_type == MachineType::Express { "Short and many: up to 5 minutes, its history goes to the logs." } else { "Long and exact: up to a year, with a history of every event." } }</p>
                </div>
                <fieldset class="tiles">
                    <legend>{ "Begin with" }</legend>
                    for (index, offered) in TEMPLATES.iter().enumerate() {
                        <label key={offered.key} class={classes!("tile", (index == *template).then_some("tile-selected"))}>
                            <input type="radio" name="create-machine-from" checked={index == *template}
                                onchange={ let template = template.clone(); Callback::from(move |_: Event| template.set(index)) } />
                            <span class="tile-title">{ offered.title }</span>
                            <span class="tile-text">{ offered.summary }</span>
                        </label>
                    }
                </fieldset>
                if let Some(fault) = &*fault { <div role="alert">{ refused(fault) }</div> }
            </form>
        </Modal>
    }
}
