//! Archives of event buses and their replays: requests in AWS's words.

use super::{Moment, own_arn, request};
use coldstart_workspace::ApiRequest;
use serde_json::{Value, json};

/// The ARN of an archive.
pub fn archive_arn(name: &str) -> String {
    own_arn("events", &format!("archive/{name}"))
}

/// `CreateArchive` or `UpdateArchive`, as typed. None when the days are no number. `source` is an event bus's ARN, of a new archive.
pub fn put_archive(
    name: &str,
    source: Option<&str>,
    description: &str,
    pattern: &str,
    days: &str,
) -> Option<ApiRequest> {
    let days: u64 = match days.trim() {
        "" => 0,
        days => days.parse().ok()?,
    };
    let mut params = json!({ "ArchiveName": name, "RetentionDays": days });
    // What a change leaves out stays as it was, so an empty description is sent.
    if source.is_none() || !description.is_empty() {
        params["Description"] = json!(description);
    }
    if !pattern.trim().is_empty() {
        params["EventPattern"] = json!(pattern);
    }
    Some(match source {
        Some(source) => {
            params["EventSourceArn"] = json!(source);
            request("events", "CreateArchive", params)
        }
        None => request("events", "UpdateArchive", params),
    })
}

/// A replay as it is filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReplayForm<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// Whose events.
    pub archive: &'a str,
    /// ARN of the bus that they come to again.
    pub bus_arn: &'a str,
    /// `2026-01-01T00:00:00Z`.
    pub from: &'a str,
    /// As `from`.
    pub to: &'a str,
    /// ARNs of the rules that see them; all when empty.
    pub rules: &'a [String],
}

impl ReplayForm<'_> {
    /// `StartReplay`. None when a time is none.
    pub fn request(&self) -> Option<ApiRequest> {
        let mut destination = json!({ "Arn": self.bus_arn });
        if !self.rules.is_empty() {
            destination["FilterArns"] = json!(self.rules);
        }
        let mut params = json!({
            "ReplayName": self.name.trim(),
            "EventSourceArn": archive_arn(self.archive),
            "EventStartTime": Moment::seconds_of(self.from)?,
            "EventEndTime": Moment::seconds_of(self.to)?,
            "Destination": destination,
        });
        if !self.description.is_empty() {
            params["Description"] = json!(self.description);
        }
        Some(request("events", "StartReplay", params))
    }
}

/// `ListReplays`, of one archive or of all.
pub fn list_replays(archive: Option<&str>) -> ApiRequest {
    let params = match archive {
        Some(archive) => json!({ "EventSourceArn": archive_arn(archive) }),
        None => Value::Object(Default::default()),
    };
    request("events", "ListReplays", params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_keeps_for_ever_unless_days_are_given() {
        let bus = "arn:aws:events:us-east-1:123456789012:event-bus/default";
        let made = put_archive("a", Some(bus), "", " ", "").expect("no number needed");
        assert_eq!(
            (made.operation.as_str(), made.params),
            (
                "CreateArchive",
                json!({ "ArchiveName": "a", "RetentionDays": 0, "EventSourceArn": bus })
            )
        );
        let changed = put_archive("a", None, "", "{}", "7").expect("a number").params;
        assert_eq!(
            changed,
            json!({ "ArchiveName": "a", "RetentionDays": 7, "Description": "", "EventPattern": "{}" })
        );
        assert_eq!(put_archive("a", None, "", "", "a week"), None);
    }

    #[test]
    fn a_replay_has_a_window_and_maybe_rules() {
        let rules = ["r".to_owned()];
        let form = ReplayForm {
            name: "again ",
            archive: "a",
            bus_arn: "b",
            from: "2026-01-01T00:00:00Z",
            to: "2026-01-01T01:00:00Z",
            rules: &rules,
            ..ReplayForm::default()
        };
        let params = form.request().expect("times").params;
        assert_eq!(
            params,
            json!({
                "ReplayName": "again", "EventSourceArn": archive_arn("a"), "EventStartTime": 1_767_225_600_u64,
                "EventEndTime": 1_767_229_200_u64, "Destination": { "Arn": "b", "FilterArns": ["r"] },
            })
        );
        assert_eq!(ReplayForm { to: "later", ..form }.request(), None);
    }
}
