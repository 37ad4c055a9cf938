// `cargo xtask bench tiers`: what handlers compute on each tier against V8 on the unmetered module, in one run in Chromium.
//
// Ours run in the page's Worker; their times are what the Worker measured around the guest, but for "hello", which is whole invocations from the
// page and back. V8 runs the same modules in a page, unmetered; beside it, metered in the form that the WebAssembly tier runs, to tell what the meter
// costs there. What it costs on wasmi is the kernels' time on plain wasmi, natively, metered against unmetered. Sides take turns, round by
// round, and each number is the best of the rounds. Cold starts are medians. Prints a table and writes target/bench-tiers.json.
// `--rounds N`, `--quick` (one round).

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { deflateRawSync } from "node:zlib";
import { zip } from "../../browser/app.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, "../../..");
const target = process.env.COLDSTART_TARGET ?? process.env.CARGO_TARGET_DIR ?? path.join(root, "target");
const dist = process.env.COLDSTART_DIST ?? path.join(root, "dist");
const out = path.join(target, "bench");
const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "3" }, quick: { type: "boolean" } } });
const rounds = options.quick ? 1 : Number(options.rounds);
const say = (line) => console.error(`bench: ${line}`);
const run = (command, args) =>
  execFileSync(command, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8", env: { ...process.env, CARGO_TARGET_DIR: target } });

say("building the kernels and the meter …");
fs.mkdirSync(out, { recursive: true });
run("cargo", ["build", "--quiet", "--profile", "fast", "--package", "bench"]);
run("cargo", ["build", "--quiet", "--locked", "--release", "--target", "wasm32-unknown-unknown", "--manifest-path", path.join(here, "../kernels/Cargo.toml"), "--target-dir", path.join(out, "kernels")]);
const runtime = path.join(root, "www/generated/runtimes/javascript.wasm");
const plain = { kernels: fs.readFileSync(path.join(out, "kernels/wasm32-unknown-unknown/release/kernels.wasm")), javascript: fs.readFileSync(runtime) };
const metered = {};
for (const [name, bytes] of Object.entries(plain)) {
  const [from, to, host] = ["", ".metered", ".host"].map((form) => path.join(out, `${name}${form}.wasm`));
  fs.writeFileSync(from, bytes);
  run(path.join(target, "fast/bench"), ["metered", from, to, host]);
  metered[name] = fs.readFileSync(host);
}
say("the meter on plain wasmi …");
const onWasmi = JSON.parse(run(path.join(target, "fast/bench"), ["meter", path.join(out, "kernels.wasm"), path.join(out, "kernels.metered.wasm")]));

const KERNELS = ["sha256", "sort", "json", "fib", "mandelbrot", "matrix", "distance"];
const handler = (body) => `${body}\nexport const handler = async (event) => work(event);\n`;
const JS = {
  "QuickJS fib(25)": handler("const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2)); const work = () => fib(25);"),
  "QuickJS JSON, 100 KB": handler(
    "const text = JSON.stringify(Array.from({ length: 900 }, (_, id) => ({ id, name: `Product number ${id}`, price: id / 7, stock: id % 50, tags: ['new', 'gift', 'sale'], active: true })));\nconst work = () => JSON.stringify(JSON.parse(text)).length;",
  ),
  "QuickJS sort of 20,000": handler(
    "const work = () => { let state = 7; const all = Array.from({ length: 20000 }, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0)); all.sort((a, b) => a - b); return all[777]; };",
  ),
  hello: handler("const work = (event) => ({ hello: event.name });"),
};
const environment = { _HANDLER: "index.handler", LAMBDA_TASK_ROOT: "/var/task", AWS_REGION: "eu-west-1", AWS_LAMBDA_FUNCTION_NAME: "bench", AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1769", AWS_LAMBDA_FUNCTION_VERSION: "$LATEST", AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x", TZ: ":UTC" };

const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json", ".css": "text/css" };
async function serve() {
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://host");
    if (pathname === "/bench/") return response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>bench</title>");
    const [folder, prefix] = pathname.startsWith("/bench/") ? [here, "/bench/"] : [dist, "/site/"];
    const file = path.join(folder, path.normalize(`/${pathname.slice(prefix.length) || "index.html"}`));
    if (!fs.existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": types[path.extname(file)] ?? "application/octet-stream" }).end(fs.readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

const { chromium } = await import("playwright-core");
const { server, origin } = await serve();
const flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: process.env.COLDSTART_CHROMIUM ?? "/usr/bin/chromium", args: flags });
const site = await browser.newPage();
await site.goto(`${origin}/site/`);
await site.waitForFunction(() => globalThis.coldstart?.startEngine, undefined, { timeout: 60_000 });
const bare = await browser.newPage();
await bare.goto(`${origin}/bench/`);
for (const page of [site, bare]) {
  const encoded = Object.fromEntries(Object.entries({ ...plain, "kernels.metered": metered.kernels, "javascript.metered": metered.javascript }).map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]));
  await page.evaluate((encoded) => {
    globalThis.modules = Object.fromEntries(Object.entries(encoded).map(([name, text]) => [name, Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0))]));
  }, encoded);
}

