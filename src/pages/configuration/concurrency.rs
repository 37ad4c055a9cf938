//! Concurrency and recursion detection: what is reserved for the function, and what is provisioned for its versions and aliases.

use super::SectionProps;
use crate::components::form::{
    Texts, form_dialog, form_panel, options, use_asked_form, use_form, use_sender,
};
use crate::components::{Button, ButtonKind, Empty, Facts, Glyph, Panel, Status, StatusTone};
use crate::hooks::{use_all, use_query};
use crate::model::{lambda, list_at, number_at, of_function, text_at, version_label};
use serde_json::{Value, json};
use yew::prelude::*;

#[component]
pub(super) fn Concurrency(props: &SectionProps) -> Html {
    html! {
        <>
            <Reserved ..props.clone() />
            <Provisioned ..props.clone() />
            <Recursion ..props.clone() />
        </>
    }
}

#[component]
fn Reserved(props: &SectionProps) -> Html {
    let answer = use_query(Some(of_function("GetFunctionConcurrency", &props.name, json!({}))));
    let account = use_query(Some(lambda("GetAccountSettings", json!({}))));
    let reserved = match &answer {
        Some(Ok(output)) => number_at(output, "/ReservedConcurrentExecutions"),
        _ => String::new(),
    };
    let initial = Texts::from([
        ("use", if reserved.is_empty() { "unreserved" } else { "reserved" }.to_owned()),
        ("reserved", reserved),
    ]);
    let form = use_asked_form("concurrency", &answer, initial, props.read_only);
    let sender = use_sender();
    let number = form.get("reserved").trim().parse::<u64>().ok();
    let reserve = form.get("use") == "reserved";
    let save = {
        let (name, sender) = (props.name.clone(), sender.clone());
        Callback::from(move |()| {
            let request = match number.filter(|_| reserve) {
                Some(number) => of_function(
                    "PutFunctionConcurrency",
                    &name,
                    json!({ "ReservedConcurrentExecutions": number }),
                ),
                None => of_function("DeleteFunctionConcurrency", &name, json!({})),
            };
            sender.send(vec![request], "The concurrency was saved.", Callback::noop());
        })
    };
    let unreserved = match &account {
        Some(Ok(output)) => number_at(output, "/AccountLimit/UnreservedConcurrentExecutions"),
        _ => "…".to_owned(),
    };
    let uses = [
        ("unreserved".to_owned(), "Use unreserved account concurrency".to_owned()),
        ("reserved".to_owned(), "Reserve concurrency".to_owned()),
    ];
    form_panel(
        "Concurrency",
        "Reserved concurrency is a part of the account's that is this function's alone, and its limit: more requests at a time are throttled.",
        &form,
        &sender,
        !reserve || number.is_some(),
        &save,
        html! {
            <>
                <div class="configuration-fields">
                    { form.select("use", "Reserved concurrency", "", &uses) }
                    if reserve { { form.number("reserved", "Environments at a time", "0 stops all invocations.") } }
                </div>
                <Facts facts={vec![(AttrValue::from("Unreserved account concurrency"), html! { unreserved })]} />
            </>
        },
    )
}

#[component]
fn Provisioned(props: &SectionProps) -> Html {
    let list =
        use_all(Some(of_function("ListProvisionedConcurrencyConfigs", &props.name, json!({}))));
    let adding = use_state(|| false);
    let sender = use_sender();
    let rows: Vec<Value> = match &list {
        Some(Ok(output)) => list_at(output, "ProvisionedConcurrencyConfigs").to_vec(),
        _ => Vec::new(),
    };
    let add = {
        let adding = adding.clone();
        Callback::from(move |_: MouseEvent| adding.set(true))
    };
    let on_close = {
        let adding = adding.clone();
        Callback::from(move |()| adding.set(false))
    };
    let actions =
        html! { <Button label="Add configuration" disabled={props.read_only} onclick={add} /> };
    html! {
        <>
            { sender.alert() }
            <Panel title="Provisioned concurrency configurations" counter={rows.len().to_string()} {actions} flush={true}
                description="Environments that are initialised before anybody asks, for one version or alias.">
                if rows.is_empty() {
                    <Empty glyph={Glyph::Snow} title="No configurations" text="Publish a version, then add one: its invocations begin warm." />
                } else {
                    <div class="table-scroll" tabindex="0" role="group" aria-label="Provisioned concurrency configurations">
                        <table class="table machines-table">
                            <thead><tr><th scope="col">{ "Qualifier" }</th><th scope="col">{ "Status" }</th><th scope="col" class="number">{ "Available" }</th><th scope="col" class="number">{ "Requested" }</th><th scope="col"><span class="visually-hidden">{ "Actions" }</span></th></tr></thead>
                            <tbody>
                                for row in rows.iter() {
                                    { {
                                        let qualifier = text_at(row, "/FunctionArn").rsplit(':').next().unwrap_or_default().to_owned();
                                        let (tone, word) = provisioned_status(&text_at(row, "/Status"));
                                        let delete = {
                                            let (name, sender, qualifier) = (props.name.clone(), sender.clone(), qualifier.clone());
                                            Callback::from(move |_: MouseEvent| sender.send(vec![of_function("DeleteProvisionedConcurrencyConfig", &name, json!({ "Qualifier": qualifier }))], "The configuration was deleted.", Callback::noop()))
                                        };
                                        html! {
                                            <tr key={qualifier.clone()}>
                                                <th scope="row">{ qualifier.clone() }</th>
                                                <td><Status {tone} {word} /></td>
                                                <td class="number">{ number_at(row, "/AvailableProvisionedConcurrentExecutions") }</td>
                                                <td class="number">{ number_at(row, "/RequestedProvisionedConcurrentExecutions") }</td>
                                                <td class="row-actions"><Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Delete the configuration of {qualifier}")} disabled={props.read_only} onclick={delete} /></td>
                                            </tr>
                                        }
                                    } }
                                }
                            </tbody>
                        </table>
                    </div>
                }
            </Panel>
            if *adding { <AddProvisioned name={props.name.clone()} {on_close} /> }
        </>
    }
}

