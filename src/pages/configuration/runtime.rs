//! What is started: the runtime and the handler of a package, or what of a container image is run instead of what the image says.

use super::SectionProps;
use crate::components::form::{Texts, form_panel, options, use_form, use_sender};
use crate::hooks::use_query;
use crate::model::{get_function, of_function, text_at};
use serde_json::{Map, Value, json};
use yew::prelude::*;

/// Runtimes that run here; any other name is valid, and its functions say so when they are invoked.
const RUNTIMES: [&str; 6] =
    ["nodejs24.x", "nodejs22.x", "nodejs20.x", "nodejs18.x", "provided.al2023", "provided.al2"];

#[component]
pub(super) fn RuntimeSettings(props: &SectionProps) -> Html {
    match text_at(&props.configuration, "/PackageType") == "Image" {
        true => html! { <Image ..props.clone() /> },
        false => html! { <Package ..props.clone() /> },
    }
}

#[component]
fn Package(props: &SectionProps) -> Html {
    let of = &props.configuration;
    let runtime = text_at(of, "/Runtime");
    let initial = Texts::from([("runtime", runtime.clone()), ("handler", text_at(of, "/Handler"))]);
    let form = use_form("runtime", initial, props.read_only);
    let sender = use_sender();
    let mut runtimes = options(&RUNTIMES);
    if !RUNTIMES.contains(&runtime.as_str()) {
        runtimes.insert(0, (runtime.clone(), runtime));
    }
    let handler = form.get("handler").trim().to_owned();
    let ready = !handler.is_empty();
    let save = {
        let (name, sender) = (props.name.clone(), sender.clone());
        let params = json!({ "Runtime": form.get("runtime"), "Handler": handler });
        Callback::from(move |()| {
            let request = of_function("UpdateFunctionConfiguration", &name, params.clone());
            sender.send(vec![request], "The runtime settings were saved.", Callback::noop());
        })
    };
    form_panel(
        "Runtime settings",
        "",
        &form,
        &sender,
        ready,
        &save,
        html! {
            <div class="configuration-fields">
                { form.select("runtime", "Runtime", "What reads the files of the package. A WebAssembly module is its own: provided.al2023.", &runtimes) }
                { form.text("handler", "Handler", "The file and what it exports (index.handler); of a module, its file.") }
            </div>
        },
    )
}

#[component]
fn Image(props: &SectionProps) -> Html {
    let of = &props.configuration;
    let list = |member: &str| {
        let words = of.pointer(&format!("/ImageConfigResponse/ImageConfig/{member}"));
        let words = words.and_then(Value::as_array).into_iter().flatten();
        words.filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
    };
    let initial = Texts::from([
        ("entry", list("EntryPoint")),
        ("command", list("Command")),
        ("folder", text_at(of, "/ImageConfigResponse/ImageConfig/WorkingDirectory")),
    ]);
    let form = use_form("image", initial, props.read_only);
    let sender = use_sender();
    let save = {
        let (name, sender) = (props.name.clone(), sender.clone());
        let mut config = Map::new();
        for (member, key) in [("EntryPoint", "entry"), ("Command", "command")] {
            let words: Vec<&str> = form.get(key).lines().filter(|word| !word.is_empty()).collect();
            if !words.is_empty() {
                config.insert(member.into(), json!(words));
            }
        }
        if !form.get("folder").is_empty() {
            config.insert("WorkingDirectory".into(), json!(form.get("folder")));
        }
        Callback::from(move |()| {
            let params = json!({ "ImageConfig": config });
            let request = of_function("UpdateFunctionConfiguration", &name, params);
            sender.send(vec![request], "The image configuration was saved.", Callback::noop());
        })
    };
    let answer = use_query(Some(get_function(&props.name)));
    let uri = match &answer {
        Some(Ok(output)) => text_at(output, "/Code/ImageUri"),
        _ => String::new(),
    };
    form_panel(
        "Image configuration",
        "What is given here is used instead of what the image says.",
        &form,
        &sender,
        true,
        &save,
        html! {
            <div class="configuration-fields">
                if !uri.is_empty() { <p class="configuration-wide">{ "Image " }<code class="long-value">{ uri }</code></p> }
                { form.area("entry", "ENTRYPOINT", "A word a line; the first is the module to run.", 3) }
                { form.area("command", "CMD", "A word a line.", 3) }
                <div class="configuration-wide">{ form.text("folder", "WORKDIR", "The working directory: an absolute path.") }</div>
            </div>
        },
    )
}
