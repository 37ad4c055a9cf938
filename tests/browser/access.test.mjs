// Access: every view scanned with axe-core in light and dark, the main job by keyboard alone, and phone width.

import assert from "node:assert/strict";
import fs from "node:fs/promises";
import { createRequire } from "node:module";
import test, { after } from "node:test";
import { editor, outcomeIs, read, response, result, tabTo } from "./app.mjs";
import { close, ready, visit } from "./helper.mjs";
import { routes } from "./routes.mjs";

after(close);

const axe = await fs.readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

async function scan(page) {
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"] }),
  );
  return violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((node) => `    ${node.target}: ${node.html.slice(0, 160)} ${node.failureSummary?.split("\n")[1] ?? ""}`).join("\n")}`);
}

for (const route of routes) {
  test(`axe finds nothing, light and dark: ${route.name}`, (t) =>
    visit(t, { colorScheme: "light", reducedMotion: "reduce", hash: route.hash }, async (page, site) => {
      await route.prepare?.(page, site);
      await page.evaluate(axe);
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await ground();
      assert.deepEqual(await scan(page), [], "light");
      await page.emulateMedia({ colorScheme: "dark" });
      assert.notEqual(await ground(), light);
      assert.deepEqual(await scan(page), [], "dark");
    }));
}

for (const route of routes) {
  test(`no view is wider than a small phone: ${route.name}`, (t) =>
    visit(t, { viewport: { width: 320, height: 640 }, hash: route.hash }, async (page, site) => {
      await route.prepare?.(page, site);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${wide} px stick out`);
    }));
}

test("by keyboard alone: skip, edit, leave the editor, deploy, test, read the result", (t) =>
  visit(t, {}, async (page) => {
    await editor(page, /^Code of /);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.id === "main");

    await tabTo(page, "the editor", ({ role, name }) => role === "textbox" && name.startsWith("Code of"));
    const before = await read(page, /^Code of /);
    await page.keyboard.press("ControlOrMeta+End");
    await page.keyboard.press("Enter");
    await page.keyboard.type(";; typed");
    // Tab indents in the editor, and Escape lets go of it.
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    assert.notEqual(await page.evaluate(() => document.activeElement.getAttribute("role")), "textbox", "Escape, then Tab, leaves");
    assert.equal((await read(page, /^Code of /)).trimEnd(), `${before}\n;; typed`);

    await tabTo(page, "Deploy", ({ role, name }) => role === "button" && name === "Deploy", "Shift+Tab");
    await page.keyboard.press("Enter");
    await page.getByText("Deployed", { exact: true }).waitFor();
    await tabTo(page, "Test", ({ role, name }) => role === "button" && name === "Test");
    await page.keyboard.press("Enter");
    await outcomeIs(page, "Succeeded");
    await tabTo(page, "the response", ({ name }) => name === "Response");
    assert.ok((await response(page).innerText()).length > 0);

    // The tabs are one stop, moved in by arrows.
    await tabTo(page, "the tabs", ({ role }) => role === "tab", "Shift+Tab");
    await page.keyboard.press("ArrowRight");
    await page.locator("[role=tab][aria-selected=true]").filter({ hasText: "Test" }).waitFor();
    await page.keyboard.press("End");
    await page.getByText("No versions").waitFor();
    await page.keyboard.press("Home");
    await editor(page, /^Code of /);
    await page.keyboard.press("ControlOrMeta+Enter");
    await result(page).getByText("Warm", { exact: true }).waitFor();
  }));

test("by keyboard alone: a dialog keeps the focus and gives it back", (t) =>
  visit(t, {}, async (page) => {
    await editor(page, /^Code of /);
    await tabTo(page, "Share", ({ role, name }) => role === "button" && name === "Share");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Share" });
    await dialog.waitFor();
    for (let presses = 0; presses < 12; presses++) {
      await page.keyboard.press("Tab");
      assert.ok(await page.evaluate(() => !document.activeElement.closest("main, header.top-bar, nav")), "the focus stays inside");
    }
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.waitForFunction(() => document.activeElement.textContent.trim() === "Share");
  }));

test("a theme that was chosen stays", (t) =>
  visit(t, { colorScheme: "light" }, async (page) => {
    await editor(page, /^Code of /);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.getByRole("button", { name: /^Theme: as the system/ }).click();
    await page.getByRole("button", { name: /^Theme: light/ }).click();
    await page.getByRole("button", { name: /^Theme: dark/ }).waitFor();
    const dark = await ground();
    assert.notEqual(dark, light);
    await page.reload();
    await ready(page);
    await page.getByRole("button", { name: /^Theme: dark/ }).waitFor();
    assert.equal(await ground(), dark);
  }));
