//! The editor's JavaScript (`www/editor-src/editor.js`) as a Rust value.
//!
//! Invariant: the editor is destroyed, and its callbacks freed, with the value.

use crate::host;
use coldstart_protocol::{Completion, DefinitionDiagnostic, Diagnostic, TextEdit};
use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

/// What an editor is made with.
pub struct EditorOptions<'a> {
    pub parent: &'a Element,
    pub text: &'a str,
    /// Under which what can be undone outlives the editor; empty for not at all.
    pub keep: &'a str,
    pub language: &'a str,
    pub label: &'a str,
    pub read_only: bool,
    pub on_change: Box<dyn FnMut(String)>,
    pub on_run: Box<dyn FnMut()>,
    pub on_save: Box<dyn FnMut()>,
    pub on_cursor: Box<dyn FnMut(f64)>,
    /// Answers what may stand at an offset of a text; none for an editor without completion.
    pub on_complete: Option<Box<dyn FnMut(String, f64) -> Promise>>,
}

/// A running editor.
pub struct JsEditor {
    editor: JsValue,
    _on_change: Closure<dyn FnMut(String)>,
    _on_run: Closure<dyn FnMut()>,
    _on_save: Closure<dyn FnMut()>,
    _on_cursor: Closure<dyn FnMut(f64)>,
    _on_complete: Option<Closure<dyn FnMut(String, f64) -> Promise>>,
}

impl JsEditor {
    /// Loads the editor's module if need be, and answers with its `createEditor`.
    pub async fn load() -> Result<Function, String> {
        let module = host::load("editor").await?;
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
        let on_cursor = Closure::new(options.on_cursor);
        let on_complete = options.on_complete.map(Closure::new);
        let none = JsValue::UNDEFINED;
        let complete = on_complete.as_ref().map_or(&none, AsRef::as_ref);
        let object = host::object(&[
            ("parent", options.parent.as_ref()),
            ("doc", &options.text.into()),
            ("keep", &options.keep.into()),
            ("language", &options.language.into()),
            ("label", &options.label.into()),
            ("readOnly", &options.read_only.into()),
            ("onChange", on_change.as_ref()),
            ("onRun", on_run.as_ref()),
            ("onSave", on_save.as_ref()),
            ("onCursor", on_cursor.as_ref()),
            ("onComplete", complete),
        ]);
        let editor =
            create.call1(&JsValue::UNDEFINED, &object).map_err(|error| host::text_of(&error))?;
        Ok(Self {
            editor,
            _on_change: on_change,
            _on_run: on_run,
            _on_save: on_save,
            _on_cursor: on_cursor,
            _on_complete: on_complete,
        })
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
    /// Marks faults of a definition, with what can be done about each.
    pub fn set_marks(&self, diagnostics: &[DefinitionDiagnostic]) {
        let marks: Array = diagnostics
            .iter()
            .map(|diagnostic| {
                let fixes: Array = diagnostic
                    .fixes
                    .iter()
                    .map(|fix| {
                        let changes = changes_of(&fix.edits);
                        let name = fix.title.as_str().into();
                        JsValue::from(host::object(&[("name", &name), ("changes", &changes)]))
                    })
                    .collect();
                let severity = if diagnostic.error { "error" } else { "warning" };
                JsValue::from(host::object(&[
                    ("from", &number(diagnostic.from)),
                    ("to", &number(diagnostic.to)),
                    ("severity", &severity.into()),
                    ("message", &diagnostic.message.as_str().into()),
                    ("source", &diagnostic.code.as_str().into()),
                    ("fixes", &fixes),
                ]))
            })
            .collect();
        self.call("setMarks", &marks);
    }
    /// Changes the text as its user would: it is heard of, and can be undone.
    pub fn change(&self, edits: &[TextEdit]) {
        self.call("change", &changes_of(edits));
    }
    /// Shows a place, and puts the cursor there.
    pub fn reveal(&self, offset: usize) {
        self.call("reveal", &number(offset));
    }
    /// Lays the text out.
    pub fn format(&self) {
        self.call("format", &JsValue::UNDEFINED);
    }
    /// Forbids or allows editing.
    pub fn set_read_only(&self, read_only: bool) {
        self.call("setReadOnly", &read_only.into());
    }
}

fn number(value: usize) -> JsValue {
    JsValue::from(u32::try_from(value).unwrap_or(u32::MAX))
}

fn changes_of(edits: &[TextEdit]) -> JsValue {
    let changes: Array = edits
        .iter()
        .map(|edit| {
            JsValue::from(host::object(&[
                ("from", &number(edit.from)),
                ("to", &number(edit.to)),
                ("insert", &edit.insert.as_str().into()),
            ]))
        })
        .collect();
    changes.into()
}

/// What the editor expects of its `onComplete`.
pub fn completion_value(completion: &Completion) -> JsValue {
    let words: Array = completion
        .words
        .iter()
        .map(|word| {
            JsValue::from(host::object(&[
                ("label", &word.label.as_str().into()),
                ("insert", &word.insert.as_str().into()),
                ("cursor", &number(word.cursor)),
                ("kind", &word.kind.as_str().into()),
                ("detail", &word.detail.as_str().into()),
            ]))
        })
        .collect();
    JsValue::from(host::object(&[
        ("start", &number(completion.from)),
        ("from", &number(completion.replace.0)),
        ("to", &number(completion.replace.1)),
        ("words", &words),
    ]))
}

impl Drop for JsEditor {
    fn drop(&mut self) {
        self.call("destroy", &JsValue::UNDEFINED);
    }
}
