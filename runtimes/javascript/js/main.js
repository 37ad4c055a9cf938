// Everything that is the same for all functions. This is evaluated once, when the module is built; what it leaves in memory is what each
// execution environment begins with. So nothing here may ask for the time, for random numbers or for the environment.

import { host } from "./host.js";
import "./errors.js";
import * as loop from "./loop.js";
import { console } from "./console.js";
import { setPromiseState } from "./inspect.js";
import { DOMException } from "./errors.js";
import { builtins, lazy, resolveImport, sourceOf } from "./modules.js";
import { handle, initialise, resume } from "./lambda.js";
import * as text from "./web/text.js";
import * as url from "./web/url.js";
import * as events from "./web/events.js";
import { absent } from "./web/absent.js";
import "./web/locale.js";
import { Blob, File } from "./web/blob.js";
import { structuredClone } from "./web/clone.js";
import { crypto, nodeCrypto } from "./node/crypto.js";
import { Buffer, bufferModule } from "./node/buffer.js";
import { process, beginProcess } from "./node/process.js";
import { path } from "./node/path.js";
import { fs, promises } from "./node/fs.js";
import { EventEmitter } from "./node/events.js";
import { util } from "./node/util.js";
import { assert } from "./node/assert.js";
import { os, timers, timersPromises, perf, performance, querystring, urlModule, stringDecoder } from "./node/small.js";
import { services } from "./sdk/services.js";

setPromiseState(host.promiseState);

function define(names) {
  for (const [name, value] of Object.entries(names)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

define({
  console,
  process,
  Buffer,
  crypto,
  performance,
  structuredClone,
  DOMException,
  atob: text.atob,
  btoa: text.btoa,
  TextDecoder: text.TextDecoder,
  TextEncoder: text.TextEncoder,
  ...url,
  ...events,
  global: globalThis,
  setTimeout: loop.setTimeout,
  setInterval: loop.setInterval,
  setImmediate: loop.setImmediate,
  clearTimeout: loop.clearTimeout,
  clearInterval: loop.clearInterval,
  clearImmediate: loop.clearImmediate,
  queueMicrotask: loop.queueMicrotask,
  ...absent,
  Blob,
  File,
});
Math.random = host.random;

for (const [name, module] of Object.entries({
  assert, "assert/strict": assert, buffer: bufferModule, console, crypto: nodeCrypto, events: EventEmitter, fs, "fs/promises": promises, os, path, "path/posix": path,
  perf_hooks: perf, process, querystring, string_decoder: stringDecoder, timers, "timers/promises": timersPromises, url: urlModule, util,
})) {
  builtins.set(name, module);
}
for (const [name, make] of Object.entries(services)) lazy.set(name, make);

/** What src/lib.rs calls. */
globalThis.__runtime = {
  initialise: () => {
    beginProcess();
    return initialise();
  },
  handle,
  resume,
  resolveImport,
  sourceOf,
};

// Modules that take long to make are made now, as ES modules too. `process` is not among them: its version is that of the environment.
await Promise.all(
  ["assert", "buffer", "crypto", "events", "fs", "fs/promises", "os", "path", "timers/promises", "url", "util", ...lazy.keys()].map((name) => host.importModule(`node:${name}`)),
);
