//! Builds `dist/`: a plain static folder that works from any sub-path of any host.
//!
//! Trunk compiles the page and the engine and runs wasm-bindgen. The rest is done here, on what Trunk leaves in `target/site`: wasm-opt, with
//! its results kept by content; the two modules split into what the first screen needs and parts (`docs/adr/0005`); one style sheet and two
//! scripts by esbuild; names with digests, so that caches cannot mix two builds (Trunk gives workers none); and the start-up written into the
//! page without an inline script, as the content policy demands.

use crate::examples::{self, WASM_FEATURES, remove, write};
use crate::inputs;
use crate::labs;
use crate::paths::Paths;
use crate::progress::{Failure, Outcome, Plan, Step};
use crate::runtimes;
use crate::scripts::{self, esbuild};
use crate::split::linked::Linked;
use crate::split::{self, table};
use crate::tools;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Steps of [`build`].
pub(crate) const STEPS: usize = 4 + examples::STEPS + runtimes::STEPS + labs::STEPS;

/// Where the start-up goes in index.html.
const START_UP: &str = "<!-- xtask: start-up -->";

/// Builds the site. `dev` is quick and unoptimised.
pub(crate) fn build(plan: &mut Plan, paths: &Paths, dev: bool) -> Outcome<()> {
    examples::build(plan, paths)?;
    runtimes::build(plan, paths)?;
    finish(plan, paths, dev)
}

/// Builds the site when the examples are there.
pub(crate) fn finish(plan: &mut Plan, paths: &Paths, dev: bool) -> Outcome<()> {
    labs::build(plan, paths)?;
    plan.step("Page and engine (Trunk)", |step| trunk(step, paths, dev))?;
    let wasm = plan.step("Optimise (wasm-opt)", |step| optimise(step, paths, dev))?;
    let modules = plan.step("Split into parts", |_| split(paths, wasm, dev))?;
    plan.step("Assemble dist", |step| assemble(step, paths, &modules))
}

/// The programs.
const APP: &str = "coldstart-app";
const ENGINE: &str = "worker";

/// The file that Trunk leaves of a program.
fn module_of(program: &str) -> String {
    format!("{program}_bg.wasm")
}

/// A program as the linker left it. wasm-bindgen writes another module, about which the linker's notes are not.
fn linked(paths: &Paths, program: &str) -> PathBuf {
    paths.state().join("linked").join(format!("{program}.wasm"))
}

fn staging(paths: &Paths) -> PathBuf {
    paths.results().join("site")
}

fn trunk(step: &mut Step, paths: &Paths, dev: bool) -> Outcome<((), String)> {
    let mut sources: Vec<_> =
        ["Cargo.toml", "Cargo.lock", "Trunk.toml", "index.html", "src", "www", "examples"]
            .iter()
            .map(|name| paths.root.join(name))
            .collect();
    let crates = fs::read_dir(paths.root.join("crates")).map_err(Failure::io("crates"))?;
    let mut crates: Vec<_> = crates
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| !path.ends_with("xtask"))
        .collect();
    crates.sort();
    sources.append(&mut crates);
    let compiler = step.run(Command::new("rustc").arg("--version"))?;
    // What the split goes by: names that say what a generic function is made for, each static in a segment of its own, and what the linker knew of
    // addresses. And panic messages without this machine's folders.
    let home = std::env::var("CARGO_HOME")
        .or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")))
        .unwrap_or_default();
    let flags = [
        "-Csymbol-mangling-version=v0",
        "-Clink-arg=--no-merge-data-segments",
        "-Clink-arg=--emit-relocs",
        &format!("--remap-path-prefix={home}=/cargo"),
    ]
    .join("\x1f");
    let digest = inputs::digest(&paths.root, &sources, &format!("{compiler} {dev} {flags}"))?;
    let stamp = paths.state().join("site.stamp");
    let out = staging(paths);
    if inputs::is_fresh(&stamp, &digest) && out.join("index.html").is_file() {
        return Ok(((), "unchanged".to_owned()));
    }
    let mut trunk = Command::new("trunk");
    trunk
        .args(["build", "--dist"])
        .arg(&out)
        .current_dir(&paths.root)
        .env("PATH", tools::path(paths));
    if !dev {
        trunk.arg("--release");
        trunk.env("CARGO_ENCODED_RUSTFLAGS", flags).env_remove("RUSTFLAGS");
    }
    // Trunk reads NO_COLOR as a flag of its own and refuses the usual value.
    trunk.env_remove("NO_COLOR").env("TRUNK_SKIP_VERSION_CHECK", "true");
    step.run(&mut trunk)?;
    if !dev {
        // Clones may share a target folder: this one's are kept.
        let kept = paths.state().join("linked");
        fs::create_dir_all(&kept).map_err(Failure::io(kept.display()))?;
        for program in [APP, ENGINE] {
            let built = format!("wasm32-unknown-unknown/web/{program}.wasm");
            write(&linked(paths, program), &read(&paths.target.join(built))?)?;
        }
    }
    inputs::set_stamp(&stamp, &digest)?;
    Ok(((), String::new()))
}

