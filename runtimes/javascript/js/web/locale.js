// What texts, numbers and dates have of locales: English of the United States, in UTC, which is what Lambda's environments are set to. The order of
// texts is that of the Unicode collation as far as letters with and without accents, case, digits and punctuation go. Everything else is refused by name.

import { refusing } from "./absent.js";

const refused = (what) => refusing(what)();

function english(what, locales) {
  const wanted = Array.isArray(locales) ? locales[0] : locales;
  if (wanted !== undefined && !/^en(-us)?$/i.test(String(wanted))) refused(`${what} for the locale ${String(wanted)}`);
}

/** The options, if there are no others than these. */
function only(what, options, ...names) {
  for (const name of Object.keys(options ?? {})) if (!names.includes(name) && options[name] !== undefined) refused(`${what} with ${name}`);
  return options ?? {};
}

const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");

function number(locales, options) {
  const what = "Number.prototype.toLocaleString";
  english(what, locales);
  const value = Number(this);
  const given = only(what, options, "minimumFractionDigits", "maximumFractionDigits", "useGrouping");
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "-∞" : "∞";
  const least = given.minimumFractionDigits ?? 0;
  const most = given.maximumFractionDigits ?? Math.max(least, 3);
  if (!(least >= 0 && least <= most && most <= 20) || Math.abs(value) >= 1e21) refused(`${what} of ${value} with ${least} to ${most} digits`);
  let [whole, part = ""] = Math.abs(value).toFixed(most).split(".");
  while (part.length > least && part.endsWith("0")) part = part.slice(0, -1);
  const text = (given.useGrouping === false ? whole : grouped(whole)) + (part ? `.${part}` : "");
  return value < 0 || Object.is(value, -0) ? `-${text}` : text;
}

function bigint(locales, options) {
  english("BigInt.prototype.toLocaleString", locales);
  only("BigInt.prototype.toLocaleString", options);
  return this.toString().replace(/\d+/, grouped);
}

const date = (what, parts) =>
  function (locales, options) {
    english(what, locales);
    const { timeZone = "UTC" } = only(what, options, "timeZone");
    if (!/^(utc|etc\/utc|gmt)$/i.test(timeZone)) refused(`${what} in ${timeZone}`);
    if (Number.isNaN(this.getTime())) return "Invalid Date";
    const two = (value) => String(value).padStart(2, "0");
    const hours = this.getUTCHours();
    const day = `${this.getUTCMonth() + 1}/${this.getUTCDate()}/${this.getUTCFullYear()}`;
    const time = `${hours % 12 || 12}:${two(this.getUTCMinutes())}:${two(this.getUTCSeconds())} ${hours < 12 ? "AM" : "PM"}`;
    return parts === "both" ? `${day}, ${time}` : parts === "day" ? day : time;
  };

// Space, punctuation, symbols, digits, letters.
const rank = (character) => (/\s/.test(character) ? 0 : /\p{P}/u.test(character) ? 1 : /\p{N}/u.test(character) ? 3 : /\p{L}/u.test(character) ? 4 : 2);

function compareBases(a, b, numeric) {
  const pieces = (text) => (numeric ? (text.match(/\d+|\D/gu) ?? []) : [...text]);
  const [left, right] = [pieces(a), pieces(b)];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const [x, y] = [left[at], right[at]];
    if (x === y) continue;
    if (numeric && /^\d/.test(x) && /^\d/.test(y) && Number(x) !== Number(y)) return Number(x) < Number(y) ? -1 : 1;
    return rank(x) - rank(y) || (x < y ? -1 : 1);
  }
  return left.length - right.length;
}

function compare(that, locales, options) {
  const what = "String.prototype.localeCompare";
  english(what, locales);
  const { numeric = false, sensitivity = "variant" } = only(what, options, "numeric", "sensitivity");
  const [a, b] = [String(this).normalize("NFD"), String(that).normalize("NFD")];
  const base = (text) => text.replace(/\p{M}/gu, "").toLowerCase().replaceAll("ß", "ss").replaceAll("æ", "ae").replaceAll("œ", "oe");
  const sign = (value) => Math.sign(value) || 0;
  const bases = compareBases(base(a), base(b), numeric);
  if (bases !== 0 || sensitivity === "base") return sign(bases);
  const [lowA, lowB] = [a.toLowerCase(), b.toLowerCase()];
  if (sensitivity !== "case" && lowA !== lowB) return lowA < lowB ? -1 : 1;
  if (sensitivity === "accent" || a === b) return 0;
  // Small letters first.
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return a[at] === lowA[at] ? -1 : 1;
  return 0;
}

for (const [prototype, methods] of [
  [Number.prototype, { toLocaleString: number }],
  [BigInt.prototype, { toLocaleString: bigint }],
  [String.prototype, { localeCompare: compare }],
  [Date.prototype, {
    toLocaleString: date("Date.prototype.toLocaleString", "both"),
    toLocaleDateString: date("Date.prototype.toLocaleDateString", "day"),
    toLocaleTimeString: date("Date.prototype.toLocaleTimeString", "time"),
  }],
]) {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(value, "name", { value: name });
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: false });
  }
}
