//! The choice of tiers: kept by the browser, told to each new Worker.

use crate::app::App;
use crate::host;
use crate::model::{choose_tiers_request, tiers_with};
use wasm_bindgen_futures::spawn_local;

/// Under which the browser keeps the choices, as JSON.
const KEPT: &str = "coldstart.tiers";

/// Tells a new Worker what was chosen, if anything was.
pub(super) fn send_tiers(app: &App) {
    if let Some(kept) = host::setting(KEPT) {
        send_kept(app.clone(), kept);
    }
}

#[inline(never)] // The boundary of a part (docs/adr/0005).
fn send_kept(app: App, kept: String) {
    let tiers = tiers_with(Some(&kept), "", "auto");
    spawn_local(async move { drop(app.engine.request(choose_tiers_request(tiers), &[]).await) });
}

/// Chooses a function's tier, from its next event on.
pub async fn choose_tier(app: &App, function: &str, choice: &str) {
    let tiers = tiers_with(host::setting(KEPT).as_deref(), function, choice);
    host::keep_setting(KEPT, &tiers.to_string());
    let request = choose_tiers_request(serde_json::json!({ function: choice }));
    // An engine that is lost meanwhile is told by `send_tiers` when there is a new one.
    drop(app.engine.request(request, &[]).await);
}
