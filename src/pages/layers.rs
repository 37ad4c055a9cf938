//! Lambda layers: all of them, one with its versions and the functions that use it, and publishing a version from a zip.

use super::listing::{Column, Listing, Row, numbers, rows_of, texts};
use super::resource::{Resource, found};
use super::services::{code, output_of};
use crate::actions;
use crate::components::form::use_sender;
use crate::components::{
    Button, ButtonKind, Empty, Facts, Field, FileInput, Glyph, Panel, UploadArea, form_modal,
    load_more, refused, table, text, text_of, use_open,
};
use crate::hooks::{use_all, use_app, use_document, use_pages, use_query};
use crate::host;
use crate::model::{CallError, format_bytes, lambda, list_at, number_at, text_at};
use crate::route::{ConfigurationSection, ResourceKind, Route};
use serde_json::{Value, json};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

const COLUMNS: [Column; 3] =
    [numbers("Version", "(latest version)"), texts("Description"), texts("Created")];

/// The list.
#[component]
pub(super) fn LayersPage() -> Html {
    let app = use_app();
    let list = use_pages(Some(lambda("ListLayers", json!({}))));
    let read_only = use_document(|document| document.read_only());
    let (creating, on_create, on_close) = use_open();
    let on_published = Callback::from(move |name: String| {
        app.go(&Route::Resource(ResourceKind::Layers, name));
    });
    let row = |layer: &Value| {
        let name = text_at(layer, "/LayerName");
        let latest = &layer["LatestMatchingVersion"];
        Row {
            href: Route::Resource(ResourceKind::Layers, name.clone()).format(),
            cells: vec![
                number_at(latest, "/Version").into(),
                text_at(latest, "/Description").into(),
                created(latest).into(),
            ],
            name,
        }
    };
    html! {
        <Listing title="Layers" text="Files that functions share: they are below /opt." noun="layers" glyph={Glyph::Layers}
            create="Create layer" {on_create} {read_only} columns={COLUMNS.to_vec()}
            rows={rows_of(&list, "Layers", row)} fault={list.fault()} more={list.more.clone()}
            empty="Create one from a zip file, and add it to functions under Configuration.">
            if creating { <Publish name={AttrValue::default()} {on_published} {on_close} /> }
        </Listing>
    }
}

/// `CreatedDate` to the second.
fn created(version: &Value) -> String {
    let text = text_at(version, "/CreatedDate");
    text.get(..19).unwrap_or(&text).replacen('T', " ", 1)
}

#[derive(PartialEq, Properties)]
struct PublishProps {
    /// Of the layer that gets a version; empty for a new one.
    name: AttrValue,
    on_published: Callback<String>,
    on_close: Callback<()>,
}

/// The dialog in which a version is published.
#[component]
fn Publish(props: &PublishProps) -> Html {
    let app = use_app();
    let name = use_state(|| props.name.to_string());
    let description = use_state(String::new);
    let runtimes = use_state(String::new);
    let file = use_state(|| None::<(String, Rc<[u8]>)>);
    let busy = use_state(|| false);
    let fault = use_state(|| None::<CallError>);
    let unread = use_state(|| None::<String>);
    let on_file = {
        let (file, unread) = (file.clone(), unread.clone());
        Callback::from(move |chosen: web_sys::File| {
            let (file, unread) = (file.clone(), unread.clone());
            spawn_local(async move {
                match host::file_bytes(&chosen).await {
                    Ok(bytes) => {
                        unread.set(None);
                        file.set(Some((chosen.name(), bytes.into())));
                    }
                    Err(error) => unread.set(Some(error)),
                }
            });
        })
    };
    let send = {
        let (app, busy, fault, file) = (app, busy.clone(), fault.clone(), file.clone());
        let (layer, done, published) =
            ((*name).trim().to_owned(), props.on_close.clone(), props.on_published.clone());
        let (description, runtimes) = ((*description).clone(), (*runtimes).clone());
        Callback::from(move |()| {
            let Some((file, bytes)) = (*file).clone() else { return };
            let mut params = json!({ "LayerName": layer });
            if !description.is_empty() {
                params["Description"] = json!(description);
            }
            let list: Vec<&str> =
                runtimes.split([',', ' ']).filter(|one| !one.is_empty()).collect();
            if !list.is_empty() {
                params["CompatibleRuntimes"] = json!(list);
            }
            let (app, busy, fault) = (app.clone(), busy.clone(), fault.clone());
            let (layer, done, published) = (layer.clone(), done.clone(), published.clone());
            busy.set(true);
            spawn_local(async move {
                match actions::publish_layer(&app, params, file, bytes).await {
                    Ok(output) => {
                        app.say(format!(
                            "Version {} of layer {layer} was published.",
                            number_at(&output, "/Version")
                        ));
                        done.emit(());
                        published.emit(layer);
                    }
                    Err(error) => {
                        busy.set(false);
                        fault.set(Some(error));
                    }
                }
            });
        })
    };
    let field = |id: &'static str,
                 label: &'static str,
                 hint: &'static str,
                 state: &UseStateHandle<String>| {
        let oninput = {
            let state = state.clone();
            Callback::from(move |event: InputEvent| state.set(text_of(&event)))
        };
        html! {
            <Field {id} {label} hint={(!hint.is_empty()).then_some(hint)}>
                <input {id} value={(**state).clone()} {oninput} autocomplete="off" spellcheck="false" aria-describedby={format!("{id}-hint")} />
            </Field>
        }
    };
    let is_new = props.name.is_empty();
    let title = match is_new {
        true => "Create layer".to_owned(),
        false => format!("Create version of {}", props.name),
    };
    let ready = file.is_some() && !name.trim().is_empty();
    let content = html! {
        <>
            if let Some(fault) = &*fault { <div role="alert">{ refused(fault) }</div> }
            <div class="configuration-fields">
                if is_new { { field("layer-name", "Name", "Letters, digits, - and _.", &name) } }
                { field("layer-description", "Description (optional)", "", &description) }
                { field("layer-runtimes", "Compatible runtimes (optional)", "Such as provided.al2023, python3.13.", &runtimes) }
            </div>
            <UploadArea class="layer-upload" on_file={on_file.clone()}>
                <FileInput id="layer-file" label="Choose a .zip file" accept=".zip,application/zip" {on_file} />
                <p class="quiet">{ match &*file {
                    Some((name, bytes)) => format!("{name}, {}", format_bytes(bytes.len() as u64)),
                    None => "Or drop it here. At most 50 MB, 250 MB unzipped.".to_owned(),
                } }</p>
                if let Some(error) = &*unread { <p role="alert">{ format!("It could not be read: {error}") }</p> }
            </UploadArea>
        </>
    };
    form_modal(&title, "Create", (*busy, ready), &send, &props.on_close, content)
}

