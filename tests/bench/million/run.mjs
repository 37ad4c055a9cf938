// `cargo xtask bench million`: a million invocations of an echo function in one session, natively and in Chromium.
//
// What is shown: invocations a second, memory, and what one invocation costs just before the 10,000th, 100,000th and 1,000,000th. Fails when the
// last ones cost over a fifth more than the first. Prints a table and writes target/bench-million.json. `--native` (no browser), `--count N`.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, "../../..");
const target = process.env.COLDSTART_TARGET ?? process.env.CARGO_TARGET_DIR ?? path.join(root, "target");
const { values: options } = parseArgs({
  options: { native: { type: "boolean" }, count: { type: "string", default: "1000000" }, profile: { type: "string", default: "release" } },
});
const count = Number(options.count);
const say = (line) => console.error(`bench million: ${line}`);
const run = (command, args) =>
  execFileSync(command, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8", env: { ...process.env, CARGO_TARGET_DIR: target } });

say("building …");
run("cargo", ["build", "--quiet", "--profile", options.profile, "--package", "bench-million"]);
const results = {};
say(`${count} invocations, natively …`);
results.native = JSON.parse(run(path.join(target, options.profile, "bench-million"), [String(count)]));

/** In the page: the same marks; each window of 10,000 is timed. */
async function inPage({ bytes, count }) {
  const { instance } = await WebAssembly.instantiate(Uint8Array.from(atob(bytes), (byte) => byte.charCodeAt(0)), {});
  const { begin, run_to: runTo, memory } = instance.exports;
  const window = 10_000;
  begin(count);
  const began = performance.now();
  const rows = [];
  for (let mark = window; mark <= count; mark *= 10) {
    // In pieces, so that the page stays alive.
    for (let done = mark / 10; done < mark - window; done += window) {
      runTo(done);
      await new Promise((resolve) => setTimeout(resolve));
    }
    runTo(mark - window);
    const from = performance.now();
    const succeeded = runTo(mark);
    const now = performance.now();
    rows.push({ invocations: mark, succeeded, memoryBytes: memory.buffer.byteLength, nsEach: ((now - from) * 1e6) / window, perSecond: (mark / (now - began)) * 1000 });
  }
  return rows;
}

if (!options.native) {
  say("building for the browser …");
  run("cargo", ["build", "--quiet", "--profile", "web", "--lib", "--package", "bench-million", "--target", "wasm32-unknown-unknown"]);
  const out = path.join(target, "bench-million.wasm");
  const features = ["bulk-memory", "multivalue", "mutable-globals", "nontrapping-float-to-int", "reference-types", "sign-ext"];
  run(path.join(root, "node_modules/.bin/wasm-opt"), [
    "-O3",
    ...features.map((feature) => `--enable-${feature}`),
    path.join(target, "wasm32-unknown-unknown/web/bench_million.wasm"),
    "-o",
    out,
  ]);
  const { chromium } = await import("playwright-core");
  const server = http.createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>bench</title>"));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  const browser = await chromium.launch({ executablePath: process.env.COLDSTART_CHROMIUM ?? "/usr/bin/chromium", args: flags });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  say(`${count} invocations, in Chromium …`);
  results.Chromium = await page.evaluate(inPage, { bytes: fs.readFileSync(out).toString("base64"), count });
  await browser.close();
  server.close();
}

const head = ["where", "invocations", "succeeded", "/s so far", "us each", "memory"];
const rows = Object.entries(results).flatMap(([place, marks]) =>
  marks.map((row) => [
    place,
    row.invocations.toLocaleString("en"),
    row.succeeded.toLocaleString("en"),
    Math.round(row.perSecond).toLocaleString("en"),
    (row.nsEach / 1000).toFixed(1),
    row.memoryBytes ? `${(row.memoryBytes / 1e6).toFixed(1)} MB` : "-",
  ]),
);
const table = [head, ...rows];
const widths = head.map((_, column) => Math.max(...table.map((row) => row[column].length)));
for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd());
fs.writeFileSync(path.join(target, "bench-million.json"), `${JSON.stringify(results, undefined, 2)}\n`);
for (const [place, marks] of Object.entries(results)) {
  const [first, last] = [marks[0], marks.at(-1)];
  const ratio = last.nsEach / first.nsEach;
  console.log(`${place}: the last invocations cost ${ratio.toFixed(2)} times the first`);
  if (last.succeeded !== last.invocations) throw new Error(`${place}: ${last.invocations - last.succeeded} did not succeed`);
  if (ratio > 1.2) process.exitCode = 1;
}