/// The two modules, optimised, with names.
struct Wasm {
    app: Vec<u8>,
    engine: Vec<u8>,
}

/// Options that keep wasm-opt from inlining a part's functions into those that call them.
fn kept_apart(parts: &[table::Part]) -> Vec<String> {
    // Those that begin with a blank name traits, whose functions are called through tables.
    let claims = parts.iter().flat_map(|part| part.rule.claims);
    let claims = claims.filter(|claim| !claim.starts_with(' '));
    // Crates have digests behind their names here, and wildcards are all that the patterns know.
    let pattern = |claim: &str| claim.replace("::", "*::").replace(['<', '>', ' '], "*");
    claims
        .flat_map(|claim| {
            ["--no-inline".to_owned(), format!("--pass-arg=no-inline@*{}*", pattern(claim))]
        })
        .collect()
}

fn optimise(step: &mut Step, paths: &Paths, dev: bool) -> Outcome<(Wasm, String)> {
    let inputs = [(APP, "-Oz", table::PAGE), (ENGINE, "-O3", table::ENGINE)]
        .map(|(program, level, parts)| (staging(paths).join(module_of(program)), level, parts));
    if dev {
        return Ok((
            Wasm { app: read(&inputs[0].0)?, engine: read(&inputs[1].0)? },
            "skipped".to_owned(),
        ));
    }
    let cache = paths.state().join("wasm-opt");
    fs::create_dir_all(&cache).map_err(Failure::io(cache.display()))?;
    let packages = read(&paths.root.join("package-lock.json"))?;
    let mut outputs = Vec::new();
    let mut commands = Vec::new();
    for (input, level, parts) in &inputs {
        let options = kept_apart(parts).concat();
        let key = [&read(input)?, level.as_bytes(), &packages, options.as_bytes()].concat();
        let output = cache.join(format!("{}.wasm", inputs::sha256(&key)));
        if !output.is_file() {
            let mut wasm_opt = Command::new(paths.npm_tool("wasm-opt"));
            wasm_opt
                .args(kept_apart(parts))
                // With names: the split goes by them, and drops them.
                .args([level, "-g", "--strip-producers"])
                .args(WASM_FEATURES)
                .arg(input)
                .arg("-o");
            wasm_opt.arg(output.with_extension("part"));
            commands.push(wasm_opt);
        }
        outputs.push(output);
    }
    let note = if commands.is_empty() { "unchanged" } else { "" };
    step.run_all(&mut commands)?;
    for output in &outputs {
        let part = output.with_extension("part");
        if part.is_file() {
            fs::rename(&part, output).map_err(Failure::io(output.display()))?;
        }
    }
    // Only what is in use: each build would otherwise leave two megabytes behind.
    for entry in fs::read_dir(&cache).map_err(Failure::io(cache.display()))?.flatten() {
        if !outputs.contains(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok((Wasm { app: read(&outputs[0])?, engine: read(&outputs[1])? }, note.to_owned()))
}

/// A module and its parts, in the order of their table.
struct Module {
    primary: Vec<u8>,
    parts: Vec<Option<Vec<u8>>>,
}

struct Modules {
    app: Module,
    engine: Module,
}

fn split(paths: &Paths, wasm: Wasm, dev: bool) -> Outcome<(Modules, String)> {
    let lists = paths.state().join("split");
    fs::create_dir_all(&lists).map_err(Failure::io(lists.display()))?;
    let one = |name: &str, wasm: Vec<u8>, program: &str, parts: &[table::Part]| {
        if dev {
            return Ok(Module { primary: wasm, parts: vec![None; parts.len()] });
        }
        let rules: Vec<_> = parts.iter().map(|part| part.rule).collect();
        let linked = Linked::read(&read(&linked(paths, program))?)?;
        let split = split::split(&wasm, &linked, &rules)?;
        write(&lists.join(format!("{name}.txt")), split.list.as_bytes())?;
        Ok(Module { primary: split.primary, parts: split.parts })
    };
    let modules = Modules {
        app: one("page", wasm.app, APP, table::PAGE)?,
        engine: one("engine", wasm.engine, ENGINE, table::ENGINE)?,
    };
    let count = [&modules.app, &modules.engine].map(|module| module.parts.iter().flatten().count());
    let note = if dev { "skipped".to_owned() } else { format!("{} parts", count[0] + count[1]) };
    Ok((modules, note))
}

/// wasm-bindgen's glue with the import that a split module adds: `hooks.load(part, exports, slot)`, to be set by the script that starts it.
fn with_hooks(glue: &str) -> Outcome<String> {
    const IMPORTS: &str = "function __wbg_get_imports() {";
    if glue.matches(IMPORTS).count() != 1 {
        return Err(Failure::new(
            "wasm-bindgen's glue has another form than crates/xtask/src/site.rs knows",
        ));
    }
    let ours = "export const hooks = {};\n\
                function __wbg_get_imports() {\n\
                \u{20}   return { ...__wbg_own_imports(), parts: { load: (part, slot) => hooks.load(part, wasm, slot) } };\n\
                }\n\
                function __wbg_own_imports() {";
    Ok(glue.replace(IMPORTS, ours))
}

fn assemble(step: &mut Step, paths: &Paths, wasm: &Modules) -> Outcome<((), String)> {
    let site = staging(paths);
    let html = fs::read_to_string(site.join("index.html"))
        .map_err(Failure::io("target/site/index.html"))?;
    let work = paths.state().join("assemble");
    let fresh = paths.root.join("target/dist.new");
    for folder in [&work, &fresh] {
        remove(folder)?;
        fs::create_dir_all(folder).map_err(Failure::io(folder.display()))?;
    }

    // Everything that Trunk copied goes along, but for what gets another form below.
    let sheets = style_sheets(&html);
    let of_programs =
        [APP, ENGINE].map(|program| [module_of(program), format!("{program}.js")]).concat();
    let is_replaced = |name: &str| {
        ["index.html", "snippets"].contains(&name)
            || of_programs.iter().any(|file| file == name)
            || name.starts_with('.')
            || sheets.iter().any(|sheet| sheet == name)
    };
    copy_dir(&site, &fresh, &|name| !is_replaced(name))?;
    copy_dir(&paths.root.join("www/static"), &fresh, &|_| true)?;
    copy_dir(&paths.generated().join("examples"), &fresh.join("examples"), &|_| true)?;
    copy_dir(&paths.generated().join("labs"), &fresh.join("labs"), &|_| true)?;
    copy_dir(&paths.root.join("www/sample-events"), &fresh.join("sample-events"), &|_| true)?;

    let publish = |stem: &str, extension: &str, bytes: &[u8]| {
        let name = format!("{stem}-{}.{extension}", &inputs::sha256(bytes)[..12]);
        write(&fresh.join(&name), bytes).map(|()| name)
    };
    // `{name, file, neededAt}` by number, as www/parts.js and www/boot.js read them.
    let list = |parts: &[table::Part], files: &[Option<Vec<u8>>]| {
        let entries = parts.iter().zip(files).map(|(part, bytes)| {
            let Some(bytes) = bytes else { return Ok(Value::Null) };
            let name = part.rule.name;
            let file = publish(&format!("part-{name}"), "wasm", bytes)?;
            Ok(json!({ "name": name, "file": file, "neededAt": part.needed_at }))
        });
        entries.collect::<Outcome<Vec<_>>>()
    };
    let app_parts = list(table::PAGE, &wasm.app.parts)?;
    let engine_parts = list(table::ENGINE, &wasm.engine.parts)?;
    // By name; the Worker fetches one when a function first needs it.
    let javascript = read(&runtimes::javascript(paths))?;
    let runtimes = json!({ "javascript": publish("runtime-javascript", "wasm", &javascript)? });

    // The build's name depends on all code that must fit together. Parts are named by their digests.
    let glue = [read(&site.join("coldstart-app.js"))?, read(&site.join("worker.js"))?];
    let parts = json!({ "app": app_parts, "engine": engine_parts }).to_string();
    let all = [&wasm.app.primary[..], &wasm.engine.primary, &glue[0], &glue[1], parts.as_bytes()];
    let build = inputs::sha256(&all.concat())[..12].to_owned();
    // Beside the glue itself, which may import other files; hidden, so that it is not copied along.
    for (name, glue) in ["coldstart-app.js", "worker.js"].iter().zip(glue) {
        let text = with_hooks(&String::from_utf8_lossy(&glue))?;
        write(&site.join(format!(".{name}")), text.as_bytes())?;
    }

    let style = work.join("style.css");
    let mut css = Vec::new();
    for sheet in &sheets {
        css.extend(read(&site.join(sheet))?);
        css.push(b'\n');
    }
    write(&work.join("joined.css"), &css)?;
    let www = paths.root.join("www");
    let alias = |name: &str, file: &str| format!("--alias:{name}={}", site.join(file).display());
    let mut commands = vec![
        esbuild(paths, &work.join("joined.css"), &style, &[]),
        esbuild(
            paths,
            &www.join("boot.js"),
            &work.join("boot.js"),
            &[&alias("coldstart-app", ".coldstart-app.js"), "--bundle"],
        ),
        esbuild(
            paths,
            &www.join("engine-worker.js"),
            &work.join("engine.js"),
            &[
                &alias("coldstart-worker", ".worker.js"),
                "--bundle",
                &format!("--define:COLDSTART_BUILD=\"{build}\""),
                &format!("--define:COLDSTART_ENGINE_PARTS={}", Value::Array(engine_parts)),
                &format!("--define:COLDSTART_RUNTIMES={runtimes}"),
            ],
        ),
        esbuild(paths, &www.join("editor-src/editor.js"), &work.join("editor.js"), &["--bundle"]),
    ];
    commands.extend(scripts::commands(paths, &work)?);
    step.run_all(&mut commands)?;

    let asc = read(&work.join("asc.js"))?;
    let page = Page {
        style: publish("style", "css", &read(&style)?)?,
        boot: publish("boot", "js", &read(&work.join("boot.js"))?)?,
        app: publish("app", "wasm", &wasm.app.primary)?,
        app_size: wasm.app.primary.len(),
        engine: publish("engine", "wasm", &wasm.engine.primary)?,
        engine_size: wasm.engine.primary.len(),
        engine_script: publish("engine", "js", &read(&work.join("engine.js"))?)?,
        editor: publish("editor", "js", &read(&work.join("editor.js"))?)?,
        scripts: ["typescript", "format", "assemblyscript"]
            .map(|name| {
                let file = publish(name, "js", &read(&work.join(format!("{name}.js")))?)?;
                Ok(format!("data-{name}=\"{file}\""))
            })
            .into_iter()
            .collect::<Outcome<Vec<_>>>()?
            .join(" "),
        asc: publish("asc", "js", &asc)?,
        asc_size: asc.len(),
        parts,
        build,
    };
    write(&fresh.join("index.html"), start_up(&html, &page)?.as_bytes())?;
    service_worker(step, paths, &work, &fresh, &page.asc)?;

    // Swapped at once, so that a running server never shows half a site.
    let dist = paths.dist();
    let old = paths.root.join("target/dist.old");
    remove(&old)?;
    if dist.exists() {
        fs::rename(&dist, &old).map_err(Failure::io(dist.display()))?;
    }
    fs::rename(&fresh, &dist).map_err(Failure::io(dist.display()))?;
    remove(&old)?;
    Ok(((), format!("build {}", page.build)))
}

/// The service worker (www/offline.js), which keeps all files of the site but for the largest: that one is of a compiler.
fn service_worker(
    step: &mut Step,
    paths: &Paths,
    work: &Path,
    fresh: &Path,
    left_out: &str,
) -> Outcome<()> {
    // The page itself is the folder.
    let mut files = vec![String::new()];
    let mut digests = String::new();
    for file in inputs::files(fresh)? {
        digests += &inputs::sha256(&read(&file)?);
        let name = file.strip_prefix(fresh).expect("it was found below").to_string_lossy();
        if name != "index.html" && name != left_out {
            files.push(name.into_owned());
        }
    }
    let listed = json!({ "build": &inputs::sha256(digests.as_bytes())[..12], "files": files });
    let script = work.join("offline.js");
    let define = format!("--define:COLDSTART_FILES={listed}");
    let source = paths.root.join("www/offline.js");
    step.run(&mut esbuild(paths, &source, &script, &[&define]))?;
    write(&fresh.join("offline.js"), &read(&script)?)
}

/// Names of the files that the page fetches.
struct Page {
    build: String,
    style: String,
    boot: String,
    app: String,
    app_size: usize,
    engine: String,
    engine_size: usize,
    engine_script: String,
    editor: String,
    /// Of scripts that are fetched by their names, as the start-up's attributes.
    scripts: String,
    /// AssemblyScript's compiler.
    asc: String,
    asc_size: usize,
    /// JSON without an apostrophe in it.
    parts: String,
}

/// Trunk's page with our start-up in place of its own.
fn start_up(html: &str, page: &Page) -> Outcome<String> {
    let mut lines = Vec::new();
    let mut rest = html;
    let mut out = String::new();
    // Trunk's inline script, and the links that fetch its files.
    while let Some(at) = rest.find("<script type=\"module\">") {
        out.push_str(&rest[..at]);
        let end = rest[at..]
            .find("</script>")
            .ok_or_else(|| Failure::new("index.html: a script without an end"))?;
        rest = &rest[at + end + "</script>".len()..];
    }
    out.push_str(rest);
    let out = without_tags(&out, "<link rel=\"modulepreload\"");
    let out = without_tags(&out, "<link rel=\"preload\"");
    let out = without_tags(&out, "<link rel=\"stylesheet\"");
    if !out.contains(START_UP) {
        return Err(Failure::new(format!("index.html has no {START_UP}")));
    }
    let Page {
        build,
        style,
        boot,
        app,
        app_size,
        engine,
        engine_size,
        engine_script,
        editor,
        scripts,
        asc,
        asc_size,
        parts,
    } = page;
    let head = format!(
        "<meta name=\"coldstart-build\" content=\"{build}\" />\n\
         <link rel=\"stylesheet\" href=\"{style}\" />\n\
         <link rel=\"preload\" href=\"{app}\" as=\"fetch\" type=\"application/wasm\" crossorigin=\"anonymous\" />\n\
         <link rel=\"preload\" href=\"{engine}\" as=\"fetch\" type=\"application/wasm\" crossorigin=\"anonymous\" />\n\
         <script id=\"boot\" type=\"module\" src=\"{boot}\" data-build=\"{build}\" data-app=\"{app}\" data-app-size=\"{app_size}\" \
         data-engine=\"{engine}\" data-engine-size=\"{engine_size}\" data-engine-script=\"{engine_script}\" data-editor=\"{editor}\" \
         {scripts} data-asc=\"{asc}\" data-asc-size=\"{asc_size}\" data-parts='{parts}'></script>"
    );
    let out = without_comments(&out.replace(START_UP, "\u{0}"));
    lines.extend(out.lines().map(str::trim_end).filter(|line| !line.is_empty()));
    let out = lines.join("\n").replace('\u{0}', &head) + "\n";
    for forbidden in ["<script>", "<script type", "style=\"", "<style"] {
        if out.contains(forbidden) {
            return Err(Failure::new(format!(
                "index.html holds `{forbidden}`, which its content policy forbids"
            )));
        }
    }
    Ok(out)
}

/// Style sheets in the page's order, as file names.
fn style_sheets(html: &str) -> Vec<String> {
    let links = html.split("<link ").skip(1).filter_map(|tag| tag.split('>').next());
    let sheets = links.filter(|tag| tag.contains("rel=\"stylesheet\""));
    let names = sheets
        .filter_map(|tag| tag.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()));
    names.map(|name| name.trim_start_matches("./").to_owned()).collect()
}

fn without_tags(html: &str, start: &str) -> String {
    let mut pieces = html.split(start);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push_str(piece.split_once('>').map_or("", |(_, after)| after));
    }
    out
}

