//! Forms that speak to the API: texts as typed, requests in a row, and AWS's refusal above what was typed.
//!
//! Invariant: a refusal changes nothing that was typed.

use super::{Button, ButtonKind, Field, Panel, form_modal, refused, text_of};
use crate::actions;
use crate::app::App;
use crate::hooks::{Answer, use_app};
use crate::model::CallError;
use crate::route::Route;
use coldstart_workspace::ApiRequest;
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// A form's texts, by names of its own. A check box is "true" or empty.
pub type Texts = BTreeMap<&'static str, String>;

/// What is typed in a form, and what it was at first.
#[derive(Clone, PartialEq)]
pub struct Form {
    now: UseStateHandle<Texts>,
    initial: Texts,
    /// Begins the ids of its controls.
    prefix: &'static str,
    read_only: bool,
}

/// A form. When what the engine says changes, it takes the place of what was typed: it changed because this form, or a replay, changed it.
#[hook]
pub fn use_form(prefix: &'static str, initial: Texts, read_only: bool) -> Form {
    let now = use_state_eq(|| initial.clone());
    {
        let now = now.clone();
        use_effect_with(initial.clone(), move |initial| now.set(initial.clone()));
    }
    Form { now, initial, prefix, read_only }
}

/// As [`use_form`], of what the engine is asked for: read only until it has answered, for what somebody typed that early would be lost.
#[hook]
pub fn use_asked_form(
    prefix: &'static str,
    answer: &Answer,
    initial: Texts,
    read_only: bool,
) -> Form {
    use_form(prefix, initial, read_only || answer.is_none())
}

impl Form {
    /// Whether nothing can be typed.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }
    /// A text as typed.
    pub fn get(&self, key: &str) -> &str {
        self.now.get(key).map_or("", String::as_str)
    }
    /// Whether a box is checked.
    pub fn is(&self, key: &str) -> bool {
        self.get(key) == "true"
    }
    /// Whether anything differs from the beginning.
    pub fn changed(&self) -> bool {
        *self.now != self.initial
    }
    /// As at the beginning.
    pub fn reset(&self) {
        self.now.set(self.initial.clone());
    }
    /// Sets a text.
    pub fn set(&self, key: &'static str) -> Callback<String> {
        let now = self.now.clone();
        Callback::from(move |text: String| {
            let mut next = (*now).clone();
            next.insert(key, text);
            now.set(next);
        })
    }

    fn id(&self, key: &str) -> String {
        format!("{}-{key}", self.prefix)
    }

    /// A line of text.
    pub fn text(&self, key: &'static str, label: &'static str, hint: &'static str) -> Html {
        self.input(key, label, hint, None, None)
    }

    /// A whole number; what is none is said at once, whether it is allowed is AWS's to say.
    pub fn number(&self, key: &'static str, label: &'static str, hint: &'static str) -> Html {
        let text = self.get(key).trim();
        let fault = (!text.is_empty() && text.parse::<u64>().is_err())
            .then(|| AttrValue::from("Enter a whole number."));
        self.input(key, label, hint, fault, None)
    }

    /// A line of text with suggestions.
    pub fn suggested(
        &self,
        key: &'static str,
        label: &'static str,
        hint: &'static str,
        suggestions: &[String],
    ) -> Html {
        self.input(key, label, hint, None, Some(suggestions))
    }

    fn input(
        &self,
        key: &'static str,
        label: &'static str,
        hint: &'static str,
        fault: Option<AttrValue>,
        suggestions: Option<&[String]>,
    ) -> Html {
        let id = self.id(key);
        let oninput = self.set(key).reform(|event: InputEvent| text_of(&event));
        let list = suggestions.map(|_| format!("{id}-list"));
        html! {
            <Field id={id.clone()} {label} hint={(!hint.is_empty()).then_some(hint)} {fault}>
                <input id={id.clone()} value={self.get(key).to_owned()} {oninput} readonly={self.read_only} list={list.clone()} autocomplete="off" spellcheck="false" aria-describedby={format!("{id}-hint")} />
                if let Some(list) = list {
                    <datalist id={list}>for text in suggestions.unwrap_or_default() { <option key={text.clone()} value={text.clone()} /> }</datalist>
                }
            </Field>
        }
    }

    /// Several lines.
    pub fn area(
        &self,
        key: &'static str,
        label: &'static str,
        hint: &'static str,
        rows: u32,
    ) -> Html {
        let id = self.id(key);
        let oninput = self.set(key).reform(|event: InputEvent| text_of(&event));
        html! {
            <Field id={id.clone()} {label} hint={(!hint.is_empty()).then_some(hint)}>
                <textarea id={id.clone()} rows={rows.to_string()} value={self.get(key).to_owned()} {oninput} readonly={self.read_only} autocomplete="off" spellcheck="false" aria-describedby={format!("{id}-hint")} />
            </Field>
        }
    }

    /// One of some values.
    pub fn select(
        &self,
        key: &'static str,
        label: &'static str,
        hint: &'static str,
        options: &[(String, String)],
    ) -> Html {
        let (id, chosen) = (self.id(key), self.get(key).to_owned());
        let onchange = self.set(key).reform(|event: Event| text_of(&event));
        html! {
            <Field id={id.clone()} {label} hint={(!hint.is_empty()).then_some(hint)}>
                <select id={id.clone()} {onchange} disabled={self.read_only} aria-describedby={format!("{id}-hint")}>
                    for (value, label) in options { <option key={value.clone()} value={value.clone()} selected={*value == chosen}>{ label.clone() }</option> }
                </select>
            </Field>
        }
    }

