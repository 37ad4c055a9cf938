//! The files of a function whose runtime reads text: a list of them, and an editor for the one that is chosen.

use crate::components::{
    Button, ButtonKind, CodeEditor, EditorRequest, EditorRequestKind, Field, Glyph, Icon, text_of,
};
use crate::hooks::use_document;
use crate::model::{
    Faults, compiled_path, file_language, main_file, new_path_fault, plural, written_files,
};
use coldstart_protocol::Diagnostic;
use std::collections::BTreeMap;
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct CodeFilesProps {
    pub name: AttrValue,
    /// Texts by path. There is at least one.
    pub files: Rc<BTreeMap<String, String>>,
    pub read_only: bool,
    /// Whether all of them are compiled to one module, so that runtimes do not read them.
    #[prop_or_default]
    pub is_compiled: bool,
    /// What is wrong with them.
    #[prop_or_default]
    pub faults: Rc<Faults>,
    /// All files, after a change.
    pub on_change: Callback<BTreeMap<String, String>>,
    pub on_run: Callback<()>,
    pub on_save: Callback<()>,
}

/// What is done to the list.
#[derive(Debug, Clone, PartialEq)]
enum Doing {
    Nothing,
    Adding,
    Renaming,
    Deleting,
}

/// The list and the editor.
#[component]
pub fn CodeFiles(props: &CodeFilesProps) -> Html {
    let chosen = use_state(|| None::<String>);
    let doing = use_state(|| Doing::Nothing);
    let request = use_state(|| None::<EditorRequest>);
    // What can be undone in a file goes with it when it is renamed, and not to another one that takes its path.
    let ids = use_state(|| (0_u32, BTreeMap::<String, String>::new()));
    let workspace = use_document(|document| document.id.clone());
    let files = &props.files;
    let selected = chosen
        .as_ref()
        .filter(|path| files.contains_key(*path))
        .cloned()
        .unwrap_or_else(|| main_file(files).to_owned());
    let text: AttrValue = files.get(&selected).cloned().unwrap_or_default().into();
    let on_text = {
        let (files, selected, on_change) =
            (files.clone(), selected.clone(), props.on_change.clone());
        Callback::from(move |text: String| {
            let mut files = (*files).clone();
            files.insert(selected.clone(), text);
            on_change.emit(files);
        })
    };
    let start = |what: Doing| {
        let doing = doing.clone();
        Callback::from(move |_: MouseEvent| doing.set(what.clone()))
    };
    let on_cancel = {
        let doing = doing.clone();
        Callback::from(move |()| doing.set(Doing::Nothing))
    };
    let on_path = {
        let (files, selected, on_change) =
            (files.clone(), selected.clone(), props.on_change.clone());
        let (chosen, doing, ids) = (chosen.clone(), doing.clone(), ids.clone());
        Callback::from(move |path: String| {
            let mut files = (*files).clone();
            let (mut count, mut names) = (*ids).clone();
            let id = match *doing {
                Doing::Renaming => names.remove(&selected).unwrap_or_else(|| selected.clone()),
                _ => {
                    count += 1;
                    format!("{count}:{path}")
                }
            };
            names.insert(path.clone(), id);
            ids.set((count, names));
            let text = match *doing {
                Doing::Renaming => remove(&mut files, &selected),
                _ => String::new(),
            };
            files.insert(path.clone(), text);
            on_change.emit(files);
            chosen.set(Some(path));
            doing.set(Doing::Nothing);
        })
    };
    let on_delete = {
        let (files, selected, on_change) =
            (files.clone(), selected.clone(), props.on_change.clone());
        let (chosen, doing) = (chosen.clone(), doing.clone());
        Callback::from(move |_: MouseEvent| {
            let mut files = (*files).clone();
            remove(&mut files, &selected);
            on_change.emit(files);
            chosen.set(None);
            doing.set(Doing::Nothing);
        })
    };
    let show = {
        let (chosen, doing, request) = (chosen.clone(), doing.clone(), request.clone());
        Callback::from(move |(path, offset): (String, Option<usize>)| {
            let number = request.as_ref().map_or(0, |request| request.number) + 1;
            let kind = offset.map(EditorRequestKind::Reveal);
            chosen.set(Some(path));
            doing.set(Doing::Nothing);
            request.set(kind.map(|kind| EditorRequest { number, kind }));
        })
    };
    let on_format = {
        let request = request.clone();
        Callback::from(move |_: MouseEvent| {
            let number = request.as_ref().map_or(0, |request| request.number) + 1;
            request.set(Some(EditorRequest { number, kind: EditorRequestKind::Format }));
        })
    };
    let written = written_files(files);
    let single = written.len() == 1;
    let language = file_language(&selected, props.is_compiled);
    let id = ids.1.get(&selected).unwrap_or(&selected).clone();
    let keep = format!("{workspace}/{}/{id}", props.name);
    let diagnostics = Rc::new(props.faults.get(&selected).cloned().unwrap_or_default());
    let count_of = |path: &str| props.faults.get(path).map_or(0, Vec::len);
    html! {
        <div class="code-files-room"><div class="code-files">
            <nav class="code-files-list" aria-label={format!("Files of {}", props.name)}>
                <ul>
                    for path in written {
                        <li key={path.to_owned()}>
                            <button type="button" aria-current={(path == selected).then_some("true")} onclick={choose(&show, path)}>
                                { path }
                                if count_of(path) > 0 { <span class="code-files-faults"><Icon glyph={Glyph::Error} /><span class="visually-hidden">{ format!(", {}", plural(count_of(path) as u64, "error")) }</span></span> }
                            </button>
                        </li>
                    }
                </ul>
                if !props.read_only {
                    <div class="code-files-actions">
                        <Button kind={ButtonKind::Icon} glyph={Glyph::Format} label={format!("Format {selected}")} shortcut="Shift+Alt+F" disabled={language == "text"} onclick={on_format} />
                        <Button kind={ButtonKind::Icon} glyph={Glyph::Add} label="New file" onclick={start(Doing::Adding)} />
                        <Button kind={ButtonKind::Icon} glyph={Glyph::Edit} label={format!("Rename {selected}")} onclick={start(Doing::Renaming)} />
                        <Button kind={ButtonKind::Icon} glyph={Glyph::Delete} label={format!("Delete {selected}")} disabled={single} onclick={start(Doing::Deleting)} />
                    </div>
                }
            </nav>
            <div class="code-files-main">
                { match &*doing {
                    Doing::Nothing => html! {},
                    Doing::Adding => html! { <PathForm key="add" label="Path of the new file" path="" action="Add" files={files.clone()} on_path={on_path} {on_cancel} /> },
                    Doing::Renaming => html! { <PathForm key={format!("rename {selected}")} label={format!("New path of {selected}")} path={selected.clone()} action="Rename" files={files.clone()} on_path={on_path} {on_cancel} /> },
                    Doing::Deleting => html! {
                        <div class="code-files-form" role="group" aria-label={format!("Delete {selected}?")}>
                            <p>{ "Delete " }<code>{ &selected }</code>{ " and its text?" }</p>
                            <Button kind={ButtonKind::Primary} label="Delete" onclick={on_delete} />
                            <Button kind={ButtonKind::Link} label="Keep it" onclick={start(Doing::Nothing)} />
                        </div>
                    },
                } }
                <CodeEditor key={id} {keep} class="code-editor-tall" {text} {language} {diagnostics} request={(*request).clone()}
                    label={format!("{selected} of {}", props.name)} read_only={props.read_only}
                    on_change={on_text} on_run={props.on_run.clone()} on_save={props.on_save.clone()} />
            </div>
        </div>
        if !props.faults.is_empty() {
            <ul class="diagnostics" aria-label="Errors in the files">
                for (path, faults) in props.faults.iter() {
                    for (index, fault) in faults.iter().enumerate() { { fault_html(path, index, fault, &show) } }
                }
            </ul>
        }
        </div>
    }
}

