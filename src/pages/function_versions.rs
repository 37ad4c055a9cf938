//! A function's versions, and the aliases that lead invocations to them.

use crate::components::form::{Texts, form_dialog, use_form, use_sender};
use crate::components::{
    Button, ButtonKind, Empty, Glyph, Head, Panel, number, table, text, use_open,
};
use crate::hooks::{use_all, use_document};
use crate::model::{FunctionAlias, list_at, of_function, text_at, version_label};
use serde_json::{Value, json};
use yew::prelude::*;

const VERSION_HEADS: [Head; 7] = [
    text("Version"),
    text("Aliases"),
    text("Description"),
    number("Memory"),
    text("Code SHA-256"),
    text("Last modified"),
    text(""),
];
const ALIAS_HEADS: [Head; 4] = [text("Alias"), text("Routing"), text("Description"), text("")];

#[derive(PartialEq, Properties)]
pub struct FunctionVersionsProps {
    pub name: AttrValue,
}

fn versions_of(answer: &crate::hooks::Answer) -> Vec<Value> {
    let Some(Ok(output)) = answer else { return Vec::new() };
    let mut rows: Vec<Value> = list_at(output, "Versions").to_vec();
    // The newest first, as the console shows them; `$LATEST` stands on the other tabs.
    rows.retain(|row| text_at(row, "/Version") != "$LATEST");
    rows.reverse();
    rows
}

fn aliases_of(answer: &crate::hooks::Answer) -> Vec<FunctionAlias> {
    let Some(Ok(output)) = answer else { return Vec::new() };
    list_at(output, "Aliases").iter().map(FunctionAlias::of).collect()
}

/// The Versions tab.
#[component]
pub fn FunctionVersions(props: &FunctionVersionsProps) -> Html {
    let versions = use_all(Some(of_function("ListVersionsByFunction", &props.name, json!({}))));
    let aliases = use_all(Some(of_function("ListAliases", &props.name, json!({}))));
    let read_only = use_document(|document| document.read_only());
    let (publishing, publish, on_close) = use_open();
    let sender = use_sender();
    let (rows, aliases) = (versions_of(&versions), aliases_of(&aliases));
    let actions = html! { <Button kind={ButtonKind::Primary} label="Publish new version" disabled={read_only} onclick={publish} /> };
    let line = |row: &Value| {
        let version = text_at(row, "/Version");
        let leading: Vec<&str> = aliases
            .iter()
            .filter(|alias| alias.version == version || alias.other == version)
            .map(|alias| alias.name.as_str())
            .collect();
        let delete = {
            let (name, sender, version) = (props.name.clone(), sender.clone(), version.clone());
            Callback::from(move |_: MouseEvent| {
                let request = of_function("DeleteFunction", &name, json!({ "Qualifier": version }));
                sender.send(
                    vec![request],
                    format!("Version {version} was deleted."),
                    Callback::noop(),
                );
            })
        };
        let or_dash = |text: String| if text.is_empty() { "–".to_owned() } else { text };
        html! {
            <tr key={version.clone()}>
                <th scope="row">{ version.clone() }</th>
                <td>{ or_dash(leading.join(", ")) }</td>
                <td>{ or_dash(text_at(row, "/Description")) }</td>
                <td class="number">{ format!("{} MB", row.get("MemorySize").and_then(Value::as_u64).unwrap_or(0)) }</td>
                <td><code>{ text_at(row, "/CodeSha256").chars().take(10).collect::<String>() }</code></td>
                <td>{ text_at(row, "/LastModified").replace('T', " ").chars().take(19).collect::<String>() }</td>
                <td class="row-actions"><Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Delete version {version}")} disabled={read_only} onclick={delete} /></td>
            </tr>
        }
    };
    html! {
        <>
            { sender.alert() }
            <Panel title="Versions" counter={rows.len().to_string()} {actions} flush={true} description="Code and configuration as they were when they were published. A version never changes.">
                if rows.is_empty() {
                    <Empty glyph={Glyph::Functions} title="No versions" text="Publish one: aliases then lead invocations to it while you go on with $LATEST." />
                } else {
                    { table("Versions", &VERSION_HEADS, rows.iter().map(line).collect()) }
                }
            </Panel>
            if publishing { <PublishDialog name={props.name.clone()} {on_close} /> }
        </>
    }
}

#[derive(PartialEq, Properties)]
struct PublishDialogProps {
    name: AttrValue,
    on_close: Callback<()>,
}

#[component]
fn PublishDialog(props: &PublishDialogProps) -> Html {
    let form = use_form("version", Texts::from([("description", String::new())]), false);
    let sender = use_sender();
    let send = {
        let (name, sender, done) = (props.name.clone(), sender.clone(), props.on_close.clone());
        let description = form.get("description").to_owned();
        Callback::from(move |()| {
            let params = match description.as_str() {
                "" => json!({}),
                text => json!({ "Description": text }),
            };
            let request = of_function("PublishVersion", &name, params);
            sender.send(vec![request], "The version was published.", done.clone());
        })
    };
    form_dialog(
        "Publish new version",
        "Publish",
        &sender,
        true,
        &send,
        &props.on_close,
        html! {
            <>
                <p>{ "The deployed code and the configuration become a version. When nothing changed since the last one, that one is answered." }</p>
                { form.text("description", "Version description (optional)", "") }
            </>
        },
    )
}

