//! The banner over a workspace that came with a link.

use super::{Alert, Button, ButtonKind, Glyph, Status, StatusTone};
use crate::actions;
use crate::hooks::{use_app, use_document, use_session};
use crate::model::{EnginePhase, LinkReplay, Origin, Tone, plural};
use yew::prelude::*;

/// Whose workspace it is, that it is safe, and what can be done with it.
#[component]
pub fn LinkBanner() -> Html {
    let app = use_app();
    let (origin, name, commands) = use_document(|document| {
        (
            document.origin.clone(),
            document.workspace.name.clone(),
            document.workspace.commands.len(),
        )
    });
    let opening = use_session(|session| match session.phase {
        EnginePhase::Opening { done, total } => Some((done, total)),
        _ => None,
    });
    let Origin::Link { replay } = origin else { return html! {} };
    let act = |action: fn(&crate::app::App)| {
        let app = app.clone();
        Callback::from(move |_: MouseEvent| action(&app))
    };
    let busy = replay == LinkReplay::Running || opening.is_some();
    let again = matches!(replay, LinkReplay::NotYet | LinkReplay::Failed(_) | LinkReplay::Running);
    let tone = if matches!(replay, LinkReplay::Different(_)) { Tone::Warning } else { Tone::Info };
    let buttons = html! {
        <>
            if again {
                <Button kind={ButtonKind::Primary} glyph={Glyph::Play} label="Replay" busy={busy} onclick={act(actions::replay_link)} />
            }
            <Button glyph={Glyph::Fork} label="Fork to edit" disabled={replay == LinkReplay::Running} onclick={act(actions::fork_link)} />
            <Button kind={ButtonKind::Link} label="Back to my workspace" onclick={act(actions::leave_link)} />
        </>
    };
    let title = if name.is_empty() {
        "A shared workspace".to_owned()
    } else {
        format!("Shared workspace: {name}")
    };
    html! {
        <div class="link-banner">
            <Alert {tone} {title} actions={buttons}>
                <p>{ "Runs only in your browser; nothing is uploaded. It is read-only until you fork it, and your own work stays as it is." }</p>
                <p role="status">{ match &replay {
                    LinkReplay::NotYet => html! { { format!("Its history has {}. Replay runs them here.", plural(commands as u64, "command")) } },
                    LinkReplay::Running => match opening {
                        Some((done, total)) if total > 0 => html! { <progress max={total.to_string()} value={done.to_string()} aria-label="Replaying"></progress> },
                        _ => html! { <Status tone={StatusTone::Working} word="Replaying …" /> },
                    },
                    LinkReplay::Identical => html! { <Status tone={StatusTone::Success} word="Replayed: identical to the sender's history ✓" /> },
                    LinkReplay::Different(why) => {
                        let why = if why.is_empty() { "They may use another version of Coldstart." } else { why };
                        html! { <Status tone={StatusTone::Warning} word={format!("Replayed: the history differs from the sender's. {why}")} /> }
                    }
                    LinkReplay::Unverified => html! { <Status tone={StatusTone::Info} word="Replayed. The link has no digest to compare with." /> },
                    LinkReplay::Failed(message) => html! { <Status tone={StatusTone::Error} word={format!("The replay failed: {message}")} /> },
                } }</p>
            </Alert>
        </div>
    }
}
