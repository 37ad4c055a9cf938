// The AssemblyScript compiler, in a Worker of its own. Bundled by the build with its standard library, with json-as, and with what a handler
// finds here (library/): fetched when AssemblyScript is first used (compile.js).
//
// It says `{number: 0}` when it listens. A message is `{number, files, optimise}`, numbers from 1: texts by path. The answer is `{number, compiler, module, faults}`:
//   compiler  its name and version: with the same version the same files make the same module
//   module    its bytes, when it was asked for and nothing is wrong
//   faults    [{path, line, column, from, message, isError}] (from 1, columns in UTF-16 units; `from` is the offset in the file)
//
// What it compiles is other people's code, which it does not run; but it needs no network, so it has none.

import "./globals.js";
import * as asc from "assemblyscript/asc";
import JsonTransform from "json-as/transform";
import library from "coldstart-library";

for (const name of ["fetch", "XMLHttpRequest", "WebSocket", "WebSocketStream", "EventSource", "WebTransport", "importScripts", "Worker", "caches", "indexedDB"]) {
  for (let holder = self; holder; holder = Object.getPrototypeOf(holder)) {
    if (Object.hasOwn(holder, name)) delete holder[name];
  }
}

const compiler = `assemblyscript ${asc.version}`;
Object.assign(asc.libraryFiles, library);

/** Where the module begins. It leads to the handler in MAIN. */
const ENTRY = "coldstart-entry.ts";
const MAIN = "index.ts";

/** Whether the handler wants a context: one with a single parameter is called with the event alone. */
const takesContext = (text) => !/\bfunction\s+handler\s*\(\s*\w+\s*(:\s*[\w.<>\s|]+?)?,?\s*\)/.test(text);

const entry = (main) => `import { handler } from "./index";
import { take, give, context } from "coldstart/abi";
export { lambda_alloc } from "coldstart/abi";
export function lambda_handler(at: usize, length: i32): i32 {
  return give(handler(take(at, length)${takesContext(main) ? ", context" : ""}));
}
`;

/** Line and column of an offset, from 1. */
function place(text, offset) {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - before.lastIndexOf("\n") };
}

/** A fault as the page shows it: in a file of the visitor's. */
function faultOf({ message, code, category, range }, files) {
  const isError = category === 3;
  const path = range?.source?.normalizedPath ?? "";
  const words = `${message} (${isError ? "TS" : "AS"}${code})`;
  if (path in files) return { path, ...place(files[path], range.start), from: range.start, message: words, isError };
  if (path === ENTRY) {
    const wanted = `${MAIN} must export a function handler(event: string, context: Context): string`;
    return { path: MAIN, line: 1, column: 1, from: 0, message: `${wanted}. ${words}`, isError };
  }
  return { path: MAIN, line: 1, column: 1, from: 0, message: path ? `${words}, in ${path}` : words, isError };
}

async function compile(files, optimise) {
  const faults = [];
  const main = files[MAIN];
  if (main === undefined) {
    return { faults: [{ path: MAIN, line: 1, column: 1, from: 0, message: `There is no ${MAIN}, which has the handler.`, isError: true }] };
  }
  let module;
  const usesJson = Object.values(files).some((text) => text.includes("json-as"));
  // Small as well as fast: links carry modules. A failed check or a thrown error becomes the function's error, with the place in the source.
  const use = ["abort", "trace"].flatMap((name) => ["--use", `${name}=~lib/coldstart/abi/${name}`]);
  const level = optimise ? ["--optimizeLevel", "2", "--shrinkLevel", "1"] : ["-O0", "--noEmit"];
  const { error } = await asc.main([ENTRY, "--outFile", "handler.wasm", "--runtime", "incremental", ...use, ...level], {
    readFile: (path) => (path === ENTRY ? entry(main) : (files[path.replace(/^\.?\//, "")] ?? null)),
    writeFile: (path, bytes) => {
      if (path.endsWith(".wasm")) module = bytes;
    },
    listFiles: () => [],
    stdout: { write() {} },
    stderr: { write() {} },
    transforms: usesJson ? [JsonTransform] : [],
    reportDiagnostic: (diagnostic) => faults.push(faultOf(diagnostic, files)),
  });
  if (error && !faults.some((fault) => fault.isError)) {
    faults.push({ path: MAIN, line: 1, column: 1, from: 0, message: String(error.message ?? error), isError: true });
  }
  return { module: error ? undefined : module, faults };
}

self.onmessage = async ({ data: { number, files, optimise } }) => {
  let made;
  try {
    made = await compile(files, optimise);
  } catch (error) {
    made = { faults: [{ path: MAIN, line: 1, column: 1, from: 0, message: `The compiler failed: ${error?.message ?? error}`, isError: true }] };
  }
  self.postMessage({ number, compiler, ...made }, made.module ? [made.module.buffer] : []);
};
self.postMessage({ number: 0 });
