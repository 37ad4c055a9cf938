//! The policies of a role: those of its own, those that are attached, its boundary and its trust, each as JSON; and a question to the
//! evaluator with its reason.

use super::services::output_of;
use crate::components::form::{
    Texts, form_dialog, form_panel, use_asked_form, use_form, use_sender,
};
use crate::components::{Button, ButtonKind, Empty, Glyph, Modal, Panel, Status, StatusTone};
use crate::hooks::{use_all, use_query};
use crate::model::{
    ACTIONS, CallError, SAMPLE_POLICY, arn_name, document_at, list_at, of_role, policy_verdict,
    request, text_at,
};
use serde_json::{Value, json};
use yew::prelude::*;

/// A policy that may allow something.
#[derive(Clone, PartialEq)]
enum Shown {
    /// An inline one, by its name; empty for a new one.
    Inline(String),
    /// A managed one, by its ARN.
    Managed(String),
}

/// Which dialog is open.
#[derive(Clone, PartialEq)]
enum Open {
    Nothing,
    Document(Shown),
    Attach,
    /// A managed policy is made, and attached.
    Create,
}

#[derive(PartialEq, Properties)]
pub(super) struct RolePoliciesProps {
    /// The role's ARN.
    pub(super) arn: AttrValue,
    pub(super) read_only: bool,
}

/// All about what the role may do.
#[component]
pub(super) fn RolePolicies(props: &RolePoliciesProps) -> Html {
    html! {
        <>
            <Permissions ..props.clone() />
            <Decision arn={props.arn.clone()} />
            <Boundary ..props.clone() />
            <Trust ..props.clone() />
        </>
    }
}

impl Clone for RolePoliciesProps {
    fn clone(&self) -> Self {
        Self { arn: self.arn.clone(), read_only: self.read_only }
    }
}

impl RolePoliciesProps {
    fn role(&self) -> &str {
        arn_name(&self.arn)
    }
}

/// Whose a managed policy is.
fn owner(arn: &str) -> &'static str {
    if arn.starts_with("arn:aws:iam::aws:") { "AWS managed" } else { "Customer managed" }
}

#[component]
fn Permissions(props: &RolePoliciesProps) -> Html {
    let inline = use_all(Some(of_role("ListRolePolicies", props.role(), json!({}))));
    let attached = use_all(Some(of_role("ListAttachedRolePolicies", props.role(), json!({}))));
    let open = use_state(|| Open::Nothing);
    let sender = use_sender();
    let show = {
        let open = open.clone();
        Callback::from(move |what: Open| open.set(what))
    };
    let on_close = show.reform(|()| Open::Nothing);
    let inline = output_of(&inline);
    let inline: Vec<String> = list_at(&inline, "PolicyNames")
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let attached = output_of(&attached);
    let attached: Vec<String> = list_at(&attached, "AttachedPolicies")
        .iter()
        .map(|policy| text_at(policy, "/PolicyArn"))
        .collect();
    let line = |name: String,
                kind: &'static str,
                shown: Shown,
                verb: &'static str,
                remove: coldstart_workspace::ApiRequest| {
        let view = show.reform(move |_: MouseEvent| Open::Document(shown.clone()));
        let remove = {
            let sender = sender.clone();
            Callback::from(move |_: MouseEvent| {
                sender.send(vec![remove.clone()], "The policy was removed.", Callback::noop());
            })
        };
        html! {
            <tr key={format!("{kind}{name}")}>
                <th scope="row"><button type="button" class="text-button" onclick={view}>{ &name }</button></th>
                <td>{ kind }</td>
                <td class="row-actions"><Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("{verb} policy {name}")} disabled={props.read_only} onclick={remove} /></td>
            </tr>
        }
    };
    let actions = html! {
        <>
            <Button label="Attach policies" disabled={props.read_only} onclick={show.reform(|_: MouseEvent| Open::Attach)} />
            <Button label="Create policy" disabled={props.read_only} onclick={show.reform(|_: MouseEvent| Open::Create)} />
            <Button label="Create inline policy" disabled={props.read_only} onclick={show.reform(|_: MouseEvent| Open::Document(Shown::Inline(String::new())))} />
        </>
    };
    let count = inline.len() + attached.len();
    html! {
        <>
            { sender.alert() }
            <Panel title="Permissions policies" counter={count.to_string()} {actions} flush={true}>
                if count == 0 {
                    <Empty glyph={Glyph::Roles} title="No policies" text="Whoever has this role may do nothing." />
                } else {
                    <div class="table-scroll" tabindex="0" role="group" aria-label="Permissions policies">
                        <table class="table machines-table">
                            <thead><tr><th scope="col">{ "Policy name" }</th><th scope="col">{ "Type" }</th><th scope="col"><span class="visually-hidden">{ "Actions" }</span></th></tr></thead>
                            <tbody>
                                for arn in attached.iter() {
                                    { line(arn_name(arn).to_owned(), owner(arn), Shown::Managed(arn.clone()), "Detach", of_role("DetachRolePolicy", props.role(), json!({ "PolicyArn": arn }))) }
                                }
                                for name in inline.iter() {
                                    { line(name.clone(), "Customer inline", Shown::Inline(name.clone()), "Delete", of_role("DeleteRolePolicy", props.role(), json!({ "PolicyName": name }))) }
                                }
                            </tbody>
                        </table>
                    </div>
                }
            </Panel>
            { match &*open {
                Open::Nothing => html! {},
                Open::Attach => html! { <Attach role={props.role().to_owned()} {attached} {on_close} /> },
                Open::Create => html! { <CreatePolicy role={props.role().to_owned()} {on_close} /> },
                Open::Document(Shown::Inline(name)) => html! { <InlinePolicy role={props.role().to_owned()} name={name.clone()} read_only={props.read_only} {on_close} /> },
                Open::Document(Shown::Managed(arn)) => html! { <ManagedPolicy arn={arn.clone()} read_only={props.read_only} {on_close} /> },
            } }
        </>
    }
}

