//! A function's versions, aliases, permissions, concurrency, triggers and destinations: requests in AWS's words, and what is read from answers.

use super::lambda;
use coldstart_workspace::ApiRequest;
use serde_json::{Map, Value, json};

/// A request about a function: `params` beside its name.
pub fn of_function(operation: &str, function: &str, params: Value) -> ApiRequest {
    let mut all = Map::new();
    all.insert("FunctionName".into(), json!(function));
    if let Value::Object(params) = params {
        all.extend(params);
    }
    lambda(operation, Value::Object(all))
}

/// A text in an answer; empty when it is not there.
pub fn text_at(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A number in an answer, as text; empty when it is not there.
pub fn number_at(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_u64).map(|n| n.to_string()).unwrap_or_default()
}

/// The list that an answer has under a name.
pub fn list_at<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The last part of an ARN: a name, for people.
pub fn arn_name(arn: &str) -> &str {
    let name = arn.rsplit(':').next().unwrap_or(arn);
    name.rsplit('/').next().unwrap_or(name)
}

/// A function's alias, as it is shown and edited.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FunctionAlias {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The version that gets what the other one does not.
    pub version: String,
    /// Another version; empty for none.
    pub other: String,
    /// Percent of invocations that go to the other version, as typed.
    pub weight: String,
}

impl FunctionAlias {
    /// From what GetAlias answers.
    pub fn of(output: &Value) -> Self {
        let weights =
            output.pointer("/RoutingConfig/AdditionalVersionWeights").and_then(Value::as_object);
        let second = weights.and_then(|weights| weights.iter().next());
        Self {
            name: text_at(output, "/Name"),
            description: text_at(output, "/Description"),
            version: text_at(output, "/FunctionVersion"),
            other: second.map(|(version, _)| version.clone()).unwrap_or_default(),
            weight: second.and_then(|(_, weight)| weight.as_f64()).map(percent).unwrap_or_default(),
        }
    }

    /// `CreateAlias`, or `UpdateAlias` of one that is there. None when the weight is no number.
    pub fn request(&self, function: &str, is_new: bool) -> Option<ApiRequest> {
        let weights = if self.other.is_empty() {
            json!({})
        } else {
            let weight: f64 = self.weight.trim().parse().ok()?;
            // A hundredth of a percent is the finest weight; more digits would be those of binary fractions.
            json!({ &self.other: (weight * 100.0).round() / 10_000.0 })
        };
        let mut params = json!({ "Name": self.name, "FunctionVersion": self.version, "Description": self.description });
        if !is_new || !self.other.is_empty() {
            params["RoutingConfig"] = json!({ "AdditionalVersionWeights": weights });
        }
        let operation = if is_new { "CreateAlias" } else { "UpdateAlias" };
        Some(of_function(operation, function, params))
    }

    /// Where invocations go, in words.
    pub fn routes(&self) -> String {
        if self.other.is_empty() {
            return version_label(&self.version);
        }
        let rest = percent(1.0 - self.weight.parse::<f64>().unwrap_or_default() / 100.0);
        let (first, second) = (version_label(&self.version), version_label(&self.other));
        format!("{first}: {rest} %, {}: {} %", second.to_lowercase(), self.weight)
    }
}

/// A part of one in percent, with as many digits as it has, two at most.
fn percent(part: f64) -> String {
    let hundredths = (part * 10_000.0).round();
    let text = format!("{:.2}", hundredths / 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A version's name for people: numbers say that they are versions.
pub fn version_label(version: &str) -> String {
    if version.starts_with('$') { version.to_owned() } else { format!("Version {version}") }
}

/// A statement of a resource-based policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its id.
    pub sid: String,
    /// Who may.
    pub principal: String,
    /// What they may.
    pub action: String,
    /// From where, or another condition; empty for anywhere.
    pub source: String,
}

/// The statements that GetPolicy answers.
pub fn statements(output: &Value) -> Vec<Statement> {
    let policy: Value = serde_json::from_str(&text_at(output, "/Policy")).unwrap_or_default();
    let one = |statement: &Value| {
        let principal = match statement.get("Principal") {
            Some(Value::String(all)) => all.clone(),
            Some(Value::Object(of)) => {
                of.values().next().and_then(Value::as_str).unwrap_or_default().to_owned()
            }
            _ => String::new(),
        };
        let arn = text_at(statement, "/Condition/ArnLike/AWS:SourceArn");
        let account = text_at(statement, "/Condition/StringEquals/AWS:SourceAccount");
        // A condition of another kind is shown as it is.
        let other = || statement.get("Condition").map(Value::to_string).unwrap_or_default();
        Statement {
            sid: text_at(statement, "/Sid"),
            principal,
            action: text_at(statement, "/Action"),
            source: match (arn.is_empty(), account.is_empty()) {
                (false, _) => arn,
                (true, false) => account,
                (true, true) => other(),
            },
        }
    };
    list_at(&policy, "Statement").iter().map(one).collect()
}

/// Pairs of names and values that an answer has as an object.
pub fn pairs_at(value: &Value, pointer: &str) -> Vec<(String, String)> {
    let members = value.pointer(pointer).and_then(Value::as_object);
    let pair = |(key, value): (&String, &Value)| {
        (key.clone(), value.as_str().unwrap_or_default().to_owned())
    };
    members.into_iter().flatten().map(pair).collect()
}

/// An event source mapping as it is filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TriggerForm<'a> {
    /// The queue's ARN.
    pub source: &'a str,
    /// Messages of a batch at most.
    pub batch: &'a str,
    /// Seconds that a batch is filled for.
    pub window: &'a str,
    /// Environments at a time at most; empty for no limit.
    pub concurrency: &'a str,
    /// A filter's pattern, JSON; empty for none.
    pub filter: &'a str,
    /// Whether the handler says which messages failed.
    pub partial: bool,
    /// Whether it polls.
    pub enabled: bool,
}

