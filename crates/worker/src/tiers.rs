//! Which tier functions run on, and how fast: asked for and set by requests of our own (service `coldstart`), which are no business of the
//! engine's and in no log.
//!
//! `GetTier {FunctionName}` answers `{Choice, Tier, Stays, Wasmi, WebAssembly}`: the choice is `auto`, `wasmi` or `webassembly`, the tier that of
//! the last run (null before it), and each tier's part `{Units, Milliseconds}`, the milliseconds real ones. `SetTiers {Tiers: {name: choice}}`
//! holds from each function's next event on.

use coldstart_protocol::{ApiFailure, ApiResponse};
use coldstart_sandbox::{Sandbox, Stays, Tier, TierChoice};
use coldstart_workspace::ApiRequest;
use serde_json::{Map, Value, json};

/// Whether it is one of these requests.
pub(crate) fn is_one(request: &ApiRequest) -> bool {
    request.service == "coldstart" && matches!(&*request.operation, "GetTier" | "SetTiers")
}

#[inline(never)] // The boundary of a part that a first visit does without (docs/adr/0005).
pub(crate) fn answer(
    sandbox: &dyn Sandbox,
    request: &ApiRequest,
) -> Result<ApiResponse, ApiFailure> {
    let output = match &*request.operation {
        "GetTier" => get(sandbox, request.params["FunctionName"].as_str().unwrap_or_default()),
        _ => set(sandbox, &request.params["Tiers"]),
    };
    Ok(ApiResponse { status: 200, output })
}

fn get(sandbox: &dyn Sandbox, name: &str) -> Value {
    let Some(report) = sandbox.tier(name) else { return Value::Object(Map::new()) };
    let word = |tier: Tier| match tier {
        Tier::Wasmi => "wasmi",
        Tier::WebAssembly => "webassembly",
    };
    let choice = match report.choice {
        TierChoice::Auto => "auto",
        TierChoice::Always(tier) => word(tier),
    };
    let stays = report.stays.map(|stays| match stays {
        Stays::Shape => "shape",
        Stays::Module => "module",
        Stays::Stack => "stack",
        Stays::Time => "time",
    });
    let [wasmi, host] =
        report.burned.map(|(units, ms)| json!({ "Units": units, "Milliseconds": ms }));
    let tier = report.last.map(word);
    json!({ "Choice": choice, "Tier": tier, "Stays": stays, "Wasmi": wasmi, "WebAssembly": host })
}

fn set(sandbox: &dyn Sandbox, tiers: &Value) -> Value {
    for (name, choice) in tiers.as_object().into_iter().flatten() {
        let choice = match choice.as_str() {
            Some("wasmi") => TierChoice::Always(Tier::Wasmi),
            Some("webassembly") => TierChoice::Always(Tier::WebAssembly),
            _ => TierChoice::Auto,
        };
        sandbox.choose_tier(name, choice);
    }
    Value::Object(Map::new())
}
