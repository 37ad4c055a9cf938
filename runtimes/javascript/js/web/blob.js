// Blob and File: bytes that do not change. Without streams.

import { host } from "../host.js";
import { nodeError } from "../errors.js";
import { refusing } from "./absent.js";
import { bytesOf } from "./text.js";

const given = Symbol("bytes");

function joined(parts) {
  if (parts === undefined) return new Uint8Array(0);
  if (typeof parts !== "object" || parts === null || typeof parts[Symbol.iterator] !== "function") throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", 'The "sources" argument must be a sequence');
  const chunks = [...parts].map((part) => (part instanceof Blob ? part[given] : ArrayBuffer.isView(part) || part instanceof ArrayBuffer ? bytesOf(part) : new Uint8Array(host.utf8(String(part)))));
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

export class Blob {
  #type;
  constructor(parts, options) {
    Object.defineProperty(this, given, { value: joined(parts) });
    const type = String(options?.type ?? "");
    this.#type = /[^\x20-\x7e]/.test(type) ? "" : type.toLowerCase();
  }
  get size() {
    return this[given].length;
  }
  get type() {
    return this.#type;
  }
  slice(start, end, type = "") {
    return new Blob([this[given].slice(start, end)], { type });
  }
  async arrayBuffer() {
    return this[given].slice().buffer;
  }
  async bytes() {
    return this[given].slice();
  }
  async text() {
    return host.text(this[given]).replace(/^\ufeff/, "");
  }
  get [Symbol.toStringTag]() {
    return "Blob";
  }
}
Blob.prototype.stream = refusing("Blob.stream");
Object.defineProperty(Blob.prototype, "stream", { enumerable: false });

export class File extends Blob {
  #name;
  #modified;
  constructor(parts, name, options) {
    if (arguments.length < 2) throw nodeError(TypeError, "ERR_MISSING_ARGS", 'The "fileBits" and "fileName" arguments must be specified');
    super(parts, options);
    this.#name = String(name).toWellFormed();
    this.#modified = options?.lastModified === undefined ? Date.now() : Number(options.lastModified) || 0;
  }
  get name() {
    return this.#name;
  }
  get lastModified() {
    return this.#modified;
  }
  get [Symbol.toStringTag]() {
    return "File";
  }
}
