// Modules: which file a specifier means, `require`, and the sources of what is imported.
//
// Follows Node's rules for CommonJS and ES modules: relative files, `node_modules` up the folders, NODE_PATH (which brings layers, for
// `import` too, as in Lambda's runtime), `package.json` with `main`, `exports`, `imports` and `type`. A CommonJS file or a built-in module
// that is imported becomes an ES module whose exports are the members of what it exports when it is first imported.

import { host } from "./host.js";
import { WRAPPER, nodeError, wrapped } from "./errors.js";
import * as files from "./files.js";
import * as path from "./node/path.js";

/** What is there without any file, by name without `node:`. */
export const builtins = new Map();
/** What makes those that are not there before they are asked for. */
export const lazy = new Map();

function builtin(name) {
  if (!builtins.has(name)) builtins.set(name, lazy.get(name)());
  return builtins.get(name);
}

/** Clients of the SDK that are not here are told of by name. */
function withoutClient(specifier) {
  const here = [...lazy.keys()].join(", ");
  return /^(@aws-sdk\/client-|aws-sdk$)/.test(specifier) ? `. Coldstart's JavaScript runtime has these clients: ${here}` : "";
}
/** Modules of Node's that are not here, each with the reason. */
const ABSENT = new Set([
  "async_hooks", "child_process", "cluster", "dgram", "diagnostics_channel", "dns", "dns/promises", "domain", "http", "http2", "https", "inspector", "module", "net",
  "readline", "repl", "sqlite", "stream", "stream/promises", "stream/web", "test", "tls", "trace_events", "tty", "v8", "vm", "wasi", "worker_threads", "zlib",
]);

/** The major version of Node's that the function asked for. Set by lambda.js. */
export const node = { major: 22, paths: [] };

const cache = Object.create(null);
const packages = new Map();

export function packageOf(folder) {
  if (packages.has(folder)) return packages.get(folder);
  const text = files.textOrNull(`${folder === "/" ? "" : folder}/package.json`);
  let found = null;
  if (text !== null) {
    try {
      found = JSON.parse(text);
    } catch (error) {
      throw nodeError(Error, "ERR_INVALID_PACKAGE_CONFIG", `Invalid package config ${folder}/package.json. ${error.message}`);
    }
  }
  packages.set(folder, found);
  return found;
}

function nearestPackage(file) {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    if (path.basename(folder) === "node_modules") return null;
    const found = packageOf(folder);
    if (found) return { folder, found };
    if (folder === "/") return null;
  }
}

/** `module` or `commonjs`, of a JavaScript file. */
export function typeOf(file) {
  if (file.endsWith(".mjs")) return "module";
  if (file.endsWith(".cjs")) return "commonjs";
  return nearestPackage(file)?.found.type === "module" ? "module" : "commonjs";
}

const CONDITIONS = { import: ["node", "import", "module-sync", "default"], require: ["node", "require", "module-sync", "default"] };

function target(folder, given, mode, star) {
  if (typeof given === "string") return given.startsWith("./") ? path.join(folder, given.replaceAll("*", star ?? "*")) : given;
  if (Array.isArray(given)) {
    for (const one of given) {
      const found = target(folder, one, mode, star);
      if (found) return found;
    }
    return null;
  }
  if (typeof given === "object" && given !== null) {
    for (const [condition, one] of Object.entries(given)) {
      if (!CONDITIONS[mode].includes(condition)) continue;
      const found = target(folder, one, mode, star);
      if (found) return found;
    }
  }
  return null;
}

/** What a map of `exports` or `imports` says of a key. */
function mapped(folder, map, key, mode) {
  if (Object.hasOwn(map, key) && !key.includes("*")) return target(folder, map[key], mode);
  let best = null;
  for (const pattern of Object.keys(map)) {
    const [before, after] = pattern.split("*");
    if (after === undefined || !key.startsWith(before) || !key.endsWith(after) || key.length < pattern.length) continue;
    if (best === null || before.length > best.before.length) best = { pattern, before, star: key.slice(before.length, key.length - after.length) };
  }
  return best && target(folder, map[best.pattern], mode, best.star);
}

function asFile(file, mode, exact) {
  if (files.isFile(file)) return file;
  if (exact) return null;
  for (const extension of [".js", ".json", ".cjs", ".mjs"]) {
    if (extension === ".mjs" && mode === "require") continue;
    if (files.isFile(file + extension)) return file + extension;
  }
  return null;
}

function asFolder(folder, mode) {
  if (!files.isFolder(folder)) return null;
  const main = packageOf(folder)?.main;
  if (typeof main === "string") {
    const at = path.resolve(folder, main);
    const found = asFile(at, mode, false) ?? asFile(`${at}/index`, mode, false);
    if (found) return found;
  }
  return asFile(`${folder}/index`, mode, false);
}