#[derive(PartialEq, Properties)]
struct InlinePolicyProps {
    role: AttrValue,
    /// Empty for a new one.
    name: AttrValue,
    read_only: bool,
    on_close: Callback<()>,
}

/// An inline policy's document.
#[component]
fn InlinePolicy(props: &InlinePolicyProps) -> Html {
    let is_new = props.name.is_empty();
    let name = props.name.to_string();
    let ask = (!is_new)
        .then(|| of_role("GetRolePolicy", &props.role, json!({ "PolicyName": name.clone() })));
    let answer = use_query(ask);
    let document = match is_new {
        true => SAMPLE_POLICY.to_owned(),
        false => document_at(&output_of(&answer), "/PolicyDocument"),
    };
    let initial = Texts::from([("name", name), ("document", document)]);
    let known = is_new || answer.is_some();
    let form = use_form("policy", initial, props.read_only || !known);
    let sender = use_sender();
    let send = {
        let (sender, done, form, role) =
            (sender.clone(), props.on_close.clone(), form.clone(), props.role.clone());
        Callback::from(move |()| {
            let params = json!({ "PolicyName": form.get("name").trim(), "PolicyDocument": form.get("document") });
            let put = of_role("PutRolePolicy", &role, params);
            sender.send(vec![put], "The policy was saved.", done.clone());
        })
    };
    let title = match is_new {
        true => "Create inline policy".to_owned(),
        false => format!("Policy {}", props.name),
    };
    let ready =
        !props.read_only && !form.get("name").trim().is_empty() && (is_new || form.changed());
    form_dialog(
        &title,
        "Save",
        &sender,
        ready,
        &send,
        &props.on_close,
        html! {
            <>
                if is_new { { form.text("name", "Policy name", "") } }
                <div class="document-text">{ form.area("document", "Policy document", "JSON.", 16) }</div>
            </>
        },
    )
}

#[derive(PartialEq, Properties)]
struct ManagedPolicyProps {
    arn: AttrValue,
    read_only: bool,
    on_close: Callback<()>,
}

/// A managed policy's document: one of AWS's is read, a customer's is edited, which makes a version that counts from then on.
#[component]
fn ManagedPolicy(props: &ManagedPolicyProps) -> Html {
    let arn = props.arn.to_string();
    let policy = use_query(Some(request("iam", "GetPolicy", json!({ "PolicyArn": arn.clone() }))));
    let versions =
        use_all(Some(request("iam", "ListPolicyVersions", json!({ "PolicyArn": arn.clone() }))));
    let version = text_at(&output_of(&policy), "/Policy/DefaultVersionId");
    let answer = use_query((!version.is_empty()).then(|| {
        let params = json!({ "PolicyArn": arn.clone(), "VersionId": version.clone() });
        request("iam", "GetPolicyVersion", params)
    }));
    let document = document_at(&output_of(&answer), "/PolicyVersion/Document");
    let is_aws = owner(&arn) == "AWS managed";
    let initial = Texts::from([("document", document)]);
    let form = use_asked_form("policy", &answer, initial, is_aws || props.read_only);
    let sender = use_sender();
    let versions = output_of(&versions);
    let versions = list_at(&versions, "Versions");
    // At most five are kept; the oldest one that does not count makes room.
    let oldest = versions
        .iter()
        .rev()
        .find(|one| one["IsDefaultVersion"] != true)
        .filter(|_| versions.len() >= 5)
        .map(|one| text_at(one, "/VersionId"));
    let send = {
        let (sender, done, form, arn) =
            (sender.clone(), props.on_close.clone(), form.clone(), arn.clone());
        Callback::from(move |()| {
            let mut requests = Vec::new();
            if let Some(oldest) = &oldest {
                let params = json!({ "PolicyArn": arn, "VersionId": oldest });
                requests.push(request("iam", "DeletePolicyVersion", params));
            }
            let params = json!({ "PolicyArn": arn, "PolicyDocument": form.get("document"), "SetAsDefault": true });
            requests.push(request("iam", "CreatePolicyVersion", params));
            sender.send(requests, "A new version of the policy counts.", done.clone());
        })
    };
    let title = format!("Policy {}", arn_name(&arn));
    if is_aws {
        return html! {
            <Modal {title} on_close={props.on_close.clone()}>
                <p class="quiet">{ "AWS keeps this policy." }</p>
                <pre class="document-view" tabindex="0" role="group" aria-label="Policy document">{ form.get("document").to_owned() }</pre>
            </Modal>
        };
    }
    form_dialog(
        &title,
        "Save as default version",
        &sender,
        form.changed() && !props.read_only,
        &send,
        &props.on_close,
        html! {
            <>
                <p class="quiet">{ format!("Version {version} counts. Every role that has the policy is held to it.") }</p>
                <div class="document-text">{ form.area("document", "Policy document", "JSON.", 16) }</div>
            </>
        },
    )
}

