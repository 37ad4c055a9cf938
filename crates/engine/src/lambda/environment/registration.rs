//! What extensions ask of their environment: the operations of the Extensions API.

use super::{Cx, Due, Environment, Lambda};
use crate::lambda::costs;
use coldstart_sandbox::Resume;
use serde_json::{Value, json};

impl Lambda {
    /// A call: to the environment itself, or to a service.
    pub(super) fn extension_calls(&mut self, cx: &mut Cx<'_>, id: u32, body: Vec<u8>) {
        let request: Option<Value> = serde_json::from_slice(&body).ok();
        let request = request.filter(|request| {
            request["service"] == "extensions" || request["service"] == "telemetry"
        });
        let Some(request) = request else {
            self.queue_call(cx.world, id, cx.world.now, None, body);
            return;
        };
        let answer = match request["service"] == "telemetry" {
            true => self.extension_subscribes(cx, id, &request),
            false => self.host(id).extension_request(&request),
        };
        let host = self.host(id).extension_mut().host;
        let resume = Resume::CallAnswer(answer.to_string().into_bytes().into());
        let at = cx.world.now.after_micros(costs::CALL_LATENCY_US);
        self.schedule(cx.world, id, at, Due::Resume { environment: id, resume });
        if let Some(host) = host {
            self.extensions_progress(cx, host);
        }
    }
}

impl Environment {
    /// The operations of the Extensions API, in the door's words.
    fn extension_request(&mut self, request: &Value) -> Value {
        let output = json!({
            "functionName": self.function,
            "functionVersion": self.deployment.version_name(),
            "handler": self.deployment.settings.handler,
        });
        let refused = |code: &str, status: u16, message: &str| json!({ "error": { "code": code, "status": status, "message": message } });
        let params = &request["params"];
        let extension = self.extension_mut();
        match request["operation"].as_str() {
            Some("Register") if extension.events.is_some() => {
                refused("Extension.AlreadyRegistered", 403, "The extension has registered before")
            }
            Some("Register") => {
                let given = params["events"].as_array().into_iter().flatten();
                let events: Vec<String> =
                    given.map(|event| event.as_str().unwrap_or_default().to_owned()).collect();
                if events.iter().any(|event| !matches!(event.as_str(), "INVOKE" | "SHUTDOWN")) {
                    return refused("InvalidEventType", 400, "Events are INVOKE and SHUTDOWN");
                }
                extension.events = Some(events);
                extension.state = "Registered";
                json!({ "status": 200, "output": output })
            }
            Some(operation @ ("InitError" | "ExitError")) => {
                let own = params["errorType"].as_str().unwrap_or("UnknownError").to_owned();
                let error_type = match operation {
                    "InitError" => "Extension.InitError",
                    _ => "Extension.ExitError",
                };
                extension.reported = Some((error_type, own));
                json!({ "status": 202, "output": { "status": "OK" } })
            }
            operation => {
                let operation = operation.unwrap_or_default();
                let message = format!("Coldstart does not emulate {operation} of extensions yet.");
                refused("NotImplementedException", 501, &message)
            }
        }
    }
}
