//! The same functions with an empty history.

use crate::{ApiRequest, Command, Workspace};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Members that belong to one request and not to the function.
const OF_THE_REQUEST: [&str; 3] = ["RevisionId", "DryRun", "Publish"];

impl Workspace {
    /// The workspace as if its functions had been created just now, as they are: no invocations, no logs, no environments.
    ///
    /// `refused` are the positions of commands that the engine refused ([`crate::Workspace`] does not know what came of a
    /// command; the Worker tells it).
    pub fn squashed(&self, refused: &BTreeSet<u64>) -> Self {
        let mut functions: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for (index, command) in self.commands.iter().enumerate() {
            if !refused.contains(&(index as u64)) && command.request.service == "lambda" {
                fold(&mut functions, &command.request);
            }
        }
        let commands: Vec<Command> = functions
            .into_values()
            .map(|params| {
                let operation = "CreateFunction".into();
                let request = ApiRequest {
                    service: "lambda".into(),
                    operation,
                    params: Value::Object(params),
                };
                Command { at_us: 0, request }
            })
            .collect();
        let named: String =
            commands.iter().map(|command| command.request.params.to_string()).collect();
        let mut sources = self.sources.clone();
        sources.retain(|sha256, _| named.contains(sha256.as_str()));
        Self {
            commands,
            sources,
            interrupts: Vec::new(),
            until_us: 0,
            digest: None,
            ..self.clone()
        }
    }
}

fn fold(functions: &mut BTreeMap<String, Map<String, Value>>, request: &ApiRequest) {
    let Value::Object(params) = &request.params else { return };
    let Some(name) = params.get("FunctionName").and_then(Value::as_str).map(plain_name) else {
        return;
    };
    let mut params = params.clone();
    // `shift_remove` keeps the order of the others, which is part of the document's text.
    for member in OF_THE_REQUEST {
        params.shift_remove(member);
    }
    match request.operation.as_str() {
        "CreateFunction" => {
            functions.insert(name.to_owned(), params);
        }
        "DeleteFunction" if !params.contains_key("Qualifier") => {
            functions.remove(name);
        }
        "UpdateFunctionConfiguration" => {
            if let Some(function) = functions.get_mut(name) {
                params.shift_remove("FunctionName");
                function.extend(params);
            }
        }
        "UpdateFunctionCode" if request.params.get("DryRun") != Some(&Value::Bool(true)) => {
            if let Some(function) = functions.get_mut(name) {
                if let Some(module) = params.shift_remove("ZipFile") {
                    function.insert("Code".into(), json!({ "ZipFile": module }));
                }
                if let Some(architectures) = params.shift_remove("Architectures") {
                    function.insert("Architectures".into(), architectures);
                }
            }
        }
        _ => {}
    }
}

/// The name in a name, a partial ARN or an ARN.
fn plain_name(reference: &str) -> &str {
    let name = reference.rsplit_once("function:").map_or(reference, |(_, name)| name);
    name.split(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(at_us: u64, operation: &str, params: Value) -> Command {
        let request = ApiRequest { service: "lambda".into(), operation: operation.into(), params };
        Command { at_us, request }
    }

    #[test]
    fn the_functions_stay_and_the_history_goes() {
        let mut workspace = Workspace::hello();
        let module = |byte: u8| json!({ "$sha256": format!("{byte:02x}").repeat(32) });
        let other = crate::Source::Module { name: "other.wasm".into() };
        workspace.sources.insert("aa".repeat(32), other.clone());
        workspace.sources.insert("bb".repeat(32), other);
        workspace.commands.extend([
            command(1, "Invoke", json!({ "FunctionName": "hello", "Payload": { "$text": "{}" } })),
            command(
                2,
                "UpdateFunctionCode",
                json!({ "FunctionName": "hello", "ZipFile": module(0xaa) }),
            ),
            command(
                3,
                "UpdateFunctionConfiguration",
                json!({ "FunctionName": "hello", "MemorySize": 512, "RevisionId": "x" }),
            ),
            command(
                4,
                "UpdateFunctionConfiguration",
                json!({ "FunctionName": "hello", "MemorySize": 1 }),
            ),
            command(
                5,
                "CreateFunction",
                json!({ "FunctionName": "gone", "Code": { "ZipFile": module(0xbb) } }),
            ),
            command(
                6,
                "DeleteFunction",
                json!({ "FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:gone" }),
            ),
        ]);
        workspace.until_us = 9;
        workspace.digest = Some("cc".repeat(32));
        let squashed = workspace.squashed(&BTreeSet::from([4]));
        assert_eq!(squashed.validate(), Ok(()));
        assert_eq!((squashed.until_us, &squashed.digest, squashed.commands.len()), (0, &None, 1));
        let params = &squashed.commands[0].request.params;
        assert_eq!(params["MemorySize"], 512, "a refused update changed nothing");
        assert_eq!(params["Code"]["ZipFile"], module(0xaa));
        assert_eq!(params.get("RevisionId"), None);
        assert_eq!(squashed.functions, workspace.functions);
        assert_eq!(squashed.sources.keys().collect::<Vec<_>>(), [&"aa".repeat(32)]);
        assert_eq!(squashed.squashed(&BTreeSet::new()), squashed);
    }
}