#[derive(PartialEq, Properties)]
struct AttachProps {
    role: AttrValue,
    /// ARNs of those that it has.
    attached: Vec<String>,
    on_close: Callback<()>,
}

/// Attaches a managed policy.
#[component]
fn Attach(props: &AttachProps) -> Html {
    let answer = use_all(Some(request("iam", "ListPolicies", json!({}))));
    let form = use_form("attach", Texts::from([("policy", String::new())]), false);
    let sender = use_sender();
    let send = {
        let (sender, done, role) = (sender.clone(), props.on_close.clone(), props.role.clone());
        let arn = form.get("policy").to_owned();
        Callback::from(move |()| {
            let attach = of_role("AttachRolePolicy", &role, json!({ "PolicyArn": arn }));
            sender.send(vec![attach], "The policy was attached.", done.clone());
        })
    };
    let mut policies = vec![(String::new(), "Choose a policy".to_owned())];
    let known = output_of(&answer);
    let arns = list_at(&known, "Policies").iter().map(|policy| text_at(policy, "/Arn"));
    policies.extend(arns.filter(|arn| !props.attached.contains(arn)).map(|arn| {
        let label = format!("{} ({})", arn_name(&arn), owner(&arn));
        (arn, label)
    }));
    form_dialog(
        "Attach policies",
        "Attach",
        &sender,
        !form.get("policy").is_empty(),
        &send,
        &props.on_close,
        form.select(
            "policy",
            "Policy",
            "Those of AWS that functions use, and the account's own.",
            &policies,
        ),
    )
}

#[derive(PartialEq, Properties)]
struct CreatePolicyProps {
    role: AttrValue,
    on_close: Callback<()>,
}

/// A customer managed policy, attached to the role.
#[component]
fn CreatePolicy(props: &CreatePolicyProps) -> Html {
    let initial = Texts::from([("name", String::new()), ("document", SAMPLE_POLICY.to_owned())]);
    let form = use_form("policy", initial, false);
    let sender = use_sender();
    let name = form.get("name").trim().to_owned();
    let send = {
        let (sender, done, role) = (sender.clone(), props.on_close.clone(), props.role.clone());
        let (name, document) = (name.clone(), form.get("document").to_owned());
        Callback::from(move |()| {
            let arn = format!("arn:aws:iam::123456789012:policy/{name}");
            let params = json!({ "PolicyName": name, "PolicyDocument": document });
            let requests = vec![
                request("iam", "CreatePolicy", params),
                of_role("AttachRolePolicy", &role, json!({ "PolicyArn": arn })),
            ];
            sender.send(requests, "The policy was created and attached.", done.clone());
        })
    };
    form_dialog(
        "Create policy",
        "Create and attach",
        &sender,
        !name.is_empty(),
        &send,
        &props.on_close,
        html! {
            <>
                { form.text("name", "Policy name", "It can be attached to several roles.") }
                <div class="document-text">{ form.area("document", "Policy document", "JSON.", 16) }</div>
            </>
        },
    )
}

#[derive(PartialEq, Properties)]
struct DecisionProps {
    arn: AttrValue,
}

