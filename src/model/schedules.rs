//! Schedules of EventBridge Scheduler: requests in AWS's words, and what is read from their answers.

use super::{number_at, request, text_at};
use coldstart_workspace::ApiRequest;
use serde_json::{Map, Value, json};

/// A schedule as it is filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScheduleForm {
    /// `rate(…)`, `cron(…)` or `at(…)`.
    pub expression: String,
    /// Its zone.
    pub zone: String,
    /// `2026-01-01T00:00:00Z`; empty for none.
    pub start: String,
    /// As `start`.
    pub end: String,
    /// Minutes of its flexible window; empty for none.
    pub window: String,
    /// What it is for.
    pub description: String,
    /// Whether it deletes itself when it is over.
    pub delete_after: bool,
    /// Whether it occurs.
    pub enabled: bool,
}

impl ScheduleForm {
    /// As GetSchedule answers.
    pub fn of(schedule: &Value) -> Self {
        Self {
            expression: text_at(schedule, "/ScheduleExpression"),
            zone: text_at(schedule, "/ScheduleExpressionTimezone"),
            start: time_at(schedule, "/StartDate"),
            end: time_at(schedule, "/EndDate"),
            window: number_at(schedule, "/FlexibleTimeWindow/MaximumWindowInMinutes"),
            description: text_at(schedule, "/Description"),
            delete_after: text_at(schedule, "/ActionAfterCompletion") == "DELETE",
            enabled: text_at(schedule, "/State") != "DISABLED",
        }
    }

    /// Members that say when it occurs, as CreateSchedule and ListOccurrences take them. None when the window is no number.
    pub fn members(&self) -> Option<Map<String, Value>> {
        let mut members = Map::new();
        for (member, text) in [
            ("ScheduleExpression", &self.expression),
            ("ScheduleExpressionTimezone", &self.zone),
            ("StartDate", &self.start),
            ("EndDate", &self.end),
            ("Description", &self.description),
        ] {
            if !text.trim().is_empty() {
                members.insert(member.into(), json!(text.trim()));
            }
        }
        let window = match self.window.trim() {
            "" | "0" => json!({ "Mode": "OFF" }),
            minutes => {
                json!({ "Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes.parse::<u64>().ok()? })
            }
        };
        members.insert("FlexibleTimeWindow".into(), window);
        let after = if self.delete_after { "DELETE" } else { "NONE" };
        members.insert("ActionAfterCompletion".into(), json!(after));
        let state = if self.enabled { "ENABLED" } else { "DISABLED" };
        members.insert("State".into(), json!(state));
        Some(members)
    }

    /// `CreateSchedule` or `UpdateSchedule`: the whole schedule with its target.
    pub fn request(
        &self,
        group: &str,
        name: &str,
        target: Value,
        is_new: bool,
    ) -> Option<ApiRequest> {
        let mut params = self.members()?;
        params.insert("Name".into(), json!(name));
        params.insert("GroupName".into(), json!(group));
        params.insert("Target".into(), target);
        let operation = if is_new { "CreateSchedule" } else { "UpdateSchedule" };
        Some(request("scheduler", operation, Value::Object(params)))
    }
}

/// A time as text: as it was given, or from Unix seconds.
fn time_at(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer).and_then(Value::as_f64) {
        None => text_at(value, pointer),
        Some(seconds) => super::Moment::iso_text(seconds.max(0.0) as u64),
    }
}

/// The times that ListOccurrences answers, for people.
pub fn occurrence_texts(output: &Value) -> Vec<String> {
    let times = output.get("Occurrences").and_then(Value::as_array).into_iter().flatten();
    let text = |time: &Value| {
        let text = time.as_str().unwrap_or_default();
        format!("{} UTC", text.trim_end_matches('Z').replacen('T', " ", 1))
    };
    times.map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_survives_a_round_trip() {
        let schedule = json!({
            "ScheduleExpression": "rate(1 hour)", "ScheduleExpressionTimezone": "Europe/Berlin", "StartDate": 1_767_225_600,
            "FlexibleTimeWindow": { "Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15 }, "State": "DISABLED", "ActionAfterCompletion": "DELETE",
        });
        let form = ScheduleForm::of(&schedule);
        assert_eq!(form.start, "2026-01-01T00:00:00Z");
        let members = Value::Object(form.members().expect("numbers"));
        assert_eq!(ScheduleForm::of(&members), form);
        assert_eq!(ScheduleForm { window: "x".into(), ..form }.members(), None);
    }

    #[test]
    fn times_are_written_for_people() {
        let output = json!({ "Occurrences": ["2026-01-05T08:00:00Z"] });
        assert_eq!(occurrence_texts(&output), ["2026-01-05 08:00:00 UTC"]);
    }
}
