//! What a module is: shape, size, hash, imports, exports.

use super::{ButtonKind, CopyButton, Facts, Status, StatusTone};
use crate::model::{format_bytes, plural};
use coldstart_protocol::ModuleInfo;
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct ModulePanelProps {
    pub module: Rc<ModuleInfo>,
    /// Imports that are not here, as `module.name`.
    #[prop_or_default]
    pub foreign: Rc<Vec<String>>,
}

/// A module's facts.
#[component]
pub fn ModulePanel(props: &ModulePanelProps) -> Html {
    let module = &props.module;
    let shape = match module.shape.as_str() {
        "loop" => "loop: it asks for the next event itself",
        "callback" => "callback: its handler is called for each event",
        "command" => "command: it runs once for each event",
        "" => "none: it has no handler",
        other => other,
    };
    let short: String = module.sha256.chars().take(16).collect();
    let hash = html! {
        <span class="module-hash"><code title={module.sha256.clone()}>{ short }{ "…" }</code>
            <CopyButton kind={ButtonKind::Icon} label="Copy the SHA-256" text={module.sha256.clone()} /></span>
    };
    let mut facts: Vec<(AttrValue, Html)> = vec![
        ("Shape".into(), shape.into()),
        ("Size".into(), format_bytes(module.size).into()),
        ("SHA-256".into(), hash),
        (
            "Memory at start".into(),
            format_bytes(u64::from(module.memory_pages_min) * 65_536).into(),
        ),
    ];
    if !module.producers.is_empty() {
        facts.push(("Made with".into(), module.producers.join(", ").into()));
    }
    html! {
        <div class="module-panel">
            <Facts {facts} />
            <details open={!props.foreign.is_empty()}>
                <summary>{ plural(module.imports.len() as u64, "import") }</summary>
                if module.imports.is_empty() { <p>{ "None: it asks nothing of its host." }</p> }
                <ul class="module-list">
                    for (space, name, kind) in module.imports.iter() {
                        <li key={format!("{space}.{name}")}>
                            <code>{ format!("{space}.{name}") }</code>{ " " }<span>{ kind }</span>
                            if props.foreign.contains(&format!("{space}.{name}")) { { " " }<Status tone={StatusTone::Error} word="not here" /> }
                        </li>
                    }
                </ul>
            </details>
            <details>
                <summary>{ plural(module.exports.len() as u64, "export") }</summary>
                <ul class="module-list">
                    for (name, kind) in module.exports.iter() {
                        <li key={name.clone()}><code>{ name }</code>{ " " }<span>{ kind }</span></li>
                    }
                </ul>
            </details>
        </div>
    }
}
