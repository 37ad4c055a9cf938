//! The Configuration tab: the console's side list, and a panel for each of its entries.

mod asynchronous;
mod concurrency;
mod destinations;
mod faults;
mod general;
mod layers;
mod monitoring;
mod permissions;
mod runtime;
mod triggers;
mod url;
mod variables;

pub use concurrency::use_qualifiers;

use crate::components::{Panel, TagEditor};
use crate::hooks::{use_all, use_document, use_session};
use crate::model::{queue_names, queues_list, text_at};
use crate::route::{ConfigurationSection, Route};
use serde_json::Value;
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct ConfigurationTabProps {
    pub name: AttrValue,
    pub section: ConfigurationSection,
}

/// What every panel gets.
#[derive(Clone, PartialEq, Properties)]
struct SectionProps {
    name: AttrValue,
    /// As GetFunctionConfiguration answers.
    configuration: Rc<Value>,
    read_only: bool,
}

impl SectionProps {
    fn arn(&self) -> String {
        text_at(&self.configuration, "/FunctionArn")
    }
}

/// The tab.
#[component]
pub fn ConfigurationTab(props: &ConfigurationTabProps) -> Html {
    let name = props.name.to_string();
    let configuration = use_session(move |session| {
        let detail = session.details.get(&name).cloned().flatten()?;
        Some(Rc::new(detail.configuration.clone()))
    });
    let read_only = use_document(|document| document.read_only());
    let content = match configuration {
        None => {
            html! { <Panel title={props.section.label()}><p class="quiet">{ "The configuration is known once the history was replayed." }</p></Panel> }
        }
        Some(configuration) => {
            let of = SectionProps { name: props.name.clone(), configuration, read_only };
            match props.section {
                ConfigurationSection::General => html! { <general::General ..of /> },
                ConfigurationSection::Runtime => html! { <runtime::RuntimeSettings ..of /> },
                ConfigurationSection::Triggers => html! { <triggers::Triggers ..of /> },
                ConfigurationSection::Permissions => html! { <permissions::Permissions ..of /> },
                ConfigurationSection::Destinations => html! { <destinations::Destinations ..of /> },
                ConfigurationSection::Url => html! { <url::FunctionUrl ..of /> },
                ConfigurationSection::Variables => html! { <variables::Variables ..of /> },
                ConfigurationSection::Tags => html! { <TagEditor arn={of.arn()} {read_only} /> },
                ConfigurationSection::Monitoring => html! { <monitoring::Monitoring ..of /> },
                ConfigurationSection::Concurrency => html! { <concurrency::Concurrency ..of /> },
                ConfigurationSection::Asynchronous => {
                    html! { <asynchronous::Asynchronous ..of /> }
                }
                ConfigurationSection::Layers => html! { <layers::Layers ..of /> },
                ConfigurationSection::Faults => html! { <faults::Faults ..of /> },
            }
        }
    };
    html! {
        <div class="configuration">
            <nav class="configuration-list" aria-label="Parts of the configuration"><ul>
                for section in ConfigurationSection::ALL {
                    <li key={section.segment()}>
                        <a href={Route::configuration(&props.name, section).format()} aria-current={(section == props.section).then_some("true")}>{ section.label() }</a>
                    </li>
                }
            </ul></nav>
            <div class="configuration-content">{ content }</div>
        </div>
    }
}

/// Where events can go: ARNs of the workspace's queues and of its other functions.
#[hook]
fn use_targets(props: &SectionProps, with_functions: bool) -> Vec<String> {
    let queues = use_all(Some(queues_list()));
    let functions = use_session(|session| session.functions.clone());
    let arn = props.arn();
    let (account, _) = arn.rsplit_once(":function:").unwrap_or_default();
    let mut targets: Vec<String> = Vec::new();
    if let Some(Ok(output)) = &queues {
        let account = account.replacen(":lambda:", ":sqs:", 1);
        let names = queue_names(output, "QueueUrls");
        targets.extend(names.iter().map(|queue| format!("{account}:{queue}")));
    }
    if with_functions {
        let others = functions.iter().flat_map(|rows| rows.iter());
        let others = others.filter(|row| *row.name != *props.name);
        targets.extend(others.map(|row| format!("{account}:function:{}", row.name)));
    }
    targets
}
