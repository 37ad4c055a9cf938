// Both tiers of the sandbox in Node: whatever can be seen of a guest must be equal, slice by slice and as a history.
//
// node tests/tiers/run.mjs GLUE [--runtime FILE] [--examples FOLDER] [--modules N] [--from SEED] [--only random|cloud] [--match NAME]
//
// GLUE is what wasm-bindgen makes of package `tiers` for Node. Ends with `N passed, N failed`.

import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { transform } from "sucrase";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "../..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runtime: { type: "string" },
    examples: { type: "string" },
    modules: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    only: { type: "string" },
    match: { type: "string" },
  },
});
const tiers = createRequire(import.meta.url)(path.resolve(positionals[0]));
const ways = ["WebAssembly", "switching", "hurried"];

let passed = 0;
let failed = 0;
function test(name, body) {
  if (values.match && !name.includes(values.match)) return;
  const began = performance.now();
  try {
    const note = body();
    passed += 1;
    console.log(`${name}: ${note ?? "equal"} (${Math.round(performance.now() - began)} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}\n${error.message ?? error}`);
  }
}

function seenOf(seed) {
  try {
    return tiers.random(seed);
  } catch (error) {
    throw new Error(`module ${seed}: ${error.stack}`);
  }
}

function random() {
  const outcomes = {};
  let compared = 0;
  let seed = Number(values.from);
  for (; compared < Number(values.modules); seed += 1) {
    const seen = seenOf(seed);
    if (!seen) continue;
    compared += 1;
    assert.ok(!seen.startsWith("!"), `module ${seed} differs:\n${seen}`);
    const last = seen.trimEnd().split("\n").at(-2) ?? seen;
    const outcome = last.replace(/ [0-9]+ units.*/, "").replace(/"[^"]*"/g, (text) => (text.length < 60 ? text : "…")).replace(/[0-9]+/g, "N").slice(0, 90);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  for (const [outcome, count] of Object.entries(outcomes).sort((a, b) => b[1] - a[1]).slice(0, 10)) console.log(`  ${String(count).padStart(5)}  ${outcome}`);
  const units = tiers.random_units();
  assert.ok(units > compared * 1000, `only ${units} units were burned on the host's own`);
  return `${compared} equal in answers, traps, units, memory, logs, files, slice by slice, on wasmi, WebAssembly, to and fro, and cut off (up to seed ${seed - 1}; ${Math.round(units / 1e6)} M units on WebAssembly)`;
}

/** One function in all ways. `where` is what must have run on the host's own: all, none, or any. */
function equal(code, params, events, where = "any", others = ways) {
  const run = (way) => JSON.parse(tiers.cloud(way, code, JSON.stringify(params), JSON.stringify(events)));
  const expected = run("wasmi");
  for (const way of others) {
    const { digest, answers, units, stays } = run(way);
    assert.deepEqual(answers, expected.answers, `${way}: answers`);
    assert.equal(digest, expected.digest, `${way}: digests`);
    if (way === "WebAssembly" && where === "all") assert.ok(units[1] > 0 && !units[0], `burned ${units} (${stays})`);
    if (way === "WebAssembly" && where === "none") assert.equal(units[1], 0);
    if (where === "stack" && way === "WebAssembly") assert.equal(stays, "stack");
    expected.last = { units, stays };
  }
  return expected;
}

const functionOf = (name, more) => ({ FunctionName: name, Runtime: "provided.al2023", Handler: "bootstrap", Timeout: 3, MemorySize: 128, ...more });

// A callback module whose handler calls itself without end, through an import each time.
const DEEP = (body) => `(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (import "lambda" "remaining_ms" (func $remaining (result i64)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\02\\00\\00\\00")
  (data (i32.const 16) "x\\n")
  (func $f (param $n i32) (result i32) (local $a i64) ${body} (i32.add (call $f (i32.add (local.get $n) (i32.const 1))) (i32.const 1)))
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "lambda_handler") (param $at i32) (param $len i32) (result i32)
    (if (i32.eq (local.get $len) (i32.const 2)) (then (drop (call $f (i32.const 0)))))
    (drop (call $respond (local.get $at) (local.get $len))) (i32.const 0)))`;

function cloud() {
  const events = ["{}", "[1]", "{}", "[2]"];
  for (const [name, body] of [
    ["recursion", ""],
    ["recursion that asks the time", "(local.set $a (call $remaining))"],
    ["recursion that logs", "(drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))"],
    ["recursion that logs now and then", "(if (i32.eqz (i32.rem_u (local.get $n) (i32.const 97))) (then (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"],
  ]) {
    test(`Deep: ${name}`, () => void equal(tiers.assemble(DEEP(body)), functionOf("deep"), events));
  }
  const hostile = path.join(root, "crates/sandbox/tests/hostile");
  for (const file of fs.readdirSync(hostile).sort()) {
    const text = fs.readFileSync(path.join(hostile, file), "utf8");
    const whole = (text) => {
      const seen = tiers.module(text);
      assert.ok(!seen.startsWith("!"), seen);
    };
    test(`Hostile: ${file}`, () => whole(text));
    if (!text.includes('(func (export "_start")')) continue;
    // The same as a callback, which may run on either.
    const at = text.lastIndexOf(")");
    const callback = `${text.slice(0, at).replace('(func (export "_start")', "(func $go_on")}
      (func (export "lambda_alloc") (param i32) (result i32) (i32.const 0))
      (func (export "lambda_handler") (param i32 i32) (result i32) (call $go_on) (i32.const 1)))`;
    test(`Hostile: ${file}, as a callback`, () => whole(callback));
  }
  // Instructions that cost more units than time.
  const costly = "(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))".repeat(50);
  test("Time-out", () => void equal(tiers.assemble(DEEP(`(loop $l ${costly} (br $l))`)), functionOf("hangs", { Timeout: 1 }), ["{}", "[1]"], "all", ["WebAssembly"]));
  examples();
  if (values.runtime) javascript();
}

function examples() {
  const folder = path.join(root, "examples");
  for (const name of fs.readdirSync(folder).sort()) {
    const about = path.join(folder, name, "example.json");
    if (!fs.existsSync(about)) continue;
    const { function: settings, events, language } = JSON.parse(fs.readFileSync(about, "utf8"));
    if (!settings) continue;
    let code;
    if (language === "javascript" || language === "typescript") {
      if (!values.runtime) continue;
      code = tiers.pack(JSON.stringify(sources(path.join(folder, name, "code"))));
    } else if (language === "wat") {
      code = tiers.assemble(fs.readFileSync(path.join(folder, name, "main.wat"), "utf8"));
    } else {
      const module = values.examples && path.join(values.examples, `${name}.wasm`);
      if (!module || !fs.existsSync(module)) continue;
      code = new Uint8Array(fs.readFileSync(module));
    }
    const payloads = events.flatMap(({ file }) => [fs.readFileSync(path.join(folder, name, file), "utf8")]);
    const params = functionOf(name, {
      Runtime: settings.runtime ?? "provided.al2023",
      Handler: settings.handler ?? "bootstrap",
      MemorySize: settings.memorySizeMb,
      Timeout: settings.timeoutSeconds,
      Environment: { Variables: settings.environment ?? {} },
    });
    const isCallback = ["javascript", "typescript", "wat"].includes(language);
    // The others run on wasmi whatever is wanted.
    if (isCallback) test(`Example: ${name}`, () => void equal(code, params, [...payloads, ...payloads, ...payloads], "all"));
    else test(`Example: ${name}`, () => void equal(code, params, payloads.slice(0, 1), "none", ["WebAssembly"]));
  }
}

function sources(folder) {
  const files = {};
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    const name = path.relative(folder, file);
    const text = fs.readFileSync(file, "utf8");
    files[name.replace(/\.ts$/, ".mjs")] = name.endsWith(".ts") ? transform(text, { transforms: ["typescript"] }).code.replace(/(from ".*)\.ts"/g, '$1.mjs"') : text;
  }
  return files;
}

function javascript() {
  const handler = (body) => `export const handler = async (event) => {\n${body}\n};\n`;
  const bodies = {
    hello: "console.log('hello', event); return { hello: event.name };",
    "floats and text": "return [0.1 + 0.2, Math.sqrt(2), Math.sin(1), (1e21).toString(), 'é'.normalize('NFD').length, [3, 1, 2].sort()];",
    "a loop": "let n = 0; for (let i = 0; i < 3e3; i += 1) { n = (n * 31 + i) | 0; if (i % 500 === 0) console.log(i, Date.now()); } return n;",
    "an error": "throw new TypeError('no');",
    "runaway recursion": "const f = (n) => f(n + 1) + 1; try { return f(0); } catch (error) { return error.name; }",
    "recursion that logs": "const f = (n) => { if (n % 100 === 0) console.log(n); return f(n + 1) + 1; }; try { return f(0); } catch (error) { return error.name; }",
    "all of memory": "const all = []; try { for (;;) all.push(new Uint8Array(4 << 20).fill(1)); } catch (error) { return error.name + all.length; }",
    timers: "for (let i = 0; i < 40; i += 1) { await new Promise((done) => setTimeout(done, 20)); } return Date.now();",
    files: "const fs = await import('node:fs'); fs.appendFileSync('/tmp/a', event.name); return fs.readFileSync('/tmp/a', 'utf8');",
    chance: "return [Math.random(), crypto.randomUUID()];",
    "what stays": "globalThis.n = (globalThis.n ?? 0) + 1; return globalThis.n;",
  };
  const event = '{"name": "Ada"}';
  for (const [name, body] of Object.entries(bodies)) {
    const code = tiers.pack(JSON.stringify({ "index.mjs": handler(body) }));
    const params = functionOf("js", { Runtime: "nodejs22.x", Handler: "index.handler", Timeout: 1, MemorySize: 128 });
    test(`JavaScript: ${name}`, () => {
      const { answers, last } = equal(code, params, [event, event, event], ["runaway recursion", "recursion that logs"].includes(name) ? "any" : "all");
      return `${JSON.stringify(answers.at(-1).Payload?.$text ?? answers.at(-1)).slice(0, 90)}, units ${last.units}`;
    });
  }
}

if (values.runtime) tiers.give_runtime(new Uint8Array(fs.readFileSync(values.runtime)));
if (values.only !== "random") cloud();
if (values.only !== "cloud") test("Random modules", random);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
