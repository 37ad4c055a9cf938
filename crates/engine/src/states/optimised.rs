//! Optimised integrations: what Step Functions makes of a task's parameters, of answers and of refusals.
//!
//! The shapes are those of AWS's first Java library, members and headers in its order. Sources: recorded executions; "Integrating
//! optimized services" in the developer guide.

use super::integrations::{Asked, NOT_CATCHABLE};
use super::runs::States;
use super::sdk;
use crate::world::{Params, World};
use crate::{ApiError, Response, calendar, sqs};
use coldstart_asl::interpret::{Data, Failure};
use serde_json::{Map, Value, json};

/// Whom a task tells something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Messaging {
    /// `sqs:sendMessage`.
    Queue,
    /// `sns:publish`.
    Topic,
    /// `events:putEvents`.
    Bus,
}

impl Messaging {
    pub(super) fn of(service: &str, action: &str) -> Option<Self> {
        match (service, action) {
            ("sqs", "sendMessage") => Some(Self::Queue),
            ("sns", "publish") => Some(Self::Topic),
            ("events", "putEvents") => Some(Self::Bus),
            _ => None,
        }
    }

    /// Service and operation of the API.
    pub(super) fn operation(self) -> (&'static str, &'static str) {
        match self {
            Self::Queue => ("sqs", "SendMessage"),
            Self::Topic => ("sns", "Publish"),
            Self::Bus => ("events", "PutEvents"),
        }
    }

    /// A request's parameters. What is null is not given; a message that is no text is written as JSON; an event's resources
    /// are told the state machine and the execution, as the developer guide says.
    pub(super) fn parameters(self, states: &States, run: u64, given: &Value) -> Params {
        let (service, operation) = self.operation();
        let mut params = sdk::to_api(service, operation, given);
        params.retain(|_, value| !value.is_null());
        match self {
            Self::Queue => write_text(&mut params, "MessageBody"),
            Self::Topic => write_text(&mut params, "Message"),
            Self::Bus => {
                let Some(run) = states.runs.get(&run) else { return params };
                let mine = [&run.start.identity.state_machine_arn, &run.arn];
                let entries = params.get_mut("Entries").and_then(Value::as_array_mut);
                for entry in entries.into_iter().flatten().filter_map(Value::as_object_mut) {
                    let resources = entry.entry("Resources").or_insert_with(|| json!([]));
                    if let Value::Array(resources) = resources {
                        resources.extend(mine.iter().map(|arn| json!(&***arn)));
                    }
                }
            }
        }
        params
    }

    /// The output of a task.
    ///
    /// # Errors
    /// `EventBridge.FailedEntry`, when the bus did not take all events (recorded).
    pub(super) fn output(self, world: &mut World, response: &Response) -> Result<Data, Failure> {
        let given = &response.output;
        let mut output = given.clone();
        let (length, kind) = match self {
            // Recorded: the answer as it is.
            Self::Bus => {
                output.sort_all_objects();
                return match given["FailedEntryCount"].as_u64() {
                    None | Some(0) => Ok(Data::new(output)),
                    Some(_) => Err(Failure::new("EventBridge.FailedEntry", output.to_string())),
                };
            }
            Self::Queue => (given.to_string().len(), "application/x-amz-json-1.0"),
            Self::Topic => (published_bytes(given), "text/xml"),
        };
        let request_id = world.rng.uuid();
        let headers = plain_headers(world, &request_id, length, kind);
        add_http(&mut output, &headers, &request_id, 200);
        // Recorded: in the order of the alphabet.
        if let Value::Object(members) = &mut output {
            members.sort_keys();
        }
        Ok(Data::new(output))
    }
}

/// A message that is no text is written out.
fn write_text(params: &mut Params, member: &str) {
    if let Some(value) = params.get_mut(member).filter(|value| !value.is_string()) {
        *value = json!(value.to_string());
    }
}

/// Bytes of the XML that SNS answers `Publish` with (recorded: 294 for a standard topic).
fn published_bytes(given: &Value) -> usize {
    const FRAME: &str = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\n  <PublishResult>\n    <MessageId></MessageId>\n  </PublishResult>\n  <ResponseMetadata>\n    <RequestId></RequestId>\n  </ResponseMetadata>\n</PublishResponse>\n";
    const SEQUENCE: &str = "    <SequenceNumber></SequenceNumber>\n";
    const UUID_CHARS: usize = 36;
    let sequence = given["SequenceNumber"].as_str();
    FRAME.len() + 2 * UUID_CHARS + sequence.map_or(0, |number| SEQUENCE.len() + number.len())
}

