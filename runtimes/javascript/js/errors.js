// Errors: stacks as V8 writes them, and the shapes in which Lambda's runtime for Node reports them.

const source = /** @param {any} site */ (site) => {
  const file = site.isNative() ? "native" : site.getFileName();
  if (!file) return "<anonymous>";
  const line = site.getLineNumber();
  const column = site.getColumnNumber() - (line === 1 && wrapped.has(file) ? WRAPPER.length : 0);
  return line > 0 ? `${file}:${line}:${column}` : file;
};

/** `name: message`, as V8 begins a stack. */
export function headOf(error) {
  try {
    const name = error.name === undefined ? "Error" : String(error.name);
    const message = error.message === undefined ? "" : String(error.message);
    const code = typeof error.code === "string" && error.code.startsWith("ERR_") ? ` [${error.code}]` : "";
    return message ? `${name}${code}: ${message}` : `${name}${code}`;
  } catch {
    return "Error";
  }
}

/** What stands before a CommonJS file's text on its first line, which columns there do not count. */
export const WRAPPER = "(function (exports, require, module, __filename, __dirname) { ";
/** Files that were wrapped so. */
export const wrapped = new Set();

// The engine's own stacks have no head; what reads a stack expects one. The frames of the runtime are left out: they are not Node's.
Error.prepareStackTrace = (error, sites) => {
  const frames = [];
  for (const site of sites) {
    if (String(site.getFileName()).startsWith("/var/runtime/") || site.isNative()) continue;
    const name = site.getFunctionName();
    frames.push(name ? `    at ${name} (${source(site)})` : `    at ${source(site)}`);
    if (frames.length === FRAMES_MAX) break;
  }
  return [headOf(error), ...frames].join("\n");
};
const FRAMES_MAX = 10;
Error.stackTraceLimit = 32;

/** The lines of an error's stack. */
export function stackLines(error) {
  // An error that was made where there was no stack left has none.
  if (typeof error?.stack !== "string") return error instanceof Error ? [headOf(error)] : [];
  return error.stack.replace(/\n$/, "").split("\n");
}

/** Whether something is an error as far as Lambda's runtime goes: one, or what looks like one. */
export function isError(value) {
  if (value instanceof Error) return true;
  return typeof value === "object" && value !== null && ["name", "message", "stack"].every((key) => key in value);
}

/** What the caller of a function that failed gets. */
export function response(error) {
  try {
    if (isError(error)) {
      const clean = (text) => String(text ?? "").replaceAll("\x7f", "%7F");
      return { errorType: clean(error.name), errorMessage: clean(error.message), trace: stackLines(error).map(clean) };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return { errorType: "handled", errorMessage: "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack", trace: [] };
  }
}

/** What stands in the log of it: the members of an error beside its own. */
export function logged(error) {
  const replacer = (_, value) => {
    if (!(value instanceof Error)) return value;
    const members = { errorType: value.name, errorMessage: value.message, code: value.code, ...value };
    members.stack = stackLines(value);
    return members;
  };
  try {
    const shown = isError(error) ? error : Object.assign(new Error(String(error)), { stack: `Error: ${String(error)}` });
    const text = JSON.stringify(shown, replacer);
    return text ?? "{}";
  } catch {
    return JSON.stringify(response(error));
  }
}

/** An error of the runtime, such as `Runtime.HandlerNotFound`. With `cause`, its stack goes on with that of another. */
export function runtimeError(name, message, cause) {
  const error = new Error(message);
  Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  const frames = stackLines(cause ?? error).filter((line) => line.startsWith("    at "));
  error.stack = [`${name}: ${message}`, ...frames].join("\n");
  return error;
}

/** An error of Node's, with a code. */
export function nodeError(Kind, code, message) {
  const error = new Kind(message);
  error.code = code;
  if (typeof error.stack === "string") error.stack = error.stack.replace(/^[^\n]*/, `${error.name} [${code}]: ${message}`);
  return error;
}

const CODES = [
  "INDEX_SIZE", "DOMSTRING_SIZE", "HIERARCHY_REQUEST", "WRONG_DOCUMENT", "INVALID_CHARACTER", "NO_DATA_ALLOWED", "NO_MODIFICATION_ALLOWED", "NOT_FOUND", "NOT_SUPPORTED", "INUSE_ATTRIBUTE",
  "INVALID_STATE", "SYNTAX", "INVALID_MODIFICATION", "NAMESPACE", "INVALID_ACCESS", "VALIDATION", "TYPE_MISMATCH", "SECURITY", "NETWORK", "ABORT", "URL_MISMATCH", "QUOTA_EXCEEDED", "TIMEOUT",
  "INVALID_NODE_TYPE", "DATA_CLONE",
];

/** The errors of the web's interfaces. */
export class DOMException extends Error {
  #name;
  constructor(message = "", options = "Error") {
    super(message);
    this.#name = typeof options === "string" ? options : (options?.name ?? "Error");
    if (typeof options === "object" && options?.cause !== undefined) this.cause = options.cause;
  }
  get name() {
    return this.#name ?? "Error";
  }
  get code() {
    // `NotFoundError` is what NOT_FOUND_ERR numbers; some constants have no name of an error any more.
    const constant = `${(this.#name ?? "").replace(/Error$/, "").replace(/(?!^)[A-Z]/g, "_$&").toUpperCase()}_ERR`.replace("TIME_OUT", "TIMEOUT");
    return DOMException[constant] ?? 0;
  }
}
for (const name of ["name", "code"]) Object.defineProperty(DOMException.prototype, name, { enumerable: true });
for (const [at, name] of CODES.entries()) {
  for (const place of [DOMException, DOMException.prototype]) Object.defineProperty(place, `${name}_ERR`, { value: at + 1, enumerable: true });
}
