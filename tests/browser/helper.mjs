// What every browser test shares: a static server over dist/, a browser, and a page that fails its test on any error or foreign request.
//
// `visit(t, options, work)` opens a fresh context (no storage, no caches), runs `work(page, site)` and then asserts that the page had no
// uncaught error, no console error, no failed request, and asked no other origin for anything. `options`:
//   path      where the site is served, "/" unless told otherwise
//   hash      what to open: a route or a link; `null` opens nothing
//   viewport, colorScheme, …   as Playwright's newContext takes them; service workers are blocked unless told otherwise, as in some private windows
//   expected  [RegExp] for console errors that the test provokes

import assert from "node:assert/strict";
import fs from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const dist = process.env.COLDSTART_DIST ?? path.join(root, "dist");

const types = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
};

/** Serves dist/ under `prefix` on a free port, as a plain host does: no special headers. */
export async function serve(prefix = "/") {
  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://host");
    const relative = pathname.startsWith(prefix) ? decodeURIComponent(pathname.slice(prefix.length)) : undefined;
    const file = relative !== undefined && path.join(dist, path.normalize(`/${relative === "" ? "index.html" : relative}`));
    try {
      if (!file) throw new Error("outside");
      const body = await fs.readFile(file);
      response.writeHead(200, { "content-type": types[path.extname(file)] ?? "application/octet-stream", "content-length": body.length });
      response.end(body);
    } catch {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found");
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return { origin, url: origin + prefix, close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))) };
}

let browser;
export function launch() {
  browser ??= chromium.launch({
    executablePath: process.env.COLDSTART_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  return browser;
}

/** To be called once at the end of each file: `after(close)`. */
export async function close() {
  await (await browser)?.close();
  browser = undefined;
}

/** Collects what a page must not do. */
export function watch(context, origin, expected = []) {
  const faults = [];
  const requests = [];
  const isExpected = (text) => expected.some((pattern) => pattern.test(text));
  context.on("weberror", (error) => faults.push(`uncaught: ${error.error()?.stack ?? error.error()}`));
  context.on("console", (message) => {
    if (message.type() === "error" && !isExpected(message.text())) faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  context.on("request", (request) => {
    const url = request.url();
    requests.push(url);
    if (!url.startsWith(`${origin}/`) && !url.startsWith("blob:") && !url.startsWith("data:")) faults.push(`foreign request: ${url}`);
  });
  context.on("requestfailed", (request) => {
    const failure = `${request.url()}: ${request.failure()?.errorText}`;
    // Leaving a page ends what it was fetching ahead of its need.
    const leftBehind = /\/((part|runtime)-[a-z-]+-[0-9a-f]+\.wasm|favicon\.svg): net::ERR_ABORTED$/.test(failure);
    if (!leftBehind && !isExpected(failure)) faults.push(`failed request: ${failure}`);
  });
  context.on("response", (response) => {
    if (response.status() >= 400 && !isExpected(response.url())) faults.push(`answered ${response.status()}: ${response.url()}`);
  });
  return { faults, requests };
}

export async function visit(t, options, work) {
  const { path: prefix = "/", hash = "", expected, ...contextOptions } = options;
  const site = await serve(prefix);
  const context = await (await launch()).newContext({ viewport: { width: 1280, height: 800 }, serviceWorkers: "block", ...contextOptions });
  context.setDefaultTimeout(Number(process.env.COLDSTART_TIMEOUT ?? 30_000));
  const { faults, requests } = watch(context, site.origin, expected);
  try {
    const page = await context.newPage();
    if (hash !== null) await open(page, site, hash);
    await work(page, { ...site, context, requests, faults });
    assert.deepEqual(faults, [], "the page made no error and asked nobody else");
  } catch (error) {
    // What the page looked like is worth more than the stack.
    const page = context.pages()[0];
    const name = t.name.replace(/[^a-z0-9]+/gi, "-").toLowerCase();
    await fs.mkdir(path.join(root, "target/browser"), { recursive: true });
    await page?.screenshot({ path: path.join(root, `target/browser/${name}.png`), fullPage: true }).catch(() => {});
    if (faults.length) t.diagnostic(`faults: ${faults.join("\n")}`);
    throw error;
  } finally {
    await context.close();
    await site.close();
  }
}

/** Opens the site at a route or link, and waits until the app has drawn itself. */
export async function open(page, site, hash = "") {
  await page.goto(site.url + hash);
  await ready(page);
}

export async function ready(page) {
  await page.locator("#shell").waitFor({ state: "detached" });
}
