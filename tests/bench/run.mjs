// `cargo xtask bench`: our engine against V8 itself and against Extism's JS host, natively and in Chromium, as ratios of one interleaved run.
//
// Every round measures each side once, one after the other, and each number is the best of the rounds: a busy machine disturbs all sides alike.
// The warm rows compare whole invocations (API request, environment, log lines, report, billing) with a bare call of the export: by 32
// callers at once, and by one who waits for each answer. In Chromium each goes from the page to the Worker and back.
// Prints a table and writes target/bench.json. `--rounds N`, `--native` (no browser), `--browser` (no native side).

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { extismRound, v8Round } from "./peers.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, "../..");
const target = process.env.COLDSTART_TARGET ?? process.env.CARGO_TARGET_DIR ?? path.join(root, "target");
const out = path.join(target, "bench");
const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "3" }, native: { type: "boolean" }, browser: { type: "boolean" } },
});
const rounds = Number(options.rounds);
const say = (line) => console.error(`bench: ${line}`);
const run = (command, args, cwd = root) =>
  execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8", env: { ...process.env, CARGO_TARGET_DIR: target } });

fs.mkdirSync(out, { recursive: true });
say("building the native side and the kernels …");
run("cargo", ["build", "--quiet", "--release", "--package", "bench"]);
const kernelTarget = ["--manifest-path", path.join(here, "kernels/Cargo.toml"), "--target-dir", path.join(out, "kernels")];
run("cargo", ["build", "--quiet", "--locked", "--release", "--target", "wasm32-unknown-unknown", ...kernelTarget]);
const bench = path.join(target, "release/bench");
const modulesDir = path.join(out, "modules");
const sizes = JSON.parse(run(bench, ["modules", modulesDir, path.join(out, "kernels/wasm32-unknown-unknown/release/kernels.wasm")]));
const modules = Object.fromEntries(Object.keys(sizes).map((name) => [name, new Uint8Array(fs.readFileSync(path.join(modulesDir, `${name}.wasm`)))]));
const hashes = Object.fromEntries(Object.entries(modules).map(([name, bytes]) => [name, createHash("sha256").update(bytes).digest("hex")]));

const npm = path.join(out, "npm");
const lock = fs.readFileSync(path.join(here, "package-lock.json"), "utf8");
if (!fs.existsSync(path.join(npm, "node_modules")) || fs.readFileSync(path.join(npm, "package-lock.json"), "utf8") !== lock) {
  say("installing Extism …");
  fs.mkdirSync(npm, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) fs.copyFileSync(path.join(here, file), path.join(npm, file));
  run("npm", ["ci", "--silent", "--no-audit", "--no-fund"], npm);
}
const extism = path.join(npm, "node_modules/@extism/extism/dist");

/** The better of two measurements, by name: more a second, fewer milliseconds. */
function merge(old, round) {
  if (!old) return round;
  const better = (name) => (name.endsWith("PerSecond") ? Math.max : Math.min);
  return Object.fromEntries(Object.keys(round).map((name) => [name, better(name)(old[name], round[name])]));
}

const results = {};
const record = (place, side, round) => {
  results[place] ??= {};
  results[place][side] = merge(results[place][side], round);
};

const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json", ".css": "text/css" };

