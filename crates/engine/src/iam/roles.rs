//! Roles and customer managed policies.

use super::document::{Kind, Policy};
use super::managed;
use serde_json::Value;
use std::collections::BTreeMap;

/// A role.
#[derive(Debug)]
pub(crate) struct Role {
    pub(super) path: String,
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) created_s: u64,
    pub(super) description: Option<String>,
    pub(super) session_seconds_max: u64,
    pub(super) trust: String,
    pub(super) tags: Vec<Value>,
    /// Inline policies by name, as they were given.
    pub(super) inline: BTreeMap<String, String>,
    /// ARNs of attached policies.
    pub(super) attached: Vec<String>,
    /// ARN of the permissions boundary.
    pub(super) boundary: Option<String>,
}

/// A customer managed policy.
#[derive(Debug)]
pub(crate) struct Managed {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) created_s: u64,
    pub(super) updated_s: u64,
    /// Document and Unix second of each version that is kept, by its number. Numbers are not used again.
    pub(super) versions: BTreeMap<u32, (String, u64)>,
    pub(super) newest: u32,
    /// The version that counts; it is among those that are kept.
    pub(super) default: u32,
}

impl Managed {
    /// The document that counts.
    pub(super) fn document(&self) -> &str {
        self.versions.get(&self.default).map_or("", |(document, _)| document)
    }
}

/// What the service keeps.
#[derive(Debug, Default)]
pub(crate) struct Iam {
    /// By name.
    pub(super) roles: BTreeMap<String, Role>,
    /// By ARN.
    pub(super) policies: BTreeMap<String, Managed>,
}

/// Policies of a role, read.
pub(super) struct OfRole {
    pub(super) identity: Vec<Policy>,
    pub(super) boundary: Option<Policy>,
}

impl Iam {
    /// Whether the session has made nothing: then nothing is ever forbidden.
    pub(crate) fn is_empty(&self) -> bool {
        self.roles.is_empty()
    }

    /// The role of an ARN, when the session has made it.
    pub(super) fn role(&self, arn: &str) -> Option<&Role> {
        let name = arn.rsplit('/').next()?;
        self.roles.get(name).filter(|role| role.arn == arn)
    }

    /// The document behind a policy's ARN.
    pub(super) fn document(&self, arn: &str) -> Option<String> {
        self.policies
            .get(arn)
            .map(|policy| policy.document().to_owned())
            .or_else(|| managed::document(arn))
    }

    /// Who may assume a role.
    pub(super) fn trust(&self, role: &Role) -> Option<Policy> {
        Policy::parse("trust policy", &role.trust, Kind::Trust).ok()
    }

    /// A role's policies. They were read when they were put, so that none is left out here.
    pub(super) fn of_role(&self, role: &Role) -> OfRole {
        let read = |name: &str, text: &str| Policy::parse(name, text, Kind::Identity).ok();
        let named = |arn: &String| {
            let name = arn.rsplit('/').next().unwrap_or_default();
            read(name, &self.document(arn)?)
        };
        let inline = role.inline.iter().filter_map(|(name, text)| read(name, text));
        // A boundary that is gone allows nothing.
        let nothing = |arn: &String| Policy { name: arn.clone(), statements: Vec::new() };
        OfRole {
            identity: inline.chain(role.attached.iter().filter_map(named)).collect(),
            boundary: role.boundary.as_ref().map(|arn| named(arn).unwrap_or_else(|| nothing(arn))),
        }
    }
}