fn provisioned_status(status: &str) -> (StatusTone, &'static str) {
    match status {
        "READY" => (StatusTone::Success, "Ready"),
        "FAILED" => (StatusTone::Error, "Failed"),
        _ => (StatusTone::Working, "In progress"),
    }
}

#[derive(PartialEq, Properties)]
struct AddProvisionedProps {
    name: AttrValue,
    on_close: Callback<()>,
}

#[component]
fn AddProvisioned(props: &AddProvisionedProps) -> Html {
    let qualifiers = use_qualifiers(&props.name);
    let form = use_form(
        "provisioned",
        Texts::from([("qualifier", String::new()), ("count", "1".to_owned())]),
        false,
    );
    let sender = use_sender();
    let count = form.get("count").trim().parse::<u64>().ok();
    let mut choices = vec![(String::new(), "Choose one".to_owned())];
    choices.extend(qualifiers.into_iter().filter(|(value, _)| value != "$LATEST"));
    let ready = count.is_some() && !form.get("qualifier").is_empty();
    let send = {
        let (name, sender, qualifier, done) = (
            props.name.clone(),
            sender.clone(),
            form.get("qualifier").to_owned(),
            props.on_close.clone(),
        );
        Callback::from(move |()| {
            let params =
                json!({ "Qualifier": qualifier, "ProvisionedConcurrentExecutions": count });
            let request = of_function("PutProvisionedConcurrencyConfig", &name, params);
            sender.send(vec![request], "The environments are being made.", done.clone());
        })
    };
    form_dialog(
        "Add provisioned concurrency",
        "Add",
        &sender,
        ready,
        &send,
        &props.on_close,
        html! {
            <div class="configuration-fields">
                { form.select("qualifier", "Version or alias", "$LATEST cannot have any.", &choices) }
                { form.number("count", "Provisioned concurrency", "Environments.") }
            </div>
        },
    )
}

#[component]
fn Recursion(props: &SectionProps) -> Html {
    let answer = use_query(Some(of_function("GetFunctionRecursionConfig", &props.name, json!({}))));
    let loops = match &answer {
        Some(Ok(output)) => text_at(output, "/RecursiveLoop"),
        _ => "Terminate".to_owned(),
    };
    let initial = Texts::from([("loop", loops)]);
    let form = use_asked_form("recursion", &answer, initial, props.read_only);
    let sender = use_sender();
    let save = {
        let (name, sender, chosen) =
            (props.name.clone(), sender.clone(), form.get("loop").to_owned());
        Callback::from(move |()| {
            let params = json!({ "RecursiveLoop": chosen });
            let request = of_function("PutFunctionRecursionConfig", &name, params);
            sender.send(vec![request], "The recursion detection was saved.", Callback::noop());
        })
    };
    form_panel(
        "Recursion detection",
        "What is to become of an event that comes back to its function. It is kept; loops are not looked for yet.",
        &form,
        &sender,
        true,
        &save,
        html! {
            <div class="configuration-fields">{ form.select("loop", "Recursive loop", "", &options(&["Terminate", "Allow"])) }</div>
        },
    )
}

/// `$LATEST`, the aliases and the versions of a function: value and label.
#[hook]
pub fn use_qualifiers(function: &str) -> Vec<(String, String)> {
    let versions = use_all(Some(of_function("ListVersionsByFunction", function, json!({}))));
    let aliases = use_all(Some(of_function("ListAliases", function, json!({}))));
    let names = |answer: &crate::hooks::Answer, member: &str, pointer: &str| -> Vec<String> {
        match answer {
            Some(Ok(output)) => {
                list_at(output, member).iter().map(|row| text_at(row, pointer)).collect()
            }
            _ => Vec::new(),
        }
    };
    let mut found = vec![("$LATEST".to_owned(), "$LATEST".to_owned())];
    for alias in names(&aliases, "Aliases", "/Name") {
        found.push((alias.clone(), format!("Alias: {alias}")));
    }
    for version in names(&versions, "Versions", "/Version").into_iter().rev() {
        if version != "$LATEST" {
            found.push((version.clone(), version_label(&version)));
        }
    }
    found
}