fn without_comments(html: &str) -> String {
    let mut pieces = html.split("<!--");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push_str(piece.split_once("-->").map_or("", |(_, after)| after));
    }
    out
}

fn read(path: &Path) -> Outcome<Vec<u8>> {
    fs::read(path).map_err(Failure::io(path.display()))
}

/// Copies what `keep` names of the first level, and all below it. A folder that is not there is nothing to copy.
fn copy_dir(from: &Path, to: &Path, keep: &dyn Fn(&str) -> bool) -> Outcome<()> {
    let Ok(entries) = fs::read_dir(from) else { return Ok(()) };
    fs::create_dir_all(to).map_err(Failure::io(to.display()))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        if !keep(&name.to_string_lossy()) {
            continue;
        }
        if entry.path().is_dir() {
            copy_dir(&entry.path(), &to.join(&name), &|_| true)?;
        } else {
            fs::copy(entry.path(), to.join(&name)).map_err(Failure::io(entry.path().display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUNK: &str = r#"<head>
<!-- a note -->
<link rel="stylesheet" href="./tokens.css"/>
<link rel="icon" href="favicon.svg" />
<link rel="stylesheet" href="./app.css"/>
<script type="module">
import init from './coldstart-app.js';
</script>
<!-- xtask: start-up -->
<link rel="modulepreload" href="./coldstart-app.js"><link rel="preload" href="./coldstart-app_bg.wasm" as="fetch"></head>
"#;

    fn page() -> Page {
        let name = |text: &str| text.to_owned();
        Page {
            build: name("b"),
            style: name("style.css"),
            boot: name("boot.js"),
            app: name("app.wasm"),
            app_size: 1,
            engine: name("engine.wasm"),
            engine_size: 2,
            engine_script: name("engine.js"),
            editor: name("editor.js"),
            scripts: name("data-typescript=\"typescript.js\""),
            asc: name("asc.js"),
            asc_size: 3,
            parts: name("{}"),
        }
    }

    #[test]
    fn style_sheets_keep_their_order() {
        assert_eq!(style_sheets(TRUNK), ["tokens.css", "app.css"]);
    }

    #[test]
    fn the_start_up_replaces_trunks() {
        let html = start_up(TRUNK, &page()).unwrap();
        assert!(
            html.contains("src=\"boot.js\"")
                && html.contains("data-engine-size=\"2\"")
                && html.contains("favicon.svg"),
            "{html}"
        );
        for gone in ["import init", "modulepreload", "coldstart-app", "tokens.css", "<!--"] {
            assert!(!html.contains(gone), "{gone} in {html}");
        }
    }

    #[test]
    fn the_glue_gets_the_import_of_a_split_module() {
        let glue = with_hooks("a;\nfunction __wbg_get_imports() {\n    return {};\n}\nb;").unwrap();
        assert!(glue.contains("hooks.load(part, wasm, slot)") && glue.ends_with("b;"), "{glue}");
        assert!(with_hooks("function imports() {}").is_err());
    }

    #[test]
    fn what_the_policy_forbids_is_refused() {
        assert!(start_up(&TRUNK.replace("<head>", "<head><style>"), &page()).is_err());
        assert!(start_up(&TRUNK.replace(START_UP, ""), &page()).is_err());
    }
}
