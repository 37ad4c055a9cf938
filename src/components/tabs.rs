//! Tabs as the ARIA pattern has them: one stop for Tab, arrows between them, Home and End.

use crate::host;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

/// A tab.
#[derive(Debug, Clone, PartialEq)]
pub struct Tab {
    /// Names it; its element is `tab-{key}` and its panel `tabpanel-{key}`.
    pub key: &'static str,
    /// What it says.
    pub label: &'static str,
}

#[derive(PartialEq, Properties)]
pub struct TabsProps {
    pub label: AttrValue,
    pub tabs: Vec<Tab>,
    pub selected: &'static str,
    pub on_select: Callback<&'static str>,
    /// The selected tab's panel.
    pub children: Html,
}

/// A list of tabs and the selected one's panel.
#[component]
pub fn Tabs(props: &TabsProps) -> Html {
    let onkeydown = {
        let keys: Vec<&'static str> = props.tabs.iter().map(|tab| tab.key).collect();
        let (selected, on_select) = (props.selected, props.on_select.clone());
        Callback::from(move |event: KeyboardEvent| {
            let at = keys.iter().position(|key| *key == selected).unwrap_or(0);
            let to = match event.key().as_str() {
                "ArrowRight" => (at + 1) % keys.len(),
                "ArrowLeft" => (at + keys.len() - 1) % keys.len(),
                "Home" => 0,
                "End" => keys.len() - 1,
                _ => return,
            };
            event.prevent_default();
            on_select.emit(keys[to]);
            let tab = host::document().get_element_by_id(&format!("tab-{}", keys[to]));
            if let Some(tab) = tab.and_then(|tab| tab.dyn_into::<HtmlElement>().ok()) {
                let _ = tab.focus();
            }
        })
    };
    html! {
        <div class="tabs">
            <div class="tabs-list" role="tablist" aria-label={props.label.clone()} {onkeydown}>
                for tab in props.tabs.iter() {
                    <button key={tab.key} type="button" role="tab" id={format!("tab-{}", tab.key)}
                        aria-selected={if tab.key == props.selected { "true" } else { "false" }}
                        aria-controls={(tab.key == props.selected).then(|| format!("tabpanel-{}", tab.key))}
                        tabindex={if tab.key == props.selected { "0" } else { "-1" }}
                        onclick={ let key = tab.key; props.on_select.reform(move |_: MouseEvent| key) }>
                        { tab.label }
                    </button>
                }
            </div>
            <div role="tabpanel" class="tabs-panel" id={format!("tabpanel-{}", props.selected)}
                aria-labelledby={format!("tab-{}", props.selected)} tabindex="-1">
                { props.children.clone() }
            </div>
        </div>
    }
}
