// Compiles a function's files without running any of them: what the editor asks before it deploys (crates/worker/src/check.rs).

import { host } from "./host.js";
import { WRAPPER, wrapped } from "./errors.js";
import * as files from "./files.js";
import * as modules from "./modules.js";

/** The handler's name that asks for it: no file can be named so in a package that the page makes. */
export const CHECK = "coldstart:check";

function* sources(folder) {
  for (const [name, type] of files.list(folder)) {
    const path = `${folder}/${name}`;
    if (type === "directory") yield* sources(path);
    else if (/\.[cm]?js$/.test(name)) yield path;
  }
}

function compile(path) {
  const text = modules.withoutHashbang(files.text(path));
  if (modules.typeOf(path) === "module" || (modules.node.major >= 24 && path.endsWith(".js") && modules.LOOKS_LIKE_MODULE.test(text))) host.declare(modules.urlOf(path), text);
  else {
    wrapped.add(path);
    host.compile(`${WRAPPER}${text}\n})`, path);
  }
}

/** What is wrong: file, line, column and message of the first mistake in each file. */
export function check(root) {
  const found = [];
  for (const path of sources(root)) {
    try {
      compile(path);
    } catch (error) {
      const [, line, column] = /:(\d+):(\d+)\)?$/m.exec(error.stack ?? "") ?? [];
      found.push({ file: path.slice(root.length + 1), line: Number(line ?? 1), column: Number(column ?? 1), message: String(error.message) });
    }
  }
  return found;
}
