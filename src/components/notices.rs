//! Messages: those at the top of the page, and alerts in place.

use super::{Button, ButtonKind, Glyph, Icon};
use crate::actions;
use crate::app::App;
use crate::hooks::{use_app, use_notices};
use crate::host;
use crate::model::{CallError, Notice, NoticesAction, Remedy, Tone, advice};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

fn look(tone: Tone) -> (&'static str, Glyph, &'static str) {
    match tone {
        Tone::Success => ("success", Glyph::Success, "Done"),
        Tone::Info => ("info", Glyph::Info, "Note"),
        Tone::Warning => ("warning", Glyph::Warning, "Warning"),
        Tone::Error => ("error", Glyph::Error, "Error"),
    }
}

/// The messages at the top of the page.
#[component]
pub fn NoticeList() -> Html {
    let app = use_app();
    let notices = use_notices(|notices| notices.items.clone());
    html! {
        <div class="notices" role="region" aria-label="Messages" aria-live="polite">
            for notice in notices.iter() { { notice_html(&app, notice) } }
        </div>
    }
}

fn notice_html(app: &App, notice: &Notice) -> Html {
    let (class, glyph, word) = look(notice.tone);
    let id = notice.id;
    let dismiss = {
        let app = app.clone();
        Callback::from(move |_| app.notices.dispatch(NoticesAction::Dismiss(id)))
    };
    let remedy = notice.remedy.clone().map(|remedy| {
        let app = app.clone();
        let label = remedy.label();
        let onclick = Callback::from(move |_| apply(&app, &remedy));
        html! { <button type="button" class="notice-remedy" {onclick}>{ label }</button> }
    });
    html! {
        <div key={notice.id} class={classes!("notice", format!("notice-{class}"))}>
            <Icon {glyph} />
            <div class="notice-text">
                <p><span class="visually-hidden">{ format!("{word}: ") }</span>{ &notice.title }</p>
                if let Some(detail) = &notice.detail { <p class="notice-detail">{ detail }</p> }
            </div>
            { remedy }
            <button type="button" class="notice-close" aria-label="Dismiss" onclick={dismiss}><Icon glyph={Glyph::Close} /></button>
        </div>
    }
}

fn apply(app: &App, remedy: &Remedy) {
    match remedy {
        Remedy::UndoReset => actions::undo_reset(app),
        Remedy::UndoDelete => actions::undo_delete(app),
        Remedy::UndoDeleteMachine => actions::undo_delete_machine(app),
        Remedy::UndoDeleteWorkspace => actions::undo_delete_workspace(app),
        Remedy::UndoLabReset => actions::undo_lab_reset(app),
        Remedy::LoadNewer => actions::load_newer(app),
        Remedy::CopyReport(report) => {
            let (app, report) = (app.clone(), report.clone());
            spawn_local(async move {
                let done = host::copy(&report).await;
                app.say(if done {
                    "The report was copied."
                } else {
                    "The browser refused to copy."
                });
            });
        }
    }
}

#[derive(PartialEq, Properties)]
pub struct AlertProps {
    pub tone: Tone,
    #[prop_or_default]
    pub title: Option<AttrValue>,
    #[prop_or_default]
    pub actions: Html,
    #[prop_or_default]
    pub on_dismiss: Option<Callback<()>>,
    #[prop_or_default]
    pub children: Html,
}

/// An alert where it belongs.
#[component]
pub fn Alert(props: &AlertProps) -> Html {
    let (class, glyph, word) = look(props.tone);
    html! {
        <div class={classes!("alert", format!("alert-{class}"))}>
            <Icon {glyph} />
            <div class="alert-text">
                <span class="visually-hidden">{ format!("{word}: ") }</span>
                if let Some(title) = &props.title { <p class="alert-title">{ title.clone() }</p> }
                { props.children.clone() }
            </div>
            <div class="alert-actions">{ props.actions.clone() }</div>
            if let Some(on_dismiss) = &props.on_dismiss {
                <Button kind={ButtonKind::Icon} glyph={Glyph::Close} label="Dismiss" onclick={on_dismiss.reform(|_: MouseEvent| ())} />
            }
        </div>
    }
}

/// A refusal of the API, with what can be done about it.
pub fn refused(error: &CallError) -> Html {
    match error {
        CallError::EngineLost => {
            html! { <Alert tone={Tone::Error} title="The engine stopped while it worked on this." /> }
        }
        CallError::Refused(failure) => html! {
            <Alert tone={Tone::Error} title={format!("{} (HTTP {})", failure.code, failure.status)}>
                <p class="aws-message">{ &failure.message }</p>
                if let Some(advice) = advice(&failure.code) { <p>{ advice }</p> }
            </Alert>
        },
    }
}
