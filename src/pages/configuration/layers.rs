//! Layers: what is unpacked below /opt, in order.

use super::SectionProps;
use crate::components::form::{Texts, form_panel, use_form, use_sender};
use crate::components::{Button, ButtonKind, Glyph};
use crate::hooks::use_all;
use crate::model::{lambda, list_at, of_function, text_at};
use crate::route::{ResourceKind, Route};
use serde_json::json;
use yew::prelude::*;

#[component]
pub(super) fn Layers(props: &SectionProps) -> Html {
    let attached: Vec<String> = list_at(&props.configuration, "Layers")
        .iter()
        .map(|layer| text_at(layer, "/Arn"))
        .collect();
    let answer = use_all(Some(lambda("ListLayers", json!({}))));
    let known: Vec<String> = match &answer {
        Some(Ok(output)) => list_at(output, "Layers")
            .iter()
            .map(|layer| text_at(layer, "/LatestMatchingVersion/LayerVersionArn"))
            .collect(),
        _ => Vec::new(),
    };
    let form = use_form(
        "layers",
        Texts::from([("list", attached.join("\n")), ("add", String::new())]),
        props.read_only,
    );
    let sender = use_sender();
    let list: Vec<String> =
        form.get("list").lines().map(str::to_owned).filter(|arn| !arn.is_empty()).collect();
    let adding = form.get("add").trim().to_owned();
    let save = {
        let (name, sender) = (props.name.clone(), sender.clone());
        let (mut list, adding) = (list.clone(), adding.clone());
        if !adding.is_empty() {
            list.push(adding);
        }
        Callback::from(move |()| {
            let request =
                of_function("UpdateFunctionConfiguration", &name, json!({ "Layers": list }));
            sender.send(vec![request], "The layers were saved.", Callback::noop());
        })
    };
    let set = form.set("list");
    let change = |next: Vec<String>| {
        let set = set.clone();
        Callback::from(move |_: MouseEvent| set.emit(next.join("\n")))
    };
    let without = |index: usize| {
        let mut next = list.clone();
        next.remove(index);
        change(next)
    };
    let earlier = |index: usize| {
        let mut next = list.clone();
        next.swap(index, index.saturating_sub(1));
        change(next)
    };
    form_panel(
        "Layers",
        "At most five. Their files are below /opt; a later layer covers an earlier one.",
        &form,
        &sender,
        true,
        &save,
        html! {
            <>
                if list.is_empty() { <p class="quiet">{ "No layers. " }<a href={Route::Resources(ResourceKind::Layers).format()}>{ "Create one from a zip file" }</a></p> }
                <ol class="configuration-layers">
                    for (index, arn) in list.iter().enumerate() {
                        <li key={arn.clone()}>
                            <code class="long-value">{ arn.clone() }</code>
                            <Button kind={ButtonKind::Link} label="Move up" name={format!("Move layer {} up", index + 1)} disabled={props.read_only || index == 0} onclick={earlier(index)} />
                            <Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Remove layer {}", index + 1)} disabled={props.read_only} onclick={without(index)} />
                        </li>
                    }
                </ol>
                <div class="configuration-column">{ form.suggested("add", "Add a layer", "ARN of a layer's version.", &known) }</div>
            </>
        },
    )
}