impl TriggerForm<'_> {
    /// `CreateEventSourceMapping`, or `UpdateEventSourceMapping` of the one with this UUID. None when a number is none.
    pub fn request(&self, function: &str, uuid: Option<&str>) -> Option<ApiRequest> {
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let mut params = json!({ "Enabled": self.enabled });
        if !self.batch.trim().is_empty() {
            params["BatchSize"] = json!(number(self.batch)?);
        }
        if !self.window.trim().is_empty() {
            params["MaximumBatchingWindowInSeconds"] = json!(number(self.window)?);
        }
        if !self.concurrency.trim().is_empty() {
            params["ScalingConfig"] = json!({ "MaximumConcurrency": number(self.concurrency)? });
        } else if uuid.is_some() {
            params["ScalingConfig"] = json!({});
        }
        if !self.filter.trim().is_empty() {
            params["FilterCriteria"] = json!({ "Filters": [{ "Pattern": self.filter.trim() }] });
        } else if uuid.is_some() {
            params["FilterCriteria"] = json!({ "Filters": [] });
        }
        let types = if self.partial { json!(["ReportBatchItemFailures"]) } else { json!([]) };
        if self.partial || uuid.is_some() {
            params["FunctionResponseTypes"] = types;
        }
        Some(match uuid {
            Some(uuid) => {
                params["UUID"] = json!(uuid);
                of_function("UpdateEventSourceMapping", function, params)
            }
            None => {
                params["EventSourceArn"] = json!(self.source);
                of_function("CreateEventSourceMapping", function, params)
            }
        })
    }
}

/// `PutFunctionEventInvokeConfig` with these destinations and numbers; empty ones are left out.
pub fn put_event_invoke_config(
    function: &str,
    retries: &str,
    age: &str,
    on_success: &str,
    on_failure: &str,
) -> Option<ApiRequest> {
    let mut params = json!({});
    for (member, text) in [("MaximumRetryAttempts", retries), ("MaximumEventAgeInSeconds", age)] {
        if !text.trim().is_empty() {
            params[member] = json!(text.trim().parse::<u64>().ok()?);
        }
    }
    let mut destinations = Map::new();
    for (member, arn) in [("OnSuccess", on_success), ("OnFailure", on_failure)] {
        if !arn.trim().is_empty() {
            destinations.insert(member.into(), json!({ "Destination": arn.trim() }));
        }
    }
    params["DestinationConfig"] = Value::Object(destinations);
    Some(of_function("PutFunctionEventInvokeConfig", function, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_survives_a_round_trip_through_the_api() {
        let mut alias = FunctionAlias {
            name: "live".into(),
            version: "1".into(),
            other: "2".into(),
            weight: "7".into(),
            ..FunctionAlias::default()
        };
        let created = alias.request("f", true).expect("the weight is a number");
        assert_eq!(
            created.params["RoutingConfig"],
            json!({ "AdditionalVersionWeights": { "2": 0.07 } })
        );
        assert_eq!(FunctionAlias::of(&created.params), alias);
        assert_eq!(alias.routes(), "Version 1: 93 %, version 2: 7 %");
        alias.other.clear();
        assert_eq!(alias.request("f", true).expect("fine").params.get("RoutingConfig"), None);
        let updated = alias.request("f", false).expect("fine").params;
        assert_eq!(updated["RoutingConfig"], json!({ "AdditionalVersionWeights": {} }));
        alias.other = "2".into();
        alias.weight = "some".into();
        assert_eq!(alias.request("f", true), None);
    }

    #[test]
    fn statements_tell_who_may_do_what_from_where() {
        let policy = json!({ "Statement": [
            { "Sid": "a", "Principal": { "Service": "s3.amazonaws.com" }, "Action": "lambda:InvokeFunction",
              "Condition": { "ArnLike": { "AWS:SourceArn": "arn:aws:s3:::b" } } },
            { "Sid": "b", "Principal": "*", "Action": "lambda:GetFunction" }] });
        let found = statements(&json!({ "Policy": policy.to_string() }));
        let told: Vec<_> =
            found.iter().map(|one| (one.principal.as_str(), one.source.as_str())).collect();
        assert_eq!(told, [("s3.amazonaws.com", "arn:aws:s3:::b"), ("*", "")]);
        assert_eq!(statements(&json!({})), []);
    }

    #[test]
    fn a_trigger_that_is_changed_loses_what_was_emptied() {
        let form = TriggerForm { batch: "10", window: "0", enabled: true, ..Default::default() };
        let new = form.request("f", None).expect("numbers").params;
        assert_eq!(new.get("FilterCriteria"), None);
        let changed = form.request("f", Some("u")).expect("numbers").params;
        assert_eq!(changed["FilterCriteria"], json!({ "Filters": [] }));
        assert_eq!(changed["FunctionResponseTypes"], json!([]));
        assert_eq!(TriggerForm { batch: "ten", ..form }.request("f", None), None);
    }

    #[test]
    fn names_are_the_last_part_of_arns() {
        assert_eq!(arn_name("arn:aws:sqs:eu-west-1:123456789012:dead"), "dead");
        assert_eq!(arn_name("arn:aws:events:eu-west-1:123456789012:event-bus/b"), "b");
    }
}
