// `cargo xtask bench asl`: state machines on our interpreter and engine against the npm package aws-local-stepfunctions, natively, in Node and
// in Chromium, as ratios of one interleaved run; and how our side scales.
//
// Our side keeps the whole history of each execution, the peer's event logs are made and not read. "interpreter" is the execution alone, which is what the peer does;
// "engine" is a StartExecution through the API's door, with ids, facts and the digest, and has goals of its own (docs/adr/0009). Built as the command is natively, and as
// the Worker is for the browser.
// Prints a table and writes target/bench-asl.json. `--rounds N`, `--native` (no browser), `--quick` (no native side, no scale).

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { machinesFrom, oursRound, peerRound, scaleRound } from "./sides.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, "../../..");
const target = process.env.COLDSTART_TARGET ?? process.env.CARGO_TARGET_DIR ?? path.join(root, "target");
const out = path.join(target, "bench-asl");
const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "3" }, native: { type: "boolean" }, quick: { type: "boolean" } },
});
const rounds = Number(options.rounds);
const say = (line) => console.error(`bench asl: ${line}`);
const run = (command, args, cwd = root) =>
  execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8", env: { ...process.env, CARGO_TARGET_DIR: target }, maxBuffer: 1 << 28 });

fs.mkdirSync(out, { recursive: true });
say("building our side …");
run("cargo", ["build", "--quiet", "--release", "--package", "bench-asl"]);
run("cargo", ["build", "--quiet", "--profile", "web", "--lib", "--package", "bench-asl", "--target", "wasm32-unknown-unknown"]);
const bench = path.join(target, "release/bench-asl");
const wasm = path.join(out, "bench_asl.wasm");
const features = ["bulk-memory", "multivalue", "mutable-globals", "nontrapping-float-to-int", "reference-types", "sign-ext"];
run(path.join(root, "node_modules/.bin/wasm-opt"), [
  "-O3",
  ...features.map((feature) => `--enable-${feature}`),
  path.join(target, "wasm32-unknown-unknown/web/bench_asl.wasm"),
  "-o",
  wasm,
]);
const machines = machinesFrom(run(bench, ["machines"]));

const npm = path.join(out, "npm");
const lock = fs.readFileSync(path.join(here, "package-lock.json"), "utf8");
if (!fs.existsSync(path.join(npm, "node_modules")) || fs.readFileSync(path.join(npm, "package-lock.json"), "utf8") !== lock) {
  say("installing the peer …");
  fs.mkdirSync(npm, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) fs.copyFileSync(path.join(here, file), path.join(npm, file));
  run("npm", ["ci", "--silent", "--no-audit", "--no-fund"], npm);
}
const peer = path.join(npm, "node_modules/aws-local-stepfunctions/build");

