// web-platform-tests on the JavaScript runtime: what is our own of the web's interfaces (URL, URLSearchParams, TextEncoder and TextDecoder,
// structuredClone, atob and btoa) against the suite that browsers are held to. `cargo xtask web` fetches it: `node tests/web/run.mjs SUITE`.
// Each file of the suite runs in an environment of its own, with the suite's harness (`handler.js`).
//
// Tests that fail are listed in `known.txt` with their reasons. One that is not there fails this, and so does one that is there and passes. The
// last line has the counts.

import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Guest, runtime } from "./guest.mjs";

const FOLDERS = ["encoding", "html/webappapis/atob", "html/webappapis/structured-clone", "url"];
/** Fewer tests than this means that the suite did not run. */
const TESTS_MIN = 13_000;
/** Of all tests, so many have to pass whatever is listed. */
const RATE_MIN = 0.98;

const suite = process.argv[2];
const here = dirname(fileURLToPath(import.meta.url));
const module = runtime(join(here, "../../www/generated/runtimes/javascript.wasm"));
const handler = readFileSync(join(here, "handler.js"));
const known = readFileSync(join(here, "known.txt"), "utf8").split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((pattern) => ({ pattern, seen: 0 }));

const kept = new Map();
/** A file of the package: the handler, or one of the suite's. */
function file(path) {
  if (path === "index.js") return handler;
  if (!path.startsWith("wpt/")) return undefined;
  if (!kept.has(path)) {
    try {
      kept.set(path, readFileSync(join(suite, path.slice(4))));
    } catch {
      kept.set(path, undefined);
    }
  }
  return kept.get(path);
}

/** Tests that need no document, no network and no description of interfaces. */
const isOurs = (name) => name.endsWith(".any.js") && !/idlharness|decoding-helpers\.js|XMLHttpRequest/.test(file(`wpt/${name}`).toString());

const matches = (pattern, line) => new RegExp(`^${pattern.split("*").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join(".*")}$`, "s").test(line);

let [passed, failed] = [0, 0];
const wrong = [];
const names = FOLDERS.flatMap((folder) => readdirSync(join(suite, folder)).map((name) => `${folder}/${name}`)).filter(isOurs).sort();
for (const name of names) {
  const answer = new Guest(module, file).invoke({ file: name });
  console.log(`${String(answer.passed).padStart(6)} passed ${String(answer.failed.length).padStart(4)} failed  ${name}`);
  passed += answer.passed;
  failed += answer.failed.length;
  for (const [test, message] of answer.failed) {
    const line = `${name}: ${test}`;
    const reason = known.find(({ pattern }) => matches(pattern, line));
    if (reason) reason.seen += 1;
    else wrong.push(`not listed: ${line}\n    ${message}`);
  }
}
for (const { pattern, seen } of known) if (seen === 0) wrong.push(`listed, and passes: ${pattern}`);
const rate = passed / (passed + failed);
if (passed + failed < TESTS_MIN || rate < RATE_MIN) wrong.push(`${passed} of ${passed + failed} tests are too few`);
console.log(`\nweb-platform-tests: ${(rate * 100).toFixed(2)} % pass; tests/web/known.txt tells why the others do not`);
for (const line of wrong) console.log(line);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = wrong.length > 0 ? 1 : 0;
