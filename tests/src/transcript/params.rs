//! What a step sends: its parameters, the helper that it was recorded through, and the code of functions.

use super::{Player, Stop, skip};
use crate::cloud::ACCOUNT;
use crate::derive::{act_of, act_of_record, asks_to_fail, failure, known_behaviour};
use crate::stub::{Act, Stub};
use crate::{poller_stubs, queues};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Zips up to this size are functions' code; larger ones were made to be refused.
const CODE_BYTES_MAX: u64 = 1_000_000;

impl Player<'_> {
    pub(super) fn params(
        &mut self,
        index: usize,
        service: &str,
        operation: &str,
    ) -> Result<Map<String, Value>, Stop> {
        let step = &self.steps[index];
        match step["via"].as_str() {
            None => self.called(index, service, operation, &step["params"]),
            Some("create_lambda_function helper") => self.helper(index, &step["helper_params"]),
            Some("sqs helper") => self.subscribing_queue(&step["params"]),
            Some(via) => skip(format!("needs a helper that is not here yet: {via}")),
        }
    }

    /// `CreateFunction` as the recordings' helper calls it.
    pub(super) fn helper(
        &mut self,
        index: usize,
        helper: &Value,
    ) -> Result<Map<String, Value>, Stop> {
        let helper = self.resolve(helper)?;
        let mut params = Map::new();
        let name = helper["func_name"].as_str().unwrap_or("function-00000001").to_owned();
        let file = helper["handler_file"].as_str();
        let own = helper.get("envvars").or(helper.pointer("/Environment/Variables"));
        let own = own.cloned().unwrap_or_default();
        let code = match file.and_then(|file| poller_stubs::module(file, &own)) {
            Some(module) => self.cloud.blob(module.map_err(Stop::Failed)?),
            None => self.code(index, &name, file)?,
        };
        params.insert("FunctionName".into(), Value::String(name));
        params.insert(
            "Runtime".into(),
            helper.get("runtime").cloned().unwrap_or_else(|| json!("python3.12")),
        );
        params.insert(
            "Handler".into(),
            helper.get("handler").cloned().unwrap_or_else(|| json!("handler.handler")),
        );
        let role = format!("arn:aws:iam::{ACCOUNT}:role/lambda-su-role");
        params.insert("Role".into(), helper.get("role").cloned().unwrap_or(Value::String(role)));
        params
            .insert("Timeout".into(), helper.get("timeout").cloned().unwrap_or_else(|| json!(30)));
        params.insert("Code".into(), json!({ "ZipFile": code }));
        let variables = helper.get("envvars").cloned().unwrap_or_else(|| json!({}));
        params.insert("Environment".into(), json!({ "Variables": variables }));
        // Whatever the helper does not know it passes on.
        for (name, value) in helper.as_object().into_iter().flatten() {
            if name.starts_with(char::is_uppercase) {
                params.insert(name.clone(), value.clone());
            }
        }
        Ok(params)
    }

    /// Parameters as a client gives them, with blobs in the engine's forms.
    pub(super) fn called(
        &mut self,
        index: usize,
        service: &str,
        operation: &str,
        params: &Value,
    ) -> Result<Map<String, Value>, Stop> {
        let name = self.resolve(&params["FunctionName"])?;
        let name = name.as_str().map(function_name).unwrap_or_default();
        let mut params = params.clone();
        if let Some(zip) = params.pointer_mut("/Code/ZipFile") {
            *zip = self.zip(index, &name, zip)?;
        }
        if let Some(zip) = params.pointer_mut("/Content/ZipFile")
            && zip.get("$bytes").is_some()
        {
            // What is in a layer's package is not recorded.
            *zip = self.cloud.blob(one_file_zip());
        }
        if let Some(zip) = params.get_mut("ZipFile") {
            *zip = self.zip(index, &name, zip)?;
        }
        let is_text = params["Payload"].is_string();
        let mut params = self.resolve(&params)?;
        if (service, operation) == ("lambda", "Invoke") && is_text {
            params["Payload"] = json!({ "$text": params["Payload"] });
        }
        if let ("sqs", Value::Object(params)) = (service, &mut params) {
            queues::prepare(&mut self.cloud, self.steps, index, params);
        }
        Ok(params.as_object().cloned().unwrap_or_default())
    }

    /// A code package of which only the size is known: the module that stands in for it, or so many bytes.
    fn zip(&mut self, index: usize, function: &str, zip: &Value) -> Result<Value, Stop> {
        match zip.get("$bytes").and_then(Value::as_u64) {
            Some(bytes) if bytes > CODE_BYTES_MAX => {
                let bytes = usize::try_from(bytes)
                    .map_err(|_| Stop::Skipped("needs a package too large to make".into()))?;
                Ok(self.cloud.blob(vec![0; bytes]))
            }
            Some(_) => self.code(index, function, None),
            None if zip.is_string() => self.code(index, function, None),
            None => Ok(zip.clone()),
        }
    }

    fn code(&mut self, index: usize, function: &str, file: Option<&str>) -> Result<Value, Stop> {
        let stub = file
            .and_then(known_behaviour)
            .unwrap_or_else(|| self.recorded_behaviour(index, function));
        let module = stub.module().map_err(Stop::Failed)?;
        Ok(self.cloud.blob(module))
    }

    /// What the code must do that the step at `index` brings, from the answers to the invocations of it: those of `$LATEST` up
    /// to the next change, and those of the versions that were published of it.
    fn recorded_behaviour(&self, index: usize, function: &str) -> Stub {
        let mut acts: Vec<Act> = Vec::new();
        let mut current = 0;
        let mut versions: BTreeMap<String, usize> = BTreeMap::new();
        for (at, step) in self.steps.iter().enumerate() {
            let named = [&step["params"]["FunctionName"], &step["helper_params"]["func_name"]];
            let named = named.iter().find_map(|name| name.as_str()).unwrap_or_default();
            // A reference is to an answer about the function: nearly always the only one.
            if !named.starts_with("${") && function_name(named) != function {
                continue;
            }
            let expected = step["expect"].as_object().and_then(|all| all.values().next());
            let operation = step["op"].as_str().unwrap_or_default();
            if matches!(operation, "UpdateFunctionCode" | "CreateFunction") {
                current = at;
            }
            if operation == "PublishVersion" || step["params"]["Publish"] == true {
                let told = expected.and_then(|answer| answer["Version"].as_str());
                let number = told.map_or((versions.len() + 1).to_string(), str::to_owned);
                versions.entry(number).or_insert(current);
            }
            if operation == "Invoke"
                && let Some(answer) = expected
                && answer.get("Payload").is_some_and(|payload| payload != "")
            {
                let version = answer["ExecutedVersion"].as_str().unwrap_or_default();
                if versions.get(version).copied().unwrap_or(current) == index {
                    acts.push(act_of(answer));
                }
            }
        }
        if acts.is_empty() {
            // Nobody waited for an answer: what became of the events says it.
            acts.extend(self.steps.iter().find_map(|step| act_of_record(&step["expect"])));
        }
        if acts.is_empty() && self.steps.iter().any(asks_to_fail) {
            acts.push(failure("Test exception (this is intentional)"));
        }
        if acts.is_empty() {
            return Stub::echo();
        }
        acts.dedup();
        Stub { init: None, log: Vec::new(), sleeps: false, acts }
    }
}

