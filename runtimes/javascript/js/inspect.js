// `util.inspect` and `util.format`: how values look in the log. The layout follows Node's rules: 72 columns to a line, depth 2,
// 100 elements, six short entries of an array in a row.

import { headOf } from "./errors.js";

export const custom = Symbol.for("nodejs.util.inspect.custom");
const IDENTIFIER = /^[a-zA-Z_][a-zA-Z_0-9]*$/;

function quoted(text) {
  const quote = !text.includes("'") ? "'" : !text.includes('"') ? '"' : !text.includes("`") && !text.includes("${") ? "`" : "'";
  const escapes = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\\": "\\\\" };
  let out = "";
  for (const character of text) {
    const code = character.codePointAt(0);
    if (escapes[character]) out += escapes[character];
    else if (character === quote) out += `\\${quote}`;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).toUpperCase().padStart(2, "0")}`;
    else if (code >= 0xd800 && code <= 0xdfff) out += `\\u${code.toString(16).toUpperCase()}`;
    else out += character;
  }
  return quote + out + quote;
}

function primitive(value, inner) {
  switch (typeof value) {
    case "string":
      return inner ? quoted(value) : value;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return `${value}n`;
    default:
      return String(value);
  }
}

const keyText = (key) => (typeof key === "symbol" ? `[${String(key)}]` : IDENTIFIER.test(key) ? key : quoted(key));

function constructorName(value) {
  for (let holder = value; holder; holder = Object.getPrototypeOf(holder)) {
    const own = Object.getOwnPropertyDescriptor(holder, "constructor");
    if (own && typeof own.value === "function" && own.value.name !== "") return own.value.name;
  }
  return null;
}

function prefix(value, name, fallback, size) {
  const tag = typeof value[Symbol.toStringTag] === "string" ? value[Symbol.toStringTag] : "";
  const shown = name === null ? `[${fallback}: null prototype]` : name;
  const sized = size === undefined ? shown : `${shown}(${size})`;
  return tag !== "" && tag !== name && tag !== fallback ? `${sized} [${tag}] ` : `${sized} `;
}

function functionBase(value, name) {
  const text = Function.prototype.toString.call(value);
  const own = value.name;
  if (text.startsWith("class")) {
    const parent = Object.getPrototypeOf(value)?.name;
    return `[class ${own || "(anonymous)"}${parent ? ` extends ${parent}` : ""}]`;
  }
  const kind = name ?? "Function";
  return own ? `[${kind}: ${own}]` : `[${kind} (anonymous)]`;
}

function errorBase(error, cx) {
  const name = error.name;
  let text = typeof error.stack === "string" && error.stack ? error.stack.replace(/\n$/, "") : `[${headOf(error)}]`;
  // A name that was set after the stack was taken.
  if (typeof name === "string" && !text.split("\n", 1)[0].includes(name)) {
    text = text.replace(/^\[?(\w*Error)/, (all, old) => all.replace(old, name));
  }
  const constructor = constructorName(error);
  if (constructor && name === "Error" && constructor !== "Error" && text.startsWith("Error")) text = constructor + text.slice("Error".length);
  if (!text.includes("\n    at")) text = text.startsWith("[") ? text : `[${text}]`;
  return cx.indentation > 0 ? text.replaceAll("\n", `\n${" ".repeat(cx.indentation)}`) : text;
}

function keysOf(value, cx) {
  const names = cx.showHidden ? Object.getOwnPropertyNames(value) : Object.keys(value);
  const symbols = Object.getOwnPropertySymbols(value).filter((key) => cx.showHidden || Object.prototype.propertyIsEnumerable.call(value, key));
  return [...names, ...symbols];
}

function property(cx, value, key, depth, element) {
  const described = Object.getOwnPropertyDescriptor(value, key) ?? { value: value[key], enumerable: true };
  let text;
  if ("value" in described) {
    text = nested(cx, described.value, depth);
  } else {
    text = described.get ? (described.set ? "[Getter/Setter]" : "[Getter]") : "[Setter]";
  }
  if (element) return text;
  const name = described.enumerable === false ? `[${typeof key === "symbol" ? String(key) : key}]` : keyText(key);
  return `${name}: ${text}`;
}

function nested(cx, value, depth) {
  cx.indentation += 2;
  const text = inspectAny(cx, value, depth);
  cx.indentation -= 2;
  return text;
}

/** Short elements of a long array, in columns. */
function grouped(cx, output, extras, value) {
  let total = 0;
  let longest = 0;
  const count = extras ? output.length - 1 : output.length;
  const lengths = [];
  for (let at = 0; at < count; at += 1) {
    lengths.push(output[at].length);
    total += output[at].length + 2;
    longest = Math.max(longest, output[at].length);
  }
  const width = longest + 2;
  if (!(width * 3 + cx.indentation < 80 && (total / width > 5 || longest <= 6))) return output;
  const biased = Math.max(width - 3 - Math.sqrt(width - total / output.length), 1);
  const columns = Math.min(Math.round(Math.sqrt(2.5 * biased * count) / biased), Math.floor((80 - cx.indentation) / width), cx.compact * 4, 15);
  if (columns <= 1) return output;
  const widths = [];
  for (let column = 0; column < columns; column += 1) {
    let most = 0;
    for (let at = column; at < count; at += columns) most = Math.max(most, lengths[at]);
    widths.push(most + 2);
  }
  const numbers = value !== undefined && value.every?.((one) => typeof one === "number" || typeof one === "bigint");
  const rows = [];
  for (let from = 0; from < count; from += columns) {
    const to = Math.min(from + columns, count);
    let row = "";
    for (let at = from; at < to; at += 1) {
      const cell = at < to - 1 ? `${output[at]}, ` : output[at];
      const room = widths[at - from] - (at < to - 1 ? 0 : 2);
      row += numbers ? cell.padStart(room) : at < to - 1 ? cell.padEnd(room) : cell;
    }
    rows.push(row);
  }
  if (extras) rows.push(output[count]);
  return rows;
}

/** Entries between braces: on one line if they are few and short. */
function joined(cx, output, base, braces, isArray, extras, value, depth) {
  let list = output;
  if (isArray && output.length > 6) list = grouped(cx, output, extras, value);
  // What holds at most so many levels may stand on one line.
  if (cx.level - depth < cx.compact && list === output) {
    const start = list.length + cx.indentation + braces[0].length + base.length + 10;
    const length = list.reduce((sum, text) => sum + text.length, 0) + list.length;
    if (start + length <= cx.breakLength && !list.some((text) => text.includes("\n")) && !base.includes("\n")) {
      return `${base ? `${base} ` : ""}${braces[0]} ${list.join(", ")} ${braces[1]}`;
    }
  }
  const indentation = `\n${" ".repeat(cx.indentation)}`;
  return `${base ? `${base} ` : ""}${braces[0]}${indentation}  ${list.join(`,${indentation}  `)}${indentation}${braces[1]}`;
}

function inspectAny(cx, value, depth) {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return primitive(value, true);
  const own = cx.customInspect ? value[custom] : undefined;
  if (typeof own === "function" && own !== inspect) {
    const given = own.call(value, cx.depth === null ? null : cx.depth - depth, { ...cx.options, depth: cx.depth - depth, stylize: (text) => String(text) }, inspect);
    if (given !== value) return typeof given === "object" || typeof given === "function" ? inspectAny(cx, given, depth) : String(given).replaceAll("\n", `\n${" ".repeat(cx.indentation)}`);
  }
  if (cx.seen.includes(value)) {
    if (!cx.circular.has(value)) cx.circular.set(value, cx.circular.size + 1);
    return `[Circular *${cx.circular.get(value)}]`;
  }
  return inspectObject(cx, value, depth);
}

function inspectObject(cx, value, depth) {
  const name = constructorName(value);
  let keys = keysOf(value, cx);
  let braces = ["{", "}"];
  let base = "";
  let isArray = false;
  let entries = null;
  let extra = 0;
  const limit = cx.maxArrayLength;

  if (Array.isArray(value)) {
    isArray = true;
    keys = keys.filter((key) => typeof key === "symbol" || !/^(0|[1-9]\d*)$/.test(key)).filter((key) => key !== "length");
    braces = [name === "Array" ? "[" : `${prefix(value, name, "Array", value.length)}[`, "]"];
    if (value.length === 0 && keys.length === 0) return `${braces[0]}]`;
    entries = () => {
      const out = [];
      let holes = 0;
      const flush = () => {
        if (holes > 0) out.push(`<${holes} empty item${holes > 1 ? "s" : ""}>`);
        holes = 0;
      };
      for (let at = 0; at < value.length && out.length < limit; at += 1) {
        if (at in value) {
          flush();
          out.push(property(cx, value, String(at), depth + 1, true));
        } else holes += 1;
      }
      flush();
      extra = value.length - Math.min(value.length, limit);
      return out;
    };
  } else if (value instanceof Set) {
    if (value.size === 0 && keys.length === 0) return `${prefix(value, name, "Set", 0)}{}`;
    braces[0] = `${prefix(value, name, "Set", value.size)}{`;
    entries = () => [...value].slice(0, limit).map((one) => nested(cx, one, depth + 1));
    extra = Math.max(0, value.size - limit);
  } else if (value instanceof Map) {
    if (value.size === 0 && keys.length === 0) return `${prefix(value, name, "Map", 0)}{}`;
    braces[0] = `${prefix(value, name, "Map", value.size)}{`;
    entries = () => [...value].slice(0, limit).map(([key, one]) => `${nested(cx, key, depth + 1)} => ${nested(cx, one, depth + 1)}`);
    extra = Math.max(0, value.size - limit);
  } else if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    isArray = true;
    keys = keys.filter((key) => typeof key === "symbol" || !/^\d+$/.test(key));
    braces = [`${prefix(value, name, "TypedArray", value.length)}[`, "]"];
    if (value.length === 0 && keys.length === 0) return `${braces[0]}]`;
    entries = () => Array.from(value.subarray(0, limit), (one) => primitive(one, true));
    extra = Math.max(0, value.length - limit);
  } else if (typeof value === "function") {
    base = functionBase(value, name);
    if (keys.length === 0) return base;
  } else if (value instanceof Error) {
    if (!cx.showHidden) keys = keys.filter((key) => !["stack", "message"].includes(key) && !(key === "name" && String(value.stack).includes(value.name)));
    if ("cause" in value && !keys.includes("cause")) keys.push("cause");
    if (Array.isArray(value.errors) && !keys.includes("errors")) keys.push("errors");
    base = errorBase(value, cx);
    if (keys.length === 0) return base;
  } else if (value instanceof Date) {
    base = Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    if (keys.length === 0) return base;
  } else if (value instanceof RegExp) {
    base = String(value);
    if (keys.length === 0) return base;
  } else if (value instanceof Promise) {
    braces[0] = `${prefix(value, name, "Promise")}{`;
    const [state, result] = cx.promiseState(value);
    entries = () => [state === 0 ? "<pending>" : (state === 2 ? "<rejected> " : "") + nested(cx, result, depth + 1)];
  } else if (value instanceof ArrayBuffer) {
    const bytes = Array.from(new Uint8Array(value).subarray(0, 50), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    braces[0] = "ArrayBuffer {";
    entries = () => [`[Uint8Contents]: <${bytes}${value.byteLength > 50 ? ` ... ${value.byteLength - 50} more bytes` : ""}>`, `byteLength: ${value.byteLength}`];
  } else if (value instanceof WeakSet || value instanceof WeakMap) {
    return `${prefix(value, name, "WeakMap")}{ <items unknown> }`;
  } else if (value instanceof Number || value instanceof String || value instanceof Boolean || value instanceof BigInt || value instanceof Symbol) {
    const inner = value.valueOf();
    const kind = inner.constructor.name;
    if (typeof inner === "string") keys = keys.filter((key) => typeof key === "symbol" || !/^\d+$/.test(key));
    base = `[${kind}: ${primitive(inner, true)}]`;
    if (keys.length === 0) return base;
  } else if (Object.prototype.toString.call(value) === "[object Arguments]") {
    isArray = true;
    braces = ["[Arguments] [", "]"];
    keys = [];
    entries = () => Array.from(value, (one) => nested(cx, one, depth + 1));
  } else if (value[Symbol.toStringTag] === "Module") {
    braces[0] = "[Module: null prototype] {";
  } else {
    if (name !== "Object" || typeof value[Symbol.toStringTag] === "string") braces[0] = `${prefix(value, name, "Object")}{`;
    if (keys.length === 0) return `${braces[0]}}`;
  }

  if (cx.depth !== null && depth > cx.depth) {
    const shown = prefix(value, name, Array.isArray(value) ? "Array" : "Object").trimEnd();
    return `[${Array.isArray(value) ? "Array" : shown}]`;
  }
  cx.seen.push(value);
  cx.level = depth;
  let output;
  try {
    output = entries ? entries() : [];
    const more = extra > 0;
    if (more) output.push(`... ${extra} more item${extra > 1 ? "s" : ""}`);
    for (const key of keys) output.push(property(cx, value, key, depth + 1, false));
    if (cx.sorted) output.sort();
    cx.seen.pop();
    const reference = cx.circular.get(value);
    if (reference !== undefined) {
      const mark = `<ref *${reference}>`;
      if (base === "") braces[0] = `${mark} ${braces[0]}`;
      else base = `${mark} ${base}`;
    }
    return joined(cx, output, base, braces, isArray && keys.length === 0, more, isArray ? value : undefined, depth);
  } finally {
    if (cx.seen.at(-1) === value) cx.seen.pop();
  }
}

let promiseState = () => [0];

/** How promises are looked into: the one thing here that the language has no way for. */
export function setPromiseState(look) {
  promiseState = look;
}

export function inspect(value, options, ...older) {
  if (typeof options === "boolean") options = { showHidden: options, depth: older[0] };
  const given = options ?? {};
  const cx = {
    options: given,
    depth: given.depth === undefined ? 2 : given.depth === Infinity ? null : given.depth,
    showHidden: given.showHidden === true,
    customInspect: given.customInspect !== false,
    breakLength: given.breakLength === undefined ? 80 : given.breakLength,
    compact: given.compact === false ? 0 : typeof given.compact === "number" ? given.compact : 3,
    maxArrayLength: given.maxArrayLength === null ? Infinity : (given.maxArrayLength ?? 100),
    sorted: given.sorted === true,
    seen: [],
    circular: new Map(),
    indentation: 0,
    level: 0,
    promiseState,
  };
  return inspectAny(cx, value, 0);
}
inspect.custom = custom;
inspect.defaultOptions = { depth: 2 };

/** What `%s` makes of a value. */
function textOf(value) {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number" && Object.is(value, -0)) return "-0";
  if (typeof value !== "object" || value === null) return String(value);
  const own = value.toString;
  const builtin = [Object.prototype.toString, Error.prototype.toString, Array.prototype.toString];
  if (typeof own === "function" && !builtin.includes(own) && !(value instanceof Date)) return String(value);
  return inspect(value, { depth: 0, compact: 3 });
}

export function format(...args) {
  return formatWithOptions({}, ...args);
}

export function formatWithOptions(options, ...args) {
  const [first] = args;
  let used = 0;
  let out = "";
  if (typeof first === "string") {
    used = 1;
    if (args.length === 1) return first;
    out = first.replace(/%[sdifjoOc%]/g, (mark) => {
      if (mark === "%%") return "%";
      if (used >= args.length) return mark;
      const value = args[used];
      used += 1;
      switch (mark) {
        case "%s":
          return textOf(value);
        case "%d":
          return typeof value === "bigint" ? `${value}n` : typeof value === "symbol" ? "NaN" : primitive(Number(value));
        case "%i":
          return typeof value === "bigint" ? `${value}n` : typeof value === "symbol" ? "NaN" : primitive(Number.parseInt(value));
        case "%f":
          return typeof value === "symbol" ? "NaN" : primitive(Number.parseFloat(value));
        case "%j":
          try {
            return JSON.stringify(value);
          } catch {
            return "[Circular]";
          }
        case "%o":
          return inspect(value, { ...options, showHidden: true, depth: 4 });
        case "%O":
          return inspect(value, options);
        default:
          return "";
      }
    });
  }
  for (const value of args.slice(used)) {
    if (used > 0 || out !== "") out += " ";
    used += 1;
    out += typeof value === "string" ? value : inspect(value, options);
  }
  return out;
}