/// A fault, and the way to its place.
fn fault_html(
    path: &str,
    index: usize,
    fault: &Diagnostic,
    show: &Callback<(String, Option<usize>)>,
) -> Html {
    let onclick = {
        let (path, offset) = (path.to_owned(), fault.offset);
        show.reform(move |_: MouseEvent| (path.clone(), Some(offset)))
    };
    let place = format!("{path}, line {}, column {}", fault.line, fault.column);
    html! {
        <li key={format!("{path}/{index}")}><Icon glyph={Glyph::Error} />
            <span><button type="button" class="diagnostics-place" {onclick}>{ place }</button>{ format!(": {}", fault.message) }</span>
        </li>
    }
}

/// Takes a file out, with what was made of it.
fn remove(files: &mut BTreeMap<String, String>, path: &str) -> String {
    if let Some(made) = compiled_path(path) {
        files.remove(&made);
    }
    files.remove(path).unwrap_or_default()
}

fn choose(show: &Callback<(String, Option<usize>)>, path: &str) -> Callback<MouseEvent> {
    let path = path.to_owned();
    show.reform(move |_| (path.clone(), None))
}

#[derive(PartialEq, Properties)]
struct PathFormProps {
    label: AttrValue,
    path: AttrValue,
    action: AttrValue,
    files: Rc<BTreeMap<String, String>>,
    on_path: Callback<String>,
    on_cancel: Callback<()>,
}

/// Asks for the path of a file.
#[component]
fn PathForm(props: &PathFormProps) -> Html {
    let path = use_state(|| props.path.to_string());
    let touched = use_state(|| false);
    let input = use_node_ref();
    use_effect_with((), {
        let input = input.clone();
        move |()| {
            if let Some(input) = input.cast::<web_sys::HtmlInputElement>() {
                let _ = input.focus();
                input.select();
            }
        }
    });
    let fault = new_path_fault(&props.files, &props.path, &path);
    let oninput = {
        let (path, touched) = (path.clone(), touched.clone());
        Callback::from(move |event: InputEvent| {
            path.set(text_of(&event));
            touched.set(true);
        })
    };
    let submit = {
        let (path, touched, on_path, on_cancel) =
            (path.clone(), touched.clone(), props.on_path.clone(), props.on_cancel.clone());
        let (is_wrong, is_same) = (fault.is_some(), *path == *props.path);
        move || match (is_wrong, is_same) {
            (_, true) if !path.is_empty() => on_cancel.emit(()),
            (true, _) => touched.set(true),
            (false, _) => on_path.emit((*path).clone()),
        }
    };
    let onsubmit = {
        let submit = submit.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            submit();
        })
    };
    let onclick = Callback::from(move |_: MouseEvent| submit());
    let onkeydown = {
        let on_cancel = props.on_cancel.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.stop_propagation();
                on_cancel.emit(());
            }
        })
    };
    let cancel = props.on_cancel.reform(|_: MouseEvent| ());
    html! {
        <form class="code-files-form" {onsubmit} {onkeydown}>
            <Field id="file-path" label={props.label.clone()} hint="Such as lib/orders.mjs" fault={fault.filter(|_| *touched).map(AttrValue::from)}>
                <input ref={input} id="file-path" value={(*path).clone()} {oninput} spellcheck="false" autocomplete="off" autocapitalize="off" aria-describedby="file-path-hint" />
            </Field>
            <Button kind={ButtonKind::Primary} label={props.action.clone()} {onclick} />
            <Button kind={ButtonKind::Link} label="Cancel" onclick={cancel} />
        </form>
    }
}
