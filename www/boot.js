// Start-up of the page: fetches the page's and the engine's wasm side by side, moves the shell's progress bar, then starts the app.
//
// The build (crates/xtask/src/site.rs) bundles this file with the app's wasm-bindgen glue and writes the addresses and sizes that it needs
// into `<script id="boot" data-…>`. The engine's module is compiled here, once, and handed to each Worker: a Worker that replaces a dead one
// starts at once, with the code that the browser has already optimised.
//
// The app finds `globalThis.coldstart`:
//   build          string that names this build; the Worker's `Ready` carries its own, and the two must be equal
//   startEngine()  a new Worker that runs the engine. Its first message is `Ready`; messages posted earlier are kept for it.
//   load(name)     Promise of a module that is fetched on the first call: "editor", "typescript", "format" or "assemblyscript", of the folder
//                  www/NAME-src (AssemblyScript's is compile.js)
//   keep()         Promise of whether the site's files are kept in this browser, so that it opens without a network (www/offline.js)
//   parts          {name, given, slot} of the page's parts that have been loaded (docs/adr/0005)
//   fetched        names of the parts, of the page and of the engine, that have been fetched ahead
//
// Parts are fetched when the engine is ready and the page has nothing else to do; those that the route needs are fetched at once.

import initApp, { hooks } from "coldstart-app";
import { Parts } from "./parts.js";

const boot = document.getElementById("boot").dataset;
const address = (path) => new URL(path, document.baseURI);

const status = document.getElementById("shell-status");
const bar = document.getElementById("shell-progress");

// Sizes come from the build: a host that compresses sends the compressed length, or none.
const total = Number(boot.appSize) + Number(boot.engineSize);
let loaded = 0;

async function compile(path, { priority = "auto", counted = false } = {}) {
  const response = await fetch(address(path), { priority });
  if (!response.ok) throw new Error(`${path}: the server answered ${response.status} ${response.statusText}`);
  const count = new TransformStream({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      if (bar) bar.value = Math.min(loaded / total, 1);
      controller.enqueue(chunk);
    },
  });
  const body = counted ? response.body.pipeThrough(count) : response.body;
  // A fresh response, because hosts exist that serve .wasm under another type, which compileStreaming refuses.
  return WebAssembly.compileStreaming(new Response(body, { headers: { "content-type": "application/wasm" } }));
}

// `{name, file, neededAt}` by number, for each of the two modules; null for a part without functions.
const lists = JSON.parse(boot.parts);
const pageParts = new Parts(lists.app, document.baseURI);
hooks.load = (part, primary, slot) => pageParts.load(part, primary, slot);
const engineParts = [];
let engineWorker;

const arriving = new Map();
const fetched = [];

/** Fetches and compiles a part, once. The Worker that runs and those to come are given the engine's. */
function fetchPart(of, part, priority) {
  const { name, file } = lists[of][part];
  if (!arriving.has(file)) {
    const arrives = compile(file, { priority }).then((module) => {
      if (of === "app") {
        pageParts.give(part, module);
      } else {
        engineParts[part] = module;
        engineWorker?.postMessage({ part, module });
      }
      fetched.push(name);
    });
    // Whoever needs it then fetches it themselves, and says so if that fails too.
    arriving.set(file, arrives.catch(() => arriving.delete(file)));
  }
  return arriving.get(file);
}

function each(work) {
  return ["app", "engine"].flatMap((of) => lists[of].map((entry, part) => entry && work(of, part, entry)));
}

/** Whether the app has noted which of the visitor's workspaces is open (src/actions/workspace.rs). */
function comesAgain() {
  try {
    return localStorage.getItem("coldstart.workspace") !== null;
  } catch {
    return false;
  }
}

let ahead = false;
/** Fetches what is not there yet, one after the other. */
async function fetchAhead() {
  if (ahead || navigator.connection?.saveData) return;
  ahead = true;
  const idle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 500));
  await new Promise((resolve) => idle(resolve, { timeout: 2000 }));
  for (const start of each((of, part) => () => fetchPart(of, part, "low"))) await start?.();
}

const modules = {};

/** Registers the service worker, once, and waits until it has all files. Browsers have none in some private windows and on plain http. */
let keeping;
function keep() {
  keeping ??= (async () => {
    try {
      await navigator.serviceWorker.register(address("offline.js"));
      await navigator.serviceWorker.ready;
      return true;
    } catch {
      return false;
    }
  })();
  return keeping;
}

try {
  if (typeof WebAssembly !== "object" || typeof WebAssembly.compileStreaming !== "function") {
    throw new Error("this browser has no WebAssembly");
  }
  const isHere = (place) => (place.endsWith("*") ? location.hash.startsWith(place.slice(0, -1)) : location.hash === place);
  // What is kept by the service worker comes to those who ask in time: not to the module that waits for a part while it runs.
  const isOffline = navigator.onLine === false;
  const isNeeded = ({ neededAt }) => isOffline || neededAt.some((place) => (place === "again" ? comesAgain() : isHere(place)));
  const [app, engine] = await Promise.all([
    compile(boot.app, { counted: true }),
    compile(boot.engine, { counted: true }),
    // The page waits for its own; the engine has until somebody asks it for something.
    ...each((of, part, entry) => {
      const arrives = isNeeded(entry) && fetchPart(of, part, "auto");
      return (of === "app" || isOffline) && arrives;
    }),
  ]);

  globalThis.coldstart = {
    build: boot.build,
    parts: pageParts.record,
    fetched,
    startEngine() {
      engineWorker = new Worker(address(boot.engineScript), { type: "module", name: "coldstart-engine" });
      engineWorker.postMessage({ engine, parts: engineParts });
      engineWorker.addEventListener("message", fetchAhead, { once: true });
      return engineWorker;
    },
    keep,
    load(name) {
      modules[name] ??= import(address(boot[name])).catch((error) => {
        // The next call tries again: the network may be back by then.
        delete modules[name];
        throw error;
      });
      return modules[name];
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
