//! Tables of resources: heads, rows that become cards on a phone, and the way to what is not read yet.

use super::{Button, Glyph, Icon, refused};
use crate::hooks::{More, Pages};
use yew::prelude::*;

/// A column's head.
#[derive(Clone, Copy, PartialEq)]
pub struct Head {
    label: &'static str,
    is_number: bool,
}

/// A column of texts. Without a label it is that of the buttons.
pub const fn text(label: &'static str) -> Head {
    Head { label, is_number: false }
}

/// A column of numbers.
pub const fn number(label: &'static str) -> Head {
    Head { label, is_number: true }
}

/// A table under its heads.
pub fn table(label: impl Into<AttrValue>, heads: &[Head], rows: Html) -> Html {
    let head = |head: &Head| match head.label {
        "" => html! { <th scope="col"><span class="visually-hidden">{ "Actions" }</span></th> },
        label => {
            html! { <th scope="col" class={head.is_number.then_some("number")}>{ label }</th> }
        }
    };
    html! {
        <div class="table-scroll" tabindex="0" role="group" aria-label={label.into()}>
            <table class="table machines-table">
                <thead><tr>for one in heads { { head(one) } }</tr></thead>
                <tbody>{ rows }</tbody>
            </table>
        </div>
    }
}

/// What stands below a list of which there is more.
pub fn load_more(more: Option<&More>, shown: usize) -> Html {
    let Some(More { on_more, busy }) = more else { return html! {} };
    html! {
        <div class="list-more">
            <span class="quiet">{ format!("The first {shown} are shown.") }</span>
            <Button label="Load more" {busy} onclick={on_more.reform(|_: MouseEvent| ())} />
        </div>
    }
}

/// What stands where a list is not known yet, or was refused; none when it is there.
pub fn skeleton(list: &Pages, noun: &str) -> Option<Html> {
    match &list.answer {
        Some(Ok(_)) => None,
        Some(Err(fault)) => {
            Some(html! { <div class="machines-fault" role="alert">{ refused(fault) }</div> })
        }
        None => Some(waiting(noun)),
    }
}

/// A field whose text chooses among rows.
pub fn search_field(label: &str, text: &str, on_text: &Callback<InputEvent>) -> Html {
    html! {
        <label class="search-field"><Icon glyph={Glyph::Search} /><span class="visually-hidden">{ label.to_owned() }</span>
            <input type="search" placeholder={label.to_owned()} value={text.to_owned()} oninput={on_text.clone()} autocomplete="off" spellcheck="false" /></label>
    }
}

/// Lines in place of a list that is being read.
pub fn waiting(noun: &str) -> Html {
    html! { <div class="skeleton" role="status"><span class="visually-hidden">{ format!("Loading the {noun}") }</span><i></i><i></i><i></i></div> }
}
