// `console`: lines of the log, in Lambda's text format (time, request id, level, message) or its JSON format.

import { host } from "./host.js";
import { isError, stackLines } from "./errors.js";
import { format, inspect } from "./inspect.js";

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/** Set by lambda.js: which event is worked on, and how the function logs. */
export const state = { requestId: undefined, json: false, level: 0 };

export function setLevel(name) {
  state.level = Math.max(0, LEVELS.indexOf(String(name ?? "TRACE").toUpperCase()));
}

/** Writes a line. A line's end within it would make two events of it; CloudWatch shows a carriage return as one. */
function write(level, message) {
  const stream = level === "ERROR" || level === "WARN" || level === "FATAL" ? 2 : 1;
  host.log(stream, `${new Date().toISOString()}\t${state.requestId}\t${level}\t${message.replaceAll("\n", "\r")}\n`);
}

function errorMembers(error) {
  return { errorType: error?.constructor?.name ?? "UnknownError", errorMessage: error.message, stackTrace: stackLines(error) };
}

function writeJson(level, args) {
  const line = { timestamp: new Date().toISOString(), level, requestId: state.requestId };
  const replacer = (_, value) => (value instanceof Error ? { ...errorMembers(value), ...value } : value);
  let text;
  if (args.length === 1) {
    line.message = args[0];
    try {
      text = JSON.stringify(line, replacer);
    } catch {
      line.message = format(line.message);
      text = JSON.stringify(line);
    }
  } else {
    line.message = format(...args);
    const error = args.find((arg) => arg instanceof Error);
    if (error) Object.assign(line, errorMembers(error));
    text = JSON.stringify(line);
  }
  host.log(level === "ERROR" || level === "WARN" ? 2 : 1, `${text}\n`);
}

let groups = 0;

function log(level, args) {
  if (state.json) {
    if (LEVELS.indexOf(level) >= state.level) writeJson(level, args);
    return;
  }
  const indentation = "  ".repeat(groups);
  const text = format(...args);
  write(level, indentation ? indentation + text.replaceAll("\n", `\n${indentation}`) : text);
}

/** An error that ended something, such as `Invoke Error`. */
export function logError(what, error, text) {
  if (!state.json) write("ERROR", `${what} \t${text}`);
  else if (isError(error)) writeJson("ERROR", [error]);
  else writeJson("ERROR", [what, error]);
}

const counts = new Map();
const times = new Map();

function elapsed(label) {
  const began = times.get(label);
  if (began === undefined) return null;
  const ms = host.now() - began;
  return ms >= 1000 ? `${(ms / 1000).toFixed(3)}s` : `${Number(ms.toFixed(3))}ms`;
}

/** A table of rows, drawn as Node draws it. */
function table(data) {
  if (typeof data !== "object" || data === null) return null;
  const rows = (data instanceof Map || data instanceof Set ? [...data].map((one, at) => [String(at), one]) : Object.entries(data));
  const heads = ["(index)"];
  let values = false;
  for (const [, row] of rows) {
    if (typeof row === "object" && row !== null) for (const key of Object.keys(row)) heads.includes(key) || heads.push(key);
    else values = true;
  }
  if (values) heads.push("Values");
  const show = (value) => inspect(value, { depth: 0 });
  const body = rows.map(([index, row]) => {
    const isRow = typeof row === "object" && row !== null;
    return heads.map((head, at) => (at === 0 ? index : head === "Values" && !isRow ? show(row) : isRow && Object.hasOwn(row, head) ? show(row[head]) : ""));
  });
  const widths = heads.map((head, at) => Math.max(head.length, ...body.map((row) => row[at].length)) + 2);
  const line = (cells) => `│${cells.map((cell, at) => ` ${cell}`.padEnd(widths[at])).join("│")}│`;
  const rule = (left, middle, right) => left + widths.map((width) => "─".repeat(width)).join(middle) + right;
  return [rule("┌", "┬", "┐"), line(heads), rule("├", "┼", "┤"), ...body.map(line), rule("└", "┴", "┘")].join("\n");
}

export const console = {
  log: (...args) => log("INFO", args),
  info: (...args) => log("INFO", args),
  warn: (...args) => log("WARN", args),
  error: (...args) => log("ERROR", args),
  debug: (...args) => log("DEBUG", args),
  trace: (...args) => {
    const at = new Error(format(...args));
    at.name = "Trace";
    log("TRACE", state.json ? args : [["Trace: " + at.message, ...stackLines(at).slice(2)].join("\n")]);
  },
  dir: (value, options) => log("INFO", [inspect(value, { customInspect: false, ...options })]),
  dirxml: (...args) => log("INFO", args),
  table: (data) => log("INFO", [table(data) ?? data]),
  assert: (holds, ...args) => {
    if (holds) return;
    if (typeof args[0] === "string") log("ERROR", [`Assertion failed: ${args[0]}`, ...args.slice(1)]);
    else log("ERROR", ["Assertion failed", ...args]);
  },
  count: (label = "default") => {
    counts.set(`${label}`, (counts.get(`${label}`) ?? 0) + 1);
    log("INFO", [`${label}: ${counts.get(`${label}`)}`]);
  },
  countReset: (label = "default") => void counts.delete(`${label}`),
  group: (...args) => {
    if (args.length > 0) log("INFO", args);
    groups += 1;
  },
  groupEnd: () => {
    groups = Math.max(0, groups - 1);
  },
  time: (label = "default") => void times.set(`${label}`, host.now()),
  timeLog: (label = "default", ...args) => {
    const text = elapsed(`${label}`);
    if (text !== null) log("INFO", [`${label}: ${text}`, ...args]);
  },
  timeEnd: (label = "default") => {
    const text = elapsed(`${label}`);
    times.delete(`${label}`);
    if (text !== null) log("INFO", [`${label}: ${text}`]);
  },
};
console.groupCollapsed = console.group;

/** What `process.stdout.write` does. */
export function writeRaw(stream, text) {
  host.log(stream, String(text));
  return true;
}
