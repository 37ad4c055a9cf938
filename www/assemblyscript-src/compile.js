// AssemblyScript to WebAssembly, as the page calls it: fetches the compiler (worker.js) when it is first needed and says how far that is.
// Bundled by the build; `<script id="boot">` has the compiler's file and size.
//
// compile(files, optimise) -> Promise of { compiler, module, faults }, as in worker.js; rejects when the compiler cannot be had
//   files     { path: text }
//   optimise  whether the module is wanted. Without it the files are only checked; a check that waits gives way to a later one: null.
//
// While it is fetched the window hears `coldstart-compiler`, a CustomEvent whose detail is the part that has arrived, from 0 to 1.

const boot = document.getElementById("boot").dataset;
const tell = (detail) => dispatchEvent(new CustomEvent("coldstart-compiler", { detail }));

/** Reads the script through, so that there is something to say; the Worker then has it from the browser's cache. */
async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const reader = response.body.getReader();
  let arrived = 0;
  for (tell(0); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    arrived += value.byteLength;
    tell(Math.min(arrived / Number(boot.ascSize), 0.99));
  }
}

let starting;
let number = 0;
const waiting = new Map();

async function start() {
  const url = new URL(boot.asc, document.baseURI);
  try {
    await fetched(url);
  } finally {
    tell(1);
  }
  const worker = new Worker(url, { type: "module", name: "coldstart-assemblyscript" });
  // It says so when it listens: it waits for its own WebAssembly first.
  const ready = new Promise((resolve, reject) => waiting.set(0, { resolve, reject }));
  worker.onmessage = ({ data }) => {
    waiting.get(data.number)?.resolve(data);
    waiting.delete(data.number);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    worker.terminate();
    starting = undefined;
    for (const { reject } of waiting.values()) reject(new Error(`it stopped: ${event.message ?? "unknown error"}`));
    waiting.clear();
  };
  await ready;
  return worker;
}

async function run(files, optimise) {
  starting ??= start().catch((error) => {
    // The next call tries again: the network may be back by then.
    starting = undefined;
    throw error;
  });
  const worker = await starting;
  return new Promise((resolve, reject) => {
    number += 1;
    waiting.set(number, { resolve, reject });
    worker.postMessage({ number, files, optimise });
  });
}

// One at a time; of checks that wait only the last is worth its time.
let last = Promise.resolve();
let newest = 0;

export function compile(files, optimise) {
  const mine = optimise ? 0 : (newest += 1);
  const made = last.then(() => (mine && mine !== newest ? null : run(files, optimise)));
  last = made.catch(() => {});
  return made;
}
