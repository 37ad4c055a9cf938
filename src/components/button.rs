//! Buttons.

use super::{Glyph, Icon};
use crate::hooks::use_app;
use crate::host;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ButtonKind {
    /// One of several.
    #[default]
    Normal,
    /// The one that people came for.
    Primary,
    /// Without a border.
    Link,
    /// An icon; its label is for those who do not see it.
    Icon,
}

#[derive(PartialEq, Properties)]
pub struct ButtonProps {
    pub label: AttrValue,
    #[prop_or_default]
    pub kind: ButtonKind,
    #[prop_or_default]
    pub glyph: Option<Glyph>,
    #[prop_or_default]
    pub disabled: bool,
    /// Shows that its work goes on.
    #[prop_or_default]
    pub busy: bool,
    /// `aria-keyshortcuts`, and in the tip.
    #[prop_or_default]
    pub shortcut: Option<AttrValue>,
    #[prop_or_default]
    pub pressed: Option<bool>,
    #[prop_or_default]
    pub expanded: Option<bool>,
    #[prop_or_default]
    pub id: Option<AttrValue>,
    #[prop_or_default]
    pub class: Classes,
    /// A longer name than the label.
    #[prop_or_default]
    pub name: Option<AttrValue>,
    #[prop_or_default]
    pub onclick: Callback<MouseEvent>,
}

/// A button.
#[component]
pub fn Button(props: &ButtonProps) -> Html {
    let kind = match props.kind {
        ButtonKind::Normal => "button-normal",
        ButtonKind::Primary => "button-primary",
        ButtonKind::Link => "button-link",
        ButtonKind::Icon => "button-icon",
    };
    let icon_only = props.kind == ButtonKind::Icon;
    let glyph = if props.busy { Some(Glyph::Running) } else { props.glyph };
    let flag = |value: Option<bool>| value.map(|value| if value { "true" } else { "false" });
    let tip = match (&props.shortcut, icon_only) {
        (Some(keys), _) => {
            Some(AttrValue::from(format!("{} ({})", props.label, keys.replace("Control", "Ctrl"))))
        }
        (None, true) => Some(props.label.clone()),
        (None, false) => None,
    };
    let name = props.name.clone().or_else(|| icon_only.then(|| props.label.clone()));
    html! {
        <button type="button" id={props.id.clone()} class={classes!("button", kind, props.class.clone())}
            disabled={props.disabled || props.busy} onclick={props.onclick.clone()} aria-label={name} title={tip}
            aria-keyshortcuts={props.shortcut.clone()} aria-pressed={flag(props.pressed)} aria-expanded={flag(props.expanded)}>
            if let Some(glyph) = glyph { <Icon {glyph} /> }
            if !icon_only { <span>{ props.label.clone() }</span> }
        </button>
    }
}

#[derive(PartialEq, Properties)]
pub struct CopyButtonProps {
    pub label: AttrValue,
    pub text: AttrValue,
    #[prop_or_default]
    pub kind: ButtonKind,
}

/// Copies a text and says so.
#[component]
pub fn CopyButton(props: &CopyButtonProps) -> Html {
    let app = use_app();
    let copied = use_state(|| None::<bool>);
    let onclick = {
        let (app, copied, text) = (app, copied.clone(), props.text.clone());
        Callback::from(move |_| {
            let (app, copied, text) = (app.clone(), copied.clone(), text.clone());
            spawn_local(async move {
                let done = host::copy(&text).await;
                app.say(if done { "Copied." } else { "The browser refused to copy." });
                copied.set(Some(done));
                host::sleep(2_000).await;
                copied.set(None);
            });
        })
    };
    let (label, glyph) = match *copied {
        Some(true) => (AttrValue::from("Copied"), Glyph::Check),
        Some(false) => (AttrValue::from("Not copied"), Glyph::Warning),
        None => (props.label.clone(), Glyph::Copy),
    };
    html! { <Button {label} {glyph} kind={props.kind} {onclick} /> }
}
