//! Builds the examples into `www/generated/examples`: the modules, their sources, and `index.json`, from which the page offers them.
//! State machines (`examples/machines`) are in the index whole, with their inputs: they are text. So are scenarios (`examples/scenarios`).
//!
//! Invariant: a module's bytes depend on the sources and the compiler only, not on where the project lies: links name modules by digest.
//! Cargo hashes a path dependency by its place below the workspace, or, outside of it, by its whole path. So the examples are built from a
//! copy that has the SDK inside.

use crate::inputs;
use crate::paths::Paths;
use crate::progress::{Failure, Outcome, Plan, Step};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Steps of [`build`].
pub(crate) const STEPS: usize = 1;

/// Raised when what is done to the modules changes.
const RECIPE: &str = "4";

/// What guests may use: what the sandbox accepts, no more, so that the optimiser introduces nothing else.
pub(crate) const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Builds them, if something changed.
pub(crate) fn build(plan: &mut Plan, paths: &Paths) -> Outcome<()> {
    plan.step("Examples", |step| {
        let sources = [
            paths.root.join("examples"),
            paths.root.join("sdk/rust"),
            paths.root.join("package-lock.json"),
        ];
        let compiler = step.run(Command::new("rustc").arg("--version"))?;
        let digest = inputs::digest(&paths.root, &sources, &format!("{RECIPE} {compiler}"))?;
        let stamp = paths.state().join("examples.stamp");
        let out = paths.generated().join("examples");
        if inputs::is_fresh(&stamp, &digest) && out.join("index.json").is_file() {
            return Ok(((), "unchanged".to_owned()));
        }
        let count = build_all(step, paths, &out)?;
        inputs::set_stamp(&stamp, &digest)?;
        Ok(((), format!("{count} examples")))
    })
}

/// One folder of `examples/`.
struct Example {
    name: String,
    folder: PathBuf,
    description: Value,
}

fn build_all(step: &mut Step, paths: &Paths, out: &Path) -> Outcome<usize> {
    let examples = find(&paths.root.join("examples"), "example.json")?;
    let machines = find(&paths.root.join("examples/machines"), "machine.json")?;
    let fresh = out.with_extension("new");
    remove(&fresh)?;
    fs::create_dir_all(&fresh).map_err(Failure::io(fresh.display()))?;
    let target = paths.target.join("examples");
    if examples.iter().any(|example| example.description["language"] == "rust") {
        let stage = stage(paths)?;
        step.run(&mut cargo(&stage, &target))?;
    }
    let mut index = Vec::new();
    for example in &examples {
        index.push(publish(step, paths, example, &target, &fresh)?);
    }
    let machines = machines
        .iter()
        .map(|machine| publish_machine(machine, &index))
        .collect::<Outcome<Vec<_>>>()?;
    let scenarios = find(&paths.root.join("examples/scenarios"), "scenario.json")?
        .iter()
        .map(|scenario| publish_scenario(scenario, &index))
        .collect::<Outcome<Vec<_>>>()?;
    let count = index.len() + machines.len() + scenarios.len();
    let all = json!({ "examples": index, "machines": machines, "scenarios": scenarios });
    let text = serde_json::to_string_pretty(&all).expect("a JSON value has a text");
    write(&fresh.join("index.json"), text.as_bytes())?;
    remove(out)?;
    fs::rename(&fresh, out).map_err(Failure::io(out.display()))?;
    Ok(count)
}

/// The folders that have such a manifest.
fn find(folder: &Path, manifest: &str) -> Outcome<Vec<Example>> {
    let mut examples = Vec::new();
    let manifests = inputs::files(folder)?
        .into_iter()
        .filter(|file| file.file_name().is_some_and(|name| name == manifest));
    for manifest in manifests {
        let folder = manifest.parent().expect("a file is in a folder").to_path_buf();
        let name =
            folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let text = fs::read_to_string(&manifest).map_err(Failure::io(manifest.display()))?;
        let description: Value = serde_json::from_str(&text)
            .map_err(|error| Failure::new(format!("{}: {error}", manifest.display())))?;
        examples.push(Example { name, folder, description });
    }
    // `order` in the manifest puts the first screen's example first; the others follow by name.
    examples.sort_by_key(|example| {
        (example.description["order"].as_u64().unwrap_or(u64::MAX), example.name.clone())
    });
    Ok(examples)
}

