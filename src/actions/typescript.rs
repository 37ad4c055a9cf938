//! TypeScript to JavaScript, by `www/typescript-src/typescript.js`.

use super::DeployError;
use crate::host;
use crate::model::compiled_paths;
use coldstart_protocol::Diagnostic;
use js_sys::{Function, Reflect};
use std::collections::BTreeMap;
use wasm_bindgen::{JsCast, JsValue};

/// Puts the JavaScript of each TypeScript file beside it: runtimes read that.
pub(super) async fn compile(files: &mut BTreeMap<String, String>) -> Result<(), DeployError> {
    let compiled = compiled_paths(files);
    if compiled.is_empty() {
        return Ok(());
    }
    let module = host::load("typescript").await.map_err(|error| {
        DeployError::Module(format!("What reads TypeScript could not be fetched: {error}"))
    })?;
    let strip: Function = Reflect::get(&module, &"stripTypes".into())
        .ok()
        .and_then(|function| function.dyn_into().ok())
        .ok_or_else(|| DeployError::Module("the module has no stripTypes".into()))?;
    let paths: Vec<(&str, JsValue)> =
        compiled.iter().map(|(path, made)| (path.as_str(), made.as_str().into())).collect();
    let paths: Vec<(&str, &JsValue)> = paths.iter().map(|(path, made)| (*path, made)).collect();
    let paths = JsValue::from(host::object(&paths));
    for (path, made) in &compiled {
        let text = files.get(path).map_or("", String::as_str);
        let result = strip
            .call3(&JsValue::UNDEFINED, &text.into(), &path.as_str().into(), &paths)
            .map_err(|error| DeployError::Module(host::text_of(&error)))?;
        let member = |name: &str| Reflect::get(&result, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let Some(code) = member("code").as_string() else {
            let number = |name: &str| member(name).as_f64().map_or(1, |number| number as usize);
            let message = format!("{path}: {}", member("message").as_string().unwrap_or_default());
            let (line, column) = (number("line"), number("column"));
            return Err(DeployError::Text(vec![Diagnostic { offset: 0, line, column, message }]));
        };
        files.insert(made.clone(), code);
    }
    Ok(())
}
