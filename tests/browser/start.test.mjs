// The start: what is painted before wasm arrives, the progress bar, failures on the way, and the walls around the page.

import assert from "node:assert/strict";
import http from "node:http";
import test, { after } from "node:test";
import fs from "node:fs/promises";
import path from "node:path";
import { close, dist, open, ready, serve, visit, watch, launch } from "./helper.mjs";

after(close);

test("the shell paints before wasm arrives, and its bar follows the bytes", (t) =>
  visit(t, { hash: null }, async (page, site) => {
    const held = [];
    await page.route(/\.wasm$/, (route) => void held.push(route));
    await page.goto(site.url, { waitUntil: "commit" });
    await page.getByRole("heading", { name: "Coldstart" }).waitFor();
    const bar = page.locator("#shell-progress");
    assert.equal(await bar.evaluate((bar) => bar.position), 0, "determinate, and nothing has arrived");
    while (held.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));

    await held.find((route) => route.request().url().includes("/app-")).continue();
    await page.waitForFunction(() => document.getElementById("shell-progress").value > 0);
    const half = await bar.evaluate((bar) => bar.value);
    assert.ok(half > 0.05 && half < 0.95, `one of two files is a part of the bar: ${half}`);
    await held.find((route) => route.request().url().includes("/engine-")).continue();
    await ready(page);
  }));

test("a start that fails says so and does not spin for ever", (t) =>
  visit(t, { hash: null, expected: [/engine-.*\.wasm/, /404/] }, async (page, site) => {
    await page.route(/engine-.*\.wasm$/, (route) => route.fulfill({ status: 404, body: "gone" }));
    await page.goto(site.url);
    const alert = page.getByRole("alert");
    await alert.waitFor();
    assert.match(await alert.textContent(), /could not start.*404/);
    assert.equal(await page.getByRole("progressbar").count(), 0);
    // The error itself is thrown on, so that it is not lost to a console.
    const [fault] = site.faults.splice(0);
    assert.match(fault, /uncaught.*404/);
  }));

test("it works from a sub-path", (t) =>
  visit(t, { path: "/some/repo/" }, async (page, site) => {
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    for (const url of site.requests) assert.ok(url.startsWith(site.url) || url.startsWith("blob:") || url.startsWith("data:"), url);
  }));

test("the policy lets no request out, neither from the page nor from its Worker", (t) =>
  visit(t, { expected: [/Content Security Policy|Refused to|violates/i] }, async (page, site) => {
    let reached = 0;
    const elsewhere = http.createServer((_, response) => (reached++, response.end()));
    await new Promise((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
    const foreign = `http://127.0.0.1:${elsewhere.address().port}/`;
    try {
      const outcomes = await page.evaluate(async (url) => {
        const attempt = (work) => work().then(() => "reached", () => "refused");
        const loads = (tag, attribute) =>
          new Promise((resolve, reject) => {
            const element = document.createElement(tag);
            element.onload = resolve;
            element.onerror = reject;
            element[attribute] = url;
            document.head.append(element);
          });
        return {
          fetch: await attempt(() => fetch(url, { mode: "no-cors" })),
          image: await attempt(() => loads("img", "src")),
          script: await attempt(() => loads("script", "src")),
          inline: await attempt(async () => {
            const script = document.createElement("script");
            script.textContent = "globalThis.inlineRan = true";
            document.head.append(script);
            if (!globalThis.inlineRan) throw new Error("refused");
          }),
          eval: await attempt(async () => (0, eval)("1")),
        };
      }, foreign);
      // Playwright's own evaluation may be exempt from the rule on eval; all else is the page's.
      delete outcomes.eval;
      assert.deepEqual(outcomes, { fetch: "refused", image: "refused", script: "refused", inline: "refused" });

      const worker = page.workers()[0] ?? (await page.waitForEvent("worker"));
      const left = await worker.evaluate(() =>
        ["fetch", "XMLHttpRequest", "WebSocket", "EventSource", "WebTransport", "importScripts", "Worker"].filter((name) => name in self),
      );
      assert.deepEqual(left, [], "the Worker has no way to the network");
      assert.equal(reached, 0, "nothing arrived elsewhere");
      // What the page attempted on our behalf above is not its own doing.
      site.faults.splice(0, site.faults.length, ...site.faults.filter((fault) => !fault.includes(foreign)));
    } finally {
      elsewhere.close();
    }
  }));

test("a first visit fetches what the size budget counts, each file once", (t) =>
  visit(t, {}, async (page, site) => {
    await page.waitForLoadState("networkidle");
    const fetched = site.requests.map((url) => new URL(url).pathname.slice(1) || "index.html").sort();
    // The icon is asked for by the browser's own tab strip, as often as it likes, and not by any line of ours.
    const own = fetched.filter((name) => name !== "favicon.svg");
    assert.deepEqual(own, [...new Set(own)], "nothing twice");
    const counted = [/^index\.html$/, /^style-.*\.css$/, /^app-.*\.wasm$/, /^boot-.*\.js$/, /^engine-.*\.(js|wasm)$/, /^favicon\.svg$/];
    // The screen is usable, with a plain text area, before the editor is there.
    // Parts of the modules follow when it is (tests/browser/parts.test.mjs).
    const lazy = [/^editor-.*\.js$/, /^part-[a-z-]+-.*\.wasm$/];
    const uncounted = fetched.filter((name) => ![...counted, ...lazy].some((pattern) => pattern.test(name)));
    assert.deepEqual(uncounted, [], "crates/xtask/src/size.rs must learn of these");
    for (const name of fetched) await fs.access(path.join(dist, name));
  }));

test("two pages of one site do not disturb each other", async () => {
  const site = await serve();
  const context = await (await launch()).newContext();
  const { faults } = watch(context, site.origin);
  try {
    const [one, two] = [await context.newPage(), await context.newPage()];
    await open(one, site);
    await open(two, site);
    await one.close();
    assert.equal(await two.evaluate(() => typeof coldstart.build), "string");
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
    await site.close();
  }
});
