// `Buffer`, as a Uint8Array with Node's methods.

import { host } from "../host.js";
import { nodeError } from "../errors.js";
import { custom } from "../inspect.js";
import { atob, btoa, fromBase64, toBase64 } from "../web/text.js";

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function encodingOf(name) {
  const encoding = String(name ?? "utf8").toLowerCase();
  const known = { "utf-8": "utf8", utf8: "utf8", hex: "hex", base64: "base64", base64url: "base64url", ascii: "ascii", latin1: "latin1", binary: "latin1", ucs2: "utf16le", "ucs-2": "utf16le", utf16le: "utf16le", "utf-16le": "utf16le" }[encoding];
  if (known === undefined) throw nodeError(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${name}`);
  return known;
}

/** A text's bytes. */
function encoded(text, name) {
  const encoding = encodingOf(name);
  switch (encoding) {
    case "utf8":
      return new Uint8Array(host.utf8(text));
    case "hex": {
      const clean = /^(?:[0-9a-fA-F]{2})*/.exec(text)[0];
      return Uint8Array.from({ length: clean.length / 2 }, (_, at) => Number.parseInt(clean.slice(at * 2, at * 2 + 2), 16));
    }
    case "base64":
    case "base64url":
      return fromBase64(text);
    case "utf16le": {
      const bytes = new Uint8Array(text.length * 2);
      for (let at = 0; at < text.length; at += 1) {
        bytes[at * 2] = text.charCodeAt(at) & 255;
        bytes[at * 2 + 1] = text.charCodeAt(at) >> 8;
      }
      return bytes;
    }
    default:
      return Uint8Array.from({ length: text.length }, (_, at) => text.charCodeAt(at) & 255);
  }
}

function decoded(bytes, name) {
  const encoding = encodingOf(name);
  let text = "";
  switch (encoding) {
    case "utf8":
      return host.text(bytes);
    case "hex":
      for (const byte of bytes) text += HEX[byte];
      return text;
    case "base64":
    case "base64url":
      return toBase64(bytes, encoding === "base64url");
    case "utf16le":
      for (let at = 0; at + 1 < bytes.length; at += 2) text += String.fromCharCode(bytes[at] | (bytes[at + 1] << 8));
      return text;
    default:
      for (const byte of bytes) text += String.fromCharCode(encoding === "ascii" ? byte & 127 : byte);
      return text;
  }
}

export class Buffer extends Uint8Array {
  static from(value, encoding, length) {
    if (typeof value === "string") return Buffer.#of(encoded(value, encoding));
    if (value instanceof ArrayBuffer) return new Buffer(value, encoding, length);
    if (ArrayBuffer.isView(value) || Array.isArray(value)) return Buffer.#of(Uint8Array.from(value));
    if (value?.type === "Buffer" && Array.isArray(value.data)) return Buffer.#of(Uint8Array.from(value.data));
    const inner = value?.valueOf?.();
    if (inner !== undefined && inner !== null && inner !== value) return Buffer.from(inner, encoding, length);
    if (typeof value === "object" && value !== null && typeof value.length === "number") return Buffer.#of(Uint8Array.from(value));
    throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", `The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object. Received ${value === null ? "null" : typeof value}`);
  }
  static #of(bytes) {
    return new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  static alloc(size, fill, encoding) {
    const made = new Buffer(size);
    return fill === undefined ? made : made.fill(fill, encoding);
  }
  static allocUnsafe(size) {
    return new Buffer(size);
  }
  static allocUnsafeSlow(size) {
    return new Buffer(size);
  }
  static isBuffer(value) {
    return value instanceof Buffer;
  }
  static isEncoding(name) {
    try {
      return typeof name === "string" && encodingOf(name) !== undefined;
    } catch {
      return false;
    }
  }
  static byteLength(value, encoding) {
    return typeof value === "string" ? encoded(value, encoding).length : value.byteLength;
  }
  static concat(list, length) {
    const total = length ?? list.reduce((sum, one) => sum + one.length, 0);
    const made = Buffer.alloc(total);
    let at = 0;
    for (const one of list) {
      if (at >= total) break;
      made.set(one.length > total - at ? one.subarray(0, total - at) : one, at);
      at += one.length;
    }
    return made;
  }
  static compare(a, b) {
    return Buffer.prototype.compare.call(a, b);
  }

  get parent() {
    return this.buffer;
  }
  toString(encoding, from = 0, to = this.length) {
    const bytes = from === 0 && to >= this.length ? this : this.subarray(from, to);
    return decoded(bytes, encoding);
  }
  toLocaleString(encoding) {
    return this.toString(encoding);
  }
  toJSON() {
    return { type: "Buffer", data: Array.from(this) };
  }
  equals(other) {
    return this.length === other.length && this.every((byte, at) => byte === other[at]);
  }
  compare(other) {
    const shared = Math.min(this.length, other.length);
    for (let at = 0; at < shared; at += 1) if (this[at] !== other[at]) return this[at] < other[at] ? -1 : 1;
    return Math.sign(this.length - other.length);
  }
  slice(from, to) {
    return this.subarray(from, to);
  }
  write(text, offset = 0, length = undefined, encoding = "utf8") {
    if (typeof offset === "string") [offset, encoding] = [0, offset];
    else if (typeof length === "string") [length, encoding] = [undefined, length];
    const bytes = encoded(text, encoding).subarray(0, Math.min(length ?? Infinity, this.length - offset));
    this.set(bytes, offset);
    return bytes.length;
  }
  copy(into, at = 0, from = 0, to = this.length) {
    const part = this.subarray(from, Math.min(to, from + into.length - at));
    into.set(part, at);
    return part.length;
  }
  fill(value, from, to, encoding) {
    if (typeof from === "string") [from, encoding] = [0, from];
    if (typeof value === "string" || ArrayBuffer.isView(value)) {
      const bytes = typeof value === "string" ? encoded(value, encoding) : value;
      if (bytes.length === 0) return super.fill(0, from, to);
      for (let at = from ?? 0, index = 0; at < (to ?? this.length); at += 1, index += 1) this[at] = bytes[index % bytes.length];
      return this;
    }
    return super.fill(value, from, to);
  }
  indexOf(value, from = 0, encoding = undefined) {
    if (typeof value === "number") return super.indexOf(value & 255, from);
    if (typeof from === "string") [from, encoding] = [0, from];
    const bytes = typeof value === "string" ? encoded(value, encoding) : value;
    const begin = from < 0 ? Math.max(0, this.length + from) : from;
    for (let at = begin; at + bytes.length <= this.length; at += 1) {
      let index = 0;
      while (index < bytes.length && this[at + index] === bytes[index]) index += 1;
      if (index === bytes.length) return at;
    }
    return -1;
  }
  includes(value, from, encoding) {
    return this.indexOf(value, from, encoding) >= 0;
  }
  swap16() {
    for (let at = 0; at + 1 < this.length; at += 2) [this[at], this[at + 1]] = [this[at + 1], this[at]];
    return this;
  }
  [custom]() {
    const shown = Array.from(this.subarray(0, 50), (byte) => HEX[byte]).join(" ");
    const more = this.length > 50 ? ` ... ${this.length - 50} more byte${this.length > 51 ? "s" : ""}` : "";
    return `<Buffer${shown ? ` ${shown}` : ""}${more}>`;
  }
}

// readUInt8, writeInt32LE and the like.
const view = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
const NUMBERS = [["UInt8", "Uint8", 1], ["Int8", "Int8", 1], ["UInt16", "Uint16", 2], ["Int16", "Int16", 2], ["UInt32", "Uint32", 4], ["Int32", "Int32", 4], ["Float", "Float32", 4], ["Double", "Float64", 8], ["BigInt64", "BigInt64", 8], ["BigUInt64", "BigUint64", 8]];
for (const [name, kind, size] of NUMBERS) {
  for (const end of size === 1 ? [""] : ["LE", "BE"]) {
    const check = (buffer, offset) => {
      if (offset < 0 || offset + size > buffer.length) throw nodeError(RangeError, "ERR_OUT_OF_RANGE", `The value of "offset" is out of range. It must be >= 0 and <= ${buffer.length - size}. Received ${offset}`);
    };
    const methods = {
      [`read${name}${end}`]: function (offset = 0) {
        check(this, offset);
        return view(this)[`get${kind}`](offset, end === "LE");
      },
      [`write${name}${end}`]: function (value, offset = 0) {
        check(this, offset);
        view(this)[`set${kind}`](offset, value, end === "LE");
        return offset + size;
      },
    };
    for (const [key, method] of Object.entries(methods)) {
      Object.defineProperty(Buffer.prototype, key, { value: method, writable: true, configurable: true });
      const other = key.replace("UInt", "Uint");
      if (other !== key) Object.defineProperty(Buffer.prototype, other, { value: method, writable: true, configurable: true });
    }
  }
}

export const bufferModule = { Buffer, atob, btoa, kMaxLength: 2 ** 31 - 1, constants: { MAX_LENGTH: 2 ** 31 - 1, MAX_STRING_LENGTH: 2 ** 29 - 24 } };
