//! Verifying receipts: a pile of them, pasted or from files, becomes a table.

use crate::actions;
use crate::components::{
    Alert, Button, ButtonKind, Empty, FileInput, Glyph, Panel, Status, StatusTone, number, table,
    text, text_of,
};
use crate::hooks::{use_app, use_session};
use crate::host;
use crate::model::{EnginePhase, Tone, VerifiedReceipt, format_count, plural, receipts_csv};
use crate::route::Route;
use coldstart_workspace::lab::find_receipts;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use yew::prelude::*;

/// Characters of text that are looked through: receipts are 32,000 at most as links.
const TEXT_MAX: usize = 8 << 20;

#[derive(PartialEq, Properties)]
pub struct ReceiptsPageProps {
    /// The receipt of the address, or none.
    pub receipt: String,
}

/// The page.
#[component]
pub fn ReceiptsPage(props: &ReceiptsPageProps) -> Html {
    let app = use_app();
    let pasted = use_state(String::new);
    let rows = use_state(Vec::<VerifiedReceipt>::new);
    let busy = use_state(|| None::<(usize, usize)>);
    let fault = use_state(|| None::<String>);
    let ready = use_session(|session| session.phase == EnginePhase::Ready);
    let verify = {
        let (app, rows, busy, fault) = (app.clone(), rows.clone(), busy.clone(), fault.clone());
        Callback::from(move |text: String| {
            let (app, rows, busy, fault) = (app.clone(), rows.clone(), busy.clone(), fault.clone());
            if text.len() > TEXT_MAX {
                fault.set(Some(format!(
                    "This is more text than is read at once: {} bytes.",
                    format_count(text.len() as u64)
                )));
                return;
            }
            spawn_local(async move {
                let found: Vec<String> =
                    find_receipts(&text).into_iter().map(str::to_owned).collect();
                fault.set(found.is_empty().then(|| {
                    "There is no receipt in this text. One looks like https://…#/receipt/r1.…"
                        .to_owned()
                }));
                let mut verified = Vec::new();
                for (at, receipt) in found.iter().enumerate() {
                    busy.set(Some((at, found.len())));
                    verified.push(actions::verify_receipt(&app, receipt).await);
                    rows.set(verified.clone());
                }
                busy.set(None);
                if !found.is_empty() {
                    let good = verified.iter().filter(|one| one.fault.is_none()).count();
                    app.say(format!(
                        "{good} of {} verified.",
                        plural(found.len() as u64, "receipt")
                    ));
                }
            });
        })
    };
    // The one of the address, as soon as there is an engine to try it in.
    use_effect_with((props.receipt.clone(), ready), {
        let verify = verify.clone();
        move |(receipt, ready)| {
            if *ready && !receipt.is_empty() {
                verify.emit(receipt.clone());
            }
        }
    });
    let on_file = {
        let (verify, fault) = (verify.clone(), fault.clone());
        Callback::from(move |file: File| {
            let (verify, fault) = (verify.clone(), fault.clone());
            spawn_local(async move {
                match host::file_bytes(&file).await {
                    Ok(bytes) => verify.emit(String::from_utf8_lossy(&bytes).into_owned()),
                    Err(error) => fault.set(Some(error)),
                }
            });
        })
    };
    let on_verify = {
        let (verify, pasted) = (verify.clone(), pasted.clone());
        Callback::from(move |_: MouseEvent| verify.emit((*pasted).clone()))
    };
    let download = {
        let (rows, fault) = (rows.clone(), fault.clone());
        Callback::from(move |_: MouseEvent| {
            let csv = receipts_csv(&rows);
            fault.set(host::download("receipts.csv", "text/csv", csv.as_bytes()).err());
        })
    };
    let on_text = {
        let pasted = pasted.clone();
        Callback::from(move |event: InputEvent| pasted.set(text_of(&event)))
    };
    let good = rows.iter().filter(|row| row.fault.is_none()).count();
    html! {
        <div class="page">
            <nav class="breadcrumbs" aria-label="Breadcrumbs"><ol><li><a href={Route::Labs.format()}>{ "Labs" }</a></li><li>{ "Receipts" }</li></ol></nav>
            <header class="page-header"><div><h1>{ "Receipts" }</h1>
                <p>{ "Paste the receipts that people handed in, one or a hundred, with whatever text is around them. This page runs their work again. Nothing is uploaded." }</p></div></header>
            <Panel title="Verify">
                <div class="receipt-form">
                    <div class="field">
                        <label for="receipts-text">{ "Receipts" }</label>
                        <textarea id="receipts-text" class="receipts-text" spellcheck="false" value={(*pasted).clone()} oninput={on_text} />
                    </div>
                    <div class="button-row">
                        <Button kind={ButtonKind::Primary} label="Verify" busy={busy.is_some()} disabled={!ready || pasted.trim().is_empty()} onclick={on_verify} />
                        <FileInput id="receipts-file" label="From a file" accept=".txt,.csv,text/plain,text/csv" {on_file} />
                    </div>
                    if let Some((at, of)) = *busy {
                        <p role="status">{ format!("Running {} of {of} …", at + 1) }</p>
                    }
                    if let Some(fault) = &*fault { <div role="alert"><Alert tone={Tone::Error} title="Nothing was verified."><p>{ fault }</p></Alert></div> }
                </div>
            </Panel>
            <Panel title="Results" counter={format!("{good} of {}", rows.len())} flush={true}
                actions={html! { <Button glyph={Glyph::Download} label="Download CSV" disabled={rows.is_empty()} onclick={download} /> }}>
                if rows.is_empty() {
                    <Empty glyph={Glyph::Labs} title="No receipts yet" text="What is verified stands here, a line each." />
                } else {
                    { table("Verified receipts", &[text("Name"), text("Lab"), number("Steps"), text("Result"), text("Reason")], rows.iter().enumerate().map(row).collect()) }
                }
            </Panel>
        </div>
    }
}

fn row((at, receipt): (usize, &VerifiedReceipt)) -> Html {
    let tone = if receipt.fault.is_none() { StatusTone::Success } else { StatusTone::Error };
    let version =
        receipt.version.map(|version| format!(" (version {version})")).unwrap_or_default();
    html! {
        <tr key={at}>
            <td>{ if receipt.name.is_empty() { "—" } else { &receipt.name } }</td>
            <td>{ &receipt.lab }<span class="quiet">{ version }</span></td>
            <td class="number">{ format!("{} of {}", receipt.passed, receipt.of) }</td>
            <td><Status {tone} word={receipt.result()} /></td>
            <td>{ receipt.fault.clone().unwrap_or_default() }</td>
        </tr>
    }
}
