//! A machine's versions, and the aliases that send executions to them.

use crate::app::App;
use crate::components::machine::{moment, refused};
use crate::components::{Button, ButtonKind, Empty, Field, Glyph, Panel, form_modal, text_of};
use crate::hooks::{use_all, use_app, use_query};
use crate::model::{
    AliasForm, CallError, alias_name_fault, delete_alias, delete_version, describe_alias,
    describe_machine, list_aliases, list_versions, publish_version, qualified_arn, qualifiers,
};
use coldstart_workspace::ApiRequest;
use serde_json::Value;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// "A version description has at most 256 characters"; so has an alias's.
const DESCRIPTION_MAX: &str = "256";

#[derive(PartialEq, Properties)]
pub struct MachineVersionsProps {
    pub name: AttrValue,
    pub read_only: bool,
    /// Whether the machine is saved: what is not has no versions.
    pub saved: bool,
}

/// Which dialog is open.
#[derive(Clone, PartialEq)]
enum Open {
    Nothing,
    Publish,
    Alias(AliasForm, bool),
}

/// The tab.
#[component]
pub fn MachineVersions(props: &MachineVersionsProps) -> Html {
    let app = use_app();
    let versions = use_all(props.saved.then(|| list_versions(&props.name)));
    let aliases = use_all(props.saved.then(|| list_aliases(&props.name)));
    let open = use_state(|| Open::Nothing);
    let fault = use_state(|| None::<CallError>);
    if !props.saved {
        return html! { <Panel title="Versions"><p class="quiet">{ "A version is made of what is saved: save the state machine first." }</p></Panel> };
    }
    let rows = |answer: &crate::hooks::Answer| match answer {
        Some(Ok(output)) => qualifiers(output),
        _ => Vec::new(),
    };
    let (versions, aliases) = (rows(&versions), rows(&aliases));
    let show = {
        let open = open.clone();
        move |what: Open| {
            let open = open.clone();
            Callback::from(move |_: MouseEvent| open.set(what.clone()))
        }
    };
    let on_close = {
        let open = open.clone();
        Callback::from(move |()| open.set(Open::Nothing))
    };
    let send = {
        let fault = fault.clone();
        Callback::from(move |(request, done): (ApiRequest, String)| {
            let (app, fault) = (app.clone(), fault.clone());
            spawn_local(async move {
                let result = app.engine.request(request, &[]).await;
                if result.is_ok() {
                    app.say(done);
                }
                fault.set(result.err());
            });
        })
    };
    let newest = versions.first().map(|(version, _)| version.clone()).unwrap_or_default();
    let first_alias = AliasForm { version: newest.clone(), ..AliasForm::default() };
    let on_edit = {
        let open = open.clone();
        Callback::from(move |form: AliasForm| open.set(Open::Alias(form, false)))
    };
    let publish = html! { <Button kind={ButtonKind::Primary} label="Publish version" disabled={props.read_only} onclick={show(Open::Publish)} /> };
    let create = html! { <Button label="Create alias" disabled={props.read_only || versions.is_empty()} onclick={show(Open::Alias(first_alias, true))} /> };
    let numbers: Vec<String> = versions.iter().map(|(version, _)| version.clone()).collect();
    html! {
        <div class="machine-configuration">
            if let Some(fault) = &*fault { <div role="alert">{ refused(fault) }</div> }
            <Panel title="Versions" counter={versions.len().to_string()} actions={publish} flush={true} description="A version is the saved revision as it is now; it never changes.">
                if versions.is_empty() { <Empty glyph={Glyph::Machines} title="No versions" text="Publish one: aliases then send executions to it." /> }
                else {
                    <div class="table-scroll" tabindex="0" role="group" aria-label="Versions">
                        <table class="table machines-table">
                            <thead><tr><th scope="col">{ "Version" }</th><th scope="col">{ "Description" }</th><th scope="col">{ "Created" }</th><th scope="col"><span class="visually-hidden">{ "Actions" }</span></th></tr></thead>
                            <tbody>
                                for (version, created) in versions.iter() { <VersionLine key={version.clone()} name={props.name.clone()} version={version.clone()} created={*created} read_only={props.read_only} send={send.clone()} /> }
                            </tbody>
                        </table>
                    </div>
                }
            </Panel>
            <Panel title="Aliases" counter={aliases.len().to_string()} actions={create} flush={true} description="An alias sends executions to one version, or to two by their weights.">
                if aliases.is_empty() { <Empty glyph={Glyph::Machines} title="No aliases" text={if versions.is_empty() { "An alias needs a version." } else { "Create one to start executions of a version by name." }} /> }
                else {
                    <div class="table-scroll" tabindex="0" role="group" aria-label="Aliases">
                        <table class="table machines-table">
                            <thead><tr><th scope="col">{ "Alias" }</th><th scope="col">{ "Routing" }</th><th scope="col">{ "Description" }</th><th scope="col"><span class="visually-hidden">{ "Actions" }</span></th></tr></thead>
                            <tbody>
                                for (alias, _) in aliases.iter() { <AliasLine key={alias.clone()} name={props.name.clone()} alias={alias.clone()} read_only={props.read_only} on_edit={on_edit.clone()} send={send.clone()} /> }
                            </tbody>
                        </table>
                    </div>
                }
            </Panel>
            { match &*open {
                Open::Nothing => html! {},
                Open::Publish => html! { <PublishDialog name={props.name.clone()} {on_close} /> },
                Open::Alias(form, is_new) => html! { <AliasDialog name={props.name.clone()} form={form.clone()} is_new={*is_new} versions={numbers} {on_close} /> },
            } }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct VersionLineProps {
    name: AttrValue,
    version: AttrValue,
    created: f64,
    read_only: bool,
    send: Callback<(ApiRequest, String)>,
}

#[component]
fn VersionLine(props: &VersionLineProps) -> Html {
    let described = use_query(Some(describe_machine(&qualified_arn(&props.name, &props.version))));
    let description = described
        .and_then(Result::ok)
        .and_then(|output| output.get("description").and_then(Value::as_str).map(str::to_owned));
    let (name, version) = (props.name.clone(), props.version.clone());
    let delete = props.send.reform(move |_: MouseEvent| {
        (delete_version(&name, &version), format!("Version {version} was deleted."))
    });
    html! {
        <tr>
            <th scope="row">{ props.version.clone() }</th>
            <td>{ description.unwrap_or_else(|| "–".to_owned()) }</td>
            <td>{ moment(props.created) }</td>
            <td class="row-actions"><Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Delete version {}", props.version)} disabled={props.read_only} onclick={delete} /></td>
        </tr>
    }
}

#[derive(PartialEq, Properties)]
struct AliasLineProps {
    name: AttrValue,
    alias: AttrValue,
    read_only: bool,
    on_edit: Callback<AliasForm>,
    send: Callback<(ApiRequest, String)>,
}

#[component]
fn AliasLine(props: &AliasLineProps) -> Html {
    let described = use_query(Some(describe_alias(&props.name, &props.alias)));
    let form = described.and_then(Result::ok).map(|output| AliasForm::of(&output));
    let (name, alias) = (props.name.clone(), props.alias.clone());
    let delete = props.send.reform(move |_: MouseEvent| {
        (delete_alias(&name, &alias), format!("Alias {alias} was deleted."))
    });
    let edit = {
        let form = form.clone().unwrap_or_default();
        props.on_edit.reform(move |_: MouseEvent| form.clone())
    };
    let description =
        form.as_ref().map(|form| form.description.clone()).filter(|text| !text.is_empty());
    html! {
        <tr>
            <th scope="row">{ props.alias.clone() }</th>
            <td>{ form.as_ref().map_or_else(|| "…".to_owned(), AliasForm::routes) }</td>
            <td>{ description.unwrap_or_else(|| "–".to_owned()) }</td>
            <td class="row-actions">
                <Button kind={ButtonKind::Icon} glyph={Glyph::Edit} label={format!("Edit alias {}", props.alias)} disabled={props.read_only || form.is_none()} onclick={edit} />
                <Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Delete alias {}", props.alias)} disabled={props.read_only} onclick={delete} />
            </td>
        </tr>
    }
}

#[derive(PartialEq, Properties)]
struct PublishDialogProps {
    name: AttrValue,
    on_close: Callback<()>,
}

#[component]
fn PublishDialog(props: &PublishDialogProps) -> Html {
    let description = use_state(String::new);
    let (busy, fault) = (use_state(|| false), use_state(|| None::<CallError>));
    let on_description = {
        let description = description.clone();
        Callback::from(move |event: InputEvent| description.set(text_of(&event)))
    };
    let app = use_app();
    let publish = sender(&app, &busy, &fault, &props.on_close);
    let publish = {
        let (name, description) = (props.name.clone(), (*description).clone());
        publish.reform(move |()| {
            (publish_version(&name, &description), "The version was published.".to_owned())
        })
    };
    form_modal(
        "Publish version",
        "Publish",
        (*busy, true),
        &publish,
        &props.on_close,
        html! {
            <>
                if let Some(fault) = &*fault { <div role="alert">{ refused(fault) }</div> }
                <p>{ "The saved definition, role and configuration become a version. Changes that are not saved are not in it." }</p>
                <Field id="version-description" label="Description (optional)">
                    <input id="version-description" value={(*description).clone()} oninput={on_description} maxlength={DESCRIPTION_MAX} autocomplete="off" aria-describedby="version-description-hint" />
                </Field>
            </>
        },
    )
}

#[derive(PartialEq, Properties)]
struct AliasDialogProps {
    name: AttrValue,
    form: AliasForm,
    is_new: bool,
    versions: Vec<String>,
    on_close: Callback<()>,
}

#[component]
fn AliasDialog(props: &AliasDialogProps) -> Html {
    let form = use_state(|| props.form.clone());
    let (busy, fault) = (use_state(|| false), use_state(|| None::<CallError>));
    let set = |edit: fn(&mut AliasForm, String)| {
        let form = form.clone();
        Callback::from(move |text: String| {
            let mut next = (*form).clone();
            edit(&mut next, text);
            form.set(next);
        })
    };
    let input =
        |edit: fn(&mut AliasForm, String)| set(edit).reform(|event: InputEvent| text_of(&event));
    let select =
        |edit: fn(&mut AliasForm, String)| set(edit).reform(|event: Event| text_of(&event));
    let app = use_app();
    let send = sender(&app, &busy, &fault, &props.on_close);
    let send = {
        let (name, form, is_new) = (props.name.clone(), (*form).clone(), props.is_new);
        send.reform(move |()| {
            let done = if is_new { "was created" } else { "was saved" };
            (form.request(&name, is_new), format!("Alias {} {done}.", form.name))
        })
    };
    let wrong_name = (props.is_new && !form.name.is_empty())
        .then(|| alias_name_fault(&form.name))
        .flatten()
        .map(AttrValue::from);
    let ready = wrong_name.is_none() && !form.name.is_empty() && !form.version.is_empty();
    let title =
        if props.is_new { "Create alias".to_owned() } else { format!("Edit alias {}", form.name) };
    let versions = |chosen: &str, without: &str| {
        let rest = props.versions.iter().filter(|version| *version != without);
        let chosen = chosen.to_owned();
        rest.map(|version| html! { <option key={version.clone()} value={version.clone()} selected={*version == chosen}>{ format!("Version {version}") }</option> }).collect::<Html>()
    };
    form_modal(
        &title,
        if props.is_new { "Create alias" } else { "Save" },
        (*busy, ready),
        &send,
        &props.on_close,
        html! {
            <>
                if let Some(fault) = &*fault { <div role="alert">{ refused(fault) }</div> }
                <div class="configuration-fields">
                    if props.is_new {
                        <Field id="alias-name" label="Alias name" fault={wrong_name}>
                            <input id="alias-name" value={form.name.clone()} oninput={input(|form, text| form.name = text)} autocomplete="off" spellcheck="false" aria-describedby="alias-name-hint" />
                        </Field>
                    }
                    <Field id="alias-description" label="Description (optional)">
                        <input id="alias-description" value={form.description.clone()} oninput={input(|form, text| form.description = text)} maxlength={DESCRIPTION_MAX} autocomplete="off" aria-describedby="alias-description-hint" />
                    </Field>
                    <Field id="alias-version" label="Version">
                        <select id="alias-version" onchange={select(|form, text| form.version = text)} aria-describedby="alias-version-hint">{ versions(&form.version, &form.other) }</select>
                    </Field>
                    <Field id="alias-other" label="Second version (optional)">
                        <select id="alias-other" onchange={select(|form, text| form.other = text)} aria-describedby="alias-other-hint">
                            <option value="" selected={form.other.is_empty()}>{ "None" }</option>
                            { versions(&form.other, &form.version) }
                        </select>
                    </Field>
                    if !form.other.is_empty() {
                        <Field id="alias-weight" label="Weight of the second version (%)" hint={format!("The first one gets {} %.", 100_u32.saturating_sub(form.weight))}>
                            <input id="alias-weight" type="number" min="0" max="100" value={form.weight.to_string()} oninput={input(|form, text| form.weight = text.trim().parse().unwrap_or(0).min(100))} aria-describedby="alias-weight-hint" />
                        </Field>
                    }
                </div>
            </>
        },
    )
}

/// Sends a request; the dialog closes when it was taken.
fn sender(
    app: &App,
    busy: &UseStateHandle<bool>,
    fault: &UseStateHandle<Option<CallError>>,
    on_close: &Callback<()>,
) -> Callback<(ApiRequest, String)> {
    let (app, busy, fault, on_close) = (app.clone(), busy.clone(), fault.clone(), on_close.clone());
    Callback::from(move |(request, done): (ApiRequest, String)| {
        let (app, busy, fault, on_close) =
            (app.clone(), busy.clone(), fault.clone(), on_close.clone());
        busy.set(true);
        spawn_local(async move {
            match app.engine.request(request, &[]).await {
                Ok(_) => {
                    app.say(done);
                    on_close.emit(());
                }
                Err(error) => {
                    fault.set(Some(error));
                    busy.set(false);
                }
            }
        });
    })
}
