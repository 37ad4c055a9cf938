//! The editor's JavaScript (`www/editor-src/editor.js`) as a Rust value.
//!
//! Invariant: the editor is destroyed, and its callbacks freed, with the value.

use crate::host;
use coldstart_protocol::Diagnostic;
use js_sys::{Array, Function, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

/// What an editor is made with.
pub struct EditorOptions<'a> {
    pub parent: &'a Element,
    pub text: &'a str,
    pub language: &'a str,
    pub label: &'a str,
    pub read_only: bool,
    pub on_change: Box<dyn FnMut(String)>,
    pub on_run: Box<dyn FnMut()>,
    pub on_save: Box<dyn FnMut()>,
}

/// A running editor.
pub struct JsEditor {
    editor: JsValue,
    _on_change: Closure<dyn FnMut(String)>,
    _on_run: Closure<dyn FnMut()>,
    _on_save: Closure<dyn FnMut()>,
}

impl JsEditor {
    /// Loads the editor's module if need be, and answers with its `createEditor`.
    pub async fn load() -> Result<Function, String> {
        let module = host::load_editor().await?;
        let create = Reflect::get(&module, &"createEditor".into())
            .ok()
            .and_then(|create| create.dyn_into::<Function>().ok());
        create.ok_or_else(|| "the editor's module has no createEditor".into())
    }

    /// Makes an editor.
    pub fn create(create: &Function, options: EditorOptions<'_>) -> Result<Self, String> {
        let on_change = Closure::new(options.on_change);
        let on_run = Closure::new(options.on_run);
        let on_save = Closure::new(options.on_save);
        let object = host::object(&[
            ("parent", options.parent.as_ref()),
            ("doc", &options.text.into()),
            ("language", &options.language.into()),
            ("label", &options.label.into()),
            ("readOnly", &options.read_only.into()),
            ("onChange", on_change.as_ref()),
            ("onRun", on_run.as_ref()),
            ("onSave", on_save.as_ref()),
        ]);
        let editor =
            create.call1(&JsValue::UNDEFINED, &object).map_err(|error| host::text_of(&error))?;
        Ok(Self { editor, _on_change: on_change, _on_run: on_run, _on_save: on_save })
    }

    fn call(&self, method: &str, argument: &JsValue) {
        if let Some(function) = Reflect::get(&self.editor, &method.into())
            .ok()
            .and_then(|value| value.dyn_into::<Function>().ok())
        {
            let _ = function.call1(&self.editor, argument);
        }
    }

    /// Replaces the text; an equal one changes nothing.
    pub fn set_text(&self, text: &str) {
        self.call("setText", &text.into());
    }
    /// Marks faults.
    pub fn set_diagnostics(&self, diagnostics: &[Diagnostic]) {
        let marks: Array = diagnostics
            .iter()
            .map(|diagnostic| {
                let line = JsValue::from(u32::try_from(diagnostic.line).unwrap_or(1));
                let column = JsValue::from(u32::try_from(diagnostic.column).unwrap_or(1));
                JsValue::from(host::object(&[
                    ("line", &line),
                    ("column", &column),
                    ("message", &diagnostic.message.as_str().into()),
                ]))
            })
            .collect();
        self.call("setDiagnostics", &marks);
    }
    /// Forbids or allows editing.
    pub fn set_read_only(&self, read_only: bool) {
        self.call("setReadOnly", &read_only.into());
    }
}

impl Drop for JsEditor {
    fn drop(&mut self) {
        self.call("destroy", &JsValue::UNDEFINED);
    }
}
