//! Names and values in a form: environment variables, tags.

use super::form::{Form, Texts};
use super::{Button, ButtonKind, Glyph, text_of};
use yew::prelude::*;

/// Pairs as one text of a form, so that they are compared and reset with it.
pub fn written(pairs: &[(String, String)]) -> Texts {
    Texts::from([("pairs", serde_json::to_string(pairs).unwrap_or_default())])
}

/// The pairs in that text.
pub fn pairs_of(form: &Form) -> Vec<(String, String)> {
    serde_json::from_str(form.get("pairs")).unwrap_or_default()
}

/// A row for each pair, and a button for one more.
pub fn pair_rows(form: &Form, what: &'static str) -> Html {
    let read_only = form.is_read_only();
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
