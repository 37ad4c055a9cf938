//! Builds `dist/`: a plain static folder that works from any sub-path of any host.
//!
//! Trunk compiles the page and the engine and runs wasm-bindgen. The rest is done here, on what Trunk leaves in `target/site`: wasm-opt, with
//! its results kept by content; one style sheet and two scripts by esbuild; names with digests, so that caches cannot mix two builds (Trunk
//! gives workers none); and the start-up written into the page without an inline script, as the content policy demands.

use crate::examples::{self, WASM_FEATURES, remove, write};
use crate::inputs;
use crate::paths::Paths;
use crate::progress::{Failure, Outcome, Plan, Step};
use crate::tools;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Steps of [`build`].
pub(crate) const STEPS: usize = 3 + examples::STEPS;

/// Where the start-up goes in index.html.
const START_UP: &str = "<!-- xtask: start-up -->";

/// Builds the site. `dev` is quick and unoptimised.
pub(crate) fn build(plan: &mut Plan, paths: &Paths, dev: bool) -> Outcome<()> {
    examples::build(plan, paths)?;
    finish(plan, paths, dev)
}

/// Builds the site when the examples are there.
pub(crate) fn finish(plan: &mut Plan, paths: &Paths, dev: bool) -> Outcome<()> {
    plan.step("Page and engine (Trunk)", |step| trunk(step, paths, dev))?;
    let wasm = plan.step("Optimise (wasm-opt)", |step| optimise(step, paths, dev))?;
    plan.step("Assemble dist", |step| assemble(step, paths, &wasm))
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
    let digest = inputs::digest(&paths.root, &sources, &format!("{compiler} {dev}"))?;
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
    }
    // Trunk reads NO_COLOR as a flag of its own and refuses the usual value.
    trunk.env_remove("NO_COLOR").env("TRUNK_SKIP_VERSION_CHECK", "true");
    step.run(&mut trunk)?;
    inputs::set_stamp(&stamp, &digest)?;
    Ok(((), String::new()))
}

/// The two modules, optimised.
struct Wasm {
    app: Vec<u8>,
    engine: Vec<u8>,
}

