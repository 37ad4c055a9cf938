//! Load profiles: what a form says as a request, and the loads of an answer.

use super::{format_count, format_micros, list_at, text_at};
use coldstart_workspace::ApiRequest;
use serde_json::{Value, json};

/// Kinds of a profile, with what is said of them.
pub const LOAD_KINDS: [(&str, &str); 4] = [
    ("Constant", "Constant rate"),
    ("Ramp", "Ramp"),
    ("Burst", "Bursts"),
    ("Poisson", "Poisson (at random)"),
];

/// A load as it was typed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadForm<'a> {
    /// One of [`LOAD_KINDS`].
    pub kind: &'a str,
    /// Invocations a second.
    pub rate: &'a str,
    /// At the end of a ramp.
    pub end_rate: &'a str,
    /// Invocations of a burst.
    pub size: &'a str,
    /// Seconds between bursts.
    pub every: &'a str,
    /// Of virtual time.
    pub seconds: &'a str,
    /// `RequestResponse` or `Event`.
    pub invocation_type: &'a str,
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)
}

fn coldstart(operation: &str, params: Value) -> ApiRequest {
    ApiRequest { service: "coldstart".into(), operation: operation.into(), params }
}

impl LoadForm<'_> {
    fn profile(&self) -> Option<Value> {
        let rate = || number(self.rate);
        Some(match self.kind {
            "Ramp" => json!({ "Kind": "Ramp", "Rate": rate()?, "EndRate": number(self.end_rate)? }),
            "Burst" => {
                json!({ "Kind": "Burst", "Size": number(self.size)?, "EverySeconds": number(self.every)? })
            }
            kind => json!({ "Kind": kind, "Rate": rate()? }),
        })
    }

    /// `StartLoad`; none when something is no number. Whether it is allowed is the engine's to say.
    pub fn request(&self, function: &str, payload: &str) -> Option<ApiRequest> {
        let params = json!({
            "FunctionName": function, "InvocationType": self.invocation_type, "Payload": { "$text": payload },
            "Profile": self.profile()?, "DurationSeconds": number(self.seconds)?,
        });
        Some(coldstart("StartLoad", params))
    }

    /// About how many invocations that is.
    pub fn invocations(&self) -> Option<u64> {
        let seconds = number(self.seconds)?;
        let count = match self.kind {
            "Ramp" => f64::midpoint(number(self.rate)?, number(self.end_rate)?) * seconds,
            "Burst" => {
                let every = number(self.every).filter(|every| *every > 0.0)?;
                number(self.size)? * (seconds / every).ceil()
            }
            _ => number(self.rate)? * seconds,
        };
        Some(count as u64)
    }
}

/// `StopLoad`.
pub fn stop_load(id: u64) -> ApiRequest {
    coldstart("StopLoad", json!({ "LoadId": id }))
}

/// `ListLoads`.
pub fn loads_request() -> ApiRequest {
    coldstart("ListLoads", json!({}))
}

/// A load of the session.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadRow {
    /// Its number.
    pub id: u64,
    /// In words.
    pub profile: String,
    /// `RUNNING`, `STOPPING`, `STOPPED` or `COMPLETED`.
    pub status: String,
    /// Sent, succeeded, failed, throttled, refused.
    pub counts: [u64; 5],
    /// Virtual microseconds.
    pub began_us: u64,
    /// Microseconds.
    pub duration_us: u64,
}

