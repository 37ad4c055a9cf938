//! The files of a function in AssemblyScript: checked as they are typed, by the compiler that makes its module when they are deployed.

use super::code_files::CodeFiles;
use crate::actions;
use crate::components::{CompilerProgress, Status, StatusTone};
use crate::model::{Faults, plural};
use gloo_timers::callback::Timeout;
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Between a keystroke and the check of the files, which takes a second.
const CHECK_MS: u32 = 600;

#[derive(PartialEq, Properties)]
pub struct CodeCompiledProps {
    pub name: AttrValue,
    /// Texts by path.
    pub files: Rc<BTreeMap<String, String>>,
    pub read_only: bool,
    /// Whether they are other files than those that are deployed. What is deployed has been compiled before.
    pub differs: bool,
    pub on_change: Callback<BTreeMap<String, String>>,
    pub on_run: Callback<()>,
    pub on_save: Callback<()>,
}

/// What is known of the files.
#[derive(Clone, PartialEq)]
enum Check {
    /// Nothing needs to be.
    None,
    /// It goes on.
    Running,
    /// It ended.
    Done(Rc<Faults>),
    /// The compiler is not to be had.
    Failed(String),
}

/// The files, with what is wrong with them.
#[component]
pub fn CodeCompiled(props: &CodeCompiledProps) -> Html {
    let check = use_state(|| Check::None);
    let latest = use_mut_ref(|| 0_u32);
    {
        let check = check.clone();
        let edited = (props.differs && !props.read_only).then(|| props.files.clone());
        use_effect_with(edited, move |edited| {
            *latest.borrow_mut() += 1;
            let mine = *latest.borrow();
            if edited.is_none() && *check != Check::None {
                check.set(Check::None);
            }
            let timer = edited.clone().map(|files| {
                Timeout::new(CHECK_MS, move || {
                    check.set(Check::Running);
                    spawn_local(async move {
                        let found = match actions::check_assemblyscript(&files).await {
                            Ok(Some(faults)) => Check::Done(Rc::new(faults)),
                            Ok(None) => return,
                            Err(error) => Check::Failed(error),
                        };
                        if *latest.borrow() == mine {
                            check.set(found);
                        }
                    });
                })
            });
            move || drop(timer)
        });
    }
    // While it goes on, what was wrong before is still shown: the marks would flicker otherwise.
    let shown = use_mut_ref(Rc::<Faults>::default);
    match &*check {
        Check::Running => {}
        Check::Done(faults) => *shown.borrow_mut() = faults.clone(),
        Check::None | Check::Failed(_) => *shown.borrow_mut() = Rc::default(),
    }
    let faults = shown.borrow().clone();
    let count = faults.values().map(Vec::len).sum::<usize>() as u64;
    html! {
        <>
            <CodeFiles name={props.name.clone()} files={props.files.clone()} read_only={props.read_only} is_compiled={true} {faults}
                on_change={props.on_change.clone()} on_run={props.on_run.clone()} on_save={props.on_save.clone()} />
            <CompilerProgress />
            <div class="code-compiled">
                <div class="code-compiled-check" role="status">
                    { match &*check {
                        Check::None => html! {},
                        Check::Running => html! { <Status tone={StatusTone::Working} word="Checking …" /> },
                        Check::Done(_) if count == 0 => html! { <Status tone={StatusTone::Success} word="No errors" /> },
                        Check::Done(_) => html! { <Status tone={StatusTone::Error} word={plural(count, "error")} /> },
                        Check::Failed(error) => html! { <Status tone={StatusTone::Warning} word={error.clone()} /> },
                    } }
                </div>
                <details>
                    <summary>{ "AssemblyScript is not TypeScript" }</summary>
                    <p>{ "It has TypeScript's syntax and WebAssembly's types (" }<code>{ "i32" }</code>{ ", " }<code>{ "f64" }</code>{ ", classes), and is compiled when you deploy. It has no closures: a function inside of another cannot use its variables. It has no " }
                        <code>{ "async" }</code>{ " or promises, no " }<code>{ "try" }</code>{ " and " }<code>{ "catch" }</code>{ ": what is thrown fails the invocation and ends its process. There are no union types but with " }<code>{ "null" }</code>{ ", no " }<code>{ "any" }</code>{ " and no regular expressions." }</p>
                    <p>{ "Handlers import " }<code>{ "Context" }</code>{ ", " }<code>{ "fail" }</code>{ " and " }<code>{ "environment" }</code>{ " from " }<code>{ "\"coldstart\"" }</code>{ ", and " }<code>{ "JSON" }</code>{ " from " }<code>{ "\"json-as\"" }</code>{ ". Events come and answers go as JSON text. Calls to services are for other languages." }</p>
                </details>
            </div>
        </>
    }
}
