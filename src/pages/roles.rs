//! IAM roles: all that the session has made, and one with its policies.

use super::listing::{Column, Listing, Row, rows_of, texts};
use super::resource::{Deletion, Resource, found};
use super::role_policies::RolePolicies;
use super::services::{code, output_of};
use crate::components::form::{Texts, form_dialog, use_form, use_sender};
use crate::components::{Facts, Glyph, Panel, moment, use_open};
use crate::hooks::{use_all, use_document, use_pages, use_query};
use crate::model::{
    BASIC_EXECUTION, LAMBDA_TRUST, arn_name, lambda, list_at, of_role, request, text_at,
};
use crate::route::{ConfigurationSection, ResourceKind, Route};
use serde_json::{Value, json};
use yew::prelude::*;

const COLUMNS: [Column; 3] = [texts("Trusted"), texts("Permissions boundary"), texts("Created")];

/// The list.
#[component]
pub(super) fn RolesPage() -> Html {
    let list = use_pages(Some(request("iam", "ListRoles", json!({}))));
    let read_only = use_document(|document| document.read_only());
    let (creating, on_create, on_close) = use_open();
    let row = |role: &Value| {
        let name = text_at(role, "/RoleName");
        let boundary = text_at(role, "/PermissionsBoundary/PermissionsBoundaryArn");
        let boundary = if boundary.is_empty() { "–" } else { arn_name(&boundary) };
        Row {
            href: Route::Resource(ResourceKind::Roles, name.clone()).format(),
            cells: vec![
                trusted(role).into(),
                boundary.to_owned().into(),
                moment(role["CreateDate"].as_f64().unwrap_or_default()),
            ],
            name,
        }
    };
    html! {
        <Listing title="IAM roles" text="What functions may do. A function whose role is not made here may do everything." noun="roles" glyph={Glyph::Roles}
            create="Create role" {on_create} {read_only} columns={COLUMNS.to_vec()}
            rows={rows_of(&list, "Roles", row)} fault={list.fault()} more={list.more.clone()}
            empty="Create the role of a function, and its handler is held to the policies of it.">
            if creating { <CreateRole {on_close} /> }
        </Listing>
    }
}

/// The first one that may take the role on.
fn trusted(role: &Value) -> String {
    let trust = crate::model::document_at(role, "/AssumeRolePolicyDocument");
    let trust: Value = serde_json::from_str(&trust).unwrap_or_default();
    let statement = match &trust["Statement"] {
        Value::Array(all) => all.first().cloned().unwrap_or_default(),
        one => one.clone(),
    };
    let principal = &statement["Principal"];
    let named = principal.as_object().and_then(|kinds| kinds.values().next());
    let first = match named {
        Some(Value::Array(all)) => all.first(),
        other => other,
    };
    first.unwrap_or(principal).as_str().unwrap_or_default().to_owned()
}

#[derive(PartialEq, Properties)]
struct CreateRoleProps {
    on_close: Callback<()>,
}

#[component]
fn CreateRole(props: &CreateRoleProps) -> Html {
    let initial = Texts::from([
        ("name", String::new()),
        ("description", String::new()),
        ("basic", "true".to_owned()),
    ]);
    let form = use_form("role", initial, false);
    let sender = use_sender();
    let name = form.get("name").trim().to_owned();
    let send = {
        let (sender, done, name) = (sender.clone(), props.on_close.clone(), name.clone());
        let requests = create_role("/", &name, form.get("description"), form.is("basic"));
        Callback::from(move |()| {
            sender.send_and_open(
                requests.clone(),
                "The role was created.",
                Route::Resource(ResourceKind::Roles, name.clone()),
                &done,
            );
        })
    };
    form_dialog(
        "Create role",
        "Create role",
        &sender,
        !name.is_empty(),
        &send,
        &props.on_close,
        html! {
            <>
                <div class="configuration-fields">
                    { form.text("name", "Role name", "Letters, digits and +=,.@-_.") }
                    { form.text("description", "Description (optional)", "") }
                </div>
                { form.check("basic", "Attach AWSLambdaBasicExecutionRole: the function may write its log") }
                <p class="quiet">{ "Lambda may take the role on; its trust policy can be changed on its page." }</p>
            </>
        },
    )
}

/// The requests that make a function's role.
pub(super) fn create_role(
    path: &str,
    name: &str,
    description: &str,
    basic: bool,
) -> Vec<coldstart_workspace::ApiRequest> {
    let mut params = json!({ "Path": path, "AssumeRolePolicyDocument": LAMBDA_TRUST });
    if !description.is_empty() {
        params["Description"] = json!(description);
    }
    let mut requests = vec![of_role("CreateRole", name, params)];
    if basic {
        requests.push(of_role("AttachRolePolicy", name, json!({ "PolicyArn": BASIC_EXECUTION })));
    }
    requests
}

#[derive(PartialEq, Properties)]
pub(super) struct RolePageProps {
    pub(super) name: AttrValue,
}

/// A role's page.
#[component]
pub(super) fn RolePage(props: &RolePageProps) -> Html {
    let name = props.name.to_string();
    let answer = use_query(Some(of_role("GetRole", &name, json!({}))));
    let functions = use_all(Some(lambda("ListFunctions", json!({}))));
    let read_only = use_document(|document| document.read_only());
    let output = match found(ResourceKind::Roles, &name, &answer) {
        Ok(output) => output,
        Err(page) => return page,
    };
    let role = &output["Role"];
    let arn = text_at(role, "/Arn");
    let functions = output_of(&functions);
    let users: Vec<String> = list_at(&functions, "Functions")
        .iter()
        .filter(|function| text_at(function, "/Role") == arn)
        .map(|function| text_at(function, "/FunctionName"))
        .collect();
    let users_html = if users.is_empty() {
        html! { <span class="quiet">{ "No function" }</span> }
    } else {
        let link = |function: &String| {
            let route = Route::configuration(function, ConfigurationSection::Permissions);
            html! { <span key={function.clone()}><a href={route.format()}>{ function }</a>{ " " }</span> }
        };
        users.iter().map(link).collect()
    };
    let mut facts: Vec<(AttrValue, Html)> = vec![
        ("Functions that have it".into(), users_html),
        ("Created".into(), moment(role["CreateDate"].as_f64().unwrap_or_default())),
        ("ARN".into(), code(&arn)),
    ];
    let description = text_at(role, "/Description");
    if !description.is_empty() {
        facts.insert(0, ("Description".into(), description.into()));
    }
    let delete = Deletion {
        requests: vec![of_role("DeleteRole", &name, json!({}))],
        warning: format!(
            "{name} is deleted, once it has no policies. Functions that have it may then do everything again."
        ),
    };
    html! {
        <Resource kind={ResourceKind::Roles} {name} {delete} {read_only}>
            <Panel title="Summary"><Facts {facts} /></Panel>
            <RolePolicies {arn} {read_only} />
        </Resource>
    }
}
