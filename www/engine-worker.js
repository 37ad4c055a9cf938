// Start-up of the Worker: waits for the engine's compiled module from the page (www/boot.js), then runs it.
//
// The first message is `{engine, parts}`: modules, where a part that the page does not have yet is missing. `{part, module}` may follow at any
// time; all other messages are the engine's. The engine's `main` sets `self.onmessage`; messages that arrive before it has are kept and
// delivered then. The engine reads the build's name from `self.COLDSTART_BUILD_ID`, a string. `self.COLDSTART_PARTS` lists the parts that have
// been loaded.
//
// The engine needs no network but for its own parts (www/parts.js) and the runtimes of languages (docs/adr/0008), so it gets none: what runs in
// here is other people's code. `self.COLDSTART_RUNTIME(name)` gives a runtime's module as bytes, or nothing when there is none of that name.

import initEngine, { hooks } from "coldstart-worker";
import { Parts, fetchNow } from "./parts.js";

self.COLDSTART_BUILD_ID = COLDSTART_BUILD;

for (const name of ["fetch", "XMLHttpRequest", "WebSocket", "WebSocketStream", "EventSource", "WebTransport", "importScripts", "Worker", "caches", "indexedDB"]) {
  for (let holder = self; holder; holder = Object.getPrototypeOf(holder)) {
    if (Object.hasOwn(holder, name)) delete holder[name];
  }
}

const parts = new Parts(COLDSTART_ENGINE_PARTS, import.meta.url);
self.COLDSTART_PARTS = parts.record;
hooks.load = (part, primary, slot) => parts.load(part, primary, slot);

self.COLDSTART_RUNTIME = (name) => {
  const file = COLDSTART_RUNTIMES[name];
  if (!file) return undefined;
  try {
    return new Uint8Array(fetchNow(new URL(file, import.meta.url)));
  } catch (error) {
    throw new Error(`The ${name} runtime of Coldstart could not be loaded (${error?.message ?? error}). Check the connection and try again.`);
  }
};

self.addEventListener(
  "message",
  async ({ data }) => {
    data.parts.forEach((module, part) => parts.give(part, module));
    const early = [];
    const keep = (event) => early.push(event);
    // Before the engine's own listener, which takes every message for one of its own.
    self.addEventListener("message", (event) => {
      if (!event.data?.module) return;
      parts.give(event.data.part, event.data.module);
      event.stopImmediatePropagation();
    });
    self.addEventListener("message", keep);
    try {
      await initEngine({ module_or_path: data.engine });
    } catch (error) {
      // Thrown from a task of its own, it reaches the page as the Worker's `error` event; a rejected promise would not.
      setTimeout(() => {
        throw error;
      });
      return;
    }
    self.removeEventListener("message", keep);
    for (const event of early) self.dispatchEvent(new MessageEvent("message", { data: event.data, ports: [...event.ports] }));
  },
  { once: true },
);
