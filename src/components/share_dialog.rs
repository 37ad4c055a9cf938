//! Share: the link, how far it carries, and the file.

use super::{Alert, Button, ButtonKind, CopyButton, FileInput, Glyph, Modal};
use crate::actions;
use crate::hooks::{use_app, use_document};
use crate::host;
use crate::model::{Tone, format_count, plural};
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use yew::prelude::*;

/// How far a link of this length carries.
fn reach(length: usize) -> (&'static str, bool) {
    match length {
        0..=2_000 => ("Fits everywhere", true),
        2_001..=4_000 => ("Fits Slack and mail", true),
        4_001..=8_000 => ("Browsers only", true),
        _ => ("Too long for a link: send the file", false),
    }
}

/// The share dialog.
#[component]
pub fn ShareDialog() -> Html {
    let app = use_app();
    let commands = use_document(|document| document.workspace.commands.len());
    let link = use_state(|| None::<Result<String, String>>);
    use_effect_with((app.clone(), commands), {
        let link = link.clone();
        move |(app, _)| {
            let app = app.clone();
            spawn_local(async move { link.set(Some(actions::share_link(&app).await)) });
        }
    });
    let fault = use_state(|| None::<String>);
    let on_close = {
        let app = app.clone();
        Callback::from(move |()| app.close_dialog())
    };
    let download = {
        let (app, fault) = (app.clone(), fault.clone());
        Callback::from(move |_: MouseEvent| {
            let (app, fault) = (app.clone(), fault.clone());
            spawn_local(async move { fault.set(actions::download_file(&app).await.err()) });
        })
    };
    let on_file = {
        let (app, fault) = (app.clone(), fault.clone());
        Callback::from(move |file: File| {
            let (app, fault) = (app.clone(), fault.clone());
            spawn_local(async move {
                let opened = match host::file_bytes(&file).await {
                    Ok(bytes) => actions::open_file(&app, &bytes).await,
                    Err(error) => Err(error),
                };
                match opened {
                    Ok(()) => app.close_dialog(),
                    Err(error) => fault.set(Some(format!("{}: {error}", file.name()))),
                }
            });
        })
    };
    html! {
        <Modal title="Share" {on_close} wide={true}>
            <p>{ format!("Whoever opens the link gets your functions, test events and {}, replays them and sees whether the history is the same. Nothing is uploaded: everything is in the link.", plural(commands as u64, "command")) }</p>
            { match &*link {
                None => html! { <p role="status">{ "Making the link …" }</p> },
                Some(Ok(link)) => {
                    let length = link.len();
                    let (word, fits) = reach(length);
                    html! {
                        <div class="share-link">
                            <label for="share-address">{ "Link" }</label>
                            <div class="share-row">
                                <input id="share-address" readonly=true value={link.clone()} aria-describedby="share-reach" />
                                <CopyButton kind={ButtonKind::Primary} label="Copy link" text={link.clone()} />
                            </div>
                            <div class="share-meter">
                                <meter min="0" low="2001" high="4001" optimum="0" max="8000" value={length.min(8_000).to_string()} aria-label="Length of the link"></meter>
                                <p id="share-reach"><strong>{ word }</strong>{ format!(" · {} characters", format_count(length as u64)) }</p>
                            </div>
                            if !fits { <Alert tone={Tone::Warning}><p>{ "Many programs cut links of this length. A cut link is recognised and refused. The file below always works." }</p></Alert> }
                        </div>
                    }
                }
                Some(Err(error)) => html! { <Alert tone={Tone::Warning} title="There is no link for this workspace."><p>{ error }</p></Alert> },
            } }
            <h3>{ "File" }</h3>
            <p>{ "The same workspace with its modules, as a .coldstart.zip file." }</p>
            <div class="button-row">
                <Button glyph={Glyph::Download} label="Download file" onclick={download} />
                <FileInput id="share-open" label="Open file" accept=".zip,application/zip" {on_file} />
            </div>
            if let Some(fault) = &*fault { <Alert tone={Tone::Error} title="The file could not be used."><p>{ fault }</p></Alert> }
        </Modal>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reach_follows_the_length() {
        let words = [1, 2_000, 2_001, 4_000, 4_001, 8_000, 8_001].map(|length| reach(length).0);
        assert_eq!(
            words,
            [
                "Fits everywhere",
                "Fits everywhere",
                "Fits Slack and mail",
                "Fits Slack and mail",
                "Browsers only",
                "Browsers only",
                "Too long for a link: send the file"
            ]
        );
    }
}
