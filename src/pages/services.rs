//! The pages of services' resources: which one a route shows, and what they share.

use super::archives::{ArchivePage, ArchivesPage};
use super::buses::{BusPage, BusesPage};
use super::layers::{LayerPage, LayersPage};
use super::replays::{ReplayPage, ReplaysPage};
use super::roles::{RolePage, RolesPage};
use super::rule::RulePage;
use super::rules::RulesPage;
use super::schedule_groups::{GroupPage, GroupsPage};
use super::schedules::{SchedulePage, SchedulesPage};
use super::topic::TopicPage;
use super::topics::TopicsPage;
use crate::components::{Glyph, Icon};
use crate::hooks::{Answer, use_all, use_query, use_session};
use crate::model::{
    CallError, bus_arn, list_at, list_machines, occurrence_texts, own_arn, queue_arn, queue_names,
    queues_list, request, text_at,
};
use crate::route::{ResourceKind, Route};
use coldstart_workspace::ApiRequest;
use serde_json::{Value, json};
use yew::prelude::*;

/// What a route of theirs shows.
#[inline(never)] // The boundary of a part that the page fetches later (docs/adr/0005).
pub fn service_page(route: &Route) -> Html {
    match route {
        Route::Resources(kind) => match kind {
            ResourceKind::Topics => html! { <TopicsPage /> },
            ResourceKind::Rules => html! { <RulesPage /> },
            ResourceKind::Buses => html! { <BusesPage /> },
            ResourceKind::Archives => html! { <ArchivesPage /> },
            ResourceKind::Replays => html! { <ReplaysPage /> },
            ResourceKind::Schedules => html! { <SchedulesPage /> },
            ResourceKind::Groups => html! { <GroupsPage /> },
            ResourceKind::Layers => html! { <LayersPage /> },
            ResourceKind::Roles => html! { <RolesPage /> },
        },
        Route::Resource(kind, name) => {
            let (key, name) = (format!("{}/{name}", kind.segment()), name.clone());
            match kind {
                ResourceKind::Topics => html! { <TopicPage {key} {name} /> },
                ResourceKind::Rules => html! { <RulePage {key} {name} /> },
                ResourceKind::Buses => html! { <BusPage {key} {name} /> },
                ResourceKind::Archives => html! { <ArchivePage {key} {name} /> },
                ResourceKind::Replays => html! { <ReplayPage {key} {name} /> },
                ResourceKind::Schedules => html! { <SchedulePage {key} {name} /> },
                ResourceKind::Groups => html! { <GroupPage {key} {name} /> },
                ResourceKind::Layers => html! { <LayerPage {key} {name} /> },
                ResourceKind::Roles => html! { <RolePage {key} {name} /> },
            }
        }
        _ => services(),
    }
}

/// All lists, for those who have no room for them at the side.
fn services() -> Html {
    let queues = (Route::Queues, "SQS queues", "Messages that wait for a function", Glyph::Queues);
    let others = ResourceKind::ALL.map(|kind| {
        let (text, glyph) = match kind {
            ResourceKind::Topics => ("Messages for many subscribers", Glyph::Topics),
            ResourceKind::Rules => ("Where the events that match go", Glyph::Rules),
            ResourceKind::Buses => ("Where events come to, and who may send them", Glyph::Fork),
            ResourceKind::Archives => ("Events that are kept", Glyph::Queued),
            ResourceKind::Replays => ("Events that come again", Glyph::Reset),
            ResourceKind::Schedules => ("What happens at its time", Glyph::Clock),
            ResourceKind::Groups => ("Schedules that belong together", Glyph::Workspaces),
            ResourceKind::Layers => ("Files that functions share", Glyph::Layers),
            ResourceKind::Roles => ("What functions may do", Glyph::Roles),
        };
        (Route::Resources(kind), kind.label(), text, glyph)
    });
    html! {
        <div class="page">
            <header class="page-header"><div><h1>{ "Services" }</h1><p>{ "What functions and state machines work with." }</p></div></header>
            <ul class="cards">
                for (route, label, text, glyph) in std::iter::once(queues).chain(others) {
                    <li key={label} class="card service-card">
                        <h2><Icon {glyph} /><a href={route.format()}>{ label }</a></h2>
                        <p class="card-summary">{ text }</p>
                    </li>
                }
            </ul>
        </div>
    }
}