    /// A box to check.
    pub fn check(&self, key: &'static str, label: &'static str) -> Html {
        let checked = self.is(key);
        let set = self.set(key);
        let onchange = Callback::from(move |_: Event| {
            set.emit(if checked { String::new() } else { "true".to_owned() });
        });
        html! {
            <label class="form-check"><input type="checkbox" {checked} {onchange} disabled={self.read_only} />{ label }</label>
        }
    }
}

/// Options whose values are their labels.
pub fn options(values: &[&str]) -> Vec<(String, String)> {
    values.iter().map(|value| ((*value).to_owned(), (*value).to_owned())).collect()
}

/// Sends requests and keeps what became of them.
#[derive(Clone, PartialEq)]
pub struct Sender {
    app: App,
    busy: UseStateHandle<bool>,
    fault: UseStateHandle<Option<CallError>>,
    output: UseStateHandle<Option<Rc<Value>>>,
}

/// A sender for a form.
#[hook]
pub fn use_sender() -> Sender {
    Sender {
        app: use_app(),
        busy: use_state(|| false),
        fault: use_state(|| None::<CallError>),
        output: use_state(|| None::<Rc<Value>>),
    }
}

impl Sender {
    /// Sends one after the other until one is refused. When all were taken, `said` is said to screen readers and `done` is called.
    pub fn send(&self, requests: Vec<ApiRequest>, said: impl Into<String>, done: Callback<()>) {
        if *self.busy || requests.is_empty() {
            return;
        }
        let (sender, said) = (self.clone(), said.into());
        self.busy.set(true);
        spawn_local(async move {
            let mut output = None;
            for request in requests {
                // A permission is taken at any time, and of functions that nobody watches it is not known how they are.
                let function = request.params.get("FunctionName").and_then(|name| name.as_str());
                if let Some(function) = function.filter(|_| request.operation != "AddPermission") {
                    actions::settled(&sender.app, function).await;
                }
                match sender.app.engine.request(request, &[]).await {
                    Ok(response) => output = Some(Rc::new(response.output)),
                    Err(error) => {
                        sender.fault.set(Some(error));
                        sender.busy.set(false);
                        return;
                    }
                }
            }
            sender.output.set(output);
            sender.app.say(said);
            sender.fault.set(None);
            sender.busy.set(false);
            done.emit(());
        });
    }
    /// Sends what makes a resource. When all was taken, its dialog closes and its page opens.
    pub fn send_and_open(
        &self,
        requests: Vec<ApiRequest>,
        said: impl Into<String>,
        page: Route,
        on_close: &Callback<()>,
    ) {
        let (app, on_close) = (self.app.clone(), on_close.clone());
        let done = Callback::from(move |()| {
            on_close.emit(());
            app.go(&page);
        });
        self.send(requests, said, done);
    }
    /// What the last request was answered with, when all were taken.
    pub fn output(&self) -> Option<Rc<Value>> {
        (*self.output).clone()
    }
    /// Whether something was sent and not answered.
    pub fn busy(&self) -> bool {
        *self.busy
    }
    /// Forgets the last refusal.
    pub fn forget(&self) {
        self.fault.set(None);
    }
    /// AWS's refusal, if the last request was refused.
    pub fn alert(&self) -> Html {
        html! { if let Some(fault) = &*self.fault { <div role="alert">{ refused(fault) }</div> } }
    }
}

/// A panel whose content is edited in place: Save and Cancel stand in its heading, Enter and Ctrl+S save.
pub fn form_panel(
    title: &'static str,
    description: &'static str,
    form: &Form,
    sender: &Sender,
    ready: bool,
    save: &Callback<()>,
    content: Html,
) -> Html {
    let can = ready && form.changed() && !sender.busy() && !form.read_only;
    let save = {
        let save = save.clone();
        Callback::from(move |()| {
            if can {
                save.emit(());
            }
        })
    };
    let reset = {
        let (form, sender) = (form.clone(), sender.clone());
        Callback::from(move |_: MouseEvent| {
            form.reset();
            sender.forget();
        })
    };
    let onsubmit = save.reform(|event: SubmitEvent| event.prevent_default());
    let onkeydown = {
        let save = save.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "s" && (event.ctrl_key() || event.meta_key()) {
                event.prevent_default();
                save.emit(());
            }
        })
    };
    let actions = html! {
        <>
            <Button kind={ButtonKind::Link} label="Cancel" disabled={!form.changed()} onclick={reset} />
            <Button kind={ButtonKind::Primary} label="Save" shortcut="Control+S" disabled={!can} busy={sender.busy()} onclick={save.reform(|_: MouseEvent| ())} />
        </>
    };
    html! {
        <form {onsubmit} {onkeydown}>
            { sender.alert() }
            <Panel {title} description={(!description.is_empty()).then_some(description)} {actions}>{ content }</Panel>
            <button type="submit" hidden={true} />
        </form>
    }
}

/// A dialog with a form: Enter sends it.
pub fn form_dialog(
    title: &str,
    label: &'static str,
    sender: &Sender,
    ready: bool,
    send: &Callback<()>,
    on_close: &Callback<()>,
    content: Html,
) -> Html {
    let content = html! { <>{ sender.alert() }{ content }</> };
    form_modal(title, label, (sender.busy(), ready), send, on_close, content)
}
