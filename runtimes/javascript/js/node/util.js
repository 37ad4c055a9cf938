// `util`.

import { nodeError } from "../errors.js";
import { format, formatWithOptions, inspect } from "../inspect.js";
import { TextDecoder, TextEncoder } from "../web/text.js";

function promisify(original) {
  if (typeof original !== "function") throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", 'The "original" argument must be of type function');
  if (original[promisify.custom]) return original[promisify.custom];
  return function (...args) {
    return new Promise((resolve, reject) => original.call(this, ...args, (error, value) => (error ? reject(error) : resolve(value))));
  };
}
promisify.custom = Symbol.for("nodejs.util.promisify.custom");

function callbackify(original) {
  return function (...args) {
    const callback = args.pop();
    original.apply(this, args).then((value) => globalThis.process.nextTick(callback, null, value), (error) => globalThis.process.nextTick(callback, error));
  };
}

function inherits(constructor, parent) {
  Object.defineProperty(constructor, "super_", { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

function deprecate(work, message, code) {
  let told = false;
  return function (...args) {
    if (!told) globalThis.process.emitWarning(message, { type: "DeprecationWarning", code });
    told = true;
    return work.apply(this, args);
  };
}

export function isDeepStrictEqual(a, b, seen = new Map()) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (a instanceof Date) return a.getTime() === b.getTime();
  if (a instanceof RegExp) return String(a) === String(b);
  if (a instanceof Error && (a.message !== b.message || a.name !== b.name)) return false;
  if (a instanceof Number || a instanceof String || a instanceof Boolean) return Object.is(a.valueOf(), b.valueOf());
  if (a instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && isDeepStrictEqual(value, b.get(key), seen));
  }
  if (a instanceof Set) {
    return a.size === b.size && [...a].every((value) => b.has(value) || [...b].some((other) => isDeepStrictEqual(value, other, seen)));
  }
  if (a instanceof ArrayBuffer) return isDeepStrictEqual(new Uint8Array(a), new Uint8Array(b), seen);
  if (ArrayBuffer.isView(a) && a.length !== b.length) return false;
  if (Array.isArray(a) && a.length !== b.length) return false;
  const keys = Reflect.ownKeys(a).filter((key) => Object.prototype.propertyIsEnumerable.call(a, key));
  const others = Reflect.ownKeys(b).filter((key) => Object.prototype.propertyIsEnumerable.call(b, key));
  return keys.length === others.length && keys.every((key) => Object.hasOwn(b, key) && isDeepStrictEqual(a[key], b[key], seen));
}

const kindOf = (value) => Object.prototype.toString.call(value).slice(8, -1);
const types = {
  isPromise: (value) => value instanceof Promise,
  isDate: (value) => value instanceof Date,
  isRegExp: (value) => value instanceof RegExp,
  isMap: (value) => value instanceof Map,
  isSet: (value) => value instanceof Set,
  isWeakMap: (value) => value instanceof WeakMap,
  isWeakSet: (value) => value instanceof WeakSet,
  isNativeError: (value) => value instanceof Error,
  isArrayBuffer: (value) => value instanceof ArrayBuffer,
  isAnyArrayBuffer: (value) => value instanceof ArrayBuffer,
  isTypedArray: (value) => ArrayBuffer.isView(value) && !(value instanceof DataView),
  isUint8Array: (value) => value instanceof Uint8Array,
  isDataView: (value) => value instanceof DataView,
  isAsyncFunction: (value) => typeof value === "function" && kindOf(value) === "AsyncFunction",
  isGeneratorFunction: (value) => typeof value === "function" && /GeneratorFunction$/.test(kindOf(value)),
  isBoxedPrimitive: (value) => value instanceof Number || value instanceof String || value instanceof Boolean || value instanceof Symbol || value instanceof BigInt,
  isProxy: () => false,
};

export const util = {
  format,
  formatWithOptions,
  inspect,
  promisify,
  callbackify,
  inherits,
  deprecate,
  isDeepStrictEqual,
  types,
  TextEncoder,
  TextDecoder,
  isArray: Array.isArray,
  stripVTControlCharacters: (text) => text.replace(/\u001b\[[\d;]*[A-Za-z]/g, ""),
  toUSVString: (text) => String(text).toWellFormed(),
  debuglog: () => Object.assign(() => {}, { enabled: false }),
  styleText: (_, text) => text,
};
