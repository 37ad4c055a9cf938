//! Requests of the page, in AWS's words.

use super::InvocationType;
use coldstart_workspace::ApiRequest;
use serde_json::{Map, Value, json};

/// What a new function gets unless its author says otherwise.
pub const MEMORY_MB_DEFAULT: u32 = 128;
/// Seconds.
pub const TIMEOUT_SECONDS_DEFAULT: u32 = 3;
/// MB.
pub const EPHEMERAL_MB_DEFAULT: u32 = 512;

/// A function's settings: the Configuration tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// AWS's name of the runtime.
    pub runtime: String,
    /// What the runtime calls.
    pub handler: String,
    /// `ImageConfig` of a function of a container image.
    pub image_config: Option<Value>,
    /// MB.
    pub memory_mb: u32,
    /// Seconds.
    pub timeout_seconds: u32,
    /// MB of /tmp.
    pub ephemeral_mb: u32,
    /// Free text.
    pub description: String,
    /// Environment variables, in the author's order.
    pub environment: Vec<(String, String)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            runtime: "provided.al2023".into(),
            handler: "bootstrap".into(),
            image_config: None,
            memory_mb: MEMORY_MB_DEFAULT,
            timeout_seconds: TIMEOUT_SECONDS_DEFAULT,
            ephemeral_mb: EPHEMERAL_MB_DEFAULT,
            description: String::new(),
            environment: Vec::new(),
        }
    }
}

impl Settings {
    /// From what GetFunctionConfiguration answers.
    pub fn from_configuration(configuration: &Value) -> Self {
        let number = |value: Option<&Value>, default: u32| {
            value.and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).unwrap_or(default)
        };
        let variables = configuration.pointer("/Environment/Variables").and_then(Value::as_object);
        let text = |member: &str, default: String| {
            configuration.get(member).and_then(Value::as_str).map_or(default, str::to_owned)
        };
        let default = Self::default();
        Self {
            runtime: text("Runtime", default.runtime),
            handler: text("Handler", default.handler),
            image_config: configuration.pointer("/ImageConfigResponse/ImageConfig").cloned(),
            memory_mb: number(configuration.get("MemorySize"), MEMORY_MB_DEFAULT),
            timeout_seconds: number(configuration.get("Timeout"), TIMEOUT_SECONDS_DEFAULT),
            ephemeral_mb: number(
                configuration.pointer("/EphemeralStorage/Size"),
                EPHEMERAL_MB_DEFAULT,
            ),
            description: text("Description", String::new()),
            environment: variables
                .map(|map| {
                    map.iter()
                        .map(|(key, value)| {
                            (key.clone(), value.as_str().unwrap_or_default().to_owned())
                        })
                        .collect()
                })
                .unwrap_or_default(),
        }
    }

    fn members(&self) -> Map<String, Value> {
        let variables: Map<String, Value> = self
            .environment
            .iter()
            .map(|(key, value)| (key.clone(), Value::String(value.clone())))
            .collect();
        let mut members = Map::new();
        members.insert("Description".into(), json!(self.description));
        members.insert("Timeout".into(), json!(self.timeout_seconds));
        members.insert("MemorySize".into(), json!(self.memory_mb));
        members.insert("Environment".into(), json!({ "Variables": variables }));
        members.insert("EphemeralStorage".into(), json!({ "Size": self.ephemeral_mb }));
        members
    }
}

/// A request to Lambda.
pub fn lambda(operation: &str, params: Value) -> ApiRequest {
    ApiRequest { service: "lambda".into(), operation: operation.into(), params }
}

/// Where the code of a function is, as `FunctionCode` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionCode {
    /// A package that the engine gets beside the request, by its hex SHA-256.
    ZipFile(String),
    /// An image that the session's registry has.
    ImageUri(String),
}

impl FunctionCode {
    /// Of a function as GetFunction answers. An image is named by its digest: its tag may have moved.
    pub fn from_function(function: &Value) -> Option<Self> {
        match function.pointer("/Code/ResolvedImageUri").and_then(Value::as_str) {
            Some(uri) => Some(Self::ImageUri(uri.to_owned())),
            None => code_sha256(function.get("Configuration")?).map(Self::ZipFile),
        }
    }

    fn member(&self) -> (&'static str, Value) {
        match self {
            Self::ZipFile(sha256) => ("ZipFile", json!({ "$sha256": sha256 })),
            Self::ImageUri(uri) => ("ImageUri", json!(uri)),
        }
    }
}

/// `CreateFunction`.
pub fn create_function(name: &str, code: &FunctionCode, settings: &Settings) -> ApiRequest {
    let mut params = Map::new();
    params.insert("FunctionName".into(), json!(name));
    params.insert("Role".into(), json!("arn:aws:iam::123456789012:role/coldstart"));
    if let FunctionCode::ImageUri(_) = code {
        params.insert("PackageType".into(), json!("Image"));
        params.extend(settings.image_config.clone().map(|config| ("ImageConfig".into(), config)));
    } else {
        params.insert("Runtime".into(), json!(settings.runtime));
        params.insert("Handler".into(), json!(settings.handler));
    }
    let (member, value) = code.member();
    params.insert("Code".into(), json!({ member: value }));
    params.extend(settings.members());
    if settings.description.is_empty() {
        params.remove("Description");
    }
    if settings.environment.is_empty() {
        params.remove("Environment");
    }
    lambda("CreateFunction", Value::Object(params))
}

/// `UpdateFunctionCode`.
pub fn update_function_code(name: &str, code: &FunctionCode) -> ApiRequest {
    let (member, value) = code.member();
    lambda("UpdateFunctionCode", json!({ "FunctionName": name, member: value }))
}

