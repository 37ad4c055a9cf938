// Percent-encoding and hosts of URLs: names, Punycode, addresses of IPv4 and IPv6.

import { host as native } from "../host.js";

export function percentEncode(text, set) {
  let out = "";
  for (const character of text) {
    const code = character.codePointAt(0);
    if (code > 0x1f && code < 0x7f && !set.includes(character)) out += character;
    else for (const byte of new Uint8Array(native.utf8(character))) out += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
}

export function percentDecode(text) {
  const given = new Uint8Array(native.utf8(text));
  const bytes = [];
  for (let at = 0; at < given.length; at += 1) {
    const hex = given[at] === 0x25 ? String.fromCharCode(given[at + 1], given[at + 2]) : "";
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else bytes.push(given[at]);
  }
  return native.text(Uint8Array.from(bytes));
}

/** How RFC 3492 takes the next number's likely size from the last one's. */
function adapted(delta, count, isFirst) {
  let value = Math.floor(delta / (isFirst ? 700 : 2));
  value += Math.floor(value / count);
  let k = 0;
  for (; value > 455; k += 36) value = Math.floor(value / 35);
  return k + Math.floor((36 * value) / (value + 38));
}

/** RFC 3492. */
function punycode(label) {
  const points = [...label].map((character) => character.codePointAt(0));
  const basic = points.filter((point) => point < 128);
  let out = String.fromCharCode(...basic);
  if (basic.length > 0) out += "-";
  let [n, delta, bias, done] = [128, 0, 72, basic.length];
  const digit = (value) => String.fromCharCode(value < 26 ? 97 + value : 22 + value);
  while (done < points.length) {
    const next = Math.min(...points.filter((point) => point >= n));
    delta += (next - n) * (done + 1);
    n = next;
    for (const point of points) {
      if (point < n) delta += 1;
      if (point !== n) continue;
      let q = delta;
      for (let k = 36; ; k += 36) {
        const t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
        if (q < t) break;
        out += digit(t + ((q - t) % (36 - t)));
        q = Math.floor((q - t) / (36 - t));
      }
      out += digit(q);
      bias = adapted(delta, done + 1, done === basic.length);
      delta = 0;
      done += 1;
    }
    delta += 1;
    n += 1;
  }
  return `xn--${out}`;
}

/** The text of a label that begins with `xn--`, or null. */
function fromPunycode(label) {
  const given = label.slice(4);
  const last = given.lastIndexOf("-");
  const points = last > 0 ? [...given.slice(0, last)].map((character) => character.codePointAt(0)) : [];
  let [n, i, bias] = [128, 0, 72];
  for (let at = last < 0 ? 0 : last + 1; at < given.length; ) {
    const before = i;
    for (let [k, weight] = [36, 1]; ; k += 36) {
      const code = given.charCodeAt(at);
      at += 1;
      const value = code >= 97 && code <= 122 ? code - 97 : code >= 48 && code <= 57 ? code - 22 : null;
      if (value === null) return null;
      i += value * weight;
      const t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
      if (value < t) break;
      weight *= 36 - t;
    }
    const count = points.length + 1;
    bias = adapted(i - before, count, before === 0);
    n += Math.floor(i / count);
    i %= count;
    if (n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff)) return null;
    points.splice(i, 0, n);
    i += 1;
  }
  return String.fromCodePoint(...points);
}

/** Whether a label stands for a text that would be written so. */
function isPunycode(label) {
  const text = fromPunycode(label);
  return text !== null && /[^\0-\x7f]/.test(text) && text === text.normalize("NFKC").toLowerCase() && !/[\p{Cn}\p{Co}]/u.test(text) && punycode(text) === label;
}

function ipv4Number(text) {
  if (text === "") return null;
  let radix = 10;
  let digits = text;
  if (/^0[xX]/.test(text)) [radix, digits] = [16, text.slice(2)];
  else if (text.length > 1 && text.startsWith("0")) [radix, digits] = [8, text.slice(1)];
  if (digits === "") return 0;
  const valid = { 10: /^\d+$/, 8: /^[0-7]+$/, 16: /^[\da-fA-F]+$/ }[radix];
  return valid.test(digits) ? Number.parseInt(digits, radix) : null;
}

/** The address as a text; the text itself if it is none; null if it is a bad one. */
function ipv4(text) {
  const parts = text.split(".");
  if (parts.at(-1) === "" && parts.length > 1) parts.pop();
  const end = parts.at(-1);
  if (!/^\d+$/.test(end) && ipv4Number(end) === null) return text;
  if (!/^\d+$/.test(end) && !/^0[xX][\da-fA-F]*$/.test(end)) return text;
  if (parts.length > 4) return null;
  const numbers = parts.map(ipv4Number);
  if (numbers.some((number) => number === null)) return null;
  const last = numbers.pop();
  if (numbers.some((number) => number > 255) || last >= 256 ** (4 - numbers.length)) return null;
  const value = numbers.reduce((sum, number, at) => sum + number * 256 ** (3 - at), last);
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

function ipv6(text) {
  let given = text;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(given);
  if (dotted) {
    const bytes = dotted.slice(2);
    if (bytes.some((byte) => Number(byte) > 255 || (byte.length > 1 && byte.startsWith("0")))) return null;
    const [a, b, c, d] = bytes.map(Number);
    given = `${dotted[1]}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  }
  const halves = given.split("::");
  if (halves.length > 2) return null;
  const pieces = (half) => (half === "" ? [] : half.split(":"));
  const [left, right] = [pieces(halves[0]), halves.length === 2 ? pieces(halves[1]) : []];
  if ([...left, ...right].some((piece) => !/^[\da-fA-F]{1,4}$/.test(piece))) return null;
  const count = left.length + right.length;
  if (halves.length === 1 ? count !== 8 : count > 7) return null;
  const all = [...left, ...Array(8 - count).fill("0"), ...right].map((piece) => Number.parseInt(piece, 16));
  // The longest run of zeros, the first of them, is left out.
  let [best, length] = [-1, 1];
  for (let at = 0; at < 8; at += 1) {
    let end = at;
    while (end < 8 && all[end] === 0) end += 1;
    if (end - at > length) [best, length] = [at, end - at];
    at = Math.max(at, end - 1);
  }
  const hex = all.map((piece) => piece.toString(16));
  if (best < 0) return `[${hex.join(":")}]`;
  return `[${hex.slice(0, best).join(":")}::${hex.slice(best + length).join(":")}]`;
}

/** A host as it is written; null if it is none. */
export function parseHost(text, special) {
  if (text.startsWith("[")) return text.endsWith("]") ? ipv6(text.slice(1, -1)) : null;
  if (!special) return /[\0\t\n\r #/:<>?@[\\\]^|]/.test(text) ? null : percentEncode(text, "");
  let domain = percentDecode(text).normalize("NFKC").toLowerCase().replace(/[\u00ad\u200b\u2060\ufeff]/g, "").replace(/[\u3002\uff0e\uff61]/g, ".");
  if (domain.includes("\ufffd")) return null;
  // What is no character, or nobody's, is in no name.
  if (/[\p{Cn}\p{Co}]/u.test(domain)) return null;
  const labels = domain.split(".");
  if (labels.some((label) => label.startsWith("xn--") && !isPunycode(label))) return null;
  domain = labels.map((label) => (/[^\0-\x7f]/.test(label) ? punycode(label) : label)).join(".");
  if (domain === "" || /[\0-\x20#%/:<>?@[\\\]^|\x7f]/.test(domain)) return null;
  return ipv4(domain);
}
