//! "What if memory were N": the function's test event, tried with several memory sizes in copies of the session.

use crate::actions;
use crate::components::{Button, Glyph, Panel, refused};
use crate::hooks::{use_app, use_document};
use crate::model::{CallError, SweepRow, format_cost};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Sizes that are tried, MB; 1,769 is "the equivalent of one vCPU".
const SIZES_MB: [u64; 6] = [128, 256, 512, 1_024, 1_769, 3_008];
/// Invocations for which a month is told.
const MONTH_INVOCATIONS: u64 = 1_000_000;

#[derive(PartialEq, Properties)]
pub struct MemorySweepProps {
    pub function: AttrValue,
}

#[component]
pub fn MemorySweep(props: &MemorySweepProps) -> Html {
    let app = use_app();
    let rows = use_state(Vec::<SweepRow>::new);
    let (busy, fault) = (use_state(|| false), use_state(|| None::<CallError>));
    let read_only = use_document(|document| document.read_only());
    let run = {
        let (rows, busy, fault) = (rows.clone(), busy.clone(), fault.clone());
        let function = props.function.to_string();
        Callback::from(move |_: MouseEvent| {
            let (app, rows, busy, fault) = (app.clone(), rows.clone(), busy.clone(), fault.clone());
            let function = function.clone();
            busy.set(true);
            fault.set(None);
            spawn_local(async move {
                let mut done = Vec::new();
                for memory_mb in SIZES_MB {
                    match actions::try_memory(&app, &function, memory_mb).await {
                        Ok(row) => {
                            done.push(row);
                            rows.set(done.clone());
                        }
                        Err(error) => {
                            fault.set(Some(error));
                            break;
                        }
                    }
                }
                app.say("The memory sizes were tried.");
                busy.set(false);
            });
        })
    };
    let actions = html! { <Button glyph={Glyph::Play} label="Try memory sizes" disabled={read_only} busy={*busy} onclick={run} /> };
    // The smallest of those that are alike.
    let sound = || rows.iter().filter(|row| row.fault.is_none());
    let cheapest = sound().min_by_key(|row| row.warm_cost).map(|row| row.memory_mb);
    let fastest = sound().min_by_key(|row| row.warm_micros).map(|row| row.memory_mb);
    let line = |row: &SweepRow| {
        let ms = |micros: u64| format!("{:.2} ms", micros as f64 / 1_000.0);
        let mut notes = Vec::new();
        if Some(row.memory_mb) == cheapest {
            notes.push("cheapest");
        }
        if Some(row.memory_mb) == fastest {
            notes.push("fastest");
        }
        html! {
            <tr key={row.memory_mb}>
                <th scope="row">{ format!("{} MB", row.memory_mb) }</th>
                <td class="number">{ ms(row.init_micros) }</td>
                <td class="number">{ ms(row.cold_micros) }</td>
                <td class="number">{ ms(row.warm_micros) }</td>
                <td class="number">{ format_cost(row.warm_cost) }</td>
                <td class="number">{ format_cost(row.warm_cost.saturating_mul(MONTH_INVOCATIONS)) }</td>
                <td>{ row.fault.clone().unwrap_or_else(|| notes.join(", ")) }</td>
            </tr>
        }
    };
    html! {
        <>
            if let Some(fault) = &*fault { <div role="alert">{ refused(fault) }</div> }
            <Panel title="What if memory were …" {actions} flush={!rows.is_empty()} description="The selected test event with other memory sizes, cold and warm, in copies of the session: the history stays as it is.">
                if rows.is_empty() { <p class="quiet">{ "More memory is a faster processor and a higher price for each millisecond. Try it to see which size is cheapest for this event." }</p> } else {
                    <div class="table-scroll" tabindex="0" role="group" aria-label="Memory sizes">
                        <table class="table">
                            <thead><tr><th scope="col">{ "Memory" }</th><th scope="col" class="number">{ "Init" }</th><th scope="col" class="number">{ "Duration, cold" }</th><th scope="col" class="number">{ "Duration, warm" }</th><th scope="col" class="number">{ "Cost, warm" }</th><th scope="col" class="number">{ "A million warm" }</th><th scope="col">{ "Note" }</th></tr></thead>
                            <tbody>for row in rows.iter() { { line(row) } }</tbody>
                        </table>
                    </div>
                }
            </Panel>
        </>
    }
}
