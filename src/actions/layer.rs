//! Layers: a zip of the visitor's becomes a version.

use super::function::remember;
use crate::app::App;
use crate::model::{CallError, lambda};
use coldstart_workspace::{Source, hex_sha256};
use serde_json::{Value, json};
use std::rc::Rc;

/// Publishes a layer's version: `params` are the members of `PublishLayerVersion` beside its content.
pub async fn publish_layer(
    app: &App,
    mut params: Value,
    file: String,
    bytes: Rc<[u8]>,
) -> Result<Value, CallError> {
    let sha256 = hex_sha256(&bytes);
    remember(app, &sha256, &Source::Module { name: file }, &bytes).await;
    params["Content"] = json!({ "ZipFile": { "$sha256": sha256 } });
    let published = app.engine.request(lambda("PublishLayerVersion", params), &[bytes]).await?;
    Ok(published.output)
}