const packages = Object.fromEntries(Object.entries(JS).map(([name, source]) => {
  const bytes = zip({ "index.mjs": source }, deflateRawSync);
  return [name, { base64: bytes.toString("base64"), sha256: createHash("sha256").update(bytes).digest("hex") }];
}));

/** Sets up a Worker once, with `globalThis.cloud` to talk to it. */
await site.evaluate(
  ([packages, kernels]) => {
    const worker = globalThis.coldstart.startEngine();
    let id = 1;
    const waiting = new Map();
    worker.onmessage = ({ data }) => {
      for (const { panicked, answered } of JSON.parse(data.json)) {
        if (panicked) throw new Error(panicked.message);
        if (!answered) continue;
        waiting.get(answered.id)?.(answered.result);
        waiting.delete(answered.id);
      }
    };
    const post = (message, buffers = []) => worker.postMessage({ json: JSON.stringify([message]), buffers });
    const request = async (service, operation, params, module) => {
      const number = (id += 1);
      const answer = new Promise((resolve) => waiting.set(number, resolve));
      post({ request: { id: number, request: { service, operation, params }, modules: module ? [0] : [] } }, module ? [module.slice().buffer] : []);
      const result = await answer;
      if (result.Err) throw new Error(`${operation}: ${result.Err.code}: ${result.Err.message}`);
      if (result.Ok.output.FunctionError) throw new Error(`${operation}: ${JSON.stringify(result.Ok.output)}`);
      return result.Ok.output;
    };
    const deploy = async (name, what, tier) => {
      const isJs = what in packages;
      const code = isJs ? Uint8Array.from(atob(packages[what].base64), (byte) => byte.charCodeAt(0)) : globalThis.modules.kernels;
      const sha256 = isJs ? packages[what].sha256 : kernels;
      const role = "arn:aws:iam::123456789012:role/bench";
      const settings = isJs ? { Runtime: "nodejs22.x", Handler: "index.handler" } : { Runtime: "provided.al2023", Handler: "bootstrap" };
      await request("coldstart", "SetTiers", { Tiers: { [name]: tier } });
      await request("lambda", "CreateFunction", { FunctionName: name, ...settings, Timeout: 900, MemorySize: 1769, Role: role, Code: { ZipFile: { $sha256: sha256 } } }, code);
      for (;;) {
        const { Configuration } = await request("lambda", "GetFunction", { FunctionName: name });
        if (Configuration.State === "Active") return;
        post({ advance: { micros: 1_000_000 } });
      }
    };
    const invoke = (name, event) => request("lambda", "Invoke", { FunctionName: name, Payload: { $text: event } });
    const tier = (name) => request("coldstart", "GetTier", { FunctionName: name });
    /** Milliseconds of the guest alone in the best of so many events. */
    const guest = async (name, event, times, member) => {
      let least = Infinity;
      for (let turn = 0; turn < times; turn += 1) {
        const before = await tier(name);
        await invoke(name, event);
        const after = await tier(name);
        least = Math.min(least, after[member].Milliseconds - before[member].Milliseconds);
        if (after[member].Units === before[member].Units) throw new Error(`${name} did not run on ${member}: ${JSON.stringify(after)}`);
      }
      return least;
    };
    globalThis.cloud = { deploy, invoke, tier, guest };
  },
  [packages, createHash("sha256").update(plain.kernels).digest("hex")],
);

const TIERS = { webassembly: "WebAssembly", wasmi: "Wasmi" };
for (const tier of Object.keys(TIERS)) {
  await site.evaluate(
    async ([tier, names]) => {
      for (const what of names) await globalThis.cloud.deploy(`${tier}-${what.replace(/[^a-z0-9]+/gi, "-")}`, what, tier);
    },
    [tier, ["kernels", ...Object.keys(JS)]],
  );
}