/// Copies the examples' workspace, with the SDK as one of its folders.
fn stage(paths: &Paths) -> Outcome<PathBuf> {
    let stage = paths.state().join("examples");
    remove(&stage)?;
    let examples = paths.root.join("examples");
    let sdk = paths.root.join("sdk/rust");
    for (from, to) in [(&examples, stage.clone()), (&sdk, stage.join("sdk"))] {
        for file in inputs::files(from)? {
            let target = to.join(file.strip_prefix(from).expect("it was found below"));
            fs::create_dir_all(target.parent().expect("a file is in a folder"))
                .map_err(Failure::io(target.display()))?;
            fs::copy(&file, &target).map_err(Failure::io(file.display()))?;
        }
    }
    rewrite(&stage.join("Cargo.toml"), "../sdk/rust", "sdk")?;
    // The project's lints have been applied to it where it lives.
    rewrite(&stage.join("sdk/Cargo.toml"), "[lints]\nworkspace = true\n", "")?;
    Ok(stage)
}

fn rewrite(path: &Path, from: &str, to: &str) -> Outcome<()> {
    let text = fs::read_to_string(path).map_err(Failure::io(path.display()))?;
    write(path, text.replace(from, to).as_bytes())
}

fn cargo(stage: &Path, target: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--target", "wasm32-wasip1"]).current_dir(stage);
    cargo.arg("--target-dir").arg(target);
    // Panic messages carry the paths of the sources: give everyone the same.
    let home = std::env::var("CARGO_HOME")
        .or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")))
        .unwrap_or_default();
    let remap = format!(
        "--remap-path-prefix={}=/coldstart\x1f--remap-path-prefix={home}=/cargo",
        stage.display()
    );
    cargo.env("CARGO_ENCODED_RUSTFLAGS", remap).env_remove("RUSTFLAGS");
    cargo
}

/// Writes an example's files and returns its entry of the index.
fn publish(
    step: &mut Step,
    paths: &Paths,
    example: &Example,
    target: &Path,
    out: &Path,
) -> Outcome<Value> {
    let name = &example.name;
    let bad = |what: &str| Failure::new(format!("examples/{name}/example.json: {what}"));
    let mut files = Value::Null;
    let (source, module) = match example.description["language"].as_str() {
        Some("rust") => {
            let module = out.join(format!("{name}.wasm"));
            optimise(step, paths, &built(example, target)?, &module)?;
            (example.folder.join("src/main.rs"), Some(module))
        }
        Some("wat") => (example.folder.join("main.wat"), None),
        Some(language @ ("javascript" | "typescript" | "assemblyscript")) => {
            files = texts(&example.folder.join("code"))?;
            let main = if language == "javascript" { "index.mjs" } else { "index.ts" };
            (example.folder.join("code").join(main), None)
        }
        _ => {
            return Err(bad(
                "`language` must be \"rust\", \"wat\", \"javascript\", \"typescript\" or \"assemblyscript\"",
            ));
        }
    };
    let source_text = fs::read(&source).map_err(Failure::io(source.display()))?;
    write(&out.join(format!("{name}.txt")), &source_text)?;

    let module = match module {
        Some(path) => {
            let bytes = fs::read(&path).map_err(Failure::io(path.display()))?;
            json!({ "path": format!("examples/{name}.wasm"), "sha256": inputs::sha256(&bytes), "size": bytes.len() })
        }
        None => Value::Null,
    };
    let events = payloads(example, "events").map_err(|what| bad(&what))?;

    let mut entry = Map::new();
    entry.insert("name".to_owned(), json!(name));
    for key in ["title", "summary", "language", "function"] {
        let value =
            example.description.get(key).ok_or_else(|| bad(&format!("`{key}` is missing")))?;
        entry.insert(key.to_owned(), value.clone());
    }
    entry.insert("module".to_owned(), module);
    entry.insert("source".to_owned(), json!({ "path": format!("examples/{name}.txt") }));
    if !files.is_null() {
        entry.insert("files".to_owned(), files);
    }
    entry.insert("events".to_owned(), Value::Array(events));
    Ok(Value::Object(entry))
}

/// The texts of a folder, by their paths in it.
fn texts(folder: &Path) -> Outcome<Value> {
    let mut texts = Map::new();
    for file in inputs::files(folder)? {
        let path = file.strip_prefix(folder).expect("it was found below");
        let text = fs::read_to_string(&file).map_err(Failure::io(file.display()))?;
        texts.insert(path.to_string_lossy().into_owned(), json!(text));
    }
    Ok(Value::Object(texts))
}

