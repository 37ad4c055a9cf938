// structuredClone.

import { DOMException } from "../errors.js";
import { Blob, File } from "./blob.js";

const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

function refuse(value) {
  const text = typeof value === "symbol" ? value.toString() : typeof value === "function" ? value.toString() : `#<${value?.constructor?.name ?? "Object"}>`;
  return new DOMException(`${text} could not be cloned.`, "DataCloneError");
}

function copy(value, seen, moved) {
  if (typeof value === "function" || typeof value === "symbol") throw refuse(value);
  if (typeof value !== "object" || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const keep = (made) => {
    seen.set(value, made);
    return made;
  };
  const members = (into) => {
    for (const key of Object.keys(value)) into[key] = copy(value[key], seen, moved);
    return into;
  };
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (Array.isArray(value)) {
    const made = keep([]);
    made.length = value.length;
    return members(made);
  }
  if (value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt) return keep(Object(value.valueOf()));
  if (value instanceof Symbol) throw refuse(value.valueOf());
  if (value instanceof File) return keep(new File([value], value.name, value));
  if (value instanceof Blob) return keep(value.slice(0, value.size, value.type));
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof ArrayBuffer) return keep(moved.includes(value) ? value.transfer() : value.slice(0));
  if (ArrayBuffer.isView(value)) {
    const buffer = copy(value.buffer, seen, moved);
    if (value instanceof DataView) return keep(new DataView(buffer, value.byteOffset, value.byteLength));
    let Kind = value.constructor;
    // A subclass of a typed array becomes the array that it is one of.
    while (Kind && Object.getPrototypeOf(Object.getPrototypeOf(Kind)) !== Function.prototype) Kind = Object.getPrototypeOf(Kind);
    return keep(new Kind(buffer, value.byteOffset, value.length));
  }
  if (value instanceof Map) {
    const made = keep(new Map());
    for (const [key, one] of [...value]) made.set(copy(key, seen, moved), copy(one, seen, moved));
    return made;
  }
  if (value instanceof Set) {
    const made = keep(new Set());
    for (const one of [...value]) made.add(copy(one, seen, moved));
    return made;
  }
  if (value instanceof Error) {
    const Kind = ERRORS[value.name] ?? Error;
    const error = new Kind(Object.hasOwn(value, "message") ? String(value.message) : undefined);
    keep(error);
    if (typeof value.stack === "string") error.stack = value.stack;
    if (Object.hasOwn(value, "cause")) Object.defineProperty(error, "cause", { value: copy(value.cause, seen, moved), writable: true, configurable: true });
    return error;
  }
  if (["Promise", "WeakMap", "WeakSet", "WeakRef", "Generator", "AsyncGenerator"].includes(kind)) throw refuse(value);
  return members(keep({}));
}

export function structuredClone(value, options) {
  if (arguments.length === 0) throw new TypeError("The \"value\" argument must be specified");
  return copy(value, new Map(), options?.transfer ?? []);
}