/// The Aliases tab.
#[component]
pub fn FunctionAliases(props: &FunctionVersionsProps) -> Html {
    let versions = use_all(Some(of_function("ListVersionsByFunction", &props.name, json!({}))));
    let aliases = use_all(Some(of_function("ListAliases", &props.name, json!({}))));
    let read_only = use_document(|document| document.read_only());
    // The form that is open, and whether it is for a new alias.
    let open = use_state(|| None::<(FunctionAlias, bool)>);
    let sender = use_sender();
    let mut numbers: Vec<String> =
        versions_of(&versions).iter().map(|row| text_at(row, "/Version")).collect();
    numbers.push("$LATEST".to_owned());
    let rows = aliases_of(&aliases);
    let show = |what: (FunctionAlias, bool)| {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(Some(what.clone())))
    };
    let on_close = {
        let open = open.clone();
        Callback::from(move |()| open.set(None))
    };
    let first = FunctionAlias { version: numbers[0].clone(), ..FunctionAlias::default() };
    let actions = html! { <Button kind={ButtonKind::Primary} label="Create alias" disabled={read_only} onclick={show((first, true))} /> };
    let line = |alias: &FunctionAlias| {
        let delete = {
            let (name, sender, alias) = (props.name.clone(), sender.clone(), alias.name.clone());
            Callback::from(move |_: MouseEvent| {
                let request = of_function("DeleteAlias", &name, json!({ "Name": alias }));
                sender.send(vec![request], format!("Alias {alias} was deleted."), Callback::noop());
            })
        };
        html! {
            <tr key={alias.name.clone()}>
                <th scope="row">{ &alias.name }</th>
                <td>{ alias.routes() }</td>
                <td>{ if alias.description.is_empty() { "–" } else { &alias.description } }</td>
                <td class="row-actions">
                    <Button kind={ButtonKind::Icon} glyph={Glyph::Edit} label={format!("Edit alias {}", alias.name)} disabled={read_only} onclick={show((alias.clone(), false))} />
                    <Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Delete alias {}", alias.name)} disabled={read_only} onclick={delete} />
                </td>
            </tr>
        }
    };
    html! {
        <>
            { sender.alert() }
            <Panel title="Aliases" counter={rows.len().to_string()} {actions} flush={true} description="An alias is a name that leads invocations to one version, or to two by their weights.">
                if rows.is_empty() {
                    <Empty glyph={Glyph::Fork} title="No aliases" text="Create one, and move it from version to version. With a second version it makes a canary deployment." />
                } else {
                    { table("Aliases", &ALIAS_HEADS, rows.iter().map(line).collect()) }
                }
            </Panel>
            if let Some((alias, is_new)) = &*open {
                <AliasDialog name={props.name.clone()} alias={alias.clone()} is_new={*is_new} {numbers} {on_close} />
            }
        </>
    }
}

#[derive(PartialEq, Properties)]
struct AliasDialogProps {
    name: AttrValue,
    alias: FunctionAlias,
    is_new: bool,
    numbers: Vec<String>,
    on_close: Callback<()>,
}

#[component]
fn AliasDialog(props: &AliasDialogProps) -> Html {
    let of = &props.alias;
    let weight = if of.weight.is_empty() { "10".to_owned() } else { of.weight.clone() };
    let initial = Texts::from([
        ("name", of.name.clone()),
        ("description", of.description.clone()),
        ("version", of.version.clone()),
        ("other", of.other.clone()),
        ("weight", weight),
    ]);
    let form = use_form("alias", initial, false);
    let sender = use_sender();
    let text = |key: &str| form.get(key).trim().to_owned();
    let alias = FunctionAlias {
        name: text("name"),
        description: text("description"),
        version: text("version"),
        other: text("other"),
        weight: text("weight"),
    };
    let request = alias.request(&props.name, props.is_new);
    let ready = request.is_some() && !alias.name.is_empty();
    let send = {
        let (sender, done, is_new) = (sender.clone(), props.on_close.clone(), props.is_new);
        let name = alias.name.clone();
        Callback::from(move |()| {
            let Some(request) = request.clone() else { return };
            let what = if is_new { "was created" } else { "was saved" };
            sender.send(vec![request], format!("Alias {name} {what}."), done.clone());
        })
    };
    let choice = |version: &String| (version.clone(), version_label(version));
    let first: Vec<(String, String)> = props.numbers.iter().map(choice).collect();
    let mut second = vec![(String::new(), "None".to_owned())];
    second.extend(
        props.numbers.iter().filter(|one| **one != alias.version && *one != "$LATEST").map(choice),
    );
    let title =
        if props.is_new { "Create alias".to_owned() } else { format!("Edit alias {}", of.name) };
    form_dialog(
        &title,
        if props.is_new { "Create alias" } else { "Save" },
        &sender,
        ready,
        &send,
        &props.on_close,
        html! {
            <div class="configuration-fields">
                if props.is_new { { form.text("name", "Alias name", "") } }
                { form.text("description", "Description (optional)", "") }
                { form.select("version", "Version", "", &first) }
                { form.select("other", "Additional version (optional)", "For weighted routing; $LATEST cannot take part.", &second) }
                if !form.get("other").is_empty() {
                    { form.text("weight", "Weight of the additional version (%)", "It gets this part of the invocations, drawn from the seed.") }
                }
            </div>
        },
    )
}
