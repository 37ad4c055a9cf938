// Small modules: `os`, `timers`, `timers/promises`, `perf_hooks`, `querystring`, `url`, `string_decoder`.

import { host } from "../host.js";
import * as loop from "../loop.js";
import { env, startedAt } from "./process.js";
import { TextDecoder } from "../web/text.js";
import { URL, URLSearchParams } from "../web/url.js";
import { resolve } from "./path.js";

export const os = {
  EOL: "\n",
  arch: () => "x64",
  platform: () => "linux",
  type: () => "Linux",
  release: () => "5.10.0",
  endianness: () => "LE",
  hostname: () => "169.254.100.1",
  homedir: () => "/home/sbx_user1051",
  tmpdir: () => "/tmp",
  cpus: () => Array.from({ length: 2 }, () => ({ model: "Virtual", speed: 2500, times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 } })),
  availableParallelism: () => 2,
  totalmem: () => Number(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 128) * 1048576,
  freemem: () => Math.max(0, os.totalmem() - host.memory()[0]),
  uptime: () => (host.now() - startedAt()) / 1000,
  loadavg: () => [0, 0, 0],
  networkInterfaces: () => ({}),
  userInfo: () => ({ uid: 993, gid: 990, username: "sbx_user1051", homedir: "/home/sbx_user1051", shell: "/sbin/nologin" }),
};

export const timers = {
  setTimeout: loop.setTimeout,
  setInterval: loop.setInterval,
  setImmediate: loop.setImmediate,
  clearTimeout: loop.clearTimeout,
  clearInterval: loop.clearInterval,
  clearImmediate: loop.clearImmediate,
};

const abortable = (signal, start, stop) =>
  new Promise((done, refuse) => {
    const aborted = () => {
      const error = new Error("The operation was aborted", { cause: signal.reason });
      error.name = "AbortError";
      error.code = "ABORT_ERR";
      refuse(error);
    };
    if (signal?.aborted) return aborted();
    const timer = start(done);
    signal?.addEventListener("abort", () => {
      stop(timer);
      aborted();
    });
  });

export const timersPromises = {
  setTimeout: (delay, value, { signal } = {}) => abortable(signal, (done) => loop.setTimeout(done, delay, value), loop.clearTimeout),
  setImmediate: (value, { signal } = {}) => abortable(signal, (done) => loop.setImmediate(done, value), loop.clearImmediate),
  setInterval: async function* (delay, value) {
    for (;;) {
      await new Promise((done) => loop.setTimeout(done, delay));
      yield value;
    }
  },
  scheduler: { wait: (delay, options) => timersPromises.setTimeout(delay, undefined, options), yield: () => timersPromises.setImmediate() },
};

const marks = [];
export const performance = {
  get timeOrigin() {
    return startedAt();
  },
  now: () => host.now() - startedAt(),
  mark: (name) => {
    const mark = { name, entryType: "mark", startTime: performance.now(), duration: 0 };
    marks.push(mark);
    return mark;
  },
  measure: (name, from, to) => {
    const at = (mark, otherwise) => marks.findLast((one) => one.name === mark)?.startTime ?? otherwise;
    const startTime = at(from, 0);
    const measured = { name, entryType: "measure", startTime, duration: at(to, performance.now()) - startTime };
    marks.push(measured);
    return measured;
  },
  getEntries: () => [...marks],
  getEntriesByName: (name) => marks.filter((one) => one.name === name),
  getEntriesByType: (type) => marks.filter((one) => one.entryType === type),
  clearMarks: () => void marks.splice(0),
  clearMeasures: () => void marks.splice(0),
  toJSON: () => ({ timeOrigin: startedAt() }),
};
export const perf = { performance };

const escape = (value) => (["string", "number", "bigint", "boolean"].includes(typeof value) ? encodeURIComponent(value) : "");
export const querystring = {
  escape,
  unescape: decodeURIComponent,
  parse: (text, separator = "&", equals = "=") => {
    const out = Object.create(null);
    for (const part of String(text).split(separator).filter(Boolean)) {
      const at = part.indexOf(equals);
      const [key, value] = (at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + equals.length)]).map((one) => {
        try {
          return decodeURIComponent(one.replaceAll("+", " "));
        } catch {
          return one;
        }
      });
      if (key in out) out[key] = [out[key], value].flat();
      else out[key] = value;
    }
    return out;
  },
  stringify: (values, separator = "&", equals = "=") =>
    Object.entries(values ?? {})
      .flatMap(([key, value]) => [value].flat().map((one) => escape(key) + equals + escape(one)))
      .join(separator),
};
querystring.decode = querystring.parse;
querystring.encode = querystring.stringify;

export const urlModule = {
  URL,
  URLSearchParams,
  fileURLToPath: (url) => decodeURIComponent(new URL(url).pathname),
  pathToFileURL: (path) => new URL(`file://${resolve(path).split("/").map(encodeURIComponent).join("/")}`),
  domainToASCII: (name) => URL.parse(`ws://${name}`)?.hostname ?? "",
  format: (url) => (typeof url === "string" ? url : url.href),
  parse: (text) => {
    const url = URL.parse(text);
    if (!url) return { href: text, protocol: null, host: null, hostname: null, port: null, pathname: text.split(/[?#]/)[0], search: null, query: null, hash: null };
    const { href, protocol, host: place, hostname, port, pathname, search, hash } = url;
    return { href, protocol, host: place, hostname, port: port || null, pathname, search: search || null, query: search ? search.slice(1) : null, hash: hash || null, path: pathname + search };
  },
};

class StringDecoder {
  #decoder;
  constructor(encoding = "utf8") {
    this.encoding = encoding;
    this.#decoder = new TextDecoder(encoding, { ignoreBOM: true });
  }
  write(bytes) {
    return this.#decoder.decode(bytes, { stream: true });
  }
  end(bytes) {
    return this.#decoder.decode(bytes ?? new Uint8Array(0));
  }
}
export const stringDecoder = { StringDecoder };