/** dist/ at /site/, an empty page at /bench/ with the peers and Extism beside it. */
async function serve() {
  const folders = { "/site/": path.join(root, "dist"), "/bench/": here, "/extism/": path.join(extism, "browser") };
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://host");
    if (pathname === "/bench/") return response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>bench</title>");
    const prefix = Object.keys(folders).find((folder) => pathname.startsWith(folder));
    const name = prefix && (pathname.slice(prefix.length) || "index.html");
    const file = prefix && path.join(folders[prefix], path.normalize(`/${name}`));
    if (!file || !fs.existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": types[path.extname(file)] ?? "application/octet-stream" }).end(fs.readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

async function browserSides() {
  const { chromium } = await import("playwright-core");
  const { server, origin } = await serve();
  const flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  const browser = await chromium.launch({ executablePath: process.env.COLDSTART_CHROMIUM ?? "/usr/bin/chromium", args: flags });
  const site = await browser.newPage();
  await site.goto(`${origin}/site/`);
  await site.waitForFunction(() => globalThis.coldstart?.startEngine, undefined, { timeout: 60_000 });
  const plain = await browser.newPage();
  await plain.goto(`${origin}/bench/`);
  const encoded = Object.fromEntries(Object.entries(modules).map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]));
  for (const page of [site, plain]) {
    await page.evaluate((encoded) => {
      globalThis.modules = Object.fromEntries(Object.entries(encoded).map(([name, text]) => [name, Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0))]));
    }, encoded);
  }
  return {
    sides: {
      ours: (tag) =>
        site.evaluate(
          async ([peers, hashes, tag]) => {
            const { workerRound } = await import(peers);
            globalThis.benchWorker ??= globalThis.coldstart.startEngine();
            return workerRound(globalThis.benchWorker, globalThis.modules, hashes, tag);
          },
          [`${origin}/bench/peers.mjs`, hashes, tag],
        ),
      v8: () => plain.evaluate(async (peers) => (await import(peers)).v8Round(globalThis.modules), `${origin}/bench/peers.mjs`),
      extism: () =>
        plain.evaluate(
          async ([peers, extism]) => (await import(peers)).extismRound((await import(extism)).createPlugin, globalThis.modules),
          [`${origin}/bench/peers.mjs`, `${origin}/extism/mod.js`],
        ),
    },
    close: async () => {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

const nativeSides = {
  ours: () => JSON.parse(run(bench, ["round", modulesDir])),
  v8: () => v8Round(modules),
  extism: async () => extismRound((await import(pathToFileURL(path.join(extism, "esm/mod.js")))).createPlugin, modules),
};

const browser = options.native ? undefined : await browserSides();
const places = [
  ...(options.browser ? [] : [["native", nativeSides]]),
  ...(browser ? [["Chromium", browser.sides]] : []),
];
for (let round = 1; round <= rounds; round += 1) {
  for (const [place, sides] of places) {
    for (const [side, measure] of Object.entries(sides)) {
      say(`round ${round} of ${rounds}: ${place}, ${side} …`);
      record(place, side, await measure(round));
    }
  }
}
await browser?.close();

say("counting units …");
const calibration = JSON.parse(run(bench, ["calibrate", modulesDir]));

const number = (value) => (value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3));
const kb = (name) => `${Math.round(sizes[name] / 1000)} kB`;
const rows = [];
for (const [place, { ours, v8, extism: peer }] of Object.entries(results)) {
  const row = (what, unit, mine, theirs, who, ratio) => rows.push([place, what, `${number(mine)} ${unit}`, `${number(theirs)} ${unit}`, who, ratio]);
  const against = place === "native" ? "V8 (Node)" : "V8";
  row("warm invocations", "/s", ours.warmPerSecond, v8.warmPerSecond, `${against}, bare call`, ours.warmPerSecond / v8.warmPerSecond);
  row("warm, one by one", "/s", ours.warmAlonePerSecond, v8.warmPerSecond, `${against}, bare call`, ours.warmAlonePerSecond / v8.warmPerSecond);
  row("warm invocations", "/s", ours.warmPerSecond, peer.warmPerSecond, "Extism, echo", ours.warmPerSecond / peer.warmPerSecond);
  for (const size of ["10kb", "1mb"]) {
    row(`cold start, ${kb(size)}`, "ms", ours[`cold-${size}`], v8[`cold-${size}`], `${against}, compile + instantiate`, ours[`cold-${size}`] / v8[`cold-${size}`]);
    row(`deploy, ${kb(size)}`, "ms", ours[`deploy-${size}`], v8[`cold-${size}`], `${against}, compile + instantiate`, ours[`deploy-${size}`] / v8[`cold-${size}`]);
  }
  for (const [kernel, what] of [["sha256", "SHA-256 of 1 MB"], ["sort", "sort of 200,000"], ["json", "JSON round trip"]]) {
    row(what, "ms", ours[kernel], v8[kernel], against, ours[kernel] / v8[kernel]);
  }
}
const head = ["where", "what", "Coldstart", "other", "the other is", "ratio"];
const table = [head, ...rows.map((row) => [...row.slice(0, 5), `${number(row[5])}x`])];
const widths = head.map((_, column) => Math.max(...table.map((row) => row[column].length)));
for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd());
console.log("\nratio: Coldstart divided by the other. More is better for invocations, less for times. Best of", rounds, "rounds.");
console.log("\nmeter, per kernel compiled natively on this machine:");
for (const row of calibration) console.log(`  ${row.kernel.padEnd(11)} ${number(row.units).padStart(13)} units  ${number(row.nativeMs).padStart(7)} ms  ${number(row.unitsPerSecond / 1e6).padStart(6)} M units/s`);

fs.writeFileSync(
  path.join(target, "bench.json"),
  `${JSON.stringify({ rounds, sizes, results, ratios: rows.map(([place, what, , , other, ratio]) => ({ place, what, other, ratio })), calibration }, undefined, 2)}\n`,
);
