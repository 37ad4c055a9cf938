// `crypto`, the global one and Node's module: random numbers of the environment's seed, digests and HMAC.

import { host } from "../host.js";
import { DOMException, nodeError } from "../errors.js";
import { bytesOf } from "../web/text.js";
import { Buffer } from "./buffer.js";

export function randomUUID() {
  const bytes = new Uint8Array(host.randomBytes(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function getRandomValues(array) {
  if (!ArrayBuffer.isView(array) || array instanceof DataView || array instanceof Float32Array || array instanceof Float64Array) {
    throw new DOMException("The data argument must be an integer-type TypedArray", "TypeMismatchError");
  }
  if (array.byteLength > 65536) throw new DOMException(`The requested length exceeds 65,536 bytes`, "QuotaExceededError");
  bytesOf(array).set(new Uint8Array(host.randomBytes(array.byteLength)));
  return array;
}

const HASHES = { md5: 64, sha1: 64, sha256: 64, sha512: 128 };

function nameOf(algorithm) {
  const name = String(algorithm).toLowerCase().replace("-", "");
  if (!Object.hasOwn(HASHES, name)) throw nodeError(Error, "ERR_COLDSTART_NOT_HERE", `Digest method not supported: ${algorithm}. Coldstart's JavaScript runtime has md5, sha1, sha256 and sha512`);
  return name;
}

const digestOf = (name, bytes) => Buffer.from(host.hash(name, bytes));
const dataOf = (data, encoding) => (typeof data === "string" ? Buffer.from(data, encoding) : bytesOf(data));

class Hash {
  #name;
  #parts = [];
  #outer = null;
  constructor(algorithm, key) {
    this.#name = nameOf(algorithm);
    if (key === undefined) return;
    // HMAC: the key, padded to a block, before what is hashed and before its digest.
    const size = HASHES[this.#name];
    let bytes = dataOf(key);
    if (bytes.length > size) bytes = digestOf(this.#name, bytes);
    const block = Buffer.alloc(size);
    block.set(bytes);
    this.#parts.push(block.map((byte) => byte ^ 0x36));
    this.#outer = block.map((byte) => byte ^ 0x5c);
  }
  update(data, encoding) {
    this.#parts.push(Buffer.from(dataOf(data, encoding)));
    return this;
  }
  copy() {
    const made = new Hash(this.#name);
    made.#parts = [...this.#parts];
    made.#outer = this.#outer;
    return made;
  }
  digest(encoding) {
    let out = digestOf(this.#name, Buffer.concat(this.#parts));
    if (this.#outer) out = digestOf(this.#name, Buffer.concat([this.#outer, out]));
    return encoding === undefined || encoding === "buffer" ? out : out.toString(encoding);
  }
}

const subtle = {
  async digest(algorithm, data) {
    const bytes = digestOf(nameOf(typeof algorithm === "string" ? algorithm : algorithm?.name), bytesOf(data));
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  },
};

export const crypto = { randomUUID, getRandomValues, subtle };

function randomInt(min, max, callback) {
  if (max === undefined || typeof max === "function") [min, max, callback] = [0, min, max];
  const number = min + Math.floor(host.random() * (max - min));
  if (callback) queueMicrotask(() => callback(null, number));
  else return number;
}

function randomBytes(size, callback) {
  const bytes = Buffer.from(host.randomBytes(size));
  if (callback) queueMicrotask(() => callback(null, bytes));
  else return bytes;
}

function timingSafeEqual(a, b) {
  const [one, other] = [bytesOf(a), bytesOf(b)];
  if (one.length !== other.length) throw nodeError(RangeError, "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH", "Input buffers must have the same byte length");
  return one.every((byte, at) => byte === other[at]);
}

export const nodeCrypto = {
  randomUUID,
  randomBytes,
  randomInt,
  getRandomValues,
  randomFillSync: (array) => getRandomValues(array),
  createHash: (algorithm) => new Hash(algorithm),
  createHmac: (algorithm, key) => new Hash(algorithm, key),
  hash: (algorithm, data, encoding = "hex") => new Hash(algorithm).update(data).digest(encoding),
  getHashes: () => Object.keys(HASHES),
  timingSafeEqual,
  webcrypto: crypto,
  subtle,
};
