// Start-up of the page: fetches the page's and the engine's wasm side by side, moves the shell's progress bar, then starts the app.
//
// The build (crates/xtask/src/site.rs) bundles this file with the app's wasm-bindgen glue and writes the addresses and sizes that it needs
// into `<script id="boot" data-…>`. The engine's module is compiled here, once, and handed to each Worker: a Worker that replaces a dead one
// starts at once, with the code that the browser has already optimised.
//
// The app finds `globalThis.coldstart`:
//   build          string that names this build; the Worker's `Ready` carries its own, and the two must be equal
//   startEngine()  a new Worker that runs the engine. Its first message is `Ready`; messages posted earlier are kept for it.
//   loadEditor()   Promise of the editor's module (www/editor-src/editor.js), fetched on the first call

import initApp from "coldstart-app";

const boot = document.getElementById("boot").dataset;
const address = (path) => new URL(path, document.baseURI);

const status = document.getElementById("shell-status");
const bar = document.getElementById("shell-progress");

// Sizes come from the build: a host that compresses sends the compressed length, or none.
const total = Number(boot.appSize) + Number(boot.engineSize);
let loaded = 0;

async function compile(path) {
  const response = await fetch(address(path));
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status} ${response.statusText}`);
  const counted = response.body.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        loaded += chunk.byteLength;
        if (bar) bar.value = Math.min(loaded / total, 1);
        controller.enqueue(chunk);
      },
    }),
  );
  // A fresh response, because hosts exist that serve .wasm under another type, which compileStreaming refuses.
  return WebAssembly.compileStreaming(new Response(counted, { headers: { "content-type": "application/wasm" } }));
}

let editor;

try {
  if (typeof WebAssembly !== "object" || typeof WebAssembly.compileStreaming !== "function") {
    throw new Error("this browser has no WebAssembly");
  }
  const [app, engine] = await Promise.all([compile(boot.app), compile(boot.engine)]);

  globalThis.coldstart = {
    build: boot.build,
    startEngine() {
      const worker = new Worker(address(boot.engineScript), { type: "module", name: "coldstart-engine" });
      worker.postMessage({ engine });
      return worker;
    },
    loadEditor() {
      editor ??= import(address(boot.editor)).catch((error) => {
        // The next call tries again: the network may be back by then.
        editor = undefined;
        throw error;
      });
      return editor;
    },
  };

  if (status) status.textContent = "Starting …";
  await initApp({ module_or_path: app });
} catch (error) {
  if (status?.isConnected) {
    status.setAttribute("role", "alert");
    status.textContent = `Coldstart could not start: ${error?.message ?? error}. Reload the page to try again.`;
    bar?.remove();
  }
  throw error;
}
