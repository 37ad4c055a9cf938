// `fs` and `fs/promises`, a part of them, on the environment's files: /tmp may be written to, /var/task and /opt may not.

import * as files from "../files.js";
import { nodeError } from "../errors.js";
import { bytesOf } from "../web/text.js";
import { Buffer } from "./buffer.js";
import { host } from "../host.js";
import * as path from "./path.js";

function pathOf(given) {
  if (typeof given === "string") return path.resolve(given);
  if (given?.protocol === "file:") return decodeURIComponent(given.pathname);
  if (given instanceof Uint8Array) return path.resolve(host.text(given));
  throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", `The "path" argument must be of type string or an instance of Buffer or URL. Received ${given === null ? "null" : typeof given}`);
}

const optionsOf = (options) => (typeof options === "string" ? { encoding: options } : (options ?? {}));

class Stats {
  constructor({ type, size, ms }) {
    Object.defineProperty(this, "type", { value: type, enumerable: false });
    this.mode = type === "directory" ? 0o40755 : 0o100644;
    this.nlink = 1;
    this.size = size;
    this.blocks = Math.ceil(size / 512);
    for (const name of ["atime", "mtime", "ctime", "birthtime"]) {
      this[`${name}Ms`] = ms;
      this[name] = new Date(ms);
    }
  }
  isFile() {
    return this.type === "file";
  }
  isDirectory() {
    return this.type === "directory";
  }
  isSymbolicLink() {
    return false;
  }
}

class Dirent {
  constructor(name, type, folder) {
    this.name = name;
    this.parentPath = folder;
    this.path = folder;
    Object.defineProperty(this, "type", { value: type, enumerable: false });
  }
  isFile() {
    return this.type === "file";
  }
  isDirectory() {
    return this.type === "directory";
  }
  isSymbolicLink() {
    return false;
  }
}

const bytesFrom = (data, encoding) => (typeof data === "string" ? Buffer.from(data, encoding) : ArrayBuffer.isView(data) ? bytesOf(data) : Buffer.from(String(data)));

/** What every form of a function does, by its name. */
const work = {
  readFile(file, options) {
    const { encoding } = optionsOf(options);
    const bytes = Buffer.from(files.read(pathOf(file)).buffer);
    return encoding && encoding !== "buffer" ? bytes.toString(encoding) : bytes;
  },
  writeFile(file, data, options) {
    const { encoding, flag = "w" } = optionsOf(options);
    files.write(pathOf(file), bytesFrom(data, encoding), flag.includes("x") ? 2 : flag.startsWith("a") ? 1 : 0);
  },
  appendFile(file, data, options) {
    files.write(pathOf(file), bytesFrom(data, optionsOf(options).encoding), 1);
  },
  stat(file, options) {
    if (options?.throwIfNoEntry === false && !files.exists(pathOf(file))) return undefined;
    return new Stats(files.stat(pathOf(file)));
  },
  lstat(file, options) {
    if (options?.throwIfNoEntry === false && !files.exists(pathOf(file))) return undefined;
    return new Stats(files.stat(pathOf(file), "lstat"));
  },
  access(file) {
    files.stat(pathOf(file), "access");
  },
  readdir(folder, options) {
    const { withFileTypes = false, recursive = false } = optionsOf(options);
    const root = pathOf(folder);
    const out = [];
    const visit = (at, before) => {
      for (const [name, type] of files.list(at)) {
        out.push(withFileTypes ? new Dirent(name, type, at) : before + name);
        if (recursive && type === "directory") visit(`${at}/${name}`, `${before}${name}/`);
      }
    };
    visit(root, "");
    return out;
  },
  mkdir(folder, options) {
    const at = pathOf(folder);
    if (!optionsOf(options).recursive) return files.makeFolder(at);
    let first;
    let made = "";
    for (const part of at.split("/").filter(Boolean)) {
      made += `/${part}`;
      if (files.isFolder(made)) continue;
      files.makeFolder(made);
      first ??= made;
    }
    return first;
  },
  rmdir(folder) {
    files.removeFolder(pathOf(folder));
  },
  rm(file, options = {}) {
    const at = pathOf(file);
    if (!files.exists(at)) {
      if (options.force) return;
      files.stat(at, "rm");
    }
    const remove = (one) => {
      if (!files.isFolder(one)) return files.unlink(one);
      for (const [name] of files.list(one)) remove(`${one}/${name}`);
      files.removeFolder(one);
    };
    if (files.isFolder(at) && !options.recursive) throw nodeError(Error, "ERR_FS_EISDIR", `Path is a directory: rm returned EISDIR (is a directory) ${at}`);
    remove(at);
  },
  unlink(file) {
    files.unlink(pathOf(file));
  },
  rename(from, to) {
    files.rename(pathOf(from), pathOf(to));
  },
  copyFile(from, to) {
    files.write(pathOf(to), files.read(pathOf(from)), 0);
  },
  truncate(file, length = 0) {
    const bytes = files.read(pathOf(file));
    const made = new Uint8Array(length);
    made.set(bytes.subarray(0, length));
    files.write(pathOf(file), made, 0);
  },
  realpath(file) {
    files.stat(pathOf(file), "realpath");
    return pathOf(file);
  },
  mkdtemp(prefix) {
    const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const end = Array.from({ length: 6 }, () => letters[Math.floor(host.random() * letters.length)]).join("");
    files.makeFolder(pathOf(prefix + end));
    return prefix + end;
  },
  utimes() {},
  chmod() {},
};

const constants = { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, COPYFILE_EXCL: 1 };

export const promises = { constants };
export const fs = { constants, promises, Stats, Dirent };
for (const [name, does] of Object.entries(work)) {
  promises[name] = async (...args) => does(...args);
  fs[`${name}Sync`] = (...args) => does(...args);
  fs[name] = (...args) => {
    const callback = args.pop();
    if (typeof callback !== "function") throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", 'The "cb" argument must be of type function. Received undefined');
    let outcome;
    try {
      outcome = [null, does(...args)];
    } catch (error) {
      outcome = [error];
    }
    globalThis.setImmediate(() => callback(...outcome));
  };
}
fs.existsSync = (file) => {
  try {
    return files.exists(pathOf(file));
  } catch {
    return false;
  }
};
