//! The scripts that the page fetches when it first needs them, beside the editor: TypeScript, the formatter, and the compiler of AssemblyScript
//! with its libraries.

use crate::examples::write;
use crate::inputs;
use crate::paths::Paths;
use crate::progress::{Failure, Outcome};
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Modules of Node that the compiler names and does not need in a browser.
const NODE: [&str; 6] = ["crypto", "fs", "module", "node:module", "path", "url"];
/// Libraries that handlers in AssemblyScript may import, and what else those import: folders of npm's.
const LIBRARIES: [&str; 5] =
    ["json-as/index.ts", "json-as/assembly", "json-as/lib", "xjb-as/index.ts", "xjb-as/assembly"];

/// What esbuild makes of them in `work`, by the names under which they are published.
pub(crate) fn commands(paths: &Paths, work: &Path) -> Outcome<Vec<Command>> {
    let www = paths.root.join("www");
    let one = |source: &str, name: &str, options: &[String]| {
        let mut all = vec!["--bundle".to_owned(), "--platform=browser".to_owned()];
        all.extend_from_slice(options);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        esbuild(paths, &www.join(source), &work.join(name), &all)
    };
    let library = work.join("library.js");
    write(&library, format!("export default {}", libraries(paths)?).as_bytes())?;
    let node = www.join("assemblyscript-src/node.js");
    let mut compiler: Vec<String> =
        NODE.iter().map(|name| format!("--alias:{name}={}", node.display())).collect();
    compiler.push(format!("--alias:coldstart-library={}", library.display()));
    // Its own WebAssembly is a text in it, which would be a sixth longer in ASCII.
    compiler.push("--charset=utf8".to_owned());
    Ok(vec![
        one("typescript-src/typescript.js", "typescript.js", &[]),
        one("format-src/format.js", "format.js", &[]),
        one("assemblyscript-src/compile.js", "assemblyscript.js", &[]),
        one("assemblyscript-src/worker.js", "asc.js", &compiler),
    ])
}

/// esbuild's command for one script or style.
pub(crate) fn esbuild(paths: &Paths, input: &Path, output: &Path, options: &[&str]) -> Command {
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

/// Texts by the compiler's names for them: without ending, below the name of their library.
fn libraries(paths: &Paths) -> Outcome<Value> {
    let mut texts = Map::new();
    let mut add = |name: String, file: &Path| -> Outcome<()> {
        let text = fs::read_to_string(file).map_err(Failure::io(file.display()))?;
        texts.insert(name, Value::String(text));
        Ok(())
    };
    let modules = paths.root.join("node_modules");
    for library in LIBRARIES {
        for file in inputs::files(&modules.join(library))? {
            let path = file.strip_prefix(&modules).expect("it was found below");
            let path = path.to_string_lossy().into_owned();
            if let Some(name) = path.strip_suffix(".ts").filter(|name| !name.ends_with(".d")) {
                add(name.to_owned(), &file)?;
            }
        }
    }
    let ours =
        |name: &str| -> PathBuf { paths.root.join("www/assemblyscript-src/library").join(name) };
    add("coldstart/index".to_owned(), &ours("index.ts"))?;
    add("coldstart/abi".to_owned(), &ours("abi.ts"))?;
    // In place of the standard library's.
    add("bindings/dom".to_owned(), &ours("dom.ts"))?;
    Ok(Value::Object(texts))
}
