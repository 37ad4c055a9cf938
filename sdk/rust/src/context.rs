//! What a handler is told besides the payload, under the field names of `lambda_runtime`.

use crate::Error;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A payload and its context.
#[derive(Debug, Clone)]
pub struct LambdaEvent<T> {
    /// The event, as the handler's type.
    pub payload: T,
    /// The invocation.
    pub context: Context,
}

impl<T> LambdaEvent<T> {
    /// An event of these parts; handy in tests with [`Context::default`].
    pub fn new(payload: T, context: Context) -> Self {
        Self { payload, context }
    }
    /// Payload and context.
    pub fn into_parts(self) -> (T, Context) {
        (self.payload, self.context)
    }
}

/// The invocation that an event belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Context {
    /// Request id, as in the `START` line of the log.
    pub request_id: String,
    /// When the invocation times out: milliseconds since the Unix epoch, on the virtual clock.
    pub deadline: u64,
    /// The ARN that was invoked, with its qualifier if there was one.
    pub invoked_function_arn: String,
    /// X-Ray trace header.
    pub xray_trace_id: Option<String>,
    /// What the caller gave as client context.
    pub client_context: Option<ClientContext>,
    /// The Cognito identity that called.
    pub identity: Option<CognitoIdentity>,
    /// The tenant that the invocation is for.
    pub tenant_id: Option<String>,
    /// The function's configuration, from its environment variables.
    pub env_config: Arc<Config>,
}

impl Context {
    /// When the invocation times out, on the virtual clock.
    pub fn deadline(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.deadline)
    }

    /// Builds the context from the answers of `lambda.meta`. Refuses a client context or identity that is not the JSON it should be.
    pub(crate) fn from_meta(
        env_config: Arc<Config>,
        mut meta: impl FnMut(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let mut text = |key| meta(key).filter(|value| !value.is_empty());
        Ok(Self {
            request_id: text("requestId").unwrap_or_default(),
            deadline: text("deadlineMs").and_then(|value| value.parse().ok()).unwrap_or_default(),
            invoked_function_arn: text("functionArn").unwrap_or_default(),
            xray_trace_id: text("traceId"),
            client_context: text("clientContext")
                .map(|json| serde_json::from_str(&json))
                .transpose()?,
            identity: text("identity").map(|json| serde_json::from_str(&json)).transpose()?,
            tenant_id: text("tenantId"),
            env_config,
        })
    }
}

/// The function's configuration, from the variables that Lambda sets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// `AWS_LAMBDA_FUNCTION_NAME`.
    pub function_name: String,
    /// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`, MB.
    pub memory: i32,
    /// `AWS_LAMBDA_FUNCTION_VERSION`.
    pub version: String,
    /// `AWS_LAMBDA_LOG_STREAM_NAME`.
    pub log_stream: String,
    /// `AWS_LAMBDA_LOG_GROUP_NAME`.
    pub log_group: String,
}

impl Config {
    /// Reads the variables; what is not set stays empty or zero.
    pub fn from_env() -> Self {
        let text = |name| std::env::var(name).unwrap_or_default();
        Self {
            function_name: text("AWS_LAMBDA_FUNCTION_NAME"),
            memory: text("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").parse().unwrap_or_default(),
            version: text("AWS_LAMBDA_FUNCTION_VERSION"),
            log_stream: text("AWS_LAMBDA_LOG_STREAM_NAME"),
            log_group: text("AWS_LAMBDA_LOG_GROUP_NAME"),
        }
    }
}

/// Client context, as mobile SDKs send it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientContext {
    /// The application that called.
    #[serde(default)]
    pub client: ClientApplication,
    /// Values of the caller's own.
    #[serde(default)]
    pub custom: HashMap<String, String>,
    /// Settings of the device.
    #[serde(default, alias = "env")]
    pub environment: HashMap<String, String>,
}

/// The application in a [`ClientContext`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientApplication {
    /// Installation id.
    #[serde(alias = "installation_id")]
    pub installation_id: String,
    /// Title.
    #[serde(alias = "app_title")]
    pub app_title: String,
    /// Name of the version.
    #[serde(alias = "app_version_name")]
    pub app_version_name: String,
    /// Code of the version.
    #[serde(alias = "app_version_code")]
    pub app_version_code: String,
    /// Package name.
    #[serde(alias = "app_package_name")]
    pub app_package_name: String,
}

/// A Cognito identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CognitoIdentity {
    /// The identity.
    #[serde(alias = "cognitoIdentityId", alias = "identity_id")]
    pub identity_id: String,
    /// The pool that it is in.
    #[serde(alias = "cognitoIdentityPoolId", alias = "identity_pool_id")]
    pub identity_pool_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meta_becomes_a_context() {
        let context = Context::from_meta(Arc::default(), |key| {
            let value = match key {
                "requestId" => "r-1",
                "deadlineMs" => "1767225603000",
                "functionArn" => "arn:aws:lambda:us-east-1:123456789012:function:f",
                "clientContext" => r#"{"client":{"app_title":"shop"},"custom":{"a":"b"}}"#,
                "identity" => r#"{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}"#,
                "traceId" => "",
                _ => return None,
            };
            Some(value.into())
        })
        .unwrap();
        assert_eq!(context.request_id, "r-1");
        assert_eq!(context.deadline(), UNIX_EPOCH + Duration::from_millis(1_767_225_603_000));
        assert_eq!(context.xray_trace_id, None);
        let client_context = context.client_context.unwrap();
        assert_eq!(client_context.client.app_title, "shop");
        assert_eq!(client_context.custom["a"], "b");
        assert_eq!(context.identity.unwrap().identity_pool_id, "p");
    }

    #[test]
    fn a_client_context_that_is_not_json_is_refused() {
        let context = Context::from_meta(Arc::default(), |key| {
            (key == "clientContext").then(|| "not json".into())
        });
        assert!(context.is_err());
    }
}
