//! Environment variables: what the function is told.

use super::SectionProps;
use crate::components::form::{Form, Texts, form_panel, use_form, use_sender};
use crate::components::{Button, ButtonKind, Glyph, text_of};
use crate::model::{of_function, pairs_at};
use serde_json::{Map, Value, json};
use yew::prelude::*;

#[component]
pub(super) fn Variables(props: &SectionProps) -> Html {
    let before = pairs_at(&props.configuration, "/Environment/Variables");
    let form = use_form("variables", written(&before), props.read_only);
    let sender = use_sender();
    let pairs = pairs_of(&form);
    let save = {
        let (name, sender, pairs) = (props.name.clone(), sender.clone(), pairs.clone());
        Callback::from(move |()| {
            let variables: Map<String, Value> = pairs
                .iter()
                .filter(|(key, value)| !key.is_empty() || !value.is_empty())
                .map(|(key, value)| (key.clone(), json!(value)))
                .collect();
            let params = json!({ "Environment": { "Variables": variables } });
            let request = of_function("UpdateFunctionConfiguration", &name, params);
            sender.send(vec![request], "The variables were saved.", Callback::noop());
        })
    };
    form_panel(
        "Environment variables",
        "The handler reads them as it does on Lambda. New environments get them; a change ends the old ones.",
        &form,
        &sender,
        true,
        &save,
        html! {
            <>
                if pairs.is_empty() { <p class="quiet">{ "No environment variables." }</p> }
                { pair_rows(&form, "variable", props.read_only) }
            </>
        },
    )
}

/// Pairs as one text of a form, so that they are compared and reset with it.
pub(super) fn written(pairs: &[(String, String)]) -> Texts {
    Texts::from([("pairs", serde_json::to_string(pairs).unwrap_or_default())])
}

pub(super) fn pairs_of(form: &Form) -> Vec<(String, String)> {
    serde_json::from_str(form.get("pairs")).unwrap_or_default()
}

/// A row for each pair, and a button for one more.
pub(super) fn pair_rows(form: &Form, what: &'static str, read_only: bool) -> Html {
    let pairs = pairs_of(form);
    let edit = |edit: fn(&mut Vec<(String, String)>, usize, String), index: usize| {
        let (set, pairs) = (form.set("pairs"), pairs.clone());
        Callback::from(move |text: String| {
            let mut pairs = pairs.clone();
            edit(&mut pairs, index, text);
            set.emit(serde_json::to_string(&pairs).unwrap_or_default());
        })
    };
    let add = edit(|pairs, _, _| pairs.push((String::new(), String::new())), 0);
    html! {
        <>
            for (index, (key, value)) in pairs.iter().enumerate() {
                <div class="variable" key={index}>
                    <input aria-label={format!("Key {}", index + 1)} placeholder="Key" value={key.clone()} readonly={read_only} autocomplete="off" spellcheck="false"
                        oninput={edit(|pairs, index, text| if let Some(pair) = pairs.get_mut(index) { pair.0 = text }, index).reform(|event: InputEvent| text_of(&event))} />
                    <input aria-label={format!("Value {}", index + 1)} placeholder="Value" value={value.clone()} readonly={read_only} autocomplete="off" spellcheck="false"
                        oninput={edit(|pairs, index, text| if let Some(pair) = pairs.get_mut(index) { pair.1 = text }, index).reform(|event: InputEvent| text_of(&event))} />
                    <Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Remove {what} {}", index + 1)} disabled={read_only}
                        onclick={edit(|pairs, index, _| if index < pairs.len() { pairs.remove(index); }, index).reform(|_: MouseEvent| String::new())} />
                </div>
            }
            <Button glyph={Glyph::Add} label={format!("Add {what}")} disabled={read_only} onclick={add.reform(|_: MouseEvent| String::new())} />
        </>
    }
}
