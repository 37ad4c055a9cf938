//! Containers: a heading with its actions, and a content.

use super::{Glyph, Icon};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct PanelProps {
    pub title: AttrValue,
    /// A number or a word in parentheses.
    #[prop_or_default]
    pub counter: Option<AttrValue>,
    #[prop_or_default]
    pub description: Option<AttrValue>,
    #[prop_or_default]
    pub actions: Html,
    #[prop_or_default]
    pub class: Classes,
    /// Without room around the content: tables and editors reach the border.
    #[prop_or_default]
    pub flush: bool,
    #[prop_or_default]
    pub children: Html,
}

/// A container, named by its heading.
#[component]
pub fn Panel(props: &PanelProps) -> Html {
    let id = AttrValue::from(format!(
        "panel-{}",
        props.title.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-")
    ));
    html! {
        <section class={classes!("panel", props.class.clone())} aria-labelledby={id.clone()}>
            <header class="panel-header">
                <div class="panel-heading">
                    <h2 {id}>{ props.title.clone() }
                        if let Some(counter) = &props.counter { <span class="panel-counter">{ format!(" ({counter})") }</span> }
                    </h2>
                    if let Some(description) = &props.description { <p>{ description.clone() }</p> }
                </div>
                <div class="panel-actions">{ props.actions.clone() }</div>
            </header>
            <div class={classes!("panel-content", props.flush.then_some("panel-content-flush"))}>{ props.children.clone() }</div>
        </section>
    }
}

#[derive(PartialEq, Properties)]
pub struct EmptyProps {
    pub glyph: Glyph,
    pub title: AttrValue,
    #[prop_or_default]
    pub text: AttrValue,
    #[prop_or_default]
    pub children: Html,
}

/// What stands where there is nothing yet, and what to do about it.
#[component]
pub fn Empty(props: &EmptyProps) -> Html {
    html! {
        <div class="empty">
            <Icon glyph={props.glyph} />
            <p class="empty-title">{ props.title.clone() }</p>
            if !props.text.is_empty() { <p>{ props.text.clone() }</p> }
            { props.children.clone() }
        </div>
    }
}

#[derive(PartialEq, Properties)]
pub struct FactsProps {
    pub facts: Vec<(AttrValue, Html)>,
}

/// Names and values.
#[component]
pub fn Facts(props: &FactsProps) -> Html {
    html! {
        <dl class="facts">
            for (name, value) in props.facts.iter() {
                <div key={name.to_string()}><dt>{ name.clone() }</dt><dd>{ value.clone() }</dd></div>
            }
        </dl>
    }
}