function fromPackage(root, name, rest, mode) {
  const folder = `${root}/${name}`;
  if (!files.isFolder(folder)) return null;
  const found = packageOf(folder);
  if (found?.exports !== undefined && found.exports !== null) {
    let map = found.exports;
    if (typeof map === "string" || Array.isArray(map) || !Object.keys(map)[0]?.startsWith(".")) map = { ".": map };
    const file = mapped(folder, map, rest === "" ? "." : `.${rest}`, mode);
    if (!file || !files.isFile(file)) {
      const what = rest === "" ? "No \"exports\" main defined" : `Package subpath '.${rest}' is not defined by "exports"`;
      throw nodeError(Error, "ERR_PACKAGE_PATH_NOT_EXPORTED", `${what} in ${folder}/package.json`);
    }
    return file;
  }
  if (rest !== "") return asFile(folder + rest, mode, false) ?? asFolder(folder + rest, mode);
  return asFolder(folder, mode);
}

const builtinName = (specifier) => (specifier.startsWith("node:") ? specifier.slice(5) : specifier);

/** A built-in module's name, or null. */
function asBuiltin(specifier) {
  const name = builtinName(specifier);
  if (builtins.has(name) || lazy.has(name)) return name;
  if (ABSENT.has(name)) throw nodeError(Error, "ERR_COLDSTART_NOT_HERE", `The module ${name} of Node is not here: Coldstart's JavaScript runtime has no network and no processes, and a part of Node's modules (docs/FIDELITY.md)`);
  if (specifier.startsWith("node:")) throw nodeError(Error, "ERR_UNKNOWN_BUILTIN_MODULE", `No such built-in module: ${specifier}`);
  return null;
}

/** The file that a specifier means, or null. `from` is a file. */
function find(specifier, from, mode) {
  if (specifier.startsWith("#")) {
    const scope = nearestPackage(from);
    const to = scope?.found.imports && mapped(scope.folder, scope.found.imports, specifier, mode);
    return to ? (to.startsWith("/") ? (files.isFile(to) ? to : null) : find(to, from, mode)) : null;
  }
  if (specifier.startsWith("/") || specifier === "." || specifier === ".." || specifier.startsWith("./") || specifier.startsWith("../")) {
    const at = path.resolve(path.dirname(from), specifier);
    if (mode === "import") return asFile(at, mode, true);
    return (specifier.endsWith("/") ? null : asFile(at, mode, false)) ?? asFolder(at, mode);
  }
  const parts = specifier.split("/");
  const name = specifier.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0];
  const rest = specifier.slice(name.length);
  const own = nearestPackage(from);
  if (own?.found.name === name && own.found.exports !== undefined) return fromPackage(path.dirname(own.folder), path.basename(own.folder), rest, mode);
  const roots = [];
  for (let folder = path.dirname(from); ; folder = path.dirname(folder)) {
    if (path.basename(folder) !== "node_modules") roots.push(`${folder === "/" ? "" : folder}/node_modules`);
    if (folder === "/") break;
  }
  for (const root of [...roots, ...node.paths]) {
    const found = fromPackage(root, name, rest, mode) ?? (mode === "require" && node.paths.includes(root) ? asFile(`${root}/${specifier}`, mode, false) : null);
    if (found) return found;
  }
  return null;
}

// CommonJS

class Module {
  constructor(id, parent) {
    this.id = id;
    this.path = path.dirname(id);
    this.exports = {};
    this.filename = id;
    this.loaded = false;
    this.children = [];
    Object.defineProperty(this, "parent", { value: parent, configurable: true });
    parent?.children.push(this);
  }
}

function resolve(specifier, from, stack) {
  if (typeof specifier !== "string") throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", `The "id" argument must be of type string. Received ${specifier === null ? "null" : typeof specifier}`);
  const name = asBuiltin(specifier);
  if (name !== null) return `node:${name}`;
  const found = find(specifier, from, "require");
  if (found) return found;
  const error = new Error(`Cannot find module '${specifier}'${withoutClient(specifier)}\nRequire stack:\n${stack.map((file) => `- ${file}`).join("\n")}`);
  error.code = "MODULE_NOT_FOUND";
  error.requireStack = stack;
  throw error;
}

function stackOf(module) {
  const files = [];
  for (let at = module; at; at = at.parent) files.push(at.filename);
  return [...files, "/var/runtime/index.mjs"];
}

function requireFrom(module) {
  const stack = () => stackOf(module);
  const require = (specifier) => {
    const found = resolve(specifier, module.filename, stack());
    return found.startsWith("node:") ? builtin(found.slice(5)) : load(found, module).exports;
  };
  require.resolve = (specifier) => {
    const found = resolve(specifier, module.filename, stack());
    return found.startsWith("node:") && !specifier.startsWith("node:") ? found.slice(5) : found;
  };
  require.cache = cache;
  require.main = undefined;
  return require;
}

