//! AssemblyScript to WebAssembly, by `www/assemblyscript-src/compile.js`.

use super::DeployError;
use crate::host;
use crate::model::Faults;
use coldstart_protocol::Diagnostic;
use coldstart_workspace::{Source, hex_sha256};
use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// What came of compiling.
pub struct Compiled {
    /// What compiled it: its name and version.
    compiler: String,
    /// The module, when it was asked for and nothing is wrong.
    module: Option<Vec<u8>>,
    /// What is wrong, by file.
    pub faults: Faults,
}

/// Compiles, or only checks. None when a later check came before this one's turn.
///
/// # Errors
/// When the compiler cannot be fetched, or stopped.
async fn compile(
    files: &BTreeMap<String, String>,
    optimise: bool,
) -> Result<Option<Compiled>, String> {
    let failed = |error: JsValue| {
        format!("The AssemblyScript compiler could not be used: {}", host::text_of(&error))
    };
    let module = host::load("assemblyscript").await.map_err(|error| failed(error.into()))?;
    let compile: Function = Reflect::get(&module, &"compile".into())
        .ok()
        .and_then(|function| function.dyn_into().ok())
        .ok_or("the module has no compile")?;
    let texts: Vec<(&str, JsValue)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str().into())).collect();
    let texts: Vec<(&str, &JsValue)> = texts.iter().map(|(path, text)| (*path, text)).collect();
    let texts = JsValue::from(host::object(&texts));
    let made = compile.call2(&JsValue::UNDEFINED, &texts, &optimise.into()).map_err(failed)?;
    let made = JsFuture::from(Promise::resolve(&made)).await.map_err(failed)?;
    if made.is_null() {
        return Ok(None);
    }
    let member =
        |of: &JsValue, name: &str| Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let module = member(&made, "module").dyn_into::<Uint8Array>().ok();
    let mut faults = Faults::new();
    for fault in Array::from(&member(&made, "faults")).iter() {
        // What the compiler only remarks on stops nobody.
        if member(&fault, "isError").is_falsy() {
            continue;
        }
        let number = |name: &str| member(&fault, name).as_f64().map_or(0, |number| number as usize);
        let text = |name: &str| member(&fault, name).as_string().unwrap_or_default();
        let diagnostic = Diagnostic {
            offset: number("from"),
            line: number("line"),
            column: number("column"),
            message: text("message"),
        };
        faults.entry(text("path")).or_default().push(diagnostic);
    }
    Ok(Some(Compiled {
        compiler: member(&made, "compiler").as_string().unwrap_or_default(),
        module: module.map(|module| module.to_vec()),
        faults,
    }))
}

/// What is wrong with the files; none when a later check came before this one's turn.
pub async fn check_assemblyscript(
    files: &BTreeMap<String, String>,
) -> Result<Option<Faults>, String> {
    Ok(compile(files, false).await?.map(|compiled| compiled.faults))
}

/// The files' module, and where it comes from.
pub(super) async fn compile_assemblyscript(
    files: BTreeMap<String, String>,
) -> Result<(Source, Rc<[u8]>), DeployError> {
    let compiled = compile(&files, true).await.map_err(DeployError::Module)?;
    let compiled = compiled.expect("only checks give way");
    let Some(module) = compiled.module else {
        let named = compiled.faults.into_iter().flat_map(|(path, faults)| {
            faults.into_iter().map(move |mut fault| {
                fault.message = format!("{path}: {}", fault.message);
                fault
            })
        });
        return Err(DeployError::Text(named.collect()));
    };
    let source = Source::Compiled { compiler: compiled.compiler, files, base64: String::new() };
    Ok((source, module.into()))
}

/// The module of this digest once more, where nobody kept it; none when this compiler makes another.
pub(super) async fn compile_again(
    sha256: &str,
    files: &BTreeMap<String, String>,
) -> Option<Vec<u8>> {
    let module = compile(files, true).await.ok()??.module?;
    (hex_sha256(&module) == sha256).then_some(module)
}
