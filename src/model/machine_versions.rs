//! Versions and aliases of state machines: requests in AWS's words, and the rows that are read from their answers.

use super::machine_arn;
use coldstart_workspace::ApiRequest;
use serde_json::{Value, json};

fn states(operation: &str, params: Value) -> ApiRequest {
    ApiRequest { service: "states".into(), operation: operation.into(), params }
}

/// The ARN of a version or an alias of a machine of this account.
pub fn qualified_arn(machine: &str, qualifier: &str) -> String {
    format!("{}:{qualifier}", machine_arn(machine))
}

/// `ListStateMachineVersions`, newest first.
pub fn list_versions(machine: &str) -> ApiRequest {
    states(
        "ListStateMachineVersions",
        json!({ "stateMachineArn": machine_arn(machine), "maxResults": 1000 }),
    )
}

/// `ListStateMachineAliases`.
pub fn list_aliases(machine: &str) -> ApiRequest {
    states(
        "ListStateMachineAliases",
        json!({ "stateMachineArn": machine_arn(machine), "maxResults": 1000 }),
    )
}

/// `DescribeStateMachineAlias`.
pub fn describe_alias(machine: &str, alias: &str) -> ApiRequest {
    states(
        "DescribeStateMachineAlias",
        json!({ "stateMachineAliasArn": qualified_arn(machine, alias) }),
    )
}

/// `PublishStateMachineVersion` of the saved revision.
pub fn publish_version(machine: &str, description: &str) -> ApiRequest {
    let mut params = json!({ "stateMachineArn": machine_arn(machine) });
    if !description.is_empty() {
        params["description"] = json!(description);
    }
    states("PublishStateMachineVersion", params)
}

/// `DeleteStateMachineVersion`.
pub fn delete_version(machine: &str, version: &str) -> ApiRequest {
    states(
        "DeleteStateMachineVersion",
        json!({ "stateMachineVersionArn": qualified_arn(machine, version) }),
    )
}

/// `DeleteStateMachineAlias`.
pub fn delete_alias(machine: &str, alias: &str) -> ApiRequest {
    states(
        "DeleteStateMachineAlias",
        json!({ "stateMachineAliasArn": qualified_arn(machine, alias) }),
    )
}

/// An alias as it is shown and edited: its versions with their weights in percent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AliasForm {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The version that gets what the other one does not.
    pub version: String,
    /// Another version; empty for none.
    pub other: String,
    /// Percent of executions that go to the other version.
    pub weight: u32,
}

impl AliasForm {
    /// From what DescribeStateMachineAlias answers.
    pub fn of(output: &Value) -> Self {
        let text = |member: &str| {
            output.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let routing = output.get("routingConfiguration").and_then(Value::as_array);
        let route = |at: usize| routing.and_then(|routing| routing.get(at));
        let version = |at: usize| {
            route(at)
                .and_then(|route| route.get("stateMachineVersionArn")?.as_str()?.rsplit(':').next())
                .unwrap_or_default()
                .to_owned()
        };
        let weight = route(1).and_then(|route| route.get("weight")?.as_u64()).unwrap_or_default();
        Self {
            name: text("name"),
            description: text("description"),
            version: version(0),
            other: version(1),
            weight: u32::try_from(weight).unwrap_or_default(),
        }
    }

    fn routing(&self, machine: &str) -> Value {
        let route = |version: &str, weight: u32| json!({ "stateMachineVersionArn": qualified_arn(machine, version), "weight": weight });
        if self.other.is_empty() {
            return json!([route(&self.version, 100)]);
        }
        json!([
            route(&self.version, 100_u32.saturating_sub(self.weight)),
            route(&self.other, self.weight)
        ])
    }

    /// `CreateStateMachineAlias`, or `UpdateStateMachineAlias` of one that is there.
    pub fn request(&self, machine: &str, is_new: bool) -> ApiRequest {
        let mut params = json!({ "routingConfiguration": self.routing(machine) });
        if is_new {
            params["name"] = json!(self.name);
        } else {
            params["stateMachineAliasArn"] = json!(qualified_arn(machine, &self.name));
        }
        if !is_new || !self.description.is_empty() {
            params["description"] = json!(self.description);
        }
        states(if is_new { "CreateStateMachineAlias" } else { "UpdateStateMachineAlias" }, params)
    }

    /// Where executions go, in words.
    pub fn routes(&self) -> String {
        if self.other.is_empty() {
            return format!("Version {}: 100 %", self.version);
        }
        let rest = 100_u32.saturating_sub(self.weight);
        format!("Version {}: {rest} %, version {}: {} %", self.version, self.other, self.weight)
    }
}

/// Versions or aliases, by the last part of their ARNs, with their creation in Unix seconds.
pub fn qualifiers(output: &Value) -> Vec<(String, f64)> {
    let list = ["stateMachineVersions", "stateMachineAliases"]
        .iter()
        .find_map(|member| output.get(*member)?.as_array());
    let one = |item: &Value| {
        let arn = ["stateMachineVersionArn", "stateMachineAliasArn"]
            .iter()
            .find_map(|member| item.get(*member)?.as_str())?;
        let created = item.get("creationDate").and_then(Value::as_f64).unwrap_or_default();
        Some((arn.rsplit(':').next()?.to_owned(), created))
    };
    list.into_iter().flatten().filter_map(one).collect()
}

/// Why a text cannot be an alias's name. Source: "CreateStateMachineAlias" in the API reference.
pub fn alias_name_fault(name: &str) -> Option<&'static str> {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() {
        Some("Enter a name.")
    } else if name.len() > 80 {
        Some("Use at most 80 characters.")
    } else if !name.chars().all(known) {
        Some("Use letters, digits, dots, hyphens and underscores.")
    } else if name.chars().all(|c| c.is_ascii_digit()) {
        Some("Use more than digits: those are versions.")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_written_as_it_is_read() {
        let form = AliasForm {
            name: "live".into(),
            description: "what people get".into(),
            version: "1".into(),
            other: "2".into(),
            weight: 10,
        };
        let mut sent = form.request("m", true).params;
        assert_eq!(sent["routingConfiguration"][0]["weight"], json!(90));
        sent["stateMachineAliasArn"] = json!(qualified_arn("m", "live"));
        assert_eq!(AliasForm::of(&sent), form);
        assert_eq!(form.routes(), "Version 1: 90 %, version 2: 10 %");
        let alone = AliasForm { other: String::new(), ..form };
        let request = alone.request("m", false);
        assert_eq!(request.operation, "UpdateStateMachineAlias");
        assert_eq!(request.params["routingConfiguration"].as_array().map(Vec::len), Some(1));
        assert_eq!(alone.routes(), "Version 1: 100 %");
    }

    #[test]
    fn versions_and_aliases_are_named_by_the_end_of_their_arns() {
        let arn = qualified_arn("m", "3");
        let versions = json!({ "stateMachineVersions": [{ "stateMachineVersionArn": arn, "creationDate": 2.0 }] });
        assert_eq!(qualifiers(&versions), [("3".to_owned(), 2.0)]);
        assert!(qualifiers(&json!({})).is_empty());
        for (name, refused) in
            [("live", false), ("v1.2", false), ("12", true), ("a b", true), ("", true)]
        {
            assert_eq!(alias_name_fault(name).is_some(), refused, "{name}");
        }
    }
}
