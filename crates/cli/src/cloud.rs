//! A cloud of one's own: requests in through the engine's door, answers and facts out.

use crate::Refused;
use coldstart_engine::{
    ApiError, Blob, CommandId, Config, Engine, Fact, Principal, Request, Response,
};
use coldstart_sandbox::WasmiSandbox;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// An engine and what it told so far.
pub(crate) struct Cloud {
    pub(crate) engine: Engine,
    /// Facts that nobody has taken yet, oldest first.
    pub(crate) facts: Vec<Fact>,
}

/// What a function is made of.
pub(crate) struct FunctionSettings<'a> {
    /// The runtime that was asked for.
    pub(crate) runtime: Option<&'a str>,
    pub(crate) handler: &'a str,
    pub(crate) memory_mb: u64,
    pub(crate) timeout_seconds: u64,
    pub(crate) environment: &'a [(String, String)],
}

impl Cloud {
    pub(crate) fn new(seed: u64) -> Self {
        let config = Config { seed, ..Config::default() };
        Self::of(Engine::new(
            config,
            Arc::new(WasmiSandbox::with_runtimes(crate::sources::runtime)),
        ))
    }

    pub(crate) fn of(engine: Engine) -> Self {
        Self { engine, facts: Vec::new() }
    }

    /// Lets a request in, and works until nothing is left to do.
    pub(crate) fn request(
        &mut self,
        service: &str,
        operation: &str,
        params: Value,
    ) -> Result<Result<Response, ApiError>, Refused> {
        let request = Request {
            service: service.into(),
            operation: operation.into(),
            params,
            principal: Principal::User,
        };
        let id: CommandId = self.engine.handle_request(self.engine.now(), request);
        self.engine.run_to_rest();
        while let Some(event) = self.engine.poll_event() {
            self.facts.push(event.fact);
        }
        while let Some((answered, result)) = self.engine.poll_answer() {
            if answered == id {
                return Ok(result);
            }
        }
        Err(Refused(format!("{operation}: the engine came to rest without an answer")))
    }

    /// The same, where a refusal means that nothing can be tried.
    pub(crate) fn ask(
        &mut self,
        service: &str,
        operation: &str,
        params: Value,
    ) -> Result<Value, Refused> {
        let response = self.request(service, operation, params)?;
        let response = response.map_err(|error| Refused(format!("{operation}: {error}")))?;
        Ok(response.output)
    }

    /// CreateFunction. An image goes to the registry first.
    pub(crate) fn create_function(
        &mut self,
        name: &str,
        code: Code,
        settings: &FunctionSettings<'_>,
    ) -> Result<(), Refused> {
        let of_image = is_tar(&code.package);
        let sha256 = self.engine.put_blob(code.package);
        let variables: serde_json::Map<String, Value> =
            settings.environment.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
        let mut params = json!({
            "FunctionName": name,
            "Role": "arn:aws:iam::123456789012:role/lambda-role",
            "MemorySize": settings.memory_mb,
            "Timeout": settings.timeout_seconds,
            "Environment": { "Variables": variables },
        });
        if of_image {
            let image = json!({ "repositoryName": "coldstart", "image": Blob::sha256(sha256) });
            let pushed = self.ask("coldstart", "PushImage", image)?;
            params["PackageType"] = json!("Image");
            params["Code"] = json!({ "ImageUri": pushed["imageUri"] });
        } else {
            let own = code.handler.filter(|_| settings.handler == HANDLER);
            params["Runtime"] = json!(settings.runtime.unwrap_or(code.runtime));
            params["Handler"] = json!(own.as_deref().unwrap_or(settings.handler));
            params["Code"] = json!({ "ZipFile": Blob::sha256(sha256) });
        }
        self.ask("lambda", "CreateFunction", params).map(drop)
    }
}

/// Whether these are the bytes of a tar, as container images are.
fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(257..262) == Some(b"ustar")
}

/// `--handler`, when it is not given.
pub(crate) const HANDLER: &str = "handler";

/// What a function is made of.
pub(crate) struct Code {
    /// A module, a zip package or a container image.
    pub(crate) package: Vec<u8>,
    /// Under which runtime, unless another is asked for.
    pub(crate) runtime: &'static str,
    /// The handler's name, if the file says it.
    pub(crate) handler: Option<String>,
}

/// The code in a file or folder: a module, assembled if it is text, a zip package, a container image, or sources of a language.
pub(crate) fn code(path: &Path) -> Result<Code, Refused> {
    if let Some(code) = crate::sources::code(path)? {
        return Ok(code);
    }
    Ok(Code { package: module(path)?, runtime: "provided.al2023", handler: None })
}

fn module(path: &Path) -> Result<Vec<u8>, Refused> {
    let bytes =
        std::fs::read(path).map_err(|error| Refused(format!("{}: {error}", path.display())))?;
    if bytes.starts_with(b"\0asm") || bytes.starts_with(b"PK") || is_tar(&bytes) {
        return Ok(bytes);
    }
    if path.extension().is_none_or(|extension| extension != "wat") {
        let what = "not a WebAssembly module, nor a zip, nor a container image: it does not begin with \\0asm or PK and is no tar (text goes in a .wat file)";
        return Err(Refused(format!("{}: {what}", path.display())));
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| Refused(format!("{}: {error}", path.display())))?;
    coldstart_worker::assemble(&text).map_err(|faults| {
        let lines: Vec<String> = faults
            .iter()
            .map(|fault| {
                format!("{}:{}:{}: {}", path.display(), fault.line, fault.column, fault.message)
            })
            .collect();
        Refused(lines.join("\n"))
    })
}

/// A file's name as a resource may be called, without what stands behind its first dot.
pub(crate) fn resource_name(path: &Path, otherwise: &str, length_max: usize) -> String {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = file.split('.').next().unwrap_or_default();
    let name: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
        .take(length_max)
        .collect();
    if name.is_empty() { otherwise.into() } else { name }
}