/// The output of `lambda:invoke`, as recorded: the payload as JSON, between what the library says of the HTTP answer.
pub(super) fn invoke_output(world: &mut World, response: &Response) -> Data {
    let given = &response.output;
    let payload = given["Payload"]["$text"].as_str().unwrap_or_default();
    let version = given["ExecutedVersion"].as_str().unwrap_or("$LATEST");
    let request_id = world.rng.uuid();
    let trace = format!(
        "Root=1-{:08x}-{};Parent={};Sampled=0;Lineage=1:{}:0",
        world.unix_ms() / 1_000,
        world.rng.hex(24),
        world.rng.hex(16),
        world.rng.hex(8)
    );
    let headers = [
        ("X-Amz-Executed-Version", version.to_owned()),
        ("x-amzn-Remapped-Content-Length", "0".to_owned()),
        ("Connection", "keep-alive".to_owned()),
        ("x-amzn-RequestId", request_id.clone()),
        ("Content-Length", payload.len().to_string()),
        ("Date", calendar::http_date(world.unix_ms())),
        ("X-Amzn-Trace-Id", trace),
        ("Content-Type", "application/json".to_owned()),
    ];
    let mut output = json!({ "ExecutedVersion": version });
    output["Payload"] =
        serde_json::from_str(payload).unwrap_or_else(|_| Value::String(payload.to_owned()));
    if let Some(log) = given.get("LogResult") {
        output["LogResult"] = log.clone();
    }
    add_http(&mut output, &headers, &request_id, given["StatusCode"].as_u64().unwrap_or(200));
    output["StatusCode"] = given["StatusCode"].clone();
    Data::new(output)
}

/// The output of `states:startExecution`, as recorded.
pub(super) fn start_output(world: &mut World, response: &Response) -> Data {
    let given = &response.output;
    let request_id = world.rng.uuid();
    let length = given.to_string().len();
    let headers = plain_headers(world, &request_id, length, "application/x-amz-json-1.0");
    let mut output = json!({ "ExecutionArn": given["executionArn"] });
    add_http(&mut output, &headers, &request_id, 200);
    let started = given["startDate"].as_f64().unwrap_or(0.0);
    output["StartDate"] = json!(started);
    Data::new(output)
}

fn plain_headers(
    world: &World,
    request_id: &str,
    length: usize,
    kind: &str,
) -> [(&'static str, String); 5] {
    [
        ("x-amzn-RequestId", request_id.to_owned()),
        ("connection", "keep-alive".to_owned()),
        ("Content-Length", length.to_string()),
        ("Date", calendar::http_date(world.unix_ms())),
        ("Content-Type", kind.to_owned()),
    ]
}

fn add_http(output: &mut Value, headers: &[(&str, String)], request_id: &str, status: u64) {
    let all: Map<String, Value> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect();
    let mut sorted: Vec<&(&str, String)> = headers.iter().collect();
    sorted.sort_by_key(|(name, _)| name.to_ascii_lowercase());
    let plain: Map<String, Value> =
        sorted.into_iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    output["SdkHttpMetadata"] =
        json!({ "AllHttpHeaders": all, "HttpHeaders": plain, "HttpStatusCode": status });
    output["SdkResponseMetadata"] = json!({ "RequestId": request_id });
}

/// A refused request as a task's failure: optimised integrations speak in the words of the library's first version, those of
/// the SDK in the words of its second (recorded).
pub(super) fn refused(world: &mut World, asked: &Asked, error: &ApiError) -> Failure {
    let message = error.message.as_deref().unwrap_or("null");
    if error.status == 501 {
        return Failure::new(NOT_CATCHABLE, message);
    }
    let request_id = world.rng.uuid();
    let (status, code) = (error.status, &error.code);
    // The library's exceptions; what it has none for is the service's own.
    let old = |prefix: &str, service: &str, model: &str, code_there: &str, unknown: &str| {
        let name = if sdk::has_error(model, code_there) {
            exception(code_there)
        } else {
            unknown.to_owned()
        };
        let text = format!(
            "{message} (Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {request_id}; Proxy: null)"
        );
        Failure::new(&format!("{prefix}.{name}"), text)
    };
    match asked {
        Asked::Function | Asked::Invoke { .. } => {
            old("Lambda", "AWSLambda", "lambda", code, "AWSLambdaException")
        }
        Asked::StartExecution(_) => {
            old("StepFunctions", "AWSStepFunctions", "states", code, "AWSStepFunctionsException")
        }
        Asked::Message { to: Messaging::Queue, .. } => {
            let code = sqs::query_error(code);
            old("SQS", "AmazonSQS", "sqs", code, "AmazonSQSException")
        }
        Asked::Message { to: Messaging::Topic, .. } => {
            old("SNS", "AmazonSNS", "sns", code, "AmazonSNSException")
        }
        Asked::Message { to: Messaging::Bus, .. } => {
            let name = "AmazonEventBridgeException";
            old("EventBridge", "AmazonEventBridge", "events", code, name)
        }
        Asked::Sdk { name, .. } => {
            let known = sdk::service(name);
            let (service, prefix) = known.map_or(("", ""), |known| (known.service, known.prefix));
            let code = if service == "sqs" { sqs::query_error(code) } else { code };
            let name = if sdk::has_error(service, code) {
                exception(code)
            } else {
                format!("{prefix}Exception")
            };
            let text = format!(
                "{message} (Service: {prefix}, Status Code: {status}, Request ID: {request_id}) (SDK Attempt Count: 1)"
            );
            Failure::new(&format!("{prefix}.{name}"), text)
        }
    }
}

/// The library's name for an error: `InvalidTokenException` of `InvalidToken`.
fn exception(code: &str) -> String {
    if code.ends_with("Exception") { code.to_owned() } else { format!("{code}Exception") }
}
