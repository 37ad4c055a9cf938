//! The editor: CodeMirror once it has arrived, a plain text area until then and when it cannot be had. Both take the same props.

use super::editor_glue::{EditorOptions, JsEditor, completion_value};
use crate::hooks::use_app;
use coldstart_protocol::{
    DefinitionAnswer, DefinitionAsk, DefinitionDiagnostic, Diagnostic, TextEdit,
};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{future_to_promise, spawn_local};
use web_sys::Element;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct CodeEditorProps {
    pub text: AttrValue,
    /// As `www/editor-src/editor.js` names it.
    pub language: AttrValue,
    /// Under which what can be undone outlives the editor; empty for not at all.
    #[prop_or_default]
    pub keep: AttrValue,
    pub label: AttrValue,
    #[prop_or_default]
    pub read_only: bool,
    #[prop_or_default]
    pub diagnostics: Rc<Vec<Diagnostic>>,
    #[prop_or_default]
    pub on_change: Callback<String>,
    #[prop_or_default]
    pub on_run: Callback<()>,
    #[prop_or_default]
    pub on_save: Callback<()>,
    /// Faults of a state machine's definition, in place of `diagnostics`.
    #[prop_or_default]
    pub marks: Option<Rc<Vec<DefinitionDiagnostic>>>,
    /// The cursor was moved by its user, to this offset.
    #[prop_or_default]
    pub on_cursor: Callback<usize>,
    /// Whether the text is a state machine's definition, for which there is completion.
    #[prop_or_default]
    pub definition: bool,
    /// What to do to the editor: each request once, by its number.
    #[prop_or_default]
    pub request: Option<EditorRequest>,
    #[prop_or_default]
    pub class: Classes,
}

/// Something that the page wants of an editor.
#[derive(Debug, Clone, PartialEq)]
pub struct EditorRequest {
    /// Counts up: an equal one was answered.
    pub number: u32,
    /// What.
    pub kind: EditorRequestKind,
}

/// What the page wants of an editor.
#[derive(Debug, Clone, PartialEq)]
pub enum EditorRequestKind {
    /// Show a place.
    Reveal(usize),
    /// Change the text as its user would.
    Change(Vec<TextEdit>),
    /// Lay the text out.
    Format,
}

/// The latest callbacks: the editor is made once and must not call those of its first day.
#[derive(Default)]
struct Calls {
    on_change: Callback<String>,
    on_run: Callback<()>,
    on_save: Callback<()>,
    on_cursor: Callback<usize>,
}