/// Whether the role may do something, and why.
#[component]
fn Decision(props: &DecisionProps) -> Html {
    let initial = Texts::from([("action", ACTIONS[0].to_owned()), ("resource", "*".to_owned())]);
    let form = use_form("decision", initial, false);
    let arns = super::services::use_target_arns(&["lambda", "sqs", "sns", "states", "events"]);
    let (action, resource) = (form.get("action").trim(), form.get("resource").trim());
    let answer = use_query((!action.is_empty()).then(|| {
        let resources = if resource.is_empty() { json!(["*"]) } else { json!([resource]) };
        let params = json!({
            "PolicySourceArn": props.arn.to_string(), "ActionNames": [action], "ResourceArns": resources,
        });
        request("iam", "SimulatePrincipalPolicy", params)
    }));
    let verdict = match &answer {
        Some(Ok(output)) => policy_verdict(output).map(|verdict| {
            let (tone, word) = match verdict.allowed {
                true => (StatusTone::Success, "Allowed"),
                false => (StatusTone::Error, "Denied"),
            };
            html! { <><Status {tone} {word} /><p>{ verdict.why }</p></> }
        }),
        Some(Err(CallError::Refused(failure))) => {
            Some(html! { <p class="aws-message">{ &failure.message }</p> })
        }
        _ => None,
    };
    let actions: Vec<String> = ACTIONS.map(str::to_owned).into();
    html! {
        <Panel title="Policy evaluation" description="Whether the role may do something, by its policies and its boundary as they are now.">
            <div class="configuration-fields">
                { form.suggested("action", "Action", "Such as sqs:SendMessage.", &actions) }
                { form.suggested("resource", "Resource", "An ARN, or * for any.", &arns) }
            </div>
            <div class="decision" role="status">{ verdict }</div>
        </Panel>
    }
}

/// The most that policies can give.
#[component]
fn Boundary(props: &RolePoliciesProps) -> Html {
    let answer = use_query(Some(of_role("GetRole", props.role(), json!({}))));
    let policies = use_all(Some(request("iam", "ListPolicies", json!({}))));
    let arn = text_at(&output_of(&answer), "/Role/PermissionsBoundary/PermissionsBoundaryArn");
    let initial = Texts::from([("policy", arn.clone())]);
    let form = use_asked_form("boundary", &answer, initial, props.read_only);
    let sender = use_sender();
    let shown = use_state(|| false);
    let save = {
        let (sender, role) = (sender.clone(), props.role().to_owned());
        let chosen = form.get("policy").to_owned();
        Callback::from(move |()| {
            let change = match chosen.as_str() {
                "" => of_role("DeleteRolePermissionsBoundary", &role, json!({})),
                arn => {
                    let params = json!({ "PermissionsBoundary": arn });
                    of_role("PutRolePermissionsBoundary", &role, params)
                }
            };
            sender.send(vec![change], "The permissions boundary was saved.", Callback::noop());
        })
    };
    let known = output_of(&policies);
    let mut choices = vec![(String::new(), "None".to_owned())];
    choices.extend(list_at(&known, "Policies").iter().map(|policy| {
        let arn = text_at(policy, "/Arn");
        let label = format!("{} ({})", arn_name(&arn), owner(&arn));
        (arn, label)
    }));
    let toggle = |now: bool| {
        let shown = shown.clone();
        move || shown.set(now)
    };
    let (on_show, on_close) = (toggle(true), toggle(false));
    html! {
        <>
            { form_panel(
                "Permissions boundary",
                "The most that the role's policies can give it; by itself it gives nothing.",
                &form,
                &sender,
                true,
                &save,
                html! {
                    <div class="configuration-fields">
                        { form.select("policy", "Policy", "", &choices) }
                        if !arn.is_empty() {
                            <div class="button-row"><Button kind={ButtonKind::Link} label="View or edit the boundary" onclick={Callback::from(move |_: MouseEvent| on_show())} /></div>
                        }
                    </div>
                },
            ) }
            if *shown { <ManagedPolicy {arn} read_only={props.read_only} on_close={Callback::from(move |()| on_close())} /> }
        </>
    }
}

/// Who may take the role on.
#[component]
fn Trust(props: &RolePoliciesProps) -> Html {
    let answer = use_query(Some(of_role("GetRole", props.role(), json!({}))));
    let trust = document_at(&output_of(&answer), "/Role/AssumeRolePolicyDocument");
    let initial = Texts::from([("document", trust)]);
    let form = use_asked_form("trust", &answer, initial, props.read_only);
    let sender = use_sender();
    let save = {
        let (sender, role) = (sender.clone(), props.role().to_owned());
        let document = form.get("document").to_owned();
        Callback::from(move |()| {
            let params = json!({ "PolicyDocument": document });
            let update = of_role("UpdateAssumeRolePolicy", &role, params);
            sender.send(vec![update], "The trust policy was saved.", Callback::noop());
        })
    };
    form_panel(
        "Trust relationships",
        "Who may take the role on.",
        &form,
        &sender,
        true,
        &save,
        html! { <div class="document-text">{ form.area("document", "Trust policy", "JSON.", 10) }</div> },
    )
}
