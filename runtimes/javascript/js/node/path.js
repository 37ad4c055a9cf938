// `path`, as on Linux.

export const sep = "/";
export const delimiter = ":";

export function normalize(path) {
  if (path === "") return ".";
  const absolute = path.startsWith("/");
  const out = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") out.push(part);
    else if (out.length > 0 && out.at(-1) !== "..") out.pop();
    else if (!absolute) out.push("..");
  }
  const end = path.endsWith("/") && out.length > 0 ? "/" : "";
  return (absolute ? "/" : "") + out.join("/") + end || ".";
}

export const isAbsolute = (path) => path.startsWith("/");

export function join(...parts) {
  const joined = parts.filter((part) => part !== "").join("/");
  return joined === "" ? "." : normalize(joined);
}

export function resolve(...parts) {
  let at = "";
  for (const part of [...parts].reverse()) {
    if (part === "") continue;
    at = at === "" ? part : `${part}/${at}`;
    if (part.startsWith("/")) break;
  }
  if (!at.startsWith("/")) at = at === "" ? "/var/task" : `/var/task/${at}`;
  const out = normalize(at);
  return out.length > 1 && out.endsWith("/") ? out.slice(0, -1) : out;
}

const trimmed = (path) => (path.length > 1 ? path.replace(/\/+$/, "") || "/" : path);

export function dirname(path) {
  const at = trimmed(path).lastIndexOf("/");
  return at < 0 ? "." : at === 0 ? "/" : trimmed(path).slice(0, at);
}

export function basename(path, suffix) {
  const base = trimmed(path).slice(trimmed(path).lastIndexOf("/") + 1);
  return suffix !== undefined && base !== suffix && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base;
}

export function extname(path) {
  const base = basename(path);
  const at = base.lastIndexOf(".");
  return at <= 0 ? "" : base.slice(at);
}

export function parse(path) {
  const base = basename(path);
  const ext = extname(path);
  const root = isAbsolute(path) ? "/" : "";
  const dir = path.includes("/") ? dirname(path) : "";
  return { root, dir, base: base === "/" ? "" : base, ext, name: base.slice(0, base.length - ext.length) };
}

export function format({ root = "", dir, base, name = "", ext = "" }) {
  const file = base ?? name + (ext && !ext.startsWith(".") ? `.${ext}` : ext);
  if (!dir) return root + file;
  return dir === root ? dir + file : `${dir}/${file}`;
}

export function relative(from, to) {
  const [a, b] = [resolve(from).split("/").filter(Boolean), resolve(to).split("/").filter(Boolean)];
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same += 1;
  return [...a.slice(same).map(() => ".."), ...b.slice(same)].join("/");
}

export const toNamespacedPath = (path) => path;

export const path = { sep, delimiter, normalize, isAbsolute, join, resolve, dirname, basename, extname, parse, format, relative, toNamespacedPath };
path.posix = path;
