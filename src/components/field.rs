//! Form fields: a label, what it takes, and what is wrong with it.

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct FieldProps {
    /// Of the control, which is the child.
    pub id: AttrValue,
    pub label: AttrValue,
    #[prop_or_default]
    pub hint: Option<AttrValue>,
    #[prop_or_default]
    pub fault: Option<AttrValue>,
    #[prop_or_default]
    pub children: Html,
}

/// Label, control, hint and fault. The control names `{id}-hint` in `aria-describedby`.
#[component]
pub fn Field(props: &FieldProps) -> Html {
    html! {
        <div class={classes!("field", props.fault.is_some().then_some("field-faulty"))}>
            <label for={props.id.clone()}>{ props.label.clone() }</label>
            { props.children.clone() }
            <p id={format!("{}-hint", props.id)} class="field-hint" role={props.fault.is_some().then_some("alert")}>
                if let Some(fault) = &props.fault { <super::Icon glyph={super::Glyph::Error} />{ fault.clone() } }
                else if let Some(hint) = &props.hint { { hint.clone() } }
            </p>
        </div>
    }
}

/// The text of the control that an event came from.
pub fn text_of(event: &Event) -> String {
    let Some(target) = event.target() else { return String::new() };
    if let Some(input) = target.dyn_ref::<HtmlInputElement>() {
        input.value()
    } else if let Some(area) = target.dyn_ref::<HtmlTextAreaElement>() {
        area.value()
    } else if let Some(select) = target.dyn_ref::<HtmlSelectElement>() {
        select.value()
    } else {
        String::new()
    }
}

/// A whole number as typed.
pub fn number_of(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}

#[derive(PartialEq, Properties)]
pub struct SegmentsProps {
    pub label: AttrValue,
    /// Names the group of radio buttons in the page.
    pub name: AttrValue,
    /// Value and label.
    pub options: Vec<(AttrValue, AttrValue)>,
    pub selected: AttrValue,
    pub on_select: Callback<AttrValue>,
    #[prop_or_default]
    pub disabled: bool,
}

/// A few choices side by side: radio buttons in the look of segments.
#[component]
pub fn Segments(props: &SegmentsProps) -> Html {
    html! {
        <fieldset class="segments" disabled={props.disabled}>
            <legend class="visually-hidden">{ props.label.clone() }</legend>
            for (value, label) in props.options.iter() {
                <label key={value.to_string()} class={(*value == props.selected).then_some("segment-selected")}>
                    <input type="radio" name={props.name.clone()} value={value.clone()} checked={*value == props.selected}
                        onchange={ let value = value.clone(); props.on_select.reform(move |_: Event| value.clone()) } />
                    <span>{ label.clone() }</span>
                </label>
            }
        </fieldset>
    }
}
