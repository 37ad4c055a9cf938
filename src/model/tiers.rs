//! Tiers: which WebAssembly runs a function, and how fast.

use coldstart_workspace::ApiRequest;
use serde_json::{Value, json};

/// A tier's name, as people read it.
pub fn tier_name(tier: &str) -> &'static str {
    match tier {
        "webassembly" => "The browser's WebAssembly",
        "wasmi" => "wasmi, an interpreter",
        _ => "Not run yet",
    }
}

/// Asks where a function runs. `round` makes it a new question.
pub fn tier_request(function: &str, round: u32) -> ApiRequest {
    let params = json!({ "FunctionName": function, "Round": round });
    ApiRequest { service: "coldstart".into(), operation: "GetTier".into(), params }
}

/// Chooses tiers, by function.
pub fn choose_tiers_request(tiers: Value) -> ApiRequest {
    let params = json!({ "Tiers": tiers });
    ApiRequest { service: "coldstart".into(), operation: "SetTiers".into(), params }
}

/// What was chosen so far, with one more choice; what is left to the engine is not kept.
pub fn tiers_with(kept: Option<&str>, function: &str, choice: &str) -> Value {
    let kept: Option<Value> = kept.and_then(|kept| serde_json::from_str(kept).ok());
    let mut tiers = kept.filter(Value::is_object).unwrap_or_else(|| json!({}));
    if let Some(tiers) = tiers.as_object_mut() {
        tiers.remove(function);
        if choice != "auto" {
            tiers.insert(function.to_owned(), choice.into());
        }
    }
    tiers
}

/// Units a real second; none while too little was measured to tell.
pub fn tier_speed(part: &Value) -> Option<String> {
    const MS_MIN: f64 = 0.5;
    let (units, ms) = (part.get("Units")?.as_f64()?, part.get("Milliseconds")?.as_f64()?);
    (ms >= MS_MIN).then(|| {
        let millions = units / ms / 1_000.0;
        let digits = if millions >= 10.0 { 0 } else { 1 };
        format!("{millions:.digits$} million units a second")
    })
}

/// Why a function is on wasmi although something else may be faster.
pub fn tier_note(stays: &str) -> Option<&'static str> {
    Some(match stays {
        "shape" => {
            "Its module waits within calls (its main function reads events in a loop, or it is a command). Only wasmi can suspend those."
        }
        "module" => "This module changes tables, or the browser does not compile it.",
        "stack" => "Its calls went deeper than the browser's stack, so that it went on here.",
        "time" => "One run took so long that it went on here, where Stop is heard.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_kept_by_function() {
        let one = tiers_with(None, "a", "wasmi");
        assert_eq!(one, json!({ "a": "wasmi" }));
        let two = tiers_with(Some(&one.to_string()), "b", "webassembly");
        assert_eq!(two, json!({ "a": "wasmi", "b": "webassembly" }));
        assert_eq!(tiers_with(Some(&two.to_string()), "a", "auto"), json!({ "b": "webassembly" }));
        assert_eq!(tiers_with(Some("rubbish"), "a", "auto"), json!({}));
    }

    #[test]
    fn speeds_are_told_when_enough_was_measured() {
        let part = |units: u64, ms: f64| json!({ "Units": units, "Milliseconds": ms });
        assert_eq!(
            tier_speed(&part(90_000_000, 1_000.0)).as_deref(),
            Some("90 million units a second")
        );
        assert_eq!(tier_speed(&part(4_200, 1.0)).as_deref(), Some("4.2 million units a second"));
        assert_eq!(tier_speed(&part(100, 0.1)), None);
        assert_eq!(tier_speed(&Value::Null), None);
    }
}
