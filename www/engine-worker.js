// Start-up of the Worker: waits for the engine's compiled module from the page (www/boot.js), then runs it.
//
// The engine's `main` sets `self.onmessage`. Messages that arrive before it has are kept and delivered then. The engine reads the build's
// name from `self.COLDSTART_BUILD_ID`, a string.
//
// The engine needs no network, so it gets none: what runs in here is other people's code.

import initEngine from "coldstart-worker";

self.COLDSTART_BUILD_ID = COLDSTART_BUILD;

for (const name of ["fetch", "XMLHttpRequest", "WebSocket", "WebSocketStream", "EventSource", "WebTransport", "importScripts", "Worker", "caches", "indexedDB"]) {
  for (let holder = self; holder; holder = Object.getPrototypeOf(holder)) {
    if (Object.hasOwn(holder, name)) delete holder[name];
  }
}

self.addEventListener(
  "message",
  async ({ data }) => {
    const early = [];
    const keep = (event) => early.push(event);
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