impl LoadRow {
    fn of(value: &Value) -> Self {
        let number = |name: &str| value.get(name).and_then(Value::as_u64).unwrap_or_default();
        let rate = |name: &str| {
            let rate = value.pointer(&format!("/Profile/{name}")).and_then(Value::as_f64);
            let text = format!("{:.3}", rate.unwrap_or_default());
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        let duration_us = number("DurationMicros");
        let profile = match text_at(value, "/Profile/Kind").as_str() {
            "Ramp" => format!("{} to {} a second", rate("Rate"), rate("EndRate")),
            "Burst" => format!("{} every {} s", rate("Size"), rate("EverySeconds")),
            "Poisson" => format!("Poisson, {} a second", rate("Rate")),
            _ => format!("{} a second", rate("Rate")),
        };
        Self {
            id: number("LoadId"),
            profile: format!("{profile}, for {}", format_micros(duration_us)),
            status: text_at(value, "/Status"),
            counts: ["Sent", "Succeeded", "Failed", "Throttled", "Refused"].map(number),
            began_us: number("BeganMicros"),
            duration_us,
        }
    }

    /// Whether it sends.
    pub fn is_running(&self) -> bool {
        self.status == "RUNNING"
    }

    /// Thousandths of its time that have passed.
    pub fn passed_permille(&self, now_us: u64) -> u64 {
        let passed = u128::from(now_us.saturating_sub(self.began_us)) * 1_000;
        (passed / u128::from(self.duration_us.max(1))).min(1_000) as u64
    }

    /// What became of its invocations, in words.
    pub fn outcome(&self) -> String {
        let words = ["sent", "succeeded", "failed", "throttled", "refused"];
        let told = words.iter().zip(self.counts).enumerate();
        let parts = told
            .filter(|(at, (_, count))| *at < 2 || *count > 0)
            .map(|(_, (word, count))| format!("{} {word}", format_count(count)));
        parts.collect::<Vec<_>>().join(", ")
    }
}

/// The loads of a function, the newest first.
pub fn loads_of(output: &Value, function: &str) -> Vec<LoadRow> {
    let of =
        list_at(output, "Loads").iter().filter(|one| text_at(one, "/FunctionName") == function);
    let mut rows: Vec<LoadRow> = of.map(LoadRow::of).collect();
    rows.reverse();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: LoadForm<'static> = LoadForm {
        kind: "Constant",
        rate: "1000",
        end_rate: "0",
        size: "50",
        every: "60",
        seconds: "600",
        invocation_type: "RequestResponse",
    };

    #[test]
    fn forms_become_requests_and_tell_how_many_invocations_they_are() {
        let request = FORM.request("f", "{}").unwrap();
        assert_eq!(
            (request.service.as_str(), request.operation.as_str()),
            ("coldstart", "StartLoad")
        );
        assert_eq!(request.params["Profile"], json!({ "Kind": "Constant", "Rate": 1_000.0 }));
        assert_eq!(request.params["DurationSeconds"], 600.0);
        assert_eq!(FORM.invocations(), Some(600_000));
        let ramp = LoadForm { kind: "Ramp", ..FORM };
        assert_eq!(ramp.request("f", "{}").unwrap().params["Profile"]["EndRate"], 0.0);
        assert_eq!(ramp.invocations(), Some(300_000));
        assert_eq!(LoadForm { kind: "Burst", ..FORM }.invocations(), Some(500));
        assert_eq!(LoadForm { kind: "Burst", every: "0", ..FORM }.invocations(), None);
        assert_eq!(LoadForm { rate: "fast", ..FORM }.request("f", "{}"), None);
    }

    #[test]
    fn loads_are_told_in_words_the_newest_first() {
        let load = |id: u64, function: &str| {
            json!({
                "LoadId": id, "FunctionName": function, "Status": "RUNNING", "Sent": 1_200, "Succeeded": 1_000, "Failed": 0, "Throttled": 200,
                "Refused": 0, "Profile": { "Kind": "Burst", "Size": 100, "EverySeconds": 2.5 }, "BeganMicros": 1_000_000, "DurationMicros": 60_000_000,
            })
        };
        let rows = loads_of(&json!({ "Loads": [load(1, "f"), load(2, "g"), load(3, "f")] }), "f");
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [3, 1]);
        assert_eq!(rows[0].profile, "100 every 2.5 s, for 1 min");
        assert_eq!(rows[0].outcome(), "1,200 sent, 1,000 succeeded, 200 throttled");
        assert_eq!(
            [0, 31_000_000, u64::MAX].map(|now| rows[0].passed_permille(now)),
            [0, 500, 1_000]
        );
    }
}
