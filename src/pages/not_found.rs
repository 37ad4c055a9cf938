//! No such page.

use crate::components::{Empty, Glyph};
use crate::route::Route;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct NotFoundPageProps {
    pub address: AttrValue,
}

/// Says so, and where to go.
#[component]
pub fn NotFoundPage(props: &NotFoundPageProps) -> Html {
    html! {
        <div class="page">
            <header class="page-header"><h1>{ "There is no such page" }</h1></header>
            <Empty glyph={Glyph::Search} title={format!("#{}", props.address)} text="The address may be mistyped, or from a newer version.">
                <p><a href={Route::Functions.format()}>{ "Go to the functions" }</a></p>
            </Empty>
        </div>
    }
}