const results = {};
const keep = (side, what, ms) => {
  results[what] ??= {};
  results[what][side] = Math.min(results[what][side] ?? Infinity, ms);
};
for (let round = 1; round <= rounds; round += 1) {
  for (const [tier, member] of Object.entries(TIERS)) {
    say(`round ${round} of ${rounds}: ${tier} …`);
    const times = tier === "wasmi" ? 2 : 8;
    for (const kernel of KERNELS) keep(tier, kernel, await site.evaluate(([name, event, times, member]) => globalThis.cloud.guest(name, event, times, member), [`${tier}-kernels`, JSON.stringify(kernel), times, member]));
    for (const what of Object.keys(JS).slice(0, 3)) {
      const name = `${tier}-${what.replace(/[^a-z0-9]+/gi, "-")}`;
      keep(tier, what, await site.evaluate(([name, event, times, member]) => globalThis.cloud.guest(name, event, times, member), [name, "{}", times, member]));
    }
    const hello = await site.evaluate(
      async ([name, member]) => {
        const { invoke, tier } = globalThis.cloud;
        for (let turn = 0; turn < 50; turn += 1) await invoke(name, '{"name":"Ada"}');
        const [before, start] = [await tier(name), performance.now()];
        for (let turn = 0; turn < 1_000; turn += 1) await invoke(name, '{"name":"Ada"}');
        const [took, after] = [performance.now() - start, await tier(name)];
        return [took, after[member].Milliseconds - before[member].Milliseconds];
      },
      [`${tier}-hello`, member],
    );
    keep(tier, "hello x 1000, the guest", hello[1]);
    keep(tier, "hello x 1000, from the page", hello[0]);
  }
  for (const [side, suffix] of [["v8", ""], ["v8 metered", ".metered"]]) {
    say(`round ${round} of ${rounds}: ${side} …`);
    const measured = await bare.evaluate(
      async ([url, suffix, kernels, sources, environment]) => {
        const { guest, best } = await import(url);
        const all = {};
        const call = guest(new WebAssembly.Module(globalThis.modules[`kernels${suffix}`]));
        for (const kernel of kernels) {
          for (let turn = 0; turn < 3; turn += 1) call(JSON.stringify(kernel));
          all[kernel] = best(8, () => call(JSON.stringify(kernel)));
        }
        const module = new WebAssembly.Module(globalThis.modules[`javascript${suffix}`]);
        for (const [what, source] of Object.entries(sources)) {
          const call = guest(module, { "var/task/index.mjs": source }, environment);
          if (what === "hello") {
            for (let turn = 0; turn < 50; turn += 1) call('{"name":"Ada"}');
            all["hello x 1000, the guest"] = best(3, () => { for (let turn = 0; turn < 1_000; turn += 1) call('{"name":"Ada"}'); });
            continue;
          }
          for (let turn = 0; turn < 3; turn += 1) call("{}");
          all[what] = best(8, () => call("{}"));
        }
        return all;
      },
      [`${origin}/bench/v8.mjs`, suffix, KERNELS, JS, environment],
    );
    for (const [what, ms] of Object.entries(measured)) keep(side, what, ms);
  }
}

say("cold starts …");
const cold = {};
for (const [tier, member] of Object.entries(TIERS)) {
  const samples = await site.evaluate(
    async ([tier, member]) => {
      const samples = [];
      for (let turn = 0; turn < 25; turn += 1) {
        const name = `cold-${tier}-${turn}`;
        await globalThis.cloud.deploy(name, "hello", tier);
        const start = performance.now();
        await globalThis.cloud.invoke(name, '{"name":"Ada"}');
        const all = performance.now() - start;
        samples.push([(await globalThis.cloud.tier(name))[member].Milliseconds, all]);
      }
      return samples;
    },
    [tier, member],
  );
  const median = (at) => samples.map((sample) => sample[at]).sort((a, b) => a - b)[Math.floor(samples.length / 2)];
  cold[tier] = { guest: median(0), page: median(1) };
}
await browser.close();
server.closeAllConnections();
server.close();

const number = (value) => (value === undefined ? "" : value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3));
const head = ["ms", "V8", "V8, metered", "WebAssembly", "wasmi", "meter on V8", "meter on wasmi", "WebAssembly / V8", "wasmi / V8"];
const rows = Object.entries(results).map(([what, { v8, "v8 metered": meter, webassembly, wasmi }]) => [what, number(v8), number(meter), number(webassembly), number(wasmi), ...[meter / v8, (onWasmi[what]?.metered ?? NaN) / onWasmi[what]?.plain, webassembly / v8, wasmi / v8].map((ratio) => (Number.isNaN(ratio) ? "" : `${number(ratio)}x`))]);
const table = [head, ...rows];
const widths = head.map((_, column) => Math.max(...table.map((row) => row[column].length)));
for (const row of table) console.log(row.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join("  ").trimEnd());
const compute = [...KERNELS, ...Object.keys(JS).slice(0, 3)];
const mean = (side) => Math.exp(compute.reduce((sum, what) => sum + Math.log(results[what][side] / results[what].v8), 0) / compute.length);
const meterOnWasmi = Math.exp(Object.values(onWasmi).reduce((sum, { plain, metered }) => sum + Math.log(metered / plain), 0) / KERNELS.length);
const means = { webassembly: mean("webassembly"), wasmi: mean("wasmi"), meter: mean("v8 metered"), meterOnWasmi };
console.log(`\ncompute, geometric mean against V8 on the unmetered module: WebAssembly ${number(means.webassembly)}x (goal: at most 1.3x), wasmi ${number(means.wasmi)}x, the meter alone ${number(means.meter)}x on V8 and, of the kernels, ${number(means.meterOnWasmi)}x on wasmi`);
console.log(`cold start of a JavaScript hello, init and first event, median of 25: WebAssembly ${number(cold.webassembly.guest)} ms in the guest (its instance not counted), ${number(cold.webassembly.page)} ms from the page and back (goal 5); wasmi ${number(cold.wasmi.guest)} and ${number(cold.wasmi.page)} ms (goal 20)`);
fs.writeFileSync(path.join(target, "bench-tiers.json"), `${JSON.stringify({ rounds, results, onWasmi, means, cold }, undefined, 2)}\n`);
