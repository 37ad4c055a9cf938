// URL and URLSearchParams, after the URL standard. Names of hosts beyond ASCII are lowered, composed (NFC) and written in Punycode,
// without the whole table of UTS #46.

import { nodeError } from "../errors.js";
import { custom, inspect } from "../inspect.js";
import { parseHost, percentDecode, percentEncode } from "./hosts.js";

const SPECIAL = { ftp: "21", file: null, http: "80", https: "443", ws: "80", wss: "443" };
const isSpecial = (scheme) => Object.hasOwn(SPECIAL, scheme);

// What is written as %XX in each part, beside control characters and what is not ASCII.
const FRAGMENT = ' "<>`';
const QUERY = ' "#<>';
const PATH = `${QUERY}?^\`{}`;
const USERINFO = `${PATH}/:;=@[\\]|`;

const isDriveLetter = (text) => /^[a-zA-Z][:|]$/.test(text);
const startsWithDriveLetter = (text) => /^[a-zA-Z][:|]([/\\?#]|$)/.test(text);

function shorten(record) {
  if (record.scheme === "file" && record.path.length === 1 && /^[a-zA-Z]:$/.test(record.path[0])) return;
  record.path.pop();
}

const singleDot = (text) => /^(\.|%2e)$/i.test(text);
const doubleDot = (text) => /^(\.|%2e){2}$/i.test(text);

/** Reads the path from `text` on; gives what comes after. */
function readPath(record, text) {
  const special = isSpecial(record.scheme);
  const end = text.search(/[?#]/);
  const [own, rest] = end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end)];
  const given = special ? own.replaceAll("\\", "/") : own;
  if (given === "" && !special) return rest;
  const parts = (given.startsWith("/") ? given.slice(1) : given).split("/");
  parts.forEach((part, at) => {
    const isLast = at === parts.length - 1;
    if (doubleDot(part)) {
      shorten(record);
      if (isLast) record.path.push("");
    } else if (singleDot(part)) {
      if (isLast) record.path.push("");
    } else {
      const drive = record.scheme === "file" && record.path.length === 0 && isDriveLetter(part);
      record.path.push(drive ? `${part[0]}:` : percentEncode(part, PATH));
    }
  });
  return rest;
}

function readQuery(record, rest) {
  const hash = rest.indexOf("#");
  const query = hash < 0 ? rest : rest.slice(0, hash);
  if (query.startsWith("?")) record.query = percentEncode(query.slice(1), isSpecial(record.scheme) ? `${QUERY}'` : QUERY);
  if (hash >= 0) record.fragment = percentEncode(rest.slice(hash + 1), FRAGMENT);
}

/** Reads `user:password@host:port` from the front of `text`; gives what comes after, or null. */
function readAuthority(record, text) {
  const special = isSpecial(record.scheme);
  const end = text.search(special ? /[/\\?#]/ : /[/?#]/);
  const [own, rest] = end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end)];
  const at = own.lastIndexOf("@");
  let place = own;
  if (at >= 0) {
    const colon = own.slice(0, at).indexOf(":");
    const [user, password] = colon < 0 ? [own.slice(0, at), ""] : [own.slice(0, colon), own.slice(colon + 1, at)];
    record.username = percentEncode(user, USERINFO);
    record.password = percentEncode(password, USERINFO);
    place = own.slice(at + 1);
    if (place === "") return null;
  }
  return readHostAndPort(record, place) ? rest : null;
}

function readHostAndPort(record, place) {
  const special = isSpecial(record.scheme);
  const port = /^(.*?)(?::(\d*))?$/s.exec(place.startsWith("[") ? place.slice(place.indexOf("]") + 1) : place);
  const name = place.startsWith("[") ? place.slice(0, place.indexOf("]") + 1) + port[1] : port[1];
  if (place.startsWith("[") && (!place.includes("]") || port[1] !== "")) return false;
  if (name === "") {
    if (special || port[2] !== undefined || record.username || record.password) return false;
    record.host = "";
    return true;
  }
  if (!place.startsWith("[") && name.includes(":")) return false;
  const host = parseHost(name, special);
  if (host === null) return false;
  record.host = host;
  if (port[2]) {
    if (Number(port[2]) > 65535) return false;
    record.port = String(Number(port[2])) === SPECIAL[record.scheme] ? "" : String(Number(port[2]));
  }
  return true;
}

function parseFile(record, rest, base) {
  let given = rest.replace(/^[/\\]+/, (slashes) => slashes.replaceAll("\\", "/"));
  record.host = "";
  if (given.startsWith("//")) {
    given = given.slice(2);
    const end = given.search(/[/\\?#]/);
    const name = end < 0 ? given : given.slice(0, end);
    if (isDriveLetter(name)) {
      record.path = [];
      readQuery(record, readPath(record, given));
      return record;
    }
    if (name !== "") {
      const host = parseHost(name, true);
      if (host === null) return null;
      record.host = host === "localhost" ? "" : host;
    }
    given = end < 0 ? "" : given.slice(end);
    readQuery(record, readPath(record, given));
    return record;
  }
  if (base?.scheme === "file") {
    record.host = base.host;
    if (given.startsWith("/")) {
      if (!startsWithDriveLetter(given.slice(1)) && /^[a-zA-Z]:$/.test(base.path[0] ?? "")) record.path = [base.path[0]];
    } else {
      return relative(record, given, base, startsWithDriveLetter(given));
    }
  }
  readQuery(record, readPath(record, given));
  return record;
}

/** What is left of a path that goes on from a base. */
function relative(record, given, base, fresh) {
  record.path = [...base.path];
  if (given === "" || given.startsWith("#")) {
    record.query = base.query;
    readQuery(record, given);
    return record;
  }
  if (given.startsWith("?")) {
    readQuery(record, given);
    return record;
  }
  if (fresh) record.path = [];
  else shorten(record);
  readQuery(record, readPath(record, given));
  return record;
}

function parse(input, base) {
  const given = input.replace(/^[\0-\x20]+|[\0-\x20]+$/g, "").replace(/[\t\n\r]/g, "");
  const record = { scheme: "", username: "", password: "", host: null, port: "", path: [], opaque: null, query: null, fragment: null };
  const scheme = /^([a-zA-Z][a-zA-Z\d+.-]*):/.exec(given);
  if (!scheme) {
    if (!base) return null;
    if (base.opaque !== null && !given.startsWith("#")) return null;
    record.scheme = base.scheme;
    if (base.opaque !== null) {
      Object.assign(record, base);
      record.fragment = percentEncode(given.slice(1), FRAGMENT);
      return record;
    }
    return base.scheme === "file" ? parseFile(record, given, base) : parseRelative(record, given, base);
  }
  record.scheme = scheme[1].toLowerCase();
  const rest = given.slice(scheme[0].length);
  if (record.scheme === "file") return parseFile(record, rest, base?.scheme === "file" ? base : null);
  if (isSpecial(record.scheme)) {
    if (base && base.scheme === record.scheme && !/^[/\\]{2}/.test(rest)) return parseRelative(record, rest, base);
    const after = readAuthority(record, rest.replace(/^[/\\]+/, ""));
    if (after === null) return null;
    readQuery(record, readPath(record, after));
    return record;
  }
  if (rest.startsWith("//")) {
    const after = readAuthority(record, rest.slice(2));
    if (after === null) return null;
    readQuery(record, readPath(record, after));
    return record;
  }
  if (rest.startsWith("/")) {
    readQuery(record, readPath(record, rest));
    return record;
  }
  const end = rest.search(/[?#]/);
  record.opaque = percentEncode(end < 0 ? rest : rest.slice(0, end), "");
  if (end >= 0) readQuery(record, rest.slice(end));
  else record.opaque = record.opaque.replace(/ $/, "");
  return record;
}

function parseRelative(record, given, base) {
  const special = isSpecial(record.scheme);
  const slash = special ? /^[/\\]/ : /^\//;
  if (slash.test(given) && slash.test(given.slice(1))) {
    const after = readAuthority(record, special ? given.replace(/^[/\\]+/, "") : given.slice(2));
    if (after === null) return null;
    readQuery(record, readPath(record, after));
    return record;
  }
  for (const member of ["username", "password", "host", "port"]) record[member] = base[member];
  if (slash.test(given)) {
    readQuery(record, readPath(record, given));
    return record;
  }
  return relative(record, given, base, false);
}

function pathText(record) {
  if (record.opaque !== null) return record.opaque;
  return record.path.map((part) => `/${part}`).join("");
}

function serialize(record) {
  let out = `${record.scheme}:`;
  if (record.host !== null) {
    out += "//";
    if (record.username || record.password) out += `${record.username}${record.password ? `:${record.password}` : ""}@`;
    out += record.host + (record.port === "" ? "" : `:${record.port}`);
  } else if (record.opaque === null && record.path.length > 1 && record.path[0] === "") {
    out += "/.";
  }
  out += pathText(record);
  if (record.query !== null) out += `?${record.query}`;
  if (record.fragment !== null) out += `#${record.fragment}`;
  return out;
}

// URLSearchParams

const plus = (text) => percentDecode(text.replaceAll("+", " "));
const formEncode = (text) => percentEncode(text, ` !"#$%&'()+,/:;<=>?@[\\]^\`{|}~`).replaceAll("%20", "+");

function pairsOf(text) {
  return text
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const at = part.indexOf("=");
      return at < 0 ? [plus(part), ""] : [plus(part.slice(0, at)), plus(part.slice(at + 1))];
    });
}

const wellFormed = (value) => String(value).toWellFormed();

export class URLSearchParams {
  #list = [];
  #url = null;
  constructor(init = "") {
    if (init === null || init === undefined) return;
    if (typeof init === "object" || typeof init === "function") {
      if (typeof init[Symbol.iterator] === "function") {
        for (const pair of init) {
          const list = [...pair];
          if (list.length !== 2) throw nodeError(TypeError, "ERR_INVALID_TUPLE", "Each query pair must be an iterable [name, value] tuple");
          this.#list.push(list.map(wellFormed));
        }
      } else {
        // Keys that differ in halves of characters only are one.
        const pairs = new Map();
        for (const key of Reflect.ownKeys(init)) {
          if (!Object.getOwnPropertyDescriptor(init, key)?.enumerable) continue;
          pairs.set(wellFormed(key), wellFormed(init[key]));
        }
        this.#list = [...pairs];
      }
    } else this.#list = pairsOf(wellFormed(init).replace(/^\?/, ""));
  }
  static given(params, url, text) {
    params.#url = url;
    params.#list = text === null ? [] : pairsOf(text);
  }
  #changed() {
    this.#url?.(this.toString());
  }
  append(name, value) {
    this.#list.push([wellFormed(name), wellFormed(value)]);
    this.#changed();
  }
  delete(name, value) {
    this.#list = this.#list.filter(([key, one]) => key !== String(name) || (value !== undefined && one !== String(value)));
    this.#changed();
  }
  get(name) {
    return this.#list.find(([key]) => key === String(name))?.[1] ?? null;
  }
  getAll(name) {
    return this.#list.filter(([key]) => key === String(name)).map(([, value]) => value);
  }
  has(name, value) {
    return this.#list.some(([key, one]) => key === String(name) && (value === undefined || one === String(value)));
  }
  set(name, value) {
    const at = this.#list.findIndex(([key]) => key === String(name));
    if (at < 0) this.#list.push([wellFormed(name), wellFormed(value)]);
    else this.#list = this.#list.filter(([key], index) => key !== String(name) || index === at).map((pair, index) => (index === at ? [pair[0], wellFormed(value)] : pair));
    this.#changed();
  }
  sort() {
    this.#list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#changed();
  }
  get size() {
    return this.#list.length;
  }
  forEach(callback, self) {
    for (const [key, value] of this.#list) callback.call(self, value, key, this);
  }
  *entries() {
    for (let at = 0; at < this.#list.length; at += 1) yield [...this.#list[at]];
  }
  *keys() {
    for (const [key] of this.entries()) yield key;
  }
  *values() {
    for (const [, value] of this.entries()) yield value;
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  toString() {
    return this.#list.map(([key, value]) => `${formEncode(key)}=${formEncode(value)}`).join("&");
  }
  get [Symbol.toStringTag]() {
    return "URLSearchParams";
  }
  [custom](depth, options) {
    const shown = this.#list.map(([key, value]) => `${inspect(key, options)} => ${inspect(value, options)}`).join(", ");
    return shown === "" ? "URLSearchParams {}" : `URLSearchParams { ${shown} }`;
  }
}
const bind = URLSearchParams.given;
delete URLSearchParams.given;

export class URL {
  #record;
  #params = new URLSearchParams();
  constructor(input, base) {
    if (arguments.length === 0) throw nodeError(TypeError, "ERR_MISSING_ARGS", 'The "url" argument must be specified');
    const from = base === undefined ? null : parse(wellFormed(base), null);
    const record = base !== undefined && from === null ? null : parse(wellFormed(input), from);
    if (record === null) {
      const error = nodeError(TypeError, "ERR_INVALID_URL", "Invalid URL");
      error.input = String(input);
      if (base !== undefined) error.base = String(base);
      throw error;
    }
    this.#use(record);
  }
  #use(record) {
    this.#record = record;
    bind(this.#params, (text) => {
      this.#record.query = text === "" ? null : text;
      this.#trim();
    }, record.query);
  }
  /** Without anything behind it, an opaque path ends before its last spaces. */
  #trim() {
    const record = this.#record;
    if (record.opaque !== null && record.query === null && record.fragment === null) record.opaque = record.opaque.replace(/ +$/, "");
  }
  static canParse(input, base) {
    return URL.parse(input, base) !== null;
  }
  static parse(input, base) {
    try {
      return base === undefined ? new URL(input) : new URL(input, base);
    } catch {
      return null;
    }
  }
  get href() {
    return serialize(this.#record);
  }
  set href(value) {
    this.#use(new URL(value).#record);
  }
  get origin() {
    const { scheme, host, port, opaque } = this.#record;
    if (scheme === "blob" && opaque !== null) return /^https?:/.test(opaque) ? (URL.parse(opaque)?.origin ?? "null") : "null";
    return isSpecial(scheme) && scheme !== "file" ? `${scheme}://${host}${port === "" ? "" : `:${port}`}` : "null";
  }
  get protocol() {
    return `${this.#record.scheme}:`;
  }
  set protocol(value) {
    const scheme = /^([a-zA-Z][a-zA-Z\d+.-]*)(:|$)/.exec(String(value).replace(/[\t\n\r]/g, ""))?.[1].toLowerCase();
    const record = this.#record;
    if (!scheme || isSpecial(scheme) !== isSpecial(record.scheme)) return;
    if (scheme === "file" && (record.username || record.password || record.port)) return;
    if (record.scheme === "file" && record.host === "") return;
    record.scheme = scheme;
    if (record.port === SPECIAL[scheme]) record.port = "";
  }
  get username() {
    return this.#record.username;
  }
  set username(value) {
    if (this.#hasNoUser()) return;
    this.#record.username = percentEncode(wellFormed(value), USERINFO);
  }
  get password() {
    return this.#record.password;
  }
  set password(value) {
    if (this.#hasNoUser()) return;
    this.#record.password = percentEncode(wellFormed(value), USERINFO);
  }
  #hasNoUser() {
    return this.#record.host === null || this.#record.host === "" || this.#record.scheme === "file";
  }
  get host() {
    return (this.#record.host ?? "") + (this.#record.port === "" ? "" : `:${this.#record.port}`);
  }
  set host(value) {
    this.#place(value, true);
  }
  get hostname() {
    return this.#record.host ?? "";
  }
  set hostname(value) {
    this.#place(value, false);
  }
  #place(value, withPort) {
    if (this.#record.opaque !== null) return;
    const special = isSpecial(this.#record.scheme);
    let place = wellFormed(value).replace(/[\t\n\r]/g, "");
    const end = place.search(special ? /[/\\?#]/ : /[/?#]/);
    if (end >= 0) place = place.slice(0, end);
    const { username, password, port } = this.#record;
    if (place === "" && (special ? this.#record.scheme !== "file" : username || password || port)) return;
    const colon = place.startsWith("[") ? place.indexOf(":", place.indexOf("]")) : place.indexOf(":");
    if (colon === 0 || (!withPort && colon > 0)) return;
    const digits = colon < 0 ? "" : /^\d*/.exec(place.slice(colon + 1))[0];
    const name = colon < 0 ? place : place.slice(0, colon);
    const record = { ...this.#record };
    if (this.#record.scheme === "file") {
      const host = name === "" ? "" : parseHost(name, true);
      if (host === null || colon >= 0) return;
      this.#record.host = host === "localhost" ? "" : host;
      return;
    }
    if (!readHostAndPort(record, Number(digits) > 65535 ? name : name + (digits ? `:${digits}` : ""))) return;
    this.#record.host = record.host;
    this.#record.port = record.port;
  }
  get port() {
    return this.#record.port;
  }
  set port(value) {
    if (this.#hasNoUser()) return;
    const given = String(value).replace(/[\t\n\r]/g, "");
    if (given === "") this.#record.port = "";
    const digits = /^\d+/.exec(given)?.[0];
    if (digits === undefined || Number(digits) > 65535) return;
    this.#record.port = String(Number(digits)) === SPECIAL[this.#record.scheme] ? "" : String(Number(digits));
  }
  get pathname() {
    return pathText(this.#record);
  }
  set pathname(value) {
    if (this.#record.opaque !== null) return;
    this.#record.path = [];
    const text = wellFormed(value).replace(/[\t\n\r]/g, "").replaceAll("?", "%3F").replaceAll("#", "%23");
    // Without a host, a path is all that there is.
    if (text === "" && this.#record.host === null) this.#record.path = [""];
    else if (text !== "" || isSpecial(this.#record.scheme)) readPath(this.#record, text);
  }
  get search() {
    return this.#record.query ? `?${this.#record.query}` : "";
  }
  set search(value) {
    const text = wellFormed(value).replace(/[\t\n\r]/g, "");
    this.#record.query = text === "" ? null : percentEncode(text.replace(/^\?/, "").replaceAll("#", "%23"), isSpecial(this.#record.scheme) ? `${QUERY}'` : QUERY);
    this.#trim();
    this.#use(this.#record);
  }
  get searchParams() {
    return this.#params;
  }
  get hash() {
    return this.#record.fragment ? `#${this.#record.fragment}` : "";
  }
  set hash(value) {
    const text = wellFormed(value).replace(/[\t\n\r]/g, "");
    this.#record.fragment = text === "" ? null : percentEncode(text.replace(/^#/, ""), FRAGMENT);
    this.#trim();
  }
  toString() {
    return this.href;
  }
  toJSON() {
    return this.href;
  }
  get [Symbol.toStringTag]() {
    return "URL";
  }
  [custom](depth, options) {
    const shown = {};
    for (const key of ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "searchParams", "hash"]) shown[key] = this[key];
    return `URL ${inspect(shown, options)}`;
  }
}
