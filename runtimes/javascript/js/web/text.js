// TextEncoder, TextDecoder, atob, btoa. The decoders are those of UTF-8, UTF-16 and the encodings of one byte a character.

import { host } from "../host.js";
import { DOMException, nodeError } from "../errors.js";
import { LABELS, upperHalf } from "./encodings.js";

export const bytesOf = (source) => {
  if (source === undefined) return new Uint8Array(0);
  if (source instanceof ArrayBuffer || (typeof SharedArrayBuffer === "function" && source instanceof SharedArrayBuffer)) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", 'The "list" argument must be an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView.');
};

export class TextEncoder {
  get encoding() {
    return "utf-8";
  }
  encode(text = "") {
    return new Uint8Array(host.utf8(String(text)));
  }
  encodeInto(text, into) {
    if (!(into instanceof Uint8Array)) throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", 'The "dest" argument must be an instance of Uint8Array.');
    let [read, written] = [0, 0];
    for (const character of String(text)) {
      const bytes = new Uint8Array(host.utf8(character));
      if (written + bytes.length > into.length) break;
      into.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
}

/** How many bytes at the end begin a character that has not ended. */
function unfinished(bytes) {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 && byte < 0xf5 ? 4 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xc2 && byte < 0xe0 ? 2 : 1;
    if (length <= back) return 0;
    // The second byte may rule the character out.
    const second = back > 1 ? bytes[bytes.length - back + 1] : null;
    const [low, high] = { 0xe0: [0xa0, 0xbf], 0xed: [0x80, 0x9f], 0xf0: [0x90, 0xbf], 0xf4: [0x80, 0x8f] }[byte] ?? [0x80, 0xbf];
    return second !== null && (second < low || second > high) ? 0 : back;
  }
  return 0;
}

export class TextDecoder {
  #kind;
  #left = new Uint8Array(0);
  #begun = false;
  /** What the upper half of an encoding of one byte means. */
  #upper = null;
  constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    // White space of ASCII, and no other.
    const kind = LABELS.get(String(label).replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, "").toLowerCase());
    if (kind === undefined) throw nodeError(RangeError, "ERR_ENCODING_NOT_SUPPORTED", `The "${label}" encoding is not supported`);
    this.#kind = kind;
    this.fatal = Boolean(fatal);
    this.ignoreBOM = Boolean(ignoreBOM);
  }
  get encoding() {
    return this.#kind;
  }
  decode(source, { stream = false } = {}) {
    let bytes = bytesOf(source);
    if (this.#left.length > 0) {
      const joined = new Uint8Array(this.#left.length + bytes.length);
      joined.set(this.#left);
      joined.set(bytes, this.#left.length);
      bytes = joined;
    }
    this.#left = new Uint8Array(0);
    if (stream) {
      const rest = this.#kind === "utf-8" ? unfinished(bytes) : this.#isWide() ? this.#rest16(bytes) : 0;
      this.#left = bytes.slice(bytes.length - rest);
      bytes = bytes.subarray(0, bytes.length - rest);
    }
    let text = this.#text(bytes);
    if (!this.#begun && !this.ignoreBOM && (this.#kind === "utf-8" || this.#isWide()) && text.startsWith("\ufeff")) text = text.slice(1);
    this.#begun = stream && (this.#begun || bytes.length > 0);
    return text;
  }
  #isWide() {
    return this.#kind.startsWith("utf-16");
  }
  #rest16(bytes) {
    const odd = bytes.length % 2;
    const end = bytes.length - odd;
    const high = end >= 2 ? bytes[this.#kind === "utf-16be" ? end - 2 : end - 1] : 0;
    return high >= 0xd8 && high <= 0xdb ? odd + 2 : odd;
  }
  #text(bytes) {
    if (this.#kind === "utf-8") {
      const text = this.fatal ? host.strictText(bytes) : host.text(bytes);
      if (text === undefined) throw this.#invalid();
      return text;
    }
    let text = "";
    if (!this.#isWide()) {
      this.#upper ??= upperHalf(this.#kind);
      for (const byte of bytes) text += byte < 0x80 ? String.fromCharCode(byte) : this.#upper[byte - 0x80];
      if (this.fatal && text.includes("\ufffd")) throw this.#invalid();
      return text;
    }
    const [low, high] = this.#kind === "utf-16be" ? [1, 0] : [0, 1];
    for (let at = 0; at + 1 < bytes.length; at += 2) text += String.fromCharCode(bytes[at + low] | (bytes[at + high] << 8));
    if (bytes.length % 2 === 1) text += "\ufffd";
    if (this.fatal && (bytes.length % 2 === 1 || !text.isWellFormed())) throw this.#invalid();
    return text.toWellFormed();
  }
  #invalid() {
    return nodeError(TypeError, "ERR_ENCODING_INVALID_ENCODED_DATA", `The encoded data was not valid for encoding ${this.#kind}`);
  }
}

export const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES = new Map([...BASE64].map((character, value) => [character, value]));
VALUES.set("-", 62).set("_", 63);

export function toBase64(bytes, url = false) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const three = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += BASE64[three >> 18] + BASE64[(three >> 12) & 63];
    text += (at + 1 < bytes.length ? BASE64[(three >> 6) & 63] : "=") + (at + 2 < bytes.length ? BASE64[three & 63] : "=");
  }
  return url ? text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "") : text;
}

/** The bytes of base64 in either alphabet; what is none of it is left out, as Node does. */
export function fromBase64(text) {
  const bytes = [];
  let [bits, held] = [0, 0];
  for (const character of text) {
    if (character === "=") break;
    const value = VALUES.get(character);
    if (value === undefined) continue;
    held = ((held << 6) | value) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 255);
    }
  }
  return Uint8Array.from(bytes);
}

export function btoa(text) {
  const given = String(text);
  const bytes = new Uint8Array(given.length);
  for (let at = 0; at < given.length; at += 1) {
    const code = given.charCodeAt(at);
    if (code > 255) throw new DOMException("Invalid character", "InvalidCharacterError");
    bytes[at] = code;
  }
  return toBase64(bytes);
}

export function atob(text) {
  let given = String(text).replace(/[\t\n\f\r ]/g, "");
  if (given.length % 4 === 0) given = given.replace(/={1,2}$/, "");
  if (given.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(given)) throw new DOMException("The string to be decoded is not correctly encoded.", "InvalidCharacterError");
  let out = "";
  for (const byte of fromBase64(given)) out += String.fromCharCode(byte);
  return out;
}