const types = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
async function serve() {
  const folders = { "/peer/": peer, "/wasm/": out, "/bench/": here };
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://host");
    if (pathname === "/") return response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>bench</title>");
    const prefix = Object.keys(folders).find((folder) => pathname.startsWith(folder));
    const file = prefix && path.join(folders[prefix], path.normalize(`/${pathname.slice(prefix.length)}`));
    if (!file || !fs.existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": types[path.extname(file)] ?? "application/octet-stream" }).end(fs.readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

/** Both sides in a page each: neither shares a heap or a compiler's state with the other. */
async function browserSides() {
  const { chromium } = await import("playwright-core");
  const { server, origin } = await serve();
  const flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  const browser = await chromium.launch({ executablePath: process.env.COLDSTART_CHROMIUM ?? "/usr/bin/chromium", args: flags });
  const open = async () => {
    const page = await browser.newPage();
    await page.goto(`${origin}/`);
    return page;
  };
  const [ours, theirs] = [await open(), await open()];
  const call = (page, name, ...rest) =>
    page.evaluate(
      async ([name, rest]) => {
        const sides = await import("/bench/sides.mjs");
        globalThis.bytes ??= new Uint8Array(await (await fetch("/wasm/bench_asl.wasm")).arrayBuffer());
        if (name === "peerRound") return sides.peerRound((await import("/peer/main.browser.esm.js")).StateMachine, ...rest);
        return sides[name](globalThis.bytes, ...rest);
      },
      [name, rest],
    );
  return {
    ours: () => call(ours, "oursRound", machines),
    peer: () => call(theirs, "peerRound", machines),
    scale: () => call(ours, "scaleRound"),
    close: async () => {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

const bytes = new Uint8Array(fs.readFileSync(wasm));
const { StateMachine } = await import(pathToFileURL(path.join(peer, "main.node.esm.js")));
const node = { ours: () => oursRound(bytes, machines), peer: () => peerRound(StateMachine, machines), scale: () => scaleRound(bytes) };
const browser = options.native ? undefined : await browserSides();

/** The better of two measurements, by name: more a second, fewer milliseconds. */
const results = {};
function record(place, side, round) {
  results[place] ??= {};
  const old = (results[place][side] ??= {});
  for (const [name, value] of Object.entries(round)) {
    const better = name.endsWith("PerSecond") ? Math.max : Math.min;
    old[name] = name in old ? better(old[name], value) : value;
  }
}
const ours = (place, measured) => Object.entries(measured).forEach(([side, round]) => record(place, side, round));

for (let round = 1; round <= rounds; round += 1) {
  if (!options.quick) {
    say(`round ${round} of ${rounds}: native …`);
    ours("native", JSON.parse(run(bench, ["round"])));
  }
  for (const [place, sides] of [["Node", node], ["Chromium", browser]]) {
    if (!sides) continue;
    say(`round ${round} of ${rounds}: ${place} …`);
    ours(place, await sides.ours());
    record(place, "peer", await sides.peer());
    if (!options.quick) ours(place, await sides.scale());
  }
}
await browser?.close();

const number = (value) => (value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3));
const what = { chain: "10 Pass states", loop: "Choice loop, 200 transitions", map: "inline Map, 1,000 items" };
const goals = { interpreter: { native: 40, Chromium: 20 }, engine: { native: 10, Chromium: 5 } };
const rows = [];
const misses = [];
for (const [place, sides] of Object.entries(results)) {
  // The native program has no JavaScript in it: its peer runs in Node.
  const theirs = place === "native" ? results.Node?.peer : sides.peer;
  for (const side of ["interpreter", "engine"]) {
    const goal = goals[side][place];
    for (const { name } of machines) {
      const key = `${name}PerSecond`;
      if (!theirs || !(key in sides[side])) continue;
      const ratio = sides[side][key] / theirs[key];
      rows.push({ place, side, case: name, perSecond: sides[side][key], peerPerSecond: theirs[key], ratio, goal });
      if (goal && ratio < goal) misses.push(`${place}, ${side}, ${what[name]}: ${number(ratio)}x of ${goal}x`);
    }
  }
}
const scale = [];
for (const [place, sides] of Object.entries(results)) {
  for (const side of ["interpreter", "engine"]) {
    const measured = sides[side];
    if (!("dayMs" in measured)) continue;
    const perItem = [1_000, 10_000, 100_000].map((items) => ({ items, microseconds: (measured[`distributed${items}Ms`] * 1e3) / items }));
    const flat = perItem[2].microseconds / perItem[0].microseconds;
    scale.push({ place, side, perItem, flat, dayMs: measured.dayMs });
    if (flat > 1.2) misses.push(`${place}, ${side}, distributed Map: an item of 100,000 costs ${number(flat)}x one of 1,000, goal 1.2x`);
    if (measured.dayMs > 200) misses.push(`${place}, ${side}, a day of 1,000 waits: ${number(measured.dayMs)} ms of 200 ms`);
  }
}

function print(table) {
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd());
}
print([
  ["where", "our side", "machine", "transitions/s", "the peer's", "ratio", "goal"],
  ...rows.map((row) => [row.place, row.side, what[row.case], number(row.perSecond), number(row.peerPerSecond), `${number(row.ratio)}x`, row.goal ? `${row.goal}x` : ""]),
]);
if (scale.length > 0) {
  console.log();
  print([
    ["where", "our side", "distributed Map: µs an item of 1,000", "of 10,000", "of 100,000", "flat", "a day of 1,000 waits"],
    ...scale.map((row) => [row.place, row.side, ...row.perItem.map(({ microseconds }) => number(microseconds)), `${number(row.flat)}x`, `${number(row.dayMs)} ms`]),
  ]);
}
console.log(`\nthe peer: aws-local-stepfunctions 3.0.0, its event logs not read; ours with its whole history. Best of ${rounds} rounds.`);
console.log(misses.length === 0 ? "All goals are met." : `Goals not met:\n${misses.map((miss) => `  ${miss}`).join("\n")}`);
fs.writeFileSync(path.join(target, "bench-asl.json"), `${JSON.stringify({ rounds, results, ratios: rows, scale, misses }, undefined, 2)}\n`);
