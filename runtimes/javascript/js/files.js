// Files by their paths: what `fs` and the modules are made of. Errors are Node's, with code, errno, syscall and path.

import { host } from "./host.js";

// WASI's numbers: Node's code, Linux's number, and the words of libuv.
const ERRORS = {
  2: ["EACCES", 13, "permission denied"],
  8: ["EBADF", 9, "bad file descriptor"],
  20: ["EEXIST", 17, "file already exists"],
  28: ["EINVAL", 22, "invalid argument"],
  31: ["EISDIR", 21, "illegal operation on a directory"],
  33: ["EMFILE", 24, "too many open files"],
  37: ["ENAMETOOLONG", 36, "name too long"],
  44: ["ENOENT", 2, "no such file or directory"],
  51: ["ENOSPC", 28, "no space left on device"],
  54: ["ENOTDIR", 20, "not a directory"],
  55: ["ENOTEMPTY", 39, "directory not empty"],
  58: ["ENOTSUP", 95, "operation not supported on socket"],
  63: ["EPERM", 1, "operation not permitted"],
  69: ["EROFS", 30, "read-only file system"],
  75: ["EXDEV", 18, "cross-device link not permitted"],
};

function failed(number, syscall, path, dest) {
  const [code, errno, words] = ERRORS[number] ?? ["EIO", 5, "i/o error"];
  const to = dest === undefined ? "" : ` -> '${dest}'`;
  const error = new Error(`${code}: ${words}, ${syscall}${path === undefined ? "" : ` '${path}'${to}`}`);
  error.errno = -errno;
  error.code = code;
  error.syscall = syscall;
  if (path !== undefined) error.path = path;
  if (dest !== undefined) error.dest = dest;
  return error;
}

/** Throws if a function of the host gave an error's number. */
function checked(result, syscall, path, dest) {
  if (typeof result === "number" && result !== 0) throw failed(result, syscall, path, dest);
  return result;
}

export const read = (path) => new Uint8Array(checked(host.readFile(path), "open", path));
export const text = (path) => host.text(read(path));

export function textOrNull(path) {
  const found = host.readFile(path);
  return typeof found === "number" ? null : host.text(new Uint8Array(found));
}

/** `how`: 0 writes anew, 1 appends, 2 only if it is not there. */
export const write = (path, bytes, how) => void checked(host.writeFile(path, bytes, how), "open", path);

const TYPES = { 3: "directory", 4: "file", 2: "device" };

/** `{type, size, ms}`. */
export function stat(path, syscall = "stat") {
  const found = checked(host.stat(path), syscall, path);
  return { type: TYPES[found[0]] ?? "other", size: found[1], ms: found[2] };
}

const typeOf = (path) => {
  const found = host.stat(path);
  return typeof found === "number" ? null : TYPES[found[0]];
};
export const isFile = (path) => typeOf(path) === "file";
export const isFolder = (path) => typeOf(path) === "directory";
export const exists = (path) => typeOf(path) !== null;

/** `[name, type]` of each entry, in the order of names. */
export function list(path) {
  const flat = checked(host.readDirectory(path), "scandir", path);
  const entries = [];
  for (let at = 0; at < flat.length; at += 2) entries.push([flat[at], TYPES[flat[at + 1]] ?? "other"]);
  return entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

export const makeFolder = (path) => void checked(host.makeDirectory(path), "mkdir", path);
export const removeFolder = (path) => void checked(host.removeDirectory(path), "rmdir", path);
export const unlink = (path) => void checked(host.unlink(path), "unlink", path);
export const rename = (from, to) => void checked(host.rename(from, to), "rename", from, to);
export { failed };