/// A zip of one stored file, `f`.
pub(super) fn one_file_zip() -> Vec<u8> {
    const CONTENT: &[u8] = b"hello";
    /// CRC-32 of it.
    const CRC: u32 = 0x3610_a686;
    let sizes = [CRC, CONTENT.len() as u32, CONTENT.len() as u32];
    let sizes: Vec<u8> = sizes.iter().flat_map(|word| word.to_le_bytes()).collect();
    // Version, flags, method, time, date; then the lengths of the name and of nothing.
    let (head, names) = ([10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0], [1, 0, 0, 0]);
    let mut zip = [b"PK\x03\x04", &head[..], &sizes, &names, b"f", CONTENT].concat();
    let at = u32::try_from(zip.len()).unwrap_or_default().to_le_bytes();
    let entry = [b"PK\x01\x02\x14\x00", &head[..], &sizes, &names, &[0; 14], b"f"].concat();
    let size = u32::try_from(entry.len()).unwrap_or_default().to_le_bytes();
    zip.extend(entry);
    zip.extend([b"PK\x05\x06", &[0, 0, 0, 0, 1, 0, 1, 0][..], &size, &at, &[0, 0]].concat());
    zip
}

/// `f` of `f`, `f:1`, `123456789012:function:f` and ARNs.
fn function_name(name: &str) -> String {
    let after = name.rsplit_once("function:").map_or(name, |(_, after)| after);
    after.split(':').next().unwrap_or_default().to_owned()
}
