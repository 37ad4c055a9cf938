// Where browsers and visitors go to the edge: very long logs, forced colours, no storage, two tabs on one workspace.

import assert from "node:assert/strict";
import fs from "node:fs/promises";
import path from "node:path";
import test, { after } from "node:test";
import { fileURLToPath } from "node:url";
import { createFrom, deployButton, editor, invoke, openTab, read, testButton, write } from "./app.mjs";
import { close, open, ready, visit } from "./helper.mjs";
import { routes } from "./routes.mjs";

after(close);

const code = /^Code of /;

/** Prints `lines` lines "log line 000000", "log line 000001" … for each event, 100 at a time. */
const printer = (lines) => `(module
  (import "lambda" "respond" (func $respond (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "log line 000000\\0a")
  (func (export "lambda_alloc") (param i32) (result i32) (i32.const 32768))
  (func $digits (param $at i32) (param $number i32) (local $place i32)
    (local.set $place (i32.const 14))
    (loop $next
      (i32.store8 (i32.add (local.get $at) (local.get $place)) (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
      (local.set $number (i32.div_u (local.get $number) (i32.const 10)))
      (local.set $place (i32.sub (local.get $place) (i32.const 1)))
      (br_if $next (i32.ge_u (local.get $place) (i32.const 9)))))
  (func (export "lambda_handler") (param i32 i32) (result i32) (local $number i32) (local $at i32)
    (i32.store (i32.const 16) (i32.const 1024))
    (i32.store (i32.const 20) (i32.const 1600))
    (loop $block
      (local.set $at (i32.const 1024))
      (loop $line
        (memory.copy (local.get $at) (i32.const 0) (i32.const 16))
        (call $digits (local.get $at) (local.get $number))
        (local.set $number (i32.add (local.get $number) (i32.const 1)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $line (i32.lt_u (local.get $at) (i32.const 2624))))
      (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))
      (br_if $block (i32.lt_u (local.get $number) (i32.const ${lines}))))
    (drop (call $respond (i32.const 9) (i32.const 0)))
    (i32.const 0)))
`;

async function deploy(page, text) {
  await write(page, code, text);
  await deployButton(page).click();
  await page.getByText("Deployed", { exact: true }).waitFor();
}

test("a log of 100,000 lines scrolls like a short one", { timeout: 240_000 }, (t) =>
  visit(t, {}, async (page) => {
    await editor(page, code);
    // Twice, because a guest may write 1 MiB of log at once.
    await deploy(page, printer(50_000));
    page.setDefaultTimeout(60_000);
    await invoke(page);
    await testButton(page).click();
    await page.locator(".result-panel").getByText("Warm", { exact: true }).waitFor();
    await openTab(page, "Monitor");
    const rows = page.locator(".log-line");
    const log = page.locator(".log-viewport");
    await rows.filter({ hasText: "REPORT RequestId" }).waitFor();
    await page.getByLabel("Log lines, 100000 in all").waitFor();
    await page.getByRole("button", { name: "Follow" }).click();

    await page.evaluate(() => {
      globalThis.longest = 0;
      new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => (globalThis.longest = Math.max(globalThis.longest, duration)))).observe({ type: "longtask" });
    });
    page.setDefaultTimeout(10_000);
    for (const share of [0, 0.4, 0.123, 0.999, 0.75]) {
      await log.evaluate((log, share) => (log.scrollTop = share * log.scrollHeight), share);
      // A row in the middle of what is visible, where the share of the log says that it is.
      const shown = await page.waitForFunction((share) => {
        const view = document.querySelector(".log-viewport").getBoundingClientRect();
        const row = [...document.querySelectorAll(".log-line")].find((row) => row.getBoundingClientRect().top >= view.top);
        const number = Number(row?.textContent.match(/log line (\d+)/)?.[1]);
        return Math.abs(number - ((share * 100_000) % 50_000)) < 200 ? row.textContent : undefined;
      }, share);
      assert.match(await shown.jsonValue(), /log line \d{6}/);
      assert.ok((await rows.count()) <= 60, `${await rows.count()} rows are in the page`);
    }
    const longest = await page.evaluate(() => globalThis.longest);
    t.diagnostic(`the longest task of the page while scrolling took ${Math.round(longest)} ms`);
    assert.ok(longest < 500, `the page stood still for ${longest} ms`);

    await page.getByLabel("Search the logs").fill("line 04242");
    await rows.filter({ hasText: "log line 042420" }).first().waitFor();
    assert.equal(await rows.count(), 20);
  }));

