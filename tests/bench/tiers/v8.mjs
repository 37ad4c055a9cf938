// Guests directly on V8, as a page would run them: the other side of `cargo xtask bench tiers`. Runs in a page.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A guest of the callback shape: `call(event)` gives what it answered. `files` is what it finds, by path; `environment` its variables. A metered module
 * gets a meter that is filled once and for all. */
export function guest(module, files = {}, environment = {}) {
  const contents = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, encoder.encode(text)]));
  const open = new Map();
  const meta = { requestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", functionName: "bench", functionVersion: "$LATEST", memoryLimitMb: "1769", deadlineMs: String(Date.now() + 900_000) };
  let answer;
  let instance;
  const bytes = (at, length) => new Uint8Array(instance.exports.memory.buffer, at, length);
  const view = () => new DataView(instance.exports.memory.buffer);
  const text = (at, length) => decoder.decode(bytes(at, length));
  const stat = (out, size, type) => {
    bytes(out, 64).fill(0);
    view().setUint8(out + 16, type);
    view().setBigUint64(out + 32, BigInt(size), true);
    return 0;
  };
  const strings = Object.entries(environment).map(([name, value]) => encoder.encode(`${name}=${value}\0`));
  const give = (value, at, capacity) => {
    const given = encoder.encode(value);
    if (given.length <= capacity) bytes(at, given.length).set(given);
    return given.length;
  };
  const imports = {
    lambda: {
      respond: (at, length) => ((answer = text(at, length)), 0),
      fail: (at, length) => {
        throw new Error(text(at, length));
      },
      meta: (key, length, at, capacity) => (text(key, length) in meta ? give(meta[text(key, length)], at, capacity) : -1),
      remaining_ms: () => 900_000n,
      call_start: () => -1,
      timer_start: () => -1,
    },
    wasi_snapshot_preview1: {
      environ_sizes_get: (count, size) => {
        view().setUint32(count, strings.length, true);
        view().setUint32(size, strings.reduce((sum, { length }) => sum + length, 0), true);
        return 0;
      },
      environ_get: (list, at) => {
        for (const string of strings) {
          view().setUint32(list, at, true);
          bytes(at, string.length).set(string);
          [list, at] = [list + 4, at + string.length];
        }
        return 0;
      },
      clock_time_get: (_clock, _precision, out) => (view().setBigUint64(out, BigInt(Date.now()) * 1_000_000n, true), 0),
      random_get: (at, length) => (crypto.getRandomValues(bytes(at, length)), 0),
      fd_write: (_fd, list, count, out) => {
        let sum = 0;
        for (let entry = 0; entry < count; entry += 1) sum += view().getUint32(list + 8 * entry + 4, true);
        view().setUint32(out, sum, true);
        return 0;
      },
      path_open: (_fd, _lookup, path, length, _flags, _rights, _inheriting, _fdflags, out) => {
        const content = contents[text(path, length).replace(/^\//, "")];
        if (!content) return 44;
        const fd = 10 + open.size;
        open.set(fd, { content, at: 0 });
        view().setUint32(out, fd, true);
        return 0;
      },
      path_filestat_get: (_fd, _lookup, path, length, out) => {
        const name = text(path, length).replace(/^\//, "");
        if (contents[name]) return stat(out, contents[name].length, 4);
        return Object.keys(contents).some((file) => file.startsWith(`${name}/`)) ? stat(out, 0, 3) : 44;
      },
      fd_filestat_get: (fd, out) => (open.has(fd) ? stat(out, open.get(fd).content.length, 4) : 8),
      fd_read: (fd, list, count, out) => {
        const file = open.get(fd);
        if (!file) return 8;
        let sum = 0;
        for (let entry = 0; entry < count; entry += 1) {
          const part = file.content.subarray(file.at, file.at + view().getUint32(list + 8 * entry + 4, true));
          bytes(view().getUint32(list + 8 * entry, true), part.length).set(part);
          file.at += part.length;
          sum += part.length;
        }
        view().setUint32(out, sum, true);
        return 0;
      },
      fd_close: () => 0,
    },
    meter: {
      exhausted: () => (instance.exports["meter.left"].value = 1n << 40n),
      overflow: () => {
        throw new Error("too deep");
      },
    },
  };
  // What is not named here is not used by what is measured.
  for (const { module: space, name } of WebAssembly.Module.imports(module)) {
    imports[space][name] ??= () => {
      throw new Error(`${space}.${name} was called`);
    };
  }
  instance = new WebAssembly.Instance(module, imports);
  if (instance.exports["meter.left"]) instance.exports["meter.left"].value = 1n << 40n;
  instance.exports["meter.start"]?.();
  instance.exports._initialize?.();
  const call = (event) => {
    const given = encoder.encode(event);
    const at = instance.exports.lambda_alloc(given.length);
    bytes(at, given.length).set(given);
    answer = undefined;
    instance.exports.lambda_handler(at, given.length);
    if (answer === undefined) throw new Error("the guest did not answer");
    return answer;
  };
  return call;
}

/** Milliseconds of the fastest of `times` runs. */
export function best(times, work) {
  let least = Infinity;
  for (let turn = 0; turn < times; turn += 1) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}