fn optimise(step: &mut Step, paths: &Paths, dev: bool) -> Outcome<(Wasm, String)> {
    let site = staging(paths);
    let inputs = [("coldstart-app_bg.wasm", "-Oz"), ("worker_bg.wasm", "-O3")]
        .map(|(name, level)| (site.join(name), level));
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
    for (input, level) in &inputs {
        let key = [read(input)?, level.as_bytes().to_vec(), packages.clone()].concat();
        let output = cache.join(format!("{}.wasm", inputs::sha256(&key)));
        if !output.is_file() {
            let mut wasm_opt = Command::new(paths.npm_tool("wasm-opt"));
            wasm_opt
                .args([level, "--strip-debug", "--strip-producers"])
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

fn assemble(step: &mut Step, paths: &Paths, wasm: &Wasm) -> Outcome<((), String)> {
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
    let replaced = [
        "index.html",
        "coldstart-app.js",
        "coldstart-app_bg.wasm",
        "worker.js",
        "worker_bg.wasm",
        "snippets",
    ];
    let is_replaced = |name: &str| {
        replaced.contains(&name)
            || name.starts_with('.')
            || sheets.iter().any(|sheet| sheet == name)
    };
    copy_dir(&site, &fresh, &|name| !is_replaced(name))?;
    copy_dir(&paths.root.join("www/static"), &fresh, &|_| true)?;
    copy_dir(&paths.generated().join("examples"), &fresh.join("examples"), &|_| true)?;
    copy_dir(&paths.root.join("www/sample-events"), &fresh.join("sample-events"), &|_| true)?;

    // The build's name depends on all code that must fit together.
    let glue = [read(&site.join("coldstart-app.js"))?, read(&site.join("worker.js"))?];
    let build = inputs::sha256(&[&wasm.app[..], &wasm.engine, &glue[0], &glue[1]].concat())[..12]
        .to_owned();

    let style = work.join("style.css");
    let mut css = Vec::new();
    for sheet in &sheets {
        css.extend(read(&site.join(sheet))?);
        css.push(b'\n');
    }
    write(&work.join("joined.css"), &css)?;
    let www = paths.root.join("www");
    let alias = |name: &str, file: &str| format!("--alias:{name}={}", site.join(file).display());
    let mut commands = [
        esbuild(paths, &work.join("joined.css"), &style, &[]),
        esbuild(
            paths,
            &www.join("boot.js"),
            &work.join("boot.js"),
            &[&alias("coldstart-app", "coldstart-app.js"), "--bundle"],
        ),
        esbuild(
            paths,
            &www.join("engine-worker.js"),
            &work.join("engine.js"),
            &[
                &alias("coldstart-worker", "worker.js"),
                "--bundle",
                &format!("--define:COLDSTART_BUILD=\"{build}\""),
            ],
        ),
        esbuild(paths, &www.join("editor-src/editor.js"), &work.join("editor.js"), &["--bundle"]),
    ];
    step.run_all(&mut commands)?;

    let publish = |stem: &str, extension: &str, bytes: &[u8]| {
        let name = format!("{stem}-{}.{extension}", &inputs::sha256(bytes)[..12]);
        write(&fresh.join(&name), bytes).map(|()| name)
    };
    let page = Page {
        style: publish("style", "css", &read(&style)?)?,
        boot: publish("boot", "js", &read(&work.join("boot.js"))?)?,
        app: publish("app", "wasm", &wasm.app)?,
        app_size: wasm.app.len(),
        engine: publish("engine", "wasm", &wasm.engine)?,
        engine_size: wasm.engine.len(),
        engine_script: publish("engine", "js", &read(&work.join("engine.js"))?)?,
        editor: publish("editor", "js", &read(&work.join("editor.js"))?)?,
        build,
    };
    write(&fresh.join("index.html"), start_up(&html, &page)?.as_bytes())?;

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

fn esbuild(paths: &Paths, input: &Path, output: &Path, options: &[&str]) -> Command {
    let mut esbuild = Command::new(paths.npm_tool("esbuild"));
    esbuild.current_dir(&paths.root).args([
        "--minify",
        "--format=esm",
        "--target=es2022",
        "--log-level=warning",
        "--legal-comments=none",
    ]);
    if input.extension().is_some_and(|extension| extension == "css") {
        // Colours and nesting stay as they are written: their browsers are younger than es2022.
        esbuild = Command::new(paths.npm_tool("esbuild"));
        esbuild.current_dir(&paths.root).args(["--minify", "--log-level=warning"]);
    }
    esbuild.args(options).arg(input).arg(format!("--outfile={}", output.display()));
    esbuild
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
    let Page { build, style, boot, app, app_size, engine, engine_size, engine_script, editor } =
        page;
    let head = format!(
        "<meta name=\"coldstart-build\" content=\"{build}\" />\n\
         <link rel=\"stylesheet\" href=\"{style}\" />\n\
         <link rel=\"preload\" href=\"{app}\" as=\"fetch\" type=\"application/wasm\" crossorigin=\"anonymous\" />\n\
         <link rel=\"preload\" href=\"{engine}\" as=\"fetch\" type=\"application/wasm\" crossorigin=\"anonymous\" />\n\
         <script id=\"boot\" type=\"module\" src=\"{boot}\" data-build=\"{build}\" data-app=\"{app}\" data-app-size=\"{app_size}\" \
         data-engine=\"{engine}\" data-engine-size=\"{engine_size}\" data-engine-script=\"{engine_script}\" data-editor=\"{editor}\"></script>"
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
    fn what_the_policy_forbids_is_refused() {
        assert!(start_up(&TRUNK.replace("<head>", "<head><style>"), &page()).is_err());
        assert!(start_up(&TRUNK.replace(START_UP, ""), &page()).is_err());
    }
}