const shots = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../target/browser");
for (const name of ["code-result", "monitor", "configuration", "create-function"]) {
  const route = routes.find((route) => route.name === name);
  test(`forced colours leave everything visible: ${name}`, (t) =>
    visit(t, { forcedColors: "active", hash: route.hash }, async (page, site) => {
      await route.prepare(page, site);
      // What says something by its ground or line alone needs a line, a word or the system's own colours to say it.
      const faults = await page.evaluate(() => {
        const luminance = (colour) => {
          const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
          return a === 0 ? undefined : [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
        };
        const ground = (element) => {
          for (let at = element; at; at = at.parentElement) {
            const found = luminance(getComputedStyle(at).backgroundColor);
            if (found !== undefined) return found;
          }
          return 1;
        };
        const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const visible = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && element.getBoundingClientRect().width > 2;
        const faults = [];
        for (const element of document.querySelectorAll("body *")) {
          if (!visible(element) || element.closest("[disabled], [aria-disabled=true], .visually-hidden")) continue;
          const style = getComputedStyle(element);
          const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
          if (says && contrast(luminance(style.color) ?? 0, ground(element)) < 4.5) faults.push(`text ${element.className}: ${element.textContent.trim().slice(0, 40)} ${style.color}`);
          if (element.matches("button, input, select, textarea, [role=tab]") && !element.matches("[type=radio], [type=checkbox], [type=file]")) {
            const lined = ["Top", "Bottom"].some((side) => parseFloat(style[`border${side}Width`]) > 0 && contrast(luminance(style[`border${side}Color`]) ?? ground(element), ground(element.parentElement)) >= 3);
            if (!lined && !element.textContent.trim() && !element.querySelector("svg")) faults.push(`control ${element.className} ${element.id} has no outline`);
          }
        }
        for (const shape of document.querySelectorAll("svg .span")) {
          if (visible(shape) && contrast(luminance(getComputedStyle(shape).fill) ?? ground(shape), ground(shape)) < 3 && contrast(luminance(getComputedStyle(shape).stroke) ?? ground(shape), ground(shape)) < 3) faults.push(`span ${shape.getAttribute("class")}`);
        }
        return faults;
      });
      await fs.mkdir(shots, { recursive: true });
      await page.screenshot({ path: path.join(shots, `forced-colors-${name}.png`) });
      assert.deepEqual(faults, []);
    }));
}

test("without storage the page says so and nothing is lost while the tab lives", (t) =>
  visit(t, { hash: null }, async (page, site) => {
    await page.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException("The user denied permission to access the database.", "SecurityError");
      };
    });
    await open(page, site);
    await page.getByText("This browser does not let the page store anything.").waitFor();
    await editor(page, code);
    const before = await read(page, code);
    const edited = `${before.trimEnd()}\n;; kept\n`;
    await deploy(page, edited);
    await invoke(page);
    await page.goto(`${site.url}#/functions`);
    await createFrom(page, "second", "Counter");
    await page.goto(`${site.url}#/workspaces`);
    await page.getByRole("button", { name: "Duplicate My workspace" }).click();
    await page.getByRole("button", { name: "My workspace copy", exact: true }).click();
    await page.locator(".top-bar-name").filter({ hasText: "My workspace copy" }).waitFor();
    await page.locator("main").getByRole("link", { name: "second" }).waitFor();
    await page.goto(`${site.url}#/workspaces`);
    await page.getByRole("button", { name: "My workspace", exact: true }).click();
    await page.locator(".top-bar-name").filter({ hasText: /^My workspace$/ }).waitFor();
    await page.locator("main").getByRole("link", { name: "second" }).waitFor();
    await page.locator("main").getByRole("link", { name: "hello" }).click();
    await editor(page, code);
    assert.equal((await read(page, code)).trimEnd(), edited.trimEnd());
    await openTab(page, "Monitor");
    await page.getByText("REPORT RequestId").first().waitFor();
  }));

// A reload gives up what the browser asks for by itself.
const expected = [/favicon\.svg: net::ERR_ABORTED/];

test("two tabs on one workspace: neither takes the other's work away", (t) =>
  visit(t, { expected }, async (first, site) => {
    await editor(first, code);
    await first.getByText("Stored here").waitFor();
    const second = await site.context.newPage();
    await open(second, site, "#/functions/hello/code");
    await editor(second, code);
    const original = await read(second, code);

    // The first tab works; the second one hears of it.
    await deploy(first, `${original.trimEnd()}\n;; the first tab's\n`);
    const told = second.getByText("My workspace was changed in another tab.");
    await told.waitFor();
    await second.getByText("What you change here goes on as a copy.").waitFor();

    // The second tab works too: beside it, and says so.
    await write(second, code, `${original.trimEnd()}\n;; the second tab's\n`);
    await second.getByText("Your work in this tab goes on as My workspace 2.").waitFor();
    await second.locator(".top-bar-name").filter({ hasText: "My workspace 2" }).waitFor();

    // Both are there after both reloaded.
    for (const [page, name, words] of [[first, "My workspace", ";; the first tab's"], [second, "My workspace 2", ";; the second tab's"]]) {
      await page.goto(`${site.url}#/workspaces`);
      await page.reload();
      await ready(page);
      await page.getByRole("button", { name, exact: true }).click();
      await page.locator("main").getByRole("link", { name: "hello" }).click();
      await editor(page, code);
      assert.ok((await read(page, code)).includes(words), name);
    }
  }));

test("two tabs on one workspace: the other tab's work is loaded on request", (t) =>
  visit(t, {}, async (first, site) => {
    await editor(first, code);
    await invoke(first);
    await first.getByText("Stored here").waitFor();
    const second = await site.context.newPage();
    await open(second, site, "#/functions/hello/code");
    await editor(second, code);
    await testButton(second).click();
    await first.getByText("My workspace was changed in another tab.").waitFor();
    await first.getByRole("button", { name: "Load it" }).click();
    await first.getByText("My workspace was changed in another tab.").waitFor({ state: "detached" });
    await openTab(first, "Monitor");
    await first.locator(".log-line").filter({ hasText: "REPORT RequestId" }).nth(1).waitFor();
  }));
