//! Permissions: the execution role with its policies, and who may invoke the function.

use super::SectionProps;
use crate::components::form::{Texts, form_dialog, form_panel, options, use_form, use_sender};
use crate::components::{Button, ButtonKind, Empty, Glyph, Panel};
use crate::hooks::use_query;
use crate::model::{CallError, Statement, of_function, of_role, role_place, statements, text_at};
use crate::pages::role_policies::RolePolicies;
use crate::pages::roles::create_role;
use crate::route::{ResourceKind, Route};
use serde_json::json;
use yew::prelude::*;

const ACTIONS: [&str; 4] =
    ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl", "lambda:GetFunction", "lambda:*"];

#[component]
pub(super) fn Permissions(props: &SectionProps) -> Html {
    let initial = Texts::from([("role", text_at(&props.configuration, "/Role"))]);
    let form = use_form("permissions", initial, props.read_only);
    let sender = use_sender();
    let save = {
        let (name, sender, role) =
            (props.name.clone(), sender.clone(), form.get("role").trim().to_owned());
        Callback::from(move |()| {
            let request =
                of_function("UpdateFunctionConfiguration", &name, json!({ "Role": role }));
            sender.send(vec![request], "The execution role was saved.", Callback::noop());
        })
    };
    html! {
        <>
            { form_panel(
                "Execution role",
                "What the function may do, once this workspace has made the role.",
                &form,
                &sender,
                true,
                &save,
                html! { <div class="configuration-column">{ form.text("role", "Role ARN", "") }</div> },
            ) }
            <Role ..props.clone() />
            <Policy ..props.clone() />
        </>
    }
}

/// The execution role, or how to make it.
#[component]
fn Role(props: &SectionProps) -> Html {
    let arn = text_at(&props.configuration, "/Role");
    let (path, name) = role_place(&arn);
    let answer = use_query((!name.is_empty()).then(|| of_role("GetRole", &name, json!({}))));
    let sender = use_sender();
    let create = {
        let (sender, name) = (sender.clone(), name.clone());
        Callback::from(move |_: MouseEvent| {
            let requests = create_role(&path, &name, "", true);
            sender.send(requests, "The role was created.", Callback::noop());
        })
    };
    match &answer {
        None | Some(Err(CallError::EngineLost)) => html! {},
        Some(Ok(_)) => html! {
            <>
                <p><a href={Route::Resource(ResourceKind::Roles, name.clone()).format()}>{ format!("Role {name}") }</a></p>
                <RolePolicies arn={arn.clone()} read_only={props.read_only} />
            </>
        },
        Some(Err(CallError::Refused(_))) => html! {
            <>
                { sender.alert() }
                <Panel title="Permissions policies" flush={true}>
                    <Empty glyph={Glyph::Roles} title="This workspace has not made the role" text="So the handler may do everything. Once the role is there, the handler may do what its policies allow: at first, write its log.">
                        <Button label="Create the role" disabled={props.read_only} busy={sender.busy()} onclick={create} />
                    </Empty>
                </Panel>
            </>
        },
    }
}

#[component]
fn Policy(props: &SectionProps) -> Html {
    let answer = use_query(Some(of_function("GetPolicy", &props.name, json!({}))));
    let adding = use_state(|| false);
    let sender = use_sender();
    let (rows, text): (Vec<Statement>, String) = match &answer {
        Some(Ok(output)) => (statements(output), text_at(output, "/Policy")),
        _ => Default::default(),
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
        html! { <Button label="Add permissions" disabled={props.read_only} onclick={add} /> };
    let line = |row: &Statement| {
        let delete = {
            let (name, sender, sid) = (props.name.clone(), sender.clone(), row.sid.clone());
            Callback::from(move |_: MouseEvent| {
                let request = of_function("RemovePermission", &name, json!({ "StatementId": sid }));
                sender.send(vec![request], "The statement was deleted.", Callback::noop());
            })
        };
        html! {
            <tr key={row.sid.clone()}>
                <th scope="row">{ &row.sid }</th>
                <td>{ &row.principal }</td>
                <td>{ &row.action }</td>
                <td class="cell-long">{ if row.source.is_empty() { "Any" } else { &row.source } }</td>
                <td class="row-actions"><Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Delete statement {}", row.sid)} disabled={props.read_only} onclick={delete} /></td>
            </tr>
        }
    };
    html! {
        <>
            { sender.alert() }
            <Panel title="Resource-based policy statements" counter={rows.len().to_string()} {actions} flush={true}
                description="Who may invoke the function: services that trigger it, other accounts.">
                if rows.is_empty() {
                    <Empty glyph={Glyph::Functions} title="No policy statements" text="Add permissions for a service, such as sns.amazonaws.com, to invoke this function." />
                } else {
                    <div class="table-scroll" tabindex="0" role="group" aria-label="Resource-based policy statements">
                        <table class="table machines-table">
                            <thead><tr><th scope="col">{ "Statement ID" }</th><th scope="col">{ "Principal" }</th><th scope="col">{ "Action" }</th><th scope="col">{ "Source" }</th><th scope="col"><span class="visually-hidden">{ "Actions" }</span></th></tr></thead>
                            <tbody>for row in rows.iter() { { line(row) } }</tbody>
                        </table>
                    </div>
                    <details class="configuration-policy">
                        <summary>{ "View policy" }</summary>
                        <pre tabindex="0" role="group" aria-label="Policy document">{ crate::model::pretty_json(&text) }</pre>
                    </details>
                }
            </Panel>
            if *adding { <AddPermission name={props.name.clone()} {on_close} /> }
        </>
    }
}

#[derive(PartialEq, Properties)]
struct AddPermissionProps {
    name: AttrValue,
    on_close: Callback<()>,
}

#[component]
fn AddPermission(props: &AddPermissionProps) -> Html {
    let initial = Texts::from([
        ("sid", String::new()),
        ("principal", String::new()),
        ("action", ACTIONS[0].to_owned()),
        ("source", String::new()),
        ("account", String::new()),
    ]);
    let form = use_form("permission", initial, false);
    let sender = use_sender();
    let ready = !form.get("sid").is_empty() && !form.get("principal").is_empty();
    let send = {
        let (name, sender, form, done) =
            (props.name.clone(), sender.clone(), form.clone(), props.on_close.clone());
        Callback::from(move |()| {
            let mut params = json!({ "StatementId": form.get("sid"), "Principal": form.get("principal"), "Action": form.get("action") });
            for (member, key) in [("SourceArn", "source"), ("SourceAccount", "account")] {
                if !form.get(key).is_empty() {
                    params[member] = json!(form.get(key));
                }
            }
            let request = of_function("AddPermission", &name, params);
            sender.send(vec![request], "The permissions were added.", done.clone());
        })
    };
    form_dialog(
        "Add permissions",
        "Add",
        &sender,
        ready,
        &send,
        &props.on_close,
        html! {
            <div class="configuration-fields">
                { form.text("sid", "Statement ID", "A name of its own.") }
                { form.text("principal", "Principal", "A service (sns.amazonaws.com), an account, or *.") }
                { form.select("action", "Action", "", &options(&ACTIONS)) }
                { form.text("source", "Source ARN (optional)", "") }
                { form.text("account", "Source account (optional)", "") }
            </div>
        },
    )
}
