// The JavaScript runtime as a guest of V8: what it imports, as far as a handler needs that only reads files. Unmetered, so that thousands of tests
// take seconds; what the engine does with the same module is tested in crates/engine.

import { readFileSync } from "node:fs";

const ENOENT = 44;
const EROFS = 69;
const FILE = 4;
const FOLDER = 3;

/** One execution environment. `files`: path below `/var/task` to its bytes, or undefined. */
export class Guest {
  #exports;
  #answer = null;
  #log = "";
  #tokens = [];
  #now = 1_767_225_600_000_000_000n;

  constructor(module, files) {
    const open = new Map();
    const variables = ["_HANDLER=index.handler", "LAMBDA_TASK_ROOT=/var/task", "AWS_EXECUTION_ENV=AWS_Lambda_nodejs22.x"].map((line) => Buffer.from(`${line}\0`));
    const view = () => new DataView(this.#exports.memory.buffer);
    const bytes = (at, length) => Buffer.from(this.#exports.memory.buffer, at >>> 0, length >>> 0);
    const find = (at, length) => {
      const path = bytes(at, length).toString();
      return path.startsWith("var/task/") ? files(path.slice(9)) : undefined;
    };
    const stat = (out, file) => {
      bytes(out, 64).fill(0);
      view().setUint8(out + 16, file ? FILE : FOLDER);
      view().setBigUint64(out + 32, BigInt(file?.length ?? 0), true);
      return 0;
    };
    const each = (vectors, count, work) => {
      let total = 0;
      for (let index = 0; index < count; index += 1) total += work(bytes(view().getUint32(vectors + index * 8, true), view().getUint32(vectors + index * 8 + 4, true)));
      return total;
    };
    const refuse = () => EROFS;
    const wasi = {
      proc_exit: (code) => {
        throw new Error(`the runtime ended with ${code}\n${this.#log}`);
      },
      fd_write: (fd, vectors, count, out) => {
        const written = each(vectors, count, (part) => {
          this.#log += part.toString();
          return part.length;
        });
        view().setUint32(out, written, true);
        return 0;
      },
      clock_time_get: (clock, precision, out) => {
        this.#now += 1_000n;
        view().setBigUint64(out, this.#now, true);
        return 0;
      },
      random_get: (at, length) => {
        for (let index = 0; index < length; index += 1) bytes(at, length)[index] = (index * 151 + 7) & 255;
        return 0;
      },
      environ_sizes_get: (count, size) => {
        view().setUint32(count, variables.length, true);
        view().setUint32(size, variables.reduce((sum, line) => sum + line.length, 0), true);
        return 0;
      },
      environ_get: (list, text) => {
        for (const [index, line] of variables.entries()) {
          view().setUint32(list + index * 4, text, true);
          line.copy(bytes(text, line.length));
          text += line.length;
        }
        return 0;
      },
      path_open: (fd, lookup, path, length, oflags, rights, inheriting, flags, out) => {
        const file = find(path, length);
        if (!file) return ENOENT;
        const number = 4 + open.size;
        open.set(number, { file, at: 0 });
        view().setUint32(out, number, true);
        return 0;
      },
      path_filestat_get: (fd, lookup, path, length, out) => {
        const file = find(path, length);
        return file ? stat(out, file) : ENOENT;
      },
      fd_filestat_get: (fd, out) => stat(out, open.get(fd).file),
      fd_read: (fd, vectors, count, out) => {
        const handle = open.get(fd);
        const read = each(vectors, count, (part) => {
          const copied = handle.file.copy(part, 0, handle.at);
          handle.at += copied;
          return copied;
        });
        view().setUint32(out, read, true);
        return 0;
      },
      fd_close: () => 0,
      fd_readdir: refuse,
      path_rename: refuse,
      path_create_directory: refuse,
      path_unlink_file: refuse,
      path_remove_directory: refuse,
    };
    const answered = (at, length) => {
      this.#answer = bytes(at, length).toString();
      return 0;
    };
    const lambda = {
      respond: answered,
      fail: (at, length) => {
        throw new Error(`the handler has failed: ${bytes(at, length)}\n${this.#log}`);
      },
      meta: () => -1,
      remaining_ms: () => 900_000n,
      call_start: () => -1,
      timer_start: (ms) => {
        this.#now += ms * 1_000_000n;
        return this.#tokens.push(0);
      },
    };
    this.#exports = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi, lambda }).exports;
    this.#finish(this.#exports._initialize());
  }

  /** Timers come due at once: nothing else is waited for. */
  #finish(outcome) {
    let last = this.#tokens.length;
    while (outcome === 2) {
      outcome = this.#exports.lambda_resume(last, 0, 0);
      if (this.#tokens.length === last) break;
      last = this.#tokens.length;
    }
  }

  /** What the handler answers. */
  invoke(event) {
    const text = Buffer.from(JSON.stringify(event));
    const at = this.#exports.lambda_alloc(text.length);
    text.copy(Buffer.from(this.#exports.memory.buffer, at, text.length));
    this.#answer = null;
    this.#finish(this.#exports.lambda_handler(at, text.length));
    if (this.#answer === null) throw new Error(`the handler gave no answer\n${this.#log}`);
    return JSON.parse(this.#answer);
  }
}

/** The runtime's module. */
export const runtime = (file) => new WebAssembly.Module(readFileSync(file));