/// An editor for a text.
#[component]
pub fn CodeEditor(props: &CodeEditorProps) -> Html {
    let host = use_node_ref();
    let editor: Rc<RefCell<Option<JsEditor>>> = use_mut_ref(|| None);
    let calls: Rc<RefCell<Calls>> = use_mut_ref(Calls::default);
    let latest = use_mut_ref(|| (AttrValue::default(), false));
    // Counts the editors that were made.
    let loaded = use_state(|| 0_u32);
    let made_before = use_mut_ref(|| 0_u32);
    *calls.borrow_mut() = Calls {
        on_change: props.on_change.clone(),
        on_run: props.on_run.clone(),
        on_save: props.on_save.clone(),
        on_cursor: props.on_cursor.clone(),
    };
    *latest.borrow_mut() = (props.text.clone(), props.read_only);

    let app = use_app();
    // One editor for the life of the component; it is keyed by what it edits.
    let definition = props.definition;
    {
        let (host, editor, calls, latest, loaded) =
            (host.clone(), editor.clone(), calls.clone(), latest.clone(), loaded.clone());
        let keep = props.keep.clone();
        use_effect_with((props.language.clone(), props.label.clone()), move |(language, label)| {
            let alive = Rc::new(RefCell::new(true));
            let cleanup = (alive.clone(), editor.clone());
            let (language, label) = (language.clone(), label.clone());
            spawn_local(async move {
                let Ok(create) = JsEditor::load().await else { return };
                let Some(parent) = host.cast::<Element>().filter(|_| *alive.borrow()) else {
                    return;
                };
                let (text, read_only) = latest.borrow().clone();
                let (change, run, save, cursor) =
                    (calls.clone(), calls.clone(), calls.clone(), calls);
                let complete = move |text: String, offset: f64| {
                    let engine = app.engine.clone();
                    future_to_promise(async move {
                        let ask = DefinitionAsk::Complete { text, offset: offset as usize };
                        Ok(match engine.definition(ask).await {
                            Some(DefinitionAnswer::Completion(Some(found))) => {
                                completion_value(&found)
                            }
                            _ => JsValue::NULL,
                        })
                    })
                };
                let made = JsEditor::create(
                    &create,
                    EditorOptions {
                        parent: &parent,
                        text: &text,
                        keep: &keep,
                        language: &language,
                        label: &label,
                        read_only,
                        on_change: Box::new(move |text| {
                            let callback = change.borrow().on_change.clone();
                            callback.emit(text);
                        }),
                        on_run: Box::new(move || {
                            let callback = run.borrow().on_run.clone();
                            callback.emit(());
                        }),
                        on_save: Box::new(move || {
                            let callback = save.borrow().on_save.clone();
                            callback.emit(());
                        }),
                        on_cursor: Box::new(move |offset| {
                            let callback = cursor.borrow().on_cursor.clone();
                            callback.emit(offset as usize);
                        }),
                        on_complete: definition.then(|| Box::new(complete) as _),
                    },
                );
                if let Ok(made) = made {
                    *editor.borrow_mut() = Some(made);
                    *made_before.borrow_mut() += 1;
                    loaded.set(*made_before.borrow());
                }
            });
            move || {
                *cleanup.0.borrow_mut() = false;
                *cleanup.1.borrow_mut() = None;
            }
        });
    }
    {
        let editor = editor.clone();
        use_effect_with((props.text.clone(), *loaded), move |(text, _)| {
            if let Some(editor) = &*editor.borrow() {
                editor.set_text(text);
            }
        });
    }
    {
        let editor = editor.clone();
        use_effect_with((props.diagnostics.clone(), *loaded), move |(diagnostics, _)| {
            if let Some(editor) = &*editor.borrow() {
                editor.set_diagnostics(diagnostics);
            }
        });
    }
    {
        let editor = editor.clone();
        use_effect_with((props.marks.clone(), *loaded), move |(marks, _)| {
            if let (Some(editor), Some(marks)) = (&*editor.borrow(), marks) {
                editor.set_marks(marks);
            }
        });
    }
    {
        let editor = editor.clone();
        use_effect_with((props.request.clone(), *loaded), move |(request, _)| {
            if let (Some(editor), Some(request)) = (&*editor.borrow(), request) {
                match &request.kind {
                    EditorRequestKind::Reveal(offset) => editor.reveal(*offset),
                    EditorRequestKind::Change(edits) => editor.change(edits),
                    EditorRequestKind::Format => editor.format(),
                }
            }
        });
    }
    {
        let editor = editor.clone();
        use_effect_with((props.read_only, *loaded), move |(read_only, _)| {
            if let Some(editor) = &*editor.borrow() {
                editor.set_read_only(*read_only);
            }
        });
    }

    let oninput = props.on_change.reform(|event: InputEvent| super::text_of(&event));
    let onkeydown = {
        let (on_run, on_save) = (props.on_run.clone(), props.on_save.clone());
        Callback::from(move |event: KeyboardEvent| {
            let command = event.ctrl_key() || event.meta_key();
            match event.key().as_str() {
                "Enter" if command => on_run.emit(()),
                "s" if command => on_save.emit(()),
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        })
    };
    html! {
        <div class={classes!("code-editor", props.class.clone())}>
            <div ref={host} class="code-editor-host"></div>
            if *loaded == 0 {
                <textarea class="code-editor-plain" aria-label={props.label.clone()} value={props.text.clone()} readonly={props.read_only}
                    spellcheck="false" autocapitalize="off" autocomplete="off" {oninput} {onkeydown} />
            }
        </div>
    }
}