/// `coldstart:PushImage`: what `docker push` does, with the tar of an image that the engine gets beside the request. Each function has a
/// repository, whose name is the function's as far as repositories may be called so.
pub fn push_image(function: &str, sha256: &str) -> ApiRequest {
    let words = function.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<String> =
        words.filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect();
    let mut name = words.join("-");
    if name.len() < 2 {
        name.insert_str(0, "function-");
    }
    ApiRequest {
        service: "coldstart".into(),
        operation: "PushImage".into(),
        params: json!({ "repositoryName": name.trim_end_matches('-'), "image": { "$sha256": sha256 } }),
    }
}

/// `DeleteFunction`.
pub fn delete_function(name: &str) -> ApiRequest {
    lambda("DeleteFunction", json!({ "FunctionName": name }))
}

/// `GetFunction`: it only reads, so it leaves no trace in the log.
pub fn get_function(name: &str) -> ApiRequest {
    lambda("GetFunction", json!({ "FunctionName": name }))
}

/// `Invoke`, with the tail of the log where AWS gives it.
/// An empty qualifier, or `$LATEST`, is left out: it is what is meant then.
pub fn invoke(
    name: &str,
    qualifier: &str,
    payload: &str,
    invocation_type: InvocationType,
) -> ApiRequest {
    let mut params = json!({ "FunctionName": name, "InvocationType": invocation_type.as_str(), "Payload": { "$text": payload } });
    if !matches!(qualifier, "" | "$LATEST") {
        params["Qualifier"] = json!(qualifier);
    }
    if invocation_type == InvocationType::RequestResponse {
        params["LogType"] = json!("Tail");
    }
    lambda("Invoke", params)
}

/// `CodeSha256` (base64) as the hex digits by which modules are known here. That of an image is its manifest's: none.
pub fn code_sha256(configuration: &Value) -> Option<String> {
    let bytes = super::decode_base64(configuration.get("CodeSha256")?.as_str()?)?;
    (bytes.len() == 32).then(|| super::hex(&bytes))
}

/// What a person can do about a refusal; AWS's own text stands beside it.
pub fn advice(code: &str) -> Option<&'static str> {
    Some(match code {
        "ResourceConflictException" => {
            "Wait until the function is Active. When the clock is paused, step it or advance it."
        }
        "ResourceNotFoundException" => {
            "The function is gone. Create it again, or choose another one."
        }
        "InvalidRequestContentException" => {
            "The event must be JSON. Check the place that is marked in it."
        }
        "RequestTooLargeException" | "RequestEntityTooLargeException" => {
            "Send less, or put the data in the package."
        }
        "TooManyRequestsException" => {
            "Wait until an environment is free, or send fewer requests at a time."
        }
        "InvalidParameterValueException" | "ValidationException" => {
            "Change the value that AWS names and try again."
        }
        "NotImplementedException" => "Coldstart does not have this part of AWS yet.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_a_round_trip_through_the_api() {
        let settings = Settings {
            memory_mb: 256,
            timeout_seconds: 10,
            ephemeral_mb: 1024,
            description: "d".into(),
            environment: vec![("B".into(), "2".into()), ("A".into(), "1".into())],
            ..Settings::default()
        };
        let request = create_function("f", &FunctionCode::ZipFile("00".into()), &settings);
        assert_eq!(Settings::from_configuration(&request.params), settings);
        assert_eq!(Settings::from_configuration(&json!({})), Settings::default());
    }

    #[test]
    fn functions_of_images_have_no_handler_and_keep_what_is_started() {
        let config = json!({ "Command": ["serve"] });
        let shown = json!({
            "Configuration": { "CodeSha256": "00".repeat(32), "ImageConfigResponse": { "ImageConfig": config } },
            "Code": { "ImageUri": "h/app:v1", "ResolvedImageUri": "h/app@sha256:00" },
        });
        let code = FunctionCode::from_function(&shown).expect("it has one");
        assert_eq!(code, FunctionCode::ImageUri("h/app@sha256:00".into()));
        let settings = Settings::from_configuration(&shown["Configuration"]);
        let params = create_function("f", &code, &settings).params;
        assert_eq!(params["PackageType"], "Image");
        assert_eq!(params["ImageConfig"], config);
        assert_eq!(params["Code"], json!({ "ImageUri": "h/app@sha256:00" }));
        assert!(params.get("Handler").is_none() && params.get("Runtime").is_none());
    }

    #[test]
    fn repositories_are_named_after_functions() {
        let name = |function: &str| push_image(function, "00").params["repositoryName"].clone();
        assert_eq!(name("My_Function--2"), "my-function-2");
        assert_eq!(name("-x-"), "function-x");
        assert_eq!(name("---"), "function");
    }

    #[test]
    fn only_a_waiting_request_asks_for_the_log() {
        let params = |kind| invoke("f", "$LATEST", "{}", kind).params;
        assert_eq!(params(InvocationType::RequestResponse)["LogType"], "Tail");
        assert!(params(InvocationType::Event).get("LogType").is_none());
        assert!(params(InvocationType::Event).get("Qualifier").is_none());
        let params = invoke("f", "live", "{}", InvocationType::Event).params;
        assert_eq!(params["Qualifier"], "live");
    }

    #[test]
    fn the_code_hash_is_written_in_hex() {
        let of = |text: &str| code_sha256(&json!({ "CodeSha256": text }));
        let base64 = "/+7///////////////////////////////////////0=";
        assert_eq!(of(base64), Some(format!("ffee{}fd", "ff".repeat(29))));
        // An image's stands there in hexadecimal digits.
        assert_eq!(of(&"00".repeat(32)), None);
    }
}
