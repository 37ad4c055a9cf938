//! The way from something to its trace.

use crate::route::Route;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct TraceLinkProps {
    /// Of what is followed.
    pub id: AttrValue,
    /// What it is, for those who hear the link alone.
    pub what: AttrValue,
}

/// The way to a trace.
#[component]
pub fn TraceLink(props: &TraceLinkProps) -> Html {
    html! { <a class="trace-link" href={Route::Trace(props.id.to_string()).format()}>{ "Trace" }<span class="visually-hidden">{ format!(" of {}", props.what) }</span></a> }
}