/// An answer's output; null until there is one.
pub(super) fn output_of(answer: &Answer) -> Value {
    match answer {
        Some(Ok(output)) => (**output).clone(),
        _ => Value::Null,
    }
}

/// Its ARN in full, for people who copy it.
pub(super) fn code(text: &str) -> Html {
    html! { <code class="long-value">{ text.to_owned() }</code> }
}

/// A link to the page of what an ARN is of, when there is one.
pub(super) fn arn_link(arn: &str) -> Html {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let (service, rest) = match parts[..] {
        [_, _, service, _, _, rest] => (service, rest),
        _ => ("", arn),
    };
    let name = rest.split([':', '/']).nth(1).unwrap_or(rest).to_owned();
    let resource = |kind| Route::Resource(kind, name.clone());
    let route = match service {
        "sqs" => Route::Queue(name.clone()),
        "sns" => resource(ResourceKind::Topics),
        "lambda" => Route::function(&name, Default::default()),
        "states" => Route::machine(&name, Default::default()),
        "events" if rest.starts_with("event-bus/") => resource(ResourceKind::Buses),
        "events" if rest.starts_with("archive/") => resource(ResourceKind::Archives),
        _ => return code(arn),
    };
    html! { <a href={route.format()} title={arn.to_owned()}>{ name }</a> }
}

/// ARNs of what the workspace has, by service: what rules, schedules and subscriptions can send to.
#[hook]
pub(super) fn use_target_arns(services: &[&str]) -> Vec<String> {
    let wants = |service: &str| services.contains(&service);
    let queues = use_all(wants("sqs").then(queues_list));
    let topics = use_all(wants("sns").then(|| request("sns", "ListTopics", json!({}))));
    let machines = use_all(wants("states").then(list_machines));
    let buses = use_all(wants("events").then(|| request("events", "ListEventBuses", json!({}))));
    let functions = use_session(|session| session.functions.clone());
    let mut arns: Vec<String> = Vec::new();
    if wants("lambda") {
        let names = functions.iter().flat_map(|rows| rows.iter()).map(|row| &row.name);
        arns.extend(names.map(|name| own_arn("lambda", &format!("function:{name}"))));
    }
    arns.extend(queue_names(&output_of(&queues), "QueueUrls").iter().map(|name| queue_arn(name)));
    let listed = |answer: &Answer, member: &str, pointer: &str| -> Vec<String> {
        list_at(&output_of(answer), member).iter().map(|one| text_at(one, pointer)).collect()
    };
    arns.extend(listed(&topics, "Topics", "/TopicArn"));
    arns.extend(listed(&machines, "stateMachines", "/stateMachineArn"));
    arns.extend(listed(&buses, "EventBuses", "/Name").iter().map(|name| bus_arn(name)));
    arns
}

#[derive(PartialEq, Properties)]
pub(super) struct NextTimesProps {
    /// `ListOccurrences`; none when there is nothing to ask about.
    pub(super) request: Option<ApiRequest>,
}

/// When a schedule occurs next, or what is wrong with its expression.
#[component]
pub(super) fn NextTimes(props: &NextTimesProps) -> Html {
    let answer = use_query(props.request.clone());
    let content = match &answer {
        None => html! { <p class="quiet">{ "Not known yet." }</p> },
        Some(Err(CallError::Refused(failure))) => {
            html! { <p class="next-times-fault aws-message">{ &failure.message }</p> }
        }
        Some(Err(CallError::EngineLost)) => html! {},
        Some(Ok(output)) => {
            let times = occurrence_texts(output);
            if times.is_empty() {
                html! { <p class="quiet">{ "It does not occur again." }</p> }
            } else {
                html! { <ol class="next-times-list">for time in times { <li key={time.clone()}>{ time }</li> }</ol> }
            }
        }
    };
    html! {
        <div class="next-times" role="group" aria-label="Next trigger dates">
            <h3>{ "Next trigger dates" }</h3>
            { content }
        </div>
    }
}

/// The question of [`NextTimes`].
pub(super) fn occurrences(params: Value) -> ApiRequest {
    request("coldstart", "ListOccurrences", params)
}