#[derive(PartialEq, Properties)]
pub(super) struct LayerPageProps {
    pub(super) name: AttrValue,
}

/// A layer's page.
#[component]
pub(super) fn LayerPage(props: &LayerPageProps) -> Html {
    let name = props.name.to_string();
    let list = use_pages(Some(lambda("ListLayerVersions", json!({ "LayerName": name.clone() }))));
    let functions = use_all(Some(lambda("ListFunctions", json!({}))));
    let read_only = use_document(|document| document.read_only());
    let (publishing, on_create, on_close) = use_open();
    let sender = use_sender();
    let versions = list.rows("LayerVersions").unwrap_or_default();
    let latest = versions.first().cloned().unwrap_or_default();
    let number = latest["Version"].as_u64();
    let content = use_query(number.map(|number| {
        lambda("GetLayerVersion", json!({ "LayerName": name.clone(), "VersionNumber": number }))
    }));
    if let Err(page) = found(ResourceKind::Layers, &name, &list.answer) {
        return page;
    }
    let functions: Vec<Value> = list_at(&output_of(&functions), "Functions").to_vec();
    // Which functions have a version, by its ARN.
    let users = |arn: &str| -> Vec<String> {
        let has = |function: &&Value| {
            list_at(function, "Layers").iter().any(|layer| text_at(layer, "/Arn") == arn)
        };
        functions.iter().filter(has).map(|function| text_at(function, "/FunctionName")).collect()
    };
    let content = output_of(&content);
    let size = content.pointer("/Content/CodeSize").and_then(Value::as_u64);
    let facts: Vec<(AttrValue, Html)> = vec![
        ("Latest version".into(), number_at(&latest, "/Version").into()),
        ("Size".into(), size.map(format_bytes).unwrap_or_default().into()),
        ("Version ARN".into(), code(&text_at(&latest, "/LayerVersionArn"))),
    ];
    let line = |version: &Value| {
        let arn = text_at(version, "/LayerVersionArn");
        let number = number_at(version, "/Version");
        let delete = {
            let (sender, name) = (sender.clone(), name.clone());
            let number = version["Version"].clone();
            Callback::from(move |_: MouseEvent| {
                let params = json!({ "LayerName": name, "VersionNumber": number });
                let delete = lambda("DeleteLayerVersion", params);
                sender.send(vec![delete], "The version was deleted.", Callback::noop());
            })
        };
        let runtimes: Vec<&str> =
            list_at(version, "CompatibleRuntimes").iter().filter_map(Value::as_str).collect();
        let users = users(&arn);
        html! {
            <tr key={arn.clone()}>
                <th scope="row">{ format!("Version {number}") }</th>
                <td class="cell-long">{ text_at(version, "/Description") }</td>
                <td class="cell-long">{ runtimes.join(", ") }</td>
                <td>{ created(version) }</td>
                <td class="cell-long">
                    if users.is_empty() { <span class="quiet">{ "No function" }</span> }
                    for function in users.iter() {
                        <><a href={Route::configuration(function, ConfigurationSection::Layers).format()}>{ function }</a>{ " " }</>
                    }
                </td>
                <td class="row-actions"><Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Delete version {number}")} disabled={read_only} onclick={delete} /></td>
            </tr>
        }
    };
    let actions = html! { <Button kind={ButtonKind::Primary} label="Create version" disabled={read_only} onclick={on_create} /> };
    let heads = [
        text("Version"),
        text("Description"),
        text("Compatible runtimes"),
        text("Created"),
        text("Functions that use it"),
        text(""),
    ];
    html! {
        <Resource kind={ResourceKind::Layers} name={props.name.clone()} {actions} alert={sender.alert()}>
            if !versions.is_empty() { <Panel title="Layer details"><Facts {facts} /></Panel> }
            <Panel title="All versions" counter={list.count(versions.len())} flush={true} description="A version that is deleted stays with the functions that have it.">
                if versions.is_empty() {
                    <Empty glyph={Glyph::Layers} title="No versions" text="All were deleted, or there never was one." />
                } else {
                    { table("Versions", &heads, versions.iter().map(line).collect()) }
                    { load_more(list.more.as_ref(), versions.len()) }
                }
            </Panel>
            if publishing { <Publish name={props.name.clone()} on_published={Callback::noop()} {on_close} /> }
        </Resource>
    }
}