/// A state machine's entry of the index: all of it. `functions` names the examples that it calls, by folder.
fn publish_machine(example: &Example, functions: &[Value]) -> Outcome<Value> {
    let bad = |what: &str| {
        Failure::new(format!("examples/machines/{}/machine.json: {what}", example.name))
    };
    let mut entry = Map::new();
    entry.insert("name".to_owned(), json!(example.name));
    for key in ["title", "summary", "order", "machine", "functions"] {
        let value =
            example.description.get(key).ok_or_else(|| bad(&format!("`{key}` is missing")))?;
        entry.insert(key.to_owned(), value.clone());
    }
    for name in entry["functions"].as_array().ok_or_else(|| bad("`functions` must be a list"))? {
        if !functions.iter().any(|function| function["name"] == *name) {
            return Err(bad(&format!("there is no example {name}")));
        }
    }
    let definition = example.folder.join("definition.asl.json");
    let definition = json_text(&definition)?;
    entry.insert("definition".to_owned(), json!(definition));
    let inputs = payloads(example, "inputs").map_err(|what| bad(&what))?;
    entry.insert("inputs".to_owned(), Value::Array(inputs));
    Ok(Value::Object(entry))
}

/// A scenario's entry of the index: functions by their folders, and the requests that are made when it is opened.
fn publish_scenario(example: &Example, functions: &[Value]) -> Outcome<Value> {
    let bad = |what: &str| {
        Failure::new(format!("examples/scenarios/{}/scenario.json: {what}", example.name))
    };
    let mut entry = Map::new();
    entry.insert("name".to_owned(), json!(example.name));
    for key in ["title", "summary", "order", "functions", "requests", "open"] {
        let value =
            example.description.get(key).ok_or_else(|| bad(&format!("`{key}` is missing")))?;
        entry.insert(key.to_owned(), value.clone());
    }
    for name in entry["functions"].as_array().ok_or_else(|| bad("`functions` must be a list"))? {
        if !functions.iter().any(|function| function["name"] == *name) {
            return Err(bad(&format!("there is no example {name}")));
        }
    }
    Ok(Value::Object(entry))
}

/// The texts that a manifest names under `key`: a list of `name` and `file`.
fn payloads(example: &Example, key: &str) -> Result<Vec<Value>, String> {
    let list = example.description[key].as_array();
    let list = list.ok_or_else(|| format!("`{key}` must be a list"))?;
    let read = list.iter().map(|one| {
        let file = one["file"].as_str().ok_or_else(|| format!("each of `{key}` needs a `file`"))?;
        let payload =
            json_text(&example.folder.join(file)).map_err(|failure| failure.to_string())?;
        Ok(json!({ "name": one["name"], "payload": payload.trim_end() }))
    });
    read.collect()
}

/// A text that is JSON.
fn json_text(path: &Path) -> Outcome<String> {
    let text = fs::read_to_string(path).map_err(Failure::io(path.display()))?;
    serde_json::from_str::<Value>(&text)
        .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    Ok(text)
}

/// Where Cargo put an example's module: named after the package, which is the first `name` of its manifest.
fn built(example: &Example, target: &Path) -> Outcome<PathBuf> {
    let manifest = example.folder.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(Failure::io(manifest.display()))?;
    let name = text.lines().find_map(|line| {
        line.trim().strip_prefix("name").map(|rest| rest.trim_matches([' ', '=', '"']))
    });
    let name =
        name.ok_or_else(|| Failure::new(format!("{}: no package name", manifest.display())))?;
    let path = target.join("wasm32-wasip1/release").join(format!("{name}.wasm"));
    if path.is_file() {
        Ok(path)
    } else {
        Err(Failure::new(format!("{} was not built", path.display())))
    }
}

fn optimise(step: &mut Step, paths: &Paths, input: &Path, output: &Path) -> Outcome<()> {
    let mut wasm_opt = Command::new(paths.npm_tool("wasm-opt"));
    wasm_opt.args(["-Oz", "--strip-debug"]).args(WASM_FEATURES).arg(input).arg("-o").arg(output);
    step.run(&mut wasm_opt)?;
    Ok(())
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Outcome<()> {
    fs::write(path, bytes).map_err(Failure::io(path.display()))
}

pub(crate) fn remove(folder: &Path) -> Outcome<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Failure::io(folder.display()))
    } else {
        Ok(())
    }
}