/** A `require` for the file of an ES module (`createRequire`) and for the runtime itself. */
export const createRequire = (file) => requireFrom(new Module(String(file).replace(/^file:\/\//, ""), null));

export function withoutHashbang(text) {
  return text.startsWith("#!") ? `//${text}` : text;
}

function load(file, parent) {
  if (cache[file]) return cache[file];
  const module = new Module(file, parent);
  cache[file] = module;
  try {
    const text = files.text(file);
    if (file.endsWith(".json")) {
      try {
        module.exports = JSON.parse(text.replace(/^\ufeff/, ""));
      } catch (error) {
        error.message = `${file}: ${error.message}`;
        throw error;
      }
    } else if (typeOf(file) === "module") {
      throw nodeError(Error, "ERR_REQUIRE_ESM", `require() of ES Module ${file} from ${parent?.filename ?? "/var/runtime/index.mjs"} not supported.\nInstead change the require of ${path.basename(file)} to a dynamic import() which is available in all CommonJS modules.`);
    } else {
      // On the first line, so that lines and, but for the first, columns are the file's.
      wrapped.add(file);
      const wrapper = host.compile(`${WRAPPER}${withoutHashbang(text)}\n})`, file);
      wrapper.call(module.exports, module.exports, requireFrom(module), module, file, path.dirname(file));
    }
    module.loaded = true;
  } catch (error) {
    delete cache[file];
    throw error;
  }
  return module;
}

/** Runs a CommonJS file, or reads a JSON file. */
export const loadCommonJs = (file) => load(file, null).exports;

// ES modules

const urlOf = (file) => `file://${file.split("/").map(encodeURIComponent).join("/")}`;
const pathOf = (url) => decodeURIComponent(url.replace(/^file:\/\//, ""));
export { pathOf, urlOf };

/** The module that a specifier means within another: a `file:` address, or a name that begins with `node:`. */
export function resolveImport(base, specifier) {
  if (specifier.startsWith("file://")) return specifier;
  const from = base.startsWith("file://") ? pathOf(base) : base.startsWith("/") ? base : "/var/task/index.mjs";
  const name = asBuiltin(specifier);
  if (name !== null) return `node:${name}`;
  if (/^(data|https?):/.test(specifier)) throw nodeError(Error, "ERR_UNSUPPORTED_ESM_URL_SCHEME", `Only URLs with a scheme in: file, data, and node are supported by the default ESM loader. Received protocol '${specifier.split(":")[0]}:'`);
  const found = find(specifier, from, "import");
  if (found) return urlOf(found);
  const isPath = /^[./]/.test(specifier);
  const [what, named] = isPath ? ["module", path.resolve(path.dirname(from), specifier)] : ["package", specifier.startsWith("@") ? specifier.split("/").slice(0, 2).join("/") : specifier.split("/")[0]];
  throw nodeError(Error, "ERR_MODULE_NOT_FOUND", `Cannot find ${what} '${named}' imported from ${from}${withoutClient(specifier)}`);
}

/** What imported CommonJS files and built-in modules export, for the sources below. */
const exported = new Map();
globalThis[Symbol.for("coldstart.exports")] = exported;
Object.defineProperty(globalThis, Symbol.for("coldstart.exports"), { enumerable: false });

function asEsm(name, value) {
  exported.set(name, value);
  const names = value !== null && (typeof value === "object" || typeof value === "function") ? Object.keys(value) : [];
  // Names that are identifiers of ASCII: others can be reached through the default export.
  const usable = names.filter((key) => /^[A-Za-z$_][\w$]*$/.test(key) && key !== "default");
  const lines = usable.map((key, at) => `const _${at} = _[${JSON.stringify(key)}]; export { _${at} as ${key} };`);
  return `const _ = globalThis[Symbol.for("coldstart.exports")].get(${JSON.stringify(name)});\n${lines.join("\n")}\nexport default _;\n`;
}

/** The source of a module that `resolveImport` named. */
export function sourceOf(name) {
  if (name.startsWith("node:")) return asEsm(name, builtin(name.slice(5)));
  const file = pathOf(name);
  if (!files.isFile(file)) throw nodeError(Error, "ERR_MODULE_NOT_FOUND", `Cannot find module '${file}'`);
  if (file.endsWith(".json")) return `export default JSON.parse(${JSON.stringify(files.text(file).replace(/^\ufeff/, ""))});`;
  if (!/\.[cm]?js$/.test(file) && path.extname(file) !== "") throw nodeError(TypeError, "ERR_UNKNOWN_FILE_EXTENSION", `Unknown file extension "${path.extname(file)}" for ${file}`);
  if (typeOf(file) === "module" || forced.has(file)) return withoutHashbang(files.text(file));
  return asEsm(name, loadCommonJs(file));
}

/** What only an ES module begins a line with. */
export const LOOKS_LIKE_MODULE = /^\s*(import|export)\b/m;

/** CommonJS files by their name that are read as ES modules: from Node 24 on, when they are not CommonJS. */
const forced = new Set();
export const forceModule = (file) => forced.add(file);
