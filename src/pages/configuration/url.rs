//! Function URL: its configuration, to be read. Nothing is reached through it here.

use super::SectionProps;
use crate::components::{Empty, Facts, Glyph, Panel};
use crate::hooks::use_query;
use crate::model::{of_function, text_at};
use serde_json::json;
use yew::prelude::*;

#[component]
pub(super) fn FunctionUrl(props: &SectionProps) -> Html {
    let answer = use_query(Some(of_function("GetFunctionUrlConfig", &props.name, json!({}))));
    let content = match &answer {
        None => html! { <p class="quiet" role="status">{ "Loading …" }</p> },
        Some(Err(_)) => html! {
            <Empty glyph={Glyph::Functions} title="No function URL" text="CreateFunctionUrlConfig makes one. Its configuration is kept and shown here; requests over HTTP are not answered in a browser tab." />
        },
        Some(Ok(output)) => {
            let fact = |label: &'static str, pointer: &str| {
                let text = text_at(output, pointer);
                let shown = if text.is_empty() { "–".to_owned() } else { text };
                (AttrValue::from(label), html! { <code class="long-value">{ shown }</code> })
            };
            let facts = vec![
                fact("Function URL", "/FunctionUrl"),
                fact("Auth type", "/AuthType"),
                fact("Invoke mode", "/InvokeMode"),
                fact("Creation time", "/CreationTime"),
            ];
            html! { <Facts {facts} /> }
        }
    };
    html! { <Panel title="Function URL">{ content }</Panel> }
}
